//! What the server says about itself: version, groups and resources.

use serde_json::{Value, json};

use super::kind::Kind;
use super::store::Store;

/// `/version`.
pub(super) fn version() -> Value {
    json!({
        "major": "1",
        "minor": "36",
        "emulationMajor": "1",
        "emulationMinor": "36",
        "minCompatibilityMajor": "1",
        "minCompatibilityMinor": "35",
        "gitVersion": "v1.36.2-eks-5a1b2c3",
        "gitCommit": "8e16b12fda5b1dccc41a6de48b3e356cc7d5048b",
        "gitTreeState": "clean",
        "buildDate": "2026-06-17T21:04:06Z",
        "goVersion": "go1.26.4",
        "compiler": "gc",
        "platform": "linux/amd64",
    })
}

/// `/api`; `base` is the address of the server.
pub(super) fn core(base: &str) -> Value {
    let address = base.trim_start_matches("http://");
    json!({
        "kind": "APIVersions",
        "versions": ["v1"],
        "serverAddressByClientCIDRs": [{"clientCIDR": "0.0.0.0/0", "serverAddress": address}],
    })
}

/// The names of the groups that are served.
pub(super) fn groups(store: &Store) -> Vec<&'static str> {
    let mut names = vec![AUTHORIZATION, "networking.k8s.io", "rbac.authorization.k8s.io"];
    if store.karpenter {
        names.push("karpenter.sh");
    }
    if store.kyverno {
        names.extend(["kyverno.io", "policies.kyverno.io"]);
    }
    names
}

/// `/apis`.
pub(super) fn list(groups: &[&str]) -> Value {
    let groups: Vec<Value> = groups.iter().map(|name| described(name)).collect();
    json!({"kind": "APIGroupList", "apiVersion": "v1", "groups": groups})
}

/// `/apis/GROUP`.
pub(super) fn group(name: &str, groups: &[&str]) -> Option<Value> {
    let mut group = groups.iter().find(|known| **known == name).map(|name| described(name))?;
    let members = group.as_object_mut()?;
    members.insert("kind".to_owned(), "APIGroup".into());
    members.insert("apiVersion".to_owned(), "v1".into());
    Some(group)
}

/// `/api/v1` or `/apis/GROUP/VERSION`; empty `group` is the core group.
pub(super) fn resources(group: &str, version: &str, groups: &[&str]) -> Option<Value> {
    let is_known = version == version_of(group) && (group.is_empty() || groups.contains(&group));
    if !is_known {
        return None;
    }
    let mut resources: Vec<Value> =
        Kind::ALL.into_iter().filter(|kind| kind.facts().group == group).map(resource).collect();
    if group.is_empty() {
        resources.push(subresource("pods/log", "Pod", &["get"]));
    }
    if group == AUTHORIZATION {
        resources.push(review("selfsubjectaccessreviews", "SelfSubjectAccessReview"));
        resources.push(review("selfsubjectrulesreviews", "SelfSubjectRulesReview"));
    }
    let name = if group.is_empty() { version.to_owned() } else { format!("{group}/{version}") };
    let mut list = json!({"kind": "APIResourceList", "groupVersion": name, "resources": resources});
    if let (false, Some(members)) = (group.is_empty(), list.as_object_mut()) {
        members.insert("apiVersion".to_owned(), "v1".into());
    }
    Some(list)
}

/// The group of access reviews.
pub(super) const AUTHORIZATION: &str = "authorization.k8s.io";

/// The one version of a group that is served.
fn version_of(group: &str) -> &'static str {
    if group == "kyverno.io" { "v2" } else { "v1" }
}

fn described(name: &str) -> Value {
    let number = version_of(name);
    let version = json!({"groupVersion": format!("{name}/{number}"), "version": number});
    json!({"name": name, "versions": [version], "preferredVersion": version})
}

fn resource(kind: Kind) -> Value {
    let facts = kind.facts();
    let mut resource = json!({
        "name": facts.plural,
        "singularName": facts.singular,
        "namespaced": facts.namespaced,
        "kind": facts.kind,
        "verbs": ["get", "list", "watch"],
    });
    if let (false, Some(members)) = (facts.short_names.is_empty(), resource.as_object_mut()) {
        members.insert("shortNames".to_owned(), json!(facts.short_names));
    }
    resource
}

fn subresource(name: &str, kind: &str, verbs: &[&str]) -> Value {
    json!({"name": name, "singularName": "", "namespaced": true, "kind": kind, "verbs": verbs})
}

fn review(name: &str, kind: &str) -> Value {
    let singular = kind.to_lowercase();
    json!({
        "name": name,
        "singularName": singular,
        "namespaced": false,
        "kind": kind,
        "verbs": ["create"],
    })
}
