//! Checks the chain: every digest, every link, no gap, and the end against a checkpoint kept elsewhere. One row at a
//! time: it never holds the ledger as a whole.

use serde::{Deserialize, Serialize};

use super::entry::{Entry, GENESIS};
use super::store::Stored;

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
    pub fn of(entry: &Entry) -> Checkpoint {
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
    /// What guards it and is not as it should be: a trigger that is gone, a file that others may write to.
    pub flaws: Vec<String>,
}

impl Verdict {
    /// Whether nothing is wrong.
    pub fn holds(&self) -> bool {
        self.broken.is_none()
            && self.flaws.is_empty()
            && !matches!(self.anchor, Anchor::Mismatch { .. })
    }
}

/// How far a chain was followed: checking goes on where it stopped.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Progress {
    /// How many entries were read; without a break, the place of the last.
    pub entries: u64,
    /// The digest of the last one that holds.
    pub hash: String,
    /// The first broken entry, if any.
    pub broken: Option<Break>,
}

impl Default for Progress {
    /// Nothing was read yet.
    fn default() -> Progress {
        Progress { entries: 0, hash: GENESIS.to_owned(), broken: None }
    }
}

impl Progress {
    /// Takes the next row in.
    pub(super) fn take(&mut self, row: &Stored) {
        self.entries += 1;
        if self.broken.is_some() {
            return;
        }
        match fault(row, self.entries, &self.hash) {
            Ok(hash) => self.hash.clone_from(hash),
            Err(why) => self.broken = Some(Break { seq: self.entries, why }),
        }
    }

    /// The chain is shorter than it was, or not the same any more.
    #[must_use]
    pub fn lost(self) -> Progress {
        let why = "it is not the one that was read before";
        Progress { broken: Some(Break { seq: self.entries, why }), ..self }
    }
}

/// The digest of a row that holds at its place behind `previous`, else why it does not.
pub(super) fn fault<'a>(
    row: &'a Stored,
    expected: u64,
    previous: &str,
) -> Result<&'a String, &'static str> {
    if row.seq != expected {
        return Err("an entry is missing before it");
    }
    let Some(entry) = &row.entry else { return Err("it is not text") };
    if entry.previous != previous {
        return Err("it does not follow the entry before it");
    }
    if !entry.holds() {
        return Err("its content is not what was written");
    }
    let Some(body) = entry.read().filter(|body| body.seq() == entry.seq) else {
        return Err("its content belongs to another place");
    };
    if row.columns.as_ref() != Some(&body.columns()) {
        return Err("the columns beside its content say something else");
    }
    if body.columns().closes.is_some_and(|closed| !(1..entry.seq.cast_signed()).contains(&closed)) {
        return Err("it closes a record that is not before it");
    }
    Ok(&entry.hash)
}

/// Whether a checkpoint lies on the chain, found while it is read.
#[derive(Debug)]
pub(super) struct Sought<'a> {
    checkpoint: Option<&'a Checkpoint>,
    is_found: bool,
}

impl<'a> Sought<'a> {
    /// Nothing was read yet.
    pub(super) fn new(checkpoint: Option<&'a Checkpoint>) -> Sought<'a> {
        Sought { checkpoint, is_found: false }
    }

    /// Takes the next row in.
    pub(super) fn take(&mut self, row: &Stored) {
        if let (Some(checkpoint), Some(entry)) = (self.checkpoint, &row.entry) {
            self.is_found |= entry.seq == checkpoint.seq && entry.hash == checkpoint.hash;
        }
    }

    /// The answer, behind the last entry.
    pub(super) fn anchor(&self, last: u64) -> Anchor {
        match self.checkpoint {
            None => Anchor::Unanchored,
            Some(checkpoint) if self.is_found => {
                Anchor::Anchored { after: last.saturating_sub(checkpoint.seq) }
            }
            Some(checkpoint) => Anchor::Mismatch { seq: checkpoint.seq },
        }
    }
}
