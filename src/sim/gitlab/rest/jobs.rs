//! Jobs and bridges of pipelines and projects, and the log of a job.

use super::super::wire::Reply;
use super::paging::{self, Paging, Totals};
use super::{Answer, Desk, pipelines, shape};
use crate::sim::world::{self, Job, Status};

/// The jobs of a project, newest first; without totals, as GitLab counts them not.
pub(super) fn of_project(desk: &Desk<'_>, id: &str) -> Answer {
    let project = desk.project(id)?;
    let known = |id: &u64| desk.world.jobs.get(*id);
    let mut rows: Vec<&Job> = project.jobs.iter().rev().filter_map(known).collect();
    rows.retain(|job| !job.is_bridge());
    scope(desk, &mut rows)?;
    let row = |job: &&Job| shape::job(desk, job);
    desk.ask.query.ignore(&["order_by", "sort", "cursor"]);
    if !paging::is_keyset(desk)? {
        return Ok(Paging::read(desk)?.cut(desk, &rows, Totals::Omitted, row));
    }
    if let Some(cursor) = desk.ask.query.get("cursor") {
        let edge: u64 = cursor.parse().map_err(|_| Reply::invalid("cursor"))?;
        rows.retain(|job| job.id < edge);
    }
    paging::keyset(desk, &rows, |job| ("cursor", job.id.to_string()), row)
}

/// The jobs of a pipeline, newest first.
pub(super) fn of_pipeline(desk: &Desk<'_>, id: &str, pipeline: &str) -> Answer {
    let retried = desk.ask.query.is_on("include_retried");
    let wanted = |job: &&Job| !job.is_bridge() && (retried || !job.retried);
    let mut rows: Vec<&Job> = members(desk, id, pipeline)?.into_iter().filter(wanted).collect();
    scope(desk, &mut rows)?;
    Ok(Paging::read(desk)?.cut(desk, &rows, Totals::Shown, |job| shape::job(desk, job)))
}

/// The bridges of a pipeline.
pub(super) fn bridges(desk: &Desk<'_>, id: &str, pipeline: &str) -> Answer {
    let wanted = |job: &&Job| job.is_bridge();
    let mut rows: Vec<&Job> = members(desk, id, pipeline)?.into_iter().filter(wanted).collect();
    scope(desk, &mut rows)?;
    Ok(Paging::read(desk)?.cut(desk, &rows, Totals::Shown, |job| shape::bridge(desk, job)))
}

/// One job.
pub(super) fn one(desk: &Desk<'_>, id: &str, job: &str) -> Answer {
    Ok(Reply::json(200, &shape::job(desk, find(desk, id, job)?)))
}

/// The log of a job, the whole of it every time.
pub(super) fn trace(desk: &Desk<'_>, id: &str, job: &str) -> Answer {
    Ok(Reply::text(200, &world::trace(desk.world, find(desk, id, job)?)))
}

/// The job with this id in this project.
pub(super) fn find<'a>(desk: &'a Desk<'_>, id: &str, job: &str) -> Result<&'a Job, Reply> {
    let project = desk.project(id)?.id;
    let found = job.parse::<u64>().ok().and_then(|number| desk.world.jobs.get(number));
    found.filter(|one| one.project == project && !one.is_bridge()).ok_or_else(|| Reply::missing(""))
}

fn members<'a>(desk: &'a Desk<'_>, id: &str, pipeline: &str) -> Result<Vec<&'a Job>, Reply> {
    let pipeline = pipelines::find(desk, id, pipeline)?;
    Ok(pipeline.jobs.iter().rev().filter_map(|id| desk.world.jobs.get(*id)).collect())
}

fn scope(desk: &Desk<'_>, rows: &mut Vec<&Job>) -> Result<(), Reply> {
    let names = desk.ask.query.list("scope");
    if names.is_empty() {
        return Ok(());
    }
    let wanted: Option<Vec<Status>> = names.into_iter().map(Status::parse).collect();
    let wanted = wanted.ok_or_else(|| Reply::invalid("scope"))?;
    rows.retain(|job| wanted.contains(&job.status));
    Ok(())
}
