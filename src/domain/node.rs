//! Nodes, the groups that make them, and what limits a namespace.

use std::sync::Arc;

use super::{
    NodeClaimId, NodeGroupId, NodeId, PolicyId, Quantity, QuotaId, Text, TierIndex, Timestamp,
};

/// What a node has, or what was asked of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Resources {
    /// Thousandths of a core.
    pub cpu_millis: u64,
    /// Bytes.
    pub memory_bytes: u64,
    /// Pods.
    pub pods: u64,
}

impl Resources {
    /// Both together.
    #[must_use]
    pub fn plus(self, other: Resources) -> Resources {
        Resources {
            cpu_millis: self.cpu_millis.saturating_add(other.cpu_millis),
            memory_bytes: self.memory_bytes.saturating_add(other.memory_bytes),
            pods: self.pods.saturating_add(other.pods),
        }
    }

    /// What is left without the other.
    #[must_use]
    pub fn less(self, other: Resources) -> Resources {
        Resources {
            cpu_millis: self.cpu_millis.saturating_sub(other.cpu_millis),
            memory_bytes: self.memory_bytes.saturating_sub(other.memory_bytes),
            pods: self.pods.saturating_sub(other.pods),
        }
    }
}

/// A node of a cluster.
#[derive(Debug, Clone, PartialEq)]
pub struct Node {
    /// Its address here.
    pub id: NodeId,
    /// The cluster's name in the configuration.
    pub cluster: Text,
    /// Its name.
    pub name: Text,
    /// Condition `Ready`; `None` when its kubelet has not been heard of (`Unknown`).
    pub ready: Option<bool>,
    /// Why it is not ready, where told.
    pub not_ready_reason: Option<Text>,
    /// Whether it takes no new pods (`spec.unschedulable`).
    pub cordoned: bool,
    /// The pressures it is under: `MemoryPressure`, `DiskPressure`, `PIDPressure`, `NetworkUnavailable`.
    pub pressures: Arc<[Text]>,
    /// Its taints, as `key=value:Effect`.
    pub taints: Arc<[Text]>,
    /// The EKS node group or the Karpenter `NodePool` that made it (`eks.amazonaws.com/nodegroup`,
    /// `karpenter.sh/nodepool`).
    pub group: Option<NodeGroupId>,
    /// That group's name.
    pub group_name: Option<Text>,
    /// Its instance type (`node.kubernetes.io/instance-type`).
    pub instance_type: Option<Text>,
    /// Its zone (`topology.kubernetes.io/zone`).
    pub zone: Option<Text>,
    /// How it is paid for (`eks.amazonaws.com/capacityType`, `karpenter.sh/capacity-type`), as it came.
    pub capacity_type: Option<Text>,
    /// What the scheduler may give to pods.
    pub allocatable: Resources,
    /// Its kubelet's version.
    pub version: Option<Text>,
    /// When it joined.
    pub created_at: Timestamp,
}

/// Who makes the nodes of a group.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum NodeGroupKind {
    /// An EKS managed node group.
    Eks,
    /// A Karpenter `NodePool`.
    Karpenter,
}

impl NodeGroupKind {
    /// Its word.
    pub fn as_str(self) -> &'static str {
        match self {
            NodeGroupKind::Eks => "eks",
            NodeGroupKind::Karpenter => "karpenter",
        }
    }
}

/// What AWS, or Karpenter, says is wrong with a group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NodeGroupIssue {
    /// Its code, as it came (`AsgInstanceLaunchFailures`, `InstanceLimitExceeded`, …).
    pub code: Text,
    /// Its words.
    pub message: Text,
    /// What it is about.
    pub resources: Arc<[Text]>,
}

/// What an Auto Scaling group did, in its own words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScalingActivity {
    /// When it began.
    pub at: Timestamp,
    /// `Successful`, `Failed`, `InProgress`, …
    pub status: Text,
    /// What was done.
    pub description: Text,
    /// Why it failed, where it did.
    pub message: Option<Text>,
}

/// A group of nodes that grows and shrinks.
#[derive(Debug, Clone, PartialEq)]
pub struct NodeGroup {
    /// Its address here.
    pub id: NodeGroupId,
    /// The cluster's name in the configuration.
    pub cluster: Text,
    /// Its name.
    pub name: Text,
    /// Who makes its nodes.
    pub kind: NodeGroupKind,
    /// The tier whose globs its name fits; filled in by the state.
    pub tier: Option<TierIndex>,
    /// `ACTIVE`, `DEGRADED`, …; a `NodePool`'s `Ready` or why it is not.
    pub status: Text,
    /// The fewest nodes.
    pub min: Option<u64>,
    /// The nodes it wants now.
    pub desired: Option<u64>,
    /// The most nodes.
    pub max: Option<u64>,
    /// What a `NodePool` may use at most, as it came: resource, used, limit.
    pub limits: Arc<[(Text, Option<Text>, Text)]>,
    /// Its instance types.
    pub instance_types: Arc<[Text]>,
    /// `ON_DEMAND`, `SPOT`, …
    pub capacity_type: Option<Text>,
    /// Its Kubernetes version.
    pub version: Option<Text>,
    /// What is wrong with it.
    pub issues: Arc<[NodeGroupIssue]>,
    /// What its Auto Scaling group did last, newest first; `None` where that may not be read.
    pub activities: Option<Arc<[ScalingActivity]>>,
}

impl NodeGroup {
    /// The largest share of a `NodePool`'s limits that is used; `None` where it has none, or one of them cannot be told.
    pub fn share_of_limits(&self) -> Option<f64> {
        let share = |(_, used, limit): &(Text, Option<Text>, Text)| {
            Quantity::parse(used.as_ref()?)?.share_of(Quantity::parse(limit)?)
        };
        let shares: Option<Vec<f64>> = self.limits.iter().map(share).collect();
        shares?.into_iter().reduce(f64::max)
    }

    /// Whether it cannot grow: it wants as many nodes as it may have, or uses what its limits allow.
    pub fn is_at_maximum(&self) -> bool {
        let is_full = matches!((self.desired, self.max), (Some(desired), Some(max)) if desired >= max && max > 0);
        is_full || self.share_of_limits().is_some_and(|share| share >= 1.0)
    }
}

/// A node that Karpenter is making, or has made.
#[derive(Debug, Clone, PartialEq)]
pub struct NodeClaim {
    /// Its address here.
    pub id: NodeClaimId,
    /// The cluster's name in the configuration.
    pub cluster: Text,
    /// Its name.
    pub name: Text,
    /// The `NodePool` that it belongs to.
    pub group: NodeGroupId,
    /// How far it has come: `Launched`, `Registered`, `Initialized`, `Ready`, or what it waits for.
    pub state: Text,
    /// The reason why it does not get further, where told.
    pub reason: Option<Text>,
    /// Its words.
    pub message: Option<Text>,
    /// The node, once there is one.
    pub node: Option<Text>,
    /// When it was made.
    pub created_at: Timestamp,
}

/// What a namespace may use, and uses.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Quota {
    /// Its address here.
    pub id: QuotaId,
    /// The cluster's name in the configuration.
    pub cluster: Text,
    /// Its namespace.
    pub namespace: Text,
    /// Its name.
    pub name: Text,
    /// Resource, used, at most; as Kubernetes writes them.
    pub items: Arc<[(Text, Text, Text)]>,
    /// The resources of which nothing is left.
    pub exhausted: Arc<[Text]>,
}

/// A network policy of a namespace, as far as it matters here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NetworkPolicy {
    /// Its address here.
    pub id: PolicyId,
    /// The cluster's name in the configuration.
    pub cluster: Text,
    /// Its namespace.
    pub namespace: Text,
    /// Its name.
    pub name: Text,
    /// Whether it selects every pod and denies egress: policy type `Egress`, an empty pod selector, no egress rule.
    pub denies_egress: bool,
}

#[cfg(test)]
pub(crate) mod fixture {
    //! Plain nodes and groups for tests.
    use super::*;
    use crate::domain::pipeline::fixture::at;

    /// A ready node of the cluster `ci` and its node group `ci-standard-a`.
    pub(crate) fn node(name: &str) -> Node {
        Node {
            id: NodeId::of(&["ci", name]),
            cluster: Text::new("ci"),
            name: Text::new(name),
            ready: Some(true),
            not_ready_reason: None,
            cordoned: false,
            pressures: Arc::from([]),
            taints: Arc::from([]),
            group: Some(group("ci-standard-a").id),
            group_name: Some(Text::new("ci-standard-a")),
            instance_type: None,
            zone: None,
            capacity_type: None,
            allocatable: Resources { cpu_millis: 4000, memory_bytes: 8 << 30, pods: 58 },
            version: None,
            created_at: at(-3600),
        }
    }

    /// A node group of the cluster `ci` that wants two of its at most four nodes.
    pub(crate) fn group(name: &str) -> NodeGroup {
        NodeGroup {
            id: NodeGroupId::of(&["ci", "eks", name]),
            cluster: Text::new("ci"),
            name: Text::new(name),
            kind: NodeGroupKind::Eks,
            tier: None,
            status: Text::new("ACTIVE"),
            min: Some(0),
            desired: Some(2),
            max: Some(4),
            limits: Arc::from([]),
            instance_types: Arc::from([]),
            capacity_type: None,
            version: None,
            issues: Arc::from([]),
            activities: None,
        }
    }
}
