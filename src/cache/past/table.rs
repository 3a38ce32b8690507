//! [`Table`]: which rows have a past, what makes a version of one, and the statements that keep it.

use std::fmt::Write;

use crate::cache::row::{REPORT_COLUMNS, Row};
use crate::domain::{
    Alert, ExceptionRequest, Filed, Job, NetworkPolicy, Node, NodeClaim, NodeGroup, Pipeline, Pod,
    Project, Quota, Runner, Silence, Slo,
};

/// The end of a version that has not ended.
pub(super) const OPEN: i64 = i64::MAX;

/// What only moves makes a new version this long after the last one at the earliest, microseconds.
const PACE: i64 = 60_000_000;

/// A table of `cache.db` whose rows have a past in `history.db`.
#[derive(Debug, Clone, Copy)]
pub(super) struct Table {
    /// Its name there; here it has `past_` before it.
    pub(super) name: &'static str,
    /// What a row is told by, behind its feed.
    pub(super) keys: &'static [&'static str],
    /// Its other columns, in the order of their cells.
    pub(super) columns: &'static [&'static str],
    /// Columns that are no change: the version that stands follows them.
    followed: &'static [&'static str],
    /// Columns that always move: a version is made of them once a minute at most.
    paced: &'static [&'static str],
    /// Columns that are kept as they were when the version began.
    ignored: &'static [&'static str],
    /// Whether its rows are many: where room is short, they are the first to go.
    pub(super) mass: Mass,
}

/// How many rows a table has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mass {
    /// Jobs, pods and the like: as many as there is work.
    Work,
    /// As many as there are things.
    Things,
}

/// What is known of a feed itself.
pub(super) const REPORTS: Table = Table {
    keys: &[],
    columns: &REPORT_COLUMNS,
    ignored: &[
        "confirmed_at",
        "requests_per_minute",
        "failure_at",
        "failure_retry_at",
        "gap_at",
        "gap_retry_at",
        "budget_limit",
        "budget_remaining",
        "budget_reset_at",
    ],
    ..Table::plain("reports")
};

/// Managers of runners.
pub(super) const MANAGERS: Table = Table {
    keys: &["runner", "place"],
    columns: &["system_id", "status", "contacted_at", "version"],
    followed: &["contacted_at"],
    ..Table::plain("managers")
};

/// Protected refs of projects.
pub(super) const REFS: Table =
    Table { keys: &["project"], columns: &["patterns"], ..Table::plain("protected_refs") };

/// Every table that has a past.
pub(super) const TABLES: [Table; 18] = [
    REPORTS,
    MANAGERS,
    REFS,
    Table { followed: &["last_activity_at"], ..Table::of::<Project>() },
    Table { followed: &["updated_at"], mass: Mass::Work, ..Table::of::<Pipeline>() },
    Table { mass: Mass::Work, ..Table::of::<Job>() },
    Table { followed: &["contacted_at"], ..Table::of::<Runner>() },
    Table { mass: Mass::Work, ..Table::of::<Pod>() },
    Table { mass: Mass::Work, ..Table::of::<Node>() },
    Table::of::<NodeGroup>(),
    Table { mass: Mass::Work, ..Table::of::<NodeClaim>() },
    Table { paced: &["limits", "exhausted"], ..Table::of::<Quota>() },
    Table::of::<NetworkPolicy>(),
    Table { paced: &["readings", "pairs", "events", "filled"], ..Table::of::<Slo>() },
    Table::of::<Alert>(),
    Table::of::<Silence>(),
    Table::of::<Filed>(),
    Table { followed: &["updated_at"], ..Table::of::<ExceptionRequest>() },
];

impl Table {
    const fn plain(name: &'static str) -> Table {
        Table {
            name,
            keys: &["id"],
            columns: &[],
            followed: &[],
            paced: &[],
            ignored: &[],
            mass: Mass::Things,
        }
    }

    const fn of<R: Row>() -> Table {
        Table { columns: R::COLUMNS, ..Table::plain(R::TABLE) }
    }

    /// The columns that tell a version: the feed, and what tells the row.
    pub(super) fn told_by(&self) -> Vec<&'static str> {
        [&["feed"], self.keys].concat()
    }

    fn is_compared(&self, column: &str) -> bool {
        [self.followed, self.paced, self.ignored].iter().all(|set| !set.contains(&column))
    }

    /// The number of a column's parameter: first comes what tells the row, then the instant, then the columns.
    fn parameter(&self, column: &str) -> usize {
        let place = self.columns.iter().position(|one| *one == column).unwrap_or_default();
        self.keys.len() + 3 + place
    }

    /// `(a, b) IS NOT (?4, ?5)`; never true of no columns.
    fn differs(&self, columns: &[&str]) -> String {
        if columns.is_empty() {
            return "0".into();
        }
        let parameters: Vec<String> =
            columns.iter().map(|column| format!("?{}", self.parameter(column))).collect();
        format!("({}) IS NOT ({})", columns.join(", "), parameters.join(", "))
    }

    /// Picks the version of a row that has not ended.
    fn stands(&self) -> String {
        let mut picked = format!("until = {OPEN}");
        for (place, column) in (1..).zip(self.told_by()) {
            // Writing into a text never fails.
            write!(picked, " AND {column} = ?{place}").ok();
        }
        picked
    }

    /// The statements, all with the same parameters.
    pub(super) fn statements(&self) -> Statements {
        let name = self.name;
        let at = self.keys.len() + 2;
        let last = at + self.columns.len();
        let stands = self.stands();
        let compared: Vec<&str> =
            self.columns.iter().copied().filter(|column| self.is_compared(column)).collect();
        let (changed, moved) = (self.differs(&compared), self.differs(self.paced));
        let end = format!(
            "UPDATE past_{name} SET until = ?{at} WHERE {stands} AND since <= ?{at} \
             AND ({changed} OR ({moved} AND since <= ?{at} - {PACE})) AND ?{last} IS ?{last}"
        );
        let set: Vec<String> = self
            .followed
            .iter()
            .map(|column| format!("{column} = ?{}", self.parameter(column)))
            .collect();
        let follow = (!set.is_empty()).then(|| {
            format!(
                "UPDATE past_{name} SET {} WHERE {stands} AND {} AND ?{last} IS ?{last}",
                set.join(", "),
                self.differs(self.followed)
            )
        });
        let told: Vec<String> = (1..at).map(|place| format!("?{place}")).collect();
        let values: Vec<String> = (at + 1..=last).map(|place| format!("?{place}")).collect();
        let begin = format!(
            "INSERT OR REPLACE INTO past_{name} ({}, since, until, {}) SELECT {}, ?{at}, {OPEN}, {} \
             WHERE NOT EXISTS (SELECT 1 FROM past_{name} WHERE {stands})",
            self.told_by().join(", "),
            self.columns.join(", "),
            told.join(", "),
            values.join(", "),
        );
        let gone = format!("UPDATE past_{name} SET until = max(?{at}, since) WHERE {stands}");
        Statements { end, follow, begin, gone }
    }
}

/// What is run for a row of a table. The parameters of all but the last: what tells the row, the instant, the columns.
#[derive(Debug, Clone)]
pub(super) struct Statements {
    /// Ends the version that stands, where the row is another one now.
    pub(super) end: String,
    /// Lets it follow what is no change.
    pub(super) follow: Option<String>,
    /// Begins a version, where none stands.
    pub(super) begin: String,
    /// Ends the version that stands: the row is gone. What tells the row, and the instant.
    pub(super) gone: String,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cache::schema;
    use rusqlite::Connection;

    fn columns(connection: &Connection, table: &str) -> Vec<String> {
        connection
            .prepare("SELECT name FROM pragma_table_info(?1)")
            .unwrap()
            .query_map([table], |row| row.get(0))
            .unwrap()
            .collect::<rusqlite::Result<_>>()
            .unwrap()
    }

    fn both() -> Connection {
        let mut connection = Connection::open_in_memory().unwrap();
        schema::prepare(&mut connection).unwrap();
        connection.execute_batch(super::super::TABLES).unwrap();
        connection
    }

    #[test]
    fn every_column_of_the_cache_has_a_past() {
        let connection = both();
        for table in TABLES {
            let mut expected = table.told_by();
            expected.extend(["since", "until"]);
            expected.extend(table.columns);
            expected.sort_unstable();
            let mut found = columns(&connection, &format!("past_{}", table.name));
            found.sort_unstable();
            assert_eq!(found, expected, "{}", table.name);
        }
    }

    #[test]
    fn every_statement_is_one() {
        let connection = both();
        for table in TABLES {
            let Statements { end, follow, begin, gone } = table.statements();
            for sql in [&end, &begin, &gone].into_iter().chain(&follow) {
                connection.prepare(sql).unwrap();
            }
        }
    }

    #[test]
    fn every_column_that_is_set_apart_exists() {
        for table in TABLES {
            for column in [table.followed, table.paced, table.ignored].concat() {
                assert!(table.columns.contains(&column), "{} {column}", table.name);
            }
        }
    }
}
