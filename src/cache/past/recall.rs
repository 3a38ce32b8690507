//! Reading: what was known at an instant, put back as the rows of a cache and read as one.

use std::collections::HashMap;

use rusqlite::{Connection, OptionalExtension, params};

use super::keep::SILENCE;
use super::table::{Mass, TABLES, Table};
use super::{Recall, Recalled, strip};
use crate::cache::replay::{Cursor, Window};
use crate::cache::row::micros;
use crate::cache::schema;
use crate::domain::time::whole;
use crate::domain::{Lack, Then, Timestamp, Update, Watched};

/// What was known at an instant.
pub(in crate::cache) fn recall(history: &Connection, at: Timestamp) -> rusqlite::Result<Recall> {
    let instant = micros(at);
    let Some(watched) = watched(history, instant)? else {
        let sql = "SELECT min(began) FROM past_runs";
        let first: Option<i64> = history.query_row(sql, [], |row| row.get(0))?;
        let kept_since = first.and_then(|first| Timestamp::from_microsecond(first).ok());
        return Ok(Recall::Nothing { kept_since });
    };
    // What was known in a gap is what was known when it began, and no younger than that.
    let seen = match watched {
        Watched::Then => instant,
        Watched::Gap { since, .. } => micros(since),
    };
    let lacks = lacks(history, instant)?;
    let mut shadow = Connection::open_in_memory()?;
    schema::prepare(&mut shadow)?;
    fill(history, &shadow, (instant, seen))?;
    let updates = read(&shadow, at)?.into_iter();
    let kept = updates
        .filter_map(|update| lacks.iter().try_fold(update, |update, lack| strip(*lack, update)));
    let updates = kept.collect();
    Ok(Recall::Known(Recalled { updates, then: Then { at, watched, lacks } }))
}

/// Whether a console watched then, and around what gap it did not.
fn watched(history: &Connection, at: i64) -> rusqlite::Result<Option<Watched>> {
    let before: Option<i64> =
        history.query_row("SELECT max(until) FROM past_runs WHERE began <= ?1", [at], |row| {
            row.get(0)
        })?;
    let Some(until) = before else { return Ok(None) };
    let sql = "SELECT min(began) FROM past_runs WHERE began > ?1";
    let next: Option<i64> = history.query_row(sql, [at], |row| row.get(0))?;
    // The last run may go on, and have had nothing to tell since; one after which another began has ended.
    let silence = if next.is_some() { 0 } else { SILENCE };
    if at <= until.saturating_add(silence) {
        return Ok(Some(Watched::Then));
    }
    let instant = |at| Timestamp::from_microsecond(at).ok();
    Ok(instant(until).map(|since| Watched::Gap { since, until: next.and_then(instant) }))
}

/// What is not kept any more of that time.
fn lacks(history: &Connection, at: i64) -> rusqlite::Result<Vec<Lack>> {
    let mut lacks = Vec::new();
    for table in TABLES.iter().filter(|table| table.mass == Mass::Work) {
        let sql = "SELECT at FROM past_floors WHERE name = ?1 AND at > ?2";
        let floor: Option<i64> =
            history.query_row(sql, params![table.name, at], |row| row.get(0)).optional()?;
        let kept_since = floor.and_then(|floor| Timestamp::from_microsecond(floor).ok());
        lacks.extend(kept_since.map(|kept_since| Lack { of: table.name, kept_since }));
    }
    Ok(lacks)
}

/// Copies the versions of an instant into the tables of a cache.
fn fill(history: &Connection, shadow: &Connection, (at, seen): (i64, i64)) -> rusqlite::Result<()> {
    let transaction = shadow.unchecked_transaction()?;
    // The feeds, each as it was confirmed last by then.
    copy(
        history,
        &transaction,
        "SELECT id, source, scope FROM past_feeds WHERE ?1 = ?1 AND ?2 = ?2",
        "INSERT INTO feeds (id, source, scope) VALUES (?1, ?2, ?3)",
        (at, seen),
    )?;
    for table in TABLES {
        let (select, insert) = sentences(&table);
        copy(history, &transaction, &select, &insert, (at, seen))?;
    }
    confirm(history, &transaction, seen)?;
    // Who was in touch later than then was in touch as lately as anybody looked.
    for table in ["runners", "managers"] {
        let touched = format!("(SELECT confirmed_at FROM reports WHERE feed = {table}.feed)");
        let sql = format!(
            "UPDATE {table} SET contacted_at = min(?1, coalesce({touched}, ?1)) WHERE contacted_at > ?1"
        );
        transaction.execute(&sql, [seen])?;
    }
    transaction.commit()
}

/// When each feed was confirmed last, by then. In the midst of a span it was so within one of its intervals.
fn confirm(history: &Connection, shadow: &Connection, seen: i64) -> rusqlite::Result<()> {
    let intervals = intervals(shadow)?;
    let sql =
        "SELECT feed, whole, max(at), until FROM past_seen WHERE at <= ?1 GROUP BY feed, whole";
    let mut spans = history.prepare(sql)?;
    let mut rows = spans.query([seen])?;
    while let Some(row) = rows.next()? {
        let (feed, is_whole): (i64, bool) = (row.get(0)?, row.get(1)?);
        let (at, until): (i64, i64) = (row.get(2)?, row.get(3)?);
        let interval = intervals.get(&feed).copied().unwrap_or_default();
        let confirmed = if until > seen { at.max(seen.saturating_sub(interval)) } else { until };
        if is_whole {
            let sql = "UPDATE feeds SET seen_at = ?2 WHERE id = ?1";
            shadow.prepare_cached(sql)?.execute(params![feed, confirmed])?;
        }
        let sql = "UPDATE reports SET confirmed_at = max(?2, coalesce(confirmed_at, ?2)), seen_at = max(seen_at, ?2)
             WHERE feed = ?1";
        shadow.prepare_cached(sql)?.execute(params![feed, confirmed])?;
    }
    Ok(())
}

/// How often each feed asked then, microseconds.
fn intervals(shadow: &Connection) -> rusqlite::Result<HashMap<i64, i64>> {
    shadow
        .prepare("SELECT feed, interval_seconds FROM reports")?
        .query_map([], |row| Ok((row.get(0)?, whole(row.get::<_, f64>(1)? * 1e6))))?
        .collect()
}

/// How the versions of a table at `?1` are picked, none seen later than `?2`, and how they are put into a cache.
fn sentences(table: &Table) -> (String, String) {
    let name = table.name;
    let told = table.told_by().join(", ");
    let columns: Vec<String> = table
        .columns
        .iter()
        .map(|column| match *column {
            // What was left of a budget is worth nothing without its instant.
            "budget_limit" | "budget_remaining" | "budget_reset_at" => "NULL".into(),
            column => column.into(),
        })
        .collect();
    let has_sight = name != "managers";
    let since = if has_sight { ", min(since, ?2)" } else { "" };
    let select = format!(
        "SELECT {told}{since}, {} FROM past_{name} WHERE until > ?1 AND since <= ?1 AND ?2 = ?2",
        columns.join(", ")
    );
    let sight = if has_sight { ", seen_at" } else { "" };
    let count = table.told_by().len() + usize::from(has_sight) + columns.len();
    let places: Vec<String> = (1..=count).map(|place| format!("?{place}")).collect();
    // A row that two feeds told of the same way is kept once where the cache keeps it once.
    let insert = format!(
        "INSERT OR REPLACE INTO {name} ({told}{sight}, {}) VALUES ({})",
        table.columns.join(", "),
        places.join(", ")
    );
    (select, insert)
}

fn copy(
    history: &Connection,
    shadow: &Connection,
    select: &str,
    insert: &str,
    (at, seen): (i64, i64),
) -> rusqlite::Result<()> {
    let mut select = history.prepare(select)?;
    let mut insert = shadow.prepare(insert)?;
    let count = select.column_count();
    let mut rows = select.query([at, seen])?;
    while let Some(row) = rows.next()? {
        let values = (0..count).map(|place| row.get_ref(place));
        let values: Vec<_> = values.collect::<rusqlite::Result<_>>()?;
        insert.execute(rusqlite::params_from_iter(
            values.into_iter().map(rusqlite::types::ToSqlOutput::Borrowed),
        ))?;
    }
    Ok(())
}

/// Reads a cache whole, as of an instant.
fn read(shadow: &Connection, at: Timestamp) -> rusqlite::Result<Vec<Update>> {
    let mut updates = Vec::new();
    let mut next = Some(Cursor::start(at, Window::default()));
    while let Some(mut cursor) = next {
        updates.append(&mut cursor.read(shadow)?);
        next = cursor.unless_done();
    }
    Ok(updates)
}
