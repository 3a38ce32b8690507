//! The line above a table: the kinds of rows, the way down to here, how many rows there are and what hides the rest.

use ratatui::layout::Rect;

use super::canvas::{Canvas, advance};
use super::layout::DETAIL_BELOW_FROM;
use super::table::GUTTER;
use crate::app::App;
use crate::app::place::Focus;
use crate::app::table::Table;
use crate::app::ui::Strip;
use crate::domain::{EntityId, Timestamp};
use crate::pane::block::Block;
use crate::pane::links::Link;
use crate::theme::Role;

/// Draws the kinds of rows of the pane, where we are, and how many rows there are; says where the kinds stand.
pub fn draw(canvas: &mut Canvas<'_>, area: Rect, app: &App, now: Timestamp) -> Strip {
    let place = app.ui.place();
    let mut rest = area;
    advance(&mut rest, GUTTER);
    rest.width = rest.width.saturating_sub(1);
    if let Some(table) = app.ui.table().filter(|_| place.focus == Focus::Table) {
        let (count, hidden) = counts(canvas, table, app.shown().floor());
        canvas.put_right(&mut rest, &hidden, Role::TextDim);
        canvas.put_right(&mut rest, &count, Role::Text);
        if !table.marks.is_empty() {
            let marked = format!("{} {} marked  ", canvas.look.glyphs.marked, table.marks.len());
            canvas.put_right(&mut rest, &marked, Role::Mark);
        }
        if let Some(grouping) = table.grouping() {
            let by = if area.width < DETAIL_BELOW_FROM { "by" } else { "grouped by" };
            canvas.put_right(&mut rest, &format!("{by} {}  ", grouping.name), Role::TableSort);
        }
        rest.width = rest.width.saturating_sub(2);
    }
    let lenses = place.pane.about().lenses;
    let is_choice = lenses.len() > 1 && place.focus == Focus::Table;
    let mut drawn = Strip { line: area.y, parts: Vec::new() };
    for lens in lenses.iter().filter(|_| is_choice) {
        let role = if lens.name() == place.lens.name() { Role::BorderTitle } else { Role::TextDim };
        let from = rest.x;
        canvas.put(&mut rest, lens.name(), role);
        drawn.parts.push((from, rest.x, lens.name()));
        advance(&mut rest, 2);
    }
    trail(canvas, rest, app, now);
    drawn
}

/// The way down to here, without its beginning.
fn trail(canvas: &mut Canvas<'_>, mut rest: Rect, app: &App, now: Timestamp) {
    let steps =
        app.ui.journey.trail().iter().filter_map(|place| match (&place.focus, &place.scope) {
            (Focus::Detail(id), _) => Some(id.clone()),
            (Focus::Log(log), _) => Some(log.about()),
            (Focus::Table, scope) => scope.clone(),
        });
    let mut names: Vec<String> = Vec::new();
    let place = app.ui.place();
    for id in steps {
        // What is open has its name right below.
        let is_open = place.focus == Focus::Detail(id.clone());
        names.push(if is_open { place.lens.noun().0.to_owned() } else { name_of(app, &id, now) });
    }
    for name in names {
        let step = canvas.look.glyphs.step;
        canvas.put(&mut rest, step, Role::TextDim);
        advance(&mut rest, 1);
        canvas.put(&mut rest, &name, Role::Accent);
        advance(&mut rest, 1);
    }
}

/// A row's name for the way down: the title of its detail where it has one, else its address.
fn name_of(app: &App, id: &EntityId, now: Timestamp) -> String {
    if let EntityId::Tier(index) = id {
        return format!("tier {}", app.shown().tiers().name(Some(*index)));
    }
    // The way may lead over rows of another pane, which alone knows their names.
    let home = Link::One(id.clone()).place().map(|(pane, _)| pane);
    let detail = home.unwrap_or(app.ui.place().pane).detail(&app.cx(now), id);
    match detail.first() {
        Some(Block::Title(title)) => title.words(),
        _ => id.to_string(),
    }
}

/// `33 of 412 jobs`, and what hides the rest.
fn counts(canvas: &Canvas<'_>, table: &Table, floor: &str) -> (String, String) {
    let (one, many) = table.lens.noun();
    let (shown, hidden) = (table.listing.len(), table.listing.hidden());
    let total = shown + hidden;
    let noun = if total == 1 { one } else { many };
    if hidden == 0 {
        return (format!("{floor}{} {noun}", grouped(total)), String::new());
    }
    let between = canvas.look.glyphs.between;
    (
        format!("{floor}{} of {floor}{} {noun}", grouped(shown), grouped(total)),
        format!(" {between} {} hidden by the filter", grouped(hidden)),
    )
}

/// A number with its thousands apart.
pub(super) fn grouped(n: usize) -> String {
    let digits = n.to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thousands_stand_apart() {
        let cases = [(0, "0"), (999, "999"), (1_000, "1,000"), (1_234_567, "1,234,567")];
        for (n, text) in cases {
            assert_eq!(grouped(n), text);
        }
    }
}
