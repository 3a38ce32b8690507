//! [`Event`]: what happens to a campaign, as its chain keeps it. The order of the fields is the canonical one.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::digest::digest;
use crate::domain::exception::is_same_person;
use crate::domain::{Text, Timestamp};

/// Who says who a reviewer is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Vouch {
    /// GitLab, by the token that was used.
    Token,
    /// The reviewer alone: nothing confirms it.
    Stated,
}

impl Vouch {
    /// In words, for whoever reads an export.
    pub fn words(self) -> &'static str {
        match self {
            Vouch::Token => "by the token's identity on GitLab",
            Vouch::Stated => "stated, not confirmed by GitLab",
        }
    }
}

/// Who reviews.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Reviewer {
    /// The username on GitLab.
    pub username: Text,
    /// Who says so.
    pub vouched: Vouch,
}

impl Reviewer {
    /// Whether two are one person.
    pub fn is(&self, other: &Reviewer) -> bool {
        is_same_person(&self.username, &other.username)
    }
}

/// What is decided about an item.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Decision {
    /// It stays.
    Keep,
    /// It is changed to this: a level, an end, a setting.
    Modify(Text),
    /// Somebody else must decide.
    Escalate,
    /// It goes.
    Revoke,
}

impl Decision {
    /// Its word.
    pub fn word(&self) -> &'static str {
        match self {
            Decision::Keep => "keep",
            Decision::Modify(_) => "modify",
            Decision::Escalate => "escalate",
            Decision::Revoke => "revoke",
        }
    }
}

impl fmt::Display for Decision {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Decision::Modify(to) => write!(f, "modify to {to}"),
            other => f.write_str(other.word()),
        }
    }
}

/// The start of a campaign.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Start {
    /// The campaign.
    pub campaign: Text,
    /// What people call it.
    pub name: Text,
    /// When.
    pub at: Timestamp,
    /// When it should be over.
    pub due: Option<Timestamp>,
    /// Who started it.
    pub by: Reviewer,
    /// SHA-256 over the canonical bytes of the frozen population.
    pub population: String,
    /// How many items there are.
    pub items: u64,
    /// The campaign that it is compared with.
    pub after: Option<Text>,
    /// The version of the program.
    pub tool: Text,
}

/// A reviewer's word about items, all at once.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ballot {
    /// The campaign.
    pub campaign: Text,
    /// The keys of the items, in their order.
    pub items: Vec<Text>,
    /// What was decided.
    pub decision: Decision,
    /// Why.
    pub reason: Option<Text>,
    /// Who decided.
    pub by: Reviewer,
    /// When.
    pub at: Timestamp,
}

impl Ballot {
    /// Its own digest: the same ballot is the same, whoever brings it.
    pub fn id(&self) -> String {
        // Plain values with names for keys can always be spelled.
        digest(&serde_json::to_vec(self).unwrap_or_default())
    }
}

/// Where something comes from that another reviewer's export says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Claim {
    /// The digest of the export's manifest.
    pub manifest: String,
    /// When it was taken in.
    pub at: Timestamp,
    /// Who took it in.
    pub by: Reviewer,
}

/// A named sign-off. It is a statement by name, no cryptography.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SignOff {
    /// The campaign.
    pub campaign: Text,
    /// Who signs.
    pub by: Reviewer,
    /// In what role.
    pub role: Text,
    /// What is stated.
    pub text: Text,
    /// When.
    pub at: Timestamp,
    /// How many items were left open, knowingly.
    pub left_open: u64,
}

/// How far the remedy of an item has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RemedyState {
    /// It was sent.
    Sent,
    /// The platform refused it: the item stays to be done.
    Refused,
    /// A later reading proves it.
    Verified,
    /// A later reading shows that it is still as it was.
    Unchanged,
}

impl RemedyState {
    /// Its word.
    pub fn word(self) -> &'static str {
        match self {
            RemedyState::Sent => "sent",
            RemedyState::Refused => "refused",
            RemedyState::Verified => "verified",
            RemedyState::Unchanged => "unchanged",
        }
    }
}

/// What was done about an item that does not stay as it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Remedy {
    /// The campaign.
    pub campaign: Text,
    /// The key of the item.
    pub item: Text,
    /// How far it has come.
    pub state: RemedyState,
    /// The record in the ledger of acts.
    pub record: Option<u64>,
    /// The platform's words, or what a later reading found.
    pub told: Option<Text>,
    /// When.
    pub at: Timestamp,
}

/// What happens to a campaign.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Event {
    /// It begins.
    Started(Start),
    /// It began elsewhere, and an export brought it here.
    Adopted {
        /// How it began.
        start: Start,
        /// Where that is said.
        claim: Claim,
    },
    /// Something was decided, here.
    Decided(Ballot),
    /// Something was decided elsewhere, as an export says.
    Claimed {
        /// What.
        ballot: Ballot,
        /// Where that is said.
        claim: Claim,
    },
    /// It was signed off, here.
    Signed(SignOff),
    /// It was signed off elsewhere, as an export says.
    ClaimedSign {
        /// What was stated.
        sign: SignOff,
        /// Where that is said.
        claim: Claim,
    },
    /// Something was done about an item.
    Remedied(Remedy),
}

impl Event {
    /// The campaign that it belongs to.
    pub fn campaign(&self) -> &Text {
        match self {
            Event::Started(start) | Event::Adopted { start, .. } => &start.campaign,
            Event::Decided(ballot) | Event::Claimed { ballot, .. } => &ballot.campaign,
            Event::Signed(sign) | Event::ClaimedSign { sign, .. } => &sign.campaign,
            Event::Remedied(remedy) => &remedy.campaign,
        }
    }

    /// The canonical bytes: one line of JSON.
    pub fn line(&self) -> String {
        // Plain values with names for keys can always be spelled.
        serde_json::to_string(self).unwrap_or_default()
    }

    /// The event of a line, if it is one.
    pub fn read(line: &str) -> Option<Event> {
        serde_json::from_str(line).ok()
    }
}
