//! Checks the chain: every digest, every link, no gap, and the end against a checkpoint kept elsewhere.

use serde::{Deserialize, Serialize};

use super::entry::{Entry, GENESIS};

/// The end of the chain at some moment, kept where the ledger's owner cannot change it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Checkpoint {
    /// Always `watchfloor/checkpoint/v1`.
    pub schema: String,
    /// The place of the last entry.
    pub seq: u64,
    /// Its digest.
    pub hash: String,
}

impl Checkpoint {
    /// What every checkpoint of this version says in `schema`.
    pub const SCHEMA: &'static str = "watchfloor/checkpoint/v1";

    /// The checkpoint of a chain that ends with `entry`.
    pub(super) fn of(entry: &Entry) -> Checkpoint {
        Checkpoint {
            schema: Checkpoint::SCHEMA.to_owned(),
            seq: entry.seq,
            hash: entry.hash.clone(),
        }
    }
}

/// The first thing that is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Break {
    /// The place of the first entry that does not hold.
    pub seq: u64,
    /// Why.
    pub why: &'static str,
}

/// Whether the end of the chain is known from elsewhere.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Anchor {
    /// No checkpoint was given: entries may have been cut off the end.
    Unanchored,
    /// The chain holds the checkpoint; so many entries came after it.
    Anchored {
        /// Entries after the checkpoint.
        after: u64,
    },
    /// The chain does not hold the checkpoint: it was cut, or written anew.
    Mismatch {
        /// The place where the checkpoint's entry should be.
        seq: u64,
    },
}

/// What checking found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verdict {
    /// How many entries were read.
    pub entries: u64,
    /// The first broken entry, if any.
    pub broken: Option<Break>,
    /// Whether the end is known from elsewhere.
    pub anchor: Anchor,
}

impl Verdict {
    /// Whether nothing is wrong.
    pub fn holds(&self) -> bool {
        self.broken.is_none() && !matches!(self.anchor, Anchor::Mismatch { .. })
    }
}

/// Checks entries in their order.
pub(super) fn verify(entries: &[Entry], checkpoint: Option<&Checkpoint>) -> Verdict {
    Verdict {
        entries: u64::try_from(entries.len()).unwrap_or(u64::MAX),
        broken: first_break(entries),
        anchor: anchor(entries, checkpoint),
    }
}

fn first_break(entries: &[Entry]) -> Option<Break> {
    let mut previous = GENESIS;
    for (expected, entry) in (1..).zip(entries) {
        let why = if entry.seq != expected {
            Some("an entry is missing before it")
        } else if entry.previous != previous {
            Some("it does not follow the entry before it")
        } else if !entry.holds() {
            Some("its content is not what was written")
        } else if entry.read().is_none_or(|body| body.seq() != entry.seq) {
            Some("its content belongs to another place")
        } else {
            None
        };
        if let Some(why) = why {
            return Some(Break { seq: expected, why });
        }
        previous = &entry.hash;
    }
    None
}

fn anchor(entries: &[Entry], checkpoint: Option<&Checkpoint>) -> Anchor {
    let Some(checkpoint) = checkpoint else { return Anchor::Unanchored };
    let there = entries.iter().find(|entry| entry.seq == checkpoint.seq);
    if there.is_none_or(|entry| entry.hash != checkpoint.hash) {
        return Anchor::Mismatch { seq: checkpoint.seq };
    }
    let last = entries.last().map_or(checkpoint.seq, |entry| entry.seq);
    Anchor::Anchored { after: last.saturating_sub(checkpoint.seq) }
}
