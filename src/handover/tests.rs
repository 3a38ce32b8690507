//! What a hand-over says, and what it never says.

use proptest::prelude::*;

use super::*;
use crate::domain::pipeline::fixture::at;
use crate::domain::{
    Change, EntityId, EntryKind, EntryStand, EntrySubject, Evidence, Finding, FindingId, Joined,
    Origin, Report, Scope, Severity, SourceId, SourceKey, Text, TierIndex, Tiers, Update,
};

fn finding(title: &str, value: &str) -> Finding {
    Finding {
        id: FindingId { code: "queue.late", about: EntityId::Tier(TierIndex(0)) },
        severity: Severity::High,
        title: Text::new(title),
        evidence: vec![Evidence {
            field: "oldest",
            value: Text::new(value),
            source: "queue",
            seen_at: Some(at(1)),
        }],
        next_step: Text::new("look at the tier"),
        since: None,
        count: 3,
        joined: Joined::default(),
    }
}

fn entry(name: &str) -> Entry {
    Entry {
        at: at(5),
        subject: EntrySubject {
            kind: EntryKind::NodeGroup,
            about: Text::new("nodegroup 1"),
            code: Text::new(""),
        },
        name: Text::new(name),
        before: None,
        after: EntryStand { words: Text::new("ACTIVE"), severity: None },
        unseen_since: None,
    }
}

fn bundle(title: &str, name: &str) -> Bundle {
    let mut state = State::new(Tiers::default());
    let key = SourceKey { source: SourceId::QUEUE, scope: Scope::gitlab("acme") };
    let change = Change::Report(Report::starting(5.0));
    state.apply(Update { key, at: at(0), origin: Origin::Live, change }, at(0));
    state.set_findings(vec![finding(title, title)]);
    let entries = vec![entry(name)];
    Bundle::of(&Sources { state, entries, unread: None, since: at(0), at: at(10) })
}

#[test]
fn it_says_what_was_found_and_what_was_not_read() {
    let told = bundle("tier standard waits", "node group ci/ci-standard");
    let text = told.markdown();
    for words in [
        "- **high** ` tier standard waits ` (queue.late)",
        "| ` node group ci/ci-standard ` |  | ` ACTIVE ` |",
        "what queue of gitlab:acme would tell: it was not read yet",
        "no population of rights was read",
    ] {
        assert!(text.contains(words), "{words} in {text}");
    }
    let json: serde_json::Value = serde_json::from_str(&told.json().unwrap()).unwrap();
    assert_eq!(json["schema"], "watchfloor/handover/v1");
    assert_eq!(json["findings"][0]["evidence"][0]["value"], "tier standard waits");
}

#[test]
fn secrets_are_in_neither_form() {
    let token = ["token=glpat", "-abcdefghij1234567890"].concat();
    let told = bundle(&token, "https://me:pw12345@gitlab.example.com");
    for text in [told.markdown(), told.json().unwrap()] {
        assert!(!text.contains("glpat-") && !text.contains("pw12345"), "{text}");
        assert!(text.contains(REDACTED), "{text}");
    }
}

proptest! {
    /// Whatever a name holds, a row of the table stays one line of five cells.
    #[test]
    fn hostile_text_breaks_no_table(name in ".*[|`<@!\\[].*") {
        let text = bundle("x", &name).markdown();
        let rows: Vec<&str> = text.lines().filter(|line| line.contains("node group |")).collect();
        prop_assert_eq!(rows.len(), 1);
        prop_assert_eq!(rows[0].matches('|').count(), 6);
    }
}
