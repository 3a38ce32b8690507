//! Alerts of Alertmanager as rows, those that somebody is told of first.

use super::{joined, words};
use crate::domain::time::exact_seconds_between;
use crate::domain::{Alert, AlertId, EntityId, SourceId, Text};
use crate::pane::block::{Align, Cell, Mark};
use crate::pane::cells;
use crate::pane::lens::{
    Column, Cx, Field, FieldKind, Grouping, Lens, LensAbout, Order, RowStanding, Shown, Subject,
    Value, Width, no_words,
};
use crate::state::{Changes, State};
use crate::theme::Role;

/// Alerts as rows.
#[derive(Debug)]
pub struct Alerts;

/// The one value of its kind.
pub static ALERTS: Alerts = Alerts;

static ROWS: LensAbout = LensAbout {
    name: "alerts",
    noun: ("alert", "alerts"),
    columns: COLUMNS,
    fields: FIELDS,
    default_sort: "state",
    groupings: GROUPINGS,
    feeds: &[SourceId::ALERTS],
};

impl Lens for Alerts {
    fn about(&self) -> &'static LensAbout {
        &ROWS
    }

    fn scan<'a>(
        &self,
        state: &'a State,
        _: Option<&EntityId>,
    ) -> Box<dyn Iterator<Item = Subject<'a>> + 'a> {
        Box::new(state.alerts().iter().map(|(_, row)| Subject::Alert(row)))
    }

    fn is_within(&self, state: &State, scope: &EntityId, subject: Subject<'_>) -> bool {
        joined::is_within(state, scope, subject)
    }

    fn touched(&self, _: &State, changes: &Changes) -> Vec<EntityId> {
        changes.alerts.iter().copied().map(EntityId::Alert).collect()
    }

    fn search(&self, _: &Cx<'_>, subject: Subject<'_>, visit: &mut dyn FnMut(&str)) {
        let Some(row) = subject.alert() else { return };
        visit(&row.value.name);
        row.value.labels.iter().for_each(|(_, value)| visit(value));
    }

    fn standing(&self, cx: &Cx<'_>, subject: Subject<'_>) -> RowStanding {
        let Some(row) = subject.alert() else { return RowStanding::default() };
        RowStanding {
            is_stale: cx.state.is_stale(row, row.seen_at(), cx.now),
            changed_at: row.changed_at(),
            group: Some(EntityId::Alert(group(&row.value))),
        }
    }
}

fn read<T: Default>(subject: Subject<'_>, of: impl FnOnce(&Alert) -> T) -> T {
    subject.alert().map(|row| of(&row.value)).unwrap_or_default()
}

/// How an alert stands: one that is silenced is not fine.
pub(super) fn state(alert: &Alert) -> Cell {
    let word = format!(" {}", alert.state);
    if alert.is_suppressed() {
        return Cell::mark(Mark::Skipped, Role::SeverityWarning).and(word, Role::SeverityWarning);
    }
    match alert.state.as_str() {
        "active" => Cell::mark(Mark::Bad, Role::SeverityBad).and(word, Role::SeverityBad),
        _ => Cell::mark(Mark::Unknown, Role::SeverityUnknown).and(word, Role::SeverityUnknown),
    }
}

/// What it belongs to: the rules of one objective, else all alerts of its name.
fn group(alert: &Alert) -> AlertId {
    AlertId::of(&["group", alert.rule_id().unwrap_or(&alert.name)])
}

/// What somebody is told of comes first, the loudest before, and what belongs together stands together.
fn urgency(alert: &Alert) -> Order {
    let loudness = match alert.severity.as_deref() {
        Some("critical" | "page") => 0,
        Some("warning" | "ticket") => 1,
        Some(_) | None => 2,
    };
    let of = alert.rule_id().unwrap_or(&alert.name);
    let is_quiet = u8::from(alert.is_suppressed());
    Order::Text(Text::new(&format!("{is_quiet} {loudness} {of} {}", alert.name)))
}

/// Its labels but for its name, which stands before them.
fn labels(alert: &Alert) -> String {
    let others = alert.labels.iter().filter(|(name, _)| &**name != "alertname").cloned();
    words::labels(&others.collect::<Vec<_>>())
}

/// Who keeps it quiet, in one line.
pub(super) fn muted(cx: &Cx<'_>, alert: &Alert) -> String {
    mutes(cx, alert).iter().map(Cell::words).collect::<Vec<_>>().join("; ")
}

/// Who keeps it quiet: whose silence until when and why, or which alert.
pub(super) fn mutes(cx: &Cx<'_>, alert: &Alert) -> Vec<Cell> {
    let silence = |id: &Text| {
        let known = cx.state.silences().iter().find(|(_, row)| row.value.name == *id);
        known.map_or_else(
            || Cell::plain(format!("silence {id}")),
            |(_, row)| {
                let silence = &row.value;
                let until = super::silences::countdown(cx, silence);
                Cell::plain(format!("{}, {until}: {}", silence.created_by, silence.comment))
            },
        )
    };
    let silenced = alert.silenced_by.iter().map(silence);
    let inhibited = alert.inhibited_by.iter().map(|id| {
        let known = cx.state.alerts().iter().find(|(_, row)| row.value.fingerprint == *id);
        let name = known.map_or(id, |(_, row)| &row.value.name);
        Cell::plain(format!("inhibited by {name}"))
    });
    silenced.chain(inhibited).collect()
}

static GROUPINGS: &[Grouping] = &[
    Grouping {
        name: "objective",
        of: |_, s| s.alert().map_or((0, 0), |row| (0, group(&row.value).0)),
    },
    Grouping {
        name: "alert",
        of: |_, s| s.alert().map_or((0, 0), |row| (0, AlertId::of(&[&row.value.name]).0)),
    },
];

#[rustfmt::skip] // One column a block: they are read as a table.
static COLUMNS: &[Column] = &[
    Column { name: "name", title: "ALERT", width: Width::grow(18, 48, 2), align: Align::Left,
        doc: "the alert's name", rank: 0, shown: Shown::Always,
        cell: |_, s| read(s, |alert| Cell::plain(alert.name.as_str())),
        order: |_, s| read(s, |alert| Order::Text(alert.name.clone())) },
    Column { name: "severity", title: "SEVERITY", width: Width::fixed(10), align: Align::Left,
        doc: "how grave it is, by its label", rank: 2, shown: Shown::Always,
        cell: |_, s| read(s, |alert| cells::text(alert.severity.as_ref(), Role::Text)),
        order: |_, s| read(s, |alert| Order::text(alert.severity.as_ref())) },
    Column { name: "state", title: "STATE", width: Width::fixed(14), align: Align::Left,
        doc: "active, suppressed, unprocessed; ordered by it, what somebody is told of comes first", rank: 1, shown: Shown::Always,
        cell: |_, s| read(s, state),
        order: |_, s| read(s, urgency) },
    Column { name: "since", title: "SINCE", width: Width::fixed(6), align: Align::Right,
        doc: "how long it has fired", rank: 1, shown: Shown::Always,
        cell: |cx, s| read(s, |alert| cells::since(Some(alert.starts_at), cx.now, Role::Text)),
        order: |_, s| read(s, |alert| Order::instant(Some(alert.starts_at))) },
    Column { name: "muted", title: "SILENCED BY", width: Width::grow(16, 60, 2), align: Align::Left,
        doc: "who silenced it, until when and why; or which alert inhibits it", rank: 3, shown: Shown::Always,
        cell: |cx, s| read(s, |alert| if alert.is_suppressed() { Cell::plain(muted(cx, alert)) } else { Cell::dot() }),
        order: |_, s| read(s, |alert| Order::text(alert.silenced_by.first())) },
    Column { name: "labels", title: "LABELS", width: Width::grow(16, 120, 3), align: Align::Left,
        doc: "its labels", rank: 4, shown: Shown::Always,
        cell: |_, s| read(s, |alert| Cell::dim(labels(alert))),
        order: |_, s| read(s, |alert| Order::Text(Text::new(&labels(alert)))) },
];

#[rustfmt::skip] // One field a block: they are read as a table.
static FIELDS: &[Field] = &[
    Field { name: "name", kind: FieldKind::Text, words: no_words, doc: "the alert's name",
        of: |_, s| read(s, |alert| Value::Text(alert.name.clone())) },
    Field { name: "severity", kind: FieldKind::Text, words: no_words, doc: "how grave it is, by its label",
        of: |_, s| read(s, |alert| Value::text(alert.severity.as_ref())) },
    Field { name: "state", kind: FieldKind::Text, words: no_words, doc: "active, suppressed, unprocessed",
        of: |_, s| read(s, |alert| Value::Text(alert.state.clone())) },
    Field { name: "silenced", kind: FieldKind::Bool, words: no_words, doc: "whether a silence keeps it quiet",
        of: |_, s| read(s, |alert| Value::Bool(!alert.silenced_by.is_empty())) },
    Field { name: "inhibited", kind: FieldKind::Bool, words: no_words, doc: "whether another alert keeps it quiet",
        of: |_, s| read(s, |alert| Value::Bool(!alert.inhibited_by.is_empty())) },
    Field { name: "label", kind: FieldKind::Text, words: no_words, doc: "one of its labels: `label:tier=standard`",
        of: |_, s| read(s, |alert| Value::List(alert.labels.iter()
            .map(|(name, value)| Text::new(&format!("{name}={value}"))).collect())) },
    Field { name: "age", kind: FieldKind::Span, words: no_words, doc: "time since it began to fire",
        of: |cx, s| read(s, |alert| Value::Seconds(exact_seconds_between(alert.starts_at, cx.now))) },
];
