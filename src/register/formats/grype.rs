//! `.grype.yaml`: rules of `ignore`, which know no end (anchore/grype, `grype/match/ignore.go`).

use serde::Deserialize;

use super::file::{File, Found, said};
use super::yaml::{self, Placed};
use crate::domain::exception::{Standing, Tool};
use crate::domain::{Flaw, Text};

#[derive(Deserialize)]
struct Document {
    ignore: Option<Vec<Placed<Rule>>>,
}

/// A rule fits a finding that has everything it names; a list of rules fits what one of them fits.
#[derive(Deserialize, Default)]
#[serde(rename_all = "kebab-case")]
struct Rule {
    vulnerability: Option<String>,
    include_aliases: Option<bool>,
    reason: Option<String>,
    namespace: Option<String>,
    fix_state: Option<String>,
    package: Option<Package>,
    vex_status: Option<String>,
    vex_justification: Option<String>,
    match_type: Option<String>,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "kebab-case")]
struct Package {
    name: Option<String>,
    version: Option<String>,
    language: Option<String>,
    #[serde(rename = "type")]
    kind: Option<String>,
    location: Option<String>,
    upstream_name: Option<String>,
}

/// Reads the file.
pub(super) fn read(file: &File<'_>, text: &str) -> Result<Found, Flaw> {
    let mut found = Found::default();
    let Some(document) = yaml::first::<Document>(file, text)? else { return Ok(found) };
    for rule in document.ignore.unwrap_or_default() {
        one(file, yaml::line(&rule), rule.value, &mut found);
    }
    Ok(found)
}

fn one(file: &File<'_>, line: u32, rule: Rule, found: &mut Found) {
    let package = rule.package.unwrap_or_default();
    let named = package.name.as_deref().unwrap_or_default();
    let mut narrowed: Vec<Text> = [
        ("package", package.name.as_deref()),
        ("version", package.version.as_deref()),
        ("language", package.language.as_deref()),
        ("type", package.kind.as_deref()),
        ("location", package.location.as_deref()),
        ("upstream", package.upstream_name.as_deref()),
        ("namespace", rule.namespace.as_deref()),
        ("fix state", rule.fix_state.as_deref()),
        ("match type", rule.match_type.as_deref()),
        ("VEX status", rule.vex_status.as_deref()),
        ("VEX justification", rule.vex_justification.as_deref()),
    ]
    .into_iter()
    .filter_map(|(name, word)| Some((name, word.filter(|word| !word.is_empty())?)))
    .map(|(name, word)| Text::new(&format!("{name} {word}")))
    .collect();
    let id = rule.vulnerability.filter(|id| !id.is_empty());
    let is_void = id.is_none() && narrowed.is_empty();
    let id =
        id.unwrap_or_else(|| if named.is_empty() { "*".into() } else { format!("* of {named}") });
    let mut native = file.native(Tool::Grype, line, &id);
    if rule.include_aliases == Some(true) {
        narrowed.push(Text::new("with the aliases of its id"));
    }
    native.subjects = narrowed;
    native.reason = rule.reason.as_deref().and_then(said);
    if rule.vex_status.is_some_and(|status| !status.is_empty()) {
        native.caveats.push(Text::new("heeded only where grype is given a VEX document"));
    }
    if is_void {
        let what = "grype passes over a rule that names nothing";
        native.standing = Standing::Ignored(Text::new(what));
        let cure = "name a vulnerability or a package, or take the rule out";
        found.warnings.push(file.warning(line, "empty-rule", what, cure));
    }
    found.natives.push(native);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::Native;
    use crate::domain::exception::Bound;
    use crate::register::formats::tests::{FILE, at, texts};

    fn natives(text: &str) -> Vec<Native> {
        read(&FILE, text).unwrap().natives
    }

    #[test]
    fn a_rule_never_ends_whatever_is_written_in_it() {
        let text = "ignore:\n  - vulnerability: CVE-2024-1\n    ignoreUntil: 2020-01-01\n    expired_at: 2020-01-01\n";
        let all = natives(text);
        assert_eq!(all[0].bound, Bound::Impossible);
        assert!(all[0].is_in_force(at("2999-01-01T00:00:00Z")));
    }

    #[test]
    fn one_rule_is_one_exception_narrowed_by_all_that_it_names() {
        let text = "\
fail-on-severity: high
ignore:
  - vulnerability: CVE-2008-4318
    include-aliases: true
    reason: no caller
    fix-state: unknown
    package:
      name: libcurl
      version: 1.5.1
      type: npm
      location: /usr/**
      upstream-name: curl
  - package: {type: gem}
";
        let all = natives(text);
        assert_eq!((all[0].line, &*all[0].rule), (Some(3), "CVE-2008-4318"));
        let subjects = [
            "package libcurl",
            "version 1.5.1",
            "type npm",
            "location /usr/**",
            "upstream curl",
            "fix state unknown",
            "with the aliases of its id",
        ];
        assert_eq!(all[0].subjects, texts(&subjects));
        assert_eq!(all[0].reason, Some(Text::new("no caller")));
        assert_eq!((&*all[1].rule, &all[1].subjects), ("*", &texts(&["type gem"])));
    }

    #[test]
    fn a_rule_without_a_vulnerability_lets_pass_all_of_a_package() {
        let all = natives("ignore:\n  - package:\n      name: libcurl\n");
        assert_eq!(&*all[0].rule, "* of libcurl");
    }

    #[test]
    fn a_rule_that_names_nothing_lets_nothing_pass() {
        let found = read(&FILE, "ignore:\n  - reason: all of it\n").unwrap();
        assert!(!found.natives[0].is_in_force(at("2026-01-01T00:00:00Z")));
        assert_eq!((found.warnings[0].line, found.warnings[0].code), (2, "empty-rule"));
    }

    #[test]
    fn a_rule_on_vex_needs_a_document_and_says_so() {
        let all = natives("ignore:\n  - vex-status: not_affected\n    vex-justification: unused\n");
        assert_eq!(all[0].caveats, texts(&["heeded only where grype is given a VEX document"]));
    }

    #[test]
    fn a_file_without_rules_lets_nothing_pass() {
        assert_eq!(natives("fail-on-severity: high\n"), []);
        assert_eq!(natives(""), []);
    }
}
