//! The rule about tokens near their end. What reads rights knows of more tokens: theirs is another rule beside this one.

use std::sync::Arc;

use super::{Rule, Scene};
use crate::domain::{
    EntityId, Evidence, Failure, FailureKind, Finding, FindingId, Joined, Report, Severity,
    SourceId, SourceKey, Text,
};

/// That a token is near its end, where its feed says so.
pub(super) fn warning<'a>(key: &SourceKey, report: &'a Report) -> Option<&'a Failure> {
    let gap = report.gap.as_ref().filter(|_| key.source == SourceId::TOKEN)?;
    (gap.kind == FailureKind::TokenExpired).then_some(gap)
}

/// The token with which this console reads is near its end: then every pane goes dark at once.
pub(super) fn ending(rule: &Rule, scene: &Scene<'_>) -> Vec<Finding> {
    let judge = |(key, report): (&SourceKey, &Report)| {
        let gap = warning(key, report)?;
        Some(Finding {
            id: FindingId { code: rule.code, about: EntityId::Source(Arc::new(key.clone())) },
            severity: Severity::Medium,
            title: Text::new(&format!("this console's own access ends soon: {}", gap.message)),
            evidence: vec![Evidence {
                field: "token.expires_at",
                value: gap.message.clone(),
                source: key.source.0,
                seen_at: report.confirmed_at,
            }],
            next_step: gap.hint.clone(),
            since: None,
            count: 1,
            joined: Joined::default(),
        })
    };
    scene.state.reports().filter_map(judge).take(1).collect()
}
