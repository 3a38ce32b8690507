//! The timeline over the screen, which scrolls.

use ratatui::layout::Rect;

use super::frame;
use crate::app::App;
use crate::app::timeline::Story;
use crate::domain::Timestamp;
use crate::pane::block::{Block, Cell};
use crate::pane::{timeline, why};
use crate::theme::Role;
use crate::view::block;
use crate::view::canvas::{Canvas, inset};
use crate::view::layout::centred;
use crate::view::table::scrollbar;

/// How wide it stands where there is room.
const WIDTH: u16 = 148;

/// What it says now.
pub fn blocks(story: &Story) -> Vec<Block> {
    match &story.told {
        Some(Ok(entries)) => timeline::blocks(entries),
        Some(Err(words)) => {
            vec![Block::Lines(vec![Cell::new(words.to_string(), Role::NoticeWarning)])]
        }
        None => vec![Block::Lines(vec![Cell::dim("reading it")])],
    }
}

/// How far it can be scrolled on a screen of this size.
pub(super) fn last(area: Rect, story: &Story) -> usize {
    let outer = outer(area);
    let lines = block::lines(&blocks(story), outer.width.saturating_sub(4)).len();
    lines.saturating_sub(usize::from(outer.height.saturating_sub(2)))
}

/// Draws it.
pub(super) fn draw(canvas: &mut Canvas<'_>, area: Rect, app: &App, story: &Story, now: Timestamp) {
    let title = match &story.about {
        Some(about) => format!("timeline  {}", why::title(&app.cx(now), about)),
        None => "timeline  everything".to_owned(),
    };
    let room = frame(canvas, outer(area), &title);
    let inner = inset(room, 1);
    let blocks = blocks(story);
    let lines = block::lines(&blocks, inner.width);
    let top = story.top.min(lines.len().saturating_sub(usize::from(room.height)));
    block::draw_lines(canvas, inner, &lines, top);
    scrollbar(canvas, room, top, lines.len());
}

fn outer(area: Rect) -> Rect {
    centred(area, WIDTH.min(area.width.saturating_sub(4)), area.height.saturating_sub(4))
}
