//! Keeping the table on screen in order: made anew on a worker, mended in place.

use std::sync::atomic::AtomicBool;

use crate::domain::Timestamp;
use crate::pane::listing::Listing;
use crate::state::{Changes, Review, State};

use super::{App, Effect, ListRequest};

/// Up to this many rows are put in order at once: it takes less than handing them over.
const AT_ONCE: usize = 1_500;

/// Asks for the table on screen anew.
pub(super) fn relist(app: &mut App, now: Timestamp) -> Vec<Effect> {
    let question = app.ui.table_mut().question();
    if size(app.shown(), question.lens.name()) <= AT_ONCE {
        let listing = Listing::build(&app.cx(now), &question, &AtomicBool::new(false));
        let table = app.ui.table_mut();
        table.awaited = None;
        if let Some(listing) = listing {
            table.take(listing);
        }
        return Vec::new();
    }
    app.ui.tickets += 1;
    let ticket = app.ui.tickets;
    let table = app.ui.table_mut();
    table.awaited = Some(ticket);
    table.missed = Changes::default();
    let state = app.shown().clone();
    let at = app.ui.paused.as_ref().map(|paused| paused.at);
    vec![Effect::List(Box::new(ListRequest { ticket, question, state, at }))]
}

/// How many rows a lens has at the most.
fn size(state: &State, lens: &str) -> usize {
    match lens {
        "jobs" => state.jobs().len(),
        "pipelines" => state.pipelines().len(),
        "projects" => state.projects().len(),
        "pods" => state.pods().len(),
        "nodes" => state.nodes().len(),
        "nodegroups" => state.nodegroups().len(),
        "runners" => state.runners().len(),
        "slos" => state.slos().len(),
        "alerts" => state.alerts().len(),
        "silences" => state.silences().len(),
        "audit" => state.deeds().len(),
        "drift" => state.drifts().len(),
        "looks" => state.sightings().len(),
        "principals" => state.picture().map_or(0, |picture| picture.holders().len()),
        "resources" => state.picture().map_or(0, |picture| picture.held().len()),
        "grants" => state.picture().map_or(0, |picture| picture.population().grants.len()),
        "access_findings" => state.picture().map_or(0, |one| one.report().findings.len()),
        "review" => state.review().map_or(0, Review::len),
        _ => 0,
    }
}

/// An answer has come: taken, unless another is waited for by now, and mended by what changed meanwhile.
pub(super) fn listed(app: &mut App, ticket: u64, listing: Listing, now: Timestamp) -> Vec<Effect> {
    let Some(table) = app.ui.tables.values_mut().find(|table| table.awaited == Some(ticket)) else {
        return Vec::new();
    };
    table.awaited = None;
    table.take(listing);
    let missed = std::mem::take(&mut table.missed);
    if missed.is_empty() || app.ui.table().is_none_or(|shown| shown.awaited.is_some()) {
        return Vec::new();
    }
    mend(app, &missed, now)
}

/// Rows have changed: the table on screen is mended, or asked for anew where too much is different.
pub(super) fn mend(app: &mut App, changes: &Changes, now: Timestamp) -> Vec<Effect> {
    if app.ui.paused.is_some() {
        return Vec::new();
    }
    let key = app.ui.place().table_key();
    let Some(mut table) = app.ui.tables.remove(&key) else { return Vec::new() };
    if table.awaited.is_some() {
        // The worker has an older picture: what changed since is mended when its answer is there.
        table.missed.merge(changes.clone());
        app.ui.tables.insert(key, table);
        return Vec::new();
    }
    let question = table.question();
    let is_mended = table.listing.mend(&app.cx(now), &question, changes);
    if is_mended {
        match (&question.scope, size(&app.state, question.lens.name())) {
            (Some(_), _) => table.listing.recount(question.subjects(&app.cx(now)).count()),
            (None, 0) => (),
            (None, total) => table.listing.recount(total),
        }
    }
    table.find_cursor();
    app.ui.tables.insert(key, table);
    if is_mended { Vec::new() } else { relist(app, now) }
}
