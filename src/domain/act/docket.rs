//! [`Docket`]: what the register and its project hold about one exception, as a look before an act found it.

use crate::domain::{Record, Text};

/// The name under which the ledger has which of its changing requests an act sent.
pub const STEP: &str = "step";

/// What the register and its project hold about one exception.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Docket {
    /// Its file on the register's branch; the reason where that is there and cannot be read.
    pub kept: Option<Result<KeptFile, Text>>,
    /// The records that it renews, the newest first, as far as they are in the register.
    pub chain: Vec<Record>,
    /// Branches that earlier requests about it left.
    pub left: Vec<LeftBranch>,
    /// Our username, as GitLab tells it; the reason where it does not.
    pub own: Option<Result<Text, Text>>,
}

/// A file of the register as it lies on its branch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeptFile {
    /// Its path from the root of the repository.
    pub path: Text,
    /// What it holds, to the letter: never shown, only sent back with what is added to it.
    pub text: String,
    /// The last commit that touched it; `last_commit_id` of GitLab.
    pub last_commit: Text,
    /// The record that it holds.
    pub record: Record,
}

/// A branch on which something was asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LeftBranch {
    /// Its name.
    pub name: Text,
    /// The record that it would leave in the register; none where it cannot be read.
    pub record: Option<Record>,
    /// The merge requests from it into the register's branch, the newest first.
    pub requests: Vec<OpenedRequest>,
}

/// A merge request from a branch, in short.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpenedRequest {
    /// Its number within the project.
    pub iid: u64,
    /// `opened`, `closed`, `merged`, `locked`.
    pub state: Text,
    /// Its page.
    pub url: Text,
}
