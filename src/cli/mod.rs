//! The command line: subcommands and what they print. The only layer that prints.
//!
//! **Invariant:** what a script reads (JSON, CSV, exit codes) is documented and only grows. Words for people go to
//! standard error as `error: …` and `  hint: …`, without secrets. A closed pipe ends a command quietly.

mod access;
mod act;
mod advice;
pub mod args;
mod audit;
mod check;
#[cfg(feature = "demo")]
mod demo;
mod exceptions;
mod exit;
mod gate;
mod get;
mod ground;
mod handover;
pub mod json;
pub mod kind;
mod look;
mod outage;
mod page;
mod run;
#[cfg(test)]
mod sample;
mod show;
mod timeline;
mod why;

use std::ffi::OsString;
use std::io::{self, BufWriter, Write};
use std::process::ExitCode;

use clap::Parser;

use args::{Arguments, Command};
pub use exit::{Exit, Problem};

use crate::config::Environment;

/// Where a command prints to, and the environment that it runs in.
pub struct Surroundings<'a> {
    /// Standard output.
    pub out: &'a mut dyn Write,
    /// Standard error.
    pub err: &'a mut dyn Write,
    /// The environment's variables.
    pub environment: Environment,
}

impl std::fmt::Debug for Surroundings<'_> {
    /// The environment may hold secrets: only its size is told.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Surroundings").field("variables", &self.environment.len()).finish()
    }
}

/// The whole program, as the shell starts it.
pub fn main() -> ExitCode {
    // The console shares these streams with other threads, so neither is locked for the whole run.
    let mut out = BufWriter::new(io::stdout());
    let mut err = io::stderr();
    let environment = ground::environment_of_process();
    let around = Surroundings { out: &mut out, err: &mut err, environment };
    run(std::env::args_os(), around).into()
}

/// Runs one command line, its first word being the program's name.
pub fn run(line: impl IntoIterator<Item = OsString>, mut around: Surroundings<'_>) -> Exit {
    let ended = match Arguments::try_parse_from(line) {
        Ok(arguments) => dispatch(arguments, &mut around),
        Err(error) => misread(&error, &mut around),
    };
    let ended = ended.and_then(|exit| match around.out.flush() {
        // A verdict stays what it is, whoever closes the pipe: it would else read as a yes.
        Err(_) if matches!(exit, Exit::Verdict(_)) => Ok(exit),
        flushed => Ok(flushed.map(|()| exit)?),
    });
    ended.unwrap_or_else(|problem| {
        // Nothing can be said to somebody who has closed standard error.
        around.err.write_all(problem.text.as_bytes()).ok();
        problem.exit
    })
}

/// A line that is no command: a fault, or the help or the version that was asked for.
fn misread(error: &clap::Error, around: &mut Surroundings<'_>) -> Result<Exit, Problem> {
    if error.use_stderr() {
        return Err(Problem { exit: Exit::Usage, text: error.to_string() });
    }
    write!(around.out, "{error}")?;
    Ok(Exit::Done)
}

fn dispatch(arguments: Arguments, around: &mut Surroundings<'_>) -> Result<Exit, Problem> {
    let Arguments { global, command } = arguments;
    match command {
        None => run::run(&global, around),
        Some(Command::Get(get)) => get::run(&get, &global, around),
        Some(Command::Act(act)) => act::run(&act, &global, around),
        Some(Command::Gate(gate)) => gate::run(&gate, &global, around),
        Some(Command::Timeline(asked)) => timeline::run(&asked, &global, around),
        Some(Command::Handover(asked)) => handover::run(&asked, &global, around),
        Some(Command::Exceptions(page)) => exceptions::run(&page, &global, around),
        Some(Command::Access(page)) => access::run(&page, &global, around),
        Some(Command::Why(asked)) => why::run(&asked, &global, around),
        Some(Command::Audit(page)) => audit::run(&page, &global, around),
        Some(Command::Config(page)) => page::config(page, around.out),
        Some(Command::Completions { shell }) => page::completions(shell, around.out),
        Some(Command::Man) => page::man(around.out),
        Some(Command::Show(show)) => show::run(&show, &global, around),
        Some(Command::Check(check)) => check::run(&check, &global, around),
        #[cfg(feature = "demo")]
        Some(Command::Demo(demo)) => demo::run(&demo, &global, around),
    }
}

#[cfg(test)]
mod tests;
