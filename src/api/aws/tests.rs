//! The client against a small AWS on loopback: what it reads, and how each refusal looks.

use std::io::Write;

use secrecy::ExposeSecret;
use url::Url;

use super::Identity;
use super::fake::{Aws, Call, SECRET, eks, nodegroup, query_refusal, refusal};
use crate::api::Error;
use crate::api::fake::Reply;
use crate::api::kubernetes::Access;
use crate::config::Eks as EksSettings;
use crate::domain::{FailureKind, NodeGroupIssue, Text};

/// What listing the node groups gives where every call is answered so.
async fn listing(reply: impl Fn() -> Reply + Send + Sync + 'static) -> Error {
    let aws = Aws::by(move |_| Some(reply())).await;
    aws.eks().nodegroup_names().await.unwrap_err()
}

#[tokio::test]
async fn a_cluster_tells_where_it_is_and_whom_to_trust_there() {
    let endpoint = Aws::usual().await.eks().endpoint().await.unwrap();
    assert_eq!(endpoint.url.as_str(), "https://abc.gr7.eu-west-1.eks.amazonaws.com/");
    assert_eq!(endpoint.ca_pem, b"---PEM---");
}

#[tokio::test]
async fn a_cluster_that_is_being_made_has_no_address() {
    let making = || Reply::json(r#"{"cluster": {"name": "ci-prod", "status": "CREATING"}}"#);
    let aws = Aws::by(move |_| Some(making())).await;
    let error = aws.eks().endpoint().await.unwrap_err();
    assert_eq!(error.message, "cluster ci-prod is CREATING and has no address");
}

/// A client of a profile with this certificate bundle.
fn trusting(aws: &Aws, bundle: &std::path::Path) -> (super::Eks, tempfile::NamedTempFile) {
    let mut file = tempfile::NamedTempFile::new().unwrap();
    writeln!(file, "[default]\nca_bundle = {}", bundle.display()).unwrap();
    let config_file = Some(file.path().to_owned());
    (eks(&EksSettings { config_file, ..aws.settings() }), file)
}

#[tokio::test]
async fn a_certificate_bundle_that_cannot_be_used_is_told_with_its_place_until_it_can() {
    let aws = Aws::usual().await;
    let bundle = tempfile::NamedTempFile::new().unwrap();
    let (eks, _profile) = trusting(&aws, bundle.path());
    let error = eks.nodegroup_names().await.unwrap_err();
    assert_eq!(error.kind, FailureKind::Tls);
    assert!(error.message.contains(&bundle.path().display().to_string()), "{error}");
    assert!(error.message.contains("named by ca_bundle of AWS profile default"), "{error}");
    assert!(error.hint.contains("PEM file"), "{}", error.hint);
    assert_eq!(aws.calls(), []);
    let certificate = rcgen::generate_simple_self_signed(["127.0.0.1".to_owned()]).unwrap();
    std::fs::write(bundle.path(), certificate.cert.pem()).unwrap();
    assert_eq!(eks.nodegroup_names().await.unwrap(), ["a", "b"]);
}

#[tokio::test]
async fn every_page_of_node_groups_is_read() {
    let aws = Aws::by(|call| match call {
        Call::ListNodegroups { next: None } => {
            Some(Reply::json(r#"{"nodegroups": ["a"], "nextToken": "2"}"#))
        }
        Call::ListNodegroups { next: Some(page) } if page == "2" => {
            Some(Reply::json(r#"{"nodegroups": ["b", "c"], "nextToken": null}"#))
        }
        _ => None,
    })
    .await;
    assert_eq!(aws.eks().nodegroup_names().await.unwrap(), ["a", "b", "c"]);
    assert_eq!(aws.calls().len(), 2);
}

#[tokio::test]
async fn pages_that_never_end_are_an_error() {
    let page = || Reply::json(r#"{"nodegroups": ["a"], "nextToken": "again"}"#);
    assert_eq!(listing(page).await.kind, FailureKind::Shape);
}

#[tokio::test]
async fn a_node_group_is_read_with_all_that_is_said_of_it() {
    let aws = Aws::by(|call| match call {
        Call::DescribeNodegroup(name) => {
            let mut answer = nodegroup(name, 3);
            answer["nodegroup"]["status"] = "DEGRADED".into();
            answer["nodegroup"]["health"] = serde_json::json!({"issues": [
                {"code": "AsgInstanceLaunchFailures", "message": "no capacity", "resourceIds": ["eks-a"]},
                {"code": "SomethingNew", "message": "\u{1b}[2Jnew", "resourceIds": []},
            ]});
            Some(Reply::json(answer))
        }
        _ => None,
    })
    .await;
    let described = aws.eks().nodegroup("a").await.unwrap();
    let group = described.group;
    assert_eq!(described.scaling_groups, ["eks-a"]);
    assert_eq!((group.min, group.desired, group.max), (Some(1), Some(3), Some(10)));
    assert_eq!((group.cluster.as_str(), group.status.as_str()), ("ci", "DEGRADED"));
    assert_eq!(group.capacity_type, Some(Text::new("SPOT")));
    assert_eq!(*group.instance_types, [Text::new("m6i.large"), Text::new("m6a.large")]);
    let launch = NodeGroupIssue {
        code: Text::new("AsgInstanceLaunchFailures"),
        message: Text::new("no capacity"),
        resources: [Text::new("eks-a")].into(),
    };
    assert_eq!(group.issues[0], launch);
    assert_eq!(group.issues[1].code, Text::new("SomethingNew"));
    assert!(!group.issues[1].message.contains('\u{1b}'));
}

#[tokio::test]
async fn who_we_are_is_asked_of_sts_with_a_signature() {
    let aws = Aws::usual().await;
    let ann = Identity { account: Text::new("1"), arn: Text::new("arn:aws:iam::1:user/ann") };
    assert_eq!(aws.eks().identity().await, Ok(ann));
    let body = "Action=GetCallerIdentity&Version=2011-06-15".to_owned();
    let action = "GetCallerIdentity".to_owned();
    assert_eq!(aws.calls(), [Call::Query { action, signed: true, body }]);
}

#[tokio::test]
async fn the_last_activities_of_one_group_are_asked_for() {
    let aws = Aws::usual().await;
    let activities = aws.eks().activities("eks-a").await.unwrap();
    assert_eq!(activities[0].description, Text::new("Launching a new EC2 instance"));
    let Call::Query { body, .. } = &aws.calls()[0] else { panic!("no query") };
    assert!(body.contains("AutoScalingGroupName=eks-a"), "{body}");
}

#[tokio::test]
async fn each_refusal_is_told_apart() {
    let kinds = [
        ("AccessDeniedException", 403, FailureKind::Forbidden),
        ("ExpiredTokenException", 403, FailureKind::TokenExpired),
        ("UnrecognizedClientException", 403, FailureKind::TokenInvalid),
        ("ThrottlingException", 400, FailureKind::RateLimited),
        ("ResourceNotFoundException", 404, FailureKind::NotFound),
        ("ServerException", 500, FailureKind::Server),
    ];
    for (code, status, kind) in kinds {
        let error = listing(move || refusal(status, code, "no")).await;
        assert_eq!((error.kind, error.status), (kind, Some(status)), "{code}");
        assert_eq!(error.doing, "listing the node groups of ci-prod");
    }
}

#[tokio::test]
async fn nothing_is_asked_twice_behind_our_back() {
    let aws = Aws::by(|_| Some(refusal(503, "ServiceUnavailableException", "later"))).await;
    assert!(aws.eks().nodegroup_names().await.is_err());
    assert_eq!(aws.calls().len(), 1);
}

#[tokio::test]
async fn while_aws_wants_to_be_left_alone_nothing_is_asked() {
    let throttled =
        || refusal(429, "TooManyRequestsException", "slow down").with("retry-after", "9");
    let aws = Aws::by(move |_| Some(throttled())).await;
    let eks = aws.eks();
    let first = eks.nodegroup_names().await.unwrap_err();
    let second = eks.nodegroup_names().await.unwrap_err();
    let until = crate::api::fake::now() + jiff::SignedDuration::from_secs(9);
    assert_eq!([first.retry_at, second.retry_at], [Some(until); 2]);
    assert_eq!([first.kind, second.kind], [FailureKind::RateLimited; 2]);
    assert_eq!(aws.calls().len(), 1);
}

#[tokio::test]
async fn something_else_than_aws_is_told() {
    assert_eq!(listing(|| Reply::new(200, "<html>log in</html>")).await.kind, FailureKind::NotJson);
    let error = listing(|| Reply::new(502, "<html>bad gateway</html>")).await;
    assert_eq!(error.kind, FailureKind::Server);
}

#[tokio::test]
async fn an_address_where_nobody_listens_is_told() {
    let aws = Aws::usual().await;
    let closed = Url::parse("http://127.0.0.1:1/").unwrap();
    let settings = EksSettings { endpoint_url: Some(closed), ..aws.settings() };
    let error = eks(&settings).nodegroup_names().await.unwrap_err();
    assert_eq!(error.kind, FailureKind::Connect);
    assert!(error.hint.contains("eks.endpoint_url"), "{}", error.hint);
}

#[tokio::test]
async fn no_credentials_are_told_without_asking_the_machine_or_the_user() {
    let aws = Aws::usual().await;
    let settings = EksSettings { credentials_file: None, ..aws.settings() };
    let error = eks(&settings).nodegroup_names().await.unwrap_err();
    assert_eq!(error.kind, FailureKind::TokenInvalid);
    assert_eq!(error.message, "no AWS credentials were found");
    assert_eq!(aws.calls(), []);
}

#[tokio::test]
async fn a_profile_that_is_nowhere_defined_is_named() {
    let aws = Aws::usual().await;
    let settings = EksSettings { profile: Some("staging".to_owned()), ..aws.settings() };
    let error = eks(&settings).nodegroup_names().await.unwrap_err();
    assert_eq!(error.message, "AWS's files define no profile staging");
}

#[tokio::test]
async fn without_a_region_nothing_is_asked() {
    let aws = Aws::usual().await;
    let settings = EksSettings { region: None, ..aws.settings() };
    let error = eks(&settings).nodegroup_names().await.unwrap_err();
    assert_eq!(error.message, "no AWS region is known");
}

#[tokio::test]
async fn the_named_profile_of_the_named_files_counts() {
    let aws = Aws::usual().await;
    let mut config = tempfile::NamedTempFile::new().unwrap();
    writeln!(config, "[profile ci]\nregion = eu-north-1").unwrap();
    let settings = EksSettings {
        region: None,
        profile: Some("ci".to_owned()),
        config_file: Some(config.path().to_owned()),
        ..aws.settings()
    };
    assert!(eks(&settings).nodegroup_names().await.is_ok());
    let asked = aws.fake.asked();
    let signature = asked[0].headers["authorization"].to_str().unwrap();
    assert!(signature.contains("/eu-north-1/eks/aws4_request"), "{signature}");
}

#[tokio::test]
async fn an_sso_session_that_was_never_begun_is_explained_with_the_command() {
    let aws = Aws::usual().await;
    let mut config = tempfile::NamedTempFile::new().unwrap();
    writeln!(
        config,
        "[profile work]\nsso_session = corp\nsso_account_id = 1\nsso_role_name = watch\n\
         [sso-session corp]\nsso_region = eu-west-1\nsso_start_url = https://corp.example.com/start"
    )
    .unwrap();
    let settings = EksSettings {
        profile: Some("work".to_owned()),
        config_file: Some(config.path().to_owned()),
        ..aws.settings()
    };
    let error = eks(&settings).nodegroup_names().await.unwrap_err();
    assert_eq!(error.kind, FailureKind::TokenExpired, "{error}");
    assert_eq!(error.hint, "run `aws sso login --profile work`");
}

#[tokio::test]
async fn a_role_is_assumed_once_and_its_keys_are_used() {
    let role = "<AssumeRoleResponse><AssumeRoleResult><Credentials><AccessKeyId>ROLEKEY</AccessKeyId>\
                <SecretAccessKey>s</SecretAccessKey><SessionToken>t</SessionToken>\
                <Expiration>2026-01-12T01:10:00Z</Expiration></Credentials></AssumeRoleResult>\
                </AssumeRoleResponse>";
    let aws = Aws::by(move |call| call.is("AssumeRole").then(|| Reply::new(200, role))).await;
    let role_arn = Some("arn:aws:iam::1:role/watch".to_owned());
    let eks = eks(&EksSettings { role_arn, ..aws.settings() });
    eks.nodegroup_names().await.unwrap();
    eks.identity().await.unwrap();
    let assumed = aws.calls().iter().filter(|call| call.is("AssumeRole")).count();
    assert_eq!(assumed, 1);
    for asked in &aws.fake.asked()[1..] {
        let signature = asked.headers["authorization"].to_str().unwrap();
        assert!(signature.contains("Credential=ROLEKEY/"), "{signature}");
        assert_eq!(asked.headers["x-amz-security-token"], "t");
    }
}

#[tokio::test]
async fn a_role_that_may_not_be_assumed_is_told() {
    let denied = || {
        query_refusal(
            403,
            "AccessDenied",
            "User: arn:aws:iam::1:user/ann is not authorized to perform: sts:AssumeRole on resource: r",
        )
    };
    let aws = Aws::by(move |call| call.is("AssumeRole").then(denied)).await;
    let role_arn = Some("arn:aws:iam::1:role/watch".to_owned());
    let error = eks(&EksSettings { role_arn, ..aws.settings() }).nodegroup_names().await;
    let error = error.unwrap_err();
    assert_eq!(error.kind, FailureKind::Forbidden, "{error}");
    assert_eq!(error.message, "AWS denies sts:AssumeRole to arn:aws:iam::1:user/ann");
}

#[tokio::test]
async fn new_keys_in_the_file_are_found_after_the_old_ones_were_refused() {
    let aws = Aws::by(|call| {
        let Call::ListNodegroups { .. } = call else { return None };
        Some(refusal(403, "ExpiredTokenException", "expired"))
    })
    .await;
    let mut file = tempfile::NamedTempFile::new().unwrap();
    writeln!(file, "[default]\naws_access_key_id = OLD\naws_secret_access_key = s").unwrap();
    let path = file.path().to_owned();
    let eks = eks(&EksSettings { credentials_file: Some(path.clone()), ..aws.settings() });
    eks.nodegroup_names().await.unwrap_err();
    std::fs::write(&path, "[default]\naws_access_key_id = NEW\naws_secret_access_key = s").unwrap();
    eks.nodegroup_names().await.unwrap_err();
    let asked = aws.fake.asked();
    let used = |index: usize| asked[index].headers["authorization"].to_str().unwrap().to_owned();
    assert!(used(0).contains("Credential=OLD/") && used(1).contains("Credential=NEW/"));
}

#[tokio::test]
async fn a_clusters_token_is_made_without_the_network_and_kept() {
    let aws = Aws::usual().await;
    let eks = aws.eks();
    let first = eks.token().await.unwrap();
    assert!(first.expose_secret().starts_with("k8s-aws-v1."));
    assert_eq!(first.expose_secret(), eks.token().await.unwrap().expose_secret());
    assert_eq!(aws.calls(), []);
}

#[tokio::test]
async fn no_error_and_no_debug_holds_a_secret() {
    let aws = Aws::by(|_| Some(refusal(403, "SignatureDoesNotMatch", "no"))).await;
    let eks = aws.eks();
    let error = eks.nodegroup_names().await.unwrap_err();
    eks.token().await.unwrap();
    let shown = format!("{error:?} {eks:?}");
    assert!(!shown.contains(SECRET) && !shown.contains("k8s-aws-v1"), "{shown}");
}

#[tokio::test]
async fn a_probe_tells_of_each_call_whether_it_is_permitted() {
    let aws = Aws::by(|call| match call {
        Call::DescribeCluster => Some(refusal(403, "AccessDeniedException", "")),
        call if call.is("DescribeScalingActivities") => {
            Some(query_refusal(403, "AccessDenied", "no"))
        }
        _ => None,
    })
    .await;
    let probes = aws.eks().probe().await;
    assert_eq!(probes.identity.unwrap().account, Text::new("1"));
    let outcome = |index: usize| {
        let probe = &probes.calls[index];
        (probe.action, probe.outcome.clone().map_err(|error| error.kind))
    };
    assert_eq!(outcome(0), ("eks:DescribeCluster", Err(FailureKind::Forbidden)));
    assert_eq!(outcome(1), ("eks:ListNodegroups", Ok("2 node groups".to_owned())));
    assert_eq!(outcome(2), ("eks:DescribeNodegroup", Ok("a is ACTIVE".to_owned())));
    assert_eq!(outcome(3), ("autoscaling:DescribeScalingActivities", Err(FailureKind::Forbidden)));
}

#[tokio::test]
async fn a_probe_without_credentials_says_it_once() {
    let aws = Aws::usual().await;
    let settings = EksSettings { credentials_file: None, ..aws.settings() };
    let probes = eks(&settings).probe().await;
    assert_eq!(probes.identity.unwrap_err().kind, FailureKind::TokenInvalid);
    assert_eq!(probes.calls, []);
}
