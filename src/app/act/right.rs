//! Which act takes a right away, and what it is done to: by how the right comes about.

use super::Choice;
use crate::access::Picture;
use crate::access::campaign::Decision;
use crate::domain::access::{
    Grant, Level, Principal, PrincipalKind, Resource, ResourceKind, Standing, Via,
};
use crate::domain::{Act, EntityId, Proposal, ReviewItemId, RightAt, Target, TargetKind, Text};
use crate::state::State;

/// The name of the act that does what was decided about an item.
///
/// # Errors
/// Why none can, and what to do by hand.
pub(in crate::app) fn act_for(
    state: &State,
    id: ReviewItemId,
    decision: &Decision,
) -> Result<&'static str, &'static str> {
    let target = target_of_item(state, id)?;
    match (decision, &target) {
        (Decision::Revoke, Target::AccessEntry(..)) => Ok("accessentry.delete"),
        (Decision::Revoke, Target::Right(right)) => Ok(match right.kind {
            TargetKind::Member => "member.remove",
            TargetKind::DeployToken => "deploytoken.revoke",
            TargetKind::DeployKey => "deploykey.delete",
            _ => "token.revoke",
        }),
        (Decision::Modify(_), Target::Right(right)) if right.kind == TargetKind::Member => {
            Ok("member.change")
        }
        (Decision::Modify(_), _) => {
            Err("only a membership is changed from here: change it by hand, then read again")
        }
        _ => Err("it stays as it is: there is nothing to send"),
    }
}

/// Whether a row can be the target of an act on rights.
pub(super) fn fits(kind: TargetKind, id: &EntityId) -> bool {
    let is_row =
        matches!(id, EntityId::Grant(_) | EntityId::ReviewItem(_) | EntityId::Principal(_));
    is_row && is_of_rights(kind)
}

/// Whether an act of this kind is about rights.
pub(super) fn is_of_rights(kind: TargetKind) -> bool {
    use TargetKind::{AccessEntry, DeployKey, DeployToken, Member, Token};
    matches!(kind, Member | Token | DeployToken | DeployKey | AccessEntry)
}

/// What an act on rights is done to, of a row that has one such right.
pub(super) fn choice(state: &State, act: &'static Act, id: &EntityId) -> Option<Choice> {
    let picture = state.picture()?;
    let (target, name) = match id {
        EntityId::Grant(grant) => {
            let grant = picture.grant(*grant)?;
            (of_grant(picture, grant).ok()?, name(picture, &grant.subject))
        }
        EntityId::Principal(one) => {
            let principal = picture.principal(picture.holder(*one)?)?;
            (of_credential(picture, principal).ok()?, principal.called().clone())
        }
        EntityId::ReviewItem(item) => {
            let target = target_of_item(state, *item).ok()?;
            let item = state.review()?.item(*item)?.item;
            (target, item.subject.as_ref().map_or_else(|| item.key.clone(), |id| name(picture, id)))
        }
        _ => return None,
    };
    if kind_of(&target)? != act.target {
        return None;
    }
    let mut proposal = Proposal::new(act, target);
    // Whoever may do what on the delivery platform is never a small matter.
    proposal.protected = true;
    proposal.called = Some(name.clone()).filter(|_| act.target == TargetKind::Member);
    proposal.settings = asked_for(state, act, id);
    Some(Choice::of(id.clone(), proposal, name))
}

/// What a decision says a membership is to become.
fn asked_for(state: &State, act: &'static Act, id: &EntityId) -> Vec<(Text, Text)> {
    let EntityId::ReviewItem(item) = id else { return Vec::new() };
    if act.name != "member.change" {
        return Vec::new();
    }
    let stand = state.review().and_then(|review| review.item(*item)).map(|one| one.stand);
    let Some(Decision::Modify(to)) = stand.and_then(|stand| stand.decision()) else {
        return Vec::new();
    };
    let is_level = Level::of_word(to.trim()).is_some();
    let name = if is_level { "level" } else { "expires_at" };
    vec![(Text::new(name), to.clone())]
}

fn kind_of(target: &Target) -> Option<TargetKind> {
    match target {
        Target::Right(right) => Some(right.kind),
        Target::AccessEntry(..) => Some(TargetKind::AccessEntry),
        _ => None,
    }
}

fn name(picture: &Picture, principal: &str) -> Text {
    let found = picture.principal_named(principal);
    found.map_or_else(|| Text::new(principal), |one| one.called().clone())
}

fn target_of_item(state: &State, id: ReviewItemId) -> Result<Target, &'static str> {
    let picture = state.picture().ok_or("rights were not read yet")?;
    let review = state.review().ok_or("no campaign has begun")?;
    let item = review.item(id).ok_or("it is no item of this campaign")?.item;
    if let Some(grant) = picture.grant_named(&item.key) {
        return of_grant(picture, grant);
    }
    let subject = item
        .subject
        .as_ref()
        .ok_or("it is a setting and no right: change it where it stands, then read again")?;
    let principal =
        picture.principal_named(subject).ok_or("it is gone already, as it was last read")?;
    of_credential(picture, principal)
}

/// What an act that takes a right away is done to, by the id of the grant.
pub fn target_in(picture: &Picture, grant: &str) -> Option<Target> {
    of_grant(picture, picture.grant_named(grant)?).ok()
}

/// What is taken away where this grant is to go.
fn of_grant(picture: &Picture, grant: &Grant) -> Result<Target, &'static str> {
    let principal = picture.principal_named(&grant.subject).ok_or("whose it is is not known")?;
    if grant.standing != Standing::Active {
        return Err("it is an invitation or a request: decide on it in GitLab");
    }
    let hop = grant.path.last();
    match (principal.kind, hop.map(|hop| (hop.via, &hop.from))) {
        (PrincipalKind::IamPrincipal, Some((Via::AccessEntry, _))) => {
            let cluster = grant.resource.path.split('/').next().unwrap_or_default();
            Ok(Target::AccessEntry(Text::new(cluster), principal.name.clone()))
        }
        (PrincipalKind::Person | PrincipalKind::Bot | PrincipalKind::ServiceAccount, via) => {
            let place = match via {
                None | Some((Via::Direct | Via::Saml | Via::Scim, _)) => grant.resource.clone(),
                Some((Via::Inherited, Some(from))) => {
                    Resource { kind: ResourceKind::Group, path: from.clone() }
                }
                Some((Via::GroupShare, _)) => {
                    return Err(
                        "it comes by a share of a group: end the share in GitLab, or the membership there",
                    );
                }
                _ => return Err("how it comes about cannot be undone from here"),
            };
            let id = number(&grant.subject).ok_or("its account has no number")?;
            Ok(right(TargetKind::Member, Some(place), id))
        }
        _ => of_credential(picture, principal),
    }
}

/// What is revoked or deleted where a token or key is to go.
fn of_credential(picture: &Picture, principal: &Principal) -> Result<Target, &'static str> {
    let credential = picture
        .credential_of(&principal.id)
        .ok_or("it is no token and no key: what it has goes grant by grant")?;
    let id = number(&principal.id).ok_or("it has no number")?;
    let place = |kind| Some(Resource { kind, path: credential.place.clone() });
    let is_group = picture.population().groups.iter().any(|one| one.path == credential.place);
    let of = if is_group { ResourceKind::Group } else { ResourceKind::Project };
    match principal.kind {
        PrincipalKind::PersonalToken => Ok(right(TargetKind::Token, None, id)),
        PrincipalKind::ProjectToken => {
            Ok(right(TargetKind::Token, place(ResourceKind::Project), id))
        }
        PrincipalKind::GroupToken => Ok(right(TargetKind::Token, place(ResourceKind::Group), id)),
        PrincipalKind::DeployToken => Ok(right(TargetKind::DeployToken, place(of), id)),
        PrincipalKind::DeployKey => Ok(right(TargetKind::DeployKey, place(of), id)),
        _ => Err("there is no act that takes such a one away: do it by hand, then read again"),
    }
}

fn right(kind: TargetKind, place: Option<Resource>, id: u64) -> Target {
    Target::Right(Box::new(RightAt { kind, place, id }))
}

/// The number at the end of an id.
fn number(id: &str) -> Option<u64> {
    id.rsplit(':').next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::access::Limits;
    use crate::access::rules::fixture::{NOW, grant, inherited, people};
    use crate::domain::access::Population;

    fn picture(population: Population) -> Picture {
        Picture::of(Arc::new(population), &Limits::default(), &[], NOW.parse().unwrap())
    }

    fn target(grant: Grant) -> Result<String, &'static str> {
        let mut population = people(&[("asha", Level::Guest)]);
        population.principals[0].id = Text::new("user:42");
        population.grants.clear();
        let mut grant = grant;
        grant.subject = Text::new("user:42");
        population.grants.push(grant);
        let picture = picture(population);
        of_grant(&picture, &picture.population().grants[0]).map(|one| one.to_string())
    }

    #[test]
    fn a_direct_membership_goes_where_it_is() {
        let found = target(grant("asha", "acme/shop", Level::Maintainer));
        assert_eq!(found.as_deref(), Ok("project:acme/shop@42"));
    }

    #[test]
    fn an_inherited_one_goes_where_it_comes_from() {
        let found = target(inherited("asha", "acme/shop", Level::Maintainer, "acme"));
        assert_eq!(found.as_deref(), Ok("group:acme@42"));
    }

    #[test]
    fn what_comes_by_a_share_is_not_undone_from_here() {
        let mut shared = grant("asha", "acme/shop", Level::Developer);
        shared.path[0].via = Via::GroupShare;
        assert!(target(shared).is_err());
    }
}
