//! Questions about objectives, alerts and silences.

use crate::domain::{
    Alert, AlertId, Health, Past, Silence, SilenceId, Slo, SloId, SloState, SourceId, Text,
    Timestamp,
};

use super::{Row, State, Table};

impl State {
    /// Objectives by id.
    pub fn slos(&self) -> &Table<SloId, Slo> {
        &self.rows.slos
    }

    /// Alerts by id.
    pub fn alerts(&self) -> &Table<AlertId, Alert> {
        &self.rows.alerts
    }

    /// Silences by id.
    pub fn silences(&self) -> &Table<SilenceId, Silence> {
        &self.rows.silences
    }

    /// The objectives of a service.
    pub fn slos_of(&self, service: &Text) -> impl Iterator<Item = &Row<Slo>> {
        of(&self.index.slos_of_service, service, SloId(0), SloId(u64::MAX))
            .filter_map(|id| self.rows.slos.row(id))
    }

    /// The alerts of Alertmanager that an objective's rules made, for its own label set.
    pub fn alerts_of(&self, slo: &Slo) -> impl Iterator<Item = &Row<Alert>> {
        of(&self.index.alerts_of_rule, &slo.rule_id, AlertId(0), AlertId(u64::MAX))
            .filter_map(|id| self.rows.alerts.row(id))
            .filter(|row| is_about(&row.value, slo))
    }

    /// The objectives that an alert is about: those of its rule, for its own label set.
    pub fn slos_of_alert(&self, alert: &Alert) -> impl Iterator<Item = &Row<Slo>> {
        let name = alert.rule_id().cloned().unwrap_or_else(|| Text::new(""));
        of(&self.index.slos_of_rule, &name, SloId(0), SloId(u64::MAX))
            .filter_map(|id| self.rows.slos.row(id))
            .filter(|row| is_about(alert, &row.value))
    }

    /// How an objective's numbers went; `None` where nobody has asked.
    pub fn past_of(&self, id: SloId) -> Option<&Past> {
        self.pasts.get(&id).map(|past| &**past)
    }

    /// Whether an objective's alert fires and nobody is told: each of its alerts is silenced or inhibited. Unknown where
    /// Alertmanager knows none of them, or is not configured.
    pub fn is_silenced(&self, slo: &Slo) -> Option<bool> {
        slo.firing?;
        let mut alerts = self.alerts_of(slo).peekable();
        alerts.peek()?;
        Some(alerts.all(|row| row.value.is_suppressed()))
    }

    /// What can be said of an objective now.
    pub fn slo_state(&self, slo: &Slo, now: Timestamp) -> SloState {
        let is_told = slo.is_sampled_here() || self.reaches_prometheus(now);
        if is_told { slo.state(now) } else { SloState::Unreachable }
    }

    /// Whether the feed of objectives is live, or at least in part.
    fn reaches_prometheus(&self, now: Timestamp) -> bool {
        let mut feeds = self.reports().filter(|(key, _)| key.source == SourceId::SLOS);
        feeds.any(|(_, report)| matches!(report.health(now), Health::Live | Health::Partial))
    }
}

/// The second halves of the pairs whose first half is `name`.
fn of<'a, T: Ord + Copy + 'a>(
    pairs: &'a imbl::OrdSet<(Text, T)>,
    name: &Text,
    least: T,
    most: T,
) -> impl Iterator<Item = T> + use<'a, T> {
    pairs.range((name.clone(), least)..=(name.clone(), most)).map(|(_, id)| *id)
}

/// Whether an alert is about this label set: no label that both have differs.
fn is_about(alert: &Alert, slo: &Slo) -> bool {
    slo.labels.iter().all(|(name, value)| alert.label(name).is_none_or(|one| one == value))
}
