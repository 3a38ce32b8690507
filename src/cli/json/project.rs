//! Projects as items.

use super::Scene;
use super::form::{Instant, instant, record};
use crate::domain::Project;
use crate::state::Row;

record! {
    /// A project of the watched groups.
    ProjectItem<'a> {
        /// GitLab's id
        id: u64,
        /// full path, `group/subgroup/name`
        path: &'a str,
        /// the default branch
        default_branch: Option<&'a str>,
        /// its page
        web_url: &'a str,
        /// when GitLab last saw activity; not every pipeline counts
        last_activity_at: Option<Instant>,
        /// jobs on a runner
        running: u64,
        /// jobs that wait for a runner
        waiting: u64,
        /// when it was last confirmed
        seen_at: Instant,
        /// whether it is not confirmed any more
        stale: bool,
    }
}

impl<'a> ProjectItem<'a> {
    /// The item of a row.
    pub(super) fn new(scene: &Scene<'a>, row: &'a Row<Project>) -> ProjectItem<'a> {
        let project = &*row.value;
        let summary = scene.state().project_summary(project.id);
        ProjectItem {
            id: project.id.0,
            path: &project.path,
            default_branch: project.default_branch.as_deref(),
            web_url: &project.web_url,
            last_activity_at: instant(project.last_activity_at),
            running: summary.running,
            waiting: summary.waiting,
            seen_at: Instant(row.seen_at()),
            stale: scene.is_offline() || scene.state().is_stale(row, row.seen_at(), scene.now()),
        }
    }
}
