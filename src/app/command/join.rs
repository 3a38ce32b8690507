//! Commands that follow the join: from a job to its pod, from a pod to its job, its node, its node group.

use super::navigate::{arrive, target};
use super::{Command, Disabled, no_arguments};
use crate::app::notice::Notice;
use crate::app::place::{Focus, Place};
use crate::app::{App, Effect};
use crate::domain::Timestamp;
use crate::pane::links::{Kind, Link, link, other_end};

/// The commands.
#[rustfmt::skip] // One command a block: they are read as a table.
pub(super) static ALL: &[Command] = &[
    Command { name: "join", scope: "global", doc: "go to the other end: from a job to its pod, from a pod to its job or node",
        arguments: no_arguments, enabled: |app| joined(app).map(|_| ()), run: |app, _, now| join(app, now) },
    Command { name: "go", scope: "global", doc: "go to what is joined to this row",
        arguments: |_| Kind::ALL.iter().map(|kind| kind.as_str().to_owned()).collect(),
        enabled: |app| if target(app).is_some() { Ok(()) } else { Disabled::because("no row is under the cursor") },
        run: go },
];

/// The first link to the other end that there is.
pub(super) fn joined(app: &App) -> Result<Link, Disabled> {
    let Some(from) = target(app) else { return Disabled::because("no row is under the cursor") };
    let links = other_end(&from).iter().filter_map(|kind| link(app.shown(), &from, *kind));
    let Some(link) = links.into_iter().next() else {
        return Disabled::because("nothing that is believed is joined to this row");
    };
    Ok(link)
}

/// Follows the link to the other end.
pub(super) fn join(app: &mut App, now: Timestamp) -> Vec<Effect> {
    match joined(app) {
        Ok(link) => follow(app, &link, now),
        Err(_) => Vec::new(),
    }
}

fn go(app: &mut App, word: &str, now: Timestamp) -> Vec<Effect> {
    let Some(kind) = Kind::named(word) else {
        let known = Kind::ALL.map(Kind::as_str).join(", ");
        app.ui.notices.show(Notice::bad(format!("go where? One of {known}")), now);
        return Vec::new();
    };
    let Some(link) = target(app).and_then(|from| link(app.shown(), &from, kind)) else {
        app.ui.notices.show(Notice::here(format!("no {word} is known to belong to this row")), now);
        return Vec::new();
    };
    follow(app, &link, now)
}

fn follow(app: &mut App, link: &Link, now: Timestamp) -> Vec<Effect> {
    let Some((pane, lens)) = link.place() else { return Vec::new() };
    // Who went in comes back to the same row.
    if app.ui.place().focus == Focus::Table {
        app.ui.table_mut().is_placed = true;
    }
    let place = match link.clone() {
        Link::One(id) => Place { pane, lens, scope: None, focus: Focus::Detail(id) },
        Link::Several(_, scope) => Place { pane, lens, scope: Some(scope), focus: Focus::Table },
    };
    app.ui.journey.enter(place);
    arrive(app, now)
}
