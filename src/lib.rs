//! Watchfloor: one screen for a secure code-delivery platform.

pub mod config;
pub mod domain;
#[cfg(feature = "demo")]
pub mod sim;
