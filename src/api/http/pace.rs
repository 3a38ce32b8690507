//! [`Pace`]: how many requests may go to one host: our own ceiling, and what the server says of its own.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use http::HeaderMap;
use jiff::SignedDuration;
use tokio::time::Instant;

use crate::api::Error;
use crate::domain::{Budget, FailureKind, Timestamp};

/// However long the server wants us to wait, we look again after this.
const MAX_BLOCK: SignedDuration = SignedDuration::from_mins(15);
/// How long to wait after a 429 that does not say.
const UNSAID_BLOCK: SignedDuration = SignedDuration::from_secs(60);

/// The budget of one host, shared by everything that asks it.
#[derive(Debug)]
pub struct Pace {
    /// Requests that may be sent at once after a rest.
    burst: f64,
    /// Requests per second that come back.
    rate: f64,
    state: Mutex<State>,
    /// A wider budget that every request here counts in as well.
    wider: Option<Arc<Pace>>,
}

#[derive(Debug)]
struct State {
    /// Requests that may be sent now; below zero where some already wait for their turn.
    tokens: f64,
    refilled_at: Instant,
    /// Requests of the last minute.
    sent: VecDeque<Instant>,
    budget: Option<Budget>,
    blocked_until: Option<Timestamp>,
}

impl Pace {
    /// A budget of so many requests in any sixty seconds: a quarter at once, the rest spread.
    pub fn new(requests_per_minute: u32) -> Pace {
        let ceiling = f64::from(requests_per_minute.max(1));
        let burst = (ceiling / 4.0).max(1.0);
        let rate = ((ceiling - burst) / 60.0).max(1.0 / 60.0);
        let state = State {
            tokens: burst,
            refilled_at: Instant::now(),
            sent: VecDeque::new(),
            budget: None,
            blocked_until: None,
        };
        Pace { burst, rate, state: Mutex::new(state), wider: None }
    }

    /// A narrower budget within another: what is sent counts in both, and a refusal of the server stops both.
    pub fn within(requests_per_minute: u32, wider: Arc<Pace>) -> Pace {
        Pace { wider: Some(wider), ..Pace::new(requests_per_minute) }
    }

    /// Waits for a turn. While the server wants none, it fails at once and says until when.
    pub async fn turn(&self, now: Timestamp) -> Result<(), Error> {
        let wait = self.claim(now, Instant::now())?;
        if !wait.is_zero() {
            tokio::time::sleep(wait).await;
        }
        match &self.wider {
            Some(wider) => Box::pin(wider.turn(now)).await,
            None => Ok(()),
        }
    }

    /// Takes a turn and tells how long to wait for it.
    fn claim(&self, now: Timestamp, at: Instant) -> Result<Duration, Error> {
        let mut state = self.state();
        if let Some(until) = state.blocked_until.filter(|until| *until > now) {
            let error = Error::new(FailureKind::RateLimited, "the server's rate limit is used up");
            return Err(Error { retry_at: Some(until), ..error });
        }
        state.blocked_until = None;
        let earned = at.duration_since(state.refilled_at).as_secs_f64() * self.rate;
        state.tokens = (state.tokens + earned).min(self.burst) - 1.0;
        state.refilled_at = at;
        let wait = Duration::from_secs_f64((-state.tokens / self.rate).max(0.0));
        state.sent.push_back(at + wait);
        Ok(wait)
    }

    /// Reads what an answer says about the server's limit; `refused` where it was a 429 or asked us to come later.
    /// Gives the instant before which nothing should be asked, where there is one.
    pub fn note(&self, headers: &HeaderMap, refused: Refused, now: Timestamp) -> Option<Timestamp> {
        if let Some(wider) = &self.wider {
            wider.note(headers, refused, now);
        }
        let server_now = date(headers).unwrap_or(now);
        let reset_in = number(headers, "ratelimit-reset").and_then(|seconds| {
            let at = Timestamp::from_second(i64::try_from(seconds).ok()?).ok()?;
            Some(at.duration_since(server_now))
        });
        let budget = budget(headers, reset_in, now);
        let spent = budget.is_some_and(|budget| budget.remaining == 0);
        let pause = match refused {
            Refused::No if spent => reset_in,
            Refused::No => None,
            Refused::TooMany => {
                retry_after(headers, server_now).or(reset_in).or(Some(UNSAID_BLOCK))
            }
            Refused::Busy => retry_after(headers, server_now),
        };
        let until = pause
            .filter(SignedDuration::is_positive)
            .and_then(|pause| now.checked_add(pause.min(MAX_BLOCK)).ok());
        let mut state = self.state();
        state.budget = budget.or(state.budget);
        if refused != Refused::Busy {
            state.blocked_until = state.blocked_until.max(until);
        }
        until
    }

    /// Requests of the last minute.
    pub fn requests_per_minute(&self) -> f64 {
        self.requests_before(Instant::now())
    }

    /// Requests of the minute before an instant.
    fn requests_before(&self, now: Instant) -> f64 {
        let mut state = self.state();
        while state.sent.front().is_some_and(|at| now.duration_since(*at).as_secs() >= 60) {
            state.sent.pop_front();
        }
        let sent = state.sent.iter().filter(|at| **at <= now).count();
        u32::try_from(sent).map_or(f64::MAX, f64::from)
    }

    /// What the server last said of its own limit.
    pub fn budget(&self) -> Option<Budget> {
        self.state().budget
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// How an answer bears on when to ask again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refused {
    /// It was answered.
    No,
    /// 429.
    TooMany,
    /// 5xx, which may say when to come back.
    Busy,
}

/// The server's limit, if the headers tell all of it.
fn budget(headers: &HeaderMap, reset_in: Option<SignedDuration>, now: Timestamp) -> Option<Budget> {
    Some(Budget {
        limit: number(headers, "ratelimit-limit")?,
        remaining: number(headers, "ratelimit-remaining")?,
        reset_at: now.checked_add(reset_in?).ok()?,
    })
}

/// A header that holds a whole number.
fn number(headers: &HeaderMap, name: &str) -> Option<u64> {
    headers.get(name)?.to_str().ok()?.trim().parse().ok()
}

/// `Retry-After`, seconds or a date.
pub(in crate::api) fn retry_after(
    headers: &HeaderMap,
    server_now: Timestamp,
) -> Option<SignedDuration> {
    let value = headers.get(http::header::RETRY_AFTER)?.to_str().ok()?.trim();
    match value.parse() {
        Ok(seconds) => Some(SignedDuration::from_secs(seconds)),
        Err(_) => Some(http_date(value)?.duration_since(server_now)),
    }
}

/// The server's own clock.
fn date(headers: &HeaderMap) -> Option<Timestamp> {
    http_date(headers.get(http::header::DATE)?.to_str().ok()?)
}

/// Reads a date of HTTP.
fn http_date(text: &str) -> Option<Timestamp> {
    jiff::fmt::rfc2822::parse(text).ok().map(|zoned| zoned.timestamp())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(1_790_000_000 + second).unwrap()
    }

    fn headers(pairs: &[(&'static str, &str)]) -> HeaderMap {
        pairs.iter().map(|(n, v)| (n.parse().unwrap(), v.parse().unwrap())).collect()
    }

    #[test]
    fn no_minute_holds_more_requests_than_the_ceiling() {
        let pace = Pace::new(60);
        let start = Instant::now();
        let mut sent = vec![start];
        while sent.last().unwrap().duration_since(start) < Duration::from_mins(3) {
            let asked = *sent.last().unwrap();
            sent.push(asked + pace.claim(at(0), asked).unwrap());
        }
        sent.remove(0);
        let in_minute = |from: &Instant| {
            sent.iter().filter(|at| *at >= from && **at - *from < Duration::from_mins(1)).count()
        };
        let most = sent.iter().map(in_minute).max();
        assert!(most <= Some(60), "{most:?}");
        assert!(sent.len() >= 140, "{}", sent.len());
    }

    #[tokio::test]
    async fn what_is_sent_within_a_wider_budget_counts_in_both_and_a_refusal_stops_both() {
        let wider = Arc::new(Pace::new(300));
        let narrow = Pace::within(60, Arc::clone(&wider));
        narrow.turn(at(0)).await.unwrap();
        let sent = [narrow.requests_per_minute(), wider.requests_per_minute()];
        assert_eq!(sent.map(|count| count > 0.5), [true, true]);
        narrow.note(&headers(&[("retry-after", "30")]), Refused::TooMany, at(0));
        assert!(wider.turn(at(29)).await.is_err());
    }

    #[test]
    fn requests_older_than_a_minute_are_not_counted() {
        let pace = Pace::new(300);
        let start = Instant::now();
        pace.claim(at(0), start).unwrap();
        let counts =
            [0, 59, 60].map(|second| pace.requests_before(start + Duration::from_secs(second)));
        assert_eq!(counts.map(|count| count > 0.5), [true, true, false]);
    }

    #[tokio::test]
    async fn retry_after_stops_every_request_until_then() {
        let pace = Pace::new(300);
        pace.note(&headers(&[("retry-after", "30")]), Refused::TooMany, at(0));
        assert_eq!(pace.turn(at(29)).await.unwrap_err().retry_at, Some(at(30)));
        assert!(pace.turn(at(30)).await.is_ok());
    }

    #[tokio::test]
    async fn an_exhausted_budget_stops_requests_until_its_reset() {
        let pace = Pace::new(300);
        let reset = at(40).as_second().to_string();
        let said = headers(&[
            ("ratelimit-limit", "600"),
            ("ratelimit-remaining", "0"),
            ("ratelimit-reset", &reset),
        ]);
        pace.note(&said, Refused::No, at(0));
        assert_eq!(pace.turn(at(39)).await.unwrap_err().kind, FailureKind::RateLimited);
        assert_eq!(pace.budget(), Some(Budget { limit: 600, remaining: 0, reset_at: at(40) }));
    }

    #[test]
    fn the_servers_clock_decides_how_far_away_its_reset_is() {
        let pace = Pace::new(300);
        let said = headers(&[
            ("date", "Mon, 21 Sep 2026 14:13:20 GMT"),
            ("ratelimit-limit", "600"),
            ("ratelimit-remaining", "0"),
            ("ratelimit-reset", "1790000010"),
        ]);
        assert_eq!(pace.note(&said, Refused::No, at(5000)), Some(at(5010)));
    }

    #[test]
    fn retry_after_may_be_a_date() {
        let said = headers(&[("retry-after", "Mon, 21 Sep 2026 14:13:25 GMT")]);
        assert_eq!(Pace::new(1).note(&said, Refused::TooMany, at(0)), Some(at(5)));
    }

    #[test]
    fn a_server_that_is_down_does_not_stop_other_requests() {
        let pace = Pace::new(300);
        let until = pace.note(&headers(&[("retry-after", "30")]), Refused::Busy, at(0));
        assert_eq!(until, Some(at(30)));
        assert!(pace.claim(at(1), Instant::now()).is_ok());
    }
}
