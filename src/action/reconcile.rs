//! [`Desk::reconcile`]: closes what a crash left open, with what a look finds.

use std::time::Duration;

use super::desk::{Desk, UID};
use super::look::{self, Verdict};
use crate::audit::{Closing, Ledger, LedgerError};
use crate::domain::{
    Deed, Ending, FailureKind, Outcome, Proposal, Seen, Text, Timestamp, find_act,
};

/// An act that has been open for longer is nobody's any more. A living instance needs at most half a minute for the request
/// and a few seconds each for the token and the disk.
pub const ABANDONED_AFTER: Duration = Duration::from_mins(2);

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
            Ok(ledger) => ledger.left_open(),
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
    let act = find_act(&deed.act)?;
    let proposal = Proposal::new(act, act.target.read(&deed.target)?);
    let (uid, settings): (Vec<_>, Vec<_>) =
        deed.settings.iter().cloned().partition(|(name, _)| &**name == UID);
    let identity = uid.into_iter().next().map(|(_, uid)| uid);
    Some(Proposal { identity, settings, ..proposal })
}

/// What a look tells of an act that was left open for a while.
fn judge(proposal: &Proposal, seen: &Seen) -> Outcome {
    let act = proposal.act.name;
    let (ending, words) = match look::verdict_on(proposal, seen) {
        Verdict::Happened => (Ending::Done, "it happened"),
        Verdict::DidNot if leaves_a_trace(act) => (Ending::Failed, "it did not happen"),
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
    use crate::domain::act::fixture::deed;

    fn seen(state: &str, successor: Option<u64>) -> Seen {
        Seen { successor: successor.map(JobId), ..Seen::new(Text::new("test"), Text::new(state)) }
    }

    fn judged(act: &str, target: &str, settings: &[(&str, &str)], seen: &Seen) -> Ending {
        let text = |(name, value): &(&str, &str)| (Text::new(name), Text::new(value));
        let settings = settings.iter().map(text).collect();
        let deed = Deed { act: Text::new(act), target: Text::new(target), settings, ..deed(1) };
        judge(&proposal(&deed).expect("a known act"), seen).ending
    }

    fn pod(uid: &str) -> Seen {
        Seen { identity: Some(Text::new(uid)), ..seen("Running", None) }
    }

    #[test]
    fn a_pod_that_was_to_be_deleted_is_told_by_its_recorded_identity() {
        let told = |uid| judged("pod.delete", "ci/ns/p", &[("uid", "u1")], &pod(uid));
        assert_eq!((told("u1"), told("u2")), (Ending::Failed, Ending::Done));
    }

    #[test]
    fn a_node_that_has_another_identity_now_tells_nothing() {
        let cordoned = Seen { facts: vec![(Text::new("cordoned"), Text::new("yes"))], ..pod("u1") };
        let told = |uid| judged("node.cordon", "ci/n", &[("uid", uid)], &cordoned);
        assert_eq!((told("u1"), told("u2")), (Ending::Done, Ending::Unknown));
    }

    #[test]
    fn what_leaves_a_trace_is_told_either_way() {
        assert_eq!(judged("job.retry", "acme/shop#1", &[], &seen("failed", Some(9))), Ending::Done);
        assert_eq!(judged("job.retry", "acme/shop#1", &[], &seen("failed", None)), Ending::Failed);
    }

    #[test]
    fn what_may_have_been_taken_back_since_is_unknown() {
        assert_eq!(judged("runner.pause", "7", &[], &seen("paused", None)), Ending::Done);
        assert_eq!(judged("runner.pause", "7", &[], &seen("active", None)), Ending::Unknown);
    }
}
