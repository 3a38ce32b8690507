//! [`Desk::reconcile`]: closes what a crash left open, with what a look finds.

use super::desk::{Desk, SHA, UID};
use super::look::{self, Verdict};
pub use crate::audit::ABANDONED_AFTER;
use crate::audit::{Closing, Ledger, LedgerError, Progress};
use crate::domain::{
    Deed, Ending, FailureKind, Outcome, Proposal, Seen, TargetKind, Text, Timestamp, find_act,
    find_step,
};

/// An act that was found open, and what was done about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reconciled {
    /// The act, as it was found.
    pub deed: Deed,
    /// What was done about it.
    pub result: Found,
}

/// What was done about an act that was found open.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Found {
    /// It was looked at and closed.
    Closed(Outcome),
    /// It is younger than [`ABANDONED_AFTER`]: another instance may be at it, so it was left alone.
    UnderWay,
    /// Its target could not be looked at, and why. It stays open until the next look.
    Unseen(Text),
    /// It was looked at, but the outcome could not be written, and why. It stays open.
    Unrecorded(Text),
}

impl Desk {
    /// Looks at every act that a crash left open, and closes it with what is found. Nothing is sent but questions.
    ///
    /// # Errors
    /// Why the ledger cannot be read. Where there is none, there is nothing to do.
    pub async fn reconcile(&self, now: Timestamp) -> Result<Vec<Reconciled>, LedgerError> {
        let mut done = Vec::new();
        for deed in self.open_deeds().await? {
            let result =
                if is_abandoned(&deed, now) { self.clear_up(&deed).await } else { Found::UnderWay };
            done.push(Reconciled { deed, result });
        }
        Ok(done)
    }

    async fn open_deeds(&self) -> Result<Vec<Deed>, LedgerError> {
        let path = self.ledger().to_path_buf();
        let read = tokio::task::spawn_blocking(move || match Ledger::read_at(&path) {
            // What says which acts are open must hold before anything is closed by it.
            Ok(ledger) => {
                Ledger::sound(&path, Progress::default())?;
                ledger.left_open()
            }
            Err(LedgerError::Absent { .. }) => Ok(Vec::new()),
            Err(error) => Err(error),
        });
        // A thread that broke off has read nothing; the next start reads again.
        read.await.unwrap_or_else(|_| Ok(Vec::new()))
    }

    async fn clear_up(&self, deed: &Deed) -> Found {
        let outcome = match proposal(deed) {
            None => outcome(Ending::Unknown, "this version does not know such an act"),
            Some(proposal) => match self.look(&proposal.target).await {
                Ok(seen) => judge(&proposal, &seen),
                Err(error) if error.kind == FailureKind::NotFound => {
                    outcome(Ending::Unknown, "its target is gone: that cannot be told")
                }
                Err(error) => return Found::Unseen(Text::new(&error.to_string())),
            },
        };
        match self.close(Closing { of: deed.seq, outcome: outcome.clone() }).await {
            None => Found::Closed(outcome),
            Some(why) => Found::Unrecorded(why),
        }
    }
}

fn is_abandoned(deed: &Deed, now: Timestamp) -> bool {
    now.duration_since(deed.at)
        >= jiff::SignedDuration::try_from(ABANDONED_AFTER).unwrap_or_default()
}

/// What was proposed, as far as its record tells.
fn proposal(deed: &Deed) -> Option<Proposal> {
    let act = find_act(&deed.act).or_else(|| find_step(&deed.act))?;
    let settings = deed.settings.clone();
    let reason = deed.reason.clone();
    let bare = Proposal { settings, reason, ..Proposal::new(act, act.target.read(&deed.target)?) };
    let identity = bare.setting(UID).or_else(|| bare.setting(SHA)).cloned();
    Some(Proposal { identity, ..bare })
}

/// What a look tells of an act that was left open for a while.
fn judge(proposal: &Proposal, seen: &Seen) -> Outcome {
    // Where names are used again, what is there tells nothing of an object that was never named by its own.
    let is_anyones = matches!(proposal.act.target, TargetKind::Pod | TargetKind::Node)
        && proposal.identity.is_none();
    let (ending, words) = match look::verdict_on(proposal, seen) {
        Verdict::DidNot | Verdict::CannotTell if is_anyones => {
            (Ending::Unknown, "that cannot be told")
        }
        Verdict::Happened => (Ending::Done, "it happened"),
        Verdict::DidNot if leaves_a_trace(proposal.act.name) => {
            (Ending::Failed, "it did not happen")
        }
        // It may have happened and been taken back since.
        Verdict::DidNot | Verdict::CannotTell => (Ending::Unknown, "that cannot be told"),
    };
    outcome(ending, &format!("{words} (now {})", seen.state))
}

/// Whether an act can still be seen long after it was done, whatever happened since.
fn leaves_a_trace(act: &str) -> bool {
    matches!(
        act,
        "job.retry"
            | "job.cancel"
            | "job.play"
            | "deployment.approve"
            | "deployment.reject"
            | "pod.delete"
            // Alertmanager keeps what has ended for days.
            | "silence.create"
            | "silence.expire"
            | "exception.merge"
    )
}

fn outcome(ending: Ending, found: &str) -> Outcome {
    let message = Text::new(&format!("left open by a crash; looked again: {found}"));
    Outcome { ending, status: None, message: Some(message) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::JobId;
    use crate::domain::act::fixture;

    fn seen(state: &str, successor: Option<u64>) -> Seen {
        Seen { successor: successor.map(JobId), ..Seen::new(Text::new("test"), Text::new(state)) }
    }

    /// An object with this UID, and a fact about it.
    fn object(uid: &str, state: &str, (name, told): (&str, &str)) -> Seen {
        let facts = vec![(Text::new(name), Text::new(told))];
        Seen { identity: Some(Text::new(uid)), facts, ..seen(state, None) }
    }

    /// How an act ended that was recorded so, by what is seen now.
    fn ending(act: &str, target: &str, settings: &[(&str, &str)], seen: &Seen) -> Ending {
        let settings = settings.iter().map(|(name, value)| (Text::new(name), Text::new(value)));
        let deed = Deed {
            act: Text::new(act),
            target: Text::new(target),
            settings: settings.collect(),
            ..fixture::deed(1)
        };
        judge(&proposal(&deed).unwrap(), seen).ending
    }

    #[test]
    fn what_leaves_a_trace_is_told_either_way() {
        let retried = |newer| ending("job.retry", "acme/shop#7", &[], &seen("failed", newer));
        assert_eq!(retried(Some(9)), Ending::Done);
        assert_eq!(retried(None), Ending::Failed);
    }

    #[test]
    fn what_may_have_been_taken_back_since_is_unknown() {
        let paused = |state| ending("runner.pause", "7", &[], &seen(state, None));
        assert_eq!(paused("paused"), Ending::Done);
        assert_eq!(paused("active"), Ending::Unknown);
    }

    #[test]
    fn a_pod_that_is_gone_or_another_was_deleted_and_the_same_one_was_not() {
        let deleted = |settings: &[(&str, &str)], seen: &Seen| {
            ending("pod.delete", "ci/ci-standard/p", settings, seen)
        };
        let there = object("u-1", "Running", ("node", "n"));
        assert_eq!(deleted(&[("uid", "u-1")], &seen("gone", None)), Ending::Done);
        assert_eq!(deleted(&[("uid", "u-0")], &there), Ending::Done);
        assert_eq!(deleted(&[("uid", "u-1")], &there), Ending::Failed);
        assert_eq!(deleted(&[], &there), Ending::Unknown);
    }

    #[test]
    fn a_node_tells_of_a_cordon_only_where_it_is_the_one_that_was_meant() {
        let ended = |act, uid, cordoned| {
            let seen = object("u-1", "Ready", ("cordoned", cordoned));
            ending(act, "ci/n", &[("uid", uid)], &seen)
        };
        assert_eq!(ended("node.cordon", "u-1", "yes"), Ending::Done);
        assert_eq!(ended("node.uncordon", "u-1", "no"), Ending::Done);
        assert_eq!(ended("node.cordon", "u-1", "no"), Ending::Unknown);
        assert_eq!(ended("node.cordon", "u-0", "yes"), Ending::Unknown);
    }

    #[test]
    fn a_node_group_of_the_sizes_that_were_asked_for_was_resized() {
        let resized = |asked| {
            let seen = Seen {
                facts: vec![(Text::new("desired"), Text::new("6"))],
                ..seen("ACTIVE", None)
            };
            ending("nodegroup.scale", "ci/g", &[("desired", asked)], &seen)
        };
        assert_eq!(resized("6"), Ending::Done);
        assert_eq!(resized("7"), Ending::Unknown);
    }
}
