//! [`ACTS`]: everything that may be asked for, one row each.

use super::TargetKind;

/// How grave an act is, whatever it is done to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Risk {
    /// Small, and it can be taken back.
    Small,
    /// It can be taken back, but it hides or allows something: nobody does it without saying why.
    Hiding,
    /// It destroys, or it cannot be taken back.
    Destructive,
}

/// An act.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Act {
    /// Its name, as `act NAME` takes it.
    pub name: &'static str,
    /// What it does, one line.
    pub doc: &'static str,
    /// What it is done to.
    pub target: TargetKind,
    /// How grave it is.
    pub risk: Risk,
    /// What the platform wants of whoever asks.
    pub needs: &'static str,
    /// The names that `--set NAME=VALUE` may give it.
    pub settings: &'static [&'static str],
}

/// Every act. A new act is one line here and one function of `send/`.
#[rustfmt::skip] // One act a line: they are read as a table.
pub static ACTS: &[Act] = &[
    Act { name: "job.retry", doc: "run a job once more, as a new job", target: TargetKind::Job, risk: Risk::Small,
        needs: "scope api and the Developer role", settings: &[] },
    Act { name: "job.cancel", doc: "cancel a job that waits or runs", target: TargetKind::Job, risk: Risk::Destructive,
        needs: "scope api and the Developer role", settings: &[] },
    Act { name: "job.play", doc: "start a manual or delayed job, with variables where given", target: TargetKind::Job, risk: Risk::Small,
        needs: "scope api and the right to deploy where the environment is protected", settings: &["VARIABLE"] },
    Act { name: "pipeline.retry", doc: "run the failed and canceled jobs of a pipeline once more", target: TargetKind::Pipeline,
        risk: Risk::Small, needs: "scope api and the Developer role", settings: &[] },
    Act { name: "pipeline.cancel", doc: "cancel every job of a pipeline that waits or runs", target: TargetKind::Pipeline,
        risk: Risk::Destructive, needs: "scope api and the Developer role", settings: &[] },
    Act { name: "runner.pause", doc: "let a runner take no new jobs", target: TargetKind::Runner, risk: Risk::Small,
        needs: "scope api and the Owner role of the runner's group, or Maintainer of its project", settings: &[] },
    Act { name: "runner.resume", doc: "let a runner take jobs again", target: TargetKind::Runner, risk: Risk::Small,
        needs: "scope api and the Owner role of the runner's group, or Maintainer of its project", settings: &[] },
    Act { name: "deployment.approve", doc: "approve a deployment that waits for it", target: TargetKind::Deployment, risk: Risk::Destructive,
        needs: "scope api, and to be among the approvers of the environment; not a bot, not who started it", settings: &["comment"] },
    Act { name: "deployment.reject", doc: "reject a deployment that waits for approval", target: TargetKind::Deployment,
        risk: Risk::Destructive, needs: "scope api, and to be among the approvers of the environment; not a bot, not who started it",
        settings: &["comment"] },
    Act { name: "pod.delete", doc: "delete a runner pod, and with it the job that it carries", target: TargetKind::Pod,
        risk: Risk::Destructive, needs: "the right to delete pods in its namespace", settings: &[] },
    Act { name: "node.cordon", doc: "let no new pod be placed on a node", target: TargetKind::Node, risk: Risk::Small,
        needs: "the right to patch nodes", settings: &[] },
    Act { name: "node.uncordon", doc: "let pods be placed on a node again", target: TargetKind::Node, risk: Risk::Small,
        needs: "the right to patch nodes", settings: &[] },
    Act { name: "nodegroup.scale", doc: "set the desired and the maximum size of a node group, within its configured bounds",
        target: TargetKind::NodeGroup, risk: Risk::Destructive, needs: "eks:UpdateNodegroupConfig", settings: &["desired", "max"] },
    Act { name: "silence.create", doc: "let nobody be told of an alert until a given end; the reason is the comment that all can read",
        target: TargetKind::Alert, risk: Risk::Hiding, needs: "to be let through to Alertmanager, which knows no people and no rights of its own",
        settings: &["duration", "ends_at"] },
    Act { name: "silence.expire", doc: "end a silence now, so that its alerts are told of again", target: TargetKind::Silence, risk: Risk::Small,
        needs: "to be let through to Alertmanager, which knows no people and no rights of its own", settings: &[] },
    Act { name: "exception.approve", doc: "approve a request for an exception as it was reviewed, and merge it where GitLab allows",
        target: TargetKind::Request, risk: Risk::Destructive,
        needs: "scope api, and to be among the approvers; not a bot, and no part in it: not its author, nobody of its commits, requester or beneficiary",
        settings: &[] },
    Act { name: "exception.merge", doc: "merge a request for an exception that was approved, as it was reviewed", target: TargetKind::Request,
        risk: Risk::Destructive, needs: "scope api and the right to merge into the register's branch; not a bot, and no part in it", settings: &[] },
    Act { name: "exception.refuse", doc: "refuse a request for an exception: a note says why, then it is closed", target: TargetKind::Request,
        risk: Risk::Hiding, needs: "scope api and the Developer role", settings: &[] },
    Act { name: "exception.withdraw", doc: "withdraw one's own request for an exception: a note says why, then it is closed",
        target: TargetKind::Request, risk: Risk::Hiding, needs: "scope api, and to be its author", settings: &[] },
    Act { name: "exception.request", doc: "ask for an exception: a branch, a commit and a merge request in the register's project",
        target: TargetKind::Exception, risk: Risk::Hiding, needs: "scope api and the Developer role in the register's project", settings: &[] },
    Act { name: "exception.extend", doc: "ask for a renewal: a record of its own that names the old one, by a merge request",
        target: TargetKind::Exception, risk: Risk::Hiding, needs: "scope api and the Developer role in the register's project",
        settings: &["until", "approvers"] },
    Act { name: "exception.revoke", doc: "ask that an exception be taken back: a merge request that sets its revocation",
        target: TargetKind::Exception, risk: Risk::Hiding, needs: "scope api and the Developer role in the register's project", settings: &[] },
    Act { name: "member.remove", doc: "take a membership away; the last owner of a group stays", target: TargetKind::Member,
        risk: Risk::Destructive, needs: "scope api and the Owner role of the group, or Maintainer of the project", settings: &[] },
    Act { name: "member.change", doc: "change the level or the end of a membership; the last owner of a group stays one", target: TargetKind::Member,
        risk: Risk::Destructive, needs: "scope api and the Owner role of the group, or Maintainer of the project", settings: &["level", "expires_at"] },
    Act { name: "token.revoke", doc: "revoke a personal, project or group access token", target: TargetKind::Token, risk: Risk::Destructive,
        needs: "scope api and the Owner role of the group, or Maintainer of the project; of another's personal token to be administrator", settings: &[] },
    Act { name: "deploytoken.revoke", doc: "revoke a deploy token", target: TargetKind::DeployToken, risk: Risk::Destructive,
        needs: "scope api and the Owner role of the group, or Maintainer of the project", settings: &[] },
    Act { name: "deploykey.delete", doc: "take a deploy key away from a project", target: TargetKind::DeployKey, risk: Risk::Destructive,
        needs: "scope api and the Maintainer role", settings: &[] },
    Act { name: "accessentry.delete", doc: "delete an access entry of an EKS cluster, and with it every policy of it", target: TargetKind::AccessEntry,
        risk: Risk::Destructive, needs: "eks:DeleteAccessEntry", settings: &[] },
    Act { name: "finding.acknowledge", doc: "say that a finding is in hand until a given end; it stays in sight, and the ledger keeps who said so and why",
        target: TargetKind::Finding, risk: Risk::Hiding, needs: "nothing of any platform: it is written into the ledger alone",
        settings: &["duration", "ends_at"] },
];

/// What goes out as a later request of an act, with a record of its own, and is never asked for by itself.
#[rustfmt::skip] // As above.
pub static STEPS: &[Act] = &[
    Act { name: "exception.close", doc: "close a request once a note says why", target: TargetKind::Request, risk: Risk::Hiding,
        needs: "scope api and the Developer role, or to be its author", settings: &[] },
];

/// The step with this name.
pub fn find_step(name: &str) -> Option<&'static Act> {
    STEPS.iter().find(|step| step.name == name)
}

/// The act with this name.
pub fn find(name: &str) -> Option<&'static Act> {
    ACTS.iter().find(|act| act.name == name)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_act_has_its_own_name_and_says_what_it_is_done_to() {
        let names: BTreeSet<&str> = ACTS.iter().map(|act| act.name).collect();
        assert_eq!(names.len(), ACTS.len());
        let noun = |act: &Act| match act.name {
            // It is done to an alert, and what it makes is the silence.
            "silence.create" => "silence".to_owned(),
            // A request is for an exception.
            _ if act.target == TargetKind::Request => "exception".to_owned(),
            _ => act.target.noun().replace(' ', ""),
        };
        assert!(ACTS.iter().all(|act| act.name.starts_with(&format!("{}.", noun(act)))));
    }

    #[test]
    fn a_step_is_no_act_that_is_asked_for() {
        assert!(STEPS.iter().all(|step| find(step.name).is_none()));
        assert_eq!(find_step("exception.close").map(|step| step.risk), Some(Risk::Hiding));
    }
}
