//! A server of another origin, which remembers who came by with what.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use axum::Router;
use axum::extract::{Request, State};
use tokio::net::TcpListener;

use super::server::Platform;

/// A request that reached the other origin.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ForeignRequest {
    /// Method.
    pub method: String,
    /// Path with the query.
    pub path: String,
    /// Headers, with lower-case names.
    pub headers: BTreeMap<String, String>,
}

/// The requests that reached the other origin.
#[derive(Default)]
pub(crate) struct Visits(Mutex<Vec<ForeignRequest>>);

impl Visits {
    /// All of them, oldest first.
    pub(crate) fn all(&self) -> Vec<ForeignRequest> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn add(&self, request: &Request) {
        let headers = request
            .headers()
            .iter()
            .map(|(name, value)| {
                (name.as_str().to_owned(), String::from_utf8_lossy(value.as_bytes()).into_owned())
            })
            .collect();
        let visit = ForeignRequest {
            method: request.method().to_string(),
            path: request.uri().to_string(),
            headers,
        };
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(visit);
    }
}

/// Serves the other origin until the task is ended.
pub(crate) async fn serve(listener: TcpListener, platform: Arc<Platform>) {
    let router = Router::new().fallback(answer).with_state(platform);
    // It ends only with its task; an error of the listener shows as a refused connection.
    drop(axum::serve(listener, router).await);
}

async fn answer(State(platform): State<Arc<Platform>>, request: Request) -> axum::Json<[u8; 0]> {
    platform.foreign().add(&request);
    axum::Json([])
}
