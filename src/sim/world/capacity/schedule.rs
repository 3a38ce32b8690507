//! The scheduler: places pods from an index of free room, or refuses them.

use std::sync::Arc;

use super::model::{About, Pod, Purpose, Reporter, Stage};
use super::{Capacity, Told, World};
use crate::sim::clock::Millis;

/// How many nodes with enough processor are looked at for the other resources.
const MOST_TRIES: usize = 16;
/// How many pods in a row may find no room before the scheduler stops for now.
const MOST_REFUSALS: usize = 3;

impl Capacity {
    /// The node takes pods from here on.
    pub(super) fn offer(&mut self, id: u64) {
        let Some(node) = self.nodes.get(&id) else { return };
        let Some(group) = self.groups.get_mut(node.group) else { return };
        if node.ready.is_some() && node.cordoned.is_none() {
            group.free.insert((node.cpu_free, id));
        }
    }

    /// The node takes no more pods.
    pub(super) fn withdraw(&mut self, id: u64) {
        let Some(node) = self.nodes.get(&id) else { return };
        if let Some(group) = self.groups.get_mut(node.group) {
            group.free.remove(&(node.cpu_free, id));
        }
    }

    /// The fullest node of the pod's group that has room for it.
    fn room_for(&self, pod: &Pod) -> Option<u64> {
        let group = self.groups.get(pod.group)?;
        group.free.range((pod.cpu, 0)..).take(MOST_TRIES).map(|(_, node)| *node).find(|node| {
            self.nodes.get(node).is_some_and(|node| {
                node.memory_free >= pod.memory && node.pods.len() < group.machine.most_pods
            })
        })
    }

    /// Binds a pod to a node.
    pub(super) fn bind(&mut self, id: u64, node_id: u64, at: Millis) {
        self.withdraw(node_id);
        let (Some(pod), Some(node)) = (self.pods.get_mut(&id), self.nodes.get_mut(&node_id)) else {
            return;
        };
        pod.node = Some(node_id);
        pod.scheduled = Some(at);
        pod.created = pod.created.min(at);
        pod.stage = Stage::Scheduled;
        node.cpu_free -= pod.cpu;
        node.memory_free -= pod.memory;
        node.pods.insert(id);
        node.jobs += usize::from(pod.job().is_some());
        self.offer(node_id);
        self.outbox.pod(id);
    }

    /// Gives back the room of a pod; true when it had some.
    pub(super) fn free(&mut self, id: u64) -> bool {
        let Some(pod) = self.pods.get(&id) else { return false };
        let Some(node_id) = pod.node else { return false };
        if !self.nodes.get(&node_id).is_some_and(|node| node.pods.contains(&id)) {
            return false;
        }
        self.withdraw(node_id);
        let (Some(pod), Some(node)) = (self.pods.get(&id), self.nodes.get_mut(&node_id)) else {
            return false;
        };
        node.pods.remove(&id);
        node.cpu_free += pod.cpu;
        node.memory_free += pod.memory;
        node.jobs -= usize::from(pod.job().is_some());
        self.offer(node_id);
        true
    }
}

impl World {
    /// The scheduler looks at a pod; true when it is bound.
    pub(super) fn schedule(&mut self, id: u64) -> bool {
        let Some(pod) = self.capacity.pods.get(&id) else { return false };
        let waits = matches!(pod.stage, Stage::New | Stage::Refused) && pod.deleted.is_none();
        if !waits {
            return false;
        }
        match self.capacity.room_for(pod) {
            Some(node) => {
                self.bind_now(id, node);
                true
            }
            None => {
                self.refuse(id);
                false
            }
        }
    }

    /// The pods that were refused are looked at again, as there is room now.
    pub(super) fn schedule_refused(&mut self, place: usize) {
        let mut refusals = 0;
        let mut at = 0;
        while let Some(group) = self.capacity.groups.get_mut(place)
            && refusals < MOST_REFUSALS
            && let Some(id) = group.refused.get(at).copied()
        {
            let pod = self.capacity.pods.get(&id);
            let waits = pod.is_some_and(|pod| pod.stage == Stage::Refused && pod.deleted.is_none());
            let room = pod.and_then(|pod| self.capacity.room_for(pod));
            if !waits {
                self.take_from_refused(place, at);
            } else if let Some(node) = room {
                self.take_from_refused(place, at);
                self.bind_now(id, node);
            } else {
                refusals += 1;
                at += 1;
            }
        }
    }

    fn take_from_refused(&mut self, place: usize, at: usize) {
        if let Some(group) = self.capacity.groups.get_mut(place) {
            group.refused.remove(at);
        }
    }

    fn bind_now(&mut self, id: u64, node_id: u64) {
        let now = self.now;
        self.capacity.bind(id, node_id, now);
        let Some(node) = self.capacity.nodes.get_mut(&node_id) else { return };
        node.idle_since = now;
        let name = node.name.clone();
        let Some(pod) = self.capacity.pods.get(&id) else { return };
        let message = format!("Successfully assigned {}/{} to {name}", pod.namespace, pod.name);
        let about = About::pod(pod);
        let job = pod.job();
        self.capacity.tell(
            now,
            about,
            Told { reason: "Scheduled", message, reporter: Reporter::Scheduler },
        );
        if let Some(ticket) = self.ticket_mut(job) {
            ticket.scheduled = Some(now);
        }
        self.pod_was_bound(id);
    }

    fn refuse(&mut self, id: u64) {
        let now = self.now;
        let Some(pod) = self.capacity.pods.get(&id) else { return };
        let message: Arc<str> = Arc::from(self.capacity.refusal(pod));
        let about = About::pod(pod);
        let (place, known, event) = (pod.group, pod.stage == Stage::Refused, pod.refusal_event);
        let job = pod.job();
        let first = pod.refusal.as_ref().map_or(now, |(_, since)| *since);
        let event = match event {
            Some(event) => {
                self.capacity.tell_again(event, now, &message);
                Some(event)
            }
            None => self.capacity.tell(
                now,
                about,
                Told {
                    reason: "FailedScheduling",
                    message: message.to_string(),
                    reporter: Reporter::Scheduler,
                },
            ),
        };
        if let Some(ticket) = self.ticket_mut(job)
            && ticket.refusal.is_none()
        {
            ticket.refusal = Some(Arc::clone(&message));
        }
        if let Some(pod) = self.capacity.pods.get_mut(&id) {
            pod.stage = Stage::Refused;
            pod.refusal = Some((message, first));
            pod.refusal_event = event;
        }
        if !known && let Some(group) = self.capacity.groups.get_mut(place) {
            group.refused.push_back(id);
        }
        self.capacity.outbox.pod(id);
    }

    /// What a job remembers of its pod.
    pub(super) fn ticket_mut(&mut self, job: Option<u64>) -> Option<&mut super::Ticket> {
        self.jobs.get_mut(job?)?.pod.as_deref_mut()
    }

    /// The smallest slot that no other job of the project holds on the runner.
    pub(super) fn take_slot(&mut self, runner: u64, project: u64) -> usize {
        let held = self.capacity.slots.entry((runner, project)).or_default();
        let slot = (0..).find(|slot| !held.contains(slot)).unwrap_or(0);
        held.insert(slot);
        slot
    }

    /// Whether a pod keeps its node from going.
    pub(super) fn keeps_node(&self, id: u64) -> bool {
        self.capacity
            .pods
            .get(&id)
            .is_some_and(|pod| matches!(pod.purpose, Purpose::Service(_) | Purpose::Manager { .. }))
    }
}
