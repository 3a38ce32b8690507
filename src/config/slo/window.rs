//! Time windows of `OpenSLO`: rolling ones and those of the calendar.

use jiff::civil::DateTime;
use jiff::tz::TimeZone;

use super::part::{Part, Value};
use crate::domain::{Calendar, CalendarUnit, PeriodRule};

const DAY: f64 = 86_400.0;

/// Reads the one window of an SLO.
pub(super) fn read(value: &Value<'_>) -> Option<PeriodRule> {
    let list = value.list()?;
    let [only] = list.as_slice() else {
        value.wrong(&format!("has {} windows, and one is needed", list.len()), "keep one");
        return None;
    };
    let part = only.part()?;
    let is_rolling = part.need("isRolling").and_then(|value| value.flag());
    let duration = part.need("duration");
    let calendar = part.value("calendar");
    let span = match (is_rolling?, &calendar) {
        (true, None) => rolling(&duration?),
        (true, Some(calendar)) => {
            calendar.wrong("stands in a rolling window", "take it out, or write isRolling: false");
            None
        }
        (false, Some(calendar)) => self::calendar(&duration?, &calendar.part()?),
        (false, None) => {
            part.need("calendar");
            None
        }
    };
    part.finish();
    span
}

/// A number and a unit of `OpenSLO`: `m` is a minute and `M` a month.
pub(super) fn duration(value: &Value<'_>) -> Option<(i64, char)> {
    let text = value.text()?;
    let digits = text.trim_end_matches(|c: char| !c.is_ascii_digit());
    let mut unit = text.strip_prefix(digits).unwrap_or_default().chars();
    let read = match (digits.parse::<i64>(), unit.next(), unit.next()) {
        (Ok(number @ 1..=100_000), Some(unit), None) if "mhdwMQY".contains(unit) => {
            Some((number, unit))
        }
        _ => None,
    };
    if read.is_none() {
        value.wrong("is no duration of OpenSLO", "write a number and m, h, d, w, M, Q or Y: 30d");
    }
    read
}

/// The seconds of a duration that has always as many.
pub(super) fn fixed(value: &Value<'_>) -> Option<f64> {
    let (number, unit) = duration(value)?;
    let length = match unit {
        'm' => 60.0,
        'h' => 3600.0,
        'd' => DAY,
        'w' => 7.0 * DAY,
        _ => {
            let why = "has no fixed length: months, quarters and years differ";
            value.wrong(why, "write it in days, such as 30d");
            return None;
        }
    };
    let number = i32::try_from(number).ok()?;
    Some(f64::from(number) * length)
}

fn rolling(value: &Value<'_>) -> Option<PeriodRule> {
    let seconds = fixed(value)?;
    if (DAY..=400.0 * DAY).contains(&seconds) {
        return Some(PeriodRule::Rolling { seconds });
    }
    value.wrong("is shorter than a day or longer than 400", "write a window such as 30d");
    None
}

fn calendar(length: &Value<'_>, part: &Part<'_>) -> Option<PeriodRule> {
    let (start, zone) = (part.need("startTime"), part.need("timeZone"));
    part.finish();
    let (count, unit) = duration(length)?;
    let unit = match unit {
        'd' => CalendarUnit::Day,
        'w' => CalendarUnit::Week,
        'M' => CalendarUnit::Month,
        'Q' => CalendarUnit::Quarter,
        'Y' => CalendarUnit::Year,
        _ => {
            let why = "is no stretch of the calendar: minutes and hours roll";
            length.wrong(why, "write it in d, w, M, Q or Y");
            return None;
        }
    };
    let (start, zone) = (start?, zone?);
    let read = start.text()?.trim().parse::<DateTime>();
    if read.is_err() {
        start.wrong("is no time", r#"write it as "2026-01-01 00:00:00""#);
    }
    let found = TimeZone::get(zone.text()?.trim());
    if found.is_err() {
        zone.wrong(
            "is no time zone that is known here",
            "write a name such as Europe/Berlin or UTC",
        );
    }
    Some(PeriodRule::Calendar(Calendar { start: read.ok()?, zone: found.ok()?, count, unit }))
}

/// How many seconds a period has about, for the factors of its pairs.
pub(super) fn seconds(rule: &PeriodRule) -> f64 {
    match rule {
        PeriodRule::Rolling { seconds } => *seconds,
        PeriodRule::Calendar(calendar) => calendar.about_seconds(),
    }
}
