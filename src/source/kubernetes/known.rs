//! [`Known`]: what a feed has brought, so that only differences travel and what is gone is told.

use std::collections::HashMap;
use std::sync::Arc;

use crate::api::kubernetes::Object;
use crate::domain::{Entity, EntityId, Pod};

/// What a feed has brought. Shares the values with everybody who got them.
#[derive(Debug, Default)]
pub(super) struct Known(HashMap<EntityId, (u64, Entity)>);

impl Known {
    /// Takes an object in; gives what is new or different, or the address of what no longer counts.
    pub(super) fn take(&mut self, object: Object) -> Option<Difference> {
        let Object { id, entity, origin } = object;
        let Some(mut entity) = entity else { return self.drop(&id, origin) };
        if let Some((known_origin, known)) = self.0.get(&id) {
            if *known_origin != origin && is_older(&entity, known) {
                return None;
            }
            carry_over(known, &mut entity);
            if *known_origin == origin && *known == entity {
                return None;
            }
        }
        self.0.insert(id, (origin, entity.clone()));
        Some(Difference::Found(entity))
    }

    /// Forgets an object; nothing where another one has taken its place.
    pub(super) fn drop(&mut self, id: &EntityId, origin: u64) -> Option<Difference> {
        if self.0.get(id)?.0 != origin {
            return None;
        }
        self.0.remove(id);
        Some(Difference::Gone(id.clone()))
    }

    /// The same without what it holds, but remembering what conditions no longer tell.
    pub(super) fn successor(&self, object: Object) -> Object {
        let Object { id, mut entity, origin } = object;
        if let (Some((_, known)), Some(entity)) = (self.0.get(&id), &mut entity) {
            carry_over(known, entity);
        }
        Object { id, entity, origin }
    }

    /// Whether nothing was brought.
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// All of it.
    pub(super) fn entities(&self) -> Vec<Entity> {
        self.0.values().map(|(_, entity)| entity.clone()).collect()
    }
}

/// What an object changed.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Difference {
    /// This is new or different.
    Found(Entity),
    /// This is gone.
    Gone(EntityId),
}

/// Whether something that was said is older than what is known to have been said.
fn is_older(entity: &Entity, known: &Entity) -> bool {
    match (entity, known) {
        (Entity::Event(event), Entity::Event(known)) => event.last_at < known.last_at,
        _ => false,
    }
}

/// Conditions keep their last turn alone: when a pod ends, it is no longer told when it was ready. What was seen of the
/// same pod before still holds.
fn carry_over(known: &Entity, entity: &mut Entity) {
    let (Entity::Pod(known), Entity::Pod(pod)) = (known, entity) else { return };
    let lost = |of: fn(&Pod) -> bool| of(pod) && !of(known);
    let any = lost(|pod| pod.scheduled_at.is_none())
        || lost(|pod| pod.sandbox_at.is_none())
        || lost(|pod| pod.initialized_at.is_none())
        || lost(|pod| pod.ready_at.is_none());
    if any {
        let pod = Arc::make_mut(pod);
        pod.scheduled_at = pod.scheduled_at.or(known.scheduled_at);
        pod.sandbox_at = pod.sandbox_at.or(known.sandbox_at);
        pod.initialized_at = pod.initialized_at.or(known.initialized_at);
        pod.ready_at = pod.ready_at.or(known.ready_at);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::pipeline::fixture::at;
    use crate::domain::{ClusterPodId, Phase, Powers, Stand};
    use crate::domain::{EventId, NodeId, Occupant, PodEvent, PodId, Text};

    fn occupant(cpu: u64, origin: u64) -> Object {
        let id = ClusterPodId(1);
        let entity = Entity::Occupant(Arc::new(Occupant {
            id,
            node: NodeId(1),
            cpu_request_millis: cpu,
            memory_request_bytes: 0,
        }));
        Object { id: entity.id(), entity: Some(entity), origin }
    }

    fn event(message: &str, last: i64, origin: u64) -> Object {
        let entity = Entity::Event(Arc::new(PodEvent {
            id: EventId(1),
            pod: PodId(1),
            kind: Text::new("Warning"),
            reason: Text::new("BackOff"),
            message: Text::new(message),
            component: Text::new("kubelet"),
            first_at: at(0),
            last_at: at(last),
            count: 1,
        }));
        Object { id: entity.id(), entity: Some(entity), origin }
    }

    fn pod(ready: Option<i64>) -> Object {
        let text = Text::new;
        let entity = Entity::Pod(Arc::new(Pod {
            id: PodId(1),
            cluster: text("ci"),
            namespace: text("n"),
            name: text("p"),
            uid: text("u"),
            tier: None,
            phase: Phase::Running,
            state: text("Running"),
            stand: Stand::Running,
            reason: None,
            message: None,
            node: None,
            claimed_job: None,
            project: None,
            runner_short: None,
            created_at: at(0),
            scheduled_at: None,
            sandbox_at: None,
            initialized_at: None,
            ready_at: ready.map(|second| at(second).into()),
            finished_at: None,
            deleted_at: None,
            bad_end: None,
            restarts: 0,
            cpu_request_millis: 0,
            memory_request_bytes: 0,
            containers: [].into(),
            service_account: None,
            aws_role: None,
            powers: Powers::default(),
        }));
        Object { id: entity.id(), entity: Some(entity), origin: 1 }
    }

    #[test]
    fn what_did_not_change_does_not_travel() {
        let mut known = Known::default();
        assert!(known.take(occupant(100, 1)).is_some());
        assert_eq!(known.take(occupant(100, 1)), None);
        assert!(known.take(occupant(200, 1)).is_some());
    }

    #[test]
    fn an_object_that_is_gone_does_not_take_its_successor_with_it() {
        let mut known = Known::default();
        known.take(event("first", 1, 1));
        known.take(event("second", 2, 2));
        assert_eq!(known.drop(&EntityId::Event(EventId(1)), 1), None);
        assert_eq!(
            known.drop(&EntityId::Event(EventId(1)), 2),
            Some(Difference::Gone(EntityId::Event(EventId(1))))
        );
    }

    #[test]
    fn the_newest_word_stands_whatever_order_they_come_in() {
        let mut known = Known::default();
        known.take(event("newer", 9, 1));
        assert_eq!(known.take(event("older", 5, 2)), None);
        assert!(known.take(event("newest", 12, 2)).is_some());
    }

    #[test]
    fn when_a_pod_was_ready_is_remembered_when_it_no_longer_is() {
        let mut known = Known::default();
        known.take(pod(Some(9)));
        assert_eq!(known.take(pod(None)), None);
        let Some(Entity::Pod(next)) = known.successor(pod(None)).entity else { panic!("no pod") };
        assert_eq!(next.ready_at, Some(at(9).into()));
    }

    #[test]
    fn what_is_no_longer_of_interest_is_gone() {
        let mut known = Known::default();
        known.take(occupant(100, 1));
        let ended = Object { entity: None, ..occupant(100, 1) };
        assert_eq!(known.take(ended.clone()), Some(Difference::Gone(ended.id)));
    }
}
