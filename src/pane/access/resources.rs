//! What rights are on, as rows: groups, projects, clusters, namespaces, roles.

use super::{principals, words};
use crate::access::Held;
use crate::domain::{EntityId, SourceId, Text};
use crate::pane::block::{Align, Cell};
use crate::pane::cells;
use crate::pane::lens::{
    Column, Cx, Field, FieldKind, Lens, LensAbout, Order, RowStanding, Shown, Subject, Value,
    Width, no_words,
};
use crate::state::{Changes, State};
use crate::theme::Role;

/// Resources as rows.
#[derive(Debug)]
pub struct ResourceRows;

/// The one value of its kind.
pub static RESOURCES: ResourceRows = ResourceRows;

static ROWS: LensAbout = LensAbout {
    name: "resources",
    noun: ("resource", "resources"),
    columns: COLUMNS,
    fields: FIELDS,
    default_sort: "worst",
    groupings: &[],
    feeds: &[SourceId::ACCESS],
};

impl Lens for ResourceRows {
    fn about(&self) -> &'static LensAbout {
        &ROWS
    }

    fn scan<'a>(
        &self,
        state: &'a State,
        _: Option<&EntityId>,
    ) -> Box<dyn Iterator<Item = Subject<'a>> + 'a> {
        let all = state.picture().map(|picture| picture.held()).unwrap_or_default();
        Box::new(all.iter().map(Subject::Resource))
    }

    fn touched(&self, _: &State, _: &Changes) -> Vec<EntityId> {
        Vec::new()
    }

    fn is_outdated(&self, changes: &Changes) -> bool {
        changes.rights
    }

    fn search(&self, _: &Cx<'_>, subject: Subject<'_>, visit: &mut dyn FnMut(&str)) {
        read(subject, |held| visit(&held.resource.path));
    }

    fn standing(&self, cx: &Cx<'_>, _: Subject<'_>) -> RowStanding {
        words::standing(cx)
    }
}

fn read<T: Default>(subject: Subject<'_>, of: impl FnOnce(&Held) -> T) -> T {
    subject.resource().map(of).unwrap_or_default()
}

fn codes(cx: &Cx<'_>, held: &Held) -> Vec<String> {
    let found = cx.state.picture().map(|picture| picture.findings_on(held));
    words::codes(found.unwrap_or_default().into_iter())
}

fn count(n: usize) -> Order {
    Order::Number(-i64::try_from(n).unwrap_or(i64::MAX))
}

#[rustfmt::skip] // One column a block: they are read as a table.
static COLUMNS: &[Column] = &[
    Column { name: "worst", title: "", width: Width::fixed(1), align: Align::Left,
        doc: "the gravest finding about it that no exception covers", rank: 0, shown: Shown::Always,
        cell: |_, s| read(s, |held| words::worst(held.worst)),
        order: |_, s| read(s, |held| words::worst_order(held.worst)) },
    Column { name: "resource", title: "RESOURCE", width: Width::grow(16, 70, 4), align: Align::Left,
        doc: "its full path, name or ARN", rank: 0, shown: Shown::Always,
        cell: |_, s| read(s, |held| Cell::path(held.resource.path.as_str(), Role::Text)),
        order: |_, s| read(s, |held| Order::Text(held.resource.path.clone())) },
    Column { name: "kind", title: "KIND", width: Width::fixed(10), align: Align::Left,
        doc: "instance, group, project, cluster, namespace, role", rank: 1, shown: Shown::Always,
        cell: |_, s| read(s, |held| Cell::dim(held.resource.kind.word())),
        order: |_, s| read(s, |held| Order::Number(held.resource.kind as i64)) },
    Column { name: "subjects", title: "HOLDERS", width: Width::fixed(7), align: Align::Right,
        doc: "how many principals have a right on it", rank: 2, shown: Shown::Always,
        cell: |_, s| read(s, |held| Cell::plain(held.subjects.to_string())),
        order: |_, s| read(s, |held| count(held.subjects)) },
    Column { name: "owners", title: "OWNERS", width: Width::fixed(6), align: Align::Right,
        doc: "how many of them may do everything there", rank: 3, shown: Shown::Always,
        cell: |_, s| read(s, |held| Cell::plain(held.owners.to_string())),
        order: |_, s| read(s, |held| count(held.owners)) },
    Column { name: "endless", title: "NO END", width: Width::fixed(6), align: Align::Right,
        doc: "how many grants on it have no end", rank: 4, shown: Shown::Always,
        cell: |_, s| read(s, |held| Cell::plain((held.grants - held.bounded).to_string())),
        order: |_, s| read(s, |held| count(held.grants - held.bounded)) },
    Column { name: "findings", title: "FINDINGS", width: Width::grow(10, 40, 2), align: Align::Left,
        doc: "codes of the rules that find something about it, covered ones in brackets", rank: 2, shown: Shown::Always,
        cell: |cx, s| read(s, |held| words::codes_cell(&codes(cx, held))),
        order: |cx, s| read(s, |held| Order::Text(Text::new(&codes(cx, held).join(" ")))) },
];

fn kinds(_: &State) -> Vec<Text> {
    ["instance", "group", "project", "cluster", "namespace", "role"].map(Text::new).into()
}

#[rustfmt::skip] // One field a block: they are read as a table.
static FIELDS: &[Field] = &[
    Field { name: "path", kind: FieldKind::Text, words: no_words, doc: "its full path, name or ARN",
        of: |_, s| read(s, |held| Value::Text(held.resource.path.clone())) },
    Field { name: "kind", kind: FieldKind::Text, words: kinds, doc: "what it is",
        of: |_, s| read(s, |held| Value::Word(held.resource.kind.word())) },
    Field { name: "severity", kind: FieldKind::Text, words: principals::severities, doc: "the gravest finding about it",
        of: |_, s| read(s, |held| held.worst.map_or(Value::None, |one| Value::Word(one.as_str()))) },
    Field { name: "finding", kind: FieldKind::Text, words: no_words, doc: "codes of the rules that find something about it",
        of: |cx, s| read(s, |held| words::codes_value(cx.state.picture().map(|one| one.findings_on(held)).unwrap_or_default().into_iter())) },
    Field { name: "holders", kind: FieldKind::Number, words: no_words, doc: "how many principals have a right on it",
        of: |_, s| read(s, |held| Value::Number(cells::number(held.subjects as u64))) },
    Field { name: "owners", kind: FieldKind::Number, words: no_words, doc: "how many may do everything there: `owners>5`",
        of: |_, s| read(s, |held| Value::Number(cells::number(held.owners as u64))) },
];
