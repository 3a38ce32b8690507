//! [`Plan`]: what an act on the register comes to, from a look and the rules: the record, its file, its branch.

use super::Registrar;
use crate::action::look::gitlab::{ABSENT, Ask, branch_of};
use crate::domain::act::{Docket, KeptFile, LeftBranch};
use crate::domain::exception::is_same_person;
use crate::domain::time::instant_utc;
use crate::domain::{
    ExceptionDecision, FlawSeverity, Proposal, Record, Seen, Stamp, Target, Text, Timestamp,
};
use crate::register::{self, Renewal, UNNAMED, draft, renewal, revoked, text_of};

/// What is asked for, all of it, and the step that comes next.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Plan {
    /// The record as it would be in the register.
    pub(super) record: Record,
    /// Its file.
    pub(super) path: String,
    /// What the file holds then.
    pub(super) content: String,
    /// The last commit that touched the file, where it is there.
    pub(super) last_commit: Option<String>,
    /// The branch.
    pub(super) branch: String,
    /// The title of the merge request and of the commit.
    pub(super) title: String,
    /// What stands below it.
    pub(super) description: String,
    /// Whether the commit lies on its branch already.
    pub(super) is_committed: bool,
}

impl Registrar {
    /// What an act comes to, by what was seen; or why it cannot be asked for.
    pub(super) fn plan(
        &self,
        proposal: &Proposal,
        seen: &Seen,
        now: Timestamp,
    ) -> Result<Plan, String> {
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
            "exception.revoke" => revocation(proposal, docket, (own, now)),
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

fn revocation(
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
    let content = revoked(&kept.path, &kept.text, &decision)
        .map_err(|flaws| flaws.first().map_or_else(String::new, |flaw| flaw.what.to_string()))?;
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
            Err(format!(
                "{id} is {word} since {at}, by {by}: it holds no longer, and what is needed again takes a new request"
            ))
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
