//! A small known state for the tests of what is printed.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use super::kind::Kind;
use crate::domain::pipeline::fixture;
pub(super) use crate::domain::pipeline::fixture::job;
use crate::domain::{
    Change, Entity, EntityId, Failure, FailureKind, Job, Origin, Pipeline, PipelineId, Project,
    ProjectId, RefPattern, Report, Runner, RunnerId, RunnerManager, RunnerRef, Scope, SourceId,
    SourceKey, Status, Text, Tier, TierPods, Tiers, Timestamp, Update,
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

fn key(source: SourceId) -> SourceKey {
    SourceKey { source, scope: Scope::gitlab("acme") }
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
    let failure = Failure {
        kind: FailureKind::TokenExpired,
        message: Text::new("m"),
        hint: Text::new("h"),
        at: now(),
        retry_at: None,
    };
    let report = Report { failure: Some(failure), ..Report::starting(5.0) };
    tell(state, SourceId::QUEUE, Change::Report(report));
}

/// One project with a pipeline of two jobs, a runner with its manager, one tier, every feed live.
pub(super) fn state() -> State {
    let tier = Tier {
        name: Text::new("standard"),
        protected: false,
        runner_tags: vec![Text::new("eks-standard")],
        queue_target_seconds: 60.0,
        pods: TierPods::default(),
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
    for source in SourceId::ALL {
        confirm(&mut state, source);
    }
    state
}

/// Lets the queue's feed begin, without an answer yet.
pub(super) fn starting(state: &mut State) {
    tell(state, SourceId::QUEUE, Change::Report(Report::starting(5.0)));
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
        started_at: Some(fixture::at(10)),
        finished_at: Some(fixture::at(70)),
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
