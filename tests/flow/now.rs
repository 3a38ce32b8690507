//! Now: the first line names the cause, what follows from it hangs below, and what cannot be told is not taken for calm.

use std::ffi::OsString;

use serde_json::Value;
use tempfile::TempDir;
use watchfloor::cli::{self, Surroundings};
use watchfloor::domain::{Finding, Presence, Severity, SourceId};
use watchfloor::sim::{self, ClusterFault, Fault, Options, Server, Sim};

use super::check::printed;
use crate::harness::{self, Console};

/// The platform of the incident, in which nothing moves.
async fn incident() -> Sim {
    let sim = sim::start("incident".into()).await.expect("the simulator starts");
    sim.world().freeze();
    sim
}

fn findings(console: &Console) -> Vec<Finding> {
    console.app().state.findings().iter().cloned().collect()
}

/// How a command ends, and what it prints.
async fn ran(words: &[&str], folder: &TempDir) -> (u8, String) {
    let dir = folder.path().display().to_string();
    let config = folder.path().join("config.toml").display().to_string();
    let places = ["--config", &config, "--cache-dir", &dir, "--state-dir", &dir];
    let line = [["watchfloor"].as_slice(), words, &places].concat();
    let line: Vec<OsString> = line.into_iter().map(OsString::from).collect();
    let run = move || {
        let (mut out, mut err) = (Vec::new(), Vec::new());
        let environment = [].into();
        let exit = cli::run(line, Surroundings { out: &mut out, err: &mut err, environment });
        (exit.code(), String::from_utf8(out).expect("text"))
    };
    tokio::task::spawn_blocking(run).await.expect("it ends")
}

/// The codes from the first line on, as far as they hang on the first.
fn first_chain(console: &Console) -> Vec<&'static str> {
    let all = findings(console);
    let hangs = |finding: &&Finding| finding.joined.cause.is_some();
    let first = all.iter().take(1);
    first.chain(all.iter().skip(1).take_while(hangs)).map(|finding| finding.id.code).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_cause_of_the_incident_is_the_first_line_and_what_follows_hangs_below() {
    let mut console = Console::on(incident().await, 160, 48);
    let is_told = |console: &mut Console| {
        let chain = first_chain(console);
        let follows = ["capacity.unplaced", "queue.late", "slo.burning"];
        chain.first() == Some(&"capacity.at_max") && follows.iter().all(|one| chain.contains(one))
    };
    console.press("1").until("the chain of the incident", is_told).await;
    let chain = first_chain(&console);
    assert_eq!(chain.get(..3), Some(&["capacity.at_max", "capacity.unplaced", "queue.late"][..]));
    console.sees("node group ci-standard is at its maximum (1 of 1)").await;
    console.sees("└ tier standard:").await;
    console.sees("jobs share: node group ci-standard is at its maximum (1 of 1)").await;
    // From the first line alone the reason and the act that would help are asked for.
    console.press("home X").sees("how that was found").await;
    console.sees("node group ci-standard is at its maximum (1 of 1)").await;
    console.sees("nodegroup.scale").await;
    console.press("esc enter").sees("ci-standard").await;
    assert_eq!(console.app().ui.place().lens.name(), "nodes");
    console.finish().await;
}

/// Raises the node group that is full, as a person does: armed, with a reason, confirmed by its name.
pub(super) async fn raise(console: &mut Console) {
    console.arm().await;
    console.press("3");
    while console.app().ui.place().lens.name() != "nodegroups" {
        console.press("tab");
    }
    console.sees("ci-standard").await;
    console.press("/").type_in("ci-standard");
    console.press("enter home a s").sees("desired").await;
    console.press("ctrl-u").type_in("8");
    console.press("down ctrl-u").type_in("12");
    console.press("down").type_in("the maximum was cut by accident");
    console.press("down").type_in("ci/ci-standard");
    console.sees("SEND").await;
    console.press("enter").until("its record", |console| console.deeds().len() == 1).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn raising_the_group_clears_the_chain() {
    let options = Options { speed: 30.0, ..Options::from("incident") };
    let mut console = Console::on(sim::start(options).await.expect("a platform"), 160, 48);
    let is_full = |console: &mut Console| first_chain(console).first() == Some(&"capacity.at_max");
    console.press("1").until("the cause", is_full).await;
    raise(&mut console).await;
    console.press("esc esc esc 1");
    let is_over = |console: &mut Console| {
        findings(console).iter().all(|finding| finding.id.code != "capacity.at_max")
    };
    console.until("the end of the chain", is_over).await;
    console.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn where_kubernetes_forbids_everything_the_first_line_claims_no_capacity_as_the_cause() {
    let sim = incident().await;
    sim.world().fault(Fault {
        server: Server::Kubernetes,
        kubernetes: Some(ClusterFault::Forbidden),
        ..Fault::default()
    });
    let mut console = Console::on(sim, 160, 48);
    let is_told = |console: &mut Console| {
        let codes: Vec<&str> = findings(console).iter().map(|one| one.id.code).collect();
        codes.contains(&"queue.late") && codes.contains(&"source.ill")
    };
    console.press("1").until("what is left to tell", is_told).await;
    let all = findings(&console);
    assert!(all.iter().all(|one| !one.id.code.starts_with("capacity.")), "{all:?}");
    let late = all.iter().find(|one| one.id.code == "queue.late").expect("found");
    assert_eq!(late.joined.cause, None);
    console.sees("fail alike").await;
    console.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn once_the_cluster_goes_dark_what_was_found_there_stays_as_untold() {
    let mut console = Console::on(incident().await, 160, 48);
    let is_told = |console: &mut Console| first_chain(console).contains(&"capacity.unplaced");
    console.press("1").until("pods without a node", is_told).await;
    // The connection breaks, and none comes to be again.
    let server = Server::Kubernetes;
    console.sim().world().fault(Fault { server, cut_after_bytes: Some(0), ..Fault::default() });
    console.press("ctrl-r");
    let is_untold = |console: &mut Console| {
        let all = findings(console);
        let of_pods = all.iter().find(|one| one.id.code == "capacity.unplaced");
        of_pods.is_some_and(|one| matches!(one.joined.presence, Presence::Untold { .. }))
    };
    console.until("that it cannot be told", is_untold).await;
    console.sees("cannot tell, pods is").await;
    console.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn with_gitlab_down_from_the_start_nothing_looks_calm() {
    let sim = incident().await;
    sim.world().fault(Fault { server: Server::Gitlab, status: Some(503), ..Fault::default() });
    let mut console = Console::on(sim, 160, 48);
    let is_told = |console: &mut Console| {
        let all = findings(console);
        all.iter().any(|one| {
            one.id.code == "source.ill"
                && one.severity == Severity::Critical
                && one.title.contains("queue")
        })
    };
    console.press("1").until("the feed that is down", is_told).await;
    let all = findings(&console);
    assert!(all.iter().all(|one| !one.id.code.starts_with("queue.")), "{all:?}");
    console.sees("pipelines   unknown: queue is down").await;
    console.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn with_prometheus_down_no_objective_is_called_fine_or_burning() {
    let sim = incident().await;
    sim.world().fault(Fault { server: Server::Prometheus, status: Some(503), ..Fault::default() });
    let mut console = Console::on(sim, 160, 48);
    let is_told = |console: &mut Console| {
        let state = &console.app().state;
        let mut slos = state.reports().filter(|(key, _)| key.source == SourceId::SLOS);
        slos.any(|(_, report)| report.failure.is_some())
            && first_chain(console).contains(&"queue.late")
    };
    console.press("1").until("the chain without objectives", is_told).await;
    let all = findings(&console);
    let of_prometheus =
        all.iter().filter(|one| one.id.code == "slo.burning" && one.title.contains("checkout"));
    assert_eq!(of_prometheus.count(), 0, "{all:?}");
    console.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_script_is_told_the_chain_and_fails_until_somebody_has_it_in_hand() {
    let sim = incident().await;
    let folder = tempfile::tempdir().expect("a folder");
    harness::config_file(&sim, &folder);
    let document = |text: &str| serde_json::from_str::<Value>(text).expect("a document");
    let found = ran(&["get", "findings", "-o", "json", "--fail-on", "high"], &folder).await;
    assert_eq!(found.0, 1, "{}", found.1);
    let all = document(&found.1);
    let items = all["items"].as_array().expect("items");
    let of = |items: &[Value], code: &str| {
        items.iter().find(|one| one["code"] == code).cloned().unwrap_or_default()
    };
    let full = of(items, "capacity.at_max");
    assert_eq!(full["id"], "capacity.at_max/ci/ci-standard");
    assert_eq!(of(items, "capacity.unplaced")["cause"], full["id"]);
    assert_eq!(full["acknowledged_until"], Value::Null);
    let id = "capacity.at_max/ci/ci-standard";
    let words =
        ["act", "finding.acknowledge", id, "--set", "duration=2h", "--reason", "raised by Wei"];
    let (exit, _) = ran(&words, &folder).await;
    assert_eq!(exit, 2, "nothing is written unarmed");
    let mistyped = "capacity.at_max/ci/nope";
    let none = [&["act", "finding.acknowledge", mistyped][..], &words[3..], &["--arm"]].concat();
    assert_eq!(ran(&none, &folder).await.0, 2, "what is not found is not taken in hand");
    assert_eq!(
        printed(&["audit", "show", "-o", "json"], &folder).await.matches(mistyped).count(),
        0
    );
    let (exit, told) = ran(&[&words[..], &["--arm"]].concat(), &folder).await;
    assert_eq!(exit, 0, "{told}");
    // Another process: what is in hand survives a restart.
    let after = document(&printed(&["get", "findings", "-o", "json"], &folder).await);
    let full = of(after["items"].as_array().expect("items"), "capacity.at_max");
    assert!(full["acknowledged_until"].is_string(), "{full}");
    assert_eq!(full["severity"], "high", "it stays in sight");
    sim.stop().await;
}
