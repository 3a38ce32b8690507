//! The text of a policy file into a [`Policy`]: every fault is collected, none stops the reading.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use toml::de::DeTable;

use super::POLICY_SCHEMA;
use crate::config::diagnostic::Faults;
use crate::config::env::Environment;
use crate::config::read::document::Document;
use crate::config::read::table::{Table, Value};
use crate::config::read::value::{self, Wrong};
use crate::config::read::{Source, syntax_faults};
use crate::domain::Recovery;
use crate::gate::{Fallback, Policy, ServicePolicy, TierPolicy};

/// The page that shows a whole policy.
const PAGE: &str = "docs/gate.md";

/// The longest that a verdict may hold: what was measured a day ago says nothing of now.
const LONGEST: Duration = Duration::from_hours(24);

/// What may be done when nothing can be told.
const FALLBACKS: [(&str, Fallback); 3] =
    [("closed", Fallback::Closed), ("warn", Fallback::Warn), ("open", Fallback::Open)];

/// Reads a policy; `name` is the file's in diagnostics.
pub(super) fn policy(name: &str, text: &str) -> Result<Policy, Faults> {
    let (tree, errors) = DeTable::parse_recoverable(text);
    if !errors.is_empty() {
        let source = Source { name, text, base: Path::new(".") };
        return Err(Faults(syntax_faults(&source, &errors, PAGE)));
    }
    let environment = Environment::new();
    let document = Document {
        file: name,
        shown: text,
        environment: &environment,
        base: Path::new("."),
        faults: RefCell::default(),
        warnings: RefCell::default(),
        secrets: RefCell::default(),
    };
    let policy = root(&Table::root(&document, tree.get_ref()));
    let mut faults = document.faults.into_inner();
    faults.sort_by_key(|(at, _)| *at);
    if faults.is_empty() {
        return Ok(policy);
    }
    Err(Faults(faults.into_iter().map(|(_, fault)| fault).collect()))
}

/// Reads the whole file. Faults are noted in the document; what cannot be read keeps its default.
fn root(table: &Table<'_>) -> Policy {
    let usual = Policy::default();
    if let Some(schema) = table.need("schema") {
        schema.choice(&[(POLICY_SCHEMA, ())]);
    }
    let valid_for = table.value("valid_for").and_then(|value| value.read(holding));
    let warn_below = share(table, "warn_below").unwrap_or(usual.warn_below);
    let policy = Policy {
        valid_for: valid_for.unwrap_or(usual.valid_for),
        warn_below,
        unfreeze_above: unfreezing(table, warn_below).unwrap_or(usual.unfreeze_above),
        least_filled: share(table, "least_filled").unwrap_or(usual.least_filled),
        tiers: tiers(table).unwrap_or(usual.tiers),
        services: services(table),
        evidence: evidence(table),
    };
    table.finish();
    policy
}

fn holding(raw: &str) -> Result<Duration, Wrong> {
    let hint = r#"write at most "24h"; "15m" is usual"#;
    value::duration(raw).and_then(|span| {
        if span <= LONGEST { Ok(span) } else { Err(Wrong::new("is longer than a day", hint)) }
    })
}

fn share(table: &Table<'_>, key: &'static str) -> Option<f64> {
    let hint = "write a share from 0 to 1, such as 0.25";
    table.value(key)?.number(hint, |number| (0.0..=1.0).contains(&number))
}

/// The share above which a frozen budget is free again: what is frozen is low as well, so no more than that.
fn unfreezing(table: &Table<'_>, warn_below: f64) -> Option<f64> {
    let most = warn_below.min(Recovery::READ_BELOW);
    let hint = format!(
        "write a share from 0 to {most}: no more than `warn_below`, and no more than a half"
    );
    table.value("unfreeze_above")?.number(&hint, |number| (0.0..=most).contains(&number))
}

/// Reads the tiers; none where the file has not one.
fn tiers(root: &Table<'_>) -> Option<Vec<TierPolicy>> {
    let tables = root.tables("tier");
    let mut tiers: Vec<TierPolicy> = Vec::new();
    for table in &tables {
        if tiers.iter().any(|tier| tier.environments.iter().any(|glob| glob == "*")) {
            let message = "this tier is never reached: one above it has the environment `*`";
            let hint = "put the tier with `*` last".to_owned();
            table.document.fault(table.span.clone(), message, Some(hint));
        }
        tiers.extend(tier(table, &tiers));
    }
    (!tables.is_empty()).then_some(tiers)
}

fn tier(table: &Table<'_>, others: &[TierPolicy]) -> Option<TierPolicy> {
    let fresh = |raw: &str| match others.iter().find(|other| other.name == raw) {
        Some(_) => Err(Wrong::new("is the name of another tier", "give each tier its own")),
        None => Ok(raw.to_owned()),
    };
    let name = table.need("name").and_then(|name| name.read(fresh));
    let environments = table.need("environments").map(|value| globs(&value)).unwrap_or_default();
    let unknown = table.need("unknown").and_then(|value| value.choice(&FALLBACKS));
    let otherwise = |key| match table.value(key) {
        Some(value) => value.choice(&FALLBACKS),
        None => unknown,
    };
    let (no_traffic, no_objective) = (otherwise("no_traffic"), otherwise("no_objective"));
    table.finish();
    Some(TierPolicy {
        name: name?,
        environments,
        unknown: unknown?,
        no_traffic: no_traffic?,
        no_objective: no_objective?,
    })
}

/// Reads a list of globs, which has one at least.
fn globs(value: &Value<'_>) -> Vec<String> {
    if value.is_list() && value.list().is_empty() {
        value.wrong(Wrong::new("is an empty list", "name one, or take the key out"));
    }
    value.reads(glob)
}

/// Reads a glob of this gate, which knows `*` alone: what looks like more would match nothing in silence.
fn glob(raw: &str) -> Result<String, Wrong> {
    match raw.chars().find(|character| "?[]{}\\".contains(*character)) {
        Some(other) => {
            let message = format!("has a `{other}`, which is nothing special here");
            Err(Wrong::new(message, "`*` alone stands for any run of characters"))
        }
        None => Ok(raw.to_owned()),
    }
}

fn services(root: &Table<'_>) -> BTreeMap<String, ServicePolicy> {
    let entries = root.table("service").entries();
    let read = |(name, value): (&str, Value<'_>)| {
        let table = value.table()?;
        let project = table.value("project").and_then(|value| value.read(project));
        let objectives = table.value("objectives").map(|value| globs(&value)).unwrap_or_default();
        table.finish();
        Some((name.to_owned(), ServicePolicy { project, objectives }))
    };
    entries.into_iter().filter_map(read).collect()
}

/// Reads the path of a project.
fn project(raw: &str) -> Result<String, Wrong> {
    let is_path = raw.contains('/')
        && raw.split('/').all(|part| !matches!(part, "" | "." | ".."))
        && !raw.contains(|c: char| c.is_whitespace() || c.is_control() || "?#%:".contains(c));
    if is_path {
        return Ok(raw.to_owned());
    }
    let hint = r#"write its full path without the server, such as "acme/shop""#;
    Err(Wrong::new("is not the path of a project", hint))
}

fn evidence(root: &Table<'_>) -> BTreeMap<String, String> {
    let table = root.table("evidence");
    let label = |key| Some((String::from(key), table.value(key)?.text()?.to_owned()));
    let labels = ["security", "reliability"].into_iter().filter_map(label).collect();
    table.finish();
    labels
}
