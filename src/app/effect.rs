//! [`Effect`]: everything that the program may ask of the world, as plain values.

use crate::domain::{EntityId, JobId, ProjectId, SourceId, SourceKey, Text};
use crate::pane::listing::Question;
use crate::state::State;

use super::memory::Memory;

/// Something to be done outside.
#[derive(Debug, Clone)]
pub enum Effect {
    /// Put rows in order, on a worker.
    List(Box<ListRequest>),
    /// Watch this job's log; none for `None`.
    Watch(Option<LogTarget>),
    /// Read these again, or in full: they are looked at.
    Read(ReadRequest),
    /// The screen rests on these feeds now.
    Demand(Vec<SourceId>),
    /// Ask every feed again at once.
    Refresh,
    /// Something small that a person asked for.
    Errand(Errand),
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
}

/// A row to be read again, or in full.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReadRequest {
    /// The feed that the row belongs to.
    pub key: SourceKey,
    /// Its project.
    pub project: ProjectId,
    /// The project's path.
    pub path: Text,
    /// The row: a pipeline or a job.
    pub target: EntityId,
}

/// The job whose log is watched.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogTarget {
    /// Its project.
    pub project: ProjectId,
    /// The project's path.
    pub path: Text,
    /// The job.
    pub job: JobId,
}
