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

/// Where a record of the register stands at `now`, with the record that renews it, where there is one.
///
/// What people decided goes before the clock; an end is the first instant that it holds no longer.
pub fn state_of(record: &Record, renewal: Option<&Record>, now: Timestamp) -> State {
    let is_done = |decision: &Option<super::Decision>| {
        decision.as_ref().is_some_and(|decision| decision.at.at <= now)
    };
    if is_done(&record.closed) {
        State::Closed
    } else if is_done(&record.revocation) {
        State::Revoked
    } else if renewal.is_some_and(|renewal| has_begun(renewal, now)) {
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
