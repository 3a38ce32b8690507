//! [`Changes`]: what an update made different, for whoever keeps an order or a picture of the rows.

use std::collections::BTreeSet;

use crate::domain::{
    AlertId, DeedId, DriftId, ExceptionId, JobId, NodeGroupId, NodeId, PipelineId, PodId,
    ProjectId, RequestId, ReviewItemId, RunnerId, SightingId, SilenceId, SloId,
};

/// The addresses of rows that came, went or became different.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Changes {
    /// Projects.
    pub projects: BTreeSet<ProjectId>,
    /// Pipelines, also those whose jobs stand differently now.
    pub pipelines: BTreeSet<PipelineId>,
    /// Jobs.
    pub jobs: BTreeSet<JobId>,
    /// Runners.
    pub runners: BTreeSet<RunnerId>,
    /// Pods, also those whose job is different or of which something new was said.
    pub pods: BTreeSet<PodId>,
    /// Nodes, also those of which another sum is requested.
    pub nodes: BTreeSet<NodeId>,
    /// Node groups, also those whose nodes are different.
    pub nodegroups: BTreeSet<NodeGroupId>,
    /// Objectives, also those whose alerts are different.
    pub slos: BTreeSet<SloId>,
    /// Alerts.
    pub alerts: BTreeSet<AlertId>,
    /// Silences.
    pub silences: BTreeSet<SilenceId>,
    /// Exceptions, also those whose renewal is different.
    pub exceptions: BTreeSet<ExceptionId>,
    /// Requests for exceptions.
    pub requests: BTreeSet<RequestId>,
    /// Places that were looked at for exceptions.
    pub sightings: BTreeSet<SightingId>,
    /// Differences between the register and the tools.
    pub drifts: BTreeSet<DriftId>,
    /// Pipelines that moved to another place in the queue's order, so that their jobs move along.
    pub moved: BTreeSet<PipelineId>,
    /// Projects that came or have another path, so that what lies in them is named and ordered anew.
    pub renamed: BTreeSet<ProjectId>,
    /// Projects whose protected refs are to be judged anew.
    pub(super) judged: BTreeSet<ProjectId>,
    /// Acts of the ledger.
    pub deeds: BTreeSet<DeedId>,
    /// Items of the campaign that stand elsewhere.
    pub review_items: BTreeSet<ReviewItemId>,
    /// Whether rights were judged anew, or another campaign is there: all rows of theirs are others.
    pub rights: bool,
    /// Whether another population was read, which is still to be judged.
    pub population: bool,
    /// Whether a feed's report is new.
    pub reports: bool,
    /// Whether what deserves attention is different.
    pub findings: bool,
    /// Whether anything that bands show is new (series, coverage, the ledger's chain).
    pub figures: bool,
    /// Whether anything that the bands of the capacity show is new (pods by stand, latencies, ceilings, quotas).
    pub capacity: bool,
}

impl Changes {
    /// Whether nothing is different.
    pub fn is_empty(&self) -> bool {
        *self == Changes::default()
    }

    /// Takes in what another update made different.
    pub fn merge(&mut self, mut other: Changes) {
        self.projects.append(&mut other.projects);
        self.pipelines.append(&mut other.pipelines);
        self.jobs.append(&mut other.jobs);
        self.runners.append(&mut other.runners);
        self.pods.append(&mut other.pods);
        self.nodes.append(&mut other.nodes);
        self.nodegroups.append(&mut other.nodegroups);
        self.slos.append(&mut other.slos);
        self.alerts.append(&mut other.alerts);
        self.silences.append(&mut other.silences);
        self.exceptions.append(&mut other.exceptions);
        self.requests.append(&mut other.requests);
        self.sightings.append(&mut other.sightings);
        self.drifts.append(&mut other.drifts);
        self.moved.append(&mut other.moved);
        self.judged.append(&mut other.judged);
        self.renamed.append(&mut other.renamed);
        self.deeds.append(&mut other.deeds);
        self.review_items.append(&mut other.review_items);
        self.rights |= other.rights;
        self.population |= other.population;
        self.reports |= other.reports;
        self.findings |= other.findings;
        self.figures |= other.figures;
        self.capacity |= other.capacity;
    }

    /// How many rows are touched.
    pub fn len(&self) -> usize {
        let of_queue = self.projects.len() + self.pipelines.len() + self.jobs.len();
        let of_capacity = self.pods.len() + self.nodes.len() + self.nodegroups.len();
        let of_slos = self.slos.len() + self.alerts.len() + self.silences.len();
        let of_register = self.exceptions.len() + self.requests.len();
        let of_register = of_register + self.sightings.len() + self.drifts.len();
        let of_people = self.deeds.len() + self.review_items.len();
        of_queue + self.runners.len() + of_capacity + of_slos + of_register + of_people
    }
}
