//! Requests as rows: merge requests that touch the register, the oldest first.

use super::rows::records;
use super::words;
use crate::domain::time::{exact_seconds_between, seconds_between, span};
use crate::domain::{EntityId, ExceptionRequest, SourceId, Text};
use crate::pane::block::{Align, Cell};
use crate::pane::cells;
use crate::pane::lens::{
    Column, Cx, Field, FieldKind, Lens, LensAbout, Order, RowStanding, Shown, Subject, Value,
    Width, no_words,
};
use crate::state::{Changes, State};
use crate::theme::Role;

/// Requests as rows.
#[derive(Debug)]
pub struct RequestRows;

/// The one value of its kind.
pub static REQUESTS: RequestRows = RequestRows;

static ROWS: LensAbout = LensAbout {
    name: "requests",
    noun: ("request", "requests"),
    columns: COLUMNS,
    fields: FIELDS,
    default_sort: "age",
    groupings: &[],
    feeds: &[SourceId::REQUESTS],
};

impl Lens for RequestRows {
    fn about(&self) -> &'static LensAbout {
        &ROWS
    }

    fn scan<'a>(
        &self,
        state: &'a State,
        _: Option<&EntityId>,
    ) -> Box<dyn Iterator<Item = Subject<'a>> + 'a> {
        Box::new(state.requests().iter().map(|(_, row)| Subject::Request(row)))
    }

    fn touched(&self, _: &State, changes: &Changes) -> Vec<EntityId> {
        changes.requests.iter().copied().map(EntityId::Request).collect()
    }

    fn search(&self, _: &Cx<'_>, subject: Subject<'_>, visit: &mut dyn FnMut(&str)) {
        let Some(row) = subject.request() else { return };
        visit(&row.value.title);
        visit(&row.value.author);
        records(&row.value).for_each(|record| visit(&record.id));
    }

    fn standing(&self, cx: &Cx<'_>, subject: Subject<'_>) -> RowStanding {
        let Some(row) = subject.request() else { return RowStanding::default() };
        RowStanding {
            is_stale: cx.state.is_stale(row, row.seen_at(), cx.now),
            changed_at: row.changed_at(),
            group: None,
        }
    }
}

fn read<T: Default>(subject: Subject<'_>, of: impl FnOnce(&ExceptionRequest) -> T) -> T {
    subject.request().map(|row| of(&row.value)).unwrap_or_default()
}

fn ids(request: &ExceptionRequest) -> String {
    records(request).map(|record| record.id.as_str()).collect::<Vec<_>>().join(", ")
}

/// What the record's own rules say of it, in a word.
fn lint(request: &ExceptionRequest) -> Cell {
    let flaws = request.files.iter().flat_map(|file| &file.flaws);
    let grave = flaws.filter(|flaw| flaw.severity != crate::domain::FlawSeverity::Info).count();
    match grave {
        0 if request.files.is_empty() => Cell::new("not read", Role::SeverityUnknown),
        0 => Cell::new("clean", Role::SeverityOk),
        1 => Cell::new("1 flaw", Role::SeverityBad),
        n => Cell::new(format!("{n} flaws"), Role::SeverityBad),
    }
}

fn pipeline(request: &ExceptionRequest) -> Cell {
    request.pipeline.as_ref().map_or_else(Cell::dot, cells::status)
}

#[rustfmt::skip] // One column a block: they are read as a table.
static COLUMNS: &[Column] = &[
    Column { name: "age", title: "ASKED", width: Width::fixed(7), align: Align::Left,
        doc: "how old it is", rank: 1, shown: Shown::Always,
        cell: |cx, s| read(s, |one| Cell::plain(span(seconds_between(one.opened_at, cx.now).max(0)))),
        order: |_, s| read(s, |one| Order::instant(Some(one.opened_at))) },
    Column { name: "iid", title: "MR", width: Width::fixed(6), align: Align::Left,
        doc: "its number within the register's project", rank: 3, shown: Shown::Always,
        cell: |_, s| read(s, |one| Cell::plain(format!("!{}", one.iid))),
        order: |_, s| read(s, |one| Order::Number(i64::try_from(one.iid).unwrap_or(i64::MAX))) },
    Column { name: "id", title: "ID", width: Width::grow(8, 20, 1), align: Align::Left,
        doc: "the record that it would make or change", rank: 1, shown: Shown::Always,
        cell: |_, s| read(s, |one| Cell::plain(ids(one))),
        order: |_, s| read(s, |one| Order::Text(Text::new(&ids(one)))) },
    Column { name: "title", title: "WHAT", width: Width::grow(16, 60, 4), align: Align::Left,
        doc: "its title", rank: 0, shown: Shown::Always,
        cell: |_, s| read(s, |one| Cell::plain(one.title.as_str())),
        order: |_, s| read(s, |one| Order::Text(one.title.clone())) },
    Column { name: "author", title: "AUTHOR", width: Width::grow(6, 16, 1), align: Align::Left,
        doc: "who opened it", rank: 2, shown: Shown::Always,
        cell: |_, s| read(s, |one| Cell::plain(one.author.as_str())),
        order: |_, s| read(s, |one| Order::Text(one.author.clone())) },
    Column { name: "waits", title: "WAITS FOR", width: Width::grow(13, 36, 2), align: Align::Left,
        doc: "whether it waits for you; else why you may not approve it", rank: 0, shown: Shown::Always,
        cell: |_, s| read(s, words::waits),
        order: |_, s| read(s, |one| Order::Text(Text::new(&words::waits(one).words()))) },
    Column { name: "lint", title: "LINT", width: Width::fixed(9), align: Align::Left,
        doc: "what the rules of the register say of it", rank: 4, shown: Shown::Always,
        cell: |_, s| read(s, lint),
        order: |_, s| read(s, |one| Order::Text(Text::new(&lint(one).words()))) },
    Column { name: "pipeline", title: "PIPELINE", width: Width::fixed(12), align: Align::Left,
        doc: "how its newest pipeline stands", rank: 6, shown: Shown::Always,
        cell: |_, s| read(s, pipeline),
        order: |_, s| read(s, |one| Order::Text(Text::new(&pipeline(one).words()))) },
    Column { name: "merge", title: "MERGE", width: Width::grow(10, 24, 1), align: Align::Left,
        doc: "whether GitLab would merge it, in its own word", rank: 5, shown: Shown::Always,
        cell: |_, s| read(s, words::merge),
        order: |_, s| read(s, |one| Order::Text(one.merge.word.clone())) },
];

#[rustfmt::skip] // One field a block: they are read as a table.
static FIELDS: &[Field] = &[
    Field { name: "author", kind: FieldKind::Text, words: no_words, doc: "who opened it",
        of: |_, s| read(s, |one| Value::Text(one.author.clone())) },
    Field { name: "id", kind: FieldKind::Text, words: no_words, doc: "the record that it would make or change",
        of: |_, s| read(s, |one| Value::List(records(one).map(|record| record.id.clone()).collect())) },
    Field { name: "mine", kind: FieldKind::Bool, words: no_words, doc: "whether it waits for you",
        of: |_, s| read(s, |one| Value::Bool(one.blocked_for_me.is_none())) },
    Field { name: "merge", kind: FieldKind::Text, words: no_words, doc: "GitLab's word for whether it would merge it",
        of: |_, s| read(s, |one| Value::Text(one.merge.word.clone())) },
    Field { name: "age", kind: FieldKind::Span, words: no_words, doc: "how old it is: `age>2d`",
        of: |cx, s| read(s, |one| Value::Seconds(exact_seconds_between(one.opened_at, cx.now))) },
];
