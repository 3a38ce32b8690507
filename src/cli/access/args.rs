//! What `access` takes on the command line.

use std::path::PathBuf;

use clap::{ArgGroup, Args, Subcommand};

use crate::cli::args::CheckOutput;
use crate::domain::Timestamp;

/// What stands below the help of `access review`.
const AFTER_REVIEW: &str = "\
A campaign freezes who has which right, and keeps every decision about it in review.db of the state folder, append-only and
chained. Who decides is whoever the GitLab token stands for. What nobody decided is open: it is never taken for kept.
docs/access-review.md tells what is checked and what is not.

Exit codes: 0 done · 1 refused, or something does not hold · 2 usage, the configuration, or a file that cannot be read ·
3 GitLab does not tell who decides";

/// What is asked about access.
#[derive(Debug, Clone, Subcommand)]
pub enum AccessPage {
    /// Campaigns in which people certify rights or take them away, with evidence
    #[command(subcommand)]
    Review(ReviewPage),
}

/// What is asked of campaigns.
#[derive(Debug, Clone, Subcommand)]
#[command(after_help = AFTER_REVIEW)]
pub enum ReviewPage {
    /// Freeze a population, and begin a campaign about it
    Start(ReviewStart),
    /// How far a campaign has come, what is open and what could not be read
    Status(ReviewStatus),
    /// Keep, revoke, modify or escalate: one item, those of one subject, or those of one finding
    Decide(ReviewDecide),
    /// A named sign-off: nothing is decided any more after it. It is a statement, no cryptography
    Sign(ReviewSign),
    /// Take in another reviewer's export: its decisions are marked as claimed by them
    Merge(ReviewMerge),
    /// Check an export, or without one the chain of this machine's reviews
    Verify(ReviewVerify),
    /// Write a campaign into a new folder: tables, JSON, a summary, the chain and their digests
    Export(ReviewExport),
}

/// Which campaign, and who asks.
#[derive(Debug, Clone, Args)]
pub struct Which {
    /// The campaign [default: the newest]
    #[arg(long, value_name = "ID")]
    pub campaign: Option<String>,
}

/// Who decides, where there is no GitLab to tell.
#[derive(Debug, Clone, Args)]
pub struct Stated {
    /// Who decides, where no GitLab is configured; recorded as stated and not confirmed
    #[arg(long = "as", value_name = "USERNAME", hide = true)]
    pub username: Option<String>,
}

/// A campaign that begins.
#[derive(Debug, Clone, Args)]
pub struct ReviewStart {
    /// Its id: 2026-q1, say
    pub id: String,
    /// What people call it
    #[arg(long, value_name = "TEXT")]
    pub name: Option<String>,
    /// When it should be over: 2026-03-31T00:00:00Z
    #[arg(long, value_name = "INSTANT")]
    pub due: Option<Timestamp>,
    /// The population, as JSON
    #[arg(long, value_name = "FILE", hide = true)]
    pub population: Option<PathBuf>,
    /// Who starts it.
    #[command(flatten)]
    pub stated: Stated,
}

/// How far a campaign has come.
#[derive(Debug, Clone, Args)]
pub struct ReviewStatus {
    /// Which one.
    #[command(flatten)]
    pub which: Which,
    /// How to print it
    #[arg(short, long, value_name = "FORM", default_value = "text")]
    pub output: CheckOutput,
}

/// A decision.
#[derive(Debug, Clone, Args)]
#[command(group(ArgGroup::new("about").required(true).args(["item", "subject", "finding"])))]
#[command(group(ArgGroup::new("decision").required(true).args(["keep", "revoke", "modify_to", "escalate"])))]
pub struct ReviewDecide {
    /// An item, by its key
    #[arg(long, value_name = "KEY")]
    pub item: Option<String>,
    /// All open items of a subject, by its id or username
    #[arg(long, value_name = "SUBJECT")]
    pub subject: Option<String>,
    /// All open items of a finding: A05 for all of a rule, A05/user:7 for one
    #[arg(long, value_name = "FINDING")]
    pub finding: Option<String>,
    /// It stays
    #[arg(long)]
    pub keep: bool,
    /// It goes
    #[arg(long)]
    pub revoke: bool,
    /// It is changed to this: a level, an end, a setting
    #[arg(long, value_name = "TEXT")]
    pub modify_to: Option<String>,
    /// Somebody else must decide
    #[arg(long)]
    pub escalate: bool,
    /// Why; needed wherever a finding stands, and for all but a keep
    #[arg(long, value_name = "TEXT", allow_hyphen_values = true)]
    pub reason: Option<String>,
    /// Needed to revoke or to modify
    #[arg(long)]
    pub arm: bool,
    /// The number of items, where several are revoked or modified at once
    #[arg(long, value_name = "NUMBER")]
    pub confirm: Option<String>,
    /// Which campaign.
    #[command(flatten)]
    pub which: Which,
    /// Who decides.
    #[command(flatten)]
    pub stated: Stated,
}

/// A sign-off.
#[derive(Debug, Clone, Args)]
pub struct ReviewSign {
    /// In what role: "platform lead"
    #[arg(long, value_name = "TEXT")]
    pub role: String,
    /// What is stated
    #[arg(long, value_name = "TEXT")]
    pub text: String,
    /// How many items are knowingly left open
    #[arg(long, value_name = "NUMBER", default_value_t = 0)]
    pub leaving_open: u64,
    /// Which campaign.
    #[command(flatten)]
    pub which: Which,
    /// Who signs.
    #[command(flatten)]
    pub stated: Stated,
}

/// An export to be taken in.
#[derive(Debug, Clone, Args)]
pub struct ReviewMerge {
    /// The folder of the export
    pub folder: PathBuf,
    /// Who takes it in.
    #[command(flatten)]
    pub stated: Stated,
}

/// What is to be checked.
#[derive(Debug, Clone, Args)]
pub struct ReviewVerify {
    /// The folder of an export [default: this machine's own file of reviews]
    pub folder: Option<PathBuf>,
}

/// An export.
#[derive(Debug, Clone, Args)]
pub struct ReviewExport {
    /// A folder that does not exist yet
    pub folder: PathBuf,
    /// Which campaign.
    #[command(flatten)]
    pub which: Which,
}
