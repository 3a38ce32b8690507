//! What takes rights away: which route does what.

use serde_json::Value;

use super::super::super::wire::Reply;
use super::super::{Answer, Desk};
use super::change;
use crate::sim::organisation::Place;

/// What changes something of a group or project: it, and the path behind it.
type Handler = fn(&mut Desk<'_>, Place, &[&str]) -> Result<Done, Reply>;

/// What became of it.
pub(super) enum Done {
    /// It is gone: 204.
    Gone,
    /// It is as it is now.
    Now(Value),
}

impl From<Done> for Reply {
    fn from(done: Done) -> Self {
        match done {
            Done::Gone => Self { status: 204, headers: Vec::new(), body: bytes::Bytes::new() },
            Done::Now(value) => Self::json(200, &value),
        }
    }
}

/// Answers a DELETE about access; `None` where there is no such route.
pub(in super::super) fn delete(desk: &mut Desk<'_>, path: &[&str]) -> Option<Answer> {
    let done = match path {
        ["personal_access_tokens", id] => change::revoke_personal(desk, id),
        [kind @ ("groups" | "projects"), id, rest @ ..] => {
            let handler: Handler = match (*kind, rest) {
                (_, ["members", _]) => change::remove_member,
                (_, ["access_tokens", _]) => change::revoke,
                (_, ["deploy_tokens", _]) => change::revoke_deploy_token,
                (_, ["invitations", _]) => change::withdraw,
                (_, ["access_requests", _]) => change::deny,
                (_, ["share", _]) => change::unshare,
                ("groups", ["service_accounts", _, "personal_access_tokens", _]) => {
                    change::revoke_of_service_account
                }
                ("projects", ["deploy_keys", _]) => change::remove_key,
                ("projects", ["triggers", _]) => change::remove_trigger,
                _ => return None,
            };
            let place = desk.place(kind, id);
            place.and_then(|place| handler(desk, place, rest))
        }
        _ => return None,
    };
    Some(done.map(Reply::from))
}

/// Answers a PUT about access; `None` where there is no such route.
pub(in super::super) fn put(desk: &mut Desk<'_>, path: &[&str]) -> Option<Answer> {
    let [kind @ ("groups" | "projects"), id, rest @ ..] = path else { return None };
    let handler: Handler = match (*kind, rest) {
        (_, ["members", _]) => change::change_member,
        ("projects", ["deploy_keys", _]) => change::change_key,
        _ => return None,
    };
    let place = desk.place(kind, id);
    Some(place.and_then(|place| handler(desk, place, rest)).map(Reply::from))
}
