//! `check`: is all that is configured right and reachable? Every fault at once, each once, with its cure.

mod gitlab;
mod local;
mod verdict;

use std::io::{self, Write};

use super::Surroundings;
use super::args::{Check, CheckOutput, Global};
use super::exit::{Exit, Problem};
use super::ground::{Ground, tasks};
use super::look;
use crate::config::{Environment, Faulty, LoadRequest, Loaded, Settings};
use crate::domain::Timestamp;
use crate::runtime::Clock;
use verdict::{Level, Sheet, Verdict};

/// What was found.
struct Findings {
    verdicts: Vec<Verdict>,
    at: Timestamp,
    /// Whether a console could run on this configuration at all.
    is_usable: bool,
}

impl Findings {
    fn exit(&self) -> Exit {
        let failed = self.verdicts.iter().any(|verdict| verdict.level == Level::Fail);
        match (self.is_usable, failed) {
            (false, _) => Exit::Usage,
            (true, true) => Exit::Findings,
            (true, false) => Exit::Done,
        }
    }
}

/// Checks, prints every verdict, and fails where one of them is a failure.
pub(super) fn run(
    check: &Check,
    global: &Global,
    around: &mut Surroundings<'_>,
) -> Result<Exit, Problem> {
    let environment = around.environment.clone();
    let request = LoadRequest { overrides: global.overrides(), environment };
    let findings = match Settings::survey(&request) {
        Ok(loaded) => of_loaded(loaded, global, &around.environment)?,
        Err(faulty) => of_faulty(&faulty, &around.environment),
    };
    print(check.output, &findings.verdicts, findings.at, around.out)?;
    Ok(findings.exit())
}

/// A configuration that was read: everything is tested.
fn of_loaded(
    loaded: Loaded,
    global: &Global,
    environment: &Environment,
) -> Result<Findings, Problem> {
    let mut verdicts = local::of_config(&loaded);
    let ground = Ground::on(loaded, global, environment)?;
    let Loaded { settings, places, secrets, .. } = &ground.loaded;
    verdicts.extend(local::of_names(places, &settings.ui));
    verdicts.extend(local::of_folders(places));
    let others = secrets.iter().filter(|(key, _)| key != gitlab::TOKEN);
    let is_usable = match &settings.gitlab {
        None => {
            verdicts.extend(local::of_secrets(others, environment));
            verdicts.push(gitlab::unconfigured());
            false
        }
        Some(gitlab) => {
            let wiring = look::wiring(&ground, gitlab, environment);
            verdicts.push(local::of_read(gitlab::TOKEN, &gitlab.token, wiring.as_ref().err()));
            verdicts.extend(local::of_secrets(others, environment));
            let is_usable = wiring.is_ok();
            match wiring {
                Ok(wiring) => {
                    verdicts.extend(tasks()?.block_on(gitlab::verdicts(&ground, gitlab, wiring)));
                }
                Err(_) => verdicts.push(gitlab::skipped("gitlab.token cannot be read")),
            }
            is_usable
        }
    };
    verdicts.extend(local::unread(settings));
    Ok(Findings { verdicts, at: ground.clock.now(), is_usable })
}

/// A configuration with faults: what can be tested without it is tested all the same.
fn of_faulty(faulty: &Faulty, environment: &Environment) -> Findings {
    let mut verdicts = local::of_error(&faulty.error);
    if let Some(rest) = &faulty.rest {
        verdicts.extend(local::of_names(&rest.places, &rest.ui));
        verdicts.extend(local::of_secrets(rest.secrets.iter(), environment));
    }
    verdicts.push(gitlab::skipped("the configuration cannot be used"));
    Findings { verdicts, at: Clock::wall().now(), is_usable: false }
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
