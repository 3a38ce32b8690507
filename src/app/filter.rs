//! What typing in a line changes: the filter as one goes, the palette's choices.

use crate::domain::Timestamp;
use crate::pane::lens::Field;
use crate::pane::query::{self, Query};

use super::command::palette;
use super::modal::{FilterLine, Modal};
use super::{App, Effect, act, list};

/// Something was typed in the uppermost line.
pub(super) fn typed(app: &mut App, now: Timestamp) -> Vec<Effect> {
    match app.ui.modals.last_mut() {
        Some(Modal::Filter(_)) => filter_typed(app, now),
        Some(Modal::Palette(_)) => {
            palette::typed(app);
            Vec::new()
        }
        Some(Modal::Confirm(confirm)) => {
            confirm.told = None;
            // Sizes and ends are weighed as they are typed; nothing else that is typed can be refused by what was seen.
            let is_weighed =
                ["desired", "until"].iter().any(|name| confirm.act.settings.contains(name));
            if is_weighed { act::weigh(confirm) } else { Vec::new() }
        }
        Some(Modal::Form(_)) => act::form::typed(app, now),
        Some(
            Modal::Search(_)
            | Modal::Help(_)
            | Modal::Picker(_)
            | Modal::Arm
            | Modal::Sheet(_)
            | Modal::Why(_)
            | Modal::Timeline(_),
        )
        | None => Vec::new(),
    }
}

/// Opens the filter line with the filter in force.
pub(super) fn open(app: &mut App) {
    let text = app.ui.table_mut().filter.clone();
    let mut line = FilterLine {
        line: super::input::Line::selected(&text),
        fault: None,
        doubt: None,
        completion: query::Completion::default(),
        chosen: None,
        before: text,
        recalled: None,
    };
    complete(app, &mut line);
    app.ui.modals.push(Modal::Filter(line));
}

/// Puts a text into the filter line, as if it were typed.
pub(super) fn put(app: &mut App, text: &str, now: Timestamp) -> Vec<Effect> {
    if let Some(Modal::Filter(filter)) = app.ui.modals.last_mut() {
        filter.line = super::input::Line::new(text);
    }
    filter_typed(app, now)
}

/// Reads the line; a good filter is in force at once. Beside a bad one the last that was completed is: the whole terms
/// before the fault, else the filter as it was before.
fn filter_typed(app: &mut App, now: Timestamp) -> Vec<Effect> {
    let Some(Modal::Filter(mut filter)) = app.ui.modals.pop() else { return Vec::new() };
    let lens = app.ui.place().lens;
    filter.doubt = None;
    let effects = match query::parse(filter.line.text(), lens.fields()) {
        Ok(query) => {
            filter.fault = None;
            let doubts = query::doubts(filter.line.text(), lens.fields(), app.shown());
            filter.doubt = doubts.into_iter().next().map(|doubt| doubt.fault);
            let text = filter.line.text().to_owned();
            set(app, text, query, now)
        }
        Err(fault) => {
            let (text, query) = completed(&filter, fault.at.start, lens.fields());
            filter.fault = Some(fault);
            set(app, text, query, now)
        }
    };
    filter.chosen = None;
    complete(app, &mut filter);
    app.ui.modals.push(Modal::Filter(filter));
    effects
}

/// The last filter that was completed, though a fault begins at this byte of the line.
fn completed(filter: &FilterLine, fault: usize, fields: &[Field]) -> (String, Query) {
    let text = filter.line.text();
    let head = text.get(..fault).unwrap_or_default();
    // A term may begin before its fault.
    let whole = head.rfind(char::is_whitespace).and_then(|at| head.get(..at)).unwrap_or_default();
    let mut candidates = [whole.trim(), filter.before.as_str()].into_iter();
    let read = |text: &str| Some((text.to_owned(), query::parse(text, fields).ok()?));
    candidates.find_map(|text| if text.is_empty() { None } else { read(text) }).unwrap_or_default()
}

/// Puts a filter in force.
pub(super) fn set(app: &mut App, text: String, query: Query, now: Timestamp) -> Vec<Effect> {
    let table = app.ui.table_mut();
    table.filter = text;
    if table.query == query {
        return Vec::new();
    }
    table.query = query;
    list::relist(app, now)
}

fn complete(app: &App, filter: &mut FilterLine) {
    let fields = app.ui.place().lens.fields();
    let line = &filter.line;
    filter.completion = query::complete(line.text(), line.byte(), fields, app.shown());
}

/// Puts the next, or the first, choice of the completion into the line.
pub(super) fn take_completion(app: &mut App, now: Timestamp) -> Vec<Effect> {
    let Some(Modal::Filter(filter)) = app.ui.modals.last_mut() else { return Vec::new() };
    let choice = filter.completion.choices.get(filter.chosen.unwrap_or(0));
    let Some((choice, _)) = choice.cloned() else { return Vec::new() };
    let at = filter.completion.at.clone();
    let text = filter.line.text();
    let (Some(head), Some(tail)) = (text.get(..at.start), text.get(at.end..)) else {
        return Vec::new();
    };
    let text = format!("{head}{choice}{tail}");
    put(app, &text, now)
}

/// Goes through the recalled filters: 1 to an older one, -1 to a younger one.
pub(super) fn recall(app: &mut App, step: isize, now: Timestamp) -> Vec<Effect> {
    let name = app.ui.place().lens.name();
    let Some(Modal::Filter(filter)) = app.ui.modals.last_mut() else { return Vec::new() };
    let recent = app.ui.memory.filters.get(name);
    let next = match (filter.recalled, step) {
        (None, 1..) => Some(0),
        (None, _) => None,
        (Some(place), _) => place.checked_add_signed(step),
    };
    let text = match next {
        Some(place) => recent.and_then(|recent| recent.get(place)).cloned(),
        None => Some(filter.before.clone()),
    };
    let Some(text) = text else { return Vec::new() };
    filter.recalled = next;
    let recalled = next;
    let effects = put(app, &text, now);
    if let Some(Modal::Filter(filter)) = app.ui.modals.last_mut() {
        filter.recalled = recalled;
    }
    effects
}
