//! [`Pending`]: updates that wait to be written, folded so that memory is bounded by what there is, not by how often
//! it changed.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;

use crate::domain::{
    Change, Entity, EntityId, Origin, ProjectId, RefPattern, Report, SourceKey, Timestamp, Update,
};

/// What waits, by feed. Holds each entity once, whatever number of updates brought it.
#[derive(Debug, Default)]
pub struct Pending {
    pub(super) slots: BTreeMap<SourceKey, Slot>,
}

/// What waits of one feed. Written in the order of its fields.
#[derive(Debug, Default)]
pub(super) struct Slot {
    /// When the feed last said everything that it has; rows that are not in `entities` go.
    pub(super) replaced_at: Option<Timestamp>,
    /// New or changed, and when they were seen.
    pub(super) entities: HashMap<EntityId, (Timestamp, Entity)>,
    /// Gone.
    pub(super) removed: HashSet<EntityId>,
    /// Read again and found unchanged.
    pub(super) confirmed: HashMap<ProjectId, Timestamp>,
    /// Protected refs.
    pub(super) refs: HashMap<ProjectId, (Timestamp, Arc<[RefPattern]>)>,
    /// The feed's state.
    pub(super) report: Option<(Timestamp, Report)>,
}

impl Pending {
    /// Whether nothing waits.
    pub fn is_empty(&self) -> bool {
        self.slots.is_empty()
    }

    /// Adds an update. What came from the cache, and what is not kept, is passed over.
    pub fn add(&mut self, update: &Update) {
        let kept = !matches!(update.change, Change::Collected(_) | Change::Samples(..));
        if update.origin == Origin::Live && kept {
            self.slot(&update.key).add(update.at, &update.change);
        }
    }

    /// Adds what came later.
    pub fn append(&mut self, later: Pending) {
        for (key, slot) in later.slots {
            self.slot(&key).append(slot);
        }
    }

    fn slot(&mut self, key: &SourceKey) -> &mut Slot {
        self.slots.entry(key.clone()).or_default()
    }
}

impl Slot {
    fn add(&mut self, at: Timestamp, change: &Change) {
        match change {
            Change::Replace(entities) => {
                self.replace(at);
                self.upsert(at, entities);
            }
            Change::Upsert(entities) => self.upsert(at, entities),
            Change::Remove(ids) => self.remove(ids.iter().cloned()),
            Change::Confirm(projects) => {
                self.confirmed.extend(projects.iter().map(|project| (*project, at)));
            }
            Change::ProtectedRefs(project, refs) => {
                self.refs.insert(*project, (at, Arc::clone(refs)));
            }
            Change::Report(report) => self.report = Some((at, report.clone())),
            Change::Collected(_) | Change::Samples(..) => {}
        }
    }

    fn append(&mut self, later: Slot) {
        if let Some(at) = later.replaced_at {
            self.replace(at);
        }
        for (id, seen) in later.entities {
            self.removed.remove(&id);
            self.entities.insert(id, seen);
        }
        self.remove(later.removed);
        self.confirmed.extend(later.confirmed);
        self.refs.extend(later.refs);
        self.report = later.report.or(self.report.take());
    }

    fn replace(&mut self, at: Timestamp) {
        self.replaced_at = Some(at);
        self.entities.clear();
        self.removed.clear();
    }

    fn upsert(&mut self, at: Timestamp, entities: &[Entity]) {
        for entity in entities {
            let id = entity.id();
            self.removed.remove(&id);
            self.entities.insert(id, (at, entity.clone()));
        }
    }

    fn remove(&mut self, ids: impl IntoIterator<Item = EntityId>) {
        for id in ids {
            self.entities.remove(&id);
            self.removed.insert(id);
        }
    }
}
