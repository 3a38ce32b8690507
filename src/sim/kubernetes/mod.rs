//! A Kubernetes API server as its public documents describe it, over plain HTTP.

mod act;
mod age;
mod cells;
mod discovery;
mod form;
mod kind;
mod list;
mod log;
mod managed;
mod object;
mod pod_cells;
mod proto;
mod review;
mod route;
mod selector;
mod server;
mod status;
mod store;
mod table;
mod watch;

pub(crate) use self::kind::Kind;
pub(crate) use self::log::plain as plain_log;
pub use self::log::{LogLine, Logs};
pub(crate) use self::object::Object;
pub(crate) use self::server::serve;
pub(crate) use self::store::Store;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde_json::{Value, json};

use self::form::Form;
use self::list::Wish;
use self::log::Reading;
use self::route::Route;
use self::watch::Watch;
use super::aws::is_token_of;
use super::clock::{self, Millis};
use super::fault::{ClusterFault, Fault};
use super::scenario::Kubernetes;
use super::server::Platform;
use super::socket::Cutter;
use super::wire::{Ask, Reply};

/// The cluster behind the API server.
pub(crate) struct Cluster {
    store: Mutex<Store>,
    base: String,
    token: String,
    logs: Mutex<Arc<Logs>>,
    /// Ends the connections of the present life of the server.
    life: Mutex<Cutter>,
}

impl Cluster {
    /// An empty cluster; `base` is the URL of its server.
    pub(crate) fn new(shape: Kubernetes, base: String, token: String) -> Self {
        let mut store = Store::default();
        store.karpenter = shape.karpenter;
        if let Some(window) = shape.watch_window {
            store.set_window(window);
        }
        Self {
            store: Mutex::new(store),
            base,
            token,
            logs: Mutex::new(Arc::new(log::plain)),
            life: Mutex::new(Cutter::default()),
        }
    }

    /// Its objects, locked.
    pub(crate) fn store(&self) -> MutexGuard<'_, Store> {
        lock(&self.store)
    }

    /// Base URL.
    pub(crate) fn base(&self) -> &str {
        &self.base
    }

    /// The token that works.
    pub(crate) fn token(&self) -> &str {
        &self.token
    }

    /// A kubeconfig of this cluster alone, as YAML.
    pub(crate) fn kubeconfig(&self) -> String {
        format!(
            "apiVersion: v1
kind: Config
current-context: simulated
clusters:
- name: simulated
  cluster:
    server: {}
contexts:
- name: simulated
  context:
    cluster: simulated
    user: watchfloor
users:
- name: watchfloor
  user:
    token: {}
preferences: {{}}
",
            self.base, self.token,
        )
    }

    /// Sets who writes the logs of containers.
    pub(crate) fn set_logs(&self, logs: Arc<Logs>) {
        *lock(&self.logs) = logs;
    }

    /// Ends every connection.
    pub(crate) fn end(&self) {
        lock(&self.life).cut();
    }

    /// The lines of a log so far.
    fn log(&self, pod: &Value, container: &str, now: Millis) -> Vec<LogLine> {
        let logs = Arc::clone(&lock(&self.logs));
        logs(pod, container, now)
    }

    /// Ends every connection; what ends those of the next life.
    fn begin_life(&self) -> Cutter {
        let mut life = lock(&self.life);
        life.cut();
        *life = Cutter::default();
        life.clone()
    }
}

/// An answer.
enum Answer {
    Whole(Reply),
    Watch(Box<Watch>),
    Log(Box<Reading>),
}

/// Answers a request.
fn answer(platform: &Arc<Platform>, ask: &Ask, route: Option<Route<'_>>, fault: &Fault) -> Answer {
    if let Some(refusal) = refuse_token(platform, ask, fault) {
        return Answer::Whole(refusal);
    }
    match route {
        Some(route) if !platform.store().serves(route.kind) => Answer::Whole(status::no_page()),
        Some(route) if fault.kubernetes == Some(ClusterFault::Forbidden) => {
            Answer::Whole(status::forbidden(&route))
        }
        Some(route) => resource(platform, ask, route, fault),
        None => Answer::Whole(beside(platform, ask)),
    }
}

/// Answers a request to a resource. Whoever adds a verb that changes something begins here.
fn resource(platform: &Arc<Platform>, ask: &Ask, route: Route<'_>, fault: &Fault) -> Answer {
    if !route.is_allowed() {
        platform.ledger().puzzle(format!("{} {}", ask.method, ask.path));
        return Answer::Whole(status::no_method());
    }
    let Some(form) = Form::of(ask) else { return Answer::Whole(status::not_acceptable()) };
    let wish = Wish { ask, route, form, fault: fault.kubernetes, now: clock::now() };
    let answer = match (route.verb, route.subresource) {
        ("watch", None) => Watch::open(platform, &platform.store(), &wish, fault)
            .map(|watch| Answer::Watch(Box::new(watch))),
        ("list", None) => Ok(Answer::Whole(list::list(&platform.store(), &wish))),
        ("get", Some("log")) => {
            Reading::open(platform, &wish).map(|log| Answer::Log(Box::new(log)))
        }
        ("delete", None) => act::delete(platform, &wish).map(Answer::Whole),
        ("patch", None) => act::patch(platform, &wish).map(Answer::Whole),
        _ => Ok(Answer::Whole(list::one(&platform.store(), &wish))),
    };
    puzzle_over_parameters(platform, ask);
    answer.unwrap_or_else(Answer::Whole)
}

/// Answers what is no resource of the cluster.
fn beside(platform: &Platform, ask: &Ask) -> Reply {
    let groups = discovery::groups(&platform.store());
    let segments: Vec<&str> = ask.segments.iter().map(String::as_str).collect();
    let found = |value: Option<Value>| match value {
        Some(value) => Reply::json(200, &value),
        None => status::no_page(),
    };
    match (ask.method.as_str(), segments.as_slice()) {
        ("GET", ["version"]) => Reply::json(200, &discovery::version()),
        ("GET", ["healthz" | "livez" | "readyz", ..]) => Reply::text(200, "ok"),
        ("GET", ["api"]) => Reply::json(200, &discovery::core(platform.cluster().base())),
        ("GET", ["apis"]) => Reply::json(200, &discovery::list(&groups)),
        ("GET", ["apis", group]) => found(discovery::group(group, &groups)),
        ("GET", ["api", version]) => found(discovery::resources("", version, &groups)),
        ("GET", ["apis", group, version]) => found(discovery::resources(group, version, &groups)),
        // Clients go without a schema.
        ("GET", ["openapi", ..]) => status::no_page(),
        ("POST", ["apis", discovery::AUTHORIZATION, "v1", "selfsubjectaccessreviews"]) => {
            review::access(platform, ask)
        }
        ("POST", ["apis", discovery::AUTHORIZATION, "v1", "selfsubjectrulesreviews"]) => {
            review::rules(platform, ask)
        }
        ("POST", ["apis", "authentication.k8s.io", "v1", "selfsubjectreviews"]) => review::who(),
        // kubectl looks for the lease of a node that it describes.
        ("GET", ["apis", "coordination.k8s.io", "v1", "namespaces", _, "leases", name]) => {
            lease(name)
        }
        (_, ["api", "v1", ..]) => unknown(platform, ask, status::no_resource()),
        (_, ["apis", group, ..]) if discovery::group(group, &groups).is_some() => {
            unknown(platform, ask, status::no_resource())
        }
        _ => unknown(platform, ask, status::no_page()),
    }
}

/// The answer to what is not known, which is remembered.
fn unknown(platform: &Platform, ask: &Ask, reply: Reply) -> Reply {
    platform.ledger().puzzle(format!("{} {}", ask.method, ask.path));
    reply
}

fn lease(name: &str) -> Reply {
    let group = "coordination.k8s.io";
    let message = format!("leases.{group} \"{name}\" not found");
    Reply::json(
        404,
        &json!({
            "kind": "Status",
            "apiVersion": "v1",
            "metadata": {},
            "status": "Failure",
            "message": message,
            "reason": "NotFound",
            "details": {"name": name, "group": group, "kind": "leases"},
            "code": 404,
        }),
    )
}

/// 401 unless the token is the one that works. kubectl keeps its token to itself on plain HTTP and is let in without.
fn refuse_token(platform: &Platform, ask: &Ask, fault: &Fault) -> Option<Reply> {
    let is_good = match ask.token.as_deref() {
        Some(token) => {
            token == platform.cluster().token() || is_token_of(platform.keys(), token, clock::now())
        }
        None => ask.agent.starts_with("kubectl/"),
    };
    (!is_good || fault.token.is_some()).then(status::unauthorized)
}

/// Remembers parameters that nobody reads here.
fn puzzle_over_parameters(platform: &Platform, ask: &Ask) {
    // They change nothing here, or only where something else was asked for too.
    ask.query.ignore(&[
        "allowWatchBookmarks",
        "container",
        "continue",
        "fieldManager",
        "fieldSelector",
        "fieldValidation",
        "follow",
        "includeObject",
        "insecureSkipTLSVerifyBackend",
        "labelSelector",
        "limit",
        "limitBytes",
        "pretty",
        "previous",
        "resourceVersion",
        "resourceVersionMatch",
        "sendInitialEvents",
        "sinceSeconds",
        "sinceTime",
        "tailLines",
        "timeout",
        "timeoutSeconds",
        "timestamps",
        "watch",
    ]);
    for name in ask.query.left_over() {
        platform.ledger().puzzle(format!("{} {}?{name}", ask.method, ask.path));
    }
}

fn lock<T: ?Sized>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
