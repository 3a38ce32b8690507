//! [`Text`]: a string from outside with everything that could move a terminal already taken out.

use std::borrow::Borrow;
use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use unicode_width::UnicodeWidthChar;

/// Marks the place where a hostile or invisible character stood, so that two names never look alike by omission.
pub const REPLACED: char = '\u{fffd}';

/// How many combining marks one character may carry; more is a trick with width, not a language.
pub(super) const MAX_MARKS: usize = 3;

/// A string from outside, safe to print anywhere: no control characters, no escape sequences, no bidirectional
/// overrides, nothing of zero width but a few combining marks. Cheap to clone.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Text(Arc<str>);

impl Text {
    /// Cleans `raw`: tabs and line ends become blanks, each run of unsafe characters becomes one `U+FFFD`.
    pub fn new(raw: &str) -> Text {
        if is_clean(raw) { Text(raw.into()) } else { Text(clean(raw).into()) }
    }

    /// The cleaned string.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether nothing is left.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// Whether every character may be shown as it is.
fn is_clean(raw: &str) -> bool {
    raw.bytes().all(|byte| (0x20..0x7f).contains(&byte))
}

/// Replaces what must not reach a terminal, a title, a clipboard, a spreadsheet or a log file.
fn clean(raw: &str) -> String {
    let mut out = String::with_capacity(raw.len());
    let mut marks = 0;
    for character in raw.chars() {
        if matches!(character, '\t' | '\n' | '\r' | '\u{2028}' | '\u{2029}') {
            marks = 0;
            out.push(' ');
        } else if is_mark(character) {
            marks += 1;
            if marks <= MAX_MARKS && !out.is_empty() {
                out.push(character);
            } else if !out.ends_with(REPLACED) {
                out.push(REPLACED);
            }
        } else if is_unsafe(character) {
            if !out.ends_with(REPLACED) {
                out.push(REPLACED);
            }
        } else {
            marks = 0;
            out.push(character);
        }
    }
    out
}

/// Marks that stand on the character before them: zero columns wide, yet part of ordinary writing.
pub(super) fn is_mark(character: char) -> bool {
    character.width() == Some(0) && !is_unsafe(character)
}

/// Characters that act instead of showing: C0, C1, bidirectional controls, zero-width and tag characters,
/// private use and noncharacters.
pub(super) fn is_unsafe(character: char) -> bool {
    character.is_control()
        || matches!(character,
            '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}'
            | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{3164}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}'
            | '\u{ffa0}' | '\u{fff0}'..='\u{fffb}' | '\u{1d173}'..='\u{1d17a}'
            | '\u{e000}'..='\u{f8ff}' | '\u{e0000}'..='\u{10ffff}')
}

/// What a spreadsheet would take for the beginning of a formula; the full-width signs count in some.
const FORMULA: [char; 11] = ['=', '+', '-', '@', '\t', '\r', '\n', '＝', '＋', '－', '＠'];

/// The same words as a cell that no spreadsheet takes for a formula.
pub fn inert_cell(words: &str) -> String {
    // A blank before the sign does not keep every spreadsheet from seeing it.
    if words.trim_start().starts_with(FORMULA) || words.starts_with(FORMULA) {
        format!("'{words}")
    } else {
        words.to_owned()
    }
}

impl Serialize for Text {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for Text {
    /// What is read is cleaned like everything from outside.
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Text, D::Error> {
        Ok(Text::new(&std::borrow::Cow::<'de, str>::deserialize(from)?))
    }
}

impl From<&str> for Text {
    fn from(raw: &str) -> Text {
        Text::new(raw)
    }
}

impl Borrow<str> for Text {
    fn borrow(&self) -> &str {
        &self.0
    }
}

impl std::ops::Deref for Text {
    type Target = str;

    fn deref(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl fmt::Debug for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&*self.0, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_text_is_untouched() {
        assert_eq!(Text::new("eslint 3/8 – Prüfung").as_str(), "eslint 3/8 – Prüfung");
    }

    #[test]
    fn an_escape_sequence_loses_its_escape() {
        assert_eq!(Text::new("\x1b]0;x\x07\x1b[2Jname").as_str(), "\u{fffd}]0;x\u{fffd}[2Jname");
    }

    #[test]
    fn bidirectional_overrides_and_zero_width_characters_are_marked() {
        assert_eq!(
            Text::new("a\u{202e}b\u{200b}c\u{feff}d").as_str(),
            "a\u{fffd}b\u{fffd}c\u{fffd}d"
        );
    }

    #[test]
    fn c1_controls_are_marked() {
        assert_eq!(Text::new("a\u{9b}31mb").as_str(), "a\u{fffd}31mb");
    }

    #[test]
    fn line_ends_and_tabs_become_blanks() {
        assert_eq!(Text::new("a\tb\nc\r\nd").as_str(), "a b c  d");
    }

    #[test]
    fn a_tower_of_combining_marks_is_cut() {
        let tower = format!("e{}", "\u{301}".repeat(40));
        assert_eq!(Text::new(&tower).as_str(), "e\u{301}\u{301}\u{301}\u{fffd}");
    }

    #[test]
    fn marks_of_every_script_are_counted() {
        let tower = format!("a{}", "\u{1e008}".repeat(9));
        assert_eq!(Text::new(&tower).as_str(), "a\u{1e008}\u{1e008}\u{1e008}\u{fffd}");
    }

    #[test]
    fn what_is_read_is_cleaned_and_written_as_it_is() {
        let read: Text = serde_json::from_str(r#""a\u001b[2J""#).unwrap();
        assert_eq!(read.as_str(), "a\u{fffd}[2J");
        assert_eq!(serde_json::to_string(&read).unwrap(), "\"a\u{fffd}[2J\"");
    }

    #[test]
    fn what_could_be_a_formula_gets_an_apostrophe() {
        for words in ["=1+1", "+1", "-1", "@SUM(A1)", "\tx", "\rx", "\nx", "＝1", "  =1"] {
            assert_eq!(inert_cell(words), format!("'{words}"));
        }
        for words in ["a=1", "main", "", "!ref", "'quoted"] {
            assert_eq!(inert_cell(words), words);
        }
    }

    #[test]
    fn an_accent_survives() {
        assert_eq!(Text::new("e\u{301}te\u{301}").as_str(), "e\u{301}te\u{301}");
    }
}
