//! The REST API: pages, tags, tokens, acts.

use reqwest::Method;
use serde_json::{Value, json};

use super::super::{NewJob, Options};
use super::Bench;

fn ids(page: &Value) -> Vec<u64> {
    page.as_array().unwrap().iter().map(|row| row["id"].as_u64().unwrap()).collect()
}

fn next_link(response: &reqwest::Response) -> Option<String> {
    let links = response.headers().get("link")?.to_str().unwrap();
    let next = links.split(", ").find(|link| link.ends_with("rel=\"next\""))?;
    Some(next.trim_start_matches('<').split('>').next().unwrap().to_owned())
}

async fn follow(bench: &Bench, path: &str) -> Vec<u64> {
    let mut all = Vec::new();
    let mut url = format!("{}/api/v4{path}", bench.sim.gitlab_url());
    loop {
        let request = bench.client.get(&url).header("PRIVATE-TOKEN", bench.sim.token());
        let response = request.send().await.unwrap();
        let next = next_link(&response);
        all.extend(ids(&response.json().await.unwrap()));
        match next {
            Some(next) => url = next,
            None => return all,
        }
    }
}

#[tokio::test]
async fn without_a_token_nothing_is_told() {
    let bench = Bench::frozen("calm").await;
    let response = bench.bare(Method::GET, "/api/v4/version").send().await.unwrap();
    assert_eq!(response.status(), 401);
    assert_eq!(response.json::<Value>().await.unwrap(), json!({"message": "401 Unauthorized"}));
}

#[tokio::test]
async fn a_bearer_token_is_as_good_as_a_private_one() {
    let bench = Bench::frozen("calm").await;
    let request = bench.bare(Method::GET, "/api/v4/version").bearer_auth(bench.sim.token());
    assert_eq!(request.send().await.unwrap().status(), 200);
}

#[tokio::test]
async fn a_project_is_found_by_its_path_and_by_its_id() {
    let bench = Bench::frozen("calm").await;
    let by_path = bench.json("/projects/acme%2Fpayments%2Fapi").await;
    let by_id = bench.json(&format!("/projects/{}", by_path["id"])).await;
    assert_eq!(by_path, by_id);
}

#[tokio::test]
async fn a_project_that_is_not_there_is_404() {
    let bench = Bench::frozen("calm").await;
    let response = bench.get("/projects/1").await;
    assert_eq!(response.status(), 404);
    assert_eq!(
        response.json::<Value>().await.unwrap(),
        json!({"message": "404 Project Not Found"})
    );
}

#[tokio::test]
async fn pages_by_offset_add_up_to_the_total() {
    let bench = Bench::frozen("calm").await;
    let path = "/groups/acme/projects?include_subgroups=true&per_page=7";
    let total = bench.get(path).await.headers()["x-total"].to_str().unwrap().to_owned();
    assert_eq!(follow(&bench, path).await.len().to_string(), total);
}

#[tokio::test]
async fn pages_by_keyset_hold_the_same_as_pages_by_offset() {
    let bench = Bench::frozen("calm").await;
    let path = "/groups/acme/projects?include_subgroups=true&per_page=7&order_by=id&sort=asc";
    let keyset = follow(&bench, &format!("{path}&pagination=keyset")).await;
    assert_eq!(keyset, follow(&bench, path).await);
}

#[tokio::test]
async fn jobs_by_keyset_are_those_by_offset() {
    let bench = Bench::frozen("calm").await;
    let path = "/projects/101/jobs?per_page=9";
    let keyset = follow(&bench, &format!("{path}&pagination=keyset")).await;
    assert_eq!(keyset, follow(&bench, path).await);
}

#[tokio::test]
async fn archived_projects_are_left_out_when_asked() {
    let bench = Bench::frozen("calm").await;
    let path = "/groups/acme/projects?include_subgroups=true&per_page=100";
    let all = ids(&bench.json(path).await).len();
    assert_eq!(ids(&bench.json(&format!("{path}&archived=false")).await).len(), all - 1);
}

#[tokio::test]
async fn an_unchanged_answer_is_304() {
    let bench = Bench::frozen("calm").await;
    let tag = bench.get("/groups/acme").await.headers()["etag"].clone();
    let again = bench.ask(Method::GET, "/groups/acme").header("if-none-match", tag);
    assert_eq!(again.send().await.unwrap().status(), 304);
}

#[tokio::test]
async fn an_unknown_route_is_refused_and_remembered() {
    let bench = Bench::frozen("calm").await;
    assert_eq!(bench.get("/projects/101/wikis").await.status(), 501);
    assert_eq!(bench.sim.unknown(), ["GET /api/v4/projects/101/wikis"]);
}

#[tokio::test]
async fn an_unknown_parameter_is_remembered() {
    let bench = Bench::frozen("calm").await;
    assert_eq!(bench.get("/groups/acme/projects?colour=blue").await.status(), 200);
    assert_eq!(bench.sim.unknown(), ["GET /api/v4/groups/acme/projects parameter colour"]);
}

#[tokio::test]
async fn an_unknown_state_in_a_scope_is_refused() {
    let bench = Bench::frozen("calm").await;
    assert_eq!(bench.get("/projects/101/jobs?scope[]=sleeping").await.status(), 400);
}

#[tokio::test]
async fn a_scope_of_two_states_lists_both() {
    let bench = Bench::frozen("calm").await;
    let jobs = bench.json("/projects/101/jobs?per_page=100&scope[]=success&scope[]=failed").await;
    let fits = |job: &Value| job["status"] == "success" || job["status"] == "failed";
    assert!(!jobs.as_array().unwrap().is_empty() && jobs.as_array().unwrap().iter().all(fits));
}

#[tokio::test]
async fn the_list_of_all_runners_is_for_administrators() {
    let bench = Bench::frozen("calm").await;
    assert_eq!(bench.get("/runners/all").await.status(), 403);
}

#[tokio::test]
async fn the_eleventh_request_of_ten_is_told_to_wait() {
    let bench = Bench::moving(Options::from("rate_limited")).await;
    // A new minute may begin in between.
    let mut last = bench.get("/version").await;
    while last.status() == 200 && bench.sim.requests() < 25 {
        last = bench.get("/version").await;
    }
    assert_eq!(last.status(), 429);
    let wait: u64 = last.headers()["retry-after"].to_str().unwrap().parse().unwrap();
    assert!((1..=61).contains(&wait));
    assert_eq!(last.text().await.unwrap(), "Retry later\n");
}

#[tokio::test]
async fn a_retried_job_is_a_new_one_that_waits() {
    let bench = Bench::frozen("calm").await;
    let (pipeline, job) = bench.one_job(NewJob::default());
    bench.sim.world().fail_job(job, "script_failure");
    let response = bench.post(&format!("/projects/101/jobs/{job}/retry")).await;
    assert_eq!(response.status(), 201);
    let new = response.json::<Value>().await.unwrap();
    assert_eq!((new["id"] != job, &new["status"]), (true, &json!("pending")));
    let all =
        bench.json(&format!("/projects/101/pipelines/{pipeline}/jobs?include_retried=true")).await;
    assert_eq!(ids(&all).len(), 2);
    assert_eq!(
        ids(&bench.json(&format!("/projects/101/pipelines/{pipeline}/jobs")).await).len(),
        1
    );
}

#[tokio::test]
async fn a_cancelled_pipeline_stops() {
    let bench = Bench::frozen("calm").await;
    let (pipeline, job) = bench.one_job(NewJob::default());
    let response = bench.post(&format!("/projects/101/pipelines/{pipeline}/cancel")).await;
    assert_eq!(response.status(), 201);
    assert_eq!(response.json::<Value>().await.unwrap()["status"], "canceled");
    assert_eq!(bench.sim.world().job_status(job), Some("canceled"));
}

#[tokio::test]
async fn a_manual_job_waits_until_it_is_played() {
    let bench = Bench::frozen("calm").await;
    let (_, job) = bench.one_job(NewJob { manual: true, ..NewJob::default() });
    assert_eq!(bench.sim.world().job_status(job), Some("manual"));
    assert_eq!(bench.post(&format!("/projects/101/jobs/{job}/play")).await.status(), 200);
    assert_eq!(bench.sim.world().job_status(job), Some("pending"));
}

#[tokio::test]
async fn a_running_job_cannot_be_played() {
    let bench = Bench::frozen("calm").await;
    let (_, job) = bench.one_job(NewJob::default());
    let response = bench.post(&format!("/projects/101/jobs/{job}/play")).await;
    assert_eq!(response.status(), 400);
    assert_eq!(
        response.json::<Value>().await.unwrap(),
        json!({"message": "400 Bad request - Unplayable Job"})
    );
}

#[tokio::test]
async fn the_log_of_a_job_that_succeeded_says_so() {
    let bench = Bench::frozen("calm").await;
    let (_, job) = bench.one_job(NewJob::default());
    bench.sim.world().start_job(job);
    bench.sim.world().finish_job(job);
    let response = bench.get(&format!("/projects/101/jobs/{job}/trace")).await;
    assert_eq!(response.headers()["content-type"], "text/plain");
    assert!(response.text().await.unwrap().ends_with("Job succeeded\u{1b}[0;m\n"));
}

#[tokio::test]
async fn every_request_is_logged_without_the_token() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("requests.jsonl");
    let options = Options { requests_log: Some(path.clone()), ..Options::default() };
    let bench = Bench::moving(options).await;
    let secret = bench.sim.token().to_owned();
    let request = bench.bare(Method::GET, &format!("/api/v4/version?private_token={secret}"));
    request.header("user-agent", "watcher/1").send().await.unwrap();
    let text = std::fs::read_to_string(path).unwrap();
    assert!(!text.contains(&secret));
    let line: Value = serde_json::from_str(text.trim()).unwrap();
    assert_eq!(
        (&line["method"], &line["source"], &line["status"]),
        (&json!("GET"), &json!("watcher/1"), &json!(200))
    );
}
