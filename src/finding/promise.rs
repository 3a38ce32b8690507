//! Rules about what a tier promises of its pods, and about pods whose word is not believed.

use super::capacity::{Seen, confirmed, count, evidence, place_of, tiers};
use super::{Rule, Scene};
use crate::domain::promise::Breach;
use crate::domain::{
    Claim, EntityId, Evidence, Finding, FindingId, Health, Joined, PodId, Severity, SourceId, Text,
};

/// How many pods are named before the others are only counted.
const NAMED: usize = 3;

/// Pods of a tier break what it promises: one finding a tier, a line of evidence for each promise.
pub(super) fn broken(rule: &Rule, scene: &Scene<'_>) -> Vec<Finding> {
    let judge = |seen: Seen<'_>| {
        let state = scene.state;
        let mut all: Vec<(Breach, u64)> = state.broken(seen.index).collect();
        let policies = confirmed(scene, SourceId::POLICIES, &place_of(seen.tier)?);
        let is_open = policies.is_some()
            && seen.tier.pods.egress_policy_required
            && state.denies_egress(seen.index) == Some(false);
        if is_open {
            all.push((Breach::OpenEgress, seen.capacity.pods()));
            all.sort_unstable();
        }
        let severity = all.iter().map(|(breach, _)| breach.severity()).min()?;
        let names: Vec<&str> = all.iter().map(|(breach, _)| breach.code()).collect();
        let told = |(breach, pods): &(Breach, u64)| {
            let example = state.broken_pods(seen.index, *breach).next();
            let name = example.and_then(|id| state.pods().get(id)).map(|pod| pod.name.clone());
            let name = name.map_or_else(String::new, |name| format!(", such as {name}"));
            let noun = if *pods == 1 { "pod" } else { "pods" };
            evidence(breach.code(), &format!("{pods} {noun}{name}"), seen.at)
        };
        let pods = if is_open { seen.capacity.pods() } else { state.broken_len(seen.index) };
        Some(Finding {
            id: FindingId { code: rule.code, about: EntityId::Tier(seen.index) },
            severity,
            title: Text::new(&format!(
                "tier {}: its promises are broken: {}",
                seen.tier.name,
                names.join(", ")
            )),
            evidence: all.iter().map(told).collect(),
            next_step: Text::new(
                "look at the runner's configuration: a job should not be able to ask for this",
            ),
            since: None,
            count: pods,
            joined: Joined::default(),
        })
    };
    tiers(scene).into_iter().filter_map(judge).collect()
}

/// Pods name a job that GitLab says is not theirs.
pub(super) fn contradicted(rule: &Rule, scene: &Scene<'_>) -> Vec<Finding> {
    let state = scene.state;
    let queue = state.source_health(SourceId::QUEUE, scene.now);
    if !matches!(queue, Some(Health::Live | Health::Partial)) {
        return Vec::new();
    }
    let judge = |seen: Seen<'_>| {
        let all = state.contradicted(Some(seen.index)).count();
        let told = |id: PodId| -> Option<Evidence> {
            let pod = state.pods().get(id)?;
            let Claim::Contradicted(reason) = state.claim(pod) else { return None };
            let job = pod.claimed_job?;
            let words = format!("{} names job {job}: {}", pod.name, reason.words());
            Some(evidence("pod.annotation", &words, seen.at))
        };
        let named = state.contradicted(Some(seen.index)).take(NAMED).filter_map(told).collect();
        (all > 0).then(|| Finding {
            id: FindingId { code: rule.code, about: EntityId::Tier(seen.index) },
            severity: Severity::High,
            title: Text::new(&format!(
                "tier {}: pods name jobs that are not theirs",
                seen.tier.name
            )),
            evidence: named,
            next_step: Text::new(
                "find who made these pods; forbid pod_annotations_overwrite_allowed on the runner",
            ),
            since: None,
            count: count(all),
            joined: Joined::default(),
        })
    };
    tiers(scene).into_iter().filter_map(judge).collect()
}
