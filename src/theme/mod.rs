//! Colour roles and the TOML that fills them.
//!
//! **Invariant:** the rest of the program names roles, never colours. A faulty theme never stops the program: what
//! cannot be understood is a [`Warning`], and its role falls back. Knows no terminal library.

mod builtin;
mod color;
mod load;
mod role;

use std::path::Path;

pub use builtin::names;
pub use color::{Color, Depth};
pub use load::{Warning, text_of as text};
pub use role::Role;

/// How a piece of the screen looks. What is not said is left as it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Style {
    /// The colour of the letters.
    pub fg: Option<Color>,
    /// The colour behind them.
    pub bg: Option<Color>,
    /// Heavier.
    pub bold: bool,
    /// Fainter.
    pub dim: bool,
    /// Slanted.
    pub italic: bool,
    /// Underlined.
    pub underline: bool,
    /// Letters and ground exchanged.
    pub reverse: bool,
}

/// A look for every role.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Theme {
    name: String,
    background: Option<Color>,
    styles: Vec<Style>,
}

impl Theme {
    /// Finds a theme by its name, first in the user's own folder, then among the shipped ones. What cannot be
    /// understood of it is warned of; where there is none of the name, it is the default theme.
    pub fn find(name: &str, user_dir: Option<&Path>) -> (Theme, Vec<Warning>) {
        load::find(name, &|name| load::text_of(name, user_dir))
    }

    /// Reads a theme from a text; what it inherits is looked up among the shipped ones.
    pub fn parse(name: &str, text: &str) -> (Theme, Vec<Warning>) {
        let own = |wanted: &str| {
            let shipped = || builtin::text(wanted).map(str::to_owned);
            (wanted == name).then(|| text.to_owned()).or_else(shipped)
        };
        load::find(name, &own)
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The ground that it was made for; none where it is the terminal's own.
    pub fn background(&self) -> Option<Color> {
        self.background
    }

    /// How a role looks.
    pub fn style(&self, role: Role) -> Style {
        // Roles are numbered in the order of `Role::ALL`, in which the styles lie.
        self.styles.get(role as usize).copied().unwrap_or_default()
    }

    /// The same theme on a terminal of this depth.
    #[must_use]
    pub fn reduced(&self, depth: Depth) -> Theme {
        let grounds: Vec<Color> = Role::ALL
            .iter()
            .filter(|role| role.is_ground())
            .filter_map(|role| self.style(*role).bg)
            .chain(self.background)
            .collect();
        let ground = self.background.and_then(|color| color.reduce(depth));
        let reduce = |style: &Style| {
            let says_something = style.bg.is_some_and(|color| !grounds.contains(&color));
            let is_lost = depth <= Depth::Ansi16 && lost(*style, (depth, ground));
            let fg = style.fg.and_then(|color| color.reduce(depth));
            let bg = style.bg.and_then(|color| color.reduce(depth));
            match (is_lost, says_something) {
                (false, _) => Style { fg, bg, ..*style },
                (true, false) => Style { fg, bg: None, ..*style },
                (true, true) => Style { fg: None, bg: None, reverse: true, ..*style },
            }
        };
        Theme {
            name: self.name.clone(),
            background: ground.filter(|_| depth > Depth::Ansi16),
            styles: self.styles.iter().map(reduce).collect(),
        }
    }
}

/// Whether a style's background melts into the ground, or into its own letters, at a depth.
fn lost(style: Style, (depth, ground): (Depth, Option<Color>)) -> bool {
    let reduce = |color: Option<Color>| color.and_then(|color| color.reduce(depth));
    let bg = reduce(style.bg);
    style.bg.is_some() && (bg == ground || bg == reduce(style.fg))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The least contrast that letters need.
    const READABLE: f64 = 4.5;

    fn shipped(name: &str) -> Theme {
        Theme::find(name, None).0
    }

    /// The contrast of a role's letters with what lies behind them, and the ground given by `on`.
    fn contrast(theme: &Theme, role: Role, on: Option<Role>) -> Option<f64> {
        let (style, text) = (theme.style(role), theme.style(Role::Text));
        let under = on.and_then(|on| theme.style(on).bg);
        let fg = style.fg.or(text.fg)?;
        let bg = under.or(style.bg).or(text.bg).or(theme.background())?;
        if style.reverse { bg.contrast(fg) } else { fg.contrast(bg) }
    }

    fn unreadable(theme: &Theme, on: Option<Role>, least: f64) -> Vec<(&'static str, String)> {
        Role::ALL
            .iter()
            .filter(|role| role.is_text())
            .filter_map(|role| Some((role.name(), contrast(theme, *role, on)?)))
            .filter(|(_, contrast)| *contrast < least)
            .map(|(name, contrast)| (name, format!("{contrast:.2}")))
            .collect()
    }

    #[test]
    fn every_shipped_theme_loads_without_a_warning() {
        for name in names() {
            let (theme, warnings) = Theme::find(name, None);
            assert_eq!((theme.name(), warnings), (name, Vec::new()));
        }
    }

    #[test]
    fn every_shipped_theme_states_its_ground() {
        for name in names() {
            assert!(shipped(name).background().is_some(), "{name}");
        }
    }

    #[test]
    fn every_role_of_every_shipped_theme_is_readable() {
        for name in names() {
            assert_eq!(unreadable(&shipped(name), None, READABLE), [], "{name}");
        }
    }

    #[test]
    fn states_stay_readable_under_the_cursor() {
        for name in names() {
            let theme = shipped(name);
            let reversed = theme.style(Role::Selection).reverse;
            let states =
                [Role::StatusFailed, Role::StatusRunning, Role::SeverityWarning, Role::TextDim];
            for role in states.into_iter().filter(|_| !reversed) {
                let contrast = contrast(&theme, role, Some(Role::Selection));
                assert!(contrast.is_none_or(|it| it >= READABLE), "{name}: {role:?} {contrast:?}");
            }
        }
    }

    #[test]
    fn the_theme_of_high_contrast_is_of_high_contrast() {
        assert_eq!(unreadable(&shipped("high-contrast"), None, 7.0), []);
    }

    #[test]
    fn every_role_of_every_shipped_theme_has_a_look() {
        for name in names() {
            let theme = shipped(name);
            let bare: Vec<&Role> =
                Role::ALL.iter().filter(|role| theme.style(**role) == Style::default()).collect();
            assert_eq!(bare, Vec::<&Role>::new(), "{name}");
        }
    }

    #[test]
    fn what_must_stand_out_does_so_at_every_depth() {
        let loud = [
            Role::Selection,
            Role::HeaderModeArmed,
            Role::HeaderTabActive,
            Role::StatusFailed,
            Role::SeverityBad,
            Role::Danger,
            Role::Match,
            Role::Changed,
        ];
        for name in names() {
            for depth in [Depth::TrueColor, Depth::Ansi256, Depth::Ansi16, Depth::Mono] {
                let theme = shipped(name).reduced(depth);
                for role in loud {
                    assert_ne!(
                        theme.style(role),
                        theme.style(Role::Text),
                        "{name} {depth:?} {role:?}"
                    );
                }
            }
        }
    }

    #[test]
    fn without_colours_only_attributes_are_left() {
        for name in names() {
            let theme = shipped(name).reduced(Depth::Mono);
            assert_eq!(theme.background(), None);
            for role in Role::ALL {
                let style = theme.style(*role);
                assert_eq!((style.fg, style.bg), (None, None), "{name} {role:?}");
            }
        }
    }

    #[test]
    fn a_ground_is_not_reversed_where_colours_are_lost_nor_is_what_stands_on_it() {
        let theme = shipped("default").reduced(Depth::Mono);
        for role in [Role::Popup, Role::PopupTitle, Role::Header, Role::HintText, Role::HeaderName]
        {
            assert!(!theme.style(role).reverse, "{role:?}");
        }
    }

    #[test]
    fn a_selection_that_melts_into_the_ground_is_reversed() {
        let text = "background = \"#000000\"\n[roles]\nselection = { bg = \"#080808\" }\n";
        let style = Theme::parse("x", text).0.reduced(Depth::Ansi16).style(Role::Selection);
        assert_eq!(style, Style { reverse: true, ..Style::default() });
    }

    #[test]
    fn a_role_takes_the_look_of_the_nearest_name_above_it() {
        let text =
            "[roles]\ntext = \"white\"\nstatus = \"red\"\n\"status.failed\" = { bold = true }\n";
        let (theme, _) = Theme::parse("x", text);
        let red = Style { fg: Some(Color::Ansi(1)), ..Style::default() };
        let white = Style { fg: Some(Color::Ansi(7)), ..Style::default() };
        assert_eq!(
            theme.style(Role::StatusFailedAllowed),
            Style { bold: true, ..Style::default() }
        );
        assert_eq!(theme.style(Role::StatusSkipped), red);
        assert_eq!(theme.style(Role::Project), white);
    }
}
