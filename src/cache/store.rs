//! [`Cache`]: `cache.db`, which never fails its caller: what goes wrong becomes a notice.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use rusqlite::{Connection, TransactionBehavior};

use super::file::{self, CacheError};
use super::pending::Pending;
use super::read;
use super::replay::{Cursor, Page, Window};
use super::schema::{self, Found};
use super::{Notice, keep};
use crate::domain::{Job, JobId, SourceKey, Timestamp, Update};

/// The file's name in the cache folder.
pub(super) const NAME: &str = "cache.db";

/// What was known last. Without a usable file it keeps nothing and replays nothing.
#[derive(Debug)]
pub struct Cache {
    path: PathBuf,
    connection: Option<Connection>,
    notices: Vec<Notice>,
    /// Whether the last attempt to write failed; a notice is given once, not at every poll.
    failing: bool,
}

/// A cache, and what the person should know about it.
#[derive(Debug)]
pub struct Opened {
    /// The cache.
    pub cache: Cache,
    /// What happened to its file.
    pub notices: Vec<Notice>,
}

impl Cache {
    /// Opens `cache.db` in `folder`, making both where they are missing. Takes a few milliseconds.
    ///
    /// A damaged file, and one of a newer version, is moved aside and a new one made; an older one is remade. Damage
    /// inside is met when it is read, not searched for here.
    pub fn open(folder: &Path) -> Opened {
        let mut cache = Cache { path: folder.join(NAME), ..Cache::none() };
        match open_file(&cache.path) {
            Ok((connection, Found::Ready)) => cache.connection = Some(connection),
            Ok((connection, Found::Newer(_))) => {
                drop(connection);
                cache.start_anew("newer", "it was written by a newer watchfloor");
            }
            Err(error) if error.is_damage() => cache.start_anew("damaged", &error.to_string()),
            Err(error) => cache.give_up(&error),
        }
        let notices = cache.take_notices();
        Opened { cache, notices }
    }

    /// A cache that keeps nothing.
    pub fn none() -> Cache {
        Cache { path: PathBuf::new(), connection: None, notices: Vec::new(), failing: false }
    }

    /// Whether anything is kept.
    pub fn is_open(&self) -> bool {
        self.connection.is_some()
    }

    /// What happened since the last call.
    pub fn take_notices(&mut self) -> Vec<Notice> {
        std::mem::take(&mut self.notices)
    }

    /// The first page: every report and project, the 200 most urgent jobs and their pipelines.
    pub fn first_page(&mut self, now: Timestamp, window: Window) -> Page {
        self.page(Cursor::start(now, window))
    }

    /// The next page: all pipelines, then runners, nodes and their groups, then pods, then all jobs, the most urgent
    /// first, 1,000 at a time. What the first page had comes again.
    pub fn page(&mut self, mut cursor: Cursor) -> Page {
        match self.attempt("read", |connection| cursor.read(connection)) {
            Some(updates) => Page { updates, next: cursor.unless_done() },
            None => Page { updates: Vec::new(), next: None },
        }
    }

    /// Everything at once, for commands that print and leave.
    pub fn replay(&mut self, now: Timestamp, window: Window) -> Vec<Update> {
        let mut page = self.first_page(now, window);
        let mut updates = page.updates;
        while let Some(cursor) = page.next {
            page = self.page(cursor);
            updates.append(&mut page.updates);
        }
        updates
    }

    /// The job with this id and the feed that brought it, however long ago it ended.
    pub fn job(&mut self, id: JobId) -> Option<(SourceKey, Arc<Job>)> {
        self.attempt("read", |connection| read::job(connection, id)).flatten()
    }

    /// Writes what waits, a transaction for each feed. What could not be written now, though it may be later, stays
    /// in `pending`.
    pub fn keep(&mut self, pending: &mut Pending) {
        while let Some((key, slot)) = pending.slots.pop_first() {
            let kept = self.attempt("write", |connection| {
                let transaction =
                    connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
                keep::keep(&transaction, &key, &slot)?;
                transaction.commit()
            });
            if kept.is_none() && self.is_open() {
                pending.slots.insert(key, slot);
                self.forget_surplus(pending);
                return;
            }
        }
    }

    fn forget_surplus(&mut self, pending: &mut Pending) {
        if pending.forget_surplus() {
            let message = format!("too many changes waited for {}", self.path.display());
            let hint = "they are not in the cache until they change again; make room on the disk";
            self.notices.push(Notice::new(&message, hint));
        }
    }

    /// Deletes ended work that ended, and other rows that were last seen, longer than `age` before `now`.
    pub fn prune(&mut self, now: Timestamp, age: Duration) {
        let mut gone = Some(1);
        while gone.is_some_and(|rows| rows > 0) {
            gone = self.attempt("prune", |connection| {
                let transaction =
                    connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
                let rows = keep::prune(&transaction, now, age)?;
                transaction.commit()?;
                Ok(rows)
            });
        }
        self.attempt("shrink", |connection| connection.execute_batch("PRAGMA incremental_vacuum"));
    }

    /// Makes the file unable to grow beyond so many pages, as a full disk does.
    #[cfg(test)]
    pub(super) fn limit_pages(&self, pages: u32) {
        let connection = self.connection.as_ref().unwrap();
        connection.pragma_update_and_check(None, "max_page_count", pages, |_| Ok(())).unwrap();
    }

    /// Does something with the database. On damage, makes a new file and tries once more.
    fn attempt<T>(
        &mut self,
        doing: &'static str,
        mut act: impl FnMut(&mut Connection) -> rusqlite::Result<T>,
    ) -> Option<T> {
        let first = act(self.connection.as_mut()?);
        let result = match first {
            Err(error) if file::is_damage(&error) => {
                self.connection = None;
                self.start_anew("damaged", &error.to_string());
                act(self.connection.as_mut()?)
            }
            other => other,
        };
        match result {
            Ok(value) => {
                self.failing = false;
                Some(value)
            }
            Err(cause) => {
                self.note_failure(doing, cause);
                None
            }
        }
    }

    /// Says once that something failed; gives the file up unless the next attempt may go well.
    fn note_failure(&mut self, doing: &'static str, cause: rusqlite::Error) {
        let passing = file::is_passing(&cause);
        let error = CacheError::Database { doing, path: self.path.clone(), cause };
        if !passing {
            self.give_up(&error);
        } else if !self.failing {
            self.failing = true;
            let hint = "it is tried again at the next change; make room if the disk is full";
            self.notices.push(Notice::new(&error.to_string(), hint));
        }
    }

    fn give_up(&mut self, error: &CacheError) {
        self.connection = None;
        let hint = "going on without a cache; check the folder's owner and mode, or choose another with --cache-dir";
        self.notices.push(Notice::new(&error.to_string(), hint));
    }

    /// Moves the file aside and makes a new one.
    fn start_anew(&mut self, label: &str, why: &str) {
        let moved = file::move_aside(&self.path, label);
        let opened = moved.and_then(|place| Ok((place, open_file(&self.path)?)));
        match opened {
            Ok((place, (connection, Found::Ready))) => {
                self.connection = Some(connection);
                let message = format!("moved the cache to {}: {why}", place.display());
                let hint = "a new cache was made; the old file may be deleted";
                self.notices.push(Notice::new(&message, hint));
            }
            // Another instance has just put its own newer file there.
            Ok((_, (_, Found::Newer(_)))) => {
                let message = format!("{} belongs to a newer watchfloor", self.path.display());
                let hint = "going on without a cache; use one version, or another --cache-dir";
                self.notices.push(Notice::new(&message, hint));
            }
            Err(error) => self.give_up(&error),
        }
    }
}

/// Opens the file and makes its tables.
pub(super) fn open_file(path: &Path) -> Result<(Connection, Found), CacheError> {
    let mut connection = file::open(path)?;
    let found = schema::prepare(&mut connection).map_err(|cause| CacheError::Database {
        doing: "prepare the tables of",
        path: path.into(),
        cause,
    })?;
    Ok((connection, found))
}
