//! Rules and alerts as Prometheus lists them.

use serde_json::{Value, json};

use super::super::Bench;

async fn groups(bench: &Bench, parameters: &[(&str, &str)]) -> Vec<Value> {
    let response = bench.prometheus("/api/v1/rules", parameters).await;
    assert_eq!(response.status(), 200);
    let body: Value = response.json().await.unwrap();
    body["data"]["groups"].as_array().unwrap().clone()
}

#[tokio::test]
async fn the_groups_of_an_objective_have_the_names_of_sloth() {
    let bench = Bench::frozen("bare").await;
    let all = groups(&bench, &[]).await;
    let names: Vec<&str> = all.iter().map(|one| one["name"].as_str().unwrap()).collect();
    for part in ["sli-recordings", "meta-recordings", "alerts"] {
        assert!(
            names.contains(&format!("sloth-slo-{part}-checkout-availability").as_str()),
            "{part}"
        );
    }
    assert!(names.contains(&"storefront-errors-generic"));
    let first = &all[0];
    assert_eq!((&first["interval"], &first["rules"][0]["health"]), (&json!(30), &json!("ok")));
    assert!(first["lastEvaluation"].is_string());
}

#[tokio::test]
async fn rules_are_chosen_by_type_name_and_group() {
    let bench = Bench::frozen("bare").await;
    let group = "sloth-slo-alerts-billing-availability";
    let chosen = groups(&bench, &[("type", "alert"), ("rule_group[]", group)]).await;
    assert_eq!(chosen.len(), 1);
    let states: Vec<&Value> =
        chosen[0]["rules"].as_array().unwrap().iter().map(|rule| &rule["state"]).collect();
    assert_eq!(states, ["inactive", "firing"]);
    let records = groups(&bench, &[("type", "record"), ("rule_group[]", group)]).await;
    assert!(records.is_empty());
    let odd = bench.prometheus("/api/v1/rules", &[("type", "odd")]).await;
    assert_eq!(odd.status(), 400);
}

#[tokio::test]
async fn the_rules_of_pyrra_tell_their_windows() {
    let bench = Bench::frozen("bare").await;
    let chosen = groups(&bench, &[("type", "alert"), ("rule_name[]", "ErrorBudgetBurn")]).await;
    let rules = chosen[0]["rules"].as_array().unwrap();
    let windows: Vec<(&str, &str, i64)> = rules
        .iter()
        .map(|rule| {
            let label = |name: &str| rule["labels"][name].as_str().unwrap();
            (label("long"), label("short"), rule["duration"].as_i64().unwrap())
        })
        .collect();
    let expected = [
        ("1h4m", "5m", 120),
        ("6h26m", "32m", 960),
        ("1d1h43m", "2h9m", 3840),
        ("4d6h51m", "6h26m", 11_580),
    ];
    assert_eq!(windows, expected);
}

#[tokio::test]
async fn the_alert_of_billing_is_up_in_every_place() {
    let bench = Bench::frozen("bare").await;
    let response = bench.prometheus("/api/v1/alerts", &[]).await;
    let body: Value = response.json().await.unwrap();
    let alerts = body["data"]["alerts"].as_array().unwrap();
    assert_eq!(alerts.len(), 1, "{alerts:?}");
    assert_eq!(
        alerts[0]["labels"],
        json!({
            "alertname": "BillingAvailabilityBurn",
            "severity": "ticket",
            "sloth_id": "billing-availability",
            "sloth_service": "billing",
            "sloth_slo": "availability",
            "sloth_severity": "ticket",
        })
    );
    assert_eq!(alerts[0]["state"], "firing");
    assert_eq!(bench.values("ALERTS{sloth_id!=\"\",alertstate=\"firing\"}").await, ["1"]);
}
