//! The file of the ledger: how it is opened, appended to and read. Durable before anything else: `synchronous` is FULL.

use std::fs::{DirBuilder, OpenOptions};
use std::io;
use std::ops::ControlFlow;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::{Connection, OpenFlags, OptionalExtension, Row, ToSql, TransactionBehavior, params};

use super::entry::{Body, Columns, Entry};
use super::guard;

/// How long an append waits for another instance's.
const BUSY: Duration = Duration::from_secs(5);

/// The schema's version, in `user_version`. The table is migrated, never dropped.
const VERSION: i64 = 1;

/// `act`, `target` and `closes` repeat what the body says, so that acts are found without reading every body; `verify`
/// holds them against it.
pub(super) const TABLES: &str = "
CREATE TABLE entries (
    seq INTEGER PRIMARY KEY, previous TEXT NOT NULL, hash TEXT NOT NULL, body TEXT NOT NULL,
    act TEXT, target TEXT, closes INTEGER
);
CREATE INDEX entries_opened ON entries (act, target) WHERE closes IS NULL;
CREATE INDEX entries_closed ON entries (closes) WHERE closes IS NOT NULL;
CREATE TRIGGER entries_stay BEFORE UPDATE ON entries BEGIN SELECT RAISE(ABORT, 'the ledger only grows'); END;
CREATE TRIGGER entries_remain BEFORE DELETE ON entries BEGIN SELECT RAISE(ABORT, 'the ledger only grows'); END;
";

/// Why the ledger cannot be used. No act happens then.
#[derive(Debug, thiserror::Error)]
pub enum LedgerError {
    /// Its file or folder could not be made.
    #[error("could not make {}: {cause}", path.display())]
    File {
        /// The file or folder.
        path: PathBuf,
        /// What the system said.
        cause: io::Error,
    },
    /// The database refused.
    #[error("could not {doing} the ledger {}: {cause}", path.display())]
    Database {
        /// What was being done.
        doing: &'static str,
        /// The file.
        path: PathBuf,
        /// What the database said.
        cause: rusqlite::Error,
    },
    /// A newer version wrote it.
    #[error("the ledger {} was written by a newer watchfloor (version {version})", path.display())]
    Newer {
        /// The file.
        path: PathBuf,
        /// Its version.
        version: i64,
    },
    /// An entry could not be spelled.
    #[error("could not spell an entry of the ledger: {0}")]
    Spelling(#[from] serde_json::Error),
    /// Its chain, or what guards it, is not as it should be. Nothing more is written to it.
    #[error(
        "the ledger {} is broken: {why}. Nothing is written to it any more: `watchfloor audit verify` tells more; keep \
         the file as evidence, move it away and start again, then a new one begins", path.display()
    )]
    Broken {
        /// The file.
        path: PathBuf,
        /// What does not hold.
        why: String,
    },
    /// Others than its owner may write to it.
    #[error("the ledger proves nothing: {why}, then `watchfloor audit verify`")]
    Exposed {
        /// Which place, and its mode.
        why: String,
    },
    /// There is no ledger yet.
    #[error("there is no ledger at {}", path.display())]
    Absent {
        /// Where it would be.
        path: PathBuf,
    },
}

/// The open file.
#[derive(Debug)]
pub(super) struct Store {
    path: PathBuf,
    connection: Connection,
}

impl Store {
    /// Opens the ledger to append to it, making it where it is missing: 0600 in a folder of 0700.
    pub(super) fn open(path: &Path) -> Result<Store, LedgerError> {
        let folder = path.parent().unwrap_or(Path::new("."));
        let made = DirBuilder::new().recursive(true).mode(0o700).create(folder);
        made.map_err(|cause| LedgerError::File { path: folder.into(), cause })?;
        match OpenOptions::new().write(true).create_new(true).mode(0o600).open(path) {
            Ok(_) => {}
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            Err(cause) => return Err(LedgerError::File { path: path.into(), cause }),
        }
        if let Some(why) = guard::exposures(path).into_iter().next() {
            return Err(LedgerError::Exposed { why });
        }
        let connection = Connection::open(path).map_err(fault("open", path))?;
        let mut store = Store { path: path.into(), connection };
        store.prepare().map_err(fault("prepare", path))?;
        store.refuse_newer()?;
        Ok(store)
    }

    /// Opens the ledger only to read it.
    pub(super) fn open_to_read(path: &Path) -> Result<Store, LedgerError> {
        if !path.exists() {
            return Err(LedgerError::Absent { path: path.into() });
        }
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection = Connection::open_with_flags(path, flags).map_err(fault("open", path))?;
        connection.busy_timeout(BUSY).map_err(fault("open", path))?;
        let store = Store { path: path.into(), connection };
        if store.version()? == 0 {
            // Made, but never written to.
            return Err(LedgerError::Absent { path: path.into() });
        }
        store.refuse_newer()?;
        Ok(store)
    }

    /// Where the file is.
    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    fn prepare(&mut self) -> rusqlite::Result<()> {
        self.connection.busy_timeout(BUSY)?;
        self.connection.pragma_update(None, "journal_mode", "WAL")?;
        self.connection.pragma_update(None, "synchronous", "FULL")?;
        self.connection.set_prepared_statement_cache_capacity(8);
        let transaction =
            self.connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let version: i64 =
            transaction.pragma_query_value(None, "user_version", |row| row.get(0))?;
        if version == 0 {
            transaction.execute_batch(TABLES)?;
            transaction.pragma_update(None, "user_version", VERSION)?;
        }
        transaction.commit()
    }

    fn version(&self) -> Result<i64, LedgerError> {
        let version = self.connection.pragma_query_value(None, "user_version", |row| row.get(0));
        version.map_err(fault("read", &self.path))
    }

    fn refuse_newer(&self) -> Result<(), LedgerError> {
        let version = self.version()?;
        if version > VERSION {
            return Err(LedgerError::Newer { path: self.path.clone(), version });
        }
        Ok(())
    }

    /// Appends what `make` says of the ledger as it stands. One immediate transaction, so that two instances never
    /// follow the same entry; on disk when it returns. `None` when `make` has nothing to append.
    pub(super) fn append<R>(
        &mut self,
        make: impl FnOnce(u64, &Connection) -> rusqlite::Result<Result<Body, R>>,
    ) -> Result<Result<Entry, R>, LedgerError> {
        let path = self.path.clone();
        let fault = |cause| LedgerError::Database { doing: "append to", path: path.clone(), cause };
        let transaction = self
            .connection
            .transaction_with_behavior(TransactionBehavior::Immediate)
            .map_err(&fault)?;
        let (seq, previous) = match guard::tail(&transaction).map_err(&fault)? {
            Ok(end) => end,
            Err(why) => return Err(LedgerError::Broken { path, why }),
        };
        let body = match make(seq + 1, &transaction).map_err(&fault)? {
            Ok(body) => body,
            Err(refused) => return Ok(Err(refused)),
        };
        let entry = Entry::following(&previous, &body)?;
        let Columns { act, target, closes } = body.columns();
        transaction
            .execute(
                "INSERT INTO entries (seq, previous, hash, body, act, target, closes)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
                params![
                    entry.seq.cast_signed(),
                    entry.previous,
                    entry.hash,
                    entry.body,
                    act,
                    target,
                    closes
                ],
            )
            .map_err(&fault)?;
        transaction.commit().map_err(&fault)?;
        Ok(Ok(entry))
    }

    /// Shows every row behind `after` in its order, one at a time, until `visit` has seen enough. All are of one moment.
    pub(super) fn each(
        &self,
        after: u64,
        mut visit: impl FnMut(Stored) -> ControlFlow<()>,
    ) -> Result<(), LedgerError> {
        let mut read = || -> rusqlite::Result<()> {
            let mut statement = self.connection.prepare_cached(
                "SELECT seq, previous, hash, body, act, target, closes FROM entries
                 WHERE seq > ?1 OR seq < 1 ORDER BY seq",
            )?;
            let mut rows = statement.query([after.cast_signed()])?;
            while let Some(row) = rows.next()? {
                if visit(Stored::of(row)?).is_break() {
                    break;
                }
            }
            Ok(())
        };
        read().map_err(fault("read", &self.path))
    }

    /// Acts with the last word on each, the newest first: those behind `after`, at most so many.
    pub(super) fn deeds(
        &self,
        which: Which,
        after: u64,
        most: usize,
    ) -> Result<Vec<(Entry, Option<String>)>, LedgerError> {
        let open = match which {
            Which::All => "",
            Which::Open => "AND NOT EXISTS (SELECT 1 FROM entries x WHERE x.closes = o.seq)",
        };
        let sql = format!(
            "SELECT o.seq, o.previous, o.hash, o.body, c.body FROM entries o
             LEFT JOIN entries c ON c.seq = (SELECT MAX(seq) FROM entries x WHERE x.closes = o.seq)
             WHERE o.closes IS NULL AND o.seq > ?1 {open} ORDER BY o.seq DESC LIMIT ?2"
        );
        let read = || -> rusqlite::Result<Vec<(Entry, Option<String>)>> {
            let mut statement = self.connection.prepare_cached(&sql)?;
            let most = i64::try_from(most).unwrap_or(i64::MAX);
            let mut rows = statement.query([after.cast_signed(), most])?;
            let mut found = Vec::new();
            while let Some(row) = rows.next()? {
                // What cannot be read is for `verify` to name.
                found.extend(Stored::entry(row)?.map(|entry| (entry, text(row, 4))));
            }
            Ok(found)
        };
        read().map_err(fault("read", &self.path))
    }

    /// The acts that the closings behind `after` are about.
    pub(super) fn closed_since(&self, after: u64) -> Result<Option<u64>, LedgerError> {
        let read = || {
            self.connection
                .prepare_cached(
                    "SELECT MIN(+closes) FROM entries WHERE closes IS NOT NULL AND seq > ?1",
                )?
                .query_row([after.cast_signed()], |row| row.get::<_, Option<i64>>(0))
        };
        Ok(read().map_err(fault("read", &self.path))?.map(i64::cast_unsigned))
    }

    /// The last row, if it can be read.
    pub(super) fn last(&self) -> Result<Option<Entry>, LedgerError> {
        self.row("SELECT seq, previous, hash, body FROM entries ORDER BY seq DESC LIMIT 1", &[])
    }

    /// The row at a place, if it can be read.
    pub(super) fn at(&self, seq: u64) -> Result<Option<Entry>, LedgerError> {
        let seq = seq.cast_signed();
        self.row("SELECT seq, previous, hash, body FROM entries WHERE seq = ?1", &[&seq])
    }

    fn row(&self, sql: &str, with: &[&dyn ToSql]) -> Result<Option<Entry>, LedgerError> {
        let read = || {
            let mut statement = self.connection.prepare_cached(sql)?;
            statement.query_row(with, Stored::entry).optional()
        };
        Ok(read().map_err(fault("read", &self.path))?.flatten())
    }

    /// What of its guards is not as it should be, a sentence each: triggers, indexes with what they hold, who may write.
    pub(super) fn flaws(&self) -> Result<Vec<String>, LedgerError> {
        let flaws = guard::flaws(&self.connection).map_err(fault("read", &self.path))?;
        Ok(flaws.into_iter().chain(guard::exposures(&self.path)).collect())
    }

    /// A number that is another one once any other connection has written.
    pub(super) fn data_version(&self) -> Result<i64, LedgerError> {
        let version = self.connection.pragma_query_value(None, "data_version", |row| row.get(0));
        version.map_err(fault("read", &self.path))
    }
}

/// Which acts are asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Which {
    /// All of them.
    All,
    /// Those of which nobody knows yet how they ended.
    Open,
}

/// Finds the act `?1` on the target `?2` that is open, by the indexes alone.
pub(super) const OPEN_ON: &str = "
SELECT o.seq, o.previous, o.hash, o.body FROM entries o
WHERE o.closes IS NULL AND o.act = ?1 AND o.target = ?2
AND NOT EXISTS (SELECT 1 FROM entries c WHERE c.closes = o.seq)
ORDER BY o.seq DESC LIMIT 1";

/// The act that is open on a target, if any: where a new one is about to be appended.
pub(super) fn open_on(
    connection: &Connection,
    act: &str,
    target: &str,
) -> rusqlite::Result<Option<Entry>> {
    connection
        .prepare_cached(OPEN_ON)?
        .query_row([act, target], Stored::entry)
        .optional()
        .map(Option::flatten)
}

/// Finds the newest act `?1` on the target `?2` that has ended, with the last word on it, by the indexes alone.
pub(super) const ENDED_ON: &str = "
SELECT o.seq, o.previous, o.hash, o.body, c.body FROM entries o
JOIN entries c ON c.seq = (SELECT MAX(seq) FROM entries x WHERE x.closes = o.seq)
WHERE o.closes IS NULL AND o.act = ?1 AND o.target = ?2
ORDER BY o.seq DESC LIMIT 1";

/// The act that ended last on a target, if any, with the last word on it.
pub(super) fn ended_on(
    connection: &Connection,
    act: &str,
    target: &str,
) -> rusqlite::Result<Option<(Entry, Option<String>)>> {
    let found = connection
        .prepare_cached(ENDED_ON)?
        .query_row([act, target], |row| Ok(Stored::entry(row)?.map(|entry| (entry, text(row, 4)))));
    found.optional().map(Option::flatten)
}

/// A row as it is found in the file, whoever wrote it.
#[derive(Debug)]
pub(super) struct Stored {
    /// Its place.
    pub(super) seq: u64,
    /// What it holds, if that is text at all.
    pub(super) entry: Option<Entry>,
    /// What repeats the body, if it has the right types.
    pub(super) columns: Option<Columns>,
}

impl Stored {
    pub(super) fn of(row: &Row<'_>) -> rusqlite::Result<Stored> {
        let columns = || {
            Some(Columns {
                act: row.get(4).ok()?,
                target: row.get(5).ok()?,
                closes: row.get(6).ok()?,
            })
        };
        Ok(Stored { seq: seq(row)?, entry: Stored::entry(row)?, columns: columns() })
    }

    /// The entry in the first four columns, if they hold text.
    fn entry(row: &Row<'_>) -> rusqlite::Result<Option<Entry>> {
        let seq = seq(row)?;
        let read = || {
            Some(Entry { seq, previous: text(row, 1)?, hash: text(row, 2)?, body: text(row, 3)? })
        };
        Ok(read())
    }
}

fn seq(row: &Row<'_>) -> rusqlite::Result<u64> {
    Ok(row.get::<_, i64>(0)?.cast_unsigned())
}

/// The text in a column; `None` for bytes that are none, and for anything else.
fn text(row: &Row<'_>, column: usize) -> Option<String> {
    row.get(column).ok()
}

fn fault(doing: &'static str, path: &Path) -> impl FnOnce(rusqlite::Error) -> LedgerError {
    let path = path.to_path_buf();
    move |cause| LedgerError::Database { doing, path, cause }
}
