//! [`Named`]: the places that records name, so that one look need not go everywhere.

use std::collections::BTreeSet;

use super::task::Task;
use crate::domain::{Record, Text};

/// Tools, each with a project, group or cluster.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Named(BTreeSet<(Text, Text)>);

impl Named {
    /// What these records name.
    pub(super) fn by<'a>(records: impl Iterator<Item = &'a Record>) -> Named {
        let mut named = BTreeSet::new();
        for record in records {
            for artefact in &record.artefacts {
                let home = artefact.project.as_ref().or(artefact.cluster.as_ref());
                let homes = home.map_or(record.scope.projects.as_slice(), std::slice::from_ref);
                named.extend(homes.iter().map(|home| (artefact.tool.clone(), home.clone())));
            }
        }
        Named(named)
    }

    /// Whether anything is named in a cluster.
    pub(super) fn has_cluster(&self, cluster: &str) -> bool {
        self.0.iter().any(|(_, home)| **home == *cluster)
    }

    /// Whether any of the tools that a task looks for is named where it looks.
    pub(super) fn has(&self, task: &Task) -> bool {
        let home = Text::new(&task.home.to_string());
        task.part
            .tools()
            .iter()
            .any(|tool| self.0.contains(&(Text::new(tool.name()), home.clone())))
    }

    /// Whether nothing is named at all.
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::exception::fixture::record;
    use crate::domain::{Artefact, Home};
    use crate::source::natives::task::Part;

    #[test]
    fn an_artefact_without_a_home_is_named_in_every_project_of_its_record() {
        let artefact = |tool: &str, project: Option<&str>| Artefact {
            tool: Text::new(tool),
            project: project.map(Text::new),
            cluster: None,
            path: Some(Text::new("a")),
            rule: None,
        };
        let mut one = record("E-1", "2026-01-01", "2026-02-01");
        one.scope.projects = vec![Text::new("a/b"), Text::new("a/c")];
        one.artefacts = vec![artefact("trivy", None), artefact("gitlab-member", Some("a"))];
        let named = Named::by([&one].into_iter());
        let has = |part, home| named.has(&Task { part, home, branch: None });
        let project = |path: &str| Home::Project(Text::new(path));
        assert!(has(Part::Files, project("a/b")) && has(Part::Files, project("a/c")));
        assert!(has(Part::Members, Home::Group(Text::new("a"))));
        assert!(!has(Part::Members, project("a/b")) && !has(Part::Tokens, project("a")));
    }
}
