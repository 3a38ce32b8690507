//! What GitLab's word for "can this be merged" means to a person, and what would cure it.

use super::{MergeStand, MergeStatus};
use crate::domain::Text;

/// Every word of `detailed_merge_status` that is known, whether it passes by itself, and what it means.
///
/// Source: GitLab's REST documentation of merge requests, "Merge status".
#[rustfmt::skip] // Read as a table.
const WORDS: &[(&str, MergeStand, &str)] = &[
    ("mergeable", MergeStand::Ready, "it can be merged"),
    ("unchecked", MergeStand::Waiting, "GitLab has not looked yet whether it can be merged"),
    ("checking", MergeStand::Waiting, "GitLab is looking whether it can be merged"),
    ("preparing", MergeStand::Waiting, "GitLab is still making its difference"),
    ("approvals_syncing", MergeStand::Waiting, "GitLab is working out its approvals"),
    ("ci_still_running", MergeStand::Waiting, "its pipeline runs"),
    ("not_approved", MergeStand::Blocked, "approvals are missing"),
    ("requested_changes", MergeStand::Blocked, "a reviewer asks for changes: they have to approve it or take that back"),
    ("ci_must_pass", MergeStand::Blocked, "its pipeline has to pass first"),
    ("conflict", MergeStand::Blocked, "it conflicts with the branch: its author has to rebase it"),
    ("need_rebase", MergeStand::Blocked, "it has to be rebased first"),
    ("draft_status", MergeStand::Blocked, "it is a draft: its author has to mark it as ready"),
    ("discussions_not_resolved", MergeStand::Blocked, "a discussion is open: resolve it first"),
    ("merge_request_blocked", MergeStand::Blocked, "another merge request has to be merged first"),
    ("status_checks_must_pass", MergeStand::Blocked, "an external status check has to pass"),
    ("security_policy_violations", MergeStand::Blocked, "it violates a security policy: that has to be resolved or approved"),
    ("security_policy_pipeline_check", MergeStand::Blocked, "the pipeline that a security policy demands has to pass"),
    ("jira_association_missing", MergeStand::Blocked, "its title or description has to name an issue of Jira"),
    ("locked_paths", MergeStand::Blocked, "somebody holds a lock on a file of it"),
    ("locked_lfs_files", MergeStand::Blocked, "somebody holds a lock on a large file of it"),
    ("policies_denied", MergeStand::Blocked, "a policy denies it"),
    ("not_open", MergeStand::Blocked, "it is not open any more"),
    ("merge_time", MergeStand::Blocked, "it may not be merged before a time that its author set"),
    ("title_regex", MergeStand::Blocked, "its title does not have the form that the project demands"),
    ("commits_status", MergeStand::Blocked, "its source branch is gone, or has no commits"),
];

impl MergeStatus {
    /// What GitLab's word means. A word that is not known blocks: it is told verbatim.
    pub fn of(word: &str) -> MergeStatus {
        let known = WORDS.iter().find(|(name, ..)| *name == word);
        let (stand, meaning) = known.map_or(
            (
                MergeStand::Blocked,
                "GitLab says so, and this version does not know the word: look at its page",
            ),
            |(_, stand, meaning)| (*stand, *meaning),
        );
        MergeStatus { word: Text::new(word), meaning: Text::new(meaning), stand }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_mergeable_is_ready() {
        let ready = WORDS.iter().filter(|(_, stand, _)| *stand == MergeStand::Ready);
        assert_eq!(ready.map(|(word, ..)| *word).collect::<Vec<_>>(), ["mergeable"]);
    }

    #[test]
    fn a_word_that_is_not_known_blocks_and_is_told_verbatim() {
        let status = MergeStatus::of("moon_phase");
        assert_eq!((status.stand, status.word), (MergeStand::Blocked, Text::new("moon_phase")));
    }

    #[test]
    fn what_passes_by_itself_is_waited_for() {
        for word in ["unchecked", "checking", "preparing", "approvals_syncing", "ci_still_running"]
        {
            assert_eq!(MergeStatus::of(word).stand, MergeStand::Waiting, "{word}");
        }
    }
}
