//! [`Reach`]: how a server is reached, and the connection pool built from it when first needed.

use std::path::{Path, PathBuf};
use std::time::Duration;

use url::Url;

use crate::api::Error;
use crate::config::Proxy;
use crate::config::is_loopback;
use crate::domain::FailureKind;

/// How long a connection may take to stand.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// How long a request may take in all.
const TOTAL_TIMEOUT: Duration = Duration::from_secs(30);

/// How one server is reached.
#[derive(Debug, Clone, PartialEq)]
pub struct Reach {
    /// Its base URL.
    pub url: Url,
    /// A PEM file of certificate authorities to trust instead of the system's.
    pub ca_file: Option<PathBuf>,
    /// How to leave the network.
    pub proxy: Proxy,
    /// How long a request may take in all; [`Reach::to`] sets 30 seconds.
    pub timeout: Duration,
}

impl Reach {
    /// The usual way to a server: the system's authorities, the environment's proxy.
    pub fn to(url: Url) -> Reach {
        Reach { url, ca_file: None, proxy: Proxy::System, timeout: TOTAL_TIMEOUT }
    }

    /// Builds the connection pool. Reads files and the system's certificates: not for the interface's task.
    ///
    /// Its clients send nothing twice and follow no redirect.
    pub(crate) async fn connect(&self) -> Result<reqwest::Client, Error> {
        let plain = self.url.scheme() == "http";
        if plain && !is_loopback(&self.url) {
            let error = Error::new(FailureKind::Tls, "http:// is accepted for loopback only");
            return Err(error.hinting("set gitlab.url to its https:// address"));
        }
        let mut builder = policy(CONNECT_TIMEOUT).timeout(self.timeout);
        if plain {
            // Without this the build fails on a machine that has no certificates, though none is needed.
            builder = builder.tls_certs_only([]);
        } else if let Some(path) = &self.ca_file {
            builder = builder.tls_certs_only(authorities(path).await?);
        }
        builder = match &self.proxy {
            Proxy::System if is_loopback(&self.url) => builder.no_proxy(),
            Proxy::System => builder,
            Proxy::None => builder.no_proxy(),
            Proxy::Url(url) => {
                let proxy = reqwest::Proxy::all(url.clone()).map_err(|error| unusable(&error))?;
                builder.no_proxy().proxy(proxy)
            }
        };
        build(builder).await
    }
}

/// What holds for every connection pool: no redirects and no resending behind our back.
pub(super) fn policy(connect_timeout: Duration) -> reqwest::ClientBuilder {
    reqwest::Client::builder()
        .user_agent(concat!("watchfloor/", env!("CARGO_PKG_VERSION")))
        .redirect(reqwest::redirect::Policy::none())
        .retry(reqwest::retry::never())
        .referer(false)
        .connect_timeout(connect_timeout)
        .pool_idle_timeout(Duration::from_secs(90))
        .gzip(true)
}

/// Builds a pool where its reading of the system's certificates disturbs nobody.
pub(super) async fn build(builder: reqwest::ClientBuilder) -> Result<reqwest::Client, Error> {
    tokio::task::spawn_blocking(move || builder.build())
        .await
        .map_err(|_| Error::new(FailureKind::Other, "the connection could not be prepared"))?
        .map_err(|error| unusable(&error))
}

/// Reads the authorities of a PEM file.
pub(super) async fn authorities(path: &Path) -> Result<Vec<reqwest::Certificate>, Error> {
    let fault = |why: &str| {
        Error::new(FailureKind::Tls, format!("the certificates of {} {why}", path.display()))
    };
    let pem =
        tokio::fs::read(path).await.map_err(|error| fault(&format!("cannot be read: {error}")))?;
    let found = reqwest::Certificate::from_pem_bundle(&pem).map_err(|_| fault("are not PEM"))?;
    if found.is_empty() { Err(fault("are none: the file holds no certificate")) } else { Ok(found) }
}

/// A connection pool that cannot be built.
fn unusable(error: &reqwest::Error) -> Error {
    let why = super::fault::innermost(error);
    Error::new(FailureKind::Tls, format!("the connection could not be prepared: {why}")).hinting(
        "install the system's CA certificates (ca-certificates), or set gitlab.ca_file; check gitlab.proxy",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reach(url: &str) -> Reach {
        Reach::to(Url::parse(url).unwrap())
    }

    #[tokio::test]
    async fn plain_http_is_for_loopback_alone() {
        for url in ["http://127.0.0.1:8080", "http://[::1]:8080", "http://localhost:8080"] {
            assert!(reach(url).connect().await.is_ok(), "{url}");
        }
        let refused = reach("http://gitlab.example.com").connect().await.unwrap_err();
        assert_eq!(refused.kind, FailureKind::Tls);
    }

    #[tokio::test]
    async fn a_ca_file_without_certificates_is_named() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let reach =
            Reach { ca_file: Some(file.path().to_owned()), ..reach("https://gitlab.example.com") };
        let error = reach.connect().await.unwrap_err();
        assert!(error.message.contains(&file.path().display().to_string()), "{error}");
    }
}
