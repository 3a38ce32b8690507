//! [`Effect`]: everything that the program may ask of the world, as plain values.

use std::sync::Arc;

use crate::domain::access::Resource;
use crate::domain::{
    EntityId, Entry, Filed, JobId, PodId, ProjectId, Slo, SourceId, SourceKey, Text, Timestamp,
};
use crate::pane::listing::Question;
use crate::state::State;

use super::access::{JudgeRequest, ReviewRequest};
use super::act::ActRequest;
use super::handover::HandoverRequest;
use super::memory::Memory;
use super::then::ThenRequest;
use super::timeline::TimelineRequest;
use super::why::{ExplainRequest, LookRequest};

/// Something to be done outside.
#[derive(Debug, Clone)]
pub enum Effect {
    /// Put rows in order, on a worker.
    List(Box<ListRequest>),
    /// Work out why something waits, on a worker.
    Explain(Box<ExplainRequest>),
    /// Read beside what no feed keeps of a job.
    Look(Box<LookRequest>),
    /// Keep what became different.
    Chronicle(Vec<Entry>),
    /// Read the timeline, on a worker.
    Timeline(Box<TimelineRequest>),
    /// Write a hand-over, on a worker.
    Handover(Box<HandoverRequest>),
    /// Recall what was known at an instant, on a worker.
    Recall(Box<ThenRequest>),
    /// Judge rights, on a worker.
    Judge(Box<JudgeRequest>),
    /// Something about the campaign that reviews rights.
    Review(Box<ReviewRequest>),
    /// Watch this log; none for `None`.
    Watch(Option<LogTarget>),
    /// Read these again, or in full: they are looked at.
    Read(ReadRequest),
    /// The screen rests on these feeds now.
    Demand(Vec<SourceId>),
    /// Ask every feed again at once.
    Refresh,
    /// Rights were changed at these places: what was read there is old.
    Touch(Vec<Resource>),
    /// Something about acts.
    Act(ActRequest),
    /// Something small that a person asked for.
    Errand(Errand),
    /// Call somebody to the terminal: so many grave findings are new. No word from outside goes with it.
    Notify(usize),
    /// Remember sorts, columns and filters.
    Keep(Box<Memory>),
    /// Use another theme.
    UseTheme(String),
    /// Draw everything anew.
    Redraw,
    /// Give the terminal back until the shell resumes us.
    Suspend,
    /// Leave.
    Quit,
}

/// Something small that a person asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Errand {
    /// Open a page in the browser.
    Open(String),
    /// Put text into the clipboard.
    Copy(String),
    /// Write text to a file of this name in the state directory.
    Save {
        /// The file's name.
        name: String,
        /// The text.
        text: String,
    },
}

/// Rows to be put in order.
#[derive(Debug, Clone)]
pub struct ListRequest {
    /// Which answer is waited for: an older one is thrown away.
    pub ticket: u64,
    /// What is asked.
    pub question: Question,
    /// The rows, as they are now. Cheap: shared with the program's own.
    pub state: State,
    /// As of when, where that is not now.
    pub at: Option<Timestamp>,
}

/// Something to be read again, or in full, because somebody looks at it closely.
#[derive(Debug, Clone, PartialEq)]
pub enum ReadRequest {
    /// A pipeline with its jobs, or a job.
    Gitlab {
        /// The feed that the row belongs to.
        key: SourceKey,
        /// Its project.
        project: ProjectId,
        /// The project's path.
        path: Text,
        /// The row: a pipeline or a job.
        target: EntityId,
    },
    /// Everything that was said of a pod.
    PodEvents {
        /// The feed of what is said of pods there.
        key: SourceKey,
        /// The cluster.
        cluster: Text,
        /// The pod's namespace.
        namespace: Text,
        /// The pod's own identity.
        uid: Text,
    },
    /// How an objective's numbers went.
    Past {
        /// The feed of objectives.
        key: SourceKey,
        /// The objective.
        slo: Arc<Slo>,
    },
    /// How a record of the register came to say what it says.
    History {
        /// The feed of the register.
        key: SourceKey,
        /// The record.
        filed: Arc<Filed>,
    },
}

/// Whose log it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LogId {
    /// A job's, as GitLab keeps it.
    Job(JobId),
    /// A container's of a pod, as its node keeps it.
    Container(PodId, Text),
}

impl LogId {
    /// What the log is about.
    pub fn about(&self) -> EntityId {
        match self {
            LogId::Job(job) => EntityId::Job(*job),
            LogId::Container(pod, _) => EntityId::Pod(*pod),
        }
    }

    /// The name of a file with it.
    pub fn file_name(&self) -> String {
        match self {
            LogId::Job(job) => format!("job-{job}.log"),
            LogId::Container(pod, container) => format!("pod-{pod}-{container}.log"),
        }
    }
}

/// The log that is watched, and where it is read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LogTarget {
    /// A job's log.
    Job {
        /// Its project.
        project: ProjectId,
        /// The project's path.
        path: Text,
        /// The job.
        job: JobId,
    },
    /// A container's log.
    Container {
        /// The cluster.
        cluster: Text,
        /// The pod's namespace.
        namespace: Text,
        /// The pod's name.
        name: Text,
        /// The pod.
        pod: PodId,
        /// The container.
        container: Text,
    },
}

impl LogTarget {
    /// Whose log it is.
    pub fn id(&self) -> LogId {
        match self {
            LogTarget::Job { job, .. } => LogId::Job(*job),
            LogTarget::Container { pod, container, .. } => {
                LogId::Container(*pod, container.clone())
            }
        }
    }
}
