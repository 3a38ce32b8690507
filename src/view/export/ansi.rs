//! A drawn screen as text with colours, for a terminal or a pager.

use std::fmt::Write as _;

use ratatui::buffer::Buffer;
use ratatui::style::{Color, Modifier, Style};

/// The screen as text with escape sequences for colours and attributes; every line ends plain.
pub fn ansi(buffer: &Buffer) -> String {
    let mut out = String::new();
    for y in buffer.area.top()..buffer.area.bottom() {
        let mut last = None;
        for (_, cell) in super::line(buffer, y) {
            let style = cell.style();
            if last != Some(style) {
                out.push_str(&sequence(style));
                last = Some(style);
            }
            out.push_str(cell.symbol());
        }
        out.push_str("\x1b[0m\n");
    }
    out
}

/// The sequence that makes what follows look like `style`, whatever came before.
fn sequence(style: Style) -> String {
    let attributes = [
        (Modifier::BOLD, 1),
        (Modifier::DIM, 2),
        (Modifier::ITALIC, 3),
        (Modifier::UNDERLINED, 4),
        (Modifier::REVERSED, 7),
    ];
    let mut out = "\x1b[0".to_owned();
    for (modifier, code) in attributes {
        if style.add_modifier.contains(modifier) {
            write_code(&mut out, &[code]);
        }
    }
    colour(&mut out, style.fg, 38);
    colour(&mut out, style.bg, 48);
    out.push('m');
    out
}

fn colour(out: &mut String, colour: Option<Color>, base: u8) {
    match colour {
        Some(Color::Rgb(red, green, blue)) => write_code(out, &[base, 2, red, green, blue]),
        Some(Color::Indexed(index)) => write_code(out, &[base, 5, index]),
        _ => {}
    }
}

fn write_code(out: &mut String, codes: &[u8]) {
    for code in codes {
        // Writing to a string cannot fail.
        _ = write!(out, ";{code}");
    }
}

#[cfg(test)]
mod tests {
    use ratatui::layout::Rect;

    use super::*;

    #[test]
    fn a_style_is_said_once_for_all_letters_that_share_it() {
        let mut buffer = Buffer::empty(Rect::new(0, 0, 4, 1));
        buffer.set_string(0, 0, "ab", Style::new().fg(Color::Rgb(1, 2, 3)));
        buffer.set_string(2, 0, "c", Style::new().bg(Color::Indexed(7)).bold());
        assert_eq!(ansi(&buffer), "\x1b[0;38;2;1;2;3mab\x1b[0;1;48;5;7mc\x1b[0m \x1b[0m\n");
    }
}
