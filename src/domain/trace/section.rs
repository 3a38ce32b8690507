//! [`Section`]: the folds that a log's own markers make.
//!
//! Source: GitLab documentation, "Job logs", custom collapsible sections:
//! `section_start:UNIX:NAME[collapsed=true]\r\e[0K` and `section_end:UNIX:NAME\r\e[0K`.

use std::collections::HashMap;

use super::Folded;
use crate::domain::{Text, Timestamp};

/// How many sections are kept; more is not a log for people.
const MAX_SECTIONS: usize = 5_000;

/// What every marker begins with.
const MARK: &[u8] = b"section_";

/// A part of a log between two markers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Section {
    /// The marker's name for it.
    pub name: Text,
    /// The number of the line with its first marker, which stays visible.
    pub first_line: u64,
    /// The number of its last line; `None` while it goes on.
    pub last_line: Option<u64>,
    /// When it began.
    pub started_at: Timestamp,
    /// When it ended.
    pub ended_at: Option<Timestamp>,
    /// Whether only its first line is shown.
    pub folded: Folded,
    /// How many sections are around it.
    pub depth: usize,
}

impl Section {
    /// How long it took, seconds; `None` while it goes on.
    pub fn duration_seconds(&self) -> Option<i64> {
        self.ended_at.map(|end| (end.as_second() - self.started_at.as_second()).max(0))
    }

    /// Whether folding it hides this line.
    pub fn covers(&self, line: u64) -> bool {
        line > self.first_line && self.last_line.is_none_or(|last| line <= last)
    }
}

/// Lines that a folded section hides: those behind `first`, to the last one or to the end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Fold {
    pub(super) first: u64,
    pub(super) last: Option<u64>,
}

/// The later of two ends; none is the latest.
fn longer(one: Option<u64>, other: Option<u64>) -> Option<u64> {
    Some(one?.max(other?))
}

/// The sections of a log, by their first line.
#[derive(Debug, Clone, Default)]
pub(super) struct Sections {
    all: Vec<Section>,
    /// The outermost folded ones, in order.
    hidden: Vec<Fold>,
    /// Folds that a person chose in a log that was read anew since, by name and beginning.
    folds: HashMap<(Text, Timestamp), Folded>,
}

impl Sections {
    /// No sections yet; those that come again are folded as they were.
    pub(super) fn with_folds(folds: HashMap<(Text, Timestamp), Folded>) -> Sections {
        Sections { folds, ..Sections::default() }
    }

    /// How each section is folded.
    pub(super) fn folds(&self) -> HashMap<(Text, Timestamp), Folded> {
        let all = self.all.iter();
        all.map(|section| ((section.name.clone(), section.started_at), section.folded)).collect()
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &Section> {
        self.all.iter()
    }

    /// The outermost section that begins in a line.
    pub(super) fn starting_at(&self, line: u64) -> Option<&Section> {
        let place = self.all.partition_point(|section| section.first_line < line);
        self.all.get(place).filter(|section| section.first_line == line)
    }

    /// The fold that hides a line; the outermost one.
    pub(super) fn fold_over(&self, line: u64) -> Option<Fold> {
        let after = self.hidden.partition_point(|fold| fold.first < line);
        let fold = self.hidden.get(after.checked_sub(1)?)?;
        fold.last.is_none_or(|last| line <= last).then_some(*fold)
    }

    /// Takes the markers of a line.
    pub(super) fn read(&mut self, raw: &[u8], line: u64) {
        let mut rest = raw;
        while let Some((_, marker, after)) = next_marker(rest) {
            rest = after;
            match marker.kind {
                Kind::Start(folded) => self.start(&marker, folded, line),
                Kind::End => self.end(&marker, line),
            }
        }
    }

    /// After lines came and went: forgets sections whose first line was dropped, and finds the folds anew.
    pub(super) fn settle(&mut self, first_kept: u64) {
        let gone = self.all.partition_point(|section| section.first_line < first_kept);
        self.all.drain(..gone);
        self.find_folds();
    }

    fn find_folds(&mut self) {
        self.hidden.clear();
        for section in self.all.iter().filter(|section| section.folded == Folded::Yes) {
            let fold = Fold { first: section.first_line, last: section.last_line };
            let within = |outer: &Fold| outer.last.is_none_or(|last| fold.first <= last);
            match self.hidden.last_mut() {
                // Of two that begin in one line the longer counts.
                Some(outer) if outer.first == fold.first => {
                    outer.last = longer(outer.last, fold.last);
                }
                Some(outer) if within(outer) => {}
                _ => self.hidden.push(fold),
            }
        }
    }

    pub(super) fn toggle(&mut self, line: u64) -> bool {
        let innermost = self
            .all
            .iter_mut()
            .rev()
            .find(|section| section.first_line == line || section.covers(line));
        let found = innermost.is_some_and(|section| {
            section.folded = if section.folded == Folded::Yes { Folded::No } else { Folded::Yes };
            true
        });
        self.find_folds();
        found
    }

    pub(super) fn reveal(&mut self, line: u64) {
        for section in self.all.iter_mut().filter(|section| section.covers(line)) {
            section.folded = Folded::No;
        }
        self.find_folds();
    }

    pub(super) fn set_all(&mut self, folded: Folded) {
        for section in &mut self.all {
            section.folded = folded;
        }
        self.find_folds();
    }

    fn start(&mut self, marker: &Marker, folded: Folded, line: u64) {
        if self.all.len() >= MAX_SECTIONS {
            return;
        }
        let depth = self.all.iter().filter(|section| section.last_line.is_none()).count();
        let chosen = self.folds.remove(&(marker.name.clone(), marker.at));
        self.all.push(Section {
            name: marker.name.clone(),
            first_line: line,
            last_line: None,
            started_at: marker.at,
            ended_at: None,
            folded: chosen.unwrap_or(folded),
            depth,
        });
    }

    /// Ends the innermost open section of that name, and those inside it that never ended.
    fn end(&mut self, marker: &Marker, line: u64) {
        let is_open = |section: &Section| section.last_line.is_none();
        let place =
            self.all.iter().rposition(|section| is_open(section) && section.name == marker.name);
        let inside = place.and_then(|place| self.all.get_mut(place..)).unwrap_or_default();
        for section in inside.iter_mut().filter(|section| is_open(section)) {
            section.last_line = Some(line.saturating_sub(1).max(section.first_line));
            section.ended_at = Some(marker.at);
        }
    }
}

/// What a marker does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Start(Folded),
    End,
}

/// A marker.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Marker {
    kind: Kind,
    at: Timestamp,
    name: Text,
}

/// Whether there is a marker in a line.
pub(super) fn has_marker(text: &[u8]) -> bool {
    next_marker(text).is_some()
}

/// The first marker: what stands before it, itself, and what stands behind it.
pub(super) fn next_marker(text: &[u8]) -> Option<(&[u8], Marker, &[u8])> {
    let mut from = 0;
    loop {
        let at = from + find_mark(text.get(from..)?)?;
        let (before, here) = text.split_at_checked(at)?;
        if let Some((marker, after)) = marker(here) {
            return Some((before, marker, after));
        }
        from = at + MARK.len();
    }
}

/// Where what may be a marker begins. Every byte of a log is looked at here, so it goes by the rare byte.
fn find_mark(text: &[u8]) -> Option<usize> {
    let mut from = 0;
    loop {
        let end = from + text.get(from..)?.iter().position(|byte| *byte == b'_')? + 1;
        if text.get(..end)?.ends_with(MARK) {
            return Some(end - MARK.len());
        }
        from = end;
    }
}

/// Reads a marker at the beginning of `text`.
fn marker(text: &[u8]) -> Option<(Marker, &[u8])> {
    let text = text.strip_prefix(MARK)?;
    let (starts, text) = match text.strip_prefix(b"start:") {
        Some(text) => (true, text),
        None => (false, text.strip_prefix(b"end:")?),
    };
    let (digits, text) = split_while(text, u8::is_ascii_digit);
    let seconds = std::str::from_utf8(digits).ok()?.parse().ok()?;
    let is_name = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.' | b'-');
    let (name, text) = split_while(text.strip_prefix(b":")?, is_name);
    let (options, text) = match text.strip_prefix(b"[") {
        Some(text) => split_while(text, |byte| !matches!(byte, b']' | b'\r')),
        None => (&[][..], text),
    };
    let text = text.strip_prefix(b"]").unwrap_or(text).strip_prefix(b"\r")?;
    let text = text.strip_prefix(b"\x1b[0K").unwrap_or(text);
    let collapsed = options.split(|byte| *byte == b',').any(|option| option == b"collapsed=true");
    let folded = if collapsed { Folded::Yes } else { Folded::No };
    let marker = Marker {
        kind: if starts { Kind::Start(folded) } else { Kind::End },
        at: Timestamp::from_second(seconds).ok()?,
        name: Text::new(std::str::from_utf8(name).ok().filter(|name| !name.is_empty())?),
    };
    Some((marker, text))
}

/// Splits behind the last leading byte that fits.
fn split_while(text: &[u8], fits: impl Fn(&u8) -> bool) -> (&[u8], &[u8]) {
    let end = text.iter().position(|byte| !fits(byte)).unwrap_or(text.len());
    text.split_at_checked(end).unwrap_or((text, &[]))
}
