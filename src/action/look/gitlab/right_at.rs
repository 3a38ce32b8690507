//! Looking at a membership, a token or a key: whether it is there, what it gives, and whether it may go.

use super::right::Standing;
use crate::api::Error;
use crate::api::gitlab::{Gitlab, Shelf};
use crate::domain::access::{Level, Resource, ResourceKind};
use crate::domain::time::instant_utc;
use crate::domain::{RightAt, Seen, TargetKind, Text};

/// Looks at one.
pub(super) async fn look(
    gitlab: &Gitlab,
    standing: &Standing,
    right: &RightAt,
) -> Result<Seen, Error> {
    let mut seen = match (right.kind, &right.place) {
        (TargetKind::Member, Some(place)) => member(gitlab, place, right.id).await?,
        (kind, place) => {
            let shelf = match kind {
                TargetKind::DeployToken => Shelf::Deploy,
                TargetKind::DeployKey => Shelf::Keys,
                _ => Shelf::Access,
            };
            token(gitlab, (shelf, place.as_ref()), right.id).await?
        }
    };
    standing.note_scopes(&mut seen);
    Ok(seen)
}

async fn member(gitlab: &Gitlab, place: &Resource, user: u64) -> Result<Seen, Error> {
    let Some(found) = gitlab.membership(place, user).await? else {
        return Ok(gone(&format!("user {user}")));
    };
    let mut seen = Seen::new(found.username.clone(), Text::new(RightAt::IN_FORCE));
    let end = found.expires_at.as_deref().unwrap_or(RightAt::NO_END);
    for (name, value) in [
        ("of", place.to_string()),
        (RightAt::LEVEL, found.level.to_string()),
        (RightAt::EXPIRES, end.to_owned()),
        ("account", found.state.to_string()),
    ] {
        seen.facts.push((Text::new(name), Text::new(&value)));
    }
    if place.kind == ResourceKind::Group {
        let reach =
            "what was given in groups and projects below goes with a membership of the group";
        seen.facts.push((Text::new("reach"), Text::new(reach)));
    }
    if found.level == Level::Owner && is_top(place) {
        let owners = gitlab.direct_owners(place).await?;
        seen.facts.push((Text::new("owners"), Text::new(&owners.len().to_string())));
        if !owners.iter().any(|owner| *owner != user) {
            let bar =
                format!("{} is the last owner of {place}: name another one first", found.username);
            seen.bars.push(Text::new(&bar));
        }
    }
    Ok(seen)
}

/// Owners of what lies in a group are inherited from above: only the topmost can be left without one.
fn is_top(place: &Resource) -> bool {
    place.kind == ResourceKind::Group && !place.path.contains('/')
}

async fn token(
    gitlab: &Gitlab,
    (shelf, place): (Shelf, Option<&Resource>),
    id: u64,
) -> Result<Seen, Error> {
    let Some(found) = gitlab.token_at(shelf, place, id).await? else {
        return Ok(gone(&id.to_string()));
    };
    let state = if found.works { RightAt::IN_FORCE } else { RightAt::ENDED };
    let mut seen = Seen::new(found.name.clone(), Text::new(state));
    let scopes: Vec<&str> = found.scopes.iter().map(Text::as_str).collect();
    let used = found.last_used_at.map_or_else(|| "not told".to_owned(), instant_utc);
    let end = found.expires_at.as_deref().unwrap_or(RightAt::NO_END).to_owned();
    for (name, value) in [("may", scopes.join(", ")), ("last used", used), (RightAt::EXPIRES, end)]
    {
        seen.facts.push((Text::new(name), Text::new(&value)));
    }
    Ok(seen)
}

fn gone(name: &str) -> Seen {
    Seen::new(Text::new(name), Text::new(RightAt::GONE))
}
