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
fn an_empty_cache_knows_nothing() {
    let outcome = in_folder(&["get", "jobs", "--offline"], NOBODY);
    assert_eq!(outcome.exit, Exit::Unreachable);
    assert!(outcome.err.contains("error: the cache knows nothing of jobs yet"), "{}", outcome.err);
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
