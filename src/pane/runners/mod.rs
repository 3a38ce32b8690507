//! The pane Runners: the capacity under the queue: tiers, runners, pods, nodes and node groups.

mod band;
mod detail;
mod figures;
mod fleet;
mod groups;
mod nodes;
mod pods;
mod tiers;
pub(crate) mod words;

pub use fleet::RUNNERS;
pub use groups::NODE_GROUPS;
pub use nodes::NODES;
pub use pods::PODS;
pub use tiers::TIER_ROWS;

use crate::domain::{EntityId, Health, Report, SourceId, SourceKey, Stand};
use crate::pane::block::{Block, Cell};
use crate::pane::lens::Cx;
use crate::pane::{About, Count, Drill, Pane, pipelines, sources};
use crate::theme::Role;

/// The pane.
#[derive(Debug)]
pub struct RunnersPane;

static ABOUT: About = About {
    name: "runners",
    title: "Runners",
    digit: '3',
    doc: "the capacity under the queue: tiers, runners, pods, nodes and node groups",
    lenses: &[&TIER_ROWS, &PODS, &NODES, &NODE_GROUPS, &RUNNERS],
};

/// What would cure the first refusal of a cluster.
fn cure(cx: &Cx<'_>) -> Option<String> {
    let of_pods = |(key, _): &(&SourceKey, &Report)| key.source == SourceId::PODS;
    let mut failures = cx.state.reports().filter(of_pods).filter_map(|(_, r)| r.failure.as_ref());
    failures.find(|failure| failure.kind.is_refusal()).map(|failure| failure.hint.to_string())
}

impl Pane for RunnersPane {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    /// Pods that do not get on: stuck, or without a node.
    fn count(&self, cx: &Cx<'_>) -> Count {
        let of = |stand| figures::count(cx, stand);
        let (stuck, unplaced) = (of(Stand::Stuck), of(Stand::Unplaced));
        let is_live = matches!(
            cx.state.source_health(SourceId::PODS, cx.now),
            Some(Health::Live | Health::Partial)
        );
        let role = match (is_live, stuck) {
            (false, _) => Role::FreshnessOld,
            (true, 0) => Role::SeverityWarning,
            (true, _) => Role::SeverityBad,
        };
        Count::of(stuck + unplaced, role).with_floor(cx.state.floor())
    }

    fn band(&self, cx: &Cx<'_>) -> Vec<Block> {
        band::blocks(cx)
    }

    fn detail(&self, cx: &Cx<'_>, id: &EntityId) -> Vec<Block> {
        match id {
            EntityId::Tier(_)
            | EntityId::Runner(_)
            | EntityId::Pod(_)
            | EntityId::Node(_)
            | EntityId::NodeGroup(_) => detail::blocks(cx, id),
            _ => pipelines::PipelinesPane.detail(cx, id),
        }
    }

    fn empty(&self, cx: &Cx<'_>) -> Vec<Cell> {
        let Some(pods) = cx.state.source_health(SourceId::PODS, cx.now) else {
            return vec![
                Cell::plain("no cluster is configured"),
                Cell::dim(
                    "a [[cluster]] table, and `cluster` and `namespace` in each [[tier]], fill this pane",
                ),
                Cell::dim("runners alone need a [gitlab] table"),
            ];
        };
        match pods {
            Health::Live | Health::Partial => vec![Cell::plain("nothing is there")],
            Health::Starting => vec![Cell::plain("reading the clusters for the first time…")],
            Health::Forbidden => vec![
                Cell::new("a cluster refuses to tell: forbidden", Role::SeverityBad),
                Cell::plain(cure(cx).unwrap_or_default()),
                Cell::dim("press 0 to see which feed is refused"),
            ],
            health => vec![
                Cell::new(
                    format!("the clusters are not known: {}", sources::word(health)),
                    Role::SeverityBad,
                ),
                Cell::dim("press 0 to see which feed fails and what would cure it"),
            ],
        }
    }

    fn drill(&self, _: &Cx<'_>, id: &EntityId) -> Option<Drill> {
        let lens: &'static dyn crate::pane::lens::Lens = match id {
            EntityId::Tier(_) | EntityId::Node(_) => &PODS,
            EntityId::NodeGroup(_) => &NODES,
            EntityId::Runner(_) => &pipelines::JOBS,
            _ => return None,
        };
        Some(Drill { lens, scope: id.clone() })
    }
}
