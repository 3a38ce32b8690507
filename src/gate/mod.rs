//! The deployment gate: whether a change may be deployed now, by a policy and by what the objectives say.
//!
//! **Invariant:** a decision is a pure function of the policy, the change, and what is known; the same code decides for a
//! CI job and for the screen. What cannot be measured is its own answer, never a yes.

mod decide;
mod policy;
mod verdict;

pub use decide::decide;
pub use policy::{Fallback, Policy, ServicePolicy, TierPolicy, is_match};
pub use verdict::{
    ChangeClass, Decision, Deployed, Evidence, Facts, Judged, Missing, Override, Reason,
    ReasonCode, Request, Verdict,
};
