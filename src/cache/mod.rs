//! Last known good, on disk: what the platform said (`cache.db`), what it said before, and the samples behind charts
//! (`history.db`).
//!
//! **Invariant:** `cache.db` may be deleted at any time; it is never converted, only remade. `history.db` is migrated
//! and never dropped. Neither holds a secret: only what an [`crate::domain::Update`] carries is kept.
//!
//! **Invariant:** the screen never waits for the disk. The first page is read once, at the start; everything else
//! happens on the [`Writer`]'s thread. No file here can keep the program from working: what goes wrong becomes a
//! [`Notice`], and the program goes on without the file.
//!
//! Deliberately absent: [`crate::domain::Change::Collected`]. Remembered rows need not cover an hour, so nothing that
//! comes from here may make percentiles count.

mod entries;
mod file;
mod history;
mod intern;
mod keep;
mod past;
mod pending;
mod places;
mod read;
mod replay;
mod row;
mod schema;
mod store;
mod writer;

use std::time::Duration;

use crate::domain::Text;

pub use entries::{EntryQuestion, Side, Told, beside, timeline, watched_until};
pub use file::CacheError;
pub use history::{History, OpenedHistory, recall};
pub use past::{Recall, Recalled};
pub use pending::Pending;
pub use places::{PlaceRow, Places};
pub use replay::{Cursor, Page, Window};
pub use store::{Cache, Opened};
pub use writer::{Rest, Start, Writer};

/// Something about a stored file that the person should know: one line, and what to do about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notice {
    /// What happened, to which file, and why.
    pub message: Text,
    /// What it means and what to do next.
    pub hint: Text,
}

impl Notice {
    /// Makes a notice of two lines.
    pub(crate) fn new(message: &str, hint: &str) -> Notice {
        Notice { message: Text::new(message), hint: Text::new(hint) }
    }
}

/// How long things are kept, and how large the history may grow.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Keeping {
    /// Rows of the cache: ended work by its end, everything else by when it was last seen.
    pub cache: Duration,
    /// Samples of the history.
    pub history: Duration,
    /// The history's size at most, bytes.
    pub history_max_bytes: u64,
}

#[cfg(test)]
mod tests;
