//! How jobs and pipelines move from state to state.

use std::sync::Arc;

use super::model::Upstream;
use super::standing::standing;
use super::{Event, Fate, Job, Kind, Leaving, Status, When, World};
use crate::sim::clock::Millis;

const MINUTE: Millis = 60_000;
/// GitLab drops a job that no runner can take after an hour.
const DROP_AFTER: Millis = 60 * MINUTE;

impl World {
    /// Moves a job to a state now, and its pipeline with it.
    pub(super) fn turn(&mut self, id: u64, status: Status) {
        let now = self.now;
        let Some(job) = self.jobs.get_mut(id) else { return };
        job.status = status;
        job.turn += 1;
        match status {
            Status::Pending => job.queued = Some(now),
            Status::Running => job.started = Some(now),
            _ if status.is_over() && status != Status::Skipped => job.finished = Some(now),
            _ => {}
        }
        let (pipeline, project) = (job.pipeline, job.project);
        if let Some(owner) = self.projects.get_mut(&project) {
            owner.active = owner.active.max(now);
        }
        self.note_turn(id);
        self.restand(pipeline);
    }

    /// Brings a pipeline's state in line with its jobs.
    pub(super) fn restand(&mut self, id: u64) {
        let now = self.now;
        let Some(pipeline) = self.pipelines.get(id) else { return };
        let status = standing(pipeline.jobs.iter().filter_map(|job| self.jobs.get(*job)));
        let begun = pipeline.jobs.iter().filter_map(|job| self.jobs.get(*job)?.started).min();
        let Some(pipeline) = self.pipelines.get_mut(id) else { return };
        pipeline.started = begun;
        if pipeline.status == status {
            return;
        }
        pipeline.status = status;
        pipeline.updated = now;
        pipeline.finished = status.is_over().then_some(now);
        if let Some(upstream) = pipeline.upstream {
            self.mirror(upstream, status);
        }
    }

    /// Lets every job of a pipeline begin whose turn has come.
    pub(super) fn settle(&mut self, id: u64) {
        let Some(pipeline) = self.pipelines.get(id) else { return };
        let (stages, jobs) = (pipeline.stages.len(), pipeline.jobs.clone());
        let mut open = true;
        let mut broken = false;
        for stage in 0..stages {
            let here: Vec<u64> =
                jobs.iter().copied().filter(|job| self.is_of(*job, stage)).collect();
            for job in &here {
                if broken {
                    self.pass_over(*job);
                } else if open {
                    self.begin_turn(*job);
                }
            }
            let latest = here.iter().filter_map(|job| self.jobs.get(*job));
            open &= latest.clone().all(lets_pass);
            broken |= latest.clone().any(breaks)
                && latest.clone().all(|job| job.status.is_over() || lets_pass(job));
        }
    }

    /// The job ends as planned.
    pub(super) fn end_planned(&mut self, id: u64, turn: u32) {
        let Some(job) = self.jobs.get(id) else { return };
        if job.turn != turn || job.status != Status::Running {
            return;
        }
        let fate = job.plan.fate.clone();
        self.end(id, &fate);
        if let Fate::Failure(_) = fate
            && self.dice.chance(0.35)
        {
            let turn = self.jobs.get(id).map_or(0, |job| job.turn);
            let pause = self.dice.between(20, 400) * 1000;
            self.plan(self.now + self.span(pause), Event::Again(id, turn));
        }
    }

    /// Ends a job with the given outcome.
    pub(super) fn end(&mut self, id: u64, fate: &Fate) {
        let leaving = if *fate == Fate::Success { Leaving::Succeeded } else { Leaving::Failed };
        self.leave_pod(id, leaving);
        self.leave(id);
        match fate {
            Fate::Success => self.turn(id, Status::Success),
            Fate::Failure(reason) => {
                if let Some(job) = self.jobs.get_mut(id) {
                    job.reason = Some(Arc::clone(reason));
                }
                self.turn(id, Status::Failed);
            }
        }
        self.release(id);
        if let Some(pipeline) = self.jobs.get(id).map(|job| job.pipeline) {
            self.settle(pipeline);
        }
    }

    /// A delayed job becomes due, or a manual one is played.
    pub(super) fn fall_due(&mut self, id: u64, turn: u32) {
        let Some(job) = self.jobs.get(id) else { return };
        if job.turn == turn && matches!(job.status, Status::Scheduled | Status::Manual) {
            self.ask(id);
        }
    }

    /// GitLab drops a job that no runner can take.
    pub(super) fn drop_stuck(&mut self, id: u64, turn: u32) {
        let Some(job) = self.jobs.get(id) else { return };
        if job.turn == turn && job.status == Status::Pending {
            self.end(id, &Fate::Failure(Arc::from("stuck_pending_no_matching_runners")));
        }
    }

    /// Asks for a runner, or for the resource first.
    pub(super) fn ask(&mut self, id: u64) {
        if let Some(job) = self.jobs.get_mut(id) {
            job.scheduled = None;
        }
        if !self.acquire(id) {
            self.turn(id, Status::WaitingForResource);
            return;
        }
        if self.jobs.get(id).is_some_and(Job::is_bridge) {
            self.cross(id);
            return;
        }
        self.turn(id, Status::Pending);
        if let Some(pool) = self.pool_of(id) {
            self.enqueue(pool, id);
        } else {
            let turn = self.jobs.get(id).map_or(0, |job| job.turn);
            self.plan(self.now + DROP_AFTER, Event::Drop(id, turn));
        }
    }

    /// A bridge starts its pipeline.
    fn cross(&mut self, id: u64) {
        self.turn(id, Status::Running);
        let Some(job) = self.jobs.get(id) else { return };
        let Kind::Bridge { project, depend } = job.plan.kind else { return };
        let pipeline = job.pipeline;
        let child = self.add_downstream(Upstream { pipeline, job: id }, project);
        if let Some(job) = self.jobs.get_mut(id) {
            job.downstream = child;
        }
        if child.is_none() {
            self.end(id, &Fate::Failure(Arc::from("downstream_bridge_project_not_found")));
        } else if !depend {
            self.end(id, &Fate::Success);
        }
    }

    /// A bridge that waits for its pipeline ends with it.
    fn mirror(&mut self, upstream: Upstream, status: Status) {
        let waits = self.jobs.get(upstream.job).is_some_and(|job| {
            job.status == Status::Running
                && matches!(job.plan.kind, Kind::Bridge { depend: true, .. })
        });
        if !waits || !status.is_over() {
            return;
        }
        let fate = if matches!(status, Status::Success | Status::Skipped) {
            Fate::Success
        } else {
            Fate::Failure(Arc::from("downstream_pipeline_failed"))
        };
        self.end(upstream.job, &fate);
    }

    /// The turn of a created job has come.
    fn begin_turn(&mut self, id: u64) {
        let Some(job) = self.jobs.get(id) else { return };
        if job.status != Status::Created {
            return;
        }
        let (optional, when) = (job.plan.allow_failure, job.plan.when);
        if self.hold(id) {
            return;
        }
        match when {
            When::Auto => self.ask(id),
            When::Manual => {
                self.turn(id, Status::Manual);
                self.plan_play(id, if optional { 0.6 } else { 0.9 });
            }
            When::Delayed(span) => {
                let due = self.now + self.span(span);
                if let Some(job) = self.jobs.get_mut(id) {
                    job.scheduled = Some(due);
                }
                self.turn(id, Status::Scheduled);
                let turn = self.jobs.get(id).map_or(0, |job| job.turn);
                self.plan(due, Event::Due(id, turn));
            }
        }
    }

    /// People play most manual jobs, some soon and some after hours; a few wait for ever.
    fn plan_play(&mut self, id: u64, share: f64) {
        let played = self.dice.chance(share);
        let pause = self.dice.wait(12 * MINUTE);
        if played {
            let turn = self.jobs.get(id).map_or(0, |job| job.turn);
            self.plan(self.now + self.span(pause), Event::Due(id, turn));
        }
    }

    fn pass_over(&mut self, id: u64) {
        if self.jobs.get(id).is_some_and(|job| job.status == Status::Created) {
            self.turn(id, Status::Skipped);
        }
    }

    fn is_of(&self, id: u64, stage: usize) -> bool {
        self.jobs.get(id).is_some_and(|job| job.plan.stage == stage && !job.retried)
    }
}

/// The next stage need not wait for this job any longer.
fn lets_pass(job: &Job) -> bool {
    match job.status {
        Status::Success | Status::Skipped => true,
        Status::Failed | Status::Canceled | Status::Manual => job.plan.allow_failure,
        _ => false,
    }
}

/// The next stage will not begin because of this job.
fn breaks(job: &Job) -> bool {
    matches!(job.status, Status::Failed | Status::Canceled) && !job.plan.allow_failure
}
