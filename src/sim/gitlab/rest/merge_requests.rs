//! Merge requests: those that brought a commit in, and who put which label on them.

use serde_json::{Value, json};

use super::super::wire::Reply;
use super::paging::{Paging, Totals};
use super::{Answer, Desk, repository, requests, shape};
use crate::sim::clock;
use crate::sim::world::ScriptedMergeRequest;
use crate::sim::world::review::MergeRequest;

/// The merge requests of a commit.
pub(super) fn of_commit(desk: &Desk<'_>, id: &str, sha: &str) -> Answer {
    let paging = Paging::read(desk)?;
    let path = &desk.project(id)?.path;
    let all = desk.world.merge_requests(path);
    let rows: Vec<(u64, &ScriptedMergeRequest)> = all.filter(|(_, one)| one.sha == sha).collect();
    let is_known = !rows.is_empty()
        || repository::open(desk, id)?.0.find(sha).is_some()
        || desk.world.pipelines.values().any(|one| *one.sha == *sha);
    if !is_known {
        return Err(Reply::missing("Commit"));
    }
    let project = desk.project(id)?.id;
    if rows.is_empty() {
        let rows = requests::of_commit(desk, project, sha);
        let shown = |one: &&MergeRequest| requests::basic(desk, one);
        return Ok(paging.cut(desk, &rows, Totals::Shown, shown));
    }
    let shown = |(iid, one): &(u64, &ScriptedMergeRequest)| basic(desk, (project, *iid), one);
    Ok(paging.cut(desk, &rows, Totals::Shown, shown))
}

/// Which labels were put on a merge request and taken off, oldest first.
pub(super) fn label_events(desk: &Desk<'_>, id: &str, iid: &str) -> Answer {
    let project = desk.project(id)?;
    let wanted = iid.parse::<u64>().ok();
    let mut all = desk.world.merge_requests(&project.path);
    let (iid, one) = all.find(|(iid, _)| Some(*iid) == wanted).ok_or_else(|| Reply::missing(""))?;
    let rows: Vec<usize> = (0..one.label.len()).collect();
    let shown = |place: &usize| {
        one.label.get(*place).map_or(Value::Null, |label| {
            json!({
                "id": project.id * 1000 + iid * 10 + u64::try_from(*place).unwrap_or(0),
                "user": person(desk, &label.by),
                "created_at": clock::fine(desk.world.step_of_merge_request(place + 2)),
                "resource_type": "MergeRequest",
                "resource_id": project.id * 100 + iid,
                "label": {
                    "id": 73,
                    "name": label.name,
                    "color": "#34495E",
                    "description": "",
                },
                "action": if label.removed { "remove" } else { "add" },
            })
        })
    };
    Ok(Paging::read(desk)?.cut(desk, &rows, Totals::Shown, shown))
}

fn person(desk: &Desk<'_>, login: &str) -> Value {
    desk.world.place_of(login).map_or(Value::Null, |place| shape::person(desk, place))
}

fn basic(desk: &Desk<'_>, (project, iid): (u64, u64), one: &ScriptedMergeRequest) -> Value {
    let is_merged = one.state == "merged";
    let ended = clock::fine(desk.world.step_of_merge_request(50));
    let began = clock::fine(desk.world.step_of_merge_request(0));
    let author = person(desk, &one.author);
    let mut shown = json!({
        "id": project * 100 + iid,
        "iid": iid,
        "project_id": project,
        "title": format!("Change {iid}"),
        "description": "",
        "state": one.state,
        "created_at": began,
        "updated_at": ended,
        "merged_by": is_merged.then(|| author.clone()),
        "merge_user": is_merged.then(|| author.clone()),
        "merged_at": is_merged.then_some(ended),
        "source_branch": format!("change-{iid}"),
        "author": author,
        "source_project_id": project,
        "target_project_id": project,
        "labels": one.labels(),
        "detailed_merge_status": if is_merged { "not_open" } else { "mergeable" },
        "sha": one.sha,
        "prepared_at": began,
        "reference": format!("!{iid}"),
        "references": {
            "short": format!("!{iid}"),
            "relative": format!("!{iid}"),
            "full": format!("{}!{iid}", one.project),
        },
        "web_url": format!("{}/{}/-/merge_requests/{iid}", desk.base, one.project),
    });
    shape::merge(&mut shown, usual());
    shown
}

/// What is the same of every merge request.
pub(super) fn usual() -> Value {
    json!({
        "closed_by": null,
        "closed_at": null,
        "target_branch": "main",
        "user_notes_count": 0,
        "upvotes": 0,
        "downvotes": 0,
        "assignees": [],
        "assignee": null,
        "reviewers": [],
        "draft": false,
        "imported": false,
        "imported_from": "none",
        "work_in_progress": false,
        "milestone": null,
        "merge_when_pipeline_succeeds": false,
        "merge_status": "can_be_merged",
        "merge_after": null,
        "merge_commit_sha": null,
        "squash_commit_sha": null,
        "discussion_locked": null,
        "should_remove_source_branch": null,
        "force_remove_source_branch": true,
        "time_stats": {
            "time_estimate": 0,
            "total_time_spent": 0,
            "human_time_estimate": null,
            "human_total_time_spent": null,
        },
        "squash": false,
        "squash_on_merge": false,
        "task_completion_status": {"count": 0, "completed_count": 0},
        "has_conflicts": false,
        "blocking_discussions_resolved": true,
    })
}
