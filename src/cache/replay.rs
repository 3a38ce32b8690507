//! Reading: what was known last, first what matters most, then everything else a page at a time.

use std::time::Duration;

use rusqlite::Connection;

use super::intern::Interner;
use super::keep::micros_of;
use super::read::{Key, Reader};
use super::row::micros;
use crate::domain::{
    Alert, Entity, ExceptionRequest, Filed, Job, NetworkPolicy, Node, NodeClaim, NodeGroup,
    Pipeline, Quota, Silence, Slo, Timestamp, Update,
};

/// How many jobs the first page has at most: more than any screen shows.
const FIRST_JOBS: usize = 200;

/// How many rows every later page has at most.
const PAGE: usize = 1_000;

/// What is worth replaying.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Window {
    /// Work that ended longer ago than this stays on disk.
    pub ended: Duration,
}

impl Default for Window {
    /// Ended work of the last 60 minutes.
    fn default() -> Window {
        Window { ended: Duration::from_hours(1) }
    }
}

/// Some of what was known last.
#[derive(Debug)]
pub struct Page {
    /// The news, each marked [`crate::domain::Origin::Cache`] with the instant at which it was last seen on the platform.
    pub updates: Vec<Update>,
    /// Where the next page begins; `None` at the end.
    pub next: Option<Cursor>,
}

/// A place in the replay. Holds the words met so far, so that later pages share them.
#[derive(Debug)]
pub struct Cursor {
    cutoff: Timestamp,
    stage: Stage,
    words: Interner,
}

/// What comes next.
#[derive(Debug, Clone, Copy)]
enum Stage {
    First,
    Pipelines(Key),
    Runners,
    /// Objectives, alerts and silences, exceptions and requests for them.
    Objectives,
    /// Nodes, their groups, and what limits namespaces.
    Nodes,
    /// Pods behind a feed and an id.
    Pods((i64, i64)),
    Jobs(Key),
    End,
}

impl Cursor {
    /// The beginning of a replay at `now`.
    pub(super) fn start(now: Timestamp, window: Window) -> Cursor {
        let micros_back = i64::try_from(micros_of(window.ended)).unwrap_or(i64::MAX);
        let cutoff = Timestamp::from_microsecond(micros(now).saturating_sub(micros_back));
        Cursor {
            cutoff: cutoff.unwrap_or(Timestamp::MIN),
            stage: Stage::First,
            words: Interner::default(),
        }
    }

    /// Reads the page at this place. The same place may be read again after an error.
    pub(super) fn read(&mut self, connection: &Connection) -> rusqlite::Result<Vec<Update>> {
        let mut reader = Reader::new(connection, &mut self.words)?;
        let next = match self.stage {
            Stage::First => {
                reader.first(self.cutoff, FIRST_JOBS)?;
                Stage::Pipelines(Key::START)
            }
            Stage::Pipelines(after) => match reader.rows::<Pipeline>(after, self.cutoff, PAGE)? {
                Some(last) => Stage::Pipelines(last),
                None => Stage::Runners,
            },
            Stage::Runners => {
                reader.runners()?;
                Stage::Objectives
            }
            Stage::Objectives => {
                reader.all::<Slo>(Entity::Slo)?;
                reader.all::<Alert>(Entity::Alert)?;
                reader.all::<Silence>(Entity::Silence)?;
                reader.all::<Filed>(Entity::Exception)?;
                reader.all::<ExceptionRequest>(Entity::Request)?;
                Stage::Nodes
            }
            Stage::Nodes => {
                reader.all::<NodeGroup>(Entity::NodeGroup)?;
                reader.all::<Node>(Entity::Node)?;
                reader.all::<NodeClaim>(Entity::NodeClaim)?;
                reader.all::<Quota>(Entity::Quota)?;
                reader.all::<NetworkPolicy>(Entity::Policy)?;
                Stage::Pods((i64::MIN, i64::MIN))
            }
            Stage::Pods(after) => match reader.pods(after, PAGE)? {
                Some(last) => Stage::Pods(last),
                None => Stage::Jobs(Key::START),
            },
            Stage::Jobs(after) => match reader.rows::<Job>(after, self.cutoff, PAGE)? {
                Some(last) => Stage::Jobs(last),
                None => Stage::End,
            },
            Stage::End => Stage::End,
        };
        let updates = reader.updates();
        self.stage = next;
        Ok(updates)
    }

    /// The cursor again, unless it stands at the end.
    pub(super) fn unless_done(self) -> Option<Cursor> {
        (!matches!(self.stage, Stage::End)).then_some(self)
    }
}
