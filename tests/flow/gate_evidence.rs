//! What lets a change through a spent budget: proven over the simulated GitLab, and refused where it is not.

use std::fs;

use serde_json::Value;
use tempfile::TempDir;
use watchfloor::sim::{Fault, GraphQl, Sim};

use super::gate::{codes, platform, policy, ran, verdict};

/// The commit that ran in production.
const RAN: &str = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";
/// The project of checkout, as a policy has it.
const PROJECT: &str = "[service.checkout]\nproject = \"acme/web/checkout\"\n[evidence]\nsecurity = \"change::security\"\n\
                       reliability = \"change::reliability\"\n";

struct Stage {
    sim: Sim,
    folder: TempDir,
    policy: String,
}

impl Stage {
    async fn new() -> Stage {
        let (sim, folder) = platform("evidence").await;
        let policy = policy(&folder, PROJECT);
        Stage { sim, folder, policy }
    }

    /// What a change to production of this class and commit is told.
    async fn told(&self, class: &str, sha: Option<&str>) -> (u8, Value) {
        let mut words = vec!["--service", "checkout", "--environment", "production"];
        words.extend(["--policy", &self.policy, "--change-class", class]);
        words.extend(sha.into_iter().flat_map(|sha| ["--sha", sha]));
        let told = verdict(&words, &self.folder).await;
        assert_eq!(self.sim.unknown(), Vec::<String>::new());
        told
    }

    async fn passes(&self, class: &str, sha: &str, code: &str) {
        let (exit, document) = self.told(class, Some(sha)).await;
        assert_eq!((exit, codes(&document)), (0, vec![code]), "{document:#}");
        assert_eq!(document["change"]["counted_as"].as_str(), Some(class));
    }

    async fn is_refused(&self, class: &str, sha: Option<&str>, because: (&str, &str)) {
        let (exit, document) = self.told(class, sha).await;
        assert_eq!((exit, codes(&document)), (20, vec!["instability", because.0]), "{document:#}");
        let text = document["reasons"][1]["text"].as_str().expect("a text");
        assert!(text.contains(because.1), "{text}");
        assert_eq!(document["change"]["counted_as"].as_str(), Some("feature"));
    }
}

/// A commit whose forty digits are the same.
fn sha(digit: &str) -> String {
    digit.repeat(40)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_rollback_passes_to_what_ran_there_and_to_nothing_else() {
    let stage = Stage::new().await;
    stage.passes("rollback", RAN, "rollback").await;
    let unproven = |text| ("rollback_unproven", text);
    stage.is_refused("rollback", None, unproven("with --sha")).await;
    stage.is_refused("rollback", Some(&sha("b")), unproven("was never deployed")).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_rollback_needs_no_prometheus() {
    let stage = Stage::new().await;
    let dead =
        Fault { server: watchfloor::sim::Server::Prometheus, close: true, ..Fault::default() };
    stage.sim.world().fault(dead);
    stage.passes("rollback", RAN, "rollback").await;
    assert_eq!(stage.told("feature", None).await.0, 30);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_rollback_that_gitlab_does_not_tell_of_is_a_feature() {
    let stage = Stage::new().await;
    let path = Some("/api/v4/projects/*/deployments".to_owned());
    stage.sim.world().fault(Fault { path, status: Some(403), ..Fault::default() });
    stage.is_refused("rollback", Some(RAN), ("rollback_unproven", "cannot be told")).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn somebody_else_vouches_by_a_label() {
    let stage = Stage::new().await;
    stage.passes("security", &sha("1"), "vouched").await;
    stage.passes("reliability", &sha("7"), "vouched").await;
    let (_, document) = stage.told("security", Some(&sha("1"))).await;
    let text = document["reasons"][0]["text"].as_str().expect("a text");
    assert!(text.starts_with("chiara.fiction vouches for a security change"), "{text}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_label_of_an_author_of_a_committer_or_of_a_bot_is_evidence() {
    let stage = Stage::new().await;
    for (digit, text) in [
        ("2", "by its author"),
        ("3", "by the author of one of its commits"),
        ("4", "by a bot"),
        ("5", "of whom GitLab does not know all"),
        ("6", "does not carry the label"),
        ("7", "does not carry the label change::security"),
    ] {
        stage.is_refused("security", Some(&sha(digit)), ("evidence_missing", text)).await;
    }
    stage.is_refused("security", None, ("evidence_missing", "is not named")).await;
    stage.is_refused("security", Some(RAN), ("evidence_missing", "no merge request")).await;
    stage.is_refused("security", Some(&sha("9")), ("evidence_missing", "cannot be read")).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_graphql_nobody_can_be_told_from_the_authors() {
    let stage = Stage::new().await;
    stage.sim.world().graph_ql(GraphQl::Off);
    stage.is_refused("security", Some(&sha("1")), ("evidence_missing", "cannot be read")).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_emergency_without_an_exception_is_a_feature() {
    let stage = Stage::new().await;
    let because = ("emergency_without_exception", "none is in force");
    stage.is_refused("emergency", Some(RAN), because).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_policy_that_names_no_project_proves_nothing() {
    let stage = Stage::new().await;
    fs::write(&stage.policy, "schema = \"watchfloor/gate-policy/v1\"\n").expect("written");
    let because = ("rollback_unproven", "names no project under [service.checkout]");
    stage.is_refused("rollback", Some(RAN), because).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_beginning_of_a_commit_is_no_commit() {
    let stage = Stage::new().await;
    let words = ["--service", "checkout", "--environment", "production", "--sha", "aaaaaaaa"];
    let (exit, out, err) = ran(&words, &stage.folder).await;
    assert_eq!((exit.code(), out.as_str()), (2, ""));
    assert!(err.contains("whole hash"), "{err}");
}
