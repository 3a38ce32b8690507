//! What tests of the view draw on, and how they read it: words, and a grid of the roles below them.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::style::Look;
use crate::theme::{Role, Theme};

/// The letters of a grid of roles, in the order in which roles are met.
const LETTERS: [char; 36] = [
    'a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i', 'j', 'k', 'l', 'm', 'n', 'o', 'p', 'q', 'r', 's',
    't', 'u', 'v', 'w', 'x', 'y', 'z', '0', '1', '2', '3', '4', '5', '6', '7', '8', '9',
];

/// Roles that lie over others and only change their ground.
const GROUNDS: [Role; 8] = [
    Role::Selection,
    Role::SelectionMarked,
    Role::SelectionInactive,
    Role::PopupSelection,
    Role::Popup,
    Role::Header,
    Role::Footer,
    Role::Band,
];

/// An empty screen.
pub(super) fn screen(width: u16, height: u16) -> Buffer {
    Buffer::empty(Rect::new(0, 0, width, height))
}

/// The default theme.
pub(super) fn theme() -> Theme {
    Theme::find("default", None).0
}

/// A theme in which every role has a look of its own, so that a grid of roles can be read back.
pub(super) fn telling_theme() -> Theme {
    use std::fmt::Write as _;
    let mut text = "[roles]\n".to_owned();
    for (place, role) in Role::ALL.iter().enumerate() {
        let part = if GROUNDS.contains(role) { "bg" } else { "fg" };
        writeln!(text, "\"{}\" = {{ {part} = \"#0000{place:02x}\" }}", role.name())
            .expect("a line");
    }
    Theme::parse("telling", &text).0
}

/// The words of a screen, line by line, without blanks at their ends.
pub(super) fn words(buffer: &Buffer) -> String {
    super::export::text(buffer).trim_end_matches('\n').to_owned()
}

/// The words of a screen drawn in the telling theme, and below them each cell's role as a letter, with its key.
pub(super) fn picture(buffer: &Buffer) -> String {
    let theme = telling_theme();
    let look = Look::new(&theme);
    let mut known: Vec<Role> = Vec::new();
    let mut grid = String::new();
    for y in buffer.area.top()..buffer.area.bottom() {
        for x in buffer.area.left()..buffer.area.right() {
            let cell = &buffer[(x, y)];
            let role = Role::ALL.iter().copied().find(|role| look.of(*role).fg == Some(cell.fg));
            let sign = match role {
                _ if cell.symbol() == " " => ' ',
                None => '.',
                Some(role) => {
                    let place = known.iter().position(|known| *known == role);
                    let place = place.unwrap_or_else(|| {
                        known.push(role);
                        known.len() - 1
                    });
                    LETTERS[place]
                }
            };
            grid.push(sign);
        }
        grid.truncate(grid.trim_end_matches(' ').len());
        grid.push('\n');
    }
    let key: Vec<String> =
        LETTERS.iter().zip(&known).map(|(sign, role)| format!("{sign} {}", role.name())).collect();
    format!("{}\n---\n{grid}---\n{}", words(buffer), key.join("  "))
}
