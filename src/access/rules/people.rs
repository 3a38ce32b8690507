//! Rules about people: dormant, granted by hand, without an end, outsiders, departed, administrators.

use crate::access::Ground;
use crate::access::limits::days;
use crate::access::verdict::{Outcome, Proof};
use crate::domain::access::{
    Activity, Grant, Lack, Level, Part, Principal, PrincipalKind, Standing, Via,
};
use crate::domain::{Severity, Text};

/// A01: a person with rights who was not active for long.
pub(super) fn dormant(ground: &Ground<'_>, one: &Principal) -> Option<Outcome> {
    // Who has left is told by another rule.
    if one.kind != PrincipalKind::Person || one.is_gone() == Ok(true) {
        return None;
    }
    let held = holding(ground, one);
    let high = held.iter().any(|grant| grant.right.reaches(Level::Maintainer));
    let first = held.first()?;
    let severity = if high { Severity::High } else { Severity::Medium };
    let last = match one.activity.read() {
        Ok(last) => last,
        Err(why) => {
            return Some(Outcome::unknown(format_args!("last activity is not known: {why}")));
        }
    };
    let told = |title: String| {
        let activity = last.map_or_else(|| "never".to_owned(), |last| last.at.to_string());
        let mut proof =
            Proof::new(severity, title, "ask whether the account is needed; revoke what is not")
                .with("last_activity_on", activity);
        proof.since = last.map(Activity::latest).or(one.created_at);
        of_person(proof, one, &held)
    };
    let limit = ground.limits.dormant_after;
    Some(match (last, one.created_at.or(first.granted_at)) {
        (Some(last), _) if ground.age(last.latest()) > limit => {
            let ago = days(ground.age(last.at));
            told(format!("{} was last active {ago} days ago", one.called())).into()
        }
        (Some(_), _) => Outcome::Clear,
        (None, None) => {
            Outcome::unknown("never active, and since when the account is there is not known")
        }
        (None, Some(created)) if ground.age(created) > limit => {
            let ago = days(ground.age(created));
            told(format!("{} was never active in {ago} days", one.called())).into()
        }
        (None, Some(_)) => Outcome::Clear,
    })
}

/// A02: a direct membership from Developer on that nothing explains.
pub(super) fn direct(ground: &Ground<'_>, grant: &Grant) -> Option<Outcome> {
    let one = person(ground, grant)?;
    if !grant.is_direct() || !grant.holds(ground.now) || !grant.right.reaches(Level::Developer) {
        return None;
    }
    let others = ground.grants_of(&grant.subject).filter(|other| {
        other.resource == grant.resource && !other.is_direct() && other.holds(ground.now)
    });
    let level = grant.right.level?;
    if others.into_iter().any(|other| other.right.reaches(level)) {
        return Some(Outcome::Clear);
    }
    let links = [Part::SamlLinks, Part::ScimIdentities];
    if let Some(gap) = links.iter().find_map(|part| ground.gap(*part, &grant.resource.path)) {
        let (part, because) = (gap.part.word(), &gap.because);
        return Some(Outcome::unknown(format_args!(
            "{part} might explain it and were not read: {because}"
        )));
    }
    let title =
        format!("{} is {} of {} by hand", one.called(), grant.right.name, grant.resource.path);
    let proof = Proof::new(
        Severity::Medium,
        title,
        "grant it through a group or a SAML link, then remove it here",
    )
    .with("path", grant.path_words())
    .with("granted_by", grant.granted_by.as_deref().unwrap_or("unknown"));
    Some(of_person(proof, one, &[grant]).into())
}

/// A03: a grant that should end and does not.
pub(super) fn endless(ground: &Ground<'_>, grant: &Grant) -> Option<Outcome> {
    let one = ground.principal(&grant.subject)?;
    if grant.standing != Standing::Active {
        return None;
    }
    let told = |what: &str| {
        let title = format!("{what} {} on {} has no end", one.called(), grant.resource.path);
        let proof =
            Proof::new(Severity::Medium, title, "set an end, or write an exception with one")
                .with("right", &grant.right.name)
                .with("path", grant.path_words())
                .with("expires_at", "null");
        of_person(proof, one, &[grant]).into()
    };
    if one.kind == PrincipalKind::Group {
        let is_share = grant.comes_via(Via::GroupShare);
        return is_share.then(|| match grant.expires_at {
            Some(_) => Outcome::Clear,
            None => told("the share with"),
        });
    }
    if one.kind != PrincipalKind::Person || !grant.is_direct() {
        return None;
    }
    if grant.expires_at.is_some() {
        return Some(Outcome::Clear);
    }
    // What comes by a link of SAML ends with it, and looks direct where links cannot be read; without the plan there are none.
    let link = ground.gap(Part::SamlLinks, &grant.resource.path);
    let by_link = link.filter(|gap| gap.lack != Lack::Plan);
    let told = |what: &str| match by_link {
        None => told(what),
        Some(gap) => Outcome::unknown(format_args!(
            "saml_links might explain it and were not read: {}",
            gap.because
        )),
    };
    if grant.right.reaches(Level::Maintainer) {
        return Some(told("the direct grant of"));
    }
    Some(match one.external.read() {
        Ok(true) => told("the grant of the outsider"),
        Ok(false) => Outcome::Clear,
        Err(why) => {
            Outcome::unknown(format_args!("whether it is an outsider's is not known: {why}"))
        }
    })
}

/// A05: an outsider from Developer on.
pub(super) fn outsider(ground: &Ground<'_>, one: &Principal) -> Option<Outcome> {
    if one.kind != PrincipalKind::Person {
        return None;
    }
    let mut held = holding(ground, one);
    held.retain(|grant| grant.right.reaches(Level::Developer));
    if held.is_empty() {
        return None;
    }
    let told = |field: &str, value: &str| {
        let title = format!("{} is an outsider with {} or more", one.called(), Level::Developer);
        let next = "confirm the need with an end, or reduce the level";
        let proof = Proof::new(Severity::High, title, next).with(field, value);
        of_person(proof, one, &held).into()
    };
    if one.external.fact() == Some(&true) {
        return Some(told("external", "true"));
    }
    let domains = &ground.limits.internal_domains;
    if domains.is_empty() {
        return Some(match one.external.read() {
            Ok(_) => Outcome::Clear,
            Err(why) => Outcome::unknown(format_args!("`external` is not known: {why}")),
        });
    }
    Some(match one.email.read() {
        Err(why) => Outcome::unknown(format_args!("the mail domain is not known: {why}")),
        Ok(email) => {
            let domain = email.rsplit_once('@').map_or("", |(_, domain)| domain);
            if domains.iter().any(|known| known.eq_ignore_ascii_case(domain)) {
                Outcome::Clear
            } else {
                told("email domain", domain)
            }
        }
    })
}

/// A06: an account that is gone, with rights or tokens left.
pub(super) fn departed(ground: &Ground<'_>, one: &Principal) -> Option<Outcome> {
    if one.kind != PrincipalKind::Person && !one.kind.is_machine() {
        return None;
    }
    let held = holding(ground, one);
    let tokens: Vec<&str> = ground
        .tokens_of(&one.id)
        .iter()
        .filter(|token| token.works(ground.now))
        .map(|token| token.name.as_str())
        .collect();
    if held.is_empty() && tokens.is_empty() {
        return None;
    }
    Some(match one.is_gone() {
        Err(why) => Outcome::unknown(format_args!("the account's state is not known: {why}")),
        Ok(false) => Outcome::Clear,
        Ok(true) => {
            let state = one.state.fact().map_or("unknown", |state| state.word());
            let (rights, count) = (held.len(), tokens.len());
            let title = format!(
                "{} is gone and still has {rights} rights and {count} tokens",
                one.called()
            );
            let mut proof =
                Proof::new(Severity::High, title, "remove the memberships and revoke the tokens")
                    .with("state", state);
            if one.scim_active == Some(false) {
                proof = proof.with("scim active", "false");
            }
            if !tokens.is_empty() {
                proof = proof.with("tokens", tokens.join(", "));
            }
            of_person(proof, one, &held).into()
        }
    })
}

/// A24: an administrator of the whole GitLab.
pub(super) fn administrator(_: &Ground<'_>, one: &Principal) -> Option<Outcome> {
    if one.kind != PrincipalKind::Person && !one.kind.is_machine() {
        return None;
    }
    Some(match one.admin.read() {
        Err(why) => {
            Outcome::unknown(format_args!("who administers the instance is not known: {why}"))
        }
        Ok(false) => Outcome::Clear,
        Ok(true) => {
            let title = format!("{} administers the whole GitLab", one.called());
            let next = "confirm that the duty needs it; else take it away";
            let proof = Proof::new(Severity::Medium, title, next).with("is_admin", "true");
            of_person(proof, one, &[]).into()
        }
    })
}

/// The grants of a principal that count now.
fn holding<'a>(ground: &Ground<'a>, one: &Principal) -> Vec<&'a Grant> {
    ground.grants_of(&one.id).filter(|grant| grant.holds(ground.now)).collect()
}

/// The person that a grant is of.
fn person<'a>(ground: &Ground<'a>, grant: &Grant) -> Option<&'a Principal> {
    ground.principal(&grant.subject).filter(|one| one.kind == PrincipalKind::Person)
}

/// A finding about a principal and some of its grants.
fn of_person(mut proof: Proof, one: &Principal, grants: &[&Grant]) -> Proof {
    proof.grants = grants.iter().map(|grant| grant.id.clone()).collect();
    proof.names.extend(one.username.clone());
    proof.names.push(one.id.clone());
    proof.person = one.username.clone().or_else(|| Some(Text::new(&one.name)));
    proof
}

#[cfg(test)]
mod tests {
    use super::super::fixture::*;
    use super::*;
    use crate::access::Code;
    use crate::domain::access::{
        AccountState, Activity, Credential, Gap, Known, Lack, Population, Precision,
    };

    fn active(population: &mut Population, who: usize, at: &str) {
        let activity = Activity { at: at.parse().unwrap(), precision: Precision::Day };
        population.principals[who].activity = Known::Is(Some(activity));
    }

    #[test]
    fn somebody_active_91_days_ago_is_dormant_and_90_days_ago_is_not() {
        let mut of = people(&[("asha", Level::Developer), ("lena", Level::Maintainer)]);
        // The day of 90 days before noon is over 89.5 days ago.
        active(&mut of, 0, "2025-12-15T00:00:00Z");
        active(&mut of, 1, "2025-12-13T00:00:00Z");
        let told = told(&of, Code::A01);
        assert_eq!((told.found.as_slice(), told.clear), (&["user:lena".to_owned()][..], 1));
        assert_eq!(told.severities, [Severity::High]);
    }

    #[test]
    fn dormant_below_maintainer_is_less_grave() {
        let mut of = people(&[("asha", Level::Developer)]);
        active(&mut of, 0, "2025-01-01T00:00:00Z");
        assert_eq!(told(&of, Code::A01).severities, [Severity::Medium]);
    }

    #[test]
    fn who_was_never_active_is_dormant_once_the_account_is_old_enough() {
        let mut of = people(&[("asha", Level::Developer), ("lena", Level::Developer)]);
        for (who, created) in ["2025-01-01T00:00:00Z", "2026-03-01T00:00:00Z"].iter().enumerate() {
            of.principals[who].activity = Known::Is(None);
            of.principals[who].created_at = Some(created.parse().unwrap());
        }
        assert_eq!(told(&of, Code::A01).found, ["user:asha"]);
    }

    #[test]
    fn without_a_last_activity_nobody_can_tell_who_is_dormant() {
        let mut of = people(&[("asha", Level::Developer)]);
        of.principals[0].activity = Known::Unread(Text::new("only administrators see it"));
        let told = told(&of, Code::A01);
        assert_eq!(told.doubts, ["last activity is not known: only administrators see it"]);
    }

    #[test]
    fn a_developer_by_hand_is_told_and_a_reporter_or_an_inherited_one_is_not() {
        let mut of = people(&[("asha", Level::Developer), ("lena", Level::Reporter)]);
        of.grants.push(inherited("wei", "acme/shop", Level::Owner, "acme"));
        of.principals.push(person_named("wei"));
        assert_eq!(told(&of, Code::A02).found, ["grant:asha@acme/shop"]);
    }

    #[test]
    fn a_grant_that_a_group_explains_is_not_told_unless_it_is_higher() {
        let mut of = people(&[("asha", Level::Developer), ("lena", Level::Maintainer)]);
        of.grants.push(inherited("asha", "acme/shop", Level::Developer, "acme"));
        of.grants.push(inherited("lena", "acme/shop", Level::Developer, "acme"));
        let told = told(&of, Code::A02);
        assert_eq!(
            (told.found.as_slice(), told.clear),
            (&["grant:lena@acme/shop".to_owned()][..], 1)
        );
    }

    #[test]
    fn planner_and_security_manager_are_not_developer_or_more() {
        let of = people(&[("asha", Level::Planner), ("lena", Level::SecurityManager)]);
        assert_eq!(told(&of, Code::A02), Told::default());
    }

    #[test]
    fn while_saml_links_are_not_read_nobody_can_tell_what_is_by_hand() {
        let mut of = people(&[("asha", Level::Developer)]);
        of.gaps.push(Gap {
            part: Part::SamlLinks,
            at: Text::new("acme"),
            lack: Lack::Plan,
            because: Text::new("Premium has them"),
        });
        let told = told(&of, Code::A02);
        let because = "saml_links might explain it and were not read: Premium has them";
        assert_eq!((told.found.len(), told.doubts), (0, vec![because.to_owned()]));
    }

    #[test]
    fn while_saml_links_are_not_read_nobody_can_tell_what_ends_with_one() {
        let mut of = people(&[("asha", Level::Maintainer)]);
        let mut gap = Gap {
            part: Part::SamlLinks,
            at: Text::new("acme"),
            lack: Lack::Forbidden,
            because: Text::new("403"),
        };
        of.gaps.push(gap.clone());
        let unread = told(&of, Code::A03);
        assert_eq!((unread.found.len(), unread.doubts.len()), (0, 1));
        gap.lack = Lack::Plan;
        of.gaps = vec![gap];
        assert_eq!(told(&of, Code::A03).found.len(), 1, "without the plan there are no links");
    }

    #[test]
    fn a_maintainer_without_an_end_is_told_and_with_one_or_a_developer_is_not() {
        let mut of = people(&[
            ("asha", Level::Maintainer),
            ("lena", Level::Maintainer),
            ("wei", Level::Developer),
        ]);
        of.grants[1].expires_at = Some("2026-12-01T00:00:00Z".parse().unwrap());
        let told = told(&of, Code::A03);
        assert_eq!(
            (told.found.as_slice(), told.clear),
            (&["grant:asha@acme/shop".to_owned()][..], 2)
        );
    }

    #[test]
    fn an_outsider_and_a_share_need_an_end_at_any_level() {
        let mut of = people(&[("asha", Level::Guest)]);
        of.principals[0].external = Known::Is(true);
        of.principals.push(Principal::new("group:9", PrincipalKind::Group, "partners"));
        of.grants.push(shared("group:9", "acme/shop", Level::Guest));
        let told = told(&of, Code::A03);
        assert_eq!(told.found, ["grant:asha@acme/shop", "grant:group:9@acme/shop"]);
    }

    #[test]
    fn whether_a_grant_is_an_outsiders_cannot_be_told_where_that_is_hidden() {
        let mut of = people(&[("asha", Level::Developer)]);
        of.principals[0].external = Known::Unread(Text::new("hidden"));
        let told = told(&of, Code::A03);
        assert_eq!(told.doubts, ["whether it is an outsider's is not known: hidden"]);
    }

    #[test]
    fn an_outsider_with_developer_is_told_and_one_with_reporter_is_not() {
        let mut of = people(&[("asha", Level::Developer), ("lena", Level::Reporter)]);
        of.principals[0].external = Known::Is(true);
        of.principals[1].external = Known::Is(true);
        assert_eq!(told(&of, Code::A05).found, ["user:asha"]);
    }

    #[test]
    fn a_foreign_mail_domain_makes_an_outsider_and_a_name_that_only_ends_alike_is_foreign() {
        let mut of = people(&[("asha", Level::Developer), ("lena", Level::Developer)]);
        of.principals[0].email = Known::Is(Text::new("asha@EXAMPLE.com"));
        of.principals[1].email = Known::Is(Text::new("lena@notexample.com"));
        let told = told_with(&of, &internal("example.com"), Code::A05);
        assert_eq!((told.found.as_slice(), told.clear), (&["user:lena".to_owned()][..], 1));
    }

    #[test]
    fn without_addresses_nobody_can_tell_whose_domain_is_foreign() {
        let mut of = people(&[("asha", Level::Developer)]);
        of.principals[0].email = Known::Unread(Text::new("enterprise users alone"));
        let told = told_with(&of, &internal("example.com"), Code::A05);
        assert_eq!(told.doubts, ["the mail domain is not known: enterprise users alone"]);
    }

    #[test]
    fn a_blocked_account_with_rights_is_told_and_one_without_is_not() {
        let mut of =
            people(&[("asha", Level::Guest), ("lena", Level::Guest), ("wei", Level::Guest)]);
        of.principals[0].state = Known::Is(AccountState::Blocked);
        of.principals[1].state = Known::Is(AccountState::LdapBlocked);
        of.grants.remove(1);
        let told = told(&of, Code::A06);
        assert_eq!((told.found.as_slice(), told.clear), (&["user:asha".to_owned()][..], 1));
    }

    #[test]
    fn a_token_alone_is_enough_for_who_has_left_and_a_dead_one_is_not() {
        let mut of = people(&[("asha", Level::Guest), ("lena", Level::Guest)]);
        of.grants.clear();
        for (who, active) in [("asha", true), ("lena", false)] {
            let account = Some(Text::new(&format!("user:{who}")));
            let token = Credential::new(who, PrincipalKind::PersonalToken, who);
            of.credentials.push(Credential { account, active, ..token });
        }
        for one in &mut of.principals {
            one.scim_active = Some(false);
        }
        assert_eq!(told(&of, Code::A06).found, ["user:asha"]);
    }

    #[test]
    fn without_a_state_nobody_can_tell_who_has_left() {
        let mut of = people(&[("asha", Level::Guest)]);
        of.principals[0].state = Known::Unread(Text::new("hidden"));
        assert_eq!(told(&of, Code::A06).doubts, ["the account's state is not known: hidden"]);
    }

    #[test]
    fn each_administrator_of_the_instance_is_told() {
        let mut of =
            people(&[("asha", Level::Guest), ("lena", Level::Owner), ("wei", Level::Guest)]);
        of.principals[0].admin = Known::Is(true);
        of.principals[2].admin = Known::Unread(Text::new("hidden"));
        let told = told(&of, Code::A24);
        assert_eq!((told.found.as_slice(), told.clear), (&["user:asha".to_owned()][..], 1));
        assert_eq!(told.doubts, ["who administers the instance is not known: hidden"]);
    }
}
