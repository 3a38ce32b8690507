//! What changes the platform: retry, cancel and play.

use serde_json::json;

use super::super::wire::Reply;
use super::{
    Answer, Desk, access, approvals, commit, deployments, jobs, pipelines, requests, shape,
};
use crate::sim::world::{Refusal, World};

/// Answers a POST; `None` where there is no such route.
pub(super) fn post(desk: &mut Desk<'_>, path: &[&str]) -> Option<Answer> {
    match path {
        ["projects", id, "jobs", job, act @ ("retry" | "cancel" | "play")] => {
            Some(job_act(desk, (id, job), act))
        }
        ["projects", id, "deployments", deployment, "approval"] => {
            Some(deployments::decide(desk, id, deployment))
        }
        ["projects", id, "pipelines", pipeline, act @ ("retry" | "cancel")] => {
            Some(pipeline_act(desk, (id, pipeline), act))
        }
        ["projects", id, "repository", "commits"] => Some(commit::create(desk, id)),
        ["projects", id, "repository", "branches"] => Some(commit::branch(desk, id)),
        ["projects", id, "merge_requests"] => Some(requests::create(desk, id)),
        ["projects", id, "merge_requests", iid, act @ ("approve" | "unapprove" | "notes")] => {
            Some(request_act(desk, (id, iid), act))
        }
        _ => None,
    }
}

/// Approves a merge request, takes that back, or says something.
fn request_act(desk: &mut Desk<'_>, (id, iid): (&str, &str), act: &str) -> Answer {
    match act {
        "approve" => approvals::approve(desk, id, iid),
        "unapprove" => approvals::unapprove(desk, id, iid),
        _ => requests::say(desk, id, iid),
    }
}

/// Answers a DELETE; `None` where there is no such route.
pub(super) fn delete(desk: &mut Desk<'_>, path: &[&str]) -> Option<Answer> {
    match path {
        ["projects", id, "repository", "branches", name] => {
            Some(commit::delete_branch(desk, id, name))
        }
        _ => access::delete(desk, path),
    }
}

/// Answers a PUT; `None` where there is no such route.
pub(super) fn put(desk: &mut Desk<'_>, path: &[&str]) -> Option<Answer> {
    match path {
        ["runners", id] => Some(runner_act(desk, id)),
        ["projects", id, "merge_requests", iid] => Some(requests::update(desk, id, iid)),
        ["projects", id, "merge_requests", iid, "merge"] => Some(requests::merge(desk, id, iid)),
        _ => access::put(desk, path),
    }
}

/// Pauses a runner or lets it go on, which is all that is asked of one here.
fn runner_act(desk: &mut Desk<'_>, id: &str) -> Answer {
    let body: Option<serde_json::Value> = serde_json::from_slice(&desk.ask.body).ok();
    let paused = body.and_then(|body| body.get("paused")?.as_bool());
    let Some(paused) = paused else {
        let message = json!({"error": "paused is missing"});
        return Err(Reply::json(400, &message));
    };
    let found = id.parse().ok().and_then(|id: u64| desk.world.runners.get_mut(&id));
    let Some(runner) = found else { return Err(Reply::missing("Runner")) };
    runner.paused = paused;
    super::runners::one(desk, id)
}

fn job_act(desk: &mut Desk<'_>, (project, job): (&str, &str), act: &str) -> Answer {
    let mut id = jobs::find(desk, project, job)?.id;
    developer(desk)?;
    desk.ask.query.ignore(&["force"]);
    match act {
        "retry" => id = desk.world.retry_job(id).map_err(refusal)?,
        "cancel" => desk.world.cancel_job(id).map_err(refusal)?,
        _ => desk.world.play_job(id).map_err(refusal)?,
    }
    let status = if act == "play" { 200 } else { 201 };
    let job = desk.world.jobs.get(id).ok_or_else(|| Reply::missing(""))?;
    Ok(Reply::json(status, &shape::job(desk, job)))
}

fn pipeline_act(desk: &mut Desk<'_>, (project, pipeline): (&str, &str), act: &str) -> Answer {
    let id = pipelines::find(desk, project, pipeline)?.id;
    developer(desk)?;
    let change = if act == "retry" { World::retry_pipeline } else { World::cancel_pipeline };
    change(desk.world, id).map_err(refusal)?;
    let pipeline = desk.world.pipelines.get(id).ok_or_else(|| Reply::missing(""))?;
    Ok(Reply::json(201, &shape::pipeline_full(desk, pipeline)))
}

/// What only developers and above may do.
fn developer(desk: &Desk<'_>) -> Result<(), Reply> {
    let may = desk.world.holder.level >= 30;
    may.then_some(()).ok_or_else(|| Reply::json(403, &json!({"message": "403 Forbidden"})))
}

pub(super) fn refusal(why: Refusal) -> Reply {
    let plainly = |said: &str| Reply::json(400, &json!({"message": said}));
    match why {
        Refusal::NotRetryable => {
            Reply::json(403, &json!({"message": "403 Forbidden - Job is not retryable"}))
        }
        Refusal::NotPlayable => {
            Reply::json(400, &json!({"message": "400 Bad request - Unplayable Job"}))
        }
        Refusal::NotBlocked => plainly("This deployment is not waiting for approvals."),
        Refusal::OwnDeployment => plainly(
            "You cannot approve your own deployment. This configuration can be adjusted in the protected environment settings.",
        ),
        Refusal::NoApprover => plainly(
            "You don't have permission to approve this deployment. Contact the project or group owner for help.",
        ),
        Refusal::Unknown => Reply::missing(""),
    }
}
