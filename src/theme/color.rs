//! [`Color`] and [`Depth`]: colours as themes write them, and what is left of them on a poorer terminal.

/// A colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Color {
    /// The terminal's own.
    Default,
    /// One of the sixteen that the terminal's user has chosen, 0 to 15.
    Ansi(u8),
    /// One of the 256, 16 to 255: a cube of 6×6×6 and a ramp of greys.
    Indexed(u8),
    /// Red, green, blue.
    Rgb(u8, u8, u8),
}

/// How many colours a terminal shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Depth {
    /// None: bold, underline and reverse carry the meaning.
    Mono,
    /// Sixteen.
    Ansi16,
    /// 256.
    Ansi256,
    /// All.
    TrueColor,
}

impl Depth {
    /// What the environment says: `NO_COLOR`, `COLORTERM` and `TERM`; `variable` looks one up.
    pub fn detect(variable: &dyn Fn(&str) -> Option<String>) -> Depth {
        let said = |name: &str| variable(name).filter(|value| !value.is_empty());
        let term = said("TERM").unwrap_or_default();
        let many = said("COLORTERM").is_some_and(|word| word == "truecolor" || word == "24bit");
        if said("NO_COLOR").is_some() || term == "dumb" {
            Depth::Mono
        } else if many || term.ends_with("-direct") {
            Depth::TrueColor
        } else if term.contains("256color") {
            Depth::Ansi256
        } else {
            Depth::Ansi16
        }
    }
}

/// The sixteen as xterm shows them; the user's own may differ.
#[rustfmt::skip] // A table.
const ANSI: [(u8, u8, u8); 16] = [
    (0, 0, 0), (205, 0, 0), (0, 205, 0), (205, 205, 0), (0, 0, 238), (205, 0, 205), (0, 205, 205), (229, 229, 229),
    (127, 127, 127), (255, 0, 0), (0, 255, 0), (255, 255, 0), (92, 92, 255), (255, 0, 255), (0, 255, 255),
    (255, 255, 255),
];

/// The names of the sixteen, in their order.
#[rustfmt::skip] // A table.
pub(super) const ANSI_NAMES: [&str; 16] = [
    "black", "red", "green", "yellow", "blue", "magenta", "cyan", "white", "bright-black", "bright-red",
    "bright-green", "bright-yellow", "bright-blue", "bright-magenta", "bright-cyan", "bright-white",
];

/// The steps of each side of the cube of 216.
const STEPS: [u8; 6] = [0, 95, 135, 175, 215, 255];

impl Color {
    /// Reads `#rrggbb`, `default`, or the name of one of the sixteen.
    pub fn parse(raw: &str) -> Option<Color> {
        if let Some(digits) = raw.strip_prefix('#') {
            let is_hex = digits.len() == 6 && digits.bytes().all(|byte| byte.is_ascii_hexdigit());
            let number = u32::from_str_radix(digits, 16).ok().filter(|_| is_hex)?;
            let [_, red, green, blue] = number.to_be_bytes();
            return Some(Color::Rgb(red, green, blue));
        }
        if raw == "default" {
            return Some(Color::Default);
        }
        let index = ANSI_NAMES.iter().position(|name| *name == raw)?;
        u8::try_from(index).ok().map(Color::Ansi)
    }

    /// The nearest colour that a terminal of this depth can show; none where it shows none.
    pub fn reduce(self, depth: Depth) -> Option<Color> {
        match (depth, self) {
            (Depth::Mono, _) => None,
            (_, Color::Default | Color::Ansi(_)) | (Depth::TrueColor, _) => Some(self),
            (Depth::Ansi256, Color::Indexed(_)) => Some(self),
            (Depth::Ansi256, Color::Rgb(..)) => Some(self.nearest((16..=255).map(Color::Indexed))),
            (Depth::Ansi16, _) => Some(self.nearest((0..16).map(Color::Ansi))),
        }
    }

    /// Red, green and blue, as far as they can be known; the terminal's own cannot.
    pub fn rgb(self) -> Option<(u8, u8, u8)> {
        match self {
            Color::Default => None,
            Color::Rgb(red, green, blue) => Some((red, green, blue)),
            Color::Ansi(index) => ANSI.get(usize::from(index)).copied(),
            Color::Indexed(index @ 0..16) => ANSI.get(usize::from(index)).copied(),
            Color::Indexed(index @ 16..232) => {
                let step = |part: u8| STEPS.get(usize::from(part % 6)).copied();
                let cube = index - 16;
                Some((step(cube / 36)?, step(cube / 6)?, step(cube)?))
            }
            Color::Indexed(index @ 232..) => {
                let grey = 8 + (index - 232) * 10;
                Some((grey, grey, grey))
            }
        }
    }

    /// How readable it is on a ground, from 1 to 21, as WCAG 2 reckons; none where either cannot be known.
    pub fn contrast(self, ground: Color) -> Option<f64> {
        let (one, other) = (luminance(self.rgb()?), luminance(ground.rgb()?));
        Some((one.max(other) + 0.05) / (one.min(other) + 0.05))
    }

    fn nearest(self, candidates: impl Iterator<Item = Color>) -> Color {
        let Some(own) = self.rgb() else { return self };
        let far = |candidate: &Color| candidate.rgb().map_or(u32::MAX, |rgb| distance(own, rgb));
        candidates.min_by_key(far).unwrap_or(self)
    }
}

/// How different two colours look: the "redmean" approximation, squared.
fn distance(one: (u8, u8, u8), other: (u8, u8, u8)) -> u32 {
    let difference = |a: u8, b: u8| u32::from(a.abs_diff(b)).pow(2);
    let red = u32::midpoint(u32::from(one.0), u32::from(other.0));
    (512 + red) * difference(one.0, other.0) / 256
        + 4 * difference(one.1, other.1)
        + (767 - red) * difference(one.2, other.2) / 256
}

/// The relative luminance of WCAG 2, from 0 to 1.
fn luminance((red, green, blue): (u8, u8, u8)) -> f64 {
    let linear = |part: u8| {
        let part = f64::from(part) / 255.0;
        if part <= 0.04045 { part / 12.92 } else { ((part + 0.055) / 1.055).powf(2.4) }
    };
    0.2126 * linear(red) + 0.7152 * linear(green) + 0.0722 * linear(blue)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colours_are_read_as_hex_or_by_name() {
        assert_eq!(
            ["#0a1B2c", "default", "bright-red"].map(Color::parse),
            [Some(Color::Rgb(10, 27, 44)), Some(Color::Default), Some(Color::Ansi(9))]
        );
    }

    #[test]
    fn what_is_no_colour_is_refused() {
        assert_eq!(
            ["", "#", "#12345", "#12345g", "#+12345", "reddish"].map(Color::parse),
            [None; 6]
        );
    }

    #[test]
    fn a_poorer_terminal_gets_the_nearest_colour() {
        let red = Color::Rgb(250, 10, 10);
        assert_eq!(
            [Depth::TrueColor, Depth::Ansi256, Depth::Ansi16, Depth::Mono]
                .map(|depth| red.reduce(depth)),
            [Some(red), Some(Color::Indexed(196)), Some(Color::Ansi(9)), None]
        );
    }

    #[test]
    fn a_grey_finds_the_ramp_of_greys() {
        assert_eq!(Color::Rgb(48, 48, 48).reduce(Depth::Ansi256), Some(Color::Indexed(236)));
    }

    #[test]
    fn the_users_own_colours_are_never_replaced() {
        assert_eq!(Color::Ansi(3).reduce(Depth::Ansi256), Some(Color::Ansi(3)));
        assert_eq!(Color::Default.reduce(Depth::Ansi16), Some(Color::Default));
    }

    #[test]
    fn contrast_runs_from_one_to_twenty_one() {
        let (black, white) = (Color::Rgb(0, 0, 0), Color::Rgb(255, 255, 255));
        assert_eq!(black.contrast(black), Some(1.0));
        assert_eq!(black.contrast(white), Some(21.0));
        assert_eq!(black.contrast(Color::Default), None);
    }

    fn detect(variables: &[(&str, &str)]) -> Depth {
        Depth::detect(&|name| {
            variables.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned())
        })
    }

    #[test]
    fn the_environment_says_how_many_colours_there_are() {
        assert_eq!(detect(&[("TERM", "xterm"), ("COLORTERM", "truecolor")]), Depth::TrueColor);
        assert_eq!(detect(&[("TERM", "tmux-256color")]), Depth::Ansi256);
        assert_eq!(detect(&[("TERM", "linux")]), Depth::Ansi16);
        assert_eq!(detect(&[("TERM", "dumb")]), Depth::Mono);
    }

    #[test]
    fn no_color_outranks_everything_unless_it_is_empty() {
        let many = ("COLORTERM", "truecolor");
        assert_eq!(detect(&[many, ("NO_COLOR", "1")]), Depth::Mono);
        assert_eq!(detect(&[many, ("NO_COLOR", "")]), Depth::TrueColor);
    }
}
