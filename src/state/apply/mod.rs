//! [`State::apply`]: one arm per kind of change, each idempotent.

mod drift;
mod event;
mod exception;
mod fleet;
mod node;
mod pod;
mod queue;
mod report;
mod slo;

use std::collections::BTreeSet;

use jiff::SignedDuration;

use super::queue::WINDOW_SECONDS;
use super::table::{Arrival, KeyIndex, Table};
use super::{Changes, State};
use crate::domain::{Change, Entity, EntityId, SourceId, SourceKey, Timestamp, Update};

impl State {
    /// Takes in one piece of news and says what became different. Applying it again changes nothing.
    pub fn apply(&mut self, update: Update, now: Timestamp) -> Changes {
        let Update { key, at, origin, change } = update;
        let mut changes = Changes::default();
        match change {
            Change::Replace(entities) => {
                let arrival = Arrival { at, origin, key: self.key_index(&key) };
                self.replace(entities, arrival, now, &mut changes);
            }
            Change::Upsert(entities) => {
                let arrival = Arrival { at, origin, key: self.key_index(&key) };
                for entity in entities {
                    self.upsert(entity, arrival, now, &mut changes);
                }
            }
            Change::Remove(ids) => ids.iter().for_each(|id| self.remove(id, &mut changes)),
            Change::Confirm(projects) => self.confirm(projects, at, &mut changes),
            Change::Collected(projects) => self.collect(projects, &mut changes),
            Change::ProtectedRefs(project, refs) => self.protect(project, &refs, &mut changes),
            Change::Report(report) => self.take_report(&key, report, origin, &mut changes),
            Change::Samples(series, samples) => self.remember(series, samples, &mut changes),
            Change::Chain(chain) => self.take_chain(chain, &mut changes),
            Change::Past(slo, past) => self.take_past(slo, past, &mut changes),
            Change::History(id, history) => self.take_history(id, history, &mut changes),
            Change::Guard(guard) => self.take_guard(guard, &mut changes),
            Change::Population(population) => self.take_population(population, &mut changes),
        }
        self.judge_changed(&mut changes);
        changes
    }

    /// Lets what has left the last hour go: ended jobs and pipelines, what percentiles counted, and what was said of
    /// pods that never came.
    pub fn prune(&mut self, now: Timestamp) -> Changes {
        let mut changes = Changes::default();
        let horizon = horizon(now);
        self.forget_ended(horizon, &mut changes);
        self.forget_starts(horizon, &mut changes);
        self.forget_latencies(horizon, &mut changes);
        self.forget_orphans(now);
        self.judge_endings(now, &mut changes);
        self.judge_changed(&mut changes);
        changes
    }

    fn key_index(&mut self, key: &SourceKey) -> KeyIndex {
        let place = self.keys.iter().position(|known| known == key).unwrap_or_else(|| {
            self.keys.push_back(key.clone());
            self.keys.len() - 1
        });
        KeyIndex(u16::try_from(place).unwrap_or(u16::MAX))
    }

    fn replace(
        &mut self,
        entities: Vec<Entity>,
        arrival: Arrival,
        now: Timestamp,
        changes: &mut Changes,
    ) {
        let kept: BTreeSet<EntityId> = entities.iter().map(Entity::id).collect();
        for id in self.brought_by(arrival.key, &kept) {
            self.remove(&id, changes);
        }
        for entity in entities {
            self.upsert(entity, arrival, now, changes);
        }
    }

    /// Every row that a feed brought and that `kept` does not name.
    fn brought_by(&self, key: KeyIndex, kept: &BTreeSet<EntityId>) -> Vec<EntityId> {
        let rows = &self.rows;
        let source = self.keys.get(usize::from(key.0)).map(|key| key.source);
        if source.is_some_and(|source| SourceId::GITLAB.contains(&source)) {
            return [
                absent(&rows.projects, key, kept, EntityId::Project),
                absent(&rows.jobs, key, kept, EntityId::Job),
                absent(&rows.pipelines, key, kept, EntityId::Pipeline),
                absent(&rows.runners, key, kept, EntityId::Runner),
            ]
            .concat();
        }
        if source == Some(SourceId::LEDGER) {
            return absent(&rows.deeds, key, kept, EntityId::Deed);
        }
        [
            absent(&rows.pods, key, kept, EntityId::Pod),
            absent(&rows.events, key, kept, EntityId::Event),
            absent(&rows.occupants, key, kept, EntityId::Occupant),
            absent(&rows.nodes, key, kept, EntityId::Node),
            absent(&rows.nodegroups, key, kept, EntityId::NodeGroup),
            absent(&rows.node_claims, key, kept, EntityId::NodeClaim),
            absent(&rows.quotas, key, kept, EntityId::Quota),
            absent(&rows.policies, key, kept, EntityId::Policy),
            absent(&rows.slos, key, kept, EntityId::Slo),
            absent(&rows.alerts, key, kept, EntityId::Alert),
            absent(&rows.silences, key, kept, EntityId::Silence),
            absent(&rows.exceptions, key, kept, EntityId::Exception),
            absent(&rows.requests, key, kept, EntityId::Request),
            absent(&rows.sightings, key, kept, EntityId::Sighting),
        ]
        .concat()
    }

    fn upsert(&mut self, entity: Entity, arrival: Arrival, now: Timestamp, changes: &mut Changes) {
        match entity {
            Entity::Project(project) => self.upsert_project(project, arrival, changes),
            Entity::Pipeline(pipeline) => self.upsert_pipeline(&pipeline, arrival, changes),
            Entity::Job(job) => self.upsert_job(job, arrival, now, changes),
            Entity::Runner(runner) => self.upsert_runner(runner, arrival, changes),
            Entity::Pod(pod) => self.upsert_pod(pod, arrival, now, changes),
            Entity::Occupant(occupant) => self.upsert_occupant(occupant, arrival, changes),
            Entity::Event(event) => self.upsert_event(&event, arrival, changes),
            Entity::Node(node) => self.upsert_node(&node, arrival, changes),
            Entity::NodeGroup(group) => self.upsert_group(group, arrival, changes),
            Entity::NodeClaim(claim) => self.upsert_node_claim(claim, arrival, changes),
            Entity::Quota(quota) => self.upsert_quota(quota, arrival, changes),
            Entity::Policy(policy) => self.upsert_policy(&policy, arrival, changes),
            Entity::Slo(slo) => self.upsert_slo(&slo, arrival, changes),
            Entity::Alert(alert) => self.upsert_alert(&alert, arrival, changes),
            Entity::Silence(silence) => self.upsert_silence(silence, arrival, changes),
            Entity::Exception(filed) => self.upsert_exception(&filed, arrival, changes),
            Entity::Request(request) => self.upsert_request(request, arrival, changes),
            Entity::Sighting(sighting) => self.upsert_sighting(&sighting, arrival, changes),
            Entity::Deed(deed) => self.upsert_deed(deed, arrival, changes),
        }
    }

    fn remove(&mut self, id: &EntityId, changes: &mut Changes) {
        match id {
            EntityId::Project(id) => self.remove_project(*id, changes),
            EntityId::Pipeline(id) => self.remove_pipeline(*id, changes),
            EntityId::Job(id) => self.remove_job(*id, changes),
            EntityId::Runner(id) => self.remove_runner(*id, changes),
            EntityId::Pod(id) => self.remove_pod(*id, changes),
            EntityId::Occupant(id) => self.remove_occupant(*id, changes),
            EntityId::Event(id) => self.remove_event(*id, changes),
            EntityId::Node(id) => self.remove_node(*id, changes),
            EntityId::NodeGroup(id) => self.remove_group(*id, changes),
            EntityId::NodeClaim(id) => self.remove_node_claim(*id, changes),
            EntityId::Quota(id) => self.remove_quota(*id, changes),
            EntityId::Policy(id) => self.remove_policy(*id, changes),
            EntityId::Slo(id) => self.remove_slo(*id, changes),
            EntityId::Alert(id) => self.remove_alert(*id, changes),
            EntityId::Silence(id) => self.remove_silence(*id, changes),
            EntityId::Exception(id) => self.remove_exception(*id, changes),
            EntityId::Request(id) => self.remove_request(*id, changes),
            EntityId::Sighting(id) => self.remove_sighting(*id, changes),
            EntityId::Source(key) => self.remove_report(key, changes),
            EntityId::Deed(id) => self.remove_deed(*id, changes),
            EntityId::Tier(_)
            | EntityId::Finding(_)
            | EntityId::Drift(_)
            | EntityId::Principal(_)
            | EntityId::Resource(_)
            | EntityId::Grant(_)
            | EntityId::AccessFinding(_)
            | EntityId::ReviewItem(_) => (),
        }
    }
}

/// The addresses of a table's rows that `key` brought and `kept` does not name.
fn absent<K: Ord + Copy, T: PartialEq>(
    table: &Table<K, T>,
    key: KeyIndex,
    kept: &BTreeSet<EntityId>,
    address: fn(K) -> EntityId,
) -> Vec<EntityId> {
    let brought = table.brought_by(key).map(address);
    brought.filter(|id| !kept.contains(id)).collect()
}

/// The start of the last hour.
fn horizon(now: Timestamp) -> Timestamp {
    now.checked_sub(SignedDuration::from_secs(WINDOW_SECONDS)).unwrap_or(Timestamp::MIN)
}
