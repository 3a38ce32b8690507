//! What the person behind the token may do: the answers to self reviews.

use serde_json::{Value, json};

use super::cells::text;
use super::kind::Kind;
use super::proto;
use super::route::Route;
use super::status;
use crate::sim::clock;
use crate::sim::fault::{Asked, ClusterFault, Server};
use crate::sim::server::Platform;
use crate::sim::wire::{Ask, Reply};

/// The verbs that anything here knows.
const VERBS: [&str; 5] = ["get", "list", "watch", "delete", "patch"];
const REASON: &str = "RBAC: allowed by ClusterRoleBinding \"watchfloor-read\" of ClusterRole \"watchfloor-read\" to User \"watchfloor\"";

/// Answers `selfsubjectaccessreviews`.
pub(super) fn access(platform: &Platform, ask: &Ask) -> Reply {
    let Some(mut review) = proto::access_review(&ask.body) else {
        return status::bad("the object provided is unrecognized");
    };
    let allowed = may(platform, &review);
    if let Some(members) = review.as_object_mut() {
        members.insert("kind".to_owned(), "SelfSubjectAccessReview".into());
        members.insert("apiVersion".to_owned(), "authorization.k8s.io/v1".into());
        let mut state = json!({"allowed": allowed});
        if let (true, Some(state)) = (allowed, state.as_object_mut()) {
            state.insert("reason".to_owned(), REASON.into());
        }
        members.insert("status".to_owned(), state);
        members.entry("metadata").or_insert_with(|| json!({}));
    }
    Reply::json(201, &review)
}

/// Answers `selfsubjectreviews`.
pub(super) fn who() -> Reply {
    let user =
        json!({"username": status::USER, "groups": ["ci-operators", "system:authenticated"]});
    let review = json!({
        "kind": "SelfSubjectReview",
        "apiVersion": "authentication.k8s.io/v1",
        "metadata": {"creationTimestamp": clock::coarse(clock::now())},
        "status": {"userInfo": user},
    });
    Reply::json(201, &review)
}

/// Answers `selfsubjectrulesreviews`.
pub(super) fn rules(platform: &Platform, ask: &Ask) -> Reply {
    let asked = proto::rules_review(&ask.body).unwrap_or_default();
    let served: Vec<Kind> = {
        let store = platform.store();
        Kind::ALL.into_iter().filter(|kind| store.serves(*kind)).collect()
    };
    let namespace = Some(text(&asked, "/spec/namespace")).filter(|namespace| !namespace.is_empty());
    let rules: Vec<Value> = served
        .into_iter()
        .filter_map(|kind| {
            let namespace = namespace.filter(|_| kind.facts().namespaced);
            let may = |verb| {
                let route = Route { kind, namespace, name: None, subresource: None, verb };
                is_granted(platform, &route)
            };
            let verbs: Vec<&str> = VERBS.into_iter().filter(|v| may(v)).collect();
            let facts = kind.facts();
            (!verbs.is_empty()).then(
                || json!({"verbs": verbs, "apiGroups": [facts.group], "resources": [facts.plural]}),
            )
        })
        .chain([json!({"verbs": ["get"], "apiGroups": [""], "resources": ["pods/log"]})])
        .collect();
    let paths = ["/api", "/api/*", "/apis", "/apis/*", "/healthz", "/livez", "/readyz", "/version"];
    let review = json!({
        "kind": "SelfSubjectRulesReview",
        "apiVersion": "authorization.k8s.io/v1",
        "metadata": {},
        "spec": {},
        "status": {
            "resourceRules": rules,
            "nonResourceRules": [{"verbs": ["get"], "nonResourceURLs": paths}],
            "incomplete": false,
        },
    });
    Reply::json(201, &review)
}

fn may(platform: &Platform, review: &Value) -> bool {
    let Some(wanted) = review.pointer("/spec/resourceAttributes") else {
        return text(review, "/spec/nonResourceAttributes/verb") == "get";
    };
    let (group, version, plural) = (text(wanted, "/group"), "v1", text(wanted, "/resource"));
    if group == super::discovery::AUTHORIZATION {
        return text(wanted, "/verb") == "create";
    }
    let Some(kind) = Kind::find(group, version, plural) else { return false };
    let Some(verb) = VERBS.into_iter().find(|verb| *verb == text(wanted, "/verb")) else {
        return false;
    };
    let some = |pointer: &str| Some(text(wanted, pointer)).filter(|text| !text.is_empty());
    let route = Route {
        kind,
        namespace: some("/namespace").filter(|_| kind.facts().namespaced),
        name: some("/name"),
        subresource: some("/subresource"),
        verb,
    };
    is_granted(platform, &route)
}

/// Whether the access rules allow it and no fault forbids it now.
fn is_granted(platform: &Platform, route: &Route<'_>) -> bool {
    let path = route.path();
    let asked = Asked {
        server: Server::Kubernetes,
        method: "GET",
        path: &path,
        operation: None,
        verb: Some(route.verb),
        elapsed: platform.elapsed(),
    };
    let forbids = |fault: &crate::sim::Fault| fault.kubernetes == Some(ClusterFault::Forbidden);
    route.is_allowed() && !platform.faults().lasting(&asked).is_some_and(forbids)
}
