//! Watchfloor: one screen for a secure code-delivery platform.

pub mod api;
pub mod config;
pub mod domain;
pub mod source;
