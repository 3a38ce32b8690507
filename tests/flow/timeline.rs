//! The timeline: what became different is told, survives the console, and is handed over.

use std::fs;

use serde_json::Value;
use watchfloor::cli::{self, Surroundings};
use watchfloor::sim::{self, Options};

use crate::harness::Console;

/// The console on the incident, once its cause was found.
async fn incident() -> Console {
    let options = Options { speed: 30.0, ..Options::from("incident") };
    let mut console = Console::on(sim::start(options).await.expect("a platform"), 160, 48);
    let is_full = |console: &mut Console| {
        let first = console.app().state.findings().front();
        first.is_some_and(|finding| finding.id.code == "capacity.at_max")
    };
    console.press("1").until("the cause", is_full).await;
    console
}

/// How a command ends, and what it prints.
fn ran(words: &[&str], console: &Console) -> (u8, String) {
    let state = console.folder().join("state").display().to_string();
    let cache = console.folder().join("cache").display().to_string();
    let config = console.folder().join("config.toml").display().to_string();
    let places = ["--config", &config, "--cache-dir", &cache, "--state-dir", &state];
    let line = [["watchfloor"].as_slice(), words, &places].concat();
    let line: Vec<std::ffi::OsString> = line.into_iter().map(Into::into).collect();
    let (mut out, mut err) = (Vec::new(), Vec::new());
    let environment = [].into();
    let exit = cli::run(line, Surroundings { out: &mut out, err: &mut err, environment });
    (exit.code(), String::from_utf8(out).expect("text"))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_story_of_an_incident_is_told_and_survives_the_console() {
    let mut console = incident().await;
    super::now::raise(&mut console).await;
    console.press("esc esc esc 1");
    let is_over = |console: &mut Console| {
        let mut found = console.app().state.findings().iter();
        !found.any(|finding| finding.id.code == "capacity.at_max" && finding.is_found())
    };
    console.until("the cause to be gone", is_over).await;
    console.press("g h").sees("timeline  everything").await;
    console.sees("nodegroup.scale of").await;
    console.press("esc");
    // Another run tells the same story, and tells nothing of it twice.
    let mut console = console.again().await;
    let is_read = |console: &mut Console| !console.app().state.nodegroups().is_empty();
    console.press("3").until("the node groups to be read again", is_read).await;
    console.press("g h").sees("timeline  everything").await;
    console.press("esc");
    let (code, told) = ran(&["timeline", "node group"], &console);
    assert_eq!(code, 0);
    for words in ["ci-standard", "ACTIVE", "act         nodegroup.scale of"] {
        assert!(told.contains(words), "{words} in {told}");
    }
    let is_first =
        |line: &&str| line.contains("node group ci/ci-standard:") && !line.contains("->");
    assert_eq!(told.lines().filter(is_first).count(), 1, "seen for the first time once: {told}");
    console.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_row_has_a_story_of_its_own() {
    let mut console = incident().await;
    console.press("home T").sees("timeline  node group ci-standard").await;
    console.sees("node group").await;
    console.sees_no("source      ").await;
    console.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_hand_over_is_written_for_people_and_for_programs() {
    let mut console = incident().await;
    console.press(":").type_in("handover 6h").press("enter").sees("wrote ").await;
    let folder = fs::read_dir(console.folder().join("state")).expect("a folder");
    let names = folder.map(|one| one.expect("a file").path());
    let mut files: Vec<_> = names
        .filter(|path| {
            path.file_name().is_some_and(|name| name.to_string_lossy().starts_with("handover-"))
        })
        .collect();
    files.sort();
    assert_eq!(files.len(), 2, "{files:?}");
    let json: Value =
        serde_json::from_str(&fs::read_to_string(&files[0]).expect("a file")).expect("JSON");
    assert_eq!(json["schema"], "watchfloor/handover/v1");
    assert_eq!(json["findings"][0]["code"], "capacity.at_max");
    let text = fs::read_to_string(&files[1]).expect("a file");
    let token = console.sim().token().to_owned();
    for words in ["# Hand-over, ", "node group ci-standard is at its maximum", "## Left out"] {
        assert!(text.contains(words), "{words} in {text}");
    }
    assert!(!text.contains(&token));
    console.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn where_no_console_ever_watched_the_past_is_unknown_and_not_calm() {
    let console = Console::start("calm").await;
    let folder = console.folder().join("nothing").display().to_string();
    let line = ["watchfloor", "timeline", "--state-dir", &folder];
    let line: Vec<std::ffi::OsString> = line.into_iter().map(Into::into).collect();
    let (mut out, mut err) = (Vec::new(), Vec::new());
    let environment = [].into();
    let exit = cli::run(line, Surroundings { out: &mut out, err: &mut err, environment });
    let err = String::from_utf8(err).expect("text");
    assert_eq!((exit.code(), out.len()), (3, 0));
    assert!(err.contains("no console has watched yet"), "{err}");
    console.finish().await;
}
