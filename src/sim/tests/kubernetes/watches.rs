//! Watches: what a client hears of changes, and how a stream ends.

use std::time::Duration;

use serde_json::json;

use super::super::super::{ClusterFault, Fault, Server};
use super::{Cluster, TABLE, event, pod};

#[tokio::test]
async fn a_watch_begins_after_the_version_that_was_asked_for() {
    let cluster = Cluster::empty().await;
    let version = cluster.apply(pod("a", "Pending"));
    cluster.apply(pod("b", "Pending"));
    let mut lines = cluster.watch(&format!("resourceVersion={version}")).await;
    assert_eq!(lines.brief().await, event("ADDED", "b"));
    cluster.apply(pod("a", "Running"));
    assert_eq!(lines.brief().await, event("MODIFIED", "a"));
    cluster.remove("a");
    assert_eq!(lines.brief().await, event("DELETED", "a"));
}

#[tokio::test]
async fn a_watch_without_a_version_begins_with_what_there_is() {
    let cluster = Cluster::empty().await;
    cluster.apply(pod("a", "Pending"));
    let mut lines = cluster.watch("").await;
    assert_eq!(lines.brief().await, event("ADDED", "a"));
    cluster.apply(pod("b", "Pending"));
    assert_eq!(lines.brief().await, event("ADDED", "b"));
}

#[tokio::test]
async fn an_object_that_begins_to_match_is_added_and_deleted_when_it_ceases() {
    let cluster = Cluster::empty().await;
    let version = cluster.apply(pod("a", "Pending"));
    let query = format!("resourceVersion={version}&fieldSelector=status.phase=Running");
    let mut lines = cluster.watch(&query).await;
    cluster.apply(pod("a", "Running"));
    let came = lines.next().await.unwrap();
    assert_eq!(
        (&came["type"], &came["object"]["status"]["phase"]),
        (&json!("ADDED"), &json!("Running"))
    );
    let version = cluster.apply(pod("a", "Failed"));
    let went = lines.next().await.unwrap();
    assert_eq!(
        (&went["type"], &went["object"]["status"]["phase"]),
        (&json!("DELETED"), &json!("Running"))
    );
    assert_eq!(went["object"]["metadata"]["resourceVersion"], version.to_string());
}

#[tokio::test]
async fn a_watch_of_one_namespace_is_silent_about_others() {
    let cluster = Cluster::of_five().await;
    let mut other = pod("a", "Running");
    other["metadata"]["namespace"] = json!("other");
    let path = "/api/v1/namespaces/other/pods?watch=true";
    let response = cluster.get(path).await;
    let mut lines = super::Lines { response, rest: Vec::new() };
    cluster.apply(pod("b", "Pending"));
    cluster.apply(other);
    let first = lines.next().await.unwrap();
    assert_eq!(first["object"]["metadata"]["namespace"], "other");
}

#[tokio::test]
async fn a_streamed_list_ends_with_its_bookmark() {
    let cluster = Cluster::of_five().await;
    let query = "sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true";
    let mut lines = cluster.watch(query).await;
    for name in ["a", "b", "c", "d", "e"] {
        assert_eq!(lines.brief().await, event("ADDED", name));
    }
    let end = lines.next().await.unwrap();
    assert_eq!(end["type"], "BOOKMARK");
    assert_eq!(end["object"]["metadata"]["annotations"]["k8s.io/initial-events-end"], "true");
}

#[tokio::test]
async fn a_streamed_list_needs_to_say_how_its_version_matches() {
    let cluster = Cluster::of_five().await;
    assert_eq!(cluster.get("/api/v1/pods?watch=1&sendInitialEvents=true").await.status(), 422);
}

#[tokio::test]
async fn a_watch_ends_with_its_time() {
    let cluster = Cluster::of_five().await;
    let version = cluster.apply(pod("a", "Pending"));
    let query = format!("resourceVersion={version}&timeoutSeconds=1&allowWatchBookmarks=true");
    let mut lines = cluster.watch(&query).await;
    let last = lines.next().await.unwrap();
    assert_eq!(last["type"], "BOOKMARK");
    assert_eq!(last["object"]["metadata"]["resourceVersion"], version.to_string());
    assert_eq!(lines.next().await, None);
}

#[tokio::test]
async fn an_open_watch_that_fell_behind_the_window_is_told_so() {
    let cluster = Cluster::empty().await;
    let version = cluster.apply(pod("a", "Pending"));
    cluster.bench.sim.world().watch_window(1);
    cluster.apply(pod("b", "Pending"));
    cluster.apply(pod("c", "Pending"));
    let mut lines = cluster.watch(&format!("resourceVersion={version}")).await;
    let error = lines.next().await.unwrap();
    assert_eq!((&error["type"], &error["object"]["code"]), (&json!("ERROR"), &json!(410)));
    assert_eq!(lines.next().await, None);
}

#[tokio::test]
async fn an_open_watch_meets_a_fault_that_says_gone() {
    let cluster = Cluster::of_five().await;
    let mut lines = cluster.watch("resourceVersion=0&labelSelector=a").await;
    lines.next().await.unwrap();
    cluster.fault(ClusterFault::Gone);
    assert_eq!(lines.next().await.unwrap()["object"]["reason"], "Expired");
    assert_eq!(lines.next().await, None);
}

#[tokio::test]
async fn a_new_watch_meets_a_fault_that_says_gone_in_its_stream() {
    let cluster = Cluster::faulty(ClusterFault::Gone).await;
    let mut lines = cluster.watch("").await;
    assert_eq!(lines.next().await.unwrap()["object"]["code"], 410);
}

#[tokio::test]
async fn a_silent_watch_stays_open_and_says_nothing() {
    let cluster = Cluster::faulty(ClusterFault::Silence).await;
    let mut lines = cluster.watch("timeoutSeconds=1&allowWatchBookmarks=true").await;
    cluster.apply(pod("a", "Failed"));
    let patience = Duration::from_millis(1500);
    assert!(tokio::time::timeout(patience, lines.next()).await.is_err());
}

#[tokio::test]
async fn a_watch_is_cut_after_its_bytes() {
    let cluster = Cluster::of_five().await;
    let fault = Fault {
        server: Server::Kubernetes,
        verb: Some("watch".to_owned()),
        cut_after_bytes: Some(100),
        ..Fault::default()
    };
    cluster.bench.sim.world().fault(fault);
    let mut lines = cluster.watch("").await;
    assert!(lines.try_next().await.is_err());
    assert_eq!(lines.rest.len(), 100);
}

#[tokio::test]
async fn a_watch_that_is_open_breaks_off_when_answers_begin_to_be_cut() {
    let cluster = Cluster::of_five().await;
    let mut lines = cluster.watch("").await;
    assert!(lines.next().await.is_some());
    let cut = Some(100);
    let fault = Fault { server: Server::Kubernetes, cut_after_bytes: cut, ..Fault::default() };
    cluster.bench.sim.world().fault(fault);
    while let Ok(line) = lines.try_next().await {
        assert!(line.is_some(), "it ended in good order");
    }
}

#[tokio::test]
async fn a_watch_of_tables_names_its_columns_once() {
    let cluster = Cluster::of_five().await;
    let request = cluster.ask("/api/v1/pods?watch=1").header("accept", TABLE);
    let response = request.send().await.unwrap();
    let mut lines = super::Lines { response, rest: Vec::new() };
    let first = lines.next().await.unwrap()["object"].take();
    let second = lines.next().await.unwrap()["object"].take();
    assert_eq!(first["columnDefinitions"][0]["name"], "Name");
    assert_eq!(
        (&second["columnDefinitions"], &second["rows"][0]["cells"][0]),
        (&json!(null), &json!("b"))
    );
}

#[tokio::test]
async fn a_scenario_can_shrink_the_window_and_install_karpenter() {
    let text = "summary = \"x\"\n[kubernetes]\nkarpenter = true\nwatch_window = 1";
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("small.toml");
    std::fs::write(&path, text).unwrap();
    let bench = super::Bench::frozen(path.to_str().unwrap()).await;
    let cluster = Cluster { bench };
    let version = cluster.apply(pod("a", "Pending"));
    cluster.apply(pod("b", "Pending"));
    cluster.apply(pod("c", "Pending"));
    let mut lines = cluster.watch(&format!("resourceVersion={version}")).await;
    assert_eq!(lines.next().await.unwrap()["type"], "ERROR");
    let pools = cluster.json("/apis/karpenter.sh/v1/nodepools").await;
    assert_eq!(pools["kind"], "NodePoolList");
}
