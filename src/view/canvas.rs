//! [`Canvas`]: writing on the screen without ever leaving a rectangle.
//!
//! Every text is cut to the room that it is given, by columns as a terminal counts them; a rectangle beyond the screen
//! is cut to the screen. Nothing here can panic, whatever the size and the text.

use std::borrow::Cow;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;

use super::fit::{columns, fit, letters, skip};
use super::glyph::Glyphs;
use super::style::Look;
use crate::pane::block::{Align, Cell, Piece};
use crate::theme::Role;

/// The screen, and how it looks.
#[derive(Debug)]
pub struct Canvas<'a> {
    /// The screen's cells.
    pub buffer: &'a mut Buffer,
    /// How roles and marks look.
    pub look: Look<'a>,
    /// Words to point at wherever they stand, in lower case.
    pub matches: Vec<String>,
}

impl<'a> Canvas<'a> {
    /// A canvas over a buffer.
    pub fn new(buffer: &'a mut Buffer, look: Look<'a>) -> Canvas<'a> {
        Canvas { buffer, look, matches: Vec::new() }
    }

    /// The whole of it.
    pub fn area(&self) -> Rect {
        self.buffer.area
    }

    /// Writes words at the left of the first line of `room`; says how many columns they took.
    pub fn words(&mut self, room: Rect, words: &str, role: Role) -> u16 {
        self.paint(room, words, self.look.of(role))
    }

    /// Writes words at the right of the first line of `room`; says how many columns they took.
    pub fn words_right(&mut self, room: Rect, words: &str, role: Role) -> u16 {
        let width = short(columns(words)).min(room.width);
        let at = Rect { x: room.x.saturating_add(room.width - width), width, ..room };
        self.words(at, words, role)
    }

    /// Writes words at the left of what is left of a line, which shrinks by them.
    pub fn put(&mut self, rest: &mut Rect, words: &str, role: Role) {
        let used = self.words(*rest, words, role);
        advance(rest, used);
    }

    /// Writes words at the right of what is left of a line, which shrinks by them.
    pub fn put_right(&mut self, rest: &mut Rect, words: &str, role: Role) {
        let used = self.words_right(*rest, words, role);
        rest.width = rest.width.saturating_sub(used);
    }

    /// Writes a cell into the first line of `room`; says how many columns it took.
    pub fn cell(&mut self, room: Rect, cell: &Cell, align: Align) -> u16 {
        self.cell_to_scale(room, cell, align, None)
    }

    /// Writes a cell whose small charts reach their top at `top`; at their own largest value where there is none.
    pub fn cell_to_scale(
        &mut self,
        room: Rect,
        cell: &Cell,
        align: Align,
        top: Option<f64>,
    ) -> u16 {
        let mut rest = Rect { height: room.height.min(1), ..room };
        if align == Align::Right {
            let spare = room.width.saturating_sub(short(natural_width(cell)));
            advance(&mut rest, spare);
        }
        let mut pieces = cell.0.iter().peekable();
        while let Some(piece) = pieces.next() {
            let cuts = rest.width < short(piece_width(piece)) + u16::from(pieces.peek().is_some());
            let used = self.piece(rest, piece, top);
            advance(&mut rest, used);
            if cuts && rest.width == 0 && pieces.peek().is_some() {
                self.show_cut(room);
                break;
            }
        }
        rest.x.saturating_sub(room.x)
    }

    /// Paints the ground of a rectangle in a role and takes away what stood there.
    pub fn clear(&mut self, area: Rect, role: Role) {
        let area = area.intersection(self.buffer.area);
        let style = self.look.ground().patch(self.look.of(role));
        for y in area.top()..area.bottom() {
            self.mend_edge(area.x, y);
            for x in area.left()..area.right() {
                if let Some(cell) = self.buffer.cell_mut((x, y)) {
                    cell.reset();
                    cell.set_style(style);
                }
            }
        }
    }

    /// Lays a role over a rectangle; what stands there stays.
    pub fn overlay(&mut self, area: Rect, role: Role) {
        self.buffer.set_style(area, self.look.of(role));
    }

    /// Takes and gives attributes in a rectangle.
    pub fn restyle(&mut self, area: Rect, style: Style) {
        self.buffer.set_style(area, style);
    }

    /// A level line over the width of `room`.
    pub fn rule(&mut self, room: Rect, role: Role) {
        let [level, _] = self.look.glyphs.lines;
        let style = self.look.of(role);
        for x in room.left()..room.right() {
            self.paint(Rect { x, width: 1, height: room.height.min(1), ..room }, level, style);
        }
    }

    /// Writes one text in a style; says how many columns it took.
    pub fn paint(&mut self, room: Rect, text: &str, style: Style) -> u16 {
        let room = room.intersection(self.buffer.area);
        if room.is_empty() {
            return 0;
        }
        let text = self.written(text);
        let (head, is_cut) = fit(&text, usize::from(room.width));
        let (end, _) =
            self.buffer.set_stringn(room.x, room.y, head, usize::from(room.width), style);
        self.point_at_matches(room, head);
        if !is_cut {
            return end.saturating_sub(room.x);
        }
        self.buffer.set_stringn(end, room.y, self.look.glyphs.ellipsis, 1, style);
        end.saturating_add(1).saturating_sub(room.x).min(room.width)
    }

    fn piece(&mut self, room: Rect, piece: &Piece, top: Option<f64>) -> u16 {
        match piece {
            Piece::Words(words, role) => self.words(room, words, *role),
            Piece::Path(path, role) => self.path(room, path, *role),
            Piece::Mark(mark, role) => {
                let sign = self.look.glyphs.mark(*mark);
                self.paint(room, sign, self.look.of(*role))
            }
            Piece::Spark(values, role) => self.spark(room, values, *role, top),
            Piece::Bar(share, width, role) => self.bar(room, *share, *width, *role),
        }
    }

    /// A path: where there is too little room, its end is shown behind the sign of a cut.
    fn path(&mut self, room: Rect, path: &str, role: Role) -> u16 {
        let surplus = columns(path).saturating_sub(usize::from(room.width));
        if surplus == 0 || room.width < 2 {
            return self.words(room, path, role);
        }
        let tail = format!("{}{}", self.look.glyphs.ellipsis, skip(path, surplus + 1));
        self.words(room, &tail, role)
    }

    /// A chart; where there is no room for every value, one column stands for several and shows the largest.
    fn spark(&mut self, room: Rect, values: &[Option<f64>], role: Role, top: Option<f64>) -> u16 {
        let top = top.unwrap_or_else(|| largest(values));
        let count = values.len().min(usize::from(room.width));
        let style = self.look.of(role);
        for (place, x) in (0..count).zip(room.x..room.right()) {
            let (from, to) = (place * values.len() / count, (place + 1) * values.len() / count);
            let value = peak(values.get(from..to).unwrap_or_default());
            self.paint(Rect { x, width: 1, ..room }, self.look.glyphs.spark(value, top), style);
        }
        short(count)
    }

    fn bar(&mut self, room: Rect, share: f64, width: u16, role: Role) -> u16 {
        let width = width.min(room.width);
        let share = if share.is_finite() { share.clamp(0.0, 1.0) } else { 0.0 };
        let mut left = super::glyph::eighths(share * f64::from(width) * 8.0);
        let filled = self.look.of(role).patch(self.look.as_ground(Role::BarEmpty));
        for x in room.x..room.x.saturating_add(width) {
            let sign = self.look.glyphs.bar(left).unwrap_or(self.look.glyphs.bar_empty);
            self.paint(Rect { x, width: 1, ..room }, sign, filled);
            left = left.saturating_sub(8);
        }
        width
    }

    /// Writes over the last column of `room` that something was cut off.
    fn show_cut(&mut self, room: Rect) {
        let last = Rect { x: room.right().saturating_sub(1), width: room.width.min(1), ..room };
        self.mend_edge(last.x, last.y);
        let style = self
            .buffer
            .cell((last.x, last.y))
            .map_or_else(Style::new, ratatui::buffer::Cell::style);
        self.paint(last, self.look.glyphs.ellipsis, style);
    }

    /// A letter of two columns left of `x` would reach over it: it is taken away.
    fn mend_edge(&mut self, x: u16, y: u16) {
        let Some(before) = x.checked_sub(1) else { return };
        if let Some(cell) = self.buffer.cell_mut((before, y))
            && columns(cell.symbol()) > 1
        {
            cell.set_symbol(" ");
        }
    }

    /// The text as this terminal can show it.
    fn written<'t>(&self, text: &'t str) -> Cow<'t, str> {
        if !self.look.glyphs.is_ascii || text.is_ascii() {
            return Cow::Borrowed(text);
        }
        let plain = |(letter, width): (&str, usize)| {
            let sign = letter.chars().next().map_or('?', Glyphs::plain);
            std::iter::repeat_n(sign, width.max(1))
        };
        Cow::Owned(letters(text).flat_map(plain).collect())
    }

    fn point_at_matches(&mut self, room: Rect, head: &str) {
        if self.matches.is_empty() || head.is_empty() {
            return;
        }
        let low = head.to_lowercase();
        let style = self.look.of(Role::Match);
        for word in &self.matches {
            // Where lower case is longer than the letters themselves, places would not agree.
            if low.len() != head.len() || word.is_empty() {
                continue;
            }
            for (at, found) in low.match_indices(word.as_str()) {
                let before = short(columns(low.get(..at).unwrap_or_default()));
                let x = room.x.saturating_add(before);
                let width = short(columns(found)).min(room.right().saturating_sub(x));
                self.buffer.set_style(Rect { x, width, ..room }, style);
            }
        }
    }
}

/// How many columns a cell would like.
pub fn natural_width(cell: &Cell) -> usize {
    cell.0.iter().map(piece_width).sum()
}

fn piece_width(piece: &Piece) -> usize {
    match piece {
        Piece::Words(words, _) | Piece::Path(words, _) => columns(words),
        Piece::Mark(..) => 1,
        Piece::Spark(values, _) => values.len(),
        Piece::Bar(_, width, _) => usize::from(*width),
    }
}

/// The largest of some values; 0 where none is known.
pub(super) fn largest(values: &[Option<f64>]) -> f64 {
    peak(values).unwrap_or(0.0).max(0.0)
}

/// The largest of some values, if any is known.
fn peak(values: &[Option<f64>]) -> Option<f64> {
    values.iter().flatten().copied().filter(|value| value.is_finite()).reduce(f64::max)
}

/// Takes some columns from the left of a rectangle.
pub(super) fn advance(rest: &mut Rect, by: u16) {
    let by = by.min(rest.width);
    rest.x = rest.x.saturating_add(by);
    rest.width -= by;
}

/// One line of a rectangle, counted from its top; empty where the rectangle has no such line.
pub(super) fn line_of(area: Rect, line: u16) -> Rect {
    let height = u16::from(line < area.height);
    Rect { y: area.y.saturating_add(line), height, ..area }
}

/// A rectangle with some columns left free at both sides.
pub(super) fn inset(area: Rect, columns: u16) -> Rect {
    super::layout::within(area, columns, 0)
}

/// A number of columns as the screen counts them.
pub(super) fn short(columns: usize) -> u16 {
    u16::try_from(columns).unwrap_or(u16::MAX)
}

#[cfg(test)]
mod tests {
    use proptest::collection::vec;
    use proptest::option;
    use proptest::prelude::*;

    use super::*;
    use crate::pane::block::Mark;
    use crate::view::sample::{screen, theme, words};

    fn drawn(width: u16, draw: impl FnOnce(&mut Canvas<'_>)) -> String {
        let mut buffer = screen(width, 1);
        let theme = theme();
        draw(&mut Canvas::new(&mut buffer, Look::new(&theme)));
        words(&buffer)
    }

    /// A cell of anything that may come.
    fn any_cell() -> impl Strategy<Value = Cell> {
        let piece = prop_oneof![
            "\\PC{0,24}".prop_map(|words| Piece::Words(words, Role::Text)),
            "[a日é\u{301}\u{200b}\u{1f600}\u{7}]{0,12}"
                .prop_map(|words| Piece::Words(words, Role::TextStrong)),
            Just(Piece::Mark(Mark::Bad, Role::SeverityBad)),
            vec(option::of(any::<f64>()), 0..12)
                .prop_map(|values| Piece::Spark(values, Role::Spark)),
            (any::<f64>(), 0_u16..30).prop_map(|(share, width)| Piece::Bar(
                share,
                width,
                Role::BarFill
            )),
        ];
        vec(piece, 0..5).prop_map(Cell)
    }

    proptest! {
        #[test]
        fn no_cell_is_ever_written_outside_its_room(
            cell in any_cell(), x in 0_u16..30, width in 0_u16..30, right in any::<bool>(),
        ) {
            let theme = theme();
            let mut buffer = screen(24, 3);
            for at in &mut buffer.content {
                at.set_symbol("#");
            }
            let room = Rect::new(x, 1, width, 1);
            let align = if right { Align::Right } else { Align::Left };
            let used = Canvas::new(&mut buffer, Look::new(&theme)).cell(room, &cell, align);
            prop_assert!(used <= width);
            for (place, at) in buffer.content.iter().enumerate() {
                let (column, line) = buffer.pos_of(place);
                let is_within = line == 1 && (x..x.saturating_add(width)).contains(&column);
                let reach = column + short(columns(at.symbol()).max(1));
                prop_assert!(is_within || at.symbol() == "#", "{column} {line}");
                prop_assert!(!is_within || reach <= (x + width).min(24));
                prop_assert!(!at.symbol().contains(char::is_control));
            }
        }
    }

    #[test]
    fn numbers_stand_right() {
        let text = drawn(8, |canvas| {
            canvas.cell(canvas.area(), &Cell::plain("42"), Align::Right);
        });
        assert_eq!(text, "      42");
    }

    #[test]
    fn a_cell_that_is_too_long_says_so() {
        let cell = Cell::mark(Mark::Fine, Role::Text).and(" integration", Role::Text);
        let text = drawn(8, |canvas| {
            canvas.cell(canvas.area(), &cell, Align::Left);
        });
        assert_eq!(text, "● integ…");
    }

    #[test]
    fn a_cell_cut_between_its_pieces_says_so() {
        let cell = Cell::plain("build").and(" more", Role::Text);
        let text = drawn(5, |canvas| {
            canvas.cell(canvas.area(), &cell, Align::Left);
        });
        assert_eq!(text, "buil…");
    }

    #[test]
    fn nothing_is_written_outside_the_room() {
        let text = drawn(12, |canvas| {
            let room = Rect::new(4, 0, 3, 1);
            canvas.cell(room, &Cell::plain("日本語日本語"), Align::Left);
            canvas.cell(Rect::new(9, 0, 400, 7), &Cell::plain("a long name"), Align::Left);
            canvas.cell(Rect::new(90, 40, 10, 1), &Cell::plain("beyond"), Align::Right);
        });
        assert_eq!(text, "    日…  a …");
    }

    #[test]
    fn a_bar_is_filled_to_an_eighth_of_a_column() {
        let text = drawn(12, |canvas| {
            let bar = Cell(vec![Piece::Bar(0.55, 10, Role::BarFill)]);
            canvas.cell(canvas.area(), &bar, Align::Left);
        });
        assert_eq!(text, "█████▌");
    }

    #[test]
    fn a_chart_without_room_keeps_its_peaks() {
        let text = drawn(3, |canvas| {
            let values = [1.0, 8.0, 4.0, 2.0, 1.0, 8.0].map(Some).to_vec();
            canvas.cell(canvas.area(), &Cell(vec![Piece::Spark(values, Role::Spark)]), Align::Left);
        });
        assert_eq!(text, "█▄█");
    }

    #[test]
    fn a_wide_letter_does_not_reach_into_what_lies_over_it() {
        let text = drawn(6, |canvas| {
            canvas.words(canvas.area(), "日本", Role::Text);
            canvas.clear(Rect::new(1, 0, 2, 1), Role::Popup);
            canvas.words(Rect::new(1, 0, 2, 1), "ab", Role::Text);
        });
        assert_eq!(text, " ab");
    }

    #[test]
    fn ascii_terminals_get_ascii_only() {
        let mut buffer = screen(20, 1);
        let theme = theme();
        let look = Look { theme: &theme, glyphs: &super::super::glyph::ASCII };
        let mut canvas = Canvas::new(&mut buffer, look);
        canvas.words(canvas.area(), "└ Prüfung 日 …", Role::Text);
        assert_eq!(words(&buffer), "` Pr?fung ?? ~");
    }
}
