//! What went wrong on the way to a cluster or in its answer, told apart because the cure differs.

use std::error::Error as StdError;

use http::StatusCode;
use jiff::SignedDuration;
use kube::config::KubeconfigError;
use serde::Deserialize;

use super::resource::Resource;
use crate::api::Error;
use crate::api::http::short;
use crate::domain::{FailureKind, Timestamp};

/// The status of an answer that is no longer to be had: a resource version, or the way on from a page.
pub(super) const GONE: u16 = 410;

/// Kubernetes' own account of a failure.
#[derive(Debug, Default, Deserialize)]
pub(super) struct Status {
    #[serde(default)]
    message: String,
    #[serde(default)]
    code: u16,
    #[serde(default)]
    details: Option<Details>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Details {
    #[serde(default)]
    retry_after_seconds: Option<i64>,
    #[serde(default)]
    causes: Option<Vec<Cause>>,
}

#[derive(Debug, Deserialize)]
struct Cause {
    #[serde(default)]
    reason: String,
}

impl Status {
    /// Reads one; none of it where it is something else.
    pub(super) fn read(body: &[u8]) -> Status {
        serde_json::from_slice(body).unwrap_or_default()
    }

    fn is_too_large_a_version(&self) -> bool {
        let causes = self.details.iter().flat_map(|details| details.causes.iter().flatten());
        causes.into_iter().any(|cause| cause.reason == "ResourceVersionTooLarge")
    }

    fn retry_at(&self, now: Timestamp) -> Option<Timestamp> {
        let seconds = self.details.as_ref()?.retry_after_seconds.filter(|seconds| *seconds > 0)?;
        now.checked_add(SignedDuration::from_secs(seconds.min(900))).ok()
    }
}

/// An answer, or an event of a watch, that is a refusal. The code within counts where there is no other.
pub(super) fn of_status(
    code: Option<StatusCode>,
    status: &Status,
    about: Option<&Resource>,
    now: Timestamp,
) -> Error {
    let code = code.map_or(status.code, |code| code.as_u16());
    let said = short(&status.message);
    let kind = match code {
        401 if said.to_lowercase().contains("expired") => FailureKind::TokenExpired,
        401 => FailureKind::TokenInvalid,
        403 => FailureKind::Forbidden,
        404 => FailureKind::NotFound,
        429 => FailureKind::RateLimited,
        500..=599 => FailureKind::Server,
        _ => FailureKind::Other,
    };
    let reason = StatusCode::from_u16(code).ok().and_then(|code| code.canonical_reason());
    let reason = reason.unwrap_or_default();
    let head = format!("the API server answered {code} {reason}");
    // Some servers say no more than the number does.
    let is_new = !said.is_empty() && !said.eq_ignore_ascii_case(reason);
    let message = if is_new { format!("{}: {said}", head.trim_end()) } else { head };
    let mut error = Error::new(kind, message);
    error.status = Some(code);
    error.retry_at = status.retry_at(now);
    let hint = match (kind, about) {
        (FailureKind::Forbidden, Some(resource)) => resource.missing_right(),
        (FailureKind::Other, _) if code == GONE => {
            "if it recurs, look at the API server's load and at how often its etcd is compacted; everything is read anew by itself"
        }
        (FailureKind::Server, _) if status.is_too_large_a_version() => {
            "this API server is behind the others: if it recurs, look at its etcd; asked again by itself"
        }
        (kind, _) => hint(kind),
    };
    error.hinting(hint)
}

/// What to do about a kind of failure.
fn hint(kind: FailureKind) -> &'static str {
    match kind {
        FailureKind::TokenInvalid | FailureKind::TokenExpired => {
            "log in to the cluster again; the credential is read again by itself"
        }
        FailureKind::Forbidden => "the user of this cluster lacks a right: ask whoever runs it",
        FailureKind::NotFound => {
            "the cluster does not serve this: check that cluster.kubeconfig leads to the right one"
        }
        FailureKind::RateLimited => {
            "the API server is busy and wants to be asked later, which happens by itself"
        }
        FailureKind::Server => "the API server is at fault; asked again by itself",
        FailureKind::Tls => {
            "check certificate-authority in the kubeconfig, and that its server is the cluster's own name"
        }
        FailureKind::Dns => "check the server in the kubeconfig, and the VPN or resolver",
        FailureKind::Connect => {
            "check the server in the kubeconfig, the proxy and the VPN; asked again by itself"
        }
        FailureKind::Timeout => "the server or the way to it is slow; asked again by itself",
        FailureKind::NotJson => {
            "a login page or a proxy answered in place of the API: check the server in the kubeconfig"
        }
        FailureKind::CutBody => {
            "the answer ended early: the API server restarts, or a proxy on the way has a limit; asked again by itself"
        }
        FailureKind::Shape => {
            "the answer is not what Kubernetes documents: check that the kubeconfig's server is one"
        }
        _ => "look at the message; asked again by itself",
    }
}

/// An error of a kind with the hint for a cluster.
pub(super) fn error(kind: FailureKind, message: impl Into<String>) -> Error {
    Error { hint: hint(kind).into(), ..Error::new(kind, message) }
}

/// No answer in time.
pub(super) fn too_slow() -> Error {
    error(FailureKind::Timeout, "no answer in time")
}

/// Something else than JSON.
pub(super) fn not_json(body: &[u8]) -> Error {
    let page = body.trim_ascii_start().first() == Some(&b'<');
    let what = if page { "an HTML page" } else { "something else than JSON" };
    error(FailureKind::NotJson, format!("{what} came where JSON was expected"))
}

/// A request that got no answer, or a body that broke off.
pub(super) fn of_transport(cause: &(dyn StdError + 'static)) -> Error {
    let mut chain = String::new();
    let mut innermost = String::new();
    let mut next = Some(cause);
    while let Some(one) = next {
        innermost = one.to_string();
        chain.push_str(&innermost.to_lowercase());
        chain.push('\n');
        next = one.source();
    }
    let says = |words: &[&str]| words.iter().any(|word| chain.contains(word));
    let kind = if says(&["certificate", "tls", "handshake", "fatal alert", "corrupt message"]) {
        FailureKind::Tls
    } else if says(&["dns error", "failed to lookup"]) {
        FailureKind::Dns
    } else if says(&["timed out", "deadline"]) {
        FailureKind::Timeout
    } else if says(&["connection refused", "tcp connect", "unreachable"]) {
        FailureKind::Connect
    } else if says(&["incomplete", "eof", "reset", "broken pipe", "closed", "body"]) {
        FailureKind::CutBody
    } else {
        FailureKind::Connect
    };
    let told = short(&innermost);
    match kind {
        FailureKind::CutBody => error(kind, format!("the answer ended early ({told})")),
        _ => error(kind, told),
    }
}

/// A kubeconfig that leads nowhere. What stands in it is not repeated, for it holds secrets.
pub(super) fn of_kubeconfig(cause: &KubeconfigError) -> Error {
    let why = match cause {
        KubeconfigError::Parse(_) => {
            "the kubeconfig cannot be read: it is not the YAML expected".to_owned()
        }
        KubeconfigError::ReadConfig(error, path) => {
            format!("the kubeconfig {} cannot be read: {error}", path.display())
        }
        KubeconfigError::LoadContext(name) => format!("the kubeconfig has no context {name}"),
        KubeconfigError::CurrentContextNotSet => {
            "the kubeconfig has no current context, and none is configured".to_owned()
        }
        KubeconfigError::LoadClusterOfContext(name) => {
            format!("the kubeconfig has no cluster {name}, which its context names")
        }
        KubeconfigError::LoadCertificateAuthority(_) | KubeconfigError::ParseCertificates(_) => {
            "the kubeconfig's certificate authority cannot be read".to_owned()
        }
        KubeconfigError::LoadClientCertificate(_) | KubeconfigError::LoadClientKey(_) => {
            "the kubeconfig's client certificate or its key cannot be read".to_owned()
        }
        _ => "the kubeconfig cannot be used".to_owned(),
    };
    Error {
        hint: "check path and context under cluster.kubeconfig; kubectl config get-contexts lists them".into(),
        ..Error::new(FailureKind::Other, short(&why))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn now() -> Timestamp {
        "2026-01-12T00:00:00Z".parse().unwrap()
    }

    fn of(code: u16, body: &str, about: Option<&Resource>) -> Error {
        let code = StatusCode::from_u16(code).unwrap();
        of_status(Some(code), &Status::read(body.as_bytes()), about, now())
    }

    #[test]
    fn a_refusal_names_the_right_that_is_missing() {
        let body = r#"{"message":"nodes is forbidden: User \"u\" cannot list resource \"nodes\"","code":403}"#;
        let error = of(403, body, Some(&Resource::Nodes));
        assert_eq!(error.kind, FailureKind::Forbidden);
        assert_eq!(error.hint, "a ClusterRole must allow list and watch on nodes to this user");
        assert!(error.message.contains("cannot list resource"), "{error}");
    }

    #[test]
    fn a_server_that_is_behind_is_asked_again_when_it_says() {
        let body = r#"{"message":"Too large resource version","code":504,
            "details":{"causes":[{"reason":"ResourceVersionTooLarge"}],"retryAfterSeconds":1}}"#;
        let error = of(504, body, None);
        assert_eq!(error.kind, FailureKind::Server);
        assert!(error.hint.contains("behind the others"));
        assert_eq!(error.retry_at, Some("2026-01-12T00:00:01Z".parse().unwrap()));
    }

    #[test]
    fn a_refusal_without_words_still_has_its_number() {
        let error = of(401, "<html>", None);
        assert_eq!(error.message, "the API server answered 401 Unauthorized");
        assert_eq!(error.kind, FailureKind::TokenInvalid);
    }

    #[test]
    fn words_that_only_repeat_the_number_are_not_said_twice() {
        let error = of(401, r#"{"message":"Unauthorized","code":401}"#, None);
        assert_eq!(error.message, "the API server answered 401 Unauthorized");
        let error = of(401, r#"{"message":"token has expired","code":401}"#, None);
        assert_eq!(error.message, "the API server answered 401 Unauthorized: token has expired");
    }

    #[test]
    fn a_version_that_is_gone_has_a_next_step() {
        let error = of(410, r#"{"message":"too old resource version","code":410}"#, None);
        assert!(error.hint.starts_with("if it recurs, look at the API server"), "{}", error.hint);
    }

    #[test]
    fn what_stands_in_a_kubeconfig_is_not_repeated() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("config");
        std::fs::write(&path, "users:\n- name: a\n  user: { token: [s3cret\n").unwrap();
        let cause = kube::config::Kubeconfig::read_from(&path).unwrap_err();
        let error = of_kubeconfig(&cause);
        assert!(!error.to_string().contains("s3cret"), "{error}");
        assert!(error.to_string().contains("kubeconfig"));
    }
}
