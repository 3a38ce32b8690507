//! Who belongs to a project or a group and until when, and the tokens of projects.

use serde_json::{Value, json};

use super::super::wire::Reply;
use super::commit::forbidden;
use super::paging::{Paging, Totals};
use super::{Answer, Desk, projects, shape};
use crate::sim::clock;

const DAY: i64 = 86_400_000;

/// Memberships that end: where, whose, with which access level, and how many days after the start.
const ENDING: [(&str, &str, u32, i64); 2] =
    [("acme/payments/ledger", "bruno.example", 40, 15), ("acme/infra", "freya.mockup", 40, 8)];

/// The members of a project, with those of the groups above it where `all`.
pub(super) fn of_project(desk: &Desk<'_>, id: &str) -> Answer {
    let path = &desk.project(id)?.path;
    list(desk, path)
}

/// The members of a group.
pub(super) fn of_group(desk: &Desk<'_>, id: &str) -> Answer {
    let path = &projects::find_group(desk, id)?.path;
    list(desk, path)
}

/// A member of a project or of a group above it.
pub(super) fn one(desk: &Desk<'_>, id: &str, user: &str) -> Answer {
    let path = &desk.project(id)?.path;
    let wanted = user.parse::<u64>().ok();
    let place = desk.world.people.iter().position(|who| Some(who.id) == wanted);
    let place = place.filter(|place| desk.world.level_of(*place) > 0);
    let place = place.ok_or_else(|| Reply::missing("Member"))?;
    Ok(Reply::json(200, &member(desk, path, place)))
}

fn list(desk: &Desk<'_>, path: &str) -> Answer {
    let query = desk.ask.query.get("query").unwrap_or_default().to_lowercase();
    desk.ask.query.ignore(&["state", "show_seat_info"]);
    let wanted: Vec<u64> =
        desk.ask.query.list("user_ids").iter().filter_map(|id| id.parse().ok()).collect();
    let rows: Vec<usize> = (0..desk.world.people.len())
        .filter(|place| desk.world.level_of(*place) > 0)
        .filter(|place| {
            desk.world.people.get(*place).is_some_and(|who| {
                who.username.contains(&query) && (wanted.is_empty() || wanted.contains(&who.id))
            })
        })
        .collect();
    Ok(Paging::read(desk)?.cut(desk, &rows, Totals::Shown, |place| member(desk, path, *place)))
}

fn member(desk: &Desk<'_>, path: &str, place: usize) -> Value {
    let login = desk.world.people.get(place).map_or("", |who| who.username);
    let ending = ENDING.iter().find(|(where_to, who, ..)| *where_to == path && *who == login);
    let level = ending.map_or_else(|| desk.world.level_of(place), |(_, _, level, _)| *level);
    let mut member = shape::person(desk, place);
    shape::merge(
        &mut member,
        json!({
            "access_level": level,
            "created_at": "2023-03-01T08:00:00.000Z",
            "created_by": shape::person(desk, 0),
            "expires_at": ending.map(|(.., days)| clock::day(desk.world.start + days * DAY)),
            "membership_state": "active",
        }),
    );
    member
}

/// The access tokens of a project, which a maintainer reads.
pub(super) fn tokens(desk: &Desk<'_>, id: &str) -> Answer {
    let path = desk.project(id)?.path.as_str();
    desk.ask.query.ignore(&["state", "revoked", "search", "sort"]);
    if desk.world.level_of(desk.world.holder.person) < 40 {
        return Err(forbidden(""));
    }
    let start = desk.world.start;
    let rows: &[(u64, &str, i64)] = match path {
        "acme/payments/api" => &[(9102, "release-importer", 12)],
        "acme/platform/pipeline-components" => &[(9101, "policy-bypass", 60)],
        _ => &[],
    };
    let bot = desk.world.place_of("project_17_bot");
    let row = |(number, name, days): &(u64, &str, i64)| {
        json!({
            "id": number,
            "name": name,
            "description": null,
            "revoked": false,
            "active": true,
            "created_at": clock::fine(start - 30 * DAY),
            "last_used_at": clock::fine(start - DAY),
            "expires_at": clock::day(start + days * DAY),
            "scopes": ["api"],
            "user_id": bot.and_then(|place| desk.world.people.get(place)).map(|who| who.id),
            "access_level": 40,
        })
    };
    Ok(Paging::read(desk)?.cut(desk, rows, Totals::Shown, row))
}

/// The access tokens of a group: nobody made one for a group of this platform.
pub(super) fn tokens_of_group(desk: &Desk<'_>, id: &str) -> Answer {
    projects::find_group(desk, id)?;
    desk.ask.query.ignore(&["state", "revoked", "search", "sort"]);
    if desk.world.level_of(desk.world.holder.person) < 40 {
        return Err(forbidden(""));
    }
    Ok(Paging::read(desk)?.cut(desk, &[], Totals::Shown, |row: &serde_json::Value| row.clone()))
}
