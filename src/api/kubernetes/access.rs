//! [`Access`]: a way into a cluster that something else than a kubeconfig knows, such as AWS.

use std::fmt::Debug;

use async_trait::async_trait;
use secrecy::SecretString;
use url::Url;

use crate::api::Error;

/// Where the API of a cluster is, and whom to trust there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Endpoint {
    /// The base URL of its API.
    pub url: Url,
    /// The certificate of the authority that signed the API's, PEM; the system's authorities where empty.
    pub ca_pem: Vec<u8>,
}

/// A way into a cluster.
#[async_trait]
pub trait Access: Debug + Send + Sync {
    /// Where the cluster is. Asked when the connection is opened, and again after the server refused the token.
    ///
    /// # Errors
    /// Why it could not be found out, with what would cure it.
    async fn endpoint(&self) -> Result<Endpoint, Error>;

    /// A token that is valid now. Asked before each request: whoever implements it keeps the token and renews it in
    /// time.
    ///
    /// # Errors
    /// Why none could be had, with what would cure it.
    async fn token(&self) -> Result<SecretString, Error>;
}
