//! Rules about tiers as a whole: every slot taken, or jobs that nobody takes though nothing is full.

use std::collections::BTreeMap;

use super::queue::{confirmed, evidence, tiers};
use super::{Rule, Scene, whole};
use crate::domain::time::{instant_utc, seconds_between};
use crate::domain::{
    EntityId, Evidence, Finding, FindingId, Health, JobId, Joined, Severity, SourceId, Text, Tier,
    TierIndex, Timestamp,
};
use crate::state::{Ceiling, CeilingKind, Queue};
use crate::why::{End, Extra, Facts, Leaf, end};

/// This many times beyond the target is grave.
const GRAVE: i64 = 5;

/// No job starves that waits for less, seconds; nor one that waits for less than [`PATIENCE`] times its tier's target.
const FLOOR: i64 = 300;

/// See [`FLOOR`].
const PATIENCE: i64 = 3;

/// So many of a tier's longest waiting jobs are looked at: a tier starves by its oldest jobs.
const LOOKED_AT: usize = 20;

/// When runners were confirmed last; `None` unless their feed is live.
fn runners_confirmed(scene: &Scene<'_>) -> Option<Timestamp> {
    let health = scene.state.source_health(SourceId::RUNNERS, scene.now)?;
    if !matches!(health, Health::Live | Health::Partial) {
        return None;
    }
    let reports = scene.state.reports().filter(|(key, _)| key.source == SourceId::RUNNERS);
    reports.filter_map(|(_, report)| report.confirmed_at).min()
}

/// Every slot of a tier is taken while its jobs wait beyond the target. How full its node groups are is another rule's.
pub(super) fn saturated(rule: &Rule, scene: &Scene<'_>) -> Vec<Finding> {
    let (Some(seen_at), Some(runners_at)) = (confirmed(scene), runners_confirmed(scene)) else {
        return Vec::new();
    };
    let judge = |(index, tier, queue): (TierIndex, &Tier, &Queue)| {
        let (since, _) = queue.oldest()?;
        let waits = seconds_between(since, scene.now);
        let target = whole(tier.queue_target_seconds);
        let ceilings = scene.state.ceilings(index);
        let full = ceilings.iter().find(|ceiling| is_full(ceiling)).filter(|_| waits > target)?;
        let (used, limit) = (full.used?, full.limit?);
        let slots = Evidence {
            field: full.kind.as_str(),
            value: Text::new(&format!("{used} of {limit}")),
            source: "gitlab",
            seen_at: Some(runners_at),
        };
        Some(Finding {
            id: FindingId { code: rule.code, about: EntityId::Tier(index) },
            severity: if waits > target * GRAVE { Severity::High } else { Severity::Medium },
            title: Text::new(&format!(
                "tier {} is saturated: {used} of {limit} slots are taken while {} jobs wait",
                tier.name,
                queue.waiting()
            )),
            evidence: vec![
                slots,
                evidence("waiting", &queue.waiting().to_string(), seen_at),
                evidence("oldest.queued_at", &instant_utc(since), seen_at),
            ],
            next_step: Text::new(
                "look whether its pods have nodes; else raise the runners' limit, or wait for slots",
            ),
            since: Some(since),
            count: u64::try_from(queue.waiting()).unwrap_or(u64::MAX),
            joined: Joined::default(),
        })
    };
    tiers(scene).into_iter().filter_map(judge).collect()
}

/// Whether no slot is left. That of node groups is told by nodes, not by slots.
fn is_full(ceiling: &Ceiling) -> bool {
    ceiling.kind != CeilingKind::NodegroupMax && ceiling.ratio.is_some_and(|ratio| ratio >= 1.0)
}

/// Jobs of a tier wait for long though nothing is full: no runner may take them, or none does. Each of its oldest jobs is
/// judged by itself, by its tags, its ref, and who is paused or locked; a pause is meant and no alarm.
pub(super) fn starved(rule: &Rule, scene: &Scene<'_>) -> Vec<Finding> {
    let Some(seen_at) = confirmed(scene) else { return Vec::new() };
    let floor = |tier: &Tier| FLOOR.max(whole(tier.queue_target_seconds) * PATIENCE);
    let none = Extra::none();
    let mut facts: Option<Facts<'_>> = None;
    let mut found = Vec::new();
    for (index, tier, queue) in tiers(scene) {
        let is_old = |at: Timestamp| seconds_between(at, scene.now) > floor(tier);
        if queue.oldest().is_none_or(|(at, _)| !is_old(at)) {
            continue;
        }
        let facts = facts.get_or_insert_with(|| Facts::new(scene.state, &none, scene.now));
        let old = queue.waiting_longest().take_while(|(at, _)| is_old(*at)).take(LOOKED_AT);
        let ends: Vec<(Timestamp, JobId, End)> =
            old.filter_map(|(at, job)| Some((at, job, end(facts, job)?))).collect();
        found.extend(starving(rule, (index, tier), &ends, seen_at));
    }
    found
}

fn starving(
    rule: &Rule,
    (index, tier): (TierIndex, &Tier),
    ends: &[(Timestamp, JobId, End)],
    seen_at: Timestamp,
) -> Option<Finding> {
    let starve = || ends.iter().filter(|(_, _, end)| end.is_told && starves(end.leaf));
    let (since, oldest, _) = starve().next()?;
    let mut by_title: BTreeMap<&str, (Leaf, usize)> = BTreeMap::new();
    for (_, _, end) in starve() {
        by_title.entry(&end.title).or_insert((end.leaf, 0)).1 += 1;
    }
    let (title, (leaf, _)) = by_title.iter().max_by_key(|(_, (_, jobs))| *jobs)?;
    let jobs = starve().count();
    let told = |(title, (leaf, jobs)): (&&str, &(Leaf, usize))| {
        evidence("why", &format!("{jobs}: {title} ({})", leaf.code()), seen_at)
    };
    let ahead = if jobs == ends.len() { String::new() } else { format!(" of its {}", ends.len()) };
    let oldest_job = evidence(
        "oldest",
        &format!("job {oldest}, in the queue since {}", instant_utc(*since)),
        seen_at,
    );
    Some(Finding {
        id: FindingId { code: rule.code, about: EntityId::Tier(index) },
        severity: if is_platforms(*leaf) { Severity::High } else { Severity::Medium },
        title: Text::new(&format!("tier {}: {jobs}{ahead} oldest jobs starve: {title}", tier.name)),
        evidence: std::iter::once(oldest_job).chain(by_title.iter().map(told)).collect(),
        next_step: Text::new(leaf.about().next),
        since: Some(*since),
        count: u64::try_from(jobs).unwrap_or(u64::MAX),
        joined: Joined::default(),
    })
}

/// Whether a job that ends there is taken by nobody though nothing is full. A control that is meant and a pause are none
/// of it; that no runner is online has a rule of its own where it is all of them.
fn starves(leaf: Leaf) -> bool {
    is_platforms(leaf)
        || matches!(leaf, Leaf::NoneAssigned | Leaf::TagsMissing | Leaf::Untagged | Leaf::Locked)
}

/// Whether the platform is at fault, not the job.
fn is_platforms(leaf: Leaf) -> bool {
    matches!(
        leaf,
        Leaf::NoneOnline
            | Leaf::LongPoll
            | Leaf::ApiErrors
            | Leaf::WorkerIll
            | Leaf::ManagerDown
            | Leaf::GitlabQueue
    )
}
