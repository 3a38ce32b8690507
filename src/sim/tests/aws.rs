//! AWS, as a client meets it.

use reqwest::{Method, RequestBuilder, Response};
use serde_json::{Value, json};

use super::super::{AwsFault, Fault, Server};
use super::Bench;

/// A request that looks signed by an access key.
fn signed(bench: &Bench, method: Method, path: &str, access: &str) -> RequestBuilder {
    let scope = format!("{access}/20260101/eu-west-1/eks/aws4_request");
    let header =
        format!("AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host;x-amz-date, Signature=00");
    let url = format!("{}{path}", bench.sim.aws_url());
    bench.client.request(method, url).header("authorization", header)
}

async fn get(bench: &Bench, path: &str) -> Response {
    let access = bench.sim.aws_access_key();
    signed(bench, Method::GET, path, access).send().await.unwrap()
}

async fn json(bench: &Bench, path: &str) -> Value {
    let response = get(bench, path).await;
    assert_eq!(response.status(), 200, "{path}");
    response.json().await.unwrap()
}

/// An action of the query protocol: status and text.
async fn action(bench: &Bench, form: &str) -> (u16, String) {
    let access = bench.sim.aws_access_key();
    let request = signed(bench, Method::POST, "/", access).body(form.to_owned());
    let response = request.send().await.unwrap();
    (response.status().as_u16(), response.text().await.unwrap())
}

/// Status, type of the error and message.
async fn refusal(response: Response) -> (u16, String, String) {
    let status = response.status().as_u16();
    let kind = response.headers()["x-amzn-errortype"].to_str().unwrap().to_owned();
    let body: Value = response.json().await.unwrap();
    (status, kind, body["message"].as_str().unwrap().to_owned())
}

#[tokio::test]
async fn the_cluster_names_the_api_server_as_its_endpoint() {
    let bench = Bench::frozen("bare").await;
    let answer = json(&bench, "/clusters/ci").await;
    assert_eq!(answer["cluster"]["endpoint"], bench.sim.kubernetes_url());
}

#[tokio::test]
async fn pages_of_node_groups_lead_to_the_last() {
    let bench = Bench::frozen("bare").await;
    let first = json(&bench, "/clusters/ci/node-groups").await;
    assert_eq!(first["nodegroups"], json!(["ci-protected", "ci-sandbox-spot", "ci-standard"]));
    let next = first["nextToken"].as_str().unwrap();
    let path = format!("/clusters/ci/node-groups?nextToken={next}");
    assert_eq!(json(&bench, &path).await, json!({"nodegroups": ["ci-system"]}));
}

#[tokio::test]
async fn in_the_incident_a_group_is_at_its_maximum() {
    let bench = Bench::frozen("incident").await;
    let answer = json(&bench, "/clusters/ci/node-groups/ci-standard").await;
    let group = &answer["nodegroup"];
    assert_eq!(group["scalingConfig"], json!({"minSize": 1, "maxSize": 1, "desiredSize": 1}));
    assert_eq!((&group["status"], &group["capacityType"]), (&json!("ACTIVE"), &json!("ON_DEMAND")));
}

#[tokio::test]
async fn an_unsigned_request_is_refused() {
    let bench = Bench::frozen("bare").await;
    let response = bench.client.get(format!("{}/clusters", bench.sim.aws_url())).send();
    let (status, kind, _) = refusal(response.await.unwrap()).await;
    assert_eq!((status, kind.as_str()), (403, "MissingAuthenticationTokenException"));
}

#[tokio::test]
async fn a_request_of_another_key_is_refused() {
    let bench = Bench::frozen("bare").await;
    let response = signed(&bench, Method::GET, "/clusters", "AKIAOTHER").send().await.unwrap();
    let (status, kind, _) = refusal(response).await;
    assert_eq!((status, kind.as_str()), (403, "UnrecognizedClientException"));
}

#[tokio::test]
async fn a_group_that_is_not_there_is_not_found() {
    let bench = Bench::frozen("bare").await;
    let answer = refusal(get(&bench, "/clusters/ci/node-groups/none").await).await;
    let message = "No node group found for name: none.".to_owned();
    assert_eq!(answer, (404, "ResourceNotFoundException".to_owned(), message));
}

#[tokio::test]
async fn an_unknown_operation_is_remembered() {
    let bench = Bench::frozen("bare").await;
    assert_eq!(get(&bench, "/clusters/ci/addons").await.status(), 501);
    assert_eq!(bench.sim.unknown(), ["GET /clusters/ci/addons unknown"]);
}

#[tokio::test]
async fn sts_says_who_asks() {
    let bench = Bench::frozen("bare").await;
    let (status, text) = action(&bench, "Action=GetCallerIdentity&Version=2011-06-15").await;
    assert_eq!(status, 200);
    assert!(text.contains("<Account>111122223333</Account>"), "{text}");
}

#[tokio::test]
async fn an_assumed_role_has_another_key_that_works() {
    let bench = Bench::frozen("bare").await;
    let role = "arn%3Aaws%3Aiam%3A%3A111122223333%3Arole%2Fviewer";
    let form = format!("Action=AssumeRole&Version=2011-06-15&RoleArn={role}&RoleSessionName=w");
    let (_, text) = action(&bench, &form).await;
    let key = text.split_once("<AccessKeyId>").unwrap().1.split_once('<').unwrap().0;
    let response = signed(&bench, Method::GET, "/clusters", key).send().await.unwrap();
    assert_eq!(response.status(), 200);
}

#[tokio::test]
async fn a_role_of_another_account_is_denied() {
    let bench = Bench::frozen("bare").await;
    let form = "Action=AssumeRole&Version=2011-06-15&RoleArn=arn%3Aaws%3Aiam%3A%3A9%3Arole%2Fx";
    let (status, text) = action(&bench, form).await;
    assert_eq!((status, text.contains("<Code>AccessDenied</Code>")), (403, true));
}

#[tokio::test]
async fn the_history_of_a_group_tells_of_launches() {
    let bench = Bench::frozen("busy").await;
    let form = "Action=DescribeScalingActivities&Version=2011-01-01";
    let (status, text) = action(&bench, form).await;
    assert_eq!((status, text.contains("<StatusCode>Successful</StatusCode>")), (200, true));
}

#[tokio::test]
async fn the_auto_scaling_group_has_the_size_of_the_node_group() {
    let bench = Bench::frozen("incident").await;
    let answer = json(&bench, "/clusters/ci/node-groups/ci-standard").await;
    let name = answer["nodegroup"]["resources"]["autoScalingGroups"][0]["name"].as_str().unwrap();
    let form = format!(
        "Action=DescribeAutoScalingGroups&Version=2011-01-01&AutoScalingGroupNames.member.1={name}"
    );
    let (_, text) = action(&bench, &form).await;
    assert!(text.contains("<MaxSize>1</MaxSize><DesiredCapacity>1</DesiredCapacity>"), "{text}");
    assert_eq!(text.matches("<InstanceId>").count(), 1);
}

#[tokio::test]
async fn each_fault_has_the_words_of_aws() {
    let bench = Bench::frozen("bare").await;
    let faults = [
        (AwsFault::Throttled, 429, "ThrottlingException"),
        (AwsFault::AccessDenied, 403, "AccessDeniedException"),
        (AwsFault::ExpiredToken, 403, "ExpiredTokenException"),
    ];
    for (fault, status, kind) in faults {
        let fault = Fault { server: Server::Aws, aws: Some(fault), ..Fault::default() };
        bench.sim.world().fault(fault);
        let answer = refusal(get(&bench, "/clusters/ci/node-groups").await).await;
        assert_eq!((answer.0, answer.1.as_str()), (status, kind));
        bench.sim.world().clear_faults();
    }
}
