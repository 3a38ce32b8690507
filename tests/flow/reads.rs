//! A console that is not armed sends nothing but questions, whatever is looked at.

use std::fs;

use serde_json::Value;
use watchfloor::sim::{self, Options};

use crate::harness::Console;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_whole_run_of_the_console_sends_questions_alone() {
    let folder = tempfile::tempdir().expect("a folder");
    let log = folder.path().join("requests.jsonl");
    let options = Options { requests_log: Some(log.clone()), ..Options::from("calm") };
    let sim = sim::start(options).await.expect("the simulator starts");
    let mut console = Console::on(sim, 160, 48);
    for (pane, words) in [("2", "acme"), ("3", "standard"), ("0", "gitlab"), ("2", "acme")] {
        console.press(pane).sees(words).await;
    }
    console.press("enter");
    console.press("esc");
    let lines = fs::read_to_string(&log).expect("the log of requests");
    // The last line may just be written: what has no end yet is not read.
    let whole = lines.split_inclusive('\n').filter(|line| line.ends_with('\n'));
    let asked: Vec<Value> =
        whole.map(|line| serde_json::from_str(line).expect("a line of JSON")).collect();
    assert!(asked.len() > 10, "{} requests", asked.len());
    for one in &asked {
        let word = |name: &str| one.get(name).and_then(Value::as_str).unwrap_or_default();
        let (method, path, server) = (word("method"), word("path"), word("server"));
        let reads = match server {
            _ if matches!(method, "GET" | "HEAD") => true,
            "gitlab" => method == "POST" && path == "/api/graphql",
            "aws" => method == "POST" && path == "/",
            _ => false,
        };
        assert!(reads, "{one}");
    }
}
