//! The impure middle: terminal, clock, tasks, loop.

pub mod clock;
pub mod errand;
pub mod frame;
pub mod input;
pub mod log;
pub mod memory;
pub mod sampler;
pub mod terminal;
pub mod worker;
