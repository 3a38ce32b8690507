//! Rules about objectives: what burns, what is spent, what cannot be judged, and alerts that can never fire.

use std::collections::BTreeMap;

use super::{Rule, Scene, whole};
use crate::domain::time::span;
use crate::domain::{
    EntityId, Evidence, Exhaustion, Finding, FindingId, Joined, PairSeverity, Severity, Slo,
    SloState, Text, Timestamp,
};
use crate::state::Row;

/// The window whose rate tells when the budget ends, seconds.
const OUTLOOK: f64 = 3600.0;

/// So many objectives are named as evidence; the others are counted.
const NAMED: usize = 5;

/// What proves it: a number, and the age of its oldest sample.
fn evidence(slo: &Slo, field: &'static str, value: &str) -> Evidence {
    Evidence { field, value: Text::new(value), source: "slos", seen_at: slo.sampled_at() }
}

fn title(slo: &Slo) -> String {
    let values: Vec<&str> = slo.labels.iter().map(|(_, value)| value.as_str()).collect();
    let apart = if values.is_empty() { String::new() } else { format!(" ({})", values.join(" ")) };
    format!("{} / {}{apart}", slo.service, slo.name)
}

fn percent(ratio: f64) -> String {
    format!("{:.1} %", ratio * 100.0)
}

/// Every objective with what can be said of it now.
fn judged<'a>(scene: &Scene<'a>) -> impl Iterator<Item = (&'a Row<Slo>, SloState)> + use<'a> {
    let (state, now) = (scene.state, scene.now);
    state.slos().iter().map(move |(_, row)| (row, state.slo_state(&row.value, now)))
}

fn found(rule: &Rule, slo: &Slo, severity: Severity) -> Finding {
    Finding {
        id: FindingId { code: rule.code, about: EntityId::Slo(slo.id) },
        severity,
        title: Text::new(&title(slo)),
        evidence: Vec::new(),
        next_step: Text::new(""),
        since: None,
        count: 1,
        joined: Joined::default(),
    }
}

/// A budget burns so fast that somebody is to be told.
pub(super) fn burning(rule: &Rule, scene: &Scene<'_>) -> Vec<Finding> {
    let burns = judged(scene).filter(|(row, state)| match state {
        SloState::Burning => true,
        SloState::Young => row.value.is_burning(),
        _ => false,
    });
    burns.map(|(row, _)| burn(rule, scene, &row.value)).collect()
}

fn burn(rule: &Rule, scene: &Scene<'_>, slo: &Slo) -> Finding {
    let loudest = slo.firing.max(slo.burning());
    let severity = match loudest {
        Some(PairSeverity::Page) => Severity::High,
        Some(PairSeverity::Ticket) | None => Severity::Medium,
    };
    let ends = match slo.exhaustion(outlook(slo), scene.now) {
        // Of a period that has hardly begun neither what is left nor its end is told.
        Exhaustion::In(seconds) if !slo.is_barely_recorded() => {
            format!(": at this rate its budget ends in {}", span(whole(seconds)))
        }
        _ => String::new(),
    };
    let is_silenced = scene.state.is_silenced(slo) == Some(true);
    let mut proof = rates(slo);
    let left = slo.remaining().filter(|_| !slo.is_barely_recorded());
    proof.extend(left.map(|left| evidence(slo, "budget left", &percent(left))));
    let firing = slo.firing.map_or("nothing yet", PairSeverity::as_str);
    proof.push(evidence(slo, "firing", firing));
    if is_silenced {
        proof.push(evidence(slo, "silenced", "yes: nobody is told"));
    }
    let next = if is_silenced {
        "its alert is silenced: `:go silence` shows by whom and until when; it burns all the same"
    } else {
        "enter shows its windows and how it came; hold deployments of the service back"
    };
    Finding {
        title: Text::new(&format!("{} burns its budget{ends}", title(slo))),
        evidence: proof,
        next_step: Text::new(next),
        since: since(scene, slo),
        ..found(rule, slo, severity)
    }
}

/// The window nearest to an hour that its rules have.
fn outlook(slo: &Slo) -> f64 {
    let far = |seconds: f64| (seconds / OUTLOOK).ln().abs();
    let windows = slo.readings.iter().map(|one| one.window_seconds);
    windows.min_by(|one, other| far(*one).total_cmp(&far(*other))).unwrap_or(OUTLOOK)
}

/// The burn over each window that is above its threshold.
fn rates(slo: &Slo) -> Vec<Evidence> {
    let over = slo.readings.iter().filter_map(|one| {
        let (rate, threshold) = (slo.burn(one.window_seconds)?, slo.threshold(one.window_seconds)?);
        (rate > threshold.factor).then(|| {
            let words = format!("{rate:.1} over {}, threshold {:.1}", one.name, threshold.factor);
            evidence(slo, "burn", &words)
        })
    });
    over.collect()
}

/// Since when its oldest alert fires.
fn since(scene: &Scene<'_>, slo: &Slo) -> Option<Timestamp> {
    scene.state.alerts_of(slo).map(|row| row.value.starts_at).min()
}

/// A budget is spent.
pub(super) fn exhausted(rule: &Rule, scene: &Scene<'_>) -> Vec<Finding> {
    let spent = judged(scene).filter(|(_, state)| *state == SloState::Exhausted);
    let tell = |(row, _): (&Row<Slo>, SloState)| {
        let slo = &*row.value;
        let mut proof: Vec<Evidence> = slo
            .remaining()
            .map(|left| evidence(slo, "budget left", &percent(left)))
            .into_iter()
            .collect();
        proof.extend(rates(slo));
        Finding {
            title: Text::new(&format!("{}: its error budget is spent", title(slo))),
            evidence: proof,
            next_step: Text::new(
                "the gate holds features of the service back; let reliability work go first",
            ),
            since: since(scene, slo),
            ..found(rule, slo, Severity::High)
        }
    };
    spent.map(tell).collect()
}

/// Nothing can be said of objectives: those with the same reason are one finding. What Prometheus' own outage explains
/// is a matter of its feed.
pub(super) fn unjudged(rule: &Rule, scene: &Scene<'_>) -> Vec<Finding> {
    let mut by_state: BTreeMap<SloState, Vec<&Slo>> = BTreeMap::new();
    for (row, state) in judged(scene) {
        if !state.is_judged() && state != SloState::Unreachable {
            by_state.entry(state).or_default().push(&row.value);
        }
    }
    by_state.into_iter().filter_map(|(state, slos)| unjudged_in(rule, state, &slos)).collect()
}

fn unjudged_in(rule: &Rule, state: SloState, slos: &[&Slo]) -> Option<Finding> {
    let first = *slos.iter().min_by_key(|slo| slo.id)?;
    let who = match slos {
        [one] => title(one),
        several => format!("{} objectives", several.len()),
    };
    let name = |slo: &&Slo| Evidence {
        field: "objective",
        value: Text::new(&format!("{}{}", title(slo), reason(slo))),
        source: "slos",
        seen_at: slo.sampled_at(),
    };
    Some(Finding {
        title: Text::new(&format!("{who} cannot be judged: {}", state.words())),
        evidence: slos.iter().take(NAMED).map(name).collect(),
        next_step: Text::new(cure(state)),
        count: u64::try_from(slos.len()).unwrap_or(u64::MAX),
        ..found(rule, first, gravity(state))
    })
}

/// What Prometheus says is wrong.
fn reason(slo: &Slo) -> String {
    let said = slo.rule_error.as_ref().or(slo.warning.as_ref());
    said.map_or_else(String::new, |words| format!(": {words}"))
}

/// A young objective and one without traffic will be told in time; the others hide something.
fn gravity(state: SloState) -> Severity {
    match state {
        SloState::NoTraffic | SloState::Young => Severity::Info,
        _ => Severity::Medium,
    }
}

fn cure(state: SloState) -> &'static str {
    match state {
        SloState::NoTraffic => "look whether traffic is expected; without events there is no ratio",
        SloState::Young => "wait until its period is recorded, and judge by its burn until then",
        SloState::NoData => "look whether its metrics are scraped and its rules are loaded",
        SloState::Stale => "look whether its targets are up and its rules are evaluated",
        SloState::RuleError => "repair the rule: its detail has what Prometheus says",
        _ => "look for NaN within its period, and at the stores behind Prometheus",
    }
}

/// No page of an objective can ever fire: its objective is too low for the factors of its alerts.
pub(super) fn mute(rule: &Rule, scene: &Scene<'_>) -> Vec<Finding> {
    let tell = |(_, row): (_, &Row<Slo>)| {
        let slo = &*row.value;
        let pages = || slo.pairs.iter().filter(|pair| pair.severity == PairSeverity::Page);
        let is_mute = pages().next().is_some() && pages().all(|pair| !slo.can_fire(pair));
        is_mute.then(|| {
            let needs: Vec<Evidence> = pages()
                .map(|pair| {
                    let words = format!(
                        "a page at {:.1} needs an error ratio above {}",
                        pair.factor,
                        percent(pair.factor * slo.budget())
                    );
                    evidence(slo, "factor", &words)
                })
                .collect();
            Finding {
                title: Text::new(&format!("{}: no page can ever fire", title(slo))),
                evidence: needs,
                next_step: Text::new(
                    "raise the objective, or lower the factors of its page alerts",
                ),
                ..found(rule, slo, Severity::Low)
            }
        })
    };
    scene.state.slos().iter().filter_map(tell).collect()
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::domain::slo::fixture::{at, slo};
    use crate::domain::{
        Alert, AlertId, Change, Entity, Origin, Report, Scope, SloId, SourceId, SourceKey, Tiers,
        Update,
    };
    use crate::state::State;

    const CALM: &[(&str, f64, f64)] = &[("5m", 300.0, 0.0005), ("1h", 3600.0, 0.0005)];
    const FAST: &[(&str, f64, f64)] = &[("5m", 300.0, 0.02), ("1h", 3600.0, 0.02)];
    const SLOW: &[(&str, f64, f64)] = &[("6h", 21_600.0, 0.002), ("3d", 259_200.0, 0.002)];

    fn tell(state: &mut State, source: SourceId, change: Change) {
        let key = SourceKey { source, scope: Scope::server("prometheus", "localhost") };
        state.apply(Update { key, at: at(0), origin: Origin::Live, change }, at(0));
    }

    fn state(slos: Vec<Slo>) -> State {
        let mut state = State::new(Tiers::default());
        let slos = slos.into_iter().map(|slo| Entity::Slo(Arc::new(slo))).collect();
        tell(&mut state, SourceId::SLOS, Change::Replace(slos));
        let report = Report { confirmed_at: Some(at(0)), ..Report::starting(30.0) };
        tell(&mut state, SourceId::SLOS, Change::Report(report));
        state
    }

    fn named(name: &str, slo: Slo) -> Slo {
        Slo { id: SloId::of(&[name]), name: Text::new(name), key: Text::new(name), ..slo }
    }

    /// What is found of objectives at a second: code, severity, how many.
    fn told(state: &State, second: i64) -> Vec<(&'static str, Severity, u64)> {
        let found = crate::finding::judge(&Scene { state, now: at(second) });
        let of_slos = found.into_iter().filter(|one| one.id.code.starts_with("slo."));
        of_slos.map(|one| (one.id.code, one.severity, one.count)).collect()
    }

    #[test]
    fn within_its_budget_there_is_nothing_to_tell() {
        assert_eq!(told(&state(vec![slo(0.999, 0.0005, CALM)]), 5), []);
    }

    #[test]
    fn a_burn_that_pages_is_graver_than_one_that_makes_a_ticket() {
        let of = |windows| told(&state(vec![slo(0.999, 0.0005, windows)]), 5);
        assert_eq!(of(FAST), [("slo.burning", Severity::High, 1)]);
        assert_eq!(of(SLOW), [("slo.burning", Severity::Medium, 1)]);
    }

    #[test]
    fn a_burn_is_proved_by_its_windows_and_says_when_the_budget_ends() {
        let state = state(vec![slo(0.999, 0.0005, FAST)]);
        let found = crate::finding::judge(&Scene { state: &state, now: at(5) });
        let burning = found.iter().find(|one| one.id.code == "slo.burning").unwrap();
        assert_eq!(
            &*burning.title,
            "checkout / availability burns its budget: at this rate its budget ends in 18h00m"
        );
        let proof: Vec<(&str, &str)> =
            burning.evidence.iter().map(|one| (one.field, one.value.as_str())).collect();
        let expected = [
            ("burn", "20.0 over 5m, threshold 14.4"),
            ("burn", "20.0 over 1h, threshold 14.4"),
            ("budget left", "50.0 %"),
            ("firing", "nothing yet"),
        ];
        assert_eq!(proof, expected);
    }

    #[test]
    fn a_burn_of_a_period_that_has_hardly_begun_says_nothing_of_its_budget() {
        let new = Slo { filled: Some(0.035), ..slo(0.999, 0.0005, FAST) };
        let state = state(vec![new]);
        let codes = [("slo.burning", Severity::High, 1), ("slo.unjudged", Severity::Info, 1)];
        assert_eq!(told(&state, 5), codes);
        let found = crate::finding::judge(&Scene { state: &state, now: at(5) });
        let burning = found.iter().find(|one| one.id.code == "slo.burning").unwrap();
        assert_eq!(&*burning.title, "checkout / availability burns its budget");
        assert!(burning.evidence.iter().all(|one| one.field != "budget left"), "{burning:?}");
    }

    #[test]
    fn a_silenced_burn_is_as_grave_and_says_that_nobody_is_told() {
        let burning = Slo { firing: Some(PairSeverity::Page), ..slo(0.999, 0.0005, FAST) };
        let mut state = state(vec![burning]);
        let alert = Alert {
            id: AlertId::of(&["a"]),
            fingerprint: Text::new("a"),
            name: Text::new("Burn"),
            labels: Box::from([(Text::new("sloth_id"), Text::new("checkout-availability"))]),
            annotations: Box::default(),
            state: Text::new("suppressed"),
            severity: Some(Text::new("page")),
            starts_at: at(-60),
            silenced_by: Box::from([Text::new("s")]),
            inhibited_by: Box::default(),
        };
        tell(&mut state, SourceId::ALERTS, Change::Replace(vec![Entity::Alert(Arc::new(alert))]));
        assert_eq!(told(&state, 5), [("slo.burning", Severity::High, 1)]);
        let found = crate::finding::judge(&Scene { state: &state, now: at(5) });
        let found = found.iter().find(|one| one.id.code == "slo.burning").unwrap();
        assert!(found.evidence.iter().any(|one| one.field == "silenced"), "{found:?}");
        assert_eq!(found.since, Some(at(-60)));
    }

    #[test]
    fn a_spent_budget_is_told_and_one_that_is_nearly_spent_is_not() {
        let of = |period| told(&state(vec![slo(0.999, period, CALM)]), 5);
        assert_eq!(of(0.001), [("slo.exhausted", Severity::High, 1)]);
        assert_eq!(of(0.00099), []);
    }

    #[test]
    fn what_cannot_be_judged_for_one_reason_is_one_finding() {
        let nan = || slo(0.999, f64::NAN, CALM);
        let state = state(vec![named("a", nan()), named("b", nan()), slo(0.999, 0.0005, CALM)]);
        assert_eq!(told(&state, 5), [("slo.unjudged", Severity::Medium, 2)]);
    }

    #[test]
    fn no_traffic_is_worth_knowing_and_no_more() {
        let silent: &[(&str, f64, f64)] = &[("5m", 300.0, f64::NAN)];
        let state = state(vec![slo(0.999, f64::NAN, silent)]);
        assert_eq!(told(&state, 5), [("slo.unjudged", Severity::Info, 1)]);
    }

    #[test]
    fn old_samples_are_told_but_not_where_prometheus_itself_is_out_of_reach() {
        let state = state(vec![slo(0.999, 0.0005, CALM)]);
        assert_eq!(told(&state, 61), [("slo.unjudged", Severity::Medium, 1)]);
        assert_eq!(told(&state, 9_000), []);
    }

    #[test]
    fn an_objective_that_no_page_can_reach_is_told() {
        let state = state(vec![slo(0.8, 0.05, CALM)]);
        assert_eq!(told(&state, 5), [("slo.mute", Severity::Low, 1)]);
        // At 90 % the page at 6 still can.
        let state = self::state(vec![slo(0.9, 0.05, CALM)]);
        assert_eq!(told(&state, 5), []);
    }
}
