//! Runners of groups, their managers and their jobs.

use super::super::wire::Reply;
use super::paging::{self, Paging, Totals};
use super::{Answer, Desk, projects, shape};
use crate::sim::world::{Job, Manager, Presence, Runner, Status};

/// The runners that a group may use.
pub(super) fn of_group(desk: &Desk<'_>, id: &str) -> Answer {
    let group = projects::find_group(desk, id)?;
    let rows =
        if group.path.starts_with("acme") { desk.world.runners.values().collect() } else { vec![] };
    list(desk, rows)
}

/// The runners that a project may use.
pub(super) fn of_project(desk: &Desk<'_>, id: &str) -> Answer {
    desk.project(id)?;
    list(desk, desk.world.runners.values().collect())
}

/// The runners that the user owns.
pub(super) fn owned(desk: &Desk<'_>) -> Answer {
    list(desk, desk.world.runners.values().collect())
}

/// One runner in detail.
pub(super) fn one(desk: &Desk<'_>, id: &str) -> Answer {
    Ok(Reply::json(200, &shape::runner_full(desk, find(desk, id)?)))
}

/// The managers of a runner.
pub(super) fn managers(desk: &Desk<'_>, id: &str) -> Answer {
    let runner = find(desk, id)?;
    let rows: Vec<&Manager> = runner.managers.iter().collect();
    let row = |manager: &&Manager| shape::manager(desk, runner, manager);
    Ok(Paging::read(desk)?.cut(desk, &rows, Totals::Shown, row))
}

/// The jobs of a runner, newest first.
pub(super) fn jobs(desk: &Desk<'_>, id: &str) -> Answer {
    let runner = find(desk, id)?.id;
    let query = &desk.ask.query;
    query.ignore(&["order_by", "sort", "cursor"]);
    let status = match query.get("status") {
        None => None,
        Some(word) => Some(Status::parse(word).ok_or_else(|| Reply::invalid("status"))?),
    };
    let wanted =
        |job: &&Job| job.runner == Some(runner) && status.is_none_or(|status| job.status == status);
    let mut rows: Vec<&Job> = desk.world.jobs.values().rev().filter(wanted).collect();
    let row = |job: &&Job| shape::job_of_runner(desk, job);
    if !paging::is_keyset(desk)? {
        return Ok(Paging::read(desk)?.cut(desk, &rows, Totals::Shown, row));
    }
    if let Some(cursor) = query.get("cursor") {
        let edge: u64 = cursor.parse().map_err(|_| Reply::invalid("cursor"))?;
        rows.retain(|job| job.id < edge);
    }
    paging::keyset(desk, &rows, |job| ("cursor", job.id.to_string()), row)
}

fn find<'a>(desk: &'a Desk<'_>, id: &str) -> Result<&'a Runner, Reply> {
    let found = id.parse::<u64>().ok().and_then(|number| desk.world.runners.get(&number));
    found.ok_or_else(|| Reply::missing("Runner"))
}

fn list(desk: &Desk<'_>, mut rows: Vec<&Runner>) -> Answer {
    let query = &desk.ask.query;
    match query.get("type") {
        None | Some("group_type") => {}
        Some("instance_type" | "project_type") => rows.clear(),
        Some(_) => return Err(Reply::invalid("type")),
    }
    match query.get("paused") {
        None => {}
        Some("true") => rows.retain(|runner| runner.paused),
        Some("false") => rows.retain(|runner| !runner.paused),
        Some(_) => return Err(Reply::invalid("paused")),
    }
    match query.get("status") {
        None => {}
        Some("online") => rows.retain(|runner| runner.presence == Presence::Online),
        // As GitLab does, the stale ones are offline too.
        Some("offline") => {
            rows.retain(|runner| matches!(runner.presence, Presence::Offline | Presence::Stale));
        }
        Some("stale") => rows.retain(|runner| runner.presence == Presence::Stale),
        Some("never_contacted") => rows.retain(|runner| runner.presence == Presence::Never),
        Some(_) => return Err(Reply::invalid("status")),
    }
    let tags = query.list("tag_list");
    rows.retain(|runner| tags.iter().all(|tag| runner.tags.iter().any(|own| own == tag)));
    let row = |runner: &&Runner| shape::runner_basic(desk, runner);
    Ok(Paging::read(desk)?.cut(desk, &rows, Totals::Shown, row))
}
