//! Rules, judged over small states.

mod chain;
mod register;
mod steady;
mod tiers;

use std::sync::Arc;

use super::*;
use crate::domain::node::fixture::{group, node};
use crate::domain::pipeline::fixture::{at, job};
use crate::domain::pod::fixture::pod;
use crate::domain::runner::fixture::runner;
use crate::domain::{
    Change, Entity, EntityId, FindingId, Job, JobId, Joined, Node, NodeGroup, NodeGroupIssue,
    Origin, Pod, Powers, ProjectId, Quota, QuotaId, Report, Runner, RunnerId, Scope, Severity,
    SourceId, SourceKey, Stand, Status, Text, Tier, TierIndex, TierPods, Tiers, Update,
};

fn tier(name: &str) -> Tier {
    Tier {
        name: Text::new(name),
        protected: false,
        runner_tags: vec![Text::new(&format!("eks-{name}"))],
        queue_target_seconds: 60.0,
        pods: TierPods {
            cluster: Some(Text::new("ci")),
            namespace: Some(Text::new(&format!("ci-{name}"))),
            nodegroups: vec![Text::new(&format!("ci-{name}-*"))],
            scheduling_target_seconds: 60.0,
            egress_policy_required: name == "standard",
            ..TierPods::default()
        },
    }
}

fn tiers() -> Tiers {
    Tiers::new(vec![tier("standard"), tier("protected")])
}

fn update(source: SourceId, change: Change) -> Update {
    let scope = match source {
        SourceId::NODEGROUPS => Scope::eks("ci"),
        SourceId::NODES => Scope::kubernetes("ci", None, "nodes"),
        SourceId::QUEUE => Scope::gitlab("acme"),
        _ => Scope::kubernetes("ci", Some("ci-standard"), source.0),
    };
    Update { key: SourceKey { source, scope }, at: at(0), origin: Origin::Live, change }
}

fn upsert(source: SourceId, entity: Entity) -> Update {
    update(source, Change::Upsert(vec![entity]))
}

fn a_pod(pod: Pod) -> Update {
    upsert(SourceId::PODS, Entity::Pod(Arc::new(pod)))
}

fn a_group(group: NodeGroup) -> Update {
    upsert(SourceId::NODEGROUPS, Entity::NodeGroup(Arc::new(group)))
}

/// What is known once these were told, while these feeds are live at a second.
fn told(second: i64, live: &[SourceId], updates: &[Update]) -> State {
    let mut state = State::new(tiers());
    let reports = live.iter().map(|source| {
        let confirmed_at = Some(at(second));
        update(*source, Change::Report(Report { confirmed_at, ..Report::starting(10.0) }))
    });
    for one in updates.iter().cloned().chain(reports) {
        state.apply(one, at(0));
    }
    state
}

/// What is found at a second, by code, subject, severity and count, while these feeds are live.
fn found(
    code: &str,
    second: i64,
    live: &[SourceId],
    updates: &[Update],
) -> Vec<(EntityId, Severity, u64)> {
    let state = told(second, live, updates);
    let findings = judge(&Scene { state: &state, now: at(second) });
    let of_code = findings.into_iter().filter(|finding| finding.id.code == code);
    of_code.map(|finding| (finding.id.about, finding.severity, finding.count)).collect()
}

const TIER: EntityId = EntityId::Tier(TierIndex(0));

#[test]
fn a_group_at_its_maximum_is_told_while_pods_have_no_node() {
    let full = NodeGroup { desired: Some(4), ..group("ci-standard-a") };
    let feeds = [SourceId::PODS, SourceId::NODEGROUPS];
    let about = EntityId::NodeGroup(full.id);
    let all = [a_pod(pod("a")), a_pod(pod("b")), a_group(full)];
    let judge = |second, feeds: &[SourceId], updates: &[Update]| {
        found("capacity.at_max", second, feeds, updates)
    };
    assert_eq!(judge(60, &feeds, &all), [(about.clone(), Severity::Medium, 2)]);
    assert_eq!(judge(61, &feeds, &all), [(about, Severity::High, 2)]);
    let room = [a_pod(pod("a")), a_group(group("ci-standard-a"))];
    assert_eq!(judge(61, &feeds, &room), []);
    assert_eq!(judge(61, &feeds[..1], &all), [], "what is not read proves nothing");
}

#[test]
fn an_ill_group_is_told_while_its_feed_is_live() {
    let issue = NodeGroupIssue {
        code: Text::new("InstanceLimitExceeded"),
        message: Text::new("m"),
        resources: Arc::from([]),
    };
    let ill = NodeGroup { issues: Arc::from([issue]), ..group("ci-standard-a") };
    let expected = [(EntityId::NodeGroup(ill.id), Severity::High, 1)];
    let all = [a_group(ill)];
    assert_eq!(found("capacity.group_ill", 5, &[SourceId::NODEGROUPS], &all), expected);
    assert_eq!(found("capacity.group_ill", 5, &[], &all), []);
    let well = [a_group(group("ci-standard-a"))];
    assert_eq!(found("capacity.group_ill", 5, &[SourceId::NODEGROUPS], &well), []);
}

#[test]
fn nodes_that_are_not_ready_are_one_finding_a_group() {
    let silent = |name| Node { ready: None, ..node(name) };
    let young = Node { created_at: at(-200), ..silent("n3") };
    let all = [silent("n1"), silent("n2"), young, node("n4")]
        .map(|node| upsert(SourceId::NODES, Entity::Node(Arc::new(node))));
    let about = EntityId::NodeGroup(group("ci-standard-a").id);
    let judge =
        |updates: &[Update]| found("capacity.node_not_ready", 0, &[SourceId::NODES], updates);
    assert_eq!(judge(&all), [(about.clone(), Severity::Medium, 2)]);
    assert_eq!(judge(&all[..2]), [(about, Severity::High, 2)], "none of the group works");
}

#[test]
fn pods_without_a_node_are_told_beyond_the_target() {
    let all = [a_pod(pod("a"))];
    let judge = |second| found("capacity.unplaced", second, &[SourceId::PODS], &all);
    assert_eq!(judge(60), []);
    assert_eq!(judge(61), [(TIER, Severity::Medium, 1)]);
    assert_eq!(judge(301), [(TIER, Severity::High, 1)]);
    assert_eq!(found("capacity.unplaced", 301, &[], &all), []);
}

#[test]
fn a_pod_that_somebody_holds_back_by_a_gate_wants_no_node() {
    let gated = Pod { state: Text::new("SchedulingGated"), ..pod("a") };
    let young = Pod { created_at: at(240), ..pod("b") };
    let judge = |updates: &[Update]| found("capacity.unplaced", 301, &[SourceId::PODS], updates);
    assert_eq!(judge(&[a_pod(gated.clone())]), []);
    let both = [a_pod(gated), a_pod(young)];
    assert_eq!(judge(&both), [(TIER, Severity::Medium, 1)]);
}

#[test]
fn pods_that_do_not_get_on_at_their_node_are_told() {
    let stuck = Pod { stand: Stand::Stuck, node: Some(Text::new("n1")), ..pod("a") };
    let all = [a_pod(stuck), a_pod(pod("b"))];
    assert_eq!(found("capacity.stuck", 5, &[SourceId::PODS], &all), [(TIER, Severity::Medium, 1)]);
}

#[test]
fn an_exhausted_quota_is_told() {
    let quota = |exhausted: &[&str]| Quota {
        id: QuotaId(1),
        cluster: Text::new("ci"),
        namespace: Text::new("ci-standard"),
        name: Text::new("q"),
        items: Arc::from([(Text::new("pods"), Text::new("50"), Text::new("50"))]),
        exhausted: exhausted.iter().map(|what| Text::new(what)).collect(),
    };
    let judge = |exhausted| {
        let quota = Entity::Quota(Arc::new(quota(exhausted)));
        found("capacity.quota", 5, &[SourceId::QUOTAS], &[upsert(SourceId::QUOTAS, quota)])
    };
    assert_eq!(judge(&["pods"]), [(EntityId::Quota(QuotaId(1)), Severity::High, 1)]);
    assert_eq!(judge(&[]), []);
}

#[test]
fn broken_promises_are_one_finding_a_tier() {
    let powers = Powers { root: true, ..Powers::default() };
    let all = [a_pod(Pod { powers, ..pod("a") }), a_pod(pod("b"))];
    let judge = |feeds: &[SourceId], updates: &[Update]| found("promise.broken", 5, feeds, updates);
    assert_eq!(judge(&[SourceId::PODS], &all), [(TIER, Severity::Medium, 1)]);
    assert_eq!(judge(&[SourceId::PODS], &all[1..]), []);
    let both = [SourceId::PODS, SourceId::POLICIES];
    assert_eq!(judge(&both, &all[1..]), [(TIER, Severity::Medium, 1)], "its egress is open");
}

#[test]
fn a_pod_that_names_anothers_job_is_told_while_gitlab_is_read() {
    let forged = |project| Pod {
        claimed_job: Some(JobId(1)),
        project: Some(ProjectId(project)),
        ..pod("a")
    };
    let started = Job { started_at: Some(at(0).into()), ..job(1, Status::Running) };
    let started = upsert(SourceId::QUEUE, Entity::Job(Arc::new(started)));
    let judge = |feeds: &[SourceId], project| {
        found("join.contradicted", 5, feeds, &[started.clone(), a_pod(forged(project))])
    };
    let both = [SourceId::PODS, SourceId::QUEUE];
    assert_eq!(judge(&both, 2), [(TIER, Severity::High, 1)]);
    assert_eq!(judge(&both, 1), []);
    assert_eq!(judge(&both[..1], 2), []);
}

#[test]
fn a_runner_that_is_online_in_name_alone_is_told_while_its_tier_waits() {
    let heard = |id, second| Runner {
        contacted_at: Some(at(second)),
        running: Some(0),
        ..runner(id, "eks-standard")
    };
    let runners = [heard(1, 0), heard(2, 890)].map(|one| Entity::Runner(Arc::new(one)));
    let runners = update(SourceId::RUNNERS, Change::Upsert(runners.to_vec()));
    let quiet = |updates: &[Update]| {
        found("runner.quiet", 900, &[SourceId::RUNNERS, SourceId::QUEUE], updates)
    };
    let about = EntityId::Runner(RunnerId(1));
    assert_eq!(quiet(std::slice::from_ref(&runners)), [], "nobody waits for it");
    let waits = upsert(SourceId::QUEUE, Entity::Job(Arc::new(job(1, Status::Pending))));
    assert_eq!(quiet(&[runners, waits]), [(about, Severity::High, 1)]);
}
