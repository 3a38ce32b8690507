//! What changes a platform is sent for a permit, by one layer, and never twice: read from the code itself.

use super::source::Source;
use super::{SOURCES, assert_clean};

/// Where the functions stand that send changing requests.
const SENDERS: &str = "action/send/";

/// Where the questions about our own rights stand, which have to be created.
const REVIEWS: &str = "action/send/review.rs";

/// A function that sends takes the permit by value, so that it is used up.
fn takes_a_permit(source: &Source) -> Vec<String> {
    if !source.name.starts_with(SENDERS) {
        return Vec::new();
    }
    let mut faults = Vec::new();
    for at in source.find(&["fn"]) {
        let Some((params, body)) = signature(source, at) else { continue };
        let words = |range: (usize, usize)| -> Vec<&str> {
            (range.0..range.1).map(|place| source.word(place)).collect()
        };
        let (params, body) = (words(params), words(body));
        let has = |all: &[&str], wanted: &[&str]| all.windows(wanted.len()).any(|w| w == wanted);
        let sends = has(&body, &[".", "send", "("]) || has(&body, &[".", "execute", "("]);
        // A question about oneself changes nothing: it takes the open window instead.
        let asks = source.name == REVIEWS && has(&params, &[":", "Arming"]);
        if sends && !asks && !has(&params, &[":", "Permit"]) {
            let name = source.word(at + 1);
            faults.push(format!("{}: `{name}` sends without a permit by value", source.name));
        }
    }
    faults
}

/// Where the parameters and the body of the function at `at` stand.
fn signature(source: &Source, at: usize) -> Option<((usize, usize), (usize, usize))> {
    let opens = |from: usize, bracket: &str| {
        (from..source.tokens.len()).find(|place| source.word(*place) == bracket)
    };
    let open = opens(at, "(")?;
    let close = closing(source, open, ("(", ")"))?;
    let begin = opens(close, "{")?;
    let end = closing(source, begin, ("{", "}"))?;
    Some(((open, close), (begin, end)))
}

/// Where the bracket that opens at `open` closes.
fn closing(source: &Source, open: usize, (left, right): (&str, &str)) -> Option<usize> {
    let mut depth = 0_usize;
    for place in open..source.tokens.len() {
        match source.word(place) {
            word if word == left => depth += 1,
            word if word == right => {
                depth -= 1;
                if depth == 0 {
                    return Some(place);
                }
            }
            _ => {}
        }
    }
    None
}

/// The senders are a private module of `action`, and nobody else spells their path.
fn is_hidden(source: &Source) -> Vec<String> {
    let shown = source.name == "action/mod.rs"
        && (source.find(&["mod", "send", ";"]).is_empty()
            || !source.find(&["pub", "mod", "send"]).is_empty()
            || !source.find(&[")", "mod", "send"]).is_empty());
    let named =
        source.layer() != "action" && !source.find(&["action", ":", ":", "send"]).is_empty();
    let fault = |is: bool, why: &str| is.then(|| format!("{}: {why}", source.name));
    let faults = [
        fault(shown, "`send` has to be a private module"),
        fault(named, "only `action` may name `action::send`"),
    ];
    faults.into_iter().flatten().collect()
}

/// A permit is made by the ledger alone, and cannot be copied.
fn is_single(source: &Source) -> Vec<String> {
    let mut faults = Vec::new();
    for at in source.find(&["Permit", "{"]) {
        let declares = matches!(source.word(at.wrapping_sub(1)), "struct" | "impl" | "for");
        if !declares && source.layer() != "audit" {
            faults.push(format!("{}: only the ledger makes a permit", source.name));
        }
    }
    for at in source.find(&["struct", "Permit"]) {
        let before = (0..at).rev().take_while(|place| !matches!(source.word(*place), "}" | ";"));
        let mut before = before.map(|place| source.word(place));
        if before.any(|word| matches!(word, "Clone" | "Copy" | "Default" | "Deserialize")) {
            faults.push(format!("{}: a permit that can be copied is none", source.name));
        }
    }
    for at in source.find(&["Clone", "for", "Permit"]) {
        faults.push(format!("{}:{at}: a permit that can be copied is none", source.name));
    }
    faults
}

/// No client sends anything again by itself.
fn resends_nothing(source: &Source) -> Vec<String> {
    if source.layer() == "sim" {
        return Vec::new();
    }
    let mut faults = Vec::new();
    let builds = [
        &["reqwest", ":", ":", "Client", ":", ":"][..],
        &["reqwest", ":", ":", "ClientBuilder", ":", ":"][..],
    ];
    let never = ["reqwest", ":", ":", "retry", ":", ":", "never"];
    if builds.iter().any(|words| !source.find(words).is_empty()) && source.find(&never).is_empty() {
        faults.push(format!("{}: builds a client whose retries are on", source.name));
    }
    for at in source.find(&["default_retry", "="]) {
        if source.word(at + 2) != "false" {
            faults.push(format!("{}: a cluster's client that resends", source.name));
        }
    }
    for at in source.find(&["retry_config", "("]) {
        if source.word(at + 5) != "disabled" {
            faults.push(format!("{}: an AWS client that resends", source.name));
        }
    }
    faults
}

fn all(rule: impl Fn(&Source) -> Vec<String>) {
    assert_clean(&SOURCES.iter().flat_map(rule).collect::<Vec<_>>());
}

#[test]
fn every_function_that_sends_a_change_takes_the_permit_by_value() {
    all(takes_a_permit);
    let senders = SOURCES.iter().filter(|source| source.name.starts_with(SENDERS));
    let sending = senders.filter(|source| !source.find(&[".", "send", "("]).is_empty()).count();
    assert!(sending > 0, "the senders were not found");
}

#[test]
fn the_senders_are_named_by_their_own_layer_alone() {
    all(is_hidden);
}

#[test]
fn a_permit_is_made_by_the_ledger_alone_and_cannot_be_copied() {
    all(is_single);
}

#[test]
fn no_client_sends_anything_again_by_itself() {
    all(resends_nothing);
    let says = |words: &[&str]| SOURCES.iter().any(|source| !source.find(words).is_empty());
    assert!(says(&["default_retry", "=", "false"]), "the clusters' clients were not found");
    assert!(says(&["RetryConfig", ":", ":", "disabled"]), "the AWS clients were not found");
}

#[test]
fn the_rules_of_sending_find_what_they_forbid() {
    let count = |rule: fn(&Source) -> Vec<String>, name: &str, text: &str| {
        rule(&Source::read(name, text)).len()
    };
    let sends = |text| count(takes_a_permit, "action/send/x.rs", text);
    assert_eq!(sends("async fn go(client: C) { client.post().send().await }"), 1);
    assert_eq!(sends("async fn go(permit: &Permit) { client.post().send().await }"), 1);
    assert_eq!(sends("async fn go(permit: Permit) { client.post().send().await }"), 0);
    let hidden = |name, text| count(is_hidden, name, text);
    assert_eq!(hidden("action/mod.rs", "pub mod send;"), 1);
    assert_eq!(hidden("action/mod.rs", "mod send;"), 0);
    assert_eq!(hidden("cli/act.rs", "use crate::action::send::Order;"), 1);
    let single = |name, text| count(is_single, name, text);
    assert_eq!(single("action/desk.rs", "fn f() { Permit { seq: 1 } }"), 1);
    assert_eq!(single("audit/ledger.rs", "#[derive(Debug, Clone)] pub struct Permit { a: u8 }"), 1);
    assert_eq!(single("audit/ledger.rs", "#[derive(Debug)] pub struct Permit { a: u8 }"), 0);
    let resends = |text| count(resends_nothing, "api/x.rs", text);
    assert_eq!(resends("fn f() { reqwest::Client::new() }"), 1);
    assert_eq!(resends("fn f() { config.default_retry = true; }"), 1);
    assert_eq!(resends("fn f() { b.retry_config(RetryConfig::standard()) }"), 1);
    assert_eq!(resends("fn f() { b.retry_config(RetryConfig::disabled()) }"), 0);
}
