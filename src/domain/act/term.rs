//! [`silence_end`]: until when a silence is wanted, by what was chosen of it; [`hold_end`]: the same of a finding in hand.

use std::time::Duration;

use jiff::RoundMode;
use jiff::{TimestampRound, Unit};

use super::Proposal;
use crate::domain::time::{instant_utc, read_span, seconds_between, span};
use crate::domain::{Text, Timestamp};

/// The setting that names an instant.
pub const ENDS_AT: &str = "ends_at";

/// How long a silence may be where nothing is configured, seconds: 90 days.
const LONGEST: i64 = 90 * 86_400;

/// Until when a silence is wanted, to the second: its `duration` from now, or its `ends_at`. One of them is compulsory;
/// `longest` is how long it may be, where that is configured.
///
/// # Errors
/// What is missing, or wrong with it.
pub fn silence_end(
    proposal: &Proposal,
    now: Timestamp,
    longest: Option<Duration>,
) -> Result<Timestamp, String> {
    let end = match (proposal.setting("duration"), proposal.setting(ENDS_AT)) {
        (Some(_), Some(_)) => Err("say either duration or ends_at, not both".to_owned()),
        (None, None) => Err("a silence needs an end: a duration, such as 2h".to_owned()),
        (Some(words), None) => read_span(words)
            .and_then(|span| now.checked_add(span).ok())
            .ok_or_else(|| no_span(words)),
        (None, Some(words)) => words
            .trim()
            .parse::<Timestamp>()
            .map_err(|_| format!("`{words}` is no instant such as 2026-01-12T06:00:00Z")),
    }?;
    let to_seconds = TimestampRound::new().smallest(Unit::Second).mode(RoundMode::Ceil);
    let end = end.round(to_seconds).unwrap_or(end);
    if end <= now {
        return Err(format!("its end has passed already: {}", instant_utc(end)));
    }
    let (most, whose) = match longest.and_then(|one| i64::try_from(one.as_secs()).ok()) {
        Some(longest) => (longest, "here (exceptions.max_ttl)"),
        None => (LONGEST, "unless exceptions.max_ttl allows it"),
    };
    // The second that rounding adds is nobody's transgression.
    if seconds_between(now, end) > most.saturating_add(1) {
        return Err(format!("a silence may last no longer than {} {whose}", span(most)));
    }
    Ok(end)
}

/// A finding may be in hand for so long at the most, seconds: 30 days.
const LONGEST_HOLD: i64 = 30 * 86_400;

/// Until when a finding is in hand that was acknowledged at a moment; `None` where no end can be read.
pub fn held_until(settings: &[(Text, Text)], at: Timestamp) -> Option<Timestamp> {
    let setting = |wanted| settings.iter().find(|(name, _)| &**name == wanted).map(|(_, it)| it);
    match (setting("duration"), setting(ENDS_AT)) {
        (Some(words), None) => at.checked_add(read_span(words)?).ok(),
        (None, Some(words)) => words.trim().parse().ok(),
        _ => None,
    }
}

/// Until when a finding is to be in hand.
///
/// # Errors
/// What is missing, or wrong with it.
pub fn hold_end(proposal: &Proposal, now: Timestamp) -> Result<Timestamp, String> {
    let end = held_until(&proposal.settings, now).ok_or_else(|| {
        "an acknowledgement needs one end: a duration such as 4h, or ends_at".to_owned()
    })?;
    match seconds_between(now, end) {
        left if left <= 0 => Err(format!("its end has passed already: {}", instant_utc(end))),
        left if left > LONGEST_HOLD => {
            Err(format!("a finding may be in hand for no longer than {}", span(LONGEST_HOLD)))
        }
        _ => Ok(end),
    }
}

/// What is wrong with a span: that there is none, or that it is none that a silence can last.
fn no_span(words: &str) -> String {
    let unit = words.trim().trim_start_matches(|sign: char| sign.is_ascii_digit());
    let is_one = unit.len() < words.trim().len() && ["s", "m", "h", "d", "w"].contains(&unit);
    if is_one {
        return format!("`{words}` is out of range: write a span such as 30m, 2h or 1d");
    }
    format!("`{words}` is no span of time such as 30m, 2h or 1d")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::pipeline::fixture::at;
    use crate::domain::{Target, find_act};

    const HOUR: Duration = Duration::from_hours(1);

    fn end(settings: &[(&str, &str)], longest: Option<Duration>) -> Result<i64, String> {
        let settings = settings.iter().map(|(name, value)| (Text::new(name), Text::new(value)));
        let target = Target::Alert(Text::new("00f067aa0ba902b7"));
        let bare = Proposal::new(find_act("silence.create").unwrap(), target);
        let proposal = Proposal { settings: settings.collect(), ..bare };
        silence_end(&proposal, at(0), longest).map(|end| seconds_between(at(0), end))
    }

    #[test]
    fn an_end_is_said_as_a_span_or_as_an_instant() {
        assert_eq!(end(&[("duration", "2h")], None), Ok(7200));
        assert_eq!(end(&[("duration", "1d")], None), Ok(86400));
        let instant = at(90).to_string();
        assert_eq!(end(&[(ENDS_AT, &instant)], None), Ok(90));
    }

    #[test]
    fn without_an_end_ahead_there_is_no_silence() {
        let past = at(-1).to_string();
        for (settings, words) in [
            (vec![], "needs an end"),
            (vec![("duration", "for ever")], "no span"),
            (vec![("duration", "0s")], "out of range"),
            (vec![("duration", "99999999999d")], "out of range"),
            (vec![("duration", "3650d")], "no longer than 90d"),
            (vec![("duration", "-1h")], "no span"),
            (vec![("duration", "1mo")], "no span"),
            (vec![(ENDS_AT, "tomorrow")], "no instant"),
            (vec![(ENDS_AT, past.as_str())], "has passed"),
            (vec![("duration", "1h"), (ENDS_AT, past.as_str())], "either"),
        ] {
            let told = end(&settings, None).unwrap_err();
            assert!(told.contains(words), "{settings:?}: {told}");
        }
    }

    #[test]
    fn a_finding_is_in_hand_until_an_end_that_is_ahead_and_not_too_far() {
        let end = |name: &str, words: &str| {
            let bare = Proposal::new(
                find_act("finding.acknowledge").unwrap(),
                Target::Finding(Text::new("queue.late/standard")),
            );
            let settings = vec![(Text::new(name), Text::new(words))];
            hold_end(&Proposal { settings, ..bare }, at(0)).map(|end| seconds_between(at(0), end))
        };
        assert_eq!(end("duration", "4h"), Ok(14_400));
        assert_eq!(end(ENDS_AT, &at(90).to_string()), Ok(90));
        for (name, words) in [
            ("duration", "31d"),
            ("duration", "soon"),
            (ENDS_AT, "2001-01-01T00:00:00Z"),
            ("x", "4h"),
        ] {
            assert!(end(name, words).is_err(), "{name} {words}");
        }
    }

    #[test]
    fn a_configured_maximum_is_kept() {
        assert_eq!(end(&[("duration", "1h")], Some(HOUR)), Ok(3600));
        let told = end(&[("duration", "61m")], Some(HOUR)).unwrap_err();
        assert!(told.contains("no longer than 1h00m"), "{told}");
    }
}
