//! [`Diagnosis`]: why one job waits, with every step that led there, and what could not be told.

use crate::domain::time::{seconds_between, span};
use crate::domain::{EntityId, Evidence, JobId, Text, Timestamp};

use super::leaf::{Concern, Leaf, Who};

/// How sure an answer is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Certainty {
    /// Every branch that comes before it was decided, and the evidence is direct.
    Certain,
    /// It is what the evidence points to; something before it could not be decided.
    Likely,
    /// It cannot be told, because of this.
    CannotTell(Text),
}

impl Certainty {
    /// The word in `why -o json`.
    pub fn as_str(&self) -> &'static str {
        match self {
            Certainty::Certain => "certain",
            Certainty::Likely => "likely",
            Certainty::CannotTell(_) => "cannot_tell",
        }
    }
}

/// What was found at a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Answer {
    /// It is so.
    Yes,
    /// It is not so.
    No,
    /// It cannot be told.
    Unknown,
}

/// One step of the way through the tree.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// The branch: `B2`, `D2c3`.
    pub branch: &'static str,
    /// What was asked there.
    pub question: &'static str,
    /// What was found.
    pub answer: Answer,
    /// That in words, where there is more to say than yes or no.
    pub text: Text,
    /// What proves it.
    pub evidence: Vec<Evidence>,
    /// How sure that is.
    pub certainty: Certainty,
}

/// A branch that could not be decided.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Undecided {
    /// The branch.
    pub branch: &'static str,
    /// Why not.
    pub because: Text,
}

/// When something ends by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Deadline {
    /// What happens then.
    pub what: &'static str,
    /// When.
    pub at: Timestamp,
}

impl Deadline {
    /// In words: how long it still is, or since when it has passed.
    pub fn words(&self, now: Timestamp) -> String {
        let left = seconds_between(now, self.at);
        if left >= 0 {
            format!("{} in {}", self.what, span(left))
        } else {
            format!("{}: due {} ago", self.what, span(left.saturating_neg()))
        }
    }
}

/// What a job waits on, followed to where that waits itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cause {
    /// The job or pod that was followed.
    pub target: EntityId,
    /// Where it ends.
    pub leaf: Leaf,
    /// That in words.
    pub title: Text,
    /// What is at fault, where that can be named: a node group, a runner, a job.
    pub subject: Option<EntityId>,
    /// How sure that is.
    pub certainty: Certainty,
    /// What to do about it.
    pub next_step: Text,
}

/// Why one job waits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diagnosis {
    /// What was asked about: a job, or a pod without one.
    pub target: EntityId,
    /// The job, where there is one.
    pub job: Option<JobId>,
    /// The moment for which it holds.
    pub at: Timestamp,
    /// The answer.
    pub leaf: Leaf,
    /// The answer in one line.
    pub title: Text,
    /// Every step to it.
    pub steps: Vec<Step>,
    /// What to do next.
    pub next_step: Text,
    /// Who can do that.
    pub who: Who,
    /// How sure it is.
    pub certainty: Certainty,
    /// What could not be decided on the way, in the order of the tree.
    pub undecided: Vec<Undecided>,
    /// What it asks of a person.
    pub concern: Concern,
    /// What ends the wait by itself.
    pub deadlines: Vec<Deadline>,
    /// What is at fault, where that can be named.
    pub subject: Option<EntityId>,
    /// What it waits on, followed to its end.
    pub cause: Option<Cause>,
}

impl Diagnosis {
    /// What jobs with the same trouble have in common: where the wait ends, and what is at fault there.
    pub fn shared(&self) -> (Leaf, Option<&EntityId>) {
        match &self.cause {
            Some(cause) => (cause.leaf, cause.subject.as_ref()),
            None => (self.leaf, self.subject.as_ref()),
        }
    }

    /// The trouble at the end of the chain, in one line.
    pub fn root(&self) -> &Text {
        self.cause.as_ref().map_or(&self.title, |cause| &cause.title)
    }

    /// The act of this console that would help first.
    pub fn first_act(&self) -> Option<&'static str> {
        self.shared().0.about().act
    }
}
