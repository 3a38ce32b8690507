//! The transport over real sockets: what goes out, what may not, and how each failure is told apart.

use std::time::Duration;

use bytes::Bytes;
use http::Method;
use url::Url;

use super::{Answer, Body, Http};
use crate::api::Error;
use crate::api::fake::{Fake, Reply, TOKEN, now};
use crate::domain::FailureKind;

async fn get(http: &Http, path: &str) -> Result<Answer, Error> {
    http.get(http.base().join(path).unwrap(), Body::Json).await
}

async fn failure_of(reply: Reply) -> Error {
    let fake = Fake::of([reply]).await;
    get(&fake.http(), "api/v4/projects").await.unwrap_err()
}

#[tokio::test]
async fn the_token_and_our_name_go_to_the_configured_origin() {
    let fake = Fake::of([Reply::json("[]")]).await;
    get(&fake.http(), "api/v4/projects").await.unwrap();
    let asked = &fake.asked()[0];
    assert_eq!(asked.headers["private-token"], TOKEN);
    assert_eq!(asked.headers["user-agent"], concat!("watchfloor/", env!("CARGO_PKG_VERSION")));
}

#[tokio::test]
async fn a_redirect_to_another_origin_is_refused_and_the_token_stays() {
    let other = Fake::of([Reply::json("[]")]).await;
    let target = other.url.join("api/v4/projects").unwrap();
    for status in [301, 302, 303, 307, 308] {
        let fake = Fake::of([Reply::new(status, "").with("location", target.as_str())]).await;
        let error = get(&fake.http(), "api/v4/projects").await.unwrap_err();
        assert_eq!(error.kind, FailureKind::ForeignOrigin);
    }
    assert!(other.asked().is_empty());
}

#[tokio::test]
async fn a_redirect_within_the_origin_is_followed_a_few_times_only() {
    let fake = Fake::of([Reply::new(302, "").with("location", "/there"), Reply::json("[1]")]).await;
    let answer = get(&fake.http(), "api/v4/projects").await.unwrap();
    assert_eq!((answer.url.path(), &answer.body[..]), ("/there", &b"[1]"[..]));
    let fake = Fake::of([Reply::new(302, "").with("location", "/there")]).await;
    assert_eq!(get(&fake.http(), "a").await.unwrap_err().kind, FailureKind::Other);
    assert_eq!(fake.asked().len(), 6);
}

#[tokio::test]
async fn another_scheme_or_credentials_in_a_redirect_are_another_origin() {
    let fake = Fake::of([Reply::json("[]")]).await;
    let host = fake.url.authority().to_owned();
    for target in [format!("https://{host}/"), format!("http://user:pass@{host}/")] {
        let redirecting = Fake::of([Reply::new(302, "").with("location", &target)]).await;
        let error = get(&redirecting.http(), "a").await.unwrap_err();
        assert_eq!(error.kind, FailureKind::ForeignOrigin, "{target}");
    }
    assert!(fake.asked().is_empty());
}

#[tokio::test]
async fn a_mutation_opens_no_socket() {
    let fake = Fake::of([Reply::json("{}")]).await;
    let http = fake.http();
    let body = Bytes::from(r#"{"query":"mutation { jobRetry(input: {id: 1}) { errors } }"}"#);
    let sent = http.send(Method::POST, http.graphql().clone(), body, Body::Json).await;
    assert_eq!(sent.unwrap_err().kind, FailureKind::Query);
    let retry = http.base().join("api/v4/projects/1/jobs/2/retry").unwrap();
    assert!(http.send(Method::POST, retry, Bytes::new(), Body::Json).await.is_err());
    assert!(fake.asked().is_empty());
}

#[tokio::test]
async fn an_unchanged_answer_comes_from_what_was_kept() {
    let first = Reply::json("[1]").with("etag", "W/\"a\"").with("link", "</next>; rel=\"next\"");
    let fake = Fake::of([first, Reply::new(304, "")]).await;
    let http = fake.http();
    get(&http, "list").await.unwrap();
    let again = get(&http, "list").await.unwrap();
    assert_eq!(&again.body[..], b"[1]");
    assert!(again.next_page().unwrap().is_some());
    assert_eq!(fake.asked()[1].headers["if-none-match"], "W/\"a\"");
}

#[tokio::test]
async fn after_a_429_nothing_is_asked_until_the_server_allows() {
    let fake = Fake::of([Reply::new(429, "Retry later\n").with("retry-after", "30")]).await;
    let http = fake.http();
    let later = now() + Duration::from_secs(30);
    for _ in 0..3 {
        let error = get(&http, "a").await.unwrap_err();
        assert_eq!((error.kind, error.retry_at), (FailureKind::RateLimited, Some(later)));
    }
    assert_eq!(fake.asked().len(), 1);
}

#[tokio::test]
async fn a_page_of_html_is_not_taken_for_json() {
    let page = Reply::new(200, "<!DOCTYPE html><title>Sign in</title>");
    let error = failure_of(page.with("content-type", "text/html; charset=utf-8")).await;
    assert_eq!(error.kind, FailureKind::NotJson);
}

#[tokio::test]
async fn an_answer_that_breaks_off_is_told_apart() {
    assert_eq!(failure_of(Reply::json("[{\"id\":1},").cut()).await.kind, FailureKind::CutBody);
}

#[tokio::test]
async fn a_server_error_says_when_to_come_back() {
    let error = failure_of(Reply::new(503, "").with("retry-after", "7")).await;
    let later = now() + Duration::from_secs(7);
    assert_eq!((error.kind, error.retry_at), (FailureKind::Server, Some(later)));
}

#[tokio::test]
async fn silence_is_a_timeout() {
    let fake = Fake::of([Reply::silence()]).await;
    let http = fake.hasty_http(Duration::from_millis(50));
    assert_eq!(get(&http, "a").await.unwrap_err().kind, FailureKind::Timeout);
}

#[tokio::test]
async fn a_closed_port_is_a_failed_connection() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    let url = Url::parse(&format!("http://{address}/")).unwrap();
    let http = Fake::http_to(url);
    let error = get(&http, "a").await.unwrap_err();
    assert_eq!(error.kind, FailureKind::Connect);
    assert!(error.message.contains("refused"), "{error}");
}

#[tokio::test]
async fn a_server_without_tls_is_a_failure_of_tls() {
    let fake = Fake::of([Reply::json("[]")]).await;
    let mut url = fake.url.clone();
    url.set_scheme("https").unwrap();
    let certificate = rcgen::generate_simple_self_signed(["127.0.0.1".to_owned()]).unwrap();
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), certificate.cert.pem()).unwrap();
    let http = Fake::http_trusting(url, file.path());
    assert_eq!(get(&http, "a").await.unwrap_err().kind, FailureKind::Tls);
}

#[tokio::test]
async fn no_error_and_no_debug_holds_the_token() {
    let fake = Fake::of([Reply::new(401, r#"{"message":"401 Unauthorized"}"#)]).await;
    let http = fake.http();
    let error = get(&http, "a?private_token=secret-in-query").await.unwrap_err();
    let all = format!("{error} {error:?} {http:?}");
    assert!(!all.contains(TOKEN) && !all.contains("secret-in-query"), "{all}");
}

#[tokio::test]
async fn the_end_of_a_long_text_is_kept_and_the_rest_counted() {
    let fake = Fake::of([Reply::new(200, "0123456789".repeat(1000))]).await;
    let http = fake.http();
    let url = http.base().join("trace").unwrap();
    let answer = http.get(url, Body::Tail(15)).await.unwrap();
    assert_eq!((&answer.body[..], answer.dropped), (&b"567890123456789"[..], 9985));
}
