//! The palette: a line that is typed, and the commands that match.

use ratatui::layout::{Position, Rect};

use super::{first_shown, frame};
use crate::app::modal::{Choice, Palette};
use crate::theme::Role;
use crate::view::canvas::{Canvas, advance, inset, line_of, short};
use crate::view::fit::columns;
use crate::view::layout::{centred, from_top};
use crate::view::status::typed;

/// How wide it stands where there is room.
const WIDTH: u16 = 84;

/// How many commands are shown at once.
const MOST: u16 = 14;

/// Draws the palette; says where the terminal's cursor belongs.
pub(super) fn draw(canvas: &mut Canvas<'_>, area: Rect, palette: &Palette) -> Position {
    // Its height does not follow the number of matches, so that nothing jumps while one types.
    let outer = centred(area, WIDTH.min(area.width.saturating_sub(4)), MOST + 4);
    let mut rest = inset(frame(canvas, outer, "commands"), 1);
    let count = format!("{}", palette.choices.len());
    let mut line = from_top(&mut rest, 1);
    canvas.put_right(&mut line, &count, Role::TextDim);
    canvas.put(&mut line, ": ", Role::Accent);
    let cursor = typed(canvas, line, palette.line.text(), palette.line.byte());
    from_top(&mut rest, 1);
    let height = usize::from(rest.height);
    let first = first_shown(palette.chosen, palette.choices.len(), height);
    let widest = palette.choices.iter().map(|choice| columns(&choice.command)).max().unwrap_or(0);
    let name = short(widest).max(12).min(rest.width / 2);
    canvas.matches = palette.line.text().split_whitespace().map(str::to_lowercase).collect();
    let shown = palette.choices.iter().enumerate().skip(first);
    for (line, (place, choice)) in (0..rest.height).zip(shown) {
        let at = line_of(rest, line);
        row(canvas, at, choice, name);
        if place == palette.chosen {
            canvas.overlay(at, Role::PopupSelection);
        }
    }
    canvas.matches.clear();
    if palette.choices.is_empty() {
        canvas.words(rest, "no command matches", Role::TextDim);
    }
    cursor
}

/// A command, its keys, and what it does or why it cannot be run.
fn row(canvas: &mut Canvas<'_>, at: Rect, choice: &Choice, name: u16) {
    let role = if choice.disabled.is_some() { Role::TextDim } else { Role::Text };
    let mut rest = at;
    canvas.put_right(&mut rest, &choice.keys, Role::TextDim);
    rest.width = rest.width.saturating_sub(2);
    canvas.words(Rect { width: name.min(rest.width), ..rest }, &choice.command, role);
    advance(&mut rest, name + 2);
    match &choice.disabled {
        Some(why) => canvas.words(rest, why, Role::SeverityUnknown),
        None => canvas.words(rest, &choice.doc, Role::TextDim),
    };
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::input::Line;
    use crate::view::sample::{screen, theme, words};
    use crate::view::style::Look;

    fn palette(choices: usize) -> Palette {
        let choice = |n| Choice {
            command: format!("command.{n}"),
            doc: "does something".to_owned(),
            keys: "x".to_owned(),
            disabled: (n == 1).then(|| "no row is under the cursor".to_owned()),
        };
        Palette { line: Line::new("com"), choices: (0..choices).map(choice).collect(), chosen: 0 }
    }

    fn drawn(palette: &Palette, width: u16, height: u16) -> (Position, String) {
        let theme = theme();
        let mut buffer = screen(width, height);
        let mut canvas = Canvas::new(&mut buffer, Look::new(&theme));
        let area = canvas.area();
        (draw(&mut canvas, area, palette), words(&buffer))
    }

    #[test]
    fn a_command_that_cannot_be_run_says_why() {
        let (_, text) = drawn(&palette(2), 80, 20);
        assert!(text.contains("command.0     does something"), "{text}");
        assert!(text.contains("command.1     no row is under the cursor"), "{text}");
    }

    #[test]
    fn the_cursor_stands_behind_what_is_typed() {
        let (cursor, text) = drawn(&palette(1), 80, 20);
        let line: Vec<char> = text.lines().nth(usize::from(cursor.y)).unwrap().chars().collect();
        let before: String =
            line[usize::from(cursor.x) - 5..usize::from(cursor.x)].iter().collect();
        assert_eq!(before, ": com");
    }

    #[test]
    fn any_size_is_drawn() {
        for width in (0..90).step_by(7) {
            for height in (0..24).step_by(3) {
                drawn(&palette(30), width, height);
            }
        }
    }
}
