//! `gate`: may this change be deployed there now? One look at the objectives, one verdict, one exit code.
//!
//! **Invariant:** nothing that was not measured becomes a yes unless the policy says so in print, and no fault of the
//! command ends with the exit code of a verdict: what is not 0, 10, 20 or 30 is a failure.

pub(super) mod args;
mod evidence;
mod junit;
mod objectives;
mod sheet;
#[cfg(test)]
mod tests;
mod text;

use std::io::{self, Write};

use super::Surroundings;
use super::args::Global;
use super::exit::{Exit, Problem};
use super::ground::Ground;
use crate::config::{LoadError, LoadRequest, PolicyFile, Settings};
use crate::domain::Text;
use crate::gate::{ChangeClass, Facts, Override, Request, decide};
use args::{Gate, GateOutput};
use sheet::Sheet;

/// Decides and prints, or prints the policy alone.
pub(super) fn run(
    asked: &Gate,
    global: &Global,
    around: &mut Surroundings<'_>,
) -> Result<Exit, Problem> {
    if asked.show_policy {
        if asked.output != GateOutput::Text {
            let hint = "leave -o out: a policy is TOML, as it is written and read";
            return Err(Problem::usage("--show-policy prints TOML alone", hint));
        }
        let file = policy_alone(asked, global, around)?;
        around.out.write_all(file.text().as_bytes())?;
        return Ok(Exit::Done);
    }
    let request = request(asked)?;
    let ground = Ground::of(global, around)?;
    let policy = match &asked.policy {
        Some(path) => PolicyFile::load(path).map_err(LoadError::from)?,
        None => ground.policy()?,
    };
    let proof = evidence::gather(&request, &policy.policy, &ground, around)?;
    let state = objectives::read(&request, &policy, &ground, around)?;
    let facts = Facts {
        deployed: proof.deployed,
        evidence: proof.evidence,
        exception: exception_for(&request),
        ..objectives::facts(&state, &request, &ground)
    };
    let verdict = decide(&policy.policy, &request, &facts, ground.clock.now());
    let mut looks = proof.looks;
    let prometheus = ground.loaded.settings.prometheus.as_ref().map(|one| &one.url);
    looks.extend(objectives::looks(&facts, prometheus));
    let sheet = Sheet {
        request: &request,
        policy: &policy,
        objectives: &facts.objectives,
        verdict: &verdict,
        looks: &looks,
        is_dry: asked.dry_run,
    };
    told(print(&sheet, asked.output, around.out))?;
    Ok(if asked.dry_run { Exit::Done } else { Exit::Verdict(verdict.decision) })
}

/// The exception that lets a change through whatever the objectives say: none as yet, for the register of exceptions is
/// read in a later version. An emergency is therefore never let through by its name alone.
fn exception_for(_request: &Request) -> Option<Override> {
    None
}

/// The policy in force, also where nothing else is configured.
fn policy_alone(
    asked: &Gate,
    global: &Global,
    around: &Surroundings<'_>,
) -> Result<PolicyFile, Problem> {
    let environment = around.environment.clone();
    let configured =
        || match Settings::load(&LoadRequest { overrides: global.overrides(), environment }) {
            Ok(loaded) => Ok(loaded.settings.gate.policy),
            Err(LoadError::NoConfig(_)) => Ok(None),
            Err(other) => Err(other),
        };
    let path = match &asked.policy {
        Some(path) => Some(path.clone()),
        None => configured()?,
    };
    let Some(path) = path else { return Ok(PolicyFile::builtin()) };
    Ok(PolicyFile::load(&path).map_err(LoadError::from)?)
}

/// What the command line asks for.
fn request(asked: &Gate) -> Result<Request, Problem> {
    let name = |value: &Option<String>, flag: &str| {
        let value = value.as_deref().unwrap_or_default();
        let is_name = !value.trim().is_empty() && *Text::new(value) == *value;
        is_name.then(|| Text::new(value)).ok_or_else(|| {
            let hint = "write the name as the objectives and GitLab have it";
            Problem::usage(format!("{flag} is no name: {value:?}"), hint)
        })
    };
    let sha = asked.sha.as_deref().map(sha).transpose()?;
    let class = ChangeClass::find(&asked.change_class).ok_or_else(|| {
        let hint = "`watchfloor gate --help` lists the classes";
        Problem::usage(format!("{} is no class of change", asked.change_class), hint)
    })?;
    Ok(Request {
        service: name(&asked.service, "--service")?,
        environment: name(&asked.environment, "--environment")?,
        class,
        sha,
    })
}

/// A whole commit hash: a beginning of one may be that of another commit, too.
fn sha(raw: &str) -> Result<Text, Problem> {
    let is_whole =
        matches!(raw.len(), 40 | 64) && raw.chars().all(|letter| letter.is_ascii_hexdigit());
    if is_whole {
        return Ok(Text::new(&raw.to_ascii_lowercase()));
    }
    let hint = "give the whole hash, 40 or 64 hexadecimal digits: $CI_COMMIT_SHA in a job";
    Err(Problem::usage(format!("--sha is no commit: {raw:?}"), hint))
}

fn print(sheet: &Sheet<'_>, output: GateOutput, out: &mut dyn Write) -> io::Result<()> {
    match output {
        GateOutput::Text => text::print(sheet, out)?,
        GateOutput::Json => {
            serde_json::to_writer_pretty(&mut *out, &sheet.item())?;
            writeln!(out)?;
        }
        GateOutput::Junit => junit::print(sheet, out)?,
    }
    out.flush()
}

/// Whether it was printed. That nobody reads it to its end changes no verdict.
fn told(printed: io::Result<()>) -> io::Result<()> {
    match printed {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        other => other,
    }
}
