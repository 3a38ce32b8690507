//! Rows that are numbered in the order of their making, found by their number at once.

use std::collections::VecDeque;

/// Rows with consecutive numbers, some of them taken away again.
pub(crate) struct Shelf<T> {
    first: u64,
    rows: VecDeque<Option<T>>,
    count: usize,
}

impl<T> Shelf<T> {
    /// An empty shelf whose first row will have this number.
    pub(super) fn starting_at(first: u64) -> Self {
        Self { first, rows: VecDeque::new(), count: 0 }
    }

    /// The number that the next row will have.
    pub(super) fn next(&self) -> u64 {
        self.first + u64::try_from(self.rows.len()).unwrap_or(0)
    }

    /// Adds a row under the next number.
    pub(super) fn push(&mut self, row: T) {
        self.rows.push_back(Some(row));
        self.count += 1;
    }

    /// A row by its number.
    pub(crate) fn get(&self, id: u64) -> Option<&T> {
        self.rows.get(self.place(id)?)?.as_ref()
    }

    /// A row by its number, to be changed.
    pub(crate) fn get_mut(&mut self, id: u64) -> Option<&mut T> {
        let place = self.place(id)?;
        self.rows.get_mut(place)?.as_mut()
    }

    /// Whether the row is there.
    pub(crate) fn contains_key(&self, id: u64) -> bool {
        self.get(id).is_some()
    }

    /// Takes a row away.
    pub(super) fn remove(&mut self, id: u64) -> Option<T> {
        let place = self.place(id)?;
        let row = self.rows.get_mut(place)?.take()?;
        self.count -= 1;
        while let Some(None) = self.rows.front() {
            self.rows.pop_front();
            self.first += 1;
        }
        Some(row)
    }

    /// The rows in the order of their numbers.
    pub(crate) fn values(&self) -> impl DoubleEndedIterator<Item = &T> {
        self.rows.iter().flatten()
    }

    /// Number of rows.
    pub(crate) fn len(&self) -> usize {
        self.count
    }

    fn place(&self, id: u64) -> Option<usize> {
        usize::try_from(id.checked_sub(self.first)?).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shelf() -> Shelf<char> {
        let mut shelf = Shelf::starting_at(7);
        shelf.push('a');
        shelf.push('b');
        shelf.push('c');
        shelf
    }

    #[test]
    fn a_row_is_found_by_its_number() {
        assert_eq!((shelf().get(8), shelf().get(6), shelf().get(10)), (Some(&'b'), None, None));
    }

    #[test]
    fn numbers_stay_when_the_first_rows_are_taken_away() {
        let mut shelf = shelf();
        shelf.remove(8);
        shelf.remove(7);
        assert_eq!((shelf.get(9), shelf.next(), shelf.len()), (Some(&'c'), 10, 1));
    }

    #[test]
    fn a_row_is_taken_away_once() {
        let mut shelf = shelf();
        assert_eq!((shelf.remove(8), shelf.remove(8)), (Some('b'), None));
    }

    #[test]
    fn rows_come_in_the_order_of_their_numbers() {
        assert_eq!(shelf().values().collect::<String>(), "abc");
    }
}
