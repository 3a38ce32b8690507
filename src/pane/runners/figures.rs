//! The figures of a tier, each as far as it is known: unknown, old, or as it is.

use crate::domain::time::{seconds_between, span};
use crate::domain::{
    Health, NodeGroup, NodeGroupKind, Percentiles, SourceId, SourceKey, Stand, Tier, TierIndex,
};
use crate::pane::block::{Cell, Mark};
use crate::pane::cells;
use crate::pane::lens::Cx;
use crate::state::{Capacity, Ceiling, CeilingKind, Segment};
use crate::theme::Role;

/// How far a figure can be trusted; the worse the greater.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Known {
    /// Its feeds are live.
    Now,
    /// They were, once.
    Once,
    /// Nothing was heard of it.
    Never,
    /// It has no such figure.
    NotAtAll,
}

impl Known {
    /// A cell that says no more than is known.
    pub(super) fn tell(self, cell: Cell) -> Cell {
        match self {
            Known::Now => cell,
            Known::Once if cell == Cell::dot() => cell.in_role(Role::FreshnessOld),
            Known::Once => cells::old(cell),
            Known::Never => unknown(),
            Known::NotAtAll => Cell::dot(),
        }
    }
}

/// How far what a feed brings of a part of a cluster can be trusted.
pub(super) fn of_place(cx: &Cx<'_>, source: SourceId, place: &str) -> Known {
    of_feeds(cx, |key| key.source == source && key.scope.is_within(place))
}

/// How far what some feeds bring can be trusted.
fn of_feeds(cx: &Cx<'_>, is_of_them: impl Fn(&SourceKey) -> bool) -> Known {
    let reports = || {
        let all = cx.state.reports().filter(|(key, _)| is_of_them(key));
        all.map(|(_, report)| report)
    };
    let was_heard = reports().any(|report| report.confirmed_at.is_some());
    let is_live =
        reports().all(|report| matches!(report.health(cx.now), Health::Live | Health::Partial));
    match (was_heard, is_live) {
        (false, _) => Known::Never,
        (true, false) => Known::Once,
        (true, true) => Known::Now,
    }
}

/// How far the pods of a tier are known.
pub(super) fn pods_known(cx: &Cx<'_>, index: Option<TierIndex>) -> Known {
    let pods = index.and_then(|index| cx.state.tier(index)).map(|tier| &tier.pods);
    let place = pods.and_then(|pods| Some((pods.cluster.as_ref()?, pods.namespace.as_ref()?)));
    place.map_or(Known::NotAtAll, |(cluster, namespace)| {
        of_place(cx, SourceId::PODS, &format!("{cluster}/{namespace}"))
    })
}

/// How far the queue is known.
pub(super) fn queue_known(cx: &Cx<'_>) -> Known {
    match cx.state.source_health(SourceId::QUEUE, cx.now) {
        _ if !cx.state.knows_queue() => Known::Never,
        // It is no number of an earlier time: what was read is told as the least that there is.
        _ if cx.state.is_queue_partly_read() => Known::Now,
        Some(Health::Live | Health::Partial) => Known::Now,
        _ => Known::Once,
    }
}

/// How many pods of all tiers stand so.
pub(super) fn count(cx: &Cx<'_>, stand: Stand) -> usize {
    let tiers = cx.state.tiers().iter().map(|(index, _)| index);
    let counts = tiers.filter_map(|tier| cx.state.capacity(Some(tier)));
    counts.map(|capacity| usize::try_from(capacity.count(stand)).unwrap_or(usize::MAX)).sum()
}

/// How many pods of a tier stand so; in their role where there is one.
pub(super) fn stand(cx: &Cx<'_>, index: TierIndex, stand: Stand) -> Cell {
    let count = cx.state.capacity(Some(index)).map_or(0, |capacity| capacity.count(stand));
    let words = format!("{}{count}", cx.state.floor());
    let cell = match (count, stand) {
        (0, _) => Cell::dim(words),
        (_, Stand::Stuck) => Cell::new(words, Role::SeverityBad),
        (_, Stand::Unplaced) => Cell::new(words, Role::SeverityWarning),
        _ => Cell::plain(words),
    };
    pods_known(cx, Some(index)).tell(cell)
}

/// How many pods of a tier run with a job to do.
pub(super) fn at_work(cx: &Cx<'_>, index: TierIndex) -> Cell {
    let count = cx.state.capacity(Some(index)).map_or(0, Capacity::at_work);
    let words = format!("{}{count}", cx.state.floor());
    let cell = if count == 0 { Cell::dim(words) } else { Cell::plain(words) };
    pods_known(cx, Some(index)).tell(cell)
}

/// Jobs of a tier, as the queue counts them.
pub(super) fn jobs(cx: &Cx<'_>, count: u64) -> Cell {
    let is_least = cx.state.is_queue_partly_read();
    let words = format!("{}{count}", if is_least { "≥" } else { cx.state.floor() });
    queue_known(cx).tell(if count == 0 { Cell::dim(words) } else { Cell::plain(words) })
}

/// Median, 95th percentile and their n of a segment; few observations have no percentile.
pub(super) fn latency(cx: &Cx<'_>, index: TierIndex, segment: Segment) -> [Cell; 3] {
    let of = percentiles(cx, index, segment);
    let target = match segment {
        Segment::Schedule => {
            cx.state.tier(index).map_or(f64::INFINITY, |tier| tier.pods.scheduling_target_seconds)
        }
        Segment::Sandbox | Segment::Init | Segment::Start => f64::INFINITY,
    };
    let known = pods_known(cx, Some(index));
    let n = known.tell(Cell::dim(of.n.to_string()));
    if of.n > 0 && !of.is_enough() {
        return [known.tell(Cell::dim(format!("n={}", of.n))), known.tell(Cell::dot()), n];
    }
    let [p50, p95] = [of.p50, of.p95].map(|value| cells::percentile(value, &of, target));
    [known.tell(p50), known.tell(p95), n]
}

/// The percentiles of a segment.
pub(super) fn percentiles(cx: &Cx<'_>, index: TierIndex, segment: Segment) -> Percentiles {
    cx.state
        .capacity(Some(index))
        .map_or_else(Percentiles::default, |capacity| capacity.latency(segment))
}

/// How far a ceiling of a tier is known: no further than each of the feeds that tell of it.
pub(super) fn ceiling_known(cx: &Cx<'_>, index: TierIndex, kind: CeilingKind) -> Known {
    match kind {
        CeilingKind::RunnerLimit => {
            let runners = of_feeds(cx, |key| key.source == SourceId::RUNNERS);
            let mut all =
                cx.state.runners_of_tier(index).filter_map(|id| cx.state.runners().get(id));
            // Where a runner does not tell its jobs, the queue does.
            let is_told = all.all(|runner| runner.paused || runner.running.is_some());
            if is_told { runners } else { runners.max(queue_known(cx)) }
        }
        CeilingKind::Concurrent => Known::Now,
        CeilingKind::NodegroupMax => {
            let groups = cx.state.groups_of_tier(index);
            let groups = groups.filter_map(|id| cx.state.nodegroups().get(id));
            groups.map(|group| size_known(cx, group)).max().unwrap_or(Known::Never)
        }
    }
}

/// How far the size of a node group is known.
pub(super) fn size_known(cx: &Cx<'_>, group: &NodeGroup) -> Known {
    let group_itself = group_known(cx, group);
    if group.desired.is_some() { group_itself } else { group_itself.max(nodes_known(cx, group)) }
}

/// How far a node group itself is known: its status, its bounds, its issues.
pub(super) fn group_known(cx: &Cx<'_>, group: &NodeGroup) -> Known {
    let source = match group.kind {
        NodeGroupKind::Eks => SourceId::NODEGROUPS,
        NodeGroupKind::Karpenter => SourceId::NODEPOOLS,
    };
    of_place(cx, source, &group.cluster)
}

/// How far the nodes of a node group are known.
pub(super) fn nodes_known(cx: &Cx<'_>, group: &NodeGroup) -> Known {
    of_place(cx, SourceId::NODES, &group.cluster)
}

/// How much of each ceiling is used; the tightest is marked.
pub(super) fn ceilings(cx: &Cx<'_>, index: TierIndex) -> [Cell; 3] {
    let ceilings = cx.state.ceilings(index);
    let tightest = Ceiling::tightest(&ceilings);
    let known = ceilings.map(|ceiling| ceiling_known(cx, index, ceiling.kind));
    let rated = ceilings.iter().zip(known).filter(|(ceiling, _)| ceiling.ratio.is_some());
    let all = rated.map(|(_, known)| known).max().unwrap_or(Known::Never);
    let mut known = known.into_iter();
    ceilings.map(|ceiling| {
        let is_tightest = tightest == Some(ceiling);
        match known.next().unwrap_or(Known::Never) {
            Known::Now if is_tightest => tightest_cell(ceiling, all),
            known => known.tell(ceiling_words(ceiling).map_or_else(unknown, Cell::dim)),
        }
    })
}

/// Used and limit; where one of them is not told, it is not put in.
fn ceiling_words(ceiling: Ceiling) -> Option<String> {
    match (ceiling.used, ceiling.limit) {
        (Some(used), Some(limit)) => Some(format!("{used}/{limit}")),
        (None, Some(limit)) => Some(format!("of {limit}")),
        (_, None) => ceiling.ratio.map(|ratio| format!("{:.0} %", ratio * 100.0)),
    }
}

/// The tightest ceiling. That all is well needs every ceiling to be known: another may be tighter by now.
fn tightest_cell(ceiling: Ceiling, all: Known) -> Cell {
    let words = ceiling_words(ceiling).unwrap_or_default();
    let (mark, role) = match ceiling.ratio {
        Some(1.0..) => (Mark::Bad, Role::SeverityBad),
        Some(0.9..) => (Mark::Warning, Role::SeverityWarning),
        _ if all == Known::Now => (Mark::Fine, Role::TextStrong),
        _ => (Mark::Unknown, Role::SeverityUnknown),
    };
    Cell::mark(mark, role).and(format!(" {words}"), role)
}

/// A cell that says that nothing is known.
pub(super) fn unknown() -> Cell {
    Cell::mark(Mark::Unknown, Role::SeverityUnknown)
}

/// Whether the promise for placing pods holds: by the 95th percentile, and by the oldest that has no node.
pub(super) fn verdict(cx: &Cx<'_>, index: TierIndex) -> Cell {
    let Some(tier) = cx.state.tier(index) else { return Cell::dot() };
    let target = format!(" {}", span(cells::whole(tier.pods.scheduling_target_seconds)));
    let (mark, role) = match pods_known(cx, Some(index)) {
        Known::NotAtAll => return Cell::dot(),
        Known::Never | Known::Once => (Mark::Unknown, Role::SeverityUnknown),
        Known::Now if is_late(cx, index, tier) => (Mark::Bad, Role::SeverityBad),
        Known::Now => (Mark::Fine, Role::SeverityOk),
    };
    Cell::mark(mark, role).and(target, Role::TextDim)
}

fn is_late(cx: &Cx<'_>, index: TierIndex, tier: &Tier) -> bool {
    let target = tier.pods.scheduling_target_seconds;
    let waits = cx
        .state
        .capacity(Some(index))
        .and_then(Capacity::oldest_unplaced)
        .map(|(since, _)| seconds_between(since, cx.now));
    let of = percentiles(cx, index, Segment::Schedule);
    waits.is_some_and(|waits| waits > cells::whole(target))
        || (of.is_enough() && of.p95.is_some_and(|p95| p95 > target))
}

/// How long the oldest pod without a node has waited for one.
pub(super) fn oldest(cx: &Cx<'_>, index: TierIndex) -> Cell {
    let oldest = cx.state.capacity(Some(index)).and_then(Capacity::oldest_unplaced);
    let cell = oldest.map_or_else(Cell::dot, |(since, id)| {
        let row = cx.state.pods().row(id);
        let until = row.map_or(cx.now, |row| cells::known_until(cx, row));
        Cell::new(span(seconds_between(since, until).max(0)), Role::SeverityWarning)
    });
    pods_known(cx, Some(index)).tell(cell)
}
