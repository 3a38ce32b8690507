//! A table: titles, the window of visible rows, marks, cursor, scrollbar. Draws any pane's rows and knows no subject.

use ratatui::layout::Rect;
use ratatui::style::{Modifier, Style};

use super::canvas::{Canvas, line_of, natural_width, short};
use super::width::{Placed, View, arrange, beyond};
use crate::app::ui::Strip;
use crate::domain::Timestamp;
use crate::domain::time::exact_seconds_between;
use crate::pane::block::{Align, Cell, Mark, Piece, Row};
use crate::pane::lens::Column;
use crate::pane::listing::Direction;
use crate::theme::Role;

/// Columns left of the first cell: the cursor's edge, the mark, and a blank.
pub const GUTTER: u16 = 3;

/// Columns right of the last cell: the scrollbar.
const BAR: u16 = 1;

/// How long a change is pointed at, seconds.
pub const CHANGED_SECONDS: f64 = 3.0;

/// What a table is, beside its rows.
#[derive(Debug, Clone, Copy)]
pub struct Sheet<'a> {
    /// The columns that were asked for, in their order.
    pub columns: &'a [&'static Column],
    /// What fits, or everything.
    pub view: View,
    /// The column that orders, and which way.
    pub sort: (&'static str, Direction),
    /// How many rows there are in all.
    pub total: usize,
    /// Which of them stands first in the window.
    pub top: usize,
    /// Whether the keys go to it.
    pub attention: Attention,
    /// The moment that is drawn.
    pub now: Timestamp,
}

/// Whether the keys go to a part of the screen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Attention {
    /// They do.
    Here,
    /// They go elsewhere.
    Elsewhere,
}

/// A visible row, and how it is looked at.
#[derive(Debug, Clone, PartialEq)]
pub struct Line {
    /// Whether the cursor is on it.
    pub is_cursor: bool,
    /// Whether it is marked.
    pub is_marked: bool,
    /// The row.
    pub row: Row,
}

/// How many rows fit into `area` below the titles.
pub fn visible_rows(area: Rect) -> usize {
    usize::from(area.height.saturating_sub(1))
}

/// Draws a table. `lines` are the rows of the window; no other row is asked for. Says where the titles stand.
pub fn draw(
    canvas: &mut Canvas<'_>,
    area: Rect,
    sheet: &Sheet<'_>,
    lines: impl Iterator<Item = Line>,
) -> Strip {
    let room = cells_room(area);
    let placed = arrange(sheet.columns, room.width, sheet.view);
    titles(canvas, line_of(area, 0), sheet, &placed);
    let body = Rect { y: area.y.saturating_add(1), height: area.height.saturating_sub(1), ..area };
    let mut above: Option<Row> = None;
    for (place, line) in (0..body.height).zip(lines) {
        let repeated = above.as_ref().map_or(0, |above| repeated(above, &line.row, &placed));
        let at = line_of(body, place);
        row(canvas, at, (sheet, &placed), (&line, repeated));
        above = Some(line.row);
    }
    scrollbar(canvas, body, sheet.top, sheet.total);
    let title = |place: &Placed| {
        let from = room.x.saturating_add(place.x);
        sheet.columns.get(place.index).map(|column| (from, from + place.width, column.name))
    };
    Strip { line: area.y, parts: placed.iter().filter_map(title).collect() }
}

/// Says in the middle of a table why it has no rows.
pub fn empty(canvas: &mut Canvas<'_>, area: Rect, words: &[Cell]) {
    let height = short(words.len());
    let top = area.height.saturating_sub(height) / 3;
    for (place, words) in (top..area.height).zip(words) {
        let width = short(natural_width(words)).min(area.width);
        let x = area.x.saturating_add((area.width - width) / 2);
        canvas.cell(line_of(Rect { x, width, ..area }, place), words, Align::Left);
    }
}

/// The thumb at the right edge, where not everything fits.
pub fn scrollbar(canvas: &mut Canvas<'_>, area: Rect, top: usize, total: usize) {
    let visible = usize::from(area.height);
    if total <= visible || visible == 0 || area.width == 0 {
        return;
    }
    let length = (visible * visible / total).max(1);
    let hidden = total - visible;
    let first = (top.min(hidden) * (visible - length) + hidden / 2) / hidden;
    let edge = Rect { x: area.right() - 1, width: 1, ..area };
    for line in first..first + length {
        canvas.words(line_of(edge, short(line)), canvas.look.glyphs.thumb, Role::Scrollbar);
    }
}

fn cells_room(area: Rect) -> Rect {
    let width = area.width.saturating_sub(GUTTER + BAR);
    Rect { x: area.x.saturating_add(GUTTER.min(area.width)), width, ..area }
}

fn titles(canvas: &mut Canvas<'_>, at: Rect, sheet: &Sheet<'_>, placed: &[Placed]) {
    let room = cells_room(at);
    let matches = std::mem::take(&mut canvas.matches);
    for place in placed {
        let Some(column) = sheet.columns.get(place.index) else { continue };
        let room = Rect { x: room.x.saturating_add(place.x), width: place.width, ..room };
        if column.name == sheet.sort.0 {
            sorted_title(canvas, room, column, sheet.sort.1);
        } else {
            canvas.cell(room, &Cell::new(column.title, Role::TableHeader), column.align);
        }
    }
    canvas.matches = matches;
    let (left, right) = beyond(sheet.columns, placed, sheet.view);
    let [more_left, more_right] = canvas.look.glyphs.more;
    if left > 0 {
        canvas.words(Rect { width: 1, ..at }, more_left, Role::TableSort);
    }
    if right > 0 {
        canvas.words_right(at, more_right, Role::TableSort);
    }
}

/// The title of the column that orders. Its mark stands in the gap behind the column where the title fills it.
fn sorted_title(canvas: &mut Canvas<'_>, room: Rect, column: &Column, direction: Direction) {
    let [forward, backward] = canvas.look.glyphs.sort;
    let sign = match direction {
        Direction::Forward => forward,
        Direction::Backward => backward,
    };
    let used = canvas.cell(room, &Cell::new(column.title, Role::TableSort), column.align);
    let x = room.x.saturating_add(used);
    canvas.words(Rect { x, width: 1, ..room }, sign, Role::TableSort);
}

/// How many of the first visible cells say the same as in the row above, of the same group.
fn repeated(above: &Row, row: &Row, placed: &[Placed]) -> usize {
    if row.group.is_none() || above.group != row.group {
        return 0;
    }
    placed
        .iter()
        .take_while(|place| {
            let cell = row.cells.get(place.index);
            cell.is_some() && cell == above.cells.get(place.index)
        })
        .count()
}

fn row(
    canvas: &mut Canvas<'_>,
    at: Rect,
    (sheet, placed): (&Sheet<'_>, &[Placed]),
    (line, repeated): (&Line, usize),
) {
    let room = cells_room(at);
    let is_new = line.row.changed_at.is_some_and(|changed| {
        (0.0..CHANGED_SECONDS).contains(&exact_seconds_between(changed, sheet.now))
    });
    for (order, place) in placed.iter().enumerate() {
        let (Some(column), Some(cell)) =
            (sheet.columns.get(place.index), line.row.cells.get(place.index))
        else {
            continue;
        };
        let room = Rect { x: room.x.saturating_add(place.x), width: place.width, ..room };
        canvas.cell(room, cell, column.align);
        if order < repeated {
            canvas.overlay(room, Role::TextDim);
        } else if is_new && !is_quiet(cell) {
            canvas.overlay(written(room, cell, column.align), Role::Changed);
        }
    }
    if line.row.is_stale {
        canvas.overlay(room, Role::TextDim);
        let stale = Style::new().add_modifier(Modifier::ITALIC).remove_modifier(Modifier::BOLD);
        canvas.restyle(room, stale);
    }
    edge(canvas, at, sheet.attention, line);
}

/// The part of a cell's room that its words take.
fn written(room: Rect, cell: &Cell, align: Align) -> Rect {
    let width = short(natural_width(cell)).min(room.width);
    match align {
        Align::Left => Rect { width, ..room },
        Align::Right => Rect { x: room.right() - width, width, ..room },
    }
}

/// Whether a cell says nothing that a change could be about.
fn is_quiet(cell: &Cell) -> bool {
    cell.0.iter().all(|piece| match piece {
        Piece::Words(_, role) | Piece::Path(_, role) | Piece::Mark(_, role) => {
            *role == Role::TextDim
        }
        Piece::Spark(..) | Piece::Bar(..) => true,
    })
}

/// The ground of the row under the cursor, its edge, and the sign of a marked row or, without colours too, of an old one.
fn edge(canvas: &mut Canvas<'_>, at: Rect, attention: Attention, line: &Line) {
    if line.is_cursor {
        let role = match (attention, line.is_marked) {
            (Attention::Elsewhere, _) => Role::SelectionInactive,
            (Attention::Here, true) => Role::SelectionMarked,
            (Attention::Here, false) => Role::Selection,
        };
        canvas.overlay(at, role);
        canvas.words(
            Rect { width: at.width.min(1), ..at },
            canvas.look.glyphs.cursor,
            Role::Accent,
        );
    }
    if line.is_marked && at.width > 1 {
        let sign = Rect { x: at.x + 1, width: 1, ..at };
        canvas.words(sign, canvas.look.glyphs.marked, Role::Mark);
    } else if line.row.is_stale && at.width > 1 {
        let sign = Rect { x: at.x + 1, width: 1, ..at };
        canvas.words(sign, canvas.look.glyphs.mark(Mark::Old), Role::FreshnessOld);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{EntityId, PipelineId};
    use crate::pane::lens::Lens;
    use crate::pane::pipelines::JOBS;
    use crate::view::sample::{screen, theme, words};
    use crate::view::style::Look;

    fn columns() -> Vec<&'static Column> {
        ["project", "job", "waits"]
            .into_iter()
            .filter_map(|name| crate::pane::lens::column(&JOBS, name))
            .collect()
    }

    fn now() -> Timestamp {
        Timestamp::from_second(1_000).unwrap()
    }

    fn line(project: &str, job: &str, pipeline: u64) -> Line {
        let row = Row {
            cells: vec![Cell::plain(project), Cell::plain(job), Cell::plain("14s")],
            is_stale: false,
            changed_at: None,
            group: Some(EntityId::Pipeline(PipelineId(pipeline))),
        };
        Line { is_cursor: false, is_marked: false, row }
    }

    fn drawn(width: u16, height: u16, total: usize, lines: Vec<Line>) -> ratatui::buffer::Buffer {
        let mut buffer = screen(width, height);
        let theme = theme();
        let columns = columns();
        let sheet = Sheet {
            columns: &columns,
            view: View::Fitted,
            sort: ("waits", Direction::Forward),
            total,
            top: 0,
            attention: Attention::Here,
            now: now(),
        };
        let mut canvas = Canvas::new(&mut buffer, Look::new(&theme));
        let area = canvas.area();
        draw(&mut canvas, area, &sheet, lines.into_iter());
        buffer
    }

    #[test]
    fn titles_stand_over_their_columns_and_the_sorted_one_has_a_mark() {
        let buffer = drawn(50, 3, 1, vec![line("acme/shop", "eslint", 1)]);
        assert_eq!(
            words(&buffer),
            "   PROJECT             JOB                  WAITS▼\n   acme/shop           eslint                 14s"
        );
    }

    #[test]
    fn the_cursor_and_the_mark_stand_in_the_gutter() {
        let mut chosen = line("acme/shop", "eslint", 1);
        chosen.is_cursor = true;
        chosen.is_marked = true;
        let buffer = drawn(40, 2, 1, vec![chosen]);
        assert!(words(&buffer).lines().nth(1).unwrap().starts_with("▌◆ acme/shop"));
    }

    #[test]
    fn cells_that_repeat_the_row_above_are_dim() {
        let rows =
            vec![line("acme/shop", "a", 1), line("acme/shop", "b", 1), line("acme/shop", "c", 2)];
        let buffer = drawn(50, 4, 3, rows);
        let dim = Look::new(&theme()).of(Role::TextDim).fg.unwrap();
        let colours: Vec<bool> = (1..4).map(|y| buffer[(3, y)].fg == dim).collect();
        assert_eq!(colours, [false, true, false]);
    }

    #[test]
    fn a_row_that_changed_just_now_is_underlined_and_then_calm() {
        let changed = |seconds: i64| {
            let mut line = line("acme/shop", "eslint", 1);
            line.row.changed_at = Timestamp::from_second(1_000 - seconds).ok();
            let buffer = drawn(50, 2, 1, vec![line]);
            buffer[(3, 1)].modifier.contains(Modifier::UNDERLINED)
        };
        assert_eq!([changed(0), changed(2), changed(3)], [true, true, false]);
    }

    #[test]
    fn every_part_of_a_row_has_its_role() {
        let mut buffer = screen(50, 3);
        let theme = crate::view::sample::telling_theme();
        let columns = columns();
        let mut second = line("acme/shop", "eslint", 1);
        second.is_cursor = true;
        let sheet = Sheet {
            columns: &columns,
            view: View::Fitted,
            sort: ("waits", Direction::Forward),
            total: 2,
            top: 0,
            attention: Attention::Here,
            now: now(),
        };
        let mut canvas = Canvas::new(&mut buffer, Look::new(&theme));
        let area = canvas.area();
        draw(&mut canvas, area, &sheet, [line("acme/shop", "unit", 1), second].into_iter());
        insta::assert_snapshot!(crate::view::sample::picture(&buffer), @r"
           PROJECT             JOB                  WAITS▼
           acme/shop           unit                   14s
        ▌  acme/shop           eslint                 14s
        ---
           aaaaaaa             aaa                  bbbbbb
           ccccccccc           cccc                   ccc
        d  eeeeeeeee           cccccc                 ccc
        ---
        a table.header  b table.sort  c text  d accent  e text.dim
        ");
    }

    #[test]
    fn a_scrollbar_stands_only_where_rows_are_hidden() {
        let bar = |total| {
            let lines = (0..4).map(|n| line("a", "b", n)).collect();
            words(&drawn(30, 5, total, lines)).matches('┃').count()
        };
        assert_eq!((bar(4), bar(8), bar(100_000)), (0, 2, 1));
    }

    #[test]
    fn the_scrollbar_ends_at_the_last_row() {
        let theme = theme();
        let mut buffer = screen(1, 10);
        let mut canvas = Canvas::new(&mut buffer, Look::new(&theme));
        let area = canvas.area();
        scrollbar(&mut canvas, area, 90, 100);
        assert_eq!(words(&buffer).lines().position(|line| line == "┃"), Some(9));
    }

    #[test]
    fn any_size_is_drawn() {
        for width in 0..60 {
            for height in 0..5 {
                let mut lines = vec![line("日本語/プロジェクト", "x", 1); 6];
                lines[0].is_cursor = true;
                lines[1].is_marked = true;
                lines[2].row.is_stale = true;
                drawn(width, height, 900, lines);
            }
        }
    }

    #[test]
    fn no_row_beyond_the_window_is_asked_for() {
        let mut asked = 0;
        let theme = theme();
        let columns = columns();
        let mut buffer = screen(40, 4);
        let mut canvas = Canvas::new(&mut buffer, Look::new(&theme));
        let sheet = Sheet {
            columns: &columns,
            view: View::Fitted,
            sort: (JOBS.default_sort(), Direction::Forward),
            total: 100_000,
            top: 0,
            attention: Attention::Here,
            now: now(),
        };
        let lines = (0..100_000).map(|n| {
            asked += 1;
            line("a", "b", n)
        });
        let area = canvas.area();
        draw(&mut canvas, area, &sheet, lines);
        assert_eq!(asked, 3);
    }
}
