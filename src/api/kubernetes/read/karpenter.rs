//! Karpenter's `NodePools` and `NodeClaims`, as its version 1 writes them.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::Context;
use super::node::{Amount, group_id};
use super::shape::{Condition, Meta, Unused, nullable};
use crate::domain::{
    Entity, EntityId, NodeClaim, NodeClaimId, NodeGroup, NodeGroupIssue, NodeGroupKind, Text,
};

/// A `NodePool`.
#[derive(Debug, serde::Deserialize)]
pub(super) struct PoolShape {
    pub(super) metadata: Meta<Unused, Unused>,
    #[serde(default, deserialize_with = "nullable")]
    spec: PoolSpec,
    #[serde(default, deserialize_with = "nullable")]
    status: PoolStatus,
}

#[derive(Debug, Default, serde::Deserialize)]
#[serde(default)]
struct PoolSpec {
    #[serde(deserialize_with = "nullable")]
    limits: BTreeMap<String, Amount>,
    replicas: Option<u64>,
    #[serde(deserialize_with = "nullable")]
    template: PoolTemplate,
}

#[derive(Debug, Default, serde::Deserialize)]
#[serde(default)]
struct PoolTemplate {
    #[serde(deserialize_with = "nullable")]
    spec: PoolNodes,
}

#[derive(Debug, Default, serde::Deserialize)]
#[serde(default)]
struct PoolNodes {
    #[serde(deserialize_with = "nullable")]
    requirements: Vec<Requirement>,
}

#[derive(Debug, Default, serde::Deserialize)]
#[serde(default)]
struct Requirement {
    key: String,
    operator: String,
    #[serde(deserialize_with = "nullable")]
    values: Vec<String>,
}

#[derive(Debug, Default, serde::Deserialize)]
#[serde(default)]
struct PoolStatus {
    #[serde(deserialize_with = "nullable")]
    resources: BTreeMap<String, Amount>,
    #[serde(deserialize_with = "nullable")]
    conditions: Vec<Condition>,
}

impl PoolSpec {
    /// What one of these is asked for by name.
    fn wants(&self, key: &str) -> impl Iterator<Item = &str> {
        let all = self.template.spec.requirements.iter();
        let asked = all.filter(move |one| one.key == key && one.operator == "In");
        asked.flat_map(|one| one.values.iter().map(String::as_str))
    }
}

/// Its address.
pub(super) fn pool_id(shape: &PoolShape, cluster: &str) -> EntityId {
    EntityId::NodeGroup(group_id(cluster, NodeGroupKind::Karpenter, &shape.metadata.name))
}

/// A `NodePool` as a group of nodes.
pub(super) fn pool(shape: &PoolShape, cx: &mut Context<'_>) -> Entity {
    let (meta, spec, status) = (&shape.metadata, &shape.spec, &shape.status);
    let limits = spec.limits.iter().map(|(name, limit)| {
        let used = status.resources.get(name).map(|used| Text::new(&used.0));
        (cx.interner.text(name), used, Text::new(&limit.0))
    });
    let limits = limits.collect();
    let capacity: Vec<&str> = spec.wants("karpenter.sh/capacity-type").collect();
    Entity::NodeGroup(Arc::new(NodeGroup {
        id: group_id(cx.cluster, NodeGroupKind::Karpenter, &meta.name),
        cluster: cx.interner.text(cx.cluster),
        name: Text::new(&meta.name),
        kind: NodeGroupKind::Karpenter,
        tier: None,
        status: cx.interner.text(&standing(&status.conditions)),
        min: None,
        desired: spec.replicas,
        max: spec.limits.get("nodes").and_then(|limit| limit.0.parse().ok()),
        limits,
        instance_types: cx.interner.list(spec.wants("node.kubernetes.io/instance-type")),
        capacity_type: cx.interner.maybe(Some(&capacity.join(","))),
        version: None,
        issues: status.conditions.iter().filter(|one| one.status == "False").map(issue).collect(),
        activities: None,
    }))
}

/// `Ready`, or why it is not.
fn standing(conditions: &[Condition]) -> String {
    match conditions.iter().find(|one| one.is("Ready")) {
        Some(one) if one.is_true() => "Ready".to_owned(),
        Some(one) if one.reason.is_empty() || one.reason == "Ready" => "NotReady".to_owned(),
        Some(one) => one.reason.clone(),
        None => "Unknown".to_owned(),
    }
}

fn issue(condition: &Condition) -> NodeGroupIssue {
    let code = if condition.reason.is_empty() { &condition.kind } else { &condition.reason };
    NodeGroupIssue {
        code: Text::new(code),
        message: Text::new(&condition.message),
        resources: Arc::new([]),
    }
}

/// A `NodeClaim`.
#[derive(Debug, serde::Deserialize)]
pub(super) struct ClaimShape {
    pub(super) metadata: Meta<ClaimLabels, Unused>,
    #[serde(default, deserialize_with = "nullable")]
    status: ClaimStatus,
}

#[derive(Debug, Default, serde::Deserialize)]
#[serde(default)]
pub(super) struct ClaimLabels {
    #[serde(rename = "karpenter.sh/nodepool")]
    pool: Option<String>,
}

#[derive(Debug, Default, serde::Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct ClaimStatus {
    node_name: Option<String>,
    #[serde(deserialize_with = "nullable")]
    conditions: Vec<Condition>,
}

/// The steps of a `NodeClaim`, in their order.
const STEPS: [&str; 4] = ["Launched", "Registered", "Initialized", "Ready"];

/// Its address.
pub(super) fn claim_id(shape: &ClaimShape, cluster: &str) -> EntityId {
    EntityId::NodeClaim(NodeClaimId::of(&[cluster, &shape.metadata.name]))
}

/// A `NodeClaim`: how far it has come, and what keeps it from the next step.
pub(super) fn claim(shape: &ClaimShape, cx: &mut Context<'_>) -> Option<Entity> {
    let meta = &shape.metadata;
    let conditions = &shape.status.conditions;
    let find = |step: &&str| conditions.iter().find(|one| one.is(step));
    let done = |step: &&str| find(step).is_some_and(Condition::is_true);
    let reached = STEPS.iter().take_while(|step| done(step)).last().copied();
    let open = STEPS.iter().find(|step| !done(step)).and_then(find);
    let ending = meta.deletion_timestamp.is_some();
    let state = if ending { "Terminating" } else { reached.unwrap_or("Launching") };
    Some(Entity::NodeClaim(Arc::new(NodeClaim {
        id: NodeClaimId::of(&[cx.cluster, &meta.name]),
        cluster: cx.interner.text(cx.cluster),
        name: Text::new(&meta.name),
        group: group_id(
            cx.cluster,
            NodeGroupKind::Karpenter,
            meta.labels.pool.as_deref().unwrap_or_default(),
        ),
        state: cx.interner.text(state),
        reason: cx.interner.maybe(open.map(|one| one.reason.as_str())),
        message: cx.interner.maybe(open.map(|one| one.message.as_str())),
        node: cx.interner.maybe(shape.status.node_name.as_deref()),
        created_at: meta.creation_timestamp?,
    })))
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::api::kubernetes::intern::Interner;

    fn a_pool(status: Value) -> Arc<NodeGroup> {
        let mut value = json!({ "metadata": { "name": "default" }, "spec": {
            "limits": { "cpu": 1000, "nodes": "20" },
            "template": { "spec": { "requirements": [
                { "key": "karpenter.sh/capacity-type", "operator": "In", "values": ["spot", "on-demand"] },
                { "key": "node.kubernetes.io/instance-type", "operator": "In", "values": ["m6i.large"] },
                { "key": "kubernetes.io/arch", "operator": "Exists" }] } } } });
        value["status"] = status;
        let shape = serde_json::from_value(value).unwrap();
        let mut interner = Interner::default();
        match pool(&shape, &mut Context { cluster: "ci", interner: &mut interner }) {
            Entity::NodeGroup(group) => group,
            other => panic!("no group: {other:?}"),
        }
    }

    #[test]
    fn a_pool_tells_its_limits_and_what_is_used_of_them() {
        let pool = a_pool(json!({ "resources": { "cpu": "640" }, "conditions": [
            { "type": "Ready", "status": "True" }] }));
        let text = Text::new;
        let expected =
            [(text("cpu"), Some(text("640")), text("1000")), (text("nodes"), None, text("20"))];
        assert_eq!(*pool.limits, expected);
        assert_eq!((pool.max, &*pool.status, pool.issues.len()), (Some(20), "Ready", 0));
        assert_eq!(pool.capacity_type, Some(text("spot,on-demand")));
        assert_eq!(*pool.instance_types, [text("m6i.large")]);
    }

    #[test]
    fn a_pool_that_is_not_ready_says_why() {
        let pool = a_pool(json!({ "conditions": [{ "type": "Ready", "status": "False",
            "reason": "NodeClassNotReady", "message": "no subnets" }] }));
        assert_eq!(&*pool.status, "NodeClassNotReady");
        assert_eq!(&*pool.issues[0].message, "no subnets");
        assert_eq!(&*a_pool(Value::Null).status, "Unknown");
    }

    fn a_claim(conditions: Value) -> Arc<NodeClaim> {
        let mut value = json!({ "metadata": { "name": "default-x", "creationTimestamp": "2026-01-12T00:00:00Z",
            "labels": { "karpenter.sh/nodepool": "default" } } });
        value["status"]["conditions"] = conditions;
        let shape = serde_json::from_value(value).unwrap();
        let mut interner = Interner::default();
        match claim(&shape, &mut Context { cluster: "ci", interner: &mut interner }) {
            Some(Entity::NodeClaim(claim)) => claim,
            other => panic!("no claim: {other:?}"),
        }
    }

    #[test]
    fn a_claim_tells_how_far_it_has_come_and_what_is_next() {
        let claim = a_claim(json!([
            { "type": "Launched", "status": "True" },
            { "type": "Registered", "status": "Unknown", "reason": "NodeNotFound", "message": "not yet" },
            { "type": "Ready", "status": "Unknown", "reason": "UnhealthyDependents" }]));
        assert_eq!(&*claim.state, "Launched");
        assert_eq!(claim.reason, Some(Text::new("NodeNotFound")));
    }

    #[test]
    fn a_claim_that_cannot_be_launched_says_so() {
        let claim =
            a_claim(json!([{ "type": "Launched", "status": "Unknown", "reason": "LaunchFailed" }]));
        assert_eq!(&*claim.state, "Launching");
        assert_eq!(claim.reason, Some(Text::new("LaunchFailed")));
    }
}
