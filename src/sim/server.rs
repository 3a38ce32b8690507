//! The listener of GitLab: limits, faults and entity tags around the answers.

use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use axum::Router;
use axum::extract::{ConnectInfo, Request, State};
use axum::response::Response;
use bytes::Bytes;
use tokio::net::TcpListener;

use super::alertmanager::Silences;
use super::aws::Keys;
use super::clock::{self, Millis};
use super::dice::Dice;
use super::fault::{Asked, Book, Fault, Server};
use super::foreign::Visits;
use super::gitlab;
use super::kubernetes::{Cluster, Store};
use super::ledger::{Entry, Ledger};
use super::prometheus::Lock;
use super::response::respond;
use super::scenario::{GraphQl, Limits, Scenario};
use super::socket::{Cuttable, Cutter};
use super::wire::{Ask, Reply};
use super::world::{ClusterChange, World};
use super::{Error, Options};

/// Requests with a longer body are refused.
const MOST_BODY: usize = 1 << 20;
const MINUTE: Millis = 60_000;

/// Base URLs.
pub(crate) struct Places {
    pub(crate) base: String,
    pub(crate) foreign: String,
    pub(crate) kubernetes: String,
    pub(crate) aws: String,
    pub(crate) prometheus: String,
    pub(crate) alertmanager: String,
}

/// Everything behind the listeners.
pub(crate) struct Platform {
    world: Mutex<World>,
    cluster: Cluster,
    keys: Keys,
    lock: Lock,
    silences: Mutex<Silences>,
    warnings: Vec<String>,
    faults: Mutex<Book>,
    ledger: Ledger,
    visits: Visits,
    limits: Limits,
    window: Mutex<Window>,
    graph_ql: Mutex<GraphQl>,
    token: String,
    started: Millis,
    places: Places,
    ended: Cutter,
}

/// The requests of the current minute.
#[derive(Default)]
struct Window {
    minute: Millis,
    seen: u64,
}

impl Platform {
    /// The platform of a scenario.
    pub(crate) fn new(
        world: World,
        scenario: &Scenario,
        options: &Options,
        places: Places,
    ) -> Result<Self, Error> {
        let kyverno = scenario.exceptions.kyverno && !scenario.kubernetes.empty;
        let secret: String = Dice::new(options.seed ^ 0x5eed).sha().chars().take(12).collect();
        let cluster = Cluster::new(
            scenario.kubernetes,
            places.kubernetes.clone(),
            format!("simulated-{secret}"),
        );
        cluster.store().kyverno = kyverno;
        Ok(Self {
            world: Mutex::new(world),
            cluster,
            keys: Keys::new(options.seed),
            lock: Lock::new(scenario.prometheus.auth, options.seed),
            silences: Mutex::new(Silences::new(options.seed)),
            warnings: scenario.prometheus.warnings.clone(),
            faults: Mutex::new(Book::new(scenario.fault.clone(), options.seed)),
            ledger: Ledger::open(options)?,
            visits: Visits::default(),
            limits: scenario.limits,
            window: Mutex::new(Window::default()),
            graph_ql: Mutex::new(scenario.graphql),
            token: format!("glpat-simulated-{secret}"),
            started: clock::now(),
            places,
            ended: Cutter::default(),
        })
    }

    /// The world, locked.
    pub(crate) fn world(&self) -> MutexGuard<'_, World> {
        lock(&self.world)
    }

    /// Tells the API server what changed in the cluster of the world.
    pub(crate) fn publish(&self, world: &mut World) {
        let changes = world.cluster_changes();
        if changes.is_empty() {
            return;
        }
        let mut store = self.store();
        for change in changes {
            match change {
                ClusterChange::Put(kind, object) => {
                    store.put(kind, object);
                }
                ClusterChange::Delete(kind, namespace, name) => {
                    store.delete(kind, namespace, &name);
                }
            }
        }
    }

    /// The cluster.
    pub(crate) fn cluster(&self) -> &Cluster {
        &self.cluster
    }

    /// The credentials that work at AWS.
    pub(crate) fn keys(&self) -> &Keys {
        &self.keys
    }

    /// Base URLs.
    pub(crate) fn places(&self) -> &Places {
        &self.places
    }

    /// Who may ask Prometheus and Alertmanager.
    pub(crate) fn lock(&self) -> &Lock {
        &self.lock
    }

    /// The silences, locked; whoever needs the world too locks the world first.
    pub(crate) fn silences(&self) -> MutexGuard<'_, Silences> {
        lock(&self.silences)
    }

    /// What Prometheus warns of in every answer to a query.
    pub(crate) fn warnings(&self) -> &[String] {
        &self.warnings
    }

    /// Base URL of AWS.
    pub(crate) fn aws_base(&self) -> &str {
        &self.places.aws
    }

    /// Ends with the platform.
    pub(crate) fn ending(&self) -> Cutter {
        self.ended.clone()
    }

    /// Wall time since the start.
    pub(crate) fn elapsed(&self) -> Millis {
        clock::now() - self.started
    }

    /// The objects of the cluster, locked; whoever needs the world too locks the world first.
    pub(crate) fn store(&self) -> MutexGuard<'_, Store> {
        self.cluster.store()
    }

    /// The faults, locked.
    pub(crate) fn faults(&self) -> MutexGuard<'_, Book> {
        lock(&self.faults)
    }

    /// What was asked.
    pub(crate) fn ledger(&self) -> &Ledger {
        &self.ledger
    }

    /// Who came to the other origin.
    pub(crate) fn foreign(&self) -> &Visits {
        &self.visits
    }

    /// The token that works.
    pub(crate) fn token(&self) -> &str {
        &self.token
    }

    /// The token of a person, by login; the clients' own is another.
    pub(crate) fn token_of(&self, username: &str) -> String {
        format!("{}-{username}", self.token)
    }

    /// Whether a token works.
    pub(crate) fn knows(&self, token: &str) -> bool {
        let known = |login| self.world().place_of(login).is_some();
        token == self.token || self.login_of(token).is_some_and(known)
    }

    /// Who asks with a token of their own; `None` for the clients' own.
    pub(crate) fn asker(&self, world: &World, token: Option<&str>) -> Option<usize> {
        world.place_of(self.login_of(token?)?)
    }

    fn login_of<'a>(&self, token: &'a str) -> Option<&'a str> {
        token.strip_prefix(&self.token)?.strip_prefix('-')
    }

    /// Ends every connection, also those that wait for the next request.
    pub(crate) fn end(&self) {
        self.ended.cut();
        self.cluster.end();
    }

    /// Base URL of GitLab.
    pub(crate) fn base(&self) -> &str {
        &self.places.base
    }

    /// Whether GraphQL answers, and as which release.
    pub(crate) fn graph_ql(&self) -> GraphQl {
        *lock(&self.graph_ql)
    }

    /// Changes whether GraphQL answers.
    pub(crate) fn set_graph_ql(&self, state: GraphQl) {
        *lock(&self.graph_ql) = state;
    }

    fn meet(&self, asked: &Asked<'_>) -> Option<Fault> {
        self.faults().meet(asked)
    }

    /// Counts a request within the current minute; how many there were.
    fn count(&self, now: Millis) -> u64 {
        let mut window = lock(&self.window);
        let minute = now / MINUTE;
        if window.minute != minute {
            *window = Window { minute, seen: 0 };
        }
        window.seen += 1;
        window.seen
    }
}

/// Serves GitLab until the task is ended.
pub(crate) async fn serve(listener: TcpListener, platform: Arc<Platform>) {
    let router = Router::new().fallback(receive).with_state(Arc::clone(&platform));
    let service = router.into_make_service_with_connect_info::<Cutter>();
    // It ends only with its task; an error of the listener shows as a refused connection.
    drop(axum::serve(Cuttable::new(listener, platform.ended.clone()), service).await);
}

async fn receive(
    State(platform): State<Arc<Platform>>,
    ConnectInfo(cutter): ConnectInfo<Cutter>,
    request: Request,
) -> Response {
    let (parts, body) = request.into_parts();
    let body = axum::body::to_bytes(body, MOST_BODY).await.unwrap_or_default();
    let ask = Ask::new(&parts, body);
    let now = clock::now();
    let seen = platform.count(now);
    let fault = platform
        .meet(&Asked {
            server: Server::Gitlab,
            method: &ask.method,
            path: &ask.path,
            operation: ask.operation.as_deref(),
            verb: None,
            elapsed: now - platform.started,
        })
        .unwrap_or_default();
    let pause = Duration::from_millis(fault.delay_ms.max(platform.limits.latency_ms));
    // What is done although its answer fails is done at once; only the answer is slow.
    if !fault.done {
        tokio::time::sleep(pause).await;
    }
    let mut reply = reply_to(&platform, &ask, &fault, seen);
    if seen <= platform.limits.requests_per_minute && reply.status == 200 {
        tag(&ask, &mut reply);
    }
    add_limits(&platform, &mut reply, seen, now);
    for (name, value) in &fault.headers {
        reply.set(name, value);
    }
    platform.ledger.add(&Entry {
        server: Server::Gitlab,
        method: &ask.method,
        path: &ask.target,
        source: &ask.agent,
        operation: ask.operation.as_deref(),
        status: (!fault.close).then_some(reply.status),
    });
    if fault.done {
        tokio::time::sleep(pause).await;
    }
    if fault.close {
        cutter.cut();
    }
    respond(reply, fault.cut_after_bytes)
}

/// The answer that the fault prescribes, or the true one.
fn reply_to(platform: &Platform, ask: &Ask, fault: &Fault, seen: u64) -> Reply {
    if seen > platform.limits.requests_per_minute {
        return Reply::text(429, "Retry later\n");
    }
    if fault.redirect_to_foreign {
        let mut reply = Reply::text(302, "");
        reply.set("location", &format!("{}{}", platform.places.foreign, ask.target));
        return reply;
    }
    if fault.status.is_some() || fault.body.is_some() {
        if fault.done {
            gitlab::answer(platform, ask, fault.token);
        }
        let mut reply =
            Reply::text(fault.status.unwrap_or(200), fault.body.as_deref().unwrap_or(""));
        reply.set("content-type", fault.content_type.as_deref().unwrap_or("application/json"));
        return reply;
    }
    let mut reply = gitlab::answer(platform, ask, fault.token);
    if let Some(kind) = &fault.content_type {
        reply.set("content-type", kind);
    }
    if fault.foreign_link {
        let next = format!("<{}{}>; rel=\"next\"", platform.places.foreign, ask.target);
        reply.set("link", &next);
    }
    reply
}

/// Adds an entity tag to an answer to GET, or makes it 304 when the client has the same.
fn tag(ask: &Ask, reply: &mut Reply) {
    if ask.method != "GET" {
        return;
    }
    let mut hasher = DefaultHasher::new();
    reply.body.hash(&mut hasher);
    let tag = format!("W/\"{:016x}\"", hasher.finish());
    reply.set("etag", &tag);
    reply.set("cache-control", "max-age=0, private, must-revalidate");
    if ask.if_none_match.as_deref() == Some(&tag) {
        reply.status = 304;
        reply.body = Bytes::new();
    }
}

fn add_limits(platform: &Platform, reply: &mut Reply, seen: u64, now: Millis) {
    let limit = platform.limits.requests_per_minute;
    let reset = (now / MINUTE + 1) * MINUTE;
    reply.set("ratelimit-limit", &limit.to_string());
    reply.set("ratelimit-name", "throttle_authenticated_api");
    reply.set("ratelimit-observed", &seen.to_string());
    reply.set("ratelimit-remaining", &limit.saturating_sub(seen).to_string());
    reply.set("ratelimit-reset", &(reset / 1000).to_string());
    if reply.status == 429 {
        reply.set("ratelimit-resettime", &clock::http_date(reset));
        reply.set("retry-after", &((reset - now) / 1000 + 1).to_string());
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
