//! Runs a query: fields, fragments, lists and pages.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use graphql_parser::query::{Directive, Field, Selection, SelectionSet};
use serde_json::{Map, Value, json};

use super::check::{Source, condition};
use super::cost::MOST_ROWS;
use super::node::{Node, Order, Out, Page};
use super::resolve;
use super::schema::{View, is_a, named};
use super::value::{Arguments, Variables, plain};
use crate::sim::world::World;

/// A run of a query.
pub(super) struct Run<'a> {
    pub(super) view: View,
    pub(super) world: &'a World,
    pub(super) base: &'a str,
    pub(super) version: &'static str,
    pub(super) source: &'a Source,
    pub(super) variables: &'a Variables,
    /// What the query costs, for whoever asks for it.
    pub(super) score: u64,
    pub(super) errors: Vec<Value>,
    pub(super) path: Vec<Value>,
}

type Fields<'a> = Vec<(&'a str, Vec<&'a Field<'static, String>>)>;

impl Run<'_> {
    /// The data of the whole query.
    pub(super) fn data(&mut self) -> Value {
        let source = self.source;
        self.object(&Node::Root, "Query", &[&source.query.selection_set])
    }

    fn object(
        &mut self,
        node: &Node,
        owner: &str,
        sets: &[&SelectionSet<'static, String>],
    ) -> Value {
        let source = self.source;
        let mut fields: Fields<'_> = Vec::new();
        for set in sets {
            collect(source, self.variables, owner, set, &mut fields);
        }
        let mut object = Map::new();
        for (key, same) in fields {
            self.path.push(key.into());
            let value = self.field(node, owner, &same);
            self.path.pop();
            object.insert(key.to_owned(), value);
        }
        Value::Object(object)
    }

    fn field(&mut self, node: &Node, owner: &str, same: &[&Field<'static, String>]) -> Value {
        let Some(first) = same.first() else { return Value::Null };
        if first.name == "__typename" {
            return owner.into();
        }
        let Some(known) = self.view.field(owner, &first.name) else { return Value::Null };
        let arguments = Arguments::read(self.view, known, &first.arguments, self.variables);
        let out = match resolve::field(self, node, &first.name, &arguments) {
            Ok(out) => out,
            Err(message) => {
                let at = first.position;
                let places = json!([{"line": at.line, "column": at.column}]);
                self.errors
                    .push(json!({"message": message, "locations": places, "path": self.path}));
                return Value::Null;
            }
        };
        let kind = named(&known.kind);
        let sets: Vec<&SelectionSet<'static, String>> =
            same.iter().map(|field| &field.selection_set).collect();
        match out {
            Out::Leaf(value) => value,
            Out::One(None) => Value::Null,
            Out::One(Some(node)) => self.object(&node, node.kind(kind), &sets),
            Out::Many(nodes) => {
                let mut list = Vec::with_capacity(nodes.len());
                for (place, node) in nodes.iter().enumerate() {
                    self.path.push(place.into());
                    list.push(self.object(node, node.kind(kind), &sets));
                    self.path.pop();
                }
                Value::Array(list)
            }
            Out::Rows(rows, order) => match page(rows, order, &arguments) {
                Ok(page) => self.object(&Node::Page(page), kind, &sets),
                Err(message) => {
                    self.errors.push(json!({"message": message, "path": self.path}));
                    Value::Null
                }
            },
        }
    }
}

/// Gathers the fields of a selection, with those of its fragments, under their names.
fn collect<'a>(
    source: &'a Source,
    variables: &Variables,
    owner: &str,
    set: &'a SelectionSet<'static, String>,
    into: &mut Fields<'a>,
) {
    for selection in &set.items {
        match selection {
            Selection::Field(field) => {
                if is_included(&field.directives, variables) {
                    add(field, into);
                }
            }
            Selection::InlineFragment(fragment) => {
                let fits =
                    fragment.type_condition.as_ref().is_none_or(|c| is_a(owner, condition(c)));
                if fits && is_included(&fragment.directives, variables) {
                    collect(source, variables, owner, &fragment.selection_set, into);
                }
            }
            Selection::FragmentSpread(spread) => {
                if let Some(fragment) = source.fragments.get(&spread.fragment_name)
                    && is_a(owner, condition(&fragment.type_condition))
                    && is_included(&spread.directives, variables)
                {
                    collect(source, variables, owner, &fragment.selection_set, into);
                }
            }
        }
    }
}

fn add<'a>(field: &'a Field<'static, String>, into: &mut Fields<'a>) {
    let key = field.alias.as_deref().unwrap_or(&field.name);
    match into.iter_mut().find(|(known, _)| *known == key) {
        Some((_, same)) => same.push(field),
        None => into.push((key, vec![field])),
    }
}

/// What `@include` and `@skip` say.
fn is_included(directives: &[Directive<'static, String>], variables: &Variables) -> bool {
    directives.iter().all(|directive| {
        let on = directive.arguments.iter().find(|(name, _)| name == "if");
        let on = on.and_then(|(_, literal)| plain(literal, variables)?.as_bool()).unwrap_or(true);
        match directive.name.as_str() {
            "include" => on,
            "skip" => !on,
            _ => true,
        }
    })
}

/// The page of a list that `first` and `after` ask for.
fn page(rows: Vec<Node>, order: Order, arguments: &Arguments) -> Result<Page, String> {
    let size = arguments.number("first").unwrap_or(MOST_ROWS).min(MOST_ROWS);
    let start = match arguments.text("after").filter(|after| !after.is_empty()) {
        None => 0,
        Some(after) => after_cursor(&rows, order, after).ok_or("Please provide a valid cursor")?,
    };
    let total = rows.len();
    let rows: Vec<Node> = rows.into_iter().skip(start).take(size).collect();
    Ok(Page { more: start + rows.len() < total, before: start > 0, total, rows })
}

/// The place of the first row after a cursor, also when the cursor's own row is gone.
fn after_cursor(rows: &[Node], order: Order, cursor: &str) -> Option<usize> {
    let text = URL_SAFE_NO_PAD.decode(cursor).ok()?;
    let value: Value = serde_json::from_slice(&text).ok()?;
    let id: u64 = value.get("id")?.as_str()?.parse().ok()?;
    if let Some(place) = rows.iter().position(|row| row.id() == id) {
        return Some(place + 1);
    }
    let beyond = |row: &Node| match order {
        Order::Rising => row.id() > id,
        Order::Falling => row.id() < id,
    };
    Some(rows.iter().position(beyond).unwrap_or(rows.len()))
}

/// The cursor of a row.
pub(super) fn cursor(node: &Node) -> String {
    URL_SAFE_NO_PAD.encode(json!({"id": node.id().to_string()}).to_string())
}
