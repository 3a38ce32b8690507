//! The gate on the command line, over the simulated platform: what it asks, what it says, how it ends.

use std::ffi::OsString;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use serde_json::Value;
use tempfile::TempDir;
use watchfloor::cli::{self, Exit, Surroundings};
use watchfloor::gate::Decision;
use watchfloor::sim::{self, Sim};

use crate::harness;

async fn platform() -> (Sim, TempDir) {
    let sim = sim::start("calm".into()).await.expect("the simulator starts");
    let folder = tempfile::tempdir().expect("a folder");
    harness::config_file(&sim, &folder);
    (sim, folder)
}

/// What a command line printed and how it ended.
async fn ran(words: &[&str], folder: &TempDir) -> (Exit, String, String) {
    let dir = folder.path().display().to_string();
    let config = folder.path().join("config.toml").display().to_string();
    let places = ["--config", &config, "--cache-dir", &dir, "--state-dir", &dir];
    let line = [["watchfloor", "gate"].as_slice(), words, &places].concat();
    let line: Vec<OsString> = line.into_iter().map(OsString::from).collect();
    let run = move || {
        let (mut out, mut err) = (Vec::new(), Vec::new());
        let environment = [].into();
        let exit = cli::run(line, Surroundings { out: &mut out, err: &mut err, environment });
        let text = |bytes| String::from_utf8(bytes).expect("text");
        (exit, text(out), text(err))
    };
    tokio::task::spawn_blocking(run).await.expect("it ends")
}

fn policy(folder: &TempDir, text: &str) -> String {
    let path = folder.path().join("gate.toml");
    fs::write(&path, format!("schema = \"watchfloor/gate-policy/v1\"\n{text}")).expect("written");
    fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).expect("rights");
    path.display().to_string()
}

const CHECKOUT: [&str; 4] = ["--service", "checkout", "--environment", "production"];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_a_prometheus_a_protected_environment_is_closed_and_a_review_open() {
    let (_sim, folder) = platform().await;
    let config = folder.path().join("config.toml");
    let text = fs::read_to_string(&config).expect("a config");
    let mut table: toml::Table = text.parse().expect("TOML");
    table.remove("prometheus");
    fs::write(&config, table.to_string()).expect("written");
    let (exit, out, _) = ran(&[CHECKOUT.as_slice(), &["-o", "json"]].concat(), &folder).await;
    assert_eq!(exit, Exit::Verdict(Decision::Unknown), "{out}");
    let document: Value = serde_json::from_str(&out).expect("a document");
    assert_eq!(document["reasons"][0]["code"], "unreachable");
    assert_eq!((exit.code(), &document["exit_code"]), (30, &Value::from(30)));
    let review = ["--service", "checkout", "--environment", "review/7"];
    assert_eq!(ran(&review, &folder).await.0, Exit::Verdict(Decision::Allow));
    let (exit, out, _) = ran(&[CHECKOUT.as_slice(), &["--dry-run"]].concat(), &folder).await;
    assert_eq!(exit, Exit::Done);
    assert!(out.starts_with("unknown: ") && out.contains("would end with 30"), "{out}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_policy_with_a_fault_decides_nothing() {
    let (_sim, folder) = platform().await;
    let path = policy(&folder, "warn_bellow = 0.2\n");
    let (exit, out, err) =
        ran(&[CHECKOUT.as_slice(), &["--policy", &path]].concat(), &folder).await;
    assert_eq!((exit, out.as_str()), (Exit::Usage, ""));
    assert!(err.contains("gate.toml:2:1") && err.contains("`warn_below`"), "{err}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_policy_that_is_printed_is_read_back() {
    let (_sim, folder) = platform().await;
    let (exit, built_in, _) = ran(&["--show-policy"], &folder).await;
    assert_eq!(exit, Exit::Done);
    let path = folder.path().join("own.toml");
    fs::write(&path, &built_in).expect("written");
    fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).expect("rights");
    let path = path.display().to_string();
    assert_eq!(ran(&["--show-policy", "--policy", &path], &folder).await.1, built_in);
}
