//! Objectives, alerts and silences from the simulated Prometheus and Alertmanager into the state.

use std::sync::Arc;

use watchfloor::cache::{Cache, Pending, Window};
use watchfloor::domain::{
    Change, Courses, Ending, Entity, Failure, FailureKind, Origin, PairSeverity, Past,
    SilenceState, Slo, SloState, SourceId, SourceKey, Tiers, Update,
};
use watchfloor::runtime::Clock;
use watchfloor::sim::{Fault, Scenario, Server};
use watchfloor::state::State;

use crate::harness::Console;

const CHECKOUT: &str = "checkout-availability";

/// An objective by its key.
fn slo<'a>(console: &'a Console, key: &str) -> Option<&'a Slo> {
    let mut rows = console.app().state.slos().iter();
    rows.find(|(_, row)| &*row.value.key == key).map(|(_, row)| &*row.value)
}

/// What can be said of an objective now.
fn said(console: &Console, key: &str) -> Option<SloState> {
    let slo = slo(console, key)?;
    Some(console.app().state.slo_state(slo, now()))
}

fn now() -> jiff::Timestamp {
    Clock::wall().now()
}

/// What a feed reports as failed, or as its gap.
fn trouble(console: &Console, source: SourceId) -> Option<Failure> {
    let mut reports = console.app().state.reports();
    let (_, report) = reports.find(|(key, _)| key.source == source)?;
    report.failure.clone().or_else(|| report.gap.clone())
}

/// Waits until an objective is in this state.
async fn until(console: &mut Console, key: &str, state: SloState) {
    let what = format!("{key} to be {state}");
    console.until(&what, |console| said(console, key) == Some(state)).await;
}

/// A scenario's file makes this of the objective of checkout.
async fn the_file_shows(scenario: &str, state: SloState) {
    let mut console = Console::start(scenario).await;
    until(&mut console, CHECKOUT, state).await;
    console.finish().await;
}

macro_rules! files {
    ($($test:ident: $scenario:literal => $state:ident;)*) => {$(
        #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
        async fn $test() {
            the_file_shows($scenario, SloState::$state).await;
        }
    )*};
}

files! {
    basic_authentication_is_accepted: "prometheus_basic" => Ok;
    a_bearer_token_is_accepted: "prometheus_bearer" => Ok;
    a_budget_that_is_overspent_is_exhausted: "prometheus_exhausted" => Exhausted;
    zero_over_zero_everywhere_is_no_traffic: "prometheus_idle" => NoTraffic;
    nan_in_the_period_is_partial: "prometheus_nan" => Partial;
    infinite_ratios_are_partial: "prometheus_infinite" => Partial;
    a_rule_that_fails_is_said: "prometheus_rule_error" => RuleError;
    samples_that_come_late_are_stale: "prometheus_stalled" => Stale;
    a_target_that_vanished_is_stale_while_its_last_samples_are_found: "prometheus_vanished" => Stale;
    a_warning_makes_everything_partial: "prometheus_warnings" => Partial;
    a_week_of_a_month_is_young: "prometheus_young" => Young;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_objective_of_the_usual_platform_is_known() {
    let mut console = Console::start("calm").await;
    until(&mut console, CHECKOUT, SloState::Ok).await;
    let expected = [
        ("billing-availability", SloState::Burning),
        ("search-latency", SloState::NoTraffic),
        ("reports-freshness", SloState::Ok),
        ("storefront-errors", SloState::Ok),
        (r#"gateway-latency{region="eu-west-1"}"#, SloState::Ok),
        (r#"gateway-latency{region="us-east-1"}"#, SloState::Ok),
    ];
    for (key, state) in expected {
        assert_eq!(said(&console, key), Some(state), "{key}: {:#?}", slo(&console, key));
    }
    assert_eq!(slo(&console, "billing-availability").unwrap().firing, Some(PairSeverity::Ticket));
    let four_weeks = slo(&console, "reports-freshness").unwrap();
    assert!((four_weeks.period.seconds() / 86_400.0 - 28.0).abs() < 1e-9);
    assert_eq!(format!("{:.4}", four_weeks.pairs[0].factor), "13.4400");
    let pyrra = slo(&console, "storefront-errors").unwrap();
    let windows: Vec<&str> = pyrra.readings.iter().map(|one| &*one.name).collect();
    assert_eq!(windows, ["5m", "32m", "1h4m", "2h9m", "6h26m", "1d1h43m", "4d6h51m"]);
    assert!(pyrra.events.is_some_and(|events| events > 1e8), "{:?}", pyrra.events);
    console.until("an alert", |console| !console.app().state.alerts().is_empty()).await;
    let billing = slo(&console, "billing-availability").unwrap();
    assert!(console.app().state.alerts_of(billing).next().is_some());
    console.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_absent_series_is_no_data() {
    let mut console = Console::start("prometheus_absent").await;
    until(&mut console, "billing-availability", SloState::NoData).await;
    console.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_page_that_no_ratio_can_reach_is_told() {
    let mut console = Console::start("prometheus_unreachable_objective").await;
    console.until("checkout", |console| slo(console, CHECKOUT).is_some()).await;
    let checkout = slo(&console, CHECKOUT).unwrap();
    let reachable: Vec<bool> = checkout.pairs.iter().map(|one| checkout.can_fire(one)).collect();
    assert_eq!(reachable, [false, true, true, true]);
    console.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_budget_that_is_overspent_is_shown_below_zero() {
    let mut console = Console::start("prometheus_exhausted").await;
    console.until("checkout", |console| slo(console, CHECKOUT).is_some()).await;
    assert!(slo(&console, CHECKOUT).unwrap().remaining().unwrap() < 0.0);
    console.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_restart_without_prometheus_shows_old_numbers_as_old() {
    let mut console = Console::start("calm").await;
    until(&mut console, CHECKOUT, SloState::Ok).await;
    let seen = now();
    // Whether its budget was spent before is read anew.
    let known = Slo { recovery: None, ..slo(&console, CHECKOUT).unwrap().clone() };
    let state = &console.app().state;
    let mut reports = state.reports().filter(|(key, _)| key.source == SourceId::SLOS);
    let (key, report) = reports.next().map(|(key, report)| (key.clone(), report.clone())).unwrap();
    drop(reports);
    console.finish().await;
    let folder = tempfile::tempdir().unwrap();
    let mut pending = Pending::default();
    for change in
        [Change::Replace(vec![Entity::Slo(Arc::new(known.clone()))]), Change::Report(report)]
    {
        pending.add(&Update { key: key.clone(), at: seen, origin: Origin::Live, change });
    }
    Cache::open(folder.path()).cache.keep(&mut pending);
    let later = seen + jiff::SignedDuration::from_mins(61);
    let mut state = State::new(Tiers::new(Vec::new()));
    for update in Cache::open(folder.path()).cache.replay(later, Window::default()) {
        state.apply(update, later);
    }
    let rows: Vec<_> = state.slos().iter().map(|(_, row)| row).collect();
    assert_eq!(rows.len(), 1);
    assert_eq!((&*rows[0].value, rows[0].origin), (&known, Origin::Cache));
    assert!(later.duration_since(rows[0].seen_at()) >= jiff::SignedDuration::from_mins(61));
    assert_eq!(state.slo_state(&rows[0].value, later), SloState::Unreachable);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn servers_of_one_machine_are_told_apart_by_their_ports() {
    let mut console = Console::start("calm").await;
    until(&mut console, CHECKOUT, SloState::Ok).await;
    let of = |url: &str| url.trim_end_matches('/').rsplit("//").next().unwrap().to_owned();
    let expected = [
        (SourceId::SLOS, format!("prometheus:{}", of(console.sim().prometheus_url()))),
        (SourceId::ALERTS, format!("alertmanager:{}", of(console.sim().alertmanager_url()))),
    ];
    for (source, scope) in expected {
        let mut reports = console.app().state.reports();
        let told = |(key, _): &(&SourceKey, _)| key.source == source && *key.scope.0 == *scope;
        assert!(reports.any(|one| told(&one)), "{scope}");
    }
    console.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_alert_is_silenced_and_told_of_again_by_keys() {
    let mut console = Console::sized("calm", 160, 48).await;
    console.press("4 tab").sees("BillingAvailabilityBurn").await;
    console.press("a q").sees("arm first").await;
    console.arm().await;
    // What would be matched stands in the dialog before anything is sent.
    console
        .press("a q")
        .sees("sends POST")
        .await
        .sees(r#"alertname="BillingAvailabilityBurn""#)
        .await;
    console.sees("reaches").await;
    assert_eq!((console.silencing(), console.deeds().len()), (0, 0));
    // Without a comment nothing is sent.
    console.press("enter enter");
    assert_eq!((console.silencing(), console.deeds().len()), (0, 0));
    console.type_in("the invoices move").press("enter");
    // Until every platform has said who we are, the key is refused; once sent, it sends no more.
    let sent =
        |console: &mut Console, n| console.silencing() == n || console.press("y").silencing() == n;
    console.until("the request", |console| sent(console, 1)).await;
    console.sees("suppressed").await;
    let silence = |console: &Console| {
        let mut all = console.app().state.silences().iter();
        all.next().map(|(_, row)| (row.value.state, row.value.comment.to_string()))
    };
    let made = Some((SilenceState::Active, "the invoices move".to_owned()));
    console.until("the silence", |console| silence(console) == made).await;
    // It is an exception with an end, and stands among those of the register.
    console.press("5 / k i n d : s i l e n c e enter").sees("1 silence").await;
    console.sees("the invoices move").await.press("esc 4");
    // The budget burns all the same, and the objective says that nobody is told.
    console.sees("ticket silenced").await;
    console.press("tab tab").sees("the invoices move").await;
    console.press("a e").sees("sends DELETE").await;
    console.until("the request", |console| sent(console, 2)).await;
    let ended = |console: &mut Console| {
        silence(console).map(|(state, _)| state) == Some(SilenceState::Expired)
    };
    console.until("its end", ended).await;
    let deeds = console.deeds();
    let told: Vec<(&str, Option<&str>)> =
        deeds.iter().map(|deed| (&*deed.act, deed.reason.as_deref())).collect();
    assert_eq!(told, [("silence.create", Some("the invoices move")), ("silence.expire", None)]);
    let endings = deeds.iter().map(|deed| deed.outcome.as_ref().map(|(_, one)| one.ending));
    assert_eq!(endings.collect::<Vec<_>>(), [Some(Ending::Done); 2]);
    assert_eq!(console.silencing(), 2);
    console.finish().await;
}

/// What was read of an objective's past.
fn past(console: &Console, key: &str) -> Option<Courses> {
    let id = slo(console, key)?.id;
    match console.app().state.past_of(id)? {
        Past::Read(courses) => Some(courses.clone()),
        Past::Asked | Past::Failed { .. } => None,
    }
}

/// Opens the pane SLOs and there the only objective that a filter leaves.
async fn open(console: &mut Console, filter: &str) {
    console.press("4 /").type_in(filter).press("enter").sees("1 of ").await;
    console.press("enter");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_objective_that_is_opened_shows_how_its_budget_went() {
    let mut console = Console::sized("calm", 160, 60).await;
    until(&mut console, CHECKOUT, SloState::Ok).await;
    open(&mut console, "checkout").await;
    console.until("the past", |console| past(console, CHECKOUT).is_some()).await;
    let courses = past(&console, CHECKOUT).unwrap();
    let last = courses.left.points.iter().rev().find_map(|(_, value)| *value);
    let left = slo(&console, CHECKOUT).unwrap().remaining().unwrap();
    assert!(last.is_some_and(|last| (last - left).abs() < 0.005), "{last:?} is not {left}");
    let windows: Vec<&str> = courses.ratios.iter().map(|one| &*one.window).collect();
    assert_eq!(windows, ["1h", "6h", "1d", "3d"]);
    console.sees("budget left over time, each point over the 30d before it").await;
    console.sees("error ratio over 1h   page above 1.44 %").await;
    console.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_past_that_cannot_be_read_says_why_in_its_place() {
    let mut console = Console::sized("calm", 160, 60).await;
    until(&mut console, CHECKOUT, SloState::Ok).await;
    let fault = Fault {
        server: Server::Prometheus,
        path: Some("/api/v1/query_range".to_owned()),
        status: Some(503),
        ..Fault::default()
    };
    console.sim().world().fault(fault);
    open(&mut console, "checkout").await;
    console.sees("its past could not be read").await;
    console.finish().await;
}

/// Plays a scenario's faults until they are lifted: objectives are unreachable, stay known, and come back.
async fn breaks_and_recovers(scenario: &str, expected: FailureKind) {
    let faults = Scenario::load(scenario).expect("a shipped scenario").fault;
    let mut console = Console::start("calm").await;
    until(&mut console, CHECKOUT, SloState::Ok).await;
    for fault in faults {
        console.sim().world().fault(Fault { from_seconds: None, until_seconds: None, ..fault });
    }
    let kind = |console: &Console| trouble(console, SourceId::SLOS).map(|failure| failure.kind);
    console.until(scenario, |console| kind(console) == Some(expected)).await;
    assert!(slo(&console, CHECKOUT).is_some(), "what was known stays");
    let failure = trouble(&console, SourceId::SLOS).expect("a failure");
    assert!(failure.hint.contains("prometheus") || failure.hint.contains("again"), "{failure:?}");
    console.sim().world().clear_faults();
    console.press("f5");
    until(&mut console, CHECKOUT, SloState::Ok).await;
    console.until("recovery", |console| kind(console).is_none()).await;
    console.finish().await;
}

macro_rules! failures {
    ($($test:ident: $scenario:literal => $kind:ident;)*) => {$(
        #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
        async fn $test() {
            breaks_and_recovers($scenario, FailureKind::$kind).await;
        }
    )*};
}

failures! {
    a_page_of_a_proxy_is_told_from_an_answer: "prometheus_proxy" => NotJson;
    a_query_that_takes_too_long_is_named: "prometheus_timeout" => Timeout;
    a_token_that_is_refused_is_named: "prometheus_unauthorized" => TokenInvalid;
    a_server_that_closes_is_named: "prometheus_unreachable" => CutBody;
}
