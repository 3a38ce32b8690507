//! [`Wiring`]: what only the running program can supply, the clock and the way to read a secret.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use secrecy::SecretString;

use crate::config::SecretSource;
use crate::domain::Timestamp;

/// Tells the time.
pub type Clock = Arc<dyn Fn() -> Timestamp + Send + Sync>;

/// A secret on its way; the error is one line that names the source and never the secret.
pub type SecretFuture = Pin<Box<dyn Future<Output = Result<SecretString, String>> + Send>>;

/// Reads a secret from where the configuration says it is.
pub type Secrets = Arc<dyn Fn(SecretSource) -> SecretFuture + Send + Sync>;

/// What only the running program can supply.
#[derive(Clone)]
pub struct Wiring {
    /// Tells the time.
    pub clock: Clock,
    /// Reads secrets.
    pub secrets: Secrets,
}

impl Wiring {
    /// A wiring that reads secrets as the configuration does, off the asynchronous tasks; `env` looks a variable up.
    pub fn new(
        clock: impl Fn() -> Timestamp + Send + Sync + 'static,
        env: impl Fn(&str) -> Option<String> + Send + Sync + 'static,
    ) -> Wiring {
        let env = Arc::new(env);
        let secrets = move |source: SecretSource| -> SecretFuture {
            let env = Arc::clone(&env);
            Box::pin(async move {
                let read = tokio::task::spawn_blocking(move || source.resolve(&*env));
                let read = read.await.map_err(|_| "reading it was broken off".to_owned())?;
                read.map_err(|error| format!("{error}; {}", error.hint()))
            })
        };
        Wiring { clock: Arc::new(clock), secrets: Arc::new(secrets) }
    }

    /// The present instant.
    pub fn now(&self) -> Timestamp {
        (self.clock)()
    }
}

impl fmt::Debug for Wiring {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Wiring")
    }
}
