//! A small simulated platform on loopback: real HTTP, real JSON, nothing of ours.
//!
//! **Invariant:** this layer names no other layer. It writes what the public documents of the
//! platforms describe, and our clients read it; a shared type would let one mistake cancel the other.
//!
//! **Invariant:** it refuses loudly. What it does not know is answered with an error and remembered.
//!
//! **Invariant:** the same seed gives the same ids, names and order; instants are wall-clock UTC.

mod alertmanager;
mod aws;
mod clock;
mod dice;
mod drift;
mod fault;
mod foreign;
mod gitlab;
mod handle;
mod kubernetes;
mod ledger;
mod logs;
mod order;
mod organisation;
mod prometheus;
mod response;
mod scenario;
mod server;
mod socket;
mod wire;
mod world;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use tokio::task::JoinHandle;

pub use self::drift::EXPECTED_DRIFT;
pub use self::fault::{AwsFault, ClusterFault, Fault, Server, TokenFault};
pub use self::foreign::ForeignRequest;
pub use self::handle::WorldHandle;
pub use self::kubernetes::{LogLine, Logs};
pub use self::order::{NewJob, NewPipeline};
pub use self::organisation::{
    COVERED_ACCESS, DOUBTED_ACCESS, EXPECTED_ACCESS, Organised, STATIC_KEY_VALUE,
};
pub use self::scenario::{
    Change, Exceptions, GitlabPlan, GraphQl, Greeting, Ground, Kubernetes, Limits, Names,
    Prometheus, Scenario, ScriptedLabel, ScriptedMergeRequest, ScriptedPipeline, ScriptedPush,
    ScriptedSlo, ScriptedTrouble, Verbatim,
};
pub use self::world::{SloState, Trouble};

use self::server::Platform;
use self::world::World;

/// The roles of IAM that CI assumes on every simulated platform, as `access.iam_roles` takes them.
pub const IAM_ROLES: [&str; 3] = [
    "arn:aws:iam::111122223333:role/ci-deploy-legacy",
    "arn:aws:iam::111122223333:role/ci-deploy",
    "arn:aws:iam::111122223333:role/eks-node",
];

/// The full path of the project that holds the register of exceptions.
pub const REGISTER: &str = "acme/platform/exceptions";

/// Files of objectives about this platform, by name: one of `OpenSLO`, one of sloth's own form.
pub const SLO_FILES: [(&str, &str); 2] = [
    ("storefront.yaml", include_str!("slo_files/storefront.yaml")),
    ("sandbox.yaml", include_str!("slo_files/sandbox.yaml")),
];

/// How often the platform moves on.
const STEP: Duration = Duration::from_millis(200);

/// What to simulate.
#[derive(Clone, Debug)]
pub struct Options {
    /// Name of a scenario, or a path that ends in `.toml`.
    pub scenario: String,
    /// Divides planned durations from the start on; the past keeps its own pace.
    pub speed: f64,
    /// Multiplies traffic, slots and history.
    pub scale: u32,
    /// The same seed gives the same platform.
    pub seed: u64,
    /// File to which every request is added as a line of JSON.
    pub requests_log: Option<PathBuf>,
}

impl Default for Options {
    fn default() -> Self {
        Self { scenario: "calm".to_owned(), speed: 1.0, scale: 1, seed: 1, requests_log: None }
    }
}

/// A scenario by its name; everything else as usual.
impl From<&str> for Options {
    fn from(scenario: &str) -> Self {
        Self { scenario: scenario.to_owned(), ..Self::default() }
    }
}

/// Why the simulator did not start.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The scenario is unknown or not readable.
    #[error("cannot read scenario `{name}`: {why}")]
    Scenario {
        /// As it was asked for.
        name: String,
        /// What is wrong with it.
        why: String,
    },
    /// The speed is not a positive number.
    #[error("cannot simulate at speed {0}: it must be a positive number")]
    Speed(f64),
    /// No port could be opened.
    #[error("cannot listen on 127.0.0.1")]
    Listen(#[source] std::io::Error),
    /// The log of requests could not be opened.
    #[error("cannot write the log of requests to {path}")]
    Log {
        /// Where it was to be.
        path: PathBuf,
        /// Why not.
        #[source]
        source: std::io::Error,
    },
}

/// A tier of runners, as a configuration would describe it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TierInfo {
    /// Name.
    pub name: String,
    /// Tags of its jobs.
    pub tags: Vec<String>,
    /// Namespace of its jobs' pods.
    pub namespace: String,
    /// Service account of its jobs' pods.
    pub service_account: String,
    /// Its node groups.
    pub nodegroups: Vec<String>,
    /// Serves protected refs only.
    pub protected: bool,
    /// Objective for the time in the queue.
    pub queue_target_seconds: u32,
}

/// A running platform; it ends when this is dropped.
pub struct Sim {
    gitlab_url: String,
    other_origin_url: String,
    tiers: Vec<TierInfo>,
    platform: Arc<Platform>,
    tasks: Vec<JoinHandle<()>>,
}

/// Starts the platform of a scenario on ports of 127.0.0.1 that the system chooses.
pub async fn start(options: Options) -> Result<Sim, Error> {
    if !(options.speed.is_finite() && options.speed > 0.0) {
        return Err(Error::Speed(options.speed));
    }
    let scenario = Scenario::load(&options.scenario)?;
    let (gitlab, gitlab_url) = socket::listen().await?;
    let (kubernetes, kubernetes_url) = socket::listen().await?;
    let (aws, aws_url) = socket::listen().await?;
    let (prometheus, prometheus_url) = socket::listen().await?;
    let (alertmanager, alertmanager_url) = socket::listen().await?;
    let (other, other_origin_url) = socket::listen().await?;
    let now = clock::now();
    let mut world = World::new(scenario.clone(), options.scale, options.seed, now);
    world.hasten(options.speed);
    world.set_base(&gitlab_url);
    let places = server::Places {
        base: gitlab_url.clone(),
        foreign: other_origin_url.clone(),
        kubernetes: kubernetes_url,
        aws: aws_url,
        prometheus: prometheus_url,
        alertmanager: alertmanager_url,
    };
    let platform = Arc::new(Platform::new(world, &scenario, &options, places)?);
    platform.publish(&mut platform.world());
    logs::connect(&platform);
    let tasks = vec![
        tokio::spawn(server::serve(gitlab, Arc::clone(&platform))),
        tokio::spawn(kubernetes::serve(kubernetes, Arc::clone(&platform))),
        tokio::spawn(aws::serve(aws, Arc::clone(&platform))),
        tokio::spawn(prometheus::serve(prometheus, Arc::clone(&platform))),
        tokio::spawn(alertmanager::serve(alertmanager, Arc::clone(&platform))),
        tokio::spawn(foreign::serve(other, Arc::clone(&platform))),
        tokio::spawn(step(Arc::clone(&platform))),
    ];
    Ok(Sim { gitlab_url, other_origin_url, tiers: World::tiers(), platform, tasks })
}

impl Sim {
    /// Base URL of GitLab, `http://127.0.0.1:PORT`.
    pub fn gitlab_url(&self) -> &str {
        &self.gitlab_url
    }

    /// A token that works, and that is nobody's.
    pub fn token(&self) -> &str {
        self.platform.token()
    }

    /// A token of somebody by login, such as `chiara.fiction`, a maintainer; it may do what they may.
    pub fn token_of(&self, username: &str) -> String {
        self.platform.token_of(username)
    }

    /// Base URL of the Kubernetes API server, `http://127.0.0.1:PORT`.
    pub fn kubernetes_url(&self) -> &str {
        self.platform.cluster().base()
    }

    /// A bearer token that works there, and that is nobody's.
    pub fn kubernetes_token(&self) -> &str {
        self.platform.cluster().token()
    }

    /// A kubeconfig of the cluster alone, as YAML; it holds the token.
    pub fn kubeconfig(&self) -> String {
        self.platform.cluster().kubeconfig()
    }

    /// Number of requests to the Kubernetes API server so far.
    pub fn kubernetes_requests(&self) -> u64 {
        self.platform.ledger().count(Server::Kubernetes)
    }

    /// Base URL of EKS, STS and Auto Scaling, `http://127.0.0.1:PORT`.
    pub fn aws_url(&self) -> &str {
        self.platform.aws_base()
    }

    /// The access key that works there, and that is nobody's.
    pub fn aws_access_key(&self) -> &str {
        &self.platform.keys().access
    }

    /// Its secret.
    pub fn aws_secret_key(&self) -> &str {
        &self.platform.keys().secret
    }

    /// The region of the cluster.
    pub fn aws_region(&self) -> &'static str {
        world::REGION
    }

    /// The cluster's name in EKS.
    pub fn cluster_name(&self) -> &'static str {
        world::CLUSTER
    }

    /// The node groups that a person may resize, each with the most nodes it may be given.
    pub fn nodegroup_bounds(&self) -> Vec<(String, usize)> {
        let world = self.platform.world();
        let groups = world.capacity.groups.iter();
        groups.filter_map(|group| Some((group.name.to_owned(), group.bound?))).collect()
    }

    /// Number of requests to AWS so far.
    pub fn aws_requests(&self) -> u64 {
        self.platform.ledger().count(Server::Aws)
    }

    /// Base URL of Prometheus, `http://127.0.0.1:PORT`.
    pub fn prometheus_url(&self) -> &str {
        &self.platform.places().prometheus
    }

    /// Base URL of Alertmanager, `http://127.0.0.1:PORT`.
    pub fn alertmanager_url(&self) -> &str {
        &self.platform.places().alertmanager
    }

    /// How both want to be greeted; the user of basic authentication is `watchfloor`.
    pub fn prometheus_greeting(&self) -> Greeting {
        self.platform.lock().greeting()
    }

    /// The bearer token that works at both, or the password; it is nobody's.
    pub fn prometheus_token(&self) -> &str {
        self.platform.lock().token()
    }

    /// Number of requests to Prometheus so far.
    pub fn prometheus_requests(&self) -> u64 {
        self.platform.ledger().count(Server::Prometheus)
    }

    /// Number of requests to Alertmanager so far.
    pub fn alertmanager_requests(&self) -> u64 {
        self.platform.ledger().count(Server::Alertmanager)
    }

    /// The group that holds every project.
    pub fn group(&self) -> &'static str {
        "acme"
    }

    /// The tiers of runners.
    pub fn tiers(&self) -> &[TierInfo] {
        &self.tiers
    }

    /// Routes, parameters and GraphQL fields that were asked for and are not known.
    pub fn unknown(&self) -> Vec<String> {
        self.platform.ledger().unknown()
    }

    /// Number of requests to GitLab so far.
    pub fn requests(&self) -> u64 {
        self.platform.ledger().count(Server::Gitlab)
    }

    /// Base URL of a server of another origin, which no client has a reason to visit.
    pub fn other_origin_url(&self) -> &str {
        &self.other_origin_url
    }

    /// Every request that the server of the other origin received.
    pub fn foreign_requests(&self) -> Vec<ForeignRequest> {
        self.platform.foreign().all()
    }

    /// The platform itself, for tests that change it.
    pub fn world(&self) -> WorldHandle {
        WorldHandle::new(Arc::clone(&self.platform))
    }

    /// Ends the platform and closes its ports.
    pub async fn stop(mut self) {
        self.platform.end();
        for task in std::mem::take(&mut self.tasks) {
            task.abort();
            // A task that was told to end reports just that.
            drop(task.await);
        }
    }
}

impl Drop for Sim {
    fn drop(&mut self) {
        self.platform.end();
        for task in &self.tasks {
            task.abort();
        }
    }
}

async fn step(platform: Arc<Platform>) {
    let mut ticks = tokio::time::interval(STEP);
    ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Skip);
    loop {
        ticks.tick().await;
        let mut world = platform.world();
        world.advance(clock::now());
        platform.publish(&mut world);
    }
}

#[cfg(test)]
mod tests;
