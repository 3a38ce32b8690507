//! [`DiskShelf`]: a reading that takes hours lies in the cache between runs.

use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use crate::api::{Kept, Shelf};
use crate::cache::Places;

/// Rows of the cache, opened when first needed.
#[derive(Debug)]
pub struct DiskShelf {
    folder: PathBuf,
    places: OnceLock<Places>,
}

impl DiskShelf {
    /// The rows in the cache of this folder.
    pub fn new(folder: &Path) -> DiskShelf {
        DiskShelf { folder: folder.to_owned(), places: OnceLock::new() }
    }

    fn places(&self) -> &Places {
        self.places.get_or_init(|| Places::open(&self.folder))
    }
}

impl Shelf for DiskShelf {
    fn take(&self) -> Vec<Kept> {
        let kept = |(site, taken_at, body)| Kept { site, taken_at, body };
        self.places().all().into_iter().map(kept).collect()
    }

    fn keep(&self, kept: &Kept) {
        self.places().keep(&kept.site, kept.taken_at, &kept.body);
    }

    fn forget(&self, site: &str) {
        self.places().forget(site);
    }
}
