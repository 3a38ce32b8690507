//! The answers of a real API server, recorded: what was recorded goes in, and has to come out the same. `CONTRACTS`
//! names the folder of the recordings; without it `../shared/contracts` is tried, and without that nothing is checked.

use std::path::{Path, PathBuf};

use serde_json::{Map, Value, json};

use super::super::super::ClusterFault;
use super::{Cluster, Lines, TABLE};

/// The folder with the recordings.
fn folder() -> Option<PathBuf> {
    let named = std::env::var_os("CONTRACTS").map(PathBuf::from);
    if named.as_deref().is_some_and(|folder| folder == Path::new("none")) {
        return None;
    }
    let beside = || Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/contracts");
    let is_named = named.is_some();
    let folder = named.unwrap_or_else(beside).join("kubernetes");
    assert!(folder.is_dir() || !is_named, "no recordings in {}", folder.display());
    folder.is_dir().then_some(folder)
}

fn read(file: &str) -> Option<Value> {
    let text = std::fs::read_to_string(folder()?.join(file)).unwrap();
    println!("recorded answer {file} is compared");
    Some(serde_json::from_str(&text).unwrap())
}

fn lines(file: &str) -> Option<Vec<Value>> {
    let text = std::fs::read_to_string(folder()?.join(file)).unwrap();
    println!("recorded answer {file} is compared");
    Some(text.lines().map(|line| serde_json::from_str(line).unwrap()).collect())
}

/// A cluster of the items of a recorded list.
async fn holding(list: &Value, kind: &str) -> Cluster {
    let cluster = Cluster::empty().await;
    for item in list["items"].as_array().unwrap() {
        let mut item = item.clone();
        item["apiVersion"] = json!("v1");
        item["kind"] = json!(kind);
        cluster.apply(item);
    }
    cluster
}

/// The value without what is another one's by nature: versions, and who set which fields.
fn settled(value: &Value) -> Value {
    match value {
        Value::Array(items) => items.iter().map(settled).collect(),
        Value::Object(members) => {
            let kept = members.iter().filter(|(key, _)| *key != "managedFields");
            let text = |key: &str, value: &Value| match key {
                "resourceVersion" if value.is_string() => json!("*"),
                _ => settled(value),
            };
            kept.map(|(key, value)| (key.clone(), text(key, value))).collect::<Map<_, _>>().into()
        }
        other => other.clone(),
    }
}

/// Keys and types: values give way to the names of their types.
fn shape(value: &Value) -> Value {
    match value {
        Value::Null => json!("null"),
        Value::Bool(_) => json!("bool"),
        Value::Number(_) => json!("number"),
        Value::String(_) => json!("string"),
        Value::Array(items) => items.iter().map(shape).collect(),
        Value::Object(members) => members
            .iter()
            .map(|(key, value)| (key.clone(), shape(value)))
            .collect::<Map<_, _>>()
            .into(),
    }
}

#[tokio::test]
async fn a_recorded_list_comes_out_as_it_went_in() {
    let files = [
        ("pods-ci-protected.json", "Pod", "/api/v1/namespaces/ci-protected/pods"),
        ("pods-ci-sandbox.json", "Pod", "/api/v1/pods"),
        ("pods-ci-standard.json", "Pod", "/api/v1/namespaces/ci-standard/pods"),
        ("nodes.json", "Node", "/api/v1/nodes"),
        ("events-ci-standard.json", "Event", "/api/v1/namespaces/ci-standard/events"),
        ("events-ci-protected.json", "Event", "/api/v1/events"),
        ("events-ci-sandbox.json", "Event", "/api/v1/events"),
    ];
    for (file, kind, path) in files {
        let Some(recorded) = read(file) else { return };
        let cluster = holding(&recorded, kind).await;
        assert_eq!(settled(&cluster.json(path).await), settled(&recorded), "{file}");
    }
}

#[tokio::test]
async fn managed_fields_have_the_recorded_shape() {
    let Some(recorded) = read("pods-ci-standard.json") else { return };
    let cluster = holding(&recorded, "Pod").await;
    let list = cluster.json("/api/v1/pods").await;
    let keys = |list: &Value| -> Vec<Vec<String>> {
        let fields = list["items"][0]["metadata"]["managedFields"].as_array().unwrap();
        fields.iter().map(|field| field.as_object().unwrap().keys().cloned().collect()).collect()
    };
    assert_eq!(keys(&list), keys(&recorded));
}

#[tokio::test]
async fn a_page_has_the_recorded_head() {
    let Some(recorded) = read("pods-page1.json") else { return };
    let cluster = holding(&recorded, "Pod").await;
    let page = cluster.json("/api/v1/namespaces/ci-standard/pods?limit=2").await;
    let head = |list: &Value| shape(&json!([list["kind"], list["apiVersion"], list["metadata"]]));
    assert_eq!(head(&page), head(&recorded));
}

#[tokio::test]
async fn a_table_has_the_recorded_columns_and_cells() {
    let Some(recorded) = read("pods-table.json") else { return };
    let Some(pods) = read("pods-ci-standard.json") else { return };
    let cluster = holding(&pods, "Pod").await;
    let path = "/api/v1/namespaces/ci-standard/pods";
    let request = cluster.ask(path).header("accept", TABLE);
    let table: Value = request.send().await.unwrap().json().await.unwrap();
    let columns = |table: &Value| -> Vec<Value> {
        let columns = table["columnDefinitions"].as_array().unwrap();
        columns
            .iter()
            .map(|one| json!([one["name"], one["type"], one["format"], one["priority"]]))
            .collect()
    };
    assert_eq!(columns(&table), columns(&recorded));
    let rows = |table: &Value| -> Vec<Value> {
        let rows = table["rows"].as_array().unwrap();
        rows.iter()
            .map(|row| {
                let mut cells = row["cells"].clone();
                // The age.
                cells[4] = json!("*");
                json!([
                    cells,
                    shape(&row["conditions"]),
                    row["object"]["kind"],
                    row["object"]["metadata"]["name"]
                ])
            })
            .collect()
    };
    assert_eq!(rows(&table), rows(&recorded));
}

#[tokio::test]
async fn a_streamed_list_has_the_recorded_events() {
    let Some(recorded) = lines("watch-initial-events.jsonl") else { return };
    let cluster = Cluster::empty().await;
    let objects = recorded.iter().filter(|event| event["type"] == "ADDED");
    for event in objects {
        cluster.apply(event["object"].clone());
    }
    let path = "/api/v1/namespaces/ci-protected/pods?watch=1&allowWatchBookmarks=true&sendInitialEvents=true&resourceVersionMatch=NotOlderThan";
    let mut stream = Lines { response: cluster.get(path).await, rest: Vec::new() };
    for event in &recorded {
        assert_eq!(settled(&stream.next().await.unwrap()), settled(event));
    }
}

#[tokio::test]
async fn a_bookmark_has_the_recorded_shape() {
    let Some(recorded) = lines("watch-with-bookmark.jsonl") else { return };
    let cluster = Cluster::of_five().await;
    let query = "allowWatchBookmarks=true&timeoutSeconds=1&resourceVersion=1005";
    let mut stream = cluster.watch(query).await;
    assert_eq!(settled(&stream.next().await.unwrap()), settled(&recorded[0]));
}

#[tokio::test]
async fn a_version_that_is_too_old_is_told_as_recorded() {
    let Some(recorded) = lines("watch-old-resource-version.jsonl") else { return };
    let cluster = Cluster::of_five().await;
    let mut stream = cluster.watch("resourceVersion=1").await;
    let mut event = stream.next().await.unwrap();
    assert_eq!(event["object"]["message"], "too old resource version: 1 (1000)");
    event["object"]["message"] = recorded[0]["object"]["message"].clone();
    assert_eq!(event, recorded[0]);
    assert_eq!(stream.next().await, None);
}

#[tokio::test]
async fn refusals_are_worded_as_recorded() {
    let cluster = Cluster::of_five().await;
    let Some(recorded) = read("status-bad-continue.json") else { return };
    assert_eq!(cluster.refusal("/api/v1/pods?limit=2&continue=xxxx").await, (400, recorded));
    let recorded = read("status-504-resource-version-too-large.json").unwrap();
    let (status, mut body) = cluster.refusal("/api/v1/pods?resourceVersion=99999999").await;
    assert_eq!(body["message"], "Timeout: Too large resource version: 99999999, current: 1005");
    body["message"] = recorded["message"].clone();
    assert_eq!((status, body), (504, recorded));
    let recorded = read("status-401.json").unwrap();
    let response = cluster.bare("/api/v1/pods").send().await.unwrap();
    assert_eq!(response.json::<Value>().await.unwrap(), recorded);
    cluster.fault(ClusterFault::Forbidden);
    let recorded = read("status-403-forbidden.json").unwrap();
    let (status, body) = cluster.refusal("/api/v1/nodes").await;
    let text = body.to_string().replace("watchfloor", "ns-only");
    assert_eq!((status, serde_json::from_str::<Value>(&text).unwrap()), (403, recorded));
}

#[tokio::test]
async fn the_release_has_the_recorded_shape() {
    let Some(recorded) = read("version.json") else { return };
    let cluster = Cluster::empty().await;
    assert_eq!(shape(&cluster.json("/version").await), shape(&recorded));
}
