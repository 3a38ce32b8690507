//! Members by each path, invitations, access requests, shares, SAML links and SCIM identities of one place.

use gitlab::api::common::path_escaped;
use serde_json::json;

use super::shape::{
    InvitationShape, LinkShape, MemberNode, MemberShape, RequestShape, ScimShape, ShareShape,
    login, right, state,
};
use super::sheet::{Connection, Sheet};
use crate::api::Error;
use crate::domain::access::{
    Grant, Hop, Known, Level, Part, Principal, PrincipalKind, Resource, ResourceKind, Right,
    Standing, Via,
};
use crate::domain::{Text, Timestamp};

const GROUP_MEMBERS: &str = include_str!("../queries/group_members.graphql");
const PROJECT_MEMBERS: &str = include_str!("../queries/project_members.graphql");

/// A group or a project, as it is addressed.
#[derive(Debug, Clone)]
pub(super) struct Home {
    pub(super) resource: Resource,
    /// `groups/acme%2Fshop`.
    pub(super) path: String,
}

impl Home {
    pub(super) fn group(path: &str) -> Home {
        Home::of(ResourceKind::Group, path, "groups")
    }

    pub(super) fn project(path: &str) -> Home {
        Home::of(ResourceKind::Project, path, "projects")
    }

    fn of(kind: ResourceKind, path: &str, word: &str) -> Home {
        let resource = Resource { kind, path: Text::new(path) };
        Home { resource, path: format!("{word}/{}", path_escaped(path)) }
    }

    /// An address below it.
    pub(super) fn at(&self, rest: &str) -> String {
        format!("{}/{rest}", self.path)
    }

    fn is_group(&self) -> bool {
        self.resource.kind == ResourceKind::Group
    }

    fn is_top(&self) -> bool {
        !self.resource.path.contains('/')
    }
}

/// A grant on a home: the way is part of its address, its level is not.
pub(super) fn grant(home: &Home, subject: &Text, hop: Hop, right: Right) -> Grant {
    let from = hop.from.as_ref().map_or_else(String::new, |from| format!(":{from}"));
    let (kind, path) = (home.resource.kind.word(), &home.resource.path);
    let id = format!("{subject}@{kind}:{path}#{}{from}", hop.via.word());
    Grant {
        id: Text::new(&id),
        subject: subject.clone(),
        resource: home.resource.clone(),
        right,
        path: vec![hop],
        standing: Standing::Active,
        granted_by: None,
        granted_at: None,
        expires_at: None,
        last_used: Known::Unread(Text::new("GitLab does not tell when a right was used")),
    }
}

/// The address of an account.
pub(super) fn account(id: u64) -> Text {
    Text::new(&format!("user:{id}"))
}

/// What an account is, by its name: GitLab names the bots of tokens itself.
pub(super) fn kind_of(username: &str, bot: Option<bool>) -> PrincipalKind {
    let of_token = ["project_", "group_"].iter().any(|start| username.starts_with(start));
    if username.starts_with("service_account_") {
        PrincipalKind::ServiceAccount
    } else if bot == Some(true) || of_token && username.contains("_bot") {
        PrincipalKind::Bot
    } else {
        PrincipalKind::Person
    }
}

/// Direct members, with what explains them.
pub(super) async fn direct(
    sheet: &mut Sheet<'_>,
    home: &Home,
    links: &[LinkShape],
) -> Result<(), Error> {
    let members = sheet.list::<MemberShape>(Part::Members, &home.at("members"), &[]).await?;
    for member in members.fact().into_iter().flatten() {
        let subject = account(member.id.0);
        let made_by = login(member.created_by.as_ref());
        let mut one = principal(&subject, (&member.username, &member.name), None);
        one.state = state(member.state.as_ref());
        one.scim_active = member.group_scim_identity.as_ref().and_then(|scim| scim.active);
        one.email = match &member.email {
            Some(email) => Known::Is(email.clone()),
            None => Known::Unread(Text::new("only administrators, and owners of enterprise users")),
        };
        if one.kind.is_machine() {
            one.created_by.clone_from(&made_by);
        }
        let mut held = grant(home, &subject, Hop { via: Via::Direct, from: None }, member.right());
        // What a link gave is no grant by hand, and keeps its address when that changes.
        if let Some(link) = explained(member, links) {
            held.path = vec![Hop { via: Via::Saml, from: Some(link.name.clone()) }];
        }
        held.granted_by = made_by;
        held.granted_at = member.created_at.0;
        held.expires_at = member.expires_at.0;
        sheet.of.principals.push(one);
        sheet.of.grants.push(held);
    }
    Ok(())
}

/// The SAML link that gives a member who came by SAML this very level.
fn explained<'a>(member: &MemberShape, links: &'a [LinkShape]) -> Option<&'a LinkShape> {
    member.group_saml_identity.as_ref()?;
    links.iter().find(|link| link.access_level == member.access_level)
}

fn principal(id: &Text, (username, name): (&Text, &Text), bot: Option<bool>) -> Principal {
    let kind = kind_of(username, bot);
    Principal { username: Some(username.clone()), ..Principal::new(id, kind, name) }
}

/// Members by every other path: one relation a question, because GitLab shows each user once a question.
pub(super) async fn by_other_paths(
    sheet: &mut Sheet<'_>,
    home: &Home,
    shares: &[ShareShape],
) -> Result<(), Error> {
    let relations: &[(&str, Via)] = match (home.is_group(), home.is_top()) {
        (true, true) => &[("SHARED_FROM_GROUPS", Via::GroupShare)],
        (true, false) => &[("INHERITED", Via::Inherited), ("SHARED_FROM_GROUPS", Via::GroupShare)],
        (false, _) => &[
            ("INHERITED", Via::Inherited),
            ("INVITED_GROUPS", Via::GroupShare),
            ("SHARED_INTO_ANCESTORS", Via::GroupShare),
        ],
    };
    for (relation, via) in relations {
        // Nothing is invited where nothing is shared.
        if *relation == "INVITED_GROUPS" && shares.is_empty() {
            continue;
        }
        let nodes = relation_of(sheet, home, relation).await?;
        for node in nodes.fact().into_iter().flatten() {
            by_path(sheet, home, (*via, shares), node);
        }
    }
    Ok(())
}

async fn relation_of(
    sheet: &mut Sheet<'_>,
    home: &Home,
    relation: &str,
) -> Result<Known<Vec<MemberNode>>, Error> {
    let (document, holder, field) = if home.is_group() {
        (GROUP_MEMBERS, "group", "groupMembers")
    } else {
        (PROJECT_MEMBERS, "project", "projectMembers")
    };
    let called = format!("{holder}.{field}(relations: {relation})");
    let variables = json!({ "relations": [relation] });
    let asked = Connection { document, holder, field, variables, called };
    sheet.connection(Part::Members, &asked).await
}

fn by_path(
    sheet: &mut Sheet<'_>,
    home: &Home,
    (via, shares): (Via, &[ShareShape]),
    node: &MemberNode,
) {
    // An invitation stands among members without a user.
    let Some(user) = &node.user else { return };
    let from = node.group.as_ref().map(|group| group.full_path.clone());
    let share = shares.iter().find(|share| share.group_full_path == from && from.is_some());
    let share = share.filter(|_| via == Via::GroupShare);
    let told = node.access_level.as_ref().and_then(|level| level.integer_value);
    let mut level = Level::from(told.unwrap_or_default());
    if let Some(share) = share {
        level = level.capped(Level::from(share.group_access_level)).unwrap_or(level);
    }
    let subject = account(user.id.0);
    let mut held = grant(home, &subject, Hop { via, from }, Right::of_level(level));
    held.granted_by = login(node.created_by.as_ref());
    held.granted_at = node.created_at.0;
    held.expires_at = earlier(node.expires_at.0, share.and_then(|share| share.expires_at.0));
    let mut one = principal(&subject, (&user.username, &user.name), user.bot);
    one.state = state(user.state.as_ref());
    if !sheet.of.grants.iter().any(|known| known.id == held.id) {
        sheet.of.grants.push(held);
    }
    sheet.of.principals.push(one);
}

fn earlier(one: Option<Timestamp>, other: Option<Timestamp>) -> Option<Timestamp> {
    match (one, other) {
        (Some(one), Some(other)) => Some(one.min(other)),
        (one, other) => one.or(other),
    }
}

/// The shares themselves: each is a right of the invited group.
pub(super) fn shares(sheet: &mut Sheet<'_>, home: &Home, shares: &[ShareShape]) {
    for share in shares {
        let id = Text::new(&format!("group:{}", share.group_id.0));
        let called = share.group_full_path.as_ref().or(share.group_name.as_ref()).unwrap_or(&id);
        let hop = Hop { via: Via::GroupShare, from: Some(called.clone()) };
        let mut held = grant(home, &id, hop, right(share.group_access_level, None));
        held.expires_at = share.expires_at.0;
        sheet.of.principals.push(Principal::new(&id, PrincipalKind::Group, called));
        sheet.of.grants.push(held);
    }
}

/// Invitations that are not accepted, and requests that wait.
pub(super) async fn pending(sheet: &mut Sheet<'_>, home: &Home) -> Result<(), Error> {
    let invited =
        sheet.list::<InvitationShape>(Part::Invitations, &home.at("invitations"), &[]).await?;
    for one in invited.fact().into_iter().flatten() {
        let id = Text::new(&format!("invited:{}", one.invite_email));
        let hop = Hop { via: Via::Direct, from: None };
        let mut held = grant(home, &id, hop, right(one.access_level, None));
        held.standing = Standing::Invited;
        held.granted_by.clone_from(&one.created_by_name);
        (held.granted_at, held.expires_at) = (one.created_at.0, one.expires_at.0);
        let mut who = Principal::new(&id, PrincipalKind::Person, &one.invite_email);
        who.email = Known::Is(one.invite_email.clone());
        sheet.of.principals.push(who);
        sheet.of.grants.push(held);
    }
    let path = home.at("access_requests");
    let asking = sheet.list::<RequestShape>(Part::AccessRequests, &path, &[]).await?;
    for one in asking.fact().into_iter().flatten() {
        let id = account(one.id.0);
        let hop = Hop { via: Via::Direct, from: None };
        // GitLab grants Developer unless whoever accepts says otherwise.
        let mut held = grant(home, &id, hop, right(one.access_level.unwrap_or(30), None));
        held.id = Text::new(&format!("{}:requested", held.id));
        held.standing = Standing::Requested;
        held.granted_at = one.requested_at.0;
        let mut who = principal(&id, (&one.username, &one.name), None);
        who.state = state(one.state.as_ref());
        sheet.of.principals.push(who);
        sheet.of.grants.push(held);
    }
    Ok(())
}

/// The SAML links of a group.
pub(super) async fn links(sheet: &mut Sheet<'_>, home: &Home) -> Result<Vec<LinkShape>, Error> {
    let read = sheet.list(Part::SamlLinks, &home.at("saml_group_links"), &[]).await?;
    Ok(match read {
        Known::Is(links) => links,
        Known::Unread(_) => Vec::new(),
    })
}

/// Who is still there by SCIM, of a group at the top.
pub(super) async fn scim(sheet: &mut Sheet<'_>, home: &Home) -> Result<(), Error> {
    if !home.is_top() {
        return Ok(());
    }
    let path = home.at("scim/identities");
    let read = sheet.list::<ScimShape>(Part::ScimIdentities, &path, &[]).await?;
    for one in read.fact().into_iter().flatten() {
        let (Some(user), Some(active)) = (one.user_id, one.active) else { continue };
        let id = account(user.0);
        for known in sheet.of.principals.iter_mut().filter(|known| known.id == id) {
            known.scim_active = Some(active);
        }
    }
    Ok(())
}
