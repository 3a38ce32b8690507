//! `exceptions approve|merge|refuse|withdraw`: the acts on a request, by their own words.

use clap::Args;

use crate::cli::Surroundings;
use crate::cli::act;
use crate::cli::args::{Act, ActOutput, Global};
use crate::cli::exit::{Exit, Problem};

/// What stands below the help of a decision.
const AFTER_DECIDE: &str = "\
It is `watchfloor act exception.…` in other words: the same look, gate, ledger and exit codes. Without --arm nothing is sent: it
says what is asked for, until when, who may approve it, and what is missing; the head that it names is what --sha takes, so that
nothing else is approved than what was reviewed. To approve or merge, --confirm takes the id of the
record. Nobody approves what they had a part in, whatever GitLab allows: docs/exceptions.md says who that is.

Exit codes: 0 done, also where GitLab has only scheduled the merge · 1 refused, failed, or of unknown outcome · 2 usage, the gate, or
the configuration · 3 GitLab is unreachable, nothing was sent";

/// A decision about one request.
#[derive(Debug, Clone, Args)]
#[command(after_help = AFTER_DECIDE)]
pub struct Decide {
    /// The request: PROJECT!IID, or the address of the merge request's page
    #[arg(value_name = "TARGET")]
    pub target: String,
    /// Why; it is recorded
    #[arg(long, value_name = "TEXT", allow_hyphen_values = true)]
    pub reason: Option<String>,
    /// Do it: without this nothing is sent
    #[arg(long)]
    pub arm: bool,
    /// The id of the record, where that is asked for
    #[arg(long, value_name = "ID")]
    pub confirm: Option<String>,
    /// The head commit that was reviewed, in full: refused where another one is there by then
    #[arg(long, value_name = "SHA")]
    pub sha: Option<String>,
    /// How to print what came of it
    #[arg(short, long, value_name = "FORM", default_value = "table")]
    pub output: ActOutput,
}

impl Decide {
    /// Does it as the act of this name.
    pub(super) fn run(
        &self,
        name: &str,
        global: &Global,
        around: &mut Surroundings<'_>,
    ) -> Result<Exit, Problem> {
        let asked = Act {
            name: Some(name.to_owned()),
            targets: vec![self.target.clone()],
            set: Vec::new(),
            reason: self.reason.clone(),
            arm: self.arm,
            confirm: self.confirm.clone(),
            sha: self.sha.clone(),
            output: self.output,
        };
        act::run(&asked, global, around)
    }
}
