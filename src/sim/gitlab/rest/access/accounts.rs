//! Accounts: as everybody sees them, as administrators do, and as an owner sees those who count.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::super::super::wire::Reply;
use super::super::paging::{self, Paging, Totals};
use super::super::{Answer, Desk, shape};
use super::{day, roles};
use crate::sim::clock;
use crate::sim::organisation::{Account, AccountKind, Place, Relation};
use crate::sim::world::GitlabPlan;

/// The accounts of the instance.
pub(super) fn list(desk: &Desk<'_>) -> Answer {
    let query = &desk.ask.query;
    query.ignore(&["with_custom_attributes", "order_by", "skip_ldap", "without_projects"]);
    let mut rows: Vec<&Account> = desk.world.organisation.accounts.values().collect();
    if let Some(login) = query.get("username") {
        rows.retain(|one| one.username.eq_ignore_ascii_case(login));
    }
    if let Some(search) = query.get("search") {
        rows.retain(|one| one.username.contains(search) || one.name.contains(search));
    }
    let only = |rows: &mut Vec<&Account>, name: &str, holds: &dyn Fn(&Account) -> bool| {
        if query.is_on(name) {
            rows.retain(|one| holds(one));
        }
    };
    only(&mut rows, "active", &|one| one.state == "active");
    only(&mut rows, "blocked", &|one| one.state == "blocked");
    only(&mut rows, "external", &|one| one.external);
    only(&mut rows, "exclude_external", &|one| !one.external);
    only(&mut rows, "admins", &|one| one.admin);
    only(&mut rows, "auditors", &|one| one.auditor);
    only(&mut rows, "humans", &|one| !one.is_bot());
    only(&mut rows, "exclude_humans", &Account::is_bot);
    only(&mut rows, "without_project_bots", &|one| one.kind != AccountKind::TokenBot);
    let rising = query.get("sort") == Some("asc");
    if !rising {
        rows.reverse();
    }
    if !paging::is_keyset(desk)? {
        return Ok(Paging::read(desk)?.cut(desk, &rows, Totals::Shown, |one| account(desk, one)));
    }
    let name = if rising { "id_after" } else { "id_before" };
    if let Some(key) = query.get(name) {
        let key: u64 = key.parse().map_err(|_| Reply::invalid(name))?;
        rows.retain(|one| if rising { one.id > key } else { one.id < key });
    }
    paging::keyset(desk, &rows, |one| (name, one.id.to_string()), |one| account(desk, one))
}

/// One account.
pub(super) fn one(desk: &Desk<'_>, id: &str) -> Answer {
    desk.ask.query.ignore(&["with_custom_attributes"]);
    let found = id.parse().ok().and_then(|id: u64| desk.world.organisation.accounts.get(&id));
    let found = found.ok_or_else(|| Reply::missing("User"))?;
    let mut shown = account(desk, found);
    shape::merge(
        &mut shown,
        json!({
            "created_at": clock::fine(found.created), "bio": "", "location": "",
            "job_title": "", "pronouns": null, "bot": found.is_bot(), "followers": 0,
            "following": 0, "is_followed": false, "local_time": null,
        }),
    );
    Ok(Reply::json(200, &shown))
}

/// An account in short, or in full for administrators.
fn account(desk: &Desk<'_>, one: &Account) -> Value {
    let mut shown = shape::account(desk, one);
    if !desk.is_admin() {
        return shown;
    }
    let identities = if one.saml {
        json!([{"provider": "group_saml", "extern_uid": roles::extern_uid(one), "saml_provider_id": 7}])
    } else {
        json!([])
    };
    let active = one.active.map(clock::fine);
    shape::merge(
        &mut shown,
        json!({
            "created_at": clock::fine(one.created),
            "bot": one.is_bot(),
            "bio": "",
            "last_sign_in_at": active,
            "confirmed_at": clock::fine(one.created),
            "last_activity_on": day(one.active),
            "email": one.email,
            "theme_id": 3,
            "color_scheme_id": 1,
            "projects_limit": 0,
            "current_sign_in_at": active,
            "identities": identities,
            "can_create_group": false,
            "can_create_project": !one.external,
            "two_factor_enabled": one.two_factor,
            "external": one.external,
            "private_profile": false,
            "commit_email": one.email,
            "is_admin": one.admin,
            "is_auditor": one.auditor,
            "note": null,
            "namespace_id": one.id + 10_000,
            "created_by": one.created_by.map(|by| desk.account(by)),
            "provisioned_by_group_id": one.home,
            "using_license_seat": !one.is_bot(),
        }),
    );
    shown
}

/// The members of a top group and of everything below who take a seat.
pub(super) fn billable(desk: &Desk<'_>, place: Place, _: &[&str]) -> Answer {
    desk.need_plan(GitlabPlan::Premium)?;
    desk.ask.query.ignore(&["search", "sort"]);
    let Place::Group(group) = place else { return Err(Reply::missing("Group")) };
    if desk.world.groups.get(&group).is_some_and(|one| one.parent.is_some()) {
        return Err(Reply::json(400, &json!({"message": "400 Bad request"})));
    }
    desk.need(place, 50)?;
    let path = format!("{}/", desk.world.path_of(place).unwrap_or_default());
    let projects = desk.world.projects.values().filter(|one| one.path.starts_with(&path));
    let mut places = vec![place];
    places.extend(desk.world.below(group).into_iter().map(Place::Group));
    places.extend(projects.map(|one| Place::Project(one.id)));
    let mut seen: BTreeSet<u64> = BTreeSet::new();
    for place in places {
        let rows = desk.world.rows(place, &[Relation::Direct, Relation::Invited]);
        seen.extend(rows.into_iter().map(|row| row.user));
    }
    let accounts = seen.iter().filter_map(|id| desk.world.organisation.accounts.get(id));
    let rows: Vec<&Account> =
        accounts.filter(|one| one.kind != AccountKind::TokenBot && one.state == "active").collect();
    desk.page(&rows, |one| seat(desk, (place, one)))
}

fn seat(desk: &Desk<'_>, (place, one): (Place, &Account)) -> Value {
    let organisation = &desk.world.organisation;
    let is_member = organisation.memberships.contains_key(&(place, one.id));
    let mut shown = shape::account(desk, one);
    shape::merge(
        &mut shown,
        json!({
            "email": one.email,
            "last_activity_on": day(one.active),
            "membership_type": if is_member { "group_member" } else { "project_member" },
            "membership_state": "active",
            "removable": is_member,
            "created_at": clock::fine(one.created),
            "is_last_owner": organisation.is_last_owner(place, one.id),
            "last_login_at": one.active.map(clock::fine),
        }),
    );
    shown
}
