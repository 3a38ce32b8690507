//! Ten thousand pods on six hundred nodes, as news that feeds could have brought.

use std::sync::Arc;

use jiff::SignedDuration;
use watchfloor::domain::{
    Change, Container, Entity, JobId, Node, NodeGroupId, NodeId, Origin, Phase, Pod, PodId, Powers,
    ProjectId, Report, Resources, Scope, SourceId, SourceKey, Stand, Text, Tier, TierPods, Tiers,
    Timestamp, Update,
};

use super::queue::{mixed, place};

/// How many pods there are.
pub(crate) const PODS: u64 = 10_000;
/// How many nodes they are on.
pub(crate) const NODES: u64 = 600;
const TIERS: [&str; 3] = ["sandbox", "standard", "protected"];

/// The tiers with their namespaces.
pub(crate) fn tiers() -> Tiers {
    let tier = |name: &str| Tier {
        name: name.into(),
        protected: name == "protected",
        runner_tags: vec![Text::new(&format!("eks-{name}"))],
        queue_target_seconds: 60.0,
        pods: TierPods {
            cluster: Some(Text::new("ci")),
            namespace: Some(Text::new(&format!("ci-{name}"))),
            nodegroups: vec![Text::new(&format!("ci-{name}*"))],
            ..TierPods::default()
        },
    };
    Tiers::new(TIERS.iter().map(|name| tier(name)).collect())
}

/// All of it: nodes, then pods, and feeds that are doing well.
pub(crate) fn updates(now: Timestamp) -> Vec<Update> {
    let nodes = (0..NODES).map(|n| Entity::Node(Arc::new(node(n, now)))).collect();
    let pods = (0..PODS).map(|n| Entity::Pod(Arc::new(pod(n, 0, now)))).collect();
    let report = Report { confirmed_at: Some(now), ..Report::starting(30.0) };
    vec![
        update(SourceId::NODES, now, Change::Replace(nodes)),
        update(SourceId::NODES, now, Change::Report(report.clone())),
        update(SourceId::PODS, now, Change::Replace(pods)),
        update(SourceId::PODS, now, Change::Report(report)),
    ]
}

/// News of `count` pods that changed; another `turn` is other pods and other changes.
pub(crate) fn news(count: u64, turn: u64, now: Timestamp) -> Update {
    let ids = (0..count).map(|n| (n * 997 + turn * 7919) % PODS);
    let pods = ids.map(|n| Entity::Pod(Arc::new(pod(n, turn + 1, now)))).collect();
    update(SourceId::PODS, now, Change::Upsert(pods))
}

fn update(source: SourceId, at: Timestamp, change: Change) -> Update {
    let kind = if source == SourceId::NODES { "nodes" } else { "pods" };
    let key = SourceKey { source, scope: Scope::kubernetes("ci", None, kind) };
    Update { key, at, origin: Origin::Live, change }
}

fn before(now: Timestamp, seconds: u64) -> Timestamp {
    now.checked_sub(SignedDuration::from_secs(seconds.cast_signed())).unwrap_or(now)
}

fn tier_of(n: u64) -> &'static str {
    TIERS.get(place(n, TIERS.len())).copied().unwrap_or("standard")
}

fn node_name(n: u64) -> String {
    format!("ip-10-64-{}-{}.eu-west-1.compute.internal", n / 200, n % 200)
}

fn node(n: u64, now: Timestamp) -> Node {
    let (name, group) = (node_name(n), format!("ci-{}-a", tier_of(n)));
    Node {
        id: NodeId::of(&["ci", &name]),
        cluster: Text::new("ci"),
        name: Text::new(&name),
        ready: Some(true),
        not_ready_reason: None,
        cordoned: false,
        pressures: Arc::from([]),
        taints: Arc::from([]),
        group: Some(NodeGroupId::of(&["ci", "eks", &group])),
        group_name: Some(Text::new(&group)),
        instance_type: Some(Text::new("m6i.2xlarge")),
        zone: Some(Text::new("eu-west-1a")),
        capacity_type: Some(Text::new("ON_DEMAND")),
        allocatable: Resources { cpu_millis: 7910, memory_bytes: 30 << 30, pods: 58 },
        version: Some(Text::new("v1.33.1")),
        created_at: before(now, 90_000),
    }
}

fn pod(n: u64, turn: u64, now: Timestamp) -> Pod {
    let (phase, state, stand) = stood(mixed(n + turn * 31) % 1000);
    let age = 300 + mixed(n) % 2400;
    let uid = format!("{:016x}-{:016x}", mixed(n), mixed(n + 1));
    let is_placed = stand != Stand::Unplaced;
    let refused = (!is_placed)
        .then(|| Text::new("0/600 nodes are available: 600 Insufficient cpu. preemption: 0/600"));
    let at = |after: u64| is_placed.then(|| before(now, age - after).into());
    Pod {
        id: PodId::of(&["ci", &uid]),
        cluster: Text::new("ci"),
        namespace: Text::new(&format!("ci-{}", tier_of(n))),
        name: Text::new(&format!("runner-{:08x}-project-{}-concurrent-{}", mixed(n), n % 500, n)),
        uid: Text::new(&uid),
        tier: None,
        phase: Phase::of(phase),
        state: Text::new(state),
        stand,
        reason: None,
        message: refused,
        // A node of the pod's own tier.
        node: is_placed.then(|| Text::new(&node_name(n % NODES))),
        claimed_job: Some(JobId(10_000_000 + n)),
        project: Some(ProjectId(1000 + n % 500)),
        runner_short: Some(Text::new("t1_abcdef")),
        created_at: before(now, age),
        scheduled_at: at(2),
        sandbox_at: at(4),
        initialized_at: at(5),
        ready_at: at(12),
        finished_at: (stand == Stand::Done).then(|| before(now, age - 200).into()),
        deleted_at: None,
        bad_end: None,
        restarts: 0,
        cpu_request_millis: 250 + 250 * (n % 12),
        memory_request_bytes: (512 << 20) * (1 + n % 4),
        containers: Arc::from([container("build", n), container("helper", 0)]),
        service_account: Some(Text::new(&format!("ci-job-{}", tier_of(n)))),
        aws_role: None,
        powers: Powers::default(),
    }
}

fn container(name: &str, n: u64) -> Container {
    Container {
        name: Text::new(name),
        image: Text::new(&format!("registry.acme.example/ci/image-{}:1.{}", n % 40, n % 7)),
        is_init: false,
        state: Text::new("running"),
        restarts: 0,
    }
}

/// Most has ended, some runs, some is on its way.
fn stood(per_mille: u64) -> (&'static str, &'static str, Stand) {
    match per_mille {
        0..30 => ("Pending", "Unschedulable", Stand::Unplaced),
        30..60 => ("Pending", "ContainerCreating", Stand::Starting),
        60..70 => ("Pending", "ImagePullBackOff", Stand::Stuck),
        70..450 => ("Running", "Running", Stand::Running),
        450..500 => ("Failed", "Error", Stand::Failed),
        _ => ("Succeeded", "Completed", Stand::Done),
    }
}
