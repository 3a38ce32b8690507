//! [`advice`]: what to do about a failure, said to a person at a shell. The console asks again by itself and says so;
//! a command that has ended does not.

use crate::domain::time::{seconds_between, span};
use crate::domain::{Failure, FailureKind, SourceKey, Timestamp};

/// What the console does, and a command that has ended does not.
const PROMISES: [&str; 2] = ["by itself", "by themselves"];

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
        | FailureKind::Query
        | FailureKind::Definition => hint,
    };
    words.to_owned()
}

/// What to do about a feed's failure.
pub(super) fn of_failure(key: &SourceKey, failure: &Failure, now: Timestamp) -> String {
    if key.scope.platform() == "gitlab" {
        advice(failure.kind, &failure.hint, failure.retry_at, now)
    } else {
        // Of what waiting does not cure, the next time is the console's own business.
        let again = failure.retry_at.filter(|_| !failure.kind.is_refusal());
        of_cluster(&failure.hint, again, now)
    }
}

/// What to do about a failure of a cluster or of AWS. Their hints are right but for what the console does by itself,
/// which stands last in them. When the server wants to be asked again cures nothing: it stands behind the cure.
pub(super) fn of_cluster(hint: &str, retry_at: Option<Timestamp>, now: Timestamp) -> String {
    let own = hint
        .rsplit_once([';', ','])
        .filter(|(_, last)| PROMISES.iter().any(|words| last.contains(words)));
    let cure = own.map_or(hint, |(cure, _)| cure);
    match retry_at.filter(|at| *at > now) {
        Some(at) => format!("{cure}; {}", again_at(at, now)),
        None if own.is_some() => format!("{cure}; then try again"),
        None => hint.to_owned(),
    }
}

/// When a server that wants no more questions takes some again.
fn when(retry_at: Option<Timestamp>, now: Timestamp) -> String {
    let recurs = "lower gitlab.requests_per_minute if it recurs";
    match retry_at.filter(|at| *at > now) {
        Some(at) => format!("{}; {recurs}", again_at(at, now)),
        None => format!("try again in a minute; {recurs}"),
    }
}

fn again_at(at: Timestamp, now: Timestamp) -> String {
    let clock = at.strftime("%H:%M:%SZ");
    format!("try again after {clock}, in {}", span(seconds_between(now, at)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api;
    use crate::domain::{Scope, SourceId};

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
            let words = advice(kind, &api::Error::new(kind, "m").hint, None, Timestamp::UNIX_EPOCH);
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

    #[test]
    fn the_advice_of_a_cluster_is_its_own_and_speaks_of_no_gitlab() {
        let now: Timestamp = "2026-01-12T03:10:00Z".parse().unwrap();
        let failure = |retry_at| Failure {
            kind: FailureKind::TokenInvalid,
            message: "m".into(),
            hint: "log in to the cluster again; the credential is read again by itself".into(),
            at: now,
            retry_at,
        };
        let of = |scope, retry_at| {
            let key = SourceKey { source: SourceId::PODS, scope };
            of_failure(&key, &failure(retry_at), now)
        };
        let pods = Scope::kubernetes("ci", Some("a"), "pods");
        assert_eq!(of(pods.clone(), None), "log in to the cluster again; then try again");
        let later = "2026-01-12T03:10:27Z".parse().ok();
        assert_eq!(of(pods, later), "log in to the cluster again; then try again");
        assert!(of(Scope::gitlab("acme"), None).contains("gitlab.token"));
        assert_eq!(of_cluster("allow eks:ListNodegroups", None, now), "allow eks:ListNodegroups");
    }

    #[test]
    fn the_cure_of_a_cluster_stays_though_the_server_says_when_to_ask_again() {
        let now: Timestamp = "2026-01-12T03:10:00Z".parse().unwrap();
        let later = "2026-01-12T03:10:27Z".parse().ok();
        let again = "try again after 03:10:27Z, in 27s";
        let said = |hint| of_cluster(hint, later, now);
        assert_eq!(said("run `aws sso login`"), format!("run `aws sso login`; {again}"));
        let renew = "run `aws sso login`; they are read again by themselves";
        assert_eq!(of_cluster(renew, None, now), "run `aws sso login`; then try again");
        let hint = "log in to the cluster again; the credential is read again by itself";
        assert_eq!(said(hint), format!("log in to the cluster again; {again}"));
    }
}
