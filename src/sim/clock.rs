//! The wall clock and the arithmetic of instants, in milliseconds since the epoch.

use std::time::Duration;

use jiff::Timestamp;

/// An instant or a span in milliseconds.
pub(crate) type Millis = i64;

/// The wall clock, now.
#[allow(clippy::disallowed_methods, reason = "the simulated platform has the clock of a server")]
pub(crate) fn now() -> Millis {
    Timestamp::now().as_millisecond()
}

/// A span of whole milliseconds in seconds; a negative span counts as none.
pub(crate) fn seconds(span: Millis) -> f64 {
    f64::from(u32::try_from(span.max(0)).unwrap_or(u32::MAX)) / 1000.0
}

/// An instant or a span of any length in seconds, to the millisecond.
pub(crate) fn exact(span: Millis) -> f64 {
    let whole = i32::try_from(span.div_euclid(1000)).unwrap_or(i32::MAX);
    f64::from(whole) + f64::from(i16::try_from(span.rem_euclid(1000)).unwrap_or(0)) / 1000.0
}

/// Seconds as whole milliseconds; negative, endless and absurd values become the nearest sane one.
pub(crate) fn millis(seconds: f64) -> Millis {
    let negative = seconds < 0.0;
    let span = Duration::try_from_secs_f64(seconds.abs()).unwrap_or(Duration::from_hours(8760));
    let whole = Millis::try_from(span.as_millis()).unwrap_or(Millis::MAX);
    if negative { -whole } else { whole }
}

/// A span divided by a speed, at least one millisecond.
pub(crate) fn hasten(span: Millis, speed: f64) -> Millis {
    millis(seconds(span) / speed).max(1)
}

/// RFC 3339 with milliseconds, as the REST API prints an instant.
pub(crate) fn fine(at: Millis) -> String {
    stamp(at, "%Y-%m-%dT%H:%M:%S%.3fZ")
}

/// RFC 3339 with whole seconds, as the GraphQL API prints an instant.
pub(crate) fn coarse(at: Millis) -> String {
    stamp(at, "%Y-%m-%dT%H:%M:%SZ")
}

/// RFC 3339 with microseconds, as Kubernetes prints the instant of an event.
pub(crate) fn micros(at: Millis) -> String {
    stamp(at, "%Y-%m-%dT%H:%M:%S%.6fZ")
}

/// The calendar day of an instant.
pub(crate) fn day(at: Millis) -> String {
    stamp(at, "%Y-%m-%d")
}

/// An HTTP date, as `RateLimit-ResetTime` carries it.
pub(crate) fn http_date(at: Millis) -> String {
    stamp(at, "%a, %d %b %Y %H:%M:%S GMT")
}

/// Reads an RFC 3339 instant.
pub(crate) fn parse(text: &str) -> Option<Millis> {
    text.parse::<Timestamp>().ok().map(Timestamp::as_millisecond)
}

fn stamp(at: Millis, format: &str) -> String {
    Timestamp::from_millisecond(at).unwrap_or_default().strftime(format).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rest_prints_milliseconds() {
        assert_eq!(fine(1_700_000_000_123), "2023-11-14T22:13:20.123Z");
    }

    #[test]
    fn graphql_prints_whole_seconds() {
        assert_eq!(coarse(1_700_000_000_123), "2023-11-14T22:13:20Z");
    }

    #[test]
    fn a_span_survives_the_way_to_seconds_and_back() {
        assert_eq!(millis(seconds(1_234)), 1_234);
    }

    #[test]
    fn a_negative_number_of_seconds_stays_negative() {
        assert_eq!(millis(-1800.0), -1_800_000);
    }
}
