//! [`SloState`]: what can be said of an objective now. Only one of its words is good news.

use std::fmt;

use super::objective::{Measured, Slo};
use crate::domain::Timestamp;

/// What can be said of an objective now.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum SloState {
    /// Measured, within its budget, and not burning fast. The only good news.
    Ok,
    /// A pair of windows burns faster than its factor.
    Burning,
    /// The budget is spent.
    Exhausted,
    /// Nothing happened: no ratio can be made.
    NoTraffic,
    /// No series answers.
    NoData,
    /// The newest sample is older than two evaluations of its rule.
    Stale,
    /// A rule behind it fails: its numbers stand still.
    RuleError,
    /// The answer was not whole, or a part of the period is not a number.
    Partial,
    /// The period is not recorded in full yet.
    Young,
    /// Prometheus cannot be asked.
    Unreachable,
}

impl SloState {
    /// Every state.
    pub const ALL: [SloState; 10] = [
        SloState::Ok,
        SloState::Burning,
        SloState::Exhausted,
        SloState::NoTraffic,
        SloState::NoData,
        SloState::Stale,
        SloState::RuleError,
        SloState::Partial,
        SloState::Young,
        SloState::Unreachable,
    ];

    /// Its word in `get slos`.
    pub fn as_str(self) -> &'static str {
        match self {
            SloState::Ok => "ok",
            SloState::Burning => "burning",
            SloState::Exhausted => "exhausted",
            SloState::NoTraffic => "no_traffic",
            SloState::NoData => "no_data",
            SloState::Stale => "stale",
            SloState::RuleError => "rule_error",
            SloState::Partial => "partial",
            SloState::Young => "young",
            SloState::Unreachable => "unreachable",
        }
    }

    /// The same for a person, in words.
    pub fn words(self) -> &'static str {
        match self {
            SloState::Ok => "within its budget",
            SloState::Burning => "burning",
            SloState::Exhausted => "its budget is spent",
            SloState::NoTraffic => "no traffic",
            SloState::NoData => "no series answers",
            SloState::Stale => "its samples are old",
            SloState::RuleError => "a rule behind it fails",
            SloState::Partial => "its answer is not whole",
            SloState::Young => "its period is not recorded in full yet",
            SloState::Unreachable => "Prometheus cannot be reached",
        }
    }

    /// Whether the numbers can be trusted: a verdict may rest on them.
    pub fn is_judged(self) -> bool {
        matches!(self, SloState::Ok | SloState::Burning | SloState::Exhausted)
    }
}

impl fmt::Display for SloState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// How much of the period must be recorded before its ratio counts for the whole.
const FILLED: f64 = 0.99;
/// Less than this of the period says nothing of its budget.
const BARELY: f64 = 0.5;
/// How often a rule is evaluated where that is not told, seconds: Prometheus' own default.
const USUAL_INTERVAL: f64 = 60.0;

impl Slo {
    /// What can be said of it at `now`, while the feed that reads it answers.
    ///
    /// What cannot be trusted is said before what would follow from it: a broken rule is no good news, and no bad news.
    pub fn state(&self, now: Timestamp) -> SloState {
        if let Some(broken) = self.broken(now) {
            return broken;
        }
        let is_young = self.is_recorded_below(FILLED);
        match self.remaining() {
            _ if self.is_barely_recorded() => SloState::Young,
            Some(left) if left <= 0.0 && !is_young => SloState::Exhausted,
            _ if self.is_burning() => SloState::Burning,
            _ if is_young => SloState::Young,
            Some(_) => SloState::Ok,
            None => SloState::Partial,
        }
    }

    /// Whether it burns fast, by its alerts or by our own reckoning. So may one whose budget says nothing yet.
    pub fn is_burning(&self) -> bool {
        self.firing.max(self.burning()).is_some()
    }

    /// Whether so little of its period is recorded that what is left of its budget says nothing of the whole: an hour of
    /// errors on the first day is no month of them.
    pub fn is_barely_recorded(&self) -> bool {
        self.is_recorded_below(BARELY)
    }

    fn is_recorded_below(&self, share: f64) -> bool {
        self.filled.is_some_and(|filled| filled < share)
    }

    /// Why nothing can be concluded from its numbers, if so.
    fn broken(&self, now: Timestamp) -> Option<SloState> {
        if self.is_absent() {
            return Some(SloState::NoData);
        }
        if self.rule_error.is_some() {
            return Some(SloState::RuleError);
        }
        if self.is_old(now) {
            return Some(SloState::Stale);
        }
        if self.has_no_traffic() {
            return Some(SloState::NoTraffic);
        }
        let is_whole = self.period_ratio.ratio.number().is_some() && self.warning.is_none();
        (!is_whole).then_some(SloState::Partial)
    }

    /// Whether nothing was read at all.
    fn is_absent(&self) -> bool {
        let all = self.readings.iter().chain([&self.period_ratio]);
        all.into_iter().all(|one| one.ratio == Measured::Absent)
    }

    /// Whether its newest sample is older than two evaluations.
    fn is_old(&self, now: Timestamp) -> bool {
        let patience = 2.0 * self.rule_interval_seconds.unwrap_or(USUAL_INTERVAL);
        self.sampled_at().is_some_and(|at| now.duration_since(at).as_secs_f64() > patience)
    }

    /// Whether nothing happened in any window: every one that answers says `NaN`, or the period counts no event.
    fn has_no_traffic(&self) -> bool {
        if self.events.is_some_and(|events| events <= 0.0) {
            return true;
        }
        let mut answered =
            self.readings.iter().filter(|one| one.ratio != Measured::Absent).peekable();
        let is_silent = answered.peek().is_some();
        is_silent && answered.all(|one| one.ratio == Measured::NotANumber)
    }
}

#[cfg(test)]
pub(crate) mod fixture {
    //! An objective to try rules on.

    use super::super::burn::Pair;
    use super::super::objective::{Measured, Period, Reading, Slo, SloOrigin};
    use crate::domain::{SloId, Text, Timestamp};

    /// So many seconds after a fixed instant.
    pub(crate) fn at(seconds: i64) -> Timestamp {
        Timestamp::from_second(1_700_000_000 + seconds).unwrap()
    }

    /// An objective over thirty days with this error ratio over the period, and over the windows `(name, seconds, ratio)`.
    pub(crate) fn slo(objective: f64, period: f64, windows: &[(&str, f64, f64)]) -> Slo {
        const MONTH: f64 = 30.0 * 86_400.0;
        let reading = |name: &str, seconds, ratio| Reading {
            name: Text::new(name),
            window_seconds: seconds,
            ratio: Measured::of(ratio),
            at: Some(at(0)),
        };
        Slo {
            id: SloId::of(&["sloth", "checkout-availability"]),
            key: Text::new("checkout-availability"),
            rule_id: Text::new("checkout-availability"),
            service: Text::new("checkout"),
            name: Text::new("availability"),
            description: None,
            origin: SloOrigin::Sloth,
            labels: Box::default(),
            objective,
            period: Period::Rolling { seconds: MONTH },
            period_ratio: reading("30d", MONTH, period),
            readings: windows
                .iter()
                .map(|(name, seconds, ratio)| reading(name, *seconds, *ratio))
                .collect(),
            pairs: Pair::workbook(MONTH).into(),
            events: None,
            filled: Some(1.0),
            recovery: None,
            is_called_spent: false,
            is_time_weighted: true,
            firing: None,
            rule_error: None,
            warning: None,
            rule_interval_seconds: Some(30.0),
            queries: Box::default(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::burn::PairSeverity;
    use super::fixture::{at, slo};
    use super::*;
    use crate::domain::Text;

    const CALM: &[(&str, f64, f64)] = &[("5m", 300.0, 0.0001), ("1h", 3600.0, 0.0001)];
    const FAST: &[(&str, f64, f64)] = &[("5m", 300.0, 0.05), ("1h", 3600.0, 0.05)];
    const SILENT: &[(&str, f64, f64)] = &[("5m", 300.0, f64::NAN), ("1h", 3600.0, f64::NAN)];

    #[test]
    fn calm_and_within_budget_is_ok() {
        assert_eq!(slo(0.999, 0.0005, CALM).state(at(10)), SloState::Ok);
    }

    #[test]
    fn a_burn_is_seen_before_its_alert_fires_and_by_its_alert_alone() {
        assert_eq!(slo(0.999, 0.0005, FAST).state(at(10)), SloState::Burning);
        let mut fired = slo(0.999, 0.0005, CALM);
        fired.firing = Some(PairSeverity::Page);
        assert_eq!(fired.state(at(10)), SloState::Burning);
    }

    #[test]
    fn a_spent_budget_is_exhausted_also_while_nothing_burns() {
        assert_eq!(slo(0.999, 0.001, CALM).state(at(10)), SloState::Exhausted);
    }

    #[test]
    fn nan_everywhere_is_no_traffic_and_nan_in_the_period_alone_is_partial() {
        assert_eq!(slo(0.999, f64::NAN, SILENT).state(at(10)), SloState::NoTraffic);
        assert_eq!(slo(0.999, f64::NAN, CALM).state(at(10)), SloState::Partial);
    }

    #[test]
    fn no_series_at_all_is_no_data() {
        let mut bare = slo(0.999, 0.0, &[]);
        bare.period_ratio.ratio = Measured::Absent;
        assert_eq!(bare.state(at(10)), SloState::NoData);
    }

    #[test]
    fn samples_older_than_two_evaluations_are_stale() {
        assert_eq!(slo(0.999, 0.0005, CALM).state(at(60)), SloState::Ok);
        assert_eq!(slo(0.999, 0.0005, CALM).state(at(61)), SloState::Stale);
    }

    #[test]
    fn a_failing_rule_is_said_though_its_old_numbers_look_well() {
        let mut broken = slo(0.999, 0.0005, CALM);
        broken.rule_error = Some(Text::new("many-to-many matching not allowed"));
        assert_eq!(broken.state(at(10)), SloState::RuleError);
    }

    #[test]
    fn a_warning_and_an_infinite_ratio_are_partial() {
        let mut warned = slo(0.999, 0.0005, CALM);
        warned.warning = Some(Text::new("2 of 3 stores answered"));
        assert_eq!(warned.state(at(10)), SloState::Partial);
        assert_eq!(slo(0.999, f64::INFINITY, CALM).state(at(10)), SloState::Partial);
    }

    #[test]
    fn a_young_period_is_not_ok_but_it_may_burn() {
        let young = |filled, windows| Slo { filled: Some(filled), ..slo(0.999, 0.0005, windows) };
        assert_eq!(young(0.9, CALM).state(at(10)), SloState::Young);
        assert_eq!(young(0.9, FAST).state(at(10)), SloState::Burning);
        assert!(!young(0.9, CALM).is_burning());
    }

    #[test]
    fn a_period_that_has_hardly_begun_is_young_before_anything_else() {
        for ratio in [0.0, 0.0005, 0.08] {
            let new = Slo { filled: Some(0.035), ..slo(0.999, ratio, FAST) };
            assert_eq!((new.state(at(10)), new.is_burning()), (SloState::Young, true));
        }
        let whole = Slo { filled: Some(1.0), ..slo(0.999, 0.08, FAST) };
        assert_eq!(whole.state(at(10)), SloState::Exhausted);
    }

    #[test]
    fn only_three_states_can_be_judged_and_each_has_its_own_word() {
        let judged: Vec<&str> = SloState::ALL
            .into_iter()
            .filter(|state| state.is_judged())
            .map(SloState::as_str)
            .collect();
        assert_eq!(judged, ["ok", "burning", "exhausted"]);
        let words: std::collections::BTreeSet<&str> = SloState::ALL.map(SloState::as_str).into();
        assert_eq!(words.len(), SloState::ALL.len());
    }
}
