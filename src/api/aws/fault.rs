//! What AWS's refusals and failures mean, told apart because the cure differs; and what to do about each.
//!
//! **Invariant:** of what a library says of credentials nothing is repeated but the words that are known to hold none: a
//! credential program's output may be in it.

use std::error::Error as StdError;

use aws_credential_types::provider::error::CredentialsError;
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::metadata::{ErrorMetadata, ProvideErrorMetadata};
use http::HeaderMap;

use super::connector::retry_at;
use crate::api::Error;
use crate::api::http::short;
use crate::domain::{FailureKind, Timestamp};

/// What AWS answered to something that it would not do.
#[derive(Debug, Clone, Copy)]
pub(super) struct Refusal<'a> {
    /// Its code: `AccessDeniedException`, `ExpiredToken`, …
    pub(super) code: &'a str,
    /// Its words.
    pub(super) words: &'a str,
    /// The HTTP status; none where it answered a library that does not tell.
    pub(super) status: Option<u16>,
}

/// Who asked for what.
#[derive(Debug, Clone, Copy)]
pub(super) struct Asked<'a> {
    /// The IAM action that it takes: `eks:ListNodegroups`.
    pub(super) action: &'a str,
    /// The profile that the configuration names.
    pub(super) profile: Option<&'a str>,
    /// When.
    pub(super) now: Timestamp,
}

/// An error of AWS's library.
pub(super) fn of_sdk<E>(error: &SdkError<E, HttpResponse>, asked: Asked<'_>) -> Error
where
    E: ProvideErrorMetadata + StdError + 'static,
{
    match error {
        SdkError::ServiceError(context) if context.raw().status().is_success() => {
            foreign(context.raw())
        }
        SdkError::ServiceError(context) => {
            let (meta, raw) = (context.err().meta(), context.raw());
            let refusal = Refusal {
                code: meta.code().unwrap_or_default(),
                words: meta.message().unwrap_or_default(),
                status: Some(raw.status().as_u16()),
            };
            let wait = raw.headers().get("retry-after").map(|value| ("retry-after", value));
            let own = raw.headers().get("x-amz-retry-after").map(|one| ("x-amz-retry-after", one));
            let headers = wait
                .into_iter()
                .chain(own)
                .filter_map(|(name, value)| Some((name.parse().ok()?, value.parse().ok()?)));
            of_refusal(refusal, &headers.collect(), asked)
        }
        SdkError::TimeoutError(_) => plain(FailureKind::Timeout, "no answer in time"),
        SdkError::ResponseError(context) => foreign(context.raw()),
        other => of_chain(other, asked),
    }
}

/// An answer that AWS would not give.
fn foreign(raw: &HttpResponse) -> Error {
    let status = Some(raw.status().as_u16());
    Error { status, ..plain(FailureKind::NotJson, "the answer is not one of AWS's") }
}

/// An error without an answer: our own inside a library's, or one about credentials.
fn of_chain(error: &(dyn StdError + 'static), asked: Asked<'_>) -> Error {
    if let Some(own) = find::<Error>(error) {
        return of_own(own);
    }
    match find::<CredentialsError>(error) {
        Some(about) => of_credentials(about, asked),
        None => plain(FailureKind::Other, "the request could not be made"),
    }
}

/// An error of our own connections, with the hint that fits AWS.
pub(super) fn of_own(error: &Error) -> Error {
    match error.kind {
        // Our own gate explains itself.
        FailureKind::Query => error.clone(),
        kind => error.clone().hinting(hint(kind)),
    }
}

/// An answer that says no.
pub(super) fn of_refusal(refusal: Refusal<'_>, headers: &HeaderMap, asked: Asked<'_>) -> Error {
    let Refusal { code, words, status } = refusal;
    let kind = kind_of(code, words, status);
    let said = short(words);
    let error = match kind {
        FailureKind::Forbidden => denied(words, asked),
        FailureKind::TokenExpired => {
            plain(kind, "the AWS credentials have expired").hinting(renewal(asked.profile))
        }
        FailureKind::TokenInvalid if is_skewed(code, words) => {
            plain(kind, "AWS does not accept the time of the signature")
                .hinting("set this machine's clock: AWS accepts signatures for a few minutes only")
        }
        FailureKind::TokenInvalid => {
            plain(kind, format!("AWS does not accept the credentials ({code})"))
        }
        FailureKind::RateLimited => plain(kind, format!("AWS asks to slow down ({code})")),
        _ if said.is_empty() => plain(kind, format!("AWS answered {}", named(code, status))),
        _ => plain(kind, format!("AWS answered {}: {said}", named(code, status))),
    };
    Error { status, retry_at: retry_at(headers, asked.now), ..error }
}

/// A code, or the status where there is none.
fn named(code: &str, status: Option<u16>) -> String {
    match status {
        _ if !code.is_empty() => short(code),
        Some(status) => status.to_string(),
        None => "without a code".to_owned(),
    }
}

/// The kind of a refusal. Codes differ between services; some end in `Exception`, some do not.
fn kind_of(code: &str, words: &str, status: Option<u16>) -> FailureKind {
    let stem = code.strip_suffix("Exception").unwrap_or(code);
    match stem {
        "AccessDenied" | "UnauthorizedOperation" | "NotAuthorized" | "Forbidden" => {
            FailureKind::Forbidden
        }
        "ExpiredToken" | "TokenRefreshRequired" => FailureKind::TokenExpired,
        "UnrecognizedClient"
        | "InvalidClientTokenId"
        | "InvalidSignature"
        | "InvalidToken"
        | "SignatureDoesNotMatch"
        | "IncompleteSignature"
        | "MissingAuthenticationToken"
        | "AuthFailure"
        | "RequestExpired"
        | "RequestTimeTooSkewed"
        | "OptInRequired" => FailureKind::TokenInvalid,
        "Throttling"
        | "ThrottledException"
        | "TooManyRequests"
        | "RequestLimitExceeded"
        | "RequestThrottled"
        | "SlowDown"
        | "BandwidthLimitExceeded"
        | "LimitExceeded" => FailureKind::RateLimited,
        "ResourceNotFound" | "NotFound" => FailureKind::NotFound,
        _ if words.contains("security token included in the request is expired") => {
            FailureKind::TokenExpired
        }
        _ => match status {
            Some(401) => FailureKind::TokenInvalid,
            Some(403) => FailureKind::Forbidden,
            Some(404) => FailureKind::NotFound,
            Some(429) => FailureKind::RateLimited,
            Some(500..) => FailureKind::Server,
            _ => FailureKind::Other,
        },
    }
}

/// Whether a refusal is about the clock.
fn is_skewed(code: &str, words: &str) -> bool {
    code.starts_with("RequestTimeTooSkewed")
        || code.starts_with("RequestExpired")
        || words.starts_with("Signature expired")
        || words.starts_with("Signature not yet current")
}

/// A right that is missing: which one, and to whom.
fn denied(words: &str, asked: Asked<'_>) -> Error {
    let action = word_after(words, "not authorized to perform: ").unwrap_or(asked.action);
    let whom =
        word_after(words, "User: ").map_or(String::new(), |who| format!(" to {}", short(who)));
    let why = if words.contains("explicit deny") { ", by an explicit deny" } else { "" };
    plain(FailureKind::Forbidden, format!("AWS denies {}{whom}{why}", short(action)))
        .hinting(format!("allow the IAM action {} to that role or user", short(action)))
}

/// The word that follows some others.
fn word_after<'a>(words: &'a str, before: &str) -> Option<&'a str> {
    words.split_once(before)?.1.split_whitespace().next()
}

/// Credentials that cannot be had.
pub(super) fn of_credentials(error: &CredentialsError, asked: Asked<'_>) -> Error {
    if let Some(own) = find::<Error>(error) {
        // A simulated platform has no machine whose metadata could be asked: that way was never open.
        if own.kind != FailureKind::Query
            || !matches!(error, CredentialsError::CredentialsNotLoaded(_))
        {
            return of_own(own);
        }
    }
    let chain = chain(error);
    if is_about_sso(&chain) {
        return plain(
            FailureKind::TokenExpired,
            format!("the AWS SSO session{} has expired or was never begun", of(asked.profile)),
        )
        .hinting(format!("run `{}`", login(asked.profile)));
    }
    if let Some(meta) = find::<ErrorMetadata>(error) {
        let (code, words) = (meta.code().unwrap_or_default(), meta.message().unwrap_or_default());
        let assuming = Asked { action: "sts:AssumeRole", ..asked };
        return of_refusal(Refusal { code, words, status: None }, &HeaderMap::new(), assuming);
    }
    match error {
        _ if chain.contains("expiredtoken") => {
            plain(FailureKind::TokenExpired, "the AWS credentials have expired")
                .hinting(renewal(asked.profile))
        }
        _ if chain.contains("external process") => plain(
            FailureKind::TokenInvalid,
            format!("the credential_process{} failed", of(asked.profile)),
        )
        .hinting("run it by hand to see what it says; it must need no terminal"),
        _ if chain.contains("was not defined") => {
            plain(FailureKind::TokenInvalid, format!("AWS's files define no{}", profile(asked)))
                .hinting("check the profile's name in the cluster's eks table, and ~/.aws/config")
        }
        CredentialsError::ProviderTimedOut(_) => {
            plain(FailureKind::Timeout, "the AWS credentials did not come in time")
        }
        CredentialsError::InvalidConfiguration(_) => {
            plain(FailureKind::TokenInvalid, "AWS's configuration files cannot be used")
                .hinting("run `aws configure list` to see what is wrong with them")
        }
        CredentialsError::CredentialsNotLoaded(_) => {
            plain(FailureKind::TokenInvalid, "no AWS credentials were found").hinting(format!(
                "name a profile in the cluster's eks table, or run `{}`",
                login(asked.profile)
            ))
        }
        _ => plain(FailureKind::TokenInvalid, "the AWS credentials cannot be had")
            .hinting("run `aws sts get-caller-identity` with the same profile to see why"),
    }
}

/// Whether a chain of causes is about an SSO session that has ended. The types behind it are not public.
fn is_about_sso(chain: &str) -> bool {
    chain.contains("sso token")
        || chain.contains("cached sso")
        || chain.contains("/sso/cache/")
        || chain.contains("session token not found or invalid")
}

/// Every cause, the outermost first, in lower case. For telling apart, never for showing.
fn chain(error: &(dyn StdError + 'static)) -> String {
    let mut text = String::new();
    let mut cause = Some(error);
    while let Some(inner) = cause {
        text.push_str(&inner.to_string().to_lowercase());
        text.push('\n');
        cause = inner.source();
    }
    text
}

/// The first cause of a type.
fn find<'a, T: StdError + 'static>(error: &'a (dyn StdError + 'static)) -> Option<&'a T> {
    let mut cause = Some(error);
    while let Some(inner) = cause {
        if let Some(found) = inner.downcast_ref() {
            return Some(found);
        }
        cause = inner.source();
    }
    None
}

/// ` of profile X`, where one is named.
fn of(profile: Option<&str>) -> String {
    profile.map_or_else(String::new, |name| format!(" of profile {}", short(name)))
}

/// ` profile X`.
fn profile(asked: Asked<'_>) -> String {
    asked
        .profile
        .map_or_else(|| " such profile".to_owned(), |name| format!(" profile {}", short(name)))
}

/// The command that begins an SSO session.
fn login(profile: Option<&str>) -> String {
    let flag = profile.map_or_else(String::new, |name| format!(" --profile {}", short(name)));
    format!("aws sso login{flag}")
}

/// How credentials that have expired are renewed.
fn renewal(profile: Option<&str>) -> String {
    format!("renew them, with SSO by `{}`; they are read again by themselves", login(profile))
}

/// An error with the hint that fits AWS.
pub(super) fn plain(kind: FailureKind, message: impl Into<String>) -> Error {
    Error::new(kind, message).hinting(hint(kind))
}

/// What to do about a kind of failure.
fn hint(kind: FailureKind) -> &'static str {
    match kind {
        FailureKind::TokenInvalid => {
            "check the keys or the profile: `aws sts get-caller-identity` shows whether they work"
        }
        FailureKind::TokenExpired => "renew the credentials; they are read again by themselves",
        FailureKind::ScopeMissing | FailureKind::Forbidden => {
            "allow the IAM action to the role or user that is used"
        }
        FailureKind::NotFound => {
            "check the cluster's name, region and account: AWS knows none of that name there"
        }
        FailureKind::RateLimited => "nothing to do: asked again when AWS allows",
        FailureKind::Server => "AWS is at fault: look at its health page; asked again by itself",
        FailureKind::Tls => {
            "check that nothing on the way breaks TLS open, and the system's CA certificates"
        }
        FailureKind::Dns => "check the region's spelling, the VPN and the resolver",
        FailureKind::Connect => {
            "check the VPN, the proxy and eks.endpoint_url; asked again by itself"
        }
        FailureKind::Timeout => "AWS or the way to it is slow; asked again by itself",
        FailureKind::NotJson | FailureKind::Shape => {
            "something else than AWS answered: check eks.endpoint_url and the proxy"
        }
        FailureKind::CutBody => "look at proxies on the way; asked again by itself",
        FailureKind::ForeignOrigin
        | FailureKind::Query
        | FailureKind::Definition
        | FailureKind::Other => "look at the message; asked again by itself",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::pipeline::fixture::at;

    const ASKED: Asked<'_> =
        Asked { action: "eks:ListNodegroups", profile: Some("ci"), now: Timestamp::UNIX_EPOCH };

    fn refused(code: &str, words: &str, status: u16) -> Error {
        let refusal = Refusal { code, words, status: Some(status) };
        of_refusal(refusal, &HeaderMap::new(), ASKED)
    }

    fn kind(code: &str, status: u16) -> FailureKind {
        refused(code, "", status).kind
    }

    #[test]
    fn codes_of_every_service_have_their_kind() {
        for code in ["AccessDeniedException", "AccessDenied", "UnauthorizedOperation"] {
            assert_eq!(kind(code, 400), FailureKind::Forbidden, "{code}");
        }
        for code in ["ExpiredTokenException", "ExpiredToken"] {
            assert_eq!(kind(code, 400), FailureKind::TokenExpired, "{code}");
        }
        for code in ["UnrecognizedClientException", "InvalidClientTokenId", "SignatureDoesNotMatch"]
        {
            assert_eq!(kind(code, 403), FailureKind::TokenInvalid, "{code}");
        }
        for code in ["ThrottlingException", "Throttling", "TooManyRequestsException"] {
            assert_eq!(kind(code, 400), FailureKind::RateLimited, "{code}");
        }
        assert_eq!(kind("ResourceNotFoundException", 404), FailureKind::NotFound);
    }

    #[test]
    fn a_status_tells_where_no_code_does() {
        use FailureKind::{Forbidden, NotFound, Other, RateLimited, Server, TokenInvalid};
        let kinds = [401, 403, 404, 429, 503, 400].map(|status| kind("", status));
        assert_eq!(kinds, [TokenInvalid, Forbidden, NotFound, RateLimited, Server, Other]);
    }

    #[test]
    fn a_missing_right_is_named_with_the_one_who_lacks_it() {
        let words = "User: arn:aws:sts::1:assumed-role/watch/ann is not authorized to perform: \
                     eks:DescribeNodegroup on resource: arn:aws:eks:eu-west-1:1:nodegroup/a";
        let error = refused("AccessDeniedException", words, 403);
        assert_eq!(
            error.message,
            "AWS denies eks:DescribeNodegroup to arn:aws:sts::1:assumed-role/watch/ann"
        );
        assert_eq!(error.hint, "allow the IAM action eks:DescribeNodegroup to that role or user");
    }

    #[test]
    fn a_missing_right_that_aws_does_not_name_is_the_one_that_was_asked_for() {
        let error = refused("AccessDeniedException", "", 403);
        assert_eq!(error.message, "AWS denies eks:ListNodegroups");
    }

    #[test]
    fn a_wrong_clock_is_told_from_wrong_keys() {
        let words = "Signature expired: 20260112T000000Z is now earlier than 20260112T001000Z";
        assert!(refused("InvalidSignatureException", words, 403).hint.contains("clock"));
        assert!(!refused("InvalidSignatureException", "no match", 403).hint.contains("clock"));
    }

    #[test]
    fn throttling_is_obeyed_for_as_long_as_aws_says() {
        let headers = [("retry-after".parse().unwrap(), "7".parse().unwrap())];
        let refusal = Refusal { code: "ThrottlingException", words: "", status: Some(400) };
        let asked = Asked { now: at(0), ..ASKED };
        let error = of_refusal(refusal, &headers.into_iter().collect(), asked);
        assert_eq!((error.kind, error.retry_at), (FailureKind::RateLimited, Some(at(7))));
    }

    #[test]
    fn an_ended_sso_session_is_explained_with_the_command() {
        let said = "the SSO token has expired and cannot be refreshed";
        let error = of_credentials(&CredentialsError::provider_error(said), ASKED);
        assert_eq!(error.kind, FailureKind::TokenExpired);
        assert_eq!(error.hint, "run `aws sso login --profile ci`");
        let nameless = Asked { profile: None, ..ASKED };
        let error = of_credentials(&CredentialsError::provider_error(said), nameless);
        assert_eq!(error.hint, "run `aws sso login`");
    }

    #[test]
    fn what_a_credential_program_prints_is_never_repeated() {
        let said =
            "Error retrieving credentials: external process exited with code 1. Stderr: hunter2";
        let error = of_credentials(&CredentialsError::provider_error(said), ASKED);
        assert_eq!(error.message, "the credential_process of profile ci failed");
        assert!(!format!("{error:?}").contains("hunter2"));
    }

    #[test]
    fn no_credentials_a_missing_profile_and_slow_ones_differ() {
        let message = |error| of_credentials(&error, ASKED).message;
        assert_eq!(message(CredentialsError::not_loaded("none")), "no AWS credentials were found");
        assert_eq!(
            message(CredentialsError::not_loaded("profile `ci` was not defined: x")),
            "AWS's files define no profile ci"
        );
        let slow = CredentialsError::provider_timed_out(std::time::Duration::from_secs(9));
        assert_eq!(of_credentials(&slow, ASKED).kind, FailureKind::Timeout);
    }

    #[test]
    fn a_role_that_may_not_be_assumed_names_that_right() {
        let meta = ErrorMetadata::builder().code("AccessDenied").message("").build();
        let error = of_credentials(&CredentialsError::provider_error(meta), ASKED);
        assert_eq!(error.message, "AWS denies sts:AssumeRole");
    }

    #[test]
    fn our_own_error_is_found_inside_a_librarys() {
        let own = Error::new(FailureKind::Connect, "refused");
        let error = of_credentials(&CredentialsError::provider_error(own), ASKED);
        assert_eq!((error.kind, error.message.as_str()), (FailureKind::Connect, "refused"));
        assert!(error.hint.contains("eks.endpoint_url"));
    }
}
