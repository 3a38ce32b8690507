//! What `exceptions list`, `request`, `extend` and `revoke` take on the command line.

use std::path::PathBuf;

use clap::{ArgGroup, Args};

use crate::cli::args::{Act, ActOutput, Output};

/// What stands below the help of the three that ask for something.
const AFTER: &str = "\
Without --arm nothing is sent: what is asked for is looked at and printed. With it a commit is made on a branch of its own and
a merge request is opened from it; each has its record in the ledger before it is sent, and neither is ever sent twice. Where
the first was done and the second was not, the same command goes on from there. Whoever asks is whoever the token belongs to.

What breaks a rule of the register is refused before anything is sent. docs/exceptions.md shows the rules.

Exit codes: 0 the merge request is there · 1 refused, by the rules or by GitLab, failed, half done, or of unknown outcome ·
2 usage, the gate, or the configuration · 3 GitLab is unreachable, nothing was sent · 130 interrupted";

/// The register and what is asked of it.
#[derive(Debug, Clone, Args)]
pub struct ExceptionsList {
    /// How to print it
    #[arg(short, long, value_name = "FORM", default_value = "table")]
    pub output: Output,
    /// Only what matches, in the language of the console's filter: `state:expiring kind:runner`
    #[arg(short = 'q', long = "query", value_name = "FILTER", allow_hyphen_values = true)]
    pub query: Option<String>,
    /// What the cache knows, without asking any platform
    #[arg(long)]
    pub offline: bool,
}

/// What each act on the register takes.
#[derive(Debug, Clone, Args)]
pub struct Asking {
    /// Why; it is recorded, and stands in the merge request
    #[arg(long, value_name = "TEXT", allow_hyphen_values = true)]
    pub reason: Option<String>,
    /// Do it: without this nothing is sent
    #[arg(long)]
    pub arm: bool,
    /// How to print what came of it
    #[arg(short, long, value_name = "FORM", default_value = "table")]
    pub output: ActOutput,
}

impl Asking {
    /// The same as `act` takes it.
    pub(super) fn as_act(&self, name: &str, id: &str) -> Act {
        Act {
            name: Some(name.to_owned()),
            targets: vec![id.to_owned()],
            set: Vec::new(),
            reason: self.reason.clone(),
            arm: self.arm,
            confirm: None,
            sha: None,
            output: self.output,
        }
    }
}

/// A new exception.
#[derive(Debug, Clone, Args)]
#[command(after_help = AFTER)]
#[command(group = ArgGroup::new("what").required(true).multiple(true).args(["file", "id"]))]
pub struct ExceptionsRequest {
    /// A file that holds the record; its requester is yourself, or `-`
    #[arg(long, value_name = "RECORD.yaml", conflicts_with = "id")]
    pub file: Option<PathBuf>,
    /// Its name among all records: EXC-2026-014
    #[arg(long, value_name = "ID")]
    pub id: Option<String>,
    /// What the record says, where no file does.
    #[command(flatten)]
    pub lines: RecordLines,
    /// Why, and whether it is done.
    #[command(flatten)]
    pub asking: Asking,
}

/// What a record says, line by line.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "The record, with --id")]
pub struct RecordLines {
    /// What it is, in one line
    #[arg(long, value_name = "TEXT", conflicts_with = "file")]
    pub title: Option<String>,
    /// `runner`, `release_role`, `package_source`, `policy`, `freeze_override`, or a name of your own
    #[arg(long, value_name = "KIND", conflicts_with = "file")]
    pub kind: Option<String>,
    /// Scope: the full path of a project; as often as needed, like all that follow of the scope
    #[arg(long = "project", value_name = "PATH", conflicts_with = "file")]
    pub projects: Vec<String>,
    /// Scope: an environment of deployments
    #[arg(long = "environment", value_name = "NAME", conflicts_with = "file")]
    pub environments: Vec<String>,
    /// Scope: a tier of runners
    #[arg(long = "tier", value_name = "NAME", conflicts_with = "file")]
    pub tiers: Vec<String>,
    /// Scope: a thing of a cluster or a cloud
    #[arg(long = "resource", value_name = "NAME", conflicts_with = "file")]
    pub resources: Vec<String>,
    /// Scope: a policy, a check, a vulnerability
    #[arg(long = "policy", value_name = "ID", conflicts_with = "file")]
    pub policies: Vec<String>,
    /// Scope: a package or a source of packages
    #[arg(long = "package", value_name = "NAME", conflicts_with = "file")]
    pub packages: Vec<String>,
    /// The username of who answers for the risk that is left
    #[arg(long, value_name = "USER", conflicts_with = "file")]
    pub owner: Option<String>,
    /// Why it is needed
    #[arg(long, value_name = "TEXT", conflicts_with = "file")]
    pub justification: Option<String>,
    /// What may go wrong through it
    #[arg(long, value_name = "TEXT", conflicts_with = "file")]
    pub risk: Option<String>,
    /// What of that is left with the controls in place
    #[arg(long, value_name = "TEXT", conflicts_with = "file")]
    pub residual_risk: Option<String>,
    /// What is done instead while it holds; as often as needed
    #[arg(long = "control", value_name = "TEXT", conflicts_with = "file")]
    pub controls: Vec<String>,
    /// The username of who approves it: not you; as often as needed
    #[arg(long = "approver", value_name = "USER", conflicts_with = "file")]
    pub approvers: Vec<String>,
    /// The username of who gains by it beside you; as often as needed
    #[arg(long = "beneficiary", value_name = "USER", conflicts_with = "file")]
    pub beneficiaries: Vec<String>,
    /// From when on it holds: a date or an instant [default: now]
    #[arg(long = "starts", value_name = "WHEN", conflicts_with = "file")]
    pub starts_at: Option<String>,
    /// Until when: 30d from its start, a date (00:00 UTC at its start), or an instant
    #[arg(long = "expires", value_name = "WHEN", conflicts_with = "file")]
    pub expires_at: Option<String>,
    /// Where the cure is worked on
    #[arg(long, value_name = "TEXT", conflicts_with = "file")]
    pub ticket: Option<String>,
    /// What puts it into force: `TOOL PROJECT:PATH RULE`; as often as needed
    #[arg(long = "artefact", value_name = "ARTEFACT", conflicts_with = "file")]
    pub artefacts: Vec<String>,
    /// What proves it; as often as needed
    #[arg(long = "evidence", value_name = "TEXT", conflicts_with = "file")]
    pub evidence: Vec<String>,
}

/// A renewal.
#[derive(Debug, Clone, Args)]
#[command(after_help = AFTER)]
pub struct ExceptionsExtend {
    /// The id of the record that is renewed
    pub id: String,
    /// Until when: 30d from the end of the old one, a date (00:00 UTC at its start), or an instant
    #[arg(long, value_name = "WHEN")]
    pub until: String,
    /// Who approves the renewal, where it is not who approved the old one; as often as needed
    #[arg(long = "approver", value_name = "USER")]
    pub approvers: Vec<String>,
    /// Why, and whether it is done.
    #[command(flatten)]
    pub asking: Asking,
}

/// A revocation.
#[derive(Debug, Clone, Args)]
#[command(after_help = AFTER)]
pub struct ExceptionsRevoke {
    /// The id of the record
    pub id: String,
    /// Why, and whether it is done.
    #[command(flatten)]
    pub asking: Asking,
}
