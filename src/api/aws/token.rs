//! The token that EKS's Kubernetes API takes: a signed question to STS who we are, which the cluster puts in our place.
//! Made here, without the network.

use std::time::{Duration, SystemTime};

use aws_credential_types::Credentials;
use aws_sigv4::http_request::{
    SignableBody, SignableRequest, SignatureLocation, SigningSettings, sign,
};
use aws_sigv4::sign::v4;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use secrecy::SecretString;
use url::Url;

use super::fault;
use super::gate::STS_VERSION;
use crate::api::Error;
use crate::domain::{FailureKind, Timestamp};

/// What such tokens begin with.
const PREFIX: &str = "k8s-aws-v1.";
/// The header that binds a token to one cluster.
const CLUSTER_HEADER: &str = "x-k8s-aws-id";
/// How long STS accepts the question, in which EKS takes no interest but that it be short.
const EXPIRES_IN: Duration = Duration::from_mins(1);
/// EKS accepts a token for fifteen minutes; it is renewed well before.
const RENEWED_AFTER: jiff::SignedDuration = jiff::SignedDuration::from_mins(13);

/// A token and when it is replaced.
#[derive(Debug, Clone)]
pub(super) struct Token {
    /// The token.
    pub(super) secret: SecretString,
    /// From here on a new one is made.
    renew_at: Timestamp,
}

impl Token {
    /// Makes the token of a cluster; `sts` is the address of STS in the region.
    pub(super) fn make(
        cluster: &str,
        (sts, region): (&Url, &str),
        keys: Credentials,
        now: Timestamp,
    ) -> Result<Token, Error> {
        let ends = keys.expiry().and_then(|end| Timestamp::try_from(end).ok());
        let url = presigned(cluster, (sts, region), keys, now)?;
        let secret =
            SecretString::from(format!("{PREFIX}{}", URL_SAFE_NO_PAD.encode(url.as_str())));
        let renew_at = now.checked_add(RENEWED_AFTER).unwrap_or(now);
        Ok(Token { secret, renew_at: ends.map_or(renew_at, |ends| ends.min(renew_at)) })
    }

    /// Whether it still lives at `now`.
    pub(super) fn lives(&self, now: Timestamp) -> bool {
        now < self.renew_at
    }
}

/// The question, signed in its address.
fn presigned(
    cluster: &str,
    (sts, region): (&Url, &str),
    keys: Credentials,
    now: Timestamp,
) -> Result<Url, Error> {
    let unsignable = || fault::plain(FailureKind::Other, "the cluster's token cannot be signed");
    let mut url = sts.clone();
    url.query_pairs_mut()
        .append_pair("Action", "GetCallerIdentity")
        .append_pair("Version", STS_VERSION);
    let mut settings = SigningSettings::default();
    settings.signature_location = SignatureLocation::QueryParams;
    settings.expires_in = Some(EXPIRES_IN);
    let identity = keys.into();
    let params = v4::SigningParams::builder()
        .identity(&identity)
        .region(region)
        .name("sts")
        .time(SystemTime::from(now))
        .settings(settings)
        .build()
        .map_err(|_| unsignable())?
        .into();
    let asked = url.to_string();
    let headers = [(CLUSTER_HEADER, cluster)].into_iter();
    let request = SignableRequest::new("GET", asked, headers, SignableBody::empty());
    let (signature, _) =
        sign(request.map_err(|_| unsignable())?, &params).map_err(|_| unsignable())?.into_parts();
    for (name, value) in signature.params() {
        url.query_pairs_mut().append_pair(name, value);
    }
    Ok(url)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use secrecy::ExposeSecret;

    use super::*;

    fn at(instant: &str) -> Timestamp {
        instant.parse().unwrap()
    }

    fn keys(session: Option<&str>) -> Credentials {
        let secret = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";
        Credentials::new("AKIDEXAMPLE", secret, session.map(str::to_owned), None, "test")
    }

    fn token(session: Option<&str>) -> Token {
        let sts = Url::parse("https://sts.eu-west-1.amazonaws.com/").unwrap();
        let now = at("2026-01-12T10:00:00Z");
        Token::make("ci-prod", (&sts, "eu-west-1"), keys(session), now).unwrap()
    }

    fn url(token: &Token) -> Url {
        let encoded = token.secret.expose_secret().strip_prefix("k8s-aws-v1.").unwrap();
        let decoded = URL_SAFE_NO_PAD.decode(encoded).unwrap();
        Url::parse(&String::from_utf8(decoded).unwrap()).unwrap()
    }

    fn parameters(url: &Url) -> BTreeMap<String, String> {
        url.query_pairs().into_owned().collect()
    }

    #[test]
    fn a_token_is_a_question_to_sts_that_lives_a_minute() {
        let url = url(&token(None));
        let mut parameters = parameters(&url);
        assert_eq!(parameters.remove("X-Amz-Signature").map(|one| one.len()), Some(64));
        let expected = [
            ("Action", "GetCallerIdentity"),
            ("Version", "2011-06-15"),
            ("X-Amz-Algorithm", "AWS4-HMAC-SHA256"),
            ("X-Amz-Credential", "AKIDEXAMPLE/20260112/eu-west-1/sts/aws4_request"),
            ("X-Amz-Date", "20260112T100000Z"),
            ("X-Amz-Expires", "60"),
            ("X-Amz-SignedHeaders", "host;x-k8s-aws-id"),
        ];
        let expected = expected.map(|(name, value)| (name.to_owned(), value.to_owned()));
        assert_eq!(parameters, BTreeMap::from(expected));
        assert_eq!(url.host_str(), Some("sts.eu-west-1.amazonaws.com"));
    }

    /// The signatures of AWS's own Python library (botocore) for the same question, keys and instant.
    #[test]
    fn its_signature_is_the_one_that_aws_makes() {
        let signature = |session| parameters(&url(&token(session))).remove("X-Amz-Signature");
        let plain = "9ed5b419f3e2bffb7525dc2b50bab67b8cd3b920d00d6f9e2b43629cac38ad42";
        let with_session = "735349f61804812c32c72d66e1376adcf6c343c7d8003e319df9489231bdcc48";
        assert_eq!(signature(None).as_deref(), Some(plain));
        assert_eq!(signature(Some("se/ssion+token==")).as_deref(), Some(with_session));
    }

    #[test]
    fn temporary_credentials_bring_their_own_token() {
        let parameters = parameters(&url(&token(Some("session"))));
        assert_eq!(parameters.get("X-Amz-Security-Token").map(String::as_str), Some("session"));
    }

    #[test]
    fn a_token_has_no_padding() {
        assert!(!token(Some("s")).secret.expose_secret().contains('='));
    }

    #[test]
    fn a_token_is_replaced_before_fourteen_minutes() {
        let token = token(None);
        assert!(token.lives(at("2026-01-12T10:12:59Z")));
        assert!(!token.lives(at("2026-01-12T10:13:00Z")));
    }

    #[test]
    fn a_token_never_outlives_its_credentials() {
        let sts = Url::parse("https://sts.eu-west-1.amazonaws.com/").unwrap();
        let now = at("2026-01-12T10:00:00Z");
        let ends = SystemTime::from(at("2026-01-12T10:05:00Z"));
        let keys = Credentials::new("id", "secret", None, Some(ends), "test");
        let token = Token::make("ci-prod", (&sts, "eu-west-1"), keys, now).unwrap();
        assert!(token.lives(at("2026-01-12T10:04:59Z")));
        assert!(!token.lives(at("2026-01-12T10:05:00Z")));
    }

    #[test]
    fn a_token_is_not_shown() {
        assert!(!format!("{:?}", token(None)).contains("k8s-aws-v1"));
    }
}
