//! What went wrong on the way or in the answer, told apart because the cure differs.

use std::error::Error as StdError;

use http::StatusCode;
use serde::Deserialize;

use crate::api::Error;
use crate::domain::{FailureKind, Text};

/// The longest piece of a server's own words that an error repeats, characters.
const MAX_QUOTE: usize = 200;

/// A request that got no answer, or only the beginning of one.
pub(super) fn of_transport(error: &reqwest::Error) -> Error {
    let chain = chain(error);
    let kind = if error.is_timeout() {
        FailureKind::Timeout
    } else if is_tls(&chain) {
        FailureKind::Tls
    } else if error.is_dns() || chain.contains("dns error") || chain.contains("failed to lookup") {
        FailureKind::Dns
    } else if error.is_body() || error.is_decode() || is_cut(&chain) {
        FailureKind::CutBody
    } else if error.is_connect() || error.is_request() {
        FailureKind::Connect
    } else {
        FailureKind::Other
    };
    match kind {
        FailureKind::Timeout => Error::new(kind, "no answer in time"),
        FailureKind::CutBody => {
            Error::new(kind, format!("the answer ended early ({})", innermost(error)))
        }
        FailureKind::Tls => of_tls(&chain, innermost(error)),
        _ => Error::new(kind, innermost(error)),
    }
}

/// A certificate or a handshake that was not accepted: each has its own cure.
fn of_tls(chain: &str, said: String) -> Error {
    let tls = |message: &str| Error::new(FailureKind::Tls, message);
    if ["corrupt message", "invalidcontenttype"].iter().any(|word| chain.contains(word)) {
        let error = tls("what answers there speaks no TLS");
        return error
            .hinting("check the port and the scheme of the URL: https:// needs a TLS port");
    }
    if chain.contains("certificate expired") {
        let error = tls("the server's certificate has expired");
        return error
            .hinting("have the certificate renewed on the server; check this machine's clock");
    }
    if chain.contains("not valid yet") {
        let error = tls("the server's certificate is not valid yet");
        return error.hinting("check this machine's clock, then the certificate on the server");
    }
    if chain.contains("not valid for name") {
        let error = Error::new(FailureKind::Tls, said);
        return error.hinting("the certificate is another host's: check the host name in the URL");
    }
    Error::new(FailureKind::Tls, said)
}

/// The sign-in page in place of the API.
pub(super) fn sign_in() -> Error {
    Error::new(FailureKind::NotJson, "GitLab sent us to its sign-in page instead of answering")
}

/// Every cause, the outermost first, in lower case. The URL is no part of it.
fn chain(error: &reqwest::Error) -> String {
    let mut text = String::new();
    let mut cause: Option<&(dyn StdError + 'static)> = error.source();
    while let Some(inner) = cause {
        text.push_str(&inner.to_string().to_lowercase());
        text.push('\n');
        cause = inner.source();
    }
    text
}

/// The innermost cause, which is the one that tells.
pub(super) fn innermost(error: &reqwest::Error) -> String {
    let mut last: Option<&(dyn StdError + 'static)> = error.source();
    while let Some(inner) = last.and_then(StdError::source) {
        last = Some(inner);
    }
    let said = last.map_or_else(|| "the request failed".to_owned(), ToString::to_string);
    quote(&said)
}

/// Whether a chain of causes ends in TLS. The library's own error type is not ours to name.
fn is_tls(chain: &str) -> bool {
    ["certificate", "tls", "handshake", "fatal alert", "corrupt message"]
        .iter()
        .any(|word| chain.contains(word))
}

/// Whether the connection closed in the middle.
fn is_cut(chain: &str) -> bool {
    ["closed before message completed", "unexpected eof", "incomplete", "connection reset"]
        .iter()
        .any(|word| chain.contains(word))
}

/// What GitLab says about a refusal, in either of its shapes.
#[derive(Deserialize, Default)]
struct Words {
    #[serde(default)]
    message: Option<serde_json::Value>,
    #[serde(default)]
    error: Option<serde_json::Value>,
    #[serde(default)]
    error_description: Option<String>,
}

/// An answer that is not a success.
pub(super) fn of_status(status: StatusCode, body: &[u8]) -> Error {
    let words: Words = serde_json::from_slice(body).unwrap_or_default();
    let code = words.error.as_ref().and_then(serde_json::Value::as_str).unwrap_or_default();
    let said = words
        .error_description
        .clone()
        .or_else(|| words.message.as_ref().or(words.error.as_ref()).map(plain))
        .unwrap_or_else(|| if looks_like_html(body) { String::new() } else { lossy(body) });
    let expired = said.to_lowercase().contains("expired");
    let kind = match status {
        StatusCode::UNAUTHORIZED if expired => FailureKind::TokenExpired,
        StatusCode::UNAUTHORIZED => FailureKind::TokenInvalid,
        StatusCode::FORBIDDEN
            if code == "insufficient_scope" || said.contains("insufficient_scope") =>
        {
            FailureKind::ScopeMissing
        }
        StatusCode::FORBIDDEN => FailureKind::Forbidden,
        StatusCode::NOT_FOUND => FailureKind::NotFound,
        StatusCode::TOO_MANY_REQUESTS => FailureKind::RateLimited,
        StatusCode::PROXY_AUTHENTICATION_REQUIRED => {
            let error =
                Error::new(FailureKind::Connect, "the proxy wants to know who we are (407)");
            let error = error.hinting("set the proxy's user and password in the proxy URL");
            return Error { status: Some(status.as_u16()), ..error };
        }
        status if status.is_server_error() => FailureKind::Server,
        _ => FailureKind::Other,
    };
    let reason = status.canonical_reason().unwrap_or_default();
    let quoted = quote(&said);
    let message = if quoted.is_empty() || quoted.contains(reason) && !reason.is_empty() {
        format!("GitLab answered {} {reason}", status.as_u16())
    } else {
        format!("GitLab answered {} {reason}: {quoted}", status.as_u16())
    };
    Error { status: Some(status.as_u16()), ..Error::new(kind, message) }
}

/// A success that is not JSON.
pub(super) fn not_json(body: &[u8]) -> Error {
    let what = if looks_like_html(body) { "an HTML page" } else { "something else than JSON" };
    Error::new(FailureKind::NotJson, format!("{what} came where JSON was expected"))
}

/// Whether a body is a page for people.
pub(super) fn looks_like_html(body: &[u8]) -> bool {
    body.trim_ascii_start().first() == Some(&b'<')
}

/// A JSON value as plain words.
fn plain(value: &serde_json::Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// The beginning of a body as text.
fn lossy(body: &[u8]) -> String {
    String::from_utf8_lossy(body.get(..MAX_QUOTE * 4).unwrap_or(body)).into_owned()
}

/// A stranger's words, cleaned and short.
pub(in crate::api) fn quote(words: &str) -> String {
    let clean = Text::new(words.trim());
    let short: String = clean.chars().take(MAX_QUOTE).collect();
    if clean.chars().nth(MAX_QUOTE).is_some() { format!("{short}…") } else { short }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kind(status: u16, body: &str) -> FailureKind {
        of_status(StatusCode::from_u16(status).unwrap(), body.as_bytes()).kind
    }

    #[test]
    fn an_unknown_token_differs_from_an_expired_one() {
        assert_eq!(kind(401, r#"{"message":"401 Unauthorized"}"#), FailureKind::TokenInvalid);
        let expired = r#"{"error":"invalid_token","error_description":"Token is expired. You can either do re-authorization or token refresh."}"#;
        assert_eq!(kind(401, expired), FailureKind::TokenExpired);
    }

    #[test]
    fn a_missing_scope_differs_from_a_missing_right() {
        let scope = r#"{"error":"insufficient_scope","error_description":"The request requires higher privileges than provided by the access token.","scope":"api read_api"}"#;
        assert_eq!(kind(403, scope), FailureKind::ScopeMissing);
        assert_eq!(kind(403, r#"{"message":"403 Forbidden"}"#), FailureKind::Forbidden);
    }

    #[test]
    fn the_other_statuses_have_their_kinds() {
        assert_eq!(kind(404, r#"{"message":"404 Project Not Found"}"#), FailureKind::NotFound);
        assert_eq!(kind(429, "Retry later\n"), FailureKind::RateLimited);
        assert_eq!(kind(502, "<html>bad gateway</html>"), FailureKind::Server);
        assert_eq!(kind(418, ""), FailureKind::Other);
    }

    #[test]
    fn the_servers_words_are_repeated_once_and_short() {
        let error = of_status(StatusCode::NOT_FOUND, br#"{"message":"404 Project Not Found"}"#);
        assert_eq!(error.message, "GitLab answered 404 Not Found");
        let error = of_status(StatusCode::BAD_REQUEST, br#"{"message":{"scope":["is wrong"]}}"#);
        assert_eq!(error.message, r#"GitLab answered 400 Bad Request: {"scope":["is wrong"]}"#);
        let long = format!("{{\"message\":\"{}\\u001b[2J\"}}", "x".repeat(900));
        assert!(of_status(StatusCode::BAD_REQUEST, long.as_bytes()).message.len() < 300);
    }

    #[test]
    fn each_fault_of_tls_has_its_own_cure() {
        let hints: std::collections::BTreeSet<String> = [
            "received corrupt message of type invalidcontenttype",
            "invalid peer certificate: certificate expired: verification time 1 (unix)",
            "invalid peer certificate: certificate not valid yet: verification time",
            "invalid peer certificate: certificate not valid for name \"gitlab.test\"",
            "invalid peer certificate: unknownissuer",
        ]
        .map(|chain| of_tls(chain, String::new()).hint.into_owned())
        .into();
        assert_eq!(hints.len(), 5);
    }

    #[test]
    fn a_proxy_that_asks_for_a_name_is_not_gitlab() {
        assert_eq!(kind(407, ""), FailureKind::Connect);
    }

    #[test]
    fn a_page_of_html_is_never_quoted() {
        let error = of_status(StatusCode::BAD_GATEWAY, b"<html><title>nginx</title></html>");
        assert_eq!(error.message, "GitLab answered 502 Bad Gateway");
    }
}
