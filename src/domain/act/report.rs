//! [`Report`]: what came of an act, and what its target looks like; [`Identity`]: who asks, as the platform knows them.

use std::sync::Arc;

use super::{Docket, Outcome, Petition, Target};
use crate::domain::{JobId, Silence, Text};

/// What a target looked like at some moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seen {
    /// Its name, as a person knows it.
    pub name: Text,
    /// Its state, in the platform's word; `paused` or `active` for a runner.
    pub state: Text,
    /// The target by the one name that its platform has for it, where it may be asked for by several. The ledger knows it by
    /// this name alone, or one thing would be several to the guard against doing it twice.
    pub properly: Option<Box<Target>>,
    /// The identity of this very object, where names are used again: a UID.
    pub identity: Option<Text>,
    /// Whether it belongs to a protected tier; None where that cannot be told, which counts as protected.
    pub protected: Option<bool>,
    /// A later attempt at the same job, where there is one.
    pub successor: Option<JobId>,
    /// What else should be known before it is changed, by name: `job` for the one that a pod carries.
    pub facts: Vec<(Text, Text)>,
    /// Every silence that Alertmanager knows, where it was asked: only these tell whether one was made.
    pub silences: Box<[Silence]>,
    /// What the register of exceptions holds about it, where that was asked.
    pub docket: Option<Arc<Docket>>,
    /// What forbids us to change it, as far as is known before it is tried; one sentence each.
    pub bars: Vec<Text>,
    /// Where it stands as a request for an exception, if it is one.
    pub petition: Option<Box<Petition>>,
}

/// The name of the fact that says why what is to be confirmed reaches further than one thing.
pub const REACHES_FAR: &str = "reaches far";

impl Seen {
    /// Whether it is confirmed by words: it is protected, or that cannot be told, or it reaches far.
    pub fn wants_words(&self) -> bool {
        self.protected != Some(false) || self.facts.iter().any(|(name, _)| &**name == REACHES_FAR)
    }

    /// What a person types to confirm something of it in the place of its address, where it goes by another name.
    pub fn called(&self) -> Option<&Text> {
        self.petition.as_ref()?.called.as_ref()
    }

    /// A target with a name in a state, of which nothing else is known.
    pub fn new(name: Text, state: Text) -> Seen {
        Seen {
            name,
            state,
            properly: None,
            identity: None,
            protected: None,
            successor: None,
            facts: Vec::new(),
            silences: Box::default(),
            docket: None,
            bars: Vec::new(),
            petition: None,
        }
    }
}

/// What came of an act.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    /// The place of its entry in the ledger.
    pub seq: u64,
    /// The outcome, after the look that clears up a lost answer.
    pub outcome: Outcome,
    /// What the target looks like now, where it could be looked at.
    pub after: Option<Seen>,
    /// Why the outcome could not be written, if so: the entry stays open.
    pub unrecorded: Option<Text>,
}

/// Who we are on a platform, as its own answer to a reading request tells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    /// The platform: `gitlab`, `kubernetes:ci`, `eks:ci`.
    pub platform: Text,
    /// Our name there; the reason where it is not known.
    pub user: Result<Text, Text>,
    /// What is known of our rights there: token scopes, roles. `None` where only a changing request could tell.
    pub rights: Option<Text>,
    /// Whether it can tell no more than this: asking again, or armed, brings nothing new.
    pub is_settled: bool,
}
