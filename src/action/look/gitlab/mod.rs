//! Looking at a target of GitLab, and at what is known of our right to change it.

mod deployment;
mod docket;
mod exception;
mod requesters;
mod right;
mod right_at;
mod separation;

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Mutex;

use self::right::{DEVELOPER, Standing, note_role};
use crate::api::gitlab::{Gitlab, Place, Whole};
use crate::api::{Error, Wiring};
use crate::config::{ExceptionSettings, GitlabSettings};
use crate::domain::{
    FailureKind, Job, JobId, PipelineId, RightAt, RunnerId, Seen, Target, Text, Tiers, Timestamp,
};

pub(in crate::action) use self::deployment::OUR_DECISION;
pub(in crate::action) use self::docket::{ABSENT, Ask, branch_of};

/// How long it is believed who we are.
const BELIEVED: Duration = Duration::from_mins(1);

/// The eyes on a GitLab: its reading client, and the tiers, which tell what is protected. Cheap to share.
#[derive(Clone)]
pub(in crate::action) struct Sight {
    reader: Arc<Gitlab>,
    tiers: Tiers,
    register: Option<Arc<ExceptionSettings>>,
    standing: Arc<Mutex<Option<(Timestamp, Standing)>>>,
}

impl Sight {
    /// Eyes that open nothing until they are first used.
    pub(in crate::action) fn new(settings: &GitlabSettings, tiers: Tiers, wiring: Wiring) -> Sight {
        let reader = Arc::new(Gitlab::new(settings, wiring));
        Sight { reader, tiers, register: None, standing: Arc::default() }
    }

    /// The same with the register whose requests are looked at.
    pub(in crate::action) fn with(self, register: Option<&ExceptionSettings>) -> Sight {
        Sight { register: register.cloned().map(Arc::new), ..self }
    }

    /// The client that reads.
    pub(in crate::action) fn reader(&self) -> &Gitlab {
        &self.reader
    }

    /// Looks at a target.
    pub(in crate::action) async fn look(&self, target: &Target) -> Result<Seen, Error> {
        if let Target::Runner(id) = target {
            return self.look_at_runner(*id).await;
        }
        if let Target::Right(right) = target {
            return self.look_at_right(right).await;
        }
        let no_target = || Error::new(FailureKind::Other, "this is no target of GitLab");
        let place = self.place(target.project().ok_or_else(no_target)?).await?;
        let seen = match target {
            Target::Job(_, id) => self.look_at_job(&place, *id).await,
            Target::Pipeline(_, id) => self.look_at_pipeline(&place, *id).await,
            Target::Deployment(_, id) => {
                deployment::look(&self.reader, &self.standing().await, (&place, *id)).await
            }
            Target::Request(_, iid) => {
                let (standing, register) = (self.standing().await, self.register.as_deref());
                Box::pin(exception::look(&self.reader, register, &standing, (&place, *iid))).await
            }
            _ => Err(no_target()),
        }?;
        Ok(Seen { properly: Some(Box::new(target.in_project(&place.path))), ..seen })
    }

    /// The deployment that a job waits for, if it waits for one.
    pub(in crate::action) async fn deployment_of(
        &self,
        project: &Text,
        job: JobId,
    ) -> Result<Option<(Target, Seen)>, Error> {
        let place = self.place(project).await?;
        let blocked = self.reader.blocked_deployments(&place).await?;
        let Some(found) = blocked.iter().find(|one| one.job == Some(job)) else { return Ok(None) };
        let standing = self.standing().await;
        let seen = deployment::look(&self.reader, &standing, (&place, found.id)).await?;
        Ok(Some((Target::Deployment(place.path, found.id), seen)))
    }

    async fn look_at_job(&self, place: &Place, id: JobId) -> Result<Seen, Error> {
        let job = self.reader.job(place, id).await?;
        let whole = self.reader.pipeline(place, job.pipeline).await?;
        let mut seen = Seen {
            successor: successor(&job, &whole.jobs),
            protected: self.tiers.protects(&job.tags),
            ..Seen::new(job.name.clone(), Text::new(&job.status.to_string()))
        };
        self.note_rights(place, &mut seen).await;
        Ok(seen)
    }

    async fn look_at_pipeline(&self, place: &Place, id: PipelineId) -> Result<Seen, Error> {
        let whole = self.reader.pipeline(place, id).await?;
        let state = Text::new(&whole.pipeline.status.to_string());
        let protected = pipeline_protected(&whole, &self.tiers);
        let mut seen = Seen { protected, ..Seen::new(whole.pipeline.reference.clone(), state) };
        self.note_rights(place, &mut seen).await;
        Ok(seen)
    }

    async fn look_at_runner(&self, id: RunnerId) -> Result<Seen, Error> {
        let standing = self.reader.runner_standing(id).await?;
        let state = if standing.paused { "paused" } else { "active" };
        let untagged = standing.run_untagged && self.tiers.protects(&[]) == Some(true);
        let tagged = standing.tags.as_ref().and_then(|tags| self.tiers.protects(tags));
        let protected = if untagged { Some(true) } else { tagged };
        let mut seen = Seen { protected, ..Seen::new(standing.name, Text::new(state)) };
        self.standing().await.note_scopes(&mut seen);
        Ok(seen)
    }

    /// Of a project by its full path, as every target that lies in one.
    async fn look_at_right(&self, right: &RightAt) -> Result<Seen, Error> {
        let standing = self.standing().await;
        let right = match right.project() {
            Some(project) => right.in_project(&self.place(project).await?.path),
            None => right.clone(),
        };
        let seen = right_at::look(&self.reader, &standing, &right).await?;
        Ok(Seen { properly: Some(Box::new(Target::Right(Box::new(right)))), ..seen })
    }

    /// Adds what is known of our right to change jobs and pipelines of a project.
    async fn note_rights(&self, place: &Place, seen: &mut Seen) {
        let standing = self.standing().await;
        standing.note_scopes(seen);
        note_role(&self.reader, (place, &standing.own), DEVELOPER, seen).await;
    }

    /// Who we are: asked anew once a minute, and after it could not be told.
    async fn standing(&self) -> Standing {
        let mut known = self.standing.lock().await;
        let now = self.reader.now();
        if let Some((at, standing)) = &*known
            && now.duration_since(*at).unsigned_abs() < BELIEVED
        {
            return standing.clone();
        }
        let standing = Standing::read(&self.reader).await;
        if standing.own.is_ok() {
            *known = Some((now, standing.clone()));
        }
        standing
    }

    async fn place(&self, project: &str) -> Result<Place, Error> {
        Ok(self.reader.project(project).await?.place())
    }
}

/// A pipeline is protected as soon as one of its jobs is. Jobs that were not read, and pipelines that it started and that
/// go down with it, are nobody's to vouch for.
fn pipeline_protected(whole: &Whole, tiers: &Tiers) -> Option<bool> {
    let of_jobs = || whole.jobs.iter().map(|job| tiers.protects(&job.tags));
    if of_jobs().any(|protected| protected == Some(true)) {
        return Some(true);
    }
    let is_read = whole.pipeline.jobs_complete && whole.downstream.is_empty();
    let all = is_read && of_jobs().all(|protected| protected.is_some());
    (all || tiers.is_empty()).then_some(false)
}

/// The newest other attempt at a job: the one of the same name and pipeline that was made after it.
fn successor(job: &Job, all: &[Job]) -> Option<JobId> {
    all.iter().filter(|one| one.name == job.name && one.id > job.id).map(|one| one.id).max()
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
