//! Acts change the cluster under the runners: the right object or none, each at most once, none without its record.

use std::fs;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::time::sleep;
use watchfloor::action::{Desk, Gate, Refused};
use watchfloor::api::Wiring;
use watchfloor::audit::Ledger;
use watchfloor::config::Writes;
use watchfloor::domain::{ActReport as Report, Deed, Ending, Proposal, TargetKind, Text, find_act};
use watchfloor::runtime::Clock;
use watchfloor::sim::{self, AwsFault, ClusterFault, Fault, Options, Server, Sim};

use crate::harness::{CLUSTER, settings};

/// How long the platform may take.
const PATIENCE: Duration = Duration::from_secs(20);
/// The node group that may be resized here, and the namespace of its pods.
const STANDARD: &str = "ci-standard";

/// A platform, and a desk before it whose window is open.
struct Stage {
    sim: Sim,
    desk: Desk,
    gate: Gate,
    ledger: PathBuf,
    requests: PathBuf,
    folder: TempDir,
}

impl Stage {
    /// A platform in which nothing happens but what somebody does.
    async fn frozen() -> Stage {
        let stage = Stage::at_speed("calm", 1.0).await;
        stage.sim.world().freeze();
        stage
    }

    async fn at_speed(scenario: &str, speed: f64) -> Stage {
        let folder = tempfile::tempdir().expect("a folder");
        let requests = folder.path().join("requests.jsonl");
        let log = Some(requests.clone());
        let options = Options { requests_log: log, speed, ..Options::from(scenario) };
        let sim = sim::start(options).await.expect("the platform starts");
        let ledger = folder.path().join("state").join("audit.db");
        let os = (Text::new("tester"), Text::new("here"));
        let wiring = Wiring::new(|| Clock::wall().now(), |_| None);
        let desk = Desk::new(&settings(&sim, &folder), &ledger, os, wiring);
        let mut gate = Gate::new(Writes::Arm, Duration::from_mins(15));
        gate.arm(Clock::wall().now()).expect("armed");
        Stage { sim, desk, gate, ledger, requests, folder }
    }

    /// What a client that is not ours reads of the API server: the status, and the object.
    async fn read(&self, path: &str) -> (u16, Value) {
        let client =
            reqwest::Client::builder().tls_certs_only([]).no_proxy().build().expect("a client");
        let url = format!("{}{path}", self.sim.kubernetes_url());
        let asked = client.get(url).bearer_auth(self.sim.kubernetes_token()).send().await;
        let answer = asked.expect("an answer");
        (answer.status().as_u16(), answer.json().await.expect("an object"))
    }

    async fn items(&self, path: &str) -> Vec<Value> {
        let (_, mut list) = self.read(path).await;
        list["items"].as_array_mut().map(std::mem::take).unwrap_or_default()
    }

    async fn pods(&self) -> Vec<Value> {
        self.items(&format!("/api/v1/namespaces/{STANDARD}/pods")).await
    }

    /// A pod that runs a job: its name, its UID and the job.
    async fn running_pod(&self) -> (String, String, u64) {
        let pods = self.pods().await;
        let job = |pod: &Value| {
            let job = &pod["metadata"]["annotations"]["job.runner.gitlab.com/id"];
            job.as_str().and_then(|job| job.parse::<u64>().ok())
        };
        let runs = |pod: &&Value| {
            let job = job(pod).and_then(|job| self.sim.world().job_status(job));
            pod["status"]["phase"] == "Running" && job == Some("running")
        };
        let pod = pods.iter().find(runs).expect("a pod with a job");
        (word(pod, "/metadata/name"), word(pod, "/metadata/uid"), job(pod).expect("its job"))
    }

    async fn a_node(&self) -> String {
        let nodes = self.items("/api/v1/nodes").await;
        word(nodes.first().expect("a node"), "/metadata/name")
    }

    async fn is_cordoned(&self, node: &str) -> bool {
        self.read(&format!("/api/v1/nodes/{node}")).await.1["spec"]["unschedulable"] == true
    }

    /// What kubectl says, on a machine that has it.
    async fn kubectl(&self, words: &[&str]) -> Option<String> {
        let kubeconfig = self.folder.path().join("kubeconfig");
        let mut command = tokio::process::Command::new("kubectl");
        let cache = self.folder.path().join("kubectl");
        command.arg("--kubeconfig").arg(kubeconfig).arg("--cache-dir").arg(cache);
        let output = match command.args(words).output().await {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return None,
            output => output.expect("kubectl runs"),
        };
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        Some(String::from_utf8_lossy(&output.stdout).into_owned())
    }

    /// A confirmed proposal; `words` is the target without its cluster.
    fn proposal(act: &str, words: &str) -> Proposal {
        let act = find_act(act).expect("a known act");
        let target = act.target.read(&format!("{CLUSTER}/{words}")).expect("a target");
        Proposal {
            typed: Some(Text::new(&target.to_string())),
            reason: Some(Text::new("the disk is full")),
            ..Proposal::new(act, target)
        }
    }

    fn resizing(group: &str, sizes: &[(&str, u32)]) -> Proposal {
        let size = |(name, size): &(&str, u32)| (Text::new(name), Text::new(&size.to_string()));
        let settings = sizes.iter().map(size).collect();
        Proposal { settings, ..Stage::proposal("nodegroup.scale", group) }
    }

    async fn perform(&self, proposal: Proposal) -> Result<Report, Refused> {
        let mut reports = self.desk.perform(&self.gate, &[proposal]).await.expect("admitted");
        reports.pop().expect("one proposal, one report")
    }

    async fn act(&self, act: &str, words: &str) -> Result<Report, Refused> {
        self.perform(Stage::proposal(act, words)).await
    }

    /// The sizes of the node group: minimum, desired, maximum.
    async fn sizes(&self) -> Vec<String> {
        let target = TargetKind::NodeGroup.read(&format!("{CLUSTER}/{STANDARD}")).expect("one");
        let seen = self.desk.look(&target).await.expect("described");
        let known = |name: &str| seen.facts.iter().find(|(known, _)| &**known == name);
        let size = |name: &&str| known(name).map(|(_, size)| size.to_string());
        ["min", "desired", "max"].iter().filter_map(size).collect()
    }

    fn deeds(&self) -> Vec<Deed> {
        match Ledger::read_at(&self.ledger) {
            Ok(ledger) => ledger.deeds().unwrap_or_default(),
            Err(_) => Vec::new(),
        }
    }

    /// How many changing requests the platforms received; questions about oneself are none.
    fn changes(&self) -> usize {
        let log = fs::read_to_string(&self.requests).unwrap_or_default();
        let changing = |line: &&str| {
            line.contains("\"DELETE\"")
                || line.contains("\"PATCH\"")
                || line.contains("\"PUT\"")
                || line.contains("update-config")
        };
        log.lines().filter(changing).count()
    }

    async fn until(&self, what: &str, mut holds: impl AsyncFnMut(&Stage) -> bool) {
        let begun = Instant::now();
        while !holds(self).await {
            assert!(begun.elapsed() < PATIENCE, "waited in vain for {what}");
            sleep(Duration::from_millis(100)).await;
        }
    }
}

fn word(object: &Value, pointer: &str) -> String {
    object.pointer(pointer).and_then(Value::as_str).unwrap_or_default().to_owned()
}

fn said(report: &Report) -> String {
    report.outcome.message.as_deref().unwrap_or_default().to_owned()
}

fn objection(answer: Result<Report, Refused>) -> String {
    match answer {
        Err(Refused::Objection(why)) => why,
        other => panic!("{other:?}"),
    }
}

/// A fault on requests of this method to the cluster.
fn on_cluster(method: &str, fault: Fault) -> Fault {
    Fault { server: Server::Kubernetes, method: Some(method.to_owned()), ..fault }
}

/// A fault on the resizing of node groups.
fn on_resizing(fault: Fault) -> Fault {
    let operation = Some("UpdateNodegroupConfig".to_owned());
    Fault { server: Server::Aws, operation, ..fault }
}

fn headed(name: &str, value: &str, fault: Fault) -> Fault {
    let mut fault = fault;
    fault.headers.insert(name.to_owned(), value.to_owned());
    fault
}

/// The ways in which an answer is lost after the platform did what was asked.
fn lost_answers() -> [Fault; 3] {
    [
        Fault { close: true, ..Fault::default() },
        Fault { status: Some(503), done: true, ..Fault::default() },
        Fault { status: Some(504), done: true, ..Fault::default() },
    ]
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_node_group_that_is_raised_lets_the_pods_that_wait_be_placed() {
    let stage = Stage::at_speed("incident", 30.0).await;
    let unplaced = async |stage: &Stage| {
        let waits = |pod: &Value| pod["spec"]["nodeName"].is_null();
        let pods = stage.pods().await.into_iter().filter(waits);
        pods.map(|pod| word(&pod, "/metadata/name")).collect::<Vec<_>>()
    };
    stage.until("a pod that finds no room", async |stage| !unplaced(stage).await.is_empty()).await;
    let waiting = unplaced(&stage).await;
    let report = stage.perform(Stage::resizing(STANDARD, &[("desired", 6), ("max", 8)])).await;
    let report = report.expect("sent");
    assert_eq!((report.outcome.ending, report.outcome.status), (Ending::Done, Some(200)));
    let placed = async |stage: &Stage| {
        let is_one = |pod: &Value| waiting.contains(&word(pod, "/metadata/name"));
        let has_node = |pod: &Value| !pod["spec"]["nodeName"].is_null();
        stage.pods().await.iter().any(|pod| is_one(pod) && has_node(pod))
    };
    stage.until("one of them on a node", placed).await;
    let deeds = stage.deeds();
    let deed = deeds.first().expect("a record");
    assert_eq!((&*deed.act, &*deed.target), ("nodegroup.scale", "ci/ci-standard"));
    let (name, sizes) = deed.settings.last().expect("its sizes before");
    assert_eq!((deed.settings.len(), &**name), (3, "before"));
    assert!(sizes.starts_with("min ") && sizes.contains(", desired ") && sizes.contains(", max "));
    assert!(deed.wire.url.ends_with("/clusters/ci/node-groups/ci-standard/update-config"));
    assert!(deed.actor.user.starts_with("arn:aws:"), "{}", deed.actor.user);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_cordon_is_seen_by_others_and_is_taken_back() {
    let stage = Stage::frozen().await;
    let node = stage.a_node().await;
    for (act, is_cordoned) in [("node.cordon", true), ("node.uncordon", false)] {
        let report = stage.act(act, &node).await.expect("sent");
        assert_eq!((report.outcome.ending, report.outcome.status), (Ending::Done, Some(200)));
        assert_eq!(stage.is_cordoned(&node).await, is_cordoned);
        match stage.kubectl(&["get", "node", &node]).await {
            Some(told) => assert_eq!(told.contains("SchedulingDisabled"), is_cordoned, "{told}"),
            // What was read above is what kubectl reads.
            None => eprintln!("NOT SEEN BY KUBECTL: this machine has none; a plain GET saw it"),
        }
        let told = report.after.expect("looked at").state;
        assert_eq!(told.contains("SchedulingDisabled"), is_cordoned, "{told}");
    }
    let deeds = stage.deeds();
    let url = format!("{}/api/v1/nodes/{node}", stage.sim.kubernetes_url());
    assert_eq!((&*deeds[0].wire.method, &*deeds[0].wire.url), ("PATCH", url.as_str()));
    assert_eq!(&*deeds[0].actor.user, "watchfloor");
    assert_eq!(stage.changes(), 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_pod_that_is_deleted_goes_and_its_job_fails() {
    let stage = Stage::frozen().await;
    let (name, uid, job) = stage.running_pod().await;
    let words = format!("{STANDARD}/{name}");
    let proposal = Stage::proposal("pod.delete", &words);
    let seen = stage.desk.look(&proposal.target).await.expect("there");
    let claimed = seen.facts.iter().find(|(fact, _)| &**fact == "job").expect("a job");
    assert!(claimed.1.starts_with(&job.to_string()) && claimed.1.contains("claimed"));
    assert_eq!(seen.identity.as_deref(), Some(uid.as_str()));
    let report = stage.perform(Proposal { identity: seen.identity, ..proposal }).await;
    assert_eq!(report.expect("sent").outcome.ending, Ending::Done);
    let (_, pod) = stage.read(&format!("/api/v1/namespaces/{STANDARD}/pods/{name}")).await;
    assert!(pod["metadata"]["deletionTimestamp"].is_string());
    assert_eq!(stage.sim.world().job_status(job), Some("failed"));
    assert!(objection(stage.act("pod.delete", &words).await).contains("being deleted already"));
    assert_eq!(stage.changes(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn another_pod_of_the_same_name_is_not_hit() {
    let stage = Stage::frozen().await;
    let (name, _, job) = stage.running_pod().await;
    let proposal = Stage::proposal("pod.delete", &format!("{STANDARD}/{name}"));
    let meant = Some(Text::new("00000000-0000-0000-0000-000000000000"));
    let why = objection(stage.perform(Proposal { identity: meant, ..proposal }).await);
    assert!(why.contains("another one now"), "{why}");
    assert_eq!((stage.changes(), stage.deeds().len()), (0, 0));
    assert_eq!(stage.sim.world().job_status(job), Some("running"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_pod_that_is_replaced_between_look_and_request_is_not_hit() {
    let stage = Stage::frozen().await;
    let (name, uid, _) = stage.running_pod().await;
    let at = format!("/api/v1/namespaces/{STANDARD}/pods/{name}");
    let (_, mut other) = stage.read(&at).await;
    other["metadata"]["uid"] = json!("00000000-0000-0000-0000-00000000f0f0");
    let slow = Fault { delay_ms: 1500, ..Fault::default() };
    stage.sim.world().fault(on_cluster("DELETE", slow));
    let replace = async {
        stage.until("the record", async |stage| !stage.deeds().is_empty()).await;
        assert!(stage.sim.world().remove("Pod", Some(STANDARD), &name));
        stage.sim.world().apply(other).expect("pods are known");
    };
    let words = format!("{STANDARD}/{name}");
    let (report, ()) = tokio::join!(stage.act("pod.delete", &words), replace);
    let report = report.expect("sent");
    assert_eq!((report.outcome.ending, report.outcome.status), (Ending::Failed, Some(409)));
    assert!(said(&report).contains("look again"), "{}", said(&report));
    let (status, pod) = stage.read(&at).await;
    assert_eq!((status, &pod["metadata"]["deletionTimestamp"]), (200, &Value::Null));
    assert_ne!(word(&pod, "/metadata/uid"), uid);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_node_that_changed_since_the_look_is_not_patched() {
    let stage = Stage::frozen().await;
    let node = stage.a_node().await;
    let at = format!("/api/v1/nodes/{node}");
    let (_, mut other) = stage.read(&at).await;
    other["metadata"]["labels"]["example.com/touched"] = json!("yes");
    let slow = Fault { delay_ms: 1500, ..Fault::default() };
    stage.sim.world().fault(on_cluster("PATCH", slow));
    let touch = async {
        stage.until("the record", async |stage| !stage.deeds().is_empty()).await;
        stage.sim.world().apply(other).expect("nodes are known");
    };
    let (report, ()) = tokio::join!(stage.act("node.cordon", &node), touch);
    let report = report.expect("sent");
    assert_eq!((report.outcome.ending, report.outcome.status), (Ending::Failed, Some(409)));
    assert!(said(&report).contains("the object has been modified"), "{}", said(&report));
    assert!(!stage.is_cordoned(&node).await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_lost_answer_of_the_cluster_is_cleared_up_by_a_look_and_never_resent() {
    for fault in lost_answers() {
        let stage = Stage::frozen().await;
        let (name, _, job) = stage.running_pod().await;
        stage.sim.world().fault(on_cluster("DELETE", fault.clone()));
        stage.sim.world().fault(on_cluster("PATCH", fault));
        let deleted = stage.act("pod.delete", &format!("{STANDARD}/{name}")).await.expect("sent");
        assert_eq!(deleted.outcome.ending, Ending::Done, "{deleted:?}");
        assert!(said(&deleted).contains("looked again"), "{deleted:?}");
        assert_eq!((stage.sim.world().job_status(job), stage.changes()), (Some("failed"), 1));
        let node = stage.a_node().await;
        let cordoned = stage.act("node.cordon", &node).await.expect("sent");
        assert_eq!(cordoned.outcome.ending, Ending::Done, "{cordoned:?}");
        assert_eq!((stage.is_cordoned(&node).await, stage.changes()), (true, 2));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_lost_answer_of_eks_is_cleared_up_by_a_look_and_never_resent() {
    for fault in lost_answers() {
        let stage = Stage::frozen().await;
        stage.sim.world().fault(on_resizing(fault));
        let sizes = Stage::resizing(STANDARD, &[("desired", 9), ("max", 11)]);
        let report = stage.perform(sizes).await.expect("sent");
        assert_eq!(report.outcome.ending, Ending::Done, "{report:?}");
        assert!(said(&report).contains("looked again"), "{report:?}");
        assert_eq!(stage.changes(), 1);
        assert_eq!(stage.sizes().await[1..], ["9", "11"]);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn after_a_server_error_what_has_not_happened_may_still_happen() {
    let stage = Stage::frozen().await;
    let node = stage.a_node().await;
    let fault = Fault { status: Some(503), ..Fault::default() };
    stage.sim.world().fault(on_cluster("PATCH", fault.clone()));
    stage.sim.world().fault(on_resizing(fault));
    let before = stage.sizes().await;
    let cordon = stage.act("node.cordon", &node).await.expect("sent");
    let resize = stage.perform(Stage::resizing(STANDARD, &[("desired", 9), ("max", 11)])).await;
    let resize = resize.expect("sent");
    for report in [cordon, resize] {
        assert_eq!(report.outcome.ending, Ending::Unknown, "{report:?}");
        assert!(said(&report).contains("it has not happened so far"), "{report:?}");
    }
    assert_eq!((stage.changes(), stage.sizes().await), (2, before));
    assert!(!stage.is_cordoned(&node).await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_refusal_of_the_cluster_is_told_in_its_words_with_a_hint() {
    let status = |code: u16, message: &str| {
        let body = json!({"kind": "Status", "code": code, "message": message}).to_string();
        Fault { status: Some(code), body: Some(body), ..Fault::default() }
    };
    let forbidden = Fault { kubernetes: Some(ClusterFault::Forbidden), ..Fault::default() };
    for (fault, status, words) in [
        (forbidden, 403, "cannot patch resource \"nodes\""),
        (status(403, "no"), 403, "this takes the right to patch nodes"),
        (status(409, "the object has been modified"), 409, "look again"),
        (headed("retry-after", "30", status(429, "too many requests")), 429, "wait 30 s"),
    ] {
        let stage = Stage::frozen().await;
        let node = stage.a_node().await;
        stage.sim.world().fault(on_cluster("PATCH", fault));
        let report = stage.act("node.cordon", &node).await.expect("answered");
        assert_eq!((report.outcome.ending, report.outcome.status), (Ending::Failed, Some(status)));
        assert!(said(&report).contains(words), "{}", said(&report));
        assert_eq!((stage.changes(), stage.is_cordoned(&node).await), (1, false));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_refusal_of_aws_is_told_in_its_words_with_a_hint() {
    let aws = |fault| Fault { aws: Some(fault), ..Fault::default() };
    let body = Some(r#"{"message":"it is busy"}"#.to_owned());
    let busy = Fault { status: Some(409), body, ..Fault::default() };
    for (fault, status, words) in [
        (aws(AwsFault::AccessDenied), 403, "eks:UpdateNodegroupConfig"),
        (
            headed("x-amzn-errortype", "ResourceInUseException", busy),
            409,
            "wait until it is ACTIVE",
        ),
        (headed("retry-after", "30", aws(AwsFault::Throttled)), 429, "AWS asks to wait"),
    ] {
        let stage = Stage::frozen().await;
        let before = stage.sizes().await;
        stage.sim.world().fault(on_resizing(fault));
        let report = stage.perform(Stage::resizing(STANDARD, &[("desired", 9), ("max", 11)])).await;
        let report = report.expect("answered");
        assert_eq!((report.outcome.ending, report.outcome.status), (Ending::Failed, Some(status)));
        assert!(said(&report).contains(words), "{}", said(&report));
        assert_eq!((stage.changes(), stage.sizes().await), (1, before));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_node_group_stays_within_its_bounds_and_without_bounds_as_it_is() {
    let stage = Stage::frozen().await;
    for (group, sizes, words) in [
        ("ci-protected", [("desired", 3), ("max", 5)], "no resizing is configured"),
        (STANDARD, [("desired", 13), ("max", 13)], "no larger than 12"),
        (STANDARD, [("desired", 12), ("max", 11)], "above the maximum of 11"),
    ] {
        let why = objection(stage.perform(Stage::resizing(group, &sizes)).await);
        assert!(why.contains(words), "{why}");
    }
    assert_eq!((stage.changes(), stage.deeds().len()), (0, 0));
    stage.perform(Stage::resizing(STANDARD, &[("max", 12)])).await.expect("sent");
    let why = objection(stage.perform(Stage::resizing(STANDARD, &[("max", 11)])).await);
    assert!(why.contains("UPDATING"), "{why}");
    assert_eq!(stage.changes(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_we_are_in_a_cluster_is_asked_only_once_armed() {
    let mut stage = Stage::frozen().await;
    let reviews = |stage: &Stage| {
        fs::read_to_string(&stage.requests).unwrap_or_default().matches("selfsubject").count()
    };
    let known = stage.desk.identities().await;
    let of = |platform: &str| known.iter().find(|one| &*one.platform == platform).expect("one");
    assert!(of("kubernetes:ci").user.as_ref().is_err_and(|why| why.contains("until armed")));
    assert!(of("eks:ci").user.as_ref().is_ok_and(|arn| arn.starts_with("arn:aws:")));
    assert_eq!(reviews(&stage), 0);
    let arming = stage.gate.arm(Clock::wall().now()).expect("armed");
    let known = stage.desk.rights_when_armed(arming).await;
    let cluster = known.iter().find(|one| &*one.platform == "kubernetes:ci").expect("one");
    assert_eq!(cluster.user.as_deref(), Ok("watchfloor"));
    let rights = cluster.rights.as_deref().expect("rights");
    assert!(rights.contains("ci-standard: may delete pods, may patch nodes"), "{rights}");
    assert!(reviews(&stage) > 0);
    assert_eq!(stage.changes(), 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_pod_outside_the_tiers_is_not_deleted() {
    let stage = Stage::frozen().await;
    let pods = stage.items("/api/v1/namespaces/kube-system/pods").await;
    let name = word(pods.first().expect("a pod of the system"), "/metadata/name");
    let why = objection(stage.act("pod.delete", &format!("kube-system/{name}")).await);
    assert!(why.contains("only runner pods"), "{why}");
    let gone = stage.act("pod.delete", &format!("{STANDARD}/runner-nowhere")).await;
    assert!(objection(gone).contains("not there"));
    assert_eq!(stage.changes(), 0);
}
