//! Prometheus' HTTP API as far as objectives need it; Thanos, Mimir and Amazon's managed one answer the same.
//!
//! **Invariant:** it only reads: GET, and a POST of a long question to the few addresses that take one.

mod client;
mod defined;
mod envelope;
mod objectives;
mod past;
mod rules;
mod slo;
mod window;

pub use client::{Answered, Line, Prometheus};
pub use defined::{Known, Measurements, unasked};
pub use objectives::{Memory, Objectives};

#[cfg(test)]
#[cfg(feature = "demo")]
mod tests;
