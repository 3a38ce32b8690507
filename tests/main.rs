//! Everything that is tested from outside, in one binary that links once.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stderr,
    clippy::string_slice,
    clippy::unwrap_used,
    reason = "a test that cannot go on stops with a panic, in its helpers too"
)]

mod documents;
#[cfg(feature = "demo")]
mod flow;
#[cfg(feature = "demo")]
mod harness;
mod property;
#[cfg(feature = "demo")]
mod pty;
mod requests;
mod reviews;
mod shipped;
mod tidy;
mod why;
