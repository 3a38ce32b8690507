//! Burn rates, budgets and thresholds: the formulae of the SRE Workbook, chapter 5 ("Alerting on SLOs").
//!
//! With objective `T`, budget `B = 1 − T` and period `P`: the burn over a window is its error ratio over `B`; a burn of 1
//! spends exactly the budget over `P`; what is left is `1 − e(P)/B` and may be negative.

use std::fmt;

use super::objective::{Measured, Period, Slo};
use crate::domain::Timestamp;

/// How loud an alert is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PairSeverity {
    /// Somebody looks at it in working hours.
    Ticket,
    /// Somebody is woken.
    Page,
}

impl PairSeverity {
    /// Its word.
    pub fn as_str(self) -> &'static str {
        match self {
            PairSeverity::Ticket => "ticket",
            PairSeverity::Page => "page",
        }
    }
}

impl fmt::Display for PairSeverity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Two windows that must both burn faster than a factor for an alert: the long one for weight, the short one so that the
/// alert ends soon after the burn does.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Pair {
    /// How loud it is.
    pub severity: PairSeverity,
    /// The short window, seconds.
    pub short_seconds: f64,
    /// The long window, seconds.
    pub long_seconds: f64,
    /// The burn rate above which both must be.
    pub factor: f64,
}

/// A threshold that an objective is held against.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Threshold {
    /// The burn rate.
    pub factor: f64,
    /// How loud its alert is.
    pub severity: PairSeverity,
    /// Whether any error ratio up to 1 can exceed it.
    pub is_reachable: bool,
}

/// When the budget ends, if the present burn goes on and nothing leaves the period.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Exhaustion {
    /// It is spent.
    Spent,
    /// After so many seconds.
    In(f64),
    /// Not at this rate: nothing is bad now.
    Never,
    /// It lasts beyond the boundary at which the budget is whole again.
    BeyondReset,
    /// A number is missing.
    Unknown,
}

/// The burn rate at which a share of the budget is spent within a window: `share · period / window`.
pub fn budget_share_factor(share: f64, window_seconds: f64, period_seconds: f64) -> f64 {
    share * period_seconds / window_seconds
}

const MINUTE: f64 = 60.0;
const HOUR: f64 = 3600.0;
const DAY: f64 = 86_400.0;

impl Pair {
    /// The four pairs of the Workbook for a period: 2 % in 1 h and 5 % in 6 h page, 10 % in 1 d and in 3 d are tickets.
    pub fn workbook(period_seconds: f64) -> [Pair; 4] {
        let pair = |severity, share, short_seconds, long_seconds| Pair {
            severity,
            short_seconds,
            long_seconds,
            factor: budget_share_factor(share, long_seconds, period_seconds),
        };
        [
            pair(PairSeverity::Page, 0.02, 5.0 * MINUTE, HOUR),
            pair(PairSeverity::Page, 0.05, 30.0 * MINUTE, 6.0 * HOUR),
            pair(PairSeverity::Ticket, 0.10, 2.0 * HOUR, DAY),
            pair(PairSeverity::Ticket, 0.10, 6.0 * HOUR, 3.0 * DAY),
        ]
    }
}

impl Slo {
    /// The share of the error budget that is left over the period. Negative when more was spent than there was.
    pub fn remaining(&self) -> Option<f64> {
        Some(1.0 - self.rate(self.period_ratio.ratio)?)
    }

    /// The burn rate over a window; 1 spends exactly the budget over the period.
    pub fn burn(&self, window_seconds: f64) -> Option<f64> {
        self.rate(self.reading(window_seconds)?.ratio)
    }

    fn rate(&self, ratio: Measured) -> Option<f64> {
        let budget = self.budget();
        (budget > 0.0).then_some(())?;
        Some(ratio.number()? / budget)
    }

    /// How many bad events the budget still allows. Negative when it is overspent.
    pub fn events_left(&self) -> Option<f64> {
        Some(self.remaining()? * self.budget() * self.events?)
    }

    /// Whether both windows of a pair are over its factor; `None` where one of them cannot be told.
    pub fn burns(&self, pair: &Pair) -> Option<bool> {
        let over = |window| self.burn(window).map(|rate| rate > pair.factor);
        match (over(pair.short_seconds), over(pair.long_seconds)) {
            (Some(false), _) | (_, Some(false)) => Some(false),
            (Some(true), Some(true)) => Some(true),
            (None, _) | (_, None) => None,
        }
    }

    /// The loudest pair that burns now, by our own reckoning.
    pub fn burning(&self) -> Option<PairSeverity> {
        let burning = self.pairs.iter().filter(|pair| self.burns(pair) == Some(true));
        burning.map(|pair| pair.severity).max()
    }

    /// The threshold that a window is held against: that of the loudest pair which has it, the lowest among equals.
    pub fn threshold(&self, window_seconds: f64) -> Option<Threshold> {
        let is_of = |one: f64| (one - window_seconds).abs() < 0.5;
        let pairs =
            self.pairs.iter().filter(|pair| is_of(pair.short_seconds) || is_of(pair.long_seconds));
        let louder = |one: &&Pair, other: &&Pair| {
            one.severity.cmp(&other.severity).then(other.factor.total_cmp(&one.factor))
        };
        let pair = pairs.max_by(louder)?;
        Some(Threshold {
            factor: pair.factor,
            severity: pair.severity,
            is_reachable: self.can_fire(pair),
        })
    }

    /// Whether a pair can fire at all: no error ratio exceeds 1, so a factor times the budget of 1 or more is never
    /// reached. With an objective of 90 % the page at 14.4 would need an error ratio of 144 %.
    pub fn can_fire(&self, pair: &Pair) -> bool {
        pair.factor * self.budget() < 1.0
    }

    /// Whether one bad event alone makes a pair fire, at the mean traffic of the period; `None` where nobody counts
    /// events. The long window decides: it has the more events of the two.
    pub fn is_one_event_enough(&self, pair: &Pair) -> Option<bool> {
        let events = self.mean_events(pair.long_seconds)?;
        Some(self.can_fire(pair) && 1.0 / events.max(1.0) > pair.factor * self.budget())
    }

    /// How many events a window of this length has, at the mean traffic of the period.
    pub fn mean_events(&self, window_seconds: f64) -> Option<f64> {
        let counted = self.period_ratio.window_seconds;
        (counted > 0.0).then_some(self.events? * window_seconds / counted)
    }

    /// When the budget ends if the burn over `window_seconds` goes on. Nothing is taken to leave the period, so that a
    /// rolling one ends no earlier than this.
    pub fn exhaustion(&self, window_seconds: f64, now: Timestamp) -> Exhaustion {
        let (Some(left), Some(rate)) = (self.remaining(), self.burn(window_seconds)) else {
            return Exhaustion::Unknown;
        };
        if left <= 0.0 {
            return Exhaustion::Spent;
        }
        if rate <= 0.0 {
            return Exhaustion::Never;
        }
        let seconds = left * self.period.seconds() / rate;
        match self.period {
            Period::Calendar { end, .. } if end.duration_since(now).as_secs_f64() <= seconds => {
                Exhaustion::BeyondReset
            }
            Period::Calendar { .. } | Period::Rolling { .. } => Exhaustion::In(seconds),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::state::fixture::{at, slo};
    use super::*;

    fn close(left: Option<f64>, right: f64) {
        let left = left.expect("a number");
        assert!((left - right).abs() < 1e-9, "{left} is not {right}");
    }

    #[test]
    fn the_workbooks_factors_for_thirty_and_twenty_eight_days() {
        let factors = |days: f64| {
            Pair::workbook(days * DAY).map(|pair| format!("{:.4}", pair.factor)).join(" ")
        };
        assert_eq!(factors(30.0), "14.4000 6.0000 3.0000 1.0000");
        assert_eq!(factors(28.0), "13.4400 5.6000 2.8000 0.9333");
    }

    #[test]
    fn what_is_left_is_negative_when_more_was_spent_than_there_was() {
        close(slo(0.999, 0.0005, &[]).remaining(), 0.5);
        close(slo(0.999, 0.0012, &[]).remaining(), -0.2);
    }

    #[test]
    fn no_number_is_made_of_none() {
        for ratio in [Measured::Absent, Measured::NotANumber, Measured::Infinite] {
            let mut slo = slo(0.999, 0.0, &[]);
            slo.period_ratio.ratio = ratio;
            assert_eq!(slo.remaining(), None, "{ratio:?}");
            assert_eq!(slo.exhaustion(HOUR, at(0)), Exhaustion::Unknown);
        }
    }

    #[test]
    fn an_objective_of_one_has_no_burn_rate() {
        assert_eq!(slo(1.0, 0.5, &[]).remaining(), None);
    }

    #[test]
    fn the_noise_of_an_objective_is_rounded_away() {
        assert_eq!(slo(0.999_000_000_000_000_1, 0.0, &[]).budget().to_bits(), 0.001_f64.to_bits());
    }

    #[test]
    fn times_to_exhaustion_are_those_of_the_workbooks_table() {
        for (burn, seconds) in
            [(1.0, 30.0 * DAY), (2.0, 15.0 * DAY), (10.0, 3.0 * DAY), (14.4, 50.0 * HOUR)]
        {
            let slo = slo(0.999, 0.0, &[("1h", HOUR, burn * 0.001)]);
            let Exhaustion::In(found) = slo.exhaustion(HOUR, at(0)) else { panic!("{burn}") };
            assert!((found - seconds).abs() < 1.0, "{burn}: {found}");
        }
    }

    #[test]
    fn a_spent_budget_has_ended_and_one_without_errors_does_not_end() {
        assert_eq!(
            slo(0.999, 0.001, &[("1h", HOUR, 0.1)]).exhaustion(HOUR, at(0)),
            Exhaustion::Spent
        );
        assert_eq!(
            slo(0.999, 0.0, &[("1h", HOUR, 0.0)]).exhaustion(HOUR, at(0)),
            Exhaustion::Never
        );
    }

    #[test]
    fn a_calendar_period_may_end_before_its_budget() {
        let mut slo = slo(0.999, 0.0, &[("1h", HOUR, 0.001)]);
        slo.period = Period::Calendar { start: at(0), end: at(86_400) };
        assert_eq!(slo.exhaustion(HOUR, at(3600)), Exhaustion::BeyondReset);
        slo.readings[0].ratio = Measured::Number(0.1);
        let Exhaustion::In(seconds) = slo.exhaustion(HOUR, at(3600)) else { panic!("it ends") };
        assert!((seconds - 864.0).abs() < 1e-6);
    }

    #[test]
    fn a_pair_burns_only_when_both_windows_do() {
        let both = |short, long| {
            let slo = slo(0.999, 0.0, &[("5m", 300.0, short), ("1h", HOUR, long)]);
            slo.burns(&slo.pairs[0])
        };
        assert_eq!(both(0.02, 0.02), Some(true));
        assert_eq!(both(0.02, 0.01), Some(false));
        assert_eq!(both(0.01, 0.02), Some(false));
        assert_eq!(both(f64::NAN, 0.01), Some(false));
        assert_eq!(both(f64::NAN, 0.02), None);
    }

    #[test]
    fn with_fewer_than_seventy_events_an_hour_one_bad_event_pages() {
        let page = Pair::workbook(2_592_000.0)[0];
        let is_enough = |hourly: f64| {
            let counted = Slo { events: Some(hourly * 720.0), ..slo(0.999, 0.0, &[]) };
            counted.is_one_event_enough(&page)
        };
        assert_eq!([0.5, 69.0, 70.0].map(is_enough), [Some(true), Some(true), Some(false)]);
        assert_eq!(slo(0.999, 0.0, &[]).is_one_event_enough(&page), None);
        // What can never fire does not do so by one event either.
        let low = Slo { events: Some(720.0), ..slo(0.9, 0.0, &[]) };
        assert_eq!(low.is_one_event_enough(&page), Some(false));
    }

    #[test]
    fn a_threshold_that_no_ratio_reaches_is_told() {
        let low = slo(0.9, 0.0, &[]);
        assert!(!low.can_fire(&low.pairs[0]));
        assert!(low.can_fire(&low.pairs[1]));
        let named = low.threshold(HOUR).expect("one").is_reachable;
        assert!(!named);
    }

    #[test]
    fn a_window_of_two_pairs_is_held_against_the_louder() {
        let slo = slo(0.999, 0.0, &[]);
        let factor = |window| slo.threshold(window).map(|threshold| threshold.severity);
        assert_eq!(factor(6.0 * HOUR), Some(PairSeverity::Page));
        assert_eq!(factor(3.0 * DAY), Some(PairSeverity::Ticket));
        assert_eq!(factor(17.0), None);
    }

    #[test]
    fn events_left_are_negative_when_overspent() {
        let mut slo = slo(0.999, 0.002, &[]);
        slo.events = Some(10_000.0);
        close(slo.events_left(), -10.0);
    }
}
