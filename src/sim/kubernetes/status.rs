//! Refusals: the `Status` bodies of the API server, in its words.

use serde_json::{Value, json};

use super::route::Route;
use crate::sim::wire::Reply;

/// What the access rules call the person behind the token.
pub(super) const USER: &str = "watchfloor";

/// 401 for a token that is wrong or missing.
pub(super) fn unauthorized() -> Reply {
    reply(&body(401, "Unauthorized", "Unauthorized"))
}

/// 403 for a verb on a resource, in the words of the access rules.
pub(super) fn forbidden(route: &Route<'_>) -> Reply {
    let facts = route.kind.facts();
    let quoted = route.name.map(|name| format!(" \"{name}\"")).unwrap_or_default();
    let place = match route.namespace {
        Some(namespace) => format!("in the namespace \"{namespace}\""),
        None => "at the cluster scope".to_owned(),
    };
    let subresource = route.subresource.map(|name| format!("/{name}")).unwrap_or_default();
    let message = format!(
        "{}{quoted} is forbidden: User \"{USER}\" cannot {} resource \"{}{subresource}\" in API group \"{}\" {place}",
        route.qualified(),
        route.verb,
        facts.plural,
        facts.group,
    );
    let mut status = body(403, "Forbidden", &message);
    set(&mut status, "details", details(route));
    reply(&status)
}

/// 404 for an object that is not there.
pub(super) fn missing(route: &Route<'_>) -> Reply {
    let name = route.name.unwrap_or_default();
    let message = format!("{} \"{name}\" not found", route.qualified());
    let mut status = body(404, "NotFound", &message);
    set(&mut status, "details", details(route));
    reply(&status)
}

/// 404 for a resource that the server does not have.
pub(super) fn no_resource() -> Reply {
    let message = "the server could not find the requested resource";
    let mut status = body(404, "NotFound", message);
    set(&mut status, "details", json!({}));
    reply(&status)
}

/// 404 for a path that belongs to no API group.
pub(super) fn no_page() -> Reply {
    Reply::text(404, "404 page not found\n")
}

/// 405 for a verb that the resource does not have here.
pub(super) fn no_method() -> Reply {
    let message = "the server does not allow this method on the requested resource";
    let mut status = body(405, "MethodNotAllowed", message);
    set(&mut status, "details", json!({}));
    reply(&status)
}

/// 406 for a client that reads no JSON.
pub(super) fn not_acceptable() -> Reply {
    let message = "only the following media types are accepted: application/json";
    reply(&body(406, "NotAcceptable", message))
}

/// 400 with its reason.
pub(super) fn bad(message: &str) -> Reply {
    reply(&body(400, "BadRequest", message))
}

/// 409 for a condition that does not hold.
pub(super) fn conflict(route: &Route<'_>, what: &str, why: &str) -> Reply {
    let name = route.name.unwrap_or_default();
    let message = format!("Operation cannot be fulfilled on {what} \"{name}\": {why}");
    let mut status = body(409, "Conflict", &message);
    set(&mut status, "details", json!({"name": name, "kind": what}));
    reply(&status)
}

/// 415 for a patch in another form than those that are spoken here.
pub(super) fn unsupported_media() -> Reply {
    let message = "the body of the request was in an unknown format - accepted media types include: \
        application/merge-patch+json, application/strategic-merge-patch+json";
    reply(&body(415, "UnsupportedMediaType", message))
}

/// 422 for options of a list that do not go together.
pub(super) fn invalid_options(why: &str) -> Reply {
    let message = format!("ListOptions.meta.k8s.io \"\" is invalid: {why}");
    let mut status = body(422, "Invalid", &message);
    let details = json!({"group": "meta.k8s.io", "kind": "ListOptions"});
    set(&mut status, "details", details);
    reply(&status)
}

/// 410 for a version behind the window.
pub(super) fn expired() -> Reply {
    reply(&body(410, "Expired", "The resourceVersion for the provided list is too old."))
}

/// 410 for a `continue` behind the window; `onward` goes on without consistency.
pub(super) fn expired_continue(onward: &str) -> Reply {
    let message = "The provided continue parameter is too old to display a consistent list result. \
        You can start a new list without the continue parameter, or use the continue token in this \
        response to retrieve the remainder of the results. Continuing with the provided token \
        results in an inconsistent list - objects that were created, modified, or deleted between \
        the time the first chunk was returned and now may show up in the list.";
    let mut status = body(410, "Expired", message);
    set(&mut status, "metadata", json!({"continue": onward}));
    reply(&status)
}

/// 504 for a version that lies in the future.
pub(super) fn too_large(version: u64, current: u64) -> Reply {
    let message = format!("Timeout: Too large resource version: {version}, current: {current}");
    let mut status = body(504, "Timeout", &message);
    let cause =
        json!({"reason": "ResourceVersionTooLarge", "message": "Too large resource version"});
    set(&mut status, "details", json!({"causes": [cause], "retryAfterSeconds": 1}));
    let mut reply = reply(&status);
    reply.set("retry-after", "1");
    reply
}

/// The object of the ERROR event of a watch whose version is behind the window.
pub(super) fn gone(version: u64, oldest: u64) -> Value {
    body(410, "Expired", &format!("too old resource version: {version} ({oldest})"))
}

fn body(code: u16, reason: &str, message: &str) -> Value {
    json!({
        "kind": "Status",
        "apiVersion": "v1",
        "metadata": {},
        "status": "Failure",
        "message": message,
        "reason": reason,
        "code": code,
    })
}

fn details(route: &Route<'_>) -> Value {
    let facts = route.kind.facts();
    let mut details = json!({"kind": facts.plural});
    if let Some(name) = route.name {
        set(&mut details, "name", name.into());
    }
    if !facts.group.is_empty() {
        set(&mut details, "group", facts.group.into());
    }
    details
}

fn set(object: &mut Value, key: &str, value: Value) {
    if let Some(members) = object.as_object_mut() {
        members.insert(key.to_owned(), value);
    }
}

fn reply(status: &Value) -> Reply {
    let code = status.get("code").and_then(Value::as_u64).unwrap_or(500);
    Reply::json(u16::try_from(code).unwrap_or(500), status)
}
