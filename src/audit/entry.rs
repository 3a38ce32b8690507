//! [`Entry`]: one link of the chain, its canonical bytes and its digest.

use std::fmt::Write as _;

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use crate::domain::{Actor, Ending, Intent, Outcome, Text, Timestamp, Wire};

/// What the first entry names as the digest before it.
pub const GENESIS: &str = "0000000000000000000000000000000000000000000000000000000000000000";

/// One link of the chain as it is stored and exported.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// Its place, from 1 on without a gap.
    pub seq: u64,
    /// The digest of the entry before it, hexadecimal; [`GENESIS`] for the first.
    pub previous: String,
    /// SHA-256 over `previous`, a line end and `body`, hexadecimal.
    pub hash: String,
    /// The canonical bytes: one line of JSON.
    pub body: String,
}

impl Entry {
    /// The entry that follows `previous`.
    pub(super) fn following(previous: &str, body: &Body) -> Result<Entry, serde_json::Error> {
        let text = serde_json::to_string(body)?;
        let hash = digest(previous, &text);
        Ok(Entry { seq: body.seq(), previous: previous.to_owned(), hash, body: text })
    }

    /// Whether its digest is that of its content.
    pub(super) fn holds(&self) -> bool {
        self.hash == digest(&self.previous, &self.body)
    }

    /// What it says, if it can be read.
    pub(super) fn read(&self) -> Option<Body> {
        serde_json::from_str(&self.body).ok()
    }
}

/// SHA-256 over the digest before, a line end and the body.
pub(super) fn digest(previous: &str, body: &str) -> String {
    let mut hasher = Sha256::new();
    hasher.update(previous.as_bytes());
    hasher.update(b"\n");
    hasher.update(body.as_bytes());
    hasher.finalize().iter().fold(String::with_capacity(64), |mut hex, byte| {
        // Writing to a string cannot fail.
        let _infallible = write!(hex, "{byte:02x}");
        hex
    })
}

/// What an entry says. The order of its fields is the canonical one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum Body {
    /// An act is about to be done.
    Open {
        /// The entry's place.
        seq: u64,
        /// When.
        at: Timestamp,
        /// The act's name.
        act: String,
        /// What it is done to.
        target: String,
        /// What was chosen beside.
        settings: Vec<(String, String)>,
        /// Who asks.
        actor: Who,
        /// Why.
        reason: Option<String>,
        /// What will be sent.
        request: Request,
    },
    /// What came of it.
    Close {
        /// The entry's place.
        seq: u64,
        /// The entry that it closes.
        of: u64,
        /// When.
        at: Timestamp,
        /// `done`, `failed`, `unknown`.
        state: String,
        /// The HTTP status, where an answer came.
        status: Option<u16>,
        /// The platform's words, or what a later look found.
        message: Option<String>,
    },
}

/// Who asks, as an entry has it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Who {
    /// The platform.
    pub platform: String,
    /// Who we are there.
    pub user: String,
    /// Who runs the program.
    pub os_user: String,
    /// The machine.
    pub host: String,
}

/// What is sent, as an entry has it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Request {
    /// The HTTP method.
    pub method: String,
    /// The address.
    pub url: String,
}

/// What the file repeats of a body beside it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Columns {
    /// The act that is opened.
    pub(super) act: Option<String>,
    /// What it is done to.
    pub(super) target: Option<String>,
    /// The entry that is closed.
    pub(super) closes: Option<i64>,
}

impl Body {
    /// What the file repeats of it.
    pub(super) fn columns(&self) -> Columns {
        match self {
            Body::Open { act, target, .. } => {
                Columns { act: Some(act.clone()), target: Some(target.clone()), closes: None }
            }
            Body::Close { of, .. } => {
                Columns { act: None, target: None, closes: Some(of.cast_signed()) }
            }
        }
    }

    /// The place of the entry that says this.
    pub(super) fn seq(&self) -> u64 {
        match self {
            Body::Open { seq, .. } | Body::Close { seq, .. } => *seq,
        }
    }

    /// The opening of an intent.
    pub(super) fn open(seq: u64, at: Timestamp, intent: &Intent) -> Body {
        let pair = |(name, value): &(Text, Text)| (name.to_string(), value.to_string());
        Body::Open {
            seq,
            at,
            act: intent.act.to_owned(),
            target: intent.target.to_string(),
            settings: intent.settings.iter().map(pair).collect(),
            actor: Who::of(&intent.actor),
            reason: intent.reason.as_ref().map(Text::to_string),
            request: Request {
                method: intent.wire.method.to_string(),
                url: intent.wire.url.to_string(),
            },
        }
    }

    /// The closing of an entry.
    pub(super) fn close(seq: u64, of: u64, at: Timestamp, outcome: &Outcome) -> Body {
        Body::Close {
            seq,
            of,
            at,
            state: outcome.ending.as_str().to_owned(),
            status: outcome.status,
            message: outcome.message.as_ref().map(Text::to_string),
        }
    }
}

impl Who {
    fn of(actor: &Actor) -> Who {
        Who {
            platform: actor.platform.to_string(),
            user: actor.user.to_string(),
            os_user: actor.os_user.to_string(),
            host: actor.host.to_string(),
        }
    }

    /// The same as the rest of the program knows it.
    pub(super) fn actor(&self) -> Actor {
        Actor {
            platform: Text::new(&self.platform),
            user: Text::new(&self.user),
            os_user: Text::new(&self.os_user),
            host: Text::new(&self.host),
        }
    }
}

impl Request {
    /// The same as the rest of the program knows it.
    pub(super) fn wire(&self) -> Wire {
        Wire { method: Text::new(&self.method), url: Text::new(&self.url) }
    }
}

/// What a closing says of the entry `of`, and when; `None` for a body that does not close it. A word that no version of
/// ours writes counts as unknown.
pub(super) fn closing(body: &str, of: u64) -> Option<(Timestamp, Outcome)> {
    let Ok(Body::Close { of: closed, at, state, status, message, .. }) = serde_json::from_str(body)
    else {
        return None;
    };
    let ending = Ending::find(&state).unwrap_or(Ending::Unknown);
    let message = message.as_deref().map(Text::new);
    (closed == of).then_some((at, Outcome { ending, status, message }))
}
