//! Prometheus and Alertmanager, as a client meets them.

mod alertmanager;
mod odd;
mod query;
mod rules;

use reqwest::{Method, Response};
use serde_json::Value;

use super::Bench;

impl Bench {
    /// A request to Prometheus.
    async fn prometheus(&self, path: &str, parameters: &[(&str, &str)]) -> Response {
        let url = format!("{}{path}", self.sim.prometheus_url());
        self.client.get(url).query(parameters).send().await.unwrap()
    }

    /// The data of an instant query that succeeds.
    async fn instant(&self, query: &str) -> Value {
        let response = self.prometheus("/api/v1/query", &[("query", query)]).await;
        assert_eq!(response.status(), 200, "{query}");
        let body: Value = response.json().await.unwrap();
        assert_eq!(body["status"], "success");
        body["data"].clone()
    }

    /// The values of an instant query: text, as they come.
    async fn values(&self, query: &str) -> Vec<String> {
        let data = self.instant(query).await;
        let result = data["result"].as_array().unwrap();
        result.iter().map(|one| one["value"][1].as_str().unwrap().to_owned()).collect()
    }

    /// The one value of an instant query.
    async fn number(&self, query: &str) -> f64 {
        let values = self.values(query).await;
        assert_eq!(values.len(), 1, "{query}: {values:?}");
        values[0].parse().unwrap()
    }

    /// A request to Alertmanager: status and body, which may be empty.
    async fn alertmanager(&self, method: Method, path: &str, body: Option<&Value>) -> (u16, Value) {
        let url = format!("{}/api/v2{path}", self.sim.alertmanager_url());
        let mut request = self.client.request(method, url);
        if let Some(body) = body {
            request = request.json(body);
        }
        let response = request.send().await.unwrap();
        let status = response.status().as_u16();
        let text = response.text().await.unwrap();
        (status, serde_json::from_str(&text).unwrap_or(Value::String(text)))
    }
}

/// What is left of the budget of an objective.
fn remaining(id: &str) -> String {
    format!("slo:period_error_budget_remaining:ratio{{sloth_id=\"{id}\"}}")
}

#[track_caller]
fn close(one: f64, other: f64) {
    assert!((one - other).abs() < 0.005, "{one} is not {other}");
}
