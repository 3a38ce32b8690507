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

    /// How many failures there were in a row.
    pub(super) fn failures(&self) -> u32 {
        self.failures
    }

    /// Notes a failure; tells how long to wait. A server that is broken for long says "in a second" each time: its word
    /// is the least, and our own waits grow all the same.
    pub(super) fn after(&mut self, error: &Error, now: Timestamp) -> Pause {
        self.failures = self.failures.saturating_add(1);
        let ordered = error.retry_at.and_then(|at| Duration::try_from(at.duration_since(now)).ok());
        let ordered = ordered.unwrap_or_default();
        Pause { whole: self.own(error).max(ordered), ordered }
    }

    /// Our own wait after the last failure.
    fn own(&self, error: &Error) -> Duration {
        let doubled = self.first.saturating_mul(1 << self.failures.saturating_sub(1).min(6));
        // The first refusal may be a token that has just ended: it is read anew at once.
        let refused = error.kind.is_refusal() && self.failures > 1 && self.first == FIRST;
        jittered(if refused { doubled.max(REFUSED) } else { doubled.min(MOST) })
    }

    /// Waits, or until somebody asks to look again and the server has nothing against it.
    pub(super) async fn wait(&mut self, pause: Pause) {
        let (refreshes, begun) = (self.demand.refreshes(), Instant::now());
        let mut until = begun + pause.whole;
        loop {
            tokio::select! {
                () = tokio::time::sleep_until(until) => return,
                () = self.demand.changed() => {}
            }
            if self.demand.refreshes() != refreshes {
                until = until.min(begun + pause.ordered);
            }
        }
    }
}

/// How long to wait.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Pause {
    /// In all.
    whole: Duration,
    /// The part of it that the server named, which no person may cut short.
    ordered: Duration,
}

impl Pause {
    /// A wait that is our own alone.
    pub(super) fn own(whole: Duration) -> Pause {
        Pause { whole, ordered: Duration::ZERO }
    }

    /// The instant at which it ends.
    pub(super) fn end(self, now: Timestamp) -> Option<Timestamp> {
        now.checked_add(SignedDuration::try_from(self.whole).ok()?).ok()
    }
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
        (0..number).map(|_| backoff.after(&Error::new(kind, "m"), at(0)).whole).collect()
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
    fn nothing_is_asked_before_the_server_allows() {
        let (_sender, demand) = Demand::channel();
        let error = Error { retry_at: Some(at(7)), ..Error::new(FailureKind::Server, "m") };
        let seven = Duration::from_secs(7);
        assert_eq!(
            Backoff::new(demand).after(&error, at(0)),
            Pause { whole: seven, ordered: seven }
        );
    }

    #[test]
    fn a_server_that_always_says_in_a_second_is_asked_a_handful_of_times_a_minute() {
        let (_sender, demand) = Demand::channel();
        let mut backoff = Backoff::new(demand);
        let error = Error { retry_at: Some(at(1)), ..Error::new(FailureKind::Server, "m") };
        let minute = |backoff: &mut Backoff| {
            let (mut passed, mut asked) = (Duration::ZERO, 0);
            while passed < Duration::from_mins(1) {
                passed += backoff.after(&error, at(0)).whole;
                asked += 1;
            }
            asked
        };
        let (first, second) = (minute(&mut backoff), minute(&mut backoff));
        assert!(first <= 8 && second <= 4, "{first}, then {second}");
    }

    async fn is_cut_short(pause: Pause) -> bool {
        let (sender, demand) = Demand::channel();
        let mut backoff = Backoff::new(demand);
        let waiting = tokio::spawn(async move { backoff.wait(pause).await });
        tokio::task::yield_now().await;
        sender.refresh();
        tokio::time::timeout(Duration::from_millis(100), waiting).await.is_ok()
    }

    #[tokio::test]
    async fn a_person_may_cut_our_own_wait_short() {
        assert!(is_cut_short(Pause::own(Duration::from_hours(1))).await);
    }

    #[tokio::test]
    async fn nobody_cuts_the_servers_wait_short() {
        let hour = Duration::from_hours(1);
        assert!(!is_cut_short(Pause { whole: hour, ordered: hour }).await);
    }
}
