//! The mouse: the wheel moves, a click chooses.

use crate::domain::Timestamp;

use super::command;
use super::place::Focus;
use super::{App, Effect, Mouse, MouseKind};

/// How many rows a notch of the wheel moves.
const NOTCH: isize = 3;

/// The mouse did something. Over a modal it does nothing: what lies under it is not meant.
pub(super) fn act(app: &mut App, mouse: Mouse, now: Timestamp) -> Vec<Effect> {
    if !app.ui.modals.is_empty() {
        return Vec::new();
    }
    match mouse.kind {
        MouseKind::WheelUp => wheel(app, mouse, -NOTCH),
        MouseKind::WheelDown => wheel(app, mouse, NOTCH),
        MouseKind::Click => click(app, mouse, now),
    }
}

/// The wheel moves what it is over: the table's cursor, or the detail beside it.
fn wheel(app: &mut App, mouse: Mouse, rows: isize) -> Vec<Effect> {
    let window = app.ui.drawn.log;
    let is_over_detail = app.ui.drawn.detail.is_some_and(|[left, top, right, bottom]| {
        (left..right).contains(&mouse.column) && (top..bottom).contains(&mouse.row)
    });
    match app.ui.place().focus {
        Focus::Table if !is_over_detail => {
            app.ui.table_mut().step(rows);
            app.ui.detail.top = 0;
        }
        Focus::Table | Focus::Detail(_) => {
            let last = app.ui.drawn.detail_last;
            app.ui.detail.top = app.ui.detail.top.saturating_add_signed(rows).min(last);
        }
        Focus::Log(_) => {
            if let Some(log) = &mut app.ui.log {
                log.step(rows, window);
            }
        }
    }
    Vec::new()
}

fn click(app: &mut App, mouse: Mouse, now: Timestamp) -> Vec<Effect> {
    if mouse.row == 0 {
        let tab =
            app.ui.drawn.tabs.iter().find(|(from, to, _)| (*from..*to).contains(&mouse.column));
        let line = tab.map(|(_, _, name)| format!("pane {name}"));
        return line.map_or_else(Vec::new, |line| command::run(app, &line, now));
    }
    if let Some(line) = line_at(app, mouse) {
        return command::run(app, &line, now);
    }
    let Some(drawn) = app.ui.drawn.table else { return Vec::new() };
    let Some(offset) = mouse.row.checked_sub(drawn.line).map(usize::from) else {
        return Vec::new();
    };
    let place = drawn.top + offset;
    let table = app.ui.table_mut();
    if offset >= drawn.rows || mouse.column >= drawn.right || place >= table.listing.len() {
        return Vec::new();
    }
    if table.place == place && table.cursor.is_some() {
        return command::run(app, "enter", now);
    }
    table.go_to(place);
    Vec::new()
}

/// The command line of the words under a click: a kind of rows, a column's title, a key of the moment.
fn line_at(app: &App, mouse: Mouse) -> Option<String> {
    let drawn = &app.ui.drawn;
    let (column, line) = (mouse.column, mouse.row);
    if let Some(view) = drawn.views.at(column, line) {
        return Some(format!("view {view}"));
    }
    if let Some(name) = drawn.titles.at(column, line) {
        let is_sorted = app.ui.table().is_some_and(|table| table.sort == name);
        return Some(if is_sorted {
            "list.sort_reverse".to_owned()
        } else {
            format!("list.sort {name}")
        });
    }
    drawn.hints.at(column, line).map(str::to_owned)
}
