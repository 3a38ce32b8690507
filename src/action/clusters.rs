//! [`Clusters`]: the configured clusters and their EKS sides, each with a client that reads and one that changes.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use super::gate::Arming;
use super::look;
use super::send::review::Reviewed;
use super::send::{Order, eks, kubernetes};
use crate::api::aws::{Bounds, Eks, WriteLine as EksLine};
use crate::api::kubernetes::{Access, Cluster, WriteLine};
use crate::api::{Error, Wiring};
use crate::audit::{Closing, Permit};
use crate::config::{ClusterSettings, Settings};
use crate::domain::{FailureKind, Identity, Proposal, Seen, Target, Text, Tiers};

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
                let sides = self.find(cluster).ok_or_else(|| unconfigured(cluster, "kubernetes"))?;
                look::kubernetes::look(&sides.reader, &self.tiers, target).await
            }
            Target::NodeGroup(cluster, group) => {
                let (sides, reader, _) =
                    self.eks(cluster).ok_or_else(|| unconfigured(cluster, "eks"))?;
                let bound = sides.bounds.get(group.as_str()).copied();
                look::eks::look(reader, &self.tiers, bound, target).await
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
            Target::NodeGroup(cluster, _) => {
                self.eks(cluster)?.2.order(proposal).map(Order::Eks)
            }
            _ => None,
        }
    }

    /// Sends an order for a target once. Whatever comes of it, the permit is used up.
    pub(super) async fn send_kubernetes(
        &self,
        permit: Permit,
        (cluster, order): (Text, kubernetes::Order),
    ) -> Closing {
        match self.find(&cluster) {
            Some(sides) => sides.writer.send(permit, order).await,
            None => permit.settle(super::desk::never_sent()),
        }
    }
}
