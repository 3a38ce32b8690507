//! The job log on screen: the trace, and how it is looked at.

use crate::domain::Failure;
use crate::domain::trace::{Direction, Layout, Position, Trace, Wrap};

use super::effect::LogId;
use super::msg::LogNews;

/// Whether more is to come.
#[derive(Debug, Clone, PartialEq)]
pub enum Flow {
    /// Not read yet.
    Waiting,
    /// Read, and more may come.
    Live,
    /// The job has ended.
    Ended,
    /// The last attempt to read it failed; what was read before is still there.
    Failed(Failure),
}

/// The job log on screen.
#[derive(Debug)]
pub struct LogView {
    /// Whose log.
    pub of: LogId,
    /// What was read.
    pub trace: Trace,
    /// Whether more is to come.
    pub flow: Flow,
    /// The first visible row, unless the end is followed.
    pub top: Position,
    /// Columns scrolled away to the left, where lines are not wrapped.
    pub left: usize,
    /// Whether the end is kept in sight.
    pub is_following: bool,
    /// Whether long lines are wrapped.
    pub is_wrapped: bool,
    /// What is looked for.
    pub needle: String,
    /// The line where it was found last.
    pub found: Option<u64>,
    /// How many lines have it.
    pub hits: Hits,
}

/// How many lines of a log have what is looked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Hits {
    /// Which of them was found last, from 1; 0 where none was.
    pub place: usize,
    /// How many there are.
    pub lines: usize,
}

impl LogView {
    /// A log, before anything was read.
    pub fn new(of: LogId) -> LogView {
        LogView {
            of,
            trace: Trace::new(),
            flow: Flow::Waiting,
            top: Position::default(),
            left: 0,
            is_following: true,
            is_wrapped: false,
            needle: String::new(),
            found: None,
            hits: Hits::default(),
        }
    }

    /// Takes in news.
    pub fn take(&mut self, news: LogNews) {
        match news {
            LogNews::Replace(bytes) => {
                self.trace.replace(&bytes);
                self.flow = Flow::Live;
            }
            LogNews::Append(bytes) => {
                self.trace.append(&bytes);
                self.flow = Flow::Live;
            }
            LogNews::Ended => {
                self.trace.end();
                self.flow = Flow::Ended;
            }
            LogNews::Failed(failure) => self.flow = Flow::Failed(failure),
        }
        self.count();
    }

    /// How rows are made of lines on a screen this wide.
    pub fn layout(&self, width: usize) -> Layout {
        let wrap = if self.is_wrapped { Wrap::Lines } else { Wrap::From(self.left) };
        Layout { width, wrap }
    }

    /// The first visible row in a window of this size.
    pub fn first_visible(&self, window: Window) -> Position {
        if self.is_following { self.bottom(window) } else { self.top.min(self.bottom(window)) }
    }

    /// Moves by some rows; moving up lets the end go, reaching it takes it up again.
    pub fn step(&mut self, rows: isize, window: Window) {
        let here = self.first_visible(window);
        let layout = self.layout(window.width);
        let count = rows.unsigned_abs();
        self.top = if rows < 0 {
            self.trace.up(here, count, layout)
        } else {
            self.trace.down(here, count, layout)
        };
        let bottom = self.bottom(window);
        self.is_following = rows > 0 && self.top >= bottom;
        self.top = self.top.min(bottom);
    }

    /// Stays where it is, whatever comes behind.
    pub fn hold(&mut self, window: Window) {
        self.top = self.first_visible(window);
        self.is_following = false;
    }

    /// Goes to the beginning.
    pub fn go_to_start(&mut self) {
        self.top = Position { line: self.trace.line_numbers().start, part: 0 };
        self.is_following = false;
    }

    /// Looks for other words from now on.
    pub fn look_for(&mut self, needle: &str) {
        needle.clone_into(&mut self.needle);
        self.found = None;
        self.count();
    }

    /// Counts the lines that have the needle.
    fn count(&mut self) {
        let mut hits = Hits::default();
        if !self.needle.is_empty() {
            for line in self.trace.line_numbers() {
                hits.lines += usize::from(!self.trace.matches_in(line, &self.needle).is_empty());
                if self.found == Some(line) {
                    hits.place = hits.lines;
                }
            }
        }
        self.hits = hits;
    }

    /// Looks for the next place of the needle beyond the top row. Says whether there is one.
    pub fn find(&mut self, direction: Direction, window: Window) -> bool {
        let here = self.first_visible(window).line;
        let from = match direction {
            Direction::Down if self.found == Some(here) => here + 1,
            Direction::Up if self.found == Some(here) => here.saturating_sub(1),
            Direction::Down | Direction::Up => here,
        };
        // Beyond the last place the search goes on at the other end.
        let kept = self.trace.line_numbers();
        let other_end = match direction {
            Direction::Down => kept.start,
            Direction::Up => kept.end,
        };
        let next = |from| self.trace.find_next(&self.needle, from, direction);
        let Some(found) = next(from).or_else(|| next(other_end)) else { return false };
        self.trace.reveal(found.line);
        self.top = Position { line: found.line, part: 0 };
        self.found = Some(found.line);
        self.count();
        self.is_following = false;
        true
    }

    fn bottom(&self, window: Window) -> Position {
        self.trace.bottom(window.height, self.layout(window.width))
    }
}

/// The size of the log's window.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Window {
    /// Columns.
    pub width: usize,
    /// Rows.
    pub height: usize,
}

#[cfg(test)]
mod tests {
    use super::*;

    const WINDOW: Window = Window { width: 80, height: 2 };

    fn log() -> LogView {
        let mut log = LogView::new(LogId::Job(crate::domain::JobId(1)));
        log.take(LogNews::Replace(b"a\nb\nc\nd\n".to_vec()));
        log
    }

    #[test]
    fn the_end_stays_in_sight_while_it_is_followed() {
        let mut log = log();
        let before = log.first_visible(WINDOW);
        log.take(LogNews::Append(b"e\n".to_vec()));
        assert!(log.first_visible(WINDOW) > before);
    }

    #[test]
    fn a_search_from_the_end_goes_on_at_the_beginning() {
        let mut log = log();
        log.look_for("a");
        assert!(log.find(Direction::Down, WINDOW));
        assert_eq!((log.found, log.hits), (Some(0), Hits { place: 1, lines: 1 }));
        log.look_for("x");
        assert!(!log.find(Direction::Down, WINDOW) && log.hits.lines == 0);
    }

    #[test]
    fn a_log_that_is_held_stays_where_it_is() {
        let mut log = log();
        log.hold(WINDOW);
        let before = log.first_visible(WINDOW);
        log.take(LogNews::Append(b"e\nf\n".to_vec()));
        assert_eq!(log.first_visible(WINDOW), before);
    }
}
