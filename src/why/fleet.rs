//! The waiting jobs by what they share: where their wait ends, what is at fault there, and the act that would help first.

use std::collections::BTreeMap;

use super::diagnosis::Diagnosis;
use super::extra::Extra;
use super::facts::Facts;
use super::leaf::{Concern, Leaf};
use super::tree;
use super::walk::{Found, Walk};
use crate::domain::{EntityId, Job, JobId, Stand, Status, Text, TierIndex, Timestamp};
use crate::state::{Queue, State};

/// How many jobs of a share are named.
const NAMED: usize = 5;

/// Jobs that wait for the same reason.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Share {
    /// Where their wait ends.
    pub leaf: Leaf,
    /// What is at fault there, where that can be named.
    pub subject: Option<EntityId>,
    /// That in one line: `node group ci-standard is at its maximum (12 of 12)`.
    pub title: Text,
    /// How many jobs.
    pub count: usize,
    /// The first few of them, in the order of their ids.
    pub jobs: Vec<JobId>,
    /// Since when the oldest waits.
    pub since: Option<Timestamp>,
    /// The tiers that are hit.
    pub tiers: Vec<Option<TierIndex>>,
    /// What they ask of a person.
    pub concern: Concern,
    /// The act of this console that would help first.
    pub first_act: Option<&'static str>,
    /// What to do next.
    pub next_step: Text,
}

impl Share {
    /// What they share, in one line: `37 jobs share: node group ci-standard is at its maximum (12 of 12)`.
    pub fn words(&self) -> String {
        match self.count {
            1 => format!("1 job: {}", self.title),
            count => format!("{count} jobs share: {}", self.title),
        }
    }
}

/// A diagnosis with what stands around it.
#[derive(Debug, Clone, PartialEq)]
pub struct Explanation {
    /// What was asked about.
    pub about: EntityId,
    /// The moment for which it holds.
    pub at: Timestamp,
    /// The diagnosis, where there is a job or a pod to diagnose.
    pub diagnosis: Option<Diagnosis>,
    /// How many waiting jobs share its end, this one among them.
    pub shared_by: usize,
    /// The waiting jobs by what they share, the most first: those of the tier that was asked about, else all.
    pub fleet: Vec<Share>,
}

/// Explains anything that may wait: a job, a pipeline by its job that tells most, a pod, a project, a tier; nothing where
/// it is not known or does not wait.
pub fn explain(state: &State, extra: &Extra, about: &EntityId, now: Timestamp) -> Explanation {
    let facts = Facts::new(state, extra, now);
    let diagnosis = match (job_of(state, about), about) {
        (Some(job), _) => super::of_job(&facts, job),
        (None, EntityId::Pod(pod)) => super::of_pod(&facts, *pod),
        _ => None,
    };
    let none = Extra::none();
    let facts = Facts::new(state, &none, now);
    let mut shares = fleet(&facts);
    let key = diagnosis.as_ref().map(|one| (one.shared().0, one.shared().1.cloned()));
    let mine =
        key.and_then(|key| shares.iter().find(|share| (share.leaf, share.subject.clone()) == key));
    let shared_by = mine.map_or(usize::from(diagnosis.is_some()), |share| share.count);
    match about {
        EntityId::Tier(tier) => shares.retain(|share| share.tiers.contains(&Some(*tier))),
        EntityId::NodeGroup(id) => {
            let tier = state.nodegroups().get(*id).and_then(|group| group.tier);
            let is_its = |share: &Share| share.subject.as_ref() == Some(about);
            shares.retain(|share| is_its(share) || tier.is_some() && share.tiers.contains(&tier));
        }
        _ => {}
    }
    Explanation { about: about.clone(), at: now, diagnosis, shared_by, fleet: shares }
}

/// The job that stands for a thing.
pub fn job_of(state: &State, about: &EntityId) -> Option<JobId> {
    match about {
        EntityId::Job(id) => state.jobs().get(*id).map(|job| job.id),
        EntityId::Pod(id) => {
            let (job, claim) = state.job_of_pod(*id)?;
            claim.is_verified().then_some(job)
        }
        EntityId::Pipeline(id) => {
            tree::waiting_job(state, *id).or_else(|| state.jobs_of(*id).next())
        }
        EntityId::Project(id) => {
            let pipelines = state.pipelines_of(*id);
            let jobs = pipelines.filter_map(|pipeline| tree::waiting_job(state, pipeline));
            jobs.filter_map(|job| state.jobs().get(job))
                .min_by_key(|job| (job.status.rank(), job.queued_at, job.id))
                .map(|job| job.id)
        }
        EntityId::NodeGroup(group) => {
            job_of(state, &EntityId::Tier(state.nodegroups().get(*group)?.tier?))
        }
        EntityId::Tier(tier) => {
            state.queue(Some(*tier)).and_then(Queue::oldest).map(|(_, job)| job)
        }
        _ => None,
    }
}

/// The waiting jobs by what they share: what asks for an act first, then the most jobs. One walk over all jobs, without
/// steps.
pub fn fleet(facts: &Facts<'_>) -> Vec<Share> {
    let mut shares: BTreeMap<(Leaf, Option<EntityId>), Share> = BTreeMap::new();
    for (id, row) in facts.state.jobs().iter().filter(|(_, row)| waits(facts.state, &row.value)) {
        let mut walk = Walk::silent(facts);
        let Some(found) = tree::job(&mut walk, id) else { continue };
        if found.leaf == Leaf::Running {
            continue;
        }
        let concern = walk.concern(Some(id), found.leaf);
        add(&mut shares, &row.value, found, concern);
    }
    let mut shares: Vec<Share> = shares.into_values().collect();
    shares.sort_by_key(|share| (std::cmp::Reverse((share.concern, share.count)), share.leaf));
    shares
}

/// Where the wait of one job ends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct End {
    /// The leaf.
    pub leaf: Leaf,
    /// That in one line.
    pub title: Text,
    /// Whether something speaks for it, and not only against everything else.
    pub is_told: bool,
}

/// Where the wait of a job ends, by a walk that keeps no steps; `None` where nothing is known of the job.
pub fn end(facts: &Facts<'_>, job: JobId) -> Option<End> {
    let found = tree::job(&mut Walk::silent(facts), job)?;
    let is_told = !matches!(found.grade, super::walk::Grade::Untold(_));
    Some(End { leaf: found.leaf, title: Text::new(&found.title), is_told })
}

/// Whether a job waits for the platform: in the queue, for a resource, or on a runner whose pod does not run.
fn waits(state: &State, job: &Job) -> bool {
    match job.status {
        Status::Pending | Status::WaitingForResource => true,
        Status::Running => {
            let pod = state.pod_of_job(job.id).and_then(|id| state.pods().get(id));
            pod.is_some_and(|pod| matches!(pod.stand, Stand::Stuck | Stand::Unplaced))
        }
        _ => false,
    }
}

fn add(
    shares: &mut BTreeMap<(Leaf, Option<EntityId>), Share>,
    job: &Job,
    found: Found,
    concern: Concern,
) {
    let next = Text::new(found.next.as_deref().unwrap_or(found.leaf.about().next));
    let own = (found.leaf, found.subject, Text::new(&found.title), next);
    let (leaf, subject, title, next_step) =
        found.cause.map_or(own, |cause| (cause.leaf, cause.subject, cause.title, cause.next_step));
    // A pod is one job's own: what its troubles share is their kind.
    let subject = subject.filter(|subject| !matches!(subject, EntityId::Pod(_)));
    let about = leaf.about();
    let share = shares.entry((leaf, subject.clone())).or_insert_with(|| Share {
        leaf,
        subject,
        title,
        count: 0,
        jobs: Vec::new(),
        since: None,
        tiers: Vec::new(),
        concern: Concern::Calm,
        first_act: about.act,
        next_step,
    });
    share.count += 1;
    share.concern = share.concern.max(concern);
    if share.jobs.len() < NAMED {
        share.jobs.push(job.id);
    }
    let since = job.waiting_since().or(job.started_at.map(Into::into));
    share.since = match (share.since, since) {
        (Some(known), Some(since)) => Some(known.min(since)),
        (known, since) => known.or(since),
    };
    if !share.tiers.contains(&job.tier) {
        share.tiers.push(job.tier);
    }
}
