//! The fields of groups and projects.

use serde_json::Value;

use super::super::super::links;
use super::super::execute::Run;
use super::super::node::{Node, Order, Out, leaf};
use super::super::value::Arguments;
use super::{
    Found, access, job_rows, merge_request, nothing, pipeline, policy, runner, statuses,
    vulnerability,
};
use crate::sim::clock;
use crate::sim::organisation::Place;
use crate::sim::world::{Job, Project};

/// A field of a group.
pub(super) fn group_field(run: &Run<'_>, id: u64, name: &str, arguments: &Arguments) -> Found {
    let Some(group) = run.world.groups.get(&id) else { return nothing("Group", name) };
    Ok(match name {
        "id" => leaf(links::gid("Group", id)),
        "fullPath" => leaf(group.path.as_str()),
        "fullName" => leaf(group.path.replace('/', " / ")),
        "name" | "path" => leaf(group.name()),
        "webUrl" => leaf(format!("{}/groups/{}", run.base, group.path)),
        "description" => leaf(""),
        "visibility" => leaf("private"),
        "parent" => Out::One(group.parent.map(Node::Group)),
        "projects" => {
            let deep = arguments.switch("includeSubgroups") == Some(true);
            let below = format!("{}/", group.path);
            let rows = run.world.projects.values();
            let rows = rows.filter(|one| one.group == id || (deep && one.path.starts_with(&below)));
            return list(run, rows.collect(), arguments);
        }
        "runners" => runner::list(run, id, arguments),
        "requireTwoFactorAuthentication" => leaf(!run.world.organisation.one_factor.contains(&id)),
        "ciVariables" => access::variables(run, Place::Group(id), arguments),
        "descendantGroups" => access::groups(run, id, arguments),
        "groupMembers" => return access::members(run, Place::Group(id), arguments),
        _ => return nothing("Group", name),
    })
}

/// Projects as a list, newest first unless by activity.
pub(super) fn list(run: &Run<'_>, mut rows: Vec<&Project>, arguments: &Arguments) -> Found {
    if let Some(ids) = arguments.texts("ids") {
        let ids: Vec<u64> = ids.into_iter().filter_map(links::number).collect();
        rows.retain(|project| ids.contains(&project.id));
    }
    if let Some(paths) = arguments.texts("fullPaths") {
        if paths.len() > 50 {
            return Err("You can only provide up to 50 full paths".to_owned());
        }
        let asked: Vec<u64> =
            paths.into_iter().filter_map(|path| Some(run.world.project_at(path)?.id)).collect();
        rows.retain(|project| asked.contains(&project.id));
    }
    if arguments.switch("includeArchived") == Some(false) {
        rows.retain(|project| !project.archived);
    }
    if let Some(search) = arguments.text("search") {
        let search = search.to_lowercase();
        rows.retain(|project| project.path.to_lowercase().contains(&search));
    }
    rows.reverse();
    if arguments.text("sort") == Some("ACTIVITY_DESC") {
        rows.sort_by_key(|project| std::cmp::Reverse(project.active));
    }
    Ok(Out::Rows(rows.iter().map(|project| Node::Project(project.id)).collect(), Order::Falling))
}

/// A field of a project.
pub(super) fn field(run: &Run<'_>, id: u64, name: &str, arguments: &Arguments) -> Found {
    let Some(project) = run.world.projects.get(&id) else { return nothing("Project", name) };
    let url = || format!("{}/{}", run.base, project.path);
    Ok(match name {
        "id" => leaf(links::gid("Project", id)),
        "archived" => leaf(project.archived),
        "createdAt" => leaf(clock::coarse(project.created)),
        "lastActivityAt" => leaf(clock::coarse(project.active)),
        "description" => leaf(Value::Null),
        "fullPath" => leaf(project.path.as_str()),
        "group" => Out::One(Some(Node::Group(project.group))),
        "httpUrlToRepo" => leaf(format!("{}.git", url())),
        "webUrl" => leaf(url()),
        "name" => leaf(project.name.as_str()),
        "nameWithNamespace" => leaf(project.path.replace('/', " / ")),
        "path" => leaf(project.path.rsplit('/').next()),
        "visibility" => leaf("private"),
        "repository" => Out::One(Some(Node::Repository(id))),
        "approvalPolicies" => policy::list(run, id),
        "ciVariables" => access::variables(run, Place::Project(id), arguments),
        "projectMembers" => return access::members(run, Place::Project(id), arguments),
        "job" => {
            let asked = arguments.text("id").and_then(links::number);
            let found = asked.filter(|job| project.jobs.contains(job));
            Out::One(found.map(Node::Job))
        }
        "jobs" => jobs(run, project, arguments),
        "mergeRequest" => merge_request::find(run, project, arguments),
        "pipeline" => Out::One(pipeline::find(run, project, arguments).map(Node::Pipeline)),
        "pipelines" => return pipeline::list(run, project, arguments),
        "vulnerabilities" => return vulnerability::list(run, project, arguments),
        _ => return nothing("Project", name),
    })
}

fn jobs(run: &Run<'_>, project: &Project, arguments: &Arguments) -> Out {
    let wanted = statuses(arguments);
    let fits = |job: &&Job| {
        !job.is_bridge() && wanted.as_ref().is_none_or(|wanted| wanted.contains(&job.status))
    };
    let jobs = project.jobs.iter().rev().filter_map(|id| run.world.jobs.get(*id));
    job_rows(jobs.filter(fits), Order::Falling)
}
