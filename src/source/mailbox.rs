//! [`Mailbox`]: where feeds leave their news. Only the newest counts, so that ten thousand snapshots before one look
//! cost one.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;

use crate::domain::access::Population;
use crate::domain::{
    Chain, Change, Entity, EntityId, ExceptionGuard, ExceptionId, Filed, Origin, Past, ProjectId,
    RecordHistory, RefPattern, Report, Sample, SeriesId, SloId, SourceId, SourceKey, Timestamp,
    Update,
};

/// News on their way to the state. Cheap to clone; putting never waits.
#[derive(Debug, Clone, Default)]
pub struct Mailbox(Arc<Inner>);

#[derive(Debug, Default)]
struct Inner {
    slots: Mutex<BTreeMap<(usize, SourceKey), Slot>>,
    ready: Notify,
}

/// What one feed has left over one scope since the last look.
#[derive(Debug, Default)]
struct Slot {
    /// Everything there is.
    all: Option<(Timestamp, Vec<Entity>)>,
    /// What changed since; `None` is gone.
    changed: BTreeMap<EntityId, (Timestamp, Option<Entity>)>,
    protected: BTreeMap<ProjectId, (Timestamp, Arc<[RefPattern]>)>,
    confirmed: BTreeMap<ProjectId, Timestamp>,
    collected: BTreeMap<ProjectId, Timestamp>,
    samples: BTreeMap<SeriesId, (Timestamp, Vec<Sample>)>,
    pasts: BTreeMap<SloId, (Timestamp, Arc<Past>)>,
    histories: BTreeMap<ExceptionId, (Timestamp, Arc<RecordHistory>)>,
    guard: Option<(Timestamp, Arc<ExceptionGuard>)>,
    population: Option<(Timestamp, Arc<Population>)>,
    chain: Option<(Timestamp, Chain)>,
    report: Option<(Timestamp, Report)>,
}

impl Mailbox {
    /// Leaves a piece of news. What an earlier one said of the same is forgotten.
    pub fn put(&self, key: &SourceKey, at: Timestamp, change: Change) {
        let place = SourceId::ALL.iter().position(|source| *source == key.source);
        let place = place.unwrap_or(SourceId::ALL.len());
        self.slots().entry((place, key.clone())).or_default().put(at, change);
        self.0.ready.notify_one();
    }

    /// Takes all news: projects before pipelines before jobs, contents before confirmations, reports last.
    pub fn take(&self) -> Vec<Update> {
        let slots = std::mem::take(&mut *self.slots());
        let mut updates = Vec::new();
        for ((_, key), slot) in slots {
            slot.into_changes(|at, change| {
                updates.push(Update { key: key.clone(), at, origin: Origin::Live, change });
            });
        }
        updates
    }

    /// The records of the register that are on their way.
    pub(super) fn records(&self) -> Vec<Arc<Filed>> {
        let slots = self.slots();
        let all = slots.values().filter_map(|slot| slot.all.as_ref()).flat_map(|(_, all)| all);
        let record = |entity: &Entity| match entity {
            Entity::Exception(filed) => Some(Arc::clone(filed)),
            _ => None,
        };
        all.filter_map(record).collect()
    }

    /// Waits until there is news. Of several waiting only one is woken.
    pub async fn changed(&self) {
        while self.slots().is_empty() {
            self.0.ready.notified().await;
        }
    }

    fn slots(&self) -> MutexGuard<'_, BTreeMap<(usize, SourceKey), Slot>> {
        self.0.slots.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Slot {
    fn put(&mut self, at: Timestamp, change: Change) {
        match change {
            Change::Replace(entities) => {
                self.changed.clear();
                self.all = Some((at, entities));
            }
            Change::Upsert(entities) => {
                let entries = entities.into_iter().map(|entity| (entity.id(), (at, Some(entity))));
                self.changed.extend(entries);
            }
            Change::Remove(ids) => {
                self.changed.extend(ids.into_iter().map(|id| (id, (at, None))));
            }
            Change::Confirm(projects) => {
                self.confirmed.extend(projects.into_iter().map(|project| (project, at)));
            }
            Change::Collected(projects) => {
                self.collected.extend(projects.into_iter().map(|project| (project, at)));
            }
            Change::ProtectedRefs(project, patterns) => {
                self.protected.insert(project, (at, patterns));
            }
            Change::Report(report) => self.report = Some((at, report)),
            Change::Chain(chain) => self.chain = Some((at, chain)),
            Change::Past(slo, past) => {
                self.pasts.insert(slo, (at, past));
            }
            Change::History(id, history) => {
                self.histories.insert(id, (at, history));
            }
            Change::Guard(guard) => self.guard = Some((at, guard)),
            Change::Population(population) => self.population = Some((at, population)),
            Change::Samples(series, samples) => {
                self.samples.insert(series, (at, samples));
            }
        }
    }

    /// Gives everything out, in the order in which it must be applied.
    fn into_changes(self, mut give: impl FnMut(Timestamp, Change)) {
        if let Some((at, entities)) = self.all {
            give(at, Change::Replace(entities));
        }
        let mut gone: BTreeMap<Timestamp, Vec<EntityId>> = BTreeMap::new();
        let mut there: BTreeMap<Timestamp, Vec<Entity>> = BTreeMap::new();
        for (id, (at, entity)) in self.changed {
            match entity {
                Some(entity) => there.entry(at).or_default().push(entity),
                None => gone.entry(at).or_default().push(id),
            }
        }
        for (at, ids) in gone {
            give(at, Change::Remove(ids));
        }
        for (at, entities) in there {
            give(at, Change::Upsert(entities));
        }
        for (project, (at, patterns)) in self.protected {
            give(at, Change::ProtectedRefs(project, patterns));
        }
        by_instant(self.confirmed).for_each(|(at, projects)| give(at, Change::Confirm(projects)));
        by_instant(self.collected).for_each(|(at, projects)| give(at, Change::Collected(projects)));
        for (series, (at, samples)) in self.samples {
            give(at, Change::Samples(series, samples));
        }
        for (slo, (at, past)) in self.pasts {
            give(at, Change::Past(slo, past));
        }
        for (id, (at, history)) in self.histories {
            give(at, Change::History(id, history));
        }
        if let Some((at, guard)) = self.guard {
            give(at, Change::Guard(guard));
        }
        if let Some((at, population)) = self.population {
            give(at, Change::Population(population));
        }
        if let Some((at, chain)) = self.chain {
            give(at, Change::Chain(chain));
        }
        if let Some((at, report)) = self.report {
            give(at, Change::Report(report));
        }
    }
}

/// Projects grouped by the instant that holds for them.
fn by_instant(
    projects: BTreeMap<ProjectId, Timestamp>,
) -> impl Iterator<Item = (Timestamp, Vec<ProjectId>)> {
    let mut groups: BTreeMap<Timestamp, Vec<ProjectId>> = BTreeMap::new();
    for (project, at) in projects {
        groups.entry(at).or_default().push(project);
    }
    groups.into_iter()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::pipeline::fixture::{at, job, pipeline};
    use crate::domain::{Scope, Status};

    fn key(source: SourceId) -> SourceKey {
        SourceKey { source, scope: Scope::gitlab("acme") }
    }

    fn a_job(id: u64, status: Status) -> Entity {
        Entity::Job(Arc::new(job(id, status)))
    }

    fn changes(mailbox: &Mailbox) -> Vec<Change> {
        mailbox.take().into_iter().map(|update| update.change).collect()
    }

    #[test]
    fn ten_thousand_snapshots_before_one_look_cost_one() {
        let mailbox = Mailbox::default();
        for number in 0..10_000 {
            mailbox.put(
                &key(SourceId::QUEUE),
                at(number),
                Change::Replace(vec![a_job(1, Status::Running)]),
            );
        }
        let updates = mailbox.take();
        assert_eq!(updates.len(), 1);
        assert_eq!(updates[0].at, at(9999));
        assert_eq!(mailbox.take(), vec![]);
    }

    #[test]
    fn changes_of_the_same_thing_merge_into_the_newest() {
        let mailbox = Mailbox::default();
        let queue = key(SourceId::QUEUE);
        mailbox.put(&queue, at(1), Change::Upsert(vec![a_job(1, Status::Pending)]));
        mailbox.put(&queue, at(2), Change::Upsert(vec![a_job(1, Status::Running)]));
        assert_eq!(changes(&mailbox), vec![Change::Upsert(vec![a_job(1, Status::Running)])]);
        mailbox.put(&queue, at(3), Change::Upsert(vec![a_job(1, Status::Running)]));
        mailbox.put(&queue, at(4), Change::Remove(vec![a_job(1, Status::Running).id()]));
        assert_eq!(changes(&mailbox), vec![Change::Remove(vec![a_job(1, Status::Running).id()])]);
    }

    #[test]
    fn a_snapshot_makes_earlier_changes_void_and_not_later_ones() {
        let mailbox = Mailbox::default();
        let queue = key(SourceId::QUEUE);
        mailbox.put(&queue, at(1), Change::Upsert(vec![a_job(1, Status::Pending)]));
        mailbox.put(&queue, at(2), Change::Replace(vec![a_job(2, Status::Pending)]));
        mailbox.put(&queue, at(3), Change::Upsert(vec![a_job(3, Status::Pending)]));
        assert_eq!(
            changes(&mailbox),
            vec![
                Change::Replace(vec![a_job(2, Status::Pending)]),
                Change::Upsert(vec![a_job(3, Status::Pending)]),
            ]
        );
    }

    #[test]
    fn each_thing_keeps_the_instant_at_which_it_was_seen() {
        let mailbox = Mailbox::default();
        let queue = key(SourceId::QUEUE);
        mailbox.put(&queue, at(1), Change::Upsert(vec![a_job(1, Status::Pending)]));
        mailbox.put(&queue, at(2), Change::Upsert(vec![a_job(2, Status::Pending)]));
        let seen: Vec<Timestamp> = mailbox.take().iter().map(|update| update.at).collect();
        assert_eq!(seen, [at(1), at(2)]);
    }

    #[test]
    fn projects_come_before_pipelines_before_jobs_before_reports() {
        let mailbox = Mailbox::default();
        let queue = key(SourceId::QUEUE);
        let report = Report::starting(5.0);
        let one = Entity::Pipeline(Arc::new(pipeline(10, Status::Running)));
        mailbox.put(&queue, at(1), Change::Report(report.clone()));
        mailbox.put(&queue, at(1), Change::Confirm(vec![ProjectId(2)]));
        mailbox.put(&queue, at(1), Change::Confirm(vec![ProjectId(1)]));
        mailbox.put(&queue, at(1), Change::Upsert(vec![a_job(1, Status::Pending), one.clone()]));
        mailbox.put(&key(SourceId::PROJECTS), at(1), Change::Replace(vec![]));
        assert_eq!(
            changes(&mailbox),
            vec![
                Change::Replace(vec![]),
                Change::Upsert(vec![one, a_job(1, Status::Pending)]),
                Change::Confirm(vec![ProjectId(1), ProjectId(2)]),
                Change::Report(report),
            ]
        );
    }

    #[tokio::test]
    async fn news_that_came_before_the_wait_end_it() {
        let mailbox = Mailbox::default();
        mailbox.put(&key(SourceId::QUEUE), at(1), Change::Confirm(vec![ProjectId(1)]));
        mailbox.changed().await;
        assert_eq!(mailbox.take().len(), 1);
    }
}
