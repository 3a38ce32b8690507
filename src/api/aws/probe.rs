//! [`Probe`]: which of the calls that we make AWS permits, by making each of them.

use super::eks::{Eks, Identity};
use super::scaling;
use crate::api::Error;
use crate::domain::FailureKind;

/// What became of one call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Probe {
    /// The IAM action that it takes: `eks:DescribeCluster`.
    pub action: &'static str,
    /// What came of it, in words; or why nothing did.
    pub outcome: Result<String, Error>,
}

/// Who we are, and what became of each call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Probes {
    /// Who AWS takes us for.
    pub identity: Result<Identity, Error>,
    /// Each call, in the order in which it was made. A call that had nothing to be made upon is absent.
    pub calls: Vec<Probe>,
}

impl Eks {
    /// Makes each of the calls that the feed makes, once. Where AWS cannot be reached or takes the credentials of
    /// nobody, the first failure tells all.
    pub async fn probe(&self) -> Probes {
        let identity = self.identity().await;
        let mut calls = Vec::new();
        if identity.as_ref().is_err_and(|error| error.kind != FailureKind::Forbidden) {
            return Probes { identity, calls };
        }
        let cluster = self.describe().await.map(|cluster| {
            let version = cluster.version.map_or(String::new(), |one| format!(", version {one}"));
            format!("the cluster is {}{version}", cluster.status)
        });
        calls.push(Probe { action: "eks:DescribeCluster", outcome: cluster });
        let names = self.nodegroup_names().await;
        let counted = names.as_ref().map(|names| format!("{} node groups", names.len()));
        calls.push(Probe { action: "eks:ListNodegroups", outcome: counted.map_err(Error::clone) });
        let Some(name) = names.ok().and_then(|names| names.into_iter().next()) else {
            return Probes { identity, calls };
        };
        let described = self.nodegroup(&name).await;
        let read =
            described.as_ref().map(|one| format!("{} is {}", one.group.name, one.group.status));
        calls.push(Probe { action: "eks:DescribeNodegroup", outcome: read.map_err(Error::clone) });
        let groups = described.map(|one| one.scaling_groups).unwrap_or_default();
        if let Some(group) = groups.first() {
            let read = self.activities(group).await;
            let outcome = read.map(|found| format!("{} activities of {group}", found.len()));
            calls.push(Probe { action: scaling::ACTION, outcome });
        }
        Probes { identity, calls }
    }
}
