//! A campaign: a frozen population, the decisions about it, and what they come to.
//!
//! **Invariant:** a campaign is what its events say, in whatever order those of several reviewers are taken in. What nobody
//! decided is open, never kept; where reviewers differ the stricter word counts.

mod bar;
mod decide;
mod digest;
mod event;
#[cfg(test)]
pub(crate) mod fixture;
mod freeze;
mod merge;
mod pace;
mod standing;

pub use bar::{Bar, Duty, barred};
pub use decide::{Ask, Refused, SignAsk};
pub use digest::{chained, digest};
pub use event::{
    Ballot, Claim, Decision, Event, Remedy, RemedyState, Reviewer, SignOff, Start, Vouch,
};
pub use freeze::{Before, Delta, Frozen, Gone, Item, freeze};
pub use merge::{Bundle, MergeRefused};
pub use pace::{Pace, pace};
pub use standing::{Campaign, Progress, Stand, Standing, Unfit, Word};
