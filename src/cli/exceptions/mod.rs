//! `exceptions`: the register of exceptions: checked without a server, listed, asked for more, and its requests decided on.

pub(super) mod args;
mod ask;
pub(super) mod decide;
mod files;
mod print;
#[cfg(test)]
mod tests;

use std::path::Path;

use super::Surroundings;
use super::args::Global;
use super::exit::{Exit, Problem};
use crate::config::{LoadError, LoadRequest, Settings};
use crate::domain::{Flaw, FlawSeverity, Text};
use crate::register::{Rules, Sifted, lint, schema};
use crate::runtime::Clock;
use args::{ExceptionsLint, ExceptionsPage};
use print::Findings;

/// Does what is asked of the register.
pub(super) fn run(
    page: &ExceptionsPage,
    global: &Global,
    around: &mut Surroundings<'_>,
) -> Result<Exit, Problem> {
    match page {
        ExceptionsPage::Lint(asked) => check(asked, global, around),
        ExceptionsPage::Approve(asked) => asked.run("exception.approve", global, around),
        ExceptionsPage::Merge(asked) => asked.run("exception.merge", global, around),
        ExceptionsPage::Refuse(asked) => asked.run("exception.refuse", global, around),
        ExceptionsPage::Withdraw(asked) => asked.run("exception.withdraw", global, around),
        ExceptionsPage::Schema => {
            writeln!(around.out, "{:#}", schema().to_value())?;
            Ok(Exit::Done)
        }
        ExceptionsPage::List(asked) => ask::list(asked, global, around),
        ExceptionsPage::Request(asked) => ask::request(asked, global, around),
        ExceptionsPage::Extend(asked) => ask::extend(asked, global, around),
        ExceptionsPage::Revoke(asked) => ask::revoke(asked, global, around),
    }
}

/// Reads the files, checks them and prints what was found.
fn check(
    asked: &ExceptionsLint,
    global: &Global,
    around: &mut Surroundings<'_>,
) -> Result<Exit, Problem> {
    let rules = rules(global, around)?;
    let now = global.now.unwrap_or_else(|| Clock::wall().now());
    // GitLab's runner says where the checkout is: names in its reports are below it.
    let root = around.environment.get("CI_PROJECT_DIR").map(Path::new);
    let folder = files::read(&asked.path, root)?;
    let read = folder.files.iter().map(|(name, bytes)| (name.as_str(), bytes.as_slice()));
    let mut sifted = lint(read, &rules, now);
    sifted.flaws.extend(folder.links.iter().map(|link| of_link(link)));
    // By file and place again, links among the others; flaws of one place keep their order.
    sifted.flaws.sort_by(|one, other| {
        (&one.path, one.line, one.column).cmp(&(&other.path, other.line, other.column))
    });
    if asked.path.is_file() {
        narrow(&mut sifted, &files::named(&asked.path, root));
    }
    print::print(&Findings { sifted: &sifted, at: now }, asked.output, around.out)?;
    around.out.flush()?;
    if sifted.files == 0 {
        writeln!(
            around.err,
            "note: {} has no files that end in .yaml or .yml\n  hint: name the folder of the records",
            Text::new(&asked.path.display().to_string())
        )?;
    }
    Ok(if sifted.is_faulty() { Exit::Findings } else { Exit::Done })
}

/// The rules of `[exceptions]`, and the defaults where there is no config file.
fn rules(global: &Global, around: &Surroundings<'_>) -> Result<Rules, Problem> {
    let (overrides, environment) = (global.overrides(), around.environment.clone());
    match Settings::load(&LoadRequest { overrides, environment }) {
        Ok(loaded) => Ok(loaded.settings.exceptions.map_or_else(Rules::default, |exceptions| {
            Rules { max_ttl: exceptions.max_ttl, max_renewals: exceptions.max_renewals }
        })),
        Err(LoadError::NoConfig(_) | LoadError::NoHome) => Ok(Rules::default()),
        Err(other) => Err(other.into()),
    }
}

/// A link may lead out of the register, to what nobody reviewed.
fn of_link(path: &str) -> Flaw {
    Flaw {
        code: "link",
        severity: FlawSeverity::Error,
        path: Text::new(path),
        line: 0,
        column: 0,
        what: Text::new("this is a link, which is not followed"),
        cure: Text::new("put the file itself there"),
    }
}

/// Keeps what concerns one file: the others were read for what it names alone.
fn narrow(sifted: &mut Sifted, path: &str) {
    sifted.flaws.retain(|flaw| *flaw.path == *Text::new(path));
    sifted.files = 1;
}
