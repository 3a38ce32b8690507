//! What a policy says, and what is said of a faulty one.

use std::time::Duration;

use super::keys::KEYS;
use super::*;
use crate::gate::{Fallback, ServicePolicy, TierPolicy};

const HEAD: &str = "schema = \"watchfloor/gate-policy/v1\"\n";

const WHOLE: &str = r#"schema = "watchfloor/gate-policy/v1"
valid_for = "5m"
warn_below = 0.5
unfreeze_above = 0.1
least_filled = 0.9

[[tier]]
name = "live"
environments = ["production", "prod/*"]
unknown = "closed"
no_traffic = "open"
no_objective = "warn"

[service.checkout]
project = "acme/shop"
objectives = ["checkout-*"]

[evidence]
security = "sec::approved"
"#;

fn read(text: &str) -> Result<Policy, Faults> {
    PolicyFile::parse(Path::new("gate.toml"), text).map(|file| file.policy)
}

fn faults(body: &str) -> Vec<String> {
    let found = read(&format!("{HEAD}{body}")).map(|_| ()).map_err(|faults| faults.0);
    let place = |fault: &Diagnostic| format!("{}:{} {}", fault.line, fault.column, fault.message);
    found.err().unwrap_or_default().iter().map(place).collect()
}

fn hint(body: &str) -> String {
    let faults = read(&format!("{HEAD}{body}")).expect_err("a fault").0;
    let [fault] = faults.as_slice() else { panic!("{faults:?}") };
    fault.hint.clone().unwrap_or_default()
}

#[test]
fn every_key_is_read() {
    let tier = TierPolicy {
        name: "live".to_owned(),
        environments: vec!["production".to_owned(), "prod/*".to_owned()],
        unknown: Fallback::Closed,
        no_traffic: Fallback::Open,
        no_objective: Fallback::Warn,
    };
    let service = ServicePolicy {
        project: Some("acme/shop".to_owned()),
        objectives: vec!["checkout-*".to_owned()],
    };
    let expected = Policy {
        valid_for: Duration::from_mins(5),
        warn_below: 0.5,
        unfreeze_above: 0.1,
        least_filled: 0.9,
        tiers: vec![tier],
        services: [("checkout".to_owned(), service)].into(),
        evidence: [("security".to_owned(), "sec::approved".to_owned())].into(),
    };
    assert_eq!(read(WHOLE), Ok(expected));
}

#[test]
fn what_a_file_does_not_say_is_as_built_in_but_for_the_evidence() {
    let expected = Policy { evidence: [].into(), ..Policy::default() };
    assert_eq!(read(HEAD), Ok(expected));
}

#[test]
fn the_printed_policy_reads_back_as_the_same() {
    assert_eq!(read(&PolicyFile::builtin().text()), Ok(Policy::default()));
    let mut odd = read(WHOLE).unwrap();
    odd.valid_for = Duration::from_millis(61_001);
    odd.services.insert("a \"b\"\\\n\u{202e}c.d".to_owned(), ServicePolicy::default());
    assert_eq!(read(&print::text(&odd)), Ok(odd));
}

#[test]
fn the_printed_policy_moves_no_terminal() {
    let mut odd = Policy::default();
    odd.evidence.insert("security".to_owned(), "\x1b[2J\u{202e}".to_owned());
    let text = print::text(&odd);
    assert!(text.chars().all(|c| c == '\n' || (' '..='~').contains(&c)), "{text:?}");
}

#[test]
fn the_hash_is_that_of_the_files_bytes() {
    let file = PolicyFile::parse(Path::new("gate.toml"), HEAD).unwrap();
    assert_eq!(file.sha256, hash(HEAD));
    // As `printf 'abc' | sha256sum` has it.
    assert_eq!(hash("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    assert_eq!(PolicyFile::builtin().sha256, hash(&PolicyFile::builtin().text()));
}

#[test]
fn a_fault_is_shown_with_its_line_and_a_caret() {
    let faults = read(&format!("{HEAD}warn_bellow = 0.5\n")).unwrap_err();
    let text = faults.to_string();
    let begin = "error: unknown key `warn_bellow` in the file\n --> gate.toml:2:1\n  |\n2 | warn_bellow = 0.5\n  | ^^^^^^^^^^^\n  hint: did you mean `warn_below`? ";
    assert!(text.starts_with(begin), "{text}");
}

#[test]
fn a_policy_without_its_schema_or_with_another_is_refused() {
    let lacks = read("").unwrap_err().to_string();
    assert!(lacks.starts_with("error: `schema` is missing"), "{lacks}");
    let other = read("schema = \"watchfloor/gate-policy/v2\"\n").unwrap_err().to_string();
    assert!(other.contains("did you mean `watchfloor/gate-policy/v1`?"), "{other}");
}

#[test]
fn what_is_no_toml_is_refused_with_its_place() {
    assert_eq!(faults("warn_below = = 1\n").len(), 1);
    assert!(hint("warn_below = = 1\n").contains("docs/gate.md"));
}

#[test]
fn numbers_out_of_range_are_refused() {
    for (body, told) in [
        ("warn_below = 1.1\n", "2:14 `warn_below` is out of range"),
        ("warn_below = -0.1\n", "2:14 `warn_below` is out of range"),
        ("warn_below = nan\n", "2:14 `warn_below` is out of range"),
        ("unfreeze_above = 0.3\n", "2:18 `unfreeze_above` is out of range"),
        ("least_filled = \"half\"\n", "2:16 `least_filled` must be a number, and is a string"),
        ("valid_for = \"25h\"\n", "2:13 `valid_for` is longer than a day"),
        ("valid_for = \"0s\"\n", "2:13 `valid_for` is no time at all"),
    ] {
        assert_eq!(faults(body), [told]);
    }
    for body in ["warn_below = 1\n", "warn_below = 0.0\nunfreeze_above = 0\n"] {
        assert_eq!(faults(body), Vec::<String>::new());
    }
}

#[test]
fn a_tier_says_its_name_its_environments_and_what_is_done_without_a_measurement() {
    let told = faults("[[tier]]\n");
    let expected =
        ["name", "environments", "unknown"].map(|key| format!("2:1 `tier[].{key}` is missing"));
    assert_eq!(told, expected);
}

#[test]
fn a_word_that_is_no_fallback_is_refused_with_the_nearest() {
    let body = "[[tier]]\nname = \"a\"\nenvironments = [\"*\"]\nunknown = \"close\"\n";
    assert_eq!(faults(body), ["5:11 `tier[].unknown` is none of the words that it may be"]);
    assert!(hint(body).starts_with("did you mean `closed`?"));
}

#[test]
fn globs_that_would_match_nothing_in_silence_are_refused() {
    let tier =
        |glob: &str| format!("[[tier]]\nname = \"a\"\nunknown = \"open\"\nenvironments = {glob}\n");
    let at = |told: &str| vec![format!("5:{told}")];
    assert_eq!(
        faults(&tier("[\"prod?\"]")),
        at("17 `tier[].environments` has a `?`, which is nothing special here")
    );
    assert_eq!(faults(&tier("[]")), at("16 `tier[].environments` is an empty list"));
    assert_eq!(faults(&tier("[\"\"]")), at("17 `tier[].environments` is empty"));
    assert_eq!(faults(&tier("[\"prod/*\"]")), Vec::<String>::new());
}

#[test]
fn a_tier_below_one_for_everything_is_never_reached() {
    let tier = |name: &str, glob: &str| {
        format!("[[tier]]\nname = \"{name}\"\nenvironments = [\"{glob}\"]\nunknown = \"open\"\n")
    };
    let first = format!("{}{}", tier("all", "*"), tier("live", "production"));
    assert_eq!(
        faults(&first),
        ["6:1 this tier is never reached: one above it has the environment `*`"]
    );
    assert_eq!(faults(&format!("{}{}", tier("live", "production"), tier("all", "*"))), [""; 0]);
    let twice = format!("{}{}", tier("a", "x"), tier("a", "y"));
    assert_eq!(faults(&twice), ["7:8 `tier[].name` is the name of another tier"]);
}

#[test]
fn a_service_has_a_project_by_its_path() {
    for path in ["shop", "https://gitlab.example.com/acme/shop", "acme/../x", "/acme", "a/b c"] {
        let body = format!("[service.s]\nproject = \"{path}\"\n");
        assert_eq!(faults(&body), ["3:11 `service.s.project` is not the path of a project"]);
    }
    assert_eq!(faults("[service.s]\nproject = \"acme/eu/shop\"\n"), [""; 0]);
}

#[test]
fn unknown_keys_are_refused_in_every_table() {
    for (body, told) in [
        ("[service.s]\nprojet = \"a/b\"\n", "3:1 unknown key `projet` in `service.s`"),
        ("[evidence]\nsecurtiy = \"x\"\n", "3:1 unknown key `securtiy` in `evidence`"),
        ("[tiers]\n", "2:2 unknown key `tiers` in the file"),
        ("[evidence]\nrollback = \"x\"\n", "3:1 unknown key `rollback` in `evidence`"),
    ] {
        assert_eq!(faults(body), [told]);
    }
}

#[test]
fn every_fault_is_told_at_once_in_the_order_of_places() {
    let told = faults("warn_below = 2\nx = 1\nleast_filled = 2\n");
    let lines: Vec<&str> = told.iter().filter_map(|one| one.split(':').next()).collect();
    assert_eq!(lines, ["2", "3", "4"]);
}

#[test]
fn the_reference_has_exactly_the_keys_that_are_read() {
    let known = |place: &str, body: &str| {
        let hint = hint(body);
        let list = hint.split("known are ").nth(1).unwrap_or(&hint).to_owned();
        let keys = list.split('`').skip(1).step_by(2).map(|key| format!("{place}{key}"));
        keys.collect::<Vec<String>>()
    };
    let mut read = known("", "zzzzz = 1\n");
    let tier = "[[tier]]\nname = \"a\"\nenvironments = [\"*\"]\nunknown = \"open\"\nzzzzz = 1\n";
    read.extend(known("tier[].", tier));
    read.extend(known("service.*.", "[service.s]\nzzzzz = 1\n"));
    read.extend(known("evidence.", "[evidence]\nzzzzz = 1\n"));
    let tables = ["tier", "service", "evidence"];
    read.retain(|key| !tables.contains(&key.as_str()));
    read.sort();
    let mut told: Vec<String> = KEYS.iter().map(|key| key.name.to_owned()).collect();
    told.retain(|key| !["tier[]", "service.*"].contains(&key.as_str()));
    told.sort();
    assert_eq!(read, told);
}

#[test]
fn a_file_that_others_may_write_is_refused() {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("gate.toml");
    std::fs::write(&path, HEAD).unwrap();
    let mode = |mode| std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode));
    mode(0o666).unwrap();
    assert!(PolicyFile::load(&path).unwrap_err().to_string().contains("chmod go-w"));
    mode(0o644).unwrap();
    assert_eq!(PolicyFile::load(&path).map(|file| file.sha256), Ok(hash(HEAD)));
    let missing = PolicyFile::load(&folder.path().join("none.toml")).unwrap_err().to_string();
    assert!(missing.starts_with("error: the policy file is not there"), "{missing}");
}
