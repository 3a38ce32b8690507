//! [`Then`]: an instant that is looked back at, and what is not known of it; and how a person names one.

use jiff::{SignedDuration, Span, civil, tz::TimeZone};

use super::Timestamp;

/// An instant that is looked back at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Then {
    /// The instant.
    pub at: Timestamp,
    /// Whether a console watched then.
    pub watched: Watched,
    /// What is not kept any more of that time.
    pub lacks: Vec<Lack>,
}

impl Then {
    /// As of when everything that is shown was known: in a gap that is when it began. Ages count from there.
    pub fn known_at(&self) -> Timestamp {
        match self.watched {
            Watched::Then => self.at,
            Watched::Gap { since, .. } => since.min(self.at),
        }
    }
}

/// Whether a console watched at an instant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Watched {
    /// One did.
    Then,
    /// None did: what was known is what was known when the gap began.
    Gap {
        /// When it began.
        since: Timestamp,
        /// When it ended; `None` where it has not.
        until: Option<Timestamp>,
    },
}

/// Rows that are not kept any more of so long ago: some would be, but a part would look like the whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Lack {
    /// What they are: `jobs`, `pods`.
    pub of: &'static str,
    /// Since when they are kept.
    pub kept_since: Timestamp,
}

/// What stands where no instant is understood.
pub const FORMS: &str = "write 03:10 or 03:10:30 (UTC, the last time it was that late), 2026-01-10T03:10Z, or how long ago: 90s, 20m, 5h, 2d";

/// The instant that a person means: a time of the day is the last one that was, a span is how long ago, all in UTC.
///
/// # Errors
/// With the forms that are understood, and where it lies ahead.
pub fn instant(text: &str, now: Timestamp) -> Result<Timestamp, String> {
    let text = text.trim();
    let meant = time_of_day(text, now)
        .or_else(|| whole(text))
        .or_else(|| ago(text, now))
        .ok_or_else(|| format!("`{text}` is no instant: {FORMS}"))?;
    if meant > now {
        return Err(format!("{text} lies ahead: nothing is known of it"));
    }
    Ok(meant)
}

fn time_of_day(text: &str, now: Timestamp) -> Option<Timestamp> {
    let is_clock = text.chars().all(|sign| sign.is_ascii_digit() || sign == ':');
    let time: civil::Time = is_clock.then(|| text.parse().ok()).flatten()?;
    let today = now.to_zoned(TimeZone::UTC).date();
    let on = |day: civil::Date| day.to_datetime(time).to_zoned(TimeZone::UTC).ok();
    let meant = on(today)?.timestamp();
    if meant <= now { Some(meant) } else { Some(on(today.yesterday().ok()?)?.timestamp()) }
}

fn whole(text: &str) -> Option<Timestamp> {
    text.parse().ok()
}

fn ago(text: &str, now: Timestamp) -> Option<Timestamp> {
    let text = text.strip_suffix("ago").map_or(text, str::trim_end);
    let span: Span = text.strip_prefix('-').unwrap_or(text).parse().ok()?;
    let length = SignedDuration::try_from(span).ok().or_else(|| days(span))?;
    now.checked_sub(length.abs()).ok()
}

/// Days and weeks of UTC, all of which are equally long.
fn days(span: Span) -> Option<SignedDuration> {
    span.to_duration(jiff::SpanRelativeTo::days_are_24_hours()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn meant(text: &str) -> Result<String, String> {
        let now = "2026-01-10T12:00:00Z".parse().unwrap();
        instant(text, now).map(|at| at.to_string())
    }

    #[test]
    fn a_time_of_the_day_is_the_last_one() {
        assert_eq!(meant("03:10").as_deref(), Ok("2026-01-10T03:10:00Z"));
        assert_eq!(meant("23:59:30").as_deref(), Ok("2026-01-09T23:59:30Z"));
    }

    #[test]
    fn a_whole_instant_is_itself() {
        assert_eq!(meant("2026-01-10T03:10Z").as_deref(), Ok("2026-01-10T03:10:00Z"));
        assert_eq!(meant("2026-01-10T03:10:09+01:00").as_deref(), Ok("2026-01-10T02:10:09Z"));
    }

    #[test]
    fn a_span_is_how_long_ago() {
        for text in ["20m", "-20m", "20m ago"] {
            assert_eq!(meant(text).as_deref(), Ok("2026-01-10T11:40:00Z"), "{text}");
        }
        assert_eq!(meant("2d").as_deref(), Ok("2026-01-08T12:00:00Z"));
    }

    #[test]
    fn what_lies_ahead_or_is_no_instant_is_refused_with_the_forms() {
        assert!(meant("2026-01-11T00:00Z").unwrap_err().contains("lies ahead"));
        for text in ["", "soon", "25:00", "3", "2026-01-10"] {
            assert!(meant(text).unwrap_err().contains(FORMS), "{text}");
        }
    }
}
