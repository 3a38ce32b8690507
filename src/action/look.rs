//! Looking at a target: before an act, so that it hits what was meant; and after a lost answer, to learn what became of it.

use crate::api::Error;
use crate::api::gitlab::{Gitlab, Place};
use crate::domain::{FailureKind, Job, JobId, PipelineId, Status, Target, Text};

/// What a target looked like at some moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seen {
    /// Its name, as a person knows it.
    pub name: Text,
    /// Its state, in the platform's word; `paused` or `active` for a runner.
    pub state: Text,
    /// A later attempt at the same job, where there is one.
    pub successor: Option<JobId>,
}

/// Looks at a target of GitLab.
pub(super) async fn look(gitlab: &Gitlab, target: &Target) -> Result<Seen, Error> {
    match target {
        Target::Job(project, id) => look_at_job(gitlab, project, *id).await,
        Target::Pipeline(project, id) => look_at_pipeline(gitlab, project, *id).await,
        Target::Runner(id) => {
            let (name, paused) = gitlab.runner_standing(*id).await?;
            let state = if paused { "paused" } else { "active" };
            Ok(Seen { name, state: Text::new(state), successor: None })
        }
        _ => Err(Error::new(FailureKind::Other, "this is no target of GitLab")),
    }
}

async fn look_at_job(gitlab: &Gitlab, project: &str, id: JobId) -> Result<Seen, Error> {
    let place = place(gitlab, project).await?;
    let job = gitlab.job(&place, id).await?;
    let whole = gitlab.pipeline(&place, job.pipeline).await?;
    Ok(Seen {
        name: job.name.clone(),
        state: Text::new(&job.status.to_string()),
        successor: successor(&job, &whole.jobs),
    })
}

/// The newest other attempt at a job: the one of the same name and pipeline that was made after it.
fn successor(job: &Job, all: &[Job]) -> Option<JobId> {
    all.iter().filter(|one| one.name == job.name && one.id > job.id).map(|one| one.id).max()
}

async fn look_at_pipeline(gitlab: &Gitlab, project: &str, id: PipelineId) -> Result<Seen, Error> {
    let place = place(gitlab, project).await?;
    let whole = gitlab.pipeline(&place, id).await?;
    Ok(Seen {
        name: whole.pipeline.reference.clone(),
        state: Text::new(&whole.pipeline.status.to_string()),
        successor: None,
    })
}

async fn place(gitlab: &Gitlab, project: &str) -> Result<Place, Error> {
    Ok(gitlab.project(project).await?.place())
}

/// Why an act makes no sense for what was just seen, if so.
pub(super) fn objection(act: &str, seen: &Seen) -> Option<String> {
    let status = Status::parse(&seen.state);
    let ended = status.has_ended();
    match act {
        "job.retry" => match seen.successor {
            Some(newer) => Some(format!("it was retried already: job {newer} took its place")),
            None if !ended => {
                Some(format!("it is {}: only a job that ended is retried", seen.state))
            }
            None => None,
        },
        "job.cancel" | "pipeline.cancel" if ended => {
            Some(format!("it ended already: {}", seen.state))
        }
        "job.play" if !matches!(status, Status::Manual | Status::Scheduled) => {
            Some(format!("it is {}: only a manual or delayed job is played", seen.state))
        }
        "runner.pause" if &*seen.state == "paused" => Some("it is paused already".to_owned()),
        "runner.resume" if &*seen.state == "active" => Some("it is not paused".to_owned()),
        _ => None,
    }
}

/// What a look after a lost answer tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verdict {
    /// The act happened.
    Happened,
    /// It did not.
    DidNot,
    /// The target may look so either way.
    CannotTell,
}

/// Whether an act of unknown outcome happened, from what is seen after it.
pub(super) fn verdict(act: &str, after: &Seen) -> Verdict {
    let status = Status::parse(&after.state);
    let is_so = match act {
        "job.retry" => after.successor.is_some(),
        "job.cancel" | "pipeline.cancel" => match status {
            Status::Canceled | Status::Canceling => true,
            _ if status.has_ended() => return Verdict::CannotTell,
            _ => false,
        },
        "job.play" => !matches!(status, Status::Manual | Status::Scheduled),
        "pipeline.retry" => !status.has_ended(),
        "runner.pause" => &*after.state == "paused",
        "runner.resume" => &*after.state == "active",
        _ => return Verdict::CannotTell,
    };
    if is_so { Verdict::Happened } else { Verdict::DidNot }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::pipeline::fixture::job;

    fn seen(state: &str, successor: Option<u64>) -> Seen {
        Seen { name: Text::new("test"), state: Text::new(state), successor: successor.map(JobId) }
    }

    #[test]
    fn a_job_that_was_retried_is_not_retried_again() {
        assert!(objection("job.retry", &seen("failed", Some(9))).is_some());
        assert_eq!(objection("job.retry", &seen("failed", None)), None);
        assert!(objection("job.retry", &seen("running", None)).is_some());
    }

    #[test]
    fn what_ended_is_not_canceled_and_what_runs_is_not_played() {
        assert!(objection("job.cancel", &seen("success", None)).is_some());
        assert_eq!(objection("job.cancel", &seen("running", None)), None);
        assert!(objection("job.play", &seen("running", None)).is_some());
        assert_eq!(objection("job.play", &seen("manual", None)), None);
    }

    #[test]
    fn a_lost_answer_is_cleared_up_by_what_is_there_now() {
        assert_eq!(verdict("job.retry", &seen("failed", Some(9))), Verdict::Happened);
        assert_eq!(verdict("job.retry", &seen("failed", None)), Verdict::DidNot);
        assert_eq!(verdict("job.cancel", &seen("canceling", None)), Verdict::Happened);
        assert_eq!(verdict("job.cancel", &seen("success", None)), Verdict::CannotTell);
        assert_eq!(verdict("runner.pause", &seen("paused", None)), Verdict::Happened);
    }

    #[test]
    fn the_newest_attempt_takes_a_jobs_place() {
        let all = [job(1, Status::Failed), job(2, Status::Failed), job(3, Status::Running)];
        assert_eq!(successor(&all[0], &all), Some(JobId(3)));
        assert_eq!(successor(&all[2], &all), None);
    }
}
