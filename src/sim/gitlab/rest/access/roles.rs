//! Custom roles, service accounts, and what the identity provider brings.

use serde_json::{Map, Value, json};

use super::super::super::wire::Reply;
use super::super::{Answer, Desk};
use super::{members, tokens};
use crate::sim::organisation::{Account, AccountKind, Place, Role, SamlLink};
use crate::sim::world::GitlabPlan;

/// The abilities that a custom role may have.
const ABILITIES: [&str; 22] = [
    "admin_cicd_variables",
    "admin_compliance_framework",
    "admin_group_member",
    "admin_integrations",
    "admin_merge_request",
    "admin_protected_branch",
    "admin_push_rules",
    "admin_runners",
    "admin_terraform_state",
    "admin_vulnerability",
    "admin_web_hook",
    "archive_project",
    "manage_deploy_tokens",
    "manage_group_access_tokens",
    "manage_merge_request_settings",
    "manage_project_access_tokens",
    "manage_security_policy_link",
    "read_code",
    "read_dependency",
    "read_runners",
    "read_vulnerability",
    "remove_project",
];

/// A custom role, with every ability and whether it has it.
pub(super) fn role(one: &Role) -> Value {
    let mut shown = json!({
        "id": one.id,
        "name": one.name,
        "description": null,
        "group_id": null,
        "base_access_level": one.base,
    });
    let has = |name: &str| one.abilities.iter().any(|known| known == name);
    let flags: Map<String, Value> =
        ABILITIES.iter().map(|name| ((*name).to_owned(), has(name).into())).collect();
    super::super::shape::merge(&mut shown, Value::Object(flags));
    shown
}

/// The custom roles of the instance.
pub(super) fn member_roles_of_all(desk: &Desk<'_>) -> Answer {
    desk.need_plan(GitlabPlan::Ultimate)?;
    desk.need_admin()?;
    Ok(roles(desk))
}

/// The custom roles that a group may use.
pub(super) fn member_roles(desk: &Desk<'_>, place: Place, _: &[&str]) -> Answer {
    desk.need_plan(GitlabPlan::Ultimate)?;
    desk.need(place, 50)?;
    Ok(roles(desk))
}

fn roles(desk: &Desk<'_>) -> Reply {
    Reply::json(200, &desk.world.organisation.roles.values().map(role).collect())
}

/// The service accounts of the instance: here every one belongs to a group.
pub(super) fn service_accounts_of_all(desk: &Desk<'_>) -> Answer {
    desk.need_plan(GitlabPlan::Premium)?;
    desk.need_admin()?;
    accounts(desk, None)
}

/// The service accounts of a group; a project has none of its own here.
pub(super) fn service_accounts(desk: &Desk<'_>, place: Place, _: &[&str]) -> Answer {
    desk.need_plan(GitlabPlan::Premium)?;
    match place {
        Place::Group(group) => {
            desk.need(place, 50)?;
            accounts(desk, Some(group))
        }
        Place::Project(_) => {
            desk.need(place, 40)?;
            desk.page(&[] as &[Value], Value::clone)
        }
    }
}

fn accounts(desk: &Desk<'_>, home: Option<u64>) -> Answer {
    desk.ask.query.ignore(&["order_by", "sort"]);
    let all = desk.world.organisation.accounts.values();
    let is_meant = |one: &&Account| one.kind == AccountKind::ServiceAccount && one.home == home;
    let rows: Vec<&Account> = all.filter(is_meant).collect();
    desk.page(
        &rows,
        |one| json!({"id": one.id, "username": one.username, "name": one.name, "email": one.email}),
    )
}

/// The tokens of a service account of a group.
pub(super) fn service_account_tokens(desk: &Desk<'_>, place: Place, path: &[&str]) -> Answer {
    desk.need_plan(GitlabPlan::Premium)?;
    desk.need(place, 50)?;
    let user = service_account(desk, place, path)?;
    tokens::of_account(desk, user)
}

/// The service account in a path, if it belongs to the group.
pub(super) fn service_account(desk: &Desk<'_>, place: Place, path: &[&str]) -> Result<u64, Reply> {
    let id = path.get(1).and_then(|id| id.parse::<u64>().ok());
    let found = id.and_then(|id| desk.world.organisation.accounts.get(&id));
    let found = found.filter(|one| one.home.map(Place::Group) == Some(place));
    found.map(|one| one.id).ok_or_else(|| Reply::missing("User"))
}

/// The groups of the identity provider that make people members.
pub(super) fn saml_links(desk: &Desk<'_>, place: Place, _: &[&str]) -> Answer {
    desk.need_plan(GitlabPlan::Premium)?;
    desk.need(place, 50)?;
    let all = desk.world.organisation.links.iter();
    let rows: Vec<&SamlLink> = all.filter(|one| Place::Group(one.group) == place).collect();
    let row = |link: &&SamlLink| {
        json!({
            "name": link.name, "access_level": link.level, "member_role_id": link.role,
            "provider": "group_saml",
        })
    };
    // This list has no pages.
    Ok(Reply::json(200, &rows.iter().map(row).collect()))
}

/// The identities by SAML of a top group.
pub(super) fn saml_identities(desk: &Desk<'_>, place: Place, _: &[&str]) -> Answer {
    let row = |one: &&Account| json!({"extern_uid": extern_uid(one), "user_id": one.id});
    identities(desk, place, (|one| one.saml, row))
}

/// The identities by SCIM of a top group.
pub(super) fn scim_identities(desk: &Desk<'_>, place: Place, _: &[&str]) -> Answer {
    let row = |one: &&Account| json!({"extern_uid": extern_uid(one), "user_id": one.id, "active": one.scim});
    identities(desk, place, (|one| one.scim.is_some(), row))
}

fn identities(
    desk: &Desk<'_>,
    place: Place,
    (has, row): (fn(&Account) -> bool, impl Fn(&&Account) -> Value),
) -> Answer {
    desk.need_plan(GitlabPlan::Premium)?;
    desk.need(place, 50)?;
    let Place::Group(group) = place else { return Err(members::not_found()) };
    let is_top = desk.world.groups.get(&group).is_some_and(|one| one.path == "acme");
    let all = desk.world.organisation.accounts.values();
    let rows: Vec<&Account> = all.filter(|one| is_top && has(one)).collect();
    desk.page(&rows, row)
}

/// What the identity provider calls an account.
pub(super) fn extern_uid(account: &Account) -> String {
    format!("00u{:08x}", account.id.wrapping_mul(2_654_435_761) & 0xffff_ffff)
}
