//! The feeds of a cluster against a scripted API server: what they bring, what they survive, and what they say of it.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use serde_json::{Value, json};
use tokio::sync::{Semaphore, mpsc};
use tokio::task::JoinHandle;

use super::backoff::Backoff;
use super::feed::{Feed, INTERVAL};
use super::{LogOf, Meter, PodReader};
use crate::api::Wiring;
use crate::api::kubernetes::fake::{Answer, Fake, Step};
use crate::api::kubernetes::{Cluster, Resource, Right};
use crate::domain::{Change, Entity, EntityId, Failure, FailureKind, Health, Report, TierIndex};
use crate::source::demand::DemandSender;
use crate::source::report::Reporter;
use crate::source::trace::LogNews;
use crate::source::{Demand, Mailbox};

/// A feed that goes, and what it has brought.
struct Live {
    mailbox: Mailbox,
    entities: BTreeMap<EntityId, Entity>,
    /// Every report, in its order.
    reports: Vec<Report>,
    task: JoinHandle<()>,
    cluster: Arc<Cluster>,
    _demand: DemandSender,
}

impl Live {
    fn on(cluster: Arc<Cluster>, resource: Resource) -> Live {
        let (sender, demand) = Demand::channel();
        let mailbox = Mailbox::default();
        let meter: Arc<dyn Meter> = Arc::<Cluster>::clone(&cluster);
        let reporter = Reporter::new(resource.key("ci"), mailbox.clone(), meter, INTERVAL);
        let backoff = Backoff::starting_at(Duration::from_millis(100), demand);
        let feed = Feed::new(Arc::clone(&cluster), resource, reporter, backoff);
        let feed = feed.of_tier(Some(TierIndex(1)));
        let task = tokio::spawn(feed.run());
        let (entities, reports) = (BTreeMap::new(), Vec::new());
        Live { mailbox, entities, reports, task, cluster, _demand: sender }
    }

    fn take(&mut self) {
        for update in self.mailbox.take() {
            match update.change {
                Change::Replace(all) => {
                    self.entities = all.into_iter().map(|one| (one.id(), one)).collect();
                }
                Change::Upsert(some) => {
                    self.entities.extend(some.into_iter().map(|one| (one.id(), one)));
                }
                Change::Remove(ids) => self.entities.retain(|id, _| !ids.contains(id)),
                Change::Report(report) => self.reports.push(report),
                _ => {}
            }
        }
    }

    /// Waits until what was brought fits.
    async fn until(&mut self, what: &str, fits: impl Fn(&Live) -> bool) {
        let waiting = async {
            while !fits(self) {
                self.mailbox.changed().await;
                self.take();
            }
        };
        let outcome = tokio::time::timeout(Duration::from_secs(20), waiting).await;
        assert!(outcome.is_ok(), "never came: {what}; last: {:?}", self.reports.last());
    }

    async fn until_names(&mut self, names: &[&str]) {
        self.until(&format!("{names:?}"), |live| live.names() == names).await;
    }

    async fn until_told(&mut self, kind: FailureKind) -> Failure {
        self.until(kind.as_str(), |live| live.failure().is_some_and(|one| one.kind == kind)).await;
        self.failure().unwrap().clone()
    }

    async fn until_well(&mut self) {
        self.until("well again", |live| live.health() == Some(Health::Live)).await;
    }

    fn names(&self) -> Vec<&str> {
        let mut names: Vec<&str> = self.entities.values().map(name).collect();
        names.sort_unstable();
        names
    }

    fn failure(&self) -> Option<&Failure> {
        self.reports.last()?.failure.as_ref()
    }

    /// The verdict just after the last report; the clock of these tests stands still.
    fn health(&self) -> Option<Health> {
        let report = self.reports.last()?;
        (report.failure.is_none()).then(|| report.health(self.cluster.now()))
    }
}

fn name(entity: &Entity) -> &str {
    match entity {
        Entity::Pod(pod) => &pod.name,
        Entity::Node(node) => &node.name,
        _ => "?",
    }
}

impl Drop for Live {
    fn drop(&mut self) {
        self.task.abort();
    }
}

fn pods() -> Resource {
    Resource::Pods("ci-standard".into())
}

fn pod(name: &str, version: u32) -> Value {
    json!({ "metadata": { "name": name, "namespace": "ci-standard", "uid": format!("uid-{name}"),
        "resourceVersion": version.to_string(), "creationTimestamp": "2026-11-22T00:00:00Z" },
        "spec": { "containers": [] }, "status": { "phase": "Pending" } })
}

fn list(names: &[&str], next: &str) -> Value {
    let items: Vec<Value> = names.iter().map(|name| pod(name, 1)).collect();
    json!({ "metadata": { "resourceVersion": "10", "continue": next }, "items": items })
}

fn event(kind: &str, object: &Value) -> String {
    json!({ "type": kind, "object": object }).to_string()
}

fn bookmark(version: u32) -> String {
    event(
        "BOOKMARK",
        &json!({ "metadata": { "resourceVersion": version.to_string() },
        "spec": { "containers": null }, "status": {} }),
    )
}

fn gone() -> Value {
    json!({ "kind": "Status", "status": "Failure", "message": "too old resource version: 1 (884)",
        "reason": "Expired", "code": 410 })
}

fn status(code: u16, message: &str) -> Answer {
    let body = json!({ "kind": "Status", "status": "Failure", "message": message, "code": code });
    Answer::Whole(code, body.to_string().into_bytes())
}

fn is_watch(path: &str) -> bool {
    path.contains("watch=true")
}

/// Counts questions of one sort, the first being 0.
#[derive(Default)]
struct Count(AtomicUsize);

impl Count {
    fn next(&self) -> usize {
        self.0.fetch_add(1, Ordering::SeqCst)
    }
}

/// A server that lists `a` and then watches as the function says, which is told how many watches there were.
async fn watching(watch: impl Fn(usize) -> Answer + Send + Sync + 'static) -> Fake {
    let watches = Count::default();
    Fake::by(
        move |path| {
            if is_watch(path) { watch(watches.next()) } else { Answer::json(list(&["a"], "")) }
        },
    )
    .await
}

#[tokio::test]
async fn the_first_page_is_shown_before_the_second_has_come() {
    let permits = Arc::new(Semaphore::new(0));
    let held = Arc::clone(&permits);
    let fake = Fake::by(move |path| {
        if is_watch(path) {
            Answer::silent_after(&[])
        } else if path.contains("continue=on") {
            Answer::Held(Arc::clone(&held), Box::new(Answer::json(list(&["b"], ""))))
        } else {
            Answer::json(list(&["a"], "on"))
        }
    })
    .await;
    let mut live = Live::on(fake.cluster(), pods());
    live.until_names(&["a"]).await;
    permits.add_permits(1);
    live.until_names(&["a", "b"]).await;
    live.until_well().await;
}

#[tokio::test]
async fn a_pod_comes_with_the_tier_of_its_namespace() {
    let fake = Fake::by(|path| {
        if is_watch(path) { Answer::silent_after(&[]) } else { Answer::json(list(&["a"], "")) }
    })
    .await;
    let mut live = Live::on(fake.cluster(), pods());
    live.until_names(&["a"]).await;
    let tiers = live.entities.values().map(|one| match one {
        Entity::Pod(pod) => pod.tier,
        _ => None,
    });
    assert_eq!(tiers.collect::<Vec<_>>(), [Some(TierIndex(1))]);
}

#[tokio::test]
async fn changes_come_as_they_happen_and_bookmarks_move_the_place() {
    let (say, said) = mpsc::channel(8);
    let said = std::sync::Mutex::new(Some(said));
    let fake = watching(move |number| match number {
        0 => Answer::Stream(said.lock().unwrap().take().unwrap()),
        _ => Answer::silent_after(&[]),
    })
    .await;
    let mut live = Live::on(fake.cluster(), pods());
    live.until_names(&["a"]).await;
    let said_as = |text: String| Step::Say(format!("{text}\n").into_bytes());
    say.send(said_as(event("ADDED", &pod("b", 11)))).await.unwrap();
    live.until_names(&["a", "b"]).await;
    say.send(said_as(event("DELETED", &pod("a", 12)))).await.unwrap();
    live.until_names(&["b"]).await;
    say.send(said_as(bookmark(40))).await.unwrap();
    say.send(Step::End).await.unwrap();
    let asked = |fake: &Fake| fake.asked().iter().any(|one| one.contains("resourceVersion=40&"));
    for _ in 0..2000 {
        if asked(&fake) {
            break;
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    assert!(asked(&fake), "{:?}", fake.asked());
    let only_get = fake.asked().iter().all(|one| one.starts_with("GET "));
    assert!(only_get);
    assert_eq!(fake.asked().iter().filter(|one| !is_watch(one)).count(), 1);
}

#[tokio::test]
async fn what_was_deleted_while_nobody_watched_is_gone_after_the_next_list() {
    let lists = Count::default();
    let fake = Fake::by(move |path| match is_watch(path) {
        true if path.contains("resourceVersion=10&") => {
            Answer::ending(&[event("ADDED", &pod("c", 11)), event("ERROR", &gone())], Step::End)
        }
        true => Answer::silent_after(&[]),
        false if lists.next() == 0 => Answer::json(list(&["a", "b"], "")),
        false => Answer::json(list(&["b"], "").to_string().replace("\"10\"", "\"20\"")),
    })
    .await;
    let mut live = Live::on(fake.cluster(), pods());
    let failure = live.until_told(FailureKind::Other).await;
    assert!(failure.message.contains("410"), "{}", failure.message);
    assert!(failure.hint.contains("read anew"), "{}", failure.hint);
    live.until_names(&["b"]).await;
    live.until_well().await;
}

#[tokio::test]
async fn an_expired_way_on_begins_the_list_again_and_says_so() {
    let permits = Arc::new(Semaphore::new(0));
    let (held, lists) = (Arc::clone(&permits), Count::default());
    let fake = Fake::by(move |path| {
        if is_watch(path) {
            Answer::silent_after(&[])
        } else if path.contains("continue=old") {
            Answer::Whole(410, gone().to_string().into_bytes())
        } else if lists.next() == 0 {
            Answer::json(list(&["a"], "old"))
        } else {
            Answer::Held(Arc::clone(&held), Box::new(Answer::json(list(&["a", "b"], ""))))
        }
    })
    .await;
    let mut live = Live::on(fake.cluster(), pods());
    live.until_told(FailureKind::Other).await;
    permits.add_permits(1);
    live.until_names(&["a", "b"]).await;
    live.until_well().await;
}

#[tokio::test]
async fn a_way_on_that_always_expires_costs_two_requests_a_try_each_with_larger_pages() {
    let fake = Fake::by(|path| {
        if path.contains("continue=old") {
            Answer::Whole(410, gone().to_string().into_bytes())
        } else {
            Answer::json(list(&["a"], "old"))
        }
    })
    .await;
    let mut live = Live::on(fake.cluster(), pods());
    let failures = |live: &Live| live.reports.iter().filter(|one| one.failure.is_some()).count();
    live.until("a fourth failure", |live| failures(live) == 4).await;
    let limits: Vec<String> = fake
        .asked()
        .iter()
        .filter_map(|one| Some(one.split_once("limit=")?.1.replace("&continue=old", "+")))
        .collect();
    let expected = ["100", "400+", "400", "1600+", "1600", "6400+", "1600", "6400+"];
    assert_eq!(limits, expected);
}

#[tokio::test]
async fn a_list_that_begins_again_while_pods_come_and_go_holds_what_there_is_then() {
    let lists = Count::default();
    let fake = Fake::by(move |path| {
        if is_watch(path) {
            Answer::silent_after(&[])
        } else if path.contains("continue=old") {
            Answer::Whole(410, gone().to_string().into_bytes())
        } else if path.contains("continue=on") {
            Answer::json(list(&["c"], ""))
        } else if lists.next() == 0 {
            Answer::json(list(&["a"], "old"))
        } else {
            Answer::json(list(&["b"], "on"))
        }
    })
    .await;
    let mut live = Live::on(fake.cluster(), pods());
    live.until_names(&["b", "c"]).await;
    live.until_well().await;
}

#[tokio::test]
async fn a_version_that_never_comes_is_given_up_after_three_refusals() {
    let lists = Count::default();
    let fake = Fake::by(move |path| match path {
        path if path.contains("watch=true") && path.contains("resourceVersion=10&") => {
            status(504, "Too large resource version")
        }
        path if is_watch(path) => Answer::silent_after(&[]),
        _ if lists.next() == 0 => Answer::json(list(&["a"], "")),
        _ => Answer::json(list(&["b"], "").to_string().replace("\"10\"", "\"5\"")),
    })
    .await;
    let mut live = Live::on(fake.cluster(), pods());
    live.until_names(&["b"]).await;
    live.until_well().await;
    let refused = fake.asked().iter().filter(|one| one.contains("resourceVersion=10&")).count();
    assert_eq!(refused, 3);
}

/// A server without pods, whose namespace is as the function says.
async fn empty(namespace: impl Fn() -> Answer + Send + Sync + 'static) -> Fake {
    Fake::by(move |path| match path {
        "/api/v1/namespaces/ci-standard" => namespace(),
        path if is_watch(path) => Answer::silent_after(&[event("ADDED", &pod("b", 11))]),
        _ => Answer::json(list(&[], "")),
    })
    .await
}

#[tokio::test]
async fn a_namespace_that_does_not_exist_is_told_until_a_pod_shows_that_it_does() {
    let fake = empty(|| status(404, "namespaces \"ci-standard\" not found")).await;
    let mut live = Live::on(fake.cluster(), pods());
    live.until_names(&["b"]).await;
    live.until_well().await;
    let gap = live.reports.iter().find_map(|report| report.gap.clone()).expect("a gap");
    assert_eq!(
        (gap.kind, &*gap.message),
        (FailureKind::NotFound, "namespace ci-standard does not exist in ci")
    );
    let asked = fake.asked().iter().filter(|one| one.ends_with("/namespaces/ci-standard")).count();
    assert_eq!(asked, 1);
}

#[tokio::test]
async fn a_namespace_that_may_not_be_asked_about_is_not_doubted() {
    let fake = empty(|| status(403, "namespaces is forbidden")).await;
    let mut live = Live::on(fake.cluster(), pods());
    live.until_names(&["b"]).await;
    assert_eq!(live.reports.iter().find_map(|report| report.gap.clone()), None);
}

#[tokio::test]
async fn a_server_that_is_behind_is_asked_again() {
    let lists = Count::default();
    let fake = Fake::by(move |path| match is_watch(path) {
        true => Answer::silent_after(&[]),
        false if lists.next() == 0 => {
            let body = json!({ "kind": "Status", "code": 504, "message": "Timeout: Too large resource version",
                "details": { "causes": [{ "reason": "ResourceVersionTooLarge" }] } });
            Answer::Whole(504, body.to_string().into_bytes())
        }
        false => Answer::json(list(&["a"], "")),
    })
    .await;
    let mut live = Live::on(fake.cluster(), pods());
    let failure = live.until_told(FailureKind::Server).await;
    assert!(failure.hint.contains("behind the others") && failure.retry_at.is_some());
    live.until_well().await;
}

#[tokio::test]
async fn one_refused_resource_leaves_the_others_live() {
    let fake = Fake::by(|path| match path {
        path if path.starts_with("/api/v1/nodes") => {
            status(403, "nodes is forbidden: User \"u\" cannot list resource \"nodes\"")
        }
        path if is_watch(path) => Answer::silent_after(&[]),
        _ => Answer::json(list(&["a"], "")),
    })
    .await;
    let cluster = fake.cluster();
    let mut nodes = Live::on(Arc::clone(&cluster), Resource::Nodes);
    let mut live = Live::on(cluster, pods());
    let failure = nodes.until_told(FailureKind::Forbidden).await;
    assert!(failure.hint.contains("list and watch on nodes"), "{}", failure.hint);
    let verdict = nodes.reports.last().unwrap().health(nodes.cluster.now());
    assert_eq!(verdict, Health::Forbidden);
    live.until_well().await;
    assert_eq!(live.names(), ["a"]);
}

#[tokio::test]
async fn a_refused_credential_is_read_again() {
    let lists = Count::default();
    let fake = Fake::by(move |path| match is_watch(path) {
        true => Answer::silent_after(&[]),
        false if lists.next() == 0 => status(401, "Unauthorized"),
        false => Answer::json(list(&["a"], "")),
    })
    .await;
    let mut live = Live::on(fake.cluster(), pods());
    let failure = live.until_told(FailureKind::TokenInvalid).await;
    assert!(failure.hint.contains("kubeconfig"), "{}", failure.hint);
    live.until_well().await;
}

#[tokio::test]
async fn a_watch_that_breaks_off_goes_on_where_it_was() {
    let fake = watching(|number| match number {
        0 => Answer::ending(&[event("ADDED", &pod("b", 11))], Step::Cut),
        _ => Answer::silent_after(&[event("ADDED", &pod("c", 12))]),
    })
    .await;
    let mut live = Live::on(fake.cluster(), pods());
    let failure = live.until_told(FailureKind::CutBody).await;
    assert!(failure.hint.contains("restarts"), "{}", failure.hint);
    live.until_names(&["a", "b", "c"]).await;
    live.until_well().await;
    let lists = fake.asked().iter().filter(|one| !is_watch(one)).count();
    assert_eq!(lists, 1);
    assert!(fake.asked().iter().any(|one| one.contains("resourceVersion=11&")));
}

#[tokio::test]
async fn a_server_that_restarts_is_found_again() {
    let mut fake = watching(|_| Answer::silent_after(&[])).await;
    let mut live = Live::on(fake.cluster(), pods());
    live.until_well().await;
    fake.stop();
    live.until("a failure", |live| live.failure().is_some()).await;
    live.until_told(FailureKind::Connect).await;
    fake.start().await;
    live.until_well().await;
    assert_eq!(live.names(), ["a"]);
}

/// A connection whose watches are given up after so long.
fn tired_after(fake: &Fake, silence: Duration) -> Arc<Cluster> {
    let wiring = Wiring { silence, ..crate::api::kubernetes::fake::wiring() };
    Arc::new(Cluster::new(&fake.settings("{ token: t }"), None, wiring))
}

#[tokio::test]
async fn the_first_silent_watch_is_noted_and_all_is_read_anew() {
    let (say, said) = mpsc::channel(8);
    let said = std::sync::Mutex::new(Some(said));
    let fake = watching(move |number| match number {
        1 => Answer::Stream(said.lock().unwrap().take().unwrap()),
        _ => Answer::silent_after(&[]),
    })
    .await;
    let mut live = Live::on(tired_after(&fake, Duration::from_secs(1)), pods());
    let failure = live.until_told(FailureKind::Timeout).await;
    let why = "watching the pods of ci-standard in ci: the watch said nothing for 1 s, not even a bookmark, and was opened anew";
    assert_eq!(&*failure.message, why);
    let told = |live: &Live| live.reports.iter().filter(|one| one.failure.is_some()).count();
    live.until("the list after it", |live| told(live) == 2).await;
    let report = live.reports.last().unwrap().clone();
    assert_eq!(report.health(live.cluster.now()), Health::Live);
    assert_eq!(report.failure.as_ref().map(|one| &*one.message), Some(why), "it stays noted");
    say.send(Step::Say(format!("{}\n", bookmark(40)).into_bytes())).await.unwrap();
    live.until_well().await;
    assert_eq!(fake.asked().iter().filter(|one| !is_watch(one)).count(), 2);
}

#[tokio::test]
async fn a_second_silent_watch_in_a_row_makes_the_feed_partial_until_one_speaks() {
    let (say, said) = mpsc::channel(8);
    let said = std::sync::Mutex::new(Some(said));
    let fake = watching(move |number| match number {
        2 => Answer::Stream(said.lock().unwrap().take().unwrap()),
        _ => Answer::silent_after(&[]),
    })
    .await;
    let mut live = Live::on(tired_after(&fake, Duration::from_secs(1)), pods());
    live.until("partial", |live| live.reports.last().is_some_and(|one| one.gap.is_some())).await;
    let report = live.reports.last().unwrap();
    assert_eq!(report.health(live.cluster.now()), Health::Partial);
    assert_eq!(report.gap.as_ref().map(|gap| gap.kind), Some(FailureKind::Timeout));
    say.send(Step::Say(format!("{}\n", bookmark(40)).into_bytes())).await.unwrap();
    live.until_well().await;
}

#[tokio::test]
async fn a_watch_that_only_brings_bookmarks_is_not_silent() {
    let (say, said) = mpsc::channel(64);
    let said = std::sync::Mutex::new(Some(said));
    let fake = watching(move |_| Answer::Stream(said.lock().unwrap().take().unwrap())).await;
    let mut live = Live::on(tired_after(&fake, Duration::from_secs(5)), pods());
    for version in 20..30 {
        say.send(Step::Say(format!("{}\n", bookmark(version)).into_bytes())).await.unwrap();
    }
    live.until_well().await;
    say.send(Step::Say(format!("{}\n", event("ADDED", &pod("b", 31))).into_bytes())).await.unwrap();
    live.until_names(&["a", "b"]).await;
    assert!(live.reports.iter().all(|report| report.failure.is_none()));
}

#[tokio::test]
async fn one_object_that_cannot_be_read_is_left_out_and_said() {
    let fake = Fake::by(|path| {
        if is_watch(path) {
            let mut odd = pod("odd", 12);
            odd["spec"]["containers"] = json!("many");
            return Answer::silent_after(&[event("ADDED", &odd), event("ADDED", &pod("b", 13))]);
        }
        Answer::json(list(&["a"], ""))
    })
    .await;
    let mut live = Live::on(fake.cluster(), pods());
    live.until_names(&["a", "b"]).await;
    live.until("partial", |live| live.health() == Some(Health::Partial)).await;
    let gap = live.reports.last().unwrap().gap.clone().unwrap();
    assert_eq!(gap.kind, FailureKind::Shape);
    assert!(gap.message.contains("odd"), "{}", gap.message);
}

#[tokio::test]
async fn a_cluster_without_karpenter_is_no_failure() {
    let fake = Fake::by(|_| Answer::Whole(404, b"404 page not found\n".to_vec())).await;
    let mut live = Live::on(fake.cluster(), Resource::NodePools);
    live.until_well().await;
    assert_eq!(live.entities.len(), 0);
    let mut pods = Live::on(fake.cluster(), pods());
    pods.until_told(FailureKind::NotFound).await;
}

#[tokio::test]
async fn a_plugin_that_fails_degrades_its_cluster_and_runs_once_for_all_feeds() {
    let fake = watching(|_| Answer::silent_after(&[])).await;
    let folder = tempfile::tempdir().unwrap();
    let runs = folder.path().join("runs");
    let script = format!("echo x >> {}; exit 3", runs.display());
    let user = json!({ "exec": { "apiVersion": "client.authentication.k8s.io/v1", "command": "sh",
        "args": ["-c", script], "interactiveMode": "IfAvailable" } });
    let wiring = crate::api::kubernetes::fake::wiring();
    let cluster = Arc::new(Cluster::new(&fake.settings(&user.to_string()), None, wiring));
    let mut first = Live::on(Arc::clone(&cluster), pods());
    let mut second = Live::on(cluster, Resource::Nodes);
    first.until_told(FailureKind::TokenInvalid).await;
    let failure = second.until_told(FailureKind::TokenInvalid).await;
    assert!(failure.message.contains("exec plugin sh failed"), "{}", failure.message);
    assert_eq!(std::fs::read_to_string(runs).unwrap().lines().count(), 1);
    assert_eq!(fake.asked(), Vec::<String>::new());
}

#[tokio::test]
async fn a_log_is_followed_to_its_end() {
    let fake =
        Fake::by(|_| Answer::ending(&["first".to_owned(), "second".to_owned()], Step::End)).await;
    let reader = PodReader::new(fake.cluster());
    let of = LogOf {
        namespace: "ci-standard".to_owned(),
        pod: "a".to_owned(),
        container: "build".to_owned(),
    };
    let (mut news, mut text) = (reader.pod_log(of), Vec::new());
    loop {
        match news.recv().await.unwrap() {
            LogNews::Replace { bytes, .. } => text = bytes.to_vec(),
            LogNews::Append(bytes) => text.extend_from_slice(&bytes),
            LogNews::Ended => break,
            LogNews::Failed(failure) => panic!("{failure:?}"),
        }
    }
    assert_eq!(text, b"first\nsecond\n");
    let path =
        "GET /api/v1/namespaces/ci-standard/pods/a/log?container=build&follow=true&tailLines=5000";
    assert_eq!(fake.asked(), [path]);
}

#[tokio::test]
async fn all_that_was_said_of_a_pod_is_read_in_its_order() {
    let said = |reason: &str, at: &str| {
        json!({ "metadata": { "name": reason }, "involvedObject": { "kind": "Pod", "uid": "u" },
            "type": "Normal", "reason": reason, "eventTime": at })
    };
    let items = [said("Pulled", "2026-11-22T00:00:09Z"), said("Scheduled", "2026-11-22T00:00:01Z")];
    let body = json!({ "items": items });
    let fake = Fake::by(move |_| Answer::json(&body)).await;
    let events = PodReader::new(fake.cluster()).pod_events("ci-standard", "u").await.unwrap();
    let reasons: Vec<&str> = events.iter().map(|event| &*event.reason).collect();
    assert_eq!(reasons, ["Scheduled", "Pulled"]);
}

#[tokio::test]
async fn rights_are_learnt_by_reading_a_little() {
    let fake = Fake::by(|path| match path {
        "/version" => Answer::json(json!({ "gitVersion": "v1.33.1" })),
        path if path.starts_with("/api/v1/nodes") => status(403, "nodes is forbidden"),
        path if path.contains("karpenter") => status(404, "not found"),
        path if is_watch(path) => Answer::silent_after(&[]),
        _ => Answer::json(list(&[], "")),
    })
    .await;
    let probe = fake.cluster().probe(&[pods(), Resource::Nodes, Resource::NodePools]).await;
    assert_eq!(&*probe.version.unwrap(), "v1.33.1");
    let rights: Vec<&Right> = probe.rights.iter().map(|(_, right)| right).collect();
    assert!(
        matches!(rights.as_slice(), [Right::Watched, Right::Refused(_), Right::Absent]),
        "{rights:?}"
    );
    let asked = fake.asked();
    assert!(
        asked.iter().all(|one| one.starts_with("GET ") && !one.contains("reviews")),
        "{asked:?}"
    );
}

#[tokio::test]
async fn what_may_be_listed_and_not_watched_is_refused() {
    let fake = Fake::by(|path| match path {
        "/version" => Answer::json(json!({ "gitVersion": "v1.33.1" })),
        path if is_watch(path) => status(403, "pods is forbidden"),
        _ => Answer::json(list(&[], "")),
    })
    .await;
    let probe = fake.cluster().probe(&[pods()]).await;
    let told = probe.rights.first().map(|(_, right)| format!("{right:?}")).unwrap();
    assert!(told.contains("watching the pods"), "{told}");
}
