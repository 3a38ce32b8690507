//! [`Registrar`]: the register of exceptions before an act: what is asked for is planned from a look, judged by the rules,
//! and comes to one changing request at a time: a commit on a branch of its own, then the merge request from it.
//!
//! **Invariant:** the branch is named by what is asked for, so that an act that was cut off in the middle is found again and
//! goes on from there; what was sent once is never sent again.

mod plan;
mod steps;

use self::plan::Plan;
use super::look::Verdict;
use super::look::gitlab::{Ask, Sight, branch_of};
use super::send::gitlab::{Change, OPENED, Opening, Order, Writer};
use crate::api::Error;
use crate::config::ExceptionSettings;
use crate::domain::act::STEP;
use crate::domain::{ActReport, Proposal, Seen, Text, Timestamp};
use crate::register::{self, Rules, renewal_id};

/// The step that makes the branch and its commit, by its word in the ledger.
const COMMIT: &str = "commit";
/// The step that opens the merge request.
const OPEN: &str = "merge request";
/// The setting that has the branch of a step.
const BRANCH: &str = "branch";

/// The configured register.
pub(super) struct Registrar {
    sight: Sight,
    settings: ExceptionSettings,
    rules: Rules,
}

/// How far an act on the register has come.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Reached {
    /// Its merge request is there.
    Asked,
    /// Its commit lies on its branch, its merge request is still to come.
    Committed,
    /// That cannot be told, and why.
    Unclear(String),
}

impl Registrar {
    /// That of the settings.
    pub(super) fn new(sight: Sight, settings: &ExceptionSettings) -> Registrar {
        let rules = Rules::new(&settings.max_ttl, settings.max_renewals);
        Registrar { sight, settings: settings.clone(), rules }
    }

    /// Looks at the exception of an id.
    pub(super) async fn look(&self, id: &Text) -> Result<Seen, Error> {
        Box::pin(self.sight.look_at_exception(id, &self.settings)).await
    }

    /// Why what is proposed cannot be asked for, by what was seen.
    pub(super) fn objection(
        &self,
        proposal: &Proposal,
        seen: &Seen,
        now: Timestamp,
    ) -> Option<String> {
        self.plan(proposal, seen, now).err()
    }

    /// What comes to the wire first, before anything was looked at: it cannot be sent so.
    pub(super) fn order(&self, proposal: &Proposal, writer: &Writer) -> Option<Order> {
        is_ours(proposal).then(|| writer.change(&self.settings.project, None))?
    }

    /// What comes to the wire second.
    pub(super) fn second_order(&self, proposal: &Proposal, writer: &Writer) -> Option<Order> {
        is_ours(proposal).then(|| writer.opening(&self.settings.project, None))?
    }

    /// The request of the step that comes next, and the proposal with what the ledger records of it.
    pub(super) fn settled(
        &self,
        proposal: &Proposal,
        (seen, writer): (&Seen, &Writer),
        now: Timestamp,
    ) -> Result<(Proposal, Option<Order>), String> {
        let plan = self.plan(proposal, seen, now)?;
        let order = self.order_of(&plan, writer);
        let mut settings = proposal.settings.clone();
        let mut settle = |name: &str, value: &str| settings.push((name.into(), value.into()));
        let step = if plan.is_committed { OPEN } else { COMMIT };
        let record = &plan.record;
        settle(STEP, step);
        settle(BRANCH, &plan.branch);
        settle("file", &plan.path);
        settle("kind", record.kind.name());
        settle("title", &record.title);
        settle("expires_at", &record.expires_at.text());
        let record = Some(Box::new(plan.record));
        Ok((Proposal { settings, record, ..proposal.clone() }, order))
    }

    /// How far an act has come whose last request was done, by what is seen after it.
    pub(super) fn reached(
        &self,
        proposal: &Proposal,
        after: &ActReport,
        now: Timestamp,
    ) -> Reached {
        let seen = after.after.as_ref();
        let branch = branch(proposal);
        let docket = seen.and_then(|seen| seen.docket.as_deref());
        let left = docket.and_then(|docket| docket.left.iter().find(|left| *left.name == *branch));
        let is_told = after.outcome.message.as_deref().is_some_and(|said| said.starts_with(OPENED));
        if is_told || left.is_some_and(|left| !left.requests.is_empty()) {
            return Reached::Asked;
        }
        match seen.map(|seen| self.plan(proposal, seen, now)) {
            Some(Ok(plan)) if plan.is_committed => Reached::Committed,
            Some(Ok(_)) => Reached::Unclear("GitLab does not show the branch yet".to_owned()),
            Some(Err(why)) => Reached::Unclear(why),
            None => Reached::Unclear("GitLab cannot be looked at".to_owned()),
        }
    }

    fn order_of(&self, plan: &Plan, writer: &Writer) -> Option<Order> {
        let ExceptionSettings { project, reference, .. } = &self.settings;
        if plan.is_committed {
            let opening = Opening {
                source: plan.branch.clone(),
                target: reference.clone(),
                title: plan.title.clone(),
                description: plan.description.clone(),
            };
            return writer.opening(project, Some(&opening));
        }
        let change = Change {
            branch: plan.branch.clone(),
            start: reference.clone(),
            message: format!("{}\n\n{}", plan.title, plan.description),
            path: plan.path.clone(),
            content: plan.content.clone(),
            last_commit: plan.last_commit.clone(),
        };
        writer.change(project, Some(&change))
    }
}

/// Whether an act is on the register.
pub(super) fn is_ours(proposal: &Proposal) -> bool {
    matches!(proposal.act.name, "exception.request" | "exception.extend" | "exception.revoke")
}

/// Whether a step of unknown outcome was done, from what is seen after it.
pub(super) fn verdict(proposal: &Proposal, after: &Seen) -> Verdict {
    let Some(docket) = &after.docket else { return Verdict::CannotTell };
    let (Some(step), Some(branch)) = (proposal.setting(STEP), proposal.setting(BRANCH)) else {
        return Verdict::CannotTell;
    };
    let left = docket.left.iter().find(|left| left.name == *branch);
    match (&**step, left) {
        (OPEN, Some(left)) if !left.requests.is_empty() => Verdict::Happened,
        (COMMIT, Some(left)) => {
            let is_ours = match (&proposal.record, &left.record) {
                (Some(ours), Some(there)) => register::is_alike(there, ours),
                (None, _) => true,
                (Some(_), None) => false,
            };
            if is_ours { Verdict::Happened } else { Verdict::CannotTell }
        }
        (OPEN | COMMIT, _) => Verdict::DidNot,
        _ => Verdict::CannotTell,
    }
}

/// The branch of an act.
fn branch(proposal: &Proposal) -> String {
    let id = proposal.target.to_string();
    match proposal.act.name {
        "exception.extend" => branch_of(&renewal_id(&id), Ask::Record),
        "exception.revoke" => branch_of(&id, Ask::Revocation),
        _ => branch_of(&id, Ask::Record),
    }
}
