//! Samples for charts, and percentiles of raw observations.

use super::{Text, Timestamp};

/// The name of a kept series, e.g. `queue.p95_seconds` of tier `standard`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SeriesId {
    /// What is measured, with its unit: `waiting`, `running`, `queue_p95_seconds`, `oldest_waiting_seconds`.
    pub measure: Text,
    /// What it is measured of: a tier's name.
    pub subject: Text,
}

/// One observation of a series.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Sample {
    /// When.
    pub at: Timestamp,
    /// How much, in the unit of the series.
    pub value: f64,
}

/// Nearest-rank percentiles of queue time, seconds: each is a value that was really observed, as GitLab's own are.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Percentiles {
    /// How many observations.
    pub n: usize,
    /// The median.
    pub p50: Option<f64>,
    /// The 95th percentile.
    pub p95: Option<f64>,
    /// The 99th percentile.
    pub p99: Option<f64>,
}

impl Percentiles {
    /// Below this many observations a percentile is printed with its n, or not at all.
    pub const ENOUGH: usize = 20;

    /// Takes them from observations in rising order.
    pub fn of_sorted(values: &[f64]) -> Percentiles {
        Percentiles {
            n: values.len(),
            p50: nearest_rank(values, 50),
            p95: nearest_rank(values, 95),
            p99: nearest_rank(values, 99),
        }
    }

    /// Whether there are enough observations to print percentiles alone.
    pub fn is_enough(&self) -> bool {
        self.n >= Percentiles::ENOUGH
    }
}

/// The smallest value that at least `percent` of all values do not exceed.
fn nearest_rank(sorted: &[f64], percent: usize) -> Option<f64> {
    let rank = (sorted.len() * percent).div_ceil(100).max(1);
    sorted.get(rank - 1).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_percentile_is_a_value_that_was_observed() {
        let values: Vec<f64> = (1..=100).map(f64::from).collect();
        let p = Percentiles::of_sorted(&values);
        assert_eq!((p.p50, p.p95, p.p99), (Some(50.0), Some(95.0), Some(99.0)));
    }

    #[test]
    fn nothing_observed_gives_no_number() {
        assert_eq!(Percentiles::of_sorted(&[]), Percentiles::default());
    }

    #[test]
    fn one_observation_is_every_percentile() {
        assert_eq!(Percentiles::of_sorted(&[7.0]).p99, Some(7.0));
    }
}
