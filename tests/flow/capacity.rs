//! The capacity under the queue: pods, nodes and node groups are those of the platform, joined to jobs only where true.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use watchfloor::api::Wiring;
use watchfloor::domain::{
    Claim, Contradiction, Failure, FailureKind, Finding, Health, JobId, NodeGroup, NodeGroupKind,
    Phase, Pod, PodId, Report, SourceId, Timestamp,
};
use watchfloor::finding::{self, Scene};
use watchfloor::runtime::Clock;
use watchfloor::sim::{self, Fault, Scenario, Sim};
use watchfloor::state::State;

use crate::harness::{self, Console, Rig};

const JOB: &str = "job.runner.gitlab.com/id";

/// The objects of a list of the API server, as a client that is not ours reads them.
async fn objects(sim: &Sim, path: &str) -> Vec<Value> {
    let client = reqwest::Client::builder().tls_certs_only([]).no_proxy().build().expect("one");
    let url = format!("{}{path}", sim.kubernetes_url());
    let asked = client.get(url).bearer_auth(sim.kubernetes_token()).send().await;
    let mut list: Value = asked.expect("an answer").json().await.expect("a list");
    list["items"].as_array_mut().map(std::mem::take).unwrap_or_default()
}

/// The pods of the tiers' namespaces there.
async fn pods_there(sim: &Sim) -> Vec<Value> {
    let mut pods = Vec::new();
    for tier in sim.tiers() {
        let path = format!("/api/v1/namespaces/{}/pods", tier.namespace);
        pods.extend(objects(sim, &path).await);
    }
    // The items of a list do not say what they are.
    for pod in &mut pods {
        pod["apiVersion"] = json!("v1");
        pod["kind"] = json!("Pod");
    }
    pods
}

fn text<'a>(object: &'a Value, pointer: &str) -> &'a str {
    object.pointer(pointer).and_then(Value::as_str).unwrap_or_default()
}

fn state(console: &Console) -> &State {
    &console.app().state
}

fn now() -> Timestamp {
    Clock::wall().now()
}

/// The findings of a rule.
fn found(console: &Console, code: &str) -> Vec<Finding> {
    let scene = Scene { state: state(console), now: now() };
    finding::judge(&scene).into_iter().filter(|one| one.id.code == code).collect()
}

fn pod_named<'a>(console: &'a Console, name: &str) -> Option<&'a Pod> {
    let mut pods = state(console).pods().iter();
    pods.find(|(_, row)| &*row.value.name == name).map(|(_, row)| &*row.value)
}

/// A job with a pod that runs it, beyond doubt, on a node whose group is known.
fn joined(console: &Console) -> Option<(JobId, PodId)> {
    let state = state(console);
    state.pods().iter().find_map(|(id, row)| {
        let (job, claim) = state.job_of_pod(id)?;
        let node = state.nodes().get(state.node_of(&row.value)?)?;
        state.nodegroups().get(node.group?)?;
        (claim == Claim::Verified && row.value.phase == Phase::Running).then_some((job, id))
    })
}

/// A frozen, calm platform, and a job on it that is joined to its pod.
async fn calm() -> (Console, JobId, PodId) {
    let mut console = Console::start("calm").await;
    console.sim().world().freeze();
    console.until("a job joined to its pod", |console| joined(console).is_some()).await;
    let (job, pod) = joined(&console).expect("just seen");
    (console, job, pod)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_job_that_runs_is_joined_to_its_pod_node_and_node_group_and_back() {
    let (console, job, pod) = calm().await;
    let state = state(&console);
    assert_eq!(state.pod_of_job(job), Some(pod));
    let told = state.pods().get(pod).expect("the pod");
    let node = state.node_of(told).expect("a node");
    assert!(state.pods_of_node(node).any(|id| id == pod));
    let group = state.nodes().get(node).and_then(|node| node.group).expect("a node group");
    assert!(state.nodes_of_group(group).any(|id| id == node));
    let group = state.nodegroups().get(group).expect("known");
    let tier = state.jobs().get(job).and_then(|job| job.tier).expect("a tier");
    assert_eq!((told.tier, group.tier), (Some(tier), Some(tier)));
    // The platform itself says the same.
    let there = pods_there(console.sim()).await;
    let there = there.iter().find(|one| text(one, "/metadata/name") == &*told.name).expect("there");
    assert_eq!(there["metadata"]["annotations"][JOB], json!(job.0.to_string()));
    assert_eq!(there["spec"]["nodeName"].as_str(), told.node.as_deref());
    console.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_pod_that_names_another_projects_job_is_never_believed() {
    let (mut console, job, pod) = calm().await;
    let mut forged = pods_there(console.sim()).await;
    let mine = state(&console).pods().get(pod).expect("the pod").project;
    forged.retain(|one| {
        let project = &one["metadata"]["labels"]["project.runner.gitlab.com/id"];
        let id = project.as_str().and_then(|id| id.parse::<u64>().ok());
        one["status"]["phase"] == "Running" && id.is_some() && id != mine.map(|id| id.0)
    });
    let mut forged = forged.pop().expect("a pod of another project");
    forged["metadata"]["name"] = json!("runner-forged");
    forged["metadata"]["uid"] = json!("00000000-0000-0000-0000-00000000f0f0");
    forged["metadata"]["annotations"][JOB] = json!(job.0.to_string());
    console.sim().world().apply(forged).expect("pods are known");
    console.until("the pod", |console| pod_named(console, "runner-forged").is_some()).await;
    let known = state(&console);
    let forged = pod_named(&console, "runner-forged").expect("just seen");
    let project = known.jobs().get(job).expect("the job").project;
    assert_eq!(known.claim(forged), Claim::Contradicted(Contradiction::OtherProject(project)));
    assert_eq!(known.pod_of_job(job), Some(pod), "the true pod stays the job's");
    // It is judged while the queue is young alone.
    let judged = |console: &mut Console| found(console, "join.contradicted").len() == 1;
    console.until("the finding", judged).await;
    console.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_forged_scenario_shows_a_claim_a_wrong_tier_and_a_privileged_pod() {
    let mut console = Console::start("forged").await;
    console.sim().world().freeze();
    let other = |console: &Console| {
        let mut pods = state(console).pods().iter();
        let lies = |pod: &Pod| {
            matches!(state(console).claim(pod), Claim::Contradicted(Contradiction::OtherProject(_)))
        };
        pods.find(|(_, row)| lies(&row.value)).map(|(id, _)| id)
    };
    console.until("the forgery", |console| other(console).is_some()).await;
    let forged = other(&console).expect("just seen");
    let (job, _) = state(&console).job_of_pod(forged).expect("a claim");
    let believed = state(&console).pod_of_job(job).filter(|pod| {
        state(&console).job_of_pod(*pod).is_some_and(|(_, claim)| claim.is_verified())
    });
    assert_ne!(believed, Some(forged));
    console
        .until("the broken promises", |console| !found(console, "promise.broken").is_empty())
        .await;
    console.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_change_of_a_pod_reaches_the_console_by_its_watch() {
    let (mut console, _, pod) = calm().await;
    let name = state(&console).pods().get(pod).expect("the pod").name.clone();
    let mut changed = pods_there(console.sim()).await;
    changed.retain(|one| text(one, "/metadata/name") == &*name);
    let mut changed = changed.pop().expect("the pod there");
    changed["status"]["phase"] = json!("Failed");
    changed["status"]["reason"] = json!("Evicted");
    let namespace = text(&changed, "/metadata/namespace").to_owned();
    console.sim().world().apply(changed).expect("pods are known");
    console
        .until("the pod to fail", |console| {
            pod_named(console, &name).is_some_and(|pod| pod.phase == Phase::Failed)
        })
        .await;
    assert_eq!(pod_named(&console, &name).map(|pod| pod.state.to_string()), Some("Evicted".into()));
    console.sim().world().remove("Pod", Some(&namespace), &name);
    console.until("the pod to go", |console| pod_named(console, &name).is_none()).await;
    console.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn in_the_incident_the_group_at_its_maximum_is_found_with_the_schedulers_words() {
    let mut console = Console::start("incident").await;
    console.sim().world().freeze();
    console.until("the finding", |console| !found(console, "capacity.at_max").is_empty()).await;
    let finding = found(&console, "capacity.at_max").remove(0);
    assert!(finding.title.contains("ci-standard is at its maximum (1 of 1)"), "{}", finding.title);
    let waits = |console: &Console| {
        let pods = state(console).pods().iter();
        let of = |pod: &Pod| &*pod.state == "Unschedulable" && &*pod.namespace == "ci-standard";
        pods.filter(|(_, row)| of(&row.value))
            .map(|(_, row)| row.value.message.clone())
            .collect::<Vec<_>>()
    };
    let words = waits(&console);
    assert!(words.len() >= 3, "{words:?}");
    let said = |words: &Option<watchfloor::domain::Text>| {
        words.as_deref().is_some_and(|words| words.contains("Insufficient cpu"))
    };
    assert!(words.iter().all(said), "{words:?}");
    console.until("the queue", |console| !found(console, "queue.late").is_empty()).await;
    console.finish().await;
}

/// The names of these objects.
fn names(objects: &[Value]) -> BTreeSet<String> {
    objects.iter().map(|one| text(one, "/metadata/name").to_owned()).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_pool_of_karpenter_is_joined_to_its_claims_and_its_nodes() {
    let mut console = Console::start("karpenter").await;
    console.sim().world().freeze();
    let pools = objects(console.sim(), "/apis/karpenter.sh/v1/nodepools").await;
    let claims = names(&objects(console.sim(), "/apis/karpenter.sh/v1/nodeclaims").await);
    let mut nodes = objects(console.sim(), "/api/v1/nodes").await;
    let [pool] = pools.as_slice() else { panic!("one pool: {pools:?}") };
    let name = text(pool, "/metadata/name");
    nodes.retain(|node| node["metadata"]["labels"]["karpenter.sh/nodepool"] == name);
    let nodes = names(&nodes);
    assert!(!claims.is_empty() && claims.len() == nodes.len(), "{claims:?} {nodes:?}");
    let here = |console: &Console| {
        let state = state(console);
        let is_it = |group: &NodeGroup| group.kind == NodeGroupKind::Karpenter;
        let (id, row) = state.nodegroups().iter().find(|(_, row)| is_it(&row.value))?;
        let claims = state.claims_of_group(id).filter_map(|id| state.node_claims().get(id));
        let claims = claims.map(|claim| claim.name.to_string()).collect::<BTreeSet<_>>();
        let nodes = state.nodes_of_group(id).filter_map(|id| state.nodes().get(id));
        let nodes = nodes.map(|node| node.name.to_string()).collect::<BTreeSet<_>>();
        Some((row.value.name.to_string(), claims, nodes))
    };
    let there = Some((name.to_owned(), claims, nodes));
    console.until("the pool, its claims and nodes", |console| here(console) == there).await;
    for scope in ["/nodepools", "/nodeclaims"] {
        assert!(is_well(&console, SourceId::NODEPOOLS, scope), "{scope}");
    }
    console.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_cluster_without_karpenter_lacks_nothing() {
    let mut console = Console::start("calm").await;
    let scopes = ["/nodepools", "/nodeclaims"];
    let well = |console: &mut Console| {
        scopes.iter().all(|scope| is_well(console, SourceId::NODEPOOLS, scope))
    };
    console.until("the feeds of Karpenter", well).await;
    let verdicts = scopes.map(|scope| health(&console, SourceId::NODEPOOLS, scope));
    assert_eq!(verdicts, [Some(Health::Live); 2]);
    assert_eq!(state(&console).node_claims().len(), 0);
    console.finish().await;
}

/// Waits until the console knows the pods of the platform, all of them, and no more.
async fn until_all_pods(console: &mut Console) {
    console.until("the pods", |console| is_well(console, PODS.0, PODS.1)).await;
    console.sim().world().freeze();
    let there = names(&pods_there(console.sim()).await);
    assert!(there.len() > 3, "{there:?}");
    let here = |console: &mut Console| {
        let pods = state(console).pods().iter();
        pods.map(|(_, row)| row.value.name.to_string()).collect::<BTreeSet<_>>() == there
    };
    console.until("the same pods", here).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn eks_alone_leads_into_its_cluster() {
    let only_eks = |rig: &mut Rig<'_>| {
        let cluster = rig.config["cluster"][0].as_object_mut().expect("a table");
        cluster.remove("kubeconfig").expect("what demo has");
    };
    let mut console = Console::rigged("calm", only_eks).await;
    until_all_pods(&mut console).await;
    console.until("the groups", |console| is_well(console, GROUPS.0, GROUPS.1)).await;
    console.finish().await;
}

/// The console in a pod of the cluster, with this token in its file.
async fn in_a_pod(token: &str) -> Console {
    let inside = |rig: &mut Rig<'_>| {
        rig.config["cluster"] = json!([{"name": harness::CLUSTER, "in_cluster": true}]);
        let root = rig.folder.path().join("pod");
        let account = root.join("var/run/secrets/kubernetes.io/serviceaccount");
        std::fs::create_dir_all(&account).expect("a folder");
        let token = if token.is_empty() { rig.sim.kubernetes_token() } else { token };
        std::fs::write(account.join("token"), token).expect("a file");
        let address = rig.sim.kubernetes_url().trim_start_matches("http://");
        let (host, port) = address.split_once(':').expect("a port");
        let (host, port) = (host.to_owned(), port.to_owned());
        let env = move |name: &str| match name {
            "KUBERNETES_SERVICE_HOST" => Some(host.clone()),
            "KUBERNETES_SERVICE_PORT" => Some(port.clone()),
            _ => None,
        };
        rig.wiring = Wiring { root, ..Wiring::new(now, env) };
    };
    Console::rigged("calm", inside).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_pod_reads_the_cluster_that_it_runs_in_by_its_service_account() {
    let mut console = in_a_pod("").await;
    until_all_pods(&mut console).await;
    console.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_service_account_that_is_refused_is_told_with_its_file() {
    let mut console = in_a_pod("not-a-token").await;
    console.until("a failure", |console| failure(console, PODS.0, PODS.1).is_some()).await;
    let failure = failure(&console, PODS.0, PODS.1).expect("just seen");
    assert_eq!(failure.kind, FailureKind::TokenInvalid);
    assert!(failure.hint.contains("service account's token"), "{}", failure.hint);
    console.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_namespace_that_does_not_exist_makes_its_feed_partial() {
    let lost = |rig: &mut Rig<'_>| rig.config["tier"][0]["namespace"] = json!("ci-nowhere");
    let mut console = Console::rigged("calm", lost).await;
    let scope = "/ci-nowhere/pods";
    let gap = |console: &Console| report(console, SourceId::PODS, scope)?.gap.clone();
    console.until("the gap", |console| gap(console).is_some()).await;
    let gap = gap(&console).expect("just seen");
    assert_eq!(&*gap.message, "namespace ci-nowhere does not exist in ci");
    assert!(gap.hint.contains("namespace"), "{}", gap.hint);
    assert_eq!(health(&console, SourceId::PODS, scope), Some(Health::Partial));
    console.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn get_pods_equals_what_kubectl_would_be_told() {
    let sim = sim::start("calm".into()).await.expect("the simulator starts");
    sim.world().freeze();
    let folder = tempfile::tempdir().expect("a folder");
    harness::config_file(&sim, &folder);
    let printed = super::check::printed(&["get", "pods", "-o", "json"], &folder).await;
    let printed: Value = serde_json::from_str(&printed).expect("a document");
    let part = |word: &str| word.to_owned();
    let items = printed["items"].as_array().expect("items").iter();
    let here: BTreeSet<[String; 4]> = items
        .map(|pod| ["/namespace", "/name", "/phase", "/node"].map(|key| part(text(pod, key))))
        .collect();
    let keys = ["/metadata/namespace", "/metadata/name", "/status/phase", "/spec/nodeName"];
    let there = pods_there(&sim).await;
    let there: BTreeSet<[String; 4]> =
        there.iter().map(|pod| keys.map(|key| part(text(pod, key)))).collect();
    assert!(there.len() > 3, "{there:?}");
    assert_eq!(here, there);
    sim.stop().await;
}

/// The report of a feed over a scope that ends so.
fn report<'a>(console: &'a Console, feed: SourceId, ending: &str) -> Option<&'a Report> {
    let mut reports = state(console).reports();
    let is_it = |scope: &str| scope.ends_with(ending);
    reports.find(|(key, _)| key.source == feed && is_it(&key.scope.0)).map(|(_, one)| one)
}

fn failure<'a>(console: &'a Console, feed: SourceId, ending: &str) -> Option<&'a Failure> {
    report(console, feed, ending)?.failure.as_ref()
}

fn health(console: &Console, feed: SourceId, ending: &str) -> Option<Health> {
    Some(report(console, feed, ending)?.health(now()))
}

fn is_well(console: &Console, feed: SourceId, ending: &str) -> bool {
    report(console, feed, ending)
        .is_some_and(|one| one.failure.is_none() && one.gap.is_none() && one.confirmed_at.is_some())
}

const PODS: (SourceId, &str) = (SourceId::PODS, "/ci-standard/pods");
const NODES: (SourceId, &str) = (SourceId::NODES, "/nodes");
const GROUPS: (SourceId, &str) = (SourceId::NODEGROUPS, "/nodegroups");
const QUEUE: (SourceId, &str) = (SourceId::QUEUE, "");

/// Sets these faults going at once, until they are lifted.
fn break_by(console: &Console, faults: Vec<Fault>) {
    for fault in faults {
        let fault = Fault { from_seconds: None, until_seconds: None, ..fault };
        console.sim().world().fault(fault);
    }
}

/// The faults of a scenario file.
fn faults_of(scenario: &str) -> Vec<Fault> {
    let faults = Scenario::load(scenario).expect("a shipped scenario").fault;
    assert!(!faults.is_empty(), "{scenario} has no fault");
    faults
}

/// Waits until a pod came by the watch that follows the first list: a watch stands.
async fn until_watched(console: &mut Console) {
    console.until("the pods", |console| is_well(console, PODS.0, PODS.1)).await;
    let pod = json!({
        "apiVersion": "v1", "kind": "Pod",
        "metadata": {"name": "runner-probe", "namespace": "ci-standard"},
        "spec": {"containers": []}, "status": {"phase": "Pending"},
    });
    console.sim().world().apply(pod).expect("pods are known");
    console.until("the pod", |console| pod_named(console, "runner-probe").is_some()).await;
    console.sim().world().freeze();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn watches_that_break_off_are_down_at_once_and_come_back_by_themselves() {
    let mut console = Console::start("calm").await;
    until_watched(&mut console).await;
    break_by(&console, faults_of("kubernetes_cut"));
    let cut = |console: &Console| report(console, PODS.0, PODS.1).is_some_and(|one| one.is_cut_off);
    console.until("the watch to break off", |console| cut(console)).await;
    assert_eq!(health(&console, PODS.0, PODS.1), Some(Health::Down));
    assert_eq!(failure(&console, PODS.0, PODS.1).map(|one| one.kind), Some(FailureKind::CutBody));
    console.sim().world().clear_faults();
    console.until("recovery", |console| is_well(console, PODS.0, PODS.1)).await;
    console.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_watch_that_says_nothing_is_noted_then_partial_and_well_once_one_speaks() {
    let hasty = |rig: &mut Rig<'_>| {
        rig.wiring.silence = Duration::from_secs(1);
        rig.sim.world().bookmarks_every(Duration::from_millis(100));
    };
    let mut console = Console::rigged("calm", hasty).await;
    console.until("the pods", |console| is_well(console, PODS.0, PODS.1)).await;
    console.sim().world().freeze();
    break_by(&console, faults_of("kubernetes_silent"));
    let is_noted = |console: &Console| {
        let note = failure(console, PODS.0, PODS.1);
        note.is_some_and(|one| {
            one.message.contains("said nothing for 1 s") && one.message.contains("opened anew")
        })
    };
    console.until("the first silence", |console| is_noted(console)).await;
    assert_eq!(health(&console, PODS.0, PODS.1), Some(Health::Live), "it is only noted");
    let verdict = |console: &Console| health(console, PODS.0, PODS.1);
    console.until("another", |console| verdict(console) == Some(Health::Partial)).await;
    console.sim().world().clear_faults();
    console.until("one that speaks", |console| is_well(console, PODS.0, PODS.1)).await;
    console.finish().await;
}

/// Plays the faults of a scenario file, all at once and until they are lifted: the feed must fail in that way with a
/// hint, the other one stay well, what was known stay known, and all recover by itself.
async fn the_file_shows(
    scenario: &str,
    feed: (SourceId, &str),
    kinds: &[FailureKind],
    other: (SourceId, &str),
) {
    let faults = faults_of(scenario);
    let mut console = Console::start("calm").await;
    let all = [PODS, NODES, GROUPS, QUEUE];
    let well = |console: &mut Console| all.iter().all(|one| is_well(console, one.0, one.1));
    console.until("every feed", well).await;
    until_watched(&mut console).await;
    let sizes = |console: &Console| {
        let state = state(console);
        [state.pods().len(), state.nodes().len(), state.nodegroups().len()]
    };
    let before = sizes(&console);
    assert!(before.iter().all(|size| *size > 0), "{before:?}");
    break_by(&console, faults);
    let fails = |console: &Console| {
        failure(console, feed.0, feed.1).filter(|failure| kinds.contains(&failure.kind)).cloned()
    };
    console.press("f5").until(scenario, |console| fails(console).is_some()).await;
    let hint = fails(&console).expect("just seen").hint;
    assert!(!hint.is_empty(), "{scenario} has no hint");
    assert!(failure(&console, other.0, other.1).is_none(), "{other:?} fails with it");
    let after = sizes(&console);
    // What the platform itself takes away is no loss of ours: a few pods of other namespaces end meanwhile.
    let is_kept = |place: usize| {
        let goes_on = [PODS, NODES, GROUPS][place] != feed;
        after[place] >= if goes_on { 1 } else { before[place] - before[place] / 10 }
    };
    assert!((0..3).all(is_kept), "{after:?} {before:?}");
    console.sim().world().clear_faults();
    console.press("f5").until("recovery", well).await;
    console.finish().await;
}

macro_rules! failure_files {
    ($($test:ident: $scenario:literal => $feed:ident fails by $($kind:ident)|+, $other:ident does not;)*) => {$(
        #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
        async fn $test() {
            the_file_shows($scenario, $feed, &[$(FailureKind::$kind),+], $other).await;
        }
    )*};
}

failure_files! {
    the_file_of_answers_that_break_off: "kubernetes_cut" => PODS fails by CutBody, QUEUE does not;
    the_file_of_a_way_on_that_is_too_old: "kubernetes_expired_continue" => PODS fails by Other, QUEUE does not;
    the_file_of_nodes_that_are_forbidden: "kubernetes_forbidden_nodes" => NODES fails by Forbidden, PODS does not;
    the_file_of_a_version_that_is_gone: "kubernetes_gone" => PODS fails by Other, GROUPS does not;
    the_file_of_a_restart: "kubernetes_restart" => PODS fails by Connect, GROUPS does not;
    the_file_of_a_version_that_lies_ahead: "kubernetes_too_large" => PODS fails by Server, GROUPS does not;
    the_file_of_a_token_of_the_cluster: "kubernetes_unauthorized" => PODS fails by TokenInvalid, GROUPS does not;
    the_file_of_a_right_in_aws: "aws_access_denied" => GROUPS fails by Forbidden, PODS does not;
    the_file_of_a_session_in_aws: "aws_expired_token" => GROUPS fails by TokenExpired, NODES does not;
    the_file_of_a_throttled_aws: "aws_throttled" => GROUPS fails by RateLimited, PODS does not;
}

/// The feeds of a cluster: three tiers with four each, nodes, occupants, and Karpenter's two.
const FEEDS: u64 = 16;

/// Plays the faults of a scenario file for three seconds and counts: a feed fails at once, about a second and about three
/// seconds later, with two or three requests a time. A hot loop would ask thousands of times.
async fn the_file_is_asked_with_patience(scenario: &str) {
    let mut console = Console::start("calm").await;
    until_watched(&mut console).await;
    break_by(&console, faults_of(scenario));
    let fails = |console: &Console| failure(console, PODS.0, PODS.1).is_some();
    console.until(scenario, |console| fails(console)).await;
    let (begun, before) = (Instant::now(), console.sim().kubernetes_requests());
    console.until("three seconds", |_| begun.elapsed() > Duration::from_secs(3)).await;
    let asked = console.sim().kubernetes_requests() - before;
    assert!(asked > 0, "nobody asked again");
    assert!(asked <= FEEDS * 9, "{asked} requests in three seconds");
    console.sim().world().clear_faults();
    console.press("f5").until("recovery", |console| is_well(console, PODS.0, PODS.1)).await;
    console.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_version_that_lies_ahead_is_no_hot_loop() {
    Box::pin(the_file_is_asked_with_patience("kubernetes_too_large")).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_way_on_that_is_always_too_old_is_no_hot_loop() {
    Box::pin(the_file_is_asked_with_patience("kubernetes_expired_continue")).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_file_of_a_group_without_instances_shows_its_issue_and_passes() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = include_str!("../../src/sim/scenarios/aws_degraded.toml")
        .replace("at_seconds = 10", "at_seconds = -10")
        .replace("at_seconds = 40", "at_seconds = 4");
    let path = harness::write(&folder, "degraded.toml", &file).display().to_string();
    let mut console = Console::start(&path).await;
    let issue = |console: &Console| {
        let mut groups = state(console).nodegroups().iter();
        let (_, row) = groups.find(|(_, row)| &*row.value.name == "ci-sandbox-spot")?;
        row.value.issues.first().map(|issue| issue.code.to_string())
    };
    console.until("the issue", |console| issue(console).is_some()).await;
    assert_eq!(issue(&console).as_deref(), Some("AsgInstanceLaunchFailures"));
    console.until("its finding", |console| !found(console, "capacity.group_ill").is_empty()).await;
    console
        .press("f5")
        .until("it to pass", |console| {
            console.press("f5");
            issue(console).is_none()
        })
        .await;
    console.finish().await;
}
