//! [`Subject`]: the thing that a row is about, whatever kind it is of.

use std::sync::Arc;

use crate::access::{Found, Held, Holder, finding_address};
use crate::domain::access::Grant;
use crate::domain::{
    Alert, Deed, DeedId, Drift, EntityId, ExceptionRequest, Filed, Finding, GrantId, Job, Node,
    NodeGroup, Pipeline, Pod, Project, Report, Runner, Sighting, Silence, Slo, SourceKey, Tier,
    TierIndex,
};
use crate::state::{Reviewed, Row, State};

/// The thing that a row is about, found once and asked often.
#[derive(Debug, Clone, Copy)]
pub enum Subject<'a> {
    /// A project.
    Project(&'a Row<Project>),
    /// A pipeline.
    Pipeline(&'a Row<Pipeline>),
    /// A job.
    Job(&'a Row<Job>),
    /// A runner.
    Runner(&'a Row<Runner>),
    /// A runner tier.
    Tier(TierIndex, &'a Tier),
    /// A runner pod.
    Pod(&'a Row<Pod>),
    /// A node.
    Node(&'a Row<Node>),
    /// A node group.
    NodeGroup(&'a Row<NodeGroup>),
    /// A feed over a scope.
    Source(&'a SourceKey, &'a Report),
    /// Something that deserves attention, and its place among all of it.
    Finding(&'a Finding, usize),
    /// An act of the ledger.
    Deed(&'a Row<Deed>),
    /// A service level objective.
    Slo(&'a Row<Slo>),
    /// An alert of Alertmanager.
    Alert(&'a Row<Alert>),
    /// A silence of Alertmanager.
    Silence(&'a Row<Silence>),
    /// A time-bound exception of the register.
    Exception(&'a Row<Filed>),
    /// A merge request that touches the register.
    Request(&'a Row<ExceptionRequest>),
    /// A place that was looked at for exceptions.
    Sighting(&'a Row<Sighting>),
    /// A difference between the register and a tool.
    Drift(&'a Drift),
    /// Whoever or whatever has rights.
    Principal(&'a Holder),
    /// What rights are on.
    Resource(&'a Held),
    /// One right of one principal by one path.
    Grant(&'a Grant),
    /// What a rule of access found.
    AccessFinding(&'a Found),
    /// What a campaign decides about.
    ReviewItem(Reviewed<'a>),
}

impl<'a> Subject<'a> {
    /// Its address.
    pub fn id(self) -> EntityId {
        match self {
            Subject::Project(row) => EntityId::Project(row.value.id),
            Subject::Pipeline(row) => EntityId::Pipeline(row.value.id),
            Subject::Job(row) => EntityId::Job(row.value.id),
            Subject::Runner(row) => EntityId::Runner(row.value.id),
            Subject::Tier(index, _) => EntityId::Tier(index),
            Subject::Pod(row) => EntityId::Pod(row.value.id),
            Subject::Node(row) => EntityId::Node(row.value.id),
            Subject::NodeGroup(row) => EntityId::NodeGroup(row.value.id),
            Subject::Source(key, _) => EntityId::Source(Arc::new(key.clone())),
            Subject::Finding(finding, _) => EntityId::Finding(Arc::new(finding.id.clone())),
            Subject::Deed(row) => EntityId::Deed(DeedId(row.value.seq)),
            Subject::Slo(row) => EntityId::Slo(row.value.id),
            Subject::Alert(row) => EntityId::Alert(row.value.id),
            Subject::Silence(row) => EntityId::Silence(row.value.id),
            Subject::Exception(row) => EntityId::Exception(row.value.id),
            Subject::Request(row) => EntityId::Request(row.value.id()),
            Subject::Sighting(row) => EntityId::Sighting(row.value.id),
            Subject::Drift(drift) => EntityId::Drift(drift.address()),
            Subject::Principal(holder) => EntityId::Principal(holder.id),
            Subject::Resource(held) => EntityId::Resource(held.id),
            Subject::Grant(grant) => EntityId::Grant(GrantId::of(&[&grant.id])),
            Subject::AccessFinding(found) => EntityId::AccessFinding(finding_address(found)),
            Subject::ReviewItem(item) => EntityId::ReviewItem(item.id),
        }
    }

    /// The thing at an address, if it is known.
    pub fn find(state: &'a State, id: &EntityId) -> Option<Subject<'a>> {
        match id {
            EntityId::Project(id) => state.projects().row(*id).map(Subject::Project),
            EntityId::Pipeline(id) => state.pipelines().row(*id).map(Subject::Pipeline),
            EntityId::Job(id) => state.jobs().row(*id).map(Subject::Job),
            EntityId::Runner(id) => state.runners().row(*id).map(Subject::Runner),
            EntityId::Tier(index) => state.tier(*index).map(|tier| Subject::Tier(*index, tier)),
            EntityId::Pod(id) => state.pods().row(*id).map(Subject::Pod),
            EntityId::Node(id) => state.nodes().row(*id).map(Subject::Node),
            EntityId::NodeGroup(id) => state.nodegroups().row(*id).map(Subject::NodeGroup),
            EntityId::Source(key) => state
                .reports()
                .find(|(known, _)| *known == &**key)
                .map(|(key, report)| Subject::Source(key, report)),
            EntityId::Finding(id) => state
                .findings()
                .iter()
                .enumerate()
                .find(|(_, finding)| finding.id == **id)
                .map(|(place, finding)| Subject::Finding(finding, place)),
            EntityId::Deed(id) => state.deeds().row(*id).map(Subject::Deed),
            EntityId::Slo(id) => state.slos().row(*id).map(Subject::Slo),
            EntityId::Alert(id) => state.alerts().row(*id).map(Subject::Alert),
            EntityId::Silence(id) => state.silences().row(*id).map(Subject::Silence),
            EntityId::Exception(id) => state.exceptions().row(*id).map(Subject::Exception),
            EntityId::Request(id) => state.requests().row(*id).map(Subject::Request),
            EntityId::Sighting(id) => state.sightings().row(*id).map(Subject::Sighting),
            EntityId::Drift(id) => state.drifts().get(*id).map(Subject::Drift),
            EntityId::Principal(id) => state.picture()?.holder(*id).map(Subject::Principal),
            EntityId::Resource(id) => state.picture()?.resource(*id).map(Subject::Resource),
            EntityId::Grant(id) => state.picture()?.grant(*id).map(Subject::Grant),
            EntityId::AccessFinding(id) => {
                state.picture()?.finding(*id).map(Subject::AccessFinding)
            }
            EntityId::ReviewItem(id) => state.review()?.item(*id).map(Subject::ReviewItem),
            EntityId::Occupant(_)
            | EntityId::Event(_)
            | EntityId::NodeClaim(_)
            | EntityId::Quota(_)
            | EntityId::Policy(_) => None,
        }
    }
}

/// For each kind of subject, what it is about if it is of that kind.
macro_rules! of_kind {
    ($($name:ident, $kind:ident($($part:ident),+) -> $about:ty;)+) => {
        impl<'a> Subject<'a> {
            $(
                #[doc = concat!("What it is about if it is a `", stringify!($kind), "`.")]
                pub fn $name(self) -> Option<$about> {
                    match self {
                        Subject::$kind($($part),+) => Some(($($part),+)),
                        _ => None,
                    }
                }
            )+
        }
    };
}

of_kind! {
    project, Project(row) -> &'a Row<Project>;
    pipeline, Pipeline(row) -> &'a Row<Pipeline>;
    job, Job(row) -> &'a Row<Job>;
    runner, Runner(row) -> &'a Row<Runner>;
    tier, Tier(index, tier) -> (TierIndex, &'a Tier);
    pod, Pod(row) -> &'a Row<Pod>;
    node, Node(row) -> &'a Row<Node>;
    node_group, NodeGroup(row) -> &'a Row<NodeGroup>;
    source, Source(key, report) -> (&'a SourceKey, &'a Report);
    finding, Finding(finding, place) -> (&'a Finding, usize);
    deed, Deed(row) -> &'a Row<Deed>;
    slo, Slo(row) -> &'a Row<Slo>;
    alert, Alert(row) -> &'a Row<Alert>;
    silence, Silence(row) -> &'a Row<Silence>;
    exception, Exception(row) -> &'a Row<Filed>;
    request, Request(row) -> &'a Row<ExceptionRequest>;
    sighting, Sighting(row) -> &'a Row<Sighting>;
    drift, Drift(drift) -> &'a Drift;
    principal, Principal(holder) -> &'a Holder;
    resource, Resource(held) -> &'a Held;
    grant, Grant(grant) -> &'a Grant;
    access_finding, AccessFinding(found) -> &'a Found;
    review_item, ReviewItem(item) -> Reviewed<'a>;
}
