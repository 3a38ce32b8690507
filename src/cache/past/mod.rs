//! What the console knew, version by version: kept in `history.db`, and read back as of an instant.
//!
//! **Invariant:** a version holds from the instant at which a console saw it until the one at which it saw another, and
//! what moves all the time is kept to the minute. A feed that was confirmed again and again was so all the while. While nobody watched there is a gap, and it is told.
//!
//! Deliberately absent: what is said of pods (events), other pods on nodes, the populations of rights, and what was left of
//! a budget of requests.

mod keep;
mod prune;
mod recall;
mod table;
#[cfg(test)]
mod tests;

pub(super) use keep::{Book, SILENCE};
pub(super) use prune::{old, oldest, settle};
pub(super) use recall::recall;

use crate::domain::{Change, Entity, Lack, SourceId, Then, Timestamp, Update};

/// The tables of the past. Never changed: another form is another migration.
pub(super) const TABLES: &str = include_str!("tables.sql");

/// What the history has of an instant.
#[derive(Debug)]
pub enum Recall {
    /// What was known.
    Known(Recalled),
    /// Nothing: nobody had watched by then, or it is not kept any more.
    Nothing {
        /// Since when something is kept; `None` where nothing is.
        kept_since: Option<Timestamp>,
    },
}

/// What was known at an instant.
#[derive(Debug)]
pub struct Recalled {
    /// It, as news from the cache.
    pub updates: Vec<Update>,
    /// What must be known beside: whether anybody watched, and what is not among the updates.
    pub then: Then,
}

/// Takes rows that are not kept any more out of an update; `None` where it says that the feed which brings them was fine.
fn strip(lack: Lack, mut update: Update) -> Option<Update> {
    match &mut update.change {
        Change::Report(_) if update.key.source == bearer(lack) => return None,
        Change::Upsert(entities) => entities.retain(|entity| !is_of(lack, entity)),
        _ => {}
    }
    Some(update)
}

/// The feed that brings such rows.
fn bearer(lack: Lack) -> SourceId {
    match lack.of {
        "pods" => SourceId::PODS,
        "nodes" => SourceId::NODES,
        "node_claims" => SourceId::NODEGROUPS,
        _ => SourceId::QUEUE,
    }
}

fn is_of(lack: Lack, entity: &Entity) -> bool {
    matches!(
        (lack.of, entity),
        ("jobs", Entity::Job(_))
            | ("pipelines", Entity::Pipeline(_))
            | ("pods", Entity::Pod(_))
            | ("nodes", Entity::Node(_))
            | ("node_claims", Entity::NodeClaim(_))
    )
}
