//! What may follow the keys that were pressed so far.

use ratatui::layout::Rect;

use super::frame;
use crate::app::command::Disabled;
use crate::app::{App, command, scopes};
use crate::keymap::{Chord, Resolution};
use crate::theme::Role;
use crate::view::canvas::{Canvas, advance, inset, line_of, short};
use crate::view::fit::columns;
use crate::view::layout::from_bottom;

/// Draws the keys that may follow, in the lower right corner above the two last lines.
pub(super) fn draw(canvas: &mut Canvas<'_>, area: Rect, app: &App) {
    let Resolution::Pending(next) = app.keymap.resolve(&scopes(app), &app.ui.pending) else {
        return;
    };
    let named = |(chord, line): (Chord, String)| {
        let found = command::find(&line);
        let (doc, is_off) = match found.map(|(command, _)| (command.doc, (command.enabled)(app))) {
            Some((doc, Ok(()))) => (doc.to_owned(), false),
            Some((_, Err(Disabled(why)))) => (why, true),
            None => (String::new(), false),
        };
        Next { chord: chord.to_string(), line, doc, is_off }
    };
    let next: Vec<Next> = next.into_iter().map(named).collect();
    let pressed: Vec<String> = app.ui.pending.iter().map(ToString::to_string).collect();
    corner(canvas, area, &pressed.join(" "), &next);
}

/// A key that may follow, and what it leads to.
#[derive(Debug, Default)]
struct Next {
    chord: String,
    line: String,
    /// What it does, or why that cannot be done now.
    doc: String,
    is_off: bool,
}

fn corner(canvas: &mut Canvas<'_>, area: Rect, pressed: &str, next: &[Next]) {
    let widest = |of: fn(&Next) -> &str| next.iter().map(|one| columns(of(one))).max().unwrap_or(0);
    let (key, line) = (widest(|next| &next.chord), widest(|next| &next.line));
    let doc = widest(|next| &next.doc);
    let width = short(key + line + doc + 8).max(24).min(area.width);
    let mut rest = Rect { height: area.height.saturating_sub(2), ..area };
    let outer = from_bottom(&mut rest, short(next.len()).saturating_add(2));
    let outer = Rect { x: outer.right().saturating_sub(width + 1).max(area.x), width, ..outer };
    let room = inset(frame(canvas, outer, pressed), 1);
    for (place, next) in (0..room.height).zip(next) {
        let [strong, plain, dim] = if next.is_off {
            [Role::TextDim, Role::TextDim, Role::SeverityUnknown]
        } else {
            [Role::TextStrong, Role::Text, Role::TextDim]
        };
        let mut at = line_of(room, place);
        canvas.words(at, &next.chord, strong);
        advance(&mut at, short(key + 2));
        canvas.words(at, &next.line, plain);
        advance(&mut at, short(line + 2));
        canvas.words(at, &next.doc, dim);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::view::sample::{screen, theme, words};
    use crate::view::style::Look;

    #[test]
    fn keys_that_may_follow_stand_in_the_corner() {
        let theme = theme();
        let mut buffer = screen(40, 8);
        let mut canvas = Canvas::new(&mut buffer, Look::new(&theme));
        let area = canvas.area();
        let line = "pane pipelines".to_owned();
        let next = [Next { chord: "p".to_owned(), line, ..Next::default() }];
        corner(&mut canvas, area, "g", &next);
        let text = words(&buffer);
        assert_eq!(text.lines().nth(4), Some("               │ p  pane pipelines    │"));
    }
}
