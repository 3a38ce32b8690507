//! The ledger of acts: nothing is done without an entry in it.
//!
//! **Invariant:** an entry is on disk before the request that it is about is sent, and only [`Ledger::open`] makes the
//! [`Permit`] that a sending function takes by value. The ledger only grows: triggers refuse change and removal, and
//! each entry carries the digest of the one before it.
//!
//! **Invariant:** no secret, header or body is ever part of an entry; of play variables it holds the names.

mod entry;
mod guard;
mod ledger;
mod store;
mod verify;

pub use entry::{Body, Entry, GENESIS};
pub use ledger::{ABANDONED_AFTER, Closing, Ledger, Permit, Refusal, SETTLES_FOR};
pub use store::LedgerError;
pub use verify::{Anchor, Break, Checkpoint, Progress, Verdict};

#[cfg(test)]
mod tests;
