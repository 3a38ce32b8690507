//! What a terminal would show of one line: overwritten by carriage returns, coloured, and nothing else.

use unicode_width::UnicodeWidthChar;
use vte::{Params, Parser, Perform};

use super::MAX_LINE_BYTES;
use super::line::pieces;
use super::section::next_marker;
use super::style::Style;
use crate::domain::text::{MAX_MARKS, REPLACED, is_mark, is_unsafe};

/// How far apart the stops are that a tab goes to.
const TAB: usize = 8;

/// A painted line: a cell for each column.
#[derive(Debug, Default)]
pub(super) struct Painted {
    pub(super) cells: Vec<Cell>,
    column: usize,
    style: Style,
}

/// One column. The second column of a wide character is a cell without a character.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Cell {
    pub(super) character: Option<char>,
    pub(super) marks: Vec<char>,
    pub(super) style: Style,
}

impl Cell {
    /// A blank.
    fn blank() -> Cell {
        Cell { character: Some(' '), ..Cell::default() }
    }
}

/// Paints a line, markers and headers left out.
pub(super) fn paint(raw: &[u8]) -> Painted {
    let mut painted = Painted::default();
    let mut parser: Parser = Parser::new();
    let text: Vec<u8> = pieces(raw).collect::<Vec<_>>().concat();
    let text = without_markers(text.strip_suffix(b"\r").unwrap_or(&text));
    // What is no UTF-8 is marked here, so that the parser never sees it.
    let text = String::from_utf8_lossy(&text);
    let mut rest = text.as_bytes();
    while let Some((before, after)) = split_at_unended(rest) {
        parser.advance(&mut painted, before);
        painted.print(REPLACED);
        parser = Parser::new();
        rest = after;
    }
    parser.advance(&mut painted, rest);
    painted
}

/// Takes the markers of sections out.
fn without_markers(text: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, _, after)) = next_marker(rest) {
        out.extend_from_slice(before);
        rest = after;
    }
    out.extend_from_slice(rest);
    out
}

/// Splits around the introducer of a string (OSC, DCS, SOS, PM, APC) that has no end in this line.
///
/// The parser would swallow everything behind it; a line must not be able to hide its own rest.
fn split_at_unended(text: &[u8]) -> Option<(&[u8], &[u8])> {
    let mut from = 0;
    loop {
        let at = from + text.get(from..)?.iter().position(|byte| *byte == 0x1b)?;
        let after = text.get(at + 2..).unwrap_or_default();
        let end = match text.get(at + 1) {
            Some(b']') => after.iter().position(|byte| ends_string(*byte) || *byte == 0x07),
            Some(b'P' | b'X' | b'^' | b'_') => after.iter().position(|byte| ends_string(*byte)),
            _ => {
                from = at + 1;
                continue;
            }
        };
        match end {
            Some(end) => from = at + 2 + end,
            None => return Some((text.get(..at)?, after)),
        }
    }
}

/// Whether a byte ends a string: ESC begins its terminator, CAN and SUB give it up.
fn ends_string(byte: u8) -> bool {
    matches!(byte, 0x1b | 0x18 | 0x1a)
}

impl Painted {
    /// The text alone.
    pub(super) fn plain(&self) -> String {
        let mut out = String::with_capacity(self.cells.len());
        for cell in &self.cells {
            cell.push_to(&mut out);
        }
        out
    }

    /// Puts a character at the cursor.
    fn put(&mut self, character: char, width: usize) {
        if self.cells.len() < self.column {
            self.cells.resize(self.column, Cell::blank());
        }
        self.split_wide(self.column);
        self.split_wide(self.column + width);
        for offset in 0..width {
            let cell = Cell {
                character: (offset == 0).then_some(character),
                marks: Vec::new(),
                style: self.style,
            };
            match self.cells.get_mut(self.column + offset) {
                Some(old) => *old = cell,
                None => self.cells.push(cell),
            }
        }
        self.column += width;
    }

    /// Makes blanks of a wide character whose second half is at `column`: half of it will be overwritten.
    fn split_wide(&mut self, column: usize) {
        if self.cells.get(column).is_some_and(|cell| cell.character.is_none()) {
            for half in self.cells.iter_mut().take(column + 1).skip(column.saturating_sub(1)) {
                *half = Cell { style: half.style, ..Cell::blank() };
            }
        }
    }

    /// Puts a mark on the character before the cursor.
    fn add_mark(&mut self, mark: char) {
        let before = self.cells.iter_mut().take(self.column).rev();
        let base = before.into_iter().find(|cell| cell.character.is_some());
        match base.filter(|cell| cell.marks.len() < MAX_MARKS) {
            Some(cell) if cell.character != Some(REPLACED) => cell.marks.push(mark),
            _ => self.put_replaced(),
        }
    }

    /// Marks that something unsafe stood here; a run of it is marked once.
    fn put_replaced(&mut self) {
        let last = self.column.checked_sub(1).and_then(|column| self.cells.get(column));
        if last.is_none_or(|cell| cell.character != Some(REPLACED)) {
            self.put(REPLACED, 1);
        }
    }

    /// Erases as CSI K does: behind the cursor, before it, or all.
    fn erase(&mut self, how: u16) {
        match how {
            0 => {
                self.split_wide(self.column);
                self.cells.truncate(self.column);
            }
            1 => {
                self.split_wide(self.column + 1);
                for cell in self.cells.iter_mut().take(self.column + 1) {
                    *cell = Cell::blank();
                }
            }
            2 => self.cells.clear(),
            _ => {}
        }
    }
}

impl Cell {
    /// Writes the character and its marks.
    pub(super) fn push_to(&self, out: &mut String) {
        out.extend(self.character);
        out.extend(&self.marks);
    }
}

impl Perform for Painted {
    fn print(&mut self, character: char) {
        if is_mark(character) {
            self.add_mark(character);
        } else if is_unsafe(character) {
            self.put_replaced();
        } else {
            match character.width() {
                Some(0) | None => self.add_mark(character),
                Some(width) => self.put(character, width),
            }
        }
    }

    fn execute(&mut self, byte: u8) {
        match byte {
            b'\r' => self.column = 0,
            0x08 => self.column = self.column.saturating_sub(1),
            b'\t' => {
                // A line of tabs alone must not become a wide one.
                let stop = (self.column / TAB + 1) * TAB;
                self.column = stop.min(self.column.max(MAX_LINE_BYTES));
                if self.cells.len() < self.column {
                    self.cells.resize(self.column, Cell { style: self.style, ..Cell::blank() });
                }
            }
            _ => self.put_replaced(),
        }
    }

    fn csi_dispatch(
        &mut self,
        parameters: &Params,
        intermediates: &[u8],
        _ignore: bool,
        action: char,
    ) {
        match (action, intermediates) {
            ('m', []) => self.style.apply(parameters.iter()),
            ('K', []) => {
                let how = parameters.iter().next().and_then(|parameter| parameter.first());
                self.erase(how.copied().unwrap_or(0));
            }
            _ => {}
        }
    }
}
