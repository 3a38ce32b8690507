//! [`Platforms`]: the configured platforms, each with a client that reads and one that changes.

use std::sync::Arc;

use super::look;
use super::send::Order;
use super::send::gitlab::Writer;
use crate::api::gitlab::Gitlab;
use crate::api::{Error, Wiring};
use crate::audit::{Closing, Permit};
use crate::config::Settings;
use crate::domain::{FailureKind, Identity, Proposal, Seen, Target, Text, Tiers};

/// The configured platforms. Cheap to share; opens nothing until something is asked for.
#[derive(Clone)]
pub(super) struct Platforms {
    gitlab: Option<Sides>,
}

/// GitLab, from its two sides.
#[derive(Clone)]
struct Sides {
    reader: Arc<Gitlab>,
    writer: Arc<Writer>,
    tiers: Tiers,
}

impl Platforms {
    /// Those of the settings.
    pub(super) fn new(settings: &Settings, wiring: &Wiring) -> Platforms {
        let gitlab = settings.gitlab.as_ref().map(|gitlab| Sides {
            reader: Arc::new(Gitlab::new(gitlab, wiring.clone())),
            writer: Arc::new(Writer::new(gitlab, wiring.clone())),
            tiers: settings.domain_tiers(),
        });
        Platforms { gitlab }
    }

    /// Who we are to each of them, in their order.
    pub(super) async fn identities(&self) -> Vec<Identity> {
        let mut identities = Vec::new();
        if let Some(gitlab) = &self.gitlab {
            identities.push(identity(&gitlab.reader).await);
        }
        identities
    }

    /// The word for the platform that a target belongs to.
    pub(super) fn of(target: &Target) -> Text {
        match target {
            Target::Job(..) | Target::Pipeline(..) | Target::Deployment(..) | Target::Runner(_) => {
                Text::new("gitlab")
            }
            Target::Pod(cluster, ..) | Target::Node(cluster, _) => {
                Text::new(&format!("kubernetes:{cluster}"))
            }
            Target::NodeGroup(cluster, _) => Text::new(&format!("eks:{cluster}")),
        }
    }

    /// Looks at a target.
    pub(super) async fn look(&self, target: &Target) -> Result<Seen, Error> {
        match (target, &self.gitlab) {
            (
                Target::Job(..) | Target::Pipeline(..) | Target::Deployment(..) | Target::Runner(_),
                Some(gitlab),
            ) => look::gitlab::look(&gitlab.reader, &gitlab.tiers, target).await,
            _ => Err(Error::new(FailureKind::Other, "its platform is not configured")),
        }
    }

    /// What a proposal comes to on the wire; `None` where no configured platform knows such an act.
    pub(super) fn order(&self, proposal: &Proposal) -> Option<Order> {
        self.gitlab.as_ref()?.writer.order(proposal).map(Order::Gitlab)
    }

    /// Sends an order once. Whatever comes of it, the permit is used up.
    pub(super) async fn send(&self, permit: Permit, order: Order) -> Closing {
        match (order, &self.gitlab) {
            (Order::Gitlab(order), Some(gitlab)) => gitlab.writer.send(permit, order).await,
            (Order::Gitlab(_), None) => permit.settle(super::desk::never_sent()),
        }
    }
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
            Identity { platform, user, rights }
        }
        Err(error) => Identity { platform, user: Err(Text::new(&error.to_string())), rights: None },
    }
}
