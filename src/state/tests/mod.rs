//! The state as a whole: what updates do to it, and what it answers.

mod capacity;
mod slo;

use std::sync::Arc;

use super::*;
use crate::domain::pipeline::fixture::{at, job, pipeline};
use crate::domain::{
    Change, Entity, EntityId, Failure, FailureKind, Origin, RefPattern, Scope, Status, Text,
    TierPods, Update,
};

fn tiers() -> Tiers {
    Tiers::new(vec![Tier {
        name: Text::new("standard"),
        protected: false,
        runner_tags: vec![Text::new("eks-standard")],
        queue_target_seconds: 60.0,
        pods: TierPods::default(),
    }])
}

fn key() -> SourceKey {
    SourceKey { source: SourceId::QUEUE, scope: Scope::gitlab("acme") }
}

fn live(seconds: i64, change: Change) -> Update {
    Update { key: key(), at: at(seconds), origin: Origin::Live, change }
}

fn cached(seconds: i64, change: Change) -> Update {
    Update { origin: Origin::Cache, ..live(seconds, change) }
}

fn jobs(jobs: impl IntoIterator<Item = Job>) -> Change {
    Change::Upsert(jobs.into_iter().map(|job| Entity::Job(Arc::new(job))).collect())
}

fn pipelines(pipelines: impl IntoIterator<Item = Pipeline>) -> Change {
    Change::Upsert(pipelines.into_iter().map(|p| Entity::Pipeline(Arc::new(p))).collect())
}

fn project(id: u64) -> Project {
    Project {
        id: ProjectId(id),
        path: Text::new(&format!("acme/p{id}")),
        default_branch: Some(Text::new("main")),
        web_url: Text::new("https://gitlab.example.com/acme"),
        last_activity_at: None,
        protected_refs: None,
    }
}

fn state_with(updates: impl IntoIterator<Item = Update>) -> State {
    let mut state = State::new(tiers());
    for update in updates {
        state.apply(update, at(0));
    }
    state
}

fn waiting(state: &State) -> usize {
    state.queue(Some(TierIndex(0))).unwrap().waiting()
}

#[test]
fn a_job_is_counted_in_the_tier_of_its_tags() {
    let state = state_with([live(0, jobs([job(1, Status::Pending)]))]);
    assert_eq!((waiting(&state), state.queue(None).unwrap().waiting()), (1, 0));
}

#[test]
fn applying_the_same_again_changes_nothing() {
    let update = live(0, jobs([job(1, Status::Pending), job(2, Status::Running)]));
    let mut state = state_with([update.clone()]);
    assert!(state.apply(update, at(0)).is_empty());
    assert_eq!((waiting(&state), state.jobs().len()), (1, 2));
}

#[test]
fn a_job_that_moves_on_is_counted_once() {
    let started = Job { started_at: Some(at(30).into()), ..job(1, Status::Running) };
    let state = state_with([live(0, jobs([job(1, Status::Pending)])), live(31, jobs([started]))]);
    let queue = state.queue(Some(TierIndex(0))).unwrap();
    assert_eq!((queue.waiting(), queue.running(), queue.percentiles().p50), (0, 1, Some(30.0)));
}

#[test]
fn what_is_remembered_never_replaces_what_is_live() {
    let state = state_with([
        live(10, jobs([job(1, Status::Running)])),
        cached(20, jobs([job(1, Status::Pending)])),
    ]);
    assert_eq!(state.jobs().get(JobId(1)).unwrap().status, Status::Running);
}

#[test]
fn the_older_never_replaces_the_younger() {
    let state = state_with([
        live(10, jobs([job(1, Status::Running)])),
        live(5, jobs([job(1, Status::Pending)])),
    ]);
    assert_eq!(state.jobs().get(JobId(1)).unwrap().status, Status::Running);
}

#[test]
fn a_reason_that_was_read_stays_when_the_job_is_read_without_it() {
    let reason = Some(Text::new("script_failure"));
    let failed = Job { failure_reason: reason.clone(), ..job(1, Status::Failed) };
    let state = state_with([live(0, jobs([failed])), live(5, jobs([job(1, Status::Failed)]))]);
    assert_eq!(state.jobs().get(JobId(1)).unwrap().failure_reason, reason);
}

#[test]
fn jobs_that_ended_an_hour_ago_go() {
    let ended = Job { finished_at: Some(at(0).into()), ..job(1, Status::Success) };
    let mut state = state_with([live(0, jobs([ended, job(2, Status::Running)]))]);
    state.prune(at(3601));
    assert_eq!(state.jobs().iter().map(|(id, _)| id).collect::<Vec<_>>(), [JobId(2)]);
}

#[test]
fn a_start_an_hour_ago_leaves_the_percentiles_though_the_job_still_runs() {
    let running = Job { started_at: Some(at(5).into()), ..job(1, Status::Running) };
    let mut state = state_with([live(5, jobs([running]))]);
    state.prune(at(3606));
    let queue = state.queue(Some(TierIndex(0))).unwrap();
    assert_eq!((queue.percentiles().n, queue.running()), (0, 1));
}

#[test]
fn percentiles_count_on_a_fleet_that_was_collected() {
    let projects = Change::Replace(vec![Entity::Project(Arc::new(project(1)))]);
    let mut state = state_with([live(0, projects)]);
    assert!(!state.is_collected());
    state.apply(live(1, Change::Collected(vec![ProjectId(1)])), at(1));
    assert!(state.is_collected());
}

#[test]
fn a_project_that_left_takes_its_pipelines_and_jobs_along() {
    let both = Change::Replace(vec![
        Entity::Project(Arc::new(project(1))),
        Entity::Project(Arc::new(project(2))),
    ]);
    let one = Change::Replace(vec![Entity::Project(Arc::new(project(2)))]);
    let state = state_with([
        live(0, both),
        live(0, pipelines([pipeline(10, Status::Running)])),
        live(0, jobs([job(1, Status::Pending)])),
        live(1, one),
    ]);
    assert_eq!((state.pipelines().len(), state.jobs().len(), waiting(&state)), (0, 0, 0));
}

#[test]
fn what_the_cache_remembered_goes_when_the_feed_has_read_everything() {
    let all = Change::Replace(vec![Entity::Job(Arc::new(job(2, Status::Running)))]);
    let state = state_with([
        cached(0, jobs([job(1, Status::Pending), job(2, Status::Pending)])),
        live(5, all),
    ]);
    assert_eq!(state.jobs().iter().map(|(id, _)| id).collect::<Vec<_>>(), [JobId(2)]);
}

#[test]
fn a_confirmation_makes_unfinished_jobs_young() {
    let state = state_with([
        live(0, jobs([job(1, Status::Pending)])),
        live(60, Change::Confirm(vec![ProjectId(1)])),
    ]);
    let row = state.jobs().row(JobId(1)).unwrap();
    assert_eq!(state.job_seen_at(row), at(60));
}

#[test]
fn a_feed_that_cannot_be_read_now_keeps_when_it_last_was() {
    let confirmed = Report { confirmed_at: Some(at(0)), ..Report::starting(5.0) };
    let state = state_with([
        cached(0, Change::Report(confirmed)),
        live(50, Change::Report(Report::starting(5.0))),
    ]);
    assert_eq!(state.report(&key()).unwrap().confirmed_at, Some(at(0)));
}

#[test]
fn a_row_is_stale_when_its_feed_is_down() {
    let failure = Failure {
        kind: FailureKind::Server,
        message: Text::new("m"),
        hint: Text::new("h"),
        at: at(40),
        retry_at: None,
    };
    let report =
        Report { confirmed_at: Some(at(0)), failure: Some(failure), ..Report::starting(5.0) };
    let state =
        state_with([live(0, jobs([job(1, Status::Pending)])), live(40, Change::Report(report))]);
    let row = state.jobs().row(JobId(1)).unwrap();
    assert!(!state.is_job_stale(row, at(10)));
    assert!(state.is_job_stale(row, at(40)));
}

#[test]
fn the_youngest_ended_pipeline_of_a_protected_ref_decides() {
    let patterns: Arc<[RefPattern]> = Arc::from([RefPattern(Text::new("main"))]);
    let projects = Change::Replace(vec![Entity::Project(Arc::new(project(1)))]);
    let mut state = state_with([
        live(0, projects),
        live(0, Change::ProtectedRefs(ProjectId(1), patterns)),
        live(0, pipelines([pipeline(10, Status::Failed)])),
    ]);
    let failing = |state: &State| state.failing_refs(ProjectId(1)).len();
    assert_eq!(failing(&state), 1);
    state.apply(live(1, pipelines([pipeline(11, Status::Success)])), at(1));
    assert_eq!(failing(&state), 0);
}

#[test]
fn a_child_pipeline_stands_under_its_parent() {
    let child = Pipeline {
        parent: Some((Text::new("acme/p1"), PipelineId(10))),
        ..pipeline(11, Status::Running)
    };
    let state = state_with([live(0, pipelines([pipeline(10, Status::Running), child]))]);
    assert_eq!(state.children_of(PipelineId(10)).collect::<Vec<_>>(), [PipelineId(11)]);
}

#[test]
fn a_clone_keeps_the_picture_while_the_original_moves_on() {
    let mut state = state_with([live(0, jobs([job(1, Status::Pending)]))]);
    let picture = state.clone();
    state.apply(live(1, Change::Remove(vec![EntityId::Job(JobId(1))])), at(1));
    assert_eq!((picture.jobs().len(), state.jobs().len()), (1, 0));
}

#[test]
fn nothing_is_known_of_a_queue_that_was_never_heard_of() {
    let state = state_with([live(0, Change::Report(Report::starting(5.0)))]);
    assert!(!state.knows_queue());
}

#[test]
fn a_queue_that_was_confirmed_is_known_though_it_is_empty() {
    let report = Report { confirmed_at: Some(at(0)), ..Report::starting(5.0) };
    assert!(state_with([live(0, Change::Report(report))]).knows_queue());
}

#[test]
fn a_job_that_goes_on_waiting_keeps_the_instant_since_which_it_does() {
    let moment = |milliseconds| {
        Timestamp::from_millisecond(milliseconds).ok().map(crate::domain::Moment::from)
    };
    let waiting = |milliseconds: i64| {
        let queued_at = moment(milliseconds);
        Job { queued_at, ..job(1, Status::Pending) }
    };
    let mut state = state_with([live(0, jobs([waiting(5_000)]))]);
    let queued_at = |state: &State| state.jobs().get(JobId(1)).and_then(|job| job.queued_at);
    let changes = state.apply(live(1, jobs([waiting(5_640)])), at(1));
    assert!(changes.jobs.is_empty());
    assert_eq!(queued_at(&state), moment(5_000));
    state.apply(live(2, jobs([waiting(60_000)])), at(2));
    assert_eq!(queued_at(&state), moment(60_000));
}
