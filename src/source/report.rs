//! [`Reporter`]: says how a feed is doing over one scope, after each pass.

use std::sync::Arc;
use std::time::Duration;

use super::mailbox::Mailbox;
use crate::api::Error;
use crate::api::gitlab::Gitlab;
use crate::domain::{Change, Failure, Report, SourceKey, Timestamp};

/// The reporting of one feed over one scope.
#[derive(Debug, Clone)]
pub(super) struct Reporter {
    key: SourceKey,
    mailbox: Mailbox,
    gitlab: Arc<Gitlab>,
    report: Report,
}

impl Reporter {
    /// Begins with the report of a feed that has not been heard from.
    pub(super) fn new(
        key: SourceKey,
        mailbox: Mailbox,
        gitlab: Arc<Gitlab>,
        interval: Duration,
    ) -> Reporter {
        let report = Report::starting(interval.as_secs_f64());
        let reporter = Reporter { key, mailbox, gitlab, report };
        reporter.send();
        reporter
    }

    /// Leaves a piece of news of this feed.
    pub(super) fn put(&self, at: Timestamp, change: Change) {
        self.mailbox.put(&self.key, at, change);
    }

    /// Everything in scope was confirmed at `at`, but for `gap`.
    pub(super) fn confirm(&mut self, at: Timestamp, gap: Option<Failure>, interval: Duration) {
        self.report.confirmed_at = Some(at);
        self.report.failure = None;
        self.report.gap = gap;
        self.report.interval_seconds = interval.as_secs_f64();
        self.send();
    }

    /// A pass failed; the next one is at `next`, where that is known.
    pub(super) fn fail(&mut self, error: &Error, next: Option<Timestamp>, interval: Duration) {
        let mut failure = error.failure(self.gitlab.now());
        failure.retry_at = failure.retry_at.or(next);
        self.report.failure = Some(failure);
        self.report.interval_seconds = interval.as_secs_f64();
        self.send();
    }

    /// The feed asks more or less often now.
    pub(super) fn reschedule(&mut self, interval: Duration) {
        self.report.interval_seconds = interval.as_secs_f64();
        self.send();
    }

    fn send(&self) {
        let report = Report {
            requests_per_minute: self.gitlab.requests_per_minute(),
            budget: self.gitlab.budget(),
            ..self.report.clone()
        };
        self.put(self.gitlab.now(), Change::Report(report));
    }
}
