//! One table as the person left it: order, filter, columns, marks, cursor.

use std::collections::BTreeSet;

use crate::domain::EntityId;
use crate::pane::lens::{Column, Grouping, Lens, column};
use crate::pane::listing::{Direction, Listing, Question};
use crate::pane::query::Query;
use crate::state::{Changes, State};

use super::place::TableKey;

/// One table as the person left it.
#[derive(Debug, Clone)]
pub struct Table {
    /// The kind of rows.
    pub lens: &'static dyn Lens,
    /// What they are narrowed to.
    pub scope: Option<EntityId>,
    /// The filter as typed.
    pub filter: String,
    /// The filter as read.
    pub query: Query,
    /// The column that orders.
    pub sort: &'static str,
    /// Which way.
    pub direction: Direction,
    /// The place of the grouping among those of the lens.
    pub grouping: Option<usize>,
    /// The columns chosen by hand, if any were.
    pub columns: Option<Vec<&'static str>>,
    /// Whether every column stands there, as wide as it likes.
    pub is_wide: bool,
    /// How many columns are scrolled away to the left.
    pub scrolled: usize,
    /// The rows that are marked.
    pub marks: BTreeSet<EntityId>,
    /// The row under the cursor, by its identity.
    pub cursor: Option<EntityId>,
    /// Whether the person put it there: until then it stays on the first row, whichever that is.
    pub is_placed: bool,
    /// Where it was last seen.
    pub place: usize,
    /// The first visible row.
    pub top: usize,
    /// The rows in their order.
    pub listing: Listing,
    /// The ticket of the answer that is waited for.
    pub awaited: Option<u64>,
    /// What changed since that question was asked.
    pub missed: Changes,
}

impl Table {
    /// A table as a lens opens.
    pub fn new(lens: &'static dyn Lens, scope: Option<EntityId>) -> Table {
        Table {
            lens,
            scope,
            filter: String::new(),
            query: Query::default(),
            sort: lens.default_sort(),
            direction: Direction::Forward,
            grouping: None,
            columns: None,
            is_wide: false,
            scrolled: 0,
            marks: BTreeSet::new(),
            cursor: None,
            is_placed: false,
            place: 0,
            top: 0,
            listing: Listing::default(),
            awaited: None,
            missed: Changes::default(),
        }
    }

    /// The key under which it is kept.
    pub fn key(&self) -> TableKey {
        TableKey { lens: self.lens.name(), scope: self.scope.clone() }
    }

    /// The question whose answer is the listing.
    pub fn question(&self) -> Question {
        Question {
            lens: self.lens,
            scope: self.scope.clone(),
            query: self.query.clone(),
            sort: self.sort,
            direction: self.direction,
            grouping: self.grouping(),
        }
    }

    /// The grouping in force.
    pub fn grouping(&self) -> Option<&'static Grouping> {
        self.grouping.and_then(|place| self.lens.groupings().get(place))
    }

    /// The columns that stand there, in their order.
    pub fn shown_columns(&self, state: &State) -> Vec<&'static Column> {
        match &self.columns {
            Some(names) => names.iter().filter_map(|name| column(self.lens, name)).collect(),
            None => self
                .lens
                .columns()
                .iter()
                .filter(|column| self.is_wide || column.shown.holds(state))
                .collect(),
        }
    }

    /// The row under the cursor.
    pub fn selected(&self) -> Option<&EntityId> {
        self.cursor.as_ref()
    }

    /// The first row to draw in a window of `height` rows, so that the cursor is within.
    pub fn first_visible(&self, height: usize) -> usize {
        let last = self.listing.len().saturating_sub(height);
        let lowest = (self.place + 1).saturating_sub(height);
        self.top.clamp(lowest.min(last), self.place.max(lowest)).min(last)
    }

    /// Takes a new listing: the cursor stays on its row wherever that went; if it is gone, on what took its place.
    pub fn take(&mut self, listing: Listing) {
        self.listing = listing;
        self.find_cursor();
    }

    /// Looks where the row under the cursor is now.
    pub fn find_cursor(&mut self) {
        if !self.is_placed {
            return self.put_at(0);
        }
        let found = self.cursor.as_ref().and_then(|id| self.listing.place(id, self.place));
        match found {
            Some(place) => self.place = place,
            None => self.put_at(self.place),
        }
    }

    /// The person puts the cursor on the row at `place`, or on the last.
    pub fn go_to(&mut self, place: usize) {
        self.is_placed = true;
        self.put_at(place);
    }

    /// From now on the cursor stays with its row, also on the first: where acts can be done, no row slips under it.
    pub fn pin(&mut self) {
        self.is_placed |= self.cursor.is_some();
    }

    fn put_at(&mut self, place: usize) {
        self.place = place.min(self.listing.len().saturating_sub(1));
        self.cursor = self.listing.id(self.place).cloned();
    }

    /// Moves the cursor by some rows.
    pub fn step(&mut self, rows: isize) {
        self.go_to(self.place.saturating_add_signed(rows));
    }

    /// Marks the row under the cursor, or takes its mark away.
    pub fn toggle_mark(&mut self) {
        self.is_placed = true;
        let Some(id) = self.cursor.clone() else { return };
        if !self.marks.remove(&id) {
            self.marks.insert(id);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::AtomicBool;

    use super::*;
    use crate::domain::pipeline::fixture::{at, job};
    use crate::domain::{
        Change, Entity, Job, JobId, Origin, Scope, SourceId, SourceKey, Status, Tiers, Update,
    };
    use crate::pane::lens::Cx;
    use crate::pane::pipelines::JOBS;

    fn state(ids: &[u64]) -> State {
        let mut state = State::new(Tiers::default());
        let jobs = ids.iter().map(|id| {
            let queued_at = Some(at(i64::try_from(*id).unwrap()).into());
            Entity::Job(Arc::new(Job { queued_at, ..job(*id, Status::Pending) }))
        });
        let key = SourceKey { source: SourceId::QUEUE, scope: Scope::gitlab("acme") };
        let change = Change::Upsert(jobs.collect());
        state.apply(Update { key, at: at(0), origin: Origin::Live, change }, at(0));
        state
    }

    fn listed(table: &mut Table, state: &State) {
        let cx = Cx { state, now: at(0) };
        let listing = Listing::build(&cx, &table.question(), &AtomicBool::new(false)).unwrap();
        table.take(listing);
    }

    #[test]
    fn the_cursor_follows_its_row() {
        let mut table = Table::new(&JOBS, None);
        listed(&mut table, &state(&[5, 6]));
        table.go_to(1);
        listed(&mut table, &state(&[1, 2, 3, 5, 6]));
        assert_eq!((table.place, table.selected()), (4, Some(&EntityId::Job(JobId(6)))));
    }

    #[test]
    fn a_cursor_that_nobody_placed_stays_on_the_first_row() {
        let mut table = Table::new(&JOBS, None);
        listed(&mut table, &state(&[5, 6]));
        listed(&mut table, &state(&[1, 5, 6]));
        assert_eq!((table.place, table.selected()), (0, Some(&EntityId::Job(JobId(1)))));
    }

    #[test]
    fn a_pinned_cursor_stays_with_the_first_row_that_it_saw() {
        let mut table = Table::new(&JOBS, None);
        listed(&mut table, &state(&[5, 6]));
        table.pin();
        listed(&mut table, &state(&[1, 5, 6]));
        assert_eq!((table.place, table.selected()), (1, Some(&EntityId::Job(JobId(5)))));
    }

    #[test]
    fn a_row_that_went_leaves_the_cursor_at_its_place() {
        let mut table = Table::new(&JOBS, None);
        listed(&mut table, &state(&[1, 2, 3]));
        table.go_to(1);
        listed(&mut table, &state(&[1, 3]));
        assert_eq!(table.selected(), Some(&EntityId::Job(JobId(3))));
    }

    #[test]
    fn the_cursor_is_always_in_the_window() {
        let mut table = Table::new(&JOBS, None);
        listed(&mut table, &state(&(1..=50).collect::<Vec<_>>()));
        table.go_to(30);
        assert_eq!(table.first_visible(10), 21);
        table.top = 25;
        assert_eq!(table.first_visible(10), 25);
        table.go_to(3);
        assert_eq!(table.first_visible(10), 3);
    }

    #[test]
    fn the_window_never_ends_beyond_the_last_row() {
        let mut table = Table::new(&JOBS, None);
        listed(&mut table, &state(&[1, 2, 3]));
        table.top = 2;
        assert_eq!(table.first_visible(10), 0);
    }
}
