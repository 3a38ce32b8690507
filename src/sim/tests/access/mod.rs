//! Access to the simulated organisation: who has which right, as its servers tell it, and what takes rights away.

mod changes;
mod cluster;
mod findings;
mod guards;
mod members;
mod relations;
mod tokens;

use reqwest::{Method, Response};
use serde_json::Value;

use super::super::Options;
use super::Bench;

/// The organisation as its administrator sees it.
async fn organised() -> Bench {
    Bench::frozen("access").await
}

impl Bench {
    /// A request as somebody else, by login: status and answer.
    async fn as_(&self, who: &str, method: Method, path: &str) -> (u16, Value) {
        let request = self.bare(method, &format!("/api/v4{path}"));
        let response = request.header("PRIVATE-TOKEN", self.sim.token_of(who)).send().await;
        said(response.unwrap()).await
    }

    /// A request of the clients' own token: status and answer.
    async fn tell(&self, method: Method, path: &str) -> (u16, Value) {
        said(self.ask(method, path).send().await.unwrap()).await
    }

    /// Every row of a list, by pages of a size.
    async fn rows(&self, path: &str, size: usize) -> Vec<Value> {
        let mut rows = Vec::new();
        let mut page = Some("1".to_owned());
        while let Some(number) = page {
            let join = if path.contains('?') { '&' } else { '?' };
            let path = format!("{path}{join}per_page={size}&page={number}");
            let response = self.get(&path).await;
            assert_eq!(response.status(), 200, "{path}");
            let next = response.headers()["x-next-page"].to_str().unwrap().to_owned();
            page = (!next.is_empty()).then_some(next);
            rows.extend(response.json::<Vec<Value>>().await.unwrap());
        }
        rows
    }
}

async fn said(response: Response) -> (u16, Value) {
    let status = response.status().as_u16();
    (status, response.json().await.unwrap_or_default())
}

/// The values of a field of rows.
fn field<'a>(rows: &'a [Value], name: &str) -> Vec<&'a str> {
    rows.iter().map(|row| row[name].as_str().unwrap()).collect()
}

/// A path as it stands in a URL.
fn id(path: &str) -> String {
    path.replace('/', "%2F")
}

#[tokio::test]
async fn a_platform_at_scale_has_five_hundred_projects_and_twenty_thousand_grants() {
    let options = Options { scenario: "access".to_owned(), scale: 100, ..Options::default() };
    let bench = Bench::moving(options).await;
    bench.sim.world().freeze();
    let (_, _, projects) = bench.sim.world().counts();
    assert_eq!(projects, 501);
    let before = organised().await.sim.world().memberships();
    assert_eq!(bench.sim.world().memberships() - before, 20_000);
}

#[tokio::test]
async fn the_same_seed_gives_the_same_organisation() {
    let path = format!("/projects/{}/members?per_page=100", id("acme/web/checkout"));
    let options = Options { scenario: "access".to_owned(), scale: 3, ..Options::default() };
    let mut seen = Vec::new();
    for _ in 0..2 {
        let bench = Bench::moving(options.clone()).await;
        seen.push(field(&bench.rows(&path, 100).await, "username").join(" "));
    }
    assert_eq!(seen[0], seen[1]);
    assert!(seen[0].contains("extra."), "{}", seen[0]);
}

#[tokio::test]
async fn no_other_scenario_has_the_whole_organisation() {
    let bench = Bench::frozen("calm").await;
    let all = bench.rows("/users", 100).await;
    assert_eq!(all.len(), 8);
    assert_eq!(bench.json("/personal_access_tokens").await, serde_json::json!([]));
}
