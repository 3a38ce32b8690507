//! Pipelines and jobs, and the clocks of the queue.

use std::sync::Arc;

use super::time::exact_seconds_between;
use super::{JobId, Moment, PipelineId, ProjectId, RunnerId, Status, Text, TierIndex, Timestamp};

/// A GitLab pipeline.
#[derive(Debug, Clone, PartialEq)]
pub struct Pipeline {
    /// Its global id.
    pub id: PipelineId,
    /// Its number within the project, where GitLab told.
    pub iid: Option<u64>,
    /// The project it runs in.
    pub project: ProjectId,
    /// Branch, tag or merge-request ref.
    pub reference: Text,
    /// The commit.
    pub sha: Text,
    /// Its state.
    pub status: Status,
    /// What started it (`push`, `schedule`, `parent_pipeline`, …), where GitLab told.
    pub source: Option<Text>,
    /// When it was made.
    pub created_at: Timestamp,
    /// When GitLab last changed it.
    pub updated_at: Option<Timestamp>,
    /// When its first job started.
    pub started_at: Option<Timestamp>,
    /// When it ended.
    pub finished_at: Option<Timestamp>,
    /// GitLab's own figure for the time its jobs ran, seconds.
    pub duration_seconds: Option<f64>,
    /// The pipeline that triggered it, in this project or another.
    pub parent: Option<(Text, PipelineId)>,
    /// Whether every job of it was read. `false`: its job counts are "at least".
    pub jobs_complete: bool,
}

impl Pipeline {
    /// GitLab's queued duration of a pipeline: `started_at − created_at`, which is another thing than a job's.
    pub fn queued_seconds(&self) -> Option<f64> {
        Some(exact_seconds_between(self.created_at, self.started_at?))
    }
}

/// The runner that took a job.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RunnerRef {
    /// Its id.
    pub id: RunnerId,
    /// Its description.
    pub description: Text,
}

/// A pod that says it runs a job, and whether that was checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PodClaim {
    /// The cluster's name in the configuration.
    pub cluster: Text,
    /// The pod's namespace.
    pub namespace: Text,
    /// The pod's name.
    pub name: Text,
    /// Whether the project label and GitLab's own answer agree with the claim.
    pub verified: bool,
}

/// Who a failure is charged to, by its reason.
///
/// Source: failure reasons of `lib/gitlab/ci/status/build/failed.rb` and of GitLab Runner's `common` package.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Attribution {
    /// The platform: runners, scheduling, images, GitLab itself.
    Platform,
    /// The team: its script, its artifacts, its time limit.
    Team,
    /// A rule said no.
    Policy,
    /// A reason that we do not know.
    Other,
}

impl Attribution {
    /// Groups GitLab's `failure_reason`.
    pub fn of(reason: &str) -> Attribution {
        match reason {
            "runner_system_failure"
            | "stuck_or_timeout_failure"
            | "stuck_pending_no_matching_runners"
            | "stuck_pending_with_matching_runners"
            | "api_failure"
            | "scheduler_failure"
            | "data_integrity_failure"
            | "stale_schedule"
            | "no_matching_runner"
            | "runner_unsupported"
            | "image_pull_failure"
            | "runner_external_dependency_failure"
            | "runner_interrupted"
            | "runner_configuration_error"
            | "unmet_prerequisites"
            | "unknown_failure" => Attribution::Platform,
            "script_failure"
            | "missing_dependency_failure"
            | "job_execution_timeout"
            | "trace_size_exceeded"
            | "job_token_expired"
            | "invalid_bridge_trigger"
            | "downstream_bridge_project_not_found"
            | "forward_deployment_failure" => Attribution::Team,
            "ci_quota_exceeded"
            | "user_blocked"
            | "archived_failure"
            | "protected_environment_failure"
            | "failed_outdated_deployment_job"
            | "insufficient_bridge_permissions"
            | "secrets_provider_not_found"
            | "ip_restriction_failure"
            | "project_deleted" => Attribution::Policy,
            _ => Attribution::Other,
        }
    }
}

/// A CI job: one attempt, for a retry makes a new one.
#[derive(Debug, Clone, PartialEq)]
pub struct Job {
    /// Its id.
    pub id: JobId,
    /// Its name.
    pub name: Text,
    /// Its stage.
    pub stage: Text,
    /// The project it runs in.
    pub project: ProjectId,
    /// The pipeline it belongs to.
    pub pipeline: PipelineId,
    /// Branch, tag or merge-request ref.
    pub reference: Text,
    /// Its state.
    pub status: Status,
    /// The tags that a runner must carry.
    pub tags: Arc<[Text]>,
    /// The tier that the tags fit; filled in by the state, which knows the configuration.
    pub tier: Option<TierIndex>,
    /// Whether its failure leaves the pipeline well.
    pub allow_failure: bool,
    /// Whether a later attempt has taken its place.
    pub retried: bool,
    /// GitLab's own word that no online runner matches, where it told.
    pub stuck: Option<bool>,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it entered the queue (became `pending`).
    pub queued_at: Option<Moment>,
    /// When a runner took it.
    pub started_at: Option<Moment>,
    /// When it ended.
    pub finished_at: Option<Moment>,
    /// Why it failed, in GitLab's word.
    pub failure_reason: Option<Text>,
    /// The runner that took it.
    pub runner: Option<Arc<RunnerRef>>,
}

impl Job {
    /// Seconds in the queue: `(started_at or now) − queued_at`.
    ///
    /// `None` for a job that never was in the queue, and for one that ended without starting: GitLab's own figure
    /// goes on growing for those (gitlab-org/gitlab#362480). Waiting for stages, resources, people and dates is not
    /// queue time. Source: `Ci::Build#queued_duration`.
    pub fn queued_seconds(&self, now: Timestamp) -> Option<f64> {
        let queued_at = self.queued_at?.into();
        match (self.started_at, self.status.has_ended()) {
            (Some(started_at), _) => {
                Some(exact_seconds_between(queued_at, started_at.into()).max(0.0))
            }
            (None, true) => None,
            (None, false) if self.status == Status::Pending => {
                Some(exact_seconds_between(queued_at, now).max(0.0))
            }
            (None, false) => None,
        }
    }

    /// Seconds on a runner so far, or in all.
    pub fn duration_seconds(&self, now: Timestamp) -> Option<f64> {
        let started_at = self.started_at?.into();
        let until = match (self.finished_at, self.status.has_ended()) {
            (Some(finished_at), _) => finished_at.into(),
            (None, true) => return None,
            (None, false) => now,
        };
        Some(exact_seconds_between(started_at, until).max(0.0))
    }

    /// The instant since which it has been waiting, for one that waits: queued, else made.
    pub fn waiting_since(&self) -> Option<Timestamp> {
        self.status.is_waiting().then(|| self.queued_at.map_or(self.created_at, Into::into))
    }

    /// Who its failure is charged to; `None` unless it failed and GitLab told why.
    pub fn attribution(&self) -> Option<Attribution> {
        (self.status == Status::Failed)
            .then(|| self.failure_reason.as_deref().map(Attribution::of))
            .flatten()
    }
}

#[cfg(test)]
pub(crate) mod fixture {
    //! Plain jobs and pipelines for tests.
    use super::*;

    /// An instant, `seconds` after a fixed one.
    pub(crate) fn at(seconds: i64) -> Timestamp {
        Timestamp::from_second(1_790_000_000 + seconds).unwrap()
    }

    /// A job that was made and queued at second 0.
    pub(crate) fn job(id: u64, status: Status) -> Job {
        Job {
            id: JobId(id),
            name: Text::new("unit"),
            stage: Text::new("test"),
            project: ProjectId(1),
            pipeline: PipelineId(10),
            reference: Text::new("main"),
            status,
            tags: Arc::from([Text::new("eks-standard")]),
            tier: None,
            allow_failure: false,
            retried: false,
            stuck: None,
            created_at: at(0),
            queued_at: Some(at(0).into()),
            started_at: None,
            finished_at: None,
            failure_reason: None,
            runner: None,
        }
    }

    /// A pipeline that was made at second 0.
    pub(crate) fn pipeline(id: u64, status: Status) -> Pipeline {
        Pipeline {
            id: PipelineId(id),
            iid: Some(id),
            project: ProjectId(1),
            reference: Text::new("main"),
            sha: Text::new("0f1e2d3c4b5a69788796a5b4c3d2e1f001234567"),
            status,
            source: Some(Text::new("push")),
            created_at: at(0),
            updated_at: Some(at(0)),
            started_at: None,
            finished_at: None,
            duration_seconds: None,
            parent: None,
            jobs_complete: true,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::fixture::{at, job};
    use super::*;

    #[test]
    fn a_job_is_small() {
        assert!(size_of::<Job>() <= 184, "{} bytes", size_of::<Job>());
    }

    #[test]
    fn a_pending_job_waits_until_now() {
        assert_eq!(job(1, Status::Pending).queued_seconds(at(90)), Some(90.0));
    }

    #[test]
    fn a_started_job_waited_until_its_start() {
        let started = Job { started_at: Some(at(30).into()), ..job(1, Status::Running) };
        assert_eq!(started.queued_seconds(at(90)), Some(30.0));
    }

    #[test]
    fn a_job_cancelled_in_the_queue_has_no_queue_time() {
        let cancelled = Job { finished_at: Some(at(50).into()), ..job(1, Status::Canceled) };
        assert_eq!(cancelled.queued_seconds(at(90)), None);
    }

    #[test]
    fn a_job_that_waits_for_a_person_is_not_in_the_queue() {
        assert_eq!(job(1, Status::Manual).queued_seconds(at(90)), None);
    }

    #[test]
    fn a_script_failure_is_the_teams() {
        assert_eq!(Attribution::of("script_failure"), Attribution::Team);
    }

    #[test]
    fn an_unknown_reason_is_charged_to_nobody() {
        assert_eq!(Attribution::of("cosmic_ray"), Attribution::Other);
    }
}
