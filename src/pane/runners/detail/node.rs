//! One node: what it has, what is asked of it, and by whom.

use super::{Facts, confirmed, fact, section};
use crate::domain::{Node, NodeId, Pod};
use crate::pane::block::{Align, Block, Cell, Heading};
use crate::pane::cells;
use crate::pane::lens::Cx;
use crate::pane::runners::{nodes, pods, words};
use crate::theme::Role;

/// How many pods are named.
const NAMED: usize = 40;

pub(super) fn blocks(cx: &Cx<'_>, id: NodeId) -> Option<Vec<Block>> {
    let row = cx.state.nodes().row(id)?;
    let node = &*row.value;
    let mut facts = facts(cx, node);
    facts.extend(confirmed(cx, row));
    let mut blocks = vec![
        Block::Title(Cell::new(node.name.as_str(), Role::TextStrong)),
        Block::Facts(facts),
        room(cx, node),
    ];
    let taints = node.taints.iter().map(|taint| Cell::plain(taint.as_str())).collect();
    blocks.extend(section("taints", Role::TextDim, taints));
    blocks.extend(section("runner pods on it", Role::TextDim, residents(cx, id)));
    Some(blocks)
}

fn facts(cx: &Cx<'_>, node: &Node) -> Facts {
    vec![
        fact("state", nodes::state(node)),
        fact("node group", cells::text(node.group_name.as_ref(), Role::Text)),
        fact("type", cells::text(node.instance_type.as_ref(), Role::Text)),
        fact("capacity", cells::text(node.capacity_type.as_ref(), Role::Text)),
        fact("zone", cells::text(node.zone.as_ref(), Role::Text)),
        fact("cluster", Cell::plain(node.cluster.as_str())),
        fact("kubelet", cells::text(node.version.as_ref(), Role::Text)),
        fact("joined", cells::since(Some(node.created_at), cx.now, Role::Text)),
    ]
}

/// What is asked for, against what the scheduler may give.
fn room(cx: &Cx<'_>, node: &Node) -> Block {
    let headings = vec![
        Heading::new("", 7, Align::Left),
        Heading::new("asked for", 10, Align::Right),
        Heading::new("of", 8, Align::Right),
        Heading::new("", 28, Align::Left),
    ];
    let asked = cx.state.requested(node.id).resources;
    let has = node.allocatable;
    let sign = nodes::sign(cx, node);
    let line = |name: &str, words: [String; 2], part, whole| {
        let [part_words, whole_words] = words;
        vec![
            Cell::dim(name),
            Cell::plain(format!("{sign}{part_words}")),
            Cell::dim(whole_words),
            cells::taken(part, whole, sign),
        ]
    };
    let cores = [asked.cpu_millis, has.cpu_millis].map(cells::cores);
    let memory = [asked.memory_bytes, has.memory_bytes].map(cells::memory);
    let pods = [asked.pods, has.pods].map(|n| n.to_string());
    Block::Grid(
        headings,
        vec![
            line("cpu", cores, asked.cpu_millis, has.cpu_millis),
            line("memory", memory, asked.memory_bytes, has.memory_bytes),
            line("pods", pods, asked.pods, has.pods),
        ],
    )
}

fn residents(cx: &Cx<'_>, id: NodeId) -> Vec<Cell> {
    let here = cx.state.pods_of_node(id).filter_map(|id| cx.state.pods().get(id));
    let mut all: Vec<&Pod> = here.map(AsRef::as_ref).collect();
    // As in the table: what needs eyes, what runs, what has ended.
    all.sort_by_cached_key(|pod| pods::state_order(pod));
    let more = all.len().saturating_sub(NAMED);
    let named = all.into_iter().take(NAMED);
    let mut lines: Vec<Cell> = named.map(|pod| words::attempt(cx, pod, None)).collect();
    if more > 0 {
        lines.push(Cell::dim(format!("and {more} more; enter lists them all")));
    }
    lines
}
