//! Writing the outcome of an act down; where its answer was lost, after a look at what became of it.

use std::path::PathBuf;
use std::time::Duration;

use super::desk::{Desk, Refused};
use super::look::{self, Verdict};
use crate::api::Error;
use crate::audit::{Closing, Ledger, LedgerError};
use crate::domain::{ActReport as Report, Ending, Outcome, Proposal, Seen, Text, Timestamp};

/// How long to wait before each further look at what became of a lost answer: a platform that did not answer a request
/// may not answer a question either for a moment, or be still at it.
const PAUSES: [Duration; 3] =
    [Duration::from_millis(300), Duration::from_secs(1), Duration::from_secs(3)];

impl Desk {
    /// Writes the outcome down; where the answer was lost, looks first what became of it.
    pub(super) async fn settle(
        &self,
        proposal: &Proposal,
        closing: Closing,
    ) -> Result<Report, Refused> {
        let seq = closing.of;
        let unrecorded = self.close(closing.clone()).await;
        let outcome = closing.outcome;
        if outcome.ending != Ending::Unknown {
            let after = self.look(&proposal.target).await.ok();
            return Ok(Report { seq, outcome, after, unrecorded });
        }
        let found = self.look_until_told(proposal).await;
        let outcome = cleared_up(&outcome, proposal, &found);
        // The later word on an act is the one that counts: that it could not be written is what matters.
        let unrecorded = self.close(Closing { of: seq, outcome: outcome.clone() }).await;
        Ok(Report { seq, outcome, after: found.ok(), unrecorded })
    }

    /// Looks at what became of an act until it is seen to have happened, or long enough.
    async fn look_until_told(&self, proposal: &Proposal) -> Result<Seen, Error> {
        let mut found = self.look(&proposal.target).await;
        for pause in PAUSES {
            let happened = |seen: &Seen| look::verdict_on(proposal, seen) == Verdict::Happened;
            if found.as_ref().is_ok_and(happened) {
                break;
            }
            tokio::time::sleep(pause).await;
            // What was seen once is not given up for a failure to look again.
            match self.look(&proposal.target).await {
                Err(_) if found.is_ok() => {}
                newer => found = newer,
            }
        }
        found
    }

    /// Writes an outcome down; gives the reason why that failed, if it did.
    pub(super) async fn close(&self, closing: Closing) -> Option<Text> {
        let (path, now): (PathBuf, Timestamp) = (self.ledger().to_path_buf(), self.wiring.now());
        let closed = tokio::task::spawn_blocking(move || -> Result<(), LedgerError> {
            Ledger::open_at(&path)?.close(&closing, now)
        });
        match closed.await {
            Ok(Ok(())) => None,
            Ok(Err(error)) => Some(Text::new(&error.to_string())),
            Err(_) => Some(Text::new("the ledger's thread broke off")),
        }
    }
}

/// An unknown outcome after a look.
fn cleared_up(outcome: &Outcome, proposal: &Proposal, found: &Result<Seen, Error>) -> Outcome {
    let before = outcome.message.as_deref().unwrap_or("the answer was lost");
    let (ending, words) = match found {
        Err(error) => (Ending::Unknown, format!("it could not be looked at since: {error}")),
        Ok(seen) => {
            let (ending, told) = match look::verdict_on(proposal, seen) {
                Verdict::Happened => (Ending::Done, "it happened"),
                // A proxy may answer for a platform that is still at it: what has not happened yet may happen.
                Verdict::DidNot => (Ending::Unknown, "it has not happened so far, and may still"),
                Verdict::CannotTell => (Ending::Unknown, "that cannot be told"),
            };
            (ending, format!("looked again: {told} (now {})", seen.state))
        }
    };
    let message = Text::new(&format!("{before}; {words}"));
    Outcome { ending, status: outcome.status, message: Some(message) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{FailureKind, JobId, Target, find_act};

    fn lost() -> (Outcome, Proposal) {
        let outcome = Outcome {
            ending: Ending::Unknown,
            status: None,
            message: Some(Text::new("the answer was lost")),
        };
        let target = Target::Job(Text::new("acme/shop"), JobId(1));
        (outcome, Proposal::new(find_act("job.cancel").unwrap(), target))
    }

    fn told(found: &Result<Seen, Error>) -> (Ending, String) {
        let (outcome, proposal) = lost();
        let outcome = cleared_up(&outcome, &proposal, found);
        (outcome.ending, outcome.message.unwrap().to_string())
    }

    #[test]
    fn a_lost_answer_is_told_by_what_is_there_now() {
        let seen = |state: &str| Ok(Seen::new(Text::new("unit"), Text::new(state)));
        assert_eq!(
            told(&seen("canceled")),
            (
                Ending::Done,
                "the answer was lost; looked again: it happened (now canceled)".to_owned()
            )
        );
        assert_eq!(told(&seen("running")).0, Ending::Unknown);
        assert_eq!(told(&seen("success")).0, Ending::Unknown);
    }

    #[test]
    fn what_could_not_be_looked_at_since_says_so() {
        let (ending, words) = told(&Err(Error::new(FailureKind::Connect, "refused")));
        assert_eq!(ending, Ending::Unknown);
        assert!(
            words.starts_with("the answer was lost; it could not be looked at since"),
            "{words}"
        );
    }
}
