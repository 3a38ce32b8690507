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

use crate::domain::{EntityId, Health, NodeGroup, SourceId, Stand, TierIndex};
use crate::pane::block::{Block, Cell};
use crate::pane::lens::{Cx, Lens};
use crate::pane::{About, Count, Drill, Pane, pipelines, sources};
use crate::state::CeilingKind;
use crate::theme::Role;

/// Whether every feed that tells of a tier's ceiling is live.
pub(crate) fn is_ceiling_live(cx: &Cx<'_>, tier: TierIndex, kind: CeilingKind) -> bool {
    figures::ceiling_known(cx, tier, kind) == figures::Known::Now
}

/// Whether the feed that brings the nodes of a node group is live.
pub(crate) fn are_nodes_live(cx: &Cx<'_>, group: &NodeGroup) -> bool {
    figures::nodes_known(cx, group) == figures::Known::Now
}

/// Whether the nodes of a node group were ever read to the end: their number means nothing before.
pub(crate) fn were_nodes_read(cx: &Cx<'_>, group: &NodeGroup) -> bool {
    matches!(figures::nodes_known(cx, group), figures::Known::Now | figures::Known::Once)
}

/// Whether the pods of a tier were ever read to the end, and whether they are live.
pub(crate) fn pods_read(cx: &Cx<'_>, tier: TierIndex) -> (bool, bool) {
    let known = figures::pods_known(cx, Some(tier));
    let were_read = matches!(known, figures::Known::Now | figures::Known::Once);
    (were_read, known == figures::Known::Now)
}

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

/// Why a kind of row has none, by the worst of the feeds that bring it; `None` where no such feed is configured.
fn without_rows(cx: &Cx<'_>, lens: &dyn Lens) -> Option<Vec<Cell>> {
    let (one, many) = lens.noun();
    let feeds = cx.state.reports().filter(|(key, _)| lens.about().feeds.contains(&key.source));
    let (key, report) = feeds.max_by_key(|(_, report)| report.health(cx.now))?;
    let health = report.health(cx.now);
    if health == Health::Starting {
        return Some(vec![Cell::plain(format!("reading the {many} for the first time…"))]);
    }
    let Some(failure) = report.failure.as_ref().or(report.gap.as_ref()) else {
        let words = match health {
            Health::Live | Health::Partial => return Some(vec![none_there(one)]),
            health => format!("the {many} are not known: {key} is {}", sources::word(health)),
        };
        return Some(vec![Cell::new(words, Role::SeverityBad), see_sources()]);
    };
    let words = format!("the {many} are not known: {key} is {}", sources::word(health));
    Some(vec![
        Cell::new(words, Role::SeverityBad),
        Cell::plain(failure.message.as_str()),
        Cell::plain(failure.hint.as_str()),
        see_sources(),
    ])
}

/// Of pods only those of the runners are rows: a node may well be full of others.
fn none_there(one: &str) -> Cell {
    let one = if one == "pod" { "runner pod" } else { one };
    Cell::plain(format!("no {one} is there"))
}

fn see_sources() -> Cell {
    Cell::dim("press 0 to see every feed")
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

    fn empty(&self, _: &Cx<'_>) -> Vec<Cell> {
        vec![
            Cell::plain("no cluster is configured"),
            Cell::dim(
                "a [[cluster]] table, and `cluster` and `namespace` in each [[tier]], fill this pane",
            ),
            Cell::dim("runners alone need a [gitlab] table"),
        ]
    }

    fn empty_of(&self, cx: &Cx<'_>, lens: &dyn Lens) -> Vec<Cell> {
        without_rows(cx, lens).unwrap_or_else(|| self.empty(cx))
    }

    fn drill(&self, _: &Cx<'_>, id: &EntityId) -> Option<Drill> {
        let lens: &'static dyn Lens = match id {
            EntityId::Tier(_) | EntityId::Node(_) => &PODS,
            EntityId::NodeGroup(_) => &NODES,
            EntityId::Runner(_) => &pipelines::JOBS,
            _ => return None,
        };
        Some(Drill::within(lens, id))
    }
}

#[cfg(test)]
mod tests;
