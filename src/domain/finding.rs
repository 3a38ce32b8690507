//! [`Finding`]: something that deserves attention, with what proves it and what to do next.

use std::fmt;

use super::{EntityId, Text, Timestamp};

/// How grave a finding is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
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
}
