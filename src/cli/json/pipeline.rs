//! Pipelines as items.

use std::collections::BTreeMap;

use super::Scene;
use super::form::{Instant, instant, record, seconds};
use crate::domain::{Pipeline, PipelineId};
use crate::state::Row;

record! {
    /// A pipeline that has not ended, or that ended in the last hour.
    PipelineItem<'a> {
        /// GitLab's global id
        id: u64,
        /// its number within the project
        iid: Option<u64>,
        /// the project's full path
        project: &'a str,
        /// the project's id
        project_id: u64,
        /// branch, tag or merge-request ref
        r#ref: &'a str,
        /// the commit
        sha: &'a str,
        /// GitLab's status, verbatim
        status: &'a str,
        /// what started it: `push`, `schedule`, `parent_pipeline`, …
        source: Option<&'a str>,
        /// whether the ref is protected; null until the project's rules were read
        protected_ref: Option<bool>,
        /// when it was made
        created_at: Instant,
        /// when its first job started
        started_at: Option<Instant>,
        /// when it ended
        finished_at: Option<Instant>,
        /// from its making to its first job's start
        queued_seconds: Option<f64>,
        /// GitLab's figure for the time its jobs ran
        duration_seconds: Option<f64>,
        /// the pipeline that triggered it, `PROJECT#ID`
        parent: Option<String>,
        /// how many jobs are in each status, earlier tries left out
        jobs: BTreeMap<&'a str, u64>,
        /// its page
        web_url: String,
        /// when it was last confirmed
        seen_at: Instant,
        /// whether it is not confirmed any more
        stale: bool,
    }
}

impl<'a> PipelineItem<'a> {
    /// The item of a row.
    pub(super) fn new(scene: &Scene<'a>, row: &'a Row<Pipeline>) -> PipelineItem<'a> {
        let pipeline = &*row.value;
        let state = scene.state();
        let project = scene.project(pipeline.project);
        // An ended pipeline does not change; an unfinished one is confirmed with its project.
        let has_ended = pipeline.status.has_ended();
        let confirmed = state.confirmed_at(pipeline.project).filter(|_| !has_ended);
        let seen_at = confirmed.map_or(row.seen_at(), |at| at.max(row.seen_at()));
        let judged_at = if has_ended { scene.now() } else { seen_at };
        PipelineItem {
            id: pipeline.id.0,
            iid: pipeline.iid,
            project: project.path,
            project_id: pipeline.project.0,
            r#ref: &pipeline.reference,
            sha: &pipeline.sha,
            status: pipeline.status.as_str(),
            source: pipeline.source.as_deref(),
            protected_ref: project.protects(&pipeline.reference),
            created_at: Instant(pipeline.created_at),
            started_at: instant(pipeline.started_at),
            finished_at: instant(pipeline.finished_at),
            queued_seconds: pipeline.queued_seconds().map(seconds),
            duration_seconds: pipeline.duration_seconds.map(seconds),
            parent: pipeline.parent.as_ref().map(|(path, id)| format!("{path}#{id}")),
            jobs: jobs_by_status(scene, pipeline.id),
            web_url: project.page("pipelines", pipeline.id.0),
            seen_at: Instant(seen_at),
            stale: scene.is_offline() || state.is_stale(row, judged_at, scene.now()),
        }
    }
}

/// How many jobs are in each status, in GitLab's own words; earlier tries are left out.
fn jobs_by_status<'a>(scene: &Scene<'a>, pipeline: PipelineId) -> BTreeMap<&'a str, u64> {
    let mut counts = BTreeMap::new();
    for id in scene.state().jobs_of(pipeline) {
        if let Some(job) = scene.state().jobs().get(id).filter(|job| !job.retried) {
            *counts.entry(job.status.as_str()).or_default() += 1;
        }
    }
    counts
}
