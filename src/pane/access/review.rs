//! The items of a campaign as rows: what is new or changed since the last one first, then what has findings.

use super::{principals, words};
use crate::access::campaign::{Decision, Delta, Item, RemedyState, Stand};
use crate::domain::access::Grant;
use crate::domain::time::instant_utc;
use crate::domain::{EntityId, Text};
use crate::pane::block::{Align, Block, Cell, Mark};
use crate::pane::cells;
use crate::pane::lens::{
    Column, Cx, Field, FieldKind, Lens, LensAbout, Order, RowStanding, Shown, Subject, Value,
    Width, no_words,
};
use crate::state::{Changes, Review, Reviewed, State};
use crate::theme::Role;

/// Items of the newest campaign as rows.
#[derive(Debug)]
pub struct ReviewRows;

/// The one value of its kind.
pub static REVIEW: ReviewRows = ReviewRows;

static ROWS: LensAbout = LensAbout {
    name: "review",
    noun: ("item", "items"),
    columns: COLUMNS,
    fields: FIELDS,
    default_sort: "delta",
    groupings: &[],
    feeds: &[],
};

impl Lens for ReviewRows {
    fn about(&self) -> &'static LensAbout {
        &ROWS
    }

    fn scan<'a>(
        &self,
        state: &'a State,
        _: Option<&EntityId>,
    ) -> Box<dyn Iterator<Item = Subject<'a>> + 'a> {
        Box::new(state.review().into_iter().flat_map(Review::items).map(Subject::ReviewItem))
    }

    fn touched(&self, _: &State, changes: &Changes) -> Vec<EntityId> {
        changes.review_items.iter().copied().map(EntityId::ReviewItem).collect()
    }

    fn is_outdated(&self, changes: &Changes) -> bool {
        changes.rights
    }

    fn search(&self, cx: &Cx<'_>, subject: Subject<'_>, visit: &mut dyn FnMut(&str)) {
        read(subject, |one| {
            visit(&subject_name(cx, one.item));
            visit(&one.item.key);
            one.item.findings.iter().for_each(|id| visit(id));
        });
    }

    fn standing(&self, _: &Cx<'_>, _: Subject<'_>) -> RowStanding {
        // What was frozen does not grow old.
        RowStanding::default()
    }
}

fn read<T: Default>(subject: Subject<'_>, of: impl FnOnce(Reviewed<'_>) -> T) -> T {
    subject.review_item().map(of).unwrap_or_default()
}

fn grant<'a>(cx: &Cx<'a>, item: &Item) -> Option<&'a Grant> {
    cx.state.review()?.frozen().grant(&item.key)
}

/// Whose right it is: by the username, else by what the item is called.
fn subject_name(cx: &Cx<'_>, item: &Item) -> Text {
    let Some(id) = &item.subject else {
        return Text::new(item.key.strip_prefix("setting:").unwrap_or(&item.key));
    };
    let all = cx.state.review().map(|review| &review.frozen().population.principals);
    let found = all.and_then(|all| {
        let place = all.binary_search_by(|one| one.id.cmp(id)).ok()?;
        all.get(place)
    });
    found.map_or_else(|| id.clone(), |one| one.called().clone())
}

fn right(cx: &Cx<'_>, item: &Item) -> String {
    match grant(cx, item) {
        Some(grant) => words::right(&grant.right),
        None if item.subject.is_none() => "setting".to_owned(),
        None => "no grant".to_owned(),
    }
}

/// A decision with its mark; an open item says so.
fn decision(stand: &Stand) -> Cell {
    let cell = match stand.decision() {
        None => Cell::dim("open"),
        Some(Decision::Keep) => Cell::mark(Mark::Fine, Role::SeverityOk).and(" keep", Role::Text),
        Some(Decision::Revoke) => {
            Cell::mark(Mark::Bad, Role::SeverityBad).and(" revoke", Role::SeverityBad)
        }
        Some(Decision::Modify(to)) => Cell::mark(Mark::Manual, Role::SeverityWarning)
            .and(format!(" to {to}"), Role::SeverityWarning),
        Some(Decision::Escalate) => {
            Cell::mark(Mark::Warning, Role::SeverityWarning).and(" escalate", Role::Text)
        }
    };
    if stand.is_disputed() { cell.and(" disputed", Role::SeverityWarning) } else { cell }
}

/// What is open first, then what is stricter.
fn decision_order(stand: &Stand) -> Order {
    Order::Number(match stand.decision() {
        None => 0,
        Some(Decision::Escalate) => 1,
        Some(Decision::Revoke) => 2,
        Some(Decision::Modify(_)) => 3,
        Some(Decision::Keep) => 4,
    })
}

/// What became of what was decided.
fn remedy(stand: &Stand) -> Cell {
    let is_due = matches!(stand.decision(), Some(Decision::Revoke | Decision::Modify(_)));
    match stand.remedy.as_ref().map(|remedy| remedy.state) {
        None if is_due => Cell::new("to be sent", Role::SeverityWarning),
        None => Cell::dot(),
        Some(RemedyState::Verified) => {
            Cell::mark(Mark::Fine, Role::SeverityOk).and(" verified", Role::Text)
        }
        Some(RemedyState::Sent) => {
            Cell::mark(Mark::Unknown, Role::SeverityUnknown).and(" sent", Role::Text)
        }
        Some(state @ (RemedyState::Refused | RemedyState::Unchanged)) => {
            Cell::mark(Mark::Bad, Role::SeverityBad)
                .and(format!(" {}", state.word()), Role::SeverityBad)
        }
    }
}

fn remedy_word(stand: &Stand) -> &'static str {
    let is_due = matches!(stand.decision(), Some(Decision::Revoke | Decision::Modify(_)));
    match stand.remedy.as_ref().map(|remedy| remedy.state) {
        None if is_due => "due",
        None => "none",
        Some(state) => state.word(),
    }
}

/// New and changed items first, then those with findings.
fn delta_order(item: &Item) -> Order {
    let delta = match item.delta {
        Delta::New => 0,
        Delta::Changed(_) => 1,
        Delta::First | Delta::Same => 2,
    };
    Order::Number(delta * 2 + i64::from(item.findings.is_empty()))
}

fn delta(item: &Item) -> Cell {
    match &item.delta {
        Delta::First | Delta::Same => Cell::dim(item.delta.word()),
        Delta::New => Cell::new("new", Role::Accent),
        Delta::Changed(what) => {
            Cell::new("changed", Role::Accent).and(format!(": {what}"), Role::Text)
        }
    }
}

fn codes(item: &Item) -> Vec<String> {
    let code = |id: &Text| id.split('/').next().unwrap_or_default().to_owned();
    let mut codes: Vec<String> = item.findings.iter().map(code).collect();
    codes.dedup();
    codes
}

fn by(stand: &Stand) -> Cell {
    match stand.word() {
        None => Cell::dot(),
        Some(word) => {
            let cell = Cell::plain(word.by.username.as_str());
            if word.is_claimed { cell.and(" claimed", Role::SeverityWarning) } else { cell }
        }
    }
}

#[rustfmt::skip] // One column a block: they are read as a table.
static COLUMNS: &[Column] = &[
    Column { name: "decision", title: "DECISION", width: Width::fixed(16), align: Align::Left,
        doc: "what was decided; open is never kept", rank: 0, shown: Shown::Always,
        cell: |_, s| read(s, |one| decision(one.stand)),
        order: |_, s| read(s, |one| decision_order(one.stand)) },
    Column { name: "subject", title: "PRINCIPAL", width: Width::grow(12, 40, 2), align: Align::Left,
        doc: "whose right it is, or what setting", rank: 0, shown: Shown::Always,
        cell: |cx, s| read(s, |one| Cell::path(subject_name(cx, one.item).as_str(), Role::Text)),
        order: |cx, s| read(s, |one| Order::Text(subject_name(cx, one.item))) },
    Column { name: "right", title: "RIGHT", width: Width::grow(10, 30, 1), align: Align::Left,
        doc: "what may be done", rank: 1, shown: Shown::Always,
        cell: |cx, s| read(s, |one| Cell::plain(right(cx, one.item))),
        order: |cx, s| read(s, |one| words::level_order(grant(cx, one.item).and_then(|grant| grant.right.level))) },
    Column { name: "on", title: "ON", width: Width::grow(12, 50, 3), align: Align::Left,
        doc: "what it is on", rank: 0, shown: Shown::Always,
        cell: |cx, s| read(s, |one| grant(cx, one.item).map_or_else(Cell::dot, |grant| Cell::path(grant.resource.path.as_str(), Role::Text))),
        order: |cx, s| read(s, |one| Order::text(grant(cx, one.item).map(|grant| &grant.resource.path))) },
    Column { name: "findings", title: "FINDINGS", width: Width::grow(8, 20, 1), align: Align::Left,
        doc: "codes of the rules that found something when it was frozen: keeping it needs a reason", rank: 2, shown: Shown::Always,
        cell: |_, s| read(s, |one| words::codes_cell(&codes(one.item))),
        order: |_, s| read(s, |one| Order::Number(-i64::try_from(one.item.findings.len()).unwrap_or(i64::MAX))) },
    Column { name: "delta", title: "SINCE LAST", width: Width::grow(7, 30, 1), align: Align::Left,
        doc: "how it stands to the last campaign: new and changed ones first", rank: 3, shown: Shown::Always,
        cell: |_, s| read(s, |one| delta(one.item)),
        order: |_, s| read(s, |one| delta_order(one.item)) },
    Column { name: "before", title: "BEFORE", width: Width::grow(6, 20, 1), align: Align::Left,
        doc: "what was decided about it the last time", rank: 5, shown: Shown::Wide,
        cell: |_, s| read(s, |one| one.item.before.as_ref().map_or_else(Cell::dot, |before| Cell::dim(before.decision.to_string()))),
        order: |_, s| read(s, |one| one.item.before.as_ref().map_or(Order::Last, |before| Order::Text(Text::new(before.decision.word())))) },
    Column { name: "by", title: "BY", width: Width::grow(6, 20, 1), align: Align::Left,
        doc: "who decided; claimed where another's export says so", rank: 4, shown: Shown::Always,
        cell: |_, s| read(s, |one| by(one.stand)),
        order: |_, s| read(s, |one| Order::text(one.stand.word().map(|word| &word.by.username))) },
    Column { name: "remedy", title: "DONE", width: Width::fixed(11), align: Align::Left,
        doc: "what became of it on the platform: to be sent, sent, refused, unchanged, verified", rank: 3, shown: Shown::Always,
        cell: |_, s| read(s, |one| remedy(one.stand)),
        order: |_, s| read(s, |one| Order::Text(Text::new(remedy_word(one.stand)))) },
];

fn decisions(_: &State) -> Vec<Text> {
    ["open", "keep", "modify", "escalate", "revoke"].map(Text::new).into()
}

fn deltas(_: &State) -> Vec<Text> {
    ["first", "new", "changed", "same"].map(Text::new).into()
}

fn remedies(_: &State) -> Vec<Text> {
    ["none", "due", "sent", "refused", "unchanged", "verified"].map(Text::new).into()
}

#[rustfmt::skip] // One field a block: they are read as a table.
static FIELDS: &[Field] = &[
    Field { name: "decision", kind: FieldKind::Text, words: decisions, doc: "what was decided: `decision:open`",
        of: |_, s| read(s, |one| Value::Word(one.stand.decision().map_or("open", Decision::word))) },
    Field { name: "subject", kind: FieldKind::Text, words: no_words, doc: "whose right it is",
        of: |cx, s| read(s, |one| Value::Text(subject_name(cx, one.item))) },
    Field { name: "right", kind: FieldKind::Text, words: principals::levels, doc: "what may be done",
        of: |cx, s| read(s, |one| Value::Text(Text::new(&right(cx, one.item)))) },
    Field { name: "on", kind: FieldKind::Text, words: no_words, doc: "what it is on",
        of: |cx, s| read(s, |one| Value::text(grant(cx, one.item).map(|grant| &grant.resource.path))) },
    Field { name: "finding", kind: FieldKind::Text, words: no_words, doc: "codes of what was found: `finding:A01`",
        of: |_, s| read(s, |one| Value::List(codes(one.item).iter().map(|code| Text::new(code)).collect())) },
    Field { name: "delta", kind: FieldKind::Text, words: deltas, doc: "how it stands to the last campaign",
        of: |_, s| read(s, |one| Value::Word(one.item.delta.word())) },
    Field { name: "by", kind: FieldKind::Text, words: no_words, doc: "who decided",
        of: |_, s| read(s, |one| Value::text(one.stand.word().map(|word| &word.by.username))) },
    Field { name: "disputed", kind: FieldKind::Bool, words: no_words, doc: "whether reviewers differ",
        of: |_, s| read(s, |one| Value::Bool(one.stand.is_disputed())) },
    Field { name: "done", kind: FieldKind::Text, words: remedies, doc: "what became of it: `done:due` is still to be sent",
        of: |_, s| read(s, |one| Value::Word(remedy_word(one.stand))) },
];

/// What is known of one item.
pub(super) fn detail(cx: &Cx<'_>, one: Reviewed<'_>) -> Vec<Block> {
    let Reviewed { item, stand, .. } = one;
    let title = format!("{}  {}", subject_name(cx, item), right(cx, item));
    let mut facts =
        vec![("decision".to_owned(), decision(stand)), ("done".to_owned(), remedy(stand))];
    if let Some(grant) = grant(cx, item) {
        let path = Cell::plain(grant.path_words());
        facts.push(("on".to_owned(), Cell::plain(grant.resource.to_string())));
        facts.push(("by way of".to_owned(), path));
        facts.push(("ends".to_owned(), words::end(grant.expires_at, cx.now)));
        let by = cells::text(grant.granted_by.as_ref(), Role::Text);
        facts.push(("given by".to_owned(), by));
    }
    facts.push(("since last".to_owned(), delta(item)));
    if let Some(before) = &item.before {
        let told = format!("{} by {}, {}", before.decision, before.by, instant_utc(before.at));
        facts.push(("before".to_owned(), Cell::plain(told)));
    }
    if let Some(remedy) = &stand.remedy {
        let told = remedy.told.as_ref().map_or("", |told| told.as_str());
        let record = remedy.record.map_or_else(String::new, |seq| format!(", act {seq}"));
        let words = format!("{} {}{record}  {told}", remedy.state.word(), instant_utc(remedy.at));
        facts.push(("what became".to_owned(), Cell::plain(words)));
    }
    let mut blocks = vec![Block::Title(Cell::new(title, Role::TextStrong)), Block::Facts(facts)];
    let report = cx.state.review().map(|review| &review.frozen().report);
    let found = report.into_iter().flat_map(|report| &report.findings);
    let lines: Vec<Cell> = found
        .filter(|found| item.findings.iter().any(|id| *id.as_str() == *found.id()))
        .map(|found| {
            words::severity(found.severity)
                .and(format!("  {}  {}", found.code, found.title), Role::Text)
        })
        .collect();
    if !lines.is_empty() {
        blocks.push(Block::Title(Cell::dim("what was found when it was frozen")));
        blocks.push(Block::Lines(lines));
    }
    if !stand.words.is_empty() {
        blocks.push(Block::Title(Cell::dim("who decided what; the strictest counts")));
        let line = |word: &crate::access::campaign::Word| {
            let reason = word.reason.as_ref().map_or("", |reason| reason.as_str());
            let claimed = if word.is_claimed { "  (claimed by an export)" } else { "" };
            Cell::plain(format!(
                "{}  {}  {}",
                word.by.username,
                word.decision,
                instant_utc(word.at)
            ))
            .and(format!("  {reason}{claimed}"), Role::TextDim)
        };
        blocks.push(Block::Lines(stand.words.iter().map(line).collect()));
    }
    blocks
}
