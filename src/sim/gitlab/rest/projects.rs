//! Groups, projects and their protected branches.

use serde_json::json;

use super::super::wire::Reply;
use super::paging::{self, Paging, Totals};
use super::{Answer, Desk, shape};
use crate::sim::clock;
use crate::sim::world::{Group, Project};

/// Parameters of lists of projects that change nothing here.
const IDLE: [&str; 6] = [
    "statistics",
    "with_custom_attributes",
    "membership",
    "with_shared",
    "min_access_level",
    "license",
];

/// One group.
pub(super) fn group(desk: &Desk<'_>, id: &str) -> Answer {
    desk.ask.query.ignore(&["with_projects", "with_custom_attributes"]);
    Ok(Reply::json(200, &shape::group(desk, find_group(desk, id)?)))
}

/// The projects of a group.
pub(super) fn of_group(desk: &Desk<'_>, id: &str) -> Answer {
    let group = find_group(desk, id)?;
    let below = format!("{}/", group.path);
    let deep = desk.ask.query.is_on("include_subgroups");
    let wanted = |project: &&Project| {
        project.group == group.id || (deep && project.path.starts_with(&below))
    };
    list(desk, desk.world.projects.values().filter(wanted).collect())
}

/// Every project that the token sees.
pub(super) fn all(desk: &Desk<'_>) -> Answer {
    list(desk, desk.world.projects.values().collect())
}

/// One project.
pub(super) fn one(desk: &Desk<'_>, id: &str) -> Answer {
    desk.ask.query.ignore(&IDLE);
    Ok(Reply::json(200, &shape::project_full(desk, desk.project(id)?)))
}

/// Every group that the token sees.
pub(super) fn groups(desk: &Desk<'_>) -> Answer {
    let query = &desk.ask.query;
    query.ignore(&["all_available", "owned", "min_access_level", "order_by", "sort", "statistics"]);
    let search = query.get("search").unwrap_or_default();
    let top = query.is_on("top_level_only");
    let is_meant = |one: &&Group| one.path.contains(search) && !(top && one.parent.is_some());
    let rows: Vec<&Group> = desk.world.groups.values().filter(is_meant).collect();
    Ok(Paging::read(desk)?.cut(desk, &rows, Totals::Shown, |one| shape::group(desk, one)))
}

pub(super) fn find_group<'a>(desk: &'a Desk<'_>, id: &str) -> Result<&'a Group, Reply> {
    let found = match id.parse::<u64>() {
        Ok(number) => desk.world.groups.get(&number),
        Err(_) => desk.world.group_at(id),
    };
    found.ok_or_else(|| Reply::missing("Group"))
}

fn list(desk: &Desk<'_>, mut rows: Vec<&Project>) -> Answer {
    let query = &desk.ask.query;
    query.ignore(&IDLE);
    match query.get("archived") {
        None => {}
        Some("true") => rows.retain(|project| project.archived),
        Some("false") => rows.retain(|project| !project.archived),
        Some(_) => return Err(Reply::invalid("archived")),
    }
    if let Some(search) = query.get("search") {
        let search = search.to_lowercase();
        rows.retain(|one| {
            one.path.to_lowercase().contains(&search) || one.name.to_lowercase().contains(&search)
        });
    }
    if let Some(after) = query.get("last_activity_after") {
        let after = clock::parse(after).ok_or_else(|| Reply::invalid("last_activity_after"))?;
        rows.retain(|project| project.active > after);
    }
    match query.get("order_by").unwrap_or("created_at") {
        "id" | "created_at" => {}
        "name" => rows.sort_by(|a, b| a.name.cmp(&b.name)),
        "path" => rows.sort_by(|a, b| a.path.cmp(&b.path)),
        "last_activity_at" | "updated_at" => rows.sort_by_key(|project| project.active),
        _ => return Err(Reply::invalid("order_by")),
    }
    let rising = match query.get("sort").unwrap_or("desc") {
        "asc" => true,
        "desc" => false,
        _ => return Err(Reply::invalid("sort")),
    };
    if !rising {
        rows.reverse();
    }
    let simple = query.is_on("simple");
    let row = |project: &&Project| {
        if simple {
            shape::project_basic(desk, project)
        } else {
            shape::project_full(desk, project)
        }
    };
    if !paging::is_keyset(desk)? {
        return Ok(Paging::read(desk)?.cut(desk, &rows, Totals::Shown, row));
    }
    if query.get("order_by") != Some("id") {
        return Err(Reply::json(
            405,
            &json!({"error": "Keyset pagination is not yet available for this type of request"}),
        ));
    }
    let (name, key) = if rising {
        ("id_after", query.get("id_after"))
    } else {
        ("id_before", query.get("id_before"))
    };
    if let Some(key) = key {
        let key: u64 = key.parse().map_err(|_| Reply::invalid(name))?;
        rows.retain(|project| if rising { project.id > key } else { project.id < key });
    }
    paging::keyset(desk, &rows, |project| (name, project.id.to_string()), row)
}
