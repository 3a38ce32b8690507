//! Nodes as rows: what is asked of each against what it has, and whether it takes more.

use super::words;
use crate::domain::time::exact_seconds_between;
use crate::domain::{EntityId, Node, NodeId, SourceId, Text};
use crate::pane::block::{Align, Cell, Mark};
use crate::pane::cells::{self, known_until};
use crate::pane::lens::{
    Column, Cx, Field, FieldKind, Grouping, Lens, LensAbout, Order, RowStanding, Shown, Subject,
    Value, Width, no_words,
};
use crate::state::{Changes, State};
use crate::theme::Role;

/// Nodes.
#[derive(Debug)]
pub struct Nodes;

/// The one value of its kind.
pub static NODES: Nodes = Nodes;

static ROWS: LensAbout = LensAbout {
    name: "nodes",
    noun: ("node", "nodes"),
    columns: COLUMNS,
    fields: FIELDS,
    default_sort: "state",
    groupings: GROUPINGS,
    feeds: &[SourceId::NODES],
};

impl Lens for Nodes {
    fn about(&self) -> &'static LensAbout {
        &ROWS
    }

    fn scan<'a>(
        &self,
        state: &'a State,
        scope: Option<&EntityId>,
    ) -> Box<dyn Iterator<Item = Subject<'a>> + 'a> {
        match scope {
            Some(EntityId::NodeGroup(id)) => {
                let ids: Vec<NodeId> = state.nodes_of_group(*id).collect();
                Box::new(ids.into_iter().filter_map(|id| state.nodes().row(id).map(Subject::Node)))
            }
            _ => Box::new(state.nodes().iter().map(|(_, row)| Subject::Node(row))),
        }
    }

    fn touched(&self, _: &State, changes: &Changes) -> Vec<EntityId> {
        changes.nodes.iter().copied().map(EntityId::Node).collect()
    }

    fn is_within(&self, _: &State, scope: &EntityId, subject: Subject<'_>) -> bool {
        let Subject::Node(row) = subject else { return false };
        match scope {
            EntityId::NodeGroup(id) => row.value.group == Some(*id),
            _ => true,
        }
    }

    fn search(&self, _: &Cx<'_>, subject: Subject<'_>, visit: &mut dyn FnMut(&str)) {
        let Subject::Node(row) = subject else { return };
        visit(&row.value.name);
        row.value.group_name.iter().for_each(|group| visit(group));
        row.value.instance_type.iter().for_each(|kind| visit(kind));
    }

    fn standing(&self, cx: &Cx<'_>, subject: Subject<'_>) -> RowStanding {
        words::standing(cx, subject.node())
    }
}

fn read<T: Default>(subject: Subject<'_>, of: impl FnOnce(&Node) -> T) -> T {
    subject.node().map(|row| of(&row.value)).unwrap_or_default()
}

/// What keeps a node from taking pods, the gravest first; nothing where it takes them.
pub(super) fn troubles(node: &Node) -> Vec<String> {
    let mut troubles = Vec::new();
    match node.ready {
        Some(true) => {}
        Some(false) => troubles.push(
            node.not_ready_reason
                .as_ref()
                .map_or_else(|| "not ready".to_owned(), |reason| format!("not ready: {reason}")),
        ),
        None => troubles.push("its kubelet is not heard of".to_owned()),
    }
    troubles.extend(node.pressures.iter().map(ToString::to_string));
    if node.cordoned {
        troubles.push("cordoned".to_owned());
    }
    troubles
}

/// A node's state with its mark: the gravest trouble in colour, the others behind it.
pub(super) fn state(node: &Node) -> Cell {
    let (mark, role) = match node.ready {
        Some(false) => (Mark::Bad, Role::SeverityBad),
        None => (Mark::Unknown, Role::SeverityUnknown),
        Some(true) if node.cordoned || !node.pressures.is_empty() => {
            (Mark::Warning, Role::SeverityWarning)
        }
        Some(true) => return Cell::mark(Mark::Fine, Role::SeverityOk).and(" ready", Role::TextDim),
    };
    Cell::mark(mark, role).and(format!(" {}", troubles(node).join(", ")), role)
}

/// How a rank is packed before an instant.
const CLASS: i64 = 1 << 52;

/// What needs eyes first, then the oldest.
fn state_order(node: &Node) -> Order {
    let class = match (node.ready, node.pressures.is_empty(), node.cordoned) {
        (Some(false), ..) => 0,
        (None, ..) => 1,
        (Some(true), false, _) => 2,
        (Some(true), true, true) => 3,
        (Some(true), true, false) => 4,
    };
    Order::Number(class * CLASS + node.created_at.as_millisecond())
}

/// The sign before what is asked of a node: `≥` while not every pod on it is known.
pub(super) fn sign(cx: &Cx<'_>, node: &Node) -> &'static str {
    if cx.state.requested(node.id).whole { "" } else { "≥" }
}

fn cpu_cell(cx: &Cx<'_>, node: &Node) -> Cell {
    let asked = cx.state.requested(node.id).resources;
    cells::taken(asked.cpu_millis, node.allocatable.cpu_millis, sign(cx, node))
}

fn memory_cell(cx: &Cx<'_>, node: &Node) -> Cell {
    let asked = cx.state.requested(node.id).resources;
    cells::taken(asked.memory_bytes, node.allocatable.memory_bytes, sign(cx, node))
}

fn pods_cell(cx: &Cx<'_>, node: &Node) -> Cell {
    let asked = cx.state.requested(node.id).resources;
    let words = format!("{}{}/{}", sign(cx, node), asked.pods, node.allocatable.pods);
    let is_full = node.allocatable.pods > 0 && asked.pods >= node.allocatable.pods;
    Cell::new(words, if is_full { Role::SeverityWarning } else { Role::Text })
}

/// The fullest first, in hundredths of a per cent.
fn share_order(part: u64, whole: u64) -> Order {
    if whole == 0 {
        return Order::Last;
    }
    Order::Number(-cells::whole(cells::ratio(part, whole) * 10_000.0))
}

/// The share in per cent, as a filter knows it.
fn share(part: u64, whole: u64) -> Value {
    if whole == 0 { Value::None } else { Value::Number(cells::ratio(part, whole) * 100.0) }
}

#[rustfmt::skip] // One column a block: they are read as a table.
static COLUMNS: &[Column] = &[
    Column { name: "node", title: "NODE", width: Width::grow(14, 34, 1), align: Align::Left,
        doc: "its name, without its domain", rank: 0, shown: Shown::Always,
        cell: |_, s| read(s, |node| Cell::plain(words::short_node(&node.name))),
        order: |_, s| read(s, |node| Order::Text(node.name.clone())) },
    Column { name: "cluster", title: "CLUSTER", width: Width::grow(8, 20, 1), align: Align::Left,
        doc: "the cluster, where several are watched", rank: 1, shown: Shown::SeveralClusters,
        cell: |_, s| read(s, |node| Cell::dim(node.cluster.as_str())),
        order: |_, s| read(s, |node| Order::Text(node.cluster.clone())) },
    Column { name: "group", title: "GROUP", width: Width::grow(12, 28, 1), align: Align::Left,
        doc: "the node group or NodePool that made it", rank: 2, shown: Shown::Always,
        cell: |_, s| read(s, |node| cells::text(node.group_name.as_ref(), Role::Text)),
        order: |_, s| read(s, |node| Order::text(node.group_name.as_ref())) },
    Column { name: "type", title: "TYPE", width: Width::grow(11, 16, 1), align: Align::Left,
        doc: "its instance type", rank: 5, shown: Shown::Always,
        cell: |_, s| read(s, |node| cells::text(node.instance_type.as_ref(), Role::TextDim)),
        order: |_, s| read(s, |node| Order::text(node.instance_type.as_ref())) },
    Column { name: "cpu", title: "CPU", width: Width::grow(13, 27, 4), align: Align::Left,
        doc: "CPU that its pods ask for, of what the scheduler may give", rank: 1, shown: Shown::Always,
        cell: |cx, s| read(s, |node| cpu_cell(cx, node)),
        order: |cx, s| read(s, |node| share_order(
            cx.state.requested(node.id).resources.cpu_millis, node.allocatable.cpu_millis)) },
    Column { name: "memory", title: "MEMORY", width: Width::grow(13, 27, 4), align: Align::Left,
        doc: "memory that its pods ask for, of what the scheduler may give", rank: 1, shown: Shown::Always,
        cell: |cx, s| read(s, |node| memory_cell(cx, node)),
        order: |cx, s| read(s, |node| share_order(
            cx.state.requested(node.id).resources.memory_bytes, node.allocatable.memory_bytes)) },
    Column { name: "pods", title: "PODS", width: Width::fixed(7), align: Align::Right,
        doc: "pods on it, of those that it may hold", rank: 3, shown: Shown::Always,
        cell: |cx, s| read(s, |node| pods_cell(cx, node)),
        order: |cx, s| read(s, |node| share_order(
            cx.state.requested(node.id).resources.pods, node.allocatable.pods)) },
    Column { name: "capacity", title: "CAPACITY", width: Width::grow(9, 14, 1), align: Align::Left,
        doc: "how it is paid for", rank: 6, shown: Shown::Always,
        cell: |_, s| read(s, |node| cells::text(node.capacity_type.as_ref(), Role::TextDim)),
        order: |_, s| read(s, |node| Order::text(node.capacity_type.as_ref())) },
    Column { name: "zone", title: "ZONE", width: Width::grow(10, 14, 1), align: Align::Left,
        doc: "its zone", rank: 7, shown: Shown::Always,
        cell: |_, s| read(s, |node| cells::text(node.zone.as_ref(), Role::TextDim)),
        order: |_, s| read(s, |node| Order::text(node.zone.as_ref())) },
    Column { name: "age", title: "AGE", width: Width::fixed(4), align: Align::Right,
        doc: "time since it joined", rank: 3, shown: Shown::Always,
        cell: |cx, s| s.node().map_or_else(Cell::empty, |row|
            cells::since(Some(row.value.created_at), known_until(cx, row), Role::TextDim)),
        order: |_, s| read(s, |node| Order::instant(Some(node.created_at))) },
    Column { name: "state", title: "STATE", width: Width::grow(12, 50, 2), align: Align::Left,
        doc: "ready, or what is wrong with it; ordered by what needs eyes first", rank: 0, shown: Shown::Always,
        cell: |_, s| read(s, state),
        order: |_, s| read(s, state_order) },
    Column { name: "taints", title: "TAINTS", width: Width::grow(10, 60, 1), align: Align::Left,
        doc: "what a pod must tolerate to be placed on it", rank: 8, shown: Shown::Wide,
        cell: |_, s| read(s, |node| Cell::dim(node.taints.join(" "))),
        order: |_, s| read(s, |node| Order::text(node.taints.first())) },
    Column { name: "version", title: "VERSION", width: Width::grow(8, 24, 1), align: Align::Left,
        doc: "its kubelet's version", rank: 8, shown: Shown::Wide,
        cell: |_, s| read(s, |node| cells::text(node.version.as_ref(), Role::TextDim)),
        order: |_, s| read(s, |node| Order::text(node.version.as_ref())) },
];

fn state_words(_: &State) -> Vec<Text> {
    ["ready", "notready", "unknown", "cordoned", "MemoryPressure", "DiskPressure", "PIDPressure"]
        .map(Text::new)
        .to_vec()
}

/// Every word that holds of a node's state.
fn states(node: &Node) -> Value {
    let ready = match node.ready {
        Some(true) => "ready",
        Some(false) => "notready",
        None => "unknown",
    };
    let cordoned = node.cordoned.then(|| Text::new("cordoned"));
    let words = [Text::new(ready)].into_iter().chain(cordoned);
    Value::List(words.chain(node.pressures.iter().cloned()).collect())
}

#[rustfmt::skip] // One field a block: they are read as a table.
static FIELDS: &[Field] = &[
    Field { name: "node", kind: FieldKind::Text, words: no_words, doc: "its name, in full or as it is shown",
        of: |_, s| read(s, |node| words::node_value(&node.name)) },
    Field { name: "state", kind: FieldKind::Text, words: state_words, doc: "ready, notready, unknown, cordoned, or a pressure",
        of: |_, s| read(s, states) },
    Field { name: "reason", kind: FieldKind::Text, words: no_words, doc: "why it is not ready",
        of: |_, s| read(s, |node| Value::text(node.not_ready_reason.as_ref())) },
    Field { name: "group", kind: FieldKind::Text, words: words::group_words, doc: "the node group or NodePool, or none",
        of: |_, s| read(s, |node| Value::text(node.group_name.as_ref())) },
    Field { name: "tier", kind: FieldKind::Text, words: words::tier_words, doc: "the tier that its node group carries",
        of: |cx, s| read(s, |node| words::tier_value(cx, node.group
            .and_then(|id| cx.state.nodegroups().get(id)).and_then(|group| group.tier))) },
    Field { name: "cluster", kind: FieldKind::Text, words: words::cluster_words, doc: "the cluster",
        of: |_, s| read(s, |node| Value::Text(node.cluster.clone())) },
    Field { name: "type", kind: FieldKind::Text, words: no_words, doc: "its instance type",
        of: |_, s| read(s, |node| Value::text(node.instance_type.as_ref())) },
    Field { name: "zone", kind: FieldKind::Text, words: no_words, doc: "its zone",
        of: |_, s| read(s, |node| Value::text(node.zone.as_ref())) },
    Field { name: "capacity", kind: FieldKind::Text, words: no_words, doc: "how it is paid for",
        of: |_, s| read(s, |node| Value::text(node.capacity_type.as_ref())) },
    Field { name: "taint", kind: FieldKind::Text, words: no_words, doc: "a taint",
        of: |_, s| read(s, |node| Value::List(std::sync::Arc::clone(&node.taints))) },
    Field { name: "cpu", kind: FieldKind::Percent, words: no_words, doc: "CPU that is asked for, per cent",
        of: |cx, s| read(s, |node| share(
            cx.state.requested(node.id).resources.cpu_millis, node.allocatable.cpu_millis)) },
    Field { name: "memory", kind: FieldKind::Percent, words: no_words, doc: "memory that is asked for, per cent",
        of: |cx, s| read(s, |node| share(
            cx.state.requested(node.id).resources.memory_bytes, node.allocatable.memory_bytes)) },
    Field { name: "pods", kind: FieldKind::Number, words: no_words, doc: "pods on it",
        of: |cx, s| read(s, |node| Value::Number(cells::number(cx.state.requested(node.id).resources.pods))) },
    Field { name: "age", kind: FieldKind::Span, words: no_words, doc: "time since it joined",
        of: |cx, s| s.node().map_or(Value::None, |row|
            Value::Seconds(exact_seconds_between(row.value.created_at, known_until(cx, row)))) },
];

static GROUPINGS: &[Grouping] = &[
    Grouping {
        name: "node group",
        of: |_, s| s.node().and_then(|row| row.value.group).map_or((1, 0), |group| (0, group.0)),
    },
    Grouping {
        name: "tier",
        of: |cx, s| {
            let group = s.node().and_then(|row| row.value.group);
            let tier = group.and_then(|id| cx.state.nodegroups().get(id)).and_then(|g| g.tier);
            (tier.map_or(i64::MAX, |tier| i64::from(tier.0)), 0)
        },
    },
];
