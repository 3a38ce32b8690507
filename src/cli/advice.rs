//! [`advice`]: what to do about a failure, said to a person at a shell. The console asks again by itself and says so;
//! a command that has ended does not.

use crate::domain::time::{seconds_between, span};
use crate::domain::{Failure, FailureKind, Timestamp};

/// What to do about a kind of failure; `hint` is what the console says. `retry_at` is when the server wants to be asked
/// again, where it says so.
pub(super) fn advice(
    kind: FailureKind,
    hint: &str,
    retry_at: Option<Timestamp>,
    now: Timestamp,
) -> String {
    let words = match kind {
        FailureKind::TokenInvalid => {
            "create a token with scope read_api and put it where gitlab.token points"
        }
        FailureKind::RateLimited => return when(retry_at, now),
        FailureKind::Server => "GitLab is at fault: look at its status page, then try again",
        FailureKind::Connect => "check gitlab.url, the proxy and the VPN, then try again",
        FailureKind::Timeout => "the server or the way to it is slow: try again later",
        FailureKind::CutBody => "look at proxies on the way, then try again",
        FailureKind::Other => "look at the message, then try again",
        FailureKind::TokenExpired
        | FailureKind::ScopeMissing
        | FailureKind::Forbidden
        | FailureKind::NotFound
        | FailureKind::Tls
        | FailureKind::Dns
        | FailureKind::NotJson
        | FailureKind::Shape
        | FailureKind::ForeignOrigin
        | FailureKind::Query => hint,
    };
    words.to_owned()
}

/// What to do about a feed's failure.
pub(super) fn of_failure(failure: &Failure, now: Timestamp) -> String {
    advice(failure.kind, &failure.hint, failure.retry_at, now)
}

/// When a server that wants no more questions takes some again.
fn when(retry_at: Option<Timestamp>, now: Timestamp) -> String {
    let recurs = "lower gitlab.requests_per_minute if it recurs";
    match retry_at.filter(|at| *at > now) {
        Some(at) => {
            let clock = at.strftime("%H:%M:%SZ");
            format!("try again after {clock}, in {}; {recurs}", span(seconds_between(now, at)))
        }
        None => format!("try again in a minute; {recurs}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api;

    const KINDS: [FailureKind; 17] = [
        FailureKind::TokenInvalid,
        FailureKind::TokenExpired,
        FailureKind::ScopeMissing,
        FailureKind::Forbidden,
        FailureKind::NotFound,
        FailureKind::RateLimited,
        FailureKind::Server,
        FailureKind::Tls,
        FailureKind::Dns,
        FailureKind::Connect,
        FailureKind::Timeout,
        FailureKind::NotJson,
        FailureKind::CutBody,
        FailureKind::Shape,
        FailureKind::ForeignOrigin,
        FailureKind::Query,
        FailureKind::Other,
    ];

    #[test]
    fn nothing_is_promised_to_happen_by_itself() {
        for kind in KINDS {
            let words = advice(kind, api::Error::new(kind, "m").hint, None, Timestamp::UNIX_EPOCH);
            let is_promise = words.contains("by itself") || words.contains("asked again");
            assert!(!words.is_empty() && !is_promise, "{kind:?}: {words}");
        }
    }

    #[test]
    fn a_used_up_limit_says_when_it_starts_anew() {
        let now: Timestamp = "2026-01-12T03:10:00Z".parse().unwrap();
        let said = |at: &str| {
            let at = at.parse().ok();
            advice(FailureKind::RateLimited, "h", at, now)
        };
        let recurs = "lower gitlab.requests_per_minute if it recurs";
        assert_eq!(
            said("2026-01-12T03:10:27Z"),
            format!("try again after 03:10:27Z, in 27s; {recurs}")
        );
        assert_eq!(said("2026-01-12T03:09:00Z"), format!("try again in a minute; {recurs}"));
    }
}
