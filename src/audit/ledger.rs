//! [`Ledger`]: opens an intent and gives the permit to do it once; closes it with its outcome.

use std::path::Path;

use super::entry::{self, Body, Entry};
use super::store::{self, LedgerError, Store};
use super::verify::{self, Checkpoint, Verdict};
use crate::domain::{Deed, Intent, Outcome, Text, Timestamp};

/// Proof that an intent is on disk: what a function that sends a changing request takes, by value.
#[derive(Debug)]
#[must_use = "an act that is not done stays open in the ledger"]
pub struct Permit {
    seq: u64,
    intent: Intent,
}

impl Permit {
    /// The place of its entry.
    pub fn seq(&self) -> u64 {
        self.seq
    }

    /// What is permitted.
    pub fn intent(&self) -> &Intent {
        &self.intent
    }

    /// Uses the permit up: what came of the act.
    pub fn settle(self, outcome: Outcome) -> Closing {
        Closing { of: self.seq, outcome }
    }
}

/// What came of an act, to be written into the ledger.
#[derive(Debug, Clone, PartialEq, Eq)]
#[must_use = "an outcome that is not written leaves its act open in the ledger"]
pub struct Closing {
    /// The entry that it closes.
    pub of: u64,
    /// The outcome.
    pub outcome: Outcome,
}

/// Why an intent was not let in.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// The same act on the same target is under way, here or in another instance.
    #[error(
        "{act} of {target} is under way since {since} (entry {seq}): look what came of it first"
    )]
    UnderWay {
        /// The act.
        act: Text,
        /// The target.
        target: Text,
        /// Its entry.
        seq: u64,
        /// Since when.
        since: Timestamp,
    },
}

/// The append-only ledger of acts.
#[derive(Debug)]
pub struct Ledger {
    store: Store,
}

impl Ledger {
    /// Opens the ledger to write to it, making it where it is missing.
    ///
    /// # Errors
    /// Why it cannot be written; then no act may happen.
    pub fn open_at(path: &Path) -> Result<Ledger, LedgerError> {
        Ok(Ledger { store: Store::open(path)? })
    }

    /// Opens the ledger only to read it.
    ///
    /// # Errors
    /// Why it cannot be read; [`LedgerError::Absent`] when nothing was ever done.
    pub fn read_at(path: &Path) -> Result<Ledger, LedgerError> {
        Ok(Ledger { store: Store::open_to_read(path)? })
    }

    /// Where its file is.
    pub fn path(&self) -> &Path {
        self.store.path()
    }

    /// Writes that an act is about to be done, and permits it once it is on disk. Refused while the same act on the
    /// same target is open.
    ///
    /// # Errors
    /// Why it could not be written; then the act may not happen.
    pub fn open(
        &mut self,
        intent: Intent,
        now: Timestamp,
    ) -> Result<Result<Permit, Refusal>, LedgerError> {
        let appended = self.store.append(|seq, connection| {
            let known = deeds(&store::entries(connection)?);
            let open = known.into_iter().find(|deed| {
                deed.outcome.is_none() && *deed.act == *intent.act && deed.target == intent.target
            });
            Ok(match open {
                Some(deed) => Err(Refusal::UnderWay {
                    act: deed.act,
                    target: deed.target,
                    seq: deed.seq,
                    since: deed.at,
                }),
                None => Ok(Body::open(seq, now, &intent)),
            })
        })?;
        Ok(appended.map(|entry| Permit { seq: entry.seq, intent }))
    }

    /// Writes what came of an act. A later look may close an act of unknown outcome again; the last word counts.
    ///
    /// # Errors
    /// Why it could not be written; the act stays open then.
    pub fn close(&mut self, closing: &Closing, now: Timestamp) -> Result<(), LedgerError> {
        let appended = self.store.append(|seq, _| {
            Ok(Ok::<Body, std::convert::Infallible>(Body::close(
                seq,
                closing.of,
                now,
                &closing.outcome,
            )))
        })?;
        match appended {
            Ok(_) => Ok(()),
        }
    }

    /// Every act, oldest first.
    ///
    /// # Errors
    /// Why the ledger cannot be read.
    pub fn deeds(&self) -> Result<Vec<Deed>, LedgerError> {
        Ok(deeds(&self.store.entries()?))
    }

    /// Every entry with the chain, as it is exported.
    ///
    /// # Errors
    /// Why the ledger cannot be read.
    pub fn entries(&self) -> Result<Vec<Entry>, LedgerError> {
        self.store.entries()
    }

    /// Checks the chain, and its end against a checkpoint kept elsewhere.
    ///
    /// # Errors
    /// Why the ledger cannot be read.
    pub fn verify(&self, checkpoint: Option<&Checkpoint>) -> Result<Verdict, LedgerError> {
        Ok(verify::verify(&self.store.entries()?, checkpoint))
    }

    /// The end of the chain, to be kept elsewhere; `None` while it is empty.
    ///
    /// # Errors
    /// Why the ledger cannot be read.
    pub fn checkpoint(&self) -> Result<Option<Checkpoint>, LedgerError> {
        Ok(self.store.entries()?.last().map(Checkpoint::of))
    }
}

/// Entries put together to acts.
fn deeds(entries: &[Entry]) -> Vec<Deed> {
    let mut deeds: Vec<Deed> = Vec::new();
    for entry in entries {
        match entry.read() {
            Some(Body::Open { seq, at, act, target, settings, actor, reason, request }) => {
                let pair = |(name, value): &(String, String)| (Text::new(name), Text::new(value));
                deeds.push(Deed {
                    seq,
                    at,
                    act: Text::new(&act),
                    target: Text::new(&target),
                    settings: settings.iter().map(pair).collect(),
                    actor: actor.actor(),
                    reason: reason.as_deref().map(Text::new),
                    wire: request.wire(),
                    outcome: None,
                    hash: Text::new(&entry.hash),
                    previous: Text::new(&entry.previous),
                });
            }
            Some(Body::Close { of, at, state, status, message, .. }) => {
                let outcome = entry::outcome(&state, status, message.as_deref());
                if let Ok(place) = deeds.binary_search_by_key(&of, |deed| deed.seq)
                    && let Some(deed) = deeds.get_mut(place)
                {
                    deed.outcome = Some((at, outcome));
                }
            }
            // What cannot be read is for `verify` to name.
            None => {}
        }
    }
    deeds
}
