//! Whole command lines of `access review`, over a population in a file.

use std::ffi::OsString;
use std::fs;
use std::path::Path;

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::cli::{self, Exit, Surroundings};

struct Outcome {
    out: String,
    err: String,
    exit: Exit,
}

/// A home with a population: Asha and Lena by hand, a group without a second factor, and something unreadable.
fn home() -> TempDir {
    let home = tempfile::tempdir().unwrap();
    let person = |name: &str| {
        json!({
            "id": format!("user:{name}"), "kind": "person", "username": name, "name": name,
            "state": {"is": "active"}, "external": {"is": false}, "admin": {"is": false},
            "activity": {"is": {"at": "2026-03-10T00:00:00Z", "precision": "day"}},
        })
    };
    let grant = |name: &str, level: u8| {
        json!({
            "id": format!("g:{name}"), "subject": format!("user:{name}"),
            "resource": {"kind": "project", "path": "acme/shop"},
            "right": {"name": "level", "level": level},
            "path": [{"via": "direct", "from": null}], "granted_by": "root",
        })
    };
    let population = json!({
        "taken_at": "2026-03-15T11:00:00Z",
        "principals": [person("asha"), person("lena"), person("=wei")],
        "grants": [grant("asha", 30), grant("lena", 30), grant("=wei", 10)],
        "groups": [{"path": "acme", "two_factor": {"is": false}, "variables": {"is": []}}],
        "gaps": [{"part": "personal_tokens", "at": "*", "lack": "plan", "because": "Ultimate has them"},
                 {"part": "members", "at": "acme", "lack": "forbidden", "because": "403"}],
    });
    fs::write(home.path().join("population.json"), population.to_string()).unwrap();
    home
}

fn ran(home: &Path, state: &str, words: &[&str]) -> Outcome {
    let text = home.display().to_string();
    let environment = ["HOME", "XDG_CONFIG_HOME"].map(|name| (name.to_owned(), text.clone()));
    let (mut out, mut err) = (Vec::new(), Vec::new());
    let around = Surroundings { out: &mut out, err: &mut err, environment: environment.into() };
    let state = home.join(state).display().to_string();
    let line = ["watchfloor", "access", "review"].iter().chain(words).map(OsString::from);
    let rest = ["--state-dir", &state, "--now", "2026-03-15T12:00:00Z"].map(OsString::from);
    let exit = cli::run(line.chain(rest), around);
    let text = |bytes| String::from_utf8(bytes).unwrap();
    Outcome { out: text(out), err: text(err), exit }
}

fn start(home: &Path, state: &str) {
    let file = home.join("population.json").display().to_string();
    let words = ["start", "q1", "--population", &file, "--as", "mina"];
    let outcome = ran(home, state, &words);
    assert_eq!(outcome.exit, Exit::Done, "{}", outcome.err);
}

fn decide(home: &Path, state: &str, words: &[&str]) -> Outcome {
    ran(home, state, &[&["decide", "--as", "mina"], words].concat())
}

fn status(home: &Path, state: &str) -> Value {
    let outcome = ran(home, state, &["status", "-o", "json"]);
    serde_json::from_str(&outcome.out).unwrap_or_else(|_| panic!("{}", outcome.err))
}

#[test]
fn a_campaign_is_started_decided_signed_exported_and_verified() {
    let home = home();
    let at = home.path();
    start(at, "a");
    let kept = decide(at, "a", &["--item", "g:=wei", "--keep"]);
    assert_eq!((kept.exit, kept.out.as_str()), (Exit::Done, "recorded: keep, 1 item; 3 open\n"));
    let words =
        ["--finding", "A02", "--revoke", "--reason", "left the team", "--arm", "--confirm", "2"];
    let revoked = decide(at, "a", &words);
    assert_eq!(revoked.exit, Exit::Done, "{}", revoked.err);
    let escalated =
        decide(at, "a", &["--finding", "A23", "--escalate", "--reason", "who may change it?"]);
    assert_eq!(escalated.exit, Exit::Done, "{}", escalated.err);
    let found = status(at, "a");
    let told =
        ["items", "open", "keep", "revoke", "escalate"].map(|name| found["progress"][name].clone());
    assert_eq!(told.to_vec(), [4, 0, 1, 2, 1]);
    let signed = ran(at, "a", &["sign", "--role", "lead", "--text", "looked at", "--as", "mina"]);
    assert_eq!(signed.exit, Exit::Done, "{}", signed.err);
    let late = decide(at, "a", &["--item", "g:=wei", "--keep"]);
    assert_eq!(late.exit, Exit::Findings);
    let folder = at.join("export").display().to_string();
    let exported = ran(at, "a", &["export", &folder]);
    assert_eq!(exported.exit, Exit::Done, "{}", exported.err);
    let verified = ran(at, "a", &["verify", &folder]);
    assert_eq!(verified.exit, Exit::Done, "{}", verified.out);
    let items = fs::read_to_string(at.join("export/items.csv")).unwrap();
    assert!(items.contains(",'=wei,"), "{items}");
    fs::write(at.join("export/items.csv"), items.replace("revoke", "keep")).unwrap();
    let forged = ran(at, "a", &["verify", &folder]);
    assert_eq!(forged.exit, Exit::Findings);
    assert!(forged.out.contains("items.csv was changed"), "{}", forged.out);
    assert_eq!(ran(at, "a", &["verify"]).exit, Exit::Done);
}

#[test]
fn revoking_needs_a_reason_arming_and_the_number() {
    let home = home();
    let at = home.path();
    start(at, "a");
    let outcome = decide(at, "a", &["--finding", "A02", "--revoke"]);
    assert_eq!(outcome.exit, Exit::Findings);
    let told = "to revoke 2 items, --reason TEXT and --confirm 2 and --arm is missing";
    assert!(outcome.err.contains(told), "{}", outcome.err);
    assert_eq!(status(at, "a")["progress"]["open"], 4);
}

#[test]
fn ones_own_items_are_left_to_others() {
    let home = home();
    let at = home.path();
    start(at, "a");
    let own = ["decide", "--as", "asha", "--item", "g:asha", "--keep", "--reason", "r"];
    let own = ran(at, "a", &own);
    assert_eq!(own.exit, Exit::Findings);
    assert!(own.err.contains("nobody certifies their own access"), "{}", own.err);
    let all =
        ran(at, "a", &["decide", "--as", "asha", "--finding", "A02", "--keep", "--reason", "r"]);
    assert_eq!(all.exit, Exit::Done, "{}", all.err);
    assert!(all.err.contains("1 more are about yourself"), "{}", all.err);
}

#[test]
fn two_reviewers_exports_merge_in_either_order_and_twice() {
    let home = home();
    let at = home.path();
    start(at, "a");
    let folder = |name: &str| at.join(name).display().to_string();
    assert_eq!(ran(at, "a", &["export", &folder("of-a")]).exit, Exit::Done);
    for state in ["b", "c"] {
        let adopted = ran(at, state, &["merge", &folder("of-a"), "--as", "root"]);
        assert_eq!(adopted.exit, Exit::Done, "{}", adopted.err);
    }
    decide(at, "a", &["--item", "g:asha", "--keep", "--reason", "on call"]);
    let revoke = [
        "decide",
        "--as",
        "lena",
        "--item",
        "g:asha",
        "--revoke",
        "--reason",
        "not any more",
        "--arm",
    ];
    assert_eq!(ran(at, "b", &revoke).exit, Exit::Done);
    assert_eq!(ran(at, "a", &["export", &folder("a2")]).exit, Exit::Done);
    assert_eq!(ran(at, "b", &["export", &folder("b2")]).exit, Exit::Done);
    let merge = |into: &str, from: &str| ran(at, into, &["merge", &folder(from), "--as", "root"]);
    assert!(merge("a", "b2").out.starts_with("1 decisions"));
    assert!(merge("b", "a2").out.starts_with("1 decisions"));
    assert!(merge("a", "b2").out.starts_with("0 decisions"));
    for from in ["b2", "a2"] {
        assert!(merge("c", from).out.starts_with("1 decisions"));
    }
    for state in ["a", "b", "c"] {
        let progress = status(at, state)["progress"].clone();
        assert_eq!(json!([progress["revoke"], progress["disputed"]]), json!([1, 1]), "{state}");
    }
}

#[test]
fn without_a_campaign_or_a_population_it_says_what_to_do() {
    let home = home();
    let at = home.path();
    let none = ran(at, "a", &["status"]);
    assert_eq!(none.exit, Exit::Usage);
    assert!(none.err.contains("`watchfloor access review start`"), "{}", none.err);
    let start = ran(at, "a", &["start", "q1", "--as", "mina"]);
    assert_eq!(start.exit, Exit::Usage);
    assert!(!at.join("a/review.db").exists());
}

#[test]
fn where_nobody_tells_who_decides_nothing_is_decided() {
    let home = home();
    let at = home.path();
    start(at, "a");
    let outcome = ran(at, "a", &["decide", "--item", "g:=wei", "--keep"]);
    assert_eq!(outcome.exit, Exit::Usage);
    assert!(outcome.err.contains("nobody tells who decides"), "{}", outcome.err);
}

#[test]
fn what_could_not_be_read_stands_in_the_status() {
    let home = home();
    let at = home.path();
    start(at, "a");
    let told = ran(at, "a", &["status"]).out;
    assert!(told.contains("unreadable  2 parts"), "{told}");
    assert!(told.contains("personal_tokens of *: Ultimate has them (plan)"), "{told}");
    assert!(!told.to_lowercase().contains("compliant"));
}

/// Changes the file of reviews behind the program's back, and puts its guards back as they were.
fn forged(home: &Path, state: &str, table: &str, change: &str) {
    let file = rusqlite::Connection::open(home.join(state).join("review.db")).unwrap();
    let trigger = format!("{table}_stay");
    let told = format!("SELECT sql FROM sqlite_master WHERE name = '{trigger}'");
    let made: String = file.query_row(&told, [], |row| row.get(0)).unwrap();
    file.execute_batch(&format!("DROP TRIGGER {trigger}; {change}; {made};")).unwrap();
}

#[test]
fn a_link_that_was_moved_to_another_campaign_is_told_and_stops_everything() {
    let home = home();
    let at = home.path();
    start(at, "a");
    assert_eq!(decide(at, "a", &["--item", "g:=wei", "--keep"]).exit, Exit::Done);
    forged(at, "a", "entries", "UPDATE entries SET campaign = 'zz' WHERE seq = 2");
    let verified = ran(at, "a", &["verify"]);
    let told = "fail  link 2: it is kept under another campaign than it names\n";
    assert_eq!((verified.exit, verified.out.as_str()), (Exit::Findings, told));
    let status = ran(at, "a", &["status"]);
    assert_eq!((status.exit, status.out.as_str()), (Exit::Findings, ""), "{}", status.err);
}

#[test]
fn a_file_that_says_something_else_than_was_written_takes_nothing_more() {
    let home = home();
    let at = home.path();
    start(at, "a");
    assert_eq!(decide(at, "a", &["--item", "g:=wei", "--keep"]).exit, Exit::Done);
    forged(
        at,
        "a",
        "entries",
        "UPDATE entries SET body = replace(body, 'keep', 'revoke') WHERE seq = 2",
    );
    let again = decide(at, "a", &["--item", "g:asha", "--keep", "--reason", "on call"]);
    assert_eq!(again.exit, Exit::Findings);
    assert!(again.err.contains("link 2: its content is not what was written"), "{}", again.err);
}

#[test]
fn a_frozen_population_that_was_changed_is_found_by_the_check() {
    let home = home();
    let at = home.path();
    start(at, "a");
    forged(at, "a", "frozen", "UPDATE frozen SET content = x'00'");
    let verified = ran(at, "a", &["verify"]);
    assert_eq!(verified.exit, Exit::Findings);
    assert!(verified.out.contains("is not what was frozen"), "{}", verified.out);
}

#[test]
fn an_address_that_names_nothing_and_an_end_that_is_past_are_refused() {
    let home = home();
    let file = home.path().join("population.json").display().to_string();
    for (id, due) in [("", None), ("a/../b", None), ("=cmd", None), ("q1", Some("2020-01-01"))] {
        let mut words = vec!["start", id, "--population", &file, "--as", "mina"];
        words.extend(due.map(|due| ["--due", due]).into_iter().flatten());
        let refused = ran(home.path(), "a", &words);
        assert_eq!(refused.exit, Exit::Usage, "{id} {due:?}: {}", refused.out);
    }
}
