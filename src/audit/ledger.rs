//! [`Ledger`]: opens an intent and gives the permit to do it once; closes it with its outcome.

use std::ops::ControlFlow;
use std::path::Path;
use std::time::Duration;

use jiff::SignedDuration;

use super::entry::{self, Body, Entry};
use super::guard;
use super::store::{self, LedgerError, Store, Which};
use super::verify::{Break, Checkpoint, Progress, Sought, Verdict};
use crate::domain::act::STEP;
use crate::domain::{Deed, Ending, Intent, Outcome, Text, Timestamp};

/// An act that has been open for longer is nobody's any more. A living instance needs at most half a minute for the request
/// and a few seconds each for the token and the disk.
pub const ABANDONED_AFTER: Duration = Duration::from_mins(2);

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

/// When an act that was opened then may be looked at and closed by anybody.
fn abandoned(since: Timestamp) -> Timestamp {
    since.saturating_add(ABANDONED_AFTER).unwrap_or(since)
}

/// Why an intent was not let in.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// The same act on the same target is under way, here or in another instance.
    #[error(
        "{act} of {target} is under way since {since} (record {seq}): it is not done twice. If its program has died, the \
         next `watchfloor act`, or start of the console, after {} looks what came of it; `watchfloor audit show` lists it",
        abandoned(*since)
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
    /// The same act on the same target has ended since its target was looked at, or a moment ago.
    #[error(
        "{act} of {target} ended {ending} {seconds} s ago (record {seq}, by {by}): look again before it is asked for \
         once more"
    )]
    Meanwhile {
        /// The act.
        act: Text,
        /// The target.
        target: Text,
        /// How it ended.
        ending: Ending,
        /// How long ago.
        seconds: i64,
        /// Its entry.
        seq: u64,
        /// Who ran the program, and where.
        by: String,
    },
}

/// For how long an act that was done is not permitted again: what a look tells may be older than that.
pub const SETTLES_FOR: SignedDuration = SignedDuration::from_secs(5);

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
    /// same target is open, and where it ended since the target was `looked` at or was done a moment ago: another
    /// instance may have been faster.
    ///
    /// # Errors
    /// Why it could not be written, also where the chain's end does not hold; then the act may not happen.
    pub fn open(
        &mut self,
        intent: Intent,
        looked: Timestamp,
        now: Timestamp,
    ) -> Result<Result<Permit, Refusal>, LedgerError> {
        let appended = self.store.append(|seq, connection| {
            let open = store::open_on(connection, intent.act, &intent.target)?;
            if let Some(deed) = open.as_ref().and_then(|entry| deed(entry, None)) {
                let Deed { seq, at: since, act, target, .. } = deed;
                return Ok(Err(Refusal::UnderWay { act, target, seq, since }));
            }
            let ended = store::ended_on(connection, intent.act, &intent.target)?;
            let ended = ended.and_then(|(entry, last)| deed(&entry, last.as_deref()));
            let ended = ended.filter(|ended| !is_next(ended, &intent, looked));
            Ok(match ended.and_then(|ended| meanwhile(ended, looked, now)) {
                Some(refusal) => Err(refusal),
                None => Ok(Body::open(seq, now, &intent)),
            })
        })?;
        Ok(appended.map(|entry| Permit { seq: entry.seq, intent }))
    }

    /// What of its guards is not as it should be, a sentence each: triggers, indexes, who may write to it.
    ///
    /// # Errors
    /// Why it cannot be read.
    pub fn flaws(&self) -> Result<Vec<String>, LedgerError> {
        self.store.flaws()
    }

    /// Checks the whole chain and its guards before anything is appended, and that it holds what was read before. A ledger
    /// that is not there yet is a new one, unless it was there before.
    ///
    /// # Errors
    /// [`LedgerError::Broken`] and [`LedgerError::Exposed`] where it proves nothing any more; else why it cannot be read.
    pub fn sound(path: &Path, progress: Progress) -> Result<Progress, LedgerError> {
        let progress = match Ledger::read_at(path) {
            Ok(ledger) => {
                if let Some(why) = guard::exposures(path).into_iter().next() {
                    return Err(LedgerError::Exposed { why });
                }
                if let Some(why) = ledger.store.flaws()?.into_iter().next() {
                    return Err(LedgerError::Broken { path: path.into(), why });
                }
                // It still holds what was read before; and all of it holds.
                let progress = ledger.follow(progress)?;
                if progress.broken.is_some() {
                    progress
                } else {
                    ledger.follow(Progress::default())?
                }
            }
            Err(LedgerError::Absent { .. }) if progress.entries == 0 => progress,
            Err(LedgerError::Absent { .. }) => progress.lost(),
            Err(error) => return Err(error),
        };
        match &progress.broken {
            None => Ok(progress),
            Some(Break { seq, why }) => {
                let why = format!("record {seq}: {why}");
                Err(LedgerError::Broken { path: path.into(), why })
            }
        }
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
        let mut deeds = self.newest(usize::MAX)?;
        deeds.reverse();
        Ok(deeds)
    }

    /// The newest acts, the newest first, at most so many.
    ///
    /// # Errors
    /// Why the ledger cannot be read.
    pub fn newest(&self, most: usize) -> Result<Vec<Deed>, LedgerError> {
        Ok(deeds(&self.store.deeds(Which::All, 0, most)?))
    }

    /// Acts of which nobody knows yet how they ended, the newest first: under way, or left so by a crash.
    ///
    /// # Errors
    /// Why the ledger cannot be read.
    pub fn left_open(&self) -> Result<Vec<Deed>, LedgerError> {
        Ok(deeds(&self.store.deeds(Which::Open, 0, usize::MAX)?))
    }

    /// The acts that were opened or closed behind the entry `after`, and all between them, the newest first, at most so
    /// many.
    ///
    /// # Errors
    /// Why the ledger cannot be read.
    pub fn since(&self, after: u64, most: usize) -> Result<Vec<Deed>, LedgerError> {
        let oldest = self.store.closed_since(after)?.map_or(after, |of| after.min(of - of.min(1)));
        Ok(deeds(&self.store.deeds(Which::All, oldest, most)?))
    }

    /// Shows every entry with the chain in its order, one at a time, as it is exported. One that is not text is left out:
    /// `verify` names it.
    ///
    /// # Errors
    /// Why the ledger cannot be read.
    pub fn each_entry(
        &self,
        mut visit: impl FnMut(Entry) -> ControlFlow<()>,
    ) -> Result<(), LedgerError> {
        self.store.each(0, |row| row.entry.map_or(ControlFlow::Continue(()), &mut visit))
    }

    /// Checks the chain, and its end against a checkpoint kept elsewhere.
    ///
    /// # Errors
    /// Why the ledger cannot be read.
    pub fn verify(&self, checkpoint: Option<&Checkpoint>) -> Result<Verdict, LedgerError> {
        let (mut progress, mut sought) = (Progress::default(), Sought::new(checkpoint));
        let mut last = 0;
        self.store.each(0, |row| {
            progress.take(&row);
            sought.take(&row);
            last = row.seq;
            ControlFlow::Continue(())
        })?;
        let Progress { entries, broken, .. } = progress;
        let (anchor, flaws) = (sought.anchor(last), self.store.flaws()?);
        Ok(Verdict { entries, broken, anchor, flaws })
    }

    /// Goes on with checking where it stopped. A chain that does not hold what was read before is broken there; one that
    /// was broken stays so.
    ///
    /// # Errors
    /// Why the ledger cannot be read.
    pub fn follow(&self, mut progress: Progress) -> Result<Progress, LedgerError> {
        if progress.broken.is_some() {
            return Ok(progress);
        }
        if progress.entries > 0
            && self.store.at(progress.entries)?.is_none_or(|entry| entry.hash != progress.hash)
        {
            return Ok(progress.lost());
        }
        self.store.each(progress.entries, |row| {
            progress.take(&row);
            ControlFlow::Continue(())
        })?;
        Ok(progress)
    }

    /// The end of the chain, to be kept elsewhere; `None` while it is empty.
    ///
    /// # Errors
    /// Why the ledger cannot be read.
    pub fn checkpoint(&self) -> Result<Option<Checkpoint>, LedgerError> {
        Ok(self.store.last()?.as_ref().map(Checkpoint::of))
    }

    /// A number that is another one once anybody else has written.
    ///
    /// # Errors
    /// Why the ledger cannot be read.
    pub fn version(&self) -> Result<i64, LedgerError> {
        self.store.data_version()
    }
}

/// Why an act that has ended stands against the same one now, if it does.
fn meanwhile(ended: Deed, looked: Timestamp, now: Timestamp) -> Option<Refusal> {
    let Deed { seq, act, target, actor, outcome, .. } = ended;
    let (at, Outcome { ending, .. }) = outcome?;
    let is_fresh = ending == Ending::Done && now.duration_since(at) < SETTLES_FOR;
    (at > looked || is_fresh).then(|| Refusal::Meanwhile {
        act,
        target,
        ending,
        seconds: now.duration_since(at).as_secs(),
        seq,
        by: format!("{}@{}", actor.os_user, actor.host),
    })
}

/// Whether an act of several steps only goes on: the step before was done, and a look came after it.
fn is_next(ended: &Deed, intent: &Intent, looked: Timestamp) -> bool {
    let step = |settings: &[(Text, Text)]| {
        settings.iter().find(|(name, _)| &**name == STEP).map(|(_, step)| step.clone())
    };
    let (before, now) = (step(&ended.settings), step(&intent.settings));
    let is_seen = ended.outcome.as_ref().is_some_and(|(at, _)| *at <= looked);
    is_seen && before.is_some() && now.is_some() && before != now
}

/// Entries, each with the last word on it, as acts.
fn deeds(found: &[(Entry, Option<String>)]) -> Vec<Deed> {
    found.iter().filter_map(|(entry, last)| deed(entry, last.as_deref())).collect()
}

/// An entry as an act; `None` for one that opens none.
fn deed(entry: &Entry, last: Option<&str>) -> Option<Deed> {
    let Body::Open { seq, at, act, target, settings, actor, reason, request } = entry.read()?
    else {
        return None;
    };
    let pair = |(name, value): &(String, String)| (Text::new(name), Text::new(value));
    Some(Deed {
        seq,
        at,
        act: Text::new(&act),
        target: Text::new(&target),
        settings: settings.iter().map(pair).collect(),
        actor: actor.actor(),
        reason: reason.as_deref().map(Text::new),
        wire: request.wire(),
        outcome: last.and_then(|last| entry::closing(last, seq)),
        hash: Text::new(&entry.hash),
        previous: Text::new(&entry.previous),
    })
}
