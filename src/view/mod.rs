//! Draws the app. Reads, never writes; interprets blocks and rows, knows no subject.
//!
//! ```text
//! ┌ header ─ panes with their counts ───────────── feeds with their ages ─ mode ─ clock ┐
//! │                                                                                     │
//! │ band     what stands above the table: a line a tier, say                            │
//! │                                                                                     │
//! │ views    kinds of rows › the way down to here           33 of 412 jobs · 379 hidden │
//! │   TITLE            TITLE▼    TITLE                     ┃│ detail                    │
//! │ ▌ main             main      main                      ┃│   right from 140 columns, │
//! │   the table, or a detail, or a log                     ││   below from 100,         │
//! │                                                        ││   else on its own screen  │
//! │ status   the filter, a message, what is wrong                                       │
//! └ footer ─ the keys that work at this moment ─────────────────────────────────────────┘
//! ```
//!
//! **Invariant:** rows are asked for only while they are visible. Where things stand depends on the size of the screen
//! and on what was chosen, never on the rows. No text leaves its rectangle, whatever it holds.

mod back;
pub mod block;
pub mod canvas;
pub mod export;
mod feeds;
pub mod fit;
pub mod footer;
pub mod glyph;
pub mod header;
pub mod layout;
pub mod log;
pub mod modal;
#[cfg(test)]
mod sample;
mod screen;
pub mod status;
pub mod style;
pub mod table;
#[cfg(test)]
mod tests;
pub mod views;
pub mod wake;
pub mod width;

use ratatui::Frame;
use ratatui::buffer::Buffer;
use ratatui::layout::Position;

use crate::app::App;
use crate::app::ui::Drawn;
use crate::domain::Timestamp;
use crate::theme::Theme;
use style::Look;

pub use wake::{Picture, wake};

/// Draws the app on a terminal. What was drawn, and where, goes back to the app, so that pages and clicks know their
/// size.
pub fn draw(frame: &mut Frame<'_>, app: &App, theme: &Theme, now: Timestamp) -> Drawn {
    draw_as(frame, app, Look::new(theme), now)
}

/// Draws the app on a terminal in a look of one's own: in ASCII, say.
pub fn draw_as(frame: &mut Frame<'_>, app: &App, look: Look<'_>, now: Timestamp) -> Drawn {
    let (drawn, cursor) = paint(frame.buffer_mut(), app, look, now);
    if let Some(cursor) = cursor {
        frame.set_cursor_position(cursor);
    }
    drawn
}

/// Draws the app on a buffer. Says besides where the terminal's cursor belongs, if text is typed.
pub fn paint(
    buffer: &mut Buffer,
    app: &App,
    look: Look<'_>,
    now: Timestamp,
) -> (Drawn, Option<Position>) {
    screen::paint(buffer, app, look, now)
}
