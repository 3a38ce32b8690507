//! [`Msg`]: everything that can happen to the program.

use crate::domain::{Entry, Failure, Text, Update};
use crate::keymap::Chord;
use crate::pane::listing::Listing;
use crate::why::{Explanation, Extra};

use super::access::{Judgement, ReviewNews};
use super::act::ActNews;
use super::effect::LogId;
use super::notice::Notice;
use super::then::Recollection;

/// Something that happened.
#[derive(Debug, Clone)]
pub enum Msg {
    /// A key was pressed.
    Key(Chord),
    /// Text was pasted.
    Paste(String),
    /// The mouse did something.
    Mouse(Mouse),
    /// The terminal has another size.
    Resize,
    /// News from sources or cache.
    News(Vec<Update>),
    /// A list that was asked for is there.
    Listed {
        /// The ticket of the question.
        ticket: u64,
        /// The answer.
        listing: Listing,
    },
    /// What was asked to be explained is worked out.
    Explained {
        /// The ticket of the question.
        ticket: u64,
        /// The answer.
        answer: Box<Explanation>,
    },
    /// What no feed keeps of a job was read beside.
    Looked {
        /// Which look it was.
        ticket: u64,
        /// What was read.
        extra: Box<Extra>,
    },
    /// A timeline that was to be read is here.
    Told {
        /// The ticket of the question.
        ticket: u64,
        /// The entries, the newest first, or why they cannot be read.
        answer: std::result::Result<Vec<Entry>, Text>,
    },
    /// What was known at an instant is recalled.
    Recalled {
        /// The ticket of the question.
        ticket: u64,
        /// The answer.
        answer: Recollection,
    },
    /// Rights that were to be judged are.
    Judged {
        /// The ticket of the question.
        ticket: u64,
        /// The answer.
        judgement: Judgement,
    },
    /// Something about the campaign that reviews rights.
    Review(ReviewNews),
    /// Everything that an earlier run knew is here.
    Remembered,
    /// The watched log has news.
    Log(LogId, LogNews),
    /// Something about acts.
    Act(ActNews),
    /// An errand is done, or failed.
    Done(Result),
    /// Time has passed that the screen shows.
    Wake,
}

/// What the mouse did, and where: column and row from the upper left corner.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Mouse {
    /// What.
    pub kind: MouseKind,
    /// The column.
    pub column: u16,
    /// The row.
    pub row: u16,
}

/// What the mouse did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MouseKind {
    /// The left button went down.
    Click,
    /// The wheel turned up.
    WheelUp,
    /// The wheel turned down.
    WheelDown,
}

/// News of the watched log.
#[derive(Debug, Clone, PartialEq)]
pub enum LogNews {
    /// This is the whole of it.
    Replace(Vec<u8>),
    /// This came behind what was there.
    Append(Vec<u8>),
    /// The job has ended: nothing more will come.
    Ended,
    /// It could not be read.
    Failed(Failure),
}

/// How an errand went: what to say.
pub type Result = std::result::Result<Notice, Notice>;
