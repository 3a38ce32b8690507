//! One transport per configured origin: its connection, its secret, its pace, and the one gate for what may be sent.
//! And a carrier for libraries that sign and address their requests themselves, with a gate of their own.

mod answer;
mod carrier;
mod client;
mod door;
mod fault;
mod gate;
mod greeting;
mod pace;
mod store;
mod transport;

pub use answer::Answer;
pub(in crate::api) use carrier::{Carrier, Limits, address, is_this_machine};
pub use client::Reach;
pub(in crate::api) use door::{Door, Place, Said};
pub(in crate::api) use fault::quote as short;
pub use greeting::Greeting;
pub(in crate::api) use pace::retry_after;
pub use pace::{Pace, Refused};
pub use transport::{Body, Http};

#[cfg(test)]
#[cfg(feature = "demo")]
mod tests;
