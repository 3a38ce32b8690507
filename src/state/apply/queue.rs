//! Pipelines and jobs as they come, change and go.

use std::sync::Arc;

use jiff::SignedDuration;

use super::horizon;
use crate::domain::{Job, JobId, Moment, Origin, Pipeline, PipelineId, Status, Timestamp};
use crate::state::queue::Step;
use crate::state::table::{Arrival, Effect};
use crate::state::{Changes, State};

/// One answer tells since when a job waits, another for how long, each to its own fraction of a second: this much is no
/// change, or waiting jobs would trade places whenever one of them is looked at.
const TREMBLE: SignedDuration = SignedDuration::from_secs(3);

impl State {
    pub(super) fn upsert_pipeline(
        &mut self,
        pipeline: &Arc<Pipeline>,
        arrival: Arrival,
        changes: &mut Changes,
    ) {
        let id = pipeline.id;
        let before = self.rows.pipelines.get(id).map(Arc::clone);
        if self.rows.pipelines.upsert(id, Arc::clone(pipeline), arrival) == Effect::Same {
            return;
        }
        let is_news = before.is_none() && arrival.origin == Origin::Live;
        if let Some(before) = before {
            self.unindex_pipeline(&before);
        }
        if is_news && self.coverage.collected.contains(&pipeline.project) {
            self.rows.pipelines.touch(id, arrival.at);
        }
        self.index.pipelines_of_project.insert((pipeline.project, id));
        if let Some((_, parent)) = &pipeline.parent {
            self.index.children.insert((*parent, id));
        }
        if let Some(at) = ended_at(pipeline) {
            self.index.ended_pipelines.insert((at, id));
        }
        changes.pipelines.insert(id);
        changes.moved.insert(id);
    }

    fn unindex_pipeline(&mut self, pipeline: &Pipeline) {
        self.index.pipelines_of_project.remove(&(pipeline.project, pipeline.id));
        if let Some((_, parent)) = &pipeline.parent {
            self.index.children.remove(&(*parent, pipeline.id));
        }
        if let Some(at) = ended_at(pipeline) {
            self.index.ended_pipelines.remove(&(at, pipeline.id));
        }
    }

    pub(super) fn upsert_job(
        &mut self,
        job: Arc<Job>,
        arrival: Arrival,
        now: Timestamp,
        changes: &mut Changes,
    ) {
        let tier = self.tiers.of(&job.tags);
        let mut job =
            if job.tier == tier { job } else { Arc::new(Job { tier, ..Job::clone(&job) }) };
        let id = job.id;
        let before = self.rows.jobs.get(id).map(Arc::clone);
        if let Some(before) = &before
            && trembles(before, &job)
        {
            job = Arc::new(Job { queued_at: before.queued_at, ..Job::clone(&job) });
        }
        if let Some(before) = &before
            && job.failure_reason.is_none()
            && before.failure_reason.is_some()
            && before.status == job.status
        {
            let failure_reason = before.failure_reason.clone();
            job = Arc::new(Job { failure_reason, ..Job::clone(&job) });
        }
        if self.rows.jobs.upsert(id, Arc::clone(&job), arrival) == Effect::Same {
            // It was told again, which is news to a pod that names it too early.
            self.judge_doubtful(job.project, changes);
            return;
        }
        let standing = self.summary(job.pipeline).standing();
        let is_news = before.is_none() && arrival.origin == Origin::Live;
        if let Some(before) = before {
            self.unindex_job(&before);
        }
        if is_news && self.coverage.collected.contains(&job.project) {
            self.rows.jobs.touch(id, arrival.at);
        }
        self.index_job(&job, now);
        self.judge_pods_of_job(id, changes);
        changes.jobs.insert(id);
        changes.pipelines.insert(job.pipeline);
        changes.projects.insert(job.project);
        if self.summary(job.pipeline).standing() != standing {
            changes.moved.insert(job.pipeline);
        }
    }

    fn index_job(&mut self, job: &Job, now: Timestamp) {
        self.index.jobs_of_pipeline.insert((job.pipeline, job.id));
        if let Some(at) = job.finished_at.filter(|_| job.status.has_ended()) {
            self.index.ended_jobs.insert((at, job.id));
        } else if job.status.has_ended() {
            self.index.ended_jobs.insert((job.created_at.into(), job.id));
        }
        self.step(job, Step::In);
        let place = self.queue_place(job.tier);
        if let Some(queue) = self.index.queues.get_mut(place) {
            queue.add(job, horizon(now));
        }
    }

    fn unindex_job(&mut self, job: &Job) {
        self.index.jobs_of_pipeline.remove(&(job.pipeline, job.id));
        self.index.ended_jobs.remove(&(job.finished_at.unwrap_or(job.created_at.into()), job.id));
        self.step(job, Step::Out);
        let place = self.queue_place(job.tier);
        if let Some(queue) = self.index.queues.get_mut(place) {
            queue.remove(job);
        }
    }

    fn step(&mut self, job: &Job, step: Step) {
        self.index.summaries.entry(job.pipeline).or_default().step(job, step);
        self.index.project_summaries.entry(job.project).or_default().step(job, step);
    }

    pub(super) fn remove_pipeline(&mut self, id: PipelineId, changes: &mut Changes) {
        let jobs: Vec<JobId> = self.jobs_of(id).collect();
        for job in jobs {
            self.remove_job(job, changes);
        }
        let children: Vec<PipelineId> = self.children_of(id).collect();
        if let Some(pipeline) = self.rows.pipelines.remove(id) {
            self.unindex_pipeline(&pipeline);
            // The family falls apart: everyone left may stand elsewhere now.
            changes.moved.extend(children);
            changes.moved.extend(pipeline.parent.as_ref().map(|(_, parent)| *parent));
            changes.judged.insert(pipeline.project);
            changes.pipelines.insert(id);
        }
        self.index.summaries.remove(&id);
    }

    pub(super) fn remove_job(&mut self, id: JobId, changes: &mut Changes) {
        let Some(job) = self.rows.jobs.remove(id) else { return };
        let standing = self.summary(job.pipeline).standing();
        self.unindex_job(&job);
        self.judge_pods_of_job(id, changes);
        changes.jobs.insert(id);
        changes.pipelines.insert(job.pipeline);
        changes.projects.insert(job.project);
        if self.summary(job.pipeline).standing() != standing {
            changes.moved.insert(job.pipeline);
        }
    }

    /// Drops ended jobs and pipelines that ended before `horizon`.
    pub(super) fn forget_ended(&mut self, horizon: Timestamp, changes: &mut Changes) {
        let first = Moment::from(horizon);
        let ended = self.index.ended_jobs.iter().take_while(|(at, _)| *at < first);
        let jobs: Vec<JobId> = ended.map(|(_, id)| *id).collect();
        for id in jobs {
            self.remove_job(id, changes);
        }
        let ended = self.index.ended_pipelines.iter().take_while(|(at, _)| *at < horizon);
        let pipelines: Vec<PipelineId> = ended.map(|(_, id)| *id).collect();
        for id in pipelines {
            self.let_go(id, changes);
        }
    }

    /// Drops an ended pipeline whose jobs are gone too.
    fn let_go(&mut self, id: PipelineId, changes: &mut Changes) {
        if self.jobs_of(id).next().is_none() {
            self.remove_pipeline(id, changes);
        }
    }

    pub(super) fn forget_starts(&mut self, horizon: Timestamp, changes: &mut Changes) {
        for place in 0..self.index.queues.len() {
            let Some(queue) = self.index.queues.get_mut(place) else { continue };
            for id in queue.started_before(horizon) {
                if let Some(job) = self.rows.jobs.get(id) {
                    queue.forget_start(job);
                    changes.figures = true;
                }
            }
        }
    }
}

/// When a pipeline ended, for one that did.
fn ended_at(pipeline: &Pipeline) -> Option<Timestamp> {
    pipeline
        .status
        .has_ended()
        .then(|| pipeline.finished_at.or(pipeline.updated_at).unwrap_or(pipeline.created_at))
}

/// Whether a job that goes on waiting only seems to wait since another instant.
fn trembles(before: &Job, job: &Job) -> bool {
    let waits = |job: &Job| job.status == Status::Pending && job.started_at.is_none();
    match (before.queued_at, job.queued_at) {
        (Some(old), Some(new)) if waits(before) && waits(job) => {
            old != new && new.since(old).abs() <= TREMBLE
        }
        _ => false,
    }
}
