//! Node groups as rows: how far each can still grow, and what is wrong with it.

use super::figures::{self, Known};
use super::words;
use crate::domain::{EntityId, NodeGroup, NodeGroupKind, SourceId, Text};
use crate::pane::block::{Align, Cell, Mark};
use crate::pane::cells;
use crate::pane::lens::{
    Column, Cx, Field, FieldKind, Grouping, Lens, LensAbout, Order, RowStanding, Shown, Subject,
    Value, Width, no_words,
};
use crate::state::{Changes, State};
use crate::theme::Role;

/// Node groups.
#[derive(Debug)]
pub struct NodeGroups;

/// The one value of its kind.
pub static NODE_GROUPS: NodeGroups = NodeGroups;

static ROWS: LensAbout = LensAbout {
    name: "nodegroups",
    noun: ("node group", "node groups"),
    columns: COLUMNS,
    fields: FIELDS,
    default_sort: "status",
    groupings: GROUPINGS,
    feeds: &[SourceId::NODEGROUPS, SourceId::NODEPOOLS],
};

impl Lens for NodeGroups {
    fn about(&self) -> &'static LensAbout {
        &ROWS
    }

    fn scan<'a>(
        &self,
        state: &'a State,
        _: Option<&EntityId>,
    ) -> Box<dyn Iterator<Item = Subject<'a>> + 'a> {
        Box::new(state.nodegroups().iter().map(|(_, row)| Subject::NodeGroup(row)))
    }

    fn touched(&self, _: &State, changes: &Changes) -> Vec<EntityId> {
        changes.nodegroups.iter().copied().map(EntityId::NodeGroup).collect()
    }

    fn is_within(&self, _: &State, scope: &EntityId, subject: Subject<'_>) -> bool {
        let Subject::NodeGroup(row) = subject else { return false };
        match scope {
            EntityId::Tier(tier) => row.value.tier == Some(*tier),
            _ => true,
        }
    }

    fn search(&self, _: &Cx<'_>, subject: Subject<'_>, visit: &mut dyn FnMut(&str)) {
        let Subject::NodeGroup(row) = subject else { return };
        visit(&row.value.name);
        visit(&row.value.status);
        row.value.instance_types.iter().for_each(|kind| visit(kind));
    }

    fn standing(&self, cx: &Cx<'_>, subject: Subject<'_>) -> RowStanding {
        words::standing(cx, subject.node_group())
    }
}

fn read<T: Default>(subject: Subject<'_>, of: impl FnOnce(&NodeGroup) -> T) -> T {
    subject.node_group().map(|row| of(&row.value)).unwrap_or_default()
}

/// Whether it cannot grow.
pub(super) fn is_at_maximum(group: &NodeGroup) -> bool {
    group.is_at_maximum()
}

/// Whether its status is that of a group that works.
fn is_well(group: &NodeGroup) -> bool {
    matches!(&*group.status, "ACTIVE" | "Ready")
}

/// Its status with a mark, and what else is to be said of it.
pub(super) fn status(cx: &Cx<'_>, group: &NodeGroup) -> Cell {
    let more = if is_at_maximum(group) { ", at its maximum" } else { "" };
    let words = format!("{}{more}", group.status);
    match figures::group_known(cx, group) {
        Known::Now => {}
        Known::Once => return cells::old(Cell::plain(format!(" {words}"))),
        Known::Never | Known::NotAtAll => {
            return Cell::mark(Mark::Unknown, Role::SeverityUnknown)
                .and(format!(" {words}"), Role::TextDim);
        }
    }
    let (mark, role) = match (is_well(group), group.issues.is_empty(), is_at_maximum(group)) {
        (false, ..) if matches!(&*group.status, "CREATING" | "UPDATING" | "DELETING") => {
            (Mark::Running, Role::StatusRunning)
        }
        (false, ..) | (true, false, _) => (Mark::Bad, Role::SeverityBad),
        (true, true, true) => (Mark::Warning, Role::SeverityWarning),
        (true, true, false) => (Mark::Fine, Role::SeverityOk),
    };
    Cell::mark(mark, role).and(format!(" {words}"), role)
}

/// What needs eyes first: ill, with issues, full, moving, well.
fn status_order(group: &NodeGroup) -> Order {
    Order::Number(match (is_well(group), group.issues.is_empty(), is_at_maximum(group)) {
        (false, ..) => 0,
        (true, false, _) => 1,
        (true, true, true) => 2,
        (true, true, false) => 3,
    })
}

/// A number of nodes; a question mark where it is not told.
fn told(nodes: Option<u64>) -> String {
    nodes.map_or_else(|| "?".to_owned(), |nodes| nodes.to_string())
}

/// `min/desired/max`; a `NodePool` has no such numbers, but limits.
pub(super) fn size(group: &NodeGroup) -> Cell {
    if group.kind == NodeGroupKind::Karpenter {
        let Some((resource, used, limit)) = group.limits.first() else {
            return Cell::dim("no limit");
        };
        let used = used.as_ref().map_or("?", Text::as_str);
        let role = if is_at_maximum(group) { Role::SeverityWarning } else { Role::Text };
        return Cell::new(format!("{resource} {used}/{limit}"), role);
    }
    let words = [group.min, group.desired, group.max].map(told).join("/");
    let role = if is_at_maximum(group) { Role::SeverityWarning } else { Role::Text };
    Cell::new(words, role)
}

/// How many of its nodes are ready, of those that are there.
pub(super) fn nodes(cx: &Cx<'_>, group: &NodeGroup) -> Cell {
    let counts = cx.state.group_counts(group.id);
    let wanted = group.desired.unwrap_or(counts.nodes);
    let words = format!("{}/{wanted}", counts.ready);
    let role =
        if counts.ready < wanted.max(counts.nodes) { Role::SeverityWarning } else { Role::Text };
    figures::nodes_known(cx, group).tell(Cell::new(words, role))
}

/// How many nodes are there, as far as they were ever read.
fn nodes_value(cx: &Cx<'_>, group: &NodeGroup) -> Value {
    match figures::nodes_known(cx, group) {
        Known::Never | Known::NotAtAll => Value::None,
        Known::Now | Known::Once => {
            Value::Number(cells::number(cx.state.group_counts(group.id).nodes))
        }
    }
}

fn issues_cell(group: &NodeGroup) -> Cell {
    match (group.issues.len(), group.issues.first()) {
        (0, _) | (_, None) => Cell::empty(),
        (1, Some(issue)) => Cell::mark(Mark::Bad, Role::SeverityBad)
            .and(format!(" {}", issue.code), Role::SeverityBad),
        (n, Some(issue)) => Cell::mark(Mark::Bad, Role::SeverityBad)
            .and(format!(" {n}: {}", issue.code), Role::SeverityBad),
    }
}

/// What its Auto Scaling group did last.
fn activity_cell(cx: &Cx<'_>, group: &NodeGroup) -> Cell {
    let Some(activities) = &group.activities else {
        return if group.kind == NodeGroupKind::Eks { Cell::dim("not read") } else { Cell::dot() };
    };
    let Some(last) = activities.first() else { return Cell::dot() };
    let role = if &*last.status == "Failed" { Role::SeverityBad } else { Role::TextDim };
    let words = last.message.as_ref().unwrap_or(&last.description);
    let mut cell = cells::since(Some(last.at), cx.now, Role::TextDim);
    cell = cell.and(format!(" {}", last.status), role);
    cell.and(format!(" {words}"), Role::TextDim)
}

fn maximum(group: &NodeGroup) -> Order {
    match (group.desired, group.max) {
        (Some(desired), Some(max)) if max > 0 => {
            Order::Number(-cells::whole(cells::ratio(desired, max) * 10_000.0))
        }
        _ => Order::Last,
    }
}

#[rustfmt::skip] // One column a block: they are read as a table.
static COLUMNS: &[Column] = &[
    Column { name: "group", title: "NODE GROUP", width: Width::grow(14, 34, 2), align: Align::Left,
        doc: "its name", rank: 0, shown: Shown::Always,
        cell: |_, s| read(s, |group| Cell::plain(group.name.as_str())),
        order: |_, s| read(s, |group| Order::Text(group.name.clone())) },
    Column { name: "cluster", title: "CLUSTER", width: Width::grow(8, 20, 1), align: Align::Left,
        doc: "the cluster, where several are watched", rank: 1, shown: Shown::SeveralClusters,
        cell: |_, s| read(s, |group| Cell::dim(group.cluster.as_str())),
        order: |_, s| read(s, |group| Order::Text(group.cluster.clone())) },
    Column { name: "kind", title: "KIND", width: Width::fixed(9), align: Align::Left,
        doc: "eks, or karpenter for a NodePool", rank: 4, shown: Shown::Always,
        cell: |_, s| read(s, |group| Cell::dim(group.kind.as_str())),
        order: |_, s| read(s, |group| Order::Text(Text::new(group.kind.as_str()))) },
    Column { name: "tier", title: "TIER", width: Width::fixed(10), align: Align::Left,
        doc: "the tier that it carries", rank: 2, shown: Shown::Always,
        cell: |cx, s| read(s, |group| words::tier(cx, group.tier)),
        order: |_, s| read(s, |group| words::tier_order(group.tier)) },
    Column { name: "status", title: "STATUS", width: Width::grow(16, 28, 3), align: Align::Left,
        doc: "its own status, or that it is at its maximum; ordered by what needs eyes first", rank: 0, shown: Shown::Always,
        cell: |cx, s| read(s, |group| status(cx, group)),
        order: |_, s| read(s, status_order) },
    Column { name: "nodes", title: "READY", width: Width::fixed(7), align: Align::Right,
        doc: "its nodes that are ready, of those that are wanted, where that is told", rank: 1, shown: Shown::Always,
        cell: |cx, s| read(s, |group| nodes(cx, group)),
        order: |cx, s| read(s, |group| Order::Number(-i64::try_from(cx.state.group_counts(group.id).nodes).unwrap_or(i64::MAX))) },
    Column { name: "size", title: "MIN/WANTED/MAX", width: Width::grow(14, 24, 1), align: Align::Right,
        doc: "the fewest, the wanted and the most nodes; of a NodePool its first limit", rank: 1, shown: Shown::Always,
        cell: |_, s| read(s, size),
        order: |_, s| read(s, maximum) },
    Column { name: "issues", title: "ISSUES", width: Width::grow(10, 40, 2), align: Align::Left,
        doc: "what AWS or Karpenter says is wrong; the detail has the words", rank: 1, shown: Shown::Always,
        cell: |_, s| read(s, issues_cell),
        order: |_, s| read(s, |group| match group.issues.len() {
            0 => Order::Last,
            n => Order::Number(-i64::try_from(n).unwrap_or(i64::MAX)),
        }) },
    Column { name: "types", title: "TYPES", width: Width::grow(10, 40, 1), align: Align::Left,
        doc: "its instance types", rank: 5, shown: Shown::Always,
        cell: |_, s| read(s, |group| Cell::dim(group.instance_types.join(" "))),
        order: |_, s| read(s, |group| Order::text(group.instance_types.first())) },
    Column { name: "capacity", title: "CAPACITY", width: Width::grow(9, 14, 1), align: Align::Left,
        doc: "how its nodes are paid for", rank: 6, shown: Shown::Always,
        cell: |_, s| read(s, |group| cells::text(group.capacity_type.as_ref(), Role::TextDim)),
        order: |_, s| read(s, |group| Order::text(group.capacity_type.as_ref())) },
    Column { name: "version", title: "VERSION", width: Width::grow(7, 14, 1), align: Align::Left,
        doc: "its Kubernetes version", rank: 7, shown: Shown::Always,
        cell: |_, s| read(s, |group| cells::text(group.version.as_ref(), Role::TextDim)),
        order: |_, s| read(s, |group| Order::text(group.version.as_ref())) },
    Column { name: "activity", title: "LAST SCALING", width: Width::grow(14, 90, 3), align: Align::Left,
        doc: "what its Auto Scaling group did last, in its own words", rank: 3, shown: Shown::Always,
        cell: |cx, s| read(s, |group| activity_cell(cx, group)),
        order: |_, s| read(s, |group| group.activities.as_ref().and_then(|all| all.first())
            .map_or(Order::Last, |last| Order::Number(-last.at.as_millisecond()))) },
];

fn status_words(_: &State) -> Vec<Text> {
    ["ACTIVE", "DEGRADED", "UPDATING", "CREATING", "DELETING", "CREATE_FAILED", "Ready"]
        .map(Text::new)
        .to_vec()
}

fn kind_words(_: &State) -> Vec<Text> {
    ["eks", "karpenter"].map(Text::new).to_vec()
}

fn number(nodes: Option<u64>) -> Value {
    nodes.map_or(Value::None, |nodes| Value::Number(cells::number(nodes)))
}

#[rustfmt::skip] // One field a block: they are read as a table.
static FIELDS: &[Field] = &[
    Field { name: "group", kind: FieldKind::Text, words: words::group_words, doc: "its name",
        of: |_, s| read(s, |group| Value::Text(group.name.clone())) },
    Field { name: "kind", kind: FieldKind::Text, words: kind_words, doc: "eks or karpenter",
        of: |_, s| read(s, |group| Value::Word(group.kind.as_str())) },
    Field { name: "tier", kind: FieldKind::Text, words: words::tier_words, doc: "the tier that it carries, or none",
        of: |cx, s| read(s, |group| words::tier_value(cx, group.tier)) },
    Field { name: "cluster", kind: FieldKind::Text, words: words::cluster_words, doc: "the cluster",
        of: |_, s| read(s, |group| Value::Text(group.cluster.clone())) },
    Field { name: "status", kind: FieldKind::Text, words: status_words, doc: "its own status",
        of: |_, s| read(s, |group| Value::Text(group.status.clone())) },
    Field { name: "issue", kind: FieldKind::Text, words: no_words, doc: "the code of an issue, or none",
        of: |_, s| read(s, |group| Value::List(group.issues.iter().map(|issue| issue.code.clone()).collect())) },
    Field { name: "full", kind: FieldKind::Bool, words: no_words, doc: "it is at its maximum",
        of: |_, s| read(s, |group| Value::Bool(is_at_maximum(group))) },
    Field { name: "nodes", kind: FieldKind::Number, words: no_words, doc: "nodes that are there",
        of: |cx, s| read(s, |group| nodes_value(cx, group)) },
    Field { name: "min", kind: FieldKind::Number, words: no_words, doc: "the fewest nodes",
        of: |_, s| read(s, |group| number(group.min)) },
    Field { name: "desired", kind: FieldKind::Number, words: no_words, doc: "the nodes that it wants",
        of: |_, s| read(s, |group| number(group.desired)) },
    Field { name: "max", kind: FieldKind::Number, words: no_words, doc: "the most nodes",
        of: |_, s| read(s, |group| number(group.max)) },
    Field { name: "type", kind: FieldKind::Text, words: no_words, doc: "an instance type",
        of: |_, s| read(s, |group| Value::List(std::sync::Arc::clone(&group.instance_types))) },
    Field { name: "capacity", kind: FieldKind::Text, words: no_words, doc: "how its nodes are paid for",
        of: |_, s| read(s, |group| Value::text(group.capacity_type.as_ref())) },
];

static GROUPINGS: &[Grouping] = &[Grouping {
    name: "tier",
    of: |_, s| {
        let tier = s.node_group().and_then(|row| row.value.tier);
        (tier.map_or(i64::MAX, |tier| i64::from(tier.0)), 0)
    },
}];
