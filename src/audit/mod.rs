//! The ledger of acts: nothing is done without an entry in it.
//!
//! **Invariant:** an entry is on disk before the request that it is about is sent, and only [`Ledger::open`] makes the
//! [`Permit`] that a sending function takes by value. The ledger only grows: triggers refuse change and removal, and
//! each entry carries the digest of the one before it.
//!
//! Beside it stands the log of access reviews, [`ReviewLog`]: another file, chained and guarded in the same way.
//!
//! **Invariant:** no secret, header or body is ever part of an entry; of play variables it holds the names.

mod entry;
mod guard;
mod ledger;
mod review;
mod store;
mod verify;

pub use entry::{Body, Entry, GENESIS};
pub use ledger::{ABANDONED_AFTER, Closing, Ledger, Permit, Refusal, SETTLES_FOR};
pub use review::{Behind, ReviewError, ReviewLog, Said};
pub use store::LedgerError;
pub use verify::{Anchor, Break, Checkpoint, Progress, Verdict};

#[cfg(test)]
mod tests;
