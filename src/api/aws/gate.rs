//! The one place that decides what may be sent to AWS while reading: GETs, a few actions of STS, what Auto Scaling
//! describes, a role of IAM, and the exchange of one's own credentials.
//!
//! AWS's query protocol takes an `Action` in a form or in the address, of a GET as well as of a POST; so it is the action
//! that decides, not the verb.

use bytes::Bytes;
use http::Method;
use url::{Host, Url, form_urlencoded};

use crate::api::Error;
use crate::api::http::{address, is_this_machine};
use crate::config::is_loopback;
use crate::domain::FailureKind;

/// How far requests may go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Bounds {
    /// Anywhere.
    Anywhere,
    /// To this machine's loopback alone: the platform is a simulated one, and nothing else may be asked, not even the
    /// machine's own metadata.
    Loopback,
}

/// The version of STS's query protocol.
pub(super) const STS_VERSION: &str = "2011-06-15";
/// The version of Auto Scaling's query protocol.
pub(super) const AUTOSCALING_VERSION: &str = "2011-01-01";

/// The version of IAM's query protocol.
pub(super) const IAM_VERSION: &str = "2010-05-08";

/// What STS may be asked: who we are, and the credentials of a role.
const STS_ACTIONS: [&str; 3] = ["GetCallerIdentity", "AssumeRole", "AssumeRoleWithWebIdentity"];

/// Refuses whatever could change something, and whatever leaves the bounds.
pub(super) fn admit(request: &http::Request<Bytes>, bounds: Bounds) -> Result<(), Error> {
    let url = address(request.uri())?;
    if bounds == Bounds::Loopback && !is_loopback(&url) {
        let host = url.host_str().unwrap_or("nowhere");
        return Err(refused(&format!("{host} is outside the simulated platform")));
    }
    let (method, body) = (request.method(), request.body());
    let in_address: Vec<_> = url.query_pairs().collect();
    if in_address.iter().any(|(name, _)| name == "Action") {
        return if body.is_empty() { admit_action(in_address) } else { Err(unread(method, &url)) };
    }
    match *method {
        Method::GET | Method::HEAD if body.is_empty() => Ok(()),
        Method::POST if is_sso_renewal(&url) => Ok(()),
        Method::POST => admit_action(form_urlencoded::parse(body)),
        Method::PUT if is_metadata_session(&url) => Ok(()),
        _ => Err(unread(method, &url)),
    }
}

/// The same, and beside it the two requests that change something: that resizes a node group (`UpdateNodegroupConfig`), and
/// that deletes an access entry (`DeleteAccessEntry`).
pub(super) fn admit_changing(request: &http::Request<Bytes>, bounds: Bounds) -> Result<(), Error> {
    let url = address(request.uri())?;
    let is_near = bounds == Bounds::Anywhere || is_loopback(&url);
    let is_change = match *request.method() {
        Method::POST => is_resizing(&url),
        Method::DELETE => request.body().is_empty() && is_deletion(&url),
        _ => false,
    };
    if is_near && is_change {
        return Ok(());
    }
    admit(request, bounds)
}

/// Whether this is where a node group is resized, and nothing is hidden in the query.
fn is_resizing(url: &Url) -> bool {
    let parts: Vec<&str> = url.path_segments().map(Iterator::collect).unwrap_or_default();
    let is_name = |name: &str| !name.is_empty();
    url.query().is_none()
        && matches!(parts.as_slice(), ["clusters", cluster, "node-groups", group, "update-config"]
            if is_name(cluster) && is_name(group))
}

/// Whether this is where an access entry is deleted, and nothing is hidden in the query.
fn is_deletion(url: &Url) -> bool {
    let parts: Vec<&str> = url.path_segments().map(Iterator::collect).unwrap_or_default();
    url.query().is_none()
        && matches!(parts.as_slice(), ["clusters", cluster, "access-entries", arn]
            if !cluster.is_empty() && arn.starts_with("arn"))
}

/// Judges a query by its one action and version.
fn admit_action<Word: AsRef<str>>(
    pairs: impl IntoIterator<Item = (Word, Word)>,
) -> Result<(), Error> {
    let (mut actions, mut versions) = (Vec::new(), Vec::new());
    for (name, value) in pairs {
        match name.as_ref() {
            "Action" => actions.push(value.as_ref().to_owned()),
            "Version" => versions.push(value.as_ref().to_owned()),
            _ => {}
        }
    }
    let ([action], [version]) = (actions.as_slice(), versions.as_slice()) else {
        return Err(refused("a query must have one action and one version"));
    };
    let reads = match version.as_str() {
        STS_VERSION => STS_ACTIONS.contains(&action.as_str()),
        AUTOSCALING_VERSION => action.starts_with("Describe"),
        IAM_VERSION => action == "GetRole",
        _ => false,
    };
    if reads { Ok(()) } else { Err(refused(&format!("{action} would not only read"))) }
}

/// Whether this renews the token of an SSO session that its owner has begun.
fn is_sso_renewal(url: &Url) -> bool {
    let Some(Host::Domain(host)) = url.host() else { return false };
    let is_aws = [".amazonaws.com", ".amazonaws.com.cn", ".api.aws"];
    url.scheme() == "https"
        && url.path() == "/token"
        && host.starts_with("oidc.")
        && is_aws.iter().any(|end| host.ends_with(end))
}

/// Whether this opens a session with the machine's own metadata service, which takes a PUT for it.
fn is_metadata_session(url: &Url) -> bool {
    url.path() == "/latest/api/token" && is_this_machine(url) && !is_loopback(url)
}

fn unread(method: &Method, url: &Url) -> Error {
    refused(&format!("{method} {} would not only read", url.path()))
}

/// Our own refusal.
fn refused(why: &str) -> Error {
    Error::new(FailureKind::Query, format!("refused before sending: {why}")).hinting(
        "this is a fault of Watchfloor: reading clients send nothing else; please report it",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    const EKS: &str = "https://eks.eu-west-1.amazonaws.com";
    const STS: &str = "https://sts.eu-west-1.amazonaws.com/";

    fn admits(method: &str, url: &str, body: &str) -> bool {
        let request = http::Request::builder().method(method).uri(url);
        let request = request.body(Bytes::copy_from_slice(body.as_bytes())).unwrap();
        admit(&request, Bounds::Anywhere).is_ok()
    }

    fn query(action: &str, version: &str) -> bool {
        admits("POST", STS, &format!("Action={action}&Version={version}"))
    }

    #[test]
    fn eks_is_read_and_nothing_else() {
        assert!(admits("GET", &format!("{EKS}/clusters/ci/node-groups"), ""));
        for (method, path) in [
            ("POST", "clusters/ci/node-groups"),
            ("POST", "clusters/ci/node-groups/a/update-config"),
            ("DELETE", "clusters/ci/node-groups/a"),
            ("PUT", "clusters/ci"),
            ("PATCH", "clusters/ci"),
        ] {
            assert!(!admits(method, &format!("{EKS}/{path}"), ""), "{method} {path}");
        }
    }

    #[test]
    fn sts_tells_who_we_are_and_gives_the_credentials_of_a_role() {
        for action in ["GetCallerIdentity", "AssumeRole", "AssumeRoleWithWebIdentity"] {
            assert!(query(action, STS_VERSION), "{action}");
        }
        for action in ["GetSessionToken", "GetFederationToken", "AssumeRoot", ""] {
            assert!(!query(action, STS_VERSION), "{action}");
        }
    }

    #[test]
    fn auto_scaling_describes_and_does_nothing_else() {
        assert!(query("DescribeScalingActivities", AUTOSCALING_VERSION));
        for action in ["SetDesiredCapacity", "DeleteAutoScalingGroup", "describeScalingActivities"]
        {
            assert!(!query(action, AUTOSCALING_VERSION), "{action}");
        }
    }

    #[test]
    fn iam_tells_of_a_role_and_nothing_else() {
        assert!(query("GetRole", IAM_VERSION));
        for action in ["GetRolePolicy", "CreateRole", "UpdateAssumeRolePolicy", "DeleteRole"] {
            assert!(!query(action, IAM_VERSION), "{action}");
        }
    }

    #[test]
    fn an_action_counts_for_the_service_that_its_version_names() {
        assert!(!query("GetCallerIdentity", AUTOSCALING_VERSION));
        assert!(!query("DescribeScalingActivities", STS_VERSION));
        assert!(!query("DescribeInstances", "2016-11-15"));
    }

    #[test]
    fn a_second_action_is_never_hidden_behind_the_first() {
        let sly = "Action=DescribeTags&Version=2011-01-01&Action=DeleteTags";
        assert!(!admits("POST", STS, sly));
        assert!(!admits("POST", &format!("{STS}?{sly}"), ""));
        let both = format!("{STS}?Action=DeleteTags&Version=2011-01-01");
        assert!(!admits("POST", &both, "Action=DescribeTags&Version=2011-01-01"));
    }

    #[test]
    fn a_get_with_an_action_is_judged_by_the_action() {
        let ask = |action| admits("GET", &format!("{STS}?Action={action}&Version=2011-01-01"), "");
        assert!(ask("DescribeTags"));
        assert!(!ask("DeleteAutoScalingGroup"));
        assert!(!ask("%44eleteTags"));
    }

    #[test]
    fn only_the_exchange_of_credentials_is_excepted() {
        assert!(admits("PUT", "http://169.254.169.254/latest/api/token", ""));
        assert!(!admits("PUT", "http://169.254.169.254/latest/meta-data", ""));
        assert!(!admits("PUT", &format!("{EKS}/latest/api/token"), ""));
        assert!(admits("POST", "https://oidc.eu-west-1.amazonaws.com/token", "{}"));
        assert!(!admits("POST", "https://oidc.eu-west-1.amazonaws.com/client/register", "{}"));
        assert!(!admits("POST", "https://oidc.example.com/token", "{}"));
    }

    #[test]
    fn whoever_resizes_node_groups_and_deletes_access_entries_may_do_nothing_else_besides() {
        let admits = |method: &str, path: &str| {
            let request = http::Request::builder().method(method).uri(format!("{EKS}/{path}"));
            let request = request.body(Bytes::from_static(b"{}")).unwrap();
            admit_changing(&request, Bounds::Anywhere).is_ok()
        };
        assert!(admits("POST", "clusters/ci/node-groups/a/update-config"));
        let entry = http::Request::delete(format!("{EKS}/clusters/ci/access-entries/arn%3Aaws"));
        assert!(admit_changing(&entry.body(Bytes::new()).unwrap(), Bounds::Anywhere).is_ok());
        for (method, path) in [
            ("POST", "clusters/ci/node-groups"),
            ("POST", "clusters/ci/node-groups/a/update-version"),
            ("POST", "clusters/ci/node-groups//update-config"),
            (
                "POST",
                "clusters/ci/node-groups/a/update-config?Action=DeleteTags&Version=2011-01-01",
            ),
            ("POST", "clusters/ci/update-config"),
            ("PUT", "clusters/ci/node-groups/a/update-config"),
            ("DELETE", "clusters/ci/node-groups/a"),
            ("DELETE", "clusters/ci/access-entries"),
            ("DELETE", "clusters/ci/access-entries/arn%3Aaws?x=1"),
            ("DELETE", "clusters/ci"),
            ("POST", "clusters/ci/access-entries"),
        ] {
            assert!(!admits(method, path), "{method} {path}");
        }
        let far = http::Request::post(format!("{EKS}/clusters/ci/node-groups/a/update-config"));
        assert!(admit_changing(&far.body(Bytes::new()).unwrap(), Bounds::Loopback).is_err());
    }

    #[test]
    fn a_simulated_platform_ends_at_the_loopback() {
        let admits = |url: &str| {
            let request = http::Request::get(url).body(Bytes::new()).unwrap();
            admit(&request, Bounds::Loopback).is_ok()
        };
        assert!(admits("http://127.0.0.1:4000/clusters/ci"));
        assert!(!admits("http://169.254.169.254/latest/meta-data"));
        assert!(!admits("https://eks.eu-west-1.amazonaws.com/clusters/ci"));
    }
}
