//! What must hold over the files of a register: each rule a pure function, each flaw with place and cure.
//!
//! **Invariant:** a record that is over (closed, revoked, superseded) is history: only what makes it unreadable or its name
//! ambiguous is told of it, so that a rule made today never fails on what was right then.

mod duty;
mod life;
mod names;

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use super::index::{Lineage, Register};
use super::read::Entry;
use crate::domain::{ExceptionState, Flaw, FlawSeverity, Text, Timestamp};

/// A day.
const DAY: Duration = Duration::from_hours(24);

/// The rules that a platform sets itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rules {
    /// The longest life by kind; `default` is for the rest. `exceptions.max_ttl`.
    pub max_ttl: BTreeMap<String, Duration>,
    /// How often a grant may be renewed. `exceptions.max_renewals`.
    pub max_renewals: u32,
}

impl Default for Rules {
    fn default() -> Rules {
        Rules { max_ttl: BTreeMap::from([("default".to_owned(), DAY * 90)]), max_renewals: 2 }
    }
}

impl Rules {
    /// Those of a configuration, over the defaults.
    pub fn new(max_ttl: &BTreeMap<String, Duration>, max_renewals: u32) -> Rules {
        let mut rules = Rules { max_renewals, ..Rules::default() };
        rules.max_ttl.extend(max_ttl.clone());
        rules
    }

    /// The longest life of a kind.
    pub fn longest(&self, kind: &str) -> Duration {
        let found = self.max_ttl.get(kind).or_else(|| self.max_ttl.get("default"));
        found.copied().unwrap_or(DAY * 90)
    }
}

/// What was found in the files of a register.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Sifted {
    /// The records that could be read.
    pub register: Register,
    /// How many files were read, the unreadable ones too.
    pub files: usize,
    /// Every flaw, in the order of files and places.
    pub flaws: Vec<Flaw>,
}

impl Sifted {
    /// Whether anything weighs more than information.
    pub fn is_faulty(&self) -> bool {
        self.flaws.iter().any(|flaw| flaw.severity > FlawSeverity::Info)
    }
}

/// One record, and what a rule may want to know about it.
struct Case<'r> {
    entry: &'r Entry,
    lineage: &'r Lineage,
    register: &'r Register,
    rules: &'r Rules,
    /// The names of files that could not be read: their records may be those that others name.
    unread: &'r BTreeSet<Text>,
    now: Timestamp,
}

impl Case<'_> {
    fn state(&self) -> ExceptionState {
        self.register.state(&self.entry.record, self.now)
    }

    /// A flaw at a key of the record.
    fn flaw(
        &self,
        severity: FlawSeverity,
        code: &'static str,
        key: &str,
        (what, cure): (String, &str),
    ) -> Flaw {
        let (line, column) = self.entry.place_of(key);
        let (what, cure) = (Text::new(&what), Text::new(cure));
        Flaw { code, severity, path: self.entry.path.clone(), line, column, what, cure }
    }

    fn error(&self, code: &'static str, key: &str, words: (String, &str)) -> Flaw {
        self.flaw(FlawSeverity::Error, code, key, words)
    }

    fn warning(&self, code: &'static str, key: &str, words: (String, &str)) -> Flaw {
        self.flaw(FlawSeverity::Warning, code, key, words)
    }
}

/// A rule over one record.
type Rule = fn(&Case<'_>) -> Vec<Flaw>;

/// What holds of every record, also of those that are over.
const ALWAYS: [Rule; 3] = [names::duplicate, names::file_name, names::renews];

/// What holds of a record that is not over.
const WHILE_IT_LIVES: [Rule; 7] = [
    duty::owner,
    duty::approvers,
    duty::substance,
    life::lifetime,
    life::renewals,
    life::expired,
    life::bare_date,
];

/// Reads files by their names and checks everything that can be checked without a platform. Pure: no file is opened.
pub fn lint<'f>(
    files: impl IntoIterator<Item = (&'f str, &'f [u8])>,
    rules: &Rules,
    now: Timestamp,
) -> Sifted {
    let (mut entries, mut flaws, mut unread) = (Vec::new(), Vec::new(), BTreeSet::new());
    let mut count = 0;
    for (path, bytes) in files {
        count += 1;
        match Entry::read(path, bytes) {
            Ok(entry) => entries.push(entry),
            Err(mut found) => {
                unread.insert(Text::new(names::stem(path)));
                flaws.append(&mut found);
            }
        }
    }
    let register = Register::new(entries);
    flaws.append(&mut check(&register, &unread, rules, now));
    flaws.sort_by(|one, other| order(one).cmp(&order(other)));
    Sifted { register, files: count, flaws }
}

/// Checks records that were read already; `unread` are the names of the files beside them that could not be.
pub fn check(
    register: &Register,
    unread: &BTreeSet<Text>,
    rules: &Rules,
    now: Timestamp,
) -> Vec<Flaw> {
    let mut flaws = Vec::new();
    for (entry, lineage) in register.with_lineages() {
        let case = Case { entry, lineage, register, rules, unread, now };
        flaws.extend(entry.notes.iter().cloned());
        flaws.extend(ALWAYS.iter().flat_map(|rule| rule(&case)));
        if !is_over(case.state()) {
            flaws.extend(WHILE_IT_LIVES.iter().flat_map(|rule| rule(&case)));
        }
    }
    flaws
}

fn is_over(state: ExceptionState) -> bool {
    use ExceptionState::{Closed, Revoked, Superseded};
    matches!(state, Closed | Revoked | Superseded)
}

/// By file, place, and rule; then by what is said, for two flaws of one rule may have one place.
fn order(flaw: &Flaw) -> (&str, u32, u32, &str, &str) {
    (&flaw.path, flaw.line, flaw.column, flaw.code, &flaw.what)
}

#[cfg(test)]
mod tests;
