//! [`Principal`]: whoever or whatever has rights: a person, a bot, a token, a key, a group, an IAM principal.

use jiff::SignedDuration;
use serde::{Deserialize, Serialize};

use super::Known;
use crate::domain::{Text, Timestamp};

/// What a principal is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PrincipalKind {
    /// A human being with an account.
    Person,
    /// The bot of a project or group access token, and other bots.
    Bot,
    /// A service account.
    ServiceAccount,
    /// A group that something was shared with.
    Group,
    /// A personal access token.
    PersonalToken,
    /// A project access token.
    ProjectToken,
    /// A group access token.
    GroupToken,
    /// A deploy token.
    DeployToken,
    /// A deploy key.
    DeployKey,
    /// A pipeline trigger token.
    TriggerToken,
    /// A runner's authentication token.
    RunnerToken,
    /// A user or role of IAM.
    IamPrincipal,
    /// A user, group or service account of Kubernetes.
    KubernetesSubject,
}

impl PrincipalKind {
    /// Its word, also in JSON and filters.
    pub fn word(self) -> &'static str {
        match self {
            PrincipalKind::Person => "person",
            PrincipalKind::Bot => "bot",
            PrincipalKind::ServiceAccount => "service_account",
            PrincipalKind::Group => "group",
            PrincipalKind::PersonalToken => "personal_token",
            PrincipalKind::ProjectToken => "project_token",
            PrincipalKind::GroupToken => "group_token",
            PrincipalKind::DeployToken => "deploy_token",
            PrincipalKind::DeployKey => "deploy_key",
            PrincipalKind::TriggerToken => "trigger_token",
            PrincipalKind::RunnerToken => "runner_token",
            PrincipalKind::IamPrincipal => "iam_principal",
            PrincipalKind::KubernetesSubject => "kubernetes_subject",
        }
    }

    /// Whether it is a token that acts for an account (`scopes`, `last_used_at`).
    pub fn is_access_token(self) -> bool {
        use PrincipalKind::{GroupToken, PersonalToken, ProjectToken};
        matches!(self, PersonalToken | ProjectToken | GroupToken)
    }

    /// Whether it is an account that no person stands behind.
    pub fn is_machine(self) -> bool {
        matches!(self, PrincipalKind::Bot | PrincipalKind::ServiceAccount)
    }
}

/// The state of an account (`state`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "Text", into = "Text")]
pub enum AccountState {
    /// It may sign in.
    Active,
    /// Blocked by an administrator.
    Blocked,
    /// Deactivated, by hand or for not being used.
    Deactivated,
    /// The directory no longer has it.
    LdapBlocked,
    /// Banned.
    Banned,
    /// GitLab's own word, verbatim.
    Other(Text),
}

impl AccountState {
    /// GitLab's word.
    pub fn word(&self) -> &str {
        match self {
            AccountState::Active => "active",
            AccountState::Blocked => "blocked",
            AccountState::Deactivated => "deactivated",
            AccountState::LdapBlocked => "ldap_blocked",
            AccountState::Banned => "banned",
            AccountState::Other(word) => word,
        }
    }

    /// Whether whoever had it has left, as far as the account tells.
    pub fn is_gone(&self) -> bool {
        use AccountState::{Banned, Blocked, Deactivated, LdapBlocked};
        matches!(self, Blocked | Deactivated | LdapBlocked | Banned)
    }
}

impl From<Text> for AccountState {
    fn from(word: Text) -> AccountState {
        match word.as_str() {
            "active" => AccountState::Active,
            "blocked" => AccountState::Blocked,
            "deactivated" => AccountState::Deactivated,
            "ldap_blocked" => AccountState::LdapBlocked,
            "banned" => AccountState::Banned,
            _ => AccountState::Other(word),
        }
    }
}

impl From<AccountState> for Text {
    fn from(state: AccountState) -> Text {
        Text::new(state.word())
    }
}

/// How exact an instant is that GitLab tells of a use.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Precision {
    /// To the second.
    Second,
    /// Written at most every ten minutes, as of tokens.
    TenMinutes,
    /// A bare date, as `last_activity_on`.
    Day,
}

impl Precision {
    /// Its word in JSON.
    pub fn word(self) -> &'static str {
        match self {
            Precision::Second => "second",
            Precision::TenMinutes => "ten_minutes",
            Precision::Day => "day",
        }
    }
}

/// When something was used last, as exact as that is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Activity {
    /// The earliest instant that it can have been.
    pub at: Timestamp,
    /// How exact that is.
    pub precision: Precision,
}

impl Activity {
    /// The latest instant that it can have been: nothing counts as unused before that is over.
    pub fn latest(self) -> Timestamp {
        let slack = match self.precision {
            Precision::Second => SignedDuration::ZERO,
            Precision::TenMinutes => SignedDuration::from_mins(10),
            Precision::Day => SignedDuration::from_hours(24),
        };
        self.at.saturating_add(slack).unwrap_or(self.at)
    }
}

/// Whoever or whatever has rights.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Principal {
    /// Its address within a population: `user:42`, `token:7`, an ARN.
    pub id: Text,
    /// What it is.
    pub kind: PrincipalKind,
    /// `username`, where it has an account.
    pub username: Option<Text>,
    /// `name`, a token's name, a key's title, an ARN.
    pub name: Text,
    /// `state` of the account.
    #[serde(default)]
    pub state: Known<AccountState>,
    /// `group_scim_identity.active`.
    pub scim_active: Option<bool>,
    /// `external`.
    #[serde(default)]
    pub external: Known<bool>,
    /// `email`, where the caller may see it.
    #[serde(default)]
    pub email: Known<Text>,
    /// Whether it administers the instance (`is_admin`).
    #[serde(default)]
    pub admin: Known<bool>,
    /// `created_at`.
    pub created_at: Option<Timestamp>,
    /// The username of who made it.
    pub created_by: Option<Text>,
    /// The username of who answers for a bot or a service account; inner `None` where nobody is registered.
    #[serde(default)]
    pub owner: Known<Option<Text>>,
    /// When it was last active; inner `None` for never.
    #[serde(default)]
    pub activity: Known<Option<Activity>>,
}

impl Principal {
    /// A principal of which nothing more was read.
    pub fn new(id: &str, kind: PrincipalKind, name: &str) -> Principal {
        Principal {
            id: Text::new(id),
            kind,
            username: None,
            name: Text::new(name),
            state: Known::default(),
            scim_active: None,
            external: Known::default(),
            email: Known::default(),
            admin: Known::default(),
            created_at: None,
            created_by: None,
            owner: Known::default(),
            activity: Known::default(),
        }
    }

    /// Its username, else its name.
    pub fn called(&self) -> &Text {
        self.username.as_ref().unwrap_or(&self.name)
    }

    /// Whether it has left: by its account or by SCIM. Why it cannot be told, where neither says so.
    pub fn is_gone(&self) -> Result<bool, &Text> {
        if self.scim_active == Some(false) {
            return Ok(true);
        }
        self.state.read().map(AccountState::is_gone)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bare_date_lasts_until_its_end() {
        let at = "2026-03-01T00:00:00Z".parse().unwrap();
        let day = Activity { at, precision: Precision::Day };
        assert_eq!(day.latest(), "2026-03-02T00:00:00Z".parse().unwrap());
        assert_eq!(Activity { at, precision: Precision::Second }.latest(), at);
    }

    #[test]
    fn scim_says_that_somebody_left_even_where_the_account_is_active() {
        let mut principal = Principal::new("user:1", PrincipalKind::Person, "Asha");
        principal.state = Known::Is(AccountState::Active);
        assert_eq!(principal.is_gone(), Ok(false));
        principal.scim_active = Some(false);
        assert_eq!(principal.is_gone(), Ok(true));
    }

    #[test]
    fn a_state_that_is_not_known_is_kept_verbatim_and_is_not_gone() {
        let state = AccountState::from(Text::new("awaiting"));
        assert_eq!((state.word(), state.is_gone()), ("awaiting", false));
    }
}
