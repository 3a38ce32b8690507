//! `audit`: the ledger of acts, shown, checked and taken elsewhere. Asks no platform.

mod chain;
mod export;

use std::path::PathBuf;

use super::Surroundings;
use super::args::{AuditPage, AuditShow, Global, Output};
use super::exit::{Exit, Problem};
use super::get;
use super::json::Scene;
use super::kind::Kind;
use crate::audit::{Ledger, LedgerError};
use crate::config::{LoadError, LoadRequest, Places, Settings};
use crate::domain::{Origin, Tiers, Timestamp};
use crate::pane::lens::Cx;
use crate::runtime::{self, Clock};
use crate::state::State;

/// Does what is asked of the ledger.
pub(super) fn run(
    page: &AuditPage,
    global: &Global,
    around: &mut Surroundings<'_>,
) -> Result<Exit, Problem> {
    match page {
        AuditPage::Show(asked) => show(asked, global, around),
        AuditPage::Verify(asked) => chain::verify(asked, &place(global, around)?, around),
        AuditPage::Export(asked) => export::export(asked, &place(global, around)?, around),
    }
}

/// Prints the acts of the ledger, the newest first.
pub(super) fn show(
    asked: &AuditShow,
    global: &Global,
    around: &mut Surroundings<'_>,
) -> Result<Exit, Problem> {
    let query = get::filter(Kind::Audit, filter(asked).as_deref())?;
    let path = place(global, around)?;
    let ledger = opened(&path)?;
    let is_there = ledger.is_some();
    let flaws = ledger.map_or_else(|| Ok(Vec::new()), |ledger| ledger.flaws());
    let flaws = flaws.map_err(|error| unreadable(&error))?;
    let now = Clock::wall().now();
    let state = state(&path, now);
    let scene = Scene { cx: Cx { state: &state, now }, origin: Origin::Live, gitlab: "" };
    let found = get::find(&scene, Kind::Audit, query);
    get::print(&scene, (Kind::Audit, asked.output), &found.ids, around.out)?;
    around.out.flush()?;
    if !is_there {
        writeln!(
            around.err,
            "note: unanchored: there is no ledger at {}\n  hint: {}",
            path.display(),
            chain::NOTHING
        )?;
    } else if state.deeds().is_empty() {
        let path = path.display();
        writeln!(around.err, "note: the ledger at {path} holds no record: {EMPTIED}")?;
    } else if asked.output == Output::Table && found.ids.is_empty() {
        let hidden = found.hidden;
        writeln!(around.err, "note: no act matches; the filter hides {hidden}")?;
    }
    if asked.output == Output::Table && is_there {
        writeln!(around.err, "note: the chain's end is unanchored\n  hint: {UNANCHORED}")?;
    }
    let told = tell(&state, around)?;
    for flaw in &flaws {
        writeln!(
            around.err,
            "error: what guards the ledger does not hold: {flaw}\n  hint: {UNGUARDED}"
        )?;
    }
    Ok(if flaws.is_empty() { told } else { Exit::Findings })
}

/// What a ledger without records may mean.
const EMPTIED: &str = "whether there were any, only a checkpoint tells";

/// What to do about a ledger whose guards do not hold.
const UNGUARDED: &str = "records could be changed unnoticed; nothing is done until it is mended: `watchfloor audit verify`";

/// How the end of the chain is anchored.
const UNANCHORED: &str =
    "`watchfloor audit verify --checkpoint FILE` holds it against one that was kept elsewhere";

/// What should be known beside the rows: the oldest are missing, or the chain is broken.
fn tell(state: &State, around: &mut Surroundings<'_>) -> Result<Exit, Problem> {
    if state.deeds().len() >= crate::state::MOST_DEEDS {
        let most = state.deeds().len();
        writeln!(
            around.err,
            "note: only the newest {most} acts are read\n  hint: `watchfloor audit export` has all"
        )?;
    }
    let Some(broken) = state.chain().and_then(|chain| chain.broken.as_ref()) else {
        return Ok(Exit::Done);
    };
    let hint = "what stands behind it proves nothing; `watchfloor audit verify` checks it again";
    writeln!(
        around.err,
        "error: the chain of the ledger is broken at record {}: {}\n  hint: {hint}",
        broken.seq, broken.why
    )?;
    Ok(Exit::Findings)
}

/// What was asked for, as one filter.
fn filter(asked: &AuditShow) -> Option<String> {
    let since = asked.since.as_ref().map(|span| format!("age<{span}"));
    match (&asked.query, since) {
        (Some(query), Some(since)) => Some(format!("{query} {since}")),
        (query, since) => query.clone().or(since),
    }
}

fn state(path: &std::path::Path, now: Timestamp) -> State {
    let mut state = State::new(Tiers::default());
    for update in runtime::ledger::look(path, now) {
        state.apply(update, now);
    }
    state
}

/// Where the ledger is.
fn place(global: &Global, around: &Surroundings<'_>) -> Result<PathBuf, Problem> {
    places(global, around).map(|places| places.audit_db())
}

/// Where everything of ours is. No config file is needed; one that is there may name the folders.
pub(super) fn places(global: &Global, around: &Surroundings<'_>) -> Result<Places, Problem> {
    let environment = around.environment.clone();
    let request = LoadRequest { overrides: global.overrides(), environment };
    if global.state_dir.is_some() {
        return Places::of(&request).ok_or_else(|| LoadError::NoHome.into());
    }
    match Settings::load(&request) {
        Ok(loaded) => Ok(loaded.places),
        Err(error @ LoadError::NoConfig(_)) if global.config.is_none() => {
            Places::of(&request).ok_or_else(|| error.into())
        }
        Err(error) => Err(error.into()),
    }
}

/// The ledger, opened to be read; `None` where nothing was ever done.
fn opened(path: &std::path::Path) -> Result<Option<Ledger>, Problem> {
    match Ledger::read_at(path) {
        Ok(ledger) => Ok(Some(ledger)),
        Err(LedgerError::Absent { .. }) => Ok(None),
        Err(error) => Err(unreadable(&error)),
    }
}

/// A ledger that cannot be read.
fn unreadable(error: &LedgerError) -> Problem {
    let hint = match error {
        LedgerError::Newer { .. } => "use the watchfloor that wrote it, or a newer one",
        _ => "check the file, its folder, and who may read them; --state-dir names another",
    };
    Problem::usage(error, hint)
}
