//! `audit verify`: does the chain hold, and is its end the one that was kept elsewhere?

use std::fs;
use std::io::{self, Write};
use std::path::Path;

use serde::Serialize;

use super::{opened, unreadable};
use crate::audit::{Anchor, Checkpoint, Verdict};
use crate::cli::Surroundings;
use crate::cli::args::{AuditVerify, CheckOutput};
use crate::cli::exit::{Exit, Problem};
use crate::cli::json::Instant;
use crate::runtime::Clock;

/// Checks the chain, and says what holds.
pub(super) fn verify(
    asked: &AuditVerify,
    path: &Path,
    around: &mut Surroundings<'_>,
) -> Result<Exit, Problem> {
    let checkpoint = asked.checkpoint.as_deref().map(read).transpose()?;
    let ledger = opened(path)?;
    let verdict = match &ledger {
        Some(ledger) => ledger.verify(checkpoint.as_ref()).map_err(|error| unreadable(&error))?,
        None => empty(checkpoint.as_ref()),
    };
    match asked.output {
        CheckOutput::Json => {
            serde_json::to_writer_pretty(&mut *around.out, &Sheet::of(&verdict))
                .map_err(io::Error::from)?;
            writeln!(around.out)?;
        }
        CheckOutput::Text if ledger.is_none() && checkpoint.is_none() => {
            let path = path.display();
            writeln!(around.out, "warn  unanchored: there is no ledger at {path}")?;
            writeln!(around.out, "        hint: {NOTHING}")?;
        }
        CheckOutput::Text => print(&verdict, around.out)?,
    }
    Ok(if verdict.holds() { Exit::Done } else { Exit::Findings })
}

/// The verdict on a ledger that is not there: one that a checkpoint speaks of was taken away.
fn empty(checkpoint: Option<&Checkpoint>) -> Verdict {
    let anchor = checkpoint
        .map_or(Anchor::Unanchored, |checkpoint| Anchor::Mismatch { seq: checkpoint.seq });
    Verdict { entries: 0, broken: None, anchor, flaws: Vec::new() }
}

/// What it means that there is no ledger.
pub(super) const NOTHING: &str = "nothing was ever done, or the ledger was taken away: only a checkpoint kept elsewhere tells; the next act begins a new one";

/// Reads a checkpoint that was kept.
pub(super) fn read(path: &Path) -> Result<Checkpoint, Problem> {
    let hint = "name a file that `watchfloor audit export --checkpoint FILE` wrote";
    let wrong =
        |why: String| Problem::usage(format!("{} is no checkpoint: {why}", path.display()), hint);
    let text = fs::read_to_string(path).map_err(|error| wrong(error.to_string()))?;
    let checkpoint: Checkpoint =
        serde_json::from_str(&text).map_err(|error| wrong(error.to_string()))?;
    if checkpoint.schema != Checkpoint::SCHEMA {
        return Err(wrong(format!("its schema is `{}`", checkpoint.schema)));
    }
    Ok(checkpoint)
}

fn print(verdict: &Verdict, out: &mut dyn Write) -> io::Result<()> {
    match &verdict.broken {
        None => writeln!(out, "ok    the chain of {} records is unbroken", verdict.entries)?,
        Some(broken) => {
            writeln!(out, "fail  record {} does not hold: {}", broken.seq, broken.why)?;
            writeln!(out, "        hint: nothing from it on proves anything; compare an export")?;
        }
    }
    for flaw in &verdict.flaws {
        writeln!(out, "fail  what guards it does not hold: {flaw}")?;
        writeln!(
            out,
            "        hint: records could be changed unnoticed; nothing is done until it is mended"
        )?;
    }
    let broken = verdict.broken.as_ref().map(|broken| broken.seq);
    match verdict.anchor {
        Anchor::Unanchored => {
            writeln!(
                out,
                "warn  its end is unanchored: records cut off there would not be missed"
            )?;
            let hint = "`watchfloor audit export --checkpoint FILE` writes what to keep elsewhere";
            writeln!(out, "        hint: {hint}")
        }
        Anchor::Anchored { after } if broken.is_some() => {
            let seq = verdict.entries.saturating_sub(after);
            let words = if broken.is_some_and(|broken| broken > seq) {
                "the chain holds up to it, and breaks behind it"
            } else {
                "the chain breaks before it, so it vouches for nothing"
            };
            writeln!(out, "warn  the checkpoint at record {seq} is there: {words}")
        }
        Anchor::Anchored { after } => {
            writeln!(out, "ok    it holds the checkpoint; {after} records came after it")
        }
        Anchor::Mismatch { seq } => {
            writeln!(out, "fail  it does not hold the checkpoint at record {seq}")?;
            writeln!(out, "        hint: its end was cut off, or it was written anew")
        }
    }
}

/// The same for scripts.
#[derive(Debug, Serialize)]
struct Sheet {
    schema: &'static str,
    kind: &'static str,
    at: Instant,
    ok: bool,
    records: u64,
    broken: Option<Broken>,
    flaws: Vec<String>,
    anchor: Anchored,
}

#[derive(Debug, Serialize)]
struct Broken {
    seq: u64,
    why: &'static str,
}

#[derive(Debug, Serialize)]
struct Anchored {
    state: &'static str,
    seq: Option<u64>,
    after: Option<u64>,
}

impl Sheet {
    fn of(verdict: &Verdict) -> Sheet {
        let anchor = match verdict.anchor {
            Anchor::Unanchored => Anchored { state: "unanchored", seq: None, after: None },
            Anchor::Anchored { after } => {
                let seq = Some(verdict.entries.saturating_sub(after));
                Anchored { state: "anchored", seq, after: Some(after) }
            }
            Anchor::Mismatch { seq } => Anchored { state: "mismatch", seq: Some(seq), after: None },
        };
        let broken = verdict.broken.as_ref();
        Sheet {
            schema: "watchfloor/v1",
            kind: "audit_verify",
            at: Instant(Clock::wall().now()),
            ok: verdict.holds(),
            records: verdict.entries,
            broken: broken.map(|broken| Broken { seq: broken.seq, why: broken.why }),
            anchor,
            flaws: verdict.flaws.clone(),
        }
    }
}
