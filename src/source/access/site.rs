//! [`Site`]: a place that is read by itself, and [`Piece`]: what was read there.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::domain::access::{Part, Population, Resource, ResourceKind};
use crate::domain::{Text, Timestamp};

/// A place that is read by itself. Their order is that of reading: what names other places first.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Site {
    /// Which places there are below a group.
    Below(Text),
    /// The whole GitLab: accounts, personal tokens.
    Instance,
    /// A group.
    Group(Text),
    /// What EKS tells of a cluster.
    Cluster(Text),
    /// What Kubernetes tells of a cluster.
    Rbac(Text),
    /// A role of IAM.
    Role(Text),
    /// A project.
    Project(Text),
}

impl Site {
    /// The path, name or ARN; `*` for the whole GitLab.
    pub(super) fn at(&self) -> Text {
        match self {
            Site::Instance => Text::new("*"),
            Site::Below(at)
            | Site::Group(at)
            | Site::Project(at)
            | Site::Cluster(at)
            | Site::Rbac(at)
            | Site::Role(at) => at.clone(),
        }
    }

    /// The parts that are read there: what is missing where the place is.
    pub(super) fn parts(&self) -> &'static [Part] {
        match self {
            Site::Below(_) => &[Part::Groups, Part::Projects],
            Site::Instance => &[Part::Users, Part::PersonalTokens],
            Site::Group(_) => &[
                Part::Members,
                Part::Shares,
                Part::Invitations,
                Part::AccessRequests,
                Part::SamlLinks,
                Part::ScimIdentities,
                Part::AccessTokens,
                Part::ServiceAccounts,
                Part::DeployTokens,
                Part::Runners,
                Part::Variables,
                Part::Groups,
            ],
            Site::Project(_) => &[
                Part::Members,
                Part::Shares,
                Part::Invitations,
                Part::AccessRequests,
                Part::AccessTokens,
                Part::DeployTokens,
                Part::DeployKeys,
                Part::TriggerTokens,
                Part::JobTokens,
                Part::Variables,
                Part::Projects,
                Part::Branches,
                Part::Tags,
                Part::Environments,
                Part::Approvals,
                Part::Policies,
            ],
            Site::Cluster(_) => &[Part::Clusters, Part::AccessEntries, Part::PodIdentities],
            Site::Rbac(_) => &[Part::AwsAuth, Part::Bindings],
            Site::Role(_) => &[Part::Trusts],
        }
    }
}

impl Site {
    /// Whether GitLab tells of it: what it tells depends on who asks.
    pub(super) fn is_of_gitlab(&self) -> bool {
        matches!(self, Site::Below(_) | Site::Instance | Site::Group(_) | Site::Project(_))
    }

    /// Whether what is read there depends on the rights that are given at a place: that one, or a group above it.
    pub(super) fn is_touched_by(&self, place: &Resource) -> bool {
        let is_below = |at: &Text| {
            at.strip_prefix(place.path.as_str()).is_some_and(|rest| rest.starts_with('/'))
        };
        match (self, place.kind) {
            (Site::Instance, ResourceKind::Instance) => true,
            (Site::Group(at) | Site::Project(at), ResourceKind::Group) => {
                *at == place.path || is_below(at)
            }
            (Site::Project(at), ResourceKind::Project)
            | (Site::Cluster(at) | Site::Rbac(at), ResourceKind::Cluster) => *at == place.path,
            _ => false,
        }
    }
}

impl fmt::Display for Site {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Site::Below(at) => write!(f, "below group {at}"),
            Site::Instance => f.write_str("the instance"),
            Site::Group(at) => write!(f, "group {at}"),
            Site::Project(at) => write!(f, "project {at}"),
            Site::Cluster(at) => write!(f, "cluster {at}"),
            Site::Rbac(at) => write!(f, "rbac of {at}"),
            Site::Role(at) => write!(f, "role {at}"),
        }
    }
}

/// What was read of a place.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Piece {
    /// The place.
    pub(super) site: Site,
    /// When it was read.
    pub(super) taken_at: Timestamp,
    /// The groups below it, where it lists them and that was not refused.
    #[serde(default)]
    pub(super) groups: Option<Vec<Text>>,
    /// The projects below it, likewise.
    #[serde(default)]
    pub(super) projects: Option<Vec<Text>>,
    /// What was read.
    pub(super) population: Population,
}

impl Piece {
    /// What was read, which names no other places.
    pub(super) fn of(site: &Site, population: Population) -> Piece {
        let (site, taken_at) = (site.clone(), population.taken_at);
        Piece { site, taken_at, groups: None, projects: None, population }
    }
}
