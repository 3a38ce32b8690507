//! The words of others, taken apart: autoscalers, registries, a job's log, runner metrics. What is not known is kept as it
//! came.

pub mod autoscaler;
pub mod image;
pub mod log;
pub mod metrics;
pub mod sandbox;
