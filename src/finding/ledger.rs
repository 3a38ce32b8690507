//! Rules about the ledger: a chain that does not hold, and acts that were left open.

use std::sync::Arc;

use jiff::SignedDuration;

use super::{Rule, Scene};
use crate::domain::{
    Deed, DeedId, EntityId, Evidence, Finding, FindingId, Joined, Scope, Severity, SourceId,
    SourceKey, Text,
};

/// How many acts are named before the others are only counted.
const NAMED: usize = 3;

/// A younger act may still be somebody's: it is under way.
const UNDER_WAY: SignedDuration = SignedDuration::from_mins(2);

/// What tells more of either.
const NEXT_STEP: &str = "run `watchfloor audit verify`, and look at the pane Audit";

/// A record of the ledger does not hold.
pub(super) fn broken(rule: &Rule, scene: &Scene<'_>) -> Vec<Finding> {
    let Some(broken) = scene.state.chain().and_then(|chain| chain.broken.as_ref()) else {
        return Vec::new();
    };
    let mut reports = scene.state.reports().filter(|(key, _)| key.source == SourceId::LEDGER);
    let (key, seen_at) = reports.next().map_or_else(
        || (SourceKey { source: SourceId::LEDGER, scope: Scope::ledger("audit") }, None),
        |(key, report)| (key.clone(), report.confirmed_at),
    );
    vec![Finding {
        id: FindingId { code: rule.code, about: EntityId::Source(Arc::new(key)) },
        severity: Severity::Critical,
        title: Text::new(&format!("the ledger is broken at record {}: {}", broken.seq, broken.why)),
        evidence: vec![Evidence {
            field: "chain.broken",
            value: broken.why.clone(),
            source: SourceId::LEDGER.0,
            seen_at,
        }],
        next_step: Text::new(NEXT_STEP),
        since: None,
        count: 1,
        joined: Joined::default(),
    }]
}

/// Acts were begun, and nobody has written down what came of them.
pub(super) fn open(rule: &Rule, scene: &Scene<'_>) -> Vec<Finding> {
    let is_left = |deed: &&Deed| scene.now.duration_since(deed.at) >= UNDER_WAY;
    let left: Vec<&Deed> = scene.state.open_deeds().filter(is_left).collect();
    let Some(oldest) = left.first() else { return Vec::new() };
    let told = |deed: &&Deed| Evidence {
        field: "outcome",
        value: Text::new(&format!("none: record {}, {} of {}", deed.seq, deed.act, deed.target)),
        source: SourceId::LEDGER.0,
        seen_at: Some(deed.at),
    };
    let acts = if left.len() == 1 { "act was" } else { "acts were" };
    vec![Finding {
        id: FindingId { code: rule.code, about: EntityId::Deed(DeedId(oldest.seq)) },
        severity: Severity::Medium,
        title: Text::new(&format!(
            "{} {acts} left open, the oldest is {} of {}",
            left.len(),
            oldest.act,
            oldest.target
        )),
        evidence: left.iter().take(NAMED).map(told).collect(),
        next_step: Text::new(NEXT_STEP),
        since: Some(oldest.at),
        count: u64::try_from(left.len()).unwrap_or(u64::MAX),
        joined: Joined::default(),
    }]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::act::fixture::deed;
    use crate::domain::pipeline::fixture::at;
    use crate::domain::{
        Chain, ChainBreak, Change, Ending, Entity, Origin, Outcome, Tiers, Update,
    };
    use crate::state::State;

    /// What is found at a second, by code, severity and count.
    fn found(changes: Vec<Change>, second: i64) -> Vec<(&'static str, Severity, u64)> {
        let mut state = State::new(Tiers::default());
        for change in changes {
            let key = SourceKey { source: SourceId::LEDGER, scope: Scope::ledger("audit") };
            state.apply(Update { key, at: at(0), origin: Origin::Live, change }, at(0));
        }
        let all = super::super::judge(&Scene { state: &state, now: at(second) });
        let of_ledger = all.into_iter().filter(|one| one.id.code.starts_with("ledger."));
        of_ledger.map(|one| (one.id.code, one.severity, one.count)).collect()
    }

    fn chain(broken: Option<ChainBreak>) -> Change {
        Change::Chain(Chain { records: 4, broken })
    }

    fn left_open(seqs: &[u64]) -> Change {
        let open = |seq: &u64| Deed { at: at(0), outcome: None, ..deed(*seq) };
        Change::Upsert(seqs.iter().map(|seq| Entity::Deed(Arc::new(open(seq)))).collect())
    }

    #[test]
    fn a_chain_that_does_not_hold_is_critical() {
        let broken = ChainBreak { seq: 3, why: Text::new("its digest is another") };
        let critical = [("ledger.broken", Severity::Critical, 1)];
        assert_eq!(found(vec![chain(Some(broken))], 5), critical);
        assert_eq!(found(vec![chain(None)], 5), []);
    }

    #[test]
    fn acts_are_left_open_once_they_cannot_be_under_way_any_more() {
        assert_eq!(found(vec![left_open(&[1, 3])], 119), []);
        let medium = [("ledger.open", Severity::Medium, 2)];
        assert_eq!(found(vec![left_open(&[1, 3])], 120), medium);
    }

    #[test]
    fn an_act_that_was_closed_is_no_finding() {
        let done = Outcome { ending: Ending::Done, status: Some(201), message: None };
        let closed = Deed { at: at(0), outcome: Some((at(1), done)), ..deed(1) };
        let closed = Change::Upsert(vec![Entity::Deed(Arc::new(closed))]);
        assert_eq!(found(vec![closed], 1_000), []);
    }
}
