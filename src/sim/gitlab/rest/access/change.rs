//! What takes rights away, with GitLab's refusals.

use serde_json::{Value, json};

use super::super::super::wire::Reply;
use super::super::Desk;
use super::super::commit::forbidden;
use super::act::Done;
use super::{keys, members, pending, roles, tokens};
use crate::sim::organisation::{End, Place, Push, Refused, Relation};
use crate::sim::world::GitlabPlan;

/// The levels that somebody may be given.
const LEVELS: [u32; 8] = [5, 10, 15, 20, 25, 30, 40, 50];

type Doing = Result<Done, Reply>;

fn number(path: &[&str]) -> Option<u64> {
    path.last().and_then(|id| id.parse().ok())
}

fn refusal(why: Refused) -> Reply {
    match why {
        Refused::Missing => members::not_found(),
        Refused::LastOwner => forbidden(""),
    }
}

/// 403 unless whoever asks manages the members of a place, and is not below the one who is concerned.
fn need_manager(desk: &Desk<'_>, place: Place, user: u64) -> Result<(), Reply> {
    let own = desk.world.level_here(place);
    let theirs = desk.world.organisation.memberships.get(&(place, user));
    if own < pending::manager(place) || theirs.is_some_and(|one| one.level > own) {
        return Err(forbidden(""));
    }
    Ok(())
}

/// Removes a member of the place itself, and of everything below a group.
pub(super) fn remove_member(desk: &mut Desk<'_>, place: Place, path: &[&str]) -> Doing {
    desk.ask.query.ignore(&["unassign_issuables"]);
    let user = number(path).ok_or_else(members::not_found)?;
    if !desk.world.organisation.memberships.contains_key(&(place, user)) {
        return Err(members::not_found());
    }
    if user != desk.asker() {
        need_manager(desk, place, user)?;
    }
    desk.world.organisation.remove_member(place, user).map_err(refusal)?;
    let deep = !desk.ask.query.is_on("skip_subresources");
    if let (true, Place::Group(group)) = (deep, place) {
        let below = desk.world.below(group);
        let groups: Vec<u64> = below.into_iter().chain([group]).collect();
        let is_below = |place: &Place| match place {
            Place::Group(id) => groups.contains(id),
            Place::Project(id) => {
                desk.world.projects.get(id).is_some_and(|one| groups.contains(&one.group))
            }
        };
        let all = desk.world.organisation.memberships.keys();
        let theirs: Vec<(Place, u64)> =
            all.filter(|(place, member)| *member == user && is_below(place)).copied().collect();
        for key in theirs {
            desk.world.organisation.memberships.remove(&key);
        }
    }
    Ok(Done::Gone)
}

/// Gives a member of the place itself another level, and another end.
pub(super) fn change_member(desk: &mut Desk<'_>, place: Place, path: &[&str]) -> Doing {
    let user = number(path).ok_or_else(members::not_found)?;
    let body: Value = serde_json::from_slice(&desk.ask.body).unwrap_or_default();
    let own = desk.world.level_here(place);
    if own < pending::manager(place) {
        return Err(forbidden(""));
    }
    let asked = field(desk, &body, "access_level");
    let asked =
        asked.ok_or_else(|| Reply::json(400, &json!({"error": "access_level is missing"})))?;
    let level = asked.parse().ok().filter(|level| LEVELS.contains(level));
    let level = level.ok_or_else(|| Reply::invalid("access_level"))?;
    if !desk.world.organisation.memberships.contains_key(&(place, user)) {
        return Err(members::not_found());
    }
    need_manager(desk, place, user)?;
    if level > own {
        return Err(forbidden(""));
    }
    not_below_inherited(desk, (place, user), level)?;
    let end = end(desk, &body)?;
    let organisation = &mut desk.world.organisation;
    organisation.change_member((place, user), level, end).map_err(refusal)?;
    let rows = desk.world.rows(place, &[Relation::Direct]);
    let row = rows.iter().find(|row| row.user == user).ok_or_else(members::not_found)?;
    Ok(Done::Now(members::member(desk, row)))
}

/// The value of a field of the body or of the query, as text; an empty one and null are "".
fn field(desk: &Desk<'_>, body: &Value, name: &str) -> Option<String> {
    match body.get(name) {
        Some(Value::String(text)) => Some(text.clone()),
        Some(Value::Null) => Some(String::new()),
        Some(value) => Some(value.to_string()),
        None => desk.ask.query.get(name).map(str::to_owned),
    }
}

/// The end that is asked for.
fn end(desk: &Desk<'_>, body: &Value) -> Result<End, Reply> {
    let Some(text) = field(desk, body, "expires_at") else { return Ok(End::Kept) };
    if text.is_empty() {
        return Ok(End::Never);
    }
    let invalid = || Reply::json(400, &json!({"error": "expires_at is invalid"}));
    let at = tokens::instant(&text).ok_or_else(invalid)?;
    if at <= desk.world.now {
        let said = json!({"message": {"expires_at": ["cannot be a date in the past"]}});
        return Err(Reply::json(400, &said));
    }
    Ok(End::At(at))
}

/// 400 where somebody inherits more than they would have.
fn not_below_inherited(
    desk: &Desk<'_>,
    (place, user): (Place, u64),
    level: u32,
) -> Result<(), Reply> {
    let inherited = desk.world.rows(place, &[Relation::Inherited]);
    let above = inherited.into_iter().find(|row| row.user == user && row.level > level);
    let Some(above) = above else { return Ok(()) };
    let from = desk.world.path_of(above.place).unwrap_or_default();
    let word = match above.level {
        50 => "Owner",
        40 => "Maintainer",
        30 => "Developer",
        20 => "Reporter",
        _ => "Guest",
    };
    let said =
        format!("should be greater than or equal to {word} inherited membership from group {from}");
    Err(Reply::json(400, &json!({"message": {"access_level": [said]}})))
}

/// Revokes a token of a group or project.
pub(super) fn revoke(desk: &mut Desk<'_>, place: Place, path: &[&str]) -> Doing {
    tokens::need_tokens(desk, place)?;
    let id = tokens::find(desk, place, path.last().copied().unwrap_or_default())?.id;
    revoke_now(desk, id)
}

/// Revokes a personal token: one's own, or anybody's for an administrator.
pub(super) fn revoke_personal(desk: &mut Desk<'_>, id: &str) -> Doing {
    let id: u64 = id.parse().map_err(|_| Reply::invalid("id"))?;
    let token = desk.world.organisation.tokens.get(&id).ok_or_else(|| Reply::missing(""))?;
    if token.user != desk.asker() && !desk.is_admin() {
        return Err(Reply::json(400, &json!({"message": "400 Bad request"})));
    }
    revoke_now(desk, id)
}

/// Revokes a token of a service account.
pub(super) fn revoke_of_service_account(desk: &mut Desk<'_>, place: Place, path: &[&str]) -> Doing {
    desk.need_plan(GitlabPlan::Premium)?;
    desk.need(place, 50)?;
    let user = roles::service_account(desk, place, path)?;
    let id = number(path).ok_or_else(|| Reply::missing("Personal Access Token"))?;
    let is_theirs = desk.world.organisation.tokens.get(&id).is_some_and(|one| one.user == user);
    if !is_theirs {
        return Err(Reply::missing("Personal Access Token"));
    }
    revoke_now(desk, id)
}

fn revoke_now(desk: &mut Desk<'_>, id: u64) -> Doing {
    let now = desk.world.now;
    desk.world.organisation.revoke(id, now).map_err(refusal)?;
    Ok(Done::Gone)
}

/// Revokes a deploy token.
pub(super) fn revoke_deploy_token(desk: &mut Desk<'_>, place: Place, path: &[&str]) -> Doing {
    desk.need(place, if matches!(place, Place::Group(_)) { 50 } else { 40 })?;
    let found = number(path).and_then(|id| desk.world.organisation.deploy_tokens.get(&id));
    let found = found.filter(|token| token.place == place && !token.revoked);
    let id = found.map(|token| token.id).ok_or_else(|| Reply::missing("Deploy Token"))?;
    if let Some(token) = desk.world.organisation.deploy_tokens.get_mut(&id) {
        token.revoked = true;
    }
    Ok(Done::Gone)
}

/// Takes a deploy key out of a project.
pub(super) fn remove_key(desk: &mut Desk<'_>, place: Place, path: &[&str]) -> Doing {
    desk.need(place, 40)?;
    let known = number(path).zip(project(place));
    let (id, project) = known.ok_or_else(|| Reply::missing("Deploy Key"))?;
    let organisation = &mut desk.world.organisation;
    organisation.remove_key(project, id).map_err(|_| Reply::missing("Deploy Key"))?;
    Ok(Done::Gone)
}

/// Lets a deploy key push, or read alone.
pub(super) fn change_key(desk: &mut Desk<'_>, place: Place, path: &[&str]) -> Doing {
    desk.need(place, 40)?;
    let body: Value = serde_json::from_slice(&desk.ask.body).unwrap_or_default();
    let title = field(desk, &body, "title");
    let can_push = field(desk, &body, "can_push");
    if title.is_none() && can_push.is_none() {
        let said = "title, can_push are missing, at least one parameter must be provided";
        return Err(Reply::json(400, &json!({"error": said})));
    }
    let known = number(path).zip(project(place));
    let (id, project) = known.ok_or_else(members::not_found)?;
    let found = desk.world.organisation.deploy_keys.get_mut(&id);
    let key = found.filter(|key| key.projects.contains_key(&project));
    let key = key.ok_or_else(members::not_found)?;
    if let Some(word) = can_push {
        let push = if word == "true" { Push::Allowed } else { Push::Denied };
        key.projects.insert(project, push);
    }
    if let Some(title) = title.filter(|title| !title.is_empty()) {
        key.title = title;
    }
    Ok(Done::Now(keys::key_of(key, project)))
}

fn project(place: Place) -> Option<u64> {
    match place {
        Place::Project(id) => Some(id),
        Place::Group(_) => None,
    }
}

/// Removes a trigger token.
pub(super) fn remove_trigger(desk: &mut Desk<'_>, place: Place, path: &[&str]) -> Doing {
    desk.need(place, 40)?;
    let found = number(path).and_then(|id| desk.world.organisation.triggers.get(&id));
    let found = found.filter(|one| Place::Project(one.project) == place);
    let id = found.map(|one| one.id).ok_or_else(|| Reply::missing("Trigger"))?;
    desk.world.organisation.triggers.remove(&id);
    Ok(Done::Gone)
}

/// Takes an invitation back.
pub(super) fn withdraw(desk: &mut Desk<'_>, place: Place, path: &[&str]) -> Doing {
    desk.need(place, pending::manager(place))?;
    let email = path.last().copied().unwrap_or_default();
    let invitations = &mut desk.world.organisation.invitations;
    let before = invitations.len();
    invitations.retain(|one| one.place != place || one.email != email);
    if invitations.len() == before { Err(members::not_found()) } else { Ok(Done::Gone) }
}

/// Refuses a request to be let in.
pub(super) fn deny(desk: &mut Desk<'_>, place: Place, path: &[&str]) -> Doing {
    let user = number(path).ok_or_else(members::not_found)?;
    if user != desk.asker() {
        desk.need(place, pending::manager(place))?;
    }
    let gone = desk.world.organisation.requests.remove(&(place, user));
    gone.map(|_| Done::Gone).ok_or_else(members::not_found)
}

/// Ends the share of a place with a group.
pub(super) fn unshare(desk: &mut Desk<'_>, place: Place, path: &[&str]) -> Doing {
    desk.need(place, pending::manager(place))?;
    let group = number(path);
    let shares = &mut desk.world.organisation.shares;
    let before = shares.len();
    shares.retain(|one| one.place != place || Some(one.group) != group);
    if shares.len() == before { Err(Reply::missing("Group Link")) } else { Ok(Done::Gone) }
}
