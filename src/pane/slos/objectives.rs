//! Objectives as rows: a row is a budget, the worst first.

use super::{joined, words};
use crate::domain::{EntityId, Exhaustion, PairSeverity, Slo, SloOrigin, SloState, SourceId, Text};
use crate::pane::block::{Align, Cell};
use crate::pane::cells::whole;
use crate::pane::lens::{
    Column, Cx, Field, FieldKind, Lens, LensAbout, Order, RowStanding, Shown, Subject, Value,
    Width, no_words,
};
use crate::state::{Changes, State};
use crate::theme::Role;

/// Objectives as rows.
#[derive(Debug)]
pub struct Objectives;

/// The one value of its kind.
pub static OBJECTIVES: Objectives = Objectives;

static ROWS: LensAbout = LensAbout {
    name: "slos",
    noun: ("objective", "objectives"),
    columns: COLUMNS,
    fields: FIELDS,
    default_sort: "state",
    groupings: &[],
    feeds: &[SourceId::SLOS],
};

impl Lens for Objectives {
    fn about(&self) -> &'static LensAbout {
        &ROWS
    }

    fn scan<'a>(
        &self,
        state: &'a State,
        _: Option<&EntityId>,
    ) -> Box<dyn Iterator<Item = Subject<'a>> + 'a> {
        Box::new(state.slos().iter().map(|(_, row)| Subject::Slo(row)))
    }

    fn is_within(&self, state: &State, scope: &EntityId, subject: Subject<'_>) -> bool {
        joined::is_within(state, scope, subject)
    }

    fn touched(&self, _: &State, changes: &Changes) -> Vec<EntityId> {
        changes.slos.iter().copied().map(EntityId::Slo).collect()
    }

    fn search(&self, _: &Cx<'_>, subject: Subject<'_>, visit: &mut dyn FnMut(&str)) {
        let Some(row) = subject.slo() else { return };
        let slo = &row.value;
        for words in [&slo.service, &slo.name, &slo.key] {
            visit(words);
        }
        slo.labels.iter().for_each(|(_, value)| visit(value));
    }

    /// Old where its samples are, or nobody can tell: then every number of it is as it was.
    fn standing(&self, cx: &Cx<'_>, subject: Subject<'_>) -> RowStanding {
        let Some(row) = subject.slo() else { return RowStanding::default() };
        let state = cx.state.slo_state(&row.value, cx.now);
        RowStanding {
            is_stale: matches!(state, SloState::Stale | SloState::Unreachable),
            changed_at: row.changed_at(),
            group: None,
        }
    }
}

fn read<T: Default>(subject: Subject<'_>, of: impl FnOnce(&Slo) -> T) -> T {
    subject.slo().map(|row| of(&row.value)).unwrap_or_default()
}

/// The worst first: what wakes somebody, what is spent, what makes a ticket, what cannot be told, then the least left.
fn worst(slo: &Slo) -> Order {
    // What is left of a period that has hardly begun says nothing.
    let told = slo.remaining().filter(|_| !slo.is_barely_recorded());
    let rank = match (slo.firing.max(slo.burning()), told) {
        (Some(PairSeverity::Page), _) => 0,
        (_, Some(left)) if left <= 0.0 => 1,
        (Some(PairSeverity::Ticket), _) => 2,
        (None, None) => 3,
        (None, Some(_)) if slo.rule_error.is_some() => 3,
        (None, Some(_)) => 4,
    };
    let left = told.unwrap_or(0.0).clamp(-RANK, RANK);
    Order::Number(whole((f64::from(rank) * 4.0 * RANK + left) * 1e4))
}

/// A budget overspent more often than this is ordered no further.
const RANK: f64 = 1e6;

fn title(slo: &Slo) -> Cell {
    let cell = Cell::plain(format!("{} / {}", slo.service, slo.name));
    if slo.labels.is_empty() {
        return cell;
    }
    cell.and(format!("  {}", words::values(&slo.labels)), Role::TextDim)
}

fn burn(subject: Subject<'_>, seconds: f64) -> Cell {
    read(subject, |slo| {
        words::nearest(slo, seconds).map_or_else(Cell::dot, |one| words::burn(slo, one))
    })
}

fn burn_order(subject: Subject<'_>, seconds: f64) -> Order {
    let rate = |slo: &Slo| slo.burn(words::nearest(slo, seconds)?.window_seconds);
    read(subject, |slo| rate(slo).map_or(Order::Last, |rate| Order::Number(whole(-rate * 1e4))))
}

fn number(value: Option<f64>) -> Value {
    value.map_or(Value::None, Value::Number)
}

const FIVE_MINUTES: f64 = 300.0;
const HOUR: f64 = 3600.0;
const SIX_HOURS: f64 = 21_600.0;
const THREE_DAYS: f64 = 259_200.0;

#[rustfmt::skip] // One column a block: they are read as a table.
static COLUMNS: &[Column] = &[
    Column { name: "objective", title: "SERVICE / OBJECTIVE", width: Width::grow(20, 60, 3), align: Align::Left,
        doc: "the service, its objective, and the label set of a grouped one", rank: 0, shown: Shown::Always,
        cell: |_, s| read(s, title),
        order: |_, s| read(s, |slo| Order::Text(Text::new(&format!("{} {}", slo.service, slo.key)))) },
    Column { name: "target", title: "TARGET", width: Width::fixed(12), align: Align::Right,
        doc: "the objective and its period", rank: 3, shown: Shown::Always,
        cell: |_, s| read(s, |slo| Cell::plain(words::objective(slo)).and(format!(" /{}", words::period(slo)), Role::TextDim)),
        order: |_, s| read(s, |slo| Order::Number(whole(slo.objective * 1e9))) },
    Column { name: "budget", title: "BUDGET LEFT", width: Width::grow(12, 28, 1), align: Align::Left,
        doc: "the share of the error budget that is left; below nothing it is negative; `of 23 %` where no more of the period is recorded, which says nothing of the whole", rank: 0, shown: Shown::Always,
        cell: |_, s| read(s, words::budget),
        order: |_, s| read(s, |slo| slo.remaining().map_or(Order::Last, |left| Order::Number(whole(left * 1e6)))) },
    Column { name: "5m", title: "5m", width: Width::fixed(6), align: Align::Right,
        doc: "burn over the window nearest to 5 minutes", rank: 4, shown: Shown::Always,
        cell: |_, s| burn(s, FIVE_MINUTES), order: |_, s| burn_order(s, FIVE_MINUTES) },
    Column { name: "1h", title: "1h", width: Width::fixed(6), align: Align::Right,
        doc: "burn over the window nearest to an hour", rank: 2, shown: Shown::Always,
        cell: |_, s| burn(s, HOUR), order: |_, s| burn_order(s, HOUR) },
    Column { name: "6h", title: "6h", width: Width::fixed(6), align: Align::Right,
        doc: "burn over the window nearest to 6 hours", rank: 4, shown: Shown::Always,
        cell: |_, s| burn(s, SIX_HOURS), order: |_, s| burn_order(s, SIX_HOURS) },
    Column { name: "3d", title: "3d", width: Width::fixed(6), align: Align::Right,
        doc: "burn over the window nearest to 3 days", rank: 5, shown: Shown::Always,
        cell: |_, s| burn(s, THREE_DAYS), order: |_, s| burn_order(s, THREE_DAYS) },
    Column { name: "ends", title: "ENDS", width: Width::fixed(8), align: Align::Left,
        doc: "when the budget ends at the rate of the last hour, without roll-off", rank: 2, shown: Shown::Always,
        cell: |cx, s| read(s, |slo| words::ends(cx, slo)),
        // Of a calendar's period the reset is left out, so that the place does not move with time.
        order: |_, s| read(s, |slo| slo.burn(words::nearest(slo, HOUR).map_or(HOUR, |one| one.window_seconds))
            .zip(slo.remaining()).filter(|(rate, _)| *rate > 0.0)
            .map_or(Order::Last, |(rate, left)| Order::Number(whole(left * slo.period.seconds() / rate)))) },
    Column { name: "firing", title: "FIRING", width: Width::fixed(15), align: Align::Left,
        doc: "what its rules fire: page, ticket; and whether that is silenced; `budget spent` where `ErrorBudgetExhausted` does; `burns: page` where by our own reckoning it does and no alert fires", rank: 3, shown: Shown::Always,
        cell: |cx, s| read(s, |slo| words::firing(cx, slo)),
        order: |_, s| read(s, |slo| match slo.firing {
            Some(PairSeverity::Page) => Order::Number(0),
            Some(PairSeverity::Ticket) => Order::Number(1),
            None => slo.burning().map_or(Order::Last, |one| Order::Number(if one == PairSeverity::Page { 2 } else { 3 })),
        }) },
    Column { name: "state", title: "STATE", width: Width::fixed(14), align: Align::Left,
        doc: "what can be said of it now; ordered by it, the worst comes first", rank: 1, shown: Shown::Always,
        cell: |cx, s| read(s, |slo| words::standing(cx, slo)),
        order: |_, s| read(s, worst) },
    Column { name: "left", title: "EVENTS LEFT", width: Width::fixed(12), align: Align::Right,
        doc: "how many bad events the rest of the budget takes, where the traffic is known", rank: 6, shown: Shown::Wide,
        cell: |_, s| read(s, |slo| slo.events_left().map_or_else(Cell::dot, |left| Cell::plain(format!("n={left:.0}")))),
        order: |_, s| read(s, |slo| slo.events_left().map_or(Order::Last, |left| Order::Number(whole(left)))) },
    Column { name: "origin", title: "ORIGIN", width: Width::fixed(8), align: Align::Left,
        doc: "where it was found: sloth, pyrra, openslo, builtin", rank: 7, shown: Shown::Always,
        cell: |_, s| read(s, |slo| Cell::dim(slo.origin.as_str())),
        order: |_, s| read(s, |slo| Order::Text(Text::new(slo.origin.as_str()))) },
];

fn services(state: &State) -> Vec<Text> {
    super::services(state).into_iter().collect()
}

fn states(_: &State) -> Vec<Text> {
    SloState::ALL.map(|state| Text::new(state.as_str())).to_vec()
}

fn origins(_: &State) -> Vec<Text> {
    let all = [SloOrigin::Sloth, SloOrigin::Pyrra, SloOrigin::OpenSlo, SloOrigin::Builtin];
    all.map(|origin| Text::new(origin.as_str())).to_vec()
}

fn severities(_: &State) -> Vec<Text> {
    ["page", "ticket"].map(Text::new).to_vec()
}

/// The highest burn over any window.
fn highest(slo: &Slo) -> Option<f64> {
    let rates = slo.readings.iter().filter_map(|one| slo.burn(one.window_seconds));
    rates.max_by(f64::total_cmp)
}

#[rustfmt::skip] // One field a block: they are read as a table.
static FIELDS: &[Field] = &[
    Field { name: "service", kind: FieldKind::Text, words: services, doc: "the service",
        of: |_, s| read(s, |slo| Value::Text(slo.service.clone())) },
    Field { name: "name", kind: FieldKind::Text, words: no_words, doc: "the objective's name",
        of: |_, s| read(s, |slo| Value::Text(slo.name.clone())) },
    Field { name: "state", kind: FieldKind::Text, words: states, doc: "what can be said of it: ok, burning, no_traffic, …",
        of: |cx, s| read(s, |slo| Value::Word(cx.state.slo_state(slo, cx.now).as_str())) },
    Field { name: "origin", kind: FieldKind::Text, words: origins, doc: "where it was found: sloth, pyrra, openslo, builtin",
        of: |_, s| read(s, |slo| Value::Word(slo.origin.as_str())) },
    Field { name: "firing", kind: FieldKind::Text, words: severities, doc: "what its rules fire: page, ticket",
        of: |_, s| read(s, |slo| slo.firing.map_or(Value::None, |one| Value::Word(one.as_str()))) },
    Field { name: "silenced", kind: FieldKind::Bool, words: no_words, doc: "whether it fires and nobody is told",
        of: |cx, s| read(s, |slo| Value::Bool(cx.state.is_silenced(slo) == Some(true))) },
    Field { name: "budget", kind: FieldKind::Number, words: no_words, doc: "what is left of the budget, in per cent: `budget<20`",
        of: |_, s| read(s, |slo| number(slo.remaining().map(|left| left * 100.0))) },
    Field { name: "burn", kind: FieldKind::Number, words: no_words, doc: "the highest burn over any window: `burn>1`",
        of: |_, s| read(s, |slo| number(highest(slo))) },
    Field { name: "ends", kind: FieldKind::Span, words: no_words, doc: "time until the budget ends at the rate of the last hour: `ends<1d`",
        of: |cx, s| read(s, |slo| match words::exhaustion(cx, slo).0 {
            Exhaustion::In(seconds) => Value::Seconds(seconds),
            Exhaustion::Spent => Value::Seconds(0.0),
            Exhaustion::Never | Exhaustion::BeyondReset | Exhaustion::Unknown => Value::None,
        }) },
];
