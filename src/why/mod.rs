//! Why a job waits: facts in, a [`Diagnosis`] out, by a tree of questions that are asked in order.
//!
//! **Invariant:** the walk goes on where a source is missing and says which branches could not be decided. What is missing
//! never makes an answer certain: an answer is certain only where every branch before it was decided, so that taking a
//! source away may turn it into "likely" or "cannot tell", and never into another certain one.
//!
//! **Invariant:** one walk serves both forms. The fleet's walk keeps no steps and writes no evidence; the answer is the same.

pub mod diagnosis;
pub mod extra;
pub mod facts;
pub mod fleet;
pub mod grammar;
pub mod leaf;
mod tree;
mod walk;

pub use diagnosis::{Answer, Cause, Certainty, Deadline, Diagnosis, Step, Undecided};
pub use extra::{
    Approval, Assignment, Details, Environment, Extra, Holder, Reading, ResourceGroup,
};
pub use facts::{Facts, Source};
pub use fleet::{End, Explanation, Share, end, explain, fleet};
pub use leaf::{About, Concern, LEAVES, Leaf, Who};

use crate::domain::{JobId, PodId};
use walk::Walk;

/// Why a job waits; `None` where nothing is known of it.
pub fn of_job(facts: &Facts<'_>, job: JobId) -> Option<Diagnosis> {
    let mut walk = Walk::recording(facts);
    let found = tree::job(&mut walk, job)?;
    Some(walk.diagnosis(crate::domain::EntityId::Job(job), Some(job), found))
}

/// Why a pod does not run, whosever job it is; `None` where nothing is known of it.
pub fn of_pod(facts: &Facts<'_>, pod: PodId) -> Option<Diagnosis> {
    let mut walk = Walk::recording(facts);
    let found = tree::pod(&mut walk, pod)?;
    Some(walk.diagnosis(crate::domain::EntityId::Pod(pod), None, found))
}
