//! Members over GraphQL: one relation at a time, with where each membership is.

use serde_json::{Value, json};

use super::{Bench, organised};

const OF_GROUP: &str = "query G($path: ID!, $relations: [GroupMemberRelation!], $after: String) { group(fullPath: $path) { groupMembers(relations: $relations, first: 50, after: $after) { pageInfo { hasNextPage endCursor } nodes { id accessLevel { integerValue stringValue } createdAt createdBy { username } expiresAt group { fullPath } memberRole { name } user { username bot state } } } } }";
const OF_PROJECT: &str = "query P($path: ID!, $relations: [ProjectMemberRelation!]) { project(fullPath: $path) { projectMembers(relations: $relations, first: 100) { pageInfo { hasNextPage endCursor } nodes { id accessLevel { integerValue } user { username } ... on ProjectMember { project { fullPath } } ... on GroupMember { group { fullPath } } __typename } } } }";

async fn group(bench: &Bench, path: &str, relation: &str) -> Vec<Value> {
    let variables = json!({"path": path, "relations": [relation]});
    let answer = bench.query(OF_GROUP, variables).await;
    answer["data"]["group"]["groupMembers"]["nodes"].as_array().unwrap().clone()
}

async fn project(bench: &Bench, path: &str, relation: &str) -> Vec<(String, i64, String)> {
    let variables = json!({"path": path, "relations": [relation]});
    let answer = bench.query(OF_PROJECT, variables).await;
    let nodes = answer["data"]["project"]["projectMembers"]["nodes"].as_array().unwrap();
    nodes.iter().map(row).collect()
}

/// Who, with which level, and from where.
fn row(node: &Value) -> (String, i64, String) {
    let from = ["project", "group"].iter().find_map(|key| node[*key]["fullPath"].as_str());
    let who = node["user"]["username"].as_str().unwrap().to_owned();
    (who, node["accessLevel"]["integerValue"].as_i64().unwrap(), from.unwrap().to_owned())
}

#[tokio::test]
async fn each_relation_tells_its_own() {
    let bench = organised().await;
    let path = "acme/web/storefront";
    let direct = project(&bench, path, "DIRECT").await;
    assert_eq!(direct, [("tess.temporary".to_owned(), 40, path.to_owned())]);
    let inherited = project(&bench, path, "INHERITED").await;
    assert!(inherited.contains(&("tess.temporary".to_owned(), 40, "acme".to_owned())));
    assert!(inherited.iter().any(|(who, level, from)| {
        who.starts_with("group_") && *level == 40 && from == "acme/web"
    }));
    assert_eq!(project(&bench, path, "INVITED_GROUPS").await, []);
}

#[tokio::test]
async fn what_comes_through_a_share_is_capped_and_names_the_invited_group() {
    let bench = organised().await;
    let shared = project(&bench, "acme/support/chat-relay", "SHARED_INTO_ANCESTORS").await;
    let from = "contractors".to_owned();
    let expected =
        [("kim.outsider".to_owned(), 30, from.clone()), ("lou.outsider".to_owned(), 20, from)];
    assert_eq!(shared, expected);
    let of_group = group(&bench, "acme/support", "SHARED_FROM_GROUPS").await;
    assert_eq!(of_group.iter().map(row).collect::<Vec<_>>(), expected);
    assert_eq!(group(&bench, "acme/growth", "SHARED_FROM_GROUPS").await, [] as [Value; 0]);
}

#[tokio::test]
async fn a_member_says_who_granted_it_until_when_and_with_which_role() {
    let bench = organised().await;
    let infra = group(&bench, "acme/infra", "DIRECT").await;
    let freya = infra.iter().find(|node| node["user"]["username"] == "freya.mockup").unwrap();
    assert_eq!(freya["createdBy"]["username"], "ada.sample");
    assert!(freya["expiresAt"].as_str().unwrap().ends_with("T00:00:00Z"));
    let top = group(&bench, "acme", "DIRECT").await;
    let of = |login: &str| top.iter().find(|node| node["user"]["username"] == login).unwrap();
    assert_eq!(of("vera.custom")["memberRole"]["name"], "Help desk");
    assert_eq!(
        of("pia.planner")["accessLevel"],
        json!({"integerValue": 15, "stringValue": "PLANNER"})
    );
    assert_eq!(
        (&of("mo.departed")["user"]["state"], &of("mo.departed")["createdBy"]),
        (&json!("blocked"), &Value::Null)
    );
}

#[tokio::test]
async fn members_below_a_group_are_its_descendants() {
    let bench = organised().await;
    let below = group(&bench, "acme", "DESCENDANTS").await;
    let logins: Vec<&str> =
        below.iter().map(|node| node["user"]["username"].as_str().unwrap()).collect();
    assert!(logins.contains(&"freya.mockup"), "{logins:?}");
    assert!(!logins.contains(&"gus.apocryphal"), "a project is no group");
}

#[tokio::test]
async fn asked_for_together_an_account_comes_once_with_its_highest_level() {
    let bench = organised().await;
    let variables = json!({"path": "acme/payments/ledger", "relations": ["DIRECT", "INHERITED"]});
    let answer = bench.query(OF_PROJECT, variables).await;
    let nodes = answer["data"]["project"]["projectMembers"]["nodes"].as_array().unwrap();
    let bruno: Vec<_> = nodes.iter().map(row).filter(|(who, ..)| who == "bruno.example").collect();
    assert_eq!(bruno, [("bruno.example".to_owned(), 40, "acme/payments/ledger".to_owned())]);
}

#[tokio::test]
async fn cursors_lead_through_all_members() {
    let bench = organised().await;
    let query = OF_GROUP.replace("first: 50", "first: 4");
    let (mut after, mut seen) = (Value::Null, 0);
    loop {
        let variables = json!({"path": "acme", "relations": ["DIRECT"], "after": after});
        let answer = bench.query(&query, variables).await;
        let page = &answer["data"]["group"]["groupMembers"];
        seen += page["nodes"].as_array().unwrap().len();
        if page["pageInfo"]["hasNextPage"] == false {
            break;
        }
        after = page["pageInfo"]["endCursor"].clone();
    }
    assert_eq!(seen, bench.rows("/groups/acme/members", 100).await.len());
}

#[tokio::test]
async fn variables_are_told_by_name() {
    let bench = organised().await;
    let query = "query V($path: ID!) { project(fullPath: $path) { ciVariables(first: 100) { pageInfo { hasNextPage } nodes { key protected masked environmentScope } } } }";
    let answer = bench.query(query, json!({"path": "acme/data/warehouse"})).await;
    let expected = json!([{
        "key": "AWS_SECRET_ACCESS_KEY", "protected": false, "masked": true, "environmentScope": "*",
    }]);
    assert_eq!(answer["data"]["project"]["ciVariables"]["nodes"], expected);
}

#[tokio::test]
async fn where_somebody_may_not_look_graphql_has_an_error_and_no_variables() {
    let bench = Bench::frozen("access_maintainer").await;
    let query = "{ group(fullPath: \"acme/identity\") { groupMembers(first: 5) { nodes { id } } } project(fullPath: \"acme/identity/login\") { ciVariables(first: 5) { nodes { key } } } }";
    let answer = bench.query(query, json!({})).await;
    assert_eq!(answer["data"]["group"]["groupMembers"], Value::Null);
    assert_eq!(answer["data"]["project"]["ciVariables"], Value::Null);
    assert_eq!(answer["errors"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn release_16_3_knows_no_custom_roles() {
    let bench = Bench::frozen("graphql_16_3").await;
    let variables = json!({"path": "acme", "relations": ["DIRECT"]});
    let answer = bench.query(OF_GROUP, variables).await;
    let message = answer["errors"][0]["message"].as_str().unwrap();
    assert_eq!(message, "Field 'memberRole' doesn't exist on type 'GroupMember'");
}
