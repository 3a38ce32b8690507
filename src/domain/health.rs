//! How a feed is doing: its last answer, its last failure, its budget; and the verdict of a given moment.

use super::{Origin, Text, Timestamp};

/// The verdict on one feed over one scope.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Health {
    /// Answered within three of its intervals.
    Live,
    /// Answered, but only for a part of its scope.
    Partial,
    /// Not heard from yet since the start.
    Starting,
    /// Not confirmed for more than three of its intervals.
    Stale,
    /// The last attempt failed and nothing younger than three intervals is known.
    Down,
    /// The platform refuses us.
    Forbidden,
    /// Not in the configuration.
    Unconfigured,
}

impl Health {
    /// The word in `get sources`. A feed not yet heard from has confirmed nothing: `stale`.
    pub fn as_str(self) -> &'static str {
        match self {
            Health::Live => "live",
            Health::Partial => "partial",
            Health::Starting | Health::Stale => "stale",
            Health::Down => "down",
            Health::Forbidden => "forbidden",
            Health::Unconfigured => "unconfigured",
        }
    }

    /// Whether a number that rests on this feed may be called current.
    pub fn is_live(self) -> bool {
        self == Health::Live
    }
}

/// Why a request failed, told apart because the cure differs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum FailureKind {
    /// 401: the token is unknown or revoked.
    TokenInvalid,
    /// 401: the token has expired.
    TokenExpired,
    /// 403: the token lacks a scope.
    ScopeMissing,
    /// 403: the person behind the token may not.
    Forbidden,
    /// 404: not there, or hidden from this token.
    NotFound,
    /// 429, or our own ceiling.
    RateLimited,
    /// 5xx.
    Server,
    /// The certificate was not accepted, or TLS failed otherwise.
    Tls,
    /// The name did not resolve.
    Dns,
    /// Nothing answered at the address.
    Connect,
    /// No answer in time.
    Timeout,
    /// Something else than JSON came: a login page or a proxy's notice.
    NotJson,
    /// The answer ended early.
    CutBody,
    /// The answer was JSON of a shape that we cannot read.
    Shape,
    /// A redirect or a page link led to another origin and was refused.
    ForeignOrigin,
    /// GraphQL refused the query.
    Query,
    /// What somebody defined is at fault, and what it defines says so itself: nothing else is touched by it.
    Definition,
    /// Any other answer.
    Other,
}

impl FailureKind {
    /// The word in `get sources`.
    pub fn as_str(self) -> &'static str {
        match self {
            FailureKind::TokenInvalid => "token_invalid",
            FailureKind::TokenExpired => "token_expired",
            FailureKind::ScopeMissing => "scope_missing",
            FailureKind::Forbidden => "forbidden",
            FailureKind::NotFound => "not_found",
            FailureKind::RateLimited => "rate_limited",
            FailureKind::Server => "server_error",
            FailureKind::Tls => "tls",
            FailureKind::Dns => "dns",
            FailureKind::Connect => "connect",
            FailureKind::Timeout => "timeout",
            FailureKind::NotJson => "not_json",
            FailureKind::CutBody => "cut_body",
            FailureKind::Shape => "unexpected_shape",
            FailureKind::ForeignOrigin => "foreign_origin",
            FailureKind::Query => "query_refused",
            FailureKind::Definition => "definition",
            FailureKind::Other => "other",
        }
    }

    /// Whether the platform answered and said no: waiting will not help.
    pub fn is_refusal(self) -> bool {
        matches!(
            self,
            FailureKind::TokenInvalid
                | FailureKind::TokenExpired
                | FailureKind::ScopeMissing
                | FailureKind::Forbidden
        )
    }
}

/// A failure, with what would cure it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// What went wrong, as a kind.
    pub kind: FailureKind,
    /// What was being done, to what, and why it failed: one line, without secrets.
    pub message: Text,
    /// What to do next: one line.
    pub hint: Text,
    /// When it happened.
    pub at: Timestamp,
    /// When it will be tried again, where that is known.
    pub retry_at: Option<Timestamp>,
}

/// What the server says is left of its rate limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Budget {
    /// Requests allowed in the window.
    pub limit: u64,
    /// Requests left in it.
    pub remaining: u64,
    /// When it starts anew.
    pub reset_at: Timestamp,
}

/// Everything known about how one feed is doing. The verdict is drawn from it for a given moment, by [`Report::health`].
#[derive(Debug, Clone, PartialEq)]
pub struct Report {
    /// How often it asks at present, seconds; hidden feeds ask less often.
    pub interval_seconds: f64,
    /// When everything in its scope was last confirmed.
    pub confirmed_at: Option<Timestamp>,
    /// Whether that was in this run, or is remembered of an earlier one: what is remembered is never live.
    pub origin: Origin,
    /// The last failure, until the next success.
    pub failure: Option<Failure>,
    /// What is missing though it answered: parts refused, pages cut.
    pub gap: Option<Failure>,
    /// Whether the stream that confirmed it is gone and waits to be opened again: nothing confirms it meanwhile, however
    /// young the last word is. Feeds that ask now and then have no stream to lose.
    pub is_cut_off: bool,
    /// Requests in the last minute.
    pub requests_per_minute: f64,
    /// The server's rate limit, where it tells.
    pub budget: Option<Budget>,
}

impl Report {
    /// The report of a feed that has not been heard from.
    pub fn starting(interval_seconds: f64) -> Report {
        Report {
            interval_seconds,
            confirmed_at: None,
            origin: Origin::Live,
            failure: None,
            gap: None,
            is_cut_off: false,
            requests_per_minute: 0.0,
            budget: None,
        }
    }

    /// The verdict at `now`: old means older than three of its own intervals.
    pub fn health(&self, now: Timestamp) -> Health {
        if self.failure.as_ref().is_some_and(|failure| failure.kind.is_refusal()) {
            return Health::Forbidden;
        }
        let young = self.origin == Origin::Live
            && !self.is_cut_off
            && self.confirmed_at.is_some_and(|at| !self.is_old(at, now));
        match (&self.failure, young, self.confirmed_at) {
            (_, true, _) if self.gap.is_some() => Health::Partial,
            (_, true, _) => Health::Live,
            (Some(_), false, _) => Health::Down,
            (None, false, Some(_)) => Health::Stale,
            (None, false, None) => Health::Starting,
        }
    }

    /// Whether everything in its scope was read in this run, and it is not refused now.
    pub fn is_whole(&self) -> bool {
        let refused = self.failure.as_ref().is_some_and(|failure| failure.kind.is_refusal());
        let read = self.confirmed_at.is_some() && self.origin == Origin::Live;
        read && self.gap.is_none() && !refused
    }

    /// Whether something confirmed at `at` is old at `now` by this feed's rhythm.
    pub fn is_old(&self, at: Timestamp, now: Timestamp) -> bool {
        super::time::exact_seconds_between(at, now) > 3.0 * self.interval_seconds
    }

    /// Seconds since the last confirmation.
    pub fn age_seconds(&self, now: Timestamp) -> Option<i64> {
        self.confirmed_at.map(|at| super::time::seconds_between(at, now).max(0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::pipeline::fixture::at;

    fn failure(kind: FailureKind) -> Failure {
        Failure { kind, message: Text::new("m"), hint: Text::new("h"), at: at(0), retry_at: None }
    }

    #[test]
    fn a_feed_is_live_for_three_intervals() {
        let report = Report { confirmed_at: Some(at(0)), ..Report::starting(5.0) };
        assert_eq!(report.health(at(15)), Health::Live);
        assert_eq!(report.health(at(16)), Health::Stale);
    }

    #[test]
    fn one_failed_attempt_does_not_make_young_data_old() {
        let report = Report {
            confirmed_at: Some(at(0)),
            failure: Some(failure(FailureKind::Timeout)),
            ..Report::starting(5.0)
        };
        assert_eq!(report.health(at(10)), Health::Live);
        assert_eq!(report.health(at(16)), Health::Down);
    }

    #[test]
    fn a_stream_that_is_cut_off_is_down_at_once() {
        let report = Report {
            confirmed_at: Some(at(0)),
            failure: Some(failure(FailureKind::Connect)),
            is_cut_off: true,
            ..Report::starting(30.0)
        };
        assert_eq!(report.health(at(1)), Health::Down);
    }

    #[test]
    fn a_refusal_is_forbidden_at_once() {
        let report = Report {
            confirmed_at: Some(at(0)),
            failure: Some(failure(FailureKind::TokenExpired)),
            ..Report::starting(5.0)
        };
        assert_eq!(report.health(at(1)), Health::Forbidden);
    }

    #[test]
    fn an_answer_with_a_gap_is_partial() {
        let report = Report {
            confirmed_at: Some(at(0)),
            gap: Some(failure(FailureKind::NotFound)),
            ..Report::starting(5.0)
        };
        assert_eq!(report.health(at(1)), Health::Partial);
    }

    #[test]
    fn never_heard_from_is_neither_live_nor_down() {
        assert_eq!(Report::starting(5.0).health(at(1)), Health::Starting);
    }
}
