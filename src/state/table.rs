//! [`Table`]: keyed rows that know when they were confirmed and when they last changed.

use std::sync::Arc;

use imbl::OrdMap;

use crate::domain::{Moment, Origin, Timestamp};

/// The place of a [`crate::domain::SourceKey`] among those that the state has heard of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct KeyIndex(pub(super) u16);

/// One row and what is known about its freshness.
#[derive(Debug, PartialEq)]
pub struct Row<T> {
    /// The value, shared with whoever else holds it.
    pub value: Arc<T>,
    seen_at: Moment,
    changed_at: Option<Moment>,
    /// Whether it is from this run or remembered.
    pub origin: Origin,
    /// The feed that brought it.
    pub(super) key: KeyIndex,
}

impl<T> Row<T> {
    /// When the platform last said so.
    pub fn seen_at(&self) -> Timestamp {
        self.seen_at.into()
    }

    /// When it last became different before our eyes; `None` for a row that came as it is.
    pub fn changed_at(&self) -> Option<Timestamp> {
        self.changed_at.map(Timestamp::from)
    }
}

impl<T> Clone for Row<T> {
    fn clone(&self) -> Row<T> {
        Row { value: Arc::clone(&self.value), ..*self }
    }
}

/// What an upsert did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Effect {
    /// A row came or became different.
    Changed,
    /// The row is as it was; its confirmation may be younger.
    Same,
}

/// How fresh an arriving row is, and whose.
#[derive(Debug, Clone, Copy)]
pub(super) struct Arrival {
    pub(super) at: Timestamp,
    pub(super) origin: Origin,
    pub(super) key: KeyIndex,
}

/// Rows by their id, in its order. Cloning is cheap: two clones share what neither has changed since.
#[derive(Debug)]
pub struct Table<K: Ord, T> {
    rows: OrdMap<K, Row<T>>,
}

impl<K: Ord + Clone, T> Clone for Table<K, T> {
    fn clone(&self) -> Table<K, T> {
        Table { rows: self.rows.clone() }
    }
}

impl<K: Ord + Copy, T> Default for Table<K, T> {
    fn default() -> Table<K, T> {
        Table { rows: OrdMap::new() }
    }
}

impl<K: Ord + Copy, T: PartialEq> Table<K, T> {
    /// The row with this id.
    pub fn row(&self, id: K) -> Option<&Row<T>> {
        self.rows.get(&id)
    }

    /// The value with this id.
    pub fn get(&self, id: K) -> Option<&Arc<T>> {
        self.rows.get(&id).map(|row| &row.value)
    }

    /// Every id with its row, in the order of ids.
    pub fn iter(&self) -> impl Iterator<Item = (K, &Row<T>)> {
        self.rows.iter().map(|(id, row)| (*id, row))
    }

    /// How many rows there are.
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// Puts a value in. What is remembered never replaces what is live, nor the older the younger.
    pub(super) fn upsert(&mut self, id: K, value: Arc<T>, arrival: Arrival) -> Effect {
        let Arrival { at, origin, key } = arrival;
        let Some(row) = self.rows.get_mut(&id) else {
            let row = Row { value, seen_at: at.into(), changed_at: None, origin, key };
            self.rows.insert(id, row);
            return Effect::Changed;
        };
        if row.seen_at() > at || (row.origin == Origin::Live && origin == Origin::Cache) {
            return Effect::Same;
        }
        row.seen_at = at.into();
        row.origin = origin;
        row.key = key;
        if row.value == value {
            return Effect::Same;
        }
        row.value = value;
        row.changed_at = Some(at.into());
        Effect::Changed
    }

    /// Puts a value in whose numbers move all the time; it is called different only where `is_news` says so.
    pub(super) fn measure(
        &mut self,
        id: K,
        value: &Arc<T>,
        arrival: Arrival,
        is_news: fn(&T, &T) -> bool,
    ) -> Effect {
        let before = self.rows.get(&id).map(|row| (Arc::clone(&row.value), row.changed_at));
        let effect = self.upsert(id, Arc::clone(value), arrival);
        if let (Effect::Changed, Some((before, changed_at))) = (effect, before)
            && !is_news(&before, value)
            && let Some(row) = self.rows.get_mut(&id)
        {
            row.changed_at = changed_at;
        }
        effect
    }

    /// Replaces a value without calling it news: the platform said nothing new, we only know more about it.
    pub(super) fn amend(&mut self, id: K, value: Arc<T>) {
        if let Some(row) = self.rows.get_mut(&id) {
            row.value = value;
        }
    }

    /// Marks a row as new before our eyes, so that the screen can point at it once.
    pub(super) fn touch(&mut self, id: K, at: Timestamp) {
        if let Some(row) = self.rows.get_mut(&id) {
            row.changed_at = Some(at.into());
        }
    }

    /// Takes a row out.
    pub(super) fn remove(&mut self, id: K) -> Option<Arc<T>> {
        self.rows.remove(&id).map(|row| row.value)
    }

    /// The ids that `key` brought.
    pub(super) fn brought_by(&self, key: KeyIndex) -> impl Iterator<Item = K> {
        self.iter().filter(move |(_, row)| row.key == key).map(|(id, _)| id)
    }
}
