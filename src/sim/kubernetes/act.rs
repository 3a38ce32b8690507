//! What changes the cluster: a pod is deleted, a node is cordoned. Conditions hold, or nothing happens.

use std::sync::Arc;

use serde_json::{Value, json};

use super::kind::Kind;
use super::list::{self, Wish};
use super::object::Object;
use super::{proto, status};
use crate::sim::clock;
use crate::sim::server::Platform;
use crate::sim::wire::Reply;
use crate::sim::world::Cordon;

/// The forms of a patch that are spoken here; of the one field that is patched both mean the same.
const PATCHES: [&str; 2] =
    ["application/merge-patch+json", "application/strategic-merge-patch+json"];

/// Deletes a pod, if the conditions in the body hold.
pub(super) fn delete(platform: &Platform, wish: &Wish<'_>) -> Result<Reply, Reply> {
    wish.ask.query.ignore(&["orphanDependents", "propagationPolicy"]);
    let options: Value = options(&wish.ask.body);
    let mut world = platform.world();
    world.advance(clock::now());
    platform.publish(&mut world);
    let object = found(platform, wish)?;
    hold(wish, &object, &options)?;
    let asked = wish.ask.query.get("gracePeriodSeconds").and_then(|text| text.parse().ok());
    let grace = asked.or_else(|| options.get("gracePeriodSeconds").and_then(Value::as_i64));
    if is_dry(wish) {
        return Ok(list::one(&platform.store(), wish));
    }
    let last = list::one(&platform.store(), wish);
    if !world.delete_pod(&object.uid, grace) {
        platform.store().delete(Kind::Pod, wish.route.namespace, &object.name);
    }
    platform.publish(&mut world);
    let now = list::one(&platform.store(), wish);
    Ok(if now.status == 200 { now } else { last })
}

/// Cordons a node, or takes that back, if the conditions in the patch hold. Nothing else is patched here.
pub(super) fn patch(platform: &Platform, wish: &Wish<'_>) -> Result<Reply, Reply> {
    let kind = wish.ask.content_type.split(';').next().unwrap_or_default().trim();
    if !PATCHES.contains(&kind) {
        return Err(status::unsupported_media());
    }
    let patch: Value =
        serde_json::from_slice(&wish.ask.body).map_err(|_| status::bad("the patch is no JSON"))?;
    let mut world = platform.world();
    world.advance(clock::now());
    platform.publish(&mut world);
    let object = found(platform, wish)?;
    agree(wish, &object, &patch)?;
    let Some(unschedulable) = patch.pointer("/spec/unschedulable") else {
        platform.ledger().puzzle(format!("{} {}", wish.ask.method, wish.ask.path));
        return Err(status::bad("this simulator patches spec.unschedulable alone"));
    };
    let cordon = match unschedulable {
        Value::Bool(true) => Cordon::On,
        Value::Bool(false) | Value::Null => Cordon::Off,
        _ => return Err(status::bad("spec.unschedulable must be a boolean")),
    };
    if is_dry(wish) {
        return Ok(list::one(&platform.store(), wish));
    }
    if world.cordon(&object.uid, cordon) {
        platform.publish(&mut world);
    } else {
        // A node that somebody applied, of which the world knows nothing.
        platform.store().put(Kind::Node, cordoned(object.value(), cordon));
    }
    Ok(list::one(&platform.store(), wish))
}

fn options(body: &[u8]) -> Value {
    // Whoever sends protocol buffers sends no conditions with them.
    if proto::is_enveloped(body) {
        Value::Null
    } else {
        serde_json::from_slice(body).unwrap_or_default()
    }
}

fn is_dry(wish: &Wish<'_>) -> bool {
    wish.ask.query.get("dryRun") == Some("All")
}

fn found(platform: &Platform, wish: &Wish<'_>) -> Result<Arc<Object>, Reply> {
    let route = &wish.route;
    let (namespace, name) = (route.namespace.unwrap_or_default(), route.name.unwrap_or_default());
    platform.store().object(route.kind, namespace, name).ok_or_else(|| status::missing(route))
}

/// The conditions of a deletion, in the words of the API server.
fn hold(wish: &Wish<'_>, object: &Object, options: &Value) -> Result<(), Reply> {
    let asked = |name: &str| options.pointer(&format!("/preconditions/{name}"))?.as_str();
    let version = object.version.to_string();
    let said = [
        (
            "UID",
            asked("uid"),
            &*object.uid,
            "The object might have been deleted and then recreated",
        ),
        (
            "ResourceVersion",
            asked("resourceVersion"),
            &version,
            "The object might have been modified",
        ),
    ];
    for (what, asked, there, perhaps) in said {
        if let Some(asked) = asked.filter(|asked| *asked != there) {
            let why = format!(
                "the {what} in the precondition ({asked}) does not match the {what} in record ({there}). {perhaps}"
            );
            return Err(status::conflict(&wish.route, "Pod", &why));
        }
    }
    Ok(())
}

/// The conditions of a patch: what it says of the object's identity and version.
fn agree(wish: &Wish<'_>, object: &Object, patch: &Value) -> Result<(), Reply> {
    let asked = |name: &str| patch.pointer(&format!("/metadata/{name}"))?.as_str();
    let there = &*object.uid;
    if let Some(uid) = asked("uid").filter(|uid| *uid != there) {
        let why = format!(
            "StorageError: invalid object, Code: 4, Key: /registry/minions/{}, ResourceVersion: 0, AdditionalErrorMsg: Precondition failed: UID in precondition: {uid}, UID in object meta: {there}",
            object.name
        );
        return Err(status::conflict(&wish.route, "nodes", &why));
    }
    if asked("resourceVersion").is_some_and(|version| version != object.version.to_string()) {
        let why = "the object has been modified; please apply your changes to the latest version and try again";
        return Err(status::conflict(&wish.route, "nodes", why));
    }
    Ok(())
}

fn cordoned(mut node: Value, cordon: Cordon) -> Value {
    if let Some(spec) = node.get_mut("spec").and_then(Value::as_object_mut) {
        spec.remove("unschedulable");
        if cordon == Cordon::On {
            spec.insert("unschedulable".to_owned(), json!(true));
        }
    }
    node
}
