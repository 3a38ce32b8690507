//! The fields of runners and their managers.

use serde_json::Value;

use super::super::super::links;
use super::super::execute::Run;
use super::super::node::{Node, Order, Out, leaf};
use super::super::value::Arguments;
use super::{Found, job_rows, nothing, root, statuses};
use crate::sim::clock;
use crate::sim::world::{Job, Presence, Runner};

/// The runners of a group.
pub(super) fn list(run: &Run<'_>, group: u64, arguments: &Arguments) -> Out {
    let all = arguments.text("membership") == Some("ALL_AVAILABLE");
    let mut rows: Vec<&Runner> = run.world.runners.values().collect();
    rows.retain(|runner| all || runner.group == group);
    match arguments.text("status") {
        Some("ONLINE") => rows.retain(|runner| runner.presence == Presence::Online),
        Some("OFFLINE") => {
            rows.retain(|runner| matches!(runner.presence, Presence::Offline | Presence::Stale));
        }
        Some("STALE") => rows.retain(|runner| runner.presence == Presence::Stale),
        Some("NEVER_CONTACTED") => rows.retain(|runner| runner.presence == Presence::Never),
        Some("PAUSED") => rows.retain(|runner| runner.paused),
        Some("ACTIVE") => rows.retain(|runner| !runner.paused),
        _ => {}
    }
    if let Some(paused) = arguments.switch("paused") {
        rows.retain(|runner| runner.paused == paused);
    }
    if arguments.text("type").is_some_and(|kind| kind != "GROUP_TYPE") {
        rows.clear();
    }
    if let Some(tags) = arguments.texts("tagList") {
        rows.retain(|runner| tags.iter().all(|tag| runner.tags.iter().any(|own| own == tag)));
    }
    if let Some(search) = arguments.text("search") {
        rows.retain(|runner| runner.description.contains(search));
    }
    rows.reverse();
    Out::Rows(rows.iter().map(|runner| Node::Runner(runner.id)).collect(), Order::Falling)
}

/// A field of a runner.
pub(super) fn field(run: &Run<'_>, id: u64, name: &str, arguments: &Arguments) -> Found {
    let Some(runner) = run.world.runners.get(&id) else { return nothing("CiRunner", name) };
    let newest = runner.managers.first();
    Ok(match name {
        "id" => leaf(links::gid("Ci::Runner", id)),
        "accessLevel" => leaf(if runner.protected { "REF_PROTECTED" } else { "NOT_PROTECTED" }),
        "active" => leaf(!runner.paused),
        "paused" => leaf(runner.paused),
        "locked" => leaf(runner.locked),
        "runUntagged" => leaf(runner.untagged),
        "runnerType" => leaf("GROUP_TYPE"),
        "shortSha" => leaf(runner.short.as_str()),
        "status" => leaf(runner.presence.word().to_uppercase()),
        "description" => leaf(runner.description.as_str()),
        "tagList" => leaf(runner.tags.to_vec()),
        "contactedAt" => leaf(runner.contacted(runner.presence, run.world.now).map(clock::coarse)),
        "createdAt" => leaf(clock::coarse(runner.created)),
        "createdBy" => Out::One(Some(Node::Person(0))),
        "tokenExpiresAt" | "maximumTimeout" | "maintenanceNote" => leaf(Value::Null),
        "projectCount" => leaf(Value::Null),
        "jobExecutionStatus" => leaf(busy(run, runner)),
        "jobCount" => leaf(jobs(run, runner, arguments).count()),
        "jobs" => job_rows(jobs(run, runner, arguments), Order::Falling),
        "managers" => {
            let places = 0..runner.managers.len();
            root::rising(places.map(|place| Node::Manager { runner: id, place }))
        }
        "version" => leaf(newest.map(|manager| manager.version)),
        "revision" => leaf(newest.map(|_| "4d3b6a1f")),
        "architectureName" => leaf(newest.map(|_| "amd64")),
        "platformName" => leaf(newest.map(|_| "linux")),
        "executorName" => leaf(newest.map(|_| "kubernetes")),
        "ipAddress" => leaf(newest.map(|_| "10.4.0.17")),
        _ => return nothing("CiRunner", name),
    })
}

/// A field of a manager.
pub(super) fn manager_field(run: &Run<'_>, (runner, place): (u64, usize), name: &str) -> Found {
    let owner = run.world.runners.get(&runner);
    let Some((owner, manager)) = owner.and_then(|one| Some((one, one.managers.get(place)?))) else {
        return nothing("CiRunnerManager", name);
    };
    Ok(match name {
        "id" => leaf(links::gid("Ci::RunnerManager", manager.id)),
        "systemId" => leaf(manager.system.as_str()),
        "status" => leaf(manager.presence.word().to_uppercase()),
        "version" => leaf(manager.version),
        "revision" => leaf("4d3b6a1f"),
        "contactedAt" => leaf(owner.contacted(manager.presence, run.world.now).map(clock::coarse)),
        "createdAt" => leaf(clock::coarse(owner.created)),
        "architectureName" => leaf("amd64"),
        "executorName" => leaf("kubernetes"),
        "platformName" => leaf("linux"),
        "ipAddress" => leaf("10.4.0.17"),
        "jobExecutionStatus" => leaf(busy(run, owner)),
        "runner" => Out::One(Some(Node::Runner(runner))),
        _ => return nothing("CiRunnerManager", name),
    })
}

fn busy(run: &Run<'_>, runner: &Runner) -> &'static str {
    match (runner.running.is_empty(), run.view.old) {
        (true, _) => "IDLE",
        (false, true) => "RUNNING",
        (false, false) => "ACTIVE",
    }
}

/// The jobs of a runner, newest first; the running ones are found without a search.
fn jobs<'a>(
    run: &'a Run<'_>,
    runner: &'a Runner,
    arguments: &Arguments,
) -> Box<dyn Iterator<Item = &'a Job> + 'a> {
    let running = arguments.texts("statuses").is_some_and(|names| names == ["RUNNING"]);
    if running {
        return Box::new(runner.running.iter().rev().filter_map(|id| run.world.jobs.get(*id)));
    }
    let wanted = statuses(arguments);
    let fits = move |job: &&Job| {
        job.runner == Some(runner.id)
            && wanted.as_ref().is_none_or(|wanted| wanted.contains(&job.status))
    };
    Box::new(run.world.jobs.values().rev().filter(fits))
}
