//! [`Reading`]: how a part of the population was read, and what could not be: the evidence that it is whole.

use serde::{Deserialize, Serialize};

use crate::domain::{Text, Timestamp};

/// A part of the population that is read by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Part {
    /// Members of groups and projects, each with their path.
    Members,
    /// Groups that something is shared with.
    Shares,
    /// Invitations.
    Invitations,
    /// Access requests.
    AccessRequests,
    /// SAML group links.
    SamlLinks,
    /// SCIM identities.
    ScimIdentities,
    /// Accounts: state, external, activity.
    Users,
    /// Custom roles.
    CustomRoles,
    /// Project and group access tokens.
    AccessTokens,
    /// Service accounts and their tokens.
    ServiceAccounts,
    /// Personal access tokens.
    PersonalTokens,
    /// Deploy tokens.
    DeployTokens,
    /// Deploy keys.
    DeployKeys,
    /// Pipeline trigger tokens.
    TriggerTokens,
    /// Runners and their tokens.
    Runners,
    /// Scopes of job tokens.
    JobTokens,
    /// CI/CD variables, by name.
    Variables,
    /// Settings of groups.
    Groups,
    /// Settings of projects.
    Projects,
    /// Protected branches.
    Branches,
    /// Protected tags.
    Tags,
    /// Environments and their protection.
    Environments,
    /// Settings of approvals.
    Approvals,
    /// Security policies.
    Policies,
    /// Clusters and how they know who comes.
    Clusters,
    /// Access entries and their policies.
    AccessEntries,
    /// `kube-system/aws-auth`.
    AwsAuth,
    /// Bindings of RBAC.
    Bindings,
    /// Pod identity associations.
    PodIdentities,
    /// Trust policies of IAM roles.
    Trusts,
}

impl Part {
    /// Its word: `access_tokens`.
    pub fn word(self) -> &'static str {
        match self {
            Part::Members => "members",
            Part::Shares => "shares",
            Part::Invitations => "invitations",
            Part::AccessRequests => "access_requests",
            Part::SamlLinks => "saml_links",
            Part::ScimIdentities => "scim_identities",
            Part::Users => "users",
            Part::CustomRoles => "custom_roles",
            Part::AccessTokens => "access_tokens",
            Part::ServiceAccounts => "service_accounts",
            Part::PersonalTokens => "personal_tokens",
            Part::DeployTokens => "deploy_tokens",
            Part::DeployKeys => "deploy_keys",
            Part::TriggerTokens => "trigger_tokens",
            Part::Runners => "runners",
            Part::JobTokens => "job_tokens",
            Part::Variables => "variables",
            Part::Groups => "groups",
            Part::Projects => "projects",
            Part::Branches => "branches",
            Part::Tags => "tags",
            Part::Environments => "environments",
            Part::Approvals => "approvals",
            Part::Policies => "policies",
            Part::Clusters => "clusters",
            Part::AccessEntries => "access_entries",
            Part::AwsAuth => "aws_auth",
            Part::Bindings => "bindings",
            Part::PodIdentities => "pod_identities",
            Part::Trusts => "trusts",
        }
    }
}

/// Why something could not be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Lack {
    /// The plan of this GitLab does not have it.
    Plan,
    /// The token's scope does not reach it.
    Scope,
    /// Whoever the token stands for may not see it (403, or a 404 in its place).
    Forbidden,
    /// It was asked for and failed.
    Failed,
    /// Its turn to be read has not come yet.
    Waiting,
    /// Nobody asked: it is not configured, or this version cannot.
    Unasked,
}

impl Lack {
    /// Its word.
    pub fn word(self) -> &'static str {
        match self {
            Lack::Plan => "plan",
            Lack::Scope => "scope",
            Lack::Forbidden => "forbidden",
            Lack::Failed => "failed",
            Lack::Waiting => "waiting",
            Lack::Unasked => "unasked",
        }
    }
}

/// What could not be read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Gap {
    /// Of what part.
    pub part: Part,
    /// Where: the path of a group or project, a cluster's name, a role's ARN; `*` for everywhere.
    pub at: Text,
    /// Why.
    pub lack: Lack,
    /// The same in words, with what would cure it.
    pub because: Text,
}

impl Gap {
    /// Whether it concerns a place: that one, one below it, or everywhere.
    pub fn concerns(&self, place: &str) -> bool {
        let below = |at: &str| place.strip_prefix(at).is_some_and(|rest| rest.starts_with('/'));
        &*self.at == "*" || &*self.at == place || below(&self.at)
    }
}

/// How one part was read at one place.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reading {
    /// What was read.
    pub part: Part,
    /// Where.
    pub at: Text,
    /// The endpoint or the query.
    pub endpoint: Text,
    /// How many pages came.
    pub pages: u64,
    /// How many rows came.
    pub rows: u64,
    /// How many rows the server said there are (`x-total`), where it said so.
    pub total: Option<u64>,
    /// When the first page was asked for.
    pub began_at: Timestamp,
    /// When the last page came.
    pub ended_at: Timestamp,
}

impl Reading {
    /// Whether as many rows came as the server said there are; true where it said nothing.
    pub fn is_whole(&self) -> bool {
        self.total.is_none_or(|total| total == self.rows)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_gap_concerns_its_place_and_those_below_it() {
        let gap = |at: &str| Gap {
            part: Part::Members,
            at: Text::new(at),
            lack: Lack::Forbidden,
            because: Text::new("403"),
        };
        assert!(gap("acme").concerns("acme"));
        assert!(gap("acme").concerns("acme/shop"));
        assert!(!gap("acme").concerns("acme-two"));
        assert!(!gap("acme/shop").concerns("acme"));
        assert!(gap("*").concerns("anything"));
    }
}
