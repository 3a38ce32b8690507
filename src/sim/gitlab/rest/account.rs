//! The JSON of accounts: in short, and of whoever asks.

use serde_json::{Value, json};

use super::Desk;
use super::shape::{merge, user};
use crate::sim::organisation::Account;

/// An account in short.
pub(super) fn account(desk: &Desk<'_>, one: &Account) -> Value {
    json!({
        "id": one.id,
        "username": one.username,
        "public_email": null,
        "name": one.name,
        "state": one.state,
        "locked": false,
        "avatar_url": null,
        "web_url": format!("{}/{}", desk.base, one.username),
    })
}

/// The user of the token.
pub(super) fn own_user(desk: &Desk<'_>) -> Value {
    let place = desk.world.holder.person;
    let Some(who) = desk.world.people.get(place) else { return Value::Null };
    let mut own = user(desk, who);
    merge(
        &mut own,
        json!({
            "created_at": "2023-03-01T08:00:00.000Z",
            "bio": "",
            "external": false,
            "bot": who.username.starts_with("project_"),
            "email": format!("{}@acme.example", who.username),
            "commit_email": format!("{}@acme.example", who.username),
            "two_factor_enabled": true,
            "can_create_group": false,
            "can_create_project": true,
            "is_admin": desk.is_admin(),
        }),
    );
    own
}
