//! The join and its sums: whatever order news come in, they are what a walk over the rows would find, and a forged
//! annotation is never believed.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::SignedDuration;
use proptest::prelude::*;
use watchfloor::domain::{
    Change, Claim, ClusterPodId, Entity, EntityId, Job, JobId, Node, NodeGroupId, NodeId, Occupant,
    Origin, Phase, PipelineId, Pod, PodId, Powers, ProjectId, Report, Resources, Scope, SourceId,
    SourceKey, Stand, Status, Text, Tier, TierIndex, TierPods, Tiers, Timestamp, Update,
};
use watchfloor::state::{GroupCounts, State};

use super::cases;
use super::fleet::now;

fn tiers() -> Tiers {
    let tier = |name: &str| Tier {
        name: Text::new(name),
        protected: true,
        runner_tags: vec![Text::new(name)],
        queue_target_seconds: 60.0,
        pods: TierPods {
            cluster: Some(Text::new("ci")),
            namespace: Some(Text::new(name)),
            ..TierPods::default()
        },
    };
    Tiers::new(vec![tier("standard"), tier("protected")])
}

fn ago(seconds: i64) -> Timestamp {
    now() - SignedDuration::from_secs(seconds)
}

const NODES: [&str; 3] = ["n1", "n2", "n3"];

fn node_id(name: &str) -> NodeId {
    NodeId::of(&["ci", name])
}

fn pod() -> impl Strategy<Value = Entity> {
    let who = (0..8_u64, prop::option::of(1..6_u64), prop::option::of(1..3_u64));
    let place = (prop::option::of(prop::sample::select(&NODES[..])), any::<bool>(), 0..3_usize);
    (who, place, 0..4000_u64, any::<bool>()).prop_map(|(who, place, cpu, privileged)| {
        let (number, job, project) = who;
        let (node, has_ended, stand) = place;
        let uid = number.to_string();
        let stands = [Stand::Unplaced, Stand::Running, Stand::Stuck];
        Entity::Pod(Arc::new(Pod {
            id: PodId::of(&["ci", &uid]),
            cluster: Text::new("ci"),
            namespace: Text::new(if number % 2 == 0 { "standard" } else { "protected" }),
            name: Text::new(&uid),
            uid: Text::new(&uid),
            tier: None,
            phase: if has_ended { Phase::Succeeded } else { Phase::Running },
            state: Text::new("s"),
            stand: stands[stand],
            reason: None,
            message: None,
            node: node.map(Text::new),
            claimed_job: job.map(JobId),
            project: project.map(ProjectId),
            runner_short: None,
            created_at: ago(i64::try_from(number).unwrap_or(0) * 40),
            scheduled_at: None,
            sandbox_at: None,
            initialized_at: None,
            ready_at: None,
            finished_at: None,
            deleted_at: None,
            bad_end: None,
            restarts: 0,
            cpu_request_millis: cpu,
            memory_request_bytes: cpu << 20,
            containers: Arc::from([]),
            service_account: None,
            aws_role: None,
            powers: Powers { privileged, ..Powers::default() },
        }))
    })
}

fn job() -> impl Strategy<Value = Entity> {
    let status = prop::sample::select(&[Status::Pending, Status::Running, Status::Success][..]);
    let tag = prop::sample::select(&["standard", "protected", "none"][..]);
    (1..6_u64, status, tag, 0..400_i64, 0..400_i64).prop_map(|(id, status, tag, start, end)| {
        let has_begun = status != Status::Pending;
        let has_ended = status == Status::Success;
        Entity::Job(Arc::new(Job {
            id: JobId(id),
            name: Text::new("unit"),
            stage: Text::new("test"),
            project: ProjectId(id % 2 + 1),
            pipeline: PipelineId(id),
            reference: Text::new("main"),
            status,
            tags: Arc::from([Text::new(tag)]),
            tier: None,
            allow_failure: false,
            retried: false,
            stuck: None,
            created_at: ago(500),
            queued_at: None,
            started_at: has_begun.then(|| ago(start).into()),
            finished_at: has_ended.then(|| ago(end).into()),
            failure_reason: None,
            runner: None,
        }))
    })
}

fn node() -> impl Strategy<Value = Entity> {
    let name = prop::sample::select(&NODES[..]);
    (name, prop::option::of(any::<bool>()), prop::option::of(0..2_u64)).prop_map(
        |(name, ready, group)| {
            Entity::Node(Arc::new(Node {
                id: node_id(name),
                cluster: Text::new("ci"),
                name: Text::new(name),
                ready,
                not_ready_reason: None,
                cordoned: false,
                pressures: Arc::from([]),
                taints: Arc::from([]),
                group: group.map(NodeGroupId),
                group_name: None,
                instance_type: None,
                zone: None,
                capacity_type: None,
                allocatable: Resources::default(),
                version: None,
                created_at: ago(9000),
            }))
        },
    )
}

fn occupant() -> impl Strategy<Value = Entity> {
    (0..4_u64, prop::sample::select(&NODES[..]), 0..1000_u64).prop_map(|(id, node, cpu)| {
        Entity::Occupant(Arc::new(Occupant {
            id: ClusterPodId(id),
            node: node_id(node),
            cpu_request_millis: cpu,
            memory_request_bytes: cpu,
        }))
    })
}

fn entity() -> impl Strategy<Value = Entity> {
    prop_oneof![6 => pod(), 4 => job(), 2 => node(), 1 => occupant()]
}

fn source_of(id: &EntityId) -> SourceId {
    match id {
        EntityId::Pod(_) => SourceId::PODS,
        EntityId::Node(_) => SourceId::NODES,
        EntityId::Occupant(_) => SourceId::OCCUPANTS,
        _ => SourceId::QUEUE,
    }
}

fn update(source: SourceId, at: Timestamp, change: Change) -> Update {
    let scope = match source {
        SourceId::QUEUE => Scope::gitlab("acme"),
        _ => Scope::kubernetes("ci", None, source.0),
    };
    Update { key: SourceKey { source, scope }, at, origin: Origin::Live, change }
}

/// News that come and change, each at its own instant.
fn arrivals() -> impl Strategy<Value = Vec<Update>> {
    prop::collection::vec(entity(), 0..24).prop_map(|all| {
        let dated = |(place, one): (usize, Entity)| {
            let at = ago(600 - i64::try_from(place).unwrap_or(0) * 20);
            update(source_of(&one.id()), at, Change::Upsert(vec![one]))
        };
        all.into_iter().enumerate().map(dated).collect()
    })
}

/// Anything that may happen: what comes, changes, goes, is told again or replaced.
fn happenings() -> impl Strategy<Value = Vec<Update>> {
    let one = prop_oneof![
        8 => entity().prop_map(|one| (source_of(&one.id()), Change::Upsert(vec![one]))),
        2 => entity().prop_map(|one| (source_of(&one.id()), Change::Remove(vec![one.id()]))),
        1 => prop::collection::vec(pod(), 0..4)
            .prop_map(|pods| (SourceId::PODS, Change::Replace(each_once(pods)))),
        1 => (1..3_u64)
            .prop_map(|id| (SourceId::QUEUE, Change::Confirm(vec![ProjectId(id)]))),
        1 => Just((SourceId::PODS, Change::Report(Report {
            confirmed_at: Some(now()),
            ..Report::starting(10.0)
        }))),
    ];
    let dated =
        (one, 0..600_i64).prop_map(|((source, change), at)| update(source, ago(at), change));
    prop::collection::vec(dated, 0..24)
}

/// The last of each address.
fn each_once(all: Vec<Entity>) -> Vec<Entity> {
    let by_id: BTreeMap<EntityId, Entity> = all.into_iter().map(|one| (one.id(), one)).collect();
    by_id.into_values().collect()
}

fn state(news: &[Update]) -> State {
    let mut state = State::new(tiers());
    for one in news {
        state.apply(one.clone(), now());
    }
    state
}

/// What the indexes answer, in words.
fn answers(state: &State) -> Vec<String> {
    let mut all = Vec::new();
    for job in (1..6).map(JobId) {
        let pods: Vec<PodId> = state.pods_of_job(job).collect();
        all.push(format!("{job:?} {pods:?} {:?}", state.pod_of_job(job)));
    }
    for node in NODES.map(node_id) {
        let pods: Vec<PodId> = state.pods_of_node(node).collect();
        all.push(format!("{node:?} {pods:?} {:?}", state.requested(node).resources));
    }
    for group in (0..2).map(NodeGroupId) {
        let nodes: Vec<NodeId> = state.nodes_of_group(group).collect();
        all.push(format!("{group:?} {nodes:?} {:?}", state.group_counts(group)));
    }
    for tier in [Some(TierIndex(0)), Some(TierIndex(1)), None] {
        let capacity = state.capacity(tier).expect("a place for every tier");
        let stands = Stand::ALL.map(|stand| capacity.count(stand));
        let contradicted: Vec<PodId> = state.contradicted(tier).collect();
        all.push(format!("{tier:?} {stands:?} {:?}", capacity.oldest_unplaced()));
        all.push(format!("{:?} {contradicted:?}", capacity.unplaced()));
    }
    for tier in [TierIndex(0), TierIndex(1)] {
        let broken: Vec<_> = state.broken(tier).collect();
        all.push(format!("{tier:?} {broken:?} {}", state.broken_len(tier)));
    }
    let silent: Vec<NodeId> = state.not_ready_nodes().collect();
    all.push(format!("{silent:?}"));
    all
}

/// The same, found by walking over every row.
fn found(state: &State) -> Vec<String> {
    let pods: Vec<&Pod> = state.pods().iter().map(|(_, row)| &*row.value).collect();
    let mut all = of_jobs(state, &pods);
    all.extend(of_nodes(state, &pods));
    all.extend(of_groups(state));
    all.extend(of_tiers(state, &pods));
    all.extend(promises(state, &pods));
    let nodes = state.nodes().iter().filter(|(_, row)| row.value.ready != Some(true));
    let silent: Vec<NodeId> = nodes.map(|(id, _)| id).collect();
    all.push(format!("{silent:?}"));
    all
}

/// A pod's claim, judged anew.
fn claim(state: &State, pod: &Pod) -> Claim {
    let row = pod.claimed_job.and_then(|job| state.jobs().row(job));
    Claim::judge(pod, row.map(|row| (&*row.value, state.job_seen_at(row))))
}

fn of_jobs(state: &State, pods: &[&Pod]) -> Vec<String> {
    let mut all = Vec::new();
    for job in (1..6).map(JobId) {
        let mut of_job: Vec<&&Pod> =
            pods.iter().filter(|pod| pod.claimed_job == Some(job)).collect();
        of_job.sort_by_key(|pod| (std::cmp::Reverse(pod.created_at), pod.id));
        let ids: Vec<PodId> = of_job.iter().map(|pod| pod.id).collect();
        let doubt = |pod: &Pod| match claim(state, pod) {
            Claim::Verified => 0,
            Claim::Unknown => 1,
            Claim::Contradicted(_) | Claim::None => 2,
        };
        let best = of_job.iter().min_by_key(|pod| doubt(pod)).map(|pod| pod.id);
        all.push(format!("{job:?} {ids:?} {best:?}"));
    }
    all
}

fn of_nodes(state: &State, pods: &[&Pod]) -> Vec<String> {
    let mut all = Vec::new();
    for name in NODES {
        let on: Vec<&&Pod> = pods.iter().filter(|pod| pod.node.as_deref() == Some(name)).collect();
        let ids: Vec<PodId> = on.iter().map(|pod| pod.id).collect();
        let of_tiers = on
            .iter()
            .filter(|pod| !pod.phase.has_ended())
            .map(|pod| (pod.cpu_request_millis, pod.memory_request_bytes));
        let occupants = state.occupants().iter().map(|(_, row)| &row.value);
        let others = occupants
            .filter(|one| one.node == node_id(name))
            .map(|one| (one.cpu_request_millis, one.memory_request_bytes));
        let sum =
            of_tiers.chain(others).fold(Resources::default(), |sum, (cpu, memory)| Resources {
                cpu_millis: sum.cpu_millis + cpu,
                memory_bytes: sum.memory_bytes + memory,
                pods: sum.pods + 1,
            });
        all.push(format!("{:?} {ids:?} {sum:?}", node_id(name)));
    }
    all
}

fn of_groups(state: &State) -> Vec<String> {
    let mut all = Vec::new();
    for group in (0..2).map(NodeGroupId) {
        let nodes = state.nodes().iter().filter(|(_, row)| row.value.group == Some(group));
        let (ids, ready): (Vec<NodeId>, Vec<bool>) =
            nodes.map(|(id, row)| (id, row.value.ready == Some(true))).unzip();
        let ready = ready.into_iter().filter(|ready| *ready).count() as u64;
        let counts = GroupCounts { nodes: ids.len() as u64, ready };
        all.push(format!("{group:?} {ids:?} {counts:?}"));
    }
    all
}

fn of_tiers(state: &State, pods: &[&Pod]) -> Vec<String> {
    let mut all = Vec::new();
    for tier in [Some(TierIndex(0)), Some(TierIndex(1)), None] {
        let mine: Vec<&&Pod> = pods.iter().filter(|pod| pod.tier == tier).collect();
        let stands =
            Stand::ALL.map(|stand| mine.iter().filter(|pod| pod.stand == stand).count() as u64);
        let waits = |pod: &Pod| match pod.stand {
            Stand::Unplaced => true,
            Stand::Stuck => pod.node.is_none(),
            _ => false,
        };
        let unplaced: Vec<(Timestamp, PodId)> =
            mine.iter().filter(|pod| waits(pod)).map(|pod| (pod.created_at, pod.id)).collect();
        let oldest = unplaced.iter().min().copied();
        let contradicted =
            mine.iter().filter(|pod| matches!(claim(state, pod), Claim::Contradicted(_)));
        let contradicted: Vec<PodId> = contradicted.map(|pod| pod.id).collect();
        all.push(format!("{tier:?} {stands:?} {oldest:?}"));
        all.push(format!("{:?} {contradicted:?}", unplaced.len()));
    }
    all
}

fn promises(state: &State, pods: &[&Pod]) -> Vec<String> {
    let mut all = Vec::new();
    for tier in [TierIndex(0), TierIndex(1)] {
        let mine = || pods.iter().filter(|pod| pod.tier == Some(tier));
        let mut counts = BTreeMap::new();
        for breach in mine().flat_map(|pod| state.breaches(pod.id)) {
            *counts.entry(breach).or_insert(0_u64) += 1;
        }
        let broken: Vec<_> = counts.into_iter().collect();
        let any = mine().filter(|pod| !state.breaches(pod.id).is_empty()).count();
        all.push(format!("{tier:?} {broken:?} {any}"));
    }
    all
}

proptest! {
    #![proptest_config(cases(400))]

    #[test]
    fn any_order_of_news_gives_the_same_join(
        (news, shuffled) in arrivals().prop_flat_map(|news| (Just(news.clone()), Just(news).prop_shuffle()))
    ) {
        prop_assert_eq!(answers(&state(&news)), answers(&state(&shuffled)));
    }

    #[test]
    fn what_is_kept_on_change_is_what_a_walk_over_the_rows_finds(news in happenings()) {
        let state = state(&news);
        prop_assert_eq!(answers(&state), found(&state));
    }

    #[test]
    fn news_of_the_capacity_told_again_change_nothing(news in happenings()) {
        let mut state = state(&news);
        if let Some(last) = news.last() {
            let once = answers(&state);
            let changes = state.apply(last.clone(), now());
            prop_assert!(changes.is_empty(), "called a change: {:?}", changes);
            prop_assert_eq!(answers(&state), once);
        }
    }

    #[test]
    fn a_forged_annotation_is_never_believed(news in happenings()) {
        let state = state(&news);
        for (id, row) in state.pods().iter() {
            let Some((job, Claim::Verified)) = state.job_of_pod(id) else { continue };
            let job = state.jobs().get(job).expect("a verified job is known");
            prop_assert_eq!(row.value.project, Some(job.project));
            let started_at = job.started_at.expect("a verified job has started");
            prop_assert!(row.value.created_at >= Timestamp::from(started_at) - SignedDuration::from_secs(60));
            prop_assert!(job.status != Status::Pending);
        }
    }
}
