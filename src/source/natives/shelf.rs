//! [`Shelf`]: what blobs hold, by their ids: the same id is the same content, so that no blob is asked for twice.

use std::collections::{BTreeMap, BTreeSet};

use crate::domain::exception::Home;
use crate::domain::{Flaw, Native, Text, Tool};
use crate::register::formats::{File, Found, form_of, read};

/// A blob, read in one form.
type Spot = (Text, Tool);

/// What was read so far.
#[derive(Debug, Default)]
pub(super) struct Shelf(BTreeMap<Spot, Result<Found, Flaw>>);

/// A file of a project, as a tree tells it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Place {
    /// The full path of its project.
    pub(super) project: Text,
    /// The branch.
    pub(super) branch: Option<Text>,
    /// Its path.
    pub(super) path: Text,
    /// The id of its blob.
    pub(super) blob: Text,
}

impl Place {
    fn spot(&self) -> Spot {
        (self.blob.clone(), form_of(&self.path))
    }
}

impl Shelf {
    /// Whether what a file holds is known.
    pub(super) fn knows(&self, place: &Place) -> bool {
        self.0.contains_key(&place.spot())
    }

    /// Reads what a file holds.
    pub(super) fn put(&mut self, place: &Place, bytes: &[u8]) {
        let file = File {
            project: &place.project,
            path: &place.path,
            revision: place.branch.as_deref(),
            blob: Some(&place.blob),
        };
        self.0.insert(place.spot(), read(&file, bytes));
    }

    /// What a file holds, where it is known: it may have been read in another project or under another name.
    pub(super) fn get(&self, place: &Place) -> Option<Result<Found, Flaw>> {
        let held = self.0.get(&place.spot())?;
        Some(match held {
            Ok(found) => Ok(Found {
                natives: found.natives.iter().map(|native| moved(native, place)).collect(),
                warnings: found.warnings.iter().map(|flaw| named(flaw, place)).collect(),
            }),
            Err(flaw) => Err(named(flaw, place)),
        })
    }

    /// Lets go of every blob that no tree names any more.
    pub(super) fn keep(&mut self, blobs: &BTreeSet<Text>) {
        self.0.retain(|(blob, _), _| blobs.contains(blob));
    }
}

fn moved(native: &Native, place: &Place) -> Native {
    Native {
        home: Home::Project(place.project.clone()),
        path: place.path.clone(),
        revision: place.branch.clone(),
        ..native.clone()
    }
}

fn named(flaw: &Flaw, place: &Place) -> Flaw {
    Flaw { path: place.path.clone(), ..flaw.clone() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(project: &str, path: &str) -> Place {
        let text = Text::new;
        Place {
            project: text(project),
            branch: Some(text("main")),
            path: text(path),
            blob: text("b"),
        }
    }

    #[test]
    fn a_blob_that_lies_in_two_places_is_read_once_and_found_in_both() {
        let (here, there) = (place("a/b", ".trivyignore"), place("a/c", "app/.trivyignore"));
        let mut shelf = Shelf::default();
        assert!(!shelf.knows(&there));
        shelf.put(&here, b"CVE-2024-1");
        let native = shelf.get(&there).unwrap().unwrap().natives[0].clone();
        assert_eq!(
            (&*native.path, native.home),
            ("app/.trivyignore", Home::Project(there.project))
        );
    }

    #[test]
    fn the_same_blob_in_another_form_is_another_reading() {
        let mut shelf = Shelf::default();
        shelf.put(&place("a/b", ".trivyignore"), b"CVE-2024-1");
        assert!(!shelf.knows(&place("a/b", "notes.txt")));
    }

    #[test]
    fn what_cannot_be_understood_is_known_too_and_told_with_its_place() {
        let mut shelf = Shelf::default();
        shelf.put(&place("a/b", "osv-scanner.toml"), b"[[");
        let flaw = shelf.get(&place("a/c", "x/osv-scanner.toml")).unwrap().unwrap_err();
        assert_eq!(&*flaw.path, "x/osv-scanner.toml");
    }

    #[test]
    fn what_no_tree_names_is_let_go() {
        let mut shelf = Shelf::default();
        shelf.put(&place("a/b", ".trivyignore"), b"");
        shelf.keep(&[Text::new("other")].into());
        assert!(!shelf.knows(&place("a/b", ".trivyignore")));
    }
}
