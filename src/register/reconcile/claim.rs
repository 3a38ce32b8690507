//! [`Claims`]: which record speaks of which artefact.

use std::collections::HashMap;

use super::place::{self, Place};
use crate::domain::{ExceptionState, Native, Record, Timestamp};

/// The record that speaks of an artefact, and how.
#[derive(Debug, Clone, Copy)]
pub(super) enum Claim<'a> {
    /// It allows it now.
    Live(&'a Record),
    /// It allowed it once.
    Over(&'a Record, ExceptionState),
    /// It allows it only later.
    Ahead(&'a Record),
    /// No record does.
    None,
}

impl<'a> Claim<'a> {
    fn of(record: &'a Record, state: ExceptionState) -> Claim<'a> {
        match state {
            ExceptionState::Active | ExceptionState::Expiring => Claim::Live(record),
            ExceptionState::Scheduled => Claim::Ahead(record),
            ExceptionState::Expired
            | ExceptionState::Superseded
            | ExceptionState::Revoked
            | ExceptionState::Closed => Claim::Over(record, state),
            _ => Claim::None,
        }
    }

    /// The record that allows it now, where one does.
    pub(super) fn record(self) -> Option<&'a Record> {
        if let Claim::Live(record) = self { Some(record) } else { None }
    }

    /// What allows goes before what allowed, and that before what will; then by the later end.
    fn weight(self) -> (u8, Timestamp) {
        match self {
            Claim::Live(record) => (3, record.expires_at.at),
            Claim::Over(record, _) => (2, record.expires_at.at),
            Claim::Ahead(record) => (1, record.expires_at.at),
            Claim::None => (0, Timestamp::MIN),
        }
    }
}

/// The claims of all records: of several at one place the weightiest, so that an artefact asks thrice at most.
pub(super) struct Claims<'a>(HashMap<Place<'a>, Claim<'a>>);

impl<'a> Claims<'a> {
    pub(super) fn new(records: &'a [(&'a Record, ExceptionState)]) -> Claims<'a> {
        let mut claims: HashMap<Place<'a>, Claim<'a>> = HashMap::new();
        for (record, state) in records {
            let claim = Claim::of(record, *state);
            let places =
                record.artefacts.iter().filter_map(|one| place::of_artefact(record, one).ok());
            for place in places.flatten() {
                let best = claims.entry(place).or_insert(claim);
                if claim.weight() > best.weight() {
                    *best = claim;
                }
            }
        }
        Claims(claims)
    }

    /// The claim on an artefact that was found: the closest of the weightiest.
    pub(super) fn of(&self, native: &Native) -> Claim<'a> {
        let found = place::of_native(native);
        let all = found.iter().filter_map(|place| self.0.get(place).copied());
        let heavier = |best: Claim<'a>, next: Claim<'a>| {
            if next.weight().0 > best.weight().0 { next } else { best }
        };
        all.fold(Claim::None, heavier)
    }
}
