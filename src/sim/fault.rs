//! Faults: wrong answers as data, per route, count, chance and time.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::clock::{self, Millis};
use super::dice::Dice;

/// A wrong answer and when it is given; the defaults match every request and change nothing.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Fault {
    /// Which server gives it.
    pub server: Server,
    /// Method, `GET` for example; none is every method.
    pub method: Option<String>,
    /// Path without the query; `*` stands for any text; none is every path.
    pub path: Option<String>,
    /// Name of the GraphQL operation; none is every request.
    pub operation: Option<String>,
    /// What a Kubernetes request is in the words of its access rules: `get`, `list`, `watch`; none is everything.
    pub verb: Option<String>,
    /// Matching requests that pass before the fault begins.
    pub after: u64,
    /// Matching requests that meet the fault; none is all of them.
    pub count: Option<u64>,
    /// The chance that a matching request meets the fault, 0 to 1.
    pub probability: Option<f64>,
    /// Seconds of wall time after the start when the fault begins.
    pub from_seconds: Option<f64>,
    /// Seconds of wall time after the start when it ends.
    pub until_seconds: Option<f64>,
    /// Milliseconds before the answer.
    pub delay_ms: u64,
    /// HTTP status of the answer.
    pub status: Option<u16>,
    /// What was asked is done before the fault answers: an answer that is lost, not a request.
    pub done: bool,
    /// Body of the answer.
    pub body: Option<String>,
    /// Content type of the answer; JSON unless said otherwise.
    pub content_type: Option<String>,
    /// Headers added to the answer, whatever else happens.
    pub headers: BTreeMap<String, String>,
    /// The connection ends after so many bytes of a body that was announced longer; a watch that was open before ends at
    /// once.
    pub cut_after_bytes: Option<usize>,
    /// The connection ends without an answer.
    pub close: bool,
    /// 302 to another origin that listens and remembers.
    pub redirect_to_foreign: bool,
    /// A `Link` header whose next page lies on another origin.
    pub foreign_link: bool,
    /// What is wrong with the token.
    pub token: Option<TokenFault>,
    /// What goes wrong in the way of a Kubernetes API server; watches that are open meet it too.
    pub kubernetes: Option<ClusterFault>,
    /// What goes wrong in the way of AWS.
    pub aws: Option<AwsFault>,
}

/// What goes wrong in the way of AWS.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AwsFault {
    /// Too many requests: `ThrottlingException`.
    Throttled,
    /// The credentials may not do it: `AccessDeniedException`.
    AccessDenied,
    /// The credentials are past their end: `ExpiredTokenException`.
    ExpiredToken,
}

/// A server that is simulated.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Server {
    /// GitLab.
    #[default]
    Gitlab,
    /// The Kubernetes API server.
    Kubernetes,
    /// EKS, STS and Auto Scaling.
    Aws,
    /// Prometheus.
    Prometheus,
    /// Alertmanager.
    Alertmanager,
}

impl Server {
    /// Its name in the log of requests.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Gitlab => "gitlab",
            Self::Kubernetes => "kubernetes",
            Self::Aws => "aws",
            Self::Prometheus => "prometheus",
            Self::Alertmanager => "alertmanager",
        }
    }
}

/// What goes wrong in the way of a Kubernetes API server.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ClusterFault {
    /// A watch answers 200, then says in its stream that its version is too old (410), and ends.
    Gone,
    /// A watch stays open and says nothing more, neither changes nor bookmarks.
    Silence,
    /// 403 in the words of the access rules.
    Forbidden,
    /// A version that was asked for is said to lie in the future (504).
    TooLargeRv,
    /// Every `continue` is too old (410).
    ExpiredContinue,
    /// Every connection is cut, and new ones are refused as long as the fault lasts.
    Restart,
}

/// What is wrong with the token.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TokenFault {
    /// 401 with `invalid_token`: it is past its date.
    Expired,
    /// 401: nobody has such a token.
    Invalid,
    /// 403 with `insufficient_scope`: it may only read its user.
    Scope,
}

/// What a request looks like to a fault.
pub(crate) struct Asked<'a> {
    pub(crate) server: Server,
    pub(crate) method: &'a str,
    pub(crate) path: &'a str,
    pub(crate) operation: Option<&'a str>,
    /// What a Kubernetes request is in the words of its access rules.
    pub(crate) verb: Option<&'a str>,
    /// Wall time since the start.
    pub(crate) elapsed: Millis,
}

/// The faults in force and how often each was met.
pub(crate) struct Book {
    entries: Vec<(Fault, u64)>,
    dice: Dice,
}

impl Book {
    /// The faults of a scenario.
    pub(crate) fn new(faults: Vec<Fault>, seed: u64) -> Self {
        Self {
            entries: faults.into_iter().map(|fault| (fault, 0)).collect(),
            dice: Dice::new(seed),
        }
    }

    /// Adds a fault; the earliest that matches is met.
    pub(crate) fn add(&mut self, fault: Fault) {
        self.entries.push((fault, 0));
    }

    /// Removes every fault.
    pub(crate) fn clear(&mut self) {
        self.entries.clear();
    }

    /// The fault that this request meets.
    pub(crate) fn meet(&mut self, asked: &Asked<'_>) -> Option<Fault> {
        for (fault, seen) in &mut self.entries {
            if !matches(fault, asked) {
                continue;
            }
            *seen += 1;
            let turn = *seen - 1;
            let last = fault.count.map_or(u64::MAX, |count| fault.after.saturating_add(count));
            let in_turn = turn >= fault.after && turn < last;
            if in_turn && fault.probability.is_none_or(|share| self.dice.chance(share)) {
                return Some(fault.clone());
            }
        }
        None
    }

    /// The lasting fault that somebody meets who asks nothing new: an open watch, or a connection.
    ///
    /// Faults by count or chance belong to requests alone. Nothing is counted here.
    pub(crate) fn lasting(&self, asked: &Asked<'_>) -> Option<&Fault> {
        let lasts = |fault: &Fault| {
            fault.count.is_none() && fault.after == 0 && fault.probability.is_none()
        };
        self.entries
            .iter()
            .map(|(fault, _)| fault)
            .find(|fault| lasts(fault) && matches(fault, asked))
    }

    /// Whether a server lets nobody in.
    pub(crate) fn is_down(&self, server: Server, elapsed: Millis) -> bool {
        self.entries.iter().any(|(fault, _)| {
            fault.server == server
                && fault.kubernetes == Some(ClusterFault::Restart)
                && is_time(fault, elapsed)
        })
    }
}

fn matches(fault: &Fault, asked: &Asked<'_>) -> bool {
    fault.server == asked.server
        && is_time(fault, asked.elapsed)
        && fault.method.as_deref().is_none_or(|method| method.eq_ignore_ascii_case(asked.method))
        && fault.path.as_deref().is_none_or(|path| is_match(path, asked.path))
        && fault.verb.as_deref().is_none_or(|verb| asked.verb == Some(verb))
        && fault.operation.as_deref().is_none_or(|name| asked.operation == Some(name))
}

fn is_time(fault: &Fault, elapsed: Millis) -> bool {
    fault.from_seconds.is_none_or(|from| elapsed >= clock::millis(from))
        && fault.until_seconds.is_none_or(|until| elapsed < clock::millis(until))
}

/// Whether the text fits the pattern, where `*` stands for any text.
fn is_match(pattern: &str, text: &str) -> bool {
    let Some((head, rest)) = pattern.split_once('*') else {
        return pattern == text;
    };
    let Some(mut text) = text.strip_prefix(head) else {
        return false;
    };
    loop {
        if is_match(rest, text) {
            return true;
        }
        let mut letters = text.chars();
        if letters.next().is_none() {
            return false;
        }
        text = letters.as_str();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(path: &str) -> Asked<'_> {
        Asked {
            server: Server::Gitlab,
            method: "GET",
            path,
            operation: None,
            verb: None,
            elapsed: 5_000,
        }
    }

    fn book(fault: Fault) -> Book {
        Book::new(vec![fault], 1)
    }

    #[test]
    fn a_star_stands_for_any_text() {
        assert!(is_match("/api/v4/projects/*/jobs", "/api/v4/projects/7/jobs"));
    }

    #[test]
    fn a_pattern_without_a_star_is_the_whole_path() {
        assert!(!is_match("/api/v4/projects", "/api/v4/projects/7"));
    }

    #[test]
    fn a_fault_with_a_count_ends() {
        let mut book = book(Fault { count: Some(1), close: true, ..Fault::default() });
        assert!(book.meet(&asked("/")).is_some());
        assert!(book.meet(&asked("/")).is_none());
    }

    #[test]
    fn a_fault_begins_after_its_number_of_requests() {
        let mut book = book(Fault { after: 1, close: true, ..Fault::default() });
        assert!(book.meet(&asked("/")).is_none());
        assert!(book.meet(&asked("/")).is_some());
    }

    #[test]
    fn a_fault_waits_for_its_time() {
        let mut book = book(Fault { from_seconds: Some(5.1), ..Fault::default() });
        assert!(book.meet(&asked("/")).is_none());
    }

    #[test]
    fn a_fault_ends_at_its_time() {
        let mut book = book(Fault { until_seconds: Some(5.0), ..Fault::default() });
        assert!(book.meet(&asked("/")).is_none());
    }

    #[test]
    fn a_fault_of_one_server_leaves_the_other_alone() {
        let mut book = book(Fault { server: Server::Kubernetes, ..Fault::default() });
        assert!(book.meet(&asked("/")).is_none());
    }

    #[test]
    fn a_fault_of_one_verb_leaves_the_others_alone() {
        let mut book = book(Fault { verb: Some("watch".to_owned()), ..Fault::default() });
        assert!(book.meet(&Asked { verb: Some("list"), ..asked("/") }).is_none());
        assert!(book.meet(&Asked { verb: Some("watch"), ..asked("/") }).is_some());
    }

    #[test]
    fn a_fault_by_count_is_not_lasting() {
        assert!(book(Fault::default()).lasting(&asked("/")).is_some());
        assert!(book(Fault { count: Some(9), ..Fault::default() }).lasting(&asked("/")).is_none());
    }

    #[test]
    fn a_server_is_down_while_it_restarts() {
        let fault = Fault {
            server: Server::Kubernetes,
            kubernetes: Some(ClusterFault::Restart),
            until_seconds: Some(5.0),
            ..Fault::default()
        };
        let book = book(fault);
        assert!(book.is_down(Server::Kubernetes, 4_999));
        assert!(!book.is_down(Server::Kubernetes, 5_000));
        assert!(!book.is_down(Server::Gitlab, 4_999));
    }

    #[test]
    fn another_method_does_not_meet_the_fault() {
        let mut book = book(Fault { method: Some("POST".to_owned()), ..Fault::default() });
        assert!(book.meet(&asked("/")).is_none());
    }
}
