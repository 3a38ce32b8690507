//! A small AWS on loopback for tests: EKS, STS and Auto Scaling behind one address, each call with an answer of its own.

use std::io::Write;

use serde_json::{Value, json};
use tempfile::NamedTempFile;

use super::eks::Eks;
use super::gate::Bounds;
use crate::api::fake::{Asked, Fake, Reply, wiring};
use crate::config::Eks as EksSettings;

/// The secret key of every test, which may appear nowhere.
pub(crate) const SECRET: &str = "secret-key-of-the-test";

/// The server, and a credentials file that fits it.
pub(crate) struct Aws {
    pub(crate) fake: Fake,
    credentials: NamedTempFile,
}

impl Aws {
    /// A server whose answers a function gives; `None` is the usual answer.
    pub(crate) async fn by(script: impl Fn(&Call) -> Option<Reply> + Send + Sync + 'static) -> Aws {
        let answer = move |asked: &Asked| {
            let call = Call::of(asked);
            script(&call).unwrap_or_else(|| usual(&call))
        };
        let fake = Fake::by(answer).await;
        let mut credentials = NamedTempFile::new().unwrap();
        let keys = format!("aws_access_key_id = AKIDEXAMPLE\naws_secret_access_key = {SECRET}\n");
        writeln!(credentials, "[default]\n{keys}[ci]\n{keys}").unwrap();
        Aws { fake, credentials }
    }

    /// A server that gives the usual answers.
    pub(crate) async fn usual() -> Aws {
        Aws::by(|_| None).await
    }

    /// Settings that lead there and nowhere else.
    pub(crate) fn settings(&self) -> EksSettings {
        EksSettings {
            name: "ci-prod".to_owned(),
            region: Some("eu-west-1".to_owned()),
            profile: None,
            role_arn: None,
            endpoint_url: Some(self.fake.url.clone()),
            config_file: None,
            credentials_file: Some(self.credentials.path().to_owned()),
        }
    }

    /// A client of it.
    pub(crate) fn eks(&self) -> Eks {
        eks(&self.settings())
    }

    /// What was asked so far.
    pub(crate) fn calls(&self) -> Vec<Call> {
        self.fake.asked().iter().map(Call::of).collect()
    }
}

/// A client with these settings, of a simulated platform.
pub(crate) fn eks(settings: &EksSettings) -> Eks {
    Eks::new("ci", settings, Bounds::Loopback, wiring())
}

/// What a request asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Call {
    DescribeCluster,
    ListNodegroups { next: Option<String> },
    DescribeNodegroup(String),
    Query { action: String, signed: bool, body: String },
    Other(String),
}

impl Call {
    fn of(asked: &Asked) -> Call {
        let (path, query) = asked.path.split_once('?').unwrap_or((&asked.path, ""));
        let words: Vec<&str> = path.trim_matches('/').split('/').collect();
        match (asked.method.as_str(), words.as_slice()) {
            ("GET", ["clusters", "ci-prod"]) => Call::DescribeCluster,
            ("GET", ["clusters", "ci-prod", "node-groups"]) => {
                let next = query.split('&').find_map(|pair| pair.strip_prefix("nextToken="));
                Call::ListNodegroups { next: next.map(str::to_owned) }
            }
            ("GET", ["clusters", "ci-prod", "node-groups", name]) => {
                Call::DescribeNodegroup((*name).to_owned())
            }
            ("POST", [""]) => {
                let body = String::from_utf8(asked.body.to_vec()).unwrap();
                let action = body.split('&').find_map(|pair| pair.strip_prefix("Action="));
                let signed = asked.headers.get("authorization").is_some_and(|value| {
                    value.to_str().unwrap().starts_with("AWS4-HMAC-SHA256 Credential=")
                });
                Call::Query { action: action.unwrap_or_default().to_owned(), signed, body }
            }
            _ => Call::Other(format!("{} {}", asked.method, asked.path)),
        }
    }

    /// Whether it is a query with this action.
    pub(crate) fn is(&self, wanted: &str) -> bool {
        matches!(self, Call::Query { action, .. } if action == wanted)
    }
}

/// The usual answer: a cluster with the node groups `a` and `b`.
fn usual(call: &Call) -> Reply {
    match call {
        Call::DescribeCluster => Reply::json(json!({"cluster": {
            "name": "ci-prod", "status": "ACTIVE", "version": "1.33",
            "endpoint": "https://abc.gr7.eu-west-1.eks.amazonaws.com",
            "certificateAuthority": {"data": "LS0tUEVNLS0t"},
        }})),
        Call::ListNodegroups { .. } => Reply::json(json!({"nodegroups": ["a", "b"]})),
        Call::DescribeNodegroup(name) => Reply::json(nodegroup(name, 3)),
        Call::Query { action, .. } if action == "GetCallerIdentity" => Reply::new(
            200,
            "<R><GetCallerIdentityResult><Arn>arn:aws:iam::1:user/ann</Arn><Account>1</Account>\
             </GetCallerIdentityResult></R>",
        ),
        Call::Query { action, .. } if action == "DescribeScalingActivities" => {
            Reply::new(200, activities("Launching a new EC2 instance"))
        }
        call => Reply::new(501, format!("{call:?}")),
    }
}

/// A node group as EKS describes it.
pub(crate) fn nodegroup(name: &str, desired: u32) -> Value {
    json!({"nodegroup": {
        "nodegroupName": name, "clusterName": "ci-prod", "version": "1.33", "status": "ACTIVE",
        "capacityType": "SPOT", "instanceTypes": ["m6i.large", "m6a.large"],
        "scalingConfig": {"minSize": 1, "desiredSize": desired, "maxSize": 10},
        "resources": {"autoScalingGroups": [{"name": format!("eks-{name}")}]},
        "health": {"issues": []},
    }})
}

/// One activity as Auto Scaling tells it.
pub(crate) fn activities(description: &str) -> String {
    format!(
        "<R><DescribeScalingActivitiesResult><Activities><member>\
         <StartTime>2026-01-12T00:05:00Z</StartTime><StatusCode>Successful</StatusCode>\
         <Description>{description}</Description></member></Activities>\
         </DescribeScalingActivitiesResult></R>"
    )
}

/// A refusal of EKS.
pub(crate) fn refusal(status: u16, code: &str, words: &str) -> Reply {
    Reply::json(json!({"message": words})).status(status).with("x-amzn-errortype", code)
}

/// A refusal of STS or Auto Scaling.
pub(crate) fn query_refusal(status: u16, code: &str, words: &str) -> Reply {
    let body = format!(
        "<ErrorResponse><Error><Type>Sender</Type><Code>{code}</Code><Message>{words}</Message>\
         </Error></ErrorResponse>"
    );
    Reply::new(status, body)
}
