//! The listener of the API server: faults around the answers, and lives that end with a restart.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::{ConnectInfo, Request, State};
use axum::response::Response;
use tokio::net::TcpListener;

use super::Answer;
use super::route::Route;
use crate::sim::clock;
use crate::sim::fault::{Asked, ClusterFault, Fault, Server};
use crate::sim::ledger::Entry;
use crate::sim::response::respond;
use crate::sim::server::Platform;
use crate::sim::socket::{Cuttable, Cutter};
use crate::sim::wire::{Ask, Reply};

/// Requests with a longer body are refused.
const MOST_BODY: usize = 1 << 20;
/// How often it is asked whether a restart begins or ends.
const LOOK: Duration = Duration::from_millis(100);

/// Serves the API until the task is ended; during a restart nobody listens at its port.
pub(crate) async fn serve(mut listener: TcpListener, platform: Arc<Platform>) {
    let Ok(address) = listener.local_addr() else { return };
    loop {
        let router = Router::new().fallback(receive).with_state(Arc::clone(&platform));
        let service = router.into_make_service_with_connect_info::<Cutter>();
        let life = platform.cluster().begin_life();
        let serving = axum::serve(Cuttable::new(listener, life), service);
        tokio::select! {
            _ = serving.into_future() => return,
            () = until(|| is_down(&platform)) => {}
        }
        platform.cluster().end();
        until(|| !is_down(&platform)).await;
        listener = loop {
            match TcpListener::bind(address).await {
                Ok(listener) => break listener,
                // The system has not let go of the port yet.
                Err(_) => tokio::time::sleep(LOOK).await,
            }
        };
    }
}

async fn until(holds: impl Fn() -> bool) {
    while !holds() {
        tokio::time::sleep(LOOK).await;
    }
}

fn is_down(platform: &Platform) -> bool {
    platform.faults().is_down(Server::Kubernetes, platform.elapsed())
}

async fn receive(
    State(platform): State<Arc<Platform>>,
    ConnectInfo(cutter): ConnectInfo<Cutter>,
    request: Request,
) -> Response {
    let (parts, body) = request.into_parts();
    let body = axum::body::to_bytes(body, MOST_BODY).await.unwrap_or_default();
    let ask = Ask::new(&parts, body);
    let segments: Vec<&str> = ask.segments.iter().map(String::as_str).collect();
    let route = Route::of(&ask, &segments);
    let fault = met(&platform, &ask, route.as_ref());
    if fault.delay_ms > 0 {
        tokio::time::sleep(Duration::from_millis(fault.delay_ms)).await;
    }
    let is_closed = fault.close || fault.kubernetes == Some(ClusterFault::Restart);
    let (status, mut response) = match prescribed(&fault) {
        Some(reply) => {
            if fault.done {
                super::answer(&platform, &ask, route, &Fault::default());
            }
            (reply.status, respond(reply, fault.cut_after_bytes))
        }
        None => match super::answer(&platform, &ask, route, &fault) {
            Answer::Whole(mut reply) => {
                if let Some(kind) = &fault.content_type {
                    reply.set("content-type", kind);
                }
                (reply.status, respond(reply, fault.cut_after_bytes))
            }
            Answer::Watch(watch) => (200, streamed("application/json", watch.stream())),
            Answer::Log(log) => (200, streamed("text/plain", log.stream())),
        },
    };
    for (name, value) in &fault.headers {
        let name = http::HeaderName::try_from(name.as_str());
        if let (Ok(name), Ok(value)) = (name, http::HeaderValue::try_from(value.as_str())) {
            response.headers_mut().insert(name, value);
        }
    }
    platform.ledger().add(&Entry {
        server: Server::Kubernetes,
        method: &ask.method,
        path: &ask.target,
        source: &ask.agent,
        operation: None,
        status: (!is_closed).then_some(status),
    });
    if is_closed {
        cutter.cut();
    }
    response
}

/// The fault that a request meets, or one that changes nothing.
fn met(platform: &Platform, ask: &Ask, route: Option<&Route<'_>>) -> Fault {
    let asked = Asked {
        server: Server::Kubernetes,
        method: &ask.method,
        path: &ask.path,
        operation: None,
        verb: route.map(|route| route.verb),
        elapsed: platform.elapsed(),
    };
    platform.faults().meet(&asked).unwrap_or_default()
}

/// The answer that a fault prescribes word by word.
fn prescribed(fault: &Fault) -> Option<Reply> {
    if fault.status.is_none() && fault.body.is_none() {
        return None;
    }
    let text = fault.body.as_deref().unwrap_or_default();
    let mut reply = Reply::text(fault.status.unwrap_or(200), text);
    reply.set("content-type", fault.content_type.as_deref().unwrap_or("application/json"));
    Some(reply)
}

fn streamed<S>(kind: &'static str, stream: S) -> Response
where
    S: futures_util::Stream<Item = std::io::Result<bytes::Bytes>> + Send + 'static,
{
    let mut response = Response::new(Body::from_stream(stream));
    let kind = http::HeaderValue::from_static(kind);
    response.headers_mut().insert(http::header::CONTENT_TYPE, kind);
    let now = http::HeaderValue::try_from(clock::http_date(clock::now()));
    if let Ok(now) = now {
        response.headers_mut().insert(http::header::DATE, now);
    }
    response
}
