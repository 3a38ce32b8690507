//! [`Reporter`]: says how a feed is doing over one scope, after each pass.

use std::fmt::Debug;
use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;

use super::mailbox::Mailbox;
use crate::api::Error;
use crate::api::gitlab::Gitlab;
use crate::domain::{Budget, Change, Failure, Report, SourceKey, Timestamp};

/// How often a feed that hears something all the time says so.
const TOUCH: Duration = Duration::from_secs(1);

/// What a connection knows of its own use, whatever platform it leads to.
pub(super) trait Meter: Debug + Send + Sync {
    /// The present instant.
    fn now(&self) -> Timestamp;

    /// Requests of the last minute, over the whole connection.
    fn requests_per_minute(&self) -> f64;

    /// What the server last said of its own limit, where it tells.
    fn budget(&self) -> Option<Budget> {
        None
    }
}

impl Meter for Gitlab {
    fn now(&self) -> Timestamp {
        self.now()
    }

    fn requests_per_minute(&self) -> f64 {
        self.requests_per_minute()
    }

    fn budget(&self) -> Option<Budget> {
        self.budget()
    }
}

/// The reporting of one feed over one scope.
#[derive(Debug, Clone)]
pub(super) struct Reporter {
    key: SourceKey,
    mailbox: Mailbox,
    meter: Arc<dyn Meter>,
    report: Report,
    sent: Instant,
}

impl Reporter {
    /// Begins with the report of a feed that has not been heard from.
    pub(super) fn new(
        key: SourceKey,
        mailbox: Mailbox,
        meter: Arc<dyn Meter>,
        interval: Duration,
    ) -> Reporter {
        let report = Report::starting(interval.as_secs_f64());
        let mut reporter = Reporter { key, mailbox, meter, report, sent: Instant::now() };
        reporter.send();
        reporter
    }

    /// Leaves a piece of news of this feed.
    pub(super) fn put(&self, at: Timestamp, change: Change) {
        self.mailbox.put(&self.key, at, change);
    }

    /// Everything in scope was confirmed at `at`, but for `gap`.
    pub(super) fn confirm(&mut self, at: Timestamp, gap: Option<Failure>, interval: Duration) {
        self.confirm_noting(at, None, gap, interval);
    }

    /// The same, while something that went wrong before stays noted until there is better news.
    pub(super) fn confirm_noting(
        &mut self,
        at: Timestamp,
        note: Option<Failure>,
        gap: Option<Failure>,
        interval: Duration,
    ) {
        self.report.confirmed_at = Some(at);
        self.report.failure = note;
        self.report.is_cut_off = false;
        self.report.gap = gap;
        self.report.interval_seconds = interval.as_secs_f64();
        self.send();
    }

    /// Everything in scope was confirmed again, as often as news come: told at most once a second.
    pub(super) fn touch(&mut self, at: Timestamp) {
        self.report.confirmed_at = Some(at);
        self.report.is_cut_off = false;
        if self.report.failure.take().is_some() || self.sent.elapsed() >= TOUCH {
            self.send();
        }
    }

    /// A pass failed; the next one is at `next`, where that is known.
    pub(super) fn fail(&mut self, error: &Error, next: Option<Timestamp>, interval: Duration) {
        let mut failure = error.failure(self.meter.now());
        failure.retry_at = failure.retry_at.or(next);
        self.report.failure = Some(failure);
        self.report.interval_seconds = interval.as_secs_f64();
        self.send();
    }

    /// The stream of a feed is gone; it is opened again at `next`, where that is known.
    pub(super) fn lose(&mut self, error: &Error, next: Option<Timestamp>, interval: Duration) {
        self.report.is_cut_off = true;
        self.fail(error, next, interval);
    }

    /// The feed asks more or less often now.
    pub(super) fn reschedule(&mut self, interval: Duration) {
        self.report.interval_seconds = interval.as_secs_f64();
        self.send();
    }

    fn send(&mut self) {
        self.sent = Instant::now();
        let report = Report {
            requests_per_minute: self.meter.requests_per_minute(),
            budget: self.meter.budget(),
            ..self.report.clone()
        };
        self.put(self.meter.now(), Change::Report(report));
    }
}
