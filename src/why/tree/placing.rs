//! The nodes of a tier against what a pod asks of them.

use crate::domain::{MisfitKind, Node, Pod, Refusal, SourceId};
use crate::why::facts::Gap;
use crate::why::walk::Walk;

/// Taints that say how a node is, not for whom it is.
const OF_STATE: [&str; 9] = [
    "node.kubernetes.io/not-ready",
    "node.kubernetes.io/unreachable",
    "node.kubernetes.io/memory-pressure",
    "node.kubernetes.io/disk-pressure",
    "node.kubernetes.io/pid-pressure",
    "node.kubernetes.io/network-unavailable",
    "node.cloudprovider.kubernetes.io/uninitialized",
    "karpenter.sh/unregistered",
    "node.eks.amazonaws.com/unready",
];

/// Taints of nodes that go away.
const OF_GOING: [&str; 4] = [
    "node.kubernetes.io/unschedulable",
    "karpenter.sh/disrupted",
    "karpenter.sh/disruption",
    "ToBeDeletedByClusterAutoscaler",
];

/// What the scheduler's reasons come to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Reasons {
    /// Nodes that lack room.
    pub(super) room: u64,
    /// Nodes with as many pods as they may have.
    pub(super) crowded: u64,
    /// Nodes whose taint is for others.
    pub(super) taint: u64,
    /// Nodes that the pod's own selectors leave out.
    pub(super) affinity: u64,
    /// Nodes that are not well.
    pub(super) ill: u64,
    /// Nodes that are cordoned or go away.
    pub(super) going: u64,
    /// Nodes to which a volume cannot follow.
    pub(super) volume: u64,
    /// Nodes that spread, anti-affinity or a port leave out.
    pub(super) neighbours: u64,
}

impl Reasons {
    pub(super) fn of(refusal: &Refusal) -> Reasons {
        let mut reasons = Reasons::default();
        for misfit in &refusal.misfits {
            let count = match &misfit.kind {
                MisfitKind::Insufficient(what) if &**what == "pods" => &mut reasons.crowded,
                MisfitKind::Insufficient(_) => &mut reasons.room,
                MisfitKind::TooManyPods => &mut reasons.crowded,
                MisfitKind::Taint(taint) => {
                    let taint = taint.as_deref().unwrap_or_default();
                    if OF_STATE.iter().any(|known| taint.contains(known)) {
                        &mut reasons.ill
                    } else if OF_GOING.iter().any(|known| taint.contains(known)) {
                        &mut reasons.going
                    } else {
                        &mut reasons.taint
                    }
                }
                MisfitKind::Affinity => &mut reasons.affinity,
                MisfitKind::Cordoned => &mut reasons.going,
                MisfitKind::Volume => &mut reasons.volume,
                MisfitKind::Neighbours | MisfitKind::Ports => &mut reasons.neighbours,
                MisfitKind::Other => continue,
            };
            *count += misfit.nodes;
        }
        reasons
    }

    /// Whether every reason is one that no further node of the same kind would change.
    pub(super) fn is_barred(self) -> bool {
        self.taint + self.affinity > 0
            && self.room + self.crowded + self.ill + self.going + self.volume + self.neighbours == 0
    }
}

/// The nodes of a pod's tier.
pub(super) fn nodes<'a>(walk: &Walk<'_, 'a>, pod: &Pod) -> Result<Vec<&'a Node>, Gap> {
    walk.facts.feed(SourceId::NODES, pod.tier)?;
    let state = walk.facts.state;
    let Some(tier) = pod.tier else { return Ok(Vec::new()) };
    // Which nodes are the tier's is known by its groups.
    walk.facts.groups(tier)?;
    let ids = state.groups_of_tier(tier).flat_map(|group| state.nodes_of_group(group));
    Ok(ids.filter_map(|id| state.nodes().get(id)).map(AsRef::as_ref).collect())
}

/// What a pod asks for beyond the most that any of these nodes has, in words.
pub(super) fn beyond(pod: &Pod, nodes: &[&Node]) -> Option<String> {
    let cpu = nodes.iter().map(|node| node.allocatable.cpu_millis).max()?;
    let memory = nodes.iter().map(|node| node.allocatable.memory_bytes).max()?;
    let mut words = Vec::new();
    if pod.cpu_request_millis > cpu {
        words.push(format!("cpu {}m of at most {cpu}m", pod.cpu_request_millis));
    }
    if pod.memory_request_bytes > memory {
        let mib = |bytes: u64| bytes / (1 << 20);
        words.push(format!(
            "memory {} MiB of at most {} MiB",
            mib(pod.memory_request_bytes),
            mib(memory)
        ));
    }
    (!words.is_empty()).then(|| words.join(", "))
}
