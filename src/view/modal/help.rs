//! The help: every command by where it works, its keys, what it does, and why it cannot be run now.

use ratatui::layout::Rect;

use super::frame;
use crate::app::modal::{Choice, Help};
use crate::pane::block::Mark;
use crate::theme::Role;
use crate::view::canvas::{Canvas, advance, inset, line_of, short};
use crate::view::fit::columns;
use crate::view::layout::centred;
use crate::view::table::scrollbar;

/// How wide it stands where there is room.
const WIDTH: u16 = 112;

/// Columns of the keys.
const KEYS: u16 = 18;

/// A line of the help.
enum Line<'a> {
    Blank,
    Title(&'a str),
    Command(&'a Choice),
}

/// How far the help can be scrolled on a screen of this size.
pub(super) fn last(area: Rect, help: &Help) -> usize {
    // Its frame takes two lines, the distance from the edges four.
    lines(help).len().saturating_sub(usize::from(area.height.saturating_sub(6)))
}

/// Draws the help.
pub(super) fn draw(canvas: &mut Canvas<'_>, area: Rect, help: &Help) {
    let height = area.height.saturating_sub(4);
    let outer = centred(area, WIDTH.min(area.width.saturating_sub(4)), height);
    let room = frame(canvas, outer, "keys and commands");
    let lines = lines(help);
    let visible = usize::from(room.height);
    let top = help.top.min(lines.len().saturating_sub(visible));
    let name = help
        .sections
        .iter()
        .flat_map(|(_, choices)| choices)
        .map(|choice| columns(&choice.command))
        .max()
        .unwrap_or(0);
    let name = short(name).min(room.width / 3);
    for (place, line) in (0..room.height).zip(lines.iter().skip(top)) {
        draw_line(canvas, inset(line_of(room, place), 1), line, name);
    }
    scrollbar(canvas, room, top, lines.len());
}

fn lines(help: &Help) -> Vec<Line<'_>> {
    let mut out = Vec::new();
    for (title, choices) in help.sections.iter().filter(|(_, choices)| !choices.is_empty()) {
        if !out.is_empty() {
            out.push(Line::Blank);
        }
        out.push(Line::Title(title));
        out.extend(choices.iter().map(Line::Command));
    }
    out
}

fn draw_line(canvas: &mut Canvas<'_>, at: Rect, line: &Line<'_>, name: u16) {
    match line {
        Line::Blank => {}
        Line::Title(title) => {
            canvas.words(at, title, Role::Accent);
        }
        Line::Command(choice) => command(canvas, at, choice, name),
    }
}

fn command(canvas: &mut Canvas<'_>, at: Rect, choice: &Choice, name: u16) {
    let is_off = choice.disabled.is_some();
    let role = if is_off { Role::TextDim } else { Role::TextStrong };
    let mut rest = at;
    canvas.words(Rect { width: KEYS.min(rest.width), ..rest }, &choice.keys, role);
    advance(&mut rest, KEYS + 1);
    let role = if is_off { Role::TextDim } else { Role::Text };
    canvas.words(Rect { width: name.min(rest.width), ..rest }, &choice.command, role);
    advance(&mut rest, name + 2);
    canvas.put(&mut rest, choice.doc, Role::TextDim);
    if let Some(why) = &choice.disabled {
        advance(&mut rest, 2);
        canvas.put(&mut rest, canvas.look.glyphs.mark(Mark::NotApplicable), Role::SeverityUnknown);
        advance(&mut rest, 1);
        canvas.words(rest, why, Role::SeverityUnknown);
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
            doc: "moves",
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
        assert!(text.contains("j, down            list.0   moves  · no row"), "{text}");
        assert!(!text.contains("nothing"), "{text}");
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
