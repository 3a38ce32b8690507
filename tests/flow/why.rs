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
