//! Clusters, read over the Kubernetes API with lean types of our own.
//!
//! **Invariant:** every request passes `gate.rs`, which admits GET alone; the client library's own retries are off, so
//! that each failure is seen and told. **Invariant:** of a pod's environment nothing but the AWS role is kept; what an
//! exec plugin prints is never shown.
//!
//! **Invariant:** `WriteLine` has no gate of this layer before it. Nobody but `action/send` names it, which `tests/tidy`
//! sees to.

mod access;
mod cluster;
mod connect;
mod connection;
mod credential;
mod exceptions;
mod exec;
#[cfg(test)]
pub(crate) mod fake;
mod fault;
mod gate;
mod intern;
mod probe;
mod read;
mod resource;
mod rights;
#[cfg(test)]
mod samples;
mod single;
mod standing;
mod watch;
mod write_line;

pub use access::{Access, Endpoint};
pub use cluster::{Cluster, Page};
pub use exceptions::PolicyExceptionKind;
pub use probe::{Probe, Right};
pub use read::{Object, entity};
pub use resource::Resource;
pub use single::PodLog;
pub use standing::{NodeStanding, PodStanding};
pub use watch::{Watch, WatchNews};
pub(crate) use write_line::{Lost, WriteLine};
