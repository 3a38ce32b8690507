//! [`Update`]: the one way in which news travels, from a source or from the cache, into the state.

use std::sync::Arc;

use super::access::Population;
use super::{
    Alert, Chain, Deed, DeedId, EntityId, ExceptionGuard, ExceptionId, ExceptionRequest, Filed,
    Job, NetworkPolicy, Node, NodeClaim, NodeGroup, Occupant, Past, Pipeline, Pod, PodEvent,
    Project, ProjectId, Quota, RecordHistory, RefPattern, Report, Runner, Sample, SeriesId,
    Sighting, Silence, Slo, SloId, SourceKey, Timestamp,
};

/// Where an update comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    /// The platform, just now.
    Live,
    /// The cache of an earlier run.
    Cache,
}

/// A piece of news.
#[derive(Debug, Clone, PartialEq)]
pub struct Update {
    /// The feed and scope that it belongs to.
    pub key: SourceKey,
    /// When the platform said so.
    pub at: Timestamp,
    /// Whether it is fresh or remembered.
    pub origin: Origin,
    /// What is new.
    pub change: Change,
}

/// What is new.
#[derive(Debug, Clone, PartialEq)]
pub enum Change {
    /// These are all entities that the feed has in its scope; others that it brought are gone.
    Replace(Vec<Entity>),
    /// These are new or changed.
    Upsert(Vec<Entity>),
    /// These are gone.
    Remove(Vec<EntityId>),
    /// The unfinished work of these projects was read again and is as it was.
    Confirm(Vec<ProjectId>),
    /// The first hour of these projects has been collected: percentiles may count on them.
    Collected(Vec<ProjectId>),
    /// These refs of a project are protected.
    ProtectedRefs(ProjectId, Arc<[RefPattern]>),
    /// How the feed is doing.
    Report(Report),
    /// Remembered observations of a series.
    Samples(SeriesId, Vec<Sample>),
    /// How the ledger's chain stands.
    Chain(Chain),
    /// How an objective's numbers went, as somebody asked to see.
    Past(SloId, Arc<Past>),
    /// How a record of the register came to say what it says, as somebody asked to see.
    History(ExceptionId, Arc<RecordHistory>),
    /// How GitLab guards the register's project.
    Guard(Arc<ExceptionGuard>),
    /// Everything that is known of rights, and what of it could not be read.
    Population(Arc<Population>),
}

/// Anything that a feed brings. Shared, because state, cache and worker all hold it.
#[derive(Debug, Clone, PartialEq)]
pub enum Entity {
    /// A project.
    Project(Arc<Project>),
    /// A pipeline.
    Pipeline(Arc<Pipeline>),
    /// A job.
    Job(Arc<Job>),
    /// A runner.
    Runner(Arc<Runner>),
    /// A runner pod.
    Pod(Arc<Pod>),
    /// A pod that only takes room on its node.
    Occupant(Arc<Occupant>),
    /// What was said of a pod.
    Event(Arc<PodEvent>),
    /// A node.
    Node(Arc<Node>),
    /// A node group.
    NodeGroup(Arc<NodeGroup>),
    /// A node that Karpenter makes.
    NodeClaim(Arc<NodeClaim>),
    /// A resource quota.
    Quota(Arc<Quota>),
    /// A network policy.
    Policy(Arc<NetworkPolicy>),
    /// An objective with what was measured of it.
    Slo(Arc<Slo>),
    /// An alert.
    Alert(Arc<Alert>),
    /// A silence.
    Silence(Arc<Silence>),
    /// A record of the exceptions' register.
    Exception(Arc<Filed>),
    /// A merge request that touches it.
    Request(Arc<ExceptionRequest>),
    /// A place of a tool that was looked at for exceptions.
    Sighting(Arc<Sighting>),
    /// An act of the ledger.
    Deed(Arc<Deed>),
}

impl Entity {
    /// Its address.
    pub fn id(&self) -> EntityId {
        match self {
            Entity::Project(project) => EntityId::Project(project.id),
            Entity::Pipeline(pipeline) => EntityId::Pipeline(pipeline.id),
            Entity::Job(job) => EntityId::Job(job.id),
            Entity::Runner(runner) => EntityId::Runner(runner.id),
            Entity::Pod(pod) => EntityId::Pod(pod.id),
            Entity::Occupant(occupant) => EntityId::Occupant(occupant.id),
            Entity::Event(event) => EntityId::Event(event.id),
            Entity::Node(node) => EntityId::Node(node.id),
            Entity::NodeGroup(group) => EntityId::NodeGroup(group.id),
            Entity::NodeClaim(claim) => EntityId::NodeClaim(claim.id),
            Entity::Quota(quota) => EntityId::Quota(quota.id),
            Entity::Policy(policy) => EntityId::Policy(policy.id),
            Entity::Slo(slo) => EntityId::Slo(slo.id),
            Entity::Alert(alert) => EntityId::Alert(alert.id),
            Entity::Silence(silence) => EntityId::Silence(silence.id),
            Entity::Exception(filed) => EntityId::Exception(filed.id),
            Entity::Request(request) => EntityId::Request(request.id()),
            Entity::Sighting(sighting) => EntityId::Sighting(sighting.id),
            Entity::Deed(deed) => EntityId::Deed(DeedId(deed.seq)),
        }
    }
}
