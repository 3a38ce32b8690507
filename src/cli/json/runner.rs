//! Runners as items.

use super::Scene;
use super::form::{Instant, instant, record};
use crate::domain::{Runner, RunnerManager, Text};
use crate::state::Row;

record! {
    /// A runner of the watched groups: a registration, behind which managers work.
    RunnerItem<'a> {
        /// GitLab's id
        id: u64,
        /// its description
        description: &'a str,
        /// `instance_type`, `group_type` or `project_type`
        r#type: &'a str,
        /// `online`, `offline`, `stale`, `never_contacted`: GitLab's word, which may be two hours late
        status: &'a str,
        /// whether it was told to take no new jobs
        paused: bool,
        /// whether it is locked to its projects
        locked: bool,
        /// whether it takes jobs of protected refs alone
        protected: bool,
        /// whether it takes jobs without tags
        run_untagged: bool,
        /// its tags
        tags: Vec<&'a str>,
        /// the configured tier that its tags fit; null where they fit none
        tier: Option<&'a str>,
        /// when GitLab last noted a contact
        contacted_at: Option<Instant>,
        /// its version
        version: Option<&'a str>,
        /// jobs that run on it now
        running: Option<u64>,
        /// how many jobs it takes at once
        limit: Option<u64>,
        /// the processes behind the registration
        managers: Vec<ManagerOfRunner<'a>>,
        /// when it was last confirmed
        seen_at: Instant,
        /// whether it is not confirmed any more
        stale: bool,
    }
}

record! {
    /// One process behind a runner.
    ManagerOfRunner<'a> {
        /// what the process calls itself
        system_id: &'a str,
        /// `online`, `offline`, `stale`, `never_contacted`
        status: &'a str,
        /// when GitLab last noted a contact
        contacted_at: Option<Instant>,
        /// its version
        version: Option<&'a str>,
    }
}

impl<'a> RunnerItem<'a> {
    /// The item of a row.
    pub(super) fn new(scene: &Scene<'a>, row: &'a Row<Runner>) -> RunnerItem<'a> {
        let runner = &*row.value;
        RunnerItem {
            id: runner.id.0,
            description: &runner.description,
            r#type: &runner.kind,
            status: &runner.status,
            paused: runner.paused,
            locked: runner.locked,
            protected: runner.protected,
            run_untagged: runner.run_untagged,
            tags: runner.tags.iter().map(Text::as_str).collect(),
            tier: scene.tier(runner.tier),
            contacted_at: instant(runner.contacted_at),
            version: runner.version.as_deref(),
            running: runner.running,
            limit: runner.limit,
            managers: runner.managers.iter().map(ManagerOfRunner::new).collect(),
            seen_at: Instant(row.seen_at()),
            stale: scene.is_offline() || scene.state().is_stale(row, row.seen_at(), scene.now()),
        }
    }
}

impl<'a> ManagerOfRunner<'a> {
    fn new(manager: &'a RunnerManager) -> ManagerOfRunner<'a> {
        ManagerOfRunner {
            system_id: &manager.system_id,
            status: &manager.status,
            contacted_at: instant(manager.contacted_at),
            version: manager.version.as_deref(),
        }
    }
}
