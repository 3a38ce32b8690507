//! Looking at a target of GitLab.

use crate::api::Error;
use crate::api::gitlab::{Gitlab, Place, Whole};
use crate::domain::{FailureKind, Job, JobId, PipelineId, RunnerId, Seen, Target, Text, Tiers};

/// Looks at a target of GitLab; the tiers tell what is protected.
pub(in crate::action) async fn look(
    gitlab: &Gitlab,
    tiers: &Tiers,
    target: &Target,
) -> Result<Seen, Error> {
    match target {
        Target::Job(project, id) => look_at_job(gitlab, tiers, (project, *id)).await,
        Target::Pipeline(project, id) => look_at_pipeline(gitlab, tiers, (project, *id)).await,
        Target::Runner(id) => look_at_runner(gitlab, tiers, *id).await,
        _ => Err(Error::new(FailureKind::Other, "this is no target of GitLab")),
    }
}

async fn look_at_job(
    gitlab: &Gitlab,
    tiers: &Tiers,
    (project, id): (&str, JobId),
) -> Result<Seen, Error> {
    let place = place(gitlab, project).await?;
    let job = gitlab.job(&place, id).await?;
    let whole = gitlab.pipeline(&place, job.pipeline).await?;
    Ok(Seen {
        successor: successor(&job, &whole.jobs),
        protected: Some(tiers.protects(&job.tags)),
        ..Seen::new(job.name.clone(), Text::new(&job.status.to_string()))
    })
}

/// The newest other attempt at a job: the one of the same name and pipeline that was made after it.
fn successor(job: &Job, all: &[Job]) -> Option<JobId> {
    all.iter().filter(|one| one.name == job.name && one.id > job.id).map(|one| one.id).max()
}

async fn look_at_pipeline(
    gitlab: &Gitlab,
    tiers: &Tiers,
    (project, id): (&str, PipelineId),
) -> Result<Seen, Error> {
    let place = place(gitlab, project).await?;
    let whole = gitlab.pipeline(&place, id).await?;
    let state = Text::new(&whole.pipeline.status.to_string());
    let protected = pipeline_protected(&whole, tiers);
    Ok(Seen { protected, ..Seen::new(whole.pipeline.reference.clone(), state) })
}

/// A pipeline is protected as soon as one of its jobs is. Jobs that were not read, and pipelines that it started and that
/// go down with it, are nobody's to vouch for.
fn pipeline_protected(whole: &Whole, tiers: &Tiers) -> Option<bool> {
    if whole.jobs.iter().any(|job| tiers.protects(&job.tags)) {
        return Some(true);
    }
    let all = whole.pipeline.jobs_complete && whole.downstream.is_empty();
    (all || tiers.is_empty()).then_some(false)
}

async fn look_at_runner(gitlab: &Gitlab, tiers: &Tiers, id: RunnerId) -> Result<Seen, Error> {
    let standing = gitlab.runner_standing(id).await?;
    let state = if standing.paused { "paused" } else { "active" };
    let untagged = standing.run_untagged && tiers.protects(&[]);
    let protected = standing.tags.as_ref().map(|tags| untagged || tiers.protects(tags));
    Ok(Seen { protected, ..Seen::new(standing.name, Text::new(state)) })
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
