//! Rules about tokens: too mighty, unused, too long a life, without an owner, old deploy tokens.

use crate::access::Ground;
use crate::access::limits::days;
use crate::access::verdict::{Outcome, Proof};
use crate::domain::access::{Activity, Credential, Level, Principal, PrincipalKind, Usage};
use crate::domain::{Severity, Text};

/// Scopes that make whoever holds the token an administrator.
const ADMIN: &[&str] = &["sudo", "admin_mode"];
/// Scopes that write.
const WRITING: &[&str] = &["api", "write_repository", "write_registry"];

/// A07: a token that may do more than it is used for, or acts as administrator or Owner.
pub(super) fn too_mighty(_: &Ground<'_>, token: &Credential) -> Option<Outcome> {
    if !token.kind.is_access_token() {
        return None;
    }
    let scopes = |of: &[&str]| -> Vec<&str> {
        token.scopes.iter().map(Text::as_str).filter(|scope| of.contains(scope)).collect()
    };
    let (admin, writing) = (scopes(ADMIN), scopes(WRITING));
    let told = |why: String| {
        let proof = Proof::new(
            Severity::High,
            format_args!("the token {} of {} {why}", token.name, token.place),
            "make a token with fewer scopes, then revoke this one",
        );
        let all: Vec<&str> = token.scopes.iter().map(Text::as_str).collect();
        Some(proof.with("scopes", all.join(", ")).into())
    };
    if !admin.is_empty() {
        return told(format!("has {}", admin.join(", ")));
    }
    if token.level.is_some_and(|level| level.reaches(Level::Owner)) {
        return told("acts as Owner".to_owned());
    }
    if writing.is_empty() {
        return Some(Outcome::Clear);
    }
    match token.usage.read() {
        Ok(Usage::Writes) => Some(Outcome::Clear),
        Ok(Usage::Reads) => told(format!("has {} and only reads", writing.join(", "))),
        Err(why) => Some(Outcome::unknown(format_args!(
            "what writing tokens are used for is not known: {why}"
        ))),
    }
}

/// A08: a token or key that was never used, or not for long.
pub(super) fn unused(ground: &Ground<'_>, token: &Credential) -> Option<Outcome> {
    let tells = token.kind.is_access_token()
        || matches!(token.kind, PrincipalKind::DeployKey | PrincipalKind::TriggerToken);
    if !tells {
        return None;
    }
    let last = match token.last_used.read() {
        Ok(last) => last,
        Err(why) => return Some(Outcome::unknown(format_args!("last use is not known: {why}"))),
    };
    let told = |words: String| {
        let title = format!("{} of {} was {words}", token.name, token.place);
        let used = last.map_or_else(|| "never".to_owned(), |last| last.at.to_string());
        let mut proof = Proof::new(Severity::Medium, title, "ask whoever made it, then revoke it")
            .with("last_used_at", used);
        proof.since = last.map(Activity::latest).or(token.created_at);
        Some(proof.into())
    };
    match (last, token.created_at) {
        (Some(last), _) if ground.age(last.latest()) > ground.limits.dormant_after => {
            told(format!("last used {} days ago", days(ground.age(last.at))))
        }
        (Some(_), _) => Some(Outcome::Clear),
        (None, None) => {
            Some(Outcome::unknown("never used, and since when it is there is not known"))
        }
        (None, Some(made)) if ground.age(made) > ground.limits.unused_after => {
            told(format!("never used in {} days", days(ground.age(made))))
        }
        (None, Some(_)) => Some(Outcome::Clear),
    }
}

/// A09: a token without an end, with too long a life, or that ends soon.
pub(super) fn lifetime(ground: &Ground<'_>, token: &Credential) -> Option<Outcome> {
    use PrincipalKind::{DeployKey, DeployToken, RunnerToken, TriggerToken};
    let must_end = token.kind.is_access_token() || matches!(token.kind, DeployToken | TriggerToken);
    if !must_end && !matches!(token.kind, DeployKey | RunnerToken) {
        return None;
    }
    let end = match token.expires_at.read() {
        Ok(end) => *end,
        Err(why) => {
            return Some(Outcome::unknown(format_args!("when it ends is not known: {why}")));
        }
    };
    let called = format!("{} of {}", token.name, token.place);
    let Some(end) = end else {
        let proof = Proof::new(
            Severity::High,
            format_args!("{called} has no end"),
            "make one that ends, then revoke this one",
        );
        return Some(if must_end {
            proof.with("expires_at", "null").into()
        } else {
            Outcome::Clear
        });
    };
    let left = end.duration_since(ground.now);
    let longest = ground.limits.token_lifetime;
    let long = token.created_at.map(|made| end.duration_since(made)).filter(|life| *life > longest);
    if let Some(life) = long.filter(|_| must_end) {
        let title = format!("{called} lives {} days, more than {}", days(life), days(longest));
        let next = "make one with a shorter life, then revoke this one";
        return Some(Proof::new(Severity::High, title, next).with("expires_at", end).into());
    }
    if left <= ground.limits.ends_within {
        let title = format!("{called} ends in {} days", days(left));
        return Some(
            Proof::new(Severity::Low, title, "rotate it before it ends")
                .with("expires_at", end)
                .into(),
        );
    }
    if must_end && token.created_at.is_none() {
        return Some(Outcome::unknown(
            "how long it lives is not known: when it was made is not told",
        ));
    }
    Some(Outcome::Clear)
}

/// A10: a bot or service account that nobody owns, or whose owner or token's maker has left.
pub(super) fn ownerless(ground: &Ground<'_>, one: &Principal) -> Option<Outcome> {
    if !one.kind.is_machine() {
        return None;
    }
    let has_left = |username: &str| {
        ground.account(username).is_some_and(|account| account.is_gone() == Ok(true))
    };
    let told = |title: String, field: &str, value: &str| -> Option<Outcome> {
        let next = "name a person who answers for it, or remove it with its tokens";
        let mut proof = Proof::new(Severity::High, title, next).with(field, value);
        proof.grants = ground.grants_of(&one.id).map(|grant| grant.id.clone()).collect();
        proof.names.extend(one.username.clone());
        Some(proof.into())
    };
    let tokens = ground.tokens_of(&one.id).iter().filter(|token| token.works(ground.now));
    let makers = tokens.filter_map(|token| token.creator.fact());
    if let Some(maker) = makers.into_iter().find(|maker| has_left(maker)) {
        return told(
            format!("the maker of a token of {} has left", one.called()),
            "created_by",
            maker,
        );
    }
    match one.owner.read() {
        Err(why) => Some(Outcome::unknown(format_args!("who owns it is not known: {why}"))),
        Ok(None) => told(format!("nobody owns {}", one.called()), "owner", "none"),
        Ok(Some(owner)) if has_left(owner) => {
            told(format!("the owner of {} has left", one.called()), "owner", owner)
        }
        Ok(Some(_)) => Some(Outcome::Clear),
    }
}

/// A11: an old deploy token. GitLab does not tell when it was used.
pub(super) fn old_deploy_token(ground: &Ground<'_>, token: &Credential) -> Option<Outcome> {
    if token.kind != PrincipalKind::DeployToken {
        return None;
    }
    let Some(made) = token.created_at else {
        return Some(Outcome::unknown("GitLab does not tell when a deploy token was made"));
    };
    let age = ground.age(made);
    if age <= ground.limits.deploy_token_age {
        return Some(Outcome::Clear);
    }
    let title =
        format!("the deploy token {} of {} is {} days old", token.name, token.place, days(age));
    let next = "rotate it: whether it is used, GitLab does not tell";
    Some(Proof::new(Severity::Medium, title, next).with("created_at", made).into())
}

#[cfg(test)]
mod tests {
    use super::super::fixture::*;
    use super::*;
    use crate::access::Code;
    use crate::domain::access::{AccountState, Activity, Known, Population, Precision};
    use crate::domain::{Text, Timestamp};

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    fn used(text: &str) -> Known<Option<Activity>> {
        Known::Is(Some(Activity { at: at(text), precision: Precision::TenMinutes }))
    }

    fn token(kind: PrincipalKind, change: impl FnOnce(&mut Credential)) -> Population {
        let mut of = population(NOW);
        let mut token = Credential::new("token:1", kind, "acme/shop");
        change(&mut token);
        of.credentials.push(token);
        of
    }

    fn project_token(change: impl FnOnce(&mut Credential)) -> Population {
        token(PrincipalKind::ProjectToken, change)
    }

    fn scoped(scope: &str, usage: Known<Usage>) -> Population {
        project_token(|token| {
            token.scopes = vec![Text::new(scope)];
            token.usage = usage;
        })
    }

    #[test]
    fn a_writing_token_that_only_reads_is_told_and_one_that_writes_is_not() {
        let found = |of: &Population| told(of, Code::A07).found.len();
        assert_eq!(found(&scoped("api", Known::Is(Usage::Reads))), 1);
        assert_eq!(found(&scoped("api", Known::Is(Usage::Writes))), 0);
        assert_eq!(found(&scoped("read_api", Known::Is(Usage::Reads))), 0);
        assert_eq!(found(&scoped("sudo", Known::Is(Usage::Writes))), 1);
    }

    #[test]
    fn a_token_that_acts_as_owner_is_told_and_as_maintainer_is_not() {
        let of = |level| project_token(|token| token.level = Some(level));
        assert_eq!(told(&of(Level::Owner), Code::A07).found, ["token:1"]);
        assert_eq!(told(&of(Level::Maintainer), Code::A07).clear, 1);
    }

    #[test]
    fn what_a_writing_token_is_used_for_gitlab_does_not_tell() {
        let of = scoped("api", Known::Unread(Text::new("no log")));
        let because = "what writing tokens are used for is not known: no log";
        assert_eq!(told(&of, Code::A07).doubts, [because]);
    }

    #[test]
    fn a_token_used_91_days_ago_is_unused_and_89_days_ago_is_not() {
        let of = |last| project_token(|token| token.last_used = used(last));
        assert_eq!(told(&of("2025-12-14T11:00:00Z"), Code::A08).found, ["token:1"]);
        assert_eq!(told(&of("2025-12-16T12:00:00Z"), Code::A08).clear, 1);
    }

    #[test]
    fn a_token_that_was_never_used_has_30_days() {
        let of = |made: Option<&str>| {
            project_token(|token| {
                token.last_used = Known::Is(None);
                token.created_at = made.map(at);
            })
        };
        assert_eq!(told(&of(Some("2026-02-01T00:00:00Z")), Code::A08).found, ["token:1"]);
        assert_eq!(told(&of(Some("2026-02-20T00:00:00Z")), Code::A08).clear, 1);
        let because = "never used, and since when it is there is not known";
        assert_eq!(told(&of(None), Code::A08).doubts, [because]);
    }

    #[test]
    fn a_deploy_token_is_none_of_the_rules_of_use_and_a_dead_token_of_no_rule() {
        assert_eq!(told(&token(PrincipalKind::DeployToken, |_| {}), Code::A08), Told::default());
        assert_eq!(told(&project_token(|token| token.active = false), Code::A08), Told::default());
    }

    fn ending(made: Option<&str>, end: Option<&str>) -> Population {
        project_token(|token| {
            token.created_at = made.map(at);
            token.expires_at = Known::Is(end.map(at));
        })
    }

    #[test]
    fn a_token_without_an_end_or_with_too_long_a_life_is_grave() {
        let made = Some("2026-03-01T00:00:00Z");
        for (end, severities) in [
            (None, vec![Severity::High]),
            (Some("2026-05-31T00:00:00Z"), vec![Severity::High]),
            (Some("2026-05-30T00:00:00Z"), vec![]),
        ] {
            assert_eq!(told(&ending(made, end), Code::A09).severities, severities, "{end:?}");
        }
    }

    #[test]
    fn a_token_that_ends_within_two_weeks_is_told_and_one_that_has_ended_is_not() {
        let made = Some("2026-03-01T00:00:00Z");
        let told = |end| told(&ending(made, Some(end)), Code::A09);
        assert_eq!(told("2026-03-29T12:00:00Z").severities, [Severity::Low]);
        assert_eq!(told("2026-03-29T12:00:01Z").clear, 1);
        assert_eq!(told("2026-03-15T12:00:00Z"), Told::default());
    }

    #[test]
    fn a_life_whose_begin_or_end_is_hidden_cannot_be_told() {
        let of = ending(None, Some("2027-01-01T00:00:00Z"));
        let because = "how long it lives is not known: when it was made is not told";
        assert_eq!(told(&of, Code::A09).doubts, [because]);
        let because = "when it ends is not known: it was not asked for";
        assert_eq!(told(&project_token(|_| {}), Code::A09).doubts, [because]);
    }

    #[test]
    fn a_key_needs_no_end() {
        let of = token(PrincipalKind::DeployKey, |key| key.expires_at = Known::Is(None));
        assert_eq!(told(&of, Code::A09).clear, 1);
    }

    fn bot(owner: Known<Option<Text>>) -> Population {
        let mut of = people(&[("asha", Level::Guest), ("lena", Level::Guest)]);
        of.principals[1].state = Known::Is(AccountState::Blocked);
        let bot = Principal::new("user:bot", PrincipalKind::ServiceAccount, "deployer");
        of.principals.push(Principal { owner, ..bot });
        of
    }

    #[test]
    fn a_bot_without_an_owner_or_whose_owner_left_is_told() {
        let owned = |name: &str| Known::Is(Some(Text::new(name)));
        assert_eq!(told(&bot(Known::Is(None)), Code::A10).found, ["user:bot"]);
        assert_eq!(told(&bot(owned("Lena")), Code::A10).found, ["user:bot"]);
        assert_eq!(told(&bot(owned("asha")), Code::A10).clear, 1);
        let because = "who owns it is not known: no register";
        let hidden = bot(Known::Unread(Text::new("no register")));
        assert_eq!(told(&hidden, Code::A10).doubts, [because]);
    }

    #[test]
    fn a_bot_whose_tokens_maker_left_is_told_even_if_somebody_owns_it() {
        let mut of = bot(Known::Is(Some(Text::new("asha"))));
        let token = Credential::new("token:1", PrincipalKind::ProjectToken, "acme/shop");
        let (account, creator) = (Some(Text::new("user:bot")), Known::Is(Text::new("lena")));
        of.credentials.push(Credential { account, creator, ..token });
        assert_eq!(told(&of, Code::A10).found, ["user:bot"]);
        of.credentials[0].active = false;
        assert_eq!(told(&of, Code::A10).clear, 1);
    }

    #[test]
    fn a_deploy_token_older_than_180_days_is_told() {
        let of = |made: Option<&str>| {
            token(PrincipalKind::DeployToken, |token| token.created_at = made.map(at))
        };
        assert_eq!(told(&of(Some("2025-09-16T11:59:59Z")), Code::A11).found, ["token:1"]);
        assert_eq!(told(&of(Some("2025-09-16T12:00:00Z")), Code::A11).clear, 1);
        let because = "GitLab does not tell when a deploy token was made";
        assert_eq!(told(&of(None), Code::A11).doubts, [because]);
    }
}
