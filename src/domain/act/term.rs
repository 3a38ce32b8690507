//! [`silence_end`]: until when a silence is wanted, by what was chosen of it.

use std::time::Duration;

use jiff::RoundMode;
use jiff::{TimestampRound, Unit};

use super::Proposal;
use crate::domain::Timestamp;
use crate::domain::time::{instant_utc, read_span, seconds_between, span};

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
    use crate::domain::{Target, Text, find_act};

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
    fn a_configured_maximum_is_kept() {
        assert_eq!(end(&[("duration", "1h")], Some(HOUR)), Ok(3600));
        let told = end(&[("duration", "61m")], Some(HOUR)).unwrap_err();
        assert!(told.contains("no longer than 1h00m"), "{told}");
    }
}
