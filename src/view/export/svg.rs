//! A drawn screen as a picture (SVG): letters as text, bars and lines as shapes, so that it is sharp at any size.

use std::fmt::Write as _;

use ratatui::buffer::{Buffer, Cell, CellWidth};
use ratatui::style::{Color, Modifier, Style};

use crate::view::style::Look;

/// The width of a column and the height of a line, in the picture's units.
const CELL: (f64, f64) = (8.4, 18.0);

/// Where letters stand within their line, from its top.
const BASELINE: f64 = 13.2;

/// The margin around the screen.
const MARGIN: f64 = 14.0;

/// The picture of a screen. The ground and the colour of letters that have none of their own are the theme's.
pub fn svg(buffer: &Buffer, look: &Look<'_>) -> String {
    let (letters, ground) = look.paper();
    let paper = Paper { letters: hex(letters, "#c0c0c0"), ground: hex(ground, "#000000") };
    let mut grounds = String::new();
    let mut shapes = String::new();
    for y in buffer.area.top()..buffer.area.bottom() {
        for run in runs(buffer, y) {
            run.draw(&paper, (&mut grounds, &mut shapes));
        }
    }
    let width = f64::from(buffer.area.width) * CELL.0 + 2.0 * MARGIN;
    let height = f64::from(buffer.area.height) * CELL.1 + 2.0 * MARGIN;
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width:.1}\" height=\"{height:.1}\" \
         viewBox=\"0 0 {width:.1} {height:.1}\" font-size=\"14\" \
         font-family=\"'JetBrains Mono','DejaVu Sans Mono',Menlo,Consolas,monospace\">\n\
         <rect width=\"100%\" height=\"100%\" rx=\"8\" fill=\"{}\"/>\n\
         <g shape-rendering=\"crispEdges\">\n{grounds}</g>\n{shapes}</svg>\n",
        paper.ground
    )
}

/// The colours of what has none of its own.
struct Paper {
    letters: String,
    ground: String,
}

/// Letters side by side that look the same.
struct Run {
    x: u16,
    y: u16,
    width: u16,
    text: String,
    style: Style,
}

/// The runs of a line. A sign beyond ASCII is a run of its own: fonts disagree about its width.
fn runs(buffer: &Buffer, y: u16) -> Vec<Run> {
    let mut out: Vec<Run> = Vec::new();
    for (x, cell) in super::line(buffer, y) {
        let width = cell.symbol().cell_width().max(1);
        match out.last_mut() {
            Some(run) if joins(run, cell) => {
                run.width += width;
                run.text.push_str(cell.symbol());
            }
            _ => {
                let text = cell.symbol().to_owned();
                out.push(Run { x, y: y - buffer.area.y, width, text, style: cell.style() });
            }
        }
    }
    out
}

fn joins(run: &Run, cell: &Cell) -> bool {
    let is_blank = |text: &str| text.bytes().all(|byte| byte == b' ');
    run.style == cell.style()
        && run.text.is_ascii()
        && cell.symbol().is_ascii()
        && is_blank(&run.text) == is_blank(cell.symbol())
}

impl Run {
    fn draw(&self, paper: &Paper, (grounds, shapes): (&mut String, &mut String)) {
        let (fg, bg) = self.colours(paper);
        let (x, y) = self.corner();
        let width = f64::from(self.width) * CELL.0;
        if bg != paper.ground {
            let height = CELL.1;
            add(
                grounds,
                format_args!(
                    "<rect x=\"{x:.1}\" y=\"{y:.1}\" width=\"{width:.1}\" height=\"{height}\" fill=\"{bg}\"/>"
                ),
            );
        }
        if self.has(Modifier::UNDERLINED) {
            let y = y + BASELINE + 2.2;
            add(
                shapes,
                format_args!(
                    "<rect x=\"{x:.1}\" y=\"{y:.1}\" width=\"{width:.1}\" height=\"1\" fill=\"{fg}\"/>"
                ),
            );
        }
        if let Some(shape) = shape(&self.text, (x, y), &fg) {
            add(shapes, format_args!("{shape}"));
        } else if !self.text.trim().is_empty() {
            self.letters(shapes, &fg);
        }
    }

    fn letters(&self, shapes: &mut String, fg: &str) {
        let (x, y) = self.corner();
        let mut look = String::new();
        for (modifier, attribute) in [
            (Modifier::BOLD, " font-weight=\"bold\""),
            (Modifier::ITALIC, " font-style=\"italic\""),
            (Modifier::DIM, " opacity=\"0.65\""),
        ] {
            if self.has(modifier) {
                look.push_str(attribute);
            }
        }
        let (y, length) = (y + BASELINE, f64::from(self.width) * CELL.0);
        let text = escaped(&self.text);
        add(
            shapes,
            format_args!(
                "<text x=\"{x:.1}\" y=\"{y:.1}\" textLength=\"{length:.1}\" \
             lengthAdjust=\"spacingAndGlyphs\" fill=\"{fg}\"{look}>{text}</text>"
            ),
        );
    }

    /// The upper left corner in the picture.
    fn corner(&self) -> (f64, f64) {
        (MARGIN + f64::from(self.x) * CELL.0, MARGIN + f64::from(self.y) * CELL.1)
    }

    fn has(&self, modifier: Modifier) -> bool {
        self.style.add_modifier.contains(modifier)
    }

    fn colours(&self, paper: &Paper) -> (String, String) {
        let fg = hex(self.style.fg.unwrap_or_default(), &paper.letters);
        let bg = hex(self.style.bg.unwrap_or_default(), &paper.ground);
        if self.has(Modifier::REVERSED) { (bg, fg) } else { (fg, bg) }
    }
}

/// The shape of a sign that is better drawn than written: bars, small charts, lines.
fn shape(text: &str, (x, y): (f64, f64), fg: &str) -> Option<String> {
    let (width, height) = CELL;
    let mut letters = text.chars();
    let (Some(letter), None) = (letters.next(), letters.next()) else { return None };
    let code = u32::from(letter);
    let filled = |x: f64, y: f64, width: f64, height: f64| {
        Some(format!(
            "<rect x=\"{x:.2}\" y=\"{y:.2}\" width=\"{width:.2}\" height=\"{height:.2}\" fill=\"{fg}\"/>"
        ))
    };
    let stroke = |path: String| {
        Some(format!("<path d=\"{path}\" stroke=\"{fg}\" stroke-width=\"1\" fill=\"none\"/>"))
    };
    let (middle, centre) = (x + width / 2.0, y + height / 2.0);
    let (right, bottom) = (x + width, y + height);
    match code {
        0x2581..=0x2588 => {
            let part = height * f64::from(code - 0x2580) / 8.0;
            filled(x, bottom - part, width, part)
        }
        0x2589..=0x258f => filled(x, y, width * f64::from(0x2590 - code) / 8.0, height),
        0x2500 => stroke(format!("M{x:.2} {centre:.2}H{right:.2}")),
        0x2502 => stroke(format!("M{middle:.2} {y:.2}V{bottom:.2}")),
        0x2503 => filled(middle - 1.2, y, 2.4, height),
        0x256d => stroke(format!(
            "M{middle:.2} {bottom:.2}Q{middle:.2} {centre:.2} {right:.2} {centre:.2}"
        )),
        0x256e => {
            stroke(format!("M{middle:.2} {bottom:.2}Q{middle:.2} {centre:.2} {x:.2} {centre:.2}"))
        }
        0x2570 => {
            stroke(format!("M{middle:.2} {y:.2}Q{middle:.2} {centre:.2} {right:.2} {centre:.2}"))
        }
        0x256f => stroke(format!("M{middle:.2} {y:.2}Q{middle:.2} {centre:.2} {x:.2} {centre:.2}")),
        _ => None,
    }
}

fn add(out: &mut String, line: std::fmt::Arguments<'_>) {
    // Writing to a string cannot fail.
    _ = writeln!(out, "{line}");
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

/// A colour as SVG writes it; `fallback` for the terminal's own.
fn hex(color: Color, fallback: &str) -> String {
    let rgb = match color {
        Color::Rgb(red, green, blue) => Some((red, green, blue)),
        Color::Indexed(index @ ..16) => crate::theme::Color::Ansi(index).rgb(),
        Color::Indexed(index) => crate::theme::Color::Indexed(index).rgb(),
        _ => None,
    };
    rgb.map_or_else(
        || fallback.to_owned(),
        |(red, green, blue)| format!("#{red:02x}{green:02x}{blue:02x}"),
    )
}

#[cfg(test)]
mod tests {
    use ratatui::layout::Rect;

    use super::*;
    use crate::view::sample::theme;

    fn picture(text: &str) -> String {
        let mut buffer = Buffer::empty(Rect::new(0, 0, 12, 1));
        buffer.set_string(0, 0, text, Style::new());
        svg(&buffer, &Look::new(&theme()))
    }

    #[test]
    fn letters_that_mean_something_in_svg_are_escaped() {
        let picture = picture("<b>&\"");
        assert!(picture.contains(">&lt;b&gt;&amp;\"</text>"), "{picture}");
    }

    #[test]
    fn a_full_block_is_a_rectangle_as_large_as_its_cell() {
        let picture = picture("█");
        assert!(
            picture.contains("<rect x=\"14.00\" y=\"14.00\" width=\"8.40\" height=\"18.00\""),
            "{picture}"
        );
    }

    #[test]
    fn a_wide_letter_takes_two_columns() {
        let picture = picture("日x");
        assert!(picture.contains("textLength=\"16.8\""), "{picture}");
        assert!(picture.contains("<text x=\"30.8\""), "{picture}");
    }
}
