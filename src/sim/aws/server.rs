//! The listener of AWS: one for all services, told apart by path and action.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::{ConnectInfo, Request, State};
use axum::response::Response;
use tokio::net::TcpListener;

use super::error::{Protocol, Wrong};
use super::{Call, autoscaling, eks, iam, signature, sts};
use crate::sim::fault::{Asked, AwsFault, Fault, Server};
use crate::sim::ledger::Entry;
use crate::sim::response::respond;
use crate::sim::server::Platform;
use crate::sim::socket::{Cuttable, Cutter};
use crate::sim::wire::{Ask, Reply};

/// Requests with a longer body are refused.
const MOST_BODY: usize = 1 << 20;

/// Serves AWS until the task is ended.
pub(crate) async fn serve(listener: TcpListener, platform: Arc<Platform>) {
    let router = Router::new().fallback(receive).with_state(Arc::clone(&platform));
    let service = router.into_make_service_with_connect_info::<Cutter>();
    // It ends only with its task; an error of the listener shows as a refused connection.
    drop(axum::serve(Cuttable::new(listener, platform.ending()), service).await);
}

/// What is asked: service, operation, names, parameters, and how errors look.
struct Wish {
    service: &'static str,
    operation: String,
    names: Vec<String>,
    parameters: Vec<(String, String)>,
    protocol: Protocol,
}

async fn receive(
    State(platform): State<Arc<Platform>>,
    ConnectInfo(cutter): ConnectInfo<Cutter>,
    request: Request,
) -> Response {
    let (parts, body) = request.into_parts();
    let body = axum::body::to_bytes(body, MOST_BODY).await.unwrap_or_default();
    let query = pairs(parts.uri.query().unwrap_or_default());
    let ask = Ask::new(&parts, body);
    let wish = wish(&ask, &query);
    let fault = met(&platform, &ask, &wish);
    if fault.delay_ms > 0 {
        tokio::time::sleep(Duration::from_millis(fault.delay_ms)).await;
    }
    let mut reply = if fault.status.is_some() || fault.body.is_some() {
        if fault.done {
            answer(&platform, (&ask, &wish), &Fault::default()).ok();
        }
        let text = fault.body.as_deref().unwrap_or_default();
        Reply::text(fault.status.unwrap_or(200), text)
    } else {
        let signed = signature::check(platform.keys(), &parts.headers, &query);
        let answer = signed.and_then(|()| answer(&platform, (&ask, &wish), &fault));
        if answer.as_ref().err() == Some(&Wrong::UnknownOperation) {
            platform.ledger().puzzle(format!("{} {} {}", ask.method, ask.path, wish.operation));
        }
        answer.unwrap_or_else(|wrong| wrong.reply(wish.protocol))
    };
    for (name, value) in &fault.headers {
        reply.set(name, value);
    }
    platform.ledger().add(&Entry {
        server: Server::Aws,
        method: &ask.method,
        path: &ask.path,
        source: &ask.agent,
        operation: Some(&wish.operation),
        status: (!fault.close).then_some(reply.status),
    });
    if fault.close {
        cutter.cut();
    }
    respond(reply, fault.cut_after_bytes)
}

fn answer(platform: &Platform, (ask, wish): (&Ask, &Wish), fault: &Fault) -> Result<Reply, Wrong> {
    match fault.aws {
        Some(AwsFault::Throttled) => return Err(Wrong::Throttled),
        Some(AwsFault::ExpiredToken) => return Err(Wrong::Expired),
        Some(AwsFault::AccessDenied) => {
            return Err(Wrong::Denied(format!("{}:{}", wish.service, wish.operation)));
        }
        None => {}
    }
    let call = Call {
        platform,
        operation: &wish.operation,
        names: &wish.names,
        parameters: &wish.parameters,
        body: &ask.body,
    };
    match wish.service {
        "sts" => sts::answer(&call),
        "autoscaling" => autoscaling::answer(&call),
        "iam" => iam::answer(&call),
        _ => eks::answer(&call),
    }
}

/// Reads a request: a path is EKS's, an action is of the query protocol.
fn wish(ask: &Ask, query: &[(String, String)]) -> Wish {
    if ask.path != "/" {
        let known = eks::operation(&ask.method, &ask.segments);
        let (operation, names) = known.unwrap_or(("unknown", Vec::new()));
        return Wish {
            service: "eks",
            operation: operation.to_owned(),
            names,
            parameters: query.to_vec(),
            protocol: Protocol::Rest,
        };
    }
    let mut parameters = query.to_vec();
    parameters.extend(pairs(&String::from_utf8_lossy(&ask.body)));
    let get = |name: &str| parameters.iter().rev().find(|(known, _)| known == name);
    let operation = get("Action").map_or_else(|| "unknown".to_owned(), |(_, value)| value.clone());
    // Each service of the query protocol is known by the date of its description.
    let version = get("Version").map_or("", |(_, version)| version.as_str());
    let (service, namespace) = match version {
        "2011-01-01" => ("autoscaling", autoscaling::NAMESPACE),
        "2010-05-08" => ("iam", iam::NAMESPACE),
        _ => ("sts", sts::NAMESPACE),
    };
    Wish { service, operation, names: Vec::new(), parameters, protocol: Protocol::Query(namespace) }
}

/// The fault that a request meets, or one that changes nothing.
fn met(platform: &Platform, ask: &Ask, wish: &Wish) -> Fault {
    let asked = Asked {
        server: Server::Aws,
        method: &ask.method,
        path: &ask.path,
        operation: Some(&wish.operation),
        verb: None,
        elapsed: platform.elapsed(),
    };
    platform.faults().meet(&asked).unwrap_or_default()
}

fn pairs(text: &str) -> Vec<(String, String)> {
    url::form_urlencoded::parse(text.as_bytes())
        .map(|(name, value)| (name.into_owned(), value.into_owned()))
        .collect()
}
