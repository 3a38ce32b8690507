//! What deserves attention in the capacity: sets that are kept up on change, for rules that must not walk over all pods.

use imbl::{OrdMap, OrdSet};

use super::State;
use crate::domain::promise::Breach;
use crate::domain::{NodeGroupId, NodeId, PodId, ProjectId, QuotaId, TierIndex};

/// What deserves attention, kept up on change.
#[derive(Debug, Clone, Default)]
pub(super) struct Troubles {
    /// Pods whose claim waits for GitLab, by the project that it is about.
    pub(super) doubtful: OrdSet<(ProjectId, PodId)>,
    pub(super) contradicted: OrdSet<(Option<TierIndex>, PodId)>,
    pub(super) broken: OrdSet<(TierIndex, Breach, PodId)>,
    pub(super) broken_counts: OrdMap<(TierIndex, Breach), u64>,
    /// Pods that break anything.
    pub(super) broken_pods: OrdMap<TierIndex, u64>,
    pub(super) not_ready: OrdSet<NodeId>,
    /// Nodes that are ready and under a pressure.
    pub(super) pressed: OrdSet<NodeId>,
    pub(super) ill_groups: OrdSet<NodeGroupId>,
    pub(super) exhausted: OrdSet<QuotaId>,
}

impl State {
    /// The pods of a tier whose word about their job is not believed.
    pub fn contradicted(&self, tier: Option<TierIndex>) -> impl Iterator<Item = PodId> {
        let range = (tier, PodId(0))..=(tier, PodId(u64::MAX));
        self.index.capacity.troubles.contradicted.range(range).map(|(_, pod)| *pod)
    }

    /// The promises of a tier that pods break by themselves, and by how many; see [`State::denies_egress`] for what the
    /// namespace does.
    pub fn broken(&self, tier: TierIndex) -> impl Iterator<Item = (Breach, u64)> {
        let counts = &self.index.capacity.troubles.broken_counts;
        let of_tier = counts.range((tier, Breach::Privileged)..=(tier, Breach::WrongTier));
        of_tier.filter(|(_, pods)| **pods > 0).map(|((_, breach), pods)| (*breach, *pods))
    }

    /// The pods that break a promise of a tier.
    pub fn broken_pods(&self, tier: TierIndex, breach: Breach) -> impl Iterator<Item = PodId> {
        let range = (tier, breach, PodId(0))..=(tier, breach, PodId(u64::MAX));
        self.index.capacity.troubles.broken.range(range).map(|(_, _, pod)| *pod)
    }

    /// How many pods break any promise of a tier.
    pub fn broken_len(&self, tier: TierIndex) -> u64 {
        self.index.capacity.troubles.broken_pods.get(&tier).copied().unwrap_or(0)
    }

    /// Nodes that are not ready, or whose kubelet is silent.
    pub fn not_ready_nodes(&self) -> impl Iterator<Item = NodeId> {
        self.index.capacity.troubles.not_ready.iter().copied()
    }

    /// Nodes that are ready and short of something: memory, disk, process ids, network.
    pub fn pressed_nodes(&self) -> impl Iterator<Item = NodeId> {
        self.index.capacity.troubles.pressed.iter().copied()
    }

    /// Node groups with which something is wrong.
    pub fn ill_groups(&self) -> impl Iterator<Item = NodeGroupId> {
        self.index.capacity.troubles.ill_groups.iter().copied()
    }

    /// Quotas of which nothing is left.
    pub fn exhausted_quotas(&self) -> impl Iterator<Item = QuotaId> {
        self.index.capacity.troubles.exhausted.iter().copied()
    }
}
