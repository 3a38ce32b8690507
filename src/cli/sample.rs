//! A small known state for the tests of what is printed.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use super::kind::Kind;
use crate::domain::access::{
    AccountState, Activity, Grant, Hop, Known, Level, Population, Precision, Principal,
    PrincipalKind, Resource, ResourceKind, Right, Standing, Via,
};
use crate::domain::act::fixture as fixture_of_acts;
use crate::domain::exception::fixture as fixture_of_exceptions;
use crate::domain::pipeline::fixture;
pub(super) use crate::domain::pipeline::fixture::job;
use crate::domain::pod::fixture as pod_fixture;
use crate::domain::slo::fixture as slo_fixture;
use crate::domain::{
    Alert, AlertId, Approvals, Bar, Barred, Change, Ending, Entity, EntityId, Errand, ExceptionId,
    ExceptionRequest, Failure, FailureKind, Filed, Flaw, FlawSeverity, Job, JobId, Matcher,
    MergeStatus, Node, NodeGroup, NodeGroupId, NodeGroupIssue, NodeGroupKind, NodeId, Origin,
    PairSeverity, Phase, Pipeline, PipelineId, Pod, Project, ProjectId, Proposed, Record,
    RefPattern, Report, Resources, Runner, RunnerId, RunnerManager, RunnerRef, Scope, Silence,
    SilenceId, SilenceState, Slo, SourceId, SourceKey, Stand, Status, Text, Tier, TierPods, Tiers,
    Timestamp, Update,
};
use crate::pane::lens::Cx;
use crate::pane::listing::{Direction, Listing, Question};
use crate::pane::query::Query;
use crate::state::State;

/// GitLab's base URL.
pub(super) const URL: &str = "https://gitlab.example.com/";

/// The moment, as it is printed.
pub(super) const NOW: &str = "2026-09-21T14:14:50Z";

/// The moment.
pub(super) fn now() -> Timestamp {
    fixture::at(90)
}

/// The feed over its scope.
pub(super) fn key(source: SourceId) -> SourceKey {
    let scope = match source {
        SourceId::PODS | SourceId::EVENTS | SourceId::QUOTAS | SourceId::POLICIES => {
            Scope::kubernetes("ci", Some("ci-standard"), source.0)
        }
        SourceId::OCCUPANTS | SourceId::NODES | SourceId::NODEPOOLS => {
            Scope::kubernetes("ci", None, source.0)
        }
        SourceId::NODEGROUPS => Scope::eks("ci"),
        SourceId::LEDGER => Scope::ledger("audit"),
        SourceId::SLOS => Scope::server("prometheus", "prometheus.example.com"),
        SourceId::ALERTS | SourceId::SILENCES => {
            Scope::server("alertmanager", "alertmanager.example.com")
        }
        _ => Scope::gitlab("acme"),
    };
    SourceKey { source, scope }
}

/// Tells a state something that was read two seconds ago.
fn tell(state: &mut State, source: SourceId, change: Change) {
    let update = Update { key: key(source), at: fixture::at(88), origin: Origin::Live, change };
    state.apply(update, now());
}

/// Puts one more thing of the queue in.
pub(super) fn put(state: &mut State, entity: Entity) {
    tell(state, SourceId::QUEUE, Change::Upsert(vec![entity]));
}

/// Notes that the last hour was read whole.
pub(super) fn collect(state: &mut State) {
    tell(state, SourceId::QUEUE, Change::Collected(vec![ProjectId(1)]));
}

/// Lets the queue's feed fail.
pub(super) fn fail(state: &mut State) {
    refuse(state, SourceId::QUEUE);
}

/// Lets a feed be refused.
pub(super) fn refuse(state: &mut State, source: SourceId) {
    let failure = Failure {
        kind: FailureKind::TokenExpired,
        message: Text::new("m"),
        hint: Text::new("h"),
        at: now(),
        retry_at: None,
    };
    let report = Report { failure: Some(failure), ..Report::starting(5.0) };
    tell(state, source, Change::Report(report));
}

/// One project with a pipeline of two jobs, a runner with its manager, one tier, every feed live.
pub(super) fn state() -> State {
    let tier = Tier {
        name: Text::new("standard"),
        protected: false,
        runner_tags: vec![Text::new("eks-standard")],
        queue_target_seconds: 60.0,
        pods: TierPods {
            cluster: Some(Text::new("ci")),
            namespace: Some(Text::new("ci-standard")),
            nodegroups: vec![Text::new("ci-standard-*")],
            scheduling_target_seconds: 60.0,
            ..TierPods::default()
        },
    };
    let mut state = State::new(Tiers::new(vec![tier]));
    let project = Change::Replace(vec![Entity::Project(Arc::new(project()))]);
    tell(&mut state, SourceId::PROJECTS, project);
    let refs = Arc::from([RefPattern(Text::new("main"))]);
    tell(&mut state, SourceId::PROJECTS, Change::ProtectedRefs(ProjectId(1), refs));
    let parent = Some((Text::new("acme/root"), PipelineId(9)));
    let pipeline = Pipeline { parent, ..fixture::pipeline(10, Status::Running) };
    put(&mut state, Entity::Pipeline(Arc::new(pipeline)));
    put(&mut state, Entity::Job(Arc::new(job(1, Status::Pending))));
    put(&mut state, Entity::Job(Arc::new(failed())));
    tell(&mut state, SourceId::RUNNERS, Change::Replace(vec![Entity::Runner(Arc::new(runner()))]));
    tell(&mut state, SourceId::PODS, Change::Replace(vec![Entity::Pod(Arc::new(pod()))]));
    tell(&mut state, SourceId::NODES, Change::Replace(vec![Entity::Node(Arc::new(node()))]));
    let group = Change::Replace(vec![Entity::NodeGroup(Arc::new(group()))]);
    tell(&mut state, SourceId::NODEGROUPS, group);
    let deeds = [fixture_of_acts::ended(1, Ending::Failed, Some(403)), fixture_of_acts::deed(3)];
    let deeds = deeds.into_iter().map(|deed| Entity::Deed(Arc::new(deed))).collect();
    tell(&mut state, SourceId::LEDGER, Change::Replace(deeds));
    confirm(&mut state, SourceId::LEDGER);
    alarms(&mut state);
    register(&mut state);
    rights(&mut state);
    for source in SourceId::ALL {
        confirm(&mut state, source);
    }
    state
}

/// An objective that burns, its alert, and the silence that keeps it quiet.
fn alarms(state: &mut State) {
    let all = [
        (SourceId::SLOS, Entity::Slo(Arc::new(slo()))),
        (SourceId::ALERTS, Entity::Alert(Arc::new(alert()))),
        (SourceId::SILENCES, Entity::Silence(Arc::new(silence()))),
    ];
    for (source, entity) in all {
        tell(state, source, Change::Replace(vec![entity]));
    }
}

/// A maintainer by hand, without an end.
fn rights(state: &mut State) {
    let mut population = Population::empty(fixture::at(88));
    let mut asha = Principal::new("user:7", PrincipalKind::Person, "Asha");
    asha.username = Some(Text::new("asha"));
    asha.state = Known::Is(AccountState::Active);
    population.principals.push(asha);
    let used = Activity { at: fixture::at(0), precision: Precision::Day };
    population.grants.push(Grant {
        id: Text::new("user:7@project:acme/shop#direct"),
        subject: Text::new("user:7"),
        resource: Resource { kind: ResourceKind::Project, path: Text::new("acme/shop") },
        right: Right::of_level(Level::Maintainer),
        path: vec![Hop { via: Via::Direct, from: None }],
        standing: Standing::Active,
        granted_by: Some(Text::new("root")),
        granted_at: Some(fixture::at(0)),
        expires_at: None,
        last_used: Known::Is(Some(used)),
    });
    tell(state, SourceId::ACCESS, Change::Population(Arc::new(population)));
}

/// An exception, and a request to renew it.
fn register(state: &mut State) {
    let record = fixture_of_exceptions::record("EXC-1", "2026-09-01", "2026-10-01T12:00:00Z");
    let filed = Filed {
        id: ExceptionId::of(&["acme/platform/exceptions", "exceptions/EXC-1.yaml"]),
        project: Text::new("acme/platform/exceptions"),
        path: Text::new("exceptions/EXC-1.yaml"),
        blob: Text::new("b10b"),
        commit: Text::new("c0ffee"),
        record: record.clone(),
        flaws: Arc::from([Text::new("lifetime")]),
    };
    let renewal = Record { id: Text::new("EXC-2"), renews: Some(record.id.clone()), ..record };
    let all = [
        (SourceId::EXCEPTIONS, Entity::Exception(Arc::new(filed))),
        (SourceId::REQUESTS, Entity::Request(Arc::new(request(renewal)))),
    ];
    for (source, entity) in all {
        tell(state, source, Change::Replace(vec![entity]));
    }
}

fn request(record: Record) -> ExceptionRequest {
    let flaw = Flaw {
        code: "owner-missing",
        severity: FlawSeverity::Error,
        path: Text::new("exceptions/EXC-2.yaml"),
        line: 3,
        column: 1,
        what: Text::new("nobody owns the risk"),
        cure: Text::new("give `owner`"),
    };
    let proposed = Proposed {
        path: Text::new("exceptions/EXC-2.yaml"),
        errand: Errand::Renew,
        record: Some(record),
        before: None,
        diff: vec![Text::new("+id: EXC-2")],
        flaws: vec![flaw],
    };
    ExceptionRequest {
        project: Text::new("acme/platform/exceptions"),
        iid: 7,
        title: Text::new("a larger runner until December"),
        url: Text::new("https://gitlab.example.com/acme/platform/exceptions/-/merge_requests/7"),
        author: Text::new("asha"),
        is_by_bot: false,
        is_draft: false,
        source_branch: Text::new("renew"),
        head: Text::new("c0ffee"),
        opened_at: fixture::at(0),
        updated_at: fixture::at(0),
        files: vec![proposed],
        elsewhere: Vec::new(),
        approvals: Approvals { required: Some(2), left: Some(1), ..Approvals::default() },
        barred: vec![Barred { who: Text::new("asha"), why: Bar::Author }],
        blocked_for_me: Some(Text::new("you opened it")),
        merge: MergeStatus::of("not_approved"),
        pipeline: Some(Status::Success),
        has_conflicts: false,
        missing: Vec::new(),
    }
}

fn slo() -> Slo {
    let windows = [("5m", 300.0, 0.02), ("1h", 3600.0, 0.02), ("6h", 21_600.0, f64::NAN)];
    let mut slo = slo_fixture::slo(0.999, 0.0005, &windows);
    slo.readings.iter_mut().for_each(|reading| reading.at = Some(fixture::at(80)));
    slo.period_ratio.at = Some(fixture::at(75));
    slo.labels = Box::from([(Text::new("region"), Text::new("eu-west-1"))]);
    Slo { firing: Some(PairSeverity::Page), ..slo }
}

fn alert() -> Alert {
    let label = |name, value| (Text::new(name), Text::new(value));
    Alert {
        id: AlertId::of(&["a1"]),
        fingerprint: Text::new("a1"),
        name: Text::new("CheckoutAvailability"),
        labels: Box::from([
            label("alertname", "CheckoutAvailability"),
            label("region", "eu-west-1"),
            label("sloth_id", "checkout-availability"),
        ]),
        annotations: Box::default(),
        state: Text::new("suppressed"),
        severity: Some(Text::new("page")),
        starts_at: fixture::at(30),
        silenced_by: Box::from([Text::new("s1")]),
        inhibited_by: Box::default(),
    }
}

fn silence() -> Silence {
    Silence {
        id: SilenceId::of(&["s1"]),
        name: Text::new("s1"),
        matchers: Box::from([Matcher {
            name: Text::new("region"),
            value: Text::new("eu-.*"),
            is_regex: true,
            is_equal: true,
        }]),
        starts_at: fixture::at(40),
        ends_at: fixture::at(3640),
        created_by: Text::new("maria"),
        comment: Text::new("fail-over drill"),
        state: SilenceState::Active,
    }
}

/// Lets the queue's feed begin, without an answer yet.
pub(super) fn starting(state: &mut State) {
    tell(state, SourceId::QUEUE, Change::Report(Report::starting(5.0)));
}

/// The pod of the job that failed.
fn pod() -> Pod {
    Pod {
        phase: Phase::Failed,
        state: Text::new("OOMKilled"),
        stand: Stand::Failed,
        node: Some(Text::new("ip-10-0-1-2.internal")),
        claimed_job: Some(JobId(2)),
        project: Some(ProjectId(1)),
        created_at: fixture::at(11),
        scheduled_at: Some(fixture::at(14).into()),
        ..pod_fixture::pod("a")
    }
}

fn node() -> Node {
    Node {
        id: NodeId::of(&["ci", "ip-10-0-1-2.internal"]),
        cluster: Text::new("ci"),
        name: Text::new("ip-10-0-1-2.internal"),
        ready: Some(true),
        not_ready_reason: None,
        cordoned: false,
        pressures: Arc::from([]),
        taints: Arc::from([Text::new("tier=standard:NoSchedule")]),
        group: Some(NodeGroupId::of(&["ci", "eks", "ci-standard-a"])),
        group_name: Some(Text::new("ci-standard-a")),
        instance_type: Some(Text::new("m6i.2xlarge")),
        zone: Some(Text::new("eu-west-1a")),
        capacity_type: Some(Text::new("SPOT")),
        allocatable: Resources { cpu_millis: 7910, memory_bytes: 30 << 30, pods: 58 },
        version: Some(Text::new("v1.31.4-eks")),
        created_at: fixture::at(-3600),
    }
}

fn group() -> NodeGroup {
    let issue = NodeGroupIssue {
        code: Text::new("AsgInstanceLaunchFailures"),
        message: Text::new("no capacity"),
        resources: Arc::from([Text::new("asg-1")]),
    };
    NodeGroup {
        id: NodeGroupId::of(&["ci", "eks", "ci-standard-a"]),
        cluster: Text::new("ci"),
        name: Text::new("ci-standard-a"),
        kind: NodeGroupKind::Eks,
        tier: None,
        status: Text::new("DEGRADED"),
        min: Some(0),
        desired: Some(12),
        max: Some(12),
        limits: Arc::from([]),
        instance_types: Arc::from([Text::new("m6i.2xlarge")]),
        capacity_type: Some(Text::new("SPOT")),
        version: Some(Text::new("1.31")),
        issues: Arc::from([issue]),
        activities: None,
    }
}

/// Lets a feed answer.
pub(super) fn confirm(state: &mut State, source: SourceId) {
    let report = Report { confirmed_at: Some(fixture::at(88)), ..Report::starting(5.0) };
    tell(state, source, Change::Report(report));
}

fn project() -> Project {
    Project {
        id: ProjectId(1),
        path: Text::new("acme/shop"),
        default_branch: Some(Text::new("main")),
        web_url: Text::new("https://gitlab.example.com/acme/shop"),
        last_activity_at: Some(fixture::at(0)),
        protected_refs: None,
    }
}

fn failed() -> Job {
    Job {
        name: Text::new("=cmd()"),
        started_at: Some(fixture::at(10).into()),
        finished_at: Some(fixture::at(70).into()),
        failure_reason: Some(Text::new("script_failure")),
        runner: Some(Arc::new(RunnerRef { id: RunnerId(7), description: Text::new("eks 日本") })),
        ..job(2, Status::Failed)
    }
}

fn runner() -> Runner {
    let manager = RunnerManager {
        system_id: Text::new("s_1"),
        status: Text::new("online"),
        contacted_at: Some(fixture::at(60)),
        version: Some(Text::new("17.5.0")),
    };
    Runner {
        id: RunnerId(7),
        description: Text::new("eks 日本"),
        kind: Text::new("group_type"),
        status: Text::new("online"),
        paused: false,
        locked: false,
        protected: true,
        run_untagged: false,
        tags: Arc::from([Text::new("eks-standard"), Text::new("linux")]),
        tier: None,
        contacted_at: None,
        version: None,
        running: Some(1),
        limit: None,
        managers: Arc::from([manager]),
        managers_complete: true,
    }
}

/// Every thing of a kind, in the order of its table.
pub(super) fn ids(state: &State, kind: Kind) -> Vec<EntityId> {
    let Some(lens) = kind.lens() else { return Vec::new() };
    let question = Question {
        lens,
        scope: None,
        query: Query::default(),
        sort: lens.default_sort(),
        direction: Direction::Forward,
        grouping: None,
    };
    let listing = Listing::build(&Cx { state, now: now() }, &question, &AtomicBool::new(false));
    listing.map(|listing| listing.ids().cloned().collect()).unwrap_or_default()
}
