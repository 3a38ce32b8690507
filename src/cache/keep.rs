//! Writing: what waits of one feed, in one transaction, touching only rows that changed.

use std::collections::HashSet;
use std::time::Duration;

use rusqlite::{Transaction, params, params_from_iter};

use super::intern::joined;
use super::pending::Slot;
use super::row::{
    Cell, ENDED, REPORT_COLUMNS, Row, manager_cells, micros, number, report_cells, text, time,
};
use crate::domain::{
    Alert, Entity, EntityId, ExceptionRequest, Filed, Job, NetworkPolicy, Node, NodeClaim,
    NodeGroup, Pipeline, Pod, Project, ProjectId, Quota, RefPattern, Report, Runner, Silence, Slo,
    SourceKey, Timestamp,
};

/// An unchanged row is written again only when it was last marked seen this long ago (microseconds), so that its age
/// is never shown younger than it is, and at most this much older.
const SEEN_STEP: i64 = 60_000_000;

/// How many rows one pruning transaction deletes at most, so that others do not wait long.
const PRUNE_STEP: usize = 5_000;

/// The tables whose rows belong to a feed and have an id.
const TABLES: [&str; 15] = [
    "projects",
    "pipelines",
    "jobs",
    "runners",
    "pods",
    "nodes",
    "nodegroups",
    "node_claims",
    "quotas",
    "policies",
    "slos",
    "alerts",
    "silences",
    "exceptions",
    "requests",
];

/// Writes everything that waits of one feed.
pub(super) fn keep(
    transaction: &Transaction<'_>,
    key: &SourceKey,
    slot: &Slot,
) -> rusqlite::Result<()> {
    let feed = Feed {
        transaction,
        id: feed_id(transaction, key)?,
        replaced_at: slot.replaced_at,
        statements: Statements::new(),
    };
    if let Some(at) = slot.replaced_at {
        feed.drop_missing(slot)?;
        transaction
            .execute("UPDATE feeds SET seen_at = ?2 WHERE id = ?1", params![feed.id, micros(at)])?;
    }
    // In the order of the table: neighbours share pages, and the file stays dense.
    let mut entities: Vec<_> = slot.entities.iter().collect();
    entities.sort_unstable_by_key(|(id, _)| *id);
    for (_, (at, entity)) in entities {
        feed.upsert_entity(*at, entity)?;
    }
    for id in &slot.removed {
        feed.remove(id)?;
    }
    for (project, at) in &slot.confirmed {
        feed.confirm(*project, *at)?;
    }
    for (project, (at, refs)) in &slot.refs {
        feed.keep_refs(*project, *at, refs)?;
    }
    slot.report.as_ref().map_or(Ok(()), |(at, report)| feed.keep_report(*at, report))
}

/// The feed's row number, made when missing.
fn feed_id(transaction: &Transaction<'_>, key: &SourceKey) -> rusqlite::Result<i64> {
    let names = params![key.source.0, &*key.scope.0];
    transaction
        .prepare_cached("INSERT OR IGNORE INTO feeds (source, scope) VALUES (?1, ?2)")?
        .execute(names)?;
    transaction
        .prepare_cached("SELECT id FROM feeds WHERE source = ?1 AND scope = ?2")?
        .query_one(names, |row| row.get(0))
}

/// One feed inside a transaction.
struct Feed<'a> {
    transaction: &'a Transaction<'a>,
    id: i64,
    replaced_at: Option<Timestamp>,
    statements: Statements,
}

/// What is run for every row, put together once.
struct Statements {
    project: String,
    pipeline: String,
    job: String,
    runner: String,
    pod: String,
    node: String,
    nodegroup: String,
    node_claim: String,
    quota: String,
    policy: String,
    slo: String,
    alert: String,
    silence: String,
    exception: String,
    request: String,
}

impl Statements {
    fn new() -> Statements {
        Statements {
            project: upsert_row::<Project>(),
            pipeline: upsert_row::<Pipeline>(),
            job: upsert_row::<Job>(),
            runner: upsert_row::<Runner>(),
            pod: upsert_row::<Pod>(),
            node: upsert_row::<Node>(),
            nodegroup: upsert_row::<NodeGroup>(),
            node_claim: upsert_row::<NodeClaim>(),
            quota: upsert_row::<Quota>(),
            policy: upsert_row::<NetworkPolicy>(),
            slo: upsert_row::<Slo>(),
            alert: upsert_row::<Alert>(),
            silence: upsert_row::<Silence>(),
            exception: upsert_row::<Filed>(),
            request: upsert_row::<ExceptionRequest>(),
        }
    }
}

impl Feed<'_> {
    fn upsert_entity(&self, at: Timestamp, entity: &Entity) -> rusqlite::Result<()> {
        match entity {
            Entity::Project(project) => {
                self.upsert(&self.statements.project, at, &**project)?;
                let refs = project.protected_refs.as_deref();
                refs.map_or(Ok(()), |refs| self.keep_refs(project.id, at, refs))
            }
            Entity::Pipeline(pipeline) => self.upsert(&self.statements.pipeline, at, &**pipeline),
            Entity::Job(job) => self.upsert(&self.statements.job, at, &**job),
            Entity::Runner(runner) => {
                self.upsert(&self.statements.runner, at, &**runner)?;
                self.keep_managers(runner)
            }
            Entity::Pod(pod) => self.upsert(&self.statements.pod, at, &**pod),
            Entity::Node(node) => self.upsert(&self.statements.node, at, &**node),
            Entity::NodeGroup(group) => self.upsert(&self.statements.nodegroup, at, &**group),
            Entity::NodeClaim(claim) => self.upsert(&self.statements.node_claim, at, &**claim),
            Entity::Quota(quota) => self.upsert(&self.statements.quota, at, &**quota),
            Entity::Policy(policy) => self.upsert(&self.statements.policy, at, &**policy),
            Entity::Slo(slo) => self.upsert(&self.statements.slo, at, &**slo),
            Entity::Alert(alert) => self.upsert(&self.statements.alert, at, &**alert),
            Entity::Silence(silence) => self.upsert(&self.statements.silence, at, &**silence),
            Entity::Exception(filed) => self.upsert(&self.statements.exception, at, &**filed),
            Entity::Request(request) => self.upsert(&self.statements.request, at, &**request),
            Entity::Occupant(_) | Entity::Event(_) | Entity::Deed(_) | Entity::Sighting(_) => {
                Ok(())
            }
        }
    }

    fn upsert<R: Row>(&self, sql: &str, at: Timestamp, row: &R) -> rusqlite::Result<()> {
        let mut values = vec![number(self.id.cast_unsigned()), number(row.id()), time(at)];
        values.extend(row.cells());
        // A feed that was read whole has its instant once, for all its rows.
        let step = if self.replaced_at == Some(at) { i64::MAX / 4 } else { SEEN_STEP };
        values.push(number(step.cast_unsigned()));
        self.write(sql, values)
    }

    fn keep_report(&self, at: Timestamp, report: &Report) -> rusqlite::Result<()> {
        let mut values = vec![number(self.id.cast_unsigned()), time(at)];
        values.extend(report_cells(report));
        values.push(number(0));
        // A run that could not read anything knows nothing of when an earlier one did.
        let sql = upsert_sql("reports", &["feed"], &REPORT_COLUMNS).replace(
            "confirmed_at = excluded.confirmed_at",
            "confirmed_at = coalesce(max(excluded.confirmed_at, reports.confirmed_at), \
             excluded.confirmed_at, reports.confirmed_at)",
        );
        self.write(&sql, values)
    }

    fn keep_refs(
        &self,
        project: ProjectId,
        at: Timestamp,
        refs: &[RefPattern],
    ) -> rusqlite::Result<()> {
        let patterns = joined(refs.iter().map(|pattern| &pattern.0));
        let values = vec![
            number(project.0),
            time(at),
            number(self.id.cast_unsigned()),
            text(&patterns),
            number(SEEN_STEP.cast_unsigned()),
        ];
        self.write(&upsert_sql("protected_refs", &["project"], &["feed", "patterns"]), values)
    }

    fn confirm(&self, project: ProjectId, at: Timestamp) -> rusqlite::Result<()> {
        let values = vec![number(self.id.cast_unsigned()), number(project.0), time(at)];
        self.write(
            "INSERT INTO confirms (feed, project, seen_at) VALUES (?1, ?2, ?3)
             ON CONFLICT DO UPDATE SET seen_at = excluded.seen_at",
            values,
        )
    }

    /// Managers are few; they are compared as a whole and written anew when one differs.
    fn keep_managers(&self, runner: &Runner) -> rusqlite::Result<()> {
        let (feed, id) = (self.id.cast_unsigned(), runner.id.0);
        for (place, manager) in (0..).zip(&*runner.managers) {
            let mut values = vec![number(feed), number(id), number(place)];
            values.extend(manager_cells(manager));
            self.write(MANAGER_SQL, values)?;
        }
        let count = runner.managers.len() as u64;
        self.write(
            "DELETE FROM managers WHERE feed = ?1 AND runner = ?2 AND place >= ?3",
            vec![number(feed), number(id), number(count)],
        )
    }

    fn remove(&self, id: &EntityId) -> rusqlite::Result<()> {
        place_of(id).map_or(Ok(()), |(table, id)| self.remove_row(table, id))
    }

    fn remove_row(&self, table: &str, id: u64) -> rusqlite::Result<()> {
        let sql = format!("DELETE FROM {table} WHERE feed = ?1 AND id = ?2");
        self.write(&sql, vec![number(self.id.cast_unsigned()), number(id)])?;
        if table == "runners" {
            let sql = "DELETE FROM managers WHERE feed = ?1 AND runner = ?2";
            self.write(sql, vec![number(self.id.cast_unsigned()), number(id)])?;
        }
        Ok(())
    }

    /// Deletes the feed's rows that its whole answer no longer has.
    fn drop_missing(&self, slot: &Slot) -> rusqlite::Result<()> {
        let present: HashSet<(&str, u64)> = slot.entities.keys().filter_map(place_of).collect();
        for table in TABLES {
            let ids: Vec<i64> = self
                .transaction
                .prepare_cached(&format!("SELECT id FROM {table} WHERE feed = ?1"))?
                .query_map([self.id], |row| row.get(0))?
                .collect::<rusqlite::Result<_>>()?;
            let gone = ids.into_iter().map(i64::cast_unsigned);
            for id in gone.filter(|id| !present.contains(&(table, *id))) {
                self.remove_row(table, id)?;
            }
        }
        Ok(())
    }

    fn write(&self, sql: &str, values: Vec<Cell<'_>>) -> rusqlite::Result<()> {
        self.transaction.prepare_cached(sql)?.execute(params_from_iter(values)).map(drop)
    }
}

/// Where an entity is kept; nowhere, for what is worthless without its platform.
pub(super) fn place_of(id: &EntityId) -> Option<(&'static str, u64)> {
    match id {
        EntityId::Project(id) => Some(("projects", id.0)),
        EntityId::Pipeline(id) => Some(("pipelines", id.0)),
        EntityId::Job(id) => Some(("jobs", id.0)),
        EntityId::Runner(id) => Some(("runners", id.0)),
        EntityId::Pod(id) => Some(("pods", id.0)),
        EntityId::Node(id) => Some(("nodes", id.0)),
        EntityId::NodeGroup(id) => Some(("nodegroups", id.0)),
        EntityId::NodeClaim(id) => Some(("node_claims", id.0)),
        EntityId::Quota(id) => Some(("quotas", id.0)),
        EntityId::Policy(id) => Some(("policies", id.0)),
        EntityId::Slo(id) => Some(("slos", id.0)),
        EntityId::Alert(id) => Some(("alerts", id.0)),
        EntityId::Silence(id) => Some(("silences", id.0)),
        EntityId::Exception(id) => Some(("exceptions", id.0)),
        EntityId::Request(id) => Some(("requests", id.0)),
        EntityId::Occupant(_)
        | EntityId::Event(_)
        | EntityId::Tier(_)
        | EntityId::Source(_)
        | EntityId::Finding(_)
        | EntityId::Deed(_)
        | EntityId::Sighting(_)
        | EntityId::Drift(_)
        | EntityId::Principal(_)
        | EntityId::Resource(_)
        | EntityId::Grant(_)
        | EntityId::AccessFinding(_)
        | EntityId::ReviewItem(_) => None,
    }
}

/// Writes a manager, unless it is there as it is.
const MANAGER_SQL: &str = "
INSERT INTO managers (feed, runner, place, system_id, status, contacted_at, version)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)
ON CONFLICT DO UPDATE SET system_id = excluded.system_id, status = excluded.status,
    contacted_at = excluded.contacted_at, version = excluded.version
WHERE (managers.system_id, managers.status, managers.contacted_at, managers.version)
    IS NOT (excluded.system_id, excluded.status, excluded.contacted_at, excluded.version)";

/// The statement for one kind of entity.
fn upsert_row<R: Row>() -> String {
    upsert_sql(R::TABLE, &["feed", "id"], R::COLUMNS)
}

/// Inserts a row or updates it where a column differs or its last sight is older than the last parameter.
fn upsert_sql(table: &str, keys: &[&str], columns: &[&str]) -> String {
    let all: Vec<&str> = [keys, &["seen_at"], columns].concat();
    let places: Vec<String> = (1..=all.len()).map(|place| format!("?{place}")).collect();
    let changes: Vec<String> =
        columns.iter().map(|column| format!("{column} = excluded.{column}")).collect();
    let list = |prefix: &str| {
        let names: Vec<String> = columns.iter().map(|name| format!("{prefix}.{name}")).collect();
        names.join(", ")
    };
    format!(
        "INSERT INTO {table} ({}) VALUES ({}) ON CONFLICT ({}) DO UPDATE \
         SET seen_at = excluded.seen_at, {} \
         WHERE ({}) IS NOT ({}) OR excluded.seen_at - {table}.seen_at > ?{}",
        all.join(", "),
        places.join(", "),
        keys.join(", "),
        changes.join(", "),
        list(table),
        list("excluded"),
        all.len() + 1,
    )
}

/// Deletes one portion of what is too old. Returns how many rows went; 0 means that the rest may stay.
pub(super) fn prune(
    transaction: &Transaction<'_>,
    now: Timestamp,
    keep: Duration,
) -> rusqlite::Result<usize> {
    let cutoff = micros(now).saturating_sub_unsigned(micros_of(keep));
    let mut gone = 0;
    for table in ["jobs", "pipelines"] {
        gone += portion(transaction, table, "urgency = ?1 AND turn > ?2", [ENDED, -cutoff])?;
        gone += portion(
            transaction,
            table,
            "seen_at < ?1 AND feed NOT IN (SELECT id FROM feeds WHERE seen_at >= ?1)
             AND (feed, project) NOT IN (SELECT feed, project FROM confirms WHERE seen_at >= ?1)
             AND ?2 = ?2",
            [cutoff, 0],
        )?;
    }
    for table in TABLES.into_iter().filter(|table| !matches!(*table, "jobs" | "pipelines")) {
        // A watch confirms its rows by its report alone.
        let old = "seen_at < ?1 AND feed NOT IN (SELECT id FROM feeds WHERE seen_at >= ?1)
             AND feed NOT IN (SELECT feed FROM reports WHERE confirmed_at >= ?1) AND ?2 = ?2";
        gone += portion(transaction, table, old, [cutoff, 0])?;
    }
    transaction.execute_batch(
        "DELETE FROM managers WHERE (feed, runner) NOT IN (SELECT feed, id FROM runners);
         DELETE FROM protected_refs WHERE project NOT IN (SELECT id FROM projects);",
    )?;
    transaction.execute("DELETE FROM confirms WHERE seen_at < ?1", [cutoff])?;
    transaction.execute("DELETE FROM reports WHERE seen_at < ?1", [cutoff])?;
    Ok(gone)
}

fn portion(
    transaction: &Transaction<'_>,
    table: &str,
    condition: &str,
    values: [i64; 2],
) -> rusqlite::Result<usize> {
    transaction.execute(
        &format!(
            "DELETE FROM {table} WHERE (feed, id) IN \
             (SELECT feed, id FROM {table} WHERE {condition} LIMIT {PRUNE_STEP})"
        ),
        values,
    )
}

/// Whole microseconds of a span.
pub(super) fn micros_of(span: Duration) -> u64 {
    u64::try_from(span.as_micros()).unwrap_or(u64::MAX)
}
