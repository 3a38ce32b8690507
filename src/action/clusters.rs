//! [`Clusters`]: the configured clusters and their EKS sides, each with a client that reads and one that changes.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use super::gate::Arming;
use super::look;
use super::send::review::Reviewed;
use super::send::{Order, eks, kubernetes};
use crate::api::aws::{Bounds, Eks};
use crate::api::kubernetes::{Access, Cluster};
use crate::api::{Error, Wiring};
use crate::audit::{Closing, Permit};
use crate::config::{ClusterSettings, Settings};
use crate::domain::{FailureKind, Identity, Proposal, Seen, Target, Text, Tiers, Timestamp};

/// What is said of our name in a cluster before it could be asked for.
const UNTIL_ARMED: &str = "unknown until armed: only a review, which is created, could tell";

/// The configured clusters. Opens nothing until something is asked for.
pub(super) struct Clusters {
    all: Vec<Sides>,
    tiers: Tiers,
    wiring: Wiring,
}

/// A cluster, from its two sides.
struct Sides {
    name: Text,
    reader: Arc<Cluster>,
    writer: kubernetes::Writer,
    eks: Option<(Arc<Eks>, eks::Writer)>,
    /// How large node groups may be made.
    bounds: BTreeMap<String, u32>,
    /// The namespaces of its tiers.
    namespaces: Vec<Text>,
    /// What it last told of us.
    reviewed: Mutex<Option<Reviewed>>,
}

impl Clusters {
    /// Those of the settings.
    pub(super) fn new(settings: &Settings, wiring: &Wiring) -> Clusters {
        let bounds = if settings.simulated { Bounds::Loopback } else { Bounds::Anywhere };
        let tiers = settings.domain_tiers();
        let side = |one: &ClusterSettings| Sides::new(one, &tiers, (bounds, wiring));
        let all = settings.clusters.iter().map(side).collect();
        Clusters { all, tiers, wiring: wiring.clone() }
    }

    fn find(&self, cluster: &Text) -> Option<&Sides> {
        self.all.iter().find(|one| one.name == *cluster)
    }

    /// The side of EKS that a node group belongs to.
    fn eks(&self, cluster: &Text) -> Option<(&Sides, &Arc<Eks>, &eks::Writer)> {
        let sides = self.find(cluster)?;
        let (reader, writer) = sides.eks.as_ref()?;
        Some((sides, reader, writer))
    }

    /// Looks at a target.
    pub(super) async fn look(&self, target: &Target) -> Result<Seen, Error> {
        match target {
            Target::Pod(cluster, ..) | Target::Node(cluster, _) => {
                let sides =
                    self.find(cluster).ok_or_else(|| unconfigured(cluster, "kubernetes"))?;
                look::kubernetes::look(&sides.reader, &self.tiers, target).await
            }
            Target::NodeGroup(cluster, group) => {
                let (sides, reader, _) =
                    self.eks(cluster).ok_or_else(|| unconfigured(cluster, "eks"))?;
                let bound = sides.bounds.get(group.as_str()).copied();
                look::eks::look(reader, &self.tiers, bound, target).await
            }
            Target::AccessEntry(cluster, arn) => {
                let (_, reader, _) =
                    self.eks(cluster).ok_or_else(|| unconfigured(cluster, "eks"))?;
                look::eks::look_at_entry(reader, arn).await
            }
            _ => Err(Error::new(FailureKind::Other, "this is no target in a cluster")),
        }
    }

    /// What a proposal comes to on the wire; `None` where no configured cluster knows such an act.
    pub(super) fn order(&self, proposal: &Proposal) -> Option<Order> {
        match &proposal.target {
            Target::Pod(cluster, ..) | Target::Node(cluster, _) => {
                self.find(cluster)?.writer.order(proposal).map(Order::Kubernetes)
            }
            Target::NodeGroup(cluster, _) | Target::AccessEntry(cluster, _) => {
                self.eks(cluster)?.2.order(proposal).map(Order::Eks)
            }
            _ => None,
        }
    }

    /// Until when the platform of a target asked to be left alone: a cluster, or AWS for its node groups.
    pub(super) fn quiet_until(&self, target: &Target, now: Timestamp) -> Option<Timestamp> {
        match target {
            Target::Pod(cluster, ..) | Target::Node(cluster, _) => {
                self.find(cluster)?.writer.quiet().until(now)
            }
            Target::NodeGroup(cluster, _) | Target::AccessEntry(cluster, _) => {
                self.eks(cluster)?.2.quiet().until(now)
            }
            _ => None,
        }
    }

    /// Sends an order to a cluster once. Whatever comes of it, the permit is used up.
    pub(super) async fn send_to_kubernetes(
        &self,
        permit: Permit,
        order: kubernetes::Order,
    ) -> Closing {
        match self.find(order.cluster()) {
            Some(sides) => sides.writer.send(permit, order).await,
            None => permit.settle(super::desk::never_sent()),
        }
    }

    /// Sends an order to EKS once. Whatever comes of it, the permit is used up.
    pub(super) async fn send_to_eks(&self, permit: Permit, order: eks::Order) -> Closing {
        match self.eks(order.cluster()) {
            Some((_, _, writer)) => writer.send(permit, order).await,
            None => permit.settle(super::desk::never_sent()),
        }
    }

    /// Who we are to those whose names `wanted` takes, in their order.
    pub(super) async fn identities(&self, wanted: impl Fn(&Text) -> bool) -> Vec<Identity> {
        let mut identities = Vec::new();
        for sides in &self.all {
            let (cluster, aws) = (sides.kubernetes_name(), sides.eks_name());
            if wanted(&cluster) {
                identities.push(sides.identity());
            }
            if let Some((eks, _)) = sides.eks.as_ref().filter(|_| wanted(&aws)) {
                let asked = eks.identity().await;
                let user =
                    asked.map(|known| known.arn).map_err(|error| Text::new(&error.to_string()));
                let is_settled = user.is_ok();
                identities.push(Identity { platform: aws, user, rights: None, is_settled });
            }
        }
        identities
    }

    /// Whether a cluster, by its platform's name, has told who we are.
    pub(super) fn has_told(&self, platform: &Text) -> bool {
        let told = |sides: &&Sides| sides.identity().user.is_ok();
        self.all.iter().filter(|one| one.kubernetes_name() == *platform).any(|one| told(&one))
    }

    /// Asks each cluster whose name `wanted` takes who we are there and what we may do, as an open window allows.
    pub(super) async fn review(&self, arming: Arming, wanted: impl Fn(&Text) -> bool) {
        for sides in self.all.iter().filter(|sides| wanted(&sides.kubernetes_name())) {
            let now = self.wiring.now();
            let asked = sides.writer.review(arming, now, &sides.namespaces).await;
            let told = asked.unwrap_or_else(|error| Reviewed {
                user: Err(Text::new(&error.to_string())),
                rights: Text::new("unknown: the cluster does not tell"),
            });
            *sides.reviewed.lock().unwrap_or_else(PoisonError::into_inner) = Some(told);
        }
    }
}

impl Sides {
    fn new(one: &ClusterSettings, tiers: &Tiers, (bounds, wiring): (Bounds, &Wiring)) -> Sides {
        let eks = one.eks.as_ref().map(|settings| {
            let reader = Arc::new(Eks::new(&one.name, settings, bounds, wiring.clone()));
            (reader, eks::Writer::new(settings, bounds, wiring.clone()))
        });
        let access = || eks.as_ref().map(|(eks, _)| Arc::clone(eks) as Arc<dyn Access>);
        let reader = Arc::new(Cluster::new(one, access(), wiring.clone()));
        let writer = kubernetes::Writer::new(Arc::clone(&reader), one, access(), wiring.clone());
        let mut namespaces: Vec<Text> = Vec::new();
        for (_, tier) in tiers.iter() {
            let is_here = tier.pods.cluster.as_deref() == Some(one.name.as_str());
            let namespace = tier.pods.namespace.as_ref().filter(|_| is_here);
            namespaces.extend(namespace.filter(|one| !namespaces.contains(one)).cloned());
        }
        Sides {
            name: Text::new(&one.name),
            writer,
            reader,
            eks,
            bounds: one
                .nodegroup_bounds
                .iter()
                .map(|(name, one)| (name.clone(), one.max))
                .collect(),
            namespaces,
            reviewed: Mutex::new(None),
        }
    }

    fn kubernetes_name(&self) -> Text {
        Text::new(&format!("kubernetes:{}", self.name))
    }

    fn eks_name(&self) -> Text {
        Text::new(&format!("eks:{}", self.name))
    }

    /// Who we are there, as far as it has told.
    fn identity(&self) -> Identity {
        let known = self.reviewed.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let (user, rights) = match known {
            Some(Reviewed { user, rights }) => (user, Some(rights)),
            None => (Err(Text::new(UNTIL_ARMED)), None),
        };
        let is_settled = user.is_ok();
        Identity { platform: self.kubernetes_name(), user, rights, is_settled }
    }
}

fn unconfigured(cluster: &str, platform: &str) -> Error {
    let why = format!("no cluster {cluster} with a way to {platform} is configured");
    Error::new(FailureKind::Other, why).hinting("look at the clusters of the configuration")
}
