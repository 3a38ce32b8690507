//! What a query costs: its complexity and depth, as GitLab scores them.

use graphql_parser::query::{Field, Selection, SelectionSet};

use super::check::{Source, condition};
use super::schema::{View, named};
use super::value::{Variables, plain};

/// The most that a query with a token may cost.
pub(super) const MOST_COMPLEXITY: u64 = 250;
/// The deepest that a query with a token may reach.
pub(super) const MOST_DEPTH: u64 = 20;
/// The longest that a query may be.
pub(super) const MOST_CHARACTERS: usize = 10_000;
/// The largest page.
pub(super) const MOST_ROWS: usize = 100;

/// Complexity and depth.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Cost {
    pub(super) complexity: u64,
    pub(super) depth: u64,
}

/// Scores a query that fits the schema.
pub(super) fn cost(view: View, source: &Source, variables: &Variables) -> Cost {
    let scale = Scale { view, source, variables };
    scale.set("Query", &source.query.selection_set, 0)
}

struct Scale<'a> {
    view: View,
    source: &'a Source,
    variables: &'a Variables,
}

impl Scale<'_> {
    /// `nested` counts the fragments within fragments, so that a circle of them ends.
    fn set(&self, owner: &str, set: &SelectionSet<'static, String>, nested: usize) -> Cost {
        let mut sum = Cost::default();
        for selection in &set.items {
            let part = match selection {
                Selection::Field(field) => self.field(owner, field, nested),
                Selection::InlineFragment(fragment) => {
                    let kind = fragment.type_condition.as_ref().map_or(owner, condition);
                    self.set(kind, &fragment.selection_set, nested)
                }
                Selection::FragmentSpread(spread) => {
                    match self.source.fragments.get(&spread.fragment_name) {
                        Some(fragment) if nested < 32 => {
                            let kind = condition(&fragment.type_condition);
                            self.set(kind, &fragment.selection_set, nested + 1)
                        }
                        _ => Cost::default(),
                    }
                }
            };
            sum.complexity += part.complexity;
            sum.depth = sum.depth.max(part.depth);
        }
        sum
    }

    fn field(&self, owner: &str, field: &Field<'static, String>, nested: usize) -> Cost {
        let kind = self.view.field(owner, &field.name).map_or("", |known| named(&known.kind));
        let below = self.set(kind, &field.selection_set, nested);
        let complexity = if kind.ends_with("Connection") {
            let base =
                below.complexity + 1 + self.has(field, "sort") + 5 * self.has(field, "search");
            base * (100 + self.rows(field)) / 100
        } else {
            1 + below.complexity
        };
        Cost { complexity, depth: 1 + below.depth }
    }

    fn has(&self, field: &Field<'static, String>, name: &str) -> u64 {
        u64::from(self.argument(field, name).is_some())
    }

    /// How many rows a page may have.
    fn rows(&self, field: &Field<'static, String>) -> u64 {
        let most = u64::try_from(MOST_ROWS).unwrap_or(u64::MAX);
        let asked = self.argument(field, "first").and_then(|value| value.as_u64());
        asked.filter(|rows| *rows > 0).unwrap_or(most).min(most)
    }

    fn argument(&self, field: &Field<'static, String>, name: &str) -> Option<serde_json::Value> {
        let (_, literal) = field.arguments.iter().find(|(known, _)| known == name)?;
        plain(literal, self.variables).filter(|value| !value.is_null())
    }
}
