//! The feeds of the clusters: each resource of each is listed and watched on a task of its own.

mod backoff;
mod feed;
mod known;
mod log;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use tokio::sync::mpsc;
use tokio::task::JoinHandle;

use super::common::Common;
use super::report::{Meter, Reporter};
use super::trace::LogNews;
use crate::api::Wiring;
use crate::api::aws::Eks;
use crate::api::kubernetes::{Access, Cluster, Resource};
use crate::config::{ClusterSettings, Settings};
use crate::domain::{Failure, PodEvent, SourceId, Tiers, Timestamp};

pub use log::LogOf;

use backoff::Backoff;
use feed::{Feed, INTERVAL};

impl Meter for Cluster {
    fn now(&self) -> Timestamp {
        self.now()
    }

    fn requests_per_minute(&self) -> f64 {
        self.requests_per_minute()
    }
}

/// The connections to all configured clusters; `eks` are their EKS sides, which lead into those that have no way in of
/// their own. Opens nothing.
pub fn clusters(settings: &Settings, eks: &[Arc<Eks>], wiring: &Wiring) -> Vec<Arc<Cluster>> {
    let access = |one: &ClusterSettings| {
        let found = eks.iter().find(|eks| eks.cluster().as_str() == one.name)?;
        Some(Arc::clone(found) as Arc<dyn Access>)
    };
    let cluster = |one: &ClusterSettings| Arc::new(Cluster::new(one, access(one), wiring.clone()));
    settings.clusters.iter().map(cluster).collect()
}

/// What is read of a cluster: its nodes and what is on them, and the pods, quotas and policies of the tiers'
/// namespaces there.
pub fn resources(settings: &Settings, cluster: &str) -> Vec<Resource> {
    let tiers = settings.tiers.iter().filter(|tier| tier.cluster.as_deref() == Some(cluster));
    let mut namespaces: Vec<Arc<str>> = Vec::new();
    for namespace in tiers.filter_map(|tier| tier.namespace.as_deref()) {
        if !namespaces.iter().any(|known| **known == *namespace) {
            namespaces.push(namespace.into());
        }
    }
    let of =
        |kind: fn(Arc<str>) -> Resource| namespaces.iter().map(move |one| kind(Arc::clone(one)));
    let mut resources: Vec<Resource> = of(Resource::Pods).collect();
    resources.push(Resource::Nodes);
    resources.extend(of(Resource::Events));
    resources.extend(of(Resource::Quotas));
    resources.extend(of(Resource::Policies));
    resources.push(Resource::Occupants(namespaces.clone().into()));
    resources.extend([Resource::NodePools, Resource::NodeClaims]);
    resources
}

/// A feed over one resource.
fn feed(cluster: &Arc<Cluster>, resource: Resource, tiers: &Tiers, common: &Common) -> Feed {
    let meter: Arc<dyn Meter> = Arc::<Cluster>::clone(cluster);
    let key = resource.key(cluster.name());
    let reporter = Reporter::new(key, common.mailbox.clone(), meter, INTERVAL);
    let tier = resource.namespace().and_then(|one| tiers.of_namespace(cluster.name(), one));
    let backoff = Backoff::new(common.demand.clone());
    Feed::new(Arc::clone(cluster), resource, reporter, backoff).of_tier(tier)
}

/// Sets the feeds of one cluster going.
pub(super) fn start(
    cluster: &Arc<Cluster>,
    resources: Vec<Resource>,
    tiers: &Tiers,
    common: &Common,
) -> Vec<JoinHandle<()>> {
    let start = |resource: Resource| {
        let keys = vec![resource.key(cluster.name())];
        let (cluster, tiers, parts) = (Arc::clone(cluster), tiers.clone(), common.clone());
        let feed = move || feed(&cluster, resource.clone(), &tiers, &parts);
        common.spawn(keys, INTERVAL, move || feed().run())
    };
    resources.into_iter().map(start).collect()
}

/// Looks once at those resources of a cluster that feed these sources, all at once.
pub(super) async fn look(
    cluster: &Arc<Cluster>,
    resources: Vec<Resource>,
    sources: &[SourceId],
    (tiers, common): (&Tiers, &Common),
) {
    let wanted = resources.into_iter().filter(|one| sources.contains(&one.source()));
    let looks = wanted.map(|resource| feed(cluster, resource, tiers, common).look());
    futures_util::future::join_all(looks).await;
}

/// Reads single pods on demand.
#[derive(Debug, Clone)]
pub struct PodReader(Arc<Cluster>);

impl PodReader {
    /// A reader of one cluster.
    pub(super) fn new(cluster: Arc<Cluster>) -> PodReader {
        PodReader(cluster)
    }

    /// Everything that was said of a pod and is still known, oldest first.
    ///
    /// # Errors
    /// Why it could not be read, with what would cure it.
    pub async fn pod_events(&self, namespace: &str, uid: &str) -> Result<Vec<PodEvent>, Failure> {
        let read = self.0.pod_events(namespace, uid).await;
        read.map_err(|error| error.failure(self.0.now()))
    }

    /// Follows the log of a container, reading only until the receiver is dropped.
    pub fn pod_log(&self, of: LogOf) -> mpsc::Receiver<LogNews> {
        log::follow(Arc::clone(&self.0), of)
    }
}
