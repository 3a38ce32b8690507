//! What `exceptions lint` answers.

use super::form::record;

record! {
    /// One thing that is wrong, or worth knowing, in a file of the register.
    FlawItem<'a> {
        /// the rule, for those who sort by it: `unknown-key`, `lifetime`, `expired`, …
        code: &'a str,
        /// `error`, `warning` or `info`
        severity: &'a str,
        /// the file
        path: &'a str,
        /// the line, from 1; null where it is about the whole file
        line: Option<u64>,
        /// the column in characters, from 1
        column: Option<u64>,
        /// what is wrong
        what: &'a str,
        /// what to do about it
        cure: &'a str,
    }
}
