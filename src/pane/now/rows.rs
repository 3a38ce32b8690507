//! Findings as rows: what, since when, how many it hits, which objective burns for it, the next step, the age of the proof.

use super::chain;
use crate::domain::time::{coarse, seconds_between};
use crate::domain::{EntityId, Finding, Presence, Severity, Text};
use crate::pane::block::{Align, Cell, Mark};
use crate::pane::cells;
use crate::pane::lens::{
    Column, Cx, Field, FieldKind, Lens, LensAbout, Order, RowStanding, Shown, Subject, Value,
    Width, no_words,
};
use crate::state::{Changes, State};
use crate::theme::Role;

/// Findings as rows.
#[derive(Debug)]
pub struct Findings;

/// The one value of its kind.
pub static FINDINGS: Findings = Findings;

static ROWS: LensAbout = LensAbout {
    name: "findings",
    noun: ("finding", "findings"),
    columns: COLUMNS,
    fields: FIELDS,
    default_sort: "severity",
    groupings: &[],
    feeds: &[],
};

impl Lens for Findings {
    fn about(&self) -> &'static LensAbout {
        &ROWS
    }

    fn scan<'a>(
        &self,
        state: &'a State,
        _: Option<&EntityId>,
    ) -> Box<dyn Iterator<Item = Subject<'a>> + 'a> {
        let findings = state.findings().iter().enumerate();
        Box::new(findings.map(|(place, finding)| Subject::Finding(finding, place)))
    }

    fn touched(&self, _: &State, _: &Changes) -> Vec<EntityId> {
        Vec::new()
    }

    fn is_outdated(&self, changes: &Changes) -> bool {
        changes.findings
    }

    fn search(&self, _: &Cx<'_>, subject: Subject<'_>, visit: &mut dyn FnMut(&str)) {
        if let Subject::Finding(finding, _) = subject {
            visit(&finding.title);
            visit(finding.id.code);
        }
    }

    /// What is not found now is not confirmed any more.
    fn standing(&self, _: &Cx<'_>, subject: Subject<'_>) -> RowStanding {
        let is_stale = read(subject, |finding, _| !finding.is_found());
        RowStanding { is_stale, ..RowStanding::default() }
    }
}

fn read<T: Default>(subject: Subject<'_>, of: impl FnOnce(&Finding, usize) -> T) -> T {
    subject.finding().map(|(finding, place)| of(finding, place)).unwrap_or_default()
}

/// How grave a finding is; what is in hand, gone or cannot be told any more has another mark.
pub(super) fn severity(finding: &Finding) -> Cell {
    let (mark, role) = match (&finding.joined.presence, finding.severity) {
        (Presence::Gone(_), _) => (Mark::Old, Role::FreshnessOld),
        (Presence::Untold { .. }, _) => (Mark::Unknown, Role::SeverityUnknown),
        (Presence::Found, Severity::Critical | Severity::High) => (Mark::Bad, Role::SeverityBad),
        (Presence::Found, Severity::Medium) => (Mark::Warning, Role::SeverityWarning),
        (Presence::Found, Severity::Low) => (Mark::Unknown, Role::SeverityUnknown),
        (Presence::Found, Severity::Info) => (Mark::Fine, Role::SeverityOk),
    };
    let role = if finding.joined.acknowledged.is_some() { Role::TextDim } else { role };
    Cell::mark(mark, role).and(format!(" {}", finding.severity.as_str()), role)
}

/// What stands before the words of a finding that is not simply found: in whose hand it is, that it is gone or untold.
pub(super) fn standing(cx: &Cx<'_>, finding: &Finding) -> Option<String> {
    let age = |at| coarse(seconds_between(at, cx.now).max(0));
    match (&finding.joined.presence, &finding.joined.acknowledged) {
        (Presence::Gone(since), _) => Some(format!("gone {}", age(*since))),
        (Presence::Untold { because, .. }, _) => Some(format!("cannot tell, {because}")),
        (Presence::Found, Some(hand)) => {
            let left = coarse(seconds_between(cx.now, hand.until).max(0));
            Some(format!("in hand of {} for {left}", hand.by))
        }
        (Presence::Found, None) => None,
    }
}

/// What is wrong, with the chain drawn where a finding above explains it.
fn what(cx: &Cx<'_>, finding: &Finding) -> Cell {
    let branches = chain::branches(cx.state, finding);
    let cell = if branches.is_empty() { Cell::empty() } else { Cell::dim(branches) };
    let cell = match standing(cx, finding) {
        Some(words) => cell.and(format!("{words}: "), Role::TextDim),
        None => cell,
    };
    cell.and(finding.title.as_str().to_owned(), Role::Text)
}

/// Since when: as the platform tells, else since it was seen here, which is the least.
pub(super) fn since(cx: &Cx<'_>, finding: &Finding) -> Cell {
    match (finding.since, finding.joined.found_at) {
        (None, Some(at)) => Cell::dim(format!("≥{}", coarse(seconds_between(at, cx.now).max(0)))),
        (since, _) => cells::since(since, cx.now, Role::Text),
    }
}

/// The objectives that burn for it.
fn burns(cx: &Cx<'_>, finding: &Finding) -> Cell {
    let names: Vec<&str> =
        chain::burned(cx.state, finding).iter().map(|slo| slo.name.as_str()).collect();
    match names.as_slice() {
        [] => Cell::dot(),
        names => Cell::new(names.join(" "), Role::SeverityWarning),
    }
}

fn negative(n: u64) -> Order {
    Order::Number(-i64::try_from(n).unwrap_or(i64::MAX))
}

/// The age of the oldest evidence.
fn evidence_age(cx: &Cx<'_>, finding: &Finding) -> Cell {
    let oldest = finding.evidence.iter().filter_map(|evidence| evidence.seen_at).min();
    cells::since(oldest, cx.now, Role::TextDim)
}

#[rustfmt::skip] // One column a block: they are read as a table.
static COLUMNS: &[Column] = &[
    Column { name: "severity", title: "SEVERITY", width: Width::fixed(10), align: Align::Left,
        doc: "how grave it is; ordered the gravest first, what follows from a cause below it", rank: 0, shown: Shown::Always,
        cell: |_, s| read(s, |f, _| severity(f)),
        order: |_, s| read(s, |_, place| Order::Number(i64::try_from(place).unwrap_or(i64::MAX))) },
    Column { name: "what", title: "WHAT", width: Width::grow(40, 110, 8), align: Align::Left,
        doc: "what is wrong", rank: 0, shown: Shown::Always,
        cell: |cx, s| read(s, |f, _| what(cx, f)),
        order: |_, s| read(s, |f, _| Order::Text(f.title.clone())) },
    Column { name: "since", title: "SINCE", width: Width::fixed(7), align: Align::Right,
        doc: "since when, as far as the platform tells; else at least since it was seen here", rank: 2, shown: Shown::Always,
        cell: |cx, s| read(s, |f, _| since(cx, f)),
        order: |_, s| read(s, |f, _| Order::instant(f.since.or(f.joined.found_at))) },
    Column { name: "hits", title: "HITS", width: Width::fixed(6), align: Align::Right,
        doc: "how many jobs, pods, refs or feeds it hits", rank: 1, shown: Shown::Always,
        cell: |_, s| read(s, |f, _| Cell::plain(f.count.to_string())),
        order: |_, s| read(s, |f, _| negative(f.count)) },
    Column { name: "burns", title: "BURNS", width: Width::grow(8, 24, 1), align: Align::Left,
        doc: "the objectives that burn because of it", rank: 6, shown: Shown::Always,
        cell: |cx, s| read(s, |f, _| burns(cx, f)),
        order: |_, s| read(s, |f, _| Order::Text(f.title.clone())) },
    Column { name: "next", title: "NEXT STEP", width: Width::grow(14, 70, 3), align: Align::Left,
        doc: "what to do next", rank: 3, shown: Shown::Always,
        cell: |_, s| read(s, |f, _| Cell::dim(f.next_step.as_str())),
        order: |_, s| read(s, |f, _| Order::Text(f.next_step.clone())) },
    Column { name: "evidence", title: "EVIDENCE", width: Width::fixed(8), align: Align::Right,
        doc: "the age of the oldest evidence", rank: 4, shown: Shown::Always,
        cell: |cx, s| read(s, |f, _| evidence_age(cx, f)),
        order: |_, s| read(s, |f, _| Order::instant(f.evidence.iter().filter_map(|e| e.seen_at).min())) },
];

fn severity_words(_: &State) -> Vec<Text> {
    Severity::ALL.map(|severity| Text::new(severity.as_str())).to_vec()
}

fn presence_words(_: &State) -> Vec<Text> {
    ["found", "gone", "untold"].map(Text::new).to_vec()
}

fn presence(finding: &Finding) -> &'static str {
    match finding.joined.presence {
        Presence::Found => "found",
        Presence::Gone(_) => "gone",
        Presence::Untold { .. } => "untold",
    }
}

#[rustfmt::skip] // One field a block: they are read as a table.
static FIELDS: &[Field] = &[
    Field { name: "severity", kind: FieldKind::Text, words: severity_words, doc: "how grave it is",
        of: |_, s| read(s, |f, _| Value::Word(f.severity.as_str())) },
    Field { name: "code", kind: FieldKind::Text, words: no_words, doc: "the rule",
        of: |_, s| read(s, |f, _| Value::Word(f.id.code)) },
    Field { name: "what", kind: FieldKind::Text, words: no_words, doc: "what is wrong",
        of: |_, s| read(s, |f, _| Value::Text(f.title.clone())) },
    Field { name: "presence", kind: FieldKind::Text, words: presence_words, doc: "whether it is found now, is gone, or cannot be told",
        of: |_, s| read(s, |f, _| Value::Word(presence(f))) },
];
