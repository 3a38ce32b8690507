//! The feed `natives`: exceptions as other tools keep them, in repositories, on GitLab itself and in the clusters.
//!
//! What is looked for lies in every project, and seldom changes: a pass has a share of the request budget, takes first
//! what was never looked at and then what was looked at longest ago, and says what had to wait.

mod cluster;
mod everywhere;
mod feed;
mod files;
mod glob;
mod grants;
mod named;
mod shelf;
mod task;
#[cfg(test)]
#[cfg(feature = "demo")]
mod tests;

use std::sync::Arc;
use std::time::Duration;

use tokio::task::JoinHandle;

use self::cluster::Exceptions;
use self::everywhere::Everywhere;
use self::feed::Walk;
use self::named::Named;
use super::asking::Feed;
use super::common::Common;
use super::report::Meter;
use crate::api::Error;
use crate::api::gitlab::Gitlab;
use crate::api::kubernetes::Cluster;
use crate::config::{ExceptionSettings, GitlabSettings, Settings};
use crate::domain::{FailureKind, Filed, Gap, GapKind, Scope, SourceId, SourceKey};

/// How often everything is looked at, where the budget allows.
const INTERVAL: Duration = Duration::from_mins(5);

/// The part of the common budget that a round may spend at the same time as everything else: one in so many.
const PART: u32 = 3;

/// Requests a minute that it may spend however small the common budget is.
const LEAST: u32 = 20;

/// The part of the requests of that time that a pass may take: a fifth of one request in five.
const SHARE: usize = 5;

/// What the feed of a GitLab is made of. Cheap to clone.
#[derive(Clone)]
struct Parts {
    gitlab: Arc<Gitlab>,
    watched: GitlabSettings,
    register: Arc<ExceptionSettings>,
}

impl Parts {
    fn key(&self) -> SourceKey {
        let host = self.watched.url.host_str().unwrap_or("gitlab");
        SourceKey { source: SourceId::NATIVES, scope: Scope::gitlab(host) }
    }

    /// The most requests of one pass.
    fn most(&self) -> usize {
        let minutes = usize::try_from(INTERVAL.as_secs() / 60).unwrap_or(1);
        let a_minute = usize::try_from(self.watched.requests_per_minute).unwrap_or(usize::MAX);
        (a_minute.saturating_mul(minutes) / SHARE).max(1)
    }

    fn walk(&self, named: Option<Named>, common: &Common) -> Walk {
        // What people wait for, the queue and the register, goes before: this round has a part of the budget alone.
        let part = (self.watched.requests_per_minute / PART).max(LEAST);
        let gitlab = Arc::new(self.gitlab.aside(part));
        let everywhere =
            Everywhere::new(gitlab, (&self.watched, &self.register), (self.most(), named));
        Walk::new(self.key(), everywhere, Arc::clone(&self.gitlab), common)
    }
}

fn of_cluster(cluster: &Arc<Cluster>, common: &Common) -> Feed {
    let scope = Scope::kubernetes(cluster.name(), None, "policyexceptions");
    let key = SourceKey { source: SourceId::NATIVES, scope };
    let meter = Arc::clone(cluster) as Arc<dyn Meter>;
    Feed::new(key, Box::new(Exceptions::new(Arc::clone(cluster))), meter, INTERVAL, common)
}

/// Sets the feeds going, where a register is configured against which anything could be held.
pub(super) fn start(
    settings: &Settings,
    common: &Common,
    (gitlab, clusters): (Option<&Arc<Gitlab>>, &[Arc<Cluster>]),
) -> Vec<JoinHandle<()>> {
    let Some(register) = &settings.exceptions else { return Vec::new() };
    let parts = gitlab.zip(settings.gitlab.clone()).map(|(gitlab, watched)| Parts {
        gitlab: Arc::clone(gitlab),
        watched,
        register: Arc::new(register.clone()),
    });
    let gitlab = parts.map(|parts| {
        let feeds = common.clone();
        common.spawn(vec![parts.key()], INTERVAL, move || parts.walk(None, &feeds).run())
    });
    let clusters = clusters.iter().map(|cluster| {
        let key = of_cluster(cluster, common).key;
        let (cluster, feeds) = (Arc::clone(cluster), common.clone());
        common.spawn(vec![key], INTERVAL, move || of_cluster(&cluster, &feeds).run())
    });
    gitlab.into_iter().chain(clusters).collect()
}

/// One look at the places that the records name, for what became of them; to look everywhere is for the feeds that go on.
pub(super) async fn look(
    settings: &Settings,
    sources: &[SourceId],
    common: &Common,
    clusters: &[Arc<Cluster>],
) {
    let Some(register) = &settings.exceptions else { return };
    if !sources.contains(&SourceId::NATIVES) {
        return;
    }
    let records: Vec<Arc<Filed>> = common.mailbox.records();
    let named = Named::by(records.iter().map(|filed| &filed.record));
    let wanted = clusters.iter().filter(|cluster| named.has_cluster(cluster.name()));
    let looks = wanted.map(|cluster| {
        let mut feed = of_cluster(cluster, common);
        async move { feed.look().await }
    });
    let gitlab = async {
        if let Some(watched) = settings.gitlab.clone() {
            let gitlab = Arc::new(Gitlab::new(&watched, common.wiring.clone()));
            let register = Arc::new(register.clone());
            let parts = Parts { gitlab, watched, register };
            parts.walk(Some(named.clone()), common).look().await;
        }
    };
    tokio::join!(gitlab, futures_util::future::join_all(looks));
}

/// Why a place could not be looked at.
fn gap_of(error: &Error) -> Gap {
    let kind = match error.kind {
        FailureKind::Forbidden | FailureKind::ScopeMissing | FailureKind::NotFound => {
            GapKind::Refused
        }
        kind if kind.is_refusal() => GapKind::Refused,
        FailureKind::Shape => GapKind::Unreadable,
        _ => GapKind::Failed,
    };
    Gap::new(kind, &error.to_string())
}
