//! One membership, token or key, read on demand: before an act about it, and after.

use gitlab::api::common::path_escaped;
use serde::Deserialize;

use super::connection::Gitlab;
use super::rest::{Paging, Read, list, read};
use super::wire::{Id, Moment, Words};
use crate::api::Error;
use crate::domain::access::{Level, Resource, ResourceKind};
use crate::domain::{FailureKind, Text, Timestamp};

/// A membership (`GET /groups|projects/:id/members/:user_id`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Membership {
    /// `username`.
    pub username: Text,
    /// `access_level`.
    pub level: Level,
    /// `expires_at` as GitLab writes it: a day.
    pub expires_at: Option<Text>,
    /// `state` of the account.
    pub state: Text,
}

/// A token or a key, without its value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Token {
    /// `name` or `title`.
    pub name: Text,
    /// Whether it works, as far as GitLab says so: neither revoked nor expired.
    pub works: bool,
    /// `expires_at` as GitLab writes it.
    pub expires_at: Option<Text>,
    /// `last_used_at`.
    pub last_used_at: Option<Timestamp>,
    /// `scopes`, or what a key may do.
    pub scopes: Vec<Text>,
}

#[derive(Debug, Deserialize)]
struct MemberShape<'a> {
    #[serde(borrow)]
    username: Option<Words<'a>>,
    access_level: Option<u8>,
    expires_at: Option<Words<'a>>,
    state: Option<Words<'a>>,
}

#[derive(Debug, Deserialize)]
struct OwnerShape {
    id: Id,
    access_level: Option<u8>,
}

#[derive(Debug, Deserialize)]
struct TokenShape<'a> {
    #[serde(borrow)]
    name: Option<Words<'a>>,
    title: Option<Words<'a>>,
    active: Option<bool>,
    revoked: Option<bool>,
    expired: Option<bool>,
    expires_at: Option<Words<'a>>,
    #[serde(default)]
    last_used_at: Moment,
    #[serde(default)]
    scopes: Vec<String>,
    can_push: Option<bool>,
}

/// Which list a token or key stands in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shelf {
    /// `access_tokens` of a group or project, `personal_access_tokens` of nobody.
    Access,
    /// `deploy_tokens`.
    Deploy,
    /// `deploy_keys` of a project.
    Keys,
}

impl Shelf {
    /// The address of one of them.
    pub fn address(self, place: Option<&Resource>, id: u64) -> String {
        match (self, place) {
            (_, None) => format!("personal_access_tokens/{id}"),
            (Shelf::Access, Some(place)) => format!("{}/access_tokens/{id}", of(place)),
            (Shelf::Deploy, Some(place)) => format!("{}/deploy_tokens/{id}", of(place)),
            (Shelf::Keys, Some(place)) => format!("{}/deploy_keys/{id}", of(place)),
        }
    }
}

fn of(place: &Resource) -> String {
    let word = if place.kind == ResourceKind::Group { "groups" } else { "projects" };
    format!("{word}/{}", path_escaped(&place.path))
}

impl Gitlab {
    /// A direct membership; `None` where there is none, or where we may not see it.
    ///
    /// # Errors
    /// Why it could not be read, with what would cure it.
    pub async fn membership(
        &self,
        place: &Resource,
        user: u64,
    ) -> Result<Option<Membership>, Error> {
        let doing = || format!("reading the membership of user {user} in {place}");
        let question = Read::at(format!("{}/members/{user}", of(place)));
        let body = match self.one(&question).await {
            Ok(body) => body,
            Err(error) if error.kind == FailureKind::NotFound => return Ok(None),
            Err(error) => return Err(error.doing(doing())),
        };
        let shape: MemberShape<'_> = read(&body).map_err(|error| error.doing(doing()))?;
        let text = |words: &Option<Words<'_>>| words.as_deref().map(Text::new);
        let told = |words| text(words).unwrap_or_else(|| Text::new(""));
        Ok(Some(Membership {
            username: told(&shape.username),
            level: Level::from(shape.access_level.unwrap_or_default()),
            expires_at: text(&shape.expires_at),
            state: told(&shape.state),
        }))
    }

    /// The ids of a group's direct owners.
    ///
    /// # Errors
    /// Why they could not be read, with what would cure it.
    pub async fn direct_owners(&self, place: &Resource) -> Result<Vec<u64>, Error> {
        let doing = || format!("reading the owners of {place}");
        let question = Read::at(format!("{}/members", of(place)));
        let pages =
            self.pages(&question, Paging::Link).await.map_err(|error| error.doing(doing()))?;
        let mut owners = Vec::new();
        for body in &pages {
            let page: Vec<OwnerShape> = list(&body.body).map_err(|error| error.doing(doing()))?;
            let all = page.iter().filter(|one| one.access_level == Some(u8::from(Level::Owner)));
            owners.extend(all.map(|one| one.id.0));
        }
        Ok(owners)
    }

    /// A token or key; `None` where there is none, or where we may not see it.
    ///
    /// # Errors
    /// Why it could not be read, with what would cure it.
    pub async fn token_at(
        &self,
        list_of: Shelf,
        place: Option<&Resource>,
        id: u64,
    ) -> Result<Option<Token>, Error> {
        let address = list_of.address(place, id);
        let doing = || format!("reading {address}");
        let body = match self.one(&Read::at(address.clone())).await {
            Ok(body) => body,
            Err(error) if error.kind == FailureKind::NotFound => return Ok(None),
            Err(error) => return Err(error.doing(doing())),
        };
        let shape: TokenShape<'_> = read(&body).map_err(|error| error.doing(doing()))?;
        let name = shape.name.as_deref().or(shape.title.as_deref()).unwrap_or_default();
        let is_over = shape.revoked == Some(true) || shape.expired == Some(true);
        let mut scopes: Vec<Text> = shape.scopes.iter().map(|scope| Text::new(scope)).collect();
        let powers = shape.can_push.map(|pushes| if pushes { "push" } else { "pull" });
        scopes.extend(powers.map(Text::new));
        Ok(Some(Token {
            name: Text::new(name),
            works: shape.active.unwrap_or(!is_over) && !is_over,
            expires_at: shape.expires_at.as_deref().map(Text::new),
            last_used_at: shape.last_used_at.0,
            scopes,
        }))
    }
}

#[cfg(test)]
#[cfg(feature = "demo")]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::api::fake::{Fake, Reply};

    fn group() -> Resource {
        Resource { kind: ResourceKind::Group, path: Text::new("acme/shop") }
    }

    #[tokio::test]
    async fn a_membership_tells_its_level_and_its_end() {
        let told = json!({"id": 42, "username": "asha", "access_level": 40, "expires_at": "2027-01-01", "state": "active"});
        let fake = Fake::of([Reply::json(told)]).await;
        let found = Gitlab::over(fake.http()).membership(&group(), 42).await.unwrap().unwrap();
        assert_eq!(
            (found.level, found.expires_at),
            (Level::Maintainer, Some(Text::new("2027-01-01")))
        );
    }

    #[tokio::test]
    async fn what_is_not_there_is_none_and_no_failure() {
        let fake = Fake::of([Reply::new(404, "")]).await;
        assert_eq!(Gitlab::over(fake.http()).membership(&group(), 42).await.unwrap(), None);
    }

    #[tokio::test]
    async fn a_token_that_was_revoked_works_no_longer() {
        for (told, works) in [
            (json!({"id": 7, "name": "ci", "active": true, "revoked": false}), true),
            (json!({"id": 7, "name": "ci", "active": false, "revoked": true}), false),
            (json!({"id": 7, "name": "ci", "revoked": false, "expired": true}), false),
            (json!({"id": 7, "title": "key", "can_push": true}), true),
        ] {
            let fake = Fake::of([Reply::json(told)]).await;
            let gitlab = Gitlab::over(fake.http());
            let found = gitlab.token_at(Shelf::Access, Some(&group()), 7).await.unwrap();
            assert_eq!(found.unwrap().works, works);
        }
    }

    #[test]
    fn each_kind_has_its_address() {
        let project = Resource { kind: ResourceKind::Project, path: Text::new("acme/shop") };
        assert_eq!(Shelf::Access.address(Some(&group()), 7), "groups/acme%2Fshop/access_tokens/7");
        assert_eq!(Shelf::Keys.address(Some(&project), 7), "projects/acme%2Fshop/deploy_keys/7");
        assert_eq!(Shelf::Access.address(None, 7), "personal_access_tokens/7");
    }
}
