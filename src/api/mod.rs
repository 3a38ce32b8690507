//! Clients that read: GitLab over REST and GraphQL, Kubernetes clusters, AWS through its own libraries over our
//! connections, Prometheus and Alertmanager.
//!
//! **Invariant:** nothing here can change the world. The transport admits GET, HEAD, and GraphQL documents whose
//! operations, parsed, are all queries; Prometheus is also sent long queries as a form. Everything else is refused before
//! a socket is opened. Changing requests live
//! elsewhere, with clients of their own; the ways on which they leave are opened here ([`kubernetes`] and [`aws`] each
//! have one) but named by `action/send` alone.
//!
//! **Invariant:** a secret travels to the origin that it was configured for and to no other, and never into an error,
//! a log line or a `Debug`. Every string from outside becomes a [`crate::domain::Text`] here.

pub mod alertmanager;
pub mod aws;
pub mod error;
#[cfg(test)]
#[cfg(feature = "demo")]
pub(crate) mod fake;
pub mod gitlab;
pub mod http;
pub mod kubernetes;
pub mod prometheus;
pub mod shelf;
pub mod wiring;

pub use error::Error;
pub use shelf::{Kept, NoShelf, Shelf};
pub use wiring::{Clock, Env, SecretFuture, Secrets, Wiring};
