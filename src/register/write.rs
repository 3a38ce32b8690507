//! Records into YAML: the same record always gives the same text, and the text reads back as the record.

use super::read::Entry;
use crate::domain::exception::Decision;
use crate::domain::{Artefact, Flaw, Record, Text};

/// The text of a record, every key that says something, in one order.
pub fn text_of(record: &Record) -> String {
    let mut page = Page::default();
    page.line("id", &record.id);
    page.line("title", &record.title);
    page.line("kind", record.kind.name());
    page.scope(record);
    page.line("requester", &record.requester);
    page.maybe("owner", record.owner.as_ref());
    page.line("justification", &record.justification);
    page.line("risk", &record.risk);
    page.maybe("residual_risk", record.residual_risk.as_ref());
    page.list("controls", &record.controls);
    page.list("approvers", &record.approvers);
    page.list("beneficiaries", &record.beneficiaries);
    page.bare("starts_at", &record.starts_at.text());
    page.bare("expires_at", &record.expires_at.text());
    page.maybe("ticket", record.ticket.as_ref());
    page.maybe("renews", record.renews.as_ref());
    page.artefacts(&record.artefacts);
    page.list("evidence", &record.evidence);
    page.decision("revocation", record.revocation.as_ref());
    page.decision("closed", record.closed.as_ref());
    page.text
}

/// The text of a file with a revocation: what was written stays as it is, comments too, and the revocation follows. Where
/// that does not read back as it should, the whole record is written anew.
///
/// # Errors
/// The flaws of the file, where it holds no record that could be revoked.
pub fn revoked(path: &str, text: &str, revocation: &Decision) -> Result<String, Vec<Flaw>> {
    decided(path, text, ("revocation", revocation))
}

/// The text of a file that says that its exception is over with; as [`revoked`] does it.
///
/// # Errors
/// The flaws of the file, where it holds no record that could be closed.
pub fn closed(path: &str, text: &str, closed: &Decision) -> Result<String, Vec<Flaw>> {
    decided(path, text, ("closed", closed))
}

fn decided(
    path: &str,
    text: &str,
    (key, decision): (&str, &Decision),
) -> Result<String, Vec<Flaw>> {
    let mut record = Entry::read(path, text.as_bytes())?.record;
    let slot = if key == "closed" { &mut record.closed } else { &mut record.revocation };
    *slot = Some(decision.clone());
    let mut page = Page { text: text.to_owned() };
    if !page.text.ends_with('\n') {
        page.text.push('\n');
    }
    page.decision(key, Some(decision));
    let is_faithful =
        Entry::read(path, page.text.as_bytes()).is_ok_and(|entry| entry.record == record);
    Ok(if is_faithful { page.text } else { text_of(&record) })
}

/// A text that grows by keys.
#[derive(Default)]
struct Page {
    text: String,
}

impl Page {
    fn line(&mut self, key: &str, value: &str) {
        self.bare(key, &quoted(value));
    }

    /// A value that is never quoted: an instant.
    fn bare(&mut self, key: &str, value: &str) {
        self.text.push_str(key);
        self.text.push_str(": ");
        self.text.push_str(value);
        self.text.push('\n');
    }

    fn maybe(&mut self, key: &str, value: Option<&Text>) {
        if let Some(value) = value {
            self.line(key, value);
        }
    }

    fn head(&mut self, key: &str) {
        self.text.push_str(key);
        self.text.push_str(":\n");
    }

    fn list(&mut self, key: &str, list: &[Text]) {
        if !list.is_empty() {
            self.head(key);
            self.texts("  ", list);
        }
    }

    fn texts(&mut self, margin: &str, list: &[Text]) {
        for one in list {
            self.text.push_str(margin);
            self.text.push_str("- ");
            self.text.push_str(&quoted(one));
            self.text.push('\n');
        }
    }

    fn scope(&mut self, record: &Record) {
        if record.scope.is_empty() {
            self.bare("scope", "{}");
            return;
        }
        self.head("scope");
        for (name, list) in record.scope.lists() {
            self.text.push_str("  ");
            self.head(&quoted(name));
            self.texts("    ", list);
        }
    }

    fn artefacts(&mut self, artefacts: &[Artefact]) {
        if artefacts.is_empty() {
            return;
        }
        self.head("artefacts");
        for artefact in artefacts {
            self.text.push_str("  - ");
            self.line("tool", &artefact.tool);
            let rest = [
                ("    project", &artefact.project),
                ("    cluster", &artefact.cluster),
                ("    path", &artefact.path),
                ("    rule", &artefact.rule),
            ];
            for (key, value) in rest {
                self.maybe(key, value.as_ref());
            }
        }
    }

    fn decision(&mut self, key: &str, decision: Option<&Decision>) {
        let Some(decision) = decision else { return };
        self.head(key);
        self.bare("  at", &decision.at.text());
        self.line("  by", &decision.by);
        self.line("  reason", &decision.reason);
    }
}

/// A string that every reader of YAML takes for that string: plain where nothing can be mistaken, else in double quotes.
pub(super) fn quoted(value: &str) -> String {
    if is_plain(value) {
        return value.to_owned();
    }
    let mut out = String::with_capacity(value.len() + 2);
    out.push('"');
    for letter in value.chars() {
        match letter {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            other => out.push(other),
        }
    }
    out.push('"');
    out
}

/// Whether a string needs no quotes in any version of YAML: it begins with a letter, has neither marks that could end it
/// nor blanks at its edges, and is no word that some reader takes for a boolean, a number or nothing.
fn is_plain(value: &str) -> bool {
    const WORDS: [&str; 11] =
        ["y", "n", "yes", "no", "on", "off", "true", "false", "null", "nan", "inf"];
    let is_inner = |letter: char| letter.is_alphanumeric() || " -_./@+,()".contains(letter);
    value.starts_with(|first: char| first.is_ascii_alphabetic())
        && value.chars().all(is_inner)
        && !value.ends_with(' ')
        && !WORDS.contains(&value.to_ascii_lowercase().as_str())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::domain::exception::fixture::{record, stamp};
    use crate::domain::{ExceptionKind, ExceptionScope, Stamp, Timestamp};
    use crate::register::read::fixture::WHOLE;

    fn read(text: &str) -> Record {
        match Entry::read("exceptions/E.yaml", text.as_bytes()) {
            Ok(entry) => entry.record,
            Err(flaws) => panic!("{flaws:?}\n{text}"),
        }
    }

    fn decision() -> Decision {
        let reason = Text::new("the build: made smaller");
        Decision { at: stamp("2026-03-20T10:00:00Z"), by: Text::new("lena"), reason }
    }

    #[test]
    fn a_small_record_is_written_without_what_says_nothing() {
        let mut small = record("E-1", "2026-03-01", "2026-03-31T18:00:00Z");
        small.title = Text::new("- no: \"title\"");
        let expected = "\
id: E-1
title: \"- no: \\\"title\\\"\"
kind: runner
scope:
  projects:
    - shop/checkout
requester: asha
owner: wei
justification: the build needs more memory
risk: a shared cache
controls:
  - the cache is cleared after each job
approvers:
  - lena
starts_at: 2026-03-01
expires_at: 2026-03-31T18:00:00Z
";
        assert_eq!(text_of(&small), expected);
        assert_eq!(read(expected), small);
    }

    #[test]
    fn a_whole_record_reads_back_as_it_was() {
        let record = read(WHOLE);
        assert_eq!(read(&text_of(&record)), record);
        assert_eq!(text_of(&read(&text_of(&record))), text_of(&record));
    }

    #[test]
    fn hostile_strings_read_back_as_they_were() {
        let hostile = [
            "no",
            "true",
            "~",
            "null",
            "1e3",
            "0x1F",
            "2026-03-31",
            "- a",
            "a: b",
            "a #b",
            "*a",
            "&a",
            "!a",
            "%a",
            "@a",
            "`a",
            "|",
            ">",
            "{a}",
            "[a]",
            "'",
            "\"",
            "\\n",
            "---",
            "...",
            "?",
            "<<",
            "=",
            ",",
            "a\u{301}",
            "é",
            "日本",
            "\u{fffd}",
            ":",
            "1_000",
            ".nan",
            "0o7",
        ];
        for raw in hostile {
            let mut record = record("E-1", "2026-03-01", "2026-03-31");
            record.title = Text::new(raw);
            record.controls = vec![Text::new(raw)];
            record.scope.other = vec![(Text::new(&format!("x {raw}")), vec![Text::new(raw)])];
            assert_eq!(read(&text_of(&record)), record, "{raw}");
        }
    }

    #[test]
    fn a_revocation_is_added_and_what_was_written_stays() {
        let mut old = record("E-1", "2026-03-01", "2026-03-31");
        let text = format!("# why: see below\n{}# the end", text_of(&old));
        let new = revoked("exceptions/E-1.yaml", &text, &decision()).unwrap();
        let added = "\nrevocation:\n  at: 2026-03-20T10:00:00Z\n  by: lena\n  \
                     reason: \"the build: made smaller\"\n";
        assert_eq!(new, format!("{text}{added}"));
        old.revocation = Some(decision());
        assert_eq!(read(&new), old);
    }

    #[test]
    fn what_cannot_be_added_to_is_written_anew() {
        let mut old = read(WHOLE);
        let new = revoked("exceptions/E.yaml", WHOLE, &decision()).unwrap();
        old.revocation = Some(decision());
        assert_eq!(new, text_of(&old));
        let flow = "{id: E-1, title: t, kind: policy, scope: {}, requester: asha, justification: j, \
                    risk: r, starts_at: 2026-03-01, expires_at: 2026-03-31}";
        let read_flow = Record { closed: Some(decision()), ..read(flow) };
        assert_eq!(closed("exceptions/E.yaml", flow, &decision()), Ok(text_of(&read_flow)));
    }

    #[test]
    fn a_file_without_a_record_cannot_be_revoked() {
        assert!(revoked("exceptions/E-1.yaml", "id: E-1\n", &decision()).is_err());
    }

    fn words() -> impl Strategy<Value = Text> {
        // Blanks at the edges are no part of a value, and an empty one is none.
        any::<String>()
            .prop_map(|raw| Text::new(Text::new(&raw).trim()))
            .prop_filter("says nothing", |text| {
                !text.trim().is_empty() && text.trim() == text.as_str()
            })
    }

    fn person() -> impl Strategy<Value = Text> {
        "[a-zA-Z0-9._-]{1,12}".prop_map(|raw| Text::new(&raw))
    }

    fn moment() -> impl Strategy<Value = Stamp> {
        let date = (1990_i16..2100, 1_i8..=12, 1_i8..=28)
            .prop_map(|(year, month, day)| Stamp::date(jiff::civil::date(year, month, day)));
        let instant = (0_i64..4_000_000_000, 0_i32..1_000_000_000)
            .prop_map(|(at, nanos)| Stamp::instant(Timestamp::new(at, nanos).unwrap()));
        prop_oneof![date, instant]
    }

    fn taken() -> impl Strategy<Value = Option<Decision>> {
        let one = (moment(), person(), words());
        proptest::option::of(one.prop_map(|(at, by, reason)| Decision { at, by, reason }))
    }

    fn artefact() -> impl Strategy<Value = Artefact> {
        let maybe = || proptest::option::of(words());
        (words(), maybe(), maybe(), maybe(), maybe()).prop_map(
            |(tool, project, cluster, path, rule)| Artefact { tool, project, cluster, path, rule },
        )
    }

    fn scope() -> impl Strategy<Value = ExceptionScope> {
        let list = || proptest::collection::vec(words(), 0..3);
        (list(), list(), "[g-o]{1,3} ?[a-z:#]", list()).prop_map(
            |(projects, tiers, name, other)| {
                let other =
                    if other.is_empty() { Vec::new() } else { vec![(Text::new(&name), other)] };
                ExceptionScope { projects, tiers, other, ..ExceptionScope::default() }
            },
        )
    }

    fn any_record() -> impl Strategy<Value = Record> {
        let names = ("[a-z0-9]([a-z0-9_-]{0,8}[a-z0-9])?", "[a-z][a-z0-9_]{0,10}", scope());
        let lists = (
            proptest::collection::vec(words(), 0..3),
            proptest::collection::vec(person(), 0..3),
            proptest::collection::vec(artefact(), 0..3),
        );
        let times = (moment(), moment(), taken(), taken());
        let texts = (words(), words(), proptest::option::of(words()), person());
        (names, lists, times, texts)
            .prop_filter("lives no time", |(_, _, (one, other, ..), _)| one.at != other.at)
            .prop_map(|((id, kind, scope), (words, people, artefacts), times, texts)| {
                let (one, other, revocation, closed) = times;
                let (title, risk, ticket, requester) = texts;
                let (starts_at, expires_at) =
                    if one.at < other.at { (one, other) } else { (other, one) };
                Record {
                    title,
                    kind: ExceptionKind::of(&kind),
                    scope,
                    requester,
                    risk,
                    residual_risk: ticket.clone(),
                    ticket,
                    controls: words.clone(),
                    evidence: words,
                    beneficiaries: people,
                    artefacts,
                    starts_at,
                    expires_at,
                    revocation,
                    closed,
                    ..record(&id, "2026-03-01", "2026-03-31")
                }
            })
    }

    proptest! {
        #[test]
        fn whatever_is_written_reads_back_as_it_was(record in any_record()) {
            prop_assert_eq!(read(&text_of(&record)), record);
        }
    }
}
