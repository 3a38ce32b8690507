//! A small server on loopback for tests: says what it is told to say and remembers what it was asked.

use std::collections::VecDeque;
use std::fmt::Display;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{Request, State};
use axum::response::Response;
use futures_util::stream;
use http::HeaderMap;
use secrecy::SecretString;
use url::Url;

use super::http::{Http, Pace, Reach};
use super::{SecretFuture, Wiring};
use crate::config::{GitlabSettings, Proxy, SecretSource};
use crate::domain::Timestamp;

/// The token of every test, which may appear nowhere but at its own server.
pub(crate) const TOKEN: &str = "glpat-of-the-test";

/// One answer.
#[derive(Debug, Clone)]
pub(crate) struct Reply {
    status: u16,
    headers: Vec<(String, String)>,
    body: String,
    /// Whether the connection breaks off after the body, though more was promised.
    cut: bool,
    /// Whether no answer ever comes.
    silent: bool,
}

impl Reply {
    /// JSON, status 200.
    pub(crate) fn json(body: impl Display) -> Reply {
        Reply::new(200, body).with("content-type", "application/json")
    }

    /// Any status and body.
    pub(crate) fn new(status: u16, body: impl Display) -> Reply {
        let body = format!("{body}");
        Reply { status, headers: Vec::new(), body, cut: false, silent: false }
    }

    /// The same with another status.
    pub(crate) fn status(self, status: u16) -> Reply {
        Reply { status, ..self }
    }

    /// The same with a header.
    pub(crate) fn with(mut self, name: &str, value: &str) -> Reply {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    /// The same, broken off.
    pub(crate) fn cut(self) -> Reply {
        Reply { cut: true, ..self }
    }

    /// No answer at all.
    pub(crate) fn silence() -> Reply {
        Reply { silent: true, ..Reply::new(200, "") }
    }
}

/// What the server was asked.
#[derive(Debug, Clone)]
pub(crate) struct Asked {
    pub(crate) method: String,
    pub(crate) path: String,
    pub(crate) headers: HeaderMap,
    /// The GraphQL document's first words, where it is one.
    pub(crate) body: Bytes,
}

type Script = dyn Fn(&Asked) -> Reply + Send + Sync;

struct Inner {
    asked: Mutex<Vec<Asked>>,
    script: Box<Script>,
}

/// The server.
pub(crate) struct Fake {
    pub(crate) url: Url,
    inner: Arc<Inner>,
}

impl Fake {
    /// A server whose answers a function gives.
    pub(crate) async fn by(script: impl Fn(&Asked) -> Reply + Send + Sync + 'static) -> Fake {
        let inner = Arc::new(Inner { asked: Mutex::default(), script: Box::new(script) });
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = Url::parse(&format!("http://{}/", listener.local_addr().unwrap())).unwrap();
        let router = Router::new().fallback(answer).with_state(Arc::clone(&inner));
        tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        Fake { url, inner }
    }

    /// A server that gives these answers one after the other, and the last for ever.
    pub(crate) async fn of(replies: impl IntoIterator<Item = Reply>) -> Fake {
        let replies: Mutex<VecDeque<Reply>> = Mutex::new(replies.into_iter().collect());
        Fake::by(move |_| {
            let mut replies = replies.lock().unwrap();
            if replies.len() > 1 { replies.pop_front().unwrap() } else { replies[0].clone() }
        })
        .await
    }

    /// What it was asked so far.
    pub(crate) fn asked(&self) -> Vec<Asked> {
        self.inner.asked.lock().unwrap().clone()
    }

    /// A transport to it.
    pub(crate) fn http(&self) -> Http {
        let reach = Reach { proxy: Proxy::None, ..Reach::to(self.url.clone()) };
        Fake::http_over(reach)
    }

    /// A transport to it that waits only so long.
    pub(crate) fn hasty_http(&self, timeout: Duration) -> Http {
        let reach = Reach { proxy: Proxy::None, timeout, ..Reach::to(self.url.clone()) };
        Fake::http_over(reach)
    }

    /// A transport to another address.
    pub(crate) fn http_to(url: Url) -> Http {
        Fake::http_over(Reach { proxy: Proxy::None, ..Reach::to(url) })
    }

    /// A transport to another address that trusts the authorities of a file alone.
    pub(crate) fn http_trusting(url: Url, ca_file: &std::path::Path) -> Http {
        let ca_file = Some(ca_file.to_owned());
        Fake::http_over(Reach { proxy: Proxy::None, ca_file, ..Reach::to(url) })
    }

    fn http_over(reach: Reach) -> Http {
        let secret = SecretSource::Env("TOKEN".to_owned());
        Http::new(reach, secret, Arc::new(Pace::new(60_000)), wiring())
    }

    /// Settings that watch the group `acme` there.
    pub(crate) fn settings(&self) -> GitlabSettings {
        GitlabSettings {
            url: self.url.clone(),
            token: SecretSource::Env("TOKEN".to_owned()),
            groups: vec!["acme".to_owned()],
            projects: Vec::new(),
            ca_file: None,
            proxy: Proxy::None,
            requests_per_minute: 60_000,
            active_interval: Duration::from_millis(20),
            fleet_interval: Duration::from_millis(50),
            runner_interval: Duration::from_millis(50),
            access_interval: Duration::from_hours(1),
        }
    }
}

/// A clock that stands still, and the token of every test.
pub(crate) fn wiring() -> Wiring {
    let secrets = |_| -> SecretFuture { Box::pin(async { Ok(SecretString::from(TOKEN)) }) };
    Wiring { secrets: Arc::new(secrets), ..Wiring::new(now, |_| None) }
}

/// The instant at which every test happens.
pub(crate) fn now() -> Timestamp {
    "2026-01-12T00:10:00Z".parse().unwrap()
}

async fn answer(State(inner): State<Arc<Inner>>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let body = axum::body::to_bytes(body, usize::MAX).await.unwrap();
    let asked = Asked {
        method: parts.method.to_string(),
        path: parts.uri.to_string(),
        headers: parts.headers,
        body,
    };
    let reply = (inner.script)(&asked);
    inner.asked.lock().unwrap().push(asked);
    if reply.silent {
        std::future::pending::<()>().await;
    }
    let mut response = Response::builder().status(reply.status);
    for (name, value) in reply.headers {
        response = response.header(name, value);
    }
    let body = if reply.cut {
        let broken = Err(std::io::Error::other("broken off"));
        Body::from_stream(stream::iter([Ok(Bytes::from(reply.body)), broken]))
    } else {
        Body::from(reply.body)
    };
    response.body(body).unwrap()
}
