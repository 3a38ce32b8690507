//! What may follow the keys that were pressed so far.

use ratatui::layout::Rect;

use super::frame;
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
        let doc = command::find(&line).map_or("", |(command, _)| command.doc);
        (chord.to_string(), line, doc)
    };
    let next: Vec<(String, String, &'static str)> = next.into_iter().map(named).collect();
    let pressed: Vec<String> = app.ui.pending.iter().map(ToString::to_string).collect();
    corner(canvas, area, &pressed.join(" "), &next);
}

fn corner(
    canvas: &mut Canvas<'_>,
    area: Rect,
    pressed: &str,
    next: &[(String, String, &'static str)],
) {
    let widest =
        |of: fn(&(String, String, &'static str)) -> usize| next.iter().map(of).max().unwrap_or(0);
    let key = widest(|(key, ..)| columns(key));
    let line = widest(|(_, line, _)| columns(line));
    let doc = widest(|(.., doc)| columns(doc));
    let width = short(key + line + doc + 8).max(24).min(area.width);
    let mut rest = Rect { height: area.height.saturating_sub(2), ..area };
    let outer = from_bottom(&mut rest, short(next.len()).saturating_add(2));
    let outer = Rect { x: outer.right().saturating_sub(width + 1).max(area.x), width, ..outer };
    let room = inset(frame(canvas, outer, pressed), 1);
    for (place, (chord, line_words, doc)) in (0..room.height).zip(next) {
        let mut at = line_of(room, place);
        canvas.words(at, chord, Role::TextStrong);
        advance(&mut at, short(key + 2));
        canvas.words(at, line_words, Role::Text);
        advance(&mut at, short(line + 2));
        canvas.words(at, doc, Role::TextDim);
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
        let next = [("p".to_owned(), "pane pipelines".to_owned(), "")];
        corner(&mut canvas, area, "g", &next);
        let text = words(&buffer);
        assert_eq!(text.lines().nth(4), Some("               │ p  pane pipelines    │"));
    }
}
