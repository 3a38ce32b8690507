//! Deployments, those that wait for approval, and who decided on them.

use std::sync::Arc;

use super::{Fate, Refusal, Status, When, World};
use crate::sim::clock::Millis;

/// What a job deploys to, and how many people have to agree.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Environment {
    pub(crate) name: String,
    pub(crate) approvals: u32,
}

/// A deployment to an environment that wants approvals.
pub(crate) struct Deployment {
    pub(crate) id: u64,
    pub(crate) project: u64,
    pub(crate) job: u64,
    pub(crate) environment: Arc<Environment>,
    pub(crate) created: Millis,
    pub(crate) updated: Millis,
    pub(crate) decisions: Vec<Decision>,
}

/// What somebody decided on a deployment.
pub(crate) struct Decision {
    pub(crate) person: usize,
    pub(crate) approved: bool,
    pub(crate) comment: Option<String>,
    pub(crate) at: Millis,
}

impl Deployment {
    /// How many have still to agree.
    pub(crate) fn pending(&self) -> u32 {
        let given = self.decisions.iter().filter(|one| one.approved).count();
        self.environment.approvals.saturating_sub(u32::try_from(given).unwrap_or(u32::MAX))
    }

    /// The word of the REST API, which follows the job once nobody has to agree any more.
    pub(crate) fn word(&self, job: Status) -> &'static str {
        match job {
            Status::Manual if self.pending() > 0 => "blocked",
            Status::Running => "running",
            Status::Success => "success",
            Status::Failed => "failed",
            Status::Canceled => "canceled",
            Status::Skipped => "skipped",
            _ => "created",
        }
    }
}

/// Whose token the clients hold, and what they may do with it.
pub(crate) struct Holder {
    pub(crate) person: usize,
    pub(crate) scopes: Vec<String>,
    /// The access level in every project.
    pub(crate) level: u32,
}

impl Default for Holder {
    fn default() -> Self {
        Self { person: 0, scopes: vec!["api".to_owned()], level: 40 }
    }
}

impl World {
    /// Lets a person ask with a token of their own, which may do everything that they may; who held the world before.
    pub(crate) fn hand_to(&mut self, asker: Option<usize>) -> Holder {
        let next = match asker {
            Some(person) => Holder { person, level: self.level_of(person), ..Holder::default() },
            None => Holder { scopes: self.holder.scopes.clone(), ..self.holder },
        };
        std::mem::replace(&mut self.holder, next)
    }

    /// The deployment of a job.
    pub(crate) fn deployment_of(&self, job: u64) -> Option<&Deployment> {
        self.deployments.values().find(|one| one.job == job)
    }

    /// The place of the person who started a job's pipeline.
    pub(crate) fn starter(&self, job: u64) -> Option<usize> {
        let pipeline = self.jobs.get(job)?.pipeline;
        Some(self.pipelines.get(pipeline)?.person)
    }

    /// Says who started a pipeline.
    pub(crate) fn start_as(&mut self, pipeline: u64, username: &str) {
        let place = self.people.iter().position(|who| who.username == username);
        if let (Some(place), Some(pipeline)) = (place, self.pipelines.get_mut(pipeline)) {
            pipeline.person = place;
        }
    }

    /// Begins the deployment of a job that has one, and holds it back where it wants approvals; whether it does.
    pub(super) fn hold(&mut self, id: u64) -> bool {
        let Some(job) = self.jobs.get(id) else { return false };
        let project = job.project;
        let Some(environment) = job.plan.environment.clone() else { return false };
        let is_held = environment.approvals > 0;
        let next = self.deployments.last_key_value().map_or(5_000, |(id, _)| id + 1);
        let (created, updated) = (self.now, self.now);
        let decisions = Vec::new();
        let held =
            Deployment { id: next, project, job: id, environment, created, updated, decisions };
        self.deployments.insert(next, held);
        if is_held {
            self.turn(id, Status::Manual);
        }
        is_held
    }

    /// Whether a job may not be started because its deployment wants approvals.
    pub(super) fn is_held(&self, job: u64) -> bool {
        self.deployment_of(job).is_some_and(|held| held.pending() > 0)
    }

    /// Takes a decision on a deployment.
    pub(crate) fn decide(&mut self, id: u64, made: Decision) -> Result<(), Refusal> {
        let (approved, person) = (made.approved, made.person);
        let job = self.deployments.get(&id).map(|one| one.job).ok_or(Refusal::Unknown)?;
        let status = self.jobs.get(job).map(|job| job.status).ok_or(Refusal::Unknown)?;
        if self.holder.level < 40 {
            return Err(Refusal::NoApprover);
        }
        let starter = self.starter(job);
        let held = self.deployments.get_mut(&id).ok_or(Refusal::Unknown)?;
        if held.word(status) != "blocked" {
            return Err(Refusal::NotBlocked);
        }
        if approved && starter == Some(person) {
            return Err(Refusal::OwnDeployment);
        }
        held.decisions.retain(|one| one.person != person);
        held.updated = made.at;
        held.decisions.push(made);
        let released = held.pending() == 0;
        if !approved {
            self.end(job, &Fate::Failure(Arc::from("deployment_rejected")));
        } else if released && self.jobs.get(job).is_some_and(|job| job.plan.when == When::Auto) {
            self.ask(job);
        }
        Ok(())
    }
}
