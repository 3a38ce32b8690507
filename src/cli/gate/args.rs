//! The command line of `gate`: what may be typed.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use crate::gate::ChangeClass;

/// What stands below the help of `gate`.
const AFTER_GATE: &str = "\
A rollback passes a freeze only with --sha of a commit that was deployed there successfully before; security and reliability
only with the evidence that the policy names; an emergency only through an approved exception. Else each counts as a feature.
What cannot be measured is neither yes nor no: the policy says what it is, by tier. docs/gate.md has a GitLab job to paste.

Exit codes: 0 allow · 10 warn · 20 deny · 30 unknown · 1 the output could not be written · 2 usage, the configuration, or the
policy. With --dry-run 0 whatever the verdict is; errors stay errors";

/// Whether a change may be deployed.
#[derive(Debug, Clone, Args)]
#[command(after_help = AFTER_GATE)]
pub struct Gate {
    /// The service, as its objectives name it
    #[arg(long, value_name = "NAME", required_unless_present = "show_policy")]
    pub service: Option<String>,
    /// The environment, as GitLab names it
    #[arg(long, value_name = "NAME", required_unless_present = "show_policy")]
    pub environment: Option<String>,
    /// What kind of change it is
    #[arg(long, value_name = "CLASS", default_value = "feature", value_parser = classes())]
    pub change_class: String,
    /// The commit that is to be deployed, its whole hash
    #[arg(long, value_name = "SHA")]
    pub sha: Option<String>,
    /// The policy [default: the config file's, else the built-in one]
    #[arg(long, value_name = "FILE")]
    pub policy: Option<PathBuf>,
    /// How to print it
    #[arg(short, long, value_name = "FORM", default_value = "text")]
    pub output: GateOutput,
    /// Say what it would be, and end with 0
    #[arg(long)]
    pub dry_run: bool,
    /// Print the policy in force, every key said, and decide nothing
    #[arg(long)]
    pub show_policy: bool,
}

fn classes() -> clap::builder::PossibleValuesParser {
    ChangeClass::ALL.map(ChangeClass::as_str).into()
}

/// How a verdict is printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum GateOutput {
    /// For people
    Text,
    /// For scripts: the documented fields
    Json,
    /// For GitLab's report of tests
    Junit,
}
