//! Who has which right: members, accounts, tokens, keys, settings, read and taken away.

mod accounts;
mod act;
mod change;
mod guards;
mod keys;
mod members;
mod pending;
mod roles;
mod tokens;
mod variables;

pub(super) use self::act::{delete, put};
pub(super) use self::members::shares;

use serde_json::json;

use super::super::wire::Reply;
use super::commit::forbidden;
use super::paging::{Paging, Totals};
use super::{Answer, Desk, projects, shape};
use crate::sim::organisation::Place;
use crate::sim::world::GitlabPlan;

/// What answers a question about a group or project: it, and the path behind it.
type Handler = fn(&Desk<'_>, Place, &[&str]) -> Answer;

/// Answers a GET about access; `None` where there is no such route.
pub(super) fn get(desk: &Desk<'_>, path: &[&str]) -> Option<Answer> {
    Some(match path {
        [kind @ ("groups" | "projects"), id, rest @ ..] => {
            let handler = of_place(kind, rest)?;
            let place = desk.place(kind, id);
            place.and_then(|place| handler(desk, place, rest))
        }
        ["users"] => accounts::list(desk),
        ["users", id] => accounts::one(desk, id),
        ["personal_access_tokens"] => tokens::personal(desk),
        ["personal_access_tokens", id] => tokens::one_personal(desk, id),
        ["service_accounts"] => roles::service_accounts_of_all(desk),
        ["member_roles"] => roles::member_roles_of_all(desk),
        ["deploy_keys"] => keys::deploy_keys_of_all(desk),
        ["deploy_tokens"] => keys::deploy_tokens_of_all(desk),
        _ => return None,
    })
}

#[rustfmt::skip] // Read as a table.
fn of_place(kind: &str, rest: &[&str]) -> Option<Handler> {
    Some(match (kind, rest) {
        (_, ["members"]) => members::direct,
        (_, ["members", "all"]) => members::all,
        (_, ["members", "all", _]) => members::one_of_all,
        (_, ["members", _]) => members::one,
        (_, ["invitations"]) => pending::invitations,
        (_, ["access_requests"]) => pending::requests,
        (_, ["access_tokens"]) => tokens::of_place,
        (_, ["access_tokens", _]) => tokens::one_of_place,
        (_, ["service_accounts"]) => roles::service_accounts,
        (_, ["service_accounts", _, "personal_access_tokens"]) => roles::service_account_tokens,
        (_, ["deploy_tokens"]) => keys::deploy_tokens,
        (_, ["deploy_tokens", _]) => keys::one_deploy_token,
        (_, ["variables"]) => variables::list,
        (_, ["protected_environments"]) => guards::protected_environments,
        ("groups", ["subgroups"]) => members::subgroups,
        ("groups", ["descendant_groups"]) => members::descendant_groups,
        ("groups", ["billable_members"]) => accounts::billable,
        ("groups", ["saml_group_links"]) => roles::saml_links,
        ("groups", ["saml", "identities"]) => roles::saml_identities,
        ("groups", ["scim", "identities"]) => roles::scim_identities,
        ("groups", ["member_roles"]) => roles::member_roles,
        ("projects", ["deploy_keys"]) => keys::deploy_keys,
        ("projects", ["deploy_keys", _]) => keys::one_deploy_key,
        ("projects", ["triggers"]) => keys::triggers,
        ("projects", ["job_token_scope"]) => guards::job_token_scope,
        ("projects", ["job_token_scope", "allowlist"]) => guards::allowed_projects,
        ("projects", ["job_token_scope", "groups_allowlist"]) => guards::allowed_groups,
        ("projects", ["protected_branches"]) => guards::protected_branches,
        ("projects", ["protected_tags"]) => guards::protected_tags,
        ("projects", ["environments"]) => guards::environments,
        ("projects", ["approval_rules"]) => guards::approval_rules,
        _ => return None,
    })
}

impl Desk<'_> {
    /// The group or project of a path.
    fn place(&self, kind: &str, id: &str) -> Result<Place, Reply> {
        if kind == "groups" {
            projects::find_group(self, id).map(|group| Place::Group(group.id))
        } else {
            self.project(id).map(|project| Place::Project(project.id))
        }
    }

    /// 403 unless whoever asks has this level in a place.
    fn need(&self, place: Place, least: u32) -> Result<(), Reply> {
        if self.world.level_here(place) < least { Err(forbidden("")) } else { Ok(()) }
    }

    /// 403 unless whoever asks administers the instance.
    fn need_admin(&self) -> Result<(), Reply> {
        if self.is_admin() { Ok(()) } else { Err(forbidden("")) }
    }

    /// Whether whoever asks administers the instance.
    pub(super) fn is_admin(&self) -> bool {
        let who = self.world.people.get(self.world.holder.person);
        let account = who.and_then(|who| self.world.organisation.accounts.get(&who.id));
        account.is_some_and(|account| account.admin)
    }

    /// The account of whoever asks.
    fn asker(&self) -> u64 {
        self.world.people.get(self.world.holder.person).map_or(0, |who| who.id)
    }

    /// 404 where this is not paid for: then GitLab has no such route.
    fn need_plan(&self, least: GitlabPlan) -> Result<(), Reply> {
        let rank = |plan: GitlabPlan| match plan {
            GitlabPlan::Free => 0,
            GitlabPlan::Premium => 1,
            GitlabPlan::Ultimate => 2,
        };
        if rank(self.world.review.plan) < rank(least) {
            return Err(Reply::json(404, &json!({"error": "404 Not Found"})));
        }
        Ok(())
    }

    /// The page of a list that is asked for.
    fn page<T>(&self, rows: &[T], row: impl Fn(&T) -> serde_json::Value) -> Answer {
        Ok(Paging::read(self)?.cut(self, rows, Totals::Shown, row))
    }

    /// An account in short; null where there is none.
    fn account(&self, id: u64) -> serde_json::Value {
        let account = self.world.organisation.accounts.get(&id);
        account.map_or(serde_json::Value::Null, |account| shape::account(self, account))
    }
}

/// A day, or null.
fn day(at: Option<i64>) -> Option<String> {
    at.map(crate::sim::clock::day)
}

/// What GitLab calls the people of a level.
fn called(level: u32) -> &'static str {
    match level {
        0 => "No one",
        30 => "Developers + Maintainers",
        60 => "Administrators",
        _ => "Maintainers",
    }
}
