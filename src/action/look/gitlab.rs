//! Looking at a target of GitLab.

use crate::api::Error;
use crate::api::gitlab::{Gitlab, Place};
use crate::domain::{FailureKind, Job, JobId, PipelineId, Seen, Target, Text};

/// Looks at a target of GitLab.
pub(in crate::action) async fn look(gitlab: &Gitlab, target: &Target) -> Result<Seen, Error> {
    match target {
        Target::Job(project, id) => look_at_job(gitlab, project, *id).await,
        Target::Pipeline(project, id) => look_at_pipeline(gitlab, project, *id).await,
        Target::Runner(id) => {
            let (name, paused) = gitlab.runner_standing(*id).await?;
            let state = if paused { "paused" } else { "active" };
            Ok(Seen::new(name, Text::new(state)))
        }
        _ => Err(Error::new(FailureKind::Other, "this is no target of GitLab")),
    }
}

async fn look_at_job(gitlab: &Gitlab, project: &str, id: JobId) -> Result<Seen, Error> {
    let place = place(gitlab, project).await?;
    let job = gitlab.job(&place, id).await?;
    let whole = gitlab.pipeline(&place, job.pipeline).await?;
    let seen = Seen::new(job.name.clone(), Text::new(&job.status.to_string()));
    Ok(Seen { successor: successor(&job, &whole.jobs), ..seen })
}

/// The newest other attempt at a job: the one of the same name and pipeline that was made after it.
fn successor(job: &Job, all: &[Job]) -> Option<JobId> {
    all.iter().filter(|one| one.name == job.name && one.id > job.id).map(|one| one.id).max()
}

async fn look_at_pipeline(gitlab: &Gitlab, project: &str, id: PipelineId) -> Result<Seen, Error> {
    let place = place(gitlab, project).await?;
    let whole = gitlab.pipeline(&place, id).await?;
    let state = Text::new(&whole.pipeline.status.to_string());
    Ok(Seen::new(whole.pipeline.reference.clone(), state))
}

async fn place(gitlab: &Gitlab, project: &str) -> Result<Place, Error> {
    Ok(gitlab.project(project).await?.place())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::Status;
    use crate::domain::pipeline::fixture::job;

    #[test]
    fn the_newest_attempt_takes_a_jobs_place() {
        let all = [job(1, Status::Failed), job(2, Status::Failed), job(3, Status::Running)];
        assert_eq!(successor(&all[0], &all), Some(JobId(3)));
        assert_eq!(successor(&all[2], &all), None);
    }
}
