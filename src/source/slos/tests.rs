//! The clients against a Prometheus and an Alertmanager that others wrote, whose numbers are known beforehand.

use secrecy::SecretString;
use serde_json::Value;

use super::*;
use crate::api::{SecretFuture, Wiring};
use crate::config::{AlertmanagerSettings, Auth, PrometheusSettings, Proxy};
use crate::domain::{FailureKind, PairSeverity, SilenceState, Slo, SloState};

/// The share by which a number may differ from the model's.
const TOLERANCE: f64 = 0.005;

/// The present: these servers have real clocks.
#[expect(clippy::disallowed_methods, reason = "no layer below this one has a clock")]
fn wall() -> Wiring {
    let now = Timestamp::now;
    let secrets = |_| -> SecretFuture { Box::pin(async { Ok(SecretString::from("")) }) };
    Wiring { secrets: Arc::new(secrets), ..Wiring::new(now, |_| None) }
}

/// What a variable that `.ci/prometheus/run` sets says; where it is absent, says so.
fn told(variable: &str) -> Option<String> {
    let value = std::env::var(variable).ok();
    if value.is_none() {
        println!(
            "NOT checked against a real Prometheus: {variable} is not set (.ci/prometheus/run sets it)"
        );
    }
    value
}

fn prometheus() -> Option<(Prometheus, Value)> {
    let url = told("PROMETHEUS_SERVER")?.parse().unwrap();
    let known = std::fs::read(told("PROMETHEUS_KNOWN").unwrap()).unwrap();
    let settings = PrometheusSettings {
        url,
        auth: Auth::None,
        ca_file: None,
        proxy: Proxy::None,
        interval: INTERVAL,
    };
    let prometheus = Prometheus::new(&settings, Bounds::Loopback, wall());
    Some((prometheus, serde_json::from_slice(&known).unwrap()))
}

fn alertmanager() -> Option<Alertmanager> {
    let url = told("ALERTMANAGER_SERVER")?.parse().unwrap();
    let settings =
        AlertmanagerSettings { url, auth: Auth::None, ca_file: None, proxy: Proxy::None };
    Some(Alertmanager::new(&settings, Bounds::Loopback, wall()))
}

/// Both within the tolerance of each other; of zero, within it as it stands.
fn is_close(found: f64, wanted: f64) -> bool {
    (found - wanted).abs() <= TOLERANCE * if wanted == 0.0 { 1.0 } else { wanted.abs() }
}

/// The model's error ratio over the month at an instant: it grows evenly between the two that are told.
fn month_ratio(known: &Value, service: &str, at: Timestamp) -> f64 {
    let pair = |value: &Value| [value[0].as_f64().unwrap(), value[1].as_f64().unwrap()];
    let [begin, end] = pair(&known["instants"]);
    let [low, high] = pair(&known["services"][service]["ratios"]);
    #[expect(clippy::cast_precision_loss, reason = "an instant of our days")]
    let at = at.as_millisecond() as f64 / 1000.0;
    low + (high - low) * (at - begin) / (end - begin)
}

fn holds(slo: &Slo, known: &Value) {
    let service = slo.service.as_str();
    let wanted = &known["services"][service];
    let objective = wanted["objective"].as_f64().unwrap();
    assert!((slo.objective - objective).abs() < 1e-12, "{slo:#?}");
    let ratio = slo.period_ratio.ratio.number().unwrap();
    let model = month_ratio(known, service, slo.period_ratio.at.unwrap());
    assert!(is_close(ratio, model), "{service}: a month's ratio {ratio}, in the model {model}");
    let (left, whole) = (slo.remaining().unwrap(), 1.0 - model / (1.0 - objective));
    assert!(is_close(left, whole), "{service}: left {left}, in the model {whole}");
    let (burn, present) = (slo.burn(300.0).unwrap(), wanted["burn"].as_f64().unwrap());
    assert!(is_close(burn, present), "{service}: burns {burn}, in the model {present}");
    assert_eq!(slo.firing.map(PairSeverity::as_str), wanted["fires"].as_str(), "{service}");
    assert_eq!(slo.burning(), slo.firing, "{service}: our reckoning and its own alert differ");
    println!(
        "   {service}: ratio {ratio:.6} ({model:.6}), left {left:.4} ({whole:.4}), burn {burn:.3} ({present})"
    );
}

#[tokio::test]
async fn a_prometheus_that_others_wrote_tells_what_the_model_knows() {
    let Some((prometheus, known)) = prometheus() else { return };
    let read = prometheus.objectives(&mut Memory::default()).await.unwrap();
    assert_eq!(read.gap, None);
    assert_eq!(read.slos.len(), 4);
    for slo in &read.slos {
        holds(slo, &known);
        assert_eq!(slo.readings.len(), 7);
        assert_eq!(slo.pairs.len(), 4);
        assert!(slo.is_time_weighted && slo.rule_error.is_none(), "{slo:#?}");
        assert_eq!(slo.rule_interval_seconds, Some(60.0));
        let expected = if slo.firing.is_some() { SloState::Burning } else { SloState::Ok };
        assert_eq!(slo.state(prometheus.now()), expected, "{slo:#?}");
    }
    println!("{} objectives of a Prometheus that others wrote are read", read.slos.len());
}

#[tokio::test]
async fn a_prometheus_that_others_wrote_answers_the_query_behind_every_number() {
    let Some((prometheus, _)) = prometheus() else { return };
    let read = prometheus.objectives(&mut Memory::default()).await.unwrap();
    for slo in &read.slos {
        for query in slo.queries.iter().filter(|query| &*query.name != "alerts") {
            let answer = prometheus.query(&query.text).await.unwrap().value;
            assert_eq!(answer.len(), 1, "{}", query.text);
        }
    }
}

#[tokio::test]
async fn a_prometheus_that_others_wrote_takes_a_month_by_minutes_and_a_long_question() {
    let Some((prometheus, _)) = prometheus() else { return };
    let now = prometheus.now();
    let month = jiff::SignedDuration::from_hours(24 * 30);
    let series = r#"slo:sli_error:ratio_rate5m{sloth_id="checkout-availability"}"#;
    let minute = jiff::SignedDuration::from_mins(1);
    let lines = prometheus.range(series, now - month, now, minute).await.unwrap().value;
    let points = lines[0].points.len();
    assert!((10_000..=11_000).contains(&points), "{points} points");
    let long = vec![series; 100].join(" or ");
    assert_eq!(prometheus.query(&long).await.unwrap().value.len(), 1);
}

#[tokio::test]
async fn a_prometheus_that_others_wrote_refuses_as_we_expect() {
    let Some((prometheus, _)) = prometheus() else { return };
    assert_eq!(prometheus.query("sum(").await.unwrap_err().kind, FailureKind::Query);
    assert_eq!(prometheus.query("sum_over_time(up)").await.unwrap_err().kind, FailureKind::Query);
    assert!(prometheus.query("absent_from_everything").await.unwrap().value.is_empty());
}

#[tokio::test]
async fn a_prometheus_that_others_wrote_has_its_alerts_and_silences_in_alertmanager() {
    let Some(alertmanager) = alertmanager() else { return };
    let mut alerts = alertmanager.alerts().await.unwrap();
    alerts.sort_by(|one, other| one.name.cmp(&other.name));
    let told: Vec<_> = alerts
        .iter()
        .map(|alert| (&*alert.name, alert.severity.as_deref(), alert.is_suppressed()))
        .collect();
    let expected = [("BillingBurns", Some("ticket"), false), ("SearchBurns", Some("page"), true)];
    assert_eq!(told, expected);
    assert_eq!(alerts[1].rule_id().map(|id| &**id), Some("search-availability"));
    let mut silences = alertmanager.silences().await.unwrap();
    silences.sort_by(|one, other| one.created_by.cmp(&other.created_by));
    let said: Vec<_> =
        silences.iter().map(|one| (&*one.created_by, &*one.comment, one.state)).collect();
    let expected =
        [("amtool", "by amtool", SilenceState::Active), ("curl", "by curl", SilenceState::Active)];
    assert_eq!(said, expected);
    assert_eq!(alerts[1].silenced_by.as_ref(), [silences[0].name.clone()]);
    let matchers: Vec<String> =
        silences.iter().flat_map(|one| &one.matchers).map(ToString::to_string).collect();
    assert_eq!(matchers, [r#"sloth_service="search""#, r#"sloth_service=~"nob.*""#]);
    let (alerts, silences) = (alerts.len(), silences.len());
    println!(
        "{alerts} alerts and {silences} silences of an Alertmanager that others wrote are read"
    );
}
