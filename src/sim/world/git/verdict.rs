//! A commit that somebody asks for: what it does to which file, and why it cannot.

use std::sync::Arc;

use super::{Commit, Note, Repository, Tree};

/// What is done to a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Deed {
    Create,
    Update,
    Delete,
    Move,
}

/// A change of one file that somebody asks for.
pub(crate) struct Action {
    pub(crate) deed: Deed,
    pub(crate) path: String,
    pub(crate) text: Option<String>,
    /// Where a file that moves lies now.
    pub(crate) from: Option<String>,
    /// The last commit of the file as whoever asks knows it.
    pub(crate) last: Option<String>,
}

/// Why a commit cannot be, in the words of GitLab.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Wrong {
    #[error("A file with this name already exists")]
    Exists,
    #[error("A file with this name doesn't exist")]
    Absent,
    #[error("The file has changed since you started editing it: {0}")]
    Changed(String),
    #[error("A branch called '{0}' already exists. Switch to that branch in order to make changes")]
    BranchExists(String),
    #[error("You can only create or edit files when you are on a branch")]
    NoBranch,
    #[error("No files were changed")]
    Nothing,
}

impl Repository {
    /// Does what is asked on a branch, which begins at `start` where it is new.
    pub(crate) fn act(
        &mut self,
        (branch, start): (&str, Option<&str>),
        actions: &[Action],
        note: Note,
    ) -> Result<Arc<Commit>, Wrong> {
        let is_new = !self.branches.contains_key(branch);
        if !is_new && start.is_some_and(|start| start != branch) {
            return Err(Wrong::BranchExists(branch.to_owned()));
        }
        let from = if is_new { start.ok_or(Wrong::NoBranch)? } else { branch };
        let parent = Arc::clone(self.find(from).ok_or(Wrong::NoBranch)?);
        if actions.is_empty() {
            return Err(Wrong::Nothing);
        }
        let mut tree = Tree::clone(&parent.tree);
        for action in actions {
            self.apply(&parent, &mut tree, action)?;
        }
        Ok(self.commit(branch, vec![Arc::clone(&parent.sha)], tree, note))
    }

    fn apply(&mut self, parent: &Commit, tree: &mut Tree, action: &Action) -> Result<(), Wrong> {
        let path = action.path.as_str();
        let source = if action.deed == Deed::Move { action.from.as_deref() } else { Some(path) };
        if action.deed != Deed::Create {
            let source = source.filter(|path| tree.contains_key(*path)).ok_or(Wrong::Absent)?;
            if let Some(last) = &action.last
                && self.touching(parent, source).first().is_none_or(|one| &*one.sha != last)
            {
                return Err(Wrong::Changed(source.to_owned()));
            }
        }
        if matches!(action.deed, Deed::Create | Deed::Move) && tree.contains_key(path) {
            return Err(Wrong::Exists);
        }
        let old = match action.deed {
            Deed::Delete | Deed::Move => source.and_then(|path| tree.remove(path)),
            Deed::Create | Deed::Update => None,
        };
        if action.deed != Deed::Delete {
            let kept = old.filter(|_| action.text.is_none());
            let blob =
                kept.unwrap_or_else(|| self.keep(action.text.as_deref().unwrap_or_default()));
            tree.insert(Arc::from(path), blob);
        }
        Ok(())
    }
}
