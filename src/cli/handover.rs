//! `handover`: what is known now, for whoever takes over.

use clap::{Args, ValueEnum};

use super::Surroundings;
use super::args::Global;
use super::exit::{Exit, Problem};
use super::ground::Ground;
use super::look;
use crate::app::handover::back;
use crate::app::then::settle;
use crate::app::timeline::everything;
use crate::cache::{self, EntryQuestion};
use crate::domain::{Origin, SourceId, Timestamp};
use crate::handover::{Bundle, Sources};
use crate::state::State;

/// What stands below the help of `handover`.
const AFTER_HANDOVER: &str = "\
It asks every platform once, as `get` does, and reads the history and the ledger. What looks like a secret is taken out; the
section \"Left out\" says what is missing and why.

Exit codes: 0 printed · 2 usage or configuration · 3 no platform could be read; what is known is printed all the same";

/// What is known, for whoever takes over.
#[derive(Debug, Clone, Args)]
#[command(after_help = AFTER_HANDOVER)]
pub struct HandoverShow {
    /// How far back the timeline and the acts are told
    #[arg(long, value_name = "SPAN", default_value = "12h")]
    pub since: String,
    /// How to print it
    #[arg(short, long, value_name = "FORM", default_value = "markdown")]
    pub output: HandoverForm,
}

/// How a hand-over is printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum HandoverForm {
    /// For people
    Markdown,
    /// For programs
    Json,
}

/// No more changes than this are read.
const MOST: usize = 10_000;

/// Looks once and prints.
pub(super) fn run(
    asked: &HandoverShow,
    global: &Global,
    around: &mut Surroundings<'_>,
) -> Result<Exit, Problem> {
    let hint = "`watchfloor handover --help` has the forms";
    let length = back(&asked.since).map_err(|words| Problem::usage(words, hint))?;
    let ground = Ground::of(global, around)?;
    ground.gitlab()?;
    // Rights take hours to read: what was read of them before is told.
    let others = SourceId::ALL.into_iter().filter(|source| *source != SourceId::ACCESS);
    let sources: Vec<SourceId> = others.chain([SourceId::LEDGER]).collect();
    let mut sight = look::look(&ground, &sources, Origin::Live, around)?;
    settle(&mut sight.state, sight.at);
    let since = sight.at.checked_sub(length).unwrap_or(Timestamp::MIN);
    let question = EntryQuestion { about: None, since, until: sight.at, most: MOST };
    let told = cache::timeline(&ground.loaded.places.state_dir, &question);
    let unread = told.as_ref().err().map(ToString::to_string);
    let entries = everything(&sight.state, since, sight.at).answer(told.unwrap_or_default());
    let is_known = is_known(&sight.state);
    let bundle = Bundle::of(&Sources { state: sight.state, entries, unread, since, at: sight.at });
    let text = match asked.output {
        HandoverForm::Markdown => bundle.markdown(),
        HandoverForm::Json => bundle.json().map_err(std::io::Error::from)?,
    };
    around.out.write_all(text.as_bytes())?;
    Ok(if is_known { Exit::Done } else { Exit::Unreachable })
}

/// Whether a feed tells by itself that a platform answered: the ledger is ours, and what other tools keep, or which rights
/// there are, is told of many places of which none may have answered.
pub(super) fn is_of_platform(source: SourceId) -> bool {
    ![SourceId::LEDGER, SourceId::NATIVES, SourceId::ACCESS].contains(&source)
}

/// Whether any platform told anything.
fn is_known(state: &State) -> bool {
    let mut platforms = state.reports().filter(|(key, _)| is_of_platform(key.source));
    platforms.any(|(_, report)| report.confirmed_at.is_some())
}
