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
