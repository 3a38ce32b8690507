//! The fields of accounts and members, and of CI/CD variables.

use serde_json::{Value, json};

use super::super::super::links;
use super::super::execute::Run;
use super::super::node::{Node, Order, Out, leaf};
use super::super::value::Arguments;
use super::{Found, nothing};
use crate::sim::clock;
use crate::sim::organisation::{Account, AccountKind, Place, Relation, Row, Variable};

/// What GitLab says where somebody may not look.
const UNAVAILABLE: &str = "The resource that you are attempting to access does not exist or you don't have permission to perform this action";

/// A field of a person.
pub(super) fn person_field(run: &Run<'_>, place: usize, name: &str) -> Found {
    let Some(who) = run.world.people.get(place) else { return nothing("UserCore", name) };
    account_field(run, who.id, name)
}

/// A field of an account.
pub(super) fn account_field(run: &Run<'_>, id: u64, name: &str) -> Found {
    let Some(who) = run.world.organisation.accounts.get(&id) else {
        return nothing("UserCore", name);
    };
    Ok(match name {
        "id" => leaf(links::gid("User", who.id)),
        "name" => leaf(who.name.as_str()),
        "username" => leaf(who.username.as_str()),
        "active" => leaf(who.state == "active"),
        "bot" => leaf(who.is_bot()),
        "type" => leaf(match who.kind {
            AccountKind::Person => "HUMAN",
            AccountKind::TokenBot => "PROJECT_BOT",
            AccountKind::ServiceAccount => "SERVICE_ACCOUNT",
        }),
        "state" => leaf(who.state.as_str()),
        // Of others it is told to administrators alone.
        "lastActivityOn" => leaf(who.active.filter(|_| sees(run, who)).map(clock::day)),
        "webPath" => leaf(format!("/{}", who.username)),
        "webUrl" => leaf(format!("{}/{}", run.base, who.username)),
        "publicEmail" | "avatarUrl" => leaf(Value::Null),
        _ => return nothing("UserCore", name),
    })
}

fn sees(run: &Run<'_>, who: &Account) -> bool {
    let own = run.world.people.get(run.world.holder.person).map(|one| one.id);
    let own = own.and_then(|id| run.world.organisation.accounts.get(&id));
    own.is_some_and(|own| own.admin || own.id == who.id)
}

/// One account by its id or login.
pub(super) fn user(run: &Run<'_>, arguments: &Arguments) -> Out {
    let organisation = &run.world.organisation;
    let by_id = arguments.text("id").and_then(links::number);
    let by_login = arguments.text("username").and_then(|login| organisation.account_of(login));
    let found = by_id.and_then(|id| organisation.accounts.get(&id)).or(by_login);
    Out::One(found.map(|one| Node::Account(one.id)))
}

/// Accounts, the newest first.
pub(super) fn users(run: &Run<'_>, arguments: &Arguments) -> Out {
    let mut rows: Vec<&Account> = run.world.organisation.accounts.values().rev().collect();
    if let Some(ids) = arguments.texts("ids") {
        let ids: Vec<u64> = ids.into_iter().filter_map(links::number).collect();
        rows.retain(|one| ids.contains(&one.id));
    }
    if let Some(logins) = arguments.texts("usernames") {
        rows.retain(|one| logins.contains(&one.username.as_str()));
    }
    if let Some(search) = arguments.text("search") {
        rows.retain(|one| one.username.contains(search) || one.name.contains(search));
    }
    if arguments.switch("admins") == Some(true) {
        rows.retain(|one| one.admin);
    }
    Out::Rows(rows.iter().map(|one| Node::Account(one.id)).collect(), Order::Falling)
}

/// The groups below a group.
pub(super) fn groups(run: &Run<'_>, id: u64, arguments: &Arguments) -> Out {
    let mut rows = run.world.below(id);
    if arguments.switch("includeParentDescendants") == Some(false) {
        rows.retain(|one| run.world.groups.get(one).is_some_and(|one| one.parent == Some(id)));
    }
    if let Some(search) = arguments.text("search") {
        let fits =
            |one: &u64| run.world.groups.get(one).is_some_and(|one| one.path.contains(search));
        rows.retain(fits);
    }
    Out::Rows(rows.into_iter().map(Node::Group).collect(), Order::Rising)
}

/// The members of a group or project by some of the relations: each account once, with its highest level among them.
pub(super) fn members(run: &Run<'_>, place: Place, arguments: &Arguments) -> Found {
    if run.world.level_here(place) < 5 {
        return Err(UNAVAILABLE.to_owned());
    }
    let words = arguments.texts("relations").unwrap_or_else(|| vec!["DIRECT", "INHERITED"]);
    let relations: Vec<Relation> =
        words.into_iter().flat_map(|word| relations(word, place)).copied().collect();
    let mut rows = run.world.rows(place, &relations);
    if let Some(wanted) = arguments.texts("accessLevels") {
        rows.retain(|row| wanted.contains(&word(row.level)));
    }
    if let Some(search) = arguments.text("search") {
        let search = search.to_lowercase();
        rows.retain(|row| {
            let account = run.world.organisation.accounts.get(&row.user);
            account.is_some_and(|one| {
                one.username.contains(&search) || one.name.to_lowercase().contains(&search)
            })
        });
    }
    Ok(Out::Rows(rows.into_iter().map(Node::Member).collect(), Order::Rising))
}

/// What a word of the schema stands for. What was opened to a group above counts for a group as opened to itself.
fn relations(word: &str, place: Place) -> &'static [Relation] {
    match (word, place) {
        ("DIRECT", _) => &[Relation::Direct],
        ("INHERITED", _) => &[Relation::Inherited],
        ("DESCENDANTS", _) => &[Relation::Descendants],
        ("SHARED_FROM_GROUPS", Place::Group(_)) => &[Relation::Invited, Relation::InvitedAbove],
        ("INVITED_GROUPS", Place::Project(_)) => &[Relation::Invited],
        ("SHARED_INTO_ANCESTORS", Place::Project(_)) => &[Relation::InvitedAbove],
        _ => &[],
    }
}

/// A field of a member.
pub(super) fn member_field(run: &Run<'_>, row: &Row, name: &str) -> Found {
    let organisation = &run.world.organisation;
    let made = organisation.memberships.get(&(row.place, row.user));
    let account = |id: u64| Out::One(Some(Node::Account(id)));
    Ok(match name {
        "id" => leaf(links::gid(kind(row.place), row.id)),
        "accessLevel" => level(row.level),
        "createdAt" | "updatedAt" => leaf(made.map(|made| clock::coarse(made.created))),
        "createdBy" => made.and_then(|made| made.created_by).map_or(Out::One(None), account),
        "expiresAt" => leaf(made.and_then(|made| made.expires).map(clock::coarse)),
        "memberRole" => {
            let role = made.and_then(|made| made.role).and_then(|id| organisation.roles.get(&id));
            Out::One(role.map(|role| {
                Node::Plain(json!({
                    "id": links::gid("MemberRole", role.id),
                    "name": role.name,
                    "baseAccessLevel": level_of(role.base),
                }))
            }))
        }
        "user" => account(row.user),
        "group" | "project" => Out::One(Some(match row.place {
            Place::Group(id) => Node::Group(id),
            Place::Project(id) => Node::Project(id),
        })),
        _ => return nothing("Member", name),
    })
}

fn kind(place: Place) -> &'static str {
    match place {
        Place::Group(_) => "GroupMember",
        Place::Project(_) => "ProjectMember",
    }
}

fn level(number: u32) -> Out {
    Out::One(Some(Node::Plain(level_of(number))))
}

fn level_of(number: u32) -> Value {
    json!({"integerValue": number, "stringValue": word(number)})
}

fn word(level: u32) -> &'static str {
    match level {
        5 => "MINIMAL_ACCESS",
        10 => "GUEST",
        15 => "PLANNER",
        20 => "REPORTER",
        25 => "SECURITY_MANAGER",
        30 => "DEVELOPER",
        40 => "MAINTAINER",
        50 => "OWNER",
        60 => "ADMIN",
        _ => "NO_ACCESS",
    }
}

/// The CI/CD variables of a group or project, for those who manage them; their values, too, for whoever asks for them.
pub(super) fn variables(run: &Run<'_>, place: Place, arguments: &Arguments) -> Out {
    let least = if matches!(place, Place::Group(_)) { 50 } else { 40 };
    if run.world.level_here(place) < least {
        return leaf(Value::Null);
    }
    let all = run.world.organisation.variables.iter();
    let mut rows: Vec<&Variable> = all.filter(|one| one.place == place).collect();
    match arguments.text("sort") {
        Some("KEY_ASC") => rows.sort_by(|one, other| one.key.cmp(&other.key)),
        Some("KEY_DESC") => rows.sort_by(|one, other| other.key.cmp(&one.key)),
        _ => {}
    }
    let node = |one: &&Variable| {
        let id = usize::try_from(one.id).unwrap_or(usize::MAX);
        let kind = if matches!(place, Place::Group(_)) { "GroupVariable" } else { "Variable" };
        Node::Blob(
            id,
            json!({
                "id": links::gid(&format!("Ci::{kind}"), one.id),
                "description": null,
                "environmentScope": one.scope,
                "key": one.key,
                "masked": one.masked,
                "protected": one.protected,
                "raw": false,
                "value": one.value,
                "variableType": "ENV_VAR",
            }),
        )
    };
    Out::Rows(rows.iter().map(node).collect(), Order::Rising)
}
