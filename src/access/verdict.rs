//! [`Outcome`]: found, not found, or cannot tell because …; and what a whole judgement comes to.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::domain::{Severity, Text, Timestamp};

/// The code of a rule. Codes are never given anew.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Code {
    /// Dormant.
    A01,
    /// A direct grant.
    A02,
    /// No end.
    A03,
    /// Too many owners, or one.
    A04,
    /// An outsider.
    A05,
    /// Left, and still has rights.
    A06,
    /// A token that may do too much.
    A07,
    /// A token that nobody uses.
    A08,
    /// A token that lives too long, or ends soon.
    A09,
    /// A bot without an owner.
    A10,
    /// An old deploy token.
    A11,
    /// A deploy key that may push.
    A12,
    /// Job tokens of others may come in.
    A13,
    /// The default branch is open.
    A14,
    /// Production is open.
    A15,
    /// A runner of a protected tier serves anybody.
    A16,
    /// Approvals prove little.
    A17,
    /// A security policy is gone past.
    A18,
    /// A person is administrator of a cluster.
    A19,
    /// An IAM role trusts too many.
    A20,
    /// A custom role hides a privilege.
    A21,
    /// A decision about oneself.
    A22,
    /// No second factor is required.
    A23,
    /// An administrator of the instance.
    A24,
    /// A static cloud key in a variable.
    A25,
}

impl Code {
    /// Its name: `A01`.
    pub fn word(self) -> &'static str {
        const WORDS: [&str; 25] = [
            "A01", "A02", "A03", "A04", "A05", "A06", "A07", "A08", "A09", "A10", "A11", "A12",
            "A13", "A14", "A15", "A16", "A17", "A18", "A19", "A20", "A21", "A22", "A23", "A24",
            "A25",
        ];
        WORDS.get(self as usize).copied().unwrap_or("A00")
    }
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.word())
    }
}

/// What kind of thing a finding is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AboutKind {
    /// A principal, by its id.
    Principal,
    /// One grant, by its id.
    Grant,
    /// A token or key, by the id of its principal.
    Credential,
    /// A group, by its path.
    Group,
    /// A project, by its path.
    Project,
    /// An environment: `PROJECT@NAME`.
    Environment,
    /// A variable: `PLACE#KEY`.
    Variable,
    /// An entry that goes past a policy: `PROJECT#POLICY#WHO`.
    Bypass,
    /// A runner, by its id.
    Runner,
    /// A cluster, by its name.
    Cluster,
    /// An IAM principal in a cluster: `CLUSTER#ARN`.
    Entry,
    /// An IAM role, by its ARN.
    Role,
    /// A decision of a campaign.
    Decision,
}

impl AboutKind {
    /// Its word in JSON.
    pub fn word(self) -> &'static str {
        match self {
            AboutKind::Principal => "principal",
            AboutKind::Grant => "grant",
            AboutKind::Credential => "credential",
            AboutKind::Group => "group",
            AboutKind::Project => "project",
            AboutKind::Environment => "environment",
            AboutKind::Variable => "variable",
            AboutKind::Bypass => "bypass",
            AboutKind::Runner => "runner",
            AboutKind::Cluster => "cluster",
            AboutKind::Entry => "entry",
            AboutKind::Role => "role",
            AboutKind::Decision => "decision",
        }
    }
}

/// What a finding is about.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct About {
    /// What kind of thing.
    pub kind: AboutKind,
    /// Which one.
    pub id: Text,
}

impl About {
    /// A thing by its address.
    pub fn new(kind: AboutKind, id: &str) -> About {
        About { kind, id: Text::new(id) }
    }
}

impl fmt::Display for About {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.kind.word(), self.id)
    }
}

/// A field and its value, as the platform has it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Evidence {
    /// The field.
    pub field: Text,
    /// What it said.
    pub value: Text,
}

/// What a rule says of one thing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Outcome {
    /// It was looked at, and nothing is wrong.
    Clear,
    /// Something is.
    Found(Box<Proof>),
    /// Nobody can tell, because of this.
    Unknown(Text),
}

impl Outcome {
    /// Nobody can tell, because of this.
    pub(super) fn unknown(because: impl fmt::Display) -> Outcome {
        Outcome::Unknown(Text::new(&because.to_string()))
    }
}

impl From<Proof> for Outcome {
    fn from(proof: Proof) -> Outcome {
        Outcome::Found(Box::new(proof))
    }
}

/// What is wrong with one thing, as its rule tells it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Proof {
    /// How grave it is here.
    pub(super) severity: Severity,
    /// What is wrong, in one line.
    pub(super) title: Text,
    /// What proves it.
    pub(super) evidence: Vec<Evidence>,
    /// What to do next.
    pub(super) next_step: &'static str,
    /// The ids of the grants that it is about.
    pub(super) grants: Vec<Text>,
    /// Full paths of groups and projects where it is.
    pub(super) places: Vec<Text>,
    /// By what other names an exception may know it: a username, an ARN, a cluster.
    pub(super) names: Vec<Text>,
    /// The username of the person it is about.
    pub(super) person: Option<Text>,
    /// The environment that it is about.
    pub(super) environment: Option<Text>,
    /// Since when, as far as is known.
    pub(super) since: Option<Timestamp>,
}

impl Proof {
    /// Something wrong, and what to do about it.
    pub(super) fn new(
        severity: Severity,
        title: impl fmt::Display,
        next_step: &'static str,
    ) -> Proof {
        Proof {
            severity,
            title: Text::new(&title.to_string()),
            evidence: Vec::new(),
            next_step,
            grants: Vec::new(),
            places: Vec::new(),
            names: Vec::new(),
            person: None,
            environment: None,
            since: None,
        }
    }

    /// With a field that proves it.
    pub(super) fn with(mut self, field: &str, value: impl fmt::Display) -> Proof {
        self.evidence
            .push(Evidence { field: Text::new(field), value: Text::new(&value.to_string()) });
        self
    }

    /// In this group or project.
    pub(super) fn at(mut self, place: &Text) -> Proof {
        self.places.push(place.clone());
        self
    }

    /// Also known by this name.
    pub(super) fn named(mut self, name: &Text) -> Proof {
        self.names.push(name.clone());
        self
    }
}

/// Something that a rule found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Found {
    /// The rule.
    pub code: Code,
    /// How grave it is.
    pub severity: Severity,
    /// What it is about.
    pub about: About,
    /// What is wrong, in one line.
    pub title: Text,
    /// What proves it.
    pub evidence: Vec<Evidence>,
    /// What to do next, in one line.
    pub next_step: Text,
    /// The ids of the grants that it is about.
    pub grants: Vec<Text>,
    /// Full paths of groups and projects where it is.
    pub places: Vec<Text>,
    /// Since when, as far as is known.
    pub since: Option<Timestamp>,
    /// The id of the active exception that covers it.
    pub covered_by: Option<Text>,
}

impl Found {
    /// Its address: the rule, and what it is about. The same trouble keeps the same address.
    pub fn id(&self) -> String {
        format!("{}/{}", self.code, self.about.id)
    }
}

/// Why a rule cannot tell, and of how many things.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Doubt {
    /// Why.
    pub because: Text,
    /// Of how many things.
    pub count: u64,
    /// One of them.
    pub of: About,
}

/// What a rule came to over the whole population.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tally {
    /// The rule.
    pub code: Code,
    /// Of how many things it found nothing.
    pub clear: u64,
    /// Of how many it found something.
    pub found: u64,
    /// Of what it cannot tell, by reason.
    pub doubts: Vec<Doubt>,
}

impl Tally {
    /// Of how many things it cannot tell.
    pub fn unknown(&self) -> u64 {
        self.doubts.iter().map(|doubt| doubt.count).sum()
    }
}

/// What all rules came to.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Report {
    /// What was found: by rule, then by what it is about.
    pub findings: Vec<Found>,
    /// Each rule, in the order of codes.
    pub tallies: Vec<Tally>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_written_as_it_is_called() {
        for code in [Code::A01, Code::A10, Code::A25] {
            assert_eq!(serde_json::to_string(&code).unwrap(), format!("\"{code}\""));
        }
        assert_eq!((Code::A01.word(), Code::A25.word()), ("A01", "A25"));
    }
}
