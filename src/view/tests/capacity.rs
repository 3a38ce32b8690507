//! The pane Runners over a cluster like a real one: a node group at its maximum, pods that wait for it, one that lies.

use super::*;
use crate::domain::{
    Container, Node, NodeGroup, NodeGroupId, NodeGroupIssue, NodeGroupKind, NodeId, Phase, Pod,
    PodId, Powers, Resources, ScalingActivity, Stand,
};

/// The scheduler's words for a cluster that is full.
const FULL: &str = "0/6 nodes are available: 2 node(s) had untolerated taint {tier: protected}, 4 \
                    Insufficient cpu. preemption: 0/6 nodes are available: 4 No preemption victims \
                    found for incoming pod, 2 Preemption is not helpful for scheduling.";

fn cluster_key(source: SourceId) -> SourceKey {
    let scope = match source {
        SourceId::NODEGROUPS => Scope::eks("ci"),
        SourceId::PODS => Scope::kubernetes("ci", Some("ci-standard"), source.0),
        _ => Scope::kubernetes("ci", None, source.0),
    };
    SourceKey { source, scope }
}

fn tell(app: &mut App, source: SourceId, change: Change) {
    let news = Update { key: cluster_key(source), at: now(), origin: Origin::Live, change };
    update(app, Msg::News(vec![news]), now());
}

fn pod(n: u64) -> Pod {
    let uid = format!("{n:04}");
    let (state, stand, phase) = [
        ("Unschedulable", Stand::Unplaced, Phase::Pending),
        ("Running", Stand::Running, Phase::Running),
        ("ImagePullBackOff", Stand::Stuck, Phase::Pending),
        ("Running", Stand::Running, Phase::Running),
        ("ContainerCreating", Stand::Starting, Phase::Pending),
        ("Completed", Stand::Done, Phase::Succeeded),
    ][n as usize % 6]
        .clone();
    let placed = stand != Stand::Unplaced;
    let reason = (stand == Stand::Unplaced).then(|| Text::new("Unschedulable"));
    let image = if n == 2 { "busybox:latest" } else { "registry.example.com/ci/rust@sha256:0a" };
    let container = Container {
        name: Text::new("build"),
        image: Text::new(image),
        is_init: false,
        state: Text::new(if stand == Stand::Unplaced { "" } else { state }),
        restarts: 0,
    };
    Pod {
        id: PodId::of(&["ci", &uid]),
        cluster: Text::new("ci"),
        namespace: Text::new("ci-standard"),
        name: Text::new(&format!("runner-k3jd9-project-{}-concurrent-{n}-{uid}", n % 6 + 1)),
        uid: Text::new(&uid),
        tier: None,
        phase,
        state: Text::new(state),
        stand,
        message: reason.as_ref().map(|_| Text::new(FULL)),
        reason,
        node: placed
            .then(|| Text::new(&format!("ip-10-0-12-{}.eu-west-1.compute.internal", n % 3))),
        // The fourth says that it runs another project's job.
        claimed_job: Some(JobId(5_000 + if n == 3 { 4 } else { n })),
        project: Some(if n == 3 { ProjectId(5) } else { job(n).project }),
        runner_short: Some(Text::new("k3jd9")),
        created_at: ago(60 - n as i64),
        scheduled_at: placed.then(|| ago(57 - n as i64).into()),
        sandbox_at: placed.then(|| ago(55 - n as i64).into()),
        initialized_at: placed.then(|| ago(54 - n as i64).into()),
        ready_at: matches!(stand, Stand::Running | Stand::Done).then(|| ago(42 - n as i64).into()),
        finished_at: None,
        deleted_at: None,
        bad_end: None,
        restarts: 0,
        cpu_request_millis: 900,
        memory_request_bytes: 3 << 30,
        containers: Arc::from([container]),
        service_account: Some(Text::new("ci-standard")),
        aws_role: None,
        powers: Powers { privileged: n == 1, ..Powers::default() },
    }
}

fn group_id(name: &str) -> NodeGroupId {
    NodeGroupId::of(&["ci", "eks", name])
}

fn node(n: u64) -> Node {
    let group = ["ci-standard", "ci-protected"][usize::from(n > 3)];
    let name = format!("ip-10-0-12-{n}.eu-west-1.compute.internal");
    Node {
        id: NodeId::of(&["ci", &name]),
        cluster: Text::new("ci"),
        name: Text::new(&name),
        ready: [Some(true), Some(true), Some(true), Some(false), None, Some(true)][n as usize],
        not_ready_reason: (n == 3).then(|| Text::new("KubeletNotReady")),
        cordoned: n == 5,
        pressures: if n == 1 { Arc::from([Text::new("DiskPressure")]) } else { Arc::from([]) },
        taints: Arc::from([Text::new(&format!("tier={group}:NoSchedule"))]),
        group: Some(group_id(group)),
        group_name: Some(Text::new(group)),
        instance_type: Some(Text::new("m6i.2xlarge")),
        zone: Some(Text::new("eu-west-1a")),
        capacity_type: Some(Text::new(["SPOT", "ON_DEMAND"][usize::from(n > 3)])),
        allocatable: Resources { cpu_millis: 7_910, memory_bytes: 30 << 30, pods: 58 },
        version: Some(Text::new("v1.31.4")),
        created_at: ago(10_800 + n as i64),
    }
}

fn group(name: &str, size: [u64; 3]) -> NodeGroup {
    let is_full = size[1] == size[2];
    let issue = NodeGroupIssue {
        code: Text::new("AsgInstanceLaunchFailures"),
        message: Text::new("Could not launch Spot Instances. InsufficientInstanceCapacity"),
        resources: Arc::from([Text::new("eks-ci-standard-asg")]),
    };
    let activity = ScalingActivity {
        at: ago(300),
        status: Text::new("Failed"),
        description: Text::new("Launching a new EC2 instance"),
        message: Some(Text::new("There is no Spot capacity available")),
    };
    NodeGroup {
        id: group_id(name),
        cluster: Text::new("ci"),
        name: Text::new(name),
        kind: NodeGroupKind::Eks,
        tier: None,
        status: Text::new("ACTIVE"),
        min: Some(size[0]),
        desired: Some(size[1]),
        max: Some(size[2]),
        limits: Arc::from([]),
        instance_types: Arc::from([Text::new("m6i.2xlarge"), Text::new("m5.2xlarge")]),
        capacity_type: Some(Text::new("SPOT")),
        version: Some(Text::new("1.31")),
        issues: if is_full { Arc::from([issue]) } else { Arc::from([]) },
        activities: is_full.then(|| Arc::from([activity])),
    }
}

/// The pane over the cluster, after some keys.
pub(super) fn with(keys: &str) -> App {
    let mut app = app(24);
    for source in [SourceId::PODS, SourceId::OCCUPANTS, SourceId::NODES, SourceId::NODEGROUPS] {
        tell(&mut app, source, report(30.0, 4));
    }
    for namespace in ["ci-sandbox", "ci-protected"] {
        let scope = Scope::kubernetes("ci", Some(namespace), "pods");
        let key = SourceKey { source: SourceId::PODS, scope };
        let change = report(30.0, 4);
        let news = Update { key, at: now(), origin: Origin::Live, change };
        update(&mut app, Msg::News(vec![news]), now());
    }
    let pods = (0..24).map(|n| Entity::Pod(Arc::new(pod(n))));
    tell(&mut app, SourceId::PODS, Change::Replace(pods.collect()));
    let nodes = (0..6).map(|n| Entity::Node(Arc::new(node(n))));
    tell(&mut app, SourceId::NODES, Change::Replace(nodes.collect()));
    let groups = [group("ci-standard", [0, 4, 4]), group("ci-protected", [1, 2, 6])];
    let groups = groups.into_iter().map(|group| Entity::NodeGroup(Arc::new(group)));
    tell(&mut app, SourceId::NODEGROUPS, Change::Replace(groups.collect()));
    press(&mut app, keys);
    app
}

fn picture(keys: &str, (width, height): (u16, u16)) -> String {
    let mut buffer = crate::view::sample::screen(width, height);
    let theme = crate::view::sample::telling_theme();
    crate::view::paint(&mut buffer, &with(keys), Look::new(&theme), now());
    crate::view::sample::picture(&buffer)
}

fn shown(app: &App, (width, height): (u16, u16)) -> String {
    let mut buffer = crate::view::sample::screen(width, height);
    crate::view::paint(&mut buffer, app, Look::new(&crate::view::sample::theme()), now());
    text(&buffer)
}

const WIDE: (u16, u16) = (160, 48);
const SMALL: (u16, u16) = (80, 24);

#[test]
fn tiers_on_a_wide_screen() {
    insta::assert_snapshot!(picture("3", WIDE));
}

#[test]
fn pods_on_a_wide_screen() {
    insta::assert_snapshot!(picture("3 tab", WIDE));
}

#[test]
fn nodes_on_a_wide_screen() {
    insta::assert_snapshot!(picture("3 tab tab", WIDE));
}

#[test]
fn node_groups_on_a_wide_screen() {
    insta::assert_snapshot!(picture("3 tab tab tab", WIDE));
}

#[test]
fn pods_on_a_small_screen() {
    insta::assert_snapshot!(picture("3 tab", SMALL));
}

#[test]
fn nodes_on_a_small_screen() {
    insta::assert_snapshot!(picture("3 tab tab", SMALL));
}

#[test]
fn a_pod_tells_its_story_on_the_whole_screen() {
    insta::assert_snapshot!(picture("3 tab enter", WIDE));
}

#[test]
fn a_job_of_another_project_is_never_called_the_pods_own() {
    let app = with("3 tab / p o d : - 0 0 0 3 enter enter");
    let screen = shown(&app, WIDE);
    assert!(screen.contains("no: the pod's label names another project"), "{screen}");
    assert!(screen.contains("says job 5004, which is not so"), "{screen}");
}

#[test]
fn a_filter_finds_pods_by_what_they_ask_for() {
    let app =
        with("3 tab / c p u > 5 0 0 m space m e m o r y > 2 G i space s t a t e : s t u c k enter");
    let table = app.ui.table().expect("a table");
    assert_eq!((table.listing.len(), table.listing.hidden()), (4, 20));
}

#[test]
fn the_join_leads_from_a_pod_to_its_job_and_back() {
    let mut app = with("3 tab / p o d : - 0 0 2 1 enter g j");
    assert_eq!(app.ui.place().focus, Focus::Detail(crate::domain::EntityId::Job(JobId(5_021))));
    assert_eq!(app.ui.place().pane.about().name, "pipelines");
    press(&mut app, "g j");
    let pod = crate::domain::EntityId::Pod(PodId::of(&["ci", "0021"]));
    assert_eq!(app.ui.place().focus, Focus::Detail(pod));
    press(&mut app, "g d");
    assert_eq!(app.ui.place().lens.name(), "nodes");
    press(&mut app, "enter");
    assert_eq!((app.ui.place().lens.name(), app.ui.place().scope.is_some()), ("pods", true));
    press(&mut app, "esc esc esc esc");
    assert_eq!((app.ui.place().pane.about().name, app.ui.place().lens.name()), ("runners", "pods"));
}

#[test]
fn on_the_way_down_a_pod_has_its_name_in_every_pane() {
    let app = with("3 tab / p o d : - 0 0 2 1 enter enter g j");
    assert_eq!(app.ui.place().pane.about().name, "pipelines");
    let screen = shown(&app, SMALL);
    assert!(screen.contains("› runner-k3jd9-project-4-concurrent-21-0021 › job"), "{screen}");
}

#[test]
fn enter_goes_down_from_a_group_to_its_nodes_and_their_pods() {
    let mut app = with("3 tab tab tab");
    press(&mut app, "enter");
    assert_eq!(app.ui.place().lens.name(), "nodes");
    press(&mut app, "enter");
    assert_eq!(app.ui.place().lens.name(), "pods");
}

#[test]
fn the_tab_counts_pods_that_do_not_get_on() {
    assert!(shown(&with("1"), WIDE).contains("3 Runners 8✖"));
}

#[test]
fn without_a_cluster_the_pane_says_what_to_add() {
    let mut app = app(8);
    press(&mut app, "3 tab");
    let screen = shown(&app, WIDE);
    assert!(screen.contains("a [[cluster]] table"), "{screen}");
}

#[test]
fn what_a_dead_cluster_told_is_marked_old() {
    let mut app = with("3");
    let failure = crate::domain::Failure {
        kind: crate::domain::FailureKind::Connect,
        message: Text::new("nothing answers"),
        hint: Text::new("start it"),
        at: now(),
        retry_at: None,
    };
    let dead =
        Report { failure: Some(failure), confirmed_at: Some(ago(600)), ..Report::starting(5.0) };
    for source in [SourceId::PODS, SourceId::NODES] {
        tell(&mut app, source, Change::Report(dead.clone()));
    }
    let screen = shown(&app, WIDE);
    assert!(screen.contains("◌4") && screen.contains("3 Runners 8◌"), "{screen}");
}

#[test]
fn a_queue_that_is_not_read_any_more_stands_still_and_misses_no_target() {
    let mut app = app(24);
    let refusal = crate::domain::Failure {
        kind: crate::domain::FailureKind::TokenExpired,
        message: Text::new("m"),
        hint: Text::new("h"),
        at: now(),
        retry_at: None,
    };
    let dead =
        Report { failure: Some(refusal), confirmed_at: Some(ago(2)), ..Report::starting(5.0) };
    give(&mut app, SourceId::QUEUE, Change::Report(dead));
    let at = |seconds: i64| {
        let mut buffer = crate::view::sample::screen(250, 48);
        let theme = crate::view::sample::theme();
        crate::view::paint(&mut buffer, &app, Look::new(&theme), ago(-seconds));
        let lines = text(&buffer);
        let rows = lines.lines().filter_map(|line| Some(line.split_once('│')?.0.to_owned()));
        let waits: Vec<String> = rows.filter(|line| line.contains(" pending ")).collect();
        assert!(waits.len() > 3, "{lines}");
        assert!(waits.iter().all(|line| line.contains("◌") && !line.contains('▲')), "{lines}");
        assert!(lines.contains("◌3m30s") && !lines.contains("✖ 1m00s"), "{lines}");
        waits
    };
    assert_eq!(at(0), at(3_600));
}

#[test]
fn the_log_of_a_pods_own_container_is_watched() {
    let app = with("3 tab L");
    let Focus::Log(crate::app::LogId::Container(pod, container)) = &app.ui.place().focus else {
        panic!("no container's log is open")
    };
    assert_eq!(&**container, "build");
    assert!(app.state.pods().get(*pod).is_some());
}
