//! The hand-over: what a console knows, for whoever takes over; redacted, and with what it does not know.
//!
//! **Invariant:** every text from outside passes [`redacted`] on its way into a [`Bundle`], and stands in the Markdown as
//! code, where it can neither link, nor name anybody, nor break a table.

mod gather;
mod markdown;
mod redact;
#[cfg(test)]
mod tests;

use serde::Serialize;

pub use redact::{REDACTED, redacted};

use crate::domain::{Entry, Timestamp};
use crate::state::State;

/// What a hand-over is made of.
#[derive(Debug, Clone)]
pub struct Sources {
    /// What is known.
    pub state: State,
    /// What became different, the newest first, with the acts.
    pub entries: Vec<Entry>,
    /// Why that could not be read, where it could not.
    pub unread: Option<String>,
    /// Since when it tells.
    pub since: Timestamp,
    /// As of when.
    pub at: Timestamp,
}

/// A hand-over. Instants are RFC 3339 in UTC; every text is redacted.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Bundle {
    /// `watchfloor/handover/v1`
    pub schema: &'static str,
    /// As of when.
    pub at: String,
    /// Since when the timeline and the acts are told.
    pub since: String,
    /// What deserves attention, the gravest first; what follows from a cause stands behind it.
    pub findings: Vec<FindingPart>,
    /// The waiting jobs by what they wait for.
    pub waiting: Vec<String>,
    /// Objectives.
    pub objectives: Vec<ObjectivePart>,
    /// What became different, and what was done, the newest first.
    pub timeline: Vec<EntryPart>,
    /// Every feed over every scope.
    pub sources: Vec<SourcePart>,
    /// What is not in here, and why.
    pub left_out: Vec<String>,
}

/// A finding.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct FindingPart {
    /// Its rule's code.
    pub code: &'static str,
    /// How grave it is.
    pub severity: &'static str,
    /// What is wrong.
    pub title: String,
    /// Since when, as far as that is told.
    pub since: Option<String>,
    /// How many it hits.
    pub count: u64,
    /// Whether it is found now, over since a moment, or cannot be told any more.
    pub presence: String,
    /// What to do next.
    pub next_step: String,
    /// The page that helps.
    pub runbook: Option<String>,
    /// Who has it in hand, until when and why.
    pub in_hand: Option<String>,
    /// The code of the finding that explains it.
    pub cause: Option<&'static str>,
    /// What proves it.
    pub evidence: Vec<EvidencePart>,
}

/// What proves a finding.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct EvidencePart {
    /// What was looked at.
    pub field: &'static str,
    /// What it said.
    pub value: String,
    /// The feed that said so.
    pub source: &'static str,
    /// When it was confirmed last.
    pub seen_at: Option<String>,
}

/// An objective.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ObjectivePart {
    /// Its key.
    pub key: String,
    /// The promise, 0 to 1.
    pub objective: f64,
    /// How it stands.
    pub state: &'static str,
    /// The share of the error budget that is left; null where that is not known.
    pub remaining_ratio: Option<f64>,
    /// Burn rates by window, seconds.
    pub burn: Vec<(f64, Option<f64>)>,
}

/// A change, or an act.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct EntryPart {
    /// When it was seen.
    pub at: String,
    /// The kind of thing.
    pub kind: &'static str,
    /// Its name then.
    pub name: String,
    /// How it stood before.
    pub before: Option<String>,
    /// How it stands since.
    pub after: String,
    /// Since when nobody had looked.
    pub unseen_since: Option<String>,
}

/// A feed.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct SourcePart {
    /// Its name.
    pub name: String,
    /// How it is doing.
    pub health: &'static str,
    /// How old its last confirmation is, seconds.
    pub age_seconds: Option<i64>,
    /// What failed last, and what would cure it.
    pub trouble: Option<String>,
}

impl Bundle {
    /// Gathers and redacts.
    pub fn of(sources: &Sources) -> Bundle {
        gather::bundle(sources)
    }

    /// The bundle for people.
    pub fn markdown(&self) -> String {
        markdown::write(self)
    }

    /// The bundle for programs.
    ///
    /// # Errors
    /// Never for what [`Bundle::of`] gives; the encoder's words else.
    pub fn json(&self) -> Result<String, serde_json::Error> {
        serde_json::to_string_pretty(self).map(|text| text + "\n")
    }
}
