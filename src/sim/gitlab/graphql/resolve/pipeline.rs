//! The fields of pipelines and their stages.

use serde_json::{Value, json};

use super::super::super::links;
use super::super::execute::Run;
use super::super::node::{Node, Order, Out, leaf};
use super::super::value::Arguments;
use super::{Found, job_rows, nothing, root, status, statuses};
use crate::sim::clock;
use crate::sim::world::{Job, Pipeline, Project, Status, standing};

/// The pipelines of a project, newest first.
pub(super) fn list(run: &Run<'_>, project: &Project, arguments: &Arguments) -> Found {
    let known = project.pipelines.iter().rev().filter_map(|id| run.world.pipelines.get(*id));
    let mut rows: Vec<&Pipeline> = known.collect();
    if let Some(status) = arguments.text("status").and_then(Status::parse) {
        rows.retain(|row| row.status == status);
    }
    match arguments.text("scope") {
        Some("RUNNING") => rows.retain(|row| row.status == Status::Running),
        Some("PENDING") => rows.retain(|row| row.status == Status::Pending),
        Some("FINISHED") => rows.retain(|row| row.status.is_over()),
        Some("BRANCHES") => rows.retain(|row| !row.tag),
        Some("TAGS") => rows.retain(|row| row.tag),
        _ => {}
    }
    if let Some(name) = arguments.text("ref") {
        rows.retain(|row| &*row.reference == name);
    }
    if let Some(sha) = arguments.text("sha") {
        rows.retain(|row| &*row.sha == sha);
    }
    match arguments.text("source") {
        Some(source) => rows.retain(|row| row.source == source),
        // Without a source GitLab leaves child pipelines out.
        None => rows.retain(|row| row.source != "parent_pipeline"),
    }
    if let Some(name) = arguments.text("username") {
        rows.retain(|row| run.world.people.get(row.person).is_some_and(|who| who.username == name));
    }
    if let Some(after) = instant(arguments, "updatedAfter")? {
        rows.retain(|row| row.updated > after);
    }
    if let Some(before) = instant(arguments, "updatedBefore")? {
        rows.retain(|row| row.updated < before);
    }
    Ok(Out::Rows(rows.iter().map(|row| Node::Pipeline(row.id)).collect(), Order::Falling))
}

fn instant(arguments: &Arguments, name: &str) -> Result<Option<clock::Millis>, String> {
    let Some(text) = arguments.text(name) else { return Ok(None) };
    clock::parse(text).map(Some).ok_or_else(|| format!("\"{text}\" is not a valid time for {name}"))
}

/// The pipeline that `iid`, `id` or `sha` name.
pub(super) fn find(run: &Run<'_>, project: &Project, arguments: &Arguments) -> Option<u64> {
    let mut known = project.pipelines.iter().rev().filter_map(|id| run.world.pipelines.get(*id));
    if let Some(iid) = arguments.text("iid") {
        let iid: u64 = iid.parse().ok()?;
        return known.find(|pipeline| pipeline.iid == iid).map(|pipeline| pipeline.id);
    }
    if let Some(id) = arguments.text("id").and_then(links::number) {
        return project.pipelines.contains(&id).then_some(id);
    }
    let sha = arguments.text("sha")?;
    known.find(|pipeline| &*pipeline.sha == sha).map(|pipeline| pipeline.id)
}

/// A field of a pipeline.
pub(super) fn field(run: &Run<'_>, id: u64, name: &str, arguments: &Arguments) -> Found {
    let Some(pipeline) = run.world.pipelines.get(id) else { return nothing("Pipeline", name) };
    Ok(match name {
        "jobs" | "job" | "downstream" | "stages" | "upstream" | "sourceJob" | "project"
        | "user" | "commit" | "detailedStatus" => related(run, pipeline, name, arguments),
        "id" => leaf(links::gid("Ci::Pipeline", id)),
        "iid" => leaf(pipeline.iid.to_string()),
        "active" => leaf(!pipeline.status.is_over() && pipeline.status != Status::Manual),
        "complete" => leaf(pipeline.status.is_over()),
        "cancelable" => leaf(!pipeline.status.is_over()),
        "retryable" => leaf(matches!(pipeline.status, Status::Failed | Status::Canceled)),
        "child" => leaf(pipeline.source == "parent_pipeline"),
        "latest" => leaf(newest(run, pipeline) == Some(id)),
        "stuck" => leaf(members(run, pipeline).any(|job| run.world.is_stuck(job))),
        "warnings" => leaf(
            members(run, pipeline)
                .any(|job| job.status == Status::Failed && job.plan.allow_failure && !job.retried),
        ),
        "usesNeeds" | "yamlErrors" => leaf(false),
        "coverage" | "failureReason" | "name" => leaf(Value::Null),
        "beforeSha" => leaf("0000000000000000000000000000000000000000"),
        "createdAt" => leaf(clock::coarse(pipeline.created)),
        "updatedAt" => leaf(clock::coarse(pipeline.updated)),
        "startedAt" => leaf(pipeline.started.map(clock::coarse)),
        "finishedAt" => leaf(pipeline.finished.map(clock::coarse)),
        "committedAt" => leaf(clock::coarse(pipeline.created - 20_000)),
        "duration" => {
            leaf(pipeline.started.zip(pipeline.finished).map(|(from, to)| (to - from) / 1000))
        }
        "queuedDuration" => leaf(pipeline.started.map(|at| clock::seconds(at - pipeline.created))),
        "path" => leaf(links::pipeline(run.world, pipeline)),
        "ref" => leaf(&*pipeline.reference),
        "refPath" => leaf(links::reference(pipeline)),
        "commitPath" => leaf(links::commit(run.world, pipeline)),
        "sha" if arguments.text("format") == Some("SHORT") => leaf(links::short(&pipeline.sha)),
        "sha" => leaf(&*pipeline.sha),
        "source" => leaf(pipeline.source),
        "status" => leaf(pipeline.status.word().to_uppercase()),
        _ => return nothing("Pipeline", name),
    })
}

/// A field of a pipeline that leads to something else.
fn related(run: &Run<'_>, pipeline: &Pipeline, name: &str, arguments: &Arguments) -> Out {
    match name {
        "jobs" => jobs(run, pipeline, arguments),
        "job" => {
            let asked = arguments.text("id").and_then(links::number);
            let wanted = |job: &&Job| {
                asked == Some(job.id) || arguments.text("name") == Some(&*job.plan.name)
            };
            let latest = members(run, pipeline).rfind(wanted);
            Out::One(latest.map(|job| Node::Job(job.id)))
        }
        "downstream" => {
            // One that is over may have been removed before the one that started it.
            let below = members(run, pipeline).filter_map(|job| job.downstream);
            let below = below.filter(|id| run.world.pipelines.contains_key(*id));
            root::rising(below.map(Node::Pipeline))
        }
        "stages" => {
            let places = 0..pipeline.stages.len();
            root::rising(places.map(|place| Node::Stage { pipeline: pipeline.id, place }))
        }
        "upstream" => {
            let above = pipeline.upstream.map(|upstream| upstream.pipeline);
            let above = above.filter(|id| run.world.pipelines.contains_key(*id));
            Out::One(above.map(Node::Pipeline))
        }
        "sourceJob" => {
            let above = pipeline.upstream.map(|upstream| upstream.job);
            Out::One(above.filter(|id| run.world.jobs.contains_key(*id)).map(Node::Job))
        }
        "project" => Out::One(Some(Node::Project(pipeline.project))),
        "user" => Out::One(Some(Node::Person(pipeline.person))),
        "commit" => Out::One(Some(Node::Plain(commit(run, pipeline)))),
        _ => {
            let path = links::pipeline(run.world, pipeline);
            let detail = status::detailed(pipeline.status, pipeline.id, &path);
            Out::One(Some(Node::Plain(detail)))
        }
    }
}

/// A field of a stage.
pub(super) fn stage_field(run: &Run<'_>, (id, place): (u64, usize), name: &str) -> Found {
    let Some(pipeline) = run.world.pipelines.get(id) else { return nothing("CiStage", name) };
    let number = pipeline.id * 10 + u64::try_from(place).unwrap_or(0);
    let jobs = || members(run, pipeline).filter(move |job| job.plan.stage == place && !job.retried);
    Ok(match name {
        "id" => leaf(links::gid("Ci::Stage", number)),
        "name" => leaf(pipeline.stages.get(place).map(String::as_str)),
        "status" => leaf(standing(jobs()).word()),
        "detailedStatus" => {
            let path = links::pipeline(run.world, pipeline);
            let detail = status::detailed(standing(jobs()), number, &path);
            Out::One(Some(Node::Plain(detail)))
        }
        "jobs" => job_rows(jobs(), Order::Rising),
        _ => return nothing("CiStage", name),
    })
}

fn jobs(run: &Run<'_>, pipeline: &Pipeline, arguments: &Arguments) -> Out {
    let wanted = statuses(arguments);
    let retried = arguments.switch("retried");
    let bridge = arguments.text("jobKind").map(|kind| kind == "BRIDGE");
    let fits = |job: &&Job| {
        wanted.as_ref().is_none_or(|wanted| wanted.contains(&job.status))
            && retried.is_none_or(|retried| retried == job.retried)
            && bridge.is_none_or(|bridge| bridge == job.is_bridge())
    };
    job_rows(members(run, pipeline).filter(fits), Order::Rising)
}

/// Every attempt at the jobs of a pipeline, oldest first.
pub(super) fn members<'a>(
    run: &'a Run<'_>,
    pipeline: &'a Pipeline,
) -> impl DoubleEndedIterator<Item = &'a Job> {
    pipeline.jobs.iter().filter_map(|id| run.world.jobs.get(*id))
}

fn newest(run: &Run<'_>, pipeline: &Pipeline) -> Option<u64> {
    let project = run.world.projects.get(&pipeline.project)?;
    let same = |id: &&u64| {
        run.world.pipelines.get(**id).is_some_and(|other| other.reference == pipeline.reference)
    };
    project.pipelines.iter().rev().find(same).copied()
}

fn commit(run: &Run<'_>, pipeline: &Pipeline) -> Value {
    let path = links::commit(run.world, pipeline);
    json!({
        "id": format!("gid://gitlab/Commit/{}", pipeline.sha),
        "sha": &*pipeline.sha,
        "shortId": links::short(&pipeline.sha),
        "title": "Change something that matters",
        "authorName": run.world.people.get(pipeline.person).map(|who| who.name),
        "authoredDate": clock::coarse(pipeline.created - 20_000),
        "webUrl": format!("{}{path}", run.base),
        "webPath": path,
    })
}
