//! Whether a merge request can be merged, in the words of `detailed_merge_status`.

use std::borrow::Cow;
use std::sync::Arc;

use super::super::World;
use super::super::git::{self, Commit};
use super::{MergeRequest, Standing};

impl World {
    /// The detailed merge status: what was forced on it, or what follows from how it stands.
    pub(crate) fn merge_status<'a>(&'a self, one: &'a MergeRequest) -> Cow<'a, str> {
        if one.standing != Standing::Opened {
            return Cow::Borrowed("not_open");
        }
        if let Some(forced) = one.forced.as_ref().or(self.review.merge_status.as_ref()) {
            return Cow::Borrowed(forced);
        }
        Cow::Borrowed(match self.pipeline_of(one) {
            _ if one.is_draft() => "draft_status",
            _ if self.has_conflicts(one) => "conflict",
            _ if one.disputed || self.review.disputed => "discussions_not_resolved",
            _ if self.approvals_left(one) > 0 => "not_approved",
            Some("running" | "pending" | "created") => "ci_still_running",
            None | Some("success" | "skipped") => "mergeable",
            Some(_) => "ci_must_pass",
        })
    }

    /// The state of the pipeline at its head.
    pub(crate) fn pipeline_of<'a>(&'a self, one: &'a MergeRequest) -> Option<&'a str> {
        self.review.pipeline.as_deref().or(one.pipeline.as_deref())
    }

    /// Whether its sides do not fit together.
    pub(crate) fn has_conflicts(&self, one: &MergeRequest) -> bool {
        if one.standing != Standing::Opened {
            return false;
        }
        let repository = self.repository(one.project);
        let ends = repository.find(&one.new.target).zip(repository.find(one.head()));
        ends.is_none_or(|(ours, theirs)| repository.joined(ours, theirs).is_none())
    }

    /// What it brings, newest first.
    pub(crate) fn commits_of(&self, one: &MergeRequest) -> Vec<Arc<Commit>> {
        let repository = self.repository(one.project);
        let ends = one.version().and_then(|version| {
            Some((repository.find(&version.start)?, repository.find(&version.head)?))
        });
        ends.map(|(start, head)| repository.ahead(start, head)).unwrap_or_default()
    }

    /// What it changes.
    pub(crate) fn changes_of(&self, one: &MergeRequest) -> Vec<git::Change> {
        let repository = self.repository(one.project);
        let ends = one.version().and_then(|version| {
            Some((repository.find(&version.base)?, repository.find(&version.head)?))
        });
        ends.map(|(base, head)| git::between(&base.tree, &head.tree)).unwrap_or_default()
    }
}
