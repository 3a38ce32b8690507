//! [`File`]: the organisation as its file has it. Days count from the start: `since`, `made` and `used` back, `ends` ahead.

use std::sync::LazyLock;

use serde::Deserialize;

use super::model::{AccountKind, Branch, Environment, Policy};

/// The organisation with everything that a review has to find.
static FULL: LazyLock<File> = LazyLock::new(|| read(include_str!("organisation.toml")));
/// A handful of people.
static PLAIN: LazyLock<File> = LazyLock::new(|| read(include_str!("plain.toml")));

fn read(text: &str) -> File {
    toml::from_str(text).unwrap_or_default()
}

/// A file.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct File {
    /// Groups beside those that the projects have.
    pub(super) group: Vec<Group>,
    pub(super) user: Vec<User>,
    pub(super) members: Vec<Members>,
    pub(super) share: Vec<Share>,
    pub(super) saml_link: Vec<SamlLink>,
    pub(super) role: Vec<Role>,
    pub(super) token: Vec<Token>,
    pub(super) deploy_token: Vec<DeployToken>,
    pub(super) deploy_key: Vec<DeployKey>,
    pub(super) trigger: Vec<Trigger>,
    pub(super) invitation: Vec<Invitation>,
    pub(super) request: Vec<Request>,
    pub(super) variable: Vec<Variable>,
    pub(super) usual: Usual,
    pub(super) project: Vec<Project>,
    pub(super) runner: Vec<Runner>,
    pub(super) cluster: Cluster,
    pub(super) iam_role: Vec<IamRole>,
}

impl File {
    /// The file of the whole organisation.
    pub(crate) fn full() -> &'static Self {
        &FULL
    }

    /// The file of a handful of people.
    pub(crate) fn plain() -> &'static Self {
        &PLAIN
    }

    /// The paths of the groups that it brings along.
    pub(crate) fn groups(&self) -> impl Iterator<Item = &str> {
        self.group.iter().map(|group| group.path.as_str())
    }

    /// Id, login and name of everybody in it.
    pub(crate) fn people(&self) -> impl Iterator<Item = (u64, &str, &str)> {
        self.user.iter().map(|user| (user.id, user.username.as_str(), user.name.as_str()))
    }

    /// Descriptions of runners whose settings it changes: whether they serve protected refs alone, and take untagged jobs.
    pub(crate) fn runners(&self) -> impl Iterator<Item = (&str, Option<bool>, Option<bool>)> {
        self.runner.iter().map(|one| (one.description.as_str(), one.protected, one.untagged))
    }
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Group {
    pub(super) path: String,
    /// Its members need not have a second factor.
    #[serde(default)]
    pub(super) one_factor: bool,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(clippy::struct_excessive_bools, reason = "they are GitLab's own switches")]
pub(super) struct User {
    pub(super) id: u64,
    pub(super) username: String,
    pub(super) name: String,
    #[serde(default)]
    pub(super) kind: AccountKind,
    #[serde(default = "active")]
    pub(super) state: String,
    #[serde(default)]
    pub(super) external: bool,
    #[serde(default)]
    pub(super) admin: bool,
    #[serde(default)]
    pub(super) auditor: bool,
    #[serde(default)]
    pub(super) email: Option<String>,
    #[serde(default = "long_ago")]
    pub(super) since: f64,
    /// Days since the last activity; absent is never.
    #[serde(default)]
    pub(super) used: Option<f64>,
    #[serde(default)]
    pub(super) by: Option<String>,
    #[serde(default)]
    pub(super) saml: bool,
    #[serde(default)]
    pub(super) scim: Option<bool>,
    /// The group of a service account.
    #[serde(default)]
    pub(super) home: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Members {
    /// Path of a group or project.
    pub(super) of: String,
    pub(super) level: u32,
    pub(super) users: Vec<String>,
    /// Name of a custom role.
    #[serde(default)]
    pub(super) role: Option<String>,
    #[serde(default = "a_while")]
    pub(super) since: f64,
    #[serde(default)]
    pub(super) ends: Option<f64>,
    #[serde(default)]
    pub(super) by: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Share {
    pub(super) of: String,
    /// Path of the group that is invited.
    pub(super) with: String,
    pub(super) level: u32,
    #[serde(default)]
    pub(super) ends: Option<f64>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct SamlLink {
    pub(super) group: String,
    pub(super) name: String,
    pub(super) level: u32,
    #[serde(default)]
    pub(super) role: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Role {
    pub(super) id: u64,
    pub(super) name: String,
    pub(super) base: u32,
    pub(super) abilities: Vec<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Token {
    #[serde(default)]
    pub(super) id: Option<u64>,
    /// Path of a group or project, or the login of a person or service account.
    pub(super) of: String,
    pub(super) name: String,
    pub(super) scopes: Vec<String>,
    /// Of tokens of projects and groups.
    #[serde(default)]
    pub(super) level: u32,
    pub(super) made: f64,
    #[serde(default)]
    pub(super) ends: Option<f64>,
    #[serde(default)]
    pub(super) used: Option<f64>,
    /// Who made it.
    #[serde(default)]
    pub(super) by: Option<String>,
    /// Login of the bot, where it is not one of its own.
    #[serde(default)]
    pub(super) bot: Option<String>,
    #[serde(default)]
    pub(super) revoked: bool,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct DeployToken {
    pub(super) of: String,
    pub(super) name: String,
    pub(super) scopes: Vec<String>,
    #[serde(default)]
    pub(super) ends: Option<f64>,
    #[serde(default)]
    pub(super) revoked: bool,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct DeployKey {
    pub(super) title: String,
    /// Projects that it may read.
    #[serde(default)]
    pub(super) reads: Vec<String>,
    /// Projects that it may push to.
    #[serde(default)]
    pub(super) pushes: Vec<String>,
    pub(super) made: f64,
    #[serde(default)]
    pub(super) used: Option<f64>,
    #[serde(default)]
    pub(super) ends: Option<f64>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Trigger {
    pub(super) of: String,
    pub(super) description: String,
    pub(super) owner: String,
    pub(super) made: f64,
    #[serde(default)]
    pub(super) used: Option<f64>,
    #[serde(default)]
    pub(super) ends: Option<f64>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Invitation {
    pub(super) of: String,
    pub(super) email: String,
    pub(super) level: u32,
    pub(super) made: f64,
    #[serde(default)]
    pub(super) ends: Option<f64>,
    #[serde(default)]
    pub(super) by: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Request {
    pub(super) of: String,
    pub(super) user: String,
    pub(super) made: f64,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Variable {
    pub(super) of: String,
    pub(super) key: String,
    pub(super) value: String,
    #[serde(default)]
    pub(super) protected: bool,
    #[serde(default)]
    pub(super) masked: bool,
    #[serde(default = "everywhere")]
    pub(super) scope: String,
}

/// How a project is, unless it is told otherwise.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Usual {
    pub(super) branches: Vec<Branch>,
    pub(super) tags: Vec<(String, u32)>,
    pub(super) environments: Vec<Environment>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Project {
    pub(super) path: String,
    #[serde(default)]
    pub(super) branches: Option<Vec<Branch>>,
    #[serde(default)]
    pub(super) environments: Option<Vec<Environment>>,
    #[serde(default)]
    pub(super) author_approval: bool,
    /// Job tokens of any project come in.
    #[serde(default)]
    pub(super) open_to_job_tokens: bool,
    #[serde(default)]
    pub(super) allowed_projects: Vec<String>,
    #[serde(default)]
    pub(super) allowed_groups: Vec<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Runner {
    pub(super) description: String,
    #[serde(default)]
    pub(super) protected: Option<bool>,
    #[serde(default)]
    pub(super) untagged: Option<bool>,
    #[serde(default)]
    pub(super) token_ends: Option<f64>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Cluster {
    pub(super) mode: String,
    pub(super) entry: Vec<Entry>,
    pub(super) pod_identity: Vec<PodIdentity>,
    pub(super) aws_auth: Vec<Mapping>,
    pub(super) binding: Vec<Binding>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Entry {
    /// What of the ARN stands behind the account: `role/NAME`.
    pub(super) principal: String,
    #[serde(default = "standard")]
    pub(super) kind: String,
    pub(super) username: String,
    #[serde(default)]
    pub(super) groups: Vec<String>,
    #[serde(default)]
    pub(super) policies: Vec<Policy>,
    pub(super) made: f64,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct PodIdentity {
    pub(super) namespace: String,
    pub(super) account: String,
    pub(super) role: String,
}

/// A row of `aws-auth`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Mapping {
    pub(super) principal: String,
    pub(super) username: String,
    pub(super) groups: Vec<String>,
}

/// A binding of RBAC.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Binding {
    pub(super) name: String,
    #[serde(default)]
    pub(super) namespace: Option<String>,
    pub(super) role: String,
    #[serde(default)]
    pub(super) groups: Vec<String>,
    #[serde(default)]
    pub(super) users: Vec<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct IamRole {
    pub(super) name: String,
    #[serde(default = "an_hour")]
    pub(super) session_seconds: u32,
    /// JSON, in which `HOST` stands for GitLab and `ACCOUNT` for the account.
    pub(super) trust: String,
}

fn active() -> String {
    "active".to_owned()
}

fn standard() -> String {
    "STANDARD".to_owned()
}

fn everywhere() -> String {
    "*".to_owned()
}

fn long_ago() -> f64 {
    900.0
}

fn a_while() -> f64 {
    400.0
}

fn an_hour() -> u32 {
    3600
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_files_are_readable() {
        for text in [include_str!("organisation.toml"), include_str!("plain.toml")] {
            toml::from_str::<File>(text).unwrap();
        }
    }

    #[test]
    fn every_trust_is_json() {
        for role in &File::full().iam_role {
            serde_json::from_str::<serde_json::Value>(&role.trust).unwrap();
        }
    }

    #[test]
    fn nobody_has_the_id_or_the_login_of_another() {
        let (mut ids, mut logins) = (Vec::new(), Vec::new());
        for (id, login, _) in File::full().people() {
            assert!(!ids.contains(&id) && !logins.contains(&login), "{id} {login}");
            ids.push(id);
            logins.push(login);
        }
    }
}
