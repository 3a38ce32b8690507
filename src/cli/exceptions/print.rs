//! Flaws as people, scripts and GitLab read them.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::{self, Write};

use serde::Serialize;
use sha2::{Digest, Sha256};

use super::args::LintOutput;
use crate::cli::json::{FlawItem, document};
use crate::domain::{Flaw, FlawSeverity, Timestamp};
use crate::register::Sifted;

/// What is printed.
pub(super) struct Findings<'a> {
    pub(super) sifted: &'a Sifted,
    pub(super) at: Timestamp,
}

/// Prints them in the order of files and places.
pub(super) fn print(
    findings: &Findings<'_>,
    output: LintOutput,
    out: &mut dyn Write,
) -> io::Result<()> {
    match output {
        LintOutput::Human => human(findings.sifted, out),
        LintOutput::Json => {
            let items: Vec<FlawItem<'_>> = findings.sifted.flaws.iter().map(item).collect();
            json(&document("exception_flaws", findings.at, &items), out)
        }
        LintOutput::CodeQuality => json(&issues(&findings.sifted.flaws), out),
    }
}

fn json(value: &impl Serialize, out: &mut dyn Write) -> io::Result<()> {
    serde_json::to_writer_pretty(&mut *out, value)?;
    writeln!(out)
}

fn human(sifted: &Sifted, out: &mut dyn Write) -> io::Result<()> {
    for flaw in &sifted.flaws {
        let Flaw { path, line, column, severity, what, code, cure } = flaw;
        match (line, column) {
            (0, _) => write!(out, "{path}: ")?,
            (line, 0) => write!(out, "{path}:{line}: ")?,
            (line, column) => write!(out, "{path}:{line}:{column}: ")?,
        }
        writeln!(out, "{severity}: {what} [{code}]")?;
        writeln!(out, "  hint: {cure}")?;
    }
    let count = |severity| sifted.flaws.iter().filter(|flaw| flaw.severity == severity).count();
    writeln!(
        out,
        "{}: {}, {}, {} to know",
        counted(sifted.files, "file"),
        counted(count(FlawSeverity::Error), "error"),
        counted(count(FlawSeverity::Warning), "warning"),
        count(FlawSeverity::Info)
    )
}

fn counted(count: usize, word: &str) -> String {
    if count == 1 { format!("1 {word}") } else { format!("{count} {word}s") }
}

fn item(flaw: &Flaw) -> FlawItem<'_> {
    let known = |number: u32| (number > 0).then(|| u64::from(number));
    FlawItem {
        code: flaw.code,
        severity: flaw.severity.word(),
        path: &flaw.path,
        line: known(flaw.line),
        column: known(flaw.column),
        what: &flaw.what,
        cure: &flaw.cure,
    }
}

/// An issue of GitLab's report of code quality.
#[derive(Debug, Serialize)]
struct Issue<'a> {
    description: String,
    check_name: &'a str,
    fingerprint: String,
    severity: &'static str,
    location: Location<'a>,
}

#[derive(Debug, Serialize)]
struct Location<'a> {
    path: &'a str,
    lines: Lines,
}

#[derive(Debug, Serialize)]
struct Lines {
    begin: u32,
}

fn issues(flaws: &[Flaw]) -> Vec<Issue<'_>> {
    let mut seen: BTreeMap<String, u32> = BTreeMap::new();
    let issue = |flaw| {
        let bare = fingerprint(flaw, 0);
        let before = seen.entry(bare.clone()).or_insert(0);
        let fingerprint = if *before == 0 { bare } else { fingerprint(flaw, *before) };
        *before += 1;
        issue(flaw, fingerprint)
    };
    flaws.iter().map(issue).collect()
}

fn issue(flaw: &Flaw, fingerprint: String) -> Issue<'_> {
    let severity = match flaw.severity {
        FlawSeverity::Info => "info",
        FlawSeverity::Warning => "minor",
        FlawSeverity::Error => "major",
    };
    Issue {
        description: format!("{}; {}", flaw.what, flaw.cure),
        check_name: flaw.code,
        fingerprint,
        severity,
        location: Location { path: &flaw.path, lines: Lines { begin: flaw.line.max(1) } },
    }
}

/// The same flaw keeps its fingerprint when lines are added above it: GitLab then knows it for the old one.
fn fingerprint(flaw: &Flaw, before: u32) -> String {
    let mut hash = Sha256::new();
    for part in [flaw.code, &flaw.path, &flaw.what] {
        hash.update(part.as_bytes());
        hash.update([0]);
    }
    hash.update(before.to_be_bytes());
    hash.finalize().iter().fold(String::new(), |mut out, byte| {
        // Writing to a string cannot fail.
        _ = write!(out, "{byte:02x}");
        out
    })
}
