//! [`Pending`]: updates that wait to be written, folded so that memory is bounded by what there is, not by how often
//! it changed.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;

use super::keep::place_of;
use crate::domain::{
    Change, Entity, EntityId, Origin, ProjectId, RefPattern, Report, SourceId, SourceKey,
    Timestamp, Update,
};

/// How many entities wait at most while the disk refuses them: several times what the largest platform has.
const MAX_WAITING: usize = 500_000;

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
        let kept = update.key.source != SourceId::LEDGER
            && !matches!(
                update.change,
                Change::Collected(_)
                    | Change::Samples(..)
                    | Change::Past(..)
                    | Change::History(..)
                    | Change::Guard(_)
                    | Change::Population(_)
            );
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

    /// Forgets everything when too much waits: the cache then lacks it until it comes again. Whether it did.
    pub(super) fn forget_surplus(&mut self) -> bool {
        self.forget_beyond(MAX_WAITING)
    }

    fn forget_beyond(&mut self, limit: usize) -> bool {
        let slots = self.slots.values();
        let waiting: usize = slots.map(|slot| slot.entities.len() + slot.removed.len()).sum();
        let is_surplus = waiting > limit;
        if is_surplus {
            self.slots.clear();
        }
        is_surplus
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
            Change::Report(report) => self.report(at, report.clone()),
            Change::Collected(_)
            | Change::Samples(..)
            | Change::Chain(_)
            | Change::Past(..)
            | Change::History(..)
            | Change::Guard(_)
            | Change::Population(_) => {}
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
        if let Some((at, report)) = later.report {
            self.report(at, report);
        }
    }

    /// The newest report, with when anything was confirmed last: that a feed fails now does not undo that it was read.
    fn report(&mut self, at: Timestamp, report: Report) {
        let before = self.report.take().and_then(|(_, before)| before.confirmed_at);
        let confirmed_at = report.confirmed_at.max(before);
        self.report = Some((at, Report { confirmed_at, ..report }));
    }

    fn replace(&mut self, at: Timestamp) {
        self.replaced_at = Some(at);
        self.entities.clear();
        self.removed.clear();
    }

    fn upsert(&mut self, at: Timestamp, entities: &[Entity]) {
        for entity in entities {
            let id = entity.id();
            if place_of(&id).is_none() {
                continue;
            }
            self.removed.remove(&id);
            self.entities.insert(id, (at, entity.clone()));
        }
    }

    fn remove(&mut self, ids: impl IntoIterator<Item = EntityId>) {
        for id in ids.into_iter().filter(|id| place_of(id).is_some()) {
            self.entities.remove(&id);
            self.removed.insert(id);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::pipeline::fixture::{at, job};
    use crate::domain::{JobId, Scope, SourceId, Status};

    fn pending(changes: impl IntoIterator<Item = Change>) -> Pending {
        let mut pending = Pending::default();
        for change in changes {
            let key = SourceKey { source: SourceId::QUEUE, scope: Scope::gitlab("acme") };
            pending.add(&Update { key, at: at(0), origin: Origin::Live, change });
        }
        pending
    }

    #[test]
    fn a_row_that_changes_often_waits_once() {
        let upsert = Change::Upsert(vec![Entity::Job(Arc::new(job(1, Status::Pending)))]);
        let pending = pending(std::iter::repeat_n(upsert, 50));
        assert_eq!(pending.slots.values().map(|slot| slot.entities.len()).sum::<usize>(), 1);
    }

    #[test]
    fn what_only_the_run_itself_needs_does_not_wait() {
        assert!(pending([Change::Collected(vec![ProjectId(1)])]).is_empty());
    }

    #[test]
    fn too_much_is_forgotten_and_just_enough_is_not() {
        let ids = |count| (0..count).map(|id| EntityId::Job(JobId(id))).collect();
        let mut pending = pending([Change::Remove(ids(10))]);
        assert!(!pending.forget_beyond(10));
        assert!(!pending.is_empty());
        assert!(pending.forget_beyond(9));
        assert!(pending.is_empty());
    }
}
