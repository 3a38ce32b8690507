//! Whole command lines: what they print and how they end.

use super::*;

/// What a command printed, what it said beside, and how it ended.
struct Outcome {
    out: String,
    err: String,
    exit: Exit,
}

fn ran(words: &[&str], environment: &[(&str, &str)]) -> Outcome {
    let (mut out, mut err) = (Vec::new(), Vec::new());
    let environment =
        environment.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    let around = Surroundings { out: &mut out, err: &mut err, environment };
    let line = std::iter::once("watchfloor").chain(words.iter().copied()).map(OsString::from);
    let exit = run(line, around);
    let text = |bytes| String::from_utf8(bytes).unwrap();
    Outcome { out: text(out), err: text(err), exit }
}

/// A config file that names a port where nobody listens.
fn config(folder: &tempfile::TempDir, url: &str) -> String {
    let path = folder.path().join("config.toml");
    let token = folder.path().join("token");
    crate::config::write_private(&token, b"glpat-secret-0123456789").unwrap();
    let text = format!(
        "[gitlab]\nurl = \"{url}\"\ntoken = {{ file = \"token\" }}\ngroups = [\"acme\"]\n\
         [[tier]]\nname = \"standard\"\nrunner_tags = [\"eks-standard\"]\n"
    );
    crate::config::write_private(&path, text.as_bytes()).unwrap();
    path.display().to_string()
}

fn in_folder(words: &[&str], url: &str) -> Outcome {
    let folder = tempfile::tempdir().unwrap();
    let config = config(&folder, url);
    let dir = folder.path().display().to_string();
    let places = ["--config", &config, "--cache-dir", &dir, "--state-dir", &dir];
    ran(&[words, &places].concat(), &[])
}

/// Nobody listens on the port that means "none".
const NOBODY: &str = "http://127.0.0.1:1";

#[test]
fn an_unknown_command_is_a_usage_error() {
    let outcome = ran(&["frobnicate"], &[]);
    assert_eq!((outcome.exit, outcome.out.as_str()), (Exit::Usage, ""));
    assert!(outcome.err.starts_with("error: "), "{}", outcome.err);
}

#[test]
fn help_and_version_are_no_errors() {
    for word in ["--help", "--version", "help"] {
        let outcome = ran(&[word], &[]);
        assert_eq!((outcome.exit, outcome.err.as_str()), (Exit::Done, ""), "{word}");
        assert!(!outcome.out.is_empty());
    }
}

#[test]
fn a_named_config_that_is_not_there_is_told() {
    let words: [&[&str]; 2] = [&[], &["get", "jobs"]];
    for words in words {
        let outcome = ran(words, &[("WATCHFLOOR_CONFIG", "/nowhere/none.toml")]);
        assert_eq!(outcome.exit, Exit::Usage);
        assert!(outcome.err.contains("--> /nowhere/none.toml\n  hint: "), "{}", outcome.err);
    }
}

#[test]
fn a_faulty_config_tells_every_fault() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("c.toml");
    crate::config::write_private(&path, b"writs = 1\narm_minutes = 99\n").unwrap();
    let outcome = ran(&["get", "jobs", "--config", &path.display().to_string()], &[]);
    assert_eq!(outcome.exit, Exit::Usage);
    assert!(
        outcome.err.contains("writs") && outcome.err.contains("arm_minutes"),
        "{}",
        outcome.err
    );
}

#[test]
fn nobody_there_is_told_apart_and_the_envelope_still_comes() {
    let outcome = in_folder(&["get", "jobs", "-o", "json"], NOBODY);
    assert_eq!(outcome.exit, Exit::Unreachable);
    let printed: serde_json::Value = serde_json::from_str(&outcome.out).unwrap();
    assert_eq!(
        serde_json::json!([
            printed["complete"],
            printed["items"],
            printed["sources"][0]["error"]["kind"]
        ]),
        serde_json::json!([false, [], "connect"])
    );
    assert!(outcome.err.contains("\n  hint: "), "{}", outcome.err);
    assert!(!format!("{}{}", outcome.out, outcome.err).contains("glpat-secret"));
}

#[test]
fn an_empty_cache_knows_nothing_which_is_not_the_same_as_none() {
    for kind in ["jobs", "tiers", "sources"] {
        let outcome = in_folder(&["get", kind, "--offline", "-o", "json"], NOBODY);
        let printed: serde_json::Value = serde_json::from_str(&outcome.out).unwrap();
        assert_eq!((outcome.exit, &printed["complete"]), (Exit::Unreachable, &false.into()));
        let told = format!("error: the cache knows nothing of {kind} yet\n  hint: ");
        assert!(outcome.err.starts_with(&told), "{}", outcome.err);
    }
    let outcome = in_folder(&["show", "pipelines", "--offline"], NOBODY);
    assert_eq!(outcome.exit, Exit::Unreachable);
    assert!(outcome.err.contains("the cache knows nothing of pipelines yet"), "{}", outcome.err);
}

#[test]
fn a_look_leaves_no_cache_behind() {
    for words in [["get", "jobs"].as_slice(), &["get", "jobs", "--offline"]] {
        let folder = tempfile::tempdir().unwrap();
        let config = config(&folder, NOBODY);
        let dir = folder.path().display().to_string();
        ran(
            &[words, &["--config", &config, "--cache-dir", &dir, "--state-dir", &dir]].concat(),
            &[],
        );
        assert!(!folder.path().join("cache.db").exists(), "{words:?}");
    }
}

#[test]
fn help_says_that_a_look_fills_no_cache() {
    let help = ran(&["get", "--help"], &[]).out;
    assert!(help.contains("nothing is written") && help.contains("unknown is not empty"), "{help}");
}

#[test]
fn a_secret_that_cannot_be_read_is_a_fault_of_the_configuration() {
    let folder = tempfile::tempdir().unwrap();
    let secrets = [
        (
            "{ env = \"NOT_SET_ANYWHERE\" }",
            "the variable NOT_SET_ANYWHERE holds no secret",
            "export NOT_SET_ANYWHERE",
        ),
        ("{ command = [\"false\"] }", "the secret's command false failed", "run it by hand"),
        ("{ file = \"nowhere\" }", "cannot be read", "check the path"),
    ];
    for (token, message, hint) in secrets {
        let text = format!("[gitlab]\nurl = \"{NOBODY}\"\ntoken = {token}\ngroups = [\"acme\"]\n");
        let path = folder.path().join("c.toml");
        crate::config::write_private(&path, text.as_bytes()).unwrap();
        let (path, dir) = (path.display().to_string(), folder.path().display().to_string());
        let places = ["--config", &path, "--cache-dir", &dir, "--state-dir", &dir];
        for words in [["get", "jobs"], ["show", "pipelines"]] {
            let outcome = ran(&[words.as_slice(), &places].concat(), &[]);
            assert_eq!((outcome.exit, outcome.out.as_str()), (Exit::Usage, ""), "{token}");
            assert!(outcome.err.contains(message) && outcome.err.contains(hint), "{}", outcome.err);
            assert_eq!(outcome.err.lines().count(), 2, "{}", outcome.err);
        }
        let outcome = ran(&[["check"].as_slice(), &places].concat(), &[]);
        assert_eq!(outcome.exit, Exit::Usage, "{}", outcome.out);
        let failures = outcome.out.lines().filter(|line| line.starts_with("fail")).count();
        assert_eq!(failures, 1, "{}", outcome.out);
        assert!(
            outcome.out.contains("skip  gitlab: skipped because gitlab.token cannot be read"),
            "{}",
            outcome.out
        );
    }
}

/// The exit code and the document of `check -o json`.
fn checked(words: &[&str], environment: &[(&str, &str)]) -> (Exit, serde_json::Value) {
    let outcome = ran(&[["check", "-o", "json"].as_slice(), words].concat(), environment);
    (outcome.exit, serde_json::from_str(&outcome.out).unwrap())
}

/// What failed, by what it is about.
fn failed(document: &serde_json::Value) -> Vec<&str> {
    let items = document["items"].as_array().unwrap();
    let failed = items.iter().filter(|item| item["level"] == "fail");
    failed.map(|item| item["about"].as_str().unwrap()).collect()
}

#[test]
fn a_check_always_prints_its_document_and_a_configuration_that_is_of_no_use_is_2() {
    let home = tempfile::tempdir().unwrap();
    let (exit, document) = checked(&["--config", "/nowhere/none.toml"], &[]);
    assert_eq!((exit, failed(&document)), (Exit::Usage, vec!["config"]));
    let path = home.path().join("c.toml");
    crate::config::write_private(&path, b"arm_minutes = 5\n").unwrap();
    let path = path.display().to_string();
    let dir = home.path().display().to_string();
    let places = ["--config", &path, "--cache-dir", &dir, "--state-dir", &dir];
    let (exit, document) = checked(&places, &[]);
    assert_eq!((exit, failed(&document)), (Exit::Usage, vec!["gitlab"]));
}

#[test]
fn a_check_that_fails_on_a_configuration_that_can_be_used_is_1_and_tells_each_failure_once() {
    let folder = tempfile::tempdir().unwrap();
    let config = config(&folder, NOBODY);
    let dir = folder.path().display().to_string();
    let places = ["--config", &config, "--cache-dir", &dir, "--state-dir", &dir];
    let (exit, document) = checked(&places, &[]);
    assert_eq!((exit, failed(&document)), (Exit::Findings, vec!["gitlab"]));
    let text = document.to_string();
    assert!(!text.contains("by itself") && text.contains("skipped because"), "{text}");
}

#[test]
fn a_check_tells_faults_of_the_file_and_of_names_and_secrets_together() {
    let folder = tempfile::tempdir().unwrap();
    let text = "writs = 1\n[gitlab]\nurl = \"https://g.example\"\n\
                token = { env = \"NOT_SET_ANYWHERE\" }\ngroups = [\"a\"]\n[ui]\ntheme = \"x\"\nkeymap = \"y\"\n";
    let path = folder.path().join("c.toml");
    crate::config::write_private(&path, text.as_bytes()).unwrap();
    let words = ["--config", &path.display().to_string()];
    let (exit, document) = checked(&words, &[("WATCHFLOOR_ARM_MINUTES", "soon")]);
    assert_eq!(exit, Exit::Usage);
    assert_eq!(failed(&document), ["config", "config", "theme", "keymap", "gitlab.token"]);
}

#[test]
fn a_tier_that_is_not_configured_is_told_before_anything_is_asked() {
    let outcome = in_folder(&["get", "jobs", "-q", "tier:standrad"], NOBODY);
    assert_eq!((outcome.exit, outcome.out.as_str()), (Exit::Usage, ""));
    assert!(outcome.err.contains("hint: did you mean `standard`?"), "{}", outcome.err);
}

#[test]
fn a_status_that_nobody_knows_is_warned_of_and_looked_for() {
    let outcome = in_folder(&["get", "jobs", "-q", "status:pendign"], NOBODY);
    assert_eq!(outcome.exit, Exit::Unreachable);
    assert!(outcome.err.starts_with("warning: no status is known as `pendign`"), "{}", outcome.err);
    assert!(outcome.err.contains("did you mean `pending`?"), "{}", outcome.err);
}

#[test]
fn a_screen_that_cannot_be_drawn_is_a_usage_error() {
    let outcome = in_folder(&["show", "now", "--size", "59x40"], NOBODY);
    assert_eq!((outcome.exit, outcome.out.as_str()), (Exit::Usage, ""));
    assert!(outcome.err.contains("is 60x16"), "{}", outcome.err);
}

#[test]
fn a_failure_of_every_feed_is_said_once_with_what_a_person_can_do() {
    let outcome = in_folder(&["get", "jobs"], NOBODY);
    let errors: Vec<&str> =
        outcome.err.lines().filter(|line| line.starts_with("error: ")).collect();
    assert_eq!(errors.len(), 1, "{}", outcome.err);
    assert!(
        errors[0].starts_with("error: projects of gitlab:acme and queue of gitlab:acme are down")
    );
    assert!(!outcome.err.contains("by itself"), "{}", outcome.err);
}

#[test]
fn a_moved_clock_is_for_loopback_alone() {
    let now = ["get", "jobs", "--offline", "--now", "2026-01-12T00:00:00Z"];
    let refused = in_folder(&now, "https://gitlab.example.com");
    assert_eq!(refused.exit, Exit::Usage);
    assert!(refused.err.contains("--now is refused"), "{}", refused.err);
    assert_eq!(in_folder(&now, NOBODY).exit, Exit::Unreachable);
}

#[test]
fn a_wrong_filter_is_told_before_anything_is_asked() {
    let outcome = ran(&["get", "jobs", "-q", "satus:pending"], &[]);
    assert_eq!(outcome.exit, Exit::Usage);
    assert!(outcome.err.contains("^^^^^"), "{}", outcome.err);
}

/// A pipe that nobody reads any more.
struct Closed;

impl Write for Closed {
    fn write(&mut self, _: &[u8]) -> io::Result<usize> {
        Err(io::ErrorKind::BrokenPipe.into())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// A disk without room.
struct Full;

impl Write for Full {
    fn write(&mut self, _: &[u8]) -> io::Result<usize> {
        Err(io::ErrorKind::StorageFull.into())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[test]
fn output_that_cannot_be_written_is_1_and_one_line() {
    for words in [["config", "schema"].as_slice(), &["man"], &["completions", "bash"], &["check"]] {
        let mut err = Vec::new();
        let around =
            Surroundings { out: &mut Full, err: &mut err, environment: Environment::new() };
        let words = words.iter().chain(&["--config", "/nowhere/none.toml"]);
        let line = std::iter::once(&"watchfloor").chain(words).map(OsString::from);
        assert_eq!(run(line, around), Exit::Findings);
        assert_eq!(String::from_utf8(err).unwrap().lines().count(), 1);
    }
}

#[test]
fn a_closed_pipe_ends_every_page_quietly() {
    for words in [["config", "schema"].as_slice(), &["man"], &["completions", "bash"], &["--help"]]
    {
        let mut err = Vec::new();
        let around =
            Surroundings { out: &mut Closed, err: &mut err, environment: Environment::new() };
        let line = std::iter::once(&"watchfloor").chain(words).map(OsString::from);
        assert_eq!((run(line, around), err), (Exit::Done, Vec::new()), "{words:?}");
    }
}
