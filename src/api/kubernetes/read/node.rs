//! Nodes, quotas and network policies.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::Context;
use super::shape::{Condition, Meta, Unused, loose, nullable};
use crate::domain::Quantity;
use crate::domain::{
    Entity, EntityId, NetworkPolicy, Node, NodeGroupId, NodeGroupKind, NodeId, PolicyId, Quota,
    QuotaId, Resources, Text,
};

/// The conditions of a node that are pressures.
const PRESSURES: [&str; 4] =
    ["MemoryPressure", "DiskPressure", "PIDPressure", "NetworkUnavailable"];

/// A node.
#[derive(Debug, serde::Deserialize)]
pub(super) struct NodeShape {
    pub(super) metadata: Meta<NodeLabels, Unused>,
    #[serde(default, deserialize_with = "nullable")]
    spec: NodeSpec,
    #[serde(default, deserialize_with = "nullable")]
    status: NodeStatus,
}

/// The labels of a node that are used.
#[derive(Debug, Default, serde::Deserialize)]
#[serde(default)]
pub(super) struct NodeLabels {
    #[serde(rename = "eks.amazonaws.com/nodegroup")]
    eks_group: Option<String>,
    #[serde(rename = "karpenter.sh/nodepool")]
    pool: Option<String>,
    #[serde(rename = "node.kubernetes.io/instance-type")]
    instance_type: Option<String>,
    #[serde(rename = "topology.kubernetes.io/zone")]
    zone: Option<String>,
    #[serde(rename = "eks.amazonaws.com/capacityType")]
    eks_capacity: Option<String>,
    #[serde(rename = "karpenter.sh/capacity-type")]
    capacity: Option<String>,
}

#[derive(Debug, Default, serde::Deserialize)]
#[serde(default)]
struct NodeSpec {
    #[serde(deserialize_with = "nullable")]
    unschedulable: bool,
    #[serde(deserialize_with = "nullable")]
    taints: Vec<Taint>,
}

#[derive(Debug, Default, serde::Deserialize)]
#[serde(default)]
struct Taint {
    key: String,
    #[serde(deserialize_with = "nullable")]
    value: String,
    effect: String,
}

#[derive(Debug, Default, serde::Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct NodeStatus {
    #[serde(deserialize_with = "nullable")]
    conditions: Vec<Condition>,
    #[serde(deserialize_with = "nullable")]
    allocatable: Allocatable,
    #[serde(deserialize_with = "nullable")]
    node_info: NodeSystem,
}

#[derive(Debug, Default, serde::Deserialize)]
#[serde(default)]
struct Allocatable {
    cpu: Quantity,
    memory: Quantity,
    pods: Quantity,
}

#[derive(Debug, Default, serde::Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct NodeSystem {
    kubelet_version: Option<String>,
}

/// The group that made a node: EKS's label wins, since a node of EKS may carry both.
fn group(labels: &NodeLabels) -> Option<(NodeGroupKind, &str)> {
    let named = |name: &Option<String>| name.as_deref().is_some_and(|name| !name.is_empty());
    if named(&labels.eks_group) {
        return Some((NodeGroupKind::Eks, labels.eks_group.as_deref()?));
    }
    if named(&labels.pool) {
        return Some((NodeGroupKind::Karpenter, labels.pool.as_deref()?));
    }
    None
}

/// The address of a node group.
pub(super) fn group_id(cluster: &str, kind: NodeGroupKind, name: &str) -> NodeGroupId {
    NodeGroupId::of(&[cluster, kind.as_str(), name])
}

/// Its address.
pub(super) fn node_id(shape: &NodeShape, cluster: &str) -> EntityId {
    EntityId::Node(NodeId::of(&[cluster, &shape.metadata.name]))
}

/// A node.
pub(super) fn node(shape: &NodeShape, cx: &mut Context<'_>) -> Option<Entity> {
    let (meta, status) = (&shape.metadata, &shape.status);
    let labels = &meta.labels;
    let group = group(labels);
    let ready = status.conditions.iter().find(|one| one.is("Ready"));
    let pressures = status.conditions.iter().filter(|one| one.is_true());
    let pressures = pressures.map(|one| one.kind.as_str()).filter(|kind| PRESSURES.contains(kind));
    let taints: Vec<String> = shape.spec.taints.iter().map(taint).collect();
    Some(Entity::Node(Arc::new(Node {
        id: NodeId::of(&[cx.cluster, &meta.name]),
        cluster: cx.interner.text(cx.cluster),
        name: cx.interner.text(&meta.name),
        ready: ready.and_then(truth),
        not_ready_reason: ready.filter(|one| !one.is_true()).and_then(why),
        cordoned: shape.spec.unschedulable,
        pressures: cx.interner.list(pressures),
        taints: cx.interner.list(taints.iter().map(String::as_str)),
        group: group.map(|(kind, name)| group_id(cx.cluster, kind, name)),
        group_name: cx.interner.maybe(group.map(|(_, name)| name)),
        instance_type: cx.interner.maybe(labels.instance_type.as_deref()),
        zone: cx.interner.maybe(labels.zone.as_deref()),
        capacity_type: cx
            .interner
            .maybe(labels.eks_capacity.as_deref().or(labels.capacity.as_deref())),
        allocatable: Resources {
            cpu_millis: status.allocatable.cpu.millis(),
            memory_bytes: status.allocatable.memory.units(),
            pods: status.allocatable.pods.units(),
        },
        version: cx.interner.maybe(status.node_info.kubelet_version.as_deref()),
        created_at: meta.creation_timestamp?,
    })))
}

/// Whether a condition holds; nothing where nobody knows.
fn truth(condition: &Condition) -> Option<bool> {
    match condition.status.as_str() {
        "True" => Some(true),
        "False" => Some(false),
        _ => None,
    }
}

/// The reason and the words of a condition.
fn why(condition: &Condition) -> Option<Text> {
    match (condition.reason.as_str(), condition.message.as_str()) {
        ("", "") => None,
        ("", words) | (words, "") => Some(Text::new(words)),
        (reason, message) => Some(Text::new(&format!("{reason}: {message}"))),
    }
}

fn taint(taint: &Taint) -> String {
    let Taint { key, value, effect } = taint;
    if value.is_empty() { format!("{key}:{effect}") } else { format!("{key}={value}:{effect}") }
}

/// A resource quota.
#[derive(Debug, serde::Deserialize)]
pub(super) struct QuotaShape {
    pub(super) metadata: Meta<Unused, Unused>,
    #[serde(default, deserialize_with = "nullable")]
    status: QuotaStatus,
}

#[derive(Debug, Default, serde::Deserialize)]
#[serde(default)]
struct QuotaStatus {
    #[serde(deserialize_with = "nullable")]
    hard: BTreeMap<String, Amount>,
    #[serde(deserialize_with = "nullable")]
    used: BTreeMap<String, Amount>,
}

/// An amount as Kubernetes writes it.
#[derive(Debug, serde::Deserialize)]
pub(super) struct Amount(#[serde(deserialize_with = "loose")] pub(super) String);

/// Its address.
pub(super) fn quota_id(shape: &QuotaShape, cluster: &str) -> EntityId {
    EntityId::Quota(QuotaId::of(&[cluster, &shape.metadata.namespace, &shape.metadata.name]))
}

/// A quota: what may be used, what is, and what is used up.
pub(super) fn quota(shape: &QuotaShape, cx: &mut Context<'_>) -> Entity {
    let meta = &shape.metadata;
    let used = |name: &str| shape.status.used.get(name).map_or("0", |amount| amount.0.as_str());
    let is_spent = |(name, hard): &(&String, &Amount)| {
        let used = Quantity::parse(used(name));
        used.zip(Quantity::parse(&hard.0)).is_some_and(|(used, hard)| used.exhausts(hard))
    };
    let spent = shape.status.hard.iter().filter(is_spent).map(|(name, _)| name.as_str());
    let exhausted = cx.interner.list(spent);
    let items = shape.status.hard.iter().map(|(name, hard)| {
        (cx.interner.text(name), Text::new(used(name)), cx.interner.text(&hard.0))
    });
    let items = items.collect();
    Entity::Quota(Arc::new(Quota {
        id: QuotaId::of(&[cx.cluster, &meta.namespace, &meta.name]),
        cluster: cx.interner.text(cx.cluster),
        namespace: cx.interner.text(&meta.namespace),
        name: Text::new(&meta.name),
        items,
        exhausted,
    }))
}

/// A network policy.
#[derive(Debug, serde::Deserialize)]
pub(super) struct PolicyShape {
    pub(super) metadata: Meta<Unused, Unused>,
    #[serde(default, deserialize_with = "nullable")]
    spec: PolicySpec,
}

#[derive(Debug, Default, serde::Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct PolicySpec {
    #[serde(deserialize_with = "nullable")]
    pod_selector: Selector,
    #[serde(deserialize_with = "nullable")]
    policy_types: Vec<String>,
    #[serde(deserialize_with = "nullable")]
    egress: Vec<serde::de::IgnoredAny>,
}

#[derive(Debug, Default, serde::Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Selector {
    #[serde(deserialize_with = "nullable")]
    match_labels: BTreeMap<String, String>,
    #[serde(deserialize_with = "nullable")]
    match_expressions: Vec<serde::de::IgnoredAny>,
}

/// Its address.
pub(super) fn policy_id(shape: &PolicyShape, cluster: &str) -> EntityId {
    EntityId::Policy(PolicyId::of(&[cluster, &shape.metadata.namespace, &shape.metadata.name]))
}

/// A network policy, as far as it matters.
pub(super) fn policy(shape: &PolicyShape, cx: &mut Context<'_>) -> Entity {
    let (meta, spec) = (&shape.metadata, &shape.spec);
    let selector = &spec.pod_selector;
    let all_pods = selector.match_labels.is_empty() && selector.match_expressions.is_empty();
    let egress = spec.policy_types.iter().any(|kind| kind == "Egress");
    Entity::Policy(Arc::new(NetworkPolicy {
        id: PolicyId::of(&[cx.cluster, &meta.namespace, &meta.name]),
        cluster: cx.interner.text(cx.cluster),
        namespace: cx.interner.text(&meta.namespace),
        name: Text::new(&meta.name),
        denies_egress: all_pods && egress && spec.egress.is_empty(),
    }))
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::api::kubernetes::intern::Interner;

    fn read<S: serde::de::DeserializeOwned>(
        value: Value,
        by: fn(&S, &mut Context<'_>) -> Entity,
    ) -> Entity {
        let shape: S = serde_json::from_value(value).unwrap();
        by(&shape, &mut Context { cluster: "ci", interner: &mut Interner::default() })
    }

    fn a_node(change: impl FnOnce(&mut Value)) -> Arc<Node> {
        let mut value = json!({
            "metadata": { "name": "n-1", "creationTimestamp": "2026-01-12T00:00:00Z",
                "labels": { "eks.amazonaws.com/nodegroup": "ci-standard", "eks.amazonaws.com/capacityType": "SPOT" } },
            "spec": { "taints": [{ "key": "a", "value": "b", "effect": "NoSchedule" }, { "key": "c", "effect": "NoExecute" }] },
            "status": { "allocatable": { "cpu": "15800m", "memory": "62Gi", "pods": "110" }, "conditions": [
                { "type": "DiskPressure", "status": "True" }, { "type": "MemoryPressure", "status": "False" },
                { "type": "Ready", "status": "True" }] }
        });
        change(&mut value);
        match read(value, |shape, cx| node(shape, cx).unwrap()) {
            Entity::Node(node) => node,
            other => panic!("no node: {other:?}"),
        }
    }

    #[test]
    fn a_node_tells_what_it_has_and_who_made_it() {
        let node = a_node(|_| ());
        assert_eq!(
            node.allocatable,
            Resources { cpu_millis: 15_800, memory_bytes: 62 << 30, pods: 110 }
        );
        assert_eq!(node.group, Some(NodeGroupId::of(&["ci", "eks", "ci-standard"])));
        assert_eq!(node.capacity_type, Some(Text::new("SPOT")));
        assert_eq!(*node.taints, [Text::new("a=b:NoSchedule"), Text::new("c:NoExecute")]);
        assert_eq!(*node.pressures, [Text::new("DiskPressure")]);
    }

    #[test]
    fn a_kubelet_that_is_not_heard_of_is_neither_ready_nor_not() {
        let node = a_node(|node| {
            node["status"]["conditions"] = json!([{ "type": "Ready", "status": "Unknown",
                "reason": "NodeStatusUnknown", "message": "Kubelet stopped posting node status." }]);
        });
        assert_eq!(node.ready, None);
        let why = "NodeStatusUnknown: Kubelet stopped posting node status.";
        assert_eq!(node.not_ready_reason, Some(Text::new(why)));
    }

    #[test]
    fn a_node_of_karpenter_belongs_to_its_pool() {
        let node = a_node(|node| {
            node["metadata"]["labels"] =
                json!({ "karpenter.sh/nodepool": "default", "karpenter.sh/capacity-type": "spot" });
        });
        assert_eq!(node.group, Some(NodeGroupId::of(&["ci", "karpenter", "default"])));
        assert_eq!(node.capacity_type, Some(Text::new("spot")));
    }

    #[test]
    fn a_quota_tells_what_is_used_up() {
        let value = json!({ "metadata": { "name": "q", "namespace": "ci-standard" }, "status": {
            "hard": { "pods": "10", "requests.cpu": "4", "requests.memory": "1Gi" },
            "used": { "pods": "10", "requests.cpu": "3999m" } } });
        let Entity::Quota(quota) = read(value, quota) else { panic!("no quota") };
        assert_eq!(*quota.exhausted, [Text::new("pods")]);
        let told: Vec<_> = quota.items.iter().map(|(a, b, c)| (&**a, &**b, &**c)).collect();
        assert_eq!(
            told,
            [("pods", "10", "10"), ("requests.cpu", "3999m", "4"), ("requests.memory", "0", "1Gi")]
        );
    }

    #[test]
    fn only_a_policy_for_every_pod_without_a_way_out_denies_egress() {
        let denies = |spec: Value| {
            let value = json!({ "metadata": { "name": "p", "namespace": "n" }, "spec": spec });
            match read(value, policy) {
                Entity::Policy(policy) => policy.denies_egress,
                other => panic!("no policy: {other:?}"),
            }
        };
        assert!(denies(json!({ "podSelector": {}, "policyTypes": ["Egress", "Ingress"] })));
        assert!(!denies(json!({ "podSelector": {}, "policyTypes": ["Ingress"] })));
        assert!(!denies(json!({ "podSelector": {}, "policyTypes": ["Egress"], "egress": [{}] })));
        let some =
            json!({ "podSelector": { "matchLabels": { "a": "b" } }, "policyTypes": ["Egress"] });
        assert!(!denies(some));
    }
}
