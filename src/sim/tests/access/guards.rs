//! What guards the way to production, as the servers tell it.

use serde_json::{Value, json};

use super::{Bench, field, id, organised};

#[tokio::test]
async fn a_default_branch_is_open_in_one_project_alone() {
    let bench = organised().await;
    let path = format!("/projects/{}/protected_branches", id("acme/logistics/routing"));
    let open = bench.json(&path).await;
    assert_eq!(open[0]["push_access_levels"][0]["access_level"], 30);
    let path = format!("/projects/{}/protected_branches", id("acme/logistics/labels"));
    let other = bench.json(&path).await;
    let told: Vec<(&Value, &Value)> = other
        .as_array()
        .unwrap()
        .iter()
        .map(|one| (&one["name"], &one["allow_force_push"]))
        .collect();
    assert_eq!(told, [(&json!("main"), &json!(false)), (&json!("feature/*"), &json!(true))]);
}

#[tokio::test]
async fn production_is_protected_by_an_approval_nearly_everywhere() {
    let bench = organised().await;
    let of = |path: &str| format!("/projects/{}/protected_environments", id(path));
    let usual = bench.json(&of("acme/payments/api")).await;
    assert_eq!(usual.as_array().unwrap().len(), 1);
    assert_eq!(usual[0]["approval_rules"][0]["required_approvals"], 1);
    assert_eq!(bench.json(&of("acme/search/query")).await, json!([]));
    let path = format!("/projects/{}/environments?states=available", id("acme/search/query"));
    let all = bench.json(&path).await;
    assert_eq!(field(all.as_array().unwrap(), "tier"), ["production", "staging"]);
}

#[tokio::test]
async fn tags_and_approvals_are_told() {
    let bench = organised().await;
    let tags = bench.json(&format!("/projects/{}/protected_tags", id("acme/tools/cli"))).await;
    assert_eq!(tags[0]["create_access_levels"][0]["access_level"], 40);
    let own = bench.json(&format!("/projects/{}/approvals", id("acme/identity/login"))).await;
    assert_eq!(own["merge_requests_author_approval"], true);
    let other = bench.json(&format!("/projects/{}/approvals", id("acme/tools/cli"))).await;
    assert_eq!(other["merge_requests_author_approval"], false);
}

#[tokio::test]
async fn job_tokens_of_any_project_come_in_to_one_project_alone() {
    let bench = organised().await;
    let desk = id("acme/support/ticket-desk");
    let open = bench.json(&format!("/projects/{desk}/job_token_scope")).await;
    assert_eq!(open["inbound_enabled"], false);
    let relay = id("acme/support/chat-relay");
    let listed = bench.json(&format!("/projects/{relay}/job_token_scope/allowlist")).await;
    let paths = field(listed.as_array().unwrap(), "path_with_namespace");
    assert_eq!(paths, ["acme/support/chat-relay", "acme/tools/cli"]);
    let groups = bench.json(&format!("/projects/{relay}/job_token_scope/groups_allowlist")).await;
    assert!(groups[0]["web_url"].as_str().unwrap().ends_with("/groups/acme/web"));
}

#[tokio::test]
async fn a_runner_of_the_protected_tier_serves_anybody() {
    let bench = organised().await;
    let runners = bench.rows("/runners", 100).await;
    let mut open = Vec::new();
    for runner in &runners {
        let one = bench.json(&format!("/runners/{}", runner["id"])).await;
        let tags = one["tag_list"].as_array().unwrap();
        if tags.contains(&json!("eks-protected")) && one["access_level"] == "not_protected" {
            open.push(one["description"].as_str().unwrap().to_owned());
        }
        if one["description"] == "eks-protected-a" {
            assert!(one["token_expires_at"].is_string(), "{one}");
        }
    }
    assert_eq!(open, ["eks-protected-dr"]);
}

#[tokio::test]
async fn policies_are_told_one_by_one_with_who_goes_past_them() {
    let bench = organised().await;
    let query = "query P($path: ID!) { project(fullPath: $path) { approvalPolicies(first: 100) { pageInfo { hasNextPage } nodes { name enabled yaml } } } }";
    let path = json!({"path": "acme/platform/pipeline-components"});
    let answer = bench.query(query, path.clone()).await;
    let nodes = &answer["data"]["project"]["approvalPolicies"]["nodes"];
    assert_eq!(
        field(nodes.as_array().unwrap(), "name"),
        ["Findings need approval", "Licences need approval"]
    );
    assert!(
        nodes[0]["yaml"].as_str().unwrap().ends_with("bypass_settings:\n  users:\n    - id: 6\n")
    );
    assert!(nodes[1]["yaml"].as_str().unwrap().ends_with("bypass_settings: {}\n"));
    let none = bench.query(query, json!({"path": "acme/tools/cli"})).await;
    assert_eq!(none["data"]["project"]["approvalPolicies"]["nodes"], json!([]));
    let free = Bench::frozen("access_free").await.query(query, path).await;
    assert_eq!(free["data"]["project"]["approvalPolicies"], Value::Null);
}
