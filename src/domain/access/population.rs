//! [`Population`]: everything that was read of rights at one time, and what could not be.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};

use super::{Cluster, Credential, Gap, Grant, Group, Principal, Project, Reading, Runner, Trust};
use crate::domain::{Text, Timestamp};

/// What a population is of, and what it is not.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Statement {
    /// Full paths of groups, with all below them.
    #[serde(default)]
    pub groups: Vec<Text>,
    /// Full paths of single projects.
    #[serde(default)]
    pub projects: Vec<Text>,
    /// Names of clusters.
    #[serde(default)]
    pub clusters: Vec<Text>,
    /// ARNs of roles.
    #[serde(default)]
    pub roles: Vec<Text>,
    /// What was left out on purpose, a sentence each.
    #[serde(default)]
    pub out: Vec<Text>,
}

/// Everything that was read of rights at one time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Population {
    /// When the reading was complete.
    pub taken_at: Timestamp,
    /// The host of GitLab, as trust policies name it.
    pub gitlab_host: Option<Text>,
    /// Whose token read it, and its scopes; never the token.
    pub read_by: Option<Text>,
    /// What it is of.
    #[serde(default)]
    pub scope: Statement,
    /// How each part was read.
    #[serde(default)]
    pub readings: Vec<Reading>,
    /// What could not be read.
    #[serde(default)]
    pub gaps: Vec<Gap>,
    /// Whoever or whatever has rights.
    #[serde(default)]
    pub principals: Vec<Principal>,
    /// Their rights.
    #[serde(default)]
    pub grants: Vec<Grant>,
    /// Tokens and keys.
    #[serde(default)]
    pub credentials: Vec<Credential>,
    /// Groups.
    #[serde(default)]
    pub groups: Vec<Group>,
    /// Projects.
    #[serde(default)]
    pub projects: Vec<Project>,
    /// Runners.
    #[serde(default)]
    pub runners: Vec<Runner>,
    /// Clusters.
    #[serde(default)]
    pub clusters: Vec<Cluster>,
    /// Trust of IAM roles.
    #[serde(default)]
    pub trusts: Vec<Trust>,
}

impl Population {
    /// One of which nothing was read yet.
    pub fn empty(taken_at: Timestamp) -> Population {
        Population {
            taken_at,
            gitlab_host: None,
            read_by: None,
            scope: Statement::default(),
            readings: Vec::new(),
            gaps: Vec::new(),
            principals: Vec::new(),
            grants: Vec::new(),
            credentials: Vec::new(),
            groups: Vec::new(),
            projects: Vec::new(),
            runners: Vec::new(),
            clusters: Vec::new(),
            trusts: Vec::new(),
        }
    }

    /// When each place was read, the earliest of its readings: what is known of it is no younger.
    pub fn read_at(&self) -> HashMap<&str, Timestamp> {
        let mut places: HashMap<&str, Timestamp> = HashMap::new();
        for reading in &self.readings {
            let at = places.entry(reading.at.as_str()).or_insert(reading.began_at);
            *at = (*at).min(reading.began_at);
        }
        places
    }

    /// The same in the one order that its canonical bytes have, whatever order it was read in.
    #[must_use]
    pub fn ordered(mut self) -> Population {
        self.readings.sort_by(|one, other| {
            (one.part, &one.at, &one.endpoint).cmp(&(other.part, &other.at, &other.endpoint))
        });
        self.gaps.sort_by(|one, other| {
            (one.part, &one.at, one.lack).cmp(&(other.part, &other.at, other.lack))
        });
        self.principals.sort_by(|one, other| one.id.cmp(&other.id));
        self.grants.sort_by(|one, other| one.id.cmp(&other.id));
        self.credentials.sort_by(|one, other| one.principal.cmp(&other.principal));
        self.groups.sort_by(|one, other| one.path.cmp(&other.path));
        self.projects.sort_by(|one, other| one.path.cmp(&other.path));
        self.runners.sort_by_key(|runner| runner.id);
        self.clusters.sort_by(|one, other| one.name.cmp(&other.name));
        self.trusts.sort_by(|one, other| one.role_arn.cmp(&other.role_arn));
        self
    }

    /// The first address that two things share, which no honest reading has.
    pub fn doubled(&self) -> Option<&Text> {
        let twice = |ids: Vec<&'_ Text>| -> Option<usize> {
            let mut seen = std::collections::HashSet::with_capacity(ids.len());
            ids.iter().position(|id| !seen.insert(id.as_str()))
        };
        let principals = twice(self.principals.iter().map(|one| &one.id).collect());
        let grants = twice(self.grants.iter().map(|one| &one.id).collect());
        let principal = principals.and_then(|at| self.principals.get(at)).map(|one| &one.id);
        principal.or_else(|| grants.and_then(|at| self.grants.get(at)).map(|one| &one.id))
    }
}
