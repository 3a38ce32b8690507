//! Objectives, their alerts and silences in the state.

use std::sync::Arc;

use crate::domain::slo::fixture::{at, slo};
use crate::domain::{
    Alert, AlertId, Change, Entity, Measured, Origin, PairSeverity, Report, Scope, Slo, SloState,
    SourceId, SourceKey, Text, Timestamp, Update,
};
use crate::state::{Changes, Row, State};

fn news(state: &mut State, seconds: i64, source: SourceId, change: Change) -> Changes {
    let key = SourceKey { source, scope: Scope::server("prometheus", "localhost") };
    state.apply(Update { key, at: at(seconds), origin: Origin::Live, change }, at(seconds))
}

fn measured(state: &mut State, seconds: i64, slo: &Slo) -> Changes {
    let change = Change::Replace(vec![Entity::Slo(Arc::new(slo.clone()))]);
    news(state, seconds, SourceId::SLOS, change)
}

fn alert(labels: &[(&str, &str)], silences: &[&str]) -> Alert {
    Alert {
        id: AlertId::of(&["f1"]),
        fingerprint: Text::new("f1"),
        name: Text::new("CheckoutAvailability"),
        labels: labels.iter().map(|(name, value)| (Text::new(name), Text::new(value))).collect(),
        annotations: Box::default(),
        state: Text::new("active"),
        severity: None,
        starts_at: at(0),
        silenced_by: silences.iter().map(|id| Text::new(id)).collect(),
        inhibited_by: Box::default(),
    }
}

fn alerted(state: &mut State, seconds: i64, alert: Alert) -> Changes {
    news(state, seconds, SourceId::ALERTS, Change::Replace(vec![Entity::Alert(Arc::new(alert))]))
}

fn fired() -> Slo {
    Slo { firing: Some(PairSeverity::Page), ..slo(0.999, 0.0005, &[]) }
}

fn changed_at(state: &State, slo: &Slo) -> Option<Timestamp> {
    state.slos().row(slo.id).and_then(Row::changed_at)
}

#[test]
fn a_new_number_is_taken_in_but_only_another_standing_is_news() {
    let mut state = State::new(crate::domain::Tiers::default());
    let mut one = slo(0.999, 0.0005, &[]);
    measured(&mut state, 0, &one);
    one.period_ratio.ratio = Measured::Number(0.0006);
    assert!(measured(&mut state, 30, &one).slos.contains(&one.id));
    assert_eq!(changed_at(&state, &one), None);
    one.firing = Some(PairSeverity::Page);
    measured(&mut state, 60, &one);
    assert_eq!(changed_at(&state, &one), Some(at(60)));
}

#[test]
fn an_objective_is_silenced_where_each_of_its_alerts_is() {
    let mut state = State::new(crate::domain::Tiers::default());
    let one = fired();
    measured(&mut state, 0, &one);
    assert_eq!(state.is_silenced(&one), None);
    let labels = [("sloth_id", "checkout-availability")];
    let changes = alerted(&mut state, 1, alert(&labels, &[]));
    assert!(changes.slos.contains(&one.id));
    assert_eq!(state.is_silenced(&one), Some(false));
    alerted(&mut state, 2, alert(&labels, &["s1"]));
    assert_eq!(state.is_silenced(&one), Some(true));
}

#[test]
fn the_alert_of_another_label_set_is_another_objectives() {
    let mut state = State::new(crate::domain::Tiers::default());
    let one = Slo { labels: [(Text::new("tier"), Text::new("standard"))].into(), ..fired() };
    measured(&mut state, 0, &one);
    let labels = [("sloth_id", "checkout-availability"), ("tier", "protected")];
    alerted(&mut state, 1, alert(&labels, &["s1"]));
    assert_eq!(state.is_silenced(&one), None);
}

#[test]
fn without_a_live_feed_nothing_is_said_of_an_objective() {
    let mut state = State::new(crate::domain::Tiers::default());
    let one = slo(0.999, 0.0005, &[]);
    measured(&mut state, 0, &one);
    assert_eq!(state.slo_state(&one, at(10)), SloState::Unreachable);
    let report = Report { confirmed_at: Some(at(0)), ..Report::starting(30.0) };
    news(&mut state, 1, SourceId::SLOS, Change::Report(report));
    assert_eq!(state.slo_state(&one, at(10)), SloState::Ok);
}

#[test]
fn objectives_are_found_by_service_and_forgotten_when_they_go() {
    let mut state = State::new(crate::domain::Tiers::default());
    let one = slo(0.999, 0.0005, &[]);
    measured(&mut state, 0, &one);
    assert_eq!(state.slos_of(&one.service).count(), 1);
    news(&mut state, 1, SourceId::SLOS, Change::Replace(Vec::new()));
    assert_eq!(state.slos_of(&one.service).count(), 0);
}
