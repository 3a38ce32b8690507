//! Answers of a server that have traps, read as objectives.

use std::collections::BTreeMap;

use super::super::envelope::Series;
use super::super::rules::{Group, Rule};
use super::{Answers, assemble};
use crate::domain::{Measured, PairSeverity, Slo, SloState, Text, Timestamp};

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_second(1_700_000_000 + seconds).unwrap()
}

/// A series of one sample, of so many seconds after the fixed instant.
fn aged(name: &str, labels: &[(&str, &str)], value: f64, seconds: i64) -> Series {
    let named = [("__name__", name)];
    let labels = named.iter().chain(labels);
    let labels = labels.map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    Series { labels, points: vec![(at(seconds), value)] }
}

fn series(name: &str, labels: &[(&str, &str)], value: f64) -> Series {
    aged(name, labels, value, 0)
}

const OWN: [(&str, &str); 3] =
    [("sloth_id", "shop-up"), ("sloth_service", "shop"), ("sloth_slo", "up")];

/// What sloth records of one objective over `days`, with these ratios over five minutes and over the period.
fn sloth(objective: f64, days: f64, five: f64, period: f64) -> Answers {
    let ratio =
        |window: &str, value| series(&format!("slo:sli_error:ratio_rate{window}"), &OWN, value);
    let period_word = if (days - 28.0).abs() < 0.5 { "4w".to_owned() } else { format!("{days}d") };
    Answers {
        sloth: vec![
            series("slo:objective:ratio", &OWN, objective),
            series("slo:time_period:days", &OWN, days),
            ratio("5m", five),
            ratio("1h", five),
            ratio(&period_word, period),
        ],
        ..Answers::default()
    }
}

fn only(answers: &Answers) -> Slo {
    let mut slos = assemble(answers).slos;
    assert_eq!(slos.len(), 1, "{slos:#?}");
    let mut slo = slos.remove(0);
    slo.filled = Some(1.0);
    slo
}

fn state(answers: &Answers) -> SloState {
    only(answers).state(at(10))
}

fn rule(name: &str, kind: &str, labels: &[(&str, &str)], query: &str) -> Rule {
    let labels: BTreeMap<String, String> =
        labels.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    Rule {
        kind: kind.to_owned(),
        name: name.to_owned(),
        query: query.to_owned(),
        labels,
        health: "ok".to_owned(),
        last_error: None,
    }
}

#[test]
fn half_a_budget_is_left_and_its_noise_is_rounded_away() {
    let slo = only(&sloth(0.999_000_000_000_000_1, 30.0, 0.0005, 0.0005));
    assert_eq!((slo.objective.to_bits(), slo.state(at(10))), (0.999_f64.to_bits(), SloState::Ok));
    assert!((slo.remaining().unwrap() - 0.5).abs() < 1e-9);
    assert_eq!((&*slo.service, &*slo.name, &*slo.key), ("shop", "up", "shop-up"));
}

#[test]
fn the_objective_as_it_was_written_wins() {
    let mut answers = sloth(0.998_999, 30.0, 0.0, 0.0);
    let labels: Vec<_> = OWN.into_iter().chain([("sloth_objective", "99.9")]).collect();
    answers.sloth.push(series("sloth_slo_info", &labels, 1.0));
    assert_eq!(only(&answers).objective.to_bits(), 0.999_f64.to_bits());
}

#[test]
fn one_nan_in_the_period_is_partial_and_never_ok() {
    assert_eq!(state(&sloth(0.999, 30.0, 0.0, f64::NAN)), SloState::Partial);
}

#[test]
fn nan_everywhere_is_no_traffic() {
    assert_eq!(state(&sloth(0.999, 30.0, f64::NAN, f64::NAN)), SloState::NoTraffic);
}

#[test]
fn infinite_ratios_are_partial() {
    assert_eq!(state(&sloth(0.999, 30.0, f64::INFINITY, f64::INFINITY)), SloState::Partial);
}

#[test]
fn a_budget_may_be_overspent() {
    let slo = only(&sloth(0.999, 30.0, 0.0, 0.0012));
    assert!((slo.remaining().unwrap() + 0.2).abs() < 1e-9);
    assert_eq!(slo.state(at(10)), SloState::Exhausted);
}

#[test]
fn constants_without_a_ratio_are_no_data() {
    let mut answers = sloth(0.999, 30.0, 0.0, 0.0);
    answers.sloth.truncate(2);
    let slo = only(&answers);
    assert_eq!((slo.state(at(10)), slo.period_ratio.ratio), (SloState::NoData, Measured::Absent));
}

#[test]
fn a_ratio_without_an_objective_is_counted_and_left_out() {
    let mut answers = sloth(0.999, 30.0, 0.0, 0.0);
    answers.sloth.remove(0);
    let assembled = assemble(&answers);
    assert_eq!((assembled.slos.len(), assembled.untold), (0, 1));
}

#[test]
fn the_age_is_that_of_the_oldest_sample() {
    let mut answers = sloth(0.999, 30.0, 0.0, 0.0);
    answers.sloth[2].points[0].0 = at(-200);
    assert_eq!(state(&answers), SloState::Stale);
}

#[test]
fn twenty_eight_days_have_their_own_period_and_factors() {
    let slo = only(&sloth(0.99, 28.0, 0.0, 0.002));
    assert_eq!((&*slo.period_ratio.name, slo.readings.len()), ("4w", 2));
    assert!((slo.remaining().unwrap() - 0.8).abs() < 1e-9);
    assert_eq!(format!("{:.2}", slo.pairs[0].factor), "13.44");
}

#[test]
fn a_warning_is_on_every_objective() {
    let warning = Some(Text::new("1 of 3 stores is away"));
    let answers = Answers { warning, ..sloth(0.999, 30.0, 0.0, 0.0) };
    assert_eq!(state(&answers), SloState::Partial);
}

#[test]
fn a_rule_that_fails_is_said_and_the_rhythm_is_the_groups() {
    let mut broken =
        rule("slo:sli_error:ratio_rate30d", "recording", &OWN, "sum_over_time(x[30d])");
    broken.health = "err".to_owned();
    broken.last_error = Some("too many samples".to_owned());
    let groups = Some(vec![Group { interval: 45.0, rules: vec![broken] }]);
    let slo = only(&Answers { groups, ..sloth(0.999, 30.0, 0.0, 0.0) });
    assert_eq!(slo.state(at(10)), SloState::RuleError);
    assert_eq!(slo.rule_error.as_deref(), Some("slo:sli_error:ratio_rate30d: too many samples"));
    assert_eq!((slo.rule_interval_seconds, slo.is_time_weighted), (Some(45.0), true));
}

#[test]
fn the_alert_error_budget_exhausted_is_known_and_is_no_burn() {
    let alert = |name| {
        let mut answers = sloth(0.999, 30.0, 0.0, 0.0);
        let labels: Vec<_> =
            OWN.into_iter().chain([("alertname", name), ("severity", "critical")]).collect();
        answers.firing.push(series("ALERTS", &labels, 1.0));
        let slo = only(&answers);
        (slo.is_called_spent, slo.firing)
    };
    assert_eq!(alert("ErrorBudgetExhausted"), (true, None));
    assert_eq!(alert("SomethingElse"), (false, None));
}

#[test]
fn thresholds_are_those_of_the_alerts_and_one_may_be_out_of_reach() {
    let query = "(max(slo:sli_error:ratio_rate5m{a=\"b\"} > (14.4 * 0.1)) without (sloth_window) and max(slo:sli_error:ratio_rate1h{a=\"b\"} > (14.4 * 0.1)) without (sloth_window))";
    let labels: Vec<_> = OWN.into_iter().chain([("sloth_severity", "page")]).collect();
    let groups =
        Some(vec![Group { interval: 30.0, rules: vec![rule("Burn", "alerting", &labels, query)] }]);
    let slo = only(&Answers { groups, ..sloth(0.9, 30.0, 0.5, 0.01) });
    assert_eq!(slo.pairs.len(), 1);
    assert_eq!(slo.pairs[0].severity, PairSeverity::Page);
    assert!(!slo.can_fire(&slo.pairs[0]));
}

#[test]
fn each_label_set_is_a_row_and_its_alert_is_its_own() {
    let of = |region: &'static str| OWN.into_iter().chain([("region", region)]).collect::<Vec<_>>();
    let mut answers = Answers::default();
    answers.sloth.push(series("slo:objective:ratio", &OWN, 0.99));
    for region in ["eu", "us"] {
        answers.sloth.push(series("slo:sli_error:ratio_rate5m", &of(region), 0.0));
    }
    let fires: Vec<_> = of("us").into_iter().chain([("sloth_severity", "ticket")]).collect();
    answers.firing.push(series("ALERTS", &fires, 1.0));
    let slos = assemble(&answers).slos;
    let rows: Vec<_> = slos.iter().map(|slo| (&*slo.key, slo.firing)).collect();
    let expected = [
        (r#"shop-up{region="eu"}"#, None),
        (r#"shop-up{region="us"}"#, Some(PairSeverity::Ticket)),
    ];
    assert_eq!(rows, expected);
}

const PYRRA: [(&str, &str); 1] = [("slo", "web-errors")];

fn pyrra() -> Answers {
    let counted = |code| [("slo", "web-errors"), ("code", code)];
    Answers {
        pyrra: vec![
            series("http_requests:burnrate5m", &PYRRA, 0.0004),
            series("http_requests:burnrate1h4m", &PYRRA, 0.0004),
            series("http_requests:increase30d", &counted("200"), 990.0),
            series("http_requests:increase30d", &counted("500"), 10.0),
            series("pyrra_objective", &PYRRA, 0.99),
            series("pyrra_window", &PYRRA, 2_592_000.0),
            series("pyrra_availability", &PYRRA, 0.998),
        ],
        ..Answers::default()
    }
}

#[test]
fn pyrras_burn_rate_is_an_error_ratio_and_its_windows_are_found() {
    let slo = only(&pyrra());
    assert!((slo.burn(3840.0).unwrap() - 0.04).abs() < 1e-9);
    assert!((slo.remaining().unwrap() - 0.8).abs() < 1e-9);
    assert_eq!((slo.events, slo.is_time_weighted), (Some(1000.0), false));
    let windows = slo.pairs.iter().map(|pair| (pair.short_seconds, pair.long_seconds));
    let expected = [(300.0, 3840.0), (1920.0, 23_160.0), (7740.0, 92_580.0), (23_160.0, 370_260.0)];
    assert_eq!(windows.collect::<Vec<_>>(), expected);
    assert_eq!(slo.state(at(10)), SloState::Ok);
}

#[test]
fn without_its_generic_rules_pyrras_objective_is_read_from_the_alert() {
    let mut answers = pyrra();
    answers.pyrra.truncate(2);
    let query = "http_requests:burnrate5m{slo=\"web-errors\"} > (14 * (1-0.99)) and http_requests:burnrate1h4m{slo=\"web-errors\"} > (14 * (1-0.99))";
    let labels = [("slo", "web-errors"), ("severity", "critical")];
    let alert = rule("ErrorBudgetBurn", "alerting", &labels, query);
    answers.groups = Some(vec![Group { interval: 30.0, rules: vec![alert] }]);
    let slo = only(&answers);
    assert_eq!(slo.objective.to_bits(), 0.99_f64.to_bits());
    // What was left over the period is recorded nowhere: that is never good news.
    assert_eq!(slo.state(at(10)), SloState::Partial);
    // With the counts of the period alone it is known how many events there were, and not which of them were bad.
    answers.pyrra = pyrra().pyrra.into_iter().take(4).collect();
    let counted = only(&answers);
    assert_eq!((counted.remaining(), counted.state(at(10))), (None, SloState::Partial));
}

#[test]
fn pyrras_alert_about_an_absent_metric_is_no_burn() {
    let mut answers = pyrra();
    let absent = [("slo", "web-errors"), ("severity", "critical")];
    answers.firing.push(series("ALERTS", &absent, 1.0));
    assert_eq!(only(&answers).firing, None);
    let burn = [("slo", "web-errors"), ("severity", "critical"), ("short", "5m"), ("long", "1h4m")];
    answers.firing.push(series("ALERTS", &burn, 1.0));
    assert_eq!(only(&answers).firing, Some(PairSeverity::Page));
}

#[test]
fn the_queries_can_be_copied() {
    let slo = only(&sloth(0.999, 30.0, 0.0, 0.0));
    let texts: Vec<_> = slo.queries.iter().map(|one| (&*one.name, &*one.text)).take(2).collect();
    let expected = [
        ("budget left", r#"1 - slo:sli_error:ratio_rate30d{sloth_id="shop-up"} / 0.001"#),
        ("burn 5m", r#"slo:sli_error:ratio_rate5m{sloth_id="shop-up"} / 0.001"#),
    ];
    assert_eq!(texts, expected);
}
