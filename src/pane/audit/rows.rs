//! Acts of the ledger as rows, the newest first.

use super::{health, outcome, state};
use crate::domain::time::{exact_seconds_between, instant_utc};
use crate::domain::{ACTS, Deed, EntityId, Health, SourceId, Text};
use crate::pane::block::{Align, Cell};
use crate::pane::cells;
use crate::pane::lens::{
    Column, Cx, Field, FieldKind, Lens, LensAbout, Order, RowStanding, Shown, Subject, Value,
    Width, no_words,
};
use crate::state::{Changes, State};
use crate::theme::Role;

/// Acts as rows.
#[derive(Debug)]
pub struct Deeds;

/// The one value of its kind.
pub static DEEDS: Deeds = Deeds;

static ROWS: LensAbout = LensAbout {
    name: "audit",
    noun: ("act", "acts"),
    columns: COLUMNS,
    fields: FIELDS,
    default_sort: "when",
    groupings: &[],
    feeds: &[SourceId::LEDGER],
};

impl Lens for Deeds {
    fn about(&self) -> &'static LensAbout {
        &ROWS
    }

    fn scan<'a>(
        &self,
        state: &'a State,
        _: Option<&EntityId>,
    ) -> Box<dyn Iterator<Item = Subject<'a>> + 'a> {
        Box::new(state.deeds().iter().map(|(_, row)| Subject::Deed(row)))
    }

    fn touched(&self, _: &State, changes: &Changes) -> Vec<EntityId> {
        changes.deeds.iter().copied().map(EntityId::Deed).collect()
    }

    fn search(&self, _: &Cx<'_>, subject: Subject<'_>, visit: &mut dyn FnMut(&str)) {
        if let Subject::Deed(row) = subject {
            let deed = &row.value;
            for words in [&deed.act, &deed.target, &deed.actor.user] {
                visit(words);
            }
            deed.reason.iter().for_each(|reason| visit(reason));
        }
    }

    /// A record does not change: it is old only while its ledger cannot be read.
    fn standing(&self, cx: &Cx<'_>, subject: Subject<'_>) -> RowStanding {
        let Some(row) = subject.deed() else { return RowStanding::default() };
        RowStanding {
            is_stale: !matches!(health(cx), Some(Health::Live | Health::Partial)),
            changed_at: row.changed_at(),
            group: None,
        }
    }
}

fn read<T: Default>(subject: Subject<'_>, of: impl FnOnce(&Deed) -> T) -> T {
    subject.deed().map(|row| of(&row.value)).unwrap_or_default()
}

/// Who did it: on the platform, and on this machine or another.
fn who(deed: &Deed) -> String {
    let actor = &deed.actor;
    format!("{}@{} ({}@{})", actor.user, actor.platform, actor.os_user, actor.host)
}

fn status(deed: &Deed) -> Option<u16> {
    deed.outcome.as_ref().and_then(|(_, outcome)| outcome.status)
}

#[rustfmt::skip] // One column a block: they are read as a table.
static COLUMNS: &[Column] = &[
    Column { name: "when", title: "WHEN", width: Width::fixed(20), align: Align::Left,
        doc: "when it was begun; the newest first", rank: 0, shown: Shown::Always,
        cell: |_, s| read(s, |deed| Cell::plain(instant_utc(deed.at))),
        order: |_, s| read(s, |deed| Order::Number(i64::try_from(deed.seq).map_or(i64::MIN, |seq| -seq))) },
    Column { name: "act", title: "ACT", width: Width::fixed(18), align: Align::Left,
        doc: "what was done", rank: 0, shown: Shown::Always,
        cell: |_, s| read(s, |deed| Cell::new(deed.act.as_str(), Role::TextStrong)),
        order: |_, s| read(s, |deed| Order::Text(deed.act.clone())) },
    Column { name: "target", title: "TARGET", width: Width::grow(16, 60, 2), align: Align::Left,
        doc: "what it was done to", rank: 0, shown: Shown::Always,
        cell: |_, s| read(s, |deed| Cell::path(deed.target.as_str(), Role::Project)),
        order: |_, s| read(s, |deed| Order::Text(deed.target.clone())) },
    Column { name: "outcome", title: "OUTCOME", width: Width::fixed(10), align: Align::Left,
        doc: "done, failed, unknown, or open: under way, or left so by a crash", rank: 0, shown: Shown::Always,
        cell: |_, s| read(s, outcome),
        order: |_, s| read(s, |deed| Order::Text(Text::new(state(deed)))) },
    Column { name: "status", title: "STATUS", width: Width::fixed(6), align: Align::Right,
        doc: "the HTTP status of the answer", rank: 3, shown: Shown::Always,
        cell: |_, s| read(s, |deed| status(deed)
            .map_or_else(Cell::dot, |status| Cell::plain(status.to_string()))),
        order: |_, s| read(s, |deed| status(deed).map_or(Order::Last, |status| Order::Number(status.into()))) },
    Column { name: "who", title: "WHO", width: Width::grow(14, 48, 1), align: Align::Left,
        doc: "who asked: on the platform, and who ran the program on which machine", rank: 1, shown: Shown::Always,
        cell: |_, s| read(s, |deed| Cell::plain(who(deed))),
        order: |_, s| read(s, |deed| Order::Text(deed.actor.user.clone())) },
    Column { name: "reason", title: "REASON", width: Width::grow(12, 100, 3), align: Align::Left,
        doc: "why", rank: 2, shown: Shown::Always,
        cell: |_, s| read(s, |deed| cells::text(deed.reason.as_ref(), Role::TextDim)),
        order: |_, s| read(s, |deed| Order::text(deed.reason.as_ref())) },
    Column { name: "record", title: "RECORD", width: Width::fixed(7), align: Align::Right,
        doc: "the number of its first record", rank: 5, shown: Shown::Wide,
        cell: |_, s| read(s, |deed| Cell::dim(deed.seq.to_string())),
        order: |_, s| read(s, |deed| Order::Number(i64::try_from(deed.seq).unwrap_or(i64::MAX))) },
];

fn act_words(_: &State) -> Vec<Text> {
    ACTS.iter().map(|act| Text::new(act.name)).collect()
}

fn state_words(_: &State) -> Vec<Text> {
    ["open", "done", "failed", "unknown"].map(Text::new).to_vec()
}

#[rustfmt::skip] // One field a block: they are read as a table.
static FIELDS: &[Field] = &[
    Field { name: "act", kind: FieldKind::Text, words: act_words, doc: "what was done: `job.retry`, `job.*`",
        of: |_, s| read(s, |deed| Value::Text(deed.act.clone())) },
    Field { name: "target", kind: FieldKind::Text, words: no_words, doc: "what it was done to",
        of: |_, s| read(s, |deed| Value::Text(deed.target.clone())) },
    Field { name: "state", kind: FieldKind::Text, words: state_words, doc: "open, done, failed, unknown",
        of: |_, s| read(s, |deed| Value::Word(state(deed))) },
    Field { name: "user", kind: FieldKind::Text, words: no_words, doc: "who asked, by the platform's name or this machine's",
        of: |_, s| read(s, |deed| Value::List([deed.actor.user.clone(), deed.actor.os_user.clone()].into())) },
    Field { name: "host", kind: FieldKind::Text, words: no_words, doc: "the machine that it was asked on",
        of: |_, s| read(s, |deed| Value::Text(deed.actor.host.clone())) },
    Field { name: "platform", kind: FieldKind::Text, words: no_words, doc: "the platform that was asked",
        of: |_, s| read(s, |deed| Value::Text(deed.actor.platform.clone())) },
    Field { name: "reason", kind: FieldKind::Text, words: no_words, doc: "why",
        of: |_, s| read(s, |deed| Value::text(deed.reason.as_ref())) },
    Field { name: "status", kind: FieldKind::Number, words: no_words, doc: "the HTTP status of the answer",
        of: |_, s| read(s, |deed| status(deed).map_or(Value::None, |status| Value::Number(status.into()))) },
    Field { name: "age", kind: FieldKind::Span, words: no_words, doc: "time since it was begun",
        of: |cx, s| read(s, |deed| Value::Seconds(exact_seconds_between(deed.at, cx.now))) },
];
