//! The client against a server of a few lines: its answers, refusals and greetings.

use std::sync::Arc;
use std::time::Duration;

use secrecy::SecretString;

use super::Prometheus;
use crate::api::aws::Bounds;
use crate::api::fake::{Fake, Reply, TOKEN, wiring};
use crate::api::{SecretFuture, Wiring};
use crate::config::{Auth, PrometheusSettings, Proxy, SecretSource};
use crate::domain::FailureKind;

const NOTHING: &str = r#"{"status":"success","data":{"resultType":"vector","result":[]}}"#;

fn prometheus(fake: &Fake, auth: Auth) -> Prometheus {
    let settings = PrometheusSettings {
        url: fake.url.join("prometheus").unwrap(),
        auth,
        ca_file: None,
        proxy: Proxy::None,
        interval: Duration::from_secs(30),
    };
    Prometheus::new(&settings, Bounds::Loopback, wiring())
}

fn secret() -> SecretSource {
    SecretSource::Env("TOKEN".to_owned())
}

/// How a request with this greeting says who asks.
async fn greeting(auth: Auth) -> String {
    let fake = Fake::of([Reply::json(NOTHING)]).await;
    prometheus(&fake, auth).query("up").await.unwrap();
    let asked = fake.asked();
    asked[0].headers.get("authorization").map_or("", |value| value.to_str().unwrap()).to_owned()
}

#[tokio::test]
async fn a_greeting_is_sent_as_it_is_configured() {
    assert_eq!(greeting(Auth::None).await, "");
    assert_eq!(greeting(Auth::Bearer(secret())).await, format!("Bearer {TOKEN}"));
    let basic = Auth::Basic { username: "me".to_owned(), password: secret() };
    assert!(greeting(basic).await.starts_with("Basic "));
}

#[tokio::test]
async fn a_short_question_is_got_below_the_base_and_a_long_one_posted() {
    let fake = Fake::of([Reply::json(NOTHING)]).await;
    let prometheus = prometheus(&fake, Auth::None);
    prometheus.query("a + b").await.unwrap();
    prometheus.query(&format!("up{{a=\"{}\"}}", "x".repeat(3000))).await.unwrap();
    let asked = fake.asked();
    assert_eq!(
        (&*asked[0].method, &*asked[0].path),
        ("GET", "/prometheus/api/v1/query?query=a%20%2B%20b")
    );
    assert_eq!((&*asked[1].method, &*asked[1].path), ("POST", "/prometheus/api/v1/query"));
    assert!(asked[1].body.starts_with(b"query=up%7B"));
}

/// What becomes of this answer.
async fn failed(reply: Reply) -> crate::api::Error {
    let fake = Fake::of([reply]).await;
    prometheus(&fake, Auth::Bearer(secret())).query("up").await.unwrap_err()
}

#[tokio::test]
async fn refusals_are_told_apart() {
    let said = |status, kind: &str| {
        Reply::json(format!(r#"{{"status":"error","errorType":"{kind}","error":"words"}}"#))
            .status(status)
    };
    for (reply, kind) in [
        (said(400, "bad_data"), FailureKind::Query),
        (said(422, "execution"), FailureKind::Query),
        (said(503, "timeout"), FailureKind::Timeout),
        (said(500, "internal"), FailureKind::Server),
        (Reply::new(401, "Unauthorized"), FailureKind::TokenInvalid),
        (Reply::new(403, r#"{"Message":"no"}"#), FailureKind::Forbidden),
        (Reply::new(502, "<html>"), FailureKind::Server),
        (Reply::new(200, "<html>Sign in</html>"), FailureKind::NotJson),
        (
            Reply::new(302, "").with("location", "https://sso.example.com"),
            FailureKind::ForeignOrigin,
        ),
    ] {
        let error = failed(reply.clone()).await;
        assert_eq!(error.kind, kind, "{reply:?}: {error}");
        assert!(!format!("{error:?}").contains(TOKEN));
    }
}

#[tokio::test]
async fn warnings_come_with_a_success() {
    let text = r#"{"status":"success","warnings":["1 of 3 stores"],"infos":["style"],"data":{"resultType":"vector","result":[]}}"#;
    let fake = Fake::of([Reply::json(text)]).await;
    let answered = prometheus(&fake, Auth::None).query("up").await.unwrap();
    assert_eq!(answered.warnings.iter().map(|one| &**one).collect::<Vec<_>>(), ["1 of 3 stores"]);
}

#[tokio::test]
async fn a_secret_that_was_refused_is_read_again() {
    let fake = Fake::of([Reply::new(401, ""), Reply::json(NOTHING)]).await;
    let reads = Arc::new(std::sync::atomic::AtomicUsize::new(0));
    let counted = Arc::clone(&reads);
    let secrets = move |_| -> SecretFuture {
        counted.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
        Box::pin(async { Ok(SecretString::from(TOKEN)) })
    };
    let settings = PrometheusSettings {
        url: fake.url.clone(),
        auth: Auth::Bearer(secret()),
        ca_file: None,
        proxy: Proxy::None,
        interval: Duration::from_secs(30),
    };
    let wiring = Wiring { secrets: Arc::new(secrets), ..wiring() };
    let prometheus = Prometheus::new(&settings, Bounds::Loopback, wiring);
    prometheus.query("up").await.unwrap_err();
    prometheus.query("up").await.unwrap();
    assert_eq!(reads.load(std::sync::atomic::Ordering::SeqCst), 2);
}
