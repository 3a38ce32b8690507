//! What changes the platform: retry, cancel and play.

use serde_json::json;

use super::super::wire::Reply;
use super::{Answer, Desk, jobs, pipelines, shape};
use crate::sim::world::{Refusal, World};

/// Answers a POST; `None` where there is no such route.
pub(super) fn post(desk: &mut Desk<'_>, path: &[&str]) -> Option<Answer> {
    match path {
        ["projects", id, "jobs", job, act @ ("retry" | "cancel" | "play")] => {
            Some(job_act(desk, (id, job), act))
        }
        ["projects", id, "pipelines", pipeline, act @ ("retry" | "cancel")] => {
            Some(pipeline_act(desk, (id, pipeline), act))
        }
        _ => None,
    }
}

/// Answers a PUT; `None` where there is no such route.
pub(super) fn put(desk: &mut Desk<'_>, path: &[&str]) -> Option<Answer> {
    match path {
        ["runners", id] => Some(runner_act(desk, id)),
        _ => None,
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
    let change = if act == "retry" { World::retry_pipeline } else { World::cancel_pipeline };
    change(desk.world, id).map_err(refusal)?;
    let pipeline = desk.world.pipelines.get(id).ok_or_else(|| Reply::missing(""))?;
    Ok(Reply::json(201, &shape::pipeline_full(desk, pipeline)))
}

fn refusal(why: Refusal) -> Reply {
    match why {
        Refusal::NotRetryable => {
            Reply::json(403, &json!({"message": "403 Forbidden - Job is not retryable"}))
        }
        Refusal::NotPlayable => {
            Reply::json(400, &json!({"message": "400 Bad request - Unplayable Job"}))
        }
        Refusal::Unknown => Reply::missing(""),
    }
}
