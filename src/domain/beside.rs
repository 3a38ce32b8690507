//! What a look at one job brings beside its row: GitLab's details of it, and what runner managers measure.

use super::{JobId, PipelineId, RunnerId, Status, Text, Timestamp};

/// What GitLab says of a job beyond its row. `None` is "does not apply", for the whole was read.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Details {
    /// The jobs that must end first. Source: GraphQL `CiJob.previousStageJobsOrNeeds`.
    pub needs: Vec<JobId>,
    /// The names of the jobs of its pipeline that it needs: GitLab gives no more of them. Source: GraphQL `CiBuildNeed`.
    pub needs_named: Vec<Text>,
    /// The pipeline that it triggered and waits for (`strategy: depend`).
    pub downstream: Option<PipelineId>,
    /// When it is due. Source: GraphQL `CiJob.scheduledAt`.
    pub scheduled_at: Option<Timestamp>,
    /// The deployment that waits for approval. Source: REST `deployment.status`, `pending_approval_count`.
    pub approval: Option<Approval>,
    /// The protected environment that it deploys to.
    pub environment: Option<Environment>,
    /// The resource group that it waits for. Source: REST `resource_groups/:key`.
    pub resource: Option<ResourceGroup>,
    /// Why the pipeline itself does not go on: `yaml_errors`, `ci_quota_exceeded`, a freeze.
    pub pipeline_error: Option<Text>,
    /// Which runners the project may use.
    pub runners: Option<Assignment>,
    /// How long it may run, seconds. Source: the annotation `job.runner.gitlab.com/timeout`, or the project.
    pub timeout_seconds: Option<i64>,
    /// How long its runner waits for a pod, seconds, where that is known; 180 by default.
    pub poll_timeout_seconds: Option<i64>,
}

/// A deployment that waits for approval.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Approval {
    /// The environment.
    pub environment: Text,
    /// How many approvals are missing.
    pub pending: u64,
    /// Who may still approve.
    pub left: Vec<Text>,
}

/// A protected environment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Environment {
    /// Its name.
    pub name: Text,
    /// Whether we may deploy there.
    pub may_deploy: bool,
    /// Who may. Source: REST `deploy_access_levels`.
    pub deployers: Vec<Text>,
}

/// A resource group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ResourceGroup {
    /// Its key.
    pub key: Text,
    /// `unordered`, `oldest_first`, `newest_first`.
    pub process_mode: Text,
    /// The job that holds it.
    pub holder: Option<Holder>,
    /// The jobs that wait, the next first.
    pub upcoming: Vec<JobId>,
}

/// The job that holds a resource group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Holder {
    /// Its id.
    pub id: JobId,
    /// Its name.
    pub name: Text,
    /// Its status.
    pub status: Status,
    /// Since when it has had that status.
    pub since: Option<Timestamp>,
}

/// Which runners a project may use.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Assignment {
    /// Whether runners of the instance are on. Source: REST `shared_runners_enabled`.
    pub instance: bool,
    /// Whether runners of its groups are on. Source: REST `group_runners_enabled`.
    pub group: bool,
    /// The project's own runners.
    pub own: Vec<RunnerId>,
}

/// The most jobs of a manager within the last five minutes, as it is named here: one line an `instance`.
pub const JOBS_OF_MANAGER: &str = "manager:gitlab_runner_jobs:max5m";

/// The most jobs of a runner in a manager within the last five minutes: one line an `instance` and `runner_name`.
pub const JOBS_OF_RUNNER: &str = "runner:gitlab_runner_jobs:max5m";

/// One metric with its labels.
#[derive(Debug, Clone, PartialEq)]
pub struct Metric {
    /// Its name.
    pub name: Text,
    /// Its labels.
    pub labels: Vec<(Text, Text)>,
    /// Its value; never NaN.
    pub value: f64,
}

impl Metric {
    /// The value of a label; empty where there is none.
    pub fn label(&self, name: &str) -> &str {
        let found = self.labels.iter().find(|(known, _)| **known == *name);
        found.map_or("", |(_, value)| value)
    }
}
