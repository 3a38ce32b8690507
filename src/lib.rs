//! Watchfloor: one screen for a secure code-delivery platform.

pub mod config;
pub mod domain;
pub mod keymap;
pub mod theme;
