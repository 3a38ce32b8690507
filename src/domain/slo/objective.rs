//! [`Slo`]: one objective over one label set, with what was read of it last.

use std::fmt;

use jiff::SignedDuration;

use super::burn::{Pair, PairSeverity};
use super::recovery::Recovery;
use crate::domain::{SloId, Text, Timestamp};

/// Who defines an objective.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum SloOrigin {
    /// Recording rules that sloth made, or a file of sloth's own form.
    Sloth,
    /// Recording rules that pyrra made.
    Pyrra,
    /// A file of `OpenSLO` v1.
    OpenSlo,
    /// The platform's own five.
    Builtin,
}

impl SloOrigin {
    /// Its word in `get slos`.
    pub fn as_str(self) -> &'static str {
        match self {
            SloOrigin::Sloth => "sloth",
            SloOrigin::Pyrra => "pyrra",
            SloOrigin::OpenSlo => "openslo",
            SloOrigin::Builtin => "builtin",
        }
    }
}

impl fmt::Display for SloOrigin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// By so much a ratio may lie outside 0 to 1 and is still 0 or 1.
const NOISE: f64 = 1e-6;

/// What a query answered.
///
/// Prometheus' samples are strings: `NaN` and `+Inf` are answers, and no series is one too. None of the three is a
/// number to reckon with.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Measured {
    /// No series answered.
    Absent,
    /// It answered `NaN`: nothing happened in the window, or a `NaN` lies within it.
    NotANumber,
    /// It answered `+Inf` or `-Inf`.
    Infinite,
    /// It answered a number below 0 or above 1, which is no share of anything: its query or its rule is wrong.
    Impossible(f64),
    /// It answered this.
    Number(f64),
}

impl Measured {
    /// What a sample of an error ratio says. Two counts of the same events differ by the noise of floating point.
    pub fn of(value: f64) -> Measured {
        match value {
            value if value.is_nan() => Measured::NotANumber,
            value if value.is_infinite() => Measured::Infinite,
            value if !(-NOISE..=1.0 + NOISE).contains(&value) => Measured::Impossible(value),
            value => Measured::Number(value.clamp(0.0, 1.0)),
        }
    }

    /// The number, where it is one.
    pub fn number(self) -> Option<f64> {
        match self {
            Measured::Number(value) => Some(value),
            Measured::Absent
            | Measured::NotANumber
            | Measured::Infinite
            | Measured::Impossible(_) => None,
        }
    }
}

/// The error ratio over one window.
#[derive(Debug, Clone, PartialEq)]
pub struct Reading {
    /// The window's name as the rules have it: `5m`, `1h4m`.
    pub name: Text,
    /// Its length, seconds.
    pub window_seconds: f64,
    /// Bad events over all events, 0 to 1.
    pub ratio: Measured,
    /// When its sample was taken; `None` where that was not told.
    pub at: Option<Timestamp>,
}

/// The time over which the budget counts.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Period {
    /// The last so many seconds: what is older leaves it.
    Rolling {
        /// Its length, seconds.
        seconds: f64,
    },
    /// From one boundary of the calendar to the next, where the budget is whole again.
    Calendar {
        /// Where it began.
        start: Timestamp,
        /// Where it ends.
        end: Timestamp,
    },
}

impl Period {
    /// Its length, seconds.
    pub fn seconds(self) -> f64 {
        match self {
            Period::Rolling { seconds } => seconds,
            Period::Calendar { start, end } => end.duration_since(start).as_secs_f64(),
        }
    }
}

/// A query behind a number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Query {
    /// The number: `burn 5m`, `budget left`.
    pub name: Text,
    /// The expression.
    pub text: Text,
}

/// One objective over one label set, with what was read of it last.
#[derive(Debug, Clone, PartialEq)]
pub struct Slo {
    /// Its address.
    pub id: SloId,
    /// Its name among all of them, such as `checkout-availability`; with its labels where it is one of a group.
    pub key: Text,
    /// The name that its rules and alerts carry: the label `sloth_id`, or pyrra's `slo`.
    pub rule_id: Text,
    /// The service that promises.
    pub service: Text,
    /// What is promised.
    pub name: Text,
    /// What is promised, in a sentence, where one was written.
    pub description: Option<Text>,
    /// Who defines it.
    pub origin: SloOrigin,
    /// Its own labels, in order of name.
    pub labels: Box<[(Text, Text)]>,
    /// The share of events that must be good, 0 to 1.
    pub objective: f64,
    /// The time over which the budget counts.
    pub period: Period,
    /// The error ratio over the whole period.
    pub period_ratio: Reading,
    /// The error ratio over each shorter window, shortest first.
    pub readings: Box<[Reading]>,
    /// The pairs of windows that make an alert.
    pub pairs: Box<[Pair]>,
    /// How many events the period had.
    pub events: Option<f64>,
    /// How much of the period has been recorded, 0 to 1; `None` where that is not known.
    pub filled: Option<f64>,
    /// Whether its budget has come back since it was last spent; `None` where its past was not read.
    pub recovery: Option<Recovery>,
    /// Whether the period's ratio is a mean over time, in which quiet nights weigh as much as busy days.
    pub is_time_weighted: bool,
    /// Which of its alerts Prometheus says is firing.
    pub firing: Option<PairSeverity>,
    /// Whether an alert of sloth's says that its budget is spent: `ErrorBudgetExhausted`, which carries no severity.
    pub is_called_spent: bool,
    /// What is wrong with a rule behind it, in Prometheus' words.
    pub rule_error: Option<Text>,
    /// What the answer warned of: parts of it may be missing.
    pub warning: Option<Text>,
    /// How often its rules are evaluated, seconds.
    pub rule_interval_seconds: Option<f64>,
    /// The queries behind its numbers.
    pub queries: Box<[Query]>,
}

impl Slo {
    /// The error budget: the share of events that may be bad. Rounded to twelve digits, for an objective such as 0.999
    /// arrives as 0.9990000000000001.
    pub fn budget(&self) -> f64 {
        let budget = 1.0 - self.objective;
        (budget * 1e12).round() / 1e12
    }

    /// Whether its numbers are what was sampled here, and no query of anybody's.
    pub fn is_sampled_here(&self) -> bool {
        self.origin == SloOrigin::Builtin && self.queries.is_empty() && self.rule_error.is_none()
    }

    /// The reading over a window of this length.
    pub fn reading(&self, window_seconds: f64) -> Option<&Reading> {
        self.readings.iter().find(|one| (one.window_seconds - window_seconds).abs() < 0.5)
    }

    /// The reading whose ratio is no share of anything, and that ratio. Where another is endless there were moments
    /// without any event to divide by, which says enough.
    pub fn impossible(&self) -> Option<(&Reading, f64)> {
        let all = || self.readings.iter().chain([&self.period_ratio]);
        if all().any(|one| one.ratio == Measured::Infinite) {
            return None;
        }
        all().find_map(|one| match one.ratio {
            Measured::Impossible(ratio) => Some((one, ratio)),
            _ => None,
        })
    }

    /// What is wrong with its numbers, in words, where somebody said: Prometheus, or whoever read it.
    pub fn trouble(&self) -> Option<&Text> {
        self.rule_error.as_ref().or(self.warning.as_ref())
    }

    /// The same with its samples taken so much later: what was read again and again is kept now and then.
    #[must_use]
    pub fn resampled(&self, later: SignedDuration) -> Slo {
        let mut slo = self.clone();
        for reading in slo.readings.iter_mut().chain([&mut slo.period_ratio]) {
            reading.at = reading.at.and_then(|at| at.checked_add(later).ok());
        }
        slo
    }

    /// When the oldest of its samples was taken: the age of what is shown is that of its oldest part.
    pub fn sampled_at(&self) -> Option<Timestamp> {
        let all = self.readings.iter().chain([&self.period_ratio]);
        all.filter(|one| one.ratio != Measured::Absent).filter_map(|one| one.at).min()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ratio_outside_nothing_and_all_is_no_number_and_noise_is_rounded_away() {
        for ratio in [-1.25, 5.0, -1.0, 1.001] {
            assert_eq!(Measured::of(ratio), Measured::Impossible(ratio));
            assert_eq!(Measured::of(ratio).number(), None);
        }
        for (ratio, number) in [(-1e-9, 0.0), (1.0 + 1e-9, 1.0), (0.0, 0.0), (1.0, 1.0), (0.5, 0.5)]
        {
            assert_eq!(Measured::of(ratio), Measured::Number(number));
        }
    }
}
