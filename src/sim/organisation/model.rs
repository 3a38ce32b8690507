//! The things of the organisation: accounts, memberships, shares, tokens, keys, settings, and what lets into the cluster.

use std::collections::BTreeMap;

use crate::sim::clock::Millis;

/// A group or a project.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Place {
    Group(u64),
    Project(u64),
}

/// What an account is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum AccountKind {
    #[default]
    Person,
    /// Of a project's or a group's access token.
    TokenBot,
    ServiceAccount,
}

/// An account.
#[derive(Clone, Debug)]
pub(crate) struct Account {
    pub(crate) id: u64,
    pub(crate) username: String,
    pub(crate) name: String,
    pub(crate) kind: AccountKind,
    /// In the word of the REST API.
    pub(crate) state: String,
    pub(crate) external: bool,
    pub(crate) admin: bool,
    pub(crate) auditor: bool,
    pub(crate) two_factor: bool,
    pub(crate) email: String,
    pub(crate) created: Millis,
    pub(crate) created_by: Option<u64>,
    pub(crate) active: Option<Millis>,
    /// Whether it signs in by SAML.
    pub(crate) saml: bool,
    /// Whether its SCIM identity is active, where it has one.
    pub(crate) scim: Option<bool>,
    /// The group that a service account belongs to.
    pub(crate) home: Option<u64>,
}

impl Account {
    /// Whether no person stands behind it.
    pub(crate) fn is_bot(&self) -> bool {
        self.kind != AccountKind::Person
    }
}

/// A right that was given on a group or a project itself.
#[derive(Clone, Debug)]
pub(crate) struct Membership {
    pub(crate) id: u64,
    pub(crate) place: Place,
    pub(crate) user: u64,
    pub(crate) level: u32,
    /// The custom role on top of the level.
    pub(crate) role: Option<u64>,
    pub(crate) created: Millis,
    pub(crate) created_by: Option<u64>,
    pub(crate) expires: Option<Millis>,
}

/// A group that was invited into a group or a project.
#[derive(Clone, Debug)]
pub(crate) struct Share {
    pub(crate) place: Place,
    pub(crate) group: u64,
    pub(crate) level: u32,
    pub(crate) expires: Option<Millis>,
}

/// A group of the identity provider whose people become members.
#[derive(Clone, Debug)]
pub(crate) struct SamlLink {
    pub(crate) group: u64,
    pub(crate) name: String,
    pub(crate) level: u32,
    pub(crate) role: Option<u64>,
}

/// A custom role.
#[derive(Clone, Debug)]
pub(crate) struct Role {
    pub(crate) id: u64,
    pub(crate) name: String,
    pub(crate) base: u32,
    pub(crate) abilities: Vec<String>,
}

/// Where a token was made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TokenKind {
    Resource(Place),
    Personal,
}

/// A token that acts for an account.
#[derive(Clone, Debug)]
pub(crate) struct Token {
    pub(crate) id: u64,
    pub(crate) kind: TokenKind,
    pub(crate) user: u64,
    pub(crate) name: String,
    pub(crate) scopes: Vec<String>,
    pub(crate) level: u32,
    pub(crate) created: Millis,
    pub(crate) expires: Option<Millis>,
    pub(crate) used: Option<Millis>,
    pub(crate) revoked: bool,
}

impl Token {
    /// Whether it works at an instant.
    pub(crate) fn works(&self, now: Millis) -> bool {
        !self.revoked && self.expires.is_none_or(|end| now < end)
    }
}

/// A deploy token.
#[derive(Clone, Debug)]
pub(crate) struct DeployToken {
    pub(crate) id: u64,
    pub(crate) place: Place,
    pub(crate) name: String,
    pub(crate) scopes: Vec<String>,
    pub(crate) expires: Option<Millis>,
    pub(crate) revoked: bool,
}

/// A deploy key, with its projects and whether it may push to each.
#[derive(Clone, Debug)]
pub(crate) struct DeployKey {
    pub(crate) id: u64,
    pub(crate) title: String,
    pub(crate) projects: BTreeMap<u64, Push>,
    pub(crate) created: Millis,
    pub(crate) expires: Option<Millis>,
    pub(crate) used: Option<Millis>,
}

/// Whether a deploy key may push.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Push {
    Allowed,
    Denied,
}

/// A pipeline trigger token.
#[derive(Clone, Debug)]
pub(crate) struct Trigger {
    pub(crate) id: u64,
    pub(crate) project: u64,
    pub(crate) description: String,
    pub(crate) owner: u64,
    pub(crate) created: Millis,
    pub(crate) expires: Option<Millis>,
    pub(crate) used: Option<Millis>,
}

/// Somebody who was invited by mail.
#[derive(Clone, Debug)]
pub(crate) struct Invitation {
    pub(crate) id: u64,
    pub(crate) place: Place,
    pub(crate) email: String,
    pub(crate) level: u32,
    pub(crate) created: Millis,
    pub(crate) created_by: u64,
    pub(crate) expires: Option<Millis>,
}

/// A CI/CD variable.
#[derive(Clone, Debug)]
pub(crate) struct Variable {
    pub(crate) id: u64,
    pub(crate) place: Place,
    pub(crate) key: String,
    pub(crate) value: String,
    pub(crate) protected: bool,
    pub(crate) masked: bool,
    pub(crate) scope: String,
}

/// A rule of protected branches.
#[derive(Clone, Debug, PartialEq, Eq, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Branch {
    pub(crate) name: String,
    pub(crate) push: u32,
    pub(crate) merge: u32,
    #[serde(default)]
    pub(crate) force: bool,
    pub(crate) owners: bool,
}

/// An environment.
#[derive(Clone, Debug, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Environment {
    pub(crate) name: String,
    pub(crate) tier: String,
    #[serde(default)]
    pub(crate) protection: Option<Protection>,
}

/// How an environment is protected.
#[derive(Clone, Debug, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Protection {
    /// The level that may deploy.
    pub(crate) deploy: u32,
    /// The level that approves, and how many are needed.
    #[serde(default)]
    pub(crate) approve: Option<(u32, u32)>,
}

/// What a project is set to, where it is not as usual.
#[derive(Clone, Debug)]
pub(crate) struct Settings {
    pub(crate) branches: Vec<Branch>,
    /// Protected tags: name, and the level that may create them.
    pub(crate) tags: Vec<(String, u32)>,
    pub(crate) environments: Vec<Environment>,
    /// The author may approve, against the rule everywhere else.
    pub(crate) author_approval: bool,
    /// Only job tokens on the lists come in.
    pub(crate) inbound: bool,
    pub(crate) allowed_projects: Vec<u64>,
    pub(crate) allowed_groups: Vec<u64>,
}

/// An access policy of an entry of EKS.
#[derive(Clone, Debug, PartialEq, Eq, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Policy {
    /// The last part of its ARN.
    pub(crate) name: String,
    /// Its namespaces; none is the whole cluster.
    #[serde(default)]
    pub(crate) namespaces: Vec<String>,
}

/// An access entry of EKS.
#[derive(Clone, Debug)]
pub(crate) struct Entry {
    pub(crate) principal: String,
    pub(crate) kind: String,
    pub(crate) username: String,
    pub(crate) groups: Vec<String>,
    pub(crate) policies: Vec<Policy>,
    pub(crate) created: Millis,
}

/// A pod identity association.
#[derive(Clone, Debug)]
pub(crate) struct PodIdentity {
    pub(crate) id: String,
    pub(crate) namespace: String,
    pub(crate) account: String,
    pub(crate) role: String,
    pub(crate) created: Millis,
}

/// A role of IAM.
#[derive(Clone, Debug)]
pub(crate) struct IamRole {
    pub(crate) name: String,
    pub(crate) session_seconds: u32,
    /// Its trust policy, as JSON.
    pub(crate) trust: String,
    pub(crate) created: Millis,
}

/// Everything about access.
#[derive(Debug, Default)]
pub(crate) struct Organisation {
    pub(crate) accounts: BTreeMap<u64, Account>,
    pub(crate) memberships: BTreeMap<(Place, u64), Membership>,
    pub(crate) shares: Vec<Share>,
    pub(crate) links: Vec<SamlLink>,
    pub(crate) roles: BTreeMap<u64, Role>,
    pub(crate) tokens: BTreeMap<u64, Token>,
    pub(crate) deploy_tokens: BTreeMap<u64, DeployToken>,
    pub(crate) deploy_keys: BTreeMap<u64, DeployKey>,
    pub(crate) triggers: BTreeMap<u64, Trigger>,
    pub(crate) invitations: Vec<Invitation>,
    /// Who asked to be let in where, and when.
    pub(crate) requests: BTreeMap<(Place, u64), Millis>,
    pub(crate) variables: Vec<Variable>,
    pub(crate) settings: BTreeMap<u64, Settings>,
    /// Groups that do not require a second factor.
    pub(crate) one_factor: Vec<u64>,
    /// When the token of a runner ends, by the runner's id.
    pub(crate) runner_ends: BTreeMap<u64, Millis>,
    /// `authenticationMode` of the cluster.
    pub(crate) mode: String,
    pub(crate) entries: BTreeMap<String, Entry>,
    pub(crate) pod_identities: Vec<PodIdentity>,
    pub(crate) iam_roles: Vec<IamRole>,
    /// Objects of the cluster about rights, as the Kubernetes API shows them.
    pub(crate) objects: Vec<serde_json::Value>,
    /// Paths of which nobody but an administrator learns anything.
    pub(crate) hidden: Vec<String>,
}

impl Organisation {
    /// An account by its login.
    pub(crate) fn account_of(&self, username: &str) -> Option<&Account> {
        self.accounts.values().find(|one| one.username.eq_ignore_ascii_case(username))
    }

    /// The memberships of a place itself, by the ids of the accounts.
    pub(crate) fn direct(&self, place: Place) -> impl Iterator<Item = &Membership> {
        self.memberships.range((place, 0)..=(place, u64::MAX)).map(|(_, one)| one)
    }

    /// The groups that were invited into a place itself.
    pub(crate) fn shares_of(&self, place: Place) -> impl Iterator<Item = &Share> {
        self.shares.iter().filter(move |one| one.place == place)
    }
}
