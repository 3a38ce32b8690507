//! Changing requests to a cluster, each on a connection of its own that sends nothing twice.

use std::sync::Arc;
use std::time::Duration;

use http::{Method, Request, StatusCode, header};
use serde_json::{Value, json};

use super::{Quiet, failed, unknown};
use crate::action::look::fact;
use crate::action::look::kubernetes::VERSION;
use crate::api::Wiring;
use crate::api::kubernetes::{Access, Cluster, Lost, WriteLine};
use crate::audit::{Closing, Permit};
use crate::config::ClusterSettings;
use crate::domain::{Ending, Outcome, Proposal, Seen, Target, Text, Timestamp, Wire};

/// The most of an answer that is repeated: its words, not its weight.
const MAX_WORDS: usize = 300;
/// How a part of an object is sent that replaces its like.
const MERGE: &str = "application/merge-patch+json";

/// A changing request that is ready to be sent.
#[derive(Debug, Clone)]
pub(in crate::action) struct Order {
    cluster: Text,
    /// Knows where the cluster is, once it was looked at.
    reader: Arc<Cluster>,
    method: Method,
    path: String,
    change: Change,
    /// The UID of the very object.
    uid: Option<Text>,
    /// The version in which it was seen.
    version: Option<Text>,
    needs: &'static str,
}

/// What is to become of the object.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Change {
    /// It is deleted.
    Delete,
    /// It takes no new pods.
    Cordon,
    /// It takes pods again.
    Uncordon,
}

impl Order {
    /// The cluster that it is for.
    pub(in crate::action) fn cluster(&self) -> &Text {
        &self.cluster
    }

    /// What the ledger records of it.
    pub(in crate::action) fn wire(&self) -> Wire {
        let server = self.reader.server().map_or("kubernetes:", |url| url.as_str());
        let url = format!("{}{}", server.trim_end_matches('/'), self.path);
        Wire { method: Text::new(self.method.as_str()), url: Text::new(&url) }
    }

    /// The same for the very object that was just seen, in the version in which it was seen.
    pub(super) fn on(self, seen: &Seen) -> Order {
        let uid = self.uid.or_else(|| seen.identity.clone());
        Order { uid, version: fact(seen, VERSION).map(Text::new), ..self }
    }

    /// Its body: the conditions under which the right object is hit, or none.
    fn body(&self) -> Value {
        let uid = self.uid.as_deref();
        let unschedulable = match self.change {
            Change::Delete => {
                return json!({ "apiVersion": "v1", "kind": "DeleteOptions", "preconditions": { "uid": uid } });
            }
            Change::Cordon => json!(true),
            // In a merge, null takes a field away.
            Change::Uncordon => Value::Null,
        };
        let version = self.version.as_deref();
        json!({
            "metadata": { "uid": uid, "resourceVersion": version },
            "spec": { "unschedulable": unschedulable },
        })
    }
}

/// The way to change a cluster.
pub(in crate::action) struct Writer {
    reader: Arc<Cluster>,
    line: WriteLine,
    wiring: Wiring,
    quiet: Quiet,
}

impl Writer {
    /// A writer beside the client that reads the same cluster; `access` is another platform's way in, for a cluster
    /// that has no other. Opens nothing until it is first used.
    pub(in crate::action) fn new(
        reader: Arc<Cluster>,
        settings: &ClusterSettings,
        access: Option<Arc<dyn Access>>,
        wiring: Wiring,
    ) -> Writer {
        let line = WriteLine::new(settings, access, wiring.clone());
        Writer { reader, line, wiring, quiet: Quiet::default() }
    }

    /// Whether the cluster asked to be left alone.
    pub(in crate::action) fn quiet(&self) -> &Quiet {
        &self.quiet
    }

    /// The way to the cluster.
    pub(super) fn line(&self) -> &WriteLine {
        &self.line
    }

    /// What a proposal comes to on the wire; `None` for what is not of Kubernetes.
    pub(in crate::action) fn order(&self, proposal: &Proposal) -> Option<Order> {
        let (method, parts, change) = match (proposal.act.name, &proposal.target) {
            ("pod.delete", Target::Pod(_, namespace, name)) => {
                (Method::DELETE, vec!["namespaces", namespace, "pods", name], Change::Delete)
            }
            ("node.cordon", Target::Node(_, name)) => {
                (Method::PATCH, vec!["nodes", name], Change::Cordon)
            }
            ("node.uncordon", Target::Node(_, name)) => {
                (Method::PATCH, vec!["nodes", name], Change::Uncordon)
            }
            _ => return None,
        };
        let path = format!("/api/v1/{}", parts.join("/"));
        admits(&method, &path).then(|| Order {
            cluster: Text::new(self.reader.name()),
            method,
            path,
            change,
            reader: Arc::clone(&self.reader),
            uid: proposal.identity.clone(),
            version: None,
            needs: proposal.act.needs,
        })
    }

    /// Sends an order once. Whatever comes of it, the permit is used up.
    pub(in crate::action) async fn send(&self, permit: Permit, order: Order) -> Closing {
        // Without its UID another object of the same name could be hit.
        if order.uid.as_ref().is_none_or(Text::is_empty) {
            return permit.settle(failed(None, "the object's UID is not known: nothing was sent"));
        }
        if !admits(&order.method, &order.path) {
            return permit.settle(failed(None, "this is no request of an act: nothing was sent"));
        }
        let kind = if order.change == Change::Delete { "application/json" } else { MERGE };
        let request = Request::builder()
            .method(order.method.clone())
            .uri(&order.path)
            .header(header::CONTENT_TYPE, kind)
            .header(header::ACCEPT, "application/json")
            .body(order.body().to_string().into_bytes());
        let Ok(request) = request else {
            return permit.settle(failed(None, "the request cannot be written: nothing was sent"));
        };
        let outcome = match self.line.open().await {
            Ok(line) => match line.send(request).await {
                Ok(answer) => {
                    let told = Told::of(&answer);
                    self.quiet.note(told.quiet_until(self.wiring.now()));
                    judge(&told, order.needs)
                }
                Err(Lost::Unsent(error)) => failed(None, &format!("{error}; nothing was sent")),
                Err(Lost::Unanswered(error)) => {
                    unknown(None, &format!("the answer was lost: {error}"))
                }
            },
            Err(error) => failed(None, &format!("{error}; nothing was sent")),
        };
        permit.settle(outcome)
    }
}

/// The gate before a cluster: everything that is ever sent to change one, and the questions about one's own rights,
/// which have to be created.
pub(super) fn admits(method: &Method, path: &str) -> bool {
    let parts: Vec<&str> = path.split('/').skip(1).collect();
    let named = |name: &str| {
        !name.is_empty()
            && name.bytes().all(|byte| {
                byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"-.".contains(&byte)
            })
            && name.trim_matches('.').len() == name.len()
    };
    match (method, parts.as_slice()) {
        (&Method::DELETE, ["api", "v1", "namespaces", namespace, "pods", name]) => {
            named(namespace) && named(name)
        }
        (&Method::PATCH, ["api", "v1", "nodes", name]) => named(name),
        (&Method::POST, ["apis", "authentication.k8s.io", "v1", "selfsubjectreviews"]) => true,
        (
            &Method::POST,
            [
                "apis",
                "authorization.k8s.io",
                "v1",
                "selfsubjectaccessreviews" | "selfsubjectrulesreviews",
            ],
        ) => true,
        _ => false,
    }
}

/// An answer, as far as it counts.
struct Told {
    status: StatusCode,
    words: String,
    retry_after: Option<String>,
}

impl Told {
    fn of(answer: &http::Response<impl AsRef<[u8]>>) -> Told {
        let status = answer.status();
        let body: Option<Value> = serde_json::from_slice(answer.body().as_ref()).ok();
        let said = body.as_ref().and_then(|body| body.get("message")).and_then(Value::as_str);
        let words = said.or_else(|| status.canonical_reason()).unwrap_or("no reason given");
        let wait = answer.headers().get(header::RETRY_AFTER).and_then(|wait| wait.to_str().ok());
        let words = words.chars().take(MAX_WORDS).collect();
        Told { status, words, retry_after: wait.map(str::to_owned) }
    }

    /// Until when the API server wants nothing more, which it says in seconds.
    fn quiet_until(&self, now: Timestamp) -> Option<Timestamp> {
        let seconds = self.retry_after.as_ref()?.trim().parse::<u32>().ok()?;
        now.saturating_add(Duration::from_secs(seconds.into())).ok()
    }
}

/// What an answer means: a refusal (4xx) did nothing; a server error may have done it, which only a look can tell.
fn judge(told: &Told, needs: &str) -> Outcome {
    let status = Some(told.status.as_u16());
    if told.status.is_success() {
        return Outcome { ending: Ending::Done, status, message: None };
    }
    let wait = told.retry_after.as_ref();
    let wait = wait.map_or(String::new(), |wait| format!("; the API server asks to wait {wait} s"));
    if !told.status.is_client_error() {
        return unknown(status, &format!("{}{wait}", told.words));
    }
    let hint = match told.status {
        StatusCode::UNAUTHORIZED => "; log in to the cluster again".to_owned(),
        StatusCode::FORBIDDEN => format!("; this takes {needs}: ask whoever runs the cluster"),
        StatusCode::NOT_FOUND => "; it is not there any more".to_owned(),
        StatusCode::CONFLICT => "; it changed meanwhile: look again".to_owned(),
        _ => String::new(),
    };
    failed(status, &format!("{}{hint}{wait}", told.words))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::find_act;
    use crate::domain::pipeline::fixture::at;

    fn order(act: &str, target: Target) -> Option<Order> {
        let settings = ClusterSettings {
            name: "ci".to_owned(),
            kubeconfig: None,
            in_cluster: false,
            eks: None,
            nodegroup_bounds: std::collections::BTreeMap::new(),
        };
        let wiring = Wiring::new(jiff::Timestamp::default, |_| None);
        let reader = Arc::new(Cluster::new(&settings, None, wiring.clone()));
        let writer = Writer::new(reader, &settings, None, wiring);
        writer.order(&Proposal::new(find_act(act).unwrap(), target))
    }

    fn pod(name: &str) -> Target {
        Target::Pod(Text::new("ci"), Text::new("ci-standard"), Text::new(name))
    }

    fn node() -> Target {
        Target::Node(Text::new("ci"), Text::new("ip-10-0-0-1.ec2.internal"))
    }

    fn seen() -> Seen {
        Seen {
            identity: Some(Text::new("u-1")),
            facts: vec![(Text::new(VERSION), Text::new("7"))],
            ..Seen::new(Text::new("x"), Text::new("Ready"))
        }
    }

    fn answered(status: u16, words: &str) -> Outcome {
        let status = StatusCode::from_u16(status).unwrap();
        let told = Told { status, words: words.to_owned(), retry_after: Some("30".to_owned()) };
        judge(&told, "the right to patch nodes")
    }

    #[test]
    fn a_pod_is_deleted_by_its_name_and_only_if_it_is_the_one_that_was_seen() {
        let order = order("pod.delete", pod("runner-x")).unwrap().on(&seen());
        let wire = order.wire();
        assert_eq!(
            (&*wire.method, &*wire.url),
            ("DELETE", "kubernetes:/api/v1/namespaces/ci-standard/pods/runner-x")
        );
        assert_eq!(order.body()["preconditions"], json!({ "uid": "u-1" }));
    }

    #[test]
    fn what_was_meant_counts_and_not_what_is_there_now() {
        let mut order = order("pod.delete", pod("runner-x")).unwrap();
        order.uid = Some(Text::new("u-0"));
        assert_eq!(order.on(&seen()).body()["preconditions"], json!({ "uid": "u-0" }));
    }

    #[test]
    fn a_node_is_cordoned_in_the_version_that_was_seen_and_uncordoned_by_taking_the_field_away() {
        let metadata = json!({ "uid": "u-1", "resourceVersion": "7" });
        for (act, unschedulable) in [("node.cordon", json!(true)), ("node.uncordon", Value::Null)] {
            let order = order(act, node()).unwrap().on(&seen());
            assert_eq!(order.method, Method::PATCH);
            let spec = json!({ "unschedulable": unschedulable });
            assert_eq!(order.body(), json!({ "metadata": metadata, "spec": spec }), "{act}");
        }
    }

    #[test]
    fn a_name_that_leads_elsewhere_is_no_order() {
        for name in ["..", "a/log", "a?b", "a%2Fb", "", "A", "a.."] {
            assert!(order("pod.delete", pod(name)).is_none(), "{name}");
        }
        assert!(order("pod.delete", node()).is_none());
    }

    #[test]
    fn nothing_but_the_acts_and_the_questions_about_oneself_passes() {
        assert!(admits(&Method::DELETE, "/api/v1/namespaces/a/pods/b"));
        assert!(admits(&Method::PATCH, "/api/v1/nodes/b"));
        for review in ["selfsubjectaccessreviews", "selfsubjectrulesreviews"] {
            assert!(admits(&Method::POST, &format!("/apis/authorization.k8s.io/v1/{review}")));
        }
        assert!(admits(&Method::POST, "/apis/authentication.k8s.io/v1/selfsubjectreviews"));
        for (method, path) in [
            (Method::DELETE, "/api/v1/namespaces/a/pods"),
            (Method::DELETE, "/api/v1/namespaces/a"),
            (Method::DELETE, "/api/v1/namespaces/a/pods/b/c"),
            (Method::DELETE, "/api/v1/namespaces/a/secrets/b"),
            (Method::DELETE, "/api/v1/nodes/b"),
            (Method::PATCH, "/api/v1/nodes/b/status"),
            (Method::PATCH, "/api/v1/namespaces/a/pods/b"),
            (Method::PUT, "/api/v1/nodes/b"),
            (Method::POST, "/api/v1/namespaces/a/pods"),
            (Method::POST, "/api/v1/namespaces/a/pods/b/eviction"),
            (Method::POST, "/apis/authorization.k8s.io/v1/subjectaccessreviews"),
        ] {
            assert!(!admits(&method, path), "{method} {path}");
        }
    }

    #[test]
    fn a_refusal_did_nothing_and_is_explained() {
        for (status, words) in [
            (403, "no; this takes the right to patch nodes"),
            (404, "not there any more"),
            (409, "it changed meanwhile: look again"),
            (422, "no"),
            (429, "wait 30 s"),
        ] {
            let outcome = answered(status, "no");
            assert_eq!((outcome.ending, outcome.status), (Ending::Failed, Some(status)));
            assert!(outcome.message.as_deref().unwrap().contains(words), "{outcome:?}");
        }
    }

    #[test]
    fn it_is_left_alone_for_as_long_as_it_asks() {
        let told = |wait: Option<&str>| Told {
            status: StatusCode::TOO_MANY_REQUESTS,
            words: String::new(),
            retry_after: wait.map(str::to_owned),
        };
        assert_eq!(told(Some("30")).quiet_until(at(0)), Some(at(30)));
        assert_eq!(told(Some("soon")).quiet_until(at(0)), None);
        assert_eq!(told(None).quiet_until(at(0)), None);
    }

    #[test]
    fn a_server_error_may_have_done_it() {
        for status in [500, 503, 504] {
            assert_eq!(answered(status, "no").ending, Ending::Unknown, "{status}");
        }
        assert_eq!(answered(200, "").ending, Ending::Done);
        assert_eq!(answered(202, "").ending, Ending::Done);
    }
}
