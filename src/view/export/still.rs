//! The app as one still picture, off any terminal.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::app::App;
use crate::domain::Timestamp;
use crate::theme::Theme;
use crate::view::style::Look;

/// Draws the app once on a screen of so many columns and lines.
pub fn still(app: &App, theme: &Theme, (width, height): (u16, u16), now: Timestamp) -> Buffer {
    let mut buffer = Buffer::empty(Rect::new(0, 0, width, height));
    crate::view::paint(&mut buffer, app, Look::new(theme), now);
    buffer
}
