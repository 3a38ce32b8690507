//! The filter language: typed terms (`tier:protected age>10m !ref:main`) and fuzzy words.

mod complete;
mod doubt;
mod matching;
mod operand;
mod parse;

pub use complete::{Completion, complete};
pub use doubt::{Doubt, doubts};
pub use matching::Matcher;
pub use parse::parse;

use std::ops::Range;

use crate::domain::Text;
use crate::pane::lens::FieldKind;

/// A parsed filter: every term must hold.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Query {
    terms: Vec<Term>,
}

impl Query {
    /// Whether it lets every row through.
    pub fn is_empty(&self) -> bool {
        self.terms.is_empty()
    }

    /// Whether time alone can change what it lets through.
    pub fn moves_with_time(&self) -> bool {
        self.terms
            .iter()
            .any(|term| matches!(&term.test, Test::Field { kind: FieldKind::Span, .. }))
    }

    /// The same without its fuzzy words, and these by themselves, in lower case.
    pub fn split(self) -> (Query, Vec<String>) {
        let words = self.words().map(str::to_lowercase).collect();
        let is_word = |term: &Term| matches!(term.test, Test::Fuzzy(_)) && term.sense == Sense::Is;
        let terms = self.terms.into_iter().filter(|term| !is_word(term)).collect();
        (Query { terms }, words)
    }

    /// The fuzzy words, for pointing at what matched.
    pub fn words(&self) -> impl Iterator<Item = &str> {
        self.terms.iter().filter_map(|term| match &term.test {
            Test::Fuzzy(words) if term.sense == Sense::Is => Some(words.as_str()),
            Test::Fuzzy(_) | Test::Field { .. } => None,
        })
    }
}

/// One condition.
#[derive(Debug, Clone, PartialEq)]
struct Term {
    sense: Sense,
    test: Test,
}

/// Whether a condition must hold or must not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Sense {
    Is,
    IsNot,
}

/// What a condition asks.
#[derive(Debug, Clone, PartialEq)]
enum Test {
    /// The letters, in this order, somewhere in the row's words; when negated, the word as it stands.
    Fuzzy(String),
    /// A field against some values, any of which may match.
    Field { name: &'static str, kind: FieldKind, relation: Relation, values: Vec<Operand> },
}

/// How a field is held against a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Relation {
    /// `:` contains, or fits a pattern with `*`.
    Has,
    /// `=` is exactly.
    Equals,
    /// `>`.
    Above,
    /// `>=`.
    AtLeast,
    /// `<`.
    Below,
    /// `<=`.
    AtMost,
}

/// What a field is held against.
#[derive(Debug, Clone, PartialEq)]
enum Operand {
    /// `none`: the value is unknown or does not apply.
    None,
    /// Words, in lower case.
    Words(String),
    /// A number, or a span in seconds.
    Number(f64),
    /// Yes or no.
    Bool(bool),
}

/// What is wrong with a filter, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// The bytes of the text that are meant.
    pub at: Range<usize>,
    /// What is wrong.
    pub message: String,
    /// What would be right.
    pub hint: String,
}

/// The word that stands for "unknown or does not apply".
pub(super) const NONE: &str = "none";

/// Words as a term takes them back: quoted where they hold blanks.
pub(super) fn quoted(words: &Text) -> String {
    if words.contains([' ', '"', ',', ':']) {
        format!("\"{}\"", words.replace('"', ""))
    } else {
        words.to_string()
    }
}
