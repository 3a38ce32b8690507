//! Silences of Alertmanager as rows, what ends next first.

use super::joined;
use crate::domain::time::{exact_seconds_between, instant_utc, seconds_between, span};
use crate::domain::{EntityId, Silence, SilenceState, SourceId, Text};
use crate::pane::block::{Align, Cell, Mark};
use crate::pane::lens::{
    Column, Cx, Field, FieldKind, Lens, LensAbout, Order, RowStanding, Shown, Subject, Value,
    Width, no_words,
};
use crate::state::{Changes, State};
use crate::theme::Role;

/// Silences as rows.
#[derive(Debug)]
pub struct Silences;

/// The one value of its kind.
pub static SILENCES: Silences = Silences;

static ROWS: LensAbout = LensAbout {
    name: "silences",
    noun: ("silence", "silences"),
    columns: COLUMNS,
    fields: FIELDS,
    default_sort: "ends",
    groupings: &[],
    feeds: &[SourceId::SILENCES],
};

impl Lens for Silences {
    fn about(&self) -> &'static LensAbout {
        &ROWS
    }

    fn scan<'a>(
        &self,
        state: &'a State,
        _: Option<&EntityId>,
    ) -> Box<dyn Iterator<Item = Subject<'a>> + 'a> {
        Box::new(state.silences().iter().map(|(_, row)| Subject::Silence(row)))
    }

    fn is_within(&self, state: &State, scope: &EntityId, subject: Subject<'_>) -> bool {
        joined::is_within(state, scope, subject)
    }

    fn touched(&self, _: &State, changes: &Changes) -> Vec<EntityId> {
        changes.silences.iter().copied().map(EntityId::Silence).collect()
    }

    fn search(&self, _: &Cx<'_>, subject: Subject<'_>, visit: &mut dyn FnMut(&str)) {
        let Some(row) = subject.silence() else { return };
        visit(&row.value.created_by);
        visit(&row.value.comment);
        visit(&matchers(&row.value));
    }

    fn standing(&self, cx: &Cx<'_>, subject: Subject<'_>) -> RowStanding {
        let Some(row) = subject.silence() else { return RowStanding::default() };
        RowStanding {
            is_stale: cx.state.is_stale(row, row.seen_at(), cx.now),
            changed_at: row.changed_at(),
            group: None,
        }
    }
}

fn read<T: Default>(subject: Subject<'_>, of: impl FnOnce(&Silence) -> T) -> T {
    subject.silence().map(|row| of(&row.value)).unwrap_or_default()
}

/// What it keeps quiet.
pub(super) fn matchers(silence: &Silence) -> String {
    silence.matchers.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ")
}

/// How long it still holds, or that it does not.
pub(super) fn countdown(cx: &Cx<'_>, silence: &Silence) -> String {
    let left = seconds_between(cx.now, silence.ends_at);
    if left > 0 && silence.state != SilenceState::Expired {
        format!("ends in {}", span(left))
    } else {
        format!("ended {} ago", span(-left.min(0)))
    }
}

/// How a silence stands, with its mark: one in force hides something, which is not fine.
fn state(silence: &Silence) -> Cell {
    let word = format!(" {}", silence.state.as_str());
    match silence.state {
        SilenceState::Active => {
            Cell::mark(Mark::Warning, Role::SeverityWarning).and(word, Role::SeverityWarning)
        }
        SilenceState::Pending => Cell::mark(Mark::Waiting, Role::Text).and(word, Role::Text),
        SilenceState::Expired => Cell::mark(Mark::Skipped, Role::TextDim).and(word, Role::TextDim),
    }
}

/// Those that hold first, by their end.
fn ends(silence: &Silence) -> Order {
    let at = silence.ends_at.as_second();
    match silence.state {
        SilenceState::Active | SilenceState::Pending => Order::Number(at),
        SilenceState::Expired => Order::Number(i64::MAX - at),
    }
}

#[rustfmt::skip] // One column a block: they are read as a table.
static COLUMNS: &[Column] = &[
    Column { name: "state", title: "STATE", width: Width::fixed(10), align: Align::Left,
        doc: "active, pending, expired", rank: 1, shown: Shown::Always,
        cell: |_, s| read(s, state),
        order: |_, s| read(s, |silence| Order::Text(Text::new(silence.state.as_str()))) },
    Column { name: "ends", title: "ENDS", width: Width::fixed(16), align: Align::Left,
        doc: "how long it still holds", rank: 0, shown: Shown::Always,
        cell: |cx, s| read(s, |silence| Cell::plain(countdown(cx, silence))),
        order: |_, s| read(s, ends) },
    Column { name: "at", title: "AT", width: Width::fixed(20), align: Align::Left,
        doc: "when it ends", rank: 5, shown: Shown::Wide,
        cell: |_, s| read(s, |silence| Cell::plain(instant_utc(silence.ends_at))),
        order: |_, s| read(s, ends) },
    Column { name: "matchers", title: "WHAT", width: Width::grow(20, 80, 3), align: Align::Left,
        doc: "its matchers", rank: 0, shown: Shown::Always,
        cell: |_, s| read(s, |silence| Cell::plain(matchers(silence))),
        order: |_, s| read(s, |silence| Order::Text(Text::new(&matchers(silence)))) },
    Column { name: "by", title: "BY", width: Width::grow(8, 24, 1), align: Align::Left,
        doc: "who made it", rank: 2, shown: Shown::Always,
        cell: |_, s| read(s, |silence| Cell::plain(silence.created_by.as_str())),
        order: |_, s| read(s, |silence| Order::Text(silence.created_by.clone())) },
    Column { name: "comment", title: "WHY", width: Width::grow(12, 100, 3), align: Align::Left,
        doc: "why", rank: 3, shown: Shown::Always,
        cell: |_, s| read(s, |silence| Cell::dim(silence.comment.as_str())),
        order: |_, s| read(s, |silence| Order::Text(silence.comment.clone())) },
];

fn states(_: &State) -> Vec<Text> {
    ["active", "pending", "expired"].map(Text::new).to_vec()
}

#[rustfmt::skip] // One field a block: they are read as a table.
static FIELDS: &[Field] = &[
    Field { name: "state", kind: FieldKind::Text, words: states, doc: "active, pending, expired",
        of: |_, s| read(s, |silence| Value::Word(silence.state.as_str())) },
    Field { name: "by", kind: FieldKind::Text, words: no_words, doc: "who made it",
        of: |_, s| read(s, |silence| Value::Text(silence.created_by.clone())) },
    Field { name: "what", kind: FieldKind::Text, words: no_words, doc: "its matchers",
        of: |_, s| read(s, |silence| Value::List(silence.matchers.iter()
            .map(|one| Text::new(&one.to_string())).collect())) },
    Field { name: "comment", kind: FieldKind::Text, words: no_words, doc: "why",
        of: |_, s| read(s, |silence| Value::Text(silence.comment.clone())) },
    Field { name: "ends", kind: FieldKind::Span, words: no_words, doc: "how long it still holds: `ends<1h`",
        of: |cx, s| read(s, |silence| Value::Seconds(exact_seconds_between(cx.now, silence.ends_at))) },
];
