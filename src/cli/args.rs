//! The command line: what may be typed.

use std::path::PathBuf;
use std::str::FromStr;

use clap::{ArgAction, Args, Parser, Subcommand, ValueEnum};
use clap_complete::Shell;

pub use super::access::args::{AccessPage, ReviewPage};
pub use super::exceptions::args::ExceptionsPage;
pub use super::gate::args::{Gate, GateOutput};
use super::kind::{FailOn, Kind};
use crate::domain::Timestamp;
use crate::view::layout::SMALLEST;

/// What stands below the help of the whole program.
const AFTER_HELP: &str = "\
Variables WATCHFLOOR_* override the config file and flags override both; `watchfloor config reference` lists them. Only
`writes` is never loosened: the stricter of file, variable and flag holds.

Exit codes: 0 done · 1 findings, a check that failed, or output that could not be written · 2 usage or configuration ·
3 a needed platform unreachable, or nothing known of it · 130 interrupted";

/// What stands below the help of `get`.
const AFTER_GET: &str = "\
It is one look: GitLab is asked once, nothing is kept, and nothing is written. The cache, which the console alone fills,
is read with --offline and never otherwise.

Exit codes: 0 looked; standard error and `complete` in the JSON say what is missing · 2 usage or configuration, an
unreadable token too · 3 nothing could be read: GitLab out of reach, or with --offline a cache that knows nothing of it
(unknown is not empty: the JSON then says \"complete\": false)";

/// What stands below the help of `show`.
const AFTER_SHOW: &str = "\
Exit codes: 0 drawn · 2 usage or configuration · 3 nothing is known of what the pane shows; it is drawn all the same";

/// What stands below the help of `act`.
const AFTER_ACT: &str = "\
Without --arm nothing is sent: it says what would be, and what is missing. Every act needs --reason. Where the target
belongs to a protected tier, or that cannot be told, where the act destroys, and where a silence reaches more than one
known alert, a page, or beyond a day, --confirm takes the target as it is printed; for several targets at once --confirm takes their number. The ledger has a record before anything is sent.

TARGET is PROJECT#ID for a job, a pipeline or a deployment, PROJECT!IID for a request, the id of a runner,
CLUSTER/NAMESPACE/NAME for a pod, CLUSTER/NODE, CLUSTER/NAME for a node group, or the page of a job, a pipeline, a request or a runner on the configured GitLab.

With job.play each --set is a variable of the job. Others on this machine can read the arguments of a process: write
--set KEY alone for a secret, and its value is read from the variable KEY of the environment. The ledger has the names of
variables, never their values.

Exit codes: 0 all done · 1 refused, failed, or of unknown outcome · 2 usage, the gate, or the configuration · 3 a platform
is unreachable, nothing was sent · 130 interrupted; what was sent by then is in the ledger with its outcome";

/// What stands below the help of `audit`.
const AFTER_AUDIT: &str = "\
The ledger is audit.db in the state folder; no platform is asked and no config file is needed.

Exit codes: 0 done, also where nothing was ever done · 1 the chain is broken, or does not hold the checkpoint · 2 usage, or a file that cannot be read";

/// What stands below the help of `check`.
const AFTER_CHECK: &str = "\
Every line is ok, warn, fail, or skip where an earlier failure left nothing to find out. With -o json the same as one
document, whatever was found.

Exit codes: 0 nothing failed · 1 a check failed · 2 the configuration cannot be used: none there, faulty, without GitLab,
or its token cannot be read";

/// One screen for a secure code-delivery platform: the queue, live, with its age.
///
/// Without a command it opens the console on the configured platform.
#[derive(Debug, Clone, Parser)]
#[command(name = "watchfloor", version, max_term_width = 100)]
#[command(after_help = AFTER_HELP)]
pub struct Arguments {
    /// What holds for every command.
    #[command(flatten)]
    pub global: Global,
    /// What to do.
    #[command(subcommand)]
    pub command: Option<Command>,
}

/// What holds for every command.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Everywhere")]
pub struct Global {
    /// The config file [default: config.toml in the platform's config directory]
    #[arg(long, global = true, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// The folder of the cache, which may be deleted at any time
    #[arg(long, global = true, value_name = "DIR")]
    pub cache_dir: Option<PathBuf>,
    /// The folder of the history, the ledgers and the log
    #[arg(long, global = true, value_name = "DIR")]
    pub state_dir: Option<PathBuf>,
    /// The theme: a shipped one or one of your own
    #[arg(long, global = true, value_name = "NAME")]
    pub theme: Option<String>,
    /// The keymap: a shipped one or one of your own
    #[arg(long, global = true, value_name = "NAME")]
    pub keymap: Option<String>,
    /// The log file
    #[arg(long, global = true, value_name = "FILE")]
    pub log_file: Option<PathBuf>,
    /// Write more into the log; twice: everything
    #[arg(short, long, global = true, action = ArgAction::Count)]
    pub verbose: u8,
    /// No colours, as the variable `NO_COLOR` says it
    #[arg(long, global = true)]
    pub no_color: bool,
    /// Nothing can be changed on any platform, whatever the configuration says
    #[arg(long, global = true)]
    pub read_only: bool,
    /// Moves the console's clock; only where every configured URL is loopback
    #[arg(long, global = true, value_name = "INSTANT", hide = true, value_parser = instant)]
    pub now: Option<Timestamp>,
}

/// What to do.
#[derive(Debug, Clone, Subcommand)]
pub enum Command {
    /// One look at the platform, printed
    Get(Get),
    /// One pane, rendered as text or as a picture
    Show(Show),
    /// Change something: one act through the gate and into the ledger; without a name it lists them
    Act(Act),
    /// May this change be deployed there now? One verdict, from the objectives and a policy
    Gate(Gate),
    /// Why a job, a pipeline or a pod waits: evidence, next step, and what cannot be told
    Why(super::why::args::Why),
    /// What the console saw become different, from its history; no platform is asked
    Timeline(super::timeline::TimelineShow),
    /// What is known now, for whoever takes over: redacted, as Markdown or JSON
    Handover(super::handover::HandoverShow),
    /// The register of exceptions: list it, ask for more, decide on requests, check its files
    #[command(subcommand)]
    Exceptions(ExceptionsPage),
    /// Access review: who has what, by which path, and proof that it was looked at
    #[command(subcommand)]
    Access(AccessPage),
    /// The ledger of acts: show it, check its chain, take it elsewhere
    #[command(subcommand)]
    Audit(AuditPage),
    /// Test all that is configured: every fault at once, with its cure
    Check(Check),
    /// The config file: its schema, an example, a reference
    #[command(subcommand)]
    Config(ConfigPage),
    /// The completions of a shell
    Completions {
        /// The shell
        shell: Shell,
    },
    /// The manual page
    Man,
    /// The console on a simulated platform
    #[cfg(feature = "demo")]
    Demo(Demo),
}

/// One look at the platform, printed.
#[derive(Debug, Clone, Args)]
#[command(after_help = AFTER_GET)]
pub struct Get {
    /// What to look at
    pub kind: Kind,
    /// How to print it
    #[arg(short, long, value_name = "FORM", default_value = "table")]
    pub output: Output,
    /// Only what matches, in the language of the console's filter: `tier:protected age>10m !ref:main`
    #[arg(short = 'q', long = "query", value_name = "FILTER", allow_hyphen_values = true)]
    pub query: Option<String>,
    /// What the cache knows, without asking any platform: every item is old
    #[arg(long)]
    pub offline: bool,
    /// What the console knew at an instant, from its history: 03:10, 2026-01-10T03:10Z, or how long ago: 20m, 5h
    #[arg(long, value_name = "INSTANT", allow_hyphen_values = true, conflicts_with = "offline")]
    pub at: Option<String>,
    /// Of findings: exit with 1 where one is at least so grave and in nobody's hand; what was found is printed first
    #[arg(long, value_name = "SEVERITY")]
    pub fail_on: Option<FailOn>,
}

/// One act on some targets.
#[derive(Debug, Clone, Args)]
#[command(after_help = AFTER_ACT)]
pub struct Act {
    /// The act: `job.retry`, say; left out, all are listed
    pub name: Option<String>,
    /// What it is done to
    #[arg(value_name = "TARGET")]
    pub targets: Vec<String>,
    /// What is chosen beside; KEY alone takes its value from the environment
    #[arg(long = "set", value_name = "KEY=VALUE")]
    pub set: Vec<String>,
    /// Why; it is recorded
    #[arg(long, value_name = "TEXT", allow_hyphen_values = true)]
    pub reason: Option<String>,
    /// Do it: without this nothing is sent
    #[arg(long)]
    pub arm: bool,
    /// The target's name, or the number of targets, where that is asked for
    #[arg(long, value_name = "NAME")]
    pub confirm: Option<String>,
    /// Of a merge request, the head commit that was reviewed: refused where another one is there by then
    #[arg(long, value_name = "SHA")]
    pub sha: Option<String>,
    /// How to print what came of it
    #[arg(short, long, value_name = "FORM", default_value = "table")]
    pub output: ActOutput,
}

/// How what came of acts is printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ActOutput {
    /// For people
    Table,
    /// For scripts: the documented fields
    Json,
}

/// What is asked of the ledger.
#[derive(Debug, Clone, Subcommand)]
#[command(after_help = AFTER_AUDIT)]
pub enum AuditPage {
    /// Every act, the newest first: who, what, on what, why, and what came of it
    Show(AuditShow),
    /// Check the chain of the records; names the first that does not hold
    Verify(AuditVerify),
    /// Every record with its chain, as JSON lines
    Export(AuditExport),
}

/// Acts of the ledger.
#[derive(Debug, Clone, Args)]
pub struct AuditShow {
    /// How to print it
    #[arg(short, long, value_name = "FORM", default_value = "table")]
    pub output: Output,
    /// Only what matches, in the language of the console's filter: `act:job.* state:failed user:apoe`
    #[arg(short = 'q', long = "query", value_name = "FILTER", allow_hyphen_values = true)]
    pub query: Option<String>,
    /// Only what was begun within this span: 12h, 7d
    #[arg(long, value_name = "SPAN")]
    pub since: Option<String>,
}

/// The chain of the records.
#[derive(Debug, Clone, Args)]
pub struct AuditVerify {
    /// A checkpoint that was kept elsewhere: only against it a cut tail is found
    #[arg(long, value_name = "FILE")]
    pub checkpoint: Option<PathBuf>,
    /// How to print it
    #[arg(short, long, value_name = "FORM", default_value = "text")]
    pub output: CheckOutput,
}

/// The records, to be kept elsewhere.
#[derive(Debug, Clone, Args)]
pub struct AuditExport {
    /// Where to write the records [default: standard output]
    #[arg(long, value_name = "FILE")]
    pub output: Option<PathBuf>,
    /// Where to write the checkpoint: keep it where whoever can write the ledger cannot change it
    #[arg(long, value_name = "FILE")]
    pub checkpoint: Option<PathBuf>,
}

/// How a look is printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Output {
    /// For people
    Table,
    /// For scripts: the documented fields
    Json,
    /// For spreadsheets: the documented fields
    Csv,
}

/// One pane, rendered.
#[derive(Debug, Clone, Args)]
#[command(after_help = AFTER_SHOW)]
pub struct Show {
    /// The pane
    #[arg(value_parser = pane_names())]
    pub pane: String,
    /// Which of the pane's kinds of rows: `pods` of the pane runners, say; its first where left out
    #[arg(long, value_name = "ROWS")]
    pub view: Option<String>,
    /// How large the screen is, columns by lines, from 60x16
    #[arg(long, value_name = "WxH", default_value = "120x40")]
    pub size: Size,
    /// How to print it
    #[arg(short, long, value_name = "FORM", default_value = "text")]
    pub output: Picture,
    /// What the cache knows, without asking any platform
    #[arg(long)]
    pub offline: bool,
}

fn pane_names() -> clap::builder::PossibleValuesParser {
    crate::pane::PANES.iter().map(|pane| pane.about().name).collect::<Vec<_>>().into()
}

/// How a pane is printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Picture {
    /// Words alone
    Text,
    /// A picture
    Svg,
    /// Words with the colours of a terminal
    Ansi,
}

/// Columns and lines of a screen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Size {
    /// Columns.
    pub width: u16,
    /// Lines.
    pub height: u16,
}

impl FromStr for Size {
    type Err = String;

    fn from_str(raw: &str) -> Result<Size, String> {
        const LARGEST: u16 = 1000;
        let (smallest, least) = SMALLEST;
        let side = |raw: &str| raw.parse::<u16>().ok().filter(|side| *side <= LARGEST);
        let sides = raw.split_once(['x', '×']).map(|(width, height)| (side(width), side(height)));
        let Some((Some(width), Some(height))) = sides else {
            return Err(format!(
                "columns and lines are needed, from {smallest}x{least} to {LARGEST}x{LARGEST}, such as 120x40"
            ));
        };
        if width < smallest || height < least {
            return Err(format!("the smallest screen that can be drawn is {smallest}x{least}"));
        }
        Ok(Size { width, height })
    }
}

/// Reads an instant, in words of ours where it is none.
fn instant(raw: &str) -> Result<Timestamp, String> {
    let hint = "it is no instant; write one in UTC, such as 2026-01-12T03:10:00Z";
    raw.parse().map_err(|_| hint.to_owned())
}

/// Test all that is configured.
#[derive(Debug, Clone, Args)]
#[command(after_help = AFTER_CHECK)]
pub struct Check {
    /// How to print it
    #[arg(short, long, value_name = "FORM", default_value = "text")]
    pub output: CheckOutput,
}

/// How a check is printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum CheckOutput {
    /// For people
    Text,
    /// For scripts
    Json,
}

/// What is known about the config file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Subcommand)]
pub enum ConfigPage {
    /// Its JSON schema
    Schema,
    /// A whole example, every key with its default
    Example,
    /// Every key with its meaning, as Markdown
    Reference,
}

/// The console on a simulated platform.
#[cfg(feature = "demo")]
#[derive(Debug, Clone, Args)]
pub struct Demo {
    /// What happens there: calm, busy, incident, outage, …, or a file of your own that ends in .toml
    #[arg(long, value_name = "NAME|FILE.toml", default_value = "calm")]
    pub scenario: String,
    /// Divides planned durations
    #[arg(long, value_name = "N", default_value_t = 1.0)]
    pub speed: f64,
    /// Multiplies the traffic and the past
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=1000))]
    pub scale: u32,
    /// The same seed gives the same platform
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub seed: u64,
    /// No console: print a config file's path and stay up
    #[arg(long)]
    pub serve: bool,
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use crate::config::{Overrides, Writes};

    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        Arguments::command().debug_assert();
    }

    #[test]
    fn a_size_is_columns_by_lines() {
        assert_eq!("120x40".parse(), Ok(Size { width: 120, height: 40 }));
        for wrong in ["", "120", "0x40", "120x", "x", "120x40x1", "-1x4", "70000x1", "1001x40"] {
            assert!(wrong.parse::<Size>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_screen_that_cannot_be_drawn_is_refused_with_the_smallest_that_can() {
        assert_eq!("60x16".parse(), Ok(Size { width: 60, height: 16 }));
        for small in ["59x16", "60x15", "1x1"] {
            let told = small.parse::<Size>().unwrap_err();
            assert_eq!(told, "the smallest screen that can be drawn is 60x16", "{small}");
        }
    }

    #[test]
    fn a_moved_clock_needs_an_instant_and_says_so_in_our_words() {
        let line = ["watchfloor", "get", "jobs", "--now", "yesterday"];
        let told = Arguments::try_parse_from(line).unwrap_err().to_string();
        assert!(told.contains("it is no instant; write one in UTC"), "{told}");
    }

    #[test]
    fn global_flags_may_stand_behind_the_command() {
        let line = ["watchfloor", "get", "jobs", "--config", "c.toml", "--read-only", "-vv"];
        let global = Arguments::try_parse_from(line).unwrap().global;
        assert_eq!(global.verbose, 2);
        let expected = Overrides {
            config: Some("c.toml".into()),
            writes: Some(Writes::Never),
            ..Overrides::default()
        };
        assert_eq!(global.overrides(), expected);
    }

    #[test]
    fn a_filter_may_begin_with_a_dash() {
        let line = ["watchfloor", "get", "jobs", "-q", "-x"];
        let Some(Command::Get(get)) = Arguments::try_parse_from(line).unwrap().command else {
            panic!("not get");
        };
        assert_eq!(get.query.as_deref(), Some("-x"));
    }
}
