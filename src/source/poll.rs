//! [`Beat`]: when a feed asks next: its interval, stretched while hidden, backed off after failures, at once on refresh.

use std::hash::{BuildHasher, RandomState};
use std::time::Duration;

use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::demand::{Demand, HIDDEN_FACTOR};
use crate::api::Error;
use crate::domain::{SourceId, Timestamp};

/// The longest wait after failures, where the server names no time.
const MAX_BACKOFF: Duration = Duration::from_mins(1);
/// The wait after the first failure of a feed that asks rarely.
const FIRST_BACKOFF: Duration = Duration::from_secs(5);

/// From here on an interval is a long one.
const LONG: Duration = Duration::from_secs(30);

/// Why a wait ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Wake {
    /// It is time to ask.
    Due,
    /// The interval is another one now; the wait goes on.
    Rescheduled,
    /// The program ends.
    Cancelled,
}

/// The rhythm of one feed.
#[derive(Debug)]
pub(super) struct Beat {
    source: SourceId,
    interval: Duration,
    demand: Demand,
    cancel: CancellationToken,
    failures: u32,
    /// When the last pass began.
    began: Instant,
    /// When the next one begins.
    due: Instant,
    refreshes: u64,
    visible: bool,
    /// A wait that a refresh may not cut short, because the server named it.
    ordered: Option<Instant>,
}

impl Beat {
    /// The rhythm of a feed that asks so often while it is looked at.
    pub(super) fn new(
        source: SourceId,
        interval: Duration,
        demand: Demand,
        cancel: CancellationToken,
    ) -> Beat {
        let (refreshes, visible) = (demand.refreshes(), demand.is_visible(source));
        let began = Instant::now();
        Beat {
            source,
            interval,
            demand,
            cancel,
            failures: 0,
            began,
            due: began,
            refreshes,
            visible,
            ordered: None,
        }
    }

    /// How often it asks at present.
    pub(super) fn interval(&self) -> Duration {
        let factor = if self.visible { 1 } else { HIDDEN_FACTOR };
        self.interval.saturating_mul(factor)
    }

    /// Notes that a pass begins.
    pub(super) fn begin(&mut self) {
        self.began = Instant::now();
        self.refreshes = self.demand.refreshes();
        self.ordered = None;
        self.plan();
    }

    /// Notes that a pass went well.
    pub(super) fn succeeded(&mut self) {
        self.failures = 0;
        self.plan();
    }

    /// Notes that a pass failed, and tells when the next one will be.
    pub(super) fn failed(&mut self, error: &Error, now: Timestamp) -> Timestamp {
        self.failures = self.failures.saturating_add(1);
        let ordered = error.retry_at.and_then(|at| Duration::try_from(at.duration_since(now)).ok());
        self.ordered = ordered.map(|wait| Instant::now() + wait);
        let wait = ordered.unwrap_or_else(|| self.backoff());
        self.plan();
        i64::try_from(wait.as_millis())
            .ok()
            .and_then(|wait| now.checked_add(jiff::SignedDuration::from_millis(wait)).ok())
            .unwrap_or(now)
    }

    /// The wait after so many failures: doubling, up to a minute.
    fn backoff(&self) -> Duration {
        let first = self.interval().min(FIRST_BACKOFF);
        let doublings = self.failures.saturating_sub(1).min(8);
        first.saturating_mul(1 << doublings).min(MAX_BACKOFF)
    }

    /// Sets when the next pass begins.
    fn plan(&mut self) {
        self.due = match (self.ordered, self.failures) {
            (Some(at), _) => at,
            (None, 0) => self.began + jittered(self.interval()),
            (None, _) => self.began + jittered(self.backoff()),
        };
    }

    /// Whether it is time to ask.
    pub(super) fn is_due(&self) -> bool {
        self.demand.refreshes() != self.refreshes && self.ordered.is_none()
            || Instant::now() >= self.due
    }

    /// Whether the last pass failed.
    pub(super) fn is_failing(&self) -> bool {
        self.failures > 0
    }

    /// Waits for the next pass, or for a reason to think again.
    pub(super) async fn wait(&mut self) -> Wake {
        loop {
            tokio::select! {
                biased;
                () = self.cancel.cancelled() => return Wake::Cancelled,
                () = tokio::time::sleep_until(self.due) => return Wake::Due,
                () = self.demand.changed() => {}
            }
            if self.demand.refreshes() != self.refreshes && self.ordered.is_none() {
                return Wake::Due;
            }
            let visible = self.demand.is_visible(self.source);
            if visible != self.visible {
                self.visible = visible;
                self.plan();
                return Wake::Rescheduled;
            }
        }
    }
}

/// A duration a little off, so that many consoles do not ask in step: a short one shorter, because a person waits for
/// it; a long one longer, so that no minute holds two of it.
fn jittered(duration: Duration) -> Duration {
    let random = RandomState::new().hash_one(0_u8) % 50;
    let off = duration / 1000 * u32::try_from(random).unwrap_or_default();
    if duration < LONG { duration.saturating_sub(off) } else { duration.saturating_add(off) }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::domain::FailureKind;
    use crate::domain::pipeline::fixture::at;
    use crate::source::demand::DemandSender;

    fn beat(interval: u64) -> (Beat, DemandSender, CancellationToken) {
        let (sender, demand) = Demand::channel();
        let cancel = CancellationToken::new();
        let interval = Duration::from_secs(interval);
        (Beat::new(SourceId::QUEUE, interval, demand, cancel.clone()), sender, cancel)
    }

    fn timeout() -> Error {
        Error::new(FailureKind::Timeout, "m")
    }

    fn waits(beat: &mut Beat, times: usize) -> Vec<i64> {
        (0..times).map(|_| beat.failed(&timeout(), at(0)).as_second() - at(0).as_second()).collect()
    }

    #[test]
    fn the_wait_doubles_with_each_failure_up_to_a_minute() {
        assert_eq!(waits(&mut beat(5).0, 6), [5, 10, 20, 40, 60, 60]);
        assert_eq!(waits(&mut beat(3600).0, 2), [5, 10]);
    }

    #[test]
    fn a_success_ends_the_backing_off() {
        let (mut beat, _sender, _cancel) = beat(5);
        waits(&mut beat, 4);
        beat.succeeded();
        assert_eq!(waits(&mut beat, 1), [5]);
    }

    #[test]
    fn a_time_that_the_server_names_wins() {
        let (mut beat, _sender, _cancel) = beat(5);
        let error = Error { retry_at: Some(at(300)), ..timeout() };
        assert_eq!(beat.failed(&error, at(0)), at(300));
    }

    #[test]
    fn short_intervals_are_never_stretched_and_long_ones_never_cut() {
        for _ in 0..100 {
            assert!(jittered(Duration::from_secs(5)) <= Duration::from_secs(5));
            assert!(jittered(Duration::from_mins(1)) >= Duration::from_mins(1));
        }
    }

    #[tokio::test]
    async fn a_refresh_ends_the_wait() {
        let (mut beat, sender, _cancel) = beat(3600);
        beat.begin();
        assert!(!beat.is_due());
        sender.refresh();
        assert!(beat.is_due());
        assert_eq!(beat.wait().await, Wake::Due);
    }

    #[tokio::test]
    async fn a_refresh_does_not_go_against_the_servers_word() {
        let (mut beat, sender, cancel) = beat(5);
        beat.begin();
        beat.failed(&Error { retry_at: Some(at(300)), ..timeout() }, at(0));
        sender.refresh();
        sender.show(BTreeSet::new());
        assert_eq!(beat.wait().await, Wake::Rescheduled);
        cancel.cancel();
        assert_eq!(beat.wait().await, Wake::Cancelled);
    }

    #[tokio::test]
    async fn a_hidden_feed_asks_less_often() {
        let (mut beat, sender, _cancel) = beat(5);
        beat.begin();
        sender.show(BTreeSet::new());
        assert_eq!(beat.wait().await, Wake::Rescheduled);
        assert_eq!(beat.interval(), Duration::from_secs(30));
    }
}
