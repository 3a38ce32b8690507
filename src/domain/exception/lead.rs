//! [`Leads`]: how long before an end it is warned of.

use std::time::Duration;

use jiff::SignedDuration;

use crate::domain::time::span;

/// Seconds of a day, and of an hour.
const DAY: i64 = 86_400;
const HOUR: i64 = 3_600;

/// How long before its end an exception is warned of, more than once; the shortest first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Leads(Vec<SignedDuration>);

impl Default for Leads {
    /// 30, 14, 7 and 1 days.
    fn default() -> Leads {
        Leads([1, 7, 14, 30].map(|days| SignedDuration::from_hours(24 * days)).to_vec())
    }
}

impl Leads {
    /// These spans, each once (`exceptions.warn_before`).
    pub fn new(spans: &[Duration]) -> Leads {
        let spans = spans.iter().filter_map(|span| SignedDuration::try_from(*span).ok());
        let mut spans: Vec<SignedDuration> = spans.collect();
        spans.sort_unstable();
        spans.dedup();
        Leads(spans)
    }

    /// Each of them, the shortest first.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = SignedDuration> {
        self.0.iter().copied()
    }

    /// The shortest that what ends in so long is within; none for what has ended, or ends later than all of them.
    pub fn within(&self, left: SignedDuration) -> Option<SignedDuration> {
        self.iter().find(|lead| left > SignedDuration::ZERO && left <= *lead)
    }

    /// How pressing a lead is: the shortest is urgent, the shorter half is near, the rest is far.
    pub fn urgency(&self, lead: SignedDuration) -> Urgency {
        match self.iter().position(|one| one >= lead) {
            Some(0) => Urgency::Urgent,
            Some(place) if place * 2 <= self.0.len() => Urgency::Near,
            _ => Urgency::Far,
        }
    }
}

/// How pressing an end is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Urgency {
    /// Within the shortest lead.
    Urgent,
    /// Within the shorter half of them.
    Near,
    /// Within one of the others.
    Far,
}

/// A lead in words: `7d`, `12h`.
pub fn lead_word(lead: SignedDuration) -> String {
    let seconds = lead.as_secs();
    match (seconds % DAY, seconds % HOUR) {
        (0, _) => format!("{}d", seconds / DAY),
        (_, 0) => format!("{}h", seconds / HOUR),
        _ => span(seconds),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn days(days: i64) -> SignedDuration {
        SignedDuration::from_hours(24 * days)
    }

    #[test]
    fn the_shortest_lead_that_holds_is_the_one_that_is_told() {
        let leads = Leads::default();
        let second = SignedDuration::from_secs(1);
        assert_eq!(leads.within(days(7)), Some(days(7)));
        assert_eq!(leads.within(days(7) + second), Some(days(14)));
        assert_eq!(leads.within(days(30) + second), None);
        assert_eq!(leads.within(second), Some(days(1)));
        assert_eq!(leads.within(SignedDuration::ZERO), None);
    }

    #[test]
    fn leads_are_told_in_order_and_once_however_they_are_configured() {
        let hours = |hours| Duration::from_hours(hours);
        let leads = Leads::new(&[hours(168), hours(12), hours(168)]);
        assert_eq!(leads.iter().map(lead_word).collect::<Vec<_>>(), ["12h", "7d"]);
    }

    #[test]
    fn the_shortest_is_urgent_and_the_longest_are_far() {
        let leads = Leads::default();
        let urgency = leads.iter().map(|lead| leads.urgency(lead)).collect::<Vec<_>>();
        let expected = [Urgency::Urgent, Urgency::Near, Urgency::Near, Urgency::Far];
        assert_eq!(urgency, expected);
    }
}
