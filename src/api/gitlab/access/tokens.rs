//! Tokens and keys of one place, and of the whole GitLab: access tokens with their bots, deploy tokens, deploy keys, trigger
//! tokens, service accounts, personal tokens as far as they may be seen. Never a value.

use super::people::{Home, account, grant};
use super::shape::{DeployKeyShape, DeployTokenShape, TokenShape, TriggerShape, UserShape, state};
use super::sheet::Sheet;
use crate::api::Error;
use crate::domain::Text;
use crate::domain::access::{
    Credential, Hop, Known, Level, Part, Principal, PrincipalKind, ResourceKind, Right, Via,
};

/// Why nobody knows what a token is used for.
const USAGE: &str = "GitLab does not tell what a token is used for";

/// A credential with its principal.
struct Made {
    principal: Principal,
    credential: Credential,
}

fn made(id: &str, kind: PrincipalKind, (name, place): (&Text, &Text)) -> Made {
    let principal = Principal::new(id, kind, name);
    let mut credential = Credential::new(id, kind, place);
    credential.name = name.clone();
    credential.creator = Known::Unread(Text::new("GitLab does not tell who made it"));
    credential.usage = Known::Unread(Text::new(USAGE));
    Made { principal, credential }
}

/// An access token, of whatever place.
fn access_token(token: &TokenShape, kind: PrincipalKind, place: &Text) -> Made {
    let mut one = made(&format!("token:{}", token.id.0), kind, (&token.name, place));
    let Made { principal, credential } = &mut one;
    credential.account = token.user_id.map(|id| account(id.0));
    credential.active = token.active != Some(false) && token.revoked != Some(true);
    credential.scopes.clone_from(&token.scopes);
    credential.level = token.access_level.map(Level::from);
    credential.created_at = token.created_at.0;
    credential.expires_at = Known::Is(token.expires_at.0);
    credential.last_used = token.last_used_at.used();
    principal.created_at = token.created_at.0;
    principal.activity = credential.last_used.clone();
    one
}

/// The access tokens of a group or project that work.
pub(super) async fn of_home(sheet: &mut Sheet<'_>, home: &Home) -> Result<(), Error> {
    let kind = match home.resource.kind {
        ResourceKind::Group => PrincipalKind::GroupToken,
        _ => PrincipalKind::ProjectToken,
    };
    let path = home.at("access_tokens");
    let active = [("state", "active")];
    let read = sheet.list::<TokenShape>(Part::AccessTokens, &path, &active).await?;
    for token in read.fact().into_iter().flatten() {
        let one = access_token(token, kind, &home.resource.path);
        let level = one.credential.level.unwrap_or(Level::None);
        let hop = Hop { via: Via::Token, from: one.credential.account.clone() };
        give(sheet, home, one, (hop, Right::of_level(level)));
    }
    Ok(())
}

/// Adds a credential with the right that it gives on a home.
fn give(sheet: &mut Sheet<'_>, home: &Home, one: Made, (hop, right): (Hop, Right)) {
    let Made { principal, credential } = one;
    let mut held = grant(home, &principal.id, hop, right);
    held.granted_at = credential.created_at;
    held.expires_at = credential.expires_at.fact().copied().flatten();
    held.last_used = credential.last_used.clone();
    held.granted_by = credential.creator.fact().cloned();
    sheet.of.grants.push(held);
    sheet.of.principals.push(principal);
    sheet.of.credentials.push(credential);
}

/// The deploy tokens of a group or project that work.
pub(super) async fn deploy_tokens(sheet: &mut Sheet<'_>, home: &Home) -> Result<(), Error> {
    let path = home.at("deploy_tokens");
    let active = [("active", "true")];
    let read = sheet.list::<DeployTokenShape>(Part::DeployTokens, &path, &active).await?;
    for token in read.fact().into_iter().flatten() {
        let id = format!("deploy_token:{}", token.id.0);
        let place = &home.resource.path;
        let mut one = made(&id, PrincipalKind::DeployToken, (&token.name, place));
        let credential = &mut one.credential;
        credential.active = token.revoked != Some(true) && token.expired != Some(true);
        credential.scopes.clone_from(&token.scopes);
        credential.expires_at = Known::Is(token.expires_at.0);
        let why = "GitLab does not tell when a deploy token was used";
        credential.last_used = Known::Unread(Text::new(why));
        let scopes: Vec<&str> = token.scopes.iter().map(Text::as_str).collect();
        let right = Right::named(&scopes.join(", "));
        give(sheet, home, one, (Hop { via: Via::Token, from: None }, right));
    }
    Ok(())
}

/// The deploy keys of a project.
pub(super) async fn deploy_keys(sheet: &mut Sheet<'_>, home: &Home) -> Result<(), Error> {
    let read = sheet.list::<DeployKeyShape>(Part::DeployKeys, &home.at("deploy_keys"), &[]).await?;
    for key in read.fact().into_iter().flatten() {
        let id = format!("deploy_key:{}", key.id.0);
        let place = &home.resource.path;
        let mut one = made(&id, PrincipalKind::DeployKey, (&key.title, place));
        let credential = &mut one.credential;
        credential.created_at = key.created_at.0;
        credential.expires_at = Known::Is(key.expires_at.0);
        credential.last_used = match key.last_used_at {
            Some(used) => used.used(),
            None => Known::Unread(Text::new("this GitLab does not tell when a key was used")),
        };
        let pushes = key.can_push == Some(true);
        if pushes {
            credential.pushes_to.push(place.clone());
        }
        let right = Right::named(if pushes { "push" } else { "read" });
        give(sheet, home, one, (Hop { via: Via::Key, from: None }, right));
    }
    Ok(())
}

/// The trigger tokens of a project.
pub(super) async fn triggers(sheet: &mut Sheet<'_>, home: &Home) -> Result<(), Error> {
    let read = sheet.list::<TriggerShape>(Part::TriggerTokens, &home.at("triggers"), &[]).await?;
    for trigger in read.fact().into_iter().flatten() {
        let id = format!("trigger:{}", trigger.id.0);
        let own = Text::new(&id);
        let name = trigger.description.as_ref().filter(|one| !one.is_empty()).unwrap_or(&own);
        let mut one = made(&id, PrincipalKind::TriggerToken, (name, &home.resource.path));
        let credential = &mut one.credential;
        credential.account = trigger.owner.as_ref().map(|owner| account(owner.id.0));
        credential.created_at = trigger.created_at.0;
        credential.expires_at = Known::Is(trigger.expires_at.0);
        credential.last_used = trigger.last_used.used();
        if let Some(owner) = trigger.owner.as_ref().and_then(|owner| owner.username.clone()) {
            credential.creator = Known::Is(owner);
        }
        let from = one.credential.account.clone();
        give(sheet, home, one, (Hop { via: Via::Token, from }, Right::named("trigger pipelines")));
    }
    Ok(())
}

/// The service accounts of a group at the top, each with its tokens.
pub(super) async fn service_accounts(sheet: &mut Sheet<'_>, home: &Home) -> Result<(), Error> {
    let path = home.at("service_accounts");
    let read = sheet.list::<UserShape>(Part::ServiceAccounts, &path, &[]).await?;
    for one in read.fact().into_iter().flatten() {
        let id = account(one.id.0);
        let mut who = Principal::new(&id, PrincipalKind::ServiceAccount, &one.name);
        who.username = Some(one.username.clone());
        who.state = state(one.state.as_ref());
        sheet.of.principals.push(who);
        let path = home.at(&format!("service_accounts/{}/personal_access_tokens", one.id.0));
        let active = [("state", "active")];
        let tokens = sheet.list::<TokenShape>(Part::ServiceAccounts, &path, &active).await?;
        for token in tokens.fact().into_iter().flatten() {
            personal(sheet, token, &one.username);
        }
    }
    Ok(())
}

/// Personal tokens that work: everybody's where the caller administers the instance, else one's own.
pub(super) async fn personal_tokens(sheet: &mut Sheet<'_>) -> Result<(), Error> {
    let active = [("state", "active")];
    let read =
        sheet.list::<TokenShape>(Part::PersonalTokens, "personal_access_tokens", &active).await?;
    for token in read.fact().into_iter().flatten() {
        let owner = token.user_id.map_or_else(|| Text::new(""), |id| account(id.0));
        personal(sheet, token, &owner);
    }
    Ok(())
}

/// A personal token has the rights of its account, not some of its own.
fn personal(sheet: &mut Sheet<'_>, token: &TokenShape, owner: &Text) {
    let Made { principal, mut credential } =
        access_token(token, PrincipalKind::PersonalToken, owner);
    credential.creator = Known::Is(owner.clone());
    sheet.of.principals.push(principal);
    sheet.of.credentials.push(credential);
}
