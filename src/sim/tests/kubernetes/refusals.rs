//! Refusals, and faults of lists.

use reqwest::Method;
use serde_json::{Value, json};

use super::super::super::{ClusterFault, Fault, Server, TokenFault};
use super::{Cluster, names, pod};

#[tokio::test]
async fn a_token_that_is_wrong_or_missing_is_unauthorised() {
    let cluster = Cluster::of_five().await;
    let wrong = cluster.bare("/api/v1/pods").bearer_auth("wrong").send().await.unwrap();
    assert_eq!(wrong.status(), 401);
    assert_eq!(cluster.bare("/api/v1/pods").send().await.unwrap().status(), 401);
}

#[tokio::test]
async fn kubectl_keeps_its_token_on_plain_http_and_is_let_in() {
    let cluster = Cluster::of_five().await;
    let request = cluster.bare("/api/v1/pods").header("user-agent", "kubectl/v1.32.4");
    assert_eq!(request.send().await.unwrap().status(), 200);
}

#[tokio::test]
async fn a_token_fault_refuses_everybody() {
    let cluster = Cluster::of_five().await;
    let token = Some(TokenFault::Invalid);
    let fault = Fault { server: Server::Kubernetes, token, ..Fault::default() };
    cluster.bench.sim.world().fault(fault);
    assert_eq!(cluster.get("/api/v1/pods").await.status(), 401);
}

#[tokio::test]
async fn a_fault_of_gitlab_leaves_the_cluster_alone() {
    let cluster = Cluster::of_five().await;
    cluster.bench.sim.world().fault(Fault { status: Some(500), ..Fault::default() });
    assert_eq!(cluster.get("/api/v1/pods").await.status(), 200);
    assert_eq!(cluster.bench.get("/version").await.status(), 500);
}

#[tokio::test]
async fn one_resource_can_be_forbidden() {
    let cluster = Cluster::of_five().await;
    let fault = Fault {
        server: Server::Kubernetes,
        path: Some("/api/v1/nodes*".to_owned()),
        kubernetes: Some(ClusterFault::Forbidden),
        ..Fault::default()
    };
    cluster.bench.sim.world().fault(fault);
    let (status, body) = cluster.refusal("/api/v1/nodes").await;
    let words = "nodes is forbidden: User \"watchfloor\" cannot list resource \"nodes\" in API group \"\" at the cluster scope";
    assert_eq!((status, body["message"].as_str().unwrap()), (403, words));
    assert_eq!(cluster.get("/api/v1/pods").await.status(), 200);
    assert!(!can(&cluster, "list", "nodes").await);
    assert!(can(&cluster, "list", "pods").await);
}

#[tokio::test]
async fn nobody_may_what_is_not_answered() {
    let cluster = Cluster::of_five().await;
    assert!(!can(&cluster, "create", "pods").await);
    assert!(!can(&cluster, "delete", "nodes").await);
    assert!(can(&cluster, "delete", "pods").await);
    assert!(can(&cluster, "patch", "nodes").await);
}

#[tokio::test]
async fn the_rules_of_the_person_are_told() {
    let cluster = Cluster::of_five().await;
    let path = "/apis/authorization.k8s.io/v1/selfsubjectrulesreviews";
    let response = cluster.post(path, &json!({"spec": {"namespace": "n"}})).await;
    assert_eq!(response.status(), 201);
    let review: Value = response.json().await.unwrap();
    let rules = review["status"]["resourceRules"].as_array().unwrap();
    let verbs = ["get", "list", "watch", "delete"];
    let pods = json!({"verbs": verbs, "apiGroups": [""], "resources": ["pods"]});
    assert!(rules.contains(&pods));
}

async fn can(cluster: &Cluster, verb: &str, resource: &str) -> bool {
    let review = json!({
        "kind": "SelfSubjectAccessReview",
        "apiVersion": "authorization.k8s.io/v1",
        "spec": {"resourceAttributes": {"verb": verb, "resource": resource}},
    });
    let path = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews";
    let response = cluster.post(path, &review).await;
    assert_eq!(response.status(), 201);
    response.json::<Value>().await.unwrap()["status"]["allowed"] == true
}

#[tokio::test]
async fn an_object_that_is_not_there_is_named() {
    let cluster = Cluster::of_five().await;
    let (status, body) = cluster.refusal("/api/v1/namespaces/n/pods/z").await;
    assert_eq!((status, body["message"].as_str().unwrap()), (404, "pods \"z\" not found"));
    assert_eq!(body["details"], json!({"name": "z", "kind": "pods"}));
}

#[tokio::test]
async fn what_is_not_known_is_refused_and_remembered() {
    let cluster = Cluster::of_five().await;
    let (status, body) = cluster.refusal("/api/v1/replicationcontrollers").await;
    assert_eq!((status, body["reason"].as_str().unwrap()), (404, "NotFound"));
    assert_eq!(cluster.bench.sim.unknown(), ["GET /api/v1/replicationcontrollers"]);
}

#[tokio::test]
async fn an_act_that_is_not_answered_is_refused_and_remembered() {
    let cluster = Cluster::of_five().await;
    let url = format!("{}/api/v1/nodes/m", cluster.bench.sim.kubernetes_url());
    let request = cluster.bench.client.request(Method::DELETE, url);
    let token = cluster.bench.sim.kubernetes_token();
    assert_eq!(request.bearer_auth(token).send().await.unwrap().status(), 405);
    assert_eq!(cluster.bench.sim.unknown(), ["DELETE /api/v1/nodes/m"]);
}

#[tokio::test]
async fn a_field_that_does_not_select_is_refused() {
    let cluster = Cluster::of_five().await;
    let (status, body) = cluster.refusal("/api/v1/pods?fieldSelector=spec.volumes=x").await;
    assert_eq!((status, body["reason"].as_str().unwrap()), (400, "BadRequest"));
}

#[tokio::test]
async fn a_version_behind_the_window_cannot_be_listed() {
    let cluster = Cluster::of_five().await;
    let path = "/api/v1/pods?resourceVersion=1&resourceVersionMatch=Exact";
    let (status, body) = cluster.refusal(path).await;
    assert_eq!((status, body["reason"].as_str().unwrap()), (410, "Expired"));
}

#[tokio::test]
async fn a_version_of_the_future_is_too_large() {
    let cluster = Cluster::of_five().await;
    assert_eq!(cluster.get("/api/v1/pods?resourceVersion=99999999").await.status(), 504);
}

#[tokio::test]
async fn a_fault_makes_every_version_too_large() {
    let cluster = Cluster::faulty(ClusterFault::TooLargeRv).await;
    assert_eq!(cluster.get("/api/v1/pods").await.status(), 504);
    assert_eq!(cluster.get("/api/v1/pods?watch=1").await.status(), 504);
}

#[tokio::test]
async fn an_expired_continue_offers_to_go_on_without_consistency() {
    let cluster = Cluster::faulty(ClusterFault::ExpiredContinue).await;
    let first = cluster.json("/api/v1/pods?limit=500").await;
    assert_eq!(names(&first), ["a", "b", "c"]);
    let token = first["metadata"]["continue"].as_str().unwrap();
    let (status, body) = cluster.refusal(&format!("/api/v1/pods?continue={token}")).await;
    assert_eq!((status, body["reason"].as_str().unwrap()), (410, "Expired"));
    let token = body["metadata"]["continue"].as_str().unwrap();
    cluster.remove("d");
    let rest = cluster.json(&format!("/api/v1/pods?continue={token}")).await;
    assert_eq!(names(&rest), ["e"]);
}

#[tokio::test]
async fn a_continue_behind_the_window_is_expired() {
    let cluster = Cluster::of_five().await;
    let first = cluster.json("/api/v1/pods?limit=2").await;
    cluster.bench.sim.world().watch_window(1);
    cluster.apply(pod("y", "Running"));
    cluster.apply(pod("z", "Running"));
    let token = first["metadata"]["continue"].as_str().unwrap();
    let (status, _) = cluster.refusal(&format!("/api/v1/pods?continue={token}")).await;
    assert_eq!(status, 410);
}

#[tokio::test]
async fn a_restart_refuses_connections_until_it_is_over() {
    let cluster = Cluster::of_five().await;
    let mut lines = cluster.watch("resourceVersion=0").await;
    lines.next().await.unwrap();
    cluster.fault(ClusterFault::Restart);
    while lines.try_next().await.is_ok_and(|line| line.is_some()) {}
    assert!(cluster.ask("/version").send().await.unwrap_err().is_connect());
    cluster.bench.sim.world().clear_faults();
    let back = async { while cluster.ask("/version").send().await.is_err() {} };
    tokio::time::timeout(std::time::Duration::from_secs(10), back).await.unwrap();
    assert_eq!(cluster.names("").await.len(), 5);
}

#[tokio::test]
async fn the_kubeconfig_names_the_server_and_the_token() {
    let cluster = Cluster::empty().await;
    let sim = &cluster.bench.sim;
    let text = sim.kubeconfig();
    assert!(text.contains(&format!("server: {}\n", sim.kubernetes_url())));
    assert!(text.contains(&format!("token: {}\n", sim.kubernetes_token())));
    assert!(text.contains("current-context: simulated\n"));
}
