//! [`Desk::reconcile`]: closes what a crash left open, with what a look finds.

use std::time::Duration;

use super::desk::Desk;
use super::look::{self, Verdict};
use crate::audit::{Closing, Ledger, LedgerError};
use crate::domain::{Deed, Ending, FailureKind, Outcome, Seen, Target, Text, Timestamp, find_act};

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
            Ok(ledger) => ledger.deeds(),
            Err(LedgerError::Absent { .. }) => Ok(Vec::new()),
            Err(error) => Err(error),
        });
        // A thread that broke off has read nothing; the next start reads again.
        let mut deeds = read.await.unwrap_or_else(|_| Ok(Vec::new()))?;
        deeds.retain(|deed| deed.outcome.is_none());
        Ok(deeds)
    }

    async fn clear_up(&self, deed: &Deed) -> Found {
        let outcome = match target(deed) {
            None => outcome(Ending::Unknown, "this version does not know such an act"),
            Some(target) => match self.look(&target).await {
                Ok(seen) => judge(&deed.act, &seen),
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

fn target(deed: &Deed) -> Option<Target> {
    find_act(&deed.act)?.target.read(&deed.target)
}

/// What a look tells of an act that was left open for a while.
fn judge(act: &str, seen: &Seen) -> Outcome {
    let (ending, words) = match look::verdict(act, seen) {
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
        "job.retry" | "job.cancel" | "job.play" | "deployment.approve" | "deployment.reject"
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

    fn seen(state: &str, successor: Option<u64>) -> Seen {
        Seen { successor: successor.map(JobId), ..Seen::new(Text::new("test"), Text::new(state)) }
    }

    #[test]
    fn what_leaves_a_trace_is_told_either_way() {
        assert_eq!(judge("job.retry", &seen("failed", Some(9))).ending, Ending::Done);
        assert_eq!(judge("job.retry", &seen("failed", None)).ending, Ending::Failed);
    }

    #[test]
    fn what_may_have_been_taken_back_since_is_unknown() {
        assert_eq!(judge("runner.pause", &seen("paused", None)).ending, Ending::Done);
        assert_eq!(judge("runner.pause", &seen("active", None)).ending, Ending::Unknown);
    }
}
