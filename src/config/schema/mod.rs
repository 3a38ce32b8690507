//! What others may know of the configuration: its JSON schema, its reference as Markdown, a whole example.

pub mod file;

use std::fmt::Write;

use schemars::generate::SchemaSettings;
use serde_json::{Map, Value};

use self::file::Config;
use super::env::VARIABLES;

/// Every key once: the needed ones set, the others as comments with their defaults. Loads as it stands.
pub fn example() -> &'static str {
    include_str!("example.toml")
}

/// The JSON schema of the config file (draft 2020-12), with every default that there is.
pub fn schema() -> Value {
    let settings =
        SchemaSettings::draft2020_12().with(|settings| settings.inline_subschemas = true);
    let mut schema = settings.into_generator().into_root_schema_for::<Config>().to_value();
    forget_null(&mut schema);
    schema
}

/// TOML has no null: a key is there or it is not.
fn forget_null(schema: &mut Value) {
    match schema {
        Value::Object(map) => {
            if let Some(Value::Array(types)) = map.get_mut("type") {
                types.retain(|name| name != "null");
            }
            if let Some(only) = single(map.get("type")) {
                map.insert("type".to_owned(), only);
            }
            if let Some(Value::Array(options)) = map.get_mut("anyOf") {
                options.retain(|option| option.get("type").is_none_or(|name| name != "null"));
            }
            if let Some(Value::Object(only)) = single(map.get("anyOf")) {
                map.remove("anyOf");
                only.into_iter().for_each(|(key, value)| {
                    map.entry(key).or_insert(value);
                });
            }
            map.values_mut().for_each(forget_null);
        }
        Value::Array(items) => items.iter_mut().for_each(forget_null),
        _ => {}
    }
}

/// The only part of a list of one.
fn single(list: Option<&Value>) -> Option<Value> {
    match list?.as_array()?.as_slice() {
        [only] => Some(only.clone()),
        _ => None,
    }
}

/// One key of the reference.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Key {
    /// Its dotted path; `[]` marks a list of tables, `*` a name of the user's own.
    pub path: String,
    /// Its default as it would be written; nothing where it has none.
    pub default: Option<String>,
    /// Whether its table is of no use without it.
    pub required: bool,
    /// What it means.
    pub meaning: String,
}

/// Every key, in the order of the example.
pub fn keys() -> Vec<Key> {
    let mut keys = Vec::new();
    collect(&schema(), "", &mut keys);
    keys.sort_by_key(|key| place(&key.path));
    keys
}

/// Where the example has a key: its table, then itself.
fn place(path: &str) -> (usize, usize) {
    let find = |start: usize, word: &str| {
        example().get(start..).and_then(|rest| rest.find(word)).map(|at| start + at)
    };
    let (table, rest) = path.split_once('.').unwrap_or((path, ""));
    let header = format!("[{}]", table.trim_end_matches("[]"));
    let start = find(0, &header).unwrap_or_default();
    let key = if rest.is_empty() { table } else { rest.split('.').next().unwrap_or_default() };
    (start, find(start, &format!("{key} = ")).unwrap_or_default())
}

/// A default as the file would have it.
fn written(default: &Value) -> String {
    let list = |parts: Vec<String>| parts.join(", ");
    match default {
        Value::Object(map) if map.is_empty() => "{}".to_owned(),
        Value::Object(map) => {
            let parts = map.iter().map(|(key, value)| format!("{key} = {}", written(value)));
            format!("{{ {} }}", list(parts.collect()))
        }
        Value::Array(items) => format!("[{}]", list(items.iter().map(written).collect())),
        other => other.to_string(),
    }
}

/// Adds the keys of a table's schema.
fn collect(table: &Value, path: &str, keys: &mut Vec<Key>) {
    let none = Map::new();
    let properties = table.get("properties").and_then(Value::as_object).unwrap_or(&none);
    let required = table.get("required").and_then(Value::as_array);
    let mut inner = Vec::new();
    for (name, schema) in properties {
        let path = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
        if let Some((table, mark)) = table_of(schema) {
            inner.push((table, format!("{path}{mark}")));
        } else {
            let is_required = required.is_some_and(|names| names.iter().any(|key| key == name));
            keys.push(Key {
                path,
                default: schema.get("default").map(written),
                required: is_required,
                meaning: meaning(schema),
            });
        }
    }
    for (table, path) in inner {
        collect(table, &path, keys);
    }
}

/// The table that a schema is, or is a list of, and how its path is marked.
fn table_of(schema: &Value) -> Option<(&Value, &'static str)> {
    let has_keys = |schema: &Value| schema.get("properties").is_some();
    let part = |name: &str| schema.get(name).filter(|part| has_keys(part));
    if has_keys(schema) {
        return Some((schema, ""));
    }
    part("items").map(|table| (table, "[]")).or_else(|| Some((part("additionalProperties")?, ".*")))
}

fn meaning(schema: &Value) -> String {
    let text = schema.get("description").and_then(Value::as_str).unwrap_or_default();
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The reference for `docs/config.md`: a table of all keys, then one of all variables.
pub fn reference() -> String {
    let mut out = String::from("| key | default | meaning |\n|---|---|---|\n");
    for key in keys() {
        let default = match (&key.default, key.required) {
            (Some(default), _) => format!("`{default}`"),
            (None, true) => "required".to_owned(),
            (None, false) => "–".to_owned(),
        };
        let meaning = key.meaning.replace('|', "\\|");
        // Writing to a string cannot fail.
        writeln!(out, "| `{}` | {default} | {meaning} |", key.path).ok();
    }
    out.push_str("\nA variable wins over the file and a flag over both, but for `writes`, where the stricter wins. A variable that is\n");
    out.push_str("set to nothing counts as not set. Lists are separated by commas.\n");
    out.push_str("\n| variable | stands for |\n|---|---|\n");
    for variable in VARIABLES {
        writeln!(out, "| `{}` | `{}` |", variable.name, variable.key).ok();
    }
    out
}
