//! One of several things to choose, or several of them.

use ratatui::layout::Rect;

use super::{first_shown, frame};
use crate::app::modal::{Pick, Picker};
use crate::theme::Role;
use crate::view::canvas::{Canvas, advance, inset, line_of, short};
use crate::view::fit::columns;
use crate::view::layout::centred;
use crate::view::table::scrollbar;

/// It is never wider.
const WIDTH: u16 = 90;

/// Draws a picker.
pub(super) fn draw(canvas: &mut Canvas<'_>, area: Rect, picker: &Picker) {
    let name = picker.options.iter().map(|option| columns(&option.name)).max().unwrap_or(0);
    let doc = picker.options.iter().map(|option| columns(&option.doc)).max().unwrap_or(0);
    let wanted = short(name + doc + 10).clamp(40, WIDTH);
    let height = short(picker.options.len()).saturating_add(2).min(area.height.saturating_sub(4));
    let outer = centred(area, wanted.min(area.width.saturating_sub(4)), height);
    let room = frame(canvas, outer, picker.title);
    let visible = usize::from(room.height);
    let first = first_shown(picker.chosen, picker.options.len(), visible);
    let shown = picker.options.iter().enumerate().skip(first);
    for (line, (place, option)) in (0..room.height).zip(shown) {
        let at = line_of(room, line);
        row(canvas, inset(at, 1), option, short(name));
        if place == picker.chosen {
            canvas.overlay(at, Role::PopupSelection);
        }
    }
    scrollbar(canvas, room, first, picker.options.len());
}

fn row(canvas: &mut Canvas<'_>, at: Rect, option: &Pick, name: u16) {
    let mut rest = at;
    if option.is_on {
        canvas.words(rest, canvas.look.glyphs.on, Role::Accent);
    }
    advance(&mut rest, 2);
    canvas.words(Rect { width: name.min(rest.width), ..rest }, &option.name, Role::Text);
    advance(&mut rest, name + 2);
    canvas.words(rest, &option.doc, Role::TextDim);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::modal::Subject;
    use crate::view::sample::{screen, theme, words};
    use crate::view::style::Look;

    fn picker(chosen: usize) -> Picker {
        let option =
            |n: usize| Pick { name: format!("theme-{n}"), doc: String::new(), is_on: n == 1 };
        Picker {
            subject: Subject::Theme,
            title: "theme",
            options: (0..9).map(option).collect(),
            chosen,
        }
    }

    fn drawn(picker: &Picker, width: u16, height: u16) -> String {
        let theme = theme();
        let mut buffer = screen(width, height);
        let mut canvas = Canvas::new(&mut buffer, Look::new(&theme));
        let area = canvas.area();
        draw(&mut canvas, area, picker);
        words(&buffer)
    }

    #[test]
    fn what_is_in_force_has_a_sign() {
        let text = drawn(&picker(0), 60, 24);
        assert!(text.contains("✓ theme-1") && !text.contains("✓ theme-0"), "{text}");
    }

    #[test]
    fn the_chosen_one_is_in_sight_on_a_low_screen() {
        assert!(drawn(&picker(8), 60, 9).contains("theme-8"));
    }

    #[test]
    fn any_size_is_drawn() {
        for width in (0..60).step_by(7) {
            for height in (0..20).step_by(3) {
                drawn(&picker(8), width, height);
            }
        }
    }
}
