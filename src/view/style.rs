//! [`Look`]: a theme and a set of glyphs, as the terminal library wants them; the only place where roles become colours.

use ratatui::style::{Color as Paint, Modifier, Style as Painted};

use super::glyph::Glyphs;
use crate::domain::trace::{self, Colour};
use crate::theme::{Color, Role, Style, Theme};

/// A theme and a set of glyphs.
#[derive(Debug, Clone, Copy)]
pub struct Look<'a> {
    /// The colours.
    pub theme: &'a Theme,
    /// The signs.
    pub glyphs: &'static Glyphs,
}

impl<'a> Look<'a> {
    /// The look of a theme with the signs of Unicode.
    pub fn new(theme: &'a Theme) -> Look<'a> {
        Look { theme, glyphs: &super::glyph::UNICODE }
    }

    /// How a role is painted over whatever lies there.
    pub fn of(&self, role: Role) -> Painted {
        painted(self.theme.style(role))
    }

    /// The ground of the whole screen.
    pub fn ground(&self) -> Painted {
        let ground = self
            .theme
            .background()
            .map_or_else(Painted::new, |color| Painted::new().bg(paint(color)));
        ground.patch(self.of(Role::Text))
    }

    /// The letters' colour of `role` as a ground: what lies under the filled part of a bar, say.
    pub fn as_ground(&self, role: Role) -> Painted {
        let style = self.theme.style(role);
        style.fg.map_or_else(Painted::new, |color| Painted::new().bg(paint(color)))
    }

    /// How a piece of a log looks that asked for this. The sixteen colours become roles; other colours are shown
    /// where the theme has colours of its own.
    pub fn of_log(&self, style: &trace::Style) -> Painted {
        let parts = [
            (style.bold, Modifier::BOLD),
            (style.dim, Modifier::DIM),
            (style.italic, Modifier::ITALIC),
            (style.underline, Modifier::UNDERLINED),
            (style.reverse, Modifier::REVERSED),
        ];
        let mut painted = Painted::new().add_modifier(modifiers(parts));
        if let Some(letters) = self.log_paint(style.foreground) {
            painted = painted.fg(letters);
        }
        if let Some(ground) = self.log_paint(style.background) {
            painted = painted.bg(ground);
        }
        painted
    }

    fn log_paint(&self, colour: Colour) -> Option<Paint> {
        let has_own = self.theme.background().is_some();
        match colour {
            Colour::Default => None,
            Colour::Ansi(index) => self.of(log_role(index)).fg,
            Colour::Indexed(index) => has_own.then_some(Paint::Indexed(index)),
            Colour::Rgb(red, green, blue) => has_own.then_some(Paint::Rgb(red, green, blue)),
        }
    }

    /// The colours of the screen for a picture of it, letters and ground.
    pub fn paper(&self) -> (Paint, Paint) {
        let letters = self.theme.style(Role::Text).fg.map_or(Paint::White, paint);
        let ground = self.theme.background().map_or(Paint::Black, paint);
        (letters, ground)
    }
}

fn painted(style: Style) -> Painted {
    let parts = [
        (style.bold, Modifier::BOLD),
        (style.dim, Modifier::DIM),
        (style.italic, Modifier::ITALIC),
        (style.underline, Modifier::UNDERLINED),
        (style.reverse, Modifier::REVERSED),
    ];
    Painted {
        fg: style.fg.map(paint),
        bg: style.bg.map(paint),
        ..Painted::new().add_modifier(modifiers(parts))
    }
}

fn modifiers(parts: [(bool, Modifier); 5]) -> Modifier {
    parts
        .into_iter()
        .filter(|(is_set, _)| *is_set)
        .fold(Modifier::empty(), |all, (_, modifier)| all | modifier)
}

/// The role of one of a log's sixteen colours; the bright eight look like the others.
fn log_role(index: u8) -> Role {
    match index % 8 {
        0 => Role::LogBlack,
        1 => Role::LogRed,
        2 => Role::LogGreen,
        3 => Role::LogYellow,
        4 => Role::LogBlue,
        5 => Role::LogMagenta,
        6 => Role::LogCyan,
        _ => Role::LogWhite,
    }
}

fn paint(color: Color) -> Paint {
    match color {
        Color::Default => Paint::Reset,
        Color::Ansi(index) | Color::Indexed(index) => Paint::Indexed(index),
        Color::Rgb(red, green, blue) => Paint::Rgb(red, green, blue),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_style_keeps_its_colours_and_its_attributes() {
        let style = Style {
            fg: Some(Color::Rgb(1, 2, 3)),
            bg: Some(Color::Ansi(4)),
            bold: true,
            underline: true,
            ..Style::default()
        };
        let expected = Painted::new()
            .fg(Paint::Rgb(1, 2, 3))
            .bg(Paint::Indexed(4))
            .add_modifier(Modifier::BOLD | Modifier::UNDERLINED);
        assert_eq!(painted(style), expected);
    }

    #[test]
    fn what_a_style_does_not_say_is_left_as_it_is() {
        assert_eq!(painted(Style::default()), Painted::new());
    }
}
