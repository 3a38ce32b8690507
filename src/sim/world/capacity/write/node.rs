//! A node as JSON, with the labels, taints and conditions that EKS gives it.

use serde_json::{Value, json};

use super::super::World;
use super::super::layout::{REGION, VERSION};
use super::super::model::{Node, NodeGroup};
use super::super::refuse::TIER_KEY;
use super::bytes;
use crate::sim::clock;
use crate::sim::world::TIERS;

impl World {
    /// The node as the API shows it.
    pub(super) fn write_node(&self, id: u64) -> Option<Value> {
        let node = self.capacity.nodes.get(&id)?;
        let group = self.capacity.groups.get(node.group)?;
        let mut spec = json!({
            "providerID": format!("aws:///{}/{}", node.zone, node.instance),
            "taints": taints(node, group),
        });
        if node.cordoned.is_some()
            && let Some(fields) = spec.as_object_mut()
        {
            fields.insert("unschedulable".to_owned(), json!(true));
        }
        if let Some(fields) = spec.as_object_mut() {
            fields.retain(|_, value| value != &json!([]));
        }
        Some(json!({
            "apiVersion": "v1",
            "kind": "Node",
            "metadata": {
                "name": node.name,
                "uid": node.uid,
                "creationTimestamp": clock::coarse(node.created),
                "labels": labels(node, group),
                "annotations": {
                    "node.alpha.kubernetes.io/ttl": "0",
                    "volumes.kubernetes.io/controller-managed-attach-detach": "true",
                },
            },
            "spec": spec,
            "status": self.node_status(node, group),
        }))
    }

    fn node_status(&self, node: &Node, group: &NodeGroup) -> Value {
        let machine = group.machine;
        let most = machine.most_pods.to_string();
        json!({
            "capacity": {
                "cpu": machine.cpus.to_string(),
                "ephemeral-storage": "83873772Ki",
                "hugepages-1Gi": "0",
                "hugepages-2Mi": "0",
                "memory": bytes(machine.memory),
                "pods": most,
            },
            "allocatable": {
                "cpu": format!("{}m", machine.cpu_allocatable),
                "ephemeral-storage": "76224326324",
                "hugepages-1Gi": "0",
                "hugepages-2Mi": "0",
                "memory": bytes(machine.memory_allocatable),
                "pods": most,
            },
            "conditions": self.node_conditions(node),
            "addresses": [
                {"type": "InternalIP", "address": node.address},
                {"type": "InternalDNS", "address": node.name},
                {"type": "Hostname", "address": node.name},
            ],
            "daemonEndpoints": {"kubeletEndpoint": {"Port": 10250}},
            "nodeInfo": {
                "machineID": node.uid.replace('-', ""),
                "systemUUID": node.uid,
                "bootID": node.uid,
                "kernelVersion": "6.12.40-63.114.amzn2023.x86_64",
                "osImage": "Amazon Linux 2023.8.20250818",
                "containerRuntimeVersion": "containerd://2.1.4",
                "kubeletVersion": format!("v{VERSION}.4-eks-99d6cc0"),
                "kubeProxyVersion": "",
                "operatingSystem": "linux",
                "architecture": "amd64",
            },
        })
    }

    fn node_conditions(&self, node: &Node) -> Value {
        // A kubelet reports every five minutes at least; what does not change is not written anew.
        let beat = clock::coarse(node.ready.unwrap_or(node.created).max(self.now - 240_000));
        let since = clock::coarse(node.created);
        let fine = |kind: &str, reason: &str, message: &str| {
            json!({
                "type": kind, "status": "False", "lastHeartbeatTime": beat,
                "lastTransitionTime": since, "reason": reason, "message": message,
            })
        };
        let ready = match node.ready {
            Some(at) => json!({
                "type": "Ready", "status": "True", "lastHeartbeatTime": beat,
                "lastTransitionTime": clock::coarse(at), "reason": "KubeletReady",
                "message": "kubelet is posting ready status",
            }),
            None => json!({
                "type": "Ready", "status": "False", "lastHeartbeatTime": beat,
                "lastTransitionTime": since, "reason": "KubeletNotReady",
                "message": "container runtime network not ready: NetworkReady=false reason:NetworkPluginNotReady message:Network plugin returns error: cni plugin not initialized",
            }),
        };
        json!([
            fine(
                "MemoryPressure",
                "KubeletHasSufficientMemory",
                "kubelet has sufficient memory available"
            ),
            fine("DiskPressure", "KubeletHasNoDiskPressure", "kubelet has no disk pressure"),
            fine("PIDPressure", "KubeletHasSufficientPID", "kubelet has sufficient PID available"),
            ready,
        ])
    }
}

fn labels(node: &Node, group: &NodeGroup) -> Value {
    let mut labels = json!({
        "kubernetes.io/arch": "amd64",
        "kubernetes.io/os": "linux",
        "kubernetes.io/hostname": node.name,
        "beta.kubernetes.io/arch": "amd64",
        "beta.kubernetes.io/os": "linux",
        "node.kubernetes.io/instance-type": group.machine.name,
        "topology.kubernetes.io/region": REGION,
        "topology.kubernetes.io/zone": node.zone,
        "topology.k8s.aws/zone-id": format!("euw1-az{}", 1 + node.id % 3),
    });
    let Some(fields) = labels.as_object_mut() else { return labels };
    if group.karpenter {
        fields.insert("karpenter.sh/nodepool".to_owned(), json!(group.name));
        fields.insert("karpenter.sh/capacity-type".to_owned(), json!("spot"));
        fields.insert("karpenter.sh/registered".to_owned(), json!("true"));
    } else {
        let kind = if group.spot { "SPOT" } else { "ON_DEMAND" };
        fields.insert("eks.amazonaws.com/nodegroup".to_owned(), json!(group.name));
        fields.insert("eks.amazonaws.com/capacityType".to_owned(), json!(kind));
        fields
            .insert("eks.amazonaws.com/nodegroup-image".to_owned(), json!("ami-0f3d1c5e7a9b2c4d6"));
    }
    if let Some(tier) = group.tier.and_then(|place| TIERS.get(place)) {
        fields.insert(TIER_KEY.to_owned(), json!(tier.name));
    }
    labels
}

fn taints(node: &Node, group: &NodeGroup) -> Value {
    let mut taints = Vec::new();
    if let Some(tier) = group.tier.and_then(|place| TIERS.get(place)) {
        taints.push(json!({"key": TIER_KEY, "value": tier.name, "effect": "NoSchedule"}));
    }
    if node.ready.is_none() {
        let since = clock::coarse(node.created);
        let key = "node.kubernetes.io/not-ready";
        taints.push(json!({"key": key, "effect": "NoSchedule", "timeAdded": since}));
    }
    if let Some(at) = node.cordoned {
        let key = "node.kubernetes.io/unschedulable";
        taints.push(json!({"key": key, "effect": "NoSchedule", "timeAdded": clock::coarse(at)}));
    }
    Value::Array(taints)
}
