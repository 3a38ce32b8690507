//! What explains what: findings that share a cause fold under it, the cause first and what follows from it below.
//!
//! **Invariant:** a cause is only named where the finding that would explain another is itself proved now, and nothing
//! that is known speaks against it: of a tier with room in one of its node groups no full group is called the cause.
//! **Invariant:** a cause stands on a lower rung than what it explains, so that no chain leads back to its beginning.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use crate::domain::{
    EntityId, Finding, FindingId, NodeGroup, NodeGroupId, Quota, Severity, SloId, Tier, TierIndex,
};
use crate::state::State;

/// Of the slots of a tier so many, as one part in this, must wait for nodes before the nodes explain that no slot is left.
const FEW: u64 = 4;

/// Where a finding stands on the way from the ground of a tier to what is promised of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Rung {
    /// What pods stand on: node groups, nodes, quotas.
    Ground,
    /// Pods that get no node, runners that are silent.
    Capacity,
    /// Slots, all of which are taken.
    Slots,
    /// Jobs that wait.
    Queue,
    /// Objectives that burn.
    Promise,
    /// What is held back for that.
    Gate,
}

impl Rung {
    fn of(code: &str) -> Option<Rung> {
        match code {
            "capacity.group_ill"
            | "capacity.at_max"
            | "capacity.node_not_ready"
            | "capacity.node_pressure"
            | "capacity.quota" => Some(Rung::Ground),
            "capacity.unplaced" | "runner.silent" => Some(Rung::Capacity),
            "tier.saturated" => Some(Rung::Slots),
            "queue.late" | "tier.starved" => Some(Rung::Queue),
            "slo.burning" | "slo.exhausted" => Some(Rung::Promise),
            "gate.closed" => Some(Rung::Gate),
            _ => None,
        }
    }
}

/// Names the cause of each finding that another explains.
pub(super) fn explain(state: &State, findings: &mut [Finding]) {
    let causes: Vec<Option<FindingId>> =
        findings.iter().map(|finding| cause(state, findings, finding)).collect();
    for (finding, cause) in findings.iter_mut().zip(causes) {
        finding.joined.cause = cause;
    }
}

/// The finding on the nearest rung below, of the same tier or service; of several the gravest, as they are ordered.
fn cause(state: &State, findings: &[Finding], finding: &Finding) -> Option<FindingId> {
    let rung = Rung::of(finding.id.code)?;
    let below =
        |one: &&Finding| one.is_found() && Rung::of(one.id.code).is_some_and(|below| below < rung);
    if rung == Rung::Gate {
        let of_service = |one: &&Finding| is_of_service(state, one, finding);
        return findings.iter().filter(below).find(of_service).map(|one| one.id.clone());
    }
    let mut tiers = state.tiers().iter().filter(|(index, tier)| hits(state, finding, *index, tier));
    let (index, tier) = tiers.next()?;
    if tiers.next().is_some() {
        return None;
    }
    let explains = |one: &&Finding| {
        hits(state, one, index, tier) && suffices(state, one, index) && bears(one, finding)
    };
    // The last of equals would win by `max_by_key`: reversed, it is the first, which is the gravest.
    let all: Vec<&Finding> = findings.iter().filter(below).filter(explains).collect();
    all.into_iter().rev().max_by_key(|one| Rung::of(one.id.code)).map(|one| one.id.clone())
}

/// Whether two findings are about objectives of one service.
fn is_of_service(state: &State, one: &Finding, other: &Finding) -> bool {
    let service = |finding: &Finding| match &finding.id.about {
        EntityId::Slo(id) => state.slos().get(*id).map(|slo| slo.service.clone()),
        _ => None,
    };
    service(one).is_some_and(|mine| service(other) == Some(mine))
}

/// Whether a finding is about a tier, or about what the tier stands on.
fn hits(state: &State, finding: &Finding, index: TierIndex, tier: &Tier) -> bool {
    match &finding.id.about {
        EntityId::Tier(about) => *about == index,
        EntityId::NodeGroup(group) => is_of_tier(state, *group, index),
        EntityId::Node(node) => {
            let group = state.nodes().get(*node).and_then(|node| node.group);
            group.is_some_and(|group| is_of_tier(state, group, index))
        }
        EntityId::Quota(quota) => {
            state.quotas().get(*quota).is_some_and(|quota| is_of_namespace(quota, tier))
        }
        EntityId::Slo(slo) => is_objective_of(state, *slo, tier),
        _ => false,
    }
}

fn is_of_tier(state: &State, group: NodeGroupId, index: TierIndex) -> bool {
    state.groups_of_tier(index).any(|known| known == group)
}

fn is_of_namespace(quota: &Quota, tier: &Tier) -> bool {
    tier.pods.cluster.as_ref() == Some(&quota.cluster)
        && tier.pods.namespace.as_ref() == Some(&quota.namespace)
}

/// Whether an objective says by a label that it is the queue's of this tier.
fn is_objective_of(state: &State, slo: SloId, tier: &Tier) -> bool {
    let Some(slo) = state.slos().get(slo) else { return false };
    slo.labels
        .iter()
        .any(|(name, value)| matches!(name.as_str(), "tier" | "runner_tier") && *value == tier.name)
}

/// Whether what is found of one group is enough to hold the tier's pods back: none of its groups has room.
fn suffices(state: &State, finding: &Finding, index: TierIndex) -> bool {
    match &finding.id.about {
        EntityId::NodeGroup(_) | EntityId::Node(_) => {
            let mut groups =
                state.groups_of_tier(index).filter_map(|id| state.nodegroups().get(id));
            groups.all(|group| has_no_room(group))
        }
        _ => true,
    }
}

/// Whether a finding weighs enough to explain another: a few pods without a node do not fill all slots.
fn bears(one: &Finding, other: &Finding) -> bool {
    let is_slots = Rung::of(other.id.code) == Some(Rung::Slots);
    match Rung::of(one.id.code) {
        Some(Rung::Capacity) if is_slots => one.count.saturating_mul(FEW) >= other.count,
        _ => true,
    }
}

fn has_no_room(group: &NodeGroup) -> bool {
    group.is_at_maximum() || !group.issues.is_empty()
}

/// Puts what follows from a cause right below it, as deep as the chain is. A cause is as high in the order as the gravest
/// that follows from it; of equals, what hits most.
pub(super) fn fold(findings: Vec<Finding>) -> Vec<Finding> {
    let mut below: BTreeMap<FindingId, Vec<Finding>> = BTreeMap::new();
    let mut chains: Vec<Vec<Finding>> = Vec::new();
    let known: BTreeSet<FindingId> = findings.iter().map(|finding| finding.id.clone()).collect();
    for finding in findings {
        match finding.joined.cause.clone().filter(|cause| known.contains(cause)) {
            Some(cause) => below.entry(cause).or_default().push(finding),
            None => chains.push(vec![finding]),
        }
    }
    for chain in &mut chains {
        let mut open: Vec<Finding> = std::mem::take(chain);
        while let Some(next) = open.pop() {
            open.extend(below.remove(&next.id).unwrap_or_default().into_iter().rev());
            chain.push(next);
        }
    }
    // The order that they came in breaks ties: the sort is stable.
    chains.sort_by_key(|chain| weight(chain));
    chains.into_iter().flatten().collect()
}

/// What stands first: the gravest, what is found now, what breaks a promise that is measured, what explains most, what
/// hits most.
type Weight = (Severity, bool, bool, Reverse<usize>, Reverse<u64>);

fn weight(chain: &[Finding]) -> Weight {
    let severity = chain.iter().map(|finding| finding.severity).min().unwrap_or(Severity::Info);
    let burns = chain.iter().any(|finding| Rung::of(finding.id.code) == Some(Rung::Promise));
    let hits = chain.iter().map(|finding| finding.count).max().unwrap_or_default();
    let is_found = chain.iter().any(Finding::is_found);
    (severity, !is_found, !(burns && chain.len() > 1), Reverse(chain.len()), Reverse(hits))
}
