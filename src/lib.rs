//! Watchfloor: one screen for a secure code-delivery platform.

pub mod cache;
pub mod config;
pub mod domain;
