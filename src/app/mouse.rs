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
        MouseKind::WheelUp => wheel(app, -NOTCH, now),
        MouseKind::WheelDown => wheel(app, NOTCH, now),
        MouseKind::Click => click(app, mouse, now),
    }
}

fn wheel(app: &mut App, rows: isize, _: Timestamp) -> Vec<Effect> {
    let window = app.ui.drawn.log;
    match app.ui.place().focus {
        Focus::Table => app.ui.table_mut().step(rows),
        Focus::Detail(_) => app.ui.detail.top = app.ui.detail.top.saturating_add_signed(rows),
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
