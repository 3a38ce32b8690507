//! The command line of `why`: what may be typed.

use clap::{Args, ValueEnum};

/// What stands below the help of `why`.
const AFTER_WHY: &str = "\
TARGET is PROJECT#ID for a job or a pipeline, CLUSTER/NAMESPACE/NAME for a pod, or the page of a job or a pipeline on the
configured GitLab; a bare job id works where the cache knows it. Of a pipeline the job that tells most is explained.

It is one look: nothing is kept and nothing is changed. docs/why.md has the whole tree.

Exit codes: 0 explained, however sure that is · 2 usage or configuration, or there is no such thing · 3 nothing could be
read";

/// Why something waits.
#[derive(Debug, Clone, Args)]
#[command(after_help = AFTER_WHY)]
pub struct Why {
    /// What waits
    pub target: String,
    /// How to print it
    #[arg(short, long, value_name = "FORM", default_value = "text")]
    pub output: WhyOutput,
}

/// How a diagnosis is printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum WhyOutput {
    /// For people
    Text,
    /// For scripts: the documented fields
    Json,
}
