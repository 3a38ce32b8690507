//! Pipelines come into being: the past, the ordinary traffic, and what somebody adds.

use std::sync::Arc;

use super::blueprint::{self, RefKind};
use super::model::Upstream;
use super::{Environment, Event, Fate, Job, Kind, Pipeline, Plan, Status, When, World};
use crate::sim::clock::{self, Millis};
use crate::sim::{NewJob, NewPipeline};

const MINUTE: Millis = 60_000;
/// Jobs of an ordinary pipeline, roughly.
const JOBS_EACH: f64 = 8.0;

/// What a pipeline is to be, before it exists.
pub(super) struct Draft {
    pub(super) project: u64,
    pub(super) reference: Arc<str>,
    pub(super) tag: bool,
    pub(super) source: &'static str,
    pub(super) stages: Arc<[String]>,
    pub(super) jobs: Vec<Plan>,
    pub(super) upstream: Option<Upstream>,
}

impl World {
    /// Lives through the past up to the start, so that every queue and clock in it is true.
    pub(super) fn live_the_past(&mut self) {
        let start = self.start;
        let rate = self.scenario.pipelines_per_minute.max(0.01);
        let jobs = f64::from(self.scenario.history_jobs);
        let minutes = (jobs / (rate * JOBS_EACH)).clamp(75.0, 1440.0);
        let mut begin = start - clock::millis(minutes * 60.0);
        if self.scenario.quiet {
            begin -= 150 * MINUTE;
        }
        self.now = begin;
        for (index, change) in self.scenario.change.clone().iter().enumerate() {
            self.plan((start + clock::millis(change.at_seconds)).max(begin), Event::Change(index));
        }
        for (index, scripted) in self.scenario.pipeline.clone().iter().enumerate() {
            self.plan(
                (start + clock::millis(scripted.at_seconds)).max(begin),
                Event::Script(index),
            );
        }
        self.plan(begin, Event::Arrive);
        self.plan(begin, Event::Scale);
        if self.scenario.capacity.churn_per_second > 0 {
            self.plan(start, Event::Waver);
        }
        self.advance(start);
    }

    /// A pipeline of the ordinary traffic begins, and the next one is planned.
    pub(super) fn arrive(&mut self) {
        let rate = self.scenario.pipelines_per_minute * f64::from(self.scale);
        if self.scenario.quiet && self.now > self.start - 150 * MINUTE {
            return;
        }
        if rate > 0.0 {
            let pause = self.dice.wait(clock::millis(60.0 / rate).max(1));
            self.plan(self.now + self.span(pause), Event::Arrive);
        } else {
            self.plan(self.now + MINUTE, Event::Arrive);
            return;
        }
        let Some(project) = self.busy_project() else { return };
        let kind = RefKind::draw(&mut self.dice);
        let reference = self.reference(project, kind);
        self.begin(project, kind, reference);
    }

    /// A pipeline as somebody asks for it; `None` when there is no such project.
    pub(crate) fn add_pipeline(&mut self, wanted: &NewPipeline) -> Option<u64> {
        let project = self.project_at(&wanted.project)?.id;
        let mut stages: Vec<String> = Vec::new();
        for job in &wanted.jobs {
            if !stages.contains(&job.stage) {
                stages.push(job.stage.clone());
            }
        }
        let jobs = wanted.jobs.iter().map(|job| plan_of(job, &stages)).collect();
        Some(self.create(Draft {
            project,
            reference: Arc::from(wanted.branch.as_str()),
            tag: false,
            source: "push",
            stages: stages.into(),
            jobs,
            upstream: None,
        }))
    }

    /// The pipeline that a bridge starts.
    pub(super) fn add_downstream(&mut self, upstream: Upstream, project: u64) -> Option<u64> {
        let parent = self.pipelines.get(upstream.pipeline)?;
        let child = parent.project == project;
        let reference = if child { Arc::clone(&parent.reference) } else { Arc::from("main") };
        let (stages, jobs) = blueprint::downstream(&mut self.dice, self.scenario.failing);
        Some(self.create(Draft {
            project,
            reference,
            tag: child && parent.tag,
            source: if child { "parent_pipeline" } else { "pipeline" },
            stages,
            jobs,
            upstream: Some(upstream),
        }))
    }

    /// Makes the attempt `plan` within a pipeline.
    pub(super) fn add_job(&mut self, pipeline: u64, project: u64, plan: Plan) -> u64 {
        let id = self.jobs.next();
        let job = Job {
            id,
            pipeline,
            project,
            plan,
            status: Status::Created,
            retried: false,
            created: self.now,
            queued: None,
            started: None,
            finished: None,
            scheduled: None,
            ends: None,
            reason: None,
            runner: None,
            manager: 0,
            pod: None,
            downstream: None,
            turn: 0,
        };
        self.jobs.push(job);
        if let Some(owner) = self.pipelines.get_mut(pipeline) {
            owner.jobs.push(id);
        }
        if let Some(owner) = self.projects.get_mut(&project) {
            owner.jobs.insert(id);
        }
        id
    }

    /// Removes the oldest pipelines that ended, once there are too many jobs.
    pub(super) fn forget(&mut self) {
        if self.jobs.len() <= self.keep_jobs || self.now < self.swept + MINUTE / 6 {
            return;
        }
        self.swept = self.now;
        let edge = self.now - 75 * MINUTE;
        let mut surplus = self.jobs.len().saturating_sub(self.keep_jobs * 9 / 10);
        let old: Vec<u64> = self
            .pipelines
            .values()
            .filter(|pipeline| pipeline.status.is_over() && pipeline.updated < edge)
            .take_while(|pipeline| {
                let before = surplus;
                surplus = surplus.saturating_sub(pipeline.jobs.len());
                before > 0
            })
            .map(|pipeline| pipeline.id)
            .collect();
        for id in old {
            self.forget_pipeline(id);
        }
    }

    fn forget_pipeline(&mut self, id: u64) {
        let Some(pipeline) = self.pipelines.remove(id) else { return };
        let Some(project) = self.projects.get_mut(&pipeline.project) else { return };
        project.pipelines.remove(&id);
        self.deployments.retain(|_, one| !pipeline.jobs.contains(&one.job));
        for job in pipeline.jobs {
            project.jobs.remove(&job);
            self.jobs.remove(job);
        }
    }

    /// A project; the first ones are the busiest.
    fn busy_project(&mut self) -> Option<u64> {
        let count = i64::try_from(self.busy_projects.len()).unwrap_or(0);
        let first = self.dice.between(0, count - 1);
        let second = self.dice.between(0, count - 1);
        let place = usize::try_from(first.min(second)).unwrap_or(0);
        self.busy_projects.get(place).copied()
    }

    fn reference(&mut self, project: u64, kind: RefKind) -> Arc<str> {
        let places = self.scenario.names.refs.len();
        if kind == RefKind::Branch && places > 0 {
            let place = usize::try_from(self.dice.number() % 97).unwrap_or(0) % places;
            return self
                .scenario
                .names
                .refs
                .get(place)
                .map_or_else(|| Arc::from("main"), |name| Arc::from(name.spelled()));
        }
        let next = self.projects.get_mut(&project).map_or(1, |owner| {
            owner.next_merge_request += u64::from(kind == RefKind::MergeRequest);
            owner.next_merge_request
        });
        blueprint::reference(&mut self.dice, kind, next)
    }

    fn begin(&mut self, project: u64, kind: RefKind, reference: Arc<str>) {
        let Some(owner) = self.projects.get(&project) else { return };
        let trade = owner.trade;
        let other = self.project_at("acme/infra/network").map_or(project, |other| other.id);
        let site = blueprint::Site { trade, kind, here: project, elsewhere: other };
        let failing = self.scenario.failing;
        let quiet = self.scenario.quiet;
        let (stages, mut jobs) = blueprint::ordinary(&mut self.dice, &site, failing);
        if quiet {
            for plan in &mut jobs {
                plan.when = When::Auto;
            }
        }
        self.name_verbatim(&mut jobs);
        let source = blueprint::source(&mut self.dice, kind);
        self.create(Draft {
            project,
            reference,
            tag: kind == RefKind::Tag,
            source,
            stages,
            jobs,
            upstream: None,
        });
    }

    /// Gives the scenario's own names to jobs, one to each pipeline in turn.
    fn name_verbatim(&mut self, jobs: &mut [Plan]) {
        let names = &self.scenario.names.jobs;
        if names.is_empty() {
            return;
        }
        if let (Some(name), Some(plan)) =
            (names.get(self.names_used % names.len()), jobs.first_mut())
        {
            plan.name = Arc::from(name.spelled());
        }
        self.names_used += 1;
    }

    fn create(&mut self, draft: Draft) -> u64 {
        let id = self.pipelines.next();
        let person = usize::try_from(self.dice.number() % 8).unwrap_or(0);
        let sha = Arc::from(self.dice.sha());
        let now = self.now;
        let Some(owner) = self.projects.get_mut(&draft.project) else { return id };
        let iid = owner.next_iid;
        owner.next_iid += 1;
        owner.active = now;
        owner.pipelines.insert(id);
        let pipeline = Pipeline {
            id,
            iid,
            project: draft.project,
            reference: draft.reference,
            sha,
            tag: draft.tag,
            source: draft.source,
            person,
            status: Status::Created,
            created: now,
            updated: now,
            started: None,
            finished: None,
            stages: draft.stages,
            jobs: Vec::with_capacity(draft.jobs.len()),
            upstream: draft.upstream,
        };
        self.pipelines.push(pipeline);
        for plan in draft.jobs {
            self.add_job(id, draft.project, plan);
        }
        self.settle(id);
        id
    }
}

fn plan_of(job: &NewJob, stages: &[String]) -> Plan {
    Plan {
        name: Arc::from(job.name.as_str()),
        stage: stages.iter().position(|stage| *stage == job.stage).unwrap_or(0),
        tags: job.tags.clone().into(),
        when: match job.delay_seconds {
            _ if job.manual => When::Manual,
            Some(delay) => When::Delayed(clock::millis(delay)),
            None => When::Auto,
        },
        kind: Kind::Build,
        allow_failure: job.allow_failure,
        resource_group: job.resource_group.as_deref().map(Arc::from),
        environment: job
            .environment
            .clone()
            .map(|name| Arc::new(Environment { name, approvals: job.approvals })),
        duration: clock::millis(job.seconds),
        fate: job.fails.as_deref().map_or(Fate::Success, |reason| Fate::Failure(Arc::from(reason))),
    }
}
