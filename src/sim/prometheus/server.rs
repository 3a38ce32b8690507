//! The listener of Prometheus, and what Alertmanager's has in common with it: greeting and faults around the answers.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::{ConnectInfo, Request, State};
use axum::response::Response;
use tokio::net::TcpListener;

use super::answer;
use crate::sim::fault::{Asked, Fault, Server};
use crate::sim::ledger::Entry;
use crate::sim::response::respond;
use crate::sim::server::Platform;
use crate::sim::socket::{Cuttable, Cutter};
use crate::sim::wire::{Ask, Reply};

/// Requests with a longer body are refused.
const MOST_BODY: usize = 1 << 20;

/// Serves Prometheus until the task is ended.
pub(crate) async fn serve(listener: TcpListener, platform: Arc<Platform>) {
    let router = Router::new().fallback(receive).with_state(Arc::clone(&platform));
    let service = router.into_make_service_with_connect_info::<Cutter>();
    // It ends only with its task; an error of the listener shows as a refused connection.
    drop(axum::serve(Cuttable::new(listener, platform.ending()), service).await);
}

async fn receive(
    State(platform): State<Arc<Platform>>,
    ConnectInfo(cutter): ConnectInfo<Cutter>,
    request: Request,
) -> Response {
    receive_for(Server::Prometheus, &platform, &cutter, request).await
}

/// Answers a request to Prometheus or to Alertmanager.
pub(crate) async fn receive_for(
    server: Server,
    platform: &Arc<Platform>,
    cutter: &Cutter,
    request: Request,
) -> Response {
    let (parts, body) = request.into_parts();
    let body = axum::body::to_bytes(body, MOST_BODY).await.unwrap_or_default();
    let ask = Ask::new(&parts, body);
    let asked = Asked {
        server,
        method: &ask.method,
        path: &ask.path,
        operation: None,
        verb: None,
        elapsed: platform.elapsed(),
    };
    let fault = platform.faults().meet(&asked).unwrap_or_default();
    if fault.delay_ms > 0 {
        tokio::time::sleep(Duration::from_millis(fault.delay_ms)).await;
    }
    let mut reply = match platform.lock().check(&parts.headers) {
        Err(refused) if fault.status.is_none() => refused,
        _ => reply_to(server, platform, &ask, &fault),
    };
    for (name, value) in &fault.headers {
        reply.set(name, value);
    }
    platform.ledger().add(&Entry {
        server,
        method: &ask.method,
        path: &ask.target,
        source: &ask.agent,
        operation: None,
        status: (!fault.close).then_some(reply.status),
    });
    if fault.close {
        cutter.cut();
    }
    respond(reply, fault.cut_after_bytes)
}

/// The answer that the fault prescribes, or the true one.
fn reply_to(server: Server, platform: &Platform, ask: &Ask, fault: &Fault) -> Reply {
    let mut reply = if fault.status.is_some() || fault.body.is_some() {
        if fault.done {
            true_answer(server, platform, ask);
        }
        let text = fault.body.as_deref().unwrap_or_default();
        let mut reply = Reply::text(fault.status.unwrap_or(200), text);
        reply.set("content-type", "application/json");
        reply
    } else {
        true_answer(server, platform, ask)
    };
    if let Some(kind) = &fault.content_type {
        reply.set("content-type", kind);
    }
    reply
}

fn true_answer(server: Server, platform: &Platform, ask: &Ask) -> Reply {
    if server == Server::Alertmanager {
        return crate::sim::alertmanager::answer(platform, ask);
    }
    answer::answer(platform, ask)
}
