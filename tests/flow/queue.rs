//! The queue on screen is the queue of the platform, and moves with it.

use watchfloor::domain::{JobId, SourceId, Status};
use watchfloor::sim::{NewJob, NewPipeline};

use crate::harness::Console;

/// A pipeline of one job in the first project that takes one.
fn new_pipeline(console: &Console, name: &str) -> u64 {
    let job = NewJob { name: name.to_owned(), seconds: 3600.0, ..NewJob::default() };
    let projects = console.app().state.projects().iter();
    let paths: Vec<String> = projects.map(|(_, row)| row.value.path.to_string()).collect();
    let project = paths.first().expect("a project is known").clone();
    let pipeline = NewPipeline { project, branch: "main".to_owned(), jobs: vec![job] };
    console.sim().world().add_pipeline(&pipeline).expect("the project exists")
}

/// The ids of the jobs that run, as the console knows them.
pub(super) fn running(console: &Console) -> Vec<u64> {
    let jobs = console.app().state.jobs().iter();
    jobs.filter(|(_, row)| row.value.status == Status::Running).map(|(id, _)| id.0).collect()
}

/// The same, as GitLab's REST API tells a client that is not ours.
pub(super) async fn running_there(console: &Console) -> Vec<u64> {
    let client =
        reqwest::Client::builder().tls_certs_only([]).no_proxy().build().expect("a client");
    let ask = async |path: String| -> Vec<serde_json::Value> {
        let url = format!("{}/api/v4/{path}per_page=100", console.sim().gitlab_url());
        let asked = client.get(url).header("PRIVATE-TOKEN", console.sim().token());
        asked.send().await.expect("an answer").json().await.expect("a list")
    };
    let mut ids = Vec::new();
    for project in ask("projects?".to_owned()).await {
        let jobs = ask(format!("projects/{}/jobs?scope[]=running&", project["id"])).await;
        ids.extend(jobs.iter().filter_map(|job| job["id"].as_u64()));
    }
    ids.sort_unstable();
    ids
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_job_that_runs_there_runs_here() {
    let mut console = Console::start("calm").await;
    console.sim().world().freeze();
    let there = running_there(&console).await;
    assert!(!there.is_empty(), "a calm platform still runs jobs");
    console.until("the same running jobs", |console| running(console) == there).await;
    console.press("2").sees("standard").await;
    console.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_new_job_appears_runs_and_ends_before_our_eyes() {
    let mut console = Console::start("calm").await;
    console.until("projects", |console| !console.app().state.projects().is_empty()).await;
    console.sim().world().freeze();
    let pipeline = new_pipeline(&console, "night-watch");
    console.press("2 /").type_in("night-watch").press("enter").sees("night-watch").await;
    let job = console.sim().world().pipeline_jobs(pipeline)[0];
    let status = move |console: &Console| {
        console.app().state.jobs().get(JobId(job)).map(|job| job.status.clone())
    };
    console.sim().world().start_job(job);
    console.until("it to run", |console| status(console) == Some(Status::Running)).await;
    console.sim().world().finish_job(job);
    console.until("it to end", |console| status(console) == Some(Status::Success)).await;
    console.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_filter_says_how_many_rows_it_hides_and_is_taken_back() {
    let mut console = Console::start("busy").await;
    console.press("2").until("jobs", |console| running(console).len() > 3).await;
    console.press("/").type_in("status:running").press("enter").sees("hidden").await;
    console.press("esc").sees_no("hidden").await;
    console.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_job_log_is_shown_and_left_again() {
    let mut console = Console::start("calm").await;
    console.press("2 /").type_in("status:running").press("enter").sees("◐ running").await;
    console.press("l").sees("following").await;
    console.press("esc").sees_no("following").await;
    console.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_page_of_a_job_is_opened_at_the_configured_origin() {
    let mut console = Console::start("calm").await;
    console.press("2 /").type_in("status:running").press("enter").sees("◐ running").await;
    console.press("o");
    let url = console.sim().gitlab_url().to_owned();
    let opened = format!("{:?}", console.errands());
    assert!(opened.starts_with(&format!("[Open(\"{url}/")), "{opened}");
    console.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_small_screen_shows_the_queue_and_a_tiny_one_says_so() {
    let mut console = Console::sized("calm", 80, 24).await;
    console.press("2").sees("standard").await;
    console.resize(40, 10).sees_no("standard").await;
    console.resize(80, 24).sees("standard").await;
    console.press("q");
    assert!(console.has_quit());
    console.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_quiet_queue_is_held_against_the_rhythm_of_the_fleet_that_confirms_it() {
    let mut console = Console::start("quiet").await;
    let interval = |console: &Console| {
        let mut reports = console.app().state.reports();
        let (_, report) = reports.find(|(key, _)| key.source == SourceId::QUEUE)?;
        report.confirmed_at.map(|_| report.interval_seconds)
    };
    console.until("the queue to be confirmed", |console| interval(console).is_some()).await;
    assert_eq!(interval(&console), Some(2.0));
    console.finish().await;
}
