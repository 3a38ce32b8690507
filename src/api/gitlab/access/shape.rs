//! The rows of GitLab's answers about rights, as far as they are taken over. None has a field for a secret.

use serde::{Deserialize, Deserializer};
use serde_json::{Map, Value};

use crate::api::gitlab::wire::{Id, or_default};
use crate::domain::access::{AccountState, Activity, CustomRole, Known, Level, Precision, Right};
use crate::domain::{Text, Timestamp};

/// An instant, or the beginning of a day in UTC: GitLab ends things at that instant.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct When(pub(super) Option<Timestamp>);

impl<'de> Deserialize<'de> for When {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<When, D::Error> {
        let words = Option::<String>::deserialize(from)?;
        Ok(When(words.and_then(|words| instant(&words))))
    }
}

fn instant(words: &str) -> Option<Timestamp> {
    let day = || {
        let day: jiff::civil::Date = words.parse().ok()?;
        Some(day.to_zoned(jiff::tz::TimeZone::UTC).ok()?.timestamp())
    };
    words.parse().ok().or_else(day)
}

impl When {
    /// When a token was used: GitLab writes that down every ten minutes at most.
    pub(super) fn used(self) -> Known<Option<Activity>> {
        Known::Is(self.0.map(|at| Activity { at, precision: Precision::TenMinutes }))
    }

    /// A bare date.
    pub(super) fn day(self) -> Option<Activity> {
        self.0.map(|at| Activity { at, precision: Precision::Day })
    }
}

/// Whoever is only named.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct Login {
    pub(super) username: Option<Text>,
}

/// The name of somebody who is only named.
pub(super) fn login(who: Option<&Login>) -> Option<Text> {
    who.and_then(|who| who.username.clone())
}

/// A custom role: its name, its base, and its abilities as switches.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct RoleShape {
    pub(super) name: Text,
    #[serde(flatten)]
    rest: Map<String, Value>,
}

impl RoleShape {
    /// The role, with the abilities that are switched on.
    pub(super) fn role(&self) -> CustomRole {
        let switches: Vec<(&String, bool)> =
            self.rest.iter().filter_map(|(name, value)| Some((name, value.as_bool()?))).collect();
        let on = switches.iter().filter(|(_, on)| *on).map(|(name, _)| Text::new(name));
        let abilities = if switches.is_empty() {
            Known::Unread(Text::new("GitLab names the role without what it may do"))
        } else {
            Known::Is(on.collect())
        };
        CustomRole { name: self.name.clone(), abilities }
    }
}

/// A direct member of a group or project (`members`).
#[derive(Debug, Deserialize)]
pub(super) struct MemberShape {
    pub(super) id: Id,
    pub(super) username: Text,
    pub(super) name: Text,
    pub(super) state: Option<Text>,
    #[serde(default)]
    pub(super) created_at: When,
    pub(super) created_by: Option<Login>,
    #[serde(default)]
    pub(super) expires_at: When,
    pub(super) access_level: u8,
    pub(super) email: Option<Text>,
    #[serde(default, deserialize_with = "or_default")]
    pub(super) group_saml_identity: Option<Value>,
    pub(super) group_scim_identity: Option<ScimShape>,
    pub(super) member_role: Option<RoleShape>,
}

impl MemberShape {
    pub(super) fn right(&self) -> Right {
        right(self.access_level, self.member_role.as_ref())
    }
}

/// A level, with a custom role on top.
pub(super) fn right(level: u8, role: Option<&RoleShape>) -> Right {
    let mut right = Right::of_level(Level::from(level));
    if let Some(role) = role.map(RoleShape::role) {
        right.name = role.name.clone();
        right.role = Some(role);
    }
    right
}

/// A SCIM identity.
#[derive(Debug, Deserialize)]
pub(super) struct ScimShape {
    #[serde(default)]
    pub(super) user_id: Option<Id>,
    pub(super) active: Option<bool>,
}

/// A member by another path (GraphQL).
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct MemberNode {
    #[serde(default)]
    pub(super) created_at: When,
    #[serde(default)]
    pub(super) expires_at: When,
    pub(super) access_level: Option<LevelNode>,
    pub(super) created_by: Option<Login>,
    pub(super) user: Option<UserNode>,
    pub(super) group: Option<PathNode>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct LevelNode {
    pub(super) integer_value: Option<u8>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct PathNode {
    pub(super) full_path: Text,
}

#[derive(Debug, Deserialize)]
pub(super) struct UserNode {
    pub(super) id: Id,
    pub(super) username: Text,
    pub(super) name: Text,
    pub(super) state: Option<Text>,
    pub(super) bot: Option<bool>,
}

/// A variable, by name (GraphQL).
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct VariableNode {
    pub(super) key: Option<Text>,
    pub(super) protected: Option<bool>,
    pub(super) masked: Option<bool>,
    pub(super) environment_scope: Option<Text>,
}

/// A security policy (GraphQL).
#[derive(Debug, Deserialize)]
pub(super) struct PolicyNode {
    pub(super) name: Option<Text>,
    pub(super) enabled: Option<bool>,
    pub(super) yaml: Option<String>,
}

/// An account (`users`, `billable_members`, `service_accounts`).
#[derive(Debug, Deserialize)]
pub(super) struct UserShape {
    pub(super) id: Id,
    pub(super) username: Text,
    pub(super) name: Text,
    pub(super) state: Option<Text>,
    pub(super) external: Option<bool>,
    pub(super) email: Option<Text>,
    pub(super) is_admin: Option<bool>,
    pub(super) bot: Option<bool>,
    #[serde(default)]
    pub(super) created_at: When,
    pub(super) created_by: Option<Login>,
    #[serde(default)]
    pub(super) last_activity_on: When,
}

/// GitLab's word for an account's state.
pub(super) fn state(word: Option<&Text>) -> Known<AccountState> {
    match word {
        Some(word) => Known::Is(AccountState::from(word.clone())),
        None => Known::Unread(Text::new("GitLab does not tell it here")),
    }
}

/// An invitation.
#[derive(Debug, Deserialize)]
pub(super) struct InvitationShape {
    pub(super) invite_email: Text,
    pub(super) access_level: u8,
    #[serde(default)]
    pub(super) created_at: When,
    #[serde(default)]
    pub(super) expires_at: When,
    pub(super) created_by_name: Option<Text>,
}

/// An access request.
#[derive(Debug, Deserialize)]
pub(super) struct RequestShape {
    pub(super) id: Id,
    pub(super) username: Text,
    pub(super) name: Text,
    pub(super) state: Option<Text>,
    pub(super) access_level: Option<u8>,
    #[serde(default)]
    pub(super) requested_at: When,
}

/// A SAML group link.
#[derive(Debug, Deserialize)]
pub(super) struct LinkShape {
    pub(super) name: Text,
    pub(super) access_level: u8,
}

/// A group or project that is shared with a group.
#[derive(Debug, Deserialize)]
pub(super) struct ShareShape {
    pub(super) group_id: Id,
    pub(super) group_full_path: Option<Text>,
    pub(super) group_name: Option<Text>,
    pub(super) group_access_level: u8,
    #[serde(default)]
    pub(super) expires_at: When,
}

/// A group (`groups/:id`).
#[derive(Debug, Deserialize)]
pub(super) struct GroupShape {
    pub(super) full_path: Text,
    pub(super) web_url: Option<Text>,
    pub(super) require_two_factor_authentication: Option<bool>,
    #[serde(default, deserialize_with = "or_default")]
    pub(super) shared_with_groups: Vec<ShareShape>,
}

/// A project (`projects/:id`).
#[derive(Debug, Deserialize)]
pub(super) struct ProjectShape {
    pub(super) path_with_namespace: Text,
    pub(super) web_url: Option<Text>,
    pub(super) default_branch: Option<Text>,
    pub(super) allow_pipeline_trigger_approve_deployment: Option<bool>,
    #[serde(default, deserialize_with = "or_default")]
    pub(super) shared_with_groups: Vec<ShareShape>,
}

/// Where something is.
#[derive(Debug, Deserialize)]
pub(super) struct AtShape {
    #[serde(alias = "path_with_namespace")]
    pub(super) full_path: Text,
}

/// An access token: personal, of a project, of a group.
#[derive(Debug, Deserialize)]
pub(super) struct TokenShape {
    pub(super) id: Id,
    pub(super) name: Text,
    #[serde(default, deserialize_with = "or_default")]
    pub(super) scopes: Vec<Text>,
    pub(super) user_id: Option<Id>,
    pub(super) active: Option<bool>,
    pub(super) revoked: Option<bool>,
    pub(super) access_level: Option<u8>,
    #[serde(default)]
    pub(super) created_at: When,
    #[serde(default)]
    pub(super) expires_at: When,
    #[serde(default)]
    pub(super) last_used_at: When,
}

/// A deploy token: neither when it was made nor when it was used is told.
#[derive(Debug, Deserialize)]
pub(super) struct DeployTokenShape {
    pub(super) id: Id,
    pub(super) name: Text,
    #[serde(default, deserialize_with = "or_default")]
    pub(super) scopes: Vec<Text>,
    #[serde(default)]
    pub(super) expires_at: When,
    pub(super) revoked: Option<bool>,
    pub(super) expired: Option<bool>,
}

/// A deploy key.
#[derive(Debug, Deserialize)]
pub(super) struct DeployKeyShape {
    pub(super) id: Id,
    pub(super) title: Text,
    pub(super) can_push: Option<bool>,
    #[serde(default)]
    pub(super) created_at: When,
    #[serde(default)]
    pub(super) expires_at: When,
    #[serde(default, deserialize_with = "told")]
    pub(super) last_used_at: Option<When>,
}

/// A field that newer releases have: absent is not the same as null.
pub(super) fn told<'de, D: Deserializer<'de>>(from: D) -> Result<Option<When>, D::Error> {
    When::deserialize(from).map(Some)
}

/// A trigger token. Of one's own GitLab tells the value as well, which is not taken over.
#[derive(Debug, Deserialize)]
pub(super) struct TriggerShape {
    pub(super) id: Id,
    pub(super) description: Option<Text>,
    #[serde(default)]
    pub(super) created_at: When,
    #[serde(default)]
    pub(super) last_used: When,
    #[serde(default)]
    pub(super) expires_at: When,
    pub(super) owner: Option<OwnerShape>,
}

#[derive(Debug, Deserialize)]
pub(super) struct OwnerShape {
    pub(super) id: Id,
    pub(super) username: Option<Text>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_ends_things_at_its_beginning_in_utc() {
        let read = |json: &str| serde_json::from_str::<When>(json).unwrap().0;
        assert_eq!(read("\"2026-03-01\""), Some("2026-03-01T00:00:00Z".parse().unwrap()));
        assert_eq!(
            read("\"2026-03-01T10:00:00.5Z\"").map(jiff::Timestamp::as_second),
            Some(1_772_359_200)
        );
        assert_eq!(read("null"), None);
    }

    #[test]
    fn the_abilities_of_a_role_are_the_switches_that_are_on() {
        let json = r#"{"id": 3, "name": "helper", "base_access_level": 10, "read_code": true,
            "admin_group_member": true, "admin_runners": false}"#;
        let role = serde_json::from_str::<RoleShape>(json).unwrap().role();
        let on = ["admin_group_member", "read_code"].map(Text::new);
        assert_eq!(role.abilities, Known::Is(on.to_vec()));
        let bare = serde_json::from_str::<RoleShape>(r#"{"id": 3, "name": "helper"}"#).unwrap();
        assert!(bare.role().abilities.read().is_err());
    }
}
