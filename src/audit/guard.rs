//! What guards the ledger beside its chain: its triggers and indexes, and that nobody else may write to its file.

use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use rusqlite::{Connection, OptionalExtension};

use super::entry::GENESIS;
use super::store::{Stored, TABLES};
use super::verify;

/// Who else may write to the ledger, a sentence for each place; empty where nobody may.
pub(super) fn exposures(path: &Path) -> Vec<String> {
    let mode = |path: &Path| path.metadata().map(|found| found.permissions().mode() & 0o7777).ok();
    let told = |path: &Path, mode: u32| {
        let path = path.display();
        format!("others may write to {path} (mode {mode:04o}): `chmod go-w {path}`")
    };
    let file = mode(path).filter(|mode| mode & 0o022 != 0).map(|mode| told(path, mode));
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    // In a sticky folder others cannot take the file away.
    let folder = folder.and_then(|folder| {
        let mode = mode(folder).filter(|mode| mode & 0o002 != 0 && mode & 0o1000 == 0)?;
        Some(told(folder, mode))
    });
    file.into_iter().chain(folder).collect()
}

/// What of the schema is not as it was made, a sentence each: without its triggers a ledger does not only grow.
pub(super) fn schema_flaws(connection: &Connection) -> rusqlite::Result<Vec<String>> {
    flaws_of(connection, TABLES)
}

/// What of a schema is not as these tables were made, a sentence each.
pub(super) fn flaws_of(connection: &Connection, tables: &str) -> rusqlite::Result<Vec<String>> {
    let mut statement = connection.prepare_cached(
        "SELECT type, name, sql FROM sqlite_master WHERE name NOT LIKE 'sqlite\\_%' ESCAPE '\\'",
    )?;
    let found = statement.query_map([], |row| {
        let sql: Option<String> = row.get(2)?;
        Ok((row.get::<_, String>(0)?, row.get::<_, String>(1)?, sql.unwrap_or_default()))
    })?;
    let found: Vec<(String, String, String)> = found.collect::<rusqlite::Result<_>>()?;
    let made: Vec<&str> =
        tables.split(";\n").map(str::trim).filter(|one| !one.is_empty()).collect();
    let missing = made.iter().filter(|one| !found.iter().any(|(.., sql)| sql == **one));
    let missing = missing.map(|one| {
        let mut words = one.split_whitespace().skip(1);
        let (kind, name) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
        format!("its {} {name} is missing, or another", kind.to_lowercase())
    });
    let strange = found.iter().filter(|(.., sql)| !made.contains(&sql.as_str()));
    let strange = strange.filter(|(kind, name, _)| {
        !made.iter().any(|one| {
            let mut words = one.split_whitespace().skip(1);
            words.next().is_some_and(|word| word.eq_ignore_ascii_case(kind))
                && words.next() == Some(name)
        })
    });
    let strange =
        strange.map(|(kind, name, _)| format!("it has a {kind} {name} that is not its own"));
    Ok(missing.chain(strange).collect())
}

/// What of the schema, and of the file as a whole, is not as it was made.
pub(super) fn flaws(connection: &Connection) -> rusqlite::Result<Vec<String>> {
    let mut flaws = schema_flaws(connection)?;
    flaws.extend(damage(connection)?);
    Ok(flaws)
}

/// What of the file does not fit together: above all an index that does not hold what the table holds, by which acts that
/// have ended would look open, and open ones as if they never were.
fn damage(connection: &Connection) -> rusqlite::Result<Option<String>> {
    let told: String = connection.query_row("PRAGMA integrity_check(1)", [], |row| row.get(0))?;
    Ok((told != "ok").then(|| format!("its file does not fit together: {told}")))
}

/// The place and digest of the last row, where it holds and the schema is as it was made; else what does not hold.
pub(super) fn tail(connection: &Connection) -> rusqlite::Result<Result<(u64, String), String>> {
    if let Some(flaw) = schema_flaws(connection)?.into_iter().next() {
        return Ok(Err(flaw));
    }
    let last = connection
        .prepare_cached(
            "SELECT seq, previous, hash, body, act, target, closes FROM entries
             ORDER BY seq DESC LIMIT 1",
        )?
        .query_row([], Stored::of)
        .optional()?;
    let Some(last) = last else { return Ok(Ok((0, GENESIS.to_owned()))) };
    let previous = last.entry.as_ref().map(|entry| entry.previous.clone()).unwrap_or_default();
    Ok(match verify::fault(&last, last.seq, &previous) {
        Ok(hash) => Ok((last.seq, hash.clone())),
        Err(why) => Err(format!("record {}: {why}", last.seq)),
    })
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn a_schema_as_it_was_made_has_no_flaw() {
        let connection = Connection::open_in_memory().unwrap();
        connection.execute_batch(TABLES).unwrap();
        assert_eq!(schema_flaws(&connection).unwrap(), [""; 0]);
    }

    #[test]
    fn what_was_dropped_changed_or_added_is_named() {
        for (done, told) in [
            ("DROP TRIGGER entries_stay", "its trigger entries_stay is missing, or another"),
            ("DROP INDEX entries_opened", "its index entries_opened is missing, or another"),
            (
                "CREATE TRIGGER more AFTER INSERT ON entries BEGIN SELECT 1; END",
                "it has a trigger more that is not its own",
            ),
        ] {
            let connection = Connection::open_in_memory().unwrap();
            connection.execute_batch(TABLES).unwrap();
            connection.execute_batch(done).unwrap();
            assert_eq!(schema_flaws(&connection).unwrap(), [told]);
        }
    }

    #[test]
    fn a_file_or_folder_that_others_may_write_to_is_told() {
        let folder = tempfile::tempdir().unwrap();
        let (place, path) = (folder.path().join("state"), folder.path().join("state/audit.db"));
        fs::create_dir(&place).unwrap();
        fs::write(&path, "").unwrap();
        for (of_folder, of_file, told) in [
            (0o700, 0o600, 0),
            (0o755, 0o644, 0),
            (0o1777, 0o600, 0),
            (0o700, 0o666, 1),
            (0o700, 0o620, 1),
            (0o777, 0o666, 2),
        ] {
            fs::set_permissions(&place, fs::Permissions::from_mode(of_folder)).unwrap();
            fs::set_permissions(&path, fs::Permissions::from_mode(of_file)).unwrap();
            assert_eq!(exposures(&path).len(), told, "{of_folder:o} {of_file:o}");
        }
    }
}
