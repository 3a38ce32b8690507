//! Grants as rows: one right of one principal on one resource, by one path.

use super::{principals, words};
use crate::access::{Found, LastUse, Picture, address, finding_address};
use crate::domain::access::{Grant, Principal};
use crate::domain::time::exact_seconds_between;
use crate::domain::{EntityId, PrincipalId, Severity, SourceId, Text};
use crate::pane::block::{Align, Cell};
use crate::pane::cells;
use crate::pane::lens::{
    Column, Cx, Field, FieldKind, Lens, LensAbout, Order, RowStanding, Shown, Subject, Value,
    Width, no_words,
};
use crate::state::{Changes, State};
use crate::theme::Role;

/// Grants as rows.
#[derive(Debug)]
pub struct GrantRows;

/// The one value of its kind.
pub static GRANTS: GrantRows = GrantRows;

static ROWS: LensAbout = LensAbout {
    name: "grants",
    noun: ("grant", "grants"),
    columns: COLUMNS,
    fields: FIELDS,
    default_sort: "worst",
    groupings: &[],
    feeds: &[SourceId::ACCESS],
};

impl Lens for GrantRows {
    fn about(&self) -> &'static LensAbout {
        &ROWS
    }

    fn scan<'a>(
        &self,
        state: &'a State,
        scope: Option<&EntityId>,
    ) -> Box<dyn Iterator<Item = Subject<'a>> + 'a> {
        let Some(picture) = state.picture() else { return Box::new(std::iter::empty()) };
        match within(picture, scope) {
            Some(grants) => Box::new(grants.into_iter().map(Subject::Grant)),
            None => Box::new(picture.population().grants.iter().map(Subject::Grant)),
        }
    }

    fn touched(&self, _: &State, _: &Changes) -> Vec<EntityId> {
        Vec::new()
    }

    fn is_outdated(&self, changes: &Changes) -> bool {
        changes.rights
    }

    fn is_within(&self, state: &State, scope: &EntityId, subject: Subject<'_>) -> bool {
        let (Some(picture), Some(grant)) = (state.picture(), subject.grant()) else { return false };
        match scope {
            EntityId::Principal(id) => PrincipalId::of(&[&grant.subject]) == *id,
            EntityId::Resource(id) => address(&grant.resource) == *id,
            EntityId::AccessFinding(id) => {
                picture.findings_about(grant).any(|found| finding_address(found) == *id)
            }
            _ => true,
        }
    }

    fn search(&self, cx: &Cx<'_>, subject: Subject<'_>, visit: &mut dyn FnMut(&str)) {
        read(subject, |grant| {
            visit(&subject_name(cx, grant));
            visit(&grant.resource.path);
            visit(&grant.right.name);
        });
    }

    fn standing(&self, cx: &Cx<'_>, _: Subject<'_>) -> RowStanding {
        words::standing(cx)
    }
}

/// The grants within a scope, by the index; `None` for all.
fn within<'a>(picture: &'a Picture, scope: Option<&EntityId>) -> Option<Vec<&'a Grant>> {
    match scope? {
        EntityId::Principal(id) => {
            let principal = picture.holder(*id).and_then(|holder| picture.principal(holder));
            Some(principal.map(|one| picture.grants_of(&one.id).collect()).unwrap_or_default())
        }
        EntityId::Resource(id) => {
            let held = picture.resource(*id);
            Some(held.map(|one| picture.grants_on(&one.resource).collect()).unwrap_or_default())
        }
        EntityId::AccessFinding(id) => {
            let ids = picture.finding(*id).map(|found| found.grants.as_slice());
            let ids = ids.unwrap_or_default().iter();
            Some(ids.filter_map(|id| picture.grant_named(id)).collect())
        }
        _ => None,
    }
}

fn read<T: Default>(subject: Subject<'_>, of: impl FnOnce(&Grant) -> T) -> T {
    subject.grant().map(of).unwrap_or_default()
}

fn principal<'a>(cx: &Cx<'a>, grant: &Grant) -> Option<&'a Principal> {
    cx.state.picture()?.principal_named(&grant.subject)
}

fn subject_name(cx: &Cx<'_>, grant: &Grant) -> Text {
    principal(cx, grant).map_or_else(|| grant.subject.clone(), |one| one.called().clone())
}

fn kind(cx: &Cx<'_>, grant: &Grant) -> &'static str {
    principal(cx, grant).map_or("", |one| one.kind.word())
}

fn found<'a>(cx: &Cx<'a>, grant: &Grant) -> Vec<&'a Found> {
    cx.state.picture().map(|one| one.findings_about(grant).collect()).unwrap_or_default()
}

fn worst(cx: &Cx<'_>, grant: &Grant) -> Option<Severity> {
    let open = found(cx, grant).into_iter().filter(|one| one.covered_by.is_none());
    open.map(|one| one.severity).min()
}

/// The right, and what it lacks to count.
fn right(cx: &Cx<'_>, grant: &Grant) -> Cell {
    let cell = match grant.right.level {
        Some(_) if grant.right.role.is_none() => words::level(grant.right.level),
        _ => Cell::plain(words::right(&grant.right)),
    };
    match words::standing_word(grant, cx.now) {
        None => cell,
        Some(word) => cell.and(format!(" {word}"), Role::SeverityWarning),
    }
}

#[rustfmt::skip] // One column a block: they are read as a table.
static COLUMNS: &[Column] = &[
    Column { name: "worst", title: "", width: Width::fixed(1), align: Align::Left,
        doc: "the gravest finding about it that no exception covers", rank: 0, shown: Shown::Always,
        cell: |cx, s| read(s, |grant| words::worst(worst(cx, grant))),
        order: |cx, s| read(s, |grant| words::worst_order(worst(cx, grant))) },
    Column { name: "subject", title: "PRINCIPAL", width: Width::grow(12, 40, 2), align: Align::Left,
        doc: "who or what has it", rank: 0, shown: Shown::Always,
        cell: |cx, s| read(s, |grant| Cell::path(subject_name(cx, grant).as_str(), Role::Text)),
        order: |cx, s| read(s, |grant| Order::Text(subject_name(cx, grant))) },
    Column { name: "kind", title: "KIND", width: Width::fixed(16), align: Align::Left,
        doc: "what kind of principal that is", rank: 5, shown: Shown::Always,
        cell: |cx, s| read(s, |grant| Cell::dim(kind(cx, grant).replace('_', " "))),
        order: |cx, s| read(s, |grant| Order::Text(Text::new(kind(cx, grant)))) },
    Column { name: "right", title: "RIGHT", width: Width::grow(12, 36, 1), align: Align::Left,
        doc: "what may be done", rank: 1, shown: Shown::Always,
        cell: |cx, s| read(s, |grant| right(cx, grant)),
        order: |_, s| read(s, |grant| words::level_order(grant.right.level)) },
    Column { name: "on", title: "ON", width: Width::grow(14, 60, 3), align: Align::Left,
        doc: "what it is on", rank: 0, shown: Shown::Always,
        cell: |_, s| read(s, |grant| Cell::path(grant.resource.path.as_str(), Role::Text)),
        order: |_, s| read(s, |grant| Order::Text(grant.resource.path.clone())) },
    Column { name: "path", title: "BY WAY OF", width: Width::grow(12, 44, 4), align: Align::Left,
        doc: "how it comes about, from the resource outwards", rank: 2, shown: Shown::Always,
        cell: |_, s| read(s, |grant| Cell::plain(grant.path_words())),
        order: |_, s| read(s, |grant| Order::Text(Text::new(&grant.path_words()))) },
    Column { name: "ends", title: "ENDS", width: Width::fixed(8), align: Align::Right,
        doc: "until when it holds", rank: 3, shown: Shown::Always,
        cell: |cx, s| read(s, |grant| words::end(grant.expires_at, cx.now)),
        order: |_, s| read(s, |grant| Order::instant(grant.expires_at)) },
    Column { name: "used", title: "USED", width: Width::fixed(8), align: Align::Right,
        doc: "when it was last used, where the platform tells", rank: 6, shown: Shown::Wide,
        cell: |cx, s| read(s, |grant| words::used(LastUse::of(&grant.last_used), cx.now)),
        order: |_, s| read(s, |grant| words::used_order(LastUse::of(&grant.last_used))) },
    Column { name: "by", title: "GIVEN BY", width: Width::grow(8, 20, 1), align: Align::Left,
        doc: "who gave it, where the platform tells", rank: 6, shown: Shown::Wide,
        cell: |_, s| read(s, |grant| cells::text(grant.granted_by.as_ref(), Role::Text)),
        order: |_, s| read(s, |grant| Order::text(grant.granted_by.as_ref())) },
    Column { name: "findings", title: "FINDINGS", width: Width::grow(8, 24, 1), align: Align::Left,
        doc: "codes of the rules that find something about it, covered ones in brackets", rank: 4, shown: Shown::Always,
        cell: |cx, s| read(s, |grant| words::codes_cell(&words::codes(found(cx, grant).into_iter()))),
        order: |cx, s| read(s, |grant| Order::Text(Text::new(&words::codes(found(cx, grant).into_iter()).join(" ")))) },
];

#[rustfmt::skip] // One field a block: they are read as a table.
static FIELDS: &[Field] = &[
    Field { name: "subject", kind: FieldKind::Text, words: no_words, doc: "who or what has it",
        of: |cx, s| read(s, |grant| Value::Text(subject_name(cx, grant))) },
    Field { name: "kind", kind: FieldKind::Text, words: principals::kinds, doc: "what kind of principal that is",
        of: |cx, s| read(s, |grant| Value::Word(kind(cx, grant))) },
    Field { name: "right", kind: FieldKind::Text, words: principals::levels, doc: "what may be done",
        of: |_, s| read(s, |grant| Value::Text(Text::new(&words::right(&grant.right)))) },
    Field { name: "on", kind: FieldKind::Text, words: no_words, doc: "what it is on: `on:acme/*`",
        of: |_, s| read(s, |grant| Value::Text(grant.resource.path.clone())) },
    Field { name: "via", kind: FieldKind::Text, words: no_words, doc: "how it comes about: direct, inherited, group_share, saml, token, …",
        of: |_, s| read(s, |grant| Value::List(grant.path.iter().map(|hop| Text::new(hop.via.word())).collect())) },
    Field { name: "ends", kind: FieldKind::Span, words: no_words, doc: "how long it still holds: `ends<14d`",
        of: |cx, s| read(s, |grant| Value::seconds(grant.expires_at.map(|at| exact_seconds_between(cx.now, at)))) },
    Field { name: "endless", kind: FieldKind::Bool, words: no_words, doc: "whether it has no end",
        of: |_, s| read(s, |grant| Value::Bool(grant.expires_at.is_none())) },
    Field { name: "severity", kind: FieldKind::Text, words: principals::severities, doc: "the gravest finding about it",
        of: |cx, s| read(s, |grant| worst(cx, grant).map_or(Value::None, |one| Value::Word(one.as_str()))) },
    Field { name: "finding", kind: FieldKind::Text, words: no_words, doc: "codes of the rules that find something about it",
        of: |cx, s| read(s, |grant| words::codes_value(found(cx, grant).into_iter())) },
];
