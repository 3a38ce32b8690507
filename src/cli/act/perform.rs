//! Looking at the targets, and doing what was confirmed, one after the other.

use std::io::Write;
use std::slice;

use tokio::signal::unix::{Signal, SignalKind, signal};

use super::sheet::{Done, Line, Sheet};
use crate::action::{Desk, Found, Gate, Reconciled, Refused};
use crate::api;
use crate::domain::{ActReport, Confirmation, Deed, Proposal, Seen, Text, Timestamp, Wire};

/// A proposal whose target was looked at.
#[derive(Debug, Clone)]
pub(super) struct Looked {
    /// What is to be done, its target frozen as it was seen.
    pub(super) proposal: Proposal,
    /// The target as it was asked for.
    pub(super) asked: String,
    /// The target in full, by the name that its platform has for it.
    pub(super) target: String,
    /// What is chosen beside: of variables the names alone.
    pub(super) recorded: Vec<(Text, Text)>,
    /// What was seen, or why nothing could be.
    pub(super) seen: Result<Seen, api::Error>,
    /// Why it would be refused as it stands there, if so.
    pub(super) objection: Option<String>,
    /// What would be sent.
    pub(super) wire: Option<Wire>,
}

/// Closes what a crash left open, as far as a look can tell, and says so. Only questions are sent.
pub(super) async fn clear_up(desk: &Desk, now: Timestamp, err: &mut dyn Write) {
    let found = match desk.reconcile(now).await {
        Ok(found) => found,
        Err(error) => {
            // An act that cannot be recorded is refused by the desk itself.
            writeln!(err, "note: what was left open cannot be read: {error}").ok();
            return;
        }
    };
    for Reconciled { deed, result } in found {
        let Deed { seq, act, target, .. } = deed;
        let told = match result {
            // Whether it is in the way of what is asked for, the ledger tells.
            Found::UnderWay => continue,
            Found::Closed(outcome) => {
                let message =
                    outcome.message.map_or_else(String::new, |message| format!(": {message}"));
                format!("is closed as {}{message}", outcome.ending)
            }
            Found::Unseen(why) => format!("stays open, its target cannot be looked at: {why}"),
            Found::Unrecorded(why) => format!("stays open, it cannot be recorded: {why}"),
        };
        // Whether anybody reads this does not matter to what was found.
        writeln!(err, "note: record {seq} ({act} of {target}) {told}").ok();
    }
}

/// Looks at every target; what is seen of each is frozen into its proposal.
pub(super) async fn look(desk: &Desk, proposals: Vec<Proposal>) -> Vec<Looked> {
    let mut looked = Vec::with_capacity(proposals.len());
    for proposal in proposals {
        let seen = desk.look(&proposal.target).await;
        let properly = seen.as_ref().ok().and_then(|seen| seen.properly.clone());
        let asked = proposal.target.to_string();
        let proposal = Proposal {
            target: properly.map_or_else(|| proposal.target.clone(), |target| *target),
            identity: (proposal.identity.clone())
                .or_else(|| seen.as_ref().ok().and_then(|seen| seen.identity.clone())),
            called: seen.as_ref().ok().and_then(|seen| seen.called().cloned()),
            protected: seen.as_ref().map_or(true, |seen| desk.wants_words(&proposal, seen)),
            ..proposal
        };
        let (target, wire) = (proposal.target.to_string(), desk.wire(&proposal));
        let objection = seen.as_ref().ok().and_then(|seen| desk.objection(&proposal, seen));
        let recorded = proposal.recorded();
        looked.push(Looked { proposal, asked, target, recorded, seen, objection, wire });
    }
    looked
}

/// Does what was confirmed, one after the other. An interrupt lets what is under way come to its end and its record,
/// and sends nothing more; a second one does not wait.
pub(super) async fn perform(
    desk: &Desk,
    gate: &Gate,
    looked: Vec<Looked>,
    err: &mut dyn Write,
) -> Sheet {
    let mut sheet = Sheet::default();
    // Where no signal can be listened to, an interrupt ends the program as ever; the record stays open then.
    let mut interrupt = signal(SignalKind::interrupt()).ok();
    for one in looked {
        if sheet.is_interrupted {
            sheet.lines.push(Line::unsent(one, "interrupted before it was sent"));
            continue;
        }
        let alone = alone(&one.proposal);
        let doing = desk.perform(gate, slice::from_ref(&alone));
        tokio::pin!(doing);
        let ended = tokio::select! { biased;
            ended = &mut doing => Some(ended),
            () = come(&mut interrupt) => {
                sheet.is_interrupted = true;
                let words = "note: what was sent is waited for and recorded, nothing more is sent";
                // Whether anybody reads this does not matter to the act.
                writeln!(err, "{words}").ok();
                tokio::select! {
                    ended = &mut doing => Some(ended),
                    () = come(&mut interrupt) => None,
                }
            }
        };
        sheet.lines.push(Line::of(one, ended.map(only)));
    }
    sheet
}

/// Waits for an interrupt.
async fn come(interrupt: &mut Option<Signal>) {
    match interrupt {
        Some(interrupt) => _ = interrupt.recv().await,
        None => std::future::pending().await,
    }
}

/// One of several that were confirmed by their number, each of them named in full on the command line.
fn alone(proposal: &Proposal) -> Proposal {
    match proposal.confirmation() {
        Confirmation::Key => proposal.clone(),
        Confirmation::Typed(name) => Proposal { typed: Some(name), ..proposal.clone() },
    }
}

/// The one report on one proposal.
fn only(ended: Result<Vec<Result<ActReport, Refused>>, Refused>) -> Done {
    let nothing = || Err(Refused::Unable("the desk gave no answer"));
    ended.and_then(|mut reports| reports.pop().unwrap_or_else(nothing))
}
