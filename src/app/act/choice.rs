//! From the rows that are meant to the targets of an act: frozen, with what is known of each at that moment.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::{MOST, right};
use crate::app::App;
use crate::app::command::{Disabled, chosen, target};
use crate::app::place::Focus;
use crate::domain::time::instant_utc;
use crate::domain::{
    Act, AlertId, EntityId, ExceptionId, FindingId, JobId, Matcher, NodeGroupId, NodeId,
    PipelineId, PodId, ProjectId, Proposal, RequestId, RunnerId, SilenceId, Target, TargetKind,
    Text, TierIndex,
};
use crate::state::State;

/// One target as it was when the dialog opened. Nothing of it is ever read again from the table.
#[derive(Debug, Clone, PartialEq)]
pub struct Choice {
    /// The row.
    pub id: EntityId,
    /// What is proposed about it.
    pub proposal: Proposal,
    /// Its name, as the table has it.
    pub name: Text,
    /// Its state, in the platform's word.
    pub state: Text,
    /// Its tier, where one is known.
    pub tier: Option<Text>,
    /// Whether the filter hides its row.
    pub is_hidden: bool,
}

/// Why an act of this kind has no target here, by kind alone; cheap, for help and hints.
pub(in crate::app) fn kind_reason(app: &App, act: &Act) -> Result<(), Disabled> {
    if act.name == "exception.request" {
        return super::form::can_open(app);
    }
    // Deployments have no rows: the one that a job waits for is looked for once the dialog is open.
    let (object, noun) = match act.target {
        TargetKind::Deployment => ("job's deployment", "job"),
        kind => (kind.noun(), kind.noun()),
    };
    let meant = meant(app);
    if meant.is_empty() {
        return Disabled::because("no row is under the cursor");
    }
    if meant.len() > MOST {
        return Disabled::because(format!("at most {MOST} rows at once; mark fewer"));
    }
    if meant.iter().all(|id| fits(act.target, id)) {
        return Ok(());
    }
    let article = if meant.len() == 1 { "this row is no" } else { "not every marked row is a" };
    Disabled::because(format!("{} is done to a {object}; {article} {noun}", act.name))
}

/// The rows that are meant, in no order, and of too many only some: asked for with every frame.
pub(in crate::app) fn meant(app: &App) -> Vec<EntityId> {
    let table = app.ui.table().filter(|_| app.ui.place().focus == Focus::Table);
    match table.filter(|table| !table.marks.is_empty()) {
        Some(table) => table.marks.iter().take(MOST + 1).cloned().collect(),
        None => target(app).into_iter().collect(),
    }
}

fn fits(kind: TargetKind, id: &EntityId) -> bool {
    right::fits(kind, id)
        || matches!(
            (kind, id),
            (TargetKind::Job | TargetKind::Pipeline | TargetKind::Deployment, EntityId::Job(_))
                | (TargetKind::Pipeline, EntityId::Pipeline(_))
                | (TargetKind::Runner, EntityId::Runner(_))
                | (TargetKind::Pod, EntityId::Pod(_))
                | (TargetKind::Node, EntityId::Node(_))
                | (TargetKind::NodeGroup, EntityId::NodeGroup(_))
                | (TargetKind::Alert, EntityId::Alert(_))
                | (TargetKind::Silence, EntityId::Silence(_))
                | (TargetKind::Request, EntityId::Request(_))
                | (TargetKind::Exception, EntityId::Exception(_))
                | (TargetKind::Finding, EntityId::Finding(_))
        )
}

/// The targets that are meant: the marked rows, those that the filter hides last, or the one row that is looked at.
///
/// # Errors
/// Why there is none, or why one of them cannot be named.
pub(in crate::app) fn choose(app: &App, act: &'static Act) -> Result<Vec<Choice>, Disabled> {
    kind_reason(app, act)?;
    let table = app.ui.table().filter(|_| app.ui.place().focus == Focus::Table);
    let marks = table.map(|table| &table.marks).filter(|marks| !marks.is_empty());
    let seen: BTreeSet<&EntityId> = match (table, marks) {
        (Some(table), Some(marks)) => table.listing.ids().filter(|id| marks.contains(id)).collect(),
        _ => BTreeSet::new(),
    };
    let mut choices: Vec<Choice> = Vec::new();
    for id in chosen(app) {
        let is_hidden = marks.is_some() && !seen.contains(&id);
        let Some(choice) = freeze(app.shown(), act, &id) else {
            let words = "not enough is known of it to name it to its platform";
            return Disabled::because(format!("{id}: {words}; wait for it, or take its mark away"));
        };
        // Several jobs of one pipeline mean that pipeline once.
        let known =
            choices.iter_mut().find(|known| known.proposal.target == choice.proposal.target);
        match known {
            Some(known) => known.is_hidden &= is_hidden,
            None => choices.push(Choice { is_hidden, ..choice }),
        }
    }
    Ok(choices)
}

fn freeze(state: &State, act: &'static Act, id: &EntityId) -> Option<Choice> {
    match (act.target, id) {
        (TargetKind::Job, EntityId::Job(id)) => job(state, act, *id),
        (TargetKind::Deployment, EntityId::Job(id)) => deployment(state, act, *id),
        (TargetKind::Pipeline, EntityId::Job(id)) => {
            pipeline(state, act, state.jobs().get(*id)?.pipeline)
        }
        (TargetKind::Pipeline, EntityId::Pipeline(id)) => pipeline(state, act, *id),
        (TargetKind::Runner, EntityId::Runner(id)) => runner(state, act, *id),
        (TargetKind::Pod, EntityId::Pod(id)) => pod(state, act, *id),
        (TargetKind::Node, EntityId::Node(id)) => node(state, act, *id),
        (TargetKind::NodeGroup, EntityId::NodeGroup(id)) => group(state, act, *id),
        (TargetKind::Alert, EntityId::Alert(id)) => alert(state, act, *id),
        (TargetKind::Silence, EntityId::Silence(id)) => silence(state, act, *id),
        (TargetKind::Finding, EntityId::Finding(id)) => finding(state, act, id),
        (TargetKind::Request, EntityId::Request(id)) => request(state, act, *id),
        (TargetKind::Exception, EntityId::Exception(id)) => exception(state, act, *id),
        (kind, id) if right::is_of_rights(kind) => right::choice(state, act, id),
        _ => None,
    }
}

fn job(state: &State, act: &'static Act, id: JobId) -> Option<Choice> {
    let job = state.jobs().get(id)?;
    let proposal = Proposal::new(act, Target::Job(path(state, job.project)?, id));
    let choice = Choice::of(EntityId::Job(id), proposal, job.name.clone());
    Some(choice.in_state(&job.status.to_string()).in_tier(state, job.tier))
}

/// The deployment of a job, named as yet by the job: which one it is, its platform tells.
fn deployment(state: &State, act: &'static Act, id: JobId) -> Option<Choice> {
    let choice = job(state, act, id)?;
    let name = Text::new(&format!("of job {id} {}", choice.name));
    Some(Choice { name, ..choice })
}

/// A pipeline is protected where any of its jobs is, or may be.
fn pipeline(state: &State, act: &'static Act, id: PipelineId) -> Option<Choice> {
    let pipeline = state.pipelines().get(id)?;
    let proposal = Proposal::new(act, Target::Pipeline(path(state, pipeline.project)?, id));
    let tiers: BTreeSet<Option<TierIndex>> =
        state.jobs_of(id).filter_map(|job| state.jobs().get(job)).map(|job| job.tier).collect();
    let is_known = pipeline.jobs_complete && !tiers.is_empty();
    let gravest = tiers.iter().copied().find(|tier| is_protected(state, *tier));
    let tier = gravest.or_else(|| tiers.iter().copied().next()).flatten();
    let choice = Choice::of(EntityId::Pipeline(id), proposal, pipeline.reference.clone());
    let mut choice = choice.in_state(&pipeline.status.to_string()).in_tier(state, tier);
    choice.proposal.protected = !is_known || gravest.is_some();
    Some(choice)
}

fn runner(state: &State, act: &'static Act, id: RunnerId) -> Option<Choice> {
    let runner = state.runners().get(id)?;
    let word = if runner.paused { "paused" } else { &runner.status };
    let proposal = Proposal::new(act, Target::Runner(id));
    let choice = Choice::of(EntityId::Runner(id), proposal, runner.description.clone());
    Some(choice.in_state(word).in_tier(state, runner.tier))
}

fn pod(state: &State, act: &'static Act, id: PodId) -> Option<Choice> {
    let pod = state.pods().get(id)?;
    let target = Target::Pod(pod.cluster.clone(), pod.namespace.clone(), pod.name.clone());
    let proposal = Proposal { identity: Some(pod.uid.clone()), ..Proposal::new(act, target) };
    let name = state.job_of_pod(id).map_or_else(String::new, |(job, claim)| {
        let verb = if claim.is_verified() { "carries" } else { "claims to carry" };
        let name = state.jobs().get(job).map_or("", |job| &job.name);
        format!("{verb} job {job} {name}")
    });
    let name = Text::new(name.trim_end());
    let choice = Choice::of(EntityId::Pod(id), proposal, name);
    Some(choice.in_state(&pod.state).in_tier(state, pod.tier))
}

fn node(state: &State, act: &'static Act, id: NodeId) -> Option<Choice> {
    let node = state.nodes().get(id)?;
    let target = Target::Node(node.cluster.clone(), node.name.clone());
    let tier = node.group_name.as_ref();
    let tier = tier.and_then(|name| state.tiers().of_group(&node.cluster, name));
    let word = match (node.cordoned, node.ready) {
        (true, _) => "cordoned",
        (false, Some(true)) => "ready",
        (false, Some(false)) => "not ready",
        (false, None) => "unknown",
    };
    let name = node.group_name.clone().unwrap_or_else(|| Text::new(""));
    let choice = Choice::of(EntityId::Node(id), Proposal::new(act, target), name);
    Some(choice.in_state(word).in_tier(state, tier))
}

fn group(state: &State, act: &'static Act, id: NodeGroupId) -> Option<Choice> {
    let group = state.nodegroups().get(id)?;
    let target = Target::NodeGroup(group.cluster.clone(), group.name.clone());
    let number = |n: Option<u64>| n.map_or_else(|| "n/a".to_owned(), |n| n.to_string());
    let [min, desired, max] = [group.min, group.desired, group.max].map(number);
    let name = Text::new(&format!("min {min}, desired {desired}, max {max}"));
    let choice = Choice::of(EntityId::NodeGroup(id), Proposal::new(act, target), name);
    Some(choice.in_state(&group.status).in_tier(state, group.tier))
}

fn alert(state: &State, act: &'static Act, id: AlertId) -> Option<Choice> {
    let alert = state.alerts().get(id)?;
    let proposal = Proposal::new(act, Target::Alert(alert.fingerprint.clone()));
    let choice = Choice::of(EntityId::Alert(id), proposal, alert.name.clone());
    let choice = choice.in_state(&alert.state);
    // What names no tier is none's: a service has its own promise.
    Some(match alert.label("tier") {
        Some(tier) => choice.in_tier(state, state.tiers().named(tier)),
        None => choice,
    })
}

/// A silence; whether it is over a protected tier, its platform tells.
fn silence(state: &State, act: &'static Act, id: SilenceId) -> Option<Choice> {
    let silence = state.silences().get(id)?;
    let target = TargetKind::Silence.read(&silence.name)?;
    let name = Matcher::written(&silence.matchers);
    let choice = Choice::of(EntityId::Silence(id), Proposal::new(act, target), name);
    Some(choice.in_state(silence.state.as_str()))
}

/// A finding, by an address that the next run knows too. Nothing of a platform is changed: nothing is protected.
fn finding(state: &State, act: &'static Act, id: &Arc<FindingId>) -> Option<Choice> {
    let finding = state.findings().iter().find(|finding| finding.id == **id)?;
    let target = Target::Finding(state.finding_address(id));
    let about = EntityId::Finding(Arc::clone(id));
    let choice = Choice::of(about, Proposal::new(act, target), finding.title.clone());
    Some(choice.in_state(finding.severity.as_str()))
}

/// A request as it was last read: its head is what was reviewed, and what an approval of it is pinned to.
fn request(state: &State, act: &'static Act, id: RequestId) -> Option<Choice> {
    let request = state.requests().get(id)?;
    let target = Target::Request(request.project.clone(), request.iid);
    let records =
        request.files.iter().filter_map(|file| file.record.as_ref().or(file.before.as_ref()));
    let ids: Vec<&str> = records.map(|record| record.id.as_str()).collect();
    let called = (!ids.is_empty()).then(|| Text::new(&ids.join("+")));
    let identity = (!request.head.is_empty()).then(|| request.head.clone());
    let proposal = Proposal { identity, called, ..Proposal::new(act, target) };
    let choice = Choice::of(EntityId::Request(id), proposal, request.title.clone());
    Some(choice.in_state(&request.merge.word))
}

/// An exception by the id of its record. Whoever approves the merge request decides: nothing of it is protected here.
fn exception(state: &State, act: &'static Act, id: ExceptionId) -> Option<Choice> {
    let record = &state.exceptions().get(id)?.record;
    let target = TargetKind::Exception.read(&record.id)?;
    let proposal = Proposal::new(act, target);
    let end = format!("until {}", instant_utc(record.expires_at.at));
    let choice = Choice::of(EntityId::Exception(id), proposal, record.title.clone());
    Some(choice.in_state(&end))
}

fn path(state: &State, project: ProjectId) -> Option<Text> {
    state.projects().get(project).map(|project| project.path.clone())
}

/// Whether a tier is protected. Of what belongs to no known tier nobody can tell: it counts as protected.
fn is_protected(state: &State, tier: Option<TierIndex>) -> bool {
    tier.and_then(|index| state.tier(index)).is_none_or(|tier| tier.protected)
}

impl Choice {
    /// A row and what is proposed about it, of which nothing else is known.
    pub(super) fn of(id: EntityId, proposal: Proposal, name: Text) -> Choice {
        Choice { id, proposal, name, state: Text::new(""), tier: None, is_hidden: false }
    }

    fn in_state(self, word: &str) -> Choice {
        Choice { state: Text::new(word), ..self }
    }

    fn in_tier(mut self, state: &State, tier: Option<TierIndex>) -> Choice {
        self.proposal.protected = is_protected(state, tier);
        self.tier = tier.and_then(|index| state.tier(index)).map(|tier| tier.name.clone());
        self
    }
}
