//! Watchfloor: one screen for a secure code-delivery platform.

pub mod api;
pub mod app;
pub mod cache;
pub mod cli;
pub mod config;
pub mod domain;
pub mod finding;
pub mod keymap;
pub mod pane;
pub mod runtime;
#[cfg(feature = "demo")]
pub mod sim;
pub mod source;
pub mod state;
pub mod theme;
pub mod view;
