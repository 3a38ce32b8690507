//! [`Door`]: the transport to Prometheus and to Alertmanager: any of their greetings, GET, and long queries as a form.

use std::fmt;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use http::header::{ACCEPT, CONTENT_TYPE};
use http::{Method, StatusCode};
use tokio::sync::OnceCell;
use url::{Url, form_urlencoded};

use super::client::Reach;
use super::fault;
use super::greeting::Greeting;
use super::pace::{Pace, Refused};
use crate::api::aws::Bounds;
use crate::api::{Error, Wiring};
use crate::config::{Auth, is_loopback};
use crate::domain::FailureKind;

/// From this length on a query is posted, bytes: some proxies refuse longer addresses.
const LONG: usize = 2000;
/// The largest answer that is read, bytes.
const MAX_BODY: usize = 64 * 1024 * 1024;
/// How long to wait before a read that failed in passing is tried once more.
const SECOND_TRY_AFTER: Duration = Duration::from_millis(300);
/// What forms are sent as.
const FORM: &str = "application/x-www-form-urlencoded";
/// Requests a minute to one server.
const REQUESTS_PER_MINUTE: u32 = 240;

/// What a server is called.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::api) struct Place {
    /// For a person: `Prometheus`.
    pub(in crate::api) name: &'static str,
    /// The table of the configuration that leads to it.
    pub(in crate::api) table: &'static str,
    /// The paths below its base to which a question may be posted.
    pub(in crate::api) posted: &'static [&'static str],
}

/// The transport to one server.
pub(in crate::api) struct Door {
    place: Place,
    reach: Reach,
    base: Url,
    greeting: Greeting,
    bounds: Bounds,
    wiring: Wiring,
    client: OnceCell<reqwest::Client>,
    pace: Pace,
}

/// An answer, good or not: its status and its body.
pub(in crate::api) struct Said {
    pub(in crate::api) status: StatusCode,
    pub(in crate::api) body: Bytes,
}

impl Door {
    /// A door that opens nothing and reads no secret until it is first used.
    pub(in crate::api) fn new(
        place: Place,
        reach: Reach,
        auth: &Auth,
        bounds: Bounds,
        wiring: Wiring,
    ) -> Door {
        let mut base = reach.url.clone();
        if !base.path().ends_with('/') {
            let path = format!("{}/", base.path());
            base.set_path(&path);
        }
        let greeting = Greeting::new(auth, bounds, &wiring);
        Door {
            place,
            reach,
            base,
            greeting,
            bounds,
            wiring,
            client: OnceCell::new(),
            pace: Pace::new(REQUESTS_PER_MINUTE),
        }
    }

    /// The clock and the like.
    pub(in crate::api) fn wiring(&self) -> &Wiring {
        &self.wiring
    }

    /// The budget of the server.
    pub(in crate::api) fn pace(&self) -> &Pace {
        &self.pace
    }

    /// The server's host, with its port where that is not the usual one: two of one machine are two.
    pub(in crate::api) fn authority(&self) -> String {
        let host = self.base.host_str().unwrap_or_default();
        self.base.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"))
    }

    /// Asks at a path below the base; by POST where the question is long and may be posted. What fails in passing is
    /// asked once more. Gives back good answers, and refusals that are JSON, for these say more than their status.
    pub(in crate::api) async fn ask(
        &self,
        path: &str,
        parameters: &[(&str, &str)],
    ) -> Result<Said, Error> {
        let mut url = self.base.join(path).map_err(|_| refused("an address that is none"))?;
        let form = form_urlencoded::Serializer::new(String::new())
            .extend_pairs(parameters)
            .finish()
            // Signatures are made over blanks written so.
            .replace('+', "%20");
        let is_posted = form.len() > LONG && self.place.posted.contains(&path);
        let (method, body) = if is_posted {
            (Method::POST, Bytes::from(form))
        } else {
            url.set_query((!form.is_empty()).then_some(&*form));
            (Method::GET, Bytes::new())
        };
        self.admit(&method, &url)?;
        match self.attempt(&method, &url, &body).await {
            Err(error) if error.is_passing() => {
                tokio::time::sleep(SECOND_TRY_AFTER).await;
                self.attempt(&method, &url, &body).await
            }
            settled => settled,
        }
        .map_err(|error| self.hinted(error))
    }

    /// Refuses whatever could change something, and whatever leaves the configured origin.
    fn admit(&self, method: &Method, url: &Url) -> Result<(), Error> {
        let is_ours =
            url.origin() == self.base.origin() && url.path().starts_with(self.base.path());
        let below = url.path().strip_prefix(self.base.path()).unwrap_or_default();
        let reads =
            *method == Method::GET || *method == Method::POST && self.place.posted.contains(&below);
        if !is_ours || !reads {
            return Err(refused(&format!("{method} {} would not only read", url.path())));
        }
        if self.bounds == Bounds::Loopback && !is_loopback(url) {
            return Err(refused("the address is outside the simulated platform"));
        }
        Ok(())
    }

    /// One request on the wire.
    async fn attempt(&self, method: &Method, url: &Url, body: &Bytes) -> Result<Said, Error> {
        let greeting = self.greeting.words(method, url, (FORM, body)).await?;
        self.pace.turn(self.wiring.now()).await?;
        let client = self.client.get_or_try_init(|| self.reach.connect()).await?;
        let mut request =
            client.request(method.clone(), url.clone()).header(ACCEPT, "application/json");
        if *method == Method::POST {
            request = request.header(CONTENT_TYPE, FORM).body(body.clone());
        }
        for (name, value) in greeting {
            request = request.header(name, value);
        }
        let sent = request.send().await.map_err(|error| fault::of_transport(&error).at(url));
        let status = sent.as_ref().map(|response| response.status().as_u16());
        let failed = sent.as_ref().err().map(|error| error.kind.as_str());
        tracing::debug!(%method, path = url.path(), ?status, ?failed, "request");
        self.read(sent?).await
    }

    async fn read(&self, mut response: reqwest::Response) -> Result<Said, Error> {
        let status = response.status();
        let refused = match status {
            StatusCode::TOO_MANY_REQUESTS => Refused::TooMany,
            status if status.is_server_error() => Refused::Busy,
            _ => Refused::No,
        };
        let retry_at = self.pace.note(response.headers(), refused, self.wiring.now());
        let mut body = BytesMut::new();
        while let Some(chunk) =
            response.chunk().await.map_err(|error| fault::of_transport(&error))?
        {
            body.extend_from_slice(&chunk);
            if body.len() > MAX_BODY {
                return Err(Error::new(FailureKind::Shape, "the answer is larger than 64 MiB"));
            }
        }
        let said = Said { status, body: body.freeze() };
        if said.status.is_success() || said.is_told() {
            return Ok(said);
        }
        let error = Error { retry_at, ..self.of_status(&said) };
        if status == StatusCode::UNAUTHORIZED || status == StatusCode::FORBIDDEN {
            self.greeting.forget().await;
        }
        Err(error)
    }

    /// A refusal that explains itself by its status alone.
    pub(in crate::api) fn of_status(&self, said: &Said) -> Error {
        let Said { status, body } = said;
        let kind = match *status {
            StatusCode::UNAUTHORIZED => FailureKind::TokenInvalid,
            StatusCode::FORBIDDEN => FailureKind::Forbidden,
            StatusCode::NOT_FOUND => FailureKind::NotFound,
            StatusCode::TOO_MANY_REQUESTS => FailureKind::RateLimited,
            StatusCode::PROXY_AUTHENTICATION_REQUIRED => FailureKind::Connect,
            StatusCode::GATEWAY_TIMEOUT => FailureKind::Timeout,
            status if status.is_redirection() => FailureKind::ForeignOrigin,
            status if status.is_server_error() => FailureKind::Server,
            _ => FailureKind::Other,
        };
        let reason = status.canonical_reason().unwrap_or_default();
        let words = String::from_utf8_lossy(body);
        let quoted =
            if fault::looks_like_html(body) { String::new() } else { fault::quote(&words) };
        let said =
            if quoted.is_empty() || quoted == reason { quoted } else { format!(": {quoted}") };
        let said = said.strip_prefix(reason).unwrap_or(&said);
        let message = format!("{} answered {} {reason}{said}", self.place.name, status.as_u16());
        Error { status: Some(status.as_u16()), ..Error::new(kind, message) }
    }

    /// The same with a hint that names this server and its table.
    pub(in crate::api) fn hinted(&self, error: Error) -> Error {
        let Place { name, table, .. } = self.place;
        let hint = match error.kind {
            FailureKind::TokenInvalid | FailureKind::TokenExpired => {
                format!(
                    "put a secret that {name} takes where {table}.auth points; it is read again by itself"
                )
            }
            FailureKind::Forbidden => {
                format!("ask for the right to read {name}, or check {table}.auth")
            }
            FailureKind::NotFound => {
                format!("check the path in {table}.url: {name} answers below it")
            }
            FailureKind::RateLimited => {
                "nothing to do: asked again when the limit allows".to_owned()
            }
            FailureKind::Server => format!(
                "look at {name}'s own log and at what stands before it; asked again by itself"
            ),
            FailureKind::Tls => {
                format!("check {table}.url and its ca_file: the certificate was not accepted")
            }
            FailureKind::Dns => {
                format!("check the host name in {table}.url, and the VPN or resolver")
            }
            FailureKind::Connect => {
                format!("check {table}.url, the proxy and the VPN; asked again by itself")
            }
            FailureKind::NotJson | FailureKind::ForeignOrigin => {
                format!(
                    "a login page or a proxy answered in place of {name}: check {table}.url, its auth and its proxy"
                )
            }
            FailureKind::Shape => format!(
                "the answer is not what {name} documents: check that {table}.url is one, and its version"
            ),
            FailureKind::Query => {
                format!("{name} refused the question: look at the message, and at its version")
            }
            _ => return error,
        };
        error.hinting(hint)
    }
}

impl Said {
    /// Whether a refusal explains itself in JSON.
    fn is_told(&self) -> bool {
        let status = self.status.as_u16();
        matches!(status, 400 | 422 | 500 | 503)
            && self.body.trim_ascii_start().first() == Some(&b'{')
    }

    /// The body, which must be JSON.
    pub(in crate::api) fn json<'a, T: serde::Deserialize<'a>>(&'a self) -> Result<T, Error> {
        if !matches!(self.body.trim_ascii_start().first(), Some(b'{' | b'[')) {
            return Err(fault::not_json(&self.body));
        }
        serde_json::from_slice(&self.body).map_err(|error| {
            let why = fault::quote(&error.to_string());
            Error::new(FailureKind::Shape, format!("the answer cannot be read: {why}"))
        })
    }
}

impl fmt::Debug for Door {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Door").field("base", &self.base.as_str()).finish_non_exhaustive()
    }
}

fn refused(why: &str) -> Error {
    Error::new(FailureKind::Query, format!("refused before sending: {why}"))
}
