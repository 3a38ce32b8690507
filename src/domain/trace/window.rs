//! The rows that are looked at: only these are parsed, coloured and wrapped.

use unicode_width::UnicodeWidthChar;

use super::line::Class;
use super::paint::{self, Cell};
use super::{Section, Style, Trace};
use crate::domain::Timestamp;

/// What becomes of a line that is wider than the screen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Wrap {
    /// It goes on in the next row.
    Lines,
    /// It is cut; the screen shows it from this column on.
    From(usize),
}

/// How rows are made of lines.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Layout {
    /// Columns.
    pub width: usize,
    /// What becomes of longer lines.
    pub wrap: Wrap,
}

/// A row's address, which does not move when the log grows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Position {
    /// The number of the line.
    pub line: u64,
    /// Which row of the line, from 0; more only when lines are wrapped.
    pub part: usize,
}

/// A row of the screen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// Its address.
    pub position: Position,
    /// When the line was written, where the runner says so.
    pub time: Option<Timestamp>,
    /// The section that begins here.
    pub section: Option<Section>,
    /// The text, piece by piece.
    pub spans: Vec<Span>,
    /// Where the row begins in [`Trace::plain_line`], bytes: for marking what was found.
    pub start: usize,
    /// Whether the line goes on to the right of the screen.
    pub is_cut: bool,
}

impl Row {
    /// The text alone.
    pub fn text(&self) -> String {
        self.spans.iter().map(|span| span.text.as_str()).collect()
    }
}

/// A piece of a row in one style. Its text is safe to print.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Span {
    /// What it says.
    pub text: String,
    /// How it looks.
    pub style: Style,
}

impl Trace {
    /// At most `height` rows from an address on, down to the end. An address that is folded away or dropped stands
    /// for the next row that is shown.
    pub fn window(&self, from: Position, height: usize, layout: Layout) -> Vec<Row> {
        let mut rows = Vec::with_capacity(height.min(512));
        let mut part = from.part;
        let mut next = self.shown_from(from.line);
        if next != Some(from.line) {
            part = 0;
        }
        while let Some(line) = next.filter(|_| rows.len() < height) {
            let all = self.rows_of(line, layout);
            let last = all.len().saturating_sub(1);
            rows.extend(all.into_iter().skip(part.min(last)).take(height - rows.len()));
            part = 0;
            next = self.shown_from(line + 1);
        }
        rows
    }

    /// The address of the first row such that the log's last row stands at the bottom of `height` rows.
    pub fn bottom(&self, height: usize, layout: Layout) -> Position {
        let Some(line) = self.line_numbers().end.checked_sub(1).and_then(|l| self.shown_to(l))
        else {
            return Position::default();
        };
        let part = self.rows_of(line, layout).len().saturating_sub(1);
        self.up(Position { line, part }, height.saturating_sub(1), layout)
    }

    /// The address `rows` further down, or the last.
    pub fn down(&self, from: Position, rows: usize, layout: Layout) -> Position {
        let mut here = from;
        let mut left = rows;
        while left > 0 {
            let last = self.rows_of(here.line, layout).len().saturating_sub(1);
            let step = left.min(last.saturating_sub(here.part));
            here.part += step;
            left -= step;
            match self.shown_from(here.line + 1).filter(|_| left > 0) {
                Some(line) => here = Position { line, part: 0 },
                None => break,
            }
            left -= 1;
        }
        here
    }

    /// The address `rows` further up, or the first.
    pub fn up(&self, from: Position, rows: usize, layout: Layout) -> Position {
        let mut here = from;
        let mut left = rows;
        while left > 0 {
            let step = left.min(here.part);
            here.part -= step;
            left -= step;
            let above = here.line.checked_sub(1).and_then(|line| self.shown_to(line));
            match above.filter(|_| left > 0) {
                Some(line) => {
                    let part = self.rows_of(line, layout).len().saturating_sub(1);
                    here = Position { line, part };
                }
                None => break,
            }
            left -= 1;
        }
        here
    }

    /// The first line at or after this one that is shown.
    fn shown_from(&self, line: u64) -> Option<u64> {
        let kept = self.line_numbers();
        let mut line = line.max(kept.start);
        while line < kept.end {
            match self.sections.fold_over(line) {
                Some(fold) => line = fold.last?.saturating_add(1),
                None if self.is_marker_alone(line) => line += 1,
                None => return Some(line),
            }
        }
        None
    }

    /// The last line at or before this one that is shown.
    fn shown_to(&self, line: u64) -> Option<u64> {
        let kept = self.line_numbers();
        let mut line = line.min(kept.end.checked_sub(1)?);
        while line >= kept.start {
            match self.sections.fold_over(line) {
                Some(fold) => line = fold.first,
                None if self.is_marker_alone(line) => line = line.checked_sub(1)?,
                None => return Some(line),
            }
        }
        None
    }

    /// Whether a line holds a marker and nothing to see.
    fn is_marker_alone(&self, number: u64) -> bool {
        self.line(number).is_some_and(|line| line.is_marker_alone)
    }

    /// All rows of a line: at least one.
    fn rows_of(&self, number: u64, layout: Layout) -> Vec<Row> {
        let Some(line) = self.line(number) else { return Vec::new() };
        let painted = match line.class {
            Class::Plain => None,
            _ => Some(paint::paint(self.slice(line.start, line.end))),
        };
        let section = self.section_at(number).cloned();
        let mut cells = painted.map_or_else(|| plain_cells(&self.plain(line)), |p| p.cells);
        if let Some(section) = section.as_ref().filter(|_| cells.is_empty()) {
            cells = plain_cells(section.name.as_str());
        }
        let mut rows: Vec<Row> = cut(&cells, layout)
            .into_iter()
            .enumerate()
            .map(|(part, piece)| Row {
                position: Position { line: number, part },
                time: line.time,
                section: None,
                spans: spans(piece.cells),
                start: piece.start,
                is_cut: piece.is_cut,
            })
            .collect();
        if let Some(first) = rows.first_mut() {
            first.section = section;
        }
        rows
    }
}

/// The cells of a line in which every character is safe.
fn plain_cells(text: &str) -> Vec<Cell> {
    let mut cells = Vec::with_capacity(text.len());
    for character in text.chars() {
        cells.push(Cell { character: Some(character), ..Cell::default() });
        if character.width() == Some(2) {
            cells.push(Cell::default());
        }
    }
    cells
}

/// A part of a line that fits the screen.
struct Piece<'a> {
    cells: &'a [Cell],
    start: usize,
    is_cut: bool,
}

/// Cuts a line into rows.
fn cut(cells: &[Cell], layout: Layout) -> Vec<Piece<'_>> {
    let width = layout.width.max(2);
    let (mut rest, mut start) = (cells, 0);
    if let Wrap::From(column) = layout.wrap {
        let (before, shown) = split(cells, column);
        let (now, after) = split(shown, width);
        return vec![Piece { cells: now, start: bytes(before), is_cut: !after.is_empty() }];
    }
    let mut pieces = Vec::new();
    loop {
        let (now, after) = split(rest, width);
        pieces.push(Piece { cells: now, start, is_cut: false });
        start += bytes(now);
        rest = after;
        if rest.is_empty() {
            return pieces;
        }
    }
}

/// Splits at a column, before a wide character that stands across it.
fn split(cells: &[Cell], column: usize) -> (&[Cell], &[Cell]) {
    let across = cells.get(column).is_some_and(|cell| cell.character.is_none());
    let column = if across { column.saturating_sub(1) } else { column };
    cells.split_at_checked(column).unwrap_or((cells, &[]))
}

/// How many bytes the text of these cells has.
fn bytes(cells: &[Cell]) -> usize {
    cells
        .iter()
        .flat_map(|cell| cell.character.iter().chain(&cell.marks))
        .map(|c| c.len_utf8())
        .sum()
}

/// Joins neighbours of one style.
fn spans(cells: &[Cell]) -> Vec<Span> {
    let mut spans: Vec<Span> = Vec::new();
    for run in cells.chunk_by(|a, b| a.style == b.style) {
        let mut text = String::new();
        for cell in run {
            cell.push_to(&mut text);
        }
        let style = run.first().map_or_else(Style::default, |cell| cell.style);
        spans.push(Span { text, style });
    }
    spans
}
