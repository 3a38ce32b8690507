//! [`Flaw`]: one thing that is wrong with a file of the register, with its place and its cure.

use std::fmt;

use crate::domain::Text;

/// How much a flaw weighs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum FlawSeverity {
    /// Worth knowing; nothing is wrong.
    Info,
    /// It should be changed; the record can be read all the same.
    Warning,
    /// The record breaks a rule, or cannot be read.
    Error,
}

impl FlawSeverity {
    /// Its word: `info`, `warning`, `error`.
    pub fn word(self) -> &'static str {
        match self {
            FlawSeverity::Info => "info",
            FlawSeverity::Warning => "warning",
            FlawSeverity::Error => "error",
        }
    }
}

impl fmt::Display for FlawSeverity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.word())
    }
}

/// One thing that is wrong, or worth knowing, in a file of the register.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Flaw {
    /// The rule: `unknown-key`, `lifetime`, `approver-is-requester`, …; never changes, for others suppress by it.
    pub code: &'static str,
    /// How much it weighs.
    pub severity: FlawSeverity,
    /// The file, as it was named to the reader.
    pub path: Text,
    /// The line, from 1; 0 where it is about the whole file.
    pub line: u32,
    /// The column in characters, from 1; 0 where it is not known.
    pub column: u32,
    /// What is wrong.
    pub what: Text,
    /// What to do about it.
    pub cure: Text,
}

/// Every rule there is, for those who have only its name: a file of an earlier run.
#[rustfmt::skip] // Read as a list.
const CODES: &[&str] = &[
    "yaml", "empty", "not-utf8", "too-large", "documents", "anchor", "duplicate-key", "unknown-key", "missing-key",
    "wrong-type", "id-form", "kind-form", "person-form", "instant", "order", "link", "duplicate-id", "file-name",
    "renews-unknown", "renews-cycle", "renewed-twice", "lifetime", "renewals", "owner-missing", "approver-missing",
    "approver-is-requester", "approver-is-beneficiary", "expired", "scope-empty", "controls-missing", "kind-spelling",
    "hidden-characters", "bare-date", "amended", "removed",
];

impl Flaw {
    /// The rule of this name.
    pub fn code_of(name: &str) -> Option<&'static str> {
        CODES.iter().copied().find(|code| *code == name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_rule_that_is_documented_is_found_by_its_name() {
        let page = include_str!("../../../docs/exceptions.md");
        let table = page.split("| rule | weight |").nth(1).unwrap().split("\n\n").next().unwrap();
        let rows = table.lines().filter_map(|line| line.strip_prefix("| `"));
        let cells = rows.filter_map(|row| row.split(" | ").next());
        let names: Vec<&str> = cells
            .flat_map(|cell| cell.split(", "))
            .map(|name| name.trim_matches(['`', ' ']))
            .collect();
        assert!(names.len() > 30, "{names:?}");
        for name in &names {
            assert_eq!(Flaw::code_of(name), Some(*name));
        }
        assert_eq!(CODES.len(), names.len());
        assert_eq!(Flaw::code_of("moon"), None);
    }
}
