//! Newtype ids, and [`EntityId`]: the address of anything that a row, a link, a command or a record is about.

mod hashed;

use std::fmt;
use std::sync::Arc;

pub use hashed::{
    AccessFindingId, AlertId, ClusterPodId, DriftId, EventId, ExceptionId, GrantId, NodeClaimId,
    NodeGroupId, NodeId, PodId, PolicyId, PrincipalId, QuotaId, RequestId, ResourceId,
    ReviewItemId, SightingId, SilenceId, SloId,
};

use super::Text;

macro_rules! numeric_id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(pub u64);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}", self.0)
            }
        }
    };
}

numeric_id! {
    /// A GitLab project's id, unique in one GitLab.
    ProjectId
}
numeric_id! {
    /// A GitLab pipeline's global id (not its `iid`), unique in one GitLab.
    PipelineId
}
numeric_id! {
    /// A GitLab job's id, unique in one GitLab; every retry makes a new one.
    JobId
}
numeric_id! {
    /// A GitLab runner's id, unique in one GitLab.
    RunnerId
}

numeric_id! {
    /// The place of an act's first record in the ledger.
    DeedId
}

/// The name of one feed, e.g. `queue`: a fixed word of ours, never text from outside.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SourceId(pub &'static str);

impl SourceId {
    /// Projects of the watched groups, and which of them have work.
    pub const PROJECTS: SourceId = SourceId("projects");
    /// Pipelines and jobs that have not ended, and those that ended in the last hour.
    pub const QUEUE: SourceId = SourceId("queue");
    /// Runners of the watched groups and their managers.
    pub const RUNNERS: SourceId = SourceId("runners");
    /// The token that we use: its validity, scopes and expiry.
    pub const TOKEN: SourceId = SourceId("token");

    /// Runner pods of the tiers' namespaces.
    pub const PODS: SourceId = SourceId("pods");
    /// What was said of them.
    pub const EVENTS: SourceId = SourceId("events");
    /// Pods outside the tiers' namespaces, for the room they take on the nodes.
    pub const OCCUPANTS: SourceId = SourceId("occupants");
    /// Nodes of the clusters.
    pub const NODES: SourceId = SourceId("nodes");
    /// Resource quotas of the tiers' namespaces.
    pub const QUOTAS: SourceId = SourceId("quotas");
    /// Network policies of the tiers' namespaces.
    pub const POLICIES: SourceId = SourceId("policies");
    /// EKS node groups.
    pub const NODEGROUPS: SourceId = SourceId("nodegroups");
    /// Karpenter's `NodePools` and `NodeClaims`.
    pub const NODEPOOLS: SourceId = SourceId("nodepools");

    /// Objectives and what was measured of them.
    pub const SLOS: SourceId = SourceId("slos");
    /// Alerts of Alertmanager.
    pub const ALERTS: SourceId = SourceId("alerts");
    /// Silences of Alertmanager.
    pub const SILENCES: SourceId = SourceId("silences");

    /// Records of the exceptions' register.
    pub const EXCEPTIONS: SourceId = SourceId("exceptions");
    /// Open merge requests that touch it.
    pub const REQUESTS: SourceId = SourceId("requests");
    /// Exceptions as other tools keep them.
    pub const NATIVES: SourceId = SourceId("natives");

    /// Rights on the platforms: who has them, by which path, and what guards the rest.
    pub const ACCESS: SourceId = SourceId("access");

    /// The ledger of acts, a file of ours. Nothing of it is kept in the cache.
    pub const LEDGER: SourceId = SourceId("ledger");

    /// Every feed of a platform that this build knows, in the order in which screens list them.
    pub const ALL: [SourceId; 19] = [
        SourceId::PROJECTS,
        SourceId::QUEUE,
        SourceId::RUNNERS,
        SourceId::TOKEN,
        SourceId::PODS,
        SourceId::EVENTS,
        SourceId::OCCUPANTS,
        SourceId::NODES,
        SourceId::QUOTAS,
        SourceId::POLICIES,
        SourceId::NODEGROUPS,
        SourceId::NODEPOOLS,
        SourceId::SLOS,
        SourceId::ALERTS,
        SourceId::SILENCES,
        SourceId::EXCEPTIONS,
        SourceId::REQUESTS,
        SourceId::NATIVES,
        SourceId::ACCESS,
    ];

    /// The feeds that GitLab alone brings.
    pub const GITLAB: [SourceId; 4] =
        [SourceId::PROJECTS, SourceId::QUEUE, SourceId::RUNNERS, SourceId::TOKEN];

    /// Whether the platform tells its changes as they happen, so that its silence means that nothing changed.
    pub fn is_watched(self) -> bool {
        const WATCHED: [SourceId; 7] = [
            SourceId::PODS,
            SourceId::EVENTS,
            SourceId::OCCUPANTS,
            SourceId::NODES,
            SourceId::QUOTAS,
            SourceId::POLICIES,
            SourceId::NODEPOOLS,
        ];
        WATCHED.contains(&self)
    }

    /// The feed with this name; unknown names (a newer cache, say) give none.
    pub fn find(name: &str) -> Option<SourceId> {
        SourceId::ALL.into_iter().find(|source| source.0 == name)
    }
}

impl fmt::Display for SourceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

/// What part of a platform a feed covers, e.g. `gitlab:acme`: the platform, a colon, a group or project path.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Scope(pub Arc<str>);

impl Scope {
    /// Makes the scope of one watched GitLab group or project.
    pub fn gitlab(path: &str) -> Scope {
        Scope(format!("gitlab:{}", Text::new(path)).into())
    }

    /// Makes the scope of one kind of object of a cluster, in one namespace or in none:
    /// `kubernetes:ci/ci-standard/pods`, `kubernetes:ci/nodes`.
    pub fn kubernetes(cluster: &str, namespace: Option<&str>, kind: &str) -> Scope {
        let place = namespace.map_or_else(String::new, |namespace| format!("{namespace}/"));
        Scope(format!("kubernetes:{}", Text::new(&format!("{cluster}/{place}{kind}"))).into())
    }

    /// Makes the scope of a ledger of ours: `ledger:audit`.
    pub fn ledger(name: &str) -> Scope {
        Scope(format!("ledger:{}", Text::new(name)).into())
    }

    /// Makes the scope of the node groups of a cluster in AWS: `eks:ci/nodegroups`.
    pub fn eks(cluster: &str) -> Scope {
        Scope(format!("eks:{}/nodegroups", Text::new(cluster)).into())
    }

    /// Makes the scope of one server: `prometheus:prometheus.example.com`, with its port where that is not the usual one.
    pub fn server(platform: &str, authority: &str) -> Scope {
        Scope(format!("{platform}:{}", Text::new(authority)).into())
    }

    /// The cluster's name, of a scope that is part of one.
    pub fn cluster(&self) -> Option<&str> {
        match self.0.split_once(':')? {
            ("kubernetes" | "eks", place) => place.split_once('/').map(|(cluster, _)| cluster),
            _ => None,
        }
    }

    /// Whether it is part of `place`: a cluster, or a namespace of one (`ci/ci-standard`).
    pub fn is_within(&self, place: &str) -> bool {
        let mine = self.0.split_once(':').map_or("", |(_, mine)| mine);
        mine.strip_prefix(place).is_some_and(|rest| rest.starts_with('/'))
    }

    /// The platform's name: what stands before the first colon.
    pub fn platform(&self) -> &str {
        self.0.split_once(':').map_or(&*self.0, |(platform, _)| platform)
    }
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// One feed over one scope: the unit in which health is kept.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SourceKey {
    /// The feed.
    pub source: SourceId,
    /// The part of the platform it covers.
    pub scope: Scope,
}

impl fmt::Display for SourceKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.source, self.scope)
    }
}

/// The address of anything on screen.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum EntityId {
    /// A GitLab project.
    Project(ProjectId),
    /// A GitLab pipeline.
    Pipeline(PipelineId),
    /// A CI job.
    Job(JobId),
    /// A GitLab runner.
    Runner(RunnerId),
    /// A runner pod.
    Pod(PodId),
    /// A pod that only takes room on its node.
    Occupant(ClusterPodId),
    /// What was said of a pod.
    Event(EventId),
    /// A node.
    Node(NodeId),
    /// A node group.
    NodeGroup(NodeGroupId),
    /// A node that Karpenter makes.
    NodeClaim(NodeClaimId),
    /// A resource quota.
    Quota(QuotaId),
    /// A network policy.
    Policy(PolicyId),
    /// An objective over one label set.
    Slo(SloId),
    /// An alert.
    Alert(AlertId),
    /// A silence.
    Silence(SilenceId),
    /// A time-bound exception of the register.
    Exception(ExceptionId),
    /// A merge request that touches the register.
    Request(RequestId),
    /// A place of a tool that was looked at for exceptions.
    Sighting(SightingId),
    /// A difference between the register and a tool.
    Drift(DriftId),
    /// Whoever or whatever has rights.
    Principal(PrincipalId),
    /// What rights are on.
    Resource(ResourceId),
    /// One right of one principal on one resource by one path.
    Grant(GrantId),
    /// What a rule of access found.
    AccessFinding(AccessFindingId),
    /// What a campaign of an access review decides about.
    ReviewItem(ReviewItemId),
    /// A runner tier of the configuration, by its place there.
    Tier(super::TierIndex),
    /// A feed over a scope. Shared, so that an address stays two words.
    Source(Arc<SourceKey>),
    /// Something that deserves attention. Shared, for the same reason.
    Finding(Arc<super::FindingId>),
    /// An act of the ledger.
    Deed(DeedId),
}

impl fmt::Display for EntityId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            EntityId::Project(id) => write!(f, "project {id}"),
            EntityId::Pipeline(id) => write!(f, "pipeline {id}"),
            EntityId::Job(id) => write!(f, "job {id}"),
            EntityId::Runner(id) => write!(f, "runner {id}"),
            EntityId::Pod(id) => write!(f, "pod {id}"),
            EntityId::Occupant(id) => write!(f, "occupant {id}"),
            EntityId::Event(id) => write!(f, "event {id}"),
            EntityId::Node(id) => write!(f, "node {id}"),
            EntityId::NodeGroup(id) => write!(f, "node group {id}"),
            EntityId::NodeClaim(id) => write!(f, "node claim {id}"),
            EntityId::Quota(id) => write!(f, "quota {id}"),
            EntityId::Policy(id) => write!(f, "policy {id}"),
            EntityId::Slo(id) => write!(f, "objective {id}"),
            EntityId::Alert(id) => write!(f, "alert {id}"),
            EntityId::Silence(id) => write!(f, "silence {id}"),
            EntityId::Exception(id) => write!(f, "exception {id}"),
            EntityId::Request(id) => write!(f, "request {id}"),
            EntityId::Sighting(id) => write!(f, "look {id}"),
            EntityId::Drift(id) => write!(f, "drift {id}"),
            EntityId::Principal(id) => write!(f, "principal {id}"),
            EntityId::Resource(id) => write!(f, "resource {id}"),
            EntityId::Grant(id) => write!(f, "grant {id}"),
            EntityId::AccessFinding(id) => write!(f, "finding of access {id}"),
            EntityId::ReviewItem(id) => write!(f, "review item {id}"),
            EntityId::Tier(index) => write!(f, "tier {}", index.0),
            EntityId::Source(key) => write!(f, "source {key}"),
            EntityId::Finding(id) => write!(f, "finding {id}"),
            EntityId::Deed(id) => write!(f, "act {id}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_scope_names_its_platform() {
        assert_eq!(Scope::gitlab("acme/shop").platform(), "gitlab");
    }

    #[test]
    fn an_address_tells_where_a_name_ends() {
        assert_ne!(NodeId::of(&["ab", "c"]), NodeId::of(&["a", "bc"]));
        assert_eq!(NodeId::of(&["ci", "a"]), NodeId::of(&["ci", "a"]));
    }

    #[test]
    fn a_cluster_wide_scope_has_no_namespace() {
        assert_eq!(&*Scope::kubernetes("ci", None, "nodes").0, "kubernetes:ci/nodes");
        assert_eq!(&*Scope::kubernetes("ci", Some("a"), "pods").0, "kubernetes:ci/a/pods");
    }

    #[test]
    fn every_source_is_found_by_its_name() {
        for source in SourceId::ALL {
            assert_eq!(SourceId::find(source.0), Some(source));
        }
    }
}
