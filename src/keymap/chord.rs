//! [`Key`], [`Chord`] and [`Sequence`]: what is pressed; parsed from "ctrl-x g" and printed the same.

use std::fmt;
use std::str::FromStr;

/// A key, whatever is held down with it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Key {
    /// A key that prints; capitals are characters of their own.
    Char(char),
    /// Enter.
    Enter,
    /// Escape.
    Esc,
    /// Tab.
    Tab,
    /// Backspace.
    Backspace,
    /// Delete.
    Delete,
    /// Insert.
    Insert,
    /// Home.
    Home,
    /// End.
    End,
    /// Page up.
    PageUp,
    /// Page down.
    PageDown,
    /// The arrow up.
    Up,
    /// The arrow down.
    Down,
    /// The arrow to the left.
    Left,
    /// The arrow to the right.
    Right,
    /// A function key, 1 to 24.
    F(u8),
}

/// The names of keys that do not print themselves; the first of several is the one that is printed.
const NAMES: &[(&str, Key)] = &[
    ("enter", Key::Enter),
    ("return", Key::Enter),
    ("esc", Key::Esc),
    ("escape", Key::Esc),
    ("tab", Key::Tab),
    ("backspace", Key::Backspace),
    ("delete", Key::Delete),
    ("del", Key::Delete),
    ("insert", Key::Insert),
    ("home", Key::Home),
    ("end", Key::End),
    ("pageup", Key::PageUp),
    ("pagedown", Key::PageDown),
    ("up", Key::Up),
    ("down", Key::Down),
    ("left", Key::Left),
    ("right", Key::Right),
    ("space", Key::Char(' ')),
];

/// What is held down with a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Held {
    /// Control.
    pub ctrl: bool,
    /// Alt, Option or Meta.
    pub alt: bool,
    /// Shift.
    pub shift: bool,
}

/// A key and what is held down with it, always in the same form: shift with a character makes the capital, and
/// control with a character knows no capitals, since terminals do not tell them apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Chord {
    key: Key,
    held: Held,
}

impl Chord {
    /// Brings a key and what is held into the one form.
    pub fn new(key: Key, held: Held) -> Chord {
        let Key::Char(character) = key else { return Chord { key, held } };
        let one = |mut cases: Box<dyn Iterator<Item = char>>| {
            cases.next().filter(|_| cases.next().is_none()).unwrap_or(character)
        };
        let character = if held.ctrl {
            one(Box::new(character.to_lowercase()))
        } else if held.shift {
            one(Box::new(character.to_uppercase()))
        } else {
            character
        };
        Chord {
            key: Key::Char(character),
            held: Held { shift: held.shift && character == ' ', ..held },
        }
    }

    /// A key with nothing held.
    pub fn of(key: Key) -> Chord {
        Chord::new(key, Held::default())
    }

    /// The key.
    pub fn key(self) -> Key {
        self.key
    }

    /// What is held with it.
    pub fn held(self) -> Held {
        self.held
    }

    /// The character that it types into a text, if it types one.
    pub fn typed(self) -> Option<char> {
        match self.key {
            Key::Char(character) if !self.held.ctrl && !self.held.alt => Some(character),
            _ => None,
        }
    }
}

impl fmt::Display for Chord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let held =
            [(self.held.ctrl, "ctrl-"), (self.held.alt, "alt-"), (self.held.shift, "shift-")];
        for (_, name) in held.iter().filter(|(held, _)| *held) {
            f.write_str(name)?;
        }
        match (self.key, NAMES.iter().find(|(_, key)| *key == self.key)) {
            (_, Some((name, _))) => f.write_str(name),
            (Key::F(number), None) => write!(f, "f{number}"),
            (Key::Char(character), None) => write!(f, "{character}"),
            (_, None) => Ok(()),
        }
    }
}

/// What is no key.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no key")]
pub struct NoKey(pub String);

impl FromStr for Chord {
    type Err = NoKey;

    fn from_str(raw: &str) -> Result<Chord, NoKey> {
        let mut held = Held::default();
        let mut rest = raw;
        while let Some((word, after)) = rest.split_once('-').filter(|(_, after)| !after.is_empty())
        {
            let place = match word.to_ascii_lowercase().as_str() {
                "ctrl" => &mut held.ctrl,
                "alt" => &mut held.alt,
                "shift" => &mut held.shift,
                _ => return Err(NoKey(raw.to_owned())),
            };
            if std::mem::replace(place, true) {
                return Err(NoKey(raw.to_owned()));
            }
            rest = after;
        }
        key(rest).map(|key| Chord::new(key, held)).ok_or_else(|| NoKey(raw.to_owned()))
    }
}

/// The key of a name or of a single character.
fn key(raw: &str) -> Option<Key> {
    let mut characters = raw.chars();
    if let (Some(only), None) = (characters.next(), characters.next()) {
        return (!only.is_control() && !only.is_whitespace()).then_some(Key::Char(only));
    }
    let lower = raw.to_ascii_lowercase();
    if let Some((_, key)) = NAMES.iter().find(|(name, _)| *name == lower) {
        return Some(*key);
    }
    let digits = lower.strip_prefix('f').filter(|digits| !digits.starts_with(['0', '+']))?;
    digits.parse().ok().filter(|number| (1..=24).contains(number)).map(Key::F)
}

/// Chords, one after the other.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Sequence(Vec<Chord>);

impl Sequence {
    /// The chords, at least one.
    pub fn chords(&self) -> &[Chord] {
        &self.0
    }

    /// Whether `longer` begins with it and goes on.
    pub fn is_prefix_of(&self, longer: &Sequence) -> bool {
        self.0.len() < longer.0.len() && longer.0.starts_with(&self.0)
    }
}

impl FromStr for Sequence {
    type Err = NoKey;

    fn from_str(raw: &str) -> Result<Sequence, NoKey> {
        let chords: Vec<Chord> =
            raw.split_whitespace().map(str::parse).collect::<Result<_, _>>()?;
        if chords.is_empty() { Err(NoKey(raw.to_owned())) } else { Ok(Sequence(chords)) }
    }
}

impl fmt::Display for Sequence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, chord) in self.0.iter().enumerate() {
            let gap = if index == 0 { "" } else { " " };
            write!(f, "{gap}{chord}")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn printed(raw: &str) -> Option<String> {
        raw.parse::<Sequence>().ok().map(|sequence| sequence.to_string())
    }

    #[test]
    fn chords_are_printed_as_they_are_written() {
        for raw in [
            "ctrl-x g",
            "shift-tab",
            "g p",
            "?",
            "space",
            "enter",
            "f1",
            "/",
            "alt-x",
            "-",
            "ctrl--",
            "G",
            "[",
            "pagedown",
            "ctrl-alt-delete",
            "é",
            "alt-<",
            "ctrl-space",
        ] {
            assert_eq!(printed(raw).as_deref(), Some(raw));
        }
    }

    #[test]
    fn other_spellings_are_brought_into_one_form() {
        let pairs = [
            ("shift-s", "S"),
            ("S", "S"),
            ("Ctrl-R", "ctrl-r"),
            ("alt-ctrl-x", "ctrl-alt-x"),
            ("Return", "enter"),
            ("Escape", "esc"),
            ("  g   g ", "g g"),
            ("F12", "f12"),
            ("shift-space", "shift-space"),
        ];
        for (raw, form) in pairs {
            assert_eq!(printed(raw).as_deref(), Some(form), "{raw}");
        }
    }

    #[test]
    fn what_is_no_key_is_refused() {
        for raw in
            ["", " ", "ctrl-", "ctrl-ctrl-x", "hyper-x", "enterr", "f0", "f25", "f+1", "gp", "x-y"]
        {
            assert_eq!(printed(raw), None, "{raw}");
        }
    }

    #[test]
    fn a_terminals_capital_is_the_same_with_and_without_shift() {
        let shift = Held { shift: true, ..Held::default() };
        assert_eq!(Chord::new(Key::Char('S'), shift), Chord::of(Key::Char('S')));
        assert_eq!(Chord::new(Key::Char('s'), shift), Chord::of(Key::Char('S')));
    }

    #[test]
    fn a_character_types_itself_unless_control_or_alt_is_held() {
        let typed = |raw: &str| raw.parse::<Chord>().ok().and_then(Chord::typed);
        assert_eq!(
            ["a", "A", "space", "ctrl-a", "alt-a", "enter"].map(typed),
            [Some('a'), Some('A'), Some(' '), None, None, None]
        );
    }

    #[test]
    fn a_prefix_is_shorter_and_begins_the_same() {
        let sequence = |raw: &str| raw.parse::<Sequence>().expect("keys");
        assert!(sequence("g").is_prefix_of(&sequence("g p")));
        assert!(!sequence("g").is_prefix_of(&sequence("g")));
        assert!(!sequence("p").is_prefix_of(&sequence("g p")));
    }

    proptest! {
        #[test]
        fn whatever_parses_prints_to_what_parses_to_the_same(raw in "[ a-zA-Z0-9ß/?\\-]{0,12}") {
            if let Ok(sequence) = raw.parse::<Sequence>() {
                prop_assert_eq!(sequence.to_string().parse::<Sequence>(), Ok(sequence));
            }
        }
    }
}
