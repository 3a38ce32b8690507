//! The REST API, version 4: which route leads where.

mod access;
mod account;
mod act;
mod approvals;
mod commit;
mod deployments;
mod jobs;
mod merge_requests;
mod paging;
mod pipelines;
mod projects;
mod repository;
mod requests;
mod resource_groups;
mod runners;
mod shape;

use serde_json::json;

use super::wire::{Ask, Reply};
use super::{REVISION, unknown, version};
use crate::sim::clock;
use crate::sim::server::Platform;
use crate::sim::world::{Project, World};

/// What a route works with.
pub(super) struct Desk<'a> {
    pub(super) ask: &'a Ask,
    pub(super) base: &'a str,
    pub(super) world: &'a mut World,
}

impl Desk<'_> {
    /// The project with this id or path.
    fn project(&self, id: &str) -> Result<&Project, Reply> {
        let found = match id.parse::<u64>() {
            Ok(number) => self.world.projects.get(&number),
            Err(_) => self.world.project_at(id),
        };
        found.ok_or_else(|| Reply::missing("Project"))
    }
}

/// Answers a request whose token is good; `path` is what follows `/api/v4`.
pub(super) fn answer(platform: &Platform, ask: &Ask, path: &[&str]) -> Reply {
    let mut world = platform.world();
    world.advance(clock::now());
    // Whoever asks with a token of their own holds the world for as long as it takes to answer.
    let asker = platform.asker(&world, ask.token.as_deref());
    let own = world.hand_to(asker);
    let mut desk = Desk { ask, base: platform.base(), world: &mut world };
    let found = match ask.method.as_str() {
        "GET" => get(platform, &desk, path),
        _ if !desk.world.holder.scopes.iter().any(|scope| scope == "api") => Some(Err(narrow())),
        "POST" => act::post(&mut desk, path),
        "PUT" => act::put(&mut desk, path),
        "DELETE" => act::delete(&mut desk, path),
        _ => None,
    };
    world.holder = own;
    drop(world);
    let Some(reply) = found else { return unknown(platform, ask) };
    // What has no pages takes no notice of them.
    ask.query.ignore(&["page", "per_page"]);
    for name in ask.query.left_over() {
        // Whoever is refused is refused before anybody looks at how they ask.
        if name != "private_token" && reply.is_ok() {
            platform.ledger().puzzle(format!("{} {} parameter {name}", ask.method, ask.path));
        }
    }
    reply.unwrap_or_else(|refusal| refusal)
}

/// An answer, or the reason for none.
type Answer = Result<Reply, Reply>;

fn get(platform: &Platform, desk: &Desk<'_>, path: &[&str]) -> Option<Answer> {
    // What looks like an id and is none is another route of GitLab, which is not known here.
    let id = match path {
        ["projects", _, "pipelines" | "jobs" | "deployments", id, ..] => id,
        ["runners", id, ..] if *id != "all" => id,
        _ => "0",
    };
    if id.parse::<u64>().is_err() {
        return None;
    }
    Some(match path {
        ["version" | "metadata"] => Ok(metadata(platform)),
        ["user"] => Ok(Reply::json(200, &shape::own_user(desk))),
        ["personal_access_tokens", "self"] => Ok(own_token(desk.world, &desk.world.holder.scopes)),
        ["groups"] => projects::groups(desk),
        ["groups", id] => projects::group(desk, id),
        ["groups", id, "projects"] => projects::of_group(desk, id),
        ["groups", id, "runners"] => runners::of_group(desk, id),
        ["projects"] => projects::all(desk),
        ["projects", id] => projects::one(desk, id),
        ["projects", id, "pipelines"] => pipelines::of_project(desk, id),
        ["projects", id, "pipelines", pid] => pipelines::one(desk, id, pid),
        ["projects", id, "pipelines", pid, "jobs"] => jobs::of_pipeline(desk, id, pid),
        ["projects", id, "pipelines", pid, "bridges"] => jobs::bridges(desk, id, pid),
        ["projects", id, "deployments"] => deployments::of_project(desk, id),
        ["projects", id, "deployments", did] => deployments::one(desk, id, did),
        ["projects", id, "repository", "commits", sha, "merge_requests"] => {
            merge_requests::of_commit(desk, id, sha)
        }
        ["projects", id, "merge_requests", rest @ ..] => return merge_request(desk, id, rest),
        ["projects", id, "approvals"] => approvals::settings(desk, id),
        ["projects", id, "repository", rest @ ..] => return repository::get(desk, id, rest),
        ["projects", id, "jobs"] => jobs::of_project(desk, id),
        ["projects", id, "jobs", jid] => jobs::one(desk, id, jid),
        ["projects", id, "jobs", jid, "trace"] => jobs::trace(desk, id, jid),
        ["projects", id, "resource_groups"] => resource_groups::of_project(desk, id),
        ["projects", id, "resource_groups", key] => resource_groups::one(desk, id, key),
        ["projects", id, "resource_groups", key, "current_job"] => {
            resource_groups::current(desk, id, key)
        }
        ["projects", id, "resource_groups", key, "upcoming_jobs"] => {
            resource_groups::upcoming(desk, id, key)
        }
        ["projects", id, "runners"] => runners::of_project(desk, id),
        ["runners"] => runners::owned(desk),
        ["runners", "all"] if desk.is_admin() => runners::owned(desk),
        ["runners", "all"] => Err(Reply::json(403, &json!({"message": "403 Forbidden"}))),
        ["runners", id] => runners::one(desk, id),
        ["runners", id, "managers"] => runners::managers(desk, id),
        ["runners", id, "jobs"] => runners::jobs(desk, id),
        _ => return access::get(desk, path),
    })
}

/// What is asked below `/projects/ID/merge_requests`.
fn merge_request(desk: &Desk<'_>, id: &str, path: &[&str]) -> Option<Answer> {
    Some(match path {
        [] => requests::list(desk, id),
        [iid] => requests::one(desk, id, iid),
        [iid, part @ ("diffs" | "commits" | "versions" | "notes")] => {
            requests::part(desk, (id, iid), part)
        }
        [iid, "approvals"] => approvals::of_request(desk, id, iid),
        [iid, "approval_state"] => approvals::state(desk, id, iid),
        [iid, "resource_label_events"] => merge_requests::label_events(desk, id, iid),
        _ => return None,
    })
}

fn metadata(platform: &Platform) -> Reply {
    Reply::json(
        200,
        &json!({
            "version": version(platform),
            "revision": REVISION,
            "kas": {"enabled": false, "externalUrl": null, "externalK8sProxyUrl": null, "version": null},
            "enterprise": true,
        }),
    )
}

/// The refusal of a change to a token that may only read.
fn narrow() -> Reply {
    let said = "The request requires higher privileges than provided by the access token.";
    let body = json!({"error": "insufficient_scope", "error_description": said, "scope": "api"});
    Reply::json(403, &body)
}

/// What a token may read about itself.
pub(super) fn own_token(world: &World, scopes: &[impl serde::Serialize]) -> Reply {
    const DAY: i64 = 86_400_000;
    Reply::json(
        200,
        &json!({
            "id": 4242,
            "name": "watching",
            "revoked": false,
            "created_at": clock::fine(world.start - 40 * DAY),
            "description": null,
            "scopes": scopes,
            "user_id": world.people.get(world.holder.person).map(|who| who.id),
            "last_used_at": clock::fine(world.now),
            "active": true,
            "expires_at": clock::day(world.start + 50 * DAY),
        }),
    )
}
