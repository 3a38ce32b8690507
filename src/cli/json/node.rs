//! Nodes and node groups as items.

use super::Scene;
use super::form::{Instant, record};
use crate::domain::{Node, NodeGroup, NodeGroupIssue, Resources, Text};
use crate::pane::runners::{are_nodes_live, were_nodes_read};
use crate::state::Row;

record! {
    /// A node of a cluster.
    NodeItem<'a> {
        /// the cluster's name in the configuration
        cluster: &'a str,
        /// its name
        name: &'a str,
        /// whether its kubelet says that it is ready; null while that is not heard of
        ready: Option<bool>,
        /// whether it takes no new pods
        cordoned: bool,
        /// the pressures it is under: `MemoryPressure`, `DiskPressure`, `PIDPressure`, `NetworkUnavailable`
        pressures: Vec<&'a str>,
        /// its taints, as `key=value:Effect`
        taints: Vec<&'a str>,
        /// the EKS node group or Karpenter `NodePool` that made it
        nodegroup: Option<&'a str>,
        /// its instance type
        instance_type: Option<&'a str>,
        /// its zone
        zone: Option<&'a str>,
        /// how it is paid for, as its label says
        capacity_type: Option<&'a str>,
        /// what the scheduler may give to pods
        allocatable: ResourcesOfNode,
        /// what the pods on it ask for, as the scheduler counts
        requested: ResourcesOfNode,
        /// whether every pod on it was read; else they ask for at least that
        requested_complete: bool,
        /// when it joined
        created_at: Instant,
        /// when it was last confirmed
        seen_at: Instant,
        /// whether it is not confirmed any more
        stale: bool,
    }
}

record! {
    /// Room on a node.
    ResourcesOfNode {
        /// thousandths of a core
        cpu_millis: u64,
        /// bytes
        memory_bytes: u64,
        /// pods
        pods: u64,
    }
}

record! {
    /// A group of nodes that grows and shrinks.
    NodeGroupItem<'a> {
        /// the cluster's name in the configuration
        cluster: &'a str,
        /// its name
        name: &'a str,
        /// `eks`, `karpenter`
        kind: &'a str,
        /// `ACTIVE`, `DEGRADED`, …; of a `NodePool` `Ready`, or why it is not
        status: &'a str,
        /// the fewest nodes
        min: Option<u64>,
        /// the nodes that it wants
        desired: Option<u64>,
        /// the most nodes
        max: Option<u64>,
        /// its nodes that are there; null while the cluster's nodes were never read to the end
        nodes: Option<u64>,
        /// what a `NodePool` may use at most, and uses; empty for a node group of EKS
        limits: Vec<LimitOfPool<'a>>,
        /// its instance types
        instance_types: Vec<&'a str>,
        /// how its nodes are paid for
        capacity_type: Option<&'a str>,
        /// its Kubernetes version
        version: Option<&'a str>,
        /// what AWS or Karpenter says is wrong with it
        issues: Vec<IssueOfNodeGroup<'a>>,
        /// when it was last confirmed
        seen_at: Instant,
        /// whether it, or the number of its nodes, is not confirmed any more
        stale: bool,
    }
}

record! {
    /// What a `NodePool` may use at most of something.
    LimitOfPool<'a> {
        /// of what: `cpu`, `memory`, `nodes`
        resource: &'a str,
        /// how much is used, as Kubernetes writes it; null where the pool does not tell
        used: Option<&'a str>,
        /// the most, as Kubernetes writes it
        limit: &'a str,
    }
}

record! {
    /// What is wrong with a node group.
    IssueOfNodeGroup<'a> {
        /// its code, as it came
        code: &'a str,
        /// its words
        message: &'a str,
        /// what it is about
        resources: Vec<&'a str>,
    }
}

impl<'a> NodeItem<'a> {
    /// The item of a row.
    pub(super) fn new(scene: &Scene<'a>, row: &'a Row<Node>) -> NodeItem<'a> {
        let node = &*row.value;
        let requested = scene.state().requested(node.id);
        NodeItem {
            cluster: &node.cluster,
            name: &node.name,
            ready: node.ready,
            cordoned: node.cordoned,
            pressures: words(&node.pressures),
            taints: words(&node.taints),
            nodegroup: node.group_name.as_deref(),
            instance_type: node.instance_type.as_deref(),
            zone: node.zone.as_deref(),
            capacity_type: node.capacity_type.as_deref(),
            allocatable: ResourcesOfNode::new(node.allocatable),
            requested: ResourcesOfNode::new(requested.resources),
            requested_complete: requested.whole,
            created_at: Instant(node.created_at),
            seen_at: Instant(scene.seen_at(row)),
            stale: scene.is_stale(row),
        }
    }
}

impl ResourcesOfNode {
    fn new(resources: Resources) -> ResourcesOfNode {
        let Resources { cpu_millis, memory_bytes, pods } = resources;
        ResourcesOfNode { cpu_millis, memory_bytes, pods }
    }
}

impl<'a> NodeGroupItem<'a> {
    /// The item of a row.
    pub(super) fn new(scene: &Scene<'a>, row: &'a Row<NodeGroup>) -> NodeGroupItem<'a> {
        let group = &*row.value;
        NodeGroupItem {
            cluster: &group.cluster,
            name: &group.name,
            kind: group.kind.as_str(),
            status: &group.status,
            min: group.min,
            desired: group.desired,
            max: group.max,
            nodes: were_nodes_read(&scene.cx, group)
                .then(|| scene.state().group_counts(group.id).nodes),
            instance_types: words(&group.instance_types),
            capacity_type: group.capacity_type.as_deref(),
            version: group.version.as_deref(),
            limits: group.limits.iter().map(LimitOfPool::new).collect(),
            issues: group.issues.iter().map(IssueOfNodeGroup::new).collect(),
            seen_at: Instant(scene.seen_at(row)),
            stale: scene.is_stale(row) || !are_nodes_live(&scene.cx, group),
        }
    }
}

impl<'a> LimitOfPool<'a> {
    fn new((resource, used, limit): &'a (Text, Option<Text>, Text)) -> LimitOfPool<'a> {
        LimitOfPool { resource, used: used.as_deref(), limit }
    }
}

impl<'a> IssueOfNodeGroup<'a> {
    fn new(issue: &'a NodeGroupIssue) -> IssueOfNodeGroup<'a> {
        IssueOfNodeGroup {
            code: &issue.code,
            message: &issue.message,
            resources: words(&issue.resources),
        }
    }
}

fn words(texts: &[Text]) -> Vec<&str> {
    texts.iter().map(Text::as_str).collect()
}
