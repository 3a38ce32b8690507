//! What the pane says while its feeds are live, old, refused or not heard of.

use std::sync::Arc;

use super::*;
use crate::domain::node::fixture::{group, node};
use crate::domain::pipeline::fixture::{at, job};
use crate::domain::pod::fixture::pod;
use crate::domain::{
    BadEnd, Change, Claim, Container, Entity, EventId, Failure, FailureKind, Job, JobId,
    NodeGroupId, Origin, Pod, PodEvent, PodId, ProjectId, Report, Scope, SourceKey, Status, Text,
    Tier, TierPods, Tiers, Update,
};
use crate::pane::block::Mark;
use crate::pane::lens::{Subject, Value};
use crate::pane::links::{self, Link};
use crate::pane::{LENSES, cells};
use crate::state::State;

const STANDARD: TierIndex = TierIndex(0);

fn tier() -> Tier {
    Tier {
        name: Text::new("standard"),
        protected: false,
        runner_tags: Vec::new(),
        queue_target_seconds: 60.0,
        pods: TierPods {
            cluster: Some(Text::new("ci")),
            namespace: Some(Text::new("ci-standard")),
            nodegroups: vec![Text::new("ci-standard-*")],
            scheduling_target_seconds: 60.0,
            ..TierPods::default()
        },
    }
}

fn key(source: SourceId) -> SourceKey {
    let scope = match source {
        SourceId::QUEUE => Scope::gitlab("acme"),
        SourceId::NODEGROUPS => Scope::eks("ci"),
        SourceId::NODES => Scope::kubernetes("ci", None, "nodes"),
        _ => Scope::kubernetes("ci", Some("ci-standard"), source.0),
    };
    SourceKey { source, scope }
}

fn tell(state: &mut State, source: SourceId, change: Change) {
    state.apply(Update { key: key(source), at: at(0), origin: Origin::Live, change }, at(0));
}

fn live() -> Report {
    Report { confirmed_at: Some(at(0)), ..Report::starting(10.0) }
}

fn refused() -> Report {
    let failure = Failure {
        kind: FailureKind::Forbidden,
        message: Text::new("eks refused ListNodegroups"),
        hint: Text::new("allow eks:ListNodegroups"),
        at: at(0),
        retry_at: None,
    };
    Report { failure: Some(failure), ..Report::starting(10.0) }
}

/// A state with the node group `ci-standard-a`, two of four nodes wanted.
fn state() -> State {
    let mut state = State::new(Tiers::new(vec![tier()]));
    let groups = vec![Entity::NodeGroup(Arc::new(group("ci-standard-a")))];
    tell(&mut state, SourceId::NODEGROUPS, Change::Upsert(groups));
    state
}

fn group_id() -> NodeGroupId {
    group("ci-standard-a").id
}

fn node_ceiling(state: &State, second: i64) -> Cell {
    let [.., nodes] = figures::ceilings(&Cx { state, now: at(second) }, STANDARD);
    nodes
}

#[test]
fn the_ceiling_of_a_live_feed_is_told_with_its_mark() {
    let mut state = state();
    tell(&mut state, SourceId::NODEGROUPS, Change::Report(live()));
    let told = Cell::mark(Mark::Fine, Role::TextStrong).and(" 2/4", Role::TextStrong);
    assert_eq!(node_ceiling(&state, 5), told);
}

#[test]
fn the_ceiling_of_node_groups_that_are_not_confirmed_any_more_is_old_and_never_green() {
    let mut state = state();
    tell(&mut state, SourceId::NODEGROUPS, Change::Report(live()));
    assert_eq!(node_ceiling(&state, 1000), cells::old(Cell::dim("2/4")));
    let once = Report { confirmed_at: Some(at(0)), ..refused() };
    tell(&mut state, SourceId::NODEGROUPS, Change::Report(once));
    assert_eq!(node_ceiling(&state, 5), cells::old(Cell::dim("2/4")));
}

#[test]
fn the_ceiling_of_node_groups_that_were_never_confirmed_is_unknown() {
    let mut state = state();
    let unknown = Cell::mark(Mark::Unknown, Role::SeverityUnknown);
    assert_eq!(node_ceiling(&state, 5), unknown);
    tell(&mut state, SourceId::NODEGROUPS, Change::Report(refused()));
    assert_eq!(node_ceiling(&state, 5), unknown);
}

fn ready(state: &State, second: i64) -> Cell {
    let group = state.nodegroups().get(group_id()).unwrap();
    groups::nodes(&Cx { state, now: at(second) }, group)
}

fn nodes_field(state: &State) -> Value {
    let cx = Cx { state, now: at(5) };
    let field = NODE_GROUPS.fields().iter().find(|field| field.name == "nodes").unwrap();
    (field.of)(&cx, Subject::find(state, &EntityId::NodeGroup(group_id())).unwrap())
}

#[test]
fn the_nodes_of_a_group_are_unknown_until_nodes_were_read() {
    let mut state = state();
    assert_eq!(ready(&state, 5), Cell::mark(Mark::Unknown, Role::SeverityUnknown));
    assert_eq!(nodes_field(&state), Value::None);
    let nodes = vec![Entity::Node(Arc::new(node("n1")))];
    tell(&mut state, SourceId::NODES, Change::Upsert(nodes));
    tell(&mut state, SourceId::NODES, Change::Report(live()));
    // One of two that are wanted: a group that is growing does not look settled.
    let growing = Cell::new("1/2", Role::SeverityWarning);
    assert_eq!(ready(&state, 5), growing);
    assert_eq!(nodes_field(&state), Value::Number(1.0));
    assert_eq!(ready(&state, 1000), cells::old(growing));
}

fn told_of_nothing(state: &State, lens: &dyn Lens) -> String {
    let cells = RunnersPane.empty_of(&Cx { state, now: at(5) }, lens);
    cells.iter().map(Cell::words).collect::<Vec<_>>().join("\n")
}

#[test]
fn node_groups_that_may_not_be_read_are_not_called_none() {
    let mut state = State::new(Tiers::new(vec![tier()]));
    tell(&mut state, SourceId::PODS, Change::Report(live()));
    tell(&mut state, SourceId::NODEPOOLS, Change::Report(live()));
    assert_eq!(told_of_nothing(&state, &NODE_GROUPS), "no node group is there");
    tell(&mut state, SourceId::NODEGROUPS, Change::Report(refused()));
    let told = told_of_nothing(&state, &NODE_GROUPS);
    assert!(told.starts_with("the node groups are not known: nodegroups eks:ci"), "{told}");
    assert!(told.contains("forbidden") && told.contains("allow eks:ListNodegroups"), "{told}");
    assert_eq!(told_of_nothing(&state, &PODS), "no runner pod is there");
}

#[test]
fn every_kind_of_row_names_the_feed_that_may_not_be_read() {
    for (lens, source) in [
        (&PODS as &dyn Lens, SourceId::PODS),
        (&NODES, SourceId::NODES),
        (&NODE_GROUPS, SourceId::NODEGROUPS),
        (&RUNNERS, SourceId::RUNNERS),
    ] {
        let mut state = State::new(Tiers::new(vec![tier()]));
        tell(&mut state, source, Change::Report(refused()));
        let told = told_of_nothing(&state, lens);
        assert!(told.contains("forbidden") && told.contains(source.0), "{told}");
    }
}

#[test]
fn only_rows_that_are_always_there_come_from_no_feed() {
    let without = LENSES.iter().filter(|lens| lens.about().feeds.is_empty());
    let names: Vec<&str> = without.map(|lens| lens.name()).collect();
    assert_eq!(names, ["tiers", "review", "sources", "findings"]);
}

fn with_pod(pod: Pod) -> State {
    let mut state = state();
    let pods = vec![Entity::Pod(Arc::new(pod))];
    tell(&mut state, SourceId::PODS, Change::Upsert(pods));
    state
}

fn pod_id() -> PodId {
    pod("a").id
}

#[test]
fn a_pod_without_a_node_leads_to_the_node_groups_of_its_tier() {
    let mut state = with_pod(pod("a"));
    let up = |state: &State| links::link(state, &EntityId::Pod(pod_id()), links::Kind::NodeGroup);
    assert_eq!(up(&state), Some(Link::One(EntityId::NodeGroup(group_id()))));
    let second = vec![Entity::NodeGroup(Arc::new(group("ci-standard-b")))];
    tell(&mut state, SourceId::NODEGROUPS, Change::Upsert(second));
    let all = Link::Several(links::Kind::NodeGroup, EntityId::Tier(STANDARD));
    assert_eq!(up(&state), Some(all));
}

fn warned(count: u64) -> PodEvent {
    PodEvent {
        id: EventId::of(&["ci", "a", "FailedScheduling", "default-scheduler"]),
        pod: pod_id(),
        kind: Text::new("Warning"),
        reason: Text::new("FailedScheduling"),
        message: Text::new("no node fits"),
        component: Text::new("default-scheduler"),
        first_at: at(10),
        last_at: at(90),
        count,
    }
}

fn say(state: &mut State, event: PodEvent) {
    tell(state, SourceId::EVENTS, Change::Upsert(vec![Entity::Event(Arc::new(event))]));
}

#[test]
fn a_pod_is_found_by_the_reason_of_its_warning_until_it_runs() {
    let finds = |pod: Pod| {
        let mut state = with_pod(pod);
        say(&mut state, warned(3));
        let cx = Cx { state: &state, now: at(95) };
        let query = crate::pane::query::parse("reason:FailedScheduling", PODS.fields()).unwrap();
        let subject = Subject::find(&state, &EntityId::Pod(pod_id())).unwrap();
        query.matches(&cx, &PODS, subject, &mut None)
    };
    assert!(finds(pod("a")));
    assert!(!finds(Pod { stand: Stand::Running, ..pod("a") }));
}

/// The lines of a pod's story: seconds and words.
fn story(state: &State) -> Vec<(i64, String)> {
    let blocks = detail::blocks(&Cx { state, now: at(95) }, &EntityId::Pod(pod_id()));
    let steps = blocks.into_iter().find_map(|block| match block {
        Block::Timeline(steps) => Some(steps),
        _ => None,
    });
    let told = |(when, cell): (crate::domain::Timestamp, Cell)| {
        (when.as_second() - at(0).as_second(), cell.words())
    };
    steps.unwrap().into_iter().map(told).collect()
}

#[test]
fn a_repeated_event_stands_in_the_story_at_its_first_and_at_its_last_time() {
    let mut state = with_pod(pod("a"));
    say(&mut state, warned(3));
    let expected = [
        (0, "made"),
        (10, "FailedScheduling, the first of 3"),
        (90, "FailedScheduling ×3 in 1m20s  no node fits  default-scheduler"),
    ];
    assert_eq!(story(&state), expected.map(|(at, words)| (at, words.to_owned())));
}

#[test]
fn the_story_tells_which_container_was_killed_for_its_memory() {
    let container = |name: &str, state: &str| Container {
        name: Text::new(name),
        image: Text::new("busybox"),
        is_init: false,
        state: Text::new(state),
        restarts: 0,
    };
    let containers = Arc::from([container("helper", "Completed"), container("build", "OOMKilled")]);
    let killed =
        Pod { finished_at: Some(at(60).into()), stand: Stand::Failed, containers, ..pod("a") };
    let last = story(&with_pod(killed)).pop();
    assert_eq!(last, Some((60, "its last container ended  build: OOMKilled".to_owned())));
}

#[test]
fn the_story_tells_when_a_container_that_runs_again_was_killed_for_its_memory() {
    let end = BadEnd {
        container: Text::new("build"),
        reason: Text::new("OOMKilled"),
        exit_code: 137,
        at: at(40),
    };
    let bad_end = Some(Arc::new(end));
    let again = Pod { bad_end: bad_end.clone(), ..pod("a") };
    let told = (40, "build ended  OOMKilled, exit code 137".to_owned());
    assert_eq!(story(&with_pod(again)).pop(), Some(told));
    // The end of the pod itself is told once.
    let over = Pod { bad_end, finished_at: Some(at(40).into()), ..pod("a") };
    assert_eq!(story(&with_pod(over)).pop(), Some((40, "its last container ended".to_owned())));
}

#[test]
fn on_a_nodes_page_what_runs_stands_before_what_has_ended() {
    let on = |uid: &str, stand| {
        let node = Some(Text::new("n1"));
        Entity::Pod(Arc::new(Pod { stand, node, name: Text::new(uid), ..pod(uid) }))
    };
    let mut state = state();
    let nodes = vec![Entity::Node(Arc::new(node("n1")))];
    tell(&mut state, SourceId::NODES, Change::Upsert(nodes));
    let pods = vec![on("a", Stand::Done), on("b", Stand::Failed), on("c", Stand::Running)];
    tell(&mut state, SourceId::PODS, Change::Upsert(pods));
    let cx = Cx { state: &state, now: at(5) };
    let blocks = detail::blocks(&cx, &EntityId::Node(node("n1").id));
    let Some(Block::Lines(lines)) = blocks.into_iter().next_back() else { panic!("no lines") };
    let names = lines.iter().map(super::super::block::Cell::words);
    let names: Vec<String> =
        names.map(|line| line.split("  ").nth(1).unwrap().to_owned()).collect();
    assert_eq!(names, ["c", "b", "a"]);
}

#[test]
fn nothing_keeps_a_pod_that_has_ended() {
    let titles = |stand| {
        let message = Some(Text::new("exit code 1"));
        let state = with_pod(Pod { stand, message, ..pod("a") });
        let blocks = detail::blocks(&Cx { state: &state, now: at(5) }, &EntityId::Pod(pod_id()));
        let words = |block: Block| match block {
            Block::Title(cell) => Some(cell.words()),
            _ => None,
        };
        blocks.into_iter().filter_map(words).collect::<Vec<String>>()
    };
    assert!(titles(Stand::Failed).contains(&"why it failed".to_owned()));
    assert!(!titles(Stand::Failed).contains(&"what keeps it".to_owned()));
    assert!(titles(Stand::Unplaced).contains(&"what keeps it".to_owned()));
}

#[test]
fn only_pods_with_a_job_are_up() {
    let running = |uid: &str, job: Option<u64>| {
        let claimed_job = job.map(JobId);
        Entity::Pod(Arc::new(Pod { stand: Stand::Running, claimed_job, ..pod(uid) }))
    };
    let mut state = state();
    let pods = vec![running("a", Some(1)), running("manager", None)];
    tell(&mut state, SourceId::PODS, Change::Upsert(pods));
    tell(&mut state, SourceId::PODS, Change::Report(live()));
    let cx = Cx { state: &state, now: at(5) };
    assert_eq!(figures::at_work(&cx, STANDARD), Cell::plain("1"));
    assert_eq!(figures::stand(&cx, STANDARD, Stand::Running), Cell::plain("2"));
}

#[test]
fn in_a_jobs_detail_a_stuck_pod_has_its_own_mark_and_is_believed_in_words() {
    let stuck = Pod {
        stand: Stand::Stuck,
        state: Text::new("ImagePullBackOff"),
        claimed_job: Some(JobId(1)),
        project: Some(ProjectId(1)),
        ..pod("a")
    };
    let mut state = with_pod(stuck.clone());
    let running = Job { started_at: Some(at(0).into()), ..job(1, Status::Running) };
    tell(&mut state, SourceId::QUEUE, Change::Upsert(vec![Entity::Job(Arc::new(running))]));
    assert_eq!(state.claim(&stuck), Claim::Verified);
    let cx = Cx { state: &state, now: at(5) };
    let blocks = pipelines::PipelinesPane.detail(&cx, &EntityId::Job(JobId(1)));
    let lines = blocks.into_iter().find_map(|block| match block {
        Block::Lines(lines) if lines[0].words().contains("runner-a") => Some(lines),
        _ => None,
    });
    let expected = words::state(&stuck)
        .and("  runner-a", Role::Text)
        .and("  no node  ", Role::TextDim)
        .and("believed", Role::TextDim);
    assert_eq!(lines.unwrap()[0], expected);
}
