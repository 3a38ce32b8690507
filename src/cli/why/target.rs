//! The target of `why`: a job, a pipeline or a pod, as it is printed or as the address of its page.

use crate::cli::act::target::{of_page, project_of};
use crate::cli::exit::Problem;
use crate::cli::ground::Ground;
use crate::domain::{EntityId, JobId, PipelineId, Project, ProjectId, Target, TargetKind, Text};
use crate::state::State;

/// What was named, before anything is known of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Named {
    /// A job or a pipeline of a project: the number alone does not tell.
    Numbered(Text, u64),
    /// A job.
    Job(Text, JobId),
    /// A pipeline.
    Pipeline(Text, PipelineId),
    /// A pod: cluster, namespace, name.
    Pod(Text, Text, Text),
}

/// Reads a target.
pub(super) fn read(words: &str, ground: &Ground) -> Result<Named, Problem> {
    if words.starts_with("https://") || words.starts_with("http://") {
        let gitlab = ground.loaded.settings.gitlab.as_ref().map(|gitlab| &gitlab.url);
        return match of_page(words, gitlab)? {
            Target::Job(path, id) => Ok(Named::Job(path, id)),
            Target::Pipeline(path, id) => Ok(Named::Pipeline(path, id)),
            _ => Err(unclear(words)),
        };
    }
    if let Some(Target::Job(path, id)) = TargetKind::Job.read(words) {
        return Ok(Named::Numbered(path, id.0));
    }
    if let Ok(id) = words.parse::<u64>() {
        let path = project_of(&ground.loaded.places, JobId(id), ground.clock.now());
        return path.map(|path| Named::Job(path, JobId(id))).ok_or_else(|| {
            let message = format!("the cache knows no job {id}, so its project is not known");
            Problem::usage(
                message,
                format!("write PROJECT#{id}, or give the address of the job's page"),
            )
        });
    }
    match TargetKind::Pod.read(words) {
        Some(Target::Pod(cluster, namespace, name)) => Ok(Named::Pod(cluster, namespace, name)),
        _ => Err(unclear(words)),
    }
}

fn unclear(words: &str) -> Problem {
    let hint = "write PROJECT#ID for a job or a pipeline, CLUSTER/NAMESPACE/NAME for a pod, or the address of a page";
    Problem::usage(format!("`{words}` is no job, pipeline or pod"), hint)
}

/// What is known under that name.
pub(super) fn find(state: &State, named: &Named) -> Option<EntityId> {
    let is_of = |project: ProjectId, path: &Text| {
        state.projects().get(project).is_some_and(|known| known.path == *path)
    };
    let job = |path: &Text, id: JobId| {
        let job = state.jobs().get(id).filter(|job| is_of(job.project, path));
        job.map(|_| EntityId::Job(id))
    };
    let pipeline = |path: &Text, id: PipelineId| {
        let pipeline = state.pipelines().get(id).filter(|one| is_of(one.project, path));
        pipeline.map(|_| EntityId::Pipeline(id))
    };
    match named {
        Named::Numbered(path, id) => {
            job(path, JobId(*id)).or_else(|| pipeline(path, PipelineId(*id)))
        }
        Named::Job(path, id) => job(path, *id),
        Named::Pipeline(path, id) => pipeline(path, *id),
        Named::Pod(cluster, namespace, name) => {
            let mut pods = state.pods().iter();
            let is_it = |pod: &crate::domain::Pod| {
                pod.cluster == *cluster && pod.namespace == *namespace && pod.name == *name
            };
            pods.find(|(_, row)| is_it(&row.value)).map(|(id, _)| EntityId::Pod(id))
        }
    }
}

/// The project that is named, where it is known, and the number of a job in it.
pub(super) fn job_in<'a>(state: &'a State, named: &Named) -> Option<(&'a Project, JobId)> {
    let (path, id) = match named {
        Named::Numbered(path, id) => (path, JobId(*id)),
        Named::Job(path, id) => (path, *id),
        Named::Pipeline(..) | Named::Pod(..) => return None,
    };
    let (_, row) = state.projects().iter().find(|(_, row)| row.value.path == *path)?;
    Some((&row.value, id))
}
