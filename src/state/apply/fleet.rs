//! Projects, runners, coverage and series as they come, change and go.

use std::sync::Arc;

use crate::domain::{
    PipelineId, Project, ProjectId, RefPattern, Runner, RunnerId, Sample, SeriesId, Timestamp,
};
use crate::state::table::{Arrival, Effect};
use crate::state::{Changes, State};

/// How many samples of a series stay in memory: a day of minutes.
const MAX_SAMPLES: usize = 1440;

impl State {
    pub(super) fn upsert_project(
        &mut self,
        project: Arc<Project>,
        arrival: Arrival,
        changes: &mut Changes,
    ) {
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

    pub(super) fn upsert_runner(
        &mut self,
        runner: Arc<Runner>,
        arrival: Arrival,
        changes: &mut Changes,
    ) {
        let tier = self.tiers.of(&runner.tags);
        let id = runner.id;
        let runner = if runner.tier == tier {
            runner
        } else {
            Arc::new(Runner { tier, ..Runner::clone(&runner) })
        };
        let before = self.rows.runners.get(id).and_then(|known| known.tier);
        if self.rows.runners.upsert(id, runner, arrival) == Effect::Changed {
            let of_tier = &mut self.index.capacity.joins.runners_of_tier;
            if let Some(before) = before {
                of_tier.remove(&(before, id));
            }
            if let Some(tier) = tier {
                of_tier.insert((tier, id));
            }
            changes.runners.insert(id);
            changes.capacity = true;
        }
    }

    pub(super) fn remove_runner(&mut self, id: RunnerId, changes: &mut Changes) {
        let Some(runner) = self.rows.runners.remove(id) else { return };
        if let Some(tier) = runner.tier {
            self.index.capacity.joins.runners_of_tier.remove(&(tier, id));
        }
        changes.runners.insert(id);
        changes.capacity = true;
    }

    pub(super) fn remove_project(&mut self, id: ProjectId, changes: &mut Changes) {
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

    pub(super) fn confirm(
        &mut self,
        projects: Vec<ProjectId>,
        at: Timestamp,
        changes: &mut Changes,
    ) {
        for project in projects {
            let known = self.coverage.confirmed.get(&project);
            if known.is_none_or(|known| *known < at) {
                self.coverage.confirmed.insert(project, at);
                changes.figures = true;
                self.judge_doubtful(project, changes);
            }
        }
    }

    pub(super) fn collect(&mut self, projects: Vec<ProjectId>, changes: &mut Changes) {
        for project in projects {
            let is_known = self.rows.projects.get(project).is_some();
            if is_known && self.coverage.collected.insert(project).is_none() {
                changes.figures = true;
            }
        }
    }

    pub(super) fn protect(
        &mut self,
        id: ProjectId,
        refs: &Arc<[RefPattern]>,
        changes: &mut Changes,
    ) {
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

    pub(super) fn remember(&mut self, id: SeriesId, samples: Vec<Sample>, changes: &mut Changes) {
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

    /// Judges the protected refs of projects whose pipelines, or whose rules, are different now.
    pub(super) fn judge_changed(&mut self, changes: &mut Changes) {
        let mut projects = std::mem::take(&mut changes.judged);
        let moved = changes.moved.iter().filter_map(|id| self.rows.pipelines.get(*id));
        projects.extend(moved.map(|pipeline| pipeline.project));
        for project in projects {
            self.judge_refs(project);
            changes.projects.insert(project);
        }
    }
}
