//! [`Rising`]: numbers kept in rising order, where each may be asked for by its rank.

use std::sync::Arc;

use crate::domain::Percentiles;

/// How many numbers a part holds before it is split: small enough to shift, large enough to keep parts few.
const PART: usize = 512;

/// Numbers in rising order, in parts of bounded size. Clones share their parts.
#[derive(Debug, Clone, Default)]
pub(super) struct Rising {
    parts: Vec<Arc<Vec<u64>>>,
    len: usize,
}

impl Rising {
    pub(super) fn is_empty(&self) -> bool {
        self.len == 0
    }

    pub(super) fn last(&self) -> Option<u64> {
        self.parts.last().and_then(|part| part.last()).copied()
    }

    /// The number with so many before it.
    pub(super) fn get(&self, rank: usize) -> Option<u64> {
        let mut before = 0;
        for part in &self.parts {
            if rank < before + part.len() {
                return part.get(rank - before).copied();
            }
            before += part.len();
        }
        None
    }

    /// How many numbers there are.
    pub(super) fn len(&self) -> usize {
        self.len
    }

    /// How many of them are `number` or less.
    pub(super) fn upto(&self, number: u64) -> usize {
        let count = |part: &Arc<Vec<u64>>| part.partition_point(|one| *one <= number);
        self.parts.iter().map(count).sum()
    }

    /// Nearest-rank percentiles, seconds, of numbers that are milliseconds.
    pub(super) fn percentiles(&self) -> Percentiles {
        let rank = |percent: usize| {
            let rank = (self.len * percent).div_ceil(100).max(1);
            self.get(rank - 1).map(seconds)
        };
        Percentiles { n: self.len, p50: rank(50), p95: rank(95), p99: rank(99) }
    }

    pub(super) fn insert(&mut self, number: u64) {
        self.len += 1;
        let place = self.part_of(number).min(self.parts.len().saturating_sub(1));
        let Some(part) = self.parts.get_mut(place) else {
            self.parts.push(Arc::new(vec![number]));
            return;
        };
        let part = Arc::make_mut(part);
        let at = part.partition_point(|known| *known < number);
        part.insert(at, number);
        if part.len() > PART {
            let upper = part.split_off(PART / 2);
            self.parts.insert(place + 1, Arc::new(upper));
        }
    }

    /// Takes one such number out, if there is one.
    pub(super) fn remove(&mut self, number: u64) {
        let place = self.part_of(number);
        let Some(part) = self.parts.get_mut(place) else { return };
        let Ok(at) = part.binary_search(&number) else { return };
        let part = Arc::make_mut(part);
        part.remove(at);
        self.len -= 1;
        if part.is_empty() {
            self.parts.remove(place);
        }
    }

    /// The first part that may hold `number`; one beyond the last where every number is smaller.
    fn part_of(&self, number: u64) -> usize {
        self.parts.partition_point(|part| part.last().is_some_and(|last| *last < number))
    }
}

/// Milliseconds as seconds.
pub(super) fn seconds(millis: u64) -> f64 {
    std::time::Duration::from_millis(millis).as_secs_f64()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn it_is_what_a_sorted_list_would_be(steps in prop::collection::vec((any::<bool>(), 0..50_u64), 0..3000)) {
            let (mut rising, mut list) = (Rising::default(), Vec::new());
            for (comes, number) in steps {
                if comes || list.is_empty() {
                    rising.insert(number);
                    list.push(number);
                    list.sort_unstable();
                } else {
                    rising.remove(number);
                    if let Ok(at) = list.binary_search(&number) {
                        list.remove(at);
                    }
                }
            }
            let all: Vec<u64> = (0..rising.len).filter_map(|rank| rising.get(rank)).collect();
            prop_assert_eq!((rising.last(), rising.is_empty()), (list.last().copied(), list.is_empty()));
            let upto = list.iter().filter(|one| **one <= 25).count();
            prop_assert_eq!((rising.upto(25), rising.len()), (upto, list.len()));
            prop_assert_eq!(all, list);
        }
    }
}
