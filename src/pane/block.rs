//! What there is to show, as plain values: cells, rows and blocks. A role, never a colour; a mark, never a glyph.

use crate::domain::{EntityId, Text, Timestamp};
use crate::theme::Role;

/// A state at a glance. The view turns it into a glyph, so that colour never stands alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Mark {
    /// All is well.
    Fine,
    /// Needs eyes.
    Warning,
    /// Broken.
    Bad,
    /// Cannot be told.
    Unknown,
    /// Was so; not confirmed lately.
    Old,
    /// Does not apply.
    NotApplicable,
    /// In motion.
    Running,
    /// Waiting.
    Waiting,
    /// Passed over.
    Skipped,
    /// A person must act.
    Manual,
}

/// A part of a cell.
#[derive(Debug, Clone, PartialEq)]
pub enum Piece {
    /// Words in a role. Whatever came from outside went through [`Text`] before.
    Words(String, Role),
    /// A path in a role: its end tells most, so that it is cut at its beginning.
    Path(String, Role),
    /// A mark in a role.
    Mark(Mark, Role),
    /// A small chart of values, oldest first; a gap where nothing is known.
    Spark(Vec<Option<f64>>, Role),
    /// A bar filled by a ratio from 0 to 1, this many columns wide.
    Bar(f64, u16, Role),
}

/// One cell of a row: pieces side by side.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Cell(pub Vec<Piece>);

impl Cell {
    /// A cell with nothing in it.
    pub fn empty() -> Cell {
        Cell::default()
    }

    /// A cell of words in one role.
    pub fn new(words: impl Into<String>, role: Role) -> Cell {
        Cell(vec![Piece::Words(words.into(), role)])
    }

    /// A cell with a path.
    pub fn path(path: impl Into<String>, role: Role) -> Cell {
        Cell(vec![Piece::Path(path.into(), role)])
    }

    /// A cell of plain words.
    pub fn plain(words: impl Into<String>) -> Cell {
        Cell::new(words, Role::Text)
    }

    /// A cell of words that do not matter much.
    pub fn dim(words: impl Into<String>) -> Cell {
        Cell::new(words, Role::TextDim)
    }

    /// A cell that says "does not apply".
    pub fn dot() -> Cell {
        Cell(vec![Piece::Mark(Mark::NotApplicable, Role::TextDim)])
    }

    /// A cell with a mark alone.
    pub fn mark(mark: Mark, role: Role) -> Cell {
        Cell(vec![Piece::Mark(mark, role)])
    }

    /// The same cell with more words behind.
    #[must_use]
    pub fn and(mut self, words: impl Into<String>, role: Role) -> Cell {
        self.0.push(Piece::Words(words.into(), role));
        self
    }

    /// The same cell with a mark behind.
    #[must_use]
    pub fn and_mark(mut self, mark: Mark, role: Role) -> Cell {
        self.0.push(Piece::Mark(mark, role));
        self
    }

    /// The words alone, as a file or a clipboard takes them.
    pub fn words(&self) -> String {
        self.0
            .iter()
            .filter_map(|piece| match piece {
                Piece::Words(words, _) | Piece::Path(words, _) => Some(words.as_str()),
                Piece::Mark(..) | Piece::Spark(..) | Piece::Bar(..) => None,
            })
            .collect::<String>()
            .trim()
            .to_owned()
    }

    /// The same cell with every role replaced: a row that is old, say, is dim as a whole.
    #[must_use]
    pub fn in_role(mut self, role: Role) -> Cell {
        for piece in &mut self.0 {
            match piece {
                Piece::Words(_, of)
                | Piece::Path(_, of)
                | Piece::Mark(_, of)
                | Piece::Spark(_, of)
                | Piece::Bar(_, _, of) => {
                    *of = role;
                }
            }
        }
        self
    }
}

/// Which way a column leans.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Align {
    /// Words.
    Left,
    /// Numbers.
    Right,
}

/// One visible row.
#[derive(Debug, Clone, PartialEq)]
pub struct Row {
    /// One cell a column, in the order in which columns were asked for.
    pub cells: Vec<Cell>,
    /// Whether it is not confirmed any more.
    pub is_stale: bool,
    /// When it changed before our eyes.
    pub changed_at: Option<Timestamp>,
    /// What it belongs to: rows of one group that follow each other repeat their first cells dimly.
    pub group: Option<EntityId>,
}

/// A column of a band or of a small table within the detail.
#[derive(Debug, Clone, PartialEq)]
pub struct Heading {
    /// Its title.
    pub title: String,
    /// Its width in columns.
    pub width: u16,
    /// Which way it leans.
    pub align: Align,
    /// The narrowest screen on which it stands; narrower ones leave it out.
    pub from_width: u16,
}

impl Heading {
    /// A heading that stands on every screen.
    pub fn new(title: &str, width: u16, align: Align) -> Heading {
        Heading { title: title.to_owned(), width, align, from_width: 0 }
    }

    /// The same heading, left out on screens narrower than `width`.
    #[must_use]
    pub fn from_width(mut self, width: u16) -> Heading {
        self.from_width = width;
        self
    }
}

/// Jobs of one stage.
#[derive(Debug, Clone, PartialEq)]
pub struct Stage {
    /// The stage's name.
    pub name: Text,
    /// Its jobs: a mark, the name, a short word.
    pub jobs: Vec<(EntityId, Cell)>,
}

/// A piece of a band or of a detail.
#[derive(Debug, Clone, PartialEq)]
pub enum Block {
    /// A heading over what follows.
    Title(Cell),
    /// Names and values, two by two.
    Facts(Vec<(String, Cell)>),
    /// A small table of fixed widths.
    Grid(Vec<Heading>, Vec<Vec<Cell>>),
    /// Lines of cells.
    Lines(Vec<Cell>),
    /// Jobs by stage.
    Stages(Vec<Stage>),
    /// What happened when, oldest first.
    Timeline(Vec<(Timestamp, Cell)>),
    /// A number over time.
    Chart(Chart),
}

/// A number over time, with the levels that it is held against.
#[derive(Debug, Clone, PartialEq)]
pub struct Chart {
    /// What it shows.
    pub title: String,
    /// The unit of its numbers: `%`.
    pub unit: &'static str,
    /// How many lines the plot takes.
    pub rows: u16,
    /// Where its axis ends at least; where its numbers end for `None`.
    pub top: Option<f64>,
    /// The numbers, oldest first; a gap where there is none.
    pub points: Vec<(Timestamp, Option<f64>)>,
    /// The levels.
    pub lines: Vec<Line>,
    /// What to say while there are no points.
    pub empty: String,
}

/// A level in a chart.
#[derive(Debug, Clone, PartialEq)]
pub struct Line {
    /// Where it lies, in the chart's unit.
    pub at: f64,
    /// What it stands for.
    pub name: String,
}
