//! [`Known`]: what the queue feed has read of one project, and what a new look at it makes worth reading again.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use jiff::SignedDuration;

use crate::api::gitlab::{Active, Mark, Moving, Place, Step, Wanted, Whole};
use crate::domain::{
    Entity, EntityId, Job, JobId, Moment, Pipeline, PipelineId, Status, Text, Tiers, Timestamp,
};

/// How long a finished job belongs to the queue.
const KEPT: SignedDuration = SignedDuration::from_mins(60);
/// How long a finished pipeline is remembered, so that it is not read again.
const REMEMBERED: SignedDuration = SignedDuration::from_hours(2);
/// How long a pipeline whose list was cut is not read again only because of what the list lacks.
const PATIENCE: SignedDuration = SignedDuration::from_secs(15);
/// REST tells how long a job has waited, so that the start of its waiting trembles; this much is no change.
const TREMBLE: SignedDuration = SignedDuration::from_secs(3);
/// How long after its last change a project counts as having work.
const AFTERGLOW: SignedDuration = SignedDuration::from_mins(2);

/// One project as the queue feed knows it.
#[derive(Debug)]
pub(super) struct Known {
    /// Where it is.
    pub(super) place: Place,
    tiers: Tiers,
    /// Whether its first hour has been read.
    pub(super) collected: bool,
    /// Pipelines that must be read in full.
    pub(super) wanted: BTreeMap<PipelineId, Wanted>,
    pipelines: HashMap<PipelineId, KnownPipeline>,
    /// Pipelines that were refused, which are not asked for again.
    refused: BTreeSet<PipelineId>,
    changed_at: Option<Timestamp>,
}

/// One pipeline as it was last read.
#[derive(Debug)]
struct KnownPipeline {
    pipeline: Arc<Pipeline>,
    /// Its jobs that have not ended.
    jobs: BTreeMap<JobId, Arc<Job>>,
    /// Why its failed jobs failed, as far as that was read.
    reasons: HashMap<JobId, Text>,
    read_at: Timestamp,
}

/// What a whole pipeline brings.
#[derive(Debug, Default)]
pub(super) struct Lesson {
    /// The pipeline and its jobs.
    pub(super) entities: Vec<Entity>,
    /// Failed jobs whose reason is not known.
    pub(super) unexplained: Vec<Arc<Job>>,
}

impl Known {
    /// A project of which nothing was read.
    pub(super) fn new(place: Place, tiers: Tiers) -> Known {
        Known {
            place,
            tiers,
            collected: false,
            wanted: BTreeMap::new(),
            pipelines: HashMap::new(),
            refused: BTreeSet::new(),
            changed_at: None,
        }
    }

    /// A project that is not watched: nothing of it is collected but what others triggered.
    pub(super) fn of_stranger(place: Place, tiers: Tiers) -> Known {
        Known { collected: true, ..Known::new(place, tiers) }
    }

    /// Whether it has work that moves, or had until a moment ago.
    pub(super) fn is_hot(&self, now: Timestamp) -> bool {
        let glows = self.changed_at.is_some_and(|at| now.duration_since(at) < AFTERGLOW);
        glows || self.pipelines.values().any(|known| moves(&known.pipeline.status))
    }

    /// Compares with the marks of every pipeline that has not ended or changed lately; whether nothing is new.
    pub(super) fn compare(&mut self, marks: &[Mark]) -> bool {
        let before = self.wanted.len();
        for mark in marks {
            self.compare_one(mark);
        }
        let seen: BTreeSet<PipelineId> = marks.iter().map(|mark| mark.id).collect();
        self.want_unseen(|known| {
            !known.pipeline.status.has_ended() && !seen.contains(&known.pipeline.id)
        });
        self.wanted.len() == before
    }

    /// Wants a pipeline whose mark is another than the known one.
    fn compare_one(&mut self, mark: &Mark) {
        let is_new = match self.pipelines.get(&mark.id) {
            None => true,
            Some(known) => differs(&known.pipeline, mark),
        };
        if is_new {
            self.want(mark.id, mark.iid);
        }
    }

    /// Compares with a look at what moves; gives the jobs that changed in place.
    pub(super) fn advance(&mut self, active: &Active, now: Timestamp) -> Vec<Arc<Job>> {
        let mut changed = Vec::new();
        for moving in &active.moving {
            let known = self.pipelines.get_mut(&moving.mark.id);
            if !known.is_some_and(|known| known.follow(moving, &mut changed, now)) {
                self.want(moving.mark.id, moving.mark.iid);
            }
        }
        for mark in &active.recent {
            self.compare_one(mark);
        }
        let seen: BTreeSet<PipelineId> = active.moving.iter().map(|one| one.mark.id).collect();
        let whole_list = active.moving.iter().all(|one| one.complete);
        self.want_unseen(|known| {
            moves_in_lists(&known.pipeline.status)
                && !seen.contains(&known.pipeline.id)
                && (whole_list || now.duration_since(known.read_at) > PATIENCE)
        });
        if !changed.is_empty() {
            self.changed_at = Some(now);
        }
        changed
    }

    fn want_unseen(&mut self, is_unseen: impl Fn(&KnownPipeline) -> bool) {
        let unseen: Vec<(PipelineId, Option<u64>)> = self
            .pipelines
            .values()
            .filter(|known| is_unseen(known))
            .map(|known| (known.pipeline.id, known.pipeline.iid))
            .collect();
        for (id, iid) in unseen {
            self.want(id, iid);
        }
    }

    /// Wants a pipeline, unless it was refused.
    pub(super) fn want(&mut self, id: PipelineId, iid: Option<u64>) {
        if self.refused.contains(&id) {
            return;
        }
        let iid = iid.or_else(|| self.pipelines.get(&id)?.pipeline.iid);
        let place = self.place.clone();
        self.wanted.entry(id).or_insert(Wanted { place, id, iid });
    }

    /// Takes a whole pipeline over.
    pub(super) fn learn(&mut self, whole: Whole, now: Timestamp) -> Lesson {
        let Whole { mut pipeline, jobs, .. } = whole;
        self.wanted.remove(&pipeline.id);
        let old = self.pipelines.remove(&pipeline.id);
        if old.as_ref().is_none_or(|old| old.pipeline.status != pipeline.status) {
            self.changed_at = Some(now);
        }
        let (old_jobs, mut reasons, parent) = old.map_or_else(Default::default, |old| {
            (old.jobs, old.reasons, old.pipeline.parent.clone())
        });
        pipeline.parent = pipeline.parent.or(parent);
        let moving = moves(&pipeline.status);
        let pipeline = Arc::new(pipeline);
        let mut lesson = Lesson::default();
        lesson.entities.push(Entity::Pipeline(Arc::clone(&pipeline)));
        let mut unfinished = BTreeMap::new();
        for mut job in jobs {
            if !moving && is_over(&job, now) {
                continue;
            }
            explain(&mut job, &mut reasons);
            let job = shared(job, &old_jobs, &self.tiers);
            if !job.status.has_ended() {
                unfinished.insert(job.id, Arc::clone(&job));
            }
            if job.status == Status::Failed && job.failure_reason.is_none() {
                lesson.unexplained.push(Arc::clone(&job));
            }
            lesson.entities.push(Entity::Job(job));
        }
        let known = KnownPipeline { pipeline, jobs: unfinished, reasons, read_at: now };
        self.pipelines.insert(known.pipeline.id, known);
        lesson
    }

    /// Notes why jobs of a pipeline failed, so that they need not be asked for again.
    pub(super) fn note_reasons(&mut self, id: PipelineId, reasons: &HashMap<JobId, Text>) {
        if let Some(known) = self.pipelines.get_mut(&id) {
            known.reasons.extend(reasons.iter().map(|(job, reason)| (*job, reason.clone())));
        }
    }

    /// Notes which pipeline triggered one of ours; gives it anew where that was not known.
    pub(super) fn note_parent(
        &mut self,
        id: PipelineId,
        parent: &(Text, PipelineId),
    ) -> Option<Entity> {
        let known = self.pipelines.get_mut(&id)?;
        if known.pipeline.parent.is_some() {
            return None;
        }
        let pipeline = Pipeline { parent: Some(parent.clone()), ..(*known.pipeline).clone() };
        known.pipeline = Arc::new(pipeline);
        Some(Entity::Pipeline(Arc::clone(&known.pipeline)))
    }

    /// Forgets a pipeline that is gone; gives what went with it.
    pub(super) fn forget(&mut self, id: PipelineId) -> Vec<EntityId> {
        self.wanted.remove(&id);
        let Some(known) = self.pipelines.remove(&id) else { return Vec::new() };
        let jobs = known.jobs.into_keys().map(EntityId::Job);
        std::iter::once(EntityId::Pipeline(id)).chain(jobs).collect()
    }

    /// Forgets everything; gives what there was.
    pub(super) fn forget_all(&mut self) -> Vec<EntityId> {
        let ids: Vec<PipelineId> = self.pipelines.keys().copied().collect();
        ids.into_iter().flat_map(|id| self.forget(id)).collect()
    }

    /// Whether a pipeline was read.
    pub(super) fn knows(&self, id: PipelineId) -> bool {
        self.pipelines.contains_key(&id)
    }

    /// Stops asking for a pipeline that was refused.
    pub(super) fn refuse(&mut self, id: PipelineId) {
        self.wanted.remove(&id);
        self.refused.insert(id);
    }

    /// Wants again what has not ended and is in no list that is looked at.
    pub(super) fn want_unfinished(&mut self) {
        self.want_unseen(|known| !known.pipeline.status.has_ended());
    }

    /// Forgets what ended long ago.
    pub(super) fn prune(&mut self, now: Timestamp) {
        self.pipelines.retain(|_, known| {
            let last = known.pipeline.updated_at.unwrap_or(known.read_at);
            !known.pipeline.status.has_ended() || now.duration_since(last) < REMEMBERED
        });
    }
}

impl KnownPipeline {
    /// Follows the pipeline's unfinished jobs in place. `false` where it must be read in full.
    fn follow(&mut self, moving: &Moving, changed: &mut Vec<Arc<Job>>, now: Timestamp) -> bool {
        if self.pipeline.status != moving.mark.status {
            return false;
        }
        let patient = now.duration_since(self.read_at) <= PATIENCE;
        let listed: BTreeSet<JobId> = moving.steps.iter().map(|step| step.id).collect();
        let has_lost = |job: &Job| {
            let is_missing = !listed.contains(&job.id);
            is_missing && (moving.complete || (is_on_its_way(&job.status) && !patient))
        };
        if self.jobs.values().any(|job| has_lost(job)) {
            return false;
        }
        for step in &moving.steps {
            let Some(job) = self.jobs.get_mut(&step.id) else { return false };
            if let Some(newer) = stepped(job, step) {
                *job = Arc::new(newer);
                changed.push(Arc::clone(job));
            }
        }
        true
    }
}

/// Whether a pipeline in this state may change by itself.
fn moves(status: &Status) -> bool {
    !status.has_ended() && !matches!(status, Status::Manual | Status::Scheduled)
}

/// Whether a pipeline in this state is in the lists of what moves.
fn moves_in_lists(status: &Status) -> bool {
    matches!(status, Status::Pending | Status::Running)
}

/// Whether a job in this state is in every list of what moves, however short.
fn is_on_its_way(status: &Status) -> bool {
    matches!(status, Status::Pending | Status::Running)
}

/// Whether a mark tells of a change that the known pipeline lacks. A mark may be older than what is known; and that
/// GitLab touched a pipeline whose jobs are followed anyway is no news.
fn differs(known: &Pipeline, mark: &Mark) -> bool {
    let newer = mark.updated_at > known.updated_at;
    if known.status == mark.status {
        return newer && !moves_in_lists(&known.status);
    }
    newer || mark.updated_at == known.updated_at || mark.updated_at.is_none()
}

/// Whether a job ended too long ago to belong to the queue.
fn is_over(job: &Job, now: Timestamp) -> bool {
    let ended_at = job.finished_at.or(job.started_at).map_or(job.created_at, Into::into);
    job.status.has_ended() && now.duration_since(ended_at) > KEPT
}

/// Fills in a known failure reason, or notes a new one.
fn explain(job: &mut Job, reasons: &mut HashMap<JobId, Text>) {
    match &job.failure_reason {
        Some(reason) => {
            reasons.insert(job.id, reason.clone());
        }
        None if job.status == Status::Failed => job.failure_reason = reasons.get(&job.id).cloned(),
        None => {}
    }
}

/// The known copy of a job where nothing changed. Its tier is told here, so that the state can share the copy too.
fn shared(mut job: Job, known: &BTreeMap<JobId, Arc<Job>>, tiers: &Tiers) -> Arc<Job> {
    job.tier = tiers.of(&job.tags);
    let Some(old) = known.get(&job.id) else { return Arc::new(job) };
    job.queued_at = steadied(old.queued_at, job.queued_at);
    if **old == job { Arc::clone(old) } else { Arc::new(job) }
}

/// A job after a step, if that changed it.
fn stepped(job: &Job, step: &Step) -> Option<Job> {
    let newer = Job {
        status: step.status.clone(),
        stuck: step.stuck,
        queued_at: steadied(job.queued_at, step.queued_at.map(Into::into)),
        started_at: step.started_at.map(Into::into),
        runner: step.runner.clone(),
        ..job.clone()
    };
    (newer != *job).then_some(newer)
}

/// The old instant where the new one only trembles.
fn steadied(old: Option<Moment>, new: Option<Moment>) -> Option<Moment> {
    match (old, new) {
        (Some(old), Some(new)) if new.since(old).abs() <= TREMBLE => Some(old),
        _ => new,
    }
}
