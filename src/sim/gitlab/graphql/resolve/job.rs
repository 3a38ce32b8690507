//! The fields of jobs.

use serde_json::Value;

use super::super::super::links;
use super::super::execute::Run;
use super::super::node::{Node, Order, Out, leaf};
use super::{Found, job_rows, nothing, pipeline, status};
use crate::sim::clock;
use crate::sim::world::{Job, Status, When};

/// A field of a job.
pub(super) fn field(run: &Run<'_>, id: u64, name: &str) -> Found {
    let Some(job) = run.world.jobs.get(id) else { return nothing("CiJob", name) };
    let owner = run.world.pipelines.get(job.pipeline);
    let sha = owner.map_or("", |owner| &owner.sha);
    let reference = owner.map_or("", |owner| &owner.reference);
    Ok(match name {
        "pipeline"
        | "project"
        | "stage"
        | "runner"
        | "runnerManager"
        | "downstreamPipeline"
        | "detailedStatus"
        | "previousStageJobsOrNeeds" => return related(run, job, name),
        "createdAt" | "queuedAt" | "startedAt" | "finishedAt" | "scheduledAt" | "erasedAt"
        | "queuedDuration" | "duration" => clocks(run, job, name),
        "id" => leaf(links::gid(if job.is_bridge() { "Ci::Bridge" } else { "Ci::Build" }, id)),
        "name" => leaf(&*job.plan.name),
        "status" => leaf(job.status.word().to_uppercase()),
        "kind" => leaf(if job.is_bridge() { "BRIDGE" } else { "BUILD" }),
        "active" => leaf(matches!(job.status, Status::Pending | Status::Running)),
        "allowFailure" => leaf(job.plan.allow_failure),
        "canPlayJob" => leaf(true),
        "cancelable" => leaf(!job.status.is_over() && job.status != Status::Manual),
        "playable" => leaf(matches!(job.status, Status::Manual | Status::Scheduled)),
        "retryable" => leaf(is_retryable(job)),
        "manualJob" => leaf(job.plan.when == When::Manual),
        "retried" => leaf(job.retried),
        "scheduled" => leaf(job.status == Status::Scheduled),
        "schedulingType" => leaf("stage"),
        "stuck" => leaf(run.world.is_stuck(job)),
        "tags" => leaf(job.plan.tags.to_vec()),
        "triggered" => leaf(false),
        "createdByTag" => leaf(owner.is_some_and(|owner| owner.tag)),
        "coverage" => leaf(Value::Null),
        "exitCode" => leaf((job.reason.as_deref() == Some("script_failure")).then_some(1)),
        "failureMessage" => leaf(job.reason.as_deref().map(message)),
        "refName" => leaf(reference),
        "refPath" => leaf(owner.map(links::reference)),
        "shortSha" => leaf(links::short(sha)),
        "commitPath" => leaf(owner.map(|owner| links::commit(run.world, owner))),
        "source" => leaf(owner.map(|owner| owner.source)),
        "webPath" => leaf(links::job(run.world, job)),
        "playPath" => leaf(format!("{}/play", links::job(run.world, job))),
        _ => return nothing("CiJob", name),
    })
}

fn clocks(run: &Run<'_>, job: &Job, name: &str) -> Out {
    let now = run.world.now;
    match name {
        "createdAt" => leaf(clock::coarse(job.created)),
        "queuedAt" => leaf(job.queued.map(clock::coarse)),
        "startedAt" => leaf(job.started.map(clock::coarse)),
        "finishedAt" => leaf(job.finished.map(clock::coarse)),
        "scheduledAt" => leaf(job.scheduled.map(clock::coarse)),
        "queuedDuration" => leaf(job.queued_span(now).map(clock::seconds)),
        "duration" => leaf(job.span(now).map(|span| span / 1000)),
        _ => leaf(Value::Null),
    }
}

/// A field of a job that leads to something else.
fn related(run: &Run<'_>, job: &Job, name: &str) -> Found {
    let owner = run.world.pipelines.get(job.pipeline);
    Ok(match name {
        "pipeline" => Out::One(owner.map(|owner| Node::Pipeline(owner.id))),
        "project" => Out::One(Some(Node::Project(job.project))),
        "stage" => Out::One(Some(Node::Stage { pipeline: job.pipeline, place: job.plan.stage })),
        "runner" => Out::One(job.runner.map(Node::Runner)),
        "runnerManager" => {
            Out::One(job.runner.map(|runner| Node::Manager { runner, place: job.manager }))
        }
        "downstreamPipeline" => {
            let child = job.downstream.filter(|id| run.world.pipelines.contains_key(*id));
            Out::One(child.map(Node::Pipeline))
        }
        "previousStageJobsOrNeeds" => {
            let Some(owner) = owner else { return nothing("CiJob", name) };
            let before = |other: &&Job| !other.retried && other.plan.stage + 1 == job.plan.stage;
            job_rows(pipeline::members(run, owner).filter(before), Order::Rising)
        }
        _ => {
            let detail = status::detailed(job.status, job.id, &links::job(run.world, job));
            Out::One(Some(Node::Plain(detail)))
        }
    })
}

fn is_retryable(job: &Job) -> bool {
    !job.retried && matches!(job.status, Status::Success | Status::Failed | Status::Canceled)
}

/// What the web interface says about a failure.
fn message(reason: &str) -> String {
    match reason {
        "script_failure" => "There has been a script failure. Check the job log for more information",
        "runner_system_failure" => "There has been a runner system failure, please try again",
        "image_pull_failure" => "There has been an image pull failure. Check the job log for more information",
        "job_execution_timeout" => "The script exceeded the maximum execution time set for the job",
        "stuck_pending_no_matching_runners" => {
            "There has been a timeout failure or the job got stuck. Check your timeout limits or try again"
        }
        other => return other.replace('_', " "),
    }
    .to_owned()
}
