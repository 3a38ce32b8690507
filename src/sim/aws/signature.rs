//! Signatures: whether a request carries one of the simulated key. The signature itself is not computed.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http::HeaderMap;
use url::Url;

use super::Keys;
use super::error::Wrong;
use crate::sim::clock::{self, Millis};

/// What a token of EKS begins with.
const TOKEN_PREFIX: &str = "k8s-aws-v1.";
/// EKS takes a token for fifteen minutes after its signing.
const TOKEN_LIFE: Millis = 15 * 60_000;
/// A signature may be five minutes from the server's clock.
const SKEW: Millis = 5 * 60_000;

/// Refuses a request that nobody known has signed.
pub(super) fn check(
    keys: &Keys,
    headers: &HeaderMap,
    query: &[(String, String)],
) -> Result<(), Wrong> {
    let header = headers.get("authorization").and_then(|value| value.to_str().ok());
    let signed = header.is_some_and(|value| {
        value.starts_with("AWS4-HMAC-SHA256 ")
            && value.contains("SignedHeaders=")
            && value.contains("Signature=")
    });
    let scope = match header.filter(|_| signed) {
        Some(value) => value.split_once("Credential=").map(|(_, rest)| rest),
        None => parameter(query, "X-Amz-Credential")
            .filter(|_| parameter(query, "X-Amz-Signature").is_some()),
    };
    let Some(scope) = scope else { return Err(Wrong::Unsigned) };
    let access = scope.split('/').next().unwrap_or_default();
    if keys.knows(access) { Ok(()) } else { Err(Wrong::UnknownKey) }
}

/// Whether a bearer token is one of EKS for a cluster: a presigned request of STS by a known key.
pub(crate) fn is_token_of(keys: &Keys, token: &str, now: Millis) -> bool {
    let url = token
        .strip_prefix(TOKEN_PREFIX)
        .and_then(|text| URL_SAFE_NO_PAD.decode(text.trim_end_matches('=')).ok())
        .and_then(|bytes| String::from_utf8(bytes).ok())
        .and_then(|text| Url::parse(&text).ok());
    let Some(url) = url else { return false };
    let query: Vec<(String, String)> = url.query_pairs().into_owned().collect();
    let get = |name: &str| parameter(&query, name);
    let access = get("X-Amz-Credential").and_then(|scope| scope.split('/').next());
    let signed = get("X-Amz-SignedHeaders").unwrap_or_default();
    let at = get("X-Amz-Date").and_then(instant);
    get("Action") == Some("GetCallerIdentity")
        && get("X-Amz-Signature").is_some()
        && access.is_some_and(|access| keys.knows(access))
        && signed.split(';').any(|name| name == "x-k8s-aws-id")
        && at.is_some_and(|at| at - SKEW <= now && now < at + TOKEN_LIFE)
}

/// The instant of `20260101T120000Z`.
fn instant(text: &str) -> Option<Millis> {
    let date = |from: usize, to: usize| text.get(from..to);
    let (year, month, day) = (date(0, 4)?, date(4, 6)?, date(6, 8)?);
    let (hour, minute, second) = (date(9, 11)?, date(11, 13)?, date(13, 15)?);
    clock::parse(&format!("{year}-{month}-{day}T{hour}:{minute}:{second}Z"))
}

fn parameter<'a>(query: &'a [(String, String)], name: &str) -> Option<&'a str> {
    query.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Millis = 1_767_268_800_000;

    fn token(keys: &Keys, date: &str, signed: &str) -> String {
        let url = format!(
            "https://sts.eu-west-1.amazonaws.com/?Action=GetCallerIdentity&Version=2011-06-15&X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential={}%2F20260101%2Feu-west-1%2Fsts%2Faws4_request&X-Amz-Date={date}&X-Amz-Expires=60&X-Amz-SignedHeaders={signed}&X-Amz-Signature=00",
            keys.access
        );
        format!("{TOKEN_PREFIX}{}", URL_SAFE_NO_PAD.encode(url))
    }

    #[test]
    fn a_token_of_the_known_key_is_taken() {
        let keys = Keys::new(1);
        let token = token(&keys, "20260101T120000Z", "host%3Bx-k8s-aws-id");
        assert!(is_token_of(&keys, &token, NOW));
    }

    #[test]
    fn a_token_of_another_key_is_refused() {
        let token = token(&Keys::new(2), "20260101T120000Z", "host%3Bx-k8s-aws-id");
        assert!(!is_token_of(&Keys::new(1), &token, NOW));
    }

    #[test]
    fn a_token_of_no_cluster_is_refused() {
        let keys = Keys::new(1);
        assert!(!is_token_of(&keys, &token(&keys, "20260101T120000Z", "host"), NOW));
    }

    #[test]
    fn a_token_is_taken_for_fifteen_minutes() {
        let keys = Keys::new(1);
        let token = token(&keys, "20260101T120000Z", "host%3Bx-k8s-aws-id");
        assert!(is_token_of(&keys, &token, NOW + TOKEN_LIFE - 1));
        assert!(!is_token_of(&keys, &token, NOW + TOKEN_LIFE));
    }

    #[test]
    fn an_unsigned_request_is_told_so() {
        assert_eq!(check(&Keys::new(1), &HeaderMap::new(), &[]), Err(Wrong::Unsigned));
    }
}
