//! Deployments, their approvals, and what the token's holder is in a project.

use serde_json::{Value, json};

use super::super::wire::Reply;
use super::paging::{Paging, Totals};
use super::{Answer, Desk, shape};
use crate::sim::clock;
use crate::sim::world::{Decision, Deployment};

const STATES: [&str; 7] =
    ["created", "running", "success", "failed", "canceled", "skipped", "blocked"];

/// The deployments of a project, oldest first unless asked otherwise.
pub(super) fn of_project(desk: &Desk<'_>, id: &str) -> Answer {
    let project = desk.project(id)?.id;
    let query = &desk.ask.query;
    let mut rows: Vec<&Deployment> =
        desk.world.deployments.values().filter(|one| one.project == project).collect();
    if let Some(status) = query.get("status") {
        if !STATES.contains(&status) {
            return Err(Reply::invalid("status"));
        }
        rows.retain(|one| word(desk, one) == status);
    }
    if let Some(name) = query.get("environment") {
        rows.retain(|one| one.environment.name == name);
    }
    if !matches!(query.get("order_by"), None | Some("id" | "iid" | "created_at")) {
        return Err(Reply::invalid("order_by"));
    }
    match query.get("sort") {
        None | Some("asc") => {}
        Some("desc") => rows.reverse(),
        Some(_) => return Err(Reply::invalid("sort")),
    }
    Ok(Paging::read(desk)?.cut(desk, &rows, Totals::Shown, |one| brief(desk, one)))
}

/// One deployment, with who decided.
pub(super) fn one(desk: &Desk<'_>, id: &str, deployment: &str) -> Answer {
    let one = find(desk, id, deployment)?;
    let mut full = brief(desk, one);
    let decisions: Vec<Value> = one.decisions.iter().map(|made| decision(desk, made)).collect();
    let pending = if word(desk, one) == "blocked" { one.pending() } else { 0 };
    shape::merge(
        &mut full,
        json!({
            "pending_approval_count": pending,
            "approvals": decisions,
            "approval_summary": {"rules": [{
                "user_id": null,
                "group_id": null,
                "access_level": 40,
                "access_level_description": "Maintainers",
                "required_approvals": one.environment.approvals,
                "deployment_approvals": decisions,
            }]},
        }),
    );
    Ok(Reply::json(200, &full))
}

/// Approves or rejects a deployment.
pub(super) fn decide(desk: &mut Desk<'_>, id: &str, deployment: &str) -> Answer {
    let one = find(desk, id, deployment)?.id;
    let body: Value = serde_json::from_slice(&desk.ask.body).unwrap_or_default();
    let word = |name: &str| body.get(name).and_then(Value::as_str);
    let approved = match word("status") {
        Some("approved") => true,
        Some("rejected") => false,
        Some(_) => return Err(Reply::invalid("status")),
        None => return Err(Reply::json(400, &json!({"error": "status is missing"}))),
    };
    let comment = word("comment").map(str::to_owned);
    let (person, at) = (desk.world.holder.person, desk.world.now);
    desk.world
        .decide(one, Decision { person, approved, comment, at })
        .map_err(super::act::refusal)?;
    let made = desk.world.deployments.get(&one).and_then(|one| one.decisions.last());
    let made = made.ok_or_else(|| Reply::missing(""))?;
    Ok(Reply::json(201, &decision(desk, made)))
}

/// The commits behind one and up to another: every pipeline of a project has one of its own.
pub(super) fn compare(desk: &Desk<'_>, id: &str) -> Answer {
    let project = desk.project(id)?.id;
    let of = |name: &str| {
        let sha = desk.ask.query.get(name).ok_or_else(|| Reply::invalid(name))?;
        let all = desk.world.pipelines.values();
        let mut there = all.filter(|one| one.project == project && &*one.sha == sha);
        there.next().map(|one| one.id).ok_or_else(|| Reply::missing("Ref"))
    };
    let (from, to) = (of("from")?, of("to")?);
    let all = desk.world.pipelines.values();
    let between = all.filter(|one| one.project == project && one.id > from && one.id <= to);
    let commits: Vec<Value> = between.map(|one| shape::commit(desk, one)).collect();
    Ok(Reply::json(
        200,
        &json!({
            "commits": commits,
            "diffs": [],
            "compare_timeout": false,
            "compare_same_ref": from == to,
        }),
    ))
}

fn find<'a>(desk: &'a Desk<'_>, id: &str, deployment: &str) -> Result<&'a Deployment, Reply> {
    let project = desk.project(id)?.id;
    let number = deployment.parse::<u64>().ok();
    let found = number.and_then(|number| desk.world.deployments.get(&number));
    found.filter(|one| one.project == project).ok_or_else(|| Reply::missing(""))
}

fn word(desk: &Desk<'_>, one: &Deployment) -> &'static str {
    desk.world.jobs.get(one.job).map_or("created", |job| one.word(job.status))
}

fn brief(desk: &Desk<'_>, one: &Deployment) -> Value {
    let job = desk.world.jobs.get(one.job);
    let pipeline = job.and_then(|job| desk.world.pipelines.get(job.pipeline));
    let starter = desk.world.starter(one.job);
    json!({
        "id": one.id,
        "iid": one.id % 5_000 + 1,
        "ref": pipeline.map(|owner| &*owner.reference),
        "sha": pipeline.map(|owner| &*owner.sha),
        "created_at": clock::fine(one.created),
        "updated_at": clock::fine(one.updated),
        "status": word(desk, one),
        "user": starter.map(|place| shape::person(desk, place)),
        "environment": {
            "id": one.project * 10 + 1,
            "name": one.environment.name,
            "slug": one.environment.name,
            "external_url": null,
            "created_at": "2023-03-01T08:00:00.000Z",
            "updated_at": "2023-03-01T08:00:00.000Z",
        },
        "deployable": job.map(|job| shape::job(desk, job)),
    })
}

fn decision(desk: &Desk<'_>, made: &Decision) -> Value {
    json!({
        "user": shape::person(desk, made.person),
        "status": if made.approved { "approved" } else { "rejected" },
        "created_at": clock::fine(made.at),
        "comment": made.comment,
    })
}
