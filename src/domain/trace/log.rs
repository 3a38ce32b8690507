//! [`Trace`] itself: what is kept of a log, and where its lines lie.

use std::borrow::Cow;
use std::collections::VecDeque;
use std::ops::Range;

use super::line::{self, Class, Line};
use super::section::Sections;
use super::{Dropped, Folded, MAX_BYTES, MAX_LINES, Section};
use crate::domain::Timestamp;

/// How much is taken in between two looks at the bounds.
const STEP: usize = 256 << 10;

/// A job's log, of which the end is kept.
#[derive(Debug, Clone, Default)]
pub struct Trace {
    pub(super) bytes: Vec<u8>,
    /// How many bytes of the log lie before `bytes`.
    base: u64,
    lines: VecDeque<Line>,
    /// The number of the first kept line: how many were dropped.
    first: u64,
    /// Where the line begins that has no end yet.
    tail: u64,
    pub(super) sections: Sections,
    ended: bool,
}

impl Trace {
    /// An empty log.
    pub fn new() -> Trace {
        Trace::default()
    }

    /// Adds what came behind everything so far.
    pub fn append(&mut self, more: &[u8]) {
        for step in more.chunks(STEP) {
            self.bytes.extend_from_slice(step);
            self.index();
            self.trim();
        }
    }

    /// Forgets everything and begins again with `whole`. Folds of sections that come again stay as they were.
    pub fn replace(&mut self, whole: &[u8]) {
        let folds = self.sections.folds();
        *self = Trace { sections: Sections::with_folds(folds), ..Trace::new() };
        self.append(whole);
    }

    /// Takes the whole log as the server sends it: appends what is new, or begins again where it is another log.
    pub fn take_whole(&mut self, whole: &[u8]) {
        let known = usize::try_from(self.base).ok().and_then(|base| whole.get(base..));
        match known.and_then(|kept| kept.strip_prefix(self.bytes.as_slice())) {
            Some(more) => self.append(more),
            None => self.replace(whole),
        }
    }

    /// Marks that nothing more will come.
    pub fn end(&mut self) {
        self.ended = true;
    }

    /// Whether nothing more will come.
    pub fn ended(&self) -> bool {
        self.ended
    }

    /// How many bytes came so far, dropped ones included: where the next [`Trace::append`] begins.
    pub fn received_bytes(&self) -> u64 {
        self.base + self.bytes.len() as u64
    }

    /// What was let go at the beginning.
    pub fn dropped(&self) -> Dropped {
        let bytes = self.lines.front().map_or(self.tail, |line| line.start);
        Dropped { lines: self.first, bytes }
    }

    /// Whether there is nothing to show.
    pub fn is_empty(&self) -> bool {
        self.line_count() == 0
    }

    /// How many lines are kept, the unfinished last one included.
    pub fn line_count(&self) -> usize {
        self.lines.len() + usize::from(self.tail < self.received_bytes())
    }

    /// The numbers of the kept lines, counted from 0 at the beginning of the whole log.
    pub fn line_numbers(&self) -> Range<u64> {
        self.first..self.first + self.line_count() as u64
    }

    /// What a line says, without colours, markers or anything unsafe.
    pub fn plain_line(&self, number: u64) -> Option<Cow<'_, str>> {
        self.line(number).map(|line| self.plain(line))
    }

    /// When a line was written, where the runner says so.
    pub fn time_of(&self, number: u64) -> Option<Timestamp> {
        self.line(number)?.time
    }

    /// Everything kept as plain text, for a file or the clipboard, folded or not.
    pub fn plain_text(&self) -> String {
        let mut out = String::with_capacity(self.bytes.len());
        for number in self.line_numbers() {
            if let Some(line) = self.line(number).filter(|line| !line.is_marker_alone) {
                out.push_str(&self.plain(line));
                out.push('\n');
            }
        }
        out
    }

    /// The sections whose first line is kept, in order.
    pub fn sections(&self) -> impl Iterator<Item = &Section> {
        self.sections.iter()
    }

    /// The section that begins in a line.
    pub fn section_at(&self, number: u64) -> Option<&Section> {
        self.sections.starting_at(number)
    }

    /// What stands beside a section's marker; its name where nothing does.
    pub fn title(&self, section: &Section) -> Cow<'_, str> {
        match self.plain_line(section.first_line) {
            Some(title) if !title.trim().is_empty() => title,
            _ => Cow::Owned(section.name.as_str().to_owned()),
        }
    }

    /// Folds or unfolds the innermost section around a line, or the one that begins there. Whether there was one.
    pub fn toggle_fold(&mut self, number: u64) -> bool {
        self.sections.toggle(number)
    }

    /// Unfolds every section that hides a line.
    pub fn reveal(&mut self, number: u64) {
        self.sections.reveal(number);
    }

    /// Folds every section, or unfolds every one.
    pub fn fold_all(&mut self, folded: Folded) {
        self.sections.set_all(folded);
    }

    /// A kept line.
    pub(super) fn line(&self, number: u64) -> Option<Line> {
        let place = usize::try_from(number.checked_sub(self.first)?).ok()?;
        let unfinished = || {
            (place == self.lines.len() && self.tail < self.received_bytes())
                .then(|| Line::read(self.slice(self.tail, self.received_bytes()), self.tail))
                .map(|line| self.with_marker_alone(line, number))
        };
        self.lines.get(place).copied().or_else(unfinished)
    }

    /// The bytes between two places of the whole log, as far as they are kept.
    pub(super) fn slice(&self, start: u64, end: u64) -> &[u8] {
        let place = |at: u64| usize::try_from(at.saturating_sub(self.base)).unwrap_or(usize::MAX);
        self.bytes.get(place(start)..place(end)).unwrap_or_default()
    }

    pub(super) fn plain(&self, line: Line) -> Cow<'_, str> {
        let raw = self.slice(line.start, line.end);
        line::plain(raw, line.class)
    }

    /// The line, with a note of whether it holds a marker and nothing to see.
    fn with_marker_alone(&self, mut line: Line, number: u64) -> Line {
        line.is_marker_alone = line.class == Class::Marked
            && self.sections.starting_at(number).is_none()
            && self.plain(line).is_empty();
        line
    }

    /// Finds the lines that have ended since the last time.
    fn index(&mut self) {
        loop {
            let open = self.slice(self.tail, self.received_bytes());
            let Some((length, next)) = line::find_end(open) else { return };
            let start = self.tail;
            let line = Line::read(open.get(..length).unwrap_or_default(), start);
            self.tail = start + next as u64;
            self.add(line);
        }
    }

    /// Adds an ended line, or joins it to the one that it continues.
    fn add(&mut self, line: Line) {
        let last = self.lines.back_mut().filter(|last| line.continues(last));
        match last {
            Some(last) => {
                last.end = line.end;
                last.class = last.class.joined(line.class);
            }
            None => self.lines.push_back(line),
        }
        if line.class == Class::Marked {
            let number = self.first + self.lines.len() as u64 - 1;
            let raw = self.slice(line.start, line.end).to_vec();
            self.sections.read(&raw, number);
        }
        self.note_marker_alone();
    }

    /// Looks again at the last line, which is new or longer now.
    fn note_marker_alone(&mut self) {
        let number = self.first + self.lines.len().saturating_sub(1) as u64;
        let noted = self.lines.back().map(|line| self.with_marker_alone(*line, number));
        if let (Some(line), Some(noted)) = (self.lines.back_mut(), noted) {
            *line = noted;
        }
    }

    /// Lets the oldest lines go until the rest is within the bounds.
    fn trim(&mut self) {
        let received = self.received_bytes();
        while let Some(oldest) = self.lines.front() {
            let size = received - oldest.start;
            if size <= MAX_BYTES as u64 && self.lines.len() <= MAX_LINES {
                break;
            }
            self.lines.pop_front();
            self.first += 1;
        }
        self.sections.settle(self.first);
        let needed = self.lines.front().map_or(self.tail, |line| line.start);
        let unneeded = usize::try_from(needed - self.base).unwrap_or(usize::MAX);
        if unneeded > MAX_BYTES / 4 {
            self.bytes.drain(..unneeded);
            self.base = needed;
        }
    }
}
