//! What limits a tier: how much of each of its three ceilings is used.

use super::State;
use crate::domain::{NodeGroup, Runner, SourceId, TierIndex};

/// A limit to how many jobs of a tier may run at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum CeilingKind {
    /// How many jobs the tier's runners take, by their own `limit`.
    RunnerLimit,
    /// How many jobs a runner manager takes for all its runners.
    Concurrent,
    /// How many nodes the tier's node groups may have.
    NodegroupMax,
}

impl CeilingKind {
    /// Its word.
    pub fn as_str(self) -> &'static str {
        match self {
            CeilingKind::RunnerLimit => "runner_limit",
            CeilingKind::Concurrent => "concurrent",
            CeilingKind::NodegroupMax => "nodegroup_max",
        }
    }
}

/// A limit and how much of it is used; `None` is unknown, never nought.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Ceiling {
    /// What limits.
    pub kind: CeilingKind,
    /// How much is used: jobs, or nodes.
    pub used: Option<u64>,
    /// How much there may be.
    pub limit: Option<u64>,
    /// The one by the other; of Karpenter's pools the share of their limits that is used.
    pub ratio: Option<f64>,
}

impl Ceiling {
    fn new(kind: CeilingKind, used: Option<u64>, limit: Option<u64>) -> Ceiling {
        let ratio = match (used, limit) {
            (Some(used), Some(limit)) if limit > 0 => Some(super::queue::ratio(used, limit)),
            _ => None,
        };
        Ceiling { kind, used, limit, ratio }
    }

    /// The one of which the largest share is used; `None` where no share is known.
    pub fn tightest(ceilings: &[Ceiling]) -> Option<Ceiling> {
        let known = ceilings.iter().filter(|ceiling| ceiling.ratio.is_some());
        known.copied().reduce(|best, one| if one.ratio > best.ratio { one } else { best })
    }
}

impl State {
    /// How much of each ceiling a tier uses.
    pub fn ceilings(&self, tier: TierIndex) -> [Ceiling; 3] {
        [
            self.runner_limit(tier),
            // Told by the managers' metrics alone.
            Ceiling::new(CeilingKind::Concurrent, None, None),
            self.nodegroup_max(tier),
        ]
    }

    /// The ceiling of which a tier uses the largest share.
    pub fn tightest_ceiling(&self, tier: TierIndex) -> Option<Ceiling> {
        Ceiling::tightest(&self.ceilings(tier))
    }

    /// A paused runner takes no jobs, so that its limit is none of the tier's. A limit of nought is GitLab Runner's
    /// word for "no limit".
    fn runner_limit(&self, tier: TierIndex) -> Ceiling {
        let all = || {
            let runners = self.runners_of_tier(tier).filter_map(|id| self.rows.runners.get(id));
            runners.filter(|runner| !runner.paused)
        };
        let any = all().next().is_some();
        let sum = |of: fn(&Runner) -> Option<u64>| all().map(|runner| of(runner)).sum();
        let limit: Option<u64> = sum(|runner| runner.limit.filter(|limit| *limit > 0));
        let running: Option<u64> = sum(|runner| runner.running);
        let used = running.or_else(|| {
            self.knows_queue().then(|| self.queue(Some(tier)).map(super::Queue::running)).flatten()
        });
        Ceiling::new(CeilingKind::RunnerLimit, used.filter(|_| any), limit.filter(|_| any))
    }

    fn nodegroup_max(&self, tier: TierIndex) -> Ceiling {
        let all = || self.groups_of_tier(tier).filter_map(|id| self.rows.nodegroups.get(id));
        let any = all().next().is_some();
        let max: Option<u64> = all().map(|group| group.max).sum();
        let used: Option<u64> = all().map(|group| self.wanted_nodes(group)).sum();
        // A NodePool is limited by what its nodes hold, not by their number; of several the emptiest still takes pods.
        let shares: Option<Vec<f64>> = all().map(|group| group.share_of_limits()).collect();
        let share = shares.and_then(|shares| shares.into_iter().reduce(f64::min));
        if max.is_none() && share.is_some() {
            return Ceiling {
                ratio: share,
                ..Ceiling::new(CeilingKind::NodegroupMax, used.filter(|_| any), None)
            };
        }
        Ceiling::new(CeilingKind::NodegroupMax, used.filter(|_| any), max.filter(|_| any))
    }

    /// The nodes that a group wants; where it does not say, those that it has, as far as nodes are read.
    pub(super) fn wanted_nodes(&self, group: &NodeGroup) -> Option<u64> {
        let has = || {
            let read = self.is_read(SourceId::NODES, &group.cluster);
            read.then(|| self.group_counts(group.id).nodes)
        };
        group.desired.or_else(has)
    }
}
