//! [`Places`]: what was read of single places, a row each, so that a reading of hours goes on where it was broken off.

use std::path::Path;
use std::sync::{Mutex, PoisonError};

use rusqlite::{Connection, params};

use super::schema::Found;
use super::store::{NAME, open_file};
use crate::domain::Timestamp;

/// A row: the place, when it was read, and what was read.
pub type PlaceRow = (String, Timestamp, String);

/// The rows of places in `cache.db`, by a connection of their own. What fails is logged and done without.
#[derive(Debug)]
pub struct Places(Mutex<Option<Connection>>);

impl Places {
    /// Opens the rows in a folder, making it and the file where they are missing. A file that cannot be used is the
    /// cache's own matter: nothing is kept then.
    pub fn open(folder: &Path) -> Places {
        let connection = match open_file(&folder.join(NAME)) {
            Ok((connection, Found::Ready)) => Some(connection),
            Ok((_, Found::Newer(_))) => None,
            Err(error) => {
                tracing::debug!(%error, "places are not kept");
                None
            }
        };
        Places(Mutex::new(connection))
    }

    /// Every row.
    pub fn all(&self) -> Vec<PlaceRow> {
        self.with(|connection| {
            let mut statement =
                connection.prepare_cached("SELECT site, taken_at, body FROM access_places")?;
            let row = |row: &rusqlite::Row<'_>| {
                let at: i64 = row.get(1)?;
                let at = Timestamp::from_microsecond(at).unwrap_or(Timestamp::UNIX_EPOCH);
                Ok((row.get(0)?, at, row.get(2)?))
            };
            statement.query_map([], row)?.collect()
        })
        .unwrap_or_default()
    }

    /// Keeps a row, in the stead of the one of the same place.
    pub fn keep(&self, site: &str, taken_at: Timestamp, body: &str) {
        self.with(|connection| {
            let sql = "INSERT INTO access_places (site, taken_at, body) VALUES (?1, ?2, ?3) \
                       ON CONFLICT (site) DO UPDATE SET taken_at = excluded.taken_at, body = excluded.body";
            connection.execute(sql, params![site, taken_at.as_microsecond(), body])
        });
    }

    /// Lets a row go.
    pub fn forget(&self, site: &str) {
        self.with(|connection| {
            connection.execute("DELETE FROM access_places WHERE site = ?1", params![site])
        });
    }

    fn with<T>(&self, work: impl FnOnce(&Connection) -> rusqlite::Result<T>) -> Option<T> {
        let connection = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match work(connection.as_ref()?) {
            Ok(done) => Some(done),
            Err(error) => {
                tracing::debug!(%error, "a row of places failed");
                None
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(1_790_000_000 + second).unwrap()
    }

    #[test]
    fn a_place_is_kept_over_a_start_and_its_newest_row_counts() {
        let folder = tempfile::tempdir().unwrap();
        let places = Places::open(folder.path());
        places.keep("group acme", at(1), "old");
        places.keep("group acme", at(2), "new");
        places.keep("project acme/a", at(3), "a");
        places.forget("project acme/a");
        drop(places);
        let row = ("group acme".to_owned(), at(2), "new".to_owned());
        assert_eq!(Places::open(folder.path()).all(), [row]);
    }

    #[test]
    fn where_no_file_can_be_made_nothing_is_kept_and_nothing_fails() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("file");
        std::fs::write(&file, "no folder").unwrap();
        let places = Places::open(&file);
        places.keep("group acme", at(1), "x");
        assert_eq!(places.all(), []);
    }
}
