//! What holds for every form: how a file is told by its name, and that nothing hostile gets further than its place.

use proptest::prelude::*;

use super::*;
use crate::domain::exception::{Bound, Stamp};
use crate::domain::{Text, Timestamp};

/// A file of a project.
pub(super) const FILE: File<'static> =
    File { project: "shop/checkout", path: "a/file", revision: Some("main"), blob: Some("9e1f") };

/// The files whose form is told by their names, and one of none.
const PATHS: [&str; 8] = [
    ".trivyignore",
    ".trivyignore.yaml",
    "osv-scanner.toml",
    ".grype.yaml",
    ".checkov.yaml",
    ".gitlab/security-policies/policy.yml",
    "infra/main.tf",
    "deploy/pod.yaml",
];

/// Those that are YAML as a whole.
const YAML: [&str; 4] =
    [".trivyignore.yaml", ".grype.yaml", ".checkov.yaml", ".gitlab/security-policies/policy.yml"];

pub(super) fn at(raw: &str) -> Timestamp {
    raw.parse().unwrap()
}

pub(super) fn until_date(year: i16, month: i8, day: i8) -> Bound {
    Bound::Until(Stamp::date(jiff::civil::date(year, month, day)))
}

pub(super) fn until_instant(raw: &str) -> Bound {
    Bound::Until(Stamp::instant(at(raw)))
}

pub(super) fn texts(words: &[&str]) -> Vec<Text> {
    words.iter().map(|word| Text::new(word)).collect()
}

fn refused(path: &str, bytes: &[u8]) -> Option<(u32, &'static str)> {
    read(&File { path, ..FILE }, bytes).err().map(|flaw| (flaw.line, flaw.code))
}

#[test]
fn a_form_is_told_by_the_name_of_the_file_in_any_folder() {
    let told = [
        ("a/b/.trivyignore", Tool::TrivyIgnore),
        (".trivyignore.yml", Tool::TrivyIgnoreYaml),
        ("go/osv-scanner.toml", Tool::OsvScanner),
        (".grype/config.yaml", Tool::Grype),
        ("./.checkov.yml", Tool::CheckovConfig),
        (".gitlab/security-policies/policy.yml", Tool::GitlabBypass),
        ("a/.gitlab/security-policies/policy.yml", Tool::CheckovInline),
        ("my.trivyignore", Tool::CheckovInline),
        ("main.tf", Tool::CheckovInline),
    ];
    for (path, tool) in told {
        assert_eq!(form_of(path), tool, "{path}");
    }
}

#[test]
fn what_is_found_says_where_it_was_read() {
    let found = read(&File { path: ".trivyignore", ..FILE }, b"CVE-2024-1").unwrap();
    let native = &found.natives[0];
    assert_eq!(native.home, crate::domain::Home::Project(Text::new("shop/checkout")));
    assert_eq!((&*native.path, native.line), (".trivyignore", Some(1)));
    assert_eq!(native.revision, Some(Text::new("main")));
    assert_eq!(native.blob, Some(Text::new("9e1f")));
}

#[test]
fn a_file_of_ten_megabytes_is_refused_unread_and_one_of_the_most_is_read() {
    for path in PATHS {
        assert_eq!(refused(path, &vec![b'#'; 10_000_000]), Some((0, "too-large")), "{path}");
        assert_eq!(refused(path, &vec![b'#'; MOST_BYTES]), None, "{path}");
    }
}

#[test]
fn what_is_no_utf8_is_refused_at_its_line() {
    for path in PATHS {
        assert_eq!(refused(path, b"# a\n# b\n# \xff\n"), Some((3, "not-utf8")), "{path}");
    }
}

#[test]
fn a_bomb_of_aliases_is_refused_with_its_place() {
    let mut bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x]\n".to_owned();
    for level in 1..12 {
        let below = format!("*a{}", level - 1);
        let all = vec![below; 9].join(", ");
        bomb += &["a", &level.to_string(), ": &a", &level.to_string(), " [", &all, "]\n"].concat();
    }
    for path in YAML {
        let (line, code) = refused(path, bomb.as_bytes()).unwrap();
        assert!(line > 1, "{path}: {line}");
        assert_eq!(code, "too-much", "{path}");
    }
}

#[test]
fn a_harmless_anchor_is_read_as_the_tools_read_it() {
    let text = "ignore:\n  - &rule\n    vulnerability: CVE-1\n    reason: &why a test\n  - vulnerability: CVE-2\n    reason: *why\n";
    let found = read(&File { path: ".grype.yaml", ..FILE }, text.as_bytes()).unwrap();
    let reasons: Vec<_> = found.natives.into_iter().map(|one| one.reason).collect();
    assert_eq!(reasons, [Some(Text::new("a test")), Some(Text::new("a test"))]);
}

#[test]
fn a_duplicate_key_is_refused_with_its_place() {
    for path in YAML {
        let refused = refused(path, b"x: 1\ny: 2\nx: 3\n");
        assert_eq!(refused, Some((3, "duplicate-key")), "{path}");
    }
}

#[test]
fn endless_depth_is_refused() {
    for path in YAML {
        assert!(refused(path, "[".repeat(100_000).as_bytes()).is_some(), "{path}");
    }
}

#[test]
fn words_of_strangers_are_made_harmless() {
    let found =
        read(&File { path: ".trivyignore", ..FILE }, "CVE\u{1b}[2J\u{202e} # \u{7}\n".as_bytes());
    let native = &found.unwrap().natives[0];
    assert!(!native.rule.contains('\u{1b}') && !native.rule.contains('\u{202e}'));
}

proptest! {
    #[test]
    fn no_bytes_make_a_reader_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200), at in 0..PATHS.len()) {
        read(&File { path: PATHS[at], ..FILE }, &bytes).ok();
    }

    #[test]
    fn no_text_of_their_own_words_makes_a_reader_panic(
        words in proptest::collection::vec(
            prop_oneof![
                "ignore:|skip-check:|secrets:|vulnerabilities:|approval_policy:|bypass_settings:|users:|id:|expired_at:",
                "\\[\\[IgnoredVulns\\]\\]|\\[\\[PackageOverrides\\]\\]|ignoreUntil =|effectiveUntil =|ignore = true|id = \"a\"",
                "checkov:skip=|checkov.io/skip1:|CKV_1|exp:|exp:2026-02-30|CVE-1,|#|//|:|\"|'|=|,",
                "&a|\\*a|- |  |\n|\n  |\n    |2026-03-31|0001-01-01|9999-12-31|2026-03-31T24:00:60Z|\\{|\\}|\\[|\\]",
                "\u{e9}|\u{1f600}|\u{202e}|\u{0}|\r\n|\t",
            ],
            0..40,
        ),
        at in 0..PATHS.len(),
    ) {
        read(&File { path: PATHS[at], ..FILE }, words.concat().as_bytes()).ok();
    }
}
