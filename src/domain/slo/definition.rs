//! [`Definition`]: an objective as somebody wrote it down, before anything was measured.

use jiff::civil;
use jiff::tz::TimeZone;

use super::burn::Pair;
use super::objective::{Period, SloOrigin};
use crate::domain::{Text, Timestamp};

/// What stands for the window in an expression.
const WINDOW: &str = "{{.window}}";
/// What stands for a slice of the window in an expression of our own.
const STEP: &str = "{{.step}}";
/// Into how many slices a window is divided.
const SLICES: f64 = 200.0;

/// An objective as somebody wrote it down.
#[derive(Debug, Clone, PartialEq)]
pub struct Definition {
    /// Who defines it.
    pub origin: SloOrigin,
    /// The name that rules made of it would carry.
    pub rule_id: Text,
    /// The service that promises.
    pub service: Text,
    /// What is promised.
    pub name: Text,
    /// What is promised, in a sentence, where one was written.
    pub description: Option<Text>,
    /// Its own labels, in order of name.
    pub labels: Box<[(Text, Text)]>,
    /// The share of events that must be good, 0 to 1.
    pub objective: f64,
    /// The time over which the budget counts.
    pub span: PeriodRule,
    /// How bad events are told from all.
    pub indicator: Indicator,
    /// The pairs of windows that make an alert; none where its alerts are switched off.
    pub pairs: Box<[Pair]>,
    /// The name of its alert, where one was given.
    pub alert: Option<Text>,
    /// Where it was written: file and line, or what it is made from.
    pub place: Text,
}

/// How bad events are told from all.
#[derive(Debug, Clone, PartialEq)]
pub enum Indicator {
    /// Bad events out of all.
    Bad {
        /// The bad ones.
        bad: Expression,
        /// All of them.
        total: Expression,
    },
    /// Good events out of all.
    Good {
        /// The good ones.
        good: Expression,
        /// All of them.
        total: Expression,
    },
    /// The error ratio itself.
    Ratio(Expression),
}

impl Indicator {
    /// The expressions by the name of their part.
    pub fn parts(&self) -> Vec<(&'static str, &Expression)> {
        match self {
            Indicator::Bad { bad, total } => vec![("bad", bad), ("total", total)],
            Indicator::Good { good, total } => vec![("good", good), ("total", total)],
            Indicator::Ratio(ratio) => vec![("ratio", ratio)],
        }
    }

    /// Whether a ratio is a mean over time, in which quiet hours weigh as much as busy ones.
    pub fn is_time_weighted(&self) -> bool {
        matches!(self, Indicator::Ratio(ratio) if ratio.is_sliced())
    }
}

/// An expression of Prometheus with a place for the window.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Expression(String);

/// What an expression cannot be, and why.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NoExpression {
    /// There is no place for the window.
    #[error("has no window: every range must be written as [{{{{.window}}}}]")]
    NoWindow,
    /// Another template stands in it.
    #[error("has a template other than {{{{.window}}}}")]
    OtherTemplate,
    /// It is empty.
    #[error("is empty")]
    Empty,
}

impl Expression {
    /// An expression in which `{{.window}}` stands for the window.
    ///
    /// # Errors
    /// Why it is none.
    pub fn new(text: &str) -> Result<Expression, NoExpression> {
        let text = text.trim();
        if text.is_empty() {
            return Err(NoExpression::Empty);
        }
        let mut made = String::with_capacity(text.len());
        let mut rest = text;
        while let Some((before, after)) = rest.split_once("{{") {
            let (inner, tail) = after.split_once("}}").ok_or(NoExpression::OtherTemplate)?;
            if inner.trim() != ".window" {
                return Err(NoExpression::OtherTemplate);
            }
            made.push_str(before);
            made.push_str(WINDOW);
            rest = tail;
        }
        made.push_str(rest);
        if made.contains(WINDOW) { Ok(Expression(made)) } else { Err(NoExpression::NoWindow) }
    }

    /// An expression of our own that looks at the window slice by slice: `{{.step}}` stands for a slice's length.
    ///
    /// # Errors
    /// Why it is none.
    pub fn sliced(text: &str) -> Result<Expression, NoExpression> {
        let sliced = Expression::new(&text.replace(STEP, "\u{0}"))?;
        Ok(Expression(sliced.0.replace('\u{0}', STEP)))
    }

    /// Whether it looks at the window slice by slice, so that each slice weighs the same.
    pub fn is_sliced(&self) -> bool {
        self.0.contains(STEP)
    }

    /// The expression over a window of so many seconds, as Prometheus writes it.
    pub fn over(&self, window: &str, seconds: f64) -> String {
        let step = format!("{}s", (seconds / SLICES).max(60.0).round());
        self.0.replace(WINDOW, window).replace(STEP, &step)
    }

    /// How many events its value means over a window; `None` where the expression does not tell whether it counts.
    pub fn events(&self, value: f64, window_seconds: f64) -> Option<f64> {
        let counts = ["increase(", "count_over_time(", "sum_over_time(", "last_over_time("];
        if counts.iter().any(|function| self.0.contains(function)) {
            return Some(value);
        }
        self.0.contains("rate(").then_some(value * window_seconds)
    }
}

/// The time over which a budget counts, as it was written.
#[derive(Debug, Clone, PartialEq)]
pub enum PeriodRule {
    /// The last so many seconds.
    Rolling {
        /// Its length, seconds.
        seconds: f64,
    },
    /// One stretch of the calendar after the other.
    Calendar(Calendar),
}

impl PeriodRule {
    /// The period at an instant; `None` before the first begins.
    pub fn at(&self, now: Timestamp) -> Option<Period> {
        match self {
            PeriodRule::Rolling { seconds } => Some(Period::Rolling { seconds: *seconds }),
            PeriodRule::Calendar(calendar) => calendar.at(now),
        }
    }
}

/// Stretches of the calendar that follow each other from a beginning, in the days of a zone.
#[derive(Debug, Clone, PartialEq)]
pub struct Calendar {
    /// Where the first begins.
    pub start: civil::DateTime,
    /// In which zone.
    pub zone: TimeZone,
    /// How many units each has.
    pub count: i64,
    /// The unit.
    pub unit: CalendarUnit,
}

/// A unit of the calendar.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CalendarUnit {
    /// A day, which need not have 24 hours.
    Day,
    /// Seven days.
    Week,
    /// A month.
    Month,
    /// Three months.
    Quarter,
    /// A year.
    Year,
}

impl CalendarUnit {
    /// How many seconds it has about.
    pub fn about_seconds(self) -> f64 {
        let days = match self {
            CalendarUnit::Day => 1.0,
            CalendarUnit::Week => 7.0,
            CalendarUnit::Month => 30.4,
            CalendarUnit::Quarter => 91.3,
            CalendarUnit::Year => 365.25,
        };
        days * 86_400.0
    }
}

impl Calendar {
    /// How many seconds a stretch has about.
    pub fn about_seconds(&self) -> f64 {
        #[expect(clippy::cast_precision_loss, reason = "a handful")]
        let count = self.count as f64;
        self.unit.about_seconds() * count
    }

    /// The stretch that an instant is in; `None` before the first.
    pub fn at(&self, now: Timestamp) -> Option<Period> {
        let elapsed = now.duration_since(self.boundary(0)?).as_secs_f64();
        if elapsed < 0.0 {
            return None;
        }
        #[expect(clippy::cast_possible_truncation, reason = "the cast saturates")]
        let about = (elapsed / self.about_seconds()) as i64;
        // Months and clock changes move a boundary by less than one stretch either way.
        ((about - 1).max(0)..=about.saturating_add(1)).find_map(|place| {
            let (start, end) = (self.boundary(place)?, self.boundary(place + 1)?);
            (start <= now && now < end).then_some(Period::Calendar { start, end })
        })
    }

    /// Where the stretch at a place begins. Always counted from the first: the 31st comes back after a short month.
    fn boundary(&self, place: i64) -> Option<Timestamp> {
        let units = self.count.checked_mul(place)?;
        let span = match self.unit {
            CalendarUnit::Day => jiff::Span::new().try_days(units),
            CalendarUnit::Week => jiff::Span::new().try_weeks(units),
            CalendarUnit::Month => jiff::Span::new().try_months(units),
            CalendarUnit::Quarter => jiff::Span::new().try_months(units.checked_mul(3)?),
            CalendarUnit::Year => jiff::Span::new().try_years(units),
        };
        let civil = self.start.checked_add(span.ok()?).ok()?;
        Some(civil.to_zoned(self.zone.clone()).ok()?.timestamp())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn calendar(start: &str, zone: &str, count: i64, unit: CalendarUnit) -> Calendar {
        let zone = TimeZone::get(zone).unwrap();
        Calendar { start: start.parse().unwrap(), zone, count, unit }
    }

    fn bounds(calendar: &Calendar, now: &str) -> Option<(String, String)> {
        match calendar.at(now.parse().unwrap())? {
            Period::Calendar { start, end } => Some((start.to_string(), end.to_string())),
            Period::Rolling { .. } => None,
        }
    }

    fn pair(one: &str, other: &str) -> (String, String) {
        (one.to_owned(), other.to_owned())
    }

    #[test]
    fn a_month_begins_at_its_zones_midnight() {
        let month = calendar("2026-01-01T00:00:00", "Europe/Berlin", 1, CalendarUnit::Month);
        assert_eq!(
            bounds(&month, "2026-03-31T22:30:00Z"),
            Some(pair("2026-03-31T22:00:00Z", "2026-04-30T22:00:00Z"))
        );
        assert_eq!(
            bounds(&month, "2026-03-31T21:59:59Z"),
            Some(pair("2026-02-28T23:00:00Z", "2026-03-31T22:00:00Z"))
        );
    }

    #[test]
    fn the_thirty_first_comes_back_after_a_short_month() {
        let month = calendar("2026-01-31T00:00:00", "UTC", 1, CalendarUnit::Month);
        assert_eq!(
            bounds(&month, "2026-03-01T00:00:00Z"),
            Some(pair("2026-02-28T00:00:00Z", "2026-03-31T00:00:00Z"))
        );
    }

    #[test]
    fn two_weeks_follow_two_weeks_and_nothing_is_before_the_first() {
        let weeks = calendar("2026-01-05T00:00:00", "UTC", 2, CalendarUnit::Week);
        assert_eq!(bounds(&weeks, "2026-01-04T23:59:59Z"), None);
        assert_eq!(
            bounds(&weeks, "2026-01-19T00:00:00Z"),
            Some(pair("2026-01-19T00:00:00Z", "2026-02-02T00:00:00Z"))
        );
    }

    #[test]
    fn a_quarter_has_three_months() {
        let quarter = calendar("2025-01-01T00:00:00", "UTC", 1, CalendarUnit::Quarter);
        assert_eq!(
            bounds(&quarter, "2026-12-31T00:00:00Z"),
            Some(pair("2026-10-01T00:00:00Z", "2027-01-01T00:00:00Z"))
        );
    }

    #[test]
    fn the_window_stands_where_its_template_stood() {
        let expression =
            Expression::new("sum(rate(a[{{ .window }}]))/sum(b[{{.window}}])").unwrap();
        assert_eq!(expression.over("5m", 300.0), "sum(rate(a[5m]))/sum(b[5m])");
    }

    #[test]
    fn a_slice_is_a_part_of_the_window_and_no_shorter_than_a_minute() {
        let sliced = Expression::sliced("a[{{.window}}:{{.step}}]").unwrap();
        assert_eq!(sliced.over("5m", 300.0), "a[5m:60s]");
        assert_eq!(sliced.over("30d", 2_592_000.0), "a[30d:12960s]");
        assert_eq!(Expression::new("a[{{.window}}:{{.step}}]"), Err(NoExpression::OtherTemplate));
    }

    #[test]
    fn an_expression_without_a_window_or_with_another_template_is_none() {
        assert_eq!(Expression::new("rate(a[5m])"), Err(NoExpression::NoWindow));
        assert_eq!(
            Expression::new("rate(a[{{.window}}]) {{.x}}"),
            Err(NoExpression::OtherTemplate)
        );
        assert_eq!(Expression::new("rate(a[{{.window"), Err(NoExpression::OtherTemplate));
        assert_eq!(Expression::new(" \n"), Err(NoExpression::Empty));
    }

    #[test]
    fn a_rate_means_events_by_its_seconds_and_an_increase_is_events() {
        let events = |text: &str| Expression::new(text).unwrap().events(2.0, 300.0);
        assert_eq!(events("sum(rate(a[{{.window}}]))"), Some(600.0));
        assert_eq!(events("sum(increase(a[{{.window}}]))"), Some(2.0));
        assert_eq!(events("avg_over_time(a[{{.window}}])"), None);
    }
}
