//! [`Item`]: one target in the dialog of an act, and what is told of it.

use super::{Choice, Performed};
use crate::domain::{Identity, Seen, Target, TargetKind, Text, Timestamp, Wire};

/// One target in the dialog.
#[derive(Debug, Clone, PartialEq)]
pub struct Item {
    /// The target as it was at opening.
    pub choice: Choice,
    /// What would be sent.
    pub sends: Sends,
    /// What it looks like to its platform, once looked at.
    pub seen: Option<Result<Seen, Text>>,
    /// When that was.
    pub seen_at: Option<Timestamp>,
    /// Why it would be refused, as far as what was seen tells.
    pub objection: Option<Text>,
    /// Who we are on its platform, as far as it was told.
    pub identity: Option<Identity>,
    /// Whether it was sent. Where it was not, what stands against it says why.
    pub is_sent: bool,
    /// What came of it.
    pub result: Option<Performed>,
}

/// What would be sent for a target.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Sends {
    /// That was asked and is not told yet.
    Asked,
    /// Nothing: no configured platform knows such an act.
    Nothing,
    /// This request.
    Request(Wire),
}

impl Item {
    /// A target as its dialog opens: nothing is told of it yet.
    pub(super) fn new(choice: Choice) -> Item {
        Item {
            choice,
            sends: Sends::Asked,
            seen: None,
            seen_at: None,
            objection: None,
            identity: None,
            is_sent: false,
            result: None,
        }
    }

    /// Whether it is a deployment that is named as yet by its job alone.
    pub fn is_sought(&self) -> bool {
        let proposal = &self.choice.proposal;
        proposal.act.target == TargetKind::Deployment
            && !matches!(proposal.target, Target::Deployment(..))
    }

    /// Whether it would be refused, as far as what was seen tells.
    pub fn is_refused(&self) -> bool {
        self.objection.is_some()
    }

    /// Why nothing will be sent for it, as far as a look tells.
    pub fn stopped(&self) -> Option<Text> {
        let target = &self.choice.proposal.target;
        let unseen = self.seen.as_ref().and_then(|seen| seen.as_ref().err());
        let unseen = unseen.map(|why| format!("{target} cannot be looked at: {why}"));
        self.objection.clone().or_else(|| unseen.map(|words| Text::new(&words)))
    }

    /// Whether it is still being looked at, or it is not told yet what would be sent.
    pub fn is_pending(&self) -> bool {
        !self.is_refused()
            && (self.seen.is_none() || (!self.is_sought() && self.sends == Sends::Asked))
    }

    /// Whether the platform has another object under the name of the one that is meant.
    pub fn is_another(&self) -> bool {
        let Some(Ok(seen)) = &self.seen else { return false };
        match (&self.choice.proposal.identity, &seen.identity) {
            (Some(meant), Some(there)) => meant != there,
            _ => false,
        }
    }
}
