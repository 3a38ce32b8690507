//! Access tokens: of projects and groups, and personal ones as far as the caller may see.

use serde_json::{Value, json};

use super::super::super::wire::Reply;
use super::super::{Answer, Desk, shape};
use super::day;
use crate::sim::clock;
use crate::sim::organisation::{Place, Token, TokenKind};

/// An instant of a token, where it has it.
type Instant = fn(&Token) -> Option<i64>;

/// 401, as GitLab answers who may not see tokens.
pub(super) fn unauthorized() -> Reply {
    Reply::json(401, &json!({"message": "401 Unauthorized"}))
}

/// 401 unless whoever asks may see the tokens of a place: its maintainers, of a group its owners.
pub(super) fn need_tokens(desk: &Desk<'_>, place: Place) -> Result<(), Reply> {
    let least = if matches!(place, Place::Group(_)) { 50 } else { 40 };
    if desk.world.level_here(place) < least { Err(unauthorized()) } else { Ok(()) }
}

/// The tokens of a group or project.
pub(super) fn of_place(desk: &Desk<'_>, place: Place, _: &[&str]) -> Answer {
    need_tokens(desk, place)?;
    list(desk, |token| token.kind == TokenKind::Resource(place))
}

/// One of them.
pub(super) fn one_of_place(desk: &Desk<'_>, place: Place, path: &[&str]) -> Answer {
    need_tokens(desk, place)?;
    let found = find(desk, place, path.last().copied().unwrap_or_default())?;
    Ok(Reply::json(200, &token(desk, found)))
}

/// A token of a group or project by its id.
pub(super) fn find<'a>(desk: &'a Desk<'_>, place: Place, id: &str) -> Result<&'a Token, Reply> {
    let word = if matches!(place, Place::Group(_)) { "group" } else { "project" };
    let found = id.parse().ok().and_then(|id: u64| desk.world.organisation.tokens.get(&id));
    let found = found.filter(|token| token.kind == TokenKind::Resource(place));
    found.ok_or_else(|| Reply::missing(&format!("{word} Access Token")))
}

/// Personal tokens: one's own; for administrators everybody's, those of bots among them.
pub(super) fn personal(desk: &Desk<'_>) -> Answer {
    let wanted = desk.ask.query.get("user_id").map(str::parse::<u64>);
    let wanted = wanted.transpose().map_err(|_| Reply::invalid("user_id"))?;
    let own = desk.asker();
    if desk.is_admin() {
        return list(desk, |token| wanted.is_none_or(|user| token.user == user));
    }
    if wanted.is_some_and(|user| user != own) {
        return Err(unauthorized());
    }
    list(desk, |token| token.user == own)
}

/// A personal token by its id.
pub(super) fn one_personal(desk: &Desk<'_>, id: &str) -> Answer {
    let found = id.parse().ok().and_then(|id: u64| desk.world.organisation.tokens.get(&id));
    let visible = found.filter(|token| desk.is_admin() || token.user == desk.asker());
    match visible {
        Some(found) => Ok(Reply::json(200, &token(desk, found))),
        None if desk.is_admin() => Err(Reply::missing("")),
        None => Err(unauthorized()),
    }
}

/// The tokens of an account, in the order of their ids.
pub(super) fn of_account(desk: &Desk<'_>, user: u64) -> Answer {
    list(desk, |token| token.user == user)
}

fn list(desk: &Desk<'_>, is_meant: impl Fn(&Token) -> bool) -> Answer {
    let query = &desk.ask.query;
    query.ignore(&["sort"]);
    let now = desk.world.now;
    let mut rows: Vec<&Token> =
        desk.world.organisation.tokens.values().filter(|token| is_meant(token)).collect();
    match query.get("state") {
        None => {}
        Some("active") => rows.retain(|token| token.works(now)),
        Some("inactive") => rows.retain(|token| !token.works(now)),
        Some(_) => return Err(Reply::invalid("state")),
    }
    if let Some(word) = query.get("revoked") {
        rows.retain(|token| token.revoked == (word == "true"));
    }
    if let Some(search) = query.get("search") {
        rows.retain(|token| token.name.contains(search));
    }
    let bounds: [(&str, Instant); 3] = [
        ("created", |token| Some(token.created)),
        ("last_used", |token| token.used),
        ("expires", |token| token.expires),
    ];
    for (name, of) in bounds {
        let (before, after) = (format!("{name}_before"), format!("{name}_after"));
        let instant = |name: &str| match query.get(name) {
            None => Ok(None),
            Some(text) => instant(text).map(Some).ok_or_else(|| Reply::invalid(name)),
        };
        if let Some(edge) = instant(&before)? {
            rows.retain(|token| of(token).is_some_and(|at| at < edge));
        }
        if let Some(edge) = instant(&after)? {
            rows.retain(|token| of(token).is_some_and(|at| at > edge));
        }
    }
    desk.page(&rows, |one| token(desk, one))
}

/// An instant, or the beginning of a day.
pub(super) fn instant(text: &str) -> Option<i64> {
    clock::parse(text).or_else(|| clock::parse(&format!("{text}T00:00:00Z")))
}

/// A token as the API shows one. Its value it never has.
fn token(desk: &Desk<'_>, one: &Token) -> Value {
    // Tokens that are used all the time were used just now: that is written at most every ten minutes.
    let used = one.used.map(clock::fine);
    let mut shown = json!({
        "id": one.id,
        "name": one.name,
        "revoked": one.revoked,
        "created_at": clock::fine(one.created),
        "description": null,
        "scopes": one.scopes,
        "user_id": one.user,
        "last_used_at": used,
        "active": one.works(desk.world.now),
        "expires_at": day(one.expires),
    });
    if let TokenKind::Resource(place) = one.kind {
        let (word, id) = match place {
            Place::Group(id) => ("group", id),
            Place::Project(id) => ("project", id),
        };
        shape::merge(
            &mut shown,
            json!({"access_level": one.level, "resource_type": word, "resource_id": id}),
        );
    }
    shown
}
