//! What takes rights away, and what GitLab and EKS refuse.

use reqwest::Method;
use serde_json::{Value, json};

use super::super::super::Options;
use super::{Bench, id, organised, said};

impl Bench {
    /// A change with a body, by the clients' own token: status and answer.
    async fn change(&self, method: Method, path: &str, body: Value) -> (u16, Value) {
        said(self.ask(method, path).json(&body).send().await.unwrap()).await
    }
}

#[tokio::test]
async fn a_member_who_is_removed_is_gone() {
    let bench = organised().await;
    let path = format!("/projects/{}/members/25", id("acme/growth/experiments"));
    assert_eq!(bench.tell(Method::DELETE, &path).await.0, 204);
    assert_eq!(bench.tell(Method::GET, &path).await.0, 404);
    assert_eq!(bench.tell(Method::DELETE, &path).await.0, 404);
}

#[tokio::test]
async fn an_inherited_member_cannot_be_removed_where_it_is_inherited() {
    let bench = organised().await;
    let path = format!("/projects/{}/members/4", id("acme/web/checkout"));
    let refused = (404, json!({"message": "404 Not found"}));
    assert_eq!(bench.tell(Method::DELETE, &path).await, refused);
}

#[tokio::test]
async fn the_last_owner_is_never_removed_nor_made_less() {
    let bench = organised().await;
    let refused = (403, json!({"message": "403 Forbidden"}));
    assert_eq!(bench.tell(Method::DELETE, "/groups/acme/members/21").await, refused);
    let less = bench.change(Method::PUT, "/groups/acme/members/21", json!({"access_level": 40}));
    assert_eq!(less.await, refused);
    assert_eq!(bench.json("/groups/acme/members/21").await["access_level"], 50);
}

#[tokio::test]
async fn one_of_two_owners_can_go() {
    let bench = organised().await;
    let up = bench.change(Method::PUT, "/groups/acme/members/4", json!({"access_level": 50})).await;
    assert_eq!((up.0, &up.1["access_level"]), (200, &json!(50)));
    assert_eq!(bench.tell(Method::DELETE, "/groups/acme/members/21").await.0, 204);
    assert_eq!(bench.tell(Method::DELETE, "/groups/acme/members/4").await.0, 403);
}

#[tokio::test]
async fn who_leaves_a_group_leaves_what_is_below_it_unless_asked_otherwise() {
    let below = format!("/projects/{}/members/25", id("acme/growth/experiments"));
    for (query, status) in [("", 404), ("?skip_subresources=true", 200)] {
        let bench = organised().await;
        let path = format!("/groups/acme/members/25{query}");
        assert_eq!(bench.tell(Method::DELETE, &path).await.0, 204);
        assert_eq!(bench.tell(Method::GET, &below).await.0, status, "{query}");
    }
}

#[tokio::test]
async fn only_those_who_manage_members_remove_them() {
    let bench = organised().await;
    let path = format!("/groups/{}/members/7", id("acme/infra"));
    assert_eq!(bench.as_("chiara.fiction", Method::DELETE, &path).await.0, 403);
    assert_eq!(bench.as_("freya.mockup", Method::DELETE, &path).await.0, 204, "oneself");
}

#[tokio::test]
async fn a_level_and_an_end_are_changed_together() {
    let bench = organised().await;
    let path = format!("/projects/{}/members/3", id("acme/payments/ledger"));
    let body = json!({"access_level": 30, "expires_at": "2099-01-31"});
    let (status, member) = bench.change(Method::PUT, &path, body).await;
    assert_eq!(
        (status, &member["access_level"], &member["expires_at"]),
        (200, &json!(30), &json!("2099-01-31"))
    );
    let (_, member) =
        bench.change(Method::PUT, &path, json!({"access_level": 30, "expires_at": null})).await;
    assert_eq!(member["expires_at"], Value::Null);
}

#[tokio::test]
async fn a_change_that_makes_no_sense_is_400() {
    let bench = organised().await;
    let path = format!("/projects/{}/members/3", id("acme/payments/ledger"));
    let missing = bench.change(Method::PUT, &path, json!({})).await;
    assert_eq!(missing, (400, json!({"error": "access_level is missing"})));
    let odd = bench.change(Method::PUT, &path, json!({"access_level": 33})).await;
    assert_eq!(odd, (400, json!({"error": "access_level does not have a valid value"})));
    let low = bench.change(Method::PUT, &path, json!({"access_level": 20})).await;
    let said = "should be greater than or equal to Developer inherited membership from group acme";
    assert_eq!(low, (400, json!({"message": {"access_level": [said]}})));
    let past = json!({"access_level": 40, "expires_at": "2001-01-01"});
    assert_eq!(bench.change(Method::PUT, &path, past).await.0, 400);
}

#[tokio::test]
async fn a_revoked_token_works_no_more_and_its_bot_is_no_member() {
    let bench = organised().await;
    let group = id("acme/infra");
    let tokens = bench.json(&format!("/groups/{group}/access_tokens?state=active")).await;
    let path = format!("/groups/{group}/access_tokens/{}", tokens[0]["id"]);
    assert_eq!(bench.tell(Method::DELETE, &path).await.0, 204);
    let after = bench.json(&path).await;
    assert_eq!((&after["revoked"], &after["active"]), (&json!(true), &json!(false)));
    let bot = format!("/groups/{group}/members/{}", tokens[0]["user_id"]);
    assert_eq!(bench.tell(Method::GET, &bot).await.0, 404);
}

#[tokio::test]
async fn a_token_of_another_place_is_not_found() {
    let bench = organised().await;
    let path = format!("/projects/{}/access_tokens/9101", id("acme/payments/api"));
    let missing = (404, json!({"message": "404 project Access Token Not Found"}));
    assert_eq!(bench.tell(Method::DELETE, &path).await, missing);
    assert_eq!(bench.as_("bruno.example", Method::DELETE, &path).await.0, 401);
}

#[tokio::test]
async fn a_personal_token_is_revoked_by_its_owner_or_an_administrator() {
    let bench = organised().await;
    let own = bench.as_("bruno.example", Method::GET, "/personal_access_tokens").await.1;
    let path = format!("/personal_access_tokens/{}", own[0]["id"]);
    assert_eq!(bench.as_("deniz.placeholder", Method::DELETE, &path).await.0, 400);
    assert_eq!(bench.as_("deniz.placeholder", Method::GET, &path).await.0, 401);
    assert_eq!(bench.tell(Method::DELETE, &path).await.0, 204);
    assert_eq!(bench.json(&path).await["revoked"], true);
}

#[tokio::test]
async fn the_token_of_a_service_account_is_revoked_through_its_group() {
    let bench = organised().await;
    let path = "/groups/acme/service_accounts/41/personal_access_tokens";
    let token = bench.json(path).await[0]["id"].clone();
    let one = format!("{path}/{token}");
    assert_eq!(bench.as_("chiara.fiction", Method::DELETE, &one).await.0, 403);
    assert_eq!(bench.tell(Method::DELETE, &one).await.0, 204);
    assert_eq!(bench.json(&format!("{path}?state=active")).await, json!([]));
}

#[tokio::test]
async fn a_deploy_key_can_be_made_to_read_and_then_go() {
    let bench = organised().await;
    let keys = format!("/projects/{}/deploy_keys", id("acme/web/storefront"));
    let key = format!("{keys}/{}", bench.json(&keys).await[0]["id"]);
    let (status, shown) = bench.change(Method::PUT, &key, json!({"can_push": false})).await;
    assert_eq!((status, &shown["can_push"]), (200, &json!(false)));
    assert_eq!(bench.tell(Method::DELETE, &key).await.0, 204);
    let again = bench.tell(Method::DELETE, &key).await;
    assert_eq!(again, (404, json!({"message": "404 Deploy Key Not Found"})));
    assert_eq!(bench.json(&keys).await.as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn deploy_tokens_triggers_shares_and_invitations_can_go() {
    let bench = organised().await;
    let secrets = format!("/projects/{}/deploy_tokens", id("acme/platform/secrets-broker"));
    let token = bench.json(&secrets).await[0]["id"].clone();
    let triggers = format!("/projects/{}/triggers", id("acme/tools/load-tests"));
    let trigger = bench.json(&triggers).await[0]["id"].clone();
    let data = id("acme/data");
    let group = bench.json(&format!("/groups/{data}")).await;
    let auditors = &group["shared_with_groups"][0]["group_id"];
    let growth = id("acme/growth");
    for path in [
        format!("{secrets}/{token}"),
        format!("{triggers}/{trigger}"),
        format!("/groups/{data}/share/{auditors}"),
        format!("/groups/{growth}/invitations/newcomer%40partner.example"),
        format!("/groups/{}/access_requests/25", id("acme/search")),
    ] {
        assert_eq!(bench.tell(Method::DELETE, &path).await.0, 204, "{path}");
        assert_eq!(bench.tell(Method::DELETE, &path).await.0, 404, "{path}");
    }
    assert_eq!(bench.json(&format!("{secrets}?active=true")).await, json!([]));
}

#[tokio::test]
async fn a_token_that_may_only_read_changes_nothing() {
    let bench = organised().await;
    bench.sim.world().token_scopes(&["read_api"]);
    let path = format!("/projects/{}/members/25", id("acme/growth/experiments"));
    assert_eq!(bench.tell(Method::DELETE, &path).await.0, 403);
    assert_eq!(bench.tell(Method::GET, &path).await.0, 200);
}

#[tokio::test]
async fn at_scale_a_member_goes_too() {
    let options = Options { scenario: "access".to_owned(), scale: 2, ..Options::default() };
    let bench = Bench::moving(options).await;
    bench.sim.world().freeze();
    let projects = bench.rows("/projects?simple=true", 100).await;
    let before = bench.sim.world().memberships();
    let mut gone = 0;
    for project in projects.iter().take(3) {
        let members = format!("/projects/{}/members", project["id"]);
        let rows = bench.rows(&members, 100).await;
        let extra = rows.iter().find(|row| row["username"].as_str().unwrap().starts_with("extra."));
        let Some(extra) = extra else { continue };
        let one = format!("{members}/{}", extra["id"]);
        assert_eq!(bench.tell(Method::DELETE, &one).await.0, 204);
        gone += 1;
    }
    assert!(gone > 0);
    assert_eq!(bench.sim.world().memberships(), before - gone);
}
