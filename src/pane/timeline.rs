//! The timeline as blocks: a line a change, the newest first, days apart, and the times in which nobody watched.

use super::block::{Block, Cell};
use crate::domain::time::{instant_utc, seconds_between, span};
use crate::domain::{Entry, EntryKind, Severity, Timestamp};
use crate::theme::Role;

/// How wide the kind of a thing stands.
const KIND: usize = 10;

/// How wide stands how grave a finding is.
const GRAVE: usize = 8;

/// The entries as blocks.
pub fn blocks(entries: &[Entry]) -> Vec<Block> {
    if entries.is_empty() {
        let words =
            "nothing became different while a console watched; what changes from now on is kept";
        return vec![Block::Lines(vec![Cell::dim(words)])];
    }
    let mut blocks = Vec::new();
    let mut day = String::new();
    let mut lines = Vec::new();
    for entry in entries {
        let (date, _) = parts(entry.at);
        if date != day {
            close(&mut blocks, &mut lines);
            blocks.push(Block::Title(Cell::dim(date.clone())));
            day = date;
        }
        lines.push(line(entry));
    }
    close(&mut blocks, &mut lines);
    blocks
}

fn close(blocks: &mut Vec<Block>, lines: &mut Vec<Cell>) {
    if !lines.is_empty() {
        blocks.push(Block::Lines(std::mem::take(lines)));
    }
}

/// The day and the time of an instant.
fn parts(at: Timestamp) -> (String, String) {
    let whole = instant_utc(at);
    whole
        .split_once(' ')
        .map_or((whole.clone(), String::new()), |(date, time)| (date.to_owned(), time.to_owned()))
}

fn line(entry: &Entry) -> Cell {
    let (_, time) = parts(entry.at);
    let start = Cell::dim(format!("{time}  {:KIND$}  ", entry.subject.kind.as_str()));
    if entry.subject.kind == EntryKind::Gap {
        return start.and(gap(entry), Role::NoticeWarning);
    }
    let cell = change(start, entry);
    match entry.unseen_since {
        Some(since) => {
            let words = format!("  seen now, after {}", instant_utc(since));
            cell.and(words, Role::TextDim)
        }
        None => cell,
    }
}

/// How long nobody watched.
fn gap(entry: &Entry) -> String {
    let since = entry.unseen_since.unwrap_or(entry.at);
    let length = span(seconds_between(since, entry.at));
    format!("nobody watched for {length}, from {}", instant_utc(since))
}

/// What changed: how it was, how it is since, and its name. A finding begins with how grave it is, as everywhere.
fn change(start: Cell, entry: &Entry) -> Cell {
    let after = &entry.after.words;
    if entry.subject.kind == EntryKind::Finding {
        let before = entry.before.as_ref().map(|words| format!("  was {words}"));
        return start
            .and(format!("{after:GRAVE$}  "), role(entry))
            .and(entry.name.to_string(), Role::Text)
            .and(before.unwrap_or_default(), Role::TextDim);
    }
    let before = entry.before.as_ref().map(|words| format!("{words} → "));
    start
        .and(format!("{}  ", entry.name), Role::Text)
        .and(before.unwrap_or_default(), Role::TextDim)
        .and(after.to_string(), role(entry))
}

/// The colour of how a thing stands since.
fn role(entry: &Entry) -> Role {
    match entry.after.severity {
        Some(Severity::Critical | Severity::High) => Role::SeverityBad,
        Some(Severity::Medium) => Role::SeverityWarning,
        Some(Severity::Low | Severity::Info) => Role::Text,
        None if entry.subject.kind == EntryKind::Finding => Role::SeverityOk,
        None => Role::Accent,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{EntryStand, EntrySubject, Text};

    fn entry(at: &str, kind: EntryKind, after: &str) -> Entry {
        Entry {
            at: at.parse().unwrap(),
            subject: EntrySubject { kind, about: Text::new("x"), code: Text::new("") },
            name: Text::new("node group ci/ci-standard"),
            before: None,
            after: EntryStand { words: Text::new(after), severity: None },
            unseen_since: None,
        }
    }

    fn words(entries: &[Entry]) -> Vec<String> {
        let lines = blocks(entries).into_iter().flat_map(|block| match block {
            Block::Title(cell) => vec![cell.words()],
            Block::Lines(cells) => cells.iter().map(Cell::words).collect(),
            other => panic!("{other:?}"),
        });
        lines.collect()
    }

    #[test]
    fn days_stand_apart_and_a_change_has_both_sides() {
        let second = Entry {
            before: Some(Text::new("ACTIVE")),
            ..entry("2026-01-11T00:00:01Z", EntryKind::NodeGroup, "DEGRADED")
        };
        let first = entry("2026-01-10T23:59:59Z", EntryKind::NodeGroup, "ACTIVE");
        assert_eq!(
            words(&[second, first]),
            [
                "2026-01-11",
                "00:00:01Z  node group  node group ci/ci-standard  ACTIVE → DEGRADED",
                "2026-01-10",
                "23:59:59Z  node group  node group ci/ci-standard  ACTIVE",
            ]
        );
    }

    #[test]
    fn a_gap_says_how_long_nobody_watched() {
        let gap = Entry {
            unseen_since: Some("2026-01-10T01:00:00Z".parse().unwrap()),
            ..entry("2026-01-10T03:10:00Z", EntryKind::Gap, "nobody watched")
        };
        let told = words(&[gap]);
        assert_eq!(
            told.last().map(String::as_str),
            Some("03:10:00Z  gap         nobody watched for 2h10m, from 2026-01-10 01:00:00Z")
        );
    }

    #[test]
    fn an_empty_story_says_what_that_means() {
        assert!(words(&[])[0].contains("while a console watched"));
    }
}
