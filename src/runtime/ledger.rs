//! [`Feed`]: brings the acts of the ledger, and how its chain stands, into the state; on a thread of its own.
//!
//! The file is looked at each second, which costs next to nothing while nobody writes; only what is new is read, and
//! the chain is checked from where the last look stopped.

use std::fs;
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc::{RecvTimeoutError, SyncSender, TrySendError, sync_channel};
use std::time::Duration;

use super::clock::Clock;
use crate::audit::{Ledger, LedgerError, Progress};
use crate::domain::{
    Chain, ChainBreak, Change, Entity, Failure, FailureKind, Origin, Report, Scope, SourceId,
    SourceKey, Text, Timestamp, Update,
};
use crate::source::Mailbox;
use crate::state::MOST_DEEDS;

/// How often the file is looked at.
const GLANCE: Duration = Duration::from_secs(1);

/// How often it is said that the reading goes on, in seconds.
const RHYTHM: f64 = 5.0;

/// Reads the ledger until it is dropped.
#[derive(Debug)]
pub struct Feed(SyncSender<()>);

impl Feed {
    /// Starts reading. Where no thread can be started, nothing is ever read, and the pane says so.
    pub fn start(path: PathBuf, mailbox: Mailbox, clock: Clock) -> Feed {
        let (sender, receiver) = sync_channel(1);
        let look = move || {
            let mut reader = Reader::new(path);
            let key = key();
            loop {
                let now = clock.now();
                reader.look(now, |change| mailbox.put(&key, now, change));
                if receiver.recv_timeout(GLANCE) == Err(RecvTimeoutError::Disconnected) {
                    return;
                }
            }
        };
        if let Err(error) = std::thread::Builder::new().name("ledger".to_owned()).spawn(look) {
            tracing::warn!(%error, "the ledger is not read");
        }
        Feed(sender)
    }

    /// Looks at once: something was done just now.
    pub fn look_again(&self) {
        match self.0.try_send(()) {
            // One look that is still to come is enough.
            Ok(()) | Err(TrySendError::Full(()) | TrySendError::Disconnected(())) => {}
        }
    }
}

/// One look at a ledger, for commands that print and leave.
pub fn look(path: &Path, now: Timestamp) -> Vec<Update> {
    let mut updates = Vec::new();
    Reader::new(path.to_path_buf()).look(now, |change| {
        updates.push(Update { key: key(), at: now, origin: Origin::Live, change });
    });
    updates
}

fn key() -> SourceKey {
    SourceKey { source: SourceId::LEDGER, scope: Scope::ledger("audit") }
}

/// The open file, and which file that is.
#[derive(Debug)]
struct Open {
    ledger: Ledger,
    identity: (u64, u64),
    /// The file's version when it was read last.
    version: Option<i64>,
}

/// Reads what is new.
#[derive(Debug)]
struct Reader {
    path: PathBuf,
    open: Option<Open>,
    progress: Progress,
    /// The place of the last record that was read.
    seen: u64,
    /// When it was said last how the reading goes.
    told: Option<Timestamp>,
    is_failing: bool,
}

impl Reader {
    fn new(path: PathBuf) -> Reader {
        let progress = Progress::default();
        Reader { path, open: None, progress, seen: 0, told: None, is_failing: false }
    }

    /// Reads what is new, if anything, and says how the reading goes.
    fn look(&mut self, now: Timestamp, mut give: impl FnMut(Change)) {
        let read = self.read(&mut give);
        let is_due = self.told.is_none_or(|told| {
            let age = crate::domain::time::exact_seconds_between(told, now);
            !(0.0..RHYTHM).contains(&age)
        });
        let is_turn = read.is_err() != self.is_failing;
        self.is_failing = read.is_err();
        if matches!(read, Ok(false)) && !is_due && !is_turn {
            return;
        }
        self.told = Some(now);
        let starting = Report::starting(RHYTHM);
        give(Change::Report(match read {
            Ok(_) => Report { confirmed_at: Some(now), ..starting },
            Err(error) => {
                // Opened anew next time: the file may be another one by then.
                self.open = None;
                Report { failure: Some(failure(&error, now)), ..starting }
            }
        }));
    }

    /// Reads what is new; says whether there was anything.
    fn read(&mut self, give: &mut impl FnMut(Change)) -> Result<bool, LedgerError> {
        let Some(mut open) = self.opened()? else { return Ok(self.absent(give)) };
        let version = open.ledger.version()?;
        let is_news = open.version != Some(version);
        if is_news {
            self.take(&open.ledger, give)?;
            open.version = Some(version);
        }
        self.open = Some(open);
        Ok(is_news)
    }

    /// The file, opened anew where another one took its place; `None` where there is none.
    fn opened(&mut self) -> Result<Option<Open>, LedgerError> {
        let identity = match fs::metadata(&self.path) {
            Ok(found) => (found.dev(), found.ino()),
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(cause) => return Err(LedgerError::File { path: self.path.clone(), cause }),
        };
        if let Some(open) = self.open.take().filter(|open| open.identity == identity) {
            return Ok(Some(open));
        }
        match Ledger::read_at(&self.path) {
            Ok(ledger) => Ok(Some(Open { ledger, identity, version: None })),
            Err(LedgerError::Absent { .. }) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// There is no ledger: nothing was ever done, unless there was one a moment ago.
    fn absent(&mut self, give: &mut impl FnMut(Change)) -> bool {
        self.open = None;
        let is_lost = self.progress.entries > 0 && self.progress.broken.is_none();
        if is_lost {
            self.progress = std::mem::take(&mut self.progress).lost();
        } else if self.told.is_some() {
            return false;
        }
        give(Change::Chain(chain(&self.progress)));
        true
    }

    /// Acts first, for they are what is looked at; then the chain, which takes longer the first time.
    fn take(&mut self, ledger: &Ledger, give: &mut impl FnMut(Change)) -> Result<(), LedgerError> {
        let last = ledger.checkpoint()?.map_or(0, |checkpoint| checkpoint.seq);
        let is_shorter = last < self.seen;
        let deeds = ledger.since(if is_shorter { 0 } else { self.seen }, MOST_DEEDS)?;
        let entities: Vec<Entity> =
            deeds.into_iter().map(|deed| Entity::Deed(Arc::new(deed))).collect();
        if is_shorter {
            give(Change::Replace(entities));
        } else if !entities.is_empty() {
            give(Change::Upsert(entities));
        }
        self.seen = last;
        self.progress = ledger.follow(self.progress.clone())?;
        give(Change::Chain(chain(&self.progress)));
        Ok(())
    }
}

fn chain(progress: &Progress) -> Chain {
    let broken = progress
        .broken
        .as_ref()
        .map(|broken| ChainBreak { seq: broken.seq, why: Text::new(broken.why) });
    Chain { records: progress.entries, broken }
}

fn failure(error: &LedgerError, now: Timestamp) -> Failure {
    let hint = match error {
        LedgerError::Newer { .. } => "use the newer watchfloor; nothing is done by this one",
        _ => "look at the file and its folder; it is read again by itself",
    };
    Failure {
        kind: FailureKind::Other,
        message: Text::new(&error.to_string()),
        hint: Text::new(hint),
        at: now,
        retry_at: None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audit::Closing;
    use crate::domain::act::fixture::deed;
    use crate::domain::pipeline::fixture::at;
    use crate::domain::{Ending, Health, Intent, Outcome, Tiers};
    use crate::state::State;

    /// A ledger's path, and what a console knows of it.
    struct Stage {
        reader: Reader,
        state: State,
        _folder: tempfile::TempDir,
    }

    impl Stage {
        fn new() -> Stage {
            let folder = tempfile::tempdir().unwrap();
            let reader = Reader::new(folder.path().join("audit.db"));
            Stage { reader, state: State::new(Tiers::default()), _folder: folder }
        }

        fn ledger(&self) -> Ledger {
            Ledger::open_at(&self.reader.path).unwrap()
        }

        /// Looks, and tells the state; says how many pieces of news there were.
        fn look(&mut self, second: i64) -> usize {
            let mut changes = Vec::new();
            self.reader.look(at(second), |change| changes.push(change));
            let count = changes.len();
            for change in changes {
                let now = at(second);
                let update = Update { key: key(), at: now, origin: Origin::Live, change };
                self.state.apply(update, now);
            }
            count
        }

        fn health(&self, second: i64) -> Option<Health> {
            self.state.source_health(SourceId::LEDGER, at(second))
        }
    }

    fn intent(number: u64) -> Intent {
        let deed = deed(number);
        Intent {
            act: "job.retry",
            target: deed.target,
            settings: Vec::new(),
            actor: deed.actor,
            reason: deed.reason,
            wire: deed.wire,
        }
    }

    fn done(of: u64) -> Closing {
        Closing { of, outcome: Outcome { ending: Ending::Done, status: Some(201), message: None } }
    }

    #[test]
    fn no_ledger_is_an_empty_one_that_was_read() {
        let mut stage = Stage::new();
        stage.look(0);
        assert_eq!(stage.health(1), Some(Health::Live));
        assert_eq!(stage.state.chain(), Some(&Chain::default()));
        assert_eq!(stage.look(1), 0);
    }

    #[test]
    fn what_is_new_comes_and_a_quiet_file_is_not_read_again() {
        let mut stage = Stage::new();
        stage.look(0);
        let mut ledger = stage.ledger();
        drop(ledger.open(intent(1), at(1), at(1)).unwrap().unwrap());
        stage.look(1);
        assert_eq!((stage.state.deeds().len(), stage.state.unsettled_deeds()), (1, 1));
        assert_eq!(stage.look(2), 0);
        ledger.close(&done(1), at(3)).unwrap();
        stage.look(3);
        assert_eq!((stage.state.deeds().len(), stage.state.unsettled_deeds()), (1, 0));
        assert_eq!(stage.state.chain(), Some(&Chain { records: 2, broken: None }));
    }

    #[test]
    fn a_reading_that_goes_on_is_confirmed_and_one_that_fails_is_told_at_once() {
        let mut stage = Stage::new();
        drop(stage.ledger());
        stage.look(0);
        assert_eq!((stage.look(1), stage.look(6)), (0, 1));
        fs::remove_file(&stage.reader.path).unwrap();
        fs::create_dir(&stage.reader.path).unwrap();
        stage.look(7);
        assert_eq!(stage.health(30), Some(Health::Down));
    }

    #[test]
    fn a_ledger_that_is_taken_away_or_written_anew_is_a_broken_chain() {
        for is_anew in [false, true] {
            let mut stage = Stage::new();
            drop(stage.ledger().open(intent(1), at(1), at(1)).unwrap().unwrap());
            stage.look(2);
            fs::remove_file(&stage.reader.path).unwrap();
            if is_anew {
                drop(stage.ledger().open(intent(2), at(3), at(3)).unwrap().unwrap());
            }
            stage.look(4);
            let broken = stage.state.chain().and_then(|chain| chain.broken.clone());
            assert_eq!(broken.map(|broken| broken.seq), Some(1), "{is_anew}");
        }
    }
}
