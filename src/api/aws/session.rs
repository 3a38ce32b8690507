//! [`Session`]: AWS's configuration and credentials, opened when first needed and opened anew once they fail.

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use aws_config::sts::AssumeRoleProvider;
use aws_config::{AppName, BehaviorVersion, ConfigLoader, Region, SdkConfig};
use aws_credential_types::Credentials;
use aws_credential_types::provider::error::CredentialsError;
use aws_credential_types::provider::{self, ProvideCredentials, SharedCredentialsProvider, future};
use aws_runtime::env_config::file::{EnvConfigFileKind, EnvConfigFiles};
use aws_sdk_eks::config::{IdentityCache, StalledStreamProtectionConfig};
use aws_smithy_types::retry::RetryConfig;
use aws_smithy_types::timeout::TimeoutConfig;
use tokio::sync::Mutex;

use super::connector::Connector;
use super::fault;
use super::gate::Bounds;
use super::trust::Bundle;
use crate::api::Error;
use crate::config::Eks as EksSettings;
use crate::domain::{FailureKind, Timestamp};

/// How long a connection may take to stand.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// How long an answer may take.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(20);
/// How long the credentials may take, whoever gives them.
const CREDENTIALS_TIMEOUT: Duration = Duration::from_secs(20);
/// Credentials with less life left than this are replaced.
const CREDENTIALS_MARGIN: Duration = Duration::from_mins(5);

/// One way to AWS.
#[derive(Debug)]
pub(super) struct Session {
    settings: EksSettings,
    bounds: Bounds,
    connector: Connector,
    open: Mutex<Option<Arc<Open>>>,
}

/// A way that is open.
#[derive(Debug)]
pub(super) struct Open {
    /// AWS's own client.
    pub(super) eks: aws_sdk_eks::Client,
    /// The region that is asked.
    pub(super) region: String,
    /// Another address than AWS's own for every service.
    pub(super) endpoint: Option<String>,
    /// The credentials.
    pub(super) keys: Keys,
}

impl Session {
    /// A way that reads nothing until it is used.
    pub(super) fn new(settings: EksSettings, bounds: Bounds, connector: Connector) -> Session {
        Session { settings, bounds, connector, open: Mutex::new(None) }
    }

    /// The profile that the configuration names.
    pub(super) fn profile(&self) -> Option<&str> {
        self.settings.profile.as_deref()
    }

    /// The open way. Reads AWS's files where it is not open yet: not for the interface's task.
    pub(super) async fn open(&self) -> Result<Arc<Open>, Error> {
        let mut open = self.open.lock().await;
        if let Some(open) = &*open {
            return Ok(Arc::clone(open));
        }
        let fresh = Arc::new(self.load().await?);
        *open = Some(Arc::clone(&fresh));
        Ok(fresh)
    }

    /// Closes the way where its credentials were refused, so that they are read again: AWS's library reads its files
    /// once and then never more.
    pub(super) async fn note(&self, error: &Error) {
        let stale = [FailureKind::TokenExpired, FailureKind::TokenInvalid];
        if stale.contains(&error.kind) {
            *self.open.lock().await = None;
        }
    }

    async fn load(&self) -> Result<Open, Error> {
        self.settle_trust().await?;
        let config = self.loader().load().await;
        let Some(region) = config.region().cloned() else {
            return Err(fault::plain(FailureKind::Other, "no AWS region is known")
                .hinting("set region in the cluster's eks table, or in the AWS profile"));
        };
        let keys = Keys::new(self.provider(&config).await, self.connector.clone());
        let of_eks = aws_sdk_eks::config::Builder::from(&config)
            .credentials_provider(keys.clone())
            .identity_cache(IdentityCache::no_cache());
        Ok(Open {
            eks: aws_sdk_eks::Client::from_conf(of_eks.build()),
            region: region.to_string(),
            endpoint: config.endpoint_url().map(str::to_owned),
            keys,
        })
    }

    /// Has the certificates trusted that AWS's own tools would trust; before anything is asked, credentials too.
    async fn settle_trust(&self) -> Result<(), Error> {
        let (env, files) = (self.connector.env(), self.files());
        let bundle = Bundle::find(env, self.bounds, &files, self.profile()).await;
        let trusted = self.connector.trust(bundle.as_ref().map(|one| one.path.as_path())).await;
        trusted.map_err(|error| match &bundle {
            Some(bundle) => bundle.at_fault(error),
            None => error,
        })
    }

    /// What is asked of AWS's usual places, and of the environment unless the platform is a simulated one.
    fn loader(&self) -> ConfigLoader {
        let EksSettings { region, profile, endpoint_url, .. } = &self.settings;
        let timeouts = TimeoutConfig::builder()
            .connect_timeout(CONNECT_TIMEOUT)
            .read_timeout(ANSWER_TIMEOUT)
            .operation_timeout(ANSWER_TIMEOUT + CREDENTIALS_TIMEOUT);
        let mut loader = aws_config::defaults(BehaviorVersion::latest())
            .http_client(self.connector.clone())
            // The feed asks again at its own rhythm, which obeys AWS's word.
            .retry_config(RetryConfig::disabled())
            .timeout_config(timeouts.build())
            .stalled_stream_protection(StalledStreamProtectionConfig::disabled());
        if let Ok(name) = AppName::new(env!("CARGO_PKG_NAME")) {
            loader = loader.app_name(name);
        }
        if let Some(region) = region {
            loader = loader.region(Region::new(region.clone()));
        }
        if let Some(profile) = profile {
            loader = loader.profile_name(profile);
        }
        if let Some(url) = endpoint_url {
            loader = loader.endpoint_url(url.as_str().trim_end_matches('/'));
        }
        if self.bounds == Bounds::Loopback {
            loader = loader.empty_test_environment();
        }
        loader.profile_files(self.files())
    }

    /// AWS's files: the named ones, or else the usual ones; of a simulated platform the named ones alone.
    fn files(&self) -> EnvConfigFiles {
        let EksSettings { config_file, credentials_file, .. } = &self.settings;
        let mut files = EnvConfigFiles::builder();
        files = match config_file {
            Some(path) => files.with_file(EnvConfigFileKind::Config, path),
            // One file there must be.
            None if self.bounds == Bounds::Loopback => {
                files.with_contents(EnvConfigFileKind::Config, "")
            }
            None => files.include_default_config_file(true),
        };
        files = match credentials_file {
            Some(path) => files.with_file(EnvConfigFileKind::Credentials, path),
            None => files.include_default_credentials_file(self.bounds == Bounds::Anywhere),
        };
        files.build()
    }

    /// The usual chain, and on top of it the role to assume.
    async fn provider(&self, config: &SdkConfig) -> Option<SharedCredentialsProvider> {
        let Some(role) = &self.settings.role_arn else { return config.credentials_provider() };
        let role = AssumeRoleProvider::builder(role)
            .configure(config)
            .session_name(env!("CARGO_PKG_NAME"));
        Some(SharedCredentialsProvider::new(role.build().await))
    }
}

/// Credentials, kept while they live. Cheap to clone.
#[derive(Clone)]
pub(super) struct Keys(Arc<Kept>);

struct Kept {
    provider: Option<SharedCredentialsProvider>,
    connector: Connector,
    held: Mutex<Option<Credentials>>,
}

impl Keys {
    fn new(provider: Option<SharedCredentialsProvider>, connector: Connector) -> Keys {
        Keys(Arc::new(Kept { provider, connector, held: Mutex::new(None) }))
    }

    /// The credentials of now.
    pub(super) async fn current(&self) -> provider::Result {
        let mut held = self.0.held.lock().await;
        if let Some(keys) = held.as_ref().filter(|keys| lives(keys, self.0.connector.now())) {
            return Ok(keys.clone());
        }
        let Some(provider) = &self.0.provider else {
            return Err(CredentialsError::not_loaded_no_source());
        };
        let asked = tokio::time::timeout(CREDENTIALS_TIMEOUT, provider.provide_credentials());
        let fresh = asked
            .await
            .map_err(|_| CredentialsError::provider_timed_out(CREDENTIALS_TIMEOUT))??;
        *held = Some(fresh.clone());
        Ok(fresh)
    }
}

/// Whether credentials still live for a while.
fn lives(keys: &Credentials, now: Timestamp) -> bool {
    keys.expiry().is_none_or(|end| end > SystemTime::from(now) + CREDENTIALS_MARGIN)
}

impl ProvideCredentials for Keys {
    fn provide_credentials<'a>(&'a self) -> future::ProvideCredentials<'a>
    where
        Self: 'a,
    {
        future::ProvideCredentials::new(self.current())
    }
}

impl fmt::Debug for Keys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Keys")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::pipeline::fixture::at;

    #[test]
    fn credentials_are_replaced_five_minutes_before_their_end() {
        let ending = |second| {
            Credentials::new("id", "secret", None, Some(SystemTime::from(at(second))), "test")
        };
        assert!(lives(&ending(301), at(0)));
        assert!(!lives(&ending(300), at(0)));
        assert!(lives(&Credentials::new("id", "secret", None, None, "test"), at(0)));
    }
}
