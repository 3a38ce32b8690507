//! The queue of one tier: who waits, since when, and how long those waited who started in the last hour.
//!
//! Everything here is kept up on change, so that a band costs the same with ten jobs and with a hundred thousand.

use imbl::OrdSet;

use super::rising::Rising;
use super::spans::Spans;
use crate::domain::status::Progress;
use crate::domain::{Attribution, Job, JobId, Percentiles, Status, Timestamp};

/// The window of percentiles and of ended jobs, seconds: the last hour.
pub const WINDOW_SECONDS: i64 = 3600;

/// How the jobs of the last hour ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Outcomes {
    /// Ended well.
    pub success: u64,
    /// Ended badly, whoever's fault.
    pub failed: u64,
    /// Of those, by the platform's fault.
    pub platform: u64,
    /// Of those, for a reason that was not read yet.
    pub unread: u64,
}

impl Outcomes {
    /// The share of ended jobs that the platform did not spoil; `None` while reasons are unread or nothing ended.
    ///
    /// A team's own `script_failure` does not count against the platform.
    pub fn platform_success(&self) -> Option<f64> {
        let ended = self.success + self.failed;
        if ended == 0 || self.unread > 0 {
            return None;
        }
        Some(1.0 - ratio(self.platform, ended))
    }

    /// The share of ended jobs that ended well.
    pub fn success_ratio(&self) -> Option<f64> {
        let ended = self.success + self.failed;
        (ended > 0).then(|| ratio(self.success, ended))
    }

    pub(super) fn count(&mut self, job: &Job, step: Step) {
        match job.status {
            Status::Success => step.apply(&mut self.success),
            Status::Failed => {
                step.apply(&mut self.failed);
                match job.attribution() {
                    Some(Attribution::Platform) => step.apply(&mut self.platform),
                    None => step.apply(&mut self.unread),
                    Some(Attribution::Team | Attribution::Policy | Attribution::Other) => (),
                }
            }
            _ => (),
        }
    }
}

/// Seconds as whole milliseconds.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "the cast saturates, and a target is positive"
)]
pub(super) fn millis(seconds: f64) -> u64 {
    (seconds * 1000.0) as u64
}

#[expect(clippy::cast_precision_loss, reason = "counts stay far below 2^52")]
pub(super) fn ratio(part: u64, whole: u64) -> f64 {
    part as f64 / whole as f64
}

/// Whether a job comes into the count or leaves it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Step {
    In,
    Out,
}

impl Step {
    pub(super) fn apply(self, count: &mut u64) {
        *count = match self {
            Step::In => count.saturating_add(1),
            Step::Out => count.saturating_sub(1),
        };
    }
}

/// The live figures of a set of jobs: a tier's, or those of all jobs that fit no tier.
#[derive(Debug, Clone, Default)]
pub struct Queue {
    waiting: OrdSet<(Timestamp, JobId)>,
    blocked: u64,
    running: u64,
    started: OrdSet<(Timestamp, JobId)>,
    /// Queue times of `started`, in milliseconds, rising.
    times: Rising,
    /// The same by the span of time in which the job started, for a chart of the hour.
    spans: Spans,
    outcomes: Outcomes,
}

impl Queue {
    /// Jobs that wait for a runner.
    pub fn waiting(&self) -> usize {
        self.waiting.len()
    }

    /// The waiting jobs, the oldest first, each with the moment since when it has been in the queue.
    pub fn waiting_longest(&self) -> impl Iterator<Item = (Timestamp, JobId)> {
        self.waiting.iter().copied()
    }

    /// Jobs that wait for a stage, a resource, a person or a date.
    pub fn blocked(&self) -> u64 {
        self.blocked
    }

    /// Jobs on a runner.
    pub fn running(&self) -> u64 {
        self.running
    }

    /// Since when the oldest waiting job has been in the queue, and which it is.
    pub fn oldest(&self) -> Option<(Timestamp, JobId)> {
        self.waiting.get_min().copied()
    }

    /// How the jobs of the last hour ended.
    pub fn outcomes(&self) -> Outcomes {
        self.outcomes
    }

    /// Queue time of the jobs that started in the last hour: nearest rank over raw observations. Jobs that still wait
    /// are not in it; their number and the oldest stand beside it.
    pub fn percentiles(&self) -> Percentiles {
        self.times.percentiles()
    }

    /// How many jobs started in the last hour, and how many of them had waited longer than so many seconds.
    pub fn later_than(&self, seconds: f64) -> (usize, usize) {
        (self.times.len(), self.times.len() - self.times.upto(millis(seconds)))
    }

    /// The longest queue time of the jobs that started within each two minutes of the last hour, seconds, oldest
    /// first; `None` where no job started.
    pub fn longest_by_span(&self, now: Timestamp) -> Vec<Option<f64>> {
        self.spans.longest(now)
    }

    pub(super) fn add(&mut self, job: &Job, horizon: Timestamp) {
        self.outcomes.count(job, Step::In);
        match job.status.progress() {
            Progress::Queued => {
                self.waiting.insert((job.queued_at.map_or(job.created_at, Into::into), job.id));
            }
            Progress::Blocked => self.blocked += 1,
            Progress::Running => self.running += 1,
            Progress::Ended => (),
        }
        if let Some((started_at, millis)) = observation(job)
            && started_at >= horizon
            && self.started.insert((started_at, job.id)).is_none()
        {
            self.times.insert(millis);
            self.spans.insert(started_at.as_second(), millis);
        }
    }

    pub(super) fn remove(&mut self, job: &Job) {
        self.outcomes.count(job, Step::Out);
        match job.status.progress() {
            Progress::Queued => {
                self.waiting.remove(&(job.queued_at.map_or(job.created_at, Into::into), job.id));
            }
            Progress::Blocked => self.blocked = self.blocked.saturating_sub(1),
            Progress::Running => self.running = self.running.saturating_sub(1),
            Progress::Ended => (),
        }
        self.forget_start(job);
    }

    /// Takes the job's queue time out of the percentiles: its start has left the window.
    pub(super) fn forget_start(&mut self, job: &Job) {
        let Some((started_at, millis)) = observation(job) else { return };
        if self.started.remove(&(started_at, job.id)).is_none() {
            return;
        }
        self.times.remove(millis);
        self.spans.remove(started_at.as_second(), millis);
    }

    /// The jobs whose start lies before `horizon`.
    pub(super) fn started_before(&self, horizon: Timestamp) -> Vec<JobId> {
        self.started.iter().take_while(|(at, _)| *at < horizon).map(|(_, id)| *id).collect()
    }
}

/// A job's start and its queue time in milliseconds, for one that started.
fn observation(job: &Job) -> Option<(Timestamp, u64)> {
    let started_at = Timestamp::from(job.started_at?);
    let queued_at = Timestamp::from(job.queued_at?);
    let waited = started_at.as_millisecond().saturating_sub(queued_at.as_millisecond());
    Some((started_at, u64::try_from(waited).unwrap_or(0)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::Text;
    use crate::domain::pipeline::fixture::{at, job};

    fn started(id: u64, waited: i64) -> Job {
        Job { started_at: Some(at(waited).into()), ..job(id, Status::Running) }
    }

    #[test]
    fn percentiles_are_over_the_jobs_that_started() {
        let mut queue = Queue::default();
        for id in 1..=100 {
            queue.add(&started(id, i64::try_from(id).unwrap()), at(0));
        }
        let p = queue.percentiles();
        assert_eq!((p.n, p.p50, p.p95, p.p99), (100, Some(50.0), Some(95.0), Some(99.0)));
    }

    #[test]
    fn a_job_that_leaves_takes_its_figures_along() {
        let mut queue = Queue::default();
        queue.add(&started(1, 5), at(0));
        queue.add(&job(2, Status::Pending), at(0));
        queue.remove(&started(1, 5));
        queue.remove(&job(2, Status::Pending));
        assert_eq!((queue.percentiles().n, queue.waiting(), queue.running()), (0, 0, 0));
    }

    #[test]
    fn a_start_before_the_window_is_not_counted() {
        let mut queue = Queue::default();
        queue.add(&started(1, 5), at(6));
        assert_eq!(queue.percentiles().n, 0);
    }

    #[test]
    fn the_hours_chart_has_the_longest_wait_of_each_span_and_gaps_between() {
        let mut queue = Queue::default();
        let now = at(3599);
        for (id, second, waited) in [(1, 3500, 5), (2, 3501, 9), (3, 100, 3)] {
            let started_at = Some(at(second).into());
            queue.add(
                &Job {
                    queued_at: Some(at(second - waited).into()),
                    started_at,
                    ..job(id, Status::Running)
                },
                at(0),
            );
        }
        let chart = queue.longest_by_span(now);
        assert_eq!(
            (chart.len(), chart.iter().flatten().copied().collect::<Vec<_>>()),
            (30, vec![3.0, 9.0])
        );
    }

    #[test]
    fn the_oldest_waits_since_it_was_queued() {
        let mut queue = Queue::default();
        queue.add(&Job { queued_at: Some(at(9).into()), ..job(1, Status::Pending) }, at(0));
        queue.add(&Job { queued_at: Some(at(3).into()), ..job(2, Status::Pending) }, at(0));
        assert_eq!(queue.oldest(), Some((at(3), JobId(2))));
    }

    #[test]
    fn script_failures_are_not_the_platforms() {
        let mut queue = Queue::default();
        let failed = |id, reason: &str| Job {
            failure_reason: Some(Text::new(reason)),
            ..job(id, Status::Failed)
        };
        queue.add(&failed(1, "script_failure"), at(0));
        queue.add(&failed(2, "runner_system_failure"), at(0));
        queue.add(&job(3, Status::Success), at(0));
        queue.add(&job(4, Status::Success), at(0));
        assert_eq!(queue.outcomes().platform_success(), Some(0.75));
    }

    #[test]
    fn an_unread_reason_gives_no_share() {
        let mut queue = Queue::default();
        queue.add(&job(1, Status::Failed), at(0));
        assert_eq!(queue.outcomes().platform_success(), None);
    }
}
