//! A platform that fails is told apart, says what would cure it, keeps what was known, and recovers by itself.

use watchfloor::domain::{FailureKind, SourceId};
use watchfloor::sim::{Fault, GraphQl, Scenario, TokenFault};

use crate::harness::Console;

/// The failure of the queue's feed, if it has one now.
fn failure(console: &Console) -> Option<FailureKind> {
    let mut reports = console.app().state.reports();
    let (_, report) = reports.find(|(key, _)| key.source == SourceId::QUEUE)?;
    report.failure.as_ref().map(|failure| failure.kind)
}

fn jobs(console: &Console) -> usize {
    console.app().state.jobs().len()
}

/// Breaks the platform, waits until the screen says the words and a hint, mends it, waits until all is well.
async fn breaks_and_recovers(fault: Fault, words: &str) {
    let mut console = Console::start("calm").await;
    console.until("jobs", |console| jobs(console) > 0 && failure(console).is_none()).await;
    console.sim().world().freeze();
    console.sim().world().fault(fault);
    console.press("0").until("the feed to fail", |console| failure(console).is_some()).await;
    console.sees(words).await;
    assert!(jobs(&console) > 0, "what was known stays");
    console.sim().world().clear_faults();
    console.press("f5").until("recovery", |console| failure(console).is_none()).await;
    console.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_token_that_is_refused_is_named_and_a_new_one_is_noticed() {
    let fault = Fault { token: Some(TokenFault::Invalid), ..Fault::default() };
    Box::pin(breaks_and_recovers(fault, "create a token with scope read_api")).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_error_is_named_and_passes() {
    let fault = Fault { status: Some(502), ..Fault::default() };
    Box::pin(breaks_and_recovers(fault, "502")).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_page_in_place_of_json_is_named_and_passes() {
    let fault = Fault {
        status: Some(200),
        body: Some("<!DOCTYPE html><title>Sign in</title>".to_owned()),
        content_type: Some("text/html".to_owned()),
        ..Fault::default()
    };
    Box::pin(breaks_and_recovers(fault, "HTML")).await;
}

/// Plays the faults of a scenario file, all at once and until they are lifted: the queue's feed must fail in that way
/// and no other, keep what was known, and recover by itself.
async fn the_file_shows(scenario: &str, expected: FailureKind) {
    let faults = Scenario::load(scenario).expect("a shipped scenario").fault;
    assert!(!faults.is_empty(), "{scenario} has no fault");
    let mut console = Console::start("calm").await;
    console.until("jobs", |console| jobs(console) > 0 && failure(console).is_none()).await;
    console.sim().world().freeze();
    for fault in faults {
        let fault = Fault { from_seconds: None, until_seconds: None, ..fault };
        console.sim().world().fault(fault);
    }
    console.until(scenario, |console| failure(console) == Some(expected)).await;
    assert!(jobs(&console) > 0, "what was known stays");
    console.sim().world().clear_faults();
    console.press("f5").until("recovery", |console| failure(console).is_none()).await;
    console.finish().await;
}

macro_rules! failure_files {
    ($($test:ident: $scenario:literal => $kind:ident;)*) => {$(
        #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
        async fn $test() {
            the_file_shows($scenario, FailureKind::$kind).await;
        }
    )*};
}

failure_files! {
    the_file_of_an_unknown_token: "token_invalid" => TokenInvalid;
    the_file_of_an_expired_token: "token_expired" => TokenExpired;
    the_file_of_a_missing_scope: "scope_missing" => ScopeMissing;
    the_file_of_a_lost_membership: "not_found" => NotFound;
    the_file_of_a_server_error: "server_error" => Server;
    the_file_of_a_page_of_html: "html" => NotJson;
    the_file_of_a_cut_body: "cut_body" => CutBody;
    the_file_of_a_redirect: "redirect" => ForeignOrigin;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_graphql_the_same_queue_is_read_over_rest() {
    let mut console = Console::start("graphql_off").await;
    console.sim().world().freeze();
    let there = super::queue::running_there(&console).await;
    console.until("the same jobs", |console| super::queue::running(console) == there).await;
    console.sim().world().graph_ql(GraphQl::On);
    console.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_redirect_to_another_origin_is_refused_and_nothing_arrives_there() {
    let mut console = Console::start("calm").await;
    let fault = Fault { redirect_to_foreign: true, ..Fault::default() };
    console.sim().world().fault(fault);
    console.press("0").until("the feed to fail", |console| failure(console).is_some()).await;
    assert!(console.sim().foreign_requests().is_empty(), "a request followed the redirect");
    console.finish().await;
}
