//! What we know, how fresh it is, and questions over it.
//!
//! **Invariant:** [`State::apply`] is the only way in, and applying an update twice is the same as applying it once.
//! Every figure that a band or a header shows is kept up on change; no question here walks over all rows.
//! A clone shares its rows with the original, so that a worker or a paused screen holds one at the cost of a few words.

mod access;
mod apply;
mod capacity;
mod ceiling;
mod changes;
mod deed;
mod drift;
mod endings;
mod exception;
mod failing;
mod gated;
mod join;
mod queue;
mod rising;
mod sampled;
mod slo;
mod spans;
mod summary;
mod table;
#[cfg(test)]
mod tests;
mod trouble;

use std::collections::BTreeMap;
use std::sync::Arc;

use imbl::{OrdMap, OrdSet, Vector};

use join::Joins;
use trouble::Troubles;

pub use access::{Account, Review, ReviewChange, Reviewed};
pub use capacity::{Capacity, Segment};
pub use ceiling::{Ceiling, CeilingKind};
pub use changes::Changes;
pub use deed::MOST_DEEDS;
pub use drift::Drifts;
pub use endings::Endings;
pub use exception::Lineage;
pub use failing::FailingRef;
pub use gated::gate_facts;
pub use join::{GroupCounts, Requested};
pub use queue::{Outcomes, Queue, WINDOW_SECONDS};
pub use summary::{Counts, ProjectSummary, Standing, Summary};
pub use table::{Row, Table};

pub use crate::domain::promise::Breach;
pub use crate::domain::{Claim, Contradiction};

use crate::domain::{
    Alert, AlertId, Chain, ClusterPodId, Deed, DeedId, EntityId, EventId, ExceptionGuard,
    ExceptionId, ExceptionLeads, ExceptionRequest, Filed, Finding, FindingId, Health, Job, JobId,
    Moment, NetworkPolicy, Node, NodeClaim, NodeClaimId, NodeGroup, NodeGroupId, NodeId, Occupant,
    Origin, Past, Pipeline, PipelineId, Pod, PodEvent, PodId, PolicyId, Project, ProjectId, Quota,
    QuotaId, RecordHistory, Report, RequestId, Runner, RunnerId, Sample, SeriesId, Sighting,
    SightingId, Silence, SilenceId, Slo, SloId, SourceId, SourceKey, Text, Tier, TierIndex, Tiers,
    Timestamp, WaitShare,
};
use crate::gate::Policy;

/// Everything that is known about the platform.
#[derive(Debug, Clone)]
pub struct State {
    tiers: Tiers,
    policy: Arc<Policy>,
    keys: Vector<SourceKey>,
    rows: Rows,
    index: Index,
    reports: OrdMap<SourceKey, Report>,
    coverage: Coverage,
    series: OrdMap<SeriesId, Vector<Sample>>,
    findings: Vector<Finding>,
    shares: Arc<[WaitShare]>,
    drifts: Drifts,
    chain: Option<Chain>,
    pasts: OrdMap<SloId, Arc<Past>>,
    register: Arc<Register>,
    rights: access::Rights,
    memory: Memory,
    runbooks: Arc<BTreeMap<Text, Text>>,
}

/// Whether what an earlier run knew is all here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Memory {
    /// All of it: numbers are numbers.
    #[default]
    Whole,
    /// Some of it, the most urgent first: numbers are "at least".
    Coming,
}

/// What is known of the exceptions' register beside its rows.
#[derive(Debug, Clone, Default)]
struct Register {
    histories: OrdMap<ExceptionId, Arc<RecordHistory>>,
    guard: Option<Arc<ExceptionGuard>>,
    leads: ExceptionLeads,
    endings: Endings,
}

/// The rows themselves.
#[derive(Debug, Clone, Default)]
struct Rows {
    projects: Table<ProjectId, Project>,
    pipelines: Table<PipelineId, Pipeline>,
    jobs: Table<JobId, Job>,
    runners: Table<RunnerId, Runner>,
    pods: Table<PodId, Pod>,
    events: Table<EventId, PodEvent>,
    occupants: Table<ClusterPodId, Occupant>,
    nodes: Table<NodeId, Node>,
    nodegroups: Table<NodeGroupId, NodeGroup>,
    node_claims: Table<NodeClaimId, NodeClaim>,
    quotas: Table<QuotaId, Quota>,
    policies: Table<PolicyId, NetworkPolicy>,
    slos: Table<SloId, Slo>,
    alerts: Table<AlertId, Alert>,
    silences: Table<SilenceId, Silence>,
    exceptions: Table<ExceptionId, Filed>,
    requests: Table<RequestId, ExceptionRequest>,
    sightings: Table<SightingId, Sighting>,
    deeds: Table<DeedId, Deed>,
}

/// What is kept up on change, so that no question walks over all rows.
#[derive(Debug, Clone, Default)]
struct Index {
    jobs_of_pipeline: OrdSet<(PipelineId, JobId)>,
    pipelines_of_project: OrdSet<(ProjectId, PipelineId)>,
    children: OrdSet<(PipelineId, PipelineId)>,
    summaries: OrdMap<PipelineId, Summary>,
    project_summaries: OrdMap<ProjectId, ProjectSummary>,
    queues: Vector<Queue>,
    ended_jobs: OrdSet<(Moment, JobId)>,
    ended_pipelines: OrdSet<(Timestamp, PipelineId)>,
    failing: OrdMap<ProjectId, Vec<FailingRef>>,
    capacity: Held,
    /// Alerts by the rule that made them.
    alerts_of_rule: OrdSet<(Text, AlertId)>,
    /// Objectives by the name that their rules carry, and by service.
    slos_of_rule: OrdSet<(Text, SloId)>,
    slos_of_service: OrdSet<(Text, SloId)>,
    /// Exceptions by the id that their record gives them, and by that of the record that they renew.
    exceptions_named: OrdSet<(Text, ExceptionId)>,
    renewals_of: OrdSet<(Text, ExceptionId)>,
    /// Acts of which nobody knows how they ended.
    unsettled: OrdSet<DeedId>,
    /// The last word of the ledger on each finding that somebody took in hand.
    acknowledged: OrdMap<Text, DeedId>,
}

/// The same of the capacity.
#[derive(Debug, Clone, Default)]
struct Held {
    tiers: Vector<Capacity>,
    joins: Joins,
    troubles: Troubles,
    /// The clusters all of whose pods were read in this run.
    whole: OrdSet<Text>,
}

/// How much of the fleet was read.
#[derive(Debug, Clone, Default)]
struct Coverage {
    confirmed: OrdMap<ProjectId, Timestamp>,
    collected: OrdSet<ProjectId>,
}

impl State {
    /// A state that knows nothing but the configured tiers.
    pub fn new(tiers: Tiers) -> State {
        let places = tiers.len() + 1;
        let queues = std::iter::repeat_n(Queue::default(), places).collect();
        let capacities = std::iter::repeat_n(Capacity::default(), places).collect();
        let capacity = Held { tiers: capacities, ..Held::default() };
        State {
            tiers,
            policy: Arc::default(),
            keys: Vector::new(),
            rows: Rows::default(),
            index: Index { queues, capacity, ..Index::default() },
            reports: OrdMap::new(),
            coverage: Coverage::default(),
            series: OrdMap::new(),
            findings: Vector::new(),
            shares: Arc::from([]),
            drifts: Drifts::default(),
            chain: None,
            pasts: OrdMap::new(),
            register: Arc::default(),
            rights: access::Rights::default(),
            memory: Memory::Whole,
            runbooks: Arc::default(),
        }
    }

    /// A state of the same settings that knows nothing.
    #[must_use]
    pub fn emptied(&self) -> State {
        let empty = State::new(self.tiers.clone()).under(Arc::clone(&self.policy));
        let guided = State { runbooks: Arc::clone(&self.runbooks), ..empty };
        guided.warning(self.leads().clone())
    }

    /// The same with another policy of the deployment gate than the built-in one.
    #[must_use]
    pub fn under(self, policy: Arc<Policy>) -> State {
        State { policy, ..self }
    }

    /// The same with pages that help, by the code of a finding or the key of an objective.
    #[must_use]
    pub fn guided_by(self, runbooks: BTreeMap<Text, Text>) -> State {
        State { runbooks: Arc::new(runbooks), ..self }
    }

    /// The page that helps with a finding: its objective's own, else that of its rule.
    pub fn runbook(&self, id: &FindingId) -> Option<&Text> {
        let own = match &id.about {
            EntityId::Slo(slo) => {
                self.rows.slos.get(*slo).and_then(|slo| self.runbooks.get(&slo.key))
            }
            _ => None,
        };
        own.or_else(|| self.runbooks.get(id.code))
    }

    /// The policy of the deployment gate.
    pub fn policy(&self) -> &Policy {
        &self.policy
    }

    /// The configured tiers.
    pub fn tiers(&self) -> &Tiers {
        &self.tiers
    }

    /// The tier at a place.
    pub fn tier(&self, index: TierIndex) -> Option<&Tier> {
        self.tiers.get(index)
    }

    /// Projects by id.
    pub fn projects(&self) -> &Table<ProjectId, Project> {
        &self.rows.projects
    }

    /// Pipelines by id.
    pub fn pipelines(&self) -> &Table<PipelineId, Pipeline> {
        &self.rows.pipelines
    }

    /// Jobs by id.
    pub fn jobs(&self) -> &Table<JobId, Job> {
        &self.rows.jobs
    }

    /// Runners by id.
    pub fn runners(&self) -> &Table<RunnerId, Runner> {
        &self.rows.runners
    }

    /// The live figures of a tier; of the jobs that fit no tier for `None`.
    pub fn queue(&self, tier: Option<TierIndex>) -> Option<&Queue> {
        self.index.queues.get(self.queue_place(tier))
    }

    /// How many jobs wait that belong to a runner's tier; of a runner without a tier none is known.
    pub fn waiting_for(&self, runner: &Runner) -> usize {
        let queue = runner.tier.and_then(|tier| self.queue(Some(tier)));
        queue.map_or(0, Queue::waiting)
    }

    /// The jobs of a pipeline.
    pub fn jobs_of(&self, pipeline: PipelineId) -> impl Iterator<Item = JobId> {
        self.index
            .jobs_of_pipeline
            .range((pipeline, JobId(0))..=(pipeline, JobId(u64::MAX)))
            .map(|(_, job)| *job)
    }

    /// The pipelines of a project.
    pub fn pipelines_of(&self, project: ProjectId) -> impl Iterator<Item = PipelineId> {
        self.index
            .pipelines_of_project
            .range((project, PipelineId(0))..=(project, PipelineId(u64::MAX)))
            .map(|(_, pipeline)| *pipeline)
    }

    /// The pipelines that a pipeline triggered, in its own project or another.
    pub fn children_of(&self, pipeline: PipelineId) -> impl Iterator<Item = PipelineId> {
        self.index
            .children
            .range((pipeline, PipelineId(0))..=(pipeline, PipelineId(u64::MAX)))
            .map(|(_, child)| *child)
    }

    /// How a pipeline's jobs stand.
    pub fn summary(&self, pipeline: PipelineId) -> Summary {
        self.index.summaries.get(&pipeline).copied().unwrap_or_default()
    }

    /// How a project's jobs stand.
    pub fn project_summary(&self, project: ProjectId) -> ProjectSummary {
        self.index.project_summaries.get(&project).copied().unwrap_or_default()
    }

    /// Whether what an earlier run knew is all here.
    pub fn memory(&self) -> Memory {
        self.memory
    }

    /// Notes whether what an earlier run knew is all here.
    pub fn set_memory(&mut self, memory: Memory) {
        self.memory = memory;
    }

    /// The sign before a count of rows: `≥` while some are still to come.
    pub fn floor(&self) -> &'static str {
        match self.memory {
            Memory::Whole => "",
            Memory::Coming => "≥",
        }
    }

    /// What deserves attention, the gravest first, as it was judged last.
    pub fn findings(&self) -> &Vector<Finding> {
        &self.findings
    }

    /// Takes what deserves attention, as it was judged just now.
    pub fn set_findings(&mut self, findings: Vec<Finding>) -> Changes {
        let findings: Vector<Finding> = findings.into();
        let is_news = self.findings != findings;
        self.findings = findings;
        Changes { findings: is_news, ..Changes::default() }
    }

    /// The waiting jobs by what they share, as it was worked out last; what asks for an act first, then the most jobs.
    pub fn shares(&self) -> &[WaitShare] {
        &self.shares
    }

    /// Takes what the waiting jobs share, as it was worked out just now.
    pub fn set_shares(&mut self, shares: Vec<WaitShare>) -> Changes {
        let is_news = *self.shares != *shares;
        self.shares = shares.into();
        Changes { figures: is_news, ..Changes::default() }
    }

    /// Every feed over every scope with its report.
    pub fn reports(&self) -> impl Iterator<Item = (&SourceKey, &Report)> {
        self.reports.iter()
    }

    /// Whether feeds of several clusters are known: then it matters where a row is from.
    pub fn has_several_clusters(&self) -> bool {
        let mut clusters = self.reports.keys().filter_map(|key| key.scope.cluster());
        let Some(first) = clusters.next() else { return false };
        clusters.any(|cluster| cluster != first)
    }

    /// The report of one feed over one scope.
    pub fn report(&self, key: &SourceKey) -> Option<&Report> {
        self.reports.get(key)
    }

    /// Remembered and new observations of a series, oldest first.
    pub fn series(&self, id: &SeriesId) -> Option<&Vector<Sample>> {
        self.series.get(id)
    }

    /// The worst verdict on a feed over all its scopes; `None` when it has none.
    pub fn source_health(&self, source: SourceId, now: Timestamp) -> Option<Health> {
        self.reports
            .iter()
            .filter(|(key, _)| key.source == source)
            .map(|(_, report)| report.health(now))
            .max()
    }

    /// Whether the first hour of every known project has been read in this run and the projects themselves are known,
    /// so that percentiles stand for the whole fleet.
    pub fn is_collected(&self) -> bool {
        let known = self.rows.projects.len();
        let listed = self
            .reports
            .iter()
            .filter(|(key, _)| key.source == SourceId::PROJECTS)
            .all(|(_, report)| report.confirmed_at.is_some() && report.origin == Origin::Live);
        known > 0 && listed && self.uncollected() == 0
    }

    /// How many known projects' first hour is still to be read.
    pub fn uncollected(&self) -> usize {
        self.rows.projects.len().saturating_sub(self.coverage.collected.len())
    }

    /// Whether anything was ever heard of the queue: a number before that would be invented.
    pub fn knows_queue(&self) -> bool {
        !self.rows.jobs.is_empty()
            || self
                .reports
                .iter()
                .any(|(key, report)| key.source == SourceId::QUEUE && report.confirmed_at.is_some())
    }

    /// Whether a part of the queue was never read: what is counted is the least that there is.
    pub fn is_queue_partly_read(&self) -> bool {
        let mut parts = self.reports.iter().filter(|(key, _)| key.source == SourceId::QUEUE);
        self.knows_queue() && parts.any(|(_, report)| report.confirmed_at.is_none())
    }

    /// When a project's unfinished work was last confirmed.
    pub fn confirmed_at(&self, project: ProjectId) -> Option<Timestamp> {
        self.coverage.confirmed.get(&project).copied()
    }

    /// When a job was last confirmed: by its own reading, or by its project's.
    pub fn job_seen_at(&self, row: &Row<Job>) -> Timestamp {
        if row.value.status.has_ended() {
            return row.seen_at();
        }
        self.confirmed_at(row.value.project).map_or(row.seen_at(), |at| at.max(row.seen_at()))
    }

    /// Whether something that `row`'s feed brought is old: its feed is not live, or it was not confirmed for three of
    /// that feed's intervals. A quiet watch that is live confirms all its rows.
    pub fn is_stale<T>(&self, row: &Row<T>, seen_at: Timestamp, now: Timestamp) -> bool {
        let seen_at = seen_at.max(self.row_seen_at(row));
        let report = self.source_of(row).and_then(|key| self.reports.get(key));
        report.is_none_or(|report| {
            !matches!(report.health(now), Health::Live | Health::Partial)
                || report.is_old(seen_at, now)
        })
    }

    /// Whether a job's row is old. An ended job does not change, so only its feed's health counts.
    pub fn is_job_stale(&self, row: &Row<Job>, now: Timestamp) -> bool {
        let seen_at = if row.value.status.has_ended() { now } else { self.job_seen_at(row) };
        self.is_stale(row, seen_at, now)
    }

    /// The feed that brought a row.
    pub fn source_of<T>(&self, row: &Row<T>) -> Option<&SourceKey> {
        self.keys.get(usize::from(row.key.0))
    }

    fn queue_place(&self, tier: Option<TierIndex>) -> usize {
        tier.map_or(self.tiers.len(), |index| usize::from(index.0))
    }
}
