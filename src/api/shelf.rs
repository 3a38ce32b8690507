//! [`Shelf`]: where a reading that takes hours lies between runs, a row a place.

use std::fmt::Debug;

use crate::domain::Timestamp;

/// What was read of one place, as it is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Kept {
    /// The place.
    pub site: String,
    /// When it was read.
    pub taken_at: Timestamp,
    /// What was read, in words that this build alone need understand. Holds no secret.
    pub body: String,
}

/// Keeps what was read of places. What cannot be kept is read again after the next start: nothing here fails anybody.
/// May wait for a disk: not for the interface's task.
pub trait Shelf: Debug + Send + Sync {
    /// Everything that is kept.
    fn take(&self) -> Vec<Kept>;

    /// Keeps a place, in the stead of what was kept of it.
    fn keep(&self, kept: &Kept);

    /// Lets a place go.
    fn forget(&self, site: &str);
}

/// Keeps nothing.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoShelf;

impl Shelf for NoShelf {
    fn take(&self) -> Vec<Kept> {
        Vec::new()
    }

    fn keep(&self, _: &Kept) {}

    fn forget(&self, _: &str) {}
}
