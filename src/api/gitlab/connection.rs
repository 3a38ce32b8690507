//! [`Gitlab`]: the connection to one GitLab, and what this GitLab can do.

use std::borrow::Cow;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use gitlab::api::{ApiError, AsyncClient, RestClient};
use http::Response;
use serde::Deserialize;
use serde_json::json;
use tokio::time::Instant;
use url::Url;

use super::graphql;
use super::intern::Interner;
use crate::api::http::{Body, Http, Pace, Reach};
use crate::api::{Error, Wiring};
use crate::config::GitlabSettings;
use crate::domain::{Budget, FailureKind, Timestamp};

/// How long it is believed that GraphQL is off, before it is tried again.
const GRAPHQL_OFF: Duration = Duration::from_mins(10);

/// What a GitLab offers beyond the least that we need.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Capabilities {
    /// Whether GraphQL answers.
    pub graphql: bool,
    /// Whether it knows the status `CANCELING`.
    pub canceling: bool,
    /// Whether it knows the status `WAITING_FOR_CALLBACK`.
    pub callback: bool,
    /// Whether a pipeline tells what started it.
    pub source: bool,
}

/// How many projects or runners one question asks for; smaller where the server found that too costly.
#[derive(Debug)]
pub(super) struct PageSize(AtomicU32);

impl PageSize {
    const fn new(size: u32) -> PageSize {
        PageSize(AtomicU32::new(size))
    }

    /// A size to try the shrinking on.
    #[cfg(test)]
    pub(super) const fn for_test(size: u32) -> PageSize {
        PageSize::new(size)
    }

    /// The present size.
    pub(super) fn get(&self) -> u32 {
        self.0.load(Ordering::Relaxed)
    }

    /// Halves it after a refusal at `size`. `false` where it cannot become smaller.
    pub(super) fn shrink(&self, size: u32) -> bool {
        self.0.fetch_min((size / 2).max(1), Ordering::Relaxed);
        size > 1
    }
}

/// The page sizes of the questions that have one.
#[derive(Debug)]
pub(super) struct PageSizes {
    pub(super) fleet: PageSize,
    pub(super) active: PageSize,
    pub(super) hour: PageSize,
    pub(super) runners: PageSize,
    pub(super) dismissals: PageSize,
    pub(super) blobs: PageSize,
}

/// The connection to one GitLab. Opens nothing until it is first used.
#[derive(Debug)]
pub struct Gitlab {
    pub(super) http: Http,
    pub(super) sizes: PageSizes,
    interner: Mutex<Interner>,
    capabilities: tokio::sync::Mutex<Option<(Instant, Capabilities)>>,
}

impl Gitlab {
    /// A connection as the settings say.
    pub fn new(settings: &GitlabSettings, wiring: Wiring) -> Gitlab {
        let reach = Reach {
            ca_file: settings.ca_file.clone(),
            proxy: settings.proxy.clone(),
            ..Reach::to(settings.url.clone())
        };
        let pace = Arc::new(Pace::new(settings.requests_per_minute));
        Gitlab::over(Http::new(reach, settings.token.clone(), pace, wiring))
    }

    /// A connection over a transport.
    pub fn over(http: Http) -> Gitlab {
        let sizes = PageSizes {
            fleet: PageSize::new(100),
            active: PageSize::new(100),
            hour: PageSize::new(10),
            runners: PageSize::new(50),
            dismissals: PageSize::new(25),
            blobs: PageSize::new(100),
        };
        Gitlab {
            http,
            sizes,
            interner: Mutex::default(),
            capabilities: tokio::sync::Mutex::new(None),
        }
    }

    /// The present instant.
    pub fn now(&self) -> Timestamp {
        self.http.wiring().now()
    }

    /// The address of a project's page.
    pub fn page(&self, path: &str) -> String {
        self.http.base().join(path).map(String::from).unwrap_or_default()
    }

    /// Requests of the last minute.
    pub fn requests_per_minute(&self) -> f64 {
        self.http.pace().requests_per_minute()
    }

    /// What the server last said of its own limit.
    pub fn budget(&self) -> Option<Budget> {
        self.http.pace().budget()
    }

    /// What this GitLab can do: asked once, and again after a while where GraphQL was off.
    pub async fn capabilities(&self) -> Result<Capabilities, Error> {
        let mut known = self.capabilities.lock().await;
        if let Some((at, capabilities)) = *known
            && (capabilities.graphql || at.elapsed() < GRAPHQL_OFF)
        {
            return Ok(capabilities);
        }
        let found = self.detect().await?;
        *known = Some((Instant::now(), found));
        Ok(found)
    }

    /// Asks what there is.
    async fn detect(&self) -> Result<Capabilities, Error> {
        let answer = match self.ask(graphql::CAPABILITIES, &json!({})).await {
            Ok(answer) => answer,
            Err(refusal) if means_off(&refusal.error) => return Ok(Capabilities::default()),
            Err(refusal) => return Err(refusal.error.doing("asking GitLab what it can do")),
        };
        let Ok(schema) = graphql::data::<Schema<'_>>(&answer.body) else {
            return Ok(Capabilities::default());
        };
        let both = |word| {
            has(schema.job_statuses.as_ref(), word) && has(schema.pipeline_statuses.as_ref(), word)
        };
        Ok(Capabilities {
            graphql: true,
            canceling: both("CANCELING"),
            callback: both("WAITING_FOR_CALLBACK"),
            source: has(schema.pipeline_fields.as_ref(), "source"),
        })
    }

    /// The strings that jobs share.
    pub(super) fn interner(&self) -> MutexGuard<'_, Interner> {
        self.interner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Whether an error means that there is no GraphQL here, rather than that it failed this time.
pub(super) fn means_off(error: &Error) -> bool {
    match error.kind {
        FailureKind::NotFound | FailureKind::Forbidden | FailureKind::NotJson => true,
        FailureKind::Query | FailureKind::Shape => true,
        FailureKind::Server => error.status == Some(501),
        FailureKind::Other => matches!(error.status, Some(400 | 405 | 406 | 410 | 415 | 422)),
        _ => false,
    }
}

/// The answer to the introspection.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Schema<'a> {
    #[serde(borrow)]
    job_statuses: Option<Kind<'a>>,
    #[serde(borrow)]
    pipeline_statuses: Option<Kind<'a>>,
    #[serde(borrow)]
    pipeline_fields: Option<Kind<'a>>,
}

/// A type of the schema: the names in it.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Kind<'a> {
    #[serde(borrow)]
    enum_values: Option<Vec<Named<'a>>>,
    #[serde(borrow)]
    fields: Option<Vec<Named<'a>>>,
}

#[derive(Deserialize)]
struct Named<'a> {
    #[serde(borrow)]
    name: Cow<'a, str>,
}

/// Whether a type has a value or a field of this name.
fn has(kind: Option<&Kind<'_>>, name: &str) -> bool {
    kind.is_some_and(|kind| {
        kind.enum_values.iter().chain(&kind.fields).flatten().any(|named| named.name == name)
    })
}

impl RestClient for Gitlab {
    type Error = Error;

    fn rest_endpoint(&self, endpoint: &str) -> Result<Url, ApiError<Error>> {
        Ok(self.http.base().join(&format!("api/v4/{endpoint}"))?)
    }

    fn instance_endpoint(&self, endpoint: &str) -> Result<Url, ApiError<Error>> {
        Ok(self.http.base().join(endpoint)?)
    }
}

#[async_trait]
impl AsyncClient for Gitlab {
    async fn rest_async(
        &self,
        request: http::request::Builder,
        body: Vec<u8>,
    ) -> Result<Response<Bytes>, ApiError<Error>> {
        let fault = |_| Error::new(FailureKind::Other, "a request that cannot be built");
        let (parts, ()) = request
            .body(())
            .map_err(|error| ApiError::client(fault(error.to_string())))?
            .into_parts();
        let url = Url::parse(&parts.uri.to_string())?;
        let answer = self
            .http
            .send(parts.method, url, body.into(), Body::Json)
            .await
            .map_err(ApiError::client)?;
        let mut response = Response::new(answer.body);
        *response.headers_mut() = answer.headers;
        Ok(response)
    }
}
