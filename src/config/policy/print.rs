//! A policy as a file: what `gate --show-policy` prints, which reads back as the same policy.

use std::fmt::Write;
use std::time::Duration;

use toml::Value;

use super::POLICY_SCHEMA;
use crate::gate::{Policy, ServicePolicy, TierPolicy};

/// The policy as the text of a file, every key said.
pub(super) fn text(policy: &Policy) -> String {
    let mut out = String::new();
    // Writing to a string cannot fail.
    _ = head(&mut out, policy);
    policy.tiers.iter().for_each(|one| _ = tier(&mut out, one));
    policy.services.iter().for_each(|(name, one)| _ = service(&mut out, name, one));
    if !policy.evidence.is_empty() {
        out.push_str("\n[evidence]\n");
    }
    for (class, label) in &policy.evidence {
        _ = writeln!(out, "{class} = {}", word(label));
    }
    out
}

fn head(out: &mut String, policy: &Policy) -> std::fmt::Result {
    writeln!(out, "schema = {}", word(POLICY_SCHEMA))?;
    writeln!(out, "valid_for = {}", word(&span(policy.valid_for)))?;
    writeln!(out, "warn_below = {}", Value::Float(policy.warn_below))?;
    writeln!(out, "unfreeze_above = {}", Value::Float(policy.unfreeze_above))?;
    writeln!(out, "least_filled = {}", Value::Float(policy.least_filled))
}

fn tier(out: &mut String, tier: &TierPolicy) -> std::fmt::Result {
    writeln!(out, "\n[[tier]]\nname = {}", word(&tier.name))?;
    writeln!(out, "environments = {}", list(&tier.environments))?;
    writeln!(out, "unknown = {}", word(tier.unknown.as_str()))?;
    writeln!(out, "no_traffic = {}", word(tier.no_traffic.as_str()))?;
    writeln!(out, "no_objective = {}", word(tier.no_objective.as_str()))
}

fn service(out: &mut String, name: &str, service: &ServicePolicy) -> std::fmt::Result {
    writeln!(out, "\n[service.{}]", word(name))?;
    if let Some(project) = &service.project {
        writeln!(out, "project = {}", word(project))?;
    }
    if service.objectives.is_empty() {
        return Ok(());
    }
    writeln!(out, "objectives = {}", list(&service.objectives))
}

/// A string of TOML: control characters are escapes in it, so that it moves no terminal; what else could is escaped too.
fn word(raw: &str) -> String {
    let mut out = String::from('"');
    for character in raw.chars() {
        match character {
            '"' | '\\' => out.extend(['\\', character]),
            ' '..='~' => out.push(character),
            other => _ = write!(out, "\\U{:08X}", u32::from(other)),
        }
    }
    out.push('"');
    out
}

fn list(words: &[String]) -> String {
    let words: Vec<String> = words.iter().map(|one| word(one)).collect();
    format!("[{}]", words.join(", "))
}

/// A span with its units, exact to the nanosecond.
fn span(span: Duration) -> String {
    let (minutes, seconds) = (span.as_secs() / 60, span.as_secs() % 60);
    match (minutes, seconds, span.subsec_nanos()) {
        (minutes, 0, 0) => format!("{minutes}m"),
        (0, seconds, 0) => format!("{seconds}s"),
        (minutes, seconds, 0) => format!("{minutes}m{seconds}s"),
        (minutes, seconds, rest) => format!("{minutes}m{seconds}s{rest}ns"),
    }
}
