//! Whether a query fits the schema, with the messages of GitLab.

use std::collections::{BTreeMap, BTreeSet};

use graphql_parser::Pos;
use graphql_parser::query::{
    Field, FragmentDefinition, Query, Selection, SelectionSet, TypeCondition, VariableDefinition,
};
use serde_json::{Value, json};

use super::schema::{self, Literal, Shape, View, is_required, named};
use super::value::{self, Defaulted};

/// A query with its fragments by name.
pub(super) struct Source {
    pub(super) query: Query<'static, String>,
    pub(super) fragments: BTreeMap<String, FragmentDefinition<'static, String>>,
}

/// What is wrong with a query, and the fields that were not known.
#[derive(Default)]
pub(super) struct Findings {
    pub(super) errors: Vec<Value>,
    pub(super) unknown: Vec<String>,
}

/// Compares a query with the schema.
pub(super) fn check(view: View, source: &Source) -> Findings {
    let name = source.query.name.as_deref();
    let title = name.map_or_else(|| "query".to_owned(), |name| format!("query {name}"));
    let mut check = Check {
        view,
        source,
        findings: Findings::default(),
        path: vec![title],
        variables: BTreeSet::new(),
        fragments: BTreeSet::new(),
    };
    check.set("Query", &source.query.selection_set);
    check.leftovers(name.unwrap_or("anonymous query"));
    check.findings
}

struct Check<'a> {
    view: View,
    source: &'a Source,
    findings: Findings,
    path: Vec<String>,
    variables: BTreeSet<String>,
    fragments: BTreeSet<String>,
}

impl Check<'_> {
    fn set(&mut self, owner: &str, set: &SelectionSet<'static, String>) {
        for selection in &set.items {
            match selection {
                Selection::Field(field) => self.field(owner, field),
                Selection::InlineFragment(fragment) => {
                    let kind = fragment.type_condition.as_ref().map_or(owner, condition);
                    self.path.push(format!("... on {kind}"));
                    if self.known_type(kind, fragment.position) {
                        self.set(kind, &fragment.selection_set);
                    }
                    self.path.pop();
                }
                Selection::FragmentSpread(spread) => {
                    let Some(fragment) = self.source.fragments.get(&spread.fragment_name) else {
                        let text =
                            format!("Fragment {} was used, but not defined", spread.fragment_name);
                        self.error(
                            &text,
                            spread.position,
                            &json!({"code": "useAndDefineFragment"}),
                        );
                        continue;
                    };
                    self.fragment(fragment);
                }
            }
        }
    }

    /// Looks at a fragment once, however often it is used.
    fn fragment(&mut self, fragment: &FragmentDefinition<'static, String>) {
        if !self.fragments.insert(fragment.name.clone()) {
            return;
        }
        let kind = condition(&fragment.type_condition);
        let path = std::mem::replace(&mut self.path, vec![format!("fragment {}", fragment.name)]);
        if self.known_type(kind, fragment.position) {
            self.set(kind, &fragment.selection_set);
        }
        self.path = path;
    }

    fn known_type(&mut self, kind: &str, at: Pos) -> bool {
        let known = matches!(schema::shape(kind), Some(Shape::Object(_) | Shape::Union));
        if !known {
            self.findings.unknown.push(format!("graphql type {kind}"));
            let text = format!("No such type {kind}, so it can't be a fragment condition");
            self.error(&text, at, &json!({"code": "undefinedType", "typeName": kind}));
        }
        known
    }

    fn field(&mut self, owner: &str, field: &Field<'static, String>) {
        if field.name == "__typename" {
            return;
        }
        self.path.push(field.alias.clone().unwrap_or_else(|| field.name.clone()));
        if let Some(known) = self.view.field(owner, &field.name) {
            self.known_field(owner, field, known);
        } else {
            self.findings.unknown.push(format!("graphql {owner}.{}", field.name));
            let text = format!("Field '{}' doesn't exist on type '{owner}'", field.name);
            let more =
                json!({"code": "undefinedField", "typeName": owner, "fieldName": field.name});
            self.error(&text, field.position, &more);
        }
        self.path.pop();
    }

    fn known_field(
        &mut self,
        owner: &str,
        field: &Field<'static, String>,
        known: &'static schema::Field,
    ) {
        self.arguments(owner, field, known);
        let inner = named(&known.kind);
        let composite = matches!(schema::shape(inner), Some(Shape::Object(_) | Shape::Union));
        match (composite, field.selection_set.items.is_empty()) {
            (true, true) => {
                let text = format!(
                    "Field must have selections (field '{}' returns {inner} but has no selections. Did you mean '{} {{ ... }}'?)",
                    field.name, field.name
                );
                self.error(&text, field.position, &json!({"code": "selectionMismatch"}));
            }
            (false, false) => {
                let text = format!(
                    "Selections can't be made on scalars (field '{}' returns {inner} but has selections)",
                    field.name
                );
                self.error(&text, field.position, &json!({"code": "selectionMismatch"}));
            }
            _ => self.set(inner, &field.selection_set),
        }
    }

    fn arguments(
        &mut self,
        owner: &str,
        field: &Field<'static, String>,
        known: &'static schema::Field,
    ) {
        for (name, literal) in &field.arguments {
            let Some(argument) = self.view.argument(known, name) else {
                self.findings.unknown.push(format!("graphql {owner}.{}({name}:)", field.name));
                let text = format!("Field '{}' doesn't accept argument '{name}'", field.name);
                let more = json!({"code": "argumentNotAccepted", "name": field.name, "typeName": "Field", "argumentName": name});
                self.error(&text, field.position, &more);
                continue;
            };
            self.note_variables(literal);
            if let Literal::Variable(variable) = literal {
                self.variable(variable, name, &argument.kind, field.position);
            } else if !value::fits(self.view, literal, &argument.kind) {
                let text = format!(
                    "Argument '{name}' on Field '{}' has an invalid value ({literal}). Expected type '{}'.",
                    field.name, argument.kind
                );
                let more = json!({"code": "argumentLiteralsIncompatible", "typeName": "Field", "argumentName": name});
                self.error(&text, field.position, &more);
            }
        }
        let given = |name: &String| field.arguments.iter().any(|(known, _)| known == name);
        let missing: Vec<&str> = known
            .arguments
            .iter()
            .filter(|(name, argument)| {
                is_required(&argument.kind) && argument.default.is_none() && !given(name)
            })
            .map(|(name, _)| name.as_str())
            .collect();
        if !missing.is_empty() {
            let text = format!(
                "Field '{}' is missing required arguments: {}",
                field.name,
                missing.join(", ")
            );
            self.error(&text, field.position, &json!({"code": "missingRequiredArguments"}));
        }
    }

    fn note_variables(&mut self, literal: &Literal) {
        match literal {
            Literal::Variable(name) => {
                self.variables.insert(name.clone());
            }
            Literal::List(items) => items.iter().for_each(|item| self.note_variables(item)),
            Literal::Object(fields) => fields.values().for_each(|item| self.note_variables(item)),
            _ => {}
        }
    }

    fn variable(&mut self, variable: &str, argument: &str, wanted: &schema::Type, at: Pos) {
        let Some(definition) = self.definition(variable) else {
            return;
        };
        let defaulted =
            if definition.default_value.is_some() { Defaulted::Yes } else { Defaulted::No };
        if let Some(why) = value::mismatch(&definition.var_type, defaulted, wanted) {
            let text = format!(
                "{why} on variable ${variable} and argument {argument} ({} / {wanted})",
                definition.var_type
            );
            self.error(&text, at, &json!({"code": "variableMismatch", "variableName": variable}));
        }
    }

    fn definition(&self, name: &str) -> Option<&VariableDefinition<'static, String>> {
        self.source.query.variable_definitions.iter().find(|definition| definition.name == name)
    }

    /// Variables and fragments that are not used or not declared.
    fn leftovers(&mut self, operation: &str) {
        let definitions = &self.source.query.variable_definitions;
        for definition in definitions {
            if !self.variables.contains(&definition.name) {
                let text = format!(
                    "Variable ${} is declared by {operation} but not used",
                    definition.name
                );
                self.error(&text, definition.position, &json!({"code": "variableNotUsed"}));
            }
        }
        for name in self.variables.clone() {
            if self.definition(&name).is_none() {
                let text = format!("Variable ${name} is used by {operation} but not declared");
                self.error(
                    &text,
                    self.source.query.position,
                    &json!({"code": "variableNotDefined"}),
                );
            }
        }
        for (name, fragment) in &self.source.fragments {
            if !self.fragments.contains(name) {
                let text = format!("Fragment {name} was defined, but not used");
                self.error(&text, fragment.position, &json!({"code": "useAndDefineFragment"}));
            }
        }
    }

    fn error(&mut self, message: &str, at: Pos, extensions: &Value) {
        self.findings.errors.push(json!({
            "message": message,
            "locations": [{"line": at.line, "column": at.column}],
            "path": self.path,
            "extensions": extensions,
        }));
    }
}

/// The type that a fragment is for.
pub(super) fn condition<'a>(condition: &'a TypeCondition<'static, String>) -> &'a str {
    let TypeCondition::On(name) = condition;
    name
}
