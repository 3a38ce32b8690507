//! Instants, and the spans that people read.

use std::cmp::Ordering;
use std::num::NonZeroI64;

pub use jiff::Timestamp;
use jiff::{SignedDuration, Span, SpanRelativeTo};

/// An instant to the microsecond in eight bytes, for what is kept a hundred thousand times: `Option` takes no more,
/// where that of a [`Timestamp`] takes three times as much.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Moment(NonZeroI64);

impl Moment {
    /// How much later this is than another.
    pub fn since(self, other: Moment) -> SignedDuration {
        Timestamp::from(self).duration_since(other.into())
    }
}

impl Ord for Moment {
    fn cmp(&self, other: &Moment) -> Ordering {
        // The turned sign is turned back: before 1970 comes first.
        (self.0.get() ^ i64::MIN).cmp(&(other.0.get() ^ i64::MIN))
    }
}

impl PartialOrd for Moment {
    fn partial_cmp(&self, other: &Moment) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl From<Timestamp> for Moment {
    fn from(at: Timestamp) -> Moment {
        // The sign is turned, so that nought stands for an instant that no timestamp reaches.
        Moment(NonZeroI64::new(at.as_microsecond() ^ i64::MIN).unwrap_or(NonZeroI64::MIN))
    }
}

impl From<Moment> for Timestamp {
    fn from(moment: Moment) -> Timestamp {
        // Every moment was a timestamp, so that it is within its range.
        Timestamp::from_microsecond(moment.0.get() ^ i64::MIN).unwrap_or_default()
    }
}

/// Whole seconds from `then` to `now`; negative when `then` lies ahead.
pub fn seconds_between(then: Timestamp, now: Timestamp) -> i64 {
    now.as_second().saturating_sub(then.as_second())
}

/// Seconds with their fraction from `then` to `now`.
pub fn exact_seconds_between(then: Timestamp, now: Timestamp) -> f64 {
    now.duration_since(then).as_secs_f64()
}

/// Seconds without their fraction.
#[expect(clippy::cast_possible_truncation, reason = "spans of centuries are cut, not wrapped")]
pub fn whole(seconds: f64) -> i64 {
    seconds.round() as i64
}

/// A span for a person: `14s`, `3m12s`, `14m`, `2h05m`, `3d4h`, `12d`. At most six columns; seconds go where minutes matter.
pub fn span(seconds: i64) -> String {
    let sign = if seconds < 0 { "-" } else { "" };
    let s = seconds.unsigned_abs();
    let (minutes, hours, days) = (s / 60, s / 3600, s / 86400);
    let text = match s {
        0..60 => format!("{s}s"),
        60..3600 => format!("{minutes}m{:02}s", s % 60),
        3600..86400 => format!("{hours}h{:02}m", minutes % 60),
        86400..864_000 => format!("{days}d{:02}h", hours % 24),
        _ => format!("{days}d"),
    };
    format!("{sign}{text}")
}

/// A coarse span: one unit only, for ages in headers and lists: `9s`, `14m`, `3h`, `2d`.
pub fn coarse(seconds: i64) -> String {
    let s = seconds.max(0);
    match s {
        0..60 => format!("{s}s"),
        60..3600 => format!("{}m", s / 60),
        3600..86400 => format!("{}h", s / 3600),
        _ => format!("{}d", s / 86400),
    }
}

/// Reads a span that lies ahead as a person writes it: `30m`, `2h`, `1d12h`. `None` where it is none, or no time at all.
pub fn read_span(words: &str) -> Option<SignedDuration> {
    let span: Span = words.trim().parse().ok()?;
    let exact = span.to_duration(SpanRelativeTo::days_are_24_hours()).ok()?;
    exact.is_positive().then_some(exact)
}

/// How many seconds pass, at this age, before the text of [`span`] changes.
pub fn until_span_changes(seconds: i64) -> i64 {
    until_next(seconds, if seconds < 3600 { 1 } else { 60 })
}

/// How many seconds pass, at this age, before the text of [`coarse`] changes.
pub fn until_coarse_changes(seconds: i64) -> i64 {
    let step = match seconds {
        ..60 => 1,
        60..3600 => 60,
        _ => 3600,
    };
    until_next(seconds, step)
}

/// Seconds to the next multiple of `step`.
fn until_next(seconds: i64, step: i64) -> i64 {
    step - seconds.max(0) % step
}

/// The wall clock's hour and minute in UTC, as the header shows it: `03:12Z`.
pub fn clock_utc(at: Timestamp) -> String {
    at.strftime("%H:%MZ").to_string()
}

/// An instant in full, to the second, in UTC: `2026-01-12 00:00:07Z`.
pub fn instant_utc(at: Timestamp) -> String {
    at.strftime("%Y-%m-%d %H:%M:%SZ").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_is_its_instant_to_the_microsecond_and_small() {
        for micros in [-1, 0, 1, 1_790_000_000_123_456] {
            let at = Timestamp::from_microsecond(micros).unwrap();
            assert_eq!(Timestamp::from(Moment::from(at)), at);
        }
        assert!(Timestamp::from(Moment::from(Timestamp::MAX)) <= Timestamp::MAX);
        assert_eq!(size_of::<Option<Moment>>(), 8);
    }

    #[test]
    fn moments_follow_each_other_as_their_instants_do() {
        let moment = |micros| Moment::from(Timestamp::from_microsecond(micros).unwrap());
        let mut moments = [moment(7), moment(-1), moment(0), moment(-9)];
        moments.sort();
        assert_eq!(moments, [moment(-9), moment(-1), moment(0), moment(7)]);
    }

    #[test]
    fn spans_shrink_their_detail_as_they_grow() {
        let cases = [
            (0, "0s"),
            (59, "59s"),
            (60, "1m00s"),
            (192, "3m12s"),
            (3599, "59m59s"),
            (7500, "2h05m"),
            (90_000, "1d01h"),
            (1_036_800, "12d"),
            (-30, "-30s"),
        ];
        for (seconds, text) in cases {
            assert_eq!(span(seconds), text);
        }
    }

    #[test]
    fn coarse_spans_have_one_unit() {
        let cases = [(9, "9s"), (840, "14m"), (10_800, "3h"), (172_800, "2d"), (-4, "0s")];
        for (seconds, text) in cases {
            assert_eq!(coarse(seconds), text);
        }
    }

    #[test]
    fn the_text_does_not_change_before_its_next_change() {
        for age in [0, 30, 61, 3599, 3600, 5000, 90_000, 1_000_000] {
            let wait = until_span_changes(age);
            assert!(wait >= 1 && span(age) == span(age + wait - 1), "span at {age}");
            let wait = until_coarse_changes(age);
            assert!(wait >= 1 && coarse(age) == coarse(age + wait - 1), "coarse at {age}");
        }
    }
}
