//! Questions about exceptions of the register and requests for it.

use std::collections::BTreeSet;

use crate::domain::{
    Errand, ExceptionGuard, ExceptionId, ExceptionRequest, ExceptionState, Filed, Proposed, Record,
    RecordHistory, RequestId, Text, Timestamp, state_of,
};

use super::{Row, State, Table};

/// A record with those that it renews, one behind the other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Lineage {
    /// How many records it renews.
    pub renewals: usize,
    /// From when on the first of them held.
    pub since: Timestamp,
    /// Whether all of them are in the register: otherwise the count is "at least".
    pub is_whole: bool,
}

impl State {
    /// Exceptions by address.
    pub fn exceptions(&self) -> &Table<ExceptionId, Filed> {
        &self.rows.exceptions
    }

    /// How a record came to say what it says; `None` where nobody has asked.
    pub fn history_of(&self, id: ExceptionId) -> Option<&RecordHistory> {
        self.register.histories.get(&id).map(|history| &**history)
    }

    /// How GitLab guards the register's project; `None` before that was read.
    pub fn guard(&self) -> Option<&ExceptionGuard> {
        self.register.guard.as_deref()
    }

    /// Requests by address.
    pub fn requests(&self) -> &Table<RequestId, ExceptionRequest> {
        &self.rows.requests
    }

    /// The exception whose record has this id; the first by address, where a register has two.
    pub fn exception_named(&self, id: &Text) -> Option<&Row<Filed>> {
        self.exceptions_named(id).first().and_then(|id| self.rows.exceptions.row(*id))
    }

    /// The record that renews this one; the one that begins first, where there are several.
    pub fn renewal_of(&self, filed: &Filed) -> Option<&Filed> {
        self.renewals(filed).min_by_key(|filed| filed.record.starts_at.at)
    }

    /// The records that renew this one.
    fn renewals(&self, filed: &Filed) -> impl Iterator<Item = &Filed> {
        let (all, own) = (self.renewals_of(&filed.record.id).into_iter(), filed.id);
        let rows = all.filter(move |id| *id != own).filter_map(|id| self.rows.exceptions.get(id));
        rows.map(|filed| &**filed)
    }

    /// Where an exception stands at `now`.
    pub fn exception_state(&self, filed: &Filed, now: Timestamp) -> ExceptionState {
        let renewals: Vec<&Record> = self.renewals(filed).map(|one| &one.record).collect();
        state_of(&filed.record, &renewals, now)
    }

    /// The request that would take an exception back; while it is open what it allows is still allowed.
    pub fn revocation_of(&self, filed: &Filed) -> Option<&ExceptionRequest> {
        let is_it = |file: &Proposed| {
            let before = file.before.as_ref();
            file.errand == Errand::Revoke && before.is_some_and(|one| one.id == filed.record.id)
        };
        let mut requests = self.rows.requests.iter().map(|(_, row)| &*row.value);
        requests.find(|one| one.project == filed.project && one.files.iter().any(is_it))
    }

    /// What an exception renews. A chain that leads back into itself ends where it does.
    pub fn lineage(&self, filed: &Filed) -> Lineage {
        let mut lineage = Lineage { renewals: 0, since: filed.record.starts_at.at, is_whole: true };
        let mut met = BTreeSet::from([filed.id]);
        let mut next = filed.record.renews.clone();
        while let Some(renewed) = next.take() {
            lineage.renewals += 1;
            let Some(row) = self.exception_named(&renewed).filter(|row| met.insert(row.value.id))
            else {
                lineage.is_whole = false;
                break;
            };
            lineage.since = lineage.since.min(row.value.record.starts_at.at);
            next.clone_from(&row.value.record.renews);
        }
        lineage
    }
}
