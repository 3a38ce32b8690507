//! The capacity under the queue: the join, sums, latencies, promises, and how old a row is.

use super::*;
use crate::domain::node::fixture::{group, node};
use crate::domain::pod::fixture::pod;
use crate::domain::{NodeGroupKind, Phase, Powers, Resources, Stand};

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
            ..TierPods::default()
        },
    }
}

const STANDARD: TierIndex = TierIndex(0);

fn key_of(source: SourceId) -> SourceKey {
    let namespace = match source {
        SourceId::NODES | SourceId::OCCUPANTS => None,
        _ => Some("ci-standard"),
    };
    let scope = match source {
        SourceId::NODEGROUPS => Scope::eks("ci"),
        _ => Scope::kubernetes("ci", namespace, source.0),
    };
    SourceKey { source, scope }
}

fn news(source: SourceId, seconds: i64, change: Change) -> Update {
    Update { key: key_of(source), at: at(seconds), origin: Origin::Live, change }
}

fn pods(seconds: i64, pods: impl IntoIterator<Item = Pod>) -> Update {
    let pods = pods.into_iter().map(|pod| Entity::Pod(Arc::new(pod)));
    news(SourceId::PODS, seconds, Change::Upsert(pods.collect()))
}

fn nodes(nodes: impl IntoIterator<Item = Node>) -> Update {
    let nodes = nodes.into_iter().map(|node| Entity::Node(Arc::new(node)));
    news(SourceId::NODES, 0, Change::Upsert(nodes.collect()))
}

fn groups(groups: impl IntoIterator<Item = NodeGroup>) -> Update {
    let groups = groups.into_iter().map(|group| Entity::NodeGroup(Arc::new(group)));
    news(SourceId::NODEGROUPS, 0, Change::Upsert(groups.collect()))
}

fn read(source: SourceId, seconds: i64) -> Update {
    let report = Report { confirmed_at: Some(at(seconds)), ..Report::starting(10.0) };
    news(source, seconds, Change::Report(report))
}

fn state(updates: impl IntoIterator<Item = Update>) -> State {
    let mut state = State::new(Tiers::new(vec![tier("standard"), tier("protected")]));
    for update in updates {
        state.apply(update, at(0));
    }
    state
}

/// A pod that says it runs job 1 of project 1, made at this second.
fn claiming(uid: &str, second: i64) -> Pod {
    Pod {
        claimed_job: Some(JobId(1)),
        project: Some(ProjectId(1)),
        created_at: at(second),
        ..pod(uid)
    }
}

fn started(second: i64) -> Job {
    Job { started_at: Some(at(second).into()), ..job(1, Status::Running) }
}

fn on(node: &str, pod: Pod) -> Pod {
    Pod { node: Some(Text::new(node)), stand: Stand::Running, phase: Phase::Running, ..pod }
}

fn event(pod: &Pod, reason: &str, second: i64) -> Update {
    let event = PodEvent {
        id: EventId::of(&["ci", &pod.uid, reason, "kubelet"]),
        pod: pod.id,
        kind: Text::new("Normal"),
        reason: Text::new(reason),
        message: Text::new("m"),
        component: Text::new("kubelet"),
        first_at: at(second),
        last_at: at(second),
        count: 1,
    };
    news(SourceId::EVENTS, second, Change::Upsert(vec![Entity::Event(Arc::new(event))]))
}

fn reasons(state: &State, pod: &Pod) -> Vec<String> {
    let events = state.events_of(pod.id).filter_map(|id| state.events().get(id));
    events.map(|event| event.reason.to_string()).collect()
}

#[test]
fn a_pod_is_counted_in_the_tier_of_its_namespace_as_it_stands() {
    let elsewhere = Pod { namespace: Text::new("other"), ..pod("b") };
    let state = state([pods(0, [pod("a"), elsewhere])]);
    let capacity = state.capacity(Some(STANDARD)).unwrap();
    assert_eq!((capacity.count(Stand::Unplaced), capacity.pods()), (1, 1));
    assert_eq!(capacity.oldest_unplaced(), Some((at(0), pod("a").id)));
    assert_eq!(state.capacity(None).unwrap().pods(), 1);
}

#[test]
fn a_pod_that_gets_on_is_counted_once() {
    let state = state([pods(0, [pod("a")]), pods(1, [on("n1", pod("a"))])]);
    let capacity = state.capacity(Some(STANDARD)).unwrap();
    assert_eq!((capacity.count(Stand::Running), capacity.unplaced()), (1, 0));
}

#[test]
fn a_pod_without_a_node_is_unplaced_though_waiting_will_not_help() {
    let hopeless = Pod { stand: Stand::Stuck, ..pod("a") };
    let crashing = Pod { stand: Stand::Stuck, ..on("n1", pod("b")) };
    let crashing = Pod { stand: Stand::Stuck, ..crashing };
    let state = state([pods(0, [hopeless, crashing])]);
    let capacity = state.capacity(Some(STANDARD)).unwrap();
    assert_eq!((capacity.unplaced(), capacity.stuck_len()), (1, 1));
}

#[test]
fn what_is_remembered_of_a_tier_that_is_no_longer_configured_does_not_come_back() {
    let elsewhere = Pod { namespace: Text::new("other"), ..pod("b") };
    let remembered = Update { origin: Origin::Cache, ..pods(0, [pod("a"), elsewhere]) };
    let state = state([remembered]);
    assert_eq!(state.pods().iter().map(|(id, _)| id).collect::<Vec<_>>(), [pod("a").id]);
}

#[test]
fn a_claim_is_verified_once_its_job_is_known_and_the_pod_is_told_so() {
    let mut state = state([pods(1, [claiming("a", 1)])]);
    let id = pod("a").id;
    assert_eq!(state.job_of_pod(id), Some((JobId(1), Claim::Unknown)));
    let changes = state.apply(live(2, jobs([started(0)])), at(2));
    assert!(changes.pods.contains(&id));
    assert_eq!(state.job_of_pod(id), Some((JobId(1), Claim::Verified)));
    assert_eq!(state.pod_of_job(JobId(1)), Some(id));
}

#[test]
fn a_forged_annotation_is_never_believed_however_new_the_pod() {
    let forged = Pod { project: Some(ProjectId(2)), ..claiming("b", 9) };
    let state = state([live(2, jobs([started(0)])), pods(9, [claiming("a", 1), forged.clone()])]);
    assert_eq!(
        state.pods_of_job(JobId(1)).collect::<Vec<_>>(),
        [forged.id, pod("a").id],
        "both are shown as claims"
    );
    assert_eq!(state.pod_of_job(JobId(1)), Some(pod("a").id));
    assert_eq!(state.contradicted(Some(STANDARD)).collect::<Vec<_>>(), [forged.id]);
}

#[test]
fn a_pod_of_a_waiting_job_is_contradicted_when_gitlab_says_again_that_it_waits() {
    let mut state = state([live(0, jobs([job(1, Status::Pending)])), pods(5, [claiming("a", 5)])]);
    assert_eq!(state.contradicted(Some(STANDARD)).count(), 0);
    let changes = state.apply(live(66, Change::Confirm(vec![ProjectId(1)])), at(66));
    assert!(changes.pods.contains(&pod("a").id));
    assert_eq!(state.contradicted(Some(STANDARD)).count(), 1);
    state.apply(live(67, jobs([started(4)])), at(67));
    assert_eq!(state.contradicted(Some(STANDARD)).count(), 0);
}

#[test]
fn the_pods_on_a_node_are_summed_until_they_end() {
    let ended = Pod { phase: Phase::Succeeded, ..on("n1", pod("a")) };
    let mut state = state([nodes([node("n1")]), pods(0, [on("n1", pod("a")), on("n1", pod("b"))])]);
    let id = node("n1").id;
    let two = Resources { cpu_millis: 2000, memory_bytes: 2 << 30, pods: 2 };
    assert_eq!(state.requested(id), Requested { resources: two, whole: false });
    let changes = state.apply(pods(1, [ended]), at(1));
    assert!(changes.nodes.contains(&id));
    assert_eq!(state.requested(id).resources.pods, 1);
    assert_eq!(state.pods_of_node(id).count(), 2);
}

#[test]
fn a_nodes_sum_is_whole_when_every_pod_of_its_cluster_was_read() {
    let occupant = Occupant {
        id: ClusterPodId(1),
        node: node("n1").id,
        cpu_request_millis: 100,
        memory_request_bytes: 0,
    };
    let occupant = Change::Upsert(vec![Entity::Occupant(Arc::new(occupant))]);
    let other = Update {
        key: SourceKey {
            source: SourceId::PODS,
            scope: Scope::kubernetes("ci", Some("ci-protected"), "pods"),
        },
        ..read(SourceId::PODS, 0)
    };
    let mut state = state([
        nodes([node("n1")]),
        news(SourceId::OCCUPANTS, 0, occupant),
        read(SourceId::OCCUPANTS, 0),
        read(SourceId::PODS, 0),
    ]);
    let id = node("n1").id;
    assert_eq!(
        (state.requested(id).resources.cpu_millis, state.requested(id).whole),
        (100, false),
        "the other tier's pods were not read"
    );
    let changes = state.apply(other, at(0));
    assert!(changes.nodes.contains(&id) && state.requested(id).whole);
}

#[test]
fn a_group_counts_its_nodes_and_which_of_them_are_ready() {
    let silent = Node { ready: None, ..node("n2") };
    let mut state = state([nodes([node("n1"), silent.clone()])]);
    let id = group("ci-standard-a").id;
    assert_eq!(state.group_counts(id), GroupCounts { nodes: 2, ready: 1 });
    assert_eq!(state.not_ready_nodes().collect::<Vec<_>>(), [silent.id]);
    let gone = Change::Remove(vec![EntityId::Node(silent.id)]);
    let changes = state.apply(news(SourceId::NODES, 1, gone), at(1));
    assert!(changes.nodegroups.contains(&id));
    assert_eq!(state.group_counts(id), GroupCounts { nodes: 1, ready: 1 });
    assert_eq!(state.not_ready_nodes().count(), 0);
}

#[test]
fn what_was_said_of_a_pod_comes_newest_first_and_goes_with_it() {
    let pod = pod("a");
    let mut state =
        state([event(&pod, "Scheduled", 1), pods(2, [pod.clone()]), event(&pod, "Pulled", 3)]);
    assert_eq!(reasons(&state, &pod), ["Pulled", "Scheduled"]);
    state.prune(at(9999));
    assert_eq!(state.events().len(), 2, "it came before its pod and is its own now");
    let gone = Change::Remove(vec![EntityId::Pod(pod.id)]);
    state.apply(news(SourceId::PODS, 4, gone), at(4));
    assert_eq!(state.events().len(), 0);
}

#[test]
fn the_newest_things_said_of_a_pod_are_kept() {
    let pod = pod("a");
    let many = (0..40).map(|second| event(&pod, &format!("r{second}"), second));
    let state = state([pods(0, [pod.clone()])].into_iter().chain(many));
    let kept = reasons(&state, &pod);
    assert_eq!((kept.len(), &*kept[0], state.events().len()), (32, "r39", 32));
}

#[test]
fn what_was_said_of_a_pod_that_never_came_goes_once_all_pods_were_read() {
    let mut state = state([event(&pod("a"), "Killing", 0)]);
    state.prune(at(121));
    assert_eq!(state.events().len(), 0);
    state.apply(news(SourceId::PODS, 121, Change::Report(Report::starting(10.0))), at(121));
    state.apply(event(&pod("a"), "Killing", 0), at(121));
    state.prune(at(121));
    assert_eq!(state.events().len(), 1, "its pod may still come");
}

#[test]
fn a_pods_latency_outlives_it_until_it_leaves_the_hour() {
    let placed =
        Pod { scheduled_at: Some(at(12).into()), sandbox_at: Some(at(15).into()), ..pod("a") };
    let mut state = state([pods(20, [placed])]);
    let gone = Change::Remove(vec![EntityId::Pod(pod("a").id)]);
    state.apply(news(SourceId::PODS, 30, gone), at(30));
    let seen = |state: &State, segment| state.capacity(Some(STANDARD)).unwrap().latency(segment);
    assert_eq!(seen(&state, Segment::Schedule).p50, Some(12.0));
    assert!(state.prune(at(3613)).capacity);
    assert_eq!(seen(&state, Segment::Schedule).n, 0);
    assert_eq!(
        (seen(&state, Segment::Sandbox).n, seen(&state, Segment::Sandbox).p99),
        (1, Some(3.0))
    );
    state.prune(at(3616));
    assert_eq!(seen(&state, Segment::Sandbox).n, 0);
}

#[test]
fn the_first_look_at_a_latency_counts() {
    let ready = |second| Pod {
        initialized_at: Some(at(10).into()),
        ready_at: Some(at(second).into()),
        ..on("n1", pod("a"))
    };
    let state = state([pods(20, [ready(14)]), pods(99, [ready(90)])]);
    let start = state.capacity(Some(STANDARD)).unwrap().latency(Segment::Start);
    assert_eq!((start.n, start.p50), (1, Some(4.0)));
}

#[test]
fn the_hours_chart_has_the_longest_scheduling_latency_of_each_span() {
    let placed = |uid: &str, created, second| Pod {
        created_at: at(created),
        scheduled_at: Some(at(second).into()),
        ..pod(uid)
    };
    let state = state([pods(0, [placed("a", 0, 5), placed("b", 0, 9), placed("c", 500, 503)])]);
    let chart = state.capacity(Some(STANDARD)).unwrap().longest_by_span(at(599));
    assert_eq!(
        (chart.len(), chart.into_iter().flatten().collect::<Vec<_>>()),
        (30, vec![9.0, 3.0])
    );
}

#[test]
fn the_tightest_ceiling_is_the_one_of_which_most_is_used() {
    let runner = Runner {
        id: RunnerId(1),
        description: Text::new("r"),
        kind: Text::new("group_type"),
        status: Text::new("online"),
        paused: false,
        locked: false,
        protected: false,
        run_untagged: false,
        tags: Arc::from([Text::new("eks-standard")]),
        tier: None,
        contacted_at: None,
        version: None,
        running: Some(3),
        limit: Some(10),
        managers: Arc::from([]),
        managers_complete: true,
    };
    let untold = Runner { id: RunnerId(2), limit: None, ..runner.clone() };
    let runners = |all: &[&Runner]| {
        let all = all.iter().map(|one| Entity::Runner(Arc::new((*one).clone())));
        live(0, Change::Upsert(all.collect()))
    };
    let mut state = state([runners(&[&runner]), groups([group("ci-standard-a")])]);
    let [limit, concurrent, nodes] = state.ceilings(STANDARD);
    assert_eq!((limit.used, limit.limit, limit.ratio), (Some(3), Some(10), Some(0.3)));
    assert_eq!((concurrent.used, concurrent.limit), (None, None));
    assert_eq!((nodes.used, nodes.limit, nodes.ratio), (Some(2), Some(4), Some(0.5)));
    assert_eq!(state.tightest_ceiling(STANDARD), Some(nodes));
    state.apply(runners(&[&untold]), at(0));
    assert_eq!(state.ceilings(STANDARD)[0].limit, None, "one of two limits is no limit");
    assert_eq!(state.tightest_ceiling(TierIndex(1)), None);
}

#[test]
fn whether_egress_is_denied_is_unknown_until_policies_were_read() {
    let policy = |denies_egress| NetworkPolicy {
        id: PolicyId(1),
        cluster: Text::new("ci"),
        namespace: Text::new("ci-standard"),
        name: Text::new("default-deny"),
        denies_egress,
    };
    let upsert = |policy| {
        news(SourceId::POLICIES, 0, Change::Upsert(vec![Entity::Policy(Arc::new(policy))]))
    };
    let mut state = state([upsert(policy(true))]);
    assert_eq!(state.denies_egress(STANDARD), None);
    state.apply(read(SourceId::POLICIES, 0), at(0));
    assert_eq!(state.denies_egress(STANDARD), Some(true));
    state.apply(upsert(policy(false)), at(0));
    assert_eq!(state.denies_egress(STANDARD), Some(false));
    assert_eq!(state.denies_egress(TierIndex(1)), None);
}

#[test]
fn a_job_that_runs_in_another_tiers_namespace_breaks_a_promise() {
    let elsewhere = Job { tags: Arc::from([Text::new("eks-protected")]), ..started(0) };
    let mut state = state([live(2, jobs([elsewhere])), pods(3, [claiming("a", 1)])]);
    let id = pod("a").id;
    assert_eq!(state.breaches(id), [Breach::WrongTier]);
    assert_eq!(state.broken(STANDARD).collect::<Vec<_>>(), [(Breach::WrongTier, 1)]);
    state.apply(pods(4, [Pod { project: Some(ProjectId(2)), ..claiming("a", 1) }]), at(4));
    assert_eq!(state.breaches(id), [], "a forged claim says nothing of a tier");
    assert_eq!(state.broken(STANDARD).count(), 0);
}

#[test]
fn pods_that_break_promises_are_counted_once_though_they_break_two() {
    let powers = Powers { privileged: true, root: true, ..Powers::default() };
    let mut state = state([pods(0, [Pod { powers, ..pod("a") }, pod("b")])]);
    let broken: Vec<_> = state.broken(STANDARD).collect();
    assert_eq!(broken, [(Breach::Privileged, 1), (Breach::Root, 1)]);
    assert_eq!(state.broken_len(STANDARD), 1);
    let gone = Change::Remove(vec![EntityId::Pod(pod("a").id)]);
    state.apply(news(SourceId::PODS, 1, gone), at(1));
    assert_eq!((state.broken(STANDARD).count(), state.broken_len(STANDARD)), (0, 0));
}

#[test]
fn a_quiet_watch_that_is_live_confirms_its_rows() {
    let mut state = state([pods(0, [pod("a")]), read(SourceId::PODS, 900)]);
    let row = state.pods().row(pod("a").id).unwrap().clone();
    assert_eq!(state.row_seen_at(&row), at(900));
    assert!(!state.is_stale(&row, row.seen_at(), at(930)));
    assert!(state.is_stale(&row, row.seen_at(), at(931)), "its feed is stale");
    let refused = Failure {
        kind: FailureKind::Forbidden,
        message: Text::new("m"),
        hint: Text::new("h"),
        at: at(901),
        retry_at: None,
    };
    let report = Report { failure: Some(refused), ..Report::starting(10.0) };
    state.apply(news(SourceId::PODS, 901, Change::Report(report)), at(901));
    assert!(state.is_stale(&row, row.seen_at(), at(902)), "its feed is forbidden");
}

#[test]
fn nothing_is_live_after_a_restart_until_this_run_confirmed_it() {
    let confirmed = Report { confirmed_at: Some(at(0)), ..Report::starting(60.0) };
    let mut state = state_with([
        cached(0, jobs([job(1, Status::Pending)])),
        cached(0, Change::Report(confirmed.clone())),
    ]);
    let row = state.jobs().row(JobId(1)).unwrap().clone();
    let judged = |state: &State| {
        let report = state.report(&key()).unwrap();
        (report.health(at(2)), report.age_seconds(at(2)), state.is_job_stale(&row, at(2)))
    };
    assert_eq!(judged(&state), (Health::Stale, Some(2), true));
    state.apply(live(1, Change::Report(Report::starting(60.0))), at(1));
    assert_eq!(judged(&state), (Health::Stale, Some(2), true), "it is only being asked");
    let failure = Failure {
        kind: FailureKind::Connect,
        message: Text::new("m"),
        hint: Text::new("h"),
        at: at(1),
        retry_at: None,
    };
    let report = Report { failure: Some(failure), ..Report::starting(60.0) };
    state.apply(live(1, Change::Report(report)), at(1));
    assert_eq!(judged(&state), (Health::Down, Some(2), true));
    state.apply(live(2, Change::Report(Report { confirmed_at: Some(at(2)), ..confirmed })), at(2));
    assert_eq!(judged(&state), (Health::Live, Some(0), false));
}

#[test]
fn what_an_earlier_run_confirmed_never_replaces_what_this_one_did() {
    let report = |second| Report { confirmed_at: Some(at(second)), ..Report::starting(5.0) };
    let state =
        state_with([live(10, Change::Report(report(10))), cached(5, Change::Report(report(20)))]);
    let kept = state.report(&key()).unwrap();
    assert_eq!((kept.confirmed_at, kept.origin), (Some(at(10)), Origin::Live));
}

#[test]
fn a_pool_of_karpenter_is_a_ceiling_by_the_share_of_its_limits() {
    let limit = |resource: &str, used: Option<&str>, limit: &str| {
        (Text::new(resource), used.map(Text::new), Text::new(limit))
    };
    let pool = |name: &str, limits: &[(Text, Option<Text>, Text)]| NodeGroup {
        max: None,
        desired: None,
        kind: NodeGroupKind::Karpenter,
        limits: limits.iter().cloned().collect(),
        ..group(name)
    };
    let full = pool(
        "ci-standard-a",
        &[limit("cpu", Some("40"), "40"), limit("memory", Some("10Gi"), "1Ti")],
    );
    let ceiling = |groups_of: Vec<NodeGroup>| {
        let all = groups_of.into_iter().map(|one| Entity::NodeGroup(Arc::new(one))).collect();
        let state = state([news(SourceId::NODEGROUPS, 0, Change::Upsert(all))]);
        let [.., nodes] = state.ceilings(STANDARD);
        (nodes.limit, nodes.ratio)
    };
    assert!(full.is_at_maximum());
    assert_eq!(ceiling(vec![full.clone()]), (None, Some(1.0)));
    // While one of two pools has room the tier has.
    let half = pool("ci-standard-b", &[limit("cpu", Some("20500m"), "41")]);
    assert!(!half.is_at_maximum());
    assert_eq!(ceiling(vec![full.clone(), half]), (None, Some(0.5)));
    // What a pool does not tell is unknown.
    let silent = pool("ci-standard-b", &[limit("cpu", None, "40")]);
    assert_eq!(ceiling(vec![full, silent]), (None, None));
}
