//! `check`: is all that is configured right and reachable? Every fault at once, each once, with its cure.

mod access;
mod cluster;
mod gitlab;
mod local;
mod monitoring;
mod register;
mod verdict;

use std::io::{self, Write};

use super::Surroundings;
use super::args::{Check, CheckOutput, Global};
use super::exit::{Exit, Problem};
use super::ground::{Ground, tasks};
use super::look;
use crate::api::Wiring;
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
    verdicts.extend(local::of_policy(&settings.gate));
    verdicts.extend(local::of_folders(places));
    verdicts.extend(local::of_objectives(&settings.slo));
    let others = secrets.iter().filter(|(key, _)| key != gitlab::TOKEN);
    let (of_token, wiring) = of_token(&ground, environment);
    verdicts.extend(of_token);
    verdicts.extend(local::of_secrets(others, environment));
    let is_usable = wiring.is_some();
    let platforms = async {
        tokio::join!(
            of_gitlab(&ground, wiring),
            cluster::verdicts(settings, ground.clock),
            monitoring::verdicts(settings, ground.clock)
        )
    };
    let (of_gitlab, of_clusters, of_monitoring) = tasks()?.block_on(platforms);
    verdicts.extend(of_gitlab);
    verdicts.extend(of_clusters);
    verdicts.extend(of_monitoring);
    verdicts.extend(local::unread(settings));
    Ok(Findings { verdicts, at: ground.clock.now(), is_usable })
}

/// Whether GitLab's token can be had, and what it takes to ask with it.
fn of_token(ground: &Ground, environment: &Environment) -> (Option<Verdict>, Option<Wiring>) {
    let Some(gitlab) = &ground.loaded.settings.gitlab else { return (None, None) };
    let wiring = look::wiring(ground, gitlab, environment);
    let verdict = local::of_read(gitlab::TOKEN, &gitlab.token, wiring.as_ref().err());
    (Some(verdict), wiring.ok())
}

/// What GitLab says, where it can be asked.
async fn of_gitlab(ground: &Ground, wiring: Option<Wiring>) -> Vec<Verdict> {
    match (&ground.loaded.settings.gitlab, wiring) {
        (None, _) => vec![gitlab::unconfigured()],
        (Some(_), None) => vec![gitlab::skipped("gitlab.token cannot be read")],
        (Some(settings), Some(wiring)) => {
            let mut verdicts = gitlab::verdicts(ground, settings, wiring.clone()).await;
            if verdicts.iter().all(|verdict| verdict.level != Level::Fail) {
                verdicts.extend(register::verdicts(ground, wiring.clone()).await);
                verdicts.extend(access::verdicts(ground, &wiring).await);
            } else if ground.loaded.settings.exceptions.is_some() {
                verdicts.push(Verdict::skip("register", "GitLab is to be mended first"));
            }
            verdicts
        }
    }
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
