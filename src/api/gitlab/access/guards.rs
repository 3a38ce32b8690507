//! What guards a project: protected branches, tags and environments, approvals, job tokens, policies, variables by name.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::{Value, json};

use super::guard_shape::{
    AllowedShape, ApprovalsShape, BranchShape, EnvironmentShape, JobTokenShape, ProtectionShape,
    TagShape,
};
use super::people::Home;
use super::shape::{AtShape, PolicyNode, ProjectShape, VariableNode};
use super::sheet::{Connection, Sheet};
use crate::api::Error;
use crate::domain::Text;
use crate::domain::access::{
    Allowed, ApprovalSettings, Branch, Bypass, Environment, JobTokenScope, Known, Lack, Part,
    Project, Protection, ResourceKind, Tag, Variable,
};

const GROUP_VARIABLES: &str = include_str!("../queries/group_variables.graphql");
const PROJECT_VARIABLES: &str = include_str!("../queries/project_variables.graphql");
const PROJECT_POLICIES: &str = include_str!("../queries/project_policies.graphql");

/// Reads all of it for a project whose own settings are known.
pub(super) async fn read(
    sheet: &mut Sheet<'_>,
    home: &Home,
    settings: &ProjectShape,
) -> Result<(), Error> {
    let mut project = Project::new(&home.resource.path);
    let branch = settings.default_branch.clone().filter(|name| !name.is_empty());
    project.default_branch = Known::Is(branch);
    project.branches = branches(sheet, home).await?;
    project.tags = tags(sheet, home).await?;
    project.environments = environments(sheet, home, settings).await?;
    project.approvals = approvals(sheet, home).await?;
    project.job_tokens = job_tokens(sheet, home).await?;
    project.bypasses = bypasses(sheet).await?;
    project.variables = variables(sheet, home).await?;
    sheet.of.projects.push(project);
    Ok(())
}

fn mapped<T, U>(read: Known<Vec<T>>, one: impl FnMut(T) -> U) -> Known<Vec<U>> {
    match read {
        Known::Is(rows) => Known::Is(rows.into_iter().map(one).collect()),
        Known::Unread(why) => Known::Unread(why),
    }
}

fn all(levels: &[AllowedShape]) -> Vec<Allowed> {
    levels.iter().map(AllowedShape::allowed).collect()
}

fn switch(told: Option<bool>, because: &str) -> Known<bool> {
    told.map_or_else(|| Known::Unread(Text::new(because)), Known::Is)
}

async fn branches(sheet: &mut Sheet<'_>, home: &Home) -> Result<Known<Vec<Branch>>, Error> {
    let read = sheet.list(Part::Branches, &home.at("protected_branches"), &[]).await?;
    Ok(mapped(read, |one: BranchShape| Branch {
        push: all(&one.push_access_levels),
        merge: all(&one.merge_access_levels),
        force_push: switch(one.allow_force_push, "GitLab does not tell it"),
        code_owners: switch(
            one.code_owner_approval_required,
            "this GitLab's plan has no approval by code owners",
        ),
        name: one.name,
    }))
}

async fn tags(sheet: &mut Sheet<'_>, home: &Home) -> Result<Known<Vec<Tag>>, Error> {
    let read = sheet.list(Part::Tags, &home.at("protected_tags"), &[]).await?;
    Ok(mapped(read, |one: TagShape| Tag { create: all(&one.create_access_levels), name: one.name }))
}

async fn environments(
    sheet: &mut Sheet<'_>,
    home: &Home,
    settings: &ProjectShape,
) -> Result<Known<Vec<Environment>>, Error> {
    let available = [("states", "available")];
    let listed = sheet.list(Part::Environments, &home.at("environments"), &available).await?;
    let path = home.at("protected_environments");
    let protected = sheet.list::<ProtectionShape>(Part::Environments, &path, &[]).await?;
    let own = switch(
        settings.allow_pipeline_trigger_approve_deployment,
        "GitLab does not tell whether who triggers a deployment may approve it",
    );
    let mut protections: BTreeMap<Text, Protection> = BTreeMap::new();
    for one in protected.fact().into_iter().flatten() {
        protections.insert(one.name.clone(), protection(one, &own));
    }
    Ok(mapped(listed, |one: EnvironmentShape| Environment {
        protection: match protected.read() {
            Ok(_) => Known::Is(protections.get(&one.name).cloned()),
            Err(why) => Known::Unread(why.clone()),
        },
        name: one.name,
        tier: one.tier,
    }))
}

fn protection(one: &ProtectionShape, own: &Known<bool>) -> Protection {
    let rule = |rule: &AllowedShape| (rule.allowed(), rule.required_approvals.unwrap_or_default());
    Protection {
        deploy: all(&one.deploy_access_levels),
        approvals: one.required_approval_count.unwrap_or_default(),
        rules: one.approval_rules.iter().map(rule).collect(),
        self_approval: own.clone(),
    }
}

async fn approvals(sheet: &mut Sheet<'_>, home: &Home) -> Result<Known<ApprovalSettings>, Error> {
    let read = sheet.one::<ApprovalsShape>(Part::Approvals, &home.at("approvals")).await?;
    let told = |one: &ApprovalsShape| {
        Some(ApprovalSettings {
            author: one.merge_requests_author_approval?,
            committers: !one.merge_requests_disable_committers_approval?,
            kept_on_push: !one.reset_approvals_on_push?,
            overrides: !one.disable_overriding_approvers_per_merge_request?,
        })
    };
    Ok(match read {
        Known::Unread(why) => Known::Unread(why),
        Known::Is(one) => told(&one).map_or_else(
            || {
                let because = "this GitLab's plan does not tell them all";
                Known::Unread(sheet.lacks(Part::Approvals, Lack::Plan, because))
            },
            Known::Is,
        ),
    })
}

async fn job_tokens(sheet: &mut Sheet<'_>, home: &Home) -> Result<Known<JobTokenScope>, Error> {
    let scope = sheet.one::<JobTokenShape>(Part::JobTokens, &home.at("job_token_scope")).await?;
    let limited = match scope {
        Known::Is(scope) => scope.inbound_enabled,
        Known::Unread(why) => return Ok(Known::Unread(why)),
    };
    let mut found = JobTokenScope { inbound_limited: limited, projects: vec![], groups: vec![] };
    // Where everybody may come in, no list counts.
    if limited {
        let path = home.at("job_token_scope/allowlist");
        let projects = sheet.list::<AtShape>(Part::JobTokens, &path, &[]).await?;
        let path = home.at("job_token_scope/groups_allowlist");
        let groups = sheet.list::<AllowedGroupShape>(Part::JobTokens, &path, &[]).await?;
        match (projects, groups) {
            (Known::Is(projects), Known::Is(groups)) => {
                found.projects = projects.into_iter().map(|one| one.full_path).collect();
                found.groups = groups.iter().map(AllowedGroupShape::path).collect();
            }
            (Known::Unread(why), _) | (_, Known::Unread(why)) => return Ok(Known::Unread(why)),
        }
    }
    Ok(Known::Is(found))
}

/// A group on the list: GitLab tells its address, and of its path only the last part by itself.
#[derive(Debug, Deserialize)]
struct AllowedGroupShape {
    full_path: Option<Text>,
    web_url: Option<Text>,
    name: Option<Text>,
}

impl AllowedGroupShape {
    fn path(&self) -> Text {
        let of_url = || Some(Text::new(self.web_url.as_ref()?.split_once("/groups/")?.1));
        let known = self.full_path.clone().or_else(of_url).or_else(|| self.name.clone());
        known.unwrap_or_else(|| Text::new("a group without a name"))
    }
}

/// The CI/CD variables of a group or project, by name.
pub(super) async fn variables(
    sheet: &mut Sheet<'_>,
    home: &Home,
) -> Result<Known<Vec<Variable>>, Error> {
    let (document, holder) = match home.resource.kind {
        ResourceKind::Group => (GROUP_VARIABLES, "group"),
        _ => (PROJECT_VARIABLES, "project"),
    };
    let (field, called) = ("ciVariables", format!("{holder}.ciVariables"));
    let asked = Connection { document, holder, field, variables: json!({}), called };
    let read = sheet.connection::<VariableNode>(Part::Variables, &asked).await?;
    Ok(mapped(read, |one| Variable {
        key: one.key.unwrap_or_else(|| Text::new("")),
        protected: one.protected == Some(true),
        masked: one.masked == Some(true),
        environment_scope: one.environment_scope,
    }))
}

async fn bypasses(sheet: &mut Sheet<'_>) -> Result<Known<Vec<Bypass>>, Error> {
    let asked = Connection {
        document: PROJECT_POLICIES,
        holder: "project",
        field: "approvalPolicies",
        variables: json!({}),
        called: "project.approvalPolicies".to_owned(),
    };
    let read = sheet.connection::<PolicyNode>(Part::Policies, &asked).await?;
    let policies = match read {
        Known::Is(policies) => policies,
        Known::Unread(why) => return Ok(Known::Unread(why)),
    };
    let mut found = Vec::new();
    for policy in policies.iter().filter(|policy| policy.enabled != Some(false)) {
        let name = policy.name.clone().unwrap_or_else(|| Text::new("a policy without a name"));
        let Some(who) = policy.yaml.as_deref().and_then(passers) else {
            let because = format!("what the policy {name} says cannot be read");
            return Ok(Known::Unread(sheet.lacks(Part::Policies, Lack::Failed, &because)));
        };
        let bypass = |who: Text| Bypass { policy: name.clone(), who };
        found.extend(who.into_iter().map(bypass));
    }
    Ok(Known::Is(found))
}

/// The part of a policy that names who goes past it.
#[derive(Debug, Deserialize)]
struct PolicyShape {
    #[serde(default)]
    bypass_settings: BTreeMap<String, Value>,
}

/// Who goes past a policy: `branch release/*`, `token 7`; none where it cannot be read.
fn passers(yaml: &str) -> Option<Vec<Text>> {
    let policy: PolicyShape = serde_saphyr::from_str(yaml).ok()?;
    let mut who = Vec::new();
    for (kind, entries) in &policy.bypass_settings {
        let word = kind.strip_suffix('s').unwrap_or(kind).replace("branche", "branch");
        let word = word.replace("access_token", "token");
        for entry in entries.as_array().into_iter().flatten() {
            who.push(Text::new(&format!("{word} {}", named(entry))));
        }
    }
    Some(who)
}

/// What an entry is called: `source: {name: …}`, `id: 7`, a bare name.
fn named(entry: &Value) -> String {
    let word = |value: &Value| match value {
        Value::String(words) => Some(words.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    };
    let part = |key: &str| entry.get(key).and_then(word);
    let inner = |key: &str| {
        let value = entry.get(key)?;
        value.get("name").or_else(|| value.get("pattern")).and_then(word).or_else(|| word(value))
    };
    let ways = inner("source").zip(inner("target")).map(|(from, to)| format!("{from} to {to}"));
    let known = word(entry).or(ways).or_else(|| part("name")).or_else(|| part("username"));
    known.or_else(|| part("pattern")).or_else(|| part("id")).unwrap_or_else(|| entry.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_goes_past_a_policy_is_named_by_kind() {
        let yaml = "name: two eyes\nbypass_settings:\n  access_tokens:\n  - id: 7\n  branches:\n  - source:\n      \
                    name: release\n    target:\n      name: main\n  users:\n  - id: 3\n";
        let who: Vec<String> = passers(yaml).unwrap().iter().map(Text::to_string).collect();
        assert_eq!(who, ["token 7", "branch release to main", "user 3"]);
        assert_eq!(passers("name: strict\n"), Some(vec![]));
    }

    #[test]
    fn a_group_on_a_list_is_known_by_its_full_path() {
        let read = |json: &str| serde_json::from_str::<AllowedGroupShape>(json).unwrap().path();
        let told = r#"{"id": 4, "web_url": "https://g/groups/acme/tools", "name": "Tools"}"#;
        assert_eq!(&*read(told), "acme/tools");
        assert_eq!(&*read(r#"{"id": 4, "name": "Tools"}"#), "Tools");
    }
}
