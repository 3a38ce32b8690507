//! What lies over the screen: narrow, in the middle, with a border; what lies under it steps back.

mod arm;
mod ask;
mod chords;
mod confirm;
mod form;
mod help;
mod item;
mod palette;
mod picker;
mod sheet;
mod timeline;
mod why;

pub use timeline::blocks as timeline_blocks;
pub use why::blocks as why_blocks;

use ratatui::layout::{Position, Rect};
use ratatui::style::{Modifier, Style};

use super::canvas::{Canvas, inset, line_of};
use super::layout::within;
use crate::app::App;
use crate::app::act::confirm::Confirm;
use crate::app::modal::{Help, Modal};
use crate::app::timeline::Story;
use crate::app::why::Reasons;
use crate::domain::Timestamp;
use crate::theme::Role;

/// How far the help can be scrolled on a screen of this size.
pub fn help_last(area: Rect, help: &Help) -> usize {
    help::last(area, help)
}

/// How far the dialog of an act can be scrolled on a screen of this size.
pub fn confirm_last(area: Rect, app: &App, dialog: &Confirm, now: Timestamp) -> usize {
    confirm::last(area, (app, now), dialog)
}

/// How far the answer why something waits can be scrolled on a screen of this size.
pub fn why_last(area: Rect, app: &App, reasons: &Reasons, now: Timestamp) -> usize {
    why::last(area, app, reasons, now)
}

/// How far a timeline can be scrolled on a screen of this size.
pub fn timeline_last(area: Rect, story: &Story) -> usize {
    timeline::last(area, story)
}

/// Draws what lies over the screen; says where the terminal's cursor belongs, if text is typed there.
pub fn draw(canvas: &mut Canvas<'_>, area: Rect, app: &App, now: Timestamp) -> Option<Position> {
    let mut cursor = None;
    for modal in &app.ui.modals {
        if !matches!(modal, Modal::Filter(_) | Modal::Search(_)) {
            step_back(canvas, area);
        }
        cursor = match modal {
            Modal::Palette(palette) => Some(palette::draw(canvas, area, palette)),
            Modal::Help(help) => {
                help::draw(canvas, area, help);
                None
            }
            Modal::Picker(picker) => {
                picker::draw(canvas, area, picker);
                None
            }
            Modal::Timeline(story) => {
                timeline::draw(canvas, area, app, story, now);
                None
            }
            Modal::Why(reasons) => {
                why::draw(canvas, area, app, reasons, now);
                None
            }
            Modal::Arm => {
                arm::draw(canvas, area, app);
                None
            }
            Modal::Sheet(sheet) => sheet::draw(canvas, area, sheet),
            Modal::Form(dialog) => form::draw(canvas, area, app, dialog),
            Modal::Confirm(dialog) => confirm::draw(canvas, area, (app, now), dialog),
            // They stand in the line above the keys.
            Modal::Filter(_) | Modal::Search(_) => None,
        };
    }
    if !app.ui.pending.is_empty() {
        chords::draw(canvas, area, app);
    }
    cursor
}

/// Makes everything on the screen but its first line matter less.
fn step_back(canvas: &mut Canvas<'_>, area: Rect) {
    let under = Rect { y: area.y.saturating_add(1), height: area.height.saturating_sub(1), ..area };
    canvas.overlay(under, Role::TextDim);
    canvas.restyle(under, Style::new().remove_modifier(Modifier::BOLD | Modifier::UNDERLINED));
}

/// Draws a frame with a title and clears what lies within; says what room is left.
fn frame(canvas: &mut Canvas<'_>, area: Rect, title: &str) -> Rect {
    canvas.clear(area, Role::Popup);
    if area.width < 2 || area.height < 2 {
        return Rect { width: 0, height: 0, ..area };
    }
    let glyphs = canvas.look.glyphs;
    let [upper_left, upper_right, lower_left, lower_right] = glyphs.corners;
    let [_, upright] = glyphs.lines;
    let last = area.height - 1;
    for (line, left, right) in [(0, upper_left, upper_right), (last, lower_left, lower_right)] {
        let at = line_of(area, line);
        canvas.rule(at, Role::PopupBorder);
        canvas.words(Rect { width: 1, ..at }, left, Role::PopupBorder);
        canvas.words_right(at, right, Role::PopupBorder);
    }
    for line in 1..last {
        let at = line_of(area, line);
        canvas.words(Rect { width: 1, ..at }, upright, Role::PopupBorder);
        canvas.words_right(at, upright, Role::PopupBorder);
    }
    if !title.is_empty() {
        let head = inset(line_of(area, 0), 2);
        canvas.words(head, &format!(" {title} "), Role::PopupTitle);
    }
    within(area, 1, 1)
}

/// The first of `count` lines to show, so that the chosen one is in sight.
fn first_shown(chosen: usize, count: usize, height: usize) -> usize {
    chosen.saturating_sub(height.saturating_sub(1)).min(count.saturating_sub(height))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::view::sample::{screen, theme, words};
    use crate::view::style::Look;

    #[test]
    fn a_frame_has_corners_and_a_title() {
        let theme = theme();
        let mut buffer = screen(14, 3);
        let mut canvas = Canvas::new(&mut buffer, Look::new(&theme));
        let area = canvas.area();
        let room = frame(&mut canvas, area, "sort");
        assert_eq!(room, Rect::new(1, 1, 12, 1));
        assert_eq!(words(&buffer), "╭─ sort ─────╮\n│            │\n╰────────────╯");
    }

    #[test]
    fn the_chosen_line_is_always_in_sight() {
        assert_eq!([0, 4, 5, 19].map(|chosen| first_shown(chosen, 20, 5)), [0, 0, 1, 15]);
    }
}
