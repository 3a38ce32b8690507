//! Rights over the simulated platforms: everything that is planted is found and nothing else, what is refused is named, and
//! no value of a variable is ever asked for or written down.

use std::fmt::Write as _;
use std::fs;
use std::os::unix::fs::FileExt as _;
use std::path::Path;
use std::time::Duration;

use serde_json::{Value, json};
use tempfile::TempDir;
use watchfloor::sim::{
    self, COVERED_ACCESS, DOUBTED_ACCESS, EXPECTED_ACCESS, IAM_ROLES, Options, STATIC_KEY_VALUE,
    Sim,
};

use super::check::printed;
use crate::harness;
use crate::pty::Terminal;

const REGISTER: &str = "acme/platform/exceptions";
/// A platform, and a configuration that reads all of its rights as fast as it goes.
async fn platform(scenario: &str) -> (Sim, TempDir) {
    let folder = tempfile::tempdir().expect("a folder");
    let requests_log = Some(folder.path().join("requests.jsonl"));
    let options = Options { scenario: scenario.to_owned(), requests_log, ..Options::default() };
    let sim = sim::start(options).await.expect("the simulator starts");
    let mut config = harness::config(&sim, &folder);
    config["access"] = json!({
        "internal_email_domains": ["acme.example"],
        "iam_roles": IAM_ROLES,
        "requests_per_minute": 60_000,
    });
    config["exceptions"] = json!({"project": REGISTER});
    config["gitlab"]["requests_per_minute"] = json!(60_000);
    let text = toml::to_string(&config).expect("a table");
    harness::write(&folder, "config.toml", &text);
    (sim, folder)
}

async fn got(folder: &TempDir, kind: &str) -> Value {
    let text = printed(&["get", kind, "-o", "json"], folder).await;
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{error}: {text}"))
}

fn items(document: &Value) -> &Vec<Value> {
    document["items"].as_array().expect("items")
}

/// The findings of the rules about access.
fn of_access(document: &Value) -> Vec<&Value> {
    let code = |item: &&Value| item["code"].as_str().expect("a code").starts_with('A');
    items(document).iter().filter(code).collect()
}

/// Everything that a finding says, and what its subject is called and where it has rights.
fn said(finding: &Value, grants: &Value) -> String {
    let about = finding["about"]["id"].as_str().expect("an id");
    let mut words = format!("{} {} {}", about, finding["title"], finding["evidence"]);
    for grant in items(grants) {
        let id = grant["id"].as_str().expect("an id");
        if id == about || id.starts_with(&format!("{about}@")) {
            write!(words, " {} {} {id}", grant["subject"], grant["resource"]).expect("words");
        }
    }
    words
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn everything_that_is_planted_is_found_and_nothing_else() {
    let (_sim, folder) = platform("access").await;
    let findings = got(&folder, "findings").await;
    let grants = got(&folder, "grants").await;
    let mut found: Vec<(String, String, String)> = Vec::new();
    for one in of_access(&findings) {
        let by = one["covered_by"].as_str().unwrap_or_default().to_owned();
        found.push((one["code"].as_str().expect("a code").to_owned(), said(one, &grants), by));
    }
    let told = format!("{found:#?}");
    let mut take = |code: &str, who: &str, place: &str, by: &str| {
        let is = |one: &(String, String, String)| {
            one.0 == code && one.1.contains(who) && one.1.contains(place) && one.2 == by
        };
        let at = found.iter().position(is);
        let at = at.unwrap_or_else(|| panic!("{code} of {who} at {place} is missing in {told}"));
        found.remove(at);
    };
    for (code, who, place) in EXPECTED_ACCESS {
        take(code, who, place, "");
    }
    for (code, who, place, by) in COVERED_ACCESS {
        take(code, who, place, by);
    }
    assert!(found.is_empty(), "nobody planted {found:#?}");
    assert_eq!(DOUBTED_ACCESS.len(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_right_has_its_path_and_its_reading_its_evidence() {
    let (_sim, folder) = platform("access").await;
    let grants = got(&folder, "grants").await;
    let ways = |username: &str, path: &str| -> Vec<Value> {
        let of = items(&grants).iter().filter(|grant| {
            grant["subject"]["username"] == username && grant["resource"]["path"] == path
        });
        of.map(|grant| grant["path"].clone()).collect()
    };
    let direct = json!([{"via": "direct", "from": null}]);
    let inherited = json!([{"via": "inherited", "from": "acme"}]);
    let both = ways("gus.apocryphal", "acme/growth/experiments");
    assert!(both.contains(&direct) && both.contains(&inherited), "{both:?}");
    let shared = json!([{"via": "group_share", "from": "contractors"}]);
    assert_eq!(ways("kim.outsider", "acme/support"), [shared]);
    let saml = json!([{"via": "saml", "from": "acme-owners"}]);
    assert_eq!(ways("olga.figment", "acme"), [saml]);
    let entries: Vec<&Value> =
        items(&grants).iter().filter(|one| one["path"][0]["via"] == "access_entry").collect();
    assert!(entries.len() >= 6, "{entries:?}");
}

/// Every file below a folder.
fn files(folder: &Path, into: &mut Vec<Vec<u8>>) {
    for entry in fs::read_dir(folder).expect("a folder").flatten() {
        if entry.path().is_dir() {
            files(&entry.path(), into);
        } else {
            into.push(fs::read(entry.path()).expect("a file"));
        }
    }
}

fn holds(bytes: &[u8], word: &str) -> bool {
    bytes.windows(word.len()).any(|part| part == word.as_bytes())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_value_of_a_static_key_is_in_no_request_and_no_file() {
    let (sim, folder) = platform("access").await;
    let grants = printed(&["get", "grants", "-o", "json", "-vv"], &folder).await;
    let findings = printed(&["get", "findings", "-o", "json"], &folder).await;
    printed(&["access", "review", "start", "2026-q1"], &folder).await;
    let mut written = vec![grants.into_bytes(), findings.into_bytes()];
    files(folder.path(), &mut written);
    // The variable was found, so that its value could have been there.
    assert!(written.iter().any(|bytes| holds(bytes, "AWS_SECRET_ACCESS_KEY")));
    assert!(!written.iter().any(|bytes| holds(bytes, STATIC_KEY_VALUE)));
    let asked = fs::read_to_string(folder.path().join("requests.jsonl")).expect("requests");
    assert!(asked.contains("ProjectVariables") && !asked.contains("/variables"));
    assert_eq!(sim.unknown(), [""; 0]);
}

/// Everything that a core dump of a process would hold: its memory as it may be read, region by region.
fn memory_of(process: u32) -> Vec<Vec<u8>> {
    let maps = fs::read_to_string(format!("/proc/{process}/maps")).expect("its regions");
    let memory = fs::File::open(format!("/proc/{process}/mem")).expect("its memory");
    let region = |line: &str| {
        let (range, rest) = line.split_once(' ')?;
        let (from, to) = range.split_once('-')?;
        let number = |digits| u64::from_str_radix(digits, 16).ok();
        let (from, to) = (number(from)?, number(to)?);
        // What cannot be written holds the program, and nothing that it was told.
        rest.starts_with("rw").then_some(())?;
        let mut bytes = vec![0; usize::try_from(to - from).ok()?];
        memory.read_exact_at(&mut bytes, from).ok()?;
        Some(bytes)
    };
    maps.lines().filter_map(region).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_value_of_a_static_key_is_in_no_memory_of_the_console() {
    let (sim, folder) = platform("access").await;
    let place = |name: &str| folder.path().join(name).display().to_string();
    let (config, cache, state) = (place("config.toml"), place("cache"), place("state"));
    let console =
        Terminal::started(&["--config", &config, "--cache-dir", &cache, "--state-dir", &state]);
    console.press("6");
    console.within(Duration::from_mins(2), "all rights", |screen| {
        screen.contents().contains("everything was read")
    });
    let memory = memory_of(console.process());
    let holds = |word: &str| memory.iter().any(|region| holds(region, word));
    // Its name is there, and so would its value be had it been read.
    assert!(holds("AWS_SECRET_ACCESS_KEY"));
    assert!(!holds(STATIC_KEY_VALUE));
    assert_eq!(sim.unknown(), [""; 0]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_the_token_may_not_see_is_named_with_its_reason_and_is_no_empty_list() {
    let (_sim, folder) = platform("access_maintainer").await;
    let grants = got(&folder, "grants").await;
    assert_eq!(grants["complete"], false);
    assert!(!items(&grants).is_empty());
    let source = grants["sources"].as_array().expect("sources");
    let source = source.iter().find(|one| one["id"] == "access").expect("the feed");
    assert_eq!(source["health"], "partial", "{source}");
    assert!(source["error"]["message"].as_str().expect("words").contains("could not be read"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_campaign_starts_from_what_is_read() {
    let (_sim, folder) = platform("access").await;
    printed(&["access", "review", "start", "2026-q1"], &folder).await;
    let text = printed(&["access", "review", "status", "-o", "json"], &folder).await;
    let status: Value = serde_json::from_str(&text).unwrap_or_else(|_| panic!("{text}"));
    assert!(text.contains("2026-q1"), "{status}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_read_is_not_read_again_and_is_there_offline() {
    let (sim, folder) = platform("access").await;
    let first = got(&folder, "grants").await;
    let asked = sim.requests();
    let again = got(&folder, "grants").await;
    assert_eq!(items(&first).len(), items(&again).len());
    let more = sim.requests() - asked;
    assert!(more < 40, "{more} requests for what was read already");
    let text = printed(&["get", "grants", "-o", "json", "--offline"], &folder).await;
    let offline: Value = serde_json::from_str(&text).expect("a document");
    assert_eq!(items(&offline).len(), items(&first).len());
    assert!(items(&offline).iter().all(|item| item["stale"] == true));
}
