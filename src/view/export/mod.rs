//! A drawn screen as a file: plain text, text with colours, a picture.

mod ansi;
mod still;
mod svg;

use ratatui::buffer::{Buffer, Cell, CellWidth};

pub use ansi::ansi;
pub use still::still;
pub use svg::svg;

/// The words of a screen, line by line, without blanks at their ends.
pub fn text(buffer: &Buffer) -> String {
    let mut out = String::new();
    for y in buffer.area.top()..buffer.area.bottom() {
        let line: String = line(buffer, y).map(|(_, cell)| cell.symbol()).collect();
        out.push_str(line.trim_end());
        out.push('\n');
    }
    out
}

/// The cells of a line with their columns; those that a wide letter covers are left out.
fn line(buffer: &Buffer, y: u16) -> impl Iterator<Item = (u16, &Cell)> {
    let mut free = buffer.area.left();
    (buffer.area.left()..buffer.area.right()).filter_map(move |x| {
        let cell = buffer.cell((x, y))?;
        if x < free {
            return None;
        }
        free = x.saturating_add(cell.symbol().cell_width().max(1));
        Some((x, cell))
    })
}
