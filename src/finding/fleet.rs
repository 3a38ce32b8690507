//! Rules about projects and runners.

use super::{Rule, Scene};
use crate::domain::{
    EntityId, Evidence, Finding, FindingId, Health, Runner, Severity, SourceId, Text, TierIndex,
};
use crate::state::Row;

/// A protected ref's last pipeline failed.
pub(super) fn failing_refs(rule: &Rule, scene: &Scene<'_>) -> Vec<Finding> {
    let judge = |(id, refs): (_, &[crate::state::FailingRef])| {
        let row = scene.state.projects().row(id)?;
        let names: Vec<&str> = refs.iter().map(|failing| &*failing.reference).collect();
        let youngest =
            refs.last().and_then(|failing| scene.state.pipelines().row(failing.pipeline));
        Some(Finding {
            id: FindingId { code: rule.code, about: EntityId::Project(id) },
            severity: Severity::Medium,
            title: Text::new(&format!(
                "{}: the last pipeline failed on {}",
                row.value.path,
                names.join(", ")
            )),
            evidence: vec![Evidence {
                field: "pipeline.status",
                value: Text::new("failed"),
                source: "gitlab",
                seen_at: youngest.map(Row::seen_at),
            }],
            next_step: Text::new("open the project and look at the failed jobs"),
            since: youngest.and_then(|row| row.value.finished_at.or(row.value.updated_at)),
            count: u64::try_from(refs.len()).unwrap_or(u64::MAX),
        })
    };
    scene.state.failing().filter_map(judge).collect()
}

/// No runner of a tier is online, though jobs wait for it.
pub(super) fn silent_tier(rule: &Rule, scene: &Scene<'_>) -> Vec<Finding> {
    if scene.state.source_health(SourceId::RUNNERS, scene.now) != Some(Health::Live) {
        return Vec::new();
    }
    let state = scene.state;
    let of_tier = |index: TierIndex| {
        state.runners().iter().map(|(_, row)| row).filter(move |row| row.value.tier == Some(index))
    };
    let works = |runner: &Runner| &*runner.status == "online" && !runner.paused;
    let judge = |(index, tier): (TierIndex, &crate::domain::Tier)| {
        let waiting = state.queue(Some(index))?.waiting();
        let seen_at = of_tier(index).map(Row::seen_at).min()?;
        let silent = waiting > 0 && !of_tier(index).any(|row| works(&row.value));
        silent.then(|| Finding {
            id: FindingId { code: rule.code, about: EntityId::Tier(index) },
            severity: Severity::Critical,
            title: Text::new(&format!("tier {}: no runner is online and unpaused", tier.name)),
            evidence: vec![Evidence {
                field: "runner.status",
                value: Text::new(&format!("0 of {} work", of_tier(index).count())),
                source: "gitlab",
                seen_at: Some(seen_at),
            }],
            next_step: Text::new("start a runner manager of the tier, or take its pause away"),
            since: None,
            count: u64::try_from(waiting).unwrap_or(u64::MAX),
        })
    };
    state.tiers().iter().filter_map(judge).collect()
}
