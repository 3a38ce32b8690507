//! The text of a config file into [`Settings`]: every fault is collected, none stops the reading.

pub(super) mod document;
mod mask;
mod parts;
mod platform;
mod subjects;
pub(super) mod table;
pub(super) mod value;

use std::cell::RefCell;
use std::path::Path;
use std::time::Duration;

use toml::de::DeTable;

use self::document::Document;
use self::table::{Table, Value};
use super::diagnostic::{Diagnostic, Faults, nearest};
use super::env::{self, Environment};
use super::settings::{SecretSource, Settings, Writes};

/// A text to read settings from.
#[derive(Debug, Clone, Copy)]
pub struct Source<'a> {
    /// Its name in diagnostics.
    pub name: &'a str,
    /// The text.
    pub text: &'a str,
    /// Where relative paths in it begin.
    pub base: &'a Path,
}

impl Settings {
    /// Reads settings from a text and the environment. Pure: no file is opened.
    pub fn parse(
        source: &Source<'_>,
        environment: &Environment,
    ) -> Result<(Settings, Vec<Diagnostic>), Faults> {
        let Reading { settings, warnings, faults, .. } = Reading::of(source, environment);
        match settings {
            Some(settings) if faults.is_empty() => Ok((settings, warnings)),
            _ => Err(Faults(faults)),
        }
    }
}

/// All that a text and the environment say, faults and all.
pub(super) struct Reading {
    /// The settings; what could not be read has its default. Nothing where the text is not TOML.
    pub(super) settings: Option<Settings>,
    /// The dotted key of every secret and where it comes from.
    pub(super) secrets: Vec<(String, SecretSource)>,
    /// What is odd but no fault.
    pub(super) warnings: Vec<Diagnostic>,
    /// Every fault, in the order of their places.
    pub(super) faults: Vec<Diagnostic>,
}

impl Reading {
    /// Reads a text and the environment.
    pub(super) fn of(source: &Source<'_>, environment: &Environment) -> Reading {
        let (tree, errors) = DeTable::parse_recoverable(source.text);
        if !errors.is_empty() {
            let faults = syntax_faults(source, &errors, "docs/config.md");
            return Reading { settings: None, secrets: Vec::new(), warnings: Vec::new(), faults };
        }
        let shown = mask::parsed(source.text, tree.get_ref());
        let document = Document {
            file: source.name,
            shown: &shown,
            environment,
            base: source.base,
            faults: RefCell::default(),
            warnings: RefCell::default(),
            secrets: RefCell::default(),
        };
        let settings = read(&Table::root(&document, tree.get_ref()));
        warn_of_variables(&document);
        let mut faults = document.faults.into_inner();
        faults.sort_by_key(|(at, _)| *at);
        Reading {
            settings: Some(settings),
            secrets: document.secrets.into_inner(),
            warnings: document.warnings.into_inner(),
            faults: faults.into_iter().map(|(_, fault)| fault).collect(),
        }
    }
}

/// Reads the whole file. Faults are noted in the document; what cannot be read keeps its default.
fn read(root: &Table<'_>) -> Settings {
    let minutes = root.value("arm_minutes").and_then(|value| value.integer(1..=60)).unwrap_or(15);
    let gitlab = platform::gitlab(root);
    let (clusters, names) = platform::clusters(root);
    let (retention, folders) = subjects::keeping(root);
    let settings = Settings {
        writes: writes(root),
        arm: Duration::from_secs(u64::from(minutes) * 60),
        simulated: parts::flag(root, "simulated").unwrap_or(false),
        folders,
        gitlab,
        tiers: platform::tiers(root, &names),
        clusters,
        prometheus: subjects::prometheus(root),
        slo: subjects::slo(root),
        alertmanager: subjects::alertmanager(root),
        gate: subjects::gate(root),
        exceptions: subjects::exceptions(root),
        access: subjects::access(root),
        runbooks: subjects::runbooks(root),
        retention,
        ui: subjects::ui(root),
    };
    root.finish();
    if settings.exceptions.is_some() && !root.table("gitlab").is_present() {
        let span = root.table("exceptions").span;
        let message = "`exceptions` is of no use without `gitlab`, where its project lies";
        root.document.warning(span, message, "add `[gitlab]`");
    }
    settings
}

/// Whether writes may be armed. The stricter wins: a variable may forbid what the file allows, never the reverse.
fn writes(root: &Table<'_>) -> Writes {
    let words = [("never", Writes::Never), ("arm", Writes::Arm)];
    let read = |value: Option<Value<'_>>| value.and_then(|value| value.choice(&words));
    let said = root.value("writes");
    let is_variable = said.as_ref().is_some_and(|value| value.variable().is_some());
    let in_file = root.written("writes").filter(|_| is_variable);
    match (read(said), read(in_file)) {
        (Some(Writes::Arm), Some(Writes::Never)) => {
            let message =
                "the variable `WATCHFLOOR_WRITES` does nothing: the file says `writes = \"never\"`";
            let hint = "a variable may only be stricter than the file".to_owned();
            let warning = Diagnostic::about("environment", message, Some(hint));
            root.document.warnings.borrow_mut().push(warning);
            Writes::Never
        }
        (said, in_file) => said.or(in_file).unwrap_or(Writes::Arm),
    }
}

/// Every error of syntax, one a line: what follows on the same line is mostly an echo. `page` has an example.
pub(super) fn syntax_faults(
    source: &Source<'_>,
    errors: &[toml::de::Error],
    page: &str,
) -> Vec<Diagnostic> {
    let shown = mask::unparsed(source.text);
    let mut faults: Vec<Diagnostic> = errors
        .iter()
        .map(|error| {
            let hint = format!("strings stand in quotes; {page} has a whole example");
            let message = format!("this is not TOML: {}", error.message());
            let span = error.span().unwrap_or(0..0);
            Diagnostic::about(source.name, &message, Some(hint)).at(&shown, span)
        })
        .collect();
    faults.sort_by_key(|fault| (fault.line, fault.column));
    faults.dedup_by_key(|fault| fault.line);
    faults
}

/// Points at variables that look like ours and do nothing, unless a secret is kept in one.
fn warn_of_variables(document: &Document<'_>) {
    let word = |name: &'static str| name.strip_prefix(env::PREFIX).unwrap_or(name);
    let known: Vec<&str> = env::VARIABLES.iter().map(|variable| word(variable.name)).collect();
    for name in env::unknown(document.environment).filter(|name| !document.shown.contains(name)) {
        let word = name.strip_prefix(env::PREFIX).unwrap_or(name);
        let hint = match nearest(word, &known) {
            Some(near) => format!("did you mean `{}{near}`?", env::PREFIX),
            None => "docs/config.md lists the variables".to_owned(),
        };
        let message = format!("the variable `{name}` is none of ours and does nothing");
        let warning = Diagnostic::about("environment", &message, Some(hint));
        document.warnings.borrow_mut().push(warning);
    }
}
