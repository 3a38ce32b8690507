//! Forgetting: versions that are too old, and the oldest where the file is too large.

use rusqlite::{Connection, OptionalExtension, params};

use super::table::{Mass, OPEN, TABLES, Table};
use crate::cache::row::ENDED;

/// How many versions go at once.
const STEP: usize = 10_000;

/// How long ended work stays among what is known, microseconds: no pane shows it for longer.
const ENDED_SHOWN: i64 = 2 * 3_600_000_000;

/// Ends the versions of work that ended long ago: nobody tells when it leaves the screen.
pub(in crate::cache) fn settle(connection: &Connection, now: i64) -> rusqlite::Result<()> {
    for name in ["jobs", "pipelines"] {
        let sql = format!(
            "UPDATE past_{name} SET until = since + ?1
             WHERE until = {OPEN} AND urgency = ?2 AND since < ?3"
        );
        connection.execute(&sql, params![ENDED_SHOWN, ENDED, now.saturating_sub(ENDED_SHOWN)])?;
    }
    Ok(())
}

/// Deletes versions that ended before `cutoff`.
pub(in crate::cache) fn old(connection: &Connection, cutoff: i64) -> rusqlite::Result<()> {
    for table in TABLES {
        while let Some(edge) = edge(connection, table, cutoff)? {
            delete(connection, table, edge)?;
        }
        delete(connection, table, cutoff.saturating_sub(1))?;
    }
    connection.execute("DELETE FROM past_seen WHERE until < ?1", [cutoff])?;
    connection.execute("DELETE FROM past_runs WHERE until < ?1", [cutoff])?;
    Ok(())
}

/// Deletes a portion of the oldest versions, those of work before those of things. Returns how many went.
pub(in crate::cache) fn oldest(connection: &Connection) -> rusqlite::Result<usize> {
    for mass in [Mass::Work, Mass::Things] {
        let group = || TABLES.into_iter().filter(move |table| table.mass == mass);
        // As far as a portion of the fullest table goes: the others lose what is as old, and no more.
        let mut until = OPEN - 1;
        for table in group() {
            until = until.min(edge(connection, table, OPEN)?.unwrap_or(until));
        }
        let mut gone = 0;
        for table in group() {
            gone += delete(connection, table, until)?;
        }
        if gone > 0 {
            return Ok(gone);
        }
    }
    Ok(0)
}

/// Where a portion of a table's oldest versions ends, of those that ended before an instant; `None` where it has fewer.
fn edge(connection: &Connection, table: Table, before: i64) -> rusqlite::Result<Option<i64>> {
    let sql = format!(
        "SELECT until FROM past_{} WHERE until < ?1 ORDER BY until LIMIT 1 OFFSET {}",
        table.name,
        STEP - 1
    );
    connection.prepare_cached(&sql)?.query_row([before], |row| row.get(0)).optional()
}

/// Deletes versions that ended until then, and notes that they are gone. Returns how many went.
fn delete(connection: &Connection, table: Table, until: i64) -> rusqlite::Result<usize> {
    let name = table.name;
    let newest = format!("SELECT max(until) FROM past_{name} WHERE until <= ?1");
    let newest: Option<i64> = connection.query_row(&newest, [until], |row| row.get(0))?;
    let Some(newest) = newest else { return Ok(0) };
    let sql = format!("DELETE FROM past_{name} WHERE until <= ?1");
    let gone = connection.execute(&sql, [newest])?;
    connection.execute(
        "INSERT INTO past_floors (name, at) VALUES (?1, ?2)
         ON CONFLICT DO UPDATE SET at = max(at, excluded.at)",
        params![name, newest],
    )?;
    Ok(gone)
}
