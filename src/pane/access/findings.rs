//! What the rules of access find, as rows: the gravest first.

use super::{principals, words};
use crate::access::{AboutKind, Found, RULES};
use crate::domain::time::exact_seconds_between;
use crate::domain::{EntityId, SourceId, Text};
use crate::pane::block::{Align, Cell};
use crate::pane::cells;
use crate::pane::lens::{
    Column, Cx, Field, FieldKind, Lens, LensAbout, Order, RowStanding, Shown, Subject, Value,
    Width, no_words,
};
use crate::state::{Changes, State};
use crate::theme::Role;

/// Findings of access as rows.
#[derive(Debug)]
pub struct AccessFindingRows;

/// The one value of its kind.
pub static ACCESS_FINDINGS: AccessFindingRows = AccessFindingRows;

static ROWS: LensAbout = LensAbout {
    name: "access_findings",
    noun: ("finding", "findings"),
    columns: COLUMNS,
    fields: FIELDS,
    default_sort: "severity",
    groupings: &[],
    feeds: &[SourceId::ACCESS],
};

impl Lens for AccessFindingRows {
    fn about(&self) -> &'static LensAbout {
        &ROWS
    }

    fn scan<'a>(
        &self,
        state: &'a State,
        _: Option<&EntityId>,
    ) -> Box<dyn Iterator<Item = Subject<'a>> + 'a> {
        let all = state.picture().map(|picture| picture.report().findings.as_slice());
        Box::new(all.unwrap_or_default().iter().map(Subject::AccessFinding))
    }

    fn touched(&self, _: &State, _: &Changes) -> Vec<EntityId> {
        Vec::new()
    }

    fn is_outdated(&self, changes: &Changes) -> bool {
        changes.rights
    }

    fn search(&self, _: &Cx<'_>, subject: Subject<'_>, visit: &mut dyn FnMut(&str)) {
        read(subject, |found| {
            visit(found.code.word());
            visit(&found.title);
            visit(&found.about.id);
        });
    }

    fn standing(&self, cx: &Cx<'_>, _: Subject<'_>) -> RowStanding {
        words::standing(cx)
    }
}

fn read<T: Default>(subject: Subject<'_>, of: impl FnOnce(&Found) -> T) -> T {
    subject.access_finding().map(of).unwrap_or_default()
}

/// What it is about, by the name that people know.
pub(super) fn about(cx: &Cx<'_>, found: &Found) -> String {
    let picture = cx.state.picture();
    let named = match found.about.kind {
        AboutKind::Principal | AboutKind::Credential => picture
            .and_then(|one| one.principal_named(&found.about.id))
            .map(|one| one.called().to_string()),
        AboutKind::Grant => {
            let grant = picture.and_then(|one| one.grant_named(&found.about.id));
            grant.map(|grant| {
                let subject = picture.and_then(|one| one.principal_named(&grant.subject));
                let subject =
                    subject.map_or_else(|| grant.subject.clone(), |one| one.called().clone());
                format!("{subject} on {}", grant.resource.path)
            })
        }
        _ => None,
    };
    named.unwrap_or_else(|| found.about.id.to_string())
}

/// What is covered stands after everything that is not.
fn order(found: &Found) -> Order {
    let covered = if found.covered_by.is_some() { 100 } else { 0 };
    Order::Number(covered + found.severity as i64)
}

#[rustfmt::skip] // One column a block: they are read as a table.
static COLUMNS: &[Column] = &[
    Column { name: "severity", title: "SEVERITY", width: Width::fixed(10), align: Align::Left,
        doc: "how grave it is; what an exception covers stands last", rank: 0, shown: Shown::Always,
        cell: |_, s| read(s, |found| match found.covered_by {
            None => words::severity(found.severity),
            Some(_) => Cell::dim(format!("({})", found.severity.as_str())),
        }),
        order: |_, s| read(s, order) },
    Column { name: "code", title: "CODE", width: Width::fixed(4), align: Align::Left,
        doc: "the rule that found it", rank: 0, shown: Shown::Always,
        cell: |_, s| read(s, |found| Cell::plain(found.code.word())),
        order: |_, s| read(s, |found| Order::Text(Text::new(found.code.word()))) },
    Column { name: "what", title: "WHAT", width: Width::grow(20, 100, 5), align: Align::Left,
        doc: "what is wrong", rank: 0, shown: Shown::Always,
        cell: |_, s| read(s, |found| Cell::plain(found.title.as_str())),
        order: |_, s| read(s, |found| Order::Text(found.title.clone())) },
    Column { name: "about", title: "ABOUT", width: Width::grow(14, 50, 3), align: Align::Left,
        doc: "who or what it is about", rank: 1, shown: Shown::Always,
        cell: |cx, s| read(s, |found| Cell::path(about(cx, found), Role::Text)),
        order: |cx, s| read(s, |found| Order::Text(Text::new(&about(cx, found)))) },
    Column { name: "since", title: "SINCE", width: Width::fixed(6), align: Align::Right,
        doc: "since when, as far as is known", rank: 4, shown: Shown::Always,
        cell: |cx, s| read(s, |found| cells::since(found.since, cx.now, Role::Text)),
        order: |_, s| read(s, |found| Order::instant(found.since)) },
    Column { name: "covered", title: "COVERED BY", width: Width::grow(8, 20, 1), align: Align::Left,
        doc: "the active exception that covers it", rank: 3, shown: Shown::Always,
        cell: |_, s| read(s, |found| cells::text(found.covered_by.as_ref(), Role::Text)),
        order: |_, s| read(s, |found| Order::text(found.covered_by.as_ref())) },
    Column { name: "next", title: "NEXT STEP", width: Width::grow(16, 80, 3), align: Align::Left,
        doc: "what to do next", rank: 5, shown: Shown::Wide,
        cell: |_, s| read(s, |found| Cell::dim(found.next_step.as_str())),
        order: |_, s| read(s, |found| Order::Text(found.next_step.clone())) },
];

fn rules(_: &State) -> Vec<Text> {
    RULES.iter().map(|rule| Text::new(rule.code.word())).collect()
}

#[rustfmt::skip] // One field a block: they are read as a table.
static FIELDS: &[Field] = &[
    Field { name: "severity", kind: FieldKind::Text, words: principals::severities, doc: "how grave it is",
        of: |_, s| read(s, |found| Value::Word(found.severity.as_str())) },
    Field { name: "code", kind: FieldKind::Text, words: rules, doc: "the rule that found it",
        of: |_, s| read(s, |found| Value::Word(found.code.word())) },
    Field { name: "about", kind: FieldKind::Text, words: no_words, doc: "who or what it is about",
        of: |cx, s| read(s, |found| Value::Text(Text::new(&about(cx, found)))) },
    Field { name: "covered", kind: FieldKind::Bool, words: no_words, doc: "whether an active exception covers it",
        of: |_, s| read(s, |found| Value::Bool(found.covered_by.is_some())) },
    Field { name: "since", kind: FieldKind::Span, words: no_words, doc: "for how long: `since>90d`",
        of: |cx, s| read(s, |found| Value::seconds(found.since.map(|at| exact_seconds_between(at, cx.now)))) },
];
