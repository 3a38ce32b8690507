//! Why a job waits: the cause across systems is named with its evidence, and what cannot be read is never guessed.

use serde_json::Value;
use watchfloor::domain::{Job, JobId, SourceId, Status};
use watchfloor::sim::{self, ClusterFault, Fault, Server};

use super::check::printed;
use crate::harness::{self, Console};

/// A job of the tier standard that has waited for a while.
fn waiting(console: &Console) -> Option<JobId> {
    let state = &console.app().state;
    let is_it = |job: &Job| {
        job.status == Status::Pending && job.tags.iter().any(|tag| &**tag == "eks-standard")
    };
    state.jobs().iter().find(|(_, row)| is_it(&row.value)).map(|(id, _)| id)
}

/// Opens the answer about a waiting job of the tier standard.
async fn asked(console: &mut Console) {
    console.until("a job that waits", |console| waiting(console).is_some()).await;
    console.press("2 /").type_in("status:pending tier:standard");
    console.press("enter").sees("status:pending tier:standard").await;
    console.press("X").sees("how that was found").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn in_the_incident_a_waiting_job_names_the_node_group_with_evidence() {
    let mut console = Console::start("incident").await;
    console.sim().world().freeze();
    let is_read = |console: &mut Console| {
        let state = &console.app().state;
        let groups = state.nodegroups().iter().any(|(_, row)| row.value.max == Some(1));
        groups
            && !state.pods().is_empty()
            && !state.runners().is_empty()
            && !state.nodes().is_empty()
    };
    console.press("3").until("the capacity", is_read).await;
    asked(&mut console).await;
    console.sees("slots wait for pods: node group ci-standard is at its maximum (1 of 1)").await;
    console.sees("nodegroup.desired = ci-standard 1 of at most 1").await;
    console.sees("nodegroup.scale").await;
    console.press("end").sees("the waiting jobs by what they share").await;
    console.press("esc").sees_no("how that was found").await;
    console.finish().await;
}

/// Opens the answer about the first job that a filter finds, once there is one that has this name.
async fn asked_of(console: &mut Console, filter: &str, name: &str) {
    let is_known = |console: &mut Console| {
        let mut jobs = console.app().state.jobs().iter();
        jobs.any(|(_, row)| row.value.name.starts_with(name) && !row.value.status.has_ended())
    };
    console.until("the job to be known", is_known).await;
    console.press("2 /").type_in(filter);
    console.press("enter").sees(name).await;
    console.press("X").sees("how that was found").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_holds_the_resource_group_of_a_job_is_read_and_told() {
    let mut console = Console::start("incident").await;
    console.sim().world().freeze();
    asked_of(&mut console, "status:waiting_for_resource", "apply region").await;
    console.sees("resource group production is held by apply region").await;
    console.sees("resource_group.process_mode = unordered").await;
    console.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_job_that_waits_for_approval_names_who_may_give_it() {
    let mut console = Console::start("incident").await;
    console.sim().world().freeze();
    asked_of(&mut console, "status:manual payments/api 1/1", "deploy production 1/1").await;
    console.sees("the deployment to production waits for 1 approval(s) of Maintainers").await;
    console.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_delayed_job_counts_down_to_its_time() {
    let mut console = Console::start("incident").await;
    console.sim().world().freeze();
    asked_of(&mut console, "status:scheduled canary", "canary").await;
    console.sees("it starts in").await;
    console.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn where_the_details_are_refused_the_branch_is_open_and_says_why() {
    let mut console = Console::start("incident").await;
    console.sim().world().freeze();
    let refused = Fault {
        server: Server::Gitlab,
        path: Some("*/resource_groups*".into()),
        status: Some(403),
        ..Fault::default()
    };
    console.sim().world().fault(refused);
    asked_of(&mut console, "status:waiting_for_resource", "apply region").await;
    console.sees("cannot tell, because").await;
    console.sees("403").await;
    console.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn where_kubernetes_forbids_everything_it_cannot_be_told_and_says_why() {
    let sim = sim::start("incident".into()).await.expect("the simulator starts");
    let forbidden = Fault {
        server: Server::Kubernetes,
        kubernetes: Some(ClusterFault::Forbidden),
        ..Fault::default()
    };
    sim.world().fault(forbidden);
    sim.world().freeze();
    let mut console = Console::on(sim, 160, 48);
    let is_read = |console: &mut Console| {
        let state = &console.app().state;
        let refused = state
            .reports()
            .any(|(key, report)| key.source == SourceId::PODS && report.failure.is_some());
        refused && !state.runners().is_empty()
    };
    console.press("3").until("the refusal", is_read).await;
    asked(&mut console).await;
    console.sees("cannot tell, because").await;
    console.sees("pods of ci/ci-standard: forbidden").await;
    assert!(!console.picture().contains("is at its maximum"), "{}", console.picture());
    console.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_command_line_says_the_same_in_documented_fields() {
    let sim = sim::start("incident".into()).await.expect("the simulator starts");
    sim.world().freeze();
    let folder = tempfile::tempdir().expect("a folder");
    harness::config_file(&sim, &folder);
    let document = |text: &str| serde_json::from_str::<Value>(text).expect("a document");
    let jobs =
        printed(&["get", "jobs", "-o", "json", "-q", "status:pending tier:standard"], &folder);
    let jobs = document(&jobs.await);
    let job = &jobs["items"][0];
    let target = format!("{}#{}", job["project"].as_str().expect("a path"), job["id"]);
    let why = document(&printed(&["why", &target, "-o", "json"], &folder).await);
    assert_eq!(why["target"]["job_id"], job["id"]);
    assert_eq!((&why["leaf"], &why["cause"]["leaf"]), (&Value::from("B2c"), &Value::from("D2c3")));
    assert_eq!(why["first_act"], "nodegroup.scale");
    assert_eq!(why["certainty"], "certain", "the managers' metrics are read: {why}");
    assert!(why["shared_by"].as_u64().is_some_and(|jobs| jobs > 1), "{why}");
    let steps = why["steps"].as_array().expect("steps");
    let evidence = steps.iter().flat_map(|step| step["evidence"].as_array().into_iter().flatten());
    let said: Vec<&Value> = evidence.filter(|one| one["field"] == "nodegroup.desired").collect();
    assert!(
        said.iter().any(|one| one["source"] == "eks" && one["age_seconds"].is_f64()),
        "{said:?}"
    );
    let text = printed(&["why", &target], &folder).await;
    assert!(text.contains("node group ci-standard is at its maximum (1 of 1)"), "{text}");
    assert_eq!(printed(&["why", "acme/nothing#1"], &folder).await, "");
    sim.stop().await;
}
