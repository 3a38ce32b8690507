//! AWS, as far as it is under the runners: EKS by its own client, STS, Auto Scaling and IAM by signed questions, all of it over
//! our own connections.
//!
//! **Invariant:** nothing here can change the world: every request, also one that AWS's libraries make, goes through one
//! gate, which admits reading and the exchange of one's own credentials. The exception is `WriteLine`, which may also
//! resize a node group; nobody but `action/send` names it, which `tests/tidy` sees to.
//!
//! **Invariant:** of a simulated platform neither the environment nor the user's AWS files are read, and nothing but the
//! loopback is asked.

mod access;
mod connector;
mod convert;
mod eks;
#[cfg(test)]
#[cfg(feature = "demo")]
pub(crate) mod fake;
mod fault;
mod gate;
mod identity;
mod probe;
mod query;
mod role;
mod scaling;
mod session;
mod sign;
#[cfg(test)]
#[cfg(feature = "demo")]
mod tests;
mod token;
mod trust;
mod write_line;

pub use access::{AccessConfig, Counted};
pub use eks::{Cluster, Described, Eks, Identity};
pub use gate::Bounds;
pub use probe::{Probe, Probes};
pub(in crate::api) use sign::Signer;
pub(crate) use write_line::{Lost, Resize, WriteLine};
