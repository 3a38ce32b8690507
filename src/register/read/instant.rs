//! Instants as a record has them: RFC 3339 with a zone, or a bare date.

use jiff::civil::Date;

use crate::domain::{Stamp, Timestamp};

/// Why a text is no instant, and the cure.
pub(in crate::register) type Wrong = (String, String);

/// Reads an instant. A bare date is 00:00 UTC at its start; a leap second is refused, never rounded.
///
/// # Errors
/// What is wrong with it, and the cure.
pub(in crate::register) fn stamp(raw: &str) -> Result<Stamp, Wrong> {
    if has_shape(raw, "dddd-dd-dd") {
        return bare(raw);
    }
    let Some((clock, zone)) = split(raw) else {
        let cure = "write it as 2026-03-31T18:00:00Z, or as a bare date, 2026-03-31";
        return Err((format!("`{raw}` is no instant of RFC 3339"), cure.to_owned()));
    };
    if zone.is_empty() {
        let cure = format!("add its zone: `{raw}Z` is UTC, `{raw}+01:00` an hour ahead of it");
        return Err((format!("`{raw}` has no zone"), cure));
    }
    if clock.get(17..19) == Some("60") {
        let next = "write the second before it, :59, or the minute after it";
        return Err((format!("`{raw}` is a leap second, which no clock here shows"), next.into()));
    }
    let hours = zone.get(1..3).and_then(|hours| hours.parse::<u8>().ok());
    let minutes = zone.get(4..6).and_then(|minutes| minutes.parse::<u8>().ok());
    if hours.is_some_and(|hours| hours > 23) || minutes.is_some_and(|minutes| minutes > 59) {
        let cure =
            "an offset lies between -23:59 and +23:59; zones in use go from -12:00 to +14:00";
        return Err((format!("`{raw}` has no such zone: {zone}"), cure.to_owned()));
    }
    let read: Result<Timestamp, _> = raw.parse();
    read.map(Stamp::instant).map_err(|_| unreal(raw))
}

fn bare(raw: &str) -> Result<Stamp, Wrong> {
    let date: Date = raw.parse().map_err(|_| unreal(raw))?;
    let stamp = Stamp::date(date);
    if stamp.at == Timestamp::MAX { Err(unreal(raw)) } else { Ok(stamp) }
}

/// A day or an hour that the calendar does not have, or that lies past every instant.
fn unreal(raw: &str) -> Wrong {
    if raw.starts_with("9999-12-3") {
        let why = format!("`{raw}` lies past the last instant there is, 9999-12-30T22:00:00Z");
        return (
            why,
            "an exception is bound in time: choose an end within its longest life".into(),
        );
    }
    let cure = "check the month, the day and the hour; hours go from 00 to 23";
    (format!("`{raw}` is no day and hour of the calendar"), cure.to_owned())
}

/// Date and clock of an instant, and its zone; none where it has another shape.
fn split(raw: &str) -> Option<(&str, &str)> {
    let clock = raw.get(..19).filter(|clock| has_shape(clock, "dddd-dd-ddTdd:dd:dd"))?;
    let rest = raw.get(19..)?;
    let zone = match rest.strip_prefix('.') {
        Some(fraction) => {
            let zone = fraction.trim_start_matches(|digit: char| digit.is_ascii_digit());
            (1..=9).contains(&(fraction.len() - zone.len())).then_some(zone)?
        }
        None => rest,
    };
    let is_zone =
        matches!(zone, "" | "Z") || has_shape(zone, "+dd:dd") || has_shape(zone, "-dd:dd");
    is_zone.then_some((clock, zone))
}

/// Whether a text has this shape: `d` is a digit, everything else stands for itself.
fn has_shape(raw: &str, shape: &str) -> bool {
    let fits = |(letter, form): (u8, u8)| match form {
        b'd' => letter.is_ascii_digit(),
        other => letter == other,
    };
    raw.len() == shape.len() && raw.bytes().zip(shape.bytes()).all(fits)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::exception::Written;

    fn at(raw: &str) -> Timestamp {
        stamp(raw).unwrap().at
    }

    fn why(raw: &str) -> String {
        stamp(raw).unwrap_err().0
    }

    #[test]
    fn an_offset_that_no_zone_has_is_refused() {
        for zone in ["+24:00", "+25:59", "-99:00", "+10:60"] {
            assert!(stamp(&format!("2026-12-30T18:00:00{zone}")).is_err(), "{zone}");
        }
        assert!(stamp("2026-12-30T18:00:00+14:00").is_ok());
    }

    #[test]
    fn a_bare_date_is_the_start_of_its_day_in_utc_and_says_so() {
        let read = stamp("2026-03-31").unwrap();
        assert_eq!(read.at, "2026-03-31T00:00:00Z".parse().unwrap());
        assert_eq!(read.written, Written::Date);
    }

    #[test]
    fn instants_of_other_zones_are_the_same_instant() {
        assert_eq!(at("2026-03-31T01:30:00+05:30"), at("2026-03-30T20:00:00Z"));
        assert_eq!(at("2026-03-30T16:00:00.250-04:00"), at("2026-03-30T20:00:00.25Z"));
        assert_eq!(stamp("2026-03-31T00:00:00Z").unwrap().written, Written::Instant);
    }

    #[test]
    fn an_instant_without_a_zone_is_refused() {
        assert_eq!(why("2026-03-31T18:00:00"), "`2026-03-31T18:00:00` has no zone");
    }

    #[test]
    fn a_leap_second_is_refused_and_the_second_before_it_is_not() {
        assert!(why("2016-12-31T23:59:60Z").contains("is a leap second"));
        assert!(why("2016-12-31T18:59:60-05:00").contains("is a leap second"));
        assert_eq!(at("2016-12-31T23:59:59Z"), "2016-12-31T23:59:59Z".parse().unwrap());
    }

    #[test]
    fn the_year_9999_is_right_to_its_last_instant() {
        assert_eq!(at("9999-12-30"), "9999-12-30T00:00:00Z".parse().unwrap());
        assert_eq!(at("9999-12-30T22:00:00Z"), "9999-12-30T22:00:00Z".parse().unwrap());
        for past in ["9999-12-31", "9999-12-31T23:59:59Z"] {
            assert!(why(past).contains("past the last instant"), "{past}");
        }
    }

    #[test]
    fn days_that_the_calendar_does_not_have_are_refused() {
        for wrong in ["2026-02-29", "2026-13-01", "2026-04-31T00:00:00Z", "2026-04-01T24:00:00Z"] {
            assert!(why(wrong).contains("is no day and hour of the calendar"), "{wrong}");
        }
        assert_eq!(at("2028-02-29"), "2028-02-29T00:00:00Z".parse().unwrap());
    }

    #[test]
    fn other_forms_of_instants_are_refused() {
        let wrong = [
            "",
            "tomorrow",
            "31.03.2026",
            "20260331",
            "2026-3-31",
            "2026-03-31 18:00:00Z",
            "2026-03-31T18:00Z",
            "2026-03-31T18:00:00z",
            "2026-03-31T18:00:00+0100",
            "2026-03-31T18:00:00.Z",
            "2026-03-31T18:00:00Z[Europe/Paris]",
            "2026-03-31T18:00:00é",
        ];
        for wrong in wrong {
            assert!(why(wrong).contains("is no instant of RFC 3339"), "{wrong}");
        }
    }
}
