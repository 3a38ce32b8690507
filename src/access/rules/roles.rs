//! The rule about IAM roles: whom of GitLab their trust lets in.

use crate::access::Ground;
use crate::access::verdict::{Outcome, Proof};
use crate::domain::access::{Condition, Trust, TrustStatement};
use crate::domain::{Severity, Text};

/// What a web identity assumes a role by.
const WEB: &str = "sts:AssumeRoleWithWebIdentity";

/// A20: a role whose trust lets in more of GitLab than one ref of one project.
pub(super) fn trust(ground: &Ground<'_>, role: &Trust) -> Option<Outcome> {
    let statements = match role.statements.read() {
        Ok(statements) => statements,
        Err(why) => {
            return Some(Outcome::unknown(format_args!("the trust policy is not known: {why}")));
        }
    };
    let Some(host) = &ground.population.gitlab_host else {
        return Some(Outcome::unknown(
            "which provider is GitLab's is not known: no host is configured",
        ));
    };
    let of_gitlab: Vec<&TrustStatement> =
        statements.iter().filter(|one| lets_in(one, host)).collect();
    if of_gitlab.is_empty() {
        return None;
    }
    let mut flaws: Vec<(Severity, &str, String)> =
        of_gitlab.iter().flat_map(|one| claim_flaws(one, host)).collect();
    let by_hand = statements.iter().flat_map(|one| &one.aws).next();
    if let Some(other) = by_hand {
        let words = "trusts principals of AWS beside GitLab";
        flaws.push((Severity::High, words, other.to_string()));
    }
    let longest = ground.limits.session.as_secs().unsigned_abs();
    match role.max_session_seconds.read() {
        Ok(seconds) if *seconds > longest => {
            flaws.push((
                Severity::High,
                "gives sessions that are too long",
                format!("{seconds} s"),
            ));
        }
        Err(why) if flaws.is_empty() => {
            return Some(Outcome::unknown(format_args!(
                "how long its sessions last is not known: {why}"
            )));
        }
        _ => {}
    }
    let Some(worst) = flaws.iter().map(|(severity, ..)| *severity).min() else {
        return Some(Outcome::Clear);
    };
    let words: Vec<&str> = flaws.iter().map(|(_, words, _)| *words).collect();
    let title = format!("{} {}", role.role_arn, words.join(", "));
    let next = "bind `sub` to one project and one ref with StringEquals, and `aud` to one value";
    let proof = Proof::new(worst, title, next).named(&role.role_arn);
    Some(flaws.into_iter().fold(proof, |proof, (_, words, value)| proof.with(words, value)).into())
}

/// Whether a statement lets in who comes with a token of this GitLab.
fn lets_in(statement: &TrustStatement, host: &str) -> bool {
    let provider = format!(":oidc-provider/{host}");
    let is_web = |action: &Text| {
        action.eq_ignore_ascii_case(WEB) || matches!(action.as_str(), "sts:*" | "*")
    };
    let is_ours = |one: &Text| {
        let Some((_, rest)) = one.split_once(provider.as_str()) else { return false };
        rest.is_empty() || rest.starts_with('/')
    };
    statement.federated.iter().any(is_ours) && statement.actions.iter().any(is_web)
}

/// What is wrong with the conditions on the token's claims.
fn claim_flaws(statement: &TrustStatement, host: &str) -> Vec<(Severity, &'static str, String)> {
    let on = |claim: &str| -> Vec<&Condition> {
        let is_on = |one: &&Condition| {
            let key = one.key.rsplit_once(':');
            key.is_some_and(|(at, key)| key.eq_ignore_ascii_case(claim) && at.starts_with(host))
        };
        statement.conditions.iter().filter(is_on).filter(|one| must_match(one)).collect()
    };
    let (subjects, audiences) = (on("sub"), on("aud"));
    let mut flaws = Vec::new();
    if subjects.is_empty() {
        flaws.push((Severity::Critical, "has no condition on `sub`", "any project".to_owned()));
    }
    // Conditions hold together: the narrowest of them counts.
    let widths =
        subjects.iter().map(|one| one.values.iter().filter_map(|value| wide(one, value)).min());
    let narrow: Vec<Option<(Width, &Text)>> = widths.collect();
    if let Some(Some((width, value))) =
        narrow.into_iter().max_by_key(|one| one.as_ref().map_or(Width::One, |(width, _)| *width))
    {
        flaws.push((Severity::Critical, width.words(), value.to_string()));
    }
    match audiences.as_slice() {
        [] => {
            flaws.push((
                Severity::Critical,
                "has no condition on `aud`",
                "any audience".to_owned(),
            ));
        }
        all => {
            let is_open = |one: &&&Condition| {
                one.values.len() > 1
                    || (is_like(one) && one.values.iter().any(|value| has_star(value)))
            };
            if let Some(one) = all.iter().find(is_open).filter(|_| all.len() == 1) {
                let values: Vec<&str> = one.values.iter().map(Text::as_str).collect();
                flaws.push((Severity::Critical, "shares its `aud`", values.join(", ")));
            }
        }
    }
    flaws
}

/// How much a subject lets in, the widest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Width {
    AnyProject,
    AnyRef,
    One,
}

impl Width {
    fn words(self) -> &'static str {
        match self {
            Width::AnyProject => "lets in more than one project",
            Width::AnyRef => "lets in any ref",
            Width::One => "lets in one ref of one project",
        }
    }
}

/// Whether an operator lets in only what matches. A negated one keeps single things out, and one with `IfExists` lets in
/// who does not have the claim.
fn must_match(condition: &Condition) -> bool {
    let operator = condition.operator.rsplit(':').next().unwrap_or_default();
    matches!(operator, "StringEquals" | "StringLike" | "StringEqualsIgnoreCase")
}

fn is_like(condition: &Condition) -> bool {
    condition.operator.ends_with("StringLike")
}

fn has_star(value: &str) -> bool {
    value.contains(['*', '?'])
}

/// How a value of `sub` is wider than one ref of one project, if it is.
fn wide<'a>(condition: &Condition, value: &'a Text) -> Option<(Width, &'a Text)> {
    let stars = is_like(condition);
    let part = |name: &str| {
        let (_, rest) = value.split_once(name)?;
        Some(rest.split(':').next().unwrap_or_default())
    };
    let is_one =
        |part: Option<&str>| part.is_some_and(|part| !(part.is_empty() || stars && has_star(part)));
    let project = ["project_path:", "project_id:"];
    if !project.iter().any(|name| is_one(part(name))) {
        return Some((Width::AnyProject, value));
    }
    let bound = [":ref:", "environment:"].iter().any(|name| is_one(part(name)));
    let guarded = ["ref_protected:true", "environment_protected:true"];
    let is_bound = bound || guarded.iter().any(|claim| value.contains(claim));
    (!is_bound).then_some((Width::AnyRef, value))
}

#[cfg(test)]
mod tests {
    use super::super::fixture::*;
    use super::*;
    use crate::access::Code;
    use crate::domain::access::{Known, Population};

    const HOST: &str = "gitlab.example.com";
    const MAIN: &str = "project_path:acme/shop:ref_type:branch:ref:main";

    fn condition(operator: &str, claim: &str, values: &[&str]) -> Condition {
        Condition {
            operator: Text::new(operator),
            key: Text::new(&format!("{HOST}:{claim}")),
            values: values.iter().map(|value| Text::new(value)).collect(),
        }
    }

    fn aud() -> Condition {
        condition("StringEquals", "aud", &["https://gitlab.example.com"])
    }

    fn role(conditions: Vec<Condition>, change: impl FnOnce(&mut Trust)) -> Population {
        let mut of = population(NOW);
        of.gitlab_host = Some(Text::new(HOST));
        let mut trust = Trust {
            role_arn: Text::new("arn:aws:iam::1:role/deploy"),
            statements: Known::Is(vec![TrustStatement {
                actions: vec![Text::new(WEB)],
                federated: vec![Text::new(&format!("arn:aws:iam::1:oidc-provider/{HOST}"))],
                aws: Vec::new(),
                conditions,
            }]),
            max_session_seconds: Known::Is(3600),
        };
        change(&mut trust);
        of.trusts.push(trust);
        of
    }

    fn severities(conditions: Vec<Condition>) -> Vec<Severity> {
        told(&role(conditions, |_| {}), Code::A20).severities
    }

    #[test]
    fn one_ref_of_one_project_with_one_audience_is_right() {
        let sub = condition("StringEquals", "sub", &[MAIN]);
        assert_eq!(told(&role(vec![sub, aud()], |_| {}), Code::A20).clear, 1);
        let star =
            condition("StringEquals", "sub", &["project_path:acme/shop:ref_type:branch:ref:*"]);
        // Without `Like` a star is a star.
        assert_eq!(severities(vec![star, aud()]), []);
    }

    #[test]
    fn every_wider_subject_is_critical() {
        for sub in [
            "project_path:acme/*:ref_type:branch:ref:main",
            "project_path:acme/shop:*",
            "project_path:acme/shop:ref_type:branch:ref:*",
            "*",
        ] {
            let sub = condition("StringLike", "sub", &[sub]);
            assert_eq!(severities(vec![sub.clone(), aud()]), [Severity::Critical], "{sub:?}");
        }
        assert_eq!(severities(vec![aud()]), [Severity::Critical]);
    }

    #[test]
    fn a_condition_that_only_keeps_out_or_is_optional_lets_in_the_rest() {
        for operator in ["StringNotEquals", "StringNotLike", "StringEqualsIfExists"] {
            let sub = condition(operator, "sub", &[MAIN]);
            assert_eq!(severities(vec![sub, aud()]), [Severity::Critical], "{operator}");
        }
    }

    #[test]
    fn an_environment_or_protected_refs_bind_as_well_as_a_ref() {
        for sub in [
            "project_id:7:environment:production",
            "project_path:acme/shop:ref_type:branch:ref_protected:true",
        ] {
            let sub = condition("StringLike", "sub", &[sub]);
            assert_eq!(severities(vec![sub.clone(), aud()]), [], "{sub:?}");
        }
    }

    #[test]
    fn an_audience_that_is_missing_or_shared_is_critical() {
        let sub = || condition("StringEquals", "sub", &[MAIN]);
        assert_eq!(severities(vec![sub()]), [Severity::Critical]);
        let shared = condition("StringEquals", "aud", &["a", "b"]);
        assert_eq!(severities(vec![sub(), shared]), [Severity::Critical]);
    }

    #[test]
    fn a_long_session_and_principals_of_aws_are_less_grave() {
        let sub = || vec![condition("StringEquals", "sub", &[MAIN]), aud()];
        let long = role(sub(), |one| one.max_session_seconds = Known::Is(3601));
        assert_eq!(told(&long, Code::A20).severities, [Severity::High]);
        let other = role(sub(), |one| {
            let Known::Is(statements) = &mut one.statements else { return };
            let user = vec![Text::new("arn:aws:iam::1:user/asha")];
            statements.push(TrustStatement {
                actions: vec![Text::new("sts:AssumeRole")],
                federated: Vec::new(),
                aws: user,
                conditions: Vec::new(),
            });
        });
        assert_eq!(told(&other, Code::A20).severities, [Severity::High]);
    }

    #[test]
    fn a_role_of_another_provider_is_none_of_this_rule() {
        let mut of = role(Vec::new(), |_| {});
        of.gitlab_host = Some(Text::new("lab.example.com"));
        assert_eq!(told(&of, Code::A20), Told::default());
        of.gitlab_host = None;
        let because = "which provider is GitLab's is not known: no host is configured";
        assert_eq!(told(&of, Code::A20).doubts, [because]);
    }

    #[test]
    fn a_trust_that_was_not_read_cannot_be_told() {
        let of = role(Vec::new(), |one| one.statements = Known::Unread(Text::new("AccessDenied")));
        assert_eq!(told(&of, Code::A20).doubts, ["the trust policy is not known: AccessDenied"]);
    }
}
