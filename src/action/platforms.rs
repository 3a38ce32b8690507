//! [`Platforms`]: the configured platforms, each with a client that reads and one that changes.

use std::sync::Arc;

use super::alertmanager::{self, Silencer};
use super::clusters::Clusters;
use super::exceptions::{Registrar, is_ours};
use super::gate::Arming;
use super::look::gitlab::Sight;
use super::send::Order;
use super::send::gitlab::Writer;
use crate::api::gitlab::Gitlab;
use crate::api::{Error, Wiring};
use crate::audit::{Closing, Permit};
use crate::config::Settings;
use crate::domain::act::hold_end;
use crate::domain::{
    Ending, FailureKind, Identity, JobId, Outcome, Proposal, Seen, Target, Text, Timestamp,
};

/// The configured platforms. Cheap to share; opens nothing until something is asked for.
#[derive(Clone)]
pub(super) struct Platforms {
    gitlab: Option<Sides>,
    clusters: Arc<Clusters>,
    alertmanager: Option<Arc<Silencer>>,
    registrar: Option<Arc<Registrar>>,
}

/// GitLab, from its two sides.
#[derive(Clone)]
struct Sides {
    sight: Sight,
    writer: Arc<Writer>,
}

impl Platforms {
    /// Those of the settings.
    pub(super) fn new(settings: &Settings, wiring: &Wiring) -> Platforms {
        let gitlab = settings.gitlab.as_ref().map(|gitlab| Sides {
            sight: Sight::new(gitlab, settings.domain_tiers(), wiring.clone())
                .with(settings.exceptions.as_ref()),
            writer: Arc::new(Writer::new(gitlab, wiring.clone())),
        });
        let sight = gitlab.as_ref().map(|sides: &Sides| sides.sight.clone());
        let registrar = sight.zip(settings.exceptions.as_ref());
        let registrar = registrar.map(|(sight, register)| Registrar::new(sight, register).into());
        let clusters = Arc::new(Clusters::new(settings, wiring));
        let alertmanager = Silencer::new(settings, wiring).map(Arc::new);
        Platforms { gitlab, clusters, alertmanager, registrar }
    }

    /// Who we are to each of them, in their order. Only reading requests are sent.
    pub(super) async fn identities(&self) -> Vec<Identity> {
        self.identities_where(|_| true).await
    }

    /// Who we are to those with these names. What a cluster has not told yet is asked for, as the window that is open
    /// allows.
    pub(super) async fn identities_of(
        &self,
        names: &[Text],
        arming: Option<Arming>,
    ) -> Vec<Identity> {
        if let Some(arming) = arming {
            let is_new = |name: &Text| names.contains(name) && !self.clusters.has_told(name);
            self.clusters.review(arming, is_new).await;
        }
        self.identities_where(|name| names.contains(name)).await
    }

    /// Who we are to each of them, and what clusters say of our rights, which is asked for by a changing request's
    /// method and so only while the window is open.
    pub(super) async fn rights_when_armed(&self, arming: Arming) -> Vec<Identity> {
        self.clusters.review(arming, |_| true).await;
        self.identities().await
    }

    async fn identities_where(&self, wanted: impl Fn(&Text) -> bool) -> Vec<Identity> {
        let mut identities = Vec::new();
        if let Some(gitlab) = self.gitlab.as_ref().filter(|_| wanted(&Text::new("gitlab"))) {
            identities.push(identity(gitlab.sight.reader()).await);
        }
        let alertmanager = self.alertmanager.as_ref().map(|_| alertmanager::identity());
        let alertmanager = alertmanager.filter(|one| wanted(&one.platform));
        identities.extend(self.clusters.identities(wanted).await);
        identities.extend(alertmanager);
        identities
    }

    /// Looks at a target.
    pub(super) async fn look(&self, target: &Target) -> Result<Seen, Error> {
        match (target, &self.gitlab) {
            (
                Target::Job(..)
                | Target::Pipeline(..)
                | Target::Deployment(..)
                | Target::Request(..)
                | Target::Right(_)
                | Target::Runner(_),
                Some(gitlab),
            ) => gitlab.sight.look(target).await,
            (
                Target::Pod(..)
                | Target::Node(..)
                | Target::NodeGroup(..)
                | Target::AccessEntry(..),
                _,
            ) => self.clusters.look(target).await,
            (Target::Alert(_) | Target::Alerts(_) | Target::Silence(_), _) => {
                match &self.alertmanager {
                    Some(alertmanager) => Box::pin(alertmanager.look(target)).await,
                    None => Err(Error::new(FailureKind::Other, "no Alertmanager is configured")),
                }
            }
            (Target::Finding(name), _) => {
                let seen = Seen::new(name.clone(), Text::new("in this console"));
                Ok(Seen { protected: Some(false), ..seen })
            }
            (Target::Exception(id), _) => match &self.registrar {
                Some(registrar) => registrar.look(id).await,
                None => Err(no_register()),
            },
            _ => Err(Error::new(FailureKind::Other, "its platform is not configured")),
        }
    }

    /// The deployment that a job waits for, if it waits for one.
    pub(super) async fn deployment_of(
        &self,
        project: &Text,
        job: JobId,
    ) -> Result<Option<(Target, Seen)>, Error> {
        match &self.gitlab {
            Some(gitlab) => gitlab.sight.deployment_of(project, job).await,
            None => Err(Error::new(FailureKind::Other, "no GitLab is configured")),
        }
    }

    /// Until when the platform of a target asked to be left alone.
    pub(super) fn quiet_until(&self, target: &Target, now: Timestamp) -> Option<Timestamp> {
        match target {
            Target::Pod(..)
            | Target::Node(..)
            | Target::NodeGroup(..)
            | Target::AccessEntry(..) => self.clusters.quiet_until(target, now),
            Target::Alert(_) | Target::Alerts(_) | Target::Silence(_) => {
                self.alertmanager.as_ref()?.quiet_until(now)
            }
            Target::Finding(_) => None,
            _ => self.gitlab.as_ref()?.writer.quiet().until(now),
        }
    }

    /// What a proposal comes to on the wire; `None` where no configured platform knows such an act.
    pub(super) fn order(&self, proposal: &Proposal) -> Option<Order> {
        if matches!(proposal.target, Target::Finding(_)) {
            return Some(Order::Ledger);
        }
        let gitlab = self.gitlab.as_ref();
        let order = gitlab.and_then(|gitlab| gitlab.writer.order(proposal)).map(Order::Gitlab);
        let order = order.or_else(|| self.clusters.order(proposal));
        let silence = || self.alertmanager.as_ref()?.order(proposal).map(Order::Alertmanager);
        let register =
            || self.registrar.as_ref()?.order(proposal, &gitlab?.writer).map(Order::Gitlab);
        order.or_else(silence).or_else(register)
    }

    /// What a proposal may come to on the wire after that: the second of two requests.
    pub(super) fn second_order(&self, proposal: &Proposal) -> Option<Order> {
        let gitlab = self.gitlab.as_ref()?;
        self.registrar.as_ref()?.second_order(proposal, &gitlab.writer).map(Order::Gitlab)
    }

    /// The register of exceptions, where a proposal is on it.
    pub(super) fn registrar(&self, proposal: &Proposal) -> Option<&Registrar> {
        self.registrar.as_deref().filter(|_| is_ours(proposal))
    }

    /// The next request of an act on the register, and the proposal as the ledger records it; `None` for every other act.
    pub(super) fn filed(
        &self,
        proposal: &Proposal,
        seen: &Seen,
        now: Timestamp,
    ) -> Option<Result<(Proposal, Order), String>> {
        let (registrar, gitlab) = (self.registrar(proposal)?, self.gitlab.as_ref()?);
        let settled = registrar.settled(proposal, (seen, &gitlab.writer), now);
        let unable = || "it cannot be put into a request".to_owned();
        Some(
            settled.and_then(|(proposal, order)| {
                Ok((proposal, Order::Gitlab(order.ok_or_else(unable)?)))
            }),
        )
    }

    /// Until when a silence or an acknowledgement would last, or why it cannot be so; `None` for what makes none.
    pub(super) fn end(
        &self,
        proposal: &Proposal,
        now: Timestamp,
    ) -> Option<Result<Timestamp, String>> {
        if matches!(proposal.target, Target::Finding(_)) {
            return Some(hold_end(proposal, now));
        }
        self.alertmanager.as_ref()?.end(proposal, now)
    }

    /// Sends an order once. Whatever comes of it, the permit is used up.
    pub(super) async fn send(&self, permit: Permit, order: Order) -> Closing {
        match (order, &self.gitlab) {
            (Order::Gitlab(order), Some(gitlab)) => gitlab.writer.send(permit, order).await,
            (Order::Ledger, _) => permit.settle(Outcome {
                ending: Ending::Done,
                status: None,
                message: Some(Text::new("written into the ledger; nothing was sent")),
            }),
            (Order::Gitlab(_), None) => permit.settle(super::desk::never_sent()),
            (Order::Kubernetes(order), _) => self.clusters.send_to_kubernetes(permit, order).await,
            (Order::Eks(order), _) => self.clusters.send_to_eks(permit, order).await,
            (Order::Alertmanager(order), _) => match &self.alertmanager {
                Some(alertmanager) => alertmanager.send(permit, order).await,
                None => permit.settle(super::desk::never_sent()),
            },
        }
    }
}

/// That there is no register to ask anything of.
fn no_register() -> Error {
    let error = Error::new(FailureKind::Other, "no register of exceptions is configured");
    error.hinting(
        "name the project that holds it: add an [exceptions] table; docs/exceptions.md shows one",
    )
}

async fn identity(gitlab: &Gitlab) -> Identity {
    let platform = Text::new("gitlab");
    match gitlab.token_facts().await {
        Ok(facts) => {
            let unnamed = || Text::new("GitLab does not tell whose token this is");
            let user = facts.username.ok_or_else(unnamed);
            let scopes: Vec<&str> = facts.scopes.iter().map(|scope| &**scope).collect();
            let rights = (!scopes.is_empty())
                .then(|| Text::new(&format!("token scopes {}", scopes.join(", "))));
            let is_settled = user.is_ok();
            Identity { platform, user, rights, is_settled }
        }
        Err(error) => {
            let user = Err(Text::new(&error.to_string()));
            Identity { platform, user, rights: None, is_settled: false }
        }
    }
}
