//! Whole command lines of `exceptions`.

use std::ffi::OsString;
use std::fs;

use super::*;
use crate::cli;
use crate::config::{Environment, write_private};

/// What a command printed, what it said beside, and how it ended.
struct Outcome {
    out: String,
    err: String,
    exit: Exit,
}

/// Runs a command line in a home of its own, at noon on 15 March 2026.
fn ran(words: &[&str], environment: &[(&str, &str)]) -> Outcome {
    let home = tempfile::tempdir().unwrap();
    let home = home.path().display().to_string();
    let homes = [("HOME", home.as_str()), ("XDG_CONFIG_HOME", home.as_str())];
    let environment: Environment = homes
        .iter()
        .chain(environment)
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
        .collect();
    let (mut out, mut err) = (Vec::new(), Vec::new());
    let around = Surroundings { out: &mut out, err: &mut err, environment };
    let line = ["watchfloor", "exceptions"].iter().chain(words).map(OsString::from);
    let clock = ["--now", "2026-03-15T12:00:00Z"].map(OsString::from);
    let clock = if words.contains(&"lint") { &clock[..] } else { &[] };
    let exit = cli::run(line.chain(clock.iter().cloned()), around);
    let text = |bytes| String::from_utf8(bytes).unwrap();
    Outcome { out: text(out), err: text(err), exit }
}

/// The record that the documentation shows.
fn documented() -> String {
    let page = fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/exceptions.md"));
    let page = page.unwrap();
    let (_, rest) = page.split_once("```yaml\n").unwrap();
    rest.split_once("```").unwrap().0.to_owned()
}

/// A folder with these files, below `exceptions`.
fn folder(files: &[(&str, &str)]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("exceptions")).unwrap();
    for (name, text) in files {
        fs::write(folder.path().join("exceptions").join(name), text).unwrap();
    }
    folder
}

/// Lints the folder `exceptions` of a checkout.
fn linted(folder: &tempfile::TempDir, words: &[&str]) -> Outcome {
    let root = folder.path().display().to_string();
    let path = format!("{root}/exceptions");
    ran(&[&["lint", &path], words].concat(), &[("CI_PROJECT_DIR", &root)])
}

fn without_owner() -> String {
    documented().replace("owner: wei\n", "")
}

#[test]
fn the_documented_record_is_clean() {
    let folder = folder(&[("EXC-2026-014.yaml", &documented())]);
    let outcome = linted(&folder, &[]);
    let told = (outcome.exit, outcome.out.as_str(), outcome.err.as_str());
    assert_eq!(told, (Exit::Done, "1 file: 0 errors, 0 warnings, 0 to know\n", ""));
}

#[test]
fn a_flaw_is_told_with_place_and_cure_and_ends_with_1() {
    let folder = folder(&[("EXC-2026-014.yaml", &without_owner()), ("README.md", "no record")]);
    let outcome = linted(&folder, &[]);
    let expected = "\
exceptions/EXC-2026-014.yaml:1:1: error: nobody owns the risk that is left [owner-missing]
  hint: add `owner`: the username of who answers for it
1 file: 1 error, 0 warnings, 0 to know
";
    assert_eq!((outcome.exit, outcome.out.as_str()), (Exit::Findings, expected));
}

#[test]
fn information_alone_is_no_fault() {
    let text = documented().replace("2026-03-30T18:00:00+02:00", "2026-03-31");
    let outcome = linted(&folder(&[("EXC-2026-014.yaml", &text)]), &[]);
    assert_eq!(outcome.exit, Exit::Done);
    assert!(outcome.out.ends_with("1 file: 0 errors, 0 warnings, 1 to know\n"), "{}", outcome.out);
}

#[test]
fn scripts_read_the_same_flaws() {
    let outcome = linted(&folder(&[("EXC-2026-014.yaml", &without_owner())]), &["-o", "json"]);
    let expected = serde_json::json!({
        "schema": "watchfloor/v1",
        "kind": "exception_flaws",
        "at": "2026-03-15T12:00:00Z",
        "items": [{
            "code": "owner-missing",
            "severity": "error",
            "path": "exceptions/EXC-2026-014.yaml",
            "line": 1,
            "column": 1,
            "what": "nobody owns the risk that is left",
            "cure": "add `owner`: the username of who answers for it",
        }],
    });
    let found: serde_json::Value = serde_json::from_str(&outcome.out).unwrap();
    assert_eq!((outcome.exit, found), (Exit::Findings, expected));
}

fn issues(files: &[(&str, &str)]) -> Vec<serde_json::Value> {
    let outcome = linted(&folder(files), &["-o", "code-quality"]);
    serde_json::from_str(&outcome.out).unwrap()
}

#[test]
fn gitlab_reads_an_issue_for_each_flaw() {
    let text = format!("{}revocation: no\n", documented());
    let mut issues = issues(&[("EXC-2026-014.yaml", &text)]);
    let print = issues[0]["fingerprint"].take();
    let expected = serde_json::json!([{
        "description": "`revocation` is a string, not a map; write a map; docs/exceptions.md shows one",
        "check_name": "wrong-type",
        "fingerprint": null,
        "severity": "major",
        "location": {"path": "exceptions/EXC-2026-014.yaml", "lines": {"begin": 28}},
    }]);
    assert_eq!(serde_json::Value::from(issues), expected);
    assert_eq!(print.as_str().unwrap().len(), 64);
}

#[test]
fn a_fingerprint_survives_lines_above_it_and_is_that_of_one_issue() {
    let below = without_owner();
    let above = format!("# a comment\n\n{below}");
    let print = |text: &str| issues(&[("EXC-2026-014.yaml", text)])[0]["fingerprint"].clone();
    assert_eq!(print(&below), print(&above));
    let twice = documented().replace("approvers: [lena]", "approvers: [asha, asha]");
    let issues = issues(&[("EXC-2026-014.yaml", &twice)]);
    assert_eq!(issues.len(), 2);
    assert_ne!(issues[0]["fingerprint"], issues[1]["fingerprint"]);
}

#[test]
fn of_one_file_its_own_flaws_are_told_and_the_files_beside_it_are_known() {
    let new = documented().replace("id: EXC-2026-014", "id: EXC-2\nrenews: EXC-2026-014");
    let folder = folder(&[("EXC-2026-014.yaml", &without_owner()), ("EXC-2.yaml", &new)]);
    let file = folder.path().join("exceptions/EXC-2.yaml").display().to_string();
    let outcome = ran(&["lint", &file], &[]);
    let expected = "1 file: 0 errors, 0 warnings, 0 to know\n";
    assert_eq!((outcome.exit, outcome.out.as_str()), (Exit::Done, expected));
}

#[test]
fn folders_below_are_read_and_hidden_ones_are_not() {
    let folder = folder(&[]);
    for name in ["2026", ".git"] {
        let inner = folder.path().join("exceptions").join(name);
        fs::create_dir(&inner).unwrap();
        fs::write(inner.join("EXC-2026-014.yml"), documented()).unwrap();
    }
    assert_eq!(linted(&folder, &[]).out, "1 file: 0 errors, 0 warnings, 0 to know\n");
}

#[cfg(unix)]
#[test]
fn a_link_is_told_and_not_followed() {
    let folder = folder(&[("EXC-2026-014.yaml", &documented())]);
    let link = folder.path().join("exceptions/EXC-3.yaml");
    std::os::unix::fs::symlink("/etc/passwd", link).unwrap();
    let outcome = linted(&folder, &[]);
    assert_eq!(outcome.exit, Exit::Findings);
    let told = "exceptions/EXC-3.yaml: error: this is a link, which is not followed [link]\n";
    assert!(outcome.out.starts_with(told), "{}", outcome.out);
}

#[test]
fn an_empty_folder_is_said_to_be_empty() {
    let outcome = linted(&folder(&[]), &[]);
    assert_eq!(
        (outcome.exit, outcome.out.as_str()),
        (Exit::Done, "0 files: 0 errors, 0 warnings, 0 to know\n")
    );
    assert!(outcome.err.contains("has no files that end in .yaml or .yml"), "{}", outcome.err);
}

#[test]
fn a_path_that_is_not_there_is_a_usage_error() {
    let outcome = ran(&["lint", "/nowhere/at/all"], &[]);
    assert_eq!((outcome.exit, outcome.out.as_str()), (Exit::Usage, ""));
    assert!(outcome.err.contains("/nowhere/at/all cannot be read"), "{}", outcome.err);
}

#[test]
fn the_limits_are_those_of_the_configuration_where_there_is_one() {
    let home = tempfile::tempdir().unwrap();
    let config = home.path().join("config.toml");
    let text = "[gitlab]\nurl = \"https://gitlab.example\"\ntoken = { env = \"T\" }\ngroups = [\"a\"]\n\
                [[tier]]\nname = \"standard\"\nrunner_tags = [\"x\"]\n\
                [exceptions]\nproject = \"a/b\"\nmax_ttl = { runner = \"14d\" }\n";
    write_private(&config, text.as_bytes()).unwrap();
    let folder = folder(&[("EXC-2026-014.yaml", &documented())]);
    let config = config.display().to_string();
    let outcome = linted(&folder, &["--config", &config]);
    assert_eq!(outcome.exit, Exit::Findings, "{}", outcome.err);
    let told = "longer than the 14d of the kind runner [lifetime]";
    assert!(outcome.out.contains(told), "{}", outcome.out);
}

#[test]
fn a_config_that_is_named_must_be_there() {
    let folder = folder(&[("EXC-2026-014.yaml", &documented())]);
    let outcome = linted(&folder, &["--config", "/nowhere/config.toml"]);
    assert_eq!((outcome.exit, outcome.out.as_str()), (Exit::Usage, ""));
}

#[test]
fn the_schema_knows_every_key_of_the_documented_table() {
    let outcome = ran(&["schema"], &[]);
    let schema: serde_json::Value = serde_json::from_str(&outcome.out).unwrap();
    let mut known: Vec<&str> =
        schema["properties"].as_object().unwrap().keys().map(String::as_str).collect();
    known.sort_unstable();
    let page = fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/exceptions.md"));
    let page = page.unwrap();
    let (_, table) = page.split_once("| key | needed | meaning |\n|---|---|---|\n").unwrap();
    let rows = table.lines().take_while(|line| line.starts_with('|'));
    let cells = rows.filter_map(|row| row.split('|').nth(1));
    let mut told: Vec<&str> =
        cells.flat_map(|cell| cell.split(',')).map(|key| key.trim().trim_matches('`')).collect();
    told.sort_unstable();
    assert_eq!((outcome.exit, known), (Exit::Done, told));
    assert_eq!(schema["additionalProperties"], serde_json::Value::Bool(false));
}
