//! Merge requests that a scenario writes down: who wrote what, and who put which label on.

use serde::Deserialize;

use super::World;
use crate::sim::clock::Millis;

const MINUTE: Millis = 60_000;

/// A merge request that brought a commit in.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ScriptedMergeRequest {
    /// Full path of the project.
    pub project: String,
    /// The commit that it brought in.
    pub sha: String,
    /// The login of who opened it.
    pub author: String,
    /// The logins of who wrote its commits, one commit each; "" is somebody whom GitLab does not know.
    pub commits_by: Vec<String>,
    /// What was done to its labels, in order.
    #[serde(default)]
    pub label: Vec<ScriptedLabel>,
    /// `opened`, `merged`, `closed`.
    #[serde(default = "merged")]
    pub state: String,
}

/// A label that was put on or taken off.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ScriptedLabel {
    /// The label.
    pub name: String,
    /// The login of who did it.
    pub by: String,
    /// Whether it was taken off.
    #[serde(default)]
    pub removed: bool,
}

fn merged() -> String {
    "merged".to_owned()
}

impl ScriptedMergeRequest {
    /// The labels that it carries now, in order of name.
    pub(crate) fn labels(&self) -> Vec<&str> {
        let mut carried: Vec<&str> = Vec::new();
        for one in &self.label {
            carried.retain(|name| *name != one.name);
            if !one.removed {
                carried.push(&one.name);
            }
        }
        carried.sort_unstable();
        carried
    }
}

impl World {
    /// The merge requests of a project with their numbers.
    pub(crate) fn merge_requests(
        &self,
        path: &str,
    ) -> impl Iterator<Item = (u64, &ScriptedMergeRequest)> {
        let all = (1_u64..).zip(&self.scenario.merge_request);
        all.filter(move |(_, one)| one.project == path)
    }

    /// Says that the commit of a pipeline came in by a merge request: who opened it, and who wrote its commits. Gives its
    /// number.
    pub(crate) fn bring_in(
        &mut self,
        pipeline: u64,
        author: &str,
        commits_by: &[&str],
    ) -> Option<u64> {
        let owner = self.pipelines.get(pipeline)?;
        let project = self.projects.get(&owner.project)?.path.clone();
        let request = ScriptedMergeRequest {
            project,
            sha: owner.sha.to_string(),
            author: author.to_owned(),
            commits_by: commits_by.iter().map(|login| (*login).to_owned()).collect(),
            label: Vec::new(),
            state: merged(),
        };
        self.scenario.merge_request.push(request);
        u64::try_from(self.scenario.merge_request.len()).ok()
    }

    /// When the step of this number happened to a merge request: a minute each, an hour before the start.
    pub(crate) fn step_of_merge_request(&self, number: usize) -> Millis {
        let number = Millis::try_from(number).unwrap_or(0).min(59);
        self.start - (60 - number) * MINUTE
    }

    /// The place of a person.
    pub(crate) fn place_of(&self, username: &str) -> Option<usize> {
        self.people.iter().position(|who| who.username == username)
    }
}
