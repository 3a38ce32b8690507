//! The timeline's rows in `history.db`: changes in words, kept for longer than what they are about.

use std::path::Path;

use rusqlite::{Connection, OptionalExtension, Row, Transaction, params};

use super::file::CacheError;
use super::history::read_only;
use super::past;
use super::row::micros;
use crate::domain::{Entry, EntryKind, EntryStand, EntrySubject, Severity, Text, Timestamp};

/// The tables. Never changed: another form is another migration.
pub(super) const TABLES: &str = "
CREATE TABLE entries (
    id INTEGER PRIMARY KEY, at INTEGER NOT NULL, kind TEXT NOT NULL, about TEXT NOT NULL, code TEXT NOT NULL,
    name TEXT NOT NULL, before TEXT, after TEXT NOT NULL, severity TEXT, unseen_since INTEGER
);
CREATE INDEX entries_of_subject ON entries (kind, about, code, id);
CREATE INDEX entries_about ON entries (about, at);
CREATE INDEX entries_by_age ON entries (at);
";

/// How many entries go at once when the file is too old or too large.
const PRUNE_STEP: usize = 10_000;

const COLUMNS: &str = "at, kind, about, code, name, before, after, severity, unseen_since";

/// A thing that was told of, its name, and how it stood.
pub type Told = (EntrySubject, Text, EntryStand);

/// What is asked of the timeline.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EntryQuestion {
    /// Of one thing alone, by its identity as text.
    pub about: Option<Text>,
    /// From then on.
    pub since: Timestamp,
    /// Until then.
    pub until: Timestamp,
    /// No more than so many, the newest.
    pub most: usize,
}

/// What the history in `folder` tells: the entries that are asked for, the newest first, with the gaps in which nobody
/// watched among them.
///
/// # Errors
/// When the file cannot be read.
pub fn timeline(folder: &Path, question: &EntryQuestion) -> Result<Vec<Entry>, CacheError> {
    let told = read_only(folder, "read the timeline in", |connection| {
        let mut told = ask(connection, question)?;
        let (since, until) = (question.since, question.until);
        let gaps = gaps(connection, since, until, past::SILENCE)?;
        told.extend(gaps.into_iter().map(gap));
        told.sort_by_key(|entry| std::cmp::Reverse(entry.at));
        told.truncate(question.most);
        Ok(told)
    })?;
    Ok(told.unwrap_or_default())
}

/// Until when a console watched, as the history in `folder` has it; `None` where none ever did.
///
/// # Errors
/// When the file cannot be read.
pub fn watched_until(folder: &Path) -> Result<Option<Timestamp>, CacheError> {
    Ok(read_only(folder, "read the timeline in", last_watched)?.flatten())
}

/// The instant of the change that the timeline in `folder` has beside another; `None` where it has none.
///
/// # Errors
/// When the file cannot be read.
pub fn beside(folder: &Path, at: Timestamp, side: Side) -> Result<Option<Timestamp>, CacheError> {
    let found = |connection: &Connection| next_to(connection, at, side);
    Ok(read_only(folder, "read the timeline in", found)?.flatten())
}

/// Keeps entries. What another console has told already is not told twice.
pub(super) fn append(transaction: &Transaction<'_>, entries: &[Entry]) -> rusqlite::Result<()> {
    for entry in entries {
        let EntrySubject { kind, about, code } = &entry.subject;
        let told: Option<String> = transaction
            .prepare_cached(
                "SELECT after FROM entries WHERE kind = ?1 AND about = ?2 AND code = ?3
                 ORDER BY id DESC LIMIT 1",
            )?
            .query_row(params![kind.as_str(), &**about, &**code], |row| row.get(0))
            .optional()?;
        if told.as_deref() == Some(&*entry.after.words) {
            continue;
        }
        transaction
            .prepare_cached(
                "INSERT INTO entries (at, kind, about, code, name, before, after, severity, unseen_since)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
            )?
            .execute(params![
                micros(entry.at),
                kind.as_str(),
                &**about,
                &**code,
                &*entry.name,
                entry.before.as_deref(),
                &*entry.after.words,
                entry.after.severity.map(Severity::as_str),
                entry.unseen_since.map(micros),
            ])?;
    }
    Ok(())
}

/// How everything that is followed stood when it was told last. Pipelines end, and are not among them.
pub(super) fn told(connection: &Connection) -> rusqlite::Result<Vec<Told>> {
    let sql = "SELECT kind, about, code, name, after, severity FROM entries
         WHERE id IN (SELECT max(id) FROM entries WHERE kind <> 'pipeline' GROUP BY kind, about, code)";
    let mut statement = connection.prepare(sql)?;
    let mut rows = statement.query([])?;
    let mut told = Vec::new();
    while let Some(row) = rows.next()? {
        let Some(kind) = EntryKind::find(row.get_ref(0)?.as_str()?) else { continue };
        let subject = EntrySubject { kind, about: word(row, 1)?, code: word(row, 2)? };
        told.push((subject, word(row, 3)?, stand(row, 4)?));
    }
    Ok(told)
}

/// The entries that are asked for, the newest first.
fn ask(connection: &Connection, question: &EntryQuestion) -> rusqlite::Result<Vec<Entry>> {
    let about = if question.about.is_some() { "about = ?1" } else { "?1 IS NULL" };
    let sql = format!(
        "SELECT {COLUMNS} FROM entries WHERE {about} AND at >= ?2 AND at <= ?3
         ORDER BY at DESC, id DESC LIMIT ?4"
    );
    let most = i64::try_from(question.most).unwrap_or(i64::MAX);
    let mut statement = connection.prepare(&sql)?;
    let values =
        params![question.about.as_deref(), micros(question.since), micros(question.until), most];
    let mut rows = statement.query(values)?;
    let mut entries = Vec::new();
    while let Some(row) = rows.next()? {
        entries.extend(entry(row)?);
    }
    Ok(entries)
}

/// An entry; `None` where its kind is of a later release.
fn entry(row: &Row<'_>) -> rusqlite::Result<Option<Entry>> {
    let instant = |at: i64| Timestamp::from_microsecond(at).ok();
    let (Some(kind), Some(at)) = (EntryKind::find(row.get_ref(1)?.as_str()?), instant(row.get(0)?))
    else {
        return Ok(None);
    };
    let before: Option<String> = row.get(5)?;
    let unseen_since: Option<i64> = row.get(8)?;
    Ok(Some(Entry {
        at,
        subject: EntrySubject { kind, about: word(row, 2)?, code: word(row, 3)? },
        name: word(row, 4)?,
        before: before.as_deref().map(Text::new),
        after: stand(row, 6)?,
        unseen_since: unseen_since.and_then(instant),
    }))
}

fn word(row: &Row<'_>, place: usize) -> rusqlite::Result<Text> {
    Ok(Text::new(row.get_ref(place)?.as_str()?))
}

/// The words at a place, and the severity behind them.
fn stand(row: &Row<'_>, place: usize) -> rusqlite::Result<EntryStand> {
    let severity: Option<String> = row.get(place + 1)?;
    Ok(EntryStand {
        words: word(row, place)?,
        severity: severity.and_then(|word| Severity::find(&word)),
    })
}

/// The times in which nobody watched, between two instants, the newest first; the time since the last run is one of them.
fn gaps(
    connection: &Connection,
    since: Timestamp,
    until: Timestamp,
    silence: i64,
) -> rusqlite::Result<Vec<(Timestamp, Timestamp)>> {
    let (since, until) = (micros(since), micros(until));
    let mut statement = connection.prepare(
        "SELECT began, until FROM past_runs WHERE until >= ?1 AND began <= ?2 ORDER BY began",
    )?;
    let mut rows = statement.query([since, until])?;
    let (mut gaps, mut watched_until) = (Vec::new(), None::<i64>);
    while let Some(row) = rows.next()? {
        let (began, ended): (i64, i64) = (row.get(0)?, row.get(1)?);
        if let Some(last) = watched_until.filter(|last| began.saturating_sub(*last) > silence) {
            gaps.push((last, began));
        }
        watched_until = watched_until.max(Some(ended));
    }
    if let Some(last) = watched_until.filter(|last| until.saturating_sub(*last) > silence) {
        gaps.push((last, until));
    }
    let instant = |at| Timestamp::from_microsecond(at).ok();
    let told = gaps.into_iter().rev();
    Ok(told.filter_map(|(from, to)| Some((instant(from)?, instant(to)?))).collect())
}

/// A gap as an entry.
fn gap((since, until): (Timestamp, Timestamp)) -> Entry {
    let nobody = Text::new("nobody");
    Entry {
        at: until,
        subject: EntrySubject { kind: EntryKind::Gap, about: nobody.clone(), code: Text::new("") },
        name: nobody,
        before: None,
        after: EntryStand { words: Text::new("nobody watched"), severity: None },
        unseen_since: Some(since),
    }
}

/// When a console watched last; `None` where none ever did.
pub(super) fn last_watched(connection: &Connection) -> rusqlite::Result<Option<Timestamp>> {
    let last: Option<i64> =
        connection.query_row("SELECT max(until) FROM past_runs", [], |row| row.get(0))?;
    Ok(last.and_then(|last| Timestamp::from_microsecond(last).ok()))
}

/// The instant of the next entry before or after another; `None` where there is none.
fn next_to(
    connection: &Connection,
    at: Timestamp,
    side: Side,
) -> rusqlite::Result<Option<Timestamp>> {
    let sql = match side {
        Side::Before => "SELECT max(at) FROM entries WHERE at < ?1",
        Side::After => "SELECT min(at) FROM entries WHERE at > ?1",
    };
    let found: Option<i64> = connection.query_row(sql, [micros(at)], |row| row.get(0))?;
    Ok(found.and_then(|at| Timestamp::from_microsecond(at).ok()))
}

/// Which way a step goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    /// Back.
    Before,
    /// On.
    After,
}

/// Deletes entries older than `cutoff`, but for the last word on what is still there: the next run knows by it what is no
/// news.
pub(super) fn old(connection: &Connection, cutoff: i64) -> rusqlite::Result<()> {
    let sql = "DELETE FROM entries WHERE at < ?1 AND (kind = 'pipeline' OR after IN ('over', 'not there any more')
         OR id NOT IN (SELECT max(id) FROM entries GROUP BY kind, about, code))";
    connection.execute(sql, [cutoff]).map(drop)
}

/// Deletes a portion of the oldest. Returns how many went.
pub(super) fn oldest(connection: &Connection) -> rusqlite::Result<usize> {
    let sql = format!(
        "DELETE FROM entries WHERE id IN (SELECT id FROM entries ORDER BY at LIMIT {PRUNE_STEP})"
    );
    connection.execute(&sql, [])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cache::History;
    use crate::domain::pipeline::fixture::at;

    fn entry(seconds: i64, kind: EntryKind, about: &str, after: &str) -> Entry {
        Entry {
            at: at(seconds),
            subject: EntrySubject { kind, about: Text::new(about), code: Text::new("") },
            name: Text::new(about),
            before: None,
            after: EntryStand { words: Text::new(after), severity: None },
            unseen_since: None,
        }
    }

    fn group(seconds: i64, after: &str) -> Entry {
        entry(seconds, EntryKind::NodeGroup, "nodegroup 1", after)
    }

    fn kept(folder: &Path, entries: &[Entry]) -> History {
        let mut history = History::open(folder).history;
        history.chronicle(entries);
        assert_eq!(history.take_notices(), []);
        history
    }

    fn question(about: Option<&str>) -> EntryQuestion {
        let about = about.map(Text::new);
        EntryQuestion { about, since: at(0), until: at(100), most: 10 }
    }

    #[test]
    fn entries_come_back_as_they_were_told_the_newest_first() {
        let folder = tempfile::tempdir().unwrap();
        let finding = Entry {
            subject: EntrySubject {
                kind: EntryKind::Finding,
                about: Text::new("tier 1"),
                code: Text::new("queue.late"),
            },
            before: Some(Text::new("medium")),
            after: EntryStand { words: Text::new("high"), severity: Some(Severity::High) },
            unseen_since: Some(at(5)),
            ..group(20, "")
        };
        kept(folder.path(), &[group(10, "ACTIVE"), finding.clone()]);
        let all = timeline(folder.path(), &question(None)).unwrap();
        assert_eq!(all, [finding.clone(), group(10, "ACTIVE")]);
        assert_eq!(timeline(folder.path(), &question(Some("tier 1"))).unwrap(), [finding]);
    }

    #[test]
    fn what_another_console_told_is_not_told_again() {
        let folder = tempfile::tempdir().unwrap();
        kept(folder.path(), &[group(10, "ACTIVE")]);
        kept(folder.path(), &[group(11, "ACTIVE"), group(12, "DEGRADED")]);
        let all = timeline(folder.path(), &question(None)).unwrap();
        assert_eq!(all, [group(12, "DEGRADED"), group(10, "ACTIVE")]);
    }

    #[test]
    fn the_next_run_takes_over_how_everything_stood_but_pipelines() {
        let folder = tempfile::tempdir().unwrap();
        let pipeline = entry(11, EntryKind::Pipeline, "pipeline 7", "running");
        let told = [group(10, "ACTIVE"), pipeline, group(12, "DEGRADED")];
        let (known, until) = kept(folder.path(), &told).told();
        let last = group(12, "DEGRADED");
        assert_eq!(known, [(last.subject, last.name, last.after)]);
        assert_eq!(until, None, "no console watched");
    }

    #[test]
    fn a_step_goes_to_the_change_beside() {
        let folder = tempfile::tempdir().unwrap();
        kept(folder.path(), &[group(10, "ACTIVE"), group(20, "DEGRADED")]);
        let step = |seconds, side| beside(folder.path(), at(seconds), side).unwrap();
        assert_eq!(step(20, Side::Before), Some(at(10)));
        assert_eq!(step(10, Side::Before), None);
        assert_eq!(step(10, Side::After), Some(at(20)));
        assert_eq!(step(20, Side::After), None);
    }

    #[test]
    fn the_last_word_on_what_is_still_there_is_kept_however_old() {
        let folder = tempfile::tempdir().unwrap();
        let gone = entry(13, EntryKind::NodeGroup, "nodegroup 2", "not there any more");
        let mut history = kept(folder.path(), &[group(10, "ACTIVE"), group(12, "DEGRADED"), gone]);
        history.prune(at(1_000), std::time::Duration::from_mins(1), u64::MAX);
        let all = timeline(folder.path(), &question(None)).unwrap();
        assert_eq!(all, [group(12, "DEGRADED")]);
    }

    #[test]
    fn without_a_file_there_is_no_story() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(timeline(folder.path(), &question(None)).unwrap(), []);
        assert_eq!(beside(folder.path(), at(1), Side::Before).unwrap(), None);
    }
}
