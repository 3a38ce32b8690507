//! Scenarios: what the platform is like and what befalls it, as TOML.

use std::path::Path;

use serde::Deserialize;

use super::Error;
use super::fault::Fault;
use super::organisation::Organised;
pub use super::prometheus::{Greeting, Prometheus, ScriptedSlo};
use super::world::Trouble;
pub use super::world::{Exceptions, GitlabPlan, ScriptedLabel, ScriptedMergeRequest, ScriptedPush};

/// The scenarios that come with the program: name and text.
const EMBEDDED: &[(&str, &str)] = &[
    ("calm", include_str!("scenarios/calm.toml")),
    ("busy", include_str!("scenarios/busy.toml")),
    ("incident", include_str!("scenarios/incident.toml")),
    ("outage", include_str!("scenarios/outage.toml")),
    ("bare", include_str!("scenarios/bare.toml")),
    ("quiet", include_str!("scenarios/quiet.toml")),
    ("evidence", include_str!("scenarios/evidence.toml")),
    ("big", include_str!("scenarios/big.toml")),
    ("access", include_str!("scenarios/access.toml")),
    ("access_owner", include_str!("scenarios/access_owner.toml")),
    ("access_maintainer", include_str!("scenarios/access_maintainer.toml")),
    ("access_free", include_str!("scenarios/access_free.toml")),
    ("hostile", include_str!("scenarios/hostile.toml")),
    ("token_invalid", include_str!("scenarios/token_invalid.toml")),
    ("token_expired", include_str!("scenarios/token_expired.toml")),
    ("scope_missing", include_str!("scenarios/scope_missing.toml")),
    ("not_found", include_str!("scenarios/not_found.toml")),
    ("rate_limited", include_str!("scenarios/rate_limited.toml")),
    ("server_error", include_str!("scenarios/server_error.toml")),
    ("timeout", include_str!("scenarios/timeout.toml")),
    ("html", include_str!("scenarios/html.toml")),
    ("cut_body", include_str!("scenarios/cut_body.toml")),
    ("redirect", include_str!("scenarios/redirect.toml")),
    ("foreign_link", include_str!("scenarios/foreign_link.toml")),
    ("aws_throttled", include_str!("scenarios/aws_throttled.toml")),
    ("aws_access_denied", include_str!("scenarios/aws_access_denied.toml")),
    ("aws_expired_token", include_str!("scenarios/aws_expired_token.toml")),
    ("aws_degraded", include_str!("scenarios/aws_degraded.toml")),
    ("churn", include_str!("scenarios/churn.toml")),
    ("forged", include_str!("scenarios/forged.toml")),
    ("karpenter", include_str!("scenarios/karpenter.toml")),
    ("graphql_off", include_str!("scenarios/graphql_off.toml")),
    ("graphql_16_3", include_str!("scenarios/graphql_16_3.toml")),
    ("kubernetes_unauthorized", include_str!("scenarios/kubernetes_unauthorized.toml")),
    ("kubernetes_forbidden_nodes", include_str!("scenarios/kubernetes_forbidden_nodes.toml")),
    ("kubernetes_gone", include_str!("scenarios/kubernetes_gone.toml")),
    ("kubernetes_expired_continue", include_str!("scenarios/kubernetes_expired_continue.toml")),
    ("kubernetes_too_large", include_str!("scenarios/kubernetes_too_large.toml")),
    ("kubernetes_restart", include_str!("scenarios/kubernetes_restart.toml")),
    ("kubernetes_silent", include_str!("scenarios/kubernetes_silent.toml")),
    ("kubernetes_cut", include_str!("scenarios/kubernetes_cut.toml")),
    ("prometheus_nan", include_str!("scenarios/prometheus_nan.toml")),
    ("prometheus_absent", include_str!("scenarios/prometheus_absent.toml")),
    ("prometheus_vanished", include_str!("scenarios/prometheus_vanished.toml")),
    ("prometheus_stalled", include_str!("scenarios/prometheus_stalled.toml")),
    ("prometheus_rule_error", include_str!("scenarios/prometheus_rule_error.toml")),
    ("prometheus_warnings", include_str!("scenarios/prometheus_warnings.toml")),
    ("prometheus_young", include_str!("scenarios/prometheus_young.toml")),
    ("prometheus_idle", include_str!("scenarios/prometheus_idle.toml")),
    (
        "prometheus_unreachable_objective",
        include_str!("scenarios/prometheus_unreachable_objective.toml"),
    ),
    ("prometheus_infinite", include_str!("scenarios/prometheus_infinite.toml")),
    ("prometheus_exhausted", include_str!("scenarios/prometheus_exhausted.toml")),
    ("prometheus_many", include_str!("scenarios/prometheus_many.toml")),
    ("prometheus_bearer", include_str!("scenarios/prometheus_bearer.toml")),
    ("prometheus_basic", include_str!("scenarios/prometheus_basic.toml")),
    ("prometheus_unauthorized", include_str!("scenarios/prometheus_unauthorized.toml")),
    ("prometheus_unreachable", include_str!("scenarios/prometheus_unreachable.toml")),
    ("prometheus_timeout", include_str!("scenarios/prometheus_timeout.toml")),
    ("prometheus_proxy", include_str!("scenarios/prometheus_proxy.toml")),
];

/// A platform and its fate; every key has a default, so that a file says only what differs from calm.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Scenario {
    /// One sentence about it.
    pub summary: String,
    /// Number of projects at scale 1.
    pub projects: u32,
    /// No pipeline starts from 90 minutes before the start on, and nothing waits.
    pub quiet: bool,
    /// New pipelines a minute at scale 1.
    pub pipelines_per_minute: f64,
    /// Number of jobs that the past holds at scale 1.
    pub history_jobs: u32,
    /// Share of jobs that fail, 0 to 1.
    pub failing: f64,
    /// Whether GraphQL answers, and as which release.
    pub graphql: GraphQl,
    /// Limits of the API.
    pub limits: Limits,
    /// The cluster.
    pub kubernetes: Kubernetes,
    /// Names taken verbatim instead of ordinary ones.
    pub names: Names,
    /// Pipelines that start at a set moment.
    pub pipeline: Vec<ScriptedPipeline>,
    /// Merge requests that brought a commit in.
    pub merge_request: Vec<ScriptedMergeRequest>,
    /// Changes of capacity or load at a set moment.
    pub change: Vec<Change>,
    /// The cluster that the jobs run on.
    pub capacity: Ground,
    /// What befalls pods.
    pub trouble: Vec<ScriptedTrouble>,
    /// Objectives and their metrics.
    pub prometheus: Prometheus,
    /// The register of exceptions, and how merge requests are guarded.
    pub exceptions: Exceptions,
    /// Who has which right.
    pub organisation: Organised,
    /// Wrong answers.
    pub fault: Vec<Fault>,
}

impl Default for Scenario {
    fn default() -> Self {
        Self {
            summary: String::new(),
            projects: 40,
            quiet: false,
            pipelines_per_minute: 1.1,
            history_jobs: 1000,
            failing: 0.04,
            graphql: GraphQl::On,
            limits: Limits::default(),
            kubernetes: Kubernetes::default(),
            names: Names::default(),
            pipeline: Vec::new(),
            merge_request: Vec::new(),
            change: Vec::new(),
            capacity: Ground::default(),
            trouble: Vec::new(),
            prometheus: Prometheus::default(),
            exceptions: Exceptions::default(),
            organisation: Organised::default(),
            fault: Vec::new(),
        }
    }
}

impl Scenario {
    /// The names of the scenarios that come with the program.
    pub fn names() -> Vec<&'static str> {
        EMBEDDED.iter().map(|(name, _)| *name).collect()
    }

    /// Reads a scenario by name, or from a path that ends in `.toml`.
    pub fn load(name: &str) -> Result<Self, Error> {
        let is_file =
            Path::new(name).extension().is_some_and(|end| end.eq_ignore_ascii_case("toml"));
        if is_file {
            let text = std::fs::read_to_string(name).map_err(|error| wrong(name, &error))?;
            return Self::parse(name, &text);
        }
        match EMBEDDED.iter().find(|(known, _)| *known == name) {
            Some((_, text)) => Self::parse(name, text),
            None => Err(Error::Scenario {
                name: name.to_owned(),
                why: format!(
                    "it is none of {} and does not end in .toml",
                    Self::names().join(", ")
                ),
            }),
        }
    }

    /// Reads a scenario from text; `name` is for the message of an error.
    pub fn parse(name: &str, text: &str) -> Result<Self, Error> {
        toml::from_str(text).map_err(|error| wrong(name, &error))
    }
}

fn wrong(name: &str, error: &dyn std::error::Error) -> Error {
    Error::Scenario { name: name.to_owned(), why: error.to_string() }
}

/// Whether GraphQL answers, and as which release of GitLab.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
pub enum GraphQl {
    /// The fields of a current release.
    #[default]
    #[serde(rename = "on")]
    On,
    /// 404, as behind a proxy that forwards the REST API only.
    #[serde(rename = "off")]
    Off,
    /// The fields and enum values of GitLab 16.3.
    #[serde(rename = "16.3")]
    V16_3,
}

/// Limits of the API.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Limits {
    /// Requests a minute before the answer is 429.
    pub requests_per_minute: u64,
    /// Every answer takes this long, in milliseconds.
    pub latency_ms: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self { requests_per_minute: 2000, latency_ms: 0 }
    }
}

/// The cluster.
#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Kubernetes {
    /// Karpenter is installed: its resources exist, and the sandbox tier's nodes come from a pool of it.
    pub karpenter: bool,
    /// Its server holds nothing, whatever the world does: what is applied is all there is.
    pub empty: bool,
    /// Changes that the server remembers of each resource; a watch from before them is told 410.
    pub watch_window: Option<usize>,
}

/// Names taken verbatim: the first ones of each kind are replaced.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Names {
    /// Names of jobs.
    pub jobs: Vec<Verbatim>,
    /// Names of branches.
    pub refs: Vec<Verbatim>,
    /// Display names of projects.
    pub projects: Vec<Verbatim>,
}

/// A text, said once or many times over.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Verbatim {
    /// The text.
    pub text: String,
    /// How often it is repeated.
    #[serde(default = "once")]
    pub repeat: usize,
}

impl Verbatim {
    /// The whole text.
    pub fn spelled(&self) -> String {
        self.text.repeat(self.repeat)
    }
}

/// Pipelines that start at a set moment.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ScriptedPipeline {
    /// Full path of the project.
    pub project: String,
    /// Seconds after the start; negative is before.
    #[serde(default)]
    pub at_seconds: f64,
    /// Branch.
    #[serde(default = "main_branch")]
    pub branch: String,
    /// Number of pipelines.
    #[serde(default = "one")]
    pub count: u32,
    /// Number of jobs in each.
    #[serde(default = "ten")]
    pub jobs: u32,
    /// Tags of the jobs.
    #[serde(default)]
    pub tags: Vec<String>,
    /// What the jobs are called, before their number.
    #[serde(default = "shard")]
    pub job_name: String,
    /// Only one job of a resource group runs at a time.
    #[serde(default)]
    pub resource_group: Option<String>,
    /// The jobs wait for so many seconds once their turn has come.
    #[serde(default)]
    pub delay_seconds: Option<f64>,
    /// Planned duration of each job.
    #[serde(default = "duration")]
    pub duration_seconds: f64,
    /// The environment that the jobs deploy to.
    #[serde(default)]
    pub environment: Option<String>,
    /// How many people have to approve that first.
    #[serde(default)]
    pub approvals: u32,
    /// The login of whoever started it.
    #[serde(default)]
    pub started_by: Option<String>,
    /// Its commit.
    #[serde(default)]
    pub sha: Option<String>,
}

/// A change of capacity or load at a set moment.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Change {
    /// Seconds after the start; negative is before.
    pub at_seconds: f64,
    /// The tier whose capacity changes.
    pub tier: Option<String>,
    /// The share of the tier's slots that works from then on.
    pub capacity: Option<f64>,
    /// New pipelines a minute at scale 1 from then on.
    pub pipelines_per_minute: Option<f64>,
    /// Share of jobs that fail from then on.
    pub failing: Option<f64>,
    /// Description of a runner that contacts GitLab no more; GitLab takes two hours to notice.
    pub silent_runner: Option<String>,
    /// The node group that changes.
    pub nodegroup: Option<String>,
    /// Its maximum from then on; nodes beyond it are cordoned and go.
    pub max: Option<usize>,
    /// The code of its health issue from then on, with which it cannot grow; empty ends it.
    pub issue: Option<String>,
}

/// The cluster that the jobs run on.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Ground {
    /// Seconds that a runner waits for its pod to run.
    pub poll_timeout_seconds: f64,
    /// Seconds until an instance that was asked for registers as a node.
    pub node_seconds: f64,
    /// Seconds that a node must be idle before it goes.
    pub idle_seconds: f64,
    /// Completed pods that are kept in each tier at scale 1, for an hour at most.
    pub keep_completed: usize,
    /// Changes of pods a second, besides those of their lives.
    pub churn_per_second: u32,
}

impl Default for Ground {
    fn default() -> Self {
        Self {
            poll_timeout_seconds: 180.0,
            node_seconds: 75.0,
            idle_seconds: 600.0,
            keep_completed: 25,
            churn_per_second: 0,
        }
    }
}

/// What befalls the pods of the next jobs.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ScriptedTrouble {
    /// What it is.
    pub kind: Trouble,
    /// The tier of the jobs; none is every tier.
    #[serde(default)]
    pub tier: Option<String>,
    /// How the names of the jobs begin; none is every job.
    #[serde(default)]
    pub job: Option<String>,
    /// Seconds after the start from which jobs are counted; negative is before.
    #[serde(default)]
    pub at_seconds: f64,
    /// Number of jobs.
    #[serde(default = "one")]
    pub count: u32,
}

fn once() -> usize {
    1
}

fn one() -> u32 {
    1
}

fn ten() -> u32 {
    10
}

fn duration() -> f64 {
    600.0
}

fn shard() -> String {
    "shard".to_owned()
}

fn main_branch() -> String {
    "main".to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_embedded_scenario_is_readable() {
        for name in Scenario::names() {
            Scenario::load(name).unwrap();
        }
    }

    #[test]
    fn every_embedded_scenario_says_what_it_is() {
        for name in Scenario::names() {
            assert!(!Scenario::load(name).unwrap().summary.is_empty(), "{name}");
        }
    }

    #[test]
    fn an_unknown_name_lists_the_known_ones() {
        assert!(Scenario::load("nope").unwrap_err().to_string().contains("calm, busy"));
    }

    #[test]
    fn an_unknown_key_is_refused() {
        assert!(Scenario::parse("x", "projetcs = 3").is_err());
    }
}
