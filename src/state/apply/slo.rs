//! Objectives, alerts and silences as they come, change and go.

use std::sync::Arc;

use crate::domain::{Alert, AlertId, Past, Silence, SilenceId, Slo, SloId, Text};
use crate::state::queue::Step;
use crate::state::table::{Arrival, Effect};
use crate::state::{Changes, State};

/// The pasts of so many objectives are held: those that somebody looked at.
const MOST_PASTS: usize = 64;

impl State {
    pub(super) fn upsert_slo(&mut self, slo: &Arc<Slo>, arrival: Arrival, changes: &mut Changes) {
        let before = self.rows.slos.get(slo.id).map(Arc::clone);
        let rows = &mut self.rows.slos;
        if rows.measure(slo.id, slo, arrival, stands_otherwise) == Effect::Same {
            return;
        }
        if let Some(before) = before {
            self.index_slo(&before, Step::Out);
        }
        self.index_slo(slo, Step::In);
        changes.slos.insert(slo.id);
    }

    pub(super) fn remove_slo(&mut self, id: SloId, changes: &mut Changes) {
        if let Some(slo) = self.rows.slos.remove(id) {
            self.index_slo(&slo, Step::Out);
            self.pasts.remove(&id);
            changes.slos.insert(id);
        }
    }

    /// Takes how an objective's numbers went. What was read before stays until the next is there.
    pub(super) fn take_past(&mut self, id: SloId, past: Arc<Past>, changes: &mut Changes) {
        let known = self.pasts.get(&id);
        let is_held = *past == Past::Asked && known.is_some_and(|one| one.at().is_some());
        if is_held || known == Some(&past) || self.rows.slos.row(id).is_none() {
            return;
        }
        if self.pasts.len() >= MOST_PASTS && known.is_none() {
            self.forget_oldest_past();
        }
        self.pasts.insert(id, past);
        changes.slos.insert(id);
    }

    fn forget_oldest_past(&mut self) {
        let oldest = self.pasts.iter().min_by_key(|(_, past)| past.at()).map(|(id, _)| *id);
        if let Some(id) = oldest {
            self.pasts.remove(&id);
        }
    }

    fn index_slo(&mut self, slo: &Slo, step: Step) {
        let by_rule = (slo.rule_id.clone(), slo.id);
        let by_service = (slo.service.clone(), slo.id);
        match step {
            Step::In => {
                self.index.slos_of_rule.insert(by_rule);
                self.index.slos_of_service.insert(by_service);
            }
            Step::Out => {
                self.index.slos_of_rule.remove(&by_rule);
                self.index.slos_of_service.remove(&by_service);
            }
        }
    }

    pub(super) fn upsert_alert(
        &mut self,
        alert: &Arc<Alert>,
        arrival: Arrival,
        changes: &mut Changes,
    ) {
        let before = self.rows.alerts.get(alert.id).map(Arc::clone);
        if self.rows.alerts.upsert(alert.id, Arc::clone(alert), arrival) == Effect::Same {
            return;
        }
        if let Some(before) = before {
            self.index_alert(&before, Step::Out, changes);
        }
        self.index_alert(alert, Step::In, changes);
    }

    pub(super) fn remove_alert(&mut self, id: AlertId, changes: &mut Changes) {
        if let Some(alert) = self.rows.alerts.remove(id) {
            self.index_alert(&alert, Step::Out, changes);
        }
    }

    fn index_alert(&mut self, alert: &Alert, step: Step, changes: &mut Changes) {
        changes.alerts.insert(alert.id);
        let Some(rule) = alert.rule_id() else { return };
        let pair = (rule.clone(), alert.id);
        match step {
            Step::In => drop(self.index.alerts_of_rule.insert(pair)),
            Step::Out => drop(self.index.alerts_of_rule.remove(&pair)),
        }
        self.touch_slos(rule, changes);
    }

    /// The objectives whose rules carry this name are shown otherwise now.
    fn touch_slos(&self, rule: &Text, changes: &mut Changes) {
        let range = (rule.clone(), SloId(0))..=(rule.clone(), SloId(u64::MAX));
        changes.slos.extend(self.index.slos_of_rule.range(range).map(|(_, id)| *id));
    }

    pub(super) fn upsert_silence(
        &mut self,
        silence: Arc<Silence>,
        arrival: Arrival,
        changes: &mut Changes,
    ) {
        let id = silence.id;
        if self.rows.silences.upsert(id, silence, arrival) == Effect::Changed {
            changes.silences.insert(id);
        }
    }

    pub(super) fn remove_silence(&mut self, id: SilenceId, changes: &mut Changes) {
        if self.rows.silences.remove(id).is_some() {
            changes.silences.insert(id);
        }
    }
}

/// Whether an objective stands otherwise, so that a person should see it. Its numbers move with every look.
fn stands_otherwise(before: &Slo, after: &Slo) -> bool {
    before.firing != after.firing
        || before.rule_error.is_some() != after.rule_error.is_some()
        || before.burning() != after.burning()
}
