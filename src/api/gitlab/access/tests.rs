//! The readings against a small GitLab on loopback, with answers of the shapes that GitLab documents.

use serde_json::{Value, json};

use crate::api::Error;
use crate::api::fake::{Asked, Fake, Reply};
use crate::api::gitlab::Gitlab;
use crate::domain::access::{
    Gap, Known, Lack, Level, Part, Population, PrincipalKind, Standing, Via,
};
use crate::domain::{FailureKind, Text, Tiers};

/// A value that may be nowhere.
const SECRET: &str = "glptt-value-of-a-trigger";

/// The path without its query, and what of GraphQL is asked.
fn route(asked: &Asked) -> String {
    let path = asked.path.split('?').next().unwrap_or_default();
    if path != "/api/graphql" {
        return path.trim_start_matches("/api/v4/").to_owned();
    }
    let body: Value = serde_json::from_slice(&asked.body).unwrap();
    let query = body["query"].as_str().unwrap();
    let name = query.split("query ").nth(1).unwrap().split('(').next().unwrap().to_owned();
    match body["variables"]["relations"][0].as_str() {
        Some(relation) => format!("{name} {relation}"),
        None => name,
    }
}

fn member(id: u64, username: &str, level: u8) -> Value {
    json!({"id": id, "username": username, "name": username, "state": "active", "access_level": level,
        "created_at": "2025-01-01T00:00:00Z", "created_by": {"id": 1, "username": "root"},
        "expires_at": null, "membership_state": "active"})
}

fn node(id: u64, username: &str, level: u8, from: &str) -> Value {
    json!({"createdAt": "2025-01-01T00:00:00Z", "expiresAt": null,
        "accessLevel": {"integerValue": level}, "createdBy": {"username": "root"},
        "user": {"id": format!("gid://gitlab/User/{id}"), "username": username, "name": username,
            "state": "active", "bot": false},
        "group": {"fullPath": from}})
}

fn connection(holder: &str, field: &str, nodes: &[Value]) -> Reply {
    let page = json!({"pageInfo": {"hasNextPage": false, "endCursor": null}, "nodes": nodes});
    Reply::json(json!({"data": {holder: {field: page}}}))
}

fn deploy_keys() -> Value {
    json!([{"id": 5, "title": "mirror", "key": "ssh-ed25519 AAAA", "can_push": true,
        "created_at": "2025-01-01T00:00:00Z", "expires_at": null}])
}

/// What a project answers; a script may answer otherwise.
fn usual(route: &str) -> Reply {
    let project = "projects/acme%2Fshop";
    match route.strip_prefix(project).unwrap_or(route) {
        "" => Reply::json(
            json!({"id": 1, "path_with_namespace": "acme/shop", "default_branch": "main",
            "web_url": "https://gitlab.example.com/acme/shop",
            "allow_pipeline_trigger_approve_deployment": false,
            "shared_with_groups": [{"group_id": 9, "group_name": "P", "group_full_path": "partners",
                "group_access_level": 30, "expires_at": "2027-01-01"}]}),
        ),
        "/members" => {
            let mut bot = member(8, "project_1_bot_5eed", 40);
            bot["created_by"] = json!({"id": 7, "username": "asha"});
            Reply::json(json!([member(7, "asha", 40), bot]))
        }
        "/invitations" => Reply::json(json!([{"id": 1, "invite_email": "new@example.com",
            "access_level": 30, "created_at": "2026-01-01T00:00:00Z", "expires_at": null,
            "user_name": "", "created_by_name": "root"}])),
        "/access_requests" => Reply::json(json!([{"id": 12, "username": "wei", "name": "Wei",
            "state": "active", "requested_at": "2026-01-02T00:00:00Z"}])),
        "/access_tokens" => Reply::json(json!([{"id": 70, "name": "ci", "scopes": ["api"],
            "user_id": 8, "active": true, "revoked": false, "access_level": 40,
            "created_at": "2025-12-01T00:00:00Z", "expires_at": "2026-02-01",
            "last_used_at": null}])),
        "/deploy_keys" => Reply::json(deploy_keys()),
        "/triggers" => Reply::json(json!([{"id": 3, "description": "nightly", "token": SECRET,
            "created_at": "2025-01-01T00:00:00Z", "last_used": null,
            "owner": {"id": 7, "username": "asha"}}])),
        "/job_token_scope" => {
            Reply::json(json!({"inbound_enabled": false, "outbound_enabled": false}))
        }
        "/protected_branches" => Reply::json(json!([{"id": 1, "name": "main",
            "push_access_levels": [{"access_level": 40}], "merge_access_levels": [],
            "allow_force_push": false, "code_owner_approval_required": true}])),
        "/environments" => {
            Reply::json(json!([{"id": 1, "name": "production", "tier": "production"}]))
        }
        "/approvals" => Reply::json(json!({"reset_approvals_on_push": true,
            "merge_requests_author_approval": false,
            "merge_requests_disable_committers_approval": true,
            "disable_overriding_approvers_per_merge_request": true})),
        "ProjectMembers INHERITED" => {
            connection("project", "projectMembers", &[node(4, "lena", 50, "acme")])
        }
        "ProjectMembers INVITED_GROUPS" => {
            connection("project", "projectMembers", &[node(6, "kofi", 50, "partners")])
        }
        "ProjectMembers SHARED_INTO_ANCESTORS" => connection("project", "projectMembers", &[]),
        "ProjectVariables" => connection(
            "project",
            "ciVariables",
            &[json!({
            "key": "AWS_SECRET_ACCESS_KEY", "protected": false, "masked": true,
            "environmentScope": "*"})],
        ),
        "ProjectPolicies" => Reply::json(
            json!({"errors": [{"message": "Field 'approvalPolicies' doesn't exist on type 'Project'"}]}),
        ),
        _ => Reply::json(json!([])),
    }
}

async fn project_of(
    script: impl Fn(&str) -> Option<Reply> + Send + Sync + 'static,
) -> (Result<Population, Error>, Fake) {
    let fake = Fake::by(move |asked| {
        let route = route(asked);
        script(&route).unwrap_or_else(|| usual(&route))
    })
    .await;
    let gitlab = Gitlab::over(fake.http());
    (gitlab.access_of_project("acme/shop", None).await, fake)
}

async fn usual_project() -> (Population, Fake) {
    let (read, fake) = project_of(|_| None).await;
    (read.unwrap(), fake)
}

#[tokio::test]
async fn each_grant_of_a_project_has_its_path() {
    let (read, _) = usual_project().await;
    let told: Vec<String> = read
        .grants
        .iter()
        .filter(|grant| grant.subject.starts_with("user:") && grant.standing == Standing::Active)
        .map(|grant| format!("{} {} {}", grant.subject, grant.right.name, grant.path_words()))
        .collect();
    // A share gives no more than it says: an Owner of the invited group is a Developer here.
    let wanted = [
        "user:7 Maintainer direct",
        "user:8 Maintainer direct",
        "user:4 Owner inherited from acme",
        "user:6 Developer group_share from partners",
    ];
    assert_eq!(told, wanted);
    let kofi = read.grants.iter().find(|grant| &*grant.subject == "user:6").unwrap();
    assert_eq!(kofi.expires_at, Some("2027-01-01T00:00:00Z".parse().unwrap()));
}

#[tokio::test]
async fn one_relation_is_asked_for_at_a_time() {
    let (_, fake) = usual_project().await;
    for asked in fake.asked().iter().filter(|asked| asked.path == "/api/graphql") {
        let body: Value = serde_json::from_slice(&asked.body).unwrap();
        let relations = body["variables"]["relations"].as_array();
        assert!(relations.is_none_or(|all| all.len() == 1), "{body}");
    }
}

#[tokio::test]
async fn invitations_and_requests_are_no_rights_yet() {
    let (read, _) = usual_project().await;
    let waiting: Vec<(&str, Standing)> = read
        .grants
        .iter()
        .filter(|grant| grant.standing != Standing::Active)
        .map(|grant| (grant.subject.as_str(), grant.standing))
        .collect();
    let wanted = [("invited:new@example.com", Standing::Invited), ("user:12", Standing::Requested)];
    assert_eq!(waiting, wanted);
}

#[tokio::test]
async fn tokens_and_keys_come_with_their_facts_and_never_with_a_value() {
    use PrincipalKind::{DeployKey, ProjectToken, TriggerToken};
    let (read, _) = usual_project().await;
    let kinds: Vec<PrincipalKind> = read.credentials.iter().map(|one| one.kind).collect();
    assert_eq!(kinds, [ProjectToken, DeployKey, TriggerToken]);
    let token = &read.credentials[0];
    assert_eq!((token.level, token.last_used.clone()), (Some(Level::Maintainer), Known::Is(None)));
    assert_eq!(token.expires_at, Known::Is(Some("2026-02-01T00:00:00Z".parse().unwrap())));
    assert_eq!(read.credentials[1].pushes_to, [Text::new("acme/shop")]);
    // An older GitLab does not tell when a key was used, which is not the same as never.
    assert!(read.credentials[1].last_used.read().is_err());
    let everything = serde_json::to_string(&read).unwrap();
    assert!(!everything.contains(SECRET) && !everything.contains("ssh-ed25519"));
}

#[tokio::test]
async fn variables_are_asked_for_by_name_alone() {
    let (read, fake) = usual_project().await;
    let variables = read.projects[0].variables.fact().unwrap();
    assert_eq!(&*variables[0].key, "AWS_SECRET_ACCESS_KEY");
    for asked in fake.asked() {
        assert!(!asked.path.contains("variables"), "{}", asked.path);
        let body = String::from_utf8(asked.body.to_vec()).unwrap();
        let words = body.split(|sign: char| !sign.is_alphanumeric());
        assert!(words.into_iter().all(|word| word != "value"), "{body}");
    }
}

#[tokio::test]
async fn what_guards_a_project_is_read() {
    let (read, _) = usual_project().await;
    let project = &read.projects[0];
    assert!(!project.job_tokens.fact().unwrap().inbound_limited);
    assert!(!project.approvals.fact().unwrap().author);
    let production = &project.environments.fact().unwrap()[0];
    assert_eq!(production.protection, Known::Is(None));
    assert_eq!(read.gitlab_host, Some(Text::new("gitlab.example.com")));
    // A question that this GitLab does not know is a gap, not an empty answer.
    assert!(project.bypasses.read().is_err());
    assert!(read.gaps.iter().any(|gap| (gap.part, gap.lack) == (Part::Policies, Lack::Failed)));
}

#[tokio::test]
async fn a_refused_list_is_a_gap_with_its_reason_and_the_rest_is_read() {
    let refuse = |route: &str| {
        let refused = json!({"message": "403 Forbidden"});
        route.ends_with("/access_tokens").then(|| Reply::json(refused).status(403))
    };
    let (read, _) = project_of(refuse).await;
    let read = read.unwrap();
    let gaps: Vec<&Gap> = read.gaps.iter().filter(|gap| gap.part == Part::AccessTokens).collect();
    assert_eq!((gaps.len(), gaps[0].lack, &*gaps[0].at), (1, Lack::Forbidden, "acme/shop"));
    assert!(gaps[0].because.contains("Maintainer"), "{}", gaps[0].because);
    assert!(!read.readings.iter().any(|reading| reading.part == Part::AccessTokens));
    assert_eq!(read.credentials.len(), 2);
}

#[tokio::test]
async fn a_plan_that_lacks_a_part_is_told_as_such() {
    let lacks = |route: &str| {
        let gone = json!({"message": "404 Not Found"});
        route.ends_with("/protected_environments").then(|| Reply::json(gone).status(404))
    };
    let (read, _) = project_of(lacks).await;
    let read = read.unwrap();
    let plan = read.gaps.iter().find(|gap| gap.part == Part::Environments).unwrap();
    assert_eq!(plan.lack, Lack::Plan);
    let production = &read.projects[0].environments.fact().unwrap()[0];
    assert!(production.protection.read().is_err());
}

#[tokio::test]
async fn a_failure_that_may_pass_fails_the_whole_place() {
    let fails = |route: &str| route.ends_with("/triggers").then(|| Reply::new(504, "slow"));
    let (read, _) = project_of(fails).await;
    let error = read.unwrap_err();
    assert_eq!(error.kind, FailureKind::Server);
    assert_eq!(error.doing, "reading the trigger_tokens of acme/shop");
}

#[tokio::test]
async fn pages_rows_and_what_the_server_counts_are_the_evidence() {
    let pages = |route: &str| {
        route.ends_with("/members").then(|| {
            Reply::json(json!([member(7, "asha", 40)])).with("x-total", "2").with("x-next-page", "")
        })
    };
    let (read, _) = project_of(pages).await;
    let read = read.unwrap();
    let reading =
        read.readings.iter().find(|one| &*one.endpoint == "GET projects/acme%2Fshop/members");
    let reading = reading.unwrap();
    assert_eq!((reading.pages, reading.rows, reading.total), (1, 1, Some(2)));
    assert!(!reading.is_whole());
    let short = read.gaps.iter().find(|gap| gap.part == Part::Members).unwrap();
    assert_eq!(&*short.because, "1 rows came of 2 that GitLab counted");
}

#[tokio::test]
async fn a_member_who_came_by_saml_with_the_level_of_a_link_is_no_grant_by_hand() {
    let fake = Fake::by(|asked| match route(asked).as_str() {
        "groups/acme" => Reply::json(json!({"id": 1, "full_path": "acme",
            "require_two_factor_authentication": true, "shared_with_groups": []})),
        "groups/acme/saml_group_links" => {
            Reply::json(json!([{"name": "devs", "access_level": 30, "member_role_id": null}]))
        }
        "groups/acme/members" => {
            let mut by_link = member(7, "asha", 30);
            by_link["group_saml_identity"] = json!({"extern_uid": "x", "provider": "group_saml"});
            let mut higher = member(8, "lena", 40);
            higher["group_saml_identity"] = json!({"extern_uid": "y", "provider": "group_saml"});
            higher["group_scim_identity"] =
                json!({"extern_uid": "y", "group_id": 1, "active": false});
            Reply::json(json!([by_link, higher]))
        }
        "GroupMembers SHARED_FROM_GROUPS" => connection("group", "groupMembers", &[]),
        "GroupVariables" => connection("group", "ciVariables", &[]),
        _ => Reply::json(json!([])),
    })
    .await;
    let read = Gitlab::over(fake.http()).access_of_group("acme", None).await.unwrap();
    let ways: Vec<Via> = read.grants.iter().map(|grant| grant.path[0].via).collect();
    assert_eq!(ways, [Via::Saml, Via::Direct]);
    assert_eq!(&*read.grants[0].id, "user:7@group:acme#direct");
    assert_eq!(read.principals[1].scim_active, Some(false));
    assert_eq!(read.groups[0].two_factor, Known::Is(true));
}

#[tokio::test]
async fn who_is_no_administrator_is_told_what_stays_hidden() {
    let fake = Fake::by(|asked| match route(asked).as_str() {
        "user" => Reply::json(json!({"id": 7, "username": "asha", "name": "Asha"})),
        "personal_access_tokens/self" => Reply::json(json!({"id": 1, "name": "w",
            "scopes": ["read_api"], "active": true, "revoked": false, "user_id": 7})),
        _ => Reply::json(json!([])),
    })
    .await;
    let read = Gitlab::over(fake.http()).access_of_instance().await.unwrap();
    assert_eq!(read.read_by, Some(Text::new("asha (user:7), scopes read_api")));
    let parts: Vec<Part> = read.gaps.iter().map(|gap| gap.part).collect();
    assert_eq!(parts, [Part::Users, Part::PersonalTokens]);
    assert!(!fake.asked().iter().any(|asked| asked.path.starts_with("/api/v4/users")));
}

#[tokio::test]
async fn a_runner_is_read_by_itself() {
    let fake = Fake::by(|asked| match route(asked).as_str() {
        "projects/acme%2Fshop" => usual("projects/acme%2Fshop"),
        "projects/acme%2Fshop/runners" => Reply::json(json!([{"id": 5}, {"id": 5}])),
        "runners/5" => {
            Reply::json(json!({"id": 5, "description": "r", "runner_type": "group_type",
            "access_level": "not_protected", "run_untagged": true, "locked": false,
            "tag_list": ["eks"], "token_expires_at": null, "token": SECRET}))
        }
        _ => Reply::json(json!([])),
    })
    .await;
    let tiers = Tiers::default();
    let gitlab = Gitlab::over(fake.http());
    let read = gitlab.access_of_project("acme/shop", Some(&tiers)).await.unwrap();
    let runner = &read.runners[0];
    assert_eq!((read.runners.len(), runner.ref_protected.clone()), (1, Known::Is(false)));
    assert_eq!(runner.token_expires_at, Known::Is(None));
    assert!(!serde_json::to_string(&read).unwrap().contains(SECRET));
}
