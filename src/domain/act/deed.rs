//! [`Deed`]: an act as the ledger has it: who, what, on what, why, when, and what came of it.

use std::fmt;

use crate::domain::{Text, Timestamp};

/// Who asks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Actor {
    /// The platform that is asked: `gitlab`, `kubernetes:ci`, `eks:ci`.
    pub platform: Text,
    /// Who we are there, as its own answer told; `unknown` where only a changing request could tell.
    pub user: Text,
    /// Who runs the program.
    pub os_user: Text,
    /// The machine it runs on.
    pub host: Text,
}

/// The request that an act will send: without its body, its headers, or any secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wire {
    /// `POST`, `PUT`, `PATCH`, `DELETE`.
    pub method: Text,
    /// The address.
    pub url: Text,
}

/// An act that was confirmed and is to be done once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Intent {
    /// Its name, as `act NAME` takes it: `job.retry`.
    pub act: &'static str,
    /// What it is done to, as `act` takes it: `acme/shop#4711`, `ci/ci-standard/runner-x`.
    pub target: Text,
    /// What was chosen beside: `desired = 6`. Of play variables the names alone.
    pub settings: Vec<(Text, Text)>,
    /// Who asks.
    pub actor: Actor,
    /// Why.
    pub reason: Option<Text>,
    /// What will be sent.
    pub wire: Wire,
}

/// How an act ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Ending {
    /// The platform did it.
    Done,
    /// The platform did not do it.
    Failed,
    /// It was sent and no answer came: it may have happened.
    Unknown,
}

impl Ending {
    /// Its word in the ledger.
    pub fn as_str(self) -> &'static str {
        match self {
            Ending::Done => "done",
            Ending::Failed => "failed",
            Ending::Unknown => "unknown",
        }
    }

    /// The ending with this word.
    pub fn find(word: &str) -> Option<Ending> {
        [Ending::Done, Ending::Failed, Ending::Unknown]
            .into_iter()
            .find(|ending| ending.as_str() == word)
    }
}

impl fmt::Display for Ending {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// What came of an act.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome {
    /// How it ended.
    pub ending: Ending,
    /// The HTTP status, where an answer came.
    pub status: Option<u16>,
    /// The platform's words, or what a later look found; without secrets.
    pub message: Option<Text>,
}

/// An act of the ledger, its entry and its outcome side by side.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Deed {
    /// The place of its entry in the ledger.
    pub seq: u64,
    /// When it was opened.
    pub at: Timestamp,
    /// Its name.
    pub act: Text,
    /// What it was done to.
    pub target: Text,
    /// What was chosen beside.
    pub settings: Vec<(Text, Text)>,
    /// Who asked.
    pub actor: Actor,
    /// Why.
    pub reason: Option<Text>,
    /// What was sent.
    pub wire: Wire,
    /// What came of it, and when; `None` while it is open, also after a crash.
    pub outcome: Option<(Timestamp, Outcome)>,
    /// The digest of its entry, in hexadecimal.
    pub hash: Text,
    /// The digest of the entry before it.
    pub previous: Text,
}
