//! The gate on the command line, over the simulated platform: what it asks, what it says, how it ends.

use std::ffi::OsString;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use serde_json::Value;
use tempfile::TempDir;
use watchfloor::cli::{self, Exit, Surroundings};
use watchfloor::gate::Decision;
use watchfloor::runtime::Clock;
use watchfloor::sim::{self, Fault, Scenario, ScriptedSlo, Server, Sim};

use crate::harness;

pub(super) async fn platform(scenario: &str) -> (Sim, TempDir) {
    let sim = sim::start(scenario.into()).await.expect("the simulator starts");
    let folder = tempfile::tempdir().expect("a folder");
    harness::config_file(&sim, &folder);
    (sim, folder)
}

/// What a command line printed and how it ended.
pub(super) async fn ran(words: &[&str], folder: &TempDir) -> (Exit, String, String) {
    let dir = folder.path().display().to_string();
    let config = folder.path().join("config.toml").display().to_string();
    let places = ["--config", &config, "--cache-dir", &dir, "--state-dir", &dir];
    let line = [["watchfloor", "gate"].as_slice(), words, &places].concat();
    let line: Vec<OsString> = line.into_iter().map(OsString::from).collect();
    let run = move || {
        let (mut out, mut err) = (Vec::new(), Vec::new());
        let environment = [].into();
        let exit = cli::run(line, Surroundings { out: &mut out, err: &mut err, environment });
        let text = |bytes| String::from_utf8(bytes).expect("text");
        (exit, text(out), text(err))
    };
    tokio::task::spawn_blocking(run).await.expect("it ends")
}

pub(super) fn policy(folder: &TempDir, text: &str) -> String {
    let path = folder.path().join("gate.toml");
    fs::write(&path, format!("schema = \"watchfloor/gate-policy/v1\"\n{text}")).expect("written");
    fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).expect("rights");
    path.display().to_string()
}

/// The verdict as a document, and the exit code.
pub(super) async fn verdict(words: &[&str], folder: &TempDir) -> (u8, Value) {
    let (exit, out, err) = ran(&[words, &["-o", "json"]].concat(), folder).await;
    let document = serde_json::from_str(&out).unwrap_or_else(|_| panic!("{out}{err}"));
    (exit.code(), document)
}

/// The codes of its reasons.
pub(super) fn codes(document: &Value) -> Vec<&str> {
    let reasons = document["reasons"].as_array().expect("reasons").iter();
    reasons.map(|one| one["code"].as_str().expect("a code")).collect()
}

const CHECKOUT: [&str; 4] = ["--service", "checkout", "--environment", "production"];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_a_prometheus_a_protected_environment_is_closed_and_a_review_open() {
    let (_sim, folder) = platform("calm").await;
    let config = folder.path().join("config.toml");
    let text = fs::read_to_string(&config).expect("a config");
    let mut table: toml::Table = text.parse().expect("TOML");
    table.remove("prometheus");
    fs::write(&config, table.to_string()).expect("written");
    let (exit, out, _) = ran(&[CHECKOUT.as_slice(), &["-o", "json"]].concat(), &folder).await;
    assert_eq!(exit, Exit::Verdict(Decision::Unknown), "{out}");
    let document: Value = serde_json::from_str(&out).expect("a document");
    assert_eq!(document["reasons"][0]["code"], "unreachable");
    assert_eq!((exit.code(), &document["exit_code"]), (30, &Value::from(30)));
    let review = ["--service", "checkout", "--environment", "review/7"];
    assert_eq!(ran(&review, &folder).await.0, Exit::Verdict(Decision::Allow));
    let (exit, out, _) = ran(&[CHECKOUT.as_slice(), &["--dry-run"]].concat(), &folder).await;
    assert_eq!(exit, Exit::Done);
    assert!(out.starts_with("unknown: ") && out.contains("would end with 30"), "{out}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_policy_with_a_fault_decides_nothing() {
    let (_sim, folder) = platform("calm").await;
    let path = policy(&folder, "warn_bellow = 0.2\n");
    let (exit, out, err) =
        ran(&[CHECKOUT.as_slice(), &["--policy", &path]].concat(), &folder).await;
    assert_eq!((exit, out.as_str()), (Exit::Usage, ""));
    assert!(err.contains("gate.toml:2:1") && err.contains("`warn_below`"), "{err}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_policy_that_is_printed_is_read_back() {
    let (_sim, folder) = platform("calm").await;
    let (exit, built_in, _) = ran(&["--show-policy"], &folder).await;
    assert_eq!(exit, Exit::Done);
    let path = folder.path().join("own.toml");
    fs::write(&path, &built_in).expect("written");
    fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).expect("rights");
    let path = path.display().to_string();
    assert_eq!(ran(&["--show-policy", "--policy", &path], &folder).await.1, built_in);
}

/// What a service of a scenario is told for production.
async fn told(scenario: &str, service: &str) -> (u8, Vec<String>) {
    let (sim, folder) = platform(scenario).await;
    let (code, document) = production(service, &folder).await;
    assert_eq!(sim.unknown(), Vec::<String>::new());
    (code, codes(&document).into_iter().map(str::to_owned).collect())
}

async fn production(service: &str, folder: &TempDir) -> (u8, Value) {
    verdict(&["--service", service, "--environment", "production"], folder).await
}

macro_rules! verdicts {
    ($($test:ident: $scenario:literal, $service:literal => $code:literal $reason:literal;)*) => {$(
        #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
        async fn $test() {
            let (code, reasons) = told($scenario, $service).await;
            assert_eq!((code, reasons.as_slice()), ($code, [$reason.to_owned()].as_slice()));
        }
    )*};
}

verdicts! {
    a_service_within_its_budget_is_allowed: "calm", "checkout" => 0 "within_budget";
    an_objective_of_pyrra_is_read_as_well: "calm", "storefront" => 0 "within_budget";
    every_objective_of_a_group_counts: "calm", "gateway" => 10 "budget_low";
    a_slow_burn_warns: "calm", "billing" => 10 "slow_burn";
    without_traffic_nothing_is_known: "calm", "search" => 30 "no_traffic";
    a_service_without_objectives_is_unknown: "calm", "nobody" => 30 "no_objective";
    a_fast_burn_is_denied: "prometheus_exhausted", "checkout" => 20 "instability";
    an_absent_series_is_unknown: "prometheus_absent", "billing" => 30 "not_judged";
    nan_in_the_period_is_unknown: "prometheus_nan", "checkout" => 30 "not_judged";
    infinite_ratios_are_unknown: "prometheus_infinite", "checkout" => 30 "not_judged";
    a_rule_that_fails_is_unknown: "prometheus_rule_error", "checkout" => 30 "not_judged";
    samples_that_come_late_are_unknown: "prometheus_stalled", "checkout" => 30 "not_judged";
    a_target_that_vanished_is_unknown: "prometheus_vanished", "checkout" => 30 "not_judged";
    a_warning_is_unknown: "prometheus_warnings", "checkout" => 30 "not_judged";
    a_quarter_of_a_period_is_unknown: "prometheus_young", "checkout" => 30 "young";
    no_traffic_at_all_is_unknown: "prometheus_idle", "checkout" => 30 "no_traffic";
    basic_authentication_is_used: "prometheus_basic", "checkout" => 0 "within_budget";
    a_bearer_token_is_used: "prometheus_bearer", "checkout" => 0 "within_budget";
}

/// Plays a scenario's faults from the beginning: nothing can be told, and every tier says what that is.
async fn cannot_be_told(scenario: &str) {
    let (sim, folder) = platform("calm").await;
    for fault in Scenario::load(scenario).expect("a shipped scenario").fault {
        sim.world().fault(Fault { from_seconds: None, until_seconds: None, ..fault });
    }
    for (environment, code) in [("production", 30), ("staging", 10), ("review/1", 0)] {
        let words = ["--service", "checkout", "--environment", environment];
        let (exit, document) = verdict(&words, &folder).await;
        assert_eq!((exit, codes(&document)[0]), (code, "unreachable"), "{document:#}");
        assert_eq!(document["slos"], serde_json::json!([]));
    }
    sim.world().clear_faults();
    assert_eq!(production("checkout", &folder).await.0, 0);
}

macro_rules! outages {
    ($($test:ident: $scenario:literal;)*) => {$(
        #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
        async fn $test() {
            cannot_be_told($scenario).await;
        }
    )*};
}

outages! {
    a_server_that_closes_cannot_be_read: "prometheus_unreachable";
    a_token_that_is_refused_cannot_read: "prometheus_unauthorized";
    a_query_that_takes_too_long_tells_nothing: "prometheus_timeout";
    a_page_of_a_proxy_tells_nothing: "prometheus_proxy";
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_number_is_told_with_its_age_and_the_policy_with_its_hash() {
    let (sim, folder) = platform("calm").await;
    let (code, document) = production("checkout", &folder).await;
    assert_eq!((code, &document["verdict"]), (0, &Value::from("allow")));
    let slo = &document["slos"][0];
    assert_eq!((&slo["id"], &slo["state"]), (&"checkout-availability".into(), &"ok".into()));
    let left = slo["remaining_ratio"].as_f64().expect("a share");
    assert!((left - 0.5).abs() < 0.0025, "{left}");
    let age = slo["sample_age_seconds"].as_f64().expect("an age");
    assert!((0.0..120.0).contains(&age), "{age}");
    assert_eq!(document["policy"]["sha256"].as_str().map(str::len), Some(64));
    let instant = |key: &str| -> jiff::Timestamp {
        document[key].as_str().expect("an instant").parse().expect("an instant")
    };
    let holds = instant("valid_until").duration_since(instant("evaluated_at"));
    assert_eq!(holds.as_secs(), 900);
    let looks = document["evidence"].as_array().expect("looks");
    let is_shown =
        |one: &&Value| one["url"].as_str().is_some_and(|url| url.starts_with(sim.prometheus_url()));
    assert_eq!(looks.iter().filter(is_shown).count(), looks.len());
    // Discovered objectives, those of files and the built-in ones: the bar for a whole pass.
    assert!(sim.prometheus_requests() <= 20, "{}", sim.prometheus_requests());
    assert_eq!((sim.alertmanager_requests(), sim.requests()), (1, 0));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_report_for_gitlab_fails_what_is_denied() {
    let (_sim, folder) = platform("prometheus_exhausted").await;
    let (exit, out, _) = ran(&[CHECKOUT.as_slice(), &["-o", "junit"]].concat(), &folder).await;
    assert_eq!(exit.code(), 20);
    assert!(out.contains("<failure message=\"instability: "), "{out}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_alertmanager_that_refuses_is_unknown_and_hides_no_denial() {
    for (scenario, code) in [("calm", 30), ("prometheus_exhausted", 20)] {
        let (sim, folder) = platform(scenario).await;
        let refusal = Fault { server: Server::Alertmanager, status: Some(403), ..Fault::default() };
        sim.world().fault(refusal);
        let (exit, document) = production("checkout", &folder).await;
        assert_eq!(exit, code, "{document:#}");
        assert!(codes(&document).contains(&"alerts_unreachable"), "{document:#}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_page_that_somebody_silenced_is_a_denial_all_the_same() {
    let (sim, folder) = platform("prometheus_exhausted").await;
    let now = Clock::wall().now();
    let silence = serde_json::json!({
        "matchers": [{"name": "sloth_service", "value": "checkout", "isRegex": false, "isEqual": true}],
        "startsAt": now.to_string(), "endsAt": (now + jiff::SignedDuration::from_hours(1)).to_string(),
        "createdBy": "somebody", "comment": "too loud",
    });
    let client =
        reqwest::Client::builder().tls_certs_only([]).no_proxy().build().expect("a client");
    let there = sim.alertmanager_url().trim_end_matches('/');
    let made = client.post(format!("{there}/api/v2/silences")).json(&silence).send().await;
    assert_eq!(made.expect("an answer").status(), 200);
    let alerts = client.get(format!("{there}/api/v2/alerts?active=false")).send().await;
    let quiet: Vec<Value> = alerts.expect("an answer").json().await.expect("a list");
    assert!(quiet.iter().any(|one| one["labels"]["sloth_service"] == "checkout"), "{quiet:#?}");
    let (code, document) = production("checkout", &folder).await;
    assert_eq!((code, codes(&document)), (20, vec!["instability"]), "{document:#}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_budget_that_was_spent_stays_frozen_and_one_that_never_was_is_only_low() {
    // Spent until yesterday, nothing wrong since; or always the same little left.
    for (objective, ratio, expected) in
        [(99.951, Some(0.0), (20, "budget_recovering")), (99.948, None, (10, "budget_low"))]
    {
        let (sim, folder) = platform("calm").await;
        let slo = ScriptedSlo {
            id: "checkout-availability".to_owned(),
            objective: Some(objective),
            error_ratio: ratio,
            ago_seconds: 86_400.0,
            ..ScriptedSlo::default()
        };
        assert!(sim.world().set_slo(&slo));
        let (code, document) = production("checkout", &folder).await;
        assert_eq!((code, codes(&document)[0]), expected, "{document:#}");
        let left = document["slos"][0]["remaining_ratio"].as_f64().expect("a share");
        assert!(left > 0.0 && left < 0.05, "{left}");
        let path = policy(&folder, "unfreeze_above = 0.01\n");
        let words = [CHECKOUT.as_slice(), &["--policy", &path]].concat();
        assert_eq!(verdict(&words, &folder).await.0, 10);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_typed_reaches_no_query_and_no_terminal() {
    let (sim, folder) = platform("calm").await;
    let asked = sim.prometheus_requests();
    let long = "x".repeat(100_000);
    for odd in [r#"checkout"} or vector(1) #"#, "check.*", r"a\", "checkout ", "{}", &long] {
        let (code, document) = production(odd, &folder).await;
        assert_eq!((code, codes(&document)), (30, vec!["no_objective"]), "{odd:.40}");
    }
    assert!(sim.prometheus_requests() > asked);
    assert_eq!(sim.unknown(), Vec::<String>::new());
    for odd in ["", "  ", "a\u{1b}[2J", "a\u{202e}b", "a\nb"] {
        let words = ["--service", odd, "--environment", "production"];
        let (exit, out, err) = ran(&words, &folder).await;
        assert_eq!((exit, out.as_str()), (Exit::Usage, ""), "{odd:?}");
        assert!(!err.contains(['\u{1b}', '\u{202e}']), "{err:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_faulty_policy_of_the_config_is_told_with_its_place_and_its_cure() {
    let (_sim, folder) = platform("calm").await;
    let path = policy(&folder, "unfreeze_above = 2\n");
    let config = folder.path().join("config.toml");
    let text = fs::read_to_string(&config).expect("a config");
    fs::write(&config, format!("{text}\n[gate]\npolicy = {path:?}\n")).expect("written");
    let (exit, out, err) = ran(&CHECKOUT, &folder).await;
    assert_eq!((exit, out.as_str()), (Exit::Usage, ""));
    assert!(err.contains("gate.toml:2:18") && err.contains("write a share"), "{err}");
    fs::write(&path, "schema = \"watchfloor/gate-policy/v1\"\nwarn_below = 0.9\n")
        .expect("written");
    let (code, document) = production("checkout", &folder).await;
    assert_eq!((code, codes(&document)), (10, vec!["budget_low"]));
    assert_eq!(document["policy"]["path"].as_str(), Some(path.as_str()));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_prometheus_that_dies_between_two_questions_is_unknown() {
    let (sim, folder) = platform("calm").await;
    let dead = Fault { server: Server::Prometheus, close: true, after: 2, ..Fault::default() };
    sim.world().fault(dead);
    let (code, document) = production("checkout", &folder).await;
    assert_eq!(code, 30, "{document:#}");
}
