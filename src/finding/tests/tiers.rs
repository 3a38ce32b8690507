//! Rules about tiers and nodes, over small states.

use super::*;
use crate::domain::NodeGroupKind;

const BOTH: [SourceId; 2] = [SourceId::QUEUE, SourceId::RUNNERS];

/// A waiting job with these tags, queued at second nought.
fn waiting(id: u64, tags: &[&str]) -> Update {
    let tags = tags.iter().map(|tag| Text::new(tag)).collect();
    let waits = Job { tags, ..job(id, Status::Pending) };
    Update { at: at(600), ..upsert(SourceId::QUEUE, Entity::Job(Arc::new(waits))) }
}

fn a_runner(runner: Runner) -> Update {
    upsert(SourceId::RUNNERS, Entity::Runner(Arc::new(runner)))
}

/// An online runner of the tier with so many of its four slots taken.
fn busy(running: u64) -> Runner {
    Runner { limit: Some(4), running: Some(running), ..runner(1, "eks-standard") }
}

#[test]
fn a_tier_is_saturated_once_every_slot_is_taken_and_jobs_wait_too_long() {
    let judge = |second, feeds: &[SourceId], running| {
        let all = [waiting(1, &["eks-standard"]), a_runner(busy(running))];
        found("tier.saturated", second, feeds, &all)
    };
    assert_eq!(judge(61, &BOTH, 4), [(TIER, Severity::Medium, 1)]);
    assert_eq!(judge(301, &BOTH, 4), [(TIER, Severity::High, 1)]);
    assert_eq!(judge(60, &BOTH, 4), [], "nobody waits too long");
    assert_eq!(judge(61, &BOTH, 3), [], "a slot is free");
    assert_eq!(judge(61, &BOTH[..1], 4), [], "who is full is not known");
    assert_eq!(judge(61, &BOTH[1..], 4), [], "who waits is not known");
}

#[test]
fn a_tier_starves_by_jobs_that_no_runner_may_take() {
    let tags: Arc<[Text]> = Arc::from(["eks-standard", "gpu"].map(Text::new));
    let stuck = Job { tags, stuck: Some(true), ..job(1, Status::Pending) };
    let all = |second| {
        let read = upsert(SourceId::QUEUE, Entity::Job(Arc::new(stuck.clone())));
        [Update { at: at(second), ..read }, a_runner(busy(0))]
    };
    let judge = |second, feeds: &[SourceId]| found("tier.starved", second, feeds, &all(second));
    assert_eq!(judge(301, &BOTH), [(TIER, Severity::Medium, 1)]);
    assert_eq!(judge(300, &BOTH), [], "it is young");
    assert_eq!(judge(301, &BOTH[..1]), [], "who could take it is not known");
}

#[test]
fn who_waits_behind_full_slots_does_not_starve() {
    let all = [waiting(1, &["eks-standard"]), a_runner(busy(4))];
    assert_eq!(found("tier.starved", 600, &BOTH, &all), []);
}

#[test]
fn a_pause_is_meant_and_no_alarm() {
    let paused = Runner { paused: true, ..busy(0) };
    let all = [waiting(1, &["eks-standard"]), a_runner(paused)];
    assert_eq!(found("tier.starved", 600, &BOTH, &all), []);
}

#[test]
fn a_control_that_is_meant_is_no_alarm() {
    let protected = Runner { protected: true, ..busy(0) };
    let all = [waiting(1, &["eks-standard"]), a_runner(protected)];
    assert_eq!(found("tier.starved", 600, &BOTH, &all), []);
}

#[test]
fn nodes_under_pressure_are_one_finding_a_group_while_they_are_read() {
    let pressed = |name| Node { pressures: Arc::from([Text::new("DiskPressure")]), ..node(name) };
    let silent = Node { ready: Some(false), ..pressed("n3") };
    let all = [pressed("n1"), pressed("n2"), silent, node("n4")]
        .map(|node| upsert(SourceId::NODES, Entity::Node(Arc::new(node))));
    let judge =
        |feeds: &[SourceId], updates: &[Update]| found("capacity.node_pressure", 5, feeds, updates);
    let about = EntityId::NodeGroup(group("ci-standard-a").id);
    assert_eq!(judge(&[SourceId::NODES], &all), [(about, Severity::Medium, 2)]);
    assert_eq!(judge(&[], &all), []);
    let well = upsert(SourceId::NODES, Entity::Node(Arc::new(node("n1"))));
    assert_eq!(judge(&[SourceId::NODES], &[all[0].clone(), well]), [], "it is over");
}

#[test]
fn a_pool_at_its_limits_is_told_like_a_group_at_its_maximum() {
    let pool = |used| NodeGroup {
        kind: NodeGroupKind::Karpenter,
        desired: None,
        max: None,
        limits: Arc::from([(Text::new("cpu"), Some(Text::new(used)), Text::new("100"))]),
        ..group("ci-standard-a")
    };
    let feeds = [SourceId::PODS, SourceId::NODEPOOLS];
    let judge =
        |used| found("capacity.at_max", 61, &feeds, &[a_pod(pod("a")), a_group(pool(used))]);
    let about = EntityId::NodeGroup(group("ci-standard-a").id);
    assert_eq!(judge("100"), [(about, Severity::High, 1)]);
    assert_eq!(judge("99"), []);
}
