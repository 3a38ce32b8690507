//! [`Connector`]: AWS's libraries over our own connections: one gate, one pace, one policy for proxies and certificates.

use std::fmt;
use std::path::Path;
use std::sync::Arc;

use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::body::SdkBody;
use bytes::Bytes;
use http::HeaderMap;

use super::gate::{self, Bounds};
use crate::api::http::{Carrier, Limits, Pace, Refused, retry_after};
use crate::api::{Env, Error, Wiring};
use crate::domain::{FailureKind, Timestamp};

/// Requests a minute to AWS for one cluster, whatever AWS allows.
const REQUESTS_PER_MINUTE: u32 = 600;
/// AWS's own way to say when to come back, in thousandths of a second.
const AWS_RETRY_AFTER: &str = "x-amz-retry-after";

/// Everything that is sent to AWS for one cluster. Cheap to clone.
#[derive(Clone)]
pub(super) struct Connector(Arc<Inner>);

struct Inner {
    carrier: Carrier,
    pace: Pace,
    bounds: Bounds,
    admit: Admit,
    wiring: Wiring,
}

/// A gate: refuses what may not be sent.
type Admit = fn(&http::Request<Bytes>, Bounds) -> Result<(), Error>;

impl Connector {
    /// A connector that reads. Opens nothing until it is used.
    pub(super) fn new(bounds: Bounds, wiring: Wiring) -> Connector {
        Connector::behind(gate::admit, bounds, wiring)
    }

    /// A connector of its own connections that may also resize a node group and delete an access entry.
    pub(super) fn to_change(bounds: Bounds, wiring: Wiring) -> Connector {
        Connector::behind(gate::admit_changing, bounds, wiring)
    }

    fn behind(admit: Admit, bounds: Bounds, wiring: Wiring) -> Connector {
        let (carrier, pace) = (Carrier::default(), Pace::new(REQUESTS_PER_MINUTE));
        Connector(Arc::new(Inner { carrier, pace, bounds, admit, wiring }))
    }

    /// The present instant.
    pub(super) fn now(&self) -> Timestamp {
        self.0.wiring.now()
    }

    /// What the environment is asked by.
    pub(super) fn env(&self) -> &Env {
        &self.0.wiring.env
    }

    /// From here on these certificates are trusted, or the system's where none are named.
    pub(super) async fn trust(&self, bundle: Option<&Path>) -> Result<(), Error> {
        self.0.carrier.trust(bundle).await
    }

    /// Requests of the last minute.
    pub(super) fn requests_per_minute(&self) -> f64 {
        self.0.pace.requests_per_minute()
    }

    /// Sends a request that may be sent, once.
    pub(super) async fn send(
        &self,
        request: http::Request<Bytes>,
        limits: Limits,
    ) -> Result<http::Response<Bytes>, Error> {
        (self.0.admit)(&request, self.0.bounds)?;
        self.0.pace.turn(self.now()).await?;
        let answer = self.0.carrier.send(request, limits).await?;
        // Without a word from AWS the feed's own backing off decides.
        if !answer.status().is_success()
            && let Some(headers) = with_retry_after(answer.headers(), self.now())
        {
            self.0.pace.note(&headers, Refused::TooMany, self.now());
        }
        Ok(answer)
    }
}

impl fmt::Debug for Connector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Connector").field("bounds", &self.0.bounds).finish_non_exhaustive()
    }
}

/// Headers that say when to come back, in the usual form; none where they do not.
fn with_retry_after(headers: &HeaderMap, now: Timestamp) -> Option<HeaderMap> {
    let mut headers = headers.clone();
    if let Some(wait) = headers.get(AWS_RETRY_AFTER).and_then(|value| value.to_str().ok()) {
        let seconds = wait.trim().parse::<u64>().ok()?.div_ceil(1000);
        headers.insert(http::header::RETRY_AFTER, seconds.into());
    }
    retry_after(&headers, now).is_some().then_some(headers)
}

/// When an answer asks us to come back.
pub(super) fn retry_at(headers: &HeaderMap, now: Timestamp) -> Option<Timestamp> {
    let wait = retry_after(&with_retry_after(headers, now)?, now)?;
    now.checked_add(wait).ok()
}

impl HttpClient for Connector {
    fn http_connector(
        &self,
        settings: &HttpConnectorSettings,
        _: &RuntimeComponents,
    ) -> SharedHttpConnector {
        let limits = Limits { connect: settings.connect_timeout(), total: settings.read_timeout() };
        SharedHttpConnector::new(Bound { connector: self.clone(), limits })
    }
}

/// A connector with the limits that a library has set.
#[derive(Debug)]
struct Bound {
    connector: Connector,
    limits: Limits,
}

impl HttpConnector for Bound {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let (connector, limits) = (self.connector.clone(), self.limits);
        HttpConnectorFuture::new(async move {
            let answer = connector.send(plain(request)?, limits).await.map_err(of_error)?;
            HttpResponse::try_from(answer.map(SdkBody::from))
                .map_err(|error| ConnectorError::other(error.into(), None))
        })
    }
}

/// A library's request as we send it.
fn plain(request: HttpRequest) -> Result<http::Request<Bytes>, ConnectorError> {
    let request = request.try_into_http1x().map_err(|error| ConnectorError::user(error.into()))?;
    let (parts, body) = request.into_parts();
    let Some(body) = body.bytes() else {
        return Err(ConnectorError::user("a body that streams is nothing that reads".into()));
    };
    Ok(http::Request::from_parts(parts, Bytes::copy_from_slice(body)))
}

/// Our own error as the libraries know it; the error itself travels inside and is found again by whoever tells of it.
fn of_error(error: Error) -> ConnectorError {
    match error.kind {
        FailureKind::Timeout => ConnectorError::timeout(error.into()),
        FailureKind::Dns | FailureKind::Connect | FailureKind::Tls | FailureKind::CutBody => {
            ConnectorError::io(error.into())
        }
        _ => ConnectorError::other(error.into(), None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::pipeline::fixture::at;

    fn headers(name: &'static str, value: &str) -> HeaderMap {
        [(name.parse().unwrap(), value.parse().unwrap())].into_iter().collect()
    }

    #[test]
    fn both_ways_to_say_when_to_come_back_are_read() {
        assert_eq!(retry_at(&headers("retry-after", "30"), at(0)), Some(at(30)));
        assert_eq!(retry_at(&headers("x-amz-retry-after", "1500"), at(0)), Some(at(2)));
        assert_eq!(retry_at(&HeaderMap::new(), at(0)), None);
    }
}
