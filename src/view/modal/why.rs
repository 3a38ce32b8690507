//! Why something waits: the answer over the screen, which scrolls.

use ratatui::layout::Rect;

use super::frame;
use crate::app::App;
use crate::app::why::Reasons;
use crate::domain::Timestamp;
use crate::pane::block::{Block, Cell};
use crate::pane::why;
use crate::view::block;
use crate::view::canvas::{Canvas, inset};
use crate::view::layout::centred;
use crate::view::table::scrollbar;

/// How wide it stands where there is room.
const WIDTH: u16 = 132;

/// What it says now.
pub fn blocks(app: &App, reasons: &Reasons, now: Timestamp) -> Vec<Block> {
    match &reasons.answer {
        Some(answer) => why::blocks(&app.cx(now), answer),
        None => vec![Block::Lines(vec![Cell::dim("working it out")])],
    }
}

/// How far it can be scrolled on a screen of this size.
pub(super) fn last(area: Rect, app: &App, reasons: &Reasons, now: Timestamp) -> usize {
    let (outer, blocks) = (outer(area), blocks(app, reasons, now));
    let lines = block::lines(&blocks, outer.width.saturating_sub(4)).len();
    lines.saturating_sub(usize::from(outer.height.saturating_sub(2)))
}

/// Draws it.
pub(super) fn draw(
    canvas: &mut Canvas<'_>,
    area: Rect,
    app: &App,
    reasons: &Reasons,
    now: Timestamp,
) {
    let title = format!("why  {}", why::title(&app.cx(now), &reasons.about));
    let room = frame(canvas, outer(area), &title);
    let blocks = blocks(app, reasons, now);
    let inner = inset(room, 1);
    let lines = block::lines(&blocks, inner.width);
    let top = reasons.top.min(lines.len().saturating_sub(usize::from(room.height)));
    block::draw_lines(canvas, inner, &lines, top);
    scrollbar(canvas, room, top, lines.len());
}

fn outer(area: Rect) -> Rect {
    centred(area, WIDTH.min(area.width.saturating_sub(4)), area.height.saturating_sub(4))
}
