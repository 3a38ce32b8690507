//! Live feeds: they turn platforms into updates, each on its own task, at its own rhythm.
//!
//! **Invariant:** a feed that fails says so in its report and recovers by itself; it never takes another with it, and
//! nobody waits for it. What the feeds bring goes through the [`Mailbox`], which is bounded by what there is to know.

mod access;
mod asking;
mod beside;
mod common;
mod demand;
mod exceptions;
mod feeds;
mod gitlab;
mod kubernetes;
mod mailbox;
mod natives;
mod nodegroups;
mod poll;
mod probe;
mod projects;
mod queue;
mod report;
mod roster;
mod runners;
mod slos;
mod supervise;
#[cfg(test)]
#[cfg(feature = "demo")]
mod tests;
mod token;
mod trace;

pub use access::{doubt, remembered, sample};
pub use beside::{Beside, BesideReader};
pub use demand::{Demand, DemandSender, HIDDEN_FACTOR, Wishes};
pub use feeds::{Feeds, Reader, look, start};
pub use kubernetes::{LogOf, PodReader, clusters, resources};
pub use mailbox::Mailbox;
pub use probe::{Probed, probe};
pub use slos::PastReader;
pub use trace::{KEPT_BYTES, LogNews};
