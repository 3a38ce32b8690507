//! What a look at a request for an exception means for a decision about it.

use super::Verdict;
use crate::domain::{MergeStand, Petition, Proposal, Seen, Text};

/// The state of a request that can still be decided on.
const OPEN: &str = "opened";

/// What goes into the note that says why: one line, so that nothing in it is a command to GitLab.
pub(in crate::action) fn note(proposal: &Proposal) -> Option<Text> {
    let word = match proposal.act.name {
        "exception.refuse" => "Refused",
        "exception.withdraw" => "Withdrawn",
        _ => return None,
    };
    let reason = proposal.reason.as_deref().unwrap_or_default();
    Some(Text::new(&format!("{word}: {}", reason.trim())))
}

/// Why a decision makes no sense for what was just seen, if so.
pub(super) fn objection(proposal: &Proposal, seen: &Seen) -> Option<String> {
    if let Some(bar) = seen.bars.first() {
        return Some(bar.to_string());
    }
    let petition = seen.petition.as_ref()?;
    if &*seen.state != OPEN {
        let how = petition.merged.as_deref().unwrap_or(&seen.state);
        return Some(format!("it is {how}: there is nothing left to decide"));
    }
    if let Some(moved) = super::another(proposal, seen) {
        return Some(moved);
    }
    let is_pinned = matches!(proposal.act.name, "exception.approve" | "exception.merge");
    if is_pinned && seen.identity.is_none() {
        return Some("GitLab does not tell its head commit, so nothing can be pinned to it".into());
    }
    match proposal.act.name {
        "exception.approve" => approving(petition),
        "exception.merge" => merging(petition),
        "exception.refuse" if petition.is_own == Some(true) => {
            Some("it is your own: withdraw it (exception.withdraw)".to_owned())
        }
        "exception.withdraw" => withdrawing(petition),
        _ => None,
    }
}

fn approving(petition: &Petition) -> Option<String> {
    if let Some(why) = petition.against.first() {
        return Some(why.to_string());
    }
    if petition.is_approved_by_us {
        let words = "you approved it already; exception.merge merges it once GitLab allows that";
        return Some(words.to_owned());
    }
    petition.wants_password.then(|| {
        "GitLab takes an approval only with your password, which is never asked for here: approve it on its page, then merge it \
         (exception.merge)"
            .to_owned()
    })
}

fn merging(petition: &Petition) -> Option<String> {
    if let Some(why) = petition.against.first() {
        return Some(why.to_string());
    }
    if petition.is_scheduled {
        return Some("its merge is scheduled already: GitLab merges it once it can".to_owned());
    }
    if petition.approvals == 0 {
        return Some("nobody who may has approved it: approve it first".to_owned());
    }
    let merge = &petition.merge;
    (merge.stand != MergeStand::Ready)
        .then(|| format!("GitLab does not merge it now: {} ({})", merge.meaning, merge.word))
}

fn withdrawing(petition: &Petition) -> Option<String> {
    match petition.is_own {
        Some(true) => None,
        Some(false) => {
            Some(format!("it is by {}: only its author withdraws it; refuse it", petition.author))
        }
        None => Some("who you are is not known, and only its author withdraws it".to_owned()),
    }
}

/// Whether GitLab is still finding out by itself, within moments, whether it can be merged: a pipeline takes longer.
pub(in crate::action) fn is_settling(seen: &Seen) -> bool {
    seen.petition.as_ref().is_some_and(|petition| {
        let merge = &petition.merge;
        merge.stand == MergeStand::Waiting && &*merge.word != "ci_still_running"
    })
}

/// Whether a decision of unknown outcome was done, from what is seen after it.
pub(super) fn verdict(proposal: &Proposal, after: &Seen) -> Verdict {
    let Some(petition) = &after.petition else { return Verdict::CannotTell };
    let is_so = match proposal.act.name {
        "exception.approve" => petition.is_approved_by_us,
        // What is scheduled was taken: GitLab does the rest by itself.
        "exception.merge" => petition.merged.is_some() || petition.is_scheduled,
        "exception.refuse" | "exception.withdraw" => {
            petition.last_note.is_some() && petition.last_note == note(proposal)
        }
        "exception.close" => &*after.state == "closed",
        _ => return Verdict::CannotTell,
    };
    if is_so { Verdict::Happened } else { Verdict::DidNot }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::act::fixture::{petition, seen};
    use crate::domain::{MergeStatus, Target, find_act, find_step};

    fn proposal(act: &str) -> Proposal {
        let act = find_act(act).or_else(|| find_step(act)).unwrap();
        let target = Target::Request(Text::new("acme/exceptions"), 7);
        Proposal { reason: Some(Text::new("too long\n/merge")), ..Proposal::new(act, target) }
    }

    fn told(act: &str, petition: Petition) -> Option<String> {
        objection(&proposal(act), &seen(OPEN, petition))
    }

    /// A request that somebody who may has approved.
    fn approved(word: &str) -> Petition {
        Petition { approvals: 1, merge: MergeStatus::of(word), ..petition() }
    }

    #[test]
    fn what_is_not_open_any_more_is_not_decided_on() {
        for act in ["exception.approve", "exception.merge", "exception.refuse"] {
            let told = objection(&proposal(act), &seen("closed", petition()));
            assert_eq!(told.as_deref(), Some("it is closed: there is nothing left to decide"));
        }
    }

    #[test]
    fn one_is_approved_once_and_by_nobody_against_whom_something_stands() {
        assert_eq!(told("exception.approve", petition()), None);
        let ours = Petition { is_approved_by_us: true, ..petition() };
        assert!(told("exception.approve", ours).is_some_and(|why| why.contains("already")));
        let against =
            Petition { against: vec![Text::new("ada opened it")], ..approved("mergeable") };
        for act in ["exception.approve", "exception.merge"] {
            assert_eq!(told(act, against.clone()).as_deref(), Some("ada opened it"));
        }
    }

    #[test]
    fn a_password_is_never_asked_for() {
        let wants = |petition| Petition { wants_password: true, ..petition };
        let told = |act, petition| told(act, wants(petition));
        assert!(told("exception.approve", petition()).is_some_and(|why| why.contains("password")));
        assert_eq!(told("exception.merge", approved("mergeable")), None);
    }

    #[test]
    fn a_head_that_moved_is_told_before_what_its_new_record_says() {
        let against = Petition { against: vec![Text::new("unread")], ..petition() };
        let reviewed =
            Proposal { identity: Some(Text::new("0ld")), ..proposal("exception.approve") };
        let told = objection(&reviewed, &seen(OPEN, against));
        assert!(told.is_some_and(|why| why.starts_with("its head moved: 0ld was reviewed")));
    }

    #[test]
    fn without_a_head_commit_nothing_is_pinned_and_nothing_approved() {
        let headless = Seen { identity: None, ..seen(OPEN, approved("mergeable")) };
        for act in ["exception.approve", "exception.merge"] {
            assert!(objection(&proposal(act), &headless).is_some(), "{act}");
        }
        assert_eq!(objection(&proposal("exception.refuse"), &headless), None);
    }

    #[test]
    fn only_what_somebody_who_may_approved_and_gitlab_allows_is_merged() {
        assert_eq!(told("exception.merge", approved("mergeable")), None);
        let nobodys = Petition { approvals: 0, ..approved("mergeable") };
        assert!(
            told("exception.merge", nobodys).is_some_and(|why| why.contains("approve it first"))
        );
        let scheduled = Petition { is_scheduled: true, ..approved("mergeable") };
        assert!(told("exception.merge", scheduled).is_some_and(|why| why.contains("scheduled")));
        for word in ["draft_status", "ci_still_running", "checking", "moon_phase"] {
            let why = told("exception.merge", approved(word)).unwrap();
            assert!(why.contains(word), "{why}");
        }
    }

    #[test]
    fn ones_own_is_withdrawn_and_others_are_refused() {
        let own = |is_own| Petition { is_own, ..petition() };
        assert_eq!(told("exception.withdraw", own(Some(true))), None);
        assert_eq!(told("exception.refuse", own(Some(false))), None);
        assert!(told("exception.refuse", own(Some(true))).is_some());
        assert!(
            told("exception.withdraw", own(Some(false))).is_some_and(|why| why.contains("bruno"))
        );
        assert!(told("exception.withdraw", own(None)).is_some());
    }

    #[test]
    fn a_note_is_one_line_so_that_it_gives_gitlab_no_command() {
        let note = note(&proposal("exception.refuse")).unwrap();
        assert_eq!(&*note, "Refused: too long /merge");
        assert_eq!(super::note(&proposal("exception.approve")), None);
    }

    #[test]
    fn a_lost_answer_is_cleared_up_by_what_is_there_now() {
        let after =
            |act: &str, state: &str, petition| verdict(&proposal(act), &seen(state, petition));
        let ours = Petition { is_approved_by_us: true, ..petition() };
        assert_eq!(after("exception.approve", OPEN, ours), Verdict::Happened);
        assert_eq!(after("exception.approve", OPEN, petition()), Verdict::DidNot);
        let merged = Petition { merged: Some(Text::new("merged")), ..petition() };
        assert_eq!(after("exception.merge", "merged", merged), Verdict::Happened);
        let scheduled = Petition { is_scheduled: true, ..petition() };
        assert_eq!(after("exception.merge", OPEN, scheduled), Verdict::Happened);
        assert_eq!(after("exception.merge", OPEN, petition()), Verdict::DidNot);
        let said = Petition { last_note: note(&proposal("exception.refuse")), ..petition() };
        assert_eq!(after("exception.refuse", OPEN, said), Verdict::Happened);
        assert_eq!(after("exception.refuse", OPEN, petition()), Verdict::DidNot);
        assert_eq!(after("exception.close", "closed", petition()), Verdict::Happened);
        assert_eq!(after("exception.close", "merged", petition()), Verdict::DidNot);
    }

    #[test]
    fn what_gitlab_finds_out_within_moments_is_waited_for_and_a_pipeline_is_not() {
        assert!(is_settling(&seen(OPEN, approved("checking"))));
        assert!(!is_settling(&seen(OPEN, approved("ci_still_running"))));
        assert!(!is_settling(&seen(OPEN, approved("mergeable"))));
    }
}
