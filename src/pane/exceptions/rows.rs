//! Exceptions as rows, requests for them first, then by what ends next; silences of Alertmanager are among them.

use std::sync::Arc;

use super::{drift, silenced, words};
use crate::domain::time::{exact_seconds_between, seconds_between, span};
use crate::domain::{
    DriftKind, EntityId, ExceptionKind, ExceptionRequest, ExceptionState, Filed, Record, Silence,
    SourceId, Text,
};
use crate::pane::block::{Align, Cell};
use crate::pane::cells;
use crate::pane::lens::{
    Column, Cx, Field, FieldKind, Lens, LensAbout, Order, RowStanding, Shown, Subject, Value,
    Width, no_words,
};
use crate::state::{Changes, State};
use crate::theme::Role;

/// Exceptions and requests as rows.
#[derive(Debug)]
pub struct ExceptionRows;

/// The one value of its kind.
pub static EXCEPTIONS: ExceptionRows = ExceptionRows;

static ROWS: LensAbout = LensAbout {
    name: "exceptions",
    noun: ("exception", "exceptions"),
    columns: COLUMNS,
    fields: FIELDS,
    default_sort: "ends",
    groupings: &[],
    feeds: &[SourceId::EXCEPTIONS],
};

impl Lens for ExceptionRows {
    fn about(&self) -> &'static LensAbout {
        &ROWS
    }

    fn scan<'a>(
        &self,
        state: &'a State,
        _: Option<&EntityId>,
    ) -> Box<dyn Iterator<Item = Subject<'a>> + 'a> {
        let requests = state.requests().iter().map(|(_, row)| Subject::Request(row));
        let exceptions = state.exceptions().iter().map(|(_, row)| Subject::Exception(row));
        let silences = state.silences().iter().map(|(_, row)| Subject::Silence(row));
        Box::new(requests.chain(exceptions).chain(silences))
    }

    fn touched(&self, _: &State, changes: &Changes) -> Vec<EntityId> {
        let requests = changes.requests.iter().copied().map(EntityId::Request);
        let exceptions = changes.exceptions.iter().copied().map(EntityId::Exception);
        let silences = changes.silences.iter().copied().map(EntityId::Silence);
        requests.chain(exceptions).chain(silences).collect()
    }

    fn search(&self, _: &Cx<'_>, subject: Subject<'_>, visit: &mut dyn FnMut(&str)) {
        match subject {
            Subject::Exception(row) => {
                let record = &row.value.record;
                visit(&record.id);
                visit(&record.title);
                visit(record.kind.name());
                visit(&record.requester);
                record.owner.iter().for_each(|owner| visit(owner));
                visit(&words::scope(&record.scope));
            }
            Subject::Request(row) => {
                visit(&row.value.title);
                visit(&row.value.author);
                records(&row.value).for_each(|record| visit(&record.id));
            }
            Subject::Silence(row) => silenced::search(&row.value, visit),
            _ => (),
        }
    }

    fn standing(&self, cx: &Cx<'_>, subject: Subject<'_>) -> RowStanding {
        let (is_stale, changed_at) = match subject {
            Subject::Exception(row) => {
                (cx.state.is_stale(row, row.seen_at(), cx.now), row.changed_at())
            }
            Subject::Request(row) => {
                (cx.state.is_stale(row, row.seen_at(), cx.now), row.changed_at())
            }
            Subject::Silence(row) => {
                (cx.state.is_stale(row, row.seen_at(), cx.now), row.changed_at())
            }
            _ => return RowStanding::default(),
        };
        RowStanding { is_stale, changed_at, group: None }
    }
}

/// The records that a request would leave in the register.
pub(super) fn records(request: &ExceptionRequest) -> impl Iterator<Item = &Record> {
    request.files.iter().filter_map(|file| file.record.as_ref())
}

/// A value of one of the kinds of rows.
fn read<T: Default>(
    subject: Subject<'_>,
    exception: impl FnOnce(&Filed) -> T,
    request: impl FnOnce(&ExceptionRequest) -> T,
    silence: impl FnOnce(&Silence) -> T,
) -> T {
    match subject {
        Subject::Exception(row) => exception(&row.value),
        Subject::Request(row) => request(&row.value),
        Subject::Silence(row) => silence(&row.value),
        _ => T::default(),
    }
}

/// A value of an exception, the same of the first record that a request is about, and what a silence has in its place.
fn of_record<T: Default>(
    subject: Subject<'_>,
    of: impl FnOnce(&Record) -> T,
    silence: impl FnOnce(&Silence) -> T,
) -> T {
    match subject {
        Subject::Exception(row) => of(&row.value.record),
        Subject::Request(row) => records(&row.value).next().map(of).unwrap_or_default(),
        Subject::Silence(row) => silence(&row.value),
        _ => T::default(),
    }
}

/// Requests first, the oldest of them before the others; then what holds or should not, by its end; then what is over.
fn ends(cx: &Cx<'_>, subject: Subject<'_>) -> Order {
    /// Far beyond every instant that can be written, in seconds.
    const ERA: i64 = 1 << 40;
    read(
        subject,
        |filed| {
            let record = &filed.record;
            let end = record.expires_at.at.as_second();
            let is_over = record.revocation.is_some()
                || record.closed.is_some()
                || cx.state.renewal_of(filed).is_some();
            Order::Number(if is_over { 2 * ERA - end } else { end })
        },
        |request| Order::Number(request.opened_at.as_second() - ERA),
        |silence| {
            let end = silence.ends_at.as_second();
            Order::Number(if silenced::is_over(silence) { 2 * ERA - end } else { end })
        },
    )
}

fn ends_in(cx: &Cx<'_>, subject: Subject<'_>) -> Cell {
    read(
        subject,
        |filed| words::countdown(cx, filed),
        |request| {
            let age = seconds_between(request.opened_at, cx.now).max(0);
            Cell::dim(format!("asked {} ago", span(age)))
        },
        |silence| silenced::countdown(cx, silence),
    )
}

fn state_of(cx: &Cx<'_>, subject: Subject<'_>) -> &'static str {
    let exception = |filed: &Filed| cx.state.exception_state(filed, cx.now).word();
    read(subject, exception, words::state_word, |silence| silenced::state(silence).word())
}

fn state_cell(cx: &Cx<'_>, subject: Subject<'_>) -> Cell {
    read(
        subject,
        |filed| words::standing_of(cx, filed),
        |request| {
            let word = words::state_word(request);
            let approved = word == ExceptionState::Approved.word();
            let state = if approved { ExceptionState::Approved } else { ExceptionState::Requested };
            words::standing(state)
        },
        |silence| words::standing(silenced::state(silence)),
    )
}

fn id(subject: Subject<'_>) -> String {
    read(
        subject,
        |filed| filed.record.id.to_string(),
        |request| {
            let known = records(request).next().map(|record| record.id.to_string());
            known.unwrap_or_else(|| format!("!{}", request.iid))
        },
        silenced::id,
    )
}

fn title(subject: Subject<'_>) -> String {
    read(
        subject,
        |filed| filed.record.title.to_string(),
        |request| {
            let errand = request.files.first().map_or("change", |file| file.errand.word());
            format!("{errand}: {}", request.title)
        },
        |silence| silence.comment.to_string(),
    )
}

/// The title; that it is to be taken back stands before it, where there is room for the words.
fn what(cx: &Cx<'_>, subject: Subject<'_>) -> Cell {
    let is_asked = read(subject, |filed| words::is_to_be_revoked(cx, filed), |_| false, |_| false);
    let title = title(subject);
    if !is_asked {
        return Cell::plain(title);
    }
    Cell::new("revocation requested: ", Role::SeverityWarning).and(title, Role::Text)
}

fn approved_by(subject: Subject<'_>) -> Cell {
    let exception = |filed: &Filed| Cell::plain(words::names(&filed.record.approvers));
    read(subject, exception, words::waits, |_| Cell::dot())
}

/// How other tools differ from a record, the gravest in words and the others counted.
fn drifts(cx: &Cx<'_>, subject: Subject<'_>) -> Cell {
    let Some(row) = subject.exception() else { return Cell::dot() };
    let kinds = drift::kinds_of(cx, &row.value.record.id);
    let Some(first) = kinds.first() else { return Cell::dot() };
    let cell = drift::kind_cell(*first);
    match kinds.len() {
        1 => cell,
        n => cell.and(format!(" +{}", n - 1), Role::TextDim),
    }
}

fn renewals(cx: &Cx<'_>, subject: Subject<'_>) -> Cell {
    let Some(row) = subject.exception() else { return Cell::empty() };
    let lineage = cx.state.lineage(&row.value);
    if lineage.renewals == 0 {
        return Cell::dot();
    }
    let sign = if lineage.is_whole { "" } else { "≥" };
    Cell::plain(format!("{sign}{}×", lineage.renewals))
}

fn age(cx: &Cx<'_>, subject: Subject<'_>) -> Option<i64> {
    let since = match subject {
        Subject::Exception(row) => cx.state.lineage(&row.value).since,
        Subject::Silence(row) => row.value.starts_at,
        _ => return None,
    };
    let age = seconds_between(since, cx.now);
    (age >= 0).then_some(age)
}

fn flaws(subject: Subject<'_>) -> Arc<[Text]> {
    match subject {
        Subject::Exception(row) => Arc::clone(&row.value.flaws),
        Subject::Request(row) => row
            .value
            .files
            .iter()
            .flat_map(|file| &file.flaws)
            .map(|flaw| Text::new(flaw.code))
            .collect(),
        _ => Arc::from([]),
    }
}

fn scope(subject: Subject<'_>) -> String {
    of_record(subject, |record| words::scope(&record.scope), silenced::matchers)
}

fn kind(subject: Subject<'_>) -> Option<Text> {
    let silence = |_: &Silence| Some(Text::new(silenced::KIND));
    of_record(subject, |record| Some(Text::new(record.kind.name())), silence)
}

#[rustfmt::skip] // One column a block: they are read as a table.
static COLUMNS: &[Column] = &[
    Column { name: "state", title: "STATE", width: Width::fixed(12), align: Align::Left,
        doc: "requested, scheduled, active, expiring, expired, superseded, revoked, closed", rank: 1, shown: Shown::Always,
        cell: state_cell,
        order: |cx, s| Order::Text(Text::new(state_of(cx, s))) },
    Column { name: "ends", title: "ENDS IN", width: Width::fixed(15), align: Align::Left,
        doc: "how long it still holds; for a request, how old it is", rank: 0, shown: Shown::Always,
        cell: ends_in,
        order: ends },
    Column { name: "at", title: "AT", width: Width::fixed(17), align: Align::Left,
        doc: "when it ends, in UTC", rank: 4, shown: Shown::Always,
        cell: |_, s| of_record(s, |record| Cell::plain(words::at(record.expires_at)), silenced::at),
        order: |_, s| of_record(s, |record| Order::instant(Some(record.expires_at.at)), |silence| Order::instant(Some(silence.ends_at))) },
    Column { name: "id", title: "ID", width: Width::grow(12, 20, 1), align: Align::Left,
        doc: "what its record is called", rank: 0, shown: Shown::Always,
        cell: |_, s| Cell::plain(id(s)),
        order: |_, s| Order::Text(Text::new(&id(s))) },
    Column { name: "kind", title: "KIND", width: Width::grow(7, 16, 1), align: Align::Left,
        doc: "what it is from", rank: 3, shown: Shown::Always,
        cell: |_, s| cells::text(kind(s).as_ref(), Role::Text),
        order: |_, s| Order::text(kind(s).as_ref()) },
    Column { name: "what", title: "WHAT", width: Width::grow(16, 60, 4), align: Align::Left,
        doc: "its title; for a request, what is asked", rank: 0, shown: Shown::Always,
        cell: what,
        order: |_, s| Order::Text(Text::new(&title(s))) },
    Column { name: "scope", title: "SCOPE", width: Width::grow(10, 40, 2), align: Align::Left,
        doc: "what it holds for", rank: 6, shown: Shown::Always,
        cell: |_, s| Cell::dim(scope(s)),
        order: |_, s| Order::Text(Text::new(&scope(s))) },
    Column { name: "owner", title: "OWNER", width: Width::grow(6, 16, 1), align: Align::Left,
        doc: "who owns the risk that is left", rank: 5, shown: Shown::Always,
        cell: |_, s| of_record(s, |record| cells::text(record.owner.as_ref(), Role::Text), |_| Cell::dot()),
        order: |_, s| of_record(s, |record| Order::text(record.owner.as_ref()), |_| Order::Last) },
    Column { name: "by", title: "APPROVERS", width: Width::grow(11, 30, 2), align: Align::Left,
        doc: "whom its record names as approvers, which its history proves or not; for a request, whom it waits for", rank: 2, shown: Shown::Always,
        cell: |_, s| approved_by(s),
        order: |_, s| Order::Text(Text::new(&approved_by(s).words())) },
    Column { name: "drift", title: "DRIFT", width: Width::grow(5, 24, 1), align: Align::Left,
        doc: "how what stands in other tools differs from it", rank: 3, shown: Shown::Always,
        cell: drifts,
        order: |cx, s| s.exception().and_then(|row| drift::kinds_of(cx, &row.value.record.id).first().copied())
            .map_or(Order::Last, |kind| Order::Number(drift::rank(kind))) },
    Column { name: "renewals", title: "RENEWED", width: Width::fixed(7), align: Align::Right,
        doc: "how many records it renews, one behind the other", rank: 7, shown: Shown::Always,
        cell: renewals,
        order: |cx, s| s.exception().map_or(Order::Last, |row|
            Order::Number(i64::try_from(cx.state.lineage(&row.value).renewals).unwrap_or(i64::MAX))) },
    Column { name: "age", title: "AGE", width: Width::fixed(6), align: Align::Right,
        doc: "since when it holds, with all that it renews", rank: 8, shown: Shown::Always,
        cell: |cx, s| age(cx, s).map_or_else(Cell::dot, |age| Cell::dim(span(age))),
        order: |cx, s| s.exception().map_or(Order::Last, |row|
            Order::instant(Some(cx.state.lineage(&row.value).since))) },
    Column { name: "requester", title: "REQUESTER", width: Width::grow(9, 16, 1), align: Align::Left,
        doc: "who asked for it", rank: 9, shown: Shown::Wide,
        cell: |_, s| read(s, |filed| Cell::plain(filed.record.requester.as_str()),
            |request| Cell::plain(request.author.as_str()), |silence| Cell::plain(silence.created_by.as_str())),
        order: |_, s| read(s, |filed| Order::text(Some(&filed.record.requester)),
            |request| Order::text(Some(&request.author)), |silence| Order::text(Some(&silence.created_by))) },
    Column { name: "ticket", title: "TICKET", width: Width::grow(8, 20, 1), align: Align::Left,
        doc: "where the cure is worked on", rank: 9, shown: Shown::Wide,
        cell: |_, s| of_record(s, |record| cells::text(record.ticket.as_ref(), Role::Text), |_| Cell::dot()),
        order: |_, s| of_record(s, |record| Order::text(record.ticket.as_ref()), |_| Order::Last) },
];

fn states(_: &State) -> Vec<Text> {
    ExceptionState::ALL.map(|state| Text::new(state.word())).to_vec()
}

fn drift_kinds(_: &State) -> Vec<Text> {
    DriftKind::ALL.map(|kind| Text::new(kind.word())).to_vec()
}

fn kinds(_: &State) -> Vec<Text> {
    let kinds = ExceptionKind::KNOWN.iter().map(ExceptionKind::name);
    kinds.chain([silenced::KIND]).map(Text::new).collect()
}

#[rustfmt::skip] // One field a block: they are read as a table.
static FIELDS: &[Field] = &[
    Field { name: "state", kind: FieldKind::Text, words: states, doc: "where it stands",
        of: |cx, s| Value::Word(state_of(cx, s)) },
    Field { name: "kind", kind: FieldKind::Text, words: kinds, doc: "what it is from",
        of: |_, s| Value::text(kind(s).as_ref()) },
    Field { name: "id", kind: FieldKind::Text, words: no_words, doc: "what its record is called",
        of: |_, s| Value::Text(Text::new(&id(s))) },
    Field { name: "scope", kind: FieldKind::Text, words: no_words, doc: "a name of what it holds for: `scope:acme/shop`",
        of: |_, s| of_record(s, |record| Value::List(record.scope.lists()
            .flat_map(|(_, list)| list.iter().cloned()).collect()), silenced::scope) },
    Field { name: "owner", kind: FieldKind::Text, words: no_words, doc: "who owns the risk that is left",
        of: |_, s| of_record(s, |record| Value::text(record.owner.as_ref()), |_| Value::text(None)) },
    Field { name: "requester", kind: FieldKind::Text, words: no_words, doc: "who asked for it",
        of: |_, s| read(s, |filed| Value::Text(filed.record.requester.clone()),
            |request| Value::Text(request.author.clone()), |silence| Value::Text(silence.created_by.clone())) },
    Field { name: "by", kind: FieldKind::Text, words: no_words, doc: "who approved it",
        of: |_, s| read(s, |filed| Value::List(filed.record.approvers.as_slice().into()),
            |request| Value::List(request.approvals.given.iter().map(|one| one.by.clone()).collect()), |_| Value::text(None)) },
    Field { name: "flaw", kind: FieldKind::Text, words: no_words, doc: "what is wrong with its record: `flaw:lifetime`",
        of: |_, s| Value::List(flaws(s)) },
    Field { name: "drift", kind: FieldKind::Text, words: drift_kinds, doc: "how other tools differ from it: `drift:zombie`",
        of: |cx, s| s.exception().map_or(Value::None, |row| Value::List(drift::kinds_of(cx, &row.value.record.id)
            .into_iter().map(|kind| Text::new(kind.word())).collect())) },
    Field { name: "ends", kind: FieldKind::Span, words: no_words, doc: "how long it still holds: `ends<7d`",
        of: |cx, s| of_record(s, |record| Value::Seconds(exact_seconds_between(cx.now, record.expires_at.at)),
            |silence| Value::Seconds(exact_seconds_between(cx.now, silence.ends_at))) },
    Field { name: "age", kind: FieldKind::Span, words: no_words, doc: "since when it holds, with all that it renews: `age>1y`",
        of: |cx, s| Value::seconds(age(cx, s).map(|age| f64::from(i32::try_from(age).unwrap_or(i32::MAX)))) },
];
