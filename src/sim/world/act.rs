//! What somebody does to jobs and pipelines: retry, cancel, play; and what a test does.

use std::sync::Arc;

use super::{Fate, Leaving, Status, World};

/// Why an act is refused, as GitLab words it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Refusal {
    NotRetryable,
    NotPlayable,
    /// The deployment waits for nobody.
    NotBlocked,
    /// Whoever started a deployment may not approve it.
    OwnDeployment,
    /// Not among the approvers.
    NoApprover,
    Unknown,
}

impl World {
    /// Starts a new attempt at a job that ended; its id.
    pub(crate) fn retry_job(&mut self, id: u64) -> Result<u64, Refusal> {
        let job = self.jobs.get_mut(id).ok_or(Refusal::Unknown)?;
        let again = matches!(job.status, Status::Success | Status::Failed | Status::Canceled);
        if job.retried || !again {
            return Err(Refusal::NotRetryable);
        }
        job.retried = true;
        let (pipeline, project) = (job.pipeline, job.project);
        let mut plan = job.plan.clone();
        plan.fate = Fate::Success;
        let stage = plan.stage;
        let next = self.add_job(pipeline, project, plan);
        self.reopen(pipeline, stage);
        if !self.hold(next) {
            self.ask(next);
        }
        self.settle(pipeline);
        Ok(next)
    }

    /// Cancels a job that has not ended; one that ended is left alone.
    pub(crate) fn cancel_job(&mut self, id: u64) -> Result<(), Refusal> {
        let job = self.jobs.get(id).ok_or(Refusal::Unknown)?;
        if job.status.is_over() {
            return Ok(());
        }
        let pipeline = job.pipeline;
        self.cancel_one(id);
        self.settle(pipeline);
        Ok(())
    }

    /// Lets a manual or delayed job begin.
    pub(crate) fn play_job(&mut self, id: u64) -> Result<(), Refusal> {
        let job = self.jobs.get(id).ok_or(Refusal::Unknown)?;
        if !matches!(job.status, Status::Manual | Status::Scheduled) || self.is_held(id) {
            return Err(Refusal::NotPlayable);
        }
        self.ask(id);
        Ok(())
    }

    /// Retries every failed and cancelled job of a pipeline.
    pub(crate) fn retry_pipeline(&mut self, id: u64) -> Result<(), Refusal> {
        for job in self.latest(id)? {
            let ended = self
                .jobs
                .get(job)
                .is_some_and(|job| matches!(job.status, Status::Failed | Status::Canceled));
            if ended {
                self.retry_job(job)?;
            }
        }
        Ok(())
    }

    /// Cancels every job of a pipeline that has not ended.
    pub(crate) fn cancel_pipeline(&mut self, id: u64) -> Result<(), Refusal> {
        for job in self.latest(id)? {
            if self.jobs.get(job).is_some_and(|job| !job.status.is_over()) {
                self.cancel_one(job);
            }
        }
        self.restand(id);
        Ok(())
    }

    /// Ends a running or waiting job as if its script had.
    pub(crate) fn finish_job(&mut self, id: u64) {
        self.force(id, &Fate::Success);
    }

    /// Ends a running or waiting job with a reason.
    pub(crate) fn fail_job(&mut self, id: u64, reason: &str) {
        self.force(id, &Fate::Failure(Arc::from(reason)));
    }

    /// Starts a job at once, whatever the queue says.
    pub(crate) fn start_job(&mut self, id: u64) {
        let Some(place) = self.pool_of(id) else { return };
        let Some(status) = self.jobs.get(id).map(|job| job.status) else { return };
        if status.is_over() || status == Status::Running {
            return;
        }
        if status != Status::Pending {
            self.turn(id, Status::Pending);
        }
        if let Some(pool) = self.pools.get_mut(place) {
            pool.queue.retain(|waiting| *waiting != id);
        }
        self.start(id, place);
    }

    /// Somebody retries a failed job, as planned.
    pub(super) fn retry_planned(&mut self, id: u64, turn: u32) {
        if self.jobs.get(id).is_some_and(|job| job.turn == turn) {
            // It is refused when somebody else was quicker; nothing is lost.
            self.retry_job(id).ok();
        }
    }

    fn force(&mut self, id: u64, fate: &Fate) {
        if self
            .jobs
            .get(id)
            .is_some_and(|job| matches!(job.status, Status::Pending | Status::Running))
        {
            self.end(id, fate);
        }
    }

    fn cancel_one(&mut self, id: u64) {
        self.leave_pod(id, Leaving::Canceled);
        self.leave(id);
        self.turn(id, Status::Canceled);
        self.release(id);
    }

    /// The jobs of later stages that were passed over may begin again.
    fn reopen(&mut self, pipeline: u64, stage: usize) {
        for id in self.latest(pipeline).unwrap_or_default() {
            if let Some(job) = self.jobs.get_mut(id)
                && job.status == Status::Skipped
                && job.plan.stage > stage
            {
                job.status = Status::Created;
                job.turn += 1;
            }
        }
    }

    /// The latest attempts of a pipeline.
    fn latest(&self, id: u64) -> Result<Vec<u64>, Refusal> {
        let pipeline = self.pipelines.get(id).ok_or(Refusal::Unknown)?;
        let current = |job: &&u64| self.jobs.get(**job).is_some_and(|job| !job.retried);
        Ok(pipeline.jobs.iter().filter(current).copied().collect())
    }
}
