//! Jobs as items.

use super::Scene;
use super::form::{Instant, instant, record, seconds};
use crate::domain::{Job, Text};
use crate::state::Row;

record! {
    /// A job that has not ended, or that ended in the last hour: one attempt, for a retry makes a new one.
    JobItem<'a> {
        /// GitLab's id
        id: u64,
        /// its name
        name: &'a str,
        /// its stage
        stage: &'a str,
        /// the project's full path
        project: &'a str,
        /// the project's id
        project_id: u64,
        /// the pipeline's global id
        pipeline_id: u64,
        /// branch, tag or merge-request ref
        r#ref: &'a str,
        /// GitLab's status, verbatim
        status: &'a str,
        /// the configured tier that its tags fit; null where they fit none
        tier: Option<&'a str>,
        /// the tags that a runner must carry
        tags: Vec<&'a str>,
        /// whether its failure leaves the pipeline well
        allow_failure: bool,
        /// whether a later attempt has taken its place
        retried: bool,
        /// when it was made
        created_at: Instant,
        /// when it entered the queue
        queued_at: Option<Instant>,
        /// when a runner took it
        started_at: Option<Instant>,
        /// when it ended
        finished_at: Option<Instant>,
        /// time in the queue, until now for one that still waits for a runner, until it was last confirmed where that is old; waiting for stages, resources, people and dates does not count
        queued_seconds: Option<f64>,
        /// time on a runner, until now for one that still runs, until it was last confirmed where that is old
        duration_seconds: Option<f64>,
        /// why it failed, in GitLab's word
        failure_reason: Option<&'a str>,
        /// GitLab's own word that no online runner matches
        stuck: Option<bool>,
        /// the runner that took it
        runner: Option<RunnerOfJob<'a>>,
        /// the newest pod that says it runs it
        pod: Option<PodOfJob<'a>>,
        /// its page
        web_url: String,
        /// when it was last confirmed
        seen_at: Instant,
        /// whether it is not confirmed any more
        stale: bool,
    }
}

record! {
    /// The runner that took a job.
    RunnerOfJob<'a> {
        /// GitLab's id
        id: u64,
        /// its description
        description: &'a str,
    }
}

record! {
    /// The pod that says it runs a job.
    PodOfJob<'a> {
        /// the cluster's name in the configuration
        cluster: &'a str,
        /// its namespace
        namespace: &'a str,
        /// its name
        name: &'a str,
        /// whether GitLab's own answer agrees
        verified: bool,
    }
}

impl<'a> JobItem<'a> {
    /// The item of a row.
    pub(super) fn new(scene: &Scene<'a>, row: &'a Row<Job>) -> JobItem<'a> {
        let job = &*row.value;
        let project = scene.project(job.project);
        let until = scene.job_known_until(row);
        JobItem {
            id: job.id.0,
            name: &job.name,
            stage: &job.stage,
            project: project.path,
            project_id: job.project.0,
            pipeline_id: job.pipeline.0,
            r#ref: &job.reference,
            status: job.status.as_str(),
            tier: scene.tier(job.tier),
            tags: job.tags.iter().map(Text::as_str).collect(),
            allow_failure: job.allow_failure,
            retried: job.retried,
            created_at: Instant(job.created_at),
            queued_at: instant(job.queued_at.map(Into::into)),
            started_at: instant(job.started_at.map(Into::into)),
            finished_at: instant(job.finished_at.map(Into::into)),
            queued_seconds: job.queued_seconds(until).map(seconds),
            duration_seconds: job.duration_seconds(until).map(seconds),
            failure_reason: job.failure_reason.as_deref(),
            stuck: job.stuck,
            runner: job
                .runner
                .as_ref()
                .map(|runner| RunnerOfJob { id: runner.id.0, description: &runner.description }),
            pod: PodOfJob::of(scene, job),
            web_url: project.page("jobs", job.id.0),
            seen_at: Instant(scene.state().job_seen_at(row)),
            stale: scene.is_offline() || scene.state().is_job_stale(row, scene.now()),
        }
    }
}

impl<'a> PodOfJob<'a> {
    /// The newest pod that names a job; one that is believed goes before one that is not.
    fn of(scene: &Scene<'a>, job: &Job) -> Option<PodOfJob<'a>> {
        let pod = scene.state().pods().get(scene.state().pod_of_job(job.id)?)?;
        Some(PodOfJob {
            cluster: &pod.cluster,
            namespace: &pod.namespace,
            name: &pod.name,
            verified: scene.state().claim(pod).is_verified(),
        })
    }
}
