//! Members of groups and projects, direct and by whatever way; groups within groups, and whom they were opened to.

use serde_json::{Value, json};

use super::super::super::wire::Reply;
use super::super::{Answer, Desk, shape};
use super::{day, roles};
use crate::sim::clock;
use crate::sim::organisation::{Membership, Place, Relation, Row};
use crate::sim::world::Group;

/// Who was made a member of the place itself.
pub(super) fn direct(desk: &Desk<'_>, place: Place, _: &[&str]) -> Answer {
    list(desk, place, &[Relation::Direct])
}

/// Everybody who is a member, each once with their highest level: which way that came is not told.
pub(super) fn all(desk: &Desk<'_>, place: Place, _: &[&str]) -> Answer {
    list(desk, place, &Relation::ALL)
}

/// A member of the place itself.
pub(super) fn one(desk: &Desk<'_>, place: Place, path: &[&str]) -> Answer {
    find(desk, (place, path), &[Relation::Direct])
}

/// A member by whatever way.
pub(super) fn one_of_all(desk: &Desk<'_>, place: Place, path: &[&str]) -> Answer {
    find(desk, (place, path), &Relation::ALL)
}

fn find(desk: &Desk<'_>, (place, path): (Place, &[&str]), relations: &[Relation]) -> Answer {
    desk.need(place, 5)?;
    let wanted = path.last().and_then(|id| id.parse::<u64>().ok());
    let rows = shown(desk, place, relations);
    let row = rows.iter().find(|row| Some(row.user) == wanted);
    let row = row.ok_or_else(not_found)?;
    Ok(Reply::json(200, &member(desk, row)))
}

/// 404, as GitLab says it of members.
pub(super) fn not_found() -> Reply {
    Reply::json(404, &json!({"message": "404 Not found"}))
}

fn list(desk: &Desk<'_>, place: Place, relations: &[Relation]) -> Answer {
    desk.need(place, 5)?;
    let query = &desk.ask.query;
    query.ignore(&["state", "with_saml_identity"]);
    let search = query.get("query").unwrap_or_default().to_lowercase();
    let ids = |name: &str| -> Vec<u64> {
        query.list(name).iter().filter_map(|id| id.parse().ok()).collect()
    };
    let (wanted, skipped) = (ids("user_ids"), ids("skip_users"));
    let mut rows = shown(desk, place, relations);
    rows.retain(|row| {
        let account = desk.world.organisation.accounts.get(&row.user);
        account.is_some_and(|one| {
            one.username.contains(&search) || one.name.to_lowercase().contains(&search)
        }) && (wanted.is_empty() || wanted.contains(&row.user))
            && !skipped.contains(&row.user)
    });
    desk.page(&rows, |row| member(desk, row))
}

/// The rows, with the level that a test gave to the holder of the clients' token.
fn shown(desk: &Desk<'_>, place: Place, relations: &[Relation]) -> Vec<Row> {
    let asker = desk.asker();
    let mut rows = desk.world.rows(place, relations);
    if relations.len() > 1 && !desk.is_admin() {
        let own = desk.world.level_here(place);
        rows.iter_mut().filter(|row| row.user == asker).for_each(|row| row.level = own);
    }
    rows.retain(|row| row.level > 0);
    rows
}

/// A member as the API shows one.
pub(super) fn member(desk: &Desk<'_>, row: &Row) -> Value {
    let made = desk.world.organisation.memberships.get(&(row.place, row.user));
    let mut shown = desk.account(row.user);
    shape::merge(
        &mut shown,
        json!({
            "access_level": row.level,
            "created_at": made.map(|made| clock::fine(made.created)),
            "expires_at": made.and_then(|made| day(made.expires)),
            "membership_state": "active",
        }),
    );
    if let Some(by) = made.and_then(|made| made.created_by) {
        shape::merge(&mut shown, json!({"created_by": desk.account(by)}));
    }
    if let Some(made) = made {
        identify(desk, made, &mut shown);
    }
    if desk.ask.query.is_on("show_seat_info") {
        shape::merge(&mut shown, json!({"is_using_seat": row.level > 10}));
    }
    shown
}

/// Adds what owners alone may know, and the custom role.
fn identify(desk: &Desk<'_>, made: &Membership, shown: &mut Value) {
    let organisation = &desk.world.organisation;
    if let Some(role) = made.role.and_then(|id| organisation.roles.get(&id)) {
        shape::merge(shown, json!({"member_role": roles::role(role)}));
    }
    let Place::Group(group) = made.place else { return };
    let Some(account) = organisation.accounts.get(&made.user) else { return };
    if desk.world.level_here(made.place) < 50 {
        return;
    }
    let saml = account.saml.then(|| {
        let uid = roles::extern_uid(account);
        json!({"extern_uid": uid, "provider": "group_saml", "saml_provider_id": 7})
    });
    let scim = account.scim.map(|active| {
        json!({"extern_uid": roles::extern_uid(account), "group_id": group, "active": active})
    });
    shape::merge(
        shown,
        json!({
            "email": account.email,
            "group_saml_identity": saml,
            "group_scim_identity": scim,
        }),
    );
}

/// The groups that were invited into a place, as groups and projects list them.
pub(in super::super) fn shares(desk: &Desk<'_>, place: Place) -> Value {
    let row = |share: &crate::sim::organisation::Share| {
        let group = desk.world.groups.get(&share.group);
        json!({
            "group_id": share.group,
            "group_name": group.map(Group::name),
            "group_full_path": group.map(|group| group.path.as_str()),
            "group_access_level": share.level,
            "expires_at": day(share.expires),
            "member_role_id": null,
        })
    };
    desk.world.organisation.shares_of(place).map(row).collect()
}

/// The groups directly below a group.
pub(super) fn subgroups(desk: &Desk<'_>, place: Place, _: &[&str]) -> Answer {
    groups(desk, place, |group, above| group.parent == Some(above))
}

/// The groups below a group, however deep.
pub(super) fn descendant_groups(desk: &Desk<'_>, place: Place, _: &[&str]) -> Answer {
    let Place::Group(id) = place else { return Err(Reply::missing("Group")) };
    let below = desk.world.below(id);
    groups(desk, place, |group, _| below.contains(&group.id))
}

fn groups(desk: &Desk<'_>, place: Place, is_wanted: impl Fn(&Group, u64) -> bool) -> Answer {
    let Place::Group(above) = place else { return Err(Reply::missing("Group")) };
    desk.ask.query.ignore(&[
        "all_available",
        "order_by",
        "sort",
        "statistics",
        "with_custom_attributes",
        "owned",
        "skip_groups",
        "min_access_level",
    ]);
    let search = desk.ask.query.get("search").unwrap_or_default();
    let all = desk.world.groups.values().filter(|group| is_wanted(group, above));
    let rows: Vec<&Group> = all.filter(|group| group.path.contains(search)).collect();
    desk.page(&rows, |group| shape::group(desk, group))
}
