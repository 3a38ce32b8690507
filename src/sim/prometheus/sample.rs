//! A series as a function of time: nothing is stored, every sample is worked out when it is asked for.

use std::collections::BTreeMap;

use crate::sim::clock::Millis;

/// Time between two samples of a series, and between two looks at a rule.
pub(crate) const STEP: Millis = 30_000;
/// How far an instant query looks back for a sample.
pub(crate) const LOOKBACK: Millis = 300_000;
/// The label that holds a series' name.
pub(crate) const NAME: &str = "__name__";

/// Labels with their values, the name among them.
pub(crate) type Labels = BTreeMap<String, String>;

/// A sample: its instant and its value.
pub(crate) type Point = (Millis, f64);

/// What a series is worth at an instant; none where it had no sample then.
pub(crate) type Worth<'a> = Box<dyn Fn(Millis) -> Option<f64> + 'a>;

/// A series.
pub(crate) struct Series<'a> {
    pub(crate) labels: Labels,
    /// The instant from which it has samples.
    pub(crate) begin: Millis,
    /// The instant of its last sample.
    pub(crate) last: Millis,
    /// From here on it is known to be gone, however young its last sample is.
    pub(crate) gone: Option<Millis>,
    pub(crate) worth: Worth<'a>,
}

impl Series<'_> {
    /// The sample that an instant query finds.
    pub(crate) fn latest(&self, at: Millis) -> Option<Point> {
        let sample = on_grid(at.min(self.last));
        let found = sample >= self.begin
            && at - sample < LOOKBACK
            && self.gone.is_none_or(|gone| at < gone);
        if found { Some((sample, (self.worth)(sample)?)) } else { None }
    }

    /// The instants of its samples from one instant to another, both included.
    pub(crate) fn instants(&self, from: Millis, to: Millis) -> impl Iterator<Item = Millis> {
        let first = on_grid(from.max(self.begin) + STEP - 1);
        let step = usize::try_from(STEP).unwrap_or(usize::MAX);
        (first..=to.min(self.last)).step_by(step)
    }

    /// Its samples from one instant to another, both included.
    pub(crate) fn points(&self, from: Millis, to: Millis) -> impl Iterator<Item = Point> {
        self.instants(from, to).filter_map(|at| Some((at, (self.worth)(at)?)))
    }
}

/// The newest instant of the grid that is not after `at`.
pub(crate) fn on_grid(at: Millis) -> Millis {
    at - at.rem_euclid(STEP)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn series(last: Millis, gone: Option<Millis>) -> Series<'static> {
        let worth: Worth<'static> = Box::new(|at| Some(crate::sim::clock::exact(at)));
        Series { labels: Labels::new(), begin: 60_000, last, gone, worth }
    }

    #[test]
    fn the_latest_sample_is_the_one_before() {
        assert_eq!(series(600_000, None).latest(119_999), Some((90_000, 90.0)));
    }

    #[test]
    fn there_is_no_sample_before_the_beginning() {
        assert_eq!(series(600_000, None).latest(59_999), None);
    }

    #[test]
    fn a_sample_of_five_minutes_is_too_old() {
        let series = series(600_000, None);
        assert_eq!(series.latest(899_999), Some((600_000, 600.0)));
        assert_eq!(series.latest(900_000), None);
    }

    #[test]
    fn what_is_known_to_be_gone_is_gone_at_once() {
        let series = series(600_000, Some(610_000));
        assert_eq!(series.latest(609_999), Some((600_000, 600.0)));
        assert_eq!(series.latest(610_000), None);
    }

    #[test]
    fn both_ends_of_a_range_are_in_it() {
        let instants: Vec<Millis> = series(600_000, None).instants(90_000, 150_000).collect();
        assert_eq!(instants, [90_000, 120_000, 150_000]);
    }
}
