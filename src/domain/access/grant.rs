//! [`Grant`]: one right of one principal on one resource, by one path.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::{Activity, Known, Level};
use crate::domain::{Text, Timestamp};

/// What a right is on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ResourceKind {
    /// The whole GitLab.
    Instance,
    /// A group of GitLab.
    Group,
    /// A project of GitLab.
    Project,
    /// A cluster.
    Cluster,
    /// A namespace of a cluster: `CLUSTER/NAMESPACE`.
    Namespace,
    /// A role of IAM.
    Role,
}

impl ResourceKind {
    /// Its word, also in JSON and filters.
    pub fn word(self) -> &'static str {
        match self {
            ResourceKind::Instance => "instance",
            ResourceKind::Group => "group",
            ResourceKind::Project => "project",
            ResourceKind::Cluster => "cluster",
            ResourceKind::Namespace => "namespace",
            ResourceKind::Role => "role",
        }
    }
}

/// What a right is on.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Resource {
    /// What it is.
    pub kind: ResourceKind,
    /// Its full path, name or ARN.
    pub path: Text,
}

impl fmt::Display for Resource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.kind.word(), self.path)
    }
}

/// A custom role of GitLab (`member_role`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CustomRole {
    /// `name`.
    pub name: Text,
    /// The abilities that it adds to its base, by name.
    #[serde(default)]
    pub abilities: Known<Vec<Text>>,
}

/// What may be done.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Right {
    /// What the platform calls it: a level, a policy, a role.
    pub name: Text,
    /// GitLab's level; of a custom role its base.
    pub level: Option<Level>,
    /// The custom role on top of the level.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub role: Option<CustomRole>,
}

impl Right {
    /// A level of GitLab.
    pub fn of_level(level: Level) -> Right {
        Right { name: Text::new(&level.to_string()), level: Some(level), role: None }
    }

    /// A right without a level: a policy of EKS, a role of Kubernetes, what a deploy token may do.
    pub fn named(name: &str) -> Right {
        Right { name: Text::new(name), level: None, role: None }
    }

    /// Whether it has all rights of this step of the ladder.
    pub fn reaches(&self, step: Level) -> bool {
        self.level.is_some_and(|level| level.reaches(step))
    }
}

/// How a right comes about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Via {
    /// Given on the resource itself, by hand.
    Direct,
    /// From a group above.
    Inherited,
    /// Through a group that the resource, or one above, is shared with.
    GroupShare,
    /// By a SAML group link.
    Saml,
    /// By SCIM.
    Scim,
    /// By a token.
    Token,
    /// By a key.
    Key,
    /// By an access entry of EKS.
    AccessEntry,
    /// By `kube-system/aws-auth`.
    AwsAuth,
    /// By a binding of RBAC.
    Binding,
    /// By a pod identity association.
    PodIdentity,
    /// By the trust of an IAM role.
    Trust,
}

impl Via {
    /// Its word, also in JSON and filters.
    pub fn word(self) -> &'static str {
        match self {
            Via::Direct => "direct",
            Via::Inherited => "inherited",
            Via::GroupShare => "group_share",
            Via::Saml => "saml",
            Via::Scim => "scim",
            Via::Token => "token",
            Via::Key => "key",
            Via::AccessEntry => "access_entry",
            Via::AwsAuth => "aws_auth",
            Via::Binding => "binding",
            Via::PodIdentity => "pod_identity",
            Via::Trust => "trust",
        }
    }
}

/// One step of a path.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Hop {
    /// How it goes on.
    pub via: Via,
    /// From where: the group above, the invited group, the SAML link.
    pub from: Option<Text>,
}

impl fmt::Display for Hop {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.from {
            None => f.write_str(self.via.word()),
            Some(from) => write!(f, "{} from {from}", self.via.word()),
        }
    }
}

/// Whether a grant counts already.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Standing {
    /// It counts.
    #[default]
    Active,
    /// An invitation that is not accepted yet.
    Invited,
    /// An access request that waits.
    Requested,
}

/// One right of one principal on one resource, by one path.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Grant {
    /// Its address, the same in every reading of the same grant: never made of its level, so that a change is a change.
    pub id: Text,
    /// The id of the principal.
    pub subject: Text,
    /// What it is on.
    pub resource: Resource,
    /// What may be done.
    pub right: Right,
    /// How it comes about, from the resource outwards.
    pub path: Vec<Hop>,
    /// Whether it counts already.
    #[serde(default)]
    pub standing: Standing,
    /// The username of who gave it.
    pub granted_by: Option<Text>,
    /// Since when (`created_at`).
    pub granted_at: Option<Timestamp>,
    /// Until when; `None` for no end.
    pub expires_at: Option<Timestamp>,
    /// When it was last used; inner `None` for never.
    #[serde(default)]
    pub last_used: Known<Option<Activity>>,
}

impl Grant {
    /// Whether it was given on the resource itself, by hand.
    pub fn is_direct(&self) -> bool {
        self.path.iter().all(|hop| hop.via == Via::Direct)
    }

    /// Whether it comes, at any step, this way.
    pub fn comes_via(&self, via: Via) -> bool {
        self.path.iter().any(|hop| hop.via == via)
    }

    /// Whether it holds now: it counts, and its end has not come.
    pub fn holds(&self, now: Timestamp) -> bool {
        self.standing == Standing::Active && self.expires_at.is_none_or(|end| now < end)
    }

    /// Its path in words: `inherited from acme`, the steps behind each other.
    pub fn path_words(&self) -> String {
        if self.path.is_empty() {
            return Via::Direct.word().to_owned();
        }
        self.path.iter().map(Hop::to_string).collect::<Vec<_>>().join(", ")
    }
}
