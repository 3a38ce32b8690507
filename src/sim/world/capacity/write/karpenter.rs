//! The resources of Karpenter: a pool, and a claim for each of its nodes.

use serde_json::{Value, json};

use super::super::World;
use super::super::model::{Node, NodeGroup};
use super::super::refuse::TIER_KEY;
use crate::sim::clock;

const DAY: i64 = 86_400_000;

impl World {
    /// The pools.
    pub(super) fn write_pools(&self) -> Vec<Value> {
        let pools = self.capacity.groups.iter().filter(|group| group.karpenter);
        pools.map(|group| self.write_pool(group)).collect()
    }

    /// The claim of a node, where Karpenter made it.
    pub(super) fn write_claim(&self, id: u64) -> Option<Value> {
        let node = self.capacity.nodes.get(&id)?;
        let group = self.capacity.groups.get(node.group).filter(|group| group.karpenter)?;
        let since = clock::coarse(node.created);
        let ready = node.ready.map_or_else(|| since.clone(), clock::coarse);
        let is = |kind: &str, holds: bool, at: &str| {
            json!({
                "type": kind, "status": if holds { "True" } else { "False" }, "reason": kind,
                "message": "", "lastTransitionTime": at,
            })
        };
        let is_ready = node.ready.is_some();
        Some(json!({
            "apiVersion": "karpenter.sh/v1",
            "kind": "NodeClaim",
            "metadata": {
                "name": claim_name(node, group),
                "uid": node.uid.replacen('4', "5", 1),
                "creationTimestamp": since,
                "labels": {
                    "karpenter.sh/nodepool": group.name,
                    "karpenter.sh/capacity-type": "spot",
                    "node.kubernetes.io/instance-type": group.machine.name,
                    "topology.kubernetes.io/zone": node.zone,
                },
            },
            "spec": {
                "nodeClassRef": {"group": "karpenter.k8s.aws", "kind": "EC2NodeClass", "name": "default"},
                "requirements": [
                    {"key": "karpenter.sh/nodepool", "operator": "In", "values": [group.name]},
                ],
                "resources": {"requests": {"cpu": "1100m", "pods": "5"}},
            },
            "status": {
                "nodeName": node.name,
                "providerID": format!("aws:///{}/{}", node.zone, node.instance),
                "capacity": {"cpu": group.machine.cpus.to_string(), "memory": super::bytes(group.machine.memory)},
                "conditions": [
                    is("Launched", true, &since),
                    is("Registered", true, &since),
                    is("Initialized", is_ready, &ready),
                    is("Ready", is_ready, &ready),
                ],
            },
        }))
    }

    fn write_pool(&self, group: &NodeGroup) -> Value {
        let most = i64::try_from(group.most).unwrap_or(0);
        let now = i64::try_from(group.nodes.len()).unwrap_or(0);
        let since = clock::coarse(self.start - 60 * DAY);
        let is = |kind: &str| json!({"type": kind, "status": "True", "reason": kind, "message": "", "lastTransitionTime": since});
        json!({
            "apiVersion": "karpenter.sh/v1",
            "kind": "NodePool",
            "metadata": {
                "name": group.name,
                "uid": "7a1c0e5e-90b2-4d0e-a6c1-000000000001",
                "creationTimestamp": since,
            },
            "spec": {
                "weight": 10,
                "limits": {"cpu": (most * group.machine.cpus).to_string()},
                "disruption": {"consolidationPolicy": "WhenEmpty", "consolidateAfter": "10m"},
                "template": {
                    "metadata": {"labels": {TIER_KEY: "sandbox"}},
                    "spec": {
                        "nodeClassRef": {"group": "karpenter.k8s.aws", "kind": "EC2NodeClass", "name": "default"},
                        "taints": [{"key": TIER_KEY, "value": "sandbox", "effect": "NoSchedule"}],
                        "requirements": [
                            {"key": "karpenter.sh/capacity-type", "operator": "In", "values": ["spot"]},
                            {"key": "node.kubernetes.io/instance-type", "operator": "In", "values": [group.machine.name]},
                        ],
                    },
                },
            },
            "status": {
                "resources": {
                    "cpu": (now * group.machine.cpus).to_string(),
                    "memory": super::bytes(now * group.machine.memory),
                    "nodes": now.to_string(),
                },
                "conditions": [
                    is("Ready"), is("NodeClassReady"), is("ValidationSucceeded"), is("NodeRegistrationHealthy"),
                ],
            },
        })
    }
}

/// The name of a node's claim.
pub(in crate::sim::world::capacity) fn claim_name(node: &Node, group: &NodeGroup) -> String {
    let end: String = node.uid.chars().take(5).collect();
    format!("{}-{end}", group.name)
}
