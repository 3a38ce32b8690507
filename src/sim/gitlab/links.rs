//! Addresses of things: paths in the web interface and global ids.

use crate::sim::world::{Job, Pipeline, World};

/// Path of a project.
pub(super) fn project(world: &World, id: u64) -> String {
    world.projects.get(&id).map_or_else(String::new, |project| format!("/{}", project.path))
}

/// Path of a pipeline.
pub(super) fn pipeline(world: &World, pipeline: &Pipeline) -> String {
    format!("{}/-/pipelines/{}", project(world, pipeline.project), pipeline.id)
}

/// Path of a job.
pub(super) fn job(world: &World, job: &Job) -> String {
    format!("{}/-/jobs/{}", project(world, job.project), job.id)
}

/// A global id.
pub(super) fn gid(kind: &str, id: u64) -> String {
    format!("gid://gitlab/{kind}/{id}")
}

/// The number in a global id, or in a plain one.
pub(super) fn number(gid: &str) -> Option<u64> {
    gid.rsplit('/').next()?.parse().ok()
}

/// Path of the commit of a pipeline.
pub(super) fn commit(world: &World, pipeline: &Pipeline) -> String {
    format!("{}/-/commit/{}", project(world, pipeline.project), pipeline.sha)
}

/// The full name of a ref.
pub(super) fn reference(pipeline: &Pipeline) -> String {
    let (name, tag) = (&pipeline.reference, pipeline.tag);
    match (name.starts_with("refs/"), tag) {
        (true, _) => name.to_string(),
        (false, true) => format!("refs/tags/{name}"),
        (false, false) => format!("refs/heads/{name}"),
    }
}

/// The first eight characters of a commit.
pub(super) fn short(sha: &str) -> String {
    sha.chars().take(8).collect()
}
