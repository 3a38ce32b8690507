//! [`History`]: `history.db`, the samples behind charts. Migrated, never dropped, and kept within its bounds.

use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::{Connection, Transaction, TransactionBehavior, params};

use super::entries::{self, Told};
use super::file::{self, CacheError};
use super::keep::micros_of;
use super::past::{self, Book, Recall};
use super::row::micros;
use super::{Notice, Pending};
use crate::domain::{
    Change, Entry, Origin, Sample, Scope, SeriesId, SourceId, SourceKey, Text, Timestamp, Update,
};

/// The file's name in the state folder.
const NAME: &str = "history.db";

/// Each brings the file from the version of its place to the next; none is ever changed or taken away.
const MIGRATIONS: [&str; 3] = [
    "
CREATE TABLE series (
    id INTEGER PRIMARY KEY, measure TEXT NOT NULL, subject TEXT NOT NULL, UNIQUE (measure, subject)
);
CREATE TABLE samples (
    series INTEGER NOT NULL REFERENCES series (id), at INTEGER NOT NULL, value REAL NOT NULL,
    PRIMARY KEY (series, at)
) WITHOUT ROWID;
CREATE INDEX samples_by_age ON samples (at);
",
    past::TABLES,
    entries::TABLES,
];

/// How many samples go at once when the file is too old or too large.
const PRUNE_STEP: usize = 10_000;

/// Remembered samples. Without a usable file it keeps nothing and loads nothing.
#[derive(Debug)]
pub struct History {
    path: PathBuf,
    connection: Option<Connection>,
    writable: bool,
    notices: Vec<Notice>,
    failing: bool,
    book: Book,
}

/// A history, and what the person should know about it.
#[derive(Debug)]
pub struct OpenedHistory {
    /// The history.
    pub history: History,
    /// What happened to its file.
    pub notices: Vec<Notice>,
}

impl History {
    /// Opens `history.db` in `folder`, making both where they are missing, and migrates an older one.
    ///
    /// A newer one is read, not written. A damaged one is moved aside, not deleted, and a new one made.
    pub fn open(folder: &Path) -> OpenedHistory {
        let mut history = History { path: folder.join(NAME), ..History::none() };
        history.open_or_start_anew();
        let notices = history.take_notices();
        OpenedHistory { history, notices }
    }

    /// A history that keeps nothing.
    pub fn none() -> History {
        History {
            path: PathBuf::new(),
            connection: None,
            writable: false,
            notices: Vec::new(),
            failing: false,
            book: Book::new(),
        }
    }

    /// Whether samples are kept.
    pub fn is_writable(&self) -> bool {
        self.writable && self.connection.is_some()
    }

    /// What happened since the last call.
    pub fn take_notices(&mut self) -> Vec<Notice> {
        std::mem::take(&mut self.notices)
    }

    /// The samples since an instant, a series at a time, in order.
    pub fn load(&mut self, since: Timestamp) -> Vec<Update> {
        self.attempt("read", |connection| load(connection, since)).unwrap_or_default()
    }

    /// Keeps samples; one of the same series and instant takes the place of the other.
    pub fn append(&mut self, samples: &[(SeriesId, Sample)]) {
        if self.writable && !samples.is_empty() {
            self.attempt("write", |connection| {
                let transaction =
                    connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
                append(&transaction, samples)?;
                transaction.commit()
            });
        }
    }

    /// Keeps what waits to be written as versions of rows, seen by `at`.
    pub fn keep(&mut self, pending: &Pending, at: Timestamp) {
        if !self.writable || pending.is_empty() {
            return;
        }
        let mut book = std::mem::take(&mut self.book);
        self.attempt("write", |connection| {
            let transaction =
                connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
            book.watch(&transaction, at)?;
            for slot in &pending.slots {
                book.keep(&transaction, slot, at)?;
            }
            transaction.commit()
        });
        self.book = book;
    }

    /// Keeps entries of the timeline.
    pub fn chronicle(&mut self, entries: &[Entry]) {
        if self.writable && !entries.is_empty() {
            self.attempt("write", |connection| {
                let transaction =
                    connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
                entries::append(&transaction, entries)?;
                transaction.commit()
            });
        }
    }

    /// How everything stood when the timeline told of it last, and until when a console watched.
    pub fn told(&mut self) -> (Vec<Told>, Option<Timestamp>) {
        let read = |connection: &mut Connection| {
            Ok((entries::told(connection)?, entries::last_watched(connection)?))
        };
        self.attempt("read", read).unwrap_or_default()
    }

    /// Deletes samples, versions and entries older than `age`, then the oldest while the file is larger than `max_bytes`:
    /// versions of work first, then those of things, then samples, and the timeline's words last.
    pub fn prune(&mut self, now: Timestamp, age: Duration, max_bytes: u64) {
        if self.writable {
            let cutoff = micros(now).saturating_sub_unsigned(micros_of(age));
            self.attempt("prune", |connection| {
                past::settle(connection, micros(now))?;
                prune(connection, cutoff, max_bytes)
            });
        }
    }

    fn open_or_start_anew(&mut self) {
        let opened = open_file(&self.path).or_else(|error| {
            if !error.is_damage() {
                return Err(error);
            }
            let place = file::move_aside(&self.path, "damaged")?;
            let message = format!("moved the history to {}: {error}", place.display());
            let hint = "charts begin anew; the old file was kept: `sqlite3 FILE .recover` may save its samples";
            self.notices.push(Notice::new(&message, hint));
            open_file(&self.path)
        });
        match opened {
            Ok((connection, writable)) => {
                self.connection = Some(connection);
                self.writable = writable;
                if !writable {
                    let message =
                        format!("{} was written by a newer watchfloor", self.path.display());
                    let hint = "charts show it, but nothing is added; use the newer version, or another --state-dir";
                    self.notices.push(Notice::new(&message, hint));
                }
            }
            Err(error) => self.give_up(&error),
        }
    }

    fn attempt<T>(
        &mut self,
        doing: &'static str,
        mut act: impl FnMut(&mut Connection) -> rusqlite::Result<T>,
    ) -> Option<T> {
        match act(self.connection.as_mut()?) {
            Ok(value) => {
                self.failing = false;
                Some(value)
            }
            Err(error) if file::is_damage(&error) => {
                self.connection = None;
                self.set_aside(&error);
                None
            }
            Err(cause) => {
                self.note_failure(doing, cause);
                None
            }
        }
    }

    /// Damage that was met while working: the file is moved and a new one made.
    fn set_aside(&mut self, error: &rusqlite::Error) {
        match file::move_aside(&self.path, "damaged") {
            Ok(place) => {
                let message = format!("moved the history to {}: {error}", place.display());
                let hint = "charts begin anew; the old file was kept: `sqlite3 FILE .recover` may save its samples";
                self.notices.push(Notice::new(&message, hint));
                self.open_or_start_anew();
            }
            Err(error) => self.give_up(&error),
        }
    }

    fn note_failure(&mut self, doing: &'static str, cause: rusqlite::Error) {
        let passing = file::is_passing(&cause);
        let error = CacheError::Database { doing, path: self.path.clone(), cause };
        if !passing {
            self.give_up(&error);
        } else if !self.failing {
            self.failing = true;
            let hint = "samples of this moment are lost; make room if the disk is full";
            self.notices.push(Notice::new(&error.to_string(), hint));
        }
    }

    fn give_up(&mut self, error: &CacheError) {
        self.connection = None;
        let hint = "going on without a history; check the folder's owner and mode, or choose another with --state-dir";
        self.notices.push(Notice::new(&error.to_string(), hint));
    }
}

/// What was known at an instant, as the history in `folder` has it.
///
/// # Errors
/// When the file cannot be read.
pub fn recall(folder: &Path, at: Timestamp) -> Result<Recall, CacheError> {
    let read = |connection: &Connection| past::recall(connection, at);
    let found = read_only(folder, "read the past in", read)?;
    Ok(found.unwrap_or(Recall::Nothing { kept_since: None }))
}

/// Reads in the history in `folder`; `None` where there is none.
pub(super) fn read_only<T>(
    folder: &Path,
    doing: &'static str,
    read: impl FnOnce(&Connection) -> rusqlite::Result<T>,
) -> Result<Option<T>, CacheError> {
    let path = folder.join(NAME);
    if !path.exists() {
        return Ok(None);
    }
    let (connection, _) = open_file(&path)?;
    read(&connection).map(Some).map_err(|cause| CacheError::Database { doing, path, cause })
}

/// Opens and migrates the file; `false` when it is of a newer version and must not be written.
fn open_file(path: &Path) -> Result<(Connection, bool), CacheError> {
    let mut connection = file::open(path)?;
    let writable = migrate(&mut connection, &MIGRATIONS).map_err(|cause| CacheError::Database {
        doing: "migrate",
        path: path.into(),
        cause,
    })?;
    Ok((connection, writable))
}

/// Applies what is missing, all or nothing. Two instances may do so at once.
fn migrate(connection: &mut Connection, migrations: &[&str]) -> rusqlite::Result<bool> {
    let ours = i64::try_from(migrations.len()).unwrap_or(i64::MAX);
    let found = file::version(connection)?;
    if found >= ours {
        if found > ours {
            connection.pragma_update(None, "query_only", true)?;
        }
        return Ok(found == ours);
    }
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let found = usize::try_from(file::version(&transaction)?).unwrap_or(0);
    for migration in migrations.iter().skip(found) {
        transaction.execute_batch(migration)?;
    }
    transaction.pragma_update(None, "user_version", ours)?;
    transaction.commit()?;
    Ok(true)
}

fn load(connection: &Connection, since: Timestamp) -> rusqlite::Result<Vec<Update>> {
    let mut statement = connection.prepare_cached(
        "SELECT measure, subject, at, value FROM samples JOIN series ON series.id = samples.series
         WHERE at >= ?1 ORDER BY samples.series, at",
    )?;
    let mut rows = statement.query([micros(since)])?;
    let mut all: Vec<(SeriesId, Vec<Sample>)> = Vec::new();
    while let Some(row) = rows.next()? {
        let (measure, subject) = (row.get_ref(0)?.as_str()?, row.get_ref(1)?.as_str()?);
        let Ok(at) = Timestamp::from_microsecond(row.get(2)?) else { continue };
        let sample = Sample { at, value: row.get(3)? };
        match all.last_mut() {
            Some((series, samples))
                if series.measure.as_str() == measure && series.subject.as_str() == subject =>
            {
                samples.push(sample);
            }
            _ => {
                let (measure, subject) = (Text::new(measure), Text::new(subject));
                all.push((SeriesId { measure, subject }, vec![sample]));
            }
        }
    }
    Ok(all.into_iter().filter_map(remembered).collect())
}

/// A series as news of the queue feed, whose numbers it holds. Its scope is every platform: `gitlab:`.
fn remembered((series, samples): (SeriesId, Vec<Sample>)) -> Option<Update> {
    let at = samples.last()?.at;
    let key = SourceKey { source: SourceId::QUEUE, scope: Scope::gitlab("") };
    Some(Update { key, at, origin: Origin::Cache, change: Change::Samples(series, samples) })
}

fn append(transaction: &Transaction<'_>, samples: &[(SeriesId, Sample)]) -> rusqlite::Result<()> {
    let mut name = transaction
        .prepare_cached("INSERT OR IGNORE INTO series (measure, subject) VALUES (?1, ?2)")?;
    let mut keep = transaction.prepare_cached(
        "INSERT INTO samples (series, at, value)
         SELECT id, ?3, ?4 FROM series WHERE measure = ?1 AND subject = ?2
         ON CONFLICT DO UPDATE SET value = excluded.value",
    )?;
    // SQLite has no NaN: it would become NULL. A number that is none is not kept.
    for (series, sample) in samples.iter().filter(|(_, sample)| sample.value.is_finite()) {
        let (measure, subject) = (series.measure.as_str(), series.subject.as_str());
        name.execute(params![measure, subject])?;
        keep.execute(params![measure, subject, micros(sample.at), sample.value])?;
    }
    Ok(())
}

fn prune(connection: &mut Connection, cutoff: i64, max_bytes: u64) -> rusqlite::Result<()> {
    let old = format!(
        "DELETE FROM samples WHERE (series, at) IN
         (SELECT series, at FROM samples WHERE at < ?1 ORDER BY at LIMIT {PRUNE_STEP})"
    );
    while connection.execute(&old, [cutoff])? > 0 {}
    past::old(connection, cutoff)?;
    entries::old(connection, cutoff)?;
    while used_bytes(connection)? > max_bytes && past::oldest(connection)? > 0 {}
    while used_bytes(connection)? > max_bytes && connection.execute(&old, [i64::MAX])? > 0 {}
    while used_bytes(connection)? > max_bytes && entries::oldest(connection)? > 0 {}
    connection.execute_batch("PRAGMA incremental_vacuum")
}

/// The bytes that hold something: pages of the file that are not free.
fn used_bytes(connection: &Connection) -> rusqlite::Result<u64> {
    let number = |name: &str| -> rusqlite::Result<i64> {
        connection.pragma_query_value(None, name, |row| row.get(0))
    };
    let pages = number("page_count")? - number("freelist_count")?;
    Ok(pages.saturating_mul(number("page_size")?).cast_unsigned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::pipeline::fixture::at;

    fn series(subject: &str) -> SeriesId {
        SeriesId { measure: Text::new("waiting"), subject: Text::new(subject) }
    }

    fn sample(seconds: i64, value: f64) -> Sample {
        Sample { at: at(seconds), value }
    }

    fn open(folder: &Path) -> History {
        let opened = History::open(folder);
        assert_eq!(opened.notices, []);
        opened.history
    }

    fn loaded(history: &mut History, since: i64) -> Vec<(SeriesId, Vec<Sample>)> {
        let updates = history.load(at(since)).into_iter();
        updates
            .map(|update| match update.change {
                Change::Samples(series, samples) => (series, samples),
                other => panic!("{other:?}"),
            })
            .collect()
    }

    #[test]
    fn samples_come_back_by_series_and_in_order() {
        let folder = tempfile::tempdir().unwrap();
        open(folder.path()).append(&[
            (series("a"), sample(2, 0.5)),
            (series("b"), sample(1, 7.0)),
            (series("a"), sample(1, 0.25)),
        ]);
        let expected = [
            (series("a"), vec![sample(1, 0.25), sample(2, 0.5)]),
            (series("b"), vec![sample(1, 7.0)]),
        ];
        assert_eq!(loaded(&mut open(folder.path()), 0), expected);
    }

    #[test]
    fn only_samples_since_the_instant_are_loaded() {
        let folder = tempfile::tempdir().unwrap();
        let mut history = open(folder.path());
        history.append(&[(series("a"), sample(1, 1.0)), (series("a"), sample(2, 2.0))]);
        assert_eq!(loaded(&mut history, 2), [(series("a"), vec![sample(2, 2.0)])]);
    }

    #[test]
    fn a_number_that_is_none_is_not_kept() {
        let folder = tempfile::tempdir().unwrap();
        let mut history = open(folder.path());
        history.append(&[(series("a"), sample(1, f64::NAN)), (series("a"), sample(2, 1.0))]);
        assert_eq!(loaded(&mut history, 0), [(series("a"), vec![sample(2, 1.0)])]);
    }

    #[test]
    fn samples_go_when_their_time_has_come() {
        let folder = tempfile::tempdir().unwrap();
        let mut history = open(folder.path());
        history.append(&[(series("a"), sample(1, 1.0)), (series("a"), sample(2, 2.0))]);
        history.prune(at(12), Duration::from_secs(10), u64::MAX);
        assert_eq!(loaded(&mut history, 0), [(series("a"), vec![sample(2, 2.0)])]);
    }

    #[test]
    fn the_oldest_samples_go_first_when_the_file_is_too_large() {
        let folder = tempfile::tempdir().unwrap();
        let mut history = open(folder.path());
        let all: Vec<_> = (0..30_000).map(|second| (series("a"), sample(second, 1.5))).collect();
        history.append(&all);
        history.prune(at(30_000), Duration::from_hours(24), 1 << 20);
        let left = loaded(&mut history, 0).remove(0).1;
        assert!(left.len() < 30_000 && left.len() >= 10_000, "{}", left.len());
        assert_eq!(left.last(), Some(&sample(29_999, 1.5)));
        let used = used_bytes(history.connection.as_ref().unwrap()).unwrap();
        assert!(used <= 1 << 20, "{used}");
    }

    fn with_another(migration: &'static str) -> Vec<&'static str> {
        MIGRATIONS.into_iter().chain([migration]).collect()
    }

    #[test]
    fn a_history_of_the_first_release_is_migrated_and_gets_a_past() {
        let folder = tempfile::tempdir().unwrap();
        let mut connection = file::open(&folder.path().join(NAME)).unwrap();
        migrate(&mut connection, &MIGRATIONS[..1]).unwrap();
        let kept = [(series("a"), sample(1, 1.0))];
        let transaction = connection.transaction().unwrap();
        append(&transaction, &kept).unwrap();
        transaction.commit().unwrap();
        let recalled = recall(folder.path(), at(5)).unwrap();
        assert!(matches!(recalled, Recall::Nothing { kept_since: None }), "{recalled:?}");
        assert_eq!(loaded(&mut open(folder.path()), 0), [(series("a"), vec![sample(1, 1.0)])]);
    }

    #[test]
    fn an_older_history_is_migrated_and_keeps_its_samples() {
        let folder = tempfile::tempdir().unwrap();
        open(folder.path()).append(&[(series("a"), sample(1, 1.0))]);
        let mut connection = file::open(&folder.path().join(NAME)).unwrap();
        let later = with_another("ALTER TABLE series ADD COLUMN unit TEXT");
        assert!(migrate(&mut connection, &later).unwrap());
        assert_eq!(file::version(&connection).unwrap(), i64::try_from(later.len()).unwrap());
        connection.execute("UPDATE series SET unit = 's'", []).unwrap();
        assert_eq!(load(&connection, at(0)).unwrap().len(), 1);
    }

    #[test]
    fn a_migration_that_fails_changes_nothing() {
        let folder = tempfile::tempdir().unwrap();
        open(folder.path()).append(&[(series("a"), sample(1, 1.0))]);
        let mut connection = file::open(&folder.path().join(NAME)).unwrap();
        let broken = with_another("DROP TABLE samples; nonsense");
        assert!(migrate(&mut connection, &broken).is_err());
        assert_eq!(loaded(&mut open(folder.path()), 0), [(series("a"), vec![sample(1, 1.0)])]);
    }

    #[test]
    fn a_newer_history_is_read_and_not_written() {
        let folder = tempfile::tempdir().unwrap();
        let mut history = open(folder.path());
        history.append(&[(series("a"), sample(1, 1.0))]);
        history.connection.as_ref().unwrap().pragma_update(None, "user_version", 99).unwrap();
        drop(history);
        let mut opened = History::open(folder.path());
        assert_eq!(opened.notices.len(), 1);
        opened.history.append(&[(series("a"), sample(2, 2.0))]);
        opened.history.prune(at(1_000), Duration::from_secs(1), 0);
        assert_eq!(loaded(&mut opened.history, 0), [(series("a"), vec![sample(1, 1.0)])]);
        assert_eq!(file::version(opened.history.connection.as_ref().unwrap()).unwrap(), 99);
    }

    #[test]
    fn a_damaged_history_is_moved_aside_and_kept() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join(NAME), vec![9; 5000]).unwrap();
        let opened = History::open(folder.path());
        assert!(opened.history.is_writable());
        assert_eq!(opened.notices.len(), 1);
        assert_eq!(std::fs::read(folder.path().join("history.db.damaged-1")).unwrap(), [9; 5000]);
    }
}
