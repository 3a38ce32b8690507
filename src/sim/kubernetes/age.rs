//! Ages as the API server prints them in tables.

use serde_json::Value;

use crate::sim::clock::{self, Millis};

const MINUTE: i64 = 60;
const HOUR: i64 = 60 * MINUTE;
const DAY: i64 = 24 * HOUR;
const YEAR: i64 = 365 * DAY;

/// The age of an instant in RFC 3339; `<unknown>` when there is none.
pub(super) fn since(instant: Option<&Value>, now: Millis) -> String {
    let instant = instant.and_then(Value::as_str).and_then(clock::parse);
    instant.map_or_else(|| "<unknown>".to_owned(), |at| human((now - at).div_euclid(1000)))
}

/// A span in seconds with at most two units, coarser the longer it is.
fn human(seconds: i64) -> String {
    let two = |value: i64, unit: i64, smaller: i64, letters: (char, char)| {
        let rest = value % unit / smaller;
        match rest {
            0 => format!("{}{}", value / unit, letters.0),
            _ => format!("{}{}{rest}{}", value / unit, letters.0, letters.1),
        }
    };
    match seconds {
        ..-1 => "<invalid>".to_owned(),
        -1 => "0s".to_owned(),
        0..120 => format!("{seconds}s"),
        120..600 => two(seconds, MINUTE, 1, ('m', 's')),
        600..10_800 => format!("{}m", seconds / MINUTE),
        10_800..28_800 => two(seconds, HOUR, MINUTE, ('h', 'm')),
        28_800..172_800 => format!("{}h", seconds / HOUR),
        172_800..691_200 => two(seconds, DAY, HOUR, ('d', 'h')),
        691_200..63_072_000 => format!("{}d", seconds / DAY),
        63_072_000..252_288_000 => two(seconds, YEAR, DAY, ('y', 'd')),
        _ => format!("{}y", seconds / YEAR),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_span_is_coarser_the_longer_it_is() {
        let spans = [
            (119, "119s"),
            (120, "2m"),
            (599, "9m59s"),
            (600, "10m"),
            (4_410, "73m"),
            (10_800, "3h"),
            (11_000, "3h3m"),
            (30_000, "8h"),
            (172_800, "2d"),
            (180_000, "2d2h"),
            (864_000, "10d"),
            (63_158_400, "2y1d"),
        ];
        for (seconds, text) in spans {
            assert_eq!(human(seconds), text);
        }
    }

    #[test]
    fn the_future_is_no_age() {
        assert_eq!((human(-1), human(-2)), ("0s".to_owned(), "<invalid>".to_owned()));
    }

    #[test]
    fn no_instant_has_no_age() {
        assert_eq!(since(None, 0), "<unknown>");
    }
}
