//! The loader as a whole: what a text says, and what is said of a faulty one.

mod environment;
mod faults;
mod loading;
mod reference;

use std::path::Path;

use super::*;

/// The smallest file that watches something.
const SMALL: &str = "[gitlab]\nurl = \"https://gitlab.example.com\"\ntoken = { env = \"T\" }\ngroups = [\"acme\"]\n";

fn parse_in(text: &str, variables: &[(&str, &str)]) -> Result<(Settings, Vec<Diagnostic>), Faults> {
    let environment =
        variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    let source = Source { name: "config.toml", text, base: Path::new("/etc/watchfloor") };
    Settings::parse(&source, &environment)
}

fn settings(text: &str) -> Settings {
    parse_in(text, &[]).map_err(|faults| faults.to_string()).expect("no fault").0
}

fn faults_in(text: &str, variables: &[(&str, &str)]) -> Vec<String> {
    let found = parse_in(text, variables).map(|_| ()).map_err(|faults| faults.0);
    let faults = found.err().unwrap_or_default();
    faults
        .iter()
        .map(|fault| format!("{}:{} {}", fault.line, fault.column, fault.message))
        .collect()
}

fn faults(text: &str) -> Vec<String> {
    faults_in(text, &[])
}

/// The hint of the only fault.
fn hint(text: &str) -> String {
    let faults = parse_in(text, &[]).expect_err("a fault").0;
    let [fault] = faults.as_slice() else { panic!("{faults:?}") };
    fault.hint.clone().unwrap_or_default()
}

/// The example with every commented key set.
fn whole() -> String {
    let is_key = |line: &str| {
        let word = line.split([' ', '=']).next().unwrap_or_default();
        line.contains(" = ")
            && (line.starts_with('"') || word.chars().all(|c| c.is_ascii_lowercase() || c == '_'))
    };
    let open = |line: &str| match line.strip_prefix("# ") {
        Some(rest) if is_key(rest) => format!("{rest}\n"),
        _ => format!("{line}\n"),
    };
    example().lines().map(open).collect()
}
