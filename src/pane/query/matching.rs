//! Whether a row fits a filter.

use nucleo_matcher::pattern::{AtomKind, CaseMatching, Normalization, Pattern};
use nucleo_matcher::{Config, Utf32Str};

use super::{Operand, Query, Relation, Sense, Term, Test};
use crate::domain::project::glob;
use crate::pane::lens::{Cx, Lens, Subject, Value};

/// The workspace of fuzzy matching, made on first use and kept from row to row.
pub type Matcher = Option<Box<Workspace>>;

/// Buffers and compiled words.
#[derive(Debug)]
pub struct Workspace {
    matcher: nucleo_matcher::Matcher,
    patterns: Vec<Pattern>,
    buffer: Vec<char>,
}

impl Workspace {
    fn new(query: &Query) -> Workspace {
        let patterns = query
            .words()
            .map(|words| {
                Pattern::new(words, CaseMatching::Ignore, Normalization::Smart, AtomKind::Fuzzy)
            })
            .collect();
        let matcher = nucleo_matcher::Matcher::new(Config::DEFAULT);
        Workspace { matcher, patterns, buffer: Vec::new() }
    }

    /// Whether every fuzzy word is found in some of the row's words.
    fn finds(&mut self, cx: &Cx<'_>, lens: &dyn Lens, subject: Subject<'_>) -> bool {
        let Workspace { matcher, patterns, buffer } = self;
        patterns.iter().all(|pattern| {
            let mut found = false;
            lens.search(cx, subject, &mut |words| {
                found = found || pattern.score(Utf32Str::new(words, buffer), matcher).is_some();
            });
            found
        })
    }
}

impl Query {
    /// Whether a row fits: every typed term holds, and every fuzzy word is found.
    pub fn matches(
        &self,
        cx: &Cx<'_>,
        lens: &dyn Lens,
        subject: Subject<'_>,
        matcher: &mut Matcher,
    ) -> bool {
        let typed = self.terms.iter().all(|term| term.holds(cx, lens, subject));
        if !typed || self.words().next().is_none() {
            return typed;
        }
        matcher.get_or_insert_with(|| Box::new(Workspace::new(self))).finds(cx, lens, subject)
    }
}

impl Term {
    fn holds(&self, cx: &Cx<'_>, lens: &dyn Lens, subject: Subject<'_>) -> bool {
        let holds = match (&self.test, self.sense) {
            (Test::Fuzzy(_), Sense::Is) => return true,
            (Test::Fuzzy(words), Sense::IsNot) => {
                let mut found = false;
                lens.search(cx, subject, &mut |text| {
                    found = found || text.to_lowercase().contains(words.as_str());
                });
                found
            }
            (Test::Field { name, relation, values, .. }, _) => {
                let value = lens
                    .fields()
                    .iter()
                    .find(|field| field.name == *name)
                    .map_or(Value::None, |field| (field.of)(cx, subject));
                values.iter().any(|operand| operand.fits(&value, *relation))
            }
        };
        holds == (self.sense == Sense::Is)
    }
}

impl Operand {
    fn fits(&self, value: &Value, relation: Relation) -> bool {
        match (self, value) {
            (Operand::None, value) => *value == Value::None || is_empty_list(value),
            (Operand::Words(words), Value::Text(text)) => fits_words(words, text, relation),
            (Operand::Words(words), Value::Word(text)) => fits_words(words, text, relation),
            (Operand::Words(words), Value::List(list)) => {
                list.iter().any(|text| fits_words(words, text, relation))
            }
            (Operand::Number(bound), Value::Number(number)) => {
                fits_number(*number, *bound, relation, 1e-6)
            }
            // Spans are told to the second.
            (Operand::Number(bound), Value::Seconds(seconds)) => {
                fits_number(*seconds, *bound, relation, 0.5)
            }
            (Operand::Bool(wanted), Value::Bool(truth)) => wanted == truth,
            _ => false,
        }
    }
}

fn is_empty_list(value: &Value) -> bool {
    matches!(value, Value::List(list) if list.is_empty())
}

/// Whether a text fits the words of a term, which are in lower case.
pub(super) fn fits_words(words: &str, text: &str, relation: Relation) -> bool {
    let text = text.to_lowercase();
    match relation {
        Relation::Has if words.contains('*') => glob(words, &text),
        Relation::Has => text.contains(words),
        Relation::Equals => text == words,
        Relation::Above => text.as_str() > words,
        Relation::AtLeast => text.as_str() >= words,
        Relation::Below => text.as_str() < words,
        Relation::AtMost => text.as_str() <= words,
    }
}

fn fits_number(number: f64, bound: f64, relation: Relation, grain: f64) -> bool {
    match relation {
        Relation::Has | Relation::Equals => (number - bound).abs() < grain,
        Relation::Above => number > bound,
        Relation::AtLeast => number >= bound,
        Relation::Below => number < bound,
        Relation::AtMost => number <= bound,
    }
}
