//! Resource groups: who holds one, and who waits for it.

use serde_json::{Value, json};

use super::super::wire::Reply;
use super::paging::{Paging, Totals};
use super::{Answer, Desk, shape};
use crate::sim::clock;
use crate::sim::world::Resource;

/// The resource groups of a project.
pub(super) fn of_project(desk: &Desk<'_>, id: &str) -> Answer {
    let project = desk.project(id)?.id;
    let rows = desk.world.resources(project);
    Ok(Paging::read(desk)?.cut(desk, &rows, Totals::Shown, |one| row(desk, one)))
}

/// One resource group.
pub(super) fn one(desk: &Desk<'_>, id: &str, key: &str) -> Answer {
    Ok(Reply::json(200, &row(desk, &find(desk, id, key)?)))
}

/// The job that holds it; `null` where none does.
pub(super) fn current(desk: &Desk<'_>, id: &str, key: &str) -> Answer {
    let holder = find(desk, id, key)?.holder.and_then(|job| desk.world.jobs.get(job));
    let shown = holder.map_or(Value::Null, |job| shape::job_of_runner(desk, job));
    Ok(Reply::json(200, &shown))
}

/// The jobs that wait for it, the next first.
pub(super) fn upcoming(desk: &Desk<'_>, id: &str, key: &str) -> Answer {
    let found = find(desk, id, key)?;
    let rows: Vec<_> = found.waiting.iter().filter_map(|job| desk.world.jobs.get(*job)).collect();
    let row = |job: &&_| shape::job_of_runner(desk, job);
    Ok(Paging::read(desk)?.cut(desk, &rows, Totals::Shown, row))
}

fn find(desk: &Desk<'_>, id: &str, key: &str) -> Result<Resource, Reply> {
    let project = desk.project(id)?.id;
    let found = desk.world.resources(project).into_iter().find(|one| *one.key == *key);
    found.ok_or_else(|| Reply::missing(""))
}

fn row(desk: &Desk<'_>, one: &Resource) -> Value {
    json!({
        "id": one.id,
        "key": &*one.key,
        "process_mode": "unordered",
        "created_at": clock::fine(desk.world.start),
        "updated_at": clock::fine(desk.world.start),
    })
}
