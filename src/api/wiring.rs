//! [`Wiring`]: what only the running program can supply: the clock, the environment, the way to read a secret.

use std::fmt;
use std::future::Future;
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use secrecy::SecretString;

use super::shelf::{NoShelf, Shelf};
use crate::config::SecretSource;
use crate::domain::Timestamp;

/// Tells the time.
pub type Clock = Arc<dyn Fn() -> Timestamp + Send + Sync>;

/// A secret on its way; the error is one line that names the source and never the secret.
pub type SecretFuture = Pin<Box<dyn Future<Output = Result<SecretString, String>> + Send>>;

/// Reads a secret from where the configuration says it is.
pub type Secrets = Arc<dyn Fn(SecretSource) -> SecretFuture + Send + Sync>;

/// Looks a variable of the environment up.
pub type Env = Arc<dyn Fn(&str) -> Option<String> + Send + Sync>;

/// A stream that says nothing for so long is given up: a little before what it brought is old.
const SILENCE: Duration = Duration::from_secs(75);

/// What only the running program can supply.
#[derive(Clone)]
pub struct Wiring {
    /// Tells the time.
    pub clock: Clock,
    /// Reads secrets.
    pub secrets: Secrets,
    /// Looks variables up.
    pub env: Env,
    /// The folder that a pod's own files lie under; the file system's root unless said otherwise.
    pub root: PathBuf,
    /// How long a stream may say nothing; 75 seconds unless said otherwise.
    pub silence: Duration,
    /// Where readings that take hours lie between runs; nowhere unless said otherwise.
    pub shelf: Arc<dyn Shelf>,
}

impl Wiring {
    /// A wiring that reads secrets as the configuration does, off the asynchronous tasks; `env` looks a variable up.
    pub fn new(
        clock: impl Fn() -> Timestamp + Send + Sync + 'static,
        env: impl Fn(&str) -> Option<String> + Send + Sync + 'static,
    ) -> Wiring {
        let env: Env = Arc::new(env);
        let shared = Arc::clone(&env);
        let secrets = move |source: SecretSource| -> SecretFuture {
            let env = Arc::clone(&shared);
            Box::pin(async move {
                let read = tokio::task::spawn_blocking(move || source.resolve(&*env));
                let read = read.await.map_err(|_| "reading it was broken off".to_owned())?;
                read.map_err(|error| format!("{error}; {}", error.hint()))
            })
        };
        let (root, silence) = (Path::new("/").to_owned(), SILENCE);
        let shelf = Arc::new(NoShelf);
        Wiring { clock: Arc::new(clock), secrets: Arc::new(secrets), env, root, silence, shelf }
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
