//! A small campaign for tests: three people and one setting.

use std::sync::Arc;

use super::digest::digest;
use super::event::{Ballot, Decision, Event, Reviewer, Start, Vouch};
use super::freeze::freeze;
use super::standing::Campaign;
use crate::access::Limits;
use crate::access::rules::fixture::{NOW, group, people};
use crate::domain::access::{Known, Level, Population};
use crate::domain::{Text, Timestamp};

/// Asha and Lena with nothing against them but that they are there by hand, Wei as a guest; a group without a second factor.
pub(crate) fn population() -> Population {
    let mut of =
        people(&[("asha", Level::Developer), ("lena", Level::Developer), ("wei", Level::Guest)]);
    of.groups.push(group("acme/sub"));
    let mut top = group("acme");
    top.two_factor = Known::Is(false);
    top.variables = Known::Is(Vec::new());
    of.groups.push(top);
    of.grants[1].granted_by = Some(Text::new("Tomas"));
    of.gaps.push(crate::domain::access::Gap {
        part: crate::domain::access::Part::PersonalTokens,
        at: Text::new("acme"),
        lack: crate::domain::access::Lack::Plan,
        because: Text::new("the credentials inventory needs Ultimate"),
    });
    // Somebody owns the group, so that its owners are no finding.
    for name in ["tomas", "mina"] {
        of.principals.push(crate::access::rules::fixture::person_named(name));
        let grant = crate::access::rules::fixture::grant(name, "acme", Level::Owner);
        let mut grant = crate::access::rules::fixture::on_group(grant);
        grant.expires_at = Some("2026-12-01T00:00:00Z".parse().unwrap());
        of.grants.push(grant);
    }
    of
}

pub(crate) fn reviewer(name: &str) -> Reviewer {
    Reviewer { username: Text::new(name), vouched: Vouch::Token }
}

pub(crate) fn at(seconds: i64) -> Timestamp {
    let now: Timestamp = NOW.parse().unwrap();
    now.saturating_add(jiff::SignedDuration::from_secs(seconds)).unwrap()
}

/// The campaign of that population, just started by Tomas.
pub(crate) fn campaign() -> Campaign {
    let frozen = freeze(population(), &Limits::default(), &[], None, at(0));
    let start = Start {
        campaign: Text::new("2026-q1"),
        name: Text::new("first quarter"),
        at: at(0),
        due: None,
        by: reviewer("tomas"),
        population: digest(&frozen.bytes().unwrap()),
        items: frozen.items.len() as u64,
        after: None,
        tool: Text::new("0.1.0"),
    };
    Campaign::new(start, Arc::new(frozen))
}

/// One reviewer's word on one item.
pub(crate) fn ballot(by: &str, item: &str, decision: Decision, second: i64) -> Ballot {
    Ballot {
        campaign: Text::new("2026-q1"),
        items: vec![Text::new(item)],
        decision,
        reason: Some(Text::new("looked at")),
        by: reviewer(by),
        at: at(second),
    }
}

/// The same, taken in.
pub(crate) fn decide(campaign: &mut Campaign, by: &str, item: &str, what: Decision) {
    campaign.apply(&Event::Decided(ballot(by, item, what, 10)));
}
