//! The job log on screen: the trace, and how it is looked at.

use crate::domain::trace::{Direction, Trace};
use crate::domain::{Failure, JobId};

use super::msg::LogNews;

/// Whether more is to come.
#[derive(Debug, Clone, PartialEq)]
pub enum Flow {
    /// Not read yet.
    Waiting,
    /// Read, and more may come.
    Live,
    /// The job has ended.
    Ended,
    /// The last attempt to read it failed; what was read before is still there.
    Failed(Failure),
}

/// The job log on screen.
#[derive(Debug)]
pub struct LogView {
    /// Whose log.
    pub job: JobId,
    /// What was read.
    pub trace: Trace,
    /// Whether more is to come.
    pub flow: Flow,
    /// The first visible line of the trace.
    pub top: usize,
    /// Whether the end is kept in sight.
    pub is_following: bool,
    /// Whether long lines are wrapped.
    pub is_wrapped: bool,
    /// What is looked for.
    pub needle: String,
}

impl LogView {
    /// The log of a job, before anything was read.
    pub fn new(job: JobId) -> LogView {
        LogView {
            job,
            trace: Trace::new(),
            flow: Flow::Waiting,
            top: 0,
            is_following: true,
            is_wrapped: false,
            needle: String::new(),
        }
    }

    /// Takes in news.
    pub fn take(&mut self, news: LogNews) {
        match news {
            LogNews::Replace(bytes) => {
                self.trace.replace(&bytes);
                self.flow = Flow::Live;
            }
            LogNews::Append(bytes) => {
                self.trace.append(&bytes);
                self.flow = Flow::Live;
            }
            LogNews::Ended => {
                self.trace.ended();
                self.flow = Flow::Ended;
            }
            LogNews::Failed(failure) => self.flow = Flow::Failed(failure),
        }
    }

    /// Moves by some lines; moving up lets the end go, reaching it takes it up again.
    pub fn step(&mut self, lines: isize, page: usize) {
        let last = self.trace.row_count().saturating_sub(page.max(1));
        let here = if self.is_following { last } else { self.top };
        self.top = here.saturating_add_signed(lines).min(last);
        self.is_following = lines > 0 && self.top >= last;
    }

    /// Looks for the next place of the needle. Says whether there is one.
    pub fn find(&mut self, direction: Direction, page: usize) -> bool {
        if self.needle.is_empty() {
            return false;
        }
        let last = self.trace.row_count().saturating_sub(page.max(1));
        let from = if self.is_following { last } else { self.top };
        let Some(row) = self.trace.find_next(&self.needle, from, direction) else { return false };
        self.top = row;
        self.is_following = false;
        true
    }
}
