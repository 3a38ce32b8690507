//! [`History`]: how a record came to say what it says, from git and GitLab, read on demand.

use super::{Approval, is_same_person};
use crate::domain::{Text, Timestamp};

/// How a record came to say what it says.
#[derive(Debug, Clone, PartialEq)]
pub enum History {
    /// It was asked for and has not come yet.
    Asked,
    /// It could not be read: why, and what to do next.
    Failed {
        /// Why.
        why: Text,
        /// What to do next.
        hint: Text,
        /// When.
        at: Timestamp,
    },
    /// It was read.
    Read(Chronicle),
}

impl History {
    /// When it was read, or failed; `None` while it is waited for.
    pub fn at(&self) -> Option<Timestamp> {
        match self {
            History::Asked => None,
            History::Failed { at, .. } => Some(*at),
            History::Read(chronicle) => Some(chronicle.at),
        }
    }
}

/// What was read of a record's past.
#[derive(Debug, Clone, PartialEq)]
pub struct Chronicle {
    /// When it was read.
    pub at: Timestamp,
    /// What changed it, the newest first.
    pub chapters: Vec<Chapter>,
    /// Whether there is nothing before that.
    pub is_whole: bool,
}

/// Commits to a record that came in together.
#[derive(Debug, Clone, PartialEq)]
pub struct Chapter {
    /// The merge request that brought them; none where they were pushed past it, or that could not be read.
    pub merged: Option<Merged>,
    /// The commits, the newest first.
    pub commits: Vec<RecordCommit>,
    /// What could not be read about them.
    pub missing: Option<Text>,
}

/// A commit that touched a record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecordCommit {
    /// Its id, `id`.
    pub id: Text,
    /// The first line of its message, `title`.
    pub title: Text,
    /// Whoever wrote it, as the commit itself says: `author_name`, which anybody may set.
    pub author: Text,
    /// `committed_date`.
    pub at: Option<Timestamp>,
}

/// A merge request that was merged.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Merged {
    /// Its number within the project.
    pub iid: u64,
    /// Its title.
    pub title: Text,
    /// Its page.
    pub url: Text,
    /// The username of its author; empty where GitLab does not tell.
    pub author: Text,
    /// The username of whoever merged it, `merge_user`; none where GitLab does not tell.
    pub by: Option<Text>,
    /// When, `merged_at`.
    pub at: Option<Timestamp>,
    /// Who approved it and when; none where that was not read.
    pub approvals: Option<Vec<Approval>>,
}

impl Merged {
    /// Whether its author merged it.
    pub fn is_by_its_author(&self) -> bool {
        self.by.as_deref().is_some_and(|by| is_same_person(by, &self.author))
    }

    /// Whether somebody else than its author approved it; unknown where approvals were not read.
    pub fn is_approved_by_another(&self) -> Option<bool> {
        let given = self.approvals.as_ref()?;
        Some(given.iter().any(|one| !is_same_person(&one.by, &self.author)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn merged(author: &str, by: Option<&str>, approved: Option<&[&str]>) -> Merged {
        let approval = |by: &&str| Approval { by: Text::new(by), at: None };
        Merged {
            iid: 7,
            title: Text::new("ask"),
            url: Text::new("https://g/7"),
            author: Text::new(author),
            by: by.map(Text::new),
            at: None,
            approvals: approved.map(|all| all.iter().map(approval).collect()),
        }
    }

    #[test]
    fn an_author_who_merges_is_found_whatever_the_capitals() {
        assert!(merged("Ada", Some("ada"), None).is_by_its_author());
        assert!(!merged("ada", Some("wei"), None).is_by_its_author());
        assert!(!merged("ada", None, None).is_by_its_author());
    }

    #[test]
    fn an_own_approval_is_none_of_anothers() {
        assert_eq!(merged("ada", None, Some(&["ADA"])).is_approved_by_another(), Some(false));
        assert_eq!(merged("ada", None, Some(&["ada", "wei"])).is_approved_by_another(), Some(true));
        assert_eq!(merged("ada", None, None).is_approved_by_another(), None);
    }
}
