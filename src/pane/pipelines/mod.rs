//! The pane Pipelines: the queue of all watched projects and groups, with a band per tier.

mod band;
mod detail;
mod family;
mod jobs;
mod pod;
mod projects;
mod rows;

pub(crate) use band::oldest_cell;
pub use jobs::JOBS;
pub use projects::PROJECT_ROWS;
pub use rows::PIPELINE_ROWS;

use crate::domain::{EntityId, Health, SourceId};
use crate::pane::block::{Block, Cell};
use crate::pane::lens::Cx;
use crate::pane::{About, Count, Drill, Pane, sources};
use crate::theme::Role;

/// The pane.
#[derive(Debug)]
pub struct PipelinesPane;

static ABOUT: About = About {
    name: "pipelines",
    title: "Pipelines",
    digit: '2',
    doc: "the queue: waiting and running jobs and pipelines, with queue time per tier",
    lenses: &[&JOBS, &PIPELINE_ROWS, &PROJECT_ROWS],
};

impl Pane for PipelinesPane {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    fn count(&self, cx: &Cx<'_>) -> Count {
        let waiting = band::tiers(cx.state).map(|(_, queue)| queue.waiting()).sum();
        let late = band::tiers(cx.state).any(|(tier, queue)| band::is_late(cx, tier, queue));
        let is_old = !matches!(
            cx.state.source_health(SourceId::QUEUE, cx.now),
            Some(Health::Live | Health::Partial)
        );
        let role = match (is_old, late) {
            (true, _) => Role::FreshnessOld,
            (false, true) => Role::SeverityWarning,
            (false, false) => Role::Text,
        };
        Count::of(waiting, role).with_floor(cx.state.floor())
    }

    fn band(&self, cx: &Cx<'_>) -> Vec<Block> {
        band::blocks(cx)
    }

    fn detail(&self, cx: &Cx<'_>, id: &EntityId) -> Vec<Block> {
        detail::blocks(cx, id)
    }

    fn empty(&self, cx: &Cx<'_>) -> Vec<Cell> {
        match cx.state.source_health(SourceId::QUEUE, cx.now) {
            None => vec![
                Cell::plain("no GitLab is configured"),
                Cell::dim("a [gitlab] table in the configuration fills this pane"),
            ],
            Some(Health::Live | Health::Partial) => vec![
                Cell::plain("nothing waits, nothing runs, and nothing ended in the last hour"),
                Cell::dim(format!("{} projects are watched", cx.state.projects().len())),
            ],
            Some(Health::Starting) => vec![Cell::plain("reading the queue for the first time…")],
            Some(health) => vec![
                Cell::new(
                    format!("the queue is not known: {}", sources::word(health)),
                    Role::SeverityBad,
                ),
                Cell::dim("press 0 to see which feed fails and what would cure it"),
            ],
        }
    }

    fn drill(&self, _: &Cx<'_>, id: &EntityId) -> Option<Drill> {
        match id {
            EntityId::Pipeline(_) => Some(Drill::within(&JOBS, id)),
            EntityId::Project(_) => Some(Drill::within(&PIPELINE_ROWS, id)),
            _ => None,
        }
    }
}
