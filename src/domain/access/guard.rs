//! What guards the way to production: groups, projects, protected branches, tags and environments, approvals, runners.

use serde::{Deserialize, Serialize};

use super::{Known, Level};
use crate::domain::{Text, Timestamp};

/// Who is let through by a rule: a level, or one user, group or deploy key.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Allowed {
    /// `access_level`; `None` where one of the others is named.
    pub level: Option<Level>,
    /// The username behind `user_id`.
    pub user: Option<Text>,
    /// The full path of the group behind `group_id`.
    pub group: Option<Text>,
    /// The title of the key behind `deploy_key_id`.
    pub deploy_key: Option<Text>,
}

impl Allowed {
    /// Everybody of a level and above.
    pub fn of_level(level: Level) -> Allowed {
        Allowed { level: Some(level), ..Allowed::default() }
    }

    /// Whether it lets in whoever has a level below `step`. No one is nobody.
    pub fn is_below(&self, step: Level) -> bool {
        self.level.is_some_and(|level| level != Level::None && !level.reaches(step))
    }
}

/// A rule of protected branches.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Branch {
    /// `name`: a branch, or a pattern with `*`.
    pub name: Text,
    /// `push_access_levels`.
    #[serde(default)]
    pub push: Vec<Allowed>,
    /// `merge_access_levels`.
    #[serde(default)]
    pub merge: Vec<Allowed>,
    /// `allow_force_push`.
    #[serde(default)]
    pub force_push: Known<bool>,
    /// `code_owner_approval_required`; a paid feature.
    #[serde(default)]
    pub code_owners: Known<bool>,
}

impl Branch {
    /// Whether the rule holds for a branch: `*` stands for any characters.
    pub fn covers(&self, branch: &str) -> bool {
        let mut rest = branch;
        let mut parts = self.name.split('*');
        let Some(head) = parts.next().and_then(|head| rest.strip_prefix(head)) else {
            return false;
        };
        rest = head;
        let mut parts = parts.peekable();
        if parts.peek().is_none() {
            return rest.is_empty();
        }
        while let Some(part) = parts.next() {
            if parts.peek().is_none() {
                return rest.ends_with(part);
            }
            let Some((_, behind)) = rest.split_once(part) else { return false };
            rest = behind;
        }
        true
    }
}

/// A rule of protected tags.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tag {
    /// `name`.
    pub name: Text,
    /// `create_access_levels`.
    #[serde(default)]
    pub create: Vec<Allowed>,
}

/// How an environment is protected.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Protection {
    /// `deploy_access_levels`.
    #[serde(default)]
    pub deploy: Vec<Allowed>,
    /// `required_approval_count`.
    #[serde(default)]
    pub approvals: u32,
    /// `approval_rules`: who approves, and how many are needed.
    #[serde(default)]
    pub rules: Vec<(Allowed, u32)>,
    /// Whether whoever triggered the pipeline may approve its deployment.
    #[serde(default)]
    pub self_approval: Known<bool>,
}

/// An environment that is deployed to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Environment {
    /// `name`.
    pub name: Text,
    /// `tier`, as GitLab knows it.
    pub tier: Option<Text>,
    /// How it is protected; inner `None` where it is not.
    #[serde(default)]
    pub protection: Known<Option<Protection>>,
}

impl Environment {
    /// Whether it is production, by its tier; where that is not told, by its name.
    pub fn is_production(&self) -> bool {
        match &self.tier {
            Some(tier) => &**tier == "production",
            None => matches!(&*self.name, "production" | "prod" | "live"),
        }
    }
}

/// How merge requests are approved.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct ApprovalSettings {
    /// An author may approve (`merge_requests_author_approval`).
    pub author: bool,
    /// Who wrote commits may approve (the contrary of `merge_requests_disable_committers_approval`).
    pub committers: bool,
    /// Approvals outlive a push (the contrary of `reset_approvals_on_push`).
    pub kept_on_push: bool,
    /// Rules may be changed in a merge request (the contrary of `disable_overriding_approvers_per_merge_request`).
    pub overrides: bool,
}

/// Whose job tokens may come in (`job_token_scope`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct JobTokenScope {
    /// `inbound_enabled`: only those on the lists.
    pub inbound_limited: bool,
    /// Full paths of the projects on the list.
    #[serde(default)]
    pub projects: Vec<Text>,
    /// Full paths of the groups on the list.
    #[serde(default)]
    pub groups: Vec<Text>,
}

/// An entry of `bypass_settings` in a security policy.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Bypass {
    /// The policy's name.
    pub policy: Text,
    /// Who or what goes past it: `branch release/*`, `token 7`, `user asha`.
    pub who: Text,
}

/// A CI/CD variable: its name, never its value.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Variable {
    /// `key`.
    pub key: Text,
    /// `protected`.
    pub protected: bool,
    /// `masked`.
    pub masked: bool,
    /// `environmentScope`.
    pub environment_scope: Option<Text>,
}

/// A group, as far as it guards.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Group {
    /// `full_path`.
    pub path: Text,
    /// `require_two_factor_authentication`.
    #[serde(default)]
    pub two_factor: Known<bool>,
    /// Its CI/CD variables, by name.
    #[serde(default)]
    pub variables: Known<Vec<Variable>>,
}

impl Group {
    /// Whether no group is above it.
    pub fn is_top(&self) -> bool {
        !self.path.contains('/')
    }
}

/// A project, as far as it guards.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Project {
    /// `path_with_namespace`.
    pub path: Text,
    /// `default_branch`; inner `None` where the repository is empty.
    #[serde(default)]
    pub default_branch: Known<Option<Text>>,
    /// Rules of protected branches.
    #[serde(default)]
    pub branches: Known<Vec<Branch>>,
    /// Rules of protected tags.
    #[serde(default)]
    pub tags: Known<Vec<Tag>>,
    /// Environments, protected or not.
    #[serde(default)]
    pub environments: Known<Vec<Environment>>,
    /// How merge requests are approved.
    #[serde(default)]
    pub approvals: Known<ApprovalSettings>,
    /// Whose job tokens may come in.
    #[serde(default)]
    pub job_tokens: Known<JobTokenScope>,
    /// Who goes past security policies.
    #[serde(default)]
    pub bypasses: Known<Vec<Bypass>>,
    /// Its CI/CD variables, by name.
    #[serde(default)]
    pub variables: Known<Vec<Variable>>,
}

impl Project {
    /// A project of which nothing was read.
    pub fn new(path: &str) -> Project {
        Project {
            path: Text::new(path),
            default_branch: Known::default(),
            branches: Known::default(),
            tags: Known::default(),
            environments: Known::default(),
            approvals: Known::default(),
            job_tokens: Known::default(),
            bypasses: Known::default(),
            variables: Known::default(),
        }
    }
}

/// A runner, as far as it guards.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Runner {
    /// `id`.
    pub id: u64,
    /// `description`.
    pub description: Text,
    /// `runner_type`: `instance_type`, `group_type`, `project_type`.
    pub kind: Text,
    /// Whether it serves a protected tier of the configuration.
    pub serves_protected: bool,
    /// `access_level` is `ref_protected`.
    pub ref_protected: Known<bool>,
    /// `run_untagged`.
    pub run_untagged: Known<bool>,
    /// `locked`; it counts for runners of projects alone.
    pub locked: Known<bool>,
    /// `token_expires_at`; inner `None` for no end.
    #[serde(default)]
    pub token_expires_at: Known<Option<Timestamp>>,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn covers(rule: &str, branch: &str) -> bool {
        let name = Text::new(rule);
        let (push, merge) = (Vec::new(), Vec::new());
        let known = Known::Is(false);
        Branch { name, push, merge, force_push: known.clone(), code_owners: known }.covers(branch)
    }

    #[test]
    fn a_pattern_covers_what_its_stars_stand_for() {
        assert!(covers("main", "main"));
        assert!(!covers("main", "main2"));
        assert!(covers("*", "main"));
        assert!(covers("release/*", "release/1.0"));
        assert!(!covers("release/*", "main"));
        assert!(covers("*-stable", "1-stable"));
        assert!(!covers("*-stable", "1-stable-old"));
        assert!(covers("a*b*c", "a-b-c"));
        assert!(!covers("a*b*c", "a-c-b"));
    }

    #[test]
    fn no_one_is_not_below_anybody() {
        assert!(!Allowed::of_level(Level::None).is_below(Level::Maintainer));
        assert!(Allowed::of_level(Level::Developer).is_below(Level::Maintainer));
        assert!(!Allowed::of_level(Level::Maintainer).is_below(Level::Maintainer));
    }

    #[test]
    fn an_environment_is_production_by_its_tier_before_its_name() {
        let environment = |name: &str, tier: Option<&str>| Environment {
            name: Text::new(name),
            tier: tier.map(Text::new),
            protection: Known::Is(None),
        };
        assert!(environment("eu-1", Some("production")).is_production());
        assert!(!environment("production", Some("testing")).is_production());
        assert!(environment("production", None).is_production());
    }
}
