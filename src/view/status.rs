//! The line above the keys: what is typed and what is wrong with it, a message, the filter in force.

use ratatui::layout::{Position, Rect};

use super::canvas::{Canvas, advance, short};
use super::fit::{columns, skip};
use super::table::GUTTER;
use super::views::grouped;
use crate::app::App;
use crate::app::input::Line;
use crate::app::log::Hits;
use crate::app::modal::{FilterLine, Modal};
use crate::app::notice::Tone;
use crate::app::place::Focus;
use crate::domain::Timestamp;
use crate::pane::block::Mark;
use crate::theme::Role;

/// Draws the line above the keys; says where the terminal's cursor belongs, if text is typed there.
pub fn draw(canvas: &mut Canvas<'_>, area: Rect, app: &App, now: Timestamp) -> Option<Position> {
    let mut rest = area;
    advance(&mut rest, GUTTER);
    rest.width = rest.width.saturating_sub(GUTTER);
    match app.ui.modals.last() {
        Some(Modal::Filter(filter)) => {
            let kept = app.ui.table().map_or("", |table| table.filter.as_str());
            return Some(filter_line(canvas, rest, filter, kept));
        }
        Some(Modal::Search(line)) => {
            canvas.put(&mut rest, "/ ", Role::Accent);
            let cursor = typed(canvas, rest, line.text(), line.byte());
            selection(canvas, rest, line);
            return Some(cursor);
        }
        Some(
            Modal::Palette(_)
            | Modal::Help(_)
            | Modal::Picker(_)
            | Modal::Arm
            | Modal::Form(_)
            | Modal::Sheet(_)
            | Modal::Confirm(_)
            | Modal::Why(_)
            | Modal::Timeline(_),
        )
        | None => {}
    }
    if let Some(notice) = app.ui.notices.current(now) {
        let (mark, role) = match notice.tone {
            Tone::Good => (Mark::Fine, Role::SeverityOk),
            Tone::Bad | Tone::Here => (Mark::Warning, Role::NoticeWarning),
        };
        canvas.put(&mut rest, canvas.look.glyphs.mark(mark), role);
        advance(&mut rest, 1);
        canvas.words(rest, &notice.words, Role::Text);
        return None;
    }
    standing(canvas, rest, app);
    None
}

/// The filter that is in force, or the words that are looked for in a log.
fn standing(canvas: &mut Canvas<'_>, mut rest: Rect, app: &App) {
    let words = match &app.ui.place().focus {
        Focus::Table => app.ui.table().map(|table| table.filter.as_str()),
        Focus::Log(_) => app.ui.log.as_ref().map(|log| log.needle.as_str()),
        Focus::Detail(_) => None,
    };
    if let Some(words) = words.filter(|words| !words.is_empty()) {
        canvas.put(&mut rest, "/ ", Role::Accent);
        canvas.put(&mut rest, words, Role::Input);
        if let (Focus::Log(_), Some(log)) = (&app.ui.place().focus, &app.ui.log) {
            advance(&mut rest, 3);
            canvas.words(rest, &found(log.hits), Role::TextDim);
        }
    }
}

/// Which of how many lines was found.
fn found(hits: Hits) -> String {
    match hits {
        Hits { lines: 0, .. } => "not in this log".to_owned(),
        Hits { place: 0, lines: 1 } => "in 1 line".to_owned(),
        Hits { place: 0, lines } => format!("in {} lines", grouped(lines)),
        Hits { place, lines } => format!("{} of {}", grouped(place), grouped(lines)),
    }
}

/// Shows that the whole of a typed text is selected.
fn selection(canvas: &mut Canvas<'_>, room: Rect, line: &Line) {
    if line.is_selected() {
        let width = short(columns(line.text())).min(room.width);
        canvas.overlay(Rect { width, ..room }, Role::PopupSelection);
    }
}

/// The filter while it is typed; what is wrong with it stands behind, with the filter that is kept until it is right.
fn filter_line(canvas: &mut Canvas<'_>, area: Rect, filter: &FilterLine, kept: &str) -> Position {
    let mut rest = area;
    canvas.put(&mut rest, "/ ", Role::Accent);
    let (text, byte) = (filter.line.text(), filter.line.byte());
    if text.is_empty() {
        let words = "words, or terms such as status:pending age>10m !ref:main";
        canvas.words(
            Rect { x: rest.x.saturating_add(1), width: rest.width.saturating_sub(1), ..rest },
            words,
            Role::InputPlaceholder,
        );
        return Position::new(rest.x, rest.y);
    }
    let (fault, mark, role) = match (&filter.fault, &filter.doubt) {
        (Some(fault), _) => (fault, Mark::Bad, Role::InputError),
        (None, Some(doubt)) => (doubt, Mark::Warning, Role::NoticeWarning),
        (None, None) => {
            let cursor = typed(canvas, rest, text, byte);
            selection(canvas, rest, &filter.line);
            return cursor;
        }
    };
    let said = match (&filter.fault, kept) {
        (None, _) => format!("{}: {}", fault.message, fault.hint),
        (Some(_), "") => format!("{}; every row is shown; {}", fault.message, fault.hint),
        (Some(_), kept) => {
            format!("{}; the rows are still those of {kept}; {}", fault.message, fault.hint)
        }
    };
    let needed = short(columns(&said)) + 4;
    let width = short(columns(text) + 2).min(rest.width.saturating_sub(needed).max(rest.width / 3));
    let line = Rect { width, ..rest };
    let cursor = typed(canvas, line, text, byte);
    let gone = scrolled(line, text, byte);
    let before = |at: usize| short(columns(text.get(..at).unwrap_or(text)));
    let from = before(fault.at.start).saturating_sub(gone);
    let to = before(fault.at.end).saturating_sub(gone).min(line.width);
    let meant = Rect { x: line.x.saturating_add(from), width: to.saturating_sub(from), ..line };
    canvas.overlay(meant, role);
    let mut words = Rect { x: line.right(), width: rest.width - line.width, ..rest };
    advance(&mut words, 1);
    canvas.put(&mut words, canvas.look.glyphs.mark(mark), role);
    advance(&mut words, 1);
    canvas.words(words, &said, role);
    cursor
}

/// Columns of a typed text that are scrolled away, so that the cursor is in sight.
fn scrolled(room: Rect, text: &str, byte: usize) -> u16 {
    let before = short(columns(text.get(..byte).unwrap_or(text)));
    before.saturating_sub(room.width.saturating_sub(2))
}

/// Draws a text that is typed; says where its cursor stands.
pub(super) fn typed(canvas: &mut Canvas<'_>, room: Rect, text: &str, byte: usize) -> Position {
    let gone = scrolled(room, text, byte);
    canvas.words(room, skip(text, usize::from(gone)), Role::Input);
    let before = short(columns(text.get(..byte).unwrap_or(text)));
    Position::new(room.x.saturating_add(before - gone), room.y)
}

/// Draws what may stand at the cursor of the filter, above its line.
pub fn completion(canvas: &mut Canvas<'_>, above: Rect, filter: &FilterLine) {
    let choices = &filter.completion.choices;
    let height = short(choices.len()).min(above.height);
    if height == 0 || filter.fault.is_some() && choices.is_empty() {
        return;
    }
    let name = choices.iter().map(|(name, _)| columns(name)).max().unwrap_or(0);
    let doc = choices.iter().map(|(_, doc)| columns(doc)).max().unwrap_or(0);
    let gap = if doc > 0 { 2 } else { 0 };
    let width = short(name + gap + doc + 2).min(above.width);
    let text = filter.line.text();
    let start = short(columns(text.get(..filter.completion.at.start).unwrap_or(text)));
    let x = (above.x + GUTTER + 1).saturating_add(start).min(above.right().saturating_sub(width));
    let area = Rect { x, y: above.bottom() - height, width, height };
    canvas.clear(area, Role::Popup);
    for (place, (choice, doc)) in choices.iter().take(usize::from(height)).enumerate() {
        let line = Rect { y: area.y + short(place), height: 1, ..area };
        if filter.chosen == Some(place) || (filter.chosen.is_none() && place == 0) {
            canvas.overlay(line, Role::PopupSelection);
        }
        let mut rest = line;
        advance(&mut rest, 1);
        canvas.words(Rect { width: rest.width.min(short(name)), ..rest }, choice, Role::Text);
        advance(&mut rest, short(name + gap));
        canvas.words(rest, doc, Role::TextDim);
    }
}
