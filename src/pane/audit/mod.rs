//! The pane Audit: every act that was done through Watchfloor, and how the chain of their records stands.

mod aim;
mod detail;
mod rows;

pub use aim::target_of;
pub use rows::DEEDS;

use crate::domain::time::span;
use crate::domain::{Deed, Ending, EntityId, Health, SourceId};
use crate::pane::block::{Block, Cell, Mark};
use crate::pane::lens::{Cx, Subject};
use crate::pane::{About, Count, Pane, sources};
use crate::theme::Role;

/// The pane.
#[derive(Debug)]
pub struct Audit;

static ABOUT: About = About {
    name: "audit",
    title: "Audit",
    digit: '9',
    doc: "every act that was done through Watchfloor, with its chain state",
    lenses: &[&DEEDS],
};

impl Pane for Audit {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    /// Acts of which nobody knows how they ended; all of them in alarm where the chain is broken.
    fn count(&self, cx: &Cx<'_>) -> Count {
        let broken = cx.state.chain().is_some_and(|chain| chain.broken.is_some());
        let role = if broken { Role::SeverityBad } else { Role::SeverityWarning };
        Count::of(cx.state.unsettled_deeds().max(usize::from(broken)), role)
    }

    fn band(&self, cx: &Cx<'_>) -> Vec<Block> {
        let mut lines = vec![chain(cx)];
        let (held, open) = (cx.state.deeds().len(), cx.state.unsettled_deeds());
        let mut acts = Cell::plain(format!("{held} {}", if held == 1 { "act" } else { "acts" }));
        if held >= crate::state::MOST_DEEDS {
            acts = acts.and(", the newest; `watchfloor audit export` has all", Role::TextDim);
        }
        if open > 0 {
            let words = format!("   {open} of unknown or open outcome");
            acts = acts.and(words, Role::SeverityWarning);
        }
        lines.push(acts);
        vec![Block::Lines(lines)]
    }

    fn detail(&self, cx: &Cx<'_>, id: &EntityId) -> Vec<Block> {
        match Subject::find(cx.state, id) {
            Some(Subject::Deed(row)) => detail::blocks(cx, row),
            _ => Vec::new(),
        }
    }

    fn empty(&self, cx: &Cx<'_>) -> Vec<Cell> {
        match health(cx) {
            None | Some(Health::Starting) => vec![Cell::plain("the ledger was not read yet")],
            Some(Health::Live | Health::Partial) => vec![
                Cell::plain("nothing was done through Watchfloor yet"),
                Cell::dim("the console is read-only until it is armed: `:arm`, then act on a row"),
                Cell::dim("on the command line: `watchfloor act` lists what may be done"),
            ],
            Some(health) => vec![
                Cell::new(
                    format!("the ledger is not known: {}", sources::word(health)),
                    Role::SeverityBad,
                ),
                Cell::dim("press 0 to see why; nothing is done while it cannot be written"),
            ],
        }
    }
}

/// How the reading of the ledger is doing.
fn health(cx: &Cx<'_>) -> Option<Health> {
    cx.state.source_health(SourceId::LEDGER, cx.now)
}

/// How the chain stands, in one line.
fn chain(cx: &Cx<'_>) -> Cell {
    let Some(chain) = cx.state.chain() else {
        return Cell::mark(Mark::Unknown, Role::SeverityUnknown)
            .and(" the chain was not checked yet", Role::TextDim);
    };
    let records = chain.records;
    if let Some(broken) = &chain.broken {
        return Cell::mark(Mark::Bad, Role::SeverityBad).and(
            format!(" the chain is BROKEN at record {}: {}", broken.seq, broken.why),
            Role::SeverityBad,
        );
    }
    if records == 0 && matches!(health(cx), Some(Health::Live | Health::Partial)) {
        return Cell::mark(Mark::Unknown, Role::SeverityUnknown)
            .and(" no record: the ledger begins new with the next act", Role::Text)
            .and(
                "   unanchored: whether there was one before, only a checkpoint tells",
                Role::TextDim,
            );
    }
    let noun = if records == 1 { "record" } else { "records" };
    let words = format!(" the chain is unbroken, {records} {noun}");
    let tail = "   its end is unanchored: `watchfloor audit verify --checkpoint FILE`";
    let fine = Cell::mark(Mark::Fine, Role::SeverityOk).and(words, Role::Text);
    if matches!(health(cx), Some(Health::Live | Health::Partial)) {
        return fine.and(tail, Role::TextDim);
    }
    let age = cx.state.ledger_age(cx.now).map_or_else(|| "n/a".to_owned(), span);
    let words = format!(" the chain was unbroken, {records} {noun}, {age} ago");
    Cell::mark(Mark::Old, Role::FreshnessOld).and(words, Role::FreshnessOld)
}

/// The word for how an act stands, as a filter takes it.
pub(super) fn state(deed: &Deed) -> &'static str {
    deed.outcome.as_ref().map_or("open", |(_, outcome)| outcome.ending.as_str())
}

/// How an act stands, with its mark.
pub(super) fn outcome(deed: &Deed) -> Cell {
    let (mark, role) = match deed.outcome.as_ref().map(|(_, outcome)| outcome.ending) {
        Some(Ending::Done) => (Mark::Fine, Role::SeverityOk),
        Some(Ending::Failed) => (Mark::Bad, Role::SeverityBad),
        Some(Ending::Unknown) => (Mark::Unknown, Role::SeverityWarning),
        None => (Mark::Waiting, Role::SeverityWarning),
    };
    Cell::mark(mark, role).and(format!(" {}", state(deed)), role)
}

#[cfg(test)]
mod tests;
