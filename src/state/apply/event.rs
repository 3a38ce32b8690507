//! What is said of pods, as it comes, changes and goes: bounded for each pod, and for pods that are not known.

use std::sync::Arc;

use jiff::SignedDuration;

use super::pod::newest_first;
use crate::domain::{EventId, PodEvent, PodId, SourceId, Timestamp};
use crate::state::table::{Arrival, Effect};
use crate::state::{Changes, State};

/// How many things said of one pod are kept: the newest.
const MAX_EVENTS: usize = 32;

/// How many things said of pods that are not known are kept: they may come before their pods.
const MAX_ORPHANS: usize = 10_000;

/// How long such things are kept once all pods have been read, seconds.
const ORPHAN_SECONDS: i64 = 120;

impl State {
    pub(super) fn upsert_event(
        &mut self,
        event: &Arc<PodEvent>,
        arrival: Arrival,
        changes: &mut Changes,
    ) {
        let (id, pod) = (event.id, event.pod);
        let before = self.rows.events.get(id).map(Arc::clone);
        if self.rows.events.upsert(id, Arc::clone(event), arrival) == Effect::Same {
            return;
        }
        if let Some(before) = before {
            self.unindex_event(&before);
        }
        let joins = &mut self.index.capacity.joins;
        joins.events_of_pod.insert((pod, newest_first(event.last_at), id));
        if self.rows.pods.get(pod).is_some() {
            changes.pods.insert(pod);
        } else {
            joins.orphans.insert((event.last_at.as_microsecond(), id));
        }
        self.bound_events(pod);
    }

    fn bound_events(&mut self, pod: PodId) {
        let surplus: Vec<EventId> = self.events_of(pod).skip(MAX_EVENTS).collect();
        for id in surplus {
            self.drop_event(id);
        }
        while self.index.capacity.joins.orphans.len() > MAX_ORPHANS {
            let Some((_, id)) = self.index.capacity.joins.orphans.get_min().copied() else {
                return;
            };
            self.drop_event(id);
        }
    }

    pub(super) fn remove_event(&mut self, id: EventId, changes: &mut Changes) {
        if let Some(event) = self.drop_event(id)
            && self.rows.pods.get(event.pod).is_some()
        {
            changes.pods.insert(event.pod);
        }
    }

    pub(super) fn drop_event(&mut self, id: EventId) -> Option<Arc<PodEvent>> {
        let event = self.rows.events.remove(id)?;
        self.unindex_event(&event);
        Some(event)
    }

    fn unindex_event(&mut self, event: &PodEvent) {
        let joins = &mut self.index.capacity.joins;
        joins.events_of_pod.remove(&(event.pod, newest_first(event.last_at), event.id));
        joins.orphans.remove(&(event.last_at.as_microsecond(), event.id));
    }

    /// What was said of a pod before it came is its own now.
    pub(super) fn adopt_events(&mut self, pod: PodId) {
        let events: Vec<EventId> = self.events_of(pod).collect();
        for id in events {
            if let Some(event) = self.rows.events.get(id) {
                let entry = (event.last_at.as_microsecond(), id);
                self.index.capacity.joins.orphans.remove(&entry);
            }
        }
    }

    /// Lets go of what was said of pods that never came, once all pods have been read.
    pub(super) fn forget_orphans(&mut self, now: Timestamp) {
        let mut pods = self.reports.iter().filter(|(key, _)| key.source == SourceId::PODS);
        if !pods.all(|(_, report)| report.is_whole()) {
            return;
        }
        let horizon = now.checked_sub(SignedDuration::from_secs(ORPHAN_SECONDS));
        let horizon = horizon.unwrap_or(Timestamp::MIN).as_microsecond();
        while let Some((at, id)) = self.index.capacity.joins.orphans.get_min().copied() {
            if at >= horizon {
                return;
            }
            self.drop_event(id);
        }
    }
}
