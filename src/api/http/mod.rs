//! One transport per configured origin: its connection, its secret, its pace, and the one gate for what may be sent.

mod answer;
mod client;
mod fault;
mod gate;
mod pace;
mod store;
mod transport;

pub use answer::Answer;
pub use client::Reach;
pub(in crate::api) use fault::quote as short;
pub use pace::{Pace, Refused};
pub use transport::{Body, Http};

#[cfg(test)]
#[cfg(feature = "demo")]
mod tests;
