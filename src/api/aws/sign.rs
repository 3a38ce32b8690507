//! [`Signer`]: AWS's signature for a request to a service that we address ourselves, such as its Prometheus.

use std::fmt;
use std::time::SystemTime;

use aws_sigv4::http_request::{SignableBody, SignableRequest, SigningSettings, sign};
use aws_sigv4::sign::v4;
use http::header::HOST;
use http::{HeaderName, HeaderValue, Method};
use url::Url;

use super::connector::Connector;
use super::fault::{self, Asked};
use super::gate::Bounds;
use super::session::Session;
use crate::api::{Error, Wiring};
use crate::config::Eks as EksSettings;
use crate::domain::{FailureKind, Timestamp};

/// Signs requests of one service in one region with the credentials that AWS's own tools would use.
pub(in crate::api) struct Signer {
    service: &'static str,
    region: String,
    session: Session,
    connector: Connector,
}

impl Signer {
    /// A signer that reads no credentials until it is used.
    pub(in crate::api) fn new(
        service: &'static str,
        region: &str,
        bounds: Bounds,
        wiring: Wiring,
    ) -> Signer {
        let connector = Connector::new(bounds, wiring);
        let settings = EksSettings {
            name: String::new(),
            region: Some(region.to_owned()),
            profile: None,
            role_arn: None,
            endpoint_url: None,
            config_file: None,
            credentials_file: None,
        };
        let session = Session::new(settings, bounds, connector.clone());
        Signer { service, region: region.to_owned(), session, connector }
    }

    /// The headers that make a request a signed one: its whole address, its body and the headers named are signed.
    pub(in crate::api) async fn sign(
        &self,
        method: &Method,
        url: &Url,
        headers: &[(&str, &str)],
        body: &[u8],
    ) -> Result<Vec<(HeaderName, HeaderValue)>, Error> {
        let open = self.session.open().await?;
        let asked = Asked { action: "aps:QueryMetrics", profile: None, now: self.connector.now() };
        let keys = open.keys.current().await.map_err(|error| fault::of_credentials(&error, asked));
        signed((self.service, &self.region), (method, url, headers, body), keys?, asked.now)
    }

    /// Has the credentials read anew where the signature was refused.
    pub(in crate::api) async fn note(&self, error: &Error) {
        self.session.note(error).await;
    }
}

impl fmt::Debug for Signer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Signer").field("service", &self.service).finish_non_exhaustive()
    }
}

/// A request as it is signed: method, address, headers, body.
type Unsigned<'a> = (&'a Method, &'a Url, &'a [(&'a str, &'a str)], &'a [u8]);

fn signed(
    (service, region): (&str, &str),
    (method, url, headers, body): Unsigned<'_>,
    keys: aws_credential_types::Credentials,
    now: Timestamp,
) -> Result<Vec<(HeaderName, HeaderValue)>, Error> {
    let unsignable = || fault::plain(FailureKind::Other, "the request cannot be signed");
    let identity = keys.into();
    let params = v4::SigningParams::builder()
        .identity(&identity)
        .region(region)
        .name(service)
        .time(SystemTime::from(now))
        .settings(SigningSettings::default())
        .build()
        .map_err(|_| unsignable())?
        .into();
    let request = SignableRequest::new(
        method.as_str(),
        url.as_str(),
        headers.iter().copied(),
        SignableBody::Bytes(body),
    );
    let (made, _) =
        sign(request.map_err(|_| unsignable())?, &params).map_err(|_| unsignable())?.into_parts();
    let mut made_of = Vec::new();
    for header in made.into_parts().0 {
        let name = HeaderName::from_static(header.name());
        if name == HOST {
            continue;
        }
        let mut value = HeaderValue::from_str(header.value()).map_err(|_| unsignable())?;
        // The signer marks the session's token alone; no log needs any of them.
        value.set_sensitive(true);
        made_of.push((name, value));
    }
    Ok(made_of)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What a request is signed with.
    fn headers(url: &str, body: &[u8]) -> Vec<(String, String)> {
        let keys = aws_credential_types::Credentials::new(
            "AKIDEXAMPLE",
            "secret",
            Some("session".to_owned()),
            None,
            "test",
        );
        let url = Url::parse(url).unwrap();
        let now = "2026-01-12T10:00:00Z".parse().unwrap();
        let made =
            signed(("aps", "eu-west-1"), (&Method::POST, &url, &[], body), keys, now).unwrap();
        made.iter()
            .map(|(name, value)| (name.to_string(), value.to_str().unwrap().to_owned()))
            .collect()
    }

    fn authorization(url: &str, body: &[u8]) -> String {
        headers(url, body).into_iter().find(|one| one.0 == "authorization").unwrap().1
    }

    const URL: &str = "https://aps-workspaces.eu-west-1.amazonaws.com/workspaces/ws-1/api/v1/query";

    #[test]
    fn the_service_is_aps_and_a_session_brings_its_token() {
        let scope = "Credential=AKIDEXAMPLE/20260112/eu-west-1/aps/aws4_request";
        assert!(authorization(URL, b"query=up").contains(scope));
        assert!(
            headers(URL, b"")
                .iter()
                .any(|one| *one == ("x-amz-security-token".to_owned(), "session".to_owned()))
        );
    }

    #[test]
    fn the_query_and_the_body_are_signed() {
        let plain = authorization(URL, b"query=up");
        assert_ne!(plain, authorization(URL, b"query=down"));
        assert_ne!(plain, authorization(&format!("{URL}?query=up"), b"query=up"));
    }

    #[test]
    fn a_signature_is_not_shown() {
        let keys = aws_credential_types::Credentials::new("id", "secret", None, None, "test");
        let url = Url::parse(URL).unwrap();
        let now = "2026-01-12T10:00:00Z".parse().unwrap();
        let made = signed(("aps", "eu-west-1"), (&Method::GET, &url, &[], b""), keys, now).unwrap();
        assert!(made.iter().all(|(_, value)| value.is_sensitive()));
    }
}
