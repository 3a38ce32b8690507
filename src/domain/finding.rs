//! [`Finding`]: something that deserves attention, with what proves it and what to do next.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::{EntityId, Text, Timestamp};

/// How grave a finding is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Production or the whole path is hit.
    Critical,
    /// A promise is broken.
    High,
    /// A promise is in danger, or something cannot be judged.
    Medium,
    /// Worth tidying up.
    Low,
    /// Worth knowing.
    Info,
}

impl Severity {
    /// Every severity, the gravest first.
    pub const ALL: [Severity; 5] =
        [Severity::Critical, Severity::High, Severity::Medium, Severity::Low, Severity::Info];

    /// The severity with this word.
    pub fn find(word: &str) -> Option<Severity> {
        Severity::ALL.into_iter().find(|severity| severity.as_str() == word)
    }

    /// The word in `get findings`.
    pub fn as_str(self) -> &'static str {
        match self {
            Severity::Critical => "critical",
            Severity::High => "high",
            Severity::Medium => "medium",
            Severity::Low => "low",
            Severity::Info => "info",
        }
    }
}

/// The identity of a finding: its rule and what it is about. The same trouble keeps the same identity.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FindingId {
    /// The rule's code, e.g. `queue.late`.
    pub code: &'static str,
    /// What it is about.
    pub about: EntityId,
}

impl fmt::Display for FindingId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.code, self.about)
    }
}

/// A field, its value, where it was read and when.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Evidence {
    /// What was looked at.
    pub field: &'static str,
    /// What it said.
    pub value: Text,
    /// The feed that said so.
    pub source: &'static str,
    /// When it was confirmed last; `None` when it never was.
    pub seen_at: Option<Timestamp>,
}

/// Waiting jobs that wait for the same reason.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WaitShare {
    /// How many, and why: `37 jobs share: node group ci-standard is at its maximum (12 of 12)`.
    pub words: Text,
    /// The act of this console that would help first, where it has one.
    pub first_act: Option<&'static str>,
    /// Whether it stays until somebody acts.
    pub is_alarm: bool,
}

/// Something that deserves attention.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// Its identity.
    pub id: FindingId,
    /// How grave it is.
    pub severity: Severity,
    /// What is wrong, in one line.
    pub title: Text,
    /// What proves it.
    pub evidence: Vec<Evidence>,
    /// What to do next, in one line.
    pub next_step: Text,
    /// Since when, as far as the platform tells.
    pub since: Option<Timestamp>,
    /// How many jobs, projects or feeds it hits.
    pub count: u64,
    /// What it has to do with other findings, with what was found before, and with people; never set by a rule.
    pub joined: Joined,
}

/// What is known of a finding beside its own proof.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Joined {
    /// The finding that explains it, where one does.
    pub cause: Option<FindingId>,
    /// Whether it is found now, or only was.
    pub presence: Presence,
    /// When this console found it first; it may be older.
    pub found_at: Option<Timestamp>,
    /// That somebody has it in hand.
    pub acknowledged: Option<Acknowledgement>,
}

/// Whether something is found now.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Presence {
    /// It is.
    #[default]
    Found,
    /// It is found no more, since a moment ago: it stays for a while, so that nothing flickers.
    Gone(Timestamp),
    /// It was, and cannot be told any more.
    Untold {
        /// Since when.
        since: Timestamp,
        /// What is missing.
        because: Text,
    },
}

/// That somebody has a finding in hand, until when, and why it may stand so long.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Acknowledgement {
    /// Who said so.
    pub by: Text,
    /// Why.
    pub reason: Text,
    /// When it was said.
    pub at: Timestamp,
    /// Until when it holds.
    pub until: Timestamp,
}

impl Finding {
    /// Whether it is found now.
    pub fn is_found(&self) -> bool {
        self.joined.presence == Presence::Found
    }

    /// Whether it is as grave as somebody should be called for, and nobody has it in hand.
    pub fn is_grave(&self) -> bool {
        self.severity <= Severity::High && self.joined.acknowledged.is_none()
    }
}
