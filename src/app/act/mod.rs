//! Acts in the program: whether they are armed, what is asked of the outside about them, and what it answers.
//!
//! Nothing here decides whether an act may be done: that is the gate's, below the interface. What stands here is what a
//! person is shown of it, and what they said.

mod choice;
pub mod confirm;
mod field;
pub mod form;
mod item;
mod news;
pub(in crate::app) mod right;
mod send;

pub use choice::Choice;
pub(super) use choice::{choose, kind_reason, meant};
pub(super) use news::{take, weigh};
pub use right::target_in;
pub(super) use send::{Pressed, answer, open, tick};
pub use send::{asked, hindrance, is_unknown};

use crate::domain::{
    Act, ActReport, EntityId, Identity, Proposal, Seen, Target, Text, Timestamp, Wire,
};

/// The most targets of one act: more are not read by anybody before they are confirmed.
pub(super) const MOST: usize = 100;

/// What is asked of the outside about acts.
#[derive(Debug, Clone, PartialEq)]
pub enum ActRequest {
    /// Ask each platform who we are.
    Identify,
    /// Open the window in which acts may be done.
    Arm,
    /// Close it.
    Disarm,
    /// Say what would be sent for each of these, and look at their targets.
    Look {
        /// Which dialog asks.
        ticket: u64,
        /// What it is about, in its order.
        proposals: Vec<Proposal>,
    },
    /// Say of each of these why it would be refused, by what was seen of its target.
    Weigh {
        /// Which dialog asks.
        ticket: u64,
        /// The places of the targets in it, what is proposed, and what was seen.
        seen: Vec<(usize, Proposal, Seen)>,
    },
    /// Close what a crash left open in the ledger, with what a look finds.
    Reconcile,
    /// The dialog is gone: nobody waits for what was to be looked at.
    Forget,
    /// Do what was confirmed.
    Perform {
        /// Which dialog it was confirmed in.
        ticket: u64,
        /// What was confirmed.
        proposals: Vec<Proposal>,
    },
}

/// What the outside answers about acts.
#[derive(Debug, Clone, PartialEq)]
pub enum ActNews {
    /// Who we are on each platform.
    Identities(Vec<Identity>),
    /// Acts may be done until then; or the reason why not.
    Armed(Result<Timestamp, Text>),
    /// The window is closed, and why.
    Disarmed(Text),
    /// What would be sent for each proposal of a dialog; `None` where no configured platform knows such an act.
    Wires {
        /// The dialog.
        ticket: u64,
        /// In its order.
        wires: Vec<Option<Wire>>,
    },
    /// What a target looks like now; or the reason why it cannot be looked at.
    Seen {
        /// The dialog.
        ticket: u64,
        /// The target's place in it.
        place: usize,
        /// What was seen.
        seen: Result<Seen, Text>,
    },
    /// The deployment that a job waits for; `None` where it waits for none; or the reason why that cannot be told.
    Found {
        /// The dialog.
        ticket: u64,
        /// The job's place in it.
        place: usize,
        /// What was found; boxed, for news travels in a queue.
        found: Result<Option<Box<Found>>, Text>,
    },
    /// Why acts would be refused before anything is sent, by the place of their targets.
    Weighed {
        /// The dialog.
        ticket: u64,
        /// The reason for each place; `None` where nothing is known against it.
        objections: Vec<(usize, Option<Text>)>,
    },
    /// What was found open in the ledger at the start; or the reason why it cannot be read.
    Reconciled(Result<Leftover, Text>),
    /// What came of one of several, before all of them have their outcome.
    Progress {
        /// The dialog.
        ticket: u64,
        /// Its place among those that were sent.
        place: usize,
        /// What came of it; boxed, for news travels in a queue.
        result: Box<Performed>,
    },
    /// What came of acts: of each by itself, or the reason why none was sent.
    Performed {
        /// The dialog.
        ticket: u64,
        /// In its order.
        results: Result<Vec<Performed>, Text>,
    },
}

/// A deployment that was looked for.
#[derive(Debug, Clone, PartialEq)]
pub struct Found {
    /// The deployment.
    pub target: Target,
    /// What would be sent; `None` where no configured platform knows such an act.
    pub wire: Option<Wire>,
    /// What it looks like.
    pub seen: Seen,
}

/// Acts that were found open in the ledger, a line each.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Leftover {
    /// Those that were closed, with what was found.
    pub closed: Vec<Text>,
    /// Those that stay open, and why.
    pub open: Vec<Text>,
}

/// What came of one act; or the reason why nothing was sent.
pub type Performed = Result<ActReport, Text>;

/// Acts that were sent and have not been answered.
#[derive(Debug, Clone, PartialEq)]
pub struct UnderWay {
    /// The dialog in which they were confirmed.
    pub ticket: u64,
    /// The act.
    pub act: &'static Act,
    /// Its targets: the row, and what it is to the platform.
    pub targets: Vec<(EntityId, Target)>,
    /// How many of them have their outcome.
    pub done: usize,
}

/// What the program knows about acts.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Acts {
    /// When the window closes in which acts may be done; `None` while it is closed.
    pub until: Option<Timestamp>,
    /// Who we are on each platform, once asked.
    pub identities: Option<Vec<Identity>>,
    /// Whether that is being asked: an armed console is told more.
    pub is_identifying: bool,
    /// What was sent and has not been answered.
    pub under_way: Vec<UnderWay>,
    /// Whether the program is to be left when everything under way has its record.
    pub is_leaving: bool,
    /// The last ticket given to a dialog.
    pub tickets: u64,
}

impl Acts {
    /// Whether acts may be done.
    pub fn is_armed(&self) -> bool {
        self.until.is_some()
    }

    /// Whole seconds until the window closes.
    pub fn seconds_left(&self, now: Timestamp) -> Option<i64> {
        self.until.map(|until| (until.as_second() - now.as_second()).max(0))
    }

    /// Who we are on the platform of a target, as far as it was told.
    pub fn identity_for(&self, target: &Target) -> Option<&Identity> {
        let platform = target.platform();
        self.identities.as_ref()?.iter().find(|one| one.platform == platform)
    }

    /// Whether the same act is under way on the same target.
    pub fn is_under_way(&self, act: &Act, target: &Target) -> bool {
        let same = |one: &UnderWay| {
            one.act.name == act.name && one.targets.iter().any(|(_, known)| known == target)
        };
        self.under_way.iter().any(same)
    }

    /// How many acts are under way.
    pub fn under_way_len(&self) -> usize {
        self.under_way.iter().map(|one| one.targets.len()).sum()
    }

    /// How many of the acts that were sent in bulk have their outcome, of how many; `None` while none is under way.
    pub fn bulk(&self) -> Option<(usize, usize)> {
        let bulk = self.under_way.iter().filter(|one| one.targets.len() > 1);
        let counts = bulk.map(|one| (one.done, one.targets.len()));
        counts.reduce(|one, other| (one.0 + other.0, one.1 + other.1))
    }
}
