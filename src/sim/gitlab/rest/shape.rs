//! The JSON of every entity, as the public documents describe it.

use serde_json::{Map, Value, json};

use super::super::links;
pub(super) use super::account::{account, own_user};
use super::{Desk, access};
use crate::sim::clock::{self, Millis};
use crate::sim::organisation::Place;
use crate::sim::world::{Group, Job, Manager, Person, Pipeline, Presence, Project, Runner, Status};

/// A user in short.
pub(super) fn person(desk: &Desk<'_>, index: usize) -> Value {
    desk.world.people.get(index).map_or(Value::Null, |who| user(desk, who))
}

pub(super) fn user(desk: &Desk<'_>, who: &Person) -> Value {
    json!({
        "id": who.id,
        "username": who.username,
        "public_email": null,
        "name": who.name,
        "state": "active",
        "locked": false,
        "avatar_url": null,
        "web_url": format!("{}/{}", desk.base, who.username),
    })
}

/// One group.
pub(super) fn group(desk: &Desk<'_>, group: &Group) -> Value {
    json!({
        "id": group.id,
        "web_url": format!("{}/groups/{}", desk.base, group.path),
        "name": group.name(),
        "path": group.name(),
        "description": "",
        "visibility": "private",
        "full_name": group.path.replace('/', " / "),
        "full_path": group.path,
        "created_at": "2022-01-10T09:00:00.000Z",
        "parent_id": group.parent,
        "archived": false,
        "request_access_enabled": false,
        "require_two_factor_authentication": !desk.world.organisation.one_factor.contains(&group.id),
        "two_factor_grace_period": 48,
        "shared_with_groups": access::shares(desk, Place::Group(group.id)),
        "projects": [],
        "shared_projects": [],
        "avatar_url": null,
    })
}

/// A project in short.
pub(super) fn project_basic(desk: &Desk<'_>, project: &Project) -> Value {
    let leaf = project.path.rsplit('/').next().unwrap_or_default();
    let group = desk.world.groups.get(&project.group);
    let above = group.map_or_else(String::new, |group| group.path.clone());
    let url = format!("{}/{}", desk.base, project.path);
    json!({
        "id": project.id,
        "description": null,
        "name": project.name,
        "name_with_namespace": format!("{} / {}", above.replace('/', " / "), project.name),
        "path": leaf,
        "path_with_namespace": project.path,
        "created_at": clock::fine(project.created),
        "default_branch": "main",
        "tag_list": [],
        "topics": [],
        "ssh_url_to_repo": format!("git@gitlab.acme.example:{}.git", project.path),
        "http_url_to_repo": format!("{url}.git"),
        "web_url": url,
        "readme_url": null,
        "forks_count": 0,
        "avatar_url": null,
        "star_count": 0,
        "last_activity_at": clock::fine(project.active),
        "visibility": "private",
        "namespace": group.map(|group| json!({
            "id": group.id,
            "name": group.name(),
            "path": group.name(),
            "kind": "group",
            "full_path": group.path,
            "parent_id": group.parent,
            "avatar_url": null,
            "web_url": format!("{}/groups/{}", desk.base, group.path),
        })),
    })
}

/// A project in full.
pub(super) fn project_full(desk: &Desk<'_>, project: &Project) -> Value {
    let mut full = project_basic(desk, project);
    let link = |part: &str| format!("{}/api/v4/projects/{}{part}", desk.base, project.id);
    merge(
        &mut full,
        json!({
            "_links": {
                "self": link(""),
                "issues": link("/issues"),
                "merge_requests": link("/merge_requests"),
                "repo_branches": link("/repository/branches"),
                "labels": link("/labels"),
                "events": link("/events"),
                "members": link("/members"),
            },
            "empty_repo": false,
            "archived": project.archived,
            "issues_enabled": true,
            "merge_requests_enabled": true,
            "jobs_enabled": true,
            "shared_runners_enabled": false,
            "group_runners_enabled": true,
            "creator_id": 2,
            "import_status": "none",
            "open_issues_count": 0,
            "updated_at": clock::fine(project.active),
            "build_timeout": 3600,
            "ci_config_path": null,
            "public_jobs": false,
            "shared_with_groups": access::shares(desk, Place::Project(project.id)),
            "allow_pipeline_trigger_approve_deployment": false,
            "only_allow_merge_if_pipeline_succeeds": true,
            "merge_method": "merge",
        }),
    );
    full
}

/// A pipeline in short.
pub(super) fn pipeline_basic(desk: &Desk<'_>, pipeline: &Pipeline) -> Value {
    json!({
        "id": pipeline.id,
        "iid": pipeline.iid,
        "project_id": pipeline.project,
        "sha": &*pipeline.sha,
        "ref": &*pipeline.reference,
        "status": pipeline.status.word(),
        "source": pipeline.source,
        "created_at": clock::fine(pipeline.created),
        "updated_at": clock::fine(pipeline.updated),
        "web_url": format!("{}{}", desk.base, links::pipeline(desk.world, pipeline)),
    })
}

/// A pipeline in full.
pub(super) fn pipeline_full(desk: &Desk<'_>, pipeline: &Pipeline) -> Value {
    let mut full = pipeline_basic(desk, pipeline);
    let whole = |span: Millis| span / 1000;
    let queued = pipeline.started.map(|at| whole(at - pipeline.created)).filter(|span| *span > 0);
    let duration = pipeline.started.zip(pipeline.finished).map(|(from, to)| whole(to - from));
    merge(
        &mut full,
        json!({
            "before_sha": "0000000000000000000000000000000000000000",
            "tag": pipeline.tag,
            "yaml_errors": null,
            "user": person(desk, pipeline.person),
            "started_at": pipeline.started.map(clock::fine),
            "finished_at": pipeline.finished.map(clock::fine),
            "committed_at": clock::fine(pipeline.created - 20_000),
            "duration": duration,
            "queued_duration": queued,
            "coverage": null,
            "detailed_status": detailed(desk, pipeline),
        }),
    );
    full
}

fn detailed(desk: &Desk<'_>, pipeline: &Pipeline) -> Value {
    let word = pipeline.status.word();
    json!({
        "icon": format!("status_{word}"),
        "text": label(pipeline.status),
        "label": label(pipeline.status),
        "group": word,
        "tooltip": label(pipeline.status),
        "has_details": true,
        "details_path": links::pipeline(desk.world, pipeline),
        "illustration": null,
        "favicon": format!("/assets/ci_favicons/favicon_status_{word}.png"),
    })
}

fn label(status: Status) -> String {
    match status {
        Status::Success => "passed".to_owned(),
        other => other.word().replace('_', " "),
    }
}

/// A job.
pub(super) fn job(desk: &Desk<'_>, job: &Job) -> Value {
    let mut full = job_basic(desk, job);
    let runner = job.runner.and_then(|id| desk.world.runners.get(&id));
    let keeper =
        runner.and_then(|one| one.managers.get(job.manager).map(|m| manager(desk, one, m)));
    merge(
        &mut full,
        json!({
            "artifacts": [],
            "artifacts_expire_at": null,
            "archived": false,
            "runner": runner.map(|runner| runner_basic(desk, runner)),
            "runner_manager": keeper,
            "tag_list": &*job.plan.tags,
        }),
    );
    full
}

/// A job that starts another pipeline.
pub(super) fn bridge(desk: &Desk<'_>, job: &Job) -> Value {
    let mut full = job_basic(desk, job);
    let child = job.downstream.and_then(|id| desk.world.pipelines.get(id));
    let child = child.map(|pipeline| pipeline_basic(desk, pipeline));
    merge(&mut full, json!({"downstream_pipeline": child}));
    full
}

/// A job as the list of a runner has it.
pub(super) fn job_of_runner(desk: &Desk<'_>, job: &Job) -> Value {
    let mut full = job_basic(desk, job);
    if let Some(project) = desk.world.projects.get(&job.project) {
        merge(&mut full, json!({"project": project_identity(desk, project)}));
    }
    full
}

/// What names a project, and nothing more.
pub(super) fn project_identity(desk: &Desk<'_>, project: &Project) -> Value {
    let basic = project_basic(desk, project);
    let names = [
        "id",
        "description",
        "name",
        "name_with_namespace",
        "path",
        "path_with_namespace",
        "created_at",
    ];
    let kept: Map<String, Value> = names
        .into_iter()
        .filter_map(|name| Some((name.to_owned(), basic.get(name)?.clone())))
        .collect();
    Value::Object(kept)
}

fn job_basic(desk: &Desk<'_>, job: &Job) -> Value {
    let now = desk.world.now;
    let pipeline = desk.world.pipelines.get(job.pipeline);
    let mut basic = json!({
        "id": job.id,
        "status": job.status.word(),
        "stage": pipeline.and_then(|owner| owner.stages.get(job.plan.stage)),
        "name": &*job.plan.name,
        "ref": pipeline.map(|owner| &*owner.reference),
        "tag": pipeline.is_some_and(|owner| owner.tag),
        "coverage": null,
        "allow_failure": job.plan.allow_failure,
        "created_at": clock::fine(job.created),
        "started_at": job.started.map(clock::fine),
        "finished_at": job.finished.map(clock::fine),
        "erased_at": null,
        "duration": job.span(now).map(clock::seconds),
        "queued_duration": job.queued_span(now).map(clock::seconds),
        "user": pipeline.map(|owner| person(desk, owner.person)),
        "commit": pipeline.map(|owner| commit(desk, owner)),
        "pipeline": pipeline.map(|owner| pipeline_basic(desk, owner)),
        "web_url": format!("{}{}", desk.base, links::job(desk.world, job)),
        "project": {"ci_job_token_scope_enabled": false},
    });
    if let Some(reason) = &job.reason {
        merge(&mut basic, json!({"failure_reason": &**reason}));
    }
    basic
}

pub(super) fn commit(desk: &Desk<'_>, pipeline: &Pipeline) -> Value {
    let at = clock::fine(pipeline.created - 20_000);
    let who = desk.world.people.get(pipeline.person).map_or("Somebody", |who| who.name);
    let login = desk.world.people.get(pipeline.person).map_or("somebody", |who| who.username);
    let mail = format!("{login}@acme.example");
    json!({
        "id": &*pipeline.sha,
        "short_id": pipeline.sha.chars().take(8).collect::<String>(),
        "created_at": at,
        "parent_ids": [],
        "title": "Change something that matters",
        "message": "Change something that matters\n",
        "author_name": who,
        "author_email": mail,
        "authored_date": at,
        "committer_name": who,
        "committer_email": mail,
        "committed_date": at,
        "trailers": {},
        "web_url": format!("{}{}/-/commit/{}", desk.base, links::project(desk.world, pipeline.project), pipeline.sha),
    })
}

/// A runner in short.
pub(super) fn runner_basic(desk: &Desk<'_>, runner: &Runner) -> Value {
    let busy = if runner.running.is_empty() { "idle" } else { "active" };
    json!({
        "id": runner.id,
        "description": runner.description,
        "ip_address": "",
        "active": !runner.paused,
        "paused": runner.paused,
        "is_shared": false,
        "runner_type": "group_type",
        "name": null,
        "online": runner.presence == Presence::Online,
        "created_by": person(desk, 0),
        "created_at": clock::fine(runner.created),
        "status": runner.presence.word(),
        "job_execution_status": busy,
    })
}

/// A runner in full.
pub(super) fn runner_full(desk: &Desk<'_>, runner: &Runner) -> Value {
    let mut full = runner_basic(desk, runner);
    let group = desk.world.groups.get(&runner.group);
    let newest = runner.managers.first();
    merge(
        &mut full,
        json!({
            "tag_list": &*runner.tags,
            "run_untagged": runner.untagged,
            "locked": runner.locked,
            "maximum_timeout": null,
            "access_level": if runner.protected { "ref_protected" } else { "not_protected" },
            "version": newest.map(|manager| manager.version),
            "revision": newest.map(|_| "4d3b6a1f"),
            "platform": newest.map(|_| "linux"),
            "architecture": newest.map(|_| "amd64"),
            "contacted_at": runner.contacted(runner.presence, desk.world.now).map(clock::fine),
            "maintenance_note": null,
            "token_expires_at": desk.world.organisation.runner_ends.get(&runner.id).copied().map(clock::fine),
            "projects": [],
            "groups": group.map(|group| json!([{
                "id": group.id,
                "web_url": format!("{}/groups/{}", desk.base, group.path),
                "name": group.name(),
            }])),
        }),
    );
    full
}

/// A manager of a runner.
pub(super) fn manager(desk: &Desk<'_>, runner: &Runner, manager: &Manager) -> Value {
    json!({
        "id": manager.id,
        "system_id": manager.system,
        "version": manager.version,
        "revision": "4d3b6a1f",
        "platform": "linux",
        "architecture": "amd64",
        "created_at": clock::fine(runner.created),
        "contacted_at": runner.contacted(manager.presence, desk.world.now).map(clock::fine),
        "ip_address": "10.4.0.17",
        "status": manager.presence.word(),
        "job_execution_status": if runner.running.is_empty() { "idle" } else { "active" },
    })
}

/// Adds the fields of one object to another.
pub(super) fn merge(target: &mut Value, more: Value) {
    if let (Some(target), Value::Object(more)) = (target.as_object_mut(), more) {
        target.extend(more);
    }
}
