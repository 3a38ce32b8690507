//! What explains what, over small states.

use super::*;
use crate::domain::slo::fixture::slo;
use crate::domain::{Slo, SloId};

/// What is found at a second while these feeds are live: the code of each, and that of its cause.
fn chained(
    second: i64,
    live: &[SourceId],
    updates: &[Update],
) -> Vec<(&'static str, Option<&'static str>)> {
    let state = told(second, live, updates);
    let findings = judge(&Scene { state: &state, now: at(second) });
    let codes = |one: Finding| (one.id.code, one.joined.cause.map(|cause| cause.code));
    findings.into_iter().map(codes).collect()
}

fn a_waiting_job() -> Update {
    let tags = Arc::from([Text::new("eks-standard")]);
    let waiting = Job { tags, ..job(1, Status::Pending) };
    upsert(SourceId::QUEUE, Entity::Job(Arc::new(waiting)))
}

const GROUND: [SourceId; 3] = [SourceId::PODS, SourceId::NODEGROUPS, SourceId::QUEUE];

#[test]
fn a_full_group_stands_above_the_pods_and_the_queue_that_it_explains() {
    let full = NodeGroup { desired: Some(4), ..group("ci-standard-a") };
    let all = [a_pod(pod("a")), a_group(full), a_waiting_job()];
    let expected = [
        ("capacity.at_max", None),
        ("capacity.unplaced", Some("capacity.at_max")),
        ("queue.late", Some("capacity.unplaced")),
    ];
    assert_eq!(chained(120, &GROUND, &all), expected);
}

#[test]
fn a_full_group_beside_one_with_room_is_not_called_the_cause() {
    let full = NodeGroup { desired: Some(4), ..group("ci-standard-a") };
    let all = [a_pod(pod("a")), a_group(full), a_group(group("ci-standard-b"))];
    let expected = [("capacity.at_max", None), ("capacity.unplaced", None)];
    assert_eq!(chained(120, &GROUND[..2], &all), expected);
}

#[test]
fn a_cause_that_cannot_be_seen_is_not_named() {
    let full = NodeGroup { desired: Some(4), ..group("ci-standard-a") };
    let all = [a_pod(pod("a")), a_group(full)];
    assert_eq!(chained(120, &[SourceId::PODS], &all), [("capacity.unplaced", None)]);
}

/// An objective of the queue of a tier that burns fast.
fn burning(tier: &str) -> Update {
    let fast: &[(&str, f64, f64)] = &[("5m", 300.0, 0.02), ("1h", 3600.0, 0.02)];
    let labels = Box::from([(Text::new("tier"), Text::new(tier))]);
    let id = SloId::of(&[tier]);
    let mut slo = Slo { id, labels, ..slo(0.999, 0.0005, fast) };
    slo.period_ratio.at = Some(at(100));
    slo.readings.iter_mut().for_each(|reading| reading.at = Some(at(100)));
    upsert(SourceId::SLOS, Entity::Slo(Arc::new(slo)))
}

const ALL: [SourceId; 4] = [SourceId::PODS, SourceId::NODEGROUPS, SourceId::QUEUE, SourceId::SLOS];

#[test]
fn the_objective_of_a_tier_burns_for_its_queue_and_that_of_another_tier_does_not() {
    let full = NodeGroup { desired: Some(4), ..group("ci-standard-a") };
    let ground = [a_pod(pod("a")), a_group(full), a_waiting_job()];
    let with = |tier| [&ground[..], &[burning(tier)]].concat();
    let mine = chained(120, &ALL, &with("standard"));
    assert!(mine.contains(&("slo.burning", Some("queue.late"))), "{mine:?}");
    let others = chained(120, &ALL, &with("protected"));
    assert!(others.contains(&("slo.burning", None)), "{others:?}");
}

#[test]
fn a_full_group_of_another_tier_explains_nothing_here() {
    let full = NodeGroup { desired: Some(4), ..group("ci-protected-a") };
    let all = [a_pod(pod("a")), a_group(full), a_group(group("ci-standard-a"))];
    assert_eq!(chained(120, &GROUND[..2], &all), [("capacity.unplaced", None)]);
}

#[test]
fn what_holds_a_service_back_hangs_on_the_burn_of_that_service() {
    let found = chained(120, &[SourceId::SLOS], &[burning("standard")]);
    assert!(found.contains(&("gate.closed", Some("slo.burning"))), "{found:?}");
}

#[test]
fn every_cause_stands_above_what_it_explains_so_that_no_chain_is_a_ring() {
    let full = NodeGroup { desired: Some(4), ..group("ci-standard-a") };
    let all = [a_pod(pod("a")), a_group(full), a_waiting_job(), burning("standard")];
    let state = told(120, &ALL, &all);
    let findings = judge(&Scene { state: &state, now: at(120) });
    for (place, finding) in findings.iter().enumerate() {
        let Some(cause) = &finding.joined.cause else { continue };
        let above = findings.iter().position(|one| one.id == *cause);
        assert!(above.is_some_and(|above| above < place), "{finding:?}");
    }
    assert!(findings.len() >= 4, "{findings:?}");
}

#[test]
fn a_mild_cause_stands_as_high_as_the_gravest_that_follows_from_it() {
    let of = |code, place, severity, cause: Option<&Finding>| Finding {
        id: FindingId { code, about: EntityId::Tier(TierIndex(place)) },
        severity,
        title: Text::new(code),
        evidence: Vec::new(),
        next_step: Text::new(""),
        since: None,
        count: 1,
        joined: Joined { cause: cause.map(|one| one.id.clone()), ..Joined::default() },
    };
    let cause = of("capacity.unplaced", 0, Severity::Low, None);
    let grave = of("queue.late", 0, Severity::Critical, Some(&cause));
    let alone = of("queue.late", 1, Severity::High, None);
    let order: Vec<FindingId> =
        super::super::chain::fold(vec![grave.clone(), alone.clone(), cause.clone()])
            .into_iter()
            .map(|one| one.id)
            .collect();
    assert_eq!(order, [cause.id, grave.id, alone.id]);
}
