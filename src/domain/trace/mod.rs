//! [`Trace`]: a job's log as a value: bounded, indexed by line, folded by section, and parsed only where it is looked at.
//!
//! **Invariant:** nothing that a log contains reaches a terminal but text that may be shown, in colours. Every line
//! is read on its own, so a broken sequence cannot hide the lines behind it, nor the rest of its own.

mod line;
mod log;
mod paint;
mod search;
mod section;
mod style;
#[cfg(test)]
mod tests;
mod window;

pub use log::Trace;
pub use search::{Direction, Match};
pub use section::Section;
pub use style::{Colour, Style};
pub use window::{Layout, Position, Row, Span, Wrap};

/// How much of a log is kept, bytes: its end.
pub const MAX_BYTES: usize = 4 << 20;

/// How many lines of a log are kept.
pub const MAX_LINES: usize = 50_000;

/// A line that is longer is shown as several, so that looking at one line costs little.
pub const MAX_LINE_BYTES: usize = 16 << 10;

/// What was let go at the beginning of a log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Dropped {
    /// How many lines.
    pub lines: u64,
    /// How many bytes.
    pub bytes: u64,
}

/// Whether the lines of a section are shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Folded {
    /// Only its first line is shown.
    Yes,
    /// All its lines are shown.
    No,
}

impl Dropped {
    /// A sentence for the first line of the log; `None` when nothing was dropped.
    pub fn sentence(self) -> Option<String> {
        let Dropped { lines, bytes } = self;
        let size = if bytes < 1 << 20 {
            format!("{} KiB", bytes.div_ceil(1 << 10))
        } else {
            format!("{} MiB", bytes.div_ceil(1 << 20))
        };
        (lines > 0).then(|| format!("{lines} earlier lines ({size}) were dropped here"))
    }
}
