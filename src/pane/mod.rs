//! What each pane shows, as plain values. Knows no terminal.
//!
//! **Invariant:** a pane is data in, data out: it reads the state at a moment and describes cells by role and mark.
//! Rows are asked for only while they are visible; their order is a [`listing::Listing`], kept up on change.

pub mod access;
pub mod audit;
pub mod block;
pub mod cells;
pub mod exceptions;
pub mod lens;
pub mod links;
pub mod listing;
pub mod now;
pub mod pipelines;
pub mod query;
pub mod runners;
pub mod slos;
pub mod sources;
pub mod subject;
pub mod timeline;
pub mod why;

use block::{Block, Cell, Row};
use lens::{Column, Cx, Lens, Subject};

use crate::domain::EntityId;
use crate::theme::Role;

/// One screen of the console.
pub trait Pane: Sync {
    /// Its name, title, digit and kinds of rows.
    fn about(&self) -> &'static About;

    /// The number behind its tab.
    fn count(&self, cx: &Cx<'_>) -> Count;

    /// What stands above the table.
    fn band(&self, cx: &Cx<'_>) -> Vec<Block>;

    /// What is known about one row.
    fn detail(&self, cx: &Cx<'_>, id: &EntityId) -> Vec<Block>;

    /// What to say when no row is there at all: why, and what would fill it.
    fn empty(&self, cx: &Cx<'_>) -> Vec<Cell>;

    /// The same for one of its kinds of rows, where they come from different feeds.
    fn empty_of(&self, cx: &Cx<'_>, _: &dyn Lens) -> Vec<Cell> {
        self.empty(cx)
    }

    /// Where Enter leads from a row: another table, narrowed to it; the row's own detail where this is `None`.
    fn drill(&self, _: &Cx<'_>, _: &EntityId) -> Option<Drill> {
        None
    }
}

/// A pane's fixed facts.
#[derive(Debug)]
pub struct About {
    /// The name, as `pane NAME` takes it.
    pub name: &'static str,
    /// The title of its tab.
    pub title: &'static str,
    /// The digit that opens it; digits never shift.
    pub digit: char,
    /// What it shows, one line.
    pub doc: &'static str,
    /// The kinds of rows that Tab goes through.
    pub lenses: &'static [&'static dyn Lens],
}

impl std::fmt::Debug for dyn Lens {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name())
    }
}

/// The number behind a tab.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Count {
    /// How many.
    pub n: usize,
    /// The sign before it: `≥` while it is only known to be at least so many.
    pub floor: &'static str,
    /// In which role it stands; a warning role also puts a mark behind it.
    pub role: Role,
}

impl Count {
    /// A count in `role`, quiet when nothing is there.
    pub fn of(n: usize, role: Role) -> Count {
        Count { n, floor: "", role: if n == 0 { Role::TextDim } else { role } }
    }

    /// The same count with a sign before it.
    #[must_use]
    pub fn with_floor(self, floor: &'static str) -> Count {
        Count { floor, ..self }
    }
}

/// Where Enter leads.
#[derive(Debug, Clone)]
pub struct Drill {
    /// The kind of rows there.
    pub lens: &'static dyn Lens,
    /// What they are narrowed to; nothing for all of them.
    pub scope: Option<EntityId>,
}

impl Drill {
    /// To the rows that are within something.
    pub fn within(lens: &'static dyn Lens, scope: &EntityId) -> Drill {
        Drill { lens, scope: Some(scope.clone()) }
    }

    /// To all rows of a kind.
    pub fn to(lens: &'static dyn Lens) -> Drill {
        Drill { lens, scope: None }
    }
}

/// Every pane, in the order of the tabs. A new pane is one line here.
pub static PANES: &[&dyn Pane] = &[
    &now::Now,
    &pipelines::PipelinesPane,
    &runners::RunnersPane,
    &slos::Slos,
    &exceptions::Exceptions,
    &access::Access,
    &audit::Audit,
    &sources::Sources,
];

/// Every kind of row that can be asked for by name, also outside any pane.
pub static LENSES: &[&dyn Lens] = &[
    &pipelines::PROJECT_ROWS,
    &pipelines::PIPELINE_ROWS,
    &pipelines::JOBS,
    &runners::RUNNERS,
    &runners::TIER_ROWS,
    &runners::PODS,
    &runners::NODES,
    &runners::NODE_GROUPS,
    &slos::OBJECTIVES,
    &slos::ALERTS,
    &slos::SILENCES,
    &exceptions::EXCEPTIONS,
    &exceptions::REQUESTS,
    &exceptions::DRIFT,
    &exceptions::LOOKS,
    &access::PRINCIPALS,
    &access::RESOURCES,
    &access::GRANTS,
    &access::ACCESS_FINDINGS,
    &access::REVIEW,
    &sources::SOURCE_ROWS,
    &now::FINDINGS,
    &audit::DEEDS,
];

/// The pane with this name.
pub fn find(name: &str) -> Option<&'static dyn Pane> {
    PANES.iter().copied().find(|pane| pane.about().name == name)
}

/// One visible row under these columns.
pub fn row(
    cx: &Cx<'_>,
    lens: &dyn Lens,
    columns: &[&'static Column],
    id: &EntityId,
) -> Option<Row> {
    let subject = Subject::find(cx.state, id)?;
    let standing = lens.standing(cx, subject);
    let cells = columns.iter().map(|column| (column.cell)(cx, subject));
    let cells = if standing.is_stale {
        cells.map(|cell| cell.in_role(Role::FreshnessOld)).collect()
    } else {
        cells.collect()
    };
    Some(Row {
        cells,
        is_stale: standing.is_stale,
        changed_at: standing.changed_at,
        group: standing.group,
    })
}
