//! [`Draft`]: a record as a person fills it in, line by line, and what is still wrong with it.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::lint::Rules;
use super::read::Entry;
use super::renew::{check_beside, path_of, to_seconds, until};
use super::write::quoted;
use crate::domain::{ExceptionKind, Flaw, FlawSeverity, Record, Text, Timestamp};

/// Stands for whoever the token belongs to, until GitLab has said who that is. It is no name that GitLab gives.
pub const UNNAMED: &str = "-";

/// The rule that a key has to be there.
const MISSING: &str = "missing-key";

/// How the words of a line are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// One value.
    Line,
    /// Several names, with commas between them.
    Names,
    /// Several sentences, with semicolons between them.
    Sentences,
    /// Artefacts, `TOOL PROJECT:PATH RULE`, with semicolons between them.
    Artefacts,
    /// When it begins: an instant, a date; now where nothing is said.
    Start,
    /// When it ends: a span from its start, a date, an instant.
    End,
}

/// A line of a draft.
#[derive(Debug, PartialEq, Eq)]
pub struct Key {
    /// Its name: that of the record's key, of a list of its scope without `scope.`.
    pub name: &'static str,
    /// What it says.
    pub doc: &'static str,
    /// How its words are read.
    pub form: Form,
}

/// Every line, in the order of a record.
#[rustfmt::skip] // One line a row: they are read as a table.
pub static KEYS: &[Key] = &[
    Key { name: "id", form: Form::Line, doc: "its name among all records, such as EXC-2026-014" },
    Key { name: "title", form: Form::Line, doc: "what it is, in one line" },
    Key { name: "kind", form: Form::Line, doc: "runner, release_role, package_source, policy, freeze_override, or your own" },
    Key { name: "projects", form: Form::Names, doc: "scope: full paths of projects, with commas between them" },
    Key { name: "environments", form: Form::Names, doc: "scope: environments of deployments" },
    Key { name: "tiers", form: Form::Names, doc: "scope: tiers of runners" },
    Key { name: "resources", form: Form::Names, doc: "scope: things of a cluster or a cloud, by name" },
    Key { name: "policies", form: Form::Names, doc: "scope: policies, checks, vulnerabilities, by id" },
    Key { name: "packages", form: Form::Names, doc: "scope: packages or their sources" },
    Key { name: "owner", form: Form::Line, doc: "the username of who answers for the risk that is left" },
    Key { name: "justification", form: Form::Line, doc: "why it is needed" },
    Key { name: "risk", form: Form::Line, doc: "what may go wrong through it" },
    Key { name: "residual_risk", form: Form::Line, doc: "what of that is left with the controls in place" },
    Key { name: "controls", form: Form::Sentences, doc: "what is done instead while it holds; semicolons between them" },
    Key { name: "approvers", form: Form::Names, doc: "usernames of who approves it: not you, and nobody who gains by it" },
    Key { name: "beneficiaries", form: Form::Names, doc: "usernames of who gains by it, beside you" },
    Key { name: "starts_at", form: Form::Start, doc: "from when on it holds: a date, an instant; now where nothing is said" },
    Key { name: "expires_at", form: Form::End, doc: "until when: 30d from its start, a date (00:00 UTC at its start), or an instant" },
    Key { name: "ticket", form: Form::Line, doc: "where the cure is worked on" },
    Key { name: "artefacts", form: Form::Artefacts, doc: "what puts it into force: TOOL PROJECT:PATH RULE; semicolons between them" },
    Key { name: "evidence", form: Form::Sentences, doc: "what proves it: addresses; semicolons between them" },
];

/// The lists of the scope.
const SCOPE: [&str; 6] = ["projects", "environments", "tiers", "resources", "policies", "packages"];

/// The line of this name.
pub fn key(name: &str) -> Option<&'static Key> {
    KEYS.iter().find(|key| key.name == name)
}

/// The words of one line, as its form separates them.
pub fn parts(form: Form, words: &str) -> Vec<String> {
    let split = |sign: char| {
        let parts = words.split(sign).map(str::trim).filter(|part| !part.is_empty());
        parts.map(str::to_owned).collect()
    };
    match form {
        Form::Names => split(','),
        Form::Sentences | Form::Artefacts => split(';'),
        Form::Line | Form::Start | Form::End => {
            let words = words.trim();
            if words.is_empty() { Vec::new() } else { vec![words.to_owned()] }
        }
    }
}

/// A record as it is being filled in.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Draft {
    lines: BTreeMap<&'static str, Vec<Text>>,
}

/// What a draft comes to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Judged {
    /// The record, where it can be read as one.
    pub record: Option<Record>,
    /// What is wrong with it, or worth knowing, with the line that it is about.
    pub flaws: Vec<(Option<&'static str>, Flaw)>,
}

impl Judged {
    /// Whether it may be asked for.
    pub fn is_ready(&self) -> bool {
        self.record.is_some() && self.errors().next().is_none()
    }

    /// What forbids it.
    pub fn errors(&self) -> impl Iterator<Item = &(Option<&'static str>, Flaw)> {
        self.flaws.iter().filter(|(_, flaw)| flaw.severity == FlawSeverity::Error)
    }
}

/// What a draft is judged with.
#[derive(Debug, Clone, Copy)]
pub struct Bench<'a> {
    /// Who asks; [`UNNAMED`] where that is not known yet.
    pub requester: &'a str,
    /// The records that it may meet: those with its id.
    pub beside: &'a [Record],
    /// The folder of the register.
    pub folder: &'a str,
    /// What the platform allows.
    pub rules: &'a Rules,
    /// When it is asked for.
    pub now: Timestamp,
}

impl Draft {
    /// Fills a line in; what says nothing leaves it empty.
    pub fn set(&mut self, key: &'static Key, parts: &[String]) {
        let parts: Vec<Text> = parts.iter().map(|part| Text::new(part.trim())).collect();
        let parts: Vec<Text> = parts.into_iter().filter(|part| !part.is_empty()).collect();
        if parts.is_empty() {
            self.lines.remove(key.name);
        } else {
            self.lines.insert(key.name, parts);
        }
    }

    /// The record that it comes to, and everything that the rules say of it.
    pub fn judge(&self, bench: &Bench<'_>) -> Judged {
        let page = self.page(bench);
        let id = self.one("id").filter(|id| !id.contains('/'));
        let path = path_of(bench.folder, id.map_or("new", Text::as_str));
        match Entry::read(&path, page.text.as_bytes()) {
            Err(flaws) => {
                let missing: Vec<&'static str> = flaws
                    .iter()
                    .filter(|flaw| flaw.code == MISSING)
                    .filter_map(|flaw| page.of(flaw))
                    .collect();
                let mut told = page.told(flaws);
                // What is there is judged already, whatever is still to come.
                if !missing.is_empty() && missing.len() == told.len() {
                    let filled = self.filled(&missing).judge(bench).flaws;
                    let is_there = |of: Option<&str>| of.is_none_or(|of| !missing.contains(&of));
                    told.extend(filled.into_iter().filter(|(of, _)| is_there(*of)));
                }
                Judged { record: None, flaws: told }
            }
            Ok(entry) => {
                let record = Some(entry.record.clone());
                let flaws =
                    check_beside(entry, bench.beside, (bench.folder, bench.rules), bench.now);
                Judged { record, flaws: page.told(flaws) }
            }
        }
    }

    /// The same with something in the lines that are still empty.
    fn filled(&self, missing: &[&'static str]) -> Draft {
        let mut draft = self.clone();
        for name in missing {
            let word = match *name {
                "kind" => ExceptionKind::Runner.name(),
                "expires_at" => "1d",
                _ => "x",
            };
            draft.lines.insert(name, vec![Text::new(word)]);
        }
        draft
    }

    fn one(&self, name: &str) -> Option<&Text> {
        self.lines.get(name).and_then(|parts| parts.first())
    }

    /// The text of the record, and which line of it is which.
    fn page(&self, bench: &Bench<'_>) -> Page {
        let mut page = Page::default();
        let starts = self.one("starts_at");
        let begins = starts.and_then(|words| until(words, bench.now).ok());
        let begins = begins.map_or_else(|| to_seconds(bench.now), |stamp| stamp.at);
        page.scope(self);
        page.add(None, "requester", bench.requester);
        for key in KEYS.iter().filter(|key| !SCOPE.contains(&key.name)) {
            let parts = self.lines.get(key.name).map(Vec::as_slice).unwrap_or_default();
            match (key.form, parts) {
                (Form::Start, []) => page.bare(key, &to_seconds(bench.now).to_string()),
                (_, []) => (),
                (Form::Start, [words, ..]) => page.stamp(key, words, bench.now),
                (Form::End, [words, ..]) => page.stamp(key, words, begins),
                (Form::Line, [words, ..]) => page.add(Some(key.name), key.name, words),
                (Form::Names | Form::Sentences, parts) => page.list(key, parts),
                (Form::Artefacts, parts) => page.artefacts(key, parts),
            }
        }
        page
    }
}

/// A text that grows line by line, each line known by the key that it is of.
#[derive(Default)]
struct Page {
    text: String,
    lines: Vec<Option<&'static str>>,
}

impl Page {
    fn line(&mut self, of: Option<&'static str>, text: &str) {
        // Writing to a string cannot fail.
        _ = writeln!(self.text, "{text}");
        self.lines.push(of);
    }

    fn add(&mut self, of: Option<&'static str>, name: &str, value: &str) {
        self.line(of, &format!("{name}: {}", quoted(value)));
    }

    fn bare(&mut self, key: &'static Key, value: &str) {
        self.line(Some(key.name), &format!("{}: {value}", key.name));
    }

    /// An instant; what is none stays as it was typed, and is told as what it is.
    fn stamp(&mut self, key: &'static Key, words: &str, from: Timestamp) {
        match until(words, from) {
            Ok(stamp) => self.bare(key, &stamp.text()),
            Err(_) => self.add(Some(key.name), key.name, words),
        }
    }

    fn list(&mut self, key: &'static Key, parts: &[Text]) {
        self.line(Some(key.name), &format!("{}:", key.name));
        for part in parts {
            self.line(Some(key.name), &format!("  - {}", quoted(part)));
        }
    }

    fn scope(&mut self, draft: &Draft) {
        let lists = KEYS.iter().filter(|key| SCOPE.contains(&key.name));
        let lists: Vec<_> =
            lists.filter_map(|key| Some((key, draft.lines.get(key.name)?))).collect();
        if lists.is_empty() {
            return self.line(Some("projects"), "scope: {}");
        }
        self.line(Some("projects"), "scope:");
        for (key, parts) in lists {
            self.line(Some(key.name), &format!("  {}:", key.name));
            for part in parts {
                self.line(Some(key.name), &format!("    - {}", quoted(part)));
            }
        }
    }

    fn artefacts(&mut self, key: &'static Key, parts: &[Text]) {
        self.line(Some(key.name), "artefacts:");
        for part in parts {
            let mut words = part.split_whitespace();
            let tool = words.next().unwrap_or_default();
            self.line(Some(key.name), &format!("  - tool: {}", quoted(tool)));
            let (home, path) =
                words.next().map_or(("", ""), |place| place.split_once(':').unwrap_or((place, "")));
            // A project has a path of several parts, a cluster a plain name.
            let of = if home.contains('/') { "project" } else { "cluster" };
            let rule = words.collect::<Vec<_>>().join(" ");
            for (name, value) in [(of, home), ("path", path), ("rule", rule.as_str())] {
                if !value.is_empty() {
                    self.line(Some(key.name), &format!("    {name}: {}", quoted(value)));
                }
            }
        }
    }

    /// Flaws with the lines of the draft that they are about.
    fn told(&self, flaws: Vec<Flaw>) -> Vec<(Option<&'static str>, Flaw)> {
        flaws.into_iter().map(|flaw| (self.of(&flaw), flaw)).collect()
    }

    fn of(&self, flaw: &Flaw) -> Option<&'static str> {
        let named = match flaw.code {
            MISSING => flaw.what.split('`').nth(1).unwrap_or_default(),
            "owner-missing" => "owner",
            "approver-missing" => "approvers",
            "controls-missing" => "controls",
            "scope-empty" => "projects",
            _ => "",
        };
        let at = usize::try_from(flaw.line).ok().and_then(|line| line.checked_sub(1));
        let of_line = || at.and_then(|at| self.lines.get(at).copied().flatten());
        key(named).map(|key| key.name).or_else(of_line)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::exception::fixture::{record, stamp};

    const NOW: &str = "2026-03-01T12:00:00.25Z";

    fn draft(lines: &[(&str, &str)]) -> Draft {
        let mut draft = Draft::default();
        for (name, words) in lines {
            let key = key(name).unwrap();
            draft.set(key, &parts(key.form, words));
        }
        draft
    }

    fn whole() -> Vec<(&'static str, &'static str)> {
        vec![
            ("id", "EXC-9"),
            ("title", "yes: a \"larger\" runner"),
            ("kind", "runner"),
            ("projects", "acme/shop, acme/web"),
            ("tiers", "protected"),
            ("owner", "wei"),
            ("justification", "the build needs more memory"),
            ("risk", "a shared cache"),
            ("controls", "cleared after each job; looked at, every day"),
            ("approvers", "lena, olga"),
            ("expires_at", "30d"),
            ("ticket", "OPS-1"),
            ("artefacts", "gitlab-runner acme/runners:large.toml tags; kyverno ci:ns/name"),
        ]
    }

    fn judged(lines: &[(&str, &str)], requester: &str, beside: &[Record]) -> Judged {
        let (folder, rules, now) = ("exceptions", &Rules::default(), NOW.parse().unwrap());
        draft(lines).judge(&Bench { requester, beside, folder, rules, now })
    }

    fn told(judged: &Judged) -> Vec<(&'static str, Option<&'static str>)> {
        judged.flaws.iter().map(|(of, flaw)| (flaw.code, *of)).collect()
    }

    #[test]
    fn a_whole_draft_is_a_record_without_a_flaw() {
        let judged = judged(&whole(), "asha", &[]);
        assert_eq!(told(&judged), []);
        let record = judged.record.unwrap();
        assert_eq!(&*record.title, "yes: a \"larger\" runner");
        assert_eq!(record.scope.projects, ["acme/shop", "acme/web"].map(Text::new));
        assert_eq!(
            record.controls,
            ["cleared after each job", "looked at, every day"].map(Text::new)
        );
        assert_eq!(record.starts_at, stamp("2026-03-01T12:00:01Z"));
        assert_eq!(record.expires_at, stamp("2026-03-31T12:00:01Z"));
        assert_eq!(record.artefacts[0].project.as_deref(), Some("acme/runners"));
        assert_eq!(record.artefacts[0].rule.as_deref(), Some("tags"));
        assert_eq!(record.artefacts[1].cluster.as_deref(), Some("ci"));
        assert_eq!(record.artefacts[1].path.as_deref(), Some("ns/name"));
    }

    #[test]
    fn an_empty_draft_says_what_it_needs_and_of_which_line() {
        let judged = judged(&[], UNNAMED, &[]);
        let needed = ["id", "title", "kind", "justification", "risk", "expires_at"];
        let expected: Vec<_> = needed.iter().map(|name| ("missing-key", Some(*name))).collect();
        let mut found = told(&judged);
        let others = found.split_off(needed.len());
        let named = ["owner", "approvers", "projects", "controls"].map(Some);
        assert_eq!(others.len(), named.len(), "{others:?}");
        assert!(named.iter().all(|of| others.iter().any(|(_, other)| other == of)), "{others:?}");
        found.sort_by_key(|(_, of)| needed.iter().position(|name| Some(*name) == *of));
        assert_eq!((found, judged.record), (expected, None));
    }

    #[test]
    fn a_rule_that_is_broken_is_told_of_its_line() {
        for (line, code) in [
            (("approvers", "Asha"), "approver-is-requester"),
            (("expires_at", "200d"), "lifetime"),
            (("expires_at", "soon"), "instant"),
            (("starts_at", "2026-09-01"), "order"),
            (("kind", "Runner"), "kind-form"),
            (("owner", "@wei"), "person-form"),
            (("id", "a/../b"), "id-form"),
        ] {
            let mut lines = whole();
            lines.retain(|(name, _)| *name != line.0);
            lines.push(line);
            if code == "order" {
                lines.retain(|(name, _)| *name != "expires_at");
                lines.push(("expires_at", "2026-08-01"));
            }
            let of = if code == "order" { "expires_at" } else { line.0 };
            let found = judged(&lines, "asha", &[]);
            assert_eq!(told(&found), [(code, Some(of))]);
            assert!(!found.is_ready());
        }
    }

    #[test]
    fn what_is_there_is_judged_while_something_is_missing() {
        let mut lines = whole();
        lines.retain(|(name, _)| !matches!(*name, "expires_at" | "title" | "approvers"));
        lines.push(("approvers", "asha"));
        let found = judged(&lines, "asha", &[]);
        let mut codes = told(&found);
        codes.sort_unstable();
        let missing = |name| ("missing-key", Some(name));
        let expected =
            [("approver-is-requester", Some("approvers")), missing("expires_at"), missing("title")];
        assert_eq!((codes.as_slice(), found.record), (expected.as_slice(), None));
    }

    #[test]
    fn a_bare_date_is_worth_knowing_and_forbids_nothing() {
        let mut lines = whole();
        lines.retain(|(name, _)| *name != "expires_at");
        lines.push(("expires_at", "2026-03-31"));
        let found = judged(&lines, "asha", &[]);
        assert_eq!(
            (told(&found), found.is_ready()),
            (vec![("bare-date", Some("expires_at"))], true)
        );
    }

    #[test]
    fn an_id_that_is_taken_is_told_of() {
        let old = record("EXC-9", "2026-02-01", "2026-03-20");
        let found = judged(&whole(), "asha", &[old]);
        assert_eq!(told(&found), [("duplicate-id", Some("id"))]);
    }

    #[test]
    fn hostile_words_stay_in_their_line() {
        let mut lines = whole();
        lines.retain(|(name, _)| *name != "title");
        lines.push(("title", "a\nrequester: olga\u{1b}[2J # x"));
        let record = judged(&lines, "asha", &[]).record.unwrap();
        assert_eq!(&*record.requester, "asha");
        assert_eq!(&*record.title, "a requester: olga\u{fffd}[2J # x");
    }
}
