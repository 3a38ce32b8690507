//! [`Dialog`]: a question in a frame: what it is about, which scrolls, and below it what is typed and how it is answered.

use ratatui::layout::Rect;

use super::frame;
use crate::app::{App, scopes};
use crate::pane::block::{Align, Cell, Piece};
use crate::theme::Role;
use crate::view::block::wrap;
use crate::view::canvas::{Canvas, inset, line_of, short};
use crate::view::layout::{centred, from_bottom};
use crate::view::table::scrollbar;

/// How wide it stands where there is room.
const WIDTH: u16 = 104;

/// A question in a frame.
pub(super) struct Dialog<'a> {
    /// Its title.
    pub(super) title: &'a str,
    /// What it is about. Nothing of it is cut: it goes on below, and scrolls.
    pub(super) head: Vec<Cell>,
    /// What is typed and how it is answered; always in sight.
    pub(super) foot: Vec<Cell>,
    /// Lines of the head that are scrolled away.
    pub(super) top: usize,
    /// The places in the head at which its targets begin.
    pub(super) parts: Vec<usize>,
}

impl Dialog<'_> {
    /// How wide a line of it is on a screen of this size.
    pub(super) fn room(area: Rect) -> u16 {
        WIDTH.min(area.width.saturating_sub(4)).saturating_sub(4)
    }

    /// How far it can be scrolled on a screen of this size.
    pub(super) fn last(&self, area: Rect) -> usize {
        let room = usize::from(Dialog::room(area));
        let head = wrapped(&self.head, room).len();
        let most = usize::from(under_header(area).height.saturating_sub(2 + 2));
        head.saturating_sub(most.saturating_sub(wrapped(&self.foot, room).len()))
    }

    /// Draws it; says where the first line of its foot stands.
    pub(super) fn draw(&self, canvas: &mut Canvas<'_>, area: Rect) -> Rect {
        let area = under_header(area);
        let width = Dialog::room(area);
        let head = wrapped(&self.head, usize::from(width));
        let foot = wrapped(&self.foot, usize::from(width));
        let height = short(head.len() + foot.len()).saturating_add(2);
        let outer = centred(area, width + 4, height.min(area.height.saturating_sub(2)));
        let inner = frame(canvas, outer, self.title);
        let mut room = inset(inner, 1);
        let below = from_bottom(&mut room, short(foot.len()));
        let top = self.top.min(head.len().saturating_sub(usize::from(room.height)));
        for (place, line) in (0..room.height).zip(head.iter().skip(top)) {
            canvas.cell(line_of(room, place), line, Align::Left);
        }
        scrollbar(canvas, Rect { height: room.height, ..inner }, top, head.len());
        if head.len() > usize::from(room.height) && self.parts.len() > 1 {
            let words = self.in_sight(top, usize::from(room.height), usize::from(width));
            let at = line_of(outer, outer.height.saturating_sub(1));
            canvas.words_right(inset(at, 2), &words, Role::PopupTitle);
        }
        for (place, line) in (0..below.height).zip(&foot) {
            canvas.cell(line_of(below, place), line, Align::Left);
        }
        below
    }

    /// Which of its targets are in sight, where not all are.
    fn in_sight(&self, top: usize, height: usize, width: usize) -> String {
        let start = |part: &usize| wrapped(self.head.get(..*part).unwrap_or_default(), width).len();
        let starts: Vec<usize> = self.parts.iter().map(start).collect();
        let seen = starts.iter().filter(|start| (top..top + height).contains(*start)).count();
        let before = starts.iter().filter(|start| **start < top).count();
        let (from, to) = (before + seen.min(1), before + seen);
        format!(" {} of {} in sight ", span(from, to), starts.len())
    }

    /// The line of the foot at which one of its cells begins.
    pub(super) fn line_of_foot(&self, below: Rect, place: usize) -> Rect {
        let before = self.foot.iter().take(place).map(|cell| wrap(cell, usize::from(below.width)));
        line_of(below, short(before.map(|lines| lines.len()).sum()))
    }
}

/// Where dialogs stand: the header, with the countdown in it, is never covered.
fn under_header(area: Rect) -> Rect {
    Rect { y: area.y.saturating_add(1), height: area.height.saturating_sub(1), ..area }
}

fn span(from: usize, to: usize) -> String {
    if from == to { from.to_string() } else { format!("{from}–{to}") }
}

fn wrapped(cells: &[Cell], room: usize) -> Vec<Cell> {
    let lines = |cell| wrap(cell, room.max(1)).into_iter().map(|line| trimmed(line.into_owned()));
    cells.iter().flat_map(lines).collect()
}

/// A line without the blanks at its end, which would count as words that were cut.
fn trimmed(mut line: Cell) -> Cell {
    while let Some(Piece::Words(words, _)) = line.0.last_mut() {
        words.truncate(words.trim_end().len());
        if !words.is_empty() {
            break;
        }
        line.0.pop();
    }
    line
}

/// The answers: the safe one first, under Enter.
pub(super) fn answers(safe_key: &str, safe: &str, key: &str, does: &str) -> Cell {
    Cell::new(safe_key, Role::HintKey)
        .and(format!(" {safe}"), Role::TextStrong)
        .and("     ", Role::Text)
        .and(key, Role::HintKey)
        .and(format!(" {does}"), Role::Text)
}

/// The first key of a command here.
pub(super) fn key_of(app: &App, line: &str) -> Option<String> {
    let keys = app.keymap.keys_for(line, &scopes(app));
    keys.first().map(ToString::to_string)
}
