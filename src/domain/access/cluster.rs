//! [`Cluster`]: who may do what in an EKS cluster: access entries, policies, `aws-auth`, bindings, pod identities.

use serde::{Deserialize, Serialize};

use super::Known;
use crate::domain::{Text, Timestamp};

/// How a cluster knows who comes (`accessConfig.authenticationMode`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum AuthMode {
    /// By access entries alone.
    Api,
    /// By access entries, and by `aws-auth`.
    ApiAndConfigMap,
    /// By `aws-auth` alone.
    ConfigMap,
}

/// How far an access policy reaches (`accessScope`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PolicyScope {
    /// The whole cluster.
    Cluster,
    /// These namespaces.
    Namespaces(Vec<Text>),
}

/// An access policy of an entry.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccessPolicy {
    /// `policyArn`.
    pub arn: Text,
    /// `accessScope`.
    pub scope: PolicyScope,
    /// `associatedAt`.
    pub associated_at: Option<Timestamp>,
}

impl AccessPolicy {
    /// Whether it lets its principal do everything in the whole cluster.
    pub fn is_cluster_admin(&self) -> bool {
        self.scope == PolicyScope::Cluster && self.arn.ends_with("/AmazonEKSClusterAdminPolicy")
    }
}

/// An access entry.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccessEntry {
    /// `principalArn`.
    pub principal_arn: Text,
    /// `type`: `STANDARD`, `EC2_LINUX`, ….
    pub kind: Text,
    /// `username`.
    pub username: Option<Text>,
    /// `kubernetesGroups`.
    #[serde(default)]
    pub groups: Vec<Text>,
    /// Its policies.
    #[serde(default)]
    pub policies: Known<Vec<AccessPolicy>>,
    /// `createdAt`.
    pub created_at: Option<Timestamp>,
    /// Whether people stand behind it; see [`is_person_arn`].
    #[serde(default)]
    pub human: Known<bool>,
}

/// An identity in `aws-auth`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mapping {
    /// `rolearn` or `userarn`.
    pub arn: Text,
    /// `username`.
    pub username: Option<Text>,
    /// `groups`.
    #[serde(default)]
    pub groups: Vec<Text>,
}

/// What a subject is bound to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Binding {
    /// The binding's name.
    pub name: Text,
    /// The namespace; `None` for the whole cluster.
    pub namespace: Option<Text>,
    /// `roleRef.name`.
    pub role: Text,
    /// Names of its groups (`subjects` of kind `Group`).
    #[serde(default)]
    pub groups: Vec<Text>,
    /// Names of its users.
    #[serde(default)]
    pub users: Vec<Text>,
}

impl Binding {
    /// Whether it lets its subjects do everything in the whole cluster.
    pub fn is_cluster_admin(&self) -> bool {
        self.namespace.is_none() && &*self.role == "cluster-admin"
    }
}

/// A pod identity association.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PodIdentity {
    /// `namespace`.
    pub namespace: Text,
    /// `serviceAccount`.
    pub service_account: Text,
    /// `roleArn`.
    pub role_arn: Text,
}

/// A cluster, as far as rights go.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cluster {
    /// Its name in the configuration.
    pub name: Text,
    /// `accessConfig.authenticationMode`.
    #[serde(default)]
    pub mode: Known<AuthMode>,
    /// `accessConfig.bootstrapClusterCreatorAdminPermissions`.
    #[serde(default)]
    pub creator_is_admin: Known<bool>,
    /// Its access entries.
    #[serde(default)]
    pub entries: Known<Vec<AccessEntry>>,
    /// Who is in `kube-system/aws-auth`; empty where there is none.
    #[serde(default)]
    pub aws_auth: Known<Vec<Mapping>>,
    /// Its bindings of roles.
    #[serde(default)]
    pub bindings: Known<Vec<Binding>>,
    /// Its pod identity associations.
    #[serde(default)]
    pub pod_identities: Known<Vec<PodIdentity>>,
}

impl Cluster {
    /// A cluster of which nothing was read.
    pub fn new(name: &str) -> Cluster {
        Cluster {
            name: Text::new(name),
            mode: Known::default(),
            creator_is_admin: Known::default(),
            entries: Known::default(),
            aws_auth: Known::default(),
            bindings: Known::default(),
            pod_identities: Known::default(),
        }
    }
}

/// Whether people stand behind an IAM principal, by its ARN and the entry's type alone: users and the roles of Identity Center
/// are people's, entries of nodes are not; of any other role only its trust tells.
pub fn is_person_arn(arn: &str, kind: &str) -> Known<bool> {
    if kind != "STANDARD" {
        return Known::Is(false);
    }
    let resource = arn.splitn(6, ':').nth(5).unwrap_or_default();
    if resource.starts_with("user/") || resource == "root" {
        return Known::Is(true);
    }
    if resource.contains("/aws-reserved/sso.amazonaws.com/") || resource.contains("AWSReservedSSO_")
    {
        return Known::Is(true);
    }
    Known::Unread(Text::new("who may assume this role was not read"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn users_and_roles_of_identity_center_are_people_and_nodes_are_not() {
        let of = |arn: &str, kind: &str| is_person_arn(arn, kind).fact().copied();
        assert_eq!(of("arn:aws:iam::1:user/asha", "STANDARD"), Some(true));
        let reserved = "arn:aws:iam::1:role/aws-reserved/sso.amazonaws.com/AWSReservedSSO_Admin_1";
        assert_eq!(of(reserved, "STANDARD"), Some(true));
        assert_eq!(of("arn:aws:iam::1:role/node", "EC2_LINUX"), Some(false));
        assert_eq!(of("arn:aws:iam::1:role/deploy", "STANDARD"), None);
    }

    #[test]
    fn a_policy_of_a_namespace_is_not_the_clusters() {
        let arn = "arn:aws:eks::aws:cluster-access-policy/AmazonEKSClusterAdminPolicy";
        let policy = |scope| AccessPolicy { arn: Text::new(arn), scope, associated_at: None };
        assert!(policy(PolicyScope::Cluster).is_cluster_admin());
        assert!(!policy(PolicyScope::Namespaces(vec![Text::new("ci")])).is_cluster_admin());
    }
}
