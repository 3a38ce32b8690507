//! [`Drift`]: where the register and the tools do not say the same.

use std::fmt;

use super::{Artefact, Native};
use crate::domain::{DriftId, Evidence, Text};

/// In which way they differ.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum DriftKind {
    /// An artefact is in force, and no record speaks of it.
    Unregistered,
    /// The record is over, and its artefact is still in force.
    Zombie,
    /// The record is in force, and its artefact is not to be found where it was looked for.
    Orphan,
    /// An artefact in force has no end of its own.
    Unbounded,
    /// The artefact ends at another instant than its record.
    Mismatch,
}

impl DriftKind {
    /// Every kind, the gravest first.
    pub const ALL: [DriftKind; 5] = [
        DriftKind::Zombie,
        DriftKind::Unregistered,
        DriftKind::Unbounded,
        DriftKind::Mismatch,
        DriftKind::Orphan,
    ];

    /// Its word, also in JSON and filters.
    pub fn word(self) -> &'static str {
        match self {
            DriftKind::Unregistered => "unregistered",
            DriftKind::Zombie => "zombie",
            DriftKind::Orphan => "orphan",
            DriftKind::Unbounded => "unbounded",
            DriftKind::Mismatch => "mismatch",
        }
    }
}

impl fmt::Display for DriftKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.word())
    }
}

/// One difference between the register and a tool.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Drift {
    /// Stays the same from pass to pass: the kind, the place and the rule; a line that moves changes nothing.
    pub id: Text,
    /// In which way.
    pub kind: DriftKind,
    /// The id of the record that is concerned, where there is one.
    pub record: Option<Text>,
    /// What the record says puts it into force; for an orphan, what was not found.
    pub artefact: Option<Artefact>,
    /// What was found in the tool; none for an orphan that is not there at all.
    pub native: Option<Native>,
    /// What it is concluded from: places, ends, what was looked at and when.
    pub evidence: Vec<Evidence>,
    /// What to do next, in one line.
    pub next_step: Text,
}

impl Drift {
    /// Its address.
    pub fn address(&self) -> DriftId {
        DriftId::of(&[&self.id])
    }
}

/// An artefact of a record of which nobody can tell whether it is in force.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Undecided {
    /// The id of the record.
    pub record: Text,
    /// What it says puts it into force.
    pub artefact: Artefact,
    /// What it would be if it is as feared.
    pub question: DriftKind,
    /// Why it cannot be told, in one line.
    pub because: Text,
}
