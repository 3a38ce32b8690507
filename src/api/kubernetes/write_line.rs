//! [`WriteLine`]: a way into a cluster for what changes it, apart from the one that reads.

use std::error::Error as StdError;
use std::io::ErrorKind;
use std::sync::Arc;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use http::header::AUTHORIZATION;
use http::{Request, Response};
use http_body_util::BodyExt;
use kube::client::Body;

use super::access::Access;
use super::connect::{self, Parts, Way};
use super::fault;
use crate::api::{Error, Wiring};
use crate::config::ClusterSettings;

/// How long an answer may take.
const PATIENCE: Duration = Duration::from_secs(30);
/// The most of an answer that is read, bytes: its words are short.
const MAX_BODY: usize = 1024 * 1024;

/// A way to change a cluster. Opens nothing until it is used.
pub(crate) struct WriteLine {
    way: Way,
    wiring: Wiring,
}

/// A connection that was made for one request.
pub(crate) struct OpenLine(Parts);

/// Why no answer came.
#[derive(Debug)]
pub(crate) enum Lost {
    /// No connection came about: nothing left this machine.
    Unsent(Error),
    /// It may have arrived.
    Unanswered(Error),
}

impl WriteLine {
    /// A way as the settings say; `access` is another platform's, for a cluster that has no other.
    pub(crate) fn new(
        settings: &ClusterSettings,
        access: Option<Arc<dyn Access>>,
        wiring: Wiring,
    ) -> WriteLine {
        WriteLine { way: Way::of(settings, access), wiring }
    }

    /// Opens a connection of its own: none that lay idle, with no credential that has aged. Asks the cluster nothing.
    pub(crate) async fn open(&self) -> Result<OpenLine, Error> {
        connect::parts(&self.way, &self.wiring).await.map(OpenLine)
    }
}

impl OpenLine {
    /// Sends one request, once, and reads its answer. What of the body does not come is left out: the status counts.
    pub(crate) async fn send(self, request: Request<Vec<u8>>) -> Result<Response<Bytes>, Lost> {
        let Parts { client, credential, .. } = self.0;
        let (mut parts, body) = request.into_parts();
        if let Some(bearer) = credential.header().await.map_err(Lost::Unsent)? {
            parts.headers.insert(AUTHORIZATION, bearer);
        }
        let (method, path) = (parts.method.clone(), parts.uri.path().to_owned());
        let request = Request::from_parts(parts, Body::from(body));
        let sent = tokio::time::timeout(PATIENCE, client.send(request)).await;
        let status = sent.as_ref().ok().and_then(|sent| sent.as_ref().ok());
        let status = status.map(|answer| answer.status().as_u16());
        tracing::info!(%method, path, ?status, "changing request");
        let answer = sent.map_err(|_| Lost::Unanswered(fault::too_slow()))?;
        let (head, body) = answer.map_err(|error| lost(&error))?.into_parts();
        let read = tokio::time::timeout(PATIENCE, words(body)).await.unwrap_or_default();
        Ok(Response::from_parts(head, read))
    }
}

/// What of a body comes.
async fn words(mut body: Body) -> Bytes {
    let mut read = BytesMut::new();
    while let Some(Ok(frame)) = body.frame().await {
        let Ok(bytes) = frame.into_data() else { continue };
        if read.len() + bytes.len() > MAX_BODY {
            break;
        }
        read.extend_from_slice(&bytes);
    }
    read.freeze()
}

/// Whether a request that failed may have arrived. Only what can fail before it is sent, and never after, counts as
/// unsent.
fn lost(error: &(dyn StdError + 'static)) -> Lost {
    let told = fault::of_transport(error);
    let mut next = Some(error);
    while let Some(one) = next {
        let refused = one
            .downcast_ref::<std::io::Error>()
            .is_some_and(|error| error.kind() == ErrorKind::ConnectionRefused);
        if refused || one.to_string().starts_with("dns error") {
            return Lost::Unsent(told);
        }
        next = one.source();
    }
    Lost::Unanswered(told)
}

#[cfg(test)]
mod tests {
    use tokio::io::AsyncReadExt;

    use super::*;
    use crate::api::kubernetes::credential::Credential;

    fn line(address: std::net::SocketAddr) -> OpenLine {
        let server = format!("http://{address}/").parse().unwrap();
        let mut config = kube::Config::new(format!("http://{address}/").parse().unwrap());
        config.default_retry = false;
        let client = kube::Client::try_from(config).unwrap();
        OpenLine(Parts { client, credential: Credential::None, ends_at: None, server })
    }

    fn deletion() -> Request<Vec<u8>> {
        Request::delete("/api/v1/namespaces/a/pods/b").body(b"{}".to_vec()).unwrap()
    }

    #[tokio::test]
    async fn a_port_at_which_nobody_listens_got_nothing() {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        drop(listener);
        let lost = line(address).send(deletion()).await;
        assert!(matches!(lost, Err(Lost::Unsent(_))), "{lost:?}");
    }

    #[tokio::test]
    async fn a_connection_that_ends_without_an_answer_may_have_carried_it_and_is_not_made_anew() {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let server = tokio::spawn(async move {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut bytes = [0; 512];
            assert!(stream.read(&mut bytes).await.unwrap() > 0);
            drop(stream);
            tokio::time::timeout(Duration::from_millis(300), listener.accept()).await.is_err()
        });
        let lost = line(address).send(deletion()).await;
        assert!(matches!(lost, Err(Lost::Unanswered(_))), "{lost:?}");
        assert!(server.await.unwrap(), "it was sent again");
    }
}
