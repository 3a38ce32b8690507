//! The rows of GitLab's answers about what guards: protected branches, tags and environments, approvals, runners.

use serde::Deserialize;

use super::shape::{When, told};
use crate::api::gitlab::wire::{Id, or_default};
use crate::domain::Text;
use crate::domain::access::{Allowed, Level};

/// Whose job tokens may come in.
#[derive(Debug, Deserialize)]
pub(super) struct JobTokenShape {
    pub(super) inbound_enabled: bool,
}

/// Who is let through by a rule.
#[derive(Debug, Deserialize)]
pub(super) struct AllowedShape {
    pub(super) access_level: Option<u8>,
    pub(super) user_id: Option<Id>,
    pub(super) group_id: Option<Id>,
    pub(super) deploy_key_id: Option<Id>,
    pub(super) access_level_description: Option<Text>,
    pub(super) required_approvals: Option<u32>,
}

impl AllowedShape {
    /// GitLab gives ids; what it calls them is in the description.
    pub(super) fn allowed(&self) -> Allowed {
        let called = |word: &str, id: Id| {
            let own = || Text::new(&format!("{word}:{}", id.0));
            self.access_level_description.clone().unwrap_or_else(own)
        };
        let named = self.user_id.or(self.group_id).or(self.deploy_key_id).is_some();
        Allowed {
            level: self.access_level.filter(|_| !named).map(Level::from),
            user: self.user_id.map(|id| called("user", id)),
            group: self.group_id.map(|id| called("group", id)),
            deploy_key: self.deploy_key_id.map(|id| called("deploy_key", id)),
        }
    }
}

/// A rule of protected branches.
#[derive(Debug, Deserialize)]
pub(super) struct BranchShape {
    pub(super) name: Text,
    #[serde(default, deserialize_with = "or_default")]
    pub(super) push_access_levels: Vec<AllowedShape>,
    #[serde(default, deserialize_with = "or_default")]
    pub(super) merge_access_levels: Vec<AllowedShape>,
    pub(super) allow_force_push: Option<bool>,
    pub(super) code_owner_approval_required: Option<bool>,
}

/// A rule of protected tags.
#[derive(Debug, Deserialize)]
pub(super) struct TagShape {
    pub(super) name: Text,
    #[serde(default, deserialize_with = "or_default")]
    pub(super) create_access_levels: Vec<AllowedShape>,
}

/// An environment.
#[derive(Debug, Deserialize)]
pub(super) struct EnvironmentShape {
    pub(super) name: Text,
    pub(super) tier: Option<Text>,
}

/// A protected environment.
#[derive(Debug, Deserialize)]
pub(super) struct ProtectionShape {
    pub(super) name: Text,
    #[serde(default, deserialize_with = "or_default")]
    pub(super) deploy_access_levels: Vec<AllowedShape>,
    pub(super) required_approval_count: Option<u32>,
    #[serde(default, deserialize_with = "or_default")]
    pub(super) approval_rules: Vec<AllowedShape>,
}

/// Settings of approvals.
#[derive(Debug, Deserialize)]
pub(super) struct ApprovalsShape {
    pub(super) reset_approvals_on_push: Option<bool>,
    pub(super) merge_requests_author_approval: Option<bool>,
    pub(super) merge_requests_disable_committers_approval: Option<bool>,
    pub(super) disable_overriding_approvers_per_merge_request: Option<bool>,
}

/// A runner in a list.
#[derive(Debug, Deserialize)]
pub(super) struct RunnerRowShape {
    pub(super) id: Id,
}

/// A runner (`runners/:id`).
#[derive(Debug, Deserialize)]
pub(super) struct RunnerShape {
    pub(super) id: Id,
    pub(super) description: Option<Text>,
    pub(super) runner_type: Option<Text>,
    pub(super) access_level: Option<Text>,
    pub(super) run_untagged: Option<bool>,
    pub(super) locked: Option<bool>,
    #[serde(default, deserialize_with = "or_default")]
    pub(super) tag_list: Vec<Text>,
    #[serde(default, deserialize_with = "told")]
    pub(super) token_expires_at: Option<When>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rule_that_names_somebody_is_not_a_rule_of_a_level() {
        let read = |json: &str| serde_json::from_str::<AllowedShape>(json).unwrap().allowed();
        assert_eq!(read(r#"{"access_level": 40}"#), Allowed::of_level(Level::Maintainer));
        let asha =
            read(r#"{"access_level": 40, "user_id": 7, "access_level_description": "asha"}"#);
        assert_eq!((asha.level, asha.user), (None, Some(Text::new("asha"))));
    }
}
