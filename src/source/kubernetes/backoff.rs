//! [`Backoff`]: how long a feed waits after a failure before it tries again.

use std::hash::{BuildHasher, RandomState};
use std::time::Duration;

use jiff::SignedDuration;
use tokio::time::Instant;

use crate::api::Error;
use crate::domain::Timestamp;
use crate::source::demand::Demand;

/// The wait after the first failure.
const FIRST: Duration = Duration::from_secs(1);
/// The longest wait.
const MOST: Duration = Duration::from_secs(30);
/// The wait after a refusal, which passing time alone does not cure.
const REFUSED: Duration = Duration::from_secs(30);

/// The waits of one feed.
#[derive(Debug, Clone)]
pub(super) struct Backoff {
    first: Duration,
    failures: u32,
    demand: Demand,
}

impl Backoff {
    /// No failure so far. A person who asks to look again ends a wait that the server did not order.
    pub(super) fn new(demand: Demand) -> Backoff {
        Backoff { first: FIRST, failures: 0, demand }
    }

    /// The same with another first wait.
    #[cfg(test)]
    pub(super) fn starting_at(first: Duration, demand: Demand) -> Backoff {
        Backoff { first, ..Backoff::new(demand) }
    }

    /// Things go well again.
    pub(super) fn reset(&mut self) {
        self.failures = 0;
    }

    /// Notes a failure; tells how long to wait.
    pub(super) fn after(&mut self, error: &Error, now: Timestamp) -> Duration {
        self.failures = self.failures.saturating_add(1);
        if let Some(ordered) =
            error.retry_at.and_then(|at| Duration::try_from(at.duration_since(now)).ok())
        {
            return ordered;
        }
        let doubled = self.first.saturating_mul(1 << self.failures.saturating_sub(1).min(6));
        // The first refusal may be a token that has just ended: it is read anew at once.
        let refused = error.kind.is_refusal() && self.failures > 1 && self.first == FIRST;
        jittered(if refused { doubled.max(REFUSED) } else { doubled.min(MOST) })
    }

    /// Waits, or until somebody asks to look again.
    pub(super) async fn wait(&mut self, wait: Duration, is_ordered: Ordered) {
        let (refreshes, until) = (self.demand.refreshes(), Instant::now() + wait);
        loop {
            tokio::select! {
                () = tokio::time::sleep_until(until) => return,
                () = self.demand.changed() => {}
            }
            if is_ordered == Ordered::No && self.demand.refreshes() != refreshes {
                return;
            }
        }
    }
}

/// Whether the server named the wait.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ordered {
    /// It did, and no person may cut it short.
    Yes,
    /// It is our own.
    No,
}

/// The instant at which a wait ends.
pub(super) fn end_of(wait: Duration, now: Timestamp) -> Option<Timestamp> {
    now.checked_add(SignedDuration::try_from(wait).ok()?).ok()
}

/// A wait that is up to a half longer or shorter, so that the feeds of one cluster do not come back in step.
fn jittered(wait: Duration) -> Duration {
    let random = u32::try_from(RandomState::new().hash_one(0_u8) % 1000).unwrap_or_default();
    wait / 2 + wait / 1000 * random
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::FailureKind;
    use crate::domain::pipeline::fixture::at;

    fn waits(kind: FailureKind, number: usize) -> Vec<Duration> {
        let (_sender, demand) = Demand::channel();
        let mut backoff = Backoff::new(demand);
        (0..number).map(|_| backoff.after(&Error::new(kind, "m"), at(0))).collect()
    }

    #[test]
    fn waits_double_up_to_half_a_minute_and_a_little_off() {
        let waits = waits(FailureKind::Connect, 9);
        let within = |wait: Duration, middle: u64| {
            wait >= Duration::from_secs(middle) / 2 && wait < Duration::from_secs(middle) * 3 / 2
        };
        assert!(within(waits[0], 1) && within(waits[1], 2) && within(waits[3], 8), "{waits:?}");
        assert!(within(waits[8], 30), "{waits:?}");
    }

    #[test]
    fn a_refusal_is_tried_once_more_soon_and_then_slowly() {
        let waits = waits(FailureKind::TokenInvalid, 2);
        assert!(waits[0] < Duration::from_secs(2) && waits[1] >= Duration::from_secs(15));
    }

    #[test]
    fn the_servers_own_wait_wins() {
        let (_sender, demand) = Demand::channel();
        let error = Error { retry_at: Some(at(7)), ..Error::new(FailureKind::Server, "m") };
        assert_eq!(Backoff::new(demand).after(&error, at(0)), Duration::from_secs(7));
    }

    #[tokio::test]
    async fn a_person_may_cut_our_own_wait_short() {
        let (sender, demand) = Demand::channel();
        let mut backoff = Backoff::new(demand);
        let waiting =
            tokio::spawn(async move { backoff.wait(Duration::from_hours(1), Ordered::No).await });
        tokio::task::yield_now().await;
        sender.refresh();
        waiting.await.unwrap();
    }
}
