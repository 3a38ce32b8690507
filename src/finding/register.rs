//! Rules about the register of exceptions against the world: what other tools hold beside it, and what waits for an answer.

use std::sync::Arc;

use super::{Rule, Scene};
use crate::domain::time::instant_utc;
use crate::domain::{
    Drift, DriftKind, EntityId, Evidence, ExceptionRequest, Finding, FindingId, Joined, Scope,
    Severity, SourceId, SourceKey, Text,
};
use crate::state::Row;

/// So many are named as evidence; the others are counted.
const NAMED: usize = 5;

/// A request that waits longer than this is more than tidying up, hours.
const LONG: i64 = 24;

/// The register and the tools differ in the way that the rule is named for.
pub(super) fn differs(rule: &Rule, scene: &Scene<'_>) -> Vec<Finding> {
    let is_its = |kind: &DriftKind| rule.code.strip_prefix("exception.") == Some(kind.word());
    let Some(kind) = DriftKind::ALL.into_iter().find(is_its) else { return Vec::new() };
    let drifts = scene.state.drifts();
    let all = drifts.count(kind);
    if all == 0 {
        return Vec::new();
    }
    let mut of_kind: Vec<&Drift> = drifts.iter().filter(|one| one.kind == kind).collect();
    of_kind.sort_unstable_by(|one, other| one.id.cmp(&other.id));
    let Some(first) = of_kind.first() else { return Vec::new() };
    let told = |drift: &&Drift| {
        let proof = drift.evidence.first();
        Evidence {
            field: kind.word(),
            value: drift.id.clone(),
            source: proof.map_or("register", |proof| proof.source),
            seen_at: proof.and_then(|proof| proof.seen_at),
        }
    };
    vec![Finding {
        id: FindingId { code: rule.code, about: feed(scene, SourceId::EXCEPTIONS) },
        severity: severity(kind),
        title: Text::new(&words(kind, all)),
        evidence: of_kind.iter().take(NAMED).map(told).collect(),
        next_step: first.next_step.clone(),
        since: None,
        count: u64::try_from(all).unwrap_or(u64::MAX),
        joined: Joined::default(),
    }]
}

/// What a finding about several things of one feed is about: the feed, which stays the same whatever comes and goes.
fn feed(scene: &Scene<'_>, source: SourceId) -> EntityId {
    let mut keys = scene.state.reports().map(|(key, _)| key).filter(|key| key.source == source);
    let none = || SourceKey { source, scope: Scope::gitlab("register") };
    EntityId::Source(Arc::new(keys.next().cloned().unwrap_or_else(none)))
}

fn severity(kind: DriftKind) -> Severity {
    match kind {
        DriftKind::Zombie => Severity::High,
        DriftKind::Unregistered => Severity::Medium,
        DriftKind::Unbounded | DriftKind::Mismatch | DriftKind::Orphan => Severity::Low,
    }
}

fn words(kind: DriftKind, all: usize) -> String {
    let (one, more) = match kind {
        DriftKind::Zombie => {
            ("exception is over and still in force", "exceptions are over and still in force")
        }
        DriftKind::Unregistered => {
            ("exception is in force and in no record", "exceptions are in force and in no record")
        }
        DriftKind::Unbounded => (
            "exception in force has no end of its own",
            "exceptions in force have no end of their own",
        ),
        DriftKind::Mismatch => (
            "exception ends otherwise than its record",
            "exceptions end otherwise than their records",
        ),
        DriftKind::Orphan => {
            ("recorded exception is not to be found", "recorded exceptions are not to be found")
        }
    };
    format!("{all} {}", if all == 1 { one } else { more })
}

/// Requests wait for an approval that whoever the token stands for may give, as far as is known.
pub(super) fn waiting(rule: &Rule, scene: &Scene<'_>) -> Vec<Finding> {
    let mut mine: Vec<&Row<ExceptionRequest>> = scene
        .state
        .requests()
        .iter()
        .map(|(_, row)| row)
        .filter(|row| is_mine(&row.value))
        .collect();
    mine.sort_by_key(|row| (row.value.opened_at, row.value.iid));
    let Some(first) = mine.first() else { return Vec::new() };
    let told = |row: &&Row<ExceptionRequest>| Evidence {
        field: "request",
        value: Text::new(&format!(
            "!{} {}, by {}, opened {}",
            row.value.iid,
            row.value.title,
            row.value.author,
            instant_utc(row.value.opened_at)
        )),
        source: SourceId::REQUESTS.0,
        seen_at: Some(row.seen_at()),
    };
    let waits = scene.now.duration_since(first.value.opened_at).as_hours();
    let head = match mine.len() {
        1 => "1 request for an exception waits".to_owned(),
        n => format!("{n} requests for exceptions wait"),
    };
    vec![Finding {
        id: FindingId { code: rule.code, about: feed(scene, SourceId::REQUESTS) },
        severity: if waits >= LONG { Severity::Medium } else { Severity::Low },
        title: Text::new(&format!("{head} for an approval that you may give")),
        evidence: mine.iter().take(NAMED).map(told).collect(),
        next_step: Text::new("enter shows them: read what is asked, then approve or refuse"),
        since: Some(first.value.opened_at),
        count: u64::try_from(mine.len()).unwrap_or(u64::MAX),
        joined: Joined::default(),
    }]
}

fn is_mine(request: &ExceptionRequest) -> bool {
    !request.is_draft && request.blocked_for_me.is_none() && request.approvals.left != Some(0)
}
