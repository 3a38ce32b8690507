//! Where the register and the tools do not say the same: what nobody granted, what outlived its record, what is gone.
//!
//! Records and artefacts are joined by tool, place and rule through indexes: the work grows with their number and not
//! with its square. What was not looked at is never taken for gone.

mod claim;
mod ground;
mod place;
mod tell;
#[cfg(test)]
mod tests;

use crate::domain::exception::{Bound, Standing, Undecided};
use crate::domain::{Artefact, Drift, DriftKind, ExceptionState, Native, Record, Stamp, Timestamp};
use claim::{Claim, Claims};
use ground::{Ground, Seen};
use place::Presence;
use tell::{Proof, Teller};

pub use ground::Look;

/// Ends that lie closer together are one: a tool that deletes by a timer is never quite on time.
const SAME: jiff::SignedDuration = jiff::SignedDuration::from_secs(60);

/// What is compared.
#[derive(Debug, Clone, Copy)]
pub struct Survey<'a> {
    /// The records of the register, each with its state at the instant of the comparison.
    pub records: &'a [(&'a Record, ExceptionState)],
    /// When the register was read.
    pub records_seen_at: Option<Timestamp>,
    /// What was found in the tools.
    pub natives: &'a [Native],
    /// What was looked at in the tools, and what could not be.
    pub looks: &'a [Look],
}

/// What came of a comparison.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Reconciled {
    /// The differences, the gravest kind first, each kind in the order of ids.
    pub drifts: Vec<Drift>,
    /// What cannot be told, in the order of the register.
    pub undecided: Vec<Undecided>,
}

/// Compares the register with what was found in the tools at `now`.
pub fn reconcile(survey: &Survey<'_>, now: Timestamp) -> Reconciled {
    let ground = Ground::new(survey.looks);
    let teller = Teller { ground: &ground, records_seen_at: survey.records_seen_at };
    let claims = Claims::new(survey.records);
    let presence = Presence::new(survey.natives, now);
    let mut drifts: Vec<Drift> = Vec::new();
    for native in survey.natives.iter().filter(|native| native.is_in_force(now)) {
        of_native(native, claims.of(native), &teller, &mut drifts);
    }
    let mut undecided = Vec::new();
    for (record, state) in survey.records {
        let Some(question) = question_of(*state) else { continue };
        for artefact in &record.artefacts {
            match of_artefact((record, artefact), question, (&presence, &teller)) {
                Ok(found) => drifts.extend(found),
                Err(because) => undecided.push(Undecided {
                    record: record.id.clone(),
                    artefact: artefact.clone(),
                    question,
                    because: because.as_str().into(),
                }),
            }
        }
    }
    Reconciled { drifts: tell::in_order(drifts), undecided }
}

/// What is asked about the artefacts of a record in this state.
fn question_of(state: ExceptionState) -> Option<DriftKind> {
    match state {
        ExceptionState::Active | ExceptionState::Expiring => Some(DriftKind::Orphan),
        ExceptionState::Expired | ExceptionState::Superseded | ExceptionState::Revoked => {
            Some(DriftKind::Zombie)
        }
        _ => None,
    }
}

/// What is wrong with an artefact in force.
fn of_native(native: &Native, claim: Claim<'_>, teller: &Teller<'_>, drifts: &mut Vec<Drift>) {
    match claim {
        Claim::Live(record) => {
            if native.bound.end().is_some() && differs(native.bound, record.expires_at) {
                drifts.push(teller.mismatch(native, record));
            }
        }
        Claim::Over(record, state) => drifts.push(teller.zombie(native, record, state)),
        Claim::Ahead(record) => drifts.push(teller.unregistered(native, Some(record))),
        Claim::None => drifts.push(teller.unregistered(native, None)),
    }
    if native.bound.end().is_none() {
        drifts.push(teller.unbounded(native, claim.record()));
    }
}

/// What is wrong with an artefact of a record, or why it cannot be told.
fn of_artefact(
    (record, artefact): (&Record, &Artefact),
    question: DriftKind,
    (presence, teller): (&Presence<'_>, &Teller<'_>),
) -> Result<Option<Drift>, String> {
    let places = place::of_artefact(record, artefact)?;
    let found: Vec<&Native> = places.iter().filter_map(|place| presence.at(place)).collect();
    if let Some(native) = found.iter().find(|native| native.standing == Standing::Heeded) {
        // What is in force, or ended otherwise than the record, was or is told of by the artefact itself.
        let is_early = question == DriftKind::Orphan && presence.is_over(native);
        let is_told = !is_early || !differs(native.bound, record.expires_at);
        return Ok((!is_told).then(|| teller.mismatch(native, record)));
    }
    let is_asked = question == DriftKind::Orphan;
    let orphan = |proof| teller.orphan((record, artefact), proof);
    if let Some(native) = found.first() {
        return Ok(is_asked.then(|| orphan(Proof::Ignored(native))));
    }
    let mut seen = None;
    for place in &places {
        match teller.ground.at(place) {
            Seen::Read(look) => seen = Some(look),
            Seen::CannotTell(because) => return Err(because),
        }
    }
    Ok(seen.filter(|_| is_asked).map(|look| orphan(Proof::Absent(look))))
}

/// Whether an artefact ends at another instant than its record. A bare day names no clock: it is kept by every end
/// within that day in UTC.
fn differs(bound: Bound, record: Stamp) -> bool {
    let Bound::Until(native) = bound else { return false };
    if native.is_date() || record.is_date() {
        let day = |stamp: Stamp| jiff::tz::Offset::UTC.to_datetime(stamp.at).date();
        return day(native) != day(record);
    }
    native.at.duration_since(record.at).abs() >= SAME
}
