//! Rules about the register, tokens and who has what in hand, over small states.

use super::*;
use crate::domain::act::fixture::ended;
use crate::domain::{Acknowledgement, Deed, Ending, Failure, FailureKind};

fn gap(kind: FailureKind) -> Update {
    let (message, hint) = (Text::new("the token ends on 2026-01-19"), Text::new("renew it"));
    let gap = Failure { kind, message, hint, at: at(0), retry_at: None };
    let report = Report { confirmed_at: Some(at(0)), gap: Some(gap), ..Report::starting(60.0) };
    let scope = Scope::gitlab("acme");
    let key = SourceKey { source: SourceId::TOKEN, scope };
    Update { key, at: at(0), origin: Origin::Live, change: Change::Report(report) }
}

#[test]
fn a_token_near_its_end_is_told_once_and_by_its_own_rule() {
    let codes = |update| {
        let state = told(5, &[], &[update]);
        let found = judge(&Scene { state: &state, now: at(5) });
        found.into_iter().map(|one| (one.id.code, one.severity)).collect::<Vec<_>>()
    };
    assert_eq!(codes(gap(FailureKind::TokenExpired)), [("token.ending", Severity::Medium)]);
    assert_eq!(codes(gap(FailureKind::Shape)), [("source.ill", Severity::Low)]);
}

/// The ledger's word that somebody has a finding in hand from second 2 on.
fn in_hand(target: &str, duration: &str, ending: Ending) -> Update {
    let deed = Deed {
        act: Text::new("finding.acknowledge"),
        target: Text::new(target),
        settings: vec![(Text::new("duration"), Text::new(duration))],
        ..ended(2, ending, None)
    };
    upsert(SourceId::LEDGER, Entity::Deed(Arc::new(deed)))
}

/// Who has the tier's queue in hand at a second, and until when.
fn hand(updates: &[Update], second: i64) -> Option<(String, i64)> {
    let waits = Entity::Job(Arc::new(job(1, Status::Pending)));
    let all = [&[upsert(SourceId::QUEUE, waits)], updates].concat();
    let state = told(second, &[SourceId::QUEUE], &all);
    let found = judge(&Scene { state: &state, now: at(second) });
    let late = found.into_iter().find(|one| one.id.code == "queue.late").unwrap();
    let told =
        |hand: Acknowledgement| (hand.by.to_string(), hand.until.as_second() - at(0).as_second());
    late.joined.acknowledged.map(told)
}

#[test]
fn a_finding_is_in_hand_until_its_end_and_stays_in_sight() {
    let said = [in_hand("queue.late/standard", "1h", Ending::Done)];
    assert_eq!(hand(&said, 61), Some(("a.poe".to_owned(), 3602)));
    assert_eq!(hand(&said, 3602), None, "its end has passed");
    assert_eq!(hand(&[in_hand("queue.late/protected", "1h", Ending::Done)], 61), None);
    assert_eq!(hand(&[in_hand("queue.late/standard", "1h", Ending::Failed)], 61), None);
    assert_eq!(hand(&[in_hand("queue.late/standard", "for ever", Ending::Done)], 61), None);
}

#[test]
fn what_somebody_has_in_hand_calls_nobody() {
    let finding = |acknowledged| Finding {
        id: FindingId { code: "queue.late", about: EntityId::Tier(TierIndex(0)) },
        severity: Severity::High,
        title: Text::new("t"),
        evidence: Vec::new(),
        next_step: Text::new("n"),
        since: None,
        count: 1,
        joined: Joined { acknowledged, ..Joined::default() },
    };
    let text = Text::new;
    let hand = Acknowledgement { by: text("a"), reason: text("r"), at: at(0), until: at(9) };
    assert!(finding(None).is_grave());
    assert!(!finding(Some(hand)).is_grave());
}
