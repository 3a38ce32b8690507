//! [`Entry`]: a change of state that a console saw, in words that outlive what they are about.

use super::{Severity, Text, Timestamp};

/// What kind of thing changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum EntryKind {
    /// Something that deserves attention.
    Finding,
    /// A tier of runners.
    Tier,
    /// A node group, or a node pool.
    NodeGroup,
    /// An objective.
    Slo,
    /// A pipeline of a protected ref.
    Pipeline,
    /// A deployment's job.
    Deployment,
    /// An exception.
    Exception,
    /// A request for an exception.
    Request,
    /// A feed.
    Source,
    /// An act of the ledger.
    Act,
    /// Nobody watched.
    Gap,
}

impl EntryKind {
    /// Every kind.
    pub const ALL: [EntryKind; 11] = [
        EntryKind::Finding,
        EntryKind::Tier,
        EntryKind::NodeGroup,
        EntryKind::Slo,
        EntryKind::Pipeline,
        EntryKind::Deployment,
        EntryKind::Exception,
        EntryKind::Request,
        EntryKind::Source,
        EntryKind::Act,
        EntryKind::Gap,
    ];

    /// Its word, on screen, in JSON and in the history.
    pub fn as_str(self) -> &'static str {
        match self {
            EntryKind::Finding => "finding",
            EntryKind::Tier => "tier",
            EntryKind::NodeGroup => "node group",
            EntryKind::Slo => "slo",
            EntryKind::Pipeline => "pipeline",
            EntryKind::Deployment => "deployment",
            EntryKind::Exception => "exception",
            EntryKind::Request => "request",
            EntryKind::Source => "source",
            EntryKind::Act => "act",
            EntryKind::Gap => "gap",
        }
    }

    /// The kind with this word.
    pub fn find(word: &str) -> Option<EntryKind> {
        EntryKind::ALL.into_iter().find(|kind| kind.as_str() == word)
    }
}

/// What is followed: the same thing has the same subject in every run.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EntrySubject {
    /// What kind of thing it is.
    pub kind: EntryKind,
    /// Its identity as text: `nodegroup 17`; of a finding that of what it is about.
    pub about: Text,
    /// Of a finding its rule; nothing for the others.
    pub code: Text,
}

/// How a followed thing stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EntryStand {
    /// In a few words; not numbers that move all the time.
    pub words: Text,
    /// How grave that is, where it is a finding.
    pub severity: Option<Severity>,
}

/// A change of state that a console saw.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// When it was seen.
    pub at: Timestamp,
    /// What changed.
    pub subject: EntrySubject,
    /// Its name then.
    pub name: Text,
    /// How it stood before; `None` where it was seen for the first time.
    pub before: Option<Text>,
    /// How it stands since.
    pub after: EntryStand,
    /// Since when nobody had looked, where it may have changed long before it was seen.
    pub unseen_since: Option<Timestamp>,
}
