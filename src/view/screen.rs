//! The whole screen: every part in its place.

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};

use super::canvas::{Canvas, advance, line_of, short};
use super::fit::columns;
use super::header::Header;
use super::layout::{
    Beside, MADE_FOR, Parts, SMALLEST, Wish, centred, is_large_enough, is_roomy, parts,
};
use super::style::Look;
use super::table::{Attention, GUTTER, Line, Sheet, empty, visible_rows};
use super::width::View;
use super::{back, block, footer, log, modal, status, table, views};
use crate::app::App;
use crate::app::modal::Modal;
use crate::app::place::Focus;
use crate::app::table::Table;
use crate::app::ui::{Drawn, DrawnTable, Strip};
use crate::domain::{EntityId, Timestamp};
use crate::pane::block::{Block, Cell, Row};
use crate::theme::Role;

pub(super) fn paint(
    buffer: &mut Buffer,
    app: &App,
    look: Look<'_>,
    now: Timestamp,
) -> (Drawn, Option<Position>) {
    let area = buffer.area;
    buffer.reset();
    let mut canvas = Canvas::new(buffer, look);
    canvas.clear(area, Role::Text);
    if !is_large_enough(area) {
        too_small(&mut canvas, area);
        return (Drawn::default(), None);
    }
    let band = [back::block(app, now).into_iter().collect(), band(app, area, now)].concat();
    let mut band = block::lines(&band, inner(area).width);
    if !is_roomy(area) {
        band.retain(|line| !line.is_blank());
    }
    let parts = parts(area, Wish { band: short(band.len()), detail: beside(app) });
    let mut drawn =
        Drawn { tabs: Header::of(app, now).draw(&mut canvas, parts.header), ..Drawn::default() };
    block::draw_lines(&mut canvas, inner(parts.band), &band, 0);
    drawn.views = views::draw(&mut canvas, parts.views, app, now);
    main(&mut canvas, &parts, app, now, &mut drawn);
    let typed = status::draw(&mut canvas, parts.status, app, now);
    if let Some(Modal::Filter(filter)) = app.ui.modals.last() {
        status::completion(&mut canvas, parts.main, filter);
    }
    drawn.asked = crate::app::act::asked(app);
    let over = modal::draw(&mut canvas, area, app, now);
    if let Some(Modal::Help(help)) = app.ui.modals.last() {
        drawn.help_last = modal::help_last(area, help);
    }
    if let Some(Modal::Timeline(story)) = app.ui.modals.last() {
        drawn.help_last = modal::timeline_last(area, story);
    }
    if let Some(Modal::Why(reasons)) = app.ui.modals.last() {
        drawn.help_last = modal::why_last(area, app, reasons, now);
    }
    if let Some(Modal::Confirm(dialog)) = app.ui.modals.last() {
        drawn.help_last = modal::confirm_last(area, app, dialog, now);
    }
    drawn.hints = footer::hints(&mut canvas, parts.footer, app);
    (drawn, over.or(typed))
}

/// What stands above the table, where there is one. It is of the whole pane: rows that are narrowed to one thing have the
/// lines for themselves where there are few.
fn band(app: &App, area: Rect, now: Timestamp) -> Vec<Block> {
    let place = app.ui.place();
    let has_room = is_roomy(area) || place.scope.is_none();
    if place.focus == Focus::Table && has_room { place.pane.band(&app.cx(now)) } else { Vec::new() }
}

/// What stands beside the table. A wide table has the whole width. It does not depend on there being a row, so that
/// nothing jumps while a filter is typed.
fn beside(app: &App) -> Beside {
    let is_wide = app.ui.table().is_some_and(|table| table.is_wide);
    if app.ui.place().focus == Focus::Table && !is_wide && !app.ui.memory.hides_detail {
        Beside::Detail
    } else {
        Beside::Nothing
    }
}

fn main(canvas: &mut Canvas<'_>, parts: &Parts, app: &App, now: Timestamp, drawn: &mut Drawn) {
    match &app.ui.place().focus {
        Focus::Table => {
            drawn.table = rows(canvas, parts.main, app, (now, &mut drawn.titles));
            divider(canvas, parts.divider);
            let selected = app.ui.table().and_then(Table::selected);
            if let Some(id) = selected.filter(|_| !parts.detail.is_empty()) {
                let is_right = parts.divider.width == 1;
                let room = if is_right { inner_right(parts.detail) } else { inner(parts.detail) };
                (drawn.page, drawn.detail_last) = detail(canvas, room, app, id, now);
                let Rect { x, y, .. } = parts.detail;
                drawn.detail = Some([x, y, parts.detail.right(), parts.detail.bottom()]);
            }
        }
        Focus::Detail(id) => {
            (drawn.page, drawn.detail_last) = detail(canvas, inner(parts.main), app, id, now);
        }
        Focus::Log(_) => {
            if let Some(view) = &app.ui.log {
                log::title(canvas, parts.views, view);
                drawn.log = log::draw(canvas, parts.main, view);
            }
        }
    }
}

/// The table, or why it has no rows.
fn rows(
    canvas: &mut Canvas<'_>,
    area: Rect,
    app: &App,
    (now, titles): (Timestamp, &mut Strip),
) -> Option<DrawnTable> {
    let table = app.ui.table()?;
    let cx = app.cx(now);
    let columns = table.shown_columns(cx.state);
    let height = visible_rows(area);
    let top = table.first_visible(height);
    let view = if table.is_wide { View::Wide { scrolled: table.scrolled } } else { View::Fitted };
    let is_over = matches!(app.ui.modals.last(), Some(modal) if !matches!(modal, Modal::Filter(_)));
    let sheet = Sheet {
        columns: &columns,
        view,
        sort: (table.sort, table.direction),
        total: table.listing.len(),
        top,
        attention: if is_over { Attention::Elsewhere } else { Attention::Here },
        now: cx.now,
    };
    canvas.matches = needles(table);
    let lines = table.listing.window(top, height).map(|id| Line {
        is_cursor: table.selected() == Some(id),
        is_marked: table.marks.contains(id),
        row: crate::pane::row(&cx, table.lens, &columns, id).unwrap_or_else(gone),
    });
    *titles = table::draw(canvas, area, &sheet, lines);
    canvas.matches.clear();
    if table.listing.is_empty() {
        empty(canvas, area, &why_empty(app, table, now));
    }
    Some(DrawnTable { line: area.y.saturating_add(1), right: area.right(), rows: height, top })
}

/// A row that went away since the table was put in order: nothing, until the order is mended.
fn gone() -> Row {
    Row { cells: Vec::new(), is_stale: false, changed_at: None, group: None }
}

/// The fuzzy words of the filter, to be pointed at.
fn needles(table: &Table) -> Vec<String> {
    let words = table.query.words().flat_map(str::split_whitespace);
    words.map(str::to_lowercase).collect()
}

fn why_empty(app: &App, table: &Table, now: Timestamp) -> Vec<Cell> {
    let (one, many) = table.lens.noun();
    if table.awaited.is_some() {
        return vec![Cell::dim(format!("putting the {many} in order…"))];
    }
    match table.listing.hidden() {
        0 => app.ui.place().pane.empty_of(&app.cx(now), table.lens),
        hidden => {
            let noun = if hidden == 1 { one } else { many };
            let hidden = views::grouped(hidden);
            vec![
                Cell::plain(format!("no {one} matches the filter")),
                Cell::dim(format!("it hides {hidden} {noun}")),
            ]
        }
    }
}

/// What is known about a row; says how many lines a page has, and how far it can be scrolled.
fn detail(
    canvas: &mut Canvas<'_>,
    area: Rect,
    app: &App,
    id: &EntityId,
    now: Timestamp,
) -> (usize, usize) {
    let blocks = app.ui.place().pane.detail(&app.cx(now), id);
    let page = usize::from(area.height);
    if blocks.is_empty() {
        let words = format!("{id} is not known any more");
        empty(canvas, area, &[Cell::dim(words)]);
        return (page, 0);
    }
    let room = Rect { width: area.width.saturating_sub(2), ..area };
    let lines = block::lines(&blocks, room.width);
    let last = lines.len().saturating_sub(page);
    let top = app.ui.detail.top.min(last);
    block::draw_lines(canvas, room, &lines, top);
    table::scrollbar(canvas, area, top, lines.len());
    (page, last)
}

fn divider(canvas: &mut Canvas<'_>, area: Rect) {
    if area.width != 1 {
        canvas.rule(area, Role::Border);
        return;
    }
    let [_, upright] = canvas.look.glyphs.lines;
    for line in 0..area.height {
        canvas.words(line_of(area, line), upright, Role::Border);
    }
}

/// A part without the gutter, so that everything has one left edge.
fn inner(area: Rect) -> Rect {
    let mut inner = area;
    advance(&mut inner, GUTTER);
    Rect { width: inner.width.saturating_sub(1), ..inner }
}

/// The same beside an upright line, which needs less distance.
fn inner_right(area: Rect) -> Rect {
    let mut inner = area;
    advance(&mut inner, 1);
    inner
}

/// Says what a screen needs that is too small for anything else.
fn too_small(canvas: &mut Canvas<'_>, area: Rect) {
    let ((width, height), (made_width, made_height)) = (SMALLEST, MADE_FOR);
    let lines = [
        format!("{}x{} is too small", area.width, area.height),
        format!("watchfloor needs {width}x{height},"),
        format!("and is made for {made_width}x{made_height}"),
    ];
    let widest = lines.iter().map(|line| columns(line)).max().unwrap_or(0);
    let room = centred(area, short(widest), short(lines.len()));
    for (place, words) in (0..room.height).zip(&lines) {
        canvas.words(line_of(room, place), words, Role::Text);
    }
}
