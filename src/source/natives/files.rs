//! The files of one project: which are read, and what they come to.

use std::collections::BTreeMap;

use super::gap_of;
use super::glob::Globs;
use super::shelf::{Place, Shelf};
use super::task::Task;
use crate::api::Error;
use crate::api::gitlab::Tree;
use crate::domain::{Flaw, Gap, GapKind, Home, Sighting, Text, Timestamp, Tool};
use crate::register::formats::form_of;

/// The most files of one project that are read.
const MOST_FILES: usize = 1000;

/// The files of a project that are read.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Wanted {
    /// Each with its blob, in the order of the tree.
    pub(super) places: Vec<Place>,
    /// Why these are not all.
    pub(super) gap: Option<Gap>,
}

impl Wanted {
    /// What is read of a tree: what tools look for by name, and what the globs name.
    pub(super) fn of(project: &Text, branch: Option<&Text>, tree: &Tree, globs: &Globs) -> Wanted {
        let is_wanted = |path: &str| form_of(path) != Tool::CheckovInline || globs.name(path);
        let mut places: Vec<Place> = tree
            .files
            .iter()
            .filter(|file| is_wanted(&file.path))
            .map(|file| Place {
                project: project.clone(),
                branch: branch.cloned(),
                path: file.path.clone(),
                blob: file.blob.clone(),
            })
            .collect();
        let many = places.len();
        // What tools look for by name goes before what is only named by a glob.
        places.sort_by_key(|place| form_of(&place.path) == Tool::CheckovInline);
        places.truncate(MOST_FILES);
        let gap = if many > MOST_FILES {
            let why = format!(
                "{many} files may hold exceptions, and {MOST_FILES} are read: narrow `exceptions.native`"
            );
            Some(Gap::new(GapKind::TooLarge, &why))
        } else {
            (!tree.is_whole).then(|| {
                let why = format!(
                    "the repository has more files than the {} that are listed",
                    tree.files.len()
                );
                Gap::new(GapKind::TooLarge, &why)
            })
        };
        Wanted { places, gap }
    }

    /// What was seen: the project as a whole for each tool, and each file that was read.
    pub(super) fn sightings(
        &self,
        task: &Task,
        read: &Shelf,
        failed: &BTreeMap<Text, Error>,
        at: Timestamp,
    ) -> Vec<Sighting> {
        let whole = task.bare(at).into_iter().map(|one| Sighting { gap: self.gap.clone(), ..one });
        let files = self.places.iter().map(|place| {
            let tool = form_of(&place.path).name();
            let home = Home::Project(place.project.clone());
            let bare = Sighting::new(tool, home, Some(place.path.clone()), at);
            match (read.get(place), failed.get(&place.blob)) {
                (Some(Ok(found)), _) => bare.holding(found.natives, found.warnings),
                (Some(Err(flaw)), _) => bare.lacking(refused(&flaw)),
                (None, Some(error)) => bare.lacking(gap_of(error)),
                (None, None) => bare.lacking(Gap::new(GapKind::Waiting, "it was not read yet")),
            }
        });
        whole.chain(files).collect()
    }
}

/// Why a file is not read, with its place.
fn refused(flaw: &Flaw) -> Gap {
    let kind = if flaw.code == "too-large" { GapKind::TooLarge } else { GapKind::Unreadable };
    let place = match (flaw.line, flaw.column) {
        (0, _) => flaw.path.to_string(),
        (line, 0) => format!("{}:{line}", flaw.path),
        (line, column) => format!("{}:{line}:{column}", flaw.path),
    };
    Gap::new(kind, &format!("{place}: {}; {}", flaw.what, flaw.cure))
}

#[cfg(test)]
mod tests {
    use super::super::task::Part;
    use super::*;
    use crate::api::gitlab::TreeFile;

    fn tree(paths: &[&str]) -> Tree {
        let file = |path: &&str| TreeFile { path: Text::new(path), blob: Text::new(path) };
        Tree { files: paths.iter().map(file).collect(), is_whole: true, pages: 1 }
    }

    fn wanted(tree: &Tree, globs: &[&str]) -> Wanted {
        let globs: Vec<String> = globs.iter().map(|glob| (*glob).to_owned()).collect();
        Wanted::of(&Text::new("a/b"), Some(&Text::new("main")), tree, &Globs::new(&globs))
    }

    fn paths(wanted: &Wanted) -> Vec<&str> {
        wanted.places.iter().map(|place| place.path.as_str()).collect()
    }

    fn task() -> Task {
        Task { part: Part::Files, home: Home::Project(Text::new("a/b")), branch: None }
    }

    #[test]
    fn what_tools_look_for_is_read_anywhere_and_the_rest_by_globs_alone() {
        let tree = tree(&["main.tf", "app/.trivyignore", "README.md", "osv-scanner.toml"]);
        assert_eq!(paths(&wanted(&tree, &[])), ["app/.trivyignore", "osv-scanner.toml"]);
        let with_globs = wanted(&tree, &["*.tf"]);
        assert_eq!(paths(&with_globs), ["app/.trivyignore", "osv-scanner.toml", "main.tf"]);
    }

    #[test]
    fn more_files_than_are_read_are_told_and_those_of_tools_come_first() {
        let mut names: Vec<String> = (0..=MOST_FILES).map(|n| format!("{n}.tf")).collect();
        names.push(".grype.yaml".to_owned());
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        let wanted = wanted(&tree(&names), &["*.tf"]);
        assert_eq!((wanted.places.len(), paths(&wanted)[0]), (MOST_FILES, ".grype.yaml"));
        assert_eq!(wanted.gap.map(|gap| gap.kind), Some(GapKind::TooLarge));
    }

    #[test]
    fn a_tree_that_was_cut_leaves_every_tool_untold() {
        let cut = Tree { is_whole: false, ..tree(&["README.md"]) };
        let wanted = wanted(&cut, &[]);
        let seen = wanted.sightings(&task(), &Shelf::default(), &[].into(), Timestamp::UNIX_EPOCH);
        assert_eq!(seen.len(), Part::Files.tools().len());
        assert!(
            seen.iter().all(|one| one.gap.as_ref().map(|gap| gap.kind) == Some(GapKind::TooLarge))
        );
    }

    #[test]
    fn a_file_that_cannot_be_understood_is_told_with_its_place() {
        let wanted = wanted(&tree(&["osv-scanner.toml"]), &[]);
        let mut shelf = Shelf::default();
        shelf.put(&wanted.places[0], b"\n[[IgnoredVulns]\n");
        let seen = wanted.sightings(&task(), &shelf, &[].into(), Timestamp::UNIX_EPOCH);
        let gap = seen.last().unwrap().gap.clone().unwrap();
        assert_eq!(gap.kind, GapKind::Unreadable);
        assert!(gap.why.starts_with("osv-scanner.toml:2"), "{}", gap.why);
    }

    #[test]
    fn a_file_that_is_too_large_is_told_as_such() {
        let wanted = wanted(&tree(&[".trivyignore"]), &[]);
        let mut shelf = Shelf::default();
        shelf.put(&wanted.places[0], &vec![b'#'; 1024 * 1024 + 1]);
        let seen = wanted.sightings(&task(), &shelf, &[].into(), Timestamp::UNIX_EPOCH);
        assert_eq!(seen.last().unwrap().gap.as_ref().unwrap().kind, GapKind::TooLarge);
    }
}
