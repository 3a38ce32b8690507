//! Faults: wrong answers as data, per route, count, chance and time.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::clock::{self, Millis};
use super::dice::Dice;

/// A wrong answer and when it is given; the defaults match every request and change nothing.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Fault {
    /// Method, `GET` for example; none is every method.
    pub method: Option<String>,
    /// Path without the query; `*` stands for any text; none is every path.
    pub path: Option<String>,
    /// Name of the GraphQL operation; none is every request.
    pub operation: Option<String>,
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
    /// The connection ends after so many bytes of a body that was announced longer.
    pub cut_after_bytes: Option<usize>,
    /// The connection ends without an answer.
    pub close: bool,
    /// 302 to another origin that listens and remembers.
    pub redirect_to_foreign: bool,
    /// A `Link` header whose next page lies on another origin.
    pub foreign_link: bool,
    /// What is wrong with the token.
    pub token: Option<TokenFault>,
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
    pub(crate) method: &'a str,
    pub(crate) path: &'a str,
    pub(crate) operation: Option<&'a str>,
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
}

fn matches(fault: &Fault, asked: &Asked<'_>) -> bool {
    let since = fault.from_seconds.is_none_or(|from| asked.elapsed >= clock::millis(from));
    let until = fault.until_seconds.is_none_or(|until| asked.elapsed < clock::millis(until));
    since
        && until
        && fault.method.as_deref().is_none_or(|method| method.eq_ignore_ascii_case(asked.method))
        && fault.path.as_deref().is_none_or(|path| is_match(path, asked.path))
        && fault.operation.as_deref().is_none_or(|name| asked.operation == Some(name))
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
        Asked { method: "GET", path, operation: None, elapsed: 5_000 }
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
    fn another_method_does_not_meet_the_fault() {
        let mut book = book(Fault { method: Some("POST".to_owned()), ..Fault::default() });
        assert!(book.meet(&asked("/")).is_none());
    }
}
