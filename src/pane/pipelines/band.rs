//! One line a tier: who waits, how long, and whether the promise holds.

use crate::domain::time::{seconds_between, span};
use crate::domain::{Health, SourceId, TierIndex};
use crate::pane::block::{Align, Block, Cell, Heading, Mark, Piece};
use crate::pane::cells;
use crate::pane::lens::Cx;
use crate::state::{Queue, State};
use crate::theme::Role;

/// Every tier with its queue; last the jobs that fit no tier.
pub(super) fn tiers(state: &State) -> impl Iterator<Item = (Option<TierIndex>, &Queue)> {
    state
        .tiers()
        .iter()
        .map(|(index, _)| Some(index))
        .chain([None])
        .filter_map(|index| state.queue(index).map(|queue| (index, queue)))
}

/// How long the oldest waiting job has waited, as far as that is known.
pub(super) struct Oldest {
    seconds: i64,
    /// Whether it was not confirmed lately: then it is counted until its last confirmation.
    is_old: bool,
}

/// The oldest waiting job of a queue.
pub(super) fn oldest(cx: &Cx<'_>, queue: &Queue) -> Option<Oldest> {
    let (since, id) = queue.oldest()?;
    let row = cx.state.jobs().row(id)?;
    let seconds = seconds_between(since, cells::job_known_until(cx, row)).max(0);
    Some(Oldest { seconds, is_old: cx.state.is_job_stale(row, cx.now) })
}

/// Whether the oldest waiting job is beyond the tier's target. What is old proves nothing.
pub(super) fn is_late(cx: &Cx<'_>, index: Option<TierIndex>, queue: &Queue) -> bool {
    let Some(tier) = index.and_then(|index| cx.state.tier(index)) else { return false };
    let Some(Oldest { seconds, is_old }) = oldest(cx, queue) else { return false };
    !is_old && seconds > cells::whole(tier.queue_target_seconds)
}

/// The band of the pane.
pub(super) fn blocks(cx: &Cx<'_>) -> Vec<Block> {
    let rows = tiers(cx.state)
        .filter(|(index, queue)| index.is_some() || !is_empty(queue))
        .map(|(index, queue)| line(cx, index, queue))
        .collect();
    let mut blocks = vec![Block::Grid(headings(), rows)];
    blocks.extend(failing(cx));
    blocks
}

/// One line for protected refs that fail: how many, and the first few by name.
fn failing(cx: &Cx<'_>) -> Option<Block> {
    const NAMED: usize = 3;
    let all: Vec<String> = cx
        .state
        .failing()
        .filter_map(|(id, refs)| Some((cx.state.projects().get(id)?, refs)))
        .flat_map(|(project, refs)| {
            refs.iter().map(|failing| format!("{} {}", project.path, failing.reference))
        })
        .collect();
    let named = all.get(..all.len().min(NAMED))?.join(", ");
    let more = all.len().checked_sub(NAMED).filter(|more| *more > 0);
    let more = more.map_or_else(String::new, |more| format!(" and {more} more"));
    let (verb, noun) = if all.len() == 1 { ("fails", "ref") } else { ("fail", "refs") };
    (!all.is_empty()).then(|| {
        Block::Lines(vec![
            Cell::mark(Mark::Bad, Role::SeverityBad)
                .and(format!(" {} protected {noun} {verb}: ", all.len()), Role::SeverityBad)
                .and(format!("{named}{more}"), Role::Text),
        ])
    })
}

fn is_empty(queue: &Queue) -> bool {
    queue.waiting() == 0 && queue.running() == 0 && queue.blocked() == 0
}

fn headings() -> Vec<Heading> {
    vec![
        Heading::new("tier", 11, Align::Left),
        Heading::new("waiting", 7, Align::Right),
        Heading::new("oldest", 7, Align::Right),
        Heading::new("p50", 7, Align::Right),
        Heading::new("p95", 7, Align::Right),
        Heading::new("p99", 7, Align::Right).from_width(90),
        Heading::new("n", 6, Align::Right),
        Heading::new("longest wait, last hour", 30, Align::Left).from_width(120),
        Heading::new("running", 7, Align::Right),
        Heading::new("blocked", 7, Align::Right).from_width(100),
        Heading::new("platform ok", 11, Align::Right).from_width(110),
        Heading::new("target", 10, Align::Left),
    ]
}

/// How long the oldest waiting job of a tier has waited, against the tier's target.
pub(crate) fn oldest_cell(cx: &Cx<'_>, index: TierIndex) -> Cell {
    let target = cx.state.tier(index).map_or(f64::INFINITY, |tier| tier.queue_target_seconds);
    cx.state.queue(Some(index)).map_or_else(Cell::dot, |queue| waited(cx, queue, target))
}

fn waited(cx: &Cx<'_>, queue: &Queue, target: f64) -> Cell {
    oldest(cx, queue).map_or_else(Cell::dot, |Oldest { seconds, is_old }| {
        let is_late = !is_old && seconds > cells::whole(target.min(1e9));
        Cell::new(span(seconds), if is_late { Role::SeverityWarning } else { Role::Text })
    })
}

fn line(cx: &Cx<'_>, index: Option<TierIndex>, queue: &Queue) -> Vec<Cell> {
    let tier = index.and_then(|index| cx.state.tier(index));
    let target = tier.map_or(f64::INFINITY, |tier| tier.queue_target_seconds);
    let name = tier
        .map_or_else(|| Cell::dim("no tier"), |tier| Cell::new(tier.name.as_str(), Role::TierName));
    let oldest = waited(cx, queue, target);
    let [p50, p95, p99, n] = percentiles(cx, queue, target);
    let old = !matches!(health(cx), Some(Health::Live | Health::Partial));
    let known = cx.state.knows_queue();
    let dim = |cell: Cell| match (known, old) {
        (false, _) => Cell::new("?", Role::SeverityUnknown),
        (true, true) if cell == Cell::dot() => cell.in_role(Role::FreshnessOld),
        (true, true) => cells::old(cell),
        (true, false) => cell,
    };
    vec![
        name,
        dim(count(cx, queue.waiting())),
        dim(oldest),
        dim(p50),
        dim(p95),
        dim(p99),
        dim(n),
        spark(cx, queue),
        dim(count(cx, usize::try_from(queue.running()).unwrap_or(usize::MAX))),
        dim(count(cx, usize::try_from(queue.blocked()).unwrap_or(usize::MAX))),
        dim(platform(queue)),
        verdict(cx, index, queue),
    ]
}

fn health(cx: &Cx<'_>) -> Option<Health> {
    cx.state.source_health(SourceId::QUEUE, cx.now)
}

fn count(cx: &Cx<'_>, n: usize) -> Cell {
    let words = format!("{}{n}", cx.state.floor());
    if n == 0 { Cell::dim(words) } else { Cell::plain(words) }
}

/// The percentiles and their n; n/a until the last hour of every project was read.
fn percentiles(cx: &Cx<'_>, queue: &Queue, target: f64) -> [Cell; 4] {
    if !cx.state.is_collected() {
        return [Cell::dim("n/a"), Cell::dim("n/a"), Cell::dim("n/a"), Cell::dot()];
    }
    let of = queue.percentiles();
    let n = if of.n == 0 { Cell::dim("0") } else { Cell::dim(of.n.to_string()) };
    if !of.is_enough() && of.n > 0 {
        let few = Cell::dim(format!("n={}", of.n));
        return [few, Cell::dot(), Cell::dot(), n];
    }
    [
        cells::percentile(of.p50, &of, target),
        cells::percentile(of.p95, &of, target),
        cells::percentile(of.p99, &of, target),
        n,
    ]
}

/// The longest wait of the jobs that started, two minutes a point, a gap where none started.
fn spark(cx: &Cx<'_>, queue: &Queue) -> Cell {
    if !cx.state.is_collected() {
        return Cell::empty();
    }
    Cell(vec![Piece::Spark(queue.longest_by_span(cx.now), Role::Spark)])
}

fn platform(queue: &Queue) -> Cell {
    let outcomes = queue.outcomes();
    match outcomes.platform_success() {
        Some(share) if share < 0.99 => Cell::new(cells::per_cent(share), Role::SeverityWarning),
        Some(share) => Cell::plain(cells::per_cent(share)),
        None if outcomes.unread > 0 => Cell::dim("n/a"),
        None => Cell::dot(),
    }
}

/// Whether the promise holds; unknown while the queue is not live.
fn verdict(cx: &Cx<'_>, index: Option<TierIndex>, queue: &Queue) -> Cell {
    let Some(tier) = index.and_then(|index| cx.state.tier(index)) else {
        return Cell::mark(Mark::NotApplicable, Role::TextDim);
    };
    let target = format!(" {}", span(cells::whole(tier.queue_target_seconds)));
    match health(cx) {
        Some(Health::Live | Health::Partial) if is_late(cx, index, queue) => {
            Cell::mark(Mark::Bad, Role::SeverityBad).and(target, Role::TextDim)
        }
        Some(Health::Live) => Cell::mark(Mark::Fine, Role::SeverityOk).and(target, Role::TextDim),
        Some(_) | None => {
            Cell::mark(Mark::Unknown, Role::SeverityUnknown).and(target, Role::TextDim)
        }
    }
}
