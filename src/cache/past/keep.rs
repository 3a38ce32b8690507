//! Writing: what came of one feed, as versions of its rows.

use std::collections::HashSet;

use rusqlite::{Transaction, params, params_from_iter};

use super::table::{MANAGERS, OPEN, REFS, REPORTS, Statements, TABLES, Table};
use crate::cache::intern::joined;
use crate::cache::keep::place_of;
use crate::cache::pending::Slot;
use crate::cache::row::{Cell, Row, manager_cells, micros, number, report_cells, text, time};
use crate::domain::time::whole;
use crate::domain::{
    Entity, EntityId, ProjectId, RefPattern, Report, Runner, SourceKey, Timestamp,
};

/// A feed that is confirmed again within so many of its intervals was so all the time.
const INTERVALS: f64 = 3.0;

/// How long a console may have nothing to tell while it watches, microseconds.
pub(in crate::cache) const SILENCE: i64 = 120_000_000;

/// The statements of every table, put together once.
#[derive(Debug)]
pub(in crate::cache) struct Book {
    tables: Vec<(Table, Statements)>,
    /// The run of this console, once it has a row.
    run: Option<i64>,
}

impl Default for Book {
    /// A book that holds nothing.
    fn default() -> Book {
        Book { tables: Vec::new(), run: None }
    }
}

impl Book {
    pub(in crate::cache) fn new() -> Book {
        let tables = TABLES.into_iter().map(|table| (table, table.statements())).collect();
        Book { tables, run: None }
    }

    fn of(&self, name: &str) -> Option<&(Table, Statements)> {
        self.tables.iter().find(|(table, _)| table.name == name)
    }

    /// Notes that a console watches at this instant.
    pub(in crate::cache) fn watch(
        &mut self,
        transaction: &Transaction<'_>,
        at: Timestamp,
    ) -> rusqlite::Result<()> {
        let at = micros(at);
        if let Some(run) = self.run {
            // Where it had nothing to tell for long it may have been stopped: that is a gap, and another run.
            let sql =
                "UPDATE past_runs SET until = max(until, ?2) WHERE id = ?1 AND until >= ?2 - ?3";
            if transaction.prepare_cached(sql)?.execute(params![run, at, SILENCE])? > 0 {
                return Ok(());
            }
        }
        transaction.execute("INSERT INTO past_runs (began, until) VALUES (?1, ?1)", [at])?;
        self.run = Some(transaction.last_insert_rowid());
        Ok(())
    }

    /// Keeps what came of one feed; what is gone went at `at`.
    pub(in crate::cache) fn keep(
        &self,
        transaction: &Transaction<'_>,
        (key, slot): (&SourceKey, &Slot),
        at: Timestamp,
    ) -> rusqlite::Result<()> {
        let feed = Feed { book: self, transaction, id: feed_id(transaction, key)? };
        if let Some(replaced_at) = slot.replaced_at {
            feed.end_missing(slot, replaced_at)?;
        }
        for (at, entity) in slot.entities.values() {
            feed.entity(*at, entity)?;
        }
        for id in &slot.removed {
            feed.gone(id, at)?;
        }
        for (project, (at, refs)) in &slot.refs {
            feed.refs(*project, *at, refs)?;
        }
        slot.report.as_ref().map_or(Ok(()), |(at, report)| feed.report(*at, report))
    }
}

fn feed_id(transaction: &Transaction<'_>, key: &SourceKey) -> rusqlite::Result<i64> {
    let names = params![key.source.0, &*key.scope.0];
    transaction
        .prepare_cached("INSERT OR IGNORE INTO past_feeds (source, scope) VALUES (?1, ?2)")?
        .execute(names)?;
    transaction
        .prepare_cached("SELECT id FROM past_feeds WHERE source = ?1 AND scope = ?2")?
        .query_one(names, |row| row.get(0))
}

/// One feed inside a transaction.
struct Feed<'a> {
    book: &'a Book,
    transaction: &'a Transaction<'a>,
    id: i64,
}

impl Feed<'_> {
    fn entity(&self, at: Timestamp, entity: &Entity) -> rusqlite::Result<()> {
        match entity {
            Entity::Project(project) => {
                self.row(at, &**project)?;
                let refs = project.protected_refs.as_deref();
                refs.map_or(Ok(()), |refs| self.refs(project.id, at, refs))
            }
            Entity::Pipeline(pipeline) => self.row(at, &**pipeline),
            Entity::Job(job) => self.row(at, &**job),
            Entity::Runner(runner) => {
                self.row(at, &**runner)?;
                self.managers(runner, at)
            }
            Entity::Pod(pod) => self.row(at, &**pod),
            Entity::Node(node) => self.row(at, &**node),
            Entity::NodeGroup(group) => self.row(at, &**group),
            Entity::NodeClaim(claim) => self.row(at, &**claim),
            Entity::Quota(quota) => self.row(at, &**quota),
            Entity::Policy(policy) => self.row(at, &**policy),
            Entity::Slo(slo) => self.row(at, &**slo),
            Entity::Alert(alert) => self.row(at, &**alert),
            Entity::Silence(silence) => self.row(at, &**silence),
            Entity::Exception(filed) => self.row(at, &**filed),
            Entity::Request(request) => self.row(at, &**request),
            Entity::Occupant(_) | Entity::Event(_) | Entity::Deed(_) | Entity::Sighting(_) => {
                Ok(())
            }
        }
    }

    fn row<R: Row>(&self, at: Timestamp, row: &R) -> rusqlite::Result<()> {
        self.version(R::TABLE, &[row.id()], at, row.cells())
    }

    /// Begins a version of a row where it is another one than before.
    fn version<'c>(
        &self,
        table: &str,
        keys: &[u64],
        at: Timestamp,
        cells: impl IntoIterator<Item = Cell<'c>>,
    ) -> rusqlite::Result<()> {
        let Some((_, statements)) = self.book.of(table) else { return Ok(()) };
        let mut values = self.told_by(keys);
        values.push(time(at));
        values.extend(cells);
        let run =
            |sql: &str| self.transaction.prepare_cached(sql)?.execute(params_from_iter(&values));
        let ended = run(&statements.end)?;
        if let Some(follow) = statements.follow.as_ref().filter(|_| ended == 0) {
            run(follow)?;
        }
        run(&statements.begin).map(drop)
    }

    fn told_by<'c>(&self, keys: &[u64]) -> Vec<Cell<'c>> {
        let feed = number(self.id.cast_unsigned());
        std::iter::once(feed).chain(keys.iter().map(|key| number(*key))).collect()
    }

    fn managers(&self, runner: &Runner, at: Timestamp) -> rusqlite::Result<()> {
        for (place, manager) in (0..).zip(&*runner.managers) {
            let cells = manager_cells(manager);
            self.version(MANAGERS.name, &[runner.id.0, place], at, cells)?;
        }
        let sql = format!(
            "UPDATE past_managers SET until = max(?3, since)
             WHERE until = {OPEN} AND feed = ?1 AND runner = ?2 AND place >= ?4"
        );
        let (id, count) = (runner.id.0.cast_signed(), runner.managers.len() as u64);
        let values = params![self.id, id, micros(at), count.cast_signed()];
        self.transaction.prepare_cached(&sql)?.execute(values).map(drop)
    }

    fn refs(&self, project: ProjectId, at: Timestamp, refs: &[RefPattern]) -> rusqlite::Result<()> {
        let patterns = joined(refs.iter().map(|pattern| &pattern.0));
        self.version(REFS.name, &[project.0], at, [text(&patterns)])
    }

    fn report(&self, at: Timestamp, report: &Report) -> rusqlite::Result<()> {
        if let Some(confirmed_at) = report.confirmed_at {
            self.seen(confirmed_at, report)?;
        }
        self.version(REPORTS.name, &[], at, report_cells(report))
    }

    /// Notes that the feed was confirmed: a span grows, or another begins.
    fn seen(&self, at: Timestamp, report: &Report) -> rusqlite::Result<()> {
        let is_whole = i64::from(report.gap.is_none());
        let patience = micros_of_seconds(report.interval_seconds * INTERVALS);
        let grow = "UPDATE past_seen SET until = max(until, ?3) WHERE feed = ?1 AND whole = ?2 AND until >= ?3 - ?4
             AND at = (SELECT max(at) FROM past_seen WHERE feed = ?1 AND whole = ?2)";
        let values = params![self.id, is_whole, micros(at), patience];
        if self.transaction.prepare_cached(grow)?.execute(values)? == 0 {
            let begin =
                "INSERT OR IGNORE INTO past_seen (feed, whole, at, until) VALUES (?1, ?2, ?3, ?3)";
            let values = params![self.id, is_whole, micros(at)];
            self.transaction.prepare_cached(begin)?.execute(values)?;
        }
        Ok(())
    }

    fn gone(&self, id: &EntityId, at: Timestamp) -> rusqlite::Result<()> {
        place_of(id).map_or(Ok(()), |(table, id)| self.gone_from(table, id, at))
    }

    fn gone_from(&self, table: &str, id: u64, at: Timestamp) -> rusqlite::Result<()> {
        let Some((_, statements)) = self.book.of(table) else { return Ok(()) };
        let mut values = self.told_by(&[id]);
        values.push(time(at));
        self.transaction.prepare_cached(&statements.gone)?.execute(params_from_iter(values))?;
        if table == "runners" {
            let sql = format!(
                "UPDATE past_managers SET until = max(?3, since)
                 WHERE until = {OPEN} AND feed = ?1 AND runner = ?2"
            );
            let values = params![self.id, id.cast_signed(), micros(at)];
            self.transaction.prepare_cached(&sql)?.execute(values)?;
        }
        Ok(())
    }

    /// Ends the versions of rows that the feed's whole answer no longer has.
    fn end_missing(&self, slot: &Slot, at: Timestamp) -> rusqlite::Result<()> {
        let present: HashSet<(&str, u64)> = slot.entities.keys().filter_map(place_of).collect();
        for table in TABLES.iter().filter(|table| table.keys == ["id"]) {
            let name = table.name;
            let sql = format!("SELECT id FROM past_{name} WHERE until = {OPEN} AND feed = ?1");
            let ids: Vec<i64> = self
                .transaction
                .prepare_cached(&sql)?
                .query_map([self.id], |row| row.get(0))?
                .collect::<rusqlite::Result<_>>()?;
            let gone = ids.into_iter().map(i64::cast_unsigned);
            for id in gone.filter(|id| !present.contains(&(name, *id))) {
                self.gone_from(name, id, at)?;
            }
        }
        Ok(())
    }
}

/// Whole microseconds.
fn micros_of_seconds(seconds: f64) -> i64 {
    whole(seconds * 1e6)
}
