//! The register of exceptions over the simulated GitLab: the life of a record under a moved clock, dates at the edge, what
//! cannot be read, what came how, and what GitLab lets pass.

use jiff::{SignedDuration, Timestamp};
use reqwest::{Client, Method};
use serde_json::{Value, json};
use tempfile::TempDir;
use watchfloor::domain::SourceId;
use watchfloor::runtime::Clock;
use watchfloor::sim::{self, Fault, GitlabPlan, Options, REGISTER, ScriptedPush, Sim, TokenFault};

use super::check::printed;
use crate::harness::{self, Console, Rig};

/// The register's project as the REST API addresses it.
const PROJECT: &str = "/api/v4/projects/acme%2Fplatform%2Fexceptions";

fn now() -> Timestamp {
    Clock::wall().now()
}

fn days(days: i64) -> SignedDuration {
    SignedDuration::from_hours(24 * days)
}

/// So many days from now, to the second.
fn in_days(n: i64) -> String {
    now().checked_add(days(n)).expect("an instant").strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

/// A record without flaws.
fn record(id: &str, starts_at: &str, expires_at: &str) -> String {
    format!(
        "id: {id}\ntitle: A larger runner for {id}\nkind: runner\nscope:\n  projects: [acme/payments/api]\n\
         requester: bruno.example\nowner: freya.mockup\njustification: The build needs it.\n\
         risk: A shared cache.\ncontrols:\n  - looked at once a week\napprovers: [chiara.fiction]\n\
         starts_at: {starts_at}\nexpires_at: {expires_at}\n"
    )
}

fn path_of(id: &str) -> String {
    format!("exceptions/{id}.yaml")
}

/// Puts a file into the register's branch as somebody does who may.
fn push(sim: &Sim, path: &str, text: &str) {
    let pushed = sim.world().push(&ScriptedPush {
        at_seconds: 0.0,
        project: REGISTER.to_owned(),
        branch: "main".to_owned(),
        path: path.to_owned(),
        text: text.to_owned(),
        by: "freya.mockup".to_owned(),
    });
    assert!(pushed, "{path}");
}

/// Asks the platform as somebody: the answer.
async fn ask(sim: &Sim, who: &str, (method, path): (Method, &str), body: Value) -> Value {
    let url = format!("{}{PROJECT}{path}", sim.gitlab_url());
    let request = Client::new().request(method, url).header("PRIVATE-TOKEN", sim.token_of(who));
    let answer = request.json(&body).send().await.expect("an answer");
    assert!(answer.status().is_success(), "{path}: {}", answer.status());
    answer.json().await.expect("JSON")
}

/// A platform of which only the register matters, and a folder with a configuration of it.
async fn platform(more: &str) -> (Sim, TempDir) {
    let folder = tempfile::tempdir().expect("a folder");
    let scenario = harness::write(&folder, "register.toml", &format!("quiet = true\n{more}"));
    let options = Options {
        scenario: scenario.display().to_string(),
        requests_log: Some(folder.path().join("requests.jsonl")),
        ..Options::default()
    };
    let sim = sim::start(options).await.expect("the simulator starts");
    configure(&sim, &folder, json!({"project": REGISTER}));
    (sim, folder)
}

/// Writes a configuration with this register.
fn configure(sim: &Sim, folder: &TempDir, exceptions: Value) {
    let mut config = harness::config(sim, folder);
    config["exceptions"] = exceptions;
    harness::write(folder, "config.toml", &toml::to_string(&config).expect("a table"));
}

async fn got(folder: &TempDir, kind: &str) -> Value {
    let text = printed(&["get", kind, "-o", "json"], folder).await;
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{error}: {text}"))
}

/// The item of a record.
fn item<'a>(document: &'a Value, id: &str) -> &'a Value {
    let items = document["items"].as_array().expect("items");
    items.iter().find(|item| item["id"] == id).unwrap_or_else(|| panic!("{id} in {document}"))
}

fn ids(document: &Value) -> Vec<&str> {
    let items = document["items"].as_array().expect("items").iter();
    items.map(|item| item["id"].as_str().expect("an id")).collect()
}

/// What the feed of the register says of itself: its health, and its error.
fn source(document: &Value) -> (String, String) {
    let sources = document["sources"].as_array().expect("sources");
    let of_register = sources.iter().find(|one| one["id"] == "exceptions").expect("the feed");
    let word = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    (word(&of_register["health"]), word(&of_register["error"]["message"]))
}

/// The line of the screen that says this.
fn line(console: &mut Console, words: &str) -> String {
    let picture = console.picture();
    picture.lines().find(|line| line.contains(words)).unwrap_or_default().to_owned()
}

/// Waits until the row of a record says this.
async fn row_says(console: &mut Console, id: &str, words: &str) {
    let what = format!("{id} to be {words}");
    console.until(&what, |console| line(console, id).contains(words)).await;
}

/// The console on the register.
async fn console() -> Console {
    Console::rigged("quiet", with_register).await
}

fn with_register(rig: &mut Rig<'_>) {
    rig.config["exceptions"] = json!({"project": REGISTER});
}

/// Reads everything again, as a person asks for it.
async fn refreshed(console: &mut Console, words: &str) {
    console.press("f5").sees(words).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_life_of_an_exception_from_its_request_to_past_its_end() {
    let mut console = console().await;
    console.press("5").sees("EXC-2026-001").await;
    let text = record("EXC-2026-050", &in_days(2), &in_days(22));
    let commit = json!({"branch": "ask-050", "start_branch": "main", "commit_message": "Ask",
        "actions": [{"action": "create", "file_path": path_of("EXC-2026-050"), "content": text}]});
    let (sim, commits) = (console.sim(), (Method::POST, "/repository/commits"));
    ask(sim, "bruno.example", commits, commit).await;
    let open =
        json!({"source_branch": "ask-050", "target_branch": "main", "title": "A runner for 050"});
    let request = ask(sim, "bruno.example", (Method::POST, "/merge_requests"), open).await;
    refreshed(&mut console, "EXC-2026-050").await;
    row_says(&mut console, "EXC-2026-050", "requested").await;
    let one = format!("/merge_requests/{}", request["iid"]);
    let sha = json!({"sha": request["sha"]});
    let approve = format!("{one}/approve");
    ask(console.sim(), "chiara.fiction", (Method::POST, &approve), sha.clone()).await;
    console.press("f5");
    row_says(&mut console, "EXC-2026-050", "approved").await;
    ask(console.sim(), "chiara.fiction", (Method::PUT, &format!("{one}/merge")), sha).await;
    console.press("f5");
    row_says(&mut console, "EXC-2026-050", "scheduled").await;
    row_says(&mut console, "EXC-2026-050", "begins in 1d23h").await;
    for (pass, state, says) in [(3, "active", "18d"), (12, "expiring", "6d"), (8, "expired", "-")] {
        console.passes(days(pass));
        row_says(&mut console, "EXC-2026-050", state).await;
        row_says(&mut console, "EXC-2026-050", says).await;
    }
    console.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_ends_is_warned_of_in_its_row_in_the_header_and_in_now() {
    let mut console = console().await;
    console.press("5").sees("EXC-2026-001").await;
    // Of the simulated register one is past its end, and one ends the day after tomorrow.
    row_says(&mut console, "EXC-2026-003", "expired").await;
    row_says(&mut console, "EXC-2026-002", "≤7d").await;
    console.resize(260, 48).sees("1 exception expired, 2 end within 7d").await;
    console.press("1").sees("1 exception is past its end; what puts 1 of them into force").await;
    console.sees("2 exceptions end within 7d").await;
    console.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn dates_at_the_edge_are_the_same_in_json_and_on_screen() {
    let (sim, folder) = platform("").await;
    let today = now().strftime("%Y-%m-%d").to_string();
    let tomorrow = now().checked_add(days(1)).expect("an instant").strftime("%Y-%m-%d").to_string();
    let begun = in_days(-10);
    let far = "2099-03-31T00:00:00+14:00";
    for (id, starts, ends) in [
        ("EDGE-TODAY", &*begun, &*today),
        ("EDGE-TOMORROW", &begun, &tomorrow),
        ("EDGE-ZONE", &begun, far),
        ("EDGE-LAST", &begun, "9999-12-30"),
    ] {
        push(&sim, &path_of(id), &record(id, starts, ends));
    }
    push(&sim, &path_of("EDGE-LEAP"), &record("EDGE-LEAP", &begun, "2099-06-30T23:59:60Z"));
    let document = got(&folder, "exceptions").await;
    let told = |id| {
        let item = item(&document, id);
        (item["state"].as_str().expect("a state"), item["expires_at"].as_str().expect("an end"))
    };
    assert_eq!(told("EDGE-TODAY"), ("expired", &*format!("{today}T00:00:00Z")));
    assert!(item(&document, "EDGE-TODAY")["remaining_seconds"].as_f64().expect("a number") <= 0.0);
    assert_eq!(told("EDGE-TOMORROW"), ("expiring", &*format!("{tomorrow}T00:00:00Z")));
    assert_eq!(told("EDGE-ZONE"), ("active", "2099-03-30T10:00:00Z"));
    assert_eq!(told("EDGE-LAST"), ("active", "9999-12-30T00:00:00Z"));
    assert!(!ids(&document).contains(&"EDGE-LEAP"), "a leap second is refused");
    let (health, error) = source(&document);
    assert_eq!(health, "partial");
    assert!(error.contains("EDGE-LEAP"), "{error}");

    let mut console = Console::on_with(sim, with_register);
    console.press("5").sees("EDGE-TODAY").await;
    row_says(&mut console, "EDGE-TODAY", "expired").await;
    console.resize(220, 48);
    row_says(&mut console, "EDGE-TODAY", &format!("{today} 00:00Z")).await;
    row_says(&mut console, "EDGE-ZONE", "2099-03-30 10:00Z").await;
    row_says(&mut console, "EDGE-LAST", "9999-12-30 00:00Z").await;
    console.press("/").type_in("id:EDGE-TODAY").press("enter").sees("1 of ").await;
    console.sees("written as a date").await;
    console.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn five_thousand_records_are_read_a_hundred_to_a_request_and_no_blob_twice() {
    let (sim, folder) = platform("[exceptions]\nrecords = 5000\n").await;
    let document = got(&folder, "exceptions").await;
    assert_eq!(document["complete"], true, "{}", document["sources"]);
    assert_eq!(ids(&document).len(), 5_014);
    let log = std::fs::read_to_string(folder.path().join("requests.jsonl")).expect("a log");
    let count = |words: &str| log.lines().filter(|line| line.contains(words)).count();
    // Of the register's own project; where its records lead, files of other tools are read.
    let project = sim::REGISTER.replace('/', "%2F");
    assert_eq!(count(&format!("{project}/repository/blobs/")), 0);
    assert_eq!(count(&format!("{project}/repository/tree")), 51);
    // One of them asks what this GitLab can do.
    assert_eq!(count("/api/graphql"), 1 + 51);
    assert_eq!(sim.unknown(), [""; 0]);
    sim.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_graphql_the_same_records_are_read() {
    let (sim, folder) = platform("graphql = \"off\"\n").await;
    let document = got(&folder, "exceptions").await;
    assert_eq!((ids(&document).len(), &document["complete"]), (14, &json!(true)));
    assert_eq!(sim.unknown(), [""; 0]);
    sim.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_faulty_file_keeps_the_others_and_is_named() {
    let (sim, folder) = platform("").await;
    push(&sim, "exceptions/broken.yaml", "id: [\n");
    push(&sim, "exceptions/bomb.yaml", "a: &a [1, 1]\nb: [*a, *a]\n");
    push(&sim, "exceptions/notes.txt", "no record\n");
    let document = got(&folder, "exceptions").await;
    assert_eq!((ids(&document).len(), &document["complete"]), (14, &json!(false)));
    let (health, error) = source(&document);
    assert_eq!(health, "partial");
    assert!(error.contains("2 files of the register cannot be read"), "{error}");
    assert!(error.contains("exceptions/bomb.yaml:1"), "{error}");
    sim.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_project_that_is_not_there_is_told_as_such() {
    let (sim, folder) = platform("").await;
    configure(&sim, &folder, json!({"project": "acme/platform/nowhere"}));
    let document = got(&folder, "exceptions").await;
    assert_eq!((ids(&document).len(), &document["complete"]), (0, &json!(false)));
    let (health, error) = source(&document);
    assert_eq!(health, "down");
    assert!(error.contains("acme/platform/nowhere"), "{error}");
    sim.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_project_that_one_may_not_read_is_forbidden() {
    let (sim, folder) = platform("").await;
    sim.world().fault(Fault {
        path: Some("/api/v4/projects/*/repository/*".to_owned()),
        status: Some(403),
        body: Some("{\"message\":\"403 Forbidden\"}".to_owned()),
        ..Fault::default()
    });
    let document = got(&folder, "exceptions").await;
    assert_eq!(
        (source(&document).0, &document["complete"]),
        ("forbidden".to_owned(), &json!(false))
    );
    sim.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_tree_that_breaks_off_takes_nothing_away() {
    let mut console = console().await;
    console.press("5").sees("EXC-2026-001").await;
    console.sim().world().fault(Fault {
        path: Some("/api/v4/projects/*/repository/tree".to_owned()),
        cut_after_bytes: Some(300),
        ..Fault::default()
    });
    push(
        console.sim(),
        &path_of("EXC-2026-051"),
        &record("EXC-2026-051", &in_days(-1), &in_days(9)),
    );
    console.press("f5");
    let has_failed = |console: &mut Console| {
        let mut reports = console.app().state.reports();
        reports.any(|(key, report)| key.source == SourceId::EXCEPTIONS && report.failure.is_some())
    };
    console.until("a failure", has_failed).await;
    assert_eq!(console.app().state.exceptions().len(), 14);
    console.sees("EXC-2026-001").await;
    console.sim().world().clear_faults();
    refreshed(&mut console, "EXC-2026-051").await;
    console.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_record_that_moves_is_one_record_at_its_new_place() {
    let (sim, folder) = platform("").await;
    let moved = "exceptions/2026/EXC-2026-010.yaml";
    let commit = json!({"branch": "main", "commit_message": "Sort by year", "actions": [
        {"action": "move", "file_path": moved, "previous_path": path_of("EXC-2026-010")}]});
    ask(&sim, "freya.mockup", (Method::POST, "/repository/commits"), commit).await;
    let document = got(&folder, "exceptions").await;
    let places: Vec<&Value> = document["items"]
        .as_array()
        .expect("items")
        .iter()
        .filter(|item| item["id"] == "EXC-2026-010")
        .map(|item| &item["record"]["path"])
        .collect();
    assert_eq!(places, [&json!(moved)]);
    sim.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn everything_that_scripts_rely_on_is_in_the_json() {
    let (sim, folder) = platform("").await;
    let document = got(&folder, "exceptions").await;
    let item = item(&document, "EXC-2026-008");
    assert_eq!((&item["renews"], &item["renewal_count"]), (&json!("EXC-2026-007"), &json!(2)));
    let left = item["remaining_seconds"].as_f64().expect("a number") / 86_400.0;
    assert!((left - 30.0).abs() < 0.1, "{left}");
    assert_eq!(item["record"]["project"], REGISTER);
    assert_eq!(item["record"]["path"], path_of("EXC-2026-008"));
    assert_eq!(item["record"]["commit"].as_str().map(str::len), Some(40));
    assert_eq!(item["findings"], json!([]));
    let named = |id: &str| self::item(&document, id)["findings"].clone();
    assert_eq!(named("EXC-2026-003"), json!(["expired"]));
    let state = |id: &str| self::item(&document, id)["state"].clone();
    for (id, expected) in [
        ("EXC-2026-001", "active"),
        ("EXC-2026-002", "expiring"),
        ("EXC-2026-003", "expired"),
        ("EXC-2026-004", "scheduled"),
        ("EXC-2026-005", "revoked"),
        ("EXC-2026-007", "superseded"),
        ("EXC-2026-014", "closed"),
    ] {
        assert_eq!(state(id), expected, "{id}");
    }
    sim.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_history_of_a_record_leads_to_who_asked_approved_and_merged() {
    let mut console = console().await;
    console.press("5").sees("EXC-2026-002").await;
    console.press("/").type_in("id:EXC-2026-002").press("enter").sees("1 of ").await;
    console.sees("enter reads its history").await;
    console.press("enter").sees("asked by deniz.placeholder, merged by ada.sample").await;
    console.sees("approved by ada.sample").await.sees("Ask for EXC-2026-002").await;
    console.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_history_that_cannot_be_read_says_why() {
    let mut console = console().await;
    console.press("5").sees("EXC-2026-002").await;
    console.sim().world().fault(Fault {
        path: Some("/api/v4/projects/*/repository/commits".to_owned()),
        token: Some(TokenFault::Invalid),
        ..Fault::default()
    });
    console.press("/").type_in("id:EXC-2026-002").press("enter").sees("1 of ").await;
    console.press("enter").sees("its history could not be read").await;
    console.finish().await;
}

/// The verdicts of `check` on the register: level, what about, and message.
async fn checked(folder: &TempDir) -> Vec<(String, String, String)> {
    let text = printed(&["check", "-o", "json"], folder).await;
    let document: Value = serde_json::from_str(&text).expect("a document");
    let word = |item: &Value, key: &str| item[key].as_str().unwrap_or_default().to_owned();
    let items = document["items"].as_array().expect("items").iter();
    let told = |item: &Value| (word(item, "level"), word(item, "about"), word(item, "message"));
    items.map(told).filter(|(_, about, _)| about.starts_with("register")).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn check_says_how_the_register_is_and_what_gitlab_lets_pass() {
    let (sim, folder) = platform("").await;
    let own = |what: &str| format!("register {REGISTER}{what}");
    let told = checked(&folder).await;
    let level = |about: &str, words: &str| {
        let found = told.iter().find(|(_, of, said)| of == about && said.contains(words));
        found.map(|(level, ..)| level.as_str())
    };
    assert_eq!(
        level(&own(""), "14 records read in exceptions of main, 1 of them"),
        Some("warn"),
        "{told:?}"
    );
    assert_eq!(level(&own(" requests"), "3 open"), Some("ok"), "{told:?}");
    assert_eq!(level(&own(" settings"), "GitLab too keeps apart"), Some("ok"), "{told:?}");
    let own_merge = "was merged by its own author chiara.fiction: nobody else approved it";
    assert_eq!(level(&own(" settings"), own_merge), Some("warn"), "{told:?}");
    sim.world().guard(|rules| {
        rules.author_approval = true;
        rules.committer_approval = true;
        rules.reset_on_push = false;
    });
    let told = checked(&folder).await;
    for words in ["lets authors approve", "what they committed to", "keeps approvals when more"] {
        assert!(
            told.iter().any(|(level, _, said)| level == "warn" && said.contains(words)),
            "{told:?}"
        );
    }
    sim.world().guard(|rules| rules.plan = GitlabPlan::Free);
    let told = checked(&folder).await;
    assert!(told.iter().any(|(.., said)| said.contains("Free plan")), "{told:?}");
    sim.world().access_level(30);
    sim.world().guard(|rules| rules.plan = GitlabPlan::Premium);
    let told = checked(&folder).await;
    assert!(
        told.iter().any(|(level, _, said)| level == "warn" && said.contains("403")),
        "{told:?}"
    );
    assert!(!told.iter().any(|(.., said)| said.contains("GitLab too keeps apart")), "{told:?}");
    sim.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_gitlab_lets_pass_stands_above_the_register_and_in_now() {
    let mut console = Console::rigged("quiet", |rig| {
        with_register(rig);
        rig.sim.world().guard(|rules| rules.author_approval = true);
    })
    .await;
    console.press("5").sees("GitLab lets authors approve their own merge requests").await;
    console.sees("1 request was merged by its own author").await;
    console.press("1").sees("1 request was merged by its own author").await;
    console.sees("GitLab lets authors approve").await;
    console.finish().await;
}
