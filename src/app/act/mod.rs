//! Acts in the program: whether they are armed, what is asked of the outside about them, and what it answers.
//!
//! Nothing here decides whether an act may be done: that is the gate's, below the interface. What stands here is what a
//! person is shown of it, and what they said.

mod choice;
pub mod confirm;
mod news;
mod send;

pub use choice::Choice;
pub(super) use choice::{choose, kind_reason, meant};
pub(super) use news::take;
pub(super) use send::{Pressed, answer, open, tick};

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
    /// What came of acts: of each by itself, or the reason why none was sent.
    Performed {
        /// The dialog.
        ticket: u64,
        /// In its order.
        results: Result<Vec<Performed>, Text>,
    },
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
}

/// What the program knows about acts.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Acts {
    /// When the window closes in which acts may be done; `None` while it is closed.
    pub until: Option<Timestamp>,
    /// Who we are on each platform, once asked.
    pub identities: Option<Vec<Identity>>,
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
        let platform = platform(target);
        self.identities.as_ref()?.iter().find(|one| *one.platform == *platform)
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
}

/// The word for the platform that a target belongs to: `gitlab`, `kubernetes:ci`, `eks:ci`.
pub fn platform(target: &Target) -> String {
    match target {
        Target::Job(..) | Target::Pipeline(..) | Target::Deployment(..) | Target::Runner(_) => {
            "gitlab".to_owned()
        }
        Target::Pod(cluster, ..) | Target::Node(cluster, _) => format!("kubernetes:{cluster}"),
        Target::NodeGroup(cluster, _) => format!("eks:{cluster}"),
    }
}
