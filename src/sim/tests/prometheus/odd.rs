//! What is odd: objectives and servers that are not as one would wish.

use reqwest::Method;
use serde_json::{Value, json};

use super::super::super::{Fault, ScriptedSlo, Server, SloState};
use super::super::Bench;
use super::{close, remaining};

const CHECKOUT: &str = "{sloth_id=\"checkout-availability\"}";

async fn in_scenario(name: &str) -> Bench {
    Bench::frozen(&format!("prometheus_{name}")).await
}

#[tokio::test]
async fn one_gap_makes_the_budget_unknown_and_leaves_the_present() {
    let bench = in_scenario("nan").await;
    assert_eq!(bench.values(&remaining("checkout-availability")).await, ["NaN"]);
    close(bench.number(&format!("slo:current_burn_rate:ratio{CHECKOUT}")).await, 0.5);
    let sum = format!("sum_over_time(slo:sli_error:ratio_rate5m{CHECKOUT}[4d])");
    assert_eq!(bench.values(&sum).await, ["NaN"]);
}

#[tokio::test]
async fn an_absent_indicator_leaves_what_is_constant() {
    let bench = in_scenario("absent").await;
    let selector = "{sloth_id=\"billing-availability\"}";
    assert_eq!(bench.values(&format!("slo:objective:ratio{selector}")).await, ["0.99"]);
    for name in ["slo:sli_error:ratio_rate5m", "slo:current_burn_rate:ratio", "ALERTS"] {
        assert!(bench.values(&format!("{name}{selector}")).await.is_empty(), "{name}");
    }
}

#[tokio::test]
async fn a_target_that_vanished_is_gone_at_once() {
    let bench = in_scenario("vanished").await;
    let name = format!("slo:sli_error:ratio_rate5m{CHECKOUT}");
    assert!(bench.values(&name).await.is_empty());
    assert_eq!(bench.values(&format!("{name} offset 2m")).await.len(), 1);
    assert_eq!(bench.values("up{instance=~\"checkout.*\"}").await, ["0"]);
}

#[tokio::test]
async fn samples_that_stall_are_found_and_old() {
    let bench = in_scenario("stalled").await;
    let age = format!("time() - timestamp(slo:sli_error:ratio_rate5m{CHECKOUT})");
    assert!((200.0..231.0).contains(&bench.number(&age).await));
}

#[tokio::test]
async fn a_rule_that_fails_says_so_and_its_numbers_are_old() {
    let bench = in_scenario("rule_error").await;
    let age = format!("time() - timestamp(slo:sli_error:ratio_rate30d{CHECKOUT})");
    assert!((150.0..181.0).contains(&bench.number(&age).await));
    let name = "slo:sli_error:ratio_rate30d";
    let response =
        bench.prometheus("/api/v1/rules", &[("type", "record"), ("rule_name[]", name)]).await;
    let body: Value = response.json().await.unwrap();
    let groups = body["data"]["groups"].as_array().unwrap();
    let group =
        groups.iter().find(|one| one["name"].as_str().unwrap().contains("checkout")).unwrap();
    let rule = &group["rules"][0];
    assert_eq!(rule["health"], "err");
    assert!(rule["lastError"].as_str().unwrap().contains("too many samples"));
}

#[tokio::test]
async fn a_young_objective_has_a_part_of_its_samples() {
    let bench = in_scenario("young").await;
    let count = format!("count_over_time(slo:sli_error:ratio_rate5m{CHECKOUT}[30d])");
    close(bench.number(&count).await / (30.0 * 2880.0), 7.0 / 30.0);
    close(bench.number(&remaining("checkout-availability")).await, 0.5);
}

#[tokio::test]
async fn without_traffic_nothing_is_a_number() {
    let bench = in_scenario("idle").await;
    let burn = format!("slo:current_burn_rate:ratio{CHECKOUT}");
    assert_eq!(bench.values(&burn).await, ["NaN"]);
    let total = "sum(rate(http_requests_total{service=\"checkout\"}[5m]))";
    assert_eq!(bench.values(total).await, ["0"]);
}

#[tokio::test]
async fn a_low_objective_never_pages() {
    let bench = in_scenario("unreachable_objective").await;
    close(bench.number(&format!("slo:current_burn_rate:ratio{CHECKOUT}")).await, 5.0);
    assert!(bench.values("ALERTS{sloth_service=\"checkout\",severity=\"page\"}").await.is_empty());
}

#[tokio::test]
async fn an_endless_ratio_is_printed_as_one() {
    let bench = in_scenario("infinite").await;
    let burn = format!("slo:current_burn_rate:ratio{CHECKOUT}");
    assert_eq!(bench.values(&burn).await, ["+Inf"]);
    assert_eq!(bench.values(&remaining("checkout-availability")).await, ["-Inf"]);
}

#[tokio::test]
async fn an_overspent_budget_is_negative() {
    let bench = in_scenario("exhausted").await;
    let left = bench.number(&remaining("checkout-availability")).await;
    assert!((-1.0..-0.5).contains(&left), "{left}");
}

#[tokio::test]
async fn warnings_come_with_success() {
    let bench = in_scenario("warnings").await;
    let response = bench.prometheus("/api/v1/query", &[("query", "up")]).await;
    assert_eq!(response.status(), 200);
    let body: Value = response.json().await.unwrap();
    assert_eq!(body["status"], "success");
    assert!(body["warnings"][0].as_str().unwrap().starts_with("PartialQueryResponse"));
}

#[tokio::test]
async fn a_fleet_of_objectives_answers_in_one_query() {
    let bench = in_scenario("many").await;
    let query = "count({__name__=~\"slo:sli_error:ratio_rate(5m|30m|1h|2h|6h|1d|3d)\",sloth_id=~\"fleet.*\"})";
    close(bench.number(query).await, 14_000.0);
}

#[tokio::test]
async fn who_does_not_greet_is_refused() {
    for name in ["bearer", "basic"] {
        let bench = in_scenario(name).await;
        assert_eq!(bench.prometheus("/api/v1/query", &[("query", "up")]).await.status(), 401);
        let url = format!("{}/api/v1/query?query=up", bench.sim.prometheus_url());
        let token = bench.sim.prometheus_token();
        let request = bench.client.get(&url);
        let greeted = match name {
            "bearer" => request.bearer_auth(token),
            _ => request.basic_auth("watchfloor", Some(token)),
        };
        assert_eq!(greeted.send().await.unwrap().status(), 200);
        assert_eq!(bench.alertmanager(Method::GET, "/alerts", None).await.0, 401);
    }
}

#[tokio::test]
async fn faults_meet_the_server_that_they_name() {
    let bench = Bench::frozen("bare").await;
    let fault = Fault {
        server: Server::Prometheus,
        path: Some("/api/v1/query*".to_owned()),
        status: Some(503),
        body: Some(json!({"status": "error", "errorType": "timeout", "error": "x"}).to_string()),
        ..Fault::default()
    };
    bench.sim.world().fault(fault);
    let response = bench.prometheus("/api/v1/query", &[("query", "up")]).await;
    assert_eq!(response.status(), 503);
    assert_eq!(response.json::<Value>().await.unwrap()["errorType"], "timeout");
    assert_eq!(bench.prometheus("/-/healthy", &[]).await.status(), 200);
    assert_eq!(bench.alertmanager(Method::GET, "/alerts", None).await.0, 200);
}

#[tokio::test]
async fn a_connection_that_is_closed_gets_no_answer() {
    let bench = Bench::frozen("bare").await;
    let fault = Fault { server: Server::Alertmanager, close: true, ..Fault::default() };
    bench.sim.world().fault(fault);
    let url = format!("{}/api/v2/alerts", bench.sim.alertmanager_url());
    assert!(bench.client.get(url).send().await.is_err());
}

#[tokio::test]
async fn a_test_makes_an_objective_odd() {
    let bench = Bench::frozen("bare").await;
    let slo = |id: &str| ScriptedSlo {
        id: id.to_owned(),
        state: Some(SloState::Idle),
        ..ScriptedSlo::default()
    };
    assert!(bench.sim.world().set_slo(&slo("checkout-availability")));
    assert!(!bench.sim.world().set_slo(&slo("nothing")));
    assert_eq!(bench.values(&remaining("checkout-availability")).await, ["NaN"]);
}
