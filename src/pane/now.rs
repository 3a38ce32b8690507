//! The pane Now: what deserves attention, the gravest first, each with its evidence and the next step.

use crate::domain::time::{instant_utc, seconds_between, span};
use crate::domain::{EntityId, Finding, Health, Runner, Severity, SourceId, Text};
use crate::pane::block::{Align, Block, Cell, Heading, Mark};
use crate::pane::cells;
use crate::pane::lens::{
    Column, Cx, Field, FieldKind, Lens, LensAbout, Order, RowStanding, Shown, Subject, Value,
    Width, no_words,
};
use crate::pane::{About, Count, Drill, Pane, pipelines, runners, slos};
use crate::state::{Changes, State};
use crate::theme::Role;

/// The pane.
#[derive(Debug)]
pub struct Now;

/// Findings as rows.
#[derive(Debug)]
pub struct Findings;

/// The one value of its kind.
pub static FINDINGS: Findings = Findings;

static ABOUT: About = About {
    name: "now",
    title: "Now",
    digit: '1',
    doc: "what deserves attention, the gravest first, with its evidence and the next step",
    lenses: &[&FINDINGS],
};

impl Pane for Now {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    fn count(&self, cx: &Cx<'_>) -> Count {
        let grave = cx.state.findings().iter().any(|finding| finding.severity <= Severity::High);
        let role = if grave { Role::SeverityBad } else { Role::SeverityWarning };
        Count::of(cx.state.findings().len(), role)
    }

    /// What is known at all: an empty list must not look like calm.
    fn band(&self, cx: &Cx<'_>) -> Vec<Block> {
        let (live, all) = live_feeds(cx);
        let role = if live == all && all > 0 { Role::SeverityOk } else { Role::SeverityUnknown };
        let mark = if live == all && all > 0 { Mark::Fine } else { Mark::Unknown };
        let feeds =
            Cell::mark(mark, role).and(format!(" {live} of {all} feeds are live"), Role::Text);
        vec![Block::Lines(vec![feeds]), subjects(cx)]
    }

    fn detail(&self, cx: &Cx<'_>, id: &EntityId) -> Vec<Block> {
        match Subject::find(cx.state, id) {
            Some(Subject::Finding(finding, _)) => detail(cx, finding),
            Some(Subject::Slo(_) | Subject::Alert(_) | Subject::Silence(_)) => {
                slos::Slos.detail(cx, id)
            }
            _ => runners::RunnersPane.detail(cx, id),
        }
    }

    fn empty(&self, cx: &Cx<'_>) -> Vec<Cell> {
        let (live, all) = live_feeds(cx);
        let oldest = cx.state.reports().filter_map(|(_, report)| report.age_seconds(cx.now)).max();
        match oldest {
            Some(_) if live == all => vec![
                Cell::mark(Mark::Fine, Role::SeverityOk)
                    .and(format!(" nothing found; {live} of {all} feeds live"), Role::Text),
            ],
            _ => vec![
                Cell::mark(Mark::Unknown, Role::SeverityUnknown).and(
                    format!(
                        " nothing found, but not everything is known: {live} of {all} feeds live"
                    ),
                    Role::Text,
                ),
                Cell::dim("press 0 to see every feed"),
            ],
        }
    }

    fn drill(&self, cx: &Cx<'_>, id: &EntityId) -> Option<Drill> {
        let Some(Subject::Finding(finding, _)) = Subject::find(cx.state, id) else { return None };
        match &finding.id.about {
            EntityId::Project(_) => {
                Some(Drill { lens: &pipelines::PIPELINE_ROWS, scope: finding.id.about.clone() })
            }
            EntityId::NodeGroup(_) => {
                Some(Drill { lens: &runners::NODES, scope: finding.id.about.clone() })
            }
            EntityId::Node(_) => {
                Some(Drill { lens: &runners::PODS, scope: finding.id.about.clone() })
            }
            // Several objectives that cannot be judged are named in its detail.
            EntityId::Slo(_) if finding.count == 1 => {
                Some(Drill { lens: &slos::OBJECTIVES, scope: finding.id.about.clone() })
            }
            EntityId::Tier(_) => {
                Some(Drill { lens: &pipelines::JOBS, scope: finding.id.about.clone() })
            }
            _ => None,
        }
    }
}

/// How many feeds are live, of how many.
fn live_feeds(cx: &Cx<'_>) -> (usize, usize) {
    let mut feeds = (0, 0);
    for (_, report) in cx.state.reports() {
        feeds.0 += usize::from(report.health(cx.now).is_live());
        feeds.1 += 1;
    }
    feeds
}

/// One line a subject, with its few true numbers; dots where nothing is known.
fn subjects(cx: &Cx<'_>) -> Block {
    let (mut waiting, mut running) = (0, 0);
    let tiers = cx.state.tiers().iter().map(|(index, _)| Some(index)).chain([None]);
    for queue in tiers.filter_map(|tier| cx.state.queue(tier)) {
        waiting += queue.waiting();
        running += queue.running();
    }
    let known = cx
        .state
        .source_health(SourceId::QUEUE, cx.now)
        .is_some_and(|health| matches!(health, Health::Live | Health::Partial));
    let number = |n: String| if known { Cell::plain(n) } else { Cell::dim("unknown") };
    let headings = vec![
        Heading::new("subject", 11, Align::Left),
        Heading::new("waiting", 9, Align::Right),
        Heading::new("running", 9, Align::Right),
        Heading::new("online", 9, Align::Right),
        Heading::new("of", 6, Align::Right),
    ];
    let queue = vec![
        Cell::plain("pipelines"),
        number(waiting.to_string()),
        number(running.to_string()),
        Cell::dot(),
        Cell::dot(),
    ];
    let [online, all] = runners(cx);
    let runners = vec![Cell::plain("runners"), Cell::dot(), Cell::dot(), online, all];
    Block::Grid(headings, vec![queue, runners])
}

/// How many runners are online and were heard of, of how many: unknown before they were read, marked while they are old.
fn runners(cx: &Cx<'_>) -> [Cell; 2] {
    let mut reports = cx.state.reports().filter(|(key, _)| key.source == SourceId::RUNNERS);
    let was_read = reports.any(|(_, report)| report.confirmed_at.is_some());
    if !was_read && cx.state.runners().is_empty() {
        return [Cell::dim("unknown"), Cell::dot()];
    }
    let works = |runner: &Runner| {
        &*runner.status == "online"
            && runner.quiet_for(cx.state.waiting_for(runner), cx.now).is_none()
    };
    let online = cx.state.runners().iter().filter(|(_, row)| works(&row.value)).count();
    let counts = [Cell::plain(online.to_string()), Cell::dim(cx.state.runners().len().to_string())];
    match cx.state.source_health(SourceId::RUNNERS, cx.now) {
        Some(Health::Live | Health::Partial) => counts,
        _ => counts.map(cells::old),
    }
}

fn detail(cx: &Cx<'_>, finding: &Finding) -> Vec<Block> {
    let mut facts = vec![
        ("severity".to_owned(), severity_cell(finding.severity)),
        ("next step".to_owned(), Cell::new(finding.next_step.as_str(), Role::TextStrong)),
        ("rule".to_owned(), Cell::dim(finding.id.code)),
        ("about".to_owned(), Cell::plain(name(cx, &finding.id.about))),
    ];
    if let Some(since) = finding.since {
        facts.push(("since".to_owned(), Cell::plain(instant_utc(since))));
    }
    let evidence = finding.evidence.iter().map(|evidence| {
        let age = evidence.seen_at.map_or_else(
            || "never confirmed".to_owned(),
            |at| format!("{} ago", span(seconds_between(at, cx.now).max(0))),
        );
        Cell::dim(format!("{} = ", evidence.field))
            .and(evidence.value.as_str().to_owned(), Role::Text)
            .and(format!("   {} {age}", evidence.source), Role::TextDim)
    });
    vec![
        Block::Title(Cell::new(finding.title.as_str(), Role::TextStrong)),
        Block::Facts(facts),
        Block::Title(Cell::dim("evidence")),
        Block::Lines(evidence.collect()),
    ]
}

/// What a finding is about, in a person's words.
fn name(cx: &Cx<'_>, about: &EntityId) -> String {
    match about {
        EntityId::Tier(index) => format!("tier {}", cx.state.tiers().name(Some(*index))),
        EntityId::Project(id) => {
            cx.state.projects().get(*id).map_or_else(|| about.to_string(), |p| p.path.to_string())
        }
        EntityId::Job(id) => cx
            .state
            .jobs()
            .get(*id)
            .map_or_else(|| about.to_string(), |job| format!("job {}", job.name)),
        _ => about.to_string(),
    }
}

fn severity_cell(severity: Severity) -> Cell {
    let (mark, role) = match severity {
        Severity::Critical | Severity::High => (Mark::Bad, Role::SeverityBad),
        Severity::Medium => (Mark::Warning, Role::SeverityWarning),
        Severity::Low => (Mark::Unknown, Role::SeverityUnknown),
        Severity::Info => (Mark::Fine, Role::SeverityOk),
    };
    Cell::mark(mark, role).and(format!(" {}", severity.as_str()), role)
}

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

    fn standing(&self, _: &Cx<'_>, _: Subject<'_>) -> RowStanding {
        RowStanding::default()
    }
}

fn read<T: Default>(subject: Subject<'_>, of: impl FnOnce(&Finding, usize) -> T) -> T {
    subject.finding().map(|(finding, place)| of(finding, place)).unwrap_or_default()
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
        doc: "how grave it is; ordered the gravest first", rank: 0, shown: Shown::Always,
        cell: |_, s| read(s, |f, _| severity_cell(f.severity)),
        order: |_, s| read(s, |_, place| Order::Number(i64::try_from(place).unwrap_or(i64::MAX))) },
    Column { name: "what", title: "WHAT", width: Width::grow(24, 110, 5), align: Align::Left,
        doc: "what is wrong", rank: 0, shown: Shown::Always,
        cell: |_, s| read(s, |f, _| Cell::plain(f.title.as_str())),
        order: |_, s| read(s, |f, _| Order::Text(f.title.clone())) },
    Column { name: "since", title: "SINCE", width: Width::fixed(7), align: Align::Right,
        doc: "since when, as far as the platform tells", rank: 2, shown: Shown::Always,
        cell: |cx, s| read(s, |f, _| cells::since(f.since, cx.now, Role::Text)),
        order: |_, s| read(s, |f, _| Order::instant(f.since)) },
    Column { name: "hits", title: "HITS", width: Width::fixed(6), align: Align::Right,
        doc: "how many jobs, refs or feeds it hits", rank: 1, shown: Shown::Always,
        cell: |_, s| read(s, |f, _| Cell::plain(f.count.to_string())),
        order: |_, s| read(s, |f, _| negative(f.count)) },
    Column { name: "next", title: "NEXT STEP", width: Width::grow(16, 70, 3), align: Align::Left,
        doc: "what to do next", rank: 3, shown: Shown::Always,
        cell: |_, s| read(s, |f, _| Cell::dim(f.next_step.as_str())),
        order: |_, s| read(s, |f, _| Order::Text(f.next_step.clone())) },
    Column { name: "evidence", title: "EVIDENCE", width: Width::fixed(8), align: Align::Right,
        doc: "the age of the oldest evidence", rank: 2, shown: Shown::Always,
        cell: |cx, s| read(s, |f, _| evidence_age(cx, f)),
        order: |_, s| read(s, |f, _| Order::instant(f.evidence.iter().filter_map(|e| e.seen_at).min())) },
];

fn severity_words(_: &State) -> Vec<Text> {
    ["critical", "high", "medium", "low", "info"].map(Text::new).to_vec()
}

#[rustfmt::skip] // One field a block: they are read as a table.
static FIELDS: &[Field] = &[
    Field { name: "severity", kind: FieldKind::Text, words: severity_words, doc: "how grave it is",
        of: |_, s| read(s, |f, _| Value::Word(f.severity.as_str())) },
    Field { name: "code", kind: FieldKind::Text, words: no_words, doc: "the rule",
        of: |_, s| read(s, |f, _| Value::Word(f.id.code)) },
    Field { name: "what", kind: FieldKind::Text, words: no_words, doc: "what is wrong",
        of: |_, s| read(s, |f, _| Value::Text(f.title.clone())) },
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::pipeline::fixture::at;
    use crate::domain::{Change, Origin, Report, Scope, SourceKey, Tiers, Update};

    fn state(confirmed: Option<i64>) -> State {
        let mut state = State::new(Tiers::default());
        let key = SourceKey { source: SourceId::RUNNERS, scope: Scope::gitlab("acme") };
        let report = Report { confirmed_at: confirmed.map(at), ..Report::starting(60.0) };
        let change = Change::Report(report);
        state.apply(Update { key, at: at(0), origin: Origin::Live, change }, at(0));
        state
    }

    fn told(state: &State) -> String {
        runners(&Cx { state, now: at(1000) })[0].words()
    }

    #[test]
    fn runners_that_were_never_read_are_unknown_and_not_nought() {
        assert_eq!(told(&state(None)), "unknown");
        assert_eq!(told(&State::new(Tiers::default())), "unknown");
        assert_eq!(told(&state(Some(990))), "0");
    }

    #[test]
    fn old_counts_of_runners_are_marked_old() {
        let state = state(Some(0));
        let cells = runners(&Cx { state: &state, now: at(1000) });
        assert_eq!(cells[0], cells::old(Cell::plain("0")));
    }
}
