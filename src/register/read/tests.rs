//! Tests of [`Entry::read`].

use super::fixture::WHOLE;
use super::*;
use crate::domain::exception::fixture::stamp;

/// A record with nothing but what must be there.
const SMALL: &str = "\
id: E-1
title: t
kind: policy
scope: {policies: [CVE-2026-1]}
requester: asha
justification: j
risk: r
starts_at: 2026-03-01
expires_at: 2026-03-31
";

fn read(text: &str) -> Result<Entry, Vec<Flaw>> {
    Entry::read("exceptions/E-1.yaml", text.as_bytes())
}

/// Code, line and column of each flaw.
fn flaws(text: &str) -> Vec<(&'static str, u32, u32)> {
    read(text).unwrap_err().iter().map(|flaw| (flaw.code, flaw.line, flaw.column)).collect()
}

/// What the only flaw says, and its cure.
fn told(text: &str) -> (String, String) {
    let flaws = read(text).unwrap_err();
    let [flaw] = &flaws[..] else { panic!("{flaws:?}") };
    (flaw.what.to_string(), flaw.cure.to_string())
}

fn texts(list: &[&str]) -> Vec<Text> {
    list.iter().map(|one| Text::new(one)).collect()
}

#[test]
fn a_whole_record_is_read_key_by_key() {
    let decision = |at, by, reason| {
        Some(Decision { at: stamp(at), by: Text::new(by), reason: Text::new(reason) })
    };
    let expected = Record {
        id: Text::new("EXC-2026-014"),
        title: Text::new("A larger runner for the checkout release"),
        kind: ExceptionKind::Runner,
        scope: ExceptionScope {
            projects: texts(&["shop/checkout"]),
            tiers: texts(&["protected"]),
            other: vec![(Text::new("accounts"), texts(&["4711"]))],
            ..ExceptionScope::default()
        },
        requester: Text::new("asha"),
        owner: Some(Text::new("wei")),
        justification: Text::new("The release build needs 32 GiB, which no protected runner has."),
        risk: Text::new("A runner of another tier sees the release's variables."),
        residual_risk: Some(Text::new("low")),
        controls: texts(&["its egress is that of the protected tier"]),
        approvers: texts(&["lena"]),
        beneficiaries: texts(&["tomas"]),
        starts_at: stamp("2026-03-01T07:00:00Z"),
        expires_at: stamp("2026-03-31"),
        ticket: Some(Text::new("OPS-812")),
        renews: Some(Text::new("EXC-2026-003")),
        artefacts: vec![Artefact {
            tool: Text::new("gitlab-runner"),
            project: Some(Text::new("platform/runners")),
            cluster: None,
            path: Some(Text::new("runners/large.toml")),
            rule: Some(Text::new("tags")),
        }],
        evidence: texts(&["https://gitlab.example/platform/exceptions/-/merge_requests/14"]),
        revocation: decision("2026-03-20T10:00:00Z", "lena", "the build was made smaller"),
        closed: decision("2026-03-21", "wei", "the runner is gone"),
    };
    let entry = read(WHOLE).unwrap();
    assert_eq!(entry.record, expected);
    assert_eq!(entry.notes, []);
    assert_eq!((entry.place_of("expires_at"), entry.place_of("nothing")), ((21, 1), (1, 1)));
}

#[test]
fn the_smallest_record_needs_nine_keys() {
    assert!(read(SMALL).is_ok());
    for line in SMALL.lines() {
        let without: String = SMALL
            .lines()
            .filter(|one| *one != line)
            .fold(String::new(), |text, line| text + line + "\n");
        let key = line.split(':').next().unwrap();
        assert_eq!(told(&without).0, format!("`{key}` is missing"));
    }
}

#[test]
fn an_unknown_key_is_refused_with_its_place_and_what_was_meant() {
    let text = format!("{SMALL}expires: 2026-04-01\n");
    assert_eq!(flaws(&text), [("unknown-key", 10, 1)]);
    let (what, cure) = told(&text);
    assert_eq!(what, "`expires` is no key of a record");
    assert!(cure.starts_with("did you mean `expires_at`?"), "{cure}");
}

#[test]
fn an_unknown_key_of_an_artefact_is_refused_by_its_path() {
    let text = format!("{SMALL}artefacts:\n  - tool: trivy\n    pfad: x\n");
    assert_eq!(told(&text).0, "`artefacts[0].pfad` is no key of a record");
}

#[test]
fn every_flaw_of_a_file_is_told_at_once_in_the_order_of_places() {
    let text = SMALL.replace("title: t", "title: 7").replace("kind: policy", "kind: Policy Two");
    let text = text.replace("requester: asha", "requester: '@asha'");
    let expected = [("wrong-type", 2, 8), ("kind-form", 3, 7), ("person-form", 5, 12)];
    assert_eq!(flaws(&text), expected);
}

#[test]
fn a_key_that_is_written_twice_is_refused_at_the_second() {
    let text = format!("{SMALL}expires_at: 2027-03-31\n");
    assert_eq!(flaws(&text), [("duplicate-key", 10, 1)]);
    assert_eq!(told(&text).0, "`expires_at` is written twice");
}

#[test]
fn anchors_and_aliases_are_refused_with_their_place() {
    let anchor = SMALL.replace("requester: asha", "requester: &who asha");
    assert_eq!(flaws(&anchor), [("anchor", 5, 17)]);
    assert_eq!(told(&anchor).0, "anchors and aliases are not read");
    let alias = SMALL.replace("requester: asha", "requester: *who");
    assert_eq!(flaws(&alias), [("anchor", 5, 12)]);
}

#[test]
fn a_merged_key_is_refused() {
    let text = format!("{SMALL}<<: {{owner: wei}}\n");
    assert_eq!(flaws(&text), [("anchor", 10, 1)]);
}

#[test]
fn a_bomb_of_aliases_is_refused_at_its_first_anchor() {
    let bomb = "a: &a [x, x]\nb: &b [*a, *a]\nc: &c [*b, *b]\nd: [*c, *c]\n";
    assert_eq!(flaws(bomb), [("anchor", 1, 7)]);
}

#[test]
fn a_bomb_of_depth_and_one_of_parts_are_refused() {
    let deep = format!("{SMALL}evidence: {}{}\n", "[".repeat(90), "]".repeat(90));
    assert_eq!(flaws(&deep).first().map(|flaw| (flaw.0, flaw.1)), Some(("too-large", 10)));
    let wide = format!("{SMALL}evidence: [{}]\n", "a,".repeat(20_000));
    assert_eq!(flaws(&wide).first().map(|flaw| (flaw.0, flaw.1)), Some(("too-large", 10)));
}

#[test]
fn a_file_of_ten_megabytes_is_refused_unread() {
    let large = format!("{SMALL}# {}\n", "x".repeat(10 * 1024 * 1024));
    assert_eq!(flaws(&large), [("too-large", 0, 0)]);
    let edge = format!("{SMALL}# {}\n", "x".repeat(MOST_BYTES - SMALL.len() - 3));
    assert_eq!(edge.len(), MOST_BYTES);
    assert!(read(&edge).is_ok());
}

#[test]
fn a_file_of_several_documents_is_refused_at_the_second() {
    assert_eq!(flaws(&format!("{SMALL}---\n{SMALL}")), [("documents", 11, 1)]);
    let three = format!("{SMALL}---\n{SMALL}---\n{SMALL}");
    assert_eq!(flaws(&three).first().map(|flaw| flaw.0), Some("documents"));
    assert!(read(&format!("---\n{SMALL}...\n")).is_ok());
}

#[test]
fn a_file_without_a_record_is_refused() {
    for nothing in ["", "# a comment\n", "---\n", "null\n"] {
        assert_eq!(flaws(nothing), [("empty", 1, 1)], "{nothing:?}");
    }
    assert_eq!(flaws("- id: E-1\n"), [("wrong-type", 1, 1)]);
    assert_eq!(flaws("a record\n"), [("wrong-type", 1, 1)]);
}

#[test]
fn broken_yaml_and_what_is_no_text_are_refused() {
    assert_eq!(flaws("id: [E-1\ntitle: t\n").first().map(|flaw| flaw.0), Some("yaml"));
    let binary = Entry::read("a.yaml", b"id: \xff\n").unwrap_err();
    assert_eq!(binary.iter().map(|flaw| flaw.code).collect::<Vec<_>>(), ["not-utf8"]);
}

#[test]
fn words_of_older_yaml_are_strings_and_booleans_are_not() {
    let read_title = |word: &str| read(&SMALL.replace("title: t", &format!("title: {word}")));
    for word in ["yes", "no", "on", "off", "NO"] {
        assert_eq!(*read_title(word).unwrap().record.title, *word);
    }
    let flaw = read_title("true").unwrap_err();
    assert_eq!(*flaw[0].what, *"`title` is a boolean, not a string");
    assert_eq!(*read_title("\"true\"").unwrap().record.title, *"true");
}

#[test]
fn a_tag_is_refused() {
    let text = SMALL.replace("requester: asha", "requester: !secret asha");
    assert_eq!(flaws(&text), [("yaml", 5, 20)]);
}

#[test]
fn an_end_must_come_after_its_start() {
    let with = |start: &str, end: &str| {
        let text = SMALL.replace("starts_at: 2026-03-01", &format!("starts_at: {start}"));
        text.replace("expires_at: 2026-03-31", &format!("expires_at: {end}"))
    };
    assert_eq!(flaws(&with("2026-03-31", "2026-03-31")), [("order", 9, 13)]);
    assert_eq!(
        flaws(&with("2026-03-31T00:00:00+02:00", "2026-03-30T22:00:00Z")),
        [("order", 9, 13)]
    );
    assert!(read(&with("2026-03-31T00:00:00+02:00", "2026-03-30T22:00:01Z")).is_ok());
    assert!(read(&with("2026-03-31", "2026-04-01")).is_ok());
}

#[test]
fn an_instant_that_is_none_is_refused_at_its_value() {
    let text = SMALL.replace("2026-03-31", "2026-03-31T23:59:60Z");
    assert_eq!(flaws(&text), [("instant", 9, 13)]);
}

#[test]
fn an_id_is_fit_to_name_a_file_and_a_branch() {
    let with = |id: &str| read(&SMALL.replace("id: E-1", &format!("id: '{id}'")));
    for good in ["E", "EXC-2026.014_b", &"a".repeat(64)] {
        assert!(with(good).is_ok(), "{good}");
    }
    let long = "a".repeat(65);
    for wrong in ["../E-1", "a/b", "-a", "a.", "a..b", "a b", "é", long.as_str()] {
        assert_eq!(with(wrong).unwrap_err()[0].code, "id-form", "{wrong}");
    }
}

#[test]
fn a_string_that_says_nothing_is_refused_and_a_key_without_a_value_is_as_if_absent() {
    assert_eq!(flaws(&SMALL.replace("title: t", "title: ' '")), [("empty", 2, 8)]);
    assert_eq!(flaws(&SMALL.replace("title: t", "title:")), [("missing-key", 1, 1)]);
    assert_eq!(read(&format!("{SMALL}owner:\n")).unwrap().record.owner, None);
}

#[test]
fn hostile_characters_are_made_inert_and_warned_of() {
    let entry = read(&SMALL.replace("title: t", "title: \"a\\u202eb\"")).unwrap();
    assert_eq!(*entry.record.title, *"a\u{fffd}b");
    let notes: Vec<_> = entry.notes.iter().map(|note| (note.code, note.severity)).collect();
    assert_eq!(notes, [("hidden-characters", FlawSeverity::Warning)]);
}
