//! [`Roster`]: what the fleet looked like at the last look; the queue works from it.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use crate::api::Error;
use crate::api::gitlab::FleetProject;
use crate::config::GitlabSettings;
use crate::domain::{Failure, ProjectId, Scope, Timestamp};

/// What is watched: a group with everything below it, or a single project.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Watched {
    /// A group, by its full path.
    Group(String),
    /// A project, by its full path.
    Project(String),
}

impl Watched {
    /// Everything that the settings name, groups first, each once.
    pub(super) fn of(settings: &GitlabSettings) -> Vec<Watched> {
        let mut seen = BTreeSet::new();
        let groups = settings.groups.iter().map(|path| Watched::Group(path.clone()));
        let projects = settings.projects.iter().map(|path| Watched::Project(path.clone()));
        groups.chain(projects).filter(|one| seen.insert(one.path().to_owned())).collect()
    }

    /// Its full path.
    pub(super) fn path(&self) -> &str {
        match self {
            Watched::Group(path) | Watched::Project(path) => path,
        }
    }

    /// The scope in which its health is kept.
    pub(super) fn scope(&self) -> Scope {
        Scope::gitlab(self.path())
    }
}

/// One watched scope at the last look.
#[derive(Debug, Clone, Default)]
pub(super) struct Squad {
    /// Its projects; those of an earlier scope are not here again.
    pub(super) projects: Vec<FleetProject>,
    /// When they were last read.
    pub(super) at: Option<Timestamp>,
    /// Why they could not be read the last time.
    pub(super) error: Option<Error>,
    /// What is missing though they were read.
    pub(super) gap: Option<Failure>,
}

/// All watched scopes, in the order of the settings.
#[derive(Debug, Clone, Default)]
pub(super) struct Roster {
    /// Goes up with each look.
    pub(super) pass: u64,
    /// How often the fleet is looked at at present.
    pub(super) interval: Duration,
    /// The scopes.
    pub(super) squads: Vec<Arc<Squad>>,
}

/// Leaves out the projects that an earlier scope already has.
pub(super) fn each_once(squads: &mut [Squad]) {
    let mut seen: BTreeSet<ProjectId> = BTreeSet::new();
    for squad in squads {
        squad.projects.retain(|project| seen.insert(project.project.id));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{Project, Text};

    fn project(id: u64) -> FleetProject {
        let project = Project {
            id: ProjectId(id),
            path: Text::new("acme/shop"),
            default_branch: None,
            web_url: Text::new(""),
            last_activity_at: None,
            protected_refs: None,
        };
        FleetProject { project: Arc::new(project), marks: None }
    }

    #[test]
    fn a_project_in_two_scopes_belongs_to_the_first() {
        let squad = |ids: &[u64]| Squad {
            projects: ids.iter().map(|id| project(*id)).collect(),
            ..Squad::default()
        };
        let mut squads = [squad(&[1, 2]), squad(&[2, 3, 3])];
        each_once(&mut squads);
        let ids = squads.map(|squad| {
            squad.projects.iter().map(|project| project.project.id.0).collect::<Vec<_>>()
        });
        assert_eq!(ids, [vec![1, 2], vec![3]]);
    }
}
