//! Rules about the feeds themselves: what cannot be known is a finding too.

use std::sync::Arc;

use super::{Rule, Scene};
use crate::domain::{
    EntityId, Evidence, Finding, FindingId, Health, Report, Severity, SourceKey, Text,
};

/// A feed is stale, down, forbidden or partial.
pub(super) fn ill(rule: &Rule, scene: &Scene<'_>) -> Vec<Finding> {
    let judge = |(key, report): (&SourceKey, &Report)| {
        let health = report.health(scene.now);
        let severity = match health {
            Health::Live | Health::Starting | Health::Unconfigured => return None,
            Health::Partial | Health::Stale => Severity::Low,
            Health::Down | Health::Forbidden => Severity::High,
        };
        let failure = report.failure.as_ref().or(report.gap.as_ref());
        let why = failure.map_or_else(String::new, |failure| format!(": {}", failure.message));
        Some(Finding {
            id: FindingId { code: rule.code, about: EntityId::Source(Arc::new(key.clone())) },
            severity,
            title: Text::new(&format!("feed {key} is {}{why}", health.as_str())),
            evidence: vec![Evidence {
                field: "confirmed_at",
                value: report.confirmed_at.map_or_else(
                    || Text::new("never"),
                    |at| Text::new(&crate::domain::time::instant_utc(at)),
                ),
                source: key.source.0,
                seen_at: report.confirmed_at,
            }],
            next_step: failure.map_or_else(
                || Text::new("wait, or look at the pane Sources"),
                |failure| failure.hint.clone(),
            ),
            since: report.confirmed_at,
            count: 1,
        })
    };
    scene.state.reports().filter_map(judge).collect()
}

/// Little is left of a rate limit: one tenth.
pub(super) fn budget(rule: &Rule, scene: &Scene<'_>) -> Vec<Finding> {
    let judge = |(key, report): (&SourceKey, &Report)| {
        let budget = report.budget.filter(|budget| budget.reset_at > scene.now)?;
        (budget.remaining.saturating_mul(10) < budget.limit).then(|| Finding {
            id: FindingId { code: rule.code, about: EntityId::Source(Arc::new(key.clone())) },
            severity: Severity::Medium,
            title: Text::new(&format!(
                "{}: {} of {} requests are left",
                key.scope, budget.remaining, budget.limit
            )),
            evidence: vec![Evidence {
                field: "RateLimit-Remaining",
                value: Text::new(&budget.remaining.to_string()),
                source: key.source.0,
                seen_at: report.confirmed_at,
            }],
            next_step: Text::new("lower gitlab.requests_per_minute, or use a token of its own"),
            since: None,
            count: 1,
        })
    };
    scene.state.reports().filter_map(judge).take(1).collect()
}
