//! Who may enter the cluster: EKS, IAM, `aws-auth` and RBAC.

use reqwest::{Method, RequestBuilder, Response};
use serde_json::{Value, json};

use super::{Bench, organised};

const ADMIN: &str = "arn%3Aaws%3Aiam%3A%3A111122223333%3Arole%2Faws-reserved%2Fsso.amazonaws.com%2Feu-west-1%2FAWSReservedSSO_PlatformAdmin_0a1b2c3d4e5f6071";

/// A request to AWS that looks signed.
fn signed(bench: &Bench, method: Method, path: &str) -> RequestBuilder {
    let key = bench.sim.aws_access_key();
    let header = format!(
        "AWS4-HMAC-SHA256 Credential={key}/20260101/eu-west-1/eks/aws4_request, SignedHeaders=host, Signature=00"
    );
    let url = format!("{}{path}", bench.sim.aws_url());
    bench.client.request(method, url).header("authorization", header)
}

async fn send(bench: &Bench, method: Method, path: &str) -> Response {
    signed(bench, method, path).send().await.unwrap()
}

async fn eks(bench: &Bench, path: &str) -> Value {
    let response = send(bench, Method::GET, path).await;
    assert_eq!(response.status(), 200, "{path}");
    response.json().await.unwrap()
}

/// What `GetRole` says: status and text.
async fn role(bench: &Bench, name: &str) -> (u16, String) {
    let form = format!("Action=GetRole&Version=2010-05-08&RoleName={name}");
    let response = signed(bench, Method::POST, "/").body(form).send().await.unwrap();
    (response.status().as_u16(), response.text().await.unwrap())
}

/// An object of the Kubernetes API.
async fn object(bench: &Bench, path: &str) -> Value {
    let url = format!("{}{path}", bench.sim.kubernetes_url());
    let request = bench.client.get(url).bearer_auth(bench.sim.kubernetes_token());
    let response = request.send().await.unwrap();
    assert_eq!(response.status(), 200, "{path}");
    response.json().await.unwrap()
}

#[tokio::test]
async fn pages_of_access_entries_lead_to_the_last() {
    let bench = organised().await;
    let mut path = "/clusters/ci/access-entries".to_owned();
    let (mut entries, mut pages) = (Vec::new(), 0);
    loop {
        let page = eks(&bench, &path).await;
        pages += 1;
        entries.extend(page["accessEntries"].as_array().unwrap().clone());
        let Some(next) = page["nextToken"].as_str() else { break };
        path = format!("/clusters/ci/access-entries?nextToken={next}");
    }
    assert_eq!((entries.len(), pages), (6, 2));
}

#[tokio::test]
async fn an_entry_has_its_policies_with_their_scope() {
    let bench = organised().await;
    let one = eks(&bench, &format!("/clusters/ci/access-entries/{ADMIN}")).await;
    assert_eq!(one["accessEntry"]["type"], "STANDARD");
    let path = format!("/clusters/ci/access-entries/{ADMIN}/access-policies");
    let policies = eks(&bench, &path).await;
    let policy = &policies["associatedAccessPolicies"][0];
    assert!(policy["policyArn"].as_str().unwrap().ends_with("/AmazonEKSClusterAdminPolicy"));
    assert_eq!(policy["accessScope"], json!({"type": "cluster", "namespaces": []}));
}

#[tokio::test]
async fn entries_are_found_by_policy() {
    let bench = organised().await;
    let arn = "arn%3Aaws%3Aeks%3A%3Aaws%3Acluster-access-policy%2FAmazonEKSEditPolicy";
    let found =
        eks(&bench, &format!("/clusters/ci/access-entries?associatedPolicyArn={arn}")).await;
    assert_eq!(found["accessEntries"], json!(["arn:aws:iam::111122223333:role/ci-deploy"]));
}

#[tokio::test]
async fn the_cluster_says_how_it_knows_who_comes() {
    let config = |answer: Value| answer["cluster"]["accessConfig"].clone();
    let here = config(eks(&organised().await, "/clusters/ci").await);
    let expected = json!({
        "authenticationMode": "API_AND_CONFIG_MAP", "bootstrapClusterCreatorAdminPermissions": false,
    });
    assert_eq!(here, expected);
    let other = config(eks(&Bench::frozen("bare").await, "/clusters/ci").await);
    assert_eq!(other["authenticationMode"], "API");
}

#[tokio::test]
async fn a_deleted_entry_is_gone() {
    let bench = organised().await;
    let path = format!("/clusters/ci/access-entries/{ADMIN}");
    assert_eq!(send(&bench, Method::DELETE, &path).await.status(), 200);
    for method in [Method::GET, Method::DELETE] {
        let response = send(&bench, method, &path).await;
        assert_eq!(response.status(), 404);
        assert_eq!(response.headers()["x-amzn-errortype"], "ResourceNotFoundException");
    }
}

#[tokio::test]
async fn a_policy_can_be_taken_off_an_entry() {
    let bench = organised().await;
    let policy = "arn%3Aaws%3Aeks%3A%3Aaws%3Acluster-access-policy%2FAmazonEKSClusterAdminPolicy";
    let all = format!("/clusters/ci/access-entries/{ADMIN}/access-policies");
    let one = format!("{all}/{policy}");
    assert_eq!(send(&bench, Method::DELETE, &one).await.status(), 200);
    assert_eq!(eks(&bench, &all).await["associatedAccessPolicies"], json!([]));
    assert_eq!(send(&bench, Method::DELETE, &one).await.status(), 404);
}

#[tokio::test]
async fn pods_have_roles_by_association() {
    let bench = organised().await;
    let listed = eks(&bench, "/clusters/ci/pod-identity-associations").await;
    let first = &listed["associations"][0];
    let id = first["associationId"].as_str().unwrap();
    let one = eks(&bench, &format!("/clusters/ci/pod-identity-associations/{id}")).await;
    assert_eq!(one["association"]["roleArn"], "arn:aws:iam::111122223333:role/ci-job-protected");
    assert_eq!(first.get("roleArn"), None, "the list does not tell it");
}

#[tokio::test]
async fn a_role_tells_whom_it_trusts_in_percent_signs() {
    let bench = organised().await;
    let (status, text) = role(&bench, "ci-deploy-legacy").await;
    assert_eq!(status, 200);
    let document = text.split_once("<AssumeRolePolicyDocument>").unwrap().1;
    let document = document.split_once('<').unwrap().0;
    assert!(document.starts_with("%7B%22Version%22%3A%20%222012-10-17%22"), "{document}");
    let plain = format!("a={document}");
    let plain = url::form_urlencoded::parse(plain.as_bytes()).next().unwrap().1.into_owned();
    let policy: Value = serde_json::from_str(&plain).unwrap();
    let host = bench.sim.gitlab_url().trim_start_matches("http://").to_owned();
    let condition = &policy["Statement"][0]["Condition"]["StringLike"];
    assert_eq!(condition[format!("{host}:sub")], "project_path:acme/*:ref_type:branch:ref:*");
    assert!(text.contains("<MaxSessionDuration>3600</MaxSessionDuration>"));
}

#[tokio::test]
async fn a_role_that_is_not_there_is_no_such_entity() {
    let (status, text) = role(&organised().await, "nobody").await;
    assert_eq!((status, text.contains("<Code>NoSuchEntity</Code>")), (404, true));
}

#[tokio::test]
async fn the_config_map_of_the_cluster_maps_roles_and_users() {
    let bench = organised().await;
    let map = object(&bench, "/api/v1/namespaces/kube-system/configmaps/aws-auth").await;
    let roles = "- rolearn: arn:aws:iam::111122223333:role/eks-node\n  username: system:node:{{EC2PrivateDNSName}}\n  groups:\n  - system:bootstrappers\n  - system:nodes\n";
    assert_eq!(map["data"]["mapRoles"], roles);
    assert!(map["data"]["mapUsers"].as_str().unwrap().contains("user/emeka.specimen"));
}

#[tokio::test]
async fn bindings_say_what_groups_may() {
    let bench = organised().await;
    let path = "/apis/rbac.authorization.k8s.io/v1/clusterrolebindings?limit=500";
    let list = object(&bench, path).await;
    let names: Vec<&str> = list["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|item| item["metadata"]["name"].as_str().unwrap())
        .collect();
    assert_eq!(names, ["cluster-admin", "platform-viewers", "watchfloor-read"]);
    let of_namespace = object(&bench, "/apis/rbac.authorization.k8s.io/v1/rolebindings").await;
    assert_eq!(of_namespace["items"][0]["roleRef"]["name"], "edit");
    let role =
        object(&bench, "/apis/rbac.authorization.k8s.io/v1/clusterroles/cluster-admin").await;
    assert_eq!(role["rules"][0]["verbs"], json!(["*"]));
}
