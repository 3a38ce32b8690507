//! `check` against the simulated platform: every question that a cluster and AWS are asked, and each failure told once.

use std::ffi::OsString;

use serde_json::{Value, json};
use tempfile::TempDir;
use watchfloor::cli::{self, Surroundings};
use watchfloor::sim::{self, AwsFault, ClusterFault, Fault, Server, Sim, TokenFault};

use crate::harness;

/// What a command printed on its standard output.
pub(super) async fn printed(words: &[&str], folder: &TempDir) -> String {
    let dir = folder.path().display().to_string();
    let config = folder.path().join("config.toml").display().to_string();
    let places = ["--config", &config, "--cache-dir", &dir, "--state-dir", &dir];
    let line = [["watchfloor"].as_slice(), words, &places].concat();
    let line: Vec<OsString> = line.into_iter().map(OsString::from).collect();
    let run = move || {
        let (mut out, mut err) = (Vec::new(), Vec::new());
        let environment = [].into();
        cli::run(line, Surroundings { out: &mut out, err: &mut err, environment });
        String::from_utf8(out).expect("text")
    };
    tokio::task::spawn_blocking(run).await.expect("it ends")
}

async fn quiet() -> (Sim, TempDir) {
    let sim = sim::start("quiet".into()).await.expect("the simulator starts");
    let folder = tempfile::tempdir().expect("a folder");
    harness::config_file(&sim, &folder);
    (sim, folder)
}

/// The verdicts on clusters: level, what about, message and hint.
async fn checked(folder: &TempDir) -> Vec<[String; 4]> {
    let document: Value =
        serde_json::from_str(&printed(&["check", "-o", "json"], folder).await).expect("a document");
    let word = |item: &Value, key: &str| item[key].as_str().unwrap_or_default().to_owned();
    let items = document["items"].as_array().expect("items").iter();
    items
        .map(|item| ["level", "about", "message", "hint"].map(|key| word(item, key)))
        .filter(|[_, about, ..]| {
            ["cluster ", "eks ", "what may be listed"].iter().any(|head| about.starts_with(head))
        })
        .collect()
}

/// Those of a level, by what they are about.
fn of<'a>(verdicts: &'a [[String; 4]], level: &str) -> Vec<&'a str> {
    verdicts.iter().filter(|one| one[0] == level).map(|one| one[1].as_str()).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_cluster_that_permits_everything_is_asked_everything_and_nothing_is_changed() {
    let (sim, folder) = quiet().await;
    let verdicts = checked(&folder).await;
    assert_eq!((of(&verdicts, "fail"), of(&verdicts, "warn")), (vec![], vec![]), "{verdicts:?}");
    let fine = of(&verdicts, "ok");
    for about in [
        "cluster ci",
        "cluster ci namespace ci-standard",
        "cluster ci pods in ci-standard",
        "cluster ci events in ci-standard",
        "cluster ci resourcequotas in ci-standard",
        "cluster ci networkpolicies in ci-standard",
        "cluster ci nodes",
        "cluster ci pods in all namespaces",
        "cluster ci nodepools",
        "eks ci",
        "eks ci eks:DescribeCluster",
        "eks ci eks:ListNodegroups",
        "eks ci eks:DescribeNodegroup",
        "eks ci autoscaling:DescribeScalingActivities",
    ] {
        assert!(fine.contains(&about), "{about} in {fine:?}");
    }
    assert_eq!(sim.unknown(), [""; 0]);
    sim.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_right_that_is_missing_is_named_and_the_others_are_not_touched() {
    let (sim, folder) = quiet().await;
    sim.world().fault(Fault {
        server: Server::Kubernetes,
        path: Some("/api/v1/nodes*".to_owned()),
        kubernetes: Some(ClusterFault::Forbidden),
        ..Fault::default()
    });
    let verdicts = checked(&folder).await;
    assert_eq!(of(&verdicts, "fail"), ["cluster ci nodes"], "{verdicts:?}");
    let hint = &verdicts.iter().find(|one| one[0] == "fail").expect("one")[3];
    assert_eq!(hint, "a ClusterRole must allow list and watch on nodes to this user");
    sim.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_cluster_that_takes_no_credentials_is_one_failure_and_aws_is_asked_all_the_same() {
    let (sim, folder) = quiet().await;
    sim.world().fault(Fault {
        server: Server::Kubernetes,
        token: Some(TokenFault::Invalid),
        ..Fault::default()
    });
    let verdicts = checked(&folder).await;
    assert_eq!(of(&verdicts, "fail"), ["cluster ci"], "{verdicts:?}");
    assert_eq!(of(&verdicts, "skip"), ["what may be listed in ci"]);
    assert_eq!(of(&verdicts, "ok").len(), 5, "{verdicts:?}");
    assert!(!format!("{verdicts:?}").contains("by itself"), "{verdicts:?}");
    sim.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_action_that_aws_does_not_permit_is_named() {
    let (sim, folder) = quiet().await;
    sim.world().fault(Fault {
        server: Server::Aws,
        path: Some("/clusters/*/node-groups".to_owned()),
        aws: Some(AwsFault::AccessDenied),
        ..Fault::default()
    });
    let verdicts = checked(&folder).await;
    assert_eq!(of(&verdicts, "fail"), ["eks ci eks:ListNodegroups"], "{verdicts:?}");
    let failed = verdicts.iter().find(|one| one[0] == "fail").expect("one");
    assert!(failed[3].contains("eks:ListNodegroups"), "{failed:?}");
    let skipped = of(&verdicts, "skip");
    assert_eq!(skipped.len(), 2, "{verdicts:?}");
    sim.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_session_of_aws_that_has_ended_is_one_failure() {
    let (sim, folder) = quiet().await;
    sim.world().fault(Fault {
        server: Server::Aws,
        aws: Some(AwsFault::ExpiredToken),
        ..Fault::default()
    });
    let verdicts = checked(&folder).await;
    assert_eq!(
        (of(&verdicts, "fail"), of(&verdicts, "skip")),
        (vec!["eks ci"], vec!["eks ci calls"])
    );
    sim.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_cluster_is_asked_by_itself_and_a_namespace_that_is_not_there_is_a_failure() {
    let (sim, folder) = quiet().await;
    let mut config = harness::config(&sim, &folder);
    let nobody = sim.kubeconfig().replace(sim.kubernetes_url(), "http://127.0.0.1:1");
    let nobody = harness::write(&folder, "nobody", &nobody);
    let away = json!({"name": "away", "kubeconfig": {"path": nobody, "context": "simulated"}});
    config["cluster"].as_array_mut().expect("clusters").insert(0, away);
    config["tier"][0]["namespace"] = json!("ci-nowhere");
    let text = toml::to_string(&config).expect("a table");
    harness::write(&folder, "config.toml", &text);
    let verdicts = checked(&folder).await;
    let failed = ["cluster away", "cluster ci namespace ci-nowhere"];
    assert_eq!(of(&verdicts, "fail"), failed, "{verdicts:?}");
    assert_eq!(of(&verdicts, "skip"), ["what may be listed in away"]);
    assert!(of(&verdicts, "ok").contains(&"cluster ci pods in ci-nowhere"), "{verdicts:?}");
    sim.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_may_be_listed_and_not_watched_is_a_failure() {
    let (sim, folder) = quiet().await;
    sim.world().fault(Fault {
        server: Server::Kubernetes,
        path: Some("/api/v1/nodes*".to_owned()),
        verb: Some("watch".to_owned()),
        kubernetes: Some(ClusterFault::Gone),
        ..Fault::default()
    });
    let verdicts = checked(&folder).await;
    assert_eq!(of(&verdicts, "fail"), ["cluster ci nodes"], "{verdicts:?}");
    let failed = verdicts.iter().find(|one| one[0] == "fail").expect("one");
    assert!(failed[2].contains("watching the nodes"), "{failed:?}");
    sim.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_glob_that_fits_no_node_group_is_a_failure() {
    let (sim, folder) = quiet().await;
    let mut config = harness::config(&sim, &folder);
    config["tier"][0]["nodegroups"] = json!(["ci-tpyo-*"]);
    let text = toml::to_string(&config).expect("a table");
    harness::write(&folder, "config.toml", &text);
    let verdicts = checked(&folder).await;
    let tier = config["tier"][0]["name"].as_str().expect("a name").to_owned();
    assert_eq!(of(&verdicts, "fail"), [format!("cluster ci node groups of tier {tier}")]);
    let failed = verdicts.iter().find(|one| one[0] == "fail").expect("one");
    assert!(failed[2].contains("`ci-tpyo-*` fits no node group"), "{failed:?}");
    sim.stop().await;
}
