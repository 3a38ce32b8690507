//! Who is not in yet: invitations and requests.

use serde_json::json;

use super::super::{Answer, Desk, shape};
use super::day;
use crate::sim::clock;
use crate::sim::organisation::{Invitation, Place};

/// The level that lets somebody manage the members of a place.
pub(super) fn manager(place: Place) -> u32 {
    if matches!(place, Place::Group(_)) { 50 } else { 40 }
}

/// Invitations by mail that nobody has accepted yet.
pub(super) fn invitations(desk: &Desk<'_>, place: Place, _: &[&str]) -> Answer {
    desk.need(place, manager(place))?;
    let search = desk.ask.query.get("query").unwrap_or_default();
    let all = desk.world.organisation.invitations.iter();
    let rows: Vec<&Invitation> =
        all.filter(|one| one.place == place && one.email.contains(search)).collect();
    let name = |id: u64| desk.world.organisation.accounts.get(&id).map(|one| one.name.as_str());
    desk.page(&rows, |one| {
        json!({
            "id": one.id,
            "invite_email": one.email,
            "created_at": clock::fine(one.created),
            "access_level": one.level,
            "expires_at": day(one.expires),
            "user_name": null,
            "created_by_name": name(one.created_by),
        })
    })
}

/// Requests to be let in.
pub(super) fn requests(desk: &Desk<'_>, place: Place, _: &[&str]) -> Answer {
    desk.need(place, manager(place))?;
    let all = desk.world.organisation.requests.iter();
    let rows: Vec<(u64, i64)> =
        all.filter(|((here, _), _)| *here == place).map(|((_, user), at)| (*user, *at)).collect();
    desk.page(&rows, |(user, at)| {
        let mut shown = desk.account(*user);
        shape::merge(&mut shown, json!({"requested_at": clock::fine(*at)}));
        shown
    })
}
