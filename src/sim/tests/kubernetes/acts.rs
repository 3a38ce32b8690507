//! What changes the cluster: on its conditions, or not at all.

use reqwest::{Method, Response};
use serde_json::{Value, json};

use super::{Cluster, names};

const POD: &str = "/api/v1/namespaces/n/pods/a";
const NODE: &str = "/api/v1/nodes/m";
const MERGE: &str = "application/merge-patch+json";

async fn send(
    cluster: &Cluster,
    method: Method,
    path: &str,
    (kind, body): (&str, Value),
) -> Response {
    let url = format!("{}{path}", cluster.bench.sim.kubernetes_url());
    let request = cluster.bench.client.request(method, url).header("content-type", kind);
    let token = cluster.bench.sim.kubernetes_token();
    request.bearer_auth(token).body(body.to_string()).send().await.unwrap()
}

async fn delete(cluster: &Cluster, options: Value) -> Response {
    send(cluster, Method::DELETE, POD, ("application/json", options)).await
}

async fn patch(cluster: &Cluster, kind: &str, patch: Value) -> Response {
    send(cluster, Method::PATCH, NODE, (kind, patch)).await
}

/// A cluster of five pods and the node `m`.
async fn with_node() -> Cluster {
    let cluster = Cluster::of_five().await;
    let node = json!({"apiVersion": "v1", "kind": "Node", "metadata": {"name": "m"}, "spec": {}});
    cluster.apply(node);
    cluster
}

async fn metadata(cluster: &Cluster, path: &str, name: &str) -> String {
    cluster.json(path).await["metadata"][name].as_str().unwrap().to_owned()
}

async fn message(response: Response) -> (u16, String) {
    let status = response.status().as_u16();
    let body: Value = response.json().await.unwrap();
    (status, body["message"].as_str().unwrap_or_default().to_owned())
}

#[tokio::test]
async fn a_pod_is_deleted_where_its_identifier_is_the_one_that_was_meant() {
    let cluster = Cluster::of_five().await;
    let uid = metadata(&cluster, POD, "uid").await;
    let (status, said) =
        message(delete(&cluster, json!({"preconditions": {"uid": "x"}})).await).await;
    assert_eq!(status, 409);
    assert!(said.contains("the UID in the precondition (x) does not match the UID in record"));
    assert_eq!(names(&cluster.json("/api/v1/pods").await), ["a", "b", "c", "d", "e"]);
    let deleted = delete(&cluster, json!({"preconditions": {"uid": uid}})).await;
    assert_eq!(deleted.status(), 200);
    assert_eq!(names(&cluster.json("/api/v1/pods").await), ["b", "c", "d", "e"]);
    assert_eq!(delete(&cluster, json!({})).await.status(), 404);
}

#[tokio::test]
async fn a_node_is_cordoned_by_either_form_of_a_patch_and_uncordoned_by_null() {
    let cluster = with_node().await;
    for (kind, value) in [
        (MERGE, json!(true)),
        (MERGE, Value::Null),
        ("application/strategic-merge-patch+json", json!(true)),
    ] {
        let answer = patch(&cluster, kind, json!({"spec": {"unschedulable": value}})).await;
        assert_eq!(answer.status(), 200);
        let is_cordoned = cluster.json(NODE).await["spec"]["unschedulable"] == true;
        assert_eq!(is_cordoned, value == json!(true));
    }
    let other = patch(&cluster, "application/json-patch+json", json!([])).await;
    assert_eq!(other.status(), 415);
}

#[tokio::test]
async fn a_patch_of_another_version_or_object_changes_nothing() {
    let cluster = with_node().await;
    let spec = json!({"unschedulable": true});
    for (condition, words) in [
        (json!({"resourceVersion": "1"}), "the object has been modified"),
        (json!({"uid": "x"}), "Precondition failed: UID in precondition: x"),
    ] {
        let body = json!({"metadata": condition, "spec": spec});
        let (status, said) = message(patch(&cluster, MERGE, body).await).await;
        assert!(status == 409 && said.contains(words), "{status} {said}");
    }
    assert_eq!(cluster.json(NODE).await["spec"], json!({}));
    let version = metadata(&cluster, NODE, "resourceVersion").await;
    let body = json!({"metadata": {"resourceVersion": version}, "spec": spec});
    assert_eq!(patch(&cluster, MERGE, body).await.status(), 200);
}
