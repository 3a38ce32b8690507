//! Repositories: blobs, trees, commits and branches, with ids that follow from what they hold.

mod change;
mod seed;
mod verdict;

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, BinaryHeap, HashMap};
use std::fmt::Write as _;
use std::sync::Arc;

use sha2::{Digest as _, Sha256};

pub(crate) use self::change::{Change, between};
pub(crate) use self::verdict::{Action, Deed};
use crate::sim::clock::Millis;

/// The branch that every repository has.
pub(crate) const MAIN: &str = "main";

/// The files of a commit by their paths.
pub(crate) type Tree = BTreeMap<Arc<str>, Arc<Blob>>;

/// What a file holds.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Blob {
    pub(crate) sha: String,
    pub(crate) text: String,
}

/// Who wrote a commit or put it there, as git knows them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Signature {
    pub(crate) name: String,
    pub(crate) email: String,
}

/// A commit.
pub(crate) struct Commit {
    pub(crate) sha: Arc<str>,
    pub(crate) parents: Vec<Arc<str>>,
    pub(crate) tree: Arc<Tree>,
    pub(crate) note: Note,
    /// Grows with every commit of the repository.
    order: u64,
}

/// What is said of a commit.
#[derive(Clone)]
pub(crate) struct Note {
    pub(crate) message: String,
    pub(crate) author: Signature,
    pub(crate) committer: Signature,
    pub(crate) at: Millis,
}

impl Commit {
    /// The first line of what is said of it.
    pub(crate) fn title(&self) -> &str {
        self.note.message.lines().next().unwrap_or_default()
    }
}

/// A repository.
#[derive(Default)]
pub(crate) struct Repository {
    pub(crate) branches: BTreeMap<String, Arc<str>>,
    commits: HashMap<Arc<str>, Arc<Commit>>,
    blobs: HashMap<String, Arc<Blob>>,
    empty: Arc<Tree>,
}

impl Repository {
    /// The commit that a branch, an id or the beginning of one names.
    pub(crate) fn find(&self, name: &str) -> Option<&Arc<Commit>> {
        let name = if name == "HEAD" { MAIN } else { name };
        let sha = self.branches.get(name).map_or(name, |sha| &**sha);
        self.commits.get(sha).or_else(|| {
            let is_short = (7..40).contains(&sha.len());
            let mut all = self.commits.values();
            all.find(|one| is_short && one.sha.starts_with(sha))
        })
    }

    /// A blob by its id.
    pub(crate) fn blob(&self, sha: &str) -> Option<&Arc<Blob>> {
        self.blobs.get(sha)
    }

    /// The blob of a text, which is kept from here on.
    pub(crate) fn keep(&mut self, text: &str) -> Arc<Blob> {
        let sha = digest(&[&format!("blob {}", text.len()), text]);
        let blob = self.blobs.entry(sha.clone());
        Arc::clone(blob.or_insert_with(|| Arc::new(Blob { sha, text: text.to_owned() })))
    }

    /// The files at the tip of a branch; none where it is not there yet.
    pub(crate) fn tip(&self, branch: &str) -> Arc<Tree> {
        let found = self.branches.contains_key(branch).then(|| self.find(branch)).flatten();
        Arc::clone(found.map_or(&self.empty, |commit| &commit.tree))
    }

    /// Adds a commit and lets a branch point to it.
    pub(crate) fn commit(
        &mut self,
        branch: &str,
        parents: Vec<Arc<str>>,
        tree: Tree,
        note: Note,
    ) -> Arc<Commit> {
        let order = u64::try_from(self.commits.len()).unwrap_or(u64::MAX);
        let (at, number) = (note.at.to_string(), order.to_string());
        let mut parts = vec!["commit", &note.message, &note.author.email, &at, &number];
        parts.extend(parents.iter().map(|parent| &**parent));
        parts.extend(tree.iter().flat_map(|(path, blob)| [&**path, &*blob.sha]));
        let sha: Arc<str> = digest(&parts).into();
        let commit =
            Arc::new(Commit { sha: Arc::clone(&sha), parents, tree: Arc::new(tree), note, order });
        self.commits.insert(Arc::clone(&sha), Arc::clone(&commit));
        self.branches.insert(branch.to_owned(), sha);
        commit
    }

    /// A commit and all before it, newest first.
    pub(crate) fn history(&self, from: &Commit) -> Vec<Arc<Commit>> {
        let mut seen = BTreeSet::new();
        let mut next = BinaryHeap::from([(from.order, Arc::clone(&from.sha))]);
        let mut found = Vec::new();
        while let Some((order, sha)) = next.pop() {
            let Some(commit) = self.commits.get(&sha) else { continue };
            if !seen.insert(order) {
                continue;
            }
            found.push(Arc::clone(commit));
            let parents = commit.parents.iter().filter_map(|parent| self.commits.get(parent));
            next.extend(parents.map(|parent| (parent.order, Arc::clone(&parent.sha))));
        }
        found
    }

    /// The newest commit that both have behind them.
    pub(crate) fn base(&self, one: &Commit, other: &Commit) -> Option<Arc<Commit>> {
        let behind: BTreeSet<u64> = self.history(one).iter().map(|commit| commit.order).collect();
        self.history(other).into_iter().find(|commit| behind.contains(&commit.order))
    }

    /// The commits that `to` has behind it and `from` has not, newest first.
    pub(crate) fn ahead(&self, from: &Commit, to: &Commit) -> Vec<Arc<Commit>> {
        let behind: BTreeSet<u64> = self.history(from).iter().map(|commit| commit.order).collect();
        let all = self.history(to).into_iter();
        all.filter(|commit| !behind.contains(&commit.order)).collect()
    }

    /// The newest commit up to `from` that changed what lies at a path, or all that do.
    pub(crate) fn touching(&self, from: &Commit, path: &str) -> Vec<Arc<Commit>> {
        let below = format!("{}/", path.trim_end_matches('/'));
        let is_meant = |one: &str| path.is_empty() || one == path || one.starts_with(&below);
        let mut all = self.history(from);
        all.retain(|commit| {
            let parent = commit.parents.first().and_then(|sha| self.commits.get(sha));
            let before = parent.map_or(&self.empty, |parent| &parent.tree);
            between(before, &commit.tree).iter().any(|change| is_meant(change.path()))
        });
        all.sort_by_key(|commit| Reverse(commit.order));
        all
    }

    /// What a commit changed against its first parent.
    pub(crate) fn changes(&self, commit: &Commit) -> Vec<Change> {
        let parent = commit.parents.first().and_then(|sha| self.commits.get(sha));
        between(parent.map_or(&self.empty, |parent| &parent.tree), &commit.tree)
    }

    /// Both sides of a fork as one tree; `None` where they changed the same file in different ways.
    pub(crate) fn joined(&self, ours: &Commit, theirs: &Commit) -> Option<Tree> {
        let base = self
            .base(ours, theirs)
            .map_or_else(|| Arc::clone(&self.empty), |base| Arc::clone(&base.tree));
        let mut tree = Tree::clone(&ours.tree);
        for change in between(&base, &theirs.tree) {
            let path = change.path();
            let (was, is) = (base.get(path), ours.tree.get(path));
            match &change.after {
                wanted if was != is && is != wanted.as_ref() => return None,
                Some(blob) => drop(tree.insert(Arc::from(path), Arc::clone(blob))),
                None => drop(tree.remove(path)),
            }
        }
        Some(tree)
    }
}

/// An id of forty hexadecimal digits that follows from the parts.
pub(crate) fn digest(parts: &[&str]) -> String {
    let mut hasher = Sha256::new();
    for part in parts {
        hasher.update(part.as_bytes());
        hasher.update([0]);
    }
    hasher.finalize().iter().take(20).fold(String::new(), |mut id, byte| {
        // Writing to a string cannot fail.
        write!(id, "{byte:02x}").ok();
        id
    })
}
