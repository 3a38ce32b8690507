//! Records of the exceptions' register and requests for it, as they come, change and go.

use std::sync::Arc;

use crate::domain::{
    ExceptionGuard, ExceptionId, ExceptionRequest, Filed, RecordHistory, RequestId, Text,
};
use crate::state::queue::Step;
use crate::state::table::{Arrival, Effect};
use crate::state::{Changes, State};

/// The histories of so many records are held: those that somebody looked at.
const MOST_HISTORIES: usize = 32;

impl State {
    pub(super) fn upsert_exception(
        &mut self,
        filed: &Arc<Filed>,
        arrival: Arrival,
        changes: &mut Changes,
    ) {
        let before = self.rows.exceptions.get(filed.id).map(Arc::clone);
        if self.rows.exceptions.upsert(filed.id, Arc::clone(filed), arrival) == Effect::Same {
            return;
        }
        if let Some(before) = before {
            self.index_exception(&before, Step::Out, changes);
        }
        self.index_exception(filed, Step::In, changes);
    }

    pub(super) fn remove_exception(&mut self, id: ExceptionId, changes: &mut Changes) {
        if let Some(filed) = self.rows.exceptions.remove(id) {
            self.index_exception(&filed, Step::Out, changes);
            if self.register.histories.contains_key(&id) {
                Arc::make_mut(&mut self.register).histories.remove(&id);
            }
        }
    }

    /// Takes how a record came to say what it says. What was read before stays until the next is there.
    pub(super) fn take_history(
        &mut self,
        id: ExceptionId,
        history: Arc<RecordHistory>,
        changes: &mut Changes,
    ) {
        let histories = &self.register.histories;
        let known = histories.get(&id);
        let is_held =
            *history == RecordHistory::Asked && known.is_some_and(|one| one.at().is_some());
        if is_held || known == Some(&history) || self.rows.exceptions.row(id).is_none() {
            return;
        }
        let is_full = histories.len() >= MOST_HISTORIES && known.is_none();
        let oldest = histories.iter().min_by_key(|(_, one)| one.at()).map(|(id, _)| *id);
        let histories = &mut Arc::make_mut(&mut self.register).histories;
        oldest.filter(|_| is_full).and_then(|id| histories.remove(&id));
        histories.insert(id, history);
        changes.exceptions.insert(id);
    }

    pub(super) fn take_guard(&mut self, guard: Arc<ExceptionGuard>, changes: &mut Changes) {
        changes.figures |= self.register.guard.as_ref() != Some(&guard);
        Arc::make_mut(&mut self.register).guard = Some(guard);
    }

    fn index_exception(&mut self, filed: &Filed, step: Step, changes: &mut Changes) {
        changes.exceptions.insert(filed.id);
        self.outdate_endings();
        let named = (filed.record.id.clone(), filed.id);
        let renews = filed.record.renews.as_ref().map(|renewed| (renewed.clone(), filed.id));
        // What it renews stands differently now, and so does whatever renews it.
        if let Some((renewed, _)) = &renews {
            changes.exceptions.extend(self.exceptions_named(renewed));
        }
        changes.exceptions.extend(self.renewals_of(&filed.record.id));
        match step {
            Step::In => {
                self.index.exceptions_named.insert(named);
                self.index.renewals_of.extend(renews);
            }
            Step::Out => {
                self.index.exceptions_named.remove(&named);
                if let Some(pair) = &renews {
                    self.index.renewals_of.remove(pair);
                }
            }
        }
    }

    pub(super) fn upsert_request(
        &mut self,
        request: Arc<ExceptionRequest>,
        arrival: Arrival,
        changes: &mut Changes,
    ) {
        let id = request.id();
        if self.rows.requests.upsert(id, request, arrival) == Effect::Changed {
            changes.requests.insert(id);
        }
    }

    pub(super) fn remove_request(&mut self, id: RequestId, changes: &mut Changes) {
        if self.rows.requests.remove(id).is_some() {
            changes.requests.insert(id);
        }
    }

    /// The rows whose record has this id: one, in a register without mistakes.
    pub(in crate::state) fn exceptions_named(&self, id: &Text) -> Vec<ExceptionId> {
        paired(&self.index.exceptions_named, id)
    }

    /// The rows whose record renews the one with this id.
    pub(in crate::state) fn renewals_of(&self, id: &Text) -> Vec<ExceptionId> {
        paired(&self.index.renewals_of, id)
    }
}

/// The second halves of the pairs whose first half is `name`.
fn paired(pairs: &imbl::OrdSet<(Text, ExceptionId)>, name: &Text) -> Vec<ExceptionId> {
    let range = (name.clone(), ExceptionId(0))..=(name.clone(), ExceptionId(u64::MAX));
    pairs.range(range).map(|(_, id)| *id).collect()
}
