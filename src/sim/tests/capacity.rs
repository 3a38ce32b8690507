//! The cluster under the queue, as the world moves it and its API server shows it.

use serde_json::Value;

use super::super::{NewJob, Options, Trouble};
use super::{Bench, until};

/// The objects of a list of the API server.
async fn objects(bench: &Bench, path: &str) -> Vec<Value> {
    let url = format!("{}{path}", bench.sim.kubernetes_url());
    let request = bench.client.get(url).bearer_auth(bench.sim.kubernetes_token());
    let mut list: Value = request.send().await.unwrap().json().await.unwrap();
    list["items"].as_array_mut().map(std::mem::take).unwrap_or_default()
}

async fn pods(bench: &Bench, namespace: &str) -> Vec<Value> {
    let path = format!("/api/v1/namespaces/{namespace}/pods");
    let mut pods = objects(bench, &path).await;
    pods.retain(|pod| pod["metadata"]["annotations"]["job.runner.gitlab.com/id"].is_string());
    pods
}

fn text<'a>(object: &'a Value, pointer: &str) -> &'a str {
    object.pointer(pointer).and_then(Value::as_str).unwrap_or_default()
}

fn job_of(pod: &Value) -> u64 {
    text(pod, "/metadata/annotations/job.runner.gitlab.com~1id").parse().unwrap()
}

/// The scheduler's words, where it refused the pod.
fn refusal(pod: &Value) -> Option<&str> {
    let conditions = pod["status"]["conditions"].as_array()?;
    let refused = conditions.iter().find(|one| one["reason"] == "Unschedulable")?;
    refused["message"].as_str()
}

/// A quick platform, with one job of the sandbox that lasts.
async fn one_job() -> (Bench, u64) {
    let bench =
        Bench::moving(Options { scenario: "quiet".into(), speed: 50.0, ..Options::default() })
            .await;
    let tags = vec!["eks-sandbox".to_owned()];
    let (_, job) = bench.one_job(NewJob { tags, seconds: 36_000.0, ..NewJob::default() });
    (bench, job)
}

/// The pod of a job, once it is in a phase.
async fn pod_in(bench: &Bench, job: u64, phase: &str) -> Value {
    for _ in 0..400 {
        let pods = pods(bench, "ci-sandbox").await;
        let is_it = |pod: &Value| job_of(pod) == job && text(pod, "/status/phase") == phase;
        if let Some(pod) = pods.into_iter().find(is_it) {
            return pod;
        }
        tokio::time::sleep(std::time::Duration::from_millis(25)).await;
    }
    panic!("no pod of job {job} became {phase}");
}

#[tokio::test]
async fn a_job_that_runs_has_a_pod_that_names_it() {
    let (bench, job) = one_job().await;
    let pod = pod_in(&bench, job, "Running").await;
    let project = bench.sim.world().job_project(job).unwrap().to_string();
    assert_eq!(text(&pod, "/metadata/labels/project.runner.gitlab.com~1id"), project);
    assert_eq!(text(&pod, "/spec/serviceAccountName"), "ci-job-sandbox");
    assert!(text(&pod, "/spec/nodeName").starts_with("ip-10-"));
    let id = text(&pod, "/metadata/labels/manager.runner.gitlab.com~1id-short");
    let name = text(&pod, "/metadata/name");
    assert!(name.starts_with(&format!("runner-{id}-project-{project}-concurrent-0-")), "{name}");
}

#[tokio::test]
async fn the_conditions_of_a_pod_come_one_after_the_other() {
    let (bench, job) = one_job().await;
    let pod = pod_in(&bench, job, "Running").await;
    let at = |kind: &str| {
        let conditions = pod["status"]["conditions"].as_array().unwrap();
        let one = conditions.iter().find(|one| one["type"] == kind).unwrap();
        assert_eq!(one["status"], "True", "{kind}");
        one["lastTransitionTime"].as_str().unwrap().to_owned()
    };
    let order =
        ["PodScheduled", "PodReadyToStartContainers", "Initialized", "ContainersReady", "Ready"];
    assert!(order.map(at).is_sorted());
}

#[tokio::test]
async fn a_job_that_succeeds_completes_its_pod() {
    let (bench, job) = one_job().await;
    pod_in(&bench, job, "Running").await;
    bench.sim.world().finish_job(job);
    let pod = pod_in(&bench, job, "Succeeded").await;
    assert_eq!(pod["status"]["containerStatuses"][0]["state"]["terminated"]["exitCode"], 0);
}

#[tokio::test]
async fn a_job_that_fails_fails_its_pod() {
    let (bench, job) = one_job().await;
    pod_in(&bench, job, "Running").await;
    bench.sim.world().fail_job(job, "script_failure");
    let pod = pod_in(&bench, job, "Failed").await;
    assert_eq!(pod["status"]["containerStatuses"][0]["state"]["terminated"]["exitCode"], 1);
}

#[tokio::test]
async fn in_the_incident_pods_find_no_room_and_the_group_is_at_its_maximum() {
    let bench = Bench::frozen("incident").await;
    let pods = pods(&bench, "ci-standard").await;
    let refused: Vec<&str> = pods.iter().filter_map(refusal).collect();
    assert!(refused.len() >= 3, "{} pods are refused", refused.len());
    assert!(refused.iter().all(|words| words.contains("Insufficient cpu")), "{refused:?}");
    assert!(refused.iter().all(|words| words.contains(" preemption: 0/")), "{refused:?}");
    let path = "/api/v1/nodes?labelSelector=eks.amazonaws.com/nodegroup=ci-standard";
    assert_eq!(objects(&bench, path).await.len(), 1);
    let events = objects(&bench, "/api/v1/namespaces/ci-standard/events").await;
    let said = |reason: &str, words: &str| {
        events.iter().any(|event| {
            event["reason"] == reason && event["message"].as_str().unwrap().contains(words)
        })
    };
    assert!(said("NotTriggerScaleUp", "1 max node group size reached"));
    assert!(said("FailedScheduling", "0/"));
}

#[tokio::test]
async fn the_managers_of_the_silent_runner_crash() {
    let bench = Bench::frozen("incident").await;
    let pods = objects(&bench, "/api/v1/namespaces/gitlab-runner/pods").await;
    let reason = "/status/containerStatuses/0/state/waiting/reason";
    let crashing = pods.iter().filter(|pod| text(pod, reason) == "CrashLoopBackOff");
    let names: Vec<&str> = crashing.map(|pod| text(pod, "/metadata/name")).collect();
    assert_eq!(names.len(), 2);
    assert!(
        names.iter().all(|name| name.starts_with("gitlab-runner-eks-standard-b-")),
        "{names:?}"
    );
}

#[tokio::test]
async fn on_the_calm_day_every_pod_finds_room() {
    let bench = Bench::frozen("calm").await;
    for namespace in ["ci-sandbox", "ci-standard", "ci-protected"] {
        let pods = pods(&bench, namespace).await;
        assert!(pods.len() >= 20, "{namespace}: {} pods", pods.len());
        assert_eq!(pods.iter().find_map(refusal), None, "{namespace}");
    }
}

#[tokio::test]
async fn no_node_gives_more_than_it_has() {
    let bench = Bench::frozen("incident").await;
    let nodes = objects(&bench, "/api/v1/nodes").await;
    let pods = objects(&bench, "/api/v1/pods").await;
    for node in nodes {
        let name = text(&node, "/metadata/name");
        let over = ["Succeeded", "Failed"];
        let mine = pods.iter().filter(|pod| {
            text(pod, "/spec/nodeName") == name && !over.contains(&text(pod, "/status/phase"))
        });
        let asked: i64 = mine
            .flat_map(|pod| pod["spec"]["containers"].as_array().unwrap())
            .map(|container| millis(text(container, "/resources/requests/cpu")))
            .sum();
        let there = millis(text(&node, "/status/allocatable/cpu"));
        assert!(0 < asked && asked <= there, "{name}: {asked} of {there}");
    }
}

fn millis(text: &str) -> i64 {
    match text.strip_suffix('m') {
        Some(millis) => millis.parse().unwrap(),
        None => text.parse::<i64>().unwrap_or(0) * 1000,
    }
}

#[tokio::test]
async fn the_same_seed_gives_the_same_pods() {
    let names = async |bench: &Bench| -> Vec<String> {
        let pods = pods(bench, "ci-standard").await;
        pods.iter().map(|pod| text(pod, "/metadata/name").to_owned()).collect()
    };
    let (first, second) = (Bench::frozen("calm").await, Bench::frozen("calm").await);
    assert_eq!(names(&first).await, names(&second).await);
}

#[tokio::test]
async fn a_forged_annotation_names_another_project_than_the_label() {
    let bench = Bench::frozen("forged").await;
    let pods = pods(&bench, "ci-sandbox").await;
    let named = |pod: &&Value| {
        text(pod, "/metadata/annotations/job.runner.gitlab.com~1name").starts_with("forged id")
    };
    let pod = pods.iter().find(named).unwrap();
    let claimed = bench.sim.world().job_project(job_of(pod)).unwrap().to_string();
    assert_ne!(text(pod, "/metadata/labels/project.runner.gitlab.com~1id"), claimed);
}

#[tokio::test]
async fn a_sandbox_job_may_run_in_the_protected_namespace_by_force() {
    let bench = Bench::frozen("forged").await;
    let pods = pods(&bench, "ci-protected").await;
    let names: Vec<&str> = pods
        .iter()
        .map(|pod| text(pod, "/metadata/annotations/job.runner.gitlab.com~1name"))
        .filter(|name| name.starts_with("wrong namespace"))
        .collect();
    assert_eq!(names, ["wrong namespace 1/1"]);
}

#[tokio::test]
async fn one_namespace_lacks_the_policy_that_denies_egress() {
    let bench = Bench::frozen("quiet").await;
    let policies = objects(&bench, "/apis/networking.k8s.io/v1/networkpolicies").await;
    let denying = policies.iter().filter(|one| one["metadata"]["name"] == "default-deny-egress");
    let places: Vec<&str> = denying.map(|one| text(one, "/metadata/namespace")).collect();
    assert_eq!(places, ["ci-protected", "ci-standard"]);
}

#[tokio::test]
async fn every_node_of_karpenter_has_a_claim_and_is_in_no_node_group() {
    let bench = Bench::frozen("karpenter").await;
    let path = "/api/v1/nodes?labelSelector=karpenter.sh/nodepool=ci-sandbox";
    let nodes = objects(&bench, path).await;
    let claims = objects(&bench, "/apis/karpenter.sh/v1/nodeclaims").await;
    let mut names: Vec<&str> = nodes.iter().map(|node| text(node, "/metadata/name")).collect();
    let mut claimed: Vec<&str> = claims.iter().map(|one| text(one, "/status/nodeName")).collect();
    names.sort_unstable();
    claimed.sort_unstable();
    assert!(names.len() >= 4);
    assert_eq!(names, claimed);
    let label = "/metadata/labels/eks.amazonaws.com~1nodegroup";
    assert!(nodes.iter().all(|node| node.pointer(label).is_none()));
    assert_eq!(objects(&bench, "/apis/karpenter.sh/v1/nodepools").await.len(), 1);
}

#[tokio::test]
async fn a_pod_that_waits_too_long_fails_its_job() {
    let bench =
        Bench::moving(Options { scenario: "quiet".into(), speed: 500.0, ..Options::default() })
            .await;
    bench.sim.world().trouble(Trouble::Gated);
    let (_, job) =
        bench.one_job(NewJob { tags: vec!["eks-sandbox".to_owned()], ..NewJob::default() });
    let world = bench.sim.world();
    until(|| world.job_status(job) == Some("failed")).await;
    let project = world.job_project(job).unwrap();
    let seen = bench.json(&format!("/projects/{project}/jobs/{job}")).await;
    assert_eq!(seen["failure_reason"], "runner_system_failure");
    let log = bench.get(&format!("/projects/{project}/jobs/{job}/trace")).await;
    assert!(log.text().await.unwrap().contains("timed out waiting for pod to start"));
}

#[tokio::test]
async fn a_group_grows_for_pods_that_find_no_room() {
    let bench =
        Bench::moving(Options { scenario: "quiet".into(), speed: 100.0, ..Options::default() })
            .await;
    let nodes = || bench.sim.world().objects("Node");
    let before = nodes();
    for _ in 0..18 {
        let tags = vec!["eks-sandbox".to_owned()];
        bench.one_job(NewJob { tags, seconds: 36_000.0, ..NewJob::default() });
    }
    until(|| nodes() >= before + 2).await;
    let events = objects(&bench, "/api/v1/namespaces/ci-sandbox/events").await;
    let grown = events.iter().find(|event| event["reason"] == "TriggeredScaleUp").unwrap();
    let message = grown["message"].as_str().unwrap();
    assert!(message.starts_with("pod triggered scale-up: [{eks-ci-sandbox-spot-"), "{message}");
    assert!(message.ends_with(" (max: 10)}]"), "{message}");
}

#[tokio::test]
async fn a_hundred_times_the_platform_knows_ten_thousand_pods() {
    let options = Options { scale: 100, scenario: "calm".into(), ..Options::default() };
    let begun = std::time::Instant::now();
    let bench = Bench::moving(options).await;
    let world = bench.sim.world();
    world.freeze();
    println!("scale 100 starts in {:?}", begun.elapsed());
    assert!(world.objects("Pod") >= 10_000, "{} pods", world.objects("Pod"));
    assert!(world.objects("Node") >= 600, "{} nodes", world.objects("Node"));
    let (active, _) = world.pods();
    assert!(active <= 5_000, "{active} active pods");
}
