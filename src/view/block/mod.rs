//! Blocks as lines: the band above a table and the detail of a row, measured and drawn.
//!
//! A block becomes lines of placed cells first; drawing is then a window over them, and its height their number.

mod chart;
mod facts;
mod grid;
mod stages;
mod timeline;
mod wrap;

use std::borrow::Cow;

use ratatui::layout::Rect;

use super::canvas::{Canvas, line_of, short};
use crate::pane::block::{Align, Block, Cell};

pub use wrap::wrap;

/// A line of placed cells.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Line<'a>(Vec<Part<'a>>);

/// A cell where it stands.
#[derive(Debug, Clone, PartialEq)]
struct Part<'a> {
    x: u16,
    width: u16,
    align: Align,
    cell: Cow<'a, Cell>,
    /// Where its small charts reach their top.
    top: Option<f64>,
}

impl<'a> Line<'a> {
    /// A line of one cell.
    fn of(cell: Cow<'a, Cell>, x: u16, width: u16) -> Line<'a> {
        Line(vec![Part { x, width, align: Align::Left, cell, top: None }])
    }

    /// Whether nothing stands in it.
    pub fn is_blank(&self) -> bool {
        self.0.is_empty()
    }
}

/// The lines of some blocks in `width` columns. A blank line stands between two blocks, none below a title.
pub fn lines(blocks: &[Block], width: u16) -> Vec<Line<'_>> {
    let mut out = Vec::new();
    let mut is_apart = false;
    for block in blocks {
        let more = lines_of(block, width);
        if more.is_empty() {
            continue;
        }
        if is_apart {
            out.push(Line::default());
        }
        out.extend(more);
        is_apart = !matches!(block, Block::Title(_));
    }
    out
}

/// How many lines some blocks take in `width` columns.
pub fn height(blocks: &[Block], width: u16) -> u16 {
    short(lines(blocks, width).len())
}

/// Draws some blocks from their line `top` on; says how many lines were used.
pub fn draw(canvas: &mut Canvas<'_>, area: Rect, blocks: &[Block], top: usize) -> u16 {
    draw_lines(canvas, area, &lines(blocks, area.width), top)
}

/// Draws lines from `top` on; says how many were used.
pub fn draw_lines(canvas: &mut Canvas<'_>, area: Rect, lines: &[Line<'_>], top: usize) -> u16 {
    let mut used = 0;
    for (place, line) in (0..area.height).zip(lines.iter().skip(top)) {
        let at = line_of(area, place);
        for part in &line.0 {
            let room = Rect { x: at.x.saturating_add(part.x), width: part.width, ..at };
            canvas.cell_to_scale(room.intersection(at), &part.cell, part.align, part.top);
        }
        used = place + 1;
    }
    used
}

fn lines_of(block: &Block, width: u16) -> Vec<Line<'_>> {
    let whole = |cell| Line::of(cell, 0, width);
    match block {
        Block::Title(cell) => wrap(cell, usize::from(width)).into_iter().map(whole).collect(),
        Block::Facts(facts) => facts::lines(facts, width),
        Block::Grid(headings, rows) => grid::lines(headings, rows, width),
        Block::Lines(cells) => {
            cells.iter().flat_map(|cell| wrap(cell, usize::from(width))).map(whole).collect()
        }
        Block::Stages(stages) => stages::lines(stages, width),
        Block::Timeline(steps) => timeline::lines(steps, width),
        Block::Chart(chart) => chart::lines(chart, width),
    }
}

#[cfg(test)]
pub(super) fn drawn(blocks: &[Block], width: u16) -> String {
    let theme = super::sample::theme();
    let mut buffer = super::sample::screen(width, height(blocks, width).max(1));
    let mut canvas = Canvas::new(&mut buffer, super::style::Look::new(&theme));
    let area = canvas.area();
    draw(&mut canvas, area, blocks, 0);
    super::sample::words(&buffer)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_blank_line_stands_between_blocks_but_not_below_a_title() {
        let line = |words| Block::Lines(vec![Cell::plain(words)]);
        let blocks = [line("one"), Block::Title(Cell::plain("two")), line("three")];
        assert_eq!(drawn(&blocks, 20), "one\n\ntwo\nthree");
    }

    #[test]
    fn a_block_of_nothing_takes_no_line() {
        let blocks =
            [Block::Lines(Vec::new()), Block::Stages(Vec::new()), Block::Facts(Vec::new())];
        assert_eq!(height(&blocks, 40), 0);
    }

    #[test]
    fn blocks_are_drawn_from_any_line_on() {
        let block =
            Block::Lines(vec![Cell::plain("one"), Cell::plain("two"), Cell::plain("three")]);
        let theme = crate::view::sample::theme();
        let mut buffer = crate::view::sample::screen(10, 1);
        let mut canvas = Canvas::new(&mut buffer, crate::view::style::Look::new(&theme));
        let area = canvas.area();
        let used = draw(&mut canvas, area, &[block], 1);
        assert_eq!((used, crate::view::sample::words(&buffer)), (1, "two".to_owned()));
    }
}
