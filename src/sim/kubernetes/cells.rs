//! The cells of every kind but pods.

use serde_json::{Value, json};

use super::age;
use super::kind::Kind;
use crate::sim::clock::Millis;

/// The cells of an object, in the order of its kind's columns.
pub(super) fn cells(kind: Kind, object: &Value, now: Millis) -> Vec<Value> {
    let name = json!(text(object, "/metadata/name"));
    let age = json!(age::since(object.pointer("/metadata/creationTimestamp"), now));
    match kind {
        Kind::Event => event(object, now),
        Kind::Node => node(object, name, age),
        Kind::Pod | Kind::Namespace => vec![name, json!(text(object, "/status/phase")), age],
        Kind::ServiceAccount => vec![name, json!(list(object, "/secrets").len()), age],
        Kind::ResourceQuota => {
            vec![
                name,
                json!(quota(object, |resource| !is_limit(resource))),
                json!(quota(object, is_limit)),
                age,
            ]
        }
        Kind::NetworkPolicy => vec![name, json!(selector(object)), age],
        Kind::PolicyException | Kind::CelException => vec![name, age],
        Kind::ConfigMap => {
            let data = object.pointer("/data").and_then(Value::as_object);
            vec![name, json!(data.map_or(0, serde_json::Map::len)), age]
        }
        Kind::ClusterRole | Kind::Role => {
            vec![name, json!(text(object, "/metadata/creationTimestamp"))]
        }
        Kind::ClusterRoleBinding | Kind::RoleBinding => binding(object, name, age),
        Kind::NodePool => vec![
            name,
            json!(text(object, "/spec/template/spec/nodeClassRef/name")),
            json!(text(object, "/status/resources/nodes")),
            json!(ready(object)),
            age,
            object.pointer("/spec/weight").cloned().unwrap_or_default(),
            json!(text(object, "/status/resources/cpu")),
            json!(text(object, "/status/resources/memory")),
        ],
        Kind::NodeClaim => vec![
            name,
            json!(label(object, "node.kubernetes.io/instance-type")),
            json!(label(object, "karpenter.sh/capacity-type")),
            json!(label(object, "topology.kubernetes.io/zone")),
            json!(text(object, "/status/nodeName")),
            json!(ready(object)),
            age,
            json!(text(object, "/status/providerID")),
            json!(label(object, "karpenter.sh/nodepool")),
            json!(text(object, "/spec/nodeClassRef/name")),
        ],
    }
}

fn binding(object: &Value, name: Value, age: Value) -> Vec<Value> {
    let subjects = |kind: &str| {
        let all = list(object, "/subjects").iter().filter(|one| text(one, "/kind") == kind);
        let names: Vec<&str> = all.map(|one| text(one, "/name")).collect();
        json!(names.join(", "))
    };
    let role = format!("{}/{}", text(object, "/roleRef/kind"), text(object, "/roleRef/name"));
    let users = subjects("User");
    vec![name, json!(role), age, users, subjects("Group"), subjects("ServiceAccount")]
}

/// The text at a pointer; empty when there is none.
pub(super) fn text<'a>(value: &'a Value, pointer: &str) -> &'a str {
    value.pointer(pointer).and_then(Value::as_str).unwrap_or_default()
}

/// The list at a pointer; empty when there is none.
pub(super) fn list<'a>(value: &'a Value, pointer: &str) -> &'a [Value] {
    value.pointer(pointer).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

/// `<none>` for an empty text.
pub(super) fn or_none(text: &str) -> &str {
    if text.is_empty() { "<none>" } else { text }
}

fn event(event: &Value, now: Millis) -> Vec<Value> {
    let instant = |pointer: &str| event.pointer(pointer).filter(|value| value.is_string());
    let first = instant("/firstTimestamp").or_else(|| instant("/eventTime"));
    let last = instant("/series/lastObservedTime").or_else(|| instant("/lastTimestamp")).or(first);
    let count = ["/series/count", "/count"]
        .iter()
        .filter_map(|pointer| event.pointer(pointer).and_then(Value::as_i64))
        .find(|count| *count > 0)
        .unwrap_or(1);
    let target = text(event, "/involvedObject/kind").to_lowercase();
    let target = match text(event, "/involvedObject/name") {
        "" => target,
        name => format!("{target}/{name}"),
    };
    let component = match text(event, "/source/component") {
        "" => text(event, "/reportingComponent"),
        component => component,
    };
    let host = match text(event, "/source/host") {
        "" if text(event, "/source/component").is_empty() => text(event, "/reportingInstance"),
        host => host,
    };
    let source = [component, host].into_iter().filter(|part| !part.is_empty());
    vec![
        json!(age::since(last, now)),
        json!(text(event, "/type")),
        json!(text(event, "/reason")),
        json!(target),
        json!(text(event, "/involvedObject/fieldPath")),
        json!(source.collect::<Vec<_>>().join(", ")),
        json!(text(event, "/message").trim()),
        json!(age::since(first, now)),
        json!(count),
        json!(text(event, "/metadata/name")),
    ]
}

fn node(node: &Value, name: Value, age: Value) -> Vec<Value> {
    let known = |pointer: &str| match text(node, pointer) {
        "" => "<unknown>".to_owned(),
        text => text.to_owned(),
    };
    let address = |kind: &str| {
        let found = list(node, "/status/addresses").iter().find(|one| text(one, "/type") == kind);
        or_none(found.map_or("", |one| text(one, "/address"))).to_owned()
    };
    let state = match ready(node) {
        "True" => "Ready",
        "" => "Unknown",
        _ => "NotReady",
    };
    let cordon = match node.pointer("/spec/unschedulable") {
        Some(Value::Bool(true)) => ",SchedulingDisabled",
        _ => "",
    };
    vec![
        name,
        json!(format!("{state}{cordon}")),
        json!(roles(node)),
        age,
        json!(text(node, "/status/nodeInfo/kubeletVersion")),
        json!(address("InternalIP")),
        json!(address("ExternalIP")),
        json!(known("/status/nodeInfo/osImage")),
        json!(known("/status/nodeInfo/kernelVersion")),
        json!(known("/status/nodeInfo/containerRuntimeVersion")),
    ]
}

fn roles(node: &Value) -> String {
    let labels = node.pointer("/metadata/labels").and_then(Value::as_object);
    let roles: Vec<&str> = labels
        .into_iter()
        .flat_map(|labels| labels.keys())
        .filter_map(|key| key.strip_prefix("node-role.kubernetes.io/"))
        .filter(|role| !role.is_empty())
        .collect();
    or_none(&roles.join(",")).to_owned()
}

fn ready(object: &Value) -> &str {
    let conditions = list(object, "/status/conditions");
    conditions
        .iter()
        .find(|one| text(one, "/type") == "Ready")
        .map_or("", |one| text(one, "/status"))
}

fn label(object: &Value, key: &str) -> String {
    let labels = object.pointer("/metadata/labels");
    labels.and_then(|labels| labels.get(key)).and_then(Value::as_str).unwrap_or_default().to_owned()
}

fn is_limit(resource: &str) -> bool {
    resource.starts_with("limits.")
}

fn quota(quota: &Value, is_meant: fn(&str) -> bool) -> String {
    let hard = quota.pointer("/status/hard").and_then(Value::as_object);
    let parts: Vec<String> = hard
        .into_iter()
        .flatten()
        .filter(|(resource, _)| is_meant(resource))
        .map(|(resource, hard)| {
            let used = quota.pointer("/status/used").and_then(|used| used.get(resource));
            let used = used.and_then(Value::as_str).unwrap_or("0");
            format!("{resource}: {used}/{}", hard.as_str().unwrap_or_default())
        })
        .collect();
    parts.join(", ")
}

fn selector(policy: &Value) -> String {
    let labels = policy.pointer("/spec/podSelector/matchLabels").and_then(Value::as_object);
    let parts: Vec<String> = labels
        .into_iter()
        .flatten()
        .map(|(key, value)| format!("{key}={}", value.as_str().unwrap_or_default()))
        .collect();
    or_none(&parts.join(",")).to_owned()
}
