//! Definitions asked of a server of a few lines: what is asked, and what becomes of the answers.

use std::collections::BTreeMap;
use std::time::Duration;

use super::super::envelope::Series;
use super::question::{self, Window};
use super::row::{by_owner, rows};
use super::{Known, Round};
use crate::api::aws::Bounds;
use crate::api::fake::{Fake, Reply, wiring};
use crate::api::prometheus::Prometheus;
use crate::config::{Auth, PrometheusSettings, Proxy, SloFiles};
use crate::domain::{Definition, Slo, SloState, Timestamp};

const NOTHING: &str = r#"{"status":"success","data":{"resultType":"vector","result":[]}}"#;
const MONTH: f64 = 30.0 * 86_400.0;

fn now() -> Timestamp {
    Timestamp::from_second(1_800_000_000).unwrap()
}

/// Definitions of sloth's form with these names.
fn definitions(names: &[&str]) -> Vec<Definition> {
    let slo = |name: &&str| {
        format!(
            "  - name: {name}\n    objective: 99\n    sli:\n      events:\n        error_query: 'sum by (zone) (increase({name}_bad[{{{{.window}}}}])) # all'\n        total_query: sum by (zone) (increase({name}_all[{{{{.window}}}}]))\n"
        )
    };
    let slos: String = names.iter().map(slo).collect();
    let text = format!("version: prometheus/v1\nservice: shop\nslos:\n{slos}");
    let read = SloFiles::parse(&[("a.yaml".to_owned(), text)]);
    assert_eq!(read.faults, []);
    read.definitions
}

fn prometheus(fake: &Fake) -> Prometheus {
    let settings = PrometheusSettings {
        url: fake.url.clone(),
        auth: Auth::None,
        ca_file: None,
        proxy: Proxy::None,
        interval: Duration::from_secs(30),
    };
    Prometheus::new(&settings, Bounds::Loopback, wiring())
}

#[test]
fn every_window_is_asked_once_whatever_the_number_of_definitions() {
    let few = Window::every(&definitions(&["a"]), now());
    let many = Window::every(&definitions(&["a", "b", "c"]), now());
    let names = |all: &[Window]| all.iter().map(|one| one.name.clone()).collect::<Vec<_>>();
    assert_eq!(names(&few), ["5m", "30m", "1h", "2h", "6h", "1d", "3d", "30d"]);
    assert_eq!(names(&few), names(&many));
    let asked = question::over(&definitions(&["a", "b"]), &few[0], |_| false);
    assert_eq!(question::batches(asked).len(), 1);
}

#[test]
fn a_question_that_grows_too_long_is_divided() {
    let names: Vec<String> = (0..600).map(|number| format!("n{number:040}")).collect();
    let all = definitions(&names.iter().map(String::as_str).collect::<Vec<_>>());
    let windows = Window::every(&all, now());
    let batches = question::batches(question::over(&all, &windows[0], |_| false));
    assert!(batches.len() > 1 && batches.len() < 6, "{}", batches.len());
    assert!(batches.iter().all(|batch| question::joined(batch).len() <= 100_000));
    assert_eq!(batches.iter().map(Vec::len).sum::<usize>(), 1200);
}

#[test]
fn a_comment_at_the_end_of_a_query_ends_with_its_line() {
    let all = definitions(&["a"]);
    let windows = Window::every(&all, now());
    let query = question::joined(&question::over(&all, &windows[0], |_| false));
    assert!(query.contains("(increase(a_bad[5m])) # all\n), \"watchfloor_slo\", \"0\""), "{query}");
}

fn series(owner: usize, part: &str, zone: &str, value: f64) -> Series {
    let labels = [("watchfloor_slo", owner.to_string()), ("watchfloor_part", part.to_owned())];
    let zone = (!zone.is_empty()).then(|| ("zone", zone.to_owned()));
    let labels = labels.into_iter().chain(zone);
    let labels: BTreeMap<String, String> =
        labels.map(|(name, value)| (name.to_owned(), value)).collect();
    Series { labels, points: vec![(now(), value)] }
}

/// The rows of one definition when every window answers this.
fn made(answers: &[(&str, &str, f64)]) -> Vec<Slo> {
    let all = definitions(&["a"]);
    let mut known = Known::default();
    for window in Window::every(&all, now()) {
        let series = answers.iter().map(|(part, zone, value)| series(0, part, zone, *value));
        let round = Round { series: series.collect(), ..Round::default() };
        known.take(&all, &window, now(), round);
    }
    let whole = by_owner(vec![series(0, "total", answers.first().map_or("", |one| one.1), 1.0)]);
    known.filled.extend(whole.into_values().map(|one| (all[0].rule_id.clone(), one)));
    rows(&all[0], &known, now())
}

fn only(answers: &[(&str, &str, f64)]) -> Slo {
    let mut rows = made(answers);
    assert_eq!(rows.len(), 1, "{rows:#?}");
    rows.remove(0)
}

#[test]
fn a_ratio_is_made_of_bad_events_and_all() {
    let slo = only(&[("total", "", 1000.0), ("bad", "", 5.0)]);
    assert!((slo.remaining().unwrap() - 0.5).abs() < 1e-9);
    assert_eq!((slo.state(now()), slo.events), (SloState::Ok, Some(1000.0)));
    assert!((slo.period.seconds() - MONTH).abs() < 0.5);
    assert_eq!(&*slo.queries[0].name, "budget left");
}

#[test]
fn bad_events_that_never_were_are_none_of_them() {
    let slo = only(&[("total", "", 1000.0)]);
    assert_eq!((slo.remaining(), slo.state(now())), (Some(1.0), SloState::Ok));
}

#[test]
fn no_event_at_all_is_no_traffic_and_no_series_no_data() {
    assert_eq!(only(&[("total", "", 0.0)]).state(now()), SloState::NoTraffic);
    assert_eq!(only(&[]).state(now()), SloState::NoData);
}

#[test]
fn a_budget_may_be_overspent() {
    let slo = only(&[("total", "", 1000.0), ("bad", "", 12.0)]);
    assert!((slo.remaining().unwrap() + 0.2).abs() < 1e-9);
}

#[test]
fn each_label_set_is_a_row_of_its_own() {
    let rows = made(&[("total", "x", 100.0), ("total", "y", 100.0), ("bad", "y", 50.0)]);
    let told: Vec<(&str, Option<f64>)> =
        rows.iter().map(|one| (&*one.key, one.burn(300.0).map(f64::round))).collect();
    assert_eq!(told, [(r#"shop-a{zone="x"}"#, Some(0.0)), (r#"shop-a{zone="y"}"#, Some(50.0))]);
}

#[test]
fn bad_events_with_labels_that_all_events_lack_are_a_fault_and_never_green() {
    let slo = only(&[("total", "", 100.0), ("bad", "y", 50.0)]);
    assert_eq!(slo.state(now()), SloState::RuleError);
    assert!(slo.rule_error.unwrap().contains(r#"{zone="y"}"#));
}

#[tokio::test]
async fn a_query_that_is_refused_takes_nothing_from_the_others() {
    let refused = r#"{"status":"error","errorType":"execution","error":"many-to-many"}"#;
    let refused = || Reply::json(refused).status(422);
    let fake = Fake::of([refused(), refused(), Reply::json(NOTHING)]).await;
    let (all, mut known) = (definitions(&["a", "b"]), Known::default());
    let read = prometheus(&fake).measure(&all, &mut known).await.unwrap();
    let told: Vec<(&str, SloState)> = read
        .slos
        .iter()
        .map(|one| (&*one.name, one.state(one.sampled_at().unwrap_or(now()))))
        .collect();
    assert_eq!(told, [("a", SloState::NoData), ("b", SloState::RuleError)]);
    assert!(read.slos[1].rule_error.as_ref().is_some_and(|why| why.contains("many-to-many")));
    let errors: Vec<bool> = read.slos.iter().map(|one| one.rule_error.is_some()).collect();
    assert_eq!(errors, [false, true]);
    assert!(read.gap.unwrap().to_string().contains("shop-b"));
    // Both, each alone, seven more windows, and one look at the period.
    assert_eq!(fake.asked().len(), 3 + 7 + 1);
    let last = fake.asked().pop().unwrap();
    let text = format!("{}{}", last.path, String::from_utf8_lossy(&last.body));
    assert!(!text.contains("b_all"), "what was refused is not asked again at once");
}

#[tokio::test]
async fn slow_windows_are_not_asked_every_time() {
    let fake = Fake::of([Reply::json(NOTHING)]).await;
    let (all, mut known) = (definitions(&["a"]), Known::default());
    let prometheus = prometheus(&fake);
    prometheus.measure(&all, &mut known).await.unwrap();
    let first = fake.asked().len();
    prometheus.measure(&all, &mut known).await.unwrap();
    assert_eq!((first, fake.asked().len() - first), (9, 3));
}
