//! Decisions of an access review outlive whatever kills the program.

use std::fs;
use std::io::{BufRead, BufReader};
use std::os::unix::process::CommandExt;
use std::process::{Command, Stdio};

use serde_json::json;
use watchfloor::audit::ReviewLog;
use watchfloor::domain::Timestamp;
use watchfloor::runtime::review::Reviews;

const PROGRAM: &str = env!("CARGO_BIN_EXE_watchfloor");
/// How many people there are to decide about.
const PEOPLE: usize = 200;
/// After how many recorded decisions the program is killed.
const ENOUGH: usize = 12;

fn population() -> String {
    let id = |number: usize| format!("user:{number:03}");
    let principal = |number| json!({"id": id(number), "kind": "person", "username": format!("p{number}"), "name": "x"});
    let grant = |number| {
        json!({
            "id": format!("g{number:03}"), "subject": id(number),
            "resource": {"kind": "project", "path": "acme/shop"},
            "right": {"name": "Guest", "level": 10}, "path": [{"via": "direct", "from": null}],
        })
    };
    let principals: Vec<_> = (0..PEOPLE).map(principal).collect();
    let grants: Vec<_> = (0..PEOPLE).map(grant).collect();
    let taken_at: Timestamp = "2026-03-15T12:00:00Z".parse().expect("an instant");
    json!({"taken_at": taken_at, "principals": principals, "grants": grants}).to_string()
}

#[test]
fn what_was_recorded_before_a_kill_is_there_after_it() {
    let home = tempfile::tempdir().expect("a folder");
    let place = |name: &str| home.path().join(name);
    fs::write(place("population.json"), population()).expect("a file");
    let review = format!("{PROGRAM} access review --state-dir state");
    let start = format!("{review} start q1 --population population.json --as mina >/dev/null");
    let decide = format!("{review} decide --as mina --keep --reason r --item g$(printf %03d $n)");
    let script = format!("{start} && n=0; while {decide}; do n=$((n+1)); done");
    let mut shell = Command::new("sh")
        .args(["-c", &script])
        .current_dir(home.path())
        .env_clear()
        .envs([("HOME", home.path()), ("PATH", "/usr/bin:/bin".as_ref())])
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .process_group(0)
        .spawn()
        .expect("a shell");
    let out = BufReader::new(shell.stdout.take().expect("its output"));
    let told = out.lines().map_while(Result::ok).filter(|line| line.starts_with("recorded: keep"));
    assert_eq!(told.take(ENOUGH).count(), ENOUGH, "the program decided less");
    // The whole group, in the middle of whatever it does.
    let group = format!("-{}", shell.id());
    let killed = Command::new("kill").args(["-KILL", "--", &group]).status().expect("kill");
    assert!(killed.success());
    shell.wait().expect("its end");

    let path = place("state/review.db");
    let opened = Reviews::read_at(&path).expect("the file").open(None).expect("the campaign");
    assert!(opened.campaign.progress().keep >= ENOUGH as u64, "{:?}", opened.campaign.progress());
    let log = ReviewLog::open_at(&path).expect("the file");
    assert_eq!((log.broken().expect("readable"), log.flaws().expect("readable").len()), (None, 0));
}
