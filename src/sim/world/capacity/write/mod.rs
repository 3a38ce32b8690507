//! The objects of the cluster as the Kubernetes API shows them.

mod event;
mod fixed;
mod karpenter;
mod node;
mod pod;
mod state;

use serde_json::{Value, json};

pub(super) use self::karpenter::claim_name;
use super::outbox::ClusterChange;
use super::{NAMESPACES, World};
use crate::sim::clock::{self, Millis};
use crate::sim::kubernetes::Kind;

/// Image of the runner's helper containers.
pub(super) const HELPER_IMAGE: &str =
    "registry.acme.example/gitlab-runner/gitlab-runner-helper:x86_64-v18.5.0";

impl World {
    /// Writes what changed since the last call.
    pub(super) fn write_changes(&mut self) -> Vec<ClusterChange> {
        let outbox = &mut self.capacity.outbox;
        let fixed = std::mem::take(&mut outbox.fixed);
        let nodes = std::mem::take(&mut outbox.nodes);
        let pods = std::mem::take(&mut outbox.pods);
        let events = std::mem::take(&mut outbox.events);
        let mut changes = std::mem::take(&mut outbox.gone);
        if fixed {
            changes.extend(self.write_fixed());
        }
        if !nodes.is_empty() || !changes.is_empty() {
            let pools = self.write_pools().into_iter();
            changes.extend(pools.map(|pool| ClusterChange::Put(Kind::NodePool, pool)));
        }
        let claims = nodes.iter().filter_map(|id| self.write_claim(*id));
        changes.extend(claims.map(|claim| ClusterChange::Put(Kind::NodeClaim, claim)));
        let nodes = nodes.iter().filter_map(|id| self.write_node(*id));
        changes.extend(nodes.map(|node| ClusterChange::Put(Kind::Node, node)));
        if !pods.is_empty() {
            let quotas = (0..NAMESPACES.len()).map(|place| self.write_quota(place));
            changes.extend(quotas.map(|quota| ClusterChange::Put(Kind::ResourceQuota, quota)));
        }
        let pods = pods.iter().filter_map(|id| self.write_pod(*id));
        changes.extend(pods.map(|pod| ClusterChange::Put(Kind::Pod, pod)));
        let events = events.iter().filter_map(|id| self.write_event(*id));
        changes.extend(events.map(|event| ClusterChange::Put(Kind::Event, event)));
        changes
    }
}

/// A condition of a pod or a node.
fn condition(kind: &str, is_true: Option<Millis>, otherwise: (&str, &str, Millis)) -> Value {
    let (reason, message, since) = otherwise;
    match is_true {
        Some(at) => json!({
            "type": kind, "status": "True", "lastProbeTime": null,
            "lastTransitionTime": clock::coarse(at),
        }),
        None => json!({
            "type": kind, "status": "False", "lastProbeTime": null,
            "lastTransitionTime": clock::coarse(since), "reason": reason, "message": message,
        }),
    }
}

/// Bytes as Kubernetes writes them: whole mebibytes, or kibibytes.
fn bytes(count: i64) -> String {
    const MI: i64 = 1 << 20;
    if count % MI == 0 { format!("{}Mi", count / MI) } else { format!("{}Ki", count / 1024) }
}

/// Thousandths of a processor as Kubernetes writes them.
fn cpu(millis: i64) -> String {
    if millis % 1000 == 0 { format!("{}", millis / 1000) } else { format!("{millis}m") }
}
