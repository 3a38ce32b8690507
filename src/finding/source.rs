//! Rules about the feeds themselves: what cannot be known is a finding too.

use std::sync::Arc;

use super::{Rule, Scene, token};
use crate::domain::{
    EntityId, Evidence, FailureKind, Finding, FindingId, Health, Joined, Origin, Report, Severity,
    SourceId, SourceKey, Text,
};

/// A feed is stale, down, forbidden or partial.
pub(super) fn ill(rule: &Rule, scene: &Scene<'_>) -> Vec<Finding> {
    let judge = |(key, report): (&SourceKey, &Report)| {
        // A token near its end has a rule of its own.
        if token::warning(key, report).is_some() {
            return None;
        }
        // What is remembered and has not answered yet in this run is being asked: it is not ill.
        if report.origin == Origin::Cache && report.failure.is_none() {
            return None;
        }
        let health = report.health(scene.now);
        let severity = match health {
            Health::Live | Health::Starting | Health::Unconfigured => return None,
            Health::Partial | Health::Stale => Severity::Low,
            // Without the queue nobody knows what waits: that stands above every standing fault.
            Health::Down if key.source == SourceId::QUEUE => Severity::Critical,
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
            joined: Joined::default(),
        })
    };
    together(
        scene
            .state
            .reports()
            .filter_map(|(key, report)| Some((key, report, judge((key, report))?))),
    )
}

/// What several feeds may have in common: the cluster, how they fail, and how grave that is.
type Cause = (String, FailureKind, Severity);

/// Feeds of one cluster that fail for one reason are one finding: it is the cluster that fails.
fn together<'a>(found: impl Iterator<Item = (&'a SourceKey, &'a Report, Finding)>) -> Vec<Finding> {
    let mut out: Vec<(Option<Cause>, Finding)> = Vec::new();
    for (key, report, finding) in found {
        let kind = report.failure.as_ref().or(report.gap.as_ref()).map(|failure| failure.kind);
        let cause = key
            .scope
            .cluster()
            .zip(kind)
            .map(|(cluster, kind)| (cluster.to_owned(), kind, finding.severity));
        let same = out.iter_mut().find(|(known, _)| cause.is_some() && *known == cause);
        match same {
            Some((_, first)) => {
                first.count += 1;
                first.since = first.since.min(finding.since);
                first.evidence.extend(finding.evidence);
            }
            None => out.push((cause, finding)),
        }
    }
    out.into_iter()
        .map(|(cause, finding)| titled(cause.map(|(cluster, ..)| cluster), finding))
        .collect()
}

/// Several feeds of a cluster are named by the cluster.
fn titled(cluster: Option<String>, finding: Finding) -> Finding {
    match cluster.filter(|_| finding.count > 1) {
        Some(cluster) => {
            let title = format!(
                "{} feeds of cluster {cluster} fail alike; {}",
                finding.count, finding.title
            );
            Finding { title: Text::new(&title), ..finding }
        }
        None => finding,
    }
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
            joined: Joined::default(),
        })
    };
    scene.state.reports().filter_map(judge).take(1).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::pipeline::fixture::at;
    use crate::domain::{Change, Failure, Origin, Scope, SourceId, Tiers, Update};
    use crate::state::State;

    #[test]
    fn feeds_of_a_cluster_that_fail_alike_are_one_finding() {
        let mut state = State::new(Tiers::default());
        for (namespace, kind) in [
            ("a", FailureKind::Connect),
            ("b", FailureKind::Connect),
            ("c", FailureKind::Forbidden),
        ] {
            let scope = Scope::kubernetes("ci", Some(namespace), "pods");
            let key = SourceKey { source: SourceId::PODS, scope };
            let (message, hint) = (Text::new("m"), Text::new("h"));
            let failure = Some(Failure { kind, message, hint, at: at(0), retry_at: None });
            let report = Report { failure, ..Report::starting(5.0) };
            let change = Change::Report(report);
            state.apply(Update { key, at: at(0), origin: Origin::Live, change }, at(0));
        }
        let found = crate::finding::judge(&Scene { state: &state, now: at(60) });
        let mut counts: Vec<u64> = found
            .iter()
            .filter(|finding| finding.id.code == "source.ill")
            .map(|finding| finding.count)
            .collect();
        counts.sort_unstable();
        assert_eq!(counts, [1, 2]);
    }

    #[test]
    fn a_feed_that_is_remembered_and_being_asked_is_not_ill() {
        let found = |report: Report| {
            let mut state = State::new(Tiers::default());
            let key = SourceKey { source: SourceId::PODS, scope: Scope::gitlab("acme") };
            let origin = report.origin;
            let change = Change::Report(report);
            state.apply(Update { key, at: at(0), origin, change }, at(0));
            let scene = Scene { state: &state, now: at(600) };
            let findings = crate::finding::judge(&scene);
            findings.iter().any(|finding| finding.id.code == "source.ill")
        };
        let old = Report { confirmed_at: Some(at(0)), ..Report::starting(5.0) };
        assert!(found(Report { origin: Origin::Live, ..old.clone() }), "it went silent");
        assert!(!found(Report { origin: Origin::Cache, ..old }));
    }
}
