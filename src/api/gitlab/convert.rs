//! GraphQL nodes into the domain's values.

use std::sync::Arc;

use jiff::SignedDuration;

use super::intern::Interner;
use super::kind::{FleetProject, Mark, Moving, Place, Step, Whole};
use super::node::{
    DownstreamNode, FleetNode, JobNode, ManagerNode, MarkNode, MovingNode, Page, PipelineNode,
    PlaceNode, RunnerNode, RunnerRefNode, StepNode,
};
use crate::domain::{
    Job, JobId, Pipeline, PipelineId, Project, ProjectId, Runner, RunnerId, RunnerManager,
    RunnerRef, Status, Text, Timestamp,
};

pub(super) fn mark(node: &MarkNode<'_>) -> Mark {
    Mark {
        id: PipelineId(node.id.0),
        iid: Some(node.iid.0),
        status: Status::parse(&node.status),
        updated_at: node.updated_at.0,
    }
}

/// The marks of a page, and the cursor of the next.
pub(super) fn marks(page: &Page<MarkNode<'_>>) -> (Vec<Mark>, Option<String>) {
    (page.nodes.iter().flatten().map(mark).collect(), page.next())
}

pub(super) fn place(node: &PlaceNode<'_>, interner: &mut Interner) -> Place {
    Place { id: ProjectId(node.id.0), path: interner.text(&node.full_path) }
}

/// A project without its marks.
pub(super) fn project(node: &FleetNode<'_>, interner: &mut Interner) -> FleetProject {
    let root = node.repository.as_ref().and_then(|repository| repository.root_ref.as_deref());
    let project = Project {
        id: ProjectId(node.id.0),
        path: interner.text(&node.full_path),
        default_branch: root.map(|root| interner.text(root)),
        web_url: Text::new(node.web_url.as_deref().unwrap_or_default()),
        last_activity_at: node.last_activity_at.0,
        protected_refs: None,
    };
    FleetProject { project: Arc::new(project), marks: Some(Vec::new()) }
}

fn runner_ref(node: &RunnerRefNode<'_>, interner: &mut Interner) -> Arc<RunnerRef> {
    interner.runner(RunnerId(node.id.0), node.description.as_deref().unwrap_or_default())
}

/// A pipeline that moves. One with a job that has no id, or with more jobs than a page holds, is not complete.
pub(super) fn moving(node: &MovingNode<'_>, interner: &mut Interner) -> Moving {
    let page = node.jobs.as_ref();
    let nodes = page.map_or(&[][..], |page| page.nodes.as_slice());
    let steps: Vec<Step> =
        nodes.iter().flatten().filter_map(|step| self::step(step, interner)).collect();
    let complete =
        steps.len() == nodes.len() && page.is_some_and(|page| !page.page_info.has_next_page);
    Moving { mark: mark(&node.mark), steps, complete }
}

fn step(node: &StepNode<'_>, interner: &mut Interner) -> Option<Step> {
    Some(Step {
        id: JobId(node.id?.0),
        status: Status::parse(node.status.as_deref()?),
        stuck: node.stuck,
        queued_at: queued_at(node.queued_at.0, node.started_at.0, node.queued_duration),
        started_at: node.started_at.0,
        runner: node.runner.as_ref().map(|runner| runner_ref(runner, interner)),
    })
}

/// A pipeline with the jobs of its first page; the cursor tells whether there are more.
pub(super) fn whole(
    node: &PipelineNode<'_>,
    place: Place,
    now: Timestamp,
    interner: &mut Interner,
) -> (Whole, Option<String>) {
    let upstream = node.upstream.as_ref();
    let pipeline = Pipeline {
        id: PipelineId(node.id.0),
        iid: node.iid.map(|iid| iid.0),
        project: place.id,
        reference: interner.text(node.reference.as_deref().unwrap_or_default()),
        sha: Text::new(node.sha.as_deref().unwrap_or_default()),
        status: Status::parse(&node.status),
        source: node.source.as_deref().map(|source| interner.text(&source.to_lowercase())),
        created_at: node.created_at.0.or(node.started_at.0).unwrap_or(now),
        updated_at: node.updated_at.0,
        started_at: node.started_at.0,
        finished_at: node.finished_at.0,
        duration_seconds: node.duration,
        parent: upstream.and_then(|upstream| {
            let path = interner.text(&upstream.project.as_ref()?.full_path);
            Some((path, PipelineId(upstream.id.0)))
        }),
        jobs_complete: true,
    };
    let nodes = node.jobs.as_ref().map_or(&[][..], |page| page.nodes.as_slice());
    let jobs =
        nodes.iter().flatten().filter_map(|job| self::job(job, &pipeline, interner)).collect();
    let downstream = node.downstream.iter().flat_map(|page| page.nodes.iter().flatten());
    let downstream = downstream.filter_map(|node| triggered(node, interner)).collect();
    let next = node.jobs.as_ref().and_then(Page::next);
    let unseen = node.jobs.is_none();
    let pipeline = Pipeline { jobs_complete: !unseen, ..pipeline };
    (Whole { place, pipeline, jobs, downstream }, next)
}

fn triggered(node: &DownstreamNode<'_>, interner: &mut Interner) -> Option<(Place, Mark)> {
    Some((place(node.project.as_ref()?, interner), mark(&node.mark)))
}

/// A job of a pipeline.
pub(super) fn job(node: &JobNode<'_>, pipeline: &Pipeline, interner: &mut Interner) -> Option<Job> {
    let reference = node.ref_name.as_deref();
    Some(Job {
        id: JobId(node.id?.0),
        name: interner.text(node.name.as_deref().unwrap_or_default()),
        stage: interner
            .text(node.stage.as_ref().and_then(|stage| stage.name.as_deref()).unwrap_or_default()),
        project: pipeline.project,
        pipeline: pipeline.id,
        reference: reference.map_or_else(|| pipeline.reference.clone(), |name| interner.text(name)),
        status: Status::parse(node.status.as_deref()?),
        tags: interner.tags(node.tags.iter().flatten().map(|tag| &**tag)),
        tier: None,
        allow_failure: node.allow_failure.unwrap_or_default(),
        retried: node.retried.unwrap_or_default(),
        stuck: node.stuck,
        created_at: node.created_at.0.or(node.queued_at.0).unwrap_or(pipeline.created_at),
        queued_at: queued_at(node.queued_at.0, node.started_at.0, node.queued_duration)
            .map(Into::into),
        started_at: node.started_at.0.map(Into::into),
        finished_at: node.finished_at.0.map(Into::into),
        failure_reason: None,
        runner: node.runner.as_ref().map(|runner| runner_ref(runner, interner)),
    })
}

/// When a job entered the queue. GraphQL tells instants to the second but the wait to a fraction of one, so that the
/// wait of a started job is kept exact.
fn queued_at(
    queued_at: Option<Timestamp>,
    started_at: Option<Timestamp>,
    waited: Option<f64>,
) -> Option<Timestamp> {
    let waited = waited.and_then(|waited| SignedDuration::try_from_secs_f64(waited).ok());
    let exact = started_at.zip(waited).and_then(|(at, waited)| at.checked_sub(waited).ok());
    exact.or(queued_at)
}

/// A runner with the managers of its first page.
pub(super) fn runner(node: &RunnerNode<'_>, interner: &mut Interner) -> Runner {
    let lower = |words: Option<&str>| Text::new(&words.unwrap_or_default().to_lowercase());
    let managers = node.managers.iter().flat_map(|page| page.nodes.iter().flatten());
    Runner {
        id: RunnerId(node.id.0),
        description: Text::new(node.description.as_deref().unwrap_or_default()),
        kind: lower(node.runner_type.as_deref()),
        status: lower(node.status.as_deref()),
        paused: node.paused.unwrap_or_default(),
        locked: node.locked.unwrap_or_default(),
        protected: node.access_level.as_deref() == Some("REF_PROTECTED"),
        run_untagged: node.run_untagged.unwrap_or_default(),
        tags: interner.tags(node.tag_list.iter().flatten().map(|tag| &**tag)),
        tier: None,
        contacted_at: node.contacted_at.0,
        version: None,
        running: node.job_count,
        limit: None,
        managers: managers.map(manager).collect(),
        managers_complete: node.managers.as_ref().is_some_and(|page| !page.page_info.has_next_page),
    }
}

/// A process behind a runner.
pub(super) fn manager(node: &ManagerNode<'_>) -> RunnerManager {
    RunnerManager {
        system_id: Text::new(node.system_id.as_deref().unwrap_or_default()),
        status: Text::new(&node.status.as_deref().unwrap_or_default().to_lowercase()),
        contacted_at: node.contacted_at.0,
        version: node.version.as_deref().map(Text::new),
    }
}
