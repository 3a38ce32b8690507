//! What the pane says of objectives in every state.

use std::sync::Arc;

use super::*;
use crate::domain::slo::fixture::{at, slo};
use crate::domain::{
    Change, Entity, Measured, Origin, Report, Scope, SloId, SourceKey, Tiers, Update,
};
use crate::pane::lens::Subject;

const BURN: &[(&str, f64, f64)] = &[("5m", 300.0, 0.02), ("1h", 3600.0, 0.02)];
const CALM: &[(&str, f64, f64)] = &[("5m", 300.0, 0.0005), ("1h", 3600.0, 0.0005)];

fn tell(state: &mut State, change: Change) {
    let key = SourceKey { source: SourceId::SLOS, scope: Scope::server("prometheus", "localhost") };
    state.apply(Update { key, at: at(0), origin: Origin::Live, change }, at(0));
}

fn named(name: &str, slo: Slo) -> Slo {
    Slo { id: SloId::of(&["sloth", name]), key: Text::new(name), name: Text::new(name), ..slo }
}

fn with(slos: Vec<Slo>) -> State {
    let mut state = State::new(Tiers::default());
    let entities = slos.into_iter().map(|slo| Entity::Slo(Arc::new(slo))).collect();
    tell(&mut state, Change::Replace(entities));
    let report = Report { confirmed_at: Some(at(0)), ..Report::starting(30.0) };
    tell(&mut state, Change::Report(report));
    state
}

/// The words of a column in the only row.
fn cell(state: &State, column: &str, second: i64) -> String {
    let cx = Cx { state, now: at(second) };
    let column = crate::pane::lens::column(&OBJECTIVES, column).unwrap();
    let (_, row) = state.slos().iter().next().unwrap();
    (column.cell)(&cx, Subject::Slo(row)).words()
}

fn band(state: &State) -> String {
    let blocks = Slos.band(&Cx { state, now: at(5) });
    let Some(Block::Lines(lines)) = blocks.first() else { panic!("{blocks:?}") };
    lines.iter().map(Cell::words).collect::<Vec<_>>().join("\n")
}

#[test]
fn an_overspent_budget_is_shown_negative_and_never_clamped() {
    let state = with(vec![slo(0.999, 0.0035, CALM)]);
    assert_eq!(cell(&state, "budget", 5), "-250 %");
    assert_eq!(cell(&state, "ends", 5), "spent");
    assert_eq!(cell(&state, "state", 5), "exhausted");
}

#[test]
fn a_period_that_has_hardly_begun_says_so_before_its_budget() {
    let state = with(vec![Slo { filled: Some(0.035), ..slo(0.999, 0.0861, BURN) }]);
    assert_eq!(cell(&state, "budget", 5), "-8510 % of 3.5 %");
    assert_eq!(cell(&state, "ends", 5), "unknown");
    assert_eq!(cell(&state, "state", 5), "young, burns");
    assert_eq!(Slos.count(&Cx { state: &state, now: at(5) }), Count::of(1, Role::SeverityBad));
}

#[test]
fn what_burns_by_our_own_reckoning_is_said_where_no_alert_fires() {
    let fires = |slo| cell(&with(vec![slo]), "firing", 5);
    assert_eq!(fires(slo(0.999, 0.0005, BURN)), "burns: page");
    let spent = Slo { is_called_spent: true, ..slo(0.999, 0.0005, CALM) };
    assert_eq!(fires(spent), "budget spent");
    let ticket = Slo { firing: Some(PairSeverity::Ticket), ..slo(0.999, 0.0005, BURN) };
    assert_eq!(fires(ticket), "ticket");
    assert_eq!(fires(slo(0.999, 0.0005, CALM)), "");
    let broken = Slo { rule_error: Some(Text::new("err")), ..slo(0.999, 0.0005, BURN) };
    assert_eq!(fires(broken), "");
}

#[test]
fn what_is_no_number_is_not_available_in_every_column() {
    let silent = &[("5m", 300.0, f64::NAN), ("1h", 3600.0, f64::INFINITY)];
    let state = with(vec![slo(0.999, f64::NAN, silent)]);
    assert_eq!(["budget", "5m", "1h"].map(|one| cell(&state, one, 5)), ["n/a", "n/a", "n/a"]);
}

#[test]
fn what_is_left_lasts_as_long_as_the_last_hour_says() {
    let state = with(vec![slo(0.999, 0.0005, CALM)]);
    assert_eq!(cell(&state, "budget", 5), "50 %");
    assert_eq!(cell(&state, "1h", 5), "0.5");
    assert_eq!(cell(&state, "ends", 5), "in 30d");
    assert_eq!(cell(&state, "6h", 5), "");
}

#[test]
fn a_period_with_nan_is_not_available_and_not_fine() {
    let state = with(vec![slo(0.999, f64::NAN, CALM)]);
    assert_eq!(cell(&state, "budget", 5), "n/a");
    assert_eq!(cell(&state, "ends", 5), "unknown");
    assert_eq!(cell(&state, "state", 5), "partial");
}

#[test]
fn a_threshold_that_cannot_be_reached_is_flagged() {
    let state = with(vec![slo(0.9, 0.05, &[("5m", 300.0, 0.05), ("1h", 3600.0, 0.05)])]);
    assert_eq!(cell(&state, "1h", 5), "0.5!");
}

#[test]
fn without_a_live_feed_a_row_is_old_and_unreachable() {
    let state = with(vec![slo(0.999, 0.0005, CALM)]);
    assert_eq!(cell(&state, "state", 9000), "unreachable");
    let (_, row) = state.slos().iter().next().unwrap();
    let standing = |second| {
        OBJECTIVES.standing(&Cx { state: &state, now: at(second) }, Subject::Slo(row)).is_stale
    };
    assert_eq!((standing(5), standing(9000)), (false, true));
}

#[test]
fn the_band_counts_states_and_asks_the_gate() {
    let state = with(vec![named("burns", slo(0.999, 0.0005, BURN))]);
    let told = band(&state);
    assert!(told.contains("1 burning"), "{told}");
    assert!(told.contains("prometheus live, read 5s ago"), "{told}");
    assert!(told.contains("checkout  deny instability"), "{told}");
}

#[test]
fn only_what_burns_or_is_spent_is_counted() {
    let state = with(vec![
        named("burns", slo(0.999, 0.0005, BURN)),
        named("calm", slo(0.999, 0.0005, CALM)),
        named("spent", slo(0.999, 0.002, CALM)),
    ]);
    let count = Slos.count(&Cx { state: &state, now: at(5) });
    assert_eq!(count, Count::of(2, Role::SeverityBad));
}

#[test]
fn an_absent_series_has_no_number() {
    let mut one = slo(0.999, 0.0005, CALM);
    one.readings.iter_mut().for_each(|reading| reading.ratio = Measured::Absent);
    one.period_ratio.ratio = Measured::Absent;
    let state = with(vec![one]);
    assert_eq!(cell(&state, "5m", 5), "");
    assert_eq!(cell(&state, "state", 5), "no data");
}

#[test]
fn nothing_configured_says_what_would_fill_it() {
    let state = State::new(Tiers::default());
    let empty = Slos.empty(&Cx { state: &state, now: at(5) });
    assert!(empty[0].words().starts_with("`[prometheus]` is not configured"), "{empty:?}");
}

#[test]
fn the_detail_names_its_assumptions() {
    let state = with(vec![slo(0.999, 0.0005, CALM)]);
    let (id, _) = state.slos().iter().next().unwrap();
    let blocks = Slos.detail(&Cx { state: &state, now: at(5) }, &EntityId::Slo(id));
    let Some(Block::Facts(facts)) = blocks.get(1) else { panic!("{blocks:?}") };
    let told = |name: &str| {
        let fact = facts.iter().find(|(known, _)| known == name);
        fact.map(|(_, cell)| cell.words()).unwrap_or_default()
    };
    assert_eq!(told("ends"), "in 30d at this rate, without roll-off, over 1h");
    assert!(told("budget left").contains("time-weighted"), "{facts:?}");
    assert_eq!(told("objective"), "99.9 % over 30d");
}
