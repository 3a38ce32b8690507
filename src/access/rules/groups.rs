//! Rules about groups and roles: owners, second factor, custom roles.

use std::collections::BTreeSet;

use crate::access::Ground;
use crate::access::verdict::{Outcome, Proof};
use crate::domain::access::{
    Grant, Group, Level, Part, PrincipalKind, Resource, ResourceKind, Via,
};
use crate::domain::{Severity, Text};

/// Abilities of custom roles that reach as far as a Maintainer's or an Owner's rights.
const PRIVILEGED: &[&str] = &[
    "admin_cicd_variables",
    "admin_compliance_framework",
    "admin_group_member",
    "admin_integrations",
    "admin_protected_branch",
    "admin_protected_environments",
    "admin_push_rules",
    "admin_runners",
    "admin_security_attributes",
    "admin_terraform_state",
    "admin_web_hook",
    "archive_project",
    "manage_deploy_tokens",
    "manage_group_access_tokens",
    "manage_merge_request_settings",
    "manage_project_access_tokens",
    "manage_protected_tags",
    "manage_security_policy_link",
    "remove_group",
    "remove_project",
];

/// A04: a top group with too many owners, with one, or with none.
pub(super) fn owners(ground: &Ground<'_>, group: &Group) -> Option<Outcome> {
    if !group.is_top() {
        return None;
    }
    if let Some(gap) = ground.gap(Part::Members, &group.path) {
        return Some(Outcome::unknown(format_args!(
            "its owners were not all read: {}",
            gap.because
        )));
    }
    let resource = Resource { kind: ResourceKind::Group, path: group.path.clone() };
    let is_person = |grant: &&Grant| {
        let one = ground.principal(&grant.subject);
        one.is_some_and(|one| one.kind == PrincipalKind::Person && one.is_gone() != Ok(true))
    };
    let held: Vec<&Grant> = ground
        .grants_on(&resource)
        .filter(|grant| grant.right.reaches(Level::Owner) && grant.holds(ground.now))
        .filter(is_person)
        .collect();
    let owners: BTreeSet<&str> = held.iter().map(|grant| grant.subject.as_str()).collect();
    let (count, most) = (owners.len(), ground.limits.most_owners);
    let (title, next) = match count {
        0 => ("has no owner who is there", "name at least two owners"),
        1 => ("has a single owner", "name a second owner"),
        n if n > most => ("has too many owners", "reduce those who do not need it to Maintainer"),
        _ => return Some(Outcome::Clear),
    };
    let names: Vec<&str> = held
        .iter()
        .filter_map(|grant| ground.principal(&grant.subject))
        .map(|one| one.called().as_str())
        .collect();
    let mut proof =
        Proof::new(Severity::Medium, format_args!("{} {title}: {count}", group.path), next)
            .with("owners", names.join(", "))
            .with("at most", most)
            .at(&group.path);
    proof.grants = held.iter().map(|grant| grant.id.clone()).collect();
    Some(proof.into())
}

/// A23: a top group that does not require a second factor.
pub(super) fn second_factor(_: &Ground<'_>, group: &Group) -> Option<Outcome> {
    if !group.is_top() {
        return None;
    }
    Some(match group.two_factor.read() {
        Err(why) => Outcome::unknown(format_args!("whether it is required is not known: {why}")),
        Ok(true) => Outcome::Clear,
        Ok(false) => {
            let title = format!("{} does not require a second factor", group.path);
            let next = "require two-factor authentication in the group's settings";
            Proof::new(Severity::High, title, next)
                .with("require_two_factor_authentication", "false")
                .at(&group.path)
                .into()
        }
    })
}

/// A21: a custom role with a low base and a privileged ability.
pub(super) fn custom_role(ground: &Ground<'_>, grant: &Grant) -> Option<Outcome> {
    let role = grant.right.role.as_ref()?;
    // Where it is inherited it is one finding, at the group that gives it.
    if grant.comes_via(Via::Inherited) {
        return None;
    }
    if !grant.holds(ground.now) || grant.right.reaches(Level::Maintainer) {
        return None;
    }
    let abilities = match role.abilities.read() {
        Ok(abilities) => abilities,
        Err(why) => {
            return Some(Outcome::unknown(format_args!(
                "what the role {} adds is not known: {why}",
                role.name
            )));
        }
    };
    let privileged: Vec<&str> =
        abilities.iter().map(Text::as_str).filter(|ability| PRIVILEGED.contains(ability)).collect();
    if privileged.is_empty() {
        return Some(Outcome::Clear);
    }
    let who = ground.principal(&grant.subject);
    let called = who.map_or(grant.subject.as_str(), |one| one.called());
    let base = grant.right.level.map_or("unknown".to_owned(), |level| level.to_string());
    let title = format!(
        "{called} has the role {} on {}: {base}, and {}",
        role.name,
        grant.resource.path,
        privileged.join(", ")
    );
    let next = "treat it as the level that it reaches, or take the ability off the role";
    let mut proof = Proof::new(Severity::Medium, title, next)
        .with("base_access_level", base)
        .with("abilities", privileged.join(", "));
    proof.grants = vec![grant.id.clone()];
    proof.person =
        who.filter(|one| one.kind == PrincipalKind::Person).and_then(|one| one.username.clone());
    Some(proof.into())
}

#[cfg(test)]
mod tests {
    use super::super::fixture::*;
    use super::*;
    use crate::access::Code;
    use crate::domain::Text;
    use crate::domain::access::{AccountState, CustomRole, Gap, Known, Lack, Population};

    /// A top group with so many owners.
    fn owned(count: usize) -> Population {
        let mut of = population(NOW);
        of.groups.push(group("acme"));
        for number in 0..count {
            let name = format!("owner{number}");
            of.principals.push(person_named(&name));
            of.grants.push(on_group(grant(&name, "acme", Level::Owner)));
        }
        of
    }

    #[test]
    fn two_to_five_owners_are_right_and_any_other_number_is_told() {
        for (count, found) in [(0, 1), (1, 1), (2, 0), (5, 0), (6, 1)] {
            assert_eq!(told(&owned(count), Code::A04).found.len(), found, "{count}");
        }
    }

    #[test]
    fn an_owner_who_left_does_not_count_and_one_by_two_paths_counts_once() {
        let mut of = owned(2);
        of.principals[0].state = Known::Is(AccountState::Blocked);
        assert_eq!(told(&of, Code::A04).found, ["acme"]);
        let mut of = owned(1);
        let mut again = on_group(grant("owner0", "acme", Level::Owner));
        again.id = Text::new("grant:again");
        of.grants.push(again);
        assert_eq!(told(&of, Code::A04).found, ["acme"]);
    }

    #[test]
    fn a_subgroup_may_have_one_owner() {
        let mut of = owned(1);
        of.groups[0].path = Text::new("acme/shop");
        assert_eq!(told(&of, Code::A04), Told::default());
    }

    #[test]
    fn where_members_were_not_read_owners_are_not_counted() {
        let mut of = owned(1);
        let (at, because) = (Text::new("acme"), Text::new("403"));
        of.gaps.push(Gap { part: Part::Members, at, lack: Lack::Forbidden, because });
        let told = told(&of, Code::A04);
        let doubts = ["members of acme were not read: 403", "its owners were not all read: 403"];
        assert_eq!((told.found.len(), told.doubts), (0, doubts.map(str::to_owned).to_vec()));
    }

    #[test]
    fn a_top_group_without_a_required_second_factor_is_told() {
        let mut of = population(NOW);
        of.groups = vec![group("acme"), group("beta"), group("gamma"), group("acme/shop")];
        of.groups[0].two_factor = Known::Is(false);
        of.groups[1].two_factor = Known::Is(true);
        of.groups[3].two_factor = Known::Is(false);
        let told = told(&of, Code::A23);
        assert_eq!((told.found.as_slice(), told.clear), (&["acme".to_owned()][..], 1));
        assert_eq!(told.doubts, ["whether it is required is not known: it was not asked for"]);
    }

    fn with_role(level: Level, abilities: Known<Vec<Text>>) -> Population {
        let mut of = people(&[("asha", level)]);
        of.grants[0].right.role = Some(CustomRole { name: Text::new("helper"), abilities });
        of
    }

    #[test]
    fn a_guest_who_may_add_members_is_told_and_one_who_may_read_code_is_not() {
        let may = |ability: &str| Known::Is(vec![Text::new(ability)]);
        let told_of = |of: &Population| told(of, Code::A21).found.len();
        assert_eq!(told_of(&with_role(Level::Guest, may("admin_group_member"))), 1);
        assert_eq!(told_of(&with_role(Level::Guest, may("read_code"))), 0);
        assert_eq!(told_of(&with_role(Level::Maintainer, may("admin_group_member"))), 0);
    }

    #[test]
    fn a_role_whose_abilities_are_hidden_cannot_be_told() {
        let of = with_role(Level::Guest, Known::Unread(Text::new("Ultimate")));
        let because = "what the role helper adds is not known: Ultimate";
        assert_eq!(told(&of, Code::A21).doubts, [because]);
    }
}
