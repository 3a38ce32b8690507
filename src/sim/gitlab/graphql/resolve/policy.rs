//! Security policies, as the file in the repository has them.

use serde_json::{Value, json};

use super::super::execute::Run;
use super::super::node::{Node, Order, Out, leaf};
use crate::sim::world::GitlabPlan;
use crate::sim::world::git::MAIN;

/// Where GitLab looks for policies.
const FILE: &str = ".gitlab/security-policies/policy.yml";

/// The approval policies of a project; null where they are not paid for.
pub(super) fn list(run: &Run<'_>, project: u64) -> Out {
    if run.world.review.plan != GitlabPlan::Ultimate {
        return leaf(Value::Null);
    }
    let tree = run.world.repository(project).tip(MAIN);
    let text = tree.get(FILE).map_or("", |blob| blob.text.as_str());
    let rows = policies(text).into_iter().enumerate().map(|(place, yaml)| {
        let field = |name: &str| {
            let line = yaml.lines().find_map(|line| line.strip_prefix(name))?;
            Some(line.trim().trim_matches('\'').to_owned())
        };
        let policy = json!({
            "name": field("name:").unwrap_or_default(),
            "description": field("description:").unwrap_or_default(),
            "enabled": field("enabled:").as_deref() != Some("false"),
            "yaml": yaml,
        });
        Node::Blob(place, policy)
    });
    Out::Rows(rows.collect(), Order::Rising)
}

/// The texts of the approval policies in a file, each by itself.
fn policies(text: &str) -> Vec<String> {
    let mut lines = text.lines().skip_while(|line| *line != "approval_policy:");
    lines.next();
    let mut all: Vec<String> = Vec::new();
    for line in lines.take_while(|line| line.is_empty() || line.starts_with(' ')) {
        if let Some(first) = line.strip_prefix("  - ") {
            all.push(String::new());
            push(all.last_mut(), first);
        } else {
            push(all.last_mut(), line.strip_prefix("    ").unwrap_or(line));
        }
    }
    all
}

fn push(text: Option<&mut String>, line: &str) {
    if let Some(text) = text {
        text.push_str(line);
        text.push('\n');
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_policy_stands_by_itself() {
        let text = "---\napproval_policy:\n  - name: a\n    rules:\n      - type: x\n  - name: b\n";
        assert_eq!(policies(text), ["name: a\nrules:\n  - type: x\n", "name: b\n"]);
    }

    #[test]
    fn what_comes_after_the_approval_policies_is_none() {
        let text = "approval_policy:\n  - name: a\nscan_execution_policy:\n  - name: b\n";
        assert_eq!(policies(text), ["name: a\n"]);
    }
}
