//! Files, flags and environment into settings. Every fault is named with its place and its cure, all at once.
//!
//! **Invariant:** a secret is never part of [`Settings`], and never of a [`Diagnostic`]: only where it comes from is.
//! What is written into a file that others may write is not believed.

mod diagnostic;
mod env;
mod load;
mod paths;
mod permission;
mod policy;
mod read;
mod schema;
mod secret;
mod settings;
mod slo;
mod user;

pub use diagnostic::{Diagnostic, Faults, did_you_mean, nearest};
pub use env::{Environment, VARIABLES, Variable};
pub use load::{Faulty, LoadError, LoadRequest, Loaded, Overrides, Rest};
pub use paths::{Places, create_private_dir, open_private, write_private};
pub use permission::Exposure;
pub use policy::{POLICY_SCHEMA, PolicyFile, policy_reference};
pub use read::Source;
pub use read::value::is_loopback;
pub use schema::{Key, example, file, keys, reference, schema};
pub use secret::SecretError;
pub use settings::{
    AccessSettings, AlertmanagerSettings, Auth, ClusterSettings, Eks, ExceptionSettings, Folders,
    GateSettings, GitlabSettings, Kubeconfig, NodegroupBound, PrometheusSettings, Proxy, Retention,
    SecretSource, Settings, SloSettings, TierSettings, UiSettings, Writes,
};
pub use slo::builtin::{
    TierRunner, builtin, builtin_by_runner, builtin_expected, builtin_objective,
};
pub use slo::{Lost, SloFiles};

#[cfg(test)]
mod tests;
