//! The Kubernetes API server, as a client meets it.

mod acts;
mod lists;
mod recorded;
mod refusals;
mod tables;
mod watches;

use reqwest::{Method, RequestBuilder, Response};
use serde_json::{Value, json};

use super::super::{ClusterFault, Fault, Server};
use super::Bench;

/// What kubectl says that it accepts.
const TABLE: &str = "application/json;as=Table;v=v1;g=meta.k8s.io,application/json";

/// A cluster of the test's own, on a platform whose world stands still.
struct Cluster {
    bench: Bench,
}

impl Cluster {
    /// A cluster without objects.
    async fn empty() -> Self {
        Self { bench: Bench::frozen("bare").await }
    }

    /// A cluster of the pods `a` to `e` in the namespace `n`; `e` fails.
    async fn of_five() -> Self {
        let cluster = Self::empty().await;
        for name in ["a", "b", "c", "d"] {
            cluster.apply(pod(name, "Running"));
        }
        cluster.apply(pod("e", "Failed"));
        cluster
    }

    async fn faulty(fault: ClusterFault) -> Self {
        let cluster = Self::of_five().await;
        cluster.fault(fault);
        cluster
    }

    fn apply(&self, object: Value) -> u64 {
        self.bench.sim.world().apply(object).unwrap()
    }

    fn remove(&self, name: &str) {
        assert!(self.bench.sim.world().remove("Pod", Some("n"), name));
    }

    fn fault(&self, fault: ClusterFault) {
        let fault =
            Fault { server: Server::Kubernetes, kubernetes: Some(fault), ..Fault::default() };
        self.bench.sim.world().fault(fault);
    }

    /// A request without a token.
    fn bare(&self, path: &str) -> RequestBuilder {
        self.bench.client.get(format!("{}{path}", self.bench.sim.kubernetes_url()))
    }

    fn ask(&self, path: &str) -> RequestBuilder {
        self.bare(path).bearer_auth(self.bench.sim.kubernetes_token())
    }

    async fn get(&self, path: &str) -> Response {
        self.ask(path).send().await.unwrap()
    }

    async fn json(&self, path: &str) -> Value {
        let response = self.get(path).await;
        assert_eq!(response.status(), 200, "{path}");
        response.json().await.unwrap()
    }

    /// Status and body of a refusal.
    async fn refusal(&self, path: &str) -> (u16, Value) {
        let response = self.get(path).await;
        (response.status().as_u16(), response.json().await.unwrap())
    }

    async fn post(&self, path: &str, body: &Value) -> Response {
        let url = format!("{}{path}", self.bench.sim.kubernetes_url());
        let request = self.bench.client.request(Method::POST, url);
        request.bearer_auth(self.bench.sim.kubernetes_token()).json(body).send().await.unwrap()
    }

    async fn watch(&self, query: &str) -> Lines {
        let response = self.get(&format!("/api/v1/pods?watch=1&{query}")).await;
        assert_eq!(response.status(), 200);
        Lines { response, rest: Vec::new() }
    }

    /// The names of the pods of a list.
    async fn names(&self, query: &str) -> Vec<String> {
        names(&self.json(&format!("/api/v1/pods?{query}")).await)
    }
}

/// The lines of a watch.
struct Lines {
    response: Response,
    rest: Vec<u8>,
}

impl Lines {
    /// The next event; `None` when the stream has ended in order.
    async fn next(&mut self) -> Option<Value> {
        self.try_next().await.unwrap()
    }

    async fn try_next(&mut self) -> reqwest::Result<Option<Value>> {
        loop {
            if let Some(end) = self.rest.iter().position(|byte| *byte == b'\n') {
                let line: Vec<u8> = self.rest.drain(..=end).collect();
                return Ok(Some(serde_json::from_slice(&line).unwrap()));
            }
            match self.response.chunk().await? {
                Some(piece) => self.rest.extend_from_slice(&piece),
                None => return Ok(None),
            }
        }
    }

    /// Type and name of the next event.
    async fn brief(&mut self) -> (String, String) {
        let event = self.next().await.unwrap();
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        (text(&event["type"]), text(&event["object"]["metadata"]["name"]))
    }
}

fn pod(name: &str, phase: &str) -> Value {
    json!({
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": name, "namespace": "n", "labels": {"phase": phase, name: "1"}},
        "spec": {"nodeName": "m", "containers": [{"name": "build", "image": "x"}]},
        "status": {"phase": phase},
    })
}

fn names(list: &Value) -> Vec<String> {
    let items = list["items"].as_array().unwrap();
    items.iter().map(|item| item["metadata"]["name"].as_str().unwrap().to_owned()).collect()
}

fn event(act: &str, name: &str) -> (String, String) {
    (act.to_owned(), name.to_owned())
}
