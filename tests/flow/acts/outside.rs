//! What an act changed is seen by other people's programs, and what they know of a job by its number alone.

use std::process::Stdio;

use serde_json::Value;
use tokio::io::AsyncWriteExt as _;
use tokio::process::Command;
use watchfloor::domain::Ending;
use watchfloor::sim::Sim;

use super::Stage;
use super::crash::ended;

/// What curl reads of GitLab; where there is no curl, what the plain GET reads that it would send.
async fn curl(sim: &Sim, path: &str) -> Value {
    let url = format!("{}{path}", sim.gitlab_url().trim_end_matches('/'));
    let mut command = Command::new("curl");
    // The token goes in by standard input: other people on the machine see the words of a command.
    command.args(["--silent", "--fail", "--noproxy", "*", "--config", "-", &url]);
    command.stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut curl = match command.spawn() {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            eprintln!("NOT SEEN BY CURL: this machine has none; a plain GET sees it");
            return plain(sim, &url).await;
        }
        curl => curl.expect("curl runs"),
    };
    let header = format!("header = \"PRIVATE-TOKEN: {}\"\n", sim.token());
    let mut input = curl.stdin.take().expect("its input");
    input.write_all(header.as_bytes()).await.expect("written");
    drop(input);
    let output = curl.wait_with_output().await.expect("it ends");
    assert!(output.status.success(), "{path}: {output:?}");
    serde_json::from_slice(&output.stdout).expect("a document")
}

async fn plain(sim: &Sim, url: &str) -> Value {
    let client = reqwest::Client::builder().tls_certs_only([]).no_proxy().build();
    let asked = client.expect("a client").get(url).header("PRIVATE-TOKEN", sim.token());
    asked.send().await.expect("an answer").json().await.expect("a document")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn curl_sees_the_retried_job() {
    let stage = Stage::new().await;
    stage.sim.world().fail_job(stage.job, "runner_system_failure");
    let (project, pipeline) = (stage.project.replace('/', "%2F"), stage.pipeline);
    let jobs = format!("/api/v4/projects/{project}/pipelines/{pipeline}/jobs?include_retried=true");
    let states = async || {
        let jobs = curl(&stage.sim, &jobs).await;
        let jobs = jobs.as_array().expect("jobs").iter();
        let mut told: Vec<_> = jobs
            .map(|job| (job["id"].as_u64(), job["status"].as_str().map(str::to_owned)))
            .collect();
        told.sort();
        told
    };
    let failed = (Some(stage.job), Some("failed".to_owned()));
    assert_eq!(states().await, std::slice::from_ref(&failed));
    let report = stage.act("job.retry").await.expect("sent");
    let new = report.after.and_then(|seen| seen.successor).expect("the new job").0;
    assert_eq!(states().await, [failed, (Some(new), Some("pending".to_owned()))]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_bare_job_id_is_enough_where_the_cache_knows_it_and_names_both_forms_where_not() {
    let stage = Stage::with_failed(&["night-watch"], 0).await;
    let job = stage.sim.world().jobs_in("failed").pop().expect("the failed job");
    let (id, name) = (job.to_string(), format!("{}#{job}", stage.project));
    let unknown = ended(stage.retried_elsewhere(&id, &name, "")).await;
    let told = String::from_utf8_lossy(&unknown.stderr);
    assert_eq!(unknown.status.code(), Some(2), "{unknown:?}");
    assert!(told.contains(&format!("write PROJECT#{id}, or give the address")), "{told}");
    assert_eq!(stage.retries_sent(), 0);

    // A console that has looked at it leaves it in the cache.
    let console = stage.console();
    console.press("2");
    console.sees("night-watch");
    console.press("q");
    assert_eq!(console.ended().exit_code(), 0);
    let known = ended(stage.retried_elsewhere(&id, &name, "")).await;
    assert_eq!(known.status.code(), Some(0), "{known:?}");
    let deeds = stage.deeds();
    let told: Vec<_> = deeds.iter().map(|deed| (&*deed.act, deed.target.to_string())).collect();
    assert_eq!(told, [("job.retry", name)]);
    assert_eq!((stage.retries_sent(), stage.endings()), (1, vec![Some(Ending::Done)]));
}
