//! Tables and discovery, as kubectl asks for them.

use serde_json::{Value, json};

use super::{Cluster, TABLE, pod};

async fn rows(cluster: &Cluster, path: &str) -> Vec<Value> {
    let response = cluster.ask(path).header("accept", TABLE).send().await.unwrap();
    let table: Value = response.json().await.unwrap();
    assert_eq!(table["kind"], "Table");
    let rows = table["rows"].as_array().unwrap();
    rows.iter().map(|row| row["cells"].clone()).collect()
}

/// The status that the table shows of a pod with these changes.
async fn status(change: impl FnOnce(&mut Value)) -> Value {
    let cluster = Cluster::empty().await;
    let mut pod = pod("a", "Pending");
    change(&mut pod);
    cluster.apply(pod);
    rows(&cluster, "/api/v1/namespaces/n/pods").await[0][2].clone()
}

#[tokio::test]
async fn a_pod_that_waits_says_why() {
    let waiting = json!([{"name": "build", "state": {"waiting": {"reason": "ErrImagePull"}}}]);
    assert_eq!(status(|pod| pod["status"]["containerStatuses"] = waiting).await, "ErrImagePull");
}

#[tokio::test]
async fn a_pod_that_initializes_says_how_far_it_is() {
    let change = |pod: &mut Value| {
        pod["spec"]["initContainers"] = json!([{"name": "one"}, {"name": "two"}]);
        pod["status"]["initContainerStatuses"] = json!([
            {"name": "one", "state": {"terminated": {"exitCode": 0}}},
            {"name": "two", "state": {"waiting": {"reason": "PodInitializing"}}},
        ]);
    };
    assert_eq!(status(change).await, "Init:1/2");
}

#[tokio::test]
async fn a_pod_that_is_gated_says_so() {
    let gated = json!([{"type": "PodScheduled", "status": "False", "reason": "SchedulingGated"}]);
    assert_eq!(status(|pod| pod["status"]["conditions"] = gated).await, "SchedulingGated");
}

#[tokio::test]
async fn a_pod_that_is_being_deleted_terminates() {
    let change =
        |pod: &mut Value| pod["metadata"]["deletionTimestamp"] = json!("2026-01-01T00:00:00Z");
    assert_eq!(status(change).await, "Terminating");
}

#[tokio::test]
async fn a_container_that_ended_without_a_reason_says_its_code() {
    let ended = json!([{"name": "build", "state": {"terminated": {"exitCode": 7}}}]);
    assert_eq!(status(|pod| pod["status"]["containerStatuses"] = ended).await, "ExitCode:7");
}

#[tokio::test]
async fn one_object_can_be_asked_for_as_a_table() {
    let cluster = Cluster::of_five().await;
    let rows = rows(&cluster, "/api/v1/namespaces/n/pods/b").await;
    assert_eq!((rows.len(), &rows[0][0]), (1, &json!("b")));
}

#[tokio::test]
async fn an_event_without_instants_counts_from_its_series() {
    let cluster = Cluster::empty().await;
    cluster.apply(json!({
        "apiVersion": "v1",
        "kind": "Event",
        "metadata": {"name": "e", "namespace": "n"},
        "involvedObject": {"kind": "Pod", "name": "a"},
        "type": "Warning",
        "reason": "FailedScheduling",
        "message": "0/3 nodes are available: 3 Insufficient cpu.",
        "eventTime": "2020-01-01T00:00:00.000000Z",
        "series": {"count": 4, "lastObservedTime": "2024-01-01T00:00:00.000000Z"},
        "reportingComponent": "default-scheduler",
        "reportingInstance": "cp-1",
    }));
    let cells = rows(&cluster, "/api/v1/events").await.remove(0);
    assert_eq!(
        (&cells[3], &cells[5], &cells[8]),
        (&json!("pod/a"), &json!("default-scheduler, cp-1"), &json!(4))
    );
    assert_ne!(cells[0], cells[7]);
}

#[tokio::test]
async fn a_node_says_that_it_is_cordoned() {
    let cluster = Cluster::empty().await;
    cluster.apply(json!({
        "apiVersion": "v1",
        "kind": "Node",
        "metadata": {"name": "m"},
        "spec": {"unschedulable": true},
        "status": {"conditions": [{"type": "Ready", "status": "False"}]},
    }));
    assert_eq!(rows(&cluster, "/api/v1/nodes").await[0][1], "NotReady,SchedulingDisabled");
}

#[tokio::test]
async fn metadata_can_be_asked_for_alone() {
    let cluster = Cluster::of_five().await;
    let accept = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1";
    let response = cluster.ask("/api/v1/pods").header("accept", accept).send().await.unwrap();
    let list: Value = response.json().await.unwrap();
    assert_eq!(list["kind"], "PartialObjectMetadataList");
    assert_eq!(
        (&list["items"][0]["metadata"]["name"], list["items"][0].get("spec")),
        (&json!("a"), None)
    );
}

#[tokio::test]
async fn a_client_that_reads_no_json_is_refused() {
    let cluster = Cluster::of_five().await;
    let accept = "application/vnd.kubernetes.protobuf";
    let response = cluster.ask("/api/v1/pods").header("accept", accept).send().await.unwrap();
    assert_eq!(response.status(), 406);
}

#[tokio::test]
async fn discovery_leads_from_the_groups_to_the_resources() {
    let cluster = Cluster::empty().await;
    assert_eq!(cluster.json("/api").await["versions"], json!(["v1"]));
    let groups = cluster.json("/apis").await;
    let groups = groups["groups"].as_array().unwrap();
    for group in groups {
        let version = group["preferredVersion"]["groupVersion"].as_str().unwrap();
        let list = cluster.json(&format!("/apis/{version}")).await;
        assert_eq!(list["groupVersion"], version);
    }
    let core = cluster.json("/api/v1").await;
    let resources = core["resources"].as_array().unwrap();
    assert!(
        resources.iter().any(|one| one["name"] == "pods" && one["shortNames"] == json!(["po"]))
    );
}
