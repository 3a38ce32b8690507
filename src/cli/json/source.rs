//! Feeds as items, which also stand in every envelope.

use super::Scene;
use super::form::{Instant, instant, record, seconds};
use crate::cli::advice;
use crate::domain::time::exact_seconds_between;
use crate::domain::{Failure, Report, SourceKey, Timestamp};

record! {
    /// A feed over a part of the platform.
    SourceItem<'a> {
        /// the feed: `projects`, `queue`, `runners`, `token`, `pods`, `events`, `occupants`, `nodes`, `quotas`, `policies`, `nodegroups`, `nodepools`
        id: &'a str,
        /// the part of the platform: `gitlab:acme`, `kubernetes:ci/ci-standard/pods`, `eks:ci/nodegroups`
        scope: &'a str,
        /// `live`, `stale`, `down`, `forbidden`, `unconfigured`, `partial`
        health: &'a str,
        /// time since everything in the scope was last confirmed
        age_seconds: Option<f64>,
        /// how often it asks at present
        interval_seconds: Option<f64>,
        /// the last failure, or what is missing
        error: Option<ErrorOfSource<'a>>,
        /// requests in the last minute
        requests_per_minute: f64,
        /// the server's rate limit, where it tells
        budget: Option<BudgetOfSource>,
        /// when it last said how it is doing; null before that
        seen_at: Option<Instant>,
        /// whether that is older than three of its intervals
        stale: bool,
    }
}

record! {
    /// Why a feed failed.
    ErrorOfSource<'a> {
        /// `token_invalid`, `token_expired`, `scope_missing`, `forbidden`, `not_found`, `rate_limited`, `server_error`, `tls`, `dns`, `connect`, `timeout`, `not_json`, `cut_body`, …
        kind: &'a str,
        /// what was being done, to what, and why it failed
        message: &'a str,
        /// what to do next
        hint: String,
    }
}

record! {
    /// What the server says is left of its rate limit.
    BudgetOfSource {
        /// requests allowed in the window
        limit: u64,
        /// requests left in it
        remaining: u64,
        /// when it starts anew
        reset_at: Instant,
    }
}

impl<'a> SourceItem<'a> {
    /// The item of a report.
    pub(super) fn new(scene: &Scene<'a>, key: &'a SourceKey, report: &'a Report) -> SourceItem<'a> {
        let now = scene.now();
        let seen_at = heard_at(report);
        let exact_age = report.confirmed_at.map(|at| exact_seconds_between(at, now).max(0.0));
        SourceItem {
            id: key.source.0,
            scope: &key.scope.0,
            health: scene.health(report).as_str(),
            age_seconds: exact_age.map(seconds),
            interval_seconds: Some(seconds(report.interval_seconds)),
            error: report
                .failure
                .as_ref()
                .or(report.gap.as_ref())
                .map(|failure| ErrorOfSource::new(key, failure, now)),
            requests_per_minute: seconds(report.requests_per_minute),
            budget: report.budget.map(|budget| BudgetOfSource {
                limit: budget.limit,
                remaining: budget.remaining,
                reset_at: Instant(budget.reset_at),
            }),
            seen_at: instant(seen_at),
            stale: scene.is_offline() || seen_at.is_none_or(|at| report.is_old(at, now)),
        }
    }
}

impl<'a> ErrorOfSource<'a> {
    fn new(key: &SourceKey, failure: &'a Failure, now: Timestamp) -> ErrorOfSource<'a> {
        ErrorOfSource {
            kind: failure.kind.as_str(),
            message: &failure.message,
            hint: advice::of_failure(key, failure, now),
        }
    }
}

/// When a feed last said how it is doing, well or badly.
fn heard_at(report: &Report) -> Option<Timestamp> {
    let failed_at = report.failure.as_ref().map(|failure| failure.at);
    report.confirmed_at.max(failed_at)
}
