//! [`Carrier`]: takes finished requests, signed and addressed by others, to where they are going.

use std::collections::HashMap;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use tokio::sync::OnceCell;
use url::{Host, Url};

use super::{client, fault};
use crate::api::Error;
use crate::config::is_loopback;
use crate::domain::FailureKind;

/// How long a connection may take to stand, where nobody says.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// How long a request may take in all, where nobody says.
const TOTAL_TIMEOUT: Duration = Duration::from_secs(30);
/// The largest answer that is read, bytes.
const MAX_BODY: usize = 16 * 1024 * 1024;

/// How long a request may take.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(in crate::api) struct Limits {
    /// To a connection; five seconds where absent.
    pub(in crate::api) connect: Option<Duration>,
    /// In all; thirty seconds where absent.
    pub(in crate::api) total: Option<Duration>,
}

/// What tells one connection pool from another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
struct Way {
    connect_timeout: Duration,
    /// Whether it is unencrypted, and so to this machine alone.
    plain: bool,
}

type Pool = Arc<OnceCell<reqwest::Client>>;

/// Sends requests to any origin, over pools that are made when first needed. Follows no redirect and sends nothing twice.
#[derive(Debug, Default)]
pub(in crate::api) struct Carrier {
    pools: Mutex<HashMap<Way, Pool>>,
    /// Whom to trust instead of the system's authorities.
    authorities: Mutex<Option<Vec<reqwest::Certificate>>>,
}

impl Carrier {
    /// Trusts the authorities of a PEM file alone, or the system's where none is named; for connections made after.
    pub(in crate::api) async fn trust(&self, bundle: Option<&Path>) -> Result<(), Error> {
        let found = match bundle {
            Some(path) => Some(client::authorities(path).await?),
            None => None,
        };
        *self.authorities.lock().unwrap_or_else(PoisonError::into_inner) = found;
        self.pools.lock().unwrap_or_else(PoisonError::into_inner).clear();
        Ok(())
    }

    /// Sends a request and reads the whole answer, whatever its status.
    pub(in crate::api) async fn send(
        &self,
        request: http::Request<Bytes>,
        limits: Limits,
    ) -> Result<http::Response<Bytes>, Error> {
        let url = address(request.uri())?;
        let plain = url.scheme() == "http";
        if plain && !is_this_machine(&url) {
            return Err(Error::new(FailureKind::Tls, "http:// is accepted for this machine only"));
        }
        let connect_timeout = limits.connect.unwrap_or(CONNECT_TIMEOUT);
        let way = Way { connect_timeout, plain };
        let pool = self.pool(way);
        let client = pool.get_or_try_init(|| self.connect(way)).await?;
        let method = request.method().clone();
        let mut request = reqwest::Request::try_from(request)
            .map_err(|_| Error::new(FailureKind::Other, "the request cannot be sent"))?;
        *request.timeout_mut() = Some(limits.total.unwrap_or(TOTAL_TIMEOUT));
        let sent = client.execute(request).await.map_err(|error| fault::of_transport(&error));
        let status = sent.as_ref().map(|response| response.status().as_u16());
        let failed = sent.as_ref().err().map(|error| error.kind.as_str());
        tracing::debug!(%method, host = url.host_str(), path = url.path(), ?status, ?failed, "request");
        read(sent?).await
    }

    fn pool(&self, way: Way) -> Pool {
        let mut pools = self.pools.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(pools.entry(way).or_default())
    }

    /// Makes a pool. An unencrypted one needs no certificates and takes no proxy.
    async fn connect(&self, way: Way) -> Result<reqwest::Client, Error> {
        let mut builder = client::policy(way.connect_timeout);
        let authorities = self.authorities.lock().unwrap_or_else(PoisonError::into_inner).clone();
        if way.plain {
            builder = builder.no_proxy().tls_certs_only([]);
        } else if let Some(authorities) = authorities {
            builder = builder.tls_certs_only(authorities);
        }
        client::build(builder).await
    }
}

/// Reads an answer to its end.
async fn read(mut response: reqwest::Response) -> Result<http::Response<Bytes>, Error> {
    let mut body = BytesMut::new();
    while let Some(chunk) = response.chunk().await.map_err(|error| fault::of_transport(&error))? {
        body.extend_from_slice(&chunk);
        if body.len() > MAX_BODY {
            return Err(Error::new(FailureKind::Shape, "the answer is larger than 16 MiB"));
        }
    }
    let mut answer = http::Response::new(body.freeze());
    *answer.status_mut() = response.status();
    *answer.headers_mut() = std::mem::take(response.headers_mut());
    Ok(answer)
}

/// The address of a request.
pub(in crate::api) fn address(uri: &http::Uri) -> Result<Url, Error> {
    Url::parse(&uri.to_string())
        .map_err(|_| Error::new(FailureKind::Other, "the request has no address"))
}

/// Whether an address never leaves this machine: loopback, or where a cloud tells a machine about itself.
pub(in crate::api) fn is_this_machine(url: &Url) -> bool {
    match url.host() {
        Some(Host::Ipv4(address)) if address.is_link_local() => true,
        Some(Host::Ipv6(address)) if address.segments().starts_with(&[0xfd00, 0xec2]) => true,
        _ => is_loopback(url),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_near(url: &str) -> bool {
        is_this_machine(&Url::parse(url).unwrap())
    }

    #[test]
    fn a_machines_own_addresses_are_known() {
        for url in [
            "http://127.0.0.1:9",
            "http://169.254.169.254/latest",
            "http://[fd00:ec2::254]/",
            "http://localhost/",
        ] {
            assert!(is_near(url), "{url}");
        }
        assert!(!is_near("http://eks.eu-west-1.amazonaws.com/"));
        assert!(!is_near("http://10.0.0.1/"));
    }

    #[tokio::test]
    async fn nothing_unencrypted_leaves_this_machine() {
        let request = http::Request::get("http://eks.eu-west-1.amazonaws.com/clusters")
            .body(Bytes::new())
            .unwrap();
        let refused = Carrier::default().send(request, Limits::default()).await.unwrap_err();
        assert_eq!(refused.kind, FailureKind::Tls);
    }
}
