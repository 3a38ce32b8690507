//! `cargo bench --bench why`: what it costs to say why each of 10,000 jobs waits and what they share, and why one does, steps
//! and all, over 100,000 jobs, 10,000 pods and 600 nodes.

use std::sync::Arc;

use anyhow::{Context, Result};
use watchfloor::domain::{
    Change, Entity, EntityId, Job, JobId, NodeGroup, NodeGroupId, NodeGroupKind, Origin, Report,
    Runner, RunnerId, Scope, SourceId, SourceKey, Status, Text, Timestamp, Update,
};
use watchfloor::runtime::Clock;
use watchfloor::state::State;
use watchfloor::why::{Extra, Facts, explain, fleet::fleet};

mod stage;

use stage::figures::{Table, Times};
use stage::pods;
use stage::queue::{JOBS, Queue};

/// How many jobs wait.
const WAITING: usize = 10_000;
/// How often everything is worked out.
const PASSES: usize = 50;
/// The tiers of the stage.
const TIERS: [&str; 3] = ["sandbox", "standard", "protected"];

fn main() -> Result<()> {
    let now = Clock::wall().now();
    let state = platform(now);
    let extra = Extra::none();
    let waits = |job: &Job| job.status == Status::Pending;
    let waiting = state.jobs().iter().filter(|(_, row)| waits(&row.value)).count();
    anyhow::ensure!(waiting >= WAITING, "{waiting} jobs wait");
    let first = state.jobs().iter().find(|(_, row)| waits(&row.value)).map(|(id, _)| id);
    let about = EntityId::Job(first.context("a job that waits")?);
    let table = Table::titled(&format!("Why: {waiting} of {JOBS} jobs wait, {} pods", pods::PODS))?;
    let (mut whole, mut one) = (Times::default(), Times::default());
    let mut shares = Vec::new();
    for _ in 0..PASSES {
        shares = whole.of(|| fleet(&Facts::new(&state, &extra, now)));
        let explained = one.of(|| explain(&state, &extra, &about, now));
        anyhow::ensure!(explained.diagnosis.is_some(), "no diagnosis");
    }
    let counted: usize = shares.iter().map(|share| share.count).sum();
    anyhow::ensure!(counted >= WAITING, "{counted} jobs are in a share");
    table.times("the fleet by what it shares", &whole, "≤ 50 ms")?;
    table.times("one job with its steps, and the fleet", &one, "≤ 60 ms, off the task of keys")?;
    for share in shares.iter().take(5) {
        table.line(share.leaf.code(), &share.words(), "")?;
    }
    Ok(())
}

/// The queue of the other benches with more jobs that wait, over its pods; runners that are full.
fn platform(now: Timestamp) -> State {
    let mut state = State::new(pods::tiers());
    for update in Queue::at(now).updates().into_iter().chain(pods::updates(now)) {
        state.apply(held_up(update), now);
    }
    let report = Report { confirmed_at: Some(now), ..Report::starting(30.0) };
    let gitlab = |source| SourceKey { source, scope: Scope::gitlab("acme") };
    let mut news = vec![(gitlab(SourceId::RUNNERS), runners())];
    for tier in TIERS {
        let namespace = format!("ci-{tier}");
        for source in [SourceId::PODS, SourceId::EVENTS, SourceId::QUOTAS] {
            let scope = Scope::kubernetes("ci", Some(&namespace), source.0);
            news.push((SourceKey { source, scope }, Vec::new()));
        }
    }
    news.push((SourceKey { source: SourceId::NODEGROUPS, scope: Scope::eks("ci") }, groups()));
    let pools = Scope::kubernetes("ci", None, "nodepools");
    news.push((SourceKey { source: SourceId::NODEPOOLS, scope: pools }, Vec::new()));
    for (key, entities) in news {
        for change in [Change::Upsert(entities), Change::Report(report.clone())] {
            let update = Update { key: key.clone(), at: now, origin: Origin::Live, change };
            state.apply(update, now);
        }
    }
    state
}

/// The same news, in which the first jobs of the queue wait.
fn held_up(update: Update) -> Update {
    let change = match update.change {
        Change::Upsert(entities) => Change::Upsert(
            entities
                .into_iter()
                .enumerate()
                .map(|(place, entity)| match entity {
                    Entity::Job(job) if place < WAITING => Entity::Job(Arc::new(Job {
                        status: Status::Pending,
                        stuck: Some(false),
                        started_at: None,
                        finished_at: None,
                        failure_reason: None,
                        id: JobId(job.id.0),
                        ..(*job).clone()
                    })),
                    other => other,
                })
                .collect(),
        ),
        other => other,
    };
    Update { change, ..update }
}

fn runners() -> Vec<Entity> {
    let runner = |(id, tier): (u64, &str)| {
        Entity::Runner(Arc::new(Runner {
            id: RunnerId(id),
            description: Text::new(&format!("eks-{tier}-{id}")),
            kind: Text::new("group_type"),
            status: Text::new("online"),
            paused: false,
            locked: false,
            protected: false,
            run_untagged: false,
            tags: Arc::from([Text::new(&format!("eks-{tier}"))]),
            tier: None,
            contacted_at: None,
            version: None,
            running: Some(200),
            limit: Some(200),
            managers: Arc::from([]),
            managers_complete: true,
        }))
    };
    let tiers = TIERS.iter().cycle().take(60).copied();
    (1..).zip(tiers).map(runner).collect()
}

fn groups() -> Vec<Entity> {
    let group = |tier: &str| {
        let name = format!("ci-{tier}");
        Entity::NodeGroup(Arc::new(NodeGroup {
            id: NodeGroupId::of(&["ci", "eks", &name]),
            cluster: Text::new("ci"),
            name: Text::new(&name),
            kind: NodeGroupKind::Eks,
            tier: None,
            status: Text::new("ACTIVE"),
            min: Some(1),
            desired: Some(200),
            max: Some(200),
            limits: Arc::from([]),
            instance_types: Arc::from([]),
            capacity_type: None,
            version: None,
            issues: Arc::from([]),
            activities: None,
        }))
    };
    TIERS.iter().map(|tier| group(tier)).collect()
}
