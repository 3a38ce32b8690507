//! What each cluster says: its API and version, what may be listed there, and what AWS permits. Each by itself, all at once.

use super::verdict::{Level, Verdict};
use crate::api;
use crate::api::aws::{Identity, Probe as Call, Probes};
use crate::api::kubernetes::{Probe, Resource, Right};
use crate::cli::advice::of_cluster;
use crate::config::Settings;
use crate::domain::{FailureKind, Timestamp};
use crate::runtime::{self, Clock};
use crate::source::{self, Probed};

/// Every call that the feed of node groups makes, in its order.
const CALLS: [&str; 4] = [
    "eks:DescribeCluster",
    "eks:ListNodegroups",
    "eks:DescribeNodegroup",
    "autoscaling:DescribeScalingActivities",
];

/// Asks every configured cluster.
pub(super) async fn verdicts(settings: &Settings, clock: Clock) -> Vec<Verdict> {
    let probed = source::probe(settings, &runtime::wiring(clock)).await;
    probed.into_iter().flat_map(|one| of_one(one, clock.now())).collect()
}

/// What was found out about one cluster. What AWS and the cluster say stands for itself.
fn of_one(probed: Probed, now: Timestamp) -> Vec<Verdict> {
    let Probed { name, is_reached_by_aws, kubernetes, namespaces, aws, unmatched } = probed;
    let is_lost = is_reached_by_aws && aws.as_ref().is_some_and(leads_nowhere);
    let mut sheet = Sheet::new(name, now);
    match kubernetes {
        Some(_) if is_lost => sheet.skip("cluster", "AWS does not tell the way to it"),
        Some(probe) => sheet.add_cluster(probe, namespaces),
        None => {}
    }
    sheet.barred = None;
    if let Some(probes) = aws {
        sheet.add_aws(probes);
    }
    for (tier, glob) in unmatched {
        let about = sheet.about(&format!("node groups of tier {tier}"));
        let words = format!("`{glob}` fits no node group and no NodePool that is there");
        let hint = "check `nodegroups` of the tier against `watchfloor get nodegroups`";
        sheet.push(Verdict::fail(&about, words, hint));
    }
    sheet.verdicts
}

/// Whether AWS does not say where the cluster is.
fn leads_nowhere(probes: &Probes) -> bool {
    probes.calls.first().is_none_or(|probe| probe.outcome.is_err())
}

/// What was found out about one cluster so far.
struct Sheet {
    cluster: String,
    now: Timestamp,
    verdicts: Vec<Verdict>,
    /// Why the platform in question answers nothing more.
    barred: Option<&'static str>,
}

impl Sheet {
    fn new(cluster: String, now: Timestamp) -> Sheet {
        Sheet { cluster, now, verdicts: Vec::new(), barred: None }
    }

    fn add_cluster(&mut self, probe: Probe, namespaces: Vec<(String, Result<bool, api::Error>)>) {
        match probe.version {
            Ok(version) => {
                self.push(Verdict::ok(&self.about(""), format!("it answers, version {version}")));
            }
            Err(error) if error.kind == FailureKind::Forbidden => {
                self.note(Level::Warn, &self.about(""), &error);
            }
            Err(error) => self.note(Level::Fail, &self.about(""), &error),
        }
        if probe.rights.is_empty() {
            let because = self.barred.unwrap_or("it does not answer as a cluster does");
            self.skip("what may be listed in", because);
            return;
        }
        for (name, found) in namespaces {
            self.add_namespace(&name, found);
        }
        for (resource, right) in probe.rights {
            self.add_right(&resource, right);
        }
    }

    fn add_namespace(&mut self, name: &str, found: Result<bool, api::Error>) {
        let about = self.about(&format!("namespace {name}"));
        match found {
            Ok(true) => self.push(Verdict::ok(&about, "it is there")),
            Ok(false) => {
                let hint = "check the tier's namespace and cluster, or make the namespace";
                self.push(Verdict::fail(&about, "there is no such namespace", hint));
            }
            Err(error) if error.kind == FailureKind::Forbidden => {
                self.push(Verdict::skip(&about, "this user may not get namespaces"));
            }
            Err(error) => self.note(Level::Warn, &about, &error),
        }
    }

    fn add_right(&mut self, resource: &Resource, right: Right) {
        let about = self.about(&what(resource));
        match right {
            Right::Watched => self.push(Verdict::ok(&about, "may be listed and watched")),
            Right::Absent => {
                self.push(Verdict::ok(&about, "not installed there, and not needed"));
            }
            Right::Refused(error) => self.note(level(resource), &about, &error),
        }
    }

    fn add_aws(&mut self, probes: Probes) {
        let about = format!("eks {}", self.cluster);
        match probes.identity {
            Ok(Identity { account, arn }) => {
                self.push(Verdict::ok(
                    &about,
                    format!("AWS takes us for {arn}, account {account}"),
                ));
            }
            // Who we are is good to know and nothing rests on it.
            Err(error) if error.kind == FailureKind::Forbidden => {
                self.note(Level::Warn, &about, &error);
            }
            Err(error) => self.note(Level::Fail, &about, &error),
        }
        if let Some(because) = self.barred {
            self.push(Verdict::skip(&format!("{about} calls"), because));
            return;
        }
        self.add_calls(&about, probes.calls);
    }

    fn add_calls(&mut self, about: &str, calls: Vec<Call>) {
        let made = calls.len();
        let mut failed = None;
        for Call { action, outcome } in calls {
            let about = format!("{about} {action}");
            match outcome {
                Ok(words) => self.push(Verdict::ok(&about, format!("permitted: {words}"))),
                Err(error) => {
                    // Without the activities the node groups are known all the same.
                    let is_extra = CALLS.last() == Some(&action);
                    let level = if is_extra { Level::Warn } else { Level::Fail };
                    self.note(level, &about, &error);
                    failed = Some(action);
                }
            }
        }
        for action in CALLS.iter().skip(made) {
            let because = match failed {
                Some(failed) => format!("{failed} failed"),
                None => "there is no node group with an Auto Scaling group to ask about".to_owned(),
            };
            self.push(Verdict::skip(&format!("{about} {action}"), &because));
        }
    }

    /// Notes a failure; where it would hit every other question as well, only the first time.
    fn note(&mut self, level: Level, about: &str, error: &api::Error) {
        let bar = bars_all(error.kind);
        if let Some(because) = bar.filter(|_| bar == self.barred) {
            self.push(Verdict::skip(about, because));
            return;
        }
        self.barred = self.barred.or(bar);
        let hint = of_cluster(&error.hint, error.retry_at, self.now);
        self.push(Verdict { level, ..Verdict::fail(about, error, &hint) });
    }

    fn skip(&mut self, what: &str, because: &str) {
        let about = format!("{what} {}", self.cluster);
        self.push(Verdict::skip(&about, because));
    }

    fn push(&mut self, verdict: Verdict) {
        self.verdicts.push(verdict);
    }

    /// Of what of the cluster a verdict is.
    fn about(&self, what: &str) -> String {
        format!("cluster {} {what}", self.cluster).trim_end().to_owned()
    }
}

/// A resource by its name in a role, and its place.
fn what(resource: &Resource) -> String {
    match (resource, resource.namespace()) {
        (_, Some(namespace)) => format!("{} in {namespace}", resource.plural()),
        (Resource::Occupants(_), None) => "pods in all namespaces".to_owned(),
        (_, None) => resource.plural().to_owned(),
    }
}

/// How bad it is that a resource may not be listed: without pods or nodes there is no capacity to show; without the
/// others something is missing from it.
fn level(resource: &Resource) -> Level {
    match resource {
        Resource::Pods(_) | Resource::Nodes => Level::Fail,
        Resource::Events(_)
        | Resource::Occupants(_)
        | Resource::Quotas(_)
        | Resource::Policies(_)
        | Resource::NodePools
        | Resource::NodeClaims => Level::Warn,
    }
}

/// Why every other question of the same platform would meet this failure as well, where it would.
fn bars_all(kind: FailureKind) -> Option<&'static str> {
    match kind {
        FailureKind::Tls
        | FailureKind::Dns
        | FailureKind::Connect
        | FailureKind::Timeout
        | FailureKind::NotJson
        | FailureKind::CutBody
        | FailureKind::ForeignOrigin => Some("it is out of reach"),
        FailureKind::TokenInvalid | FailureKind::TokenExpired => {
            Some("it does not take our credentials")
        }
        FailureKind::RateLimited => Some("it wants fewer requests"),
        FailureKind::Server => Some("it fails"),
        // A way that cannot be opened (a kubeconfig that cannot be read) is of this kind as well.
        FailureKind::Other => Some("there is no way to it"),
        FailureKind::ScopeMissing
        | FailureKind::Forbidden
        | FailureKind::NotFound
        | FailureKind::Shape
        | FailureKind::Query
        | FailureKind::Definition => None,
    }
}
