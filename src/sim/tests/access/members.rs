//! Members over REST: direct and by whatever way, accounts, invitations, identities, custom roles.

use reqwest::Method;
use serde_json::{Value, json};

use super::{Bench, field, id, organised};

#[tokio::test]
async fn a_project_lists_those_alone_who_were_given_the_right_on_itself() {
    let bench = organised().await;
    let path = format!("/projects/{}/members", id("acme/growth/experiments"));
    assert_eq!(field(&bench.rows(&path, 100).await, "username"), ["gus.apocryphal"]);
}

#[tokio::test]
async fn all_members_are_each_told_once_with_the_highest_level() {
    let bench = organised().await;
    let path = format!("/projects/{}/members/all", id("acme/growth/experiments"));
    let rows = bench.rows(&path, 7).await;
    let gus: Vec<&Value> = rows.iter().filter(|row| row["username"] == "gus.apocryphal").collect();
    assert_eq!((gus.len(), &gus[0]["access_level"]), (1, &json!(30)));
    assert!(field(&rows, "username").contains(&"olga.figment"));
}

#[tokio::test]
async fn pages_of_members_add_up_to_the_total() {
    let bench = organised().await;
    let response = bench.get("/groups/acme/members?per_page=5").await;
    let total: usize = response.headers()["x-total"].to_str().unwrap().parse().unwrap();
    assert_eq!(bench.rows("/groups/acme/members", 5).await.len(), total);
}

#[tokio::test]
async fn a_member_has_a_day_of_its_end_and_who_granted_it() {
    let bench = organised().await;
    let path = format!("/projects/{}/members/3", id("acme/payments/ledger"));
    let bruno = bench.json(&path).await;
    assert_eq!(
        (&bruno["access_level"], &bruno["created_by"]["username"]),
        (&json!(40), &json!("ada.sample"))
    );
    assert_eq!(bruno["expires_at"].as_str().unwrap().len(), "2026-01-01".len());
}

#[tokio::test]
async fn nobody_is_told_to_have_granted_what_a_link_gave() {
    let bench = organised().await;
    let ada = bench.json("/groups/acme/members/2").await;
    assert_eq!(ada.get("created_by"), None);
    assert_eq!(ada["group_saml_identity"]["provider"], "group_saml");
}

#[tokio::test]
async fn identities_are_for_owners_alone() {
    let bench = organised().await;
    let (_, of_owner) = bench.as_("olga.figment", Method::GET, "/groups/acme/members/28").await;
    assert_eq!(of_owner["group_scim_identity"]["active"], false);
    let (_, of_other) = bench.as_("bruno.example", Method::GET, "/groups/acme/members/28").await;
    assert_eq!((of_other["state"].clone(), of_other.get("email")), (json!("blocked"), None));
}

#[tokio::test]
async fn an_inherited_member_is_none_of_the_project_itself() {
    let bench = organised().await;
    let project = id("acme/web/checkout");
    let direct = bench.tell(Method::GET, &format!("/projects/{project}/members/4")).await;
    assert_eq!(direct, (404, json!({"message": "404 Not found"})));
    let all = bench.json(&format!("/projects/{project}/members/all/4")).await;
    assert_eq!(all["access_level"], 40);
}

#[tokio::test]
async fn a_custom_role_stands_beside_its_base() {
    let bench = organised().await;
    let vera = bench.json("/groups/acme/members/30").await;
    assert_eq!(vera["access_level"], 10);
    assert_eq!(
        (&vera["member_role"]["name"], &vera["member_role"]["admin_group_member"]),
        (&json!("Help desk"), &json!(true))
    );
    let roles = bench.json("/member_roles").await;
    assert_eq!(roles.as_array().unwrap().len(), 2);
    assert_eq!(roles[1]["admin_group_member"], false);
}

#[tokio::test]
async fn groups_and_projects_tell_whom_they_were_opened_to() {
    let bench = organised().await;
    let data = bench.json(&format!("/groups/{}", id("acme/data"))).await;
    let share = &data["shared_with_groups"][0];
    assert_eq!(
        (&share["group_full_path"], &share["group_access_level"], &share["expires_at"]),
        (&json!("auditors"), &json!(20), &Value::Null)
    );
    let checkout = bench.json(&format!("/projects/{}", id("acme/web/checkout"))).await;
    assert_eq!(checkout["shared_with_groups"][0]["group_full_path"], "acme/platform");
}

#[tokio::test]
async fn administrators_see_accounts_in_full_and_others_in_short() {
    let bench = organised().await;
    let hugo = bench.json("/users?username=hugo.legend").await;
    assert_eq!((&hugo[0]["external"], &hugo[0]["bot"]), (&json!(false), &json!(false)));
    assert!(hugo[0]["last_activity_on"].is_string());
    let (_, short) = bench.as_("bruno.example", Method::GET, "/users?username=hugo.legend").await;
    assert_eq!(short[0].get("last_activity_on"), None);
    let admins = bench.json("/users?admins=true").await;
    assert_eq!(field(admins.as_array().unwrap(), "username"), ["ada.sample"]);
}

#[tokio::test]
async fn accounts_come_by_keyset_too() {
    let bench = organised().await;
    let mut path = "/users?pagination=keyset&order_by=id&sort=asc&per_page=6".to_owned();
    let mut seen = 0;
    loop {
        let response = bench.get(&path).await;
        let link = response.headers().get("link").map(|link| link.to_str().unwrap().to_owned());
        seen += response.json::<Vec<Value>>().await.unwrap().len();
        let Some(link) = link else { break };
        let next = link.split_once("/api/v4").unwrap().1;
        path = next.split_once('>').unwrap().0.to_owned();
    }
    assert_eq!(seen, bench.rows("/users", 100).await.len());
}

#[tokio::test]
async fn an_owner_sees_the_activity_of_those_who_take_a_seat() {
    let bench = organised().await;
    let path = "/groups/acme/billable_members?per_page=100";
    let (status, rows) = bench.as_("olga.figment", Method::GET, path).await;
    assert_eq!(status, 200);
    let olga = rows.as_array().unwrap().iter().find(|row| row["username"] == "olga.figment");
    assert_eq!(olga.unwrap()["is_last_owner"], true);
    assert!(field(rows.as_array().unwrap(), "username").contains(&"kim.outsider"));
    assert_eq!(bench.as_("chiara.fiction", Method::GET, path).await.0, 403);
    let below = format!("/groups/{}/billable_members", id("acme/web"));
    assert_eq!(bench.tell(Method::GET, &below).await.0, 400);
}

#[tokio::test]
async fn invitations_and_requests_are_for_those_who_manage_members() {
    let bench = organised().await;
    let invited = bench.json(&format!("/groups/{}/invitations", id("acme/growth"))).await;
    assert_eq!(invited[0]["invite_email"], "newcomer@partner.example");
    let path = format!("/groups/{}/access_requests", id("acme/search"));
    assert_eq!(bench.json(&path).await[0]["username"], "gus.apocryphal");
    assert_eq!(bench.as_("chiara.fiction", Method::GET, &path).await.0, 403);
}

#[tokio::test]
async fn links_of_the_identity_provider_explain_levels() {
    let bench = organised().await;
    let links = bench.json("/groups/acme/saml_group_links").await;
    assert_eq!(links.as_array().unwrap().len(), 9);
    assert_eq!(links[1]["member_role_id"], 71);
    let scim = bench.rows("/groups/acme/scim/identities", 100).await;
    let gone: Vec<&Value> = scim.iter().filter(|row| row["active"] == false).collect();
    assert_eq!((gone.len(), &gone[0]["user_id"]), (1, &json!(28)));
    let own = bench.json(&format!("/groups/{}/saml_group_links", id("acme/web"))).await;
    assert_eq!(own, json!([]));
}

#[tokio::test]
async fn what_is_not_paid_for_is_not_there() {
    let bench = Bench::frozen("access_free").await;
    for path in [
        "/groups/acme/saml_group_links",
        "/groups/acme/billable_members",
        "/groups/acme/service_accounts",
        "/member_roles",
        "/projects/101/protected_environments",
        "/projects/101/approvals",
    ] {
        assert_eq!(bench.tell(Method::GET, path).await.0, 404, "{path}");
    }
    let branches = bench.json("/projects/101/protected_branches").await;
    assert_eq!(branches[0].get("code_owner_approval_required"), None);
}

#[tokio::test]
async fn a_hidden_group_tells_a_maintainer_nothing() {
    let bench = Bench::frozen("access_maintainer").await;
    let hidden = format!("/groups/{}/members", id("acme/identity"));
    assert_eq!(bench.tell(Method::GET, &hidden).await.0, 403);
    let below = format!("/projects/{}/members", id("acme/identity/login"));
    assert_eq!(bench.tell(Method::GET, &below).await.0, 403);
    assert_eq!(bench.tell(Method::GET, "/groups/acme/members").await.0, 200);
    assert_eq!(bench.tell(Method::GET, "/groups/acme/invitations").await.0, 403);
}

#[tokio::test]
async fn groups_are_listed_with_those_below_them() {
    let bench = organised().await;
    let top = bench.json("/groups?top_level_only=true").await;
    assert_eq!(field(top.as_array().unwrap(), "full_path"), ["acme", "contractors", "auditors"]);
    let below = bench.rows("/groups/acme/descendant_groups", 100).await;
    assert!(field(&below, "full_path").contains(&"acme/payments"));
    assert_eq!(bench.json("/groups/acme").await["require_two_factor_authentication"], false);
    let other = bench.json("/groups/contractors").await;
    assert_eq!(other["require_two_factor_authentication"], true);
}
