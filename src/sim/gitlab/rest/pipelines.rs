//! Pipelines of a project.

use super::super::wire::Reply;
use super::paging::{Paging, Totals};
use super::{Answer, Desk, shape};
use crate::sim::clock;
use crate::sim::world::{Pipeline, Status};

/// A parameter that bounds an instant.
type Bound = (&'static str, fn(&Pipeline, i64) -> bool);

/// The pipelines of a project, newest first unless asked otherwise.
pub(super) fn of_project(desk: &Desk<'_>, id: &str) -> Answer {
    let project = desk.project(id)?;
    let known = |id: &u64| desk.world.pipelines.get(*id);
    let mut rows: Vec<&Pipeline> = project.pipelines.iter().filter_map(known).collect();
    filter(desk, &mut rows)?;
    order(desk, &mut rows)?;
    let row = |pipeline: &&Pipeline| shape::pipeline_basic(desk, pipeline);
    Ok(Paging::read(desk)?.cut(desk, &rows, Totals::Shown, row))
}

/// One pipeline.
pub(super) fn one(desk: &Desk<'_>, id: &str, pipeline: &str) -> Answer {
    Ok(Reply::json(200, &shape::pipeline_full(desk, find(desk, id, pipeline)?)))
}

/// The pipeline with this id in this project.
pub(super) fn find<'a>(
    desk: &'a Desk<'_>,
    id: &str,
    pipeline: &str,
) -> Result<&'a Pipeline, Reply> {
    let project = desk.project(id)?.id;
    let found = pipeline.parse::<u64>().ok().and_then(|number| desk.world.pipelines.get(number));
    found.filter(|one| one.project == project).ok_or_else(|| Reply::missing(""))
}

fn filter(desk: &Desk<'_>, rows: &mut Vec<&Pipeline>) -> Result<(), Reply> {
    let query = &desk.ask.query;
    if let Some(status) = query.get("status") {
        let status = Status::parse(status).ok_or_else(|| Reply::invalid("status"))?;
        rows.retain(|row| row.status == status);
    }
    match query.get("scope") {
        None => {}
        Some("running") => rows.retain(|row| row.status == Status::Running),
        Some("pending") => rows.retain(|row| row.status == Status::Pending),
        Some("finished") => rows.retain(|row| row.status.is_over()),
        Some("branches") => rows.retain(|row| !row.tag),
        Some("tags") => rows.retain(|row| row.tag),
        Some(_) => return Err(Reply::invalid("scope")),
    }
    if let Some(name) = query.get("ref") {
        rows.retain(|row| &*row.reference == name);
    }
    if let Some(sha) = query.get("sha") {
        rows.retain(|row| &*row.sha == sha);
    }
    if let Some(source) = query.get("source") {
        rows.retain(|row| row.source == source);
    } else {
        // Without a source GitLab leaves child pipelines out.
        rows.retain(|row| row.source != "parent_pipeline");
    }
    let bounds: [Bound; 4] = [
        ("updated_after", |row, at| row.updated > at),
        ("updated_before", |row, at| row.updated < at),
        ("created_after", |row, at| row.created > at),
        ("created_before", |row, at| row.created < at),
    ];
    for (name, keep) in bounds {
        if let Some(text) = query.get(name) {
            let at = clock::parse(text).ok_or_else(|| Reply::invalid(name))?;
            rows.retain(|row| keep(row, at));
        }
    }
    Ok(())
}

fn order(desk: &Desk<'_>, rows: &mut [&Pipeline]) -> Result<(), Reply> {
    match desk.ask.query.get("order_by").unwrap_or("id") {
        "id" => {}
        "updated_at" => rows.sort_by_key(|row| row.updated),
        "status" => rows.sort_by_key(|row| row.status.word()),
        "ref" => rows.sort_by(|a, b| a.reference.cmp(&b.reference)),
        "user_id" => rows.sort_by_key(|row| row.person),
        _ => return Err(Reply::invalid("order_by")),
    }
    match desk.ask.query.get("sort").unwrap_or("desc") {
        "asc" => {}
        "desc" => rows.reverse(),
        _ => return Err(Reply::invalid("sort")),
    }
    Ok(())
}
