//! A few lines to fill in about a campaign: what is to be known before, the lines, and why it was not taken.

use std::borrow::Cow;

use ratatui::layout::{Position, Rect};

use super::frame;
use crate::app::access::Sheet;
use crate::pane::block::{Align, Cell};
use crate::theme::Role;
use crate::view::block::wrap;
use crate::view::canvas::{Canvas, advance, inset, line_of, short};
use crate::view::layout::{centred, from_top};
use crate::view::status::typed;

/// How wide it stands where there is room.
const WIDTH: u16 = 96;
/// Columns of the names of the lines.
const LABEL: u16 = 12;

/// Draws it; says where the terminal's cursor belongs.
pub(super) fn draw(canvas: &mut Canvas<'_>, area: Rect, sheet: &Sheet) -> Option<Position> {
    let width = WIDTH.min(area.width.saturating_sub(2));
    let room = usize::from(width.saturating_sub(4));
    let broken = |words: &str, role| {
        let cell = Cell::new(words, role);
        wrap(&cell, room).into_iter().map(Cow::into_owned).collect::<Vec<Cell>>()
    };
    let told: Vec<Cell> = sheet.told.iter().flat_map(|line| broken(line, Role::Text)).collect();
    let (words, role) = foot(sheet);
    let foot = broken(&words, role);
    let lines = told.len() + usize::from(!told.is_empty()) + sheet.blanks.len() + foot.len() + 3;
    let outer = centred(area, width, short(lines).min(area.height));
    let inner = frame(canvas, outer, &sheet.title);
    let mut rest = inset(inner, 1);
    for line in &told {
        canvas.cell(from_top(&mut rest, 1), line, Align::Left);
    }
    if !told.is_empty() {
        from_top(&mut rest, 1);
    }
    let mut cursor = None;
    for (number, blank) in sheet.blanks.iter().enumerate() {
        let has_keys = number == sheet.focus;
        let mut at = from_top(&mut rest, 1);
        let name = if has_keys { Role::TextStrong } else { Role::FactName };
        canvas.cell(Rect { width: LABEL, ..at }, &Cell::new(blank.name, name), Align::Left);
        advance(&mut at, LABEL);
        at.width = rest.width.saturating_sub(LABEL);
        let text = blank.line.text();
        if text.is_empty() && !has_keys {
            let word = if blank.is_needed { "needed" } else { "may be left empty" };
            canvas.words(at, word, Role::InputPlaceholder);
            continue;
        }
        let drawn = typed(canvas, at, text, if has_keys { blank.line.byte() } else { 0 });
        cursor = cursor.or(has_keys.then_some(drawn));
    }
    from_top(&mut rest, 1);
    for (place, line) in (0..rest.height).zip(&foot) {
        canvas.cell(line_of(rest, place), line, Align::Left);
    }
    cursor
}

/// What was wrong, else what may stand in the line that has the keys.
fn foot(sheet: &Sheet) -> (String, Role) {
    if sheet.is_sent {
        return ("it is being written…".to_owned(), Role::TextDim);
    }
    if let Some(words) = &sheet.refused {
        return (words.clone(), Role::SeverityBad);
    }
    let doc = sheet.blanks.get(sheet.focus).map_or("", |blank| blank.doc.as_str());
    (doc.to_owned(), Role::TextDim)
}
