//! The platform itself: what its scenarios promise.

use serde_json::{Value, json};

use super::super::{NewJob, Options, Scenario, start};
use super::{Bench, until};

async fn names(bench: &Bench) -> Value {
    let jobs = bench.json("/projects/101/jobs?per_page=100").await;
    jobs.as_array().unwrap().iter().map(|job| json!([job["id"], job["name"], job["ref"]])).collect()
}

/// The oldest waiting times of the jobs that are pending, by tag.
async fn longest_wait(bench: &Bench, tag: &str) -> f64 {
    let mut longest = 0.0_f64;
    for project in 101..141 {
        let jobs =
            bench.json(&format!("/projects/{project}/jobs?scope[]=pending&per_page=100")).await;
        for job in jobs.as_array().unwrap() {
            if job["tag_list"] == json!([tag]) {
                longest = longest.max(job["queued_duration"].as_f64().unwrap());
            }
        }
    }
    longest
}

#[tokio::test]
async fn the_same_seed_gives_the_same_jobs() {
    let (first, second) = (Bench::frozen("calm").await, Bench::frozen("calm").await);
    assert_eq!(names(&first).await, names(&second).await);
}

#[tokio::test]
async fn another_seed_gives_other_jobs() {
    let first = Bench::frozen("calm").await;
    let second = Bench::moving(Options { seed: 2, ..Options::default() }).await;
    assert_ne!(names(&first).await, names(&second).await);
}

#[tokio::test]
async fn the_past_knows_about_a_thousand_jobs() {
    let bench = Bench::frozen("calm").await;
    let (jobs, _, projects) = bench.sim.world().counts();
    assert_eq!(((700..1400).contains(&jobs), projects), (true, 41));
}

#[tokio::test]
async fn jobs_wait_for_persons_dates_and_stages_too() {
    let bench = Bench::frozen("incident").await;
    let world = bench.sim.world();
    for status in [
        "created",
        "pending",
        "running",
        "manual",
        "scheduled",
        "waiting_for_resource",
        "success",
        "failed",
        "skipped",
    ] {
        assert!(!world.jobs_in(status).is_empty(), "{status}");
    }
}

#[tokio::test]
async fn in_the_incident_the_standard_tier_waits_and_the_others_do_not() {
    let bench = Bench::frozen("incident").await;
    assert!(longest_wait(&bench, "eks-standard").await > 600.0);
    assert!(longest_wait(&bench, "eks-protected").await < 120.0);
}

#[tokio::test]
async fn on_the_calm_day_nobody_waits_for_a_minute() {
    let bench = Bench::frozen("calm").await;
    assert!(longest_wait(&bench, "eks-standard").await < 60.0);
}

#[tokio::test]
async fn the_quiet_night_has_five_hundred_projects_and_no_open_job() {
    let bench = Bench::frozen("quiet").await;
    let world = bench.sim.world();
    assert_eq!(world.counts().2, 501);
    for status in ["created", "pending", "running", "manual", "scheduled", "waiting_for_resource"] {
        assert!(world.jobs_in(status).is_empty(), "{status}");
    }
}

#[tokio::test]
async fn the_big_project_has_thirty_open_pipelines_of_sixty_jobs() {
    let bench = Bench::frozen("big").await;
    let open = bench.json("/projects/101/pipelines?scope=running&per_page=100").await;
    let pending = bench.json("/projects/101/pipelines?scope=pending&per_page=100").await;
    let mut full = 0;
    for pipeline in open.as_array().unwrap().iter().chain(pending.as_array().unwrap()) {
        let path = format!("/projects/101/pipelines/{}/jobs?per_page=100", pipeline["id"]);
        full += usize::from(bench.json(&path).await.as_array().unwrap().len() == 60);
    }
    assert_eq!(full, 30);
}

#[tokio::test]
async fn a_hostile_name_is_told_verbatim() {
    let bench = Bench::frozen("calm").await;
    let (_, job) = bench.one_job(NewJob::default());
    bench.sim.world().rename_job(job, "\u{1b}]0;x\u{7}");
    let answer = bench.json(&format!("/projects/101/jobs/{job}")).await;
    assert_eq!(answer["name"], "\u{1b}]0;x\u{7}");
}

#[tokio::test]
async fn the_next_stage_begins_when_the_first_has_passed() {
    let bench = Bench::frozen("calm").await;
    let world = bench.sim.world();
    let pipeline = super::NewPipeline {
        project: "acme/payments/api".to_owned(),
        branch: "main".to_owned(),
        jobs: vec![
            NewJob { stage: "build".to_owned(), ..NewJob::default() },
            NewJob { stage: "test".to_owned(), ..NewJob::default() },
        ],
    };
    let jobs = world.pipeline_jobs(world.add_pipeline(&pipeline).unwrap());
    assert_eq!(world.job_status(jobs[1]), Some("created"));
    world.finish_job(jobs[0]);
    assert_eq!(world.job_status(jobs[1]), Some("pending"));
}

#[tokio::test]
async fn a_failure_skips_what_comes_after_it() {
    let bench = Bench::frozen("calm").await;
    let world = bench.sim.world();
    let pipeline = super::NewPipeline {
        project: "acme/payments/api".to_owned(),
        branch: "main".to_owned(),
        jobs: vec![
            NewJob { stage: "build".to_owned(), ..NewJob::default() },
            NewJob { stage: "test".to_owned(), ..NewJob::default() },
        ],
    };
    let jobs = world.pipeline_jobs(world.add_pipeline(&pipeline).unwrap());
    world.fail_job(jobs[0], "script_failure");
    assert_eq!(world.job_status(jobs[1]), Some("skipped"));
}

#[tokio::test]
async fn a_resource_group_lets_one_job_run_at_a_time() {
    let bench = Bench::frozen("calm").await;
    let world = bench.sim.world();
    let job = NewJob { resource_group: Some("only-one".to_owned()), ..NewJob::default() };
    let (_, first) = bench.one_job(job.clone());
    let (_, second) = bench.one_job(job);
    assert_eq!(world.job_status(second), Some("waiting_for_resource"));
    world.finish_job(first);
    assert_eq!(world.job_status(second), Some("pending"));
}

#[tokio::test]
async fn a_job_runs_and_ends_by_itself() {
    let bench = Bench::moving(Options { speed: 1000.0, ..Options::default() }).await;
    let (_, job) =
        bench.one_job(NewJob { tags: vec!["eks-sandbox".to_owned()], ..NewJob::default() });
    let world = bench.sim.world();
    until(|| world.job_status(job) == Some("success")).await;
}

#[tokio::test]
async fn a_speed_of_nothing_is_refused() {
    assert!(start(Options { speed: 0.0, ..Options::default() }).await.is_err());
}

#[tokio::test]
async fn every_scenario_starts_and_answers() {
    for name in Scenario::names() {
        let bench = Bench::frozen(name).await;
        bench.sim.world().clear_faults();
        assert_eq!(bench.get("/version").await.status(), 200, "{name}");
    }
}

#[tokio::test]
async fn a_stopped_platform_no_longer_answers() {
    let bench = Bench::frozen("calm").await;
    assert_eq!(bench.get("/version").await.status(), 200);
    let url = format!("{}/api/v4/version", bench.sim.gitlab_url());
    bench.sim.stop().await;
    assert!(bench.client.get(url).send().await.is_err());
}
