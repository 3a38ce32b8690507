//! The shape of `config.toml`, for its JSON schema and its reference. What a key means is said here and nowhere else.

use std::collections::BTreeMap;

use schemars::JsonSchema;

/// Watchfloor's configuration.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct Config {
    /// Whether this console may ever change anything: `never`, or `arm`: after arming, for a while. `never` cannot be
    /// loosened by a variable or a flag.
    #[schemars(extend("enum" = ["never", "arm"], "default" = "arm"))]
    pub writes: Option<String>,
    /// How long arming lasts, minutes.
    #[schemars(range(min = 1, max = 60), extend("default" = 15))]
    pub arm_minutes: Option<u32>,
    /// Whether the platform is a simulated one on this machine: every address must be loopback, and no `WATCHFLOOR_*`
    /// variable changes anything.
    #[schemars(extend("default" = false))]
    pub simulated: Option<bool>,
    /// GitLab.
    pub gitlab: Option<Gitlab>,
    /// Runner tiers, in the order in which they are shown.
    pub tier: Option<Vec<Tier>>,
    /// Clusters that the tiers' pods run in.
    pub cluster: Option<Vec<Cluster>>,
    /// Prometheus.
    pub prometheus: Option<Prometheus>,
    /// Service level objectives.
    pub slo: Option<Slo>,
    /// Alertmanager.
    pub alertmanager: Option<Alertmanager>,
    /// The deployment gate.
    pub gate: Option<Gate>,
    /// The register of exceptions.
    pub exceptions: Option<Exceptions>,
    /// Access review.
    pub access: Option<Access>,
    /// Finding code or objective to the address of the page that helps; shown in the detail.
    #[schemars(extend("default" = {}))]
    pub runbooks: Option<BTreeMap<String, String>>,
    /// The cache, which may be deleted at any time.
    pub cache: Option<Cache>,
    /// The state, which must be kept.
    pub state: Option<State>,
    /// The history of samples.
    pub history: Option<History>,
    /// The look and feel.
    pub ui: Option<Ui>,
}

/// GitLab. At least one group or project must be named.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct Gitlab {
    /// Its address; `http://` is accepted for loopback only.
    #[schemars(extend("format" = "uri"))]
    pub url: String,
    /// Where its token comes from.
    pub token: Secret,
    /// Full paths of groups; watched with their subgroups.
    pub groups: Option<Vec<String>>,
    /// Full paths of single projects.
    pub projects: Option<Vec<String>>,
    /// A PEM file of certificate authorities to trust instead of the system's.
    pub ca_file: Option<String>,
    /// A proxy's address, or `none`; as the environment says where absent.
    pub proxy: Option<String>,
    /// Our own ceiling, whatever the server allows.
    #[schemars(range(min = 1, max = 100_000), extend("default" = 300))]
    pub requests_per_minute: Option<u32>,
    /// How often projects with work are read.
    #[schemars(extend("default" = "5s"))]
    pub active_interval: Option<String>,
    /// How often all projects are read.
    #[schemars(extend("default" = "60s"))]
    pub fleet_interval: Option<String>,
    /// How often runners are read.
    #[schemars(extend("default" = "60s"))]
    pub runner_interval: Option<String>,
    /// How often rights are read.
    #[schemars(extend("default" = "24h"))]
    pub access_interval: Option<String>,
}

/// Where a secret comes from. It is never written into the file itself.
#[derive(JsonSchema)]
#[schemars(rename_all = "lowercase")]
pub enum Secret {
    /// An environment variable.
    Env(String),
    /// A file that nobody else may read or write.
    File(String),
    /// A program and its arguments, run without a shell; the first line that it prints within 10 s.
    Command(Vec<String>),
}

/// How a server wants to be greeted.
#[derive(JsonSchema)]
#[schemars(rename_all = "lowercase")]
pub enum Auth {
    /// Not at all.
    None,
    /// With a bearer token.
    Bearer(Secret),
    /// With a user's name and password.
    Basic(Basic),
    /// With AWS's request signature.
    Sigv4(Sigv4),
}

/// A user's name and password.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct Basic {
    /// The user's name.
    pub username: String,
    /// Where the password comes from.
    pub password: Secret,
}

/// AWS's request signature.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct Sigv4 {
    /// The AWS region.
    pub region: String,
}

/// A runner tier.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct Tier {
    /// Its name: `sandbox`, `standard`, `protected`, or your own.
    pub name: String,
    /// Whether acts here need a typed name and a reason. Where absent: yes for a tier named `protected`; if no tier
    /// says, for the last listed.
    pub protected: Option<bool>,
    /// The tags that mark it: all must be on the job.
    pub runner_tags: Option<Vec<String>>,
    /// The name of the cluster that its pods run in.
    pub cluster: Option<String>,
    /// The namespace that its pods run in.
    pub namespace: Option<String>,
    /// Globs of its node groups.
    pub nodegroups: Option<Vec<String>>,
    /// The promise for the time in the queue, seconds.
    #[schemars(extend("default" = 60))]
    pub queue_target_seconds: Option<f64>,
    /// The promise for the time until a pod is scheduled, seconds.
    #[schemars(extend("default" = 60))]
    pub scheduling_target_seconds: Option<f64>,
    /// The service account that its pods should use; another is a finding.
    pub service_account: Option<String>,
    /// The ARN of the AWS role that its pods should be given; another is a finding.
    pub aws_role: Option<String>,
    /// Whether its namespace should deny egress by default; if it does not, that is a finding.
    #[schemars(extend("default" = false))]
    pub egress_policy_required: Option<bool>,
}

/// A cluster and the one way into it: `kubeconfig`, `in_cluster`, or `eks` alone.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct Cluster {
    /// Its name here.
    pub name: String,
    /// The way in through a kubeconfig.
    pub kubeconfig: Option<Kubeconfig>,
    /// Whether this console runs in the cluster itself.
    #[schemars(extend("default" = false))]
    pub in_cluster: Option<bool>,
    /// The cluster in Amazon EKS.
    pub eks: Option<Eks>,
    /// How far node groups may be resized, by their names; none may where absent.
    #[schemars(extend("default" = {}))]
    pub nodegroup_bounds: Option<BTreeMap<String, Bound>>,
}

/// A kubeconfig and a context in it.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct Kubeconfig {
    /// The file; the usual places where absent.
    pub path: Option<String>,
    /// The context; the current one where absent.
    pub context: Option<String>,
}

/// A cluster in Amazon EKS.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct Eks {
    /// Its name in AWS.
    pub name: String,
    /// Its region; the profile's where absent.
    pub region: Option<String>,
    /// The AWS profile.
    pub profile: Option<String>,
    /// A role to assume.
    pub role_arn: Option<String>,
    /// Another endpoint than AWS's own.
    #[schemars(extend("format" = "uri"))]
    pub endpoint_url: Option<String>,
    /// Another file than AWS's shared configuration (`~/.aws/config`).
    pub config_file: Option<String>,
    /// Another file than AWS's shared credentials (`~/.aws/credentials`).
    pub credentials_file: Option<String>,
}

/// How large a node group may be made.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct Bound {
    /// At most this many nodes.
    #[schemars(range(min = 1))]
    pub max: u32,
}

/// Prometheus.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct Prometheus {
    /// Its address; `http://` is accepted for loopback only.
    #[schemars(extend("format" = "uri"))]
    pub url: String,
    /// How it wants to be greeted.
    #[schemars(extend("default" = "none"))]
    pub auth: Option<Auth>,
    /// A PEM file of certificate authorities to trust instead of the system's.
    pub ca_file: Option<String>,
    /// A proxy's address, or `none`; as the environment says where absent.
    pub proxy: Option<String>,
    /// How often it is asked.
    #[schemars(extend("default" = "30s"))]
    pub interval: Option<String>,
}

/// Service level objectives.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct Slo {
    /// Folders with `OpenSLO` and sloth files.
    #[schemars(extend("default" = []))]
    pub folders: Option<Vec<String>>,
    /// Whether the platform's own five objectives are defined.
    #[schemars(extend("default" = true))]
    pub builtin: Option<bool>,
    /// Objectives of the built-in five, as ratios between 0 and 1.
    #[schemars(extend("default" = {}))]
    pub objectives: Option<BTreeMap<String, f64>>,
}

/// Alertmanager.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct Alertmanager {
    /// Its address; `http://` is accepted for loopback only.
    #[schemars(extend("format" = "uri"))]
    pub url: String,
    /// How it wants to be greeted.
    #[schemars(extend("default" = "none"))]
    pub auth: Option<Auth>,
    /// A PEM file of certificate authorities to trust instead of the system's.
    pub ca_file: Option<String>,
    /// A proxy's address, or `none`; as the environment says where absent.
    pub proxy: Option<String>,
}

/// The deployment gate.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct Gate {
    /// A policy file; the built-in policy where absent.
    pub policy: Option<String>,
}

/// The register of exceptions.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct Exceptions {
    /// The GitLab project that holds it.
    pub project: String,
    /// Its branch.
    #[schemars(extend("default" = "main"))]
    pub r#ref: Option<String>,
    /// The folder of the records.
    #[schemars(extend("default" = "exceptions"))]
    pub path: Option<String>,
    /// The longest life by kind; `default` is for the rest.
    #[schemars(extend("default" = {"default": "90d"}))]
    pub max_ttl: Option<BTreeMap<String, String>>,
    /// How long before the end to warn.
    #[schemars(extend("default" = ["30d", "14d", "7d", "1d"]))]
    pub warn_before: Option<Vec<String>>,
    /// How often one may be renewed.
    #[schemars(extend("default" = 2))]
    pub max_renewals: Option<u32>,
    /// Globs of files that hold exceptions in other tools' own formats.
    #[schemars(extend("default" = []))]
    pub native: Option<Vec<String>>,
}

/// Access review.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct Access {
    /// A right unused for this long is dormant.
    #[schemars(extend("default" = "90d"))]
    pub dormant_after: Option<String>,
    /// How long a token may live.
    #[schemars(extend("default" = "90d"))]
    pub token_max_lifetime: Option<String>,
    /// Mail domains of your own people.
    #[schemars(extend("default" = []))]
    pub internal_email_domains: Option<Vec<String>>,
    /// IAM roles whose trust is read.
    #[schemars(extend("default" = []))]
    pub iam_roles: Option<Vec<String>>,
    /// The budget of reading rights, within GitLab's own; more than 60 counts for a GitLab on this machine alone.
    #[schemars(range(min = 1, max = 100_000), extend("default" = 60))]
    pub requests_per_minute: Option<u32>,
}

/// The cache.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct Cache {
    /// How long its rows are kept.
    #[schemars(extend("default" = "14d"))]
    pub retention: Option<String>,
    /// Its folder; the platform's usual one where absent.
    pub folder: Option<String>,
}

/// The state: the history of samples, orders, columns and filters, the log.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct State {
    /// Its folder; the platform's usual one where absent.
    pub folder: Option<String>,
}

/// The history of samples.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct History {
    /// How long samples are kept.
    #[schemars(extend("default" = "90d"))]
    pub retention: Option<String>,
    /// How large it may grow.
    #[schemars(extend("default" = "1GiB"))]
    pub max_size: Option<String>,
}

/// The look and feel.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct Ui {
    /// The theme's name: a shipped one, or a file of your own in `themes/`.
    #[schemars(extend("default" = "default"))]
    pub theme: Option<String>,
    /// The keymap's name: a shipped one, or a file of your own in `keymaps/`.
    #[schemars(extend("default" = "default"))]
    pub keymap: Option<String>,
    /// Whether the mouse is listened to.
    #[schemars(extend("default" = true))]
    pub mouse: Option<bool>,
    /// Whether the terminal's bell may ring.
    #[schemars(extend("default" = false))]
    pub notify: Option<bool>,
}
