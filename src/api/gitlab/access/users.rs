//! Accounts: state, outsiders, administrators, last activity, as far as the caller may see them.

use serde::Deserialize;

use super::people::{Home, account, kind_of};
use super::refused;
use super::shape::{UserShape, login, state};
use super::sheet::Sheet;
use crate::api::Error;
use crate::api::gitlab::wire::Id;
use crate::api::gitlab::{Gitlab, TokenFacts};
use crate::domain::Text;
use crate::domain::access::{Known, Lack, Part, Principal};

/// Why a fact of an account is not known.
const HIDDEN: &str = "only administrators see it";

/// Ourselves.
#[derive(Debug, Deserialize)]
struct SelfShape {
    id: Id,
    username: Text,
    is_admin: Option<bool>,
}

/// Who we are; the words for the evidence, and whether we administer the instance.
pub(super) async fn own(sheet: &mut Sheet<'_>) -> Result<bool, Error> {
    let own = sheet.one::<SelfShape>(Part::Users, "user").await?;
    let facts = match sheet.gitlab.token_facts().await {
        Ok(facts) => Some(facts),
        // Not every kind of token may ask about itself.
        Err(error) if refused::of_part(Part::PersonalTokens, &error).is_some() => None,
        Err(error) => return Err(error),
    };
    let Some(own) = own.fact() else { return Ok(false) };
    sheet.of.read_by = Some(words(&own.username, own.id.0, facts.as_ref()));
    Ok(own.is_admin == Some(true))
}

/// Who reads, and what their token may.
fn words(username: &str, id: u64, facts: Option<&TokenFacts>) -> Text {
    let scopes = |facts: &TokenFacts| {
        let scopes: Vec<&str> = facts.scopes.iter().map(Text::as_str).collect();
        format!(", scopes {}", scopes.join(", "))
    };
    Text::new(&format!("{username} (user:{id}){}", facts.map_or_else(String::new, scopes)))
}

impl Gitlab {
    /// Who reads rights now, as a reading names it: what another identity, or a token that may other things, has read is
    /// not what this one would.
    ///
    /// # Errors
    /// Why that could not be read.
    pub async fn reads_as(&self) -> Result<Text, Error> {
        let own = self.own().await?;
        let facts = match self.token_facts().await {
            Ok(facts) => Some(facts),
            Err(error) if refused::of_part(Part::PersonalTokens, &error).is_some() => None,
            Err(error) => return Err(error),
        };
        Ok(words(&own.username, own.id, facts.as_ref()))
    }
}

/// Every account of the instance, which administrators alone see in full.
pub(super) async fn all(sheet: &mut Sheet<'_>) -> Result<(), Error> {
    let read = sheet.list::<UserShape>(Part::Users, "users", &[]).await?;
    for user in read.fact().into_iter().flatten() {
        let mut one = principal(user);
        one.external = fact(user.external, HIDDEN);
        one.admin = fact(user.is_admin, HIDDEN);
        one.created_by = login(user.created_by.as_ref());
        one.activity = Known::Is(user.last_activity_on.day());
        sheet.of.principals.push(one);
    }
    Ok(())
}

/// What a caller who is no administrator does not see.
pub(super) fn hidden(sheet: &mut Sheet<'_>) {
    let because = "the token is no administrator's: who is external or administers, e-mail addresses and the last activity \
                   of accounts are hidden from it";
    sheet.lacks(Part::Users, Lack::Forbidden, because);
    let because = "the token is no administrator's: GitLab shows it its own personal tokens alone";
    sheet.lacks(Part::PersonalTokens, Lack::Forbidden, because);
}

/// The last activity of those who count as seats of a group, which its owners see.
pub(super) async fn of_group(sheet: &mut Sheet<'_>, home: &Home) -> Result<(), Error> {
    let path = home.at("billable_members");
    let read = sheet.list::<UserShape>(Part::Users, &path, &[]).await?;
    for user in read.fact().into_iter().flatten() {
        let mut one = principal(user);
        one.activity = Known::Is(user.last_activity_on.day());
        sheet.of.principals.push(one);
    }
    Ok(())
}

fn principal(user: &UserShape) -> Principal {
    let kind = kind_of(&user.username, user.bot);
    let mut one = Principal::new(&account(user.id.0), kind, &user.name);
    one.username = Some(user.username.clone());
    one.state = state(user.state.as_ref());
    one.created_at = user.created_at.0;
    one.email = fact(user.email.clone(), HIDDEN);
    one
}

fn fact<T>(told: Option<T>, because: &str) -> Known<T> {
    told.map_or_else(|| Known::Unread(Text::new(because)), Known::Is)
}
