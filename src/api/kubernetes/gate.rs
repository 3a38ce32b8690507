//! [`Gate`]: the one place from which requests go to a cluster. Nothing but GET passes.

use std::time::Duration;

use http::header::AUTHORIZATION;
use http::{Method, Request, Response};
use kube::client::Body;

use super::credential::Credential;
use super::fault;
use crate::api::Error;
use crate::domain::FailureKind;

/// How long an answer's beginning may take.
const PATIENCE: Duration = Duration::from_secs(30);

/// A way to a cluster that stands. The client behind it is reachable through [`Gate::send`] alone.
pub(super) struct Gate {
    client: kube::Client,
    credential: Credential,
}

impl Gate {
    /// A gate before a client; the credential is added to each request.
    pub(super) fn new(client: kube::Client, credential: Credential) -> Gate {
        Gate { client, credential }
    }

    /// Sends a request that only reads, and waits for the beginning of the answer.
    pub(super) async fn send(&self, mut request: Request<Body>) -> Result<Response<Body>, Error> {
        admit(request.method())?;
        if let Some(bearer) = self.credential.header().await? {
            request.headers_mut().insert(AUTHORIZATION, bearer);
        }
        let sent = tokio::time::timeout(PATIENCE, self.client.send(request)).await;
        let sent = sent.map_err(|_| fault::too_slow())?;
        sent.map_err(|error| fault::of_transport(&error))
    }

    /// What a refusal of the credential calls for.
    pub(super) fn cure(&self) -> &'static str {
        self.credential.cure()
    }
}

/// Refuses whatever could change something.
fn admit(method: &Method) -> Result<(), Error> {
    if method == Method::GET {
        return Ok(());
    }
    let why = format!("refused before sending: {method} would not only read");
    Err(Error {
        hint: "this is a fault of Watchfloor: reading clients send nothing else; please report it",
        ..Error::new(FailureKind::Query, why)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_get_is_admitted() {
        assert!(admit(&Method::GET).is_ok());
        let others = [
            Method::POST,
            Method::PUT,
            Method::PATCH,
            Method::DELETE,
            Method::HEAD,
            Method::OPTIONS,
            Method::CONNECT,
            Method::TRACE,
        ];
        for method in others {
            let refused = admit(&method).unwrap_err();
            assert_eq!(refused.kind, FailureKind::Query, "{method}");
        }
    }

    #[tokio::test]
    async fn a_changing_request_never_reaches_the_server() {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/", listener.local_addr().unwrap());
        let mut config = kube::Config::new(url.parse().unwrap());
        config.default_retry = false;
        let gate = Gate::new(kube::Client::try_from(config).unwrap(), Credential::None);
        let request = Request::delete("/api/v1/namespaces/a/pods/b").body(Body::empty()).unwrap();
        assert!(gate.send(request).await.is_err());
        let reached = tokio::time::timeout(Duration::from_millis(50), listener.accept()).await;
        assert!(reached.is_err(), "a connection was opened");
    }
}
