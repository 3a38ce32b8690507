//! The pane Sources: every feed's health, age, budget and last error.

use crate::domain::time::{instant_utc, seconds_between, span};
use crate::domain::{EntityId, Failure, Health, Report, SourceKey, Text};
use crate::pane::block::{Align, Block, Cell};
use crate::pane::cells;
use crate::pane::lens::{
    Column, Cx, Field, FieldKind, Lens, LensAbout, Order, RowStanding, Shown, Subject, Value,
    Width, no_words,
};
use crate::pane::{About, Count, Pane};
use crate::state::{Changes, State};
use crate::theme::Role;

/// The pane.
#[derive(Debug)]
pub struct Sources;

/// Feeds as rows.
#[derive(Debug)]
pub struct SourceRows;

/// The one value of its kind.
pub static SOURCE_ROWS: SourceRows = SourceRows;

static ABOUT: About = About {
    name: "sources",
    title: "Sources",
    digit: '0',
    doc: "every feed's health, age, API budget left and last error",
    lenses: &[&SOURCE_ROWS],
};

impl Pane for Sources {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    fn count(&self, cx: &Cx<'_>) -> Count {
        let ill = cx.state.reports().filter(|(_, report)| is_ill(report.health(cx.now))).count();
        Count::of(ill, Role::SeverityWarning)
    }

    fn band(&self, cx: &Cx<'_>) -> Vec<Block> {
        let mut live = 0;
        let mut all = 0;
        let mut requests = 0.0;
        let mut oldest = None;
        for (_, report) in cx.state.reports() {
            all += 1;
            live += usize::from(report.health(cx.now).is_live());
            requests = report.requests_per_minute.max(requests);
            oldest = oldest.max(report.age_seconds(cx.now));
        }
        let age = oldest.map_or_else(|| "n/a".to_owned(), span);
        let words = format!(
            "{live} of {all} feeds live   oldest data {age}   {requests:.0} requests a minute"
        );
        vec![Block::Lines(vec![Cell::plain(words)])]
    }

    fn detail(&self, cx: &Cx<'_>, id: &EntityId) -> Vec<Block> {
        let Some(Subject::Source(key, report)) = Subject::find(cx.state, id) else {
            return Vec::new();
        };
        let mut blocks =
            vec![Block::Title(Cell::new(key.to_string(), Role::TextStrong)), facts(cx, report)];
        for (title, failure) in
            [("last failure", &report.failure), ("what is missing", &report.gap)]
        {
            if let Some(failure) = failure {
                blocks.push(Block::Title(Cell::dim(title)));
                blocks.push(failure_block(cx, failure));
            }
        }
        blocks
    }

    fn empty(&self, _: &Cx<'_>) -> Vec<Cell> {
        vec![
            Cell::plain("no feed is configured"),
            Cell::dim("a [gitlab] table in the configuration makes some"),
        ]
    }
}

fn is_ill(health: Health) -> bool {
    !matches!(health, Health::Live | Health::Starting | Health::Unconfigured)
}

fn facts(cx: &Cx<'_>, report: &Report) -> Block {
    let (mark, role) = cells::health(report.health(cx.now));
    let health = Cell::mark(mark, role).and(format!(" {}", word(report.health(cx.now))), role);
    let budget = report.budget.map_or_else(
        || Cell::dim("the server does not tell"),
        |budget| {
            Cell::plain(format!(
                "{} of {} until {}",
                budget.remaining,
                budget.limit,
                instant_utc(budget.reset_at)
            ))
        },
    );
    let confirmed =
        report.confirmed_at.map_or_else(|| Cell::dim("not yet"), |at| Cell::plain(instant_utc(at)));
    Block::Facts(vec![
        ("health".to_owned(), health),
        ("confirmed".to_owned(), confirmed),
        ("asks every".to_owned(), Cell::plain(span(cells::whole(report.interval_seconds)))),
        (
            "requests to its server".to_owned(),
            Cell::plain(format!("{:.0}", report.requests_per_minute)),
        ),
        ("rate limit".to_owned(), budget),
    ])
}

fn failure_block(cx: &Cx<'_>, failure: &Failure) -> Block {
    let mut lines = vec![
        Cell::new(failure.message.as_str(), Role::SeverityBad),
        Cell::dim("hint: ").and(failure.hint.as_str(), Role::Text),
        Cell::dim(format!(
            "{} ago, {}",
            span(seconds_between(failure.at, cx.now)),
            failure.kind.as_str()
        )),
    ];
    if let Some(at) = failure.retry_at.filter(|at| *at > cx.now) {
        lines.push(Cell::dim(format!("tried again in {}", span(seconds_between(cx.now, at)))));
    }
    Block::Lines(lines)
}

/// The verdict as the screen says it.
pub(crate) fn word(health: Health) -> &'static str {
    match health {
        Health::Starting => "connecting",
        health => health.as_str(),
    }
}

static ROWS: LensAbout = LensAbout {
    name: "sources",
    noun: ("feed", "feeds"),
    columns: COLUMNS,
    fields: FIELDS,
    default_sort: "health",
    groupings: &[],
    feeds: &[],
};

impl Lens for SourceRows {
    fn about(&self) -> &'static LensAbout {
        &ROWS
    }

    fn scan<'a>(
        &self,
        state: &'a State,
        _: Option<&EntityId>,
    ) -> Box<dyn Iterator<Item = Subject<'a>> + 'a> {
        Box::new(state.reports().map(|(key, report)| Subject::Source(key, report)))
    }

    fn touched(&self, state: &State, changes: &Changes) -> Vec<EntityId> {
        if !changes.reports {
            return Vec::new();
        }
        state.reports().map(|(key, report)| Subject::Source(key, report).id()).collect()
    }

    fn search(&self, _: &Cx<'_>, subject: Subject<'_>, visit: &mut dyn FnMut(&str)) {
        if let Subject::Source(key, _) = subject {
            visit(key.source.0);
            visit(&key.scope.0);
        }
    }

    fn standing(&self, cx: &Cx<'_>, subject: Subject<'_>) -> RowStanding {
        let is_stale = match subject {
            Subject::Source(_, report) => report.health(cx.now) == Health::Stale,
            _ => false,
        };
        RowStanding { is_stale, changed_at: None, group: None }
    }
}

fn read<T: Default>(subject: Subject<'_>, of: impl FnOnce(&SourceKey, &Report) -> T) -> T {
    subject.source().map(|(key, report)| of(key, report)).unwrap_or_default()
}

/// The worst first; what is not configured needs no eyes.
fn place(health: Health) -> i64 {
    match health {
        Health::Forbidden => 0,
        Health::Down => 1,
        Health::Stale => 2,
        Health::Partial => 3,
        Health::Starting => 4,
        Health::Live => 5,
        Health::Unconfigured => 6,
    }
}

/// The failure, else the gap: what a person has to know first.
fn trouble(report: &Report) -> Option<&Failure> {
    report.failure.as_ref().or(report.gap.as_ref())
}

#[rustfmt::skip] // One column a block: they are read as a table.
static COLUMNS: &[Column] = &[
    Column { name: "source", title: "SOURCE", width: Width::fixed(10), align: Align::Left,
        doc: "the feed", rank: 0, shown: Shown::Always,
        cell: |_, s| read(s, |key, _| Cell::plain(key.source.0)),
        order: |_, s| read(s, |key, _| Order::Text(Text::new(&key.to_string()))) },
    Column { name: "scope", title: "SCOPE", width: Width::grow(18, 48, 6), align: Align::Left,
        doc: "the part of the platform that it covers", rank: 2, shown: Shown::Always,
        cell: |_, s| read(s, |key, _| Cell::path(&*key.scope.0, Role::Project)),
        order: |_, s| read(s, |key, _| Order::Text(Text::new(&key.scope.0))) },
    Column { name: "health", title: "HEALTH", width: Width::fixed(13), align: Align::Left,
        doc: "live, partial, stale, down, forbidden, unconfigured; ordered the worst first", rank: 0, shown: Shown::Always,
        cell: |cx, s| read(s, |_, report| {
            let health = report.health(cx.now);
            let (mark, role) = cells::health(health);
            Cell::mark(mark, role).and(format!(" {}", word(health)), role)
        }),
        order: |cx, s| read(s, |_, report| Order::Number(place(report.health(cx.now)))) },
    Column { name: "age", title: "AGE", width: Width::fixed(7), align: Align::Right,
        doc: "time since everything in the scope was last confirmed", rank: 0, shown: Shown::Always,
        cell: |cx, s| read(s, |_, report| report.age_seconds(cx.now)
            .map_or_else(Cell::dot, |age| Cell::plain(span(age)))),
        order: |_, s| read(s, |_, report| Order::instant(report.confirmed_at)) },
    Column { name: "every", title: "EVERY", width: Width::fixed(7), align: Align::Right,
        doc: "how often it asks; hidden feeds ask less often", rank: 5, shown: Shown::Always,
        cell: |_, s| read(s, |_, report| Cell::dim(span(cells::whole(report.interval_seconds)))),
        order: |_, s| read(s, |_, report| Order::Number(cells::whole(report.interval_seconds))) },
    Column { name: "requests", title: "REQ/MIN", width: Width::fixed(7), align: Align::Right,
        doc: "requests to its server in the last minute, by all feeds", rank: 4, shown: Shown::Always,
        cell: |_, s| read(s, |_, report| Cell::plain(format!("{:.0}", report.requests_per_minute))),
        order: |_, s| read(s, |_, report| Order::Number(-cells::whole(report.requests_per_minute))) },
    Column { name: "budget", title: "BUDGET LEFT", width: Width::fixed(13), align: Align::Right,
        doc: "what the server says is left of its rate limit", rank: 3, shown: Shown::Always,
        cell: |_, s| read(s, |_, report| report.budget.map_or_else(Cell::dot, |budget| {
            let low = budget.remaining.saturating_mul(10) < budget.limit;
            let role = if low { Role::SeverityWarning } else { Role::Text };
            Cell::new(format!("{}/{}", budget.remaining, budget.limit), role)
        })),
        order: |_, s| read(s, |_, report| report.budget.map_or(Order::Last, |budget|
            Order::Number(i64::try_from(budget.remaining).unwrap_or(i64::MAX)))) },
    Column { name: "error", title: "LAST ERROR", width: Width::grow(20, 160, 6), align: Align::Left,
        doc: "what failed last, or what is missing", rank: 1, shown: Shown::Always,
        cell: |_, s| read(s, |_, report| trouble(report)
            .map_or_else(Cell::empty, |failure| Cell::new(failure.message.as_str(), Role::SeverityBad))),
        order: |_, s| read(s, |_, report| trouble(report)
            .map_or(Order::Last, |failure| Order::Number(-failure.at.as_millisecond()))) },
];

fn health_words(_: &State) -> Vec<Text> {
    ["live", "partial", "stale", "down", "forbidden", "unconfigured"].map(Text::new).to_vec()
}

#[rustfmt::skip] // One field a block: they are read as a table.
static FIELDS: &[Field] = &[
    Field { name: "source", kind: FieldKind::Text, words: no_words, doc: "the feed",
        of: |_, s| read(s, |key, _| Value::Word(key.source.0)) },
    Field { name: "scope", kind: FieldKind::Text, words: no_words, doc: "the part of the platform that it covers",
        of: |_, s| read(s, |key, _| Value::Text(Text::new(&key.scope.0))) },
    Field { name: "health", kind: FieldKind::Text, words: health_words, doc: "the verdict",
        of: |cx, s| read(s, |_, report| Value::Word(report.health(cx.now).as_str())) },
    Field { name: "age", kind: FieldKind::Span, words: no_words, doc: "time since the last confirmation",
        of: |cx, s| read(s, |_, report| report.age_seconds(cx.now)
            .map_or(Value::None, |age| Value::Seconds(age_seconds(age)))) },
    Field { name: "error", kind: FieldKind::Text, words: no_words, doc: "the kind of the last failure",
        of: |_, s| read(s, |_, report| trouble(report).map_or(Value::None, |failure| Value::Word(failure.kind.as_str()))) },
];

#[expect(clippy::cast_precision_loss, reason = "ages stay far below 2^52 seconds")]
fn age_seconds(age: i64) -> f64 {
    age as f64
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::AtomicBool;

    use super::*;
    use crate::domain::pipeline::fixture::at;
    use crate::domain::{Change, FailureKind, Origin, Scope, SourceId, Tiers, Update};
    use crate::pane::listing::{Direction, Listing, Question};
    use crate::pane::query::Query;

    #[test]
    fn the_worst_feed_stands_first() {
        let mut state = State::new(Tiers::default());
        let failure = |kind| Failure {
            kind,
            message: Text::new("m"),
            hint: Text::new("h"),
            at: at(9),
            retry_at: None,
        };
        let live = Report { confirmed_at: Some(at(9)), ..Report::starting(5.0) };
        let down = Report { failure: Some(failure(FailureKind::Connect)), ..Report::starting(5.0) };
        let refused =
            Report { failure: Some(failure(FailureKind::TokenExpired)), ..Report::starting(5.0) };
        for (source, report) in
            [(SourceId::PROJECTS, live), (SourceId::QUEUE, down), (SourceId::TOKEN, refused)]
        {
            let key = SourceKey { source, scope: Scope::gitlab("acme") };
            let change = Change::Report(report);
            state.apply(Update { key, at: at(9), origin: Origin::Live, change }, at(9));
        }
        let question = Question {
            lens: &SOURCE_ROWS,
            scope: None,
            query: Query::default(),
            sort: SOURCE_ROWS.default_sort(),
            direction: Direction::Forward,
            grouping: None,
        };
        let cx = Cx { state: &state, now: at(10) };
        let listing = Listing::build(&cx, &question, &AtomicBool::new(false)).unwrap();
        let sources: Vec<&str> = listing
            .ids()
            .map(|id| match id {
                EntityId::Source(key) => key.source.0,
                _ => "",
            })
            .collect();
        assert_eq!(sources, ["token", "queue", "projects"]);
    }
}
