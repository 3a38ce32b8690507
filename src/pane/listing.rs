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

impl Question {
    /// Every row within what the rows are narrowed to, whatever the filter says.
    pub fn subjects<'a>(&'a self, cx: &'a Cx<'_>) -> impl Iterator<Item = Subject<'a>> {
        let all = self.lens.scan(cx.state, self.scope.as_ref());
        all.filter(|subject| self.is_within(cx, *subject))
    }

    fn is_within(&self, cx: &Cx<'_>, subject: Subject<'_>) -> bool {
        self.scope.as_ref().is_none_or(|scope| self.lens.is_within(cx.state, scope, subject))
    }
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
        let subjects: Vec<Subject<'_>> = question.subjects(cx).collect();
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
        let subjects = touched.iter().filter_map(|id| Subject::find(cx.state, id));
        let mut matcher = None;
        let fresh = subjects.filter_map(|subject| entry(cx, question, subject, &mut matcher));
        self.put_in(fresh.collect(), question.direction);
        true
    }

    /// Puts rows where they belong. However many they are, each of the others moves once.
    fn put_in(&mut self, mut fresh: Vec<Entry>, direction: Direction) {
        fresh.sort_unstable_by(|a, b| compare(a, b, direction));
        let mut end = self.entries.len();
        let places: Vec<usize> = fresh
            .iter()
            .map(|entry| {
                self.entries.partition_point(|known| compare(known, entry, direction).is_lt())
            })
            .collect();
        self.entries.append(&mut fresh);
        // From the last to the first: what stands behind a row's place changes sides with the rows that are still to
        // be put in.
        for (before, place) in places.into_iter().enumerate().rev() {
            if let Some(moving) = self.entries.get_mut(place..end + before + 1) {
                moving.rotate_right(before + 1);
            }
            end = place;
        }
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
    if !question.is_within(cx, subject) {
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

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::domain::pipeline::fixture::{at, job};
    use crate::domain::{
        Change, Entity, Job, Origin, Scope, SourceId, SourceKey, Status, Tiers, Update,
    };
    use crate::pane::pipelines::JOBS;
    use crate::pane::query;
    use crate::state::State;

    /// Takes jobs in that were queued at these seconds.
    fn take(state: &mut State, jobs: &[(u64, i64)]) -> Changes {
        let key = SourceKey { source: SourceId::QUEUE, scope: Scope::gitlab("acme") };
        let entity = |(id, second): &(u64, i64)| {
            let queued_at = Some(at(*second).into());
            Entity::Job(Arc::new(Job { queued_at, ..job(*id, Status::Pending) }))
        };
        let change = Change::Upsert(jobs.iter().map(entity).collect());
        state.apply(Update { key, at: at(1000), origin: Origin::Live, change }, at(1000))
    }

    fn question(direction: Direction, filter: &str) -> Question {
        Question {
            lens: &JOBS,
            scope: None,
            query: query::parse(filter, JOBS.fields()).unwrap(),
            sort: "waits",
            direction,
            grouping: None,
        }
    }

    /// The listing mended after `news`, and the one that is built from scratch.
    fn both(known: &[(u64, i64)], news: &[(u64, i64)], question: &Question) -> [Listing; 2] {
        let mut state = State::new(Tiers::default());
        let build = |state: &State| {
            let cx = Cx { state, now: at(1000) };
            Listing::build(&cx, question, &AtomicBool::new(false)).unwrap()
        };
        take(&mut state, known);
        let mut mended = build(&state);
        let changes = take(&mut state, news);
        let is_mended = mended.mend(&Cx { state: &state, now: at(1000) }, question, &changes);
        assert!(is_mended);
        [mended, build(&state)]
    }

    #[test]
    fn a_mended_listing_is_the_one_that_would_be_built() {
        let known: Vec<(u64, i64)> =
            (1..=40).map(|id| (id, i64::try_from(id * 7 % 41).unwrap())).collect();
        let cases: [&[(u64, i64)]; 6] = [
            &[],
            &[(50, 0)],
            &[(50, 999)],
            &[(50, 20), (51, 20), (52, 20)],
            &[(1, 999), (40, -1), (20, 13), (60, 13)],
            &known.iter().map(|(id, second)| (*id, 50 - second)).collect::<Vec<_>>(),
        ];
        for news in cases {
            for direction in [Direction::Forward, Direction::Backward] {
                let [mended, built] = both(&known, news, &question(direction, ""));
                assert_eq!(mended, built, "{news:?} {direction:?}");
            }
        }
    }

    #[test]
    fn an_empty_listing_takes_rows_in() {
        let [mended, built] = both(&[], &[(3, 9), (1, 5)], &question(Direction::Forward, ""));
        assert_eq!(mended, built);
    }

    #[test]
    fn a_mended_listing_keeps_to_its_fuzzy_word() {
        let known = [(1, 1), (2, 2)];
        for (word, rows) in [("unt", 3), ("nothing", 0)] {
            let [mut mended, _] = both(&known, &[(3, 3)], &question(Direction::Forward, word));
            mended.recount(3);
            assert_eq!((mended.len(), mended.hidden()), (rows, 3 - rows));
        }
    }
}
