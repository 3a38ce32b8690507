//! Updates as feeds bring them: few projects, pipelines and jobs, so that they meet, at instants of two hours. What an id
//! belongs to never changes, and one piece of news names an id once; everything else may be as it likes.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::SignedDuration;
use proptest::prelude::*;
use watchfloor::domain::{
    Change, Entity, EntityId, Job, JobId, Origin, Pipeline, PipelineId, Project, ProjectId,
    RefPattern, Runner, RunnerId, RunnerRef, Scope, SourceId, SourceKey, Status, Text, Tier,
    TierIndex, TierPods, Tiers, Timestamp, Update,
};

/// The instant at which everything is looked at.
pub(super) fn now() -> Timestamp {
    Timestamp::from_second(1_790_000_000).expect("an instant")
}

/// Two tiers.
pub(super) fn tiers() -> Tiers {
    let tier = |name: &str, protected| Tier {
        name: Text::new(name),
        protected,
        runner_tags: vec![Text::new(name)],
        queue_target_seconds: 60.0,
        pods: TierPods::default(),
    };
    Tiers::new(vec![tier("standard", false), tier("protected", true)])
}

fn instant() -> impl Strategy<Value = Timestamp> {
    (-7200..=0_i64).prop_map(|seconds| now() + SignedDuration::from_secs(seconds))
}

fn maybe_instant() -> impl Strategy<Value = Option<Timestamp>> {
    prop::option::of(instant())
}

fn status() -> impl Strategy<Value = Status> {
    let mut all = Status::KNOWN.to_vec();
    all.push(Status::parse("a_status_of_tomorrow"));
    prop::sample::select(all)
}

fn word(words: &'static [&'static str]) -> impl Strategy<Value = Text> {
    prop::sample::select(words).prop_map(Text::new)
}

/// The project of a pipeline.
fn project_of(pipeline: u64) -> ProjectId {
    ProjectId(pipeline % 3 + 1)
}

fn project() -> impl Strategy<Value = Entity> {
    let refs = prop::option::of(Just(Arc::from([RefPattern(Text::new("main"))])));
    (1..4_u64, maybe_instant(), refs).prop_map(|(id, last_activity_at, protected_refs)| {
        let plain = plain_project(id);
        Entity::Project(Arc::new(Project { last_activity_at, protected_refs, ..plain }))
    })
}

fn plain_project(id: u64) -> Project {
    Project {
        id: ProjectId(id),
        path: Text::new(&format!("acme/shop-{id}")),
        default_branch: Some(Text::new("main")),
        web_url: Text::new("https://gitlab.example.com/acme/shop"),
        last_activity_at: None,
        protected_refs: None,
    }
}

fn pipeline() -> impl Strategy<Value = Entity> {
    let times = (instant(), maybe_instant(), maybe_instant(), maybe_instant());
    let about = (status(), word(&["main", "fix/a", "release/1"]), any::<bool>());
    (1..6_u64, about, times).prop_map(|(id, about, times)| {
        let (status, reference, jobs_complete) = about;
        let (created_at, updated_at, started_at, finished_at) = times;
        Entity::Pipeline(Arc::new(Pipeline {
            reference,
            status,
            created_at,
            updated_at,
            started_at,
            finished_at,
            jobs_complete,
            ..plain_pipeline(id)
        }))
    })
}

/// A pipeline that waits; the third and those that follow were triggered by the one two before.
fn plain_pipeline(id: u64) -> Pipeline {
    Pipeline {
        id: PipelineId(id),
        iid: Some(id),
        project: project_of(id),
        reference: Text::new("main"),
        sha: Text::new("0f1e2d3c4b5a69788796a5b4c3d2e1f001234567"),
        status: Status::Created,
        source: None,
        created_at: long_ago(),
        updated_at: None,
        started_at: None,
        finished_at: None,
        duration_seconds: None,
        parent: (id > 2).then(|| (Text::new("acme/shop"), PipelineId(id - 2))),
        jobs_complete: true,
    }
}

/// Before all other news.
fn long_ago() -> Timestamp {
    now() - SignedDuration::from_hours(3)
}

fn job() -> impl Strategy<Value = Entity> {
    let times = (instant(), maybe_instant(), maybe_instant(), maybe_instant());
    let tier = prop::option::of((0..2_u16).prop_map(TierIndex));
    let reason = prop::option::of(word(&["script_failure", "runner_system_failure", "unheard_of"]));
    let about = (status(), word(&["unit", "deploy", "lint\u{202e}"]), tier, reason, any::<bool>());
    (1..10_u64, about, times).prop_map(|(id, about, times)| {
        let pipeline = id % 5 + 1;
        let (status, name, tier, failure_reason, retried) = about;
        let (created_at, queued_at, started_at, finished_at) = times;
        let runner = RunnerRef { id: RunnerId(1), description: Text::new("runner") };
        Entity::Job(Arc::new(Job {
            id: JobId(id),
            name,
            stage: Text::new("test"),
            project: project_of(pipeline),
            pipeline: PipelineId(pipeline),
            reference: Text::new("main"),
            status,
            tags: Arc::from([Text::new("standard")]),
            tier,
            allow_failure: false,
            retried,
            stuck: None,
            created_at,
            queued_at: queued_at.map(Into::into),
            started_at: started_at.map(Into::into),
            finished_at: finished_at.map(Into::into),
            failure_reason,
            runner: started_at.map(|_| Arc::new(runner)),
        }))
    })
}

fn runner() -> impl Strategy<Value = Entity> {
    (1..4_u64, word(&["online", "offline", "stale"]), any::<bool>(), maybe_instant()).prop_map(
        |(id, status, paused, contacted_at)| {
            Entity::Runner(Arc::new(Runner {
                id: RunnerId(id),
                description: Text::new("eks-standard"),
                kind: Text::new("group_type"),
                status,
                paused,
                locked: false,
                protected: false,
                run_untagged: false,
                tags: Arc::from([Text::new("standard")]),
                tier: None,
                contacted_at,
                version: None,
                running: None,
                limit: None,
                managers: Arc::from([]),
                managers_complete: true,
            }))
        },
    )
}

fn address() -> impl Strategy<Value = EntityId> {
    prop_oneof![
        (1..4_u64).prop_map(|id| EntityId::Project(ProjectId(id))),
        (1..6_u64).prop_map(|id| EntityId::Pipeline(PipelineId(id))),
        (1..10_u64).prop_map(|id| EntityId::Job(JobId(id))),
        (1..4_u64).prop_map(|id| EntityId::Runner(RunnerId(id))),
    ]
}

fn entity() -> impl Strategy<Value = Entity> {
    prop_oneof![1 => project(), 3 => pipeline(), 6 => job(), 1 => runner()]
}

/// Some entities, each of them once.
fn entities(one: impl Strategy<Value = Entity>) -> impl Strategy<Value = Vec<Entity>> {
    prop::collection::vec(one, 0..6).prop_map(|all| {
        let by_id: BTreeMap<EntityId, Entity> =
            all.into_iter().map(|one| (one.id(), one)).collect();
        by_id.into_values().collect()
    })
}

/// Every project and every pipeline.
pub(super) fn fleet() -> Vec<Update> {
    let update = |source, change| {
        let key = SourceKey { source, scope: Scope::gitlab("acme") };
        Update { key, at: long_ago(), origin: Origin::Live, change }
    };
    let projects = (1..4_u64).map(|id| Entity::Project(Arc::new(plain_project(id)))).collect();
    let pipelines = (1..6_u64).map(|id| Entity::Pipeline(Arc::new(plain_pipeline(id)))).collect();
    vec![
        update(SourceId::PROJECTS, Change::Replace(projects)),
        update(SourceId::QUEUE, Change::Upsert(pipelines)),
    ]
}

/// News of jobs and runners that come, change and go, and of pipelines that come and change; projects stay.
pub(super) fn work() -> impl Strategy<Value = Vec<Update>> {
    let stays = |update: &Update| match &update.change {
        Change::Replace(_) => update.key.source != SourceId::PROJECTS,
        Change::Remove(ids) => {
            !ids.iter().any(|id| matches!(id, EntityId::Project(_) | EntityId::Pipeline(_)))
        }
        _ => true,
    };
    updates().prop_map(move |all| all.into_iter().filter(stays).collect())
}

fn change() -> impl Strategy<Value = (SourceId, Change)> {
    let ids = || prop::collection::vec((1..4_u64).prop_map(ProjectId), 0..3);
    prop_oneof![
        8 => entities(entity()).prop_map(|all| (SourceId::QUEUE, Change::Upsert(all))),
        1 => entities(project()).prop_map(|all| (SourceId::PROJECTS, Change::Replace(all))),
        1 => entities(runner()).prop_map(|all| (SourceId::RUNNERS, Change::Replace(all))),
        2 => prop::collection::vec(address(), 0..4).prop_map(|all| (SourceId::QUEUE, Change::Remove(all))),
        1 => ids().prop_map(|ids| (SourceId::QUEUE, Change::Confirm(ids))),
        1 => ids().prop_map(|ids| (SourceId::QUEUE, Change::Collected(ids))),
        1 => (1..4_u64).prop_map(|id| {
            let refs = Arc::from([RefPattern(Text::new("release/*"))]);
            (SourceId::PROJECTS, Change::ProtectedRefs(ProjectId(id), refs))
        }),
    ]
}

/// A piece of news, live or remembered.
pub(super) fn update() -> impl Strategy<Value = Update> {
    let origin = prop::sample::select([Origin::Live, Origin::Live, Origin::Cache].as_slice());
    (change(), instant(), origin).prop_map(|((source, change), at, origin)| {
        let key = SourceKey { source, scope: Scope::gitlab("acme") };
        Update { key, at, origin, change }
    })
}

/// Entities that came or changed, from the platform itself.
pub(super) fn upsert() -> impl Strategy<Value = Update> {
    (entities(entity()), instant()).prop_map(|(all, at)| {
        let key = SourceKey { source: SourceId::QUEUE, scope: Scope::gitlab("acme") };
        Update { key, at, origin: Origin::Live, change: Change::Upsert(all) }
    })
}

/// Some news, one after the other.
pub(super) fn updates() -> impl Strategy<Value = Vec<Update>> {
    prop::collection::vec(update(), 0..12)
}
