//! Rules about the capacity under the queue: pods, nodes, node groups, quotas.

use super::{Rule, Scene, whole};
use crate::domain::time::{instant_utc, seconds_between, span};
use crate::domain::{
    EntityId, Evidence, Finding, FindingId, Health, Joined, NodeGroup, NodeGroupId, NodeGroupKind,
    PodId, Severity, SourceId, Text, Tier, TierIndex, Timestamp,
};
use crate::state::Capacity;

/// This many times beyond the target is grave.
const GRAVE: i64 = 5;

/// How many things are named before the others are only counted.
const NAMED: usize = 3;

/// So many of the pods without a node are looked at, the oldest first: whether somebody holds them back.
const LOOKED_AT: usize = 100;

/// When a feed over a cluster or a namespace (`cluster/namespace`) was last confirmed; `None` unless all of it is live.
pub(super) fn confirmed(scene: &Scene<'_>, source: SourceId, place: &str) -> Option<Timestamp> {
    let reports = scene.state.reports();
    let of_place = reports.filter(|(key, _)| key.source == source && key.scope.is_within(place));
    let mut oldest: Option<Timestamp> = None;
    for (_, report) in of_place {
        if !matches!(report.health(scene.now), Health::Live | Health::Partial) {
            return None;
        }
        let at = report.confirmed_at?;
        oldest = Some(oldest.map_or(at, |known| known.min(at)));
    }
    oldest
}

/// The namespace of a tier's pods, as feeds name it.
pub(super) fn place_of(tier: &Tier) -> Option<String> {
    let pods = &tier.pods;
    Some(format!("{}/{}", pods.cluster.as_deref()?, pods.namespace.as_deref()?))
}

/// A tier whose pods are read, its figures, and when they were confirmed.
pub(super) struct Seen<'a> {
    pub(super) index: TierIndex,
    pub(super) tier: &'a Tier,
    pub(super) capacity: &'a Capacity,
    pub(super) at: Timestamp,
}

/// The tiers whose pods are known as they are now.
pub(super) fn tiers<'a>(scene: &Scene<'a>) -> Vec<Seen<'a>> {
    let state = scene.state;
    let seen = |(index, tier): (TierIndex, &'a Tier)| {
        let at = confirmed(scene, SourceId::PODS, &place_of(tier)?)?;
        Some(Seen { index, tier, capacity: state.capacity(Some(index))?, at })
    };
    state.tiers().iter().filter_map(seen).collect()
}

pub(super) fn evidence(field: &'static str, value: &str, seen_at: Timestamp) -> Evidence {
    Evidence { field, value: Text::new(value), source: "kubernetes", seen_at: Some(seen_at) }
}

pub(super) fn count(number: usize) -> u64 {
    u64::try_from(number).unwrap_or(u64::MAX)
}

/// The first few words, and how many more there are.
pub(super) fn few(words: &[&str], all: usize) -> String {
    let named = words.iter().take(NAMED).copied().collect::<Vec<_>>().join(", ");
    match all.saturating_sub(words.len().min(NAMED)) {
        0 => named,
        more => format!("{named} and {more} more"),
    }
}

/// When a node group was last confirmed; `None` unless the feed that brings its kind is live.
fn group_confirmed(scene: &Scene<'_>, group: &NodeGroup) -> Option<Timestamp> {
    let source = match group.kind {
        NodeGroupKind::Eks => SourceId::NODEGROUPS,
        NodeGroupKind::Karpenter => SourceId::NODEPOOLS,
    };
    confirmed(scene, source, &group.cluster)
}

/// The pods of a tier that want a node: since when the oldest waits, which it is, and how many there are. What somebody
/// holds back by a gate waits for that, and not for a node.
fn homeless(scene: &Scene<'_>, capacity: &Capacity) -> Option<(Timestamp, PodId, usize)> {
    let is_gated =
        |id: PodId| scene.state.pods().get(id).is_some_and(|pod| &*pod.state == "SchedulingGated");
    let looked_at = || capacity.unplaced_longest().take(LOOKED_AT);
    let (since, oldest) = looked_at().find(|(_, id)| !is_gated(*id))?;
    let gated = looked_at().filter(|(_, id)| is_gated(*id)).count();
    Some((since, oldest, capacity.unplaced().saturating_sub(gated)))
}

/// A node group is at its maximum while pods of its tier have no node.
pub(super) fn at_max(rule: &Rule, scene: &Scene<'_>) -> Vec<Finding> {
    let of_tier = |seen: Seen<'_>| {
        let Some((since, _, unplaced)) = homeless(scene, seen.capacity) else { return Vec::new() };
        let waits = seconds_between(since, scene.now);
        let late = waits > whole(seen.tier.pods.scheduling_target_seconds);
        let judge = |id: NodeGroupId| {
            let group = scene.state.nodegroups().get(id).filter(|group| group.is_at_maximum())?;
            let at = group_confirmed(scene, group)?;
            let (title, proof) = full(group);
            Some(Finding {
                id: FindingId { code: rule.code, about: EntityId::NodeGroup(id) },
                severity: if late { Severity::High } else { Severity::Medium },
                title: Text::new(&format!(
                    "{title} while {unplaced} pods of tier {} have no node",
                    seen.tier.name
                )),
                evidence: vec![
                    Evidence {
                        field: proof.0,
                        value: Text::new(&proof.1),
                        source: group.kind.as_str(),
                        seen_at: Some(at),
                    },
                    evidence("unplaced", &unplaced.to_string(), seen.at),
                    evidence("oldest.created_at", &instant_utc(since), seen.at),
                ],
                next_step: Text::new(
                    "raise its maximum (nodegroup.scale), or look whether running jobs hold their nodes too long",
                ),
                since: Some(since),
                count: count(unplaced),
                joined: Joined::default(),
            })
        };
        scene.state.groups_of_tier(seen.index).filter_map(judge).collect()
    };
    tiers(scene).into_iter().flat_map(of_tier).collect()
}

/// That a group cannot grow, in words, and the field that proves it.
fn full(group: &NodeGroup) -> (String, (&'static str, String)) {
    match (group.desired, group.max) {
        (Some(wanted), Some(max)) if wanted >= max => (
            format!("node group {} is at its maximum ({wanted} of {max})", group.name),
            ("nodegroup.desired", format!("{wanted} of at most {max}")),
        ),
        _ => {
            let told = |(what, used, limit): &(Text, Option<Text>, Text)| {
                format!("{what} {} of {limit}", used.as_deref().unwrap_or("?"))
            };
            let limits = group.limits.iter().map(told).collect::<Vec<_>>().join(", ");
            (
                format!("NodePool {} is at its limits ({limits})", group.name),
                ("nodepool.limits", limits),
            )
        }
    }
}

/// AWS, or Karpenter, says that something is wrong with a node group.
pub(super) fn group_ill(rule: &Rule, scene: &Scene<'_>) -> Vec<Finding> {
    let judge = |id: NodeGroupId| {
        let group = scene.state.nodegroups().get(id)?;
        let at = group_confirmed(scene, group)?;
        let codes: Vec<&str> = group.issues.iter().map(|issue| &*issue.code).collect();
        let what = if codes.is_empty() { group.status.to_string() } else { codes.join(", ") };
        let said = |issue: &crate::domain::NodeGroupIssue| Evidence {
            field: "nodegroup.health.issue",
            value: Text::new(&format!("{}: {}", issue.code, issue.message)),
            source: group.kind.as_str(),
            seen_at: Some(at),
        };
        let status = Evidence {
            field: "nodegroup.status",
            value: group.status.clone(),
            source: group.kind.as_str(),
            seen_at: Some(at),
        };
        Some(Finding {
            id: FindingId { code: rule.code, about: EntityId::NodeGroup(id) },
            severity: Severity::High,
            title: Text::new(&format!("node group {}: {what}", group.name)),
            evidence: group.issues.iter().take(NAMED).map(said).chain([status]).collect(),
            next_step: Text::new("open the group: its issues name the resources to put right"),
            since: None,
            count: count(codes.len().max(1)),
            joined: Joined::default(),
        })
    };
    scene.state.ill_groups().filter_map(judge).collect()
}

/// Pods of a tier have no node for longer than the target.
pub(super) fn unplaced(rule: &Rule, scene: &Scene<'_>) -> Vec<Finding> {
    let judge = |seen: Seen<'_>| {
        let (since, oldest, unplaced) = homeless(scene, seen.capacity)?;
        let waits = seconds_between(since, scene.now);
        let target = whole(seen.tier.pods.scheduling_target_seconds);
        let said = scene.state.pods().get(oldest).and_then(|pod| pod.message.clone());
        let words = said.as_deref().unwrap_or("nothing was said of it");
        (waits > target).then(|| Finding {
            id: FindingId { code: rule.code, about: EntityId::Tier(seen.index) },
            severity: if waits > target * GRAVE { Severity::High } else { Severity::Medium },
            title: Text::new(&format!(
                "tier {}: {unplaced} pods have no node beyond the target of {}",
                seen.tier.name,
                span(target)
            )),
            evidence: vec![
                evidence("oldest.created_at", &instant_utc(since), seen.at),
                evidence("oldest.message", words, seen.at),
                evidence("unplaced", &unplaced.to_string(), seen.at),
            ],
            next_step: Text::new(
                "look at the tier's node groups: at their maximum, ill, or still growing",
            ),
            since: Some(since),
            count: count(unplaced),
            joined: Joined::default(),
        })
    };
    tiers(scene).into_iter().filter_map(judge).collect()
}

/// Pods of a tier have a node and do not get on there: no image, a crash.
pub(super) fn stuck(rule: &Rule, scene: &Scene<'_>) -> Vec<Finding> {
    let judge = |seen: Seen<'_>| {
        let (since, oldest) = seen.capacity.stuck().next()?;
        let pod = scene.state.pods().get(oldest)?;
        let all = seen.capacity.stuck_len();
        let words = pod.message.as_deref().unwrap_or("nothing was said of it");
        Some(Finding {
            id: FindingId { code: rule.code, about: EntityId::Tier(seen.index) },
            severity: Severity::Medium,
            title: Text::new(&format!("tier {}: pods are stuck: {}", seen.tier.name, pod.state)),
            evidence: vec![
                evidence("pod.state", &format!("{} {}", pod.name, pod.state), seen.at),
                evidence("pod.message", words, seen.at),
                evidence("stuck", &all.to_string(), seen.at),
            ],
            next_step: Text::new("open the pod: its events tell which image or container it is"),
            since: Some(since),
            count: count(all),
            joined: Joined::default(),
        })
    };
    tiers(scene).into_iter().filter_map(judge).collect()
}

/// Nothing is left of what a namespace may use.
pub(super) fn quota(rule: &Rule, scene: &Scene<'_>) -> Vec<Finding> {
    let judge = |id| {
        let quota = scene.state.quotas().get(id)?;
        let place = format!("{}/{}", quota.cluster, quota.namespace);
        let at = confirmed(scene, SourceId::QUOTAS, &place)?;
        let spent = quota.items.iter().filter(|(what, _, _)| quota.exhausted.contains(what));
        let told = |(what, used, most): &(Text, Text, Text)| {
            evidence("quota.used", &format!("{what}: {used} of {most}"), at)
        };
        let names: Vec<&str> = quota.exhausted.iter().map(|what| &**what).collect();
        Some(Finding {
            id: FindingId { code: rule.code, about: EntityId::Quota(id) },
            severity: Severity::High,
            title: Text::new(&format!(
                "quota {} of namespace {} is exhausted: {}",
                quota.name,
                quota.namespace,
                few(&names, names.len())
            )),
            evidence: spent.take(NAMED).map(told).collect(),
            next_step: Text::new("raise the quota, or end pods of the namespace that nobody needs"),
            since: None,
            count: count(names.len()),
            joined: Joined::default(),
        })
    };
    scene.state.exhausted_quotas().filter_map(judge).collect()
}
