//! One line a tier: its jobs, its pods, how near its ceilings are, and how fast its pods are placed.

use super::figures;
use crate::domain::{Stand, TierIndex};
use crate::pane::block::{Align, Block, Cell, Heading, Piece};
use crate::pane::lens::Cx;
use crate::state::{Queue, Segment};
use crate::theme::Role;

/// The band of the pane.
pub(super) fn blocks(cx: &Cx<'_>) -> Vec<Block> {
    let rows = cx.state.tiers().iter().map(|(index, _)| line(cx, index)).collect();
    vec![Block::Grid(headings(), rows)]
}

fn headings() -> Vec<Heading> {
    vec![
        Heading::new("tier", 11, Align::Left),
        Heading::new("waiting", 7, Align::Right),
        Heading::new("running", 7, Align::Right).from_width(86),
        Heading::new("stuck", 6, Align::Right),
        Heading::new("no node", 7, Align::Right),
        Heading::new("starting", 8, Align::Right).from_width(110),
        Heading::new("up", 6, Align::Right),
        Heading::new("limit", 9, Align::Right).from_width(100),
        Heading::new("concurrent", 10, Align::Right).from_width(175),
        Heading::new("nodes", 9, Align::Right),
        Heading::new("placed p50", 10, Align::Right).from_width(90),
        Heading::new("placed p95", 10, Align::Right),
        Heading::new("n", 5, Align::Right),
        Heading::new("longest, last hour", 30, Align::Left).from_width(130),
        Heading::new("target", 9, Align::Left).from_width(80),
    ]
}

fn line(cx: &Cx<'_>, index: TierIndex) -> Vec<Cell> {
    let queue = cx.state.queue(Some(index));
    let waiting = queue.map_or(0, |queue| u64::try_from(queue.waiting()).unwrap_or(u64::MAX));
    let stand = |stand| figures::stand(cx, index, stand);
    let [limit, concurrent, nodes] = figures::ceilings(cx, index);
    let [p50, p95, n] = figures::latency(cx, index, Segment::Schedule);
    vec![
        Cell::new(cx.state.tiers().name(Some(index)), Role::TierName),
        figures::jobs(cx, waiting),
        figures::jobs(cx, queue.map_or(0, Queue::running)),
        stand(Stand::Stuck),
        stand(Stand::Unplaced),
        stand(Stand::Starting),
        figures::at_work(cx, index),
        limit,
        concurrent,
        nodes,
        p50,
        p95,
        n,
        trend(cx, index),
        figures::verdict(cx, index),
    ]
}

/// The longest time that a pod waited for its node, two minutes a point, a gap where none was placed.
fn trend(cx: &Cx<'_>, index: TierIndex) -> Cell {
    cx.state.capacity(Some(index)).map_or_else(Cell::empty, |capacity| {
        Cell(vec![Piece::Spark(capacity.longest_by_span(cx.now), Role::Spark)])
    })
}
