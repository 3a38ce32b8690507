//! The things of the platform: people, projects, pipelines, jobs, runners, pools.

use std::collections::{BTreeSet, VecDeque};
use std::sync::Arc;

use super::capacity::Ticket;
use super::deployment::Environment;
use crate::sim::clock::Millis;

/// The states of a job or a pipeline, in the words of GitLab.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Status {
    Created,
    WaitingForResource,
    Preparing,
    WaitingForCallback,
    Pending,
    Running,
    Success,
    Failed,
    Canceling,
    Canceled,
    Skipped,
    Manual,
    Scheduled,
}

impl Status {
    /// Every state.
    pub(crate) const ALL: [Self; 13] = [
        Self::Created,
        Self::WaitingForResource,
        Self::Preparing,
        Self::WaitingForCallback,
        Self::Pending,
        Self::Running,
        Self::Success,
        Self::Failed,
        Self::Canceling,
        Self::Canceled,
        Self::Skipped,
        Self::Manual,
        Self::Scheduled,
    ];

    /// The word of the REST API.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Created => "created",
            Self::WaitingForResource => "waiting_for_resource",
            Self::Preparing => "preparing",
            Self::WaitingForCallback => "waiting_for_callback",
            Self::Pending => "pending",
            Self::Running => "running",
            Self::Success => "success",
            Self::Failed => "failed",
            Self::Canceling => "canceling",
            Self::Canceled => "canceled",
            Self::Skipped => "skipped",
            Self::Manual => "manual",
            Self::Scheduled => "scheduled",
        }
    }

    /// Reads the word of the REST API, or the GraphQL name of the same state.
    pub(crate) fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|status| status.word().eq_ignore_ascii_case(word))
    }

    /// No transition follows by itself.
    pub(crate) fn is_over(self) -> bool {
        matches!(self, Self::Success | Self::Failed | Self::Canceled | Self::Skipped)
    }
}

/// Somebody who starts pipelines.
pub(crate) struct Person {
    pub(crate) id: u64,
    pub(crate) username: &'static str,
    pub(crate) name: &'static str,
}

/// A group or a subgroup.
pub(crate) struct Group {
    pub(crate) id: u64,
    pub(crate) path: String,
    pub(crate) parent: Option<u64>,
}

impl Group {
    /// The last part of the path.
    pub(crate) fn name(&self) -> &str {
        self.path.rsplit('/').next().unwrap_or(&self.path)
    }
}

/// What a project's pipelines look like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Trade {
    Service,
    Library,
    Infrastructure,
    Mobile,
}

/// A project and the index of what belongs to it.
pub(crate) struct Project {
    pub(crate) id: u64,
    pub(crate) group: u64,
    pub(crate) name: String,
    pub(crate) path: String,
    pub(crate) trade: Trade,
    pub(crate) archived: bool,
    pub(crate) created: Millis,
    pub(crate) active: Millis,
    pub(crate) next_iid: u64,
    pub(crate) next_merge_request: u64,
    pub(crate) pipelines: BTreeSet<u64>,
    pub(crate) jobs: BTreeSet<u64>,
}

/// Why a pipeline exists: a person's push, a merge request, another pipeline.
pub(crate) struct Pipeline {
    pub(crate) id: u64,
    pub(crate) iid: u64,
    pub(crate) project: u64,
    pub(crate) reference: Arc<str>,
    pub(crate) sha: Arc<str>,
    pub(crate) tag: bool,
    pub(crate) source: &'static str,
    pub(crate) person: usize,
    pub(crate) status: Status,
    pub(crate) created: Millis,
    pub(crate) updated: Millis,
    pub(crate) started: Option<Millis>,
    pub(crate) finished: Option<Millis>,
    pub(crate) stages: Arc<[String]>,
    pub(crate) jobs: Vec<u64>,
    pub(crate) upstream: Option<Upstream>,
}

/// The job in another pipeline that started this one.
#[derive(Clone, Copy)]
pub(crate) struct Upstream {
    pub(crate) pipeline: u64,
    pub(crate) job: u64,
}

/// When a job may begin once its turn has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum When {
    Auto,
    Manual,
    Delayed(Millis),
}

/// Work for a runner, or the start of another pipeline.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Build,
    /// A pipeline in the given project; the bridge mirrors its outcome when `depend` is set.
    Bridge {
        project: u64,
        depend: bool,
    },
}

/// The outcome that is planned for a job.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Fate {
    Success,
    Failure(Arc<str>),
}

/// What a job is to be, before it exists.
#[derive(Clone)]
pub(crate) struct Plan {
    pub(crate) name: Arc<str>,
    pub(crate) stage: usize,
    pub(crate) tags: Arc<[String]>,
    pub(crate) when: When,
    pub(crate) kind: Kind,
    pub(crate) allow_failure: bool,
    pub(crate) resource_group: Option<Arc<str>>,
    pub(crate) environment: Option<Arc<Environment>>,
    pub(crate) duration: Millis,
    pub(crate) fate: Fate,
}

/// One attempt at a job.
pub(crate) struct Job {
    pub(crate) id: u64,
    pub(crate) pipeline: u64,
    pub(crate) project: u64,
    pub(crate) plan: Plan,
    pub(crate) status: Status,
    pub(crate) retried: bool,
    pub(crate) created: Millis,
    pub(crate) queued: Option<Millis>,
    pub(crate) started: Option<Millis>,
    pub(crate) finished: Option<Millis>,
    pub(crate) scheduled: Option<Millis>,
    /// When its run ends as planned, whatever happens in between.
    pub(crate) ends: Option<Millis>,
    pub(crate) reason: Option<Arc<str>>,
    pub(crate) runner: Option<u64>,
    pub(crate) manager: usize,
    /// The pod that was made for it.
    pub(crate) pod: Option<Box<Ticket>>,
    pub(crate) downstream: Option<u64>,
    /// Counts the transitions: an event planned for an earlier one is void.
    pub(crate) turn: u32,
}

impl Job {
    /// Seconds since it was queued until it began, or until now; as GitLab, also for a job
    /// cancelled while it was pending.
    pub(crate) fn queued_span(&self, now: Millis) -> Option<Millis> {
        self.queued.map(|queued| (self.started.unwrap_or(now) - queued).max(0))
    }

    /// Time since it began until its end, or until now.
    pub(crate) fn span(&self, now: Millis) -> Option<Millis> {
        self.started.map(|started| (self.finished.unwrap_or(now) - started).max(0))
    }

    /// True for the start of another pipeline.
    pub(crate) fn is_bridge(&self) -> bool {
        matches!(self.plan.kind, Kind::Bridge { .. })
    }
}

/// How a runner stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Presence {
    Online,
    Offline,
    Stale,
    Never,
}

impl Presence {
    /// The word of the REST API.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Online => "online",
            Self::Offline => "offline",
            Self::Stale => "stale",
            Self::Never => "never_contacted",
        }
    }
}

/// A process that polls for a runner.
pub(crate) struct Manager {
    pub(crate) id: u64,
    pub(crate) system: String,
    pub(crate) version: &'static str,
    pub(crate) presence: Presence,
}

/// A runner of a group.
pub(crate) struct Runner {
    pub(crate) id: u64,
    pub(crate) group: u64,
    pub(crate) description: String,
    pub(crate) short: String,
    pub(crate) tags: Arc<[String]>,
    pub(crate) protected: bool,
    pub(crate) paused: bool,
    pub(crate) locked: bool,
    pub(crate) untagged: bool,
    pub(crate) presence: Presence,
    pub(crate) created: Millis,
    /// Since when nothing was heard of it, though GitLab has not noticed yet.
    pub(crate) silent: Option<Millis>,
    pub(crate) managers: Vec<Manager>,
    pub(crate) running: BTreeSet<u64>,
}

impl Runner {
    /// May take jobs now.
    pub(crate) fn is_ready(&self) -> bool {
        self.presence == Presence::Online && !self.paused
    }

    /// The last contact of this runner, or of a manager of it, with the given presence.
    pub(crate) fn contacted(&self, presence: Presence, now: Millis) -> Option<Millis> {
        const HOUR: Millis = 3_600_000;
        let now = self.silent.unwrap_or(now);
        match presence {
            Presence::Online => Some(now - now.rem_euclid(45_000)),
            Presence::Offline => Some(now - now.rem_euclid(HOUR) - 3 * HOUR),
            Presence::Stale => Some(now - now.rem_euclid(HOUR) - 12 * 24 * HOUR),
            Presence::Never => None,
        }
    }
}

/// Slots that are shared by the jobs of the same tags.
pub(crate) struct Pool {
    pub(crate) tags: Arc<[String]>,
    pub(crate) slots: usize,
    /// The share of the slots that works now.
    pub(crate) capacity: f64,
    pub(crate) runners: Vec<u64>,
    pub(crate) queue: VecDeque<u64>,
    pub(crate) running: usize,
    /// Turns through the runners.
    pub(crate) next: usize,
    /// How many jobs each of its runners runs at once, and since when; before that each had the same share of all slots.
    pub(crate) shares: Vec<(Millis, f64)>,
}

impl Pool {
    /// Notes how many jobs each of its runners runs at once from now on.
    pub(crate) fn share_out(&mut self, now: Millis) {
        let exact = |count: usize| u32::try_from(count).map_or(0.0, f64::from);
        let working = exact(self.runners.len()).max(1.0);
        self.shares.push((now, (exact(self.open_slots()) / working).floor()));
    }

    /// The number of jobs that may run at once now.
    pub(crate) fn open_slots(&self) -> usize {
        let slots = u32::try_from(self.slots).unwrap_or(u32::MAX);
        let whole = crate::sim::clock::millis(f64::from(slots) * self.capacity / 1000.0);
        usize::try_from(whole).unwrap_or(0)
    }
}
