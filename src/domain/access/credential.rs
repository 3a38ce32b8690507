//! [`Credential`]: what a token or a key is, beside the principal that it stands for. Never its value.

use serde::{Deserialize, Serialize};

use super::{Activity, Known, Level, PrincipalKind};
use crate::domain::{Text, Timestamp};

/// What a token was seen to be used for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Usage {
    /// It only read.
    Reads,
    /// It wrote.
    Writes,
}

/// A token or a key. Its value is never read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Credential {
    /// The id of its principal.
    pub principal: Text,
    /// What it is.
    pub kind: PrincipalKind,
    /// Its name or title.
    pub name: Text,
    /// Where it was made: the path of a project or group, or a username.
    pub place: Text,
    /// The id of the account that it acts for: a person's, a bot's, a service account's.
    pub account: Option<Text>,
    /// Whether it works: neither revoked nor expired (`active`).
    pub active: bool,
    /// `scopes`.
    #[serde(default)]
    pub scopes: Vec<Text>,
    /// `access_level`, of project and group tokens.
    pub level: Option<Level>,
    /// `created_at`; GitLab does not tell it of deploy tokens.
    pub created_at: Option<Timestamp>,
    /// `expires_at`; inner `None` for no end.
    #[serde(default)]
    pub expires_at: Known<Option<Timestamp>>,
    /// `last_used_at`; inner `None` for never.
    #[serde(default)]
    pub last_used: Known<Option<Activity>>,
    /// The username of who made it.
    #[serde(default)]
    pub creator: Known<Text>,
    /// What it was used for, where anything tells.
    #[serde(default)]
    pub usage: Known<Usage>,
    /// Full paths of projects that a key may push to (`projects_with_write_access`).
    #[serde(default)]
    pub pushes_to: Vec<Text>,
}

impl Credential {
    /// One that works and of which nothing more was read.
    pub fn new(principal: &str, kind: PrincipalKind, place: &str) -> Credential {
        Credential {
            principal: Text::new(principal),
            kind,
            name: Text::new(principal),
            place: Text::new(place),
            account: None,
            active: true,
            scopes: Vec::new(),
            level: None,
            created_at: None,
            expires_at: Known::default(),
            last_used: Known::default(),
            creator: Known::default(),
            usage: Known::default(),
            pushes_to: Vec::new(),
        }
    }

    /// Whether it works at an instant.
    pub fn works(&self, now: Timestamp) -> bool {
        let end = self.expires_at.fact().copied().flatten();
        self.active && end.is_none_or(|end| now < end)
    }
}
