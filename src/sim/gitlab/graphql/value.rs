//! Values of arguments and variables: whether they fit their types, and what they are.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::schema::{Field, Literal, Type, View, named};

/// The values of the variables of a query.
pub(super) type Variables = BTreeMap<String, Value>;

/// The values of the arguments of a field.
#[derive(Default)]
pub(super) struct Arguments(Map<String, Value>);

impl Arguments {
    /// The arguments of a field as they are in force: written, from variables, or by default.
    pub(super) fn read(
        view: View,
        field: &'static Field,
        written: &[(String, Literal)],
        variables: &Variables,
    ) -> Self {
        let mut values = Map::new();
        for (name, argument) in &field.arguments {
            if view.argument(field, name).is_none() {
                continue;
            }
            let literal = written.iter().find(|(known, _)| known == name).map(|(_, value)| value);
            let value = literal.and_then(|literal| plain(literal, variables));
            let value = value.or_else(|| plain(argument.default.as_ref()?, variables));
            if let Some(value) = value.filter(|value| !value.is_null()) {
                values.insert(name.clone(), value);
            }
        }
        Self(values)
    }

    /// A text.
    pub(super) fn text(&self, name: &str) -> Option<&str> {
        self.0.get(name)?.as_str()
    }

    /// A whole number that is not negative.
    pub(super) fn number(&self, name: &str) -> Option<usize> {
        usize::try_from(self.0.get(name)?.as_u64()?).ok()
    }

    /// A switch.
    pub(super) fn switch(&self, name: &str) -> Option<bool> {
        self.0.get(name)?.as_bool()
    }

    /// A list of texts; a single one counts as a list.
    pub(super) fn texts(&self, name: &str) -> Option<Vec<&str>> {
        match self.0.get(name)? {
            Value::Array(values) => Some(values.iter().filter_map(Value::as_str).collect()),
            Value::String(value) => Some(vec![value]),
            _ => None,
        }
    }
}

/// A literal as JSON; `None` where a variable without a value stands.
pub(super) fn plain(literal: &Literal, variables: &Variables) -> Option<Value> {
    Some(match literal {
        Literal::Variable(name) => variables.get(name)?.clone(),
        Literal::Int(number) => number.as_i64()?.into(),
        Literal::Float(number) => (*number).into(),
        Literal::String(text) | Literal::Enum(text) => text.clone().into(),
        Literal::Boolean(on) => (*on).into(),
        Literal::Null => Value::Null,
        Literal::List(items) => items.iter().filter_map(|item| plain(item, variables)).collect(),
        Literal::Object(fields) => fields
            .iter()
            .filter_map(|(name, value)| Some((name.clone(), plain(value, variables)?)))
            .collect::<Map<_, _>>()
            .into(),
    })
}

/// Whether a literal fits a type; variables are judged elsewhere.
pub(super) fn fits(view: View, literal: &Literal, kind: &Type) -> bool {
    match (literal, kind) {
        (Literal::Variable(_), _) => true,
        (Literal::Null, Type::NonNullType(_)) => false,
        (Literal::Null, _) => true,
        (_, Type::NonNullType(inner)) => fits(view, literal, inner),
        (Literal::List(items), Type::ListType(inner)) => {
            items.iter().all(|item| fits(view, item, inner))
        }
        (Literal::List(_), _) => false,
        (_, Type::ListType(inner)) => fits(view, literal, inner),
        (Literal::Enum(name), Type::NamedType(kind)) => {
            view.choices(kind).is_some_and(|choices| choices.contains(&name.as_str()))
        }
        (_, Type::NamedType(name)) => match (name.as_str(), literal) {
            ("Int", Literal::Int(number)) => number.as_i64().is_some(),
            ("Float", Literal::Int(_) | Literal::Float(_)) => true,
            ("Boolean", Literal::Boolean(_)) => true,
            ("Int" | "Float" | "Boolean", _) => false,
            ("ID", Literal::Int(_)) => true,
            (name, Literal::String(_)) => view.choices(name).is_none(),
            _ => false,
        },
    }
}

/// Why the value of a variable does not fit its type, in GitLab's words.
pub(super) fn misfit(view: View, value: &Value, kind: &Type) -> Option<String> {
    match (value, kind) {
        (Value::Null, Type::NonNullType(_)) => Some("Expected value to not be null".to_owned()),
        (Value::Null, _) => None,
        (_, Type::NonNullType(inner)) => misfit(view, value, inner),
        (Value::Array(items), Type::ListType(inner)) => {
            items.iter().enumerate().find_map(|(place, item)| {
                misfit(view, item, inner).map(|why| format!("for {place} ({why})"))
            })
        }
        (_, Type::ListType(inner)) => misfit(view, value, inner),
        (_, Type::NamedType(name)) => {
            if let Some(choices) = view.choices(name) {
                let known = value.as_str().is_some_and(|value| choices.contains(&value));
                let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
                return (!known)
                    .then(|| format!("Expected \"{text}\" to be one of: {}", choices.join(", ")));
            }
            let fits = match name.as_str() {
                "Int" => value.is_i64() || value.is_u64(),
                "Float" => value.is_number(),
                "Boolean" => value.is_boolean(),
                "ID" => value.is_string() || value.is_u64(),
                _ => value.is_string(),
            };
            (!fits).then(|| format!("Could not coerce value {value} to {name}"))
        }
    }
}

/// Why a variable may not stand where an argument is, in GitLab's words.
pub(super) fn mismatch(
    variable: &Type,
    defaulted: Defaulted,
    argument: &Type,
) -> Option<&'static str> {
    if named(variable) != named(argument) {
        return Some("Type mismatch");
    }
    match (variable, argument) {
        (Type::NonNullType(inner), Type::NonNullType(wanted)) => mismatch(inner, defaulted, wanted),
        (Type::NonNullType(inner), wanted) => mismatch(inner, defaulted, wanted),
        (given, Type::NonNullType(wanted)) => match defaulted {
            Defaulted::Yes => mismatch(given, Defaulted::No, wanted),
            Defaulted::No => Some("Nullability mismatch"),
        },
        (Type::ListType(inner), Type::ListType(wanted)) => mismatch(inner, Defaulted::No, wanted),
        (Type::NamedType(_), Type::NamedType(_)) => None,
        // A single value counts as a list only when it is written out.
        _ => Some("List dimension mismatch"),
    }
}

/// Whether a variable has a default value.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Defaulted {
    Yes,
    No,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kind(name: &str) -> Type {
        Type::NamedType(name.to_owned())
    }

    #[test]
    fn a_text_is_no_number() {
        assert!(!fits(View { old: false }, &Literal::String("5".to_owned()), &kind("Int")));
    }

    #[test]
    fn an_unknown_state_of_a_variable_is_told_with_the_known_ones() {
        let why = misfit(View { old: true }, &"CANCELING".into(), &kind("CiJobStatus")).unwrap();
        assert!(why.starts_with("Expected \"CANCELING\" to be one of: CANCELED, CREATED"));
    }

    #[test]
    fn a_string_variable_is_no_id() {
        assert_eq!(mismatch(&kind("String"), Defaulted::No, &kind("ID")), Some("Type mismatch"));
    }

    #[test]
    fn a_variable_that_may_be_null_is_not_enough_where_a_value_is_required() {
        let required = Type::NonNullType(Box::new(kind("ID")));
        assert_eq!(mismatch(&kind("ID"), Defaulted::No, &required), Some("Nullability mismatch"));
    }
}
