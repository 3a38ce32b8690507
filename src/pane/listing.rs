//! [`Listing`]: which rows stand where, under a filter and an order.
//!
//! Made anew only when the question changes (on a worker, from a cheap clone of the state); kept up in place when rows
//! change. Drawing looks at the visible window alone.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, Ordering};

use super::lens::{Cx, Grouping, Lens, Order, Subject, column};
use super::query::Query;
use crate::domain::EntityId;
use crate::state::Changes;

/// Above this many touched rows a listing is made anew instead of being mended.
pub const MEND_AT_MOST: usize = 2_000;

/// A question to a lens.
#[derive(Clone)]
pub struct Question {
    /// The kind of rows.
    pub lens: &'static dyn Lens,
    /// Only rows within this.
    pub scope: Option<EntityId>,
    /// Only rows that match this.
    pub query: Query,
    /// The column that orders.
    pub sort: &'static str,
    /// Whether the order is turned round.
    pub direction: Direction,
    /// The grouping, if any.
    pub grouping: Option<&'static Grouping>,
}

impl PartialEq for Question {
    fn eq(&self, other: &Question) -> bool {
        self.lens.name() == other.lens.name()
            && self.scope == other.scope
            && self.query == other.query
            && self.sort == other.sort
            && self.direction == other.direction
            && self.grouping.map(|grouping| grouping.name)
                == other.grouping.map(|grouping| grouping.name)
    }
}

impl std::fmt::Debug for Question {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Question")
            .field("lens", &self.lens.name())
            .field("scope", &self.scope)
            .field("query", &self.query)
            .field("sort", &self.sort)
            .field("direction", &self.direction)
            .finish_non_exhaustive()
    }
}

/// Which way an order runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Direction {
    /// As the column means it: what needs eyes first.
    #[default]
    Forward,
    /// Turned round.
    Backward,
}

impl Direction {
    /// The other way.
    #[must_use]
    pub fn reversed(self) -> Direction {
        match self {
            Direction::Forward => Direction::Backward,
            Direction::Backward => Direction::Forward,
        }
    }
}

/// One row's place.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Entry {
    group: (i64, u64),
    order: Order,
    id: EntityId,
}

/// Which rows stand where.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Listing {
    entries: Vec<Entry>,
    hidden: usize,
}

impl Listing {
    /// How many rows stand in it.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether no row does.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// How many rows the filter hides.
    pub fn hidden(&self) -> usize {
        self.hidden
    }

    /// The row at a place.
    pub fn id(&self, place: usize) -> Option<&EntityId> {
        self.entries.get(place).map(|entry| &entry.id)
    }

    /// Rows from `first` on.
    pub fn window(&self, first: usize, count: usize) -> impl Iterator<Item = &EntityId> {
        self.entries.iter().skip(first).take(count).map(|entry| &entry.id)
    }

    /// Every row in its order.
    pub fn ids(&self) -> impl Iterator<Item = &EntityId> {
        self.entries.iter().map(|entry| &entry.id)
    }

    /// The place of a row, looked for first where it last was.
    pub fn place(&self, id: &EntityId, hint: usize) -> Option<usize> {
        if self.id(hint) == Some(id) {
            return Some(hint);
        }
        self.entries.iter().position(|entry| entry.id == *id)
    }

    /// Answers a question from scratch. `None` when `cancelled` was raised on the way.
    pub fn build(cx: &Cx<'_>, question: &Question, cancelled: &AtomicBool) -> Option<Listing> {
        let subjects: Vec<Subject<'_>> =
            question.lens.scan(cx.state, question.scope.as_ref()).collect();
        let (left, right) = subjects.split_at(subjects.len() / 2);
        let (left, right) = std::thread::scope(|threads| {
            let right = threads.spawn(|| entries(cx, question, right, cancelled));
            let left = entries(cx, question, left, cancelled);
            (left, right.join().ok().flatten())
        });
        let mut all = left?;
        all.append(&mut right?);
        let hidden = subjects.len() - all.len();
        all.sort_unstable_by(|a, b| compare(a, b, question.direction));
        (!cancelled.load(Ordering::Relaxed)).then_some(Listing { entries: all, hidden })
    }

    /// Mends the listing after `changes`. Returns `false` when too much is touched: then it must be made anew.
    pub fn mend(&mut self, cx: &Cx<'_>, question: &Question, changes: &Changes) -> bool {
        if question.lens.is_outdated(changes) {
            return false;
        }
        let touched: BTreeSet<EntityId> =
            question.lens.touched(cx.state, changes).into_iter().collect();
        if touched.is_empty() {
            return true;
        }
        if touched.len() > MEND_AT_MOST {
            return false;
        }
        self.entries.retain(|entry| !touched.contains(&entry.id));
        for id in touched {
            let Some(subject) = Subject::find(cx.state, &id) else { continue };
            if let Some(entry) = entry(cx, question, subject, &mut None) {
                let place = self
                    .entries
                    .binary_search_by(|known| compare(known, &entry, question.direction))
                    .unwrap_or_else(|place| place);
                self.entries.insert(place, entry);
            }
        }
        true
    }

    /// Notes how many rows there are in all, so that the number of hidden ones is right after mending.
    pub fn recount(&mut self, total: usize) {
        self.hidden = total.saturating_sub(self.entries.len());
    }
}

fn entries(
    cx: &Cx<'_>,
    question: &Question,
    subjects: &[Subject<'_>],
    cancelled: &AtomicBool,
) -> Option<Vec<Entry>> {
    let mut matcher = None;
    let mut out = Vec::new();
    for chunk in subjects.chunks(1024) {
        if cancelled.load(Ordering::Relaxed) {
            return None;
        }
        out.extend(chunk.iter().filter_map(|subject| entry(cx, question, *subject, &mut matcher)));
    }
    Some(out)
}

fn entry(
    cx: &Cx<'_>,
    question: &Question,
    subject: Subject<'_>,
    matcher: &mut super::query::Matcher,
) -> Option<Entry> {
    let lens = question.lens;
    if let Some(scope) = &question.scope
        && !lens.is_within(cx.state, scope, subject)
    {
        return None;
    }
    if !question.query.matches(cx, lens, subject, matcher) {
        return None;
    }
    let group = question.grouping.map_or((0, 0), |grouping| (grouping.of)(cx, subject));
    let order =
        column(lens, question.sort).map_or(Order::Last, |column| (column.order)(cx, subject));
    Some(Entry { group, order, id: subject.id() })
}

/// Groups keep their order whichever way the rows run; what is unknown comes last either way.
fn compare(a: &Entry, b: &Entry, direction: Direction) -> std::cmp::Ordering {
    let by_order = match (direction, &a.order, &b.order) {
        (Direction::Forward, ..) | (_, Order::Last, _) | (_, _, Order::Last) => {
            a.order.cmp(&b.order)
        }
        (Direction::Backward, ..) => b.order.cmp(&a.order),
    };
    a.group.cmp(&b.group).then(by_order).then_with(|| a.id.cmp(&b.id))
}
