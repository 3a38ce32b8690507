//! The tables of `cache.db`. A change of any of them raises [`VERSION`]; older caches are dropped, never converted.

use rusqlite::{Connection, TransactionBehavior};

use super::file;

/// The schema's version, in `user_version`.
pub(super) const VERSION: i64 = 6;

/// Instants are microseconds since 1970 in UTC; lists of words are joined, each ended by `U+001F`, which no cleaned
/// text contains. `urgency` and `turn` are the order in which rows are replayed; `urgency` 9 is "ended", and its
/// `turn` is the instant of the end, negated, so that the newest comes first.
const TABLES: &str = "
CREATE TABLE feeds (
    id INTEGER PRIMARY KEY, source TEXT NOT NULL, scope TEXT NOT NULL, seen_at INTEGER, UNIQUE (source, scope)
);
CREATE TABLE reports (
    feed INTEGER PRIMARY KEY, seen_at INTEGER NOT NULL, interval_seconds REAL NOT NULL, confirmed_at INTEGER,
    requests_per_minute REAL NOT NULL,
    failure_kind TEXT, failure_message TEXT, failure_hint TEXT, failure_at INTEGER, failure_retry_at INTEGER,
    gap_kind TEXT, gap_message TEXT, gap_hint TEXT, gap_at INTEGER, gap_retry_at INTEGER,
    budget_limit INTEGER, budget_remaining INTEGER, budget_reset_at INTEGER
);
CREATE TABLE confirms (
    feed INTEGER NOT NULL, project INTEGER NOT NULL, seen_at INTEGER NOT NULL, PRIMARY KEY (feed, project)
) WITHOUT ROWID;
CREATE TABLE projects (
    feed INTEGER NOT NULL, id INTEGER NOT NULL, seen_at INTEGER NOT NULL,
    path TEXT NOT NULL, default_branch TEXT, web_url TEXT NOT NULL, last_activity_at INTEGER,
    PRIMARY KEY (feed, id)
) WITHOUT ROWID;
CREATE TABLE protected_refs (
    project INTEGER PRIMARY KEY, feed INTEGER NOT NULL, seen_at INTEGER NOT NULL, patterns TEXT NOT NULL
);
CREATE TABLE pipelines (
    feed INTEGER NOT NULL, id INTEGER NOT NULL, seen_at INTEGER NOT NULL,
    urgency INTEGER NOT NULL, turn INTEGER NOT NULL,
    iid INTEGER, project INTEGER NOT NULL, reference TEXT NOT NULL, sha TEXT NOT NULL, status TEXT NOT NULL,
    source TEXT, created_at INTEGER NOT NULL, updated_at INTEGER, started_at INTEGER, finished_at INTEGER,
    duration_seconds REAL, parent_project TEXT, parent INTEGER, jobs_complete INTEGER NOT NULL,
    PRIMARY KEY (feed, id)
) WITHOUT ROWID;
CREATE INDEX pipelines_in_order ON pipelines (urgency, turn);
CREATE TABLE jobs (
    feed INTEGER NOT NULL, id INTEGER NOT NULL, seen_at INTEGER NOT NULL,
    urgency INTEGER NOT NULL, turn INTEGER NOT NULL,
    name TEXT NOT NULL, stage TEXT NOT NULL, project INTEGER NOT NULL, pipeline INTEGER NOT NULL,
    reference TEXT NOT NULL, status TEXT NOT NULL, tags TEXT NOT NULL, allow_failure INTEGER NOT NULL,
    retried INTEGER NOT NULL, stuck INTEGER, created_at INTEGER NOT NULL, queued_at INTEGER, started_at INTEGER,
    finished_at INTEGER, failure_reason TEXT, runner INTEGER, runner_description TEXT,
    PRIMARY KEY (feed, id)
) WITHOUT ROWID;
CREATE INDEX jobs_in_order ON jobs (urgency, turn);
CREATE TABLE runners (
    feed INTEGER NOT NULL, id INTEGER NOT NULL, seen_at INTEGER NOT NULL,
    description TEXT NOT NULL, kind TEXT NOT NULL, status TEXT NOT NULL, paused INTEGER NOT NULL,
    locked INTEGER NOT NULL, protected INTEGER NOT NULL, run_untagged INTEGER NOT NULL, tags TEXT NOT NULL,
    contacted_at INTEGER, version TEXT, running INTEGER, job_limit INTEGER, managers_complete INTEGER NOT NULL,
    PRIMARY KEY (feed, id)
) WITHOUT ROWID;
CREATE TABLE managers (
    feed INTEGER NOT NULL, runner INTEGER NOT NULL, place INTEGER NOT NULL,
    system_id TEXT NOT NULL, status TEXT NOT NULL, contacted_at INTEGER, version TEXT,
    PRIMARY KEY (feed, runner, place)
) WITHOUT ROWID;
CREATE TABLE pods (
    feed INTEGER NOT NULL, id INTEGER NOT NULL, seen_at INTEGER NOT NULL,
    cluster TEXT NOT NULL, namespace TEXT NOT NULL, name TEXT NOT NULL, uid TEXT NOT NULL, phase TEXT NOT NULL,
    state TEXT NOT NULL, stand TEXT NOT NULL, reason TEXT, message TEXT, node TEXT, claimed_job INTEGER,
    project INTEGER, runner_short TEXT, created_at INTEGER NOT NULL, scheduled_at INTEGER, sandbox_at INTEGER,
    initialized_at INTEGER, ready_at INTEGER, finished_at INTEGER, deleted_at INTEGER, bad_end TEXT, restarts INTEGER NOT NULL,
    cpu_request_millis INTEGER NOT NULL, memory_request_bytes INTEGER NOT NULL, containers TEXT NOT NULL,
    service_account TEXT, aws_role TEXT, powers INTEGER NOT NULL,
    PRIMARY KEY (feed, id)
) WITHOUT ROWID;
CREATE TABLE nodes (
    feed INTEGER NOT NULL, id INTEGER NOT NULL, seen_at INTEGER NOT NULL,
    cluster TEXT NOT NULL, name TEXT NOT NULL, ready INTEGER, not_ready_reason TEXT, cordoned INTEGER NOT NULL,
    pressures TEXT NOT NULL, taints TEXT NOT NULL, node_group INTEGER, group_name TEXT, instance_type TEXT,
    zone TEXT, capacity_type TEXT, cpu_millis INTEGER NOT NULL, memory_bytes INTEGER NOT NULL,
    max_pods INTEGER NOT NULL, version TEXT, created_at INTEGER NOT NULL,
    PRIMARY KEY (feed, id)
) WITHOUT ROWID;
CREATE TABLE nodegroups (
    feed INTEGER NOT NULL, id INTEGER NOT NULL, seen_at INTEGER NOT NULL,
    cluster TEXT NOT NULL, name TEXT NOT NULL, kind TEXT NOT NULL, status TEXT NOT NULL, fewest INTEGER,
    desired INTEGER, most INTEGER, limits TEXT NOT NULL, instance_types TEXT NOT NULL, capacity_type TEXT,
    version TEXT, issues TEXT NOT NULL, activities TEXT,
    PRIMARY KEY (feed, id)
) WITHOUT ROWID;
CREATE TABLE node_claims (
    feed INTEGER NOT NULL, id INTEGER NOT NULL, seen_at INTEGER NOT NULL,
    cluster TEXT NOT NULL, name TEXT NOT NULL, node_group INTEGER NOT NULL, state TEXT NOT NULL, reason TEXT,
    message TEXT, node TEXT, created_at INTEGER NOT NULL,
    PRIMARY KEY (feed, id)
) WITHOUT ROWID;
CREATE TABLE quotas (
    feed INTEGER NOT NULL, id INTEGER NOT NULL, seen_at INTEGER NOT NULL,
    cluster TEXT NOT NULL, namespace TEXT NOT NULL, name TEXT NOT NULL, limits TEXT NOT NULL, exhausted TEXT NOT NULL,
    PRIMARY KEY (feed, id)
) WITHOUT ROWID;
CREATE TABLE policies (
    feed INTEGER NOT NULL, id INTEGER NOT NULL, seen_at INTEGER NOT NULL,
    cluster TEXT NOT NULL, namespace TEXT NOT NULL, name TEXT NOT NULL, denies_egress INTEGER NOT NULL,
    PRIMARY KEY (feed, id)
) WITHOUT ROWID;
CREATE TABLE slos (
    feed INTEGER NOT NULL, id INTEGER NOT NULL, seen_at INTEGER NOT NULL,
    key TEXT NOT NULL, rule_id TEXT NOT NULL, service TEXT NOT NULL, name TEXT NOT NULL, description TEXT,
    origin TEXT NOT NULL, labels TEXT NOT NULL, objective REAL NOT NULL, period TEXT NOT NULL, readings TEXT NOT NULL,
    pairs TEXT NOT NULL, events REAL, filled REAL, time_weighted INTEGER NOT NULL, firing TEXT, rule_error TEXT,
    warning TEXT, rule_interval_seconds REAL, queries TEXT NOT NULL,
    PRIMARY KEY (feed, id)
) WITHOUT ROWID;
CREATE TABLE alerts (
    feed INTEGER NOT NULL, id INTEGER NOT NULL, seen_at INTEGER NOT NULL,
    fingerprint TEXT NOT NULL, name TEXT NOT NULL, labels TEXT NOT NULL, annotations TEXT NOT NULL,
    state TEXT NOT NULL, severity TEXT, starts_at INTEGER NOT NULL, silenced_by TEXT NOT NULL,
    inhibited_by TEXT NOT NULL,
    PRIMARY KEY (feed, id)
) WITHOUT ROWID;
CREATE TABLE silences (
    feed INTEGER NOT NULL, id INTEGER NOT NULL, seen_at INTEGER NOT NULL,
    name TEXT NOT NULL, matchers TEXT NOT NULL, starts_at INTEGER NOT NULL, ends_at INTEGER NOT NULL,
    created_by TEXT NOT NULL, comment TEXT NOT NULL, state TEXT NOT NULL,
    PRIMARY KEY (feed, id)
) WITHOUT ROWID;
CREATE TABLE exceptions (
    feed INTEGER NOT NULL, id INTEGER NOT NULL, seen_at INTEGER NOT NULL,
    project TEXT NOT NULL, path TEXT NOT NULL, blob TEXT NOT NULL, commit_id TEXT NOT NULL, name TEXT NOT NULL,
    title TEXT NOT NULL, kind TEXT NOT NULL, scope TEXT NOT NULL, requester TEXT NOT NULL, owner TEXT,
    justification TEXT NOT NULL, risk TEXT NOT NULL, residual_risk TEXT, controls TEXT NOT NULL,
    approvers TEXT NOT NULL, beneficiaries TEXT NOT NULL, starts_at TEXT NOT NULL, expires_at TEXT NOT NULL,
    ticket TEXT, renews TEXT, artefacts TEXT NOT NULL, evidence TEXT NOT NULL, revocation TEXT NOT NULL,
    closed TEXT NOT NULL, flaws TEXT NOT NULL,
    PRIMARY KEY (feed, id)
) WITHOUT ROWID;
CREATE TABLE access_places (site TEXT PRIMARY KEY, taken_at INTEGER NOT NULL, body TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE requests (
    feed INTEGER NOT NULL, id INTEGER NOT NULL, seen_at INTEGER NOT NULL,
    project TEXT NOT NULL, iid INTEGER NOT NULL, title TEXT NOT NULL, url TEXT NOT NULL, author TEXT NOT NULL,
    is_by_bot INTEGER NOT NULL, is_draft INTEGER NOT NULL, source_branch TEXT NOT NULL, head TEXT NOT NULL,
    opened_at INTEGER NOT NULL, updated_at INTEGER NOT NULL, files TEXT NOT NULL, elsewhere TEXT NOT NULL,
    approvals TEXT NOT NULL, barred TEXT NOT NULL, blocked_for_me TEXT, merge TEXT NOT NULL, pipeline TEXT,
    has_conflicts INTEGER NOT NULL, missing TEXT NOT NULL,
    PRIMARY KEY (feed, id)
) WITHOUT ROWID;
";

/// How the version in the file relates to ours.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Found {
    /// Ours, now if not before.
    Ready,
    /// Written by a later build.
    Newer(i64),
}

/// Makes the tables where they are missing or older. One transaction, so two instances may start at once.
pub(super) fn prepare(connection: &mut Connection) -> rusqlite::Result<Found> {
    match file::version(connection)? {
        VERSION => return Ok(Found::Ready),
        newer if newer > VERSION => return Ok(Found::Newer(newer)),
        _ => {}
    }
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    match file::version(&transaction)? {
        VERSION => return Ok(Found::Ready),
        newer if newer > VERSION => return Ok(Found::Newer(newer)),
        _ => {}
    }
    for table in tables(&transaction)? {
        transaction.execute_batch(&format!("DROP TABLE \"{}\"", table.replace('"', "\"\"")))?;
    }
    transaction.execute_batch(TABLES)?;
    transaction.pragma_update(None, "user_version", VERSION)?;
    transaction.commit()?;
    Ok(Found::Ready)
}

/// The names of all tables in the file.
fn tables(connection: &Connection) -> rusqlite::Result<Vec<String>> {
    connection
        .prepare(
            "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\'",
        )?
        .query_map([], |row| row.get(0))?
        .collect()
}
