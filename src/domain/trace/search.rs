//! Finding words in a log.

use std::ops::Range;

use super::Trace;

/// Where to look next.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Direction {
    /// Towards the end.
    Down,
    /// Towards the beginning.
    Up,
}

/// A place where the words stand.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Match {
    /// The number of the line.
    pub line: u64,
    /// Where in [`Trace::plain_line`], bytes.
    pub range: Range<usize>,
}

impl Trace {
    /// The first line at or after `from` (or before it, going up) that has `needle`, with its first place there.
    ///
    /// Case counts when `needle` has a capital letter. Folded lines are searched too: [`Trace::reveal`] shows them.
    pub fn find_next(&self, needle: &str, from: u64, direction: Direction) -> Option<Match> {
        let kept = self.line_numbers();
        let seen = |line| {
            let range = self.matches_in(line, needle).into_iter().next()?;
            Some(Match { line, range })
        };
        match direction {
            Direction::Down => (from.max(kept.start)..kept.end).find_map(seen),
            Direction::Up => {
                (kept.start..from.saturating_add(1).min(kept.end)).rev().find_map(seen)
            }
        }
    }

    /// Every place in a line where `needle` stands, bytes of [`Trace::plain_line`].
    pub fn matches_in(&self, line: u64, needle: &str) -> Vec<Range<usize>> {
        self.plain_line(line).map_or_else(Vec::new, |text| places(&text, needle))
    }
}

/// Every place where `needle` stands, without overlaps.
fn places(text: &str, needle: &str) -> Vec<Range<usize>> {
    if needle.is_empty() {
        Vec::new()
    } else if needle.chars().any(char::is_uppercase) {
        text.match_indices(needle).map(|(at, found)| at..at + found.len()).collect()
    } else if needle.is_ascii() {
        ascii_places(text.as_bytes(), needle.as_bytes())
    } else {
        folded_places(text, needle)
    }
}

/// The places of an ASCII needle. It can only stand between whole characters.
fn ascii_places(text: &[u8], needle: &[u8]) -> Vec<Range<usize>> {
    let mut places = Vec::new();
    let (Some(first), mut at) = (needle.first(), 0) else { return places };
    let (lower, upper) = (first.to_ascii_lowercase(), first.to_ascii_uppercase());
    while let Some(rest) = text.get(at..) {
        let Some(step) = rest.iter().position(|byte| *byte == lower || *byte == upper) else {
            break;
        };
        at += step;
        let here = text.get(at..at + needle.len());
        if here.is_some_and(|here| here.eq_ignore_ascii_case(needle)) {
            places.push(at..at + needle.len());
            at += needle.len();
        } else {
            at += 1;
        }
    }
    places
}

/// The places of any needle, whatever the case of either.
fn folded_places(text: &str, needle: &str) -> Vec<Range<usize>> {
    let needle: Vec<char> = needle.chars().flat_map(char::to_lowercase).collect();
    let folded: Vec<(char, Range<usize>)> = text
        .char_indices()
        .flat_map(|(at, one)| one.to_lowercase().map(move |low| (low, at..at + one.len_utf8())))
        .collect();
    let mut places: Vec<Range<usize>> = Vec::new();
    for window in folded.windows(needle.len()) {
        let fits = window.iter().map(|(one, _)| one).eq(&needle);
        let (Some((_, first)), Some((_, last))) = (window.first(), window.last()) else { continue };
        if fits && places.last().is_none_or(|before| before.end <= first.start) {
            places.push(first.start..last.end);
        }
    }
    places
}
