//! [`State::apply`]: one arm per kind of change, each idempotent.

use std::collections::BTreeSet;
use std::sync::Arc;

use jiff::SignedDuration;

use super::queue::{Step, WINDOW_SECONDS};
use super::table::{Arrival, Effect, KeyIndex};
use super::{Changes, State};
use crate::domain::{
    Change, Entity, EntityId, Job, JobId, Origin, Pipeline, PipelineId, Project, ProjectId,
    RefPattern, Runner, RunnerId, Sample, SeriesId, SourceKey, Status, Timestamp, Update,
};

/// One answer tells since when a job waits, another for how long, each to its own fraction of a second: this much is no
/// change, or waiting jobs would trade places whenever one of them is looked at.
const TREMBLE: SignedDuration = SignedDuration::from_secs(3);

/// How many samples of a series stay in memory: a day of minutes.
const MAX_SAMPLES: usize = 1440;

impl State {
    /// Takes in one piece of news and says what became different. Applying it again changes nothing.
    pub fn apply(&mut self, update: Update, now: Timestamp) -> Changes {
        let Update { key, at, origin, change } = update;
        let mut changes = Changes::default();
        match change {
            Change::Replace(entities) => {
                let arrival = Arrival { at, origin, key: self.key_index(&key) };
                self.replace(entities, arrival, now, &mut changes);
            }
            Change::Upsert(entities) => {
                let arrival = Arrival { at, origin, key: self.key_index(&key) };
                for entity in entities {
                    self.upsert(entity, arrival, now, &mut changes);
                }
            }
            Change::Remove(ids) => ids.iter().for_each(|id| self.remove(id, &mut changes)),
            Change::Confirm(projects) => self.confirm(projects, at, &mut changes),
            Change::Collected(projects) => self.collect(projects, &mut changes),
            Change::ProtectedRefs(project, refs) => self.protect(project, &refs, &mut changes),
            Change::Report(mut report) => {
                // A feed that could not be read yet does not undo when it last was.
                let before = self.reports.get(&key).and_then(|known| known.confirmed_at);
                report.confirmed_at = report.confirmed_at.or(before);
                changes.reports =
                    self.reports.insert(key, report.clone()).as_ref() != Some(&report);
            }
            Change::Samples(series, samples) => self.remember(series, samples, &mut changes),
        }
        self.judge_changed(&mut changes);
        changes
    }

    /// Lets what has left the last hour go: ended jobs and pipelines, and starts that percentiles counted.
    pub fn prune(&mut self, now: Timestamp) -> Changes {
        let mut changes = Changes::default();
        let horizon = horizon(now);
        let ended: Vec<JobId> = self
            .index
            .ended_jobs
            .iter()
            .take_while(|(at, _)| *at < horizon)
            .map(|(_, id)| *id)
            .collect();
        for id in ended {
            self.remove_job(id, &mut changes);
        }
        let pipelines: Vec<PipelineId> = self
            .index
            .ended_pipelines
            .iter()
            .take_while(|(at, _)| *at < horizon)
            .map(|(_, id)| *id)
            .collect();
        for id in pipelines {
            self.let_go(id, &mut changes);
        }
        self.forget_starts(horizon, &mut changes);
        self.judge_changed(&mut changes);
        changes
    }

    /// Judges the protected refs of projects whose pipelines, or whose rules, are different now.
    fn judge_changed(&mut self, changes: &mut Changes) {
        let mut projects = std::mem::take(&mut changes.judged);
        let moved = changes.moved.iter().filter_map(|id| self.rows.pipelines.get(*id));
        projects.extend(moved.map(|pipeline| pipeline.project));
        for project in projects {
            self.judge_refs(project);
            changes.projects.insert(project);
        }
    }

    fn key_index(&mut self, key: &SourceKey) -> KeyIndex {
        let place = self.keys.iter().position(|known| known == key).unwrap_or_else(|| {
            self.keys.push_back(key.clone());
            self.keys.len() - 1
        });
        KeyIndex(u16::try_from(place).unwrap_or(u16::MAX))
    }

    fn replace(
        &mut self,
        entities: Vec<Entity>,
        arrival: Arrival,
        now: Timestamp,
        changes: &mut Changes,
    ) {
        let kept: BTreeSet<EntityId> = entities.iter().map(Entity::id).collect();
        for id in self.brought_by(arrival.key, &kept) {
            self.remove(&id, changes);
        }
        for entity in entities {
            self.upsert(entity, arrival, now, changes);
        }
    }

    /// Every row that a feed brought and that `kept` does not name.
    fn brought_by(&self, key: KeyIndex, kept: &BTreeSet<EntityId>) -> Vec<EntityId> {
        let mut named = Named::default();
        for id in kept {
            named.note(id);
        }
        let rows = &self.rows;
        let projects =
            rows.projects.absent(key, &named.projects).into_iter().map(EntityId::Project);
        let pipelines =
            rows.pipelines.absent(key, &named.pipelines).into_iter().map(EntityId::Pipeline);
        let jobs = rows.jobs.absent(key, &named.jobs).into_iter().map(EntityId::Job);
        let runners = rows.runners.absent(key, &named.runners).into_iter().map(EntityId::Runner);
        projects.chain(jobs).chain(pipelines).chain(runners).collect()
    }

    fn upsert(&mut self, entity: Entity, arrival: Arrival, now: Timestamp, changes: &mut Changes) {
        match entity {
            Entity::Project(project) => self.upsert_project(project, arrival, changes),
            Entity::Pipeline(pipeline) => self.upsert_pipeline(&pipeline, arrival, changes),
            Entity::Job(job) => self.upsert_job(job, arrival, now, changes),
            Entity::Runner(runner) => self.upsert_runner(runner, arrival, changes),
            _ => (),
        }
    }

    fn upsert_project(&mut self, project: Arc<Project>, arrival: Arrival, changes: &mut Changes) {
        let id = project.id;
        let known = self.rows.projects.get(id).and_then(|known| known.protected_refs.clone());
        let project = match (&project.protected_refs, known) {
            (None, Some(refs)) => {
                Arc::new(Project { protected_refs: Some(refs), ..Project::clone(&project) })
            }
            _ => project,
        };
        let path = project.path.clone();
        let before = self.rows.projects.get(id).map(|known| known.path.clone());
        if self.rows.projects.upsert(id, project, arrival) == Effect::Changed {
            changes.projects.insert(id);
            if before != Some(path) {
                changes.renamed.insert(id);
            }
        }
    }

    fn upsert_pipeline(
        &mut self,
        pipeline: &Arc<Pipeline>,
        arrival: Arrival,
        changes: &mut Changes,
    ) {
        let id = pipeline.id;
        let before = self.rows.pipelines.get(id).map(Arc::clone);
        if self.rows.pipelines.upsert(id, Arc::clone(pipeline), arrival) == Effect::Same {
            return;
        }
        let is_news = before.is_none() && arrival.origin == Origin::Live;
        if let Some(before) = before {
            self.unindex_pipeline(&before);
        }
        if is_news && self.coverage.collected.contains(&pipeline.project) {
            self.rows.pipelines.touch(id, arrival.at);
        }
        self.index.pipelines_of_project.insert((pipeline.project, id));
        if let Some((_, parent)) = &pipeline.parent {
            self.index.children.insert((*parent, id));
        }
        if let Some(at) = ended_at(pipeline) {
            self.index.ended_pipelines.insert((at, id));
        }
        changes.pipelines.insert(id);
        changes.moved.insert(id);
    }

    fn unindex_pipeline(&mut self, pipeline: &Pipeline) {
        self.index.pipelines_of_project.remove(&(pipeline.project, pipeline.id));
        if let Some((_, parent)) = &pipeline.parent {
            self.index.children.remove(&(*parent, pipeline.id));
        }
        if let Some(at) = ended_at(pipeline) {
            self.index.ended_pipelines.remove(&(at, pipeline.id));
        }
    }

    fn upsert_job(
        &mut self,
        job: Arc<Job>,
        arrival: Arrival,
        now: Timestamp,
        changes: &mut Changes,
    ) {
        let tier = self.tiers.of(&job.tags);
        let mut job =
            if job.tier == tier { job } else { Arc::new(Job { tier, ..Job::clone(&job) }) };
        let id = job.id;
        let before = self.rows.jobs.get(id).map(Arc::clone);
        if let Some(before) = &before
            && trembles(before, &job)
        {
            job = Arc::new(Job { queued_at: before.queued_at, ..Job::clone(&job) });
        }
        if let Some(before) = &before
            && job.failure_reason.is_none()
            && before.failure_reason.is_some()
            && before.status == job.status
        {
            let failure_reason = before.failure_reason.clone();
            job = Arc::new(Job { failure_reason, ..Job::clone(&job) });
        }
        if self.rows.jobs.upsert(id, Arc::clone(&job), arrival) == Effect::Same {
            return;
        }
        let standing = self.summary(job.pipeline).standing();
        let is_news = before.is_none() && arrival.origin == Origin::Live;
        if let Some(before) = before {
            self.unindex_job(&before);
        }
        if is_news && self.coverage.collected.contains(&job.project) {
            self.rows.jobs.touch(id, arrival.at);
        }
        self.index_job(&job, now);
        changes.jobs.insert(id);
        changes.pipelines.insert(job.pipeline);
        changes.projects.insert(job.project);
        if self.summary(job.pipeline).standing() != standing {
            changes.moved.insert(job.pipeline);
        }
    }

    fn index_job(&mut self, job: &Job, now: Timestamp) {
        self.index.jobs_of_pipeline.insert((job.pipeline, job.id));
        if let Some(at) = job.finished_at.filter(|_| job.status.has_ended()) {
            self.index.ended_jobs.insert((at, job.id));
        } else if job.status.has_ended() {
            self.index.ended_jobs.insert((job.created_at, job.id));
        }
        self.step(job, Step::In);
        let place = self.queue_place(job.tier);
        if let Some(queue) = self.index.queues.get_mut(place) {
            queue.add(job, horizon(now));
        }
    }

    fn unindex_job(&mut self, job: &Job) {
        self.index.jobs_of_pipeline.remove(&(job.pipeline, job.id));
        self.index.ended_jobs.remove(&(job.finished_at.unwrap_or(job.created_at), job.id));
        self.step(job, Step::Out);
        let place = self.queue_place(job.tier);
        if let Some(queue) = self.index.queues.get_mut(place) {
            queue.remove(job);
        }
    }

    fn step(&mut self, job: &Job, step: Step) {
        self.index.summaries.entry(job.pipeline).or_default().step(job, step);
        self.index.project_summaries.entry(job.project).or_default().step(job, step);
    }

    fn upsert_runner(&mut self, runner: Arc<Runner>, arrival: Arrival, changes: &mut Changes) {
        let tier = self.tiers.of(&runner.tags);
        let id = runner.id;
        let runner = if runner.tier == tier {
            runner
        } else {
            Arc::new(Runner { tier, ..Runner::clone(&runner) })
        };
        if self.rows.runners.upsert(id, runner, arrival) == Effect::Changed {
            changes.runners.insert(id);
        }
    }

    fn remove(&mut self, id: &EntityId, changes: &mut Changes) {
        match id {
            EntityId::Project(id) => self.remove_project(*id, changes),
            EntityId::Pipeline(id) => self.remove_pipeline(*id, changes),
            EntityId::Job(id) => self.remove_job(*id, changes),
            EntityId::Runner(id) => {
                let gone = self.rows.runners.remove(*id).map(|_| *id);
                changes.runners.extend(gone);
            }
            EntityId::Source(key) => changes.reports |= self.reports.remove(&**key).is_some(),
            _ => (),
        }
    }

    fn remove_project(&mut self, id: ProjectId, changes: &mut Changes) {
        if self.rows.projects.remove(id).is_none() {
            return;
        }
        let pipelines: Vec<PipelineId> = self.pipelines_of(id).collect();
        for pipeline in pipelines {
            self.remove_pipeline(pipeline, changes);
        }
        self.coverage.confirmed.remove(&id);
        self.coverage.collected.remove(&id);
        self.index.project_summaries.remove(&id);
        changes.judged.insert(id);
        changes.projects.insert(id);
    }

    fn remove_pipeline(&mut self, id: PipelineId, changes: &mut Changes) {
        let jobs: Vec<JobId> = self.jobs_of(id).collect();
        for job in jobs {
            self.remove_job(job, changes);
        }
        let children: Vec<PipelineId> = self.children_of(id).collect();
        if let Some(pipeline) = self.rows.pipelines.remove(id) {
            self.unindex_pipeline(&pipeline);
            // The family falls apart: everyone left may stand elsewhere now.
            changes.moved.extend(children);
            changes.moved.extend(pipeline.parent.as_ref().map(|(_, parent)| *parent));
            changes.judged.insert(pipeline.project);
            changes.pipelines.insert(id);
        }
        self.index.summaries.remove(&id);
    }

    fn remove_job(&mut self, id: JobId, changes: &mut Changes) {
        let Some(job) = self.rows.jobs.remove(id) else { return };
        let standing = self.summary(job.pipeline).standing();
        self.unindex_job(&job);
        changes.jobs.insert(id);
        changes.pipelines.insert(job.pipeline);
        changes.projects.insert(job.project);
        if self.summary(job.pipeline).standing() != standing {
            changes.moved.insert(job.pipeline);
        }
    }

    /// Drops an ended pipeline whose jobs are gone too.
    fn let_go(&mut self, id: PipelineId, changes: &mut Changes) {
        if self.jobs_of(id).next().is_none() {
            self.remove_pipeline(id, changes);
        }
    }

    fn forget_starts(&mut self, horizon: Timestamp, changes: &mut Changes) {
        for place in 0..self.index.queues.len() {
            let Some(queue) = self.index.queues.get_mut(place) else { continue };
            for id in queue.started_before(horizon) {
                if let Some(job) = self.rows.jobs.get(id) {
                    queue.forget_start(job);
                    changes.figures = true;
                }
            }
        }
    }

    fn confirm(&mut self, projects: Vec<ProjectId>, at: Timestamp, changes: &mut Changes) {
        for project in projects {
            let known = self.coverage.confirmed.get(&project);
            if known.is_none_or(|known| *known < at) {
                self.coverage.confirmed.insert(project, at);
                changes.figures = true;
            }
        }
    }

    fn collect(&mut self, projects: Vec<ProjectId>, changes: &mut Changes) {
        for project in projects {
            let is_known = self.rows.projects.get(project).is_some();
            if is_known && self.coverage.collected.insert(project).is_none() {
                changes.figures = true;
            }
        }
    }

    fn protect(&mut self, id: ProjectId, refs: &Arc<[RefPattern]>, changes: &mut Changes) {
        let Some(project) = self.rows.projects.get(id) else { return };
        if project.protected_refs.as_ref() == Some(refs) {
            return;
        }
        let protected_refs = Some(Arc::clone(refs));
        let amended = Arc::new(Project { protected_refs, ..Project::clone(project) });
        self.rows.projects.amend(id, amended);
        changes.judged.insert(id);
        changes.pipelines.extend(self.pipelines_of(id));
    }

    fn remember(&mut self, id: SeriesId, samples: Vec<Sample>, changes: &mut Changes) {
        let series = self.series.entry(id).or_default();
        for sample in samples {
            match series.binary_search_by_key(&sample.at, |known| known.at) {
                Ok(place) => drop(series.set(place, sample)),
                Err(place) => series.insert(place, sample),
            }
        }
        while series.len() > MAX_SAMPLES {
            series.pop_front();
        }
        changes.figures = true;
    }
}

/// The rows that a replacement names, by kind.
#[derive(Default)]
struct Named {
    projects: BTreeSet<ProjectId>,
    pipelines: BTreeSet<PipelineId>,
    jobs: BTreeSet<JobId>,
    runners: BTreeSet<RunnerId>,
}

impl Named {
    fn note(&mut self, id: &EntityId) {
        match id {
            EntityId::Project(id) => drop(self.projects.insert(*id)),
            EntityId::Pipeline(id) => drop(self.pipelines.insert(*id)),
            EntityId::Job(id) => drop(self.jobs.insert(*id)),
            EntityId::Runner(id) => drop(self.runners.insert(*id)),
            _ => (),
        }
    }
}

/// Whether a job that goes on waiting only seems to wait since another instant.
fn trembles(before: &Job, job: &Job) -> bool {
    let waits = |job: &Job| job.status == Status::Pending && job.started_at.is_none();
    match (before.queued_at, job.queued_at) {
        (Some(old), Some(new)) if waits(before) && waits(job) => {
            old != new && new.duration_since(old).abs() <= TREMBLE
        }
        _ => false,
    }
}

/// The start of the last hour.
fn horizon(now: Timestamp) -> Timestamp {
    now.checked_sub(SignedDuration::from_secs(WINDOW_SECONDS)).unwrap_or(Timestamp::MIN)
}

/// When a pipeline ended, for one that did.
fn ended_at(pipeline: &Pipeline) -> Option<Timestamp> {
    pipeline
        .status
        .has_ended()
        .then(|| pipeline.finished_at.or(pipeline.updated_at).unwrap_or(pipeline.created_at))
}
