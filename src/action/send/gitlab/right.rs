//! Requests that take a right away or change it: memberships, tokens, keys.

use http::Method;
use serde_json::{Map, Value, json};

use super::JoinPath as _;
use crate::action::look::right::{End, Wanted};
use crate::domain::access::{Level, Resource, ResourceKind};
use crate::domain::{Proposal, RightAt, Seen};

/// The method, the path and the body of an act on a right; `None` for what is none. What cannot be read of what is asked
/// for is refused by the look that comes before the sending.
pub(super) fn request(
    proposal: &Proposal,
    right: &RightAt,
) -> Option<(Method, String, Option<Value>)> {
    let id = right.id.to_string();
    let list = match proposal.act.name {
        "member.remove" | "member.change" => "members",
        "token.revoke" => "access_tokens",
        "deploytoken.revoke" => "deploy_tokens",
        "deploykey.delete" => "deploy_keys",
        _ => return None,
    };
    let path = match &right.place {
        None => ["personal_access_tokens", &id].join_path(),
        Some(Resource { kind, path }) => {
            let of = if *kind == ResourceKind::Group { "groups" } else { "projects" };
            [of, path, list, &id].join_path()
        }
    };
    if proposal.act.name == "member.change" {
        return Some((Method::PUT, path, Some(changed(proposal))));
    }
    Some((Method::DELETE, path, None))
}

/// A membership as it is to become; what is not asked for stays. GitLab takes an empty end for none.
fn changed(proposal: &Proposal) -> Value {
    let wanted = Wanted::of(proposal).unwrap_or_default();
    let mut body = Map::new();
    if let Some(level) = wanted.level {
        body.insert("access_level".to_owned(), json!(u8::from(level)));
    }
    let end = match wanted.expires_at {
        End::Kept => None,
        End::Never => Some(String::new()),
        End::On(day) => Some(day.to_string()),
    };
    body.extend(end.map(|end| ("expires_at".to_owned(), json!(end))));
    Value::Object(body)
}

/// Whether a change of a membership names no level of its own.
pub(super) fn keeps_level(proposal: &Proposal) -> bool {
    proposal.act.name == "member.change"
        && Wanted::of(proposal).is_ok_and(|wanted| wanted.level.is_none())
}

/// The number of the level that a membership was seen to have.
pub(super) fn level_of(seen: &Seen) -> Option<u8> {
    let told = seen.facts.iter().find(|(name, _)| &**name == RightAt::LEVEL)?;
    Level::of_word(&told.1).map(u8::from)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{Text, find_act};

    fn sent(act: &str, target: &str, settings: &[(&str, &str)]) -> (String, String, Option<Value>) {
        let act = find_act(act).unwrap();
        let target = act.target.read(target).unwrap();
        let settings =
            settings.iter().map(|(name, value)| (Text::new(name), Text::new(value))).collect();
        let proposal = Proposal { settings, ..Proposal::new(act, target) };
        let crate::domain::Target::Right(right) = &proposal.target else { panic!("a right") };
        let (method, path, body) = request(&proposal, right).unwrap();
        (method.to_string(), path, body)
    }

    #[test]
    fn each_kind_of_right_is_taken_away_at_its_own_address() {
        for (act, target, path) in [
            ("member.remove", "group:acme/shop@42", "groups/acme%2Fshop/members/42"),
            ("token.revoke", "project:acme/shop#7", "projects/acme%2Fshop/access_tokens/7"),
            ("token.revoke", "personal#7", "personal_access_tokens/7"),
            ("deploytoken.revoke", "group:acme#7", "groups/acme/deploy_tokens/7"),
            ("deploykey.delete", "project:acme/shop#7", "projects/acme%2Fshop/deploy_keys/7"),
        ] {
            assert_eq!(sent(act, target, &[]), ("DELETE".to_owned(), path.to_owned(), None));
        }
    }

    #[test]
    fn a_membership_is_changed_in_what_is_asked_for_alone() {
        let body =
            |settings: &[(&str, &str)]| sent("member.change", "group:acme@42", settings).2.unwrap();
        assert_eq!(body(&[("level", "guest")]), json!({"access_level": 10}));
        assert_eq!(body(&[("expires_at", "2027-01-31")]), json!({"expires_at": "2027-01-31"}));
        assert_eq!(body(&[("expires_at", "never")]), json!({"expires_at": ""}));
    }
}
