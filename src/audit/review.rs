//! [`ReviewLog`]: the file of access reviews: what was said, append-only and chained; and the frozen populations behind it.
//!
//! It knows no campaign: what is said is a line of JSON, what is frozen are bytes under their digest.

use std::fmt::Display;
use std::fs::{DirBuilder, OpenOptions};
use std::io;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::{
    Connection, OpenFlags, OptionalExtension, Row, Transaction, TransactionBehavior, params,
};
use sha2::{Digest as _, Sha256};

use super::entry::{Entry, GENESIS, digest};
use super::guard;
use super::verify::{Break, Checkpoint};

/// How long an append waits for another instance's.
const BUSY: Duration = Duration::from_secs(5);

/// The schema's version, in `user_version`. The tables are migrated, never dropped.
const VERSION: i64 = 1;

const TABLES: &str = "
CREATE TABLE entries (
    seq INTEGER PRIMARY KEY, previous TEXT NOT NULL, hash TEXT NOT NULL, campaign TEXT NOT NULL, body TEXT NOT NULL
);
CREATE TABLE frozen (hash TEXT PRIMARY KEY, content BLOB NOT NULL);
CREATE INDEX entries_of ON entries (campaign);
CREATE TRIGGER entries_stay BEFORE UPDATE ON entries BEGIN SELECT RAISE(ABORT, 'reviews only grow'); END;
CREATE TRIGGER entries_remain BEFORE DELETE ON entries BEGIN SELECT RAISE(ABORT, 'reviews only grow'); END;
CREATE TRIGGER frozen_stay BEFORE UPDATE ON frozen BEGIN SELECT RAISE(ABORT, 'what is frozen stays'); END;
CREATE TRIGGER frozen_remain BEFORE DELETE ON frozen BEGIN SELECT RAISE(ABORT, 'what is frozen stays'); END;
";

/// Why the file of reviews cannot be used: what was being done, to which file, and why it failed.
#[derive(Debug, thiserror::Error)]
#[error("could not {doing} the reviews in {}: {why}", .path.display())]
pub struct ReviewError {
    /// What was being done.
    doing: &'static str,
    /// The file.
    path: PathBuf,
    /// Why it failed, with what to do next where that is known.
    why: String,
    /// Whether there is no such file yet.
    is_absent: bool,
    /// Whether it says something else than was written into it.
    is_broken: bool,
}

impl ReviewError {
    fn new(doing: &'static str, path: &Path, why: impl Display) -> ReviewError {
        ReviewError {
            doing,
            path: path.into(),
            why: why.to_string(),
            is_absent: false,
            is_broken: false,
        }
    }

    /// Whether the file says something else than was written into it.
    pub fn is_broken(&self) -> bool {
        self.is_broken
    }

    /// Whether nothing was ever reviewed.
    pub fn is_absent(&self) -> bool {
        self.is_absent
    }
}

/// Somebody else has said something since: read it, then ask again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("somebody else has decided something meanwhile: look again")]
pub struct Behind;

/// What was said, with its link of the chain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Said {
    /// The campaign that it is about.
    pub campaign: String,
    /// The link; its body is one line of JSON.
    pub entry: Entry,
}

/// The file of reviews.
#[derive(Debug)]
pub struct ReviewLog {
    path: PathBuf,
    connection: Connection,
}

impl ReviewLog {
    /// Opens the file to append to it, making it where it is missing: 0600 in a folder of 0700.
    ///
    /// # Errors
    /// Why it cannot be written.
    pub fn open_at(path: &Path) -> Result<ReviewLog, ReviewError> {
        let fault = |why: &dyn Display| ReviewError::new("open", path, why);
        let folder = path.parent().unwrap_or(Path::new("."));
        let made = DirBuilder::new().recursive(true).mode(0o700).create(folder);
        made.map_err(|why| fault(&why))?;
        match OpenOptions::new().write(true).create_new(true).mode(0o600).open(path) {
            Ok(_) => {}
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            Err(why) => return Err(fault(&why)),
        }
        if let Some(why) = guard::exposures(path).into_iter().next() {
            return Err(fault(&why));
        }
        let connection = Connection::open(path).map_err(|why| fault(&why))?;
        let mut log = ReviewLog { path: path.into(), connection };
        log.prepare().map_err(|why| fault(&why))?;
        log.refuse_newer()?;
        Ok(log)
    }

    /// Opens the file only to read it.
    ///
    /// # Errors
    /// Why it cannot be read; [`ReviewError::is_absent`] where nothing was ever reviewed.
    pub fn read_at(path: &Path) -> Result<ReviewLog, ReviewError> {
        let fault = |why: &dyn Display| ReviewError::new("read", path, why);
        if !path.exists() {
            return Err(ReviewError { is_absent: true, ..fault(&"there is no such file") });
        }
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection = Connection::open_with_flags(path, flags).map_err(|why| fault(&why))?;
        connection.busy_timeout(BUSY).map_err(|why| fault(&why))?;
        let log = ReviewLog { path: path.into(), connection };
        if log.version()? == 0 {
            return Err(ReviewError { is_absent: true, ..fault(&"it was never written to") });
        }
        log.refuse_newer()?;
        Ok(log)
    }

    /// Where the file is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    fn fault(&self, doing: &'static str) -> impl Fn(rusqlite::Error) -> ReviewError + use<> {
        let path = self.path.clone();
        move |why| ReviewError::new(doing, &path, why)
    }

    fn prepare(&mut self) -> rusqlite::Result<()> {
        self.connection.busy_timeout(BUSY)?;
        self.connection.pragma_update(None, "journal_mode", "WAL")?;
        self.connection.pragma_update(None, "synchronous", "FULL")?;
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

    fn version(&self) -> Result<i64, ReviewError> {
        let version = self.connection.pragma_query_value(None, "user_version", |row| row.get(0));
        version.map_err(self.fault("read"))
    }

    fn refuse_newer(&self) -> Result<(), ReviewError> {
        let version = self.version()?;
        if version > VERSION {
            let why = format!("a newer watchfloor wrote it (version {version}): use that one");
            return Err(ReviewError::new("read", &self.path, why));
        }
        Ok(())
    }

    /// Says these lines about a campaign, all or none, behind what the caller has `seen`; on disk when it returns.
    /// `frozen` bytes are kept under their digest in the same step.
    ///
    /// # Errors
    /// Why it could not be written, also where the end of the chain does not hold. [`Behind`] where somebody else has said
    /// something since.
    pub fn append(
        &mut self,
        seen: u64,
        campaign: &str,
        lines: &[String],
        frozen: Option<&[u8]>,
    ) -> Result<Result<Vec<Entry>, Behind>, ReviewError> {
        let fault = self.fault("append to");
        let path = self.path.clone();
        let transaction = self
            .connection
            .transaction_with_behavior(TransactionBehavior::Immediate)
            .map_err(&fault)?;
        let (last, mut previous) = match tail(&transaction).map_err(&fault)? {
            Ok(end) => end,
            Err(why) => {
                let why = format!(
                    "{why}; nothing is written any more: keep the file as evidence, move it away"
                );
                return Err(ReviewError::new("append to", &path, why));
            }
        };
        if last != seen {
            return Ok(Err(Behind));
        }
        if let Some(content) = frozen {
            keep(&transaction, content).map_err(&fault)?;
        }
        let mut entries = Vec::with_capacity(lines.len());
        for (seq, line) in (last + 1..).zip(lines) {
            let hash = digest(&previous, line);
            let entry = Entry { seq, previous, hash: hash.clone(), body: line.clone() };
            put(&transaction, campaign, &entry).map_err(&fault)?;
            entries.push(entry);
            previous = hash;
        }
        transaction.commit().map_err(&fault)?;
        Ok(Ok(entries))
    }

    /// Everything that was said behind `after`, in its order. Of a chain that does not hold nothing is given out.
    ///
    /// # Errors
    /// Why it cannot be read, also where a link of it does not hold.
    pub fn said(&self, after: u64) -> Result<Vec<Said>, ReviewError> {
        let said = self.links(after)?;
        let before = match after {
            0 => Some(GENESIS.to_owned()),
            _ => self.hash_of(after)?,
        };
        let broken = before.map_or_else(
            || Some(Break { seq: after, why: "it is not there any more" }),
            |before| first_break(after, before, &said),
        );
        match broken {
            None => Ok(said),
            Some(Break { seq, why }) => {
                let why = format!("link {seq}: {why}; keep the file as evidence, move it away");
                let error = ReviewError::new("trust", &self.path, why);
                Err(ReviewError { is_broken: true, ..error })
            }
        }
    }

    fn hash_of(&self, seq: u64) -> Result<Option<String>, ReviewError> {
        let found = self
            .connection
            .query_row("SELECT hash FROM entries WHERE seq = ?1", [seq.cast_signed()], |row| {
                row.get(0)
            })
            .optional();
        found.map_err(self.fault("read"))
    }

    /// Everything that stands behind `after`, whether it holds or not.
    ///
    /// # Errors
    /// Why it cannot be read.
    pub fn links(&self, after: u64) -> Result<Vec<Said>, ReviewError> {
        let read = || -> rusqlite::Result<Vec<Said>> {
            let mut statement = self.connection.prepare_cached(
                "SELECT seq, previous, hash, body, campaign FROM entries WHERE seq > ?1 ORDER BY seq",
            )?;
            statement.query_map([after.cast_signed()], said)?.collect()
        };
        read().map_err(self.fault("read"))
    }

    /// The bytes that were frozen under a digest.
    ///
    /// # Errors
    /// Why they cannot be read, also where they are not what was frozen.
    pub fn frozen(&self, hash: &str) -> Result<Option<Vec<u8>>, ReviewError> {
        let found: Option<Vec<u8>> = self
            .connection
            .query_row("SELECT content FROM frozen WHERE hash = ?1", [hash], |row| row.get(0))
            .optional()
            .map_err(self.fault("read"))?;
        match found {
            Some(content) if sha256(&content) != hash => {
                let why =
                    format!("the population {hash} is not what was frozen: the file was changed");
                Err(ReviewError::new("read", &self.path, why))
            }
            found => Ok(found),
        }
    }

    /// The end of the chain, to be kept elsewhere; `None` while nothing was said.
    ///
    /// # Errors
    /// Why it cannot be read.
    pub fn checkpoint(&self) -> Result<Option<Checkpoint>, ReviewError> {
        Ok(self.said(0)?.last().map(|said| Checkpoint::of(&said.entry)))
    }

    /// The first link that does not hold, if any.
    ///
    /// # Errors
    /// Why the file cannot be read.
    pub fn broken(&self) -> Result<Option<Break>, ReviewError> {
        Ok(first_break(0, GENESIS.to_owned(), &self.links(0)?))
    }

    /// What of its guards is not as it should be, a sentence each.
    ///
    /// # Errors
    /// Why the file cannot be read.
    pub fn flaws(&self) -> Result<Vec<String>, ReviewError> {
        let flaws = guard::flaws_of(&self.connection, TABLES).map_err(self.fault("read"))?;
        Ok(flaws.into_iter().chain(guard::exposures(&self.path)).collect())
    }
}

/// The first of these links, which follow the one at `after` with this digest, that does not hold.
fn first_break(after: u64, before: String, said: &[Said]) -> Option<Break> {
    let mut previous = before;
    for (seq, Said { entry, .. }) in (after + 1..).zip(said) {
        let why = if entry.seq != seq {
            "a link is missing before it"
        } else if entry.previous != previous {
            "it does not follow the link before it"
        } else if !entry.holds() {
            "its content is not what was written"
        } else {
            previous.clone_from(&entry.hash);
            continue;
        };
        return Some(Break { seq, why });
    }
    None
}

/// The place and digest of the last link where it and the guards hold; else what does not.
fn tail(transaction: &Transaction<'_>) -> rusqlite::Result<Result<(u64, String), String>> {
    if let Some(flaw) = guard::flaws_of(transaction, TABLES)?.into_iter().next() {
        return Ok(Err(flaw));
    }
    let last = transaction
        .prepare_cached(
            "SELECT seq, previous, hash, body, campaign FROM entries ORDER BY seq DESC LIMIT 1",
        )?
        .query_row([], said)
        .optional()?;
    Ok(match last {
        None => Ok((0, GENESIS.to_owned())),
        Some(Said { entry, .. }) if entry.holds() => Ok((entry.seq, entry.hash)),
        Some(Said { entry, .. }) => {
            Err(format!("link {}: its content is not what was written", entry.seq))
        }
    })
}

fn keep(transaction: &Transaction<'_>, content: &[u8]) -> rusqlite::Result<()> {
    transaction
        .prepare_cached(
            "INSERT INTO frozen (hash, content) VALUES (?1, ?2) ON CONFLICT DO NOTHING",
        )?
        .execute(params![sha256(content), content])
        .map(drop)
}

fn put(transaction: &Transaction<'_>, campaign: &str, entry: &Entry) -> rusqlite::Result<()> {
    let Entry { seq, previous, hash, body } = entry;
    transaction
        .prepare_cached(
            "INSERT INTO entries (seq, previous, hash, campaign, body) VALUES (?1, ?2, ?3, ?4, ?5)",
        )?
        .execute(params![seq.cast_signed(), previous, hash, campaign, body])
        .map(drop)
}

fn said(row: &Row<'_>) -> rusqlite::Result<Said> {
    let seq: i64 = row.get(0)?;
    let (previous, hash, body) = (row.get(1)?, row.get(2)?, row.get(3)?);
    let entry = Entry { seq: seq.cast_unsigned(), previous, hash, body };
    Ok(Said { campaign: row.get(4)?, entry })
}

fn sha256(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    Sha256::digest(bytes).iter().fold(String::with_capacity(64), |mut hex, byte| {
        // Writing to a string cannot fail.
        _ = write!(hex, "{byte:02x}");
        hex
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place() -> (tempfile::TempDir, PathBuf) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("state").join("review.db");
        (folder, path)
    }

    fn lines(words: &[&str]) -> Vec<String> {
        words.iter().map(|word| (*word).to_owned()).collect()
    }

    fn three(path: &Path) -> ReviewLog {
        let mut log = ReviewLog::open_at(path).unwrap();
        log.append(0, "q1", &lines(&["a", "b"]), Some(b"population")).unwrap().unwrap();
        log.append(2, "q2", &lines(&["c"]), None).unwrap().unwrap();
        log
    }

    #[test]
    fn what_was_said_is_there_for_another_reader_at_once() {
        let (_folder, path) = place();
        let _log = three(&path);
        let said = ReviewLog::read_at(&path).unwrap().said(0).unwrap();
        let told: Vec<(&str, &str)> =
            said.iter().map(|one| (one.campaign.as_str(), one.entry.body.as_str())).collect();
        assert_eq!(told, [("q1", "a"), ("q1", "b"), ("q2", "c")]);
    }

    #[test]
    fn who_has_not_seen_the_end_says_nothing() {
        let (_folder, path) = place();
        let mut log = three(&path);
        assert_eq!(log.append(2, "q1", &lines(&["d"]), None).unwrap(), Err(Behind));
        assert_eq!(log.said(0).unwrap().len(), 3);
    }

    #[test]
    fn what_was_frozen_is_found_by_its_digest() {
        let (_folder, path) = place();
        let log = three(&path);
        let hash = sha256(b"population");
        assert_eq!(log.frozen(&hash).unwrap().unwrap(), b"population");
        assert_eq!(log.frozen("0").unwrap(), None);
    }

    #[test]
    fn the_file_refuses_change_and_removal() {
        let (_folder, path) = place();
        let log = three(&path);
        for sql in [
            "UPDATE entries SET body = 'x'",
            "DELETE FROM entries",
            "UPDATE frozen SET content = x'00'",
            "DELETE FROM frozen",
        ] {
            assert!(log.connection.execute_batch(sql).is_err(), "{sql}");
        }
    }

    #[test]
    fn a_change_behind_its_back_breaks_the_chain_and_stops_everything() {
        let (_folder, path) = place();
        let mut log = three(&path);
        assert_eq!((log.broken().unwrap(), log.flaws().unwrap().len()), (None, 0));
        let forge = "DROP TRIGGER entries_stay; UPDATE entries SET body = 'x' WHERE seq = 2;";
        log.connection.execute_batch(forge).unwrap();
        let why = "its content is not what was written";
        assert_eq!(log.broken().unwrap(), Some(Break { seq: 2, why }));
        assert_eq!(log.flaws().unwrap(), ["its trigger entries_stay is missing, or another"]);
        let error = log.append(3, "q1", &lines(&["d"]), None).unwrap_err();
        assert!(error.to_string().contains("nothing is written any more"), "{error}");
    }

    #[test]
    fn of_a_chain_that_does_not_hold_nothing_is_given_out_though_its_guards_are_put_back() {
        let (_folder, path) = place();
        let log = three(&path);
        let (drop, back) = ("DROP TRIGGER entries_stay;", TABLES.lines().nth(6).unwrap());
        let forge = format!("{drop} UPDATE entries SET body = 'x' WHERE seq = 1; {back}");
        log.connection.execute_batch(&forge).unwrap();
        assert_eq!(log.flaws().unwrap(), [""; 0]);
        let told = log.said(0).unwrap_err().to_string();
        assert!(told.contains("link 1: its content is not what was written"), "{told}");
        assert_eq!(log.said(1).unwrap().len(), 2, "what is behind it follows what it was");
        assert_eq!(log.links(0).unwrap().len(), 3);
    }

    #[test]
    fn a_population_that_was_changed_is_not_given_out() {
        let (_folder, path) = place();
        let log = three(&path);
        let forge = "DROP TRIGGER frozen_stay; UPDATE frozen SET content = x'00';";
        log.connection.execute_batch(forge).unwrap();
        assert!(log.frozen(&sha256(b"population")).is_err());
    }

    #[test]
    fn a_file_that_is_not_there_is_absent() {
        let (_folder, path) = place();
        assert!(ReviewLog::read_at(&path).unwrap_err().is_absent());
    }

    #[test]
    fn every_commit_is_on_disk_before_it_returns() {
        let (_folder, path) = place();
        let log = three(&path);
        let mode: i64 =
            log.connection.pragma_query_value(None, "synchronous", |row| row.get(0)).unwrap();
        assert_eq!(mode, 2);
    }
}
