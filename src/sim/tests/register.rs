//! The register's project: repository, commits, merge requests, approvals, members, as several people see them.

use reqwest::{Method, Response};
use serde_json::{Value, json};

use super::super::{Options, ScriptedPush};
use super::Bench;

const REGISTER: &str = "/projects/acme%2Fplatform%2Fexceptions";

impl Bench {
    async fn send(&self, who: &str, (method, path): (Method, &str), body: Value) -> Response {
        let request = self.bare(method, &format!("/api/v4{REGISTER}{path}"));
        let token =
            if who.is_empty() { self.sim.token().to_owned() } else { self.sim.token_of(who) };
        request.header("PRIVATE-TOKEN", token).json(&body).send().await.unwrap()
    }

    async fn register(&self, path: &str) -> Value {
        self.json(&format!("{REGISTER}{path}")).await
    }

    /// The open merge request of somebody.
    async fn open_by(&self, login: &str) -> Value {
        let path = format!("/merge_requests?state=opened&author_username={login}");
        self.register(&path).await[0].clone()
    }

    /// The answer to a change of a merge request, as a status and what is said.
    async fn ask_of(&self, who: &str, what: (Method, &str), body: Value) -> (u16, Value) {
        let response = self.send(who, what, body).await;
        (response.status().as_u16(), response.json().await.unwrap_or_default())
    }
}

fn names(rows: &Value, key: &str) -> Vec<String> {
    let rows = rows.as_array().unwrap();
    rows.iter().map(|row| row[key].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn a_tree_by_keyset_holds_what_a_page_holds() {
    let bench = Bench::frozen("calm").await;
    let all = names(&bench.register("/repository/tree?path=exceptions&per_page=100").await, "name");
    assert_eq!(all.iter().filter(|name| name.starts_with("EXC-2026-")).count(), 14);
    let mut url = "/repository/tree?path=exceptions&per_page=4&pagination=keyset".to_owned();
    let mut found = Vec::new();
    loop {
        let response = bench.get(&format!("{REGISTER}{url}")).await;
        let link = response.headers().get("link").map(|link| link.to_str().unwrap().to_owned());
        found.extend(names(&response.json().await.unwrap(), "name"));
        let Some(link) = link else { break };
        let token = link.split("page_token=").nth(1).unwrap();
        let token: String = token.chars().take_while(char::is_ascii_hexdigit).collect();
        url = format!(
            "/repository/tree?path=exceptions&per_page=4&pagination=keyset&page_token={token}"
        );
    }
    assert_eq!(found, all);
}

#[tokio::test]
async fn a_file_is_the_same_raw_and_by_its_blob() {
    let bench = Bench::frozen("calm").await;
    let path = "/repository/files/exceptions%2FEXC-2026-001.yaml";
    let file = bench.register(&format!("{path}?ref=main")).await;
    let raw = bench.get(&format!("{REGISTER}{path}/raw?ref=main")).await.text().await.unwrap();
    let blob = format!("{REGISTER}/repository/blobs/{}/raw", file["blob_id"].as_str().unwrap());
    assert!(raw.starts_with("id: EXC-2026-001\n"));
    assert_eq!(bench.get(&blob).await.text().await.unwrap(), raw);
}

#[tokio::test]
async fn the_history_of_a_record_leads_to_its_merge_request_and_approval() {
    let bench = Bench::frozen("calm").await;
    let path = "/repository/commits?path=exceptions/EXC-2026-002.yaml";
    let commits = bench.register(path).await;
    let sha = commits.as_array().unwrap().last().unwrap()["id"].as_str().unwrap().to_owned();
    let found = bench.register(&format!("/repository/commits/{sha}/merge_requests")).await;
    let approvals = format!("/merge_requests/{}/approvals", found[0]["iid"]);
    let approved = bench.register(&approvals).await;
    assert_eq!(
        (&found[0]["state"], &approved["approved_by"][0]["user"]["username"]),
        (&json!("merged"), &json!("ada.sample"))
    );
}

#[tokio::test]
async fn a_request_is_made_approved_by_another_merged_and_read_on_main() {
    let bench = Bench::frozen("calm").await;
    let file = "exceptions/EXC-2026-099.yaml";
    let commit = json!({"branch": "ask-099", "start_branch": "main", "commit_message": "Ask",
        "actions": [{"action": "create", "file_path": file, "content": "id: EXC-2026-099\n"}]});
    let made = bench.ask_of("", (Method::POST, "/repository/commits"), commit).await;
    assert_eq!((made.0, &made.1["author_name"]), (201, &json!("Ada Sample")));
    let open = json!({"source_branch": "ask-099", "target_branch": "main", "title": "Ask"});
    let (status, request) = bench.ask_of("", (Method::POST, "/merge_requests"), open).await;
    assert_eq!((status, &request["detailed_merge_status"]), (201, &json!("not_approved")));
    let one = format!("/merge_requests/{}", request["iid"]);
    let sha = json!({"sha": request["sha"]});
    let approve = format!("{one}/approve");
    assert_eq!(bench.ask_of("", (Method::POST, &approve), sha.clone()).await.0, 401);
    let merge = format!("{one}/merge");
    assert_eq!(bench.ask_of("", (Method::PUT, &merge), sha.clone()).await.0, 405);
    let approved = bench.ask_of("chiara.fiction", (Method::POST, &approve), sha.clone()).await;
    assert_eq!((approved.0, &approved.1["approved"]), (201, &json!(true)));
    assert_eq!(bench.ask_of("chiara.fiction", (Method::POST, &approve), sha.clone()).await.0, 401);
    let merged = bench.ask_of("chiara.fiction", (Method::PUT, &merge), sha).await;
    assert_eq!((merged.0, &merged.1["state"]), (200, &json!("merged")));
    let path = "/repository/files/exceptions%2FEXC-2026-099.yaml/raw";
    assert_eq!(
        bench.get(&format!("{REGISTER}{path}")).await.text().await.unwrap(),
        "id: EXC-2026-099\n"
    );
}

#[tokio::test]
async fn a_head_that_moved_is_409_and_takes_approvals_away() {
    let bench = Bench::frozen("calm").await;
    let request = bench.open_by("bruno.example").await;
    let approve = format!("/merge_requests/{}/approve", request["iid"]);
    let sha = json!({"sha": request["sha"]});
    assert_eq!(bench.ask_of("chiara.fiction", (Method::POST, &approve), sha.clone()).await.0, 201);
    let pushed = bench.sim.world().push(&ScriptedPush {
        at_seconds: 0.0,
        project: "acme/platform/exceptions".to_owned(),
        branch: request["source_branch"].as_str().unwrap().to_owned(),
        path: "exceptions/more.yaml".to_owned(),
        text: "id: more\n".to_owned(),
        by: "bruno.example".to_owned(),
    });
    assert!(pushed);
    assert_eq!(bench.ask_of("", (Method::POST, &approve), sha).await.0, 409);
    let left = bench.register(&format!("/merge_requests/{}/approvals", request["iid"])).await;
    assert_eq!((&left["approved_by"], &left["approvals_left"]), (&json!([]), &json!(1)));
}

#[tokio::test]
async fn sides_that_do_not_fit_are_a_conflict_and_cannot_be_merged() {
    let bench = Bench::frozen("calm").await;
    let request = bench.open_by("deniz.placeholder").await;
    assert_eq!(
        (&request["has_conflicts"], &request["detailed_merge_status"]),
        (&json!(true), &json!("conflict"))
    );
    let merge = format!("/merge_requests/{}/merge", request["iid"]);
    assert_eq!(
        bench.ask_of("", (Method::PUT, &merge), json!({})).await,
        (422, json!({"message": "Branch cannot be merged"}))
    );
}

#[tokio::test]
async fn a_merge_that_is_only_scheduled_leaves_the_request_open() {
    let bench = Bench::frozen("calm").await;
    bench.sim.world().guard(|rules| rules.merge_seconds = Some(3600.0));
    let request = bench.open_by("bruno.example").await;
    let one = format!("/merge_requests/{}", request["iid"]);
    bench.ask_of("", (Method::POST, &format!("{one}/approve")), json!({})).await;
    let merge = format!("{one}/merge");
    let (status, answer) = bench.ask_of("", (Method::PUT, &merge), json!({})).await;
    assert_eq!(
        (status, &answer["state"], &answer["merge_when_pipeline_succeeds"]),
        (200, &json!("opened"), &json!(true))
    );
}

#[tokio::test]
async fn a_file_that_changed_since_is_not_overwritten() {
    let bench = Bench::frozen("calm").await;
    let path = "exceptions/EXC-2026-001.yaml";
    let first = bench.register(&format!("/repository/commits?path={path}")).await;
    let oldest = first.as_array().unwrap().last().unwrap()["id"].clone();
    let commit = json!({"branch": "late", "start_branch": "main", "commit_message": "Late",
        "actions": [{"action": "update", "file_path": path, "content": "x", "last_commit_id": oldest}]});
    let said = format!("The file has changed since you started editing it: {path}");
    assert_eq!(
        bench.ask_of("", (Method::POST, "/repository/commits"), commit).await,
        (400, json!({"message": said}))
    );
}

#[tokio::test]
async fn a_developer_may_not_push_to_main() {
    let bench = Bench::frozen("calm").await;
    let commit = json!({"branch": "main", "commit_message": "In", "actions": [
        {"action": "create", "file_path": "a", "content": "a"}]});
    let said = "403 Forbidden - You are not allowed to push into this branch";
    assert_eq!(
        bench.ask_of("bruno.example", (Method::POST, "/repository/commits"), commit).await,
        (403, json!({"message": said}))
    );
}

#[tokio::test]
async fn every_token_is_its_own_persons() {
    let bench = Bench::frozen("calm").await;
    let request = bench.bare(Method::GET, "/api/v4/user");
    let token = bench.sim.token_of("chiara.fiction");
    let user: Value =
        request.header("PRIVATE-TOKEN", token).send().await.unwrap().json().await.unwrap();
    assert_eq!(
        (&user["username"], &bench.json("/user").await["username"]),
        (&json!("chiara.fiction"), &json!("ada.sample"))
    );
    let request = bench.bare(Method::GET, "/api/v4/user");
    let nobody = request.header("PRIVATE-TOKEN", bench.sim.token_of("nobody"));
    assert_eq!(nobody.send().await.unwrap().status(), 401);
}

#[tokio::test]
async fn the_free_plan_has_no_rules_and_lets_authors_approve() {
    let bench = Bench::frozen("calm").await;
    bench.sim.world().guard(|rules| rules.plan = super::super::GitlabPlan::Free);
    assert_eq!(bench.get(&format!("{REGISTER}/approvals")).await.status(), 404);
    let own = bench.open_by("ada.sample").await;
    let approve = format!("/merge_requests/{}/approve", own["iid"]);
    assert_eq!(bench.ask_of("", (Method::POST, &approve), json!({})).await.0, 201);
}

#[tokio::test]
async fn any_detailed_merge_status_can_be_had() {
    let bench = Bench::frozen("calm").await;
    let request = bench.open_by("bruno.example").await;
    let iid = request["iid"].as_u64().unwrap();
    let world = bench.sim.world();
    world.merge_status("acme/platform/exceptions", iid, Some("from_the_future"));
    let one = bench.register(&format!("/merge_requests/{iid}")).await;
    assert_eq!(one["detailed_merge_status"], "from_the_future");
    let merge = format!("/merge_requests/{iid}/merge");
    assert_eq!(
        bench.ask_of("", (Method::PUT, &merge), json!({})).await,
        (405, json!({"message": "405 Method Not Allowed"}))
    );
}

#[tokio::test]
async fn a_refusal_is_a_note_and_a_closed_request() {
    let bench = Bench::frozen("calm").await;
    let request = bench.open_by("bruno.example").await;
    let one = format!("/merge_requests/{}", request["iid"]);
    let note = json!({"body": "not this week"});
    assert_eq!(bench.ask_of("", (Method::POST, &format!("{one}/notes")), note).await.0, 201);
    let (status, closed) =
        bench.ask_of("", (Method::PUT, &one), json!({"state_event": "close"})).await;
    assert_eq!(
        (status, &closed["state"], &closed["user_notes_count"]),
        (200, &json!("closed"), &json!(1))
    );
}

#[tokio::test]
async fn a_membership_and_a_token_can_end() {
    let bench = Bench::frozen("calm").await;
    let members = bench.json("/projects/acme%2Fpayments%2Fledger/members/all?per_page=100").await;
    let ending = |row: &&Value| !row["expires_at"].is_null();
    let ending: Vec<&Value> = members.as_array().unwrap().iter().filter(ending).collect();
    assert_eq!(ending.len(), 1);
    assert_eq!(ending[0]["username"], "bruno.example");
    let tokens = bench.json("/projects/acme%2Fpayments%2Fapi/access_tokens").await;
    assert_eq!(names(&tokens, "name"), ["release-importer"]);
}

#[tokio::test]
async fn exceptions_of_kyverno_are_there_where_it_is() {
    let bench = Bench::frozen("calm").await;
    for (group, name) in
        [("kyverno.io/v2", "legacy-host-path"), ("policies.kyverno.io/v1", "privileged-builder")]
    {
        let url = format!("{}/apis/{group}/policyexceptions", bench.sim.kubernetes_url());
        let request = bench.client.get(url).bearer_auth(bench.sim.kubernetes_token());
        let list: Value = request.send().await.unwrap().json().await.unwrap();
        assert_eq!(list["items"][0]["metadata"]["name"], name);
    }
}

#[tokio::test]
async fn a_dismissed_vulnerability_is_told_on_the_ultimate_plan_alone() {
    let bench = Bench::frozen("calm").await;
    let query =
        "query Q($path: ID!) { project(fullPath: $path) { vulnerabilities(state: [DISMISSED]) {
        nodes { title stateTransitions { nodes { dismissalReason author { username } } } } } } }";
    let path = json!({"path": "acme/web/storefront"});
    let answer = bench.query(query, path.clone()).await;
    let node = &answer["data"]["project"]["vulnerabilities"]["nodes"][0];
    assert_eq!(
        node,
        &json!({"title": "CVE-2026-10055", "stateTransitions": {"nodes": [
            {"dismissalReason": "ACCEPTABLE_RISK", "author": {"username": "deniz.placeholder"}}]}})
    );
    bench.sim.world().guard(|rules| rules.plan = super::super::GitlabPlan::Premium);
    let answer = bench.query(query, path).await;
    assert!(answer["errors"][0]["message"].as_str().unwrap().contains("permission"));
}

#[tokio::test]
async fn a_file_moves_and_goes_in_one_commit_as_it_was_asked() {
    let bench = Bench::frozen("calm").await;
    let path = |name: &str| format!("exceptions/{name}.yaml");
    let raw = |name: &str| format!("{REGISTER}/repository/files/{}/raw", name.replace('/', "%2F"));
    let before = bench.get(&raw(&path("EXC-2026-010"))).await.text().await.unwrap();
    let commit = json!({"branch": "main", "commit_message": "Tidy up", "actions": [
        {"action": "move", "file_path": "exceptions/old/EXC-2026-010.yaml", "previous_path": path("EXC-2026-010")},
        {"action": "delete", "file_path": path("EXC-2026-014")}]});
    let (status, _) = bench.ask_of("", (Method::POST, "/repository/commits"), commit).await;
    assert_eq!(status, 201);
    let moved = bench.get(&raw("exceptions/old/EXC-2026-010.yaml")).await.text().await.unwrap();
    assert_eq!(moved, before);
    for name in ["EXC-2026-010", "EXC-2026-014"] {
        assert_eq!(bench.get(&raw(&path(name))).await.status(), 404, "{name}");
    }
    let missing = json!({"branch": "main", "commit_message": "Again", "actions": [
        {"action": "delete", "file_path": path("EXC-2026-014")}]});
    assert_eq!(
        bench.ask_of("", (Method::POST, "/repository/commits"), missing).await,
        (400, json!({"message": "A file with this name doesn't exist"}))
    );
}

#[tokio::test]
async fn a_merge_that_was_scheduled_happens_when_its_time_has_come() {
    let bench = Bench::moving(Options { scenario: "quiet".to_owned(), ..Options::default() }).await;
    bench.sim.world().guard(|rules| rules.merge_seconds = Some(0.5));
    let request = bench.open_by("bruno.example").await;
    let one = format!("/merge_requests/{}", request["iid"]);
    bench.ask_of("", (Method::POST, &format!("{one}/approve")), json!({})).await;
    let merge = format!("{one}/merge");
    let (status, answer) = bench.ask_of("", (Method::PUT, &merge), json!({})).await;
    assert_eq!((status, &answer["state"]), (200, &json!("opened")));
    for _ in 0..2_000 {
        if bench.register(&one).await["state"] == "merged" {
            let done = bench.register(&one).await;
            assert_eq!(done["merge_user"]["username"], "ada.sample");
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(5)).await;
    }
    panic!("it was never merged");
}

#[tokio::test]
async fn a_push_keeps_approvals_where_the_settings_say_so() {
    let bench = Bench::frozen("calm").await;
    for (resets, left) in [(false, 0), (true, 1)] {
        bench.sim.world().guard(|rules| rules.reset_on_push = resets);
        let request = bench.open_by("bruno.example").await;
        let one = format!("/merge_requests/{}", request["iid"]);
        bench.ask_of("chiara.fiction", (Method::POST, &format!("{one}/approve")), json!({})).await;
        bench.sim.world().push(&ScriptedPush {
            at_seconds: 0.0,
            project: "acme/platform/exceptions".to_owned(),
            branch: request["source_branch"].as_str().unwrap().to_owned(),
            path: format!("exceptions/more-{resets}.yaml"),
            text: "id: more\n".to_owned(),
            by: "bruno.example".to_owned(),
        });
        let approvals = bench.register(&format!("{one}/approvals")).await;
        assert_eq!(approvals["approvals_left"], left, "{resets}");
    }
}

#[tokio::test]
async fn without_kyverno_its_resources_do_not_exist() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("bare.toml");
    std::fs::write(&path, "[exceptions]\nkyverno = false\n").unwrap();
    let scenario = path.display().to_string();
    let bench = Bench::moving(Options { scenario, ..Options::default() }).await;
    for group in ["kyverno.io/v2", "policies.kyverno.io/v1"] {
        let url = format!("{}/apis/{group}/policyexceptions", bench.sim.kubernetes_url());
        let request = bench.client.get(url).bearer_auth(bench.sim.kubernetes_token());
        assert_eq!(request.send().await.unwrap().status(), 404, "{group}");
    }
}
