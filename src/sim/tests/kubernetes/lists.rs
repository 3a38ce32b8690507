//! Lists, pages, selectors and single objects.

use serde_json::json;

use super::{Cluster, names, pod};

#[tokio::test]
async fn a_list_holds_what_was_applied() {
    let cluster = Cluster::of_five().await;
    assert_eq!(cluster.names("").await, ["a", "b", "c", "d", "e"]);
}

#[tokio::test]
async fn a_namespace_holds_its_own() {
    let cluster = Cluster::of_five().await;
    assert_eq!(names(&cluster.json("/api/v1/namespaces/other/pods").await), [""; 0]);
    assert_eq!(names(&cluster.json("/api/v1/namespaces/n/pods").await).len(), 5);
}

#[tokio::test]
async fn one_object_says_its_kind() {
    let cluster = Cluster::of_five().await;
    let one = cluster.json("/api/v1/namespaces/n/pods/a").await;
    assert_eq!((&one["kind"], &one["apiVersion"]), (&json!("Pod"), &json!("v1")));
    assert_eq!(one["status"]["phase"], "Running");
}

#[tokio::test]
async fn managed_fields_are_sent_along() {
    let cluster = Cluster::of_five().await;
    let one = cluster.json("/api/v1/namespaces/n/pods/a").await;
    assert_eq!(one["metadata"]["managedFields"][1]["subresource"], "status");
}

#[tokio::test]
async fn labels_and_fields_select() {
    let cluster = Cluster::of_five().await;
    assert_eq!(cluster.names("labelSelector=a").await, ["a"]);
    assert_eq!(cluster.names("labelSelector=phase%20in%20(Failed,Pending)").await, ["e"]);
    assert_eq!(cluster.names("fieldSelector=status.phase!=Running").await, ["e"]);
    assert_eq!(cluster.names("fieldSelector=spec.nodeName=m,metadata.name=b").await, ["b"]);
}

#[tokio::test]
async fn pages_lead_through_the_whole_list() {
    let cluster = Cluster::of_five().await;
    let first = cluster.json("/api/v1/pods?limit=2").await;
    assert_eq!(first["metadata"]["remainingItemCount"], 3);
    let token = first["metadata"]["continue"].as_str().unwrap();
    let second = cluster.json(&format!("/api/v1/pods?limit=2&continue={token}")).await;
    let token = second["metadata"]["continue"].as_str().unwrap();
    let third = cluster.json(&format!("/api/v1/pods?limit=2&continue={token}")).await;
    assert_eq!([names(&first), names(&second), names(&third)].concat(), ["a", "b", "c", "d", "e"]);
    assert_eq!(third["metadata"].get("continue"), None);
}

#[tokio::test]
async fn pages_show_the_moment_of_the_first() {
    let cluster = Cluster::of_five().await;
    let first = cluster.json("/api/v1/pods?limit=2").await;
    cluster.remove("c");
    cluster.apply(pod("f", "Running"));
    let token = first["metadata"]["continue"].as_str().unwrap();
    let rest = cluster.json(&format!("/api/v1/pods?continue={token}")).await;
    assert_eq!(names(&rest), ["c", "d", "e"]);
    assert_eq!(rest["metadata"]["resourceVersion"], first["metadata"]["resourceVersion"]);
}

#[tokio::test]
async fn nobody_says_how_many_remain_of_a_selection() {
    let cluster = Cluster::of_five().await;
    let page = cluster.json("/api/v1/pods?limit=2&labelSelector=phase").await;
    assert_eq!(page["metadata"].get("remainingItemCount"), None);
    assert!(page["metadata"]["continue"].is_string());
}

#[tokio::test]
async fn a_list_can_be_asked_for_at_an_exact_version() {
    let cluster = Cluster::empty().await;
    let version = cluster.apply(pod("a", "Pending"));
    cluster.apply(pod("b", "Pending"));
    let path = format!("resourceVersion={version}&resourceVersionMatch=Exact");
    assert_eq!(cluster.names(&path).await, ["a"]);
    let path = format!("resourceVersion={version}&resourceVersionMatch=NotOlderThan");
    assert_eq!(cluster.names(&path).await, ["a", "b"]);
}

#[tokio::test]
async fn the_resources_of_karpenter_exist_only_where_it_does() {
    let cluster = Cluster::empty().await;
    assert_eq!(cluster.get("/apis/karpenter.sh/v1/nodepools").await.status(), 404);
    assert_eq!(cluster.bench.sim.unknown(), [""; 0]);
}

#[tokio::test]
async fn the_log_of_a_container_has_its_last_lines() {
    let cluster = Cluster::empty().await;
    let mut pod = pod("a", "Succeeded");
    pod["status"]["containerStatuses"] = json!([{"name": "build", "state": {"terminated": {
        "startedAt": "2026-01-01T00:00:00Z", "finishedAt": "2026-01-01T00:00:05Z",
    }}}]);
    cluster.apply(pod);
    let path = "/api/v1/namespaces/n/pods/a/log";
    let text = cluster.get(path).await.text().await.unwrap();
    assert_eq!(text, "build: step 1\nbuild: step 2\nbuild: step 3\n");
    let path = format!("{path}?follow=true&tailLines=1&timestamps=true");
    let text = cluster.get(&path).await.text().await.unwrap();
    assert_eq!(text, "2026-01-01T00:00:04.000000000Z build: step 3\n");
}

#[tokio::test]
async fn a_log_that_has_not_begun_is_refused_with_its_reason() {
    let cluster = Cluster::empty().await;
    let mut pod = pod("a", "Pending");
    pod["status"]["containerStatuses"] =
        json!([{"name": "build", "state": {"waiting": {"reason": "ImagePullBackOff"}}}]);
    cluster.apply(pod);
    let (status, body) = cluster.refusal("/api/v1/namespaces/n/pods/a/log").await;
    let words = "container \"build\" in pod \"a\" is waiting to start: ImagePullBackOff";
    assert_eq!((status, body["message"].as_str().unwrap()), (400, words));
}

#[tokio::test]
async fn requests_are_counted_apart_from_those_to_gitlab() {
    let cluster = Cluster::of_five().await;
    cluster.names("").await;
    assert_eq!((cluster.bench.sim.kubernetes_requests(), cluster.bench.sim.requests()), (1, 0));
}
