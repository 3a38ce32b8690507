//! Tiers as rows: the band's figures, to be ordered, filtered and gone into.

use super::{figures, words};
use crate::domain::{EntityId, Stand, Text, Tier, TierIndex};
use crate::pane::block::{Align, Cell};
use crate::pane::cells;
use crate::pane::lens::{
    Column, Cx, Field, FieldKind, Lens, LensAbout, Order, RowStanding, Shown, Subject, Value,
    Width, no_words,
};
use crate::pane::pipelines;
use crate::state::{Capacity, CeilingKind, Changes, Queue, Segment, State};
use crate::theme::Role;

/// Tiers.
#[derive(Debug)]
pub struct TierRows;

/// The one value of its kind.
pub static TIER_ROWS: TierRows = TierRows;

static ROWS: LensAbout = LensAbout {
    name: "tiers",
    noun: ("tier", "tiers"),
    columns: COLUMNS,
    fields: FIELDS,
    default_sort: "tier",
    groupings: &[],
    feeds: &[],
};

impl Lens for TierRows {
    fn about(&self) -> &'static LensAbout {
        &ROWS
    }

    fn scan<'a>(
        &self,
        state: &'a State,
        _: Option<&EntityId>,
    ) -> Box<dyn Iterator<Item = Subject<'a>> + 'a> {
        Box::new(state.tiers().iter().map(|(index, tier)| Subject::Tier(index, tier)))
    }

    fn touched(&self, state: &State, changes: &Changes) -> Vec<EntityId> {
        let is_same = changes.jobs.is_empty() && changes.runners.is_empty() && !changes.capacity;
        if is_same && changes.pods.is_empty() && changes.nodegroups.is_empty() && !changes.figures {
            return Vec::new();
        }
        state.tiers().iter().map(|(index, _)| EntityId::Tier(index)).collect()
    }

    fn search(&self, _: &Cx<'_>, subject: Subject<'_>, visit: &mut dyn FnMut(&str)) {
        if let Subject::Tier(_, tier) = subject {
            visit(&tier.name);
            tier.pods.namespace.iter().for_each(|namespace| visit(namespace));
        }
    }

    fn standing(&self, _: &Cx<'_>, _: Subject<'_>) -> RowStanding {
        // Each figure says for itself whether it is old: they come from several feeds.
        RowStanding::default()
    }
}

fn read<T: Default>(subject: Subject<'_>, of: impl FnOnce(TierIndex, &Tier) -> T) -> T {
    subject.tier().map(|(index, tier)| of(index, tier)).unwrap_or_default()
}

fn waiting(cx: &Cx<'_>, index: TierIndex) -> u64 {
    let queue = cx.state.queue(Some(index));
    queue.map_or(0, |queue| u64::try_from(queue.waiting()).unwrap_or(u64::MAX))
}

fn running(cx: &Cx<'_>, index: TierIndex) -> u64 {
    cx.state.queue(Some(index)).map_or(0, Queue::running)
}

fn pods(cx: &Cx<'_>, index: TierIndex, stand: Stand) -> u64 {
    cx.state.capacity(Some(index)).map_or(0, |capacity| capacity.count(stand))
}

/// The most first.
fn most(count: u64) -> Order {
    Order::Number(-i64::try_from(count).unwrap_or(i64::MAX))
}

/// The tightest of its ceilings, with its name.
fn tightest_cell(cx: &Cx<'_>, index: TierIndex) -> Cell {
    let Some(tightest) = cx.state.tightest_ceiling(index) else {
        let kinds = [CeilingKind::RunnerLimit, CeilingKind::NodegroupMax];
        let known = kinds.map(|kind| figures::ceiling_known(cx, index, kind));
        let is_known = known.iter().all(|known| *known == figures::Known::Now);
        return if is_known { Cell::dim("n/a") } else { figures::unknown() };
    };
    let place = cx.state.ceilings(index).iter().position(|ceiling| *ceiling == tightest);
    let cell = place.and_then(|place| figures::ceilings(cx, index).into_iter().nth(place));
    let name = words::ceiling(tightest.kind);
    cell.unwrap_or_default().and(format!("  {name}"), Role::TextDim)
}

#[rustfmt::skip] // One column a block: they are read as a table.
static COLUMNS: &[Column] = &[
    Column { name: "tier", title: "TIER", width: Width::grow(11, 24, 1), align: Align::Left,
        doc: "its name, in the order of the configuration", rank: 0, shown: Shown::Always,
        cell: |_, s| read(s, |_, tier| Cell::new(tier.name.as_str(), Role::TierName)),
        order: |_, s| read(s, |index, _| Order::Number(i64::from(index.0))) },
    Column { name: "protected", title: "PROTECTED", width: Width::fixed(9), align: Align::Left,
        doc: "whether acts on it need a typed name and a reason", rank: 7, shown: Shown::Always,
        cell: |_, s| read(s, |_, tier| if tier.protected { Cell::plain("yes") } else { Cell::dim("no") }),
        order: |_, s| read(s, |_, tier| Order::Number(i64::from(!tier.protected))) },
    Column { name: "waiting", title: "WAITING", width: Width::fixed(8), align: Align::Right,
        doc: "jobs that wait for a runner", rank: 0, shown: Shown::Always,
        cell: |cx, s| read(s, |index, _| figures::jobs(cx, waiting(cx, index))),
        order: |cx, s| read(s, |index, _| most(waiting(cx, index))) },
    Column { name: "running", title: "RUNNING", width: Width::fixed(8), align: Align::Right,
        doc: "jobs on a runner", rank: 1, shown: Shown::Always,
        cell: |cx, s| read(s, |index, _| figures::jobs(cx, running(cx, index))),
        order: |cx, s| read(s, |index, _| most(running(cx, index))) },
    Column { name: "oldest", title: "OLDEST", width: Width::fixed(8), align: Align::Right,
        doc: "how long the oldest of the waiting jobs has waited", rank: 1, shown: Shown::Always,
        cell: |cx, s| read(s, |index, _| figures::queue_known(cx).tell(pipelines::oldest_cell(cx, index))),
        order: |cx, s| read(s, |index, _| cx.state.queue(Some(index)).and_then(Queue::oldest)
            .map_or(Order::Last, |(at, _)| Order::instant(Some(at)))) },
    Column { name: "p50", title: "P50", width: Width::fixed(7), align: Align::Right,
        doc: "the median queue time of the last hour", rank: 6, shown: Shown::Always,
        cell: |cx, s| read(s, |index, _| queue_percentile(cx, index, 50)),
        order: |cx, s| read(s, |index, _| queue_order(cx, index, 50)) },
    Column { name: "p95", title: "P95", width: Width::fixed(7), align: Align::Right,
        doc: "the 95th percentile of queue time", rank: 4, shown: Shown::Always,
        cell: |cx, s| read(s, |index, _| queue_percentile(cx, index, 95)),
        order: |cx, s| read(s, |index, _| queue_order(cx, index, 95)) },
    Column { name: "p99", title: "P99", width: Width::fixed(7), align: Align::Right,
        doc: "the 99th percentile of queue time", rank: 8, shown: Shown::Always,
        cell: |cx, s| read(s, |index, _| queue_percentile(cx, index, 99)),
        order: |cx, s| read(s, |index, _| queue_order(cx, index, 99)) },
    Column { name: "n", title: "N", width: Width::fixed(5), align: Align::Right,
        doc: "jobs behind those percentiles", rank: 6, shown: Shown::Always,
        cell: |cx, s| read(s, |index, _| if cx.state.is_collected() {
            figures::queue_known(cx).tell(Cell::dim(queue_n(cx, index).to_string())) } else { Cell::dim("n/a") }),
        order: |cx, s| read(s, |index, _| most(queue_n(cx, index))) },
    Column { name: "stuck", title: "STUCK", width: Width::fixed(6), align: Align::Right,
        doc: "pods that will not run by waiting alone", rank: 2, shown: Shown::Always,
        cell: |cx, s| read(s, |index, _| figures::stand(cx, index, Stand::Stuck)),
        order: |cx, s| read(s, |index, _| most(pods(cx, index, Stand::Stuck))) },
    Column { name: "unplaced", title: "NO NODE", width: Width::fixed(8), align: Align::Right,
        doc: "pods that wait for a node", rank: 2, shown: Shown::Always,
        cell: |cx, s| read(s, |index, _| figures::stand(cx, index, Stand::Unplaced)),
        order: |cx, s| read(s, |index, _| most(pods(cx, index, Stand::Unplaced))) },
    Column { name: "up", title: "UP", width: Width::fixed(6), align: Align::Right,
        doc: "pods that run and name a job", rank: 3, shown: Shown::Always,
        cell: |cx, s| read(s, |index, _| figures::at_work(cx, index)),
        order: |cx, s| read(s, |index, _| most(cx.state.capacity(Some(index)).map_or(0, Capacity::at_work))) },
    Column { name: "ceiling", title: "TIGHTEST CEILING", width: Width::grow(22, 34, 2), align: Align::Left,
        doc: "the limit of which the largest share is used", rank: 2, shown: Shown::Always,
        cell: |cx, s| read(s, |index, _| tightest_cell(cx, index)),
        order: |cx, s| read(s, |index, _| cx.state.tightest_ceiling(index).and_then(|ceiling| ceiling.ratio)
            .map_or(Order::Last, |ratio| Order::Number(-cells::whole(ratio * 10_000.0)))) },
    Column { name: "placed", title: "PLACED P95", width: Width::fixed(10), align: Align::Right,
        doc: "the 95th percentile of the time until a pod was placed", rank: 5, shown: Shown::Always,
        cell: |cx, s| read(s, |index, _| { let [_, p95, _] = figures::latency(cx, index, Segment::Schedule); p95 }),
        order: |cx, s| read(s, |index, _| figures::percentiles(cx, index, Segment::Schedule).p95
            .map_or(Order::Last, |p95| Order::Number(-cells::whole(p95 * 1000.0)))) },
    Column { name: "namespace", title: "NAMESPACE", width: Width::grow(10, 30, 1), align: Align::Left,
        doc: "where its pods run", rank: 9, shown: Shown::Wide,
        cell: |_, s| read(s, |_, tier| cells::text(tier.pods.namespace.as_ref(), Role::TextDim)),
        order: |_, s| read(s, |_, tier| Order::text(tier.pods.namespace.as_ref())) },
];

fn queue_n(cx: &Cx<'_>, index: TierIndex) -> u64 {
    cx.state.queue(Some(index)).map_or(0, |queue| queue.percentiles().n as u64)
}

fn percentile(cx: &Cx<'_>, index: TierIndex, percent: u8) -> Option<f64> {
    let of = cx.state.queue(Some(index))?.percentiles();
    match percent {
        50 => of.p50,
        95 => of.p95,
        _ => of.p99,
    }
}

/// A percentile of queue time; n/a until the whole hour was read, nothing where few were observed.
fn queue_percentile(cx: &Cx<'_>, index: TierIndex, percent: u8) -> Cell {
    if !cx.state.is_collected() {
        return Cell::dim("n/a");
    }
    let Some(of) = cx.state.queue(Some(index)).map(Queue::percentiles) else { return Cell::dot() };
    let target = cx.state.tier(index).map_or(f64::INFINITY, |tier| tier.queue_target_seconds);
    let cell = cells::percentile(percentile(cx, index, percent), &of, target);
    figures::queue_known(cx).tell(cell)
}

fn queue_order(cx: &Cx<'_>, index: TierIndex, percent: u8) -> Order {
    percentile(cx, index, percent)
        .map_or(Order::Last, |seconds| Order::Number(-cells::whole(seconds * 1000.0)))
}

fn namespace_words(state: &State) -> Vec<Text> {
    state.tiers().iter().filter_map(|(_, tier)| tier.pods.namespace.clone()).collect()
}

#[rustfmt::skip] // One field a block: they are read as a table.
static FIELDS: &[Field] = &[
    Field { name: "tier", kind: FieldKind::Text, words: words::tier_words, doc: "its name",
        of: |_, s| read(s, |_, tier| Value::Text(tier.name.clone())) },
    Field { name: "protected", kind: FieldKind::Bool, words: no_words, doc: "acts on it need a typed name and a reason",
        of: |_, s| read(s, |_, tier| Value::Bool(tier.protected)) },
    Field { name: "cluster", kind: FieldKind::Text, words: words::cluster_words, doc: "the cluster of its pods",
        of: |_, s| read(s, |_, tier| Value::text(tier.pods.cluster.as_ref())) },
    Field { name: "namespace", kind: FieldKind::Text, words: namespace_words, doc: "the namespace of its pods",
        of: |_, s| read(s, |_, tier| Value::text(tier.pods.namespace.as_ref())) },
    Field { name: "waiting", kind: FieldKind::Number, words: no_words, doc: "jobs that wait for a runner",
        of: |cx, s| read(s, |index, _| Value::Number(cells::number(waiting(cx, index)))) },
    Field { name: "running", kind: FieldKind::Number, words: no_words, doc: "jobs on a runner",
        of: |cx, s| read(s, |index, _| Value::Number(cells::number(running(cx, index)))) },
    Field { name: "stuck", kind: FieldKind::Number, words: no_words, doc: "pods that will not run by waiting alone",
        of: |cx, s| read(s, |index, _| Value::Number(cells::number(pods(cx, index, Stand::Stuck)))) },
    Field { name: "unplaced", kind: FieldKind::Number, words: no_words, doc: "pods that wait for a node",
        of: |cx, s| read(s, |index, _| Value::Number(cells::number(pods(cx, index, Stand::Unplaced)))) },
];
