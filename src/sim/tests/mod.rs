//! The simulator over real sockets, seen by an ordinary HTTP client.

mod access;
mod aws;
mod capacity;
mod fault;
mod graphql;
mod kubernetes;
mod prometheus;
mod register;
mod rest;
mod world;

use std::time::Duration;

use reqwest::{Client, Method, RequestBuilder, Response};
use serde_json::Value;

use super::{NewJob, NewPipeline, Options, Sim, start};

/// A platform whose time stands still, and a client of it.
struct Bench {
    sim: Sim,
    client: Client,
}

impl Bench {
    async fn frozen(scenario: &str) -> Self {
        let bench =
            Self::moving(Options { scenario: scenario.to_owned(), ..Options::default() }).await;
        bench.sim.world().freeze();
        bench
    }

    async fn moving(options: Options) -> Self {
        let sim = start(options).await.unwrap();
        let client = Client::builder()
            .no_proxy()
            .redirect(reqwest::redirect::Policy::none())
            .build()
            .unwrap();
        Self { sim, client }
    }

    /// A request without a token.
    fn bare(&self, method: Method, path: &str) -> RequestBuilder {
        self.client.request(method, format!("{}{path}", self.sim.gitlab_url()))
    }

    fn ask(&self, method: Method, path: &str) -> RequestBuilder {
        self.bare(method, &format!("/api/v4{path}")).header("PRIVATE-TOKEN", self.sim.token())
    }

    async fn get(&self, path: &str) -> Response {
        self.ask(Method::GET, path).send().await.unwrap()
    }

    async fn json(&self, path: &str) -> Value {
        let response = self.get(path).await;
        assert_eq!(response.status(), 200, "{path}");
        response.json().await.unwrap()
    }

    async fn post(&self, path: &str) -> Response {
        self.ask(Method::POST, path).send().await.unwrap()
    }

    async fn query(&self, query: &str, variables: Value) -> Value {
        let response = self.query_raw(query, variables).await;
        assert_eq!(response.status(), 200);
        response.json().await.unwrap()
    }

    async fn query_raw(&self, query: &str, variables: Value) -> Response {
        self.bare(Method::POST, "/api/graphql")
            .bearer_auth(self.sim.token())
            .json(&serde_json::json!({"query": query, "variables": variables}))
            .send()
            .await
            .unwrap()
    }

    /// A pipeline of one job in `acme/payments/api`: its id and the job's.
    fn one_job(&self, job: NewJob) -> (u64, u64) {
        let world = self.sim.world();
        let pipeline = NewPipeline {
            project: "acme/payments/api".to_owned(),
            branch: "main".to_owned(),
            jobs: vec![job],
        };
        let id = world.add_pipeline(&pipeline).unwrap();
        (id, world.pipeline_jobs(id)[0])
    }
}

/// Waits until something holds, as long as a patient person would.
async fn until(holds: impl Fn() -> bool) {
    let patience = async {
        while !holds() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(10), patience).await.unwrap();
}
