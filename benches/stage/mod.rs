//! What the benches stand on: figures and how they are told, a large queue, processes and the terminals they draw on.
#![allow(dead_code, reason = "each bench uses a part of it")]

pub(crate) mod cluster;
pub(crate) mod console;
pub(crate) mod desk;
pub(crate) mod figures;
pub(crate) mod objectives;
pub(crate) mod platform;
pub(crate) mod pods;
pub(crate) mod process;
pub(crate) mod queue;
