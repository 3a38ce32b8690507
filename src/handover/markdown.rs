//! A [`Bundle`] as Markdown. Text from outside stands as code, where nothing of it is active.

use std::fmt::{self, Write};

use super::{Bundle, EntryPart, FindingPart, ObjectivePart, SourcePart};

/// Writes the whole.
pub(super) fn write(bundle: &Bundle) -> String {
    let mut out = String::new();
    // Writing into a text never fails.
    all(&mut out, bundle).ok();
    out
}

fn all(out: &mut String, bundle: &Bundle) -> fmt::Result {
    writeln!(out, "# Hand-over, {}\n", bundle.at)?;
    writeln!(
        out,
        "Written by Watchfloor. Changes and acts since {}. Times are UTC.\n",
        bundle.since
    )?;
    writeln!(out, "## Findings ({})\n", bundle.findings.len())?;
    if bundle.findings.is_empty() {
        writeln!(out, "Nothing found; see the sources below for what that rests on.")?;
    }
    for finding in &bundle.findings {
        finding_lines(out, finding)?;
    }
    list(out, "Waiting jobs", "No job was found waiting.", &bundle.waiting)?;
    objectives(out, &bundle.objectives)?;
    timeline(out, &bundle.timeline)?;
    sources(out, &bundle.sources)?;
    list(out, "Left out", "Nothing.", &bundle.left_out)
}

fn finding_lines(out: &mut String, finding: &FindingPart) -> fmt::Result {
    let indent = if finding.cause.is_some() { "  " } else { "" };
    writeln!(
        out,
        "{indent}- **{}** {} ({})",
        finding.severity,
        code(&finding.title),
        finding.code
    )?;
    let since = finding.since.as_deref().unwrap_or("unknown");
    writeln!(
        out,
        "{indent}  - since {since}; hits {}; {}",
        finding.count,
        code(&finding.presence)
    )?;
    writeln!(out, "{indent}  - next: {}", code(&finding.next_step))?;
    if let Some(cause) = finding.cause {
        writeln!(out, "{indent}  - follows from {cause}")?;
    }
    for (name, words) in [("runbook", &finding.runbook), ("in hand", &finding.in_hand)] {
        if let Some(words) = words {
            writeln!(out, "{indent}  - {name}: {}", code(words))?;
        }
    }
    for one in &finding.evidence {
        let seen = one.seen_at.as_deref().unwrap_or("never confirmed");
        writeln!(
            out,
            "{indent}  - {} = {} ({}, {seen})",
            code(one.field),
            code(&one.value),
            one.source
        )?;
    }
    Ok(())
}

fn objectives(out: &mut String, objectives: &[ObjectivePart]) -> fmt::Result {
    writeln!(out, "\n## Objectives ({})\n", objectives.len())?;
    if objectives.is_empty() {
        return writeln!(out, "None was read.");
    }
    writeln!(out, "| objective | target | state | budget left | burn by window |")?;
    writeln!(out, "|---|---|---|---|---|")?;
    for one in objectives {
        let left = one
            .remaining_ratio
            .map_or_else(|| "unknown".into(), |left| format!("{:.1} %", left * 100.0));
        let burn: Vec<String> = one.burn.iter().map(burn).collect();
        let (key, target) = (cell(&one.key), one.objective * 100.0);
        writeln!(out, "| {key} | {target} % | {} | {left} | {} |", one.state, burn.join(", "))?;
    }
    Ok(())
}

fn burn((seconds, rate): &(f64, Option<f64>)) -> String {
    let window = crate::domain::time::span(crate::domain::time::whole(*seconds));
    rate.map_or_else(|| format!("{window} unknown"), |rate| format!("{window} {rate:.2}"))
}

fn timeline(out: &mut String, entries: &[EntryPart]) -> fmt::Result {
    writeln!(out, "\n## What became different ({})\n", entries.len())?;
    if entries.is_empty() {
        return writeln!(out, "Nothing that was seen.");
    }
    writeln!(out, "| when | kind | what | before | since |")?;
    writeln!(out, "|---|---|---|---|---|")?;
    for one in entries {
        let before = one.before.as_deref().map(cell).unwrap_or_default();
        let unseen = one.unseen_since.as_ref().map(|since| format!(", unseen since {since}"));
        let (name, after) = (cell(&one.name), cell(&one.after));
        let unseen = unseen.unwrap_or_default();
        writeln!(out, "| {}{unseen} | {} | {name} | {before} | {after} |", one.at, one.kind)?;
    }
    Ok(())
}

fn sources(out: &mut String, sources: &[SourcePart]) -> fmt::Result {
    writeln!(out, "\n## Sources ({})\n", sources.len())?;
    writeln!(out, "| source | health | age | trouble |")?;
    writeln!(out, "|---|---|---|---|")?;
    for one in sources {
        let age = one.age_seconds.map_or_else(|| "never".into(), |age| format!("{age} s"));
        let trouble = one.trouble.as_deref().map(cell).unwrap_or_default();
        writeln!(out, "| {} | {} | {age} | {trouble} |", cell(&one.name), one.health)?;
    }
    Ok(())
}

fn list(out: &mut String, title: &str, empty: &str, items: &[String]) -> fmt::Result {
    writeln!(out, "\n## {title} ({})\n", items.len())?;
    if items.is_empty() {
        return writeln!(out, "{empty}");
    }
    items.iter().try_for_each(|item| writeln!(out, "- {}", code(item)))
}

/// Text as code: a fence longer than any in it, so that it cannot end early.
fn code(text: &str) -> String {
    let line: String =
        text.chars().map(|sign| if sign.is_control() { ' ' } else { sign }).collect();
    let longest = line.split(|sign| sign != '`').map(str::len).max().unwrap_or_default();
    let fence = "`".repeat(longest + 1);
    // A blank on either side keeps a fence of its own apart; Markdown takes one away again.
    if line.trim().is_empty() { String::new() } else { format!("{fence} {line} {fence}") }
}

/// The same in a table, where an upright line would end the cell even within code.
fn cell(text: &str) -> String {
    code(&text.replace('|', "¦"))
}
