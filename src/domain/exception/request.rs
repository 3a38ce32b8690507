//! [`Request`]: a merge request that touches the register, with what is needed to decide about it.

use super::{Flaw, Record};
use crate::domain::{RequestId, Status, Text, Timestamp};

/// What a merge request would do to the register.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Errand {
    /// Add a record that renews none.
    Grant,
    /// Add a record that renews another.
    Renew,
    /// Set the revocation of a record.
    Revoke,
    /// Say that a record is over with.
    Close,
    /// Change a record in any other way: what was granted, after the fact.
    Amend,
    /// Remove a record.
    Remove,
}

impl Errand {
    /// Its word, also in JSON and filters.
    pub fn word(self) -> &'static str {
        match self {
            Errand::Grant => "grant",
            Errand::Renew => "renew",
            Errand::Revoke => "revoke",
            Errand::Close => "close",
            Errand::Amend => "amend",
            Errand::Remove => "remove",
        }
    }
}

/// A file of the register as a merge request would leave it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proposed {
    /// The file.
    pub path: Text,
    /// What is done to it.
    pub errand: Errand,
    /// The record after it; none where it cannot be read (`flaws` say why) or is removed.
    pub record: Option<Record>,
    /// The record before it, where there was one.
    pub before: Option<Record>,
    /// The lines of the difference at the head commit, unified, each made inert.
    pub diff: Vec<Text>,
    /// What is wrong with it.
    pub flaws: Vec<Flaw>,
}

/// That somebody approved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Approval {
    /// The username.
    pub by: Text,
    /// When; `approved_at` of GitLab, where it says so.
    pub at: Option<Timestamp>,
}

/// A rule of GitLab about who has to approve.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApprovalRule {
    /// Its name.
    pub name: Text,
    /// How many have to.
    pub required: u32,
    /// Usernames of who may.
    pub eligible: Vec<Text>,
    /// Usernames of who did.
    pub approved_by: Vec<Text>,
    /// Whether it is satisfied.
    pub is_approved: bool,
}

/// How far the approvals are.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Approvals {
    /// How many GitLab demands; none where this GitLab has no rules (Free) or does not tell.
    pub required: Option<u32>,
    /// How many are missing, by GitLab's count.
    pub left: Option<u32>,
    /// Who approved.
    pub given: Vec<Approval>,
    /// The rules, where this GitLab has them.
    pub rules: Vec<ApprovalRule>,
}

/// Why somebody may not approve.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Bar {
    /// The author of the merge request.
    Author,
    /// The author of one of its commits.
    CommitAuthor,
    /// The committer of one of its commits.
    Committer,
    /// The requester that the record names.
    Requester,
    /// One of the record's beneficiaries.
    Beneficiary,
    /// Nobody knows who it is: a commit's address belongs to no user.
    Unmappable,
    /// A bot, a service account or a token's user.
    Bot,
}

/// Somebody who may not approve.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Barred {
    /// The username, or what a commit says where it belongs to nobody.
    pub who: Text,
    /// Why.
    pub why: Bar,
}

/// Whether a merge request can be merged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum MergeStand {
    /// Now.
    Ready,
    /// GitLab is still finding out; it resolves by itself.
    Waiting,
    /// Not before something is done. Words that are not known count as this.
    Blocked,
}

/// What GitLab says about merging.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MergeStatus {
    /// GitLab's word, `detailed_merge_status`, verbatim.
    pub word: Text,
    /// The same as a sentence for a person, with what would cure it.
    pub meaning: Text,
    /// Whether it can be merged.
    pub stand: MergeStand,
}

/// A merge request that touches the register.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// The full path of the register's project.
    pub project: Text,
    /// The number of the merge request within it.
    pub iid: u64,
    /// Its title.
    pub title: Text,
    /// Its page.
    pub url: Text,
    /// The username of its author.
    pub author: Text,
    /// Whether its author is a bot, a service account or a token's user.
    pub is_by_bot: bool,
    /// Whether it is marked as a draft.
    pub is_draft: bool,
    /// The branch that it comes from.
    pub source_branch: Text,
    /// The head commit: what is reviewed, and what an approval is pinned to.
    pub head: Text,
    /// When it was opened.
    pub opened_at: Timestamp,
    /// When anything about it last changed.
    pub updated_at: Timestamp,
    /// The files of the register that it touches.
    pub files: Vec<Proposed>,
    /// Files outside the register that it touches as well.
    pub elsewhere: Vec<Text>,
    /// How far the approvals are.
    pub approvals: Approvals,
    /// Who may not approve it, and why; each person once for each reason.
    pub barred: Vec<Barred>,
    /// Why whoever the token stands for may not approve it; none where they may, as far as is known.
    pub blocked_for_me: Option<Text>,
    /// Whether it can be merged.
    pub merge: MergeStatus,
    /// How its newest pipeline stands; none where there is none.
    pub pipeline: Option<Status>,
    /// Whether it conflicts with the branch that it goes to.
    pub has_conflicts: bool,
    /// What could not be read about it, a sentence each.
    pub missing: Vec<Text>,
}

impl Request {
    /// Its address.
    pub fn id(&self) -> RequestId {
        RequestId::of(&[&self.project, &self.iid.to_string()])
    }
}
