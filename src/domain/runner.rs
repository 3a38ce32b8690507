//! GitLab runners and their managers.

use std::sync::Arc;

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
    /// GitLab calls a runner online for two hours after its last contact, so this may be blind that long.
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
