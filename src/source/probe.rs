//! [`probe`]: what every cluster permits, for a check that changes nothing.

use std::sync::Arc;

use futures_util::future::join_all;

use super::{kubernetes, nodegroups};
use crate::api::aws::{Eks, Probes};
use crate::api::kubernetes::{Cluster, Probe};
use crate::api::{Error, Wiring};
use crate::config::{ClusterSettings, Settings};

/// What was found out about one cluster.
#[derive(Debug)]
pub struct Probed {
    /// Its name in the configuration.
    pub name: String,
    /// Whether AWS alone leads into it.
    pub is_reached_by_aws: bool,
    /// Whether it answers, and what may be listed there.
    pub kubernetes: Option<Probe>,
    /// Of each namespace of a tier, whether there is one.
    pub namespaces: Vec<(String, Result<bool, Error>)>,
    /// Of a cluster with an EKS side, which calls AWS permits.
    pub aws: Option<Probes>,
}

/// Asks every configured cluster, and AWS about it, all at once; in the order of the configuration.
pub async fn probe(settings: &Settings, wiring: &Wiring) -> Vec<Probed> {
    let eks = nodegroups::clusters(settings, wiring);
    let clusters = kubernetes::clusters(settings, &eks, wiring);
    let asked = settings.clusters.iter().map(|one| {
        let cluster = clusters.iter().find(|cluster| cluster.name() == one.name);
        let eks = eks.iter().find(|eks| eks.cluster().as_str() == one.name);
        of_one(settings, one, cluster, eks)
    });
    join_all(asked).await
}

async fn of_one(
    settings: &Settings,
    one: &ClusterSettings,
    cluster: Option<&Arc<Cluster>>,
    eks: Option<&Arc<Eks>>,
) -> Probed {
    let resources = kubernetes::resources(settings, &one.name);
    let aws = async { Some(eks?.probe().await) };
    let kubernetes = async { Some(cluster?.probe(&resources).await) };
    let (aws, kubernetes) = tokio::join!(aws, kubernetes);
    let answers = kubernetes.as_ref().is_some_and(|probe| !probe.rights.is_empty());
    let names = if answers { namespaces(settings, one) } else { Vec::new() };
    let found = names.into_iter().map(|name| async move {
        let found = cluster?.has_namespace(&name).await;
        Some((name, found))
    });
    Probed {
        name: one.name.clone(),
        is_reached_by_aws: one.kubeconfig.is_none() && !one.in_cluster,
        kubernetes,
        namespaces: join_all(found).await.into_iter().flatten().collect(),
        aws,
    }
}

/// The namespaces of the tiers in a cluster, each once.
fn namespaces(settings: &Settings, cluster: &ClusterSettings) -> Vec<String> {
    let tiers = settings.tiers.iter().filter(|tier| tier.cluster.as_ref() == Some(&cluster.name));
    let mut names: Vec<String> = tiers.filter_map(|tier| tier.namespace.clone()).collect();
    names.sort();
    names.dedup();
    names
}
