//! Where the register and the tools differ, as it was judged last, and the places that were looked at for it.

use std::sync::Arc;

use imbl::{OrdMap, OrdSet};

use super::{Changes, State, Table};
use crate::domain::{Drift, DriftId, DriftKind, Sighting, SightingId, Text, Timestamp, Undecided};

/// The differences, and what could not be told. Cheap to clone.
#[derive(Debug, Clone, Default)]
pub struct Drifts {
    all: OrdMap<DriftId, Arc<Drift>>,
    of_record: OrdSet<(Text, DriftId)>,
    undecided: OrdMap<Text, Arc<[Undecided]>>,
    counts: [usize; DriftKind::ALL.len()],
    judged_at: Option<Timestamp>,
}

impl Drifts {
    /// One of them.
    pub fn get(&self, id: DriftId) -> Option<&Drift> {
        self.all.get(&id).map(|drift| &**drift)
    }

    /// All of them, in no order that means anything.
    pub fn iter(&self) -> impl Iterator<Item = &Drift> {
        self.all.values().map(|drift| &**drift)
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.all.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.all.is_empty()
    }

    /// How many there are of a kind.
    pub fn count(&self, kind: DriftKind) -> usize {
        place(kind).and_then(|place| self.counts.get(place)).copied().unwrap_or_default()
    }

    /// Those that concern the record with this id.
    pub fn of_record(&self, record: &Text) -> impl Iterator<Item = &Drift> {
        let range = (record.clone(), DriftId(0))..=(record.clone(), DriftId(u64::MAX));
        self.of_record.range(range).filter_map(|(_, id)| self.get(*id))
    }

    /// What cannot be told of the record with this id.
    pub fn undecided_of(&self, record: &Text) -> &[Undecided] {
        self.undecided.get(record).map(|all| &**all).unwrap_or_default()
    }

    /// How much cannot be told.
    pub fn undecided(&self) -> usize {
        self.undecided.values().map(|all| all.len()).sum()
    }

    /// The moment for which they were judged; `None` before they were.
    pub fn judged_at(&self) -> Option<Timestamp> {
        self.judged_at
    }

    fn of(drifts: Vec<Drift>, undecided: Vec<Undecided>, at: Timestamp) -> Drifts {
        let mut new = Drifts { judged_at: Some(at), ..Drifts::default() };
        for drift in drifts {
            let id = drift.address();
            if let Some(record) = &drift.record {
                new.of_record.insert((record.clone(), id));
            }
            if let Some(count) = place(drift.kind).and_then(|place| new.counts.get_mut(place)) {
                *count += 1;
            }
            new.all.insert(id, Arc::new(drift));
        }
        let mut groups: OrdMap<Text, Vec<Undecided>> = OrdMap::new();
        for one in undecided {
            groups.entry(one.record.clone()).or_default().push(one);
        }
        new.undecided = groups.into_iter().map(|(record, all)| (record, Arc::from(all))).collect();
        new
    }
}

fn place(kind: DriftKind) -> Option<usize> {
    DriftKind::ALL.iter().position(|one| *one == kind)
}

impl State {
    /// Where the register and the tools differ, as it was judged last.
    pub fn drifts(&self) -> &Drifts {
        &self.drifts
    }

    /// The places that were looked at for exceptions of other tools.
    pub fn sightings(&self) -> &Table<SightingId, Sighting> {
        &self.rows.sightings
    }

    /// Takes where the register and the tools differ, and what cannot be told, as it was judged for `at`.
    pub fn set_drifts(
        &mut self,
        drifts: Vec<Drift>,
        undecided: Vec<Undecided>,
        at: Timestamp,
    ) -> Changes {
        let new = Drifts::of(drifts, undecided, at);
        let old = std::mem::replace(&mut self.drifts, new);
        let new = &self.drifts;
        let mut changes = Changes::default();
        let gone = old.all.keys().filter(|id| !new.all.contains_key(*id)).copied();
        let other = new.all.iter().filter(|(id, drift)| old.all.get(*id) != Some(*drift));
        changes.drifts = gone.chain(other.map(|(id, _)| *id)).collect();
        let named =
            |drifts: &Drifts, id: &DriftId| drifts.get(*id).and_then(|one| one.record.clone());
        let both = changes.drifts.iter().flat_map(|id| [named(&old, id), named(new, id)]);
        let records: Vec<Text> = both.flatten().collect();
        for record in records {
            changes.exceptions.extend(self.exceptions_named(&record));
        }
        changes
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::Tiers;
    use crate::domain::pipeline::fixture::at;

    fn drift(id: &str, kind: DriftKind, record: Option<&str>) -> Drift {
        Drift {
            id: Text::new(id),
            kind,
            record: record.map(Text::new),
            artefact: None,
            native: None,
            evidence: Vec::new(),
            next_step: Text::new("remove it"),
        }
    }

    #[test]
    fn what_came_went_or_is_different_is_told_and_the_rest_is_not() {
        let mut state = State::new(Tiers::default());
        let (a, b) =
            (drift("a", DriftKind::Zombie, Some("E-1")), drift("b", DriftKind::Orphan, None));
        let first = state.set_drifts(vec![a.clone(), b.clone()], Vec::new(), at(0));
        assert_eq!(first.drifts, [a.address(), b.address()].into());
        let again = state.set_drifts(vec![a.clone(), b.clone()], Vec::new(), at(1));
        assert!(again.is_empty());
        let other = Drift { next_step: Text::new("renew it"), ..a.clone() };
        let changed = state.set_drifts(vec![other], Vec::new(), at(2));
        assert_eq!(changed.drifts, [a.address(), b.address()].into());
        assert_eq!((state.drifts().count(DriftKind::Zombie), state.drifts().len()), (1, 1));
        assert_eq!(state.drifts().judged_at(), Some(at(2)));
    }

    #[test]
    fn a_record_has_its_own_and_no_others() {
        let mut state = State::new(Tiers::default());
        let all = vec![
            drift("a", DriftKind::Zombie, Some("E-1")),
            drift("b", DriftKind::Unbounded, Some("E-1")),
            drift("c", DriftKind::Zombie, Some("E-10")),
        ];
        state.set_drifts(all, Vec::new(), at(0));
        let mut ids: Vec<&str> =
            state.drifts().of_record(&Text::new("E-1")).map(|one| one.id.as_str()).collect();
        ids.sort_unstable();
        assert_eq!(ids, ["a", "b"]);
    }
}
