//! What is known about one tier, runner, pod, node or node group.

mod group;
mod node;
mod pod;
mod runner;
mod tier;

use crate::domain::EntityId;
use crate::domain::time::{seconds_between, span};
use crate::pane::block::{Block, Cell};
use crate::pane::cells;
use crate::pane::lens::Cx;
use crate::state::Row;
use crate::theme::Role;

/// The blocks of a detail.
pub(super) fn blocks(cx: &Cx<'_>, id: &EntityId) -> Vec<Block> {
    let blocks = match id {
        EntityId::Tier(index) => tier::blocks(cx, *index),
        EntityId::Runner(id) => runner::blocks(cx, *id),
        EntityId::Pod(id) => pod::blocks(cx, *id),
        EntityId::Node(id) => node::blocks(cx, *id),
        EntityId::NodeGroup(id) => group::blocks(cx, *id),
        _ => None,
    };
    blocks.unwrap_or_default()
}

/// Names and values.
type Facts = Vec<(String, Cell)>;

/// One name with its value.
fn fact(name: &str, cell: Cell) -> (String, Cell) {
    (name.to_owned(), cell)
}

/// When something was last confirmed, for what is old.
fn confirmed<T>(cx: &Cx<'_>, row: &Row<T>) -> Option<(String, Cell)> {
    let seen_at = cx.state.row_seen_at(row);
    cx.state.is_stale(row, seen_at, cx.now).then(|| {
        let words = format!("{} ago", span(seconds_between(seen_at, cx.now).max(0)));
        fact("last confirmed", cells::old(Cell::plain(words)))
    })
}

/// A heading and what stands below it; nothing where that is empty.
fn section(title: &str, role: Role, lines: Vec<Cell>) -> Vec<Block> {
    if lines.is_empty() {
        return Vec::new();
    }
    vec![Block::Title(Cell::new(title, role)), Block::Lines(lines)]
}
