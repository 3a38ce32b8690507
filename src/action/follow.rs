//! [`Desk::go_on`]: acts that take a second request, each with its own record, and what is waited for after them.

use std::time::Duration;

use super::desk::{Desk, Refused};
use super::gate::Gate;
use super::look;
use crate::audit::Closing;
use crate::domain::{
    Act, ActReport as Report, Ending, Identity, Outcome, Proposal, Seen, Text, find_act, find_step,
};

/// How long it is waited before each further look at what GitLab does by itself: some ten seconds in all.
const LOOKS: [Duration; 5] = [
    Duration::from_millis(500),
    Duration::from_secs(1),
    Duration::from_secs(2),
    Duration::from_secs(3),
    Duration::from_secs(4),
];

/// What was done first, as whom, through which gate.
pub(super) struct Begun<'a> {
    /// The gate, and how many acts were confirmed together.
    pub(super) gate: (&'a Gate, usize),
    /// What was done, with the identity of the very object that it was done to.
    pub(super) proposal: &'a Proposal,
    /// Who we are.
    pub(super) known: &'a [Identity],
}

impl Desk {
    /// Goes on where an act takes more than one request, and its first one was done; and waits for what GitLab only took on.
    pub(super) async fn go_on(&self, begun: Begun<'_>, first: Report) -> Report {
        if first.outcome.ending != Ending::Done || first.unrecorded.is_some() {
            return first;
        }
        match begun.proposal.act.name {
            "exception.approve" => self.merge_after(begun, first).await,
            "exception.merge" => self.until_merged(begun.proposal, first).await,
            "exception.refuse" | "exception.withdraw" => self.close_after(begun, first).await,
            _ => first,
        }
    }

    /// Merges what was just approved, where GitLab allows it.
    async fn merge_after(&self, begun: Begun<'_>, mut first: Report) -> Report {
        let Some(merge) = find_act("exception.merge") else { return first };
        let target = &begun.proposal.target;
        let mut waits = LOOKS.into_iter();
        while first.after.as_ref().is_some_and(look::exception::is_settling)
            && let Some(wait) = waits.next()
        {
            tokio::time::sleep(wait).await;
            first.after = self.look(target).await.ok().or(first.after);
        }
        let next = step(begun.proposal, merge);
        let done = "approved";
        let why = match &first.after {
            None => Some("it could not be looked at after that".to_owned()),
            Some(seen) => self.objection(&next, seen),
        };
        match why {
            Some(why) => only(first, &format!("{done}; not merged: {why}")),
            None => self.second(begun, (first, done), next).await,
        }
    }

    /// Closes what a note was just written to.
    async fn close_after(&self, begun: Begun<'_>, first: Report) -> Report {
        let Some(close) = find_step("exception.close") else { return first };
        let next = step(begun.proposal, close);
        self.second(begun, (first, "a note says why"), next).await
    }

    /// Does the second step, and tells both as one.
    async fn second(
        &self,
        begun: Begun<'_>,
        (first, done): (Report, &str),
        next: Proposal,
    ) -> Report {
        let ended = Box::pin(self.perform_one(begun.gate, &next, begun.known)).await;
        let name = next.act.name;
        match ended {
            Ok(second) => both((first, done), second),
            Err(refused) => unsent((first, done), name, &refused),
        }
    }

    /// Looks until GitLab says that it is merged: its answer may have meant no more than that it will be.
    async fn until_merged(&self, proposal: &Proposal, mut report: Report) -> Report {
        for wait in LOOKS {
            if report.after.as_ref().is_some_and(|seen| &*seen.state != "opened") {
                break;
            }
            tokio::time::sleep(wait).await;
            report.after = self.look(&proposal.target).await.ok().or(report.after);
        }
        let (ending, found) = merge_found(report.after.as_ref());
        let message = Some(Text::new(&found));
        report.outcome = Outcome { ending, status: report.outcome.status, message };
        let closing = Closing { of: report.seq, outcome: report.outcome.clone() };
        report.unrecorded = self.close(closing).await;
        report
    }
}

/// The next step of what was begun, on the very object that it was begun on.
fn step(proposal: &Proposal, act: &'static Act) -> Proposal {
    Proposal { act, ..proposal.clone() }
}

/// What became of a merge that GitLab agreed to.
fn merge_found(after: Option<&Seen>) -> (Ending, String) {
    let petition = after.and_then(|seen| Some((seen, seen.petition.as_ref()?)));
    let Some((seen, petition)) = petition else {
        let words = "GitLab took it, and it could not be looked at after that";
        return (Ending::Unknown, words.to_owned());
    };
    if let Some(merged) = &petition.merged {
        return (Ending::Done, merged.to_string());
    }
    if petition.is_scheduled {
        let words = "GitLab took the merge and has only scheduled it: it was not merged yet when it was looked at last";
        return (Ending::Done, words.to_owned());
    }
    let words =
        format!("GitLab answered that it merges it, yet it is {}: see its page", seen.state);
    (Ending::Unknown, words)
}

/// The first step alone: the second was not wanted.
fn only(first: Report, words: &str) -> Report {
    let outcome = Outcome { message: Some(Text::new(words)), ..first.outcome };
    Report { outcome, ..first }
}

/// The outcome of two steps as one, under the record of the first.
fn both((first, done): (Report, &str), second: Report) -> Report {
    let (one, two) = (first.seq, second.seq);
    let said = second.outcome.message.as_deref().unwrap_or_default();
    let words = match second.outcome.ending {
        Ending::Done if said.is_empty() => {
            format!("{done}, and it is closed (records {one}, {two})")
        }
        Ending::Done => format!("{done}; {said} (records {one}, {two})"),
        Ending::Failed => {
            format!("{done} (record {one}), then GitLab said no: {said} (record {two})")
        }
        Ending::Unknown => format!("{done} (record {one}), then: {said} (record {two})"),
    };
    let outcome = Outcome { message: Some(Text::new(&words)), ..second.outcome };
    Report { seq: one, outcome, after: second.after.or(first.after), unrecorded: second.unrecorded }
}

/// The first step was done, and nothing was sent for the second.
fn unsent((first, done): (Report, &str), name: &str, refused: &Refused) -> Report {
    let words =
        format!("{done} (record {}), but nothing was sent for {name}: {refused}", first.seq);
    let outcome =
        Outcome { ending: Ending::Failed, message: Some(Text::new(&words)), ..first.outcome };
    Report { outcome, ..first }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::Petition;
    use crate::domain::act::fixture::{petition, seen};

    #[test]
    fn what_gitlab_took_is_told_as_it_is_found() {
        let found = |state: &str, petition: Petition| merge_found(Some(&seen(state, petition)));
        let merged = Petition { merged: Some(Text::new("merged by ada")), ..petition() };
        assert_eq!(found("merged", merged), (Ending::Done, "merged by ada".to_owned()));
        let (ending, words) = found("opened", Petition { is_scheduled: true, ..petition() });
        assert!(ending == Ending::Done && words.contains("only scheduled"), "{words}");
        let (ending, words) = found("opened", petition());
        assert!(ending == Ending::Unknown && words.contains("yet it is opened"), "{words}");
        assert_eq!(merge_found(None).0, Ending::Unknown);
    }

    fn report(seq: u64, ending: Ending, status: u16, said: Option<&str>) -> Report {
        let outcome = Outcome { ending, status: Some(status), message: said.map(Text::new) };
        Report { seq, outcome, after: None, unrecorded: None }
    }

    #[test]
    fn two_steps_are_told_as_one_under_the_record_of_the_first() {
        let first = || (report(3, Ending::Done, 201, None), "approved");
        let told = both(first(), report(4, Ending::Done, 200, Some("merged by ada")));
        let words = "approved; merged by ada (records 3, 4)";
        assert_eq!((told.seq, told.outcome.message.as_deref()), (3, Some(words)));
        let told = both(first(), report(4, Ending::Failed, 405, Some("405 Method Not Allowed")));
        assert_eq!((told.outcome.ending, told.outcome.status), (Ending::Failed, Some(405)));
        assert!(
            told.outcome.message.unwrap().starts_with("approved (record 3), then GitLab said no")
        );
    }
}
