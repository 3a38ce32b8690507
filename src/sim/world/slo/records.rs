//! What each runner did, instant by instant: jobs taken, how long they had waited, and how they ended.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::flow::Counts;
use crate::sim::clock::{self, Millis};

/// The bounds of the histogram of waits that a runner keeps, in seconds.
pub(crate) const BOUNDS: [u32; 10] = [1, 3, 10, 30, 60, 120, 300, 900, 1800, 3600];
/// Jobs a second that each runner took before anything was recorded.
const PAST_RATE: f64 = 0.02;
/// The shares of the waits in the past that were within each bound.
const PAST_SHARES: [f64; BOUNDS.len()] =
    [0.10, 0.35, 0.80, 0.985, 0.999, 0.9995, 0.9998, 1.0, 1.0, 1.0];
/// The mean of the waits in the past.
const PAST_MEAN: f64 = 7.0;

/// The waits of the jobs that a runner took.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Waits {
    /// How many waited at most so long, bound by bound.
    pub(crate) upto: [f64; BOUNDS.len()],
    pub(crate) count: f64,
    /// All of them together, in seconds.
    pub(crate) sum: f64,
}

impl Waits {
    /// All of them, and those that waited longer than a target.
    pub(crate) fn against(&self, target_seconds: u32) -> Counts {
        let within = BOUNDS.iter().zip(self.upto).find(|(bound, _)| **bound >= target_seconds);
        let good = within.map_or(self.count, |(_, good)| good);
        Counts { total: self.count, bad: self.count - good }
    }

    fn add(&mut self, other: &Self) {
        for (mine, theirs) in self.upto.iter_mut().zip(other.upto) {
            *mine += theirs;
        }
        self.count += other.count;
        self.sum += other.sum;
    }
}

/// A job was taken: what the histogram holds from then on.
struct Taken {
    at: Millis,
    upto: [u32; BOUNDS.len()],
    count: u32,
    sum: f64,
}

/// What one runner did.
#[derive(Default)]
struct Record {
    taken: Vec<Taken>,
    ended: Vec<Millis>,
    failed: BTreeMap<Arc<str>, Vec<Millis>>,
}

/// What every runner did, by its id.
pub(crate) struct Records {
    begin: Millis,
    since: Option<Millis>,
    runners: BTreeMap<u64, Record>,
}

impl Records {
    /// Nothing yet; the past counts from `begin`.
    pub(crate) fn new(begin: Millis) -> Self {
        Self { begin, since: None, runners: BTreeMap::new() }
    }

    /// The instant of the first record.
    pub(crate) fn since(&self) -> Millis {
        self.since.unwrap_or(Millis::MAX)
    }

    /// A runner took a job that had waited for so long.
    pub(crate) fn take(&mut self, runner: u64, at: Millis, waited: Millis) {
        self.since.get_or_insert(at);
        let record = self.runners.entry(runner).or_default();
        let (mut upto, count, sum) = record
            .taken
            .last()
            .map_or(([0; BOUNDS.len()], 0, 0.0), |last| (last.upto, last.count, last.sum));
        for (bound, held) in BOUNDS.iter().zip(&mut upto) {
            *held += u32::from(waited <= Millis::from(*bound) * 1000);
        }
        let sum = sum + clock::exact(waited);
        record.taken.push(Taken { at, upto, count: count + 1, sum });
    }

    /// A job that a runner had taken ended, with a reason when it failed.
    pub(crate) fn end(&mut self, runner: u64, at: Millis, failure: Option<&Arc<str>>) {
        let record = self.runners.entry(runner).or_default();
        record.ended.push(at);
        if let Some(reason) = failure {
            record.failed.entry(Arc::clone(reason)).or_default().push(at);
        }
    }

    /// The waits of the jobs that a runner had taken by then.
    pub(crate) fn waits(&self, runner: u64, at: Millis) -> Waits {
        let mut waits = past(clock::exact((at.min(self.since()) - self.begin).max(0)));
        let Some(record) = self.runners.get(&runner) else { return waits };
        let place = record.taken.partition_point(|taken| taken.at <= at);
        if let Some(last) = place.checked_sub(1).and_then(|place| record.taken.get(place)) {
            waits.add(&Waits {
                upto: last.upto.map(f64::from),
                count: f64::from(last.count),
                sum: last.sum,
            });
        }
        waits
    }

    /// The jobs that a runner had taken by then and that had not ended.
    pub(crate) fn running(&self, runner: u64, at: Millis) -> f64 {
        let Some(record) = self.runners.get(&runner) else { return 0.0 };
        let taken = record.taken.partition_point(|taken| taken.at <= at);
        number(taken.saturating_sub(ended_by(&record.ended, at)))
    }

    /// The jobs of a runner that had failed by then, by reason.
    pub(crate) fn failed(&self, runner: u64, reason: &str, at: Millis) -> f64 {
        let record = self.runners.get(&runner);
        let ends = record.and_then(|record| record.failed.get(reason));
        ends.map_or(0.0, |ends| number(ended_by(ends, at)))
    }

    /// The reasons for which jobs of a runner failed.
    pub(crate) fn reasons(&self, runner: u64) -> Vec<Arc<str>> {
        self.runners
            .get(&runner)
            .map(|one| one.failed.keys().cloned().collect())
            .unwrap_or_default()
    }
}

/// The waits of so many seconds of the past that was not recorded.
fn past(seconds: f64) -> Waits {
    let count = (seconds * PAST_RATE).floor();
    Waits { upto: PAST_SHARES.map(|share| (count * share).floor()), count, sum: count * PAST_MEAN }
}

fn ended_by(ends: &[Millis], at: Millis) -> usize {
    ends.partition_point(|end| *end <= at)
}

fn number(count: usize) -> f64 {
    u32::try_from(count).map_or(f64::MAX, f64::from)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn three_jobs() -> Records {
        let mut records = Records::new(0);
        records.take(1, 1_000, 500);
        records.take(1, 2_000, 60_000);
        records.take(1, 3_000, 61_000);
        records
    }

    #[test]
    fn a_wait_at_the_bound_is_within_it() {
        assert_eq!(three_jobs().waits(1, 3_000).against(60), Counts { total: 3.0, bad: 1.0 });
    }

    #[test]
    fn a_count_of_the_past_knows_nothing_of_later() {
        assert_eq!(three_jobs().waits(1, 2_999).against(60), Counts { total: 2.0, bad: 0.0 });
    }

    #[test]
    fn what_ended_does_not_run() {
        let mut records = three_jobs();
        records.end(1, 4_000, None);
        let running = [3_999, 4_000].map(|at| records.running(1, at).to_string());
        assert_eq!(running, ["3", "2"]);
    }

    #[test]
    fn failures_are_counted_by_reason() {
        let mut records = three_jobs();
        records.end(1, 4_000, Some(&Arc::from("script_failure")));
        let failed =
            ["script_failure", "runner_system_failure"].map(|why| records.failed(1, why, 5_000));
        assert_eq!(failed.map(|count| count.to_string()), ["1", "0"]);
    }

    #[test]
    fn before_the_records_the_past_went_on_at_its_rate() {
        let mut records = Records::new(0);
        records.take(1, 1_000_000, 0);
        assert_eq!(records.waits(1, 500_000).count.to_bits(), 10.0_f64.to_bits());
    }
}
