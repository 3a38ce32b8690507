//! Approvals of merge requests, and the settings that guard them.

use serde_json::{Value, json};

use super::super::wire::Reply;
use super::commit::{Form, forbidden};
use super::requests::{denial, find, place};
use super::{Answer, Desk, shape};
use crate::sim::clock;
use crate::sim::organisation::Place;
use crate::sim::world::GitlabPlan;
use crate::sim::world::review::MergeRequest;

/// The settings of a project, which a maintainer reads, where they are paid for.
pub(super) fn settings(desk: &Desk<'_>, id: &str) -> Answer {
    let project = desk.project(id)?.id;
    paid(desk)?;
    if desk.world.level_here(Place::Project(project)) < 40 {
        return Err(forbidden(""));
    }
    let rules = &desk.world.review;
    let own = desk.world.organisation.settings.get(&project);
    let author = rules.author_approval || own.is_some_and(|own| own.author_approval);
    Ok(Reply::json(
        200,
        &json!({
            "approvers": [],
            "approver_groups": [],
            "approvals_before_merge": 0,
            "reset_approvals_on_push": rules.reset_on_push,
            "selective_code_owner_removals": false,
            "disable_overriding_approvers_per_merge_request": true,
            "merge_requests_author_approval": author,
            "merge_requests_disable_committers_approval": !rules.committer_approval,
            "require_password_to_approve": false,
            "require_reauthentication_to_approve": false,
        }),
    ))
}

/// 404 where approvals have no rules: the route is none of the Free plan's.
fn paid(desk: &Desk<'_>) -> Result<(), Reply> {
    let is_paid = desk.world.review.plan != GitlabPlan::Free;
    is_paid.then_some(()).ok_or_else(|| Reply::json(404, &json!({"error": "404 Not Found"})))
}

/// Who approved a merge request, and who may.
pub(super) fn of_request(desk: &Desk<'_>, id: &str, iid: &str) -> Answer {
    Ok(Reply::json(200, &approvals(desk, find(desk, id, iid)?)))
}

/// The rules of a merge request.
pub(super) fn state(desk: &Desk<'_>, id: &str, iid: &str) -> Answer {
    let one = find(desk, id, iid)?;
    paid(desk)?;
    let approved: Vec<Value> =
        one.approvals.iter().map(|(person, _)| shape::person(desk, *person)).collect();
    let eligible: Vec<Value> = (0..desk.world.people.len())
        .filter(|person| desk.world.level_of(*person) >= 40 && desk.world.is_eligible(one, *person))
        .map(|person| shape::person(desk, person))
        .collect();
    let rule = json!({
        "id": one.project * 10 + 1,
        "name": "Maintainers",
        "rule_type": "regular",
        "report_type": null,
        "eligible_approvers": eligible,
        "approvals_required": desk.world.review.approvals,
        "users": [],
        "groups": [],
        "contains_hidden_groups": false,
        "section": null,
        "source_rule": null,
        "overridden": false,
        "code_owner": false,
        "approved_by": approved,
        "approved": desk.world.approvals_left(one) == 0,
    });
    Ok(Reply::json(200, &json!({"approval_rules_overwritten": false, "rules": [rule]})))
}

/// Approves.
pub(super) fn approve(desk: &mut Desk<'_>, id: &str, iid: &str) -> Answer {
    let place = place(find(desk, id, iid)?);
    let sha = Form::read(desk).text("sha");
    let person = desk.world.holder.person;
    desk.world.approve(place, person, sha.as_deref()).map_err(denial)?;
    Ok(Reply::json(201, &approvals(desk, find(desk, id, iid)?)))
}

/// Takes an approval back.
pub(super) fn unapprove(desk: &mut Desk<'_>, id: &str, iid: &str) -> Answer {
    let place = place(find(desk, id, iid)?);
    let person = desk.world.holder.person;
    // GitLab says 404 to whoever has not approved.
    desk.world.unapprove(place, person).map_err(|_| Reply::missing(""))?;
    Ok(Reply::json(201, &approvals(desk, find(desk, id, iid)?)))
}

fn approvals(desk: &Desk<'_>, one: &MergeRequest) -> Value {
    let person = desk.world.holder.person;
    let given: Vec<Value> = one
        .approvals
        .iter()
        .map(
            |(who, at)| json!({"user": shape::person(desk, *who), "approved_at": clock::fine(*at)}),
        )
        .collect();
    let left = desk.world.approvals_left(one);
    let mut shown = json!({
        "user_has_approved": one.approvals.iter().any(|(who, _)| *who == person),
        "user_can_approve": desk.world.can_approve(one, person),
        "approved": left == 0 && (desk.world.review.plan != GitlabPlan::Free || !given.is_empty()),
        "approved_by": given,
    });
    if desk.world.review.plan == GitlabPlan::Free {
        return shown;
    }
    let rules = if left > 0 {
        json!([{"id": one.project * 10 + 1, "name": "Maintainers", "rule_type": "regular"}])
    } else {
        json!([])
    };
    shape::merge(
        &mut shown,
        json!({
            "id": one.id(),
            "iid": one.iid,
            "project_id": one.project,
            "title": one.new.title,
            "description": one.new.description,
            "state": one.standing.word(),
            "created_at": clock::fine(one.new.at),
            "updated_at": clock::fine(one.updated),
            "merge_status": if desk.world.has_conflicts(one) { "cannot_be_merged" } else { "can_be_merged" },
            "approvals_required": desk.world.review.approvals,
            "approvals_left": left,
            "require_password_to_approve": false,
            "suggested_approvers": [],
            "approvers": [],
            "approver_groups": [],
            "approval_rules_left": rules,
            "has_approval_rules": true,
            "merge_request_approvers_available": true,
            "multiple_approval_rules_available": true,
            "invalid_approvers_rules": [],
        }),
    );
    shown
}
