//! Looking at a target: before an act, so that it hits what was meant; and after a lost answer, to learn what became of it.

pub(super) mod alertmanager;
pub(super) mod eks;
pub(super) mod exception;
pub(super) mod gitlab;
pub(super) mod kubernetes;
pub(super) mod right;

use crate::domain::{Proposal, Seen, Status, TargetKind};

/// Why what was just seen is not what was meant, if so: its name was used again for another object.
pub(super) fn another(proposal: &Proposal, seen: &Seen) -> Option<String> {
    let meant = proposal.identity.as_ref()?;
    let found = seen.identity.as_deref().unwrap_or("unknown");
    if proposal.act.target == TargetKind::Request {
        let words = format!(
            "its head moved: {meant} was reviewed, {found} is there now; read it again before you decide"
        );
        return (found != &**meant).then_some(words);
    }
    (found != &**meant).then(|| {
        format!("{} is another one now: {meant} was meant, {found} is there", proposal.target)
    })
}

/// A fact about what was seen, by its name.
pub(super) fn fact<'a>(seen: &'a Seen, name: &str) -> Option<&'a str> {
    seen.facts.iter().find(|(known, _)| &**known == name).map(|(_, told)| &**told)
}

/// Why a proposal makes no sense for what was just seen, if so.
pub(super) fn objection_to(proposal: &Proposal, seen: &Seen) -> Option<String> {
    match proposal.act.target {
        TargetKind::Pod | TargetKind::Node => kubernetes::objection(proposal, seen),
        TargetKind::NodeGroup => eks::objection(proposal, seen),
        TargetKind::Alert | TargetKind::Silence => alertmanager::objection(proposal, seen),
        TargetKind::Request => exception::objection(proposal, seen),
        TargetKind::Exception | TargetKind::Finding => None,
        TargetKind::Member
        | TargetKind::Token
        | TargetKind::DeployToken
        | TargetKind::DeployKey
        | TargetKind::AccessEntry => right::objection(proposal, seen),
        _ => objection(proposal.act.name, seen),
    }
}

/// Whether a proposal of unknown outcome was done, from what is seen after it.
pub(super) fn verdict_on(proposal: &Proposal, after: &Seen) -> Verdict {
    match proposal.act.target {
        TargetKind::Pod | TargetKind::Node => kubernetes::verdict(proposal, after),
        TargetKind::NodeGroup => eks::verdict(proposal, after),
        TargetKind::Alert | TargetKind::Silence => alertmanager::verdict(proposal, after),
        TargetKind::Request => exception::verdict(proposal, after),
        TargetKind::Exception => super::exceptions::verdict(proposal, after),
        TargetKind::Member
        | TargetKind::Token
        | TargetKind::DeployToken
        | TargetKind::DeployKey
        | TargetKind::AccessEntry => right::verdict(proposal, after),
        // Its record is all of it.
        TargetKind::Finding => Verdict::Happened,
        _ => verdict(proposal.act.name, after),
    }
}

/// Why an act makes no sense for what was just seen, if so.
fn objection(act: &str, seen: &Seen) -> Option<String> {
    if let Some(bar) = seen.bars.first() {
        return Some(bar.to_string());
    }
    let status = Status::parse(&seen.state);
    let ended = status.has_ended();
    match act {
        "job.retry" => match seen.successor {
            Some(newer) => Some(format!("it was retried already: job {newer} took its place")),
            None if !ended => {
                Some(format!("it is {}: only a job that ended is retried", seen.state))
            }
            None => None,
        },
        "job.cancel" | "pipeline.cancel" if ended => {
            Some(format!("it ended already: {}", seen.state))
        }
        "job.play" if !matches!(status, Status::Manual | Status::Scheduled) => {
            Some(format!("it is {}: only a manual or delayed job is played", seen.state))
        }
        "deployment.approve" | "deployment.reject" if &*seen.state != "blocked" => Some(format!(
            "it is {}: only a deployment that waits for approval is decided on",
            seen.state
        )),
        "deployment.approve" if our_decision(seen) == Some("approved") => {
            Some("we approved it already".to_owned())
        }
        "runner.pause" if &*seen.state == "paused" => Some("it is paused already".to_owned()),
        "runner.resume" if &*seen.state == "active" => Some("it is not paused".to_owned()),
        _ => None,
    }
}

/// What we decided on a deployment ourselves, as GitLab tells.
fn our_decision(seen: &Seen) -> Option<&str> {
    seen.facts.iter().find(|(name, _)| &**name == gitlab::OUR_DECISION).map(|(_, word)| &**word)
}

/// What a look after a lost answer tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verdict {
    /// The act happened.
    Happened,
    /// It did not.
    DidNot,
    /// The target may look so either way.
    CannotTell,
}

/// Whether an act of unknown outcome happened, from what is seen after it.
pub(super) fn verdict(act: &str, after: &Seen) -> Verdict {
    let status = Status::parse(&after.state);
    let is_so = match act {
        "job.retry" => after.successor.is_some(),
        "job.cancel" | "pipeline.cancel" => match status {
            Status::Canceled | Status::Canceling => true,
            _ if status.has_ended() => return Verdict::CannotTell,
            _ => false,
        },
        "job.play" => !matches!(status, Status::Manual | Status::Scheduled),
        "pipeline.retry" => !status.has_ended(),
        "runner.pause" => &*after.state == "paused",
        "runner.resume" => &*after.state == "active",
        "deployment.approve" => our_decision(after) == Some("approved"),
        "deployment.reject" => our_decision(after) == Some("rejected"),
        _ => return Verdict::CannotTell,
    };
    if is_so { Verdict::Happened } else { Verdict::DidNot }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{JobId, Target, Text, find_act};

    fn seen(state: &str, successor: Option<u64>) -> Seen {
        Seen { successor: successor.map(JobId), ..Seen::new(Text::new("test"), Text::new(state)) }
    }

    #[test]
    fn a_job_that_was_retried_is_not_retried_again() {
        assert!(objection("job.retry", &seen("failed", Some(9))).is_some());
        assert_eq!(objection("job.retry", &seen("failed", None)), None);
        assert!(objection("job.retry", &seen("running", None)).is_some());
    }

    #[test]
    fn an_object_of_the_same_name_is_not_the_one_that_was_meant() {
        let target = Target::Node(Text::new("ci"), Text::new("node-1"));
        let bare = Proposal::new(find_act("node.cordon").unwrap(), target);
        let meant = Proposal { identity: Some(Text::new("uid-1")), ..bare.clone() };
        let seen = |uid: &str| Seen { identity: Some(Text::new(uid)), ..seen("Ready", None) };
        assert_eq!(another(&bare, &seen("uid-2")), None);
        assert_eq!(another(&meant, &seen("uid-1")), None);
        assert!(another(&meant, &seen("uid-2")).is_some());
    }

    #[test]
    fn what_ended_is_not_canceled_and_what_runs_is_not_played() {
        assert!(objection("job.cancel", &seen("success", None)).is_some());
        assert_eq!(objection("job.cancel", &seen("running", None)), None);
        assert!(objection("job.play", &seen("running", None)).is_some());
        assert_eq!(objection("job.play", &seen("manual", None)), None);
    }

    #[test]
    fn a_lost_answer_is_cleared_up_by_what_is_there_now() {
        assert_eq!(verdict("job.retry", &seen("failed", Some(9))), Verdict::Happened);
        assert_eq!(verdict("job.retry", &seen("failed", None)), Verdict::DidNot);
        assert_eq!(verdict("job.cancel", &seen("canceling", None)), Verdict::Happened);
        assert_eq!(verdict("job.cancel", &seen("success", None)), Verdict::CannotTell);
        assert_eq!(verdict("runner.pause", &seen("paused", None)), Verdict::Happened);
    }
}
