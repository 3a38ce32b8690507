//! GitLab runners and their managers.

use std::sync::Arc;

use super::time::seconds_between;
use super::{RunnerId, Text, TierIndex, Timestamp};

/// A GitLab runner: a registration, behind which one or more managers work.
#[derive(Debug, Clone, PartialEq)]
pub struct Runner {
    /// Its id.
    pub id: RunnerId,
    /// Its description.
    pub description: Text,
    /// `instance_type`, `group_type` or `project_type`.
    pub kind: Text,
    /// GitLab's word: `online`, `offline`, `stale`, `never_contacted`.
    ///
    /// GitLab calls a runner online for two hours after its last contact, so this may be blind that long: see [`Runner::quiet_for`].
    pub status: Text,
    /// Whether it was told to take no new jobs.
    pub paused: bool,
    /// Whether it is locked to its projects.
    pub locked: bool,
    /// Whether it takes jobs of protected refs alone.
    pub protected: bool,
    /// Whether it takes jobs without tags.
    pub run_untagged: bool,
    /// Its tags.
    pub tags: Arc<[Text]>,
    /// The tier that its tags fit; filled in by the state.
    pub tier: Option<TierIndex>,
    /// When GitLab last noted a contact (it notes them some 40 minutes apart).
    pub contacted_at: Option<Timestamp>,
    /// Its version, where GitLab still tells.
    pub version: Option<Text>,
    /// Jobs that run on it now, where GitLab told.
    pub running: Option<u64>,
    /// How many jobs it takes at once, where known.
    pub limit: Option<u64>,
    /// The processes behind the registration.
    pub managers: Arc<[RunnerManager]>,
    /// Whether every manager was read. `false`: there are "at least" these.
    pub managers_complete: bool,
}

/// GitLab may note a runner's contacts this many seconds apart: an older one is no accident of its notes.
const NOTED_WITHIN: i64 = 3600;

/// A runner asks for jobs every few seconds: one that takes none of those that wait, and was not heard of for so many
/// seconds, is not at it.
const IDLE_TOO_LONG: i64 = 600;

impl Runner {
    /// For how many seconds nothing was heard of it though GitLab calls it online, where that says that it works no
    /// more: longer than GitLab takes to note a contact, or less while it runs nothing and `waiting` jobs of its tier
    /// wait.
    pub fn quiet_for(&self, waiting: usize, now: Timestamp) -> Option<i64> {
        if &*self.status != "online" || self.paused {
            return None;
        }
        let quiet = seconds_between(self.contacted_at?, now);
        let is_idle = waiting > 0 && self.running == Some(0);
        (quiet >= NOTED_WITHIN || (is_idle && quiet >= IDLE_TOO_LONG)).then_some(quiet)
    }
}

/// One process behind a runner.
#[derive(Debug, Clone, PartialEq)]
pub struct RunnerManager {
    /// What the process calls itself.
    pub system_id: Text,
    /// `online`, `offline`, `stale`, `never_contacted`.
    pub status: Text,
    /// When GitLab last noted a contact.
    pub contacted_at: Option<Timestamp>,
    /// Its version.
    pub version: Option<Text>,
}

#[cfg(test)]
pub(crate) mod fixture {
    use super::*;

    /// An online runner of a group, with a tag, of which nothing else is known.
    pub(crate) fn runner(id: u64, tag: &str) -> Runner {
        Runner {
            id: RunnerId(id),
            description: Text::new(&format!("runner-{id}")),
            kind: Text::new("group_type"),
            status: Text::new("online"),
            paused: false,
            locked: false,
            protected: false,
            run_untagged: false,
            tags: Arc::from([Text::new(tag)]),
            tier: None,
            contacted_at: None,
            version: None,
            running: None,
            limit: None,
            managers: Arc::from([]),
            managers_complete: true,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::fixture::runner;
    use super::*;
    use crate::domain::pipeline::fixture::at;

    /// A runner that was heard of at second nought, and runs some jobs.
    fn heard(running: u64) -> Runner {
        Runner { contacted_at: Some(at(0)), running: Some(running), ..runner(1, "t") }
    }

    #[test]
    fn an_idle_runner_is_quiet_after_ten_minutes_while_jobs_wait() {
        let idle = heard(0);
        assert_eq!(idle.quiet_for(1, at(599)), None);
        assert_eq!(idle.quiet_for(1, at(600)), Some(600));
        assert_eq!(idle.quiet_for(0, at(600)), None, "nothing waits that it could take");
        assert_eq!(heard(1).quiet_for(1, at(600)), None, "it runs a job");
    }

    #[test]
    fn a_contact_older_than_gitlab_takes_to_note_one_is_quiet_whatever_it_runs() {
        let busy = heard(1);
        assert_eq!(busy.quiet_for(0, at(3599)), None);
        assert_eq!(busy.quiet_for(0, at(3600)), Some(3600));
    }

    #[test]
    fn what_is_paused_offline_or_never_told_is_not_called_quiet() {
        let paused = Runner { paused: true, ..heard(0) };
        let offline = Runner { status: Text::new("offline"), ..heard(0) };
        let untold = Runner { contacted_at: None, ..heard(0) };
        let quiet = [paused, offline, untold].map(|one| one.quiet_for(1, at(9_000)));
        assert_eq!(quiet, [None; 3]);
    }
}
