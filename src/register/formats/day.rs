//! Days and instants as the tools read them: each accepts its own forms and no others.

use jiff::civil::{Date, DateTime};
use jiff::tz::Offset;
use jiff::{Span, SpanRelativeTo};

use crate::domain::Timestamp;
use crate::domain::exception::{Bound, Stamp};

/// A day written as four, two and two digits, and as nothing else.
pub(super) fn day(raw: &str) -> Option<Date> {
    let has_shape = raw.len() == 10
        && raw.bytes().enumerate().all(|(at, byte)| match at {
            4 | 7 => byte == b'-',
            _ => byte.is_ascii_digit(),
        });
    if has_shape { raw.parse().ok() } else { None }
}

/// The end that a day sets. Go's tools take the first day of the year 1 for no end at all: it is their zero.
pub(super) fn until_day(date: Date) -> Bound {
    if date == jiff::civil::date(1, 1, 1) { Bound::Unset } else { Bound::Until(Stamp::date(date)) }
}

/// The end that an instant sets.
pub(super) fn until(at: Timestamp) -> Bound {
    Bound::Until(Stamp::instant(at))
}

/// An end as go-yaml reads a `time.Time`: a day, an instant with a zone, or an instant after a blank in UTC.
pub(super) fn go_yaml(raw: &str) -> Option<Bound> {
    let at = raw.find(['T', 't', ' ']).unwrap_or(raw.len());
    let (date, rest) = raw.split_at_checked(at)?;
    let date = short_day(date)?;
    let mut signs = rest.chars();
    match signs.next() {
        None => Some(until_day(date)),
        Some(' ') => {
            let at: DateTime = format!("{date}T{}", signs.as_str().trim_start()).parse().ok()?;
            Offset::UTC.to_timestamp(at).ok().map(until)
        }
        Some(_) => format!("{date}T{}", signs.as_str()).parse().ok().map(until),
    }
}

/// A day whose month and day may have one digit.
fn short_day(raw: &str) -> Option<Date> {
    let mut parts = raw.split('-');
    let (year, month, day) = (parts.next()?, parts.next()?, parts.next()?);
    let is_number = |part: &str, most| {
        (1..=most).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_digit())
    };
    let fits = year.len() == 4 && is_number(year, 4) && is_number(month, 2) && is_number(day, 2);
    if !fits || parts.next().is_some() {
        return None;
    }
    Date::new(year.parse().ok()?, month.parse().ok()?, day.parse().ok()?).ok()
}

/// The end that Kyverno's cleanup label sets: a span from the creation, an instant without colons, or a day.
pub(super) fn cleanup(raw: &str, created: Option<Timestamp>) -> Option<Bound> {
    if let Some(date) = day(raw) {
        return Some(until_day(date));
    }
    if let Ok(at) = DateTime::strptime("%Y-%m-%dT%H%M%SZ", raw) {
        return Offset::UTC.to_timestamp(at).ok().map(until);
    }
    if !raw.starts_with(|first: char| first.is_ascii_digit()) {
        return None;
    }
    let span: Span = raw.parse().ok()?;
    let length = span.to_duration(SpanRelativeTo::days_are_24_hours()).ok()?;
    created?.checked_add(length).ok().map(until)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(raw: &str) -> Bound {
        until(raw.parse().unwrap())
    }

    #[test]
    fn a_day_has_four_two_and_two_digits() {
        assert_eq!(day("2026-03-31"), Some(jiff::civil::date(2026, 3, 31)));
        for wrong in ["2026-3-31", "2026-02-30", "26-03-31", "2026/03/31", "2026-03-31 ", ""] {
            assert_eq!(day(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn a_time_in_yaml_is_read_as_go_reads_it() {
        let march = until_day(jiff::civil::date(2026, 3, 1));
        assert_eq!(go_yaml("2026-03-01"), Some(march));
        assert_eq!(go_yaml("2026-3-1"), Some(march));
        assert_eq!(go_yaml("2026-03-01T10:00:00+02:00"), Some(at("2026-03-01T08:00:00Z")));
        assert_eq!(go_yaml("2026-03-01 10:00:00"), Some(at("2026-03-01T10:00:00Z")));
        for wrong in ["soon", "2026-13-01", "2026-03-01T10:00:00", "01-03-2026", "2026-03-01-02"] {
            assert_eq!(go_yaml(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn the_zero_of_go_is_no_end() {
        assert_eq!(go_yaml("0001-01-01"), Some(Bound::Unset));
    }

    #[test]
    fn a_cleanup_label_is_a_span_from_the_creation_an_instant_or_a_day() {
        let created = "2026-03-01T08:00:00Z".parse().ok();
        assert_eq!(cleanup("72h", created), Some(at("2026-03-04T08:00:00Z")));
        assert_eq!(cleanup("1d", created), Some(at("2026-03-02T08:00:00Z")));
        assert_eq!(cleanup("1h30m", created), Some(at("2026-03-01T09:30:00Z")));
        assert_eq!(cleanup("2026-03-05T101500Z", created), Some(at("2026-03-05T10:15:00Z")));
        let day = until_day(jiff::civil::date(2026, 3, 5));
        assert_eq!(cleanup("2026-03-05", created), Some(day));
    }

    #[test]
    fn a_cleanup_label_that_kyverno_does_not_read_is_no_end() {
        let created = "2026-03-01T08:00:00Z".parse().ok();
        for wrong in ["soon", "", "1y", "P1D", "2026-03-05T10:15:00Z", "-72h"] {
            assert_eq!(cleanup(wrong, created), None, "{wrong}");
        }
        assert_eq!(cleanup("72h", None), None);
    }
}
