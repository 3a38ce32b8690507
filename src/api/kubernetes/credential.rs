//! [`Credential`]: who we are for a cluster; the token is read again before it ends.

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use http::HeaderValue;
use secrecy::{ExposeSecret, SecretString};
use tokio::time::Instant;

use super::access::Access;
use super::exec::Plugin;
use crate::api::{Error, Wiring};
use crate::domain::FailureKind;

/// How long a token that lies in a file is believed to be the same.
const FILE_KEPT: Duration = Duration::from_mins(1);

/// Who we are.
pub(super) enum Credential {
    /// A client certificate, a user's name and password, or nobody: the client itself knows.
    None,
    /// A token that stands in the kubeconfig.
    Token(SecretString),
    /// A token in a file that somebody else renews.
    File(PathBuf, Kept),
    /// A token that a plugin gives.
    Plugin(Box<Plugin>, Wiring, Kept),
    /// A token that another platform gives.
    Access(Arc<dyn Access>),
}

/// A token that was read, and until when it is used.
pub(super) type Kept = tokio::sync::Mutex<Option<(SecretString, Instant)>>;

impl Credential {
    /// The header that says who we are.
    pub(super) async fn header(&self) -> Result<Option<HeaderValue>, Error> {
        let token = match self {
            Credential::None => return Ok(None),
            Credential::Token(token) => token.clone(),
            Credential::File(path, kept) => from_file(path, kept).await?,
            Credential::Plugin(plugin, wiring, kept) => from_plugin(plugin, wiring, kept).await?,
            Credential::Access(access) => access.token().await?,
        };
        bearer(&token).map(Some)
    }

    /// What to do when the server refuses it.
    pub(super) fn cure(&self) -> &'static str {
        match self {
            Credential::None => {
                "check the user of this context in the kubeconfig: its certificate may have ended; it is read again by itself"
            }
            Credential::Token(_) => {
                "put a valid token into the kubeconfig's user; it is read again by itself"
            }
            Credential::File(..) => {
                "the file with the service account's token holds one that is refused; it is read again by itself"
            }
            Credential::Plugin(..) => {
                "log in again where the kubeconfig's exec plugin gets its token (for EKS: aws sso login); it is run again by itself"
            }
            Credential::Access(_) => {
                "the role or user in AWS needs an access entry of this EKS cluster (aws eks list-access-entries)"
            }
        }
    }
}

impl fmt::Debug for Credential {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Credential")
    }
}

async fn from_file(path: &PathBuf, kept: &Kept) -> Result<SecretString, Error> {
    let mut kept = kept.lock().await;
    if let Some((token, until)) = &*kept
        && Instant::now() < *until
    {
        return Ok(token.clone());
    }
    let read = tokio::fs::read_to_string(path).await;
    let token = match (read, &*kept) {
        (Ok(text), _) => SecretString::from(text.trim().to_owned()),
        // A file that is away for a moment does not make the last token wrong.
        (Err(_), Some((token, _))) => token.clone(),
        (Err(error), None) => {
            let why = format!("the token's file {} cannot be read: {error}", path.display());
            return Err(Error {
                hint: "check the tokenFile of the kubeconfig's user, and who may read it",
                ..Error::new(FailureKind::TokenInvalid, why)
            });
        }
    };
    *kept = Some((token.clone(), Instant::now() + FILE_KEPT));
    Ok(token)
}

async fn from_plugin(plugin: &Plugin, wiring: &Wiring, kept: &Kept) -> Result<SecretString, Error> {
    let mut kept = kept.lock().await;
    if let Some((token, until)) = &*kept
        && Instant::now() < *until
    {
        return Ok(token.clone());
    }
    let issued = plugin.run().await?;
    let Some(token) = issued.token.clone() else { return Err(plugin.gave_nothing()) };
    *kept = Some((token.clone(), Instant::now() + issued.lasts(wiring.now())));
    Ok(token)
}

/// The header with a token, marked as a secret.
fn bearer(token: &SecretString) -> Result<HeaderValue, Error> {
    let header = HeaderValue::from_str(&format!("Bearer {}", token.expose_secret()));
    let mut header = header.map_err(|_| {
        Error::new(FailureKind::TokenInvalid, "the token has characters that no header can carry")
    })?;
    header.set_sensitive(true);
    Ok(header)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_token_is_sent_as_a_bearer_and_marked_as_a_secret() {
        let header = Credential::Token(SecretString::from("t-1")).header().await.unwrap().unwrap();
        assert_eq!(header.to_str().unwrap(), "Bearer t-1");
        assert!(header.is_sensitive());
        assert!(!format!("{header:?}").contains("t-1"));
    }

    #[tokio::test]
    async fn a_file_that_is_away_for_a_moment_does_not_lose_the_token() {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), "t-2\n").unwrap();
        let credential = Credential::File(file.path().to_owned(), Kept::default());
        assert!(credential.header().await.is_ok());
        let Credential::File(_, kept) = &credential else { unreachable!() };
        kept.lock().await.as_mut().unwrap().1 = Instant::now();
        drop(file);
        assert_eq!(credential.header().await.unwrap().unwrap(), "Bearer t-2");
    }

    #[tokio::test]
    async fn a_token_that_no_header_can_carry_is_no_secret_in_the_error() {
        let error = Credential::Token(SecretString::from("a\nb")).header().await.unwrap_err();
        assert_eq!(error.kind, FailureKind::TokenInvalid);
        assert!(!error.to_string().contains("a\nb"));
    }
}
