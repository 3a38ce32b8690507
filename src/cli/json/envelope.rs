//! [`Envelope`]: what stands around the items, and the items of a kind.

use std::collections::HashSet;

use serde::Serialize;

use super::deed::DeedItem;
use super::exception::{ExceptionItem, RequestItem};
use super::form::{Field, Instant};
use super::job::JobItem;
use super::node::{NodeGroupItem, NodeItem};
use super::pipeline::PipelineItem;
use super::pod::PodItem;
use super::project::ProjectItem;
use super::right::{FindingItem, GrantItem};
use super::runner::RunnerItem;
use super::scene::Scene;
use super::silence::{AlertItem, SilenceItem};
use super::slo::SloItem;
use super::source::SourceItem;
use super::tier::TierItem;
use crate::cli::kind::Kind;
use crate::domain::{EntityId, Origin};
use crate::pane::lens::Subject;
use crate::state::{MOST_DEEDS, Row};

/// The name of this shape of output. Within it fields are only added.
pub(super) const SCHEMA: &str = "watchfloor/v1";

/// The whole output.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(in crate::cli) struct Envelope<'a> {
    schema: &'static str,
    kind: &'static str,
    at: Instant,
    complete: bool,
    sources: Vec<SourceItem<'a>>,
    items: Items<'a>,
}

impl<'a> Envelope<'a> {
    /// The output for a kind: these of its things, in this order.
    pub(in crate::cli) fn new(scene: &Scene<'a>, kind: Kind, items: Items<'a>) -> Envelope<'a> {
        Envelope {
            schema: SCHEMA,
            kind: kind.as_str(),
            at: Instant(scene.now()),
            complete: is_complete(scene, kind),
            sources: sources(scene, kind),
            items,
        }
    }
}

/// The items of a kind.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(untagged)]
pub(in crate::cli) enum Items<'a> {
    /// Projects.
    Projects(Vec<ProjectItem<'a>>),
    /// Pipelines.
    Pipelines(Vec<PipelineItem<'a>>),
    /// Jobs.
    Jobs(Vec<JobItem<'a>>),
    /// Runners.
    Runners(Vec<RunnerItem<'a>>),
    /// Runner pods.
    Pods(Vec<PodItem<'a>>),
    /// Nodes.
    Nodes(Vec<NodeItem<'a>>),
    /// Node groups.
    Nodegroups(Vec<NodeGroupItem<'a>>),
    /// Tiers.
    Tiers(Vec<TierItem<'a>>),
    /// Objectives.
    Slos(Vec<SloItem<'a>>),
    /// Alerts.
    Alerts(Vec<AlertItem<'a>>),
    /// Silences.
    Silences(Vec<SilenceItem<'a>>),
    /// Exceptions.
    Exceptions(Vec<ExceptionItem<'a>>),
    /// Requests for exceptions.
    Requests(Vec<RequestItem<'a>>),
    /// Rights.
    Grants(Vec<GrantItem<'a>>),
    /// What deserves attention.
    Findings(Vec<FindingItem<'a>>),
    /// Acts of the ledger.
    Audit(Vec<DeedItem<'a>>),
    /// Feeds.
    Sources(Vec<SourceItem<'a>>),
}

impl Items<'_> {
    /// How many rights or findings there are.
    pub(in crate::cli) fn len(&self) -> usize {
        match self {
            Items::Grants(all) => all.len(),
            Items::Findings(all) => all.len(),
            _ => 0,
        }
    }

    /// Keeps the rights or findings with these ids.
    pub(in crate::cli) fn keep(&mut self, ids: &HashSet<String>) {
        match self {
            Items::Grants(all) => all.retain(|one| ids.contains(one.id)),
            Items::Findings(all) => all.retain(|one| ids.contains(&one.id)),
            _ => {}
        }
    }

    /// Keeps the rights or findings whose cells hold all these words, in any case.
    pub(in crate::cli) fn retain(&mut self, words: &[String]) {
        let holds = |cells: &[String]| {
            let cells = cells.join(" ").to_lowercase();
            words.iter().all(|word| cells.contains(word.as_str()))
        };
        match self {
            Items::Grants(all) => all.retain(|one| holds(&one.cells())),
            Items::Findings(all) => all.retain(|one| holds(&one.cells())),
            _ => {}
        }
    }
}

/// The fields of a kind's items.
pub(in crate::cli) fn fields(kind: Kind) -> &'static [Field] {
    match kind {
        Kind::Projects => ProjectItem::FIELDS,
        Kind::Pipelines => PipelineItem::FIELDS,
        Kind::Jobs => JobItem::FIELDS,
        Kind::Runners => RunnerItem::FIELDS,
        Kind::Pods => PodItem::FIELDS,
        Kind::Nodes => NodeItem::FIELDS,
        Kind::Nodegroups => NodeGroupItem::FIELDS,
        Kind::Tiers => TierItem::FIELDS,
        Kind::Slos => SloItem::FIELDS,
        Kind::Alerts => AlertItem::FIELDS,
        Kind::Silences => SilenceItem::FIELDS,
        Kind::Exceptions => ExceptionItem::FIELDS,
        Kind::Requests => RequestItem::FIELDS,
        Kind::Grants => GrantItem::FIELDS,
        Kind::Findings => FindingItem::FIELDS,
        Kind::Audit => DeedItem::FIELDS,
        Kind::Sources => SourceItem::FIELDS,
    }
}

/// The items of these things, in their order.
pub(in crate::cli) fn items<'a>(scene: &Scene<'a>, kind: Kind, ids: &[EntityId]) -> Items<'a> {
    let all = Found { scene, ids };
    match kind {
        Kind::Projects => Items::Projects(all.rows(Subject::project, ProjectItem::new)),
        Kind::Pipelines => Items::Pipelines(all.rows(Subject::pipeline, PipelineItem::new)),
        Kind::Jobs => Items::Jobs(all.rows(Subject::job, JobItem::new)),
        Kind::Runners => Items::Runners(all.rows(Subject::runner, RunnerItem::new)),
        Kind::Pods => Items::Pods(all.rows(Subject::pod, PodItem::new)),
        Kind::Nodes => Items::Nodes(all.rows(Subject::node, NodeItem::new)),
        Kind::Nodegroups => Items::Nodegroups(all.rows(Subject::node_group, NodeGroupItem::new)),
        Kind::Tiers => Items::Tiers(all.made(|scene, subject| match subject {
            // Before anything was heard of the queue, every number of a tier would be invented.
            Subject::Tier(index, tier) if scene.state().knows_queue() => {
                Some(TierItem::new(scene, index, tier))
            }
            _ => None,
        })),
        Kind::Slos => Items::Slos(all.rows(Subject::slo, SloItem::new)),
        Kind::Alerts => Items::Alerts(all.rows(Subject::alert, AlertItem::new)),
        Kind::Silences => Items::Silences(all.rows(Subject::silence, SilenceItem::new)),
        Kind::Exceptions => Items::Exceptions(all.rows(Subject::exception, ExceptionItem::new)),
        Kind::Requests => Items::Requests(all.rows(Subject::request, RequestItem::new)),
        // Made of what the rules say, not of rows: see `get::right`.
        Kind::Grants => Items::Grants(Vec::new()),
        Kind::Findings => Items::Findings(Vec::new()),
        Kind::Audit => Items::Audit(all.rows(Subject::deed, DeedItem::new)),
        Kind::Sources => Items::Sources(all.made(|scene, subject| match subject {
            Subject::Source(key, report) => Some(SourceItem::new(scene, key, report)),
            _ => None,
        })),
    }
}

/// The things to be printed.
struct Found<'s, 'a> {
    scene: &'s Scene<'a>,
    ids: &'s [EntityId],
}

impl<'a> Found<'_, 'a> {
    /// An item of each that is still known and of this kind.
    fn rows<R: 'a, T>(
        &self,
        row: impl Fn(Subject<'a>) -> Option<&'a Row<R>>,
        item: impl Fn(&Scene<'a>, &'a Row<R>) -> T,
    ) -> Vec<T> {
        self.made(|scene, subject| row(subject).map(|row| item(scene, row)))
    }

    /// An item of each that is still known.
    fn made<T>(&self, item: impl Fn(&Scene<'a>, Subject<'a>) -> Option<T>) -> Vec<T> {
        let subjects = self.ids.iter().filter_map(|id| Subject::find(self.scene.state(), id));
        subjects.filter_map(|subject| item(self.scene, subject)).collect()
    }
}

/// The feeds that a kind rests on.
pub(in crate::cli) fn sources<'a>(scene: &Scene<'a>, kind: Kind) -> Vec<SourceItem<'a>> {
    scene
        .state()
        .reports()
        .filter(|(key, _)| kind.sources().contains(&key.source))
        .map(|(key, report)| SourceItem::new(scene, key, report))
        .collect()
}

/// Whether every feed behind a kind is live and nothing was cut.
fn is_complete(scene: &Scene<'_>, kind: Kind) -> bool {
    let state = scene.state();
    let mut reports =
        state.reports().filter(|(key, _)| kind.sources().contains(&key.source)).peekable();
    let is_whole = match kind {
        Kind::Runners => state.runners().iter().all(|(_, row)| row.value.managers_complete),
        // Where more were done than are held, the oldest are missing.
        Kind::Audit => state.deeds().len() < MOST_DEEDS,
        Kind::Sources
        | Kind::Pods
        | Kind::Nodegroups
        | Kind::Slos
        | Kind::Alerts
        | Kind::Silences
        | Kind::Exceptions
        | Kind::Requests => true,
        Kind::Grants | Kind::Findings => {
            state.population().is_some_and(|population| population.gaps.is_empty())
        }
        Kind::Nodes => state.nodes().iter().all(|(id, _)| state.requested(id).whole),
        Kind::Projects | Kind::Pipelines | Kind::Jobs | Kind::Tiers => {
            state.pipelines().iter().all(|(_, row)| row.value.jobs_complete)
        }
    };
    scene.origin == Origin::Live
        && is_whole
        && reports.peek().is_some()
        && reports.all(|(_, report)| scene.health(report).is_live())
}
