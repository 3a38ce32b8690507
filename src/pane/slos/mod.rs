//! The pane SLOs: which promise is being broken, how fast, when its budget ends, and whether it is safe to deploy.

mod alerts;
mod band;
mod detail;
mod joined;
mod objectives;
mod past;
mod silences;
mod words;

pub use alerts::ALERTS;
pub use joined::link;
pub use objectives::OBJECTIVES;
pub use silences::SILENCES;
pub use words::exhaustion;

use std::collections::BTreeSet;

pub(in crate::pane) use detail::silence;

use crate::domain::{EntityId, Health, PairSeverity, Slo, SloState, SourceId, Text};
use crate::pane::block::{Block, Cell};
use crate::pane::lens::{Cx, Lens, Subject};
use crate::pane::links::Kind;
use crate::pane::{About, Count, Drill, Pane, sources};
use crate::state::State;
use crate::theme::Role;

/// The pane.
#[derive(Debug)]
pub struct Slos;

static ABOUT: About = About {
    name: "slos",
    title: "SLOs",
    digit: '4',
    doc: "error budgets, how fast they burn, what fires, and what the deployment gate says",
    lenses: &[&OBJECTIVES, &ALERTS, &SILENCES],
};

impl Pane for Slos {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    /// Objectives that burn or are spent.
    fn count(&self, cx: &Cx<'_>) -> Count {
        let slos = cx.state.slos().iter().map(|(_, row)| &*row.value);
        let bad: Vec<&Slo> = slos.filter(|slo| is_broken(cx, slo)).collect();
        let wakes = |slo: &&Slo| slo.firing.max(slo.burning()) == Some(PairSeverity::Page);
        let role = if bad.iter().any(wakes) { Role::SeverityBad } else { Role::SeverityWarning };
        Count::of(bad.len(), role)
    }

    fn band(&self, cx: &Cx<'_>) -> Vec<Block> {
        band::blocks(cx)
    }

    fn detail(&self, cx: &Cx<'_>, id: &EntityId) -> Vec<Block> {
        match Subject::find(cx.state, id) {
            Some(Subject::Slo(row)) => detail::objective(cx, row),
            Some(Subject::Alert(row)) => detail::alert(cx, &row.value),
            Some(Subject::Silence(row)) => detail::silence(cx, &row.value),
            _ => Vec::new(),
        }
    }

    /// Into a silence: the alerts that it keeps quiet.
    fn drill(&self, cx: &Cx<'_>, id: &EntityId) -> Option<Drill> {
        matches!(id, EntityId::Silence(_)).then_some(())?;
        joined::link(cx.state, id, Kind::Alert)?;
        Some(Drill::within(&ALERTS, id))
    }

    fn empty(&self, cx: &Cx<'_>) -> Vec<Cell> {
        empty(
            cx,
            SourceId::SLOS,
            "`[prometheus]` is not configured: give its `url`, and objectives of sloth and pyrra are found by themselves",
            "Prometheus answers, and no objective was found there: record some with sloth or pyrra, or name files in `slo.folders`",
        )
    }

    fn empty_of(&self, cx: &Cx<'_>, lens: &dyn Lens) -> Vec<Cell> {
        let unconfigured = "`[alertmanager]` is not configured: give its `url`, and alerts and silences are listed";
        match lens.name() {
            "alerts" => empty(cx, SourceId::ALERTS, unconfigured, "no alert fires"),
            "silences" => empty(cx, SourceId::SILENCES, unconfigured, "nothing is silenced"),
            _ => self.empty(cx),
        }
    }
}

/// Why there is nothing, and what would fill it.
fn empty(cx: &Cx<'_>, source: SourceId, unconfigured: &str, none: &str) -> Vec<Cell> {
    match cx.state.source_health(source, cx.now) {
        None | Some(Health::Unconfigured) => vec![Cell::plain(unconfigured)],
        Some(Health::Starting) => vec![Cell::plain("not read yet")],
        Some(Health::Live | Health::Partial) => vec![Cell::plain(none)],
        Some(health) => vec![
            Cell::new(format!("nothing is known: {}", sources::word(health)), Role::SeverityBad),
            Cell::dim("press 0 to see why"),
        ],
    }
}

/// Whether an objective burns or is spent.
fn is_broken(cx: &Cx<'_>, slo: &Slo) -> bool {
    match cx.state.slo_state(slo, cx.now) {
        SloState::Burning | SloState::Exhausted => true,
        SloState::Young => slo.is_burning(),
        _ => false,
    }
}

/// The services that have an objective.
fn services(state: &State) -> BTreeSet<Text> {
    state.slos().iter().map(|(_, row)| row.value.service.clone()).collect()
}

#[cfg(test)]
mod tests;
