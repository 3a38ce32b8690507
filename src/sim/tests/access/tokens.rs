//! Tokens and keys, and who may see them.

use reqwest::Method;
use serde_json::{Value, json};

use super::{Bench, field, id, organised};

#[tokio::test]
async fn a_token_of_a_group_makes_a_bot_that_is_a_member() {
    let bench = organised().await;
    let group = id("acme/infra");
    let tokens = bench.json(&format!("/groups/{group}/access_tokens")).await;
    assert_eq!(
        (&tokens[0]["name"], &tokens[0]["access_level"]),
        (&json!("owner-automation"), &json!(50))
    );
    let bot = bench.json(&format!("/groups/{group}/members/{}", tokens[0]["user_id"])).await;
    assert!(bot["username"].as_str().unwrap().starts_with("group_"), "{bot}");
    let account = bench.json(&format!("/users/{}", tokens[0]["user_id"])).await;
    assert_eq!(
        (&account["bot"], &account["created_by"]["username"]),
        (&json!(true), &json!("olga.figment"))
    );
}

#[tokio::test]
async fn whoever_may_not_see_the_tokens_of_a_place_is_told_401() {
    let bench = organised().await;
    let of_group = format!("/groups/{}/access_tokens", id("acme/infra"));
    let refused = (401, json!({"message": "401 Unauthorized"}));
    assert_eq!(bench.as_("chiara.fiction", Method::GET, &of_group).await, refused);
    let of_project = format!("/projects/{}/access_tokens", id("acme/data/warehouse"));
    assert_eq!(bench.as_("chiara.fiction", Method::GET, &of_project).await.0, 200);
    assert_eq!(bench.as_("bruno.example", Method::GET, &of_project).await.0, 401);
}

#[tokio::test]
async fn tokens_that_ended_are_told_apart() {
    let bench = organised().await;
    let path = format!("/projects/{}/access_tokens", id("acme/tools/cli"));
    assert_eq!(bench.json(&format!("{path}?state=active")).await, json!([]));
    let ended = bench.json(&format!("{path}?state=inactive")).await;
    assert_eq!((&ended[0]["revoked"], &ended[0]["active"]), (&json!(true), &json!(false)));
}

#[tokio::test]
async fn people_see_their_own_tokens_and_administrators_all() {
    let bench = organised().await;
    let (_, own) = bench.as_("bruno.example", Method::GET, "/personal_access_tokens").await;
    assert_eq!(field(own.as_array().unwrap(), "name"), ["editor"]);
    let other = "/personal_access_tokens?user_id=2";
    assert_eq!(bench.as_("bruno.example", Method::GET, other).await.0, 401);
    let ada = bench.json(other).await;
    assert_eq!((&ada[0]["id"], &ada[0]["name"]), (&json!(4242), &json!("watching")));
    let all = bench.rows("/personal_access_tokens", 4).await;
    assert!(field(&all, "name").contains(&"owner-automation"), "those of bots, too");
}

#[tokio::test]
async fn the_tokens_of_a_service_account_are_for_the_owners_of_its_group() {
    let bench = organised().await;
    let accounts = bench.json("/groups/acme/service_accounts").await;
    assert_eq!(field(accounts.as_array().unwrap(), "name"), ["Renovate Bot", "Deploys"]);
    let path = "/groups/acme/service_accounts/41/personal_access_tokens";
    assert_eq!(bench.json(path).await[0]["name"], "deploys");
    assert_eq!(bench.as_("chiara.fiction", Method::GET, path).await.0, 403);
}

#[tokio::test]
async fn a_deploy_token_tells_neither_its_age_nor_its_use() {
    let bench = organised().await;
    let path = format!("/projects/{}/deploy_tokens", id("acme/platform/secrets-broker"));
    let token = bench.json(&path).await[0].clone();
    let names: Vec<&String> = token.as_object().unwrap().keys().collect();
    assert_eq!(names, ["expired", "expires_at", "id", "name", "revoked", "scopes", "username"]);
}

#[tokio::test]
async fn a_project_says_whether_a_deploy_key_may_push_and_an_administrator_where() {
    let bench = organised().await;
    let path = format!("/projects/{}/deploy_keys", id("acme/web/storefront"));
    let keys = bench.json(&path).await;
    let pushes: Vec<(&Value, &Value)> =
        keys.as_array().unwrap().iter().map(|key| (&key["title"], &key["can_push"])).collect();
    assert_eq!(
        pushes,
        [(&json!("release-mirror"), &json!(true)), (&json!("docs-reader"), &json!(false))]
    );
    let all = bench.json("/deploy_keys").await;
    let first = &all[0]["projects_with_write_access"][0]["path_with_namespace"];
    assert_eq!(first, "acme/web/storefront");
    assert_eq!(bench.as_("chiara.fiction", Method::GET, "/deploy_keys").await.0, 403);
}

#[tokio::test]
async fn the_value_of_a_trigger_token_is_its_owners_alone() {
    let bench = organised().await;
    let path = format!("/projects/{}/triggers", id("acme/tools/load-tests"));
    let one = bench.json(&path).await[0].clone();
    assert_eq!(
        (&one["owner"]["username"], &one["token"]),
        (&json!("deniz.placeholder"), &json!("glpt"))
    );
}

#[tokio::test]
async fn rest_lists_variables_with_their_values() {
    let bench = organised().await;
    let path = format!("/projects/{}/variables", id("acme/data/warehouse"));
    let one = bench.json(&path).await[0].clone();
    assert_eq!(one["value"], crate::sim::STATIC_KEY_VALUE);
}

#[tokio::test]
async fn in_the_owners_eyes_the_instance_is_closed() {
    let bench = Bench::frozen("access_owner").await;
    for path in ["/member_roles", "/deploy_keys", "/deploy_tokens", "/service_accounts"] {
        assert_eq!(bench.tell(Method::GET, path).await.0, 403, "{path}");
    }
    assert_eq!(bench.json("/personal_access_tokens").await, json!([]));
    assert_eq!(bench.json("/user").await["username"], "olga.figment");
    assert_eq!(bench.tell(Method::GET, "/groups/acme/saml_group_links").await.0, 200);
}
