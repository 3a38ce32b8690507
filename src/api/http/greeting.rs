//! [`Greeting`]: how Prometheus and Alertmanager are greeted: not at all, by a secret, or by a signature.

use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::header::{AUTHORIZATION, CONTENT_TYPE};
use http::{HeaderName, HeaderValue, Method};
use secrecy::{ExposeSecret, SecretString};
use tokio::sync::Mutex;
use url::Url;

use crate::api::aws::{Bounds, Signer};
use crate::api::{Error, Wiring};
use crate::config::{Auth, SecretSource};
use crate::domain::FailureKind;

/// How a server is greeted. Reads no secret until it is first used.
pub struct Greeting {
    how: How,
    wiring: Wiring,
    secret: Mutex<Option<SecretString>>,
}

enum How {
    Silent,
    Bearer(SecretSource),
    Basic(String, SecretSource),
    Signed(Box<Signer>),
}

impl Greeting {
    /// A greeting as the configuration says.
    pub fn new(auth: &Auth, bounds: Bounds, wiring: &Wiring) -> Greeting {
        let how = match auth {
            Auth::None => How::Silent,
            Auth::Bearer(secret) => How::Bearer(secret.clone()),
            Auth::Basic { username, password } => How::Basic(username.clone(), password.clone()),
            Auth::SigV4 { region } => {
                How::Signed(Box::new(Signer::new("aps", region, bounds, wiring.clone())))
            }
        };
        Greeting { how, wiring: wiring.clone(), secret: Mutex::new(None) }
    }

    /// The headers that say who asks; `kind` is the content type of the body that a POST has.
    ///
    /// # Errors
    /// Why the secret cannot be read or sent, or the request not be signed.
    pub async fn words(
        &self,
        method: &Method,
        url: &Url,
        (kind, body): (&str, &[u8]),
    ) -> Result<Vec<(HeaderName, HeaderValue)>, Error> {
        let word = match &self.how {
            How::Silent => return Ok(Vec::new()),
            How::Signed(signer) => {
                let typed = [(CONTENT_TYPE.as_str(), kind)];
                let covered: &[_] = if *method == Method::POST { &typed } else { &[] };
                return signer.sign(method, url, covered, body).await;
            }
            How::Bearer(source) => format!("Bearer {}", self.secret(source).await?.trim()),
            How::Basic(user, source) => {
                let both = format!("{user}:{}", self.secret(source).await?.trim_end_matches('\n'));
                format!("Basic {}", STANDARD.encode(both))
            }
        };
        let mut value = HeaderValue::from_str(&word).map_err(|_| {
            Error::new(FailureKind::TokenInvalid, "the secret holds characters that no header has")
        })?;
        value.set_sensitive(true);
        Ok(vec![(AUTHORIZATION, value)])
    }

    /// Forgets the secret that the server refused, so that it is read anew.
    pub async fn forget(&self) {
        *self.secret.lock().await = None;
        if let How::Signed(signer) = &self.how {
            signer.note(&Error::new(FailureKind::TokenInvalid, "")).await;
        }
    }

    /// The secret, read when first needed.
    async fn secret(&self, source: &SecretSource) -> Result<String, Error> {
        let mut held = self.secret.lock().await;
        if held.is_none() {
            let read = (self.wiring.secrets)(source.clone()).await;
            *held = Some(read.map_err(|why| {
                Error::new(FailureKind::TokenInvalid, format!("the secret cannot be read: {why}"))
            })?);
        }
        Ok(held.as_ref().map(ExposeSecret::expose_secret).unwrap_or_default().to_owned())
    }
}

impl fmt::Debug for Greeting {
    /// Without the secret.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Greeting")
    }
}
