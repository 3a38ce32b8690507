//! The file of the ledger: how it is opened, appended to and read. Durable before anything else: `synchronous` is FULL.

use std::fs::{DirBuilder, OpenOptions};
use std::io;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::{Connection, OpenFlags, OptionalExtension, TransactionBehavior, params};

use super::entry::{Body, Entry, GENESIS};

/// How long an append waits for another instance's.
const BUSY: Duration = Duration::from_secs(5);

/// The schema's version, in `user_version`. The table is migrated, never dropped.
const VERSION: i64 = 1;

const TABLES: &str = "
CREATE TABLE entries (
    seq INTEGER PRIMARY KEY, previous TEXT NOT NULL, hash TEXT NOT NULL, body TEXT NOT NULL
);
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

    fn refuse_newer(&self) -> Result<(), LedgerError> {
        let version: i64 = self
            .connection
            .pragma_query_value(None, "user_version", |row| row.get(0))
            .map_err(fault("read", &self.path))?;
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
        let last: Option<(u64, String)> = transaction
            .prepare_cached("SELECT seq, hash FROM entries ORDER BY seq DESC LIMIT 1")
            .and_then(|mut last| {
                last.query_row([], |row| Ok((row.get::<_, i64>(0)?.cast_unsigned(), row.get(1)?)))
                    .optional()
            })
            .map_err(&fault)?;
        let (seq, previous) = last.unwrap_or_else(|| (0, GENESIS.to_owned()));
        let body = match make(seq + 1, &transaction).map_err(&fault)? {
            Ok(body) => body,
            Err(refused) => return Ok(Err(refused)),
        };
        let entry = Entry::following(&previous, &body)?;
        transaction
            .execute(
                "INSERT INTO entries (seq, previous, hash, body) VALUES (?1, ?2, ?3, ?4)",
                params![entry.seq.cast_signed(), entry.previous, entry.hash, entry.body],
            )
            .map_err(&fault)?;
        transaction.commit().map_err(&fault)?;
        Ok(Ok(entry))
    }

    /// Every entry in its order.
    pub(super) fn entries(&self) -> Result<Vec<Entry>, LedgerError> {
        entries(&self.connection).map_err(fault("read", &self.path))
    }
}

/// Every entry in its order.
pub(super) fn entries(connection: &Connection) -> rusqlite::Result<Vec<Entry>> {
    connection
        .prepare_cached("SELECT seq, previous, hash, body FROM entries ORDER BY seq")?
        .query_map([], |row| {
            Ok(Entry {
                seq: row.get::<_, i64>(0)?.cast_unsigned(),
                previous: row.get(1)?,
                hash: row.get(2)?,
                body: row.get(3)?,
            })
        })?
        .collect()
}

fn fault(doing: &'static str, path: &Path) -> impl FnOnce(rusqlite::Error) -> LedgerError {
    let path = path.to_path_buf();
    move |cause| LedgerError::Database { doing, path, cause }
}
