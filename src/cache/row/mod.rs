//! Entities as rows of typed columns, and back.

mod columns;
mod exception;
mod fleet;
mod node;
mod place;
mod pod;
mod queue;
mod report;
mod request;
mod slo;

use super::intern::{Interner, Words};

pub(super) use columns::{Cell, Columns, maybe, micros, moment, number, real, text, time, truth};
pub(super) use fleet::{manager_cells, read_manager};
pub(super) use place::{ENDED, Place};
pub(super) use report::{REPORT_COLUMNS, read_report, report_cells};

/// A kind of entity that has a table of its own, keyed by feed and id.
pub(super) trait Row: Sized {
    /// The table.
    const TABLE: &'static str;
    /// Its columns behind `feed`, `id` and `seen_at`.
    const COLUMNS: &'static [&'static str];

    /// The second half of the key.
    fn id(&self) -> u64;

    /// The values of [`Row::COLUMNS`], in that order.
    fn cells(&self) -> Vec<Cell<'_>>;

    /// Reads [`Row::COLUMNS`], in that order.
    fn read(id: u64, columns: &mut Columns<'_>, words: &mut Interner) -> rusqlite::Result<Self>;
}
