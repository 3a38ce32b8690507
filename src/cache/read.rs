//! Rows into news: one page in the making.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;

use rusqlite::{Connection, params};

use super::intern::Interner;
use super::row::{Columns, ENDED, Place, REPORT_COLUMNS, Row, read_manager, read_report};
use crate::domain::{
    Change, Entity, Job, JobId, Origin, Pipeline, Pod, Project, ProjectId, RefPattern, Runner,
    RunnerId, RunnerManager, Scope, SourceId, SourceKey, Text, Timestamp, Update,
};

/// The key of the last row that was read.
#[derive(Debug, Clone, Copy)]
pub(super) struct Key {
    place: Place,
    feed: i64,
    id: i64,
}

impl Key {
    pub(super) const START: Key = Key { place: Place::START, feed: i64::MIN, id: i64::MIN };
}

/// The job with this id, and the feed that brought it.
pub(super) fn job(
    connection: &Connection,
    id: JobId,
) -> rusqlite::Result<Option<(SourceKey, Arc<Job>)>> {
    let mut words = Interner::default();
    for (feed, known) in feeds(connection)? {
        let sql = format!("{} WHERE feed = ?1 AND id = ?2", select::<Job>());
        let mut statement = connection.prepare_cached(&sql)?;
        let mut rows = statement.query(params![feed, id.0.cast_signed()])?;
        if let Some(row) = rows.next()? {
            let mut columns = Columns::new(row);
            let _key: (i64, i64, i64) = (columns.take()?, columns.take()?, columns.take()?);
            return Ok(Some((known.key, Arc::new(Job::read(id.0, &mut columns, &mut words)?))));
        }
    }
    Ok(None)
}

/// A feed as it is on disk.
#[derive(Debug, Clone)]
struct Feed {
    key: SourceKey,
    /// When all its rows were last confirmed, microseconds.
    seen_at: Option<i64>,
}

/// The feeds that this build knows.
fn feeds(connection: &Connection) -> rusqlite::Result<HashMap<i64, Feed>> {
    let mut statement = connection.prepare_cached(
        "SELECT id, source, scope, feeds.seen_at, confirmed_at FROM feeds LEFT JOIN reports ON feed = id",
    )?;
    let mut rows = statement.query([])?;
    let mut feeds = HashMap::new();
    while let Some(row) = rows.next()? {
        let mut columns = Columns::new(row);
        let id = columns.take()?;
        let source = SourceId::find(columns.str()?);
        let scope = Scope(columns.str()?.into());
        let (seen_at, confirmed_at): (Option<i64>, Option<i64>) =
            (columns.take()?, columns.take()?);
        if let Some(source) = source {
            // A watch tells changes alone: its silence confirms every row.
            let seen_at = seen_at.max(confirmed_at.filter(|_| source.is_watched()));
            feeds.insert(id, Feed { key: SourceKey { source, scope }, seen_at });
        }
    }
    Ok(feeds)
}

/// When each project's open work was last found unchanged.
fn confirms(connection: &Connection) -> rusqlite::Result<HashMap<(i64, u64), i64>> {
    connection
        .prepare_cached("SELECT feed, project, seen_at FROM confirms")?
        .query_map([], |row| {
            let mut columns = Columns::new(row);
            Ok(((columns.take()?, columns.number()?), columns.take()?))
        })?
        .collect()
}

/// A kind of work that is replayed in order.
pub(super) trait Queued: Row {
    fn project(&self) -> ProjectId;
    fn place(&self) -> Place;
    fn entity(self) -> Entity;
}

impl Queued for Job {
    fn project(&self) -> ProjectId {
        self.project
    }

    fn place(&self) -> Place {
        Place::of_job(self)
    }

    fn entity(self) -> Entity {
        Entity::Job(Arc::new(self))
    }
}

impl Queued for Pipeline {
    fn project(&self) -> ProjectId {
        self.project
    }

    fn place(&self) -> Place {
        Place::of_pipeline(self)
    }

    fn entity(self) -> Entity {
        Entity::Pipeline(Arc::new(self))
    }
}

/// What was read, by feed and by the instant at which it was last seen.
#[derive(Debug, Default)]
struct Found {
    changes: Vec<(i64, i64, Change)>,
    entities: BTreeMap<(i64, i64), Vec<Entity>>,
}

/// Protected refs of a project: the feed, when they were last seen, the patterns.
type KeptRefs = (i64, i64, Arc<[RefPattern]>);

/// One page in the making.
pub(super) struct Reader<'a> {
    connection: &'a Connection,
    words: &'a mut Interner,
    feeds: HashMap<i64, Feed>,
    confirms: HashMap<(i64, u64), i64>,
    found: Found,
}

impl<'a> Reader<'a> {
    /// An empty page.
    pub(super) fn new(
        connection: &'a Connection,
        words: &'a mut Interner,
    ) -> rusqlite::Result<Reader<'a>> {
        Ok(Reader {
            connection,
            words,
            feeds: feeds(connection)?,
            confirms: confirms(connection)?,
            found: Found::default(),
        })
    }

    /// Everything small, and the jobs that a first screen shows, with their pipelines.
    pub(super) fn first(&mut self, cutoff: Timestamp, jobs: usize) -> rusqlite::Result<()> {
        self.reports()?;
        self.projects()?;
        self.rows::<Job>(Key::START, cutoff, jobs)?;
        let wanted: HashSet<(i64, u64)> = self
            .found
            .entities
            .iter()
            .flat_map(|((feed, _), entities)| entities.iter().map(move |entity| (*feed, entity)))
            .filter_map(|(feed, entity)| match entity {
                Entity::Job(job) => Some((feed, job.pipeline.0)),
                _ => None,
            })
            .collect();
        let sql = format!("{} WHERE feed = ?1 AND id = ?2", select::<Pipeline>());
        for (feed, id) in wanted {
            self.query::<Pipeline>(&sql, params![feed, id.cast_signed()], cutoff)?;
        }
        Ok(())
    }

    fn reports(&mut self) -> rusqlite::Result<()> {
        let sql = format!("SELECT feed, seen_at, {} FROM reports", REPORT_COLUMNS.join(", "));
        let mut statement = self.connection.prepare_cached(&sql)?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            let mut columns = Columns::new(row);
            let (feed, seen_at) = (columns.take()?, columns.take()?);
            let report = read_report(&mut columns, self.words)?;
            self.found.changes.push((feed, seen_at, Change::Report(report)));
        }
        Ok(())
    }

    /// Projects, each with its protected refs; refs of a project that another feed brought stand alone.
    fn projects(&mut self) -> rusqlite::Result<()> {
        let mut refs = self.protected_refs()?;
        let mut used = HashSet::new();
        let mut statement = self.connection.prepare_cached(&select::<Project>())?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            let mut columns = Columns::new(row);
            let (feed, id, seen_at) = (columns.take()?, columns.number()?, columns.take()?);
            let mut project = Project::read(id, &mut columns, self.words)?;
            project.protected_refs = refs.get(&id).map(|(_, _, refs)| Arc::clone(refs));
            used.insert(id);
            self.push(feed, seen_at, Entity::Project(Arc::new(project)));
        }
        refs.retain(|id, _| !used.contains(id));
        let alone = refs.into_iter().map(|(id, (feed, seen_at, refs))| {
            (feed, seen_at, Change::ProtectedRefs(ProjectId(id), refs))
        });
        self.found.changes.extend(alone);
        Ok(())
    }

    fn protected_refs(&mut self) -> rusqlite::Result<HashMap<u64, KeptRefs>> {
        let mut statement = self
            .connection
            .prepare_cached("SELECT project, feed, seen_at, patterns FROM protected_refs")?;
        let mut rows = statement.query([])?;
        let mut refs = HashMap::new();
        let mut same: HashMap<Box<str>, Arc<[RefPattern]>> = HashMap::new();
        while let Some(row) = rows.next()? {
            let mut columns = Columns::new(row);
            let (project, feed, seen_at) = (columns.number()?, columns.take()?, columns.take()?);
            let joined = columns.str()?;
            let words = &mut *self.words;
            let patterns = same.entry(joined.into()).or_insert_with(|| {
                words.list(joined).iter().map(|word: &Text| RefPattern(word.clone())).collect()
            });
            refs.insert(project, (feed, seen_at, Arc::clone(patterns)));
        }
        Ok(refs)
    }

    /// Every row of a small table.
    pub(super) fn all<R: Row>(&mut self, entity: fn(Arc<R>) -> Entity) -> rusqlite::Result<()> {
        let mut statement = self.connection.prepare_cached(&select::<R>())?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            let mut columns = Columns::new(row);
            let (feed, id, seen_at) = (columns.take()?, columns.number()?, columns.take()?);
            let value = R::read(id, &mut columns, self.words)?;
            self.push(feed, seen_at, entity(Arc::new(value)));
        }
        Ok(())
    }

    /// Reads up to `limit` pods behind `after`, in the order of the table. Returns the last key while more may follow.
    pub(super) fn pods(
        &mut self,
        after: (i64, i64),
        limit: usize,
    ) -> rusqlite::Result<Option<(i64, i64)>> {
        let sql =
            format!("{} WHERE (feed, id) > (?1, ?2) ORDER BY feed, id LIMIT ?3", select::<Pod>());
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        let mut statement = self.connection.prepare_cached(&sql)?;
        let mut rows = statement.query(params![after.0, after.1, limit])?;
        let (mut count, mut last) = (0, None);
        while let Some(row) = rows.next()? {
            let mut columns = Columns::new(row);
            let (feed, id, seen_at) = (columns.take()?, columns.number()?, columns.take()?);
            let pod = Pod::read(id, &mut columns, self.words)?;
            self.push(feed, seen_at, Entity::Pod(Arc::new(pod)));
            (count, last) = (count + 1, Some((feed, id.cast_signed())));
        }
        Ok(last.filter(|_| count == limit))
    }

    pub(super) fn runners(&mut self) -> rusqlite::Result<()> {
        let mut managers = self.managers()?;
        let mut statement = self.connection.prepare_cached(&select::<Runner>())?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            let mut columns = Columns::new(row);
            let (feed, id, seen_at) = (columns.take()?, columns.number()?, columns.take()?);
            let mut runner = Runner::read(id, &mut columns, self.words)?;
            runner.managers = managers.remove(&(feed, RunnerId(id))).unwrap_or_default().into();
            self.push(feed, seen_at, Entity::Runner(Arc::new(runner)));
        }
        Ok(())
    }

    fn managers(&mut self) -> rusqlite::Result<HashMap<(i64, RunnerId), Vec<RunnerManager>>> {
        let mut statement = self.connection.prepare_cached(
            "SELECT feed, runner, system_id, status, contacted_at, version FROM managers
             ORDER BY feed, runner, place",
        )?;
        let mut rows = statement.query([])?;
        let mut managers: HashMap<_, Vec<RunnerManager>> = HashMap::new();
        while let Some(row) = rows.next()? {
            let mut columns = Columns::new(row);
            let key = (columns.take()?, RunnerId(columns.number()?));
            managers.entry(key).or_default().push(read_manager(&mut columns, self.words)?);
        }
        Ok(managers)
    }

    /// Reads up to `limit` rows behind `after`, in order. Returns the last key while more may follow.
    pub(super) fn rows<R: Queued>(
        &mut self,
        after: Key,
        cutoff: Timestamp,
        limit: usize,
    ) -> rusqlite::Result<Option<Key>> {
        let sql = format!(
            "{} WHERE (urgency, turn, feed, id) > (?1, ?2, ?3, ?4) \
             ORDER BY urgency, turn, feed, id LIMIT ?5",
            select::<R>()
        );
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        let Key { place, feed, id } = after;
        let values = params![place.urgency, place.turn, feed, id, limit];
        let (count, last) = self.query::<R>(&sql, values, cutoff)?;
        Ok(last.filter(|_| count == limit))
    }

    /// Takes the rows of a query, up to the first that ended before `cutoff`: they stand at the end.
    fn query<R: Queued>(
        &mut self,
        sql: &str,
        values: impl rusqlite::Params,
        cutoff: Timestamp,
    ) -> rusqlite::Result<(i64, Option<Key>)> {
        let mut statement = self.connection.prepare_cached(sql)?;
        let mut rows = statement.query(values)?;
        let (mut count, mut last) = (0, None);
        while let Some(row) = rows.next()? {
            let mut columns = Columns::new(row);
            let (feed, id, seen_at): (_, _, i64) =
                (columns.take()?, columns.number()?, columns.take()?);
            let entity = R::read(id, &mut columns, self.words)?;
            let place = entity.place();
            if place.ended_before(cutoff) {
                return Ok((count, None));
            }
            (count, last) = (count + 1, Some(Key { place, feed, id: id.cast_signed() }));
            let confirmed = self.confirmed(feed, entity.project(), place);
            self.push(feed, seen_at.max(confirmed), entity.entity());
        }
        Ok((count, last))
    }

    /// When the open work of a project was last found unchanged; nothing is said of what has ended.
    fn confirmed(&self, feed: i64, project: ProjectId, place: Place) -> i64 {
        let confirmed = self.confirms.get(&(feed, project.0)).filter(|_| place.urgency < ENDED);
        confirmed.copied().unwrap_or(i64::MIN)
    }

    fn push(&mut self, feed: i64, seen_at: i64, entity: Entity) {
        let whole = self.feeds.get(&feed).and_then(|feed| feed.seen_at).unwrap_or(i64::MIN);
        self.found.entities.entry((feed, seen_at.max(whole))).or_default().push(entity);
    }

    /// The page as news. What came from feeds that this build does not know stays on disk.
    pub(super) fn updates(self) -> Vec<Update> {
        let feeds = self.feeds;
        let entities = self.found.entities.into_iter();
        let entities = entities.map(|((feed, at), rows)| (feed, at, Change::Upsert(rows)));
        self.found
            .changes
            .into_iter()
            .chain(entities)
            .filter_map(|(feed, at, change)| {
                let key = feeds.get(&feed)?.key.clone();
                let at = Timestamp::from_microsecond(at).ok()?;
                Some(Update { key, at, origin: Origin::Cache, change })
            })
            .collect()
    }
}

/// Selects a kind's key, sight and columns.
fn select<R: Row>() -> String {
    format!("SELECT feed, id, seen_at, {} FROM {}", R::COLUMNS.join(", "), R::TABLE)
}
