//! Where was looked for exceptions of other tools, as rows: what could not be looked at first, each with its reason.

use super::drift::tools;
use crate::domain::time::{exact_seconds_between, seconds_between, span};
use crate::domain::{EntityId, GapKind, Home, Sighting, SourceId, Text};
use crate::pane::block::{Align, Block, Cell, Mark};
use crate::pane::lens::{
    Column, Cx, Field, FieldKind, Lens, LensAbout, Order, RowStanding, Shown, Subject, Value,
    Width, no_words,
};
use crate::state::{Changes, State};
use crate::theme::Role;

/// Looks as rows.
#[derive(Debug)]
pub struct LookRows;

/// The one value of its kind.
pub static LOOKS: LookRows = LookRows;

static ROWS: LensAbout = LensAbout {
    name: "looks",
    noun: ("place", "places"),
    columns: COLUMNS,
    fields: FIELDS,
    default_sort: "state",
    groupings: &[],
    feeds: &[SourceId::NATIVES],
};

/// How many places were not looked at, or not as a whole.
pub(super) fn missed(state: &State) -> usize {
    state.sightings().iter().filter(|(_, row)| row.value.gap.is_some()).count()
}

impl Lens for LookRows {
    fn about(&self) -> &'static LensAbout {
        &ROWS
    }

    fn scan<'a>(
        &self,
        state: &'a State,
        _: Option<&EntityId>,
    ) -> Box<dyn Iterator<Item = Subject<'a>> + 'a> {
        Box::new(state.sightings().iter().map(|(_, row)| Subject::Sighting(row)))
    }

    fn touched(&self, _: &State, changes: &Changes) -> Vec<EntityId> {
        changes.sightings.iter().copied().map(EntityId::Sighting).collect()
    }

    fn search(&self, _: &Cx<'_>, subject: Subject<'_>, visit: &mut dyn FnMut(&str)) {
        let Some(row) = subject.sighting() else { return };
        visit(&row.value.home.to_string());
        visit(row.value.tool);
        visit(row.value.path.as_deref().unwrap_or_default());
        visit(row.value.gap.as_ref().map_or("", |gap| gap.why.as_str()));
    }

    fn standing(&self, cx: &Cx<'_>, subject: Subject<'_>) -> RowStanding {
        let Some(row) = subject.sighting() else { return RowStanding::default() };
        RowStanding {
            is_stale: cx.state.is_stale(row, row.seen_at(), cx.now),
            changed_at: row.changed_at(),
            group: None,
        }
    }
}

fn read<T: Default>(subject: Subject<'_>, of: impl FnOnce(&Sighting) -> T) -> T {
    subject.sighting().map(|row| of(&row.value)).unwrap_or_default()
}

fn word(sighting: &Sighting) -> &'static str {
    sighting.gap.as_ref().map_or("read", |gap| gap.kind.word())
}

fn state(sighting: &Sighting) -> Cell {
    let (mark, role) = match sighting.gap.as_ref().map(|gap| gap.kind) {
        None => (Mark::Fine, Role::SeverityOk),
        Some(GapKind::Unavailable) => (Mark::NotApplicable, Role::TextDim),
        Some(GapKind::Waiting) => (Mark::Waiting, Role::Text),
        Some(GapKind::Refused | GapKind::Failed) => (Mark::Bad, Role::SeverityBad),
        Some(GapKind::TooLarge | GapKind::Unreadable) => (Mark::Warning, Role::SeverityWarning),
    };
    Cell::mark(mark, role).and(format!(" {}", word(sighting)), role)
}

/// What a person can cure first, what was read last.
fn rank(sighting: &Sighting) -> i64 {
    match sighting.gap.as_ref().map(|gap| gap.kind) {
        Some(GapKind::Refused) => 0,
        Some(GapKind::Failed) => 1,
        Some(GapKind::Unreadable) => 2,
        Some(GapKind::TooLarge) => 3,
        Some(GapKind::Waiting) => 4,
        Some(GapKind::Unavailable) => 5,
        None => 6,
    }
}

/// The file, or what all of the tool's there is called.
fn place(sighting: &Sighting) -> Cell {
    match (&sighting.path, &sighting.home) {
        (Some(path), _) => Cell::path(path.as_str(), Role::Text),
        (None, Home::Project(_)) => Cell::dim("the whole project"),
        (None, Home::Group(_)) => Cell::dim("the whole group"),
        (None, Home::Cluster(_)) => Cell::dim("the whole cluster"),
        (None, Home::Alertmanager) => Cell::dim("all of it"),
    }
}

fn why(sighting: &Sighting) -> String {
    sighting.gap.as_ref().map(|gap| gap.why.to_string()).unwrap_or_default()
}

fn found(sighting: &Sighting) -> i64 {
    i64::try_from(sighting.natives.len()).unwrap_or(i64::MAX)
}

#[rustfmt::skip] // One column a block: they are read as a table.
static COLUMNS: &[Column] = &[
    Column { name: "state", title: "LOOK", width: Width::fixed(15), align: Align::Left,
        doc: "read, or why it was not: refused, failed, unreadable, too large, waiting, not available", rank: 0, shown: Shown::Always,
        cell: |_, s| read(s, state),
        order: |_, s| read(s, |one| Order::Number(rank(one))) },
    Column { name: "tool", title: "TOOL", width: Width::grow(8, 18, 1), align: Align::Left,
        doc: "the tool, as records name it", rank: 1, shown: Shown::Always,
        cell: |_, s| read(s, |one| Cell::plain(one.tool)),
        order: |_, s| read(s, |one| Order::Text(Text::new(one.tool))) },
    Column { name: "where", title: "WHERE", width: Width::grow(12, 44, 2), align: Align::Left,
        doc: "the project, group or cluster", rank: 0, shown: Shown::Always,
        cell: |_, s| read(s, |one| Cell::path(one.home.to_string(), Role::Text)),
        order: |_, s| read(s, |one| Order::Text(Text::new(&one.home.to_string()))) },
    Column { name: "path", title: "PLACE", width: Width::grow(10, 44, 2), align: Align::Left,
        doc: "the file that was read; else everything that the tool has there", rank: 2, shown: Shown::Always,
        cell: |_, s| read(s, place),
        order: |_, s| read(s, |one| Order::text(one.path.as_ref())) },
    Column { name: "found", title: "FOUND", width: Width::fixed(5), align: Align::Right,
        doc: "how many exceptions were found there", rank: 3, shown: Shown::Always,
        cell: |_, s| read(s, |one| Cell::plain(found(one).to_string())),
        order: |_, s| read(s, |one| Order::Number(-found(one))) },
    Column { name: "age", title: "SEEN", width: Width::fixed(6), align: Align::Right,
        doc: "how long ago it was looked at", rank: 4, shown: Shown::Always,
        cell: |cx, s| read(s, |one| Cell::dim(span(seconds_between(one.seen_at, cx.now).max(0)))),
        order: |_, s| read(s, |one| Order::instant(Some(one.seen_at))) },
    Column { name: "why", title: "WHY NOT", width: Width::grow(16, 100, 4), align: Align::Left,
        doc: "why it could not be looked at, or not as a whole", rank: 1, shown: Shown::Always,
        cell: |_, s| read(s, |one| Cell::plain(why(one))),
        order: |_, s| read(s, |one| Order::Text(Text::new(&why(one)))) },
];

fn states(_: &State) -> Vec<Text> {
    let gaps = GapKind::ALL.iter().map(|kind| kind.word());
    std::iter::once("read").chain(gaps).map(Text::new).collect()
}

#[rustfmt::skip] // One field a block: they are read as a table.
static FIELDS: &[Field] = &[
    Field { name: "state", kind: FieldKind::Text, words: states, doc: "whether it was read, or why it was not",
        of: |_, s| read(s, |one| Value::Word(word(one))) },
    Field { name: "read", kind: FieldKind::Bool, words: no_words, doc: "whether it was read as a whole",
        of: |_, s| read(s, |one| Value::Bool(one.gap.is_none())) },
    Field { name: "tool", kind: FieldKind::Text, words: tools, doc: "the tool, as records name it",
        of: |_, s| read(s, |one| Value::Word(one.tool)) },
    Field { name: "where", kind: FieldKind::Text, words: no_words, doc: "the project, group or cluster",
        of: |_, s| read(s, |one| Value::Text(Text::new(&one.home.to_string()))) },
    Field { name: "path", kind: FieldKind::Text, words: no_words, doc: "the file that was read",
        of: |_, s| read(s, |one| Value::text(one.path.as_ref())) },
    Field { name: "found", kind: FieldKind::Number, words: no_words, doc: "how many exceptions were found there: `found>0`",
        of: |_, s| read(s, |one| Value::Number(f64::from(u32::try_from(one.natives.len()).unwrap_or(u32::MAX)))) },
    Field { name: "age", kind: FieldKind::Span, words: no_words, doc: "how long ago it was looked at: `age>1h`",
        of: |cx, s| read(s, |one| Value::Seconds(exact_seconds_between(one.seen_at, cx.now))) },
];

/// What is known of one place.
pub(super) fn detail(cx: &Cx<'_>, sighting: &Sighting) -> Vec<Block> {
    let title = format!("{} in {}", sighting.tool, sighting.home);
    let seen = span(seconds_between(sighting.seen_at, cx.now).max(0));
    let mut facts = vec![
        ("look".to_owned(), state(sighting)),
        ("place".to_owned(), place(sighting)),
        ("seen".to_owned(), Cell::plain(format!("{seen} ago"))),
    ];
    if sighting.gap.is_some() {
        facts.push(("why not".to_owned(), Cell::plain(why(sighting))));
    }
    let mut blocks = vec![Block::Title(Cell::new(title, Role::TextStrong)), Block::Facts(facts)];
    if !sighting.natives.is_empty() {
        let lines = sighting.natives.iter().map(|native| {
            let line = native.line.map(|line| format!(":{line}")).unwrap_or_default();
            let end = match native.bound.end() {
                Some(at) => format!("until {}", at.strftime("%Y-%m-%d %H:%MZ")),
                None => "without an end".to_owned(),
            };
            Cell::plain(format!("{}{line}  {}", native.path, native.rule))
                .and(format!("  {end}"), Role::TextDim)
        });
        blocks.push(Block::Title(Cell::dim("what was found")));
        blocks.push(Block::Lines(lines.collect()));
    }
    if !sighting.warnings.is_empty() {
        let lines = sighting.warnings.iter().map(|flaw| {
            let line = if flaw.line == 0 { String::new() } else { format!(":{}", flaw.line) };
            Cell::new(format!("{}{line}: {}", flaw.path, flaw.what), Role::SeverityWarning)
                .and(format!("; {}", flaw.cure), Role::TextDim)
        });
        blocks.push(Block::Title(Cell::dim("what to mind there")));
        blocks.push(Block::Lines(lines.collect()));
    }
    blocks
}
