//! How the jobs of a pipeline, or of a project, stand: counted on change.

use super::queue::{Outcomes, Step};
use crate::domain::status::Progress;
use crate::domain::{Job, Status};

/// Where a pipeline stands in the queue's order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub enum Standing {
    /// It has jobs that wait for a runner.
    Queued,
    /// It has jobs on a runner.
    Running,
    /// It waits for a stage, a resource, a person or a date, or nothing is known of its jobs.
    #[default]
    Blocked,
    /// All its jobs have ended.
    Ended,
}

/// How many jobs are in each status; unknown statuses are counted together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Counts([u16; Status::KNOWN.len() + 1]);

impl Counts {
    /// How many jobs have this status.
    pub fn of(&self, status: &Status) -> u16 {
        self.0.get(place(status)).copied().unwrap_or(0)
    }

    /// Every known status that some job has, with its number, in GitLab's order.
    pub fn iter(&self) -> impl Iterator<Item = (Status, u16)> {
        Status::KNOWN.into_iter().zip(self.0).filter(|(_, count)| *count > 0)
    }

    /// Jobs whose status this version does not know.
    pub fn unknown(&self) -> u16 {
        self.0.last().copied().unwrap_or(0)
    }

    /// All jobs.
    pub fn total(&self) -> u32 {
        self.0.iter().map(|count| u32::from(*count)).sum()
    }

    fn step(&mut self, status: &Status, step: Step) {
        let Some(count) = self.0.get_mut(place(status)) else { return };
        *count = match step {
            Step::In => count.saturating_add(1),
            Step::Out => count.saturating_sub(1),
        };
    }
}

fn place(status: &Status) -> usize {
    Status::KNOWN.iter().position(|known| known == status).unwrap_or(Status::KNOWN.len())
}

/// How the jobs of one pipeline stand. Earlier tries of a retried job are counted apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Summary {
    /// Jobs by status, without earlier tries.
    pub counts: Counts,
    /// Earlier tries of jobs that were retried.
    pub retried: u16,
}

impl Summary {
    /// Where the pipeline stands in the queue's order.
    pub fn standing(&self) -> Standing {
        let any = |progress: Progress| {
            self.counts.iter().any(|(status, _)| status.progress() == progress)
        };
        if any(Progress::Queued) {
            Standing::Queued
        } else if any(Progress::Running) {
            Standing::Running
        } else if any(Progress::Blocked) || self.counts.unknown() > 0 || self.counts.total() == 0 {
            Standing::Blocked
        } else {
            Standing::Ended
        }
    }

    pub(super) fn step(&mut self, job: &Job, step: Step) {
        if job.retried {
            self.retried = match step {
                Step::In => self.retried.saturating_add(1),
                Step::Out => self.retried.saturating_sub(1),
            };
        } else {
            self.counts.step(&job.status, step);
        }
    }
}

/// How the jobs of one project stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ProjectSummary {
    /// Jobs that wait for a runner.
    pub waiting: u64,
    /// Jobs on a runner.
    pub running: u64,
    /// How the jobs of the last hour ended.
    pub outcomes: Outcomes,
}

impl ProjectSummary {
    pub(super) fn step(&mut self, job: &Job, step: Step) {
        match job.status.progress() {
            Progress::Queued => step.apply(&mut self.waiting),
            Progress::Running => step.apply(&mut self.running),
            Progress::Blocked | Progress::Ended => (),
        }
        self.outcomes.count(job, step);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::pipeline::fixture::job;

    #[test]
    fn a_pipeline_stands_by_its_most_urgent_job() {
        let mut summary = Summary::default();
        summary.step(&job(1, Status::Success), Step::In);
        assert_eq!(summary.standing(), Standing::Ended);
        summary.step(&job(2, Status::Running), Step::In);
        assert_eq!(summary.standing(), Standing::Running);
        summary.step(&job(3, Status::Pending), Step::In);
        assert_eq!(summary.standing(), Standing::Queued);
    }

    #[test]
    fn earlier_tries_are_counted_apart() {
        let mut summary = Summary::default();
        summary.step(&Job { retried: true, ..job(1, Status::Failed) }, Step::In);
        summary.step(&job(2, Status::Success), Step::In);
        assert_eq!((summary.counts.of(&Status::Failed), summary.retried), (0, 1));
    }

    #[test]
    fn a_status_that_nobody_knows_is_counted_and_has_not_ended() {
        let mut summary = Summary::default();
        summary.step(&job(1, Status::parse("dreaming")), Step::In);
        assert_eq!((summary.counts.unknown(), summary.standing()), (1, Standing::Blocked));
    }
}
