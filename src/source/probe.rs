//! [`probe`]: what every cluster permits, for a check that changes nothing.

use std::sync::Arc;

use futures_util::future::join_all;

use super::{kubernetes, nodegroups};
use crate::api::aws::{Eks, Probes};
use crate::api::kubernetes::{Cluster, Object, Probe, Resource, Right};
use crate::api::{Error, Wiring};
use crate::config::{ClusterSettings, Settings};
use crate::domain::Entity;
use crate::domain::project::glob;

/// The most `NodePools` that are read to hold globs against them.
const MANY: u32 = 500;

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
    /// Globs of node groups that fit none, with their tiers; empty also where what there is could not be read whole.
    pub unmatched: Vec<(String, String)>,
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
    let groups = group_names(cluster, eks, kubernetes.as_ref(), aws.as_ref()).await;
    let unmatched = groups.map_or_else(Vec::new, |names| unmatched(settings, one, &names));
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
        unmatched,
    }
}

/// The names of every node group and `NodePool` of a cluster; `None` where one of the two could not be read whole.
async fn group_names(
    cluster: Option<&Arc<Cluster>>,
    eks: Option<&Arc<Eks>>,
    probe: Option<&Probe>,
    aws: Option<&Probes>,
) -> Option<Vec<String>> {
    let mut names = match (eks, aws) {
        (Some(eks), Some(_)) => eks.nodegroup_names().await.ok()?,
        _ => Vec::new(),
    };
    let pools = probe?.rights.iter().find(|(resource, _)| *resource == Resource::NodePools)?;
    match (&pools.1, cluster) {
        (Right::Absent, _) => {}
        (Right::Watched, Some(cluster)) => {
            let page = cluster.page(&Resource::NodePools, MANY, None).await.ok()?;
            // More pools than anybody has: what is not read is not missed.
            if page.next.is_some() {
                return None;
            }
            names.extend(page.objects.iter().filter_map(pool_name));
        }
        _ => return None,
    }
    // Without either there is nothing to hold a glob against.
    (eks.is_some() || !names.is_empty()).then_some(names)
}

fn pool_name(object: &Object) -> Option<String> {
    match &object.entity {
        Some(Entity::NodeGroup(group)) => Some(group.name.to_string()),
        _ => None,
    }
}

/// The globs of a cluster's tiers that fit none of these names.
fn unmatched(
    settings: &Settings,
    cluster: &ClusterSettings,
    names: &[String],
) -> Vec<(String, String)> {
    let tiers = settings.tiers.iter().filter(|tier| tier.cluster.as_ref() == Some(&cluster.name));
    let globs = tiers.flat_map(|tier| tier.nodegroups.iter().map(|glob| (&tier.name, glob)));
    globs
        .filter(|(_, pattern)| !names.iter().any(|name| glob(pattern, name)))
        .map(|(tier, pattern)| (tier.clone(), pattern.clone()))
        .collect()
}

/// The namespaces of the tiers in a cluster, each once.
fn namespaces(settings: &Settings, cluster: &ClusterSettings) -> Vec<String> {
    let tiers = settings.tiers.iter().filter(|tier| tier.cluster.as_ref() == Some(&cluster.name));
    let mut names: Vec<String> = tiers.filter_map(|tier| tier.namespace.clone()).collect();
    names.sort();
    names.dedup();
    names
}
