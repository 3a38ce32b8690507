//! The help: every command by where it works, its keys, what it does, and why it cannot be run now.

use std::borrow::Cow;

use ratatui::layout::Rect;

use super::frame;
use crate::app::modal::{Choice, Help};
use crate::pane::block::{Align, Cell, Mark};
use crate::theme::Role;
use crate::view::block::wrap;
use crate::view::canvas::{Canvas, advance, inset, line_of, natural_width, short};
use crate::view::fit::columns;
use crate::view::layout::centred;
use crate::view::table::scrollbar;

/// How wide it stands where there is room.
const WIDTH: u16 = 132;

/// The keys never take more columns.
const KEYS: u16 = 24;

/// Columns between keys, name and explanation.
const GAP: u16 = 2;

/// A line of the help: a title, or as much of a command as one line takes. Nothing is cut, it goes on below.
enum Line<'a> {
    Blank,
    Title(&'a str),
    Command { keys: Cell, name: Cell, words: Cell },
}

/// How wide keys, name and explanation stand.
#[derive(Debug, Clone, Copy)]
struct Widths {
    keys: u16,
    name: u16,
    words: u16,
}

/// How far the help can be scrolled on a screen of this size.
pub(super) fn last(area: Rect, help: &Help) -> usize {
    // Its frame takes two lines.
    let outer = outer(area);
    lines(help, outer.width).len().saturating_sub(usize::from(outer.height.saturating_sub(2)))
}

/// Draws the help.
pub(super) fn draw(canvas: &mut Canvas<'_>, area: Rect, help: &Help) {
    let outer = outer(area);
    let room = frame(canvas, outer, "keys and commands");
    let widths = widths(help, outer.width);
    let lines = lines(help, outer.width);
    let visible = usize::from(room.height);
    let top = help.top.min(lines.len().saturating_sub(visible));
    for (place, line) in (0..room.height).zip(lines.iter().skip(top)) {
        draw_line(canvas, inset(line_of(room, place), 1), line, widths);
    }
    scrollbar(canvas, room, top, lines.len());
}

fn outer(area: Rect) -> Rect {
    centred(area, WIDTH.min(area.width.saturating_sub(4)), area.height.saturating_sub(4))
}

fn widths(help: &Help, outer: u16) -> Widths {
    // Its frame and the distance from it.
    let room = outer.saturating_sub(4);
    let choices = || help.sections.iter().flat_map(|(_, choices)| choices);
    let keys = choices().map(|choice| columns(&choice.keys)).max().unwrap_or(0);
    let name = choices().map(|choice| columns(&choice.command)).max().unwrap_or(0);
    let keys = short(keys).min(KEYS).min(room / 5);
    let name = short(name).min(room / 3);
    Widths { keys, name, words: room.saturating_sub(keys + name + 2 * GAP) }
}

fn lines(help: &Help, outer: u16) -> Vec<Line<'_>> {
    let widths = widths(help, outer);
    let mut out = Vec::new();
    for (title, choices) in help.sections.iter().filter(|(_, choices)| !choices.is_empty()) {
        if !out.is_empty() {
            out.push(Line::Blank);
        }
        out.push(Line::Title(title));
        out.extend(choices.iter().flat_map(|choice| command(choice, widths)));
    }
    out
}

/// The lines of a command: what it does, and below it, where there is no room behind, why it cannot be run.
fn command(choice: &Choice, widths: Widths) -> Vec<Line<'static>> {
    let is_off = choice.disabled.is_some();
    let [strong, plain] = if is_off { [Role::TextDim; 2] } else { [Role::TextStrong, Role::Text] };
    let wrapped = |cell: &Cell, width: u16| -> Vec<Cell> {
        wrap(cell, usize::from(width.max(1))).into_iter().map(Cow::into_owned).collect()
    };
    let doc = Cell::dim(choice.doc.as_str());
    let words = match &choice.disabled {
        Some(why) => {
            let why = Cell::mark(Mark::NotApplicable, Role::SeverityUnknown)
                .and(format!(" {why}"), Role::SeverityUnknown);
            let is_one_line =
                columns(&choice.doc) + natural_width(&why) + 2 <= usize::from(widths.words);
            if is_one_line {
                let gap = doc.and("  ", Role::TextDim);
                vec![Cell(gap.0.into_iter().chain(why.0).collect())]
            } else {
                let doc = wrapped(&doc, widths.words);
                doc.into_iter().chain(wrapped(&why, widths.words)).collect()
            }
        }
        None => wrapped(&doc, widths.words),
    };
    let keys = wrapped(&Cell::new(choice.keys.as_str(), strong), widths.keys);
    let name = wrapped(&Cell::new(choice.command.as_str(), plain), widths.name);
    let height = words.len().max(keys.len()).max(name.len());
    let part = |of: &[Cell], place: usize| of.get(place).cloned().unwrap_or_else(Cell::empty);
    let line = |place| Line::Command {
        keys: part(&keys, place),
        name: part(&name, place),
        words: part(&words, place),
    };
    (0..height).map(line).collect()
}

fn draw_line(canvas: &mut Canvas<'_>, at: Rect, line: &Line<'_>, widths: Widths) {
    match line {
        Line::Blank => {}
        Line::Title(title) => {
            canvas.words(at, title, Role::Accent);
        }
        Line::Command { keys, name, words } => {
            let mut rest = at;
            for (cell, width) in [(keys, widths.keys), (name, widths.name), (words, widths.words)] {
                canvas.cell(Rect { width: width.min(rest.width), ..rest }, cell, Align::Left);
                advance(&mut rest, width + GAP);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::view::sample::{screen, theme, words};
    use crate::view::style::Look;

    fn help(top: usize) -> Help {
        let choice = |n: usize| Choice {
            command: format!("list.{n}"),
            doc: "moves".to_owned(),
            keys: "j, down".to_owned(),
            disabled: (n == 0).then(|| "no row".to_owned()),
        };
        let sections = vec![
            ("table".to_owned(), (0..12).map(choice).collect()),
            ("nothing".to_owned(), Vec::new()),
            ("everywhere".to_owned(), vec![choice(99)]),
        ];
        Help { sections, top }
    }

    fn drawn(help: &Help, width: u16, height: u16) -> String {
        let theme = theme();
        let mut buffer = screen(width, height);
        let mut canvas = Canvas::new(&mut buffer, Look::new(&theme));
        let area = canvas.area();
        draw(&mut canvas, area, help);
        words(&buffer)
    }

    #[test]
    fn a_command_stands_with_its_keys_and_why_it_cannot_be_run() {
        let text = drawn(&help(0), 80, 30);
        assert!(text.contains("j, down  list.0   moves  · no row"), "{text}");
        assert!(!text.contains("nothing"), "{text}");
    }

    #[test]
    fn a_reason_is_whole_at_every_width() {
        let why = "this pane has one kind of rows and nothing else that could be turned to";
        let mut help = help(0);
        help.sections.truncate(1);
        help.sections[0].1.truncate(2);
        help.sections[0].1[0].disabled = Some(why.to_owned());
        for width in [60, 80, 100, 160] {
            let text = drawn(&help, width, 40);
            let words: Vec<&str> = text.split_whitespace().filter(|word| *word != "│").collect();
            let mut rest = words.iter();
            assert!(!text.contains('…'), "{text}");
            assert!(why.split(' ').all(|word| rest.any(|it| *it == word)), "{width}: {text}");
        }
    }

    #[test]
    fn the_last_command_can_be_reached_and_no_further() {
        assert_eq!(drawn(&help(6), 80, 16), drawn(&help(usize::MAX), 80, 16));
        assert!(drawn(&help(usize::MAX), 80, 16).contains("list.99"));
    }

    #[test]
    fn any_size_is_drawn() {
        for width in (0..90).step_by(7) {
            for height in (0..24).step_by(3) {
                drawn(&help(3), width, height);
            }
        }
    }
}
