//! [`Error`]: what was being done, why it failed and what would cure it.

use std::borrow::Cow;
use std::fmt;

use crate::domain::{Failure, FailureKind, Text, Timestamp};

/// A request that failed. Holds no secret and no query string.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Error {
    /// What was being done, to what: `reading the projects of acme`.
    pub doing: String,
    /// What went wrong, as a kind.
    pub kind: FailureKind,
    /// Why it failed, one line.
    pub message: String,
    /// What to do next, one line.
    pub hint: Cow<'static, str>,
    /// The HTTP status, where an answer came.
    pub status: Option<u16>,
    /// When to try again, where the server or our own ceiling says so.
    pub retry_at: Option<Timestamp>,
}

impl Error {
    /// An error of a kind, with the hint that belongs to the kind.
    pub fn new(kind: FailureKind, message: impl Into<String>) -> Error {
        Error {
            doing: String::new(),
            kind,
            message: message.into(),
            hint: hint(kind).into(),
            status: None,
            retry_at: None,
        }
    }

    /// Says what was being done, unless that was said already.
    #[must_use]
    pub fn doing(mut self, doing: impl Into<String>) -> Error {
        if self.doing.is_empty() {
            self.doing = doing.into();
        }
        self
    }

    /// Names the address to which no connection came about.
    #[must_use]
    pub(in crate::api) fn at(mut self, url: &url::Url) -> Error {
        if self.kind == FailureKind::Connect {
            let there = Text::new(&url.origin().ascii_serialization());
            self.message = format!("no connection to {there}: {}", self.message);
        }
        self
    }

    /// Whether the same request may well succeed a moment later: a server that stumbled, or an answer cut short. Not a
    /// slow one, nor one that said when to come back.
    pub fn is_passing(&self) -> bool {
        let stumbled = matches!(self.status, Some(500 | 502 | 503));
        self.retry_at.is_none() && (stumbled || self.kind == FailureKind::CutBody)
    }

    /// The same with another hint than the kind's own.
    #[must_use]
    pub fn hinting(self, hint: impl Into<Cow<'static, str>>) -> Error {
        Error { hint: hint.into(), ..self }
    }

    /// The same as the rest of the program knows it.
    pub fn failure(&self, at: Timestamp) -> Failure {
        Failure {
            kind: self.kind,
            message: Text::new(&self.to_string()),
            hint: Text::new(&self.hint),
            at,
            retry_at: self.retry_at,
        }
    }

    /// Whether the part alone is refused or missing, so that the other parts of a scope may still be read.
    pub fn is_about_one_part(&self) -> bool {
        matches!(self.kind, FailureKind::Forbidden | FailureKind::NotFound)
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.doing.is_empty() {
            f.write_str(&self.message)
        } else {
            write!(f, "{}: {}", self.doing, self.message)
        }
    }
}

impl std::error::Error for Error {}

/// What to do about a kind of failure.
fn hint(kind: FailureKind) -> &'static str {
    match kind {
        FailureKind::TokenInvalid => {
            "create a token with scope read_api and put it where gitlab.token points; it is read again by itself"
        }
        FailureKind::TokenExpired => {
            "rotate the token in GitLab under Access tokens, scope read_api, and put the new one where gitlab.token points"
        }
        FailureKind::ScopeMissing => {
            "create a token with scope read_api; read_user alone does not do"
        }
        FailureKind::Forbidden => {
            "ask an owner for at least the Reporter role, or leave it out of gitlab.groups and gitlab.projects"
        }
        FailureKind::NotFound => {
            "check the path's spelling and that the token's owner may see it; GitLab hides what one may not see"
        }
        FailureKind::RateLimited => {
            "nothing to do: asked again when the limit allows; lower gitlab.requests_per_minute if it recurs"
        }
        FailureKind::Server => "GitLab is at fault: look at its status page; asked again by itself",
        FailureKind::Tls => {
            "set gitlab.ca_file to the PEM file of the authority that signed the server's certificate"
        }
        FailureKind::Dns => "check the host name in gitlab.url, and the VPN or resolver",
        FailureKind::Connect => "check gitlab.url, the proxy and the VPN; asked again by itself",
        FailureKind::Timeout => "the server or the way to it is slow; asked again by itself",
        FailureKind::NotJson => {
            "a login page or a proxy answered in place of the API: check gitlab.url and gitlab.proxy"
        }
        FailureKind::CutBody => {
            "the answer ended early: look at proxies on the way; asked again by itself"
        }
        FailureKind::Shape => {
            "the answer is not what GitLab documents: check that gitlab.url is a GitLab, and its version"
        }
        FailureKind::ForeignOrigin => {
            "the server points to another address: set gitlab.url to the address it gives itself"
        }
        FailureKind::Query => {
            "GitLab refused a query that its documentation allows: check its version"
        }
        FailureKind::Definition => "correct it where it is defined",
        FailureKind::Other => "look at the message; asked again by itself",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_says_what_was_being_done_and_why_it_failed() {
        let error = Error::new(FailureKind::Timeout, "no answer within 30 s").doing("reading acme");
        assert_eq!(error.to_string(), "reading acme: no answer within 30 s");
    }

    #[test]
    fn a_stumble_passes_and_a_refusal_does_not() {
        let answered =
            |status| Error { status: Some(status), ..Error::new(FailureKind::Server, "m") };
        assert!(answered(500).is_passing() && answered(503).is_passing());
        assert!(!answered(504).is_passing() && !answered(404).is_passing());
        let told = Error { retry_at: Some(Timestamp::UNIX_EPOCH), ..answered(503) };
        assert!(!told.is_passing());
    }

    #[test]
    fn what_was_being_done_is_said_once_by_whoever_knows_best() {
        let error = Error::new(FailureKind::Timeout, "m").doing("inner").doing("outer");
        assert_eq!(error.doing, "inner");
    }
}
