//! What guards the way to production: protected branches, tags and environments, approvals, the scope of job tokens.

use serde_json::{Value, json};

use super::super::super::wire::Reply;
use super::super::{Answer, Desk, shape};
use super::{called, members};
use crate::sim::clock;
use crate::sim::organisation::{Branch, Environment, Place, Settings};
use crate::sim::world::{GitlabPlan, Group, Project};

/// What a project is set to, with its id.
fn settings<'a>(desk: &'a Desk<'_>, place: Place) -> Result<(&'a Settings, u64), Reply> {
    let Place::Project(id) = place else { return Err(members::not_found()) };
    let found = desk.world.organisation.settings.get(&id);
    found.map(|found| (found, id)).ok_or_else(members::not_found)
}

/// Who is let through: a level.
fn level(id: u64, level: u32) -> Value {
    json!([{
        "id": id, "access_level": level, "access_level_description": called(level),
        "deploy_key_id": null, "user_id": null, "group_id": null,
    }])
}

/// The protected branches of a project.
pub(super) fn protected_branches(desk: &Desk<'_>, place: Place, _: &[&str]) -> Answer {
    let (settings, project) = settings(desk, place)?;
    desk.need(place, 10)?;
    let search = desk.ask.query.get("search").unwrap_or_default();
    let all = settings.branches.iter().zip(0_u64..);
    let rows: Vec<(&Branch, u64)> =
        all.filter(|(branch, _)| branch.name.contains(search)).collect();
    let is_paid = desk.world.review.plan != GitlabPlan::Free;
    desk.page(&rows, |(branch, number)| {
        let id = project * 10 + number;
        let mut shown = json!({
            "id": id,
            "name": branch.name,
            "push_access_levels": level(id * 10 + 4, branch.push),
            "merge_access_levels": level(id * 10 + 3, branch.merge),
            "allow_force_push": branch.force,
        });
        if is_paid {
            shape::merge(
                &mut shown,
                json!({
                    "unprotect_access_levels": [],
                    "code_owner_approval_required": branch.owners,
                    "inherited": false,
                }),
            );
        }
        shown
    })
}

/// The protected tags of a project.
pub(super) fn protected_tags(desk: &Desk<'_>, place: Place, _: &[&str]) -> Answer {
    let (settings, project) = settings(desk, place)?;
    desk.need(place, 10)?;
    desk.page(&settings.tags, |(name, least)| {
        json!({"name": name, "create_access_levels": level(project * 10 + 9, *least)})
    })
}

/// The environments of a project.
pub(super) fn environments(desk: &Desk<'_>, place: Place, _: &[&str]) -> Answer {
    let (settings, project) = settings(desk, place)?;
    desk.need(place, 20)?;
    let query = &desk.ask.query;
    let (name, search) = (query.get("name"), query.get("search").unwrap_or_default());
    match query.get("states") {
        None | Some("available") => {}
        Some("stopped" | "stopping") => return desk.page(&[] as &[Value], Value::clone),
        Some(_) => return Err(Reply::invalid("states")),
    }
    let rows: Vec<(&Environment, u64)> = settings
        .environments
        .iter()
        .zip(1_u64..)
        .filter(|(one, _)| name.is_none_or(|name| one.name == name) && one.name.contains(search))
        .collect();
    let made = desk.world.projects.get(&project).map(|one| clock::fine(one.created));
    desk.page(&rows, |(one, number)| {
        json!({
            "id": project * 10 + number,
            "name": one.name,
            "slug": one.name.replace('/', "-"),
            "external_url": null,
            "created_at": made,
            "updated_at": made,
            "tier": one.tier,
            "state": "available",
            "description": null,
        })
    })
}

/// The protected environments of a project; a group protects none here.
pub(super) fn protected_environments(desk: &Desk<'_>, place: Place, _: &[&str]) -> Answer {
    desk.need_plan(GitlabPlan::Premium)?;
    desk.need(place, if matches!(place, Place::Group(_)) { 50 } else { 40 })?;
    if matches!(place, Place::Group(_)) {
        return desk.page(&[] as &[Value], Value::clone);
    }
    let (settings, project) = settings(desk, place)?;
    let rows: Vec<&Environment> =
        settings.environments.iter().filter(|one| one.protection.is_some()).collect();
    desk.page(&rows, |one| protected_environment(project, one))
}

fn protected_environment(project: u64, one: &Environment) -> Value {
    let Some(protection) = &one.protection else { return Value::Null };
    let who = |id: u64, level: u32| {
        json!({
            "id": id, "access_level": level, "access_level_description": called(level),
            "user_id": null, "group_id": null, "group_inheritance_type": 0,
        })
    };
    let rules: Vec<Value> = protection
        .approve
        .into_iter()
        .map(|(level, needed)| {
            let mut rule = who(project * 10 + 6, level);
            shape::merge(&mut rule, json!({"required_approvals": needed}));
            rule
        })
        .collect();
    json!({
        "name": one.name,
        "deploy_access_levels": [who(project * 10 + 5, protection.deploy)],
        "required_approval_count": 0,
        "approval_rules": rules,
    })
}

/// The rules of who approves merge requests.
pub(super) fn approval_rules(desk: &Desk<'_>, place: Place, _: &[&str]) -> Answer {
    desk.need_plan(GitlabPlan::Premium)?;
    desk.need(place, 40)?;
    let (_, project) = settings(desk, place)?;
    let rule = json!({
        "id": project * 10 + 1,
        "name": "Maintainers",
        "rule_type": "regular",
        "report_type": null,
        "eligible_approvers": [],
        "approvals_required": desk.world.review.approvals,
        "users": [],
        "groups": [],
        "contains_hidden_groups": false,
        "protected_branches": [],
        "applies_to_all_protected_branches": false,
    });
    desk.page(&[rule], Value::clone)
}

/// Whether job tokens of other projects come in.
pub(super) fn job_token_scope(desk: &Desk<'_>, place: Place, _: &[&str]) -> Answer {
    let (settings, _) = settings(desk, place)?;
    desk.need(place, 40)?;
    let body = json!({"inbound_enabled": settings.inbound, "outbound_enabled": false});
    Ok(Reply::json(200, &body))
}

/// The projects whose job tokens come in: itself and those that were added.
pub(super) fn allowed_projects(desk: &Desk<'_>, place: Place, _: &[&str]) -> Answer {
    let (settings, own) = settings(desk, place)?;
    desk.need(place, 40)?;
    let ids = std::iter::once(&own).chain(&settings.allowed_projects);
    let rows: Vec<&Project> = ids.filter_map(|id| desk.world.projects.get(id)).collect();
    desk.page(&rows, |project| shape::project_basic(desk, project))
}

/// The groups whose job tokens come in.
pub(super) fn allowed_groups(desk: &Desk<'_>, place: Place, _: &[&str]) -> Answer {
    let (settings, _) = settings(desk, place)?;
    desk.need(place, 40)?;
    let groups = settings.allowed_groups.iter().filter_map(|id| desk.world.groups.get(id));
    let rows: Vec<&Group> = groups.collect();
    desk.page(&rows, |group| {
        let url = format!("{}/groups/{}", desk.base, group.path);
        json!({"id": group.id, "web_url": url, "name": group.name()})
    })
}
