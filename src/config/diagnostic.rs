//! [`Diagnostic`]: one fault with its place and its cure, rendered with the offending line.

use std::fmt;
use std::ops::Range;

use unicode_width::UnicodeWidthStr;

use crate::domain::Text;

/// The longest part of a line that is shown before and after a fault, in characters.
const LINE_ROOM: usize = 90;

/// One fault in something that the user wrote: where, what, and what to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diagnostic {
    /// The file, or `environment`.
    pub file: String,
    /// The line, from 1; 0 where the place has no lines.
    pub line: usize,
    /// The column in characters, from 1.
    pub column: usize,
    /// The offending line, free of control characters and secrets, cut where it is long.
    pub source_line: String,
    /// Where the caret stands in `source_line`, in terminal columns from 0.
    pub caret: Range<usize>,
    /// What is wrong.
    pub message: String,
    /// What to do about it.
    pub hint: Option<String>,
}

impl Diagnostic {
    /// A fault about a whole file or place, without a line.
    pub fn about(file: &str, message: &str, hint: Option<String>) -> Diagnostic {
        Diagnostic {
            file: Text::new(file).to_string(),
            line: 0,
            column: 0,
            source_line: String::new(),
            caret: 0..0,
            message: Text::new(message).to_string(),
            hint: hint.map(|hint| Text::new(&hint).to_string()),
        }
    }

    /// Sets the place: a byte range of `source`, clamped to what is there.
    #[must_use]
    pub fn at(mut self, source: &str, span: Range<usize>) -> Diagnostic {
        let place = Place::of(source, span);
        self.line = place.line;
        self.column = place.before.chars().count() + 1;
        let (before, marked, after) = place.shown();
        let start = before.width();
        self.caret = start..start + marked.width().max(1);
        self.source_line = format!("{before}{marked}{after}");
        self
    }

    /// Sets the place by a line and a column, both from 1 and in characters.
    #[must_use]
    pub fn at_line(self, source: &str, (line, column): (usize, usize)) -> Diagnostic {
        let start: usize =
            source.split_inclusive('\n').take(line.saturating_sub(1)).map(str::len).sum();
        let rest = source.get(start..).unwrap_or_default();
        let offset: usize = rest.chars().take(column.saturating_sub(1)).map(char::len_utf8).sum();
        let at = start + offset;
        self.at(source, at..at + 1)
    }
}

/// A place within one line of a source.
struct Place<'a> {
    line: usize,
    before: &'a str,
    marked: &'a str,
    after: &'a str,
}

impl<'a> Place<'a> {
    /// Finds the line that holds the span's start; the mark ends with that line at the latest.
    fn of(source: &'a str, span: Range<usize>) -> Place<'a> {
        let start = floor(source, span.start);
        let end = floor(source, span.end).max(start);
        let head = source.get(..start).unwrap_or_default();
        let line_start = head.rfind('\n').map_or(0, |at| at + 1);
        let tail = source.get(start..).unwrap_or_default();
        let line_end = start + tail.find('\n').unwrap_or(tail.len());
        let marked = source.get(start..end.min(line_end)).unwrap_or_default();
        Place {
            line: head.matches('\n').count() + 1,
            before: source.get(line_start..start).unwrap_or_default(),
            marked: marked.trim_end_matches('\r'),
            after: source.get(end.min(line_end)..line_end).unwrap_or_default().trim_end(),
        }
    }

    /// The three parts, cleaned and cut to a width that a terminal can show.
    fn shown(&self) -> (String, String, String) {
        let long = self.before.chars().count();
        let before = if long > LINE_ROOM {
            let kept: String = self.before.chars().skip(long - LINE_ROOM + 1).collect();
            format!("…{}", Text::new(&kept))
        } else {
            Text::new(self.before).to_string()
        };
        (before, cut(self.marked), cut(self.after))
    }
}

/// The part of a string that is shown, cleaned.
fn cut(raw: &str) -> String {
    if raw.chars().count() <= LINE_ROOM {
        return Text::new(raw).to_string();
    }
    let kept: String = raw.chars().take(LINE_ROOM - 1).collect();
    format!("{}…", Text::new(&kept))
}

/// The nearest character border at or before `at`.
fn floor(source: &str, at: usize) -> usize {
    let at = at.min(source.len());
    (0..=at).rev().find(|at| source.is_char_boundary(*at)).unwrap_or(0)
}

impl fmt::Display for Diagnostic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "error: {}", self.message)?;
        if self.line == 0 {
            writeln!(f, "  --> {}", self.file)?;
        } else {
            let number = self.line.to_string();
            let margin = " ".repeat(number.len());
            let carets = "^".repeat(self.caret.len().max(1));
            writeln!(f, "{margin}--> {}:{}:{}", self.file, self.line, self.column)?;
            writeln!(f, "{margin} |")?;
            writeln!(f, "{number} | {}", self.source_line)?;
            writeln!(f, "{margin} | {}{carets}", " ".repeat(self.caret.start))?;
        }
        match &self.hint {
            Some(hint) => writeln!(f, "  hint: {hint}"),
            None => Ok(()),
        }
    }
}

/// Every fault that was found, in the order of their places.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Faults(pub Vec<Diagnostic>);

impl fmt::Display for Faults {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, fault) in self.0.iter().enumerate() {
            if index > 0 {
                writeln!(f)?;
            }
            write!(f, "{fault}")?;
        }
        Ok(())
    }
}

impl std::error::Error for Faults {}

/// A hint that names the nearest of `known`, where one is near, and then all of them.
pub fn did_you_mean(wrong: &str, known: &[&str]) -> Option<String> {
    let near = nearest(wrong, known).map(|near| format!("did you mean `{near}`?"));
    let all = match known {
        [] => None,
        [one] => Some(format!("the only one known is `{one}`")),
        many => {
            let names: Vec<String> = many.iter().map(|name| format!("`{name}`")).collect();
            Some(format!("known are {}", names.join(", ")))
        }
    };
    match (near, all) {
        (Some(near), Some(all)) => Some(format!("{near} {all}")),
        (near, all) => near.or(all),
    }
}

/// The known word that the wrong one most likely meant.
pub fn nearest<'a>(wrong: &str, known: &[&'a str]) -> Option<&'a str> {
    let lower = wrong.to_lowercase();
    known
        .iter()
        .map(|word| (strsim::jaro_winkler(&lower, &word.to_lowercase()), *word))
        .filter(|(score, _)| *score > 0.8)
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .map(|(_, word)| word)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fault(source: &str, span: Range<usize>) -> Diagnostic {
        Diagnostic::about("a.toml", "no such key", Some("remove it".to_owned())).at(source, span)
    }

    #[test]
    fn a_fault_is_rendered_with_its_line_and_a_caret() {
        assert_eq!(
            fault("x = 1\nyy = 2\n", 6..8).to_string(),
            "error: no such key\n --> a.toml:2:1\n  |\n2 | yy = 2\n  | ^^\n  hint: remove it\n"
        );
    }

    #[test]
    fn a_column_counts_characters_and_a_caret_counts_columns() {
        let fault = fault("k = \"日本\" # x", 13..14);
        assert_eq!((fault.column, fault.caret), (10, 11..12));
    }

    #[test]
    fn a_span_past_the_end_is_clamped() {
        let fault = fault("x = 1", 90..99);
        assert_eq!((fault.line, fault.column, fault.caret), (1, 6, 5..6));
    }

    #[test]
    fn a_span_inside_a_character_is_moved_to_its_start() {
        assert_eq!(fault("é", 1..1).column, 1);
    }

    #[test]
    fn a_carriage_return_is_not_part_of_the_line() {
        assert_eq!(fault("x = 1\r\ny = 2\r\n", 0..1).source_line, "x = 1");
    }

    #[test]
    fn an_escape_sequence_in_the_line_is_inert() {
        assert_eq!(fault("x = \"\x1b[2J\"", 0..1).source_line, "x = \"\u{fffd}[2J\"");
    }

    #[test]
    fn a_long_line_is_cut_around_the_fault() {
        let source = format!("{}WRONG{}", "a".repeat(500), "b".repeat(500));
        let fault = fault(&source, 500..505);
        assert_eq!((fault.column, fault.caret), (501, 90..95));
    }

    #[test]
    fn the_nearest_word_is_proposed_and_a_far_one_is_not() {
        assert_eq!(nearest("activ_interval", &["active_interval", "url"]), Some("active_interval"));
        assert_eq!(nearest("zebra", &["active_interval", "url"]), None);
    }

    #[test]
    fn a_place_by_line_and_column_equals_the_place_by_bytes() {
        let about = || Diagnostic::about("a", "m", None);
        let source = "é = 1\nxy = 2\n";
        assert_eq!(about().at_line(source, (2, 2)), about().at(source, 8..9));
    }
}
