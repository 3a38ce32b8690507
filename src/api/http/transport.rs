//! [`Http`]: sends what may be sent to one origin, and gives back good answers or an error that says what to do.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use http::header::{ACCEPT, CONTENT_TYPE, ETAG, IF_NONE_MATCH, LOCATION};
use http::{HeaderMap, HeaderValue, Method, StatusCode};
use secrecy::{ExposeSecret, SecretString};
use tokio::sync::OnceCell;
use url::Url;

use super::answer::Answer;
use super::client::Reach;
use super::pace::{Pace, Refused};
use super::store::Store;
use super::{fault, gate};
use crate::api::{Error, Wiring};
use crate::config::SecretSource;
use crate::domain::{FailureKind, Text};

/// How many redirects within the origin are followed.
const MAX_REDIRECTS: usize = 5;
/// How long to wait before a read that failed in passing is tried once more.
const SECOND_TRY_AFTER: Duration = Duration::from_millis(300);
/// The largest JSON body that is read, bytes.
const MAX_JSON: usize = 64 * 1024 * 1024;

/// What kind of body is expected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Body {
    /// JSON, whole.
    Json,
    /// Plain text, of which the last so many bytes are kept.
    Tail(usize),
}

/// The transport to one origin.
pub struct Http {
    reach: Reach,
    base: Url,
    graphql: Url,
    secret: SecretSource,
    wiring: Wiring,
    client: OnceCell<reqwest::Client>,
    token: tokio::sync::Mutex<Option<SecretString>>,
    pace: Arc<Pace>,
    store: Mutex<Store>,
    /// Whether answers are let go once they were read.
    is_forgetful: bool,
}

impl Http {
    /// A transport that opens nothing and reads no secret until it is first used.
    pub fn new(reach: Reach, secret: SecretSource, pace: Arc<Pace>, wiring: Wiring) -> Http {
        let mut base = reach.url.clone();
        if !base.path().ends_with('/') {
            let path = format!("{}/", base.path());
            base.set_path(&path);
        }
        let graphql = base.join("api/graphql").unwrap_or_else(|_| base.clone());
        Http {
            reach,
            base,
            graphql,
            secret,
            wiring,
            client: OnceCell::new(),
            token: tokio::sync::Mutex::new(None),
            pace,
            store: Mutex::default(),
            is_forgetful: false,
        }
    }

    /// The same way with a narrower budget within the common one, keeping no answers.
    #[must_use]
    pub fn aside(&self, requests_per_minute: u32) -> Http {
        let pace = Arc::new(Pace::within(requests_per_minute, Arc::clone(&self.pace)));
        let fresh = Http::new(self.reach.clone(), self.secret.clone(), pace, self.wiring.clone());
        Http { is_forgetful: true, ..fresh }
    }

    /// The base URL, with a slash at its end.
    pub fn base(&self) -> &Url {
        &self.base
    }

    /// The one address to which queries are posted.
    pub fn graphql(&self) -> &Url {
        &self.graphql
    }

    /// The budget of the host.
    pub fn pace(&self) -> &Pace {
        &self.pace
    }

    /// The clock and the like.
    pub fn wiring(&self) -> &Wiring {
        &self.wiring
    }

    /// Reads an address.
    pub async fn get(&self, url: Url, expected: Body) -> Result<Answer, Error> {
        self.send(Method::GET, url, Bytes::new(), expected).await
    }

    /// Sends a request, follows redirects within the origin, and reads the answer. What fails in passing is asked
    /// once more: everything sent here only reads, and a pass of many requests must get through a server that fails
    /// some of them.
    pub async fn send(
        &self,
        method: Method,
        url: Url,
        body: Bytes,
        expected: Body,
    ) -> Result<Answer, Error> {
        gate::admit(&method, &url, &self.graphql, &body)?;
        let first = self.attempt(&method, url.clone(), &body, expected).await;
        match first {
            Err(error) if error.is_passing() => {
                tokio::time::sleep(SECOND_TRY_AFTER).await;
                self.attempt(&method, url, &body, expected).await
            }
            settled => settled,
        }
    }

    /// Sends a request that was admitted.
    async fn attempt(
        &self,
        method: &Method,
        mut url: Url,
        body: &Bytes,
        expected: Body,
    ) -> Result<Answer, Error> {
        for _ in 0..=MAX_REDIRECTS {
            self.refuse_foreign(&url)?;
            let response = self.once(method, &url, body).await?;
            match redirect(&response, &url)? {
                None => return self.read(method, url, response, expected).await,
                Some(target) if is_sign_in(&target) => return Err(fault::sign_in()),
                Some(target) if method == Method::POST => {
                    self.refuse_foreign(&target)?;
                    let there = Text::new(target.path());
                    let why = format!("GitLab redirects what is posted to it to {there}");
                    return Err(Error::new(FailureKind::ForeignOrigin, why));
                }
                Some(target) => url = target,
            }
        }
        Err(Error::new(FailureKind::Other, "GitLab redirects in a circle"))
    }

    /// One request on the wire.
    async fn once(
        &self,
        method: &Method,
        url: &Url,
        body: &Bytes,
    ) -> Result<reqwest::Response, Error> {
        self.pace.turn(self.wiring.now()).await?;
        let client = self.client.get_or_try_init(|| self.reach.connect()).await?;
        let mut request = client
            .request(method.clone(), url.clone())
            .header("private-token", self.token().await?)
            .header(ACCEPT, "application/json, text/plain;q=0.5");
        if method == Method::POST {
            request = request.header(CONTENT_TYPE, "application/json").body(body.clone());
        } else if let Some(kept) = self.kept().find(url) {
            request = request.header(IF_NONE_MATCH, kept.etag);
        }
        let sent = request.send().await.map_err(|error| fault::of_transport(&error).at(url));
        let status = sent.as_ref().map(|response| response.status().as_u16());
        let failed = sent.as_ref().err().map(|error| error.kind.as_str());
        tracing::debug!(%method, path = url.path(), ?status, ?failed, "request");
        sent
    }

    /// Reads an answer that is no redirect.
    async fn read(
        &self,
        method: &Method,
        url: Url,
        mut response: reqwest::Response,
        expected: Body,
    ) -> Result<Answer, Error> {
        let status = response.status();
        let headers = std::mem::take(response.headers_mut());
        let refused = match status {
            StatusCode::TOO_MANY_REQUESTS => Refused::TooMany,
            status if status.is_server_error() => Refused::Busy,
            _ => Refused::No,
        };
        let retry_at = self.pace.note(&headers, refused, self.wiring.now());
        if status == StatusCode::NOT_MODIFIED {
            return self.confirmed(url);
        }
        let (body, dropped) = self.body(response, expected).await?;
        if !status.is_success() {
            if status == StatusCode::UNAUTHORIZED {
                self.forget_token().await;
            }
            return Err(Error { retry_at, ..fault::of_status(status, &body) });
        }
        if expected == Body::Json && !is_json(&headers, &body) {
            return Err(fault::not_json(&body));
        }
        let is_kept = method == Method::GET && expected == Body::Json && !self.is_forgetful;
        if is_kept && headers.contains_key(ETAG) {
            self.kept().keep(&url, &headers, &body);
        }
        Ok(Answer { url, headers, body, dropped })
    }

    /// The kept answer that the server has just confirmed.
    fn confirmed(&self, url: Url) -> Result<Answer, Error> {
        let Some(kept) = self.kept().find(&url) else {
            return Err(Error::new(FailureKind::Other, "GitLab confirmed what was not asked"));
        };
        Ok(Answer { url, headers: kept.headers, body: kept.body, dropped: 0 })
    }

    /// The whole body, or the end of it.
    async fn body(
        &self,
        mut response: reqwest::Response,
        expected: Body,
    ) -> Result<(Bytes, u64), Error> {
        let mut body = BytesMut::new();
        let mut dropped: u64 = 0;
        while let Some(chunk) =
            response.chunk().await.map_err(|error| fault::of_transport(&error))?
        {
            body.extend_from_slice(&chunk);
            match expected {
                Body::Json if body.len() > MAX_JSON => {
                    return Err(Error::new(FailureKind::Shape, "the answer is larger than 64 MiB"));
                }
                // Cutting at twice the bound keeps the copying in proportion.
                Body::Tail(most) if body.len() > most.saturating_mul(2) => {
                    dropped += cut_front(&mut body, most);
                }
                Body::Json | Body::Tail(_) => {}
            }
        }
        if let Body::Tail(most) = expected {
            dropped += cut_front(&mut body, most);
        }
        Ok((body.freeze(), dropped))
    }

    /// Refuses an address outside the configured origin: our token has no business there.
    fn refuse_foreign(&self, url: &Url) -> Result<(), Error> {
        if url.origin() == self.base.origin()
            && url.username().is_empty()
            && url.password().is_none()
        {
            return Ok(());
        }
        let there = Text::new(&url.origin().ascii_serialization());
        let error = Error::new(
            FailureKind::ForeignOrigin,
            format!("GitLab points to {there}, which is not the configured origin; not followed"),
        );
        Err(error)
    }

    /// The token as a header, read when first needed.
    async fn token(&self) -> Result<HeaderValue, Error> {
        let mut token = self.token.lock().await;
        if token.is_none() {
            let read = (self.wiring.secrets)(self.secret.clone()).await;
            *token = Some(read.map_err(|why| {
                Error::new(FailureKind::TokenInvalid, format!("the token cannot be read: {why}"))
            })?);
        }
        let secret = token.as_ref().map(ExposeSecret::expose_secret).unwrap_or_default();
        let mut value = HeaderValue::from_str(secret.trim()).map_err(|_| {
            Error::new(FailureKind::TokenInvalid, "the token holds characters that no token has")
        })?;
        value.set_sensitive(true);
        Ok(value)
    }

    /// Lets the token go, so that a new one is read before the next request.
    async fn forget_token(&self) {
        *self.token.lock().await = None;
    }

    fn kept(&self) -> std::sync::MutexGuard<'_, Store> {
        self.store.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Http {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Http").field("base", &self.base.as_str()).finish_non_exhaustive()
    }
}

/// Where an answer redirects to, if it does.
fn redirect(response: &reqwest::Response, url: &Url) -> Result<Option<Url>, Error> {
    if !response.status().is_redirection() || response.status() == StatusCode::NOT_MODIFIED {
        return Ok(None);
    }
    let target = response.headers().get(LOCATION).and_then(|value| value.to_str().ok());
    let target = target.and_then(|target| url.join(target).ok());
    target.map(Some).ok_or_else(|| Error::new(FailureKind::Other, "GitLab redirects to nowhere"))
}

/// Whether a redirect leads to the page where people sign in: the API was not reached.
fn is_sign_in(target: &Url) -> bool {
    target.path().ends_with("/users/sign_in")
}

/// Whether an answer is JSON, by its type if it has one, else by its look.
fn is_json(headers: &HeaderMap, body: &[u8]) -> bool {
    let kind = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
    match kind {
        Some(kind) if kind.contains("json") => true,
        _ => matches!(body.trim_ascii_start().first(), Some(b'{' | b'[')),
    }
}

/// Lets the front of a body go until `most` bytes are left, and tells how many went.
fn cut_front(body: &mut BytesMut, most: usize) -> u64 {
    let over = body.len().saturating_sub(most);
    drop(body.split_to(over));
    over as u64
}
