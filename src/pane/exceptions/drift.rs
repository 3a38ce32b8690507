//! Where the register and the tools differ, as rows: the gravest kind first.

use super::{calendar, words};
use crate::domain::exception::{Bound, Standing};
use crate::domain::time::{exact_seconds_between, span};
use crate::domain::{Drift, DriftKind, EntityId, Evidence, Native, SourceId, Text, Tool};
use crate::pane::block::{Align, Block, Cell, Mark};
use crate::pane::cells;
use crate::pane::lens::{
    Column, Cx, Field, FieldKind, Lens, LensAbout, Order, RowStanding, Shown, Subject, Value,
    Width, no_words,
};
use crate::state::{Changes, State};
use crate::theme::Role;

/// Differences as rows.
#[derive(Debug)]
pub struct DriftRows;

/// The one value of its kind.
pub static DRIFT: DriftRows = DriftRows;

static ROWS: LensAbout = LensAbout {
    name: "drift",
    noun: ("difference", "differences"),
    columns: COLUMNS,
    fields: FIELDS,
    default_sort: "kind",
    groupings: &[],
    feeds: &[SourceId::NATIVES, SourceId::EXCEPTIONS],
};

impl Lens for DriftRows {
    fn about(&self) -> &'static LensAbout {
        &ROWS
    }

    fn scan<'a>(
        &self,
        state: &'a State,
        _: Option<&EntityId>,
    ) -> Box<dyn Iterator<Item = Subject<'a>> + 'a> {
        Box::new(state.drifts().iter().map(Subject::Drift))
    }

    fn touched(&self, _: &State, changes: &Changes) -> Vec<EntityId> {
        changes.drifts.iter().copied().map(EntityId::Drift).collect()
    }

    fn search(&self, _: &Cx<'_>, subject: Subject<'_>, visit: &mut dyn FnMut(&str)) {
        let Some(drift) = subject.drift() else { return };
        visit(&home(drift));
        visit(&path(drift));
        visit(&rule(drift));
        visit(drift.record.as_deref().unwrap_or_default());
    }

    fn standing(&self, cx: &Cx<'_>, subject: Subject<'_>) -> RowStanding {
        // What it is concluded from is as old as the oldest of it.
        let is_stale = subject.drift().is_some_and(|drift| is_stale(cx, drift));
        RowStanding { is_stale, changed_at: None, group: None }
    }
}

fn is_stale(cx: &Cx<'_>, drift: &Drift) -> bool {
    let scope = |name: &str| {
        cx.state.reports().any(|(key, report)| {
            let is_it = match name {
                "register" => key.source == SourceId::EXCEPTIONS,
                "alertmanager" => key.source == SourceId::SILENCES,
                platform => key.source == SourceId::NATIVES && key.scope.platform() == platform,
            };
            is_it
                && !report.health(cx.now).is_live()
                && report.health(cx.now) != crate::domain::Health::Partial
        })
    };
    drift.evidence.iter().any(|one| scope(one.source))
}

fn read<T: Default>(subject: Subject<'_>, of: impl FnOnce(&Drift) -> T) -> T {
    subject.drift().map(of).unwrap_or_default()
}

/// A difference with its mark: what nobody allows is the worst.
pub(super) fn kind_cell(kind: DriftKind) -> Cell {
    let (mark, role) = match kind {
        DriftKind::Zombie | DriftKind::Unregistered => (Mark::Bad, Role::SeverityBad),
        DriftKind::Unbounded | DriftKind::Mismatch => (Mark::Warning, Role::SeverityWarning),
        DriftKind::Orphan => (Mark::Unknown, Role::SeverityUnknown),
    };
    Cell::mark(mark, role).and(format!(" {}", kind.word()), role)
}

/// What a kind says, in a sentence.
fn meaning(kind: DriftKind) -> &'static str {
    match kind {
        DriftKind::Zombie => "its record is over, and it is still in force",
        DriftKind::Unregistered => "it is in force, and no record allows it now",
        DriftKind::Unbounded => "it is in force and has no end of its own",
        DriftKind::Mismatch => "it ends at another moment than its record",
        DriftKind::Orphan => "its record is in force, and it lets nothing pass",
    }
}

/// The gravest first.
pub(super) fn rank(kind: DriftKind) -> i64 {
    let place = DriftKind::ALL.iter().position(|one| *one == kind);
    place.and_then(|place| i64::try_from(place).ok()).unwrap_or(i64::MAX)
}

/// The tool: its form where something was found, else its name.
fn tool(drift: &Drift) -> String {
    let native = drift.native.as_ref().map(|native| native.tool.form().to_owned());
    let named = || drift.artefact.as_ref().map(|artefact| artefact.tool.to_string());
    native.or_else(named).unwrap_or_default()
}

fn tool_name(drift: &Drift) -> Text {
    let native = drift.native.as_ref().map(|native| Text::new(native.tool.name()));
    let named = || drift.artefact.as_ref().map(|artefact| artefact.tool.clone());
    native.or_else(named).unwrap_or_else(|| Text::new(""))
}

/// The project, group or cluster.
fn home(drift: &Drift) -> String {
    let native = drift.native.as_ref().map(|native| native.home.to_string());
    let named = || {
        let artefact = drift.artefact.as_ref()?;
        artefact.project.as_ref().or(artefact.cluster.as_ref()).map(Text::to_string)
    };
    native.or_else(named).unwrap_or_default()
}

/// The file with its line, or the object.
fn path(drift: &Drift) -> String {
    match (&drift.native, &drift.artefact) {
        (Some(native), _) => {
            let line = native.line.map(|line| format!(":{line}")).unwrap_or_default();
            format!("{}{line}", native.path)
        }
        (None, Some(artefact)) => artefact.path.as_ref().map(Text::to_string).unwrap_or_default(),
        (None, None) => String::new(),
    }
}

fn rule(drift: &Drift) -> String {
    let native = drift.native.as_ref().map(|native| native.rule.to_string());
    let named = || drift.artefact.as_ref()?.rule.as_ref().map(Text::to_string);
    native.or_else(named).unwrap_or_default()
}

/// The end that the tool has for it.
fn ends(native: Option<&Native>) -> Cell {
    match native.map(|native| native.bound) {
        Some(Bound::Until(stamp)) => Cell::plain(words::at(stamp)),
        Some(Bound::Unset) => Cell::new("none is set", Role::SeverityWarning),
        Some(Bound::Impossible) => Cell::new("never", Role::SeverityWarning),
        None => Cell::dim("not there"),
    }
}

fn ends_at(drift: &Drift) -> Option<crate::domain::Timestamp> {
    drift.native.as_ref().and_then(|native| native.bound.end())
}

/// The end that its record has for it.
fn allowed(cx: &Cx<'_>, drift: &Drift) -> Cell {
    let record = drift.record.as_ref().and_then(|id| cx.state.exception_named(id));
    record.map_or_else(Cell::dot, |row| Cell::plain(words::at(row.value.record.expires_at)))
}

fn owner(drift: &Drift) -> Option<&Text> {
    drift.native.as_ref().and_then(|native| native.owner.as_ref())
}

#[rustfmt::skip] // One column a block: they are read as a table.
static COLUMNS: &[Column] = &[
    Column { name: "kind", title: "DRIFT", width: Width::fixed(14), align: Align::Left,
        doc: "zombie, unregistered, unbounded, mismatch, orphan", rank: 0, shown: Shown::Always,
        cell: |_, s| read(s, |drift| kind_cell(drift.kind)),
        order: |_, s| read(s, |drift| Order::Number(rank(drift.kind))) },
    Column { name: "tool", title: "TOOL", width: Width::grow(8, 20, 1), align: Align::Left,
        doc: "the form in which the tool keeps it", rank: 3, shown: Shown::Always,
        cell: |_, s| read(s, |drift| Cell::plain(tool(drift))),
        order: |_, s| read(s, |drift| Order::Text(Text::new(&tool(drift)))) },
    Column { name: "where", title: "WHERE", width: Width::grow(12, 36, 2), align: Align::Left,
        doc: "the project, group or cluster", rank: 1, shown: Shown::Always,
        cell: |_, s| read(s, |drift| Cell::path(home(drift), Role::Text)),
        order: |_, s| read(s, |drift| Order::Text(Text::new(&home(drift)))) },
    Column { name: "path", title: "PLACE", width: Width::grow(10, 44, 2), align: Align::Left,
        doc: "the file with its line, the object, the person, the token", rank: 2, shown: Shown::Always,
        cell: |_, s| read(s, |drift| Cell::path(path(drift), Role::Text)),
        order: |_, s| read(s, |drift| Order::Text(Text::new(&path(drift)))) },
    Column { name: "rule", title: "RULE", width: Width::grow(12, 44, 2), align: Align::Left,
        doc: "what is let pass", rank: 0, shown: Shown::Always,
        cell: |_, s| read(s, |drift| Cell::plain(rule(drift))),
        order: |_, s| read(s, |drift| Order::Text(Text::new(&rule(drift)))) },
    Column { name: "ends", title: "ENDS THERE", width: Width::fixed(17), align: Align::Left,
        doc: "the end that the tool has for it, in UTC", rank: 4, shown: Shown::Always,
        cell: |_, s| read(s, |drift| ends(drift.native.as_ref())),
        order: |_, s| read(s, |drift| Order::instant(ends_at(drift))) },
    Column { name: "record", title: "RECORD", width: Width::grow(8, 20, 1), align: Align::Left,
        doc: "the record that is concerned", rank: 2, shown: Shown::Always,
        cell: |_, s| read(s, |drift| cells::text(drift.record.as_ref(), Role::Text)),
        order: |_, s| read(s, |drift| Order::text(drift.record.as_ref())) },
    Column { name: "allowed", title: "ALLOWED UNTIL", width: Width::fixed(17), align: Align::Left,
        doc: "the end that its record has for it, in UTC", rank: 5, shown: Shown::Always,
        cell: |cx, s| read(s, |drift| allowed(cx, drift)),
        order: |cx, s| read(s, |drift| Order::Text(Text::new(&allowed(cx, drift).words()))) },
    Column { name: "owner", title: "OWNER", width: Width::grow(6, 16, 1), align: Align::Left,
        doc: "who answers for it, where its form says so", rank: 6, shown: Shown::Wide,
        cell: |_, s| read(s, |drift| cells::text(owner(drift), Role::Text)),
        order: |_, s| read(s, |drift| Order::text(owner(drift))) },
    Column { name: "next", title: "NEXT", width: Width::grow(16, 80, 3), align: Align::Left,
        doc: "what to do next", rank: 7, shown: Shown::Wide,
        cell: |_, s| read(s, |drift| Cell::dim(drift.next_step.as_str())),
        order: |_, s| read(s, |drift| Order::Text(drift.next_step.clone())) },
];

fn kinds(_: &State) -> Vec<Text> {
    DriftKind::ALL.map(|kind| Text::new(kind.word())).to_vec()
}

/// The names of the tools.
pub(super) fn tools(_: &State) -> Vec<Text> {
    let mut names: Vec<&str> = Tool::ALL.iter().map(|tool| tool.name()).collect();
    names.dedup();
    names.into_iter().map(Text::new).collect()
}

#[rustfmt::skip] // One field a block: they are read as a table.
static FIELDS: &[Field] = &[
    Field { name: "kind", kind: FieldKind::Text, words: kinds, doc: "in which way they differ",
        of: |_, s| read(s, |drift| Value::Word(drift.kind.word())) },
    Field { name: "tool", kind: FieldKind::Text, words: tools, doc: "the tool, as records name it",
        of: |_, s| read(s, |drift| Value::Text(tool_name(drift))) },
    Field { name: "where", kind: FieldKind::Text, words: no_words, doc: "the project, group or cluster",
        of: |_, s| read(s, |drift| Value::Text(Text::new(&home(drift)))) },
    Field { name: "path", kind: FieldKind::Text, words: no_words, doc: "the file with its line, or the object",
        of: |_, s| read(s, |drift| Value::Text(Text::new(&path(drift)))) },
    Field { name: "rule", kind: FieldKind::Text, words: no_words, doc: "what is let pass",
        of: |_, s| read(s, |drift| Value::Text(Text::new(&rule(drift)))) },
    Field { name: "record", kind: FieldKind::Text, words: no_words, doc: "the record that is concerned",
        of: |_, s| read(s, |drift| Value::text(drift.record.as_ref())) },
    Field { name: "owner", kind: FieldKind::Text, words: no_words, doc: "who answers for it",
        of: |_, s| read(s, |drift| Value::text(owner(drift))) },
    Field { name: "ends", kind: FieldKind::Span, words: no_words, doc: "how long the tool still heeds it: `ends<7d`",
        of: |cx, s| read(s, |drift| Value::seconds(ends_at(drift).map(|at| exact_seconds_between(cx.now, at)))) },
];

/// What is known of one difference.
pub(super) fn detail(cx: &Cx<'_>, drift: &Drift) -> Vec<Block> {
    let title = format!("{}  {}", rule(drift), tool(drift));
    let plain = |name: &str, words: String| (name.to_owned(), Cell::plain(words));
    let kind = kind_cell(drift.kind).and(format!(": {}", meaning(drift.kind)), Role::Text);
    let place = format!("{}:{}", home(drift), path(drift));
    let mut facts = vec![
        ("drift".to_owned(), kind),
        ("next".to_owned(), Cell::new(drift.next_step.as_str(), Role::TextStrong)),
        ("place".to_owned(), Cell::path(place, Role::Text)),
        ("ends there".to_owned(), until(drift.native.as_ref())),
    ];
    if let Some(id) = &drift.record {
        let row = cx.state.exception_named(id);
        let end = row.map(|row| format!(", until {}", words::stamp(row.value.record.expires_at)));
        facts.push(plain("record", format!("{id}{}", end.unwrap_or_default())));
    }
    if let Some(native) = &drift.native {
        facts.extend(about(native));
    }
    let mut blocks = vec![Block::Title(Cell::new(title, Role::TextStrong)), Block::Facts(facts)];
    blocks.push(Block::Title(Cell::dim("what proves it")));
    blocks.push(Block::Lines(drift.evidence.iter().map(|one| evidence(cx, one)).collect()));
    blocks
}

fn until(native: Option<&Native>) -> Cell {
    match native.map(|native| native.bound) {
        Some(Bound::Until(stamp)) => Cell::plain(words::stamp(stamp)),
        _ => ends(native),
    }
}

/// What the tool says of it.
fn about(native: &Native) -> Vec<(String, Cell)> {
    let plain = |name: &str, words: &str| (name.to_owned(), Cell::plain(words.to_owned()));
    let mut facts = Vec::new();
    if !native.subjects.is_empty() {
        facts.push(plain("only for", &words::names(&native.subjects)));
    }
    let optional = [
        ("why", &native.reason),
        ("owner", &native.owner),
        ("revision", &native.revision),
        ("blob", &native.blob),
    ];
    let optional = optional.into_iter().filter_map(|(name, text)| Some((name, text.as_ref()?)));
    facts.extend(optional.map(|(name, text)| plain(name, text)));
    if let Standing::Ignored(why) = &native.standing {
        facts.push(plain("not heeded", why));
    }
    facts.extend(native.caveats.iter().map(|caveat| plain("mind", caveat)));
    facts
}

fn evidence(cx: &Cx<'_>, one: &Evidence) -> Cell {
    let age = one.seen_at.map_or_else(
        || "never read".to_owned(),
        |at| format!("{} ago", span(crate::domain::time::seconds_between(at, cx.now).max(0))),
    );
    Cell::dim(format!("{}: ", one.field))
        .and(one.value.as_str(), Role::Text)
        .and(format!("  ({}, {age})", one.source), Role::TextDim)
}

/// Above the table: how much differs in which way, and how much was looked at.
pub(super) fn band(cx: &Cx<'_>) -> Vec<Block> {
    let (drifts, seen) = (cx.state.drifts(), cx.state.sightings());
    if drifts.is_empty() && seen.is_empty() {
        return Vec::new();
    }
    let mut cell = Cell::dim("drift ");
    // Each silence is there before the register is: nothing can be held against a register that was not read.
    if !calendar::is_known(cx, SourceId::EXCEPTIONS) || !calendar::is_known(cx, SourceId::NATIVES) {
        return vec![Block::Lines(vec![cell.and(" not known yet", Role::SeverityUnknown)])];
    }
    for kind in DriftKind::ALL {
        let n = drifts.count(kind);
        let role = match kind {
            _ if n == 0 => Role::TextDim,
            DriftKind::Zombie | DriftKind::Unregistered => Role::SeverityBad,
            _ => Role::SeverityWarning,
        };
        cell = cell.and(format!("  {n} {}", kind.word()), role);
    }
    let missed = super::looks::missed(cx.state);
    cell = cell
        .and(format!("   {} places looked at", seen.len() - missed.min(seen.len())), Role::TextDim);
    if missed > 0 {
        cell = cell.and(format!(", {missed} not"), Role::SeverityUnknown);
    }
    vec![Block::Lines(vec![cell])]
}

/// What of a record's artefacts stands otherwise, for its own detail.
pub(super) fn of_record(cx: &Cx<'_>, record: &Text) -> Vec<Block> {
    let drifts = cx.state.drifts();
    let mut lines: Vec<Cell> = Vec::new();
    for drift in drifts.of_record(record) {
        let place = format!("  {} {}  {}", home(drift), path(drift), rule(drift));
        lines.push(
            kind_cell(drift.kind)
                .and(place, Role::Text)
                .and(format!("; {}", drift.next_step), Role::TextDim),
        );
    }
    for one in drifts.undecided_of(record) {
        let rule = one.artefact.rule.as_ref().or(one.artefact.path.as_ref());
        let what = rule.map(Text::to_string).unwrap_or_default();
        let words = format!(" cannot be told of {} {what}: {}", one.artefact.tool, one.because);
        lines.push(Cell::mark(Mark::Unknown, Role::SeverityUnknown).and(words, Role::Text));
    }
    if lines.is_empty() {
        return Vec::new();
    }
    vec![Block::Title(Cell::dim("where the tools differ from it")), Block::Lines(lines)]
}

/// The words for the differences of a record, the gravest first; empty where there is none.
pub(super) fn kinds_of(cx: &Cx<'_>, record: &Text) -> Vec<DriftKind> {
    let mut kinds: Vec<DriftKind> =
        cx.state.drifts().of_record(record).map(|drift| drift.kind).collect();
    kinds.sort_by_key(|kind| rank(*kind));
    kinds.dedup();
    kinds
}
