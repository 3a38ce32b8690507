//! [`Line`]: where a line lies, what kind it is, and the header that newer runners put before it.
//!
//! Source: GitLab Runner documentation, "Job log timestamps" (`FF_TIMESTAMPS`): `2024-05-22T12:43:46.962646Z 00O `,
//! then the text; `+` in place of the last blank continues the line before.

use std::borrow::Cow;

use unicode_width::UnicodeWidthChar;

use super::section;
use super::{MAX_LINE_BYTES, paint};
use crate::domain::Timestamp;
use crate::domain::text::{is_mark, is_unsafe};

/// How long the header of a line is, bytes.
const HEADER: usize = 32;

/// How long the instant in it is.
const INSTANT: usize = 27;

/// What a line needs to be shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Class {
    /// Nothing: every character is safe.
    Plain,
    /// Colours taken out; every other character is safe.
    Coloured,
    /// Everything: it moves the cursor, or has something unsafe.
    Wild,
    /// The same, and it has the marker of a section.
    Marked,
}

impl Class {
    /// What a line needs that was put together from two.
    pub(super) fn joined(self, other: Class) -> Class {
        if self == Class::Marked || other == Class::Marked { Class::Marked } else { Class::Wild }
    }
}

/// One line of the log.
#[derive(Debug, Clone, Copy)]
pub(super) struct Line {
    /// Where it begins in the whole log, header included.
    pub(super) start: u64,
    /// Where it ends, line end excluded.
    pub(super) end: u64,
    /// What it needs.
    pub(super) class: Class,
    /// Whether it has a marker and nothing to see: such lines are not shown.
    pub(super) is_marker_alone: bool,
    /// When it was written.
    pub(super) time: Option<Timestamp>,
    /// The stream and its kind, `00O`.
    stream: [u8; 3],
    /// Whether it goes on with the line before.
    continues: bool,
}

impl Line {
    /// Reads a line that begins at `start`.
    pub(super) fn read(raw: &[u8], start: u64) -> Line {
        let header = header(raw);
        let text = trimmed(raw);
        Line {
            start,
            end: start + raw.len() as u64,
            class: classify(text),
            is_marker_alone: false,
            time: header.map(|header| header.time),
            stream: header.map_or([0; 3], |header| header.stream),
            continues: header.is_some_and(|header| header.continues),
        }
    }

    /// Whether it goes on with `last` and both together are not too long.
    pub(super) fn continues(&self, last: &Line) -> bool {
        self.continues
            && self.stream == last.stream
            && self.end - last.start <= MAX_LINE_BYTES as u64
    }
}

/// Where the first line of `open` ends, and where the next begins; `None` while it has no end.
pub(super) fn find_end(open: &[u8]) -> Option<(usize, usize)> {
    let reach = open.get(..MAX_LINE_BYTES).unwrap_or(open);
    match reach.iter().position(|byte| *byte == b'\n') {
        Some(end) => Some((end, end + 1)),
        None if open.len() > MAX_LINE_BYTES => {
            // Behind the last state of a progress bar, else not inside a character.
            if let Some(state) = reach.iter().rposition(|byte| *byte == b'\r') {
                return Some((state + 1, state + 1));
            }
            let inside = |at: &usize| open.get(*at).is_some_and(|byte| byte & 0xc0 == 0x80);
            let cut = (MAX_LINE_BYTES - 3..=MAX_LINE_BYTES).rev().find(|at| !inside(at));
            let cut = cut.unwrap_or(MAX_LINE_BYTES);
            Some((cut, cut))
        }
        None => None,
    }
}

/// What a line says, without colours, markers or anything unsafe.
pub(super) fn plain(raw: &[u8], class: Class) -> Cow<'_, str> {
    match class {
        Class::Plain => String::from_utf8_lossy(trimmed(raw)),
        Class::Coloured => Cow::Owned(without_colours(trimmed(raw))),
        Class::Wild | Class::Marked => Cow::Owned(paint::paint(raw).plain()),
    }
}

/// The pieces of a line: itself, or what was joined, each without its header.
pub(super) fn pieces(raw: &[u8]) -> impl Iterator<Item = &[u8]> {
    raw.split(|byte| *byte == b'\n')
        .map(|piece| header(piece).map_or(piece, |_| piece.get(HEADER..).unwrap_or_default()))
}

/// The text of a line that was not joined: no header, no carriage return at its end.
fn trimmed(raw: &[u8]) -> &[u8] {
    let text = header(raw).map_or(raw, |_| raw.get(HEADER..).unwrap_or_default());
    text.strip_suffix(b"\r").unwrap_or(text)
}

/// What stands before the text of a line.
#[derive(Debug, Clone, Copy)]
struct Header {
    time: Timestamp,
    stream: [u8; 3],
    continues: bool,
}

/// Reads the header of a line, if it has one.
fn header(raw: &[u8]) -> Option<Header> {
    let (instant, rest) = raw.split_at_checked(INSTANT)?;
    let [b' ', stream @ .., flag] = rest.first_chunk::<5>()? else { return None };
    let [high, low, kind] = *stream;
    let is_stream = high.is_ascii_hexdigit() && low.is_ascii_hexdigit();
    let is_header = is_stream && matches!(kind, b'O' | b'E') && matches!(flag, b' ' | b'+');
    if !is_header || !instant.starts_with(b"2") || !instant.ends_with(b"Z") {
        return None;
    }
    let time = std::str::from_utf8(instant).ok()?.parse().ok()?;
    Some(Header { time, stream: *stream, continues: *flag == b'+' })
}

/// Finds out what a line needs.
fn classify(text: &[u8]) -> Class {
    if section::has_marker(text) {
        return Class::Marked;
    }
    if text.iter().all(|byte| (0x20..0x7f).contains(byte)) {
        return Class::Plain;
    }
    let Ok(text) = std::str::from_utf8(text) else { return Class::Wild };
    let mut class = Class::Plain;
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let step = match colour_length(rest.as_bytes()) {
            Some(length) => {
                class = Class::Coloured;
                length
            }
            None if acts(first) => return Class::Wild,
            None => first.len_utf8(),
        };
        rest = rest.get(step..).unwrap_or_default();
    }
    class
}

/// Whether a character does something else than stand in its column.
fn acts(character: char) -> bool {
    is_mark(character) || is_unsafe(character) || matches!(character.width(), Some(0) | None)
}

/// How long the SGR sequence is that stands at the beginning, if one does.
fn colour_length(text: &[u8]) -> Option<usize> {
    let parameters = text.strip_prefix(b"\x1b[")?;
    let end = parameters
        .iter()
        .position(|byte| !matches!(byte, b'0'..=b'9' | b';' | b':'))
        .filter(|end| parameters.get(*end) == Some(&b'm'))?;
    Some(end + 3)
}

/// The text of a [`Class::Coloured`] line.
fn without_colours(text: &[u8]) -> String {
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some(escape) = rest.iter().position(|byte| *byte == 0x1b) {
        let (before, sequence) = rest.split_at(escape);
        out.extend_from_slice(before);
        let length = colour_length(sequence).unwrap_or(1);
        rest = sequence.get(length..).unwrap_or_default();
    }
    out.extend_from_slice(rest);
    String::from_utf8(out).unwrap_or_default()
}
