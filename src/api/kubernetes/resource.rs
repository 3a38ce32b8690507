//! [`Resource`]: what is listed and watched in a cluster, where it is found, and which right it needs.

use std::sync::Arc;

use url::Url;
use url::form_urlencoded::Serializer;

use crate::domain::{Scope, SourceId, SourceKey};

/// One kind of object of a cluster, in one namespace or in all.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Resource {
    /// The pods of a tier's namespace.
    Pods(Arc<str>),
    /// What is said of them.
    Events(Arc<str>),
    /// The nodes.
    Nodes,
    /// The pods of all namespaces but these that take room on a node.
    Occupants(Arc<[Arc<str>]>),
    /// The resource quotas of a namespace.
    Quotas(Arc<str>),
    /// The network policies of a namespace.
    Policies(Arc<str>),
    /// Karpenter's `NodePools`.
    NodePools,
    /// Karpenter's `NodeClaims`.
    NodeClaims,
}

impl Resource {
    /// The feed that it belongs to.
    pub fn source(&self) -> SourceId {
        match self {
            Resource::Pods(_) => SourceId::PODS,
            Resource::Events(_) => SourceId::EVENTS,
            Resource::Nodes => SourceId::NODES,
            Resource::Occupants(_) => SourceId::OCCUPANTS,
            Resource::Quotas(_) => SourceId::QUOTAS,
            Resource::Policies(_) => SourceId::POLICIES,
            Resource::NodePools | Resource::NodeClaims => SourceId::NODEPOOLS,
        }
    }

    /// The feed and scope under which its health is kept.
    pub fn key(&self, cluster: &str) -> SourceKey {
        let scope = Scope::kubernetes(cluster, self.namespace(), self.plural());
        SourceKey { source: self.source(), scope }
    }

    /// Its name in the API, which is also its name in a role.
    pub fn plural(&self) -> &'static str {
        match self {
            Resource::Pods(_) | Resource::Occupants(_) => "pods",
            Resource::Events(_) => "events",
            Resource::Nodes => "nodes",
            Resource::Quotas(_) => "resourcequotas",
            Resource::Policies(_) => "networkpolicies",
            Resource::NodePools => "nodepools",
            Resource::NodeClaims => "nodeclaims",
        }
    }

    /// Its namespace, where it has one.
    pub fn namespace(&self) -> Option<&str> {
        match self {
            Resource::Pods(one)
            | Resource::Events(one)
            | Resource::Quotas(one)
            | Resource::Policies(one) => Some(one),
            Resource::Nodes
            | Resource::Occupants(_)
            | Resource::NodePools
            | Resource::NodeClaims => None,
        }
    }

    /// Whether a cluster may well do without it: a custom resource that nobody has installed.
    pub fn may_be_absent(&self) -> bool {
        matches!(self, Resource::NodePools | Resource::NodeClaims)
    }

    /// What is being read, for people: `the pods of ci-standard`.
    pub fn words(&self) -> String {
        let what = match self {
            Resource::Pods(_) => "pods",
            Resource::Events(_) => "events",
            Resource::Nodes => "nodes",
            Resource::Occupants(_) => "pods outside the tiers",
            Resource::Quotas(_) => "resource quotas",
            Resource::Policies(_) => "network policies",
            Resource::NodePools => "Karpenter's node pools",
            Resource::NodeClaims => "Karpenter's node claims",
        };
        match self.namespace() {
            Some(namespace) => format!("the {what} of {namespace}"),
            None => format!("the {what}"),
        }
    }

    /// The right that is missing after a refusal.
    pub(super) fn missing_right(&self) -> &'static str {
        match self {
            Resource::Pods(_) => {
                "a Role in the tier's namespace must allow list and watch on pods to this user"
            }
            Resource::Events(_) => {
                "a Role in the tier's namespace must allow list and watch on events to this user"
            }
            Resource::Nodes => "a ClusterRole must allow list and watch on nodes to this user",
            Resource::Occupants(_) => {
                "a ClusterRole must allow list and watch on pods in all namespaces to this user; \
                 without it, the room that other pods take on a node is unknown"
            }
            Resource::Quotas(_) => {
                "a Role in the tier's namespace must allow list and watch on resourcequotas to this user"
            }
            Resource::Policies(_) => {
                "a Role in the tier's namespace must allow list and watch on networkpolicies \
                 (networking.k8s.io) to this user"
            }
            Resource::NodePools => {
                "a ClusterRole must allow list and watch on nodepools (karpenter.sh) to this user"
            }
            Resource::NodeClaims => {
                "a ClusterRole must allow list and watch on nodeclaims (karpenter.sh) to this user"
            }
        }
    }

    /// The address of one page of a list.
    pub(super) fn list_path(&self, limit: u32, next: Option<&str>) -> String {
        let mut query = self.query();
        query.append_pair("limit", &limit.to_string());
        if let Some(next) = next {
            query.append_pair("continue", next);
        }
        format!("{}?{}", self.path(), query.finish())
    }

    /// The address of a watch from a resource version on, which the server ends after so many seconds.
    pub(super) fn watch_path(&self, version: &str, seconds: u64) -> String {
        let mut query = self.query();
        query.append_pair("watch", "true");
        query.append_pair("resourceVersion", version);
        query.append_pair("allowWatchBookmarks", "true");
        query.append_pair("timeoutSeconds", &seconds.to_string());
        format!("{}?{}", self.path(), query.finish())
    }

    fn query(&self) -> Serializer<'static, String> {
        let mut query = Serializer::new(String::new());
        match self {
            Resource::Events(_) => {
                query.append_pair("fieldSelector", "involvedObject.kind=Pod");
            }
            Resource::Occupants(outside) => {
                query.append_pair("fieldSelector", &occupying(outside));
            }
            _ => {}
        }
        query
    }

    fn path(&self) -> String {
        let core = ["api", "v1"];
        match self {
            Resource::Pods(_) | Resource::Events(_) | Resource::Quotas(_) => {
                path(&core, self.namespace(), &[self.plural()])
            }
            Resource::Nodes | Resource::Occupants(_) => path(&core, None, &[self.plural()]),
            Resource::Policies(_) => {
                path(&["apis", "networking.k8s.io", "v1"], self.namespace(), &[self.plural()])
            }
            Resource::NodePools | Resource::NodeClaims => {
                path(&["apis", "karpenter.sh", "v1"], None, &[self.plural()])
            }
        }
    }
}

/// The selector of the pods outside these namespaces that take room on a node.
fn occupying(outside: &[Arc<str>]) -> String {
    let mut terms: Vec<String> =
        outside.iter().map(|namespace| format!("metadata.namespace!={namespace}")).collect();
    terms.extend(
        ["spec.nodeName!=", "status.phase!=Succeeded", "status.phase!=Failed"].map(String::from),
    );
    terms.join(",")
}

/// A path of the API, each part escaped.
pub(super) fn path(group: &[&str], namespace: Option<&str>, rest: &[&str]) -> String {
    let Ok(mut url) = Url::parse("http://kubernetes/") else { return String::new() };
    if let Ok(mut parts) = url.path_segments_mut() {
        parts.pop_if_empty().extend(group);
        if let Some(namespace) = namespace {
            parts.extend(["namespaces", namespace]);
        }
        parts.extend(rest);
    }
    url.path().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_is_asked_for_with_its_limit_and_the_way_on() {
        let pods = Resource::Pods("ci-standard".into());
        assert_eq!(pods.list_path(500, None), "/api/v1/namespaces/ci-standard/pods?limit=500");
        assert_eq!(
            Resource::Nodes.list_path(500, Some("a b")),
            "/api/v1/nodes?limit=500&continue=a+b"
        );
    }

    #[test]
    fn a_watch_asks_for_bookmarks() {
        assert_eq!(
            Resource::NodePools.watch_path("17", 300),
            "/apis/karpenter.sh/v1/nodepools?watch=true&resourceVersion=17&allowWatchBookmarks=true&timeoutSeconds=300"
        );
    }

    #[test]
    fn occupants_are_the_placed_pods_of_other_namespaces() {
        let outside = Resource::Occupants(["a".into(), "b".into()].into());
        assert_eq!(
            outside.list_path(1, None),
            "/api/v1/pods?fieldSelector=metadata.namespace%21%3Da%2Cmetadata.namespace%21%3Db%2C\
             spec.nodeName%21%3D%2Cstatus.phase%21%3DSucceeded%2Cstatus.phase%21%3DFailed&limit=1"
        );
    }

    #[test]
    fn a_namespace_cannot_lead_to_another_path() {
        let path = Resource::Pods("../../secrets".into()).list_path(1, None);
        assert_eq!(path, "/api/v1/namespaces/..%2F..%2Fsecrets/pods?limit=1");
    }

    #[test]
    fn health_is_kept_by_cluster_namespace_and_kind() {
        let scope = |resource: Resource| resource.key("ci").scope.to_string();
        assert_eq!(scope(Resource::Pods("ci-a".into())), "kubernetes:ci/ci-a/pods");
        assert_eq!(scope(Resource::Occupants([].into())), "kubernetes:ci/pods");
        assert_eq!(scope(Resource::NodeClaims), "kubernetes:ci/nodeclaims");
    }
}
