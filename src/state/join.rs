//! The join: from a job to its pod, node and node group, and back.

use imbl::{OrdMap, OrdSet};

use super::{Capacity, Row, State, Table};
use crate::domain::promise::{self, Breach};
use crate::domain::{
    Claim, ClusterPodId, EventId, JobId, NetworkPolicy, Node, NodeClaim, NodeClaimId, NodeGroup,
    NodeGroupId, NodeId, Occupant, Origin, Pod, PodEvent, PodId, PolicyId, Quota, QuotaId,
    Resources, RunnerId, SourceId, Text, TierIndex, Timestamp,
};

/// What was asked of a node by the pods on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Requested {
    /// The sum of requests, as the scheduler counts them.
    pub resources: Resources,
    /// Whether every pod of the cluster was read: else the sum is "at least".
    pub whole: bool,
}

/// The nodes of a group.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct GroupCounts {
    /// All that are known.
    pub nodes: u64,
    /// Of those, ready.
    pub ready: u64,
}

/// Who belongs to whom. Sets begin with what they are asked by; `i64` is an instant in microseconds, negated, so that
/// the newest comes first.
#[derive(Debug, Clone, Default)]
pub(super) struct Joins {
    pub(super) pods_of_job: OrdSet<(JobId, i64, PodId)>,
    pub(super) pods_of_node: OrdSet<(NodeId, PodId)>,
    pub(super) requested: OrdMap<NodeId, Resources>,
    pub(super) nodes_of_group: OrdSet<(NodeGroupId, NodeId)>,
    pub(super) group_counts: OrdMap<NodeGroupId, GroupCounts>,
    pub(super) claims_of_group: OrdSet<(NodeGroupId, NodeClaimId)>,
    pub(super) groups_of_tier: OrdSet<(TierIndex, NodeGroupId)>,
    pub(super) runners_of_tier: OrdSet<(TierIndex, RunnerId)>,
    pub(super) events_of_pod: OrdSet<(PodId, i64, EventId)>,
    /// Events whose pod is not known, by when they were last said.
    pub(super) orphans: OrdSet<(i64, EventId)>,
    /// The policies of a tier's namespace that deny egress by default.
    pub(super) denying: OrdSet<(TierIndex, PolicyId)>,
}

impl State {
    /// Pods of the tiers' namespaces.
    pub fn pods(&self) -> &Table<PodId, Pod> {
        &self.rows.pods
    }

    /// What was said of them.
    pub fn events(&self) -> &Table<EventId, PodEvent> {
        &self.rows.events
    }

    /// Nodes.
    pub fn nodes(&self) -> &Table<NodeId, Node> {
        &self.rows.nodes
    }

    /// Node groups.
    pub fn nodegroups(&self) -> &Table<NodeGroupId, NodeGroup> {
        &self.rows.nodegroups
    }

    /// Nodes that Karpenter makes.
    pub fn node_claims(&self) -> &Table<NodeClaimId, NodeClaim> {
        &self.rows.node_claims
    }

    /// Resource quotas of the tiers' namespaces.
    pub fn quotas(&self) -> &Table<QuotaId, Quota> {
        &self.rows.quotas
    }

    /// Network policies of the tiers' namespaces.
    pub fn policies(&self) -> &Table<PolicyId, NetworkPolicy> {
        &self.rows.policies
    }

    /// Pods outside the tiers' namespaces.
    pub fn occupants(&self) -> &Table<ClusterPodId, Occupant> {
        &self.rows.occupants
    }

    /// The live figures of a tier's pods; of those in no tier's namespace for `None`.
    pub fn capacity(&self, tier: Option<TierIndex>) -> Option<&Capacity> {
        self.index.capacity.tiers.get(self.queue_place(tier))
    }

    /// The pods that say they run a job, the newest first. Several are attempts, or forgeries: see [`State::claim`].
    pub fn pods_of_job(&self, job: JobId) -> impl Iterator<Item = PodId> {
        let range = (job, i64::MIN, PodId(0))..=(job, i64::MAX, PodId(u64::MAX));
        self.index.capacity.joins.pods_of_job.range(range).map(|(_, _, pod)| *pod)
    }

    /// The newest pod of a job. One that is believed goes before one that is not, however new that is.
    pub fn pod_of_job(&self, job: JobId) -> Option<PodId> {
        let mut best: Option<(u8, PodId)> = None;
        for id in self.pods_of_job(job) {
            let Some(pod) = self.rows.pods.get(id) else { continue };
            let doubt = match self.claim(pod) {
                Claim::Verified => return Some(id),
                Claim::Unknown => 1,
                Claim::Contradicted(_) | Claim::None => 2,
            };
            if best.is_none_or(|(known, _)| doubt < known) {
                best = Some((doubt, id));
            }
        }
        best.map(|(_, id)| id)
    }

    /// What is known of a pod's word about its job.
    pub fn claim(&self, pod: &Pod) -> Claim {
        let row = pod.claimed_job.and_then(|job| self.rows.jobs.row(job));
        Claim::judge(pod, row.map(|row| (&*row.value, self.job_seen_at(row))))
    }

    /// The job that a pod says it runs, and what is known of its word.
    pub fn job_of_pod(&self, pod: PodId) -> Option<(JobId, Claim)> {
        let pod = self.rows.pods.get(pod)?;
        Some((pod.claimed_job?, self.claim(pod)))
    }

    /// The pods of the tiers' namespaces that were placed on a node.
    pub fn pods_of_node(&self, node: NodeId) -> impl Iterator<Item = PodId> {
        let range = (node, PodId(0))..=(node, PodId(u64::MAX));
        self.index.capacity.joins.pods_of_node.range(range).map(|(_, pod)| *pod)
    }

    /// The address of the node that a pod was placed on; the node itself may not be known.
    pub fn node_of(&self, pod: &Pod) -> Option<NodeId> {
        node_of(pod)
    }

    /// What the pods on a node ask for: those that have not ended, of the tiers and others.
    pub fn requested(&self, node: NodeId) -> Requested {
        let resources = self.index.capacity.joins.requested.get(&node).copied().unwrap_or_default();
        let known = self.rows.nodes.get(node);
        let whole = known.is_some_and(|node| self.index.capacity.whole.contains(&node.cluster));
        Requested { resources, whole }
    }

    /// The nodes of a group.
    pub fn nodes_of_group(&self, group: NodeGroupId) -> impl Iterator<Item = NodeId> {
        let range = (group, NodeId(0))..=(group, NodeId(u64::MAX));
        self.index.capacity.joins.nodes_of_group.range(range).map(|(_, node)| *node)
    }

    /// How many nodes a group has, and how many of them are ready.
    pub fn group_counts(&self, group: NodeGroupId) -> GroupCounts {
        self.index.capacity.joins.group_counts.get(&group).copied().unwrap_or_default()
    }

    /// The node claims of a Karpenter `NodePool`.
    pub fn claims_of_group(&self, group: NodeGroupId) -> impl Iterator<Item = NodeClaimId> {
        let range = (group, NodeClaimId(0))..=(group, NodeClaimId(u64::MAX));
        self.index.capacity.joins.claims_of_group.range(range).map(|(_, claim)| *claim)
    }

    /// The node groups that carry a tier.
    pub fn groups_of_tier(&self, tier: TierIndex) -> impl Iterator<Item = NodeGroupId> {
        let range = (tier, NodeGroupId(0))..=(tier, NodeGroupId(u64::MAX));
        self.index.capacity.joins.groups_of_tier.range(range).map(|(_, group)| *group)
    }

    /// The runners of a tier.
    pub fn runners_of_tier(&self, tier: TierIndex) -> impl Iterator<Item = RunnerId> {
        let range = (tier, RunnerId(0))..=(tier, RunnerId(u64::MAX));
        self.index.capacity.joins.runners_of_tier.range(range).map(|(_, runner)| *runner)
    }

    /// What was said of a pod, the newest first.
    pub fn events_of(&self, pod: PodId) -> impl Iterator<Item = EventId> {
        let range = (pod, i64::MIN, EventId(0))..=(pod, i64::MAX, EventId(u64::MAX));
        self.index.capacity.joins.events_of_pod.range(range).map(|(_, _, event)| *event)
    }

    /// Whether a tier's namespace denies egress by default; `None` while its policies have not been read in this run,
    /// or may not be.
    pub fn denies_egress(&self, tier: TierIndex) -> Option<bool> {
        let pods = &self.tiers.get(tier)?.pods;
        let prefix = format!("{}/{}", pods.cluster.as_deref()?, pods.namespace.as_deref()?);
        if !self.is_read(SourceId::POLICIES, &prefix) {
            return None;
        }
        let range = (tier, PolicyId(0))..=(tier, PolicyId(u64::MAX));
        Some(self.index.capacity.joins.denying.range(range).next().is_some())
    }

    /// The promises of its tier that a pod breaks.
    pub fn breaches(&self, pod: PodId) -> Vec<Breach> {
        let Some(pod) = self.rows.pods.get(pod) else { return Vec::new() };
        let Some((index, tier)) = pod.tier.and_then(|index| Some((index, self.tiers.get(index)?)))
        else {
            return Vec::new();
        };
        let denies = tier.pods.egress_policy_required.then(|| self.denies_egress(index)).flatten();
        let mut breaches = promise::breaches(pod, tier, denies);
        breaches.extend(self.is_in_wrong_tier(pod).then_some(Breach::WrongTier));
        breaches
    }

    /// Whether a pod runs a job, beyond doubt, whose tags say another tier than the pod's namespace.
    pub(super) fn is_in_wrong_tier(&self, pod: &Pod) -> bool {
        let job = pod.claimed_job.and_then(|job| self.rows.jobs.get(job));
        let tiers = (pod.tier, job.and_then(|job| job.tier));
        matches!(tiers, (Some(is), Some(said)) if is != said) && self.claim(pod).is_verified()
    }

    /// When what a row says was last true: a watch tells changes alone, so that its silence confirms every row.
    pub fn row_seen_at<T>(&self, row: &Row<T>) -> Timestamp {
        let Some(key) = self.source_of(row).filter(|key| key.source.is_watched()) else {
            return row.seen_at();
        };
        let report = self.reports.get(key).filter(|report| report.origin == Origin::Live);
        let confirmed = report.filter(|_| row.origin == Origin::Live);
        confirmed
            .and_then(|report| report.confirmed_at)
            .map_or(row.seen_at(), |at| at.max(row.seen_at()))
    }

    /// Whether a feed was read, in this run and as far as it goes, over a cluster or (`cluster/namespace`) a part of it.
    pub(super) fn is_read(&self, source: SourceId, place: &str) -> bool {
        let mut reports = self
            .reports
            .iter()
            .filter(|(key, _)| key.source == source && key.scope.is_within(place))
            .map(|(_, report)| report)
            .peekable();
        reports.peek().is_some() && reports.all(crate::domain::Report::is_whole)
    }

    /// Whether every pod of a cluster was read in this run.
    pub(super) fn reads_all_pods(&self, cluster: &Text) -> bool {
        let of_tiers = self.tiers.iter().all(|(_, tier)| match &tier.pods.namespace {
            Some(ns) if tier.pods.cluster.as_ref() == Some(cluster) => {
                self.is_read(SourceId::PODS, &format!("{cluster}/{ns}"))
            }
            _ => true,
        });
        of_tiers && self.is_read(SourceId::OCCUPANTS, cluster)
    }
}

/// The address of the node that a pod was placed on.
pub(super) fn node_of(pod: &Pod) -> Option<NodeId> {
    Some(NodeId::of(&[&pod.cluster, pod.node.as_deref()?]))
}
