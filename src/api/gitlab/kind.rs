//! What the calls of [`super::Gitlab`] give back, beside the domain's own values.

use std::sync::Arc;

use crate::api::Error;
use crate::domain::{
    FailureKind, Job, JobId, Pipeline, PipelineId, Project, ProjectId, RunnerRef, Status, Text,
    Timestamp,
};

/// Where a project is: its id for batches, its path for single questions.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Place {
    /// Its id.
    pub id: ProjectId,
    /// Its full path.
    pub path: Text,
}

/// What a pipeline's state was when it was listed; another mark means that it changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mark {
    /// Its global id.
    pub id: PipelineId,
    /// Its number within the project, where GitLab told.
    pub iid: Option<u64>,
    /// Its state.
    pub status: Status,
    /// When GitLab last changed it.
    pub updated_at: Option<Timestamp>,
}

/// A project of the fleet.
#[derive(Debug, Clone)]
pub struct FleetProject {
    /// The project.
    pub project: Arc<Project>,
    /// Its pipelines that have not ended or changed lately; `None` where listing does not tell (REST).
    pub marks: Option<Vec<Mark>>,
}

impl FleetProject {
    /// Where it is.
    pub fn place(&self) -> Place {
        Place { id: self.project.id, path: self.project.path.clone() }
    }
}

/// Where a project's work stands.
#[derive(Debug, Clone)]
pub struct Active {
    /// The project.
    pub project: ProjectId,
    /// Pipelines that run or wait for a runner.
    pub moving: Vec<Moving>,
    /// Pipelines that changed since the last look.
    pub recent: Vec<Mark>,
}

/// A pipeline that runs or waits for a runner.
#[derive(Debug, Clone)]
pub struct Moving {
    /// Its mark.
    pub mark: Mark,
    /// Its unfinished jobs.
    pub steps: Vec<Step>,
    /// Whether these are all of them.
    pub complete: bool,
}

/// What of a job may change while it is unfinished.
#[derive(Debug, Clone, PartialEq)]
pub struct Step {
    /// The job.
    pub id: JobId,
    /// Its state.
    pub status: Status,
    /// GitLab's own word that no online runner matches.
    pub stuck: Option<bool>,
    /// When it entered the queue.
    pub queued_at: Option<Timestamp>,
    /// When a runner took it.
    pub started_at: Option<Timestamp>,
    /// The runner that took it.
    pub runner: Option<Arc<RunnerRef>>,
}

/// A pipeline to be read in full.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Wanted {
    /// Its project.
    pub place: Place,
    /// Its global id.
    pub id: PipelineId,
    /// Its number within the project, where known.
    pub iid: Option<u64>,
}

/// A pipeline read in full.
#[derive(Debug, Clone)]
pub struct Whole {
    /// Its project.
    pub place: Place,
    /// The pipeline.
    pub pipeline: Pipeline,
    /// Its jobs, earlier attempts included.
    pub jobs: Vec<Job>,
    /// The pipelines that it triggered.
    pub downstream: Vec<(Place, Mark)>,
}

/// Who we are to GitLab.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TokenFacts {
    /// The token's name.
    pub name: Option<Text>,
    /// What it may do, in GitLab's words: `read_api`, …
    pub scopes: Vec<Text>,
    /// The day on which it ends.
    pub expires_at: Option<jiff::civil::Date>,
    /// Whether it is active.
    pub active: bool,
    /// Whether it was revoked.
    pub revoked: bool,
    /// The login of its owner.
    pub username: Option<Text>,
}

impl TokenFacts {
    /// Whether it may read what we read.
    pub fn can_read(&self) -> bool {
        self.scopes.iter().any(|scope| matches!(scope.as_str(), "api" | "read_api"))
    }

    /// What is wrong with a token that may not.
    pub fn lacks_scope(&self) -> Error {
        let scopes: Vec<&str> = self.scopes.iter().map(Text::as_str).collect();
        let message = format!("the token has the scopes {}; read_api is needed", scopes.join(", "));
        Error::new(FailureKind::ScopeMissing, message)
    }
}

/// A deployment, as far as it matters to whoever decides on it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Deployment {
    /// Its id.
    pub id: u64,
    /// `created`, `running`, `success`, `failed`, `canceled`, `skipped`, `blocked`.
    pub status: Text,
    /// The environment.
    pub environment: Text,
    /// Branch or tag.
    pub reference: Text,
    /// Its commit, where GitLab told.
    pub sha: Option<Text>,
    /// The job that deploys.
    pub job: Option<JobId>,
    /// Its name.
    pub job_name: Option<Text>,
    /// Its tags, where GitLab told.
    pub tags: Option<Vec<Text>>,
    /// The logins of whoever started it: the deployment's user and the job's.
    pub starters: Vec<Text>,
    /// Names and addresses of the commit's author and committer; `None` where GitLab does not tell.
    pub authors: Option<Vec<Text>>,
    /// How many approvals it still wants, where GitLab told.
    pub pending: Option<u32>,
    /// What was decided so far.
    pub decisions: Vec<Decision>,
}

/// What somebody decided on a deployment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decision {
    /// Who, by login.
    pub by: Text,
    /// `approved` or `rejected`.
    pub word: Text,
}

/// Who we are, as a person among others.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Own {
    /// Our id.
    pub id: u64,
    /// Our login.
    pub username: Text,
    /// Our name.
    pub name: Option<Text>,
    /// Our addresses, as far as GitLab tells them.
    pub emails: Vec<Text>,
    /// Whether no person is behind this: the user of a project's, a group's or a service's token.
    pub is_bot: bool,
    /// Whether it is an administrator, who needs no membership.
    pub is_admin: bool,
}

/// How a runner stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RunnerStanding {
    /// Its description.
    pub name: Text,
    /// Whether it was told to take no new jobs.
    pub paused: bool,
    /// Whether it takes jobs without tags.
    pub run_untagged: bool,
    /// Its tags, where GitLab told.
    pub tags: Option<Vec<Text>>,
}

/// The log of a job, or the end of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TraceEnd {
    /// Its bytes.
    pub bytes: bytes::Bytes,
    /// How many bytes before these were let go.
    pub dropped: u64,
}
