//! [`respond`]: an answer on the wire, whole or broken off.

use std::time::Duration;

use axum::body::Body;
use axum::response::Response;
use bytes::Bytes;
use futures_util::{StreamExt as _, stream};

use super::wire::Reply;

/// The answer on the wire; cut after so many bytes of its body when told so.
pub(crate) fn respond(reply: Reply, cut: Option<usize>) -> Response {
    let mut response = Response::builder().status(reply.status);
    for (name, value) in &reply.headers {
        response = response.header(name, value);
    }
    let body = match cut {
        None => Body::from(reply.body),
        Some(after) => {
            let kept = reply.body.slice(..after.min(reply.body.len()));
            response = response.header("content-length", reply.body.len() + 1);
            Body::from_stream(cut_short(kept))
        }
    };
    response.body(body).unwrap_or_else(|_| {
        let mut broken = Response::new(Body::from("the scenario has a header that cannot be sent"));
        *broken.status_mut() = http::StatusCode::NOT_IMPLEMENTED;
        broken
    })
}

/// A body that breaks off: the bytes, a moment for them to travel, then an error.
fn cut_short(kept: Bytes) -> impl futures_util::Stream<Item = std::io::Result<Bytes>> {
    let end = stream::once(async {
        tokio::time::sleep(Duration::from_millis(30)).await;
        Err(std::io::ErrorKind::ConnectionReset.into())
    });
    stream::iter([Ok(kept)]).chain(end)
}
