//! Alerts and silences.

use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};

use super::super::super::clock;
use super::super::Bench;

/// A silence over billing, from so many seconds from now to so many.
fn silence(from: i64, to: i64) -> Value {
    let now = clock::now();
    json!({
        "matchers": [{"name": "sloth_service", "value": "bill.*", "isRegex": true, "isEqual": true}],
        "startsAt": clock::fine(now + from * 1000),
        "endsAt": clock::fine(now + to * 1000),
        "createdBy": "ada.sample",
        "comment": "the ledger is being moved",
    })
}

async fn put(bench: &Bench, body: &Value) -> (u16, Value) {
    bench.alertmanager(Method::POST, "/silences", Some(body)).await
}

async fn get(bench: &Bench, path: &str) -> Value {
    let (status, body) = bench.alertmanager(Method::GET, path, None).await;
    assert_eq!(status, 200, "{path}: {body}");
    body
}

async fn count(bench: &Bench, path: &str) -> usize {
    get(bench, path).await.as_array().unwrap().len()
}

#[tokio::test]
async fn an_alert_has_the_shape_of_the_documents() {
    let bench = Bench::frozen("bare").await;
    let alerts = get(&bench, "/alerts").await;
    let alert = &alerts[0];
    assert_eq!(alert["labels"]["sloth_id"], "billing-availability");
    assert_eq!(alert["status"], json!({"state": "active", "silencedBy": [], "inhibitedBy": []}));
    assert_eq!(alert["receivers"], json!([{"name": "platform-team"}]));
    for field in ["fingerprint", "startsAt", "updatedAt", "endsAt", "generatorURL"] {
        assert!(alert[field].is_string(), "{field}");
    }
}

#[tokio::test]
async fn alerts_are_chosen_by_filters() {
    let bench = Bench::frozen("bare").await;
    bench.sim.world().set_error_ratio("checkout-availability", 0.05, Duration::from_hours(7));
    assert_eq!(count(&bench, "/alerts?filter=sloth_severity%3D%22page%22").await, 1);
    assert_eq!(
        count(&bench, "/alerts?filter=sloth_severity%3D~%22.*%22&filter=sloth_service!%3Dcheckout")
            .await,
        1
    );
    assert_eq!(count(&bench, "/alerts?receiver=nobody").await, 0);
    assert_eq!(count(&bench, "/alerts?receiver=platform-.*").await, 3);
    let (status, _) = bench.alertmanager(Method::GET, "/alerts?filter=odd", None).await;
    assert_eq!(status, 400);
}

#[tokio::test]
async fn groups_hold_the_alerts_of_a_name() {
    let bench = Bench::frozen("bare").await;
    let groups = get(&bench, "/alerts/groups").await;
    assert_eq!(groups[0]["labels"], json!({"alertname": "BillingAvailabilityBurn"}));
    assert_eq!(groups[0]["receiver"], json!({"name": "platform-team"}));
    assert_eq!(groups[0]["alerts"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn a_silence_suppresses_until_it_is_expired() {
    let bench = Bench::frozen("bare").await;
    let (status, body) = put(&bench, &silence(-10, 3600)).await;
    assert_eq!(status, 200);
    let id = body["silenceID"].as_str().unwrap().to_owned();
    let alert = &get(&bench, "/alerts").await[0];
    assert_eq!(alert["status"]["state"], "suppressed");
    assert_eq!(alert["status"]["silencedBy"], json!([id]));
    assert_eq!(count(&bench, "/alerts?silenced=false").await, 0);
    assert_eq!(count(&bench, "/alerts?active=false").await, 1);
    let path = format!("/silence/{id}");
    assert_eq!(get(&bench, &path).await["status"]["state"], "active");
    assert_eq!(bench.alertmanager(Method::DELETE, &path, None).await.0, 200);
    assert_eq!(get(&bench, &path).await["status"]["state"], "expired");
    assert_eq!(get(&bench, "/alerts").await[0]["status"]["state"], "active");
    // Prometheus goes on firing whatever is silenced.
    assert_eq!(bench.values("ALERTS{alertstate=\"firing\"}").await, ["1"]);
}

#[tokio::test]
async fn a_silence_of_later_is_pending() {
    let bench = Bench::frozen("bare").await;
    put(&bench, &silence(600, 3600)).await;
    let silences = get(&bench, "/silences").await;
    assert_eq!(silences[0]["status"], json!({"state": "pending"}));
    assert_eq!(silences[0]["createdBy"], "ada.sample");
    assert_eq!(get(&bench, "/alerts").await[0]["status"]["state"], "active");
    assert_eq!(count(&bench, "/silences?filter=sloth_service%3D%22bill.*%22").await, 1);
    assert_eq!(count(&bench, "/silences?filter=sloth_service%3D%22checkout%22").await, 0);
    assert_eq!(count(&bench, "/silences?pending=false").await, 0);
}

#[tokio::test]
async fn a_silence_that_cannot_be_is_refused() {
    let bench = Bench::frozen("bare").await;
    let mut without = silence(0, 3600);
    without["matchers"] = json!([]);
    let mut everything = silence(0, 3600);
    everything["matchers"] = json!([{"name": "a", "value": ".*", "isRegex": true}]);
    let mut silent = silence(0, 3600);
    silent.as_object_mut().unwrap().remove("comment");
    let mut statuses = Vec::new();
    for body in [silence(0, -60), silence(60, 60), without, everything, silent] {
        statuses.push(put(&bench, &body).await.0);
    }
    assert_eq!(statuses, [400, 400, 400, 400, 422]);
    assert_eq!(count(&bench, "/silences").await, 0);
}

#[tokio::test]
async fn a_longer_silence_keeps_its_id_and_another_one_gets_a_new_one() {
    let bench = Bench::frozen("bare").await;
    let first = put(&bench, &silence(-10, 60)).await.1["silenceID"].clone();
    let held = get(&bench, "/silences").await[0].clone();
    let mut longer = held.clone();
    longer["endsAt"] = json!(clock::fine(clock::now() + 7_200_000));
    assert_eq!(put(&bench, &longer).await.1["silenceID"], first);
    let mut other = longer.clone();
    other["matchers"][0]["value"] = json!("check.*");
    assert_ne!(put(&bench, &other).await.1["silenceID"], first);
    assert_eq!(count(&bench, "/silences?expired=false").await, 1);
    let mut unknown = longer;
    unknown["id"] = json!("none");
    assert_eq!(put(&bench, &unknown).await.0, 404);
}

#[tokio::test]
async fn what_is_not_there_is_not_found() {
    let bench = Bench::frozen("bare").await;
    assert_eq!(bench.alertmanager(Method::GET, "/silence/none", None).await.0, 404);
    assert_eq!(bench.alertmanager(Method::DELETE, "/silence/none", None).await.0, 404);
    assert!(bench.sim.unknown().is_empty());
    assert_eq!(bench.alertmanager(Method::GET, "/odd", None).await.0, 404);
    assert_eq!(bench.sim.unknown(), ["GET /api/v2/odd"]);
    assert_eq!(bench.sim.alertmanager_requests(), 3);
}

#[tokio::test]
async fn it_says_what_it_is() {
    let bench = Bench::frozen("bare").await;
    let status = get(&bench, "/status").await;
    assert_eq!(status["versionInfo"]["version"], "0.25.0");
    assert!(status["uptime"].is_string());
    assert_eq!(get(&bench, "/receivers").await, json!([{"name": "platform-team"}]));
}
