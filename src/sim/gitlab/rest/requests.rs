//! Merge requests of the repositories: read, opened, changed, merged, and talked about.

use serde_json::{Value, json};

use super::super::links;
use super::super::wire::Reply;
use super::commit::{Form, forbidden};
use super::paging::{Paging, Totals};
use super::{Answer, Desk, merge_requests, repository, shape};
use crate::sim::clock;
use crate::sim::world::git::MAIN;
use crate::sim::world::review::{
    Change, Denial, MergeRequest, Merging, NewRequest, Remark, Standing, Version, Voice, patch_id,
};

/// A merge request with its project.
pub(super) fn find<'a>(desk: &'a Desk<'_>, id: &str, iid: &str) -> Result<&'a MergeRequest, Reply> {
    let project = desk.project(id)?.id;
    let found = iid.parse().ok().and_then(|iid| desk.world.request((project, iid)));
    found.ok_or_else(|| Reply::missing(""))
}

/// The merge requests of a project.
pub(super) fn list(desk: &Desk<'_>, id: &str) -> Answer {
    let project = desk.project(id)?.id;
    let query = &desk.ask.query;
    query.ignore(&["scope", "view", "with_merge_status_recheck", "with_labels_details"]);
    let mut rows: Vec<&MergeRequest> = desk.world.requests_of(project).rev().collect();
    match query.get("state") {
        None | Some("all") => {}
        Some(word @ ("opened" | "merged" | "closed")) => {
            rows.retain(|one| one.standing.word() == word);
        }
        Some("locked") => rows.clear(),
        Some(_) => return Err(Reply::invalid("state")),
    }
    if let Some(wanted) = query.get("target_branch") {
        rows.retain(|one| one.new.target == wanted);
    }
    if let Some(wanted) = query.get("source_branch") {
        rows.retain(|one| one.new.source == wanted);
    }
    if let Some(login) = query.get("author_username") {
        let person = desk.world.place_of(login);
        rows.retain(|one| Some(one.new.author) == person);
    }
    if let Some(after) = query.get("updated_after") {
        let after = clock::parse(after).ok_or_else(|| Reply::invalid("updated_after"))?;
        rows.retain(|one| one.updated >= after);
    }
    match query.get("order_by") {
        None | Some("created_at") => rows.sort_by_key(|one| std::cmp::Reverse(one.new.at)),
        Some("updated_at") => rows.sort_by_key(|one| std::cmp::Reverse(one.updated)),
        Some(
            "title" | "merged_at" | "label_priority" | "milestone_due" | "popularity" | "priority",
        ) => {}
        Some(_) => return Err(Reply::invalid("order_by")),
    }
    match query.get("sort") {
        None | Some("desc") => {}
        Some("asc") => rows.reverse(),
        Some(_) => return Err(Reply::invalid("sort")),
    }
    Ok(Paging::read(desk)?.cut(desk, &rows, Totals::Shown, |one| basic(desk, one)))
}

/// One merge request.
pub(super) fn one(desk: &Desk<'_>, id: &str, iid: &str) -> Answer {
    desk.ask.query.ignore(&[
        "render_html",
        "include_diverged_commits_count",
        "include_rebase_in_progress",
    ]);
    Ok(Reply::json(200, &full(desk, find(desk, id, iid)?)))
}

/// What a merge request changes, its commits, its versions, or what was said.
pub(super) fn part(desk: &Desk<'_>, (id, iid): (&str, &str), part: &str) -> Answer {
    let one = find(desk, id, iid)?;
    let paging = Paging::read(desk)?;
    desk.ask.query.ignore(&["unidiff", "sort", "order_by", "activity_filter"]);
    Ok(match part {
        "diffs" => paging.cut(desk, &desk.world.changes_of(one), Totals::Shown, repository::diff),
        "commits" => paging.cut(desk, &desk.world.commits_of(one), Totals::Shown, |commit| {
            repository::commit_basic(desk, one.project, commit)
        }),
        "versions" => {
            let newest: Vec<&Version> = one.versions.iter().rev().collect();
            paging.cut(desk, &newest, Totals::Shown, |row| version(desk, one, row))
        }
        _ => {
            let newest: Vec<&Remark> = one.remarks.iter().rev().collect();
            paging.cut(desk, &newest, Totals::Shown, |row| remark(desk, one, row))
        }
    })
}

fn version(desk: &Desk<'_>, one: &MergeRequest, version: &Version) -> Value {
    json!({
        "id": version.id,
        "head_commit_sha": &*version.head,
        "base_commit_sha": &*version.base,
        "start_commit_sha": &*version.start,
        "created_at": clock::fine(version.at),
        "merge_request_id": one.id(),
        "state": "collected",
        "real_size": desk.world.changes_of(one).len().to_string(),
        "patch_id_sha": patch_id(desk.world.repository(one.project), version),
    })
}

fn remark(desk: &Desk<'_>, one: &MergeRequest, remark: &Remark) -> Value {
    let at = clock::fine(remark.at);
    json!({
        "id": remark.id,
        "type": null,
        "body": remark.text,
        "author": shape::person(desk, remark.person),
        "created_at": at,
        "updated_at": at,
        "system": remark.voice == Voice::Gitlab,
        "noteable_id": one.id(),
        "noteable_type": "MergeRequest",
        "project_id": one.project,
        "resolvable": false,
        "confidential": false,
        "internal": false,
        "imported": false,
        "imported_from": "none",
        "noteable_iid": one.iid,
        "commands_changes": {},
    })
}

/// Says something about a merge request.
pub(super) fn say(desk: &mut Desk<'_>, id: &str, iid: &str) -> Answer {
    let place = place(find(desk, id, iid)?);
    let text = Form::read(desk).need("body")?;
    let (person, now) = (desk.world.holder.person, desk.world.now);
    if desk.world.level_of(person) < 10 {
        return Err(forbidden(""));
    }
    if let Some(one) = desk.world.requests.get_mut(&place) {
        one.remark((person, now), text, Voice::Person);
    }
    let one = find(desk, id, iid)?;
    let last = one.remarks.last().ok_or_else(|| Reply::missing(""))?;
    Ok(Reply::json(201, &remark(desk, one, last)))
}

/// Opens a merge request.
pub(super) fn create(desk: &mut Desk<'_>, id: &str) -> Answer {
    let project = desk.project(id)?.id;
    let form = Form::read(desk);
    let (source, target) = (form.need("source_branch")?, form.need("target_branch")?);
    let title = form.need("title")?;
    let description = form.text("description").unwrap_or_default();
    let (author, at) = (desk.world.holder.person, desk.world.now);
    if desk.world.level_of(author) < 30 {
        return Err(forbidden(""));
    }
    let branches = &desk.world.repository(project).branches;
    if source == target {
        let said = "You can't use same project/branch for source and target";
        return Err(Reply::json(422, &json!({"message": [said]})));
    }
    if let Some(absent) = [&source, &target].into_iter().find(|name| !branches.contains_key(*name))
    {
        let which = if *absent == source { "Source" } else { "Target" };
        let said = format!("{which} branch \"{absent}\" does not exist");
        return Err(Reply::json(422, &json!({"message": [said]})));
    }
    let mut open = desk.world.requests_of(project);
    let same = open.find(|one| {
        one.standing == Standing::Opened && one.new.source == source && one.new.target == target
    });
    if let Some(same) = same {
        let said = format!(
            "Another open merge request already exists for this source branch: !{}",
            same.iid
        );
        return Err(Reply::json(409, &json!({"message": [said]})));
    }
    drop(open);
    let new = NewRequest { title, description, source, target, author, at };
    let iid = desk.world.open_request(project, new);
    let one = desk.world.request((project, iid)).ok_or_else(|| Reply::missing(""))?;
    Ok(Reply::json(201, &full(desk, one)))
}

/// Changes a merge request, closes or reopens it.
pub(super) fn update(desk: &mut Desk<'_>, id: &str, iid: &str) -> Answer {
    let one = find(desk, id, iid)?;
    let (place, author) = (place(one), one.new.author);
    let form = Form::read(desk);
    let change = Change {
        title: form.text("title"),
        description: form.text("description"),
        event: form.text("state_event"),
    };
    if change.event.as_deref().is_some_and(|word| !matches!(word, "close" | "reopen")) {
        return Err(Reply::invalid("state_event"));
    }
    let person = desk.world.holder.person;
    if desk.world.level_of(person) < 30 && person != author {
        return Err(forbidden(""));
    }
    // What is closed stays closed: GitLab says nothing of it.
    desk.world.change_request(place, person, change);
    one_now(desk, place, 200)
}

/// Merges a merge request.
pub(super) fn merge(desk: &mut Desk<'_>, id: &str, iid: &str) -> Answer {
    let place = place(find(desk, id, iid)?);
    let form = Form::read(desk);
    let auto = form.is_on("auto_merge") || form.is_on("merge_when_pipeline_succeeds");
    let how = Merging { person: desk.world.holder.person, sha: form.text("sha"), auto };
    let removes = form.is_on("should_remove_source_branch");
    desk.world.ask_to_merge(place, &how).map_err(denial)?;
    let done = desk.world.request(place);
    let done = done.filter(|one| removes && one.standing == Standing::Merged);
    if let Some(source) = done.map(|one| one.new.source.clone()) {
        desk.world.repository_mut(place.0).branches.remove(&source);
    }
    one_now(desk, place, 200)
}

fn one_now(desk: &Desk<'_>, place: (u64, u64), status: u16) -> Answer {
    let one = desk.world.request(place).ok_or_else(|| Reply::missing(""))?;
    Ok(Reply::json(status, &full(desk, one)))
}

/// Where it is kept.
pub(super) fn place(one: &MergeRequest) -> (u64, u64) {
    (one.project, one.iid)
}

/// A refusal in the words of GitLab.
pub(super) fn denial(why: Denial) -> Reply {
    let said = |status: u16, text: &str| Reply::json(status, &json!({"message": text}));
    match why {
        Denial::Unauthorized => said(401, "401 Unauthorized"),
        Denial::NotAllowed => said(405, "405 Method Not Allowed"),
        Denial::Moved(head) => {
            said(409, &format!("SHA does not match HEAD of source branch: {head}"))
        }
        Denial::Unmergeable => said(422, "Branch cannot be merged"),
    }
}

/// A merge request in short.
pub(super) fn basic(desk: &Desk<'_>, one: &MergeRequest) -> Value {
    let ended = |standing: Standing| one.ended.as_ref().filter(|_| one.standing == standing);
    let who = |standing| ended(standing).map(|end| shape::person(desk, end.person));
    let when = |standing| ended(standing).map(|end| clock::fine(end.at));
    let status = desk.world.merge_status(one);
    let conflicts = status == "conflict" || desk.world.has_conflicts(one);
    let path = links::project(desk.world, one.project);
    let reference = format!("!{}", one.iid);
    let mut shown = merge_requests::usual();
    shape::merge(
        &mut shown,
        json!({
            "id": one.id(), "iid": one.iid, "project_id": one.project,
            "title": one.new.title, "description": one.new.description,
            "state": one.standing.word(),
            "created_at": clock::fine(one.new.at), "updated_at": clock::fine(one.updated),
            "merged_by": who(Standing::Merged), "merge_user": who(Standing::Merged),
            "merged_at": when(Standing::Merged),
            "closed_by": who(Standing::Closed), "closed_at": when(Standing::Closed),
            "target_branch": one.new.target, "source_branch": one.new.source,
            "user_notes_count": one.remarks.iter().filter(|one| one.voice == Voice::Person).count(),
            "author": shape::person(desk, one.new.author),
            "source_project_id": one.project, "target_project_id": one.project,
            "labels": [],
            "draft": one.is_draft(), "work_in_progress": one.is_draft(),
            "merge_when_pipeline_succeeds": one.scheduled.is_some(),
            "merge_status": if conflicts { "cannot_be_merged" } else { "can_be_merged" },
            "detailed_merge_status": status,
            "sha": one.head(),
            "merge_commit_sha": ended(Standing::Merged).and_then(|end| end.commit.as_deref()),
            "prepared_at": clock::fine(one.new.at),
            "reference": reference,
            "references": {
                "short": reference, "relative": reference,
                "full": format!("{}{reference}", path.trim_start_matches('/')),
            },
            "web_url": format!("{}{path}/-/merge_requests/{}", desk.base, one.iid),
            "has_conflicts": conflicts,
            "blocking_discussions_resolved": !(one.disputed || desk.world.review.disputed),
        }),
    );
    shown
}

/// A merge request in full.
fn full(desk: &Desk<'_>, one: &MergeRequest) -> Value {
    let mut shown = basic(desk, one);
    let refs = one.version().map(|version| {
        json!({
            "base_sha": &*version.base, "head_sha": &*version.head, "start_sha": &*version.start,
        })
    });
    let pipeline = desk.world.pipeline_of(one).map(|status| pipeline(desk, one, status));
    shape::merge(
        &mut shown,
        json!({
            "subscribed": false,
            "changes_count": desk.world.changes_of(one).len().to_string(),
            "latest_build_started_at": null,
            "latest_build_finished_at": null,
            "first_deployed_to_production_at": null,
            "pipeline": pipeline,
            "head_pipeline": pipeline,
            "diff_refs": refs,
            "merge_error": null,
            "first_contribution": false,
            "user": {"can_merge": desk.world.level_of(desk.world.holder.person) >= 30},
        }),
    );
    shown
}

fn pipeline(desk: &Desk<'_>, one: &MergeRequest, status: &str) -> Value {
    let at = clock::fine(one.version().map_or(one.new.at, |version| version.at));
    let path = links::project(desk.world, one.project);
    let id = 40_000 + one.id();
    json!({
        "id": id, "iid": one.iid, "project_id": one.project, "sha": one.head(),
        "ref": one.new.source, "status": status, "source": "push",
        "created_at": at, "updated_at": at,
        "web_url": format!("{}{path}/-/pipelines/{id}", desk.base),
    })
}

/// The merge requests that brought a commit in, or would.
pub(super) fn of_commit<'a>(desk: &'a Desk<'_>, project: u64, sha: &str) -> Vec<&'a MergeRequest> {
    let repository = desk.world.repository(project);
    if repository.find(sha).is_none() {
        return Vec::new();
    }
    let brought = |one: &&MergeRequest| {
        one.new.target == MAIN
            && (one.ended.as_ref().and_then(|end| end.commit.as_deref()) == Some(sha)
                || desk.world.commits_of(one).iter().any(|commit| &*commit.sha == sha))
    };
    desk.world.requests_of(project).filter(brought).collect()
}
