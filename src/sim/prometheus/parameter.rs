//! Parameters of a question: instants, steps, and where they are written.

use super::eval::Wrong;
use crate::sim::clock::{self, Millis};
use crate::sim::wire::{Ask, Query};

/// Answers with more points than these are refused.
const MOST_POINTS: Millis = 11_000;

/// A question's parameters: of the address, or of the form that was posted.
pub(crate) fn parameters(ask: &Ask) -> Query {
    let form = String::from_utf8_lossy(&ask.body);
    let address = ask.target.split_once('?').map_or("", |(_, query)| query);
    // The form comes last, so that it wins.
    Query::new(&format!("{address}&{form}"))
}

/// An instant by its name, or the default where it is not said.
pub(crate) fn instant(query: &Query, name: &str, default: Option<Millis>) -> Result<Millis, Wrong> {
    let text = match (query.get(name), default) {
        (None, Some(default)) => return Ok(default),
        (text, _) => text.unwrap_or_default(),
    };
    let number = text.parse::<f64>().ok().filter(|number| number.is_finite());
    let read = number.map(|number| clock::millis(number + 0.000_5)).or_else(|| clock::parse(text));
    read.ok_or_else(|| {
        let prefix = default.map(|_| format!("Invalid time value for '{name}': "));
        let prefix = prefix.unwrap_or_default();
        invalid(name, &format!("{prefix}cannot parse \"{text}\" to a valid timestamp"))
    })
}

/// The instants of a range query: the first, the last, and the step between.
pub(crate) fn range(query: &Query) -> Result<(Millis, Millis, Millis), Wrong> {
    let start = instant(query, "start", None)?;
    let end = instant(query, "end", None)?;
    if end < start {
        return Err(invalid("end", "end timestamp must not be before start time"));
    }
    let step = query.get("step").unwrap_or_default();
    let step = duration(step)
        .ok_or_else(|| invalid("step", &format!("cannot parse \"{step}\" to a valid duration")))?;
    if step <= 0 {
        return Err(invalid(
            "step",
            "zero or negative query resolution step widths are not accepted. Try a positive integer",
        ));
    }
    if (end - start) / step > MOST_POINTS {
        return Err(Wrong::Bad(
            "exceeded maximum resolution of 11,000 points per timeseries. \
             Try decreasing the query resolution (?step=XX)"
                .to_owned(),
        ));
    }
    Ok((start, end, step))
}

fn invalid(name: &str, why: &str) -> Wrong {
    Wrong::Bad(format!("invalid parameter \"{name}\": {why}"))
}

/// A number of seconds, or a span as Prometheus writes it.
fn duration(text: &str) -> Option<Millis> {
    if let Ok(seconds) = text.parse::<f64>() {
        return seconds.is_finite().then(|| clock::millis(seconds));
    }
    let mut rest = text;
    let mut sum = 0;
    while !rest.is_empty() {
        let (number, after) = rest.split_at_checked(rest.find(|c: char| !c.is_ascii_digit())?)?;
        let (unit, after) = after
            .split_at_checked(after.find(|c: char| c.is_ascii_digit()).unwrap_or(after.len()))?;
        let unit = match unit {
            "ms" => 1,
            "s" => 1000,
            "m" => 60_000,
            "h" => 3_600_000,
            "d" => 86_400_000,
            "w" => 7 * 86_400_000,
            "y" => 365 * 86_400_000,
            _ => return None,
        };
        sum += number.parse::<Millis>().ok()?.checked_mul(unit)?;
        rest = after;
    }
    (!text.is_empty()).then_some(sum)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_step_is_a_number_or_a_span() {
        let read = ["15", "0.5", "1h30m", "2w", "m", ""].map(duration);
        let expected =
            [Some(15_000), Some(500), Some(5_400_000), Some(14 * 86_400_000), None, None];
        assert_eq!(read, expected);
    }

    #[test]
    fn an_instant_is_a_number_or_a_date() {
        let query = Query::new("a=1700000000.123&b=2023-11-14T22:13:20Z&c=soon");
        assert_eq!(instant(&query, "a", None), Ok(1_700_000_000_123));
        assert_eq!(instant(&query, "b", None), Ok(1_700_000_000_000));
        assert!(instant(&query, "c", Some(5)).is_err());
        assert_eq!(instant(&query, "d", Some(5)), Ok(5));
    }

    #[test]
    fn eleven_thousand_steps_are_allowed() {
        assert_eq!(range(&Query::new("start=0&end=11000&step=1")), Ok((0, 11_000_000, 1000)));
        let refused = range(&Query::new("start=0&end=11001&step=1"));
        assert!(matches!(refused, Err(Wrong::Bad(why)) if why.starts_with("exceeded maximum")));
    }

    #[test]
    fn a_range_that_ends_before_it_starts_is_refused() {
        assert!(range(&Query::new("start=2&end=1&step=1")).is_err());
        assert!(range(&Query::new("start=1&end=1&step=0")).is_err());
    }
}
