//! [`Style`]: the colours that a log may ask for, and how its SGR sequences ask for them.
//!
//! Source: ECMA-48 §8.3.117, ITU-T T.416 for colours, xterm's `ctlseqs` for the 256-colour form with semicolons.

/// A colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Hash)]
pub enum Colour {
    /// The terminal's own.
    #[default]
    Default,
    /// One of the sixteen: 0 to 7, and their bright forms 8 to 15.
    Ansi(u8),
    /// One of 256, from 16 on.
    Indexed(u8),
    /// Red, green and blue.
    Rgb(u8, u8, u8),
}

/// How a piece of a line looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Hash)]
pub struct Style {
    /// The text's colour.
    pub foreground: Colour,
    /// The colour behind it.
    pub background: Colour,
    /// Bold.
    pub bold: bool,
    /// Faint.
    pub dim: bool,
    /// Italic.
    pub italic: bool,
    /// Underlined, in whatever way.
    pub underline: bool,
    /// Foreground and background swapped.
    pub reverse: bool,
}

impl Style {
    /// Applies one SGR sequence. Text that asks to be concealed is shown all the same.
    pub(super) fn apply<'a>(&mut self, mut parameters: impl Iterator<Item = &'a [u16]>) {
        while let Some(parameter) = parameters.next() {
            let (code, detail) =
                parameter.split_first().map_or((0, [].as_slice()), |(c, d)| (*c, d));
            match code {
                38 | 48 | 58 => {
                    let colour = extended(detail, &mut parameters);
                    match (code, colour) {
                        (38, Some(colour)) => self.foreground = colour,
                        (48, Some(colour)) => self.background = colour,
                        _ => {}
                    }
                }
                4 => self.underline = detail.first() != Some(&0),
                code => self.apply_simple(code),
            }
        }
    }

    fn apply_simple(&mut self, code: u16) {
        let digit = |from: u16| u8::try_from(code - from).unwrap_or(0);
        match code {
            0 => *self = Style::default(),
            1 => self.bold = true,
            2 => self.dim = true,
            3 => self.italic = true,
            7 => self.reverse = true,
            21 => self.underline = true,
            22 => (self.bold, self.dim) = (false, false),
            23 => self.italic = false,
            24 => self.underline = false,
            27 => self.reverse = false,
            30..=37 => self.foreground = Colour::Ansi(digit(30)),
            39 => self.foreground = Colour::Default,
            40..=47 => self.background = Colour::Ansi(digit(40)),
            49 => self.background = Colour::Default,
            90..=97 => self.foreground = Colour::Ansi(digit(82)),
            100..=107 => self.background = Colour::Ansi(digit(92)),
            _ => {}
        }
    }
}

/// The colour behind 38, 48 or 58: in the same parameter after colons, or in the parameters that follow.
fn extended<'a>(detail: &[u16], rest: &mut impl Iterator<Item = &'a [u16]>) -> Option<Colour> {
    match detail {
        [5, index, ..] => indexed(*index),
        // With a colour space, which may be empty, or without one.
        [2, _, r, g, b, ..] | [2, r, g, b] => rgb([*r, *g, *b]),
        [_, ..] => None,
        [] => {
            let mut next = || rest.next().and_then(|parameter| parameter.first().copied());
            match next()? {
                5 => indexed(next()?),
                2 => rgb([next()?, next()?, next()?]),
                _ => None,
            }
        }
    }
}

fn indexed(index: u16) -> Option<Colour> {
    let index = u8::try_from(index).ok()?;
    Some(if index < 16 { Colour::Ansi(index) } else { Colour::Indexed(index) })
}

fn rgb(parts: [u16; 3]) -> Option<Colour> {
    let [r, g, b] = parts.map(|part| u8::try_from(part).ok());
    Some(Colour::Rgb(r?, g?, b?))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn style(parameters: &[&[u16]]) -> Style {
        let mut style = Style::default();
        style.apply(parameters.iter().copied());
        style
    }

    #[test]
    fn every_form_of_a_colour_is_read() {
        let cases: [(&[&[u16]], Colour); 8] = [
            (&[&[31]], Colour::Ansi(1)),
            (&[&[97]], Colour::Ansi(15)),
            (&[&[38], &[5], &[9]], Colour::Ansi(9)),
            (&[&[38], &[5], &[200]], Colour::Indexed(200)),
            (&[&[38, 5, 200]], Colour::Indexed(200)),
            (&[&[38], &[2], &[1], &[2], &[3]], Colour::Rgb(1, 2, 3)),
            (&[&[38, 2, 1, 2, 3]], Colour::Rgb(1, 2, 3)),
            (&[&[38, 2, 0, 1, 2, 3]], Colour::Rgb(1, 2, 3)),
        ];
        for (parameters, expected) in cases {
            assert_eq!(style(parameters).foreground, expected, "{parameters:?}");
        }
    }

    #[test]
    fn a_background_and_its_end_are_read() {
        assert_eq!(style(&[&[44]]).background, Colour::Ansi(4));
        assert_eq!(style(&[&[104]]).background, Colour::Ansi(12));
        assert_eq!(style(&[&[44], &[49]]), Style::default());
    }

    #[test]
    fn what_follows_a_colour_is_still_read() {
        let expected = Style { foreground: Colour::Indexed(20), bold: true, ..Style::default() };
        assert_eq!(style(&[&[38], &[5], &[20], &[1]]), expected);
    }

    #[test]
    fn a_colour_that_is_none_changes_nothing() {
        for parameters in [&[&[38][..], &[5], &[300]][..], &[&[38], &[9]], &[&[38]], &[&[38, 7]]] {
            assert_eq!(style(parameters), Style::default(), "{parameters:?}");
        }
    }

    #[test]
    fn the_colour_of_an_underline_is_passed_over() {
        assert_eq!(style(&[&[58], &[5], &[1]]), Style::default());
    }

    #[test]
    fn each_attribute_is_set_and_unset() {
        let on = style(&[&[1], &[2], &[3], &[4], &[7]]);
        let expected = Style {
            bold: true,
            dim: true,
            italic: true,
            underline: true,
            reverse: true,
            ..Style::default()
        };
        assert_eq!(on, expected);
        let off = style(&[&[1], &[2], &[3], &[4], &[7], &[22], &[23], &[24], &[27]]);
        assert_eq!(off, Style::default());
    }

    #[test]
    fn an_underline_of_no_kind_is_none() {
        assert_eq!(style(&[&[4], &[4, 0]]), Style::default());
        assert!(style(&[&[4, 3]]).underline);
    }

    #[test]
    fn concealed_text_is_shown() {
        assert_eq!(style(&[&[8]]), Style::default());
    }
}
