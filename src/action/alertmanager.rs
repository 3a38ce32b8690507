//! [`Silencer`]: the configured Alertmanager, with a client that reads and one that changes.

use std::time::Duration;

use super::look::alertmanager::Sight;
use super::send::alertmanager::{Order, Writer};
use crate::api::alertmanager::Alertmanager;
use crate::api::aws::Bounds;
use crate::api::{Error, Wiring};
use crate::audit::{Closing, Permit};
use crate::config::Settings;
use crate::domain::{Identity, Proposal, Seen, Target, TargetKind, Text, Timestamp, silence_end};

/// What is said of our name there.
const NOBODY: &str = "Alertmanager knows no people; who makes a silence is what we say: the user of GitLab and of this machine";

/// The configured Alertmanager. Opens nothing until something is asked for.
pub(super) struct Silencer {
    sight: Sight,
    writer: Writer,
    /// How long a silence may be, where an exception's length is configured: it is one.
    longest: Option<Duration>,
}

impl Silencer {
    /// That of the settings.
    pub(super) fn new(settings: &Settings, wiring: &Wiring) -> Option<Silencer> {
        let there = settings.alertmanager.as_ref()?;
        let bounds = if settings.simulated { Bounds::Loopback } else { Bounds::Anywhere };
        let reader = Alertmanager::new(there, bounds, wiring.clone());
        Some(Silencer {
            sight: Sight::new(reader, settings.domain_tiers()),
            writer: Writer::new(there, bounds, wiring.clone()),
            longest: longest_silence(settings),
        })
    }

    /// Looks at a target.
    pub(super) async fn look(&self, target: &Target) -> Result<Seen, Error> {
        self.sight.look(target).await
    }

    /// What a proposal comes to on the wire.
    pub(super) fn order(&self, proposal: &Proposal) -> Option<Order> {
        self.writer.order(proposal)
    }

    /// Until when it asked to be left alone.
    pub(super) fn quiet_until(&self, now: Timestamp) -> Option<Timestamp> {
        self.writer.quiet().until(now)
    }

    /// Sends an order once. Whatever comes of it, the permit is used up.
    pub(super) async fn send(&self, permit: Permit, order: Order) -> Closing {
        self.writer.send(permit, order).await
    }

    /// Until when a silence would last; `None` for what makes none.
    pub(super) fn end(
        &self,
        proposal: &Proposal,
        now: Timestamp,
    ) -> Option<Result<Timestamp, String>> {
        let makes = proposal.act.target == TargetKind::Alert;
        makes.then(|| silence_end(proposal, now, self.longest))
    }
}

/// How long a silence may be, where an exception's length is configured: it is one.
pub fn longest_silence(settings: &Settings) -> Option<Duration> {
    let lives = &settings.exceptions.as_ref()?.max_ttl;
    lives.get("silence").or_else(|| lives.get("default")).copied()
}

/// Who we are there: nobody.
pub(super) fn identity() -> Identity {
    let platform = Text::new("alertmanager");
    Identity { platform, user: Err(Text::new(NOBODY)), rights: None, is_settled: true }
}
