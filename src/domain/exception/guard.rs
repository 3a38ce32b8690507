//! [`Guard`]: how far GitLab itself keeps apart who asks for an exception and who grants it.

use super::Merged;
use crate::domain::{Text, Timestamp};

/// A setting of the register's project by which GitLab lets pass what Watchfloor refuses.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Weakness {
    /// Approvals are optional: this GitLab has no rules for them.
    NoRules,
    /// The author of a merge request may approve it.
    AuthorMayApprove,
    /// Who committed to a merge request may approve it.
    CommitterMayApprove,
    /// Approvals stay when more is pushed.
    ApprovalsOutlivePushes,
}

impl Weakness {
    /// Its code, also in findings and `check`.
    pub fn code(self) -> &'static str {
        match self {
            Weakness::NoRules => "no-approval-rules",
            Weakness::AuthorMayApprove => "author-approval",
            Weakness::CommitterMayApprove => "committer-approval",
            Weakness::ApprovalsOutlivePushes => "approvals-outlive-pushes",
        }
    }

    /// What it lets pass, in one line.
    pub fn what(self) -> &'static str {
        match self {
            Weakness::NoRules => {
                "GitLab has no approval rules here (Free plan): approvals are optional"
            }
            Weakness::AuthorMayApprove => "GitLab lets authors approve their own merge requests",
            Weakness::CommitterMayApprove => "GitLab lets people approve what they committed to",
            Weakness::ApprovalsOutlivePushes => "GitLab keeps approvals when more is pushed",
        }
    }

    /// What would cure it, in one line.
    pub fn cure(self) -> &'static str {
        match self {
            Weakness::NoRules => {
                "approval rules need GitLab Premium; until then Watchfloor alone refuses, and only what is done through it"
            }
            Weakness::AuthorMayApprove => {
                "set Settings > Merge requests > Prevent approval by merge request creator"
            }
            Weakness::CommitterMayApprove => {
                "set Settings > Merge requests > Prevent approvals by users who add commits"
            }
            Weakness::ApprovalsOutlivePushes => {
                "set Settings > Merge requests > When a commit is added: remove all approvals"
            }
        }
    }
}

/// How GitLab guards the register's project.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Guard {
    /// The full path of the register's project.
    pub project: Text,
    /// When it was read.
    pub at: Timestamp,
    /// What it lets pass; none where the settings could not be read, which is no good news.
    pub weaknesses: Option<Vec<Weakness>>,
    /// Merge requests to the register that their authors merged, the newest first.
    pub self_merged: Vec<Merged>,
    /// What could not be read, a sentence each.
    pub missing: Vec<Text>,
}
