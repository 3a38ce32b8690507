//! [`Settings`]: the merged and checked configuration, as plain values with every default filled in.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use jiff::SignedDuration;
use url::Url;

use crate::access::Limits;
use crate::domain::{ExceptionLeads, Text, Tier, TierPods, Tiers};

/// Whether the console may ever change the world.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Writes {
    /// Never, whatever is asked.
    Never,
    /// After arming, for a while.
    Arm,
}

/// The whole configuration.
#[derive(Debug, Clone, PartialEq)]
pub struct Settings {
    /// Whether writes can be armed.
    pub writes: Writes,
    /// How long arming lasts.
    pub arm: Duration,
    /// Whether the platform is a simulated one on this machine: the environment then changes nothing.
    pub simulated: bool,
    /// Folders that the file names.
    pub folders: Folders,
    /// GitLab, where configured.
    pub gitlab: Option<GitlabSettings>,
    /// Runner tiers in their order.
    pub tiers: Vec<TierSettings>,
    /// Clusters under the tiers.
    pub clusters: Vec<ClusterSettings>,
    /// Prometheus, where configured.
    pub prometheus: Option<PrometheusSettings>,
    /// Where objectives come from.
    pub slo: SloSettings,
    /// Alertmanager, where configured.
    pub alertmanager: Option<AlertmanagerSettings>,
    /// The deployment gate.
    pub gate: GateSettings,
    /// The register of exceptions, where configured.
    pub exceptions: Option<ExceptionSettings>,
    /// Access review.
    pub access: AccessSettings,
    /// Finding code or objective id to the page that helps.
    pub runbooks: BTreeMap<String, Url>,
    /// How long the cache and the history keep what they keep.
    pub retention: Retention,
    /// The look and feel.
    pub ui: UiSettings,
}

/// Folders that the file names; flags and variables win over them.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Folders {
    /// The folder of the cache.
    pub cache: Option<PathBuf>,
    /// The folder of the state.
    pub state: Option<PathBuf>,
}

impl Settings {
    /// The tiers as the domain knows them.
    pub fn domain_tiers(&self) -> Tiers {
        let tier = |tier: &TierSettings| Tier {
            name: Text::new(&tier.name),
            protected: tier.protected,
            runner_tags: tier.runner_tags.iter().map(|tag| Text::new(tag)).collect(),
            queue_target_seconds: tier.queue_target_seconds,
            pods: tier.domain_pods(),
        };
        Tiers::new(self.tiers.iter().map(tier).collect())
    }

    /// The pages that help, as the domain knows them.
    pub fn domain_runbooks(&self) -> BTreeMap<Text, Text> {
        let all = self.runbooks.iter();
        all.map(|(name, page)| (Text::new(name), Text::new(page.as_str()))).collect()
    }

    /// How long before its end an exception is warned of.
    pub fn leads(&self) -> ExceptionLeads {
        let said = self.exceptions.as_ref().map(|one| ExceptionLeads::new(&one.warn_before));
        said.unwrap_or_default()
    }
}

/// How to reach GitLab and what to watch there.
#[derive(Debug, Clone, PartialEq)]
pub struct GitlabSettings {
    /// Its base URL; `http://` for loopback only.
    pub url: Url,
    /// Where the token comes from.
    pub token: SecretSource,
    /// Full paths of groups, watched with their subgroups.
    pub groups: Vec<String>,
    /// Full paths of single projects.
    pub projects: Vec<String>,
    /// A PEM file of certificate authorities to trust instead of the system's.
    pub ca_file: Option<PathBuf>,
    /// How to leave the network.
    pub proxy: Proxy,
    /// Our own ceiling, whatever the server allows.
    pub requests_per_minute: u32,
    /// How often projects with work are read.
    pub active_interval: Duration,
    /// How often the whole fleet is read.
    pub fleet_interval: Duration,
    /// How often runners are read.
    pub runner_interval: Duration,
    /// How often rights are read.
    pub access_interval: Duration,
}

/// How requests leave the network.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Proxy {
    /// As the environment says (`HTTPS_PROXY`, `NO_PROXY`, …).
    System,
    /// Directly.
    None,
    /// Through this one.
    Url(Url),
}

/// Where a secret comes from. The secret itself is never part of the settings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SecretSource {
    /// An environment variable.
    Env(String),
    /// A file that nobody else may read.
    File(PathBuf),
    /// A command, as words, run without a shell.
    Command(Vec<String>),
}

/// How a server wants to be greeted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Auth {
    /// Not at all.
    None,
    /// With a bearer token.
    Bearer(SecretSource),
    /// With a user's name and password.
    Basic {
        /// The user's name.
        username: String,
        /// Where the password comes from.
        password: SecretSource,
    },
    /// With AWS's request signature.
    SigV4 {
        /// The AWS region.
        region: String,
    },
}

/// A runner tier.
#[derive(Debug, Clone, PartialEq)]
pub struct TierSettings {
    /// Its name.
    pub name: String,
    /// Whether acts here need a typed name and a reason.
    pub protected: bool,
    /// The tags that mark it; all must be on the job.
    pub runner_tags: Vec<String>,
    /// The cluster that its pods run in.
    pub cluster: Option<String>,
    /// The namespace that its pods run in.
    pub namespace: Option<String>,
    /// Globs of its node groups.
    pub nodegroups: Vec<String>,
    /// The promise for queue time, seconds.
    pub queue_target_seconds: f64,
    /// The promise for pod scheduling, seconds.
    pub scheduling_target_seconds: f64,
    /// The service account that its pods should use.
    pub service_account: Option<String>,
    /// The ARN of the AWS role that its pods should be given.
    pub aws_role: Option<String>,
    /// Whether its namespace should deny egress by default.
    pub egress_policy_required: bool,
}

impl TierSettings {
    /// Where its pods run, as the domain knows it.
    fn domain_pods(&self) -> TierPods {
        let text = |word: &Option<String>| word.as_deref().map(Text::new);
        TierPods {
            cluster: text(&self.cluster),
            namespace: text(&self.namespace),
            nodegroups: self.nodegroups.iter().map(|glob| Text::new(glob)).collect(),
            scheduling_target_seconds: self.scheduling_target_seconds,
            service_account: text(&self.service_account),
            aws_role: text(&self.aws_role),
            egress_policy_required: self.egress_policy_required,
        }
    }
}

/// A cluster and the one way into it.
#[derive(Debug, Clone, PartialEq)]
pub struct ClusterSettings {
    /// Its name here.
    pub name: String,
    /// Through a kubeconfig.
    pub kubeconfig: Option<Kubeconfig>,
    /// From inside.
    pub in_cluster: bool,
    /// Its EKS side; alone, also the way in.
    pub eks: Option<Eks>,
    /// How far node groups may be resized; none may where this is empty.
    pub nodegroup_bounds: BTreeMap<String, NodegroupBound>,
}

/// A kubeconfig and a context in it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Kubeconfig {
    /// The file; the usual places where absent.
    pub path: Option<PathBuf>,
    /// The context; the current one where absent.
    pub context: Option<String>,
}

/// An EKS cluster.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Eks {
    /// Its name in AWS.
    pub name: String,
    /// Its region; the profile's where absent.
    pub region: Option<String>,
    /// The AWS profile.
    pub profile: Option<String>,
    /// A role to assume.
    pub role_arn: Option<String>,
    /// Another endpoint than AWS's own, for every AWS service that is asked.
    pub endpoint_url: Option<Url>,
    /// Another file than AWS's shared configuration.
    pub config_file: Option<PathBuf>,
    /// Another file than AWS's shared credentials.
    pub credentials_file: Option<PathBuf>,
}

/// How large a node group may be made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NodegroupBound {
    /// At most this many nodes.
    pub max: u32,
}

/// How to reach Prometheus.
#[derive(Debug, Clone, PartialEq)]
pub struct PrometheusSettings {
    /// Its base URL.
    pub url: Url,
    /// How it wants to be greeted.
    pub auth: Auth,
    /// A PEM file of certificate authorities.
    pub ca_file: Option<PathBuf>,
    /// How to leave the network.
    pub proxy: Proxy,
    /// How often it is asked.
    pub interval: Duration,
}

/// Where objectives come from.
#[derive(Debug, Clone, PartialEq)]
pub struct SloSettings {
    /// Folders with `OpenSLO` and sloth files.
    pub folders: Vec<PathBuf>,
    /// Whether the platform's own five are defined.
    pub builtin: bool,
    /// Objectives of the built-in five, as ratios.
    pub objectives: BTreeMap<String, f64>,
}

/// How to reach Alertmanager.
#[derive(Debug, Clone, PartialEq)]
pub struct AlertmanagerSettings {
    /// Its base URL.
    pub url: Url,
    /// How it wants to be greeted.
    pub auth: Auth,
    /// A PEM file of certificate authorities.
    pub ca_file: Option<PathBuf>,
    /// How to leave the network.
    pub proxy: Proxy,
}

/// The deployment gate.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct GateSettings {
    /// A policy file; the built-in policy where absent.
    pub policy: Option<PathBuf>,
}

/// The register of exceptions.
#[derive(Debug, Clone, PartialEq)]
pub struct ExceptionSettings {
    /// The GitLab project that holds it.
    pub project: String,
    /// Its branch.
    pub reference: String,
    /// The folder of the records.
    pub path: String,
    /// The longest life by kind; `default` for the rest.
    pub max_ttl: BTreeMap<String, Duration>,
    /// When to warn before the end.
    pub warn_before: Vec<Duration>,
    /// How often one may be renewed.
    pub max_renewals: u32,
    /// Globs of files in other tools' own formats.
    pub native: Vec<String>,
}

/// Access review.
#[derive(Debug, Clone, PartialEq)]
pub struct AccessSettings {
    /// Unused for this long is dormant.
    pub dormant_after: Duration,
    /// A token may live this long.
    pub token_max_lifetime: Duration,
    /// Mail domains of our own people.
    pub internal_email_domains: Vec<String>,
    /// IAM roles whose trust is read.
    pub iam_roles: Vec<String>,
    /// The budget of reading rights; above sixty for a GitLab on this machine alone.
    pub requests_per_minute: u32,
}

impl AccessSettings {
    /// The thresholds of the rules: those that are configured, and the defaults of the rest.
    pub fn limits(&self) -> Limits {
        let span = |span: Duration| SignedDuration::try_from(span).unwrap_or(SignedDuration::MAX);
        Limits {
            dormant_after: span(self.dormant_after),
            token_lifetime: span(self.token_max_lifetime),
            internal_domains: self
                .internal_email_domains
                .iter()
                .map(|one| Text::new(one))
                .collect(),
            ..Limits::default()
        }
    }
}

/// How long things are kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Retention {
    /// Rows of the cache.
    pub cache: Duration,
    /// Samples of the history.
    pub history: Duration,
    /// The history's size at most, bytes.
    pub history_max_bytes: u64,
}

/// The look and feel.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UiSettings {
    /// The theme's name.
    pub theme: String,
    /// The keymap's name.
    pub keymap: String,
    /// Whether the mouse is listened to.
    pub mouse: bool,
    /// Whether the terminal's bell may ring.
    pub notify: bool,
}
