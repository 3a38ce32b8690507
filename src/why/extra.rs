//! [`Extra`]: what no feed of the console keeps, and what a look at one job may bring beside: details, log, metrics.

use super::grammar::log::JobLog;
use super::grammar::metrics::Metrics;
use crate::domain::{JobId, PipelineId, RunnerId, Status, Text, Timestamp};

/// Something that was read for one diagnosis, or why it was not.
#[derive(Debug, Clone, PartialEq)]
pub enum Reading<T> {
    /// It was not read, because of this.
    Unread(Text),
    /// It was read.
    Read {
        /// What was read.
        value: T,
        /// When.
        at: Timestamp,
    },
}

/// What a look at one job brings beside what the console knows.
#[derive(Debug, Clone, PartialEq)]
pub struct Extra {
    /// What GitLab says of the job beyond its row.
    pub details: Reading<Details>,
    /// The job's log.
    pub log: Reading<JobLog>,
    /// The metrics of the runner managers.
    pub metrics: Reading<Metrics>,
}

impl Extra {
    /// Nothing was read beside.
    pub fn none() -> Extra {
        let unread = |what: &str| Text::new(&format!("{what} not read for this look"));
        Extra {
            details: Reading::Unread(unread(
                "GitLab's details of the job (needs, resource group, approvals) were",
            )),
            log: Reading::Unread(unread("the job's log was")),
            metrics: Reading::Unread(unread("the runner managers' metrics were")),
        }
    }
}

impl Default for Extra {
    fn default() -> Extra {
        Extra::none()
    }
}

/// What GitLab says of a job beyond its row. `None` is "does not apply", for the whole was read.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Details {
    /// The jobs that must end first. Source: GraphQL `CiJob.previousStageJobsOrNeeds`.
    pub needs: Vec<JobId>,
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
