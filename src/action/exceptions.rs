//! [`Registrar`]: the register of exceptions before an act: what is asked for is planned from a look, judged by the rules,
//! and comes to one changing request at a time: a commit on a branch of its own, then the merge request from it.
//!
//! **Invariant:** the branch is named by what is asked for, so that an act that was cut off in the middle is found again and
//! goes on from there; what was sent once is never sent again.

use super::look::Verdict;
use super::look::gitlab::{ABSENT, Ask, Sight, branch_of};
use super::send::gitlab::{Change, OPENED, Opening, Order, Writer};
use crate::api::Error;
use crate::config::ExceptionSettings;
use crate::domain::act::{Docket, KeptFile, LeftBranch, STEP};
use crate::domain::exception::is_same_person;
use crate::domain::time::instant_utc;
use crate::domain::{
    ActReport, ExceptionDecision, FlawSeverity, Outcome, Proposal, Record, Seen, Stamp, Target,
    Text, Timestamp,
};
use crate::register::{
    self, Renewal, Rules, UNNAMED, draft, renewal, renewal_id, revoked, text_of,
};

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

/// What is asked for, all of it, and the step that comes next.
#[derive(Debug, Clone, PartialEq)]
struct Plan {
    /// The record as it would be in the register.
    record: Record,
    /// Its file.
    path: String,
    /// What the file holds then.
    content: String,
    /// The last commit that touched the file, where it is there.
    last_commit: Option<String>,
    /// The branch.
    branch: String,
    /// The title of the merge request and of the commit.
    title: String,
    /// What stands below it.
    description: String,
    /// Whether the commit lies on its branch already.
    is_committed: bool,
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

    fn plan(&self, proposal: &Proposal, seen: &Seen, now: Timestamp) -> Result<Plan, String> {
        if let Some(bar) = seen.bars.first() {
            return Err(bar.to_string());
        }
        let docket = seen.docket.as_deref().ok_or("the register was not looked at")?;
        let own = match &docket.own {
            Some(Ok(own)) => own,
            Some(Err(why)) => return Err(format!("it is not known who asks: {why}")),
            None => return Err("it is not known who asks".to_owned()),
        };
        let plan = match proposal.act.name {
            "exception.request" => self.request(proposal, docket, (own, now)),
            "exception.extend" => self.extension(proposal, docket, (own, now)),
            "exception.revoke" => self.revocation(proposal, docket, (own, now)),
            _ => Err("this is no act on the register".to_owned()),
        }?;
        self.placed(plan, docket)
    }

    fn request(
        &self,
        proposal: &Proposal,
        docket: &Docket,
        (own, now): (&Text, Timestamp),
    ) -> Result<Plan, String> {
        let record = proposal.record.as_deref().ok_or(
            "no record is given: fill in the form of the console, or say `watchfloor exceptions request`",
        )?;
        let id = &record.id;
        if proposal.target != Target::Exception(id.clone()) {
            return Err(format!("the record has another id: {id}"));
        }
        if let Some(there) = &docket.kept {
            let path = there.as_ref().map_or("its file", |kept| &kept.path);
            return Err(format!("{id} is in the register already ({path}): choose another id"));
        }
        if record.renews.is_some() {
            return Err(
                "a renewal is asked for by `exception.extend`, which counts them".to_owned()
            );
        }
        if record.revocation.is_some() || record.closed.is_some() {
            return Err("what is asked for cannot be revoked or closed already".to_owned());
        }
        let is_own = &*record.requester == UNNAMED || is_same_person(&record.requester, own);
        if !is_own {
            let other = &record.requester;
            return Err(format!(
                "the requester is whoever the token belongs to: {own}, not {other}"
            ));
        }
        let record = Record { requester: own.clone(), ..record.clone() };
        self.judge(&record, &[], now)?;
        Ok(self.created(record, proposal))
    }

    fn extension(
        &self,
        proposal: &Proposal,
        docket: &Docket,
        (own, now): (&Text, Timestamp),
    ) -> Result<Plan, String> {
        let old = standing(&kept(proposal, docket)?.record)?;
        let text = |name| proposal.setting(name).cloned().unwrap_or_else(|| Text::new(""));
        let approvers = draft::parts(draft::Form::Names, &text("approvers"));
        let asked = Renewal {
            requester: own.clone(),
            until: text("until"),
            reason: reason(proposal),
            approvers: approvers.iter().map(|one| Text::new(one)).collect(),
        };
        let record = renewal(old, &asked, now)?;
        let beside: Vec<Record> = std::iter::once(old).chain(&docket.chain).cloned().collect();
        // Without a reason nothing is sent: the gate says so, and the rules need not.
        let judged = if asked.reason.is_empty() {
            Record { justification: old.justification.clone(), ..record.clone() }
        } else {
            record.clone()
        };
        self.judge(&judged, &beside, now)?;
        Ok(self.created(record, proposal))
    }

    fn revocation(
        &self,
        proposal: &Proposal,
        docket: &Docket,
        (own, now): (&Text, Timestamp),
    ) -> Result<Plan, String> {
        let kept = kept(proposal, docket)?;
        let old = standing(&kept.record)?;
        let decision = ExceptionDecision {
            at: Stamp::instant(to_seconds(now)),
            by: own.clone(),
            reason: reason(proposal),
        };
        let record = Record { revocation: Some(decision.clone()), ..old.clone() };
        let content = revoked(&kept.path, &kept.text, &decision).map_err(|flaws| {
            flaws.first().map_or_else(String::new, |flaw| flaw.what.to_string())
        })?;
        Ok(Plan {
            title: format!("{}: revoke: {}", old.id, old.title),
            description: description(proposal),
            branch: branch_of(&old.id, Ask::Revocation),
            path: kept.path.to_string(),
            content,
            last_commit: Some(kept.last_commit.to_string()),
            record,
            is_committed: false,
        })
    }

    /// A record that is put into the register.
    fn created(&self, record: Record, proposal: &Proposal) -> Plan {
        let folder = self.settings.path.trim_end_matches('/');
        let verb = if record.renews.is_some() { "renew: " } else { "" };
        Plan {
            title: format!("{}: {verb}{}", record.id, record.title),
            description: description(proposal),
            branch: branch_of(&record.id, Ask::Record),
            path: format!("{folder}/{}.yaml", record.id),
            content: text_of(&record),
            last_commit: None,
            record,
            is_committed: false,
        }
    }

    /// What the rules forbid of a record.
    fn judge(&self, record: &Record, beside: &[Record], now: Timestamp) -> Result<(), String> {
        let place = (self.settings.path.as_str(), &self.rules);
        let flaws = register::judged(record, beside, place, now);
        let errors = flaws.iter().filter(|flaw| flaw.severity == FlawSeverity::Error);
        let told: Vec<String> =
            errors.map(|flaw| format!("{} [{}]: {}", flaw.what, flaw.code, flaw.cure)).collect();
        if told.is_empty() { Ok(()) } else { Err(told.join("; ")) }
    }

    /// A plan with what earlier requests for the same left behind.
    fn placed(&self, plan: Plan, docket: &Docket) -> Result<Plan, String> {
        let Some(left) = docket.left.iter().find(|left| *left.name == *plan.branch) else {
            return Ok(plan);
        };
        let LeftBranch { name, record, requests } = left;
        if let Some(open) = requests.iter().find(|one| &*one.state == "opened") {
            return Err(format!(
                "it is asked for already, by merge request !{} {}",
                open.iid, open.url
            ));
        }
        if let Some(ended) = requests.first() {
            let (iid, state, project) = (ended.iid, &ended.state, &self.settings.project);
            return Err(format!(
                "the branch {name} is left of merge request !{iid}, which is {state}: delete that branch in {project} to ask \
                 for it anew"
            ));
        }
        let is_same = record.as_ref().is_some_and(|there| register::is_alike(there, &plan.record));
        if !is_same {
            let project = &self.settings.project;
            return Err(format!(
                "the branch {name} of {project} holds something else, without a merge request: ask for just that, or delete \
                 the branch first"
            ));
        }
        // The instants are those that were committed: they count from when it was asked for first.
        let record = record.clone().unwrap_or_else(|| plan.record.clone());
        Ok(Plan { record, is_committed: true, ..plan })
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

/// That the first half of an act is done and the second is not, with what to do next.
pub(super) fn half_done(second: &Outcome, branch: &str) -> Outcome {
    let said = second.message.as_deref().unwrap_or("no answer came");
    let words = format!(
        "half done: the commit lies on the branch {branch}, its merge request is not known to be open: {said}; ask for the \
         same again: that goes on from there and doubles nothing"
    );
    Outcome { message: Some(Text::new(&words)), ..second.clone() }
}

/// The branch of an act.
pub(super) fn branch(proposal: &Proposal) -> String {
    let id = proposal.target.to_string();
    match proposal.act.name {
        "exception.extend" => branch_of(&renewal_id(&id), Ask::Record),
        "exception.revoke" => branch_of(&id, Ask::Revocation),
        _ => branch_of(&id, Ask::Record),
    }
}

fn kept<'d>(proposal: &Proposal, docket: &'d Docket) -> Result<&'d KeptFile, String> {
    let id = &proposal.target;
    match &docket.kept {
        None => Err(format!("{id} is {ABSENT}: there is nothing to extend or revoke")),
        Some(Err(why)) => Err(why.to_string()),
        Some(Ok(kept)) if *kept.record.id != *id.to_string() => {
            Err(format!("{} holds the record of {}", kept.path, kept.record.id))
        }
        Some(Ok(kept)) => Ok(kept),
    }
}

/// A record that was neither revoked nor closed.
fn standing(record: &Record) -> Result<&Record, String> {
    let ends = [("revoked", &record.revocation), ("closed", &record.closed)];
    let end = ends.iter().find_map(|(word, end)| Some((word, end.as_ref()?)));
    match end {
        None => Ok(record),
        Some((word, ExceptionDecision { at, by, .. })) => {
            let (id, at) = (&record.id, instant_utc(at.at));
            Err(format!("{id} is {word} since {at}, by {by}: ask for a new one"))
        }
    }
}

fn reason(proposal: &Proposal) -> Text {
    proposal.reason.as_ref().map_or_else(|| Text::new(""), |reason| Text::new(reason.trim()))
}

/// What stands below the title. Its words never begin a line: GitLab does what a line says that begins with a slash.
fn description(proposal: &Proposal) -> String {
    let what = match proposal.act.name {
        "exception.extend" => format!("Renews {}", proposal.target),
        "exception.revoke" => format!("Revokes {}", proposal.target),
        _ => format!("Asks for {}", proposal.target),
    };
    format!("{what}. Reason: {}", reason(proposal))
}

fn to_seconds(at: Timestamp) -> Timestamp {
    Timestamp::from_second(at.as_second()).unwrap_or(at)
}
