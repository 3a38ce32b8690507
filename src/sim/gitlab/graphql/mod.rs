//! GraphQL: a request is read, checked, scored and run.

mod check;
mod cost;
mod execute;
mod node;
mod resolve;
mod schema;
mod value;

use std::collections::BTreeMap;

use graphql_parser::query::{Definition, Document, OperationDefinition, Query};
use serde_json::{Value, json};

use self::check::Source;
use self::cost::{MOST_CHARACTERS, MOST_COMPLEXITY, MOST_DEPTH};
use self::execute::Run;
use self::schema::View;
use self::value::Variables;
use super::version;
use super::wire::{Ask, Reply};
use crate::sim::clock;
use crate::sim::scenario::GraphQl;
use crate::sim::server::Platform;

/// Answers a request to the GraphQL endpoint.
pub(super) fn answer(platform: &Platform, ask: &Ask) -> Reply {
    let body: Value = match serde_json::from_slice(&ask.body) {
        Ok(body) => body,
        Err(_) => return refusal(400, "the body is not JSON"),
    };
    let text = body.get("query").and_then(Value::as_str).unwrap_or_default();
    if text.chars().count() > MOST_CHARACTERS {
        return refusal(422, "Query too large");
    }
    let document = match graphql_parser::parse_query::<String>(text) {
        Ok(document) => document.into_static(),
        Err(error) => return refusal(200, &format!("Parse error: {error}")),
    };
    let name = body.get("operationName").and_then(Value::as_str);
    let source = match source(document, name) {
        Ok(source) => source,
        Err(message) => {
            platform.ledger().puzzle(format!("graphql {message}"));
            return refusal(200, &message);
        }
    };
    let view = View { old: platform.graph_ql() == GraphQl::V16_3 };
    let findings = check::check(view, &source);
    for unknown in findings.unknown {
        platform.ledger().puzzle(unknown);
    }
    if !findings.errors.is_empty() {
        return Reply::json(200, &json!({"errors": findings.errors}));
    }
    match variables(view, &source.query, body.get("variables")) {
        Ok(variables) => run(platform, ask, view, &source, &variables),
        Err(errors) => Reply::json(200, &json!({"errors": errors})),
    }
}

fn run(
    platform: &Platform,
    ask: &Ask,
    view: View,
    source: &Source,
    variables: &Variables,
) -> Reply {
    let cost = cost::cost(view, source, variables);
    if cost.complexity > MOST_COMPLEXITY {
        return refusal(
            200,
            &format!(
                "Query has complexity of {}, which exceeds max complexity of {MOST_COMPLEXITY}",
                cost.complexity
            ),
        );
    }
    if cost.depth > MOST_DEPTH {
        return refusal(
            200,
            &format!("Query has depth of {}, which exceeds max depth of {MOST_DEPTH}", cost.depth),
        );
    }
    if ask.token.is_none() {
        // Without a token nothing that is private exists.
        return Reply::json(200, &json!({"data": without_token(source)}));
    }
    let mut world = platform.world();
    world.advance(clock::now());
    // Whoever asks with a token of their own holds the world for as long as it takes to answer.
    let asker = platform.asker(&world, ask.token.as_deref());
    let own = world.hand_to(asker);
    let mut run = Run {
        view,
        world: &world,
        base: platform.base(),
        version: version(platform),
        source,
        variables,
        score: cost.complexity,
        errors: Vec::new(),
        path: Vec::new(),
    };
    let data = run.data();
    let errors = run.errors;
    world.holder = own;
    let body = if errors.is_empty() {
        json!({"data": data})
    } else {
        json!({"data": data, "errors": errors})
    };
    Reply::json(200, &body)
}

/// Every field of the query as null.
fn without_token(source: &Source) -> Value {
    let fields = source.query.selection_set.items.iter().filter_map(|selection| match selection {
        graphql_parser::query::Selection::Field(field) => {
            Some((field.alias.clone().unwrap_or_else(|| field.name.clone()), Value::Null))
        }
        _ => None,
    });
    Value::Object(fields.collect())
}

fn refusal(status: u16, message: &str) -> Reply {
    Reply::json(status, &json!({"errors": [{"message": message}]}))
}

/// The operation that is to run, and the fragments.
fn source(document: Document<'static, String>, name: Option<&str>) -> Result<Source, String> {
    let mut queries: Vec<Query<'static, String>> = Vec::new();
    let mut fragments = BTreeMap::new();
    for definition in document.definitions {
        match definition {
            Definition::Fragment(fragment) => {
                fragments.insert(fragment.name.clone(), fragment);
            }
            Definition::Operation(OperationDefinition::Query(query)) => queries.push(query),
            Definition::Operation(OperationDefinition::SelectionSet(set)) => queries.push(Query {
                position: set.span.0,
                name: None,
                variable_definitions: Vec::new(),
                directives: Vec::new(),
                selection_set: set,
            }),
            Definition::Operation(OperationDefinition::Mutation(_)) => {
                return Err("mutations are not supported by the simulator yet".to_owned());
            }
            Definition::Operation(OperationDefinition::Subscription(_)) => {
                return Err("subscriptions are not supported by the simulator".to_owned());
            }
        }
    }
    let query = match name {
        Some(name) => queries.into_iter().find(|query| query.name.as_deref() == Some(name)),
        None if queries.len() == 1 => queries.pop(),
        None => None,
    };
    let query = query.ok_or("An operation name is required")?;
    Ok(Source { query, fragments })
}

/// The values of the variables, or what is wrong with them.
fn variables(
    view: View,
    query: &Query<'static, String>,
    given: Option<&Value>,
) -> Result<Variables, Vec<Value>> {
    let mut values = Variables::new();
    let mut errors = Vec::new();
    for definition in &query.variable_definitions {
        let written = given.and_then(|given| given.get(&definition.name)).cloned();
        let default = definition.default_value.as_ref();
        let value = written.or_else(|| value::plain(default?, &Variables::new()));
        let judged = value.clone().unwrap_or(Value::Null);
        if let Some(why) = value::misfit(view, &judged, &definition.var_type) {
            let why = if why.starts_with("for ") { why } else { format!("({why})") };
            let message = format!(
                "Variable ${} of type {} was provided invalid value {why}",
                definition.name, definition.var_type
            );
            errors.push(json!({
                "message": message,
                "locations": [{"line": definition.position.line, "column": definition.position.column}],
                "extensions": {"value": judged},
            }));
        } else if let Some(value) = value {
            values.insert(definition.name.clone(), value);
        }
    }
    if errors.is_empty() { Ok(values) } else { Err(errors) }
}
