//! Rules about the queue.

use super::{Rule, Scene, whole};
use crate::domain::time::{instant_utc, seconds_between, span};
use crate::domain::{
    EntityId, Evidence, Finding, FindingId, Health, Joined, Severity, SourceId, Text, Tier,
    TierIndex, Timestamp,
};
use crate::state::Queue;

/// This many times beyond the target is grave.
const GRAVE: i64 = 5;

/// Below this share of jobs that the platform did not spoil, it is told.
const PLATFORM_SHARE: f64 = 0.95;

/// Fewer ended jobs than this say nothing.
const ENOUGH: u64 = 20;

/// When the queue as a whole was last confirmed; `None` unless it is live, for an old queue proves nothing.
pub(super) fn confirmed(scene: &Scene<'_>) -> Option<Timestamp> {
    let health = scene.state.source_health(SourceId::QUEUE, scene.now)?;
    if !matches!(health, Health::Live | Health::Partial) {
        return None;
    }
    let reports = scene.state.reports().filter(|(key, _)| key.source == SourceId::QUEUE);
    reports.filter_map(|(_, report)| report.confirmed_at).min()
}

pub(super) fn tiers<'a>(scene: &Scene<'a>) -> Vec<(TierIndex, &'a Tier, &'a Queue)> {
    let state = scene.state;
    let with_queue = |(index, tier)| Some((index, tier, state.queue(Some(index))?));
    state.tiers().iter().filter_map(with_queue).collect()
}

pub(super) fn evidence(field: &'static str, value: &str, seen_at: Timestamp) -> Evidence {
    Evidence { field, value: Text::new(value), source: "gitlab", seen_at: Some(seen_at) }
}

/// A tier's oldest job waits beyond the target.
pub(super) fn late(rule: &Rule, scene: &Scene<'_>) -> Vec<Finding> {
    let Some(seen_at) = confirmed(scene) else { return Vec::new() };
    let judge = |(index, tier, queue): (TierIndex, &Tier, &Queue)| {
        let (since, _) = queue.oldest()?;
        let waits = seconds_between(since, scene.now);
        let target = whole(tier.queue_target_seconds);
        (waits > target).then(|| Finding {
            id: FindingId { code: rule.code, about: EntityId::Tier(index) },
            severity: if waits > target * GRAVE { Severity::High } else { Severity::Medium },
            title: Text::new(&format!(
                "tier {}: {} jobs wait, the oldest beyond the target of {}",
                tier.name,
                queue.waiting(),
                span(target)
            )),
            evidence: vec![
                evidence("oldest.queued_at", &instant_utc(since), seen_at),
                evidence("waiting", &queue.waiting().to_string(), seen_at),
                evidence("running", &queue.running().to_string(), seen_at),
            ],
            next_step: Text::new(
                "enter shows its jobs; then look whether its runners are online and full",
            ),
            since: Some(since),
            count: u64::try_from(queue.waiting()).unwrap_or(u64::MAX),
            joined: Joined::default(),
        })
    };
    tiers(scene).into_iter().filter_map(judge).collect()
}

/// The platform spoils jobs of a tier.
pub(super) fn platform(rule: &Rule, scene: &Scene<'_>) -> Vec<Finding> {
    let Some(seen_at) = confirmed(scene) else { return Vec::new() };
    let judge = |(index, tier, queue): (TierIndex, &Tier, &Queue)| {
        let outcomes = queue.outcomes();
        let share = outcomes.platform_success()?;
        let ended = outcomes.success + outcomes.failed;
        (ended >= ENOUGH && share < PLATFORM_SHARE).then(|| Finding {
            id: FindingId { code: rule.code, about: EntityId::Tier(index) },
            severity: Severity::High,
            title: Text::new(&format!(
                "tier {}: the platform spoiled {} of {ended} jobs in the last hour",
                tier.name, outcomes.platform
            )),
            evidence: vec![evidence("failure_reason", &outcomes.platform.to_string(), seen_at)],
            next_step: Text::new("filter the queue by status:failed !reason:script_failure"),
            since: None,
            count: outcomes.platform,
            joined: Joined::default(),
        })
    };
    tiers(scene).into_iter().filter_map(judge).collect()
}

/// Jobs wait whose tags fit no tier.
pub(super) fn no_tier(rule: &Rule, scene: &Scene<'_>) -> Vec<Finding> {
    let Some(seen_at) = confirmed(scene) else { return Vec::new() };
    let Some(queue) = scene.state.queue(None) else { return Vec::new() };
    let Some((since, job)) = queue.oldest() else { return Vec::new() };
    if scene.state.tiers().is_empty() {
        return Vec::new();
    }
    let tags = scene.state.jobs().get(job).map_or_else(String::new, |job| job.tags.join(" "));
    let tags = if tags.is_empty() { "none".to_owned() } else { tags };
    vec![Finding {
        id: FindingId { code: rule.code, about: EntityId::Job(job) },
        severity: Severity::Low,
        title: Text::new("waiting jobs have tags that fit no tier"),
        evidence: vec![
            evidence("tags", &tags, seen_at),
            evidence("waiting", &queue.waiting().to_string(), seen_at),
        ],
        next_step: Text::new("filter the queue by tier:none, or add a [[tier]] for their tags"),
        since: Some(since),
        count: u64::try_from(queue.waiting()).unwrap_or(u64::MAX),
        joined: Joined::default(),
    }]
}
#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::domain::pipeline::fixture::{at, job};
    use crate::domain::{
        Change, Entity, Job, Origin, Report, Scope, SourceKey, Status, TierPods, Tiers, Update,
    };
    use crate::state::State;

    #[test]
    fn a_job_that_fits_no_tier_is_proved_by_its_tags() {
        let tier = Tier {
            name: Text::new("standard"),
            protected: false,
            runner_tags: vec![Text::new("eks-standard")],
            queue_target_seconds: 60.0,
            pods: TierPods::default(),
        };
        let mut state = State::new(Tiers::new(vec![tier]));
        let tags = Arc::from([Text::new("gpu-a100"), Text::new("linux")]);
        let waiting = Job { tags, ..job(1, Status::Pending) };
        let report = Report { confirmed_at: Some(at(0)), ..Report::starting(5.0) };
        let jobs = Change::Upsert(vec![Entity::Job(Arc::new(waiting))]);
        for change in [Change::Report(report), jobs] {
            let key = SourceKey { source: SourceId::QUEUE, scope: Scope::gitlab("acme") };
            state.apply(Update { key, at: at(0), origin: Origin::Live, change }, at(0));
        }
        let found = crate::finding::judge(&Scene { state: &state, now: at(1) });
        let found = found.iter().find(|finding| finding.id.code == "queue.no_tier");
        let evidence = found.map(|finding| {
            finding.evidence.iter().map(|it| (it.field, it.value.as_str())).collect::<Vec<_>>()
        });
        assert_eq!(evidence, Some(vec![("tags", "gpu-a100 linux"), ("waiting", "1")]));
    }
}
