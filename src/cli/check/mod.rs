//! `check`: is all that is configured right and reachable? Every fault at once, each with its cure.

mod gitlab;
mod local;
mod verdict;

use std::io::{self, Write};

use super::Surroundings;
use super::args::{Check, CheckOutput, Global};
use super::exit::{Exit, Problem};
use super::ground::{Ground, tasks};
use crate::config::{LoadError, LoadRequest, Settings};
use crate::domain::Timestamp;
use crate::runtime::Clock;
use verdict::{Level, Sheet, Verdict};

/// Checks, prints every verdict, and fails where one of them is a failure.
pub(super) fn run(
    check: &Check,
    global: &Global,
    around: &mut Surroundings<'_>,
) -> Result<Exit, Problem> {
    let environment = around.environment.clone();
    let request = LoadRequest { overrides: global.overrides(), environment };
    let (verdicts, at) = match Settings::load(&request) {
        Ok(loaded) => {
            let mut verdicts = local::of_config(&loaded);
            let ground = Ground::on(loaded, global, &around.environment)?;
            verdicts.extend(local::of_places(&ground.loaded, &around.environment));
            verdicts.extend(tasks()?.block_on(gitlab::verdicts(&ground)));
            verdicts.extend(local::unread(&ground.loaded.settings));
            (verdicts, ground.clock.now())
        }
        Err(LoadError::Faults(faults)) => {
            (faults.0.iter().map(local::of_fault).collect(), Clock::wall().now())
        }
        Err(error) => return Err(error.into()),
    };
    print(check.output, &verdicts, at, around.out)?;
    let failed = verdicts.iter().any(|verdict| verdict.level == Level::Fail);
    Ok(if failed { Exit::Findings } else { Exit::Done })
}

fn print(
    output: CheckOutput,
    verdicts: &[Verdict],
    at: Timestamp,
    out: &mut dyn Write,
) -> io::Result<()> {
    match output {
        CheckOutput::Json => {
            serde_json::to_writer_pretty(&mut *out, &Sheet::new(verdicts, at))?;
            writeln!(out)
        }
        CheckOutput::Text => {
            verdicts.iter().try_for_each(|verdict| write!(out, "{verdict}"))?;
            writeln!(out, "{}", verdict::summary(verdicts))
        }
    }
}
