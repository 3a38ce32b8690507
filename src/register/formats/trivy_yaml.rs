//! `.trivyignore.yaml`: lists of ids by kind of finding (aquasecurity/trivy, `pkg/result/ignore.go`).

use serde::Deserialize;

use super::day;
use super::file::{File, Found, said};
use super::yaml::{self, Placed};
use crate::domain::exception::{Bound, Tool};
use crate::domain::{Flaw, Native, Text};

const OF_A_FLAG: &str = "heeded only where trivy is run with --ignorefile .trivyignore.yaml";

#[derive(Deserialize)]
struct Document {
    vulnerabilities: Option<Vec<Entry>>,
    misconfigurations: Option<Vec<Entry>>,
    secrets: Option<Vec<Entry>>,
    licenses: Option<Vec<Entry>>,
}

#[derive(Deserialize)]
struct Entry {
    id: Option<Placed<String>>,
    paths: Option<Vec<String>>,
    purls: Option<Vec<String>>,
    expired_at: Option<Placed<String>>,
    statement: Option<String>,
}

/// Reads the file. What trivy would refuse to start with is refused here too.
pub(super) fn read(file: &File<'_>, text: &str) -> Result<Found, Flaw> {
    let mut found = Found::default();
    let Some(document) = yaml::first::<Document>(file, text)? else { return Ok(found) };
    let lists = [
        ("vulnerability", document.vulnerabilities),
        ("misconfiguration", document.misconfigurations),
        ("secret", document.secrets),
        ("license", document.licenses),
    ];
    for (kind, entries) in lists {
        for entry in entries.unwrap_or_default() {
            found.natives.extend(one(file, kind, entry)?);
        }
    }
    Ok(found)
}

/// An entry without an id fits no finding, so it lets nothing pass.
fn one(file: &File<'_>, kind: &str, entry: Entry) -> Result<Option<Native>, Flaw> {
    let Some(id) = entry.id.filter(|id| !id.value.is_empty()) else { return Ok(None) };
    let mut native = file.native(Tool::TrivyIgnoreYaml, yaml::line(&id), &id.value);
    native.bound = match &entry.expired_at {
        None => Bound::Unset,
        Some(raw) => day::go_yaml(&raw.value).ok_or_else(|| {
            let what = format!("`expired_at: {}` is no day, and trivy stops at it", raw.value);
            file.refusal(yaml::line(raw), "bad-date", &what, "write it as 2026-03-31")
        })?,
    };
    let paths = entry.paths.unwrap_or_default().into_iter().map(|path| format!("path {path}"));
    let packages =
        entry.purls.unwrap_or_default().into_iter().map(|purl| format!("package {purl}"));
    let narrowed = paths.chain(packages).map(|subject| Text::new(&subject));
    native.subjects = std::iter::once(Text::new(kind)).chain(narrowed).collect();
    native.reason = entry.statement.as_deref().and_then(said);
    native.caveats = vec![Text::new(OF_A_FLAG)];
    Ok(Some(native))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::register::formats::tests::{FILE, at, texts, until_date};

    const WHOLE: &str = "\
vulnerabilities:
  - id: CVE-2024-1
    paths: [usr/lib/libssl.so]
    purls:
      - pkg:deb/debian/openssl
    expired_at: 2026-03-31
    statement: no caller
  - id: CVE-2024-2
misconfigurations:
  - id: AVD-DS-0002
secrets:
  - id: aws-access-key-id
licenses:
  - id: GPL-3.0
";

    fn natives(text: &str) -> Vec<Native> {
        read(&FILE, text).unwrap().natives
    }

    #[test]
    fn an_entry_says_what_it_is_for_until_when_and_why() {
        let all = natives(WHOLE);
        let first = &all[0];
        assert_eq!((first.line, &*first.rule), (Some(2), "CVE-2024-1"));
        let subjects =
            ["vulnerability", "path usr/lib/libssl.so", "package pkg:deb/debian/openssl"];
        assert_eq!(first.subjects, texts(&subjects));
        assert_eq!(first.bound, until_date(2026, 3, 31));
        assert_eq!(first.reason, Some(Text::new("no caller")));
    }

    #[test]
    fn every_list_is_read() {
        let rules: Vec<Text> = natives(WHOLE).into_iter().map(|one| one.rule).collect();
        let told = ["CVE-2024-1", "CVE-2024-2", "AVD-DS-0002", "aws-access-key-id", "GPL-3.0"];
        assert_eq!(rules, texts(&told));
    }

    #[test]
    fn an_unset_end_is_for_ever() {
        let all = natives(WHOLE);
        assert_eq!(all[1].bound, Bound::Unset);
        assert!(all[1].is_in_force(at("2999-01-01T00:00:00Z")));
    }

    #[test]
    fn it_must_be_passed_to_trivy_and_says_so() {
        assert_eq!(natives(WHOLE)[0].caveats, texts(&[OF_A_FLAG]));
    }

    #[test]
    fn a_bad_day_refuses_the_file_at_its_line_as_trivy_does() {
        let refused = read(&FILE, "secrets:\n  - id: a\n    expired_at: soon\n").unwrap_err();
        assert_eq!((refused.line, refused.code), (3, "bad-date"));
    }

    #[test]
    fn an_empty_file_and_an_entry_without_an_id_let_nothing_pass() {
        for text in ["", "# nothing yet\n", "secrets:\n", "secrets:\n  - statement: all of them\n"]
        {
            assert_eq!(natives(text), [], "{text}");
        }
    }

    #[test]
    fn keys_of_other_versions_are_passed_over() {
        let all = natives("version: 3\nsecrets:\n  - id: a\n    severity: LOW\n");
        assert_eq!(all.len(), 1);
    }
}
