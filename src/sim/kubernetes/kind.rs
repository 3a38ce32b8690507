//! The resources that the API serves: one table of what each is called and which fields select it.

use serde_json::Value;

/// A resource of the API.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Kind {
    Pod,
    Event,
    Node,
    Namespace,
    ServiceAccount,
    ResourceQuota,
    NetworkPolicy,
    ConfigMap,
    ClusterRole,
    ClusterRoleBinding,
    Role,
    RoleBinding,
    NodePool,
    NodeClaim,
    /// Kyverno's, of its own group.
    PolicyException,
    /// Kyverno's, of the policies written in CEL.
    CelException,
}

/// What a resource is called.
pub(crate) struct Facts {
    /// API group; empty for the core group.
    pub(crate) group: &'static str,
    pub(crate) version: &'static str,
    /// Kind as objects carry it.
    pub(crate) kind: &'static str,
    pub(crate) plural: &'static str,
    pub(crate) singular: &'static str,
    pub(crate) short_names: &'static [&'static str],
    pub(crate) namespaced: bool,
    /// Fields that a `fieldSelector` may name beside `metadata.name` and `metadata.namespace`.
    pub(crate) fields: &'static [&'static str],
}

impl Kind {
    /// Every resource, in the order of the API's own lists.
    pub(crate) const ALL: [Self; 16] = [
        Self::ConfigMap,
        Self::Event,
        Self::Namespace,
        Self::Node,
        Self::Pod,
        Self::ResourceQuota,
        Self::ServiceAccount,
        Self::NetworkPolicy,
        Self::ClusterRole,
        Self::ClusterRoleBinding,
        Self::Role,
        Self::RoleBinding,
        Self::NodeClaim,
        Self::NodePool,
        Self::PolicyException,
        Self::CelException,
    ];

    /// What it is called.
    pub(crate) fn facts(self) -> &'static Facts {
        match self {
            Self::Pod => &POD,
            Self::Event => &EVENT,
            Self::Node => &NODE,
            Self::Namespace => &NAMESPACE,
            Self::ServiceAccount => &SERVICE_ACCOUNT,
            Self::ResourceQuota => &RESOURCE_QUOTA,
            Self::NetworkPolicy => &NETWORK_POLICY,
            Self::ConfigMap => &CONFIG_MAP,
            Self::ClusterRole => &CLUSTER_ROLE,
            Self::ClusterRoleBinding => &CLUSTER_ROLE_BINDING,
            Self::Role => &ROLE,
            Self::RoleBinding => &ROLE_BINDING,
            Self::NodePool => &NODE_POOL,
            Self::NodeClaim => &NODE_CLAIM,
            Self::PolicyException => &POLICY_EXCEPTION,
            Self::CelException => &CEL_EXCEPTION,
        }
    }

    /// The resource of a group, version and plural name.
    pub(crate) fn find(group: &str, version: &str, plural: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| {
            let facts = kind.facts();
            facts.group == group && facts.version == version && facts.plural == plural
        })
    }

    /// The resource that an object says it is, by `apiVersion` and `kind`.
    pub(crate) fn of(object: &Value) -> Option<Self> {
        let text = |key: &str| object.get(key).and_then(Value::as_str);
        let (version, name) = (text("apiVersion")?, text("kind")?);
        let is_meant = |kind: &Self| kind.facts().kind == name && kind.api_version() == version;
        Self::ALL.into_iter().find(is_meant)
    }

    /// Whether it exists only where Karpenter is installed.
    pub(crate) fn is_karpenter(self) -> bool {
        self.facts().group == KARPENTER
    }

    /// Whether it exists only where Kyverno is installed.
    pub(crate) fn is_kyverno(self) -> bool {
        matches!(self, Self::PolicyException | Self::CelException)
    }

    /// Whether somebody brought it along, so that items of its lists repeat their kind.
    pub(crate) fn is_custom(self) -> bool {
        self.is_karpenter() || self.is_kyverno()
    }

    /// `v1`, or group and version with a slash.
    pub(crate) fn api_version(self) -> String {
        let facts = self.facts();
        match facts.group {
            "" => facts.version.to_owned(),
            group => format!("{group}/{}", facts.version),
        }
    }
}

const KARPENTER: &str = "karpenter.sh";
const RBAC: &str = "rbac.authorization.k8s.io";

const POD: Facts = Facts {
    group: "",
    version: "v1",
    kind: "Pod",
    plural: "pods",
    singular: "pod",
    short_names: &["po"],
    namespaced: true,
    fields: &[
        "spec.nodeName",
        "spec.restartPolicy",
        "spec.schedulerName",
        "spec.serviceAccountName",
        "spec.hostNetwork",
        "status.phase",
        "status.podIP",
        "status.nominatedNodeName",
    ],
};

const EVENT: Facts = Facts {
    group: "",
    version: "v1",
    kind: "Event",
    plural: "events",
    singular: "event",
    short_names: &["ev"],
    namespaced: true,
    fields: &[
        "involvedObject.kind",
        "involvedObject.namespace",
        "involvedObject.name",
        "involvedObject.uid",
        "involvedObject.apiVersion",
        "involvedObject.resourceVersion",
        "involvedObject.fieldPath",
        "reason",
        "reportingComponent",
        "source",
        "type",
    ],
};

const NODE: Facts = Facts {
    group: "",
    version: "v1",
    kind: "Node",
    plural: "nodes",
    singular: "node",
    short_names: &["no"],
    namespaced: false,
    fields: &["spec.unschedulable"],
};

const NAMESPACE: Facts = Facts {
    group: "",
    version: "v1",
    kind: "Namespace",
    plural: "namespaces",
    singular: "namespace",
    short_names: &["ns"],
    namespaced: false,
    fields: &["status.phase"],
};

const SERVICE_ACCOUNT: Facts = Facts {
    group: "",
    version: "v1",
    kind: "ServiceAccount",
    plural: "serviceaccounts",
    singular: "serviceaccount",
    short_names: &["sa"],
    namespaced: true,
    fields: &[],
};

const RESOURCE_QUOTA: Facts = Facts {
    group: "",
    version: "v1",
    kind: "ResourceQuota",
    plural: "resourcequotas",
    singular: "resourcequota",
    short_names: &["quota"],
    namespaced: true,
    fields: &[],
};

const NETWORK_POLICY: Facts = Facts {
    group: "networking.k8s.io",
    version: "v1",
    kind: "NetworkPolicy",
    plural: "networkpolicies",
    singular: "networkpolicy",
    short_names: &["netpol"],
    namespaced: true,
    fields: &[],
};

const CONFIG_MAP: Facts = Facts {
    group: "",
    version: "v1",
    kind: "ConfigMap",
    plural: "configmaps",
    singular: "configmap",
    short_names: &["cm"],
    namespaced: true,
    fields: &[],
};

const CLUSTER_ROLE: Facts = Facts {
    group: RBAC,
    version: "v1",
    kind: "ClusterRole",
    plural: "clusterroles",
    singular: "clusterrole",
    short_names: &[],
    namespaced: false,
    fields: &[],
};

const CLUSTER_ROLE_BINDING: Facts = Facts {
    group: RBAC,
    version: "v1",
    kind: "ClusterRoleBinding",
    plural: "clusterrolebindings",
    singular: "clusterrolebinding",
    short_names: &[],
    namespaced: false,
    fields: &[],
};

const ROLE: Facts = Facts {
    group: RBAC,
    version: "v1",
    kind: "Role",
    plural: "roles",
    singular: "role",
    short_names: &[],
    namespaced: true,
    fields: &[],
};

const ROLE_BINDING: Facts = Facts {
    group: RBAC,
    version: "v1",
    kind: "RoleBinding",
    plural: "rolebindings",
    singular: "rolebinding",
    short_names: &[],
    namespaced: true,
    fields: &[],
};

const NODE_POOL: Facts = Facts {
    group: KARPENTER,
    version: "v1",
    kind: "NodePool",
    plural: "nodepools",
    singular: "nodepool",
    short_names: &[],
    namespaced: false,
    fields: &[],
};

const NODE_CLAIM: Facts = Facts {
    group: KARPENTER,
    version: "v1",
    kind: "NodeClaim",
    plural: "nodeclaims",
    singular: "nodeclaim",
    short_names: &[],
    namespaced: false,
    fields: &[],
};

const POLICY_EXCEPTION: Facts = Facts {
    group: "kyverno.io",
    version: "v2",
    kind: "PolicyException",
    plural: "policyexceptions",
    singular: "policyexception",
    short_names: &["polex"],
    namespaced: true,
    fields: &[],
};

const CEL_EXCEPTION: Facts = Facts {
    group: "policies.kyverno.io",
    version: "v1",
    kind: "PolicyException",
    plural: "policyexceptions",
    singular: "policyexception",
    short_names: &[],
    namespaced: true,
    fields: &[],
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_resource_is_found_by_group_version_and_plural() {
        assert_eq!(Kind::find("", "v1", "pods"), Some(Kind::Pod));
        assert_eq!(Kind::find("karpenter.sh", "v1", "nodepools"), Some(Kind::NodePool));
    }

    #[test]
    fn a_resource_of_another_group_is_not_found() {
        assert_eq!(Kind::find("apps", "v1", "pods"), None);
    }

    #[test]
    fn the_core_group_has_no_name_in_the_version() {
        assert_eq!(Kind::Pod.api_version(), "v1");
        assert_eq!(Kind::NetworkPolicy.api_version(), "networking.k8s.io/v1");
    }
}
