//! Records of the exceptions' register and requests for it, as they come, change and go.

use std::sync::Arc;

use crate::domain::{ExceptionId, ExceptionRequest, Filed, RequestId, Text};
use crate::state::queue::Step;
use crate::state::table::{Arrival, Effect};
use crate::state::{Changes, State};

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
        }
    }

    fn index_exception(&mut self, filed: &Filed, step: Step, changes: &mut Changes) {
        changes.exceptions.insert(filed.id);
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
