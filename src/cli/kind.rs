//! [`Kind`]: what `get` can look at, and which feeds each rests on; [`FailOn`]: from which severity on findings fail.

use clap::ValueEnum;

use crate::domain::{Severity, SourceId};
use crate::pane::LENSES;
use crate::pane::lens::Lens;

/// What `get` can look at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Kind {
    /// Projects of the watched groups
    Projects,
    /// Pipelines that have not ended, and those of the last hour
    Pipelines,
    /// Jobs that have not ended, and those of the last hour
    Jobs,
    /// Runners with their managers
    Runners,
    /// Runner tiers with their queues and ceilings
    Tiers,
    /// Runner pods of the tiers' namespaces
    Pods,
    /// Nodes with what is asked of them
    Nodes,
    /// EKS node groups and Karpenter's `NodePools`
    Nodegroups,
    /// Objectives with what is left of their budgets and how fast they burn
    Slos,
    /// Alerts of Alertmanager, also those that nobody is told of
    Alerts,
    /// Silences of Alertmanager: who, why, until when
    Silences,
    /// Time-bound exceptions of the register, what ends next first
    Exceptions,
    /// Open merge requests that touch the register
    Requests,
    /// Rights on the platforms, each with the path by which it comes about
    Grants,
    /// What deserves attention, of rights and of everything else
    Findings,
    /// Acts that were done through Watchfloor, from its own ledger
    Audit,
    /// Every feed's health
    Sources,
}

/// Every feed, and our own ledger.
const ALL_AND_LEDGER: [SourceId; SourceId::ALL.len() + 1] = {
    let mut all = [SourceId::LEDGER; SourceId::ALL.len() + 1];
    let (feeds, _) = all.split_at_mut(SourceId::ALL.len());
    feeds.copy_from_slice(&SourceId::ALL);
    all
};

impl Kind {
    /// Every kind, in the order of the documentation.
    pub const ALL: [Kind; 17] = [
        Kind::Sources,
        Kind::Projects,
        Kind::Pipelines,
        Kind::Jobs,
        Kind::Runners,
        Kind::Tiers,
        Kind::Pods,
        Kind::Nodes,
        Kind::Nodegroups,
        Kind::Slos,
        Kind::Alerts,
        Kind::Silences,
        Kind::Exceptions,
        Kind::Requests,
        Kind::Grants,
        Kind::Findings,
        Kind::Audit,
    ];

    /// Its word.
    pub fn as_str(self) -> &'static str {
        match self {
            Kind::Projects => "projects",
            Kind::Pipelines => "pipelines",
            Kind::Jobs => "jobs",
            Kind::Runners => "runners",
            Kind::Tiers => "tiers",
            Kind::Pods => "pods",
            Kind::Nodes => "nodes",
            Kind::Nodegroups => "nodegroups",
            Kind::Slos => "slos",
            Kind::Alerts => "alerts",
            Kind::Silences => "silences",
            Kind::Exceptions => "exceptions",
            Kind::Requests => "requests",
            Kind::Grants => "grants",
            Kind::Findings => "findings",
            Kind::Audit => "audit",
            Kind::Sources => "sources",
        }
    }

    /// The feeds that it rests on.
    pub fn sources(self) -> &'static [SourceId] {
        match self {
            Kind::Projects | Kind::Pipelines => &[SourceId::PROJECTS, SourceId::QUEUE],
            Kind::Jobs => &[SourceId::PROJECTS, SourceId::QUEUE, SourceId::PODS],
            Kind::Runners => &[SourceId::RUNNERS],
            Kind::Tiers => &[
                SourceId::PROJECTS,
                SourceId::QUEUE,
                SourceId::RUNNERS,
                SourceId::PODS,
                SourceId::NODES,
                SourceId::NODEGROUPS,
                SourceId::NODEPOOLS,
            ],
            Kind::Pods => &[
                SourceId::PROJECTS,
                SourceId::QUEUE,
                SourceId::PODS,
                SourceId::NODES,
                SourceId::POLICIES,
            ],
            Kind::Nodes => &[SourceId::PODS, SourceId::OCCUPANTS, SourceId::NODES],
            Kind::Nodegroups => &[SourceId::NODES, SourceId::NODEGROUPS, SourceId::NODEPOOLS],
            Kind::Slos => &[SourceId::SLOS, SourceId::ALERTS],
            Kind::Alerts => &[SourceId::ALERTS, SourceId::SILENCES],
            Kind::Silences => &[SourceId::SILENCES],
            Kind::Exceptions => &[SourceId::EXCEPTIONS, SourceId::SILENCES, SourceId::NATIVES],
            Kind::Requests => &[SourceId::REQUESTS],
            // Exceptions cover findings.
            Kind::Grants => &[SourceId::ACCESS, SourceId::EXCEPTIONS],
            Kind::Audit => &[SourceId::LEDGER],
            Kind::Sources => &SourceId::ALL,
            // Who has what in hand stands in the ledger.
            Kind::Findings => &ALL_AND_LEDGER,
        }
    }

    /// The feeds that are asked for it. Rights are read for hours: nobody who wants
    /// to see the feeds, or what was found, waits for that; of rights they see what was read last.
    pub fn asked(self) -> Vec<SourceId> {
        let waits = self == Kind::Grants;
        let is_asked = |source: &SourceId| waits || *source != SourceId::ACCESS;
        self.sources().iter().copied().filter(is_asked).collect()
    }

    /// Whether its items are made of what the rules say, not of rows.
    pub fn is_judged(self) -> bool {
        matches!(self, Kind::Grants | Kind::Findings)
    }

    /// The feeds that bring its items, as its rows name them; the others only add to them. Tiers are always there: theirs
    /// are those that bring their numbers, one a platform.
    pub fn bearers(self) -> &'static [SourceId] {
        let of_rows = self.lens().map_or(&[][..], |lens| lens.about().feeds);
        match self {
            Kind::Grants => &[SourceId::ACCESS],
            Kind::Tiers => &[SourceId::QUEUE, SourceId::PODS, SourceId::NODEGROUPS],
            _ if of_rows.is_empty() => &SourceId::ALL,
            _ => of_rows,
        }
    }

    /// Whether it comes from clusters alone, so that without one there is nothing to look at.
    pub fn is_of_clusters(self) -> bool {
        matches!(self, Kind::Pods | Kind::Nodes | Kind::Nodegroups)
    }

    /// Its rows as the console knows them.
    pub fn lens(self) -> Option<&'static dyn Lens> {
        LENSES.iter().copied().find(|lens| lens.name() == self.as_str())
    }
}

/// From which severity on findings let a command fail.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum FailOn {
    /// Production or the whole path is hit
    Critical,
    /// A promise is broken
    High,
    /// A promise is in danger, or something cannot be judged
    Medium,
    /// Worth tidying up
    Low,
    /// Anything at all
    Info,
}

impl FailOn {
    /// The same as rules have it.
    pub(super) fn severity(self) -> Severity {
        match self {
            FailOn::Critical => Severity::Critical,
            FailOn::High => Severity::High,
            FailOn::Medium => Severity::Medium,
            FailOn::Low => Severity::Low,
            FailOn::Info => Severity::Info,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_has_rows() {
        for kind in Kind::ALL.into_iter().filter(|kind| !kind.is_judged()) {
            assert!(kind.lens().is_some(), "{}", kind.as_str());
        }
    }

    #[test]
    fn what_brings_the_items_of_a_kind_is_among_what_it_rests_on() {
        for kind in Kind::ALL {
            let rests_on = |source: &SourceId| kind.sources().contains(source);
            assert!(kind.bearers().iter().all(rests_on), "{}", kind.as_str());
        }
        assert_eq!(Kind::Nodegroups.bearers(), [SourceId::NODEGROUPS, SourceId::NODEPOOLS]);
        assert_eq!(Kind::Sources.bearers(), SourceId::ALL);
    }

    #[test]
    fn a_kind_is_typed_as_it_is_printed() {
        for kind in Kind::ALL {
            assert_eq!(Kind::from_str(kind.as_str(), false), Ok(kind));
        }
    }
}
