//! What the gate is told of a service: the same for the console and for the command.

use super::State;
use crate::domain::{
    Alert, FailureKind, Health, PairSeverity, Slo, SloState, SourceId, Text, Timestamp,
};
use crate::gate::{Deployed, Evidence, Facts, Judged, Missing};

/// Everything that is known of the objectives that count for a service, under the policy of the state. What GitLab or the
/// register of exceptions would say is not asked.
pub fn gate_facts<'a>(state: &'a State, service: &str, now: Timestamp) -> Facts<'a> {
    let objectives = standing(state, SourceId::SLOS, now);
    let rows = state.slos().iter().filter(|(_, row)| state.policy().links(service, &row.value));
    let mut judged: Vec<Judged<'a>> =
        rows.map(|(_, row)| judged(state, &row.value, (&objectives, now))).collect();
    let keys: Vec<&str> = judged.iter().map(|one| &*one.slo.key).collect();
    let globs = state.policy().unfitted(service, &keys);
    let missing = globs.into_iter().map(|glob| Missing::Glob(Text::new(glob))).collect();
    judged.sort_by(|one, other| one.slo.key.cmp(&other.slo.key));
    let unreached = match objectives {
        Standing::Unknown => Some(Text::new("nothing was heard of them")),
        Standing::Failed(why) => Some(why),
        Standing::Partial(_) | Standing::Live => None,
    };
    let unheard = match standing(state, SourceId::ALERTS, now) {
        Standing::Failed(why) => Some(why),
        Standing::Unknown | Standing::Partial(_) | Standing::Live => None,
    };
    Facts {
        objectives: if unreached.is_some() { Vec::new() } else { judged },
        missing,
        unreached,
        unheard,
        deployed: Deployed::NotAsked,
        evidence: Evidence::NotAsked,
        exception: None,
    }
}

/// How a source stands, all its scopes together.
enum Standing {
    /// Nobody reports.
    Unknown,
    /// One of them is not live, and why.
    Failed(Text),
    /// One of them is not whole, and what is missing.
    Partial(Option<Text>),
    /// All of them answer.
    Live,
}

fn standing(state: &State, source: SourceId, now: Timestamp) -> Standing {
    let mut standing = Standing::Unknown;
    for (_, report) in state.reports().filter(|(key, _)| key.source == source) {
        match report.health(now) {
            Health::Live if matches!(standing, Standing::Unknown) => standing = Standing::Live,
            Health::Live => {}
            Health::Partial => match &report.gap {
                // What is defined badly says so itself, and takes nothing from the others.
                Some(gap) if gap.kind == FailureKind::Definition => {
                    if matches!(standing, Standing::Unknown) {
                        standing = Standing::Live;
                    }
                }
                gap => {
                    standing = Standing::Partial(gap.as_ref().map(|gap| gap.message.clone()));
                }
            },
            other => {
                let why = report.failure.as_ref().map(|failure| failure.message.clone());
                return Standing::Failed(why.unwrap_or_else(|| Text::new(other.as_str())));
            }
        }
    }
    standing
}

fn judged<'a>(state: &State, slo: &'a Slo, (feed, now): (&Standing, Timestamp)) -> Judged<'a> {
    let mut because = slo.trouble().cloned();
    let said = match (state.slo_state(slo, now), feed) {
        // Nothing is well as far as is known while it is known that something is missing.
        (SloState::Ok, Standing::Partial(why)) => {
            because = because.or_else(|| why.clone());
            SloState::Partial
        }
        (other, _) => other,
    };
    let loudest = state.alerts_of(slo).filter_map(|row| severity(&row.value)).max();
    let is_called_spent =
        slo.is_called_spent || state.alerts_of(slo).any(|row| row.value.calls_spent());
    Judged { slo, state: said, firing: slo.firing.max(loudest), is_called_spent, because }
}

/// How loud an alert of Alertmanager about an objective is; none where it tells of no burn.
fn severity(alert: &Alert) -> Option<PairSeverity> {
    let word = alert.severity.as_deref()?;
    // What says that a metric is absent carries no windows with pyrra, and is no burn.
    let is_burn = alert.label("sloth_severity").is_some()
        || (alert.label("short").is_some() && alert.label("long").is_some());
    let severity = match word {
        "page" | "critical" => PairSeverity::Page,
        _ => PairSeverity::Ticket,
    };
    is_burn.then_some(severity)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::domain::slo::fixture::{at, slo};
    use crate::domain::{
        AlertId, Change, Entity, Failure, FailureKind, Origin, Report, Scope, SourceKey, Tiers,
        Update,
    };
    use crate::gate::Policy;

    const CALM: &[(&str, f64, f64)] = &[("5m", 300.0, 0.0001), ("1h", 3600.0, 0.0001)];

    fn tell(state: &mut State, source: SourceId, change: Change) {
        let key = SourceKey { source, scope: Scope::server("server", "localhost") };
        state.apply(Update { key, at: at(0), origin: Origin::Live, change }, at(0));
    }

    fn report(state: &mut State, source: SourceId, report: Report) {
        tell(state, source, Change::Report(report));
    }

    fn live() -> Report {
        Report { confirmed_at: Some(at(0)), ..Report::starting(30.0) }
    }

    fn known() -> State {
        let mut state = State::new(Tiers::default());
        let entity = Entity::Slo(Arc::new(slo(0.999, 0.0005, CALM)));
        tell(&mut state, SourceId::SLOS, Change::Replace(vec![entity]));
        report(&mut state, SourceId::SLOS, live());
        state
    }

    fn failure(words: &str) -> Failure {
        Failure {
            kind: FailureKind::Forbidden,
            message: Text::new(words),
            hint: Text::new(""),
            at: at(0),
            retry_at: None,
        }
    }

    #[test]
    fn a_state_of_which_nothing_was_heard_is_unreached() {
        let state = State::new(Tiers::default());
        let facts = gate_facts(&state, "checkout", at(0));
        assert_eq!(facts.unreached, Some(Text::new("nothing was heard of them")));
        assert!(facts.objectives.is_empty() && facts.unheard.is_none());
    }

    #[test]
    fn the_objectives_of_the_service_count_and_no_other() {
        let state = known();
        let states = |service| -> Vec<SloState> {
            gate_facts(&state, service, at(5)).objectives.iter().map(|one| one.state).collect()
        };
        assert_eq!(states("checkout"), [SloState::Ok]);
        assert_eq!(states("check"), []);
    }

    #[test]
    fn a_feed_that_is_old_or_failed_is_unreached() {
        assert!(gate_facts(&known(), "checkout", at(9000)).unreached.is_some());
        let mut state = known();
        let failed = Report { failure: Some(failure("403")), ..live() };
        report(&mut state, SourceId::SLOS, failed);
        assert_eq!(gate_facts(&state, "checkout", at(5)).unreached, Some(Text::new("403")));
    }

    #[test]
    fn nothing_is_well_in_a_part() {
        let mut state = known();
        report(&mut state, SourceId::SLOS, Report { gap: Some(failure("rules")), ..live() });
        let facts = gate_facts(&state, "checkout", at(5));
        assert_eq!(facts.objectives[0].state, SloState::Partial);
        assert_eq!(facts.objectives[0].because, Some(Text::new("rules")));
    }

    #[test]
    fn a_definition_at_fault_takes_nothing_from_the_others() {
        let mut state = known();
        let gap = Failure { kind: FailureKind::Definition, ..failure("slo/bad.yaml:1: no") };
        report(&mut state, SourceId::SLOS, Report { gap: Some(gap), ..live() });
        assert_eq!(gate_facts(&state, "checkout", at(5)).objectives[0].state, SloState::Ok);
    }

    #[test]
    fn a_glob_of_the_policy_that_fits_nothing_is_missing() {
        let mut policy = Policy::default();
        let objectives = vec!["checkout-*".to_owned(), "typo-*".to_owned()];
        let service = crate::gate::ServicePolicy { project: None, objectives };
        policy.services.insert("checkout".to_owned(), service);
        let state = known().under(policy.into());
        let facts = gate_facts(&state, "checkout", at(5));
        assert_eq!(facts.missing, [Missing::Glob(Text::new("typo-*"))]);
        assert_eq!(facts.objectives.len(), 1);
    }

    #[test]
    fn an_alertmanager_that_fails_is_told_and_one_that_is_not_configured_is_not() {
        let mut state = known();
        assert_eq!(gate_facts(&state, "checkout", at(5)).unheard, None);
        let failed = Report { failure: Some(failure("401")), ..live() };
        report(&mut state, SourceId::ALERTS, failed);
        assert_eq!(gate_facts(&state, "checkout", at(5)).unheard, Some(Text::new("401")));
    }

    #[test]
    fn the_alert_error_budget_exhausted_of_alertmanager_counts_and_is_no_burn() {
        let judged = |name: &str| {
            let mut state = known();
            let labels = [("alertname", name), ("sloth_id", "checkout-availability")];
            let alert = Alert {
                name: Text::new(name),
                labels: labels.map(|(name, value)| (Text::new(name), Text::new(value))).into(),
                ..alert()
            };
            tell(&mut state, SourceId::ALERTS, Change::Replace(vec![Entity::Alert(alert.into())]));
            report(&mut state, SourceId::ALERTS, live());
            let facts = gate_facts(&state, "checkout", at(5));
            (facts.objectives[0].is_called_spent, facts.objectives[0].firing)
        };
        assert_eq!(judged("ErrorBudgetExhausted"), (true, None));
        assert_eq!(judged("Burns"), (false, None));
    }

    fn alert() -> Alert {
        Alert {
            id: AlertId::of(&["one"]),
            fingerprint: Text::new("one"),
            name: Text::new("Burns"),
            severity: Some(Text::new("page")),
            labels: Box::default(),
            annotations: Box::default(),
            state: Text::new("suppressed"),
            starts_at: at(0),
            silenced_by: [Text::new("somebody")].into(),
            inhibited_by: Box::default(),
        }
    }

    #[test]
    fn an_alert_about_the_burn_counts_and_one_about_an_absent_metric_does_not() {
        let loudest = |label: &str| {
            let mut state = known();
            let labels = [
                (label, "page"),
                ("sloth_id", "checkout-availability"),
                ("slo", "checkout-availability"),
            ];
            let alert = Alert {
                labels: labels.map(|(name, value)| (Text::new(name), Text::new(value))).into(),
                ..alert()
            };
            tell(&mut state, SourceId::ALERTS, Change::Replace(vec![Entity::Alert(alert.into())]));
            report(&mut state, SourceId::ALERTS, live());
            gate_facts(&state, "checkout", at(5)).objectives[0].firing
        };
        assert_eq!(loudest("sloth_severity"), Some(PairSeverity::Page));
        assert_eq!(loudest("severity"), None);
    }

    #[test]
    fn the_policy_of_the_state_says_which_objectives_count() {
        let mut policy = Policy::default();
        let service =
            crate::gate::ServicePolicy { project: None, objectives: vec!["checkout-*".to_owned()] };
        policy.services.insert("basket".to_owned(), service);
        let state = known().under(policy.into());
        assert_eq!(gate_facts(&state, "basket", at(5)).objectives.len(), 1);
    }
}
