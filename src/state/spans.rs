//! [`Spans`]: numbers by the two minutes in which they were observed, for a chart of the last hour.

use imbl::OrdMap;

use super::queue::WINDOW_SECONDS;
use super::rising::{Rising, seconds};
use crate::domain::Timestamp;

/// The length of a span, seconds: thirty of them make the hour.
const SPAN_SECONDS: i64 = 120;

/// Milliseconds by span.
#[derive(Debug, Clone, Default)]
pub(super) struct Spans(OrdMap<i64, Rising>);

impl Spans {
    pub(super) fn insert(&mut self, second: i64, millis: u64) {
        self.0.entry(span_of(second)).or_default().insert(millis);
    }

    pub(super) fn remove(&mut self, second: i64, millis: u64) {
        let span = span_of(second);
        if let Some(times) = self.0.get_mut(&span) {
            times.remove(millis);
            if times.is_empty() {
                self.0.remove(&span);
            }
        }
    }

    /// The largest number of each span of the last hour, seconds, oldest first.
    pub(super) fn longest(&self, now: Timestamp) -> Vec<Option<f64>> {
        let last = span_of(now.as_second());
        let first = last - WINDOW_SECONDS / SPAN_SECONDS + 1;
        (first..=last).map(|span| self.0.get(&span)?.last().map(seconds)).collect()
    }
}

fn span_of(second: i64) -> i64 {
    second.div_euclid(SPAN_SECONDS)
}
