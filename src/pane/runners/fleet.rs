//! GitLab runners as rows.

use crate::domain::time::exact_seconds_between;
use crate::domain::{EntityId, Runner, SourceId, Text};
use crate::pane::block::{Align, Cell, Mark};
use crate::pane::cells;
use crate::pane::lens::{
    Column, Cx, Field, FieldKind, Grouping, Lens, LensAbout, Order, RowStanding, Shown, Subject,
    Value, Width, no_words,
};
use crate::state::{Changes, State};
use crate::theme::Role;

/// Runners.
#[derive(Debug)]
pub struct Runners;

/// The one value of its kind.
pub static RUNNERS: Runners = Runners;

static ROWS: LensAbout = LensAbout {
    name: "runners",
    noun: ("runner", "runners"),
    columns: COLUMNS,
    fields: FIELDS,
    default_sort: "tier",
    groupings: GROUPINGS,
    feeds: &[SourceId::RUNNERS],
};

impl Lens for Runners {
    fn about(&self) -> &'static LensAbout {
        &ROWS
    }

    fn scan<'a>(
        &self,
        state: &'a State,
        _: Option<&EntityId>,
    ) -> Box<dyn Iterator<Item = Subject<'a>> + 'a> {
        Box::new(state.runners().iter().map(|(_, row)| Subject::Runner(row)))
    }

    fn touched(&self, _: &State, changes: &Changes) -> Vec<EntityId> {
        changes.runners.iter().copied().map(EntityId::Runner).collect()
    }

    fn is_within(&self, _: &State, scope: &EntityId, subject: Subject<'_>) -> bool {
        match (scope, subject) {
            (EntityId::Tier(tier), Subject::Runner(row)) => row.value.tier == Some(*tier),
            _ => true,
        }
    }

    fn search(&self, _: &Cx<'_>, subject: Subject<'_>, visit: &mut dyn FnMut(&str)) {
        if let Subject::Runner(row) = subject {
            visit(&row.value.description);
            row.value.tags.iter().for_each(|tag| visit(tag));
        }
    }

    fn standing(&self, cx: &Cx<'_>, subject: Subject<'_>) -> RowStanding {
        let Subject::Runner(row) = subject else {
            return RowStanding::default();
        };
        RowStanding {
            is_stale: cx.state.is_stale(row, row.seen_at(), cx.now),
            changed_at: row.changed_at(),
            group: None,
        }
    }
}

fn read<T: Default>(subject: Subject<'_>, of: impl FnOnce(&Runner) -> T) -> T {
    subject.runner().map(|row| of(&row.value)).unwrap_or_default()
}

/// A runner's state for a person: a pause outranks what GitLab calls its status, and so does its silence.
pub(super) fn status(cx: &Cx<'_>, runner: &Runner) -> Cell {
    if is_quiet(cx, runner) {
        let mark = Cell::mark(Mark::Warning, Role::SeverityWarning);
        return mark.and(" online, quiet", Role::SeverityWarning);
    }
    if runner.paused {
        return Cell::mark(Mark::Manual, Role::StatusManual).and(" paused", Role::StatusManual);
    }
    word(&runner.status)
}

/// GitLab's word for a runner or a manager, with its mark.
pub(super) fn word(status: &str) -> Cell {
    let (mark, role) = match status {
        "online" => (Mark::Fine, Role::SeverityOk),
        "offline" => (Mark::Bad, Role::SeverityBad),
        "stale" => (Mark::Old, Role::SeverityWarning),
        _ => (Mark::Unknown, Role::SeverityUnknown),
    };
    Cell::mark(mark, role).and(format!(" {status}"), role)
}

/// Whether nothing was heard of it for long, though GitLab calls it online.
fn is_quiet(cx: &Cx<'_>, runner: &Runner) -> bool {
    runner.quiet_for(cx.state.waiting_for(runner), cx.now).is_some()
}

/// Time since its last contact, marked where that says that it works no more.
pub(super) fn contact(cx: &Cx<'_>, runner: &Runner, role: Role) -> Cell {
    let role = if is_quiet(cx, runner) { Role::SeverityWarning } else { role };
    cells::since(runner.contacted_at, cx.now, role)
}

fn number(count: Option<u64>) -> Cell {
    count.map_or_else(Cell::dot, |count| Cell::plain(count.to_string()))
}

#[rustfmt::skip] // One column a block: they are read as a table.
static COLUMNS: &[Column] = &[
    Column { name: "runner", title: "RUNNER", width: Width::grow(16, 40, 3), align: Align::Left,
        doc: "its description", rank: 0, shown: Shown::Always,
        cell: |_, s| read(s, |r| Cell::plain(r.description.as_str())),
        order: |_, s| read(s, |r| Order::Text(r.description.clone())) },
    Column { name: "status", title: "STATUS", width: Width::fixed(16), align: Align::Left,
        doc: "paused, or GitLab's word, which may be two hours late; quiet: not heard of for long", rank: 0, shown: Shown::Always,
        cell: |cx, s| read(s, |r| status(cx, r)),
        order: |_, s| read(s, |r| Order::Text(r.status.clone())) },
    Column { name: "tier", title: "TIER", width: Width::fixed(10), align: Align::Left,
        doc: "the tier that its tags fit", rank: 1, shown: Shown::Always,
        cell: |cx, s| read(s, |r| Cell::new(cx.state.tiers().name(r.tier), Role::TierName)),
        order: |_, s| read(s, |r| r.tier.map_or(Order::Last, |tier| Order::Number(i64::from(tier.0)))) },
    Column { name: "running", title: "RUNS", width: Width::fixed(6), align: Align::Right,
        doc: "jobs on it now, where GitLab told", rank: 1, shown: Shown::Always,
        cell: |_, s| read(s, |r| number(r.running)),
        order: |_, s| read(s, |r| r.running.map_or(Order::Last, |n| Order::Number(-i64::try_from(n).unwrap_or(0)))) },
    Column { name: "managers", title: "MANAGERS", width: Width::fixed(9), align: Align::Right,
        doc: "processes behind it that are online, of all", rank: 2, shown: Shown::Always,
        cell: |_, s| read(s, |r| {
            let online = r.managers.iter().filter(|manager| &*manager.status == "online").count();
            let least = if r.managers_complete { "" } else { "≥ " };
            Cell::plain(format!("{least}{online}/{}", r.managers.len()))
        }),
        order: |_, s| read(s, |r| Order::Number(i64::try_from(r.managers.len()).unwrap_or(0))) },
    Column { name: "contact", title: "CONTACT", width: Width::fixed(8), align: Align::Right,
        doc: "time since GitLab last noted a contact", rank: 2, shown: Shown::Always,
        cell: |cx, s| read(s, |r| contact(cx, r, Role::TextDim)),
        order: |_, s| read(s, |r| Order::instant(r.contacted_at)) },
    Column { name: "tags", title: "TAGS", width: Width::grow(10, 40, 2), align: Align::Left,
        doc: "its tags", rank: 3, shown: Shown::Always,
        cell: |_, s| read(s, |r| Cell::dim(r.tags.join(" "))),
        order: |_, s| read(s, |r| Order::text(r.tags.first())) },
    Column { name: "takes", title: "TAKES", width: Width::grow(10, 30, 1), align: Align::Left,
        doc: "which jobs it takes", rank: 4, shown: Shown::Always,
        cell: |_, s| read(s, |r| {
            let mut words = Vec::new();
            if r.protected { words.push("protected refs"); }
            if r.locked { words.push("locked"); }
            if r.run_untagged { words.push("untagged"); }
            Cell::dim(words.join(", "))
        }),
        order: |_, s| read(s, |r| Order::Number(i64::from(r.protected))) },
    Column { name: "version", title: "VERSION", width: Width::fixed(9), align: Align::Left,
        doc: "its version, where GitLab told", rank: 5, shown: Shown::Wide,
        cell: |_, s| read(s, |r| cells::text(version(r), Role::TextDim)),
        order: |_, s| read(s, |r| Order::text(version(r))) },
];

/// The runner's own version, else its first manager's.
fn version(runner: &Runner) -> Option<&Text> {
    runner.version.as_ref().or_else(|| runner.managers.first().and_then(|m| m.version.as_ref()))
}

fn tier_words(state: &State) -> Vec<Text> {
    state.tiers().iter().map(|(_, tier)| tier.name.clone()).collect()
}

fn status_words(_: &State) -> Vec<Text> {
    ["online", "offline", "stale", "never_contacted"].map(Text::new).to_vec()
}

#[rustfmt::skip] // One field a block: they are read as a table.
static FIELDS: &[Field] = &[
    Field { name: "runner", kind: FieldKind::Text, words: no_words, doc: "its description",
        of: |_, s| read(s, |r| Value::Text(r.description.clone())) },
    Field { name: "status", kind: FieldKind::Text, words: status_words, doc: "online, offline, stale, never_contacted",
        of: |_, s| read(s, |r| Value::Text(r.status.clone())) },
    Field { name: "tier", kind: FieldKind::Text, words: tier_words, doc: "the runner tier, or none",
        of: |cx, s| read(s, |r| r.tier.and_then(|tier| cx.state.tier(tier))
            .map_or(Value::None, |tier| Value::Text(tier.name.clone()))) },
    Field { name: "tag", kind: FieldKind::Text, words: no_words, doc: "a tag that it carries",
        of: |_, s| read(s, |r| Value::List(std::sync::Arc::clone(&r.tags))) },
    Field { name: "paused", kind: FieldKind::Bool, words: no_words, doc: "takes no new jobs",
        of: |_, s| read(s, |r| Value::Bool(r.paused)) },
    Field { name: "quiet", kind: FieldKind::Bool, words: no_words, doc: "online to GitLab, though not heard of for long",
        of: |cx, s| read(s, |r| Value::Bool(is_quiet(cx, r))) },
    Field { name: "protected", kind: FieldKind::Bool, words: no_words, doc: "takes jobs of protected refs alone",
        of: |_, s| read(s, |r| Value::Bool(r.protected)) },
    Field { name: "contact", kind: FieldKind::Span, words: no_words, doc: "time since the last contact",
        of: |cx, s| read(s, |r| r.contacted_at
            .map_or(Value::None, |at| Value::Seconds(exact_seconds_between(at, cx.now)))) },
];

static GROUPINGS: &[Grouping] = &[Grouping {
    name: "tier",
    of: |_, s| {
        let tier = s.runner().and_then(|row| row.value.tier);
        (tier.map_or(i64::MAX, |tier| i64::from(tier.0)), 0)
    },
}];
