//! Acts: the one way in which Watchfloor changes the world.
//!
//! **Invariant:** a changing request is sent by a function of `send/`, which takes the ledger's permit by value and which
//! nobody outside this layer can name. The permit exists only once the intent is on disk, and the intent only once the
//! [`Gate`] let it through.
//!
//! **Invariant:** nothing is ever sent twice, neither by us nor by a library: the clients of `send/` retry nothing. An act
//! whose answer was lost ends as *unknown*, and the target is looked at before it may be asked for again.

mod alertmanager;
mod clusters;
mod desk;
mod exceptions;
mod follow;
mod gate;
mod look;
mod platforms;
mod reconcile;
mod send;
mod settle;

pub use alertmanager::longest_silence;
pub use desk::{Desk, Refused};
pub use gate::{Arming, Denied, Gate};
pub use reconcile::{ABANDONED_AFTER, Found, Reconciled};
