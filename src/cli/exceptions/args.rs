//! What `exceptions` takes on the command line.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};

use super::ask::args::{ExceptionsExtend, ExceptionsList, ExceptionsRequest, ExceptionsRevoke};
use super::decide::Decide;

/// What stands below the help of `exceptions lint`.
const AFTER_LINT: &str = "\
No platform is asked and no config file is needed: without `[exceptions]` the defaults hold, 90 days for every kind and two
renewals. Of a single file only its own flaws are told; the files beside it are read for what it renews. docs/exceptions.md
shows a whole record, every rule, and a GitLab job to paste.

Exit codes: 0 nothing worse than information · 1 errors or warnings, or output that could not be written · 2 usage, the
configuration, or a path that cannot be read";

/// What is asked of the register of exceptions.
#[derive(Debug, Clone, Subcommand)]
pub enum ExceptionsPage {
    /// Check the files of a register: every flaw with file, line and cure
    Lint(ExceptionsLint),
    /// The JSON schema of a record's file
    Schema,
    /// The records of the register, what ends next first; the same as `get exceptions`. What is asked for: `get requests`
    List(ExceptionsList),
    /// Ask for an exception: a branch, a commit and a merge request in the register's project
    Request(Box<ExceptionsRequest>),
    /// Ask for a renewal: a record of its own that names the old one, by a merge request
    Extend(ExceptionsExtend),
    /// Ask that an exception be taken back: a merge request that sets its revocation
    Revoke(ExceptionsRevoke),
    /// Approve a request as it stands, and merge it where GitLab allows; without --arm it is only shown
    Approve(Decide),
    /// Merge a request that was approved; without --arm it is only shown
    Merge(Decide),
    /// Refuse a request: a note says why, then it is closed
    Refuse(Decide),
    /// Withdraw your own request: a note says why, then it is closed
    Withdraw(Decide),
}

/// The files of a register, checked.
#[derive(Debug, Clone, Args)]
#[command(after_help = AFTER_LINT)]
pub struct ExceptionsLint {
    /// The folder of the records, with the folders below it; or one file
    pub path: PathBuf,
    /// How to print it
    #[arg(short, long, value_name = "FORM", default_value = "human")]
    pub output: LintOutput,
}

/// How flaws are printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum LintOutput {
    /// For people
    Human,
    /// For scripts: the documented fields
    Json,
    /// For GitLab's report of code quality
    CodeQuality,
}
