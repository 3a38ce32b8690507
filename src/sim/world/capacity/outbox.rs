//! What changed in the cluster and was not yet told to the API server.

use std::collections::BTreeSet;

use serde_json::Value;

use super::Capacity;
use super::model::{Node, Occurrence, Pod};
use crate::sim::kubernetes::Kind;

/// A change of an object.
#[derive(Clone, Debug)]
pub(crate) enum ClusterChange {
    /// It is new or different.
    Put(Kind, Value),
    /// It is gone: kind, namespace, name.
    Delete(Kind, Option<&'static str>, String),
}

/// What changed. Before it is live it notes nothing: then everything is told at once.
#[derive(Default)]
pub(super) struct Outbox {
    live: bool,
    pub(super) fixed: bool,
    pub(super) pods: BTreeSet<u64>,
    pub(super) nodes: BTreeSet<u64>,
    pub(super) events: BTreeSet<u64>,
    pub(super) gone: Vec<ClusterChange>,
}

impl Outbox {
    pub(super) fn is_live(&self) -> bool {
        self.live
    }

    pub(super) fn pod(&mut self, id: u64) {
        if self.live {
            self.pods.insert(id);
        }
    }

    pub(super) fn node(&mut self, id: u64) {
        if self.live {
            self.nodes.insert(id);
        }
    }

    pub(super) fn event(&mut self, id: u64) {
        if self.live {
            self.events.insert(id);
        }
    }

    pub(super) fn pod_gone(&mut self, pod: &Pod) {
        self.pods.remove(&pod.id);
        self.forget(ClusterChange::Delete(Kind::Pod, Some(pod.namespace), pod.name.to_string()));
    }

    pub(super) fn node_gone(&mut self, node: &Node) {
        self.nodes.remove(&node.id);
        self.forget(ClusterChange::Delete(Kind::Node, None, node.name.clone()));
    }

    pub(super) fn event_gone(&mut self, event: &Occurrence) {
        self.events.remove(&event.id);
        self.forget(ClusterChange::Delete(Kind::Event, Some(event.namespace), event.name()));
    }

    pub(super) fn claim_gone(&mut self, name: String) {
        self.forget(ClusterChange::Delete(Kind::NodeClaim, None, name));
    }

    fn forget(&mut self, change: ClusterChange) {
        if self.live {
            self.gone.push(change);
        }
    }
}

impl Capacity {
    /// Everything counts as changed from here on.
    pub(super) fn publish_all(&mut self) {
        self.outbox.live = true;
        self.outbox.fixed = true;
        self.outbox.pods = self.pods.keys().copied().collect();
        self.outbox.nodes = self.nodes.keys().copied().collect();
        self.outbox.events = self.occurrences.iter().map(|one| one.id).collect();
    }
}
