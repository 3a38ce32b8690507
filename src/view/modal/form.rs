//! The form of a new exception: its lines, what may stand in the one that is typed, and what is still wrong.

use std::borrow::Cow;

use ratatui::layout::{Position, Rect};

use super::ask::key_of;
use super::{first_shown, frame};
use crate::app::App;
use crate::app::act::form::{Form, FormField};
use crate::domain::{Flaw, FlawSeverity};
use crate::pane::block::{Align, Cell, Mark};
use crate::theme::Role;
use crate::view::block::wrap;
use crate::view::canvas::{Canvas, advance, inset, line_of, short};
use crate::view::layout::{centred, from_bottom, from_top};
use crate::view::status::typed;
use crate::view::table::scrollbar;

/// How wide it stands where there is room.
const WIDTH: u16 = 116;
/// Columns of the names of the lines, with the mark before them.
const LABEL: usize = 17;

/// Draws the form; says where the terminal's cursor belongs.
pub(super) fn draw(
    canvas: &mut Canvas<'_>,
    area: Rect,
    app: &App,
    form: &Form,
) -> Option<Position> {
    let area = Rect { y: area.y.saturating_add(1), height: area.height.saturating_sub(1), ..area };
    let width = WIDTH.min(area.width.saturating_sub(2));
    let room = usize::from(width.saturating_sub(4));
    let is_roomy = area.height >= 32;
    let foot = foot(app, form, (room, if is_roomy { 6 } else { 2 }));
    let lines = form.fields.len() + 1;
    let height = short(lines + foot.len() + 3).min(area.height.saturating_sub(1));
    let outer = centred(area, width, height);
    let inner = frame(canvas, outer, "ask for an exception");
    let mut rest = inset(inner, 1);
    let head = from_top(&mut rest, 1);
    canvas.cell(head, &asker(form), Align::Left);
    let below = from_bottom(&mut rest, short(foot.len()));
    for (place, line) in (0..below.height).zip(&foot) {
        canvas.cell(line_of(below, place), line, Align::Left);
    }
    let shown = usize::from(rest.height);
    let first = first_shown(form.focus, lines, shown);
    let mut cursor = None;
    for (place, number) in (0..rest.height).zip(first..lines) {
        let at = line_of(rest, place);
        let Some(field) = form.fields.get(number) else {
            canvas.cell(at, &question(form), Align::Left);
            continue;
        };
        let has_keys = number == form.focus;
        let drawn = line(canvas, at, (form, field, has_keys));
        cursor = cursor.or(drawn);
    }
    scrollbar(canvas, Rect { y: rest.y, height: rest.height, ..inner }, first, lines);
    cursor
}

/// Who asks, and where.
fn asker(form: &Form) -> Cell {
    let who = Cell::dim("asked for by ");
    let who = match &form.requester {
        Some(user) => who.and(user.to_string(), Role::Text),
        None => who.and("whoever the token belongs to", Role::SeverityUnknown),
    };
    who.and(format!("   in {}", form.project), Role::TextDim)
}

/// One line; says where the cursor belongs, where it has the keys.
fn line(
    canvas: &mut Canvas<'_>,
    at: Rect,
    (form, field, has_keys): (&Form, &FormField, bool),
) -> Option<Position> {
    let text = field.line.text();
    let worst = worst(form, field);
    let (mark, role) = match worst {
        Some(FlawSeverity::Error) => (Some(Mark::Bad), Role::SeverityBad),
        Some(FlawSeverity::Warning) => (Some(Mark::Warning), Role::SeverityWarning),
        _ => (None, Role::TextDim),
    };
    let cell = match mark {
        Some(mark) => Cell::mark(mark, role).and(" ", role),
        None => Cell::dim("  "),
    };
    let name = if has_keys { Role::TextStrong } else { Role::FactName };
    canvas.cell(at, &cell.and(field.key.name, name), Align::Left);
    let mut room = at;
    advance(&mut room, short(LABEL));
    room.width = at.width.saturating_sub(short(LABEL));
    if text.is_empty() && !has_keys {
        if is_needed(form, field) {
            canvas.words(room, "needed", Role::InputPlaceholder);
        }
        return None;
    }
    let drawn = typed(canvas, room, text, if has_keys { field.line.byte() } else { 0 });
    has_keys.then_some(drawn)
}

fn of<'f>(form: &'f Form, field: &FormField) -> impl Iterator<Item = &'f Flaw> {
    let name = field.key.name;
    form.judged.flaws.iter().filter(move |(of, _)| *of == Some(name)).map(|(_, flaw)| flaw)
}

fn is_needed(form: &Form, field: &FormField) -> bool {
    of(form, field).any(|flaw| flaw.severity == FlawSeverity::Error)
}

/// The gravest that is wrong with what is typed; that nothing is typed yet is no mistake.
fn worst(form: &Form, field: &FormField) -> Option<FlawSeverity> {
    if field.line.text().trim().is_empty() {
        return None;
    }
    of(form, field).map(|flaw| flaw.severity).max()
}

fn question(form: &Form) -> Cell {
    let role = match (form.field().is_none(), form.judged.is_ready()) {
        (true, true) => Role::PopupSelection,
        (true, false) => Role::TextStrong,
        (false, _) => Role::TextDim,
    };
    let words = if form.judged.is_ready() {
        "look at it and ask for it"
    } else {
        "ask for it, once it is whole"
    };
    Cell::dim("  ").and(words, role)
}

/// What the line is for, what may stand in it, what is wrong, and what the keys do.
fn foot(app: &App, form: &Form, (room, most): (usize, usize)) -> Vec<Cell> {
    let doc = form.field().map_or(
        "a commit on a branch of its own, and a merge request from it, once you have said why",
        |field| field.key.doc,
    );
    let mut foot = vec![Cell::new(doc, Role::Text), offered(app, form)];
    let mut told = flaws(form, room);
    let more = told.len().saturating_sub(most);
    told.truncate(most);
    told.resize(most, Cell::empty());
    foot.extend(told);
    foot.push(keys(app, form, more));
    foot
}

/// The words that the completing key would take, the first of them next.
fn offered(app: &App, form: &Form) -> Cell {
    let Some((first, others)) = form.offered.split_first() else { return Cell::empty() };
    let key = key_of(app, "prompt.complete").unwrap_or_default();
    let cell = Cell::new(key, Role::HintKey).and(format!(" {first}"), Role::Accent);
    cell.and(format!("  {}", others.join("  ")), Role::TextDim)
}

/// What is wrong: of the line that has the keys first; what is still missing in one line.
fn flaws(form: &Form, room: usize) -> Vec<Cell> {
    let mut cells = Vec::new();
    if let Some(told) = &form.told {
        let mark = Cell::mark(Mark::Warning, Role::InputError);
        cells.push(mark.and(format!(" {told}"), Role::InputError));
    }
    let own = form.field().map(|field| field.key.name);
    let is_missing = |flaw: &Flaw| flaw.code == "missing-key";
    let missing = form.judged.flaws.iter().filter(|(_, flaw)| is_missing(flaw));
    let missing: Vec<&str> = missing.filter_map(|(of, _)| *of).collect();
    if !missing.is_empty() {
        cells.push(Cell::dim(format!("still needed: {}", missing.join(", "))));
    }
    let mut others: Vec<_> =
        form.judged.flaws.iter().filter(|(_, flaw)| !is_missing(flaw)).collect();
    others.sort_by_key(|(of, flaw)| (*of != own, std::cmp::Reverse(flaw.severity)));
    for (of, flaw) in others {
        let (mark, role) = match flaw.severity {
            FlawSeverity::Error => (Mark::Bad, Role::SeverityBad),
            FlawSeverity::Warning => (Mark::Warning, Role::SeverityWarning),
            FlawSeverity::Info => (Mark::NotApplicable, Role::TextDim),
        };
        let of = of.map_or_else(String::new, |of| format!("{of}: "));
        let cell = Cell::mark(mark, role).and(format!(" {of}{}", flaw.what), role);
        cells.push(cell.and(format!("; {}", flaw.cure), Role::TextDim));
    }
    cells.iter().flat_map(|cell| wrap(cell, room.max(1))).map(Cow::into_owned).collect()
}

fn keys(app: &App, form: &Form, more: usize) -> Cell {
    let key = |line: &str| key_of(app, line).unwrap_or_default();
    let does = if form.field().is_some() { " next" } else { " look at it" };
    let cell = Cell::new(key("prompt.accept"), Role::HintKey).and(does, Role::Text);
    let cell = cell.and("   ", Role::Text).and(key("prompt.next"), Role::HintKey);
    let cell = cell.and(" down   ", Role::Text).and(key("prompt.previous"), Role::HintKey);
    let cell = cell.and(" up   ", Role::Text).and(key("prompt.cancel"), Role::HintKey);
    let cell = cell.and(" leave, and keep it", Role::Text);
    if more == 0 { cell } else { cell.and(format!("   {more} lines more"), Role::SeverityWarning) }
}
