//! `audit export`: every record with its chain, as JSON lines; and the checkpoint, to be kept elsewhere.

use std::fs;
use std::io::{self, BufWriter, Write};
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use super::{opened, unreadable};
use crate::audit::{Checkpoint, Entry, Ledger};
use crate::cli::Surroundings;
use crate::cli::args::AuditExport;
use crate::cli::exit::{Exit, Problem};
use crate::config::{open_private, write_private};

/// Writes the records, one a line, then the checkpoint of what was written.
pub(super) fn export(
    asked: &AuditExport,
    path: &Path,
    around: &mut Surroundings<'_>,
) -> Result<Exit, Problem> {
    let Some(ledger) = opened(path)? else {
        let path = path.display();
        writeln!(
            around.err,
            "note: unanchored: there is no ledger at {path}\n  hint: {}",
            super::chain::NOTHING
        )?;
        return Ok(Exit::Done);
    };
    let last = match &asked.output {
        Some(file) => to_file(&ledger, file)?,
        None => lines(&ledger, around.out)?,
    };
    around.out.flush()?;
    anchor(&ledger, asked.checkpoint.as_deref(), last.as_ref(), around)
}

/// Writes the checkpoint, where one is wanted and the chain deserves it.
fn anchor(
    ledger: &Ledger,
    file: Option<&Path>,
    last: Option<&Entry>,
    around: &mut Surroundings<'_>,
) -> Result<Exit, Problem> {
    let checkpoint = last.map(Checkpoint::of);
    let verdict = ledger.verify(checkpoint.as_ref()).map_err(|error| unreadable(&error))?;
    if let Some(broken) = &verdict.broken {
        let hint = "the records were written all the same, a checkpoint was not";
        let (seq, why) = (broken.seq, broken.why);
        let message = format!("record {seq} of the ledger does not hold: {why}");
        return Err(Problem::new(Exit::Findings, message, hint));
    }
    let Some((file, checkpoint)) = file.zip(checkpoint) else { return Ok(Exit::Done) };
    still_holds(ledger, file)?;
    let text = serde_json::to_string(&checkpoint).map_err(io::Error::from)?;
    write_private(file, format!("{text}\n").as_bytes())
        .map_err(|error| unwritable(file, &error))?;
    let (seq, file) = (checkpoint.seq, file.display());
    writeln!(around.err, "note: the checkpoint of record {seq} is in {file}: keep it elsewhere")?;
    Ok(Exit::Done)
}

/// Refuses to write over a checkpoint that this ledger does not hold: it proves that the ledger was cut or made anew.
fn still_holds(ledger: &Ledger, file: &Path) -> Result<(), Problem> {
    if !file.exists() {
        return Ok(());
    }
    let kept = super::chain::read(file)?;
    let verdict = ledger.verify(Some(&kept)).map_err(|error| unreadable(&error))?;
    if verdict.holds() {
        return Ok(());
    }
    let (seq, file) = (kept.seq, file.display());
    let message = format!("the ledger does not hold the checkpoint of record {seq} in {file}");
    let hint = "it was cut or made anew since; the checkpoint is the proof of that and was not written over";
    Err(Problem::new(Exit::Findings, message, hint))
}

/// Writes the records into a file that comes to be as one step.
fn to_file(ledger: &Ledger, file: &Path) -> Result<Option<Entry>, Problem> {
    let mut fresh = file.as_os_str().to_owned();
    fresh.push(format!(".{}.new", std::process::id()));
    let fresh = PathBuf::from(fresh);
    let wrong = |error: io::Error| unwritable(file, &error);
    let mut out = BufWriter::new(open_private(&fresh).map_err(wrong)?);
    let last = lines(ledger, &mut out)?;
    let written = out.flush().and_then(|()| out.get_ref().sync_all());
    written.and_then(|()| fs::rename(&fresh, file)).map_err(wrong)?;
    Ok(last)
}

/// Writes the records; gives the last one.
fn lines(ledger: &Ledger, out: &mut dyn Write) -> Result<Option<Entry>, Problem> {
    let (mut last, mut wrong) = (None, None);
    let read = ledger.each_entry(|entry| {
        let written = serde_json::to_string(&entry)
            .map_err(io::Error::from)
            .and_then(|line| writeln!(out, "{line}"));
        last = Some(entry);
        match written {
            Ok(()) => ControlFlow::Continue(()),
            Err(error) => {
                wrong = Some(error);
                ControlFlow::Break(())
            }
        }
    });
    read.map_err(|error| unreadable(&error))?;
    match wrong {
        Some(error) => Err(error.into()),
        None => Ok(last),
    }
}

fn unwritable(file: &Path, error: &io::Error) -> Problem {
    let hint = "name a file in a folder that exists and may be written to";
    Problem::usage(format!("{} cannot be written: {error}", file.display()), hint)
}
