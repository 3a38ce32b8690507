//! Database files: their places and modes, how they are opened, and how a bad one is moved aside.

use std::fs::{DirBuilder, OpenOptions, Permissions};
use std::io;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::{Connection, Error, ErrorCode};

/// How long a transaction waits for another instance's. Writers sit on their own thread, so this never holds a frame.
const BUSY: Duration = Duration::from_secs(5);

/// What a connection keeps of its file in memory; as every negative number here, KiB. The system keeps the file's pages
/// too, so that more would be the same twice.
const PAGES_KIB: i64 = -1024;

/// How many files that were moved aside are kept for each cause; the last place is used again.
const MAX_ASIDE: u32 = 5;

/// Why a stored file cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum CacheError {
    /// The folder could not be made.
    #[error("could not make the folder {}: {cause}", path.display())]
    Folder {
        /// The folder.
        path: PathBuf,
        /// What the system said.
        cause: io::Error,
    },
    /// The file could not be made, moved or locked down.
    #[error("could not {doing} {}: {cause}", path.display())]
    File {
        /// What was being done.
        doing: &'static str,
        /// The file.
        path: PathBuf,
        /// What the system said.
        cause: io::Error,
    },
    /// The database refused.
    #[error("could not {doing} {}: {cause}", path.display())]
    Database {
        /// What was being done.
        doing: &'static str,
        /// The file.
        path: PathBuf,
        /// What the database said.
        cause: Error,
    },
}

impl CacheError {
    /// Whether the file's content is at fault, so that a new file would help.
    pub(super) fn is_damage(&self) -> bool {
        matches!(self, CacheError::Database { cause, .. } if is_damage(cause))
    }
}

/// Whether an error means that the file's content cannot be trusted.
pub(super) fn is_damage(error: &Error) -> bool {
    matches!(error.sqlite_error_code(), Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase))
        || matches!(
            error,
            Error::InvalidColumnType(..)
                | Error::FromSqlConversionFailure(..)
                | Error::IntegralValueOutOfRange(..)
                | Error::Utf8Error(..)
        )
}

/// Whether an error may be gone at the next attempt: another instance is writing, or the disk is full.
pub(super) fn is_passing(error: &Error) -> bool {
    matches!(
        error.sqlite_error_code(),
        Some(
            ErrorCode::DatabaseBusy
                | ErrorCode::DatabaseLocked
                | ErrorCode::DiskFull
                | ErrorCode::SystemIoFailure
        )
    )
}

/// Opens (or makes) the database at `path`: 0600 in a folder of 0700, WAL, shared with other instances.
pub(super) fn open(path: &Path) -> Result<Connection, CacheError> {
    make_folder(path.parent().unwrap_or(Path::new(".")))?;
    make_private(path)?;
    connect(path).map_err(|cause| CacheError::Database {
        doing: "open the database",
        path: path.into(),
        cause,
    })
}

/// Makes the folder and those above it for this user alone. One that is there already keeps its mode.
fn make_folder(path: &Path) -> Result<(), CacheError> {
    DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(path)
        .map_err(|cause| CacheError::Folder { path: path.into(), cause })
}

/// Makes the file before the database does, which would go by the umask; its `-wal` and `-shm` take over this mode.
fn make_private(path: &Path) -> Result<(), CacheError> {
    let made = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path);
    match made {
        Ok(_) => Ok(()),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => lock_down(path),
        Err(cause) => Err(CacheError::File { doing: "make the file", path: path.into(), cause }),
    }
}

/// Takes away what others may do with an existing file.
fn lock_down(path: &Path) -> Result<(), CacheError> {
    let fault = |cause| CacheError::File {
        doing: "make private (mode 0600) the file",
        path: path.into(),
        cause,
    };
    let mode = path.metadata().map_err(fault)?.permissions().mode();
    let private = mode & 0o7700;
    if private == mode & 0o7777 {
        return Ok(());
    }
    std::fs::set_permissions(path, Permissions::from_mode(private)).map_err(fault)
}

/// Opens the connection with the settings that every stored file shares.
fn connect(path: &Path) -> rusqlite::Result<Connection> {
    let connection = Connection::open(path)?;
    connection.busy_timeout(BUSY)?;
    // Must precede the first table; costs nothing later.
    connection.pragma_update(None, "auto_vacuum", "INCREMENTAL")?;
    connection.pragma_update(None, "journal_mode", "WAL")?;
    connection.pragma_update(None, "synchronous", "NORMAL")?;
    connection.pragma_update(None, "journal_size_limit", 16 << 20)?;
    connection.pragma_update(None, "cache_size", PAGES_KIB)?;
    connection.set_prepared_statement_cache_capacity(64);
    Ok(connection)
}

/// The schema version in the file; 0 when it is new.
pub(super) fn version(connection: &Connection) -> rusqlite::Result<i64> {
    connection.pragma_query_value(None, "user_version", |row| row.get(0))
}

/// Moves the database away, with its `-wal` and `-shm`, to `NAME.db.CAUSE-N`. Returns where it went.
pub(super) fn move_aside(path: &Path, cause: &str) -> Result<PathBuf, CacheError> {
    let place = (1..MAX_ASIDE)
        .map(|number| with_suffix(path, &format!(".{cause}-{number}")))
        .find(|place| !place.exists())
        .unwrap_or_else(|| with_suffix(path, &format!(".{cause}-{MAX_ASIDE}")));
    for suffix in ["", "-wal", "-shm"] {
        let (from, to) = (with_suffix(path, suffix), with_suffix(&place, suffix));
        match std::fs::rename(&from, &to) {
            Ok(()) => {}
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(cause) => {
                return Err(CacheError::File { doing: "move aside", path: from, cause });
            }
        }
    }
    Ok(place)
}

/// `path` with something put behind its last character.
fn with_suffix(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    name.into()
}
