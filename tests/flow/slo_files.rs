//! Objectives from files and the built-in ones, over the simulated Prometheus.

use serde_json::json;
use tempfile::TempDir;
use watchfloor::config::SloFiles;
use watchfloor::domain::{Exhaustion, Period, Slo, SloOrigin, SloState, SourceId};
use watchfloor::runtime::Clock;
use watchfloor::sim;

use super::check::printed;
use super::gate::{codes, verdict};
use crate::harness::{self, Console};

/// Writes the simulator's own files, and those that are given, and names their folder in a configuration.
fn furnish(config: &mut serde_json::Value, folder: &TempDir, more: &[(&str, &str)]) {
    std::fs::create_dir_all(folder.path().join("slo")).expect("a folder");
    for (name, text) in sim::SLO_FILES.iter().chain(more) {
        harness::write(folder, &format!("slo/{name}"), text);
    }
    config["slo"] = json!({"folders": [folder.path().join("slo")]});
}

/// The console with files of objectives.
async fn console(scenario: &str, more: &'static [(&'static str, &'static str)]) -> Console {
    Console::rigged(scenario, |rig| furnish(&mut rig.config, rig.folder, more)).await
}

fn slo<'a>(console: &'a Console, key: &str) -> Option<&'a Slo> {
    let mut rows = console.app().state.slos().iter();
    rows.find(|(_, row)| &*row.value.key == key).map(|(_, row)| &*row.value)
}

fn said(console: &Console, key: &str) -> Option<SloState> {
    let slo = slo(console, key)?;
    Some(console.app().state.slo_state(slo, Clock::wall().now()))
}

async fn until(console: &mut Console, key: &str, state: SloState) {
    let what = format!("{key} to be {state}");
    console.until(&what, |console| said(console, key) == Some(state)).await;
}

#[test]
fn the_simulators_own_files_have_no_fault() {
    let texts = sim::SLO_FILES.map(|(name, text)| (name.to_owned(), text.to_owned()));
    let read = SloFiles::parse(&texts);
    assert_eq!((read.faults.as_slice(), read.notes.as_slice()), ([].as_slice(), [].as_slice()));
    assert_eq!(read.definitions.len(), 3);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn objectives_of_files_are_measured_as_the_platform_is() {
    let mut console = console("calm", &[]).await;
    until(&mut console, "storefront-requests", SloState::Ok).await;
    let rolling = slo(&console, "storefront-requests").unwrap();
    assert_eq!((rolling.origin, &*rolling.service), (SloOrigin::OpenSlo, "storefront"));
    // 0.048 of 60 requests a second fail, and 0.5 % may.
    let left = rolling.remaining().unwrap();
    assert!((left - 0.84).abs() < 0.005, "{left}");
    assert!(
        rolling.events.is_some_and(|events| (events / (60.0 * 28.0 * 86_400.0) - 1.0).abs() < 0.01)
    );
    let names: Vec<&str> = rolling.readings.iter().map(|one| &*one.name).collect();
    assert_eq!(names, ["5m", "30m", "1h", "2h", "6h", "1d", "3d"]);
    let month = slo(&console, "storefront-month").unwrap();
    assert!(matches!(month.period, Period::Calendar { .. }), "{month:#?}");
    let sandbox = slo(&console, "sandbox-queue").unwrap();
    assert_eq!((sandbox.origin, sandbox.pairs.len()), (SloOrigin::Sloth, 2));
    assert!(sandbox.remaining().is_some(), "{sandbox:#?}");
    console.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_month_of_the_calendar_counts_from_its_first_day_and_lasts_to_its_reset() {
    let mut console = console("calm", &[]).await;
    let is_read = |console: &mut Console| {
        slo(console, "storefront-month").is_some_and(|one| one.remaining().is_some())
    };
    console.until("the month", is_read).await;
    let month = slo(&console, "storefront-month").unwrap().clone();
    let Period::Calendar { start, end } = month.period else { panic!("{month:#?}") };
    let now = Clock::wall().now();
    let zone = jiff::tz::TimeZone::get("Europe/Berlin").unwrap();
    let first = |at: jiff::Timestamp| {
        let there = at.to_zoned(zone.clone());
        (there.day(), there.hour(), there.minute())
    };
    assert!(start <= now && now < end, "{start} {now} {end}");
    assert_eq!([first(start), first(end)], [(1, 0, 0), (1, 0, 0)]);
    // Only what was since its first day is looked at; 0.048 of 60 requests a second fail, and 1 % may.
    let elapsed = now.duration_since(start).as_secs_f64();
    assert!((month.period_ratio.window_seconds - elapsed).abs() < 120.0, "{month:#?}");
    let left = month.remaining().unwrap();
    assert!((left - 0.92).abs() < 0.02, "{left}");
    assert_eq!(month.exhaustion(3600.0, now), Exhaustion::BeyondReset);
    console.press("4 /").type_in("name:month").press("enter").sees("1 of ").await;
    console.press("enter").sees("lasts until its period ends").await;
    console.finish().await;
}

/// An objective that has about three parts in a hundred left, and nobody who recorded what was left before.
const LOW: &str = "version: prometheus/v1
service: shop
slos:
  - name: requests
    objective: 99.9175
    sli:
      events:
        error_query: sum(rate(http_requests_total{service=\"storefront\",code=~\"5..\"}[{{.window}}]))
        total_query: sum(rate(http_requests_total{service=\"storefront\"}[{{.window}}]))
";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_low_budget_whose_past_nobody_recorded_is_unknown_and_says_why() {
    let sim = sim::start("calm".into()).await.expect("the simulator starts");
    let folder = tempfile::tempdir().expect("a folder");
    let mut config = harness::config(&sim, &folder);
    furnish(&mut config, &folder, &[("low.yaml", LOW)]);
    harness::write(&folder, "config.toml", &toml::to_string(&config).expect("a table"));
    for (environment, expected) in [("production", 30), ("staging", 10)] {
        let words = ["--service", "shop", "--environment", environment];
        let (code, document) = verdict(&words, &folder).await;
        assert_eq!((code, codes(&document)), (expected, vec!["past_unknown"]), "{document:#}");
        let text = document["reasons"][0]["text"].as_str().expect("a text");
        assert!(text.contains("its past was not read"), "{text}");
        let left = document["slos"][0]["remaining_ratio"].as_f64().expect("a share");
        assert!((0.0..0.05).contains(&left), "{left}");
    }
    sim.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_platforms_own_objectives_are_measured() {
    let mut console = console("calm", &[]).await;
    until(&mut console, "platform-queue-standard", SloState::Ok).await;
    let mut own: Vec<&str> = console
        .app()
        .state
        .slos()
        .iter()
        .filter(|(_, row)| row.value.origin == SloOrigin::Builtin)
        .map(|(_, row)| &*row.value.name)
        .collect();
    own.sort_unstable();
    for name in [
        "capacity",
        "deployments",
        "pipelines",
        "queue-protected",
        "queue-sandbox",
        "queue-standard",
        "scheduling-standard",
    ] {
        assert!(own.contains(&name), "{name} in {own:?}");
    }
    let capacity = slo(&console, "platform-capacity").unwrap();
    assert!(capacity.is_time_weighted && capacity.remaining().is_some(), "{capacity:#?}");
    console.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_incident_burns_the_queue_of_the_tier_that_suffers() {
    let mut console = console("incident", &[]).await;
    until(&mut console, "platform-queue-standard", SloState::Burning).await;
    console.finish().await;
}

const RECORDED: &str = "version: prometheus/v1
service: checkout
slos:
  - name: availability
    objective: 50
    sli: {raw: {error_ratio_query: 'avg_over_time(up[{{.window}}])'}}
";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_sloth_records_already_is_not_measured_again() {
    let mut console = console("calm", &[("recorded.yaml", RECORDED)]).await;
    until(&mut console, "storefront-requests", SloState::Ok).await;
    let all = console.app().state.slos().iter();
    let found: Vec<u64> = all
        .filter(|(_, row)| &*row.value.rule_id == "checkout-availability")
        .map(|(_, row)| row.value.objective.to_bits())
        .collect();
    assert_eq!(found, [0.999_f64.to_bits()]);
    console.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_file_with_a_fault_takes_nothing_from_the_others_and_is_told() {
    let mut console = console("calm", &[("bad.yaml", "kind: [")]).await;
    until(&mut console, "storefront-requests", SloState::Ok).await;
    let reports = console.app().state.reports();
    let gap = reports
        .filter(|(key, _)| key.source == SourceId::SLOS)
        .find_map(|(_, report)| report.gap.clone())
        .expect("a gap");
    assert!(gap.message.contains("slo/bad.yaml:"), "{gap:?}");
    console.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn check_tells_every_fault_of_the_files_with_its_place() {
    let sim = sim::start("quiet".into()).await.expect("the simulator starts");
    let folder = tempfile::tempdir().expect("a folder");
    let mut config = harness::config(&sim, &folder);
    furnish(&mut config, &folder, &[("bad.yaml", "apiVersion: openslo/v2alpha\nkind: SLO\n")]);
    let text = toml::to_string(&config).expect("a table");
    harness::write(&folder, "config.toml", &text);
    let told = printed(&["check"], &folder).await;
    assert!(told.contains("ok    objectives: 3 objectives in 3 files"), "{told}");
    let place = "slo/bad.yaml:1:1: SLO of `openslo/v2alpha` is not supported";
    assert!(told.contains(place), "{told}");
    sim.stop().await;
}
