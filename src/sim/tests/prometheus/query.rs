//! Queries: shapes, parameters, refusals, and the numbers that are known in advance.

use std::time::Duration;

use serde_json::{Value, json};

use super::super::Bench;
use super::{close, remaining};

/// The status of a refused query, and the two words of its error.
async fn refusal(bench: &Bench, path: &str, parameters: &[(&str, &str)]) -> (u16, String, String) {
    let response = bench.prometheus(path, parameters).await;
    let status = response.status().as_u16();
    let body: Value = response.json().await.unwrap();
    assert_eq!(body["status"], "error");
    let text = |field: &str| body[field].as_str().unwrap().to_owned();
    (status, text("errorType"), text("error"))
}

#[tokio::test]
async fn an_instant_vector_has_the_shape_of_the_documents() {
    let bench = Bench::frozen("bare").await;
    let parameters =
        [("query", "slo:objective:ratio{sloth_service=\"checkout\"}"), ("time", "1800000000.5")];
    let ahead = bench.prometheus("/api/v1/query", &parameters).await;
    let ahead: Value = ahead.json().await.unwrap();
    assert_eq!(ahead, json!({"status": "success", "data": {"resultType": "vector", "result": []}}));
    let data = bench.instant("slo:objective:ratio{sloth_service=\"checkout\"}").await;
    assert_eq!(data["resultType"], "vector");
    let one = &data["result"][0];
    assert_eq!(
        one["metric"],
        json!({
            "__name__": "slo:objective:ratio",
            "sloth_id": "checkout-availability",
            "sloth_service": "checkout",
            "sloth_slo": "availability",
        })
    );
    assert!(one["value"][0].is_number());
    assert!(one["value"][1].is_string());
}

#[tokio::test]
async fn scalars_texts_and_ranges_have_their_own_types() {
    let bench = Bench::frozen("bare").await;
    let mut kinds = Vec::new();
    for query in ["1", "\"text\"", "up[1m]", "vector(1)"] {
        kinds.push(bench.instant(query).await["resultType"].clone());
    }
    assert_eq!(kinds, ["scalar", "string", "matrix", "vector"]);
}

#[tokio::test]
async fn a_query_may_be_posted_as_a_form() {
    let bench = Bench::frozen("bare").await;
    let url = format!("{}/api/v1/query", bench.sim.prometheus_url());
    let body = "query=vector%285%29&time=1700000000";
    let request = bench.client.post(url).body(body);
    let request = request.header("content-type", "application/x-www-form-urlencoded");
    let body: Value = request.send().await.unwrap().json().await.unwrap();
    assert_eq!(body["data"]["result"], json!([{"metric": {}, "value": [1_700_000_000, "5"]}]));
}

#[tokio::test]
async fn both_ends_of_a_range_query_are_in_it() {
    let bench = Bench::frozen("bare").await;
    let parameters =
        [("query", "vector(1)"), ("start", "1700000000"), ("end", "1700000060"), ("step", "30s")];
    let response = bench.prometheus("/api/v1/query_range", &parameters).await;
    let body: Value = response.json().await.unwrap();
    let expected = json!([[1_700_000_000, "1"], [1_700_000_030, "1"], [1_700_000_060, "1"]]);
    assert_eq!(body["data"]["resultType"], "matrix");
    assert_eq!(body["data"]["result"], json!([{"metric": {}, "values": expected}]));
}

#[tokio::test]
async fn too_many_points_are_refused_in_the_real_words() {
    let bench = Bench::frozen("bare").await;
    let parameters =
        [("query", "up"), ("start", "1700000000"), ("end", "1702592000"), ("step", "60")];
    let expected = "exceeded maximum resolution of 11,000 points per timeseries. \
                    Try decreasing the query resolution (?step=XX)";
    assert_eq!(
        refusal(&bench, "/api/v1/query_range", &parameters).await,
        (400, "bad_data".to_owned(), expected.to_owned())
    );
    assert_eq!(bench.sim.unknown(), ["prometheus: up"]);
}

#[tokio::test]
async fn what_cannot_be_read_is_bad_data() {
    let bench = Bench::frozen("bare").await;
    let (status, kind, _) = refusal(&bench, "/api/v1/query", &[("query", "sum(")]).await;
    assert_eq!((status, kind.as_str()), (400, "bad_data"));
    let (status, kind, why) = refusal(&bench, "/api/v1/query", &[]).await;
    assert_eq!((status, kind.as_str()), (400, "bad_data"));
    assert!(why.contains("no expression found in input"), "{why}");
}

#[tokio::test]
async fn a_function_that_is_not_known_is_remembered() {
    let bench = Bench::frozen("bare").await;
    let query = "topk(3, up)";
    let (status, kind, _) = refusal(&bench, "/api/v1/query", &[("query", query)]).await;
    assert_eq!((status, kind.as_str()), (422, "execution"));
    assert_eq!(bench.sim.unknown(), ["prometheus: topk(3, up)"]);
}

#[tokio::test]
async fn a_series_that_is_not_known_is_empty_and_remembered() {
    let bench = Bench::frozen("bare").await;
    assert!(bench.values("node_load1").await.is_empty());
    assert_eq!(bench.sim.unknown(), ["prometheus: no series node_load1"]);
}

#[tokio::test]
async fn a_path_or_a_parameter_that_is_not_known_is_remembered() {
    let bench = Bench::frozen("bare").await;
    assert_eq!(bench.prometheus("/api/v1/metadata", &[]).await.status(), 404);
    bench.prometheus("/api/v1/query", &[("query", "up"), ("odd", "1")]).await;
    assert_eq!(bench.sim.unknown(), ["GET /api/v1/metadata", "GET /api/v1/query?odd"]);
}

#[tokio::test]
async fn the_four_known_services_have_the_known_budgets() {
    let bench = Bench::frozen("bare").await;
    close(bench.number(&remaining("checkout-availability")).await, 0.5);
    close(bench.number(&remaining("payments-availability")).await, 1.0 - 1.0 / 6.0);
    close(bench.number(&remaining("billing-availability")).await, 1.0 - 8.0 / 30.0);
    assert_eq!(bench.values(&remaining("search-latency")).await, ["NaN"]);
}

#[tokio::test]
async fn recorded_ratios_agree_with_the_raw_counters() {
    let bench = Bench::frozen("bare").await;
    let requests = "increase(http_requests_total{service=\"payments\"";
    let raw = format!("sum({requests},code=\"500\"}}[30d])) / sum({requests}}}[30d]))");
    close(bench.number(&raw).await / 0.001, 1.0 / 6.0);
    let recorded = "slo:sli_error:ratio_rate5m{sloth_service=\"payments\"}[30d]";
    let mean = format!("sum_over_time({recorded}) / count_over_time({recorded})");
    close(bench.number(&mean).await / 0.001, 1.0 / 6.0);
}

#[tokio::test]
async fn the_windows_of_an_objective_are_discovered_in_one_query() {
    let bench = Bench::frozen("bare").await;
    let query = "count({__name__=~\"^slo:sli_error:ratio_rate.*\",sloth_id=\"reports-freshness\"}) by (__name__, sloth_id)";
    let data = bench.instant(query).await;
    let names: Vec<&str> = data["result"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one["metric"]["__name__"].as_str().unwrap().rsplit_once("rate").unwrap().1)
        .collect();
    assert_eq!(names, ["1d", "1h", "2h", "30m", "3d", "4w", "5m", "6h"]);
}

#[tokio::test]
async fn a_grouped_objective_has_a_series_for_each_label_set() {
    let bench = Bench::frozen("bare").await;
    let query = "count(slo:current_burn_rate:ratio{sloth_id=\"gateway-latency\"}) by (region)";
    assert_eq!(bench.values(query).await, ["1", "1"]);
    assert_eq!(bench.values("slo:objective:ratio{sloth_id=\"gateway-latency\"}").await.len(), 1);
}

#[tokio::test]
async fn pyrra_has_its_own_names_and_windows() {
    let bench = Bench::frozen("bare").await;
    close(bench.number("pyrra_objective").await, 0.995);
    close(
        bench.number("(pyrra_availability - pyrra_objective) / (1 - pyrra_objective)").await,
        0.84,
    );
    let data = bench.instant("{__name__=~\".+:burnrate.+\",slo!=\"\"}").await;
    let mut windows: Vec<&str> = data["result"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one["metric"]["__name__"].as_str().unwrap().rsplit_once("burnrate").unwrap().1)
        .collect();
    windows.sort_unstable();
    assert_eq!(windows, ["1d1h43m", "1h4m", "2h9m", "32m", "4d6h51m", "5m", "6h26m"]);
}

#[tokio::test]
async fn a_sample_tells_its_own_instant() {
    let bench = Bench::frozen("bare").await;
    let age = "time() - timestamp(slo:objective:ratio{sloth_service=\"checkout\"})";
    assert!((0.0..30.5).contains(&bench.number(age).await));
}

#[tokio::test]
async fn the_queue_of_a_tier_burns_in_the_incident_and_not_in_the_calm() {
    let burn = "slo:current_burn_rate:ratio{sloth_slo=\"queue-standard\"}";
    let fires =
        "ALERTS{sloth_slo=\"queue-standard\",alertstate=\"firing\",sloth_severity=\"page\"}";
    let calm = Bench::frozen("calm").await;
    assert!(calm.number(burn).await < 14.4);
    assert!(calm.values(fires).await.is_empty());
    let incident = Bench::frozen("incident").await;
    let now = incident.number(burn).await;
    assert!(now > 14.4, "{now}");
    assert_eq!(incident.values(fires).await, ["1"]);
}

#[tokio::test]
async fn the_waits_of_the_jobs_of_a_tier_are_a_histogram() {
    let bench = Bench::frozen("incident").await;
    let by = "sum by (le) (increase(gitlab_runner_job_queue_duration_seconds_bucket{runner_name=~\"eks-standard.*\"}[20m]))";
    let median = bench.number(&format!("histogram_quantile(0.5, {by})")).await;
    assert!(median > 60.0, "{median}");
    let running = "sum(gitlab_runner_jobs{runner_name=~\"eks-sandbox.*\"})";
    assert!(
        bench.number(running).await
            <= bench.number("sum(gitlab_runner_concurrent{instance=~\"eks-sandbox.*\"})").await
    );
}

#[tokio::test]
async fn the_recorded_burn_of_a_queue_agrees_with_its_own_rule() {
    let bench = Bench::frozen("incident").await;
    let group = "sloth-slo-sli-recordings-runners-queue-standard";
    // Not thirty minutes: that is when a runner fell silent, and what it took just before lies between two samples.
    let name = "slo:sli_error:ratio_rate1h";
    let parameters = [("rule_group[]", group), ("rule_name[]", name)];
    let response = bench.prometheus("/api/v1/rules", &parameters).await;
    let body: Value = response.json().await.unwrap();
    let rule = body["data"]["groups"][0]["rules"][0]["query"].as_str().unwrap().to_owned();
    let recorded = bench.number(&format!("{name}{{sloth_slo=\"queue-standard\"}}")).await;
    let worked_out = bench.number(&rule).await;
    assert!((recorded - worked_out).abs() < 0.03, "{recorded} is not {worked_out}");
    assert!(bench.sim.unknown().is_empty());
}

#[tokio::test]
async fn a_runner_that_fell_silent_is_down_and_says_nothing() {
    let bench = Bench::frozen("incident").await;
    let instance = "{instance=~\"eks-standard-b.*\"}";
    assert_eq!(bench.values(&format!("up{instance}")).await, ["0"]);
    assert!(bench.values(&format!("gitlab_runner_jobs{instance}")).await.is_empty());
}

#[tokio::test]
async fn pods_have_the_instants_of_their_making_and_of_their_readiness() {
    let bench = Bench::frozen("calm").await;
    let took = "max(kube_pod_status_ready_time - on(namespace, pod, uid) kube_pod_created)";
    assert!(bench.number(took).await >= 0.0);
}

#[tokio::test]
async fn a_pod_that_has_ended_was_ready_while_its_containers_ran() {
    let bench = Bench::frozen("incident").await;
    assert!(bench.number("count(kube_pod_completion_time)").await >= 1.0);
    let by = "on(namespace, pod, uid)";
    let ended = "last_over_time(kube_pod_completion_time[1h])";
    let ready = "last_over_time(kube_pod_status_ready_time[1h])";
    assert!(bench.number(&format!("count({ended} and {by} {ready})")).await >= 1.0);
    assert!(bench.values(&format!("{ended} and {by} kube_pod_status_ready_time")).await.is_empty());
}

#[tokio::test]
async fn a_test_makes_a_service_fail_and_a_queue_slow() {
    let bench = Bench::frozen("bare").await;
    let world = bench.sim.world();
    let ago = Duration::from_hours(2);
    assert!(world.set_error_ratio("checkout-availability", 0.05, ago));
    assert!(!world.set_error_ratio("nothing", 0.05, ago));
    close(bench.number("slo:current_burn_rate:ratio{sloth_service=\"checkout\"}").await, 50.0);
    assert!(world.slow_queue("protected", 0.4, ago));
    assert!(!world.slow_queue("express", 0.4, ago));
    let burn = bench.number("slo:current_burn_rate:ratio{sloth_slo=\"queue-protected\"}").await;
    assert!(burn > 14.4, "{burn}");
}

#[tokio::test]
async fn it_says_what_it_is_and_how_it_is() {
    let bench = Bench::frozen("bare").await;
    let response = bench.prometheus("/api/v1/status/buildinfo", &[]).await;
    let body: Value = response.json().await.unwrap();
    assert_eq!(body["data"]["version"], "2.42.0");
    let healthy = bench.prometheus("/-/healthy", &[]).await.text().await.unwrap();
    assert_eq!(healthy, "Prometheus Server is Healthy.\n");
    assert_eq!(bench.sim.prometheus_requests(), 2);
    assert!(bench.sim.unknown().is_empty());
}
