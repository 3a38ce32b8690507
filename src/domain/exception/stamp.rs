//! [`Stamp`]: an instant as a person wrote it, whole or as a bare date.

use jiff::civil::Date;
use jiff::tz::Offset;

use crate::domain::Timestamp;

/// How an instant was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Written {
    /// As a date alone: it is 00:00 UTC at the start of that day, so what ends "on" a day is over on that day.
    Date,
    /// As an instant with its zone, RFC 3339.
    Instant,
}

/// An instant, and whether a bare date stood for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Stamp {
    /// The instant.
    pub at: Timestamp,
    /// How it was written.
    pub written: Written,
}

impl Stamp {
    /// An instant that was written whole.
    pub fn instant(at: Timestamp) -> Stamp {
        Stamp { at, written: Written::Instant }
    }

    /// The start of a day in UTC. The last day of the year 9999 lies past every instant: the last one stands for it.
    pub fn date(date: Date) -> Stamp {
        let edge = if date.year() < 0 { Timestamp::MIN } else { Timestamp::MAX };
        let at = Offset::UTC.to_timestamp(date.at(0, 0, 0, 0)).unwrap_or(edge);
        Stamp { at, written: Written::Date }
    }

    /// Whether a bare date stood for it.
    pub fn is_date(self) -> bool {
        self.written == Written::Date
    }

    /// As it is written in a record: `2026-03-31`, or `2026-03-31T18:00:00Z`.
    pub fn text(self) -> String {
        match self.written {
            Written::Date => self.at.strftime("%Y-%m-%d").to_string(),
            Written::Instant => self.at.to_string(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_date_is_its_start_in_utc_and_is_written_as_a_date() {
        let stamp = Stamp::date(jiff::civil::date(2026, 3, 31));
        assert_eq!(stamp.at, "2026-03-31T00:00:00Z".parse().unwrap());
        assert_eq!(stamp.text(), "2026-03-31");
    }

    #[test]
    fn the_last_days_of_the_calendar_never_wrap() {
        let stamp = |year, month, day| Stamp::date(jiff::civil::date(year, month, day)).at;
        assert_eq!(stamp(9999, 12, 30), "9999-12-30T00:00:00Z".parse().unwrap());
        assert_eq!(stamp(9999, 12, 31), Timestamp::MAX);
    }

    #[test]
    fn an_instant_is_written_whole_even_at_midnight() {
        let stamp = Stamp::instant("2026-03-31T00:00:00Z".parse().unwrap());
        assert_eq!(stamp.text(), "2026-03-31T00:00:00Z");
        assert!(!stamp.is_date());
    }
}
