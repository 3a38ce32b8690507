//! Deploy tokens, deploy keys and trigger tokens.

use serde_json::{Value, json};

use super::super::super::wire::Reply;
use super::super::{Answer, Desk, shape};
use crate::sim::clock::{self, Millis};
use crate::sim::organisation::{DeployKey, DeployToken, Place, Push, Trigger};

/// The deploy tokens of a group or project.
pub(super) fn deploy_tokens(desk: &Desk<'_>, place: Place, _: &[&str]) -> Answer {
    desk.need(place, 40)?;
    list(desk, |token| token.place == place)
}

/// Every deploy token, for administrators.
pub(super) fn deploy_tokens_of_all(desk: &Desk<'_>) -> Answer {
    desk.need_admin()?;
    list(desk, |_| true)
}

fn list(desk: &Desk<'_>, is_meant: impl Fn(&DeployToken) -> bool) -> Answer {
    let now = desk.world.now;
    let expired = |token: &DeployToken| is_over(token, now);
    let mut rows: Vec<&DeployToken> =
        desk.world.organisation.deploy_tokens.values().filter(|one| is_meant(one)).collect();
    if let Some(word) = desk.ask.query.get("active") {
        rows.retain(|token| (!token.revoked && !expired(token)) == (word == "true"));
    }
    desk.page(&rows, |token| shown(token, now))
}

fn is_over(token: &DeployToken, now: Millis) -> bool {
    token.expires.is_some_and(|end| end <= now)
}

fn shown(token: &DeployToken, now: Millis) -> Value {
    json!({
        "id": token.id,
        "name": token.name,
        "username": format!("gitlab+deploy-token-{}", token.id),
        "expires_at": token.expires.map(clock::fine),
        "scopes": token.scopes,
        "revoked": token.revoked,
        "expired": is_over(token, now),
    })
}

/// One deploy token of a group or project.
pub(super) fn one_deploy_token(desk: &Desk<'_>, place: Place, rest: &[&str]) -> Answer {
    desk.need(place, 40)?;
    let all = &desk.world.organisation.deploy_tokens;
    let found = number(rest).and_then(|id| all.get(&id)).filter(|token| token.place == place);
    let token = found.ok_or_else(super::members::not_found)?;
    Ok(Reply::json(200, &shown(token, desk.world.now)))
}

/// One deploy key of a project.
pub(super) fn one_deploy_key(desk: &Desk<'_>, place: Place, rest: &[&str]) -> Answer {
    desk.need(place, 40)?;
    let Place::Project(project) = place else { return Err(super::members::not_found()) };
    let all = &desk.world.organisation.deploy_keys;
    let found = number(rest).and_then(|id| all.get(&id));
    let found = found.filter(|key| key.projects.contains_key(&project));
    let key = found.ok_or_else(super::members::not_found)?;
    Ok(Reply::json(200, &key_of(key, project)))
}

/// The number at the end of a path.
fn number(rest: &[&str]) -> Option<u64> {
    rest.last()?.parse().ok()
}

/// The deploy keys of a project.
pub(super) fn deploy_keys(desk: &Desk<'_>, place: Place, _: &[&str]) -> Answer {
    desk.need(place, 40)?;
    let Place::Project(project) = place else { return Err(super::members::not_found()) };
    let all = desk.world.organisation.deploy_keys.values();
    let rows: Vec<&DeployKey> = all.filter(|key| key.projects.contains_key(&project)).collect();
    desk.page(&rows, |key| key_of(key, project))
}

/// A deploy key as its project shows it.
pub(super) fn key_of(key: &DeployKey, project: u64) -> Value {
    let mut shown = basic(key);
    let can_push = key.projects.get(&project) == Some(&Push::Allowed);
    shape::merge(&mut shown, json!({"can_push": can_push}));
    shown
}

/// Every deploy key with its projects, for administrators.
pub(super) fn deploy_keys_of_all(desk: &Desk<'_>) -> Answer {
    desk.need_admin()?;
    desk.ask.query.ignore(&["public"]);
    let rows: Vec<&DeployKey> = desk.world.organisation.deploy_keys.values().collect();
    desk.page(&rows, |key| {
        let of = |wanted: Push| -> Vec<Value> {
            let ids = key.projects.iter().filter(|(_, push)| **push == wanted);
            let projects = ids.filter_map(|(id, _)| desk.world.projects.get(id));
            projects.map(|project| shape::project_identity(desk, project)).collect()
        };
        let mut shown = basic(key);
        shape::merge(
            &mut shown,
            json!({
                "projects_with_write_access": of(Push::Allowed),
                "projects_with_readonly_access": of(Push::Denied),
            }),
        );
        shown
    })
}

fn basic(key: &DeployKey) -> Value {
    json!({
        "id": key.id,
        "title": key.title,
        "created_at": clock::fine(key.created),
        "expires_at": key.expires.map(clock::fine),
        "last_used_at": key.used.map(clock::fine),
        "key": format!("ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAISimulated{:06}", key.id),
        "usage_type": "auth_and_signing",
        "fingerprint": format!("00:11:22:33:44:55:66:77:88:99:aa:bb:cc:dd:ee:{:02x}", key.id % 256),
        "fingerprint_sha256": format!("SHA256:Simulated{:06}", key.id),
    })
}

/// The trigger tokens of a project; the value is shown to its owner alone.
pub(super) fn triggers(desk: &Desk<'_>, place: Place, _: &[&str]) -> Answer {
    desk.need(place, 40)?;
    let all = desk.world.organisation.triggers.values();
    let rows: Vec<&Trigger> = all.filter(|one| Place::Project(one.project) == place).collect();
    desk.page(&rows, |one| {
        let own = one.owner == desk.asker();
        json!({
            "id": one.id,
            "token": if own { format!("glptt-simulated-{}", one.id) } else { "glpt".to_owned() },
            "description": one.description,
            "created_at": clock::fine(one.created),
            "updated_at": clock::fine(one.created),
            "last_used": one.used.map(clock::fine),
            "expires_at": one.expires.map(clock::fine),
            "owner": desk.account(one.owner),
        })
    })
}
