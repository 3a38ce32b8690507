//! [`State`]: where an exception stands, from its record and the clock alone.

use std::fmt;

use jiff::SignedDuration;

use super::Record;
use crate::domain::Timestamp;

/// An exception counts as expiring for at least so long before its end.
pub const LEAST_LEAD: SignedDuration = SignedDuration::from_hours(7 * 24);

/// Where an exception stands. The first four are decided about a request, the next four follow from the clock, the rest is
/// decided about a record, or follows from another record.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum State {
    /// A merge request asks for it.
    Requested,
    /// The merge request is approved, and not merged yet.
    Approved,
    /// The merge request was closed by somebody else.
    Refused,
    /// The merge request was closed by its author.
    Withdrawn,
    /// It begins later.
    Scheduled,
    /// It holds.
    Active,
    /// It holds, and its end is near.
    Expiring,
    /// It is past its end, and nobody said that it is over with.
    Expired,
    /// A record that renews it has begun.
    Superseded,
    /// It was taken back before its end.
    Revoked,
    /// What it allowed is gone.
    Closed,
}

impl State {
    /// Every state, in the order of a life.
    pub const ALL: [State; 11] = [
        State::Requested,
        State::Approved,
        State::Refused,
        State::Withdrawn,
        State::Scheduled,
        State::Active,
        State::Expiring,
        State::Expired,
        State::Superseded,
        State::Revoked,
        State::Closed,
    ];

    /// Its word, also in JSON and filters.
    pub fn word(self) -> &'static str {
        match self {
            State::Requested => "requested",
            State::Approved => "approved",
            State::Refused => "refused",
            State::Withdrawn => "withdrawn",
            State::Scheduled => "scheduled",
            State::Active => "active",
            State::Expiring => "expiring",
            State::Expired => "expired",
            State::Superseded => "superseded",
            State::Revoked => "revoked",
            State::Closed => "closed",
        }
    }

    /// Whether what it allows is allowed now.
    pub fn is_in_force(self) -> bool {
        matches!(self, State::Active | State::Expiring)
    }
}

impl fmt::Display for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.word())
    }
}

/// How long before its end an exception counts as expiring: a tenth of its life, and never less than [`LEAST_LEAD`].
pub fn lead_of(record: &Record) -> SignedDuration {
    let life = record.expires_at.at.duration_since(record.starts_at.at);
    LEAST_LEAD.max(life / 10)
}

/// Where a record of the register stands at `now`, with the records that renew it.
///
/// What people decided goes before the clock; an end is the first instant that it holds no longer. A renewal that has not
/// begun supersedes nothing: between the two ends nothing is allowed.
pub fn state_of(record: &Record, renewals: &[&Record], now: Timestamp) -> State {
    let is_done = |decision: &Option<super::Decision>| {
        decision.as_ref().is_some_and(|decision| decision.at.at <= now)
    };
    if is_done(&record.closed) {
        State::Closed
    } else if is_done(&record.revocation) {
        State::Revoked
    } else if renewals.iter().any(|renewal| has_begun(renewal, now)) {
        State::Superseded
    } else if record.expires_at.at <= now {
        State::Expired
    } else if now < record.starts_at.at {
        State::Scheduled
    } else if record.expires_at.at.duration_since(now) <= lead_of(record) {
        State::Expiring
    } else {
        State::Active
    }
}

/// Whether a record ever held: one that was taken back before its start never did, and supersedes nothing.
fn has_begun(record: &Record, now: Timestamp) -> bool {
    let start = record.starts_at.at;
    let ends = [&record.revocation, &record.closed];
    let is_void = ends.into_iter().flatten().any(|end| end.at.at <= start);
    start <= now && !is_void
}

/// A record for tests: `starts` to `ends`, both as a record has them.
#[cfg(test)]
pub(crate) mod fixture {
    use super::super::{ExceptionKind, ExceptionScope, Record, Stamp};
    use crate::domain::Text;

    pub(crate) fn stamp(words: &str) -> Stamp {
        let date = (words.len() == 10).then(|| words.parse().ok()).flatten();
        date.map_or_else(|| Stamp::instant(words.parse().unwrap()), Stamp::date)
    }

    pub(crate) fn record(id: &str, starts: &str, ends: &str) -> Record {
        Record {
            id: Text::new(id),
            title: Text::new("a larger runner for the release"),
            kind: ExceptionKind::Runner,
            scope: ExceptionScope {
                projects: vec![Text::new("shop/checkout")],
                ..ExceptionScope::default()
            },
            requester: Text::new("asha"),
            owner: Some(Text::new("wei")),
            justification: Text::new("the build needs more memory"),
            risk: Text::new("a shared cache"),
            residual_risk: None,
            controls: vec![Text::new("the cache is cleared after each job")],
            approvers: vec![Text::new("lena")],
            beneficiaries: Vec::new(),
            starts_at: stamp(starts),
            expires_at: stamp(ends),
            ticket: None,
            renews: None,
            artefacts: Vec::new(),
            evidence: Vec::new(),
            revocation: None,
            closed: None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::fixture::{record, stamp};
    use super::*;
    use crate::domain::Text;
    use crate::domain::exception::Decision;

    fn state(record: &Record, now: &str) -> State {
        state_of(record, &[], now.parse().unwrap())
    }

    fn decision(at: &str) -> Decision {
        let (by, reason) = (Text::new("lena"), Text::new("no longer needed"));
        Decision { at: stamp(at), by, reason }
    }

    #[test]
    fn it_is_scheduled_until_its_start_and_holds_from_then_on() {
        let record = record("E-1", "2026-01-12T06:00:00Z", "2026-03-31");
        assert_eq!(state(&record, "2026-01-12T05:59:59.999Z"), State::Scheduled);
        assert_eq!(state(&record, "2026-01-12T06:00:00Z"), State::Active);
    }

    #[test]
    fn it_expires_soon_from_seven_days_before_its_end() {
        let record = record("E-1", "2026-03-01", "2026-03-31");
        assert_eq!(state(&record, "2026-03-23T23:59:59Z"), State::Active);
        assert_eq!(state(&record, "2026-03-24T00:00:00Z"), State::Expiring);
    }

    #[test]
    fn a_long_one_expires_soon_for_a_tenth_of_its_life() {
        let record = record("E-1", "2026-01-01", "2026-04-11");
        assert_eq!(lead_of(&record), SignedDuration::from_hours(10 * 24));
        assert_eq!(state(&record, "2026-03-31T23:59:59Z"), State::Active);
        assert_eq!(state(&record, "2026-04-01T00:00:00Z"), State::Expiring);
    }

    #[test]
    fn a_tenth_of_a_life_of_seventy_days_is_the_least_lead() {
        assert_eq!(lead_of(&record("E-1", "2026-01-01", "2026-03-12")), LEAST_LEAD);
        assert!(lead_of(&record("E-1", "2026-01-01", "2026-03-13")) > LEAST_LEAD);
    }

    #[test]
    fn a_date_equal_to_today_is_over_and_that_of_tomorrow_is_not() {
        let record = record("E-1", "2026-03-01", "2026-03-31");
        assert_eq!(state(&record, "2026-03-30T23:59:59.999999999Z"), State::Expiring);
        assert_eq!(state(&record, "2026-03-31T00:00:00Z"), State::Expired);
        assert_eq!(state(&record, "2026-03-31T12:00:00Z"), State::Expired);
    }

    #[test]
    fn an_end_in_another_zone_is_its_own_instant() {
        let record = record("E-1", "2026-03-01", "2026-03-31T00:00:00+02:00");
        assert_eq!(state(&record, "2026-03-30T21:59:59Z"), State::Expiring);
        assert_eq!(state(&record, "2026-03-30T22:00:00Z"), State::Expired);
    }

    #[test]
    fn what_ends_in_the_year_9999_is_active_today() {
        let record = record("E-1", "2026-03-01", "9999-12-30");
        assert_eq!(state(&record, "2026-03-02T00:00:00Z"), State::Active);
        assert_eq!(state(&record, "9999-12-29T23:59:59Z"), State::Expiring);
    }

    #[test]
    fn a_revocation_counts_from_its_instant_and_goes_before_the_clock() {
        let mut record = record("E-1", "2026-03-01", "2026-03-31");
        record.revocation = Some(decision("2026-03-10T12:00:00Z"));
        assert_eq!(state(&record, "2026-03-10T11:59:59Z"), State::Active);
        assert_eq!(state(&record, "2026-03-10T12:00:00Z"), State::Revoked);
        assert_eq!(state(&record, "2026-05-01T00:00:00Z"), State::Revoked);
    }

    #[test]
    fn what_is_closed_is_closed_whatever_else_is_said() {
        let mut record = record("E-1", "2026-03-01", "2026-03-31");
        record.revocation = Some(decision("2026-03-10"));
        record.closed = Some(decision("2026-04-02"));
        assert_eq!(state(&record, "2026-04-01T23:59:59Z"), State::Revoked);
        assert_eq!(state(&record, "2026-04-02T00:00:00Z"), State::Closed);
    }

    #[test]
    fn a_renewal_supersedes_from_its_start_and_not_before() {
        let old = record("E-1", "2026-03-01", "2026-03-31");
        let new = record("E-2", "2026-04-02", "2026-04-20");
        let at = |now: &str| state_of(&old, &[&new], now.parse().unwrap());
        assert_eq!(at("2026-03-30T12:00:00Z"), State::Expiring);
        assert_eq!(at("2026-04-01T23:59:59Z"), State::Expired);
        assert_eq!(at("2026-04-02T00:00:00Z"), State::Superseded);
        assert_eq!(at("2026-05-02T00:00:00Z"), State::Superseded);
    }

    #[test]
    fn a_renewal_that_was_taken_back_before_its_start_supersedes_nothing() {
        let old = record("E-1", "2026-03-01", "2026-03-31");
        let mut new = record("E-2", "2026-03-20", "2026-04-20");
        let at = |new: &Record| state_of(&old, &[new], "2026-03-25T00:00:00Z".parse().unwrap());
        new.revocation = Some(decision("2026-03-20"));
        assert_eq!(at(&new), State::Expiring);
        new.revocation = Some(decision("2026-03-20T00:00:01Z"));
        assert_eq!(at(&new), State::Superseded);
    }

    #[test]
    fn only_two_states_allow_anything() {
        let in_force: Vec<State> = State::ALL.into_iter().filter(|one| one.is_in_force()).collect();
        assert_eq!(in_force, [State::Active, State::Expiring]);
    }
}
